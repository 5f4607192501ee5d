/* Finds the engine's socket in the order of the docker CLI, so that both always
 * talk to the same engine: DOCKER_HOST, DOCKER_CONTEXT, the current context of
 * the configuration, the default. A context's endpoint stands in
 * contexts/meta/<sha256 of its name>/meta.json (Source: docker/cli, cli/context/store). */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/sha256.h"
#include "host/xdg.h"

#include <errno.h>

#define DEFAULT_SOCKET "/var/run/docker.sock"
#define CONFIG_BYTES_MAX (4u << 20)

/* "unix:///path" -> the path. */
static int socket_of(const char *host, const char *origin, char **ret_socket, struct err *err)
{
	if (str_starts(host, "unix://")) {
		const char *path = host + strlen("unix://");
		if (!*path)
			path = DEFAULT_SOCKET;
		if (*path == '/') {
			*ret_socket = xstrdup(path);
			return 0;
		}
	}
	return err_set(err, ERR_ENGINE, "%s names the engine \"%.200s\": only Unix sockets are supported yet; use "
	    "unix:///PATH", origin, host);
}

static char *config_dir(void)
{
	const char *dir = getenv("DOCKER_CONFIG");
	return dir && *dir ? xstrdup(dir) : fs_join(xdg_home(), ".docker");
}

/* NULL with *err unset when the file does not exist. */
static json_object *read_config(const char *path, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, CONFIG_BYTES_MAX, &text, err) != 0) {
		if (err->sys == ENOENT || err->sys == ENOTDIR)
			err_fini(err);
		return NULL;
	}
	json_object *o = json_tokener_parse(text.s);
	if (!o)
		err_set(err, ERR_ENGINE, "%s is not JSON; mend it, or set DOCKER_HOST", path);
	return o;
}

/* The name of the context that the docker configuration chose, or NULL. */
static char *current_context(const char *dir, struct err *err)
{
	cleanup_free char *path = fs_join(dir, "config.json");
	json_object *conf = read_config(path, err);
	const char *name = json_str(conf, "currentContext");
	char *ret = name && *name ? xstrdup(name) : NULL;
	json_object_put(conf);
	return ret;
}

static int context_host(const char *dir, const char *name, const char *origin, char **ret_socket,
    struct err *err)
{
	char hex[65];
	sha256_hex(name, strlen(name), hex);
	cleanup_free char *path = xasprintf("%s/contexts/meta/%s/meta.json", dir, hex);
	json_object *meta = read_config(path, err);
	if (!meta) {
		if (err_is(err))
			return -1;
		return err_set(err, ERR_ENGINE, "%s does not exist in %s/contexts; choose another (docker context use), "
		    "or set DOCKER_HOST", origin, dir);
	}
	const char *host = json_str(json_get(json_get(meta, "Endpoints"), "docker"), "Host");
	int rc = host && *host ? socket_of(host, origin, ret_socket, err)
	    : err_set(err, ERR_ENGINE, "%s has no docker endpoint (%s); set DOCKER_HOST", origin, path);
	json_object_put(meta);
	return rc;
}

int context_socket(char **ret_socket, char **ret_origin, struct err *err)
{
	const char *host = getenv("DOCKER_HOST");
	if (host && *host) {
		if (socket_of(host, "DOCKER_HOST", ret_socket, err) != 0)
			return -1;
		*ret_origin = xstrdup("from DOCKER_HOST");
		return 0;
	}
	cleanup_free char *dir = config_dir();
	const char *env = getenv("DOCKER_CONTEXT");
	cleanup_free char *name = env && *env ? xstrdup(env) : current_context(dir, err);
	if (err_is(err))
		return -1;
	if (!name || str_eq(name, "default")) {
		*ret_socket = xstrdup(DEFAULT_SOCKET);
		*ret_origin = xstrdup("the default socket");
		return 0;
	}
	cleanup_free char *origin = xasprintf("the docker context \"%.100s\"", name);
	if (context_host(dir, name, origin, ret_socket, err) != 0)
		return -1;
	*ret_origin = xasprintf("from %s", origin);
	return 0;
}

/* ---- proxies ---- */

void engine_proxies(struct engine *e, struct strv *ret)
{
	static const struct { const char *key, *upper, *lower; } names[] = {
		{ "httpProxy", "HTTP_PROXY", "http_proxy" }, { "httpsProxy", "HTTPS_PROXY", "https_proxy" },
		{ "ftpProxy", "FTP_PROXY", "ftp_proxy" }, { "noProxy", "NO_PROXY", "no_proxy" },
		{ "allProxy", "ALL_PROXY", "all_proxy" },
	};
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *dir = config_dir(), *path = fs_join(dir, "config.json");
	cleanup_free char *host = xasprintf("unix://%s", e->socket);
	json_object *conf = read_config(path, &ignored), *all = json_get(conf, "proxies");
	json_object *ours = json_get(all, host);
	if (!ours)
		ours = json_get(all, "default");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = json_str(ours, names[i].key);
		if (!value)
			continue;
		env_set(ret, names[i].upper, value);
		env_set(ret, names[i].lower, value);
	}
	json_object_put(conf);
}
