/* Placements of the kitty graphics protocol: put, relative ones, delete. */
#include "vt/internal.h"
#include "vt/kitty.h"

/* The placement that the pair of ids names. With id 0 the first one. */
static struct vt_placement *find(const struct vt *vt, const struct vt_stored *image, uint32_t id)
{
	const struct vt_images *im = &vt->images;

	for (size_t i = 0; image && i < im->n_placements; i++) {
		struct vt_placement *p = im->placements[i];

		if (p->image == image && (p->id == id || id == 0))
			return p;
	}
	return NULL;
}

static struct vt_stored *image_by_id(const struct vt *vt, uint32_t id)
{
	struct vt_kitty_command cmd = { 0 };

	cmd.v['i' - 'A'] = id;
	return vt_kitty_image(vt, &cmd);
}

/* Whom P and Q name as the parent of what is to be placement `self` (NULL: a new one). */
static struct vt_placement *find_parent(struct vt *vt, const struct vt_kitty_command *cmd,
    const struct vt_placement *self)
{
	struct vt_placement *parent = find(vt, image_by_id(vt, vt_kitty_key(cmd, 'P')), vt_kitty_key(cmd, 'Q'));

	if (!parent || parent->bound) {
		vt_kitty_fail(vt, "ENOPARENT:there is no such placement");
		return NULL;
	}
	if (parent == self) {
		vt_kitty_fail(vt, "EINVAL:a placement cannot be its own parent");
		return NULL;
	}
	for (const struct vt_placement *p = parent; p && self; p = p->parent ? vt_placement_find(vt, p->parent) : NULL)
		if (p == self) {
			vt_kitty_fail(vt, "ECYCLE:the parent is relative to this placement");
			return NULL;
		}
	if (vt_placement_depth(vt, parent) >= VT_KITTY_DEPTH_MAX) {
		vt_kitty_fail(vt, "ETOODEEP:more than %u placements relative to each other", VT_KITTY_DEPTH_MAX);
		return NULL;
	}
	return parent;
}

static uint32_t part(uint32_t from, uint32_t want, uint32_t whole)
{
	uint32_t left = whole - MIN(from, whole);

	return want ? MIN(want, left) : left;
}

/* The size that keeps the shape: `want` to `have` as `other` is to what is returned. */
static uint32_t scaled(uint32_t want, uint32_t have, uint32_t other)
{
	return (uint32_t)MIN(((uint64_t)other * want + have / 2) / have, (uint64_t)UINT16_MAX);
}

/* Where the image lies, and which cells that covers. False when there is nothing to be shown. */
static bool measure(struct vt_placement *p, const struct vt_kitty_command *cmd)
{
	const struct vt_picture *pic = &p->image->picture;
	uint32_t cols = MIN(vt_kitty_key(cmd, 'c'), (uint32_t)VT_COLS_MAX);
	uint32_t rows = MIN(vt_kitty_key(cmd, 'r'), (uint32_t)VT_ROWS_MAX);
	uint32_t x = MIN(vt_kitty_key(cmd, 'X'), p->cell_width - 1u);
	uint32_t y = MIN(vt_kitty_key(cmd, 'Y'), p->cell_height - 1u);

	p->from_x = MIN(vt_kitty_key(cmd, 'x'), pic->width);
	p->from_y = MIN(vt_kitty_key(cmd, 'y'), pic->height);
	p->from_width = part(p->from_x, vt_kitty_key(cmd, 'w'), pic->width);
	p->from_height = part(p->from_y, vt_kitty_key(cmd, 'h'), pic->height);
	if (p->from_width == 0 || p->from_height == 0)
		return false;
	/* Columns and rows say where the image ends; the offset is not added to them. */
	uint32_t width = cols ? MAX(cols * p->cell_width - x, 1u) : p->from_width;
	uint32_t height = rows ? MAX(rows * p->cell_height - y, 1u) : p->from_height;
	if (cols && !rows)
		height = MAX(scaled(width, p->from_width, p->from_height), 1u);
	if (rows && !cols)
		width = MAX(scaled(height, p->from_height, p->from_width), 1u);
	p->x = (int32_t)x;
	p->y = (int32_t)y;
	p->width = (int32_t)width;
	p->height = (int32_t)height;
	p->cols = cols ? (uint16_t)cols : vt_cells_for(x + width, p->cell_width);
	p->rows = rows ? (uint16_t)rows : vt_cells_for(y + height, p->cell_height);
	return true;
}

/* A virtual one is fitted into its cells and stands in their middle. */
static void fit(struct vt_placement *p)
{
	uint32_t box_width = (uint32_t)p->cols * p->cell_width, box_height = (uint32_t)p->rows * p->cell_height;
	uint32_t width = box_width, height = scaled(width, p->from_width, p->from_height);

	if (height > box_height) {
		height = box_height;
		width = scaled(height, p->from_height, p->from_width);
	}
	p->width = (int32_t)MAX(width, 1u);
	p->height = (int32_t)MAX(height, 1u);
	p->x = (int32_t)(box_width - MIN(width, box_width)) / 2;
	p->y = (int32_t)(box_height - MIN(height, box_height)) / 2;
}

static void set_kind(struct vt *vt, struct vt_placement *p, bool virt, uint64_t parent)
{
	struct vt_images *im = &vt->images;

	im->virtuals = im->virtuals - p->virt + virt;
	im->relatives = im->relatives - (p->parent != 0) + (parent != 0);
	p->virt = virt;
	p->parent = parent;
}

void vt_kitty_put(struct vt *vt, const struct vt_kitty_command *cmd, struct vt_stored *image)
{
	bool virt = vt_kitty_key(cmd, 'U'), relative = vt_kitty_key(cmd, 'P');
	uint64_t parent_serial = 0;

	if (!image) {
		vt_kitty_fail(vt, "ENOENT:there is no such image");
		return;
	}
	/* Only images that have an id have placements that do. */
	uint32_t id = image->id ? vt_kitty_key(cmd, 'p') : 0;
	struct vt_placement *p = id ? find(vt, image, id) : NULL;
	if (virt && relative) {
		vt_kitty_fail(vt, "EINVAL:a virtual placement cannot be relative");
		return;
	}
	if (relative) {
		const struct vt_placement *parent = find_parent(vt, cmd, p);

		if (!parent)
			return;
		parent_serial = parent->serial;
	}
	bool was_virtual = p && p->virt;
	if (p) {
		vt_placement_hide(vt, p);
		image->used = ++vt->images.clock;
		vt_cell_pixels(vt, &p->cell_width, &p->cell_height);
	} else {
		p = vt_placement_create(vt, image);
	}
	p->id = id;
	p->z = vt_kitty_signed(cmd, 'z');
	set_kind(vt, p, virt, parent_serial);
	p->shift_x = vt_kitty_signed(cmd, 'H');
	p->shift_y = vt_kitty_signed(cmd, 'V');
	bool any = measure(p, cmd);
	if (virt && any)
		fit(p);
	if (virt || was_virtual)
		vt_placeholders_touch(vt, vt_is_alt(vt));
	/* These are held for as long as they are not deleted; others while a row shows them. One
	 * of nothing is not held. */
	if (any && (virt || relative))
		return;
	bool stay = vt_kitty_key(cmd, 'C') == 1;
	struct vt_image_how how = { .scroll = !stay,
		.after = stay ? VT_IMAGE_CURSOR_STAY : VT_IMAGE_CURSOR_RIGHT };
	if (any)
		vt_placement_show(vt, p, &how);
	vt_placement_release(vt, p);
}

/* ---- delete --------------------------------------------------------------------------- */

/* What of the row intersects column x (-1: any) and has z (if it is asked for). */
static void mark_row(struct vt *vt, unsigned y, int64_t x, const int32_t *z)
{
	const struct vt_spans *list = y < vt->rows ? vt_row_at(vt, y)->spans : NULL;

	for (unsigned i = 0; list && i < list->n; i++) {
		const struct vt_span *s = &list->v[i];
		struct vt_placement *p = vt_placement_find(vt, s->placement);

		if (!s->bound && (x < 0 || (x >= s->x && x < s->x + s->cells)) && (!z || p->z == *z))
			p->dead = true;
	}
}

static void mark_screen(struct vt *vt, int64_t x)
{
	for (unsigned y = 0; y < vt->rows; y++)
		mark_row(vt, y, x, NULL);
}

static void mark_z(struct vt *vt, int32_t z)
{
	const struct vt_images *im = &vt->images;

	for (size_t i = 0; i < im->n_placements; i++) {
		struct vt_placement *p = im->placements[i];

		if (p->screen == vt_is_alt(vt) && !p->bound && !p->virt && p->z == z)
			p->dead = true;
	}
}

/* Placements of an image, or the one of that id. With `whole` an image that has none left, be it
 * that it had none, is to go as well. */
static void mark_image(struct vt *vt, struct vt_stored *image, uint32_t id, bool whole)
{
	const struct vt_images *im = &vt->images;

	for (size_t i = 0; image && i < im->n_placements; i++)
		if (im->placements[i]->image == image && (!id || im->placements[i]->id == id))
			im->placements[i]->dead = true;
	if (image && whole && !id && image->placements == 0)
		vt_image_free(vt, image);
}

static void mark_ids(struct vt *vt, uint32_t first, uint32_t last, bool whole)
{
	const struct vt_images *im = &vt->images;

	for (size_t i = im->n; i > 0; i--) {
		struct vt_stored *s = im->v[i - 1];

		if (s->screen == vt_is_alt(vt) && s->id && s->id >= first && s->id <= last)
			mark_image(vt, s, 0, whole);
	}
}

void vt_kitty_delete(struct vt *vt, const struct vt_kitty_command *cmd)
{
	const struct vt_images *im = &vt->images;
	uint32_t d = vt_kitty_key(cmd, 'd') ? vt_kitty_key(cmd, 'd') : 'a';
	uint32_t x = vt_kitty_key(cmd, 'x'), y = vt_kitty_key(cmd, 'y'), p = vt_kitty_key(cmd, 'p');
	int32_t z = vt_kitty_signed(cmd, 'z');
	bool whole = d >= 'A' && d <= 'Z';
	struct vt_kitty_command id = { 0 };

	switch (whole ? d + 32 : d) {
	case 'a': mark_screen(vt, -1); break;
	case 'c': mark_row(vt, vt->pos.y, vt->pos.x, NULL); break;
	case 'f':
		vt_kitty_delete_frame(vt, cmd);
		return;
	case 'i':
		id.v['i' - 'A'] = vt_kitty_key(cmd, 'i');
		mark_image(vt, vt_kitty_image(vt, &id), p, whole);
		break;
	case 'n':
		id.v['I' - 'A'] = vt_kitty_key(cmd, 'I');
		mark_image(vt, vt_kitty_image(vt, &id), p, whole);
		break;
	/* A missing column or row is no cell. */
	case 'p': mark_row(vt, y - 1u, x ? x - 1ll : INT64_MAX, NULL); break;
	case 'q': mark_row(vt, y - 1u, x ? x - 1ll : INT64_MAX, &z); break;
	case 'r': mark_ids(vt, x, y, whole); break;
	case 'x': mark_screen(vt, x ? x - 1ll : INT64_MAX); break;
	case 'y': mark_row(vt, y - 1u, -1, NULL); break;
	case 'z': mark_z(vt, z); break;
	default: return;
	}
	bool any = false;
	for (size_t i = 0; i < im->n_placements; i++) {
		any |= im->placements[i]->dead;
		if (im->placements[i]->dead && whole)
			im->placements[i]->image->doomed = true;
	}
	if (any)
		vt_placements_sweep(vt);
	vt->changed |= any;
}
