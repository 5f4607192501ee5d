#include "dev/command.h"

#include "base/mem.h"

static const char *text_of(json_object *value)
{
	return value ? json_object_get_string(value) : "";
}

/* Arrays go through a shell's exec, which looks the program up in the folder and on the PATH that it will
 * really have. */
static bool to_argv(json_object *value, struct strv *argv)
{
	if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) > 0) {
		const char *const sh[] = { "/bin/sh", "-c", json_object_get_string(value), NULL };
		strv_push_all(argv, sh);
		return true;
	}
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return false;
	const char *const sh[] = { "/bin/sh", "-c", "exec \"$@\"", "lace", NULL };
	strv_push_all(argv, sh);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		strv_push(argv, text_of(json_object_array_get_idx(value, i)));
	return true;
}

static void add(struct command *c, const char *key, json_object *value)
{
	struct strv argv = STRV_INIT;
	if (!to_argv(value, &argv))
		return;
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct command_member){ .key = xstrdup(key), .argv = argv };
}

int command_parse(json_object *value, struct command *ret, struct err *err)
{
	*ret = (struct command){ .parallel = json_object_is_type(value, json_type_object) };
	if (!ret->parallel) {
		add(ret, "", value);
		return 0;
	}
	if (json_object_object_length(value) > COMMAND_MEMBERS_MAX)
		return err_set(err, ERR_FAILED, "it has more than %d members", COMMAND_MEMBERS_MAX);
	json_object_object_foreach(value, key, member)
		add(ret, key, member);
	return 0;
}

void command_fini(struct command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].key);
		strv_fini(&c->v[i].argv);
	}
	free(c->v);
	*c = (struct command){ 0 };
}
