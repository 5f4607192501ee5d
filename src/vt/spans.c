/* Spans: what rows have of placements, and what becomes of it when cells and rows
 * move. See placement.h. Lists are short, so whatever changes one builds it anew. */
#include "vt/internal.h"

static void span_gone(struct vt *vt, const struct vt_span *s)
{
	struct vt_placement *p = vt_placement_find(vt, s->placement);

	vt->images.spans--;
	if (p)                           /* it may have died while its spans were pinned */
		vt_placement_release(vt, p);
}

static struct vt_spans *add(struct vt *vt, struct vt_spans *list, struct vt_span s)
{
	struct vt_placement *p = vt_placement_find(vt, s.placement);

	if (!p)
		return list;
	/* First, so that what makes room does not end it. */
	p->spans++;
	vt->images.spans++;
	if (list && list->n == VT_ROW_IMAGES_MAX) {
		struct vt_span oldest = list->v[0];

		memmove(list->v, list->v + 1, --list->n * sizeof(list->v[0]));
		span_gone(vt, &oldest);
	}
	if (!list || list->n == list->cap) {
		unsigned n = list ? list->n : 0, cap = n ? n * 2 : 1;

		list = xreallocarray(list, 1, sizeof(*list) + cap * sizeof(list->v[0]));
		list->n = (uint16_t)n;
		list->cap = (uint16_t)cap;
	}
	list->v[list->n++] = s;
	return list;
}

/* The cells [x, end) of a span, as far as it has them, moved by `by` columns. */
static struct vt_spans *add_part(struct vt *vt, struct vt_spans *list, const struct vt_span *s, unsigned x,
    unsigned end, int by)
{
	struct vt_span part = vt_span_part(s, MAX(x, s->x), MIN(end, s->x + (unsigned)s->cells));

	if (MAX(x, s->x) >= MIN(end, s->x + (unsigned)s->cells))
		return list;
	part.x = (uint16_t)(part.x + by);
	return add(vt, list, part);
}

struct vt_spans *vt_spans_carry(struct vt *vt, struct vt_spans *list, struct vt_span s, unsigned x)
{
	s.x = (uint16_t)MIN(x, (unsigned)UINT16_MAX - s.cells);
	return add(vt, list, s);
}

struct vt_spans *vt_spans_place(struct vt *vt, struct vt_spans *list, const struct vt_spans *from, unsigned x,
    unsigned at)
{
	for (unsigned i = 0; i < from->n; i++)
		if (from->v[i].x == x)
			list = vt_spans_carry(vt, list, from->v[i], at);
	return list;
}

struct vt_spans *vt_spans_place_beyond(struct vt *vt, struct vt_spans *list, const struct vt_spans *from,
    unsigned x, unsigned at)
{
	for (unsigned i = 0; i < from->n; i++)
		if (from->v[i].x >= x)
			list = vt_spans_carry(vt, list, from->v[i], at + from->v[i].x - x);
	return list;
}

void vt_spans_free(struct vt *vt, struct vt_spans *list)
{
	for (unsigned i = 0; list && i < list->n; i++)
		span_gone(vt, &list->v[i]);
	free(list);
}

static void replace(struct vt *vt, struct vt_grid_row *row, struct vt_spans *list)
{
	struct vt_spans *old = row->spans;

	row->spans = list;
	vt_spans_free(vt, old);
}

struct vt_span vt_span_part(const struct vt_span *s, unsigned x, unsigned end)
{
	struct vt_span part = *s;

	part.x = (uint16_t)x;
	part.cells = (uint16_t)(end - x);
	part.col = (uint16_t)(s->col + (x - s->x));
	return part;
}

void vt_spans_add(struct vt *vt, struct vt_grid_row *row, struct vt_span s)
{
	row->spans = add(vt, row->spans, s);
}

void vt_spans_remove(struct vt *vt, struct vt_grid_row *row, uint64_t placement)
{
	struct vt_spans *list = NULL;

	for (unsigned i = 0; row->spans && i < row->spans->n; i++)
		if (row->spans->v[i].placement != placement)
			list = add(vt, list, row->spans->v[i]);
	replace(vt, row, list);
}

void vt_spans_drop(struct vt *vt, struct vt_grid_row *row)
{
	if (row->spans)
		replace(vt, row, NULL);
}

/* ---- bound spans ---------------------------------------------------------------------- */

/* Whether the cell still shows what bound spans say. What lies right of the screen does when
 * the last column does, or the span has no cell on the screen at all. */
static bool bound_cell(const struct vt_grid_row *row, const struct vt_span *s, unsigned x, unsigned cols)
{
	if (x >= cols) {
		if (s->x >= cols)
			return true;
		x = cols - 1;
	}
	return x < row->used && row->cells[x].flags & VT_CELL_IMAGE;
}

unsigned vt_span_run(const struct vt_grid_row *row, const struct vt_span *s, unsigned x, unsigned cols,
    unsigned *ret_x)
{
	unsigned end = s->x + s->cells;

	while (x < end && !bound_cell(row, s, x, cols))
		x++;
	*ret_x = x;
	while (x < end && bound_cell(row, s, x, cols))
		x++;
	return x;
}

void vt_spans_settle(struct vt *vt, struct vt_grid_row *row)
{
	struct vt_spans *list = NULL;

	for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
		const struct vt_span *s = &row->spans->v[i];

		if (!s->bound) {
			list = add(vt, list, *s);
			continue;
		}
		for (unsigned x = s->x, end; x < s->x + (unsigned)s->cells; x = end) {
			end = vt_span_run(row, s, x, vt->cols, &x);
			list = add_part(vt, list, s, x, end, 0);
		}
	}
	replace(vt, row, list);
}

void vt_spans_cut(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned end)
{
	struct vt_spans *list = NULL;

	for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
		const struct vt_span *s = &row->spans->v[i];

		if (!s->bound) {
			list = add(vt, list, *s);
			continue;
		}
		list = add_part(vt, list, s, 0, x, 0);
		list = add_part(vt, list, s, end, UINT16_MAX, 0);
	}
	replace(vt, row, list);
}

void vt_spans_flag(struct vt_grid_row *row, unsigned cols)
{
	for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
		const struct vt_span *s = &row->spans->v[i];
		unsigned end = MIN(s->x + (unsigned)s->cells, cols);

		if (!s->bound || s->x >= end)
			continue;
		vt_row_reach(row, end);
		for (unsigned x = s->x; x < end; x++)
			row->cells[x].flags |= VT_CELL_IMAGE;
	}
}

/* ---- cells that move ------------------------------------------------------------------ */

void vt_spans_shift(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned end, bool insert)
{
	struct vt_spans *list = NULL;

	vt_spans_settle(vt, row);
	for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
		const struct vt_span *s = &row->spans->v[i];

		if (!s->bound) {
			list = add(vt, list, *s);
			continue;
		}
		list = add_part(vt, list, s, 0, x, 0);
		if (insert)
			list = add_part(vt, list, s, x, end - n, (int)n);
		else
			list = add_part(vt, list, s, x + n, end, -(int)n);
		list = add_part(vt, list, s, end, UINT16_MAX, 0);
	}
	replace(vt, row, list);
}

void vt_spans_copy(struct vt *vt, struct vt_grid_row *from, unsigned x, unsigned end, struct vt_grid_row *to,
    unsigned to_x)
{
	struct vt_spans *list;

	vt_spans_settle(vt, from);
	vt_spans_settle(vt, to);
	/* What comes may come from the same row: cut only when it has been read. */
	list = NULL;
	for (unsigned i = 0; from->spans && i < from->spans->n; i++)
		if (from->spans->v[i].bound)
			list = add_part(vt, list, &from->spans->v[i], x, end, (int)to_x - (int)x);
	vt_spans_cut(vt, to, to_x, to_x + (end - x));
	for (unsigned i = 0; list && i < list->n; i++)
		vt_spans_add(vt, to, list->v[i]);
	vt_spans_free(vt, list);
}

/* ---- rows that move ------------------------------------------------------------------- */

/* Marks the placements of which something lies outside; true when there are any. */
static bool mark_outside(struct vt *vt, const struct vt_region *r)
{
	const struct vt_images *im = &vt->images;
	bool any = false;

	for (size_t i = 0; i < im->n_placements; i++)
		im->placements[i]->outside = false;
	for (unsigned y = 0; y < vt->rows; y++) {
		const struct vt_spans *list = vt_row_at(vt, y)->spans;

		for (unsigned i = 0; list && i < list->n; i++) {
			const struct vt_span *s = &list->v[i];

			if (!s->bound && (y < r->top || y > r->bottom || s->x < r->left ||
			    MIN(s->x + (unsigned)s->cells, vt->cols) > r->right + 1u))
				vt_placement_find(vt, s->placement)->outside = any = true;
		}
	}
	const struct vt_kept_spans *above = vt_is_alt(vt) ? NULL : vt_spans_kept(vt, vt->sb.end - 1);
	for (unsigned i = 0; above && above->spans && i < above->spans->n; i++)
		if (!above->spans->v[i].bound)
			vt_placement_find(vt, above->spans->v[i].placement)->outside = any = true;
	return any;
}

void vt_spans_pin(struct vt *vt, const struct vt_region *region, struct vt_pins *ret)
{
	*ret = (struct vt_pins){ 0 };
	if (vt->images.n_placements == 0 || !mark_outside(vt, region))
		return;
	ret->rows = xcalloc(region->bottom - region->top + 1u, sizeof(*ret->rows));
	ret->top = region->top;
	ret->n = region->bottom - region->top + 1u;
	for (unsigned y = region->top; y <= region->bottom; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);
		struct vt_spans *list = NULL;

		for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
			const struct vt_span *s = &row->spans->v[i];
			struct vt_spans **to = vt_placement_find(vt, s->placement)->outside ?
			    &ret->rows[y - region->top] : &list;

			*to = add(vt, *to, *s);
		}
		replace(vt, row, list);
		if (ret->rows[y - region->top])
			vt_touch(vt, row);
	}
}

void vt_spans_unpin(struct vt *vt, struct vt_pins *pins)
{
	for (unsigned y = 0; y < pins->n; y++) {
		struct vt_spans *list = pins->rows[y];

		if (!list)
			continue;
		for (unsigned i = 0; i < list->n; i++)
			vt_spans_add(vt, vt_row_at(vt, pins->top + y), list->v[i]);
		vt_spans_free(vt, list);
		vt_touch(vt, vt_row_at(vt, pins->top + y));
	}
	free(pins->rows);
}

void vt_spans_move_columns(struct vt *vt, struct vt_grid_row *from, struct vt_grid_row *to, unsigned left,
    unsigned end)
{
	struct vt_spans *list = NULL;

	vt_spans_copy(vt, from, left, end, to, left);
	vt_spans_cut(vt, from, left, end);
	/* Others lie between the margins or right of them or left: what straddles is pinned. */
	for (unsigned i = 0; from->spans && i < from->spans->n; i++) {
		const struct vt_span *s = &from->spans->v[i];

		if (!s->bound && s->x >= left && s->x < end)
			vt_spans_add(vt, to, *s);
		else
			list = add(vt, list, *s);
	}
	replace(vt, from, list);
}

void vt_spans_drop_columns(struct vt *vt, struct vt_grid_row *row, unsigned left, unsigned end)
{
	struct vt_spans *list = NULL;

	for (unsigned i = 0; row->spans && i < row->spans->n; i++)
		if (row->spans->v[i].x < left || row->spans->v[i].x >= end)
			list = add(vt, list, row->spans->v[i]);
	replace(vt, row, list);
}

/* ---- deleting ------------------------------------------------------------------------- */

/* *left are those that may be found yet. */
static bool sweep(struct vt *vt, struct vt_spans **list, size_t *left)
{
	unsigned n = 0, had = *list ? (*list)->n : 0;

	for (unsigned i = 0; i < had; i++)
		if (!vt_placement_find(vt, (*list)->v[i].placement)->dead)
			(*list)->v[n++] = (*list)->v[i];
	if (n == had)
		return false;
	vt->images.spans -= had - n;
	*left -= had - n;
	(*list)->n = (uint16_t)n;
	if (n == 0) {
		free(*list);
		*list = NULL;
	}
	return true;
}

void vt_spans_sweep(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t left = 0;

	for (size_t i = 0; i < im->n_placements; i++)
		left += im->placements[i]->dead ? im->placements[i]->spans : 0;
	/* The oldest first: it is they that have to go for new ones. */
	for (size_t i = 0; i < im->n_kept && left > 0; i++) {
		struct vt_kept_spans *k = &im->kept[im->kept_head + i];

		if (sweep(vt, &k->spans, &left)) {
			k->seqno = im->kept_seqno = vt_now(vt);
			vt->changed = true;
		}
	}
	for (unsigned g = 0; g < ARRAY_LEN(vt->grids); g++)
		for (unsigned y = 0; y < vt->grids[g].n && left > 0; y++)
			if (sweep(vt, &vt->grids[g].rows[y].spans, &left))
				vt_touch(vt, &vt->grids[g].rows[y]);
}

static bool shows(const struct vt *vt, const struct vt_spans *list, const struct vt_stored *image)
{
	for (unsigned i = 0; list && i < list->n; i++)
		if (vt_placement_find(vt, list->v[i].placement)->image == image)
			return true;
	return false;
}

void vt_spans_touch(struct vt *vt, const struct vt_stored *image)
{
	struct vt_images *im = &vt->images;

	for (unsigned g = 0; g < ARRAY_LEN(vt->grids); g++)
		for (unsigned y = 0; y < vt->grids[g].n; y++)
			if (shows(vt, vt->grids[g].rows[y].spans, image))
				vt_touch(vt, &vt->grids[g].rows[y]);
	for (size_t i = 0; i < im->n_kept; i++) {
		struct vt_kept_spans *k = &im->kept[im->kept_head + i];

		if (shows(vt, k->spans, image)) {
			k->seqno = im->kept_seqno = vt_now(vt);
			vt->changed = true;
		}
	}
}

/* ---- the scrollback ------------------------------------------------------------------- */

void vt_spans_keep(struct vt *vt, struct vt_kept_spans kept)
{
	struct vt_images *im = &vt->images;

	if (im->kept_head + im->n_kept == im->cap_kept) {
		if (im->kept_head > im->cap_kept / 2) {
			memmove(im->kept, im->kept + im->kept_head, im->n_kept * sizeof(*im->kept));
			im->kept_head = 0;
		} else {
			im->cap_kept = MAX(im->cap_kept * 2, 16u);
			im->kept = xreallocarray(im->kept, im->cap_kept, sizeof(*im->kept));
		}
	}
	im->kept[im->kept_head + im->n_kept++] = kept;
}

struct vt_kept_spans vt_spans_unkeep(struct vt *vt, int64_t row)
{
	struct vt_images *im = &vt->images;

	if (im->n_kept == 0 || im->kept[im->kept_head + im->n_kept - 1].row != row)
		return (struct vt_kept_spans){ .row = row };
	return im->kept[im->kept_head + --im->n_kept];
}

void vt_spans_trim(struct vt *vt, int64_t first)
{
	struct vt_images *im = &vt->images;

	while (im->n_kept > 0 && im->kept[im->kept_head].row < first) {
		struct vt_spans *spans = im->kept[im->kept_head++].spans;

		im->n_kept--;
		vt_spans_free(vt, spans);
	}
	if (im->n_kept == 0)
		im->kept_head = 0;
	im->placeholders_kept &= vt->sb.n > 0;
}

/* Index in im->kept of the first row from `row` on. */
static size_t kept_from(const struct vt_images *im, int64_t row)
{
	size_t lo = im->kept_head, hi = lo + im->n_kept;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->kept[mid].row < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct vt_kept_spans *vt_spans_kept(const struct vt *vt, int64_t row)
{
	const struct vt_images *im = &vt->images;
	size_t i = kept_from(im, row);

	return i < im->kept_head + im->n_kept && im->kept[i].row == row ? &im->kept[i] : NULL;
}

int64_t vt_spans_kept_changed(const struct vt *vt, uint64_t since, int64_t row, int64_t end)
{
	const struct vt_images *im = &vt->images;

	if (im->kept_seqno <= since)
		return end;
	for (size_t i = kept_from(im, row); i < im->kept_head + im->n_kept && im->kept[i].row < end; i++)
		if (im->kept[i].seqno > since)
			return im->kept[i].row;
	return end;
}
