#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/pick.h"
#include "cmd/remote.h"
#include "cmd/up.h"

#include "base/mem.h"
#include "client/client.h"
#include "dev/trust.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	RECONNECT_SECONDS = 60,       /* how long a lost connection is tried again */
	DOWN_SECONDS = 3,             /* how long a container is down until it counts as stopped */
};

/* False once the container is gone, or has been down for a while: connecting again is in vain then, and err
 * says why. A restart is down for a moment only; what the engine does not answer is no reason to give up. */
static bool may_come_back(struct engine *e, const struct project *p, int *seconds_down, struct err *err)
{
	cleanup_err struct err why = ERR_INIT;
	json_object *inspect = engine_inspect(e, p->id, &why);
	bool gone = inspect == NULL && why.code == ERR_NOT_FOUND;
	const char *state = json_str(json_get(inspect, "State"), "Status");
	bool down = state && (str_eq(state, "exited") || str_eq(state, "dead"));
	json_object_put(inspect);
	*seconds_down = down ? *seconds_down + 1 : 0;
	if (!gone && *seconds_down < DOWN_SECONDS)
		return true;
	err_set(err, ERR_FAILED, "%s was %s, and its terminals ended with it; %s: lace up %s", p->name,
	    gone ? "removed" : "stopped", gone ? "make it anew with" : "start it again with", p->workspace);
	return false;
}

/* After a lost connection: the same container again, which may have been restarted meanwhile. NULL: err says
 * why this was in vain. Ctrl-\ of somebody who wants to leave dumps no core. */
static struct link *reopen(struct engine *e, const struct project *p, const struct access *a, struct err *err)
{
	struct link *link = NULL;
	int seconds_down = 0;
	void (*old)(int) = signal(SIGQUIT, SIG_IGN);
	bool hope = true;
	for (int second = 0; second < RECONNECT_SECONDS; second++) {
		err_fini(err);
		link = access_link(a, err);
		if (link || !(hope = may_come_back(e, p, &seconds_down, err)))
			break;
		struct timespec one = { .tv_sec = 1 };
		nanosleep(&one, NULL);
	}
	signal(SIGQUIT, old);
	if (link == NULL && hope)
		err_wrap(err, "%s cannot be reached; what runs in it goes on, try again with: lace connect %s", p->name,
		    p->name);
	return link;
}

static int finish(const struct project *p, struct client_result *r, struct err *err)
{
	switch (r->end) {
	case CLIENT_EXITED:
		return r->exit_code < 0 ? 0 : r->exit_code;
	case CLIENT_DETACHED:
		fprintf(stderr, "[detached from %s; come back with: lace connect %s]\n", p->name, p->name);
		return 0;
	case CLIENT_LOST:
		break;
	}
	return err_set(err, ERR_FAILED, "the connection to %s was lost (%s); nothing in it is: lace connect %s", p->name,
	    r->reason ? r->reason : "no reason given", p->name);
}

/* What ssh says of a host key is not what helps here. */
static void explain(const struct project *p, struct err *err)
{
	if (err->msg && strstr(err->msg, "Host key verification failed"))
		err_set(err, ERR_FAILED,
		    "its host key is not the one that was pinned through the engine: somebody else answers on port %d, or the "
		    "container made a new key; if nobody does, make it anew with: lace up --recreate %s", p->port, p->workspace);
}

static int attach(struct engine *e, const struct project *p, const struct access *a, struct client_options *opts,
    struct err *err)
{
	struct client_result r = { 0 };
	bool again = false;
	progress_step("Connecting to %s", p->name);
	struct link *link = access_link(a, err);
	progress_done();
	if (link == NULL) {
		explain(p, err);
		return err_wrap(err, "cannot connect to %s", p->name);
	}
	for (;;) {
		int code = client_run(link, opts, &r, err);
		link_close(link);
		if (code != 0 && again && err->code == ERR_NOT_FOUND)
			return err_set(err, ERR_FAILED, "the terminal ended while the connection was lost: %s, or its terminal "
			    "server, was started anew; lace connect %s gives a new one", p->name, p->name);
		if (code != 0)
			return err_wrap(err, "cannot show a terminal of %s", p->name);
		if (r.end != CLIENT_LOST || !r.has_pane_id)
			break;
		fprintf(stderr, "[lost %s (%s); connecting again, Ctrl-C gives up]\n", p->name,
		    r.reason ? r.reason : "no reason given");
		free(r.reason);
		r.reason = NULL;
		link = reopen(e, p, a, err);
		if (link == NULL)
			return -1;
		again = true;
		opts->has_pane_id = true;
		opts->pane_id = r.pane_id;
		opts->server_pid = r.server_pid;
		opts->new_pane = false;
	}
	int code = finish(p, &r, err);
	free(r.reason);
	return code;
}

/* "^\" or "C-\" or the character itself; -1 when it is no control character. */
static int parse_prefix(const char *text)
{
	if ((text[0] == '^' && text[1] && !text[2]) || (strncmp(text, "C-", 2) == 0 && text[2] && !text[3])) {
		int c = text[strlen(text) - 1] & 0x1f;
		return c && c != 0x1b ? c : -1;
	}
	return -1;
}

/* Where the name does not say which, the person does. A folder that was named is not guessed at. */
static int use_project(struct project_use *use, const struct cmd_args *args, struct err *err)
{
	const char *name = args->operands.n ? args->operands.v[0] : NULL;
	if (project_use_init(use, args, err) == 0)
		return 0;
	if (use->all.n == 0 || (err->code != ERR_USAGE && err->code != ERR_NOT_FOUND) || (name && strpbrk(name, "/.") == name))
		return -1;
	err_fini(err);
	use->p = pick_project(&use->all, name, err);
	return use->p ? 0 : -1;
}

/* As `lace up` starts it: its hooks run, its services come up, sshd is waited for. */
static int start(const struct project *p, const struct cmd_args *args, struct err *err)
{
	struct up u = { .opts = { .existing = true, .keep_server = cmd_flag(args, "keep-server") } };
	struct dev_config_options opts = { .config = p->config[0] ? p->config : NULL };
	int code = -1;
	progress_step("Starting %s", p->name);
	u.engine = engine_open(cmd_value(args, "docker-path"), err);
	u.config = u.engine ? dev_config_load(p->workspace, &opts, err) : NULL;
	if (u.config && dev_trust_confirm(u.config, false, err) == 0) {
		code = up_run(&u, err);
	} else if (u.engine && u.config == NULL && err->code == ERR_NOT_FOUND) {
		/* Another tool's, whose folder has no configuration (any more): it has no hooks that are known. */
		err_fini(err);
		code = engine_start(u.engine, p->id, err);
	}
	if (code == 0)
		remote_refresh(u.engine);
	progress_done();
	up_fini(&u);
	return code == 0 ? 0 : err_wrap(err, "%s is %s and cannot be started", p->name, p->state);
}

/* The state and port of the project changed: everything is asked again, and it is found by its container. */
static int start_stopped(struct project_use *use, const struct cmd_args *args, struct err *err)
{
	if (str_eq(use->p->state, "running"))
		return 0;
	if (start(use->p, args, err) != 0)
		return -1;
	cleanup_free char *id = xstrdup(use->p->id);
	projects_fini(&use->all);
	if (projects_list(use->engine, &use->all, err) != 0)
		return -1;
	use->p = projects_find(&use->all, id, err);
	return use->p ? 0 : -1;
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	struct access a = { 0 };
	const char *prefix = cmd_value(args, "prefix"), *pane = cmd_value(args, "pane");
	struct client_options opts = { .in = STDIN_FILENO, .out = STDOUT_FILENO, .prefix = CLIENT_PREFIX_DEFAULT,
		.new_pane = cmd_flag(args, "new") || args->has_command, .read_only = cmd_flag(args, "read-only") };
	if (prefix && parse_prefix(prefix) < 0)
		return err_set(err, ERR_USAGE, "--prefix wants a control character such as ^A, not \"%s\"", prefix);
	if (prefix)
		opts.prefix = (uint8_t)parse_prefix(prefix);
	if (pane) {
		char *end;
		errno = 0;
		opts.pane_id = strtoull(pane, &end, 10);
		opts.has_pane_id = true;
		if (errno || *end || end == pane || pane[0] == '-')
			return err_set(err, ERR_USAGE, "--pane wants a number, not \"%s\"", pane);
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE, "lace connect draws on a terminal, and this is none; use lace ssh or lace exec");
	const char *term = getenv("TERM");
	if (term == NULL || term[0] == '\0' || str_eq(term, "dumb"))
		return err_set(err, ERR_USAGE, "lace connect draws on a terminal, and TERM says that this one (%s) cannot be drawn "
		    "on; use lace ssh, or set TERM if it is wrong", term && term[0] ? term : "no name");
	if (args->command.n)
		opts.argv = (const char *const *)args->command.v;
	int code = use_project(&use, args, err);
	if (code == 0)
		code = start_stopped(&use, args, err);
	if (code == 0)
		code = access_open(&a, use.engine, use.p, cmd_flag(args, "keep-server"), err);
	if (code == 0) {
		opts.name = use.p->name;
		code = attach(use.engine, use.p, &a, &opts, err);
	}
	access_fini(&a);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	{ "new", 'n', NULL, "begin a new terminal even when there is one" },
	{ "pane", 'p', "ID", "show this terminal (ids: lace-mux-server list, in the container)" },
	{ "read-only", 'r', NULL, "watch only: no input, no resize" },
	{ "prefix", 0, "KEY", "the key before d, [ and ? instead of Ctrl-\\, such as ^A" },
	CMD_OPTION_KEEP_SERVER,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_connect = {
	.name = "connect",
	.operands = "[NAME] [-- COMMAND [ARG...]]",
	.max_operands = 1,
	.takes_command = true,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "a terminal in a dev container that outlives its connection",
	.description =
	    "Shows a terminal of the dev container on this one, over SSH. It lives in the container's lace-mux-server:\n"
	    "when the connection, this program or the network dies, connect again and it is all there. The project is\n"
	    "named by its name or folder; without one it is that of the current folder, or the only one. Where that does not\n"
	    "say which, it asks, with a list that typing narrows. A stopped one is started first, as lace up does.\n"
	    "A container without sshd or port (made by VS Code or the reference CLI, say) is reached through the engine; the\n"
	    "server is put into it the first time. A server that is older than this lace is upgraded, with all its terminals.\n\n"
	    "Keys: Ctrl-\\ d leaves the terminal running and returns here; Ctrl-\\ [ or Shift-PageUp scrolls back;\n"
	    "Ctrl-\\ m gives the mouse to this terminal or back (to select text); Ctrl-\\ l draws the screen anew;\n"
	    "Ctrl-\\ ? shows the keys; Ctrl-\\ Ctrl-\\ types Ctrl-\\. When the shell ends, its exit code is lace's.\n\n"
	    "Scrolled back, arrows, PageUp and PageDown (or k, j, b, space), Ctrl-u and Ctrl-d move, g goes to the first\n"
	    "row, G to the last; / searches down and ? up, n goes to the next match and N to the one before; q leaves, as\n"
	    "does moving down to the end. Without capitals a search ignores case; Ctrl-r while it is typed makes it a\n"
	    "regular expression, Up brings the last one back, and an empty one searches for it again.",
	.options = options,
	.run = run,
};
