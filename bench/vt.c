/* vt.c - how fast the engine takes in what programs print, and what it needs for that.
 *
 *     bench_vt [--json] [SECONDS [PAYLOAD...]]
 *     bench_vt --payload NAME         its bytes, for other engines
 *
 * Each payload (payload.c) is made from a fixed seed, 8 MiB, and fed in pieces of 64 KiB,
 * as a pty may give them, to an 80x24 terminal with 10,000 lines of scrollback, again and
 * again for SECONDS (0.5) of processor time. Shown is the best pass: other programs run on
 * this machine too. Without names all of them are measured; and then what takes time or
 * memory besides: reflow, search, changes, scrollback, an empty terminal. */
#include <malloc.h>
#include <stdbool.h>

#include "base/mem.h"
#include "payload.h"
#include "pty_rate.h"
#include "vt/dump.h"
#include "vt/search.h"
#include "vt/snapshot.h"
#include "vt/vt.h"

#define RUNS 5

static bool json;

/* One figure. What is better: more of it, or less? */
static void report(const char *key, const char *title, double value, const char *unit, double goal)
{
	static bool any;

	if (json) {
		printf("%s\"%s\": {\"title\": \"", any ? ",\n " : "{", key);
		for (const char *p = title; *p; p++)
			printf(*p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		printf("\", \"value\": %.4g, \"unit\": \"%s\", \"goal\": %.4g}", value, unit, goal);
	} else if (goal > 0) {
		printf("%-44s %9.4g %-5s (%s %g)\n", title, value, unit, str_eq(unit, "MB/s") ? "at least" : "at most", goal);
	} else {
		printf("%-44s %9.4g %s\n", title, value, unit);
	}
	any = true;
}

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
}

static struct vt *make_vt(uint32_t lines)
{
	static const struct vt_callbacks callbacks = { .clipboard = on_clipboard };
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = lines };

	return vt_create(&config, &callbacks, NULL);
}

static void feed(struct vt *vt, const struct str *s)
{
	for (size_t at = 0; at < s->len; at += PAYLOAD_PIECE)
		vt_write(vt, s->s + at, MIN(s->len - at, (size_t)PAYLOAD_PIECE));
}

/* ---- throughput ----------------------------------------------------------------------- */

static double measure(const struct str *s, double seconds)
{
	struct vt *vt = make_vt(10000);
	double best = 0, begin = cpu_seconds();

	do {
		double t = cpu_seconds();

		feed(vt, s);
		best = MAX(best, (double)s->len / (cpu_seconds() - t) / 1e6);
	} while (cpu_seconds() - begin < seconds);
	vt_destroy(vt);
	return best;
}

static void report_payload(const struct payload *p, double seconds)
{
	cleanup_str struct str s = STR_INIT;

	double goal = p->goal;
	/* Ten times what a pty could bring. */
	if (str_eq(p->name, "y")) {
		double pty = pty_short_lines(seconds);

		report("pty", "\"y\\n\" through a pty, read by nobody", pty, "MB/s", 0);
		goal = 10 * pty;
	}
	payload_fill(p, &s, PAYLOAD_BYTES);
	report(p->name, p->title, measure(&s, seconds), "MB/s", goal);
}

/* ---- memory ------------------------------------------------------------------------------ */

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* A terminal that has n such lines above its screen. */
static struct vt *full(void (*line)(struct str *), unsigned n, size_t *ret_bytes)
{
	cleanup_str struct str s = STR_INIT;

	payload_seed();
	for (unsigned i = 0; i < n + 23; i++)
		line(&s);
	size_t before = heap();
	struct vt *vt = make_vt(n);
	feed(vt, &s);
	*ret_bytes = heap() - before;
	return vt;
}

static void compact(struct vt *vt, unsigned calls)
{
	while (calls-- > 0 && vt_compact(vt))
		;
}

/* What lines take is told without what an empty terminal does. */
static void report_memory(void)
{
	static const struct { const char *key, *title; void (*line)(struct str *); double hot, cold; } kinds[] = {
		{ "memory log", "10,000 log lines", payload_log_line, 1.2, 0.3 },
		{ "memory cjk", "10,000 lines of CJK", payload_cjk_line, 2, 0 },
		{ "memory rgb", "10,000 lines, 24-bit colours", payload_rgb_line, 4, 0 },
	};
	size_t bytes, before = heap();
	struct vt *vt = make_vt(10000);
	size_t empty = heap() - before;

	vt_destroy(vt);
	report("memory empty", "an empty terminal", (double)empty / 1024, "KiB", 64);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char key[32], title[48];

		before = heap();
		vt = full(kinds[i].line, 10000, &bytes);
		snprintf(title, sizeof(title), "%s, hot", kinds[i].title);
		report(kinds[i].key, title, (double)(bytes - empty) / 1e6, "MB", kinds[i].hot);
		compact(vt, UINT32_MAX);
		snprintf(key, sizeof(key), "%s cold", kinds[i].key);
		snprintf(title, sizeof(title), "%s, cold", kinds[i].title);
		report(key, title, (double)(heap() - before - empty) / 1e6, "MB", kinds[i].cold);
		vt_destroy(vt);
	}
}

/* ---- times ---------------------------------------------------------------------------------- */

/* 100,000 kept lines for another width: the best of some terminals, each resized once. */
static double measure_reflow(void (*line)(struct str *), unsigned cold, uint16_t from, uint16_t cols)
{
	double best = 1e9;

	for (int run = 0; run < RUNS; run++) {
		size_t bytes;
		struct vt *vt = full(line, 100000, &bytes);

		vt_resize(vt, 24, from, 0, 0);
		compact(vt, cold);
		double t = cpu_seconds();
		vt_resize(vt, 24, cols, 0, 0);
		best = MIN(best, (cpu_seconds() - t) * 1e3);
		vt_destroy(vt);
	}
	return best;
}

static void report_reflow(void)
{
	report("reflow", "reflow of 100,000 lines, 80 to 60 columns", measure_reflow(payload_log_line, 0, 80, 60), "ms", 50);
	report("reflow wider", "reflow, 60 to 120 columns", measure_reflow(payload_log_line, 0, 60, 120), "ms", 50);
	report("reflow cold", "reflow of cold lines, 80 to 60 columns",
	    measure_reflow(payload_log_line, UINT32_MAX, 80, 60), "ms", 50);
	report("reflow cjk", "reflow of CJK, 80 to 60 columns", measure_reflow(payload_cjk_line, 0, 80, 60), "ms", 0);
	report("reflow rgb", "reflow of 24-bit colours, 80 to 60 columns",
	    measure_reflow(payload_rgb_line, 0, 80, 60), "ms", 0);
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
			double t = cpu_seconds();
			struct vt_search *s = vt_search_create(vt, &config, &error);

			while (vt_search_step(s, 64 << 10, matches, sizeof(matches) / sizeof(matches[0]), &n) == VT_SEARCH_MORE)
				;
			vt_search_destroy(s);
			t = (cpu_seconds() - t) * 1e3;
			if (t < best)
				best = t;
		}
		if (best > slowest)
			slowest = best;
	}
	return slowest;
}

static void report_search(void)
{
	static const char *const strings[] = { "needle that is not there", "ERROR", "retry worker retry", NULL };
	static const char *const expressions[] = { "ERROR.*reset by peer", "\\d{2}:\\d{2}:\\d{2}\\.\\d{3}",
		"\\b(GET|in) /api/v\\d/\\w+ (\\w+) ms", "[a-z]+ms\\b", "^2024.* ERROR +\\w+", NULL };
	size_t bytes;
	struct vt *vt = full(payload_log_line, 100000, &bytes);

	/* A call packs a block of 64 KiB; there are some 155 of them. */
	compact(vt, 78);
	report("search plain", "search of 100,000 lines, half cold", measure_search(vt, strings, 0), "ms", 20);
	report("search caseless", "search in any case", measure_search(vt, strings, VT_SEARCH_CASELESS), "ms", 0);
	report("search regex", "search by regular expression", measure_search(vt, expressions, VT_SEARCH_REGEX), "ms", 60);
	report("search regex backwards", "search by regular expression, backwards",
	    measure_search(vt, expressions, VT_SEARCH_REGEX | VT_SEARCH_BACKWARDS), "ms", 0);
	vt_destroy(vt);
}

/* Which rows have changed since the last write, of 100,000? */
static void report_changes(void)
{
	size_t bytes, n = 0;
	struct vt *vt = full(payload_log_line, 100000, &bytes);
	int64_t rows[64];
	double best = 1e9;

	for (int run = 0; run < 1000; run++) {
		uint64_t since = vt_seqno(vt);

		vt_write(vt, "one more\r\n", 10);
		double t = cpu_seconds();
		n += vt_rows_changed(vt, since, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows));
		best = MIN(best, (cpu_seconds() - t) * 1e6);
	}
	if (n != 2000)
		abort();
	report("changes", "changed rows found among 100,000", best, "us", 0);
	vt_destroy(vt);
}

static bool count_bytes(void *user, const void *bytes, size_t len)
{
	*(size_t *)user += len;
	return true;
}

/* Of 80x24 with 10,000 kept lines: the snapshot's size, and the best times to write it, to read it,
 * and to dump the screen and all of those lines as output. */
static void report_snapshot(void)
{
	static const struct vt_callbacks none;
	struct vt_config limits = { .scrollback_lines = 10000 };
	struct vt_dump_config dump = { .scrollback = 10000 };
	size_t heap_bytes, len = 0, dumped;
	struct vt *vt = full(payload_log_line, 10000, &heap_bytes);

	for (int cold = 0; cold < 2; cold++) {
		double best[3] = { 1e9, 1e9, 1e9 };
		enum vt_snapshot_error error;
		char key[32];

		for (int run = 0; run < 10; run++) {
			double t = cpu_seconds();
			uint8_t *bytes = vt_snapshot_bytes(vt, 0, &len, &error);

			best[0] = MIN(best[0], (cpu_seconds() - t) * 1e3);
			t = cpu_seconds();
			struct vt *copy = vt_snapshot_read(bytes, len, &limits, &none, NULL, 0, &error);
			best[1] = MIN(best[1], (cpu_seconds() - t) * 1e3);
			if (!copy)
				abort();
			vt_destroy(copy);
			free(bytes);
			t = cpu_seconds();
			dumped = 0;
			vt_dump(vt, &dump, count_bytes, &dumped);
			best[2] = MIN(best[2], (cpu_seconds() - t) * 1e3);
		}
		const char *suffix = cold ? " cold" : "";
		snprintf(key, sizeof(key), "snapshot bytes%s", suffix);
		report(key, cold ? "snapshot with 10,000 cold log lines" : "snapshot with 10,000 log lines", (double)len / 1e6, "MB", 0);
		snprintf(key, sizeof(key), "snapshot write%s", suffix);
		report(key, cold ? "cold snapshot written" : "snapshot written", best[0], "ms", 0);
		snprintf(key, sizeof(key), "snapshot read%s", suffix);
		report(key, cold ? "cold snapshot read" : "snapshot read", best[1], "ms", 0);
		snprintf(key, sizeof(key), "dump%s", suffix);
		report(key, cold ? "cold lines dumped as output" : "dumped as output", best[2], "ms", 0);
		compact(vt, UINT32_MAX);
	}
	vt_destroy(vt);
}

static int write_payload(const char *name)
{
	cleanup_str struct str s = STR_INIT;
	const struct payload *p = payload_find(name);

	if (!p) {
		fprintf(stderr, "bench_vt: no payload is called %s\n", name);
		return 2;
	}
	payload_fill(p, &s, PAYLOAD_BYTES);
	return fwrite(s.s, 1, s.len, stdout) != s.len;
}

int main(int argc, char **argv)
{
	int arg = 1;

	if (argc == 3 && str_eq(argv[1], "--payload"))
		return write_payload(argv[2]);
	if (argc > arg && str_eq(argv[arg], "--json")) {
		json = true;
		arg++;
	}
	double seconds = argc > arg ? strtod(argv[arg++], NULL) : 0.5;
	for (int i = arg; i < argc; i++) {
		const struct payload *p = payload_find(argv[i]);

		if (!p)
			return write_payload(argv[i]);
		report_payload(p, seconds);
	}
	if (arg == argc) {
		for (const struct payload *p = payloads; p->name; p++)
			report_payload(p, seconds);
		report_reflow();
		report_search();
		report_changes();
	report_snapshot();
		report_memory();
	}
	printf(json ? "}\n" : "");
	return 0;
}
