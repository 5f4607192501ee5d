/* services.h - the containers beside a dev container that is a service of a compose project.
 *
 * Through the engine alone, by compose's labels: it works where the compose files, or compose itself, are
 * gone. Two dev containers can share a project; while the other one is there, its services are let be. */
#ifndef LACE_CMD_SERVICES_H
#define LACE_CMD_SERVICES_H

#include "cmd/project.h"

/* The ids of the project's other containers; none when p is no service, or another dev container of the same
 * project is there (*ret_shared, may be NULL). */
int services_list(struct engine *e, const struct project *p, struct strv *ret, bool *ret_shared, struct err *err);
/* Removes what the project has beside containers: its networks, and with volumes its named volumes. */
int services_remove_rest(struct engine *e, const struct project *p, bool volumes, struct err *err);

#endif
