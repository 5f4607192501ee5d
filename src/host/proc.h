/* proc.h - child processes of the host programs (after git's run-command). */
#ifndef LACE_HOST_PROC_H
#define LACE_HOST_PROC_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* What a descriptor of the child is. */
enum { PROC_INHERIT = -2, PROC_NULL = -1, PROC_PIPE = -3 };  /* or a descriptor number >= 0 */

struct proc {
	struct strv argv;          /* argv[0] is looked up on PATH */
	struct strv env;           /* when env.n > 0: the whole environment */
	const char *dir;           /* chdir there first, or NULL */
	int in, out, err;          /* as above; after start, PROC_PIPE fields are our end
	                            * (proc_fini closes it; set to -1 when you close it yourself) */
	bool new_session;          /* setsid in the child */
	pid_t pid;                 /* after start, 0 again after the wait */
	unsigned pipes;            /* private: bits of in, out, err that are our pipe ends */
};
void proc_init(struct proc *p);               /* in NULL, out and err inherited */
void proc_fini(struct proc *p);               /* frees; closes our pipe ends; does not wait */

/* exec failure is reported here, not as a status: err names the program. */
int proc_start(struct proc *p, struct err *err);
/* Waits; returns the exit status, 128+n for a signal, -1 on error. */
int proc_wait(struct proc *p, struct err *err);
/* Feeds input (NULL: p->in as it is set), collects stdout and stderr, waits for the child; a process
 * that it left behind with our pipes open is not waited for. Returns the status as proc_wait. A run
 * over timeout_ms (-1 none) is killed: err. Each output is capped at max bytes (the rest is read and
 * dropped). err_out may be NULL (p->err as it is set). */
int proc_capture(struct proc *p, const struct str *input, struct str *out, struct str *err_out,
    size_t max, int timeout_ms, struct err *err);
/* As proc_capture, but hands output over as it comes. stream is 1 or 2. */
typedef void (*proc_output_cb)(void *user, int stream, const char *data, size_t len);
int proc_stream(struct proc *p, proc_output_cb cb, void *user, struct err *err);

/* Absolute path of a program on PATH, malloc()ed, or NULL. */
char *proc_which(const char *name);

#endif
