/* Characters to cells.
 *
 * Runs of printable ASCII are the fast path: one store a cell, with the work
 * around it (wrapping, halves of wide characters, the style) once a run.
 *
 * A cluster may grow after it was drawn: the next code point can join it, in
 * this write or a later one, as long as nothing but printing comes between.
 * `cluster` says how much is known of what stands left of the cursor. A mark
 * that comes after a control or an escape joins the cell left of the cursor. */
#include "text/props.h"
#include "vt/internal.h"

void vt_print_update(struct vt *vt)
{
	vt->print_fast = vt->charset[vt->gl] == VT_CHARSET_ASCII && vt->single_shift == 0 &&
	    (vt->modes & (VT_M_AUTOWRAP | VT_M_INSERT)) == VT_M_AUTOWRAP;
}

/* Last column that printing at the cursor may use. */
static unsigned right_limit(const struct vt *vt)
{
	return vt_line_limit(vt, vt->pos.x, vt->pos.y);
}

/* The line goes on in the next row: not from one width to another, and not in the last
 * row below the region, which the cursor does not leave. */
static bool continues(const struct vt *vt)
{
	unsigned y = vt->pos.y;

	if (vt->left != 0 || vt->right != vt->cols - 1 || (y == vt->rows - 1u && y != vt->bottom))
		return false;
	return __builtin_expect(!(vt->modes & VT_M_DOUBLE), 1) ||
	    (!vt_row_at(vt, y)->line_attr && !vt_row_at(vt, MIN(y + 1, vt->rows - 1u))->line_attr);
}

/* The left margin is where text goes on, wherever it came from; but what stands outside
 * the margins does not scroll. */
static void wrap(struct vt *vt)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

	if (!row->wrapped && continues(vt)) {
		row->wrapped = true;
		vt_touch(vt, row);
	}
	vt_index(vt);
	vt->pos.x = vt->left;
}

/* Moves past a character that ends before column x. */
static void advance(struct vt *vt, unsigned x, unsigned limit)
{
	if (x > limit) {
		vt->pos.x = (uint16_t)limit;
		vt->pos.pending = vt->modes & VT_M_AUTOWRAP;
	} else {
		vt->pos.x = (uint16_t)x;
	}
}

static void place(struct vt *vt, uint32_t text, unsigned width)
{
	unsigned limit;

	if (vt->pos.pending)
		wrap(vt);
	limit = right_limit(vt);
	if (width == 2 && vt->pos.x == limit) {
		if (limit == vt->left || limit == 0) {
			width = 1;                       /* a region, or a line, of one column */
		} else if (vt->modes & VT_M_AUTOWRAP) {
			struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

			/* Only this column is not part of the line. */
			vt_row_erase(row, limit, limit + 1, vt->cols, 0);
			vt_row_reach(row, limit);
			vt_touch(vt, row);
			wrap(vt);
			limit = right_limit(vt);
		} else {
			vt->pos.x--;
		}
	}
	unsigned x = vt->pos.x;
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	uint16_t style = vt_pen_id(vt);
	if (vt->modes & VT_M_INSERT)
		vt_row_insert(vt, row, x, width, limit, 0);
	vt_row_open(row, x, x + width);
	row->cells[x] = vt_cell_make(text, style, (uint8_t)width);
	if (width == 2)
		row->cells[x + 1] = vt_cell_make(0, style, 0);
	if (row->used < x + width)
		row->used = (uint16_t)(x + width);
	vt_touch(vt, row);
	vt->cluster_x = (uint16_t)x;
	advance(vt, x + width, limit);
}

void vt_print_cell(struct vt *vt, const char *s, size_t len, unsigned width)
{
	place(vt, vt_cluster_text(vt, s, MIN(len, (size_t)VT_CLUSTER_BYTES_MAX)), width);
	vt->cluster = VT_CLUSTER_CLOSED;
}

void vt_print_room(struct vt *vt, unsigned n)
{
	if (vt->pos.pending)
		wrap(vt);
	unsigned limit = right_limit(vt);
	/* What no line here has room for goes where it is. */
	if (vt->pos.x + n <= limit + 1 || vt->left + n > limit + 1)
		return;
	if (vt->modes & VT_M_AUTOWRAP)
		wrap(vt);
	else
		vt->pos.x = (uint16_t)(limit + 1 - n);
}

static void cluster_begin(struct vt *vt)
{
	vt->cluster = VT_CLUSTER_OPEN;
	vt->brk = (struct text_break){ 0 };
	vt->cluster_len = vt->cluster_cells = vt->cluster_last = 0;
}

/* As text_cluster_width() counts, one code point at a time. */
static void cluster_add(struct vt *vt, uint32_t cp, uint8_t props)
{
	if (TEXT_PROPS_VARIES(vt->cluster_last) && cp == TEXT_VS16)
		vt->cluster_cells = 2;
	else if (TEXT_PROPS_VARIES(vt->cluster_last) && cp == TEXT_VS15)
		vt->cluster_cells = 1;
	vt->cluster_cells = (uint8_t)(vt->cluster_cells + TEXT_PROPS_WIDTH(props));
	vt->cluster_last = props;
	vt->cluster_len = (uint8_t)(vt->cluster_len + text_utf8_encode(cp, vt->cluster_s + vt->cluster_len));
}

static void cluster_start(struct vt *vt, uint32_t cp)
{
	cluster_begin(vt);
	text_break_before(&vt->brk, cp);
	cluster_add(vt, cp, text_props(cp));
}

/* The cluster that ends left of the cursor, for a mark that follows something else than printing. */
static bool reopen(struct vt *vt)
{
	unsigned x = vt->pos.x;
	const struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

	if (!vt->pos.pending) {
		if (x == 0)
			return false;
		x--;
	}
	if (x < row->used && row->cells[x].width == 0)
		x--;
	if (x >= row->used)
		return false;
	char s[VT_CLUSTER_BYTES_MAX];
	size_t len = vt_cell_text(vt, &row->cells[x], s);
	cluster_begin(vt);
	vt->cluster_x = (uint16_t)x;
	for (size_t at = 0; at < len;) {
		uint32_t cp;

		at += text_utf8_decode(s + at, len - at, &cp);
		text_break_before(&vt->brk, cp);
		cluster_add(vt, cp, text_props(cp));
	}
	return true;
}

static unsigned cells_of(unsigned sum)
{
	return MIN(MAX(sum, 1u), 2u);
}

/* Gives the open cluster its new text, and its new width when the last code point has changed that. */
static void regrow(struct vt *vt, bool resized)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	unsigned x = vt->cluster_x, limit = vt_line_limit(vt, x, vt->pos.y);
	unsigned had = row->cells[x].width, width = resized ? cells_of(vt->cluster_cells) : had;
	uint16_t style = row->cells[x].style;
	uint32_t text = vt_cluster_text(vt, vt->cluster_s, vt->cluster_len);

	vt_touch(vt, row);
	if (width > had && x == limit) {
		if (vt->pos.pending && limit > 0) {
			/* It no longer fits: it moves to the next line, as if it had come in one piece. */
			vt_row_erase(row, x, x + 1, vt->cols, 0);
			wrap(vt);
			place(vt, text, width);
			row = vt_row_at(vt, vt->pos.y);
			for (unsigned i = 0; i < row->cells[vt->cluster_x].width; i++)
				row->cells[vt->cluster_x + i].style = style;
			return;
		}
		width = had;
	}
	row->cells[x].text = text;
	if (width > had) {
		if (vt->modes & VT_M_INSERT)
			vt_row_insert(vt, row, x + 1, 1, limit, 0);
		vt_row_reach(row, x + 2);
		vt_row_split(row, x + 2);
		row->cells[x + 1] = vt_cell_make(0, style, 0);
		row->cells[x].width = 2;
		advance(vt, x + 2, limit);
	} else if (width < had) {
		row->cells[x].width = 1;
		row->cells[x + 1] = vt_cell_make(0, style, 1);
		vt->pos.pending = false;
		vt->pos.x = (uint16_t)(x + 1);
	}
}

/* The well-formed character of 2 to 4 bytes at p; 0 when it is not one, or not all of it is here. Bounds of the second
 * byte (table 3-7 of Unicode) show in the code point: overlong forms are too small for their length. Three bytes are
 * most of what comes, and have a function of their own: there four can be read, and 0 is no character. */
static inline uint32_t three_bytes(const uint8_t *p)
{
	uint32_t w, cp;

	memcpy(&w, p, 4);
	cp = (w & 0x0f) << 12 | (w >> 2 & 0xfc0) | (w >> 16 & 0x3f);
	return (w & 0xc0c0f0) == 0x8080e0 && cp >= 0x800 && cp - 0xd800 >= 0x800 ? cp : 0;
}

static inline size_t whole_char(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
	uint8_t s[4] = { 0 };                    /* a NUL is no continuation byte */
	uint32_t w;

	if (end - p < 4)
		p = memcpy(s, p, (size_t)(end - p));
	if ((*cp = three_bytes(p)) != 0)
		return 3;
	memcpy(&w, p, 4);
	if ((w & 0xc0e0) == 0x80c0) {
		*cp = (w & 0x1f) << 6 | (w >> 8 & 0x3f);
		return *cp >= 0x80 ? 2 : 0;
	}
	if ((w & 0xc0c0c0f8) == 0x808080f0) {
		*cp = (w & 0x07) << 18 | (w << 4 & 0x3f000) | (w >> 10 & 0xfc0) | (w >> 24 & 0x3f);
		return *cp - 0x10000 < 0x100000 ? 4 : 0;
	}
	return 0;
}

/* Without a width of its own: it joins what stands before it, whatever that is. */
static bool is_mark(const struct vt *vt, uint8_t props)
{
	unsigned class = TEXT_PROPS_CLASS(props);

	return TEXT_PROPS_WIDTH(props) == 0 && (class >= TEXT_BREAK_EXTEND ||
	    (!(vt->modes & VT_M_CLUSTERS) && (class == TEXT_BREAK_V || class == TEXT_BREAK_T)));
}

/* True when cp belongs to the cell before it, and has been taken: by the rules of grapheme clusters or, with mode 2027
 * reset, when it has no width. Those of [*p, end) that follow it into the cell are taken too, so that a cluster which
 * comes in one piece gets its text once. What has no room is dropped. */
static bool join(struct vt *vt, uint32_t cp, const uint8_t **p, const uint8_t *end)
{
	bool clusters = vt->modes & VT_M_CLUSTERS, grown = false;
	uint8_t props = text_props(cp);

	if (!clusters && !is_mark(vt, props))
		return false;
	switch (vt->cluster) {
	case VT_CLUSTER_OPEN:
		break;
	case VT_CLUSTER_SIMPLE:
		cluster_start(vt, vt->last_cp);
		break;
	case VT_CLUSTER_CLOSED:
		if (!is_mark(vt, props) || !reopen(vt))
			return false;
		break;
	}
	if (text_break_before(&vt->brk, cp) && clusters)
		return false;
	for (;;) {
		unsigned was = cells_of(vt->cluster_cells);

		if (vt->cluster_len + 4 <= VT_CLUSTER_BYTES_MAX) {
			cluster_add(vt, cp, text_props(cp));
			grown = !clusters || cells_of(vt->cluster_cells) == was;
			if (!grown)
				regrow(vt, true);
		}
		struct text_break here = vt->brk;
		size_t n = *p < end ? whole_char(*p, end, &cp) : 0;
		if (n == 0 || (!clusters && !is_mark(vt, text_props(cp))) || (text_break_before(&vt->brk, cp) && clusters)) {
			vt->brk = here;
			break;
		}
		*p += n;
	}
	if (grown)
		regrow(vt, false);
	return true;
}

static uint32_t translate(struct vt *vt, uint32_t cp)
{
	unsigned set = vt->charset[vt->single_shift ? vt->single_shift : vt->gl];

	if (vt->single_shift) {
		vt->single_shift = 0;
		vt_print_update(vt);
	}
	return vt_charset_map((uint8_t)set, (uint8_t)cp);
}

/* cp, and of [*p, end) what belongs to its cell. */
static void print_char(struct vt *vt, uint32_t cp, const uint8_t **p, const uint8_t *end)
{
	uint8_t props = text_props(cp);
	unsigned width = TEXT_PROPS_WIDTH(props);
	bool simple = TEXT_PROPS_SIMPLE(props);

	if ((!simple || vt->cluster == VT_CLUSTER_OPEN) && join(vt, cp, p, end))
		return;
	/* A mark on nothing, or a format character. */
	if (width == 0 && TEXT_PROPS_CLASS(props) >= TEXT_BREAK_CR) {
		/* What comes after it belongs to it, not to what stands before it. */
		vt->cluster = VT_CLUSTER_CLOSED;
		return;
	}
	place(vt, cp, width ? width : 1);
	vt->last_cp = cp;
	if (simple)
		vt->cluster = VT_CLUSTER_SIMPLE;
	else
		cluster_start(vt, cp);
}

void vt_print(struct vt *vt, uint32_t cp)
{
	const uint8_t *none = NULL;

	if (cp < 0x80 && !vt->print_fast)
		cp = translate(vt, cp);
	print_char(vt, cp, &none, NULL);
}

void vt_print_ascii(struct vt *vt, const uint8_t *s, size_t n)
{
	if (vt->cluster == VT_CLUSTER_OPEN || !vt->print_fast) {
		/* The first may join what is open; the rest is plain. */
		vt_print(vt, *s++);
		n--;
		if (!vt->print_fast) {
			for (; n > 0; n--)
				vt_print(vt, *s++);
			return;
		}
	}
	if (n == 0)
		return;
	uint16_t style = vt_pen_id(vt);
	for (;;) {
		if (vt->pos.pending)
			wrap(vt);
		unsigned x = vt->pos.x, limit = right_limit(vt);
		unsigned k = (unsigned)MIN(n, (size_t)(limit + 1 - x));
		struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

		vt_row_open(row, x, x + k);
		vt_cells_from_ascii(row->cells + x, s, k, style);
		if (row->used < x + k)
			row->used = (uint16_t)(x + k);
		row->seqno = vt_now(vt);
		advance(vt, x + k, limit);
		s += k;
		n -= k;
		if (n == 0) {
			vt->cluster_x = (uint16_t)(x + k - 1);
			break;
		}
	}
	vt->changed = true;
	vt->last_cp = s[-1];
	vt->cluster = VT_CLUSTER_SIMPLE;
}

const uint8_t *vt_print_text(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	if (vt->cluster == VT_CLUSTER_OPEN || !vt->print_fast) {
		size_t n = vt_ascii_run(p, end);

		vt_print_ascii(vt, p, n);
		return p + n;
	}
	uint16_t style = vt_pen_id(vt);
	do {
		if (vt->pos.pending)
			wrap(vt);
		unsigned x = vt->pos.x, limit = right_limit(vt), room = limit + 1 - x, n;
		struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

		if (x >= row->used) {
			vt_row_reach(row, x);
			n = vt_cells_from_text(row->cells + x, room, p, end, style);
		} else {
			n = (unsigned)vt_ascii_run(p, (size_t)(end - p) > room ? p + room : end);
			vt_row_open(row, x, x + n);
			vt_cells_from_ascii(row->cells + x, p, n, style);
		}
		if (row->used < x + n)
			row->used = (uint16_t)(x + n);
		row->seqno = vt_now(vt);
		vt->cluster_x = (uint16_t)(x + n - 1);
		advance(vt, x + n, limit);
		p += n;
	} while (p < end && vt->pos.pending && vt_is_printable_ascii(*p));
	vt->changed = true;
	vt->last_cp = p[-1];
	vt->cluster = VT_CLUSTER_SIMPLE;
	return p;
}

/* Characters that go where the cursor is, one after the other, for as long as the
 * row and their kind allow. */
static const uint8_t *print_simple(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	struct vt_cell *cells = row->cells;
	unsigned x = vt->pos.x, limit = right_limit(vt), last = x, used = row->used;
	uint16_t style = vt_pen_id(vt);
	uint64_t blank = vt_blank_word(style);
	uint32_t cp, last_cp = 0;
	size_t n;

	if (vt->pos.pending || vt->cluster == VT_CLUSTER_OPEN || (vt->modes & VT_M_INSERT))
		return p;
	for (; p < end; p += n) {
		if (end - p >= 4 && (cp = three_bytes(p)) != 0) {
			n = 3;
			/* Lines of it at a time: there is nothing to ask but whether there is room. */
			if (text_is_han(cp) && x == used && x < limit) {
				uint64_t left = blank + VT_WIDTH_ONE + cp, right = blank - VT_WIDTH_ONE;

				memcpy(&cells[x], &left, sizeof(left));
				memcpy(&cells[x + 1], &right, sizeof(right));
				last = x;
				last_cp = cp;
				used = x += 2;
				continue;
			}
		} else if ((n = whole_char(p, end, &cp)) == 0) {
			break;
		}
		uint8_t props = text_props(cp);
		unsigned width = TEXT_PROPS_WIDTH(props);

		if (!TEXT_PROPS_SIMPLE(props) || width == 0 || x + width > limit + 1)
			break;
		if (x != used) {
			row->used = (uint16_t)used;
			vt_row_open(row, x, x + width);
			used = row->used;
		}
		uint64_t left = blank + (width - 1) * VT_WIDTH_ONE + cp, right = blank - VT_WIDTH_ONE;
		memcpy(&cells[x], &left, sizeof(left));
		if (width == 2)
			memcpy(&cells[x + 1], &right, sizeof(right));
		last = x;
		last_cp = cp;
		x += width;
		used = MAX(used, x);
	}
	if (last_cp != 0) {
		row->used = (uint16_t)used;
		vt_touch(vt, row);
		vt->cluster = VT_CLUSTER_SIMPLE;
		vt->cluster_x = (uint16_t)last;
		vt->last_cp = last_cp;
		advance(vt, x, limit);
	}
	return p;
}

const uint8_t *vt_print_multibyte(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	for (;;) {
		uint32_t cp;
		size_t n;

		p = print_simple(vt, p, end);
		if (p == end || *p < 0x80 || (n = whole_char(p, end, &cp)) == 0 || cp < 0xa0)
			return p;
		p += n;
		print_char(vt, cp, &p, end);
	}
}
