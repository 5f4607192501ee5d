/* draw.c - differences between two grids as terminal output.
 *
 * Only controls that every terminal of the last decades has are relied on: CUP,
 * CHA, EL, ED, SGR, DECTCEM. Synchronized output and OSC 8 are ignored where
 * they are unknown. Each frame leaves the pen at its default, so that the next
 * one (or the shell, if we are killed) starts from something known.
 *
 * Terminals disagree about the width of clusters. After one that is not simple
 * (text_is_simple) the cursor is placed anew, and a wide one is drawn over two
 * blanks: if the terminal thinks it narrow, nothing stale shows beside it. */
#include "client/draw.h"

#include "base/mem.h"
#include "text/text.h"

#define EL_MIN 4                        /* blanks at the end of a row from which an erase is shorter */

struct draw {
	size_t rows, cols;
	struct cell *want, *shown;
	bool truecolor, clear;
	size_t want_y, want_x; bool want_visible;
	size_t y, x; bool placed;       /* where the terminal's cursor is, if known */
	bool visible, visible_known;
	struct cell pen;                /* only its style */
};

struct draw *draw_create(bool truecolor)
{
	struct draw *d = xcalloc(1, sizeof(*d));
	d->truecolor = truecolor;
	draw_resize(d, 1, 1);
	return d;
}

void draw_destroy(struct draw *d)
{
	free(d->want);
	free(d->shown);
	free(d);
}

void draw_resize(struct draw *d, size_t rows, size_t cols)
{
	d->rows = MIN(MAX(rows, (size_t)1), (size_t)DRAW_ROWS_MAX);
	d->cols = MIN(MAX(cols, (size_t)1), (size_t)DRAW_COLS_MAX);
	size_t n = d->rows * d->cols;
	d->want = xreallocarray(d->want, n, sizeof(*d->want));
	d->shown = xreallocarray(d->shown, n, sizeof(*d->shown));
	for (size_t i = 0; i < n; i++)
		d->want[i] = CELL_BLANK;
	draw_forget(d);
}

void draw_forget(struct draw *d)
{
	d->clear = true;
	d->visible_known = false;
}

size_t draw_rows(const struct draw *d)
{
	return d->rows;
}

size_t draw_cols(const struct draw *d)
{
	return d->cols;
}

struct cell *draw_row(struct draw *d, size_t y)
{
	struct cell *row = d->want + y * d->cols;
	for (size_t x = 0; x < d->cols; x++)
		row[x] = CELL_BLANK;
	return row;
}

size_t draw_text(struct draw *d, struct pool *pool, size_t y, size_t x, size_t end, const char *text,
    const struct cell *style)
{
	struct cell *row = d->want + y * d->cols;
	end = MIN(end, d->cols);
	for (size_t left = strlen(text), len; left > 0; text += len, left -= len) {
		struct cell c = *style;
		c.text = pool_text(pool, text, left, &len);
		if (!c.text && *text != ' ')
			continue;
		c.width = c.text && text_cluster_width(text, len) == 2 ? 2 : 1;
		if (x + c.width > end)
			break;
		row[x] = c;
		if (c.width == 2) {
			row[x + 1] = *style;
			row[x + 1].text = row[x + 1].width = 0;
		}
		x += c.width;
	}
	return x;
}

void draw_cursor(struct draw *d, size_t y, size_t x, bool visible)
{
	d->want_y = MIN(y, d->rows - 1);
	d->want_x = MIN(x, d->cols - 1);
	d->want_visible = visible;
}

/* ---- style ---- */

/* The nearest of the 6x6x6 cube and the grey ramp of the 256 colours. */
static unsigned nearest_256(uint32_t rgb)
{
	static const int level[6] = { 0, 95, 135, 175, 215, 255 };
	int c[3] = { (int)(rgb >> 16 & 255), (int)(rgb >> 8 & 255), (int)(rgb & 255) };
	int at[3], cube = 0, grey = 0;
	int g = (c[0] + c[1] + c[2]) / 3;
	int step = g < 8 ? 0 : MIN((g - 3) / 10, 23);
	for (int i = 0; i < 3; i++) {
		at[i] = c[i] < 48 ? 0 : c[i] < 115 ? 1 : (c[i] - 35) / 40;
		cube += (c[i] - level[at[i]]) * (c[i] - level[at[i]]);
		grey += (c[i] - (8 + 10 * step)) * (c[i] - (8 + 10 * step));
	}
	return grey < cube ? 232u + (unsigned)step : 16u + (unsigned)(36 * at[0] + 6 * at[1] + at[2]);
}

static void put_color(const struct draw *d, struct str *out, uint32_t color, unsigned base)
{
	if (COLOR_KIND(color) == 0)
		return;
	uint32_t v = COLOR_VALUE(color);
	bool rgb = COLOR_KIND(color) == 2;
	if (rgb && !d->truecolor) {
		v = nearest_256(v);
		rgb = false;
	}
	/* The underline colour has the colon form only: who does not know it skips it as one parameter. */
	if (base == 50 && rgb)
		str_printf(out, ";58:2::%u:%u:%u", v >> 16, v >> 8 & 255, v & 255);
	else if (base == 50)
		str_printf(out, ";58:5:%u", v);
	else if (rgb)
		str_printf(out, ";%u;2;%u;%u;%u", base + 8, v >> 16, v >> 8 & 255, v & 255);
	else if (v < 8)
		str_printf(out, ";%u", base + v);
	else if (v < 16)
		str_printf(out, ";%u", base + 60 + v - 8);
	else
		str_printf(out, ";%u;5;%u", base + 8, v);
}

static void put_style(struct draw *d, const struct pool *pool, struct str *out, const struct cell *c)
{
	struct cell *pen = &d->pen;
	if (pen->attrs != c->attrs || pen->fg != c->fg || pen->bg != c->bg || pen->underline != c->underline) {
		static const struct { uint32_t mask, value; const char *sgr; } flags[] = {
			{ ATTR_INTENSITY, ATTR_BOLD, ";1" }, { ATTR_INTENSITY, ATTR_HALF, ";2" },
			{ ATTR_ITALIC, ATTR_ITALIC, ";3" },
			{ ATTR_BLINK, ATTR_BLINK_SLOW, ";5" }, { ATTR_BLINK, ATTR_BLINK_RAPID, ";6" },
			{ ATTR_REVERSE, ATTR_REVERSE, ";7" }, { ATTR_INVISIBLE, ATTR_INVISIBLE, ";8" },
			{ ATTR_STRIKE, ATTR_STRIKE, ";9" }, { ATTR_OVERLINE, ATTR_OVERLINE, ";53" },
			{ ATTR_VALIGN, 1u << ATTR_VALIGN_SHIFT, ";73" }, { ATTR_VALIGN, 2u << ATTR_VALIGN_SHIFT, ";74" },
		};
		str_puts(out, "\033[0");
		for (size_t i = 0; i < ARRAY_LEN(flags); i++)
			if ((c->attrs & flags[i].mask) == flags[i].value)
				str_puts(out, flags[i].sgr);
		unsigned underline = (c->attrs & ATTR_UNDERLINE) >> ATTR_UNDERLINE_SHIFT;
		if (underline == 1)
			str_puts(out, ";4");
		else if (underline >= 2 && underline <= 5)
			str_printf(out, ";4:%u", underline);
		put_color(d, out, c->fg, 30);
		put_color(d, out, c->bg, 40);
		put_color(d, out, c->underline, 50);
		str_putc(out, 'm');
	}
	if (pen->link != c->link) {
		if (!c->link) {
			str_puts(out, "\033]8;;\033\\");
		} else {
			/* The runs of one link are drawn at different times; an id tells that they are one. */
			const char *link = pool_get(pool, c->link);
			if (*link == ';')
				str_printf(out, "\033]8;id=lace%u%s\033\\", c->link, link);
			else
				str_printf(out, "\033]8;id=%s\033\\", link);
		}
	}
	*pen = *c;
}

/* ---- a frame ---- */

static void move(struct draw *d, struct str *out, size_t y, size_t x)
{
	if (d->placed && d->y == y && d->x == x)
		return;
	if (d->placed && d->y == y)
		str_printf(out, "\033[%zuG", x + 1);
	else
		str_printf(out, "\033[%zu;%zuH", y + 1, x + 1);
	d->y = y;
	d->x = x;
	d->placed = true;
}

static bool simple(const struct cell *c)
{
	return !c->text || (!(c->text & CELL_CLUSTER) && (c->text < 0x80 || text_is_simple(c->text)));
}

static void put_cell(struct draw *d, const struct pool *pool, struct str *out, size_t y, size_t x,
    const struct cell *c)
{
	char buf[5];
	move(d, out, y, x);
	put_style(d, pool, out, c);
	if (c->width == 2 && !simple(c)) {
		str_puts(out, "  ");
		d->placed = false;
		move(d, out, y, x);
	}
	str_puts(out, cell_text(pool, c, buf));
	d->x += c->width;
	/* In the last column the cursor hangs between two rows. */
	if (d->x >= d->cols || !simple(c))
		d->placed = false;
}

static void draw_one_row(struct draw *d, const struct pool *pool, struct str *out, size_t y)
{
	const struct cell *want = d->want + y * d->cols;
	struct cell *shown = d->shown + y * d->cols;
	const struct cell blank = CELL_BLANK;
	if (memcmp(want, shown, d->cols * sizeof(*want)) == 0)
		return;
	size_t end = d->cols;                 /* from here on wanted cells are plain blanks */
	while (end > 0 && memcmp(&want[end - 1], &blank, sizeof(blank)) == 0)
		end--;
	if (d->cols - end < EL_MIN)
		end = d->cols;

	for (size_t x = 0; x < end; x++) {
		/* The right half of a wide cell changes with its left half. */
		if (want[x].width == 0 || memcmp(&want[x], &shown[x], sizeof(*want)) == 0)
			continue;
		put_cell(d, pool, out, y, x, &want[x]);
	}
	if (end < d->cols && memcmp(want + end, shown + end, (d->cols - end) * sizeof(*want)) != 0) {
		move(d, out, y, end);
		put_style(d, pool, out, &blank);
		str_puts(out, "\033[K");
	}
	memcpy(shown, want, d->cols * sizeof(*want));
}

void draw_frame(struct draw *d, const struct pool *pool, struct str *out)
{
	static const char begin[] = "\033[?2026h\033[?25l", end[] = "\033[?2026l";
	size_t start = out->len;
	str_puts(out, begin);
	size_t body = out->len;

	d->pen = CELL_BLANK;
	if (d->clear) {
		str_puts(out, "\033[m\033[2J");
		for (size_t i = 0; i < d->rows * d->cols; i++)
			d->shown[i] = CELL_BLANK;
		d->placed = d->clear = false;
	}
	for (size_t y = 0; y < d->rows; y++)
		draw_one_row(d, pool, out, y);
	const struct cell blank = CELL_BLANK;
	put_style(d, pool, out, &blank);

	bool drew = out->len > body;
	if (!drew) {
		out->len = start;
		if (out->cap)
			out->s[start] = '\0';
	}
	if (d->want_visible)
		move(d, out, d->want_y, d->want_x);
	bool hidden = drew || (d->visible_known && !d->visible);
	if (d->want_visible && (hidden || !d->visible_known))
		str_puts(out, "\033[?25h");
	else if (!d->want_visible && !hidden)
		str_puts(out, "\033[?25l");
	d->visible = d->want_visible;
	d->visible_known = true;
	if (drew)
		str_puts(out, end);
}
