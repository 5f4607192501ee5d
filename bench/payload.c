/* The payloads. The project's bars were set on those of kitty's `kitten __benchmark__` and of
 * alacritty's vtebench, measured over a pty; those here have the same contents by kind and by
 * share, with numbers and letters from a seed where theirs are fixed or come from the clock.
 * What is made differently is said at each.
 *
 * These are the bars' other half: whoever makes one lighter makes the bar lower. */
#include "payload.h"

#include "base/mem.h"
#include "pictures.h"
#include "text/text.h"

static uint64_t seed;
static unsigned log_ms;              /* the time of a log's last line */

void payload_seed(void)
{
	seed = 88172645463325252ull;
	log_ms = 0;
}

uint32_t payload_random(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

#define rnd payload_random

static void add_cp(struct str *s, uint32_t cp)
{
	char utf8[4];

	str_add(s, utf8, text_utf8_encode(cp, utf8));
}

static void add_words(struct str *s, unsigned columns)
{
	static const char *const words[] = { "request", "done", "cache", "miss", "open", "the", "of", "connection",
		"reset", "by", "peer", "worker", "job", "0x7f3a", "retry", "in", "200", "GET", "/api/v1/items", "ms" };
	size_t start = s->len;

	while (s->len - start < columns) {
		str_puts(s, words[rnd(ARRAY_LEN(words))]);
		str_putc(s, ' ');
	}
	s->len = start + columns;
	s->s[s->len] = 0;
}

/* ---- text ------------------------------------------------------------------------- */

/* What services log: a time (which rises, some 20 ms a line), a level in colour, words, and
 * the number of a request that does not come again. 79 columns, three changes of style. */
void payload_log_line(struct str *s)
{
	static const char *const levels[] = { "32mINFO ", "33mWARN ", "31mERROR", "34mDEBUG" };
	unsigned ms = log_ms += rnd(40);

	str_printf(s, "\033[2m2024-05-07 %02u:%02u:%02u.%03u\033[0m \033[%s\033[0m ", ms / 3600000 % 24,
	    ms / 60000 % 60, ms / 1000 % 60, ms % 1000, levels[rnd(4)]);
	add_words(s, 37);
	str_printf(s, " id=%08x\r\n", rnd(UINT32_MAX));
}

/* kitty's "only ASCII chars": each character at random from the printable ones, a line end
 * and a tab. So lines have a hundred characters, more or less (many wrap), and one tab. */
static void ascii(struct str *s)
{
	for (unsigned i = 0; i < 1000; i++) {
		unsigned c = rnd(95 + 2);

		if (c < 95)
			str_putc(s, (char)(0x20 + c));
		else
			str_puts(s, c == 95 ? "\r\n" : "\t");
	}
}

/* As vtebench's "scrolling": `yes`. */
static void short_lines(struct str *s)
{
	str_puts(s, "y\r\n");
}

/* ---- screens ------------------------------------------------------------------------ */

/* A full-screen editor: jumps, coloured words, clearing to the end of the line, some
 * scrolling. vtebench's medium_cells is a recording of such a session. */
static void vim(struct str *s)
{
	str_puts(s, "\033[?25l");
	for (unsigned y = 1; y < 24; y++) {
		str_printf(s, "\033[%u;1H\033[38;5;130m%4u \033[m", y, rnd(1000));
		for (unsigned k = 0; k < 5; k++) {
			str_printf(s, "\033[38;5;%um", 1 + rnd(15));
			add_words(s, 4 + rnd(9));
			str_puts(s, "\033[m");
		}
		str_puts(s, "\033[K");
	}
	str_printf(s, "\033[1;23r\033[23;1H\n\033[1;24r\033[24;63H%u,%u\033[%u;%uH\033[?25h", rnd(1000), rnd(80),
	    1 + rnd(23), 6 + rnd(60));
}

/* As vtebench's light_cells, on the alternate screen: all cells, of one letter. */
static void redraw(struct str *s)
{
	char line[80];

	str_puts(s, "\033[?1049h\033[H");
	memset(line, 'A' + (int)rnd(26), sizeof(line));
	for (unsigned y = 0; y < 24; y++)
		str_add(s, line, sizeof(line));
}

/* A log above a status line: lines scroll in a part of the screen. */
static void region(struct str *s)
{
	str_puts(s, "\033[2;22r\033[22;1H");
	for (unsigned i = 0; i < 20; i++) {
		add_words(s, 10 + rnd(60));
		str_puts(s, "\r\n");
	}
	str_printf(s, "\033[r\033[24;1H\033[7m%3u%%\033[m\033[K", rnd(100));
}

/* ---- sequences ------------------------------------------------------------------------ */

/* kitty's "CSI codes with few chars". Of a hundred chunks, 10 are up to 72 ASCII characters
 * (its alphabet has line ends and tabs), 20 a reset, a mode and a jump, 10 attributes with a curly underline, 10
 * colours with colons, 10 an underline colour, 20 a reset, moves and an erased line, and 20
 * a colour, a column, a letter, a hundred copies of it and a mode. Some 8 bytes a sequence.
 * Colours and columns are fixed there; here they are drawn. */
static void csi(struct str *s)
{
	unsigned q = rnd(100);

	if (q < 10) {
		for (unsigned i = 1 + rnd(72); i > 0; i--) {
			unsigned c = rnd(95 + 2);

			if (c < 95)
				str_putc(s, (char)(0x20 + c));
			else
				str_puts(s, c == 95 ? "\r\n" : "\t");
		}
	} else if (q < 30) {
		str_puts(s, "\033[m\033[?1h\033[H");
	} else if (q < 40) {
		str_printf(s, "\033[1;2;3;4:3;%um", 31 + rnd(7));
	} else if (q < 50) {
		str_printf(s, "\033[38:5:%u;48:2:%u:%u:%um", rnd(256), rnd(256), rnd(256), rnd(256));
	} else if (q < 60) {
		str_printf(s, "\033[58;5;%u;2m", rnd(256));
	} else if (q < 80) {
		str_printf(s, "\033[m\033[%uA\033[%uE\033[2K", 1 + rnd(20), 1 + rnd(8));
	} else {
		str_printf(s, "\033[39m\033[%u`%c\033[100b\033[?1l", 1 + rnd(20), 'a' + (int)rnd(26));
	}
}

/* Cursor motion and short texts in turn, as status displays do it (vtebench's cursor_motion
 * has one character after each jump). */
static void motion(struct str *s)
{
	switch (rnd(6)) {
	case 0: str_printf(s, "\033[%uC", 1 + rnd(9)); break;
	case 1: str_printf(s, "\033[%uA\033[%uG", 1 + rnd(5), 1 + rnd(80)); break;
	default: str_printf(s, "\033[%u;%uH", 1 + rnd(24), 1 + rnd(80)); break;
	}
	add_words(s, 1 + rnd(3));
}

/* As vtebench's dense_cells: each cell with both colours and three attributes. */
static void cells_256(struct str *s)
{
	str_printf(s, "\033[38;5;%u;48;5;%u;1;3;4m%c", rnd(256), rnd(256), 'a' + (int)rnd(26));
}

static void cells_rgb(struct str *s)
{
	str_printf(s, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um%c", rnd(256), rnd(256), rnd(256), rnd(256), rnd(256),
	    rnd(256), 'a' + (int)rnd(26));
}

/* ---- more than ASCII ---------------------------------------------------------------------- */

/* Like kitty's "Unicode chars": nearly all of it is Chinese, the rest emoji and what they are
 * made of, and letters with marks of their own. */
static void cjk_emoji(struct str *s)
{
	static const char *const emoji[] = { "\U0001f600", "\U0001f680", "\u2764\ufe0f", "\U0001f44d\U0001f3fd",
		"\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "e\u0301" };

	for (unsigned i = 0; i < 36; i++) {
		if (rnd(12) == 0)
			str_puts(s, emoji[rnd(ARRAY_LEN(emoji))]);
		else
			add_cp(s, 0x4e00 + rnd(0x4000));
	}
	str_puts(s, "\r\n");
}

/* As vtebench's "unicode": many different characters in the order of their numbers, marks
 * among them, without a line end. Theirs begins at U+00A1 and goes through to CJK; here each
 * stretch of up to 64 begins somewhere in the blocks from Latin-1 to the symbols, or among
 * the emoji. */
static void symbols(struct str *s)
{
	uint32_t cp = rnd(8) ? 0xa1 + rnd(0x3000 - 0xa1) : 0x1f000 + rnd(0xb00);

	for (unsigned i = 16 + rnd(48); i > 0; i--)
		add_cp(s, cp++);
}

void payload_cjk_line(struct str *s)
{
	for (unsigned i = 0; i < 40; i++)
		add_cp(s, 0x4e00 + rnd(0x4000));
	str_puts(s, "\r\n");
}

void payload_rgb_line(struct str *s)
{
	for (unsigned i = 0; i < 79; i++)
		str_printf(s, "\033[38;2;%u;%u;%um%c", rnd(256), rnd(256), rnd(256), 'a' + (int)rnd(26));
	str_puts(s, "\033[m\r\n");
}

/* ---- strings --------------------------------------------------------------------------------- */

/* 24 bits as four digits. */
static void add_digits(struct str *s, uint32_t bits)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned shift = 24; shift > 0; shift -= 6)
		str_putc(s, digits[bits >> (shift - 6) & 63]);
}

/* kitty's "long escape codes" are 8 KB of an OSC that it does not know. Here each second one
 * is the clipboard, which has to be decoded, looked through and handed on: words, and some of
 * them Chinese. */
static void long_osc(struct str *s)
{
	cleanup_str struct str text = STR_INIT;

	str_puts(s, "\033]6;");
	for (unsigned i = 0; i < 8024; i++)
		str_putc(s, (char)(0x20 + rnd(95)));
	while (text.len < 6015) {
		add_words(&text, 70);
		str_puts(&text, "\n");
		for (unsigned i = rnd(20); i > 0; i--)
			add_cp(&text, 0x4e00 + rnd(0x4000));
	}
	while (text.len % 3 != 0)
		str_putc(&text, '.');
	str_puts(s, "\a\033]52;c;");
	for (size_t i = 0; i < text.len; i += 3)
		add_digits(s, (uint32_t)(uint8_t)text.s[i] << 16 | (uint32_t)(uint8_t)text.s[i + 1] << 8 |
		    (uint8_t)text.s[i + 2]);
	str_puts(s, "\033\\");
}

/* kitty's "images": pixels as they are, in base64. Theirs is one of 1024x1024 that is sent
 * and deleted; here it is shown, each one in the place of the last, and cut into chunks of
 * 4096 bytes as the protocol demands and icat does. */
static void kitty(struct str *s, unsigned format)
{
	unsigned left = 640 * 400 * format / 8 / 3 * 4;

	str_printf(s, "\033[H\033_Ga=T,C=1,q=2,i=1,f=%u,s=640,v=400,m=1;", format);
	while (left > 0) {
		unsigned n = MIN(left, 4096u);

		left -= n;
		for (unsigned i = 0; i < n; i += 4)
			add_digits(s, rnd(1u << 24));
		str_puts(s, left ? "\033\\\033_Gm=1;" : "\033\\\033_Gm=0;\033\\");
	}
}

static void kitty_rgb(struct str *s)
{
	kitty(s, 24);
}

static void kitty_rgba(struct str *s)
{
	kitty(s, 32);
}

const struct payload payloads[] = {
	{ "log", "coloured log", payload_log_line, 500 },
	{ "ascii", "ASCII", ascii, 700 },
	{ "vim", "vim session", vim, 350 },
	{ "csi", "CSI mix", csi, 300 },
	{ "cjk", "CJK, emoji, combining", cjk_emoji, 300 },
	{ "symbols", "symbols", symbols, 300 },
	{ "osc", "long OSC strings", long_osc, 400 },
	{ "sixel", "sixel, a photograph", picture_photo, 400 },
	{ "window", "sixel, a window", picture_window, 0 },
	{ "kitty", "kitty graphics, RGBA", kitty_rgba, 400 },
	{ "kittyrgb", "kitty graphics, RGB", kitty_rgb, 400 },
	{ "y", "\"y\\n\"", short_lines, 0 },
	{ "redraw", "alternate screen redrawn", redraw, 0 },
	{ "region", "scrolling in a region", region, 0 },
	{ "motion", "cursor motion", motion, 0 },
	{ "cells256", "256 colours in each cell", cells_256, 0 },
	{ "cellsrgb", "24-bit colours in each cell", cells_rgb, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct payload *payload_find(const char *name)
{
	const struct payload *p = payloads;

	while (p->name && !str_eq(p->name, name))
		p++;
	return p->name ? p : NULL;
}

void payload_fill(const struct payload *p, struct str *s, size_t bytes)
{
	payload_seed();
	while (s->len < bytes)
		p->make(s);
}
