/* internal.h - what the files of this room share: the handle and one call of the API.
 *
 * Layers, lowest first: http and frames (bytes), api (connections, errors), then
 * one file a subject: container, image, exec, ports; cli runs the engine's own
 * program; context finds the socket. Podman serves the same API from another
 * socket, so only context and the program's name have to learn of it. */
#ifndef LACE_ENGINE_INTERNAL_H
#define LACE_ENGINE_INTERNAL_H

#include "engine/engine.h"
#include "engine/http.h"

#include <stdint.h>

#define ENGINE_BODY_MAX (64u << 20)      /* one JSON answer */
#define ENGINE_JSON_DEPTH 64
#define ENGINE_CONNECT_MS 5000
#define ENGINE_CALL_MS 60000             /* silence of the engine during an ordinary call */
#define ENGINE_START_MS 300000           /* start: networks, volumes, plugins */
#define ENGINE_LONG_MS 1800000           /* commit, upload, removal: bound to the size of somebody's data */

struct engine {
	char *program;       /* the CLI */
	char *socket;
	char *origin;        /* how the socket was found: "DOCKER_HOST", "context \"x\"", "the default" */
	int fd;              /* kept-alive connection or -1 */
	char version[16];    /* negotiated, "1.41"; "" before the first call */
};

/* ---- context.c ---- */
/* The socket as the docker CLI would choose it; both results malloc()ed. */
int context_socket(char **ret_socket, char **ret_origin, struct err *err);

/* ---- api.c ---- */
struct api_call {
	const char *method;
	const char *path;            /* with query, without the version */
	const char *type;            /* of the body; NULL without a body */
	const void *body;
	size_t len;
	int timeout_ms;              /* silence of the engine; 0: ENGINE_CALL_MS */
};
/* Returns the status (2xx, 304), or -1 with err: unreachable, or another status with the engine's message.
 * ret (may be NULL) gets the JSON of the answer, or NULL when it had none. */
int api_call(struct engine *e, const struct api_call *call, json_object **ret, struct err *err);
/* The same with a JSON body (may be NULL). */
int api_json(struct engine *e, const char *method, const char *path, json_object *body, json_object **ret,
    struct err *err);
/* POST with an upgrade to a raw stream on a connection of its own. Returns the descriptor (non-blocking);
 * early gets what came after the head. */
int api_upgrade(struct engine *e, const char *path, json_object *body, struct str *early, struct err *err);
/* Asks whether the engine is there, and for its version: 0 or ERR_ENGINE. */
int api_ping(struct engine *e, struct err *err);
/* Closes what is idle. */
void api_hangup(struct engine *e);

/* Percent-encodes all but unreserved characters. */
void api_escape(struct str *ret, const char *text);
/* A JSON value as text, to be escaped into a query; valid as long as the value. */
static inline const char *json_plain(json_object *value)
{
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}
/* 0, or ERR_NOT_FOUND when this cannot be the name of a container (an image); so they need no encoding. */
int api_check_container(const char *id, struct err *err);
int api_check_image(const char *ref, struct err *err);
/* Monotonic milliseconds. */
int64_t api_now_ms(void);

/* ---- cli.c ---- */
/* The line of a program's stderr that says what went wrong: the last one that is not a hint or a usage line.
 * Appends nothing when there is none. */
void cli_last_line(const char *text, size_t len, struct str *ret);
/* DOCKER_BUILDKIT for a build: "1", or NULL where the environment says it. A client without BuildKit then ends, before
 * it does anything, with a message that cli_lacks_buildkit() knows. */
const char *cli_buildkit(void);
bool cli_lacks_buildkit(const char *said);

#endif
