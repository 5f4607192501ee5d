/* main.c - lace-mux-server: keeps terminals alive inside a container or on a host.
 *
 * One file, three names: called as `wezterm-mux-server` it is the server, called
 * as `wezterm` it is the far end of a wezterm client's ssh connection. */
#include "server/server.h"

#include "base/build.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/xxh64.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/xdg.h"
#include "mux/env.h"
#include "mux/mux.h"
#include "build_time.h"
#include "text/text.h"
#include "version.h"
#include "wire/wire.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TLS_ADDRESS_MAX 64u

static const char help[] =
    "usage: lace-mux-server [OPTIONS]             run the server in the foreground\n"
    "       lace-mux-server --daemonize           run it in the background\n"
    "       lace-mux-server proxy [--marker NONCE] [--no-auto-start]\n"
    "                                             connect stdin and stdout to the server, starting it if needed\n"
    "       lace-mux-server exec [--] [COMMAND [ARG...]]\n"
    "                                             run it with the environment and in the folder of panes\n"
    "       lace-mux-server list [--json]         panes\n"
    "       lace-mux-server status | stop\n"
    "       lace-mux-server upgrade [--if-older]  have this binary take over from the running server\n"
    "       lace-mux-server decode [--codec N] FILE\n"
    "                                             print recorded bytes of the protocol as JSON\n"
    "\n"
    "options of the server:\n"
    "  --codec N              wezterm codec to announce, 42 to 45 (default 44)\n"
    "  --scrollback-lines N   rows kept for each pane (default 10000)\n"
    "  --tls ADDRESS:PORT     also serve wezterm's TLS domains there (by lace-mux-tls)\n"
    "  --session-file FILE    environment of panes (default " SERVER_SESSION_FILE ")\n"
    "  --restore              begin with the session that the last server saved when a signal ended it\n"
    "  --window               begin with a window, as it does when called as wezterm-mux-server\n"
    "  --cwd DIR              the folder of that window's program\n"
    "  --config-file FILE     instead of the person's wezterm.lua; its plain assignments are read, nothing is run\n"
    "  -n, --skip-config      read none\n"
    "  --config NAME=VALUE    one setting of it, in Lua: --config 'exit_behavior=\"Hold\"'\n"
    "  --version, --help\n"
    "  -- PROG [ARG...]       begin with a window that runs it\n"
    "\n"
    "The socket is $XDG_RUNTIME_DIR/wezterm/sock, where wezterm looks for it, or the one of wezterm.lua's first unix domain.\n";

int server_fail(struct err *err)
{
	fprintf(stderr, "lace-mux-server: %s\n", err->msg != NULL ? err->msg : "failed");
	return err->code != ERR_NONE ? (int)err->code : ERR_FAILED;
}

int server_usage(const char *fmt, ...)
{
	va_list ap;

	fputs("lace-mux-server: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("; see lace-mux-server --help\n", stderr);
	return ERR_USAGE;
}

struct options {
	bool daemonize;
	int ready_fd, state_fd;            /* state_fd: of the server that this one takes over from, or -1 */
	bool trial;                        /* only try to */
	unsigned long codec;
	const char *lines;                 /* NULL: not said */
	const char *session_file, *tls;
	bool is_wezterm;                   /* called wezterm-mux-server: begins with a window, its words are a program */
	bool window, skip_config, pid_file, restore;
	char *config_file, *cwd;           /* absolute */
	struct strv settings;              /* --config */
	struct strv prog;
	struct strv passed;                /* what a daemon is started with */
};

static bool parse_number(const char *s, unsigned long min, unsigned long max, unsigned long *ret)
{
	char *end;

	*ret = strtoul(s, &end, 10);
	return *s >= '0' && *s <= '9' && *end == '\0' && *ret >= min && *ret <= max;
}

/* --NAME VALUE or --NAME=VALUE. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n) != 0)
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	if (argv[*i][n] != '\0')
		return NULL;
	return *i + 1 < argc ? argv[++*i] : "";
}

/* Before the daemon leaves this folder. */
static char *absolute(const char *path)
{
	cleanup_free char *here = getcwd(NULL, 0);

	return here != NULL ? fs_join(here, path) : xstrdup(path);
}

static int parse(int argc, char **argv, struct options *o)
{
	const char *v;

	for (int i = 1; i < argc; i++) {
		unsigned long n;
		if (str_eq(argv[i], "--daemonize")) {
			o->daemonize = true;
		} else if (str_eq(argv[i], "-n") || str_eq(argv[i], "--skip-config")) {
			o->skip_config = true;
		} else if (str_eq(argv[i], "--window")) {
			o->window = true;
		} else if (str_eq(argv[i], "--restore")) {
			o->restore = true;
			strv_push(&o->passed, argv[i]);
		} else if (str_eq(argv[i], "--pid-file")) {
			o->pid_file = true;
			strv_push(&o->passed, argv[i]);
		} else if ((v = value_of("--config-file", argc, argv, &i)) != NULL) {
			free(o->config_file);
			o->config_file = absolute(v);
		} else if ((v = value_of("--config", argc, argv, &i)) != NULL) {
			strv_push(&o->settings, v);
		} else if ((v = value_of("--cwd", argc, argv, &i)) != NULL) {
			free(o->cwd);
			o->cwd = absolute(v);
		} else if (value_of("--pid-file-fd", argc, argv, &i) != NULL) {
			continue;          /* wezterm's programs tell it to each other */
		} else if (str_eq(argv[i], "--") || (o->is_wezterm && argv[i][0] != '-')) {
			i += str_eq(argv[i], "--");
			while (i < argc)
				strv_push(&o->prog, argv[i++]);
		} else if ((v = value_of("--ready-fd", argc, argv, &i)) != NULL) {
			if (!parse_number(v, 3, 1000, &n))
				return server_usage("--ready-fd wants a descriptor");
			o->ready_fd = (int)n;
		} else if ((v = value_of("--take-over", argc, argv, &i)) != NULL ||
		    (v = value_of("--try-take-over", argc, argv, &i)) != NULL) {
			if (!parse_number(v, 3, INT_MAX, &n))
				return server_usage("--take-over wants a descriptor");
			o->state_fd = (int)n;
			o->trial = str_starts(argv[i], "--try");
		} else if ((v = value_of("--codec", argc, argv, &i)) != NULL) {
			if (!parse_number(v, WIRE_CODEC_MIN, WIRE_CODEC_MAX, &o->codec))
				return server_usage("--codec wants %d to %d", WIRE_CODEC_MIN, WIRE_CODEC_MAX);
			strv_pushf(&o->passed, "--codec=%s", v);
		} else if ((v = value_of("--scrollback-lines", argc, argv, &i)) != NULL) {
			if (!parse_number(v, 0, CONFIG_LINES_MAX, &n))
				return server_usage("--scrollback-lines wants a number");
			o->lines = v;
			strv_pushf(&o->passed, "--scrollback-lines=%s", v);
		} else if ((v = value_of("--session-file", argc, argv, &i)) != NULL) {
			o->session_file = v;
			strv_pushf(&o->passed, "--session-file=%s", v);
		} else if ((v = value_of("--tls", argc, argv, &i)) != NULL) {
			if (*v == '\0')
				return server_usage("--tls wants ADDRESS:PORT");
			o->tls = v;
			strv_pushf(&o->passed, "--tls=%s", v);
		} else {
			return server_usage("unknown argument \"%s\"", argv[i]);
		}
	}
	if (o->skip_config && o->config_file != NULL)
		return server_usage("--skip-config and --config-file exclude each other");
	o->window |= o->is_wezterm || o->prog.n > 0 || o->cwd != NULL;
	if (o->window)
		strv_push(&o->passed, "--window");
	if (o->skip_config)
		strv_push(&o->passed, "--skip-config");
	if (o->config_file != NULL)
		strv_pushf(&o->passed, "--config-file=%s", o->config_file);
	if (o->cwd != NULL)
		strv_pushf(&o->passed, "--cwd=%s", o->cwd);
	for (size_t i = 0; i < o->settings.n; i++)
		strv_pushf(&o->passed, "--config=%s", o->settings.v[i]);
	if (o->prog.n > 0)
		strv_push(&o->passed, "--");
	for (size_t i = 0; i < o->prog.n; i++)
		strv_push(&o->passed, o->prog.v[i]);
	return 0;
}

/* The feature's option hostTlsPort leaves ADDRESS:PORT beside the program (root's file): whoever starts this
 * server, it is to serve TLS there. malloc()ed, or NULL. */
static char *installed_tls(void)
{
	cleanup_free char *path = server_beside("tls-address");
	cleanup_str struct str text = STR_INIT;

	if (path == NULL || !env_read_session(path, 0, &text))
		return NULL;
	size_t len = strcspn(text.s, " \r\n");
	return len > 0 && len <= TLS_ADDRESS_MAX ? xmemdup0(text.s, len) : NULL;
}

/* The starter waits for a line: it shall be the reason. */
static int fail_start(int ready_fd, struct err *err)
{
	if (ready_fd >= 0)
		dprintf(ready_fd, "%s\n", err->msg);
	return server_fail(err);
}

/* The one warning about a configuration. */
static void warn_unused(struct mux_config *c)
{
	cleanup_str struct str s = STR_INIT;

	log_safe(&s, c->notes.s, c->notes.len, CONFIG_NOTES_MAX * 2, false);
	if (s.len > 0)
		fprintf(stderr, "lace-mux-server: warning: not used: %s\n", s.s);
}

/* A server on a socket of its own has a session of its own. */
static char *session_path(const struct server_paths *p, const struct mux_config *config)
{
	cleanup_free char *name = config->socket != NULL && str_eq(config->socket, p->socket) ?
	    xasprintf("mux-session-%016llx", (unsigned long long)xxh64(p->socket, strlen(p->socket))) :
	    xstrdup("mux-session");

	return xdg_state(name);
}

static int serve(const struct options *o, const struct server_paths *p, const struct mux_config *config, struct err *err)
{
	cleanup_free char *tls = o->tls == NULL ? installed_tls() : NULL;
	uint32_t lines = config->has_lines ? config->lines : SERVER_SCROLLBACK_LINES;
	cleanup_free char *saved = session_path(p, config);
	const char *restore = getenv("LACE_MUX_RESTORE");
	struct mux_options m = { .config = config, .pid_fd = -1, .session_path = saved,
		.restore = o->restore || (restore != NULL && str_eq(restore, "1")),
		 .window = o->window, .dir = o->cwd, .prog = o->prog.v,
		.state_fd = o->state_fd, .args = o->passed.v, .socket_path = p->socket,
		.codec = (unsigned)o->codec,
		.scrollback_lines = o->lines != NULL ? (uint32_t)strtoul(o->lines, NULL, 10) : lines,
		.scrollback_bytes = SERVER_SCROLLBACK_BYTES, .session_file = o->session_file,
		.tls_bind = o->tls != NULL ? o->tls : tls != NULL ? tls : config->tls_bind,
		.ready_fd = o->ready_fd, .version = LACE_VERSION, .build = LACE_BUILD };
	/* The socket of the server before this one, whatever the configuration says by now. */
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a) - 1;
	if (o->state_fd >= 0) {
		m.listen_fd = handover_listen_fd(o->state_fd, err);
		if (m.listen_fd < 0 || (o->trial && mux_try_state(&m, err) != 0))
			return fail_start(-1, err);
		if (getsockname(m.listen_fd, (struct sockaddr *)&a, &len) == 0 && a.sun_path[0] == '/')
			m.socket_path = a.sun_path;
		if (o->trial)
			_exit(0);              /* what was read is not ours to close */
		fcntl(m.listen_fd, F_SETFD, FD_CLOEXEC);
		fcntl(o->state_fd, F_SETFD, FD_CLOEXEC);
		if (o->pid_file)
			m.pid_fd = server_pid_file(p, err);
		if (err_is(err))
			server_fail(err);
		return mux_run(&m, err) == 0 ? 0 : server_fail(err);
	}
	/* A server that was started by us is started under the starter's lock. */
	int lock = o->ready_fd >= 0 ? -1 : server_lock(p, err);

	if (lock < 0 && o->ready_fd < 0)
		return fail_start(o->ready_fd, err);
	int fd = server_listen(p, err);
	if (lock >= 0)
		fs_unlock(lock);
	if (fd < 0)
		return fail_start(o->ready_fd, err);
	m.listen_fd = fd;
	if (o->pid_file && (m.pid_fd = server_pid_file(p, err)) < 0) {
		unlink(p->socket);
		return fail_start(o->ready_fd, err);
	}
	int rc = mux_run(&m, err);
	if (rc != 0)
		return fail_start(o->ready_fd, err);
	return 0;
}

static int cmd_server(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct server_paths p = { 0 };
	cleanup_free char *session = server_session_file();
	struct mux_config config = MUX_CONFIG_INIT;
	struct options o = { .ready_fd = -1, .state_fd = -1, .codec = WIRE_CODEC_LACE,
		.session_file = session,
		.is_wezterm = str_eq(fs_basename(argv[0]), "wezterm-mux-server") };
	int rc = parse(argc, argv, &o);

	if (rc == 0 && (server_config(&config, o.config_file, o.skip_config, &o.settings, &err) != 0 ||
	    server_paths(&p, &config, &err) != 0))
		rc = fail_start(o.ready_fd, &err);
	else if (rc == 0) {
		if (!o.trial)
			warn_unused(&config);
		rc = !o.daemonize ? serve(&o, &p, &config, &err) :
		    server_daemonize(&p, o.passed.v, &err) == 0 ? 0 : server_fail(&err);
	}
	mux_config_fini(&config);
	free(o.config_file);
	free(o.cwd);
	strv_fini(&o.settings);
	strv_fini(&o.prog);
	strv_fini(&o.passed);
	server_paths_fini(&p);
	return rc;
}

static const struct { const char *name; int (*run)(int argc, char **argv); } commands[] = {
	{ "proxy", server_cmd_proxy }, { "exec", server_cmd_exec }, { "list", server_cmd_list },
	{ "status", server_cmd_status },
	{ "stop", server_cmd_stop }, { "upgrade", server_cmd_upgrade }, { "decode", server_cmd_decode },
};

/* wezterm-42 and the like say which codec their clients speak. */
static bool is_wezterm(const char *name)
{
	return str_eq(name, "wezterm") || (str_starts(name, "wezterm-") && strlen(name) == strlen("wezterm-42") &&
	    strspn(name + strlen("wezterm-"), "0123456789") == 2);
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? fs_basename(argv[0]) : "";

	if (is_wezterm(name))
		return server_cmd_wezterm(argc, argv);
	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 1 && (str_eq(argv[1], "--version") || str_eq(argv[1], "-V"))) {
		printf("lace-mux-server %s, Unicode %s\n", LACE_BUILD, text_unicode_version);
		return 0;
	}
	for (size_t i = 0; argc > 1 && !str_eq(name, "wezterm-mux-server") && i < ARRAY_LEN(commands); i++)
		if (str_eq(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_server(argc, argv);
}
