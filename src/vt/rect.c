/* Rectangular areas: copied, filled, erased, with other attributes, summed up.
 *
 * Their coordinates count from the margins in origin mode and end there; otherwise
 * the margins do not matter. The cursor stays where it is, and so does its wait. */
#include "vt/internal.h"

struct rect {
	unsigned top, left, bottom, right;   /* inclusive */
};

/* Parameters i to i + 3. False when it is empty or outside. */
static bool read_rect(const struct vt *vt, unsigned i, struct rect *ret)
{
	bool origin = vt->modes & VT_M_ORIGIN;
	unsigned y0 = origin ? vt->top : 0, x0 = origin ? vt->left : 0;
	unsigned y1 = origin ? vt->bottom : vt->rows - 1u, x1 = origin ? vt->right : vt->cols - 1u;

	ret->top = y0 + vt_param(vt, i, 1) - 1;
	ret->left = x0 + vt_param(vt, i + 1, 1) - 1;
	ret->bottom = MIN(y0 + vt_param(vt, i + 2, VT_ROWS_MAX) - 1, y1);
	ret->right = MIN(x0 + vt_param(vt, i + 3, VT_COLS_MAX) - 1, x1);
	return ret->top <= ret->bottom && ret->left <= ret->right;
}

/* ---- copied --------------------------------------------------------------------- */

/* n cells of a row from column x on, as they can stand elsewhere. */
static void copy_out(const struct vt_grid_row *row, unsigned x, unsigned n, struct vt_cell *to)
{
	for (unsigned i = 0; i < n; i++) {
		to[i] = x + i < row->used ? row->cells[x + i] : vt_cell_make(0, 0, 1);
		to[i].flags = 0;
	}
}

static void copy_in(struct vt *vt, unsigned y, unsigned x, unsigned n, struct vt_cell *from)
{
	struct vt_grid_row *row = vt_row_at(vt, y);
	unsigned cols = vt_row_cols(vt, row);

	if (x >= cols)
		return;
	n = MIN(n, cols - x);
	/* Halves of wide characters that are not copied whole. */
	if (from[0].width == 0)
		from[0] = vt_cell_make(0, from[0].style, 1);
	if (from[n - 1].width == 2)
		from[n - 1] = vt_cell_make(0, from[n - 1].style, 1);
	vt_row_open(row, x, x + n);
	vt_row_reach(row, x + n);
	memcpy(row->cells + x, from, n * sizeof(*from));
	vt_touch(vt, row);
}

void vt_rect_copy(struct vt *vt)
{
	struct rect from, to;

	if (!read_rect(vt, 0, &from))
		return;
	/* Where it goes: the corner is told, pages (parameters 4 and 7) do not matter. */
	bool origin = vt->modes & VT_M_ORIGIN;
	to.top = (origin ? vt->top : 0u) + vt_param(vt, 5, 1) - 1;
	to.left = (origin ? vt->left : 0u) + vt_param(vt, 6, 1) - 1;
	to.bottom = MIN(to.top + from.bottom - from.top, origin ? vt->bottom : vt->rows - 1u);
	to.right = MIN(to.left + from.right - from.left, origin ? vt->right : vt->cols - 1u);
	if (to.top > to.bottom || to.left > to.right)
		return;
	unsigned n = to.right - to.left + 1, h = to.bottom - to.top + 1;
	struct vt_cell *cells = vt_scratch_cells(&vt->scratch[0], n + 1);
	for (unsigned i = 0; i < h; i++) {
		/* The areas may overlap. */
		unsigned y = to.top > from.top ? h - 1 - i : i;

		copy_out(vt_row_at(vt, from.top + y), from.left, n, cells);
		copy_in(vt, to.top + y, to.left, n, cells);
	}
}

/* ---- filled, erased --------------------------------------------------------------- */

void vt_rect_fill(struct vt *vt)
{
	unsigned code = vt_param(vt, 0, 0);
	struct rect r;

	if (!(code >= 32 && code <= 126) && !(code >= 160 && code <= 255))
		return;
	if (!read_rect(vt, 1, &r))
		return;
	uint8_t set = vt->charset[code < 128 ? vt->gl : vt->gr];
	struct vt_cell cell = vt_cell_make(vt_charset_map(set, code & 0x7f), vt_pen_id(vt), 1);
	for (unsigned y = r.top; y <= r.bottom; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);
		unsigned end = MIN(r.right + 1, vt_row_cols(vt, row));

		if (r.left >= end)
			continue;
		vt_row_open(row, r.left, end);
		vt_row_reach(row, end);
		for (unsigned x = r.left; x < end; x++)
			row->cells[x] = cell;
		vt_touch(vt, row);
	}
}

void vt_rect_erase(struct vt *vt)
{
	struct rect r;

	if (read_rect(vt, 0, &r))
		for (unsigned y = r.top; y <= r.bottom; y++)
			vt_erase_cells(vt, y, r.left, r.right + 1, 0);
}

/* DECSERA takes the characters and leaves their attributes, as the VT420 and xterm do. */
void vt_rect_erase_selective(struct vt *vt)
{
	struct rect r;

	if (!read_rect(vt, 0, &r))
		return;
	for (unsigned y = r.top; y <= r.bottom; y++) {
		struct vt_grid_row *row = vt_row_at(vt, y);

		for (unsigned x = r.left; x <= r.right && x < row->used; x++) {
			uint16_t style = row->cells[x].style;

			if (vt->styles.v[style].attrs & VT_ATTR_PROTECTED)
				continue;
			vt_row_open(row, x, x + 1);
			row->cells[x] = vt_cell_make(0, style, 1);
		}
		vt_touch(vt, row);
	}
}

/* ---- with other attributes ----------------------------------------------------------- */

static void apply_reversed(const struct vt *vt, struct vt_style *style)
{
	uint32_t a = style->attrs;

	for (unsigned i = 4; i < MAX(vt->parser.n, 5); i++) {
		unsigned v = vt_param(vt, i, 0);

		if (v == 0 || v == 1)
			a = (a & ~(uint32_t)VT_ATTR_INTENSITY) | ((a & VT_ATTR_INTENSITY) == VT_ATTR_BOLD ? 0 : VT_ATTR_BOLD);
		if (v == 0 || v == 4)
			a = (a & ~(uint32_t)VT_ATTR_UNDERLINE) | (a & VT_ATTR_UNDERLINE ? 0 : 1u << VT_ATTR_UNDERLINE_SHIFT);
		if (v == 0 || v == 5)
			a = (a & ~(uint32_t)VT_ATTR_BLINK) | (a & VT_ATTR_BLINK ? 0 : 1u << VT_ATTR_BLINK_SHIFT);
		if (v == 0 || v == 7)
			a ^= VT_ATTR_REVERSE;
		if (v == 8)
			a ^= VT_ATTR_INVISIBLE;
	}
	style->attrs = a;
}

static void change_row(struct vt *vt, unsigned y, unsigned from, unsigned to, bool reverse)
{
	struct vt_grid_row *row = vt_row_at(vt, y);
	uint16_t seen = 0, changed = 0;
	bool any = false;

	if (from >= vt_row_cols(vt, row))
		return;
	to = MIN(to, vt_row_cols(vt, row) - 1);
	vt_row_reach(row, to + 1);
	/* A wide character changes as a whole. */
	from -= row->cells[from].width == 0;
	to += row->cells[to].width == 2;
	for (unsigned x = from; x <= to; x++) {
		struct vt_cell *cell = &row->cells[x];

		if (!any || cell->style != seen) {
			struct vt_style style = vt->styles.v[cell->style];

			if (reverse)
				apply_reversed(vt, &style);
			else
				vt_sgr_apply(&vt->parser, 4, &style);
			any = true;
			seen = cell->style;
			changed = vt_style_id(vt, &style);
		}
		cell->style = changed;
	}
	vt_touch(vt, row);
}

/* DECCARA, DECRARA. Unless DECSACE asked for rectangles, what changes is a stream: from
 * the first corner to the second, with all of the lines between. */
void vt_rect_change(struct vt *vt, bool reverse)
{
	bool origin = vt->modes & VT_M_ORIGIN, stream = vt->change_extent != 2;
	unsigned left = origin ? vt->left : 0, right = origin ? vt->right : vt->cols - 1u;
	struct rect r;

	if (stream && vt_param(vt, 0, 1) < vt_param(vt, 2, VT_ROWS_MAX)) {
		/* The second corner may lie left of the first. */
		r.left = left + vt_param(vt, 1, 1) - 1;
		r.right = MIN(left + vt_param(vt, 3, VT_COLS_MAX) - 1, right);
		r.top = (origin ? vt->top : 0u) + vt_param(vt, 0, 1) - 1;
		r.bottom = (origin ? vt->top : 0u) + vt_param(vt, 2, VT_ROWS_MAX) - 1;
		if (r.bottom > (origin ? vt->bottom : vt->rows - 1u)) {
			r.bottom = origin ? vt->bottom : vt->rows - 1u;
			r.right = right;
		}
		if (r.top > r.bottom)
			return;
	} else if (!read_rect(vt, 0, &r)) {
		return;
	}
	for (unsigned y = r.top; y <= r.bottom; y++) {
		unsigned from = stream && y > r.top ? left : r.left, to = stream && y < r.bottom ? right : r.right;

		if (from <= to)
			change_row(vt, y, from, to, reverse);
	}
}

/* XTREPORTSGR: what all cells of the area have in common. */
void vt_rect_report(struct vt *vt)
{
	struct vt_style common = { 0 };
	bool any = false;
	struct rect r;
	char s[256];

	if (!read_rect(vt, 0, &r))
		return;
	for (unsigned y = r.top; y <= r.bottom; y++) {
		const struct vt_grid_row *row = vt_row_at(vt, y);

		for (unsigned x = r.left; x <= r.right; x++) {
			const struct vt_style *style = &vt->styles.v[x < row->used ? row->cells[x].style : 0];

			if (!any)
				common = *style;
			any = true;
			vt_style_common(&common, style);
		}
	}
	vt_sgr_describe(&common, s, sizeof(s));
	vt_reply(vt, "\033[%sm", s);
}

/* ---- summed up ------------------------------------------------------------------------- */

/* Bits of XTCHECKSUM. */
enum { SUM_POSITIVE = 1, SUM_NO_ATTRS = 2, SUM_BLANKS = 4, SUM_DRAWN = 8, SUM_WHOLE = 16, SUM_8BIT = 32 };

static unsigned cell_sum(const struct vt *vt, const struct vt_cell *cell, unsigned flags)
{
	uint32_t a = vt->styles.v[cell->style].attrs;
	char s[VT_CLUSTER_BYTES_MAX];
	size_t len = vt_cell_text(vt, cell, s);
	unsigned sum = 0;

	for (size_t at = 0; at < len;) {
		uint32_t cp;

		at += text_utf8_decode(s + at, len - at, &cp);
		if (!(flags & SUM_WHOLE) && sum > 0)
			break;                           /* combining characters do not count */
		sum += flags & SUM_WHOLE ? cp : flags & SUM_8BIT ? cp & 0xff : cp & 0x7f;
	}
	if (!(flags & SUM_NO_ATTRS))
		sum += (a & VT_ATTR_PROTECTED ? 0x04u : 0u) + (a & VT_ATTR_INVISIBLE ? 0x08u : 0u) +
		    (a & VT_ATTR_UNDERLINE ? 0x10u : 0u) + (a & VT_ATTR_REVERSE ? 0x20u : 0u) +
		    (a & VT_ATTR_BLINK ? 0x40u : 0u) + ((a & VT_ATTR_INTENSITY) == VT_ATTR_BOLD ? 0x80u : 0u);
	return sum;
}

/* DECRQCRA reads the screen back to the program, and so to whoever made it print the
 * request: it is there for conformance suites only, under test_reports. Summed up as
 * xterm does; blanks at the end of a line do not count unless XTCHECKSUM says so. */
void vt_rect_checksum(struct vt *vt)
{
	unsigned flags = vt->checksum, sum = 0;
	bool first = true;
	struct rect r;

	if (!vt->test_reports)
		return;
	if (!read_rect(vt, 2, &r))
		r = (struct rect){ .top = 1 };
	for (unsigned y = r.top; y <= r.bottom; y++) {
		const struct vt_grid_row *row = vt_row_at(vt, y);
		unsigned blanks = 0;

		for (unsigned x = r.left; x <= r.right; x++) {
			struct vt_cell cell = x < row->used ? row->cells[x] : vt_cell_make(0, 0, 1);

			if (cell.width == 0 || ((flags & SUM_DRAWN) && cell.text == 0))
				continue;
			unsigned v = cell_sum(vt, &cell, flags);
			if (v == ' ' && !first && !(flags & SUM_BLANKS)) {
				blanks += v;
				continue;
			}
			sum += blanks + v;
			blanks = 0;
			first = false;
		}
	}
	if (!(flags & SUM_POSITIVE))
		sum = 0 - sum;
	vt_reply(vt, "\033P%u!~%04X\033\\", vt_param(vt, 0, 0), sum & 0xffff);
}
