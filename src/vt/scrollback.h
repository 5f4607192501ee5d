/* scrollback.h - the rows above the primary screen. Private to src/vt.
 *
 * Rows are kept as text with run-length styles in blocks of about 64 KiB. A
 * block has its own table of styles, so that rows do not pin numbers of the
 * engine's table, and can be moved as a whole when a resize leaves its rows as
 * they are. Blocks that have grown cold are compressed when the owner has time
 * (vt_compact); one at a time is unpacked for reading. How a row is written stands
 * in sbrow.h. */
#ifndef LACE_VT_SCROLLBACK_H
#define LACE_VT_SCROLLBACK_H

#include "vt/vt.h"

#define VT_SB_BLOCK_ROWS 4096u
/* Bytes of a block, unpacked: about 64 KiB, or one row of VT_COLS_MAX cells, each a long
 * cluster in a style of its own; and the lengths of its rows. */
#define VT_SB_DATA_MAX (256u << 10)

struct vt_sb_row {
	uint32_t offset;               /* in data */
	uint32_t seqno;                /* low 32 bits; the rest follows from the block's */
};

struct vt_sb_block {
	int64_t first;                 /* stable index of row 0 */
	uint32_t n, cap;
	struct vt_sb_row *rows;        /* NULL while compressed */
	uint8_t *data;
	uint32_t len, data_cap;        /* len: of the rows, whether compressed or not */
	uint32_t packed, plain_len;    /* bytes of data when it is compressed, else 0; and what they unpack to */
	uint32_t serial;               /* no other block has it */
	struct vt_style *styles;
	uint32_t n_styles, cap_styles;
	uint64_t seqno;                /* the highest of its rows */
	uint64_t floor;                /* no row counts as older than this */
	uint64_t latest;               /* the highest of both, of this block and all before it */
	uint16_t widest;               /* cells of the longest row */
	bool wraps;                    /* some row is wrapped */
	uint8_t marks;                 /* those of all rows */
};

struct vt_sb_style {
	uint32_t block;                /* serial of the block that index belongs to */
	uint32_t index;
};

struct vt_sb_run;

/* A row that is to be written. */
struct vt_sb_new {
	uint32_t cells;
	bool wrapped;
	uint8_t line_attr, marks;
	uint64_t seqno;
	struct vt_sb_run *runs;        /* their cells add up */
	unsigned n_runs;
	const uint8_t *text;
	size_t len;
};

/* The last times that rows came, so that those which came since some seqno can be told. */
#define VT_SB_ARRIVALS 64u
struct vt_sb_arrival {
	uint64_t seqno;
	int64_t end;                   /* what vt_scrollback.end was before */
};

struct vt_scrollback {
	struct vt_sb_block **blocks;   /* oldest first, from head */
	size_t head, n, cap;
	int64_t first, end;            /* stable indexes of the rows kept: [first, end) */
	uint32_t lines_max;
	size_t bytes_max, bytes;
	uint32_t serial;               /* the last one given, or something newer than the newest block */
	size_t cold;                   /* blocks from the oldest on that vt_compact() is done with */
	uint8_t *unpacked;             /* the rows of block unpacked_serial */
	struct vt_sb_row *unpacked_rows;
	uint32_t unpacked_serial;
	struct vt_sb_style *map;       /* engine's style number -> the newest block's */
	uint32_t map_cap;
	uint8_t *text;                 /* a row that is being encoded */
	struct vt_sb_run *runs;
	size_t text_cap;               /* cells that these two have room for */
	struct vt_sb_arrival arrivals[VT_SB_ARRIVALS];
	uint32_t next_arrival;         /* a ring */
	uint64_t arrived;              /* seqno of the last */
	uint64_t arrivals_from;        /* they are all there that came after this seqno */
	uint32_t found;                /* style of the newest block that was looked for last */
};

struct vt_grid_row;

void vt_sb_init(struct vt_scrollback *sb, uint32_t lines_max, size_t bytes_max);
void vt_sb_fini(struct vt_scrollback *sb);
/* Appends a row, which has memory for so many columns; may drop the oldest. */
void vt_sb_push(struct vt *vt, struct vt_scrollback *sb, const struct vt_grid_row *row, unsigned cols);
/* Appends a row that consists of pieces of others. Of each run the style is given, and
 * whether it was an own one there: then it is again. */
void vt_sb_append(struct vt_scrollback *sb, const struct vt_sb_new *row);
/* Appends a whole block of other rows (of another scrollback). */
void vt_sb_push_block(struct vt_scrollback *sb, struct vt_sb_block *block, uint64_t now);
/* Reads row `index` of a block into cells (room for block->widest), numbering
 * styles and clusters anew; *n counts the cells that are complete at any time. */
void vt_sb_block_read(struct vt *vt, const struct vt_sb_block *block, uint32_t index, struct vt_cell *cells,
    uint16_t *n, struct vt_row *ret);
/* Row `index` as it is written; valid until another block is read. */
struct vt_sb_line;
void vt_sb_line(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index,
    struct vt_sb_line *ret);
/* Its characters alone: see vt_sb_char() in sbrow.h. */
struct vt_sb_text {
	const uint8_t *s;
	size_t len;
	bool wrapped;
};
struct vt_sb_text vt_sb_text(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index);
uint8_t vt_sb_row_marks(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index);
void vt_sb_block_free(struct vt_sb_block *block);
struct vt_sb_block *vt_sb_find(const struct vt_scrollback *sb, int64_t row);
/* No row before the one returned has changed since; but for what images and the change of
 * screens do to rows. Looks at no row. */
int64_t vt_sb_changed_from(const struct vt_scrollback *sb, uint64_t since);
/* All rows count as changed now. */
void vt_sb_touch(struct vt_scrollback *sb, uint64_t now);
uint64_t vt_sb_row_seqno(const struct vt_sb_block *block, uint32_t index);
/* Compresses one cold block; true when there are more. */
bool vt_sb_compact(struct vt_scrollback *sb);
/* Removes the newest row. */
void vt_sb_drop_newest(struct vt_scrollback *sb);
void vt_sb_erase(struct vt_scrollback *sb);
/* For a snapshot that is read. Whether everything in the block is what vt_sb_push()
 * could have written: whoever reads a row relies on it. *ret_memory is false when there
 * was no memory to find out. */
bool vt_sb_block_check(const struct vt_sb_block *block, bool *ret_memory);
/* Appends the block as it is. (What has arrived when is not kept in snapshots.) */
void vt_sb_adopt(struct vt_scrollback *sb, struct vt_sb_block *block);
/* Drops what is beyond the bounds. */
void vt_sb_trim(struct vt_scrollback *sb);
/* The map has room for styles up to this number; false when there is no memory. */
bool vt_sb_map_reserve(struct vt_scrollback *sb, uint32_t style);
/* The engine's style numbers have been given anew. */
void vt_sb_forget_styles(struct vt_scrollback *sb);

#endif
