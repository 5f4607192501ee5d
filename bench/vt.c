/* vt.c - how fast the engine takes in what programs print, in process.
 *
 *     bench_vt [--json] [SECONDS [PAYLOAD]]
 *
 * Each payload is made here from a fixed seed (8 MiB), fed in pieces of 64 KiB, as a
 * pty gives them, to an 80x24 terminal with 10,000 lines of scrollback, again and
 * again for SECONDS (0.5) of processor time. Shown is the best pass. The last lines
 * are what 10,000 lines of scrollback take of the heap, the time of a reflow, and of searches in 100,000 lines. */
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "pictures.h"
#include "text/text.h"
#include "vt/search.h"
#include "vt/vt.h"

#define PAYLOAD (8u << 20)
#define PIECE (64u << 10)

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *const words[] = { "request", "done", "cache", "miss", "open", "the", "of", "connection",
	"reset", "by", "peer", "worker", "job", "0x7f3a", "retry", "in", "200", "GET", "/api/v1/items", "ms" };

static void add_words(struct str *s, unsigned columns)
{
	size_t start = s->len;

	while (s->len - start < columns) {
		str_puts(s, words[rnd(sizeof(words) / sizeof(words[0]))]);
		str_putc(s, ' ');
	}
	s->len = start + columns;
	s->s[s->len] = 0;
}

/* 79 columns a line: a time, a level in colour, a module, words. */
static void coloured_log(struct str *s)
{
	static const char *const levels[] = { "32mINFO ", "33mWARN ", "31mERROR", "34mDEBUG" };
	static unsigned ms;

	ms += rnd(40);
	str_printf(s, "\033[2m2024-05-07 %02u:%02u:%02u.%03u\033[0m \033[%s\033[0m ", ms / 3600000 % 24,
	    ms / 60000 % 60,
	    ms / 1000 % 60, ms % 1000, levels[rnd(4)]);
	add_words(s, 49);
	str_puts(s, "\r\n");
}

static void ascii(struct str *s)
{
	add_words(s, 20 + rnd(100));
	str_puts(s, "\r\n");
}

/* A full-screen editor: jumps, coloured words, clearing to the end of the line, some scrolling. */
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

/* Every other item is a sequence of one kind or another; the text between them is short. */
static void csi(struct str *s)
{
	if (rnd(2)) {
		add_words(s, 1 + rnd(24));
		return;
	}
	switch (rnd(9)) {
	case 0: str_printf(s, "\033[%u;%uH", 1 + rnd(24), 1 + rnd(80)); break;
	case 1: str_printf(s, "\033[%uC", rnd(10)); break;
	case 2: str_printf(s, "\033[38;2;%u;%u;%um", rnd(8) * 32, rnd(8) * 32, rnd(8) * 32); break;
	case 3: str_puts(s, "\033[K"); break;
	case 4: str_printf(s, "\033[%um", 30 + rnd(8)); break;
	case 5: str_printf(s, "\033[%uX", rnd(20)); break;
	case 6: str_printf(s, "\033[%uP", rnd(4)); break;
	case 7: str_puts(s, "\033[0m"); break;
	default: str_printf(s, "\033[%uA\033[%uG", rnd(5), 1 + rnd(80)); break;
	}
}

static void cjk_emoji(struct str *s)
{
	static const char *const emoji[] = { "\U0001f600", "\U0001f680", "\u2764\ufe0f", "\U0001f44d\U0001f3fd",
		"\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "e\u0301" };

	for (unsigned i = 0; i < 36; i++) {
		char utf8[4];

		if (rnd(12) == 0)
			str_puts(s, emoji[rnd(sizeof(emoji) / sizeof(emoji[0]))]);
		else
			str_add(s, utf8, text_utf8_encode(0x4e00 + rnd(0x4000), utf8));
	}
	str_puts(s, "\r\n");
}

static void cells(struct str *s)
{
	str_printf(s, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um%c", rnd(256), rnd(256), rnd(256), rnd(256), rnd(256),
	    rnd(256),
	    'a' + rnd(26));
}

static void newlines(struct str *s)
{
	str_puts(s, "y\r\n");
}

/* An image of 640x400 pixels as icat sends it: chunks of 4096 digits of base64. */
static void kitty(struct str *s, unsigned format)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned left = 640 * 400 * format / 8 / 3 * 4;

	str_printf(s, "\033_Ga=T,C=1,q=2,i=1,f=%u,s=640,v=400,m=1;", format);
	while (left > 0) {
		unsigned n = left < 4096 ? left : 4096;

		left -= n;
		while (n-- > 0)
			str_putc(s, digits[rnd(64)]);
		str_puts(s, left ? "\033\\\033_Gm=1;" : "\033\\\033_Gm=0;\033\\");
	}
}

static void kitty_rgb(struct str *s) { kitty(s, 24); }
static void kitty_rgba(struct str *s) { kitty(s, 32); }

static const struct {
	const char *name;
	void (*make)(struct str *);
	unsigned goal;               /* MB/s, the project's bar; 0 = none */
} payloads[] = {
	{ "coloured log", coloured_log, 500 },
	{ "ascii", ascii, 700 },
	{ "vim", vim, 350 },
	{ "csi mix", csi, 300 },
	{ "cjk and emoji", cjk_emoji, 300 },
	{ "24-bit cells", cells, 0 },
	{ "short lines", newlines, 0 },
	{ "kitty rgb", kitty_rgb, 400 },
	{ "kitty rgba", kitty_rgba, 400 },
	{ "sixel photo", picture_photo, 400 },
	{ "sixel window", picture_window, 0 },
};

static struct vt *make_vt(void)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = 10000 };

	return vt_create(&config, &none, NULL);
}

static void feed(struct vt *vt, const struct str *s)
{
	for (size_t at = 0; at < s->len; at += PIECE)
		vt_write(vt, s->s + at, s->len - at < PIECE ? s->len - at : PIECE);
}

static double measure(const struct str *s, double seconds)
{
	struct vt *vt = make_vt();
	double best = 0, begin = now();

	do {
		double t = now();

		feed(vt, s);
		t = (double)s->len / (now() - t) / 1e6;
		if (t > best)
			best = t;
	} while (now() - begin < seconds);
	vt_destroy(vt);
	return best;
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Bytes that 10,000 coloured log lines take, the same when cold, and milliseconds to reflow them. */
static void measure_kept(size_t *bytes, size_t *cold_bytes, double *reflow_ms)
{
	cleanup_str struct str s = STR_INIT;
	struct vt *vt = make_vt();
	size_t before = heap();

	for (unsigned i = 0; i < 10024; i++)
		coloured_log(&s);
	size_t mine = heap() - before;
	feed(vt, &s);
	*bytes = heap() - before - mine;
	while (vt_compact(vt))
		;
	*cold_bytes = heap() - before - mine;
	double t = now();
	vt_resize(vt, 24, 60, 0, 0);
	*reflow_ms = (now() - t) * 1e3;
	vt_destroy(vt);
}

/* Milliseconds for all matches in 100,000 coloured log lines, the older half of them compressed, in steps
 * of 64 KiB: the slowest of some patterns, each in its best run. */
static double measure_search(struct vt *vt, const char *const *patterns, unsigned flags)
{
	static struct vt_match matches[1000];
	double slowest = 0;

	for (; *patterns; patterns++) {
		double best = 1e9;

		for (int run = 0; run < 5; run++) {
			struct vt_search_config config = { .pattern = *patterns, .len = strlen(*patterns), .flags = flags,
				.end = INT64_MAX };
			struct vt_search_error error;
			size_t n;
			double t = now();
			struct vt_search *s = vt_search_create(vt, &config, &error);

			while (vt_search_step(s, 64 << 10, matches, sizeof(matches) / sizeof(matches[0]), &n) == VT_SEARCH_MORE)
				;
			vt_search_destroy(s);
			t = (now() - t) * 1e3;
			if (t < best)
				best = t;
		}
		if (best > slowest)
			slowest = best;
	}
	return slowest;
}

static void report_search(bool json)
{
	static const char *const strings[] = { "needle that is not there", "ERROR", "retry worker retry", NULL };
	static const char *const expressions[] = { "ERROR.*reset by peer", "\\d{2}:\\d{2}:\\d{2}\\.\\d{3}",
		"\\b(GET|in) /api/v\\d/\\w+ (\\w+) ms", "[a-z]+ms\\b", "^2024.* ERROR +\\w+", NULL };
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = 100000 };
	struct vt *vt = vt_create(&config, &none, NULL);
	cleanup_str struct str s = STR_INIT;

	seed = 88172645463325252ull;
	for (unsigned i = 0; i < 100023; i++)
		coloured_log(&s);
	feed(vt, &s);
	/* A call packs a block of 64 KiB; there are some 155 of them. */
	for (int i = 0; i < 78; i++)
		vt_compact(vt);
	double plain = measure_search(vt, strings, 0), caseless = measure_search(vt, strings, VT_SEARCH_CASELESS),
	    regex = measure_search(vt, expressions, VT_SEARCH_REGEX),
	    back = measure_search(vt, expressions, VT_SEARCH_REGEX | VT_SEARCH_BACKWARDS);
	if (json)
		printf(", \"search plain\": {\"ms\": %.2f, \"goal\": 20}, \"search caseless\": {\"ms\": %.2f}, "
		    "\"search regex\": {\"ms\": %.2f, \"goal\": 60}, \"search regex backwards\": {\"ms\": %.2f}",
		    plain, caseless, regex, back);
	else
		printf("%-16s %7.2f ms     (100,000 lines, half of them cold; goal 20)\n%-16s %7.2f ms\n"
		    "%-16s %7.2f ms     (goal 60)\n%-16s %7.2f ms\n", "search plain", plain, "       any case", caseless,
		    "search regex", regex, "       backwards", back);
	vt_destroy(vt);
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && str_eq(argv[1], "--json");
	double seconds = argc > 1 + json ? strtod(argv[1 + json], NULL) : 0.5;
	const char *only = argc > 2 + json ? argv[2 + json] : NULL;

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		cleanup_str struct str s = STR_INIT;

		if (only && !str_eq(only, payloads[i].name))
			continue;
		seed = 88172645463325252ull;
		while (s.len < PAYLOAD)
			payloads[i].make(&s);
		double rate = measure(&s, seconds);
		if (json)
			printf("%s\"%s\": {\"MB/s\": %.0f, \"goal\": %u}", i ? ", " : "{", payloads[i].name, rate,
			    payloads[i].goal);
		else if (payloads[i].goal)
			printf("%-16s %7.0f MB/s   (goal %u)\n", payloads[i].name, rate, payloads[i].goal);
		else
			printf("%-16s %7.0f MB/s\n", payloads[i].name, rate);
	}
	if (only && !str_eq(only, "search"))
		return 0;
	report_search(json);
	if (only)
		return 0;
	size_t bytes, cold;
	double ms;
	seed = 88172645463325252ull;
	measure_kept(&bytes, &cold, &ms);
	if (json)
		printf(", \"scrollback\": {\"bytes\": %zu, \"goal\": 1200000}, \"scrollback cold\": {\"bytes\": %zu, "
		    "\"goal\": 300000}, \"reflow\": {\"ms\": %.2f}}\n", bytes, cold, ms);
	else
		printf("%-16s %7.2f MB     (10,000 coloured log lines; goal 1.20)\n%-16s %7.2f MB     (goal 0.30)\n"
		    "%-16s %7.2f ms\n", "scrollback", (double)bytes / 1e6, "cold", (double)cold / 1e6, "reflow", ms);
	return 0;
}
