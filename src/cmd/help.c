/* What the tables say, in four shapes: help text, the man page's verb sections,
 * and completions for bash, zsh and fish. */
#include "cmd/cmd.h"

#include "base/mem.h"

#include <string.h>

enum { HELP_COLUMN = 26 };

static void option_name(const struct cmd_option *o, struct str *ret)
{
	if (o->letter)
		str_printf(ret, "-%c, ", o->letter);
	str_printf(ret, "--%s", o->name);
	if (o->arg)
		str_printf(ret, " %s", o->arg);
}

static void two_columns(struct str *ret, const char *left, const char *right)
{
	size_t len = strlen(left);
	if (len + 2 > HELP_COLUMN - 2)
		str_printf(ret, "  %s\n%*s%s\n", left, HELP_COLUMN, "", right);
	else
		str_printf(ret, "  %-*s%s\n", HELP_COLUMN - 2, left, right);
}

void cmd_help_all(struct str *ret)
{
	str_puts(ret, "lace brings dev containers up and keeps terminals in them alive.\n\n"
	              "usage: lace VERB [OPTION...] [ARGUMENT...]\n\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		cleanup_str struct str left = STR_INIT;
		str_puts(&left, (*c)->name);
		if ((*c)->alias)
			str_printf(&left, ", %s", (*c)->alias);
		two_columns(ret, left.s, (*c)->summary);
	}
	str_puts(ret, "\n  devcontainer COMMAND    the reference CLI's commands, with its flags, JSON and exit codes\n"
	              "\n  --version               version, commit, and that of Unicode\n  --help                  this text; lace VERB --help "
	              "for a verb's\n\nA terminal of `lace connect` is left with Ctrl-\\ d; the shell in it goes on.\n"
	              "Exit codes: 0 done, 1 failed, 2 usage, 3 engine unreachable, 4 not found.\n");
}

void cmd_help_verb(const struct cmd *cmd, struct str *ret)
{
	str_printf(ret, "usage: lace %s [OPTION...]%s%s\n", cmd->name, cmd->operands[0] ? " " : "", cmd->operands);
	if (cmd->alias)
		str_printf(ret, "also:  lace %s\n", cmd->alias);
	str_printf(ret, "\n%s\n", cmd->description);
	str_puts(ret, "\noptions:\n");
	for (const struct cmd_option *o = cmd->options; o->name; o++) {
		cleanup_str struct str left = STR_INIT;
		option_name(o, &left);
		two_columns(ret, left.s, o->help);
	}
	two_columns(ret, "-h, --help", "this text");
}

/* scdoc gives meaning to \ * _ and to . at the start of a line. */
static void scdoc_text(struct str *ret, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_[]<>#~", *text))
			str_putc(ret, '\\');
		str_putc(ret, *text);
	}
}

void cmd_scdoc(struct str *ret)
{
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		str_printf(ret, "## lace %s ", (*c)->name);
		scdoc_text(ret, (*c)->operands);
		str_puts(ret, "\n\n");
		if ((*c)->alias)
			str_printf(ret, "Also: *lace %s*.\n\n", (*c)->alias);
		scdoc_text(ret, (*c)->description);
		str_puts(ret, "\n\n");
		for (const struct cmd_option *o = (*c)->options; o->name; o++) {
			str_puts(ret, "*");
			if (o->letter)
				str_printf(ret, "-%c*, *", o->letter);
			str_printf(ret, "--%s*", o->name);
			if (o->arg)
				str_printf(ret, " _%s_", o->arg);
			str_puts(ret, "\n\t");
			scdoc_text(ret, o->help);
			str_puts(ret, "\n\n");
		}
	}
}

/* ---- completions ---------------------------------------------------------- */

static void words_of(const struct cmd *c, struct str *ret)
{
	for (const struct cmd_option *o = c->options; o->name; o++)
		str_printf(ret, "--%s ", o->name);
	str_puts(ret, "--help");
}

static void verbs(struct str *ret)
{
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		str_printf(ret, "%s%s", ret->len ? " " : "", (*c)->name);
		if ((*c)->alias)
			str_printf(ret, " %s", (*c)->alias);
	}
}

static void bash(struct str *ret)
{
	cleanup_str struct str all = STR_INIT;
	verbs(&all);
	str_printf(ret,
	    "_lace() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	    "\tif [ \"$COMP_CWORD\" = 1 ]; then words='%s --version --help'\n"
	    "\telse case ${COMP_WORDS[1]} in\n", all.s);
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		cleanup_str struct str w = STR_INIT;
		words_of(*c, &w);
		str_printf(ret, "\t\t%s%s%s) words='%s'", (*c)->name, (*c)->alias ? "|" : "",
		    (*c)->alias ? (*c)->alias : "", w.s);
		if ((*c)->complete == CMD_COMPLETE_PROJECT)
			str_puts(ret, "; [ \"${cur#-}\" = \"$cur\" ] && words=$(lace ls --names 2>/dev/null)");
		if ((*c)->complete == CMD_COMPLETE_DIR)
			str_puts(ret, "; [ \"${cur#-}\" = \"$cur\" ] && { COMPREPLY=($(compgen -d -- \"$cur\")); return; }");
		str_puts(ret, " ;;\n");
	}
	str_puts(ret, "\tesac; fi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -F _lace lace\n");
}

/* In zsh's _arguments specs ' [ ] : \ have a meaning. */
static void zsh_quote(struct str *ret, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_puts(ret, "'\\''");
		else if (strchr("[]:\\", *text))
			str_printf(ret, "\\%c", *text);
		else
			str_putc(ret, *text);
	}
}

static void zsh(struct str *ret)
{
	str_puts(ret, "#compdef lace\n_lace_projects() { compadd -- ${(f)\"$(lace ls --names 2>/dev/null)\"} }\n"
	              "_lace() {\n\tif (( CURRENT == 2 )); then\n\t\tlocal -a verbs=(\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		str_printf(ret, "\t\t\t'%s:", (*c)->name);
		zsh_quote(ret, (*c)->summary);
		str_puts(ret, "'\n");
	}
	str_puts(ret, "\t\t)\n\t\t_describe verb verbs\n\t\treturn\n\tfi\n\tlocal verb=$words[2]\n"
	              "\tshift words; (( CURRENT-- ))\n\tcase $verb in\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		str_printf(ret, "\t%s%s%s) _arguments", (*c)->name, (*c)->alias ? "|" : "", (*c)->alias ? (*c)->alias : "");
		for (const struct cmd_option *o = (*c)->options; o->name; o++) {
			str_printf(ret, " '--%s%s[", o->name, o->arg ? "=" : "");
			zsh_quote(ret, o->help);
			str_printf(ret, "]%s%s%s'", o->arg ? ":" : "", o->arg ? o->arg : "", o->arg ? ":_files" : "");
		}
		if ((*c)->complete == CMD_COMPLETE_PROJECT)
			str_puts(ret, " '*:project:_lace_projects'");
		else if ((*c)->complete == CMD_COMPLETE_DIR)
			str_puts(ret, " '*:folder:_files -/'");
		str_puts(ret, " ;;\n");
	}
	str_puts(ret, "\tesac\n}\n_lace \"$@\"\n");
}

static void fish_quote(struct str *ret, const char *text)
{
	str_putc(ret, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			str_putc(ret, '\\');
		str_putc(ret, *text);
	}
	str_putc(ret, '\'');
}

static void fish(struct str *ret)
{
	str_puts(ret, "complete -c lace -f\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		str_printf(ret, "complete -c lace -n __fish_use_subcommand -a %s -d ", (*c)->name);
		fish_quote(ret, (*c)->summary);
		str_putc(ret, '\n');
		for (const struct cmd_option *o = (*c)->options; o->name; o++) {
			str_printf(ret, "complete -c lace -n '__fish_seen_subcommand_from %s' -l %s%s -d ", (*c)->name,
			    o->name, o->arg ? " -r" : "");
			fish_quote(ret, o->help);
			str_putc(ret, '\n');
		}
		if ((*c)->complete == CMD_COMPLETE_PROJECT)
			str_printf(ret, "complete -c lace -n '__fish_seen_subcommand_from %s' -a '(lace ls --names 2>/dev/null)'\n",
			    (*c)->name);
		if ((*c)->complete == CMD_COMPLETE_DIR)
			str_printf(ret, "complete -c lace -n '__fish_seen_subcommand_from %s' -a '(__fish_complete_directories)'\n",
			    (*c)->name);
	}
}

int cmd_completion(const char *shell, struct str *ret, struct err *err)
{
	if (str_eq(shell, "bash"))
		bash(ret);
	else if (str_eq(shell, "zsh"))
		zsh(ret);
	else if (str_eq(shell, "fish"))
		fish(ret);
	else
		return err_set(err, ERR_USAGE, "no completions for \"%s\"; there are some for bash, zsh and fish", shell);
	return 0;
}
