/* link.h - ways to reach a mux: a duplex byte stream with a clean end and a reason.
 *
 * Unix socket, or a program whose stdin and stdout are the stream (ssh, the
 * engine's exec); argv is passed in. Output before a marker line (a remote
 * .bashrc that prints) is skipped. The descriptors are non-blocking. Making a
 * link ignores SIGPIPE in the process: a write to a link that ended fails. */
#ifndef LACE_LINK_LINK_H
#define LACE_LINK_LINK_H

#include "base/err.h"
#include "base/str.h"

struct link;

/* The marker our proxy prints before its first byte: "\x1elace-mux-proxy " NONCE "\n". */
#define LINK_MARKER_PREFIX "\x1elace-mux-proxy "
#define LINK_SKIP_MAX (1u << 20)      /* noise before the marker */

struct link *link_unix(const char *path, struct err *err);
/* Starts argv; nonce NULL: no marker is expected. Its stderr is kept (last 4 kB) for link_reason. */
struct link *link_program(const struct strv *argv, const char *nonce, struct err *err);
/* Blocks until the marker came (or timeout_ms); bytes after it stay readable on the descriptor, none
 * is taken. err says what the program said instead. */
int link_wait_ready(struct link *l, int timeout_ms, struct err *err);
int link_read_fd(const struct link *l);
int link_write_fd(const struct link *l);
/* The program's stderr, or -1. A loop that runs long polls it and drains it when readable, so that a
 * program that complains a lot never waits for us. -1 from its end on. */
int link_error_fd(const struct link *l);
void link_drain_errors(struct link *l);
/* Why the stream ended, one line, after EOF: the program's status and last stderr line. Blocks up to 1 s.
 * malloc()ed. */
char *link_reason(struct link *l);
void link_close(struct link *l);       /* ends the program by its pid if it is still there */

/* ---- ssh (the system's), options forced so that no Host * block breaks us ---- */
struct link_ssh {
	int port;
	const char *user, *key, *known_hosts, *host_key_alias;
	bool tty;                          /* ssh -t: for `lace ssh` */
};
/* A path as ssh_config(5) reads it: in quotes, and with its tokens (%h ...) switched off. */
void link_ssh_quote(struct str *ret, const char *path);
/* Appends "ssh", its options and "127.0.0.1" to argv; the caller appends the remote command. */
void link_ssh_argv(const struct link_ssh *s, struct strv *argv);
/* $XDG_CONFIG_HOME/lace/ssh/id_ed25519, made with ssh-keygen on first use. Paths malloc()ed. */
int link_ssh_key(char **ret_key, char **ret_public, struct err *err);
/* Pins host_key ("ssh-ed25519 AAAA...") for alias in $XDG_CONFIG_HOME/lace/ssh/known_hosts; an alias that is
 * pinned with another key is an error unless replace. ret_path malloc()ed. */
int link_ssh_pin(const char *alias, const char *host_key, bool replace, char **ret_path, struct err *err);
/* Takes an alias out again; one that is not there is no error. */
int link_ssh_unpin(const char *alias, struct err *err);
bool link_ssh_pinned(const char *alias);
/* The key that is pinned for alias, "ssh-ed25519 AAAA...", malloc()ed; NULL: none. */
char *link_ssh_host_key(const char *alias);
/* Connects to 127.0.0.1:port and reads the SSH banner, retrying until timeout_ms. */
int link_ssh_wait(int port, int timeout_ms, struct err *err);

#endif
