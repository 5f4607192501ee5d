#include "../unit.h"

#include "base/mem.h"
#include "client/view.h"

#include <string.h>
#include <time.h>

static struct pool pool;

/* ---- lines ---- */

static struct wire_line clustered(const char *text)
{
	return (struct wire_line){ .storage = WIRE_STORAGE_C, .text = { text, strlen(text) }, .seqno = 1 };
}

static size_t cells_of(struct wire_line *line, struct cell *ret, size_t max)
{
	struct wire_indexed_line l = { .row = 0, .line = *line };
	struct wire_lines lines = { .lines = &l, .n_lines = 1 };
	return line_cells(&pool, &lines, 0, ret, max);
}

static void expect_row(const struct cell *cells, size_t n, const char *want)
{
	cleanup_str struct str s = STR_INIT;
	for (size_t x = 0; x < n; x++) {
		char buf[5];
		if (cells[x].width > 0)
			str_puts(&s, cell_text(&pool, &cells[x], buf));
		if (cells[x].width == 2)
			str_putc(&s, '_');
	}
	assert_string_equal(s.s, want);
}

static void test_clustered(void **state)
{
	struct cell c[16];
	/* "a" U+4E2D "e + acute" "x", the last two bold red; a link over columns 1 to 3 */
	uint64_t wide[] = { 1 };
	struct wire_cluster runs[] = { { 3, { 0 } }, { 2, { .attributes = 1, .has_fg = true, .fg = 1 } } };
	struct wire_line line = clustered("a\344\270\255e\314\201x");
	line.double_wide = wide;
	line.n_double_wide = 1;
	line.clusters = runs;
	line.n_clusters = 2;
	struct wire_indexed_line l = { .row = 0, .line = line };
	struct wire_cell_coords coords[] = { { 0, 1, 3 }, { 7, 0, 9 }, { 0, 4, 1000 } };
	struct wire_line_hyperlink link = { .link = { .uri = WIRE_STR("http://x/") }, .coords = coords,
		.n_coords = 3 };
	struct wire_lines lines = { .lines = &l, .n_lines = 1, .hyperlinks = &link, .n_hyperlinks = 1 };
	assert_int_equal(line_cells(&pool, &lines, 0, c, 16), 5);
	expect_row(c, 5, "a\344\270\255_e\314\201x");
	assert_int_equal(c[2].width, 0);
	assert_int_equal(c[1].fg, COLOR_DEFAULT);
	assert_int_equal(c[3].fg, COLOR_PALETTE(1));
	assert_int_equal(c[4].attrs, ATTR_BOLD);
	assert_int_equal(c[0].link, 0);
	assert_int_not_equal(c[1].link, 0);
	assert_int_equal(c[1].link, c[2].link);
	assert_int_equal(c[3].link, 0);
	assert_int_equal(c[1].link, c[4].link);
	/* cut in the wide one */
	assert_int_equal(line_cells(&pool, &lines, 0, c, 2), 2);
	expect_row(c, 2, "a ");
}

static void test_vector(void **state)
{
	struct cell c[16];
	struct wire_fat_attrs fat = {
		.foreground = { .kind = WIRE_COLOR_TRUE_WITH_DEFAULT, .rgba = { 1, 0.5f, -3, 1 } },
		.background = { .kind = WIRE_COLOR_PALETTE, .palette = 9 },
		.underline_color = { .kind = WIRE_COLOR_TRUE_WITH_PALETTE, .rgba = { __builtin_nanf(""), 9, 0, 0 } },
		.has_hyperlink = true, .hyperlink = { .uri = WIRE_STR("x:y") } };
	struct wire_cell v[] = { { WIRE_STR("a"), { 0 } },
		{ WIRE_STR("\360\237\230\200"), { .attributes = WIRE_ATTR_WRAPPED | ATTR_REVERSE, .fat = &fat } },
		{ WIRE_STR(" "), { .attributes = ATTR_REVERSE } }, { WIRE_STR("b\033[2J"), { 0 } }, { WIRE_STR(""), { 0 } },
		{ WIRE_STR("\033"), { 0 } } };
	struct wire_line line = { .storage = WIRE_STORAGE_V, .cells = v, .n_cells = ARRAY_LEN(v) };
	assert_int_equal(cells_of(&line, c, 16), 6);
	expect_row(c, 6, "a\360\237\230\200_b  ");
	assert_int_equal(c[1].attrs, ATTR_REVERSE);
	assert_int_equal(c[1].fg, COLOR_RGB(0xff8000));
	assert_int_equal(c[1].bg, COLOR_PALETTE(9));
	assert_int_equal(c[1].underline, COLOR_RGB(0x00ff00));
	assert_int_not_equal(c[1].link, 0);
	assert_int_equal(c[3].link, 0);
}

static void test_lines_that_lie(void **state)
{
	struct cell c[8];
	/* runs shorter and longer than the text, wide indexes out of order and out of range */
	uint64_t wide[] = { 5, 1, UINT64_MAX };
	struct wire_cluster runs[] = { { 0, { 0 } }, { 1, { .attributes = ATTR_BOLD } } };
	struct wire_line line = clustered("abcdefghijkl");
	line.double_wide = wide;
	line.n_double_wide = 3;
	line.clusters = runs;
	line.n_clusters = 2;
	assert_int_equal(cells_of(&line, c, 8), 8);
	assert_int_equal(c[0].attrs, ATTR_BOLD);
	assert_int_equal(c[1].attrs, 0);
	runs[1].cell_width = 65535;
	assert_int_equal(cells_of(&line, c, 8), 8);
	assert_int_equal(c[7].attrs, ATTR_BOLD);
	line = clustered("");
	assert_int_equal(cells_of(&line, c, 8), 0);
}

/* ---- the view ---- */

struct fixture { struct view *v; struct draw *d; };

static int begin(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	f->v = view_create();
	f->d = draw_create(true);
	draw_resize(f->d, 4, 10);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	view_destroy(f->v);
	draw_destroy(f->d);
	free(f);
	pool_reset(&pool);
	return 0;
}

/* A push with rows first..first+n as bonus lines; each row's text is its number. */
static void push(struct view *v, size_t rows, size_t cols, int64_t scrollback_top, int64_t top,
    int64_t cursor_y, size_t cursor_x, int64_t first, size_t n)
{
	struct wire_indexed_line lines[64];
	char text[64][8];
	assert_true(n <= 64);
	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "r%d", (int)(first + (int64_t)i));
		lines[i] = (struct wire_indexed_line){ first + (int64_t)i, clustered(text[i]) };
	}
	struct wire_render_changes c = { .cursor_position = { cursor_x, cursor_y, 1, 1 },
		.dimensions = { .cols = cols, .viewport_rows = rows,
		    .scrollback_rows = rows + (size_t)(top - scrollback_top), .physical_top = top,
		    .scrollback_top = scrollback_top },
		.bonus_lines = { .lines = lines, .n_lines = n }, .seqno = 1 };
	view_changes(v, &pool, &c);
}

static void expect_screen(struct fixture *f, const char *want)
{
	/* What would be shown: each row's text, then dots counted as they are. */
	cleanup_str struct str s = STR_INIT;
	view_draw(f->v, f->d, draw_rows(f->d), NULL);
	cleanup_str struct str out = STR_INIT;
	draw_forget(f->d);
	draw_frame(f->d, &pool, &out);
	for (const char *p = out.s; *p; p++) {
		if (*p == '\033') {
			p += strcspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
			if (*p == 'H' && s.len)
				str_putc(&s, '|');
		} else {
			str_putc(&s, *p);
		}
	}
	if (!str_starts(s.s, want))
		fail_msg("shown: %s, wanted: %s", s.s, want);
}

static void test_missing_rows_are_asked_for_once(void **state)
{
	struct fixture *f = *state;
	struct wire_range r[4];
	assert_int_equal(view_missing(f->v, r, 4), 0);          /* nothing is known yet */
	push(f->v, 4, 10, 0, 6, 9, 2, 7, 2);
	expect_screen(f, "r7|r8|");
	assert_int_equal(view_missing(f->v, r, 4), 2);
	assert_int_equal(r[0].start, 6);
	assert_int_equal(r[0].end, 7);
	assert_int_equal(r[1].start, 9);
	assert_int_equal(r[1].end, 10);
	view_asked(f->v, r, 2, 5);
	assert_int_equal(view_missing(f->v, r, 4), 0);

	/* Row 9 changes while the request is on its way: the reply may be older and is not taken for it. */
	push(f->v, 4, 10, 0, 6, 9, 2, 9, 1);
	struct wire_indexed_line lines[] = { { 6, clustered("six") }, { 9, clustered("old") },
		{ 77, clustered("?") } };
	struct wire_get_lines_response reply = { .lines = { .lines = lines, .n_lines = 3 } };
	view_lines(f->v, &pool, 4, &reply);                     /* not its serial */
	assert_int_equal(view_missing(f->v, r, 4), 0);
	view_lines(f->v, &pool, 5, &reply);
	expect_screen(f, "six|r7|r8|r9");

	/* Dirty rows are asked for again; a failed request leaves a blank, and no loop. */
	struct wire_range dirty = { 8, 9 };
	struct wire_render_changes c = { .cursor_position = { 0, 9, 1, 1 },
		.dimensions = { .cols = 10, .viewport_rows = 4, .physical_top = 6 },
		.dirty_lines = &dirty, .n_dirty_lines = 1 };
	view_changes(f->v, &pool, &c);
	assert_int_equal(view_missing(f->v, r, 4), 1);
	view_asked(f->v, r, 1, 6);
	view_lines(f->v, &pool, 6, NULL);
	assert_int_equal(view_missing(f->v, r, 4), 0);
}

static void test_scrolling(void **state)
{
	struct fixture *f = *state;
	struct wire_range r[4];
	push(f->v, 4, 10, 0, 0, 0, 0, 0, 4);
	view_draw(f->v, f->d, 4, NULL);
	view_scroll(f->v, -1);
	assert_false(f->v->scrolling);                          /* there is no past */

	push(f->v, 4, 10, 2, 20, 23, 0, 20, 4);
	view_draw(f->v, f->d, 4, NULL);
	view_scroll(f->v, -3);
	assert_true(f->v->scrolling);
	assert_int_equal(view_missing(f->v, r, 4), 1);
	assert_int_equal(r[0].start, 13);                       /* a screen more above */
	assert_int_equal(r[0].end, 20);
	view_asked(f->v, r, 1, 9);
	struct wire_indexed_line lines[7];
	char text[7][8];
	for (int i = 0; i < 7; i++) {
		snprintf(text[i], sizeof(text[i]), "s%d", 13 + i);
		lines[i] = (struct wire_indexed_line){ 13 + i, clustered(text[i]) };
	}
	struct wire_get_lines_response reply = { .lines = { .lines = lines, .n_lines = 7 } };
	view_lines(f->v, &pool, 9, &reply);
	expect_screen(f, "s17|s18|s19|r20");

	/* Output goes on below; the view stands still. A row that left the screen is shown as it was. */
	push(f->v, 4, 10, 2, 21, 24, 0, 24, 1);
	expect_screen(f, "s17|s18|s19|r20");
	assert_true(view_missing(f->v, r, 4) > 0);
	/* The oldest rows are dropped. */
	push(f->v, 4, 10, 19, 30, 33, 0, 30, 4);
	assert_int_equal(f->v->top, 19);
	/* The end ends it. */
	view_scroll(f->v, INT64_MAX);
	assert_false(f->v->scrolling);
	expect_screen(f, "r30|r31|r32|r33");
	view_scroll(f->v, INT64_MIN);
	assert_int_equal(f->v->top, 19);
}

/* The bottom and a row that is shown do not end scroll mode; the end of the past does. */
static void test_places(void **state)
{
	struct fixture *f = *state;
	push(f->v, 4, 10, 2, 20, 23, 0, 20, 4);
	view_draw(f->v, f->d, 4, NULL);
	assert_int_equal(view_rows(f->v).start, 2);
	assert_int_equal(view_rows(f->v).end, 24);
	view_scroll(f->v, -10);
	assert_int_equal(view_shown(f->v).start, 10);
	assert_int_equal(view_shown(f->v).end, 14);
	view_show(f->v, 13);
	assert_int_equal(f->v->top, 10);
	view_show(f->v, 14);
	assert_int_equal(f->v->top, 12);
	view_show(f->v, 2);
	assert_int_equal(f->v->top, 2);
	view_show(f->v, 23);
	assert_int_equal(f->v->top, 20);
	assert_true(f->v->scrolling);
	view_scroll(f->v, -1);
	view_scroll_bottom(f->v);
	assert_int_equal(f->v->top, 20);
	assert_true(f->v->scrolling);
	/* Output goes on: the rows stay where they are, and scroll mode goes on. */
	push(f->v, 4, 10, 2, 21, 24, 0, 24, 1);
	assert_int_equal(f->v->top, 20);
	assert_true(f->v->scrolling);
	push(f->v, 4, 10, 21, 21, 24, 0, 24, 1);
	assert_false(f->v->scrolling);
}

/* A match that was jumped to is in sight when the pane is wider than the terminal. */
static void test_a_match_beside_the_crop(void **state)
{
	struct fixture *f = *state;
	struct find find;
	struct wire_search_result match = { 5, 25, 5, 27, 0 };
	struct wire_range ask;
	find_init(&find);
	push(f->v, 4, 30, 0, 20, 23, 0, 20, 4);
	view_draw(f->v, f->d, 4, NULL);
	view_scroll(f->v, -15);
	find_begin(&find, "x", false, false, view_shown(f->v));
	assert_int_equal(find_step(&find, view_rows(f->v), view_shown(f->v), &ask), FIND_ASK);
	find_asked(&find, ask, 1);
	find_results(&find, 1, &(struct wire_search_response){ &match, 1 });
	assert_int_equal(find_step(&find, view_rows(f->v), view_shown(f->v), &ask), FIND_SHOW);
	view_draw(f->v, f->d, 4, &find);
	assert_int_equal(f->v->off_x, 16);
	find_off(&find);
	view_draw(f->v, f->d, 4, &find);
	assert_int_equal(f->v->off_x, 0);
	find_fini(&find);
}

static void test_crop_and_dots(void **state)
{
	struct fixture *f = *state;
	uint64_t x;
	int64_t y;
	/* larger: follows the cursor, and no further than needed */
	push(f->v, 8, 30, 0, 0, 0, 0, 0, 8);
	expect_screen(f, "r0|r1|r2|r3");
	push(f->v, 8, 30, 0, 0, 5, 0, 0, 0);
	expect_screen(f, "r2|r3|r4|r5");
	assert_true(view_cell_at(f->v, 3, 1, false, &x, &y));
	assert_int_equal(x, 3);
	assert_int_equal(y, 3);
	push(f->v, 8, 30, 0, 0, 3, 12, 0, 0);
	view_draw(f->v, f->d, 4, NULL);
	assert_int_equal(f->v->off_y, 2);
	assert_int_equal(f->v->off_x, 3);
	/* smaller: dots around it */
	push(f->v, 2, 3, 0, 0, 0, 0, 0, 2);
	expect_screen(f, "r0\302\267\302\267\302\267\302\267\302\267\302\267\302\267");
	assert_false(view_cell_at(f->v, 3, 0, false, &x, &y));
	assert_true(view_cell_at(f->v, 30, 30, true, &x, &y));
	assert_int_equal(x, 2);
	assert_int_equal(y, 1);
}

static void test_numbers_that_lie(void **state)
{
	struct fixture *f = *state;
	struct wire_range r[4];
	static const int64_t odd[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
	static const uint64_t size[] = { 0, 1, 4, 100000, UINT64_MAX };
	for (size_t i = 0; i < 5 * 5 * 5 * 5; i++) {
		struct wire_range dirty = { odd[i % 5], odd[i / 5 % 5] };
		struct wire_indexed_line line = { odd[i / 25 % 5], clustered("x") };
		struct wire_render_changes c = { .cursor_position = { size[i / 5 % 5], odd[i / 125], 99, 1 },
			.dimensions = { .cols = size[i % 5], .viewport_rows = size[i / 25 % 5], .physical_top = odd[i / 125],
			    .scrollback_top = odd[i / 5 % 5] },
			.dirty_lines = &dirty, .n_dirty_lines = 1, .bonus_lines = { .lines = &line, .n_lines = 1 } };
		view_changes(f->v, &pool, &c);
		view_scroll(f->v, odd[i % 5]);
		view_draw(f->v, f->d, 4, NULL);
		size_t n = view_missing(f->v, r, 4);
		assert_true(n <= 4);
		view_asked(f->v, r, n, 1);
		view_lines(f->v, &pool, 1, NULL);
		assert_int_equal(view_missing(f->v, r, 4), 0);
		if (i % 7 == 0)
			view_scroll_end(f->v);
	}
}

/* A frame may be as large as the wire allows: what it costs grows with its size, not with its square. */
static void test_floods(void **state)
{
	enum { LINES = 100000, MANY = 1000000 };
	struct fixture *f = *state;
	struct wire_indexed_line *lines = xcalloc(LINES, sizeof(*lines));
	struct wire_cell_coords *coords = xcalloc(MANY, sizeof(*coords));
	struct wire_range *dirty = xcalloc(MANY, sizeof(*dirty));
	for (size_t i = 0; i < LINES; i++)
		lines[i] = (struct wire_indexed_line){ .row = (int64_t)i % 24, .line = clustered("x") };
	for (size_t i = 0; i < MANY; i++) {
		coords[i].line_idx = MANY;
		dirty[i] = (struct wire_range){ 0, 24 };
	}
	struct wire_line_hyperlink link = { .link = { .uri = WIRE_STR("http://x/") }, .coords = coords,
		.n_coords = MANY };
	struct wire_render_changes c = { .dirty_lines = dirty, .n_dirty_lines = MANY,
		.bonus_lines = { .lines = lines, .n_lines = LINES, .hyperlinks = &link, .n_hyperlinks = 1 },
		.dimensions = { .viewport_rows = 24, .cols = 80 } };
	clock_t before = clock();
	view_changes(f->v, &pool, &c);
	assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
	free(lines);
	free(coords);
	free(dirty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_clustered, begin, end),
		cmocka_unit_test_setup_teardown(test_vector, begin, end),
		cmocka_unit_test_setup_teardown(test_lines_that_lie, begin, end),
		cmocka_unit_test_setup_teardown(test_missing_rows_are_asked_for_once, begin, end),
		cmocka_unit_test_setup_teardown(test_scrolling, begin, end),
		cmocka_unit_test_setup_teardown(test_places, begin, end),
		cmocka_unit_test_setup_teardown(test_a_match_beside_the_crop, begin, end),
		cmocka_unit_test_setup_teardown(test_crop_and_dots, begin, end),
		cmocka_unit_test_setup_teardown(test_numbers_that_lie, begin, end),
		cmocka_unit_test_setup_teardown(test_floods, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
