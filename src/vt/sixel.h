/* sixel.h - sixel data to pixels, as it comes. Private to src/vt; knows nothing of a terminal.
 *
 * What the data mean follows the VT340 where its manual and the device are known
 * (VT330/VT340 Programmer Reference Manual, chapter 14, and what people measured on a
 * real one: github.com/hackerb9/vt340test), with these decisions:
 *
 * - A pixel gets the colour that its register has when it is drawn. On the device a
 *   register that is set anew changes all that was drawn with it, but programs rely on
 *   the opposite to show more colours than there are registers.
 * - A register past the last is that number modulo their count, as in xterm.
 * - Where pixels are taller than wide (Pan:Pad, P1), rows are drawn several times: the
 *   ratio is rounded up to a whole number, at least 1, never one wider than tall.
 * - P2 other than 1 fills the rectangle that raster attributes declare (Ph;Pv, in rows
 *   and columns of the result) with register 0, from where the first sixel is drawn.
 *   Without them the device fills the rest of its screen; here it is the picture's own
 *   rectangle.
 * - A picture is as large as what was set in it or filled. What lies past the limits is cut.
 * - Bytes that mean nothing are ignored wherever they stand, inside numbers as well. */
#ifndef LACE_VT_SIXEL_H
#define LACE_VT_SIXEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_SIXEL_REGISTERS_MAX 1024u

/* Colours as pixels are kept: bytes R, G, B, A in memory; 0 is transparent. */
struct vt_sixel_palette {
	uint32_t v[VT_SIXEL_REGISTERS_MAX];
};
/* The VT340's 16 colours, after them those that xterm gives to the numbers 16-255, then black. */
void vt_sixel_palette_default(struct vt_sixel_palette *palette);

struct vt_sixel_setup {
	unsigned p1, p2;                     /* of DCS P1 ; P2 ; P3 q; 0 when missing */
	unsigned registers;                  /* 1..VT_SIXEL_REGISTERS_MAX are to be used */
	uint32_t max_width, max_height;      /* pixels */
	size_t max_pixels;                   /* width * height */
	const struct vt_sixel_palette *palette; /* copied */
};

/* A picture of at most 255 colours is one byte a pixel, and after all pixels VT_INDEXED_COLORS
 * colours of four bytes: what a pixel stands for. The first is 0, transparent. */
#define VT_INDEXED_COLORS 256u
#define VT_INDEXED_BYTES(pixels) ((pixels) + VT_INDEXED_COLORS * 4)
/* The pixels of such data as four bytes each. */
void vt_indexed_unpack(uint32_t *to, const uint8_t *data, size_t pixels);

struct vt_sixel_picture {
	uint8_t *data;                       /* free() it; NULL when there is none */
	size_t len;
	bool indexed;                        /* data are as above, otherwise four bytes R, G, B, A a pixel */
	uint32_t width, height;
	bool clear;                          /* some are transparent */
	uint32_t last_row;                   /* first pixel row of the last line of sixels, drawn or not */
};

#define VT_SIXEL_LINE 6u                 /* pixels of a sixel */
#define VT_SIXEL_LINE_ROWS (VT_SIXEL_LINE + 2) /* its pixels; the sixels of the pass under way, and their colours */
#define VT_SIXEL_SPARE 16u               /* columns of a line that are written past its end */
#define VT_SIXEL_NUMBER_MAX 65535u       /* larger ones count as this */

/* The decoder's own business, and the snapshot's. */
struct vt_sixel {
	struct vt_sixel_setup setup;
	struct vt_sixel_palette palette;
	bool failed;                         /* out of memory: nothing more is drawn */
	/* The command under way: '#', '!' or '"', 0 = none. */
	uint8_t command, n;                  /* n: parameters begun, may exceed what is kept */
	uint32_t params[5];

	uint16_t chosen;                     /* register to draw with */
	uint8_t number;                      /* of its colour in the line; 0 = it has none yet */
	uint8_t numbers;                     /* given so far: 1 to this */
	uint32_t colors[VT_INDEXED_COLORS];  /* what they stand for */
	uint8_t number_of[VT_SIXEL_REGISTERS_MAX]; /* of a register's colour, as far as it is known */

	uint32_t aspect;                     /* rows a pixel is tall */
	uint32_t x, y;                       /* in columns and rows of the picture; y is the line's top */
	uint8_t *line;                       /* LINE_ROWS rows of line_cap + SPARE; 0 where nothing is drawn */
	uint32_t line_cap, line_end;         /* columns there are; those past line_end are empty */
	uint32_t line_bits;                  /* all sixels of the line together */
	uint32_t pass_end;                   /* so many columns of the pass may hold a sixel */

	uint8_t *pixels;                     /* numbers of colours, and room for what these are; or four bytes each */
	bool wide;                           /* the latter */
	uint32_t stride, cap;                /* in pixels, and rows there is room for */
	uint32_t width, rows;                /* made so far; columns past width are made as well */
	uint32_t opaque;                     /* so many columns have no transparent pixel in any row; maybe more */
	uint32_t declared_width, declared_height; /* 0 = not */
	bool filling;                        /* P2 wants it and the first sixel has been seen */
	uint32_t fill, fill_y, fill_width, fill_height;
};

/* NULL when there is no memory. */
struct vt_sixel *vt_sixel_new(const struct vt_sixel_setup *setup);
void vt_sixel_feed(struct vt_sixel *s, const uint8_t *bytes, size_t len);
/* Ends the data. False when there was not enough memory at some point; the picture is
 * empty then. The registers as they are now are written to palette unless it is NULL. */
bool vt_sixel_finish(struct vt_sixel *s, struct vt_sixel_picture *ret, struct vt_sixel_palette *palette);
void vt_sixel_free(struct vt_sixel *s);

/* ---- between sixel.c and sixel_picture.c -------------------------------------------- */

static inline uint8_t *vt_sixel_line_row(const struct vt_sixel *s, unsigned i)
{
	return s->line + (size_t)i * (s->line_cap + VT_SIXEL_SPARE);
}
/* Columns up to end exist in the line; false without memory. */
bool vt_sixel_line_reach(struct vt_sixel *s, uint32_t end);
/* Draws what has been noted into the line; the line into the picture. */
void vt_sixel_pass_done(struct vt_sixel *s);
void vt_sixel_line_done(struct vt_sixel *s);
/* A sixel is to be drawn, and the chosen colour has no number: gives it one. */
void vt_sixel_number(struct vt_sixel *s);
bool vt_sixel_picture_done(struct vt_sixel *s, struct vt_sixel_picture *ret);

#endif
