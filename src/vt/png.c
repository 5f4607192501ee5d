/* PNG: the chunks, the filters, the seven passes. See png.h. */
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "vt/bytes.h"
#include "vt/image.h"
#include "vt/png.h"

#define CHUNK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
enum { GRAY = 0, RGB = 2, PALETTE = 3, GRAY_ALPHA = 4, RGB_ALPHA = 6 };
#define HEAD_LEN 13u

struct png {
	uint32_t width, height;
	uint8_t depth, type, channels;
	bool interlaced;
	const uint8_t *palette;          /* 3 bytes an entry */
	unsigned n_palette;
	const uint8_t *alpha;            /* tRNS: of palette entries, or the one sample value that is clear */
	unsigned n_alpha;
};

static uint32_t read32(const uint8_t *s)
{
	return CHUNK(s[0], s[1], s[2], s[3]);
}

/* ---- chunks ----------------------------------------------------------------------- */

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

/* Of the data and of what stands around it. */
static bool crc_right(const struct chunk *c)
{
	return crc32(0, c->data - 4, (uInt)c->len + 4) == read32(c->data + c->len);
}

static bool read_head(const struct chunk *c, struct png *png)
{
	static const uint8_t channels[] = { [GRAY] = 1, [RGB] = 3, [PALETTE] = 1, [GRAY_ALPHA] = 2,
		[RGB_ALPHA] = 4 };

	if (c->type != CHUNK('I', 'H', 'D', 'R') || c->len != HEAD_LEN)
		return false;
	*png = (struct png){ .width = read32(c->data), .height = read32(c->data + 4), .depth = c->data[8],
		.type = c->data[9], .interlaced = c->data[12] };
	if (png->width == 0 || png->width > VT_IMAGE_SIDE_MAX || png->height == 0 ||
	    png->height > VT_IMAGE_SIDE_MAX || c->data[10] != 0 || c->data[11] != 0 || c->data[12] > 1 ||
	    png->type >= ARRAY_LEN(channels) || channels[png->type] == 0)
		return false;
	png->channels = channels[png->type];
	switch (png->depth) {
	case 1:
	case 2:
	case 4: return png->type == GRAY || png->type == PALETTE;
	case 8: return true;
	case 16: return png->type != PALETTE;
	default: return false;
	}
}

/* The head; *p stands at the chunk after it then. */
static bool open_png(const uint8_t *s, size_t len, const uint8_t **p, struct png *png)
{
	static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	struct chunk c;

	if (len < sizeof(signature) || memcmp(s, signature, sizeof(signature)) != 0)
		return false;
	*p = s + sizeof(signature);
	return next_chunk(p, s + len, &c) && read_head(&c, png) && crc_right(&c);
}

bool vt_png_check(const uint8_t *s, size_t len, uint32_t *ret_width, uint32_t *ret_height)
{
	const uint8_t *p, *end = s + len;
	struct png png;
	struct chunk c;
	bool data = false;

	if (!open_png(s, len, &p, &png))
		return false;
	*ret_width = png.width;
	*ret_height = png.height;
	while (next_chunk(&p, end, &c)) {
		data |= c.type == CHUNK('I', 'D', 'A', 'T');
		if (c.type == CHUNK('I', 'E', 'N', 'D'))
			return data;
	}
	return false;
}

/* ---- samples ------------------------------------------------------------------------ */

static size_t row_bytes(const struct png *png, uint32_t width)
{
	return ((size_t)width * png->channels * png->depth + 7) / 8;
}

static uint8_t paeth(uint8_t a, uint8_t b, uint8_t c)
{
	int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);

	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* Takes the filter off a row of n bytes; above is NULL for the first row. */
static bool unfilter(uint8_t filter, uint8_t *row, const uint8_t *above, size_t n, size_t pixel)
{
	if (filter > 4)
		return false;
	for (size_t i = 0; filter > 0 && i < n; i++) {
		uint8_t a = i >= pixel ? row[i - pixel] : 0, b = above ? above[i] : 0;
		uint8_t c = above && i >= pixel ? above[i - pixel] : 0;

		switch (filter) {
		case 1: row[i] = (uint8_t)(row[i] + a); break;
		case 2: row[i] = (uint8_t)(row[i] + b); break;
		case 3: row[i] = (uint8_t)(row[i] + (a + b) / 2); break;
		default: row[i] = (uint8_t)(row[i] + paeth(a, b, c)); break;
		}
	}
	return true;
}

/* Sample number i of a row, as wide as it is. */
static unsigned sample(const struct png *png, const uint8_t *row, size_t i)
{
	if (png->depth == 16)
		return (unsigned)row[2 * i] << 8 | row[2 * i + 1];
	if (png->depth == 8)
		return row[i];
	size_t bit = i * png->depth;
	return row[bit / 8] >> (8 - png->depth - bit % 8) & ((1u << png->depth) - 1);
}

/* ... as 8 bits. */
static uint8_t level(const struct png *png, unsigned v)
{
	return (uint8_t)(png->depth == 16 ? v >> 8 : v * 255 / ((1u << png->depth) - 1));
}

static unsigned clear_sample(const struct png *png, unsigned i)
{
	return png->n_alpha >= 2 * (i + 1) ? (unsigned)png->alpha[2 * i] << 8 | png->alpha[2 * i + 1] : UINT32_MAX;
}

static void pixel(const struct png *png, const uint8_t *row, size_t x, uint8_t to[4])
{
	unsigned v[4] = { 0 };

	for (unsigned i = 0; i < png->channels; i++)
		v[i] = sample(png, row, x * png->channels + i);
	if (png->type == PALETTE) {
		bool there = v[0] < png->n_palette;

		memcpy(to, there ? png->palette + 3 * v[0] : (const uint8_t *)"\0\0\0", 3);
		to[3] = v[0] < png->n_alpha ? png->alpha[v[0]] : 255;
		return;
	}
	bool gray = png->type == GRAY || png->type == GRAY_ALPHA, clear = png->type == GRAY || png->type == RGB;
	for (unsigned i = 0; i < 3; i++)
		to[i] = level(png, v[gray ? 0 : i]);
	to[3] = png->type == GRAY_ALPHA ? level(png, v[1]) : png->type == RGB_ALPHA ? level(png, v[3]) : 255;
	for (unsigned i = 0; i < png->channels; i++)
		clear = clear && v[i] == clear_sample(png, i);
	if (clear)
		to[3] = 0;
}

/* ---- passes -------------------------------------------------------------------------- */

struct pass {
	uint8_t x, y, dx, dy;
};

static const struct pass whole = { 0, 0, 1, 1 };
static const struct pass adam7[] = { { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 },
	{ 0, 2, 2, 4 }, { 1, 0, 2, 2 }, { 0, 1, 1, 2 } };

static uint32_t pass_width(const struct png *png, const struct pass *p)
{
	return png->width > p->x ? (png->width - p->x + p->dx - 1) / p->dx : 0;
}

static uint32_t pass_height(const struct png *png, const struct pass *p)
{
	return png->height > p->y ? (png->height - p->y + p->dy - 1) / p->dy : 0;
}

static size_t pass_bytes(const struct png *png, const struct pass *p)
{
	uint32_t width = pass_width(png, p);

	return width ? (row_bytes(png, width) + 1) * pass_height(png, p) : 0;
}

/* Writes the pixels of a pass; s holds its rows, each after its filter. */
static bool read_pass(const struct png *png, const struct pass *p, uint8_t *s, uint8_t *to)
{
	uint32_t width = pass_width(png, p), height = width ? pass_height(png, p) : 0;
	size_t n = row_bytes(png, width), pixel_bytes = MAX(png->channels * png->depth / 8u, 1u);
	uint8_t *above = NULL;

	for (uint32_t y = 0; y < height; y++, s += n + 1) {
		uint8_t *row = s + 1;

		if (!unfilter(*s, row, above, n, pixel_bytes))
			return false;
		for (uint32_t x = 0; x < width; x++)
			pixel(png, row, x, to + 4 * ((size_t)(p->y + y * p->dy) * png->width + p->x + x * p->dx));
		above = row;
	}
	return true;
}

static enum vt_png_result read_passes(const struct png *png, uint8_t *s, uint8_t **ret)
{
	const struct pass *passes = png->interlaced ? adam7 : &whole;
	uint8_t *to = malloc((size_t)png->width * png->height * 4);

	if (!to)
		return VT_PNG_NO_MEMORY;
	for (unsigned i = 0; i < (png->interlaced ? ARRAY_LEN(adam7) : 1); i++) {
		if (!read_pass(png, &passes[i], s, to)) {
			free(to);
			return VT_PNG_BAD;
		}
		s += pass_bytes(png, &passes[i]);
	}
	*ret = to;
	return VT_PNG_OK;
}

/* All chunks: what is in IDAT is inflated, what the pixels need besides is noted. */
static enum vt_png_result read_chunks(struct png *png, const uint8_t *p, const uint8_t *end,
    struct vt_inflate *z, struct vt_bytes *out)
{
	enum vt_inflate_result r = VT_INFLATE_MORE;
	struct chunk c;

	while (next_chunk(&p, end, &c) && c.type != CHUNK('I', 'E', 'N', 'D')) {
		bool data = c.type == CHUNK('I', 'D', 'A', 'T'), palette = c.type == CHUNK('P', 'L', 'T', 'E');
		bool alpha = c.type == CHUNK('t', 'R', 'N', 'S');

		if ((data || palette || alpha) && !crc_right(&c))
			return VT_PNG_BAD;
		if (palette) {
			png->palette = c.data;
			png->n_palette = (unsigned)MIN(c.len / 3, 256u);
		} else if (alpha) {
			png->alpha = c.data;
			png->n_alpha = (unsigned)MIN(c.len, 256u);
		} else if (data && r == VT_INFLATE_MORE) {
			r = vt_inflate_feed(z, c.data, c.len, out);
		}
	}
	if (r == VT_INFLATE_NO_MEMORY)
		return VT_PNG_NO_MEMORY;
	/* More than there has to be is ignored, as elsewhere. */
	return r == VT_INFLATE_BAD || out->len < out->max ? VT_PNG_BAD : VT_PNG_OK;
}

enum vt_png_result vt_png_decode(const uint8_t *s, size_t len, uint8_t **ret)
{
	struct vt_bytes out = { 0 };
	const uint8_t *p;
	struct png png;

	if (!open_png(s, len, &p, &png))
		return VT_PNG_BAD;
	if ((size_t)png.width * png.height * 4 > VT_IMAGE_BYTES_MAX)
		return VT_PNG_TOO_BIG;
	if (png.interlaced)
		for (unsigned i = 0; i < ARRAY_LEN(adam7); i++)
			out.max += pass_bytes(&png, &adam7[i]);
	else
		out.max = pass_bytes(&png, &whole);
	struct vt_inflate *z = vt_inflate_create();
	if (!z)
		return VT_PNG_NO_MEMORY;
	enum vt_png_result result = read_chunks(&png, p, s + len, z, &out);
	vt_inflate_destroy(z);
	if (result == VT_PNG_OK)
		result = read_passes(&png, out.v, ret);
	vt_bytes_fini(&out);
	return result;
}
