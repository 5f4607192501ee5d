#include "dev/lockfile.h"

#include "base/mem.h"
#include "dev/source.h"
#include "host/fs.h"
#include "host/jsonc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *dev_lockfile_path(const struct dev_config *c)
{
	bool hidden = c->config_path && *fs_basename(c->config_path) == '.';
	return fs_join(c->config_dir, hidden ? ".devcontainer-lock.json" : "devcontainer-lock.json");
}

json_object *dev_lockfile_read(const struct dev_config *c, struct err *err)
{
	cleanup_free char *path = dev_lockfile_path(c);
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err unread = ERR_INIT;
	if (fs_read(path, LOCKFILE_BYTES_MAX, &text, &unread) < 0) {
		if (unread.sys != ENOENT)
			err_set(err, ERR_FAILED, "%s", unread.msg);
		return NULL;
	}
	if (strspn(text.s, " \t\r\n") == text.len)
		return json_object_new_object();
	json_object *lock = jsonc_parse(text.s, text.len, path, NULL, err);
	if (lock && !json_object_is_type(lock, json_type_object)) {
		json_object_put(lock);
		err_set(err, ERR_FAILED, "%s: expected an object; remove the file to have it written anew", path);
		return NULL;
	}
	return lock;
}

const char *dev_lockfile_digest(json_object *lock, const char *ref, struct err *err)
{
	json_object *entry = json_get(json_get(lock, "features"), ref);
	const char *resolved = json_str(entry, "resolved"), *integrity = json_str(entry, "integrity");
	if (!entry)
		return NULL;
	const char *at = resolved ? strchr(resolved, '@') : NULL;
	if (!integrity || !registry_digest_valid(integrity))
		err_set(err, ERR_FAILED, "the lockfile's entry of \"%s\" has no \"integrity\" of sha256: and 64 hexadecimal digits; remove "
		    "the entry to have it resolved anew", ref);
	else if (at && registry_ref_is(ref) && !str_eq(at + 1, integrity))
		err_set(err, ERR_FAILED, "the lockfile's entry of \"%s\" names two digests: \"resolved\" and \"integrity\" must agree; remove "
		    "the entry to have it resolved anew", ref);
	else
		return integrity;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of an object's members as a sorted array, or NULL when there are none. */
static json_object *sorted_names(json_object *object)
{
	cleanup_strv struct strv names = STRV_INIT;
	if (!json_object_is_type(object, json_type_object) || json_object_object_length(object) == 0)
		return NULL;
	json_object_object_foreach(object, name, value) {
		(void)value;
		strv_push(&names, name);
	}
	qsort(names.v, names.n, sizeof(*names.v), by_name);
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < names.n; i++)
		json_object_array_add(list, json_object_new_string(names.v[i]));
	return list;
}

static json_object *entry_of(const struct dev_feature *f)
{
	json_object *entry = json_object_new_object(), *needs = sorted_names(json_get(f->json, "dependsOn"));
	const char *version = json_str(f->json, "version");
	if (version)
		json_object_object_add(entry, "version", json_object_new_string(version));
	json_object_object_add(entry, "resolved", json_object_new_string(f->resolved));
	json_object_object_add(entry, "integrity", json_object_new_string(f->integrity));
	if (needs)
		json_object_object_add(entry, "dependsOn", needs);
	return entry;
}

json_object *dev_lockfile_of(const struct dev_features *f)
{
	cleanup_strv struct strv refs = STRV_INIT;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].resolved && !f->v[i].unlocked && !strv_has(&refs, f->v[i].ref))
			strv_push(&refs, f->v[i].ref);
	if (refs.n)
		qsort(refs.v, refs.n, sizeof(*refs.v), by_name);
	json_object *lock = json_object_new_object(), *features = json_object_new_object();
	for (size_t i = 0; i < refs.n; i++)
		for (size_t k = 0; k < f->n; k++)
			if (f->v[k].resolved && str_eq(f->v[k].ref, refs.v[i])) {
				json_object_object_add(features, refs.v[i], entry_of(&f->v[k]));
				break;
			}
	json_object_object_add(lock, "features", features);
	return lock;
}

int dev_lockfile_write(const struct dev_config *c, json_object *lock, struct err *err)
{
	cleanup_free char *path = dev_lockfile_path(c);
	cleanup_str struct str text = STR_INIT;
	json_pretty(&text, lock);
	return fs_write_atomic(path, text.s, text.len, 0644, err);
}
