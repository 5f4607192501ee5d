/* Lock files. flock() has no time limit, so a bounded wait asks again with
 * growing, uneven pauses: many waiters then do not wake in step. The pid in the
 * file is only for the message; the lock itself goes with the descriptor. */
#include "host/fs.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_FIRST_US 200u
#define PAUSE_LAST_US 8000u

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 locked, 1 held by another, -1 errno. */
static int try_lock(int fd, bool wait)
{
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EWOULDBLOCK)
			return 1;
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static int lock_until(int fd, int timeout_ms)
{
	if (timeout_ms < 0)
		return try_lock(fd, true);
	int64_t end = now_ms() + timeout_ms;
	unsigned pause = PAUSE_FIRST_US, spread = (unsigned)getpid() * 2654435761u;
	for (;;) {
		int rc = try_lock(fd, false);
		if (rc <= 0 || now_ms() >= end)
			return rc;
		spread = spread * 1664525u + 1013904223u;
		usleep(pause + (spread >> 16) % pause);
		pause = MIN(pause * 2, PAUSE_LAST_US);
	}
}

static void set_held(int fd, const char *path, struct err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
	size_t digits = n > 0 ? strspn(pid, "0123456789") : 0;
	if (digits)
		err_set(err, ERR_FAILED, "%s is held by pid %.*s: wait for it, or end it", path, (int)digits, pid);
	else
		err_set(err, ERR_FAILED, "%s is held by another process: wait for it, or end it", path);
	err->sys = EWOULDBLOCK;
}

int fs_lock(const char *path, int timeout_ms, struct err *err)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		if (fd < 0)
			return err_sys(err, "cannot lock %s", path);
		int rc = lock_until(fd, timeout_ms);
		struct stat mine, there;
		if (rc < 0 || fstat(fd, &mine) < 0) {
			err_sys(err, "cannot lock %s", path);
			close(fd);
			return -1;
		}
		if (rc > 0) {
			set_held(fd, path, err);
			close(fd);
			return -1;
		}
		/* The file may have been removed while we waited: then the lock guards nothing. */
		if (lstat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) {
			char pid[16];
			int n = snprintf(pid, sizeof(pid), "%-10d\n", (int)getpid());
			(void)!pwrite(fd, pid, (size_t)n, 0);
			return fd;
		}
		close(fd);
	}
}

void fs_unlock(int fd)
{
	if (fd < 0)
		return;
	flock(fd, LOCK_UN);     /* also when a forked child still has the descriptor */
	close(fd);
}
