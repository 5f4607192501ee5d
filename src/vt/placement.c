/* Placements and their spans: where images stand, row by row. See placement.h. */
#include "vt/internal.h"

/* ---- placements ------------------------------------------------------------------- */

static struct vt_placement *find(const struct vt_images *im, uint64_t serial)
{
	size_t lo = 0, hi = im->n_placements;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->placements[mid]->serial < serial)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < im->n_placements && im->placements[lo]->serial == serial ? im->placements[lo] : NULL;
}

/* An image that nothing shows and that no program can name again is of no use. */
static void unplace(struct vt *vt, struct vt_placement *p)
{
	struct vt_stored *image = p->image;

	free(p);
	if (--image->placements == 0 && image->id == 0 && image->number == 0)
		vt_image_free(vt, image);
}

static void placement_free(struct vt *vt, struct vt_placement *p)
{
	struct vt_images *im = &vt->images;
	size_t i = 0;

	while (im->placements[i] != p)
		i++;
	memmove(im->placements + i, im->placements + i + 1, (--im->n_placements - i) * sizeof(*im->placements));
	unplace(vt, p);
}

/* One user less: a span, or whoever is making the placement. */
static void release(struct vt *vt, struct vt_placement *p)
{
	if (--p->spans == 0)
		placement_free(vt, p);
}

static void span_gone(struct vt *vt, const struct vt_span *s)
{
	struct vt_placement *p = find(&vt->images, s->placement);

	vt->images.spans--;
	if (p)
		release(vt, p);
}

/* ---- lists of spans ---------------------------------------------------------------- */

static struct vt_spans *spans_add(struct vt *vt, struct vt_spans *list, struct vt_span s)
{
	/* First, so that what makes room does not end it. */
	find(&vt->images, s.placement)->spans++;
	if (list && list->n == VT_ROW_IMAGES_MAX) {
		span_gone(vt, &list->v[0]);
		memmove(list->v, list->v + 1, --list->n * sizeof(list->v[0]));
	}
	if (!list || list->n == list->cap) {
		unsigned cap = list ? list->cap * 2u : 1;
		bool fresh = !list;

		list = xreallocarray(list, 1, sizeof(*list) + cap * sizeof(list->v[0]));
		list->cap = (uint16_t)cap;
		if (fresh)
			list->n = 0;
	}
	list->v[list->n++] = s;
	vt->images.spans++;
	return list;
}

static void spans_remove(struct vt *vt, struct vt_spans *list, unsigned i)
{
	struct vt_span s = list->v[i];

	memmove(list->v + i, list->v + i + 1, (--list->n - i) * sizeof(list->v[0]));
	span_gone(vt, &s);
}

static void spans_free(struct vt *vt, struct vt_spans *list)
{
	while (list->n > 0)
		spans_remove(vt, list, list->n - 1u);
	free(list);
}

void vt_spans_drop(struct vt *vt, struct vt_grid_row *row)
{
	struct vt_spans *list = row->spans;

	row->spans = NULL;
	if (list)
		spans_free(vt, list);
}

/* Whether the cell still shows what bound spans say; what lies right of the screen does. */
static bool bound_cell(const struct vt_grid_row *row, unsigned x, unsigned cols)
{
	return x >= cols || (x < row->used && row->cells[x].flags & VT_CELL_IMAGE);
}

/* The next run of cells of a span that are still shown, from x on: [*ret_x, returned). */
static unsigned bound_run(const struct vt_grid_row *row, const struct vt_span *s, unsigned x, unsigned cols,
    unsigned *ret_x)
{
	unsigned end = s->x + s->cells;

	while (x < end && !bound_cell(row, x, cols))
		x++;
	*ret_x = x;
	while (x < end && bound_cell(row, x, cols))
		x++;
	return x;
}

static struct vt_span span_part(const struct vt_span *s, unsigned x, unsigned end)
{
	struct vt_span part = *s;

	part.x = (uint16_t)x;
	part.cells = (uint16_t)(end - x);
	part.col = (uint16_t)(s->col + (x - s->x));
	return part;
}

/* Cuts bound spans to what their cells still show. */
static void settle(struct vt *vt, struct vt_grid_row *row)
{
	struct vt_spans *old = row->spans, *list = NULL;

	if (!old)
		return;
	for (unsigned i = 0; i < old->n; i++) {
		const struct vt_span *s = &old->v[i];

		if (!s->bound) {
			list = spans_add(vt, list, *s);
			continue;
		}
		for (unsigned x = s->x, end; x < s->x + s->cells; x = end) {
			end = bound_run(row, s, x, vt->cols, &x);
			if (x < end)
				list = spans_add(vt, list, span_part(s, x, end));
		}
	}
	row->spans = list;
	spans_free(vt, old);
}

/* Bound spans show nothing in [x, end) any more. */
static void cut(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned end)
{
	struct vt_spans *old = row->spans, *list = NULL;

	if (!old)
		return;
	for (unsigned i = 0; i < old->n; i++) {
		const struct vt_span *s = &old->v[i];
		unsigned s_end = s->x + s->cells;

		if (!s->bound || s_end <= x || s->x >= end) {
			list = spans_add(vt, list, *s);
			continue;
		}
		if (s->x < x)
			list = spans_add(vt, list, span_part(s, s->x, x));
		if (s_end > end)
			list = spans_add(vt, list, span_part(s, end, s_end));
	}
	row->spans = list;
	spans_free(vt, old);
}

static void row_show(struct vt *vt, struct vt_grid_row *row, const struct vt_placement *p, unsigned x,
    unsigned n)
{
	unsigned end = x + p->cols, shown = MIN(end, vt->cols);
	struct vt_span s = { .placement = p->serial, .bound = p->bound, .x = (uint16_t)x,
		.cells = (uint16_t)(end - x), .row = (uint16_t)n };

	if (p->bound) {
		settle(vt, row);
		if (!p->image->picture.clear)
			cut(vt, row, x, end);
		vt_row_reach(row, shown);
		for (unsigned i = x; i < shown; i++)
			row->cells[i].flags |= VT_CELL_IMAGE;
	}
	row->spans = spans_add(vt, row->spans, s);
	vt_touch(vt, row);
}

/* ---- showing ------------------------------------------------------------------------- */

static bool can_scroll(const struct vt *vt)
{
	return vt->pos.y == vt->bottom && vt->pos.x >= vt->left && vt->pos.x <= vt->right;
}

/* Rows of the placement from the cursor on. The cursor ends on the last one. */
static void show_rows(struct vt *vt, struct vt_placement *p, bool scroll)
{
	unsigned x = vt->pos.x;

	for (unsigned i = 0;; i++) {
		row_show(vt, vt_row_at(vt, vt->pos.y), p, x, i);
		if (i + 1 == p->rows)
			return;
		if (can_scroll(vt) ? !scroll : vt->pos.y == vt->rows - 1)
			return;
		vt_index(vt);
	}
}

static void move_after(struct vt *vt, const struct vt_placement *p, enum vt_image_cursor after,
    struct vt_pos before)
{
	switch (after) {
	case VT_IMAGE_CURSOR_STAY:
		vt->pos = before;
		break;
	case VT_IMAGE_CURSOR_LEFT:
		break;
	case VT_IMAGE_CURSOR_RIGHT:
		vt_cursor_to(vt, vt->pos.x + p->cols, vt->pos.y);
		vt->pos.pending = before.x + p->cols >= vt->cols && (vt->modes & VT_M_AUTOWRAP);
		break;
	case VT_IMAGE_CURSOR_BELOW:
		vt_index(vt);
		break;
	}
}

static uint16_t cells_for(uint32_t pixels, uint16_t cell)
{
	return (uint16_t)MIN((pixels + cell - 1) / cell, UINT16_MAX);
}

/* Held once for the caller: release() it. */
static struct vt_placement *placement_new(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;

	if (im->n_placements == im->cap_placements) {
		im->cap_placements = MAX(im->cap_placements * 2, 8u);
		im->placements = xreallocarray(im->placements, im->cap_placements, sizeof(*im->placements));
	}
	struct vt_placement *p = xcalloc(1, sizeof(*p));
	*p = (struct vt_placement){ .serial = ++im->placement_serial, .image = image, .screen = vt_is_alt(vt),
		.from_width = image->picture.width, .from_height = image->picture.height, .spans = 1 };
	vt_cell_pixels(vt, &p->cell_width, &p->cell_height);
	im->placements[im->n_placements++] = p;
	image->placements++;
	image->used = ++im->clock;
	return p;
}

bool vt_image_show(struct vt *vt, const struct vt_picture *picture, const struct vt_image_how *how)
{
	struct vt_stored *image = vt_image_store(vt, picture);

	if (!image)
		return false;
	struct vt_placement *p = placement_new(vt, image);
	struct vt_pos before = vt->pos;

	p->bound = true;
	p->width = (int32_t)(how->width ? how->width : how->cols ? how->cols * p->cell_width : picture->width);
	p->height = (int32_t)(how->height ? how->height : how->rows ? how->rows * p->cell_height :
	    picture->height);
	p->cols = how->cols ? how->cols : cells_for((uint32_t)p->width, p->cell_width);
	p->rows = how->rows ? how->rows : cells_for((uint32_t)p->height, p->cell_height);
	if (how->home)
		vt_cursor_to(vt, 0, 0);
	show_rows(vt, p, how->scroll);
	move_after(vt, p, how->after, before);
	release(vt, p);
	vt->changed = true;
	return true;
}

/* ---- removing ------------------------------------------------------------------------- */

static bool list_sweep(struct vt *vt, struct vt_spans **list)
{
	bool swept = false;

	for (unsigned i = *list ? (*list)->n : 0; i > 0; i--) {
		const struct vt_placement *p = find(&vt->images, (*list)->v[i - 1].placement);

		if (p->dead) {
			memmove((*list)->v + i - 1, (*list)->v + i, ((*list)->n - i) * sizeof((*list)->v[0]));
			(*list)->n--;
			vt->images.spans--;
			swept = true;
		}
	}
	if (*list && (*list)->n == 0) {
		free(*list);
		*list = NULL;
	}
	return swept;
}

/* Those marked as dead leave all rows and the table. */
static void sweep(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t n = 0;

	for (unsigned g = 0; g < ARRAY_LEN(vt->grids); g++)
		for (unsigned y = 0; y < vt->grids[g].n; y++)
			if (list_sweep(vt, &vt->grids[g].rows[y].spans))
				vt_touch(vt, &vt->grids[g].rows[y]);
	for (size_t i = 0; i < im->n_kept; i++) {
		struct vt_kept_spans *k = &im->kept[im->kept_head + i];

		if (list_sweep(vt, &k->spans)) {
			k->seqno = im->kept_seqno = vt_now(vt);
			vt->changed = true;
		}
	}
	for (size_t i = 0; i < im->n_placements; i++) {
		struct vt_placement *p = im->placements[i];

		if (p->dead)
			unplace(vt, p);
		else
			im->placements[n++] = p;
	}
	im->n_placements = n;
}

void vt_placements_delete_image(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;

	if (image->placements == 0)
		return;
	for (size_t i = 0; i < im->n_placements; i++)
		im->placements[i]->dead = im->placements[i]->image == image;
	image->placements++;                 /* so that it survives them */
	sweep(vt);
	image->placements--;
}

/* ---- the scrollback -------------------------------------------------------------------- */

void vt_spans_keep(struct vt *vt, struct vt_grid_row *row, int64_t index)
{
	struct vt_images *im = &vt->images;

	settle(vt, row);
	if (!row->spans)
		return;
	if (im->kept_head + im->n_kept == im->cap_kept) {
		if (im->kept_head > im->cap_kept / 2) {
			memmove(im->kept, im->kept + im->kept_head, im->n_kept * sizeof(*im->kept));
			im->kept_head = 0;
		} else {
			im->cap_kept = MAX(im->cap_kept * 2, 16u);
			im->kept = xreallocarray(im->kept, im->cap_kept, sizeof(*im->kept));
		}
	}
	im->kept[im->kept_head + im->n_kept++] = (struct vt_kept_spans){ .row = index, .spans = row->spans };
	row->spans = NULL;
}

void vt_spans_trim(struct vt *vt, int64_t first)
{
	struct vt_images *im = &vt->images;

	while (im->n_kept > 0 && im->kept[im->kept_head].row < first) {
		struct vt_spans *spans = im->kept[im->kept_head++].spans;

		im->n_kept--;
		if (spans)
			spans_free(vt, spans);
	}
	if (im->n_kept == 0)
		im->kept_head = 0;
}

struct vt_kept_spans *vt_spans_kept(const struct vt *vt, int64_t row)
{
	const struct vt_images *im = &vt->images;
	size_t lo = im->kept_head, hi = lo + im->n_kept, end = hi;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->kept[mid].row < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < end ? &im->kept[lo] : NULL;
}

/* ---- images of a row ------------------------------------------------------------------- */

struct result {
	struct vt_row_image *v;
	size_t n, max;
};

static void report(const struct vt *vt, const struct vt_span *s, struct result *r)
{
	const struct vt_placement *p = find(&vt->images, s->placement);
	const struct vt_picture *pic = &p->image->picture;

	if (r->n++ >= r->max)
		return;
	r->v[r->n - 1] = (struct vt_row_image){
		.serial = p->image->serial, .image_id = p->image->id, .placement_id = p->id, .z = p->z,
		.x = s->x, .cells = s->cells, .cell_width = p->cell_width, .cell_height = p->cell_height,
		.left = p->x - s->col * p->cell_width, .top = p->y - s->row * p->cell_height,
		.width = p->width, .height = p->height,
		.from_left = (float)p->from_x / (float)pic->width,
		.from_top = (float)p->from_y / (float)pic->height,
		.from_right = (float)(p->from_x + p->from_width) / (float)pic->width,
		.from_bottom = (float)(p->from_y + p->from_height) / (float)pic->height,
	};
}

/* Lowest z first; of equal ones that which came first. Few enough to insert. */
static void sort(struct vt_row_image *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct vt_row_image image = v[i];
		size_t j = i;

		for (; j > 0 && v[j - 1].z > image.z; j--)
			v[j] = v[j - 1];
		v[j] = image;
	}
}

size_t vt_row_images(struct vt *vt, int64_t row, struct vt_row_image *ret, size_t max)
{
	struct result r = { .v = ret, .max = max };
	int64_t top = vt_is_alt(vt) ? 0 : vt->sb.end;
	const struct vt_grid_row *g = row >= top && row < top + vt->rows ? vt_row_at(vt, (unsigned)(row - top)) :
	    NULL;
	const struct vt_kept_spans *kept = g || vt_is_alt(vt) ? NULL : vt_spans_kept(vt, row);
	const struct vt_spans *list = g ? g->spans : kept && kept->row == row ? kept->spans : NULL;

	for (unsigned i = 0; list && i < list->n; i++) {
		const struct vt_span *s = &list->v[i];
		unsigned end = MIN(s->x + s->cells, vt->cols);

		for (unsigned x = s->x, stop; x < end; x = stop) {
			stop = end;
			if (s->bound && g)
				stop = MIN(bound_run(g, s, x, vt->cols, &x), end);
			if (x < stop) {
				struct vt_span part = span_part(s, x, stop);

				report(vt, &part, &r);
			}
		}
	}
	sort(ret, MIN(r.n, max));
	return r.n;
}

bool vt_row_image_cell(const struct vt_row_image *run, unsigned i, struct vt_image_cell *ret)
{
	int32_t x = (int32_t)i * run->cell_width;
	int32_t left = MAX(run->left, x), right = MIN(run->left + run->width, x + run->cell_width);
	int32_t top = MAX(run->top, 0), bottom = MIN(run->top + run->height, (int32_t)run->cell_height);

	if (i >= run->cells || left >= right || top >= bottom)
		return false;
	float across = (run->from_right - run->from_left) / (float)run->width;
	float down = (run->from_bottom - run->from_top) / (float)run->height;
	*ret = (struct vt_image_cell){
		.left = run->from_left + across * (float)(left - run->left),
		.right = run->from_left + across * (float)(right - run->left),
		.top = run->from_top + down * (float)(top - run->top),
		.bottom = run->from_top + down * (float)(bottom - run->top),
		.pad_left = (uint16_t)(left - x), .pad_right = (uint16_t)(x + run->cell_width - right),
		.pad_top = (uint16_t)top, .pad_bottom = (uint16_t)(run->cell_height - bottom),
	};
	return true;
}
