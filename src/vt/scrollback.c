/* The rows above the primary screen. See scrollback.h for the format.
 *
 * Rows are appended to the newest block and dropped from the oldest; a block
 * is freed when its last row has gone. Encoding runs once for every line that a
 * program prints, so its inner loop takes cells of plain ASCII in one style. */
#include <zstd.h>

#include "text/props.h"
#include "vt/internal.h"

#define BLOCK_BYTES (64u << 10)
#define BLOCK_ROWS VT_SB_BLOCK_ROWS
/* Blocks that stay as they are: the newest is growing. */
#define BLOCKS_HOT 1u
/* Most bytes of a row's head, of a run, and of a cell's text: an introducer, a length and a cluster. */
#define HEAD_MAX 12
#define VARINT_MAX 5
#define RUN_MAX 6
#define CELL_MAX (2 + VT_CLUSTER_BYTES_MAX)
#define CLUSTER_MARK 0xffu

enum { ROW_WRAPPED = 1, ROW_ATTR_SHIFT = 1, ROW_ATTR = 3 << 1, ROW_RUNS = 8, ROW_MARKS_SHIFT = 4,
	ROW_MARKS = 3 << 4 };

static uint8_t *put_varint(uint8_t *p, uint32_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static const uint8_t *get_varint(const uint8_t *p, uint32_t *ret)
{
	uint32_t v = 0;
	unsigned shift = 0;

	for (; *p & 0x80; shift += 7)
		v |= (uint32_t)(*p++ & 0x7f) << shift;
	*ret = v | (uint32_t)*p++ << shift;
	return p;
}

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
	cleanup_free uint8_t *plain = xmalloc(b->len + b->n * (size_t)VARINT_MAX);
	uint8_t *p = plain + b->len;

	memcpy(plain, b->data, b->len);
	for (uint32_t i = 0; i < b->n; i++)
		p = put_varint(p, (i + 1 < b->n ? b->rows[i + 1].offset : b->len) - b->rows[i].offset);
	size_t len = (size_t)(p - plain), bound = ZSTD_compressBound(len);
	uint8_t *to = xmalloc(bound);
	size_t n = ZSTD_compress(to, bound, plain, len, 1);
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
		p = get_varint(p, &len);
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

/* One row, wherever it is, and where it ends; valid until another block is read. */
static const uint8_t *row_bytes(struct vt_scrollback *sb, const struct vt_sb_block *b, uint32_t index,
    const uint8_t **ret_end)
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
	*ret_end = data + (index + 1 < b->n ? rows[index + 1].offset : b->len);
	return data + rows[index].offset;
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
	return sb->cold + BLOCKS_HOT < sb->n;
}

/* Gives back what a block that will not grow has reserved. */
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

static struct vt_sb_block *block_for(struct vt_scrollback *sb, size_t bytes)
{
	struct vt_sb_block *b = newest(sb);

	if (b && !b->packed && b->n < BLOCK_ROWS && b->len + bytes <= b->data_cap)
		return b;
	if (b && b->n > 0)
		seal(sb, b);
	b = xcalloc(1, sizeof(*b));
	b->data_cap = (uint32_t)MAX(bytes, (size_t)BLOCK_BYTES);
	b->data = xmalloc(b->data_cap);
	b->serial = ++sb->serial;
	append_block(sb, b);
	return b;
}

static uint32_t block_style(struct vt *vt, struct vt_scrollback *sb, struct vt_sb_block *b, uint16_t style)
{
	if (style >= sb->map_cap) {
		uint32_t cap = MAX((uint32_t)style + 1, vt->styles.ids.cap);

		sb->map = xreallocarray(sb->map, cap, sizeof(*sb->map));
		memset(sb->map + sb->map_cap, 0, (cap - sb->map_cap) * sizeof(*sb->map));
		sb->map_cap = cap;
	}
	struct vt_sb_style *m = &sb->map[style];
	if (m->block == sb->serial)
		return m->index;
	if (b->n_styles == b->cap_styles) {
		sb->bytes -= block_bytes(b);
		b->cap_styles = MAX(b->cap_styles * 2, 8u);
		b->styles = xreallocarray(b->styles, b->cap_styles, sizeof(*b->styles));
		sb->bytes += block_bytes(b);
	}
	b->styles[b->n_styles] = vt->styles.v[style];
	*m = (struct vt_sb_style){ .block = sb->serial, .index = b->n_styles };
	return b->n_styles++;
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

static uint8_t *put_text(const struct vt *vt, uint8_t *p, const struct vt_cell *cell)
{
	uint32_t cp = cell->text;
	unsigned natural = TEXT_PROPS_WIDTH(text_props(cp));

	if (!(cp & VT_CELL_CLUSTER) && cell->width == (natural ? natural : 1)) {
		if (cp < 0x800 || cp > 0xffff)
			return p + text_utf8_encode(cp, (char *)p);
		p[0] = (uint8_t)(0xe0 | cp >> 12);
		p[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		p[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return p + 3;
	}
	size_t len = 0;
	if (cp & VT_CELL_CLUSTER) {
		const struct vt_cluster *c = &vt->clusters.v[cp & ~VT_CELL_CLUSTER];

		/* There is room for all of it, and a length that is known copies fastest. */
		len = c->len;
		memcpy(p + 2, c->s, sizeof(c->s));
	} else if (cp) {
		len = text_utf8_encode(cp, (char *)p + 2);
	}
	p[0] = CLUSTER_MARK;
	p[1] = (uint8_t)((cell->width == 2 ? 0x80 : 0) | len);
	return p + 2 + len;
}

void vt_sb_push(struct vt *vt, struct vt_scrollback *sb, const struct vt_grid_row *row)
{
	const struct vt_cell *cells = row->cells;
	unsigned n = row->used, n_runs = 0;

	if (sb->lines_max == 0) {
		sb->first = ++sb->end;
		return;
	}
	if (n > sb->text_cap) {
		sb->text_cap = n;
		sb->text = xreallocarray(sb->text, n, CELL_MAX);
		sb->runs = xreallocarray(sb->runs, n, sizeof(*sb->runs));
	}
	uint8_t *text = sb->text;
	for (unsigned i = 0; i < n;) {
		unsigned start = i;
		uint16_t style = cells[i].style;

		for (;;) {
			unsigned k = vt_cells_to_ascii(text, cells + i, n - i, style);

			text += k;
			i += k;
			if (i == n || cells[i].style != style)
				break;
			do {
				if (cells[i].width != 0)
					text = put_text(vt, text, &cells[i]);
				i++;
			} while (i < n && cells[i].style == style && (cells[i].text >= 0x80 || cells[i].width != 1));
		}
		sb->runs[n_runs++] = (struct vt_sb_run){ .cells = (uint16_t)(i - start), .style = style };
	}
	size_t text_len = (size_t)(text - sb->text);
	struct vt_sb_block *b = block_for(sb, HEAD_MAX + n_runs * RUN_MAX + text_len);
	bool plain = n_runs == 0 || (n_runs == 1 && cells[0].style == 0);

	if (b->n == b->cap) {
		sb->bytes -= block_bytes(b);
		b->cap = MAX(b->cap * 2, 64u);
		b->rows = xreallocarray(b->rows, b->cap, sizeof(*b->rows));
		sb->bytes += block_bytes(b);
	}
	b->rows[b->n++] = (struct vt_sb_row){ .offset = b->len, .seqno = (uint32_t)row->seqno };
	uint8_t *p = b->data + b->len;
	*p++ = (uint8_t)((row->wrapped ? ROW_WRAPPED : 0) | (plain ? 0 : ROW_RUNS) |
	    row->line_attr << ROW_ATTR_SHIFT | row->marks << ROW_MARKS_SHIFT);
	p = put_varint(p, n);
	if (!plain) {
		p = put_varint(p, n_runs);
		for (unsigned i = 0; i < n_runs; i++) {
			p = put_varint(p, sb->runs[i].cells);
			p = put_varint(p, sb->runs[i].style ? 1 + block_style(vt, sb, b, sb->runs[i].style) : 0);
		}
	}
	if (n > 0)
		memcpy(p, sb->text, text_len);
	b->len = (uint32_t)(p + text_len - b->data);
	b->seqno = MAX(b->seqno, row->seqno);
	b->widest = MAX(b->widest, (uint16_t)n);
	b->wraps |= row->wrapped;
	b->marks |= row->marks;
	sb->end++;
	if (sb->end - sb->first > (int64_t)sb->lines_max)
		sb->first = sb->end - sb->lines_max;
	const struct vt_sb_block *oldest = sb->blocks[sb->head];
	if (oldest->first + oldest->n <= sb->first || (sb->bytes_max > 0 && sb->bytes > sb->bytes_max))
		vt_sb_trim(sb);
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
	const uint8_t *row_end, *p = row_bytes(&vt->sb, block, index, &row_end);
	uint8_t flags = *p++;
	uint32_t count, n_runs = 1, left, style_index = 0;
	uint16_t style = 0;

	*n = 0;
	p = get_varint(p, &count);
	left = count;
	const uint8_t *runs = p;
	if (flags & ROW_RUNS) {
		p = runs = get_varint(p, &n_runs);
		for (uint32_t i = 0, v; i < 2 * n_runs; i++)
			p = get_varint(p, &v);
	}
	while (*n < count) {
		if (flags & ROW_RUNS) {
			runs = get_varint(get_varint(runs, &left), &style_index);
			style = style_index ? vt_style_id(vt, &block->styles[style_index - 1]) : 0;
		}
		for (uint32_t end = *n + left; *n < end;) {
			uint8_t width = 1;
			uint32_t cp = *p;

			if (cp < 0x80) {
				p++;
			} else if (cp == CLUSTER_MARK) {
				size_t len = p[1] & 0x7f;

				width = p[1] & 0x80 ? 2 : 1;
				cp = len ? vt_cluster_text(vt, (const char *)p + 2, len) : 0;
				p += 2 + len;
			} else {
				p += text_utf8_decode((const char *)p, 4, &cp);
				width = text_width(cp) == 2 ? 2 : 1;
			}
			cells[*n] = vt_cell_make(cp, style, width);
			if (width == 2)
				cells[*n + 1] = vt_cell_make(0, style, 0);
			*n = (uint16_t)(*n + width);
		}
	}
	*ret = (struct vt_row){
		.cells = cells, .n = *n, .wrapped = flags & ROW_WRAPPED,
		.line_attr = (flags & ROW_ATTR) >> ROW_ATTR_SHIFT,
		.marks = (flags & ROW_MARKS) >> ROW_MARKS_SHIFT, .seqno = vt_sb_row_seqno(block, index),
	};
}

struct vt_sb_text vt_sb_text(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index)
{
	const uint8_t *end, *p = row_bytes(sb, block, index, &end);
	uint8_t flags = *p++;
	uint32_t n;

	p = get_varint(p, &n);
	if (flags & ROW_RUNS) {
		/* A varint ends with a byte below 0x80. */
		for (p = get_varint(p, &n), n *= 2; n > 0; p++)
			n -= *p < 0x80;
	}
	return (struct vt_sb_text){ .s = p, .len = (size_t)(end - p), .wrapped = flags & ROW_WRAPPED };
}

const uint8_t *vt_sb_char(const uint8_t *p, const char **s, size_t *len, unsigned *width)
{
	uint32_t cp;

	if (*p == CLUSTER_MARK) {
		*len = p[1] & 0x7f;
		*width = p[1] & 0x80 ? 2 : 1;
		*s = (const char *)p + 2;
		return p + 2 + *len;
	}
	*s = (const char *)p;
	*width = 1;
	*len = *p != 0;
	if (*p < 0x80)
		return p + 1;
	*len = text_utf8_decode((const char *)p, 4, &cp);
	*width = text_width(cp) == 2 ? 2 : 1;
	return p + *len;
}

uint8_t vt_sb_row_marks(struct vt_scrollback *sb, const struct vt_sb_block *block, uint32_t index)
{
	const uint8_t *end;

	return (*row_bytes(sb, block, index, &end) & ROW_MARKS) >> ROW_MARKS_SHIFT;
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

uint64_t vt_sb_row_seqno(const struct vt_sb_block *block, uint32_t index)
{
	uint32_t behind = block->packed ? 0 : (uint32_t)block->seqno - block->rows[index].seqno;
	uint64_t seqno = block->seqno - behind;

	return MAX(seqno, block->floor);
}

/* ---- blocks from a snapshot ------------------------------------------------------------ */

/* As get_varint(), within [p, end); NULL when it is not all there. */
static const uint8_t *check_varint(const uint8_t *p, const uint8_t *end, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; p < end && shift < 7 * VARINT_MAX; shift += 7) {
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80)) {
			*ret = (uint32_t)v;
			return v <= max ? p : NULL;
		}
	}
	return NULL;
}

/* One cell's text; NULL when it is none. *width is 1 or 2. */
static const uint8_t *check_text(const uint8_t *p, const uint8_t *end, unsigned *width)
{
	uint32_t cp = *p;

	*width = 1;
	if (cp < 0x80)
		return cp == 0 || (cp >= 0x20 && cp < 0x7f) ? p + 1 : NULL;
	if (cp == CLUSTER_MARK) {
		size_t len = end - p >= 2 ? p[1] & 0x7f : 0xff;

		if (len > VT_CLUSTER_BYTES_MAX || (size_t)(end - p) < 2 + len)
			return NULL;
		*width = p[1] & 0x80 ? 2 : 1;
		return vt_is_clean((const char *)p + 2, len) ? p + 2 + len : NULL;
	}
	size_t len = text_utf8_decode((const char *)p, (size_t)(end - p), &cp);
	if (!vt_is_clean((const char *)p, len))
		return NULL;
	*width = text_width(cp) == 2 ? 2 : 1;
	return p + len;
}

static bool check_row(const struct vt_sb_block *b, const uint8_t *p, const uint8_t *end)
{
	uint32_t count, n_runs = 1;
	uint8_t flags;

	if (p == end)
		return false;
	flags = *p++;
	if (flags & ~(ROW_WRAPPED | ROW_ATTR | ROW_RUNS | ROW_MARKS) || ((flags & ROW_WRAPPED) && !b->wraps) ||
	    ((flags & ROW_MARKS) >> ROW_MARKS_SHIFT & ~b->marks) ||
	    !(p = check_varint(p, end, b->widest, &count)))
		return false;
	const uint8_t *runs = p;
	if (flags & ROW_RUNS) {
		if (!(p = runs = check_varint(p, end, count, &n_runs)))
			return false;
		for (uint32_t i = 0, v; i < 2 * n_runs && p; i++)
			p = check_varint(p, end, i % 2 ? b->n_styles : count, &v);
		if (!p)
			return false;
	}
	uint32_t at = 0;
	for (uint32_t i = 0, cells = count, style; i < n_runs; i++) {
		if (flags & ROW_RUNS)
			runs = get_varint(get_varint(runs, &cells), &style);
		/* A wide character does not reach into the next run. */
		for (uint32_t run_end = at + cells; at < run_end;) {
			unsigned width;

			if (p >= end || !(p = check_text(p, end, &width)))
				return false;
			at += width;
			if (at > run_end)
				return false;
		}
	}
	return at == count && p == end;
}

static bool check_rows(const struct vt_sb_block *b, const uint8_t *data, const struct vt_sb_row *rows)
{
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t end = i + 1 < b->n ? rows[i + 1].offset : b->len;

		if (rows[i].offset > end || end > b->len || !check_row(b, data + rows[i].offset, data + end))
			return false;
	}
	return true;
}

bool vt_sb_block_check(const struct vt_sb_block *b)
{
	if (b->packed == 0)
		return check_rows(b, b->data, b->rows);
	if (b->len > b->plain_len)
		return false;
	cleanup_free uint8_t *plain = malloc(b->plain_len);
	cleanup_free struct vt_sb_row *rows = calloc(b->n, sizeof(*rows));
	if (!plain || !rows || ZSTD_decompress(plain, b->plain_len, b->data, b->packed) != b->plain_len)
		return false;
	const uint8_t *p = plain + b->len;
	uint32_t offset = 0;
	for (uint32_t i = 0, len; i < b->n; i++) {
		rows[i].offset = offset;
		if (!(p = check_varint(p, plain + b->plain_len, b->len - offset, &len)))
			return false;
		offset += len;
	}
	return offset == b->len && p == plain + b->plain_len && check_rows(b, plain, rows);
}

void vt_sb_adopt(struct vt_scrollback *sb, struct vt_sb_block *b)
{
	b->serial = ++sb->serial;
	append_block(sb, b);
	sb->end += b->n;
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
