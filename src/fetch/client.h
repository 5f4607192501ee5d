/* client.h - requests to registries: which address, whose credentials, which redirects, when again.
 *
 * Source: the OCI distribution specification 1.1, reference/devcontainer.md 2.3. */
#ifndef LACE_FETCH_CLIENT_H
#define LACE_FETCH_CLIENT_H

#include "fetch/http.h"
#include "registry/wire.h"

#include <json-c/json.h>

#define CLIENT_REDIRECTS_MAX 5
#define CLIENT_TRIES 4                   /* of one request, when the connection breaks or the registry is busy */
#define CLIENT_RETRY_AFTER_MAX 30        /* seconds that a registry may make us wait */

struct client;
/* mirrors: {"host":["host:port/prefix"]}, may be NULL; offline: every request fails as unreachable. */
struct client *client_create(struct http *h, json_object *mirrors, bool offline);

struct client_call {
	const char *method;                  /* "GET" when NULL */
	const char *host, *path;             /* repository; or url alone */
	const char *rest;                    /* behind /v2/PATH/: "manifests/1" */
	const char *url;                     /* instead of these three: no registry, no credentials. With host and path:
	                                      * where the registry said to go on (an upload's Location) */
	const char *name;                    /* what is asked for, for messages: "ghcr.io/x/y:1" */
	const char *accept, *type;           /* headers, or NULL */
	bool push;                           /* needs the right to push; never goes to a mirror */
	const void *body;
	size_t body_len;
	size_t max;                          /* of the answer's body */
	int (*sink)(void *user, long status, const char *data, size_t len);
	int64_t (*offset)(void *user);       /* asked before each try: bytes that are there already */
	void *user;
	bool may_be_unknown;                 /* 404 is an answer too */
	struct str *ret_url;                 /* gets the address that answered, or NULL */
};
/* 0: rs has an answer of 2xx (or 404, see above). err->sys is an enum fetch_code. rs is the caller's to finish. */
int client_call(struct client *c, const struct client_call *q, struct http_response *rs, struct err *err);

/* ---- between client.c and token.c ---- */

struct http *client_http(struct client *c);
/* Scheme and host agree; neither is a way out of TLS, into this machine, or with a password in it. */
bool client_url_safe(const char *from, const char *to);
bool client_same_origin(const char *a, const char *b);
/* location, seen from url, as a whole address: malloc()ed; NULL when it may not be followed. */
char *client_resolve(const char *url, const char *location);

#endif
