/* wire.h - frames of wezterm's mux protocol: bytes to struct wire_pdu and back.
 *
 * Source: reference/wezterm-mux.md part 1 (framing) and 3 (serialization). No
 * I/O: the caller moves bytes. Every length that comes from outside is checked
 * against the limits below before anything is allocated for it; a decode error
 * is a value, and after one the connection cannot go on. */
#ifndef LACE_WIRE_WIRE_H
#define LACE_WIRE_WIRE_H

#include "wire/pdu.h"

#define WIRE_CODEC_MIN 42
#define WIRE_CODEC_MAX 45
#define WIRE_CODEC_LACE 44            /* what lace's own client speaks */

#define WIRE_FRAME_MAX (64u << 20)    /* bytes of one frame's body, also after decompression */
#define WIRE_ARENA_MAX (256u << 20)   /* memory of one decoded PDU */
#define WIRE_DEPTH_MAX 64             /* nesting of PaneNode */

enum wire_status {
	WIRE_OK = 0,
	WIRE_MORE,            /* the frame is not complete yet; nothing was taken */
	WIRE_BAD_FRAME,       /* lengths that lie, or a non-minimal or overlong LEB128 */
	WIRE_TOO_LARGE,       /* over a limit above */
	WIRE_BAD_BODY,        /* does not deserialize: short, bad enum, bad UTF-8, bool not 0/1, out of range */
	WIRE_BAD_ZSTD,
	WIRE_UNKNOWN,         /* frame is whole and was taken, but the ident is not known: pdu->ident and serial are set */
};
const char *wire_status_text(enum wire_status status);

/* Bump allocator that owns the strings and vectors of one decoded PDU. Callers
 * that build PDUs may use one too. Zero it to start. */
struct wire_arena { struct wire_arena_block *head; size_t total; };
void *wire_arena_alloc(struct wire_arena *a, size_t size);   /* zeroed, aligned; NULL over WIRE_ARENA_MAX */
struct wire_str wire_arena_str(struct wire_arena *a, const char *s, size_t len); /* copies */
void wire_arena_reset(struct wire_arena *a);                 /* frees everything */

struct wire_pdu {
	uint32_t ident;
	uint64_t serial;      /* 0 = push */
	union wire_body body;
};

/* Takes one frame from the front of data. On WIRE_OK and WIRE_UNKNOWN *taken is
 * its whole size; the decoded values live in the arena. */
enum wire_status wire_decode(const uint8_t *data, size_t len, unsigned codec, size_t *taken,
    struct wire_pdu *ret, struct wire_arena *arena);

/* What the head of a frame says before the rest has come: the size of the whole, and its serial. Not more than
 * WIRE_FRAME_MAX is believed. */
enum wire_status wire_peek(const uint8_t *data, size_t len, uint64_t *ret_size, uint64_t *ret_serial);

/* Growable output. Zero it to start; free with wire_buf_fini. */
struct wire_buf { uint8_t *data; size_t len, cap; };
void wire_buf_fini(struct wire_buf *b);
void wire_buf_drop(struct wire_buf *b, size_t n);            /* removes n bytes at the front */

enum wire_compress { WIRE_COMPRESS_NEVER, WIRE_COMPRESS_AUTO /* bodies over 32 bytes, when smaller (part 1) */ };
/* Appends one frame. Only fails (WIRE_BAD_BODY, nothing appended) for a PDU that
 * cannot be represented: unknown ident, enum out of range, text that is not
 * UTF-8, over WIRE_FRAME_MAX, an alert variant that the codec lacks. */
enum wire_status wire_encode(const struct wire_pdu *pdu, unsigned codec, enum wire_compress how, struct wire_buf *out);

/* Body only (the golden recordings hold bodies). */
/* *used (may be NULL) is what the fields took; bytes behind them are ignored. */
enum wire_status wire_decode_body(uint32_t ident, const uint8_t *body, size_t len, unsigned codec,
    union wire_body *ret, size_t *used, struct wire_arena *arena);
enum wire_status wire_encode_body(uint32_t ident, const union wire_body *body, unsigned codec, struct wire_buf *out);

const char *wire_ident_name(uint32_t ident);                 /* "ListPanes", or NULL when unknown */
/* True for idents that a client may send as a request. */
bool wire_is_request(uint32_t ident);
/* Appends the PDU as one JSON object (debugging, `lace-mux-server decode`). */
void wire_print_json(const struct wire_pdu *pdu, unsigned codec, struct wire_buf *out);

#endif
