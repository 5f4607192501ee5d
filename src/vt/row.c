/* One row of cells. Two things are kept true everywhere: cells past `used` are
 * blank in the default style, and a cell of width 0 stands right of one of
 * width 2. Whoever cuts a wide character in half blanks both halves. */
#include "vt/internal.h"

void vt_row_fill(struct vt_grid_row *row, unsigned from, unsigned to, uint16_t style)
{
	uint64_t word = vt_blank_word(style);

	for (unsigned x = from; x < to; x++)
		memcpy(&row->cells[x], &word, sizeof(word));
	if (row->used < to)
		row->used = (uint16_t)to;
}

void vt_row_split(struct vt_grid_row *row, unsigned x)
{
	if (x == 0 || x >= row->used || row->cells[x].width != 0)
		return;
	row->cells[x - 1] = vt_cell_make(0, row->cells[x - 1].style, 1);
	row->cells[x] = vt_cell_make(0, row->cells[x].style, 1);
}

void vt_row_erase(struct vt_grid_row *row, unsigned from, unsigned to, unsigned cols, uint16_t style)
{
	if (from >= to)
		return;
	vt_row_split(row, from);
	vt_row_split(row, to);
	if (to >= cols || to >= row->used)
		row->wrapped = false;
	if (style == 0 && to >= row->used) {
		if (row->used > from)
			row->used = (uint16_t)from;
		return;
	}
	vt_row_reach(row, from);
	vt_row_fill(row, from, to, style);
}

void vt_row_clear(struct vt_grid_row *row, unsigned cols, uint16_t style)
{
	row->used = 0;
	row->wrapped = false;
	row->line_attr = 0;
	row->marks = 0;
	if (style != 0)
		vt_row_fill(row, 0, cols, style);
}

/* Drops trailing cells that are blank in the default style. */
static void row_trim(struct vt_grid_row *row)
{
	while (row->used > 0) {
		if (vt_cell_word(&row->cells[row->used - 1]) != vt_blank_word(0))
			break;
		row->used--;
	}
}

void vt_row_insert(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned right,
    uint16_t style)
{
	unsigned end = right + 1;

	if (x > right)
		return;
	n = MIN(n, end - x);
	if (x >= row->used && style == 0)
		return;
	if (row->spans)
		vt_spans_shift(vt, row, x, n, end, true);
	vt_row_split(row, x);
	vt_row_split(row, end - n);
	vt_row_split(row, end);
	if (style == 0 && row->used + n <= end) {
		/* Nothing is pushed out. */
		memmove(&row->cells[x + n], &row->cells[x], (row->used - x) * sizeof(*row->cells));
		row->used = (uint16_t)(row->used + n);
		vt_row_fill(row, x, x + n, 0);
		return;
	}
	vt_row_reach(row, end);
	memmove(&row->cells[x + n], &row->cells[x], (end - x - n) * sizeof(*row->cells));
	vt_row_fill(row, x, x + n, style);
	row_trim(row);
}

void vt_row_delete(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned right,
    unsigned cols, uint16_t style)
{
	unsigned end = right + 1;

	if (x > right)
		return;
	n = MIN(n, end - x);
	if (x >= row->used && style == 0)
		return;
	if (row->spans)
		vt_spans_shift(vt, row, x, n, end, false);
	vt_row_split(row, x);
	vt_row_split(row, x + n);
	vt_row_split(row, end);
	if (style == 0 && row->used <= end) {
		/* Only blanks come in. */
		row->wrapped = row->wrapped && end != cols;
		if (x + n >= row->used) {
			row->used = (uint16_t)x;
			return;
		}
		memmove(&row->cells[x], &row->cells[x + n], (row->used - x - n) * sizeof(*row->cells));
		row->used = (uint16_t)(row->used - n);
		return;
	}
	vt_row_reach(row, end);
	memmove(&row->cells[x], &row->cells[x + n], (end - x - n) * sizeof(*row->cells));
	vt_row_fill(row, end - n, end, style);
	if (end == cols)
		row->wrapped = false;
	row_trim(row);
}
