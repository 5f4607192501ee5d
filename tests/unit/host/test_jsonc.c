/* Cases T030-T036 of the reference CLI, and what lace says beyond them. */
#include "../unit.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <locale.h>

/* Parses text; the tree as JSON.stringify would print it, or the error, or both halves of
 * "TREE; WARNING; WARNING". */
static char *outcome(const char *text, size_t len)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv warnings = STRV_INIT;
	struct str out = STR_INIT;
	json_object *tree = jsonc_parse(text, len, "f", &warnings, &err);
	if (tree) {
		assert_false(err_is(&err));
		json_stringify(&out, tree);
		json_object_put(tree);
	} else {
		assert_true(err_is(&err));
		str_puts(&out, err.msg);
	}
	for (size_t i = 0; i < warnings.n; i++)
		str_printf(&out, "; %s", warnings.v[i]);
	return str_detach(&out);
}

static void check(const char *text, const char *expected)
{
	cleanup_free char *got = outcome(text, strlen(text));
	assert_string_equal(got, expected);
}

static void comments_and_trailing_commas_are_silent(void **state)
{
	(void)state;
	check("// one\n{ /* two */ \"a\" : 1, // three\n \"b\": [1,2,],\n}\n/* four */", "{\"a\":1,\"b\":[1,2]}");
	check("{}//", "{}");
	check("[/**/]", "[]");
	check("\xEF\xBB\xBF{\"a\":\"\\u0041\\n\"}", "{\"a\":\"A\\n\"}");
	check("{\"a\":\"x//y/*z*/\"}", "{\"a\":\"x//y/*z*/\"}");
}

static void what_the_reference_forgives_is_warned_about(void **state)
{
	(void)state;
	check("{\"image\":\"u\",\"a\":1,,\"b\":[1,2,]}",
	    "{\"image\":\"u\",\"a\":1,\"b\":[1,2]}; f:1:20: a comma too many");
	check("{\"image\":\"u\" \"name\":\"n\"}",
	    "{\"image\":\"u\",\"name\":\"n\"}; f:1:14: a comma is missing before this");
	check("[{} {}]", "[{},{}]; f:1:5: a comma is missing before this");
	check("{\"image\":\"u\",\"x\":NaN}", "{\"image\":\"u\"}; f:1:18: expected a value, found \"NaN\": left out");
	check("[1,-Infinity,2]", "[1,2]; f:1:4: expected a value, found \"-Infinity\": left out");
	check("[,,1,,]", "[1]; f:1:2: a comma too many; f:1:6: a comma too many");
	check("{\"a\":\"x\ty\"}", "{\"a\":\"x\\ty\"}; f:1:8: a control character stands in a string: write \\u0009");
	check("{\"a\":\"\xFFz\xE2\x82\"}",
	    "{\"a\":\"\xEF\xBF\xBDz\xEF\xBF\xBD\"}; f:1:7: not UTF-8: read as U+FFFD; "
	    "f:1:9: not UTF-8: read as U+FFFD");
}

static void errors_say_where_and_what(void **state)
{
	(void)state;
	check("", "f:1:1: expected a value, found the end of the file");
	check("  // nothing", "f:1:13: expected a value, found the end of the file");
	check("{\n\"b\":1,\n  \"a\": }", "f:3:8: expected a value, found \"}\"");
	check("{\"a\" 1}", "f:1:6: expected \":\", found \"1\"");
	check("{\"a\":1", "f:1:7: expected \",\" or \"}\", found the end of the file");
	check("{\"a\":1,", "f:1:8: expected a name in quotes or \"}\", found the end of the file");
	check("[1", "f:1:3: expected \",\" or \"]\", found the end of the file");
	check("[1}", "f:1:3: expected \",\" or \"]\", found \"}\"");
	check("[1,", "f:1:4: expected a value or \"]\", found the end of the file");
	check("{a:1}", "f:1:2: expected a name in quotes, found \"a\"");
	check("{'a':1}", "f:1:2: expected a name in quotes, found \"'\"");
	check("[\"a]\n", "f:1:5: expected the end of the string (\"), found the end of the line");
	check("[\"\\x\"]", "f:1:4: expected one of \" \\ / b f n r t u after \"\\\", found \"x\"");
	check("[\"\\u12g4\"]", "f:1:4: expected four hexadecimal digits after \"\\u\", found \"12g4\"");
	check("[\"a\\u0000\"]", "f:1:5: expected text, found \\u0000");
	check("{} {}", "f:1:4: expected the end of the file, found \"{\"");
	check("/* a", "f:1:1: expected \"*/\" after this \"/*\", found the end of the file");
	check("null", "f:1:1: expected a value, found \"null\"");
	check("undefined", "f:1:1: expected a value, found \"undefined\"");
	check("[01]", "f:1:2: expected a number without a leading zero, found \"01\"");
	check("[1.]", "f:1:4: expected a digit, found \"]\"");
	check("[1e]", "f:1:4: expected a digit, found \"]\"");
	check("[-]", "f:1:3: expected a digit, found \"]\"");
	check("[+1]", "f:1:2: expected a value, found \"+\"");
	check("[\"\xC3\xA4\xE2\x82\xAC\" ?]", "f:1:7: expected \",\" or \"]\", found \"?\"");
	check("[\r\n1,\r2,\n?]", "f:4:1: expected a value, found \"?\"");
	check("[\xF0\x9F\x98\x80]", "f:1:2: expected a value, found \"\xF0\x9F\x98\x80\"");
	cleanup_free char *nul = outcome("[\"a\0b\"]", 7);
	assert_string_equal(nul, "f:1:4: expected text, found the character U+0000");
	cleanup_free char *nul2 = outcome("[\0]", 3);
	assert_string_equal(nul2, "f:1:2: expected a value, found the character U+0000");
}

static void duplicate_keys_numbers_and_surrogates(void **state)
{
	(void)state;
	check("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
	check("[1.0,-0,1e3,1E-2,9007199254740993,12345678901234567890,1e400]",
	    "[1,0,1000,0.01,9007199254740992,12345678901234567000,null]");
	check("[\"\\ud83d\\ude00\",\"\\ud83dx\",\"\\ude00\\ud83d\"]",
	    "[\"\xF0\x9F\x98\x80\",\"\\ud83dx\",\"\\ude00\\ud83d\"]");
	check("{\"\\ud800\":null}", "{\"\\ud800\":null}");
	check("{\"10\":0,\"z\":1,\"2\":2,\"02\":3,\"4294967295\":4,\"-1\":5}",
	    "{\"2\":2,\"10\":0,\"z\":1,\"02\":3,\"4294967295\":4,\"-1\":5}");
}

static void positions_are_kept(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	const char *text = "{ \"\xC3\xA4\": 1.5,\n  // x\n\t\"b\": [true,\n null, \"s\"]}";
	json_object *tree = jsonc_parse(text, strlen(text), "f", NULL, &err);
	assert_non_null(tree);
	json_object *b = json_get(tree, "b");
	const struct { json_object *o; unsigned line, col; } want[] = {
		{ tree, 1, 1 }, { json_get(tree, "\xC3\xA4"), 1, 8 }, { b, 3, 7 },
		{ json_object_array_get_idx(b, 0), 3, 8 },
		{ json_object_array_get_idx(b, 1), 0, 0 }, { json_object_array_get_idx(b, 2), 4, 8 } };
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct jsonc_pos pos = jsonc_pos(want[i].o);
		assert_int_equal(pos.line, want[i].line);
		assert_int_equal(pos.col, want[i].col);
	}
	/* A copy has none, and is equal. */
	json_object *copy = json_copy(tree);
	assert_int_equal(jsonc_pos(copy).line, 0);
	assert_true(json_object_equal(tree, copy));
	json_object_put(copy);
	json_object_put(tree);
}

static void depth_and_number_of_values_are_bounded(void **state)
{
	(void)state;
	cleanup_str struct str deep = STR_INIT, wide = STR_INIT;
	for (int i = 0; i < JSONC_DEPTH_MAX; i++)
		str_putc(&deep, '[');
	for (int i = 0; i < JSONC_DEPTH_MAX; i++)
		str_putc(&deep, ']');
	check(deep.s, deep.s);
	str_puts(&wide, "[");
	str_puts(&wide, deep.s);
	str_puts(&wide, "]");
	check(wide.s, "f:1:129: nested deeper than 128 levels");
	str_reset(&wide);
	str_putc(&wide, '[');
	for (int i = 0; i < 1 << 20; i++)
		str_puts(&wide, "0,");
	cleanup_free char *got = outcome(wide.s, wide.len);
	assert_non_null(strstr(got, "more than 1048576 values"));
}

static void the_decimal_comma_of_a_locale_changes_nothing(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		skip();
	check("[1.5]", "[1.5]");
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_and_trailing_commas_are_silent),
		cmocka_unit_test(what_the_reference_forgives_is_warned_about),
		cmocka_unit_test(errors_say_where_and_what),
		cmocka_unit_test(duplicate_keys_numbers_and_surrogates),
		cmocka_unit_test(positions_are_kept),
		cmocka_unit_test(depth_and_number_of_values_are_bounded),
		cmocka_unit_test(the_decimal_comma_of_a_locale_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
