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
	size_t len;                          /* width * height * 4 when RGBA; VT_INDEXED_BYTES(width * height) */
	bool clear;                          /* some pixels let what lies below through */
};

enum vt_image_cursor {
	VT_IMAGE_CURSOR_STAY,
	VT_IMAGE_CURSOR_LEFT,                /* the image's first column, its last row */
	VT_IMAGE_CURSOR_RIGHT,               /* the column after it, its last row */
	VT_IMAGE_CURSOR_AT,                  /* the image's first column, row at_row of it (or so many further down) */
	VT_IMAGE_CURSOR_AT_RIGHT,            /* that row and the column after it, if need be of the next row */
};

struct vt_image_how {
	uint16_t cols, rows;                 /* cells it covers; 0 = what width and height need */
	uint32_t width, height;              /* pixels to draw it with; 0 = all of cols and rows, or its own size */
	bool home;                           /* at the top left corner of the screen instead of at the cursor */
	bool scroll;                         /* what does not fit below scrolls the screen; otherwise it is cut */
	enum vt_image_cursor after;
	uint32_t at_row;
};

/* Shows a picture as content of the cells from the cursor on. False when it was refused
 * (its size, the quota, no memory): then nothing has happened. */
bool vt_image_show(struct vt *vt, const struct vt_picture *picture, const struct vt_image_how *how);
/* Pixels of a cell; never 0. */
void vt_cell_pixels(const struct vt *vt, uint16_t *ret_width, uint16_t *ret_height);

/* ---- the store -------------------------------------------------------------- */

/* A frame of an animation, whole: width * height * 4 bytes. */
struct vt_image_part {
	uint8_t *data;
	uint32_t gap;                        /* milliseconds; 0 = it is not to be seen when the animation runs */
};

struct vt_stored {
	uint64_t serial;                     /* image.h; new when the bytes change */
	uint64_t used;                       /* when it was stored or shown last, in vt_images.clock */
	struct vt_picture picture;
	uint32_t placements;
	bool doomed;                         /* to be freed when the placements that die were its last */
	uint8_t screen;                      /* whose: ids are those of one screen */
	struct vt_image_part *frames;        /* those after the first, which is the picture, then RGBA */
	uint32_t n_frames;
	uint32_t gap;                        /* of the first */
	uint32_t current;                    /* frame to be seen when it does not run, from 0 */
	uint32_t loops;                      /* 0 = for ever */
	bool runs;
	uint32_t id, number;                 /* what kitty's protocol calls it; 0 = nothing */
};

struct vt_placement {
	uint64_t serial;                     /* never used twice; vt_images.placements is sorted by it */
	struct vt_stored *image;
	uint32_t id;                         /* kitty's, 0 = none */
	int32_t z;
	bool bound;
	bool virt;                           /* shown by placeholders in text only */
	uint64_t parent;                     /* its place is relative to that one's; 0 = none */
	int32_t shift_x, shift_y;            /* cells from the parent's first */
	bool dead;                           /* to be swept */
	bool outside;                        /* of a region that is about to scroll */
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
	size_t relatives, virtuals;          /* placements of these kinds */
	uint64_t serial, placement_serial, clock;
	/* Of rows in the scrollback, ascending. */
	struct vt_kept_spans *kept;
	size_t kept_head, n_kept, cap_kept;
	uint64_t kept_seqno;                 /* the highest of them */
	bool placeholders_kept;              /* some row in the scrollback has placeholders, or had */
	/* The pixels of the indexed image that the owner asked for last. */
	uint8_t *unpacked;
	uint64_t unpacked_serial;            /* 0 = none */
};

void vt_images_init(struct vt *vt, size_t bytes_max);
void vt_images_fini(struct vt *vt);
/* None are left, on either screen. */
void vt_images_reset(struct vt *vt);
/* Takes the picture; NULL when it is refused. Nobody refers to it yet: place it or give it an id. */
struct vt_stored *vt_image_store(struct vt *vt, const struct vt_picture *picture);
void vt_image_free(struct vt *vt, struct vt_stored *image);
/* Makes room for so many bytes more at the cost of others than `keep` (may be NULL); false when
 * there is no way. */
bool vt_images_make_room(struct vt *vt, size_t bytes, const struct vt_stored *keep);
/* Gives back what is only kept for the owner to read. */
void vt_images_compact(struct vt *vt);
/* It is as long as its format and size want it. */
bool vt_picture_len_good(const struct vt_picture *picture);
/* It looks different now: another serial, and rows that show it have changed. */
void vt_image_changed(struct vt *vt, struct vt_stored *image);
/* With all its placements. */
void vt_image_delete(struct vt *vt, struct vt_stored *image);

/* ---- placements -------------------------------------------------------------- */

struct vt_placement *vt_placement_find(const struct vt *vt, uint64_t serial);
/* One user less: a span, or whoever has made it. The last one ends it. */
void vt_placement_release(struct vt *vt, struct vt_placement *p);
/* Held once for the caller; its size and place are for the caller to fill in. */
struct vt_placement *vt_placement_create(struct vt *vt, struct vt_stored *image);
uint16_t vt_cells_for(uint32_t pixels, uint16_t cell);
/* Rows from the cursor on, and where the cursor goes then. */
void vt_placement_show(struct vt *vt, struct vt_placement *p, const struct vt_image_how *how);
/* No row shows it; it is still held. */
void vt_placement_hide(struct vt *vt, struct vt_placement *p);
/* Those marked dead leave all rows and are no more, nor are those relative to them. Images
 * marked doomed that have no placement left go as well. */
void vt_placements_sweep(struct vt *vt);
/* How many parents stand above it. */
unsigned vt_placement_depth(const struct vt *vt, const struct vt_placement *p);
/* Puts relative placements where their parents want them. */
void vt_relatives_settle(struct vt *vt);
/* Cells of the row show part of the placement p, beginning with column col. */
void vt_placement_row(struct vt *vt, struct vt_grid_row *row, const struct vt_placement *p, unsigned x,
    unsigned col, unsigned n);
/* The image is shown nowhere afterwards, and stays. */
void vt_placements_delete_image(struct vt *vt, struct vt_stored *image);

/* ---- placeholders: U+10EEEE in text shows virtual placements ---------------------- */

struct vt_placeholder {
	const struct vt_placement *wanted;   /* what it names; NULL = no virtual placement */
	const struct vt_placement *shown;    /* that, if it has such a cell */
	uint16_t row, col;                   /* the cell of it that is shown */
};
/* What the placeholders among n cells of a row of that screen show, for each cell. */
void vt_placeholders_read(const struct vt *vt, const struct vt_cell *cells, unsigned n, uint8_t screen,
    struct vt_placeholder *ret);
/* The leftmost column and topmost row of those on the screen that show p. */
bool vt_placeholders_corner(struct vt *vt, const struct vt_placement *p, int64_t *ret_row, int *ret_x);
bool vt_placeholders_in(const struct vt *vt, const struct vt_grid_row *row);
/* Rows that have placeholders count as changed: what they show has come or gone. */
void vt_placeholders_touch(struct vt *vt, bool alt);

/* ---- spans of rows ------------------------------------------------------------ */

struct vt_span vt_span_part(const struct vt_span *s, unsigned x, unsigned end);
/* The next run of cells of a bound span that still show it, from x on: [*ret_x, returned). */
unsigned vt_span_run(const struct vt_grid_row *row, const struct vt_span *s, unsigned x, unsigned cols,
    unsigned *ret_x);
void vt_spans_add(struct vt *vt, struct vt_grid_row *row, struct vt_span s);
/* Lists by themselves: a span more, at column x; and the end of one (or of none). */
struct vt_spans *vt_spans_carry(struct vt *vt, struct vt_spans *list, struct vt_span s, unsigned x);
void vt_spans_free(struct vt *vt, struct vt_spans *list);
/* Those of one placement go. */
void vt_spans_remove(struct vt *vt, struct vt_grid_row *row, uint64_t placement);
/* A reflow: images go with their first cell, and are not broken where lines are. Those of `from`
 * that begin at its column x are added at column `at`. */
struct vt_spans *vt_spans_place(struct vt *vt, struct vt_spans *list, const struct vt_spans *from, unsigned x,
    unsigned at);
/* Those right of the text, which ends before column x, stay as far right of it as they were,
 * though it be out of sight. */
struct vt_spans *vt_spans_place_beyond(struct vt *vt, struct vt_spans *list, const struct vt_spans *from,
    unsigned x, unsigned at);
/* All of them go. */
void vt_spans_drop(struct vt *vt, struct vt_grid_row *row);
/* Bound ones are cut to what their cells still show. */
void vt_spans_settle(struct vt *vt, struct vt_grid_row *row);
/* The other way round: cells show what bound ones say. */
void vt_spans_flag(struct vt_grid_row *row, unsigned cols);
/* Bound ones show nothing in [x, end) any more. */
void vt_spans_cut(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned end);
/* n cells are about to be inserted at x or deleted there, within [x, end). */
void vt_spans_shift(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned end, bool insert);
/* Cells [x, end) are about to be copied, flags and all, to to_x of another row or the same. */
void vt_spans_copy(struct vt *vt, struct vt_grid_row *from, unsigned x, unsigned end, struct vt_grid_row *to,
    unsigned to_x);
/* They are about to be moved straight up or down, images of any kind with them. */
void vt_spans_move_columns(struct vt *vt, struct vt_grid_row *from, struct vt_grid_row *to, unsigned left,
    unsigned end);
void vt_spans_drop_columns(struct vt *vt, struct vt_grid_row *row, unsigned left, unsigned end);

/* Before a region scrolls, placements that are not bound and not wholly in it are lifted
 * from its rows; afterwards they are put back where they were. */
struct vt_region {
	unsigned top, bottom, left, right;   /* inclusive */
};
struct vt_pins {
	struct vt_spans **rows;
	unsigned top, n;
};
void vt_spans_pin(struct vt *vt, const struct vt_region *region, struct vt_pins *ret);
void vt_spans_unpin(struct vt *vt, struct vt_pins *pins);

/* Rows that show the image count as changed. */
void vt_spans_touch(struct vt *vt, const struct vt_stored *image);
/* Drops spans of dead placements, on both screens and in the scrollback. */
void vt_spans_sweep(struct vt *vt);

/* In the scrollback: those of a row that is newer than all there are. Takes the list. */
void vt_spans_keep(struct vt *vt, struct vt_kept_spans kept);
/* Those of the newest row, if it is that one: the caller's again. */
struct vt_kept_spans vt_spans_unkeep(struct vt *vt, int64_t row);
/* The scrollback begins at `first` now. */
void vt_spans_trim(struct vt *vt, int64_t first);
const struct vt_kept_spans *vt_spans_kept(const struct vt *vt, int64_t row);
/* The first row in [row, end) whose images have changed while it was kept; end when none. */
int64_t vt_spans_kept_changed(const struct vt *vt, uint64_t since, int64_t row, int64_t end);

#endif
