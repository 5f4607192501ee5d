#include "../unit.h"

#include "base/mem.h"
#include "port/portfile.h"

#define CLAIM "{\"workspace\":\"/w\",\"config\":\"c\",\"label\":\"l\",\"port\":22425,\"since\":\"s\"}"

static enum portfile_status status_of(const char *text)
{
	struct port_claims claims;
	enum portfile_status status = portfile_parse(text, strlen(text), &claims);
	if (status != PORTFILE_OK)
		assert_true(claims.v == NULL && claims.n == 0);
	port_claims_fini(&claims);
	return status;
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct port_claim list[] = {
		{ (char[]){ "/w \"x\"\\\n\x01\x7f\xC3\xA4\xFF" }, (char[]){ "/c" }, (char[]){ "sshd/port" }, 22425,
		    (char[]){ "2026-01-31T12:00:00.000Z" }, 22499 },
		{ (char[]){ "/" }, (char[]){ "" }, (char[]){ "" }, 65535, (char[]){ "" } },
	};
	for (size_t n = 0; n <= ARRAY_LEN(list); n++) {
		cleanup_str struct str text = STR_INIT;
		struct port_claims in = { list, n }, out;
		portfile_write(&text, &in);
		assert_int_equal(portfile_parse(text.s, text.len, &out), PORTFILE_OK);
		assert_int_equal(out.n, n);
		for (size_t i = 0; i < n; i++) {
			assert_string_equal(out.v[i].workspace, list[i].workspace);
			assert_string_equal(out.v[i].config, list[i].config);
			assert_string_equal(out.v[i].label, list[i].label);
			assert_string_equal(out.v[i].since, list[i].since);
			assert_int_equal(out.v[i].port, list[i].port);
			assert_int_equal(out.v[i].moved_from, list[i].moved_from);
		}
		port_claims_fini(&out);
	}
}

static void other_peoples_json_is_read_too(void **state)
{
	(void)state;
	assert_int_equal(status_of("{\"version\":1,\"claims\":[]}"), PORTFILE_OK);
	assert_int_equal(status_of(" { \"note\" : \"by hand\" , \"version\" : 1 ,\r\n\t\"claims\" : [ "
	    CLAIM " , " CLAIM " ] } "), PORTFILE_OK);
	assert_int_equal(status_of("{\"version\":1,\"claims\":[{\"workspace\":\"/w\",\"x\":true,\"config\":\"c\","
	    "\"y\":-5,\"label\":\"l\",\"z\":null,\"port\":1,\"since\":\"\"}]}"), PORTFILE_OK);
	assert_int_equal(status_of("{\"version\":2,\"claims\":{\"new\":[\"shape\"]}}"), PORTFILE_NEWER);
}

static void damage_is_seen(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "{", "[]", "null", "{}", "{\"version\":1}", "{\"claims\":[]}",
		"{\"version\":0,\"claims\":[]}", "{\"version\":1,\"claims\":[]}x", "{\"version\":1,\"claims\":[],}",
		"{\"version\":1,\"claims\":[],\"claims\":[]}", "{\"version\":1 \"claims\":[]}" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(status_of(bad[i]), PORTFILE_CORRUPT);
	static const char rest[] = "\"config\":\"c\",\"label\":\"l\",\"since\":\"\"";
	static const char *const claim[] = { "\"workspace\":\"w\",\"port\":1", "\"port\":1",
		"\"workspace\":\"/w\"", "\"workspace\":\"/w\",\"port\":0", "\"workspace\":\"/w\",\"port\":65536",
		"\"workspace\":\"/w\",\"port\":9999999999", "\"workspace\":\"/w\",\"port\":1.5",
		"\"workspace\":\"/w\",\"port\":\"1\"", "\"workspace\":7,\"port\":1",
		"\"workspace\":\"/\\u0000\",\"port\":1",
		"\"workspace\":\"/\n\",\"port\":1", "\"workspace\":\"/w\",\"workspace\":\"/w\",\"port\":1",
		"\"workspace\":\"/w\",\"port\":1,\"x\":[]" };
	for (size_t i = 0; i < ARRAY_LEN(claim); i++) {
		cleanup_free char *text = xasprintf("{\"version\":1,\"claims\":[{%s,%s}]}", rest, claim[i]);
		assert_int_equal(status_of(text), PORTFILE_CORRUPT);
	}
	/* The frame of those is right. */
	cleanup_free char *good =
	    xasprintf("{\"version\":1,\"claims\":[{%s,\"workspace\":\"/w\",\"port\":1}]}", rest);
	assert_int_equal(status_of(good), PORTFILE_OK);
}

/* Cut anywhere, a file is damaged and never half believed. */
static void every_truncation_is_seen(void **state)
{
	(void)state;
	const char *text = "{\"version\":1,\"claims\":[\n" CLAIM ",\n" CLAIM "\n]}";
	for (size_t n = 0; n < strlen(text); n++) {
		struct port_claims claims;
		cleanup_free char *cut = xmemdup0(text, n);
		assert_int_equal(portfile_parse(cut, n, &claims), PORTFILE_CORRUPT);
		assert_null(claims.v);
	}
	assert_int_equal(status_of(text), PORTFILE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(other_peoples_json_is_read_too),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(every_truncation_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
