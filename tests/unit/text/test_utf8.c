#include "../unit.h"
#include "text/text.h"
#include "utf8_digests.h"

/* Decodes with the streaming decoder; writes code points to ret, returns how many. */
static size_t feed_all(const char *s, size_t len, uint32_t *ret)
{
	struct text_utf8 u = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		uint32_t cp;

		switch (text_utf8_feed(&u, (uint8_t)s[i], &cp)) {
		case TEXT_UTF8_MORE: i++; break;
		case TEXT_UTF8_DONE:
		case TEXT_UTF8_BAD: i++; ret[n++] = cp; break;
		case TEXT_UTF8_BAD_REPEAT: ret[n++] = cp; break;
		}
	}
	return n;
}

static void test_round_trip(void **state)
{
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		char s[4];
		uint32_t got = 0, streamed[4];

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		size_t n = text_utf8_encode(cp, s);
		assert_int_equal(text_utf8_decode(s, n, &got), n);
		assert_int_equal(got, cp);
		assert_int_equal(feed_all(s, n, streamed), 1);
		assert_int_equal(streamed[0], cp);
		assert_true(text_utf8_valid(s, n));
		if (n > 1)
			assert_false(text_utf8_valid(s, n - 1));
	}
}

/* The examples of Unicode 3.9, tables 3-8 to 3-11. */
static void test_maximal_subparts(void **state)
{
	static const struct { const char *in; size_t len; uint32_t want[16]; size_t n; } cases[] = {
		{ "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 9,
		  { 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41 }, 9 },
		{ "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 9,
		  { 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41 }, 9 },
		{ "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", 9,
		  { 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41, 0xfffd, 0xfffd, 0x42 }, 9 },
		{ "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9, { 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41 }, 5 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t got[16];
		size_t n = feed_all(cases[i].in, cases[i].len, got), k = 0;

		assert_int_equal(n, cases[i].n);
		assert_memory_equal(got, cases[i].want, n * sizeof(*got));
		for (size_t at = 0; at < cases[i].len; k++) {
			uint32_t cp;
			size_t took = text_utf8_decode(cases[i].in + at, cases[i].len - at, &cp);

			assert_true(took >= 1);
			assert_int_equal(cp, cases[i].want[k]);
			at += took;
		}
		assert_int_equal(k, cases[i].n);
		assert_false(text_utf8_valid(cases[i].in, cases[i].len));
	}
}

/* ---- against another decoder ---- */

static uint32_t crc_table[256];

static uint32_t crc32_of(uint32_t crc, uint32_t cp)
{
	for (unsigned i = 0; i < 32; i += 8)
		crc = crc_table[(crc ^ cp >> i) & 0xff] ^ crc >> 8;
	return crc;
}

/* Both ways to decode n bytes and a line feed. */
static void digest(const uint8_t *s, size_t n, uint32_t *streamed, uint32_t *whole)
{
	uint8_t line[5] = { 0 };
	uint32_t out[8], cp;

	memcpy(line, s, n);
	line[n] = '\n';
	size_t k = feed_all((const char *)line, n + 1, out);
	for (size_t i = 0; i < k; i++)
		*streamed = crc32_of(*streamed, out[i]);
	for (size_t at = 0; at < n; *whole = crc32_of(*whole, cp))
		at += text_utf8_decode((const char *)s + at, n - at, &cp);
	*whole = crc32_of(*whole, '\n');
}

/* Every sequence of three bytes, and of four those that can matter: what Python makes of them. */
static void test_python(void **state)
{
	size_t n_edges = sizeof(utf8_edges);

	for (uint32_t i = 0; i < 256; i++) {
		crc_table[i] = i;
		for (unsigned bit = 0; bit < 8; bit++)
			crc_table[i] = crc_table[i] >> 1 ^ (crc_table[i] & 1 ? 0xedb88320u : 0);
	}
	for (unsigned a = 0; a < 256; a++) {
		uint32_t streamed = UINT32_MAX, whole = UINT32_MAX;
		uint8_t s[4] = { (uint8_t)a };

		for (unsigned b = 0; b < 0x10000; b++) {
			s[1] = (uint8_t)(b >> 8);
			s[2] = (uint8_t)b;
			digest(s, 3, &streamed, &whole);
		}
		if (~streamed != utf8_digests[a].three || ~whole != utf8_digests[a].three)
			fail_msg("three bytes from %02x on", a);
		streamed = whole = UINT32_MAX;
		for (size_t b = 0; b < n_edges * n_edges * n_edges; b++) {
			s[1] = utf8_edges[b / n_edges / n_edges];
			s[2] = utf8_edges[b / n_edges % n_edges];
			s[3] = utf8_edges[b % n_edges];
			digest(s, 4, &streamed, &whole);
		}
		if (~streamed != utf8_digests[a].four || ~whole != utf8_digests[a].four)
			fail_msg("four bytes from %02x on", a);
	}
}

static void test_truncated(void **state)
{
	uint32_t cp = 0;

	assert_int_equal(text_utf8_decode("\xf0\x9f\x98", 3, &cp), 3);
	assert_int_equal(cp, TEXT_REPLACEMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_maximal_subparts),
		cmocka_unit_test(test_python),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
