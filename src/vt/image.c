/* The store of images: who owns bytes, how many there may be, who has to go first,
 * and the public face of it. */
#include "vt/internal.h"

void vt_images_init(struct vt *vt, size_t bytes_max)
{
	vt->images.bytes_max = bytes_max ? bytes_max : VT_IMAGES_BYTES_DEFAULT;
}

void vt_images_fini(struct vt *vt)
{
	struct vt_images *im = &vt->images;

	for (size_t i = 0; i < im->n; i++) {
		free(im->v[i]->picture.data);
		free(im->v[i]);
	}
	for (size_t i = 0; i < im->n_placements; i++)
		free(im->placements[i]);
	for (size_t i = 0; i < im->n_kept; i++)
		free(im->kept[im->kept_head + i].spans);
	free(im->v);
	free(im->placements);
	free(im->kept);
	*im = (struct vt_images){ 0 };
}

void vt_images_reset(struct vt *vt)
{
	struct vt_images *im = &vt->images;

	while (im->n > 0) {
		vt_placements_delete_image(vt, im->v[im->n - 1]);
		vt_image_free(vt, im->v[im->n - 1]);
	}
}

void vt_image_free(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;
	size_t i = 0;

	while (im->v[i] != image)
		i++;
	memmove(im->v + i, im->v + i + 1, (--im->n - i) * sizeof(*im->v));
	im->bytes -= image->picture.len;
	free(image->picture.data);
	free(image);
}

/* The one that is missed least: an image that is shown nowhere, the longest unused. */
static struct vt_stored *victim(const struct vt_images *im)
{
	struct vt_stored *found = NULL;

	for (size_t i = 0; i < im->n; i++) {
		struct vt_stored *s = im->v[i];
		bool shown = s->placements > 0, found_shown = found && found->placements > 0;

		if (!found || (found_shown && !shown) || (found_shown == shown && s->used < found->used))
			found = s;
	}
	return found;
}

struct vt_stored *vt_image_store(struct vt *vt, const struct vt_picture *picture)
{
	struct vt_images *im = &vt->images;

	if (picture->len == 0 || picture->len > MIN(im->bytes_max, (size_t)VT_IMAGE_BYTES_MAX) ||
	    picture->width == 0 || picture->width > VT_IMAGE_SIDE_MAX || picture->height == 0 ||
	    picture->height > VT_IMAGE_SIDE_MAX || (picture->format == VT_IMAGE_RGBA &&
	    picture->len != (size_t)picture->width * picture->height * 4)) {
		free(picture->data);
		return NULL;
	}
	while (im->n >= VT_IMAGES_MAX || im->bytes + picture->len > im->bytes_max) {
		struct vt_stored *old = victim(im);

		vt_placements_delete_image(vt, old);
		vt_image_free(vt, old);
	}
	if (im->n == im->cap) {
		im->cap = MAX(im->cap * 2, 8u);
		im->v = xreallocarray(im->v, im->cap, sizeof(*im->v));
	}
	struct vt_stored *s = xcalloc(1, sizeof(*s));
	*s = (struct vt_stored){ .serial = ++im->serial, .used = ++im->clock, .picture = *picture,
		.screen = vt_is_alt(vt) };
	im->v[im->n++] = s;
	im->bytes += picture->len;
	return s;
}

/* ---- for the owner ------------------------------------------------------------------ */

static const struct vt_stored *find(const struct vt *vt, uint64_t serial)
{
	for (size_t i = 0; i < vt->images.n; i++)
		if (vt->images.v[i]->serial == serial)
			return vt->images.v[i];
	return NULL;
}

bool vt_image_get(const struct vt *vt, uint64_t serial, struct vt_image *ret)
{
	const struct vt_stored *s = find(vt, serial);

	if (!s)
		return false;
	*ret = (struct vt_image){ .serial = serial, .format = s->picture.format, .width = s->picture.width,
		.height = s->picture.height, .data = s->picture.data, .len = s->picture.len, .frames = 1 };
	return true;
}

const uint8_t *vt_image_frame(const struct vt *vt, uint64_t serial, unsigned i, uint32_t *ret_ms)
{
	const struct vt_stored *s = find(vt, serial);

	*ret_ms = 0;
	return s && i == 0 ? s->picture.data : NULL;
}

void vt_cell_pixels(const struct vt *vt, uint16_t *ret_width, uint16_t *ret_height)
{
	uint32_t w = vt->pixel_width / vt->cols, h = vt->pixel_height / vt->rows;

	*ret_width = (uint16_t)(w ? MIN(w, UINT16_MAX) : VT_CELL_WIDTH);
	*ret_height = (uint16_t)(h ? MIN(h, UINT16_MAX) : VT_CELL_HEIGHT);
}
