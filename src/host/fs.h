/* fs.h - files and folders of the host: whole-file reads, atomic writes, safe folders. */
#ifndef LACE_HOST_FS_H
#define LACE_HOST_FS_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* Appends the file to ret. A file over max bytes is an error. err->sys is ENOENT when absent. */
int fs_read(const char *path, size_t max, struct str *ret, struct err *err);
/* The same from an open descriptor; name is for messages. Only regular files. */
int fs_read_fd(int fd, const char *name, size_t max, struct str *ret, struct err *err);
/* Writes a temporary file beside path, fsyncs, renames it over path, whose link is replaced, not followed. */
int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* The same in an open folder; name has no slash. FS_NO_SYNC: without fsync, for what can be rebuilt. */
enum { FS_NO_SYNC = 1 };
int fs_write_atomic_at(int dir, const char *name, const void *data, size_t len, mode_t mode, unsigned flags,
    struct err *err);
/* mkdir -p; only missing folders get mode. */
int fs_mkdir_p(const char *path, mode_t mode, struct err *err);
/* Makes the folder 0700 if missing and refuses it when another user owns or may write it. */
int fs_private_dir(const char *path, struct err *err);
/* rm -rf of a tree that we made. Never follows links. */
int fs_remove_tree(const char *path, struct err *err);
bool fs_exists(const char *path);                       /* follows links */
bool fs_is_dir(const char *path);
/* Absolute path without links; the path must exist. malloc()ed or NULL. */
char *fs_realpath(const char *path, struct err *err);
char *fs_join(const char *dir, const char *name);       /* malloc()ed; an absolute name stays as it is */
const char *fs_basename(const char *path);              /* points into path */
char *fs_dirname(const char *path);                     /* malloc()ed */

/* A lock file with flock(2); the fd is the lock. Waits up to timeout_ms (-1 for ever, 0 = try);
 * returns the fd or -1. Timing out sets err ("held by pid N"), err->sys is EWOULDBLOCK. */
int fs_lock(const char *path, int timeout_ms, struct err *err);
void fs_unlock(int fd);

#endif
