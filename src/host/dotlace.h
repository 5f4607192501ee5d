/* dotlace.h - the folder <workspace>/.lace, which can be written from inside the container.
 *
 * So nothing in it is trusted and no link in it is followed (design.md part 5):
 * every step is opened relative to the one before, with O_NOFOLLOW. The folder
 * is made on first use, with a .gitignore of "*". */
#ifndef LACE_HOST_DOTLACE_H
#define LACE_HOST_DOTLACE_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define DOTLACE_LOGS_MAX 20          /* kept in .lace/logs; the oldest go */

/* Replaces <workspace>/.lace/NAME atomically. */
int dotlace_write(const char *workspace, const char *name, const void *data, size_t len, struct err *err);
/* Appends <workspace>/.lace/NAME, a plain file of at most max bytes, to ret; the folder is not made. err->sys is
 * ENOENT when it is not there. */
int dotlace_read(const char *workspace, const char *name, size_t max, struct str *ret, struct err *err);
/* Creates <workspace>/.lace/logs/<UTC time>-<what>-<pid>.log for writing; the fd, and its path to show
 * (malloc()ed). -1 with err. */
int dotlace_log_create(const char *workspace, const char *what, char **ret_path, struct err *err);
/* Makes a new such file the run's log (log.h). Fails quietly, with a warning: a log is not worth a stop. */
void dotlace_log_open(const char *workspace, const char *what);

#endif
