/* Placements and their spans: where images stand, row by row. See placement.h. */
#include "vt/internal.h"

/* ---- placements ------------------------------------------------------------------- */

struct vt_placement *vt_placement_find(const struct vt *vt, uint64_t serial)
{
	const struct vt_images *im = &vt->images;
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

	vt->images.relatives -= p->parent != 0;
	vt->images.virtuals -= p->virt;
	free(p);
	if (--image->placements == 0 && ((image->id == 0 && image->number == 0) || image->doomed))
		vt_image_free(vt, image);
}

void vt_placement_release(struct vt *vt, struct vt_placement *p)
{
	struct vt_images *im = &vt->images;
	size_t i = 0;

	if (--p->spans > 0)
		return;
	while (im->placements[i] != p)
		i++;
	memmove(im->placements + i, im->placements + i + 1, (--im->n_placements - i) * sizeof(*im->placements));
	unplace(vt, p);
}

/* ---- showing ------------------------------------------------------------------------- */

void vt_placement_row(struct vt *vt, struct vt_grid_row *row, const struct vt_placement *p, unsigned x,
    unsigned col, unsigned n)
{
	struct vt_span s = { .placement = p->serial, .bound = p->bound, .x = (uint16_t)x,
		.cells = (uint16_t)(p->cols - col), .col = (uint16_t)col, .row = (uint16_t)n };

	if (p->bound) {
		vt_spans_settle(vt, row);
		if (!p->image->picture.clear)
			vt_spans_cut(vt, row, x, x + s.cells);
	}
	vt_spans_add(vt, row, s);
	vt_spans_flag(row, vt->cols);
	vt_touch(vt, row);
}

static bool can_scroll(const struct vt *vt)
{
	return vt->pos.y == vt->bottom && vt->pos.x >= vt->left && vt->pos.x <= vt->right;
}

/* Rows of the placement from the cursor on. The cursor ends on the last one that was
 * shown, which is returned. */
static unsigned show_rows(struct vt *vt, struct vt_placement *p, bool scroll)
{
	unsigned x = vt->pos.x;

	for (unsigned i = 0;; i++) {
		bool last = vt->pos.y == vt->rows - 1 || (scroll && vt->pos.y == vt->bottom);

		vt_placement_row(vt, vt_row_at(vt, vt->pos.y), p, x, 0, i);
		if (i + 1 == p->rows || (last && !(scroll && can_scroll(vt))))
			return i;
		if (scroll)
			vt_index(vt);
		else
			vt->pos.y++;
	}
}

/* From row `shown` of the image to row at_row. */
static void move_to_row(struct vt *vt, unsigned shown, unsigned at_row)
{
	if (at_row < shown)
		vt_cursor_to(vt, vt->pos.x, vt->pos.y - MIN(shown - at_row, vt->pos.y));
	for (; shown < at_row; shown++)
		vt_index(vt);
}

static void move_after(struct vt *vt, const struct vt_placement *p, const struct vt_image_how *how,
    unsigned shown, struct vt_pos before)
{
	switch (how->after) {
	case VT_IMAGE_CURSOR_STAY:
		vt->pos = before;
		break;
	case VT_IMAGE_CURSOR_LEFT:
		break;
	case VT_IMAGE_CURSOR_RIGHT:
		vt_cursor_to(vt, vt->pos.x + p->cols, vt->pos.y);
		vt->pos.pending = before.x + p->cols >= vt->cols && (vt->modes & VT_M_AUTOWRAP);
		break;
	case VT_IMAGE_CURSOR_AT:
		move_to_row(vt, shown, how->at_row);
		break;
	case VT_IMAGE_CURSOR_AT_RIGHT:
		move_to_row(vt, shown, how->at_row);
		if (before.x + p->cols > vt->right) {
			vt_index(vt);
			vt_cursor_to(vt, vt->left, vt->pos.y);
		} else {
			vt_cursor_to(vt, before.x + p->cols, vt->pos.y);
		}
		break;
	}
}

uint16_t vt_cells_for(uint32_t pixels, uint16_t cell)
{
	return (uint16_t)MIN((pixels + cell - 1) / cell, UINT16_MAX);
}

/* The oldest makes room. */
static void evict(struct vt *vt)
{
	struct vt_images *im = &vt->images;

	while (im->n_placements >= VT_PLACEMENTS_MAX || im->spans >= VT_IMAGE_SPANS_MAX) {
		im->placements[0]->dead = true;
		vt_placements_sweep(vt);
	}
}

struct vt_placement *vt_placement_create(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;

	image->placements++;                 /* not to be lost */
	evict(vt);
	if (im->n_placements == im->cap_placements) {
		im->cap_placements = MAX(im->cap_placements * 2, 8u);
		im->placements = xreallocarray(im->placements, im->cap_placements, sizeof(*im->placements));
	}
	struct vt_placement *p = xcalloc(1, sizeof(*p));
	*p = (struct vt_placement){ .serial = ++im->placement_serial, .image = image, .screen = vt_is_alt(vt),
		.from_width = image->picture.width, .from_height = image->picture.height, .spans = 1 };
	vt_cell_pixels(vt, &p->cell_width, &p->cell_height);
	im->placements[im->n_placements++] = p;
	image->used = ++im->clock;
	return p;
}

void vt_placement_show(struct vt *vt, struct vt_placement *p, const struct vt_image_how *how)
{
	struct vt_pos before = vt->pos;

	if (how->home)
		vt_cursor_to(vt, 0, 0);
	unsigned shown = show_rows(vt, p, how->scroll);
	move_after(vt, p, how, shown, before);
	vt->changed = true;
}

void vt_placement_hide(struct vt *vt, struct vt_placement *p)
{
	p->dead = true;
	vt_spans_sweep(vt);
	p->dead = false;
	p->spans = 1;
}

bool vt_image_show(struct vt *vt, const struct vt_picture *picture, const struct vt_image_how *how)
{
	struct vt_stored *image = vt_image_store(vt, picture);

	if (!image)
		return false;
	struct vt_placement *p = vt_placement_create(vt, image);
	p->bound = true;
	p->width = (int32_t)(how->width ? how->width : how->cols ? how->cols * p->cell_width : picture->width);
	p->height = (int32_t)(how->height ? how->height : how->rows ? how->rows * p->cell_height :
	    picture->height);
	p->cols = how->cols ? how->cols : vt_cells_for((uint32_t)p->width, p->cell_width);
	p->rows = how->rows ? how->rows : vt_cells_for((uint32_t)p->height, p->cell_height);
	vt_placement_show(vt, p, how);
	vt_placement_release(vt, p);
	return true;
}

/* ---- removing ------------------------------------------------------------------------- */

/* Whoever is relative to one that dies, or that has gone by itself, dies. */
static void bury_relatives(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	bool more = im->relatives > 0;

	while (more) {
		more = false;
		for (size_t i = 0; i < im->n_placements; i++) {
			struct vt_placement *p = im->placements[i];
			const struct vt_placement *parent = p->parent ? vt_placement_find(vt, p->parent) : p;

			if (p->dead || (parent && !parent->dead))
				continue;
			p->dead = p->image->doomed = more = true;
		}
	}
}

void vt_placements_sweep(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t n = 0;

	bury_relatives(vt);
	for (size_t i = 0; i < im->n_placements; i++)
		if (im->placements[i]->dead && im->placements[i]->virt)
			vt_placeholders_touch(vt, im->placements[i]->screen);
	vt_spans_sweep(vt);
	for (size_t i = 0; i < im->n_placements; i++) {
		struct vt_placement *p = im->placements[i];

		if (p->dead)
			unplace(vt, p);
		else
			im->placements[n++] = p;
	}
	im->n_placements = n;
	for (size_t i = 0; i < im->n; i++)
		im->v[i]->doomed = false;
}

void vt_placements_delete_image(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;
	bool any = false;

	for (size_t i = 0; i < im->n_placements; i++)
		if (im->placements[i]->image == image)
			im->placements[i]->dead = any = true;
	if (any)
		vt_placements_sweep(vt);
}

/* ---- relative placements ----------------------------------------------------------------- */

/* Where the first cell of a placement is, or would be had it not been cut: row is stable in the
 * primary screen. */
static bool find_corner(struct vt *vt, const struct vt_placement *p, int64_t *ret_row, int *ret_x)
{
	const struct vt_grid *g = &vt->grids[p->screen];
	const struct vt_images *im = &vt->images;
	int64_t top = p->screen ? 0 : vt->sb.end;

	if (p->virt)
		return vt_placeholders_corner(vt, p, ret_row, ret_x);
	for (size_t k = 0; k < g->n + (p->screen ? 0 : im->n_kept); k++) {
		const struct vt_kept_spans *kept = k < g->n ? NULL : &im->kept[im->kept_head + k - g->n];
		const struct vt_spans *list = kept ? kept->spans : vt_grid_row(g, (unsigned)k)->spans;

		for (unsigned i = 0; list && i < list->n; i++) {
			const struct vt_span *s = &list->v[i];

			if (s->placement != p->serial)
				continue;
			*ret_row = (kept ? kept->row : top + (int64_t)k) - s->row;
			*ret_x = s->x - s->col;
			return true;
		}
	}
	return false;
}

/* Makes one row of the screen show what it should: cells from column x on, of row n of the
 * placement, or nothing when n is out of range. */
static void settle_row(struct vt *vt, struct vt_grid_row *row, const struct vt_placement *p, int x, int64_t n)
{
	bool want = n >= 0 && n < p->rows && x + p->cols > 0 && x < VT_COLS_MAX;
	unsigned col = x < 0 ? (unsigned)-x : 0, at = x < 0 ? 0 : (unsigned)x;

	for (unsigned i = 0; row->spans && i < row->spans->n; i++) {
		const struct vt_span *s = &row->spans->v[i];

		if (s->placement != p->serial)
			continue;
		if (want && s->x == at && s->col == col && s->row == n)
			return;
		vt_spans_remove(vt, row, p->serial);
		vt_touch(vt, row);
		break;
	}
	if (want)
		vt_placement_row(vt, row, p, at, col, (unsigned)n);
}

static void settle_relative(struct vt *vt, const struct vt_placement *p)
{
	const struct vt_grid *g = &vt->grids[p->screen];
	const struct vt_placement *parent = vt_placement_find(vt, p->parent);
	int64_t row = 0, top = p->screen ? 0 : vt->sb.end;
	int x = 0;
	bool there = find_corner(vt, parent, &row, &x);

	for (unsigned y = 0; y < g->n; y++)
		settle_row(vt, vt_grid_row(g, y), p, x + p->shift_x, there ? top + y - row - p->shift_y : -1);
}

void vt_relatives_settle(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	bool orphans = false;

	for (size_t i = 0; i < im->n_placements; i++)
		orphans |= im->placements[i]->parent && !vt_placement_find(vt, im->placements[i]->parent);
	if (orphans)
		vt_placements_sweep(vt);
	/* Parents first. */
	for (unsigned depth = 1; depth <= VT_KITTY_DEPTH_MAX; depth++)
		for (size_t i = 0; i < im->n_placements; i++)
			if (im->placements[i]->parent && vt_placement_depth(vt, im->placements[i]) == depth)
				settle_relative(vt, im->placements[i]);
}

unsigned vt_placement_depth(const struct vt *vt, const struct vt_placement *p)
{
	unsigned depth = 0;

	for (; p && p->parent && depth <= VT_KITTY_DEPTH_MAX; depth++)
		p = vt_placement_find(vt, p->parent);
	return depth;
}

/* ---- images of a row ------------------------------------------------------------------- */

struct result {
	struct vt_row_image *v;
	size_t n, max;
};

static void report(const struct vt *vt, const struct vt_span *s, struct result *r)
{
	const struct vt_placement *p = vt_placement_find(vt, s->placement);
	const struct vt_picture *pic = &p->image->picture;

	if (r->n++ >= r->max)
		return;
	r->v[r->n - 1] = (struct vt_row_image){
		.serial = p->image->serial, .placement = p->serial, .image_id = p->image->id, .placement_id = p->id, .z = p->z,
		.x = s->x, .cells = s->cells, .cell_width = p->cell_width, .cell_height = p->cell_height,
		.left = p->x - s->col * p->cell_width, .top = p->y - s->row * p->cell_height,
		.width = p->width, .height = p->height,
		.from_left = (float)p->from_x / (float)pic->width,
		.from_top = (float)p->from_y / (float)pic->height,
		.from_right = (float)(p->from_x + p->from_width) / (float)pic->width,
		.from_bottom = (float)(p->from_y + p->from_height) / (float)pic->height,
	};
}

/* Lowest z first, then the lower id, then what came first. */
static bool above(const struct vt_row_image *a, const struct vt_row_image *b)
{
	if (a->z != b->z)
		return a->z > b->z;
	return a->image_id != b->image_id ? a->image_id > b->image_id : a->placement > b->placement;
}

/* Few enough to insert. */
static void sort(struct vt_row_image *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct vt_row_image image = v[i];
		size_t j = i;

		for (; j > 0 && above(&v[j - 1], &image); j--)
			v[j] = v[j - 1];
		v[j] = image;
	}
}

/* Cells in a row that show cells in a row of the same placement are one run. */
static void report_placeholders(struct vt *vt, int64_t index, struct result *r)
{
	struct vt_row row;

	if (!vt_row_get(vt, index, &row) || row.n == 0)
		return;
	struct vt_placeholder *v = xcalloc(row.n, sizeof(*v));
	vt_placeholders_read(vt, row.cells, row.n, vt_is_alt(vt), v);
	for (unsigned x = 0, n; x < row.n; x += n) {
		n = 1;
		if (!v[x].shown)
			continue;
		while (x + n < row.n && v[x + n].shown == v[x].shown && v[x + n].row == v[x].row &&
		    v[x + n].col == v[x].col + n)
			n++;
		struct vt_span s = { .placement = v[x].shown->serial, .x = (uint16_t)x, .cells = (uint16_t)n,
			.col = v[x].col, .row = v[x].row };
		report(vt, &s, r);
	}
	free(v);
}

size_t vt_row_images(struct vt *vt, int64_t row, struct vt_row_image *ret, size_t max)
{
	struct result r = { .v = ret, .max = max };
	int64_t top = vt_is_alt(vt) ? 0 : vt->sb.end;
	const struct vt_grid_row *g = row >= top && row < top + vt->rows ? vt_row_at(vt, (unsigned)(row - top)) :
	    NULL;
	const struct vt_kept_spans *kept = g || vt_is_alt(vt) ? NULL : vt_spans_kept(vt, row);
	const struct vt_spans *list = g ? g->spans : kept ? kept->spans : NULL;

	for (unsigned i = 0; list && i < list->n; i++) {
		const struct vt_span *s = &list->v[i];
		unsigned end = MIN(s->x + (unsigned)s->cells, vt->cols);

		for (unsigned x = s->x, stop; x < end; x = stop) {
			stop = end;
			if (s->bound && g)
				stop = MIN(vt_span_run(g, s, x, vt->cols, &x), end);
			if (x < stop) {
				struct vt_span run = vt_span_part(s, x, stop);

				report(vt, &run, &r);
			}
		}
	}
	if (vt->images.virtuals > 0)
		report_placeholders(vt, row, &r);
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
