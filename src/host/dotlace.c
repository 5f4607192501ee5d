#include "host/dotlace.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* A folder below dir, made when missing. -1 with errno. */
static int sub_dir(int dir, const char *name)
{
	if (mkdirat(dir, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(dir, name, DIR_FLAGS);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
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

/* Writes a new file beside name and renames it over name, which may be a link: it is replaced, not followed. */
static int replace_at(int dir, const char *name, const void *data, size_t len)
{
	char temp[64];
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(temp, sizeof(temp), ".new-%ld-%ld", (long)getpid(), now.tv_nsec);
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	int bad = write_all(fd, data, len);
	if (close(fd) != 0)
		bad = -1;
	if (bad == 0)
		bad = renameat(dir, temp, dir, name);
	if (bad) {
		int sys = errno;
		unlinkat(dir, temp, 0);
		errno = sys;
	}
	return bad;
}

/* <workspace>/.lace, with its .gitignore. */
static int open_dotlace(const char *workspace, struct err *err)
{
	cleanup_close int top = open(workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = top < 0 ? -1 : sub_dir(top, ".lace");
	if (dir < 0)
		return err_sys(err, "cannot open the folder %s/.lace (a link there is not followed; remove it)", workspace);
	struct stat st;
	if (fstatat(dir, ".gitignore", &st, AT_SYMLINK_NOFOLLOW) != 0 && replace_at(dir, ".gitignore", "*\n", 2) != 0) {
		err_sys(err, "cannot write %s/.lace/.gitignore", workspace);
		close(dir);
		return -1;
	}
	return dir;
}

int dotlace_write(const char *workspace, const char *name, const void *data, size_t len, struct err *err)
{
	cleanup_close int dir = open_dotlace(workspace, err);
	if (dir < 0)
		return -1;
	if (replace_at(dir, name, data, len) != 0)
		return err_sys(err, "cannot write %s/.lace/%s", workspace, name);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names begin with the time, so the first ones are the oldest. */
static void drop_old_logs(int logs)
{
	cleanup_strv struct strv names = STRV_INIT;
	int fd = openat(logs, ".", DIR_FLAGS);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(d)) != NULL;)
		if (entry->d_name[0] != '.' && str_ends(entry->d_name, ".log"))
			strv_push(&names, entry->d_name);
	closedir(d);
	if (names.n == 0)
		return;
	qsort(names.v, names.n, sizeof(*names.v), compare);
	for (size_t i = 0; i + DOTLACE_LOGS_MAX <= names.n; i++)
		unlinkat(logs, names.v[i], 0);
}

int dotlace_log_create(const char *workspace, const char *what, char **ret_path, struct err *err)
{
	cleanup_close int dir = open_dotlace(workspace, err);
	if (dir < 0)
		return -1;
	cleanup_close int logs = sub_dir(dir, "logs");
	if (logs < 0)
		return err_sys(err, "cannot open the folder %s/.lace/logs", workspace);
	drop_old_logs(logs);
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H-%M-%S", &tm);
	cleanup_free char *name = xasprintf("%s-%s-%ld.log", stamp, what, (long)getpid());
	int fd = openat(logs, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, "cannot make the log %s/.lace/logs/%s", workspace, name);
	*ret_path = xasprintf("%s/.lace/logs/%s", workspace, name);
	return fd;
}

void dotlace_log_open(const char *workspace, const char *what)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = NULL;
	int fd = dotlace_log_create(workspace, what, &path, &err);
	if (fd < 0)
		log_warn("%s", err.msg);
	else
		log_use_fd(fd, path);
}
