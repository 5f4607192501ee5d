/* client.c - the loop between a terminal and a mux server.
 *
 * One poll(2) over the terminal, the link and signals; it has a timeout only
 * while an escape sequence is unfinished or a frame is due, so an idle client
 * never wakes up. Nothing in it blocks: the terminal's output is written as far
 * as the terminal takes it, and the next frame is made of the state at the
 * moment the last one has left, so a slow terminal skips states instead of
 * falling behind, and never holds up the link. */
#include "client/session.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

/* While output floods, of three frames the last comes at least so long after the first: one that follows a
 * single other one, such as the content after the empty screen of an attach, does not wait. */
#define FRAMES_MS 16
#define READ_MAX 65536
#define BLOCKING_WRITE_MAX 512          /* a terminal that polls as writable takes so much */

int64_t session_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void session_end(struct session *s, enum client_end end, int exit_code, const char *reason)
{
	if (s->ended)
		return;                         /* the first cause counts */
	s->ended = true;
	s->end = end;
	s->exit_code = exit_code;
	s->reason = reason ? xstrdup(reason) : NULL;
}

/* ---- the terminal ---- */

static void fit(struct session *s)
{
	unsigned rows = 24, cols = 80, x, y;
	tty_size(&s->tty, &rows, &cols, &x, &y);
	if (rows != draw_rows(s->draw) || cols != draw_cols(s->draw))
		draw_resize(s->draw, rows, cols);
	s->dirty = true;
}

static void read_terminal(struct session *s)
{
	char buf[READ_MAX];
	ssize_t n = read(s->tty.in, buf, sizeof(buf));
	if (n > 0)
		input_feed(&s->input, buf, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		session_end(s, CLIENT_DETACHED, 0, NULL);       /* the terminal is gone */
	session_flush_typed(s);
}

static void write_terminal(struct session *s)
{
	while (s->out_done < s->out.len) {
		size_t len = s->out.len - s->out_done;
		if (s->tty.out_blocks)
			len = MIN(len, (size_t)BLOCKING_WRITE_MAX);
		ssize_t n = write(s->tty.out, s->out.s + s->out_done, len);
		if (n > 0) {
			s->out_done += (size_t)n;
			if (s->tty.out_blocks && s->out_done < s->out.len)
				return;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else if (n == 0 || errno != EINTR) {
			session_end(s, CLIENT_DETACHED, 0, NULL);
			return;
		}
	}
	str_reset(&s->out);
	s->out_done = 0;
}

static void leave(struct session *s)
{
	str_drop(&s->out, s->out_done);
	s->out_done = 0;
	tty_leave(&s->tty, &s->out);
	str_reset(&s->out);
}

static int enter(struct session *s, struct err *err)
{
	if (tty_enter(&s->tty, &s->out, err) < 0)
		return -1;
	fit(s);
	draw_forget(s->draw);
	s->retitle = true;
	return 0;
}

/* ---- signals ---- */

static int catch_signals(sigset_t *ret_old)
{
	static const int signals[] = { SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP };
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, ret_old);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Stopped from outside (`kill -TSTP`): the shell gets its terminal as it was, and we ours when we go on. */
static void stop(struct session *s)
{
	struct err err = ERR_INIT;
	leave(s);
	raise(SIGSTOP);
	if (enter(s, &err) < 0)
		session_end(s, CLIENT_LOST, -1, err.msg);
	err_fini(&err);
	session_send_size(s);
}

static void read_signals(struct session *s, int fd)
{
	struct signalfd_siginfo info;
	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			fit(s);
			session_send_size(s);
			break;
		case SIGTSTP:
			stop(s);
			break;
		default:
			s->signal = (int)info.ssi_signo;
			session_end(s, CLIENT_DETACHED, 0, NULL);
		}
	}
}

/* ---- the loop ---- */

static void check_link(struct session *s, enum wire_client_status status)
{
	if (status == WIRE_CLIENT_ERROR)
		session_end(s, CLIENT_LOST, -1, wire_client_error(s->wire));
	else if (status == WIRE_CLIENT_EOF)
		session_end(s, CLIENT_LOST, -1, NULL);          /* link_reason() says why */
}

static int earlier(int a, int64_t b)
{
	return a < 0 || b < a ? (int)MAX(b, (int64_t)0) : a;
}

static void loop(struct session *s, int signal_fd)
{
	int64_t frames[2] = { 0 };                      /* when the last two were drawn, the older one first */
	int64_t unfinished = 0;                         /* when the unfinished sequence began */
	bool typed = false;                             /* since the last frame: its echo does not wait */
	if (wire_client_pending(s->wire))               /* came behind the last answer of the attach */
		check_link(s, wire_client_readable(s->wire));
	while (!s->ended) {
		int timeout = -1;
		int64_t now = session_now_ms();
		bool writing = s->out_done < s->out.len;
		if (s->dirty && !writing) {
			if (typed || now - frames[0] >= FRAMES_MS) {
				session_compose(s);
				write_terminal(s);
				frames[0] = frames[1];
				frames[1] = now;
				typed = false;
				writing = s->out_done < s->out.len;
			} else {
				timeout = earlier(timeout, frames[0] + FRAMES_MS - now);
			}
		}
		int wait = input_timeout(&s->input);
		if (wait >= 0)
			timeout = earlier(timeout, unfinished + wait - now);

		struct pollfd p[] = {
			{ .fd = s->tty.in, .events = POLLIN },
			{ .fd = writing ? s->tty.out : -1, .events = POLLOUT },
			{ .fd = link_read_fd(s->link), .events = POLLIN },
			{ .fd = wire_client_wants_write(s->wire) ? link_write_fd(s->link) : -1, .events = POLLOUT },
			{ .fd = link_error_fd(s->link), .events = POLLIN },
			{ .fd = signal_fd, .events = POLLIN },
		};
		int n = poll(p, ARRAY_LEN(p), timeout);
		if (n < 0 && errno != EINTR)
			session_end(s, CLIENT_LOST, -1, strerror(errno));
		if (n < 0)
			continue;
		if (p[5].revents)
			read_signals(s, signal_fd);
		if (p[0].revents) {
			read_terminal(s);
			unfinished = session_now_ms();
			typed = true;
		} else if (wait >= 0 && session_now_ms() - unfinished >= wait) {
			input_flush(&s->input);
			session_flush_typed(s);
		}
		if (p[1].revents)
			write_terminal(s);
		if (p[4].revents)
			link_drain_errors(s->link);
		if (p[2].revents)
			check_link(s, wire_client_readable(s->wire));
		if (p[3].revents && !s->ended)
			check_link(s, wire_client_writable(s->wire));
	}
}

static bool has_truecolor(void)
{
	static const char *const without[] = { "screen", "linux", "vt", "rxvt", "cons" };
	const char *colorterm = getenv("COLORTERM"), *program = getenv("TERM_PROGRAM"), *term = getenv("TERM");
	if (colorterm && (str_eq(colorterm, "truecolor") || str_eq(colorterm, "24bit")))
		return true;
	if (program && str_eq(program, "Apple_Terminal"))
		return false;
	for (size_t i = 0; term && i < ARRAY_LEN(without); i++)
		if (str_starts(term, without[i]))
			return false;
	return true;
}

static void session_fini(struct session *s)
{
	tty_close(&s->tty);
	if (s->wire)
		wire_client_destroy(s->wire);
	input_fini(&s->input);
	draw_destroy(s->draw);
	view_destroy(s->view);
	pool_reset(&s->pool);
	str_fini(&s->title);
	str_fini(&s->typed);
	str_fini(&s->prompt);
	find_fini(&s->find);
	str_fini(&s->clipboard);
	str_fini(&s->toast);
	str_fini(&s->out);
}

static int run(struct session *s, struct err *err)
{
	if (tty_open(&s->tty, s->opts->in, s->opts->out, err) < 0 || session_attach(s, err) < 0)
		return -1;
	sigset_t old;
	cleanup_close int signal_fd = catch_signals(&old);
	int r = signal_fd < 0 ? err_sys(err, "cannot watch signals") : enter(s, err);
	if (r == 0) {
		loop(s, signal_fd);
		leave(s);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int client_run(struct link *link, const struct client_options *opts, struct client_result *ret,
    struct err *err)
{
	struct session s = { .opts = opts, .link = link, .tty = { .out = -1 }, .pool = POOL_INIT,
		.exit_code = -1 };
	str_init(&s.title);
	str_init(&s.typed);
	str_init(&s.prompt);
	find_init(&s.find);
	str_init(&s.clipboard);
	str_init(&s.toast);
	str_init(&s.out);
	input_init(&s.input, session_input, &s);
	s.draw = draw_create(has_truecolor());
	s.view = view_create();
	s.wire = wire_client_create(link_read_fd(link), link_write_fd(link), WIRE_CODEC_LACE, session_pdu, &s);

	int r = run(&s, err);
	session_fini(&s);
	if (r < 0) {
		free(s.reason);
		return -1;
	}
	*ret = (struct client_result){ .end = s.end, .exit_code = s.end == CLIENT_EXITED ? s.exit_code : -1,
		.reason = s.reason, .pane_id = s.pane_id, .has_pane_id = true,
		.server_pid = s.server_pid };
	if (s.end == CLIENT_LOST && !ret->reason)
		ret->reason = link_reason(link);
	/* A signal that asked us to end ends us, now that the terminal is as it was. */
	if (s.signal)
		raise(s.signal);
	return 0;
}
