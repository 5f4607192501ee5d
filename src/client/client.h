/* client.h - the attaching terminal client: one pane, full screen, on the person's own terminal.
 *
 * The last row is a status line. Speaks codec 44 over a link that is already
 * ready; uses the private extension when the server has it. The outer terminal
 * is put back exactly as it was, whatever ends the client. */
#ifndef LACE_CLIENT_CLIENT_H
#define LACE_CLIENT_CLIENT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include "link/link.h"

/* Ctrl-\ ; then d detaches, [ scrolls back, m gives the mouse back, ? helps, Ctrl-\ sends itself */
#define CLIENT_PREFIX_DEFAULT 0x1c

struct client_options {
	const char *name;                  /* shown on the status line */
	int in, out;                       /* the terminal */
	uint8_t prefix;                    /* control character */
	bool new_pane;                     /* spawn one even when the server has panes */
	bool read_only;
	bool has_pane_id; uint64_t pane_id;
	uint32_t server_pid;               /* that pane is this server's; 0: any */
	const char *const *argv;           /* command for a spawned pane, or NULL: the user's shell */
	const char *dir;                   /* its folder, or NULL */
};
enum client_end { CLIENT_EXITED, CLIENT_DETACHED, CLIENT_LOST };
struct client_result {
	enum client_end end;
	int exit_code;                     /* CLIENT_EXITED: the program's (128+n for a signal); -1 unknown */
	char *reason;                      /* CLIENT_LOST: why, malloc()ed */
	uint64_t pane_id;                  /* the pane that was shown, for attaching again */
	bool has_pane_id;
	uint32_t server_pid;               /* 0: not known */
};
/* Runs until the pane's program exits, the person detaches or the link ends. -1: could not begin; the
 * terminal was not touched. A signal that asks to end (SIGTERM, SIGHUP, SIGINT, SIGQUIT) is raised again
 * once the terminal is as it was; if the process survives that, it counts as a detach. */
int client_run(struct link *link, const struct client_options *opts, struct client_result *ret,
    struct err *err);

#endif
