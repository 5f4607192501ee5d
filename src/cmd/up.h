/* up.h - one dev container brought up: the story that `lace up` and `devcontainer up` tell.
 *
 * Configuration in, running container with its hooks done out. Asking about trust before, and
 * printing afterwards, are the callers'. */
#ifndef LACE_CMD_UP_H
#define LACE_CMD_UP_H

#include "dev/feature.h"
#include "dev/hooks.h"
#include "engine/engine.h"

struct dev_compose;
struct up_options {
	const char *compose;       /* the docker-compose program to use, or NULL: the engine's own, else docker-compose */
	bool plain;                /* leave lace's own features out */
	bool no_cache, recreate;
	bool existing;             /* an error when there is no container yet */
	bool trust;                /* what the image asks for is confirmed without a question */
	bool keep_server;          /* leave an older terminal server in the container as it is */
	bool unasked;              /* nothing is asked, nor remembered as confirmed: the caller is a tool */
	enum dev_lock lock;
	struct dev_hook_options hooks;
};

struct up {
	struct engine *engine;     /* owned, like config */
	struct dev_config *config;
	struct up_options opts;
	struct dev_compose *compose;/* NULL until it is asked for */
	bool gpu;                  /* a new container gets the engine's GPUs */
	/* out */
	char *id;                  /* the container, once there is one */
	json_object *inspect;      /* of the running container */
	json_object *merged;       /* merged configuration, without the container's environment */
	const char *outcome;       /* "created", "started", "running" */
	int port;                  /* of its sshd on the host, or 0 */
	struct dev_target target;
	bool has_target;
};

/* engine, config and opts are set. After a failure up_fini() is due too, and id says which container was made. */
int up_run(struct up *u, struct err *err);
/* Whom hooks and exec run as. malloc()ed; after up_run(). */
char *up_remote_user(const struct up *u);
void up_fini(struct up *u);

#endif
