/* Placeholders of the kitty graphics protocol: the character U+10EEEE is one cell of a
 * virtual placement. Its foreground colour is the image's id, its underline colour the
 * placement's; diacritics count the cell's row, its column and the id's highest byte,
 * and what is left out follows from the cell to the left.
 *
 * They are text, and are read when somebody asks what a row shows. */
#include "vt/internal.h"

#define PLACEHOLDER 0x10eeeeu

/* Combining characters that stand for 0 to 296, in runs: those of class 230 in Unicode 6.0
 * that have no decomposition and are part of none (kitty, rowcolumn-diacritics.txt). */
static const struct { uint32_t first; uint8_t n; } diacritics[] = {
	{ 0x0305, 1 }, { 0x030d, 2 }, { 0x0310, 1 }, { 0x0312, 1 }, { 0x033d, 3 }, { 0x0346, 1 },
	{ 0x034a, 3 }, { 0x0350, 3 }, { 0x0357, 1 }, { 0x035b, 1 }, { 0x0363, 13 }, { 0x0483, 5 },
	{ 0x0592, 4 }, { 0x0597, 3 }, { 0x059c, 6 }, { 0x05a8, 2 }, { 0x05ab, 2 }, { 0x05af, 1 },
	{ 0x05c4, 1 }, { 0x0610, 8 }, { 0x0657, 5 }, { 0x065d, 2 }, { 0x06d6, 7 }, { 0x06df, 4 },
	{ 0x06e4, 1 }, { 0x06e7, 2 }, { 0x06eb, 2 }, { 0x0730, 1 }, { 0x0732, 2 }, { 0x0735, 2 },
	{ 0x073a, 1 }, { 0x073d, 1 }, { 0x073f, 3 }, { 0x0743, 1 }, { 0x0745, 1 }, { 0x0747, 1 },
	{ 0x0749, 2 }, { 0x07eb, 7 }, { 0x07f3, 1 }, { 0x0816, 4 }, { 0x081b, 9 }, { 0x0825, 3 },
	{ 0x0829, 5 }, { 0x0951, 1 }, { 0x0953, 2 }, { 0x0f82, 2 }, { 0x0f86, 2 }, { 0x135d, 3 },
	{ 0x17dd, 1 }, { 0x193a, 1 }, { 0x1a17, 1 }, { 0x1a75, 8 }, { 0x1b6b, 1 }, { 0x1b6d, 7 },
	{ 0x1cd0, 3 }, { 0x1cda, 2 }, { 0x1ce0, 1 }, { 0x1dc0, 2 }, { 0x1dc3, 7 }, { 0x1dcb, 2 },
	{ 0x1dd1, 22 }, { 0x1dfe, 1 }, { 0x20d0, 2 }, { 0x20d4, 4 }, { 0x20db, 2 }, { 0x20e1, 1 },
	{ 0x20e7, 1 }, { 0x20e9, 1 }, { 0x20f0, 1 }, { 0x2cef, 3 }, { 0x2de0, 32 }, { 0xa66f, 1 },
	{ 0xa67c, 2 }, { 0xa6f0, 2 }, { 0xa8e0, 18 }, { 0xaab0, 1 }, { 0xaab2, 2 }, { 0xaab7, 2 },
	{ 0xaabe, 2 }, { 0xaac1, 1 }, { 0xfe20, 7 }, { 0x10a0f, 1 }, { 0x10a38, 1 }, { 0x1d185, 5 },
	{ 0x1d1aa, 4 }, { 0x1d242, 3 },
};

/* The number that a diacritic stands for, or -1. */
static int number_of(uint32_t cp)
{
	int number = 0;

	for (size_t i = 0; i < ARRAY_LEN(diacritics) && diacritics[i].first <= cp; i++) {
		if (cp < diacritics[i].first + diacritics[i].n)
			return number + (int)(cp - diacritics[i].first);
		number += diacritics[i].n;
	}
	return -1;
}

static bool is_placeholder(const struct vt *vt, const struct vt_cell *cell)
{
	static const char utf8[4] = "\xf4\x8e\xbb\xae";

	if (!(cell->text & VT_CELL_CLUSTER))
		return cell->text == PLACEHOLDER;
	return memcmp(vt->clusters.v[cell->text & ~VT_CELL_CLUSTER].s, utf8, sizeof(utf8)) == 0;
}

/* What one of them says. */
struct place {
	vt_color fg, underline;
	int row, col, high;              /* -1 = not said */
};

static struct place read_cell(const struct vt *vt, const struct vt_cell *cell)
{
	const struct vt_style *style = vt_style_get(vt, cell->style);
	struct place p = { .fg = style->fg, .underline = style->underline, .row = -1, .col = -1, .high = -1 };
	int *const to[] = { &p.row, &p.col, &p.high };
	char s[VT_CLUSTER_BYTES_MAX];
	size_t len = vt_cell_text(vt, cell, s), at = 4;

	for (size_t i = 0; i < ARRAY_LEN(to) && at < len; i++) {
		uint32_t cp;

		at += text_utf8_decode(s + at, len - at, &cp);
		*to[i] = number_of(cp);
		if (*to[i] < 0)
			break;
	}
	return p;
}

/* What it does not say follows from the one left of it (NULL: there is none). */
static void infer(struct place *p, const struct place *left)
{
	bool alike = left && left->fg == p->fg && left->underline == p->underline &&
	    (p->row < 0 || p->row == left->row);

	if (p->row < 0)
		p->row = alike ? left->row : 0;
	if (p->col < 0)
		p->col = alike ? left->col + 1 : 0;
	if (p->high < 0)
		p->high = alike && p->col == left->col + 1 ? left->high : 0;
}

static const struct vt_placement *find(const struct vt *vt, const struct place *p, uint8_t screen)
{
	const struct vt_images *im = &vt->images;
	uint32_t image = VT_COLOR_VALUE(p->fg) | (uint32_t)p->high << 24, id = VT_COLOR_VALUE(p->underline);

	for (size_t i = 0; i < im->n_placements; i++) {
		const struct vt_placement *v = im->placements[i];

		if (v->virt && v->screen == screen && v->image->id == image && (id == 0 || v->id == id))
			return v;
	}
	return NULL;
}

void vt_placeholders_read(const struct vt *vt, const struct vt_cell *cells, unsigned n, uint8_t screen,
    struct vt_placeholder *ret)
{
	struct place left = { 0 };
	bool any = false;

	for (unsigned x = 0; x < n; x++) {
		ret[x] = (struct vt_placeholder){ 0 };
		if (!is_placeholder(vt, &cells[x])) {
			any = false;
			continue;
		}
		struct place p = read_cell(vt, &cells[x]);
		infer(&p, any ? &left : NULL);
		const struct vt_placement *v = x > 0 && any && p.fg == left.fg && p.underline == left.underline &&
		    p.high == left.high ? ret[x - 1].wanted : find(vt, &p, screen);
		left = p;
		any = true;
		ret[x].wanted = v;
		if (v && p.row < v->rows && p.col < v->cols)
			ret[x] = (struct vt_placeholder){ .wanted = v, .shown = v, .row = (uint16_t)p.row,
				.col = (uint16_t)p.col };
	}
}

bool vt_placeholders_corner(struct vt *vt, const struct vt_placement *p, int64_t *ret_row, int *ret_x)
{
	const struct vt_grid *g = &vt->grids[p->screen];
	struct vt_placeholder *v = xcalloc(vt->cols, sizeof(*v));
	bool found = false;

	for (unsigned y = 0; y < g->n; y++) {
		const struct vt_grid_row *row = vt_grid_row(g, y);

		vt_placeholders_read(vt, row->cells, row->used, p->screen, v);
		for (unsigned x = 0; x < row->used; x++) {
			if (v[x].shown != p)
				continue;
			if (!found)
				*ret_row = (p->screen ? 0 : vt->sb.end) + y;
			*ret_x = found ? MIN(*ret_x, (int)x) : (int)x;
			found = true;
			break;
		}
	}
	free(v);
	return found;
}

bool vt_placeholders_in(const struct vt *vt, const struct vt_grid_row *row)
{
	for (unsigned x = 0; x < row->used; x++)
		if (is_placeholder(vt, &row->cells[x]))
			return true;
	return false;
}

void vt_placeholders_touch(struct vt *vt, bool alt)
{
	const struct vt_grid *g = &vt->grids[alt];

	for (unsigned y = 0; y < g->n; y++)
		if (vt_placeholders_in(vt, vt_grid_row(g, y)))
			vt_touch(vt, vt_grid_row(g, y));
	/* Which rows of the scrollback have some is not known: all count. */
	if (alt || !vt->images.placeholders_kept)
		return;
	vt_sb_touch(&vt->sb, vt_now(vt));
	vt->changed = true;
}
