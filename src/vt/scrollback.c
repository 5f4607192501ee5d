/* The rows above the primary screen. See scrollback.h for the format.
 *
 * Rows are appended to the newest block and dropped from the oldest; a block
 * is freed when its last row has gone. Encoding runs once for every line that a
 * program prints, so its inner loop takes cells of plain ASCII in one style. */
#include <zstd.h>

#include "vt/internal.h"
#include "vt/sbrow.h"

#define BLOCK_BYTES (64u << 10)
/* The first block begins small: many terminals keep little. */
#define FIRST_BYTES (4u << 10)
#define BLOCK_ROWS VT_SB_BLOCK_ROWS
/* Blocks that stay as they are: the newest is growing. */
#define BLOCKS_HOT 1u
/* A tenth slower than level 1, and a twentieth smaller; the next level that is worth it takes thrice the time. */
#define ZSTD_LEVEL 3
/* Once a block's table has so many styles, others are written out where they are used: a
 * style of the table takes 24 bytes, and in a picture made of text none comes again. */
#define TABLE_STYLES 64u

/* ---- blocks -------------------------------------------------------------------- */

static size_t block_bytes(const struct vt_sb_block *b)
{
	return sizeof(*b) + b->data_cap + b->cap * sizeof(*b->rows) + b->cap_styles * sizeof(*b->styles);
}

void vt_sb_block_free(struct vt_sb_block *b)
{
	free(b->rows);
	free(b->data);
	free(b->styles);
	free(b);
}

static struct vt_sb_block *newest(const struct vt_scrollback *sb)
{
	return sb->n > 0 ? sb->blocks[sb->head + sb->n - 1] : NULL;
}

/* Of the newest block, after a change. */
static void update_latest(struct vt_scrollback *sb)
{
	struct vt_sb_block *b = newest(sb);
	uint64_t before = sb->n > 1 ? sb->blocks[sb->head + sb->n - 2]->latest : 0;

	b->latest = MAX(MAX(b->seqno, b->floor), before);
}

static void append_block(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	if (sb->head + sb->n == sb->cap) {
		if (sb->head > sb->cap / 2) {
			memmove(sb->blocks, sb->blocks + sb->head, sb->n * sizeof(*sb->blocks));
			sb->head = 0;
		} else {
			sb->cap = MAX(sb->cap * 2, 16u);
			sb->blocks = xreallocarray(sb->blocks, sb->cap, sizeof(*sb->blocks));
		}
	}
	b->first = sb->end;
	sb->blocks[sb->head + sb->n++] = b;
	sb->bytes += block_bytes(b);
	update_latest(sb);
}

static void drop_oldest_block(struct vt_scrollback *sb)
{
	struct vt_sb_block *b = sb->blocks[sb->head++];

	sb->n--;
	sb->cold -= sb->cold > 0;
	sb->bytes -= block_bytes(b);
	vt_sb_block_free(b);
}

/* ---- compression ----------------------------------------------------------------- */

/* Compressed are the rows and, after them, the length of each. The sequence
 * numbers are given up: every row of the block then counts as changed with the
 * last one, which is long ago. */
static void pack(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	cleanup_free uint8_t *plain = xmalloc(b->len + b->n * (size_t)VT_SB_VARINT_MAX);
	uint8_t *p = plain + b->len;

	memcpy(plain, b->data, b->len);
	for (uint32_t i = 0; i < b->n; i++)
		p = vt_sb_put_varint(p, (i + 1 < b->n ? b->rows[i + 1].offset : b->len) - b->rows[i].offset);
	size_t len = (size_t)(p - plain), bound = ZSTD_compressBound(len);
	uint8_t *to = xmalloc(bound);
	size_t n = ZSTD_compress(to, bound, plain, len, ZSTD_LEVEL);
	if (ZSTD_isError(n) || n > len / 10 * 9) {
		free(to);
		return;
	}
	sb->bytes -= block_bytes(b);
	free(b->data);
	free(b->rows);
	b->data = xreallocarray(to, n, 1);
	b->data_cap = b->packed = (uint32_t)n;
	b->plain_len = (uint32_t)len;
	b->rows = NULL;
	b->cap = 0;
	sb->bytes += block_bytes(b);
}

/* The rows of a compressed block and where each begins; both are the caller's. */
static uint8_t *unpack_rows(const struct vt_sb_block *b, struct vt_sb_row **ret_rows)
{
	uint8_t *plain = xmalloc(b->plain_len);
	struct vt_sb_row *rows = xreallocarray(NULL, b->n, sizeof(*rows));
	uint32_t offset = 0, len;

	/* We packed it ourselves: anything but success is memory gone bad. */
	if (ZSTD_decompress(plain, b->plain_len, b->data, b->packed) != b->plain_len)
		abort();
	const uint8_t *p = plain + b->len;
	for (uint32_t i = 0; i < b->n; i++) {
		rows[i] = (struct vt_sb_row){ .offset = offset, .seqno = (uint32_t)b->seqno };
		p = vt_sb_get_varint(p, &len);
		offset += len;
	}
	*ret_rows = rows;
	return plain;
}

/* Makes a block one that can be written to. */
static void unpack(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	if (b->packed == 0)
		return;
	uint8_t *data = unpack_rows(b, &b->rows);
	sb->bytes -= block_bytes(b);
	free(b->data);
	b->data = data;
	b->data_cap = b->plain_len;
	b->cap = b->n;
	b->packed = 0;
	sb->bytes += block_bytes(b);
}

static void forget_unpacked(struct vt_scrollback *sb)
{
	free(sb->unpacked);
	free(sb->unpacked_rows);
	sb->unpacked = NULL;
	sb->unpacked_rows = NULL;
	sb->unpacked_serial = 0;
}

void vt_sb_line(struct vt_scrollback *sb, const struct vt_sb_block *b, uint32_t index,
    struct vt_sb_line *ret)
{
	const struct vt_sb_row *rows = b->rows;
	const uint8_t *data = b->data;

	if (b->packed != 0) {
		if (sb->unpacked_serial != b->serial) {
			forget_unpacked(sb);
			sb->unpacked = unpack_rows(b, &sb->unpacked_rows);
			sb->unpacked_serial = b->serial;
		}
		rows = sb->unpacked_rows;
		data = sb->unpacked;
	}
	uint32_t end = index + 1 < b->n ? rows[index + 1].offset : b->len;
	vt_sb_take_apart(data + rows[index].offset, data + end, ret);
}

/* Gives back what a block has reserved. */
static void seal(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	if (b->packed)
		return;
	sb->bytes -= block_bytes(b);
	b->data = xreallocarray(b->data, b->len, 1);
	b->data_cap = b->len;
	b->rows = xreallocarray(b->rows, b->n, sizeof(*b->rows));
	b->cap = b->n;
	if (b->n_styles > 0) {
		b->styles = xreallocarray(b->styles, b->n_styles, sizeof(*b->styles));
		b->cap_styles = b->n_styles;
	}
	sb->bytes += block_bytes(b);
}

bool vt_sb_compact(struct vt_scrollback *sb)
{
	/* Nobody has asked for it for a while, or we would not be here. */
	forget_unpacked(sb);
	if (sb->cold + BLOCKS_HOT < sb->n) {
		struct vt_sb_block *b = sb->blocks[sb->head + sb->cold++];

		if (b->packed == 0)
			pack(sb, b);
	}
	if (sb->cold + BLOCKS_HOT < sb->n)
		return true;
	/* The newest will grow; what it has reserved is given back all the same. */
	if (sb->n > 0)
		seal(sb, newest(sb));
	return false;
}

static struct vt_sb_block *block_for(struct vt_scrollback *sb, size_t bytes)
{
	struct vt_sb_block *b = newest(sb);

	if (b && !b->packed && b->n < BLOCK_ROWS && b->len + bytes <= MAX(b->data_cap, BLOCK_BYTES)) {
		if (b->len + bytes > b->data_cap) {
			sb->bytes -= block_bytes(b);
			b->data_cap = (uint32_t)MIN(MAX(2 * (size_t)b->data_cap, b->len + bytes), (size_t)BLOCK_BYTES);
			b->data = xreallocarray(b->data, b->data_cap, 1);
			sb->bytes += block_bytes(b);
		}
		return b;
	}
	if (b && b->n > 0)
		seal(sb, b);
	b = xcalloc(1, sizeof(*b));
	b->data_cap = (uint32_t)MAX(bytes, (size_t)(sb->n > 0 ? BLOCK_BYTES : FIRST_BYTES));
	b->data = xmalloc(b->data_cap);
	b->serial = ++sb->serial;
	append_block(sb, b);
	return b;
}

static uint32_t add_style(struct vt_scrollback *sb, struct vt_sb_block *b, const struct vt_style *style)
{
	if (b->n_styles == b->cap_styles) {
		sb->bytes -= block_bytes(b);
		b->cap_styles = MAX(b->cap_styles * 2, 8u);
		b->styles = xreallocarray(b->styles, b->cap_styles, sizeof(*b->styles));
		sb->bytes += block_bytes(b);
	}
	b->styles[b->n_styles] = *style;
	return ++b->n_styles;
}

/* Does the style go into the block's table, or where it is used? */
static bool in_table(const struct vt_sb_block *b, const struct vt_style *style)
{
	return b->n_styles < TABLE_STYLES || style->link != 0 || style->image != 0 ||
	    style->underline != VT_COLOR_DEFAULT;
}

/* The index that runs of the newest block have for a style of the engine. */
static uint32_t block_style(struct vt *vt, struct vt_scrollback *sb, struct vt_sb_block *b, uint16_t style)
{
	if (style == 0)
		return 0;
	if (style >= sb->map_cap) {
		uint32_t cap = MAX((uint32_t)style + 1, vt->styles.ids.cap);

		sb->map = xreallocarray(sb->map, cap, sizeof(*sb->map));
		memset(sb->map + sb->map_cap, 0, (cap - sb->map_cap) * sizeof(*sb->map));
		sb->map_cap = cap;
	}
	struct vt_sb_style *m = &sb->map[style];
	if (m->block != sb->serial) {
		const struct vt_style *s = &vt->styles.v[style];

		m->block = sb->serial;
		m->index = in_table(b, s) ? add_style(sb, b, s) : VT_SB_OWN;
	}
	return m->index;
}

void vt_sb_trim(struct vt_scrollback *sb)
{
	if (sb->end - sb->first > (int64_t)sb->lines_max)
		sb->first = sb->end - sb->lines_max;
	/* The newest block stays, or a small bound would keep nothing at all. */
	while (sb->bytes_max > 0 && sb->bytes > sb->bytes_max && sb->n > 1)
		drop_oldest_block(sb);
	while (sb->n > 0 && sb->blocks[sb->head]->first + sb->blocks[sb->head]->n <= sb->first)
		drop_oldest_block(sb);
	if (sb->n > 0 && sb->blocks[sb->head]->first > sb->first)
		sb->first = sb->blocks[sb->head]->first;
}

/* ---- writing ---------------------------------------------------------------------- */

/* A character of three bytes. Four are written. */
static inline uint8_t *put_three(uint8_t *p, uint32_t cp)
{
	uint32_t word = 0x8080e0 | cp >> 12 | (cp << 2 & 0x3f00) | (cp << 16 & 0x3f0000);

	memcpy(p, &word, sizeof(word));
	return p + 3;
}

/* Any that is no cluster, or a blank. */
static inline uint8_t *put_utf8(uint8_t *p, uint32_t cp)
{
	if (cp >= 0x800 && cp < 0x10000)
		return put_three(p, cp);
	if (cp >= 0x80 && cp < 0x800) {
		p[0] = (uint8_t)(0xc0 | cp >> 6);
		p[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return p + 2;
	}
	return p + text_utf8_encode(cp, (char *)p);
}

static uint8_t *put_text(const struct vt *vt, uint8_t *p, const struct vt_cell *cell)
{
	uint32_t cp = cell->text;
	unsigned natural = TEXT_PROPS_WIDTH(text_props(cp));

	if (!(cp & VT_CELL_CLUSTER) && cell->width == (natural ? natural : 1))
		return put_utf8(p, cp);
	size_t len = 0;
	if (cp & VT_CELL_CLUSTER) {
		const struct vt_cluster *c = &vt->clusters.v[cp & ~VT_CELL_CLUSTER];

		/* There is room for all of it, and a length that is known copies fastest. */
		len = c->len;
		memcpy(p + 2, c->s, sizeof(c->s));
	} else if (cp) {
		len = (size_t)(put_utf8(p + 2, cp) - p) - 2;
	}
	p[0] = VT_SB_CLUSTER;
	p[1] = (uint8_t)((cell->width == 2 ? 0x80 : 0) | len);
	return p + 2 + len;
}

static uint8_t *put_color(uint8_t *p, vt_color c)
{
	if (VT_COLOR_KIND(c) == 2) {
		*p++ = (uint8_t)(c >> 16);
		*p++ = (uint8_t)(c >> 8);
	}
	if (VT_COLOR_KIND(c) != 0)
		*p++ = (uint8_t)c;
	return p;
}

static uint8_t group_of(const struct vt_style *s)
{
	return (uint8_t)(VT_COLOR_KIND(s->fg) | VT_COLOR_KIND(s->bg) << VT_SB_BG_SHIFT);
}

/* Own runs that look alike but for their colours, from runs[*i] on. */
static uint8_t *put_group(uint8_t *p, const struct vt_sb_run *runs, unsigned n, unsigned *i)
{
	const struct vt_style *first = runs[*i].style;
	unsigned end = *i;
	uint8_t what = group_of(first);
	bool counted = false;

	for (; end < n && runs[end].index == VT_SB_OWN; end++) {
		if (runs[end].style->attrs != first->attrs || group_of(runs[end].style) != what)
			break;
		counted |= runs[end].cells != 1;
	}
	*p++ = 0;
	*p++ = what | (counted ? VT_SB_COUNTED : 0);
	p = vt_sb_put_varint(p, first->attrs);
	p = vt_sb_put_varint(p, end - *i);
	for (; *i < end; ++*i) {
		if (counted)
			p = vt_sb_put_varint(p, runs[*i].cells);
		p = put_color(p, runs[*i].style->fg);
		p = put_color(p, runs[*i].style->bg);
	}
	return p;
}

/* The runs with their length before them. */
static uint8_t *put_runs(uint8_t *start, const struct vt_sb_run *runs, unsigned n)
{
	uint8_t *p = start + 1;

	for (unsigned i = 0; i < n;) {
		if (runs[i].index == VT_SB_OWN) {
			p = put_group(p, runs, n, &i);
		} else {
			p = vt_sb_put_varint(p, runs[i].cells);
			p = vt_sb_put_varint(p, runs[i++].index);
		}
	}
	size_t len = (size_t)(p - start - 1);
	uint8_t head[VT_SB_VARINT_MAX], more = (uint8_t)(vt_sb_put_varint(head, (uint32_t)len) - head - 1);
	if (more > 0)
		memmove(start + 1 + more, start + 1, len);
	memcpy(start, head, 1u + more);
	return p + more;
}

static uint8_t *put_head(uint8_t *p, const struct vt_sb_new *row, bool runs)
{
	*p++ = (uint8_t)((row->wrapped ? VT_SB_WRAPPED : 0) | (runs ? VT_SB_RUNS : 0) |
	    row->line_attr << VT_SB_ATTR_SHIFT | row->marks << VT_SB_MARKS_SHIFT);
	return vt_sb_put_varint(p, row->cells);
}

/* The row has been written behind the others of the newest block, up to `end`. */
static void end_row(struct vt_scrollback *sb, struct vt_sb_block *b, const struct vt_sb_new *row,
    const uint8_t *end)
{
	if (b->n == b->cap) {
		sb->bytes -= block_bytes(b);
		b->cap = MAX(b->cap * 2, 64u);
		b->rows = xreallocarray(b->rows, b->cap, sizeof(*b->rows));
		sb->bytes += block_bytes(b);
	}
	b->rows[b->n++] = (struct vt_sb_row){ .offset = b->len, .seqno = (uint32_t)row->seqno };
	b->len = (uint32_t)(end - b->data);
	b->seqno = MAX(b->seqno, row->seqno);
	b->latest = MAX(b->latest, row->seqno);
	/* A line of double width needs twice the columns. */
	unsigned cols = MIN(row->line_attr ? 2 * row->cells : row->cells, (unsigned)VT_COLS_MAX);
	b->widest = MAX(b->widest, (uint16_t)cols);
	b->wraps |= row->wrapped;
	b->marks |= row->marks;
	sb->end++;
	if (sb->end - sb->first > (int64_t)sb->lines_max)
		sb->first = sb->end - sb->lines_max;
	const struct vt_sb_block *oldest = sb->blocks[sb->head];
	if (oldest->first + oldest->n <= sb->first || (sb->bytes_max > 0 && sb->bytes > sb->bytes_max))
		vt_sb_trim(sb);
}

/* The block has room for it. */
static void append_row(struct vt_scrollback *sb, struct vt_sb_block *b, const struct vt_sb_new *row)
{
	bool plain = row->n_runs == 0 || (row->n_runs == 1 && row->runs[0].index == 0);
	uint8_t *p = put_head(b->data + b->len, row, !plain);

	if (!plain)
		p = put_runs(p, row->runs, row->n_runs);
	if (row->len > 0)
		memcpy(p, row->text, row->len);
	end_row(sb, b, row, p + row->len);
}

static void note_arrival(struct vt_scrollback *sb, uint64_t now)
{
	struct vt_sb_arrival *next = &sb->arrivals[sb->next_arrival];

	if (sb->arrived == now)
		return;
	/* One that is forgotten; 0 at first. */
	sb->arrivals_from = MAX(sb->arrivals_from, next->seqno);
	*next = (struct vt_sb_arrival){ .seqno = now, .end = sb->end };
	sb->arrived = now;
	sb->next_arrival = (sb->next_arrival + 1) % VT_SB_ARRIVALS;
}

/* A row of ASCII in the default style goes straight into the block. False when it is none. */
static bool push_plain(struct vt_scrollback *sb, const struct vt_cell *cells, unsigned cols,
    const struct vt_sb_new *row)
{
	if (row->cells > 0 && cells[0].style != 0)
		return false;
	struct vt_sb_block *b = block_for(sb, VT_SB_HEAD_MAX + row->cells + VT_TO_ASCII_MORE);
	uint8_t *p = put_head(b->data + b->len, row, false);
	if (vt_cells_to_ascii(p, cells, row->cells, cols, 0) < row->cells)
		return false;
	end_row(sb, b, row, p + row->cells);
	return true;
}

void vt_sb_push(struct vt *vt, struct vt_scrollback *sb, const struct vt_grid_row *row, unsigned cols)
{
	const struct vt_cell *cells = row->cells;
	unsigned n = row->used, n_runs = 0;
	struct vt_sb_new new = { .cells = n, .wrapped = row->wrapped, .line_attr = row->line_attr,
		.marks = row->marks, .seqno = row->seqno };

	if (sb->lines_max == 0) {
		sb->first = ++sb->end;
		return;
	}
	note_arrival(sb, vt_now(vt));
	if (push_plain(sb, cells, cols, &new))
		return;
	if (n > sb->text_cap) {
		sb->text_cap = n;
		sb->text = xreallocarray(sb->text, n + 1, VT_SB_CELL_MAX);
		sb->runs = xreallocarray(sb->runs, n, sizeof(*sb->runs));
	}
	uint8_t *text = sb->text;
	for (unsigned i = 0; i < n;) {
		unsigned start = i;
		uint16_t style = cells[i].style;

		for (;;) {
			unsigned k = vt_cells_to_ascii(text, cells + i, n - i, cols - i, style);

			text += k;
			i += k;
			if (i == n || cells[i].style != style)
				break;
			do {
				/* Lines of it at a time: each two cells and three bytes. One comparison asks for the
				 * style, the width, and U+3400 to U+9FFF (text_is_han()). */
				const uint64_t first = vt_blank_word(style) + VT_WIDTH_ONE + 0x3400;
				while (i < n && vt_cell_word(&cells[i]) - first < 0xa000 - 0x3400) {
					text = put_three(text, cells[i].text);
					i += 2;
				}
				if (i == n || cells[i].style != style)
					break;
				if (cells[i].width != 0)
					text = put_text(vt, text, &cells[i]);
				i++;
			} while (i < n && cells[i].style == style && (cells[i].text >= 0x80 || cells[i].width != 1));
		}
		sb->runs[n_runs++] = (struct vt_sb_run){ .cells = i - start, .index = style };
	}
	new.text = sb->text;
	new.len = (size_t)(text - sb->text);
	struct vt_sb_block *b = block_for(sb, VT_SB_HEAD_MAX + n_runs * VT_SB_RUN_MAX + new.len);
	for (unsigned i = 0; i < n_runs; i++) {
		uint16_t style = (uint16_t)sb->runs[i].index;

		sb->runs[i].index = block_style(vt, sb, b, style);
		sb->runs[i].style = &vt->styles.v[style];
	}
	new.runs = sb->runs;
	new.n_runs = n_runs;
	append_row(sb, b, &new);
}

/* The index that runs of the newest block have for this style; asked for styles of other
 * blocks, a few different ones again and again. */
static uint32_t find_style(struct vt_scrollback *sb, struct vt_sb_block *b, const struct vt_style *style)
{
	static const struct vt_style none;

	if (vt_style_equal(style, &none))
		return 0;
	if (sb->found > 0 && sb->found <= b->n_styles && vt_style_equal(style, &b->styles[sb->found - 1]))
		return sb->found;
	for (uint32_t i = 0; i < MIN(b->n_styles, TABLE_STYLES); i++)
		if (vt_style_equal(style, &b->styles[i]))
			return sb->found = i + 1;
	return in_table(b, style) ? (sb->found = add_style(sb, b, style)) : VT_SB_OWN;
}

void vt_sb_append(struct vt_scrollback *sb, const struct vt_sb_new *row)
{
	struct vt_sb_block *b = block_for(sb, VT_SB_HEAD_MAX + row->n_runs * VT_SB_RUN_MAX + row->len);

	for (unsigned i = 0; i < row->n_runs; i++)
		if (row->runs[i].index != VT_SB_OWN)
			row->runs[i].index = find_style(sb, b, row->runs[i].style);
	append_row(sb, b, row);
}

void vt_sb_push_block(struct vt_scrollback *sb, struct vt_sb_block *block, uint64_t now)
{
	struct vt_sb_block *b = newest(sb);

	if (b)
		seal(sb, b);
	if (block->first != sb->end)
		block->floor = now;
	append_block(sb, block);
	/* The map of styles is not this block's. */
	sb->serial++;
	sb->end += block->n;
	vt_sb_trim(sb);
}

void vt_sb_drop_newest(struct vt_scrollback *sb)
{
	struct vt_sb_block *b = newest(sb);

	unpack(sb, b);
	b->len = b->rows[--b->n].offset;
	sb->end--;
	if (b->n == 0) {
		sb->n--;
		sb->cold = MIN(sb->cold, sb->n);
		sb->bytes -= block_bytes(b);
		vt_sb_block_free(b);
		/* What is the newest block now has a style table that the map does not know. */
		sb->serial++;
	}
}

/* ---- reading ------------------------------------------------------------------------- */

void vt_sb_block_read(struct vt *vt, const struct vt_sb_block *block, uint32_t index, struct vt_cell *cells,
    uint16_t *n, struct vt_row *ret)
{
	struct vt_sb_line line;
	struct vt_sb_run run;

	vt_sb_line(&vt->sb, block, index, &line);
	const uint8_t *p = line.text;
	struct vt_sb_runs runs = vt_sb_runs(&line);
	*n = 0;
	while (vt_sb_runs_next(&runs, &run)) {
		uint16_t style = 0;

		if (run.index != 0)
			style = vt_style_id(vt, run.index == VT_SB_OWN ? run.style : &block->styles[run.index - 1]);
		for (uint32_t end = *n + run.cells; *n < end;) {
			unsigned width = 1;
			uint32_t cp = *p;

			if (cp < 0x80) {
				p++;
			} else if (cp == VT_SB_CLUSTER) {
				const char *s;
				size_t len;

				p = vt_sb_char(p, &s, &len, &width);
				cp = len ? vt_cluster_text(vt, s, len) : 0;
			} else {
				p = vt_sb_decode(p, &cp);
				width = TEXT_PROPS_WIDTH(text_props(cp)) == 2 ? 2 : 1;
			}
			cells[*n] = vt_cell_make(cp, style, (uint8_t)width);
			if (width == 2)
				cells[*n + 1] = vt_cell_make(0, style, 0);
			*n = (uint16_t)(*n + width);
		}
	}
	*ret = (struct vt_row){
		.cells = cells, .n = *n, .wrapped = line.wrapped, .line_attr = line.line_attr,
		.marks = line.marks, .seqno = vt_sb_row_seqno(block, index),
	};
}

struct vt_sb_text vt_sb_text(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index)
{
	struct vt_sb_line line;

	vt_sb_line(sb, block, index, &line);
	return (struct vt_sb_text){ .s = line.text, .len = (size_t)(line.end - line.text), .wrapped = line.wrapped };
}

uint8_t vt_sb_row_marks(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index)
{
	struct vt_sb_line line;

	vt_sb_line(sb, block, index, &line);
	return line.marks;
}

struct vt_sb_block *vt_sb_find(const struct vt_scrollback *sb, int64_t row)
{
	size_t lo = sb->head, hi = sb->head + sb->n;

	if (row < sb->first || row >= sb->end)
		return NULL;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (sb->blocks[mid]->first <= row)
			lo = mid;
		else
			hi = mid;
	}
	return sb->blocks[lo];
}

void vt_sb_touch(struct vt_scrollback *sb, uint64_t now)
{
	for (size_t i = 0; i < sb->n; i++) {
		struct vt_sb_block *b = sb->blocks[sb->head + i];

		b->floor = b->latest = now;
	}
	sb->arrivals_from = now;
}

int64_t vt_sb_changed_from(const struct vt_scrollback *sb, uint64_t since)
{
	if (since >= sb->arrivals_from) {
		int64_t from = sb->end;

		/* Rows may have gone back to the screen and come again. */
		for (uint32_t i = 0; i < VT_SB_ARRIVALS; i++)
			if (sb->arrivals[i].seqno > since)
				from = MIN(from, sb->arrivals[i].end);
		return from;
	}
	size_t lo = sb->head, hi = sb->head + sb->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (sb->blocks[mid]->latest > since)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < sb->head + sb->n ? sb->blocks[lo]->first : sb->end;
}

uint64_t vt_sb_row_seqno(const struct vt_sb_block *block, uint32_t index)
{
	uint32_t behind = block->packed ? 0 : (uint32_t)block->seqno - block->rows[index].seqno;
	uint64_t seqno = block->seqno - behind;

	return MAX(seqno, block->floor);
}

/* ---- blocks from a snapshot ------------------------------------------------------------ */

void vt_sb_adopt(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	b->serial = ++sb->serial;
	append_block(sb, b);
	sb->end += b->n;
	sb->arrivals_from = b->latest;
}

bool vt_sb_map_reserve(struct vt_scrollback *sb, uint32_t style)
{
	if (style < sb->map_cap)
		return true;
	struct vt_sb_style *map = realloc(sb->map, ((size_t)style + 1) * sizeof(*map));
	if (!map)
		return false;
	memset(map + sb->map_cap, 0, (style + 1 - sb->map_cap) * sizeof(*map));
	sb->map = map;
	sb->map_cap = style + 1;
	return true;
}

/* ----------------------------------------------------------------------------------------- */

void vt_sb_erase(struct vt_scrollback *sb)
{
	while (sb->n > 0)
		drop_oldest_block(sb);
	sb->head = 0;
	sb->first = sb->end;
}

void vt_sb_forget_styles(struct vt_scrollback *sb)
{
	if (sb->map_cap > 0)
		memset(sb->map, 0, sb->map_cap * sizeof(*sb->map));
}

void vt_sb_init(struct vt_scrollback *sb, uint32_t lines_max, size_t bytes_max)
{
	*sb = (struct vt_scrollback){ .lines_max = lines_max, .bytes_max = bytes_max };
}

void vt_sb_fini(struct vt_scrollback *sb)
{
	vt_sb_erase(sb);
	free(sb->blocks);
	free(sb->map);
	free(sb->text);
	free(sb->runs);
	forget_unpacked(sb);
	*sb = (struct vt_scrollback){ 0 };
}
