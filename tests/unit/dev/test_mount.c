/* --mount and -p values. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/mount.h"

#include <string.h>

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

static void test_strings(void **state)
{
	static const struct { const char *in, *type, *source, *target; bool plain; } rows[] = {
		{ "type=bind,source=/a,target=/b", "bind", "/a", "/b", true },
		{ "src=/a,dst=/b,type=bind,readonly", "bind", "/a", "/b", true },
		{ "source=x,destination=/b", "volume", "x", "/b", true },
		{ "target=/b", "volume", NULL, "/b", true },
		{ "type=bind,\"source=/a,b c\",\"target=/q\"\"x\"", "bind", "/a,b c", "/q\"x", true },
		{ "TYPE=bind,Source=/a,Target=/b", "bind", "/a", "/b", true },
		{ "type=volume,target=/b,volume-opt=device=/etc", "volume", NULL, "/b", false },
		{ "type=bind,source=/a=b,target=/b", "bind", "/a=b", "/b", true },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dev_mount m;
		json_object *o = json_object_new_string(rows[i].in);
		assert_null(dev_mount_parse(o, &m));
		assert_string_equal(m.type, rows[i].type);
		assert_string_equal(or_dash(m.source), or_dash(rows[i].source));
		assert_string_equal(m.target, rows[i].target);
		assert_int_equal(m.plain, rows[i].plain);
		dev_mount_fini(&m);
		json_object_put(o);
	}
}

static void test_broken(void **state)
{
	static const char *const rows[] = {
		"", "type=bind,source=/a", "type=bind,target=/b", "\"target=/b", "\"target=/b\"x", "target=/b\"",
		    "target=/b,,",
		"target=/b,", "target=", "a\nb", "\"a\"\"",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dev_mount m;
		json_object *o = json_object_new_string(rows[i]);
		if (!dev_mount_parse(o, &m))
			fail_msg("accepted: %s", rows[i]);
		json_object_put(o);
	}
	struct dev_mount m;
	assert_non_null(dev_mount_parse(NULL, &m));
}

static void test_object(void **state)
{
	struct dev_mount m;
	json_object *o = json_tokener_parse("{\"type\":\"volume\",\"source\":\"v\",\"target\":\"/t\","
	    "\"external\":true}");
	assert_null(dev_mount_parse(o, &m));
	assert_string_equal(m.source, "v");
	assert_string_equal(m.target, "/t");
	dev_mount_fini(&m);
	json_object_put(o);
}

/* What is written is read back the same. */
static void test_field(void **state)
{
	static const char *const paths[] = { "/plain", "/a,b c", "/q\"x", "/\"", "/l\nf", "/eq=x" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		cleanup_str struct str s = STR_INIT;
		dev_mount_field(&s, "type", "bind");
		dev_mount_field(&s, "source", paths[i]);
		dev_mount_field(&s, "target", paths[i]);
		struct dev_mount m;
		json_object *o = json_object_new_string(s.s);
		assert_null(dev_mount_parse(o, &m));
		assert_string_equal(m.source, paths[i]);
		assert_string_equal(m.target, paths[i]);
		dev_mount_fini(&m);
		json_object_put(o);
	}
}

static void test_publish(void **state)
{
	static const struct { const char *spec; int is; } rows[] = {    /* 0 wrong, 1 all addresses, 2 loopback */
		{ "3000", 1 }, { "3000:3000/udp", 1 }, { "4000:5000", 1 }, { "127.0.0.1::6000", 2 },
		{ "127.0.0.1:3000:3000", 2 }, { "[::1]:80:80/tcp", 2 }, { "0.0.0.0:80:80", 1 }, { "8000-8010:9000-9010",
		    1 },
		{ ":80", 1 }, { "192.168.0.1:1:1/SCTP", 1 }, { "127.0.0.1:80", 0 },
		{ "", 0 }, { "x", 0 }, { "80:", 0 }, { "80/icmp", 0 }, { "99999", 0 }, { "9-1", 0 }, { "1-2-3", 0 },
		    { "-", 0 },
		{ "::80", 0 }, { "host:1:2", 0 }, { "--privileged", 0 }, { "80 -v", 0 }, { "80/", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool loopback = false;
		int is = !dev_publish_spec(rows[i].spec, &loopback) ? 0 : loopback ? 2 : 1;
		if (is != rows[i].is)
			fail_msg("%s: %d", rows[i].spec, is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings), cmocka_unit_test(test_broken), cmocka_unit_test(test_object),
		cmocka_unit_test(test_field), cmocka_unit_test(test_publish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
