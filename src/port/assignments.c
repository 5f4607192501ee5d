/* WORKSPACE/.lace/port-assignments.json, for people and for the old tool's users:
 * our own record is the registry, and this file is never read back. */
#include "port/port.h"

#include "base/str.h"
#include "host/dotlace.h"
#include "host/jsonc.h"

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
