/* Animation by the kitty graphics protocol: frames are made, changed, composed and
 * deleted. Every frame is kept whole, as pixels, so an image that came as a PNG file
 * is decoded when it gets its second frame.
 *
 * The engine has no clock. An animation that runs is handed on with all its frames
 * and their times (image.h); one that does not shows its current frame. */
#include "vt/internal.h"
#include "vt/kitty.h"
#include "vt/image_png.h"

static size_t frame_bytes(const struct vt_stored *image)
{
	return (size_t)image->picture.width * image->picture.height * 4;
}

/* Frame number n, from 1. */
static uint8_t *frame_pixels(const struct vt_stored *image, uint32_t n)
{
	return n == 1 ? image->picture.data : image->frames[n - 2].data;
}

static uint32_t n_frames(const struct vt_stored *image)
{
	return image->n_frames + 1u;
}

static bool need_image(struct vt *vt, const struct vt_stored *image)
{
	if (!image)
		vt_kitty_fail(vt, "ENOENT:there is no such image");
	return image;
}

static bool need_frame(struct vt *vt, const struct vt_stored *image, uint32_t n, const char *code)
{
	if (n >= 1 && n <= n_frames(image))
		return true;
	vt_kitty_fail(vt, "%s:there is no frame %u", code, n);
	return false;
}

/* ---- pixels ------------------------------------------------------------------------- */

struct rect {
	uint32_t x, y, width, height;
};

/* Pixels are bytes in the order r, g, b, a. */
static void blend(uint8_t *to, const uint8_t *from)
{
	unsigned a = from[3], below = to[3] * (255u - a) / 255u, sum = a + below;

	if (a == 255 || sum == 0) {
		memcpy(to, from, 4);
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		to[i] = (uint8_t)((from[i] * a + to[i] * below + sum / 2) / sum);
	to[3] = (uint8_t)sum;
}

/* Composes a rectangle of `from`, its rows from_width pixels apart, onto the same rows and columns
 * of `to` beginning at x, y. */
static void compose(uint8_t *to, uint32_t to_width, uint32_t x, uint32_t y, const uint8_t *from,
    uint32_t from_width, const struct rect *r, bool overwrite)
{
	for (uint32_t row = 0; row < r->height; row++) {
		uint8_t *t = to + 4 * ((size_t)(y + row) * to_width + x);
		const uint8_t *f = from + 4 * ((size_t)(r->y + row) * from_width + r->x);

		if (overwrite)
			memmove(t, f, (size_t)r->width * 4);
		else
			for (uint32_t i = 0; i < r->width; i++)
				blend(t + 4 * (size_t)i, f + 4 * (size_t)i);
	}
}

static void fill(uint8_t *to, size_t pixels, uint32_t rgba)
{
	const uint8_t color[4] = { (uint8_t)(rgba >> 24), (uint8_t)(rgba >> 16), (uint8_t)(rgba >> 8),
		(uint8_t)rgba };

	for (size_t i = 0; i < pixels; i++)
		memcpy(to + 4 * i, color, 4);
}

/* The picture as pixels, whatever it was. */
static bool unpack(struct vt *vt, struct vt_picture *picture)
{
	uint8_t *pixels = NULL;

	if (picture->format == VT_IMAGE_RGBA)
		return true;
	switch (vt_png_decode(picture->data, picture->len, &pixels)) {
	case VT_PNG_OK: break;
	case VT_PNG_BAD: vt_kitty_fail(vt, "EBADPNG:the PNG cannot be decoded"); return false;
	case VT_PNG_TOO_BIG: vt_kitty_fail(vt, "EFBIG:too many pixels"); return false;
	case VT_PNG_NO_MEMORY: vt_kitty_fail(vt, "ENOMEM:no memory"); return false;
	}
	free(picture->data);
	picture->data = pixels;
	picture->len = (size_t)picture->width * picture->height * 4;
	picture->format = VT_IMAGE_RGBA;
	return true;
}

/* Room for that many bytes more, at the cost of other images. */
static bool make_room(struct vt *vt, const struct vt_stored *image, size_t bytes)
{
	if (vt_images_make_room(vt, bytes, image))
		return true;
	vt_kitty_fail(vt, "ENOSPC:no room for another frame");
	return false;
}

static bool unpack_image(struct vt *vt, struct vt_stored *image)
{
	size_t had = image->picture.len;

	if (image->picture.format == VT_IMAGE_RGBA)
		return true;
	if (!make_room(vt, image, frame_bytes(image)) || !unpack(vt, &image->picture))
		return false;
	vt->images.bytes += image->picture.len - had;
	return true;
}

/* ---- frames --------------------------------------------------------------------------- */

/* A new one: the frame it is based on, or one colour. Its number, or 0. */
static uint32_t add_frame(struct vt *vt, struct vt_stored *image, uint32_t base, uint32_t background)
{
	uint8_t *pixels;

	if (base && !need_frame(vt, image, base, "EINVAL"))
		return 0;
	if (n_frames(image) >= VT_IMAGE_FRAMES_MAX) {
		vt_kitty_fail(vt, "ENOSPC:more than %u frames", VT_IMAGE_FRAMES_MAX);
		return 0;
	}
	if (!make_room(vt, image, frame_bytes(image)))
		return 0;
	pixels = malloc(frame_bytes(image));
	if (!pixels) {
		vt_kitty_fail(vt, "ENOMEM:no memory");
		return 0;
	}
	if (base)
		memcpy(pixels, frame_pixels(image, base), frame_bytes(image));
	else
		fill(pixels, frame_bytes(image) / 4, background);
	image->frames = xreallocarray(image->frames, image->n_frames + 1u, sizeof(*image->frames));
	image->frames[image->n_frames++] = (struct vt_image_part){ .data = pixels, .gap = VT_KITTY_GAP };
	vt->images.bytes += frame_bytes(image);
	return n_frames(image);
}

static void set_gap(struct vt_stored *image, uint32_t n, int32_t gap)
{
	uint32_t ms = gap > 0 ? (uint32_t)gap : 0;

	if (gap == 0)
		return;
	if (n == 1)
		image->gap = ms;
	else
		image->frames[n - 2].gap = ms;
}

void vt_kitty_frame(struct vt *vt, struct vt_kitty_command *cmd, const struct vt_picture *picture)
{
	struct vt_stored *image = vt_kitty_image(vt, cmd);
	struct vt_picture part = *picture;
	uint32_t x = vt_kitty_key(cmd, 'x'), y = vt_kitty_key(cmd, 'y'), n = vt_kitty_key(cmd, 'r');

	if (!need_image(vt, image) || !unpack_image(vt, image) || !unpack(vt, &part)) {
		free(part.data);
		return;
	}
	uint32_t width = image->picture.width, height = image->picture.height;
	if (part.width > width || part.height > height)
		vt_kitty_fail(vt, "EINVAL:the frame is larger than the image");
	else if (n == 0 || n > n_frames(image))
		n = add_frame(vt, image, vt_kitty_key(cmd, 'c'), vt_kitty_key(cmd, 'Y'));
	if (*vt->graphics->error) {
		free(part.data);
		return;
	}
	struct rect r = { .width = MIN(part.width, width - MIN(x, width)),
		.height = MIN(part.height, height - MIN(y, height)) };
	if (r.width > 0)
		compose(frame_pixels(image, n), width, x, y, part.data, part.width, &r, vt_kitty_key(cmd, 'X') == 1);
	free(part.data);
	set_gap(image, n, vt_kitty_signed(cmd, 'z'));
	cmd->v['r' - 'A'] = n;
	vt_image_changed(vt, image);
}

void vt_kitty_compose(struct vt *vt, const struct vt_kitty_command *cmd)
{
	struct vt_stored *image = vt_kitty_image(vt, cmd);
	uint32_t from = vt_kitty_key(cmd, 'r'), to = vt_kitty_key(cmd, 'c');
	uint32_t x = vt_kitty_key(cmd, 'x'), y = vt_kitty_key(cmd, 'y');

	if (!need_image(vt, image) || !need_frame(vt, image, from, "ENOENT") ||
	    !need_frame(vt, image, to, "ENOENT") || !unpack_image(vt, image))
		return;
	uint64_t width = image->picture.width, height = image->picture.height;
	struct rect r = { .x = vt_kitty_key(cmd, 'X'), .y = vt_kitty_key(cmd, 'Y'),
		.width = vt_kitty_key(cmd, 'w') ? vt_kitty_key(cmd, 'w') : (uint32_t)width,
		.height = vt_kitty_key(cmd, 'h') ? vt_kitty_key(cmd, 'h') : (uint32_t)height };
	if ((uint64_t)r.x + r.width > width || (uint64_t)x + r.width > width ||
	    (uint64_t)r.y + r.height > height || (uint64_t)y + r.height > height) {
		vt_kitty_fail(vt, "EINVAL:the rectangle is not inside of the image");
		return;
	}
	if (from == to && x < r.x + r.width && r.x < x + r.width && y < r.y + r.height && r.y < y + r.height) {
		vt_kitty_fail(vt, "EINVAL:the rectangles overlap");
		return;
	}
	compose(frame_pixels(image, to), (uint32_t)width, x, y, frame_pixels(image, from), (uint32_t)width, &r,
	    vt_kitty_key(cmd, 'C') == 1);
	vt_image_changed(vt, image);
}

void vt_kitty_animate(struct vt *vt, const struct vt_kitty_command *cmd)
{
	struct vt_stored *image = vt_kitty_image(vt, cmd);
	uint32_t frame = vt_kitty_key(cmd, 'r'), current = vt_kitty_key(cmd, 'c'), loops = vt_kitty_key(cmd, 'v');

	if (!need_image(vt, image))
		return;
	if (frame >= 1 && frame <= n_frames(image))
		set_gap(image, frame, vt_kitty_signed(cmd, 'z'));
	if (current >= 1 && current <= n_frames(image))
		image->current = current - 1;
	switch (vt_kitty_key(cmd, 's')) {
	case 1: image->runs = false; break;
	case 2:
	case 3: image->runs = true; break;
	default: break;
	}
	if (loops)
		image->loops = loops - 1;
	vt_image_changed(vt, image);
}

void vt_kitty_delete_frame(struct vt *vt, const struct vt_kitty_command *cmd)
{
	struct vt_stored *image = vt_kitty_image(vt, cmd);
	uint32_t n = vt_kitty_key(cmd, 'r') ? vt_kitty_key(cmd, 'r') : 1;

	if (!image)
		return;
	if (image->n_frames == 0) {
		if (vt_kitty_key(cmd, 'd') == 'F')
			vt_image_delete(vt, image);
		return;
	}
	if (n > n_frames(image))
		return;
	/* Without its root the image begins with the frame after it. */
	struct vt_image_part *gone = &image->frames[n == 1 ? 0 : n - 2];
	if (n == 1) {
		uint8_t *root = image->picture.data;

		image->picture.data = gone->data;
		image->gap = gone->gap;
		gone->data = root;
	}
	free(gone->data);
	memmove(gone, gone + 1, (size_t)(image->frames + image->n_frames - (gone + 1)) * sizeof(*gone));
	image->n_frames--;
	vt->images.bytes -= frame_bytes(image);
	if (image->current >= n - 1 && image->current > 0)
		image->current--;
	vt_image_changed(vt, image);
}
