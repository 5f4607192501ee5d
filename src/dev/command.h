/* command.h - the three forms of a lifecycle command (devcontainer.md, "Lifecycle hooks").
 *
 * A string is a shell's, an array is a program with its arguments, an object
 * holds several of either that run at the same time. Empty ones do not count. */
#ifndef LACE_DEV_COMMAND_H
#define LACE_DEV_COMMAND_H

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

#define COMMAND_MEMBERS_MAX 64

struct command_member {
	char *key;               /* "" outside the object form */
	struct strv argv;
};
struct command {
	bool parallel;           /* object form */
	struct command_member *v;
	size_t n;                /* 0: nothing to run */
};
/* Fails only when an object has too many members. */
int command_parse(json_object *value, struct command *ret, struct err *err);
void command_fini(struct command *c);

#endif
