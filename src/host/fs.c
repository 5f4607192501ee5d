#include "host/fs.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FS_TREE_DEPTH_MAX 128   /* one descriptor a level */

int fs_read(const char *path, size_t max, struct str *ret, struct err *err)
{
	/* O_NONBLOCK: a FIFO planted in a workspace must not stop us before fstat() can refuse it. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "cannot read %s", path);
	return fs_read_fd(fd, path, max, ret, err);
}

int fs_read_fd(int fd, const char *name, size_t max, struct str *ret, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "cannot read %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAILED, "cannot read %s: it is not a regular file", name);
	size_t start = ret->len;
	/* One byte over the limit is asked for, to see that there is more. */
	for (size_t want = st.st_size > 0 ? (size_t)st.st_size + 1 : 4096;; want = 65536) {
		size_t got = ret->len - start;
		want = MIN(want, max - got + 1);
		str_reserve(ret, want);
		ssize_t n = read(fd, ret->s + ret->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read %s", name);
		if (n == 0)
			return 0;
		ret->len += (size_t)n;
		ret->s[ret->len] = '\0';
		if (ret->len - start > max) {
			ret->len = start;
			ret->s[start] = '\0';
			return err_set(err, ERR_FAILED, "cannot read %s: it is larger than %zu bytes", name, max);
		}
	}
}

/* ---- atomic writes ---- */

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint64_t random_name(void)
{
	uint64_t v;
	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) == (ssize_t)sizeof(v))
		return v;
	/* Before the kernel's pool is ready, uniqueness has to do: O_EXCL guards the rest. */
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)getpid() << 32) ^ (uint64_t)ts.tv_nsec ^ (uint64_t)ts.tv_sec << 20;
}

static int write_temp(int dir, const char *temp, const void *data, size_t len, mode_t mode, unsigned flags)
{
	cleanup_close int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (write_all(fd, data, len) == 0 && fchmod(fd, mode) == 0 && ((flags & FS_NO_SYNC) || fsync(fd) == 0))
		return 0;
	int sys = errno;
	unlinkat(dir, temp, 0);
	errno = sys;
	return -1;
}

int fs_write_atomic_at(int dir, const char *name, const void *data, size_t len, mode_t mode, unsigned flags,
    struct err *err)
{
	char temp[64];
	/* A name that nobody can guess and O_EXCL: who may write the folder cannot put a link in our way. */
	for (;;) {
		snprintf(temp, sizeof(temp), ".lace-%016llx.tmp", (unsigned long long)random_name());
		if (write_temp(dir, temp, data, len, mode, flags) == 0)
			break;
		if (errno != EEXIST)
			return err_sys(err, "cannot write %s", name);
	}
	if (renameat(dir, temp, dir, name) < 0) {
		int sys = errno;
		unlinkat(dir, temp, 0);
		errno = sys;
		return err_sys(err, "cannot write %s", name);
	}
	if (!(flags & FS_NO_SYNC))
		(void)fsync(dir);       /* not every file system can; the data itself is safe */
	return 0;
}

int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	cleanup_free char *parent = fs_dirname(path);
	cleanup_close int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "cannot write %s", path);
	if (fs_write_atomic_at(dir, fs_basename(path), data, len, mode, 0, err) < 0) {
		errno = err->sys;
		return err_sys(err, "cannot write %s", path);
	}
	return 0;
}

/* ---- folders ---- */

int fs_mkdir_p(const char *path, mode_t mode, struct err *err)
{
	cleanup_free char *p = xstrdup(path);
	for (char *slash = p;;) {
		slash += strspn(slash, "/");
		slash += strcspn(slash, "/");
		char end = *slash;
		*slash = '\0';
		/* A read-only or guarded parent refuses mkdir() even for folders that are there. */
		if (*p && mkdir(p, mode) < 0 && !fs_is_dir(p)) {
			if (errno == EEXIST)
				errno = ENOTDIR;
			return err_sys(err, "cannot make the folder %s", p);
		}
		if (!end)
			return 0;
		*slash = end;
	}
}

int fs_private_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0700) < 0 && errno == ENOENT) {
		cleanup_free char *parent = fs_dirname(path);
		if (fs_mkdir_p(parent, 0700, err) < 0)
			return -1;
		(void)mkdir(path, 0700);
	}
	struct stat st;
	if (lstat(path, &st) < 0)
		return err_sys(err, "cannot make the folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_FAILED, "%s is not a folder: move it away", path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_FAILED, "%s belongs to user %u: remove it, or make it yours with chown", path,
		    (unsigned)st.st_uid);
	if (st.st_mode & 022)
		return err_set(err, ERR_FAILED, "%s can be written by other users: run chmod 700 %s", path, path);
	return 0;
}

static int remove_at(int parent, const char *name, unsigned depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (depth == 0) {
		errno = ELOOP;
		return -1;
	}
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -1;
	}
	int rc = 0;
	struct dirent *e;
	while (rc == 0 && (errno = 0, e = readdir(dir)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			rc = remove_at(fd, e->d_name, depth - 1);
	int sys = errno;
	closedir(dir);
	errno = sys;
	if (rc < 0 || errno)
		return -1;
	return unlinkat(parent, name, AT_REMOVEDIR);
}

int fs_remove_tree(const char *path, struct err *err)
{
	if (remove_at(AT_FDCWD, path, FS_TREE_DEPTH_MAX) < 0)
		return err_sys(err, "cannot remove %s", path);
	return 0;
}

/* ---- paths ---- */

bool fs_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
	int sys = errno;
	struct stat st;
	bool is = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	errno = sys;
	return is;
}

char *fs_realpath(const char *path, struct err *err)
{
	char *real = realpath(path, NULL);
	if (!real) {
		err_sys(err, "cannot find %s", path);
		if (err->sys == ENOENT || err->sys == ENOTDIR)
			err->code = ERR_NOT_FOUND;
	}
	return real;
}

char *fs_join(const char *dir, const char *name)
{
	if (*name == '/' || *dir == '\0')
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

const char *fs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *fs_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? xstrdup("/") : xmemdup0(path, (size_t)(slash - path));
}
