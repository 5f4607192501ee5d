/* Discovery of devcontainer.json.
 *
 * An explicit --config wins; then .devcontainer/devcontainer.json,
 * .devcontainer.json, and .devcontainer/NAME/devcontainer.json. The last kind
 * can exist several times: then the person has to say which, because taking one
 * by chance would be a container that nobody asked for. */
#include "dev/find.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/log.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 256   /* folders under .devcontainer that we look at */
#define LISTED_MAX 10   /* of them named in a message */

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static char *named_path(const char *workspace, const char *name)
{
	return xasprintf("%s/.devcontainer/%s/devcontainer.json", str_eq(workspace, "/") ? "" : workspace, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void named_configs(const char *workspace, struct strv *ret)
{
	cleanup_free char *dir = fs_join(workspace, ".devcontainer");
	DIR *d = opendir(dir);
	if (!d)
		return;
	for (struct dirent *e; ret->n < NAMES_MAX && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		cleanup_free char *path = named_path(workspace, e->d_name);
		if (is_file(path))
			strv_push(ret, e->d_name);
	}
	closedir(d);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
}

static void list_names(const struct strv *names, struct str *ret)
{
	for (size_t i = 0; i < names->n && i < LISTED_MAX; i++) {
		str_puts(ret, i ? ", " : "");
		log_safe(ret, names->v[i], strlen(names->v[i]), 60, false);
	}
	if (names->n > LISTED_MAX)
		str_printf(ret, " and %zu more", names->n - LISTED_MAX);
}

static bool has_dots(const char *path)
{
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");
		if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return true;
		p += len + (p[len] == '/');
	}
	return false;
}

/* file as typed -> absolute, spelled from the workspace when it lies in it. */
static char *config_absolute(const char *workspace, const char *file, struct err *err)
{
	cleanup_free char *cwd = getcwd(NULL, 0);
	cleanup_free char *path = fs_join(cwd ? cwd : "/", file);
	/* Shorter and shorter leading folders, until one is the workspace. */
	cleanup_free char *folder = xstrdup(path);
	for (char *slash; (slash = strrchr(folder, '/')) && slash > folder;) {
		const char *rest = path + (slash - folder) + 1;
		if (has_dots(rest))
			break;
		*slash = '\0';
		cleanup_free char *real = realpath(folder, NULL);
		if (real && str_eq(real, workspace))
			return fs_join(workspace, rest);
	}
	/* Elsewhere: the folder resolved, the file's own name kept. */
	cleanup_free char *dir = fs_dirname(path);
	cleanup_free char *real = fs_realpath(dir, err);
	return real ? fs_join(real, fs_basename(path)) : NULL;
}

static char *explicit_config(const char *workspace, const char *file, bool any_name, struct err *err)
{
	const char *base = fs_basename(file);
	/* The reference CLI refuses other names too: containers made from them would be strangers to it. */
	if (!any_name && !str_eq(base, "devcontainer.json") && !str_eq(base, ".devcontainer.json")) {
		err_set(err, ERR_USAGE, "--config %s: the file has to be called devcontainer.json or .devcontainer.json",
		    file);
		return NULL;
	}
	if (!is_file(file)) {
		err_set(err, ERR_NOT_FOUND, "--config %s: no such file", file);
		return NULL;
	}
	return config_absolute(workspace, file, err);
}

char *dev_find_config(const char *workspace, const struct dev_config_options *opts, struct err *err)
{
	if (opts && opts->config)
		return explicit_config(workspace, opts->config, opts->any_name, err);

	cleanup_strv struct strv names = STRV_INIT;
	cleanup_str struct str list = STR_INIT;
	if (opts && opts->name) {
		named_configs(workspace, &names);
		if (strv_has(&names, opts->name))
			return named_path(workspace, opts->name);
		list_names(&names, &list);
		err_set(err, ERR_NOT_FOUND, "%s: no .devcontainer/%s/devcontainer.json (there is: %s)", workspace,
		    opts->name, list.len ? list.s : "none");
		return NULL;
	}
	static const char *const usual[] = { ".devcontainer/devcontainer.json", ".devcontainer.json" };
	for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
		char *path = fs_join(workspace, usual[i]);
		if (is_file(path))
			return path;
		free(path);
	}
	named_configs(workspace, &names);
	if (names.n == 1)
		return named_path(workspace, names.v[0]);
	if (names.n == 0) {
		err_set(err, ERR_NOT_FOUND,
		    "%s: no devcontainer.json (looked for .devcontainer/devcontainer.json, .devcontainer.json and "
		    ".devcontainer/NAME/devcontainer.json); a first one can be as short as { \"image\": \"debian:12\" }",
		    workspace);
		return NULL;
	}
	list_names(&names, &list);
	err_set(err, ERR_USAGE,
	    "%s: several configurations (%s); choose with --config %s/.devcontainer/%s/devcontainer.json", workspace,
	    list.s, workspace, names.v[0]);
	return NULL;
}
