#include "cmd/access.h"
#include "cmd/cmd.h"

#include "base/mem.h"
#include "muxcli/muxcli.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 30000

static int run_verb(const struct muxcli_args *verb, const struct access *a, const struct project *p, struct err *err)
{
	cleanup_str struct str out = STR_INIT;
	struct muxcli_conn conn = { .errors = MUXCLI_ERRORS_PLAIN, .timeout_ms = ANSWER_MS };
	int code = -1;
	struct link *link = access_link(a, err);
	if (link == NULL)
		return err_wrap(err, "cannot connect to %s", p->name);
	if (muxcli_open(&conn, link_read_fd(link), link_write_fd(link), err) == 0)
		code = muxcli_run(verb, &conn, &out, err);
	muxcli_close(&conn);
	link_close(link);
	fwrite(out.s, 1, out.len, stdout);
	return code == 0 ? 0 : err_wrap(err, "%s", p->name);
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	struct access a = { 0 };
	struct muxcli_args verb;
	cleanup_str struct str text = STR_INIT;
	if (args->command.n == 0)
		return err_set(err, ERR_USAGE, "which verb? See lace mux --help");
	/* Its order is changed in parsing: a copy, for the words stay the caller's. */
	cleanup_free char **argv = xcalloc(args->command.n + 1, sizeof(*argv));
	memcpy(argv, args->command.v, args->command.n * sizeof(*argv));
	int code = muxcli_parse((int)args->command.n, argv, &verb, &text, err);
	if (code != 0) {
		fputs(text.s, stdout);
		return code > 0 ? 0 : err_wrap(err, "mux");
	}
	code = project_use_init(&use, args, err);
	if (code == 0)
		code = access_open(&a, use.engine, use.p, true, err);
	if (code == 0)
		code = run_verb(&verb, &a, use.p, err);
	access_fini(&a);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_mux = {
	.name = "mux",
	.operands = "[NAME] VERB [ARG...]",
	.max_operands = 1,
	.takes_command = true,
	.begins_command = muxcli_is_verb,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "ask the terminal server of a dev container: list, split-pane, send-text ...",
	.description =
	    "The verbs of `wezterm cli`, over SSH or through the engine, with the same options and the same output:\n"
	    "list, list-clients, spawn, split-pane, move-pane-to-new-tab, send-text, get-text, activate-pane,\n"
	    "activate-pane-direction, get-pane-direction, activate-tab, adjust-pane-size, zoom-pane, set-tab-title,\n"
	    "set-window-title, rename-workspace, kill-pane, tlscreds.\n"
	    "\n"
	    "What a verb takes: lace mux VERB --help. Scripts want: list --format json. A project that has the\n"
	    "name of a verb is meant by its folder: lace mux ./list list.",
	.options = options,
	.run = run,
};
