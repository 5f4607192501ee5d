/* Every body that the real programs sent: decodes to its last byte, encodes back
 * to the same bytes, and travels in frames with and without compression. */
#include "../unit.h"

#include "golden.h"
#include "wire/wire.h"

static struct golden golden;

static bool known(const struct golden_frame *f)
{
	return wire_ident_name(f->ident) != NULL;
}

static void each(void (*check)(const struct golden_frame *f, unsigned codec))
{
	for (size_t i = 0; i < golden.n; i++) {
		if (golden.frames[i].codec_42)
			check(&golden.frames[i], 42);
		if (golden.frames[i].codec_44)
			check(&golden.frames[i], 44);
	}
}

static void assert_same_body(const struct golden_frame *f, unsigned codec, const union wire_body *body)
{
	struct wire_buf out = { 0 };
	assert_int_equal(wire_encode_body(f->ident, body, codec, &out), WIRE_OK);
	if (out.len != f->len || (f->len && memcmp(out.data, f->body, f->len) != 0))
		fail_msg("%s of codec %u encodes to other bytes", wire_ident_name(f->ident), codec);
	wire_buf_fini(&out);
}

static void check_body(const struct golden_frame *f, unsigned codec)
{
	union wire_body body;
	struct wire_arena arena = { 0 };
	size_t used = 0;
	enum wire_status status = wire_decode_body(f->ident, f->body, f->len, codec, &body, &used, &arena);
	if (!known(f)) {
		assert_int_equal(status, WIRE_UNKNOWN);
		return;
	}
	if (status != WIRE_OK)
		fail_msg("%s of codec %u: %s", wire_ident_name(f->ident), codec, wire_status_text(status));
	assert_int_equal(used, f->len);
	assert_same_body(f, codec, &body);
	wire_arena_reset(&arena);
}

static void test_bodies(void **state)
{
	each(check_body);
}

static void check_compressed(const struct golden_frame *f, unsigned codec)
{
	if (!known(f))
		return;
	struct wire_pdu pdu = { .ident = f->ident, .serial = 300 }, again;
	struct wire_arena arena = { 0 }, arena_again = { 0 };
	assert_int_equal(wire_decode_body(f->ident, f->body, f->len, codec, &pdu.body, NULL, &arena), WIRE_OK);

	struct wire_buf plain = { 0 }, packed = { 0 };
	assert_int_equal(wire_encode(&pdu, codec, WIRE_COMPRESS_NEVER, &plain), WIRE_OK);
	assert_int_equal(wire_encode(&pdu, codec, WIRE_COMPRESS_AUTO, &packed), WIRE_OK);
	if (f->len <= 32)
		assert_int_equal(packed.len, plain.len);
	/* Smaller by the body; the flag makes the header up to nine bytes longer. */
	assert_true(packed.len <= plain.len + 9);

	size_t taken = 0;
	assert_int_equal(wire_decode(packed.data, packed.len, codec, &taken, &again, &arena_again), WIRE_OK);
	assert_int_equal(taken, packed.len);
	assert_int_equal(again.serial, 300);
	assert_int_equal(again.ident, f->ident);
	assert_same_body(f, codec, &again.body);
	wire_buf_fini(&plain);
	wire_buf_fini(&packed);
	wire_arena_reset(&arena);
	wire_arena_reset(&arena_again);
}

static void test_compressed(void **state)
{
	each(check_compressed);
}

/* The recordings are worth nothing when they do not hold what they should. */
static void test_coverage(void **state)
{
	bool seen[64] = { false };
	size_t n = 0;
	for (size_t i = 0; i < golden.n; i++)
		if (golden.frames[i].ident < 64)
			seen[golden.frames[i].ident] = true;
	for (size_t i = 0; i < 64; i++)
		n += seen[i];
	assert_int_equal(n, 52); /* all but the two about TLS */
	assert_true(golden.n > 2900);
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
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_compressed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
