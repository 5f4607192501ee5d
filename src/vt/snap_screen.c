/* The two screens in a snapshot, row by row from the top: where the ring begins
 * and which row has which memory is nobody's business.
 *
 * A row is its runs of one style and one set of flags; in each, a byte a cell for
 * ASCII and blanks, and a kind with a number for the rest. */
#include "vt/internal.h"
#include "vt/sbrow.h"
#include "vt/snap_io.h"

/* What stands in place of an ASCII character. */
enum {
	CELL_HALF = 0x80,              /* right of a wide one */
	CELL_CHAR, CELL_WIDE_CHAR,     /* a code point follows */
	CELL_CLUSTER, CELL_WIDE_CLUSTER, /* the number of a cluster follows */
	CELL_KINDS,
};

static uint8_t cell_kind(const struct vt_cell *cell)
{
	if (cell->width == 0)
		return CELL_HALF;
	if (cell->text < 0x80 && cell->width == 1)
		return (uint8_t)cell->text;
	if (cell->text & VT_CELL_CLUSTER)
		return cell->width == 2 ? CELL_WIDE_CLUSTER : CELL_CLUSTER;
	return cell->width == 2 ? CELL_WIDE_CHAR : CELL_CHAR;
}

static bool is_graphic(uint32_t cp)
{
	return cp == 0 || (cp >= 0x20 && (cp < 0x7f || cp > 0x9f) && (cp < 0xd800 || cp > 0xdfff) && cp < 0x110000);
}

static void cell_text(struct vt_snap *s, struct vt *vt, struct vt_cell *cell)
{
	uint8_t kind = s->reading ? 0 : cell_kind(cell);

	vt_snap_raw(s, &kind, 1);
	if (kind < 0x80 || kind == CELL_HALF) {
		cell->text = kind < 0x80 ? kind : 0;
		cell->width = kind < 0x80;
		vt_snap_require(s, is_graphic(cell->text));
		return;
	}
	uint32_t number = cell->text & ~VT_CELL_CLUSTER;
	bool cluster = kind == CELL_CLUSTER || kind == CELL_WIDE_CLUSTER;
	SNAP_NUMBER(s, number, VT_CELL_CLUSTER - 1);
	if (!s->reading || s->error != VT_SNAPSHOT_OK)
		return;
	vt_snap_require(s, kind < CELL_KINDS);
	if (cluster)
		vt_snap_require(s, number >= 1 && number <= vt->clusters.ids.n && vt->clusters.v[number].len > 0);
	else
		vt_snap_require(s, is_graphic(number));
	cell->text = number | (cluster ? VT_CELL_CLUSTER : 0);
	cell->width = kind == CELL_WIDE_CHAR || kind == CELL_WIDE_CLUSTER ? 2 : 1;
}

static unsigned run_end(const struct vt_grid_row *row, unsigned x)
{
	unsigned end = x + 1;

	while (end < row->used && row->cells[end].style == row->cells[x].style &&
	    row->cells[end].flags == row->cells[x].flags)
		end++;
	return end;
}

static void row_cells(struct vt_snap *s, struct vt *vt, struct vt_grid_row *row)
{
	for (unsigned x = 0; x < row->used && s->error == VT_SNAPSHOT_OK;) {
		struct vt_cell like = s->reading ? (struct vt_cell){ 0 } : row->cells[x];
		unsigned n = s->reading ? 0 : run_end(row, x) - x;

		SNAP_RANGE(s, n, 1, row->used - x);
		vt_snap_style_number(s, vt, &like.style);
		SNAP_NUMBER(s, like.flags, VT_CELL_FLAGS);
		for (unsigned end = x + n; x < end; x++) {
			struct vt_cell *cell = &row->cells[x];

			if (s->reading) {
				cell->style = like.style;
				cell->flags = like.flags;
			}
			cell_text(s, vt, cell);
		}
	}
	/* A wide character and its right half stand together. */
	for (unsigned x = 0; s->reading && x <= row->used && s->error == VT_SNAPSHOT_OK; x++)
		vt_snap_require(s, (x < row->used && row->cells[x].width == 0) == (x > 0 && row->cells[x - 1].width == 2));
}

static void row_fields(struct vt_snap *s, struct vt *vt, struct vt_grid_row *row)
{
	uint64_t age = vt->seqno - row->seqno;

	SNAP_NUMBER(s, age, vt->seqno - 1);
	if (s->reading)
		row->seqno = vt->seqno - age;
	SNAP_BOOL(s, row->wrapped);
	SNAP_NUMBER(s, row->line_attr, 3);
	SNAP_NUMBER(s, row->marks, VT_ROW_PROMPT | VT_ROW_MARK);
	SNAP_NUMBER(s, row->used, vt->cols);
	row_cells(s, vt, row);
	vt_snap_spans(s, vt, &row->spans);
}

static void saved_fields(struct vt_snap *s, struct vt *vt, struct vt_saved *saved)
{
	SNAP_NUMBER(s, saved->pos.x, vt->cols - 1u);
	SNAP_NUMBER(s, saved->pos.y, vt->rows - 1u);
	SNAP_BOOL(s, saved->pos.pending);
	vt_snap_style(s, vt, &saved->pen);
	for (unsigned i = 0; i < ARRAY_LEN(saved->charset); i++)
		SNAP_NUMBER(s, saved->charset[i], VT_CHARSET_LAST);
	SNAP_NUMBER(s, saved->gl, 3);
	SNAP_NUMBER(s, saved->gr, 3);
	SNAP_NUMBER(s, saved->single_shift, 3);
	SNAP_BOOL(s, saved->origin);
	SNAP_BOOL(s, saved->valid);
}

static void grid_fields(struct vt_snap *s, struct vt *vt, struct vt_grid *grid)
{
	SNAP_NUMBER(s, grid->floor, vt->seqno);
	saved_fields(s, vt, &grid->saved);
	SNAP_NUMBER(s, grid->kitty_n, VT_KITTY_STACK);
	for (unsigned i = 0; i < grid->kitty_n; i++)
		SNAP_NUMBER(s, grid->kitty[i], 31);
	for (unsigned y = 0; y < grid->n && s->error == VT_SNAPSHOT_OK; y++)
		row_fields(s, vt, vt_grid_row(grid, y));
}

void vt_snap_screen_primary(struct vt_snap *s, struct vt *vt)
{
	grid_fields(s, vt, &vt->grids[0]);
}

void vt_snap_screen_alternate(struct vt_snap *s, struct vt *vt)
{
	grid_fields(s, vt, &vt->grids[1]);
}

/* ---- the scrollback --------------------------------------------------------------- */

uint32_t vt_snap_blocks(const struct vt_snap *s, const struct vt *vt)
{
	return s->blocks;
}

/* Which rows there are; the blocks follow. */
void vt_snap_scrollback(struct vt_snap *s, struct vt *vt)
{
	struct vt_scrollback *sb = &vt->sb;
	int64_t base = sb->n > 0 ? sb->blocks[sb->head]->first : sb->first;
	uint64_t gone = (uint64_t)(sb->first - base);

	SNAP_NUMBER(s, base, VT_STABLE_MAX);
	SNAP_NUMBER(s, gone, VT_SB_BLOCK_ROWS);
	if (s->reading) {
		sb->end = base;
		sb->first = base + (int64_t)gone;
	}
	if (!s->reading)
		s->blocks = (uint32_t)sb->n;
	SNAP_NUMBER(s, s->blocks, UINT32_MAX);
	SNAP_NUMBER(s, sb->cold, s->blocks);
	vt_snap_require(s, s->blocks > 0 || gone == 0);
}

/* Where each row begins, and how much older it is than the newest change. */
static void block_rows(struct vt_snap *s, struct vt_sb_block *b)
{
	uint32_t offset = 0;

	for (uint32_t i = 0; i < b->n && s->error == VT_SNAPSHOT_OK; i++) {
		struct vt_sb_row *row = &b->rows[i];
		uint32_t len = (i + 1 < b->n ? b->rows[i + 1].offset : b->len) - row->offset,
		    age = (uint32_t)b->seqno - row->seqno;

		SNAP_NUMBER(s, len, b->len - offset);
		SNAP_NUMBER(s, age, MIN(b->seqno - 1, (uint64_t)UINT32_MAX));
		if (s->reading)
			*row = (struct vt_sb_row){ .offset = offset, .seqno = (uint32_t)b->seqno - age };
		offset += len;
	}
	vt_snap_require(s, offset == b->len);
}

static void regrow(struct vt_snap *s, void **p, size_t n, size_t size)
{
	void *more = n > 0 ? realloc(*p, n * size) : NULL;

	if (more)
		*p = more;
	else if (n > 0)
		vt_snap_fail(s, VT_SNAPSHOT_MEMORY);
}

/* What the newest block, which grows, has room for: that decides when the next one
 * begins, and what all of them count as against the bound in bytes. */
static void block_room(struct vt_snap *s, struct vt_sb_block *b)
{
	uint32_t data_cap = b->data_cap, cap = b->cap, cap_styles = b->cap_styles;

	SNAP_RANGE(s, cap_styles, b->n_styles, MAX(2 * b->n_styles, 8u));
	if (b->packed == 0) {
		SNAP_RANGE(s, data_cap, b->len, MAX(b->len, VT_SB_DATA_MAX));
		SNAP_RANGE(s, cap, b->n, 2 * VT_SB_BLOCK_ROWS);
	}
	if (!s->reading || s->error != VT_SNAPSHOT_OK)
		return;
	regrow(s, (void **)&b->data, data_cap, 1);
	b->data_cap = data_cap;
	regrow(s, (void **)&b->rows, cap, sizeof(*b->rows));
	b->cap = cap;
	regrow(s, (void **)&b->styles, cap_styles, sizeof(*b->styles));
	b->cap_styles = cap_styles;
}

static void block_data(struct vt_snap *s, struct vt *vt, struct vt_sb_block *b)
{
	SNAP_NUMBER(s, b->packed, VT_SB_DATA_MAX);
	if (b->packed > 0) {
		SNAP_RANGE(s, b->plain_len, 1, VT_SB_DATA_MAX);
		vt_snap_bytes(s, &b->data, b->packed);
		if (s->reading)
			b->data_cap = b->packed;
		return;
	}
	vt_snap_room(s, b->n, 2);
	if (s->reading) {
		b->rows = vt_snap_alloc(s, b->n, sizeof(*b->rows));
		b->cap = b->n;
	}
	block_rows(s, b);
	vt_snap_bytes(s, &b->data, b->len);
	if (s->reading)
		b->data_cap = b->len;
}

static void block_styles(struct vt_snap *s, struct vt *vt, struct vt_sb_block *b)
{
	uint32_t n = (uint32_t)vt_snap_count(s, b->n_styles, VT_SB_DATA_MAX, 6);

	if (s->reading && n > 0) {
		b->styles = vt_snap_alloc(s, n, sizeof(*b->styles));
		if (!b->styles)
			return;
		b->n_styles = b->cap_styles = n;
	}
	for (uint32_t i = 0; i < n; i++)
		vt_snap_style(s, vt, &b->styles[i]);
}

static void block_fields(struct vt_snap *s, struct vt *vt, struct vt_sb_block *b)
{
	SNAP_RANGE(s, b->n, 1, VT_SB_BLOCK_ROWS);
	SNAP_RANGE(s, b->len, 1, VT_SB_DATA_MAX);
	SNAP_RANGE(s, b->seqno, 1, vt->seqno);
	SNAP_NUMBER(s, b->floor, vt->seqno);
	SNAP_NUMBER(s, b->widest, VT_COLS_MAX);
	SNAP_BOOL(s, b->wraps);
	SNAP_NUMBER(s, b->marks, VT_ROW_PROMPT | VT_ROW_MARK);
	block_styles(s, vt, b);
	block_data(s, vt, b);
}

/* Which of the engine's styles the newest block knows already. */
static void style_map(struct vt_snap *s, struct vt *vt, const struct vt_sb_block *b)
{
	struct vt_scrollback *sb = &vt->sb;
	uint32_t n = 0;

	for (uint32_t id = 0; !s->reading && id < sb->map_cap; id++)
		n += sb->map[id].block == sb->serial;
	n = (uint32_t)vt_snap_count(s, n, VT_STYLES_MAX, 2);
	if (s->reading && n > 0 && !vt_sb_map_reserve(sb, vt->styles.ids.n))
		vt_snap_fail(s, VT_SNAPSHOT_MEMORY);
	for (uint32_t i = 0, id = 0; i < n && s->error == VT_SNAPSHOT_OK; i++, id++) {
		while (!s->reading && sb->map[id].block != sb->serial)
			id++;
		uint16_t number = (uint16_t)id;
		vt_snap_style_number(s, vt, &number);
		vt_snap_require(s, number != 0);
		struct vt_sb_style *m = &sb->map[number];
		uint32_t index = m->index == VT_SB_OWN ? 0 : m->index;
		SNAP_NUMBER(s, index, b->n_styles);
		if (s->reading) {
			m->block = sb->serial;
			m->index = index ? index : VT_SB_OWN;
		}
	}
}

void vt_snap_block(struct vt_snap *s, struct vt *vt)
{
	struct vt_scrollback *sb = &vt->sb;

	bool newest = s->index + 1 == s->blocks;
	struct vt_sb_block *b = s->reading ? vt_snap_alloc(s, 1, sizeof(*b)) : sb->blocks[sb->head + s->index];
	if (!b)
		return;
	block_fields(s, vt, b);
	if (newest)
		block_room(s, b);
	bool memory;
	if (s->reading && s->error == VT_SNAPSHOT_OK && !vt_sb_block_check(b, &memory))
		vt_snap_fail(s, memory ? VT_SNAPSHOT_VALUE : VT_SNAPSHOT_MEMORY);
	if (s->reading && s->error == VT_SNAPSHOT_OK)
		vt_sb_adopt(sb, b);
	else if (s->reading)
		vt_sb_block_free(b);
	if (newest && s->error == VT_SNAPSHOT_OK)
		style_map(s, vt, b);
}
