/* lines.h - rows of a terminal as lines of the wire.
 *
 * A line whose cells are all "simple" (text/text.h) goes as one text with runs
 * of attributes (storage C, about a fifth of the bytes); any other goes cell by
 * cell (storage V), because the client would split it into clusters by rules of
 * its own. Source: reference/wezterm-mux.md 3.6. */
#ifndef LACE_MUX_LINES_H
#define LACE_MUX_LINES_H

#include "mux/images.h"
#include "vt/vt.h"
#include "wire/wire.h"

/* 0xRRGGBB */
struct wire_rgba lines_rgba(uint32_t rgb);
/* Fills ret with the rows (stable indexes, ascending; those that do not exist
 * are left out), stopping once the arena holds max_memory bytes. Everything
 * lives in the arena. */
void lines_build(struct vt *vt, struct images **images, const int64_t *rows, size_t n, struct wire_arena *arena, size_t max_memory,
    struct wire_lines *ret);

#endif
