/* One place writes to stderr, so that a warning never lands in the middle of
 * the progress line: the line is wiped, the warning written, the line drawn
 * again. The progress line can never wrap, whatever the terminal thinks of a
 * character's width: everything beyond ASCII counts as two columns, and the
 * last column stays free. */
#include "host/log.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/utc.h"
#include "host/safe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 4000u           /* bytes of one warning or error */
#define LINE_MAX_BYTES 4096u        /* of program output; a longer line is folded */
#define EARLY_MAX (1u << 20)        /* kept in memory before log_open() */
#define WARNINGS_KEPT 500u
#define RECENT_MAX (256u << 10)

static struct {
	int fd;
	char *path;
	size_t written;
	bool full;
	struct str early;
	struct str line;                /* log_raw()'s unfinished line */
	struct map warned;
} lg = { .fd = -1, .early = STR_INIT, .line = STR_INIT, .warned = MAP_INIT };

static struct {
	bool quiet, drawn;
	struct str step, out, line;     /* line: the output's unfinished line, raw */
	bool line_ended;
	struct str recent;              /* the step's output so far, fit to be shown; whole lines */
	size_t recent_left_out;         /* lines dropped from its beginning */
} pg = { .step = STR_INIT, .out = STR_INIT, .line = STR_INIT, .recent = STR_INIT };

static void write_fd(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* ---- stderr as lines of JSON ---- */

/* The reference CLI's numbers. */
enum level { LEVEL_DEBUG = 2, LEVEL_INFO = 3, LEVEL_WARNING = 4, LEVEL_ERROR = 5 };

static struct { enum log_format format; bool verbose; } shape;

void log_format(enum log_format format, bool verbose)
{
	shape.format = format;
	shape.verbose = verbose;
}

/* text went through log_safe(): quotes and backslashes are all that JSON minds in it. */
static void json_line(enum level level, const char *text, size_t len)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	cleanup_str struct str s = STR_INIT;
	str_printf(&s, "{\"type\":\"text\",\"level\":%d,\"timestamp\":%lld,\"text\":\"", (int)level,
	    (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			str_putc(&s, '\\');
		if (text[i] == '\n' || text[i] == '\t')
			str_puts(&s, text[i] == '\n' ? "\\n" : "\\t");
		else
			str_putc(&s, text[i]);
	}
	str_puts(&s, "\"}\n");
	write_fd(STDERR_FILENO, s.s, s.len);
}

/* One line of what only the log file gets otherwise. */
static void say_verbose(enum level level, const char *line, size_t len)
{
	if (!shape.verbose)
		return;
	if (shape.format == LOG_JSON) {
		json_line(level, line, len);
		return;
	}
	write_fd(STDERR_FILENO, line, len);
	write_fd(STDERR_FILENO, "\n", 1);
}

/* ---- the log file ---- */

static void to_file(const char *data, size_t len)
{
	if (lg.fd < 0) {
		if (lg.early.len + len <= EARLY_MAX)
			str_add(&lg.early, data, len);
		return;
	}
	if (lg.full)
		return;
	if (lg.written + len > LOG_BYTES_MAX) {
		static const char note[] = "(the log is full; the rest is left out)\n";
		lg.full = true;
		write_fd(lg.fd, note, sizeof(note) - 1);
		return;
	}
	lg.written += len;
	write_fd(lg.fd, data, len);
}

/* Keeps the last lines of the step's output. */
static void keep_recent(const char *line, size_t len)
{
	str_add(&pg.recent, line, len);
	if (pg.recent.len <= RECENT_MAX)
		return;
	/* Half of it at once: to move the rest for every line would cost more than the line. */
	size_t cut = pg.recent.len - RECENT_MAX / 2;
	const char *nl = memchr(pg.recent.s + cut, '\n', pg.recent.len - cut);
	cut = (size_t)(nl + 1 - pg.recent.s);
	for (size_t i = 0; i < cut; i++)
		pg.recent_left_out += pg.recent.s[i] == '\n';
	str_drop(&pg.recent, cut);
}

static void end_raw_line(void)
{
	if (lg.line.len == 0)
		return;
	cleanup_str struct str plain = STR_INIT, safe = STR_INIT;
	safe_strip_escapes(&plain, lg.line.s, lg.line.len);
	str_puts(&safe, "| ");
	log_safe(&safe, plain.s, plain.len, 4 * LINE_MAX_BYTES, true);
	str_putc(&safe, '\n');
	to_file(safe.s, safe.len);
	say_verbose(LEVEL_INFO, safe.s + 2, safe.len - 3);
	if (pg.step.len)
		keep_recent(safe.s + 2, safe.len - 2);
	str_reset(&lg.line);
}

void log_raw(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' || data[i] == '\r' || lg.line.len >= LINE_MAX_BYTES)
			end_raw_line();
		if (data[i] != '\n' && data[i] != '\r')
			str_putc(&lg.line, data[i]);
	}
}

static void file_line(const char *kind, const char *text, size_t len)
{
	end_raw_line();
	char now[UTC_STAMP];
	utc_stamp(now);
	cleanup_str struct str s = STR_INIT;
	str_printf(&s, "%s %s", now, kind);
	log_safe(&s, text, len, MESSAGE_MAX, false);
	str_putc(&s, '\n');
	to_file(s.s, s.len);
}

void log_use_fd(int fd, const char *path)
{
	if (lg.fd >= 0)
		close(lg.fd);
	free(lg.path);
	lg.fd = fd;
	lg.path = xstrdup(path);
	lg.written = 0;
	lg.full = false;
	to_file(lg.early.s, lg.early.len);
	str_fini(&lg.early);
}

void log_open(const char *path)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		log_use_fd(fd, path);
}

const char *log_path(void)
{
	return lg.path;
}

void log_close(void)
{
	end_raw_line();
	if (lg.fd >= 0)
		close(lg.fd);
	lg.fd = -1;
	free(lg.path);
	lg.path = NULL;
	map_fini(&lg.warned);
	str_fini(&lg.line);
	str_fini(&lg.early);
}

/* ---- the progress line ---- */

static bool on_terminal(void)
{
	const char *term = getenv("TERM");
	return shape.format == LOG_TEXT && !shape.verbose && isatty(STDERR_FILENO) && !(term && str_eq(term, "dumb"));
}

static unsigned columns(void)
{
	struct winsize ws;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 80;
}

/* Bytes of text that certainly fit into cols columns. */
static size_t fitting(const char *text, size_t len, unsigned cols)
{
	size_t i = 0;
	while (i < len) {
		size_t n = 1;
		while (i + n < len && ((unsigned char)text[i + n] & 0xC0) == 0x80)
			n++;
		unsigned width = (unsigned char)text[i] < 0x80 ? 1 : 2;
		if (width > cols)
			break;
		cols -= width;
		i += n;
	}
	return i;
}

static void wipe(void)
{
	if (pg.drawn)
		write_fd(STDERR_FILENO, "\r\033[K", 4);
	pg.drawn = false;
}

static void draw(void)
{
	if (pg.quiet || pg.step.len == 0 || !on_terminal())
		return;
	cleanup_str struct str text = STR_INIT, out = STR_INIT;
	str_add(&text, pg.step.s, pg.step.len);
	if (pg.out.len > 0)
		str_printf(&text, ": %s", pg.out.s);
	size_t n = fitting(text.s, text.len, columns() - 1);
	str_puts(&out, "\r");
	str_add(&out, text.s, n);
	str_puts(&out, "\033[K");
	write_fd(STDERR_FILENO, out.s, out.len);
	pg.drawn = true;
}

void progress_set_quiet(bool quiet)
{
	if (quiet)
		wipe();
	pg.quiet = quiet;
}

static void forget_step(void)
{
	str_reset(&pg.step);
	str_reset(&pg.out);
	str_reset(&pg.line);
	str_reset(&pg.recent);
	pg.recent_left_out = 0;
}

void progress_step(const char *fmt, ...)
{
	cleanup_str struct str text = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	file_line("", text.s, text.len);
	forget_step();
	log_safe(&pg.step, text.s, text.len, MESSAGE_MAX, false);
	if (pg.quiet)
		return;
	if (on_terminal()) {
		draw();
		return;
	}
	if (shape.format == LOG_JSON) {
		json_line(LEVEL_INFO, pg.step.s, pg.step.len);
		return;
	}
	cleanup_str struct str line = STR_INIT;
	str_printf(&line, "lace: %s\n", pg.step.s);
	write_fd(STDERR_FILENO, line.s, line.len);
}

/* The line so far becomes what is shown, unless there is nothing to see in it. */
static void show_line(void)
{
	cleanup_str struct str plain = STR_INIT, safe = STR_INIT;
	safe_strip_escapes(&plain, pg.line.s, pg.line.len);
	log_safe(&safe, plain.s, plain.len, 1024, false);
	if (strspn(safe.s, " ") == safe.len)
		return;
	str_reset(&pg.out);
	str_add(&pg.out, safe.s, safe.len);
}

void progress_output(const char *data, size_t len)
{
	log_raw(data, len);
	if (pg.quiet || !on_terminal())
		return;
	for (size_t i = 0; i < len; i++) {
		bool ends = data[i] == '\n' || data[i] == '\r';
		if (pg.line_ended && !ends) {
			show_line();
			str_reset(&pg.line);
		}
		if (!ends && pg.line.len < LINE_MAX_BYTES)
			str_putc(&pg.line, data[i]);
		pg.line_ended = ends;
	}
	show_line();
	draw();
}

void progress_done(void)
{
	wipe();
	forget_step();
	pg.line_ended = false;
}

void progress_show_output(void)
{
	end_raw_line();
	wipe();
	if (shape.verbose) {        /* it has been shown */
		forget_step();
		return;
	}
	if (shape.format == LOG_JSON) {
		if (pg.recent.len && !pg.quiet)
			json_line(LEVEL_INFO, pg.recent.s, pg.recent.len);
		forget_step();
		return;
	}
	size_t from = pg.recent.len, lines = 0, left_out = pg.recent_left_out;
	while (from > 0 && lines < PROGRESS_SHOWN_MAX) {
		from--;
		while (from > 0 && pg.recent.s[from - 1] != '\n')
			from--;
		lines++;
	}
	for (size_t i = 0; i < from; i++)
		left_out += pg.recent.s[i] == '\n';
	if (left_out && !pg.quiet) {
		cleanup_str struct str note = STR_INIT;
		str_printf(&note, "(%zu lines before these%s%s)\n", left_out, lg.path ? " are in " : "",
		    lg.path ? lg.path : "");
		write_fd(STDERR_FILENO, note.s, note.len);
	}
	if (pg.recent.len && !pg.quiet)
		write_fd(STDERR_FILENO, pg.recent.s + from, pg.recent.len - from);
	forget_step();
}

/* Only what a signal handler may do: write, and die of the signal after all. */
static void on_interrupt(int sig)
{
	static const char text[] = "\r\033[Klace: interrupted\n";
	size_t skip = pg.drawn ? 0 : 4;
	(void)!write(STDERR_FILENO, text + skip, sizeof(text) - 1 - skip);
	signal(sig, SIG_DFL);
	raise(sig);
}

void progress_announce_interrupt(void)
{
	static const int signals[] = { SIGINT, SIGTERM };
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (signal(signals[i], on_interrupt) == SIG_IGN)
			signal(signals[i], SIG_IGN);
}

/* ---- messages ---- */

static void to_terminal(enum level level, const char *prefix, const char *text, size_t len)
{
	cleanup_str struct str line = STR_INIT;
	if (shape.format == LOG_JSON) {
		log_safe(&line, text, len, MESSAGE_MAX, false);
		json_line(level, line.s, line.len);
		return;
	}
	str_puts(&line, prefix);
	log_safe(&line, text, len, MESSAGE_MAX, false);
	str_putc(&line, '\n');
	bool redraw = pg.drawn;
	wipe();
	write_fd(STDERR_FILENO, line.s, line.len);
	if (redraw)
		draw();
}

void log_info(const char *fmt, ...)
{
	cleanup_str struct str text = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	file_line("", text.s, text.len);
	cleanup_str struct str safe = STR_INIT;
	log_safe(&safe, text.s, text.len, MESSAGE_MAX, false);
	say_verbose(LEVEL_DEBUG, safe.s, safe.len);
}

void log_warn(const char *fmt, ...)
{
	cleanup_str struct str text = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	if (lg.warned.n < WARNINGS_KEPT && map_set(&lg.warned, text.s, &lg))
		return;
	file_line("warning: ", text.s, text.len);
	to_terminal(LEVEL_WARNING, "lace: warning: ", text.s, text.len);
}

void log_error(const struct err *err)
{
	const char *msg = err->msg ? err->msg : "unknown error";
	file_line("error: ", msg, strlen(msg));
	to_terminal(LEVEL_ERROR, "lace: ", msg, strlen(msg));
}
