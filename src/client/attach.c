/* attach.c - the requests of the beginning (reference/wezterm-mux.md 4.9).
 *
 * The offer of lace's extension (else the codec), then the pane: the one asked
 * for, a new one, the one that was focused last, or the first there is. Only
 * then SetClientId, from which on the server pushes: a push about the pane that
 * came before we knew that it is ours would be lost. */
#include "client/session.h"

#include "base/mem.h"
#include "host/log.h"

#include <pwd.h>
#include <sys/utsname.h>

#define CALL_TIMEOUT_MS 15000
#define DPI 96                          /* what a server assumes when nobody knows */

static int call(struct session *s, uint32_t ident, const union wire_body *body, uint32_t want,
    const char *what, const struct wire_pdu **ret, struct err *err)
{
	switch (wire_client_call(s->wire, ident, body, CALL_TIMEOUT_MS, ret)) {
	case WIRE_CLIENT_OK:
		break;
	case WIRE_CLIENT_EOF: {
		cleanup_free char *why = link_reason(s->link);
		return err_set(err, ERR_FAILED, "cannot %s: %s", what, why);
	}
	default:
		return err_set(err, ERR_FAILED, "cannot %s: %s", what, wire_client_error(s->wire));
	}
	if ((*ret)->ident == want)
		return 0;
	cleanup_str struct str why = STR_INIT;
	if ((*ret)->ident == WIRE_ERROR_RESPONSE) {
		struct wire_str reason = (*ret)->body.error_response.reason;
		size_t skip = reason.len > 7 && memcmp(reason.s, "Error: ", 7) == 0 ? 7 : 0;  /* as wezterm begins them all */
		log_safe(&why, reason.s + skip, reason.len - skip, 300, false);
	} else {
		str_printf(&why, "the server answered with type %u", (*ret)->ident);
	}
	return err_set(err, ERR_FAILED, "cannot %s: %s", what, why.s);
}

/* Of a server without the extension, any that we know will do. */
static int agree_codec(struct session *s, struct err *err)
{
	const struct wire_pdu *pdu;
	if (call(s, WIRE_GET_CODEC_VERSION, NULL, WIRE_GET_CODEC_VERSION_RESPONSE,
	    "ask the mux server for its version", &pdu, err) < 0)
		return -1;
	const struct wire_codec_version *v = &pdu->body.codec_version;
	if (v->codec_vers >= WIRE_CODEC_MIN && v->codec_vers <= WIRE_CODEC_MAX) {
		wire_client_set_codec(s->wire, (unsigned)v->codec_vers);
		return 0;
	}
	cleanup_str struct str version = STR_INIT;
	log_safe(&version, v->version_string.s, v->version_string.len, 80, false);
	return err_set(err, ERR_FAILED, "the mux server (%s) speaks codec %llu, and lace speaks %d to %d;"
	    " run lace-mux-server there, or a wezterm of such a codec", version.s, (unsigned long long)v->codec_vers,
	    WIRE_CODEC_MIN, WIRE_CODEC_MAX);
}

static int offer_extension(struct session *s, struct err *err)
{
	const struct wire_pdu *pdu = NULL;
	union wire_body body = { .lace_hello = { .version = WIRE_LACE_VERSION,
		.flags = s->opts->read_only ? WIRE_LACE_READ_ONLY : 0 } };
	if (call(s, WIRE_LACE_HELLO, &body, WIRE_LACE_HELLO_RESPONSE, "greet the mux server", &pdu, err) == 0) {
		s->extension = true;
		s->version = pdu->body.lace_hello_response.version;
		s->server_pid = pdu->body.lace_hello_response.pid;
		/* Pane numbers begin anew in each server: the one that is looked for was another's. */
		if (s->opts->has_pane_id && s->opts->server_pid != 0 && s->opts->server_pid != s->server_pid)
			return err_set(err, ERR_NOT_FOUND, "the mux server was started anew, and its terminals are new ones");
		return 0;
	}
	/* A server that does not know it says so and goes on; a broken connection is something else. */
	if (pdu && pdu->ident == WIRE_ERROR_RESPONSE) {
		err_fini(err);
		return agree_codec(s, err);
	}
	return -1;
}

static int introduce(struct session *s, struct err *err)
{
	const struct wire_pdu *pdu;
	struct utsname uts;
	const struct passwd *pw = getpwuid(geteuid());
	const char *user = pw ? pw->pw_name : "unknown";
	const char *host = uname(&uts) == 0 ? uts.nodename : "unknown";
	union wire_body body = { .set_client_id = { .client_id = {
		.hostname = { host, strlen(host) }, .username = { user, strlen(user) },
		.pid = (uint32_t)getpid(), .epoch = (uint64_t)time(NULL) } } };
	return call(s, WIRE_SET_CLIENT_ID, &body, WIRE_UNIT_RESPONSE, "introduce this client", &pdu, err);
}

/* ---- choosing a pane ---- */

struct choice {
	bool has_wanted; uint64_t wanted;       /* look for this pane */
	const struct wire_pane_entry *found;    /* it, else the active pane of the first tab, else the first pane */
	bool exact;
};

static void look(const struct wire_pane_node *node, struct choice *c)
{
	/* The decoder has bounded the depth (WIRE_DEPTH_MAX). */
	if (node->kind == WIRE_NODE_SPLIT) {
		look(node->left, c);
		look(node->right, c);
	} else if (node->kind == WIRE_NODE_LEAF && !c->exact) {
		const struct wire_pane_entry *leaf = &node->leaf;
		c->exact = c->has_wanted && leaf->pane_id == c->wanted;
		if (c->exact || !c->found ||
		    (leaf->tab_id == c->found->tab_id && leaf->is_active_pane && !c->found->is_active_pane))
			c->found = leaf;
	}
}

/* The pane that the most recently active client looks at. */
static bool focused_pane(struct session *s, uint64_t *ret)
{
	const struct wire_pdu *pdu;
	struct err ignored = ERR_INIT;
	int64_t newest = INT64_MIN;
	bool found = false;
	if (call(s, WIRE_GET_CLIENT_LIST, NULL, WIRE_GET_CLIENT_LIST_RESPONSE, "list clients", &pdu, &ignored) < 0) {
		err_fini(&ignored);
		return false;
	}
	for (size_t i = 0; i < pdu->body.client_list.n_clients; i++) {
		const struct wire_client_info *c = &pdu->body.client_list.clients[i];
		if (c->has_focused_pane_id && (!found || c->last_input > newest)) {
			found = true;
			newest = c->last_input;
			*ret = c->focused_pane_id;
		}
	}
	return found;
}

static int spawn(struct session *s, struct err *err)
{
	const struct client_options *o = s->opts;
	if (o->read_only)
		return err_set(err, ERR_NOT_FOUND, "there is no terminal to watch;"
		    " connect without --read-only to start one");
	size_t n = 0;
	while (o->argv && o->argv[n])
		n++;
	cleanup_free struct wire_str *args = xcalloc(n + 1, sizeof(*args));
	for (size_t i = 0; i < n; i++)
		args[i] = (struct wire_str){ o->argv[i], strlen(o->argv[i]) };
	union wire_body body = { .spawn_v2 = { .domain = { .kind = WIRE_DOMAIN_DEFAULT }, .size = session_size(s),
		.workspace = WIRE_STR("default") } };
	struct wire_spawn_v2 *b = &body.spawn_v2;
	if (n > 0) {
		b->has_command = true;
		b->command = (struct wire_command){ .args = args, .n_args = n, .controlling_tty = true };
	}
	if (o->dir) {
		struct wire_str dir = { o->dir, strlen(o->dir) };
		b->has_command_dir = true;
		b->command_dir = dir;
		b->command.has_cwd = true;
		b->command.cwd = dir;
	}
	const struct wire_pdu *pdu;
	if (call(s, WIRE_SPAWN_V2, &body, WIRE_SPAWN_RESPONSE, "start a terminal", &pdu, err) < 0)
		return -1;
	s->pane_id = pdu->body.spawn_response.pane_id;
	s->tab_id = pdu->body.spawn_response.tab_id;
	return 0;
}

static int choose(struct session *s, struct err *err)
{
	const struct client_options *o = s->opts;
	if (o->new_pane)
		return spawn(s, err);
	struct choice c = { .has_wanted = o->has_pane_id, .wanted = o->pane_id };
	if (!o->has_pane_id)
		c.has_wanted = focused_pane(s, &c.wanted);
	const struct wire_pdu *pdu;
	if (call(s, WIRE_LIST_PANES, NULL, WIRE_LIST_PANES_RESPONSE, "list the terminals", &pdu, err) < 0)
		return -1;
	for (size_t i = 0; i < pdu->body.list_panes_response.n_tabs; i++)
		look(&pdu->body.list_panes_response.tabs[i], &c);
	if (o->has_pane_id && !c.exact)
		return err_set(err, ERR_NOT_FOUND, "there is no terminal %llu any more;"
		    " `lace-mux-server list` in the container shows those there are", (unsigned long long)o->pane_id);
	if (!c.found)
		return spawn(s, err);
	s->pane_id = c.found->pane_id;
	s->tab_id = c.found->tab_id;
	return 0;
}

/* ---- size ---- */

struct wire_terminal_size session_size(const struct session *s)
{
	unsigned rows = 24, cols = 80, xpixel = 0, ypixel = 0;
	tty_size(&s->tty, &rows, &cols, &xpixel, &ypixel);
	rows = MIN(rows, (unsigned)DRAW_ROWS_MAX);
	cols = MIN(cols, (unsigned)DRAW_COLS_MAX);
	unsigned pane_rows = session_has_status(s) ? rows - 1 : rows;
	return (struct wire_terminal_size){ .rows = pane_rows, .cols = cols, .pixel_width = xpixel,
		.pixel_height = (uint64_t)ypixel * pane_rows / rows, .dpi = DPI };
}

void session_send_size(struct session *s)
{
	if (s->opts->read_only)
		return;
	union wire_body body = { 0 };
	if (s->extension) {
		body.lace_set_size = (struct wire_lace_set_size){ .pane_id = s->pane_id, .size = session_size(s) };
		wire_client_send(s->wire, WIRE_LACE_SET_SIZE, &body);
	} else {
		body.resize = (struct wire_resize){ .containing_tab_id = s->tab_id, .pane_id = s->pane_id,
			.size = session_size(s) };
		wire_client_send(s->wire, WIRE_RESIZE, &body);
	}
}

int session_attach(struct session *s, struct err *err)
{
	if (offer_extension(s, err) < 0 || choose(s, err) < 0 || introduce(s, err) < 0)
		return -1;
	union wire_body pane = { .pane_ref = { .pane_id = s->pane_id } };
	if (!s->opts->read_only)
		wire_client_send(s->wire, WIRE_SET_FOCUSED_PANE, &pane);
	session_send_size(s);
	/* wezterm's own server pushes to every connection, and may have said before SetClientId
	 * what it will not say again: it is asked where the screen is, and the rows are fetched. */
	if (!s->extension)
		wire_client_send(s->wire, WIRE_GET_PANE_RENDERABLE_DIMENSIONS, &pane);
	wire_client_send(s->wire, WIRE_GET_PANE_RENDER_CHANGES, &pane);
	return 0;
}
