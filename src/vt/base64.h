/* base64.h - base64 in pieces: what programs send in OSC 52, images and the like. Private to src/vt.
 *
 * Both alphabets of RFC 4648 (4 and 5) are read. Padding may be left out or be longer than
 * it has to; nothing but padding may follow it. Blanks and line ends are no base64 (the
 * parser has already dropped control characters from strings). Bits that make no whole
 * byte are dropped, whatever they are. */
#ifndef LACE_VT_BASE64_H
#define LACE_VT_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between pieces. All zero is the beginning. */
struct vt_base64_state {
	uint8_t bits, have;              /* the last `have` bits (0, 2, 4 or 6) that made no byte yet */
	bool padded;                     /* '=' was seen */
	bool bad;                        /* something else than base64 was seen: for good */
};

/* Room that a piece of len characters needs; all of it may be written. */
#define VT_BASE64_ROOM(len) ((len) / 4 * 3 + 8)

/* Decodes one piece; returns the bytes decoded (each as soon as it is complete, so there
 * is no end to announce), or 0 when the stream is bad. */
size_t vt_base64_feed(struct vt_base64_state *st, const char *s, size_t len, uint8_t *to);

/* Room for the encoding of len bytes, with padding and no NUL; returns its length. */
#define VT_BASE64_ENCODED(len) (((len) + 2) / 3 * 4)
size_t vt_base64_encode(const void *bytes, size_t len, char *to);

#endif
