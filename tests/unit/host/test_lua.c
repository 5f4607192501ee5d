/* The plain values of Lua configurations. Expected values follow the Lua 5.4 reference manual, 3.1. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/lua.h"

static struct lua_value read_ok(const char *text)
{
	struct lua_value v;
	cleanup_err struct err err = ERR_INIT;

	if (lua_read(text, strlen(text), &v, &err) != 0)
		fail_msg("%s: %s", text, err.msg);
	assert_int_equal(v.kind, LUA_TABLE);
	return v;
}

static void expect_error(const char *text, const char *want)
{
	struct lua_value v;
	cleanup_err struct err err = ERR_INIT;

	assert_int_equal(lua_read(text, strlen(text), &v, &err), -1);
	if (strstr(err.msg, want) == NULL)
		fail_msg("%s: \"%s\", not \"%s\"", text, err.msg, want);
	assert_int_equal(v.kind, LUA_NIL);
}

static const struct lua_value *at(const struct lua_value *v, const char *key)
{
	const struct lua_value *found = lua_get(v, key);

	if (found == NULL)
		fail_msg("there is no \"%s\"", key);
	return found;
}

static void expect_text(const char *expression, const char *want, size_t len)
{
	cleanup_free char *text = xasprintf("return { v = %s }", expression);
	struct lua_value v = read_ok(text);

	assert_int_equal(at(&v, "v")->kind, LUA_STRING);
	assert_int_equal(at(&v, "v")->len, len);
	assert_memory_equal(at(&v, "v")->text, want, len);
	lua_fini(&v);
}

#define STRING(expression, want) expect_text(expression, want, sizeof(want) - 1)

static void strings(void **state)
{
	STRING("'it \"is\"'", "it \"is\"");
	STRING("\"it 'is'\"", "it 'is'");
	STRING("'a\\n\\t\\\\\\'\\\"b\\a\\b\\f\\r\\v'", "a\n\t\\'\"b\a\b\f\r\v");
	STRING("'\\x41\\65\\0665\\z  \n  end'", "AAB5end");
	STRING("'\\u{48}\\u{7FF}\\u{20AC}\\u{1F44D}'", "H\xdf\xbf\xe2\x82\xac\xf0\x9f\x91\x8d");
	STRING("'a\\0b'", "a\0b");
	STRING("'two\\\nlines'", "two\nlines");
	STRING("[[\nfirst \\n ]=] ]]", "first \\n ]=] ");
	STRING("[==[ ]] ]=] ]==]", " ]] ]=] ");
	STRING("''", "");
	expect_error("return { v = 'no end\n' }", "line 1: a string has no end");
	expect_error("\nreturn { v = [==[ ]=] }", "line 2: a long string");
	expect_error("return { v = '\\q' }", "escape");
	expect_error("return { v = '\\300' }", "escape");
	expect_error("return { v = '\\xg0' }", "escape");
	expect_error("return { v = '\\u{110000}' }", "escape");
}

static void expect_num(const char *expression, double want)
{
	cleanup_free char *text = xasprintf("return { v = %s }", expression);
	struct lua_value v = read_ok(text);

	assert_int_equal(at(&v, "v")->kind, LUA_NUMBER);
	if (at(&v, "v")->number != want)
		fail_msg("%s is %g", expression, at(&v, "v")->number);
	lua_fini(&v);
}

static void numbers(void **state)
{
	expect_num("3500", 3500);
	expect_num("-7", -7);
	expect_num("0xff", 255);
	expect_num("0x1p4", 16);
	expect_num("0x.8", 0.5);
	expect_num("3.25", 3.25);
	expect_num(".5", 0.5);
	expect_num("1e3", 1000);
	expect_num("5e-1", 0.5);
	expect_error("return { v = 3x }", "number is malformed");
}

static void tables(void **state)
{
	struct lua_value v = read_ok("return { 'one', -- a comment, }\n two = { [\"k\"] = true; [3] = 'x', false, nil },\n"
	    " --[[ more = 1 ]] [ [[long]] ] = 5, --[==[ ]] ]==]\n two = {},\n }");

	assert_int_equal(v.n, 4);
	assert_null(v.entries[0].key);
	assert_string_equal(v.entries[0].value.text, "one");
	assert_int_equal(v.entries[1].value.n, 4);
	assert_int_equal(at(&v.entries[1].value, "k")->kind, LUA_TRUE);
	assert_null(v.entries[1].value.entries[1].key);
	assert_int_equal(v.entries[1].value.entries[2].value.kind, LUA_FALSE);
	assert_int_equal(v.entries[1].value.entries[3].value.kind, LUA_NIL);
	assert_int_equal(at(&v, "two")->n, 0);             /* the later one counts */
	assert_int_equal(at(&v, "two")->line, 4);
	assert_int_equal(at(&v, "long")->number, 5);
	assert_null(lua_get(&v, "more"));
	lua_fini(&v);
	expect_error("return {\n 1,\n", "line 1: a table has no end");
	expect_error("return { ['x'] }", "key has no value");
}

static void assignments(void **state)
{
	struct lua_value v = read_ok("#!/usr/bin/lua\nlocal wezterm = require 'wezterm'\n"
	    "local config <const> = wezterm.config_builder()\n"
	    "config.a = 'x'\nconfig['b'] = 2 config.c = true;\n"
	    "config.set = {}\nconfig.set.PATH = '/bin'\nconfig.set['A B'] = 'c'\n"
	    "config.a = 'y'\nother.a = 'z'\nreturn config\n");

	assert_string_equal(at(&v, "a")->text, "y");
	assert_int_equal(at(&v, "a")->line, 9);
	assert_int_equal(at(&v, "a")->unclear, 0);
	assert_int_equal(at(&v, "b")->number, 2);
	assert_int_equal(at(&v, "c")->kind, LUA_TRUE);
	assert_string_equal(at(at(&v, "set"), "PATH")->text, "/bin");
	assert_string_equal(at(at(&v, "set"), "A B")->text, "c");
	lua_fini(&v);
	v = read_ok("\xef\xbb\xbflocal t = { a = 1, b = { c = 2 } }\nt.b.c = 3\nreturn t;");
	assert_int_equal(at(at(&v, "b"), "c")->number, 3);
	lua_fini(&v);
}

/* What would have to be run is not believed, but known. */
static void expect_unclear(const char *text, unsigned line, enum lua_kind kind)
{
	cleanup_free char *chunk = xasprintf("local c = {}\n%s\nreturn c", text);
	struct lua_value v = read_ok(chunk);

	if (at(&v, "x")->unclear != line || at(&v, "x")->kind != kind)
		fail_msg("%s: line %u, kind %d", text, at(&v, "x")->unclear, at(&v, "x")->kind);
	lua_fini(&v);
}

static void not_followed(void **state)
{
	expect_unclear("c.x = f()", 2, LUA_OTHER);
	expect_unclear("c.x = 'a' .. b", 2, LUA_OTHER);
	expect_unclear("c.x = 1 + 1", 2, LUA_OTHER);
	expect_unclear("c.x = 2 < 3", 2, LUA_OTHER);
	expect_unclear("c.x = 1 -1", 2, LUA_OTHER);
	expect_unclear("c.x = nil or 'a'", 2, LUA_OTHER);
	expect_unclear("c.x = -y", 2, LUA_OTHER);
	expect_unclear("c.x = function() return { y = 1 } end", 2, LUA_OTHER);
	expect_unclear("c.x, c.y = 1, 2", 2, LUA_OTHER);
	expect_unclear("c.y, c.x = 1, 2", 2, LUA_OTHER);
	expect_unclear("c.x = 1, 2", 2, LUA_OTHER);
	expect_unclear("if os then\n c.x = 1 end", 3, LUA_NIL);
	expect_unclear("if a == b then c.x = 1 elseif d < e then c.y = 2 else c.z = 3 end", 2, LUA_NIL);
	expect_unclear("while a == b do\n\n c.x = 1 break end", 4, LUA_NIL);
	expect_unclear("for i = 1, 2 do c.x = i end", 2, LUA_NIL);
	expect_unclear("repeat c.x = 1 until c.x == 1", 2, LUA_NIL);
	expect_unclear("local function f(a, c) c.x = a end", 2, LUA_NIL);
	expect_unclear("w.on('e', function(w) if w then c.x = 1 end end)", 2, LUA_NIL);
	expect_unclear("c.x = 1\ndo c.x = 2 end", 3, LUA_NUMBER);
	expect_unclear("c.x = 1\ndo c.x.y = 2 end", 3, LUA_NUMBER);
	expect_unclear("c.x = f()\nc.x = 'plain'", 0, LUA_STRING);
	expect_unclear("f(c.x, c.x)\nc.x = 1", 0, LUA_NUMBER);
	expect_unclear("f { c = 1, x = 2 } g 'c' [[d]] h[[e]] c.x = 1", 0, LUA_NUMBER);
	expect_unclear("a().b.c.x = 5 a[1].c = 6 a:c(1) c.x = 1", 0, LUA_NUMBER);
	expect_unclear("if a then b() end c.x = 1", 0, LUA_NUMBER);
	expect_unclear("local f = function() return 1 end c.x = 1", 0, LUA_NUMBER);
	expect_unclear("-- c.x = 2\n--[[ c.x = 3 ]] c.x = 1 --c.x = 4", 0, LUA_NUMBER);
	expect_unclear("goto done ::done:: c.x = 1", 0, LUA_NUMBER);

	struct lua_value v = read_ok("return { a = f(1, { 2 }), 'x', g, b = -1, c = function(a, b) return { a, b } end, d = 1 + 1, [h] = 1, 7 }");
	assert_int_equal(v.n, 8);
	assert_int_equal(at(&v, "a")->kind, LUA_OTHER);
	assert_int_equal(v.entries[2].value.kind, LUA_OTHER);
	assert_int_equal(at(&v, "b")->number, -1);
	assert_int_equal(at(&v, "c")->kind, LUA_OTHER);
	assert_int_equal(at(&v, "d")->kind, LUA_OTHER);
	assert_int_equal(v.entries[7].value.number, 7);
	lua_fini(&v);
}

static void results(void **state)
{
	expect_error("", "line 1: it returns nothing");
	expect_error("local c = {}\nc.x = 1\n", "line 3: it returns nothing");
	expect_error("return require('other')", "line 1: what it returns");
	expect_error("return 5", "what it returns");
	expect_error("return c", "what it returns");
	expect_error("local c = {}\nreturn c.d", "line 2: what it returns");
	expect_error("if x then return {}\n", "line 2: a block has no end");
	expect_error("end return {}", "line 1: an end without a beginning");
}

static void limits(void **state)
{
	cleanup_str struct str s = STR_INIT;

	str_puts(&s, "return ");
	for (int i = 0; i < LUA_DEPTH_MAX + 1; i++)
		str_puts(&s, "{");
	for (int i = 0; i < LUA_DEPTH_MAX + 1; i++)
		str_puts(&s, "}");
	struct lua_value v = read_ok(s.s);
	lua_fini(&v);
	str_reset(&s);
	str_puts(&s, "return ");
	for (int i = 0; i < LUA_DEPTH_MAX + 2; i++)
		str_puts(&s, "{");
	expect_error(s.s, "nested too deeply");
	str_reset(&s);
	str_puts(&s, "return {");
	for (int i = 0; i < LUA_VALUES_MAX; i++)
		str_puts(&s, "1,");
	str_puts(&s, "}");
	v = read_ok(s.s);
	assert_int_equal(v.n, LUA_VALUES_MAX);
	lua_fini(&v);
	s.s[s.len - 1] = ' ';
	str_puts(&s, "1 }");
	expect_error(s.s, "more values");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings), cmocka_unit_test(numbers), cmocka_unit_test(tables), cmocka_unit_test(assignments),
		cmocka_unit_test(not_followed), cmocka_unit_test(results), cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
