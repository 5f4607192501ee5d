/* port.h - the host-wide registry of host ports (design.md part 4, "port").
 *
 * One file per user, $XDG_STATE_HOME/lace/ports.json, locked and replaced
 * atomically. A claim is keyed by workspace (absolute path), configuration path
 * and label ("feature/option") and survives restarts. A corrupt file is set
 * aside, named in a warning, and rebuilt from what the engine publishes. */
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
 * keeps its port while the port is free, or published by this workspace itself
 * (then what is really published wins); otherwise it moves, and *ret_moved_from
 * is the old port (0 = did not move). Ports in `avoid` (0-terminated, may be
 * NULL) are skipped. Probing binds 127.0.0.1, 0.0.0.0 and ::1. */
int port_registry_claim(struct port_registry *r, const char *workspace, const char *config, const char *label,
    const struct port_published *published, size_t n_published, struct port_range range, const int *avoid,
    int *ret_moved_from, struct err *err);
/* label NULL: all of the workspace and configuration; config NULL: all of the workspace. Returns how many went. */
int port_registry_release(struct port_registry *r, const char *workspace, const char *config, const char *label,
    struct err *err);
int port_registry_list(struct port_registry *r, struct port_claims *ret, struct err *err);
void port_claims_fini(struct port_claims *claims);

/* True when nothing on this host holds the port (bind on IPv4 and IPv6, any and loopback). */
bool port_is_free(int port);

#endif
