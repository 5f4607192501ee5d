/* Blocks of the scrollback that come from outside, in a snapshot. Whoever reads a row
 * (sbrow.h) relies on what vt_sb_push() writes, so here each byte of it is looked at. */
#include <zstd.h>
#include <zstd_errors.h>

#include "vt/internal.h"
#include "vt/sbrow.h"
#include "vt/snap_io.h"

/* As vt_sb_get_varint(), within [p, end); NULL when it is not all there. */
static const uint8_t *check_varint(const uint8_t *p, const uint8_t *end, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; p < end && shift < 7 * VT_SB_VARINT_MAX; shift += 7) {
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
	if (cp == VT_SB_CLUSTER) {
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

/* A group of runs after its 0; *cells grows by theirs. */
static const uint8_t *check_group(const uint8_t *p, const uint8_t *end, uint32_t max, uint32_t *cells)
{
	uint32_t attrs, n, one = 1;

	if (p == end)
		return NULL;
	uint8_t what = *p++;
	unsigned fg = what & VT_SB_FG, bg = (what & VT_SB_BG) >> VT_SB_BG_SHIFT;
	size_t colors = (fg == 2 ? 3 : fg) + (bg == 2 ? 3 : bg);
	if (what >= 2 * VT_SB_COUNTED || fg > 2 || bg > 2)
		return NULL;
	if (!(p = check_varint(p, end, UINT32_MAX, &attrs)) || !vt_attrs_valid(attrs) ||
	    !(p = check_varint(p, end, max, &n)) || n == 0)
		return NULL;
	for (; n > 0; n--) {
		if (what & VT_SB_COUNTED && (!(p = check_varint(p, end, max, &one)) || one == 0))
			return NULL;
		if ((size_t)(end - p) < colors)
			return NULL;
		p += colors;
		*cells += one;
		if (*cells > max)
			return NULL;
	}
	return p;
}

/* The runs of a row of so many cells. */
static bool check_runs(const struct vt_sb_block *b, const uint8_t *p, const uint8_t *end, uint32_t count)
{
	uint32_t cells = 0, n, style;

	while (p && p < end) {
		if (!(p = check_varint(p, end, count - cells, &n)))
			return false;
		if (n == 0)
			p = check_group(p, end, count, &cells);
		else
			p = check_varint(p, end, b->n_styles, &style);
		cells += n;
	}
	return p && cells == count;
}

static bool check_row(const struct vt_sb_block *b, const uint8_t *p, const uint8_t *end)
{
	uint32_t count, bytes = 0;
	const uint8_t *start = p;

	if (p == end)
		return false;
	uint8_t flags = *p++;
	if (flags & ~(VT_SB_WRAPPED | VT_SB_ATTR | VT_SB_RUNS | VT_SB_MARKS) ||
	    ((flags & VT_SB_WRAPPED) && !b->wraps) || ((flags & VT_SB_MARKS) >> VT_SB_MARKS_SHIFT & ~b->marks) ||
	    !(p = check_varint(p, end, b->widest, &count)))
		return false;
	if (flags & VT_SB_RUNS) {
		if (!(p = check_varint(p, end, b->len, &bytes)) || bytes == 0 || bytes > (size_t)(end - p) ||
		    !check_runs(b, p, p + bytes, count))
			return false;
	}
	/* Now they can be read. */
	struct vt_sb_line line;
	struct vt_sb_run run;
	uint32_t at = 0;
	vt_sb_take_apart(start, end, &line);
	struct vt_sb_runs runs = vt_sb_runs(&line);
	p = line.text;
	while (vt_sb_runs_next(&runs, &run)) {
		/* A wide character does not reach into the next run. */
		for (uint32_t run_end = at + run.cells; at < run_end;) {
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

/* The rows of a compressed block, and the lengths after them. */
static uint8_t *check_unpack(const struct vt_sb_block *b, bool *ret_memory)
{
	uint8_t *plain = malloc(b->plain_len);
	size_t n = plain ? ZSTD_decompress(plain, b->plain_len, b->data, b->packed) : 0;

	*ret_memory = plain && ZSTD_getErrorCode(n) != ZSTD_error_memory_allocation;
	if (n == b->plain_len)
		return plain;
	free(plain);
	return NULL;
}

bool vt_sb_block_check(const struct vt_sb_block *b, bool *ret_memory)
{
	*ret_memory = true;
	if (b->packed == 0)
		return check_rows(b, b->data, b->rows);
	if (b->len > b->plain_len)
		return false;
	cleanup_free uint8_t *plain = check_unpack(b, ret_memory);
	cleanup_free struct vt_sb_row *rows = xcalloc(b->n, sizeof(*rows));
	if (!plain)
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
