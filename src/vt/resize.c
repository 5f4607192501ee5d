/* Changing the size. The alternate screen is cropped or padded. The primary one
 * reflows: all its rows are read as logical lines and written anew, the kept ones
 * by rewrap.c, those of the screen here.
 *
 * Rows come out one after another; the newest `rows` of them wait in the ring
 * of the new screen, older ones go on to the new scrollback. Positions that must
 * stay on their character (cursor, saved cursor, top of the screen) travel along. */
#include "vt/internal.h"

enum { POINT_CURSOR, POINT_SAVED, POINT_TOP, POINTS };

struct point {
	int64_t row;                     /* index of the old, then of the new row; -1 = not wanted */
	unsigned x;                      /* may be the column after the last */
	bool done;
};

struct reflow {
	struct vt *vt;
	unsigned cols;                   /* new */
	struct vt_grid grid;             /* new; `waiting` rows from its head are filled */
	unsigned waiting;
	int64_t next;                    /* stable index of the row being filled */
	struct vt_scratch *line;         /* the row being filled */
	struct vt_spans *spans;          /* its images */
	uint8_t marks;                   /* its VT_ROW_* */
	struct point points[POINTS];
};

static void push_oldest(struct reflow *r)
{
	struct vt_grid_row *row = &r->grid.rows[r->grid.head];

	vt_sb_push(r->vt, &r->vt->sb, row, r->cols);
	if (row->spans)
		vt_spans_keep(r->vt, (struct vt_kept_spans){ .row = r->vt->sb.end - 1, .spans = row->spans });
	row->spans = NULL;
	r->vt->images.placeholders_kept |= r->vt->graphics && vt_placeholders_in(r->vt, row);
	row->used = 0;
	if (++r->grid.head == r->grid.n)
		r->grid.head = 0;
	r->waiting--;
}

/* The newest kept row comes back above those that wait. */
static void pull_newest(struct reflow *r)
{
	struct vt *vt = r->vt;
	struct vt_sb_block *b = vt_sb_find(&vt->sb, vt->sb.end - 1);
	struct vt_row kept;

	vt_sb_block_read(vt, b, b->n - 1, vt_scratch_cells(&vt->scratch[0], b->widest), &vt->scratch[0].n, &kept);
	r->grid.head = (uint16_t)((r->grid.head ? r->grid.head : r->grid.n) - 1);
	r->waiting++;
	struct vt_grid_row *row = &r->grid.rows[r->grid.head];
	memcpy(row->cells, kept.cells, kept.n * sizeof(*kept.cells));
	row->used = kept.n;
	row->wrapped = kept.wrapped;
	row->line_attr = kept.line_attr;
	row->marks = kept.marks;
	struct vt_kept_spans images = vt_spans_unkeep(vt, vt->sb.end - 1);
	row->seqno = MAX(kept.seqno, images.seqno);
	row->spans = images.spans;
	vt_spans_flag(row, r->cols);
	vt_sb_drop_newest(&vt->sb);
}

static void emit(struct reflow *r, bool wrapped, uint8_t line_attr)
{
	if (r->waiting == r->grid.n)
		push_oldest(r);
	struct vt_grid_row *row = vt_grid_row(&r->grid, r->waiting++);
	memcpy(row->cells, r->line->cells, r->line->n * sizeof(*row->cells));
	row->used = r->line->n;
	row->wrapped = wrapped;
	row->line_attr = line_attr;
	row->marks = r->marks;
	r->marks = 0;
	row->seqno = vt_now(r->vt);
	row->spans = r->spans;
	r->spans = NULL;
	vt_spans_flag(row, r->cols);
	r->line->n = 0;
	r->next++;
}

static void place_points(struct reflow *r, int64_t row, unsigned x)
{
	for (unsigned i = 0; i < POINTS; i++) {
		struct point *p = &r->points[i];

		if (!p->done && p->row == row && p->x == x) {
			p->row = r->next;
			p->x = r->line->n;
			p->done = true;
		}
	}
}

static bool has_points(const struct reflow *r, int64_t row)
{
	for (unsigned i = 0; i < POINTS; i++)
		if (!r->points[i].done && r->points[i].row == row)
			return true;
	return false;
}

/* A wide character that had to do with one column gets its second when there is room. What is wide only as a cluster
 * may have been printed with mode 2027 reset, and stays as it is. */
static unsigned natural_width(const struct vt *vt, const struct vt_cell *cell)
{
	char s[VT_CLUSTER_BYTES_MAX];
	uint32_t first;

	if (cell->width == 2)
		return 2;
	if (cell->text < 0x80)
		return 1;
	size_t len = vt_cell_text(vt, cell, s);
	text_utf8_decode(s, len, &first);
	return MIN(text_cluster_width(s, len), MAX(text_width(first), 1u));
}

/* One old row, the old stable index of which is `index`. */
static void take_row(struct reflow *r, const struct vt_row *row, const struct vt_spans *spans, int64_t index)
{
	unsigned n = row->n, content = n;
	bool points = has_points(r, index);
	unsigned cols = row->line_attr ? MAX(r->cols / 2, 1u) : r->cols;  /* what can be used */

	/* Blanks at the end of a line fill the row but do not wrap. */
	if (!row->wrapped)
		while (content > 0 && row->cells[content - 1].text == 0 && row->cells[content - 1].width == 1)
			content--;
	for (unsigned x = 0; x < content; x++) {
		struct vt_cell cell = row->cells[x];
		unsigned width = natural_width(r->vt, &cell);

		if (width > cols)
			width = 1;
		if (r->line->n + width > cols)
			emit(r, true, row->line_attr);
		if (x == 0)
			r->marks |= row->marks;
		if (points)
			place_points(r, index, x);
		if (cell.width == 2 && points)
			place_points(r, index, x + 1);
		if (spans)
			r->spans = vt_spans_place(r->vt, r->spans, spans, x, r->line->n);
		if (cell.width == 2 && spans)
			r->spans = vt_spans_place(r->vt, r->spans, spans, x + 1, r->line->n);
		x += cell.width == 2;
		cell.flags = 0;
		cell.width = (uint8_t)width;
		r->line->cells[r->line->n++] = cell;
		if (width == 2)
			r->line->cells[r->line->n++] = vt_cell_make(0, cell.style, 0);
	}
	if (content == 0)
		r->marks |= row->marks;
	/* Right of a row that goes on there is the row after it: what was out of sight there has gone. */
	if (spans && !row->wrapped)
		r->spans = vt_spans_place_beyond(r->vt, r->spans, spans, content, r->line->n);
	/* Positions right of the text stay as far right of it as they were. */
	for (unsigned i = 0; points && i < POINTS; i++) {
		struct point *p = &r->points[i];

		if (p->done || p->row != index)
			continue;
		p->x = p->x > content ? MIN(r->line->n + p->x - content, cols - 1) : r->line->n;
		p->row = r->next;
		p->done = true;
	}
	if (row->wrapped)
		return;
	for (unsigned x = content; x < n && r->line->n < cols; x++) {
		r->line->cells[r->line->n] = row->cells[x];
		r->line->cells[r->line->n++].flags = 0;
	}
	emit(r, false, row->line_attr);
}

/* The line that the scrollback ends with goes on in the screen: its last row is taken back. */
static void take_back(struct reflow *r)
{
	struct vt *vt = r->vt;
	const struct vt_sb_block *b = vt_sb_find(&vt->sb, vt->sb.end - 1);
	struct vt_row row;

	vt_sb_block_read(vt, b, b->n - 1, r->line->cells, &r->line->n, &row);
	r->marks = row.marks;
	r->spans = vt_spans_unkeep(vt, vt->sb.end - 1).spans;
	vt_sb_drop_newest(&vt->sb);
}

/* Rows of the old screen down to the last that has content or a position. */
static unsigned screen_content(const struct reflow *r, const struct vt_grid *g, int64_t top)
{
	unsigned n = g->n;

	for (; n > 1 && !has_points(r, top + n - 1); n--) {
		const struct vt_grid_row *row = vt_grid_row(g, n - 1);

		if (row->used > 0 || row->spans || row->marks)
			break;
	}
	return n;
}

/* Rows of the old screen, when their width stays. */
static void copy_rows(struct reflow *r, const struct vt_grid *old, unsigned content)
{
	for (unsigned y = 0; y < content; y++) {
		struct vt_grid_row *from = vt_grid_row(old, y);

		memcpy(r->line->cells, from->cells, from->used * sizeof(*from->cells));
		r->line->n = from->used;
		r->spans = from->spans;
		from->spans = NULL;
		r->marks = from->marks;
		emit(r, from->wrapped, from->line_attr);
		vt_grid_row(&r->grid, r->waiting - 1)->seqno = from->seqno;
	}
}

/* Chooses which rows are the screen: where there was room below, the top stays; else the bottom does. */
static void settle(struct reflow *r, bool was_full)
{
	struct vt *vt = r->vt;
	unsigned rows = r->grid.n;
	int64_t want = r->next - rows;

	if (!was_full)
		want = MAX(want, r->points[POINT_TOP].row);
	while (r->next - r->waiting < want)
		push_oldest(r);
	while (r->next - r->waiting > want && vt->sb.n > 0 && vt->sb.end > vt->sb.first)
		pull_newest(r);
	for (unsigned y = r->waiting; y < rows; y++) {
		struct vt_grid_row *row = vt_grid_row(&r->grid, y);

		vt_row_clear(row, r->cols, 0);
		row->seqno = vt_now(vt);
	}
}

static void set_point(struct reflow *r, unsigned which, const struct vt_pos *pos, int64_t top)
{
	r->points[which] = (struct point){ .row = top + pos->y, .x = pos->x + pos->pending };
}

static struct vt_pos get_point(const struct reflow *r, unsigned which)
{
	const struct point *p = &r->points[which];
	int64_t y = p->row - r->vt->sb.end;
	struct vt_pos pos = { .y = (uint16_t)MIN(MAX(y, 0), r->grid.n - 1) };

	pos.x = (uint16_t)MIN(p->x, r->cols - 1);
	pos.pending = p->x >= r->cols;
	return pos;
}

static void drop_images(struct vt *vt, struct vt_grid *g)
{
	for (unsigned y = 0; y < g->n; y++)
		vt_spans_drop(vt, &g->rows[y]);
}

static void resize_primary(struct vt *vt, uint16_t rows, uint16_t cols)
{
	struct vt_grid *old = &vt->grids[0];
	struct reflow r = { .vt = vt, .cols = cols };
	int64_t top = vt->sb.end;

	vt_grid_init(&r.grid, rows, cols);
	r.line = &vt->scratch[1];
	vt_scratch_cells(r.line, MAX(cols, vt->cols));
	vt->pending_grid = &r.grid;
	set_point(&r, POINT_CURSOR, &vt->pos, top);
	set_point(&r, POINT_SAVED, &old->saved.pos, top);
	r.points[POINT_TOP] = (struct point){ .row = top };
	r.points[POINT_CURSOR].done = vt_is_alt(vt);
	unsigned content = screen_content(&r, old, top);
	if (cols == vt->cols) {
		r.next = top;
		copy_rows(&r, old, content);
	} else {
		struct vt_scrollback sb = vt->sb;

		vt_sb_init(&vt->sb, sb.lines_max, sb.bytes_max);
		vt->sb.first = vt->sb.end = sb.first;
		vt->sb.serial = sb.serial;      /* blocks that move keep theirs */
		vt->sb.arrivals_from = vt_now(vt);
		if (vt_rewrap(vt, &sb, cols))
			take_back(&r);
		vt_sb_fini(&sb);
		r.next = vt->sb.end;
		for (unsigned y = 0; y < content; y++) {
			const struct vt_grid_row *g = vt_grid_row(old, y);
			struct vt_row row = { .cells = g->cells, .n = g->used,
				.wrapped = g->wrapped && y + 1 < content, .line_attr = g->line_attr, .marks = g->marks };

			take_row(&r, &row, g->spans, top + y);
		}
	}
	settle(&r, content == old->n);

	vt->pending_grid = NULL;
	r.grid.saved = old->saved;
	r.grid.saved.pos = get_point(&r, POINT_SAVED);
	r.grid.floor = old->floor;
	memcpy(r.grid.kitty, old->kitty, sizeof(old->kitty));
	r.grid.kitty_n = old->kitty_n;
	if (!vt_is_alt(vt))
		vt->pos = get_point(&r, POINT_CURSOR);
	drop_images(vt, old);
	vt_spans_trim(vt, vt->sb.first);
	vt_grid_fini(old);
	*old = r.grid;
}

static void resize_alternate(struct vt *vt, uint16_t rows, uint16_t cols)
{
	struct vt_grid *old = &vt->grids[1], grid;
	bool active = vt_is_alt(vt);
	/* Rows leave at the bottom, unless the cursor is there. */
	unsigned skip = active && vt->pos.y >= rows ? vt->pos.y - rows + 1u : 0;

	vt_grid_init(&grid, rows, cols);
	for (unsigned y = 0; y < rows && y + skip < old->n; y++) {
		struct vt_grid_row *from = vt_grid_row(old, y + skip);
		struct vt_grid_row *to = &grid.rows[y];

		to->used = (uint16_t)MIN(from->used, from->line_attr ? MAX(cols / 2u, 1u) : cols);
		memcpy(to->cells, from->cells, to->used * sizeof(*to->cells));
		to->line_attr = from->line_attr;
		to->marks = from->marks;
		to->spans = from->spans;
		from->spans = NULL;
		vt_spans_flag(to, cols);
		if (to->used > 0 && to->cells[to->used - 1].width == 2)
			to->cells[to->used - 1] = vt_cell_make(0, to->cells[to->used - 1].style, 1);
	}
	grid.floor = vt_now(vt);
	grid.saved = old->saved;
	grid.saved.pos.x = MIN(grid.saved.pos.x, cols - 1);
	grid.saved.pos.y = MIN(grid.saved.pos.y, rows - 1);
	grid.saved.pos.pending = false;
	memcpy(grid.kitty, old->kitty, sizeof(old->kitty));
	grid.kitty_n = old->kitty_n;
	if (active) {
		vt->pos.y = (uint16_t)MIN(vt->pos.y - skip, rows - 1u);
		vt->pos.x = MIN(vt->pos.x, cols - 1);
		vt->pos.pending = false;
	}
	drop_images(vt, old);
	vt_grid_fini(old);
	*old = grid;
}

void vt_resize(struct vt *vt, uint16_t rows, uint16_t cols, uint32_t pixel_width, uint32_t pixel_height)
{
	rows = (uint16_t)MIN(MAX(rows, 1), VT_ROWS_MAX);
	cols = (uint16_t)MIN(MAX(cols, 1), VT_COLS_MAX);
	if (rows == vt->rows && cols == vt->cols && pixel_width == vt->pixel_width &&
	    pixel_height == vt->pixel_height)
		return;
	vt->pixel_width = pixel_width;
	vt->pixel_height = pixel_height;
	if (rows != vt->rows || cols != vt->cols) {
		unsigned had = vt->cols;

		vt->numbering += cols != had;
		for (unsigned g = 0; vt->images.n_placements > 0 && g < ARRAY_LEN(vt->grids); g++)
			for (unsigned y = 0; y < vt->rows; y++)
				vt_spans_settle(vt, &vt->grids[g].rows[y]);
		resize_primary(vt, rows, cols);
		resize_alternate(vt, rows, cols);
		vt->rows = rows;
		vt->cols = cols;
		vt_seen_reset(vt);
		vt->tabs = xreallocarray(vt->tabs, cols, 1);
		vt_tabs_default(vt, MIN(had, cols));
		vt_margins_reset(vt);
		vt->cluster = VT_CLUSTER_CLOSED;
		vt_cursor_clamp(vt);
		/* Rows that were only on their way keep no styles. */
		vt->scratch[0].n = vt->scratch[1].n = 0;
	}
	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
	if (vt->modes & VT_M_SIZE_REPORTS)
		vt_report_size(vt);
	vt->seqno++;
}
