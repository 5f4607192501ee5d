#include "cmd/cmd.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

static size_t count(const struct cmd *cmd)
{
	size_t n = 0;
	while (cmd->options[n].name)
		n++;
	return n;
}

static size_t index_of(const struct cmd *cmd, const char *name, size_t len, char letter)
{
	size_t i, n = count(cmd);
	for (i = 0; i < n; i++) {
		const struct cmd_option *o = &cmd->options[i];
		if (letter ? o->letter == letter : strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return i;
	}
	return n;
}

static int unknown(const struct cmd *cmd, const char *word, struct err *err)
{
	return err_set(err, ERR_USAGE, "unknown option %s; see lace %s --help", word, cmd->name);
}

/* One "--name", "--name=value", "-x" or "-x value" at argv[*i]. */
static int parse_option(const struct cmd *cmd, int argc, char **argv, int *i, struct cmd_args *ret, bool *ret_help,
    struct err *err)
{
	const char *word = argv[*i], *value = NULL;
	size_t at;
	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");
		if (word[2 + len] == '=')
			value = word + 2 + len + 1;
		if (len == 4 && memcmp(word + 2, "help", 4) == 0) {
			*ret_help = true;
			return 0;
		}
		at = index_of(cmd, word + 2, len, 0);
	} else {
		if (word[1] == 'h' && word[2] == '\0' && index_of(cmd, NULL, 0, 'h') == count(cmd)) {
			*ret_help = true;
			return 0;
		}
		at = index_of(cmd, NULL, 0, word[1]);
		if (word[2] != '\0') {
			value = word + 2;
			if (at < count(cmd) && cmd->options[at].arg == NULL)
				return unknown(cmd, word, err);
		}
	}
	if (at == count(cmd))
		return unknown(cmd, word, err);
	const struct cmd_option *o = &cmd->options[at];
	if (o->arg == NULL && value != NULL)
		return err_set(err, ERR_USAGE, "--%s takes no value; see lace %s --help", o->name, cmd->name);
	if (o->arg != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return err_set(err, ERR_USAGE, "--%s wants a value (%s); see lace %s --help", o->name, o->arg,
			    cmd->name);
		value = argv[++*i];
	}
	ret->values[at] = value ? value : "";
	return 0;
}

int cmd_parse(const struct cmd *cmd, int argc, char **argv, struct cmd_args *ret, bool *ret_help, struct err *err)
{
	*ret = (struct cmd_args){ .cmd = cmd };
	*ret_help = false;
	ret->values = xcalloc(count(cmd) + 1, sizeof(*ret->values));
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (str_eq(word, "--")) {
			if (!cmd->takes_command && i + 1 < argc)
				return err_set(err, ERR_USAGE, "lace %s takes no command after --; see lace %s --help",
				    cmd->name, cmd->name);
			ret->has_command = true;
			for (i++; i < argc; i++)
				strv_push(&ret->command, argv[i]);
			break;
		}
		bool begins = cmd->begins_command != NULL && cmd->begins_command(word);
		if (word[0] == '-' && word[1] != '\0') {
			if (parse_option(cmd, argc, argv, &i, ret, ret_help, err) != 0)
				return -1;
			if (*ret_help)
				return 0;
		} else if (ret->operands.n < cmd->max_operands && !begins) {
			strv_push(&ret->operands, word);
		} else if (cmd->takes_command) {
			/* the first word too many begins the command, which has options of its own */
			ret->has_command = true;
			for (; i < argc; i++)
				strv_push(&ret->command, argv[i]);
		} else {
			return err_set(err, ERR_USAGE, "unexpected \"%s\"; usage: lace %s %s", word, cmd->name,
			    cmd->operands);
		}
	}
	if (ret->operands.n < cmd->min_operands)
		return err_set(err, ERR_USAGE, "something is missing; usage: lace %s %s", cmd->name, cmd->operands);
	return 0;
}

void cmd_args_fini(struct cmd_args *args)
{
	free(args->values);
	strv_fini(&args->operands);
	strv_fini(&args->command);
}

const char *cmd_value(const struct cmd_args *args, const char *name)
{
	size_t at = index_of(args->cmd, name, strlen(name), 0);
	assert(at < count(args->cmd));
	return args->values[at];
}

bool cmd_flag(const struct cmd_args *args, const char *name)
{
	return cmd_value(args, name) != NULL;
}
