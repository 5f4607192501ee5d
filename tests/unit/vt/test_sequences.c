/* What holds for every row of the tables: modes are told and reset, and no number is
 * too large for a control sequence. */
#include "../unit.h"
#include "base/mem.h"
#include "base/str.h"
#include "vt/sequences.h"
#include "vt/vt.h"

static void on_reply(void *user, const char *bytes, size_t len)
{
	str_add(user, bytes, len);
}

static const struct vt_callbacks callbacks = { .reply = on_reply };

static struct vt *make(unsigned rows, unsigned cols, struct str *replies)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 10,
		.test_reports = true };

	return vt_create(&config, &callbacks, replies);
}

static void put(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

static bool is_mode(const struct vt_sequence *s)
{
	return s->kind == VT_SEQ_MODE_ANSI || s->kind == VT_SEQ_MODE_DEC;
}

/* How DECRPM says that the mode stands. */
static unsigned ask(struct vt *vt, const struct vt_sequence *mode, struct str *replies)
{
	const char *prefix = mode->kind == VT_SEQ_MODE_DEC ? "?" : "";
	cleanup_str struct str s = STR_INIT, want = STR_INIT;

	str_printf(&s, "\033[%s%u$p", prefix, mode->number);
	str_reset(replies);
	put(vt, s.s);
	str_printf(&want, "\033[%s%u;", prefix, mode->number);
	assert_true(str_starts(replies->s, want.s));
	assert_true(str_ends(replies->s, "$y"));
	return (unsigned)replies->s[want.len] - '0';
}

static void set(struct vt *vt, const struct vt_sequence *mode, bool on)
{
	cleanup_str struct str s = STR_INIT;

	str_printf(&s, "\033[%s%u%c", mode->kind == VT_SEQ_MODE_DEC ? "?" : "", mode->number, on ? 'h' : 'l');
	put(vt, s.s);
}

static void test_modes_are_told_and_reset(void **state)
{
	cleanup_str struct str replies = STR_INIT;
	struct vt *vt = make(24, 80, &replies);
	const struct vt_sequence *s;
	unsigned modes = 0;

	for (size_t i = 0; (s = vt_sequence_at(i)); i++) {
		if (!is_mode(s))
			continue;
		modes++;
		unsigned at_first = ask(vt, s, &replies);
		assert_in_range(at_first, 1, 4);
		put(vt, "\033[?40h");                       /* lets DECCOLM be */
		set(vt, s, true);
		assert_int_equal(ask(vt, s, &replies), at_first > 2 ? at_first : 1);
		set(vt, s, false);
		/* 1048 says whether a cursor is saved, and that stays. */
		assert_int_equal(ask(vt, s, &replies), at_first > 2 ? at_first : s->number == 1048 ? 1 : 2);
		if (at_first == 2)
			set(vt, s, true);
		put(vt, "\033c");
		if (ask(vt, s, &replies) != at_first)
			fail_msg("RIS leaves mode %u (%s)", s->number, s->mnemonic);
	}
	assert_true(modes > 50);
	vt_destroy(vt);
}

static void check_screen(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor c = vt_cursor(vt);

	assert_in_range(c.x, 0, d.cols - 1);
	assert_in_range(c.y, d.physical_top, d.physical_top + d.rows - 1);
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		assert_true(vt_row_get(vt, y, &row));
		assert_true(row.n <= (row.line_attr && d.cols > 1 ? d.cols / 2 : d.cols));
		for (unsigned x = 0; x < row.n; x++) {
			unsigned width = row.cells[x].width;

			assert_true(width <= 2);
			assert_true(width != 2 || (x + 1 < row.n && row.cells[x + 1].width == 0));
			assert_true(width != 0 || (x > 0 && row.cells[x - 1].width == 2));
		}
	}
}

/* The sequence with these parameters, after something that makes it meet an edge. */
static void send(struct vt *vt, const struct vt_sequence *s, const char *before, const char *parameters)
{
	cleanup_str struct str out = STR_INIT;

	str_printf(&out, "\033c%s\033[", before);
	if (s->prefix)
		str_putc(&out, (char)s->prefix);
	str_puts(&out, parameters);
	if (s->inter)
		str_putc(&out, (char)s->inter);
	str_putc(&out, (char)s->final);
	str_puts(&out, "\xe6\x97\xa5x");
	put(vt, out.s);
	check_screen(vt);
}

static void test_no_number_is_too_large(void **state)
{
	static const char *const parameters[] = { "", "0", "1", "2", "3;2;1", "2;2;2;3;1;1;2;1", "65535", "99999999999",
		"65535;65535;65535;65535;65535;65535;65535;65535", "1;1;65535;65535;65535;65535", "32;1;2;9;9",
		"1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34" };
	static const char *const before[] = { "", "a\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\r\nab",
		"\033[?69h\033[2;4s\033[2;3r\033[?6hab\xe6\x97\xa5", "\033#6ab\xe6\x97\xa5\r\n\xe6\x97\xa5\xe6\x97\xa5",
		"\033[?1049h\033[1\"qab\033[7m\xe6\x97\xa5", "\033[?1045h\033[?7h\033[4h\033[3;1H" };
	static const struct { unsigned rows, cols; } sizes[] = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 7 }, { 5, 10 } };
	const struct vt_sequence *s;

	for (size_t z = 0; z < ARRAY_LEN(sizes); z++) {
		cleanup_str struct str replies = STR_INIT;
		struct vt *vt = make(sizes[z].rows, sizes[z].cols, &replies);

		for (size_t i = 0; (s = vt_sequence_at(i)); i++) {
			if (s->kind != VT_SEQ_CSI)
				continue;
			for (size_t p = 0; p < ARRAY_LEN(parameters); p++)
				for (size_t b = 0; b < ARRAY_LEN(before); b++)
					send(vt, s, before[b], parameters[p]);
			str_reset(&replies);
		}
		vt_destroy(vt);
	}
}

/* What only asks for something leaves no trace: the sequence number stays. */
static void test_questions_change_nothing(void **state)
{
	static const char *const questions[] = { "\033[c", "\033[>c", "\033[=c", "\033[5n", "\033[6n", "\033[?6n",
		"\033[?15n", "\033[?996n", "\033[4$p", "\033[?7$p", "\033[>q", "\033[?u", "\033[?4m", "\033[1$w", "\033[2$w",
		"\033[1;1;1;1;2;2*y", "\033Z", "\033[18t", "\033[21t", "\033[1;1;2;2#|", "\033[#R" };
	cleanup_str struct str replies = STR_INIT;
	struct vt *vt = make(4, 10, &replies);

	put(vt, "abc");
	uint64_t seqno = vt_seqno(vt);
	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		str_reset(&replies);
		put(vt, questions[i]);
		if (replies.len == 0 || vt_seqno(vt) != seqno)
			fail_msg("question %zu", i);
	}
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes_are_told_and_reset),
		cmocka_unit_test(test_no_number_is_too_large),
		cmocka_unit_test(test_questions_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
