/* Files by OSC 1337: images to be shown, as iTerm2 has them. In one piece (File=), or in
 * several (MultipartFile=, FilePart=, FileEnd). What is not inline is a download, and
 * ignored. The file is kept as it came; only its head is read.
 *
 * https://iterm2.com/documentation-images.html, and for what that leaves open iTerm2 and
 * wezterm, which agree: a side that is not given follows from the other by the image's
 * own proportions, and what is wider than the screen is made smaller. */
#include "vt/image_header.h"
#include "vt/osc.h"

/* ---- what is said before the data ------------------------------------------------------- */

/* N, Npx, N% or auto. */
static struct vt_file_side side(char *s)
{
	struct vt_file_side ret = { VT_FILE_AUTO, 0 };
	unsigned n;

	if (!vt_field_number(&s, &n) || n == 0)
		return ret;
	ret.n = n;
	if (*s == 0)
		ret.unit = VT_FILE_CELLS;
	else if (__builtin_strcmp(s, "px") == 0)
		ret.unit = VT_FILE_PIXELS;
	else if (__builtin_strcmp(s, "%") == 0)
		ret.unit = VT_FILE_PERCENT;
	return ret;
}

static uint32_t number(const char *s)
{
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = MIN(n * 10 + (uint64_t)(*s - '0'), UINT32_MAX);
	return (uint32_t)n;
}

/* Key=value between semicolons. The name and the type of the file are of no use here. */
static void file_arguments(struct vt_file *f, char *s)
{
	char *value, *key;

	while ((value = vt_field(&s, ';'))) {
		key = vt_field(&value, '=');
		if (!value)
			continue;
		if (__builtin_strcmp(key, "width") == 0)
			f->width = side(value);
		else if (__builtin_strcmp(key, "height") == 0)
			f->height = side(value);
		else if (__builtin_strcmp(key, "inline") == 0)
			f->shown = number(value) == 1;
		else if (__builtin_strcmp(key, "preserveAspectRatio") == 0)
			f->stretched = number(value) == 0;
		else if (__builtin_strcmp(key, "doNotMoveCursor") == 0)
			f->stay = number(value) == 1;
		else if (__builtin_strcmp(key, "size") == 0)
			f->size = number(value);
	}
}

void vt_file_drop(struct vt *vt)
{
	vt_bytes_fini(&vt->file.bytes);
	vt->file = (struct vt_file){ 0 };
}

static void file_begin(struct vt *vt, bool parts)
{
	vt_file_drop(vt);
	vt->file.open = true;
	vt->file.parts = parts;
	vt->file.bytes.max = MIN(vt->images.bytes_max, (size_t)VT_IMAGE_BYTES_MAX);
}

/* ---- the data ------------------------------------------------------------------------------- */

/* False when there is no more to be had of the file. */
static bool file_data(struct vt *vt, const uint8_t *s, size_t len)
{
	struct vt_file *f = &vt->file;

	/* What the bytes can be at most, and what the decoder wants to write them to. */
	size_t most = len / 4 * 3 + 3, room = MIN(most, f->bytes.max - f->bytes.len);
	if (vt_bytes_reserve(&f->bytes, room, VT_BASE64_ROOM(len) - room) != VT_BYTES_OK)
		return false;
	f->bytes.len += vt_base64_feed(&f->base64, (const char *)s, len, f->bytes.v + f->bytes.len);
	return !f->base64.bad && f->bytes.len <= f->bytes.max && (f->size == 0 || f->bytes.len <= f->size);
}

/* ---- showing it -------------------------------------------------------------------------------- */

static uint32_t pixels(struct vt_file_side side, uint32_t cell, uint32_t cells)
{
	uint64_t n = side.n;

	if (side.unit == VT_FILE_CELLS)
		n *= cell;
	else if (side.unit == VT_FILE_PERCENT)
		n = n * cell * cells / 100;
	return (uint32_t)MIN(MAX(n, 1u), VT_IMAGE_SIDE_MAX);
}

/* a * b / c, rounded, at least 1. */
static uint32_t scaled(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t v = ((uint64_t)a * b + c / 2) / c;

	return (uint32_t)MIN(MAX(v, 1u), VT_IMAGE_SIDE_MAX);
}

/* The size to draw the image with. */
static void file_size(const struct vt *vt, const struct vt_image_header *image, uint32_t *ret_width,
    uint32_t *ret_height)
{
	const struct vt_file *f = &vt->file;
	uint16_t cell_width, cell_height;

	vt_cell_pixels(vt, &cell_width, &cell_height);
	bool auto_width = f->width.unit == VT_FILE_AUTO, auto_height = f->height.unit == VT_FILE_AUTO;
	uint32_t w = auto_width ? image->width : pixels(f->width, cell_width, vt->cols);
	uint32_t h = auto_height ? image->height : pixels(f->height, cell_height, vt->rows);
	if (auto_width && !auto_height)
		w = scaled(h, image->width, image->height);
	else if (auto_height && !auto_width)
		h = scaled(w, image->height, image->width);
	else if (!auto_width && !f->stretched && (uint64_t)w * image->height > (uint64_t)h * image->width)
		w = scaled(h, image->width, image->height);
	else if (!auto_width && !f->stretched)
		h = scaled(w, image->height, image->width);
	uint32_t screen = (uint32_t)vt->cols * cell_width;
	if (w > screen) {
		h = scaled(h, screen, w);
		w = screen;
	}
	*ret_width = w;
	*ret_height = h;
}

static void file_show(struct vt *vt)
{
	struct vt_file *f = &vt->file;
	struct vt_image_header image;

	if (!vt_image_header_read(f->bytes.v, f->bytes.len, &image))
		return;
	struct vt_image_how how = { .scroll = !f->stay,
		.after = f->stay ? VT_IMAGE_CURSOR_STAY : VT_IMAGE_CURSOR_RIGHT };
	file_size(vt, &image, &how.width, &how.height);
	/* It may be transparent somewhere; that is known to those who decode it. */
	struct vt_picture picture = { .format = image.format, .width = image.width, .height = image.height,
		.len = f->bytes.len, .clear = image.format != VT_IMAGE_JPEG && image.format != VT_IMAGE_BMP };
	uint8_t *tight = realloc(f->bytes.v, f->bytes.len);
	picture.data = tight ? tight : f->bytes.v;
	f->bytes = (struct vt_bytes){ 0 };
	vt_image_show(vt, &picture, &how);
}

/* All of it has come. */
static void file_end(struct vt *vt)
{
	if (vt->file.open && vt->file.shown && vt->file.bytes.len > 0)
		file_show(vt);
	vt_file_drop(vt);
}

/* ---- File=arguments:data ---------------------------------------------------------------------- */

static bool whole_begin(struct vt *vt)
{
	file_begin(vt, false);
	return true;
}

/* Arguments, up to the colon; returns how many of the bytes. */
static size_t whole_head(struct vt *vt, const uint8_t *s, size_t len)
{
	struct vt_file *f = &vt->file;
	const uint8_t *colon = memchr(s, ':', len);
	size_t n = colon ? (size_t)(colon - s) : len;

	if (n > VT_OSC_FILE_HEAD_MAX - f->bytes.len || vt_bytes_reserve(&f->bytes, n, 1) != VT_BYTES_OK) {
		vt_file_drop(vt);
		return len;
	}
	memcpy(f->bytes.v + f->bytes.len, s, n);
	f->bytes.len += n;
	if (!colon)
		return len;
	f->bytes.v[f->bytes.len] = 0;
	file_arguments(f, (char *)f->bytes.v);
	f->bytes.len = 0;
	f->headed = true;
	return n + 1;
}

static void whole_data(struct vt *vt, const uint8_t *s, size_t len)
{
	size_t head = vt->file.open && !vt->file.headed ? whole_head(vt, s, len) : 0;

	if (len > head && vt->file.open && (!vt->file.shown || !file_data(vt, s + head, len - head)))
		vt_file_drop(vt);
}

static void whole_end(struct vt *vt, bool complete)
{
	if (complete)
		file_end(vt);
	else
		vt_file_drop(vt);
}

const struct vt_stream vt_osc_file = { .begin = whole_begin, .data = whole_data, .end = whole_end };

/* ---- in parts ------------------------------------------------------------------------------------ */

void vt_osc_file_begin(struct vt *vt, char *s, size_t len)
{
	file_begin(vt, true);
	vt->file.headed = true;
	file_arguments(&vt->file, s);
	if (!vt->file.shown)
		vt_file_drop(vt);
}

static bool part_begin(struct vt *vt)
{
	struct vt_file *f = &vt->file;

	if (!f->open || !f->parts)
		return false;
	/* Some cut the file before they encode it, others after. */
	if (f->base64.padded)
		f->base64 = (struct vt_base64_state){ 0 };
	return true;
}

static void part_data(struct vt *vt, const uint8_t *s, size_t len)
{
	if (vt->file.open && !file_data(vt, s, len))
		vt_file_drop(vt);
}

static void part_end(struct vt *vt, bool complete)
{
	if (!complete)
		vt_file_drop(vt);
}

const struct vt_stream vt_osc_file_part = { .begin = part_begin, .data = part_data, .end = part_end };

void vt_osc_file_end(struct vt *vt, char *s, size_t len)
{
	if (vt->file.parts)
		file_end(vt);
}
