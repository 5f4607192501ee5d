/* Search: tables of what is found where, and random contents, in which every way of
 * searching has to find what a plain loop over the cells finds. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "text/text.h"
#include "vt/search.h"

#include <errno.h>
#include <locale.h>
#include <wctype.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static const struct vt_callbacks none;

static struct vt *make(unsigned rows, unsigned cols, uint32_t lines)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = lines };

	return vt_create(&config, &none, NULL);
}

static void put(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

/* The library's memory, of which pieces of `scarce` bytes and more are not to be had. */
static size_t scarce = SIZE_MAX;

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes >= scarce) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

/* ---- ways to search --------------------------------------------------------------- */

struct matches { struct vt_match *v; size_t n, cap; };

static void add(struct matches *m, const struct vt_match *v)
{
	if (m->n == m->cap) {
		m->cap = MAX(m->cap * 2, 64);
		m->v = xreallocarray(m->v, m->cap, sizeof(*m->v));
	}
	m->v[m->n++] = *v;
}

static struct vt_search *begin(struct vt *vt, const char *pattern, unsigned flags, int64_t first, int64_t end)
{
	struct vt_search_config config = { .pattern = pattern, .len = strlen(pattern), .flags = flags, .first = first,
		.end = end };
	struct vt_search_error error;
	struct vt_search *s = vt_search_create(vt, &config, &error);

	if (!s)
		fail_msg("%s: %s at %zu", pattern, error.text, error.offset);
	return s;
}

/* Goes on to the end, in steps of that budget and so many matches. */
static enum vt_search_status finish(struct vt_search *s, size_t budget, size_t max, struct matches *ret)
{
	struct vt_match *v = xreallocarray(NULL, max, sizeof(*v));
	enum vt_search_status status;
	size_t n;

	do {
		status = vt_search_step(s, budget, v, max, &n);
		assert_true(n <= max);
		for (size_t i = 0; i < n; i++)
			add(ret, &v[i]);
	} while (status == VT_SEARCH_MORE);
	free(v);
	return status;
}

static struct matches all(struct vt *vt, const char *pattern, unsigned flags, int64_t first, int64_t end,
    size_t budget, size_t max)
{
	struct matches m = { 0 };
	struct vt_search *s = begin(vt, pattern, flags, first, end);
	enum vt_search_status status = finish(s, budget, max, &m);

	if (status != VT_SEARCH_DONE)
		fail_msg("%s: status %d, %s", pattern, status, vt_search_error(s));
	vt_search_destroy(s);
	return m;
}

static void same(const char *what, const struct matches *a, const struct matches *b, bool reversed)
{
	if (a->n != b->n)
		fail_msg("%s: %zu and %zu matches", what, a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct vt_match *p = &a->v[i], *q = &b->v[reversed ? b->n - 1 - i : i];

		if (p->first_row != q->first_row || p->first_col != q->first_col || p->last_row != q->last_row ||
		    p->end_col != q->end_col || p->hash != q->hash)
			fail_msg("%s: match %zu is %ld,%u-%ld,%u and %ld,%u-%ld,%u", what, i, (long)p->first_row,
			    p->first_col, (long)p->last_row, p->end_col, (long)q->first_row, q->first_col,
			    (long)q->last_row, q->end_col);
	}
}

/* All that a search forwards finds, after having looked whether the other ways find the same. */
static struct matches every_way(struct vt *vt, const char *pattern, unsigned flags, int64_t first, int64_t end)
{
	struct matches m = all(vt, pattern, flags, first, end, SIZE_MAX, 100000);
	static const struct { unsigned flags; size_t budget, max; const char *name; } ways[] = {
		{ 0, 1, 1, "forwards one by one" }, { 0, 300, 3, "forwards in steps" },
		{ VT_SEARCH_BACKWARDS, SIZE_MAX, 100000, "backwards at once" },
		{ VT_SEARCH_BACKWARDS, 1, 1, "backwards one by one" },
		{ VT_SEARCH_BACKWARDS, 300, 3, "backwards in steps" } };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct matches other = all(vt, pattern, flags | ways[i].flags, first, end, ways[i].budget, ways[i].max);

		same(ways[i].name, &m, &other, ways[i].flags & VT_SEARCH_BACKWARDS);
		free(other.v);
	}
	return m;
}

static void expect(struct vt *vt, const char *name, const char *pattern, unsigned flags, const char *want)
{
	struct matches m = every_way(vt, pattern, flags, 0, INT64_MAX);
	cleanup_str struct str s = STR_INIT;

	for (size_t i = 0; i < m.n; i++) {
		const struct vt_match *v = &m.v[i];

		str_printf(&s, "%s%ld:%u-", i ? " " : "", (long)v->first_row, v->first_col);
		if (v->last_row != v->first_row)
			str_printf(&s, "%ld:", (long)v->last_row);
		str_printf(&s, "%u", v->end_col);
	}
	if (!str_eq(s.len ? s.s : "", want))
		fail_msg("%s: /%s/ is at %s, not %s", name, pattern, s.len ? s.s : "", want);
	free(m.v);
}

/* ---- tables ---------------------------------------------------------------------------- */

#define I VT_SEARCH_CASELESS
#define R VT_SEARCH_REGEX
#define G VT_SEARCH_LAST_GROUP

/* Each on a terminal of 3 rows and 10 columns with scrollback. Cells, wide characters
 * and the places of matches were counted by hand. */
static const struct {
	const char *name, *in, *pattern;
	unsigned flags;
	const char *want;
} cases[] = {
	/* plain */
	{ "one", "hello", "ell", 0, "0:1-4" },
	{ "several, and they do not overlap", "aaaaa a", "aa", 0, "0:0-2 0:2-4" },
	{ "case counts", "Error error", "error", 0, "0:6-1:1" },
	{ "rows above the screen", "x1\r\nx2\r\nx3\r\nx4\r\nx5\r\nx6", "x", 0, "0:0-1 1:0-1 2:0-1 3:0-1 4:0-1 5:0-1" },
	{ "no pattern across lines", "ab\r\ncd", "bc", 0, "" },
	{ "a newline is nowhere", "ab\r\ncd", "\n", 0, "" },
	{ "a newline is nowhere, whatever the case", "ab\r\ncd", "b\nc", I, "" },
	{ "an expression does not leave a line", "ab\r\ncd", "b\\s*c", R, "" },
	{ "longer than the text", "ab", "abc", 0, "" },
	{ "blanks between", "a\033[5Gb", "a   b", 0, "0:0-5" },
	{ "blanks that were printed", "ab  ", "b  ", 0, "0:1-4" },
	{ "blanks that were not", "ab\033[41m\033[K", "b ", 0, "" },
	/* wrapped */
	{ "across a wrap", "0123456789abc", "89ab", 0, "0:8-1:2" },
	{ "across two", "0123456789abcdefghijklm", "9abcdefghijk", 0, "0:9-2:1" },
	{ "up to the last column", "0123456789abc", "789", 0, "0:7-10" },
	{ "from the first column of the next row", "0123456789abc", "abc", 0, "1:0-3" },
	{ "across a wrap above the screen", "0123456789abc\r\n\n\n\n\n", "9a", 0, "0:9-1:1" },
	{ "not into the first row from the last", "0123456789abc\033[H\033[2Lx", "9x", 0, "" },
	{ "not a wrap", "0123456789\r\nabc", "9a", 0, "" },
	/* wide characters and clusters */
	{ "wide", "\u4e2d\u6587x", "\u6587", 0, "0:2-4" },
	{ "wide before", "\u4e2d\u6587x", "x", 0, "0:4-5" },
	{ "wide that did not fit the row", "123456789\u4e2dx", "9\u4e2d", 0, "0:8-1:2" },
	{ "the same above the screen", "123456789\u4e2dx\r\n\n\n\n", "9\u4e2dx", 0, "0:8-1:3" },
	{ "combining", "re\u0301sume\u0301!", "sume\u0301!", 0, "0:2-7" },
	{ "the base of a cluster is found in it", "xe\u0301y", "xe", 0, "0:0-2" },
	{ "the mark alone is its cell", "xe\u0301y", "\u0301", 0, "0:1-2" },
	{ "from the mark on", "xe\u0301y", "\u0301y", 0, "0:1-3" },
	{ "emoji with VS16", "a\u2764\ufe0fb", "\u2764\ufe0fb", 0, "0:1-4" },
	{ "emoji with VS16 above the screen", "a\u2764\ufe0fb\r\n\n\n\n", "b", 0, "0:3-4" },
	/* case folding (CaseFolding.txt, statuses C and S) */
	{ "ASCII", "Error eRROR", "error", I, "0:0-5 0:6-1:1" },
	{ "Latin", "\u00c4RGER", "\u00e4rger", I, "0:0-5" },
	{ "Greek: the final sigma", "\u039f\u03a3 \u03bf\u03c2", "\u03bf\u03c3", I, "0:0-2 0:3-5" },
	{ "Cyrillic", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u043f\u0420\u0418", I, "0:0-3" },
	{ "the Kelvin sign is a k", "20\u212a", "20k", I, "0:0-3" },
	{ "the long s is an s", "\u017felf", "Self", I, "0:0-4" },
	{ "sharp s is not ss: folding is simple", "stra\u00dfe", "strasse", I, "" },
	{ "capital sharp s", "\u1e9e", "\u00df", I, "0:0-1" },
	{ "no special characters", "a.c abc", "A.C", I, "0:0-3" },
	{ "wide before, whatever the case", "\u4e2dAb\r\n\n\n\n", "aB", I, "0:2-4" },
	/* expressions */
	{ "a class", "ab12cd345", "\\d+", R, "0:2-4 0:6-9" },
	{ "anchors are the ends of a line", "abc abc", "^abc|abc$", R, "0:0-3 0:4-7" },
	{ "of a wrapped one too", "abcabcabcabc", "^abc|abc$", R, "0:0-3 0:9-1:2" },
	{ "blanks that were printed are before the end", "ab \r\nab", "b$", R, "1:1-2" },
	{ "blanks that were not are not", "ab\033[41m\033[K\r\nab", "b$", R, "0:1-2 1:1-2" },
	{ "word boundary at a wrap", "0123456789abc d", "\\w+", R, "0:0-1:3 1:4-5" },
	{ "case", "Ab aB", "ab", R | I, "0:0-2 0:3-5" },
	{ "case, inside", "Ab aB", "(?i)ab", R, "0:0-2 0:3-5" },
	{ "Unicode classes", "\u00e4\u00f6 \u0661\u0662", "\\w\\w \\d+", R, "0:0-5" },
	{ "look behind", "ab cb", "(?<=c)b", R, "0:4-5" },
	{ "look behind sees the row before", "0123456789abc", "(?<=9)a", R, "1:0-1" },
	{ "\\K", "key=val", "=\\Kval", R, "0:4-7" },
	{ "back reference", "abab cdce", "(\\w\\w)\\1", R, "0:0-4" },
	{ "alternatives: the first counts", "abc", "a|ab|abc", R, "0:0-1" },
	{ "wide ones in a class", "a\u4e2d\u6587b", "\\p{Han}+", R, "0:1-5" },
	{ "a dot is a code point", "e\u0301x", "^..x", R, "0:0-2" },
	/* which part */
	{ "the whole", "id=42", "id=(\\d+)", R, "0:0-5" },
	{ "the group", "id=42", "id=(\\d+)", R | G, "0:3-5" },
	{ "the last group that took part", "b2", "(a)?(b)(c)?", R | G, "0:0-1" },
	{ "a group in a look ahead", "ab12", "ab(?=(\\d+))", R | G, "0:2-4" },
	{ "no group", "id=42", "\\d+", R | G, "0:3-5" },
	/* nothing is found, at a place */
	{ "an empty string", "ab\r\nc", "", 0, "0:0-0 0:1-1 0:2-2 1:0-0 1:1-1" },
	{ "an empty string, backwards too", "ab", "", I, "0:0-0 0:1-1 0:2-2" },
	{ "an empty expression", "ab", "", R, "0:0-0 0:1-1 0:2-2" },
	{ "not where something has just ended", "baac", "a*", R, "0:0-0 0:1-3 0:4-4" },
	{ "a boundary", "ab c", "\\b", R, "0:0-0 0:2-2 0:3-3 0:4-4" },
	{ "not in the middle of a code point", "\u4e2dx", "", 0, "0:0-0 0:2-2 0:3-3" },
	{ "a line without text is left out", "a\r\n\r\nb", "^|$", R, "0:0-0 0:1-1 2:0-0 2:1-1" },
};

static void test_table(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct vt *vt = make(3, 10, 100);

		put(vt, cases[i].in);
		expect(vt, cases[i].name, cases[i].pattern, cases[i].flags, cases[i].want);
		vt_destroy(vt);
	}
}

static void test_ranges(void **state)
{
	static const struct { int64_t first, end; size_t n; } ranges[] = { { 0, 10, 10 }, { 3, 5, 2 }, { -5, 2, 2 },
		{ 8, 100, 2 }, { 5, 5, 0 }, { 7, 3, 0 }, { INT64_MIN, INT64_MAX, 10 }, { 100, 200, 0 }, { -9, -3, 0 } };
	struct vt *vt = make(3, 10, 100);

	for (int i = 0; i < 10; i++)
		put(vt, i ? "\r\nx" : "x");
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct matches m = every_way(vt, "x", 0, ranges[i].first, ranges[i].end);

		assert_int_equal(m.n, ranges[i].n);
		for (size_t k = 0; k < m.n; k++)
			assert_int_equal(m.v[k].first_row, MAX(ranges[i].first, 0) + (int64_t)k);
		free(m.v);
	}
	/* A line that lies across an end of the range is matched whole; what counts is where a match begins. */
	vt_reset(vt);
	int64_t top = vt_dims(vt).physical_top;
	put(vt, "ab3456789xyb");
	struct matches m = every_way(vt, "xy", 0, top + 1, top + 3);
	assert_int_equal(m.n, 0);
	free(m.v);
	m = every_way(vt, "xy", 0, top, top + 1);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].last_row, top + 1);
	free(m.v);
	m = every_way(vt, "^.b|b$", R, top + 1, top + 2);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].first_col, 1);
	free(m.v);
	vt_destroy(vt);
}

static void test_alternate_screen(void **state)
{
	struct vt *vt = make(3, 10, 100);

	put(vt, "x\r\nx\r\nx\r\nx\r\nx");
	put(vt, "\033[?1049h\033[2;3Hx");
	expect(vt, "alternate", "x", 0, "1:2-3");
	put(vt, "\033[?1049l");
	expect(vt, "primary", "x", 0, "0:0-1 1:0-1 2:0-1 3:0-1 4:0-1");
	vt_destroy(vt);
}

static void test_equal_texts(void **state)
{
	struct vt *vt = make(3, 10, 100);

	put(vt, "ab cd ab\r\nab\r\ncd");
	struct matches m = every_way(vt, "\\w+", R, 0, 100);
	assert_int_equal(m.n, 5);
	assert_true(m.v[0].hash == m.v[2].hash && m.v[0].hash == m.v[3].hash);
	assert_true(m.v[1].hash == m.v[4].hash && m.v[0].hash != m.v[1].hash);
	free(m.v);
	vt_destroy(vt);
}

static void test_bad_patterns(void **state)
{
	static const struct { const char *pattern; unsigned flags; size_t offset; const char *says; } bad[] = {
		{ "(", R, 1, "parenthes" }, { "ab[c", R, 4, "]" }, { "x{2,1}", R, 5, "order" }, { "a\\", R, 2, "\\" },
		{ "(?<n>a)\\k<m>", R, 10, "non-existent" }, { "a\\Cb", R, 3, "\\C" },
		{ "\xff", 0, 1, "UTF-8" }, { "\xff", I, 1, "UTF-8" }, { "\xff", R, 1, "UTF-8" } };
	struct vt *vt = make(3, 10, 100);
	struct vt_search_error e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct vt_search_config c = { .pattern = bad[i].pattern, .len = strlen(bad[i].pattern),
			.flags = bad[i].flags };

		assert_null(vt_search_create(vt, &c, &e));
		if (!strstr(e.text, bad[i].says) || e.offset != bad[i].offset)
			fail_msg("%s: \"%s\" at %zu", bad[i].pattern, e.text, e.offset);
	}
	/* What is no expression is a string. */
	expect(vt, "nothing", "(", 0, "");
	expect(vt, "nothing", "a\\", I, "");
	char *long_pattern = xmalloc(VT_SEARCH_PATTERN_MAX + 1);
	memset(long_pattern, 'a', VT_SEARCH_PATTERN_MAX + 1);
	struct vt_search_config c = { .pattern = long_pattern, .len = VT_SEARCH_PATTERN_MAX + 1, .flags = R };
	assert_null(vt_search_create(vt, &c, &e));
	assert_non_null(strstr(e.text, "longer"));
	c.len--;
	struct vt_search *s = vt_search_create(vt, &c, &e);
	assert_non_null(s);
	vt_search_destroy(s);
	free(long_pattern);
	vt_destroy(vt);
}

/* ---- limits ------------------------------------------------------------------------------------ */

static void test_catastrophes(void **state)
{
	static const char *const patterns[] = { "(a+)+b", "(a|aa)+x", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)z!",
		"^.*(\\w|\\w\\w|a)*\\1!", "(?:(?:a{0,9}){0,9}){0,9}q", "(*NO_JIT)(a+)+b", "(*NO_JIT)(?:a?){60}a{60}b" };

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		struct vt *vt = make(3, 80, 1000);
		struct matches m = { 0 };

		/* b, x, z, ! and q come, but not where they would end it: no optimisation knows better. */
		for (int k = 0; k < 100; k++)
			put(vt, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac b x z ! q\r\n");
		struct vt_search *s = begin(vt, patterns[i], R, 0, INT64_MAX);
		clock_t t = clock();
		enum vt_search_status status = finish(s, 10000, 1000, &m);
		print_message("/%s/: %ld ms, %s\n", patterns[i], (long)(clock() - t) * 1000 / CLOCKS_PER_SEC,
		    vt_search_error(s));
		assert_int_equal(status, VT_SEARCH_FAILED);
		assert_non_null(strstr(vt_search_error(s), "limit"));
		vt_search_destroy(s);
		free(m.v);
		vt_destroy(vt);
	}
}

static void test_other_errors(void **state)
{
	struct vt *vt = make(3, 80, 1000);
	struct matches m = { 0 };

	put(vt, "aaab");
	struct vt_search *s = begin(vt, "(x*)*(?1)+(?R)?b", R, 0, INT64_MAX);
	assert_int_equal(finish(s, 10000, 1000, &m), VT_SEARCH_FAILED);
	assert_non_null(strstr(vt_search_error(s), "recursion"));
	vt_search_destroy(s);
	vt_destroy(vt);
}

/* From each place of a long line to its end and back: no limit of PCRE2 counts that. */
static void test_quadratic(void **state)
{
	struct vt *vt = make(3, 80, 1000);
	struct matches m = { 0 };
	struct vt_match v;
	size_t n;
	clock_t worst = 0;

	for (unsigned i = 0; i < VT_SEARCH_LINE_CELLS / 10 - 1; i++)
		put(vt, "abcdefghij");
	put(vt, " @");
	struct vt_search *s = begin(vt, "\\w+@", R, 0, INT64_MAX);
	enum vt_search_status status;
	do {
		clock_t t = clock();
		status = vt_search_step(s, 1, &v, 1, &n);
		worst = MAX(worst, clock() - t);
		assert_int_equal(n, 0);
	} while (status == VT_SEARCH_MORE);
	assert_int_equal(status, VT_SEARCH_DONE);
	print_message("the longest step took %.1f ms\n", (double)worst * 1e3 / CLOCKS_PER_SEC);
	assert_true(worst < CLOCKS_PER_SEC);
	vt_search_destroy(s);
	free(m.v);
	vt_destroy(vt);
}

/* Some lines that are too much for an expression do not keep it from being found in others. */
static void test_some_hard_lines(void **state)
{
	struct vt *vt = make(3, 80, 1000);

	for (unsigned k = 0; k < VT_SEARCH_LIMITED_MAX; k++)
		put(vt, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac b\r\n");
	put(vt, "aab\r\n");
	struct matches m = { 0 };
	struct vt_search *s = begin(vt, "(a+)+b", R, 0, INT64_MAX);
	assert_int_equal(finish(s, 10000, 1000, &m), VT_SEARCH_DONE);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].first_row, VT_SEARCH_LIMITED_MAX);
	vt_search_destroy(s);
	free(m.v);
	put(vt, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac b\r\n");
	m = (struct matches){ 0 };
	s = begin(vt, "(a+)+b", R, 0, INT64_MAX);
	assert_int_equal(finish(s, 10000, 1000, &m), VT_SEARCH_FAILED);
	assert_non_null(strstr(vt_search_error(s), "limit"));
	/* It stays so. */
	struct vt_match v;
	size_t n;
	assert_int_equal(vt_search_step(s, 1, &v, 1, &n), VT_SEARCH_FAILED);
	vt_search_destroy(s);
	free(m.v);
	vt_destroy(vt);
}

static void test_no_memory(void **state)
{
	static const size_t limits[] = { 100, 2000, 20000, 50000 };
	struct vt *vt = make(3, 80, 5000);

	for (int i = 0; i < 3000; i++)
		put(vt, "some text, \u00e4lso wide \u4e2d\u6587, of which all is found\r\n");
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct vt_search *s = begin(vt, "", 0, 0, INT64_MAX);
		enum vt_search_status status;
		struct vt_match v[64];
		size_t n;

		scarce = limits[i];
		do
			status = vt_search_step(s, 1 << 20, v, ARRAY_LEN(v), &n);
		while (status == VT_SEARCH_MORE);
		scarce = SIZE_MAX;
		assert_int_equal(status, VT_SEARCH_FAILED);
		assert_string_equal(vt_search_error(s), "out of memory");
		vt_search_destroy(s);
	}
	vt_destroy(vt);
}

/* Characters of many code points: what is found in one text is bounded. */
static void test_matches_are_bounded(void **state)
{
	struct vt *vt = make(3, 100, 1000);
	cleanup_str struct str s = STR_INIT;

	for (unsigned i = 0; i < VT_SEARCH_LINE_CELLS - 96; i++)
		str_puts(&s, "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u030d\u030e\u030f\u0310\u0311");
	vt_write(vt, s.s, s.len);
	put(vt, "\r\nb");
	struct matches m = all(vt, ".", R, 0, INT64_MAX, SIZE_MAX, 100000);
	assert_int_equal(m.n, VT_SEARCH_MATCHES_MAX + 1);
	assert_int_equal(m.v[0].first_row, 0);
	assert_int_equal(m.v[m.n - 1].first_row, vt_cursor(vt).y);
	free(m.v);
	vt_destroy(vt);
}

static void test_steps_are_small(void **state)
{
	struct vt *vt = make(24, 80, 20000);
	struct vt_match v[8];
	size_t n, steps = 0;

	for (int i = 0; i < 20000; i++)
		put(vt, "a line of a log that is not looked for, seventy columns of it altogether\r\n");
	struct vt_search *s = begin(vt, "nowhere", 0, 0, INT64_MAX);
	while (vt_search_step(s, 10000, v, 8, &n) == VT_SEARCH_MORE)
		steps++;
	/* A step takes whole blocks of 64 KiB of text; there are 22 of them. */
	assert_in_range(steps, 20, 200);
	vt_search_destroy(s);
	vt_destroy(vt);
}

/* ---- a terminal that changes ----------------------------------------------------------------------- */

static void fill(struct vt *vt, int n)
{
	char line[32];

	for (int i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "row x %d\r\n", i);
		put(vt, line);
	}
}

static void test_rows_that_come_and_go(void **state)
{
	struct vt *vt = make(3, 20, 20000);
	struct vt_match v[4];
	struct matches m = { 0 };
	size_t n;

	fill(vt, 20000);
	int64_t top = vt_dims(vt).scrollback_top;
	struct vt_search *s = begin(vt, "x", 0, 0, INT64_MAX);
	assert_int_equal(vt_search_step(s, 1, v, 4, &n), VT_SEARCH_MORE);
	while (n == 0)
		assert_int_equal(vt_search_step(s, 1, v, 4, &n), VT_SEARCH_MORE);
	assert_int_equal(v[0].first_row, top);
	/* Rows that are dropped are not reported any more, new ones are found. */
	fill(vt, 15000);
	int64_t oldest = vt_dims(vt).scrollback_top, bottom = vt_cursor(vt).y;
	assert_int_equal(finish(s, 5000, 100, &m), VT_SEARCH_DONE);
	assert_int_equal(m.n, bottom - oldest);
	assert_int_equal(m.v[0].first_row, oldest);
	assert_int_equal(m.v[m.n - 1].first_row, bottom - 1);
	vt_search_destroy(s);
	m.n = 0;
	/* Backwards: what came below is not seen, what went above is not either. */
	s = begin(vt, "x", VT_SEARCH_BACKWARDS, 0, INT64_MAX);
	do
		assert_int_equal(vt_search_step(s, 1, v, 4, &n), VT_SEARCH_MORE);
	while (n == 0);
	assert_int_equal(v[0].first_row, bottom - 1);
	int64_t given = v[n - 1].first_row;
	fill(vt, 10000);
	oldest = vt_dims(vt).scrollback_top;
	assert_int_equal(finish(s, 5000, 100, &m), VT_SEARCH_DONE);
	assert_int_equal(m.n, given - oldest);
	assert_int_equal(m.v[0].first_row, given - 1);
	assert_int_equal(m.v[m.n - 1].first_row, oldest);
	vt_search_destroy(s);
	m.n = 0;
	/* All of it is dropped. */
	s = begin(vt, "x", 0, 0, INT64_MAX);
	vt_search_step(s, 1, v, 4, &n);
	vt_erase_scrollback(vt, true);
	assert_int_equal(finish(s, 5000, 100, &m), VT_SEARCH_DONE);
	assert_int_equal(m.n, 0);
	vt_search_destroy(s);
	free(m.v);
	vt_destroy(vt);
}

static void test_other_numbers(void **state)
{
	struct vt *vt = make(3, 20, 1000);
	struct vt_match v[4];
	size_t n;

	fill(vt, 1000);
	struct vt_search *s = begin(vt, "x", 0, 0, INT64_MAX);
	vt_search_step(s, 1, v, 1, &n);
	/* Another height is nothing. */
	vt_resize(vt, 7, 20, 0, 0);
	assert_int_equal(vt_search_step(s, 1, v, 1, &n), VT_SEARCH_MORE);
	put(vt, "\033[?1049h");
	assert_int_equal(vt_search_step(s, 1, v, 1, &n), VT_SEARCH_RENUMBERED);
	put(vt, "\033[?1049l");
	assert_int_equal(vt_search_step(s, 1, v, 1, &n), VT_SEARCH_MORE);
	/* There and back gives other numbers all the same. */
	vt_resize(vt, 7, 5, 0, 0);
	assert_int_equal(vt_search_step(s, 1, v, 1, &n), VT_SEARCH_RENUMBERED);
	vt_resize(vt, 7, 20, 0, 0);
	assert_int_equal(vt_search_step(s, 1, v, 1, &n), VT_SEARCH_RENUMBERED);
	assert_int_equal(n, 0);
	vt_search_destroy(s);
	vt_destroy(vt);
}

/* ---- against a plain loop -------------------------------------------------------------------------- */

/* The text of rows [first, end) by their cells, and where each byte stands. */
struct naive { char *s; size_t n, cap; struct { int64_t row; uint16_t col, end; } *at; };

static void naive_row(struct vt *vt, struct naive *t, int64_t index)
{
	struct vt_row row;
	assert_true(vt_row_get(vt, index, &row));
	unsigned used = row.n;

	while (used > 0 && row.cells[used - 1].text == 0 && row.cells[used - 1].width == 1)
		used--;
	for (unsigned x = 0; x < used; x++) {
		char utf8[VT_CLUSTER_BYTES_MAX];

		if (row.cells[x].width == 0)
			continue;
		size_t len = vt_cell_text(vt, &row.cells[x], utf8);
		if (t->n + len > t->cap) {
			t->cap = (t->n + len) * 2;
			t->s = xreallocarray(t->s, t->cap, 1);
			t->at = xreallocarray(t->at, t->cap, sizeof(*t->at));
		}
		for (size_t i = 0; i < len; i++) {
			t->s[t->n] = utf8[i];
			t->at[t->n].row = index;
			t->at[t->n].col = (uint16_t)x;
			t->at[t->n++].end = (uint16_t)(x + row.cells[x].width);
		}
	}
}

static wint_t code_at(const char *s, size_t n, size_t at, size_t *ret_len, bool fold)
{
	uint32_t cp;

	*ret_len = text_utf8_decode(s + at, n - at, &cp);
	return fold ? towlower((wint_t)cp) : (wint_t)cp;
}

/* Does the pattern stand here? Returns where it ends, or 0. */
static size_t naive_match(const struct naive *t, size_t at, const char *pattern, bool fold)
{
	for (size_t p = 0, n = strlen(pattern), a, b; p < n; p += a, at += b)
		if (at >= t->n || code_at(pattern, n, p, &a, fold) != code_at(t->s, t->n, at, &b, fold))
			return 0;
	return at;
}

static void naive_add(const struct naive *t, size_t from, size_t to, struct matches *ret)
{
	struct vt_match m = { .first_row = t->at[from].row, .first_col = t->at[from].col, .last_row = t->at[to - 1].row,
		.end_col = t->at[to - 1].end, .hash = 0xcbf29ce484222325u };

	for (size_t i = from; i < to; i++)
		m.hash = (m.hash ^ (uint8_t)t->s[i]) * 0x100000001b3u;
	add(ret, &m);
}

/* Matches of one text that begin in rows [first, next). Empty ones are left out. */
static void naive_text(const struct naive *t, const char *pattern, unsigned flags, int64_t first, int64_t next,
    bool begins, bool ends, struct matches *ret)
{
	uint32_t options = (begins ? 0 : PCRE2_NOTBOL) | (ends ? 0 : PCRE2_NOTEOL);
	pcre2_code *code = NULL;
	pcre2_match_data *data = NULL;
	size_t at = 0;

	if (flags & R) {
		int error;
		size_t offset;

		code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), PCRE2_UTF | PCRE2_UCP |
		    PCRE2_DOLLAR_ENDONLY | (flags & I ? PCRE2_CASELESS : 0), &error, &offset, NULL);
		data = pcre2_match_data_create_from_pattern(code, NULL);
	}
	while (at < t->n && t->at[at].row < first)
		at++;
	while (at < t->n) {
		size_t from = at, to = 0;

		if (code) {
			if (pcre2_match(code, (PCRE2_SPTR)t->s, t->n, at, options, data, NULL) < 0)
				break;
			from = pcre2_get_ovector_pointer(data)[0];
			to = pcre2_get_ovector_pointer(data)[1];
		} else {
			while (from < t->n && !(to = naive_match(t, from, pattern, flags & I)))
				from++;
		}
		if (from >= t->n || t->at[from].row >= next)
			break;
		if (to > from)
			naive_add(t, from, to, ret);
		at = MAX(to, from + (to <= from));
		while (at < t->n && ((uint8_t)t->s[at] & 0xc0) == 0x80)
			at++;
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
}

static bool continued(struct vt *vt, int64_t row)
{
	struct vt_row r;
	struct vt_dims d = vt_dims(vt);

	return row >= d.scrollback_top && row + 1 < d.physical_top + d.rows && vt_row_get(vt, row, &r) && r.wrapped;
}

static struct matches naive_search(struct vt *vt, const char *pattern, unsigned flags)
{
	struct vt_dims d = vt_dims(vt);
	int64_t piece = VT_SEARCH_LINE_CELLS / d.cols, overlap = VT_SEARCH_OVERLAP_CELLS / (d.cols - 1) + 1;
	struct matches m = { 0 };
	struct naive t = { 0 };

	for (int64_t row = d.scrollback_top, end; row < d.physical_top + d.rows; row = end) {
		end = row + 1;
		while (continued(vt, end - 1))
			end++;
		for (int64_t first = row, next; first < end; first = next) {
			next = end - row <= piece ? end : MIN((first / piece + 1) * piece, end);
			int64_t from = first - (first > row), to = MIN(next + overlap, end);

			t.n = 0;
			for (int64_t y = from; y < to; y++)
				naive_row(vt, &t, y);
			naive_text(&t, pattern, flags, first, next, first == row, to == end, &m);
		}
	}
	free(t.s);
	free(t.at);
	return m;
}

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static void random_text(struct str *s, unsigned n)
{
	static const char *const pieces[] = { "a", "b", "ab", "ba ", "Ab", "B", " ", "1", "22", ".", "\u00e4", "\u00c4b",
		"\u4e2d", "\u6587\u5b57", "e\u0301", "a\u0308\u0301", "\u2764\ufe0f",
		"\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f600", "\r\n", "\r\n", "\033[31m",
		"\033[m", "\033[44m\033[K", "\033[3X", "\033[5C", "\033[2D", "\033[A", "\t", "\033[1K",
		"\033[2@", "\033[P", "\033[10G", "\033[M", "aaaaaaaaaaaaaaaaaaaaaaaaaaab" };

	for (unsigned i = 0; i < n; i++)
		str_puts(s, pieces[rnd(ARRAY_LEN(pieces))]);
}

static void test_property(void **state)
{
	static const struct { const char *pattern; unsigned flags; } queries[] = { { "a", 0 }, { "ab", 0 }, { "ab", I },
		{ " ", 0 }, { "\u00e4B", I }, { "\u4e2d", 0 }, { "e\u0301", 0 }, { "\u6587\u5b57a", 0 }, { "\u0301", 0 },
		{ "\ufe0f", 0 }, { "aab", 0 }, { "a b", 0 }, { "  ", 0 }, { "a+b", R }, { "^[ab]+", R }, { ".$", R },
		{ "\\w+", R }, { "[^a]+a", R | I },
		{ "(?<=b)\\s+", R }, { "\\p{Han}.", R }, { "\\X", R }, { "(ab|a)(b|22)?", R } };

	for (int round = 0; round < 120; round++) {
		unsigned cols = (unsigned[]){ 2, 3, 7, 10, 33, 80 }[rnd(6)];
		struct vt *vt = make(1 + rnd(6), cols, 50 + rnd(3000));
		cleanup_str struct str s = STR_INIT;

		random_text(&s, 200 + rnd(round < 100 ? 600 : 20000));
		vt_write(vt, s.s, s.len);
		if (rnd(2))
			vt_resize(vt, (uint16_t)(1 + rnd(6)), (uint16_t)(2 + rnd(60)), 0, 0);
		for (uint32_t k = rnd(4); k > 0 && vt_compact(vt); k--)
			;
		for (int i = 0; i < 4; i++) {
			uint32_t q = rnd(ARRAY_LEN(queries));
			struct matches m = every_way(vt, queries[q].pattern, queries[q].flags, INT64_MIN, INT64_MAX),
			    want = naive_search(vt, queries[q].pattern, queries[q].flags);
			char what[64];

			snprintf(what, sizeof(what), "round %d, /%s/ %u", round, queries[q].pattern, queries[q].flags);
			same(what, &m, &want, false);
			free(m.v);
			free(want.v);
		}
		vt_destroy(vt);
	}
}

/* A line longer than what is searched as one. */
static void test_long_line(void **state)
{
	static const unsigned widths[] = { 2000, 997, 80, 7 };

	for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
		struct vt *vt = make(4, widths[w], 100000);
		cleanup_str struct str s = STR_INIT;

		str_puts(&s, "before\r\n\n");
		for (unsigned i = 0; s.len < VT_SEARCH_LINE_CELLS * 3; i++)
			str_printf(&s, rnd(9) ? "item %u," : "<%u\u4e2d>", i);
		str_puts(&s, "\r\nafter\r\n");
		vt_write(vt, s.s, s.len);
		while (rnd(2) && vt_compact(vt))
			;
		static const struct { const char *pattern; unsigned flags; } queries[] = { { ",item", 0 }, { "ITEM 99", I },
			{ "\\d+", R }, { "^\\w+", R }, { "\\W+$", R }, { "\\b9\\d+", R }, { "item [^<]{30,}<", R } };
		for (size_t q = 0; q < ARRAY_LEN(queries); q++) {
			const char *pattern = queries[q].pattern;
			unsigned flags = queries[q].flags;
			struct matches m = all(vt, pattern, flags, INT64_MIN, INT64_MAX, SIZE_MAX, 100000),
			    back = all(vt, pattern, flags | VT_SEARCH_BACKWARDS, INT64_MIN, INT64_MAX, 30000, 1000),
			    want = naive_search(vt, pattern, flags);

			assert_true(m.n > 0);
			same(pattern, &m, &want, false);
			same(pattern, &m, &back, true);
			free(m.v);
			free(back.v);
			free(want.v);
		}
		vt_destroy(vt);
	}
}

/* Where a long line is cut is not seen by an expression that looks at what is beside it. */
static void test_ends_of_a_long_line(void **state)
{
	static const struct { const char *pattern; int64_t row; unsigned col; } ends[] = { { "(?<!a)a", 0, 0 }, { "^a", 0, 0 },
		{ "(?<=^.{80})a", 1, 0 }, { "\\ba", 0, 0 }, { "a$", 299, 79 }, { "a\\b", 299, 79 }, { "a(?!a)", 299, 79 } };
	struct vt *vt = make(4, 80, 1000);

	for (unsigned i = 0; i < 80 * 300; i++)
		put(vt, "a");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct matches m = all(vt, ends[i].pattern, R, INT64_MIN, INT64_MAX, SIZE_MAX, 100);

		if (m.n != 1 || m.v[0].first_row != ends[i].row || m.v[0].first_col != ends[i].col)
			fail_msg("%s: %zu matches, %ld,%u", ends[i].pattern, m.n, m.n ? (long)m.v[0].first_row : 0,
			    m.n ? m.v[0].first_col : 0);
		free(m.v);
	}
	struct matches m = all(vt, "a+$", R, INT64_MIN, INT64_MAX, SIZE_MAX, 100);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].last_row, 299);
	free(m.v);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_alternate_screen),
		cmocka_unit_test(test_equal_texts),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_catastrophes),
		cmocka_unit_test(test_other_errors),
		cmocka_unit_test(test_quadratic),
		cmocka_unit_test(test_some_hard_lines),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_matches_are_bounded),
		cmocka_unit_test(test_steps_are_small),
		cmocka_unit_test(test_rows_that_come_and_go),
		cmocka_unit_test(test_other_numbers),
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_ends_of_a_long_line),
	};

	/* For towlower(). */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	seed = 88172645463325252ull;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
