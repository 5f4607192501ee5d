/* Dumps: fed to a fresh terminal of ours they give the same screen and modes, and
 * that terminal's dump is the same. (tests/vt/dump.py asks other terminals.) */
#include "../unit.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/text.h"
#include "vt/dump.h"
#include "vt/internal.h"

#include "stream.h"

static const struct vt_callbacks callbacks;

static void feed(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

static struct vt *make(unsigned rows, unsigned cols)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 1000 };

	return vt_create(&config, &callbacks, NULL);
}

static bool add(void *user, const void *bytes, size_t len)
{
	str_add(user, bytes, len);
	return true;
}

static void dump(struct vt *vt, unsigned flags, uint32_t scrollback, struct str *ret)
{
	struct vt_dump_config config = { .flags = flags, .scrollback = scrollback };

	str_reset(ret);
	assert_true(vt_dump(vt, &config, add, ret));
}

/* ---- what is the same ------------------------------------------------------------------- */

/* As much as a dump tells of a style. */
static void describe_style(struct vt *vt, const struct vt_style *s, struct str *out)
{
	struct vt_link link = { "", "" };

	vt_link_get(vt, s->link, &link);
	str_printf(out, "{%x %x %x %x %s %s}", s->attrs & ~(uint32_t)VT_ATTR_SEMANTIC, s->fg, s->bg, s->underline, link.uri,
	    link.id);
}

static bool told_as_it_is(struct vt *vt, const struct vt_cell *cell)
{
	char s[VT_CLUSTER_BYTES_MAX];
	size_t n = vt_cell_text(vt, cell, s);
	uint32_t cp;

	size_t at = text_utf8_decode(s, n, &cp);
	if (text_width(cp) == 0)
		return false;
	/* VS15 makes narrow what was wide before it, and would not have fit. */
	for (size_t k = at; k <= n; k++)
		if (k < n && ((uint8_t)s[k] & 0xc0) != 0x80 && text_cluster_width(s, k) > cell->width)
			return false;
	if (text_cluster_width(s, n) == cell->width && text_cluster_len(s, n) == n)
		return true;
	/* Without mode 2027: one character with a width. */
	bool same = text_width(cp) == cell->width;
	for (; at < n; same &= text_width(cp) == 0)
		at += text_utf8_decode(s + at, n - at, &cp);
	return same;
}

/* A blank and a space are the same here: a line is filled to go on in the next. */
static void describe_row(struct vt *vt, const struct vt_grid *g, unsigned y, struct str *out)
{
	const struct vt_grid_row *row = vt_grid_row(g, y), *next = y + 1 < g->n ? vt_grid_row(g, y + 1) : NULL;
	bool wraps = next && next->used > 0 && !row->line_attr && !next->line_attr;

	str_printf(out, "%u%u:", row->line_attr, wraps && row->wrapped);
	for (unsigned x = 0; x < vt_row_cols(vt, row); x++) {
		struct vt_cell blank = vt_cell_make(0, 0, 1);
		const struct vt_cell *cell = x < row->used ? &row->cells[x] : &blank;
		char s[VT_CLUSTER_BYTES_MAX];

		if (cell->width == 0)
			continue;
		if (told_as_it_is(vt, cell))
			str_add(out, s, vt_cell_text(vt, cell, s));
		else
			str_puts(out, "?");
		describe_style(vt, vt_style_get(vt, cell->style), out);
		if (!told_as_it_is(vt, cell) && cell->width == 2)
			str_puts(out, "~");
	}
	str_putc(out, '\n');
}

/* The second's cells stand where the first's do, whatever the first's odd cells became. */
static void same_rows(struct vt *a, const struct vt_grid *ga, struct vt *b, const struct vt_grid *gb)
{
	for (unsigned y = 0; y < ga->n; y++) {
		const struct vt_grid_row *row = vt_grid_row(ga, y);
		cleanup_str struct str s = STR_INIT, t = STR_INIT;
		bool odd = false;

		for (unsigned x = 0; x < row->used; x++)
			odd |= row->cells[x].width > 0 &&
			    (!told_as_it_is(a, &row->cells[x]) || (x < vt_row_cols(a, row) && x + row->cells[x].width > vt_row_cols(a, row)));
		if (odd)
			continue;
		describe_row(a, ga, y, &s);
		describe_row(b, gb, y, &t);
		assert_string_equal(s.s, t.s);
	}
}

/* A column that DECRC could not go to is the last one that it can. */
static void describe_saved(struct vt *vt, const struct vt_grid *g, struct str *out)
{
	const struct vt_saved *s = &g->saved;
	unsigned x = MIN(s->pos.x, vt_row_cols(vt, vt_grid_row(g, s->pos.y)) - 1);

	str_printf(out, "%u,%u origin %d gl %u gr %u sets %u %u %u %u ", x, s->pos.y, s->origin, s->gl, s->gr,
	    s->charset[0], s->charset[1], s->charset[2], s->charset[3]);
	describe_style(vt, &s->pen, out);
}

/* What waits for the next line is printed again. Not so when it has been erased since, when
 * the margin is elsewhere by now, and without autowrap. */
static bool pending(struct vt *vt)
{
	const struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	unsigned x = vt->pos.x;
	bool edge = x == vt->right || x + 1 == vt_row_cols(vt, row);

	return (vt->modes & VT_M_AUTOWRAP) && vt->pos.pending && edge && x < row->used &&
	    (row->cells[x].text || row->cells[x].width != 1);
}

static void describe_state(struct vt *vt, struct str *out)
{
	uint64_t untold = VT_M_SYNC | VT_M_COLUMNS | VT_M_GUARDED | VT_M_DOUBLE;
	unsigned x = vt->pos.x, y = vt->pos.y;

	if (vt->modes & VT_M_ORIGIN) {
		/* By DECRC it can have come to where the region is not. */
		x = MIN(MAX(x, vt->left), vt->right);
		y = MIN(MAX(y, vt->top), vt->bottom);
	}
	str_printf(out, "cursor %u,%u pending %d shape %u\n", x, y, pending(vt), (unsigned)vt->shape);
	str_printf(out, "modes %" PRIx64 " level %u keys %u %u kitty", vt->modes & ~untold, vt->level, vt->other_keys,
	    vt->other_keys_format);
	for (unsigned i = 0; i < vt->grid->kitty_n; i++)
		str_printf(out, " %u", vt->grid->kitty[i]);
	str_printf(out, "\nmargins %u %u %u %u\npen ", vt->top, vt->bottom, vt->left, vt->right);
	describe_style(vt, &vt->pen, out);
	str_printf(out, "\nsets %u %u %u %u gl %u gr %u ss %u\ntabs", vt->charset[0], vt->charset[1], vt->charset[2],
	    vt->charset[3], vt->gl, vt->gr, vt->single_shift);
	for (x = 0; x < vt->cols; x++)
		if (vt->tabs[x])
			str_printf(out, " %u", x);
	str_puts(out, "\nsaved ");
	if (vt->grid->saved.valid)
		describe_saved(vt, vt->grid, out);
	str_printf(out, "\ntitle %s icon %s cwd %s pointer %s progress %u %u\n", vt->title, vt->icon_title, vt->cwd,
	    vt_pointer_shape(vt), (unsigned)vt->progress, vt->progress_percent);
	for (unsigned i = 0; i < vt->title_stack_n; i++)
		str_printf(out, "stack %s %s\n", vt->title_stack[i].title, vt->title_stack[i].icon);
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++)
		if (vt->palette_set[i] == VT_COLOR_SET)
			str_printf(out, "color %u %06x\n", i, vt->palette[i]);
}

static void same(struct vt *a, struct vt *b, unsigned flags)
{
	cleanup_str struct str s = STR_INIT, t = STR_INIT;

	assert_int_equal(vt_is_alt(a), vt_is_alt(b));
	same_rows(a, a->grid, b, b->grid);
	if (vt_is_alt(a) && (flags & VT_DUMP_BOTH)) {
		same_rows(a, &a->grids[0], b, &b->grids[0]);
		describe_saved(a, &a->grids[0], &s);
		describe_saved(b, &b->grids[0], &t);
	}
	describe_state(a, &s);
	describe_state(b, &t);
	assert_string_equal(s.s, t.s);
}

/* Shows where they part, not all of them. */
static void same_text(const struct str *a, const struct str *b)
{
	size_t at = 0;

	while (at < a->len && at < b->len && a->s[at] == b->s[at])
		at++;
	at = at > 60 ? at - 60 : 0;
	if (a->len != b->len || memcmp(a->s, b->s, a->len) != 0)
		fail_msg("dumps differ: ...%.120s / ...%.120s", a->s + at, b->s + MIN(at, b->len));
}

/* Into a fresh terminal, and again from there. */
static void check(struct vt *a, unsigned flags)
{
	cleanup_str struct str first = STR_INIT, second = STR_INIT;
	struct vt *b = make(a->rows, a->cols);

	dump(a, flags, 0, &first);
	vt_write(b, first.s, first.len);
	same(a, b, flags);
	dump(b, flags, 0, &second);
	same_text(&first, &second);
	vt_destroy(b);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void check_input(const char *input)
{
	struct vt *vt = make(5, 12);

	feed(vt, input);
	check(vt, 0);
	check(vt, VT_DUMP_RESET);
	check(vt, VT_DUMP_BOTH);
	vt_destroy(vt);
}

static void test_screens(void **state)
{
	static const char *const inputs[] = {
		"", "one\r\ntwo", "\033[2J\033[3;4Hx", "0123456789abcdefghijklm", "0123456789ab", "0123456789ab\r\n\r\nx",
		"\033[44m\033[K\033[m", "ab\033[41m\033[3X\033[3Ccd", "\033[7m  \033[m x", "\033[1;5H\033[45mwide \u4e2d\u6587\u5b57\u7b26",
		"\u2764\ufe0fx e\u0301 \U0001f468\u200d\U0001f469", "0123456789a\u4e2d", "\033[46m0123456789abcd",
		"\n\n\n\n\033[46m0123456789abcd", "\n\n\n\n\033[46m0123456789abcd\033[m\033[2;3Hx\033[5;2H\033[3P",
		"\033]8;id=a;http://x/\033\\link\033]8;;\033\\ \033]8;;http://y/\033\\b", "\033[1\"qprot\033[0\"q\033V guard\033W",
		"\033#6double\r\n\033#3top\r\n\033#4low\r\n0123456789abcd", "\U0001f1e9\033[2G\b\U0001f1ea", "\033[38;2;1;2;3;58:2::4:5:6;4:3mx",
		"\033[91;103mx\033[38:5:200;2;9;53;6my\033[73mz", "\033[?1049hscreen", "under\033[2;2H\033[3m\033)0\016\033[?1049h\033[Hover",
		"0123456789ab\033[?1049h0123456789ab", "0123456789ab\0337\033[H", "\033[5;12Hx\033[?1049hy",
	};

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		check_input(inputs[i]);
}

static void test_modes(void **state)
{
	static const char *const inputs[] = {
		"\033[?1h\033=\033[?2004h\033[?1002;1006h\033[?1004h", "\033[2;4r\033[?6h\033[2;2H", "\033[?69h\033[3;9s\033[2;4Hab",
		"\033[?69h\033[3;9s\033[?6h\033[2;3r0123456", "\033[3g\033[1;5H\033H\033[2;7H\033H", "\033[4h\033[20h\033[?7l",
		"\033[>5u\033[>1u\033[?1049h\033[>3u", "\033[>4;2m\033[>4;1f", "\033[5 q", "\033[6 q\033[?12h", "\033[?25l",
		"\033(0qqq\033)A\033*0\033-A\016", "\033}\033n", "\033N", "\033%@\xe9", "\033]2;title\033\\\033]1;icon\033\\",
		"\033]0;one\033\\\033[22t\033]0;two\033\\\033[22t\033]2;three\033\\", "\033]4;3;rgb:11/22/33\033\\\033]11;#445566\033\\\033]5;0;red\033\\",
		"\033]17;blue\033\\\033]13;blue\033\\\033]21;cursor_text=#010203\033\\", "\033]7;file://h/a/b\033\\\033]22;pointer\033\\\033]9;4;2;40\033\\",
		"\033[1;31m\033[3;3H\0337\033[m\033[H", "\033[?6h\033[2;4r\033[2;2H\0337\033[?6l\033[H", "\033[?1046l", "\033[12l\033[2h",
		"\033[62\"pabc", "\033[?5h\033[?45h\033[?1045h\033[?8l\033[?67h",
	};

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		check_input(inputs[i]);
}

static void test_anything(void **state)
{
	for (unsigned i = 1; i <= 1000; i++) {
		cleanup_str struct str s = STR_INIT;

		seed = 0x9e3779b97f4a7c15ull * i;
		struct vt *vt = make(2 + rnd(9), 2 + rnd(30));
		for (unsigned k = 20 + rnd(200); k > 0; k--)
			add_something(&s);
		/* Not in the middle of something. */
		str_puts(&s, "\030");
		vt_write(vt, s.s, s.len);
		check(vt, i % 3 == 0 ? VT_DUMP_BOTH : i % 3 == 1 ? VT_DUMP_RESET : 0);
		vt_destroy(vt);
	}
}

/* What the other terminal was before makes no difference. */
static void test_over_anything(void **state)
{
	for (unsigned i = 1; i <= 200; i++) {
		cleanup_str struct str s = STR_INIT, t = STR_INIT, first = STR_INIT;

		seed = 0xd1342543de82ef95ull * i;
		struct vt *a = make(6, 20), *b = make(6, 20);
		for (unsigned k = 0; k < 60; k++) {
			add_something(&s);
			add_something(&t);
		}
		str_puts(&s, "\030\033[65;1\"p");
		str_puts(&t, "\030\033[65;1\"p");
		vt_write(a, s.s, s.len);
		vt_write(b, t.s, t.len);
		dump(a, VT_DUMP_RESET | VT_DUMP_BOTH, 0, &first);
		vt_write(b, first.s, first.len);
		same_rows(a, a->grid, b, b->grid);
		assert_int_equal(a->pos.x, b->pos.x);
		assert_int_equal(a->pos.y, b->pos.y);
		vt_destroy(a);
		vt_destroy(b);
	}
}

static void test_scrollback(void **state)
{
	struct vt *a = make(4, 10), *b = make(4, 10), *c = make(4, 10);
	cleanup_str struct str s = STR_INIT;

	for (unsigned i = 0; i < 50; i++) {
		char line[64];

		snprintf(line, sizeof(line), "\033[4%umline %u\033[K is a long one\r\n", i % 8, i);
		feed(a, line);
	}
	dump(a, 0, UINT32_MAX, &s);
	vt_write(b, s.s, s.len);
	same(a, b, 0);
	assert_int_equal(vt_dims(b).physical_top, vt_dims(a).physical_top);
	for (int64_t y = 0; y < vt_dims(a).physical_top; y++) {
		struct vt_row r, q;

		assert_true(vt_row_get(a, y, &r) && vt_row_get(b, y, &q));
		assert_int_equal(r.n, q.n);
		assert_int_equal(r.wrapped, q.wrapped);
		for (unsigned x = 0; x < r.n; x++) {
			assert_int_equal(r.cells[x].text, q.cells[x].text);
			assert_int_equal(vt_style_get(a, r.cells[x].style)->bg, vt_style_get(b, q.cells[x].style)->bg);
		}
	}
	/* Some of it: what scrolls out are so many rows. */
	dump(a, 0, 7, &s);
	vt_write(c, s.s, s.len);
	same(a, c, 0);
	assert_int_equal(vt_dims(c).physical_top, 7);
	vt_destroy(a);
	vt_destroy(b);
	vt_destroy(c);
}

static bool refuse(void *user, const void *bytes, size_t len)
{
	++*(unsigned *)user;
	return false;
}

static void test_refused(void **state)
{
	struct vt *vt = make(4, 10);
	struct vt_dump_config config = { .scrollback = 1000 };
	unsigned calls = 0;

	for (unsigned i = 0; i < 9000; i++)
		feed(vt, "a long line that takes room\r\n");
	assert_false(vt_dump(vt, &config, refuse, &calls));
	assert_int_equal(calls, 1);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screens), cmocka_unit_test(test_modes), cmocka_unit_test(test_anything),
		cmocka_unit_test(test_over_anything), cmocka_unit_test(test_scrollback), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
