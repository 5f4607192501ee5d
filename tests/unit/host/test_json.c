/* The bytes of JSON.stringify: expected values were taken from ECMA-262 and its engines. */
#include "../unit.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <float.h>
#include <math.h>

static void check_number(double v, const char *expected)
{
	cleanup_str struct str s = STR_INIT;
	json_object *o = json_object_new_double(v);
	json_stringify(&s, o);
	json_object_put(o);
	assert_string_equal(s.s, expected);
}

static void numbers_are_javascripts(void **state)
{
	(void)state;
	static const struct { double v; const char *text; } cases[] = {
		{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 100, "100" }, { 123456.789, "123456.789" }, { 1e20, "100000000000000000000" }, { 1e21, "1e+21" },
		{ 1.5e21, "1.5e+21" }, { 123456789012345680000.0, "123456789012345680000" }, { 1e-6, "0.000001" },
		{ 1e-7, "1e-7" }, { 1.25e-7, "1.25e-7" }, { 5e-324, "5e-324" }, { DBL_MAX, "1.7976931348623157e+308" },
		{ DBL_MIN, "2.2250738585072014e-308" }, { 4.35, "4.35" }, { 2.0 / 3, "0.6666666666666666" },
		{ 9007199254740993.0, "9007199254740992" }, { 0x1p-44, "5.684341886080802e-14" },
		{ 0x1p70, "1.1805916207174113e+21" },
		{ INFINITY, "null" }, { NAN, "null" }, { 9.5, "9.5" }, { 0.000123, "0.000123" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_number(cases[i].v, cases[i].text);
}

/* Every value reads back as itself; a fixed sequence of bit patterns. */
static void numbers_read_back(void **state)
{
	(void)state;
	uint64_t x = 88172645463325252u;
	for (int i = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		double v;
		memcpy(&v, &x, sizeof(v));
		if (!isfinite(v))
			continue;
		cleanup_str struct str s = STR_INIT;
		json_object *o = json_object_new_double(v);
		json_stringify(&s, o);
		json_object_put(o);
		double back = strtod(s.s, NULL);
		assert_memory_equal(&back, &v, sizeof(v));
	}
}

static void integers_beyond_doubles_are_rounded_as_javascript_would(void **state)
{
	(void)state;
	cleanup_str struct str s = STR_INIT;
	json_object *o = json_object_new_int64(INT64_MAX);
	json_stringify(&s, o);
	json_object_put(o);
	assert_string_equal(s.s, "9223372036854776000");
}

static void strings_are_escaped_as_stringify_does(void **state)
{
	(void)state;
	cleanup_str struct str s = STR_INIT;
	const char text[] = "\"\\/\b\f\n\r\t\001\x7f \xC3\xA4\xE2\x80\xA8\xF0\x9F\x98\x80 \xED\xA0\xBD \xFF\xC3";
	json_object *o = json_object_new_string_len(text, sizeof(text) - 1);
	json_stringify(&s, o);
	json_object_put(o);
	assert_string_equal(s.s,
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f \xC3\xA4\xE2\x80\xA8\xF0\x9F\x98\x80 \\ud83d "
	    "\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void pretty_has_two_spaces_and_a_newline(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str s = STR_INIT;
	const char *text = "{\"a\":[1,{\"b\":null}],\"e\":{},\"f\":[],\"1\":true}";
	json_object *o = jsonc_parse(text, strlen(text), "f", NULL, &err);
	json_pretty(&s, o);
	json_object_put(o);
	assert_string_equal(s.s, "{\n  \"1\": true,\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n"
	    "  \"e\": {},\n  \"f\": []\n}\n");
}

static void getters_want_their_type(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	const char *text = "{\"s\":\"x\",\"b\":true,\"i\":7.0,\"d\":1.5,\"n\":null}";
	json_object *o = jsonc_parse(text, strlen(text), "f", NULL, &err);
	assert_string_equal(json_str(o, "s"), "x");
	assert_null(json_str(o, "b"));
	assert_null(json_str(o, "missing"));
	assert_null(json_str(NULL, "s"));
	assert_true(json_flag(o, "b", false));
	assert_true(json_flag(o, "s", true));
	assert_int_equal(json_int(o, "i", -1), 7);
	assert_int_equal(json_int(o, "d", -1), -1);
	assert_null(json_get(o, "n"));
	assert_null(json_get(json_get(o, "s"), "x"));
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_javascripts),
		cmocka_unit_test(numbers_read_back),
		cmocka_unit_test(integers_beyond_doubles_are_rounded_as_javascript_would),
		cmocka_unit_test(strings_are_escaped_as_stringify_does),
		cmocka_unit_test(pretty_has_two_spaces_and_a_newline),
		cmocka_unit_test(getters_want_their_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
