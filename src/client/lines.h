/* lines.h - a line of the wire as cells of the screen. */
#ifndef LACE_CLIENT_LINES_H
#define LACE_CLIENT_LINES_H

#include "client/cell.h"
#include "wire/pdu.h"

#define LINE_COLS_MAX 2000

/* Both storages (reference/wezterm-mux.md 3.6), with the links that stand beside
 * the lines. ret has room for max cells, max <= LINE_COLS_MAX; returns how many
 * the line has. Any line is well formed afterwards: a wide cell has its right half. */
size_t line_cells(struct pool *pool, const struct wire_lines *lines, size_t index, struct cell *ret,
    size_t max);

#endif
