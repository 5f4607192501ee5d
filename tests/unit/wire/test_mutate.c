/* Hostile variations of valid bodies, always the same ones: every bit flipped,
 * every truncation, counts and lengths blown up. Nothing may crash or read
 * beyond the body (ASan watches: each copy has exactly its size), and whatever
 * still decodes must encode, decode again, and then encode to the same bytes. */
#include "../unit.h"

#include "golden.h"
#include "base/mem.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
	PER_IDENT = 16,   /* bodies of one ident and codec */
	ALL_BITS = 160,   /* bodies up to this length have every bit flipped; longer ones this many places */
};

static struct golden golden;

/* Valid bodies of what was not recorded: TLS, lace's own. */
static const struct { uint32_t ident; const char *hex; } more[] = {
	{ WIRE_GET_TLS_CREDS_RESPONSE, "03 43 41 0a 04 6b 65 79 0a" },
	{ WIRE_LACE_HELLO, "01 01" },
	{ WIRE_LACE_HELLO_RESPONSE, "01 03 31 2e 30 92 21" },
	{ WIRE_LACE_PANE_EXITED, "81 01 01 09" },
	{ WIRE_LACE_PANE_MODES, "00 81 08 1f 02 05 74 69 74 6c 65" },
	{ WIRE_LACE_SET_SIZE, "00 18 50 a0 06 e0 03 60" },
	{ WIRE_LACE_UPGRADE, "0b 2f 75 73 72 2f 62 69 6e 2f 78 79" },
};

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

static void add(uint32_t ident, const uint8_t *body, size_t len)
{
	golden.frames = realloc(golden.frames, (golden.n + 1) * sizeof(*golden.frames));
	assert_non_null(golden.frames);
	struct golden_frame *f = &golden.frames[golden.n++];
	*f = (struct golden_frame){ .codec_44 = true, .ident = ident, .body = malloc(len), .len = len };
	assert_non_null(f->body);
	memcpy(f->body, body, len);
}

/* A tab whose splits are nested as deeply as is allowed: each an empty first part, and the next one. */
static void add_deep_tree(void)
{
	static const uint8_t sizes[] = { 1, 24, 80, 0, 0, 0, 24, 80, 0, 0, 0 };
	uint8_t body[4 + WIRE_DEPTH_MAX * (2 + sizeof(sizes))];
	size_t n = 0;
	body[n++] = 1;
	for (unsigned i = 0; i + 1 < WIRE_DEPTH_MAX; i++) {
		body[n++] = WIRE_NODE_SPLIT;
		body[n++] = WIRE_NODE_EMPTY;
	}
	body[n++] = WIRE_NODE_EMPTY;
	for (unsigned i = 0; i + 1 < WIRE_DEPTH_MAX; i++) {
		memcpy(body + n, sizes, sizeof(sizes));
		n += sizeof(sizes);
	}
	body[n++] = 0;
	body[n++] = 0;
	add(WIRE_LIST_PANES_RESPONSE, body, n);
}

static void each(void (*mutate)(const struct golden_frame *f, unsigned codec))
{
	size_t count[64] = { 0 }, n = 0;
	/* From the end: what was added there is among the first of its kind. */
	for (size_t i = golden.n; i-- > 0;) {
		const struct golden_frame *f = &golden.frames[i];
		if (wire_ident_name(f->ident) == NULL || (f->ident < 64 && count[f->ident]++ >= PER_IDENT))
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
	add_deep_tree();
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		uint8_t body[64];
		add(more[i].ident, body, golden_hex(more[i].hex, body, sizeof(body)));
	}
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
