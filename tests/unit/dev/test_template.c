/* A template's options, and features added to a configuration as people write it. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/template.h"
#include "host/jsonc.h"

#include <string.h>

static void expands(const char *text, const char *want)
{
	json_object *args = json_tokener_parse("{\"a\": \"A\", \"n\": 5, \"e\": \"\", \"v\": \"${templateOption:a}\"}");
	json_object *options = json_tokener_parse("{\"a\": {\"default\": \"x\"}, \"d\": {\"default\": \"D\"}, \"b\": {\"default\": true}, "
	    "\"e\": {\"default\": \"x\"}}");
	cleanup_str struct str got = STR_INIT;
	dev_template_expand(text, strlen(text), args, options, &got);
	assert_string_equal(got.s, want);
	json_object_put(args);
	json_object_put(options);
}

static void options(void **state)
{
	expands("${templateOption:a}-${templateOption: d }-${templateOption:b}", "A-D-true");
	expands("${templateOption:n}${templateOption:e}|${templateOption:unknown}|", "5||");
	expands("${templateOption:v}", "${templateOption:a}");
	expands("${templateOption:}${templateOption:a b}${templateOption:a", "${templateOption:}${templateOption:a b}${templateOption:a");
	expands("${templateOption:${templateOption:a}}", "${templateOption:A}");
	expands("${other:a} $", "${other:a} $");
	expands("", "");
}

static void adds(const char *text, const char *want)
{
	json_object *features = json_tokener_parse("[{\"id\": \"r.test/a:1\"}, {\"id\": \"r.test/b:1\", \"options\": {\"o\": \"v\"}}]");
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str got = STR_INIT;
	if (dev_template_add_features(text, strlen(text), "file", features, &got, &err) != 0)
		fail_msg("%s", err.msg);
	assert_string_equal(got.s, want);
	json_object *read = jsonc_parse(got.s, got.len, "file", NULL, &err), *now = json_get(read, "features");
	assert_non_null(json_get(now, "r.test/a:1"));
	assert_non_null(json_get(now, "r.test/b:1"));
	json_object_put(read);
	json_object_put(features);
}

#define BOTH "\n\t\t\"r.test/a:1\": {},\n\t\t\"r.test/b:1\": {\"o\":\"v\"}"

static void features(void **state)
{
	adds("{}", "{\n\t\"features\": {" BOTH "\n\t}\n}");
	adds("// \xc3\xa9 {\n{ \"image\": \"x\" /* { */ }\n", "// \xc3\xa9 {\n{\n\t\"features\": {" BOTH "\n\t}, \"image\": \"x\" /* { */ }\n");
	adds("{\n\t\"n\": \"\xc3\xa9\", \"features\": { /* none */ }\n}", "{\n\t\"n\": \"\xc3\xa9\", \"features\": {" BOTH "\n\t /* none */ }\n}");
	adds("{\"features\": {\"r.test/a:1\": {\"keep\": true}}, }",
	    "{\"features\": {\n\t\t\"r.test/b:1\": {\"o\":\"v\"},\"r.test/a:1\": {\"keep\": true}}, }");
	adds("\xef\xbb\xbf{}", "\xef\xbb\xbf{\n\t\"features\": {" BOTH "\n\t}\n}");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(options), cmocka_unit_test(features) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
