/* The whole life cycle of one dev container, in the order of
 * reference/devcontainer.md 3.2, but with the image built before anything old is
 * removed, one lock per workspace, and the engine's own answers instead of a
 * wait for its events. */
#include "cmd/up.h"

#include "cmd/access.h"
#include "cmd/deploy.h"
#include "cmd/project.h"
#include "cmd/publish.h"

#include "base/mem.h"
#include "dev/compose.h"
#include "dev/hooks.h"
#include "dev/host.h"
#include "dev/metadata.h"
#include "dev/personal.h"
#include "dev/trust.h"
#include "host/dotlace.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/xdg.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	LOCK_TIMEOUT_MS = 15 * 60 * 1000, /* another `lace up` of this workspace may be building */
	SSH_TIMEOUT_MS = 30 * 1000,
	SSH_AT_ONCE_MS = 300,             /* so long, nobody needs to be told what is waited for */
	END_TIMEOUT_MS = 500,             /* until the engine has noticed that a container is over */
	END_PAUSE_MS = 20,
	PORT_RETRIES = 16,                /* ports the engine refuses one after the other */
	LAST_WORDS = 10,                  /* lines of a container that ended, shown */
};

/* ---- one lock per workspace --------------------------------------------------- */

static int lock_workspace(const char *workspace, struct err *err)
{
	char hex[65];
	sha256_hex(workspace, strlen(workspace), hex);
	cleanup_free char *name = xasprintf("locks/%.32s", hex), *path = xdg_state(name), *dir = fs_dirname(path);
	if (fs_mkdir_p(dir, 0700, err) != 0)
		return -1;
	int fd = fs_lock(path, 0, err);
	if (fd < 0) {
		progress_step("Waiting for another lace up of %s", workspace);
		err_fini(err);
		fd = fs_lock(path, LOCK_TIMEOUT_MS, err);
	}
	if (fd < 0)
		return err_wrap(err, "another lace up works on %s", workspace);
	return fd;
}

/* ---- configuration ------------------------------------------------------------ */

static const char *as_written(const char *name)
{
	static struct str s = STR_INIT;
	str_reset(&s);
	str_printf(&s, "${localEnv:%s}", name);
	return s.s;
}

/* `<ws>/.lace/devcontainer.json`: what was used, as plain JSON (design.md part 5). The container can read it, so
 * the values of this host's environment are not in it. */
static void write_resolved(const struct dev_config *c)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	struct dev_vars vars = { .workspace = c->workspace, .workspace_folder = c->workspace_folder, .id = c->id,
		.local_env = as_written };
	json_object *shown = dev_substitute(c->raw, &vars, &err);
	json_pretty(&text, shown);
	if (shown == NULL || dotlace_write(c->workspace, "devcontainer.json", text.s, text.len, &err) != 0)
		log_warn("%s", err.msg);
	json_object_put(shown);
}

/* ---- creating and starting ------------------------------------------------------ */

static int conflict_error(struct up *u, int port, struct err *err)
{
	struct engine_ports ports = { 0 };
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *holder = NULL;
	if (port && engine_ports(u->engine, &ports, &ignored) == 0)
		for (size_t i = 0; i < ports.n && holder == NULL; i++)
			if (ports.v[i].host_port == port && ports.v[i].running)
				holder = xasprintf("container %s", ports.v[i].name);
	engine_ports_fini(&ports);
	return err_set(err, ERR_FAILED,
	    "cannot start the container: host port %d is taken by %s; end that, or move this project to another port "
	    "with: lace up --recreate %s", port, holder ? holder : "another program", u->config->workspace);
}

/* Reads the compose project of the configuration; the rest is quick when it was read before. */
static int read_compose(struct up *u, struct err *err)
{
	if (u->config->kind != DEV_KIND_COMPOSE || u->compose)
		return 0;
	u->compose = dev_compose_open(u->engine, u->config, u->opts.compose, err);
	return u->compose ? 0 : -1;
}

static int confirm_compose(struct up *u, struct err *err)
{
	return u->opts.unasked ? 0 : dev_trust_confirm_compose(u->config, u->compose->model, u->opts.trust, err);
}

/* The container started, or NULL and nothing of it left (of a service: for the next `compose up` to go on with). */
static char *create_once(struct up *u, const struct dev_image *img, const struct publish_plan *plan, struct err *err)
{
	if (u->compose) {
		json_object *override = dev_compose_override(u->compose, img, u->merged, plan->ports, plan->n, u->gpu, err);
		char *service = override ? dev_compose_up(u->compose, override, err) : NULL;
		json_object_put(override);
		return service;
	}
	cleanup_strv struct strv args = STRV_INIT;
	if (dev_container_args(u->config, img, u->merged, plan->ports, plan->n, u->gpu, &args, err) != 0)
		return NULL;
	progress_step("Creating the container");
	char *id = engine_create(u->engine, &args, err);
	if (id == NULL || engine_start(u->engine, id, err) == 0)
		return id;
	cleanup_err struct err ignored = ERR_INIT;
	engine_remove(u->engine, id, true, &ignored);
	free(id);
	return NULL;
}

/* A new container on claimed ports, started. A port that the engine loses all the same is avoided next time. */
static int create_and_start(struct up *u, const struct dev_image *img, struct err *err)
{
	int avoid[PORT_RETRIES + 1] = { 0 };
	for (size_t lost = 0;; lost++) {
		struct publish_plan plan;
		if (publish_claim(u->engine, u->config, img->entries, avoid, &plan, err) != 0) {
			publish_fini(&plan);
			return -1;
		}
		u->id = create_once(u, img, &plan, err);
		publish_fini(&plan);
		if (u->id)
			return 0;
		int port = 0;
		bool conflict = engine_port_conflict(err, &port);
		if (!conflict || port == 0 || lost == PORT_RETRIES)
			return err_wrap(err, "cannot start the dev container of %s", u->config->workspace);
		log_info("the engine lost port %d to somebody: %s", port, err->msg);
		avoid[lost] = port;
		err_fini(err);
	}
}

static int create(struct up *u, const char *old_id, struct err *err)
{
	cleanup_free char *data = xdg_data_dir();
	struct dev_image_options opts = { .compose = u->compose, .plain = u->opts.plain,
		.no_cache = u->opts.no_cache, .data_dir = data, .lock = u->opts.lock, .additional = u->config->extra.features };
	struct dev_image img = { 0 };
	if (u->compose && confirm_compose(u, err) != 0)
		return -1;
	if (dev_image_prepare(u->engine, u->config, &opts, &img, err) != 0)
		return -1;
	int code = -1;
	if (u->opts.unasked || dev_trust_confirm_image(u->config, img.entries, u->opts.trust, err) == 0)
		u->merged = dev_container_merge(u->config, img.entries, err);
	/* Only now that its successor can be made, the old one goes (devcontainer.md T196). */
	if (u->merged && dev_host_check(u->engine, u->config, u->merged, &u->gpu, err) == 0 && (old_id == NULL || engine_remove(u->engine, old_id, true, err) == 0)) {
		if (old_id)
			project_note_remove(old_id);
		code = create_and_start(u, &img, err);
	}
	dev_image_fini(&img);
	u->outcome = "created";
	return code;
}

static int start(struct up *u, struct err *err)
{
	progress_step("Starting the container");
	u->outcome = "started";
	/* A service's neighbours are started with it. */
	if (u->compose ? dev_compose_start(u->compose, err) == 0 : engine_start(u->engine, u->id, err) == 0)
		return 0;
	int port = 0;
	if (engine_port_conflict(err, &port))
		return conflict_error(u, port, err);
	return err_wrap(err, "cannot start the dev container of %s", u->config->workspace);
}

static bool is_state(json_object *found, const char *state)
{
	const char *s = json_str(found, "State");
	return s && str_eq(s, state);
}

/* The container as the engine lists it, or NULL with *err unset. The compose project is read where one that does not run,
 * or a new one, will need it. */
static json_object *find_container(struct up *u, struct err *err)
{
	json_object *found = dev_container_find(u->engine, u->config, err);
	if (found == NULL && err_is(err))
		return NULL;
	if ((!is_state(found, "running") || u->opts.recreate) && read_compose(u, err) != 0) {
		json_object_put(found);
		return NULL;
	}
	if (found || u->compose == NULL)
		return found;
	found = dev_compose_find(u->compose, err);
	if (found && !u->opts.recreate)
		log_warn("the service's container was made by compose itself and is used as it is; to get features and a port: "
		    "lace up --recreate");
	return found;
}

/* Leaves a running container in u->id. */
static int ensure_running(struct up *u, struct err *err)
{
	json_object *found = find_container(u, err);
	if (found == NULL && err_is(err))
		return -1;
	int code;
	const char *id = json_str(found, "Id");
	if (found == NULL && u->opts.existing) {
		code = err_set(err, ERR_NOT_FOUND, "The expected container does not exist.");
	} else if (found == NULL || u->opts.recreate || is_state(found, "created")) {
		/* One that was never started is what an interrupted run left; it has nothing to lose, and its port may be gone. */
		code = create(u, id, err);
	} else {
		u->id = xstrdup(id);
		u->outcome = "running";
		code = is_state(found, "running") ? 0 : start(u, err);
	}
	json_object_put(found);
	if (code != 0)
		return -1;
	u->inspect = engine_inspect(u->engine, u->id, err);
	if (u->inspect == NULL)
		return -1;
	if (u->merged == NULL)
		u->merged = dev_container_merged(u->config, u->inspect, true, err);
	return u->merged ? 0 : -1;
}

/* ---- reaching it, and what runs in it --------------------------------------------- */

static const char *started_at(const struct up *u)
{
	const char *s = json_str(json_get(u->inspect, "State"), "StartedAt");
	return s ? s : "";
}

static bool has_attach_hook(const struct up *u)
{
	json_object *list = json_get(u->merged, "postAttachCommands");
	return list && json_object_array_length(list) > 0;
}

char *up_remote_user(const struct up *u)
{
	json_object *image_like = json_object_new_object(); /* the container's own Config.User stands for its image's */
	json_object_object_add(image_like, "Config", json_object_get(json_get(u->inspect, "Config")));
	char *user = dev_remote_user(u->merged, image_like);
	json_object_put(image_like);
	return user;
}

static int reach(struct up *u, const char *user, bool settled, struct err *err)
{
	u->port = access_is_ours(json_get(json_get(u->inspect, "Config"), "Labels")) ?
	    publish_shared_port(u->engine, u->inspect, ACCESS_SSH_PORT) : 0;
	if (u->port == 0)
		return 0;
	if (!settled)
		progress_step("Letting the key in");
	if (access_prepare(u->engine, u->id, started_at(u), user, err) != 0)
		return -1;
	cleanup_free char *name = dev_project_name(u->config->workspace);
	deploy_newer(&(struct deploy){ .engine = u->engine, .id = u->id, .started_at = started_at(u), .user = user,
	    .name = name, .keep = u->opts.keep_server });
	return 0;
}

static int inside(struct up *u, struct err *err)
{
	if (dev_target_init(&u->target, u->engine, u->inspect, u->config, u->merged, err) != 0)
		return -1;
	u->has_target = true;
	if (u->port && dev_write_session(&u->target, DEV_SESSION_DIR, err) != 0)
		return -1;
	if (dev_run_hooks(&u->target, &u->opts.hooks, err) == 0)
		return 0;
	progress_done();
	if (u->opts.unasked)
		return -1;
	cleanup_free char *name = dev_project_name(u->config->workspace);
	fprintf(stderr, "The container runs all the same: lace %s %s. Once the command is mended: lace up --recreate\n",
	    u->port ? "connect" : "exec", name);
	return -1;
}

/* The container's start, and the digest of the configuration: remoteEnv, user and probe may change without a rebuild. */
static char *settled_mark(const struct up *u)
{
	char digest[65];
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, u->merged);
	if (u->opts.hooks.dotfiles && u->opts.hooks.dotfiles->repository)
		str_printf(&text, " %s", u->opts.hooks.dotfiles->repository);
	sha256_hex(text.s, text.len, digest);
	return xasprintf("%s %s", started_at(u), digest);
}

static bool wants_every_hook(const struct up *u)
{
	const struct dev_hook_options *h = &u->opts.hooks;
	return !h->skip_post_create && !h->prebuild && !h->skip_non_blocking && !h->skip_post_attach;
}

/* Nothing was started, every hook has run since, and none wants to run now: what was prepared then still holds. */
static bool is_settled(const struct up *u, const char *user)
{
	if (!str_eq(u->outcome, "running") || has_attach_hook(u) || u->opts.hooks.prebuild)
		return false;
	struct project_note note;
	cleanup_free char *mark = settled_mark(u);
	project_note_read(u->id, &note);
	bool settled = str_eq(note.settled, mark) && str_eq(note.user, user);
	project_note_fini(&note);
	return settled;
}

static int note_settled(const struct up *u, const char *user, struct err *err)
{
	struct project_note note;
	cleanup_free char *mark = settled_mark(u);
	project_note_read(u->id, &note);
	struct project_note now = note;
	now.user = (char *)user;
	now.settled = mark;
	int code = project_note_write(u->id, &now, err);
	project_note_fini(&note);
	return code;
}

static bool answers_now(int port)
{
	cleanup_err struct err ignored = ERR_INIT;
	return link_ssh_wait(port, SSH_AT_ONCE_MS, &ignored) == 0;
}

/* What failed in a container that is over by now failed because of that. A container's processes are gone a moment
 * before the engine calls it ended; a hook's failure needs no such wait, it has a reason of its own. */
static void blame_its_end(struct up *u, struct err *err)
{
	for (int left = u->has_target ? 0 : END_TIMEOUT_MS;; left -= END_PAUSE_MS) {
		cleanup_err struct err ignored = ERR_INIT;
		json_object *now = engine_inspect(u->engine, u->id, &ignored), *state = json_get(now, "State");
		bool ended = state && !json_flag(state, "Running", true);
		int code = (int)json_int(state, "ExitCode", 0);
		json_object_put(now);
		if (ended) {
			cleanup_str struct str said = STR_INIT;
			cleanup_err struct err unread = ERR_INIT;
			if (engine_logs(u->engine, u->id, LAST_WORDS, &said, &unread) == 0 && said.len) {
				progress_step("The container's last lines");
				progress_output(said.s, said.len);
				progress_show_output();
			}
			err_fini(err);
			err_set(err, ERR_FAILED,
			    "the container ended by itself with exit code %d: the command it runs is over (\"overrideCommand\": true "
			    "keeps it up) or a feature's entrypoint ended it; see: docker logs %.12s", code, u->id);
		}
		if (ended || left <= 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = END_PAUSE_MS * 1000000l }, NULL);
	}
}

static int use_container(struct up *u, struct err *err)
{
	cleanup_free char *user = up_remote_user(u);
	bool settled = is_settled(u, user);
	if (reach(u, user, settled, err) != 0 || (!settled && inside(u, err) != 0))
		return -1;
	if (u->port && !(settled && answers_now(u->port))) {
		progress_step("Waiting for sshd on port %d", u->port);
		if (link_ssh_wait(u->port, SSH_TIMEOUT_MS, err) != 0)
			return err_wrap(err, "sshd does not answer; see `lace doctor` and /run/lace/sshd.log in the container");
	}
	if (!settled && wants_every_hook(u) && note_settled(u, user, err) != 0)
		return -1;
	write_resolved(u->config);
	return 0;
}

static int up_locked(struct up *u, struct err *err)
{
	if (ensure_running(u, err) != 0)
		return -1;
	if (use_container(u, err) == 0)
		return 0;
	blame_its_end(u, err);
	return -1;
}

int up_run(struct up *u, struct err *err)
{
	if (u->config->kind == DEV_KIND_NONE)
		return err_set(err, ERR_FAILED, "%s: names no \"image\" and no \"build.dockerfile\"; add one of them",
		    u->config->config_path);
	int lock = lock_workspace(u->config->workspace, err);
	if (lock < 0)
		return -1;
	int code = engine_ping(u->engine, err);
	if (code == 0)
		code = dev_run_initialize(u->config, err);
	if (code == 0)
		code = up_locked(u, err);
	fs_unlock(lock);
	return code;
}

void up_fini(struct up *u)
{
	if (u->has_target)
		dev_target_fini(&u->target);
	json_object_put(u->merged);
	json_object_put(u->inspect);
	free(u->id);
	dev_compose_close(u->compose);
	engine_close(u->engine);
	dev_config_free(u->config);
}
