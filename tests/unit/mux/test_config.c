/* What a wezterm.lua says to a server. Names and defaults are those of wezterm's documentation. */
#include "../unit.h"

#include "base/mem.h"
#include "mux/config.h"

static struct mux_config read_config(const char *text)
{
	struct mux_config c = MUX_CONFIG_INIT;

	mux_config_read(&c, "w.lua", text, strlen(text));
	return c;
}

static void expect_notes(const char *text, const char *want)
{
	struct mux_config c = read_config(text);

	assert_string_equal(c.notes.s, want);
	mux_config_fini(&c);
}

static void everything(void **state)
{
	struct mux_config c = read_config("local wezterm = require 'wezterm'\nlocal config = wezterm.config_builder()\n"
	    "config.font = wezterm.font 'X'\nconfig.keys = { { key = 'a', action = wezterm.action.Nop } }\n"
	    "config.default_cwd = '/srv'\nconfig.default_prog = { 'fish', '-l' }\n"
	    "config.set_environment_variables = { A = '1', B = 'b=c' }\nconfig.set_environment_variables.D = ''\n"
	    "config.scrollback_lines = 3500\nconfig.exit_behavior = 'CloseOnCleanExit'\n"
	    "config.exit_behavior_messaging = 'Terse'\nconfig.clean_exit_codes = { 130, 2 }\n"
	    "config.unix_domains = { { name = 'unix', socket_path = '/run/x/s' } }\n"
	    "config.tls_servers = { { bind_address = '[::1]:8080' } }\nconfig.term = 'wezterm'\n"
	    "config.default_workspace = 'work'\nconfig.initial_rows = 30\nconfig.initial_cols = 100\n"
	    "config.mux_env_remove = { 'SSH_CLIENT' }\nconfig.enable_kitty_keyboard = true\nreturn config\n");

	assert_string_equal(c.notes.s, "");
	assert_string_equal(c.default_cwd, "/srv");
	assert_int_equal(c.default_prog.n, 2);
	assert_string_equal(c.default_prog.v[1], "-l");
	assert_string_equal(env_get(&c.env, "B"), "b=c");
	assert_string_equal(env_get(&c.env, "D"), "");
	assert_int_equal(c.env.n, 3);
	assert_true(c.has_lines);
	assert_int_equal(c.lines, 3500);
	assert_int_equal(c.exit, MUX_EXIT_CLOSE_ON_CLEAN);
	assert_int_equal(c.messages, MUX_MESSAGES_TERSE);
	assert_int_equal(c.clean_exits[0], 1 << 2);
	assert_int_equal(c.clean_exits[16], 1 << 2);
	assert_string_equal(c.socket, "/run/x/s");
	assert_string_equal(c.tls_bind, "[::1]:8080");
	assert_string_equal(c.term, "wezterm");
	assert_string_equal(c.workspace, "work");
	assert_int_equal(c.rows, 30);
	assert_int_equal(c.cols, 100);
	assert_string_equal(c.env_remove.v[0], "SSH_CLIENT");
	mux_config_fini(&c);
	c = read_config("return { exit_behavior = [[Hold]] }");
	assert_int_equal(c.exit, MUX_EXIT_HOLD);
	assert_false(c.has_lines);
	mux_config_fini(&c);
}

static void what_is_not_used(void **state)
{
	expect_notes("return {\n ulimit_nofile = 5,\n exec_domains = {},\n color_scheme = 'x',\n mux_enable_ssh_agent = false }",
	    "w.lua: exec_domains (line 3), mux_enable_ssh_agent (line 5), ulimit_nofile (line 2)");
	expect_notes("local c = {}\nc.default_prog = { os.getenv('SHELL') }\nc.default_cwd = w.home_dir\n"
	    "if w.x then c.scrollback_lines = 1 end\nc.exit_behavior = 'hold'\nreturn c",
	    "w.lua: default_cwd (line 3: no plain value), default_prog (line 2: wants a list of at most 256 plain texts), "
	    "scrollback_lines (line 4: no plain value), exit_behavior (line 5: wants \"Close\", \"Hold\" or \"CloseOnCleanExit\")");
	expect_notes("return { default_cwd = 'x',\nset_environment_variables = { ok = 'x', PATH = 'a' .. b,\n[1] = 'c' },\n"
	    "scrollback_lines = 1.5, initial_rows = 0, term = '', clean_exit_codes = { 256 } }",
	    "w.lua: default_cwd (line 1: wants an absolute path), set_environment_variables.PATH (line 2: no plain text), "
	    "set_environment_variables (line 3: a name that no variable can have), "
	    "scrollback_lines (line 4: wants a number up to 10000000), term (line 4: wants a text), "
	    "initial_rows (line 4: wants a number from 1 to 2000), clean_exit_codes (line 4: wants a list of numbers up to 255)");
	expect_notes("return { unix_domains = { { name = 'a', socket_path = 'rel', skip_permissions_check = true },\n"
	    "{ socket_path = '/b' } }, tls_servers = { { bind_address = 1, pem_cert = 'x' }, {} } }",
	    "w.lua: unix_domains.socket_path (line 1: wants an absolute path), "
	    "unix_domains.skip_permissions_check (line 1: they are always checked), "
	    "unix_domains.socket_path (line 2: the server has one socket, the first domain's), "
	    "tls_servers.bind_address (line 2: wants \"ADDRESS:PORT\"), "
	    "tls_servers.pem_cert (line 2: the server makes its own certificates), tls_servers (line 2: there is one listener)");
	expect_notes("return {", "w.lua: everything (line 1: a table has no end)");
}

static void command_line(void **state)
{
	struct mux_config c = MUX_CONFIG_INIT;

	mux_config_set(&c, "scrollback_lines=77");
	mux_config_set(&c, "default_prog={'top', \"-d1\"}");
	mux_config_set(&c, "set_environment_variables.X='y'");
	assert_string_equal(c.notes.s, "");
	assert_int_equal(c.lines, 77);
	assert_string_equal(c.default_prog.v[1], "-d1");
	assert_string_equal(env_get(&c.env, "X"), "y");
	mux_config_set(&c, "exit_behavior=Hold");
	mux_config_set(&c, "no_such_thing=1");
	mux_config_set(&c, "color_scheme='x'");
	mux_config_set(&c, "what");
	mux_config_set(&c, "term='");
	assert_string_equal(c.notes.s, "--config: exit_behavior (no plain value: texts want quotes); "
	    "--config: no_such_thing (not a setting of a server); --config: color_scheme (not a setting of a server); "
	    "--config: what (it is not NAME=VALUE); --config: term (it is not NAME=VALUE)");
	mux_config_fini(&c);
}

static void limits(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct mux_config c;

	for (int n = CONFIG_LIST_MAX; n <= CONFIG_LIST_MAX + 1; n++) {
		str_reset(&s);
		str_puts(&s, "return { set_environment_variables = {");
		for (int i = 0; i < n; i++)
			str_printf(&s, "V%d = '',", i);
		str_puts(&s, "} }");
		c = read_config(s.s);
		assert_int_equal(c.env.n, n == CONFIG_LIST_MAX ? n : 0);
		assert_int_equal(strstr(c.notes.s, "at most 256") != NULL, n > CONFIG_LIST_MAX);
		mux_config_fini(&c);
	}
	str_reset(&s);
	str_puts(&s, "return { set_environment_variables = {");
	for (int i = 0; i < CONFIG_LIST_MAX; i++)
		str_printf(&s, "A_RATHER_LONG_NAME_%d = x,", i);
	str_puts(&s, "} }");
	c = read_config(s.s);
	assert_in_range(c.notes.len, CONFIG_NOTES_MAX, CONFIG_NOTES_MAX + 200);
	assert_true(str_ends(c.notes.s, ", ..."));
	mux_config_fini(&c);
	str_reset(&s);
	str_puts(&s, "return {}");
	while (s.len <= 1 << 20)
		str_puts(&s, "                                ");
	c = read_config(s.s);
	assert_string_equal(c.notes.s, "w.lua: everything (over 1 MiB)");
	mux_config_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything), cmocka_unit_test(what_is_not_used), cmocka_unit_test(command_line),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
