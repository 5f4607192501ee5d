/* tlscreds.h - this person's certificate for the TLS domain of a container (the feature's option hostTlsPort).
 *
 * Asked of the server over the ordinary road, as wezterm's bootstrap_via_ssh does, and kept in
 * $XDG_CONFIG_HOME/lace/tls/ID: ca.pem, and client.pem with certificate and key. */
#ifndef LACE_CMD_TLSCREDS_H
#define LACE_CMD_TLSCREDS_H

#include "cmd/project.h"

#define TLSCREDS_PORT 2223                   /* in the container, baked */
#define TLSCREDS_PORT_OPTION "hostTlsPort"   /* the option of mux-server that asks for it */

struct tlscreds { char *ca, *client; };      /* paths, owned */
/* False: there are none yet. */
bool tlscreds_have(const char *id, struct tlscreds *ret);
void tlscreds_fini(struct tlscreds *t);
/* Fetches those of each running project with a TLS port: where there are none yet, or of all (again), for a server may have
 * made itself a new authority. What cannot be had is a warning. */
void tlscreds_fetch(struct engine *e, const struct projects *p, bool again);
/* Removes what is kept for a container that is gone. */
void tlscreds_forget(const char *id);

#endif
