#include "mux/lines.h"

#include "base/mem.h"
#include "text/text.h"

#include <string.h>

#define CACHE 16                       /* converted styles, by style number; a power of two */

struct build {
	struct vt *vt;
	struct wire_arena *arena;
	struct wire_lines *ret;
	struct { bool used; uint16_t style; uint32_t link; struct wire_cell_attrs attrs; } cache[CACHE];
	uint32_t *links;                   /* vt ids of ret->hyperlinks */
	size_t cap_links, *cap_coords;
	struct images **images;
	size_t cap_images;
	bool linked;                       /* the line at hand has a hyperlink */
	bool full;                         /* the arena gave up */
};

struct wire_rgba lines_rgba(uint32_t rgb)
{
	return (struct wire_rgba){ (float)(rgb >> 16 & 0xff) / 255.0f, (float)(rgb >> 8 & 0xff) / 255.0f,
		(float)(rgb & 0xff) / 255.0f, 1.0f };
}

static struct wire_color fat_color(vt_color c)
{
	switch (VT_COLOR_KIND(c)) {
	case 1: return (struct wire_color){ .kind = WIRE_COLOR_PALETTE,
	    .palette = (uint8_t)VT_COLOR_VALUE(c) };
	case 2: return (struct wire_color){ .kind = WIRE_COLOR_TRUE_WITH_DEFAULT,
	    .rgba = lines_rgba(VT_COLOR_VALUE(c)) };
	default: return (struct wire_color){ .kind = WIRE_COLOR_DEFAULT };
	}
}

/* The client turns some values into enums unchecked (9.4, trap 15): none may leave here. */
static uint32_t safe_attributes(uint32_t a)
{
	a &= 0x1ffffu & ~WIRE_ATTR_WRAPPED;
	if ((a & VT_ATTR_INTENSITY) == VT_ATTR_INTENSITY)
		a = (a & ~VT_ATTR_INTENSITY) | VT_ATTR_HALF;
	if ((a & VT_ATTR_UNDERLINE) >> VT_ATTR_UNDERLINE_SHIFT > 5)
		a &= ~(uint32_t)VT_ATTR_UNDERLINE;
	if ((a & VT_ATTR_BLINK) == VT_ATTR_BLINK)
		a &= ~(uint32_t)VT_ATTR_BLINK;
	if ((a & VT_ATTR_SEMANTIC) == VT_ATTR_SEMANTIC)
		a &= ~(uint32_t)VT_ATTR_SEMANTIC;
	if ((a & VT_ATTR_VALIGN) == VT_ATTR_VALIGN)
		a &= ~(uint32_t)VT_ATTR_VALIGN;
	return a;
}

/* Attributes of a style; *ret_link its hyperlink. */
static const struct wire_cell_attrs *attrs_of(struct build *b, uint16_t style, uint32_t *ret_link)
{
	size_t slot = style % CACHE;

	if (!b->cache[slot].used || b->cache[slot].style != style) {
		const struct vt_style *s = vt_style_get(b->vt, style);
		struct wire_cell_attrs a = { .attributes = safe_attributes(s->attrs) };
		bool fg = VT_COLOR_KIND(s->fg) == 2, bg = VT_COLOR_KIND(s->bg) == 2,
		    ul = VT_COLOR_KIND(s->underline) != 0;

		if (VT_COLOR_KIND(s->fg) == 1) {
			a.has_fg = true;
			a.fg = (uint8_t)VT_COLOR_VALUE(s->fg);
		}
		if (VT_COLOR_KIND(s->bg) == 1) {
			a.has_bg = true;
			a.bg = (uint8_t)VT_COLOR_VALUE(s->bg);
		}
		if (fg || bg || ul) {
			struct wire_fat_attrs *fat = wire_arena_alloc(b->arena, sizeof(*fat));
			if (fat == NULL) {
				b->full = true;
			} else {
				fat->underline_color = fat_color(s->underline);
				fat->foreground = fat_color(fg ? s->fg : VT_COLOR_DEFAULT);
				fat->background = fat_color(bg ? s->bg : VT_COLOR_DEFAULT);
				a.fat = fat;
			}
		}
		b->cache[slot].used = true;
		b->cache[slot].style = style;
		b->cache[slot].link = s->link;
		b->cache[slot].attrs = a;
	}
	*ret_link = b->cache[slot].link;
	return &b->cache[slot].attrs;
}

static void *grow(struct build *b, void *old, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return old;
	size_t more = *cap == 0 ? 4 : *cap * 2;
	void *p = wire_arena_alloc(b->arena, more * size);
	if (p == NULL) {
		b->full = true;
		return NULL;
	}
	if (n > 0)
		memcpy(p, old, n * size);
	*cap = more;
	return p;
}

/* Notes that cells [start, end) of line number line carry the link. */
static void add_link(struct build *b, uint32_t id, size_t line, size_t start, size_t end)
{
	struct wire_lines *r = b->ret;
	struct vt_link link;
	size_t i = 0;

	while (i < r->n_hyperlinks && b->links[i] != id)
		i++;
	if (i == r->n_hyperlinks) {
		if (!vt_link_get(b->vt, id, &link))
			return;
		size_t cap = b->cap_links, cap2 = cap, cap3 = cap;
		struct wire_line_hyperlink *h = grow(b, r->hyperlinks, i, &cap, sizeof(*h));
		uint32_t *ids = grow(b, b->links, i, &cap2, sizeof(*ids));
		size_t *coords = grow(b, b->cap_coords, i, &cap3, sizeof(*coords));
		if (h == NULL || ids == NULL || coords == NULL)
			return;
		r->hyperlinks = h;
		b->links = ids;
		b->cap_coords = coords;
		b->cap_links = cap;
		h[i] = (struct wire_line_hyperlink){
		    .link.uri = wire_arena_str(b->arena, link.uri, strlen(link.uri)) };
		if (*link.id != '\0') {
			struct wire_link_param *param = wire_arena_alloc(b->arena, sizeof(*param));
			if (param != NULL) {
				param->key = WIRE_STR("id");
				param->value = wire_arena_str(b->arena, link.id, strlen(link.id));
				h[i].link.params = param;
				h[i].link.n_params = 1;
			}
		}
		ids[i] = id;
		coords[i] = 0;
		r->n_hyperlinks++;
	}
	struct wire_line_hyperlink *h = &r->hyperlinks[i];
	struct wire_cell_coords *c = grow(b, h->coords, h->n_coords, &b->cap_coords[i], sizeof(*c));
	if (c == NULL)
		return;
	h->coords = c;
	b->linked = true;
	c[h->n_coords++] = (struct wire_cell_coords){ line, start, end };
}

/* The one simple code point of a cell, or 0 when it is a cluster or needs care. */
static uint32_t simple_cp(const struct build *b, const struct vt_cell *cell)
{
	char text[VT_CLUSTER_BYTES_MAX];
	uint32_t cp;

	if (cell->text < 0x80)
		return cell->text < 0x20 ? ' ' : cell->text;
	size_t len = vt_cell_text(b->vt, cell, text);
	if (len == 0 || text_utf8_decode(text, len, &cp) != len || !text_is_simple(cp))
		return 0;
	return cp;
}

static bool is_blank(const struct vt_cell *c)
{
	return (c->text == 0 || c->text == ' ') && c->style == 0 && c->width == 1;
}

/* How a row is told, and what storage C needs for its first n cells.
 *
 * Clients find some of it again by themselves: the cells' boundaries in storage C, their widths in storage V. So C is
 * for rows whose text splits where our cells do, and V for those whose cells nobody takes for wider than they are
 * (narrower is no harm: the blank behind a wide cell is sent). Simple text is both. What is neither, as in a row that
 * was printed with mode 2027 reset, goes as V without what makes it look wide. */
struct shape { enum { SHAPE_C, SHAPE_V, SHAPE_REDUCED } as; size_t bytes, wide, clusters, n; };

/* Does some client take a cell of one column for two? lace's own counts as the engine does. */
static bool widens(const struct vt_cell *c, const char *text, size_t len)
{
	return c->width == 1 && (text_peer_width(text, len) > 1 || text_cluster_width(text, len) > 1);
}

/* Of a row that is not all simple. */
static void measure_clusters(const struct build *b, const struct vt_row *row, struct shape *s)
{
	struct text_break brk = { 0 };
	char text[VT_CLUSTER_BYTES_MAX];
	bool splits = true, wider = false;

	s->bytes = s->wide = s->clusters = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct vt_cell *c = &row->cells[i];
		if (i == 0 || c->style != row->cells[i - 1].style)
			s->clusters++;
		if (c->width == 0 && i > 0)
			continue;
		size_t len = vt_cell_text(b->vt, c, text);
		for (size_t at = 0; at < len;) {
			enum text_peer_break want = at == 0 ? TEXT_PEER_BREAKS : TEXT_PEER_JOINS;
			uint32_t cp;
			at += text_utf8_decode(text + at, len - at, &cp);
			splits &= text_peer_break(&brk, cp) == want;
		}
		wider |= widens(c, text, len);
		s->bytes += len;
		s->wide += c->width == 2;
	}
	s->clusters++;
	s->as = !wider ? SHAPE_V : splits ? SHAPE_C : SHAPE_REDUCED;
}

/* Blanks at the row's end are left out, but for the first `keep` cells. */
static struct shape measure(const struct build *b, const struct vt_row *row, size_t keep)
{
	struct shape s = { .as = SHAPE_C, .n = row->n };
	char utf8[4];

	if (!row->wrapped)
		while (s.n > keep && is_blank(&row->cells[s.n - 1]))
			s.n--;
	for (size_t i = 0; i < s.n; i++) {
		const struct vt_cell *c = &row->cells[i];
		if (i == 0 || c->style != row->cells[i - 1].style)
			s.clusters++;
		if (c->width == 0 && i > 0)
			continue;
		uint32_t cp = simple_cp(b, c);
		if (cp == 0) {
			measure_clusters(b, row, &s);
			return s;
		}
		s.bytes += cp < 0x80 ? 1 : text_utf8_encode(cp, utf8);
		s.wide += c->width == 2;
	}
	s.clusters++;                      /* the last cell of a wrapped row stands alone */
	return s;
}

static void build_c(struct build *b, const struct vt_row *row, const struct shape *s, size_t index,
    struct wire_line *line)
{
	char *text = wire_arena_alloc(b->arena, s->bytes + 1);
	uint64_t *wide = s->wide > 0 ? wire_arena_alloc(b->arena, s->wide * sizeof(*wide)) : NULL;
	struct wire_cluster *clusters = wire_arena_alloc(b->arena, (s->clusters + 1) * sizeof(*clusters));
	size_t at = 0, n_wide = 0, n_clusters = 0, run = 0;
	char cluster[VT_CLUSTER_BYTES_MAX];
	uint32_t link = 0;

	if (text == NULL || clusters == NULL || (s->wide > 0 && wide == NULL)) {
		b->full = true;
		return;
	}
	/* Where the last cell begins: it may be wide. */
	size_t last = s->n == 0 ? 0 : s->n - 1;
	if (last > 0 && row->cells[last].width == 0)
		last--;
	for (size_t i = 0; i < s->n; i++) {
		const struct vt_cell *c = &row->cells[i];
		bool alone = row->wrapped && i == last;
		if (i == 0 || c->style != row->cells[i - 1].style || alone) {
			uint32_t next;
			const struct wire_cell_attrs *a = attrs_of(b, c->style, &next);
			clusters[n_clusters].attrs = *a;
			if (alone)
				clusters[n_clusters].attrs.attributes |= WIRE_ATTR_WRAPPED;
			n_clusters++;
			if (link != next) {
				if (link != 0)
					add_link(b, link, index, run, i);
				run = i;
				link = next;
			}
		}
		clusters[n_clusters - 1].cell_width++;
		if (c->width == 0 && i > 0)
			continue;
		uint32_t cp = simple_cp(b, c);
		if (cp == 0) {
			size_t len = vt_cell_text(b->vt, c, cluster);
			memcpy(text + at, cluster, len);
			at += len;
		} else if (cp < 0x80) {
			text[at++] = (char)cp;
		} else {
			at += text_utf8_encode(cp, text + at);
		}
		if (c->width == 2)
			wide[n_wide++] = i;
	}
	if (link != 0)
		add_link(b, link, index, run, s->n);
	line->storage = WIRE_STORAGE_C;
	line->text = (struct wire_str){ text, at };
	line->double_wide = wide;
	line->n_double_wide = n_wide;
	line->clusters = clusters;
	line->n_clusters = n_clusters;
	line->len = (uint32_t)s->n;
}

/* The text of a cell of one column without what makes it look like two: its emoji selector, or all but its base. */
static size_t reduce(char *text, size_t len)
{
	uint32_t cp;
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		size_t k = text_utf8_decode(text + at, len - at, &cp);
		if (cp != 0xfe0f) {
			memmove(text + n, text + at, k);
			n += k;
		}
		at += k;
	}
	if (n > 0 && text_peer_width(text, n) == 1 && text_cluster_width(text, n) == 1)
		return n;
	n = text_utf8_decode(text, n, &cp);
	return text_width(cp) < 2 ? n : text_utf8_encode(TEXT_REPLACEMENT, text);
}

static void build_v(struct build *b, const struct vt_row *row, const struct shape *s, size_t index, struct wire_line *line)
{
	size_t n = s->n;
	struct wire_cell *cells = wire_arena_alloc(b->arena, n * sizeof(*cells));
	char text[VT_CLUSTER_BYTES_MAX];
	size_t run = 0, last = n - 1;
	uint32_t link = 0;

	if (cells == NULL) {
		b->full = true;
		return;
	}
	if (last > 0 && row->cells[last].width == 0)
		last--;
	for (size_t i = 0; i < n; i++) {
		const struct vt_cell *c = &row->cells[i];
		uint32_t next;
		cells[i].attrs = *attrs_of(b, c->style, &next);
		if (row->wrapped && i >= last)
			cells[i].attrs.attributes |= WIRE_ATTR_WRAPPED;
		if (link != next) {
			if (link != 0)
				add_link(b, link, index, run, i);
			run = i;
			link = next;
		}
		/* The right half of a wide cell is a blank; so is whatever has no text. */
		size_t len = c->width == 0 ? 0 : vt_cell_text(b->vt, c, text);
		if (s->as == SHAPE_REDUCED && widens(c, text, len))
			len = reduce(text, len);
		cells[i].text = len == 0 ? WIRE_STR(" ") : wire_arena_str(b->arena, text, len);
		if (cells[i].text.s == NULL) {
			b->full = true;
			return;
		}
	}
	if (link != 0)
		add_link(b, link, index, run, n);
	line->storage = WIRE_STORAGE_V;
	line->cells = cells;
	line->n_cells = n;
}

/* ---- images ------------------------------------------------------------------- */

struct row_images {
	struct vt_row_image runs[VT_ROW_IMAGES_MAX];
	size_t n, cells;                   /* runs; and cells up to the last that shows one */
};

static void find_images(struct build *b, int64_t row, struct row_images *ret)
{
	ret->n = MIN(vt_row_images(b->vt, row, ret->runs, ARRAY_LEN(ret->runs)), ARRAY_LEN(ret->runs));
	ret->cells = 0;
	for (size_t i = 0; i < ret->n; i++)
		ret->cells = MAX(ret->cells, (size_t)ret->runs[i].x + ret->runs[i].cells);
}

/* The client attaches images to cells: there must be as many. */
static void widen(struct build *b, struct vt_row *row, size_t n)
{
	if (row->n >= n)
		return;
	struct vt_cell *cells = wire_arena_alloc(b->arena, n * sizeof(*cells));
	if (cells == NULL) {
		b->full = true;
		return;
	}
	if (row->n > 0)
		memcpy(cells, row->cells, row->n * sizeof(*cells));
	for (size_t i = row->n; i < n; i++)
		cells[i] = (struct vt_cell){ .width = 1 };
	row->cells = cells;
	row->n = (uint16_t)n;
}

static void add_run(struct build *b, int64_t row, const struct vt_row_image *run)
{
	struct wire_lines *r = b->ret;
	struct vt_image_cell part;
	uint8_t hash[32];

	if (!images_hash(b->images, b->vt, run->serial, hash))
		return;
	for (unsigned i = 0; i < run->cells; i++) {
		if (!vt_row_image_cell(run, i, &part))
			continue;
		struct wire_image_cell *c = grow(b, r->images, r->n_images, &b->cap_images, sizeof(*c));
		if (c == NULL)
			return;
		r->images = c;
		c += r->n_images++;
		*c = (struct wire_image_cell){ .line_idx = row, .cell_idx = run->x + i,
			.top_left = { part.left, part.top }, .bottom_right = { part.right, part.bottom },
			.z_index = run->z, .padding_left = part.pad_left, .padding_top = part.pad_top,
			.padding_right = part.pad_right, .padding_bottom = part.pad_bottom,
			.has_image_id = run->image_id != 0, .image_id = run->image_id,
			.has_placement_id = run->placement_id != 0, .placement_id = run->placement_id };
		memcpy(c->data_hash, hash, sizeof(hash));
	}
}

static void build_line(struct build *b, const struct vt_row *row, size_t keep, size_t index,
    struct wire_line *line)
{
	static const uint16_t bits[] = { 0, WIRE_LINE_DOUBLE_WIDTH,
		WIRE_LINE_DOUBLE_WIDTH | WIRE_LINE_DOUBLE_HEIGHT_TOP,
		WIRE_LINE_DOUBLE_WIDTH | WIRE_LINE_DOUBLE_HEIGHT_BOTTOM };
	struct shape s = measure(b, row, keep);

	b->linked = false;
	if (s.as == SHAPE_C)
		build_c(b, row, &s, index, line);
	else
		build_v(b, row, &s, index, line);
	line->bits = bits[row->line_attr & 3];
	if (b->linked)
		line->bits |= WIRE_LINE_HAS_HYPERLINK;
	line->seqno = row->seqno;
}

void lines_build(struct vt *vt, struct images **images, const int64_t *rows, size_t n, struct wire_arena *arena,
    size_t max_memory, struct wire_lines *ret)
{
	struct build b = { .vt = vt, .images = images, .arena = arena, .ret = ret };
	struct row_images shown;
	struct vt_row row;

	*ret = (struct wire_lines){ 0 };
	if (n == 0)
		return;
	ret->lines = wire_arena_alloc(arena, n * sizeof(*ret->lines));
	if (ret->lines == NULL)
		return;
	for (size_t i = 0; i < n && arena->total < max_memory; i++) {
		size_t had = ret->n_images;

		find_images(&b, rows[i], &shown);
		if (!vt_row_get(vt, rows[i], &row))
			continue;
		struct wire_indexed_line *l = &ret->lines[ret->n_lines];
		l->row = rows[i];
		widen(&b, &row, shown.cells);
		if (!b.full)
			build_line(&b, &row, shown.cells, ret->n_lines, &l->line);
		for (size_t k = 0; k < shown.n && !b.full; k++)
			add_run(&b, rows[i], &shown.runs[k]);
		if (b.full) {              /* this line is not whole: it does not count */
			ret->n_images = had;
			break;
		}
		ret->n_lines++;
	}
}
