/* The decisions of lace-fetch that need no network: where a redirect may lead, where an archive's entry may go. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "fetch/client.h"
#include "fetch/ops.h"
#include "fetch/unpack.h"

static void redirects(void **state)
{
	static const struct { const char *from, *location, *to; } cases[] = {
		{ "https://r.test/v2/a", "/v2/b?x=1", "https://r.test/v2/b?x=1" },
		{ "https://r.test/v2/a", "https://cdn.test/b", "https://cdn.test/b" },
		{ "http://127.0.0.1:5000/v2/a", "http://127.0.0.1:6000/b", "http://127.0.0.1:6000/b" },
		{ "http://localhost:5000/v2/a", "https://cdn.test/b", "https://cdn.test/b" },
		{ "https://r.test/v2/a", "http://r.test/b", NULL },
		{ "https://r.test/v2/a", "http://127.0.0.1/b", NULL },
		{ "https://r.test/v2/a", "https://localhost/b", NULL },
		{ "https://r.test/v2/a", "https://[::1]/b", NULL },
		{ "https://r.test/v2/a", "https://u:p@r.test/b", NULL },
		{ "https://r.test/v2/a", "file:///etc/passwd", NULL },
		{ "https://r.test/v2/a", "ftp://r.test/x", NULL },
		{ "https://r.test/v2/a", "https://", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_free char *to = client_resolve(cases[i].from, cases[i].location);
		if (cases[i].to)
			assert_string_equal(to, cases[i].to);
		else if (to)
			fail_msg("%s leads to %s", cases[i].location, to);
	}
	assert_true(client_same_origin("https://r.test/a", "https://r.test:443/b"));
	assert_false(client_same_origin("https://r.test/a", "http://r.test/a"));
	assert_false(client_same_origin("https://r.test/a", "https://r.test:444/a"));
	assert_false(client_same_origin("https://r.test/a", "https://r.test.evil.test/a"));
	assert_false(client_same_origin("nonsense", "nonsense"));
}

static void links(void **state)
{
	cleanup_free char *one = ops_next_link("</v2/x/tags/list?last=a&n=1>; rel=\"next\"");
	cleanup_free char *two = ops_next_link("</first>; rel=\"prev\", </second>; rel=next");
	assert_string_equal(one, "/v2/x/tags/list?last=a&n=1");
	assert_string_equal(two, "/second");
	assert_null(ops_next_link("</x>; rel=prev"));
	assert_null(ops_next_link("<x"));
	assert_null(ops_next_link(""));
}

static void paths(void **state)
{
	static const struct { const char *path, *clean; } cases[] = {
		{ "a", "a" }, { "./a/b", "a/b" }, { "a//b/", "a/b" }, { "./", "" }, { ".", "" }, { "a/./b", "a/b" }, { "..a/b..", "..a/b.." },
		{ "/a", NULL }, { "..", NULL }, { "a/..", NULL }, { "a/../b", NULL }, { "./../a", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_free char *clean = unpack_path(cases[i].path);
		if (cases[i].clean)
			assert_string_equal(clean, cases[i].clean);
		else
			assert_null(clean);
	}
	cleanup_str struct str deep = STR_INIT;
	for (unsigned i = 0; i <= UNPACK_DEPTH_MAX; i++)
		str_puts(&deep, "d/");
	assert_null(unpack_path(deep.s));
	assert_true(unpack_link_stays("l", "a"));
	assert_true(unpack_link_stays("d/l", "../a"));
	assert_true(unpack_link_stays("d/l", ".././d/.//a"));
	assert_false(unpack_link_stays("d/l", "x/../a"));
	assert_false(unpack_link_stays("l", "../a"));
	assert_false(unpack_link_stays("d/l", "../../a"));
	assert_false(unpack_link_stays("d/l", "../../d/a"));
	assert_false(unpack_link_stays("l", "/etc"));
	assert_false(unpack_link_stays("l", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(redirects), cmocka_unit_test(links), cmocka_unit_test(paths) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
