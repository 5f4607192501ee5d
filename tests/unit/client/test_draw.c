/* What draw.c writes is read by the real engine and compared with what was wanted. */
#include "../unit.h"

#include "base/mem.h"
#include "client/draw.h"
#include "vt/vt.h"
#include "wire/modes.h"

#include <string.h>

/* cell.h repeats numbers that it may not include. */
#define SAME(name) _Static_assert((int)name == (int)VT_##name, "as in vt.h")
SAME(ATTR_INTENSITY);
SAME(ATTR_UNDERLINE);
SAME(ATTR_BLINK);
SAME(ATTR_OVERLINE);
SAME(ATTR_VALIGN);

static const struct vt_callbacks no_callbacks;

static struct vt *terminal(size_t rows, size_t cols)
{
	struct vt_config c = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 10,
		.term_program = "test 1" };
	return vt_create(&c, &no_callbacks, NULL);
}

static size_t frame(struct draw *d, const struct pool *pool, struct vt *vt)
{
	cleanup_str struct str out = STR_INIT;
	draw_frame(d, pool, &out);
	vt_write(vt, out.s, out.len);
	assert_false(vt_sync_pending(vt));
	return out.len;
}

static void expect_cell(const struct pool *pool, struct vt *vt, const struct vt_row *row, size_t x,
    const struct cell *want)
{
	static const struct vt_cell vt_blank = { .width = 1 };
	static const struct vt_style plain;
	const struct vt_cell *got = x < row->n ? &row->cells[x] : &vt_blank;
	const struct vt_style *style = x < row->n ? vt_style_get(vt, got->style) : &plain;
	if (want->width == 0) {
		assert_int_equal(got->width, 0);
		return;
	}
	char text[VT_CLUSTER_BYTES_MAX], buf[5];
	size_t len = vt_cell_text(vt, got, text);
	const char *wanted = cell_text(pool, want, buf);
	if (len != strlen(wanted) || memcmp(text, wanted, len) != 0)
		fail_msg("column %zu: \"%.*s\", wanted \"%s\"", x, (int)len, text, wanted);
	assert_int_equal(got->width, want->width);
	assert_int_equal(style->attrs & ATTR_DRAWN, want->attrs);
	assert_int_equal(style->fg, want->fg);
	assert_int_equal(style->bg, want->bg);
	assert_int_equal(style->underline, want->underline);
	struct vt_link link;
	bool has = style->link && vt_link_get(vt, style->link, &link);
	assert_int_equal(has, want->link != 0);
	if (has)
		assert_string_equal(link.uri, strchr(pool_get(pool, want->link), ';') + 1);
}

static void expect_screen(const struct pool *pool, struct vt *vt, const struct cell *want, size_t rows,
    size_t cols)
{
	int64_t top = vt_dims(vt).physical_top;
	assert_int_equal(top, 0);       /* nothing scrolled */
	for (size_t y = 0; y < rows; y++) {
		struct vt_row row;
		assert_true(vt_row_get(vt, (int64_t)y, &row));
		for (size_t x = 0; x < cols; x++)
			expect_cell(pool, vt, &row, x, &want[y * cols + x]);
	}
}

/* ---- random screens ---- */

static uint32_t seed = 1;
static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static uint32_t random_color(void)
{
	switch (rnd(4)) {
	case 0: return COLOR_PALETTE(rnd(256));
	case 1: return COLOR_RGB(rnd(0x1000000));
	default: return COLOR_DEFAULT;
	}
}

static struct cell random_style(struct pool *pool)
{
	struct cell c = CELL_BLANK;
	if (rnd(2))
		return c;
	c.fg = random_color();
	c.bg = random_color();
	c.underline = rnd(4) ? COLOR_DEFAULT : random_color();
	c.attrs = rnd(ATTR_DRAWN + 1) & ATTR_DRAWN;
	/* values that do not exist */
	if ((c.attrs & ATTR_INTENSITY) == 3)
		c.attrs &= ~1u;
	if ((c.attrs & ATTR_UNDERLINE) >> ATTR_UNDERLINE_SHIFT > 5)
		c.attrs &= ~ATTR_UNDERLINE;
	if ((c.attrs & ATTR_BLINK) == ATTR_BLINK)
		c.attrs &= ~ATTR_BLINK_SLOW;
	if ((c.attrs & ATTR_VALIGN) == ATTR_VALIGN)
		c.attrs &= ~ATTR_VALIGN;
	if (rnd(4) == 0) {
		static const char *const uri[] = { "https://example.org/", "file:///a;b", "x:y" };
		const char *u = uri[rnd(3)];
		c.link = pool_link(pool, u, strlen(u), "id1", rnd(2) ? 3 : 0);
	}
	return c;
}

static void random_row(struct pool *pool, struct cell *row, size_t cols)
{
	static const char *const texts[] = { "a", "Z", "~", "\303\251", "\344\270\255", "\360\237\230\200",
		"e\314\201", "\342\235\244\357\270\217",
		"\360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247",
		"\360\237\207\251\360\237\207\252", "\352\260\200" };
	struct cell style = random_style(pool);
	for (size_t x = 0; x < cols;) {
		struct cell c = CELL_BLANK;
		if (rnd(6) == 0)
			style = random_style(pool);
		uint32_t what = rnd(3);
		if (what > 0) {
			c = style;
			size_t len;
			const char *t = texts[what == 1 ? rnd(3) : rnd(ARRAY_LEN(texts))];
			c.text = pool_text(pool, t, strlen(t), &len);
			assert_int_equal(len, strlen(t));
			c.width = strlen(t) > 2 && strncmp(t, "e\314", 2) != 0 ? 2 : 1;
		}
		if (x + c.width > cols)
			c.text = 0, c.width = 1;
		row[x] = c;
		if (c.width == 2) {
			row[x + 1] = c;
			row[x + 1].text = row[x + 1].width = 0;
		}
		x += c.width;
	}
}

static void test_random_frames(void **state)
{
	struct pool pool = POOL_INIT;
	for (int size = 0; size < 6; size++) {
		size_t rows = 1 + rnd(12), cols = 2 + rnd(40);
		struct vt *vt = terminal(rows, cols);
		struct draw *d = draw_create(true);
		draw_resize(d, rows, cols);
		cleanup_free struct cell *want = xcalloc(rows * cols, sizeof(*want));
		for (size_t y = 0; y < rows; y++)
			random_row(&pool, want + y * cols, cols);
		for (int step = 0; step < 60; step++) {
			/* some rows anew, some in part, most as they were */
			for (size_t y = 0; y < rows; y++) {
				uint32_t what = rnd(6);
				if (what == 0)
					random_row(&pool, want + y * cols, cols);
				else if (what == 1)
					for (size_t x = 0; x < cols; x++)
						want[y * cols + x] = CELL_BLANK;
				memcpy(draw_row(d, y), want + y * cols, cols * sizeof(*want));
			}
			size_t cy = rnd((uint32_t)rows), cx = rnd((uint32_t)cols);
			bool visible = rnd(4);
			draw_cursor(d, cy, cx, visible);
			frame(d, &pool, vt);
			expect_screen(&pool, vt, want, rows, cols);
			struct vt_cursor c = vt_cursor(vt);
			assert_int_equal(c.visible, visible);
			if (visible) {
				assert_int_equal(c.x, cx);
				assert_int_equal(c.y, cy);
			}
			/* nothing changed: nothing is written */
			assert_int_equal(frame(d, &pool, vt), 0);
		}
		draw_destroy(d);
		vt_destroy(vt);
	}
	pool_reset(&pool);
}

static void test_small_changes_are_small(void **state)
{
	static const struct cell plain = CELL_BLANK;
	struct pool pool = POOL_INIT;
	struct vt *vt = terminal(50, 200);
	struct draw *d = draw_create(true);
	draw_resize(d, 50, 200);
	for (size_t y = 0; y < 50; y++) {
		draw_row(d, y);
		draw_text(d, &pool, y, 0, 200, "some text that fills a part of the row", &plain);
	}
	draw_cursor(d, 0, 0, true);
	frame(d, &pool, vt);
	draw_text(d, &pool, 20, 10, 200, "X", &plain);
	draw_cursor(d, 20, 11, true);
	size_t n = frame(d, &pool, vt);
	assert_in_range(n, 1, 48);
	draw_cursor(d, 21, 11, true);
	assert_in_range(frame(d, &pool, vt), 1, 10);
	/* a row that becomes empty is erased, not overwritten */
	draw_row(d, 20);
	assert_in_range(frame(d, &pool, vt), 1, 48);
	draw_destroy(d);
	vt_destroy(vt);
	pool_reset(&pool);
}

static void test_256_colors(void **state)
{
	static const struct { uint32_t rgb; const char *want; } cases[] = {
		{ 0xff0000, ";38;5;196" }, { 0x000000, ";38;5;16" }, { 0xffffff, ";38;5;231" }, { 0x808080, ";38;5;244" },
		{ 0x00d787, ";38;5;42" } };
	struct pool pool = POOL_INIT;
	struct draw *d = draw_create(false);
	draw_resize(d, 1, 4);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_str struct str out = STR_INIT;
		struct cell c = { .text = 'a' + (uint32_t)i, .width = 1, .fg = COLOR_RGB(cases[i].rgb) };
		draw_row(d, 0)[0] = c;
		draw_frame(d, &pool, &out);
		if (!strstr(out.s, cases[i].want))
			fail_msg("%06x gave %s", cases[i].rgb, out.s + 1);
		assert_null(strstr(out.s, "38;2"));
	}
	draw_destroy(d);
}

/* Nothing that a server calls text can do anything to the outer terminal. */
static void test_hostile_text(void **state)
{
	struct pool pool = POOL_INIT;
	static const char *const bad[] = { "\033", "\033[2J", "\a", "\n", "\r", "\177", "\302\233", "\302\205",
		"\314\201", "\342\200\256", "\342\200\250", "\342\200\213", "\001x", "\357\273\277" };
	size_t len;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (pool_text(&pool, bad[i], strlen(bad[i]), &len) != 0)
			fail_msg("bad[%zu] is printed", i);
	/* marks without end */
	struct str zalgo = STR_INIT;
	str_putc(&zalgo, 'a');
	for (int i = 0; i < 1000; i++)
		str_puts(&zalgo, "\314\201");
	assert_int_equal(pool_text(&pool, zalgo.s, zalgo.len, &len), 'a');
	assert_int_equal(len, zalgo.len);
	str_fini(&zalgo);

	static const char *const bad_uri[] = { "", "http://a b", "http://a\033\\", "http://\303\251", "x\177" };
	for (size_t i = 0; i < ARRAY_LEN(bad_uri); i++)
		assert_int_equal(pool_link(&pool, bad_uri[i], strlen(bad_uri[i]), "", 0), 0);
	assert_int_equal(pool_link(&pool, "x:y", 3, "a;b", 3), 0);
	assert_int_equal(pool_link(&pool, "x:y", 3, "a:b", 3), 0);
	assert_int_not_equal(pool_link(&pool, "x:y", 3, "ab", 2), 0);

	/* The pool is bounded, and says so. */
	for (uint32_t i = 0; i < 2 * POOL_ENTRIES_MAX && !pool.full; i++) {
		char uri[32];
		snprintf(uri, sizeof(uri), "x:%u", i);
		pool_link(&pool, uri, strlen(uri), "", 0);
	}
	assert_true(pool.full);
	assert_int_equal(pool.map.n, POOL_ENTRIES_MAX);
	assert_int_equal(pool_text(&pool, "e\314\202", 3, &len), 'e');
	pool_reset(&pool);
}

static void test_sizes(void **state)
{
	struct draw *d = draw_create(true);
	draw_resize(d, 0, 0);
	assert_int_equal(draw_rows(d), 1);
	draw_resize(d, 1 << 20, 1 << 20);
	assert_int_equal(draw_rows(d), DRAW_ROWS_MAX);
	assert_int_equal(draw_cols(d), DRAW_COLS_MAX);
	draw_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_frames),
		cmocka_unit_test(test_small_changes_are_small),
		cmocka_unit_test(test_256_colors),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
