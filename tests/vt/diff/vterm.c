/* vterm [ROUNDS [SEED]]: the engine beside libvterm, over random streams.
 *
 * Both get the same items one after the other and must show the same text, cursor,
 * attributes and colours after each. What they are known to differ in, and who says
 * that we are right, stands in the table below and nowhere else. A difference that is
 * not there is shown with the shortest stream that has it. */
#include <vterm.h>

#include "screen.h"
#include "stream.h"

#include "base/mem.h"
#include "text/text.h"
#include "vt/internal.h"

#define ATTRS (VT_ATTR_BOLD | VT_ATTR_UNDERLINE | VT_ATTR_ITALIC | VT_ATTR_BLINK | VT_ATTR_REVERSE | VT_ATTR_STRIKE)

/* Everything in which the two are known to differ. */
#define OUT(kind, difference, source) { STREAM_##kind, LEFT_OUT, STREAM_NONE, NULL, NULL, difference, source },
#define APART(kind, with, difference, source) \
	{ STREAM_##kind, APART, STREAM_##with, NULL, NULL, difference, source },
#define AROUND(kind, before, after, difference, source) \
	{ STREAM_##kind, AROUND, STREAM_NONE, before, after, difference, source },
#define SETTLED(kind, difference, source) { STREAM_##kind, SETTLED, STREAM_NONE, NULL, NULL, difference, source },
static const struct stream_rule rules[] = {
	OUT(REP, "libvterm stops at the margin, and crashes when nothing was printed before",
	    "ECMA-48 8.3.103; xterm")
	OUT(DECSTR, "libvterm does nothing", "VT510; xterm")
	OUT(EMOJI, "libvterm knows no clusters", "UAX #29, mode 2027")
	OUT(SGR_HALF, "libvterm has no faint, rapid blink, conceal, overline", "xterm ctlseqs, SGR 2 6 8 53")
	OUT(SL, "libvterm has no SL and SR", "ECMA-48 8.3.121, 8.3.135; xterm")
	OUT(SR, "libvterm has no SL and SR", "the same")
	OUT(DECBI, "libvterm has no DECBI and DECFI", "VT420")
	OUT(DECFI, "libvterm has no DECBI and DECFI", "VT420")
	OUT(DECSCNM, "libvterm tells it by each cell, we as a mode", "VT510")
	OUT(UNKNOWN_STRING, "libvterm prints PM, APC and SOS", "ECMA-48 5.6")
	OUT(DECDWL, "libvterm leaves a cursor that is past the line's end", "VT510: to the last column; xterm")
	OUT(DECSLRM, "libvterm wraps from the screen's edge to its first column", "VT510; xterm")
	OUT(ALTBUF_47, "libvterm has no mode 47", "xterm ctlseqs")
	OUT(ALTBUF_1047, "libvterm clears the alternate screen when it is entered, xterm and we when it is left",
	    "xterm ctlseqs")
	APART(ALTBUF, DECRC, "libvterm saves one cursor, not one for each screen", "xterm, DECSC")
	APART(ALTBUF, DECSC, "libvterm saves one cursor, not one for each screen", "xterm, DECSC")
	APART(ALTBUF, RIS, "libvterm keeps what was saved over a reset", "VT510, RIS")
	APART(DECRC, RIS, "the same", "VT510, RIS")
	APART(DECOM, DECRC, "libvterm does not save origin mode", "VT510, DECSC")
	APART(DECOM, ALTBUF, "the same", "VT510, DECSC")
	APART(ALTBUF, SCS_GRAPHICS, "libvterm does not save character sets", "VT510, DECSC")
	APART(ALTBUF, SCS_UK, "the same", "VT510, DECSC")
	APART(ALTBUF, SO_SI, "the same", "VT510, DECSC")
	APART(DECSCA, DECRC, "libvterm does not save protection", "VT510, DECSC")
	APART(DECSCA, ALTBUF, "the same", "VT510, DECSC")
	APART(COMBINING, SCS_ASCII, "libvterm loses the mark in the last column", "UAX #29")
	OUT(DECAWM, "libvterm wraps although the mode was reset while the cursor waited", "xterm")
	APART(SCS_GRAPHICS, COMBINING, "libvterm leaves ASCII beside other characters as it is", "VT510, SCS")
	APART(SCS_GRAPHICS, LATIN, "the same", "VT510, SCS")
	APART(SCS_GRAPHICS, WIDE, "the same", "VT510, SCS")
	APART(SCS_UK, COMBINING, "the same", "VT510, SCS")
	APART(SCS_UK, LATIN, "the same", "VT510, SCS")
	APART(SCS_UK, WIDE, "the same", "VT510, SCS")
	APART(SCS_G1, COMBINING, "the same", "VT510, SCS")
	APART(SCS_G1, LATIN, "the same", "VT510, SCS")
	APART(SCS_G1, WIDE, "the same", "VT510, SCS")
	APART(DECRC, SCS_GRAPHICS, "libvterm does not save character sets", "VT510, DECSC")
	APART(DECRC, SCS_UK, "the same", "VT510, DECSC")
	APART(DECRC, SO_SI, "the same", "VT510, DECSC")
	APART(WIDE, SGR, "the column that a wide character does not fit into: libvterm leaves it, we make it blank in the"
	    " default colours, so that a reflow joins the line", "own")
	APART(WIDE, SGR_256, "the same", "own")
	APART(WIDE, SGR_RGB, "the same", "own")
	APART(ICH, DECSTBM, "outside top and bottom margin libvterm does nothing (as VT510 has it)", "xterm")
	APART(DCH, DECSTBM, "the same", "xterm")
	APART(CUU, DECSTBM, "libvterm moves over the margins", "VT510, CUU: stops at the top margin; xterm")
	APART(CUD, DECSTBM, "libvterm moves over the margins", "VT510; xterm")
	APART(CNL, DECSTBM, "libvterm moves over the margins", "xterm")
	APART(CPL, DECSTBM, "libvterm moves over the margins", "xterm")
	AROUND(IL, "\r", "", "libvterm leaves the column", "VT510, IL and DL: to the left margin; xterm")
	AROUND(DL, "\r", "", "libvterm leaves the column", "the same")
	AROUND(DECALN, "\033[m\033[0\"q", "\033[?6l\033[r\033[H",
	    "libvterm fills with the pen, and leaves cursor, margins and origin mode", "VT510; xterm")
	SETTLED(DECSC, "libvterm does not save that the cursor waits", "VT510, DECSC")
	SETTLED(SU, "of a wide character that waits libvterm tells the left half", "vt.h")
	SETTLED(LF, "with libvterm the cursor still waits at the margin after it", "xterm")
	SETTLED(VT_FF, "the same", "xterm")
	SETTLED(IND, "the same", "xterm")
	SETTLED(RI, "the same", "xterm")
	SETTLED(EL, "the same", "xterm")
	SETTLED(ED, "the same", "xterm")
	SETTLED(DECSEL, "the same", "xterm")
	SETTLED(DECSED, "the same", "xterm")
	SETTLED(ECH, "the same", "xterm")
	SETTLED(ICH, "the same", "xterm")
	SETTLED(DCH, "the same", "xterm")
};

struct pair {
	struct vt *vt;
	VTerm *other;
	VTermScreen *other_screen;
	struct screen ours, theirs;
};

static void pair_init(struct pair *p, unsigned rows, unsigned cols)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 20 };

	p->vt = vt_create(&config, &none, NULL);
	p->other = vterm_new((int)rows, (int)cols);
	vterm_set_utf8(p->other, 1);
	p->other_screen = vterm_obtain_screen(p->other);
	vterm_screen_enable_altscreen(p->other_screen, 1);
	vterm_screen_reset(p->other_screen, 1);
	/* Without this a DECRC makes libvterm's text black on black. */
	vterm_input_write(p->other, "\0337", 2);
	vt_write(p->vt, "\0337", 2);
	screen_init(&p->ours, rows, cols);
	screen_init(&p->theirs, rows, cols);
}

static void pair_fini(struct pair *p)
{
	vt_destroy(p->vt);
	vterm_free(p->other);
	screen_fini(&p->ours);
	screen_fini(&p->theirs);
}

static vt_color color_of(const VTermColor *c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return VT_COLOR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(c))
		return VT_COLOR_PALETTE(c->indexed.idx);
	return VT_COLOR_RGB(c->rgb.red, c->rgb.green, c->rgb.blue);
}

/* Special graphics y and z: libvterm has the slanted signs; xterm, VT510 and we the plain ones. */
static uint32_t usual_cp(uint32_t cp)
{
	return cp == 0x2a7d ? 0x2264 : cp == 0x2a7e ? 0x2265 : cp;
}

static void read_other(struct pair *p)
{
	struct screen *s = &p->theirs;
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(p->other), &pos);
	s->x = (unsigned)pos.col;
	s->y = (unsigned)pos.row;
	/* Of a wide character that waits at the margin it tells the left half, we the right one. */
	if (p->ours.x == s->x + 1 && p->ours.x == s->cols - 1 && screen_at(&p->ours, p->ours.x, s->y)->width == 0)
		s->x++;
	for (unsigned y = 0; y < s->rows; y++)
		for (unsigned x = 0; x < s->cols; x++) {
			struct screen_cell *c = screen_at(s, x, y);
			VTermScreenCell cell;
			size_t n = 0;

			vterm_screen_get_cell(p->other_screen, (VTermPos){ .row = (int)y, .col = (int)x }, &cell);
			*c = (struct screen_cell){ .width = (uint8_t)cell.width, .bg = color_of(&cell.bg) };
			bool half = cell.chars[0] == UINT32_MAX;
			if (half) {
				/* It is not told the pen. */
				*c = *screen_at(s, x - 1, y);
				c->text[0] = 0;
				c->width = 0;
				continue;
			}
			if (cell.chars[0] == 0)
				continue;
			for (unsigned i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
				n += text_utf8_encode(usual_cp(cell.chars[i]), c->text + n);
			c->fg = color_of(&cell.fg);
			c->attrs = (uint32_t)cell.attrs.underline << VT_ATTR_UNDERLINE_SHIFT;
			c->attrs |= cell.attrs.bold ? (uint32_t)VT_ATTR_BOLD : 0;
			c->attrs |= cell.attrs.italic ? (uint32_t)VT_ATTR_ITALIC : 0;
			c->attrs |= cell.attrs.blink ? 1u << VT_ATTR_BLINK_SHIFT : 0;
			c->attrs |= cell.attrs.reverse ? (uint32_t)VT_ATTR_REVERSE : 0;
			c->attrs |= cell.attrs.strike ? (uint32_t)VT_ATTR_STRIKE : 0;
		}
}

static void pair_feed(struct pair *p, const char *bytes, size_t len)
{
	vt_write(p->vt, bytes, len);
	vterm_input_write(p->other, bytes, len);
}

static bool pair_same(struct pair *p, struct str *ret)
{
	screen_read(&p->ours, p->vt, ATTRS);
	read_other(p);
	return screen_same(&p->ours, &p->theirs, ret);
}

/* ---- the shortest stream ------------------------------------------------------------------ */

struct items {
	char **v;
	size_t *len;
	size_t n;
};

static bool still_differs(const struct items *items, const bool *dropped, unsigned rows, unsigned cols)
{
	cleanup_str struct str what = STR_INIT;
	struct pair p;

	pair_init(&p, rows, cols);
	for (size_t i = 0; i < items->n; i++)
		if (!dropped[i])
			pair_feed(&p, items->v[i], items->len[i]);
	bool same = pair_same(&p, &what);
	pair_fini(&p);
	return !same;
}

static void explain(const struct items *items, unsigned rows, unsigned cols)
{
	bool *dropped = xcalloc(items->n, sizeof(bool));
	cleanup_str struct str what = STR_INIT;
	struct pair p;

	for (bool less = true; less;) {
		less = false;
		for (size_t i = 0; i < items->n; i++) {
			if (dropped[i])
				continue;
			dropped[i] = true;
			if (still_differs(items, dropped, rows, cols))
				less = true;
			else
				dropped[i] = false;
		}
	}
	printf("  size %u %u\n  in \"", rows, cols);
	pair_init(&p, rows, cols);
	for (size_t i = 0; i < items->n; i++)
		if (!dropped[i]) {
			screen_quote(items->v[i], items->len[i]);
			pair_feed(&p, items->v[i], items->len[i]);
		}
	printf("\"\n");
	pair_same(&p, &what);
	printf("  %s\n", what.s);
	screen_print(&p.ours, "lace");
	screen_print(&p.theirs, "libvterm");
	pair_fini(&p);
	free(dropped);
}

/* Where characters are written over wide ones libvterm leaves halves; ours become blanks, as in
 * xterm. So wide ones come only where nothing but the end of the text is written to. */
static void append_only(struct stream *s)
{
	static const enum stream_kind kinds[] = { STREAM_WIDE, STREAM_ASCII, STREAM_ASCII_LONG, STREAM_LATIN,
		STREAM_COMBINING, STREAM_NEL, STREAM_SGR, STREAM_SGR_256, STREAM_SGR_RGB, STREAM_SGR_UNDERLINE, STREAM_SGR_RESET, STREAM_SU,
		STREAM_OSC_TITLE, STREAM_UNKNOWN };
	bool keep[STREAM_KIND_COUNT] = { false };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		keep[kinds[i]] = true;
	for (unsigned k = 0; k < STREAM_KIND_COUNT; k++)
		s->allowed[k] = s->allowed[k] && keep[k];
}

static bool run(uint64_t seed, unsigned length)
{
	struct items items = { .v = xcalloc(length, sizeof(char *)), .len = xcalloc(length, sizeof(size_t)) };
	struct stream s;
	struct pair p;
	bool same = true;

	stream_init(&s, seed, rules, ARRAY_LEN(rules));
	if (seed % 3 == 0)
		append_only(&s);
	else
		s.allowed[STREAM_WIDE] = false;
	pair_init(&p, s.rows, s.cols);
	while (same && items.n < length) {
		struct str item = STR_INIT, what = STR_INIT;
		enum stream_kind kind = stream_item(&s, p.vt->pos.pending, p.vt->pos.x, &item);

		pair_feed(&p, item.s, item.len);
		items.len[items.n] = item.len;
		items.v[items.n++] = str_detach(&item);
		same = pair_same(&p, &what);
		if (!same) {
			printf("seed %lu, item %zu (%s): %s\n", (unsigned long)seed, items.n, stream_kind_name(kind), what.s);
			explain(&items, s.rows, s.cols);
		}
		str_fini(&what);
	}
	pair_fini(&p);
	while (items.n > 0)
		free(items.v[--items.n]);
	free(items.v);
	free(items.len);
	return same;
}

/* --show ROWS COLS BYTES: both screens after these bytes, \e being ESC. */
static int show(char **argv)
{
	cleanup_str struct str s = STR_INIT, what = STR_INIT;
	struct pair p;

	for (const char *c = argv[2]; *c; c++) {
		static const char escapes[] = "ernt", meant[] = "\033\r\n\t";
		const char *escape = c[0] == '\\' && c[1] ? strchr(escapes, c[1]) : NULL;

		str_putc(&s, escape ? meant[escape - escapes] : *c);
		c += escape != NULL;
	}
	pair_init(&p, (unsigned)strtoul(argv[0], NULL, 10), (unsigned)strtoul(argv[1], NULL, 10));
	pair_feed(&p, s.s, s.len);
	bool same = pair_same(&p, &what);
	printf("%s\n", same ? "same" : what.s);
	screen_print(&p.ours, "lace");
	screen_print(&p.theirs, "libvterm");
	pair_fini(&p);
	return !same;
}

int main(int argc, char **argv)
{
	if (argc == 5 && str_eq(argv[1], "--show"))
		return show(argv + 2);
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 300, bad = 0;
	uint64_t first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	for (unsigned i = 0; i < rounds && bad < 20; i++)
		bad += !run(first + i, 200);
	printf("%u streams beside libvterm, %u of them differ\n", rounds, bad);
	return bad > 0;
}
