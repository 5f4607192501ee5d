#include "dev/template.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- options ---- */

static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
static const char blank[] = " \t\r\n\v\f";

static const char *value_of(const char *name, json_object *args, json_object *options)
{
	json_object *given = json_get(args, name), *fallback = json_get(json_get(options, name), "default");
	const char *text = given ? json_object_get_string(given) : fallback ? json_object_get_string(fallback) : NULL;
	return text ? text : "";
}

void dev_template_expand(const char *text, size_t len, json_object *args, json_object *options, struct str *ret)
{
	static const char begin[] = "${templateOption:";
	const char *end = text + len;
	for (const char *p = text; p < end;) {
		const char *var = memmem(p, (size_t)(end - p), begin, sizeof(begin) - 1);
		if (!var) {
			str_add(ret, p, (size_t)(end - p));
			return;
		}
		const char *name = var + sizeof(begin) - 1, *after;
		while (name < end && *name && strchr(blank, *name))
			name++;
		for (after = name; after < end && *after && strchr(word, *after); after++)
			;
		const char *close = after;
		while (close < end && *close && strchr(blank, *close))
			close++;
		bool whole = after > name && close < end && *close == '}';
		str_add(ret, p, (size_t)(var - p) + (whole ? 0 : sizeof(begin) - 1));
		if (whole) {
			cleanup_free char *n = xmemdup0(name, (size_t)(after - name));
			str_puts(ret, value_of(n, args, options));
		}
		p = whole ? close + 1 : var + sizeof(begin) - 1;
	}
}

/* ---- features in devcontainer.json ---- */

/* Where the value at this position begins in the text. */
static size_t offset_of(const char *text, size_t len, struct jsonc_pos pos)
{
	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (unsigned line = 1; line < pos.line && at < len; at++)
		line += text[at] == '\n';
	for (unsigned col = 1; col < pos.col && at < len; col++)
		for (at++; at < len && ((unsigned char)text[at] & 0xc0) == 0x80; at++)
			;
	return at;
}

static json_object *id_and_options(json_object *feature, const char **ret_id)
{
	*ret_id = json_str(feature, "id");
	return json_get(feature, "options");
}

/* One line for each that is not there; false when there is none. */
static bool new_members(json_object *features, json_object *there, const char *indent, struct str *ret, struct err *err)
{
	size_t n = json_object_is_type(features, json_type_array) ? json_object_array_length(features) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *id;
		json_object *options = id_and_options(json_object_array_get_idx(features, i), &id);
		if (!id) {
			err_set(err, ERR_FAILED, "a feature to add has no \"id\"; write [{\"id\": \"ghcr.io/...\"}]");
			return false;
		}
		if (json_get(there, id))
			continue;
		json_object *name = json_object_new_string(id);
		str_printf(ret, "%s\n%s", ret->len ? "," : "", indent);
		json_stringify(ret, name);
		json_object_put(name);
		str_puts(ret, ": ");
		if (options)
			json_stringify(ret, options);
		else
			str_puts(ret, "{}");
	}
	return ret->len > 0;
}

int dev_template_add_features(const char *text, size_t len, const char *name, json_object *features, struct str *ret,
    struct err *err)
{
	json_object *conf = jsonc_parse(text, len, name, NULL, err), *there = json_get(conf, "features");
	if (!json_object_is_type(conf, json_type_object)) {
		json_object_put(conf);
		return err_is(err) ? -1 : err_set(err, ERR_FAILED, "%s: expected an object", name);
	}
	bool into = json_object_is_type(there, json_type_object);
	cleanup_str struct str members = STR_INIT;
	bool any = new_members(features, there, "\t\t", &members, err);
	if (any) {
		json_object *object = into ? there : conf;
		size_t at = offset_of(text, len, jsonc_pos(object)) + 1;
		bool more = json_object_object_length(object) > 0;
		str_add(ret, text, at);
		if (into)
			str_printf(ret, "%s%s", members.s, more ? "," : "\n\t");
		else
			str_printf(ret, "\n\t\"features\": {%s\n\t}%s", members.s, more ? "," : "\n");
		str_add(ret, text + at, len - at);
	} else {
		str_add(ret, text, len);
	}
	json_object_put(conf);
	return err_is(err) ? -1 : 0;
}

/* ---- files ---- */

struct copy {
	const struct dev_template *t;
	json_object *options;
	const char *from, *to;
	struct strv *files;
};

/* What is about the template and not of it, and what the caller leaves out. */
static bool left_out(const struct copy *c, const char *path)
{
	static const char *const own[] = { "devcontainer-template.json", "README.md", "NOTES.md" };
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_eq(path, own[i]))
			return true;
	size_t n = json_object_is_type(c->t->omit, json_type_array) ? json_object_array_length(c->t->omit) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *omit = json_object_get_string(json_object_array_get_idx(c->t->omit, i));
		size_t len = omit ? strlen(omit) : 0;
		if (omit && str_starts(omit, "./"))
			omit += 2, len -= 2;
		if (len && (str_eq(path, omit) || (str_ends(omit, "/*") && strncmp(path, omit, len - 1) == 0)))
			return true;
	}
	return false;
}

static bool is_configuration(const char *path)
{
	return str_eq(path, ".devcontainer/devcontainer.json") || str_eq(path, ".devcontainer.json");
}

static int copy_file(const struct copy *c, const char *path, mode_t mode, struct err *err)
{
	cleanup_free char *from = fs_join(c->from, path), *to = fs_join(c->to, path), *dir = fs_dirname(to);
	cleanup_str struct str text = STR_INIT, made = STR_INIT, whole = STR_INIT;
	/* Git runs what it finds there. */
	if (str_starts(path, ".git/"))
		return err_set(err, ERR_FAILED, "template \"%s\" brings %s, which is not for a template to write", c->t->ref, path);
	if (fs_read(from, TEMPLATE_FILE_MAX, &text, err) < 0)
		return -1;
	if (memchr(text.s, '\0', text.len))              /* no text: as it is */
		str_add(&made, text.s, text.len);
	else
		dev_template_expand(text.s, text.len, c->t->args, c->options, &made);
	if (is_configuration(path) && c->t->features) {
		if (dev_template_add_features(made.s, made.len, to, c->t->features, &whole, err) < 0)
			return -1;
	} else {
		str_add(&whole, made.s, made.len);
	}
	if (fs_mkdir_p(dir, 0755, err) < 0 || fs_write_atomic(to, whole.s, whole.len, mode & 0755, err) < 0)
		return -1;
	strv_pushf(c->files, "./%s", path);
	return 0;
}

static int copy_dir(const struct copy *c, const char *below, struct err *err);

static int copy_entry(const struct copy *c, const char *below, const char *name, struct err *err)
{
	cleanup_free char *path = *below ? fs_join(below, name) : xstrdup(name), *from = fs_join(c->from, path);
	struct stat st;
	if (lstat(from, &st) < 0)
		return err_sys(err, "cannot read %s", from);
	if (S_ISDIR(st.st_mode))
		return copy_dir(c, path, err);
	if (left_out(c, path))
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAILED, "template \"%s\" has a link, %s; only files are put into a workspace", c->t->ref, path);
	if (c->files->n == TEMPLATE_FILES_MAX)
		return err_set(err, ERR_FAILED, "template \"%s\" has more than %u files", c->t->ref, TEMPLATE_FILES_MAX);
	return copy_file(c, path, st.st_mode, err);
}

static int copy_dir(const struct copy *c, const char *below, struct err *err)
{
	cleanup_free char *dir = fs_join(c->from, below);
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort), code = 0;
	if (n < 0)
		return err_sys(err, "cannot read %s", dir);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		if (code == 0 && !str_eq(name, ".") && !str_eq(name, ".."))
			code = copy_entry(c, below, name, err);
		free(list[i]);
	}
	free(list);
	return code;
}

/* ---- from the registry ---- */

static int fetch(struct registry *r, const char *ref, bool content, struct registry_artifact *ret, struct err *err)
{
	cleanup_registry_ref struct registry_ref at = REGISTRY_REF_INIT;
	if (registry_ref_parse(ref, &at, err) < 0 || registry_end(r, registry_begin(r, &at, content), ret, err) < 0)
		return err_wrap(err, "template");
	return 0;
}

int dev_template_apply(struct registry *r, const struct dev_template *t, const char *workspace, struct strv *ret_files,
    struct err *err)
{
	struct registry_artifact a;
	if (fetch(r, t->ref, true, &a, err) < 0)
		return -1;
	cleanup_free char *file = fs_join(a.dir, "devcontainer-template.json");
	json_object *json = jsonc_read_file(file, NULL, err);
	int code = json ? 0 : err_wrap(err, "template \"%s\"", t->ref);
	if (code == 0) {
		struct copy c = { t, json_get(json, "options"), a.dir, workspace, ret_files };
		code = copy_dir(&c, "", err);
	}
	json_object_put(json);
	registry_artifact_fini(&a);
	return code;
}

int dev_template_metadata(struct registry *r, const char *ref, json_object **ret, struct err *err)
{
	struct registry_artifact a;
	if (fetch(r, ref, false, &a, err) < 0)
		return -1;
	*ret = json_object_get(a.metadata);
	registry_artifact_fini(&a);
	return *ret ? 0 : err_set(err, ERR_NOT_FOUND, "template \"%s\" was published without its metadata", ref);
}
