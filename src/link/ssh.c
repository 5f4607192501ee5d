/* ssh.c - the command line for the system's ssh, and waiting for a server.
 *
 * The target is always 127.0.0.1 with a key, a port, a user and a host key that
 * lace itself keeps. Nothing in the person's configuration can add to that, and
 * much can break it: RemoteCommand or RequestTTY under `Host *`, a ProxyJump, a
 * control socket, an agent with six keys of which sshd lets us try three, a
 * `Match exec` that runs a program, or one misspelt word, which makes ssh give
 * up before it looks at the command line. Options on the command line beat only
 * the settings we can think of, never a syntax error. So ssh is told to read no
 * configuration at all (-F /dev/null, which also leaves out /etc/ssh), and the
 * options below only say what differs from OpenSSH's own defaults, or must hold
 * if a build has other defaults. There is then nothing to forget. */
#include "link/link.h"

#include "base/mem.h"
#include "host/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

void link_ssh_quote(struct str *ret, const char *path)
{
	str_putc(ret, '"');
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			str_putc(ret, '\\');
		if (*path == '%')
			str_putc(ret, '%');
		str_putc(ret, *path);
	}
	str_putc(ret, '"');
}

static void push_path(struct strv *argv, const char *keyword, const char *path)
{
	cleanup_str struct str s = STR_INIT;
	str_printf(&s, "%s=", keyword);
	link_ssh_quote(&s, path);
	strv_push(argv, "-o");
	strv_push(argv, s.s);
}

void link_ssh_argv(const struct link_ssh *s, struct strv *argv)
{
	static const char *const options[] = {
		/* one way to be known, one way to know */
		"BatchMode=yes",
		"PreferredAuthentications=publickey",
		"PubkeyAuthentication=yes",
		"IdentitiesOnly=yes",
		"IdentityAgent=none",
		"AddKeysToAgent=no",
		"StrictHostKeyChecking=yes",
		"GlobalKnownHostsFile=/dev/null",
		"CheckHostIP=no",
		"VerifyHostKeyDNS=no",
		"UpdateHostKeys=no",
		/* nothing but the one stream */
		"ForwardAgent=no",
		"ForwardX11=no",
		"ClearAllForwardings=yes",
		"ControlMaster=no",
		"ControlPath=none",
		"ProxyCommand=none",
		"PermitLocalCommand=no",
		"RemoteCommand=none",
		"Tunnel=no",
		"Compression=no",
		/* a dead one is noticed within a minute, a slow one within ten seconds */
		"ConnectTimeout=10",
		"ServerAliveInterval=15",
		"ServerAliveCountMax=3",
		"LogLevel=ERROR",
	};
	strv_push(argv, "ssh");
	strv_push(argv, "-F");
	strv_push(argv, "/dev/null");
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		strv_push(argv, "-o");
		strv_push(argv, options[i]);
	}
	push_path(argv, "IdentityFile", s->key);
	push_path(argv, "UserKnownHostsFile", s->known_hosts);
	strv_push(argv, "-o");
	strv_pushf(argv, "HostKeyAlias=%s", s->host_key_alias);
	strv_push(argv, "-o");
	strv_pushf(argv, "User=%s", s->user);
	strv_push(argv, "-p");
	strv_pushf(argv, "%d", s->port);
	if (s->tty) {
		strv_push(argv, "-t");
	} else {
		strv_push(argv, "-T");
		strv_push(argv, "-o");
		strv_push(argv, "EscapeChar=none");
	}
	strv_push(argv, "--");
	strv_push(argv, "127.0.0.1");
}

/* ---- waiting ---- */

#define BANNER_MAX 255                /* RFC 4253 4.2 */
#define LINES_BEFORE_BANNER_MAX 4096
#define RETRY_FIRST_MS 10
#define RETRY_MAX_MS 250

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_fd(int fd, short events, int64_t end)
{
	for (;;) {
		int64_t left = end - now_ms();
		struct pollfd p = { .fd = fd, .events = events };
		int n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* One attempt. True when a line that begins with "SSH-" came; else *ret_why says what was wrong. */
static bool try_banner(int port, int64_t end, struct str *ret_why)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		str_puts(ret_why, strerror(errno));
		return false;
	}
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int error = 0;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		error = errno;
		if (error == EINPROGRESS) {
			socklen_t len = sizeof(error);
			if (!wait_fd(fd, POLLOUT, end))
				error = ETIMEDOUT;
			else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
				error = errno;
		}
	}
	if (error == ECONNREFUSED) {
		str_puts(ret_why, "nothing listens there");
		return false;
	}
	if (error) {
		str_puts(ret_why, strerror(error));
		return false;
	}

	/* A server may print lines of its own before the banner (RFC 4253 4.2). */
	char buf[LINES_BEFORE_BANNER_MAX + 1];
	size_t len = 0;
	while (len < LINES_BEFORE_BANNER_MAX) {
		if (!wait_fd(fd, POLLIN, end)) {
			str_puts(ret_why, "it accepts connections but sends nothing");
			return false;
		}
		ssize_t n = read(fd, buf + len, LINES_BEFORE_BANNER_MAX - len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			/* An engine's port proxy accepts before anything listens inside. */
			str_puts(ret_why, "the connection is closed at once: sshd does not run in the container yet");
			return false;
		}
		len += (size_t)n;
		buf[len] = '\0';
		if (str_starts(buf, "SSH-") || strstr(buf, "\nSSH-"))
			return true;
		if (len >= BANNER_MAX && !memchr(buf, '\n', len))
			break;
	}
	str_puts(ret_why, "something else than sshd answers: ");
	log_safe(ret_why, buf, len, 60, false);
	return false;
}

int link_ssh_wait(int port, int timeout_ms, struct err *err)
{
	int64_t end = now_ms() + timeout_ms;
	int pause = RETRY_FIRST_MS;
	cleanup_str struct str why = STR_INIT;
	for (;;) {
		cleanup_str struct str this_why = STR_INIT;
		if (try_banner(port, end, &this_why))
			return 0;
		int64_t left = end - now_ms();
		/* The last attempt may fail for want of time alone: what an earlier one found says more. */
		if (left > 0 || !why.len) {
			str_reset(&why);
			str_puts(&why, this_why.s);
		}
		if (left <= 0)
			return err_set(err, ERR_FAILED, "no sshd on 127.0.0.1:%d after %.1f s: %s", port,
			    timeout_ms / 1000.0, why.s);
		/* There is no event to wait for: a port cannot be watched. */
		poll(NULL, 0, (int)MIN((int64_t)pause, left));
		pause = MIN(pause * 2, RETRY_MAX_MS);
	}
}
