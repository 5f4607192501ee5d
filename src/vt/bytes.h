/* bytes.h - a growing buffer for what comes from outside and may be large. Private to src/vt.
 *
 * It has a limit, and no memory is an answer, not the end of the program. */
#ifndef LACE_VT_BYTES_H
#define LACE_VT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vt_bytes_result { VT_BYTES_OK, VT_BYTES_FULL, VT_BYTES_NO_MEMORY };

/* All zero but for max is an empty one. */
struct vt_bytes {
	uint8_t *v;                      /* from malloc(), NULL while cap is 0 */
	size_t len, cap;
	size_t max;                      /* of len */
};

/* Room for n bytes more than len, and `slack` that need not count. */
enum vt_bytes_result vt_bytes_reserve(struct vt_bytes *b, size_t n, size_t slack);
void vt_bytes_fini(struct vt_bytes *b);

/* ---- zlib streams (RFC 1950), in pieces ------------------------------------------ */

enum vt_inflate_result {
	VT_INFLATE_MORE,                 /* all was taken, and the stream has not ended */
	VT_INFLATE_END,
	VT_INFLATE_BAD,
	VT_INFLATE_FULL,                 /* more comes out than the buffer may hold */
	VT_INFLATE_NO_MEMORY,
};
struct vt_inflate;

/* NULL when there is no memory. */
struct vt_inflate *vt_inflate_create(void);
/* Appends what comes out. Bytes after the end of the stream are ignored. */
enum vt_inflate_result vt_inflate_feed(struct vt_inflate *z, const uint8_t *in, size_t len,
    struct vt_bytes *out);
void vt_inflate_destroy(struct vt_inflate *z);

#endif
