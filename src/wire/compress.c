/* zstd with limits. The decoder works in one call on the whole frame, where the
 * output is the window: a frame that declares a large window or a large content
 * costs nothing until it really has that content, and the output grows in steps
 * up to the limit. (The streaming decoder would allocate the declared window.)
 *
 * Contexts are kept for the life of the thread: to make one costs more than to
 * code a usual push. */
#include "wire/compress.h"

#include "wire/prim.h"

#include "base/mem.h"

#include <pthread.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	LEVEL = 3,              /* as the real programs */
	WINDOW_LOG_MAX = 27,    /* what the real receiver accepts */
	OUTPUT_START = 16 << 10,
	KEEP_MAX = 2 << 20,     /* a compressor that grew beyond is not kept */
};

struct contexts {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
};

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void free_contexts(void *p)
{
	struct contexts *x = p;
	ZSTD_freeCCtx(x->c);
	ZSTD_freeDCtx(x->d);
	free(x);
}

static void make_key(void)
{
	if (pthread_key_create(&contexts_key, free_contexts) != 0)
		abort();
}

/* This thread's; freed when it ends. */
static struct contexts *contexts(void)
{
	pthread_once(&contexts_once, make_key);
	struct contexts *x = pthread_getspecific(contexts_key);
	if (x == NULL) {
		x = xcalloc(1, sizeof(*x));
		pthread_setspecific(contexts_key, x);
	}
	return x;
}

/* RFC 8878 3.1.1.1: a frame without single-segment flag names its window in one
 * byte. What is shorter is left to the decoder to refuse. */
static bool window_fits(const uint8_t *data, size_t len)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	if (len < 6 || memcmp(data, magic, sizeof(magic)) != 0)
		return false;
	bool single_segment = data[4] & 0x20;
	return single_segment || 10 + (data[5] >> 3) <= WINDOW_LOG_MAX;
}

enum wire_status wire_zstd_decode(const uint8_t *data, size_t len, struct wire_buf *out)
{
	struct contexts *x = contexts();
	if (!window_fits(data, len) || ZSTD_findFrameCompressedSize(data, len) != len)
		return WIRE_BAD_ZSTD;
	unsigned long long declared = ZSTD_getFrameContentSize(data, len);
	if (declared == ZSTD_CONTENTSIZE_ERROR)
		return WIRE_BAD_ZSTD;
	if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared > WIRE_FRAME_MAX)
		return WIRE_TOO_LARGE;
	if (x->d == NULL && (x->d = ZSTD_createDCtx()) == NULL)
		abort();
	for (size_t room = MAX((size_t)OUTPUT_START, len * 4);; room *= 4) {
		room = MIN(room, (size_t)WIRE_FRAME_MAX);
		wire_buf_reserve(out, room);
		size_t n = ZSTD_decompressDCtx(x->d, out->data + out->len, room, data, len);
		if (!ZSTD_isError(n)) {
			out->len += n;
			return WIRE_OK;
		}
		if (ZSTD_getErrorCode(n) != ZSTD_error_dstSize_tooSmall)
			return WIRE_BAD_ZSTD;
		if (room == WIRE_FRAME_MAX)
			return WIRE_TOO_LARGE;
	}
}

bool wire_zstd_encode(const uint8_t *data, size_t len, struct wire_buf *out)
{
	struct contexts *x = contexts();
	if (len < 2)
		return false;
	if (x->c == NULL && (x->c = ZSTD_createCCtx()) == NULL)
		abort();
	/* Room for less than len: "would not be smaller" comes back as an error. */
	wire_buf_reserve(out, len - 1);
	size_t n = ZSTD_compressCCtx(x->c, out->data + out->len, len - 1, data, len, LEVEL);
	if (ZSTD_sizeof_CCtx(x->c) > KEEP_MAX) {
		ZSTD_freeCCtx(x->c);
		x->c = NULL;
	}
	if (ZSTD_isError(n))
		return false;
	out->len += n;
	return true;
}
