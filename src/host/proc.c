/* Child processes. The child between fork and exec makes only calls that are
 * safe there, and reports a failure through a pipe that a successful exec
 * closes; so "no such program" is our error and never a child's exit status.
 *
 * A run that collects output ends when the child has ended, not when the last
 * holder of its pipes has: a daemon that it left behind (a shell's "server &",
 * the master of a shared ssh connection) would keep us for ever. What such a
 * process writes is kept until LINGER_MS of silence, or LINGER_MAX_MS in all. */
#include "host/proc.h"

#include "base/mem.h"
#include "host/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINGER_MS 100
#define LINGER_MAX_MS 2000
#define CHUNK 65536

void proc_init(struct proc *p)
{
	*p = (struct proc){ .argv = STRV_INIT, .env = STRV_INIT, .in = PROC_NULL, .out = PROC_INHERIT,
		.err = PROC_INHERIT };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct proc *p)
{
	if (p->pipes & 1)
		close_fd(&p->in);
	if (p->pipes & 2)
		close_fd(&p->out);
	if (p->pipes & 4)
		close_fd(&p->err);
	p->pipes = 0;
}

void proc_fini(struct proc *p)
{
	close_pipes(p);
	strv_fini(&p->argv);
	strv_fini(&p->env);
}

/* ---- lookup ---- */

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *proc_which(const char *name)
{
	if (strchr(name, '/')) {
		/* Not realpath(): a program may go by the name of its link. */
		cleanup_free char *here = *name == '/' ? NULL : realpath(".", NULL);
		return is_program(name) ? fs_join(here ? here : "", name) : NULL;
	}
	const char *env = getenv("PATH");
	cleanup_free char *path = xstrdup(env ? env : "/usr/local/bin:/usr/bin:/bin");
	char *rest = path, *dir;
	while (*name && (dir = strsep(&rest, ":"))) {
		/* An empty or relative entry would run what a repository put into its own folder. */
		if (*dir != '/')
			continue;
		char *full = xasprintf("%s/%s", dir, name);
		if (is_program(full))
			return full;
		free(full);
	}
	return NULL;
}

/* ---- start ---- */

/* A pipe whose ends are above 2, so that dup2() in the child cannot run over them. */
static int make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (fd[i] > 2)
			continue;
		int high = fcntl(fd[i], F_DUPFD_CLOEXEC, 3), sys = errno;
		close(fd[i]);
		fd[i] = high;
		if (high < 0) {
			close(fd[1 - i]);
			errno = sys;
			return -1;
		}
	}
	return 0;
}

/* The child's side of one descriptor: what to put at 0, 1 or 2 (-1: leave as it is). */
static int open_side(int *field, bool child_reads, int *ret_child, bool *ret_close)
{
	*ret_close = false;
	*ret_child = *field;
	if (*field == PROC_INHERIT) {
		*ret_child = -1;
	} else if (*field == PROC_NULL) {
		*ret_child = open("/dev/null", O_RDWR | O_CLOEXEC);
		*ret_close = true;
		if (*ret_child < 0)
			return -1;
	} else if (*field == PROC_PIPE) {
		int fd[2];
		if (make_pipe(fd) < 0)
			return -1;
		*ret_child = fd[child_reads ? 0 : 1];
		*ret_close = true;
		*field = fd[child_reads ? 1 : 0];
	}
	return 0;
}

static void cloexec_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
		return;
	struct rlimit lim;
	int end = getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < 65536 ? (int)lim.rlim_cur : 65536;
	for (int fd = first; fd < end; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void default_signals(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct failure { int sys; bool at_chdir; };

_Noreturn static void child(const struct proc *p, const char *path, char **env, int side[3], int report)
{
	struct failure f = { 0, false };
	default_signals();
	if (p->new_session)
		setsid();
	/* First out of the way of each other, then into place. */
	for (int i = 0; i < 3; i++) {
		if (side[i] < 0 || side[i] > 2 || side[i] == i)
			continue;
		side[i] = fcntl(side[i], F_DUPFD_CLOEXEC, 3);
		if (side[i] < 0)
			goto fail;
	}
	for (int i = 0; i < 3; i++) {
		if (side[i] == i)
			fcntl(i, F_SETFD, 0);
		else if (side[i] >= 0 && dup2(side[i], i) < 0)
			goto fail;
	}
	cloexec_from(3);
	if (p->dir && chdir(p->dir) < 0) {
		f.at_chdir = true;
		goto fail;
	}
	execve(path, p->argv.v, env);
fail:
	f.sys = errno;
	(void)!write(report, &f, sizeof(f));
	_exit(127);
}

static pid_t fork_quietly(sigset_t *before)
{
	/* No handler of ours may run in the child. */
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
	return fork();
}

static ssize_t read_failure(int fd, struct failure *f)
{
	ssize_t n;
	do
		n = read(fd, f, sizeof(*f));
	while (n < 0 && errno == EINTR);
	return n;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int start_with(struct proc *p, const char *path, int side[3], struct err *err)
{
	int report[2];
	if (make_pipe(report) < 0)
		return err_sys(err, "cannot start \"%s\"", p->argv.v[0]);
	char **env = p->env.n > 0 ? p->env.v : environ;
	sigset_t before;
	pid_t pid = fork_quietly(&before);
	if (pid == 0)
		child(p, path, env, side, report[1]);
	int sys = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	struct failure f = { 0, false };
	ssize_t n = pid < 0 ? 0 : read_failure(report[0], &f);
	close(report[0]);
	if (pid < 0) {
		errno = sys;
		return err_sys(err, "cannot start \"%s\"", p->argv.v[0]);
	}
	if (n == (ssize_t)sizeof(f)) {
		reap(pid);
		errno = f.sys;
		if (f.at_chdir)
			return err_sys(err, "cannot start \"%s\" in %s", p->argv.v[0], p->dir);
		return err_sys(err, "cannot start \"%s\"", p->argv.v[0]);
	}
	p->pid = pid;
	return 0;
}

int proc_start(struct proc *p, struct err *err)
{
	if (p->argv.n == 0)
		return err_set(err, ERR_FAILED, "cannot start a program: no name given");
	const char *name = p->argv.v[0];
	/* A path with a slash is taken from the child's folder, as a shell would. */
	cleanup_free char *path = strchr(name, '/') ? xstrdup(name) : proc_which(name);
	if (!path) {
		err_set(err, ERR_FAILED, "cannot start \"%s\": not found on PATH; install it or set PATH", name);
		err->sys = ENOENT;
		return -1;
	}
	int *field[3] = { &p->in, &p->out, &p->err }, side[3] = { -1, -1, -1 };
	bool ours[3] = { false, false, false };
	int rc = 0;
	for (int i = 0; i < 3 && rc == 0; i++) {
		bool is_pipe = *field[i] == PROC_PIPE;
		rc = open_side(field[i], i == 0, &side[i], &ours[i]);
		if (rc < 0)
			err_sys(err, "cannot start \"%s\"", name);
		else if (is_pipe)
			p->pipes |= 1u << i;
	}
	if (rc == 0) {
		int child_side[3] = { side[0], side[1], side[2] };
		rc = start_with(p, path, child_side, err);
	}
	for (int i = 0; i < 3; i++)
		if (ours[i] && side[i] >= 0)
			close(side[i]);
	if (rc < 0)
		close_pipes(p);
	return rc;
}

int proc_wait(struct proc *p, struct err *err)
{
	if (p->pid <= 0)
		return err_set(err, ERR_FAILED, "cannot wait for \"%s\": it is not running",
		    p->argv.n ? p->argv.v[0] : "");
	int status;
	while (waitpid(p->pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, "cannot wait for \"%s\"", p->argv.v[0]);
	p->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- collecting output ---- */

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* write() to a pipe whose reader may be gone: EPIPE, and never a SIGPIPE. */
static ssize_t write_quietly(int fd, const void *data, size_t len)
{
	sigset_t pipe_only, before, pending;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	sigprocmask(SIG_BLOCK, &pipe_only, &before);
	ssize_t n = write(fd, data, len);
	int sys = errno;
	if (n < 0 && sys == EPIPE && !sigismember(&pending, SIGPIPE)) {
		const struct timespec at_once = { 0, 0 };
		while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
			;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = sys;
	return n;
}

struct run {
	struct proc *p;
	const struct str *input;
	size_t fed;
	proc_output_cb cb;
	void *user;
	int pidfd;
};

static void feed(struct run *r)
{
	while (r->fed < r->input->len) {
		ssize_t n = write_quietly(r->p->in, r->input->s + r->fed, r->input->len - r->fed);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;          /* it does not want the rest */
		r->fed += (size_t)n;
	}
	close_fd(&r->p->in);
}

/* Hands over what is there now; closes at the end. */
static bool drain(struct run *r, int *fd, int stream)
{
	char chunk[CHUNK];
	ssize_t n = read(*fd, chunk, sizeof(chunk));
	if (n > 0)
		r->cb(r->user, stream, chunk, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		close_fd(fd);
	return n > 0;
}

static bool poll_once(struct run *r, int wait_ms, bool *exited)
{
	struct proc *p = r->p;
	struct pollfd fds[4] = {
		{ p->pipes & 1 ? p->in : -1, POLLOUT, 0 }, { p->pipes & 2 ? p->out : -1, POLLIN, 0 },
		{ p->pipes & 4 ? p->err : -1, POLLIN, 0 }, { *exited ? -1 : r->pidfd, POLLIN, 0 },
	};
	if (poll(fds, 4, wait_ms) <= 0)
		return false;
	bool any = false;
	if (fds[0].revents)
		feed(r);
	if (fds[1].revents)
		any |= drain(r, &p->out, 1);
	if (fds[2].revents)
		any |= drain(r, &p->err, 2);
	if (fds[3].revents)
		*exited = true;
	return any;
}

/* Until the child has ended and its output has been read, or the time is over (1). */
static int pump(struct run *r, int timeout_ms)
{
	int64_t start = now_ms(), quiet_since = 0, exited_at = 0;
	bool exited = false;
	for (;;) {
		const struct proc *p = r->p;
		bool open_ends = ((p->pipes & 2) && p->out >= 0) || ((p->pipes & 4) && p->err >= 0);
		if (!open_ends && (exited || r->pidfd < 0))
			return 0;
		int64_t now = now_ms(), wait = -1;
		if (timeout_ms >= 0)
			wait = MAX(start + timeout_ms - now, 0);
		if (exited)
			wait = wait < 0 ? LINGER_MS : MIN(wait, LINGER_MS);
		bool was_exited = exited;
		bool any = poll_once(r, (int)wait, &exited);
		now = now_ms();
		if (any || (exited && !was_exited))
			quiet_since = now;
		if (exited && !was_exited)
			exited_at = now;
		if (exited && (now - quiet_since >= LINGER_MS || now - exited_at >= LINGER_MAX_MS))
			return 0;
		if (timeout_ms >= 0 && now - start >= timeout_ms && !exited)
			return 1;
	}
}

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int run(struct proc *p, const struct str *input, proc_output_cb cb, void *user, int timeout_ms,
    struct err *err)
{
	if (input)
		p->in = PROC_PIPE;
	else if (p->in == PROC_PIPE)
		p->in = PROC_NULL;
	if (proc_start(p, err) < 0)
		return -1;
	struct run r = { .p = p, .input = input, .cb = cb, .user = user };
	r.pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);      /* -1 on old kernels: then until the pipes end */
	if (input) {
		set_nonblock(p->in);
		feed(&r);
	}
	if (p->pipes & 2)
		set_nonblock(p->out);
	if (p->pipes & 4)
		set_nonblock(p->err);
	bool late = pump(&r, timeout_ms) != 0;
	if (late)
		kill(p->pid, SIGKILL);
	close_fd(&r.pidfd);
	close_pipes(p);
	int status = proc_wait(p, err);
	if (late)
		return err_set(err, ERR_FAILED, "\"%s\" did not end within %d ms and was killed", p->argv.v[0],
		    timeout_ms);
	return status;
}

struct capture { struct str *out[2]; size_t max; };

static void collect(void *user, int stream, const char *data, size_t len)
{
	struct capture *c = user;
	struct str *s = c->out[stream - 1];
	if (s && s->len < c->max)
		str_add(s, data, MIN(len, c->max - s->len));
}

int proc_capture(struct proc *p, const struct str *input, struct str *out, struct str *err_out, size_t max,
    int timeout_ms, struct err *err)
{
	struct capture c = { { out, err_out }, max };
	p->out = PROC_PIPE;
	if (err_out)
		p->err = PROC_PIPE;
	return run(p, input, collect, &c, timeout_ms, err);
}

int proc_stream(struct proc *p, proc_output_cb cb, void *user, struct err *err)
{
	p->out = p->err = PROC_PIPE;
	return run(p, NULL, cb, user, -1, err);
}
