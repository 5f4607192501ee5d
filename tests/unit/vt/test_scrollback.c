/* Kept rows, held against rows that were never kept: one terminal is so tall that nothing
 * printed leaves its screen, the other keeps all but two rows. Whatever is printed, in
 * whatever size, each row reads the same in both, before and after it was compressed. */
#include "../unit.h"
#include "base/mem.h"
#include "base/str.h"
#include "text/text.h"
#include "vt/internal.h"
#include "vt/snapshot.h"
#include "vt/vt.h"

static const struct vt_callbacks none;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* Both begin at the bottom, so that they scroll at the same time: that colours the new row. */
static struct vt *make(unsigned rows, unsigned cols)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 100000 };
	struct vt *vt = vt_create(&config, &none, NULL);

	vt_write(vt, "\033[9999H", 7);
	return vt;
}

/* ---- what is printed --------------------------------------------------------------- */

static void put_color(struct str *s, unsigned base)
{
	switch (rnd(4)) {
	case 0: str_printf(s, "\033[%um", base + 9); break;
	case 1: str_printf(s, "\033[%u;5;%um", base + 8, rnd(256)); break;
	default: str_printf(s, "\033[%u;2;%u;%u;%um", base + 8, rnd(256), rnd(256), rnd(256)); break;
	}
}

static void put_style(struct str *s)
{
	switch (rnd(8)) {
	case 0: str_puts(s, "\033[m"); break;
	case 1: str_printf(s, "\033[%um", 1 + rnd(9)); break;
	case 2: str_printf(s, "\033[%um", 31 + rnd(4)); break;
	case 3: str_printf(s, "\033[58;5;%u;4m", rnd(256)); break;
	case 4: str_printf(s, "\033]8;;https://example.org/%u\033\\", rnd(5)); break;
	case 5: str_puts(s, "\033]8;;\033\\"); break;
	case 6: put_color(s, 30); break;
	default: put_color(s, 40); break;
	}
}

/* A picture made of text: each cell has colours of its own. */
static void put_picture(struct str *s)
{
	for (unsigned i = 0, n = rnd(150); i < n; i++) {
		if (rnd(4))
			put_color(s, 30);
		if (rnd(4))
			put_color(s, 40);
		str_puts(s, rnd(2) ? "\u2580" : "x");
	}
}

static void put_text(struct str *s)
{
	static const char *const clusters[] = { "e\u0301", "\u2764\ufe0f",
		"\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u270a\ufe0e", "\u0e01\u0e33", "\u0915\u094d\u0937" };

	switch (rnd(6)) {
	case 0:
	case 1:
	case 2:
		for (unsigned i = 0, n = rnd(60); i < n; i++)
			str_putc(s, (char)(0x20 + rnd(95)));
		break;
	case 3:
		for (unsigned i = 0, n = rnd(40); i < n; i++) {
			char utf8[4];

			str_add(s, utf8, text_utf8_encode(rnd(3) ? 0x4e00 + rnd(0x2000) : 0xa1 + rnd(0x200), utf8));
		}
		break;
	case 4:
		for (unsigned i = 0, n = rnd(10); i < n; i++)
			str_puts(s, clusters[rnd(ARRAY_LEN(clusters))]);
		break;
	default: str_printf(s, "%*s", (int)rnd(30), ""); break;
	}
}

/* Nothing in it depends on the height of the screen. */
static void put_lines(struct str *s, unsigned lines)
{
	while (lines > 0) {
		switch (rnd(13)) {
		case 12:
			switch (rnd(4)) {
			case 0: str_puts(s, "\033]133;A\a"); break;
			case 1: str_puts(s, "\033]1337;SetMark\a"); break;
			case 2: str_printf(s, "\033[?2027%c", rnd(4) ? 'h' : 'l'); break;
			default: str_printf(s, "\033#%u", 5 + rnd(2)); break;
			}
			break;
		case 0:
		case 1:
		case 2: put_text(s); break;
		case 3:
		case 4: put_style(s); break;
		case 5: str_puts(s, "\033[K"); break;
		case 6: str_printf(s, "\033[%uC", 1 + rnd(20)); break;
		case 7: str_printf(s, "\033[%uG", 1 + rnd(30)); break;
		case 8: str_printf(s, "\033[%uX", 1 + rnd(30)); break;
		case 9:
			if (rnd(8) == 0)
				put_picture(s);
			break;
		default:
			str_puts(s, "\r\n");
			lines--;
			break;
		}
	}
}

/* ---- comparing ------------------------------------------------------------------------ */

static void same_style(struct vt *a, uint16_t a_style, struct vt *b, uint16_t b_style)
{
	const struct vt_style *p = vt_style_get(a, a_style), *q = vt_style_get(b, b_style);
	struct vt_link u = { "", "" }, v = { "", "" };

	assert_int_equal(p->attrs, q->attrs);
	assert_int_equal(p->fg, q->fg);
	assert_int_equal(p->bg, q->bg);
	assert_int_equal(p->underline, q->underline);
	vt_link_get(a, p->link, &u);
	vt_link_get(b, q->link, &v);
	assert_string_equal(u.uri, v.uri);
}

static void same_cell(struct vt *a, const struct vt_cell *p, struct vt *b, const struct vt_cell *q)
{
	char s[VT_CLUSTER_BYTES_MAX], t[VT_CLUSTER_BYTES_MAX];

	assert_int_equal(p->width, q->width);
	same_style(a, p->style, b, q->style);
	if (p->width == 0)
		return;
	size_t n = vt_cell_text(a, p, s);
	assert_int_equal(n, vt_cell_text(b, q, t));
	assert_memory_equal(s, t, n);
}

static void same_row(struct vt *a, int64_t a_index, struct vt *b, int64_t b_index)
{
	struct vt_row r, s;
	const struct vt_cell blank = { .width = 1 };

	assert_true(vt_row_get(a, a_index, &r));
	assert_true(vt_row_get(b, b_index, &s));
	assert_int_equal(r.wrapped, s.wrapped);
	assert_int_equal(r.line_attr, s.line_attr);
	assert_int_equal(r.marks, s.marks);
	for (unsigned x = 0; x < MAX(r.n, s.n); x++)
		same_cell(a, x < r.n ? &r.cells[x] : &blank, b, x < s.n ? &s.cells[x] : &blank);
}

/* From the bottom up, as far as the smaller screen has rows. */
static void same(struct vt *tall, struct vt *flat)
{
	struct vt_dims d = vt_dims(tall), e = vt_dims(flat);
	int64_t by = d.physical_top + d.rows - e.physical_top - e.rows;

	assert_int_equal(vt_cursor(tall).y, vt_cursor(flat).y + by);
	assert_int_equal(vt_cursor(tall).x, vt_cursor(flat).x);
	for (int64_t y = e.scrollback_top; y < e.physical_top + e.rows; y++)
		same_row(tall, y + by, flat, y);
}

/* Rows printed so far; the tall screen must have room for them. */
static int64_t rows_printed(struct vt *flat)
{
	return vt_dims(flat).physical_top;
}

static void feed(struct vt *tall, struct vt *flat, unsigned lines)
{
	cleanup_str struct str s = STR_INIT;

	put_lines(&s, lines);
	vt_write(tall, s.s, s.len);
	vt_write(flat, s.s, s.len);
}

static void compact(struct vt *vt)
{
	while (vt_compact(vt))
		;
}

static struct vt *restored(struct vt *vt)
{
	struct vt_config config = { .scrollback_lines = 100000 };
	enum vt_snapshot_error error;
	size_t len;
	cleanup_free uint8_t *bytes = vt_snapshot_bytes(vt, 0, &len, &error);
	struct vt *ret = vt_snapshot_read(bytes, len, &config, &none, NULL, 0, &error);

	assert_int_equal(error, VT_SNAPSHOT_OK);
	vt_destroy(vt);
	return ret;
}

static void test_rows_read_the_same(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		seed = 0x9e3779b97f4a7c15ull + round;
		unsigned cols = round % 4 ? 1 + rnd(120) : 80;
		struct vt *tall = make(VT_ROWS_MAX, cols), *flat = make(2, cols);

		feed(tall, flat, cols < 20 ? 60 : 300);
		same(tall, flat);
		flat = restored(flat);
		same(tall, flat);
		compact(flat);
		same(tall, flat);
		flat = restored(flat);
		feed(tall, flat, 30);
		same(tall, flat);
		vt_destroy(tall);
		vt_destroy(flat);
	}
}

/* Rows of the screen are rewrapped cell by cell, kept ones as text. */
static void test_reflow_is_the_same(void **state)
{
	for (unsigned round = 0; round < 40; round++) {
		seed = 0x2545f4914f6cdd1dull + round;
		struct vt *tall = make(VT_ROWS_MAX, 80), *flat = make(2, 80);
		unsigned cols = 80;

		for (unsigned k = 0; k < 12; k++) {
			feed(tall, flat, rnd(40));
			if (rnd(3) == 0)
				compact(flat);
			unsigned next = 1 + rnd(k % 2 ? 160 : 40);

			/* What is one row may become as many as it has columns. */
			if (rows_printed(flat) * cols / next >= VT_ROWS_MAX)
				continue;
			cols = next;
			vt_resize(tall, VT_ROWS_MAX, (uint16_t)cols, 0, 0);
			vt_resize(flat, 2, (uint16_t)cols, 0, 0);
			same(tall, flat);
		}
		vt_destroy(tall);
		vt_destroy(flat);
	}
}

/* There and back, without colours: blanks at the end of a line do not wrap, so theirs may be lost. */
static void test_there_and_back(void **state)
{
	static const uint16_t widths[] = { 40, 80, 37, 200, 80, 2, 80 };
	cleanup_str struct str s = STR_INIT;

	seed = 88172645463325252ull;
	for (unsigned i = 0; i < 400; i++) {
		put_text(&s);
		if (rnd(2))
			str_puts(&s, ".\r\n");
	}
	struct vt *vt = make(10, 80), *stays = make(10, 80);
	vt_write(vt, s.s, s.len);
	vt_write(stays, s.s, s.len);
	for (unsigned i = 0; i < ARRAY_LEN(widths); i++) {
		vt_resize(vt, 10, widths[i], 0, 0);
		if (widths[i] == 80)
			same(stays, vt);
	}
	vt_destroy(vt);
	vt_destroy(stays);
}

/* Wide characters in one column get the second back. */
static void test_one_column(void **state)
{
	static const char text[] = "a\u4e2d\u6587b\U0001f600\r\n\u4e2dx\r\n1\r\n2\r\n3";
	struct vt *vt = make(2, 80), *stays = make(2, 80);

	vt_write(vt, text, sizeof(text) - 1);
	vt_write(stays, text, sizeof(text) - 1);
	vt_resize(vt, 2, 1, 0, 0);
	assert_int_equal(vt_dims(vt).physical_top, vt_dims(stays).physical_top + 5);
	vt_resize(vt, 2, 80, 0, 0);
	same(stays, vt);
	vt_destroy(vt);
	vt_destroy(stays);
}

/* A style that is not used again costs its colours and no more. */
static void test_many_colours_are_small(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = 100000, .scrollback_bytes = 500000 };
	struct vt *vt = vt_create(&config, &none, NULL);

	seed = 88172645463325252ull;
	for (unsigned y = 0; y < 1024; y++) {
		for (unsigned x = 0; x < 79; x++)
			str_printf(&s, "\033[38;2;%u;%u;%umx", rnd(256), rnd(256), rnd(256));
		str_puts(&s, "\r\n");
	}
	vt_write(vt, s.s, s.len);
	/* 79 characters, 79 colours of 3 bytes, an index of 8 and what a row has besides; a table
	 * of styles would make it 2,200 a row, and then these rows were not all there. */
	assert_int_equal(vt_dims(vt).scrollback_top, 0);
	assert_int_equal(vt_dims(vt).physical_top, 1001);
	vt_destroy(vt);
}

/* Bytes of a block that are not what the engine writes are told before they are read. */
static void test_damaged_rows(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct vt *vt = make(2, 60);
	unsigned fine = 0;

	seed = 88172645463325252ull;
	for (unsigned i = 0; i < 100; i++)
		str_printf(&s, "\033[38;5;%umx", i);
	put_lines(&s, 10);
	for (unsigned i = 0; i < 5; i++) {
		put_picture(&s);
		str_puts(&s, "\033[m\r\n");
	}
	str_puts(&s, "\033[1;38;2;1;2;3mabc\033[48;5;9md\033[48;5;10m\u4e2d\u4e2de\u0301\r\n\n\n");
	vt_write(vt, s.s, s.len);
	assert_int_equal(vt->sb.n, 1);
	struct vt_sb_block *b = vt->sb.blocks[vt->sb.head];
	uint8_t *was = b->data;
	bool memory;
	assert_true(vt_sb_block_check(b, &memory));
	for (uint32_t at = 0; at < b->len; at++) {
		static const uint8_t values[] = { 0, 1, 2, 16, 31, 0x7f, 0x80, 0xfe, 0xff };

		for (unsigned v = 0; v < ARRAY_LEN(values); v++) {
			/* Memory of exactly this size, so that a sanitizer sees what is read beyond it. */
			b->data = xmalloc(b->len);
			memcpy(b->data, was, b->len);
			b->data[at] = values[v];
			if (vt_sb_block_check(b, &memory)) {
				fine++;
				for (uint32_t i = 0; i < b->n; i++) {
					struct vt_cell cells[VT_COLS_MAX];
					struct vt_row row;
					uint16_t n;

					vt_sb_block_read(vt, b, i, cells, &n, &row);
					assert_in_range(row.n, 0, b->widest);
				}
			}
			free(b->data);
		}
	}
	b->data = was;
	assert_in_range(fine, 1, b->len * 5);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_read_the_same),
		cmocka_unit_test(test_reflow_is_the_same),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_one_column),
		cmocka_unit_test(test_many_colours_are_small),
		cmocka_unit_test(test_damaged_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
