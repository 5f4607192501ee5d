#include "client/lines.h"

#include "base/mem.h"
#include "text/text.h"

/* All links of a frame's lines are looked through for each line. More are no screen, but a way to keep us busy. */
#define LINK_COORDS_MAX 65536

/* Also for what is no number: a comparison with NaN is false. */
static uint32_t channel(float f)
{
	if (!(f > 0))
		return 0;
	return f >= 1 ? 255 : (uint32_t)(f * 255 + 0.5f);
}

static uint32_t color_of(const struct wire_color *c)
{
	switch (c->kind) {
	case WIRE_COLOR_PALETTE:
		return COLOR_PALETTE(c->palette);
	case WIRE_COLOR_TRUE_WITH_PALETTE:
	case WIRE_COLOR_TRUE_WITH_DEFAULT:
		return COLOR_RGB(channel(c->rgba.r) << 16 | channel(c->rgba.g) << 8 | channel(c->rgba.b));
	default:
		return COLOR_DEFAULT;
	}
}

static uint32_t link_of(struct pool *pool, const struct wire_hyperlink *h)
{
	const struct wire_str *id = NULL;
	for (size_t i = 0; i < h->n_params; i++)
		if (h->params[i].key.len == 2 && memcmp(h->params[i].key.s, "id", 2) == 0)
			id = &h->params[i].value;
	return pool_link(pool, h->uri.s, h->uri.len, id ? id->s : "", id ? id->len : 0);
}

/* A blank cell with the style of attrs. */
static struct cell styled(struct pool *pool, const struct wire_cell_attrs *a)
{
	struct cell c = CELL_BLANK;
	c.attrs = a->attributes & ATTR_DRAWN;
	if (a->has_fg)
		c.fg = COLOR_PALETTE(a->fg);
	if (a->has_bg)
		c.bg = COLOR_PALETTE(a->bg);
	if (a->fat) {
		uint32_t fg = color_of(&a->fat->foreground), bg = color_of(&a->fat->background);
		c.fg = fg != COLOR_DEFAULT ? fg : c.fg;
		c.bg = bg != COLOR_DEFAULT ? bg : c.bg;
		c.underline = color_of(&a->fat->underline_color);
		if (a->fat->has_hyperlink)
			c.link = link_of(pool, &a->fat->hyperlink);
	}
	return c;
}

/* Puts text at ret[x]; returns the column after it. A wide one that has no room is a blank. */
static size_t put(struct cell *ret, size_t x, size_t max, struct cell c, uint32_t text, unsigned width)
{
	if (width == 2 && x + 1 >= max) {
		text = 0;
		width = 1;
	}
	c.text = text;
	c.width = width;
	ret[x] = c;
	if (width == 2) {
		c.text = 0;
		c.width = 0;
		ret[x + 1] = c;
	}
	return x + width;
}

static size_t from_vector(struct pool *pool, const struct wire_line *line, struct cell *ret, size_t max)
{
	size_t x = 0;
	for (size_t i = 0; i < line->n_cells && x < max; i++) {
		const struct wire_cell *w = &line->cells[i];
		size_t len;
		uint32_t text = pool_text(pool, w->text.s, w->text.len, &len);
		/* The width is not sent: both ends take it from the text. */
		unsigned width = text ? text_cluster_width(w->text.s, len) : 1;
		x = put(ret, x, max, styled(pool, &w->attrs), text, width == 2 ? 2 : 1);
		if (width == 2)
			i++;                  /* the blank that follows a wide cell */
	}
	return x;
}

static size_t from_clusters(struct pool *pool, const struct wire_line *line, struct cell *ret, size_t max)
{
	const char *s = line->text.s;
	size_t left = line->text.len, x = 0, wide = 0, run = 0, run_end = 0;
	struct cell style = CELL_BLANK;
	while (left > 0 && x < max) {
		/* Runs are many cells long: the style is made once for each. */
		while (x >= run_end && run < line->n_clusters) {
			style = styled(pool, &line->clusters[run].attrs);
			run_end += line->clusters[run++].cell_width;
		}
		if (x >= run_end)
			style = CELL_BLANK;
		while (wide < line->n_double_wide && line->double_wide[wide] < x)
			wide++;
		bool is_wide = wide < line->n_double_wide && line->double_wide[wide] == x;
		size_t len;
		uint32_t text = pool_text(pool, s, left, &len);
		x = put(ret, x, max, style, text, is_wide ? 2 : 1);
		s += len;
		left -= len;
	}
	return x;
}

size_t line_cells(struct pool *pool, const struct wire_lines *lines, size_t index, struct cell *ret,
    size_t max)
{
	const struct wire_line *line = &lines->lines[index].line;
	max = MIN(max, (size_t)LINE_COLS_MAX);
	size_t n = line->storage == WIRE_STORAGE_V ? from_vector(pool, line, ret, max)
	    : from_clusters(pool, line, ret, max);

	size_t left = LINK_COORDS_MAX;
	for (size_t i = 0; i < lines->n_hyperlinks; i++) {
		const struct wire_line_hyperlink *h = &lines->hyperlinks[i];
		uint32_t id = 0;
		for (size_t k = 0; k < h->n_coords; k++) {
			if (left-- == 0)
				return n;
			if (h->coords[k].line_idx != index)
				continue;
			if (!id && !(id = link_of(pool, &h->link)))
				break;
			for (uint64_t x = h->coords[k].start; x < h->coords[k].end && x < n; x++)
				ret[x].link = id;
		}
	}
	return n;
}
