/* Search in scroll mode, against a pane of which the test knows where the matches are. */
#include "../unit.h"

#include "base/mem.h"
#include "client/find.h"

#include <string.h>

/* ---- a server ---- */

struct pane {
	struct wire_range rows;
	struct wire_search_result *v; size_t n, cap;    /* all matches, in order */
	size_t asked, most;             /* requests, and the results of the largest */
	uint64_t serial;
	bool sloppy;                    /* as the real server: lines that begin outside come along, the limit is not exact */
};

static void match(struct pane *p, int64_t row, uint64_t col, int64_t end_row, uint64_t end_col)
{
	if (p->n == p->cap) {
		p->cap = MAX(p->cap * 2, (size_t)16);
		p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
	}
	p->v[p->n++] = (struct wire_search_result){ row, col, end_row, end_col, 0 };
}

static void answer(struct pane *p, struct find *f, struct wire_range ask)
{
	struct wire_search_result *v = xreallocarray(NULL, p->n + 1, sizeof(*v));
	size_t n = 0;

	assert_true(ask.start < ask.end);
	assert_true(ask.start >= p->rows.start && ask.end <= p->rows.end);
	assert_true(ask.end - ask.start <= FIND_ROWS_MAX);
	for (size_t i = 0; i < p->n && n < FIND_RESULTS + (p->sloppy ? 3 : 0); i++)
		if ((p->v[i].start_y >= ask.start || (p->sloppy && p->v[i].start_y == ask.start - 1)) && p->v[i].start_y < ask.end)
			v[n++] = p->v[i];
	p->asked++;
	p->most = MAX(p->most, n);
	find_asked(f, ask, ++p->serial);
	assert_true(find_results(f, p->serial, &(struct wire_search_response){ v, n }));
	free(v);
}

/* Until there is nothing to do; as a session does it, with a screen of 20 rows. */
static void settle(struct pane *p, struct find *f, struct wire_range *shown)
{
	struct wire_range ask;
	enum find_step step;

	for (int i = 0; (step = find_step(f, p->rows, *shown, &ask)) != FIND_NOTHING; i++) {
		assert_true(i < 100000);
		if (step == FIND_ASK) {
			answer(p, f, ask);
		} else if (f->current.from.row < shown->start || f->current.from.row >= shown->end) {
			int64_t top = MIN(MAX(f->current.from.row - 10, p->rows.start), p->rows.end - 20);
			*shown = (struct wire_range){ top, top + 20 };
		}
	}
}

static void expect_at(const struct find *f, int64_t row, int64_t col)
{
	assert_true(f->has_current);
	if (f->current.from.row != row || f->current.from.col != col)
		fail_msg("at %ld,%ld, not %ld,%ld", (long)f->current.from.row, (long)f->current.from.col, (long)row, (long)col);
}

/* ---- jumps ---- */

static void test_jumps(void **state)
{
	struct pane p = { .rows = { 0, 10000 } };
	struct find f;
	struct wire_range shown = { 9980, 10000 };

	find_init(&f);
	assert_false(find_begin(&f, "", false, true, shown));
	assert_false(find_again(&f, false, shown));
	for (int64_t row = 100; row <= 9100; row += 1000)
		match(&p, row, 5, row, 7);
	match(&p, 9100, 9, 9100, 11);
	assert_true(find_begin(&f, "ab", false, true, shown));
	settle(&p, &f, &shown);
	expect_at(&f, 9100, 9);
	assert_true(shown.start <= 9100 && shown.end > 9100);
	assert_string_equal(f.message, "");
	find_again(&f, false, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 9100, 5);
	for (int64_t row = 8100; row >= 100; row -= 1000) {
		find_again(&f, false, shown);
		settle(&p, &f, &shown);
		expect_at(&f, row, 5);
	}
	/* Once around, and back. */
	find_again(&f, false, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 9100, 9);
	assert_string_equal(f.message, "from the bottom on");
	find_again(&f, true, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 100, 5);
	assert_string_equal(f.message, "from the top on");
	/* Downwards, from what is shown. */
	shown = (struct wire_range){ 5095, 5115 };
	find_begin(&f, "ab", false, false, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 5100, 5);
	assert_int_equal(shown.start, 5095);            /* it was in sight */
	/* An empty pattern is the last one, in another direction. */
	find_begin(&f, "", false, true, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 4100, 5);
	find_fini(&f);
	free(p.v);
}

static void test_one_match(void **state)
{
	struct pane p = { .rows = { 50, 300 } };
	struct find f;
	struct wire_range shown = { 280, 300 };

	find_init(&f);
	match(&p, 290, 3, 291, 2);
	for (int way = 0; way < 2; way++) {
		find_begin(&f, "x", false, way, shown);
		settle(&p, &f, &shown);
		expect_at(&f, 290, 3);
		find_again(&f, false, shown);
		settle(&p, &f, &shown);
		expect_at(&f, 290, 3);
		assert_string_equal(f.message, way ? "from the bottom on" : "from the top on");
	}
	find_fini(&f);
	free(p.v);
}

static void test_nothing(void **state)
{
	struct pane p = { .rows = { 0, 100000 } };
	struct find f;
	struct wire_range shown = { 99000, 99020 };

	find_init(&f);
	for (int way = 0; way < 2; way++) {
		p.asked = 0;
		find_begin(&f, "x", false, way, shown);
		settle(&p, &f, &shown);
		assert_false(f.has_current);
		assert_string_equal(f.message, "not found");
		/* A few requests, however many rows there are. */
		assert_in_range(p.asked, 2, 12);
	}
	/* An empty pane is not searched for ever either. */
	p.rows = (struct wire_range){ 0, 0 };
	find_again(&f, false, shown);
	settle(&p, &f, &shown);
	find_fini(&f);
}

/* More matches than an answer has room for: the next one is still the next one. */
static void test_many(void **state)
{
	for (int sloppy = 0; sloppy < 2; sloppy++) {
		struct pane p = { .rows = { 0, 3000 }, .sloppy = sloppy };
		struct find f;
		struct wire_range shown = { 2980, 3000 };

		find_init(&f);
		for (int64_t row = 0; row < 3000; row++)
			for (uint64_t col = 0; col < 80; col += 2)
				match(&p, row, col, row, col + 1);
		find_begin(&f, "x", false, true, shown);
		for (int i = 0; i < 300; i++) {
			settle(&p, &f, &shown);
			expect_at(&f, 2999 - i / 40, 78 - i % 40 * 2);
			find_again(&f, false, shown);
		}
		shown = (struct wire_range){ 0, 20 };
		find_begin(&f, "x", false, false, shown);
		for (int i = 0; i < 12000; i++) {
			settle(&p, &f, &shown);
			expect_at(&f, i / 40, i % 40 * 2);
			find_again(&f, false, shown);
		}
		/* A row that alone has too many. */
		p.n = 0;
		for (uint64_t col = 0; col < FIND_RESULTS + 10; col++)
			match(&p, 1500, col, 1500, col + 1);
		find_begin(&f, "y", false, true, shown);
		settle(&p, &f, &shown);
		assert_int_equal(f.current.from.row, 1500);
		find_fini(&f);
		free(p.v);
	}
}

static uint32_t rnd(uint64_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32) % n;
}

/* Random matches and random walks: each step goes where a plain loop goes. */
static void test_walks(void **state)
{
	uint64_t seed = 88172645463325252ull;

	for (int round = 0; round < 60; round++) {
		struct pane p = { .rows = { rnd(&seed, 100), 3000 + rnd(&seed, 4000) }, .sloppy = rnd(&seed, 2) };
		struct wire_range shown = { p.rows.end - 20, p.rows.end };
		struct find f;
		uint32_t gap = 1 + rnd(&seed, 1u << rnd(&seed, 11));

		find_init(&f);
		for (int64_t row = p.rows.start; row < p.rows.end; row += rnd(&seed, gap + 1))
			if (p.n == 0 || p.v[p.n - 1].start_y < row)
				match(&p, row, rnd(&seed, 70), row, 75);
			else if (p.v[p.n - 1].start_x < 70)
				match(&p, row, p.v[p.n - 1].start_x + 1, row, 75);
			else
				row++;
		find_begin(&f, "x", false, true, shown);
		settle(&p, &f, &shown);
		size_t at = p.n - 1;
		for (int i = 0; i < 100; i++) {
			expect_at(&f, p.v[at].start_y, (int64_t)p.v[at].start_x);
			bool other = rnd(&seed, 4) == 0;
			find_again(&f, other, shown);
			settle(&p, &f, &shown);
			at = other ? (at + 1) % p.n : (at + p.n - 1) % p.n;
			/* What is around is marked. */
			assert_true(f.known.start <= shown.start && f.known.end >= shown.end);
		}
		find_fini(&f);
		free(p.v);
	}
}

/* ---- answers ---- */

static void test_late_and_bad_answers(void **state)
{
	struct pane p = { .rows = { 0, 1000 } };
	struct find f;
	struct wire_range shown = { 980, 1000 }, ask;
	struct wire_search_result lies[] = { { -5, 0, -5, 1, 0 }, { 990, 5, 990, 5, 0 }, { 990, 9, 990, 3, 0 },
		{ 991, 2, 991, UINT64_MAX, 0 }, { 991, 1, 991, 2, 0 }, { INT64_MAX, 0, INT64_MAX, 1, 0 },
		{ 992, UINT64_MAX, INT64_MAX, UINT64_MAX, 0 }, { 993, 0, INT64_MIN, 0, 0 } };

	find_init(&f);
	find_begin(&f, "x", false, true, shown);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_ASK);
	find_asked(&f, ask, 7);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_NOTHING);     /* it waits */
	assert_false(find_results(&f, 6, &(struct wire_search_response){ lies, 8 }));
	assert_false(find_results(&f, 0, &(struct wire_search_response){ lies, 8 }));
	assert_true(find_results(&f, 7, &(struct wire_search_response){ lies, 8 }));
	assert_int_equal(f.n, 2);
	settle(&p, &f, &shown);
	/* What was asked for is not wanted any more. */
	find_begin(&f, "y", false, true, shown);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_ASK);
	find_asked(&f, ask, 8);
	find_cancel(&f);
	assert_false(find_results(&f, 8, &(struct wire_search_response){ lies, 8 }));
	/* The pattern is bad. */
	find_begin(&f, "(", true, true, shown);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_ASK);
	find_asked(&f, ask, 9);
	const char *reason = "Error: Parsing error at position 1: \033[31mno";
	assert_false(find_error(&f, 8, reason, strlen(reason)));
	assert_true(find_error(&f, 9, reason, strlen(reason)));
	assert_non_null(strstr(f.message, "Parsing error at position 1: "));
	assert_null(strchr(f.message, '\033'));
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_NOTHING);
	/* A place in what was sent, of which "(?i)" is ours. */
	cleanup_str struct str buf = STR_INIT;
	find_begin(&f, "a(", true, true, shown);
	assert_string_equal(find_pattern(&f, &buf).text.s, "(?i)a(");
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_ASK);
	find_asked(&f, ask, 10);
	reason = "Error: Parsing error at position 6: what";
	assert_true(find_error(&f, 10, reason, strlen(reason)));
	assert_string_equal(f.message, "Parsing error at position 2: what");
	find_fini(&f);
}

static void test_changes(void **state)
{
	struct pane p = { .rows = { 0, 1000 } };
	struct find f;
	struct wire_range shown = { 980, 1000 }, ask;

	find_init(&f);
	match(&p, 970, 1, 970, 2);
	match(&p, 990, 1, 990, 2);
	find_begin(&f, "x", false, true, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 990, 1);
	find_changed(&f, INT64_MAX, false);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_NOTHING);
	/* A row that is shown: what is known of it is asked for again. */
	find_changed(&f, 985, false);
	assert_false(f.has_current);
	assert_int_equal(f.n, 1);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_ASK);
	p.v[1].start_x = 0;
	settle(&p, &f, &shown);
	find_again(&f, false, shown);
	settle(&p, &f, &shown);
	expect_at(&f, 990, 0);
	/* Rows are numbered anew in the middle of a jump. */
	find_again(&f, false, shown);
	find_asked(&f, shown, 99);
	find_changed(&f, 0, true);
	assert_false(find_results(&f, 99, &(struct wire_search_response){ NULL, 0 }));
	settle(&p, &f, &shown);
	find_off(&f);
	assert_int_equal(find_step(&f, p.rows, shown, &ask), FIND_NOTHING);
	find_fini(&f);
	free(p.v);
}

static void test_smart_case(void **state)
{
	static const struct { const char *typed; bool regex; uint32_t kind; const char *sent; } patterns[] = {
		{ "error", false, WIRE_PATTERN_CASE_INSENSITIVE, "error" }, { "Error", false, WIRE_PATTERN_CASE_SENSITIVE, "Error" },
		{ "a.c\\S", false, WIRE_PATTERN_CASE_SENSITIVE, "a.c\\S" }, { "\u00e4", false, WIRE_PATTERN_CASE_INSENSITIVE, "\u00e4" },
		{ "\u00c4", false, WIRE_PATTERN_CASE_SENSITIVE, "\u00c4" }, { "\u0416", false, WIRE_PATTERN_CASE_SENSITIVE, "\u0416" },
		{ "\\Sa\\W", true, WIRE_PATTERN_REGEX, "(?i)\\Sa\\W" }, { "\\\\S", true, WIRE_PATTERN_REGEX, "\\\\S" },
		{ "x\\", true, WIRE_PATTERN_REGEX, "(?i)x\\" }, { "12", false, WIRE_PATTERN_CASE_INSENSITIVE, "12" } };
	cleanup_str struct str buf = STR_INIT;
	struct find f;

	find_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		find_begin(&f, patterns[i].typed, patterns[i].regex, true, (struct wire_range){ 0, 1 });
		struct wire_pattern w = find_pattern(&f, &buf);

		assert_int_equal(w.kind, patterns[i].kind);
		assert_string_equal(w.text.s, patterns[i].sent);
		assert_int_equal(w.text.len, strlen(patterns[i].sent));
	}
	find_fini(&f);
}

/* ---- highlights ---- */

static void expect_marks(const struct find *f, int64_t row, size_t off, const char *want)
{
	struct cell cells[10];
	char got[11] = "";

	for (size_t x = 0; x < 10; x++)
		cells[x] = (struct cell){ .width = 1, .attrs = ATTR_REVERSE };
	find_mark(f, row, off, cells, 10);
	for (size_t x = 0; x < 10; x++)
		got[x] = cells[x].bg == COLOR_PALETTE(6) ? 'm' : cells[x].bg == COLOR_PALETTE(5) ? 'C' : '.';
	assert_string_equal(got, want);
}

static void test_marks(void **state)
{
	struct pane p = { .rows = { 0, 100 } };
	struct find f;
	struct wire_range shown = { 0, 20 };

	find_init(&f);
	match(&p, 3, 2, 3, 4);
	match(&p, 3, 6, 5, 1);
	match(&p, 5, 3, 5, 4);
	expect_marks(&f, 3, 0, "..........");
	find_begin(&f, "x", false, false, shown);
	settle(&p, &f, &shown);
	expect_marks(&f, 2, 0, "..........");
	expect_marks(&f, 3, 0, "..CC..mmmm");
	expect_marks(&f, 4, 0, "mmmmmmmmmm");
	expect_marks(&f, 5, 0, "m..m......");
	expect_marks(&f, 3, 3, "C..mmmmmmm");
	expect_marks(&f, 5, 3, "m.........");
	find_again(&f, false, shown);
	settle(&p, &f, &shown);
	expect_marks(&f, 4, 0, "CCCCCCCCCC");
	expect_marks(&f, 3, 0, "..mm..CCCC");
	find_off(&f);
	expect_marks(&f, 3, 0, "..........");
	find_fini(&f);
	free(p.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_one_match),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_late_and_bad_answers),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_smart_case),
		cmocka_unit_test(test_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
