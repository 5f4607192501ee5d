/* draw.h - what the outer terminal shows, what it should show, and the bytes between the two.
 *
 * The caller fills every wanted row for each frame; only what differs is
 * written. Rows and columns count from 0. */
#ifndef LACE_CLIENT_DRAW_H
#define LACE_CLIENT_DRAW_H

#include "base/str.h"
#include "client/cell.h"

#define DRAW_ROWS_MAX 1000              /* fewer than ROWS_WINDOW */
#define DRAW_COLS_MAX 2000

struct draw;

/* truecolor false: RGB is shown with the nearest of the 256 colours. */
struct draw *draw_create(bool truecolor);
void draw_destroy(struct draw *d);
/* Sizes are clamped to 1..MAX. What the terminal shows is taken as unknown. */
void draw_resize(struct draw *d, size_t rows, size_t cols);
void draw_forget(struct draw *d);                       /* the next frame draws everything */
size_t draw_rows(const struct draw *d);
size_t draw_cols(const struct draw *d);
/* The wanted row, draw_cols() cells, all blank; valid until the next call of draw_resize. */
struct cell *draw_row(struct draw *d, size_t y);
/* Puts text on a wanted row from x on, in the style of *style; control characters are left out. Returns
 * the column after it, at most end. */
size_t draw_text(struct draw *d, struct pool *pool, size_t y, size_t x, size_t end, const char *text,
    const struct cell *style);
void draw_cursor(struct draw *d, size_t y, size_t x, bool visible);
/* Appends what makes the terminal show the wanted screen; nothing when it does. */
void draw_frame(struct draw *d, const struct pool *pool, struct str *out);

#endif
