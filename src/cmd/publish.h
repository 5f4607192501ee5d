/* publish.h - which container ports a configuration wants on the host, and the host ports the registry gives them.
 *
 * A feature declares a port in customizations.lace.ports.<option>; containerPort
 * says what the container listens on (design.md F9). */
#ifndef LACE_CMD_PUBLISH_H
#define LACE_CMD_PUBLISH_H

#include "dev/container.h"

#define PUBLISH_MAX 64

struct publish_plan {
	struct dev_publish ports[PUBLISH_MAX];
	char *labels[PUBLISH_MAX];       /* "feature/option" of each */
	size_t n;
};
/* Claims a port for each declared one in entries (raw metadata entries). avoid: host ports the engine just
 * refused, 0-terminated. Says on stderr when a port moved. */
int publish_claim(struct engine *e, const struct dev_config *c, json_object *entries, const int *avoid,
    struct publish_plan *ret, struct err *err);
void publish_fini(struct publish_plan *plan);
/* Host port bound to a container port in inspect data (running or stopped), or 0. */
int publish_host_port(json_object *inspect, int container_port);
/* The same, or the port of the container whose network this one is in. */
int publish_shared_port(struct engine *e, json_object *inspect, int container_port);

#endif
