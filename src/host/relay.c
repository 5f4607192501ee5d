#include "host/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536

/* One direction. */
struct pump {
	int from, to;
	bool eof, done;                    /* nothing more to read; and all of it written */
	size_t at, len;
	char buf[CHUNK];
};

/* -1: the other side is gone. */
static int pump(struct pump *p)
{
	if (p->at < p->len) {
		ssize_t n = write(p->to, p->buf + p->at, p->len - p->at);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0)
			p->at += (size_t)n;
	}
	if (p->at == p->len && !p->eof) {
		p->at = p->len = 0;
		ssize_t n = read(p->from, p->buf, CHUNK);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			p->eof = true;
		else if (n > 0)
			p->len = (size_t)n;
	}
	p->done = p->eof && p->at == p->len;
	return 0;
}

/* A pipe has no half to shut: something else takes its number, which stays its owner's. */
static void half_close(int fd)
{
	if (shutdown(fd, SHUT_WR) == 0 || errno != ENOTSOCK)
		return;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		dup3(null, fd, O_CLOEXEC);
		close(null);
	}
}

static int copy(const struct relay *r)
{
	static struct pump up, down;
	bool half_closed = false;
	int errors = r->errors;

	up = (struct pump){ .from = STDIN_FILENO, .to = r->to };
	down = (struct pump){ .from = r->from, .to = STDOUT_FILENO };
	while (!down.done) {
		struct pollfd f[5] = {
			{ .fd = up.at == up.len && !up.eof ? up.from : -1, .events = POLLIN },
			{ .fd = up.at < up.len ? up.to : -1, .events = POLLOUT },
			{ .fd = down.at == down.len && !down.eof ? down.from : -1, .events = POLLIN },
			/* Without anything to write, an error still tells that the reader has gone. */
			{ .fd = down.to, .events = down.at < down.len ? POLLOUT : 0 },
			{ .fd = errors, .events = POLLIN },
		};
		if (poll(f, 5, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (f[4].revents != 0)
			errors = r->drain(r->user);
		if ((f[3].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 && (f[3].revents & POLLOUT) == 0)
			return 0;
		if ((f[0].revents | f[1].revents) != 0 && pump(&up) != 0)
			up.eof = up.done = true;
		if ((f[2].revents | (f[3].revents & POLLOUT)) != 0 && pump(&down) != 0)
			return 0;
		if (up.done && !half_closed) {
			half_close(r->to);
			half_closed = true;
		}
	}
	return 0;
}

static int unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

int relay_run(const struct relay *r)
{
	int flags[2] = { unblock(STDIN_FILENO), unblock(STDOUT_FILENO) };

	signal(SIGPIPE, SIG_IGN);
	unblock(r->from);
	unblock(r->to);
	int code = copy(r), error = errno;
	/* They are the terminal's of whoever called us, perhaps. */
	for (int fd = 0; fd < 2; fd++)
		if (flags[fd] >= 0)
			fcntl(fd, F_SETFL, flags[fd]);
	errno = error;
	return code;
}
