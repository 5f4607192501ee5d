/* compress.h - the compressed form of a body: one zstd frame. Private to src/wire. */
#ifndef LACE_WIRE_COMPRESS_H
#define LACE_WIRE_COMPRESS_H

#include "wire/wire.h"

/* Appends the content. At most WIRE_FRAME_MAX bytes (WIRE_TOO_LARGE), one frame
 * with a window of at most 2^27 (WIRE_BAD_ZSTD). */
enum wire_status wire_zstd_decode(const uint8_t *data, size_t len, struct wire_buf *out);
/* Appends the frame, or appends nothing and returns false when it would not be
 * smaller than len. */
bool wire_zstd_encode(const uint8_t *data, size_t len, struct wire_buf *out);

#endif
