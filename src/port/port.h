/* port.h - the host-wide registry of host ports (design.md part 4, "port").
 *
 * One file per user, $XDG_STATE_HOME/lace/ports.json, locked and replaced
 * atomically. A claim is keyed by workspace (absolute path), configuration path
 * and label ("feature/option") and survives restarts. A corrupt file is set
 * aside (ports.json.corrupt-TIME), named in a warning, and rebuilt from what the
 * engine publishes as the workspaces come by. The file, one claim a line:
 *
 *     {"version":1,"claims":[
 *     {"workspace":"/w","config":"/c","label":"sshd/port","since":"2026-01-31T12:00:00.000Z","port":22425}
 *     ]}
 *
 * A claim that was moved by hand has "movedFrom":PORT, too.
 *
 * Ports that nobody's file can know (a container of another tool, a stopped one)
 * are passed in with each claim. */
#ifndef LACE_PORT_PORT_H
#define LACE_PORT_PORT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define PORT_RANGE_FIRST 22425
#define PORT_RANGE_OLD_LAST 22499     /* the old tool's range is used up first */
#define PORT_RANGE_LAST 23424

struct port_claim {
	char *workspace, *config, *label;
	int port;
	char *since;                      /* ISO 8601 UTC with ms */
	int moved_from;                   /* its container still publishes this one; 0 unless port_registry_move() */
};
struct port_claims { struct port_claim *v; size_t n; };

/* What the engine publishes, passed in: host port and whose. */
struct port_published {
	int port;
	const char *workspace;            /* label devcontainer.local_folder, "" when it has none */
	const char *holder;               /* for messages: container name */
	bool running;                     /* running containers' sockets are bound by the engine */
};

struct port_range { int first, last; };

/* path NULL: the default file. All calls lock, read, change, write, unlock. */
struct port_registry;
struct port_registry *port_registry_open(const char *path, struct err *err);
void port_registry_close(struct port_registry *r);

/* Returns the port of the claim, making it when there is none. An existing claim
 * keeps its port while the port is free, or published by this workspace itself;
 * otherwise it moves, and *ret_moved_from is the old port (0 = did not move).
 * What is really published wins: where the claim's own port is not published but
 * exactly one unclaimed port of the range is, by this workspace, the claim follows
 * it (no move in that sense). Ports in `avoid` (0-terminated, may be NULL; name
 * there what the configuration publishes by itself) are never given. A new port is
 * none that anybody published, running or not, and is probed; it is `wanted` (0: none) when that is such a one. */
int port_registry_claim(struct port_registry *r, const char *workspace, const char *config, const char *label,
    const struct port_published *published, size_t n_published, struct port_range range, const int *avoid,
    int wanted, int *ret_moved_from, struct err *err);
/* label NULL: all of the workspace and configuration; config NULL: all of the workspace.
 * Returns how many went. */
int port_registry_release(struct port_registry *r, const char *workspace, const char *config,
    const char *label, struct err *err);
/* Gives the claim of port from the port to, or (to 0) the next free one of the range; the container that was made
 * with the old one keeps publishing it until it is made anew, and the claim does not follow it back. Returns the new
 * port. ERR_NOT_FOUND: nobody claims from. ERR_FAILED: to is claimed, published or in use, and by whom. */
int port_registry_move(struct port_registry *r, int from, int to, const struct port_published *published,
    size_t n_published, struct port_range range, struct err *err);
int port_registry_list(struct port_registry *r, struct port_claims *ret, struct err *err);
void port_claims_fini(struct port_claims *claims);

/* True when nothing on this host holds the port: it can be bound on every IPv4 and IPv6 address. A socket
 * that is bound but does not listen holds it; connections that wait out their end (TIME_WAIT) do not. */
bool port_is_free(int port);

/* What WORKSPACE/.lace/port-assignments.json has for label, or for the only other feature's option of that name (features
 * of the old tool had other names); 0: nothing. The container can write the file: it is a wish, no more. What is wrong
 * with it is no error. */
int port_read_assignment(const char *workspace, const char *label);
/* Replaces WORKSPACE/.lace/port-assignments.json (lace.md 1.3) without following links there. */
int port_write_assignments(const char *workspace, const struct port_claims *claims, struct err *err);

#endif
