/* unpack.h - one archive into a folder that nothing in it can leave. */
#ifndef LACE_FETCH_UNPACK_H
#define LACE_FETCH_UNPACK_H

#include "base/err.h"

#define UNPACK_ENTRIES_MAX 20000u
#define UNPACK_BYTES_MAX ((int64_t)1 << 30)       /* of all files together, unpacked */
#define UNPACK_PATH_MAX 1024u
#define UNPACK_DEPTH_MAX 64u

/* A tar archive, plain or packed by gzip or zstd, from fd (read to its end) into dir, an empty folder that exists.
 * name is for messages. Refused as a whole: absolute paths, "..", links that lead out or through another link,
 * devices and pipes, and what is over a limit. Modes are kept without setuid, owners and times are not. */
int unpack(int fd, const char *dir, const char *name, struct err *err);

/* ---- its checks, for tests ---- */

/* The entry's path without "./" and doubled slashes, malloc()ed ("" for the root); NULL when it may not be. */
char *unpack_path(const char *path);
/* Whether a symbolic link at path (as unpack_path() gives it) with this target stays inside. */
bool unpack_link_stays(const char *path, const char *target);

#endif
