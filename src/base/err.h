/* err.h - the error object of everything that a user meets.
 *
 * A function that can fail takes `struct err *err` last, returns -1 (or NULL)
 * and fills it; on success it leaves it alone. Each layer may wrap it, so the
 * message reads from the outside in: `cannot start "api": image "x" not found`.
 * One line: the thing, the reason, the remedy. The code is the exit code that
 * the command ends with (design.md part 6). */
#ifndef LACE_BASE_ERR_H
#define LACE_BASE_ERR_H

#include <stdbool.h>

enum err_code {
	ERR_NONE = 0,
	ERR_FAILED = 1,      /* it did not work */
	ERR_USAGE = 2,       /* the command line is wrong */
	ERR_ENGINE = 3,      /* the container engine cannot be reached */
	ERR_NOT_FOUND = 4,   /* the named thing does not exist */
};

struct err {
	char *msg;           /* owned; NULL while there is no error */
	enum err_code code;
	int sys;             /* errno when a system call failed, else 0 */
};
#define ERR_INIT { (void *)0, ERR_NONE, 0 }

/* Both return -1, so that `return err_set(...)` reads well. An error that is
 * already there is replaced. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* ERR_FAILED with ": strerror(errno)" appended. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "TEXT: " before the message; keeps code and sys. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline bool err_is(const struct err *err) { return err->msg != (void *)0; }
void err_fini(struct err *err);       /* releases and re-initialises */
static inline void cleanup_err_p(struct err *err) { err_fini(err); }
#define cleanup_err __attribute__((cleanup(cleanup_err_p)))

#endif
