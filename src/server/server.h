/* server.h - what the commands of lace-mux-server share: paths, start, connections. */
#ifndef LACE_SERVER_SERVER_H
#define LACE_SERVER_SERVER_H

#include "base/err.h"
#include "mux/config.h"

#include <stdbool.h>

#define SERVER_START_MS 10000          /* the longest a start may take */
#define SERVER_CALL_MS 10000           /* the longest an answer may take */
#define SERVER_SESSION_FILE "/var/lib/lace/session"
#define SERVER_SCROLLBACK_LINES 10000
#define SERVER_SCROLLBACK_BYTES (16u << 20)

struct server_paths {
	char *dir, *socket;                /* where wezterm looks: RUNTIME/wezterm/sock and its folder, or a configured one */
	char *pid;                         /* RUNTIME/wezterm/pid */
	char *lace_dir, *lock, *log;       /* RUNTIME/lace and in it */
};
/* The person's wezterm.lua, or file where one is named, and then "NAME=VALUE" settings; with skip only these. An
 * error only when the file was named and cannot be read. */
int server_config(struct mux_config *ret, const char *file, bool skip, const struct strv *settings, struct err *err);
/* RUNTIME is $XDG_RUNTIME_DIR; or /run/user/UID, since a login over ssh often lacks the variable; or
 * ~/.local/share, as wezterm does. The socket is where the configuration says, if its folder is, or can be made, one that
 * nobody else may write; else that is noted there. config NULL: the person's. Nothing is created. */
int server_paths(struct server_paths *ret, struct mux_config *config, struct err *err);
void server_paths_fini(struct server_paths *p);

/* The path of a file that stands beside this program; malloc()ed, or NULL when the program's own file is gone. */
char *server_beside(const char *name);
/* What panes and `exec` get their environment from: SERVER_SESSION_FILE, or where that cannot be written (and is not there)
 * the file `session` beside the program. malloc()ed. */
char *server_session_file(void);

/* A connected socket. err->sys is ENOENT or ECONNREFUSED when no server listens. */
int server_connect(const struct server_paths *p, struct err *err);
/* The same; starts a server when none listens. Ten callers at once start one: a lock decides. */
int server_connect_or_start(const struct server_paths *p, struct err *err);
/* Starts a server in the background; an error when one listens already. */
int server_daemonize(const struct server_paths *p, char *const *args, struct err *err);
/* The pid file: locked, with our pid in it. -1 when another server has it. */
int server_pid_file(const struct server_paths *p, struct err *err);
/* A listening socket. Stale ones are replaced, live ones never. The caller holds the lock. */
int server_listen(const struct server_paths *p, struct err *err);
/* The lock, see fs_unlock. */
int server_lock(const struct server_paths *p, struct err *err);

/* Commands: exit codes. */
int server_cmd_proxy(int argc, char **argv);
int server_cmd_exec(int argc, char **argv);
int server_cmd_wezterm(int argc, char **argv);   /* when called as `wezterm` */
/* `wezterm cli proxy` over a connection, which it closes. */
int server_proxy_wezterm(int fd);
int server_cmd_list(int argc, char **argv);
int server_cmd_status(int argc, char **argv);
int server_cmd_stop(int argc, char **argv);
int server_cmd_upgrade(int argc, char **argv);
int server_cmd_decode(int argc, char **argv);

/* "lace-mux-server: MESSAGE" on stderr; returns the exit code. */
int server_fail(struct err *err);
int server_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
