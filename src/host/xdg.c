#include "host/xdg.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWD_BYTES_MAX (4u << 20)

/* The home folder of uid in /etc/passwd, malloc()ed, or NULL. Read here and not with
 * getpwuid(), which would load NSS modules and cannot be linked statically. */
static char *passwd_home(uid_t uid)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	if (fs_read("/etc/passwd", PASSWD_BYTES_MAX, &text, &err) < 0)
		return NULL;
	char *rest = text.s, *line;
	while ((line = strsep(&rest, "\n"))) {
		char *field[7] = { NULL };
		size_t n = 0;
		while (n < ARRAY_LEN(field) && (field[n] = strsep(&line, ":")))
			n++;
		if (n < 6 || field[2][0] == '\0')
			continue;
		char *end;
		unsigned long id = strtoul(field[2], &end, 10);
		if (*end == '\0' && id == uid && field[5][0] == '/')
			return xstrdup(field[5]);
	}
	return NULL;
}

const char *xdg_home(void)
{
	const char *env = getenv("HOME");
	if (env && *env == '/')
		return env;
	static char *home;
	if (!home)
		home = passwd_home(getuid());
	if (!home)
		home = xstrdup("/");
	return home;
}

static char *folder(const char *var, const char *below_home, const char *name)
{
	const char *env = getenv(var);
	cleanup_free char *root = env && *env == '/' ? xstrdup(env) : fs_join(xdg_home(), below_home);
	char *lace = fs_join(root, "lace");
	if (!name)
		return lace;
	char *path = fs_join(lace, name);
	free(lace);
	return path;
}

char *xdg_config(const char *name) { return folder("XDG_CONFIG_HOME", ".config", name); }
char *xdg_state(const char *name) { return folder("XDG_STATE_HOME", ".local/state", name); }
char *xdg_cache(const char *name) { return folder("XDG_CACHE_HOME", ".cache", name); }

/* A development tree: the folder that has our features in it, seen from the program's own folder. */
static char *build_tree(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0 || (size_t)n == sizeof(exe) - 1)
		return NULL;
	exe[n] = '\0';
	cleanup_free char *dir = fs_dirname(exe);
	/* build/lace, bin/lace, and meson's build/src/cmd/lace. Two levels up only from there:
	 * for ~/.local/bin/lace that would be the person's own ~/features. */
	const char *const up[] = { ".", "..", str_ends(dir, "/src/cmd") ? "../.." : NULL };
	for (size_t i = 0; i < ARRAY_LEN(up) && up[i]; i++) {
		cleanup_free char *tree = fs_join(dir, up[i]);
		cleanup_free char *mark = fs_join(tree, "features/sshd/devcontainer-feature.json");
		if (fs_exists(mark))
			return realpath(tree, NULL);
	}
	return NULL;
}

char *xdg_data_dir(void)
{
	const char *env = getenv("LACE_DATA_DIR");
	if (env && *env == '/')
		return xstrdup(env);
	char *tree = build_tree();
	return tree ? tree : xstrdup(LACE_DATA_PREFIX);
}
