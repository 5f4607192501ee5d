/* `lace gc`: gives back what nobody can use any more. Nothing that a container or a folder still needs goes, and
 * nothing that lace did not make. */
#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/project.h"
#include "cmd/remote.h"

#include "base/mem.h"
#include "dev/builder.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/xdg.h"
#include "port/port.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define IMAGE_FAMILY "lace.local/*"
enum { YOUNG_SECONDS = 600 };     /* `lace up` may be about to make a container of it */

struct gc {
	struct engine *engine;
	bool dry_run, young_too;
	json_object *containers;      /* all that the engine has */
	json_object *done;            /* {"kind","name","reason"} of each thing */
};

static void note(struct gc *gc, const char *kind, const char *name, const char *reason)
{
	json_object *o = json_object_new_object();
	json_object_object_add(o, "kind", json_object_new_string(kind));
	json_object_object_add(o, "name", json_object_new_string(name));
	json_object_object_add(o, "reason", json_object_new_string(reason));
	json_object_array_add(gc->done, o);
}

/* ---- ports ---- */

/* Only what is surely not there: a folder on a disk that is not mounted now has a parent that is not there either,
 * and one that cannot be looked at says nothing. */
static bool folder_is_gone(const char *folder)
{
	struct stat st;
	cleanup_free char *parent = fs_dirname(folder);
	return lstat(folder, &st) != 0 && errno == ENOENT && fs_is_dir(parent);
}

static bool has_container(const struct gc *gc, const char *workspace)
{
	for (size_t i = 0; i < json_object_array_length(gc->containers); i++) {
		json_object *labels = json_get(json_object_array_get_idx(gc->containers, i), "Labels");
		const char *folder = json_str(labels, "devcontainer.local_folder");
		if (folder && str_eq(folder, workspace))
			return true;
	}
	return false;
}

static int collect_ports(struct gc *gc, struct err *err)
{
	struct port_registry *r = port_registry_open(NULL, err);
	struct port_claims claims = { 0 };
	int code = r ? port_registry_list(r, &claims, err) : -1;
	for (size_t i = 0; code == 0 && i < claims.n; i++) {
		const struct port_claim *c = &claims.v[i];
		if (!folder_is_gone(c->workspace) || has_container(gc, c->workspace))
			continue;
		cleanup_free char *name = xasprintf("%d", c->port), *reason = xasprintf("%s is gone", c->workspace);
		note(gc, "port", name, reason);
		if (!gc->dry_run && port_registry_release(r, c->workspace, c->config, c->label, err) < 0)
			code = -1;
	}
	port_claims_fini(&claims);
	port_registry_close(r);
	return code;
}

/* ---- notes about containers, and their host keys ---- */

static bool container_exists(const struct gc *gc, const char *id)
{
	for (size_t i = 0; i < json_object_array_length(gc->containers); i++) {
		const char *one = json_str(json_object_array_get_idx(gc->containers, i), "Id");
		if (one && str_eq(one, id))
			return true;
	}
	return false;
}

static int collect_notes(struct gc *gc, struct err *err)
{
	static const char suffix[] = ".json";
	cleanup_free char *path = xdg_state("containers");
	DIR *dir = opendir(path);
	struct dirent *entry;
	if (dir == NULL)
		return errno == ENOENT ? 0 : err_sys(err, "cannot read %s", path);
	while ((entry = readdir(dir))) {
		if (!str_ends(entry->d_name, suffix))
			continue;
		cleanup_free char *id = xasprintf("%.*s", (int)(strlen(entry->d_name) - strlen(suffix)), entry->d_name);
		if (container_exists(gc, id))
			continue;
		note(gc, "note", id, "the container is gone");
		if (!gc->dry_run)
			project_note_remove(id);
	}
	closedir(dir);
	return 0;
}

/* ---- images ---- */

static json_object *image_of(json_object *images, const char *id)
{
	for (size_t i = 0; i < json_object_array_length(images); i++) {
		json_object *image = json_object_array_get_idx(images, i);
		const char *one = json_str(image, "Id");
		if (one && str_eq(one, id))
			return image;
	}
	return NULL;
}

/* A container's image, and each that it was made from: the steps that a change would begin from. */
static void mark_used(struct gc *gc, json_object *images)
{
	for (size_t i = 0; i < json_object_array_length(gc->containers); i++) {
		const char *id = json_str(json_object_array_get_idx(gc->containers, i), "ImageID");
		json_object *image;
		while (id && (image = image_of(images, id)) && !json_get(image, "used")) {
			json_object_object_add(image, "used", json_object_new_boolean(true));
			id = json_str(image, "ParentId");
		}
	}
}

static int remove_image(struct gc *gc, json_object *image, struct err *err)
{
	json_object *tags = json_get(image, "RepoTags");
	size_t n = json_object_is_type(tags, json_type_array) ? json_object_array_length(tags) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
		if (tag == NULL || !str_starts(tag, "lace.local/"))
			continue;
		note(gc, "image", tag, "no container was made from it");
		if (!gc->dry_run && engine_image_remove(gc->engine, tag, err) != 0)
			return -1;
	}
	return 0;
}

static int collect_images(struct gc *gc, struct err *err)
{
	json_object *images = engine_images(gc->engine, IMAGE_FAMILY, err);
	int code = images ? 0 : -1;
	if (images)
		mark_used(gc, images);
	/* The newest first, as the engine lists them: a child goes before its parent. */
	for (size_t i = 0; code == 0 && i < json_object_array_length(images); i++) {
		json_object *image = json_object_array_get_idx(images, i);
		bool young = time(NULL) - json_int(image, "Created", 0) < YOUNG_SECONDS;
		if (!json_get(image, "used") && (!young || gc->young_too))
			code = remove_image(gc, image, err);
	}
	json_object_put(images);
	return code;
}

/* ---- the verb ---- */

static void print_text(const struct gc *gc)
{
	size_t n = json_object_array_length(gc->done);
	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_array_get_idx(gc->done, i);
		printf("%s %s: %s\n", json_str(o, "kind"), json_str(o, "name"), json_str(o, "reason"));
	}
	if (n == 0)
		puts("nothing to give back");
	else
		printf("%zu thing%s %s\n", n, n == 1 ? "" : "s", gc->dry_run ? "would go" : "went");
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct gc gc = { .engine = engine_open(cmd_value(args, "docker-path"), err), .dry_run = cmd_flag(args, "dry-run"),
		.young_too = cmd_flag(args, "all"),
		.done = json_object_new_array() };
	gc.containers = gc.engine ? engine_list(gc.engine, NULL, true, err) : NULL;
	int code = gc.containers && collect_ports(&gc, err) == 0 && collect_notes(&gc, err) == 0 &&
		collect_images(&gc, err) == 0 ? 0 : -1;
	if (code == 0 && !gc.dry_run)
		remote_refresh(gc.engine);
	if (code == 0 && cmd_flag(args, "json")) {
		print_json_line(gc.done);
		gc.done = NULL;
	} else if (code == 0) {
		print_text(&gc);
	}
	json_object_put(gc.done);
	json_object_put(gc.containers);
	engine_close(gc.engine);
	return code;
}

static const struct cmd_option options[] = {
	{ "all", 'a', NULL, "images of the last ten minutes too, which a lace up may be about to use" },
	{ "dry-run", 'n', NULL, "only say what would go" },
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_gc = {
	.name = "gc",
	.operands = "",
	.summary = "give back ports, images and notes that nobody uses",
	.description = "Releases the ports of folders that are gone and have no container, forgets containers (and their\n"
	               "host keys) that the engine no longer has, and removes the images that lace made and that no\n"
	               "container was made from. A folder on a disk that is not mounted keeps its ports.",
	.options = options,
	.run = run,
};
