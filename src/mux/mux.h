/* mux.h - the mux server: panes, clients and what to push, behind one Unix socket.
 *
 * Owns windows, tabs, panes and their ptys; objects refer to each other by id
 * (ids are never reused). Runs on one libuv loop and never exits because of a
 * client. The mains are in src/server. */
#ifndef LACE_MUX_MUX_H
#define LACE_MUX_MUX_H

#include "base/err.h"
#include "mux/config.h"

#include <stddef.h>
#include <stdint.h>

struct mux_options {
	int state_fd;                      /* the state of the server that this one takes over from, or -1 */
	char *const *args;                 /* what its successor is started with, after its own options */
	int listen_fd;                     /* a bound, listening Unix socket; owned by the server from here */
	const char *socket_path;           /* its path, removed at the end; for WEZTERM_UNIX_SOCKET */
	unsigned codec;                    /* announced by GetCodecVersion: 42..45 */
	uint32_t scrollback_lines;         /* for each pane */
	size_t scrollback_bytes;
	size_t scrollback_all, images_all; /* bytes of all panes together; 0: MUX_SCROLLBACK_ALL, MUX_IMAGES_ALL */
	const char *session_file;          /* environment and folder of panes (dev/hooks.h), or NULL */
	const char *tls_bind;              /* ADDRESS:PORT of a TLS listener (lace-mux-tls), or NULL */
	const struct mux_config *config;   /* what the person configured, or NULL */
	bool window;                       /* begin with a window, as wezterm-mux-server does ... */
	char *const *prog;                 /* ... that runs this (NULL: the default), ... */
	const char *dir;                   /* ... in this folder (NULL: the default) */
	const char *session_path;          /* where the session is saved when a signal ends the server, or NULL */
	bool restore;                      /* ... and begin with the one that is there */
	int pid_fd;                        /* locked pid file, closed when the socket is; or -1 */
	int ready_fd;                      /* written "ok\n" and closed once accepting, or -1 */
	const char *version;               /* shown as version_string */
	const char *build;                 /* told to lace's own clients (base/build.h) */
};
/* Runs until LaceShutdown or SIGTERM. Returns the exit code. */
int mux_run(const struct mux_options *opts, struct err *err);
/* Reads such a state as mux_run() would, and forgets it. */
int mux_try_state(const struct mux_options *opts, struct err *err);
/* The listening socket that is in it. */
int handover_listen_fd(int state_fd, struct err *err);

#endif
