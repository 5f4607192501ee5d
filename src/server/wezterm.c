/* wezterm.c - the program under the name `wezterm`: what a machine that only serves needs
 * of it, that is `wezterm cli` (reference/wezterm-mux.md 5.3). Errors have its shape. */
#include "server/server.h"

#include "base/mem.h"
#include "base/utc.h"
#include "muxcli/muxcli.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

static int fail(const struct err *err)
{
	char now[UTC_STAMP];

	if (err->code == ERR_USAGE) {
		bool direction = str_starts(err->msg, "invalid direction");   /* not its parser's own */
		fprintf(stderr, "error: %s\n%s", err->msg, direction ? "" : "\nFor more information, try '--help'.\n");
		return ERR_USAGE;
	}
	utc_stamp(now);
	/* "13:41:05.123" of it. */
	fprintf(stderr, "%.12s  ERROR  wezterm > %s; terminating\n", now + 11, err->msg);
	return ERR_FAILED;
}

static void help(void)
{
	cleanup_str struct str s = STR_INIT;

	muxcli_summary(&s);
	printf("usage: wezterm [-n] [--config-file FILE] [--config NAME=VALUE] cli [--no-auto-start] [--prefer-mux] [--class CLASS] VERB\n"
	    "\n%s  %-24s %s\n\nThis \"wezterm\" is lace-mux-server %s, which serves and has no window; see lace-mux-server(1).\n",
	    s.s, "proxy", "connect stdin and stdout to the server", LACE_VERSION);
}

/* $WEZTERM_UNIX_SOCKET is set in panes: the server that they belong to. */
static int connect_to(struct mux_config *config, bool may_start, struct err *err)
{
	const char *named = getenv("WEZTERM_UNIX_SOCKET");
	struct server_paths p = { 0 };
	int fd = -1;

	if (server_paths(&p, config, err) == 0) {
		if (named != NULL && *named) {
			free(p.socket);
			p.socket = xstrdup(named);
			may_start = false;
		}
		fd = may_start ? server_connect_or_start(&p, err) : server_connect(&p, err);
	}
	server_paths_fini(&p);
	return fd;
}

static int run_verb(int fd, const struct muxcli_args *args, struct err *err)
{
	cleanup_str struct str out = STR_INIT;
	struct muxcli_conn conn = { .errors = MUXCLI_ERRORS_WEZTERM, .timeout_ms = SERVER_CALL_MS, .local = true };
	int rc = -1;

	if (muxcli_open(&conn, fd, fd, err) == 0)
		rc = muxcli_run(args, &conn, &out, err);
	muxcli_close(&conn);
	if (fwrite(out.s, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		rc = err_sys(err, "cannot write to standard output");
	return rc;
}

static int cli(int argc, char **argv, struct mux_config *config, bool may_start)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	struct muxcli_args args;
	bool proxy = argc == 1 && str_eq(argv[0], "proxy");
	int rc = proxy ? 0 : muxcli_parse(argc, argv, &args, &text, &err);

	if (rc < 0)
		return fail(&err);
	if (rc > 0) {
		fputs(text.s, stdout);
		return 0;
	}
	int fd = connect_to(config, may_start, &err);
	if (fd < 0)
		return fail(&err);
	if (proxy)
		return server_proxy_wezterm(fd);
	rc = run_verb(fd, &args, &err);
	close(fd);
	return rc == 0 ? 0 : fail(&err);
}

int server_cmd_wezterm(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	bool may_start = true;
	int i = 1;

	if (argc > 1 && (str_eq(argv[1], "--version") || str_eq(argv[1], "-V"))) {
		printf("wezterm (lace-mux-server %s)\n", LACE_VERSION);
		return 0;
	}
	if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		help();
		return argc < 2 ? ERR_USAGE : 0;
	}
	const char *file = NULL;
	bool skip = false;
	struct strv settings = STRV_INIT;      /* the path of the socket may be among them */
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (str_starts(argv[i], "--config-file="))
			file = strchr(argv[i], '=') + 1;
		else if (str_eq(argv[i], "--config-file") && i + 1 < argc)
			file = argv[++i];
		else if (str_starts(argv[i], "--config="))
			strv_push(&settings, strchr(argv[i], '=') + 1);
		else if (str_eq(argv[i], "--config") && i + 1 < argc)
			strv_push(&settings, argv[++i]);
		else
			skip |= str_eq(argv[i], "-n") || str_eq(argv[i], "--skip-config");
	}
	if (i >= argc || !str_eq(argv[i], "cli")) {
		err_set(&err, ERR_USAGE, "'%s' is not here: this \"wezterm\" is lace's server and knows only 'wezterm cli'",
		    i < argc ? argv[i] : "");
		return fail(&err);
	}
	for (i++; i < argc && argv[i][0] == '-'; i++) {
		if (str_eq(argv[i], "--no-auto-start")) {
			may_start = false;
		} else if (str_eq(argv[i], "--class")) {
			i++;                   /* of windows; we have none */
		} else if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			help();
			return 0;
		} else if (!str_eq(argv[i], "--prefer-mux")) {
			err_set(&err, ERR_USAGE, "unexpected argument '%s' found", argv[i]);
			return fail(&err);
		}
	}
	struct mux_config config = MUX_CONFIG_INIT;
	int rc = server_config(&config, file, skip, &settings, &err) == 0 ?
	    cli(MAX(argc - i, 0), argv + i, &config, may_start) : fail(&err);
	mux_config_fini(&config);
	strv_fini(&settings);
	return rc;
}
