/* tls.c - TLS domains: `lace-mux-tls` ends TLS; the server starts it and asks it for
 * certificates (GetTlsCreds). It stands beside this program and is looked for nowhere else.
 *
 * The listener lives as long as the pipe that is its stdin. One that ended is started
 * again when the next client asks for certificates, which is what a client does whom
 * nobody answered (wezterm-mux.md 6.4). */
#include "mux/request.h"

#include "base/mem.h"
#include "host/fs.h"
#include "mux/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>

#define PROGRAM "lace-mux-tls"
#define ANSWER_MAX (64u << 10)

/* Somebody who waits for certificates. */
struct tls_ask {
	struct mux *m;
	uint64_t conn, serial;
	uv_poll_t poll;
	int fd;
	struct str out;
};

static char *program(const struct mux *m)
{
	cleanup_free char *dir = fs_dirname(m->exe != NULL ? m->exe : "/");

	return fs_join(dir, PROGRAM);
}

static char *pki_dir(const struct mux *m)
{
	cleanup_free char *dir = fs_dirname(m->opts->socket_path);

	return fs_join(dir, "pki");
}

/* The name that certificates are made out to: $USER, as wezterm's clients have it. */
static char *user_name(void)
{
	const char *user = getenv("USER");
	struct passwd_entry e = { 0 };
	char *name = NULL;

	if (user != NULL && *user)
		return xstrdup(user);
	if (passwd_lookup(geteuid(), &e))
		name = xstrdup(e.name);
	passwd_fini(&e);
	return name != NULL ? name : xasprintf("%lu", (unsigned long)geteuid());
}

/* A child with these as stdin and stdout; its pid, or -1 with errno. */
static pid_t start(const char *path, char *const argv[], int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, pipe_signal;
	pid_t pid;

	sigemptyset(&none);
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigaddset(&pipe_signal, SIGHUP);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipe_signal);
	int rc = posix_spawn(&pid, path, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = rc;
	return rc == 0 ? pid : -1;
}

/* ---- the listener -------------------------------------------------------------------- */

void tls_start(struct mux *m)
{
	int line[2];

	if (m->opts->tls_bind == NULL || m->tls_pid > 0)
		return;
	if (pipe2(line, O_CLOEXEC) != 0) {
		mux_log("no TLS domain: %s", strerror(errno));
		return;
	}
	cleanup_free char *path = program(m), *pki = pki_dir(m), *user = user_name();
	cleanup_strv struct strv argv = STRV_INIT;
	strv_push_all(&argv, (const char *const[]){ path, "listen", "--lifeline", "--bind", m->opts->tls_bind,
	    "--socket", m->opts->socket_path, "--user", user, "--pki", pki, NULL });
	pid_t pid = start(path, argv.v, line[0], STDERR_FILENO);
	close(line[0]);
	if (pid < 0) {
		mux_log("no TLS domain: cannot run %s: %s", path, strerror(errno));
		close(line[1]);
		return;
	}
	m->tls_pid = pid;
	m->tls_line = line[1];
}

bool tls_exited(struct mux *m, pid_t pid)
{
	if (pid != m->tls_pid)
		return false;
	mux_log("the TLS listener on %s ended", m->opts->tls_bind);
	m->tls_pid = 0;
	close(m->tls_line);
	return true;
}

/* ---- certificates ------------------------------------------------------------------------ */

static void free_ask(uv_handle_t *h)
{
	struct tls_ask *a = h->data;

	close(a->fd);
	str_fini(&a->out);
	free(a);
}

static void end_ask(struct tls_ask *a)
{
	struct mux *m = a->m;

	for (size_t i = 0; i < m->n_tls_asks; i++)
		if (m->tls_asks[i] == a)
			m->tls_asks[i--] = m->tls_asks[--m->n_tls_asks];
	uv_close((uv_handle_t *)&a->poll, free_ask);
}

static void answer(struct tls_ask *a)
{
	static const char begin[] = "-----BEGIN ";
	struct conn *c = NULL;

	for (size_t i = 0; i < a->m->n_conns; i++)
		if (a->m->conns[i]->id == a->conn && !a->m->conns[i]->gone)
			c = a->m->conns[i];
	if (c == NULL)
		return;
	struct request r = { a->m, c, a->serial, NULL, NULL };
	/* The first block is the CA, what follows the client's. */
	const char *client = str_starts(a->out.s, begin) ? strstr(a->out.s + 1, begin) : NULL;
	if (client == NULL)
		request_fail(&r, "no TLS certificates: %s failed; its message is in the server's log", PROGRAM);
	else
		request_answer(&r, WIRE_GET_TLS_CREDS_RESPONSE, &(union wire_body){ .tls_creds = {
		    { a->out.s, (size_t)(client - a->out.s) }, mux_str(client) } });
	conn_write(c);
	a->m->changed = true;
}

static void on_answer(uv_poll_t *h, int status, int events)
{
	struct tls_ask *a = h->data;
	char buf[4096];
	ssize_t n = read(a->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && a->out.len + (size_t)n <= ANSWER_MAX) {
		str_add(&a->out, buf, (size_t)n);
		return;
	}
	answer(a);
	end_ask(a);
}

void request_tls_creds(struct request *r)
{
	struct mux *m = r->m;
	int fds[2];

	if (m->n_tls_asks == ARRAY_LEN(m->tls_asks)) {
		request_fail(r, "too many TLS certificates are being made; try again");
		return;
	}
	cleanup_free char *path = program(m), *pki = pki_dir(m), *user = user_name();
	cleanup_strv struct strv argv = STRV_INIT;
	strv_push_all(&argv, (const char *const[]){ path, "creds", "--user", user, "--pki", pki, NULL });
	cleanup_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
		request_fail(r, "no TLS certificates: %s", strerror(errno));
		return;
	}
	fcntl(fds[1], F_SETFL, 0);
	pid_t pid = start(path, argv.v, null, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		request_fail(r, "no TLS certificates: cannot run %s: %s", path, strerror(errno));
		close(fds[0]);
		return;
	}
	tls_start(m);
	struct tls_ask *a = xmalloc(sizeof(*a));
	*a = (struct tls_ask){ .m = m, .conn = r->c->id, .serial = r->serial, .fd = fds[0], .out = STR_INIT };
	uv_poll_init(&m->loop, &a->poll, a->fd);
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_READABLE, on_answer);
	m->tls_asks[m->n_tls_asks++] = a;
}

void tls_stop(struct mux *m)
{
	if (m->tls_pid > 0)
		close(m->tls_line);
	while (m->n_tls_asks > 0)
		end_ask(m->tls_asks[0]);
}
