/* link.c - the stream itself: a Unix socket, or the stdin and stdout of a program.
 *
 * A program's stdout may begin with what a remote .bashrc printed. The proxy on
 * the far side therefore prints a marker with a nonce that only we know, and
 * everything before it is noise. We never read past the marker: as long as k
 * bytes of it have matched, at least length - k bytes are still to come, so a
 * read of that many cannot take a byte of the stream that follows. The reader
 * above can use the descriptor at once and there is nothing to hand over.
 *
 * The program's stderr is kept, its last 4 kB, to say why a stream ended. */
#include "link/link.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#define TAIL_MAX 4096                 /* kept of stderr, and of noise */
#define LINE_SHOWN_MAX 300            /* bytes of a program's line in a message */
#define NONCE_MAX 128
#define CONNECT_TIMEOUT_S 5
#define REASON_WAIT_MS 1000
#define CLOSE_GRACE_MS 200            /* after EOF on its stdin, and again after SIGTERM */

struct link {
	int rfd, wfd;                 /* the same for a socket */
	int efd;                      /* the program's stderr, or -1 */
	struct proc proc;
	bool has_proc;                /* not reaped yet */
	int status;                   /* once reaped: as proc_wait */
	char *program;                /* NULL: a socket */
	char *marker;                 /* NULL: none is expected */
	struct str errs, noise;
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void tail_add(struct str *tail, const char *data, size_t len)
{
	if (len > TAIL_MAX) {
		data += len - TAIL_MAX;
		len = TAIL_MAX;
	}
	str_add(tail, data, len);
	if (tail->len > TAIL_MAX)
		str_drop(tail, tail->len - TAIL_MAX);
}

static struct link *link_new(void)
{
	/* Writing to a link whose other end has gone must fail, not kill the process. */
	signal(SIGPIPE, SIG_IGN);

	struct link *l = xcalloc(1, sizeof(*l));
	l->rfd = l->wfd = l->efd = -1;
	str_init(&l->errs);
	str_init(&l->noise);
	return l;
}

/* ---- the two kinds ---- */

struct link *link_unix(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	if (len >= sizeof(addr.sun_path)) {
		err_set(err, ERR_FAILED, "cannot connect to %s: the path of a socket has at most %zu bytes;"
		    " set XDG_RUNTIME_DIR to a shorter one", path, sizeof(addr.sun_path) - 1);
		return NULL;
	}
	memcpy(addr.sun_path, path, len + 1);

	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_sys(err, "cannot make a socket");
		return NULL;
	}
	/* A server that accepts nobody would hold connect() for ever once its queue is full. */
	struct timeval limit = { .tv_sec = CONNECT_TIMEOUT_S };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (errno == EAGAIN)
			err_set(err, ERR_FAILED, "cannot connect to %s: the server does not accept connections", path);
		else
			err_sys(err, "cannot connect to %s", path);
		return NULL;
	}
	struct ucred peer;
	socklen_t peer_len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) < 0) {
		err_sys(err, "cannot ask who listens on %s", path);
		return NULL;
	}
	if (peer.uid != geteuid() && peer.uid != 0) {
		err_set(err, ERR_FAILED, "refusing to talk to %s: it belongs to another user (uid %u)", path,
		    (unsigned)peer.uid);
		return NULL;
	}
	set_nonblock(fd);

	struct link *l = link_new();
	l->rfd = l->wfd = fd;
	fd = -1;
	return l;
}

struct link *link_program(const struct strv *argv, const char *nonce, struct err *err)
{
	if (nonce && strlen(nonce) > NONCE_MAX) {
		err_set(err, ERR_FAILED, "cannot start %s: the nonce is too long", argv->v[0]);
		return NULL;
	}
	struct link *l = link_new();
	l->program = xstrdup(fs_basename(argv->v[0]));
	if (nonce)
		l->marker = xasprintf(LINK_MARKER_PREFIX "%s\n", nonce);

	proc_init(&l->proc);
	for (size_t i = 0; i < argv->n; i++)
		strv_push(&l->proc.argv, argv->v[i]);
	l->proc.in = l->proc.out = l->proc.err = PROC_PIPE;
	/* Away from our terminal: it must neither ask there, nor die of the person's Ctrl-C. */
	l->proc.new_session = true;
	if (proc_start(&l->proc, err) < 0) {
		link_close(l);
		return NULL;
	}
	l->has_proc = true;
	l->wfd = l->proc.in;
	l->rfd = l->proc.out;
	l->efd = l->proc.err;
	/* From here they are closed by us, one at a time. */
	l->proc.in = l->proc.out = l->proc.err = PROC_NULL;
	set_nonblock(l->wfd);
	set_nonblock(l->rfd);
	set_nonblock(l->efd);
	return l;
}

int link_read_fd(const struct link *l)
{
	return l->rfd;
}

int link_write_fd(const struct link *l)
{
	return l->wfd;
}

int link_error_fd(const struct link *l)
{
	return l->efd;
}

void link_drain_errors(struct link *l)
{
	char buf[TAIL_MAX];
	while (l->efd >= 0) {
		ssize_t n = read(l->efd, buf, sizeof(buf));
		if (n > 0) {
			tail_add(&l->errs, buf, (size_t)n);
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(l->efd);
			l->efd = -1;
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

/* ---- why ---- */

/* ssh's own farewells: they follow the line that says something. */
static bool is_farewell(const char *line, size_t len)
{
	static const char *const starts[] = { "Connection to ", "Shared connection to ", "Killed by signal " };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t n = strlen(starts[i]);
		if (len > n && memcmp(line, starts[i], n) == 0 &&
		    (starts[i][0] == 'K' || memmem(line, len, " closed.", 8)))
			return true;
	}
	return false;
}

/* Appends the last line that says something, filtered. False when there is none. */
static bool last_line(struct str *ret, const struct str *tail)
{
	const char *end = tail->s + tail->len;
	while (end > tail->s) {
		const char *start = end;
		while (start > tail->s && start[-1] != '\n')
			start--;
		const char *a = start, *b = end;
		while (a < b && strchr(" \t\r\n", *a))
			a++;
		while (b > a && strchr(" \t\r\n", b[-1]))
			b--;
		if (a < b && !is_farewell(a, (size_t)(b - a))) {
			log_safe(ret, a, (size_t)(b - a), LINE_SHOWN_MAX, false);
			return true;
		}
		end = start > tail->s ? start - 1 : start;
	}
	return false;
}

static void said(struct str *ret, const struct link *l)
{
	cleanup_str struct str line = STR_INIT;
	if (last_line(&line, &l->errs) || last_line(&line, &l->noise))
		str_printf(ret, ": %s", line.s);
}

/* Waits until the program has ended or timeout_ms passed; true when it has, and l->status is set. */
static bool reap(struct link *l, int timeout_ms)
{
	if (!l->has_proc)
		return true;
	int pidfd = (int)syscall(SYS_pidfd_open, l->proc.pid, 0);
	if (pidfd < 0)
		return false;
	int64_t end = now_ms() + timeout_ms;
	bool ended = false;
	for (;;) {
		/* Its stderr is read meanwhile, or it might wait for us as we wait for it. */
		struct pollfd p[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = l->efd, .events = POLLIN } };
		int64_t left = end - now_ms();
		int n = poll(p, 2, left > 0 ? (int)left : 0);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && p[1].revents)
			link_drain_errors(l);
		if (n > 0 && p[0].revents) {
			ended = true;
			break;
		}
		if (n == 0)
			break;
	}
	close(pidfd);
	if (!ended)
		return false;
	link_drain_errors(l);
	struct err ignored = ERR_INIT;
	l->status = proc_wait(&l->proc, &ignored);
	err_fini(&ignored);
	l->has_proc = false;
	return true;
}

char *link_reason(struct link *l)
{
	struct str s = STR_INIT;
	if (!l->program) {
		str_puts(&s, "the server closed the connection");
		return str_detach(&s);
	}
	if (!reap(l, REASON_WAIT_MS))
		str_printf(&s, "%s closed the connection", l->program);
	else if (l->status > 128 && l->status <= 128 + SIGRTMAX)       /* ssh's own 255 is no signal */
		str_printf(&s, "%s was ended by signal %d", l->program, l->status - 128);
	else
		str_printf(&s, "%s ended with status %d", l->program, l->status);
	said(&s, l);
	return str_detach(&s);
}

/* ---- the marker ---- */

int link_wait_ready(struct link *l, int timeout_ms, struct err *err)
{
	if (!l->marker)
		return 0;
	const size_t len = strlen(l->marker);
	char window[sizeof(LINK_MARKER_PREFIX) + NONCE_MAX + 1];
	size_t have = 0;              /* window[0..have) is how the marker begins */
	size_t total = 0;
	int64_t end = now_ms() + timeout_ms;

	while (have < len) {
		struct pollfd p[2] = { { .fd = l->rfd, .events = POLLIN }, { .fd = l->efd, .events = POLLIN } };
		int64_t left = end - now_ms();
		int n = left > 0 ? poll(p, 2, (int)left) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot wait for %s", l->program);
		if (n == 0) {
			cleanup_str struct str s = STR_INIT;
			said(&s, l);
			return err_set(err, ERR_FAILED, "%s gave no answer within %.1f s%s", l->program,
			    timeout_ms / 1000.0, s.s);
		}
		if (p[1].revents)
			link_drain_errors(l);
		if (!p[0].revents)
			continue;
		ssize_t got = read(l->rfd, window + have, len - have);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			cleanup_free char *why = link_reason(l);
			return err_set(err, ERR_FAILED, "%s", why);
		}
		have += (size_t)got;
		total += (size_t)got;
		size_t skip = 0;
		while (skip < have && memcmp(window + skip, l->marker, have - skip) != 0)
			skip++;
		tail_add(&l->noise, window, skip);
		memmove(window, window + skip, have - skip);
		have -= skip;
		if (total - have > LINK_SKIP_MAX)
			return err_set(err, ERR_FAILED, "%s printed over %u kB and no mux proxy answered;"
			    " does a startup file of the remote shell run another program?", l->program,
			    LINK_SKIP_MAX / 1024);
	}
	/* From here on a silent end is the program's alone; noise does not explain it. */
	str_reset(&l->noise);
	return 0;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	if (l->wfd >= 0)
		close(l->wfd);
	if (l->rfd >= 0 && l->rfd != l->wfd)
		close(l->rfd);
	if (l->has_proc && !reap(l, CLOSE_GRACE_MS)) {
		kill(l->proc.pid, SIGTERM);
		if (!reap(l, CLOSE_GRACE_MS)) {
			kill(l->proc.pid, SIGKILL);
			struct err ignored = ERR_INIT;
			proc_wait(&l->proc, &ignored);
			err_fini(&ignored);
		}
	}
	if (l->efd >= 0)
		close(l->efd);
	if (l->program)
		proc_fini(&l->proc);
	free(l->program);
	free(l->marker);
	str_fini(&l->errs);
	str_fini(&l->noise);
	free(l);
}
