/* PNG: the chunks are walked here, the pixels are libpng's. See image_png.h. */
#include <png.h>

#include "base/mem.h"
#include "vt/image.h"
#include "vt/image_png.h"

#define CHUNK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define HEAD_LEN 13u

static uint32_t read32(const uint8_t *s)
{
	return CHUNK(s[0], s[1], s[2], s[3]);
}

struct chunk {
	uint32_t type;
	const uint8_t *data;
	size_t len;
};

/* The chunk at *p, which is moved past it. False when it is not whole. */
static bool next_chunk(const uint8_t **p, const uint8_t *end, struct chunk *ret)
{
	size_t left = (size_t)(end - *p);

	if (left < 12 || read32(*p) > left - 12)
		return false;
	*ret = (struct chunk){ .len = read32(*p), .type = read32(*p + 4), .data = *p + 8 };
	*p += ret->len + 12;
	return true;
}

bool vt_png_check(const uint8_t *s, size_t len, uint32_t *ret_width, uint32_t *ret_height)
{
	static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	const uint8_t *p = s + sizeof(signature), *end = s + len;
	struct chunk c;
	bool data = false;

	if (len < sizeof(signature) || memcmp(s, signature, sizeof(signature)) != 0 || !next_chunk(&p, end, &c) ||
	    c.type != CHUNK('I', 'H', 'D', 'R') || c.len != HEAD_LEN)
		return false;
	*ret_width = read32(c.data);
	*ret_height = read32(c.data + 4);
	if (*ret_width == 0 || *ret_width > VT_IMAGE_SIDE_MAX || *ret_height == 0 || *ret_height > VT_IMAGE_SIDE_MAX)
		return false;
	while (next_chunk(&p, end, &c)) {
		data |= c.type == CHUNK('I', 'D', 'A', 'T');
		if (c.type == CHUNK('I', 'E', 'N', 'D'))
			return data;
	}
	return false;
}

/* ---- pixels ------------------------------------------------------------------------ */

struct source {
	const uint8_t *p, *end;
};

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
	struct source *s = png_get_io_ptr(png);

	if ((size_t)(s->end - s->p) < n)
		png_error(png, "it ends too early");
	memcpy(to, s->p, n);
	s->p += n;
}

static void on_error(png_structp png, png_const_charp text) { png_longjmp(png, 1); }
static void on_warning(png_structp png, png_const_charp text) { }

/* Not by libpng's simple interface, which (1.6.39) mixes up the rows of an interlaced file of
 * 16 bits. Jumps back to *png's mark when the file is bad. */
static void read_pixels(png_structp png, png_infop info, uint8_t *pixels, size_t stride)
{
	int passes = png_set_interlace_handling(png);

	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	png_read_update_info(png, info);
	if (png_get_rowbytes(png, info) != stride)
		png_error(png, "a row has another size");
	for (int i = 0; i < passes; i++)
		for (uint32_t y = 0; y < png_get_image_height(png, info); y++)
			png_read_row(png, pixels + y * stride, NULL);
}

enum vt_png_result vt_png_decode(const uint8_t *s, size_t len, uint8_t **ret)
{
	struct source source = { s, s + len };
	uint32_t width, height;

	*ret = NULL;
	if (!vt_png_check(s, len, &width, &height))
		return VT_PNG_BAD;
	if ((size_t)width * height * 4 > VT_IMAGE_BYTES_MAX)
		return VT_PNG_TOO_BIG;
	uint8_t *pixels = malloc((size_t)width * height * 4);
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	enum vt_png_result result = VT_PNG_NO_MEMORY;
	if (pixels && info) {
		result = VT_PNG_BAD;
		if (setjmp(png_jmpbuf(png)) == 0) {
			png_set_user_limits(png, VT_IMAGE_SIDE_MAX, VT_IMAGE_SIDE_MAX);
			png_set_read_fn(png, &source, read_bytes);
			png_read_info(png, info);
			read_pixels(png, info, pixels, (size_t)width * 4);
			*ret = pixels;
		}
	}
	png_destroy_read_struct(&png, &info, NULL);
	if (*ret)
		return VT_PNG_OK;
	free(pixels);
	return result;
}
