/* image_png.h - PNG files (ISO/IEC 15948), as far as the engine has to know them. Private to src/vt.
 *
 * Images are kept and handed on as files. Pixels are needed where frames of an
 * animation are composed. */
#ifndef LACE_VT_IMAGE_PNG_H
#define LACE_VT_IMAGE_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when it is a PNG from its signature to its end, of at most VT_IMAGE_SIDE_MAX pixels a
 * side. Pixels are not looked at. */
bool vt_png_check(const uint8_t *s, size_t len, uint32_t *ret_width, uint32_t *ret_height);

enum vt_png_result { VT_PNG_OK, VT_PNG_BAD, VT_PNG_TOO_BIG, VT_PNG_NO_MEMORY };
/* malloc()ed pixels, width * height * 4 bytes (at most VT_IMAGE_BYTES_MAX), of a file that was
 * checked, 8 bits a sample. Gamma and colour profiles are not applied. */
enum vt_png_result vt_png_decode(const uint8_t *s, size_t len, uint8_t **ret);

#endif
