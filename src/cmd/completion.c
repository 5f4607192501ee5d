#include "cmd/cmd.h"

#include <stdio.h>

static const struct cmd_option options[] = { CMD_OPTIONS_END };

static int run(const struct cmd_args *args, struct err *err)
{
	cleanup_str struct str s = STR_INIT;
	if (cmd_completion(args->operands.v[0], &s, err) != 0)
		return -1;
	fputs(s.s, stdout);
	return 0;
}

const struct cmd cmd_completion_verb = {
	.name = "completion",
	.operands = "bash|zsh|fish",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "print completions for a shell",
	.description = "Prints the completion script of a shell, made from the same tables as this text. For bash:\n"
	               "source <(lace completion bash)",
	.options = options,
	.run = run,
};
