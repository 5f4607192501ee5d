#include "host/dotlace.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"
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

/* <workspace>/.lace, with its .gitignore. */
static int open_dotlace(const char *workspace, struct err *err)
{
	cleanup_close int top = open(workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = top < 0 ? -1 : sub_dir(top, ".lace");
	if (dir < 0)
		return err_sys(err, "cannot open the folder %s/.lace (a link there is not followed; remove it)", workspace);
	struct stat st;
	if (fstatat(dir, ".gitignore", &st, AT_SYMLINK_NOFOLLOW) != 0 &&
	    fs_write_atomic_at(dir, ".gitignore", "*\n", 2, 0644, FS_NO_SYNC, err) != 0) {
		close(dir);
		return err_wrap(err, "%s/.lace", workspace);
	}
	return dir;
}

int dotlace_write(const char *workspace, const char *name, const void *data, size_t len, struct err *err)
{
	cleanup_close int dir = open_dotlace(workspace, err);
	if (dir < 0)
		return -1;
	if (fs_write_atomic_at(dir, name, data, len, 0644, FS_NO_SYNC, err) != 0)
		return err_wrap(err, "%s/.lace", workspace);
	return 0;
}

int dotlace_read(const char *workspace, const char *name, size_t max, struct str *ret, struct err *err)
{
	struct stat st;
	cleanup_close int top = open(workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int dir = top < 0 ? -1 : openat(top, ".lace", DIR_FLAGS);
	/* Not blocking: it may be a pipe that nobody writes to. */
	cleanup_close int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(err, "cannot read %s/.lace/%s", workspace, name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAILED, "cannot read %s/.lace/%s: it is no plain file", workspace, name);
	return fs_read_fd(fd, name, max, ret, err);
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
