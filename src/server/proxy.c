/* proxy.c - a client's bytes to the server and back, over stdin and stdout.
 *
 * This is what runs at the far end of an ssh channel. It reads on both sides
 * whatever it has still to write, so neither side can block the other. */
#include "server/server.h"

#include "base/mem.h"
#include "base/str.h"
#include "link/link.h"
#include "wire/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define CHUNK 65536
#define NONCE_MAX 128

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

/* Until the server closes, or our reader does. */
static int run(int sock)
{
	static struct pump up, down;
	bool half_closed = false;

	up.from = STDIN_FILENO;
	up.to = down.from = sock;
	down.to = STDOUT_FILENO;
	while (!down.done) {
		struct pollfd f[4] = {
			{ .fd = up.at == up.len && !up.eof ? up.from : -1, .events = POLLIN },
			{ .fd = up.at < up.len ? up.to : -1, .events = POLLOUT },
			{ .fd = down.at == down.len && !down.eof ? down.from : -1, .events = POLLIN },
			/* Without anything to write, an error still tells that the reader has gone. */
			{ .fd = down.to, .events = down.at < down.len ? POLLOUT : 0 },
		};
		if (poll(f, 4, -1) < 0 && errno != EINTR)
			return 1;
		if ((f[3].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 && (f[3].revents & POLLOUT) == 0)
			return 0;
		if ((f[0].revents | f[1].revents) != 0 && pump(&up) != 0)
			up.eof = up.done = true;
		if ((f[2].revents | (f[3].revents & POLLOUT)) != 0 && pump(&down) != 0)
			return 0;
		if (up.done && !half_closed) {
			shutdown(sock, SHUT_WR);
			half_closed = true;
		}
	}
	return 0;
}

static int saved_flags[2];

static void restore_flags(void)
{
	for (int fd = 0; fd < 2; fd++)
		if (saved_flags[fd] >= 0)
			fcntl(fd, F_SETFL, saved_flags[fd]);
}

static int start_pump(int sock)
{
	int rc;

	signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; fd < 2; fd++) {
		saved_flags[fd] = fcntl(fd, F_GETFL);
		if (saved_flags[fd] >= 0)
			fcntl(fd, F_SETFL, saved_flags[fd] | O_NONBLOCK);
	}
	fcntl(sock, F_SETFL, O_NONBLOCK);
	rc = run(sock);
	restore_flags();
	close(sock);
	return rc;
}

static int connect_for(bool may_start, struct err *err)
{
	struct server_paths p = { 0 };
	int fd = -1;

	if (server_paths(&p, err) == 0) {
		fd = may_start ? server_connect_or_start(&p, err) : server_connect(&p, err);
		if (fd < 0 && !may_start && (err->sys == ENOENT || err->sys == ECONNREFUSED))
			err_set(err, ERR_NOT_FOUND,
			    "no server runs here (%s): start one without --no-auto-start", p.socket);
	}
	server_paths_fini(&p);
	return fd;
}

int server_cmd_proxy(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	const char *nonce = NULL;
	bool may_start = true;

	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--no-auto-start"))
			may_start = false;
		else if (str_eq(argv[i], "--marker") && i + 1 < argc)
			nonce = argv[++i];
		else
			return server_usage("proxy: unknown argument \"%s\"", argv[i]);
	}
	if (nonce != NULL && (strlen(nonce) > NONCE_MAX || strpbrk(nonce, "\r\n") != NULL))
		return server_usage("proxy: --marker wants one short word");
	int fd = connect_for(may_start, &err);
	if (fd < 0)
		return server_fail(&err);
	if (nonce != NULL && dprintf(STDOUT_FILENO, LINK_MARKER_PREFIX "%s\n", nonce) < 0) {
		close(fd);
		err_sys(&err, "cannot write to stdout");
		return server_fail(&err);
	}
	return start_pump(fd);
}

/* What `wezterm cli proxy` does since codec 43: names itself, takes one answer. */
static int say_proxy(int fd, struct err *err)
{
	char host[256] = "";
	const char *user = getenv("USER"), *agent = getenv("SSH_AUTH_SOCK");
	const struct wire_pdu *answer;

	gethostname(host, sizeof(host) - 1);
	if (user == NULL)
		user = "";
	struct wire_client *c = wire_client_create(fd, fd, WIRE_CODEC_LACE, NULL, NULL);
	union wire_body b = { .set_client_id = { .is_proxy = true, .client_id = {
	    .hostname = { host, strlen(host) }, .username = { user, strlen(user) },
	    .pid = (uint32_t)getpid(), .epoch = (uint64_t)time(NULL), .id = 1,
	    .has_ssh_auth_sock = agent != NULL,
	    .ssh_auth_sock = { agent != NULL ? agent : "", agent != NULL ? strlen(agent) : 0 } } } };
	enum wire_client_status s = wire_client_call(c, WIRE_SET_CLIENT_ID, &b, SERVER_CALL_MS, &answer);
	int rc = s == WIRE_CLIENT_OK ? 0 : err_set(err, ERR_FAILED, "the server does not answer: %s",
	    s == WIRE_CLIENT_EOF ? "it closed the connection" : wire_client_error(c));
	wire_client_destroy(c);
	return rc;
}

int server_proxy_wezterm(int fd)
{
	cleanup_err struct err err = ERR_INIT;

	if (say_proxy(fd, &err) != 0) {
		close(fd);
		return server_fail(&err);
	}
	return start_pump(fd);
}
