/* Bounded buffers, and zlib streams into them. See bytes.h. */
#include <zlib.h>

#include "base/mem.h"
#include "vt/bytes.h"

#define FIRST 4096u

enum vt_bytes_result vt_bytes_reserve(struct vt_bytes *b, size_t n, size_t slack)
{
	if (n > b->max - b->len)
		return VT_BYTES_FULL;
	size_t need = b->len + n + slack;
	if (need <= b->cap)
		return VT_BYTES_OK;
	/* Twice as much each time, but not more than can ever be wanted. */
	size_t cap = MAX(MAX(b->cap * 2, FIRST), need);
	cap = MAX(MIN(cap, b->max + slack), need);
	uint8_t *v = realloc(b->v, cap);
	if (!v)
		return VT_BYTES_NO_MEMORY;
	b->v = v;
	b->cap = cap;
	return VT_BYTES_OK;
}

void vt_bytes_fini(struct vt_bytes *b)
{
	free(b->v);
	*b = (struct vt_bytes){ .max = b->max };
}

struct vt_inflate {
	z_stream z;
	enum vt_inflate_result result;
};

struct vt_inflate *vt_inflate_create(void)
{
	struct vt_inflate *z = calloc(1, sizeof(*z));

	if (z && inflateInit(&z->z) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

enum vt_inflate_result vt_inflate_feed(struct vt_inflate *z, const uint8_t *in, size_t len,
    struct vt_bytes *out)
{
	size_t room;

	z->z.next_in = (uint8_t *)in;
	/* What does not fit yet may be left inside, although all input is taken. */
	do {
		/* One byte of slack tells a stream that just fits from one that goes on. */
		if (vt_bytes_reserve(out, MIN(FIRST, out->max - out->len), 1) != VT_BYTES_OK)
			z->result = VT_INFLATE_NO_MEMORY;
		if (z->result != VT_INFLATE_MORE)
			break;
		room = MIN(out->cap - out->len, (size_t)UINT32_MAX);
		z->z.next_out = out->v + out->len;
		z->z.avail_out = (uInt)room;
		z->z.avail_in = (uInt)MIN(len, (size_t)UINT32_MAX);
		len -= z->z.avail_in;
		int r = inflate(&z->z, Z_NO_FLUSH);
		len += z->z.avail_in;
		out->len += room - z->z.avail_out;
		if (out->len > out->max) {
			out->len = out->max;
			z->result = VT_INFLATE_FULL;
		} else if (r == Z_STREAM_END) {
			z->result = VT_INFLATE_END;
		} else if (r == Z_MEM_ERROR) {
			z->result = VT_INFLATE_NO_MEMORY;
		} else if (r != Z_OK && r != Z_BUF_ERROR) {
			z->result = VT_INFLATE_BAD;
		}
	} while (len > 0 || z->z.avail_out == 0);
	return z->result;
}

void vt_inflate_destroy(struct vt_inflate *z)
{
	if (z)
		inflateEnd(&z->z);
	free(z);
}
