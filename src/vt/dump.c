/* Dumps: see dump.h. First everything is put into a known state, then rows are
 * printed from the top left corner on, one after the other, so that what does not fit
 * scrolls out; then come the things that would have been in the way of printing:
 * margins, character sets, modes, the cursor.
 *
 * Rows that a line continues into are printed through the last column, so that the
 * other terminal knows them as one line too. Blanks are left out or erased, never
 * printed, so that they are not text there either. */
#include "vt/dump.h"

#include "base/str.h"
#include "vt/internal.h"

#define PIECE (32u << 10)

struct dump {
	struct vt *vt;
	struct str out;
	bool (*fn)(void *user, const void *bytes, size_t len);
	void *user;
	bool failed;
	/* The other terminal, as it has become: */
	struct vt_style style;       /* its pen */
	uint8_t charset[4], gl, gr;
	unsigned x;                  /* column of its cursor while a row is printed */
	bool open;                   /* what comes next could join what was printed last */
	unsigned top, left, right;   /* its margins */
};

static void flush(struct dump *d)
{
	if (d->out.len > 0 && !d->failed)
		d->failed = !d->fn(d->user, d->out.s, d->out.len);
	str_reset(&d->out);
}

/* ---- the pen ------------------------------------------------------------------------ */

static void put_color(struct str *out, vt_color c, unsigned base, unsigned bright)
{
	unsigned v = VT_COLOR_VALUE(c);

	switch (VT_COLOR_KIND(c)) {
	case 0: break;
	case 1:
		if (v < 16)
			str_printf(out, ";%u", v < 8 ? base + v : bright + v - 8);
		else
			str_printf(out, ";%u;5;%u", base + 8, v);
		break;
	default: str_printf(out, ";%u;2;%u;%u;%u", base + 8, v >> 16, v >> 8 & 255, v & 255); break;
	}
}

/* Parameters with colons stand in sequences of their own: who does not know them drops
 * no more than that. A fancy underline is a plain one before. */
static void put_sgr(struct str *out, const struct vt_style *s)
{
	static const struct { uint32_t mask, value; const char *sgr; } attrs[] = {
		{ VT_ATTR_INTENSITY, VT_ATTR_BOLD, ";1" }, { VT_ATTR_INTENSITY, VT_ATTR_HALF, ";2" },
		{ VT_ATTR_ITALIC, VT_ATTR_ITALIC, ";3" }, { VT_ATTR_BLINK, 1u << VT_ATTR_BLINK_SHIFT, ";5" },
		{ VT_ATTR_BLINK, 2u << VT_ATTR_BLINK_SHIFT, ";6" }, { VT_ATTR_REVERSE, VT_ATTR_REVERSE, ";7" },
		{ VT_ATTR_INVISIBLE, VT_ATTR_INVISIBLE, ";8" }, { VT_ATTR_STRIKE, VT_ATTR_STRIKE, ";9" },
		{ VT_ATTR_OVERLINE, VT_ATTR_OVERLINE, ";53" }, { VT_ATTR_VALIGN, 1u << VT_ATTR_VALIGN_SHIFT, ";73" },
		{ VT_ATTR_VALIGN, 2u << VT_ATTR_VALIGN_SHIFT, ";74" },
	};
	unsigned underline = (s->attrs & VT_ATTR_UNDERLINE) >> VT_ATTR_UNDERLINE_SHIFT;
	unsigned v = VT_COLOR_VALUE(s->underline);

	str_puts(out, "\033[0");
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
		if ((s->attrs & attrs[i].mask) == attrs[i].value)
			str_puts(out, attrs[i].sgr);
	if (underline)
		str_puts(out, ";4");
	put_color(out, s->fg, 30, 90);
	put_color(out, s->bg, 40, 100);
	str_putc(out, 'm');
	if (underline > 1)
		str_printf(out, "\033[4:%um", underline);
	if (VT_COLOR_KIND(s->underline) == 1)
		str_printf(out, "\033[58:5:%um", v);
	else if (s->underline)
		str_printf(out, "\033[58:2::%u:%u:%um", v >> 16, v >> 8 & 255, v & 255);
}

static void put_link(struct dump *d, uint32_t number)
{
	struct vt_link link = { "", "" };

	vt_link_get(d->vt, number, &link);
	str_printf(&d->out, "\033]8;%s%s;%s\033\\", *link.id ? "id=" : "", link.id, link.uri);
}

/* Zones are not told, so they make no difference. */
static void set_style(struct dump *d, const struct vt_style *style)
{
	struct vt_style s = *style, *had = &d->style;
	uint32_t rendition = ~(uint32_t)(VT_ATTR_PROTECTED | VT_ATTR_GUARDED);

	s.attrs &= ~(uint32_t)VT_ATTR_SEMANTIC;
	uint32_t changed = s.attrs ^ had->attrs;
	if ((changed & rendition) || s.fg != had->fg || s.bg != had->bg || s.underline != had->underline)
		put_sgr(&d->out, &s);
	if (changed & VT_ATTR_PROTECTED)
		str_puts(&d->out, s.attrs & VT_ATTR_PROTECTED ? "\033[1\"q" : "\033[0\"q");
	if (changed & VT_ATTR_GUARDED)
		str_puts(&d->out, s.attrs & VT_ATTR_GUARDED ? "\033V" : "\033W");
	if (s.link != had->link)
		put_link(d, s.link);
	d->style = s;
}

static void plain_style(struct dump *d)
{
	set_style(d, &(struct vt_style){ 0 });
}

/* Stacks of one screen. Before its text: some parsers print what they do not know. */
static void put_kitty(struct dump *d, const struct vt_grid *g)
{
	str_printf(&d->out, "\033[<%uu", VT_KITTY_STACK);
	for (unsigned i = 0; i < g->kitty_n; i++)
		str_printf(&d->out, "\033[>%uu", g->kitty[i]);
}

/* ---- rows -------------------------------------------------------------------------------- */

struct row_state {
	const struct vt_row *row;
	unsigned cols;               /* that can be used */
	unsigned end;                /* and that matter */
	bool joined;                 /* the line before goes on here: the cursor waits at its end */
	bool wraps;                  /* and this one goes on in the next */
	bool tinted;                 /* the row may have come with a background or the like */
};

static struct vt_cell cell_at(const struct row_state *r, unsigned x)
{
	return x < r->row->n ? r->row->cells[x] : vt_cell_make(0, 0, 1);
}

static bool is_blank(struct vt_cell cell)
{
	return cell.text == 0 && cell.width == 1;
}

/* What erasing can make: a background at most. */
static bool erasable(const struct vt_style *s)
{
	return (s->attrs & ~(uint32_t)VT_ATTR_SEMANTIC) == 0 && !s->fg && !s->underline && !s->link;
}

/* Blanks that one erasing makes: of one background, when that is all they have. */
static bool same_blank(struct dump *d, struct vt_cell a, struct vt_cell b)
{
	const struct vt_style *p = vt_style_get(d->vt, a.style), *q = vt_style_get(d->vt, b.style);

	return is_blank(b) && (a.style == b.style || (erasable(p) && erasable(q) && p->bg == q->bg));
}

static void move_to(struct dump *d, unsigned x)
{
	if (x > d->x)
		str_printf(&d->out, "\033[%uC", x - d->x);
	d->x = x;
}

static void put_spaces(struct dump *d, const struct vt_style *style, unsigned x, unsigned n)
{
	if (n == 0)
		return;
	move_to(d, x);
	set_style(d, style);
	for (unsigned i = 0; i < n; i++)
		str_putc(&d->out, ' ');
	d->x = x + n;
	d->open = true;
}

/* Blanks in [x, end) of one style. */
static void put_blanks(struct dump *d, const struct row_state *r, unsigned x, unsigned end)
{
	const struct vt_style *style = vt_style_get(d->vt, cell_at(r, x).style);
	/* Where a line goes on, something must be printed on both sides. */
	bool first = r->joined && x == 0, last = r->wraps && end == r->cols;

	if (!erasable(style)) {
		put_spaces(d, style, x, end - x);
		return;
	}
	put_spaces(d, style, x, first);
	x += first;
	last = last && x < end;
	end -= last;
	if (x < end && (style->bg || r->tinted)) {
		move_to(d, x);
		set_style(d, style);
		if (end == r->cols)
			str_puts(&d->out, "\033[K");
		else
			str_printf(&d->out, "\033[%uX", end - x);
	}
	put_spaces(d, style, end, last);
}

/* Ends a cluster, so that what comes next does not join it: terminals differ in what they
 * make of clusters, so the column is said too, unless the line is full and goes on. */
static void end_cluster(struct dump *d, const struct row_state *r)
{
	if (d->x < r->cols)
		str_printf(&d->out, "\033[%uG", d->x + 1);
	else if (r->wraps)
		put_sgr(&d->out, &d->style);
	d->open = false;
}

/* Whether the cell is one that comes about without grapheme clusters: a character, and
 * marks that take no room. */
static bool by_code_points(const char *s, size_t len, unsigned width)
{
	uint32_t cp;
	size_t at = text_utf8_decode(s, len, &cp);

	if (text_width(cp) != width)
		return false;
	while (at < len) {
		at += text_utf8_decode(s + at, len - at, &cp);
		if (text_width(cp) != 0)
			return false;
	}
	return true;
}

/* The most columns that it takes while it comes: VS15 makes narrow what was wide. */
static unsigned widest(const char *s, size_t len)
{
	unsigned most = 0;
	uint32_t cp;

	for (size_t at = 0; at < len;) {
		at += text_utf8_decode(s + at, len - at, &cp);
		most = MAX(most, text_cluster_width(s, at));
	}
	return most;
}

/* The text of a cell in as many columns as it has here. */
static void put_cell(struct dump *d, const struct row_state *r, unsigned x)
{
	struct vt_cell cell = cell_at(r, x);
	char s[VT_CLUSTER_BYTES_MAX];
	size_t len = vt_cell_text(d->vt, &cell, s), one = text_cluster_len(s, len);
	unsigned natural = text_cluster_width(s, one);
	bool plain = (natural != cell.width || one != len) && by_code_points(s, len, cell.width);
	uint32_t cp;

	move_to(d, x);
	set_style(d, vt_style_get(d->vt, cell.style));
	size_t first = text_utf8_decode(s, len, &cp);
	bool fits = natural <= cell.width && x + widest(s, one) <= r->cols;
	if (plain) {
		natural = cell.width;
	} else if (!fits) {
		/* Without what makes it wide, or instead of it the sign for what cannot be shown. */
		len = first = text_width(cp) == 1 ? first : text_utf8_encode(cp = TEXT_REPLACEMENT, s);
		natural = 1;
	} else {
		/* A cell of more than one cluster (OSC 66) shows the first. */
		len = one;
	}
	bool simple = text_is_simple(cp);
	if (d->open && !simple && x > 0)
		str_printf(&d->out, "\033[%uG", x + 1);
	else if (d->open && !simple)
		put_sgr(&d->out, &d->style);
	/* A mark by itself joins what stands before it even so. */
	if (text_width(cp) == 0)
		str_putc(&d->out, ' ');
	if (plain)
		str_puts(&d->out, "\033[?2027l");
	str_add(&d->out, s, len);
	if (plain)
		str_puts(&d->out, "\033[?2027h");
	d->x = x + natural;
	d->open = true;
	if (first != len || !simple)
		end_cluster(d, r);
	if (!plain && widest(s, len) > natural) {
		/* It was wide at first, and left a blank of its colours. */
		plain_style(d);
		str_puts(&d->out, "\033[X");
	}
	put_spaces(d, &d->style, d->x, MIN((unsigned)cell.width, r->cols - x) - natural);
}

static bool is_ascii(struct vt_cell cell)
{
	return cell.text >= 0x20 && cell.text < 0x7f && cell.width == 1;
}

/* Most of what there is: ASCII in one style, from x on. Returns where it ends. */
static unsigned put_ascii(struct dump *d, const struct row_state *r, unsigned x)
{
	uint16_t style = cell_at(r, x).style;

	move_to(d, x);
	set_style(d, vt_style_get(d->vt, style));
	for (; x < r->end && is_ascii(cell_at(r, x)) && cell_at(r, x).style == style; x++)
		str_putc(&d->out, (char)cell_at(r, x).text);
	d->x = x;
	d->open = true;
	return x;
}

static void put_row(struct dump *d, const struct row_state *r)
{
	d->x = 0;
	if (r->row->line_attr)
		str_printf(&d->out, "\033#%c", "?634"[r->row->line_attr]);
	for (unsigned x = 0; x < r->end;) {
		struct vt_cell cell = cell_at(r, x);
		unsigned end = x + 1;

		if (is_ascii(cell)) {
			x = put_ascii(d, r, x);
			continue;
		}
		if (!is_blank(cell)) {
			if (cell.width != 0)
				put_cell(d, r, x);
			x++;
			continue;
		}
		while (end < r->end && same_blank(d, cell, cell_at(r, end)))
			end++;
		put_blanks(d, r, x, end);
		x = end;
	}
}

/* How far a row is to be printed. A line that goes on fills it, but a wide character for
 * which there is no room in the last column goes to the next row by itself. */
static void plan_row(struct row_state *r, const struct vt_row *next, unsigned cols)
{
	r->cols = r->row->line_attr ? MAX(cols / 2, 1u) : cols;
	r->wraps = next && r->row->wrapped && next->n > 0 && !r->row->line_attr && !next->line_attr;
	r->end = r->wraps || r->tinted ? r->cols : MIN(r->row->n, r->cols);
	if (r->wraps && next->cells[0].width == 2 && r->row->n < r->cols)
		r->end = r->cols - 1;
}

/* A line that scrolls in takes the background of the pen; in libvterm all of the pen. */
static bool is_seen_on_blanks(const struct vt_style *s)
{
	return s->bg || (s->attrs & (VT_ATTR_UNDERLINE | VT_ATTR_REVERSE | VT_ATTR_STRIKE | VT_ATTR_OVERLINE));
}

/* Rows [first, end) of the screen that vt->grid is, from the other's top left corner on. */
static void put_rows(struct dump *d, int64_t first, int64_t end)
{
	struct vt_row rows[2];
	struct row_state r = { 0 };

	str_puts(&d->out, "\033[H\033[J");
	d->open = false;
	if (first >= end || !vt_row_get(d->vt, first, &rows[0]))
		return;
	for (int64_t i = first; i < end; i++) {
		struct vt_row *next = &rows[(i - first + 1) & 1];

		if (i + 1 == end || !vt_row_get(d->vt, i + 1, next))
			next = NULL;
		r.row = &rows[(i - first) & 1];
		plan_row(&r, next, d->vt->cols);
		put_row(d, &r);
		if (!next)
			break;
		if (r.wraps) {
			move_to(d, r.end);
			if (r.end < r.cols && r.tinted) {
				plain_style(d);
				str_puts(&d->out, "\033[X");
			}
			r.tinted = is_seen_on_blanks(vt_style_get(d->vt, next->cells[0].style));
		} else {
			if (is_seen_on_blanks(&d->style))
				plain_style(d);
			str_puts(&d->out, "\r\n");
			d->open = r.tinted = false;
		}
		r.joined = r.wraps;
		if (d->out.len >= PIECE)
			flush(d);
	}
}

/* ---- modes ------------------------------------------------------------------------------------ */

/* Those that are set in their own place, or that would act on the screen. */
static bool is_special(const struct vt_sequence *mode)
{
	static const uint16_t ansi[] = { 2, 4, 12, 20 };
	static const uint16_t dec[] = { 3, 6, 7, 12, 47, 69, 1046, 1047, 1048, 1049, 2026, 2027 };
	bool is_dec = mode->kind == VT_SEQ_MODE_DEC;
	const uint16_t *v = is_dec ? dec : ansi;

	for (size_t i = 0; i < (is_dec ? ARRAY_LEN(dec) : ARRAY_LEN(ansi)); i++)
		if (v[i] == mode->number)
			return true;
	return false;
}

/* All that are reset, or all that are set. One in a sequence: libvterm of before 0.2 takes
 * no notice of a second. */
static void put_modes(struct dump *d, bool on)
{
	for (size_t i = 0; i < vt_mode_table.n; i++) {
		const struct vt_sequence *mode = &vt_mode_table.rows[i];
		enum vt_mode_state want = on ? VT_MODE_SET : VT_MODE_RESET;

		if (is_special(mode) || mode->kind != VT_SEQ_MODE_DEC || vt_mode_query(d->vt, mode->number, true) != want)
			continue;
		str_printf(&d->out, "\033[?%u%c", mode->number, on ? 'h' : 'l');
	}
}

static void put_mode(struct dump *d, uint64_t bit, const char *mode)
{
	str_printf(&d->out, "\033[%s%c", mode, d->vt->modes & bit ? 'h' : 'l');
}

static void put_tabs(struct dump *d)
{
	const struct vt *vt = d->vt;

	str_puts(&d->out, "\033[3g");
	for (unsigned x = 0; x < vt->cols; x++)
		if (vt->tabs[x])
			str_printf(&d->out, "\033[%uG\033H", x + 1);
}

/* Everything that printing or what comes later depends on. */
static void put_start(struct dump *d, unsigned flags)
{
	const struct vt *vt = d->vt;

	if (flags & VT_DUMP_RESET)
		str_puts(&d->out, "\033c");
	if (vt->level != 5)
		str_printf(&d->out, "\033[%u;1\"p", 60u + vt->level);
	/* UTF-8; soft reset, and for those who do not know that one, its parts. */
	str_puts(&d->out, "\033%G\033[!p\033[?1046h\033[?2027h\033[?1049l\033[?6l\033[?69l\033[?7h\033[4l\033[20l\033[r\033(B\033)B\017\033[m"
		"\033]8;;\033\\");
	put_modes(d, false);
	put_modes(d, true);
	str_printf(&d->out, "\033[>4;%um", vt->other_keys);
	if (vt->other_keys_format)
		str_printf(&d->out, "\033[>4;%uf", vt->other_keys_format);
	/* In case that this was read as a rendition. */
	str_puts(&d->out, "\033[m");
	put_tabs(d);
}

/* ---- the cursor ---------------------------------------------------------------------------------- */

static const uint8_t ascii[4] = { VT_CHARSET_ASCII, VT_CHARSET_ASCII, VT_CHARSET_LATIN1, VT_CHARSET_LATIN1 };

static void set_charsets(struct dump *d, const uint8_t charset[4], uint8_t gl, uint8_t gr)
{
	static const char *const left[] = { "\017", "\016", "\033n", "\033o" };

	for (unsigned i = 0; i < 4; i++) {
		/* Sets of 96 characters cannot be G0. */
		char to = charset[i] == VT_CHARSET_LATIN1 ? "(-./"[i] : "()*+"[i];

		if (charset[i] != d->charset[i])
			str_printf(&d->out, "\033%c%s", to, vt_charset_name(charset[i]));
		d->charset[i] = charset[i];
	}
	if (gl != d->gl)
		str_puts(&d->out, left[gl]);
	if (gr != d->gr && gr > 0)
		str_printf(&d->out, "\033%c", "?~}|"[gr]);
	d->gl = gl;
	d->gr = gr;
}

/* Where a character waits to be followed in the next line, it is printed again; if it is
 * still there. */
static void put_position(struct dump *d, const struct vt_pos *pos, bool origin)
{
	const struct vt *vt = d->vt;
	const struct vt_grid_row *g = vt_row_at(vt, pos->y);
	struct vt_row row = { .cells = g->cells, .n = g->used };
	/* The last column, or that of the margin: nothing may move the cursor from there. */
	struct row_state r = { .row = &row, .cols = pos->x + 1u };
	bool again = pos->pending && (pos->x == d->right || pos->x + 1u == vt_row_cols(vt, g)) && !is_blank(cell_at(&r, pos->x));
	unsigned x = MIN(pos->x, vt_row_cols(vt, g) - 1);

	set_charsets(d, ascii, 0, 2);
	x -= again && x > 0 && cell_at(&r, x).width == 0;
	str_printf(&d->out, "\033[?6%c\033[%u;%uH", origin ? 'h' : 'l', pos->y - (origin ? MIN(pos->y, d->top) : 0u) + 1,
	    x - (origin ? MIN(x, d->left) : 0u) + 1);
	d->x = x;
	d->open = false;
	if (again)
		put_cell(d, &r, x);
}

/* What DECSC, or the switch to the alternate screen, is to keep. */
static void put_saved(struct dump *d, const struct vt_saved *saved)
{
	put_position(d, &saved->pos, saved->origin);
	set_style(d, &saved->pen);
	set_charsets(d, saved->charset, saved->gl, saved->gr);
}

static void put_margins(struct dump *d)
{
	const struct vt *vt = d->vt;

	str_printf(&d->out, "\033[?6l\033[%u;%ur", vt->top + 1u, vt->bottom + 1u);
	put_mode(d, VT_M_LEFT_RIGHT, "?69");
	if (vt->modes & VT_M_LEFT_RIGHT)
		str_printf(&d->out, "\033[%u;%us", vt->left + 1u, vt->right + 1u);
	d->top = vt->top;
	d->left = vt->left;
	d->right = vt->right;
}

/* ---- colours and titles ------------------------------------------------------------------------------ */

/* How a colour is named: the sequence up to the value. Colours that only kitty has are keys
 * of OSC 21. */
static bool color_head(unsigned i, char *ret, size_t size)
{
	static const uint8_t dynamic[] = {
		[VT_PALETTE_FG - 256] = 10, [VT_PALETTE_BG - 256] = 11, [VT_PALETTE_CURSOR - 256] = 12,
		[VT_PALETTE_POINTER_FG - 256] = 13, [VT_PALETTE_POINTER_BG - 256] = 14, [VT_PALETTE_TEK_FG - 256] = 15,
		[VT_PALETTE_TEK_BG - 256] = 16, [VT_PALETTE_HIGHLIGHT_BG - 256] = 17, [VT_PALETTE_TEK_CURSOR - 256] = 18,
		[VT_PALETTE_HIGHLIGHT_FG - 256] = 19,
	};

	if (i < 256)
		snprintf(ret, size, "4;%u;", i);
	else if (i >= VT_PALETTE_BOLD && i <= VT_PALETTE_ITALIC)
		snprintf(ret, size, "5;%u;", i - VT_PALETTE_BOLD);
	else if (i - 256 < sizeof(dynamic) && dynamic[i - 256])
		snprintf(ret, size, "%u;", dynamic[i - 256]);
	else if (i == VT_PALETTE_CURSOR_TEXT || i == VT_PALETTE_VISUAL_BELL)
		snprintf(ret, size, "21;%s=", i == VT_PALETTE_CURSOR_TEXT ? "cursor_text" : "visual_bell");
	else
		return false;
	return true;
}

static void put_palette(struct dump *d)
{
	const struct vt *vt = d->vt;

	str_puts(&d->out, "\033]104\033\\\033]110\033\\\033]111\033\\\033]112\033\\");
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++) {
		uint32_t c = vt->palette[i];
		char head[24];

		if (vt->palette_set[i] == VT_COLOR_SET && color_head(i, head, sizeof(head)))
			str_printf(&d->out, "\033]%srgb:%02x/%02x/%02x\033\\", head, c >> 16, c >> 8 & 255, c & 255);
	}
	/* Taken away: the cursor has the colour of the text. */
	if (vt->palette_set[VT_PALETTE_CURSOR] == VT_COLOR_UNSET)
		str_puts(&d->out, "\033]21;cursor=\033\\");
}

static void put_title(struct dump *d, const char *title, const char *icon)
{
	if (__builtin_strcmp(title, icon) == 0) {
		str_printf(&d->out, "\033]0;%s\033\\", title);
		return;
	}
	str_printf(&d->out, "\033]2;%s\033\\\033]1;%s\033\\", title, icon);
}

static void put_texts(struct dump *d)
{
	const struct vt *vt = d->vt;

	for (unsigned i = 0; i < vt->title_stack_n; i++) {
		put_title(d, vt->title_stack[i].title, vt->title_stack[i].icon);
		str_puts(&d->out, "\033[22;0t");
	}
	/* Without one it keeps its own. */
	if (*vt->title || *vt->icon_title || vt->title_stack_n > 0)
		put_title(d, vt->title, vt->icon_title);
	if (*vt->cwd)
		str_printf(&d->out, "\033]7;%s\033\\", vt->cwd);
	if (vt->progress != VT_PROGRESS_NONE)
		str_printf(&d->out, "\033]9;4;%u;%u\033\\", (unsigned)vt->progress, vt->progress_percent);
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

/* The primary screen and kept rows; it may not be the one that is shown. */
static void put_primary(struct dump *d, const struct vt_dump_config *config)
{
	struct vt *vt = d->vt;
	const struct vt_scrollback *sb = &vt->sb;
	struct vt_grid *shown = vt->grid;

	vt->grid = &vt->grids[0];
	put_kitty(d, vt->grid);
	put_rows(d, MAX(sb->first, sb->end - (int64_t)config->scrollback), sb->end + vt->rows);
	if (shown != vt->grid)
		put_saved(d, &vt->grid->saved);
	vt->grid = shown;
}

static void put_screens(struct dump *d, const struct vt_dump_config *config)
{
	struct vt *vt = d->vt;

	if (!vt_is_alt(vt)) {
		put_primary(d, config);
		return;
	}
	if (config->flags & VT_DUMP_BOTH)
		put_primary(d, config);
	str_puts(&d->out, "\033[?1049h\033[?6l");
	set_charsets(d, ascii, 0, 2);
	plain_style(d);
	put_kitty(d, vt->grid);
	put_rows(d, 0, vt->rows);
}

/* What would have been in the way until here, in an order in which nothing undoes another. */
static void put_end(struct dump *d)
{
	const struct vt *vt = d->vt;
	struct vt_pos pos = vt->pos;

	/* With margins that are no bar yet. */
	if (vt->grid->saved.valid) {
		put_saved(d, &vt->grid->saved);
		str_puts(&d->out, "\0337");
	}
	put_margins(d);
	/* Without autowrap nothing waits. */
	pos.pending = pos.pending && (vt->modes & VT_M_AUTOWRAP);
	put_position(d, &pos, vt->modes & VT_M_ORIGIN);
	set_style(d, &vt->pen);
	set_charsets(d, vt->charset, vt->gl, vt->gr);
	str_printf(&d->out, "\033[%u q", (unsigned)vt->shape);
	put_mode(d, VT_M_CURSOR_BLINK, "?12");
	put_mode(d, VT_M_KEYBOARD_LOCK, "2");
	put_mode(d, VT_M_INSERT, "4");
	put_mode(d, VT_M_LOCAL_ECHO_OFF, "12");
	put_mode(d, VT_MODE_NEWLINE, "20");
	if (!(vt->modes & VT_M_CLUSTERS))
		str_puts(&d->out, "\033[?2027l");
	if (!(vt->modes & VT_M_AUTOWRAP))
		str_puts(&d->out, "\033[?7l");
	if (!(vt->modes & VT_M_ALT_ALLOWED))
		str_puts(&d->out, "\033[?1046l");
	if (vt->modes & VT_M_C1_8BIT)
		str_puts(&d->out, "\033 G");
	if (vt->modes & VT_M_TEXT_8BIT)
		str_puts(&d->out, "\033%@");
	if (vt->single_shift)
		str_puts(&d->out, vt->single_shift == 2 ? "\033N" : "\033O");
}

bool vt_dump(struct vt *vt, const struct vt_dump_config *config,
    bool (*fn)(void *user, const void *bytes, size_t len), void *user)
{
	struct dump d = { .vt = vt, .fn = fn, .user = user, .out = STR_INIT, .gr = 2, .right = vt->cols - 1u };

	memcpy(d.charset, ascii, sizeof(ascii));
	put_start(&d, config->flags);
	put_palette(&d);
	put_texts(&d);
	put_screens(&d, config);
	if (*vt_pointer_shape(vt))
		str_printf(&d.out, "\033]22;%s\033\\", vt_pointer_shape(vt));
	put_end(&d);
	flush(&d);
	str_fini(&d.out);
	return !d.failed;
}
