/* Variable substitution (devcontainer.md 1.3).
 *
 * "${" up to the next "}" on the same line is a reference; inside, ":" separates
 * the variable from its arguments. One pass, no nesting, no escape: what a
 * variable brings in is not looked at again. Whatever is not known (yet) stays
 * as it is, so that a later pass can fill it in. */
#include "dev/vars.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"

#include <stdlib.h>
#include <string.h>

struct pass {
	const struct dev_vars *vars;
	const char *file;       /* for positions, or NULL */
	size_t total;           /* bytes written so far, all strings together */
	struct err *err;
};

struct word { const char *s; size_t len; };

static bool word_is(struct word w, const char *s)
{
	return w.len == strlen(s) && memcmp(w.s, s, w.len) == 0;
}

/* The next ":"-separated word of a reference's inside; false when there is none left. */
static bool next_word(const char **p, const char *end, struct word *ret)
{
	if (!*p)
		return false;
	const char *colon = memchr(*p, ':', (size_t)(end - *p));
	*ret = (struct word){ *p, (size_t)((colon ? colon : end) - *p) };
	*p = colon ? colon + 1 : NULL;
	return true;
}

/* ${localEnv:NAME:DEFAULT} and ${containerEnv:...}: from env when it is given, else from the host. */
static int put_env(struct pass *pass, struct str *out, const char *args, const char *end,
    const struct strv *env, struct word variable)
{
	struct word name, fallback = { "", 0 };
	if (!next_word(&args, end, &name))
		return err_set(pass->err, ERR_FAILED, "\"${%.*s}\" names no environment variable: write ${%.*s:NAME}",
		    (int)variable.len, variable.s, (int)variable.len, variable.s);
	next_word(&args, end, &fallback);
	cleanup_free char *key = xmemdup0(name.s, name.len);
	const char *value;
	if (env)
		value = env_get(env, key);
	else
		value = pass->vars->local_env ? pass->vars->local_env(key) : getenv(key);
	if (value)
		str_puts(out, value);
	else
		str_add(out, fallback.s, fallback.len);
	return 0;
}

/* Writes what the reference's inside stands for. 1: unknown, leave it; 0 done; -1 error. */
static int put_value(struct pass *pass, struct str *out, const char *inside, const char *end)
{
	const struct dev_vars *v = pass->vars;
	const char *p = inside;
	struct word name;
	next_word(&p, end, &name);
	if (v->container_only && !word_is(name, "containerEnv"))
		return 1;
	if (word_is(name, "localEnv") || word_is(name, "env"))
		return put_env(pass, out, p, end, NULL, name);
	if (word_is(name, "containerEnv") && v->container_env)
		return put_env(pass, out, p, end, v->container_env, name);

	const char *value = NULL;
	if (word_is(name, "localWorkspaceFolder"))
		value = v->workspace;
	else if (word_is(name, "localWorkspaceFolderBasename") && v->workspace)
		value = fs_basename(v->workspace);
	else if (word_is(name, "containerWorkspaceFolder"))
		value = v->workspace_folder;
	else if (word_is(name, "containerWorkspaceFolderBasename") && v->workspace_folder)
		value = fs_basename(v->workspace_folder);
	else if (word_is(name, "devcontainerId"))
		value = v->id;
	if (!value)
		return 1;
	str_puts(out, value);
	return 0;
}

/* The "}" that ends a reference, or NULL; a reference does not go over a line's end. */
static const char *closing(const char *s, const char *end)
{
	for (; s < end && *s != '\n' && *s != '\r'; s++) {
		if (*s == '}')
			return s;
		if (end - s >= 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 || memcmp(s, "\xe2\x80\xa9", 3) == 0))
			return NULL;    /* U+2028, U+2029: line ends to JavaScript */
	}
	return NULL;
}

static int substitute(struct pass *pass, const char *s, size_t len, struct str *out)
{
	const char *end = s + len;
	while (s < end) {
		const char *dollar = memmem(s, (size_t)(end - s), "${", 2);
		const char *brace = dollar ? closing(dollar + 2, end) : NULL;
		if (!brace) {
			/* Nothing here; a reference may still begin behind this "${". */
			const char *upto = dollar ? dollar + 2 : end;
			str_add(out, s, (size_t)(upto - s));
			s = upto;
			continue;
		}
		str_add(out, s, (size_t)(dollar - s));
		int r = put_value(pass, out, dollar + 2, brace);
		if (r < 0)
			return -1;
		if (r > 0)
			str_add(out, dollar, (size_t)(brace + 1 - dollar));
		s = brace + 1;
		if (pass->total + out->len > DEV_SUBSTITUTED_MAX)
			return err_set(pass->err, ERR_FAILED, "variables expand to more than %u MB", DEV_SUBSTITUTED_MAX >> 20);
	}
	pass->total += out->len;
	return 0;
}

char *dev_substitute_string(const char *s, const struct dev_vars *vars, struct err *err)
{
	struct pass pass = { .vars = vars, .err = err };
	cleanup_str struct str out = STR_INIT;
	if (substitute(&pass, s, strlen(s), &out) < 0)
		return NULL;
	return str_detach(&out);
}

/* *ret is the copy (half of one after an error), the caller's. NULL also stands for JSON's null, hence the
 * status. */
static int copy(struct pass *pass, json_object *value, unsigned depth, json_object **ret)
{
	*ret = NULL;
	if (depth > JSONC_DEPTH_MAX)
		return err_set(pass->err, ERR_FAILED, "nested deeper than %d levels", JSONC_DEPTH_MAX);
	json_object *child;
	switch (json_object_get_type(value)) {
	case json_type_null:
		return 0;
	case json_type_string: {
		cleanup_str struct str out = STR_INIT;
		const char *s = json_object_get_string(value);
		if (substitute(pass, s, (size_t)json_object_get_string_len(value), &out) < 0) {
			struct jsonc_pos pos = pass->file ? jsonc_pos(value) : (struct jsonc_pos){ 0, 0 };
			if (pos.line)
				err_wrap(pass->err, "%s:%u:%u", pass->file, pos.line, pos.col);
			else if (pass->file)
				err_wrap(pass->err, "%s", pass->file);
			return -1;
		}
		*ret = json_object_new_string_len(out.s, (int)out.len);
		return 0;
	}
	case json_type_array:
		*ret = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			int r = copy(pass, json_object_array_get_idx(value, i), depth + 1, &child);
			json_object_array_add(*ret, child);
			if (r < 0)
				return -1;
		}
		return 0;
	case json_type_object:
		*ret = json_object_new_object();
		json_object_object_foreach(value, key, member) {
			int r = copy(pass, member, depth + 1, &child);
			json_object_object_add(*ret, key, child);
			if (r < 0)
				return -1;
		}
		return 0;
	default:
		*ret = json_copy(value);
		return 0;
	}
}

json_object *dev_substitute_file(json_object *value, const struct dev_vars *vars, const char *file,
    struct err *err)
{
	struct pass pass = { .vars = vars, .file = file, .err = err };
	json_object *ret;
	if (copy(&pass, value, 0, &ret) < 0) {
		json_object_put(ret);
		return NULL;
	}
	return ret;
}

json_object *dev_substitute(json_object *value, const struct dev_vars *vars, struct err *err)
{
	return dev_substitute_file(value, vars, NULL, err);
}
