/* credentials.h - who we are to a registry: environment, Docker's and Podman's files, credential helpers.
 *
 * Source: reference/devcontainer.md 2.3 (order of sources), Docker's config.json
 * and its credential helper protocol, containers-auth.json(5) for Podman's file. */
#ifndef LACE_REGISTRY_CREDENTIALS_H
#define LACE_REGISTRY_CREDENTIALS_H

#include "base/err.h"

#include <json-c/json.h>

#include <stddef.h>

#define CREDENTIALS_FILE_MAX (1u << 20)      /* bytes of config.json */
#define CREDENTIALS_TEXT_MAX 16384u          /* of one name, secret or token */
#define CREDENTIALS_HELPER_MS 30000          /* until a helper has to have answered */

struct credentials {
	char *user, *secret;         /* both or neither */
	char *identity;              /* a refresh token ("identitytoken"), or NULL */
};
void credentials_fini(struct credentials *c);
static inline bool credentials_any(const struct credentials *c) { return c->user || c->identity; }

/* What this person has for a registry's host; nothing (all NULL) when there is none. warn gets one line for each
 * source that is there and does not work (a helper that fails, a broken file); NULL: dropped. */
typedef void (*credentials_warn)(void *user, const char *line);
void credentials_find(const char *host, struct credentials *ret, credentials_warn warn, void *user);

/* ---- the parts, for tests and fuzzing ---- */

/* DEVCONTAINERS_OCI_AUTH: "host|user|token", comma-separated. */
bool credentials_from_list(const char *list, const char *host, struct credentials *ret);
/* "auths" of a parsed config.json or auth.json. */
bool credentials_from_auths(json_object *config, const char *host, struct credentials *ret);
/* The helper's name that config.json gives for the host ("pass"), or NULL; lives as long as config. */
const char *credentials_helper(json_object *config, const char *host);
/* What a helper printed. */
bool credentials_from_helper(const char *text, size_t len, struct credentials *ret);

#endif
