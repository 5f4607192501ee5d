/* placement.h - images inside the engine. Private to src/vt; image.h is what others see.
 *
 * Three things. A stored image (image.c) owns bytes. A placement (placement.c) is one
 * image shown once: so many cells, this part of it, this z. A span is what a row has of
 * a placement: spans live in rows and go where these go (scrolling moves pointers, the
 * scrollback keeps them by stable index, a reflow carries them with their first cell),
 * and a placement ends when its last span has gone.
 *
 * Placements of sixel and iTerm2 are `bound`: cells show them for as long as their flag
 * VT_CELL_IMAGE is set, and everything that writes a cell clears it without a thought.
 * Spans in the scrollback are cut to what was still shown.
 *
 * For decoders: fill a struct vt_picture, and vt_image_show() does the rest. */
#ifndef LACE_VT_PLACEMENT_H
#define LACE_VT_PLACEMENT_H

#include "vt/image.h"

/* In vt_cell.flags: some bound span of the row shows here. */
#define VT_CELL_IMAGE 1u

/* Assumed when the owner has not said how large the grid is. */
#define VT_CELL_WIDTH 10u
#define VT_CELL_HEIGHT 20u

struct vt_grid_row;

/* An image as it comes from a decoder. */
struct vt_picture {
	enum vt_image_format format;
	uint32_t width, height;              /* pixels, 1..VT_IMAGE_SIDE_MAX */
	uint8_t *data;                       /* from malloc(); whoever gets the picture owns it, come what may */
	size_t len;                          /* width * height * 4 when RGBA */
	bool clear;                          /* some pixels let what lies below through */
};

enum vt_image_cursor {
	VT_IMAGE_CURSOR_STAY,
	VT_IMAGE_CURSOR_LEFT,                /* the image's first column, its last row */
	VT_IMAGE_CURSOR_RIGHT,               /* the column after it, its last row */
	VT_IMAGE_CURSOR_BELOW,               /* the image's first column, the row after it */
};

struct vt_image_how {
	uint16_t cols, rows;                 /* cells it covers; 0 = what width and height need */
	uint32_t width, height;              /* pixels to draw it with; 0 = all of cols and rows, or its own size */
	bool home;                           /* at the top left corner of the screen instead of at the cursor */
	bool scroll;                         /* what does not fit below scrolls the screen; otherwise it is cut */
	enum vt_image_cursor after;
};

/* Shows a picture as content of the cells from the cursor on. False when it was refused
 * (its size, the quota, no memory): then nothing has happened. */
bool vt_image_show(struct vt *vt, const struct vt_picture *picture, const struct vt_image_how *how);
/* Pixels of a cell; never 0. */
void vt_cell_pixels(const struct vt *vt, uint16_t *ret_width, uint16_t *ret_height);

/* ---- the store -------------------------------------------------------------- */

struct vt_stored {
	uint64_t serial;                     /* image.h; new when the bytes change */
	uint64_t used;                       /* when it was stored or shown last, in vt_images.clock */
	struct vt_picture picture;
	uint32_t placements;
	uint8_t screen;                      /* whose: ids are those of one screen */
	uint32_t id, number;                 /* what kitty's protocol calls it; 0 = nothing */
};

struct vt_placement {
	uint64_t serial;                     /* never used twice; vt_images.placements is sorted by it */
	struct vt_stored *image;
	uint32_t id;                         /* kitty's, 0 = none */
	int32_t z;
	bool bound;
	bool dead;                           /* to be swept */
	uint8_t screen;
	uint16_t cols, rows;                 /* cells covered */
	uint16_t cell_width, cell_height;
	int32_t x, y, width, height;         /* where the image lies, in pixels from the first cell's corner */
	uint32_t from_x, from_y, from_width, from_height; /* and which part of it, in its own pixels */
	uint32_t spans;
};

/* Cells [x, x + cells) of a row show what is from column col on in row `row` of the placement. */
struct vt_span {
	uint64_t placement : 63, bound : 1;
	uint16_t x, cells, col, row;         /* x + cells may lie right of the screen; cells may be 0 */
};

struct vt_spans {
	uint16_t n, cap;
	struct vt_span v[];
};

struct vt_kept_spans {
	int64_t row;                         /* stable index */
	uint64_t seqno;                      /* of a change since it is kept, else 0 */
	struct vt_spans *spans;
};

struct vt_images {
	struct vt_stored **v;
	size_t n, cap;
	struct vt_placement **placements;
	size_t n_placements, cap_placements;
	size_t bytes, bytes_max;
	size_t spans;                        /* in all rows */
	uint64_t serial, placement_serial, clock;
	/* Of rows in the scrollback, ascending. */
	struct vt_kept_spans *kept;
	size_t kept_head, n_kept, cap_kept;
	uint64_t kept_seqno;                 /* the highest of them */
};

void vt_images_init(struct vt *vt, size_t bytes_max);
void vt_images_fini(struct vt *vt);
/* None are left, on either screen. */
void vt_images_reset(struct vt *vt);
/* Takes the picture; NULL when it is refused. Nobody refers to it yet: place it or give it an id. */
struct vt_stored *vt_image_store(struct vt *vt, const struct vt_picture *picture);
void vt_image_free(struct vt *vt, struct vt_stored *image);
/* It is shown nowhere afterwards, and stays. */
void vt_placements_delete_image(struct vt *vt, struct vt_stored *image);

/* ---- spans of rows ---------------------------------------------------------- */

/* All of them go. */
void vt_spans_drop(struct vt *vt, struct vt_grid_row *row);
/* The row is about to be kept under that stable index: so are they. */
void vt_spans_keep(struct vt *vt, struct vt_grid_row *row, int64_t index);
/* The scrollback begins at `first` now. */
void vt_spans_trim(struct vt *vt, int64_t first);
/* Those kept with the first row from `row` on that has any; NULL when there is none. */
struct vt_kept_spans *vt_spans_kept(const struct vt *vt, int64_t row);

#endif
