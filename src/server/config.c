/* config.c - where a person's wezterm.lua is, in wezterm's order (config/src/config.rs): the file that the command
 * line names, $WEZTERM_CONFIG_FILE, ~/.wezterm.lua, wezterm/wezterm.lua in $XDG_CONFIG_HOME (~/.config) and in
 * each of $XDG_CONFIG_DIRS. The first that is there counts. */
#include "server/server.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"
#include "host/lua.h"
#include "host/xdg.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void not_used(struct mux_config *c, const char *path, const char *why)
{
	str_printf(&c->notes, "%s%s: everything (%s)", c->notes.len > 0 ? "; " : "", path, why);
}

/* False when there is no such file. */
static bool read_file(struct mux_config *c, const char *path, bool must, struct err *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_str struct str text = STR_INIT;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		bool missing = errno == ENOENT || errno == ENOTDIR;

		if (must || !missing)
			err_sys(err, "cannot read the configuration %s", path);
		return !missing;
	}
	/* What stands in it is run: as the shell with its startup files, no file that others write. */
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & S_IWOTH) != 0)
		not_used(c, path, "another user owns it or may write it");
	else if (fs_read_fd(fd, path, LUA_FILE_MAX, &text, err) == 0)
		mux_config_read(c, path, text.s, text.len);
	return true;
}

/* A file that is there and cannot be read is a note, unless it was named. */
static bool try_file(struct mux_config *c, const char *path)
{
	cleanup_err struct err err = ERR_INIT;
	bool there = read_file(c, path, false, &err);

	if (err_is(&err))
		not_used(c, path, err.msg);
	return there;
}

static bool try_below(struct mux_config *c, const char *dir, const char *below)
{
	cleanup_free char *path = fs_join(dir, below);

	return try_file(c, path);
}

static void find_file(struct mux_config *c)
{
	const char *home = xdg_home(), *env = getenv("WEZTERM_CONFIG_FILE");
	const char *config = getenv("XDG_CONFIG_HOME"), *dirs = getenv("XDG_CONFIG_DIRS");

	if (env != NULL && *env != '\0') {
		if (!try_file(c, env))
			not_used(c, env, "$WEZTERM_CONFIG_FILE is not there");
		return;
	}
	if (try_below(c, home, ".wezterm.lua") || (config != NULL && *config == '/' ?
	    try_below(c, config, "wezterm/wezterm.lua") : try_below(c, home, ".config/wezterm/wezterm.lua")))
		return;
	cleanup_free char *list = xstrdup(dirs != NULL ? dirs : "");
	char *rest = list, *dir;
	while ((dir = strsep(&rest, ":")) != NULL)
		if (*dir == '/' && try_below(c, dir, "wezterm/wezterm.lua"))
			return;
}

int server_config(struct mux_config *ret, const char *file, bool skip, const struct strv *settings, struct err *err)
{
	if (file != NULL)
		read_file(ret, file, true, err);
	else if (!skip)
		find_file(ret);
	for (size_t i = 0; settings != NULL && i < settings->n; i++)
		mux_config_set(ret, settings->v[i]);
	return err_is(err) ? -1 : 0;
}
