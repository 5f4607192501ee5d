/* lace-init: process 1 of a container that has lace's features.
 *
 *   lace-init [--entrypoint TEXT]... [--] [COMMAND ARG...]
 *   lace-init --root-service NAME
 *
 * The first form starts the features' entrypoints in order, each with /bin/sh,
 * as the container's user (reference/devcontainer.md 2.8). It waits for each at
 * most ENTRYPOINT_SECONDS before it lets the next begin: one that fails or never
 * returns starves nobody, and is named in STATUS_FILE, which `lace doctor`
 * reads. Then it runs COMMAND and ends with its status, or, without one, sleeps
 * until it is told to stop. It reaps whatever is reparented to it, forwards
 * signals, and wakes up only for them.
 *
 * The second form runs the program SERVICE_DIR/NAME as root. The file is
 * installed setuid root, because sshd must start as root also where the image's
 * USER is somebody else, and `docker start` alone must be enough for that. It is
 * all that the setuid bit is good for: the name cannot leave SERVICE_DIR, the
 * program and its folder must be root's alone, and it gets a fixed environment, a
 * session of its own and nothing else that its caller had.
 *
 * Static, without stdio: it stays a few kB and works on any libc. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LACE_DIR "/usr/local/lib/lace"
#define SELF LACE_DIR "/lace-init"
#define SERVICE_DIR LACE_DIR "/services"
#define STATUS_DIR "/run/lace"
#define STATUS_FILE STATUS_DIR "/init.status"

enum {
	ENTRYPOINT_SECONDS = 10, /* how long the next one waits for this one */
	STOP_SECONDS = 2,        /* from the first TERM to the end, if somebody does not leave */
	TEXT_MAX = 400,          /* of an entrypoint, in the status file */
	NAME_MAX_LEN = 32,
};

static int status_fd = -1;

static void say(int fd, const char *a, const char *b, const char *c)
{
	char line[TEXT_MAX + 200];
	size_t n = 0;
	const char *parts[] = { a, b, c };
	for (size_t i = 0; i < 3; i++)
		for (const char *p = parts[i]; p && *p && n < sizeof(line) - 1; p++)
			line[n++] = (*p == '\n' || *p == '\r') ? ' ' : *p;
	line[n++] = '\n';
	(void)!write(fd, line, n);
}

static void number(char ret[12], unsigned value)
{
	char digits[12];
	size_t n = 0, i = 0;
	do
		digits[n++] = (char)('0' + value % 10);
	while ((value /= 10) && n < sizeof(digits) - 1);
	while (n)
		ret[i++] = digits[--n];
	ret[i] = '\0';
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- root services ------------------------------------------------------- */

/* Root's, and nobody else may write it. */
static bool is_roots(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && st.st_uid == 0 && !S_ISLNK(st.st_mode) && (st.st_mode & 022) == 0;
}

/* Where the caller closed one of 0..2, a file that the service opens for itself would take its place. */
static bool fill_standard_descriptors(void)
{
	int fd;
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	if (fd > 2)
		close(fd);
	return fd > 2;
}

/* What a caller ignores or blocks would be ignored or blocked in the service too. */
static void default_signals(void)
{
	sigset_t none;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In a new process and session: neither Ctrl-C on the caller's terminal nor an alarm that was set before can
 * end it half done. Where the person may write /usr/local, what stands there is not found before the system's. */
static void run_service(char *path)
{
	char *const argv[] = { path, NULL };
	char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin", "HOME=/root",
		"LC_ALL=C", NULL };
	setsid();
	syscall(SYS_close_range, 3u, ~0u, 0u);
	execve(path, argv, env);
	say(2, "lace-init: cannot run ", path, NULL);
	_exit(1);
}

static int root_service(const char *name)
{
	char path[sizeof(SERVICE_DIR) + 1 + NAME_MAX_LEN + 1] = SERVICE_DIR "/";
	size_t len = strlen(name);
	if (len == 0 || len > NAME_MAX_LEN || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
		say(2, "lace-init: not a service name: ", name, NULL);
		return 2;
	}
	memcpy(path + sizeof(SERVICE_DIR), name, len + 1);
	if (geteuid() != 0) {
		/* no-new-privileges, or a nosuid file system: perhaps sudo may */
		char *const sudo[] = { "sudo", "-n", SELF, "--root-service", (char *)name, NULL };
		execvp(sudo[0], sudo);
		say(2, "lace-init: cannot start ", name,
		    ": not root, and neither the setuid bit nor sudo helps here (no-new-privileges?)");
		return 1;
	}
	if (!is_roots(LACE_DIR) || !is_roots(SERVICE_DIR) || !is_roots(path)) {
		say(2, "lace-init: refusing ", path, ": missing, or somebody other than root may change it");
		return 1;
	}
	if (!fill_standard_descriptors() || setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 ||
	    setresuid(0, 0, 0) != 0 || chdir("/") != 0) {
		say(2, "lace-init: cannot become root for ", name, NULL);
		return 1;
	}
	umask(022);
	default_signals();
	pid_t pid = fork();
	if (pid == 0)
		run_service(path);
	int status;
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (pid < 0)
		say(2, "lace-init: cannot start ", name, ": fork failed");
	return pid < 0 ? 1 : exit_code(status);
}

/* ---- process 1 ----------------------------------------------------------- */

static sigset_t old_mask;
static pid_t groups[64]; /* process groups we began; the oldest are forgotten first */
static unsigned n_groups;

static pid_t spawn(char *const argv[])
{
	pid_t pid = fork();
	if (pid > 0)
		groups[n_groups++ % 64] = pid;
	if (pid != 0)
		return pid;
	uid_t user = getuid();
	if (setresuid(user, user, user) != 0)
		_exit(126);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	setpgid(0, 0);
	execvp(argv[0], argv);
	int code = errno == ENOENT ? 127 : 126;
	say(2, "lace-init: cannot run ", argv[0], NULL);
	_exit(code);
}

/* Reaps all that is there to reap; true when `pid` was among it. *ret_children: somebody is left. */
static bool reap(pid_t pid, int *ret_status, bool *ret_children)
{
	bool found = false;
	for (;;) {
		int status;
		pid_t got = waitpid(-1, &status, WNOHANG);
		*ret_children = got == 0 || (got < 0 && errno != ECHILD);
		if (got <= 0)
			return found;
		if (got == pid) {
			found = true;
			*ret_status = status;
		}
	}
}

static struct timespec left_until(const struct timespec *deadline)
{
	struct timespec now, left;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = deadline->tv_sec - now.tv_sec;
	left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_sec--;
		left.tv_nsec += 1000000000L;
	}
	if (left.tv_sec < 0)
		left.tv_sec = left.tv_nsec = 0;
	return left;
}

static struct timespec seconds_from_now(int seconds)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += seconds;
	return t;
}

static bool asks_to_stop(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGQUIT || sig == SIGHUP || sig == SIGPWR;
}

/* Everybody gets TERM and a moment to leave. Under another process 1 (`--init`
 * in runArgs) "everybody" is only what we began. */
static void terminate(void)
{
	if (getpid() == 1) {
		/* the saved root, kept for this: root's services would not hear the user */
		(void)!seteuid(0);
		kill(-1, SIGTERM);
		kill(-1, SIGCONT);
		(void)!seteuid(getuid());
		return;
	}
	for (unsigned i = 0; i < 64 && i < n_groups; i++) {
		kill(-groups[i], SIGTERM);
		kill(-groups[i], SIGCONT);
	}
}

static void stop_all(void)
{
	struct timespec deadline = seconds_from_now(STOP_SECONDS);
	sigset_t chld;
	bool children = true;
	int status;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	terminate();
	for (;;) {
		reap(-1, &status, &children);
		struct timespec left = left_until(&deadline);
		if (!children || (left.tv_sec == 0 && left.tv_nsec == 0))
			return;
		sigtimedwait(&chld, NULL, &left);
	}
}

/* Waits for one entrypoint. False: we were told to stop meanwhile. */
static bool run_entrypoint(const sigset_t *all, const char *text, unsigned index)
{
	char *const argv[] = { "/bin/sh", "-c", (char *)text, NULL };
	char n[12], code[12];
	number(n, index);
	pid_t pid = spawn(argv);
	struct timespec deadline = seconds_from_now(ENTRYPOINT_SECONDS);
	const char *outcome = " running ";
	bool stop = false;
	for (;;) {
		int status = 0;
		bool children;
		if (pid < 0) {
			outcome = " failed ";
			break;
		}
		if (reap(pid, &status, &children)) {
			number(code, (unsigned)exit_code(status));
			outcome = status == 0 ? " ok " : " failed ";
			if (status != 0) {
				say(2, "lace-init: an entrypoint ended with status ", code, "; going on with the next");
				say(2, "lace-init:   ", text, NULL);
			}
			break;
		}
		struct timespec left = left_until(&deadline);
		if (left.tv_sec == 0 && left.tv_nsec == 0) {
			say(2, "lace-init: an entrypoint has not returned after 10 s; going on with the next", NULL, NULL);
			say(2, "lace-init:   ", text, NULL);
			break;
		}
		int sig = sigtimedwait(all, NULL, &left);
		if (sig > 0 && asks_to_stop(sig)) {
			stop = true;
			break;
		}
	}
	if (status_fd >= 0)
		say(status_fd, n, outcome, text);
	return !stop;
}

static int run_init(char **entrypoints, unsigned n_entrypoints, char **command)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old_mask);
	prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	for (unsigned i = 0; i < n_entrypoints; i++)
		if (!run_entrypoint(&all, entrypoints[i], i + 1)) {
			stop_all();
			return 0;
		}
	if (status_fd >= 0) {
		say(status_fd, "ready", NULL, NULL);
		close(status_fd);
	}
	pid_t pid = command[0] ? spawn(command) : -1;
	for (;;) {
		int status = 0;
		bool children;
		if (reap(pid, &status, &children)) {
			stop_all();
			return exit_code(status);
		}
		int sig = sigwaitinfo(&all, NULL);
		if (sig <= 0 || sig == SIGCHLD)
			continue;
		if (pid > 0)
			kill(pid, sig);
		else if (asks_to_stop(sig)) {
			stop_all();
			return 0;
		}
	}
}

/* Opened while we may still be root: the container's user could not make it. */
static void open_status(void)
{
	if (getpid() != 1 || geteuid() != 0)
		return;
	mkdir(STATUS_DIR, 0755);
	if (!is_roots(STATUS_DIR) || chown(STATUS_DIR, 0, 0) != 0)
		return;
	unlink(STATUS_FILE);
	status_fd = open(STATUS_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--root-service") == 0)
		return root_service(argv[2]);
	open_status();
	/* From here on the container's user. Process 1 keeps root as its saved id, to end everybody at the stop. */
	if (setresuid(getuid(), getuid(), getpid() == 1 ? (uid_t)-1 : getuid()) != 0)
		return 1;
	/* The entrypoints' texts are gathered at the front of argv. */
	unsigned n = 0;
	int i = 1;
	while (i < argc && strcmp(argv[i], "--entrypoint") == 0 && i + 1 < argc) {
		argv[n++] = argv[i + 1];
		i += 2;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	else if (i < argc) {
		say(2, "lace-init: unexpected argument ", argv[i], " (usage: lace-init [--entrypoint TEXT]... [--] [COMMAND...])");
		return 2;
	}
	return run_init(argv, n, argv + i);
}
