/* The store of images: who owns bytes, how many there may be, who has to go first,
 * and the public face of it. */
#include "vt/internal.h"

void vt_images_init(struct vt *vt, size_t bytes_max)
{
	vt->images.bytes_max = bytes_max ? bytes_max : VT_IMAGES_BYTES_DEFAULT;
}

static void stored_free(struct vt_stored *s)
{
	for (uint32_t i = 0; i < s->n_frames; i++)
		free(s->frames[i].data);
	free(s->frames);
	free(s->picture.data);
	free(s);
}

void vt_images_fini(struct vt *vt)
{
	struct vt_images *im = &vt->images;

	for (size_t i = 0; i < im->n; i++)
		stored_free(im->v[i]);
	for (size_t i = 0; i < im->n_placements; i++)
		free(im->placements[i]);
	for (size_t i = 0; i < im->n_kept; i++)
		free(im->kept[im->kept_head + i].spans);
	free(im->v);
	free(im->placements);
	free(im->kept);
	free(im->unpacked);
	*im = (struct vt_images){ 0 };
}

void vt_images_reset(struct vt *vt)
{
	struct vt_images *im = &vt->images;

	vt_kitty_abandon(vt);
	while (im->n > 0)
		vt_image_delete(vt, im->v[im->n - 1]);
}

void vt_image_free(struct vt *vt, struct vt_stored *image)
{
	struct vt_images *im = &vt->images;
	size_t i = 0;

	while (im->v[i] != image)
		i++;
	memmove(im->v + i, im->v + i + 1, (--im->n - i) * sizeof(*im->v));
	if (im->unpacked_serial == image->serial)
		vt_images_compact(vt);
	im->bytes -= image->picture.len + image->n_frames * ((size_t)image->picture.width *
	    image->picture.height * 4);
	stored_free(image);
}

void vt_image_delete(struct vt *vt, struct vt_stored *image)
{
	image->placements++;                 /* so that it survives them */
	vt_placements_delete_image(vt, image);
	vt_image_free(vt, image);
}

/* The one that is missed least: an image that is shown nowhere, the longest unused. */
static struct vt_stored *victim(const struct vt_images *im, const struct vt_stored *keep)
{
	struct vt_stored *found = NULL;

	for (size_t i = 0; i < im->n; i++) {
		struct vt_stored *s = im->v[i];
		if (s == keep)
			continue;
		bool shown = s->placements > 0, found_shown = found && found->placements > 0;

		if (!found || (found_shown && !shown) || (found_shown == shown && s->used < found->used))
			found = s;
	}
	return found;
}

bool vt_images_make_room(struct vt *vt, size_t bytes, const struct vt_stored *keep)
{
	struct vt_images *im = &vt->images;

	while (im->bytes + bytes > im->bytes_max) {
		struct vt_stored *old = victim(im, keep);

		if (!old)
			return false;
		vt_image_delete(vt, old);
	}
	return true;
}

void vt_image_changed(struct vt *vt, struct vt_stored *image)
{
	image->serial = ++vt->images.serial;
	vt_spans_touch(vt, image);
	for (size_t i = 0; i < vt->images.n_placements; i++)
		if (vt->images.placements[i]->image == image && vt->images.placements[i]->virt) {
			vt_placeholders_touch(vt, image->screen);
			break;
		}
}

bool vt_picture_len_good(const struct vt_picture *picture)
{
	size_t pixels = (size_t)picture->width * picture->height;

	switch (picture->format) {
	case VT_IMAGE_RGBA: return picture->len == pixels * 4;
	case VT_IMAGE_INDEXED: return picture->len == VT_INDEXED_BYTES(pixels);
	default: return picture->len > 0;
	}
}

struct vt_stored *vt_image_store(struct vt *vt, const struct vt_picture *picture)
{
	struct vt_images *im = &vt->images;

	if (picture->len > MIN(im->bytes_max, (size_t)VT_IMAGE_BYTES_MAX) || picture->width == 0 ||
	    picture->width > VT_IMAGE_SIDE_MAX || picture->height == 0 || picture->height > VT_IMAGE_SIDE_MAX ||
	    !vt_picture_len_good(picture)) {
		free(picture->data);
		return NULL;
	}
	/* Who goes for it is told by what is placed now, however the bytes were cut. */
	if (im->relatives > 0)
		vt_relatives_settle(vt);
	while (im->n >= VT_IMAGES_MAX)
		vt_image_delete(vt, victim(im, NULL));
	vt_images_make_room(vt, picture->len, NULL);
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

void vt_images_compact(struct vt *vt)
{
	free(vt->images.unpacked);
	vt->images.unpacked = NULL;
	vt->images.unpacked_serial = 0;
}

/* The pixels of an indexed image, which are made when somebody asks; NULL without memory. */
static uint8_t *unpacked(struct vt *vt, const struct vt_stored *s)
{
	struct vt_images *im = &vt->images;
	size_t pixels = (size_t)s->picture.width * s->picture.height;

	if (im->unpacked_serial == s->serial)
		return im->unpacked;
	vt_images_compact(vt);
	uint32_t *to = malloc(pixels * sizeof(*to));
	if (!to)
		return NULL;
	vt_indexed_unpack(to, s->picture.data, pixels);
	im->unpacked = (uint8_t *)to;
	im->unpacked_serial = s->serial;
	return im->unpacked;
}

/* Frame number i, the picture being the first. */
static struct vt_image_part part(const struct vt_stored *s, uint32_t i)
{
	return i > 0 ? s->frames[i - 1] : (struct vt_image_part){ .data = s->picture.data, .gap = s->gap };
}

/* Those that are to be seen when it runs. */
static unsigned visible(const struct vt_stored *s)
{
	unsigned n = 0;

	for (uint32_t i = 0; s->runs && i <= s->n_frames; i++)
		n += part(s, i).gap > 0;
	return n;
}

static struct vt_image_part visible_part(const struct vt_stored *s, unsigned i)
{
	if (visible(s) == 0)
		return part(s, s->current);
	for (uint32_t k = 0;; k++)
		if (part(s, k).gap > 0 && i-- == 0)
			return part(s, k);
}

bool vt_image_get(struct vt *vt, uint64_t serial, struct vt_image *ret)
{
	const struct vt_stored *s = find(vt, serial);

	if (!s)
		return false;
	*ret = (struct vt_image){ .serial = serial, .format = s->picture.format, .width = s->picture.width,
		.height = s->picture.height, .data = visible_part(s, 0).data, .len = s->picture.len,
		.frames = MAX(visible(s), 1u), .loops = s->loops };
	if (ret->format != VT_IMAGE_INDEXED)
		return true;
	ret->format = VT_IMAGE_RGBA;
	ret->data = unpacked(vt, s);
	ret->len = (size_t)ret->width * ret->height * 4;
	return ret->data;
}

const uint8_t *vt_image_frame(struct vt *vt, uint64_t serial, unsigned i, uint32_t *ret_ms)
{
	const struct vt_stored *s = find(vt, serial);

	if (!s || i >= MAX(visible(s), 1u))
		return NULL;
	struct vt_image_part p = visible_part(s, i);
	*ret_ms = p.gap;
	return s->picture.format == VT_IMAGE_INDEXED ? unpacked(vt, s) : p.data;
}

void vt_cell_pixels(const struct vt *vt, uint16_t *ret_width, uint16_t *ret_height)
{
	uint32_t w = vt->pixel_width / vt->cols, h = vt->pixel_height / vt->rows;

	*ret_width = (uint16_t)(w ? MIN(w, UINT16_MAX) : VT_CELL_WIDTH);
	*ret_height = (uint16_t)(h ? MIN(h, UINT16_MAX) : VT_CELL_HEIGHT);
}
