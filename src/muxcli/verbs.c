/* verbs.c - what each verb asks the server (reference/wezterm-mux.md 4.10). */
#include "muxcli/internal.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>

#define TEXT_MAX (64u << 20)           /* send-text from stdin; a frame holds no more */

extern char **environ;

/* ---- asking --------------------------------------------------------------------- */

/* A string as the real program's error shows it. */
static void add_quoted(struct str *s, const struct wire_str *text)
{
	str_putc(s, '"');
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->s[i];

		if (c == '"' || c == '\\')
			str_putc(s, '\\');
		if (c == '\n')
			str_puts(s, "\\n");
		else if (c < 0x20 || c == 0x7f)
			str_printf(s, "\\u{%x}", c);
		else
			str_putc(s, (char)c);
	}
	str_putc(s, '"');
}

static int refused(struct run *r, const struct wire_pdu *a)
{
	const struct wire_str *reason = &a->body.error_response.reason;
	cleanup_str struct str quoted = STR_INIT;

	if (a->ident != WIRE_ERROR_RESPONSE)
		return err_set(r->err, ERR_FAILED, "the server answers with %s, which was not asked for",
		    wire_ident_name(a->ident) != NULL ? wire_ident_name(a->ident) : "something unknown");
	add_quoted(&quoted, reason);
	if (r->conn->errors == MUXCLI_ERRORS_WEZTERM)
		return err_set(r->err, ERR_FAILED, "unexpected response Ok(ErrorResponse(ErrorResponse { reason: %s }))", quoted.s);
	/* Without the quotes, and without "Error: ". */
	quoted.s[--quoted.len] = '\0';
	return err_set(r->err, ERR_FAILED, "%s", quoted.s + (str_starts(quoted.s + 1, "Error: ") ? 8 : 1));
}

const struct wire_pdu *muxcli_call(struct run *r, uint32_t ident, const union wire_body *body, uint32_t answer)
{
	const struct wire_pdu *a = NULL;
	enum wire_client_status st = wire_client_call(r->conn->client, ident, body, r->conn->timeout_ms, &a);

	if (st != WIRE_CLIENT_OK) {
		err_set(r->err, ERR_FAILED, "the mux server does not answer: %s",
		    st == WIRE_CLIENT_EOF ? "it closed the connection" : wire_client_error(r->conn->client));
		return NULL;
	}
	if (a->ident == answer)
		return a;
	refused(r, a);
	return NULL;
}

static int done(struct run *r, uint32_t ident, const union wire_body *body)
{
	return muxcli_call(r, ident, body, WIRE_UNIT_RESPONSE) != NULL ? 0 : -1;
}

static struct wire_str text_of(const char *s) { return (struct wire_str){ s, strlen(s) }; }

/* ---- panes and tabs ---------------------------------------------------------------- */

static void walk(const struct wire_pane_node *n, muxcli_leaf_cb cb, void *user, const struct wire_str *tab_title)
{
	if (n->kind == WIRE_NODE_LEAF) {
		cb(user, &n->leaf, tab_title);
	} else if (n->kind == WIRE_NODE_SPLIT) {   /* the decoder bounds the nesting */
		walk(n->left, cb, user, tab_title);
		walk(n->right, cb, user, tab_title);
	}
}

void muxcli_each_pane(const struct wire_list_panes_response *l, muxcli_leaf_cb cb, void *user)
{
	for (size_t i = 0; i < l->n_tabs; i++)
		walk(&l->tabs[i], cb, user, i < l->n_tab_titles ? &l->tab_titles[i] : &WIRE_STR(""));
}

int muxcli_pane(struct run *r, uint64_t *ret)
{
	const char *env = r->conn->local ? getenv("WEZTERM_PANE") : NULL;
	const struct wire_client_info *best = NULL;
	char *end;

	if (r->a->set & MUXCLI_PANE_ID) {
		*ret = r->a->pane_id;
		return 0;
	}
	if (env != NULL && *env >= '0' && *env <= '9') {
		*ret = strtoull(env, &end, 10);
		if (*end == '\0')
			return 0;
	}
	const struct wire_pdu *a = muxcli_call(r, WIRE_GET_CLIENT_LIST, NULL, WIRE_GET_CLIENT_LIST_RESPONSE);
	if (a == NULL)
		return -1;
	for (size_t i = 0; i < a->body.client_list.n_clients; i++) {
		const struct wire_client_info *c = &a->body.client_list.clients[i];
		if (c->has_focused_pane_id && (best == NULL || c->last_input > best->last_input))
			best = c;
	}
	if (best == NULL)
		return err_set(r->err, ERR_FAILED, r->conn->errors == MUXCLI_ERRORS_WEZTERM ?
		    "--pane-id was not specified and $WEZTERM_PANE\n"
		    "                         is not set in the environment, and I couldn't\n"
		    "                         determine which pane was currently focused" :
		    "which pane? nobody is connected, so none is focused: say --pane-id, see list");
	*ret = best->focused_pane_id;
	return 0;
}

/* What ListPanes says of one pane, kept beyond the answer. */
struct place {
	uint64_t pane;                     /* wanted; or the tab, when by_tab */
	bool found;
	uint64_t tab, window;
	bool zoomed;
	char *workspace;
};

static void place_leaf(void *user, const struct wire_pane_entry *e, const struct wire_str *tab_title)
{
	struct place *p = user;

	if (e->pane_id != p->pane)
		return;
	p->found = true;
	p->tab = e->tab_id;
	p->window = e->window_id;
	p->zoomed = e->is_zoomed_pane;
	free(p->workspace);
	p->workspace = xmemdup0(e->workspace.s, e->workspace.len);
}

static int find_pane(struct run *r, struct place *p)
{
	const struct wire_pdu *a = muxcli_call(r, WIRE_LIST_PANES, NULL, WIRE_LIST_PANES_RESPONSE);

	if (a == NULL)
		return -1;
	muxcli_each_pane(&a->body.list_panes_response, place_leaf, p);
	return 0;
}

/* The pane that is meant, and where it is: its tab must exist. */
static int pane_and_tab(struct run *r, struct place *p, const char *what)
{
	*p = (struct place){ 0 };
	if (muxcli_pane(r, &p->pane) != 0 || find_pane(r, p) != 0)
		return -1;
	return p->found ? 0 : err_set(r->err, ERR_FAILED, "unable to resolve current %s", what);
}

static void place_fini(struct place *p) { free(p->workspace); }

/* ---- programs ------------------------------------------------------------------------- */

struct command {
	struct wire_command c;
	struct wire_str *args;
	struct wire_env_entry *envs;
	char *cwd;
};

static int command_init(struct run *r, struct command *c)
{
	const struct muxcli_args *a = r->a;
	size_t n = 0;

	*c = (struct command){ 0 };
	if (a->cwd != NULL) {
		char here[PATH_MAX];
		if (a->cwd[0] != '/' && r->conn->local) {
			if (getcwd(here, sizeof(here)) == NULL)
				return err_sys(r->err, "cannot tell what folder --cwd %s starts from", a->cwd);
			c->cwd = str_eq(a->cwd, ".") ? xstrdup(here) : xasprintf("%s/%s", here, a->cwd);
		} else {
			c->cwd = xstrdup(a->cwd);
		}
	}
	if (a->n_rest == 0)
		return 0;
	c->args = xreallocarray(NULL, a->n_rest, sizeof(*c->args));
	for (size_t i = 0; i < a->n_rest; i++)
		c->args[i] = text_of(a->rest[i]);
	while (environ[n] != NULL)
		n++;
	c->envs = xreallocarray(NULL, n + 1, sizeof(*c->envs));
	c->c = (struct wire_command){ .args = c->args, .n_args = a->n_rest, .envs = c->envs, .controlling_tty = true };
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(environ[i], '=');
		if (eq == NULL)
			continue;
		struct wire_str key = { environ[i], (size_t)(eq - environ[i]) };
		c->envs[c->c.n_envs++] = (struct wire_env_entry){ .key = key, .is_from_base_env = true, .preferred_key = key,
			.value = text_of(eq + 1) };
	}
	return 0;
}

static void command_fini(struct command *c)
{
	free(c->args);
	free(c->envs);
	free(c->cwd);
}

static int print_pane(struct run *r, uint32_t ident, const union wire_body *b)
{
	const struct wire_pdu *a = muxcli_call(r, ident, b, WIRE_SPAWN_RESPONSE);

	if (a == NULL)
		return -1;
	str_printf(r->out, "%llu\n", (unsigned long long)a->body.spawn_response.pane_id);
	return 0;
}

static int spawn(struct run *r)
{
	const struct muxcli_args *a = r->a;
	struct place p = { 0 };
	struct command c = { 0 };
	int rc = -1;

	if (!(a->set & (MUXCLI_NEW_WINDOW | MUXCLI_WINDOW_ID)) && (muxcli_pane(r, &p.pane) != 0 || find_pane(r, &p) != 0))
		goto out;
	if (command_init(r, &c) != 0)
		goto out;
	bool has_window = p.found || (a->set & MUXCLI_WINDOW_ID);
	rc = print_pane(r, WIRE_SPAWN_V2, &(union wire_body){ .spawn_v2 = {
	    .domain = { .kind = a->domain != NULL ? WIRE_DOMAIN_NAME : WIRE_DOMAIN_DEFAULT,
	        .name = text_of(a->domain != NULL ? a->domain : "") },
	    .has_window_id = has_window, .window_id = p.found ? p.window : a->window_id,
	    .has_command = c.c.n_args > 0, .command = c.c,
	    .has_command_dir = c.cwd != NULL, .command_dir = text_of(c.cwd != NULL ? c.cwd : ""),
	    .size = { .rows = 24, .cols = 80, .pixel_width = 640, .pixel_height = 384 },
	    .workspace = text_of(a->workspace != NULL ? a->workspace : "default") } });
out:
	command_fini(&c);
	place_fini(&p);
	return rc;
}

static int split_pane(struct run *r)
{
	const struct muxcli_args *a = r->a;
	bool first = a->set & (MUXCLI_LEFT | MUXCLI_TOP);
	bool horizontal = a->set & (MUXCLI_LEFT | MUXCLI_RIGHT | MUXCLI_HORIZONTAL);
	struct command c;
	uint64_t pane;
	int rc = -1;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	if (command_init(r, &c) == 0)
		rc = print_pane(r, WIRE_SPLIT_PANE, &(union wire_body){ .split_pane = { .pane_id = pane,
		    .split_request = { .direction = horizontal ? WIRE_SPLIT_HORIZONTAL : WIRE_SPLIT_VERTICAL,
		        .target_is_second = !first, .top_level = a->set & MUXCLI_TOP_LEVEL,
		        .size_kind = a->set & MUXCLI_CELLS ? WIRE_SPLIT_CELLS : WIRE_SPLIT_PERCENT,
		        .cells = a->cells, .percent = a->percent },
		    .has_command = c.c.n_args > 0, .command = c.c,
		    .has_command_dir = c.cwd != NULL, .command_dir = text_of(c.cwd != NULL ? c.cwd : ""),
		    .domain = { .kind = WIRE_DOMAIN_CURRENT_PANE },
		    .has_move_pane_id = a->set & MUXCLI_MOVE_PANE_ID, .move_pane_id = a->move_pane_id } });
	command_fini(&c);
	return rc;
}

static int move_pane_to_new_tab(struct run *r)
{
	const struct muxcli_args *a = r->a;
	struct place p = { 0 };
	int rc = -1;

	if (muxcli_pane(r, &p.pane) == 0 && ((a->set & (MUXCLI_NEW_WINDOW | MUXCLI_WINDOW_ID)) || find_pane(r, &p) == 0)) {
		bool has_window = p.found || (a->set & MUXCLI_WINDOW_ID);
		rc = muxcli_call(r, WIRE_MOVE_PANE_TO_NEW_TAB, &(union wire_body){ .move_pane = { .pane_id = p.pane,
		    .has_window_id = has_window, .window_id = p.found ? p.window : a->window_id,
		    .has_workspace = a->workspace != NULL, .workspace = text_of(a->workspace != NULL ? a->workspace : "") } },
		    WIRE_MOVE_PANE_TO_NEW_TAB_RESPONSE) != NULL ? 0 : -1;
	}
	place_fini(&p);
	return rc;
}

/* ---- input --------------------------------------------------------------------------------- */

static int read_stdin(struct str *s, struct err *err)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read standard input");
		if (s->len + (size_t)n > TEXT_MAX)
			return err_set(err, ERR_FAILED, "the text on standard input is over %u MiB", TEXT_MAX >> 20);
		str_add(s, buf, (size_t)n);
	}
	return 0;
}

static int send_text(struct run *r)
{
	cleanup_str struct str s = STR_INIT;
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	if (r->a->n_rest > 0)
		str_puts(&s, r->a->rest[0]);
	else if (read_stdin(&s, r->err) != 0)
		return -1;
	struct wire_str text = { s.s, s.len };
	if (r->a->set & MUXCLI_NO_PASTE)
		return done(r, WIRE_WRITE_TO_PANE, &(union wire_body){ .write_to_pane = { pane, text } });
	return done(r, WIRE_SEND_PASTE, &(union wire_body){ .send_paste = { pane, text } });
}

/* ---- where things are ------------------------------------------------------------------------- */

static int of_pane(struct run *r, uint32_t ident)
{
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	return done(r, ident, &(union wire_body){ .pane_ref = { pane } });
}

static int kill_pane(struct run *r) { return of_pane(r, WIRE_KILL_PANE); }
static int activate_pane(struct run *r) { return of_pane(r, WIRE_SET_FOCUSED_PANE); }

static int activate_pane_direction(struct run *r)
{
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	return done(r, WIRE_ACTIVATE_PANE_DIRECTION, &(union wire_body){ .pane_direction = { pane, r->a->direction } });
}

static int get_pane_direction(struct run *r)
{
	const struct wire_pdu *a;
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	a = muxcli_call(r, WIRE_GET_PANE_DIRECTION, &(union wire_body){ .pane_direction = { pane, r->a->direction } },
	    WIRE_GET_PANE_DIRECTION_RESPONSE);
	if (a == NULL)
		return -1;
	if (a->body.pane_direction_response.has_pane_id)
		str_printf(r->out, "%llu\n", (unsigned long long)a->body.pane_direction_response.pane_id);
	return 0;
}

static int adjust_pane_size(struct run *r)
{
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	return done(r, WIRE_ADJUST_PANE_SIZE,
	    &(union wire_body){ .adjust_pane_size = { pane, r->a->direction, r->a->amount } });
}

static int zoom_pane(struct run *r)
{
	struct place p;
	int rc = pane_and_tab(r, &p, "tab");

	if (rc == 0)
		rc = done(r, WIRE_SET_PANE_ZOOMED, &(union wire_body){ .set_pane_zoomed = { p.tab, p.pane,
		    r->a->set & MUXCLI_TOGGLE ? !p.zoomed : !(r->a->set & MUXCLI_UNZOOM) } });
	place_fini(&p);
	return rc;
}

/* The tabs of one window in their order, each by its active pane. */
struct tabs {
	uint64_t window, tab;              /* of the pane that is meant; tab alone when it was named */
	bool by_tab;
	struct { uint64_t tab, window, active; } *v;
	size_t n;
};

static void tabs_leaf(void *user, const struct wire_pane_entry *e, const struct wire_str *tab_title)
{
	struct tabs *t = user;

	if (t->n == 0 || t->v[t->n - 1].tab != e->tab_id) {
		t->v = xreallocarray(t->v, t->n + 1, sizeof(*t->v));
		t->v[t->n].tab = e->tab_id;
		t->v[t->n].window = e->window_id;
		t->v[t->n++].active = e->pane_id;
	}
	if (e->is_active_pane)
		t->v[t->n - 1].active = e->pane_id;
}

static bool find_tab(struct tabs *t, const struct muxcli_args *a, uint64_t *ret)
{
	size_t n = 0, now = 0;

	if (a->set & MUXCLI_TAB_ID) {
		for (size_t i = 0; i < t->n; i++) {
			if (t->v[i].tab == a->tab_id) {
				*ret = t->v[i].active;
				return true;
			}
		}
		return false;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].window != t->window)
			continue;
		if (t->v[i].tab == t->tab)
			now = n;
		t->v[n++] = t->v[i];
	}
	int64_t at = (int64_t)a->tab_index, last = (int64_t)n - 1;
	if (a->set & MUXCLI_TAB_RELATIVE) {
		int64_t by = MAX(MIN(a->tab_relative, (int64_t)1 << 40), -((int64_t)1 << 40));
		at = (int64_t)now + by;
		if (a->set & MUXCLI_NO_WRAP)
			at = MAX(MIN(at, last), 0);
		else
			at = ((at % (int64_t)n) + (int64_t)n) % (int64_t)n;
	}
	if (at < 0 || at > last)
		return false;
	*ret = t->v[at].active;
	return true;
}

static int activate_tab(struct run *r)
{
	const struct muxcli_args *a = r->a;
	struct place p = { 0 };
	struct tabs t = { 0 };
	uint64_t pane;
	int rc = -1;

	if ((a->set & (MUXCLI_TAB_ID | MUXCLI_TAB_INDEX | MUXCLI_TAB_RELATIVE)) == 0)
		return err_set(r->err, ERR_USAGE, "the following required arguments were not provided: "
		    "<--tab-id <TAB_ID>|--tab-index <TAB_INDEX>|--tab-relative <TAB_RELATIVE>>");
	if (!(a->set & MUXCLI_TAB_ID) && pane_and_tab(r, &p, "tab") != 0)
		goto out;
	const struct wire_pdu *l = muxcli_call(r, WIRE_LIST_PANES, NULL, WIRE_LIST_PANES_RESPONSE);
	if (l == NULL)
		goto out;
	t.window = p.window;
	t.tab = p.tab;
	muxcli_each_pane(&l->body.list_panes_response, tabs_leaf, &t);
	if (find_tab(&t, a, &pane))
		rc = done(r, WIRE_SET_FOCUSED_PANE, &(union wire_body){ .pane_ref = { pane } });
	else
		err_set(r->err, ERR_FAILED, a->set & MUXCLI_TAB_ID ? "tab id %llu not found" : "tab index %llu is invalid",
		    (unsigned long long)(a->set & MUXCLI_TAB_ID ? a->tab_id : a->tab_index));
out:
	free(t.v);
	place_fini(&p);
	return rc;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int set_tab_title(struct run *r)
{
	struct place p = { .tab = r->a->tab_id };
	int rc = r->a->set & MUXCLI_TAB_ID ? 0 : pane_and_tab(r, &p, "tab");

	if (rc == 0)
		rc = done(r, WIRE_TAB_TITLE_CHANGED,
		    &(union wire_body){ .tab_title = { p.tab, text_of(r->a->rest[0]) } });
	place_fini(&p);
	return rc;
}

static int set_window_title(struct run *r)
{
	struct place p = { .window = r->a->window_id };
	int rc = r->a->set & MUXCLI_WINDOW_ID ? 0 : pane_and_tab(r, &p, "window");

	if (rc == 0)
		rc = done(r, WIRE_WINDOW_TITLE_CHANGED,
		    &(union wire_body){ .window_title_changed = { p.window, text_of(r->a->rest[0]) } });
	place_fini(&p);
	return rc;
}

static int rename_workspace(struct run *r)
{
	struct place p = { 0 };
	int rc = r->a->workspace != NULL ? 0 : pane_and_tab(r, &p, "workspace");

	if (rc == 0)
		rc = done(r, WIRE_RENAME_WORKSPACE, &(union wire_body){ .rename_workspace = {
		    text_of(r->a->workspace != NULL ? r->a->workspace : p.workspace), text_of(r->a->rest[0]) } });
	place_fini(&p);
	return rc;
}

/* Binary for wezterm's bootstrap_via_ssh, which reads one frame. */
static int tlscreds(struct run *r)
{
	const struct wire_pdu *a = muxcli_call(r, WIRE_GET_TLS_CREDS, NULL, WIRE_GET_TLS_CREDS_RESPONSE);
	struct wire_buf b = { 0 };

	if (a == NULL)
		return -1;
	if (r->a->set & MUXCLI_PEM) {
		str_puts(r->out, a->body.tls_creds.client_cert_pem.s);
		str_puts(r->out, a->body.tls_creds.ca_cert_pem.s);
		return 0;
	}
	wire_encode(&(struct wire_pdu){ .ident = a->ident, .body = a->body }, r->conn->codec, WIRE_COMPRESS_AUTO, &b);
	str_add(r->out, b.data, b.len);
	wire_buf_fini(&b);
	return 0;
}

int muxcli_open(struct muxcli_conn *conn, int rfd, int wfd, struct err *err)
{
	struct run r = { .conn = conn, .err = err };

	conn->codec = WIRE_CODEC_LACE;
	conn->client = wire_client_create(rfd, wfd, conn->codec, NULL, NULL);
	const struct wire_pdu *a = muxcli_call(&r, WIRE_GET_CODEC_VERSION, NULL, WIRE_GET_CODEC_VERSION_RESPONSE);
	if (a == NULL) {
		muxcli_close(conn);
		return -1;
	}
	unsigned codec = (unsigned)MAX(MIN(a->body.codec_version.codec_vers, WIRE_CODEC_MAX), WIRE_CODEC_MIN);
	if (codec != conn->codec) {
		wire_client_destroy(conn->client);
		conn->client = wire_client_create(rfd, wfd, codec, NULL, NULL);
		conn->codec = codec;
	}
	return 0;
}

void muxcli_close(struct muxcli_conn *conn)
{
	if (conn->client != NULL)
		wire_client_destroy(conn->client);
	conn->client = NULL;
}

const struct muxcli_verb muxcli_verbs[] = {
	{ "list", MUXCLI_FORMAT, REST_NONE, muxcli_list, "list windows, tabs and panes" },
	{ "list-clients", MUXCLI_FORMAT, REST_NONE, muxcli_list_clients, "list who is connected" },
	{ "spawn", MUXCLI_PANE_ID | MUXCLI_DOMAIN | MUXCLI_WINDOW_ID | MUXCLI_NEW_WINDOW | MUXCLI_WORKSPACE | MUXCLI_CWD,
	    REST_COMMAND, spawn, "start a program in a new tab or window; prints its pane's id" },
	{ "split-pane", MUXCLI_PANE_ID | MUXCLI_SIDES | MUXCLI_TOP_LEVEL | MUXCLI_CELLS | MUXCLI_PERCENT | MUXCLI_CWD |
	    MUXCLI_MOVE_PANE_ID, REST_COMMAND, split_pane, "split a pane; prints the new pane's id" },
	{ "move-pane-to-new-tab", MUXCLI_PANE_ID | MUXCLI_WINDOW_ID | MUXCLI_NEW_WINDOW | MUXCLI_WORKSPACE, REST_NONE,
	    move_pane_to_new_tab, "give a pane a tab of its own" },
	{ "send-text", MUXCLI_PANE_ID | MUXCLI_NO_PASTE, REST_TEXT, send_text, "send text to a pane as if it were pasted" },
	{ "get-text", MUXCLI_PANE_ID | MUXCLI_START_LINE | MUXCLI_END_LINE | MUXCLI_ESCAPES, REST_NONE, muxcli_get_text,
	    "print what a pane shows" },
	{ "activate-pane", MUXCLI_PANE_ID, REST_NONE, activate_pane, "focus a pane" },
	{ "activate-pane-direction", MUXCLI_PANE_ID, REST_DIRECTION, activate_pane_direction, "focus the neighbour of a pane" },
	{ "get-pane-direction", MUXCLI_PANE_ID, REST_DIRECTION, get_pane_direction, "print the neighbour's id" },
	{ "activate-tab", MUXCLI_PANE_ID | MUXCLI_TAB_ID | MUXCLI_TAB_INDEX | MUXCLI_TAB_RELATIVE | MUXCLI_NO_WRAP, REST_NONE,
	    activate_tab, "show a tab" },
	{ "adjust-pane-size", MUXCLI_PANE_ID | MUXCLI_AMOUNT, REST_DIRECTION, adjust_pane_size, "move a pane's border" },
	{ "zoom-pane", MUXCLI_PANE_ID | MUXCLI_ZOOM | MUXCLI_UNZOOM | MUXCLI_TOGGLE, REST_NONE, zoom_pane,
	    "fill the tab with a pane, or put it back" },
	{ "set-tab-title", MUXCLI_PANE_ID | MUXCLI_TAB_ID, REST_TITLE, set_tab_title, "name a tab" },
	{ "set-window-title", MUXCLI_PANE_ID | MUXCLI_WINDOW_ID, REST_TITLE, set_window_title, "name a window" },
	{ "rename-workspace", MUXCLI_PANE_ID | MUXCLI_WORKSPACE, REST_TITLE, rename_workspace, "give a workspace another name" },
	{ "kill-pane", MUXCLI_PANE_ID, REST_NONE, kill_pane, "end a pane's program" },
	{ "tlscreds", MUXCLI_PEM, REST_NONE, tlscreds, "print certificates for a TLS domain" },
};
const size_t muxcli_n_verbs = ARRAY_LEN(muxcli_verbs);

int muxcli_run(const struct muxcli_args *args, struct muxcli_conn *conn, struct str *out, struct err *err)
{
	struct run r = { args, conn, out, err };

	return args->verb->run(&r);
}
