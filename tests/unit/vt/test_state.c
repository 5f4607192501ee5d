/* What scripts cannot say: sequence numbers of writes, limits, reading two rows, many styles. */
#include "../unit.h"
#include "vt/vt.h"

static const struct vt_callbacks none;

static struct vt *make(unsigned rows, unsigned cols, uint32_t lines, size_t bytes)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = lines,
		.scrollback_bytes = bytes };

	return vt_create(&config, &none, NULL);
}

static void put(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

static void test_seqno(void **state)
{
	struct vt *vt = make(4, 10, 10, 0);

	assert_int_equal(vt_seqno(vt), 1);
	put(vt, "abc\r\ndef");
	assert_int_equal(vt_seqno(vt), 2);
	put(vt, "\033[");               /* nothing yet */
	put(vt, "6n");                  /* only asks */
	put(vt, "");
	assert_int_equal(vt_seqno(vt), 2);
	put(vt, "\033[H");
	assert_int_equal(vt_seqno(vt), 3);
	vt_resize(vt, 4, 10, 0, 0);
	assert_int_equal(vt_seqno(vt), 3);
	vt_resize(vt, 4, 11, 0, 0);
	assert_int_equal(vt_seqno(vt), 4);
	vt_erase_scrollback(vt, true);
	assert_int_equal(vt_seqno(vt), 5);
	vt_reset(vt);
	assert_int_equal(vt_seqno(vt), 6);
	vt_destroy(vt);
}

static void test_sizes_are_clamped(void **state)
{
	struct vt *vt = make(0, 65535, 0, 0);

	assert_int_equal(vt_dims(vt).rows, 1);
	assert_int_equal(vt_dims(vt).cols, VT_COLS_MAX);
	vt_resize(vt, 65535, 0, 0, 0);
	assert_int_equal(vt_dims(vt).rows, VT_ROWS_MAX);
	assert_int_equal(vt_dims(vt).cols, 1);
	vt_destroy(vt);
}

static void test_rows_that_do_not_exist(void **state)
{
	struct vt *vt = make(2, 10, 2, 0);
	struct vt_row row;

	put(vt, "1\r\n2\r\n3\r\n4\r\n5");
	assert_false(vt_row_get(vt, 0, &row));
	assert_true(vt_row_get(vt, 1, &row));
	assert_true(vt_row_get(vt, 4, &row));
	assert_false(vt_row_get(vt, 5, &row));
	assert_false(vt_row_get(vt, -1, &row));
	vt_destroy(vt);
}

static void test_two_rows_are_held(void **state)
{
	struct vt *vt = make(2, 10, 10, 0);
	struct vt_row a, b;

	put(vt, "first\r\nsecond\r\n\r\n");
	assert_true(vt_row_get(vt, 0, &a));
	assert_true(vt_row_get(vt, 1, &b));
	assert_int_equal(a.cells[0].text, 'f');
	assert_int_equal(b.cells[0].text, 's');
	vt_destroy(vt);
}

static void test_changed_counts_all(void **state)
{
	struct vt *vt = make(4, 10, 100, 0);
	int64_t rows[2];

	put(vt, "1\r\n2\r\n3\r\n4\r\n5\r\n6");
	assert_int_equal(vt_rows_changed(vt, 1, 0, 6, rows, 2), 6);
	assert_int_equal(rows[0], 0);
	assert_int_equal(rows[1], 1);
	assert_int_equal(vt_rows_changed(vt, 1, 1, 3, rows, 2), 2);
	assert_int_equal(rows[0], 1);
	assert_int_equal(vt_rows_changed(vt, 1, 6, 99, rows, 2), 0);
	vt_destroy(vt);
}

/* Rows that change late and leave the screen late must be found in the scrollback. */
static void test_changed_in_scrollback(void **state)
{
	struct vt *vt = make(4, 10, 100000, 0);
	int64_t rows[4];

	for (unsigned i = 0; i < 9000; i++)
		put(vt, "line\r\n");
	put(vt, "\033[H*\033[4;1H");
	uint64_t since = vt_seqno(vt) - 1;
	int64_t starred = vt_dims(vt).physical_top;
	put(vt, "\n\n\n\n\n\n");
	assert_true(starred < vt_dims(vt).physical_top);
	size_t n = vt_rows_changed(vt, since, 0, vt_dims(vt).physical_top, rows, 4);
	assert_true(n >= 1);
	assert_int_equal(rows[0], starred);
	vt_destroy(vt);
}

static void test_scrollback_bytes(void **state)
{
	struct vt *vt = make(4, 80, 1000000, 300000);

	for (unsigned i = 0; i < 100000; i++)
		put(vt, "a line of some length, so that there is something to keep in memory\r\n");
	struct vt_dims d = vt_dims(vt);
	int64_t kept = d.physical_top - d.scrollback_top;
	assert_true(kept > 1500 && kept < 6000);
	vt_destroy(vt);
}

/* Compressing changes nothing: rows read the same, by turns and after a resize and back. */
static void test_compact(void **state)
{
	struct vt *plain = make(4, 80, 100000, 0), *packed = make(4, 80, 100000, 0);

	for (unsigned i = 0; i < 20000; i++) {
		char s[120];

		snprintf(s, sizeof(s), "\033[3%um%u\033[m some text that compresses well e\u0301 \u65e5\r\n", i % 8,
		    i);
		put(plain, s);
		put(packed, s);
		if (i % 1000 == 0)
			while (vt_compact(packed))
				;
	}
	for (unsigned round = 0; round < 3; round++) {
		static const uint16_t widths[] = { 80, 20, 100 };
		struct vt_row a, b;

		vt_resize(plain, 4 + round, widths[round], 0, 0);
		vt_resize(packed, 4 + round, widths[round], 0, 0);
		struct vt_dims d = vt_dims(plain);
		assert_int_equal(d.physical_top, vt_dims(packed).physical_top);
		for (int64_t i = 0; i < 5000; i++) {
			int64_t row = d.scrollback_top + i * 7919 % (d.physical_top - d.scrollback_top);

			assert_true(vt_row_get(plain, row, &a) && vt_row_get(packed, row, &b));
			assert_int_equal(a.n, b.n);
			for (unsigned x = 0; x < a.n; x++) {
				char s[VT_CLUSTER_BYTES_MAX], t[VT_CLUSTER_BYTES_MAX];
				size_t n = vt_cell_text(plain, &a.cells[x], s);

				assert_int_equal(n, vt_cell_text(packed, &b.cells[x], t));
				assert_memory_equal(s, t, n);
				assert_int_equal(vt_style_get(plain, a.cells[x].style)->fg,
				    vt_style_get(packed, b.cells[x].style)->fg);
			}
		}
		while (vt_compact(packed))
			;
	}
	/* All of it comes back onto a screen that is high enough, and goes away again. */
	put(packed, "\033[3J");
	for (unsigned i = 0; i < 3000; i++)
		put(packed, "0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
	while (vt_compact(packed))
		;
	vt_resize(packed, 1500, 100, 0, 0);
	put(packed, "x\r\n");
	vt_resize(packed, 5, 100, 0, 0);
	struct vt_row row;
	assert_true(vt_row_get(packed, vt_dims(packed).physical_top - 100, &row));
	assert_int_equal(row.n, 70);
	vt_destroy(plain);
	vt_destroy(packed);
}

/* More styles than there are numbers: those on the screen stay right. */
static void test_styles_run_out(void **state)
{
	struct vt *vt = make(4, 100, 1000, 0);
	char s[64];
	struct vt_row row;

	for (unsigned i = 0; i < 200000; i++) {
		snprintf(s, sizeof(s), "\033[38;2;%u;%u;%umx", i >> 16, i >> 8 & 255, i & 255);
		put(vt, s);
	}
	struct vt_dims d = vt_dims(vt);
	assert_true(vt_row_get(vt, d.physical_top + 3, &row));
	assert_int_equal(vt_style_get(vt, row.cells[row.n - 1].style)->fg,
	    VT_COLOR_RGB(199999 >> 16, 199999 >> 8 & 255, 199999 & 255));
	/* A row long gone from the screen, too: 100 cells of 100 colours. */
	assert_true(vt_row_get(vt, d.scrollback_top, &row));
	unsigned first = (unsigned)d.scrollback_top * 100;
	for (unsigned x = 0; x < row.n; x++)
		assert_int_equal(vt_style_get(vt, row.cells[x].style)->fg,
		    VT_COLOR_RGB((first + x) >> 16, (first + x) >> 8 & 255, (first + x) & 255));
	vt_destroy(vt);
}

/* And really more on the screen at once: colours get coarse, nothing breaks. */
static void test_styles_all_on_screen(void **state)
{
	struct vt *vt = make(300, 300, 0, 0);
	char s[64];
	struct vt_row row;

	for (unsigned i = 0; i < 90000; i++) {
		snprintf(s, sizeof(s), "\033[38;2;%u;%u;%umx", i >> 16, i >> 8 & 255, i & 255);
		put(vt, s);
	}
	assert_true(vt_row_get(vt, vt_dims(vt).physical_top, &row));
	assert_int_equal(vt_style_get(vt, row.cells[5].style)->fg, VT_COLOR_RGB(0, 0, 5));
	assert_true(vt_row_get(vt, vt_dims(vt).physical_top + 299, &row));
	assert_int_equal(vt_style_get(vt, row.cells[0].style)->fg & 0xffe0e0e0u,
	    VT_COLOR_RGB(89700 >> 16, 89700 >> 8 & 255, 89700 & 255) & 0xffe0e0e0u);
	vt_destroy(vt);
}

/* Clusters come and go; those on the screen stay. */
static void test_clusters_are_swept(void **state)
{
	struct vt *vt = make(4, 10, 0, 0);
	char s[32], text[VT_CLUSTER_BYTES_MAX];
	struct vt_row row;

	put(vt, "k\u0301\r\n");
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(s, sizeof(s), "\033[2;1Ha%c%c%c%c", 0xcc, 0x80 + i % 0x30, 0xcc,
		    (int)(0x80 + i / 0x30 % 0x30));
		put(vt, s);
	}
	assert_true(vt_row_get(vt, vt_dims(vt).physical_top, &row));
	assert_int_equal(vt_cell_text(vt, &row.cells[0], text), 3);
	assert_memory_equal(text, "k\u0301", 3);
	vt_destroy(vt);
}

static void test_palette(void **state)
{
	struct vt *vt = make(4, 10, 0, 0);
	uint32_t palette[VT_PALETTE_COUNT] = { [5] = 0x123456 };

	assert_false(vt_palette_changed(vt));
	put(vt, "\033]4;1;#ffffff\a");
	assert_true(vt_palette_changed(vt));
	vt_palette_set_default(vt, palette);
	assert_int_equal(vt_palette_get(vt, 5), 0x123456);
	assert_int_equal(vt_palette_get(vt, 1), 0xffffff);
	put(vt, "\033]104\a");
	assert_int_equal(vt_palette_get(vt, 1), 0);
	assert_false(vt_palette_changed(vt));
	assert_int_equal(vt_palette_get(vt, 9999), 0);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seqno),
		cmocka_unit_test(test_sizes_are_clamped),
		cmocka_unit_test(test_rows_that_do_not_exist),
		cmocka_unit_test(test_two_rows_are_held),
		cmocka_unit_test(test_changed_counts_all),
		cmocka_unit_test(test_changed_in_scrollback),
		cmocka_unit_test(test_scrollback_bytes),
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_styles_run_out),
		cmocka_unit_test(test_styles_all_on_screen),
		cmocka_unit_test(test_clusters_are_swept),
		cmocka_unit_test(test_palette),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
