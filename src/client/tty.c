/* tty.c - see tty.h.
 *
 * Output must never block the client, so it wants O_NONBLOCK. That flag belongs
 * to the open file description, which we share with the shell that started us
 * and which it would find changed; therefore the terminal is opened once more
 * and only our own description gets the flag. Where that is forbidden, little is
 * written at a time, which blocks rarely and briefly.
 *
 * The way back is kept ready as bytes in a static buffer after every change of
 * modes, because the crash handler may do no more than write() and tcsetattr(),
 * which POSIX allows in a signal handler. */
#include "client/tty.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

#define LEAVE_WAIT_MS 1000

static struct {
	char bytes[512];
	volatile size_t len;            /* 0: nothing to restore */
	int in, out;
	struct termios saved;
	struct sigaction old[NSIG];
} crash;
static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

static void on_crash(int sig)
{
	if (crash.len) {
		/* CAN and ST first: we may have been in the middle of a sequence or a string. */
		(void)!write(crash.out, "\030\033\\", 3);
		(void)!write(crash.out, crash.bytes, crash.len);
		tcsetattr(crash.in, TCSANOW, &crash.saved);
		crash.len = 0;
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

static void put_leave(const struct tty *t, struct str *out)
{
	struct tty_modes none = { 0 };
	struct tty copy = *t;
	copy.entered = false;           /* only the bytes are wanted */
	tty_set_modes(&copy, &none, out);
	if (t->kitty_pushed)
		str_puts(out, "\033[<u");
	if (t->shape_set)
		str_puts(out, "\033[0 q");
	/* end of synchronized output, default pen, no link, cursor, no paste markers, screen, title */
	str_puts(out, "\033[?2026l\033[m\033]8;;\033\\\033[?25h\033[?2004l\033[?1049l\033[23;0t");
}

static void keep_leave(const struct tty *t)
{
	cleanup_str struct str s = STR_INIT;
	put_leave(t, &s);
	crash.len = 0;
	memcpy(crash.bytes, s.s, MIN(s.len, sizeof(crash.bytes)));
	crash.len = MIN(s.len, sizeof(crash.bytes));
}

static void catch_crashes(const struct tty *t)
{
	crash.in = t->in;
	crash.out = t->caller_out;
	crash.saved = t->saved;
	struct sigaction sa = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER };
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
		sigaction(crash_signals[i], &sa, &crash.old[crash_signals[i]]);
}

static void release_crashes(void)
{
	for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
		sigaction(crash_signals[i], &crash.old[crash_signals[i]], NULL);
	crash.len = 0;
}

int tty_open(struct tty *t, int in, int out, struct err *err)
{
	*t = (struct tty){ .in = in, .out = -1, .caller_out = out };
	if (!isatty(in) || !isatty(out))
		return err_set(err, ERR_USAGE, "cannot show a terminal: standard input and output must be one;"
		    " use lace ssh or lace exec in scripts");
	if (tcgetattr(in, &t->saved) < 0)
		return err_sys(err, "cannot read the terminal's settings");
	/* Through /proc, as the path of a terminal may not exist in this mount namespace. */
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", out);
	t->out = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (t->out < 0) {
		/* Somebody else's terminal, as after su(1). */
		t->out = fcntl(out, F_DUPFD_CLOEXEC, 0);
		t->out_blocks = true;
	}
	if (t->out < 0)
		return err_sys(err, "cannot open the terminal");
	return 0;
}

void tty_close(struct tty *t)
{
	tty_leave(t, NULL);
	if (t->out >= 0)
		close(t->out);
	t->out = -1;
}

int tty_enter(struct tty *t, struct str *out, struct err *err)
{
	struct termios raw = t->saved;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(t->in, TCSADRAIN, &raw) < 0)
		return err_sys(err, "cannot set the terminal up");
	t->entered = true;
	t->now = (struct tty_modes){ 0 };
	t->kitty_pushed = t->shape_set = false;
	catch_crashes(t);
	keep_leave(t);
	str_puts(out, "\033[22;0t\033[?1049h\033[m\033[2J\033[?2004h");
	return 0;
}

static void put_mode(struct str *out, const char *number, bool from, bool to)
{
	if (from != to)
		str_printf(out, "\033[%s%c", number, to ? 'h' : 'l');
}

void tty_set_modes(struct tty *t, const struct tty_modes *want, struct str *out)
{
	const struct tty_modes now = t->now;
	put_mode(out, "?1", now.app_cursor, want->app_cursor);
	put_mode(out, "?1004", now.focus, want->focus);
	put_mode(out, "20", now.newline, want->newline);
	put_mode(out, "?67", now.backarrow, want->backarrow);
	put_mode(out, "?2031", now.color_scheme, want->color_scheme);
	if (now.app_keypad != want->app_keypad)
		str_puts(out, want->app_keypad ? "\033=" : "\033>");
	if (now.mouse != want->mouse) {
		static const char *const number[] = { NULL, "?1000", "?1002", "?1003" };
		if (now.mouse)
			str_printf(out, "\033[%sl", number[now.mouse]);
		if (want->mouse)
			str_printf(out, "\033[%sh", number[want->mouse]);
		put_mode(out, "?1006", now.mouse, want->mouse);
	}
	if (now.kitty_flags != want->kitty_flags) {
		if (!t->kitty_pushed)
			str_printf(out, "\033[>%uu", want->kitty_flags);
		else
			str_printf(out, "\033[=%u;1u", want->kitty_flags);
		t->kitty_pushed = true;
	}
	if (now.modify_other_keys != want->modify_other_keys) {
		if (want->modify_other_keys)
			str_printf(out, "\033[>4;%um", want->modify_other_keys);
		else
			str_puts(out, "\033[>4m");      /* its initial value */
	}
	if (now.format_other_keys != want->format_other_keys)
		str_puts(out, want->format_other_keys ? "\033[>4;1f" : "\033[>4f");
	if (now.cursor_shape != want->cursor_shape) {
		str_printf(out, "\033[%u q", want->cursor_shape);
		t->shape_set = true;
	}
	bool changed = memcmp(&now, want, sizeof(now)) != 0;
	t->now = *want;
	if (t->entered && changed)
		keep_leave(t);
}

/* Writes all of it, waiting for a terminal that is slow; gives up on one that does not read. */
static bool write_out(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		if (poll(&p, 1, LEAVE_WAIT_MS) == 0 || (p.revents & (POLLERR | POLLHUP)))
			return false;
	}
	return true;
}

void tty_leave(struct tty *t, const struct str *pending)
{
	if (!t->entered)
		return;
	cleanup_str struct str s = STR_INIT;
	put_leave(t, &s);
	if (pending && !write_out(t->out, pending->s, pending->len))
		write_out(t->out, "\030\033\\", 3);
	write_out(t->out, s.s, s.len);
	tcsetattr(t->in, TCSAFLUSH, &t->saved);
	release_crashes();
	t->entered = false;
}

bool tty_size(const struct tty *t, unsigned *ret_rows, unsigned *ret_cols, unsigned *ret_xpixel,
    unsigned *ret_ypixel)
{
	struct winsize ws;
	if (ioctl(t->caller_out, TIOCGWINSZ, &ws) < 0 || !ws.ws_row || !ws.ws_col)
		return false;
	*ret_rows = ws.ws_row;
	*ret_cols = ws.ws_col;
	*ret_xpixel = ws.ws_xpixel;
	*ret_ypixel = ws.ws_ypixel;
	return true;
}
