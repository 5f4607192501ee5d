/* pty.h - a program on a new pseudo terminal, with our own fork and exec.
 *
 * libuv cannot give a child a controlling terminal; and only a pid that we
 * forked ourselves can be waited for without the loop's help. */
#ifndef LACE_MUX_PTY_H
#define LACE_MUX_PTY_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pty_size { uint16_t rows, cols, xpixel, ypixel; };

struct pty_spawn {
	const char *const *argv;           /* argv[0] is looked up on the child's PATH unless login */
	const char *file;                  /* executed when it is not argv[0] (login shells), or NULL */
	char *const *env;
	const char *const *dirs;           /* NULL-terminated: the first that can be entered, else / */
	struct pty_size size;
	bool keep;                         /* a program that cannot be executed leaves the terminal: *ret_pid is 0 */
	bool has_umask;
	mode_t umask;
};

/* Returns the master (non-blocking, close-on-exec); the child leads a session
 * whose terminal this is. name gets "/dev/pts/N". -1: err says which step and
 * why, a program that cannot be executed included (it says so, too, when the terminal is kept). */
int pty_spawn(const struct pty_spawn *how, pid_t *ret_pid, char name[32], struct err *err);
void pty_set_size(int fd, const struct pty_size *size);
/* The process group in the foreground, or -1. */
pid_t pty_foreground(int fd);

#endif
