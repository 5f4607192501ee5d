/* Text as the engine takes it in, whole and byte by byte: the decoder of src/text says what it has to be, and
 * tests/unit/text holds that one against Unicode and another decoder. */
#include "../unit.h"
#include "text/props.h"
#include "text/text.h"
#include "vt/vt.h"

static struct vt *make(unsigned cols)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 2, .cols = (uint16_t)cols };

	return vt_create(&config, &none, NULL);
}

/* The first row's text. */
static size_t row_text(struct vt *vt, char *ret)
{
	struct vt_row row;
	size_t n = 0;

	assert_true(vt_row_get(vt, vt_dims(vt).physical_top, &row));
	for (unsigned x = 0; x < row.n; x++)
		if (row.cells[x].width != 0)
			n += vt_cell_text(vt, &row.cells[x], ret + n);
	return n;
}

/* What is to be seen of s; 0 when there is a control among it. */
static size_t expected(const char *s, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		uint32_t cp;

		at += text_utf8_decode(s + at, len - at, &cp);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return 0;
		/* Format characters are dropped. */
		unsigned class = TEXT_PROPS_CLASS(text_props(cp));
		if (text_width(cp) > 0 || class > TEXT_BREAK_CONTROL || class < TEXT_BREAK_CR)
			n += text_utf8_encode(cp, ret + n);
	}
	return n;
}

static void test_sequences(void **state)
{
	static const uint8_t edges[] = { 0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
		0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	struct vt *whole = make(20), *bytewise = make(20);
	size_t n = sizeof(edges), done = 0;
	char want[64], got[256];

	for (size_t i = 0; i < n * n * n * n; i++) {
		char s[] = { '\r', 'a', (char)edges[i / n / n / n], (char)edges[i / n / n % n], (char)edges[i / n % n],
			(char)edges[i % n], '|', 0x1b, '[', 'K' };
		size_t k = expected(s + 1, 6, want);

		if ((uint8_t)s[2] < 0xc2 || k == 0)
			continue;
		vt_write(whole, s, sizeof(s));
		if (row_text(whole, got) != k || memcmp(got, want, k) != 0)
			fail_msg("%02x %02x %02x %02x: got \"%.*s\"", (uint8_t)s[2], (uint8_t)s[3], (uint8_t)s[4],
			    (uint8_t)s[5], (int)k, got);
		for (size_t b = 0; b < sizeof(s); b++)
			vt_write(bytewise, s + b, 1);
		if (row_text(bytewise, got) != k || memcmp(got, want, k) != 0)
			fail_msg("%02x %02x %02x %02x byte by byte: got \"%.*s\"", (uint8_t)s[2], (uint8_t)s[3], (uint8_t)s[4],
			    (uint8_t)s[5], (int)k, got);
		done++;
	}
	assert_true(done > 100000);
	vt_destroy(whole);
	vt_destroy(bytewise);
}

/* Each code point that is printed has the cells that the table says, and its text. */
static void test_code_points(void **state)
{
	struct vt *vt = make(20);

	for (uint32_t cp = 0xa0; cp < 0x110000; cp++) {
		uint8_t props = text_props(cp);
		char s[16] = "\r\033[K", got[256];
		size_t n = 4;

		if ((cp >= 0xd800 && cp < 0xe000) || TEXT_PROPS_CLASS(props) >= TEXT_BREAK_CR)
			continue;
		n += text_utf8_encode(cp, s + n);
		vt_write(vt, s, n);
		unsigned width = text_width(cp) ? text_width(cp) : 1;
		if (vt_cursor(vt).x != width || row_text(vt, got) != n - 4 || memcmp(got, s + 4, n - 4) != 0)
			fail_msg("U+%04X: cursor in column %u", (unsigned)cp, vt_cursor(vt).x);
	}
	vt_destroy(vt);
}

/* A cluster keeps every code point while it has room, and has the width that src/text gives it. */
static void test_clusters(void **state)
{
	static const uint32_t marks[] = { 0x301, 0x20dd, 0x200d, 0xfe0f, 0xfe0e, 0x1f3fd, 0x903, 0x94d, 0x1f469, 0x915 };
	static const uint32_t bases[] = { 'e', 0x2764, 0x231a, 0x1f468, 0x1f1e6, 0x915, 0x1112, 0x4e00, 0x600, '1' };
	size_t n = sizeof(marks) / sizeof(marks[0]);
	struct vt *vt = make(40);

	for (size_t i = 0; i < 10 * n * n * n; i++) {
		uint32_t cps[] = { bases[i / n / n / n], marks[i / n / n % n], marks[i / n % n], marks[i % n] };
		char s[32], got[256];
		size_t len = 0, at = 0;
		struct vt_row row;

		for (size_t k = 0; k < 4; k++)
			len += text_utf8_encode(cps[k], s + len);
		vt_write(vt, "\r\033[K", 4);
		vt_write(vt, s, len);
		assert_true(vt_row_get(vt, vt_dims(vt).physical_top, &row));
		for (unsigned x = 0; at < len; x += row.cells[x].width) {
			size_t want = text_cluster_len(s + at, len - at);

			assert_true(x < row.n);
			assert_int_equal(vt_cell_text(vt, &row.cells[x], got), want);
			assert_memory_equal(got, s + at, want);
			if (row.cells[x].width != text_cluster_width(s + at, want))
				fail_msg("U+%04X U+%04X U+%04X U+%04X: %u cells", cps[0], cps[1], cps[2], cps[3], row.cells[x].width);
			at += want;
		}
	}
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_code_points),
		cmocka_unit_test(test_clusters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
