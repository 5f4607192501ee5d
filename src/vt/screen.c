/* The screen: cursor, margins, scrolling, erasing, and the two grids. */
#include "vt/internal.h"

void vt_grid_init(struct vt_grid *grid, uint16_t rows, uint16_t cols)
{
	*grid = (struct vt_grid){ .n = rows };
	grid->rows = xcalloc(rows, sizeof(*grid->rows));
	grid->cells = xreallocarray(NULL, (size_t)rows * cols, sizeof(*grid->cells));
	for (unsigned y = 0; y < rows; y++) {
		grid->rows[y].cells = grid->cells + (size_t)y * cols;
		grid->rows[y].seqno = 1;
	}
}

void vt_grid_fini(struct vt_grid *grid)
{
	for (unsigned y = 0; y < grid->n; y++)
		free(grid->rows[y].spans);
	free(grid->rows);
	free(grid->cells);
	grid->rows = NULL;
	grid->cells = NULL;
}

/* ---- cursor ---------------------------------------------------------------------- */

void vt_cursor_clamp(struct vt *vt)
{
	unsigned cols = vt_row_cols(vt, vt_row_at(vt, vt->pos.y));

	if (vt->pos.x >= cols) {
		vt->pos.x = (uint16_t)(cols - 1);
		vt->pos.pending = false;
	}
}

void vt_cursor_to(struct vt *vt, unsigned x, unsigned y)
{
	vt->pos.x = (uint16_t)MIN(x, vt->cols - 1u);
	vt->pos.y = (uint16_t)MIN(y, vt->rows - 1u);
	vt->pos.pending = false;
	vt->changed = true;
	if (__builtin_expect((vt->modes & VT_M_DOUBLE) != 0, 0))
		vt_cursor_clamp(vt);
}

void vt_cursor_to_origin(struct vt *vt, unsigned x, unsigned y)
{
	if (vt->modes & VT_M_ORIGIN)
		vt_cursor_to(vt, MIN(vt->left + x, vt->right), MIN(vt->top + y, vt->bottom));
	else
		vt_cursor_to(vt, x, y);
}

void vt_cursor_up(struct vt *vt, unsigned n)
{
	unsigned stop = vt->pos.y >= vt->top ? vt->top : 0;

	vt_cursor_to(vt, vt->pos.x, vt->pos.y - MIN(n, vt->pos.y - stop));
}

void vt_cursor_down(struct vt *vt, unsigned n)
{
	unsigned stop = vt->pos.y <= vt->bottom ? vt->bottom : vt->rows - 1u;

	vt_cursor_to(vt, vt->pos.x, MIN(vt->pos.y + n, stop));
}

/* Reverse wrap from the first column. Mode 45 only takes back what autowrap did; 1045
 * goes to any line above, and from the top of the region to its bottom. */
static bool line_before(struct vt *vt, bool far)
{
	unsigned y = vt->pos.y;

	if (y == vt->top && far)
		y = vt->bottom;
	else if (y == vt->top || y == 0 || (!far && !vt_row_at(vt, y - 1)->wrapped))
		return false;
	else
		y--;
	vt_cursor_to(vt, vt->right, y);
	return true;
}

void vt_cursor_left(struct vt *vt, unsigned n)
{
	bool far = vt->modes & VT_M_REVERSE_WRAP_FAR;
	bool back = (far || (vt->modes & VT_M_REVERSE_WRAP)) && (vt->modes & VT_M_AUTOWRAP);

	/* A pending wrap is no column of its own: one step left of it is the column
	 * before the last. Reverse wrap takes the wrap back first. */
	if (back && vt->pos.pending)
		n--;
	for (;;) {
		unsigned stop = vt->pos.x >= vt->left ? vt->left : 0, step = MIN(n, vt->pos.x - stop);

		vt_cursor_to(vt, vt->pos.x - step, vt->pos.y);
		n -= step;
		if (n == 0 || !back || !line_before(vt, far))
			return;
		n--;
	}
}

void vt_cursor_right(struct vt *vt, unsigned n)
{
	unsigned stop = vt->pos.x <= vt->right ? vt->right : vt->cols - 1u;

	vt_cursor_to(vt, MIN(vt->pos.x + n, stop), vt->pos.y);
}

void vt_carriage_return(struct vt *vt)
{
	vt_cursor_to(vt, vt->pos.x >= vt->left || (vt->modes & VT_M_ORIGIN) ? vt->left : 0, vt->pos.y);
}

void vt_cursor_save(struct vt *vt)
{
	struct vt_saved *s = &vt->grid->saved;

	s->pos = vt->pos;
	s->pen = vt->pen;
	memcpy(s->charset, vt->charset, sizeof(s->charset));
	s->gl = vt->gl;
	s->gr = vt->gr;
	s->single_shift = vt->single_shift;
	s->origin = vt->modes & VT_M_ORIGIN;
	s->valid = true;
}

void vt_cursor_restore(struct vt *vt)
{
	const struct vt_saved *s = &vt->grid->saved;
	uint32_t semantic = vt->pen.attrs & VT_ATTR_SEMANTIC;

	/* The position is absolute, but in origin mode the cursor does not leave the margins. */
	if (s->origin)
		vt_cursor_to(vt, MIN(MAX(s->pos.x, vt->left), vt->right), MIN(MAX(s->pos.y, vt->top), vt->bottom));
	else
		vt_cursor_to(vt, s->pos.x, s->pos.y);
	vt->pos.pending = s->pos.pending && (vt->modes & VT_M_AUTOWRAP) && s->pos.x == vt->pos.x &&
	    (s->pos.x == vt->cols - 1 || s->pos.x == vt_line_limit(vt, s->pos.x, s->pos.y));
	vt->pen = s->pen;
	/* What shells mark is no rendition. */
	vt->pen.attrs = (vt->pen.attrs & ~(uint32_t)VT_ATTR_SEMANTIC) | semantic;
	vt_pen_touch(vt);
	memcpy(vt->charset, s->charset, sizeof(s->charset));
	vt->gl = s->gl;
	vt->gr = s->gr;
	vt->single_shift = s->single_shift;
	vt->modes = s->origin ? vt->modes | VT_M_ORIGIN : vt->modes & ~VT_M_ORIGIN;
	vt_print_update(vt);
}

void vt_tabs_default(struct vt *vt, unsigned from)
{
	for (unsigned x = from; x < vt->cols; x++)
		vt->tabs[x] = x > 0 && x % 8 == 0;
}

void vt_tab(struct vt *vt, unsigned n)
{
	unsigned x = vt->pos.x, stop = vt_line_limit(vt, x, vt->pos.y);

	while (n > 0 && x < stop)
		if (vt->tabs[++x])
			n--;
	if (x != vt->pos.x)
		vt_cursor_to(vt, x, vt->pos.y);
}

void vt_tab_back(struct vt *vt, unsigned n)
{
	unsigned stop = (vt->modes & VT_M_ORIGIN) ? vt->left : 0, x = vt->pos.x;

	while (n > 0 && x > stop)
		if (vt->tabs[--x])
			n--;
	vt_cursor_to(vt, x, vt->pos.y);
}

/* ---- scrolling --------------------------------------------------------------------- */

static bool whole_width(const struct vt *vt)
{
	return vt->left == 0 && vt->right == vt->cols - 1;
}

/* Moves the columns [left, right] of one row to another. */
static void move_columns(struct vt *vt, unsigned from, unsigned to)
{
	struct vt_grid_row *src = vt_row_at(vt, from), *dst = vt_row_at(vt, to);

	vt_row_split(src, vt->left);
	vt_row_split(src, vt->right + 1u);
	vt_row_split(dst, vt->left);
	vt_row_split(dst, vt->right + 1u);
	vt_row_reach(src, vt->right + 1u);
	vt_row_reach(dst, vt->right + 1u);
	if (src->spans || dst->spans)
		vt_spans_move_columns(vt, src, dst, vt->left, vt->right + 1u);
	memcpy(dst->cells + vt->left, src->cells + vt->left, (vt->right - vt->left + 1u) * sizeof(*dst->cells));
	vt_touch(vt, dst);
}

/* One row up in [top, bottom]: what the row structs describe moves, the cells stay. */
static void rotate_up(struct vt *vt, unsigned top, unsigned bottom)
{
	struct vt_grid_row first = *vt_row_at(vt, top);

	for (unsigned y = top; y < bottom; y++) {
		*vt_row_at(vt, y) = *vt_row_at(vt, y + 1);
		vt_touch(vt, vt_row_at(vt, y));
	}
	*vt_row_at(vt, bottom) = first;
	vt_spans_drop(vt, vt_row_at(vt, bottom));
	vt_row_clear(vt_row_at(vt, bottom), vt->cols, vt_erase_id(vt));
	vt_touch(vt, vt_row_at(vt, bottom));
}

static void rotate_down(struct vt *vt, unsigned top, unsigned bottom)
{
	struct vt_grid_row last = *vt_row_at(vt, bottom);

	for (unsigned y = bottom; y > top; y--) {
		*vt_row_at(vt, y) = *vt_row_at(vt, y - 1);
		vt_touch(vt, vt_row_at(vt, y));
	}
	*vt_row_at(vt, top) = last;
	vt_spans_drop(vt, vt_row_at(vt, top));
	vt_row_clear(vt_row_at(vt, top), vt->cols, vt_erase_id(vt));
	vt_touch(vt, vt_row_at(vt, top));
}

/* Images of a row that has left at the top. */
static void leave(struct vt *vt, struct vt_grid_row *row)
{
	if (!vt_is_alt(vt)) {
		vt->images.placeholders_kept |= vt->graphics && vt_placeholders_in(vt, row);
		vt_spans_settle(vt, row);
		if (row->spans)
			vt_spans_keep(vt, (struct vt_kept_spans){ .row = vt->sb.end - 1, .spans = row->spans });
		row->spans = NULL;
		vt_spans_trim(vt, vt->sb.first);
	}
	vt_spans_drop(vt, row);
}

/* One line of the whole screen: the ring turns. Stable indexes go with the rows of
 * the primary screen; those of the alternate screen stay, so all its rows change. */
static void scroll_whole(struct vt *vt)
{
	struct vt_grid *g = vt->grid;
	struct vt_grid_row *row = &g->rows[g->head];

	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
	if (vt_is_alt(vt)) {
		g->floor = vt_now(vt);
	} else {
		if (vt->seen[g->head].index == vt->sb.end)
			vt_row_leaves(vt, row);
		vt_sb_push(vt, &vt->sb, row, vt->cols);
	}
	if (row->spans || vt->images.n_kept > 0 || vt->graphics)
		leave(vt, row);
	if (++g->head == g->n)
		g->head = 0;
	vt_row_clear(row, vt->cols, vt_erase_id(vt));
	vt_touch(vt, row);
}

/* Images that are partly outside of what scrolls stay where they are. */
static void pin_images(struct vt *vt, unsigned top, unsigned bottom, struct vt_pins *ret)
{
	struct vt_region region = { .top = top, .bottom = bottom, .left = vt->left, .right = vt->right };

	*ret = (struct vt_pins){ 0 };
	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
	if (vt->images.n_placements > 0 && (top > 0 || bottom < vt->rows - 1u || !whole_width(vt)))
		vt_spans_pin(vt, &region, ret);
}

static void scroll_columns_up(struct vt *vt, unsigned top, unsigned bottom, unsigned n)
{
	for (unsigned y = top; y < top + n; y++)
		vt_spans_drop_columns(vt, vt_row_at(vt, y), vt->left, vt->right + 1u);
	for (unsigned y = top; y + n <= bottom; y++)
		move_columns(vt, y + n, y);
	for (unsigned y = bottom + 1 - n; y <= bottom; y++)
		vt_erase_cells(vt, y, vt->left, vt->right + 1u, false);
}

static void scroll_columns_down(struct vt *vt, unsigned top, unsigned bottom, unsigned n)
{
	for (unsigned y = bottom + 1 - n; y <= bottom; y++)
		vt_spans_drop_columns(vt, vt_row_at(vt, y), vt->left, vt->right + 1u);
	for (unsigned y = bottom; y >= top + n; y--)
		move_columns(vt, y - n, y);
	for (unsigned y = top; y < top + n; y++)
		vt_erase_cells(vt, y, vt->left, vt->right + 1u, false);
}

/* Another row follows than the one it continued in. */
static void unwrap(struct vt *vt, unsigned y)
{
	struct vt_grid_row *row = vt_row_at(vt, y);

	if (!row->wrapped)
		return;
	row->wrapped = false;
	vt_touch(vt, row);
}

void vt_scroll_up(struct vt *vt, unsigned top, unsigned bottom, unsigned n, bool keep)
{
	struct vt_pins pins;

	n = MIN(n, bottom - top + 1);
	pin_images(vt, top, bottom, &pins);
	if (!whole_width(vt)) {
		scroll_columns_up(vt, top, bottom, n);
		vt_spans_unpin(vt, &pins);
		return;
	}
	bool whole = top == 0 && bottom == vt->rows - 1u && (keep || vt_is_alt(vt));
	if (top > 0)
		unwrap(vt, top - 1);
	for (; n > 0; n--) {
		if (whole) {
			scroll_whole(vt);
		} else if (top == 0 && keep && !vt_is_alt(vt)) {
			/* The line is kept, so all stable indexes rise by one; the rows
			 * below the region stay where they are on the screen. */
			scroll_whole(vt);
			rotate_down(vt, bottom, vt->rows - 1u);
		} else {
			rotate_up(vt, top, bottom);
		}
	}
	vt_spans_unpin(vt, &pins);
	if (vt->modes & VT_M_DOUBLE)
		vt_cursor_clamp(vt);
}

void vt_scroll_down(struct vt *vt, unsigned top, unsigned bottom, unsigned n)
{
	struct vt_pins pins;

	n = MIN(n, bottom - top + 1);
	pin_images(vt, top, bottom, &pins);
	if (whole_width(vt)) {
		for (; n > 0; n--)
			rotate_down(vt, top, bottom);
		unwrap(vt, bottom);
		if (top > 0)
			unwrap(vt, top - 1);
	} else {
		scroll_columns_down(vt, top, bottom, n);
	}
	vt_spans_unpin(vt, &pins);
	if (vt->modes & VT_M_DOUBLE)
		vt_cursor_clamp(vt);
}

void vt_scroll_left(struct vt *vt, unsigned x, unsigned n)
{
	for (unsigned y = vt->top; y <= vt->bottom; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);

		vt_row_delete(vt, row, x, n, MIN(vt->right, vt_row_cols(vt, row) - 1), vt->cols, vt_erase_id(vt));
		vt_touch(vt, row);
	}
}

void vt_scroll_right(struct vt *vt, unsigned x, unsigned n)
{
	for (unsigned y = vt->top; y <= vt->bottom; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);

		vt_row_insert(vt, row, x, n, MIN(vt->right, vt_row_cols(vt, row) - 1), vt_erase_id(vt));
		vt_touch(vt, row);
	}
}

void vt_index(struct vt *vt)
{
	if (vt->pos.y == vt->bottom) {
		/* Nearly every line that is printed comes here. */
		if (vt->top == 0 && vt->bottom == vt->rows - 1 && whole_width(vt))
			scroll_whole(vt);
		else if (vt->pos.x >= vt->left && vt->pos.x <= vt->right)
			vt_scroll_up(vt, vt->top, vt->bottom, 1, true);
	} else if (vt->pos.y < vt->rows - 1) {
		vt->pos.y++;
	}
	vt->pos.pending = false;
	vt->changed = true;
	if (__builtin_expect((vt->modes & VT_M_DOUBLE) != 0, 0))
		vt_cursor_clamp(vt);
}

void vt_reverse_index(struct vt *vt)
{
	if (vt->pos.y == vt->top) {
		if (vt->pos.x >= vt->left && vt->pos.x <= vt->right)
			vt_scroll_down(vt, vt->top, vt->bottom, 1);
	} else if (vt->pos.y > 0) {
		vt->pos.y--;
	}
	vt->pos.pending = false;
	vt->changed = true;
	if (vt->modes & VT_M_DOUBLE)
		vt_cursor_clamp(vt);
}

/* ---- erasing ---------------------------------------------------------------------------- */

void vt_erase_rows(struct vt *vt, unsigned from, unsigned to)
{
	uint16_t style = vt_erase_id(vt);

	for (unsigned y = from; y < to; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);

		vt_row_clear(row, vt->cols, style);
		/* To clear the screen clears its images too; to erase text does not. */
		if (to - from == vt->rows)
			vt_spans_drop(vt, row);
		vt_touch(vt, row);
	}
}

void vt_erase_cells(struct vt *vt, unsigned y, unsigned from, unsigned to, uint32_t keep)
{
	struct vt_grid_row *row = vt_row_at(vt, y);
	uint16_t style = vt_erase_id(vt);

	to = MIN(to, vt->cols);
	vt_touch(vt, row);
	if (keep == 0) {
		vt_row_erase(row, from, to, vt->cols, style);
		return;
	}
	unsigned used = row->used;
	for (unsigned x = from; x < to && x < row->used; x++)
		if (!(vt->styles.v[row->cells[x].style].attrs & keep))
			vt_row_erase(row, x, x + 1, vt->cols, style);
	/* Where nothing has been printed nothing is protected. */
	if (to > used)
		vt_row_erase(row, MAX(from, used), to, vt->cols, style);
}

void vt_margins_reset(struct vt *vt)
{
	vt->top = vt->left = 0;
	vt->bottom = (uint16_t)(vt->rows - 1);
	vt->right = (uint16_t)(vt->cols - 1);
}

/* ---- the two screens, resets ----------------------------------------------------------------- */

void vt_screen_switch(struct vt *vt, bool alt)
{
	if (alt == vt_is_alt(vt))
		return;
	vt->grid = &vt->grids[alt];
	vt->modes = alt ? vt->modes | VT_MODE_ALT_SCREEN : vt->modes & ~(uint64_t)VT_MODE_ALT_SCREEN;
	/* Whoever shows rows by stable index sees others now. */
	vt->grid->floor = vt_now(vt);
	vt_seen_reset(vt);
	if (!alt) {
		vt->switch_rows = MAX(vt->switch_rows, vt->rows);
		vt->switch_seqno = vt_now(vt);
	}
	vt_cursor_clamp(vt);
	vt->changed = true;
}

/* ---- double width ------------------------------------------------------------------------------ */

/* What does not fit into half of the columns is lost (VT100, VT510). Lines of different
 * width do not continue each other: reflow has nothing to join. */
void vt_line_attr(struct vt *vt, uint8_t attr)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

	/* With left and right margins there are no such lines (VT420). */
	if ((vt->modes & VT_M_LEFT_RIGHT) || row->line_attr == attr)
		return;
	vt_touch(vt, row);
	row->line_attr = attr;
	row->wrapped = false;
	if (vt->pos.y > 0 && vt_row_at(vt, vt->pos.y - 1u)->wrapped) {
		vt_row_at(vt, vt->pos.y - 1u)->wrapped = false;
		vt_touch(vt, vt_row_at(vt, vt->pos.y - 1u));
	}
	if (attr == 0)
		return;
	vt->modes |= VT_M_DOUBLE;
	vt_row_erase(row, vt_row_cols(vt, row), vt->cols, vt->cols, 0);
	vt_cursor_clamp(vt);
}

/* On both screens, as the mode that wants it is of both. */
void vt_lines_single(struct vt *vt)
{
	for (unsigned i = 0; i < 2u * vt->rows; i++) {
		struct vt_grid_row *row = &vt->grids[i % 2].rows[i / 2];

		if (row->line_attr) {
			row->line_attr = 0;
			vt_touch(vt, row);
		}
	}
}

void vt_screen_align(struct vt *vt)
{
	vt_margins_reset(vt);
	vt->modes &= ~VT_M_ORIGIN;
	for (unsigned y = 0; y < vt->rows; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);

		vt_row_clear(row, vt->cols, 0);
		for (unsigned x = 0; x < vt->cols; x++)
			row->cells[x] = vt_cell_make('E', 0, 1);
		row->used = vt->cols;
		vt_touch(vt, row);
	}
	vt_cursor_to(vt, 0, 0);
}

void vt_saved_reset(struct vt_saved *saved)
{
	*saved = (struct vt_saved){ .charset = { [2] = VT_CHARSET_LATIN1, [3] = VT_CHARSET_LATIN1 }, .gr = 2 };
}

void vt_soft_reset(struct vt *vt)
{
	vt->modes &= ~(VT_M_ORIGIN | VT_M_INSERT | VT_M_LEFT_RIGHT | VT_M_REVERSE_WRAP | VT_M_REVERSE_WRAP_FAR |
	    VT_M_KEYBOARD_LOCK | VT_M_CURSOR_BLINK | VT_MODE_APP_CURSOR | VT_MODE_APP_KEYPAD);
	vt->modes |= VT_M_AUTOWRAP | VT_M_CURSOR_VISIBLE;
	vt_margins_reset(vt);
	vt->pen = (struct vt_style){ .attrs = vt->pen.attrs & VT_ATTR_SEMANTIC };
	vt_pen_touch(vt);
	vt_charsets_reset(vt);
	vt->shape = VT_CURSOR_DEFAULT;
	vt->grid->kitty_n = 0;
	vt->other_keys = vt->other_keys_format = 0;
	vt_saved_reset(&vt->grid->saved);
	vt->pos.pending = false;
	vt_print_update(vt);
	vt->changed = true;
}
