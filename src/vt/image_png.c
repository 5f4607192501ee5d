/* PNG: the chunks are walked here, the pixels are libpng's. See image_png.h. */
#include <png.h>
#include <string.h>

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

enum vt_png_result vt_png_decode(const uint8_t *s, size_t len, uint8_t **ret)
{
	png_image image = { .version = PNG_IMAGE_VERSION };

	*ret = NULL;
	if (!png_image_begin_read_from_memory(&image, s, len))
		return VT_PNG_BAD;
	image.format = PNG_FORMAT_RGBA;
	size_t size = (size_t)image.width * image.height * 4;
	uint8_t *pixels = NULL;
	enum vt_png_result result = size > VT_IMAGE_BYTES_MAX ? VT_PNG_TOO_BIG :
	    (pixels = malloc(size)) == NULL ? VT_PNG_NO_MEMORY : VT_PNG_OK;
	if (result == VT_PNG_OK && !png_image_finish_read(&image, NULL, pixels, 0, NULL))
		result = VT_PNG_BAD;
	png_image_free(&image);
	if (result == VT_PNG_OK)
		*ret = pixels;
	else
		free(pixels);
	return result;
}
