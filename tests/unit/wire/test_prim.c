#include "../unit.h"

#include "golden.h"
#include "wire/prim.h"

#include <stdlib.h>
#include <string.h>

/* Input in memory of exactly its size, so that ASan sees an over-read. */
static struct wire_in input(const char *hex)
{
	uint8_t bytes[64];
	size_t len = golden_hex(hex, bytes, sizeof(bytes));
	uint8_t *data = malloc(len ? len : 1);
	assert_non_null(data);
	memcpy(data, bytes, len);
	return (struct wire_in){ data, len, 0 };
}

static void release(struct wire_in *in)
{
	free((void *)in->data);
}

static void check_uleb(uint64_t v, const char *hex)
{
	struct wire_in in = input(hex);
	uint64_t back;
	assert_true(wire_in_uleb_minimal(&in, &back));
	assert_true(back == v && in.pos == in.len);
	struct wire_buf out = { 0 };
	wire_out_uleb(&out, v);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	assert_int_equal(wire_uleb_size(v), in.len);
	wire_buf_fini(&out);
	release(&in);
}

static void check_sleb(int64_t v, const char *hex)
{
	struct wire_in in = input(hex);
	int64_t back;
	assert_true(wire_in_sleb(&in, INT64_MIN, INT64_MAX, &back));
	assert_true(back == v && in.pos == in.len);
	struct wire_buf out = { 0 };
	wire_out_sleb(&out, v);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	wire_buf_fini(&out);
	release(&in);
}

static void test_leb(void **state)
{
	check_uleb(0, "00");
	check_uleb(127, "7f");
	check_uleb(128, "80 01");
	check_uleb(300, "ac 02");
	check_uleb(16384, "80 80 01");
	check_uleb(UINT64_C(1) << 63 | 102, "e6 80 80 80 80 80 80 80 80 01");
	check_uleb(UINT64_MAX, "ff ff ff ff ff ff ff ff ff 01");
	check_sleb(0, "00");
	check_sleb(63, "3f");
	check_sleb(64, "c0 00");
	check_sleb(-1, "7f");
	check_sleb(-64, "40");
	check_sleb(-65, "bf 7f");
	check_sleb(3500, "ac 1b");
	check_sleb(-3500, "d4 64");
	check_sleb(INT64_MAX, "ff ff ff ff ff ff ff ff ff 00");
	check_sleb(INT64_MIN, "80 80 80 80 80 80 80 80 80 7f");
}

static void test_leb_refused(void **state)
{
	static const char *const bad[] = {
		"", "80", "ff ff", "ff ff ff ff ff ff ff ff ff", "ff ff ff ff ff ff ff ff ff 02",
		"80 80 80 80 80 80 80 80 80 80 00", "ff ff ff ff ff ff ff ff ff ff 01",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct wire_in in = input(bad[i]), again = in;
		uint64_t u;
		int64_t s;
		assert_false(wire_in_uleb(&in, UINT64_MAX, &u));
		assert_false(wire_in_sleb(&again, INT64_MIN, INT64_MAX, &s));
		assert_true(in.pos <= in.len && again.pos <= again.len);
		release(&in);
	}
	/* Longer than it must be: a value, but not a minimal one. */
	struct wire_in in = input("81 00"), again = in;
	uint64_t v;
	assert_true(wire_in_uleb(&in, UINT64_MAX, &v) && v == 1);
	assert_false(wire_in_uleb_minimal(&again, &v));
	release(&in);
}

static void test_ranges(void **state)
{
	struct wire_in in = input("80 02"), again = in;
	uint64_t u;
	int64_t s;
	assert_false(wire_in_uleb(&in, 255, &u));
	assert_true(wire_in_uleb(&again, 256, &u) && u == 256);
	release(&in);
	in = input("05");
	assert_false(wire_in_uleb(&in, 4, &u));
	release(&in);
	in = again = input("c0 00");
	assert_false(wire_in_sleb(&in, -100, 63, &s));
	assert_true(wire_in_sleb(&again, -100, 64, &s) && s == 64);
	release(&in);
}

static void test_raw(void **state)
{
	struct wire_in in = input("01 02 03");
	const uint8_t *p;
	float f;
	assert_false(wire_in_raw(&in, 4, &p));
	assert_false(wire_in_f32(&in, &f));
	assert_int_equal(in.pos, 0);
	assert_true(wire_in_raw(&in, 3, &p) && p == in.data);
	assert_false(wire_in_raw(&in, 1, &p));
	assert_false(wire_in_raw(&in, SIZE_MAX, &p));
	release(&in);
}

/* A NaN keeps its payload, so bytes that decode encode to themselves. */
static void test_f32(void **state)
{
	static const char *const values[] = { "00 00 80 3f", "01 00 a0 7f", "ff ff ff ff", "00 00 00 80" };
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct wire_in in = input(values[i]);
		float f;
		assert_true(wire_in_f32(&in, &f));
		struct wire_buf out = { 0 };
		wire_out_f32(&out, &f);
		assert_memory_equal(out.data, in.data, 4);
		wire_buf_fini(&out);
		release(&in);
	}
}

static void test_utf8(void **state)
{
	static const char *const good[] = {
		"", "41", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ee 80 80", "ef bf bf", "f0 90 80 80", "f4 8f bf bf",
		"41 41 41 41 41 41 41 41 41 e4 b8 ad 41 41 41 41 41 41 41 41 41",
	};
	static const char *const bad[] = {
		"80", "bf", "c0 80", "c1 bf", "c2", "c2 41", "e0 9f bf", "e0 a0", "ed a0 80", "ed bf bf", "f0 8f bf bf",
		"f4 90 80 80", "f5 80 80 80", "ff", "f0 90 80", "e4 b8 41", "41 41 41 41 41 41 41 80",
		"41 41 41 41 41 41 41 41 e4",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct wire_in in = input(good[i]);
		if (!wire_utf8_valid(in.data, in.len))
			fail_msg("%s is valid", good[i]);
		release(&in);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct wire_in in = input(bad[i]);
		if (wire_utf8_valid(in.data, in.len))
			fail_msg("%s is not valid", bad[i]);
		release(&in);
	}
}

static void test_buf(void **state)
{
	struct wire_buf b = { 0 };
	wire_buf_drop(&b, 3);
	for (unsigned i = 0; i < 1000; i++)
		wire_out_u8(&b, (uint8_t)i);
	wire_buf_drop(&b, 250);
	assert_int_equal(b.len, 750);
	assert_int_equal(b.data[0], 250);
	assert_int_equal(b.data[749], 999 & 255);
	wire_buf_drop(&b, 5000);
	assert_int_equal(b.len, 0);
	wire_buf_fini(&b);
	assert_null(b.data);
}

static void test_arena(void **state)
{
	struct wire_arena a = { 0 };
	for (size_t i = 1; i < 3000; i++) {
		uint8_t *p = wire_arena_alloc(&a, i);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_int_equal(p[0] | p[i - 1], 0);
		memset(p, 0xff, i);
		struct wire_str s = wire_arena_str(&a, "abc", 3);
		assert_string_equal(s.s, "abc");
		assert_int_equal(s.len, 3);
	}
	assert_null(wire_arena_alloc(&a, WIRE_ARENA_MAX));
	assert_null(wire_arena_alloc(&a, SIZE_MAX));
	assert_null(wire_arena_str(&a, "", WIRE_ARENA_MAX).s);
	assert_true(a.total <= WIRE_ARENA_MAX);
	wire_arena_reset(&a);
	assert_true(a.head == NULL && a.total == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb), cmocka_unit_test(test_leb_refused),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_raw), cmocka_unit_test(test_f32),
		cmocka_unit_test(test_utf8), cmocka_unit_test(test_buf), cmocka_unit_test(test_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
