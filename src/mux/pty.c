#include "mux/pty.h"

#include "base/mem.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define EXEC_WAIT_MS 1000

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

extern char **environ;

static void to_winsize(const struct pty_size *s, struct winsize *ws)
{
	*ws = (struct winsize){ .ws_row = s->rows, .ws_col = s->cols, .ws_xpixel = s->xpixel,
	    .ws_ypixel = s->ypixel };
}

void pty_set_size(int fd, const struct pty_size *size)
{
	struct winsize ws;

	to_winsize(size, &ws);
	ioctl(fd, TIOCSWINSZ, &ws);
}

pid_t pty_foreground(int fd)
{
	int pgrp = -1;

	return ioctl(fd, TIOCGPGRP, &pgrp) == 0 && pgrp > 0 ? pgrp : -1;
}

static int open_pair(const struct pty_size *size, int *ret_slave, char name[32], struct err *err)
{
	int unlock = 0;
	unsigned number;
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(err, "cannot open /dev/ptmx");
	if (ioctl(fd, TIOCSPTLCK, &unlock) != 0 || ioctl(fd, TIOCGPTN, &number) != 0) {
		err_sys(err, "cannot make a pseudo terminal");
		close(fd);
		return -1;
	}
	snprintf(name, 32, "/dev/pts/%u", number);
	/* By descriptor first: /dev/pts may be another mount than the one ptmx belongs to. */
	*ret_slave = ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_slave < 0)
		*ret_slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_slave < 0) {
		err_sys(err, "cannot open %s", name);
		close(fd);
		return -1;
	}
	struct termios t;
	if (ioctl(*ret_slave, TCGETS, &t) == 0) {
		t.c_iflag |= IUTF8;
		ioctl(*ret_slave, TCSETS, &t);
	}
	pty_set_size(fd, size);
	return fd;
}

/* What failed, sent through the status pipe. */
struct failure { int step, sys; };
enum { STEP_TERMINAL = 1, STEP_EXEC };

static void report(int fd, int step)
{
	struct failure f = { step, errno };

	if (write(fd, &f, sizeof(f)) < 0) {
		/* The parent then sees that the child ended. */
	}
	_exit(127);
}

static void child(const struct pty_spawn *how, int slave, int status)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
		report(status, STEP_TERMINAL);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			report(status, STEP_TERMINAL);
	if (how->has_umask)
		umask(how->umask);
	const char *const *dir = how->dirs;
	while (*dir != NULL && chdir(*dir) != 0)
		dir++;
	if (*dir == NULL && chdir("/") != 0)
		report(status, STEP_TERMINAL);
	environ = (char **)(uintptr_t)how->env;      /* execvp searches this environment's PATH */
	if (how->file != NULL)
		execv(how->file, (char *const *)(uintptr_t)how->argv);
	else
		execvp(how->argv[0], (char *const *)(uintptr_t)how->argv);
	report(status, STEP_EXEC);
}

/* Waits until the child has executed its program (the pipe closes) or says why not. */
static bool wait_exec(int fd, struct failure *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do
		n = poll(&p, 1, EXEC_WAIT_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return true;               /* slow (a stuck mount, say): it goes on by itself */
	do
		n = read(fd, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	return n != sizeof(*ret);
}

int pty_spawn(const struct pty_spawn *how, pid_t *ret_pid, char name[32], struct err *err)
{
	cleanup_close int slave = -1;
	int status[2];
	int fd = open_pair(&how->size, &slave, name, err);

	if (fd < 0)
		return -1;
	if (pipe2(status, O_CLOEXEC) != 0) {
		err_sys(err, "cannot make a pipe");
		close(fd);
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0)
		child(how, slave, status[1]);
	close(status[1]);
	if (pid < 0) {
		err_sys(err, "cannot fork");
	} else {
		struct failure f = { 0, 0 };
		if (wait_exec(status[0], &f)) {
			close(status[0]);
			*ret_pid = pid;
			return fd;
		}
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		errno = f.sys;
		if (f.step == STEP_EXEC && how->keep) {
			close(status[0]);
			*ret_pid = 0;
			err_sys(err, "cannot run it");
			return fd;
		}
		if (f.step == STEP_EXEC)
			err_sys(err, "cannot run %s", how->file != NULL ? how->file : how->argv[0]);
		else
			err_sys(err, "cannot give %s to a program", name);
	}
	close(status[0]);
	close(fd);
	return -1;
}
