/* hooks.h - what runs in the container once it is up: preparation, environment probe, lifecycle hooks.
 *
 * Source: reference/devcontainer.md 1.7, 3.7, 3.8. */
#ifndef LACE_DEV_HOOKS_H
#define LACE_DEV_HOOKS_H

#include "dev/config.h"
#include "engine/engine.h"

/* A running dev container as hooks and exec see it. */
struct dev_target {
	struct engine *engine;
	char *id;                  /* container */
	char *created, *started_at;/* the engine's exact strings (markers) */
	char *user;                /* remoteUser */
	char *home, *shell;        /* of that user */
	char *dir;                 /* workspaceFolder, or home when it does not exist */
	struct strv container_env; /* from inspect */
	struct strv env;           /* what hooks, exec and panes get: probe < remoteEnv; container env is implied */
	struct strv unset;         /* names remoteEnv sets to null */
	json_object *merged;       /* substituted with containerEnv */
	/* Private to these files. */
	long uid;                  /* of user */
	char *markers[4];          /* what the once-only markers said; NULL: no such file */
	char session_digest[65];   /* of the session file that stands there, "" when there is none */
	json_object *entries;      /* of the metadata label: where each hook comes from */
	struct dev_extra extra;    /* the configuration's */
};

/* Fills the target from the container's inspect data and the merged configuration: user, home, system
 * patches (/etc/environment, /etc/profile), environment probe; one exec round trip where possible. */
int dev_target_init(struct dev_target *t, struct engine *e, json_object *inspect, const struct dev_config *c,
    json_object *merged, struct err *err);
void dev_target_fini(struct dev_target *t);
/* The whole environment of exec, hooks and panes: container env < probe < remoteEnv, nulls removed. */
void dev_target_env(const struct dev_target *t, struct strv *ret);

/* initializeCommand, on the host, in the workspace folder. */
int dev_run_initialize(const struct dev_config *c, struct err *err);

struct dev_dotfiles;
struct dev_hook_options {
	const struct strv *secrets;/* "NAME=value" in the hooks' environment, above all else; or NULL */
	const struct dev_dotfiles *dotfiles; /* installed between postCreate and postStart; or NULL */
	bool skip_post_create;     /* no hook at all */
	bool prebuild;             /* onCreate, updateContent (again if need be), no more */
	bool skip_non_blocking;    /* up to and including waitFor */
	bool skip_post_attach;
};
/* Runs the pending hooks by their markers. A failing one stops the later ones: err says which, of what. */
int dev_run_hooks(struct dev_target *t, const struct dev_hook_options *opts, struct err *err);

/* Writes what panes need (environment, folder) to the file `session` in dir in the container, where lace-mux-server reads
 * it: DEV_SESSION_DIR, or the folder that the server itself is in. */
#define DEV_SESSION_DIR "/var/lib/lace"
int dev_write_session(struct dev_target *t, const char *dir, struct err *err);

#endif
