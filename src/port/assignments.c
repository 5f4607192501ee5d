/* WORKSPACE/.lace/port-assignments.json, for people and for the old tool's users:
 * our own record is the registry. It is read where the registry knows nothing yet: the
 * old tool had no other record, and a lost registry has its ports back from here. */
#include "port/port.h"

#include "base/str.h"
#include "host/dotlace.h"
#include "host/jsonc.h"

#include <string.h>

enum { ASSIGNMENTS_BYTES_MAX = 1 << 20 };

static const char *option_of(const char *label)
{
	const char *slash = strrchr(label, '/');
	return slash ? slash + 1 : label;
}

static int port_of(json_object *assignment)
{
	int64_t port = json_int(assignment, "port", 0);
	return port > 0 && port <= 65535 ? (int)port : 0;
}

int port_read_assignment(const char *workspace, const char *label)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	if (dotlace_read(workspace, "port-assignments.json", ASSIGNMENTS_BYTES_MAX, &text, &err) != 0)
		return 0;
	json_object *root = jsonc_parse(text.s, text.len, "port-assignments.json", NULL, &err);
	json_object *list = json_get(root, "assignments");
	int port = port_of(json_get(list, label)), others = 0, other = 0;
	if (port == 0 && json_object_is_type(list, json_type_object)) {
		json_object_object_foreach(list, key, value) {
			if (str_eq(option_of(key), option_of(label)) && port_of(value)) {
				other = port_of(value);
				others++;
			}
		}
	}
	json_object_put(root);
	return port ? port : others == 1 ? other : 0;
}

int port_write_assignments(const char *workspace, const struct port_claims *claims, struct err *err)
{
	json_object *root = json_object_new_object(), *list = json_object_new_object();
	json_object_object_add(root, "assignments", list);
	for (size_t i = 0; i < claims->n; i++) {
		const struct port_claim *c = &claims->v[i];
		json_object *one = json_object_new_object();
		json_object_object_add(one, "label", json_object_new_string(c->label));
		json_object_object_add(one, "port", json_object_new_int(c->port));
		json_object_object_add(one, "assignedAt", json_object_new_string(c->since));
		json_object_object_add(list, c->label, one);
	}
	cleanup_str struct str text = STR_INIT;
	json_pretty(&text, root);
	json_object_put(root);
	return dotlace_write(workspace, "port-assignments.json", text.s, text.len, err);
}
