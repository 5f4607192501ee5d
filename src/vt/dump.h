/* dump.h - what a terminal shows, as output that shows it on another.
 *
 * For a client that attaches with a terminal of its own: control sequences that any
 * terminal of the same size takes, and that make it show the same text, colours,
 * links, cursor, and be in the same modes. What a terminal does not know it ignores;
 * what hurts when it is misunderstood is said in a form that is skipped as a whole.
 *
 * Not told: images, zones and marks, what XTSAVE keeps, notifications and clipboards
 * that are not complete, synchronized output (it would hide the rest), DECCOLM (the
 * size is the owner's). Cells that no terminal would make so by printing, like a wide
 * character in one column, are shown as near as can be. For all of it there is the
 * snapshot (snapshot.h). */
#ifndef LACE_VT_DUMP_H
#define LACE_VT_DUMP_H

#include "vt/vt.h"

/* Begins with a full reset (RIS). Otherwise the other terminal keeps what programs
 * cannot see, like its own scrollback, and what it was asked for before is undone. */
#define VT_DUMP_RESET 1u
/* While the alternate screen is shown: the primary one beneath it too. */
#define VT_DUMP_BOTH 2u

struct vt_dump_config {
	unsigned flags;
	uint32_t scrollback;         /* so many of the newest kept rows are printed first and scroll out */
};

/* The bytes go to fn in pieces of some 32 KiB; false when fn refused some. Changes
 * nothing that can be seen. */
bool vt_dump(struct vt *vt, const struct vt_dump_config *config,
    bool (*fn)(void *user, const void *bytes, size_t len), void *user);

#endif
