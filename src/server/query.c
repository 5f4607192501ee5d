/* query.c - list, status, stop: one connection, a question or two, an answer for people or scripts. */
#include "server/server.h"

#include "base/build.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"
#include "host/log.h"
#include "wire/client.h"
#include "build_time.h"
#include "version.h"

#include <errno.h>
#include <poll.h>

#define TEXT_SHOWN_MAX 1024

struct session {
	struct server_paths paths;
	int fd;
	struct wire_client *c;
};

static int session_open(struct session *s, struct err *err)
{
	*s = (struct session){ .fd = -1 };
	if (server_paths(&s->paths, NULL, err) != 0)
		return -1;
	s->fd = server_connect(&s->paths, err);
	if (s->fd < 0) {
		if (err->sys == ENOENT || err->sys == ECONNREFUSED)
			err_set(err, ERR_NOT_FOUND, "no server runs here (%s)", s->paths.socket);
		return -1;
	}
	s->c = wire_client_create(s->fd, s->fd, WIRE_CODEC_LACE, NULL, NULL);
	return 0;
}

static void session_close(struct session *s)
{
	if (s->c != NULL)
		wire_client_destroy(s->c);
	if (s->fd >= 0)
		close(s->fd);
	server_paths_fini(&s->paths);
	*s = (struct session){ .fd = -1 };
}

static const struct wire_pdu *call(struct session *s, uint32_t ident, const union wire_body *body,
    struct err *err)
{
	const struct wire_pdu *answer = NULL;
	enum wire_client_status st = wire_client_call(s->c, ident, body, SERVER_CALL_MS, &answer);

	if (st != WIRE_CLIENT_OK) {
		err_set(err, ERR_FAILED, "the server on %s does not answer: %s", s->paths.socket,
		    st == WIRE_CLIENT_EOF ? "it closed the connection" : wire_client_error(s->c));
		return NULL;
	}
	if (answer->ident == WIRE_ERROR_RESPONSE) {
		err_set(err, ERR_FAILED, "the server on %s says: %s", s->paths.socket,
		    answer->body.error_response.reason.s);
		return NULL;
	}
	return answer;
}

/* ---- list ---- */

static void add_json(struct str *out, const struct wire_str *s)
{
	str_putc(out, '"');
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->s[i];
		if (c == '"' || c == '\\')
			str_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			str_printf(out, "\\u%04x", c);
		else
			str_putc(out, (char)c);
	}
	str_putc(out, '"');
}

/* Text of programs for a person's terminal. */
static void add_plain(struct str *out, const struct wire_str *s)
{
	log_safe(out, s->s, s->len, TEXT_SHOWN_MAX, false);
}

typedef void (*pane_cb)(struct str *out, const struct wire_pane_entry *e, size_t index);

static size_t each_pane(const struct wire_pane_node *n, pane_cb cb, struct str *out, size_t index)
{
	if (n->kind == WIRE_NODE_LEAF)
		cb(out, &n->leaf, index++);
	else if (n->kind == WIRE_NODE_SPLIT)       /* the decoder bounds the nesting */
		index = each_pane(n->right, cb, out, each_pane(n->left, cb, out, index));
	return index;
}

static void pane_json(struct str *out, const struct wire_pane_entry *e, size_t index)
{
	str_puts(out, index > 0 ? ",\n" : "\n");
	str_printf(out, "  {\"window_id\": %llu, \"tab_id\": %llu, \"pane_id\": %llu, \"workspace\": ",
	    (unsigned long long)e->window_id, (unsigned long long)e->tab_id, (unsigned long long)e->pane_id);
	add_json(out, &e->workspace);
	str_printf(out, ", \"size\": {\"rows\": %llu, \"cols\": %llu}, \"title\": ",
	    (unsigned long long)e->size.rows, (unsigned long long)e->size.cols);
	add_json(out, &e->title);
	str_puts(out, ", \"cwd\": ");
	add_json(out, e->has_working_dir ? &e->working_dir : &WIRE_STR(""));
	str_printf(out, ", \"is_active\": %s, \"is_zoomed\": %s, \"tty_name\": ",
	    e->is_active_pane ? "true" : "false", e->is_zoomed_pane ? "true" : "false");
	if (e->has_tty_name)
		add_json(out, &e->tty_name);
	else
		str_puts(out, "null");
	str_putc(out, '}');
}

static void pane_row(struct str *out, const struct wire_pane_entry *e, size_t index)
{
	cleanup_str struct str workspace = STR_INIT;
	char size[48];

	snprintf(size, sizeof(size), "%llux%llu", (unsigned long long)e->size.cols,
	    (unsigned long long)e->size.rows);
	add_plain(&workspace, &e->workspace);
	str_printf(out, "%5llu %5llu %6llu %-9s %-8s ", (unsigned long long)e->window_id,
	    (unsigned long long)e->tab_id, (unsigned long long)e->pane_id, workspace.s, size);
	add_plain(out, &e->title);
	if (e->has_working_dir) {
		str_putc(out, ' ');
		add_plain(out, &e->working_dir);
	}
	str_putc(out, '\n');
}

int server_cmd_list(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	struct session s;
	bool json = argc == 2 && str_eq(argv[1], "--json");
	const struct wire_pdu *a = NULL;

	if (argc > 1 && !json)
		return server_usage("list: unknown argument \"%s\"", argv[1]);
	if (session_open(&s, &err) == 0)
		a = call(&s, WIRE_LIST_PANES, NULL, &err);
	if (a != NULL) {
		const struct wire_list_panes_response *l = &a->body.list_panes_response;
		size_t n = 0;
		str_puts(&out, json ? "[" : "WINID TABID PANEID WORKSPACE SIZE     TITLE CWD\n");
		for (size_t i = 0; i < l->n_tabs; i++)
			n = each_pane(&l->tabs[i], json ? pane_json : pane_row, &out, n);
		if (json)
			str_puts(&out, n > 0 ? "\n]\n" : "]\n");
		fwrite(out.s, 1, out.len, stdout);
	}
	session_close(&s);
	return a != NULL ? 0 : server_fail(&err);
}

/* ---- status, stop ---- */

static void count_pane(struct str *out, const struct wire_pane_entry *e, size_t index) { }

int server_cmd_status(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct session s;
	const struct wire_pdu *a = NULL;

	if (argc > 1)
		return server_usage("status: unknown argument \"%s\"", argv[1]);
	if (session_open(&s, &err) == 0)
		a = call(&s, WIRE_GET_CODEC_VERSION, NULL, &err);
	if (a != NULL) {
		printf("socket   %s\nversion  %s\ncodec    %llu\n", s.paths.socket,
		    a->body.codec_version.version_string.s,
		    (unsigned long long)a->body.codec_version.codec_vers);
		a = call(&s, WIRE_LACE_HELLO,
		    &(union wire_body){ .lace_hello = { .version = WIRE_LACE_VERSION } }, &err);
		if (a != NULL) {
			cleanup_str struct str build = STR_INIT;
			add_plain(&build, &a->body.lace_hello_response.server_version);
			printf("build    %s\npid      %lu\n", build.s, (unsigned long)a->body.lace_hello_response.pid);
		} else {
			printf("pid      unknown: not lace's server\n");
			err_fini(&err);
		}
		a = call(&s, WIRE_LIST_PANES, NULL, &err);
	}
	if (a != NULL) {
		const struct wire_list_panes_response *l = &a->body.list_panes_response;
		size_t n = 0;
		for (size_t i = 0; i < l->n_tabs; i++)
			n = each_pane(&l->tabs[i], count_pane, NULL, n);
		printf("panes    %zu\n", n);
		a = call(&s, WIRE_GET_CLIENT_LIST, NULL, &err);
	}
	if (a != NULL)
		printf("clients  %zu\n", a->body.client_list.n_clients);
	session_close(&s);
	return a != NULL ? 0 : server_fail(&err);
}

int server_cmd_stop(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct session s;
	bool done = false;

	if (argc > 1)
		return server_usage("stop: unknown argument \"%s\"", argv[1]);
	if (session_open(&s, &err) == 0 && call(&s, WIRE_LACE_SHUTDOWN, NULL, &err) != NULL) {
		/* It has ended when it closes the connection; its programs get two seconds. */
		struct pollfd p = { .fd = s.fd, .events = POLLIN };
		char drop[4096];
		while (!done && poll(&p, 1, SERVER_CALL_MS) > 0)
			done = read(s.fd, drop, sizeof(drop)) <= 0;
		if (!done)
			err_set(&err, ERR_FAILED, "the server on %s does not end", s.paths.socket);
	}
	session_close(&s);
	return done ? 0 : server_fail(&err);
}

/* ---- upgrade ---- */

/* What the server says of itself; false with err. */
static bool who(struct session *s, uint32_t *ret_pid, struct str *ret_version, struct err *err)
{
	const struct wire_pdu *a = call(s, WIRE_LACE_HELLO,
	    &(union wire_body){ .lace_hello = { .version = WIRE_LACE_VERSION } }, err);

	if (a == NULL)
		return false;
	*ret_pid = a->body.lace_hello_response.pid;
	str_reset(ret_version);
	log_safe(ret_version, a->body.lace_hello_response.server_version.s,
	    a->body.lace_hello_response.server_version.len, TEXT_SHOWN_MAX, false);
	return true;
}

/* The server closes the connection when it is another program; the socket stays. */
static bool wait_replaced(struct session *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	char drop[4096];

	while (poll(&p, 1, SERVER_CALL_MS) > 0)
		if (read(s->fd, drop, sizeof(drop)) <= 0)
			return true;
	return false;
}

/* Asks, waits, and looks who answers then. */
static bool replace(struct session *s, const char *exe, const char *old, struct err *err)
{
	cleanup_str struct str new = STR_INIT;
	uint32_t pid;

	if (call(s, WIRE_LACE_UPGRADE, &(union wire_body){ .lace_upgrade = { { exe, strlen(exe) } } }, err) == NULL)
		return false;
	if (!wait_replaced(s)) {
		err_set(err, ERR_FAILED, "the server goes on as it was: see its log (%s)", s->paths.log);
		return false;
	}
	session_close(s);
	if (session_open(s, err) != 0 || !who(s, &pid, &new, err))
		return false;
	printf("upgraded %s to %s; pid %lu, every terminal goes on\n", old, new.s, (unsigned long)pid);
	return true;
}

int server_cmd_upgrade(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str old = STR_INIT;
	cleanup_free char *exe = fs_realpath("/proc/self/exe", &err);
	struct session s = { .fd = -1 };
	bool if_older = argc == 2 && str_eq(argv[1], "--if-older"), done = false;
	uint32_t pid;

	if (argc > 1 && !if_older)
		return server_usage("upgrade: unknown argument \"%s\"", argv[1]);
	if (exe != NULL && session_open(&s, &err) == 0 && who(&s, &pid, &old, &err))
		done = (if_older && build_compare(old.s, LACE_BUILD) >= 0) || replace(&s, exe, old.s, &err);
	else if (if_older && err.code == ERR_NOT_FOUND)
		done = true;               /* none runs: the next one will be this */
	session_close(&s);
	return done ? 0 : server_fail(&err);
}
