/* Base64 against RFC 4648, and against the plainest decoder there is over random input, whole and in pieces. */
#include "../unit.h"
#include "base/mem.h"
#include "vt/base64.h"

/* Fed whole; false when it is not base64. */
static bool decode(const char *s, size_t len, uint8_t *to, size_t *n)
{
	struct vt_base64_state st = { 0 };

	*n = vt_base64_feed(&st, s, len, to);
	return !st.bad;
}

static void test_rfc4648(void **state)
{
	/* Sections 9 and 10. */
	static const struct { const char *in, *out; } good[] = {
		{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" },
		{ "FPucA9l+", "\x14\xfb\x9c\x03\xd9\x7e" }, { "FPucA9k=", "\x14\xfb\x9c\x03\xd9" },
		{ "FPucAw==", "\x14\xfb\x9c\x03" },
		/* section 5, the other alphabet: 62 and 63 */
		{ "+/+/", "\xfb\xff\xbf" }, { "-_-_", "\xfb\xff\xbf" }, { "+_-/", "\xfb\xff\xbf" },
		/* no padding, more than there has to be, and bits that make no byte */
		{ "Zg", "f" }, { "Zm8", "fo" }, { "Zg=", "f" }, { "Zg======", "f" }, { "=", "" }, { "Z", "" },
		{ "Zm9vY", "foo" },
	};
	static const char *const bad[] = { " ", "Zg =", "Zm9v\n", "Zm 9v", "Zg==Zg==", "Zm8=A", "Zm9v=Zm9v", "Zm9.",
		"Zm9,", "Z:9v", "@m9v", "[m9v", "`m9v", "{m9v", "\x80m9v", "Zm9\xff", "Zm9vZm9v!" };
	uint8_t out[64];
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(decode(good[i].in, strlen(good[i].in), out, &n));
		assert_int_equal(n, strlen(good[i].out));
		assert_memory_equal(out, good[i].out, n);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (decode(bad[i], strlen(bad[i]), out, &n))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(n, 0);
	}
	assert_false(decode("Zm\0v", 4, out, &n));
}

/* Every byte value in every place, against the alphabet as the RFC lists it. */
static void test_alphabet(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

	for (unsigned place = 0; place < 4; place++)
		for (unsigned c = 0; c < 256; c++) {
			char in[] = "AAAA";
			uint8_t out[VT_BASE64_ROOM(4)];
			size_t n;

			in[place] = (char)c;
			const char *digit = c ? strchr(alphabet, (int)c) : NULL;
			bool padding = place == 3 && c == '=';
			assert_int_equal(decode(in, 4, out, &n), digit || padding);
			if (!digit)
				continue;
			size_t value = (size_t)(digit - alphabet);
			if (value >= 64)
				value -= 2;
			assert_int_equal(n, 3);
			assert_int_equal((uint32_t)out[0] << 16 | (uint32_t)out[1] << 8 | out[2], value << (18 - 6 * place));
		}
}

static uint64_t seed = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static size_t encode(const uint8_t *s, size_t n, char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)s[i] << 16 | (i + 1 < n ? (uint32_t)s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);

		for (unsigned k = 0; k < 4; k++)
			to[len++] = i + k > n ? '=' : digits[v >> (18 - 6 * k) & 63];
	}
	return len;
}

/* What was encoded comes back, however it is cut; a byte changed to something else is noticed wherever it
 * stands; nothing past the room is written. */
static void test_random(void **state)
{
	enum { MAX_BYTES = 200 };

	for (unsigned round = 0; round < 20000; round++) {
		uint8_t bytes[MAX_BYTES], out[MAX_BYTES + 64];
		char text[MAX_BYTES / 3 * 4 + 8];
		size_t n = rnd(MAX_BYTES + 1), len, have = 0;
		struct vt_base64_state st = { 0 };

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)rnd(256);
		len = encode(bytes, n, text);
		bool spoilt = len > 0 && rnd(4) == 0;
		if (spoilt)
			text[rnd((uint32_t)len)] = " \n.:;@[`{\x7f\x80\xff"[rnd(12)];
		for (size_t at = 0; at < len;) {
			uint8_t buf[VT_BASE64_ROOM(90) + 4];
			size_t piece = 1 + rnd(rnd(2) ? 5 : 90);

			piece = MIN(piece, len - at);
			size_t room = VT_BASE64_ROOM(piece);
			memset(buf, 0xa5, sizeof(buf));
			size_t got = vt_base64_feed(&st, text + at, piece, buf);
			assert_true(got <= room);
			for (size_t i = room; i < sizeof(buf); i++)
				assert_int_equal(buf[i], 0xa5);
			memcpy(out + have, buf, got);
			have += got;
			at += piece;
		}
		assert_int_equal(st.bad, spoilt);
		if (!spoilt) {
			assert_int_equal(have, n);
			assert_memory_equal(out, bytes, n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4648),
		cmocka_unit_test(test_alphabet),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
