/* start.c - finding the server, or starting the one that there is to be.
 *
 * Who starts it is decided by a lock file that is held from the look whether
 * one listens until the new one does, so any number of clients may come at
 * once. The daemon is a fresh execution of this program (not a forked copy), in
 * a session of its own and without anything of the login that happened to start
 * it; it says "ok" through a pipe once it accepts, or why it cannot. */
#include "server/server.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define READY_FD 3
#define LOG_MAX (1 << 20)

static int set_address(const char *path, struct sockaddr_un *a, struct err *err)
{
	size_t len = strlen(path);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(a->sun_path))
		return err_set(err, ERR_FAILED,
		    "%s is too long for a socket: set XDG_RUNTIME_DIR to a shorter folder", path);
	memcpy(a->sun_path, path, len + 1);
	return 0;
}

int server_connect(const struct server_paths *p, struct err *err)
{
	struct sockaddr_un a;

	if (set_address(p->socket, &a, err) != 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "cannot make a socket");
	while (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		if (errno == EINTR)
			continue;
		err_sys(err, "no server answers on %s", p->socket);
		close(fd);
		return -1;
	}
	/* What we say is what a person types: not to somebody who could put a socket there. */
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || (who.uid != geteuid() && who.uid != 0)) {
		err_set(err, ERR_FAILED, "refusing to talk to %s: it belongs to another user (uid %u)", p->socket,
		    (unsigned)who.uid);
		close(fd);
		return -1;
	}
	return fd;
}

/* Makes the folder private; the folders above it only where they are missing (~/.local/share, say). */
static int private_dir(const char *path, struct err *err)
{
	cleanup_free char *parent = fs_dirname(path);

	return fs_mkdir_p(parent, 0700, err) == 0 ? fs_private_dir(path, err) : -1;
}

int server_lock(const struct server_paths *p, struct err *err)
{
	if (private_dir(p->lace_dir, err) != 0)
		return -1;
	return fs_lock(p->lock, SERVER_START_MS, err);
}

/* Makes way for a new socket: a stale one goes; what answers, or is no socket, stays. */
static int clear_path(const struct server_paths *p, struct err *err)
{
	cleanup_err struct err probe = ERR_INIT;
	struct stat st;

	if (lstat(p->socket, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(err, "cannot look at %s", p->socket);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_FAILED, "%s is in the way: it is no socket; remove it", p->socket);
	int fd = server_connect(p, &probe);
	if (fd >= 0) {
		close(fd);
		return err_set(err, ERR_FAILED, "a server already listens on %s", p->socket);
	}
	if (probe.sys != ECONNREFUSED && probe.sys != ENOENT)
		return err_set(err, ERR_FAILED, "%s may be another program's: %s", p->socket, probe.msg);
	if (unlink(p->socket) != 0 && errno != ENOENT)
		return err_sys(err, "cannot remove the stale %s", p->socket);
	return 0;
}

int server_listen(const struct server_paths *p, struct err *err)
{
	struct sockaddr_un a;

	if (set_address(p->socket, &a, err) != 0 || private_dir(p->dir, err) != 0 || clear_path(p, err) != 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, "cannot make a socket");
	mode_t old = umask(0177);
	int rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(old);
	if (rc == 0)
		chmod(p->socket, 01600);   /* the sticky bit keeps cleaners of old files away */
	if (rc != 0 || listen(fd, 128) != 0) {
		err_sys(err, "cannot listen on %s", p->socket);
		close(fd);
		return -1;
	}
	return fd;
}

/* In the grandchild. argv[0] and the ready descriptor are ours, the rest is the caller's. */
static void become_daemon(const struct server_paths *p, int ready, char *const *args)
{
	cleanup_strv struct strv argv = STRV_INIT;
	char exe[PATH_MAX];
	struct stat st;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(p->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (log >= 0 && fstat(log, &st) == 0 && st.st_size > LOG_MAX && ftruncate(log, 0) != 0)
		log = null;
	/* The pipe may itself stand on 0..2 when the caller had them closed. */
	int safe = fcntl(ready, F_DUPFD, 10);
	if (null < 0 || safe < 0 || chdir("/") != 0)
		_exit(1);
	dup2(null, STDIN_FILENO);
	dup2(log >= 0 ? log : null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	dup2(safe, READY_FD);
	if (close_range(READY_FD + 1, ~0u, 0) != 0)      /* a kernel before 5.9 */
		for (int fd = READY_FD + 1; fd < 1024; fd++)
			close(fd);
	strv_push(&argv, "lace-mux-server");
	strv_pushf(&argv, "--ready-fd=%d", READY_FD);
	strv_push(&argv, "--pid-file");
	for (; args != NULL && *args != NULL; args++)
		strv_push(&argv, *args);
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		execv(exe, argv.v);
	}
	execv("/proc/self/exe", argv.v);   /* the file was replaced or removed */
	dprintf(READY_FD, "cannot execute %s: %s\n", n > 0 ? exe : "this program", strerror(errno));
	_exit(1);
}

/* Waits for "ok", or for the reason why not. */
static int wait_ready(int fd, const struct server_paths *p, struct err *err)
{
	char text[512];
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int rc = poll(&pfd, 1, SERVER_START_MS);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return err_set(err, ERR_FAILED, "the server did not start in %d s: see %s",
			    SERVER_START_MS / 1000, p->log);
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
		char *eol = strchr(text, '\n');
		if (eol != NULL) {
			*eol = '\0';
			return str_eq(text, "ok") ? 0 :
			    err_set(err, ERR_FAILED, "the server did not start: %s", text);
		}
		if (n <= 0 || len == sizeof(text) - 1)
			return err_set(err, ERR_FAILED, "the server ended while it started: see %s", p->log);
	}
}

/* With the lock held and nobody listening. */
static int start(const struct server_paths *p, char *const *args, struct err *err)
{
	int ready[2];

	/* The real reason for a refused folder is better told here than through a pipe. */
	if (private_dir(p->dir, err) != 0)
		return -1;
	if (pipe2(ready, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0) {
		/* A session of its own, then a process that cannot get a terminal again. */
		setsid();
		pid_t second = fork();
		if (second == 0)
			become_daemon(p, ready[1], args);
		_exit(second < 0);
	}
	close(ready[1]);
	int rc = pid < 0 ? err_sys(err, "cannot fork") : 0;
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (rc == 0)
		rc = wait_ready(ready[0], p, err);
	close(ready[0]);
	return rc;
}

int server_pid_file(const struct server_paths *p, struct err *err)
{
	cleanup_free char *dir = fs_dirname(p->pid);
	char pid[24];

	if (private_dir(dir, err) != 0)
		return -1;
	int fd = open(p->pid, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return err_sys(err, "cannot open the pid file %s", p->pid);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		err_sys(err, "unable to lock pid file %s, another server has it", p->pid);
		close(fd);
		return -1;
	}
	int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* The sticky bit keeps cleaners of old files away. */
	if (fchmod(fd, 01600) != 0 || ftruncate(fd, 0) != 0 || write(fd, pid, (size_t)n) != n) {
		err_sys(err, "cannot write the pid file %s", p->pid);
		close(fd);
		return -1;
	}
	return fd;
}

static bool nobody_there(const struct err *err) { return err->sys == ENOENT || err->sys == ECONNREFUSED; }

int server_connect_or_start(const struct server_paths *p, struct err *err)
{
	int fd = server_connect(p, err);

	if (fd >= 0 || !nobody_there(err))
		return fd;
	err_fini(err);
	int lock = server_lock(p, err);
	if (lock < 0)
		return -1;
	fd = server_connect(p, err);       /* somebody else may have started it while we waited */
	if (fd < 0 && nobody_there(err)) {
		err_fini(err);
		if (start(p, NULL, err) == 0)
			fd = server_connect(p, err);
	}
	fs_unlock(lock);
	return fd;
}

int server_daemonize(const struct server_paths *p, char *const *args, struct err *err)
{
	int lock = server_lock(p, err);

	if (lock < 0)
		return -1;
	int rc = private_dir(p->dir, err);
	if (rc == 0)
		rc = clear_path(p, err);
	if (rc == 0)
		rc = start(p, args, err);
	fs_unlock(lock);
	return rc;
}
