/* sbrow.h - how one row of the scrollback is written. Private to src/vt.
 *
 *   flags      1 byte
 *   cells      varint
 *   [runs      varint, their bytes; then each:
 *                cells (varint), style (varint: 0 the default, n + 1 the block's styles[n])
 *              or, where a row has many styles that are hardly used again, a group of runs
 *              that say what they look like themselves:
 *                0, what (1 byte), attributes (varint), number of runs (varint), then each:
 *                [cells (varint; without: 1)], foreground, background]
 *   text       one UTF-8 character a cell; NUL is a blank; 0xff introduces a cluster: a
 *              byte (bit 7: two cells wide; bits 0-6: bytes), its UTF-8
 *
 * A colour of a group is nothing, 1 byte or 3, as `what` says: the default, the palette,
 * red green blue. Without runs the whole row is in the default style. */
#ifndef LACE_VT_SBROW_H
#define LACE_VT_SBROW_H

#include "base/mem.h"
#include "text/props.h"
#include "text/text.h"
#include "vt/scrollback.h"

#define VT_SB_CLUSTER 0xffu
/* Most bytes of a row's head, of a run, and of a cell's text: an introducer, a length and a cluster. */
#define VT_SB_HEAD_MAX 12
#define VT_SB_RUN_MAX 16
#define VT_SB_CELL_MAX (2 + VT_CLUSTER_BYTES_MAX)
#define VT_SB_VARINT_MAX 5

enum { VT_SB_WRAPPED = 1, VT_SB_ATTR_SHIFT = 1, VT_SB_ATTR = 3 << 1, VT_SB_RUNS = 8, VT_SB_MARKS_SHIFT = 4,
	VT_SB_MARKS = 3 << 4 };
/* `what` of a group: VT_COLOR_KIND() of the two colours, and whether cells are counted. */
enum { VT_SB_FG = 3, VT_SB_BG_SHIFT = 2, VT_SB_BG = 3 << 2, VT_SB_COUNTED = 16 };

/* A run whose style is written out; above all that are numbers in a table. */
#define VT_SB_OWN UINT32_MAX

struct vt_sb_run {
	uint32_t cells;
	uint32_t index;                  /* 0 the default style, n + 1 the block's styles[n], or VT_SB_OWN */
	const struct vt_style *style;    /* of an own one */
};

static inline uint8_t *vt_sb_put_varint(uint8_t *p, uint32_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline const uint8_t *vt_sb_get_varint(const uint8_t *p, uint32_t *ret)
{
	uint32_t v = 0;
	unsigned shift = 0;

	for (; *p & 0x80; shift += 7)
		v |= (uint32_t)(*p++ & 0x7f) << shift;
	*ret = v | (uint32_t)*p++ << shift;
	return p;
}

/* A row, taken apart. */
struct vt_sb_line {
	uint32_t cells;
	bool wrapped;
	uint8_t line_attr, marks;
	const uint8_t *runs, *runs_end;  /* equal when there are none */
	const uint8_t *text, *end;
};

static inline void vt_sb_take_apart(const uint8_t *p, const uint8_t *end, struct vt_sb_line *ret)
{
	uint8_t flags = *p++;
	uint32_t bytes = 0;

	p = vt_sb_get_varint(p, &ret->cells);
	if (flags & VT_SB_RUNS)
		p = vt_sb_get_varint(p, &bytes);
	ret->wrapped = flags & VT_SB_WRAPPED;
	ret->line_attr = (flags & VT_SB_ATTR) >> VT_SB_ATTR_SHIFT;
	ret->marks = (flags & VT_SB_MARKS) >> VT_SB_MARKS_SHIFT;
	ret->runs = p;
	ret->runs_end = ret->text = p + bytes;
	ret->end = end;
}

/* Reads runs one after the other. */
struct vt_sb_runs {
	const uint8_t *p, *end;
	uint32_t whole;                  /* cells of the one run that a row without runs is */
	uint32_t left;                   /* runs to come of the group at p */
	uint8_t what;
	struct vt_style own;
};

static inline struct vt_sb_runs vt_sb_runs(const struct vt_sb_line *line)
{
	bool plain = line->runs == line->runs_end;

	return (struct vt_sb_runs){ .p = line->runs, .end = line->runs_end, .whole = plain ? line->cells : 0 };
}

static inline const uint8_t *vt_sb_get_color(const uint8_t *p, unsigned kind, vt_color *ret)
{
	switch (kind) {
	case 0: *ret = VT_COLOR_DEFAULT; return p;
	case 1: *ret = VT_COLOR_PALETTE(p[0]); return p + 1;
	default: *ret = VT_COLOR_RGB(p[0], p[1], p[2]); return p + 3;
	}
}

/* False after the last. The style of an own run is valid until the next call. */
static inline bool vt_sb_runs_next(struct vt_sb_runs *r, struct vt_sb_run *ret)
{
	if (r->left == 0) {
		if (r->p == r->end) {
			*ret = (struct vt_sb_run){ .cells = r->whole };
			r->whole = 0;
			return ret->cells > 0;
		}
		r->p = vt_sb_get_varint(r->p, &ret->cells);
		if (ret->cells > 0) {
			r->p = vt_sb_get_varint(r->p, &ret->index);
			ret->style = NULL;
			return true;
		}
		r->what = *r->p++;
		r->p = vt_sb_get_varint(r->p, &r->own.attrs);
		r->p = vt_sb_get_varint(r->p, &r->left);
	}
	ret->cells = 1;
	if (r->what & VT_SB_COUNTED)
		r->p = vt_sb_get_varint(r->p, &ret->cells);
	r->p = vt_sb_get_color(r->p, r->what & VT_SB_FG, &r->own.fg);
	r->p = vt_sb_get_color(r->p, (r->what & VT_SB_BG) >> VT_SB_BG_SHIFT, &r->own.bg);
	r->left--;
	ret->index = VT_SB_OWN;
	ret->style = &r->own;
	return true;
}

/* A character of two bytes or more. What is stored is well-formed. */
static inline const uint8_t *vt_sb_decode(const uint8_t *p, uint32_t *ret)
{
	if (p[0] < 0xe0) {
		*ret = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return p + 2;
	}
	if (p[0] < 0xf0) {
		*ret = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		return p + 3;
	}
	*ret = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	return p + 4;
}

/* One stored character: its UTF-8 (none for a blank) and cells. Returns where the next one begins. */
static inline const uint8_t *vt_sb_char(const uint8_t *p, const char **s, size_t *len, unsigned *width)
{
	uint32_t cp;

	if (*p == VT_SB_CLUSTER) {
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
	const uint8_t *next = vt_sb_decode(p, &cp);
	*len = (size_t)(next - p);
	*width = TEXT_PROPS_WIDTH(text_props(cp)) == 2 ? 2 : 1;
	return next;
}

#endif
