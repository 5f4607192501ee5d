/* cmd.h - the verbs of `lace`: one table entry each.
 *
 * A verb's table of options is the only place that knows them: it drives
 * parsing (options.c), --help, the man page and the shell completions (help.c). */
#ifndef LACE_CMD_CMD_H
#define LACE_CMD_CMD_H

#include "base/err.h"
#include "base/str.h"

enum cmd_complete { CMD_COMPLETE_NONE, CMD_COMPLETE_PROJECT, CMD_COMPLETE_DIR };

struct cmd_option {
	const char *name;          /* long name without "--" */
	char letter;               /* or 0 */
	const char *arg;           /* name of its value, or NULL for a flag */
	const char *help;          /* one line */
};

struct cmd_args {
	const struct cmd *cmd;
	const char **values;       /* parallel to cmd->options: NULL, the value, or "" for a set flag */
	struct strv operands;
	bool has_command;          /* "--" was there: `command` holds what came after it */
	struct strv command;
};

struct cmd {
	const char *name, *alias;  /* alias may be NULL */
	const char *operands;      /* as shown: "[NAME] -- COMMAND [ARG...]" */
	unsigned min_operands, max_operands;
	bool takes_command;        /* words after "--", or after the operands, are a command */
	bool (*begins_command)(const char *word);  /* so is what begins with such a word, or NULL */
	enum cmd_complete complete;
	const char *summary;       /* one line, for the list of verbs */
	const char *description;   /* paragraphs for --help and the man page */
	const struct cmd_option *options; /* ends with a NULL name; --help is implied */
	/* Returns the exit code, or -1 with err set (then its code is the exit code). */
	int (*run)(const struct cmd_args *args, struct err *err);
};

/* Options that several verbs have. */
#define CMD_OPTION_JSON { "json", 0, NULL, "print one JSON value on stdout" }
#define CMD_OPTION_DOCKER { "docker-path", 0, "PROGRAM", "the engine's command line client (default: docker)" }
#define CMD_OPTION_KEEP_SERVER { "keep-server", 0, NULL, "leave an older terminal server in the container as it is" }
#define CMD_OPTIONS_END { NULL, 0, NULL, NULL }

extern const struct cmd *const cmd_table[];   /* NULL-terminated, in the order of help */
const struct cmd *cmd_find(const char *name); /* by name or alias, or NULL */

/* ---- options.c ---- */
/* Parses argv (without program and verb). On a usage error err is ERR_USAGE. */
int cmd_parse(const struct cmd *cmd, int argc, char **argv, struct cmd_args *ret, bool *ret_help, struct err *err);
void cmd_args_fini(struct cmd_args *args);
bool cmd_flag(const struct cmd_args *args, const char *name);          /* asserts that the option exists */
const char *cmd_value(const struct cmd_args *args, const char *name);  /* NULL when not given */

/* ---- help.c ---- */
void cmd_help_all(struct str *ret);
void cmd_help_verb(const struct cmd *cmd, struct str *ret);
void cmd_scdoc(struct str *ret);                                       /* the verbs' part of lace(1), for scdoc */
int cmd_completion(const char *shell, struct str *ret, struct err *err);

/* ---- verbs ---- */
extern const struct cmd cmd_up, cmd_connect, cmd_ssh, cmd_exec, cmd_mux, cmd_ls, cmd_ports, cmd_down, cmd_rm, cmd_doctor,
    cmd_completion_verb, cmd_gc, cmd_proxy, cmd_ssh_config, cmd_wezterm_config;

#endif
