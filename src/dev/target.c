/* A running container becomes a target: who works in it, where, and with which
 * environment. One exec does it all (probe.c); two more patch the system files
 * when a container is met for the first time and its user is not root. */
#include "dev/hooks.h"
#include "dev/image.h"
#include "dev/metadata.h"
#include "dev/probe.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <errno.h>

#define PROBE_TIMEOUT_MS 10000
#define PATCH_TIMEOUT_MS 30000
#define KILL_TIMEOUT_MS 5000

/* ---- what inspect says ---- */

static int take_inspect(struct dev_target *t, json_object *inspect, const struct dev_config *c,
    json_object *merged, struct err *err)
{
	const char *id = json_str(inspect, "Id"), *created = json_str(inspect, "Created");
	const char *started = json_str(json_get(inspect, "State"), "StartedAt");
	json_object *conf = json_get(inspect, "Config"), *env = json_get(conf, "Env");
	if (!id || !created || !started)
		return err_set(err, ERR_FAILED, "the engine's description of the container lacks Id, Created or StartedAt");
	t->id = xstrdup(id);
	t->created = xstrdup(created);
	t->started_at = xstrdup(started);
	size_t n = json_object_is_type(env, json_type_array) ? json_object_array_length(env) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(env, i));
		if (s && *s != '=' && strchr(s, '='))
			strv_push(&t->container_env, s);
	}
	t->entries = dev_metadata_parse(json_str(json_get(conf, "Labels"), DEV_LABEL_METADATA));
	t->user = dev_remote_user(merged, inspect);

	struct dev_vars vars = { .container_env = &t->container_env, .container_only = true };
	t->merged = dev_substitute(merged, &vars, err);
	return t->merged ? 0 : -1;
}

/* ---- the probe ---- */

static void to_log(void *user, int stream, const char *data, size_t len)
{
	if (stream == 2)
		log_raw(data, len);
}

/* A shell whose start-up files hang must not stay behind. */
static void kill_shell(struct dev_target *t, long pid)
{
	struct err err = ERR_INIT;
	cleanup_free char *script = xasprintf("kill -KILL -%ld %ld", pid, pid);
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct engine_exec x = { .container = t->id, .user = t->user, .argv = argv, .timeout_ms = KILL_TIMEOUT_MS };
	if (pid > 1)
		engine_exec(t->engine, &x, &err);
	err_fini(&err);
}

/* A hook without commands needs no exec of its own for its marker: the probe writes it. */
static void stamp_empty_hooks(const struct dev_target *t, struct probe_question *q)
{
	static const char *const lists[PROBE_MARKERS] = { "onCreateCommands", "updateContentCommands",
	    "postCreateCommands", "postStartCommands" };
	for (size_t i = 0; i < PROBE_MARKERS; i++) {
		json_object *list = json_get(t->merged, lists[i]);
		if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0)
			q->stamps[i] = i == PROBE_POST_START ? t->started_at : t->created;
	}
}

static int run_probe(struct dev_target *t, const char *dir, const char *mode, bool patch, struct probe *ret,
    struct err *err)
{
	char mark[PROBE_MARK_LEN + 1];
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str out = STR_INIT, in = STR_INIT;
	struct probe_question q = { .mark = mark, .user = t->user, .dir = dir, .mode = mode,
	    .container_env = &t->container_env, .patch = patch,
	    .data_folder = t->extra.data_folder, .system_folder = t->extra.system_folder };
	probe_mark(mark);
	stamp_empty_hooks(t, &q);
	probe_argv(&argv, &q);
	probe_environment(&t->container_env, &in);
	struct engine_exec x = { .container = t->id, .user = t->user, .argv = (const char *const *)argv.v,
	    .input = &in, .output = to_log, .out = &out, .timeout_ms = PROBE_TIMEOUT_MS };
	int code = engine_exec(t->engine, &x, err);
	probe_parse(out.s, out.len, mark, ret);
	if (ret->complete && code < 0 && err->sys == ETIMEDOUT) {
		err_fini(err);
		kill_shell(t, ret->pid);
		log_warn("the start-up files of %s in the container did not end within %d s; going on without the "
		    "environment they make (userEnvProbe: \"none\" skips them)", ret->shell, PROBE_TIMEOUT_MS / 1000);
		return 0;
	}
	if (code < 0)
		return err_wrap(err, "cannot look into the container as %s", t->user);
	if (!ret->complete)
		return err_set(err, ERR_FAILED, "cannot look into the container as %s: its /bin/sh ended with code %d; "
		    "the image needs a working /bin/sh and that user", t->user, code);
	return 0;
}

static void patch_as_root(struct dev_target *t)
{
	struct err err = ERR_INIT;
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str in = STR_INIT;
	probe_patch_argv(&argv, t->extra.system_folder);
	probe_environment(&t->container_env, &in);
	struct engine_exec x = { .container = t->id, .user = "root", .argv = (const char *const *)argv.v,
	    .input = &in, .output = to_log, .timeout_ms = PATCH_TIMEOUT_MS };
	int code = engine_exec(t->engine, &x, &err);
	if (code != 0)
		log_info("/etc/environment and /etc/profile of the container stay as they are: %s",
		    err.msg ? err.msg : "they cannot be written");
	err_fini(&err);
}

static int look(struct dev_target *t, const char *dir, struct probe *p, struct err *err)
{
	const char *mode = json_str(t->merged, "userEnvProbe");
	if (!mode)
		mode = t->extra.probe;
	if (run_probe(t, dir, mode, true, p, err) != 0)
		return -1;
	bool probe = !mode || !str_eq(mode, "none");
	if (!p->patched && p->uid != 0) {
		patch_as_root(t);
		if (probe) {
			probe_fini(p);
			if (run_probe(t, dir, mode, false, p, err) != 0)
				return -1;
		}
	}
	if (probe && !p->has_env)
		log_info("the shell %s printed no environment", p->shell);
	return 0;
}

/* ---- the environment ---- */

static void take_remote_env(struct dev_target *t)
{
	const struct strv *more = t->extra.environment;
	for (size_t i = 0; more && i < more->n; i++) {
		cleanup_free char *name = xmemdup0(more->v[i], strcspn(more->v[i], "="));
		env_set(&t->env, name, more->v[i] + strlen(name) + 1);
	}
	json_object *remote = json_get(t->merged, "remoteEnv");
	if (!json_object_is_type(remote, json_type_object))
		return;
	json_object_object_foreach(remote, name, value) {
		if (!*name || strchr(name, '='))
			continue;
		if (json_object_is_type(value, json_type_string)) {
			env_set(&t->env, name, json_object_get_string(value));
		} else if (json_object_is_type(value, json_type_null)) {
			env_unset(&t->env, name);
			strv_push(&t->unset, name);
		}
	}
}

static void take_probe(struct dev_target *t, const char *dir, struct probe *p)
{
	t->uid = p->uid;
	t->home = p->home;
	t->shell = p->shell;
	t->dir = xstrdup(p->dir_exists ? dir : p->home);
	p->home = p->shell = NULL;
	for (size_t i = 0; i < PROBE_MARKERS; i++) {
		t->markers[i] = p->markers[i];
		p->markers[i] = NULL;
	}
	memcpy(t->session_digest, p->session_digest, sizeof(t->session_digest));
	t->env = p->env;
	p->env = (struct strv)STRV_INIT;
	const char *path = env_get(&t->env, "PATH"), *container_path = env_get(&t->container_env, "PATH");
	if (!p->patched && path && container_path) {
		cleanup_free char *merged = probe_merge_path(path, container_path, t->uid == 0);
		env_set(&t->env, "PATH", merged);
	}
	/* Without a probe the engine sets HOME from passwd; this is the one that the markers are under. */
	if (!env_get(&t->env, "HOME"))
		env_set(&t->env, "HOME", t->home);
}

int dev_target_init(struct dev_target *t, struct engine *e, json_object *inspect, const struct dev_config *c,
    json_object *merged, struct err *err)
{
	*t = (struct dev_target){ .engine = e, .container_env = STRV_INIT, .env = STRV_INIT, .unset = STRV_INIT,
	    .uid = -1, .extra = c->extra };
	struct probe p = { .env = STRV_INIT };
	const char *dir = c->workspace_folder ? c->workspace_folder : "";
	int rc = take_inspect(t, inspect, c, merged, err);
	if (rc == 0)
		rc = look(t, dir, &p, err);
	if (rc == 0) {
		take_probe(t, dir, &p);
		take_remote_env(t);
	} else {
		dev_target_fini(t);
	}
	probe_fini(&p);
	return rc;
}

void dev_target_fini(struct dev_target *t)
{
	free(t->id);
	free(t->created);
	free(t->started_at);
	free(t->user);
	free(t->home);
	free(t->shell);
	free(t->dir);
	for (size_t i = 0; i < ARRAY_LEN(t->markers); i++)
		free(t->markers[i]);
	strv_fini(&t->container_env);
	strv_fini(&t->env);
	strv_fini(&t->unset);
	json_object_put(t->merged);
	json_object_put(t->entries);
	*t = (struct dev_target){ 0 };
}

void dev_target_env(const struct dev_target *t, struct strv *ret)
{
	const struct strv *layers[] = { &t->container_env, &t->env };
	for (size_t l = 0; l < ARRAY_LEN(layers); l++) {
		for (size_t i = 0; i < layers[l]->n; i++) {
			const char *e = layers[l]->v[i], *eq = strchr(e, '=');
			cleanup_free char *name = xmemdup0(e, (size_t)(eq - e));
			env_set(ret, name, eq + 1);
		}
	}
	for (size_t i = 0; i < t->unset.n; i++)
		env_unset(ret, t->unset.v[i]);
}
