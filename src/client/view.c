#include "client/view.h"

#include "base/mem.h"

#define PANE_SIZE_MAX 65536u
#define LINES_MAX (2u * ROWS_WINDOW)    /* of one push or reply: more have no place in the tables */
#define DIRTY_MAX 4096u                 /* ranges of one push: with more, everything counts as changed */
#define ROW_MAX ((int64_t)1 << 60)      /* keeps sums of row numbers in range */

_Static_assert(DRAW_ROWS_MAX < ROWS_WINDOW, "a screen fits into a window of rows");

struct view *view_create(void)
{
	struct view *v = xcalloc(1, sizeof(*v));
	v->live = rows_create();
	v->back = rows_create();
	v->height = 1;
	return v;
}

void view_destroy(struct view *v)
{
	rows_destroy(v->live);
	rows_destroy(v->back);
	free(v);
}

void view_forget(struct view *v)
{
	rows_clear(v->live);
	rows_clear(v->back);
}

static int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* Rows of the screen live in one table, older ones in the other. */
static struct rows *table(const struct view *v, int64_t row)
{
	return row >= v->physical_top ? v->live : v->back;
}

static void invalidate(struct view *v, int64_t first, int64_t end)
{
	rows_invalidate(v->live, first, end);
	rows_invalidate(v->back, first, end);
}

void view_changes(struct view *v, struct pool *pool, const struct wire_render_changes *c)
{
	const struct wire_dimensions *dim = &c->dimensions;
	size_t rows = (size_t)MIN(MAX(dim->viewport_rows, (uint64_t)1), (uint64_t)PANE_SIZE_MAX);
	size_t cols = (size_t)MIN(MAX(dim->cols, (uint64_t)1), (uint64_t)PANE_SIZE_MAX);
	int64_t top = clamp(dim->physical_top, 0, ROW_MAX);

	/* Another size renumbers the rows, and so does going into the alternate screen. What
	 * the new numbers hold comes with this push or is asked for. */
	if (rows != v->rows || cols != v->cols || top < v->physical_top)
		rows_clear(v->live);
	v->known = true;
	v->rows = rows;
	v->cols = cols;
	v->physical_top = top;
	v->scrollback_top = clamp(dim->scrollback_top, 0, top);
	v->reverse = dim->reverse_video;
	v->cursor_y = clamp(c->cursor_position.y, top, top + (int64_t)rows - 1);
	v->cursor_x = (size_t)MIN(c->cursor_position.x, (uint64_t)cols - 1);
	v->cursor_visible = c->cursor_position.visible;
	v->cursor_shape = c->cursor_position.shape <= 6 ? c->cursor_position.shape : 0;
	v->top = clamp(v->top, v->scrollback_top, top);
	if (v->scrollback_top == top)
		view_scroll_end(v);             /* the past is gone, or hidden by the alternate screen */

	if (c->n_dirty_lines > DIRTY_MAX)
		invalidate(v, 0, INT64_MAX);
	else
		for (size_t i = 0; i < c->n_dirty_lines; i++)
			invalidate(v, c->dirty_lines[i].start, c->dirty_lines[i].end);
	for (size_t i = 0; i < MIN(c->bonus_lines.n_lines, (size_t)LINES_MAX); i++) {
		int64_t row = c->bonus_lines.lines[i].row;
		size_t n = line_cells(pool, &c->bonus_lines, i, v->line, LINE_COLS_MAX);
		if (row >= top)
			rows_set(v->live, row, v->line, n);
		else if (rows_get(v->back, row))
			rows_set(v->back, row, v->line, n);
	}
}

void view_lines(struct view *v, struct pool *pool, uint64_t serial,
    const struct wire_get_lines_response *response)
{
	if (serial == 0)
		return;                         /* no reply to us; and 0 marks rows that nobody asked for */
	for (size_t i = 0; response && i < MIN(response->lines.n_lines, (size_t)LINES_MAX); i++) {
		int64_t row = response->lines.lines[i].row;
		size_t n = line_cells(pool, &response->lines, i, v->line, LINE_COLS_MAX);
		rows_reply(v->live, row, serial, v->line, n);
		rows_reply(v->back, row, serial, v->line, n);
	}
	rows_reply_end(v->live, serial);
	rows_reply_end(v->back, serial);
}

/* ---- which rows ---- */

static int64_t end_row(const struct view *v)
{
	return v->physical_top + (int64_t)v->rows;
}

struct wire_range view_rows(const struct view *v)
{
	return v->known ? (struct wire_range){ v->scrollback_top, end_row(v) } : (struct wire_range){ 0, 0 };
}

struct wire_range view_shown(const struct view *v)
{
	if (!v->known)
		return (struct wire_range){ 0, 0 };
	int64_t first = v->scrolling ? v->top : v->physical_top + (int64_t)v->off_y;
	return (struct wire_range){ first, MIN(first + (int64_t)v->height, end_row(v)) };
}

/* Keeps the crop where it is as long as the cursor is inside; a match that was jumped to is as good as one. */
static void follow_cursor(struct view *v, size_t width, const struct find *find)
{
	size_t x = v->cursor_x;
	if (v->scrolling && find && find->on && find->has_current)
		x = MIN((size_t)find->current.from.col, v->cols - 1);
	size_t y = (size_t)(v->cursor_y - v->physical_top);
	if (v->rows <= v->height)
		v->off_y = 0;
	else if (y < v->off_y)
		v->off_y = y;
	else if (y >= v->off_y + v->height)
		v->off_y = y - v->height + 1;
	v->off_y = MIN(v->off_y, v->rows > v->height ? v->rows - v->height : 0);
	if (v->cols <= width)
		v->off_x = 0;
	else if (x < v->off_x)
		v->off_x = x;
	else if (x >= v->off_x + width)
		v->off_x = x - width + 1;
	v->off_x = MIN(v->off_x, v->cols > width ? v->cols - width : 0);
}

size_t view_missing(struct view *v, struct wire_range *ret, size_t max)
{
	if (!v->known)
		return 0;
	struct wire_range r = view_shown(v);
	size_t n = 0;
	bool gap = false;
	for (int64_t row = r.start; row < r.end; row++)
		gap |= rows_want(table(v, row), row);
	if (!gap)
		return 0;
	if (v->scrolling) {
		/* A screen more on both sides, so that the next step finds its rows. */
		int64_t margin = MIN((int64_t)v->height, (ROWS_WINDOW - (int64_t)v->height) / 2);
		r.start = MAX(r.start - margin, v->scrollback_top);
		r.end = MIN(r.end + margin, end_row(v));
	}
	for (int64_t row = r.start; row < r.end; row++) {
		if (!rows_want(table(v, row), row))
			continue;
		if (n > 0 && ret[n - 1].end == row)
			ret[n - 1].end++;
		else if (n < max)
			ret[n++] = (struct wire_range){ row, row + 1 };
	}
	return n;
}

void view_asked(struct view *v, const struct wire_range *ranges, size_t n, uint64_t serial)
{
	for (size_t i = 0; i < n; i++)
		for (int64_t row = ranges[i].start; row < ranges[i].end; row++)
			rows_asked(table(v, row), row, row + 1, serial);
}

void view_scroll(struct view *v, int64_t delta)
{
	if (!v->known)
		return;
	if (!v->scrolling) {
		if (delta >= 0 || v->physical_top == v->scrollback_top)
			return;
		v->scrolling = true;
		v->top = v->physical_top;
		/* It may hold rows of an earlier time with the same numbers. */
		rows_clear(v->back);
	}
	delta = clamp(delta, -ROW_MAX, ROW_MAX);
	v->top = clamp(v->top + delta, v->scrollback_top, v->physical_top);
	if (v->top == v->physical_top && delta >= 0)
		view_scroll_end(v);
}

void view_scroll_end(struct view *v)
{
	v->scrolling = false;
}

void view_scroll_bottom(struct view *v)
{
	v->top = v->physical_top;
}

void view_show(struct view *v, int64_t row)
{
	struct wire_range r = view_shown(v);
	if (row < r.start || row >= r.end)
		v->top = clamp(row - (int64_t)v->height / 2, v->scrollback_top, v->physical_top);
}

/* ---- drawing ---- */

static void draw_cells(const struct view *v, const struct row *row, size_t off, struct cell *ret, size_t n)
{
	size_t have = row ? row->n : 0;
	for (size_t x = 0; x < n && off + x < have; x++)
		ret[x] = row->cells[off + x];
	/* A wide cell of which only one half is inside. */
	if (ret[0].width == 0)
		ret[0].width = 1;
	if (ret[n - 1].width == 2) {
		ret[n - 1].text = 0;
		ret[n - 1].width = 1;
	}
	for (size_t x = 0; v->reverse && x < n; x++)
		ret[x].attrs ^= ATTR_REVERSE;
}

void view_draw(struct view *v, struct draw *d, size_t height, const struct find *find)
{
	static const struct cell dot = { .text = 0xb7, .width = 1, .attrs = ATTR_HALF };
	const struct cell outside = v->known ? dot : CELL_BLANK;
	size_t width = draw_cols(d);
	v->height = MIN(height, (size_t)DRAW_ROWS_MAX);
	follow_cursor(v, width, find);
	struct wire_range r = view_shown(v);

	for (size_t y = 0; y < v->height; y++) {
		struct cell *out = draw_row(d, y);
		int64_t index = r.start + (int64_t)y;
		size_t n = 0;
		if (index < r.end) {
			n = MIN(v->cols - v->off_x, width);
			const struct row *row = rows_get(table(v, index), index);
			/* Just scrolled off the screen: as it was, until the real one is here. */
			if (!row)
				row = rows_get(v->live, index);
			draw_cells(v, row, v->off_x, out, n);
			if (v->scrolling && find)
				find_mark(find, index, v->off_x, out, n);
		}
		for (; n < width; n++)
			out[n] = outside;
	}
	size_t y = (size_t)(v->cursor_y - v->physical_top) - v->off_y, x = v->cursor_x - v->off_x;
	draw_cursor(d, y, x, v->known && v->cursor_visible && !v->scrolling && y < v->height && x < width);
}

bool view_cell_at(const struct view *v, unsigned x, unsigned y, bool nearest, uint64_t *ret_x,
    int64_t *ret_y)
{
	size_t px = v->off_x + x, py = v->off_y + y;
	if (!v->known || v->scrolling)
		return false;
	if (!nearest && (y >= v->height || py >= v->rows || px >= v->cols))
		return false;
	*ret_x = MIN(px, v->cols - 1);
	*ret_y = (int64_t)MIN(py, v->rows - 1);
	return true;
}
