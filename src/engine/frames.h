/* frames.h - the stream of an exec without a terminal, taken apart into stdout and stderr.
 *
 * Each frame has 8 bytes before it: stream (0 stdin, 1 stdout, 2 stderr, 3 an error
 * of the engine), three zeros, the length as big-endian 32 bit. Source: Docker's
 * Engine API, "Attach to a container", stream format. Payload is passed on as
 * it comes; nothing is allocated for a length that was only promised. */
#ifndef LACE_ENGINE_FRAMES_H
#define LACE_ENGINE_FRAMES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct frames {
	uint8_t head[8];
	unsigned have;       /* bytes of head */
	uint32_t left;       /* payload bytes to come */
};
#define FRAMES_INIT { { 0 }, 0, 0 }

/* stream is 1 or 2 (0 and 3 are shown as 1 and 2). */
typedef void (*frames_cb)(void *user, int stream, const char *data, size_t len);

int frames_feed(struct frames *f, const char *data, size_t len, frames_cb cb, void *user, struct err *err);
/* True when the stream may end here. */
static inline bool frames_complete(const struct frames *f) { return f->have == 0; }

#endif
