#include "server/server.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"
#include "mux/passwd.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* A folder that is ours and that no other user may write. */
static bool is_private(const char *path)
{
	struct stat st;

	return path != NULL && *path == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

static char *home_dir(void)
{
	const char *home = getenv("HOME");
	struct passwd_entry e = { 0 };
	char *ret = NULL;

	if (home != NULL && *home == '/')
		return xstrdup(home);
	if (passwd_lookup(geteuid(), &e) && *e.home == '/')
		ret = xstrdup(e.home);
	passwd_fini(&e);
	return ret;
}

static char *runtime_dir(struct err *err)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *run = xasprintf("/run/user/%lu", (unsigned long)geteuid());

	if (is_private(xdg))
		return xstrdup(xdg);
	if (is_private(run))
		return xstrdup(run);
	cleanup_free char *home = home_dir();
	if (home == NULL) {
		err_set(err, ERR_FAILED,
		    "no place for the socket: XDG_RUNTIME_DIR is not usable and there is no home "
		    "folder; set HOME");
		return NULL;
	}
	return fs_join(home, ".local/share");
}

/* A folder that is private, or would be when it is made. */
static bool can_be_private(const char *path)
{
	cleanup_free char *dir = xstrdup(path);

	while (!fs_exists(dir) && !str_eq(dir, "/")) {
		char *above = fs_dirname(dir);
		free(dir);
		dir = above;
	}
	return is_private(dir);
}

/* The configured socket, malloc()ed, or NULL. */
static char *configured_socket(struct mux_config *c)
{
	struct sockaddr_un a;

	if (c->socket == NULL)
		return NULL;
	cleanup_free char *dir = fs_dirname(c->socket);
	if (strlen(c->socket) < sizeof(a.sun_path) && can_be_private(dir))
		return xstrdup(c->socket);
	str_printf(&c->notes, "%sunix_domains.socket_path (%s: too long, or others may write its folder)",
	    c->notes.len > 0 ? "; " : "", c->socket);
	return NULL;
}

int server_paths(struct server_paths *ret, struct mux_config *config, struct err *err)
{
	cleanup_free char *runtime = runtime_dir(err);
	struct mux_config own = MUX_CONFIG_INIT;

	if (runtime == NULL || (config == NULL && server_config(&own, NULL, false, NULL, err) != 0))
		return -1;
	ret->dir = fs_join(runtime, "wezterm");
	ret->pid = fs_join(ret->dir, "pid");
	ret->socket = configured_socket(config != NULL ? config : &own);
	mux_config_fini(&own);
	if (ret->socket != NULL) {
		free(ret->dir);
		ret->dir = fs_dirname(ret->socket);
	} else {
		ret->socket = fs_join(ret->dir, "sock");
	}
	ret->lace_dir = fs_join(runtime, "lace");
	ret->lock = fs_join(ret->lace_dir, "lock");
	ret->log = fs_join(ret->lace_dir, "mux-server.log");
	return 0;
}

void server_paths_fini(struct server_paths *p)
{
	free(p->dir);
	free(p->socket);
	free(p->pid);
	free(p->lace_dir);
	free(p->lock);
	free(p->log);
	*p = (struct server_paths){ 0 };
}

char *server_beside(const char *name)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *exe = fs_realpath("/proc/self/exe", &err);
	cleanup_free char *dir = exe != NULL ? fs_dirname(exe) : NULL;

	return dir != NULL ? fs_join(dir, name) : NULL;
}

char *server_session_file(void)
{
	cleanup_free char *beside = server_beside("session");

	return xstrdup(beside != NULL && !fs_exists(SERVER_SESSION_FILE) && fs_exists(beside) ? beside : SERVER_SESSION_FILE);
}
