/* ops.h - the requests of registry/wire.h, one function each. They run on worker threads. */
#ifndef LACE_FETCH_OPS_H
#define LACE_FETCH_OPS_H

#include "fetch/client.h"
#include "fetch/store.h"

#include <json-c/json.h>

struct ops { struct client *client; struct store store; };

/* Does what the request says; a new result object, or NULL with err (err->sys: enum fetch_code). */
json_object *ops_run(const struct ops *o, json_object *request, struct err *err);

/* The address in a Link header that leads to the next page, malloc()ed, or NULL. For tests. */
char *ops_next_link(const char *header);

#endif
