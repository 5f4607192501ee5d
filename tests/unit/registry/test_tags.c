/* Versions as tags: the tag rule's examples of devcontainer.md 2.3; precedence of semver.org 11. */
#include "../unit.h"

#include "base/mem.h"
#include "registry/tags.h"

static void to_publish(const char *version, const char *existing, const char *want)
{
	cleanup_strv struct strv there = STRV_INIT, tags = STRV_INIT;
	cleanup_free char *copy = xstrdup(existing);
	char *rest = copy, *one;
	while ((one = strsep(&rest, " ")))
		if (*one)
			strv_push(&there, one);
	tags_to_publish(version, &there, &tags);
	cleanup_str struct str got = STR_INIT;
	for (size_t i = 0; i < tags.n; i++)
		str_printf(&got, "%s%s", i ? " " : "", tags.v[i]);
	assert_string_equal(got.s, want);
}

static void rule(void **state)
{
	to_publish("1.0.0", "", "1 1.0 1.0.0 latest");
	to_publish("1.0.0", "1 1.0 1.0.0 latest", "");
	to_publish("1.0.1", "1 1.0 1.0.0 latest", "1 1.0 1.0.1 latest");
	to_publish("1.0.2", "1 1.0 1.0.1 1.1 1.1.0 2 2.0 2.0.0 latest", "1.0 1.0.2");
	to_publish("1.10.0", "1.9.0 1.9 1 latest", "1 1.10 1.10.0 latest");
	to_publish("1.2.0", "1.20.0 1.20", "1.2 1.2.0");
	to_publish("3.0.0-rc.1", "2.0.0", "3.0.0-rc.1");
	to_publish("0.1.0", "nonsense v1 1.x 01.0.0", "0 0.1 0.1.0 latest");
}

static void versions(void **state)
{
	static const char *const yes[] = { "0.0.0", "1.2.3", "1.2.3-a.b-c", "1.2.3+b.1", "10.20.30-rc.1+x" };
	static const char *const no[] = { "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3+", "v1.2.3", "1.2.x",
		"1.2.99999999999999999999", "1..3", "1.2.3 " };
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(tags_is_version(yes[i]));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(tags_is_version(no[i]));
	static const char *const ascending[] = { "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
		"1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0" };
	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t k = 0; k < ARRAY_LEN(ascending); k++) {
			int d = tags_compare(ascending[i], ascending[k]);
			assert_int_equal((d > 0) - (d < 0), (i > k) - (i < k));
		}
	assert_int_equal(tags_compare("1.0.0+a", "1.0.0+b"), 0);
}

static void newest(void **state)
{
	cleanup_strv struct strv tags = STRV_INIT, sorted = STRV_INIT;
	static const char *const all[] = { "2.1.0-rc.1", "latest", "1.10.0", "1.9.9", "1", "2.0.5", "2.0.0", NULL };
	strv_push_all(&tags, all);
	tags_versions(&tags, &sorted);
	assert_int_equal(sorted.n, 5);
	assert_string_equal(tags_newest(&sorted, "1"), "1.10.0");
	assert_string_equal(tags_newest(&sorted, "1.9"), "1.9.9");
	assert_string_equal(tags_newest(&sorted, "latest"), "2.0.5");
	assert_string_equal(tags_newest(&sorted, "2.0.0"), "2.0.0");
	assert_string_equal(tags_newest(&sorted, "2.1.0-rc.1"), "2.1.0-rc.1");
	assert_null(tags_newest(&sorted, "3"));
	assert_null(tags_newest(&sorted, "1.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rule), cmocka_unit_test(versions), cmocka_unit_test(newest) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
