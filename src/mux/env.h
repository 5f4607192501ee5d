/* env.h - the environment that a pane's program gets.
 *
 * From the least to the most important: the server's own environment without
 * what belongs to one login; the session file that `lace up` writes; what the
 * spawning client's login brings (SSH_*); what its request sets; and what makes
 * a pane (TERM and so on). Source: reference/wezterm-mux.md 4.4. */
#ifndef LACE_MUX_ENV_H
#define LACE_MUX_ENV_H

#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

#define ENV_FILE_MAX (1u << 20)        /* bytes of a session file or of /proc/PID/environ */

struct env_session { char *dir, *shell; };       /* of the session file, owned; NULL when not said */
void env_session_fini(struct env_session *s);

/* Copies environ-like list, leaving out what belongs to one login. */
void env_base(const char *const *environ_list, struct strv *env);
/* Applies the bytes of a session file: NUL-terminated NAME=value, or NAME alone to unset it. */
void env_apply_session(struct strv *env, const char *data, size_t len, struct env_session *ret);
/* Takes SSH_CONNECTION, SSH_CLIENT and SSH_AUTH_SOCK from the bytes of a /proc/PID/environ. */
void env_apply_login(struct strv *env, const char *data, size_t len);
/* What is missing of USER LOGNAME HOME SHELL PATH, each of which may be NULL here, and of a UTF-8 LANG. */
void env_add_user(struct strv *env, const char *user, const char *home, const char *shell);
/* TERM and so on, and env_add_user. */
struct env_pane {
	const char *user, *home, *shell;   /* passwd; may be NULL */
	const char *term;                  /* NULL: xterm-256color */
	const char *socket, *version;
};
void env_finish(struct strv *env, const struct env_pane *p);

/* Reads a session file if only its owner, root or uid, can have written it. False: there is none to use. */
bool env_read_session(const char *path, uid_t uid, struct str *ret);
bool env_read_process(pid_t pid, uid_t uid, struct str *ret);    /* /proc/PID/environ */
/* True for names a program's environment may have: no "=", not empty. */
bool env_name_ok(const char *name);

#endif
