/* compose.h - a dev container that is one service of a Docker Compose project.
 *
 * The project's files are read by compose itself (`config`), never by us, and never written: what lace adds
 * (the prepared image, labels, entrypoint, mounts, ports) goes into an override file of its own, which
 * compose merges last. Names, labels and the override's contents are the reference CLI's
 * (devcontainer.md 3.5), so that each finds the other's containers. */
#ifndef LACE_DEV_COMPOSE_H
#define LACE_DEV_COMPOSE_H

#include "dev/container.h"

#define COMPOSE_LABEL_PROJECT "com.docker.compose.project"
#define COMPOSE_LABEL_SERVICE "com.docker.compose.service"

struct dev_compose {
	struct engine *engine;
	const struct dev_config *config;
	struct engine_compose *program;
	struct strv files;           /* absolute, in order */
	char *env_file;              /* given by hand, or NULL */
	char *project;               /* compose project name */
	json_object *model;          /* what `config` printed; "$" in its strings is written "$$" */
	json_object *service;        /* of the dev container, in model */
	const char *service_name;    /* in config */
};
/* program is --docker-compose-path or NULL. Fails when compose is missing, the files are broken, or the service is
 * not in them. */
struct dev_compose *dev_compose_open(struct engine *e, const struct dev_config *c, const char *program,
    struct err *err);
void dev_compose_close(struct dev_compose *dc);

/* The service's container by compose's own labels: API list entry, or NULL with *err unset. */
json_object *dev_compose_find(struct dev_compose *dc, struct err *err);
/* Does the service build its image? Its name then, or else the image that it names. malloc()ed. */
bool dev_compose_builds(const struct dev_compose *dc);
char *dev_compose_image(const struct dev_compose *dc);
/* `compose build` of the services that are wanted; their output is progress. */
int dev_compose_build(struct dev_compose *dc, bool no_cache, struct err *err);
/* The service's `user`, or NULL. */
const char *dev_compose_user(const struct dev_compose *dc);
/* False where no port of the service can be published (network_mode: host, none, container:...). */
bool dev_compose_can_publish(const struct dev_compose *dc);

/* The override file, as JSON (which is YAML). NULL with err. */
json_object *dev_compose_override(const struct dev_compose *dc, const struct dev_image *img, json_object *merged,
    const struct dev_publish *publish, size_t n_publish, bool gpu, struct err *err);
/* `compose up` with that override; the container's id, malloc()ed. */
char *dev_compose_up(struct dev_compose *dc, json_object *override, struct err *err);
/* Starts what exists as it is, and makes what does not. */
int dev_compose_start(struct dev_compose *dc, struct err *err);

/* Words of a command line as a shell splits them (quotes, backslashes, no expansion), for `command: "a 'b c'"`. */
void dev_compose_words(const char *text, struct strv *ret);
/* The project's name from its parts (3.5). env: COMPOSE_PROJECT_NAME or NULL; dotenv: the workspace's .env file or
 * NULL; name: the model's, when it counts, or NULL; first: the first compose file. malloc()ed. */
char *dev_compose_project_name(const char *workspace, const char *env, const char *dotenv, const char *name,
    const char *first);

#endif
