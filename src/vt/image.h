/* image.h - images in a terminal: which cells of a row show which, and their data.
 *
 * An image is pixels or an encoded file, as the program sent it: the engine reads
 * headers, and pixels only where a protocol composes them. Sixel and iTerm2 images
 * are content of cells: what is printed or erased over them removes them there. Those
 * of the kitty protocol lie above or below text and stay until they are deleted, or
 * their rows go. Either kind scrolls, is kept and reflows with its rows.
 *
 * Serial numbers name images here. One is never used twice: an image whose bytes
 * change (animation) gets a new one, and rows that show it count as changed. */
#ifndef LACE_VT_IMAGE_H
#define LACE_VT_IMAGE_H

#include "vt/vt.h"

/* ---- limits (vt_config has that of all images together) --------------------- */
#define VT_IMAGE_SIDE_MAX 10000u            /* pixels each way */
#define VT_IMAGE_BYTES_MAX (64u << 20)      /* of one file, or of one frame of pixels */
#define VT_IMAGES_MAX 1024u                 /* kept by one terminal */
#define VT_IMAGE_FRAMES_MAX 1024u           /* of one animation */
#define VT_PLACEMENTS_MAX 4096u             /* an image may be shown in several places */
#define VT_ROW_IMAGES_MAX 64u               /* parts of images in one row; the oldest go */
#define VT_IMAGE_SPANS_MAX 65536u           /* and in all rows */

/* The last is the engine's own and never handed out: pixels of few colours (sixel.h). */
enum vt_image_format { VT_IMAGE_RGBA, VT_IMAGE_PNG, VT_IMAGE_JPEG, VT_IMAGE_GIF, VT_IMAGE_WEBP,
	VT_IMAGE_BMP, VT_IMAGE_INDEXED };

/* What is to be shown for a serial number. An animation that runs has several frames,
 * all RGBA; what else has one. */
struct vt_image {
	uint64_t serial;
	enum vt_image_format format;
	uint32_t width, height;              /* pixels */
	const uint8_t *data;                 /* the file, or 4 bytes a pixel; of the first frame */
	size_t len;
	unsigned frames;                     /* >= 1 */
	unsigned loops;                      /* of an animation; 0 = for ever */
};
/* False when there is no such image (any more), or no memory for its pixels. Data is valid until
 * the next vt_image_get() or vt_image_frame() of another image, vt_write(), vt_resize(), vt_reset(),
 * vt_erase_scrollback() or vt_compact(). */
bool vt_image_get(struct vt *vt, uint64_t serial, struct vt_image *ret);
/* Frame i < image.frames: its pixels, width * height * 4 bytes, and how long it stays. */
const uint8_t *vt_image_frame(struct vt *vt, uint64_t serial, unsigned i, uint32_t *ret_ms);

/* A run of cells of one row that shows part of an image. The image, or the part of it
 * given by from_*, fills a rectangle that may begin left of and above the run and end
 * right of and below it; vt_row_image_cell() says what that is for one cell. */
struct vt_row_image {
	uint64_t serial;
	uint64_t placement;                  /* names this showing of it; never used twice either */
	uint32_t image_id, placement_id;     /* of the kitty protocol, 0 = none */
	int32_t z;                           /* below text when negative */
	uint16_t x, cells;                   /* the run is [x, x + cells) */
	uint16_t cell_width, cell_height;    /* pixels of a cell, as of when the image came */
	int32_t left, top;                   /* the rectangle, in such pixels from the top left corner of cell x */
	int32_t width, height;
	float from_left, from_top, from_right, from_bottom; /* what it shows; 0,0 and 1,1 are the image's corners */
};
/* Images of a row, in scrollback or on the screen, lowest first. Writes at most max,
 * returns how many there are. A row whose images change has a new seqno. */
size_t vt_row_images(struct vt *vt, int64_t row, struct vt_row_image *ret, size_t max);

struct vt_image_cell {
	float left, top, right, bottom;      /* part of the image; right > left, bottom > top */
	uint16_t pad_left, pad_top, pad_right, pad_bottom; /* pixels of the cell beside the image */
};
/* What cell i < cells of the run shows; false when the image does not touch it. */
bool vt_row_image_cell(const struct vt_row_image *run, unsigned i, struct vt_image_cell *ret);

#endif
