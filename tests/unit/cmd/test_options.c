#include "../unit.h"

#include "base/mem.h"
#include "cmd/cmd.h"

#include <string.h>

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ "config", 'c', "FILE", "it's a [file]: or so" },
	CMD_OPTIONS_END,
};

static int run(const struct cmd_args *args, struct err *err)
{
	(void)args;
	(void)err;
	return 0;
}

static const struct cmd plain = { .name = "ls", .alias = "list", .operands = "[NAME]", .max_operands = 1,
	.summary = "the user's list", .description = "Lists.", .options = options, .run = run,
	.complete = CMD_COMPLETE_PROJECT };
static const struct cmd wrapper = { .name = "exec", .operands = "[NAME] [-- COMMAND]", .max_operands = 1,
	.takes_command = true, .summary = "run", .description = "Runs.", .options = options, .run = run };
const struct cmd *const cmd_table[] = { &plain, &wrapper, NULL };

struct parsed {
	struct cmd_args args;
	struct err err;
	bool help;
	int code;
};

#define PARSE(p, cmd, ...) \
	const char *argv_##p[] = { __VA_ARGS__, NULL }; \
	struct parsed p = { .err = ERR_INIT }; \
	p.code = cmd_parse(cmd, (int)ARRAY_LEN(argv_##p) - 1, (char **)argv_##p, &p.args, &p.help, &p.err)

static void fini(struct parsed *p)
{
	cmd_args_fini(&p->args);
	err_fini(&p->err);
}

static void every_spelling_of_a_value(void **state)
{
	(void)state;
	PARSE(a, &plain, "--config", "x", "api");
	assert_int_equal(a.code, 0);
	assert_string_equal(cmd_value(&a.args, "config"), "x");
	assert_string_equal(a.args.operands.v[0], "api");
	assert_false(cmd_flag(&a.args, "json"));
	fini(&a);
	PARSE(b, &plain, "--config=", "--json");
	assert_string_equal(cmd_value(&b.args, "config"), "");
	assert_true(cmd_flag(&b.args, "json"));
	fini(&b);
	PARSE(c, &plain, "-cfoo");
	assert_string_equal(cmd_value(&c.args, "config"), "foo");
	fini(&c);
	PARSE(d, &plain, "-c", "-");
	assert_string_equal(cmd_value(&d.args, "config"), "-");
	fini(&d);
}

static void usage_errors_name_the_word(void **state)
{
	(void)state;
	PARSE(a, &plain, "--jsn");
	assert_int_equal(a.code, -1);
	assert_int_equal(a.err.code, ERR_USAGE);
	assert_string_equal(a.err.msg, "unknown option --jsn; see lace ls --help");
	fini(&a);
	PARSE(b, &plain, "--json=1");
	assert_string_equal(b.err.msg, "--json takes no value; see lace ls --help");
	fini(&b);
	PARSE(c, &plain, "--config");
	assert_non_null(strstr(c.err.msg, "--config wants a value (FILE)"));
	fini(&c);
	PARSE(d, &plain, "a", "b");
	assert_string_equal(d.err.msg, "unexpected \"b\"; usage: lace ls [NAME]");
	fini(&d);
	PARSE(e, &plain, "a", "--", "b");
	assert_non_null(strstr(e.err.msg, "takes no command"));
	fini(&e);
	PARSE(f, &plain, "-x");
	assert_non_null(strstr(f.err.msg, "unknown option -x"));
	fini(&f);
	/* a prefix of a name is not the name */
	PARSE(g, &plain, "--js");
	assert_int_equal(g.code, -1);
	fini(&g);
}

static void command_keeps_its_own_options(void **state)
{
	(void)state;
	PARSE(a, &wrapper, "--json", "api", "--", "ls", "--json", "--help");
	assert_int_equal(a.code, 0);
	assert_false(a.help);
	assert_int_equal(a.args.command.n, 3);
	assert_string_equal(a.args.command.v[2], "--help");
	fini(&a);
	PARSE(b, &wrapper, "api", "ls", "-c", "x");
	assert_int_equal(b.code, 0);
	assert_int_equal(b.args.command.n, 3);
	assert_null(cmd_value(&b.args, "config"));
	fini(&b);
	PARSE(c, &wrapper, "--", "true");
	assert_int_equal(c.args.operands.n, 0);
	assert_true(c.args.has_command);
	fini(&c);
}

static void help_is_asked_for_before_operands_are_counted(void **state)
{
	(void)state;
	PARSE(a, &plain, "--help", "a", "b", "c");
	assert_int_equal(a.code, 0);
	assert_true(a.help);
	fini(&a);
}

static void tables_make_help_man_page_and_completions(void **state)
{
	(void)state;
	cleanup_str struct str help = STR_INIT, man = STR_INIT, shell = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	cmd_help_verb(&plain, &help);
	assert_non_null(strstr(help.s, "usage: lace ls [OPTION...] [NAME]"));
	assert_non_null(strstr(help.s, "-c, --config FILE"));
	cmd_scdoc(&man);
	assert_non_null(strstr(man.s, "*-c*, *--config* _FILE_\n\tit's a \\[file\\]: or so"));
	const char *const shells[] = { "bash", "zsh", "fish" };
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		str_reset(&shell);
		assert_int_equal(cmd_completion(shells[i], &shell, &err), 0);
		assert_non_null(strstr(shell.s, "config"));
		assert_non_null(strstr(shell.s, "lace ls --names"));
	}
	assert_int_equal(cmd_completion("tcsh", &shell, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_value),
		cmocka_unit_test(usage_errors_name_the_word),
		cmocka_unit_test(command_keeps_its_own_options),
		cmocka_unit_test(help_is_asked_for_before_operands_are_counted),
		cmocka_unit_test(tables_make_help_man_page_and_completions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
