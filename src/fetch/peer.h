/* peer.h - lace, seen from lace-fetch: answers, questions, warnings; one line each, from any thread. */
#ifndef LACE_FETCH_PEER_H
#define LACE_FETCH_PEER_H

#include "base/err.h"

#include <json-c/json.h>

struct peer_credentials { char *user, *secret, *identity; };     /* as struct credentials */

/* Sends {"id":..., "result":...} or the error. Takes result. */
void peer_result(int64_t id, json_object *result);
void peer_error(int64_t id, const struct err *err);
void peer_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void peer_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Asks once a host and waits for the answer, which is kept: the pointer stays good. NULL members: there are none. */
const struct peer_credentials *peer_credentials(const char *host);
/* From the thread that reads stdin. */
void peer_answer(json_object *line);

#endif
