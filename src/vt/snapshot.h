/* snapshot.h - the whole state of a terminal as bytes, and back.
 *
 * A snapshot holds everything that a vt has come to by its input: both screens,
 * the scrollback, modes, the parser in the middle of a sequence or a character,
 * titles, colours, links, sequence numbers and stable row numbers. What is the
 * owner's is not in it: callbacks, the name for XTVERSION, the bounds of the
 * scrollback. A terminal that was read from a snapshot and the one that was
 * written give the same state for the same further input, and their snapshots
 * are equal byte by byte.
 *
 * The stream:
 *
 *     "LACEvt\r\n"  format (varint, 1)  sections  XXH64 of all before (8 bytes, little-endian)
 *     section:  type << 1 | required (varint)  version (varint)  length (varint)  payload
 *
 * A varint is LEB128, the lowest seven bits first. Sections come in ascending
 * order of type; the last has type 0. A reader skips an unknown section unless it
 * is required. A later version of a section only adds fields at its end, which a
 * reader of an earlier one skips; what is no addition gets a new type.
 *
 * Input may be hostile: every number is checked against what the engine relies
 * on, nothing is allocated by a declared size that the stream's own length does
 * not bear out (but for the grids: rows x cols within the limits given, and one
 * open block of scrollback), and errors leave nothing behind. */
#ifndef LACE_VT_SNAPSHOT_H
#define LACE_VT_SNAPSHOT_H

#include "vt/vt.h"

enum vt_snapshot_error {
	VT_SNAPSHOT_OK,
	VT_SNAPSHOT_TRUNCATED,   /* it ends too early */
	VT_SNAPSHOT_FORMAT,      /* it is no snapshot, or of a format we do not know */
	VT_SNAPSHOT_CHECKSUM,
	VT_SNAPSHOT_SECTION,     /* a section is missing, out of order, or required and unknown */
	VT_SNAPSHOT_VALUE,       /* something says what cannot be */
	VT_SNAPSHOT_LIMIT,       /* more than the limits allow */
	VT_SNAPSHOT_MEMORY,
	VT_SNAPSHOT_OUTPUT,      /* the caller's function refused bytes */
};
/* A few words, never NULL. */
const char *vt_snapshot_error_text(enum vt_snapshot_error error);

/* Takes len bytes; false ends the writing. */
typedef bool (*vt_snapshot_fn)(void *user, const void *bytes, size_t len);

/* Not during a callback of this vt. The largest piece is that of the largest
 * image or string kept, else some 100 KiB. Changes nothing. */
enum vt_snapshot_error vt_snapshot_write(const struct vt *vt, vt_snapshot_fn fn, void *user);
/* The same into malloc()ed memory of at most `limit` bytes (0: no limit). NULL and *ret_error otherwise. */
uint8_t *vt_snapshot_bytes(const struct vt *vt, size_t limit, size_t *ret_len,
    enum vt_snapshot_error *ret_error);

/* For tests and fuzzing: lets the reader itself meet the damage. */
#define VT_SNAPSHOT_ANY_CHECKSUM 1u

/* A new vt, or NULL and *ret_error. Of the config, rows and cols are the most that
 * is accepted (0: VT_ROWS_MAX, VT_COLS_MAX) and the pixels are ignored: sizes come
 * from the snapshot. Rows beyond the config's scrollback and images beyond its memory
 * are dropped, the oldest first.
 * Callbacks are kept, but none is called. */
struct vt *vt_snapshot_read(const void *bytes, size_t len, const struct vt_config *config,
    const struct vt_callbacks *cb, void *user, unsigned flags, enum vt_snapshot_error *ret_error);

#endif
