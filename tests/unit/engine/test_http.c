/* The parser, with every answer given whole, in two pieces at every place, and byte by byte. */
#include "../unit.h"

#include "base/mem.h"
#include "engine/frames.h"
#include "engine/http.h"

static int collect(void *user, const char *data, size_t len, struct err *err)
{
	str_add(user, data, len);
	return 0;
}

/* Feeds text in pieces of step bytes after a first one of `first`, then the end. */
static int parse_cut(const char *text, size_t len, size_t first, size_t step, struct http_response *r,
    struct str *body, size_t *used_all)
{
	struct err err = ERR_INIT;
	int rc = 0;
	size_t at = 0;
	http_init(r);
	while (rc == 0 && at < len && r->state != HTTP_DONE) {
		size_t n = MIN(at == 0 && first ? first : step, len - at), used = 0;
		rc = http_feed(r, text + at, n, &used, false, collect, body, &err);
		at += used;
	}
	if (rc == 0 && r->state != HTTP_DONE)
		rc = http_eof(r, &err);
	assert_int_equal(rc != 0, err_is(&err));
	*used_all = at;
	err_fini(&err);
	http_fini(r);
	return rc;
}

/* ok: status, body and how much belongs to the answer; else refused, however it is cut. */
static void check(const char *text, int status, const char *want, size_t want_used)
{
	size_t len = strlen(text);
	for (size_t cut = 0; cut <= len; cut++) {
		struct http_response r;
		struct str body = STR_INIT;
		size_t used;
		int rc = parse_cut(text, len, cut, cut ? len : 1, &r, &body, &used);
		if (status < 0) {
			assert_int_equal(rc, -1);
		} else {
			assert_int_equal(rc, 0);
			assert_int_equal(r.status, status);
			assert_string_equal(body.s, want);
			assert_int_equal(used, want_used ? want_used : len);
		}
		str_fini(&body);
	}
}

static void body_with_length(void **state)
{
	check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1", 200, "hello", 43);
	check("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", 0);
	check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", 0);
}

static void chunked_body(void **state)
{
	check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5\r\nhello\r\nA;ext=\"1\"\r\n, world ok\r\n0\r\n\r\n",
	    200, "hello, world ok", 0);
	check("HTTP/1.1 500 Oh\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n000\r\nTrailer: 1\r\n\r\n", 500,
	    "x", 0);
}

static void body_until_the_end(void **state)
{
	check("HTTP/1.0 404 Not Found\r\n\r\nall of it", 404, "all of it", 0);
}

static void answers_without_body(void **state)
{
	check("HTTP/1.1 204 No Content\r\n\r\nnext", 204, "", 27);
	check("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nnext", 304, "", 48);
	check("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nraw", 101, "", 39);
	check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", 0);
}

static void refuses_what_is_ambiguous_or_broken(void **state)
{
	static const char *const texts[] = {
		"hello\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
		"HTTP/1.1 200 OK\r\n",
		"",
		"HTTP/1.1 100 C\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check(texts[i], -1, NULL, 0);
}

static void bounds_the_head(void **state)
{
	struct str line = STR_INIT, many = STR_INIT, interim = STR_INIT;
	str_puts(&line, "HTTP/1.1 200 OK\r\nA: ");
	for (unsigned i = 0; i < HTTP_LINE_MAX; i++)
		str_putc(&line, 'x');
	str_puts(&line, "\r\nContent-Length: 0\r\n\r\n");
	str_puts(&many, "HTTP/1.1 200 OK\r\n");
	while (many.len <= HTTP_HEAD_MAX)
		str_puts(&many, "A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n");
	str_puts(&many, "Content-Length: 0\r\n\r\n");
	for (unsigned i = 0; i <= HTTP_INTERIM_MAX; i++)
		str_puts(&interim, "HTTP/1.1 102 Processing\r\n\r\n");
	str_puts(&interim, "HTTP/1.1 204 OK\r\n\r\n");
	struct str *all[] = { &line, &many, &interim };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct http_response r;
		size_t used;
		assert_int_equal(parse_cut(all[i]->s, all[i]->len, 0, 100, &r, NULL, &used), -1);
		str_fini(all[i]);
	}
}

static void knows_whether_the_connection_can_be_kept(void **state)
{
	static const struct { const char *text; bool close; } cases[] = {
		{ "HTTP/1.1 204 OK\r\n\r\n", false },
		{ "HTTP/1.1 204 OK\r\nConnection: x, Close\r\n\r\n", true },
		{ "HTTP/1.1 204 OK\r\nConnection: closed\r\n\r\n", false },
		{ "HTTP/1.0 204 OK\r\n\r\n", true },
		{ "HTTP/1.0 204 OK\r\nConnection: keep-alive\r\n\r\n", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_response r;
		size_t used;
		assert_int_equal(parse_cut(cases[i].text, strlen(cases[i].text), 0, 7, &r, NULL, &used), 0);
		assert_int_equal(r.close, cases[i].close);
	}
}

static void stops_at_the_body_when_asked(void **state)
{
	const char *text = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nok";
	struct http_response r;
	struct err err = ERR_INIT;
	size_t used;
	http_init(&r);
	assert_int_equal(http_feed(&r, text, strlen(text), &used, true, NULL, NULL, &err), 0);
	assert_true(http_head_done(&r));
	assert_int_equal(used, strlen(text) - 2);
	assert_string_equal(r.api_version, "1.41");
	http_fini(&r);
}

/* ---- frames ---- */

struct seen { struct str out[3]; };

static void on_frame(void *user, int stream, const char *data, size_t len)
{
	str_add(&((struct seen *)user)->out[stream], data, len);
}

static void frames_in_every_split(void **state)
{
	static const char text[] = "\1\0\0\0\0\0\0\5hello" "\2\0\0\0\0\0\0\0"
	    "\2\0\0\0\0\0\0\3err" "\1\0\0\0\0\0\0\1!"
	    "\3\0\0\0\0\0\0\1E";
	size_t len = sizeof(text) - 1;
	for (size_t step = 1; step <= len; step++) {
		struct frames f = FRAMES_INIT;
		struct seen seen = { { STR_INIT, STR_INIT, STR_INIT } };
		struct err err = ERR_INIT;
		for (size_t at = 0; at < len; at += step)
			assert_int_equal(frames_feed(&f, text + at, MIN(step, len - at), on_frame, &seen, &err), 0);
		assert_true(frames_complete(&f));
		assert_string_equal(seen.out[1].s, "hello!");
		assert_string_equal(seen.out[2].s, "errE");
		for (int i = 0; i < 3; i++)
			str_fini(&seen.out[i]);
	}
}

static void frames_refuse_nonsense_and_notice_the_middle(void **state)
{
	struct err err = ERR_INIT;
	struct frames f = FRAMES_INIT;
	assert_int_equal(frames_feed(&f, "\4\0\0\0\0\0\0\1x", 9, NULL, NULL, &err), -1);
	f = (struct frames)FRAMES_INIT;
	assert_int_equal(frames_feed(&f, "\1\0\1\0\0\0\0\1x", 9, NULL, NULL, &err), -1);
	f = (struct frames)FRAMES_INIT;
	/* Four gigabytes are promised: nothing is allocated for them. */
	assert_int_equal(frames_feed(&f, "\1\0\0\0\377\377\377\377x", 9, NULL, NULL, &err), 0);
	assert_false(frames_complete(&f));
	assert_int_equal(f.left, 0xfffffffeu);
	err_fini(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(body_with_length),
		cmocka_unit_test(chunked_body),
		cmocka_unit_test(body_until_the_end),
		cmocka_unit_test(answers_without_body),
		cmocka_unit_test(refuses_what_is_ambiguous_or_broken),
		cmocka_unit_test(bounds_the_head),
		cmocka_unit_test(knows_whether_the_connection_can_be_kept),
		cmocka_unit_test(stops_at_the_body_when_asked),
		cmocka_unit_test(frames_in_every_split),
		cmocka_unit_test(frames_refuse_nonsense_and_notice_the_middle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
