/* YAML as JSON: values by YAML 1.2's core schema, 10.3.2. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"
#include "host/yml.h"

#include <string.h>

static void values(void **state)
{
	(void)state;
	static const struct { const char *text, *expected; } cases[] = {
		{ "a: 1\nb: [x, 'y', \"z\"]\n", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"]}" },
		{ "- true\n- 'true'\n- null\n- ~\n- ''\n-\n- yes\n", "[true,\"true\",null,null,\"\",null,\"yes\"]" },
		{ "- 3.8\n- '3.8'\n- 1e3\n- -2\n- 0x10\n- 1.2.3\n- 10:20\n- .5\n- nan\n",
		    "[3.8,\"3.8\",1000,-2,\"0x10\",\"1.2.3\",\"10:20\",0.5,\"nan\"]" },
		{ "a: &x {b: c}\nd: *x\n", "{\"a\":{\"b\":\"c\"},\"d\":{\"b\":\"c\"}}" },
		{ "a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}" },
		{ "{\"json\": [1, {\"is\": \"yaml\"}]}", "{\"json\":[1,{\"is\":\"yaml\"}]}" },
		{ "1: 2\ntrue: x\n", "{\"1\":2,\"true\":\"x\"}" },
		{ "a: b\n---\nc: d\n", "{\"a\":\"b\"}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_err struct err err = ERR_INIT;
		cleanup_str struct str got = STR_INIT;
		json_object *o = yml_parse(cases[i].text, strlen(cases[i].text), "f", &err);
		assert_null(err.msg);
		json_stringify(&got, o);
		json_object_put(o);
		assert_string_equal(got.s, cases[i].expected);
	}
}

static void errors_say_where(void **state)
{
	(void)state;
	static const struct { const char *text, *expected; } cases[] = {
		{ "a: [\n", "f:2:1: " },
		{ "a: *nowhere\n", "f:1:4: found undefined alias" },
		{ "? [a]\n: b\n", "f:1:3: a key that is no text" },
		{ "a: \"\\0\"\n", "f:1:4: a NUL character" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_err struct err err = ERR_INIT;
		assert_null(yml_parse(cases[i].text, strlen(cases[i].text), "f", &err));
		assert_non_null(err.msg);
		assert_memory_equal(err.msg, cases[i].expected, strlen(cases[i].expected));
	}
}

/* Twelve lines that stand for 10^11 values, and brackets without end. */
static void bombs_are_refused(void **state)
{
	(void)state;
	cleanup_str struct str laughs = STR_INIT, deep = STR_INIT;
	str_puts(&laughs, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		str_printf(&laughs, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			str_printf(&laughs, "%s*a%d", k ? "," : "", i - 1);
		str_puts(&laughs, "]\n");
	}
	for (int i = 0; i < 2000; i++)
		str_putc(&deep, '[');
	for (int i = 0; i < 2000; i++)
		str_putc(&deep, ']');
	const struct str *const texts[] = { &laughs, &deep };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		cleanup_err struct err err = ERR_INIT;
		assert_null(yml_parse(texts[i]->s, texts[i]->len, "f", &err));
		assert_non_null(err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(bombs_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
