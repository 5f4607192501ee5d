/* Messages are read back from a file or a pseudo-terminal that stands in for stderr. */
#include "../unit.h"
#include "tmp.h"

#include "host/dotlace.h"
#include "host/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

/* ---- log_safe ---- */

static void check_safe(const char *text, size_t max, bool keep_nl, const char *expected)
{
	cleanup_str struct str s = STR_INIT;
	log_safe(&s, text, strlen(text), max, keep_nl);
	assert_string_equal(s.s, expected);
	assert_true(s.len <= max);
}

static void control_characters_become_visible(void **state)
{
	(void)state;
	check_safe("plain \xC3\xA4 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80", 100, false,
	    "plain \xC3\xA4 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80");
	check_safe("\x1b]0;x\a\x7f\x01", 100, false, "^[]0;x^G^?^A");
	check_safe("a\nb\tc\r", 100, false, "a b c^M");
	check_safe("a\nb\tc\r", 100, true, "a\nb\tc^M");
	check_safe("\xC2\x9B" "31m", 100, false, "<U+009B>31m");             /* C1 CSI as UTF-8 */
	check_safe("\x9B" "31m", 100, false, "\\x9b31m");                    /* and as a bare byte */
	check_safe("a\xE2\x80\xAE" "b\xE2\x81\xA6" "c", 100, false, "a<U+202E>b<U+2066>c");
	check_safe("\xF3\xA0\x81\x81", 100, false, "<U+E0041>");              /* a tag character */
	check_safe("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xE2\x82", 100, false,
	    "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82");
}

static void long_text_is_cut_between_characters(void **state)
{
	(void)state;
	check_safe("abcdef", 6, false, "abcdef");
	check_safe("abcdefg", 6, false, "abc\xE2\x80\xA6");
	check_safe("ab\xC3\xA4\xC3\xB6\xC3\xBC", 8, false, "ab\xC3\xA4\xC3\xB6\xC3\xBC");
	check_safe("ab\xC3\xA4\xC3\xB6\xC3\xBC", 7, false, "ab\xC3\xA4\xE2\x80\xA6");
	check_safe("abc", 2, false, "");
	check_safe("ab", 2, false, "ab");
	check_safe("a\xE2\x80\xAE", 8, false, "a\xE2\x80\xA6");
	/* Every length of the limit, every mixture: never over it, never half a character. */
	const char mix[] = "x\x1b\xC3\xA4\xE2\x80\xAE\xFF\xF0\x9F\x98\x80y";
	for (size_t max = 0; max < 40; max++) {
		cleanup_str struct str s = STR_INIT;
		log_safe(&s, mix, sizeof(mix) - 1, max, false);
		assert_true(s.len <= max);
		if (max >= 3 && max < 22)
			assert_true(str_ends(s.s, "\xE2\x80\xA6"));
	}
}

static void output(const char *text)
{
	progress_output(text, strlen(text));
}

/* ---- stderr replaced ---- */

static int saved_stderr = -1;

static void stderr_to(int fd)
{
	saved_stderr = dup(2);
	dup2(fd, 2);
}

static void stderr_back(void)
{
	dup2(saved_stderr, 2);
	close(saved_stderr);
}

static char *slurp(const char *path)
{
	cleanup_err struct err err = ERR_INIT;
	struct str s = STR_INIT;
	assert_int_equal(fs_read(path, 64 << 20, &s, &err), 0);
	return str_detach(&s);
}

static void messages_go_to_stderr_and_the_file(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *shown_path = fs_join(*state, "shown"), *log = fs_join(*state, "log"),
	    *victim = fs_join(*state, "v");
	int fd = open(shown_path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(fs_write_atomic(victim, "v", 1, 0600, &err), 0);
	assert_int_equal(symlink("v", log), 0);
	stderr_to(fd);
	log_info("early %d", 1);
	log_open(log);
	log_warn("careful: %s", "\x1b[31mred");
	log_warn("careful: %s", "\x1b[31mred");
	log_raw("\x1b[1mpart", 8);
	log_raw(" two\r\nthree\x9b", 12);
	err_set(&err, ERR_FAILED, "it broke");
	log_error(&err);
	progress_step("step one");
	output("noise\n");
	progress_set_quiet(true);
	progress_step("step two");
	progress_set_quiet(false);
	progress_done();
	assert_string_equal(log_path(), log);
	log_close();
	assert_null(log_path());
	stderr_back();
	close(fd);
	cleanup_free char *shown = slurp(shown_path), *file = slurp(log), *kept = slurp(victim);
	assert_string_equal(shown, "lace: warning: careful: ^[[31mred\nlace: it broke\nlace: step one\n");
	assert_string_equal(kept, "v");
	static const char *const in_order[] = { "Z early 1\n", "Z warning: careful: ^[[31mred\n", "| part two\n",
		"| three\\x9b\n", "Z error: it broke\n", "Z step one\n", "| noise\n", "Z step two\n" };
	const char *at = file;
	for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
		at = strstr(at, in_order[i]);
		assert_non_null(at);
		at += strlen(in_order[i]);
	}
	assert_null(strstr(file, "\x1b"));
	assert_null(strstr(strstr(file, "warning") + 1, "warning"));
}

static void the_end_of_a_steps_output_is_shown(void **state)
{
	cleanup_free char *shown_path = fs_join(*state, "shown3");
	int fd = open(shown_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	stderr_to(fd);
	progress_step("one");
	output("of the step before\n");
	progress_step("two");
	for (int i = 1; i <= PROGRESS_SHOWN_MAX + 3; i++) {
		cleanup_free char *line = xasprintf("line %d\n", i);
		output(line);
	}
	output("\033[31mthe end");
	progress_show_output();
	progress_show_output();          /* once is enough */
	progress_step("three");
	progress_show_output();          /* it said nothing */
	stderr_back();
	close(fd);
	cleanup_free char *shown = slurp(shown_path);
	assert_null(strstr(shown, "before\n"));
	assert_non_null(strstr(shown, "lace: two\n(4 lines before these)\nline 5\n"));
	assert_non_null(strstr(shown, "line 63\nthe end\nlace: three\n"));
	assert_true(str_ends(shown, "lace: three\n"));
}

static void the_file_is_bounded(void **state)
{
	cleanup_free char *log = fs_join(*state, "log"), *line = xmalloc(4000);
	memset(line, 'x', 3999);
	line[3999] = '\n';
	log_open(log);
	for (size_t i = 0; i < LOG_BYTES_MAX / 4000 + 100; i++)
		log_raw(line, 4000);
	log_close();
	struct stat st;
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size <= (off_t)LOG_BYTES_MAX + 100);
	cleanup_free char *text = slurp(log);
	assert_non_null(strstr(text, "the log is full"));
}

/* ---- the progress line ---- */

struct terminal { int master, slave; };

static struct terminal terminal_open(unsigned short cols)
{
	struct terminal t = { .master = posix_openpt(O_RDWR | O_NOCTTY) };
	assert_true(t.master >= 0 && grantpt(t.master) == 0 && unlockpt(t.master) == 0);
	t.slave = open(ptsname(t.master), O_RDWR | O_NOCTTY);
	assert_true(t.slave >= 0);
	struct termios tio;
	tcgetattr(t.slave, &tio);
	cfmakeraw(&tio);
	tcsetattr(t.slave, TCSANOW, &tio);
	struct winsize ws = { .ws_row = 24, .ws_col = cols };
	ioctl(t.slave, TIOCSWINSZ, &ws);
	setenv("TERM", "xterm", 1);
	return t;
}

/* What was written, until it ends with `end`: the kernel hands it to the master a moment later. */
static char *terminal_read(struct terminal *t, const char *end)
{
	struct str s = STR_INIT;
	struct pollfd fd = { t->master, POLLIN, 0 };
	while (!str_ends(s.s, end) && poll(&fd, 1, 5000) == 1) {
		char buf[8192];
		ssize_t got = read(t->master, buf, sizeof(buf));
		if (got <= 0)
			break;
		str_add(&s, buf, (size_t)got);
	}
	return str_detach(&s);
}

static void check_shown(struct terminal *t, const char *expected)
{
	cleanup_free char *got = terminal_read(t, expected);
	assert_string_equal(got, expected);
}

static void terminal_close(struct terminal *t)
{
	close(t->slave);
	close(t->master);
}

static void the_line_is_rewritten(void **state)
{
	(void)state;
	struct terminal t = terminal_open(30);
	stderr_to(t.slave);
	progress_step("build");
	check_shown(&t, "\rbuild\033[K");
	output("get\n\n\x1b[32mok\x1b[0m 10%\r20");
	check_shown(&t, "\rbuild: 20\033[K");
	output("%\r\n  \r\n");
	check_shown(&t, "\rbuild: 20%\033[K");
	output("\x1b]0;evil\atitle \xE2\x80\xAE");
	check_shown(&t, "\rbuild: title <U+202E>\033[K");
	log_warn("mind the gap");
	check_shown(&t, "\r\033[Klace: warning: mind the gap\n\rbuild: title <U+202E>\033[K");
	progress_done();
	check_shown(&t, "\r\033[K");
	progress_done();
	progress_step("next");
	check_shown(&t, "\rnext\033[K");
	progress_done();
	stderr_back();
	terminal_close(&t);
	log_close();
}

/* Columns of a drawn line, for ASCII and the wide characters used here. */
static size_t drawn_columns(const char *text)
{
	size_t n = 0;
	for (const char *p = text; *p && *p != '\033'; p++)
		if (*p != '\r' && ((unsigned char)*p & 0xC0) != 0x80)
			n += (unsigned char)*p < 0x80 ? 1 : 2;
	return n;
}

static void the_line_fits_every_width(void **state)
{
	(void)state;
	for (unsigned short cols = 1; cols <= 60; cols++) {
		struct terminal t = terminal_open(cols);
		stderr_to(t.slave);
		progress_step("\xE6\x97\xA5\xE6\x9C\xAC building");
		output("a line \xE6\xBC\xA2\xE5\xAD\x97 that is longer than the terminal");
		progress_done();
		log_warn("end %u", cols);
		stderr_back();
		cleanup_free char *end = xasprintf("end %u\n", cols), *all = terminal_read(&t, end);
		*strstr(all, "lace: warning") = '\0';
		for (const char *p = all; (p = strchr(p, '\r')); p++)
			assert_true(drawn_columns(p) <= (size_t)cols - 1);
		assert_null(strchr(all, '\n'));
		terminal_close(&t);
	}
	log_close();
}

static void a_dumb_terminal_gets_plain_lines(void **state)
{
	(void)state;
	struct terminal t = terminal_open(30);
	setenv("TERM", "dumb", 1);
	stderr_to(t.slave);
	progress_step("build");
	output("x\n");
	progress_done();
	stderr_back();
	check_shown(&t, "lace: build\n");
	terminal_close(&t);
	log_close();
}

/* ---- .lace ---- */

static void the_runs_log_stands_in_dotlace(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	for (int i = 0; i < DOTLACE_LOGS_MAX + 5; i++) {
		cleanup_free char *path = NULL, *what = xasprintf("run%d", i);
		int fd = dotlace_log_create(*state, what, &path, &err);
		assert_true(fd >= 0);
		close(fd);
		assert_true(fs_exists(path));
	}
	dotlace_log_open(*state, "last");
	log_info("hello");
	cleanup_free char *path = xstrdup(log_path());
	log_close();
	cleanup_free char *text = slurp(path), *ignore_path = fs_join(*state, ".lace/.gitignore"),
	    *ignore = slurp(ignore_path);
	assert_true(str_ends(text, "Z hello\n"));
	assert_string_equal(ignore, "*\n");
	/* Links planted from inside the container are not followed. */
	cleanup_free char *lace = fs_join(*state, ".lace"), *moved = fs_join(*state, "elsewhere");
	assert_int_equal(rename(lace, moved), 0);
	assert_int_equal(symlink("elsewhere", lace), 0);
	assert_int_equal(dotlace_write(*state, "x", "x", 1, &err), -1);
	cleanup_free char *x = fs_join(moved, "x");
	assert_false(fs_exists(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_become_visible),
		cmocka_unit_test(long_text_is_cut_between_characters),
		tmp_test(messages_go_to_stderr_and_the_file),
		tmp_test(the_end_of_a_steps_output_is_shown),
		tmp_test(the_file_is_bounded),
		cmocka_unit_test(the_line_is_rewritten),
		cmocka_unit_test(the_line_fits_every_width),
		cmocka_unit_test(a_dumb_terminal_gets_plain_lines),
		tmp_test(the_runs_log_stands_in_dotlace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
