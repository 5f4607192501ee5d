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

void vt_placement_release(struct vt *vt, struct vt_placement *p)
{
	if (--p->spans == 0)
		placement_free(vt, p);
}

/* ---- showing ------------------------------------------------------------------------- */

static void row_show(struct vt *vt, struct vt_grid_row *row, const struct vt_placement *p, unsigned x,
    unsigned n)
{
	struct vt_span s = { .placement = p->serial, .bound = p->bound, .x = (uint16_t)x, .cells = p->cols,
		.row = (uint16_t)n };

	if (p->bound) {
		vt_spans_settle(vt, row);
		if (!p->image->picture.clear)
			vt_spans_cut(vt, row, x, x + p->cols);
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

		row_show(vt, vt_row_at(vt, vt->pos.y), p, x, i);
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

static uint16_t cells_for(uint32_t pixels, uint16_t cell)
{
	return (uint16_t)MIN((pixels + cell - 1) / cell, UINT16_MAX);
}

/* Held once for the caller. */
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
	unsigned shown = show_rows(vt, p, how->scroll);
	move_after(vt, p, how, shown, before);
	vt_placement_release(vt, p);
	vt->changed = true;
	return true;
}

/* ---- removing ------------------------------------------------------------------------- */

void vt_placements_sweep(struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t n = 0;

	vt_spans_sweep(vt);
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
	vt_placements_sweep(vt);
	image->placements--;
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
	const struct vt_spans *list = g ? g->spans : kept ? kept->spans : NULL;

	for (unsigned i = 0; list && i < list->n; i++) {
		const struct vt_span *s = &list->v[i];
		unsigned end = MIN(s->x + s->cells, vt->cols);

		for (unsigned x = s->x, stop; x < end; x = stop) {
			stop = end;
			if (s->bound && g)
				stop = MIN(vt_span_run(g, s, x, vt->cols, &x), end);
			if (x < stop) {
				struct vt_span part = vt_span_part(s, x, stop);

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
