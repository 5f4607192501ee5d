#include "../unit.h"

#include "base/mem.h"
#include "mux/lines.h"
#include "text/text.h"
#include "vt/vt.h"

#include <string.h>

struct fixture {
	struct vt *vt;
	struct wire_arena arena;
	struct wire_lines lines;
	struct images *images;
};

static const struct vt_callbacks no_callbacks;

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->vt = vt_create(&(struct vt_config){ .rows = 5, .cols = 10, .scrollback_lines = 1000, .term_program = "t" },
	    &no_callbacks, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wire_arena_reset(&f->arena);
	images_free(f->images);
	vt_destroy(f->vt);
	free(f);
	return 0;
}

/* Writes to the terminal and converts its first rows. */
static const struct wire_line *first(struct fixture *f, const char *bytes, size_t n)
{
	static const int64_t rows[] = { 0, 1, 2, 3, 4 };

	vt_write(f->vt, bytes, strlen(bytes));
	lines_build(f->vt, &f->images, rows, n, &f->arena, WIRE_ARENA_MAX, &f->lines);
	assert_int_equal(f->lines.n_lines, n);
	return &f->lines.lines[0].line;
}

static void assert_text(const struct wire_line *l, const char *want)
{
	assert_int_equal(l->storage, WIRE_STORAGE_C);
	assert_int_equal(l->text.len, strlen(want));
	assert_memory_equal(l->text.s, want, l->text.len);
	/* The client loses what the runs do not cover (3.6). */
	size_t cells = 0;
	for (size_t i = 0; i < l->n_clusters; i++)
		cells += l->clusters[i].cell_width;
	assert_int_equal(cells, l->len);
}

static void plain_text_is_one_run_without_trailing_blanks(void **state)
{
	const struct wire_line *l = first(*state, "hi \033[K", 1);

	assert_text(l, "hi");
	assert_int_equal(l->n_clusters, 1);
	assert_true(l->seqno >= 1);
}

static void an_empty_row_is_empty(void **state)
{
	const struct wire_line *l = first(*state, "", 1);

	assert_text(l, "");
	assert_int_equal(l->n_clusters, 0);
}

static void coloured_blanks_stay(void **state)
{
	const struct wire_line *l = first(*state, "a\033[44m  \033[m", 1);

	assert_text(l, "a  ");
	assert_int_equal(l->n_clusters, 2);
	assert_true(l->clusters[1].attrs.has_bg);
	assert_int_equal(l->clusters[1].attrs.bg, 4);
}

static void wide_cells_count_two(void **state)
{
	const struct wire_line *l = first(*state, "a\xe4\xb8\xad\xe6\x96\x87z", 1);

	assert_text(l, "a\xe4\xb8\xad\xe6\x96\x87z");
	assert_int_equal(l->len, 6);
	assert_int_equal(l->n_double_wide, 2);
	assert_int_equal(l->double_wide[0], 1);
	assert_int_equal(l->double_wide[1], 3);
}

static void clusters_go_cell_by_cell(void **state)
{
	const struct wire_line *l = first(*state, "e\xcc\x81\xe4\xb8\xadx", 1);

	assert_int_equal(l->storage, WIRE_STORAGE_V);
	assert_int_equal(l->n_cells, 4);
	assert_int_equal(l->cells[0].text.len, 3);
	assert_int_equal(l->cells[1].text.len, 3);
	assert_memory_equal(l->cells[2].text.s, " ", 1);   /* right half of the wide one */
	assert_memory_equal(l->cells[3].text.s, "x", 1);
}

static void a_wrapped_row_says_so_on_its_last_cell(void **state)
{
	const struct wire_line *l = first(*state, "0123456789abc", 2);

	assert_int_equal(l[0].n_clusters, 2);
	assert_int_equal(l[0].clusters[0].attrs.attributes, 0);
	assert_int_equal(l[0].clusters[1].cell_width, 1);
	assert_int_equal(l[0].clusters[1].attrs.attributes, WIRE_ATTR_WRAPPED);
	const struct wire_line *second = &((struct fixture *)*state)->lines.lines[1].line;
	assert_text(second, "abc");
	assert_int_equal(second->clusters[0].attrs.attributes, 0);
}

static void a_wide_last_cell_is_marked_whole(void **state)
{
	const struct wire_line *l = first(*state, "01234567\xe4\xb8\xad" "abc", 1);

	assert_int_equal(l->n_clusters, 2);
	assert_int_equal(l->clusters[1].cell_width, 2);
	assert_int_equal(l->clusters[1].attrs.attributes, WIRE_ATTR_WRAPPED);
}

static void colours_and_attributes(void **state)
{
	const struct wire_line *l = first(*state, "\033[1;31ma\033[0;38;2;255;0;51mb\033[0;4:3;58:5:9mc\033[0;1;2md", 1);

	assert_text(l, "abcd");
	assert_int_equal(l->n_clusters, 4);
	assert_int_equal(l->clusters[0].attrs.attributes, VT_ATTR_BOLD);
	assert_int_equal(l->clusters[0].attrs.fg, 1);
	assert_null(l->clusters[0].attrs.fat);
	assert_false(l->clusters[1].attrs.has_fg);
	assert_int_equal(l->clusters[1].attrs.fat->foreground.kind, WIRE_COLOR_TRUE_WITH_DEFAULT);
	assert_true(l->clusters[1].attrs.fat->foreground.rgba.r == 1.0f);
	assert_int_equal(l->clusters[1].attrs.fat->background.kind, WIRE_COLOR_DEFAULT);
	assert_int_equal(l->clusters[2].attrs.attributes >> 2 & 7, 3);
	assert_int_equal(l->clusters[2].attrs.fat->underline_color.kind, WIRE_COLOR_PALETTE);
	assert_int_equal(l->clusters[2].attrs.fat->underline_color.palette, 9);
	/* Bold and dim at once is a value that clients turn into undefined behaviour. */
	assert_true((l->clusters[3].attrs.attributes & 3) < 3);
}

static void links_are_gathered_by_target(void **state)
{
	struct fixture *f = *state;
	const struct wire_line *l = first(f, "\033]8;id=x;http://a/\033\\12\033]8;;\033\\3\033]8;id=x;http://a/\033\\4\033]8;;http://b/\033\\5"
	    "\033]8;;\033\\\r\nplain\r\n\033]8;id=x;http://a/\033\\6\033]8;;\033\\", 3);

	assert_int_equal(l->bits, WIRE_LINE_HAS_HYPERLINK);
	assert_int_equal(f->lines.lines[1].line.bits, 0);
	assert_int_equal(f->lines.n_hyperlinks, 2);
	const struct wire_line_hyperlink *a = &f->lines.hyperlinks[0], *b = &f->lines.hyperlinks[1];
	assert_string_equal(a->link.uri.s, "http://a/");
	assert_int_equal(a->link.n_params, 1);
	assert_string_equal(a->link.params[0].value.s, "x");
	assert_int_equal(a->n_coords, 3);
	assert_int_equal(a->coords[0].start, 0);
	assert_int_equal(a->coords[0].end, 2);
	assert_int_equal(a->coords[1].start, 3);
	assert_int_equal(a->coords[2].line_idx, 2);
	assert_string_equal(b->link.uri.s, "http://b/");
	assert_int_equal(b->coords[0].start, 4);
}

static void double_lines(void **state)
{
	struct fixture *f = *state;

	first(f, "\033#6a\r\n\033#3b\r\n\033#4c", 3);
	assert_int_equal(f->lines.lines[0].line.bits, WIRE_LINE_DOUBLE_WIDTH);
	assert_int_equal(f->lines.lines[1].line.bits, WIRE_LINE_DOUBLE_WIDTH | WIRE_LINE_DOUBLE_HEIGHT_TOP);
	assert_int_equal(f->lines.lines[2].line.bits, WIRE_LINE_DOUBLE_WIDTH | WIRE_LINE_DOUBLE_HEIGHT_BOTTOM);
}

static void rows_that_are_not_there_are_left_out(void **state)
{
	struct fixture *f = *state;
	static const int64_t rows[] = { -5, 0, 2, 99, INT64_MAX };

	lines_build(f->vt, &f->images, rows, 5, &f->arena, WIRE_ARENA_MAX, &f->lines);
	assert_int_equal(f->lines.n_lines, 2);
	assert_int_equal(f->lines.lines[0].row, 0);
	assert_int_equal(f->lines.lines[1].row, 2);
}

static void memory_is_bounded(void **state)
{
	struct fixture *f = *state;
	int64_t rows[500];

	for (int i = 0; i < 500; i++) {
		vt_write(f->vt, "e\xcc\x81 text\r\n", 10);
		rows[i] = i;
	}
	lines_build(f->vt, &f->images, rows, 500, &f->arena, 64 << 10, &f->lines);
	assert_true(f->lines.n_lines > 0 && f->lines.n_lines < 500);
	assert_true(f->arena.total < 256 << 10);
}

/* Whatever a program prints, the lines can be sent. */
static void everything_can_be_encoded(void **state)
{
	struct fixture *f = *state;
	static const int64_t rows[] = { 0, 1, 2, 3, 4 };
	uint32_t seed = 1;

	for (int round = 0; round < 300; round++) {
		char bytes[200];
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 24);
			if (seed >> 16 & 1)
				bytes[i] = "\033[;m0123456789hlABCDJK\xe4\xb8\xad"[seed >> 8 & 15];
		}
		vt_write(f->vt, bytes, sizeof(bytes));
		union wire_body b = { 0 };
		struct wire_buf out = { 0 };
		lines_build(f->vt, &f->images, rows, 5, &f->arena, WIRE_ARENA_MAX, &b.get_lines_response.lines);
		assert_int_equal(wire_encode_body(WIRE_GET_LINES_RESPONSE, &b, 44, &out), WIRE_OK);
		union wire_body back;
		struct wire_arena arena = { 0 };
		size_t used;
		assert_int_equal(wire_decode_body(WIRE_GET_LINES_RESPONSE, out.data, out.len, 44, &back, &used, &arena), WIRE_OK);
		assert_int_equal(used, out.len);
		wire_arena_reset(&arena);
		wire_arena_reset(&f->arena);
		wire_buf_fini(&out);
	}
}

/* ---- what clients make of it ---- */

/* The cells of a wezterm client (wezterm-mux.md 3.6): in storage V it finds widths itself, in C boundaries. */
struct seen { size_t x; const char *s; size_t len; };

static unsigned client_width(const char *s, size_t len)
{
	uint32_t cps[64], sum = 0;
	size_t n = 0;
	bool emoji = false;

	for (size_t at = 0; at < len; n++) {
		at += text_utf8_decode(s + at, len - at, &cps[n]);
		sum += text_width(cps[n]);
		emoji |= cps[n] == 0x231a || (cps[n] >= 0x1f1e6 && cps[n] <= 0x1faff);
	}
	bool varies = n == 2 && (cps[0] == 0x2764 || cps[0] == 0x231a || cps[0] == '1');
	if (varies && cps[1] == 0xfe0f)
		return 2;
	if (varies && cps[1] == 0xfe0e)
		return 1;
	return emoji || sum > 1 ? 2 : 1;
}

static size_t client_cells(const struct wire_line *l, struct seen *ret)
{
	size_t n = 0;

	if (l->storage == WIRE_STORAGE_V) {
		for (size_t x = 0; x < l->n_cells;) {
			ret[n++] = (struct seen){ x, l->cells[x].text.s, l->cells[x].text.len };
			x += client_width(l->cells[x].text.s, l->cells[x].text.len);
		}
		return n;
	}
	for (size_t at = 0, x = 0, wide = 0; at < l->text.len; n++) {
		ret[n] = (struct seen){ x, l->text.s + at, text_cluster_len(l->text.s + at, l->text.len - at) };
		at += ret[n].len;
		bool two = wide < l->n_double_wide && l->double_wide[wide] == x;
		wide += two;
		x += two ? 2 : 1;
	}
	return n;
}

/* No cell of the row may be hidden or moved. False when some text had to be changed for that. */
static bool shows(struct vt *vt, const struct wire_line *l, int64_t index)
{
	struct seen seen[64];
	size_t n = client_cells(l, seen), at = 0;
	struct vt_row row;
	bool same = true;

	assert_true(vt_row_get(vt, index, &row));
	for (size_t x = 0; x < row.n; x++) {
		char text[VT_CLUSTER_BYTES_MAX];
		size_t len = vt_cell_text(vt, &row.cells[x], text);

		/* The blank behind a cell that the client takes for narrow. */
		if (row.cells[x].width == 0) {
			if (at < n && seen[at].x == x && seen[at].len == 1 && seen[at].s[0] == ' ')
				at++;
			continue;
		}
		if (at == n) {
			assert_true(len == 1 && text[0] == ' ');      /* blanks at the end are left out */
			continue;
		}
		assert_int_equal(seen[at].x, x);
		if (seen[at].len != len || memcmp(seen[at].s, text, len) != 0)
			same = false;
		at++;
	}
	assert_int_equal(at, n);
	return same;
}

static void clients_find_the_same_cells(void **state)
{
	static const struct { const char *in; int storage; bool reduced; } cases[] = {
		{ "a\u65e5b", WIRE_STORAGE_C, false },
		{ "e\u0301 \u2764\ufe0f \u231a\ufe0e", WIRE_STORAGE_V, false },
		/* wezterm takes a keycap for narrow: that hides nothing. */
		{ "1\ufe0f\u20e3x", WIRE_STORAGE_V, false },
		{ "\u0915\u094d\u0937x", WIRE_STORAGE_V, false },
		{ "\U0001f1e9\U0001f1ea\U0001f468\u200d\U0001f469", WIRE_STORAGE_V, false },
		/* One column that looks like two: storage C says so. */
		{ "\033[?2027l\u2764\ufe0fx", WIRE_STORAGE_C, false },
		{ "\033[?2027le\u0301\u2764\ufe0f\u65e5x", WIRE_STORAGE_C, false },
		{ "\033[?7l\033[10G\u2764\ufe0f", WIRE_STORAGE_C, false },
		{ "\u231a\ufe0e\u0301x", WIRE_STORAGE_C, false },
		/* Cells that a client would join: storage V. */
		{ "\033[?2027l\U0001f1e9\U0001f1eax", WIRE_STORAGE_V, false },
		{ "\033[?2027l\U0001f468\u200d\U0001f469", WIRE_STORAGE_V, false },
		/* Both at once. */
		{ "\033[?2027l\u2764\ufe0f\U0001f1e9\U0001f1eax", WIRE_STORAGE_V, true },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vt_reset(f->vt);
		int64_t top = vt_dims(f->vt).physical_top;
		vt_write(f->vt, cases[i].in, strlen(cases[i].in));
		lines_build(f->vt, &f->images, &top, 1, &f->arena, WIRE_ARENA_MAX, &f->lines);
		const struct wire_line *l = &f->lines.lines[0].line;
		if ((int)l->storage != cases[i].storage)
			fail_msg("case %zu: storage %d", i, (int)l->storage);
		if (shows(f->vt, l, top) == cases[i].reduced)
			fail_msg("case %zu: the text is %s", i, cases[i].reduced ? "not reduced" : "changed");
	}
}

static void clients_find_the_same_cells_of_anything(void **state)
{
	static const char *const pieces[] = { "a", "1", " ", "e\u0301", "\u2764", "\ufe0f", "\ufe0e", "\u231a", "\u200d",
		"\U0001f468", "\U0001f1e9", "\U0001f3fd", "\u0915", "\u094d", "\u0937", "\u1112", "\u1161", "\u65e5", "\u20e3",
		"\u0600", "\033[?2027l", "\033[?2027h", "\033[3G", "\033[31m" };
	struct fixture *f = *state;
	uint32_t seed = 1;
	size_t changed = 0, n = 20000;

	for (size_t i = 0; i < n; i++) {
		vt_write(f->vt, "\033[H\033[2K\033[?2027h", 15);
		int64_t top = vt_dims(f->vt).physical_top;
		for (unsigned k = 0; k < 7; k++) {
			seed = seed * 1664525 + 1013904223;
			const char *s = pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];
			vt_write(f->vt, s, strlen(s));
		}
		lines_build(f->vt, &f->images, &top, 1, &f->arena, WIRE_ARENA_MAX, &f->lines);
		changed += !shows(f->vt, &f->lines.lines[0].line, top);
		wire_arena_reset(&f->arena);
	}
	/* Only where clusters and single code points stand in one row. */
	assert_in_range(changed, 1, n / 20);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(plain_text_is_one_run_without_trailing_blanks), T(an_empty_row_is_empty),
		T(coloured_blanks_stay), T(wide_cells_count_two), T(clusters_go_cell_by_cell),
		T(a_wrapped_row_says_so_on_its_last_cell), T(a_wide_last_cell_is_marked_whole), T(colours_and_attributes),
		T(links_are_gathered_by_target), T(double_lines), T(rows_that_are_not_there_are_left_out), T(memory_is_bounded),
		T(everything_can_be_encoded), T(clients_find_the_same_cells), T(clients_find_the_same_cells_of_anything) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
