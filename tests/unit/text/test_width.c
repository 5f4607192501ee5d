#include "../unit.h"
#include "text/props.h"
#include "text/text.h"
#include "wcwidth_ranges.h"

static void test_code_points(void **state)
{
	static const struct { uint32_t cp; unsigned width; } cases[] = {
		{ 0, 0 }, { 0x1b, 0 }, { 0x7f, 0 }, { 0x85, 0 }, { ' ', 1 }, { 'a', 1 }, { 0xa1, 1 },
		{ 0xad, 1 },                              /* soft hyphen is printed */
		{ 0xe9, 1 }, { 0x301, 0 }, { 0x488, 0 }, { 0x5d0, 1 }, { 0x600, 1 }, { 0x903, 0 }, { 0x915, 1 },
		{ 0x94d, 0 }, { 0xe33, 1 }, { 0x1100, 2 }, { 0x1161, 0 }, { 0x11a8, 0 }, { 0xac00, 2 },
		{ 0x200b, 0 }, { 0x200d, 0 }, { 0x2028, 0 }, { 0x202e, 0 }, { 0x20ac, 1 }, { 0x231a, 2 },
		{ 0x2500, 1 }, { 0x2588, 1 }, { 0x2764, 1 }, { 0x3000, 2 }, { 0x303f, 1 }, { 0x4e00, 2 },
		{ 0xe000, 1 }, { 0x16d63, 1 }, { 0xfe0f, 0 }, { 0xfeff, 0 }, { 0xff21, 2 }, { 0xff71, 1 }, { 0xfffd, 1 },
		{ 0x1f1e6, 2 }, { 0x1f321, 1 }, { 0x1f3fb, 2 }, { 0x1f600, 2 }, { 0x1fae9, 2 }, { 0x20000, 2 },
		{ 0x2fffe, 1 }, { 0xe0061, 0 }, { 0xe0100, 0 }, { 0x10fffd, 1 }, { 0x110000, 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (text_width(cases[i].cp) != cases[i].width)
			fail_msg("U+%04X: %u, want %u", (unsigned)cases[i].cp, text_width(cases[i].cp), cases[i].width);
}

/* Another source, over all code points. Where we mean to differ (text.h says why): */
static bool meant(uint32_t cp, unsigned width)
{
	static const struct { uint32_t first, last; unsigned width; } ours[] = {
		{ 0x600, 0x605, 1 }, { 0x6dd, 0x6dd, 1 }, { 0x70f, 0x70f, 1 }, { 0x890, 0x891, 1 }, { 0x8e2, 0x8e2, 1 },
		{ 0x110bd, 0x110bd, 1 }, { 0x110cd, 0x110cd, 1 },     /* prepended marks */
		{ 0xd7c7, 0xd7ca, 1 }, { 0xd7fc, 0xd7ff, 1 },         /* unassigned */
		{ 0x1f1e6, 0x1f1ff, 2 }, { 0x1f3fb, 0x1f3ff, 2 },     /* regional indicators, skin tones */
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (cp >= ours[i].first && cp <= ours[i].last)
			return width == ours[i].width;
	return false;
}

static void test_wcwidth(void **state)
{
	size_t n = sizeof(wcwidth_ranges) / sizeof(wcwidth_ranges[0]), at = 0;

	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		while (at < n && wcwidth_ranges[at].last < cp)
			at++;
		unsigned want = at < n && cp >= wcwidth_ranges[at].first ? wcwidth_ranges[at].width : 1;
		if (text_width(cp) != want && !meant(cp, text_width(cp)))
			fail_msg("U+%04X: %u, wcwidth has %u", (unsigned)cp, text_width(cp), want);
	}
}

/* What the printer takes for granted. */
static void test_han(void **state)
{
	unsigned n = 0;

	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		if (!text_is_han(cp))
			continue;
		n++;
		assert_int_equal(text_width(cp), 2);
		assert_true(text_is_simple(cp));
	}
	assert_int_equal(n, 0xa000 - 0x3400);
}

static void test_clusters(void **state)
{
	static const struct { const char *s; unsigned width; } cases[] = {
		{ "a", 1 }, { "e\u0301", 1 }, { "\u0301", 1 }, { "\u65e5", 2 },
		{ "\u2764", 1 }, { "\u2764\ufe0f", 2 }, { "\u231a\ufe0e", 1 }, { "\u231a\ufe0f", 2 },
		{ "a\ufe0f", 1 },                                    /* not an emoji: the selector is nothing */
		{ "1\ufe0f\u20e3", 2 },                              /* keycap */
		{ "\U0001f1e9\U0001f1ea", 2 }, { "\U0001f44d\U0001f3fd", 2 },
		{ "\U0001f468\u200d\U0001f469\u200d\U0001f467", 2 },
		{ "\u0915\u094d\u0937", 2 },                          /* two consonants of one cell each */
		{ "\u0915\u093e", 1 }, { "\u1112\u1161\u11ab", 2 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_cluster_len(cases[i].s, strlen(cases[i].s)), strlen(cases[i].s));
		if (text_cluster_width(cases[i].s, strlen(cases[i].s)) != cases[i].width)
			fail_msg("case %zu: want %u", i, cases[i].width);
	}
}

static void test_strings(void **state)
{
	assert_int_equal(text_string_width("", 0), 0);
	assert_int_equal(text_string_width("ab\t\x1b[0m", 7), 5);
	assert_int_equal(text_string_width("a\r\nb\u200b", 7), 2);
	assert_int_equal(text_string_width("na\u00efve \u65e5\u672c \u2764\ufe0f!",
	    strlen("na\u00efve \u65e5\u672c \u2764\ufe0f!")), 14);
	assert_string_equal(text_unicode_version, "16.0.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_points),
		cmocka_unit_test(test_wcwidth),
		cmocka_unit_test(test_han),
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
