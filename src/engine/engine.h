/* engine.h - one container engine: reads and control over its API socket, the rest through its CLI.
 *
 * Nothing above this room knows Docker from Podman. The socket is found as the
 * docker CLI finds it: DOCKER_HOST (unix://), DOCKER_CONTEXT, the current
 * context of $DOCKER_CONFIG/config.json (unix endpoints), else the default
 * socket. Errors: ERR_ENGINE when the engine cannot be reached (names the
 * socket and the remedy), ERR_NOT_FOUND for a missing object, else ERR_FAILED
 * with the engine's own message. One `struct engine` is one thread's. */
#ifndef LACE_ENGINE_ENGINE_H
#define LACE_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

struct engine;

/* Resolves the socket; does not connect yet. docker_path is the CLI (NULL: "docker"). */
struct engine *engine_open(const char *docker_path, struct err *err);
void engine_close(struct engine *e);
const char *engine_socket(const struct engine *e);      /* the socket's path */
/* Pings: 0 or ERR_ENGINE. */
int engine_ping(struct engine *e, struct err *err);

/* Begins an argv for the engine's CLI against the same engine: "docker", "--host", "unix://...". */
void engine_cli(const struct engine *e, struct strv *argv);

/* ---- containers ---- */
/* JSON array of the API's summaries of the containers that carry all labels ("name" or "name=value",
 * NULL-terminated). */
json_object *engine_list(struct engine *e, const char *const *labels, bool all, struct err *err);
json_object *engine_inspect(struct engine *e, const char *id, struct err *err);
int engine_start(struct engine *e, const char *id, struct err *err);
int engine_stop(struct engine *e, const char *id, int grace_seconds, struct err *err);
int engine_remove(struct engine *e, const char *id, bool volumes, struct err *err);      /* force */
/* True when a start or create failed because a host port is taken; *port is which, if known, else 0. */
bool engine_port_conflict(const struct err *err, int *port);
/* `CLI create ARGS...`: returns the container id, malloc()ed, or NULL. args are what follows "create". */
char *engine_create(struct engine *e, const struct strv *args, struct err *err);
/* The same over the API, from its container config, for containers of our own: nothing of the client's settings gets
 * in, where `create` adds its proxies to the environment. */
char *engine_create_config(struct engine *e, const char *name, json_object *config, struct err *err);
/* HTTP_PROXY=..., http_proxy=... and so on, as the engine's client gives them to builds ("proxies" in its config.json). */
void engine_proxies(struct engine *e, struct strv *ret);
/* Appends the last lines that a container printed, stdout and stderr, at most ENGINE_LOG_MAX bytes. */
int engine_logs(struct engine *e, const char *id, int lines, struct str *ret, struct err *err);
#define ENGINE_LOG_MAX 65536u
/* Processes of a running container: JSON of the API's top with ps_args ("-eo pid,ppid,comm"). */
json_object *engine_top(struct engine *e, const char *id, const char *ps_args, struct err *err);
/* Extracts a tar into path inside the container (running or not). */
int engine_put_archive(struct engine *e, const char *id, const char *path, const struct str *tar,
    struct err *err);

/* ---- exec, without a terminal, over the API ---- */
struct engine_exec {
	const char *container;
	const char *user;            /* NULL: the container's */
	const char *dir;             /* NULL: the container's */
	const struct strv *env;      /* added to the container's; may be NULL */
	const char *const *argv;     /* NULL-terminated */
	const struct str *input;     /* fed to stdin, or NULL */
	void (*output)(void *user, int stream, const char *data, size_t len); /* 1 stdout, 2 stderr; may be NULL */
	void *output_user;
	struct str *out;             /* collects stdout, up to ENGINE_OUTPUT_MAX; may be NULL */
	int timeout_ms;              /* 0: none */
};
#define ENGINE_OUTPUT_MAX (16u << 20)
/* Returns the exit code, or -1 with err (err->sys is ETIMEDOUT after timeout_ms; the program is then left
 * to itself). An entry of env without "=" takes that variable away. */
int engine_exec(struct engine *e, const struct engine_exec *x, struct err *err);
/* Runs n programs at once and returns when all have ended. done is called for each as it ends, with its exit
 * code, or -1 and err. */
typedef void (*engine_exec_done)(void *user, size_t i, int code, struct err *err);
void engine_exec_all(struct engine *e, const struct engine_exec *x, size_t n, engine_exec_done done,
    void *user);

/* ---- images ---- */
json_object *engine_image_inspect(struct engine *e, const char *ref, struct err *err);
/* `CLI pull REF`; output goes to progress. */
int engine_image_pull(struct engine *e, const char *ref, struct err *err);
/* Commits a container as an image. config is the API's container config to set (Env, Labels, User,
 * Entrypoint, Cmd, WorkingDir ...), changes none. Returns the image id, malloc()ed. */
char *engine_commit(struct engine *e, const char *container, const char *repo, const char *tag,
    json_object *config, struct err *err);
/* Imports a `save` archive. */
int engine_image_load(struct engine *e, const struct str *tar, struct err *err);
/* JSON array of the API's summaries of the images whose name is like reference (a pattern with stars). */
json_object *engine_images(struct engine *e, const char *reference, struct err *err);
int engine_image_tag(struct engine *e, const char *image, const char *repo, const char *tag, struct err *err);
int engine_image_remove(struct engine *e, const char *ref, struct err *err);
/* `CLI build ARGS...`, streaming output to progress and the log: by BuildKit where the client has it (its own
 * buildx, or the engine's), else by the classic builder. DOCKER_BUILDKIT in the environment decides instead. */
int engine_build(struct engine *e, const struct strv *args, struct err *err);

/* ---- Docker Compose: several containers, described by files of its own ---- */
struct engine_compose;
/* Finds `CLI compose`, else `docker-compose`; path names the latter. */
struct engine_compose *engine_compose_open(struct engine *e, const char *path, struct err *err);
void engine_compose_close(struct engine_compose *c);
const char *engine_compose_version(const struct engine_compose *c);     /* "1.29.2" */
bool engine_compose_since(const struct engine_compose *c, int major, int minor);
/* Runs it in dir. Its stdout is appended to out, or (NULL) shown as progress. builds: as engine_build() chooses
 * the builder. ERR_FAILED with the last line that it said. */
int engine_compose_run(struct engine_compose *c, const char *dir, const struct strv *args, bool builds,
    struct str *out, struct err *err);

/* ---- networks, volumes, the engine itself ---- */
/* Those that carry a label ("name=value"): appends ids of networks, names of volumes. */
int engine_networks(struct engine *e, const char *label, struct strv *ret, struct err *err);
int engine_volumes(struct engine *e, const char *label, struct strv *ret, struct err *err);
/* One that is gone already is no error. */
int engine_network_remove(struct engine *e, const char *id, struct err *err);
int engine_volume_remove(struct engine *e, const char *name, struct err *err);
/* What the API's info says: NCPU, MemTotal, Runtimes, DockerRootDir ... */
json_object *engine_info(struct engine *e, struct err *err);

/* Host TCP ports published by every container, running or stopped (there from the bindings of its inspect
 * data). */
struct engine_port {
	int host_port, container_port;
	char *host_ip;               /* "" = all */
	char *container;             /* id */
	char *name;                  /* container name */
	char *workspace;             /* label devcontainer.local_folder, or "" */
	bool running;
};
struct engine_ports { struct engine_port *v; size_t n; };
int engine_ports(struct engine *e, struct engine_ports *ret, struct err *err);
void engine_ports_fini(struct engine_ports *ports);

#endif
