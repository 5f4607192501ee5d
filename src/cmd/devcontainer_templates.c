/* `templates apply` and `templates metadata`: command lines and results; the
 * work is src/dev/template.c's. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "dev/template.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <stdlib.h>
#include <string.h>

int face_templates_metadata(struct face_args *args, struct err *err)
{
	json_object *metadata = NULL;
	struct registry *r = registry_open();
	int code = dev_template_metadata(r, args->operands.v[0], &metadata, err);
	registry_close(r);
	if (code != 0 && err->code != ERR_NOT_FOUND)
		return -1;
	print_json_line(metadata ? metadata : json_object_new_object());
	return code == 0 ? 0 : ERR_FAILED;
}

/* A flag's JSON. */
static json_object *parse(const struct face_args *args, const char *flag, json_type type, struct err *err)
{
	cleanup_free char *name = xasprintf("--%s", flag);
	const char *text = face_value(args, flag);
	json_object *value = jsonc_parse(text, strlen(text), name, NULL, err);
	if (value == NULL || json_object_is_type(value, type))
		return value;
	json_object_put(value);
	err_set(err, ERR_USAGE, "%s: expected %s", name, type == json_type_array ? "an array" : "an object");
	return NULL;
}

static int apply(const struct face_args *args, const struct dev_template *t, struct err *err)
{
	const char *folder = face_value(args, "workspace-folder");
	cleanup_free char *to = fs_realpath(folder ? folder : ".", err);
	if (to == NULL)
		return -1;
	cleanup_strv struct strv files = STRV_INIT;
	struct registry *r = registry_open();
	progress_step("Applying %s", t->ref);
	int code = dev_template_apply(r, t, to, &files, err);
	registry_close(r);
	if (code != 0)
		return -1;
	json_object *o = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < files.n; i++)
		json_object_array_add(list, json_object_new_string(files.v[i]));
	json_object_object_add(o, "files", list);
	print_json_line(o);
	return 0;
}

int face_templates_apply(struct face_args *args, struct err *err)
{
	struct dev_template t = { .ref = face_value(args, "template-id") };
	if (face_given(args, "tmp-dir"))
		setenv("TMPDIR", face_value(args, "tmp-dir"), 1);
	int code = -1;
	if ((t.args = parse(args, "template-args", json_type_object, err)) &&
	    (t.features = parse(args, "features", json_type_array, err)) &&
	    (t.omit = parse(args, "omit-paths", json_type_array, err)))
		code = apply(args, &t, err);
	json_object_put(t.args);
	json_object_put(t.features);
	json_object_put(t.omit);
	return code;
}
