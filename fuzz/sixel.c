/* Sixel data: eight bytes of setup, then the data. Whole and a byte at a time they
 * must give the same picture, within the limits that were set. */
#include <assert.h>

#include "base/mem.h"
#include "vt/sixel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool decode(const struct vt_sixel_setup *setup, const uint8_t *data, size_t size, size_t piece,
    struct vt_sixel_picture *pic, struct vt_sixel_palette *palette)
{
	struct vt_sixel *s = vt_sixel_new(setup);

	assert(s);
	for (size_t at = 0; at < size; at += piece)
		vt_sixel_feed(s, data + at, MIN(piece, size - at));
	bool ok = vt_sixel_finish(s, pic, palette);
	vt_sixel_free(s);
	return ok;
}

/* Its pixels, four bytes each. */
static uint8_t *pixels(struct vt_sixel_picture *pic)
{
	size_t n = (size_t)pic->width * pic->height;

	assert(pic->len == (!pic->data ? 0 : pic->indexed ? VT_INDEXED_BYTES(n) : n * 4));
	if (!pic->indexed)
		return pic->data;
	uint32_t *ret = xmalloc(n * 4);
	vt_indexed_unpack(ret, pic->data, n);
	free(pic->data);
	return (uint8_t *)ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vt_sixel_palette palette, after[2];

	if (size < 8)
		return 0;
	vt_sixel_palette_default(&palette);
	struct vt_sixel_setup setup = { .p1 = data[0] % 12, .p2 = data[1] % 3, .registers = 1 + data[2] * 4u,
		.max_width = 1 + data[3] * 8u, .max_height = 1 + data[4] * 8u, .max_pixels = 2000 + (size_t)data[5] * 1000,
		.palette = &palette };
	struct vt_sixel_picture a, b;

	assert(decode(&setup, data + 8, size - 8, size, &a, &after[0]));
	assert(decode(&setup, data + 8, size - 8, 1 + data[6] % 7, &b, &after[1]));
	assert(a.width <= setup.max_width && a.height <= setup.max_height);
	assert((size_t)a.width * a.height <= setup.max_pixels && a.last_row <= setup.max_height);
	assert(a.width == b.width && a.height == b.height && a.last_row == b.last_row && a.clear == b.clear);
	assert((a.data != NULL) == (a.width > 0) && (a.width > 0) == (a.height > 0));
	assert(a.indexed == b.indexed);
	uint8_t *p = pixels(&a), *q = pixels(&b);
	assert(!p || memcmp(p, q, (size_t)a.width * a.height * 4) == 0);
	assert(memcmp(&after[0], &after[1], sizeof(palette)) == 0);
	free(p);
	free(q);
	return 0;
}
