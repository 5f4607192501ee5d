/* text.c - get-text: rows as text, or as escape sequences that draw them again.
 *
 * The sequences are those of the real program, which goes by the terminfo entry
 * xterm-256color: what that cannot say (kinds of underline, its colour, overline) is left
 * out, as the recordings show. A change to or from such an attribute still resets. */
#include "muxcli/internal.h"

#include "base/mem.h"
#include "text/text.h"

#define NOT_DRAWN (WIRE_ATTR_WRAPPED | 3u << 13)    /* wrapped, semantic type */

/* The looks of a cell. */
struct look {
	uint32_t bits;                     /* as on the wire (3.6) */
	struct wire_color fg, bg;
};

static struct wire_color small(bool has, uint8_t index)
{
	return (struct wire_color){ .kind = has ? WIRE_COLOR_PALETTE : WIRE_COLOR_DEFAULT, .palette = index };
}

static struct look look_of(const struct wire_cell_attrs *a)
{
	struct look l = { a->attributes & ~NOT_DRAWN, small(a->has_fg, a->fg), small(a->has_bg, a->bg) };

	if (a->fat != NULL && a->fat->foreground.kind != WIRE_COLOR_DEFAULT)
		l.fg = a->fat->foreground;
	if (a->fat != NULL && a->fat->background.kind != WIRE_COLOR_DEFAULT)
		l.bg = a->fat->background;
	return l;
}

static unsigned byte(float f) { return f <= 0 ? 0 : f >= 1 ? 255 : (unsigned)(f * 255 + 0.5f); }

static uint32_t rgb(const struct wire_color *c)
{
	return byte(c->rgba.r) << 16 | byte(c->rgba.g) << 8 | byte(c->rgba.b);
}

static bool same_color(const struct wire_color *a, const struct wire_color *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == WIRE_COLOR_DEFAULT || (a->kind == WIRE_COLOR_PALETTE ? a->palette == b->palette : rgb(a) == rgb(b));
}

static void add_color(struct str *out, const struct wire_color *c, unsigned base)
{
	if (c->kind == WIRE_COLOR_DEFAULT)
		str_printf(out, "\033[%um", base + 9);
	else if (c->kind != WIRE_COLOR_PALETTE)
		str_printf(out, "\033[%u:2::%u:%u:%um", base + 8, rgb(c) >> 16, rgb(c) >> 8 & 255, rgb(c) & 255);
	else if (c->palette < 8)
		str_printf(out, "\033[%um", base + c->palette);
	else if (c->palette < 16)
		str_printf(out, "\033[%um", base + 60 + c->palette - 8u);
	else
		str_printf(out, "\033[%u;5;%um", base + 8, c->palette);
}

/* From one look to another. */
static void add_look(struct str *out, struct look *now, const struct look *to)
{
	static const struct wire_color none = { .kind = WIRE_COLOR_DEFAULT };

	if (now->bits != to->bits) {
		unsigned underline = to->bits >> 2 & 7;

		str_puts(out, "\033(B\033[0");
		if ((to->bits & 3) == 1)
			str_puts(out, ";1");
		if ((to->bits & 3) == 2)
			str_puts(out, ";2");
		if (underline == 1)
			str_puts(out, ";4");
		if (to->bits >> 8 & 1)
			str_puts(out, ";7");
		if (to->bits >> 5 & 3)
			str_puts(out, ";5");
		if (to->bits >> 10 & 1)
			str_puts(out, ";8");
		str_putc(out, 'm');
		if (to->bits >> 7 & 1)
			str_puts(out, "\033[3m");
		if (underline == 2)
			str_puts(out, "\033[21m");
		if (to->bits >> 9 & 1)
			str_puts(out, "\033[9m");
		now->fg = now->bg = none;
	}
	if (!same_color(&now->fg, &to->fg))
		add_color(out, &to->fg, 30);
	if (!same_color(&now->bg, &to->bg))
		add_color(out, &to->bg, 40);
	*now = *to;
}

/* ---- rows ---------------------------------------------------------------------------- */

/* One cell's text and look. */
typedef void (*cell_cb)(void *user, const char *s, size_t len, const struct look *look);

static void each_vector_cell(const struct wire_line *l, cell_cb cb, void *user)
{
	for (size_t i = 0; i < l->n_cells; i++) {
		const struct wire_cell *c = &l->cells[i];
		struct look look = look_of(&c->attrs);

		cb(user, c->text.s, c->text.len, &look);
		if (text_cluster_width(c->text.s, c->text.len) == 2)
			i++;                   /* the blank behind a wide one */
	}
}

static void each_clustered_cell(const struct wire_line *l, cell_cb cb, void *user)
{
	static const struct wire_cell_attrs plain;
	const char *s = l->text.s, *end = s + l->text.len;
	size_t x = 0, wide = 0, run = 0, run_end = 0;
	struct look look = look_of(&plain);

	while (s < end) {
		size_t len = text_cluster_len(s, (size_t)(end - s));

		for (; x >= run_end && run < l->n_clusters; run++) {
			look = look_of(&l->clusters[run].attrs);
			run_end += l->clusters[run].cell_width;
		}
		while (wide < l->n_double_wide && l->double_wide[wide] < x)
			wide++;
		cb(user, s, len, &look);
		x += wide < l->n_double_wide && l->double_wide[wide] == x ? 2 : 1;
		s += len;
	}
}

static void each_cell(const struct wire_line *l, cell_cb cb, void *user)
{
	if (l->storage == WIRE_STORAGE_V)
		each_vector_cell(l, cb, user);
	else
		each_clustered_cell(l, cb, user);
}

static void add_plain(void *user, const char *s, size_t len, const struct look *look)
{
	str_add(user, s, len);
}

/* ---- with escapes ------------------------------------------------------------------------ */

struct drawing {
	struct str *out, run;              /* text of the run of equal cells under way */
	struct look now;                   /* what the sequences so far have set */
	struct look look;                  /* of the run */
	bool owed;                         /* the look of the run differs from the one before it */
};

static bool same_look(const struct look *a, const struct look *b)
{
	return a->bits == b->bits && same_color(&a->fg, &b->fg) && same_color(&a->bg, &b->bg);
}

static void flush(struct drawing *d)
{
	if (d->run.len == 0)
		return;
	if (d->owed)
		add_look(d->out, &d->now, &d->look);
	d->owed = false;
	str_add(d->out, d->run.s, d->run.len);
	str_reset(&d->run);
}

static void draw(void *user, const char *s, size_t len, const struct look *look)
{
	struct drawing *d = user;

	if (!same_look(look, &d->look)) {
		flush(d);
		d->look = *look;
		d->owed = true;
	}
	str_add(&d->run, s, len);
}

/* Blanks at the end of a row that are nothing but background are not drawn. */
static void end_row(struct drawing *d)
{
	if (d->look.bits == 0 && d->look.fg.kind == WIRE_COLOR_DEFAULT) {
		size_t had = d->run.len;

		while (d->run.len > 0 && d->run.s[d->run.len - 1] == ' ')
			d->run.len--;
		d->run.s[d->run.len] = '\0';
		if (d->look.bg.kind != WIRE_COLOR_DEFAULT && had > d->run.len) {
			flush(d);
			if (d->owed)
				add_look(d->out, &d->now, &d->look);
			d->owed = false;
			str_puts(d->out, "\033[K");
		}
	}
	flush(d);
	if (d->owed)
		add_look(d->out, &d->now, &d->look);
	d->owed = false;
	str_puts(d->out, "\r\n");
}

/* ---- the verb ------------------------------------------------------------------------------- */

static void print_rows(struct drawing *d, const struct wire_lines *l, bool escapes)
{
	for (size_t i = 0; i < l->n_lines; i++) {
		if (escapes) {
			each_cell(&l->lines[i].line, draw, d);
			end_row(d);
		} else {
			each_cell(&l->lines[i].line, add_plain, d->out);
			str_putc(d->out, '\n');
		}
	}
}

/* A line counted from the top of the screen, as a stable row. */
static int64_t row_of(const struct wire_dimensions *d, int64_t line)
{
	if (line < 0 && line < d->scrollback_top - d->physical_top)
		return d->scrollback_top;
	return d->physical_top + MIN(line, INT32_MAX);
}

int muxcli_get_text(struct run *r)
{
	const struct muxcli_args *a = r->a;
	uint64_t pane;

	if (muxcli_pane(r, &pane) != 0)
		return -1;
	const struct wire_pdu *p = muxcli_call(r, WIRE_GET_PANE_RENDERABLE_DIMENSIONS,
	    &(union wire_body){ .pane_ref = { pane } }, WIRE_GET_PANE_RENDERABLE_DIMENSIONS_RESPONSE);
	if (p == NULL)
		return -1;
	const struct wire_dimensions d = p->body.renderable_dimensions.dimensions;
	struct wire_range range = { row_of(&d, a->set & MUXCLI_START_LINE ? a->start_line : 0),
		row_of(&d, a->set & MUXCLI_END_LINE ? a->end_line : (int64_t)d.viewport_rows) + 1 };
	struct drawing drawing = { .out = r->out, .run = STR_INIT, .now = { .fg = small(false, 0), .bg = small(false, 0) } };
	drawing.look = drawing.now;
	/* Many rows do not come in one answer. */
	while (range.start < range.end) {
		p = muxcli_call(r, WIRE_GET_LINES, &(union wire_body){ .get_lines = { pane, &range, 1 } },
		    WIRE_GET_LINES_RESPONSE);
		if (p == NULL)
			break;
		const struct wire_lines *l = &p->body.get_lines_response.lines;
		print_rows(&drawing, l, a->set & MUXCLI_ESCAPES);
		if (l->n_lines == 0 || l->lines[l->n_lines - 1].row < range.start ||
		    l->lines[l->n_lines - 1].row + 1 >= d.physical_top + (int64_t)d.viewport_rows)
			break;
		range.start = l->lines[l->n_lines - 1].row + 1;
	}
	str_fini(&drawing.run);
	if (p != NULL && (a->set & MUXCLI_ESCAPES))
		str_putc(r->out, '\n');
	return p != NULL ? 0 : -1;
}
