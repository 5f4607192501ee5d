/* image_header.h - what kind of file an image is, and how large. Private to src/vt.
 *
 * Reads the head of a file that came from outside: PNG, JPEG, GIF, WebP, BMP. The picture
 * itself is not looked at; that it can be decoded is for those who draw it. */
#ifndef LACE_VT_IMAGE_HEADER_H
#define LACE_VT_IMAGE_HEADER_H

#include "vt/image.h"

struct vt_image_header {
	enum vt_image_format format;         /* not VT_IMAGE_RGBA */
	uint32_t width, height;              /* pixels, 1..VT_IMAGE_SIDE_MAX */
};

/* False when it is none of these, cut off before its size, or of a size out of bounds. */
bool vt_image_header_read(const uint8_t *data, size_t len, struct vt_image_header *ret);

#endif
