/* Frame headers, limits and compressed bodies. */
#include "../unit.h"

#include "golden.h"
#include "wire/compress.h"
#include "wire/prim.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static struct wire_arena arena;
static struct wire_pdu pdu;

static enum wire_status decode(const char *hex, size_t *taken)
{
	uint8_t bytes[512];
	size_t len = golden_hex(hex, bytes, sizeof(bytes)), unused;
	wire_arena_reset(&arena);
	return wire_decode(bytes, len, 44, taken ? taken : &unused, &pdu, &arena);
}

static void test_headers(void **state)
{
	static const struct { const char *hex; enum wire_status want; const char *what; } cases[] = {
		{ "", WIRE_MORE, "nothing" },
		{ "80", WIRE_MORE, "half a length" },
		{ "e6 80 80 80 80 80 80 80 80", WIRE_MORE, "a compressed length without its end" },
		{ "02", WIRE_MORE, "a length alone" },
		{ "02 01", WIRE_MORE, "no ident" },
		{ "02 01 01", WIRE_OK, "a ping" },
		{ "82 00 01 01", WIRE_BAD_FRAME, "a length with a byte too many" },
		{ "03 81 00 01", WIRE_BAD_FRAME, "a serial with a byte too many" },
		{ "03 01 81 00", WIRE_BAD_FRAME, "an ident with a byte too many" },
		{ "00", WIRE_BAD_FRAME, "length 0" },
		{ "01 01", WIRE_BAD_FRAME, "no room for the ident" },
		{ "01 80 01 01", WIRE_BAD_FRAME, "a serial that runs out of the frame" },
		{ "02 01 80 01", WIRE_BAD_FRAME, "an ident that runs out of the frame" },
		{ "ff ff ff ff ff ff ff ff ff 02", WIRE_BAD_FRAME, "a length over 64 bits" },
		{ "80 80 80 80 80 80 80 80 80 80 01", WIRE_BAD_FRAME, "a length of 11 bytes" },
		{ "95 80 80 20", WIRE_TOO_LARGE, "more than any frame" },
		{ "ff ff ff ff ff ff ff ff 7f", WIRE_TOO_LARGE, "the largest length" },
		{ "ff ff ff ff ff ff ff ff ff 01", WIRE_TOO_LARGE, "the largest compressed length" },
		{ "03 05 c8 01", WIRE_UNKNOWN, "ident 200" },
		{ "0b 05 ff ff ff ff ff ff ff ff ff 01", WIRE_UNKNOWN, "the largest ident" },
		{ "82 80 80 80 80 80 80 80 80 01 01 01", WIRE_BAD_ZSTD, "compressed nothing" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum wire_status got = decode(cases[i].hex, NULL);
		if (got != cases[i].want)
			fail_msg("%s: %s", cases[i].what, wire_status_text(got));
	}
}

/* The vector of the protocol's own tests: ident 0x81, serial 0x42, "hello". */
static void test_unknown_is_taken(void **state)
{
	size_t taken = 0;
	assert_int_equal(decode("08 42 81 01 68 65 6c 6c 6f 02 43 01", &taken), WIRE_UNKNOWN);
	assert_int_equal(taken, 9);
	assert_int_equal(pdu.serial, 0x42);
	assert_int_equal(pdu.ident, 0x81);
	assert_int_equal(decode("0b 05 81 80 80 80 80 80 80 80 80 01", &taken), WIRE_UNKNOWN);
	assert_int_equal(taken, 12);
	assert_true(pdu.ident == UINT32_MAX && pdu.serial == 5);
}

/* Several frames, fed byte by byte: each appears with its last byte. */
static void test_byte_by_byte(void **state)
{
	struct wire_buf stream = { 0 }, seen = { 0 };
	char text[1000];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	size_t ends[20];
	for (size_t i = 0; i < 20; i++) {
		struct wire_pdu p = { .ident = WIRE_SEND_PASTE, .serial = i * 100 };
		p.body.send_paste.data = (struct wire_str){ text, i * 50 };
		enum wire_compress how = i % 2 ? WIRE_COMPRESS_AUTO : WIRE_COMPRESS_NEVER;
		assert_int_equal(wire_encode(&p, 44, how, &stream), WIRE_OK);
		ends[i] = stream.len;
	}
	size_t frames = 0;
	for (size_t i = 0; i < stream.len; i++) {
		wire_out_u8(&seen, stream.data[i]);
		size_t taken = 0;
		enum wire_status status = wire_decode(seen.data, seen.len, 44, &taken, &pdu, &arena);
		assert_int_equal(status, i + 1 == ends[frames] ? WIRE_OK : WIRE_MORE);
		if (status == WIRE_MORE)
			continue;
		assert_int_equal(taken, seen.len);
		assert_int_equal(pdu.serial, frames * 100);
		assert_int_equal(pdu.body.send_paste.data.len, frames * 50);
		assert_memory_equal(pdu.body.send_paste.data.s, text, frames * 50);
		wire_buf_drop(&seen, taken);
		frames++;
	}
	assert_int_equal(frames, 20);
	wire_buf_fini(&stream);
	wire_buf_fini(&seen);
}

/* A frame around a body that is said to be compressed. */
static enum wire_status decode_packed(const void *packed, size_t len)
{
	struct wire_buf frame = { 0 };
	size_t taken;
	wire_out_uleb(&frame, UINT64_C(1) << 63 | (2 + len));
	wire_out_u8(&frame, 1);
	wire_out_u8(&frame, WIRE_WRITE_TO_PANE);
	wire_out_raw(&frame, packed, len);
	wire_arena_reset(&arena);
	enum wire_status status = wire_decode(frame.data, frame.len, 44, &taken, &pdu, &arena);
	wire_buf_fini(&frame);
	return status;
}

/* Body of a WriteToPane with n bytes of data. */
static struct wire_buf write_body(size_t n)
{
	struct wire_buf b = { 0 };
	wire_out_u8(&b, 0);
	wire_out_uleb(&b, n);
	wire_buf_reserve(&b, n);
	memset(b.data + b.len, 'x', n);
	b.len += n;
	return b;
}

/* As the real sender packs: streaming, so that the frame does not declare its size. */
static size_t pack_stream(const struct wire_buf *in, int window_log, void *out, size_t room)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	if (window_log)
		assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, window_log)));
	ZSTD_inBuffer from = { in->data, in->len, 0 };
	ZSTD_outBuffer to = { out, room, 0 };
	while (from.pos < from.size)
		assert_false(ZSTD_isError(ZSTD_compressStream2(ctx, &to, &from, ZSTD_e_continue)));
	assert_int_equal(ZSTD_compressStream2(ctx, &to, &(ZSTD_inBuffer){ 0 }, ZSTD_e_end), 0);
	ZSTD_freeCCtx(ctx);
	return to.pos;
}

static void test_compressed(void **state)
{
	uint8_t packed[64 << 10];
	static const size_t sizes[] = { 0, 10, 1000, 70000, 5 << 20 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct wire_buf b = write_body(sizes[i]);
		size_t n = pack_stream(&b, 0, packed, sizeof(packed));
		assert_int_equal(decode_packed(packed, n), WIRE_OK);
		assert_int_equal(pdu.body.write_to_pane.data.len, sizes[i]);
		n = ZSTD_compress(packed, sizeof(packed), b.data, b.len, 19);
		assert_int_equal(decode_packed(packed, n), WIRE_OK);
		assert_int_equal(pdu.body.write_to_pane.data.len, sizes[i]);
		wire_buf_fini(&b);
	}
}

static void test_bad_zstd(void **state)
{
	uint8_t packed[4096];
	struct wire_buf b = write_body(500);
	size_t n = pack_stream(&b, 0, packed, sizeof(packed) / 2);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(decode_packed(packed, cut), WIRE_BAD_ZSTD);
	memcpy(packed + n, packed, n);
	assert_int_equal(decode_packed(packed, 2 * n), WIRE_BAD_ZSTD); /* two frames */
	packed[n] = 0;
	assert_int_equal(decode_packed(packed, n + 1), WIRE_BAD_ZSTD); /* something behind */
	memcpy(packed, "\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
	assert_int_equal(decode_packed(packed, 12), WIRE_BAD_ZSTD);    /* a skippable frame */
	wire_buf_fini(&b);
}

static void test_window(void **state)
{
	uint8_t packed[4096];
	struct wire_buf b = write_body(500);
	assert_int_equal(decode_packed(packed, pack_stream(&b, 27, packed, sizeof(packed))), WIRE_OK);
	size_t n = pack_stream(&b, 27, packed, sizeof(packed));
	assert_int_equal(packed[5], (27 - 10) << 3); /* the window's byte, as RFC 8878 has it */
	packed[5] = (28 - 10) << 3;
	assert_int_equal(decode_packed(packed, n), WIRE_BAD_ZSTD);
	wire_buf_fini(&b);
}

/* 5,000 bytes that become 80 MB, with and without saying so; and one that lies. */
static void test_bombs(void **state)
{
	size_t room = 64 << 10;
	uint8_t *packed = malloc(room);
	assert_non_null(packed);
	struct wire_buf b = write_body(80 << 20);
	size_t n = ZSTD_compress(packed, room, b.data, b.len, 3);
	assert_false(ZSTD_isError(n));
	assert_int_equal(decode_packed(packed, n), WIRE_TOO_LARGE);
	n = pack_stream(&b, 0, packed, room);
	assert_int_equal(decode_packed(packed, n), WIRE_TOO_LARGE);
	assert_int_equal(arena.total, 0);
	wire_buf_fini(&b);
	free(packed);

	/* Declares 4 GB less one in a single segment, holds a raw block of one byte. */
	static const uint8_t liar[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0xff, 0xff, 0xff, 0xff, 0x09, 0, 0, 'x' };
	assert_int_equal(decode_packed(liar, sizeof(liar)), WIRE_TOO_LARGE);
	/* Declares 1 MB and a window of 128 MB, holds the same: costs nothing like it. */
	static const uint8_t modest[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x88, 0, 0, 0x10, 0, 0x09, 0, 0, 'x' };
	assert_int_equal(decode_packed(modest, sizeof(modest)), WIRE_BAD_ZSTD);
}

/* Compressed only over 32 bytes and when smaller. */
static void test_when_compressed(void **state)
{
	struct wire_buf out = { 0 };
	char text[4096];
	memset(text, 'x', sizeof(text));
	struct wire_pdu p = { .ident = WIRE_SEND_PASTE, .serial = 1, .body.send_paste = { 0, { text, 30 } } };
	assert_int_equal(wire_encode(&p, 44, WIRE_COMPRESS_AUTO, &out), WIRE_OK); /* a body of 32 bytes */
	assert_int_equal(out.data[0], 34);
	out.len = 0;
	p.body.send_paste.data.len = 31;
	assert_int_equal(wire_encode(&p, 44, WIRE_COMPRESS_AUTO, &out), WIRE_OK);
	assert_int_equal(out.data[9], 1);
	assert_true(out.len < 31);
	out.len = 0;
	assert_int_equal(wire_encode(&p, 44, WIRE_COMPRESS_NEVER, &out), WIRE_OK);
	assert_int_equal(out.data[0], 35);
	out.len = 0;
	uint32_t x = 1; /* noise does not shrink */
	for (size_t i = 0; i < sizeof(text); i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)(x >> 24);
	}
	p = (struct wire_pdu){ .ident = WIRE_WRITE_TO_PANE };
	p.body.write_to_pane.data = (struct wire_str){ text, sizeof(text) };
	assert_int_equal(wire_encode(&p, 44, WIRE_COMPRESS_AUTO, &out), WIRE_OK);
	assert_int_equal(out.len, sizeof(text) + 2 + 2 + 3);
	wire_buf_fini(&out);
}

/* A frame of exactly the limit works. */
static void test_largest(void **state)
{
	struct wire_buf out = { 0 };
	size_t n = WIRE_FRAME_MAX - 5, taken;
	char *data = calloc(n, 1);
	assert_non_null(data);
	struct wire_pdu p = { .ident = WIRE_WRITE_TO_PANE, .serial = 7 };
	p.body.write_to_pane.data = (struct wire_str){ data, n };
	for (enum wire_compress how = WIRE_COMPRESS_NEVER; how <= WIRE_COMPRESS_AUTO; how++) {
		out.len = 0;
		assert_int_equal(wire_encode(&p, 44, how, &out), WIRE_OK);
		wire_arena_reset(&arena);
		assert_int_equal(wire_decode(out.data, out.len, 44, &taken, &pdu, &arena), WIRE_OK);
		assert_int_equal(pdu.body.write_to_pane.data.len, n);
	}
	free(data);
	wire_buf_fini(&out);
}

static int teardown(void **state)
{
	wire_arena_reset(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers), cmocka_unit_test(test_unknown_is_taken),
		cmocka_unit_test(test_byte_by_byte), cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_bad_zstd), cmocka_unit_test(test_window),
		cmocka_unit_test(test_bombs), cmocka_unit_test(test_when_compressed),
		cmocka_unit_test(test_largest),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
