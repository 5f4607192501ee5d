/* Hostile variations of valid bodies, always the same ones: every bit flipped,
 * every truncation, counts and lengths blown up. Nothing may crash or read
 * beyond the body (ASan watches: each copy has exactly its size), and whatever
 * still decodes must encode, decode again, and then encode to the same bytes. */
#include "../unit.h"

#include "golden.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
	PER_IDENT = 16,   /* bodies of one ident and codec */
	ALL_BITS = 160,   /* bodies up to this length have every bit flipped; longer ones this many places */
};

static struct golden golden;

/* In that order the two encodings are equal even where the input was not minimal. */
static void check_stable(const struct golden_frame *f, unsigned codec, const union wire_body *body)
{
	struct wire_buf once = { 0 }, twice = { 0 };
	struct wire_arena arena = { 0 };
	union wire_body again;
	size_t used;
	if (wire_encode_body(f->ident, body, codec, &once) != WIRE_OK ||
	    wire_decode_body(f->ident, once.data, once.len, codec, &again, &used, &arena) != WIRE_OK ||
	    used != once.len || wire_encode_body(f->ident, &again, codec, &twice) != WIRE_OK ||
	    once.len != twice.len || (once.len && memcmp(once.data, twice.data, once.len) != 0))
		fail_msg("%s: what decoded does not come back", wire_ident_name(f->ident));
	wire_buf_fini(&once);
	wire_buf_fini(&twice);
	wire_arena_reset(&arena);
}

static enum wire_status try_body(const struct golden_frame *f, unsigned codec, const uint8_t *bytes, size_t len)
{
	union wire_body body;
	struct wire_arena arena = { 0 };
	size_t used = 0;
	enum wire_status status = wire_decode_body(f->ident, bytes, len, codec, &body, &used, &arena);
	assert_true(status == WIRE_OK || status == WIRE_BAD_BODY || status == WIRE_TOO_LARGE);
	assert_true(used <= len);
	if (status == WIRE_OK)
		check_stable(f, codec, &body);
	wire_arena_reset(&arena);
	return status;
}

static size_t step(const struct golden_frame *f)
{
	return f->len <= ALL_BITS ? 1 : f->len / ALL_BITS + 1;
}

static void flip_bits(const struct golden_frame *f, unsigned codec)
{
	for (size_t at = 0; at < f->len; at += step(f)) {
		for (unsigned bit = 0; bit < 8; bit++) {
			f->body[at] ^= (uint8_t)(1u << bit);
			try_body(f, codec, f->body, f->len);
			f->body[at] ^= (uint8_t)(1u << bit);
		}
	}
}

/* A body needs all its bytes, so every beginning of it is refused. */
static void truncate_body(const struct golden_frame *f, unsigned codec)
{
	for (size_t len = 0; len < f->len; len += step(f)) {
		uint8_t *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, f->body, len);
		if (try_body(f, codec, copy, len) != WIRE_BAD_BODY)
			fail_msg("%s: decodes without its end", wire_ident_name(f->ident));
		free(copy);
	}
}

/* Each place in turn becomes a huge LEB128: counts, lengths and variants among them. */
static void blow_up(const struct golden_frame *f, unsigned codec)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0x7f };
	uint8_t *copy = malloc(f->len + sizeof(huge));
	assert_non_null(copy);
	for (size_t at = 0; at < f->len; at += step(f)) {
		memcpy(copy, f->body, at);
		memcpy(copy + at, huge, sizeof(huge));
		memcpy(copy + at + sizeof(huge), f->body + at + 1, f->len - at - 1);
		try_body(f, codec, copy, f->len + sizeof(huge) - 1);
	}
	free(copy);
}

static void each(void (*mutate)(const struct golden_frame *f, unsigned codec))
{
	size_t count[64] = { 0 }, n = 0;
	for (size_t i = 0; i < golden.n; i++) {
		const struct golden_frame *f = &golden.frames[i];
		if (wire_ident_name(f->ident) == NULL || count[f->ident]++ >= PER_IDENT)
			continue;
		mutate(f, f->codec_44 ? 44 : 42);
		n++;
	}
	assert_true(n > 300);
}

static void test_flips(void **state)
{
	each(flip_bits);
}

static void test_truncations(void **state)
{
	each(truncate_body);
}

static void test_huge(void **state)
{
	each(blow_up);
}

/* Whole frames, header and compressed body included. */
static void mutate_frame(const struct golden_frame *f, unsigned codec)
{
	struct wire_pdu pdu = { .ident = f->ident, .serial = 1000 }, got;
	struct wire_arena arena = { 0 }, got_arena = { 0 };
	struct wire_buf frame = { 0 };
	assert_int_equal(wire_decode_body(f->ident, f->body, f->len, codec, &pdu.body, NULL, &arena), WIRE_OK);
	assert_int_equal(wire_encode(&pdu, codec, WIRE_COMPRESS_AUTO, &frame), WIRE_OK);
	size_t places = frame.len < 64 ? frame.len : 64;
	for (size_t at = 0; at < places; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			size_t taken = 0;
			frame.data[at] ^= (uint8_t)(1u << bit);
			enum wire_status status = wire_decode(frame.data, frame.len, codec, &taken, &got, &got_arena);
			assert_true(taken <= frame.len);
			assert_true(status != WIRE_OK || taken > 0);
			frame.data[at] ^= (uint8_t)(1u << bit);
			wire_arena_reset(&got_arena);
		}
	}
	wire_buf_fini(&frame);
	wire_arena_reset(&arena);
}

static void test_frames(void **state)
{
	each(mutate_frame);
}

static int setup(void **state)
{
	golden = golden_load();
	return 0;
}

static int teardown(void **state)
{
	golden_free(&golden);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_frames),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
