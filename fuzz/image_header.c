/* Heads of image files, and of those cut off: what is known of the whole is known of
 * it with anything behind it, and is within the bounds. */
#include <assert.h>

#include "base/mem.h"
#include "vt/image_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vt_image_header h, longer;

	if (!vt_image_header_read(data, size, &h))
		return 0;
	assert(h.format != VT_IMAGE_RGBA && h.width - 1 < VT_IMAGE_SIDE_MAX && h.height - 1 < VT_IMAGE_SIDE_MAX);
	uint8_t *more = xmalloc(size + 100);
	memcpy(more, data, size);
	memset(more + size, 0xff, 100);
	assert(vt_image_header_read(more, size + 100, &longer));
	assert(longer.format == h.format && longer.width == h.width && longer.height == h.height);
	free(more);
	return 0;
}
