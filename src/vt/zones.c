/* What the owner asks of prompts: zones of prompt, input and output, and marked rows. */
#include "vt/internal.h"

/* A zone that is being read. */
struct zones {
	struct vt_zone *ret;
	size_t n, max;
	struct vt_zone open;
	bool any;
};

static void close_zone(struct zones *z)
{
	if (!z->any)
		return;
	if (z->n < z->max)
		z->ret[z->n] = z->open;
	z->n++;
	z->any = false;
}

/* Cells that nothing was printed to belong to no zone, and end none. */
static void take_row(const struct vt *vt, struct zones *z, const struct vt_row *row, int64_t index)
{
	bool marked = row->marks & VT_ROW_PROMPT;
	enum vt_zone_kind kind = VT_ZONE_OUTPUT;
	int style = -1;

	for (unsigned x = 0; x < row->n; x++) {
		const struct vt_cell *c = &row->cells[x];

		if (c->text == 0 && c->width != 0)
			continue;
		if (c->style != style) {
			uint32_t attrs = vt_style_get(vt, c->style)->attrs;

			style = c->style;
			kind = (enum vt_zone_kind)((attrs & VT_ATTR_SEMANTIC) >> VT_ATTR_SEMANTIC_SHIFT);
		}
		/* Two prompts without anything between them are two. */
		bool again = marked && kind == VT_ZONE_PROMPT;
		if (!z->any || z->open.kind != kind || again) {
			close_zone(z);
			z->open = (struct vt_zone){ .kind = kind, .first_row = index, .first_x = (uint16_t)x };
			z->any = true;
			marked = marked && !again;
		}
		z->open.last_row = index;
		z->open.end_x = (uint16_t)(x + 1);
	}
}

size_t vt_zones(struct vt *vt, int64_t first, int64_t last, struct vt_zone *ret, size_t max)
{
	struct zones z = { .ret = ret, .max = max };
	struct vt_dims d = vt_dims(vt);

	last = MIN(last, d.physical_top + d.rows);
	for (int64_t row = MAX(first, d.scrollback_top); row < last; row++) {
		struct vt_row r;

		if (vt_row_get(vt, row, &r))
			take_row(vt, &z, &r, row);
	}
	close_zone(&z);
	return z.n;
}

bool vt_mark_find(struct vt *vt, int64_t from, int step, uint8_t marks, int64_t *ret)
{
	struct vt_dims d = vt_dims(vt);
	int64_t end = d.physical_top + d.rows, row = step < 0 ? MIN(from, end - 1) : MAX(from, d.scrollback_top);

	step = step < 0 ? -1 : 1;
	while (row >= d.scrollback_top && row < end) {
		const struct vt_sb_block *b = row < d.physical_top ? vt_sb_find(&vt->sb, row) : NULL;

		if (b && !(b->marks & marks)) {
			row = step < 0 ? b->first - 1 : b->first + b->n;
			continue;
		}
		uint8_t have = b ? vt_sb_row_marks(&vt->sb, b, (uint32_t)(row - b->first)) :
		    vt_row_at(vt, (unsigned)(row - d.physical_top))->marks;
		if (have & marks) {
			*ret = row;
			return true;
		}
		row += step;
	}
	return false;
}
