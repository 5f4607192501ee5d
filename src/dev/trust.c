/* Is this repository allowed to do what it wants on this host?
 *
 * Opening a folder must not run its commands: a configuration that nobody
 * confirmed is shown first. A confirmation holds for this content in this place
 * and for what it means here (a folder of the project that has become a link to
 * the outside is something new); what changed is asked about again. What is
 * remembered is only digests.
 *
 * The image and the features have a say in the container too, and a local
 * feature can be rewritten from inside a container. So once they are known, what
 * they want beyond the configuration is asked about in the same way. */
#include "dev/trust.h"

#include "base/map.h"
#include "base/mem.h"
#include "dev/mount.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/xdg.h"

#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SHOWN_MAX 4000          /* bytes of a value in a line: a command has to be seen whole to be judged */
#define REASONS_MAX 60
#define DIGESTS_MAX 16          /* a workspace; the oldest go first */
#define FILE_BYTES_MAX (4u << 20)
#define LOCK_TIMEOUT_MS 10000

/* ---- what there is to say ---- */

static void add(struct strv *ret, const char *what, const char *value)
{
	if (ret->n >= REASONS_MAX) {
		if (ret->n == REASONS_MAX)
			strv_push(ret, "and more: read the file before you trust it");
		return;
	}
	struct str s = STR_INIT;
	str_puts(&s, what);
	log_safe(&s, value, strlen(value), SHOWN_MAX, false);
	strv_take(ret, str_detach(&s));
}

static void add_json(struct strv *ret, const char *what, json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		add(ret, what, json_object_get_string(value));
		return;
	}
	cleanup_str struct str json = STR_INIT;
	json_stringify(&json, value);
	add(ret, what, json.s);
}

static bool is_empty(json_object *value)
{
	return !value || (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0) ||
	    (json_object_is_type(value, json_type_object) && json_object_object_length(value) == 0) ||
	    (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0);
}

static bool lies_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);
	return str_eq(folder, "/") || (str_starts(path, folder) && (path[len] == '/' || path[len] == '\0'));
}

/* Whether a host path is the workspace or in it once links are followed. What does not exist yet and has ".."
 * in it counts as outside. */
bool dev_trust_inside(const struct dev_config *c, const char *path)
{
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *real = fs_realpath(path, &ignored);
	if (real)
		return lies_in(real, c->workspace);
	return !strstr(path, "..") && lies_in(path, c->workspace);
}

static void mount_reason(const struct dev_config *c, const char *what, json_object *value, struct strv *ret)
{
	struct dev_mount m;
	if (dev_mount_parse(value, &m)) {
		add_json(ret, what, value);
		return;
	}
	bool quiet = str_eq(m.type, "tmpfs") || (str_eq(m.type, "volume") && m.plain) ||
	    (str_eq(m.type, "bind") && dev_trust_inside(c, m.source));
	if (!quiet)
		add_json(ret, what, value);
	dev_mount_fini(&m);
}

static void publish_reason(json_object *value, struct strv *ret)
{
	bool loopback = true;
	if (json_object_is_type(value, json_type_string)) {
		if (!dev_publish_spec(json_object_get_string(value), &loopback) || !loopback)
			add_json(ret, "publishes a port to the network: ", value);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			json_object *port = json_object_array_get_idx(value, i);
			if (json_object_is_type(port, json_type_string))
				publish_reason(port, ret);
		}
	}
}

/* Names in ${localEnv:NAME} and ${env:NAME} anywhere in the file. */
static void env_names(json_object *value, unsigned depth, struct map *seen, struct str *names)
{
	if (depth > JSONC_DEPTH_MAX)
		return;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			env_names(json_object_array_get_idx(value, i), depth + 1, seen, names);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)key;
			env_names(member, depth + 1, seen, names);
		}
	} else if (json_object_is_type(value, json_type_string)) {
		static const char *const kinds[] = { "${localEnv:", "${env:" };
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			const char *p = json_object_get_string(value);
			while ((p = strstr(p, kinds[k]))) {
				p += strlen(kinds[k]);
				size_t len = strcspn(p, ":}");
				cleanup_free char *name = xmemdup0(p, len);
				if (p[len] && !map_set(seen, name, seen))
					str_printf(names, "%s%s", names->len ? ", " : "", name);
			}
		}
	}
}

static void base_reason(const struct dev_config *c, struct strv *ret)
{
	json_object *build = json_get(c->conf, "build");
	switch (c->kind) {
	case DEV_KIND_IMAGE:
		add_json(ret, "starts a container from the image ", json_get(c->conf, "image"));
		break;
	case DEV_KIND_DOCKERFILE: {
		json_object *file = json_get(c->conf, "dockerFile");
		add_json(ret, "builds and starts ", file ? file : json_get(build, "dockerfile"));
		const char *context = json_str(build, "context");
		if (!context)
			context = json_str(c->conf, "context");
		cleanup_free char *path = fs_join(c->config_dir, context ? context : ".");
		if (context && !dev_trust_inside(c, path))
			add(ret, "sends a folder outside the project to the build: ", path);
		break;
	}
	case DEV_KIND_COMPOSE:
		add_json(ret, "starts the services of ", json_get(c->conf, "dockerComposeFile"));
		break;
	case DEV_KIND_NONE:
		add(ret, "configures a container: ", c->config_path);
		break;
	}
}

/* What devcontainer.json, a feature and an image's metadata can all ask for. */
static void privilege_reasons(const struct dev_config *c, json_object *conf, struct strv *ret)
{
	static const struct { const char *key, *what; } lists[] = {
		{ "capAdd", "adds capabilities: " },
		{ "securityOpt", "sets security options: " },
	};
	json_object *value = json_get(conf, "privileged");
	/* Whatever the merge takes for true. */
	if (json_object_get_boolean(value) || json_object_is_type(value, json_type_array) ||
	    json_object_is_type(value, json_type_object))
		add(ret, "wants a privileged container: root in it is root on this host", "");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		value = json_get(conf, lists[i].key);
		if (!is_empty(value))
			add_json(ret, lists[i].what, value);
	}
	value = json_get(conf, "mounts");
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			mount_reason(c, "mounts from this host: ", json_object_array_get_idx(value, i), ret);
	} else if (!is_empty(value)) {
		mount_reason(c, "mounts from this host: ", value, ret);
	}
}

static void env_reason(const struct str *names, struct strv *ret)
{
	if (names->len)
		add(ret, "reads from this host's environment: ", names->s);
}

void dev_trust_reasons(const struct dev_config *c, struct strv *ret)
{
	base_reason(c, ret);
	json_object *value = json_get(c->conf, "initializeCommand");
	if (!is_empty(value))
		add_json(ret, "runs on this host: ", value);
	value = json_get(c->conf, "runArgs");
	if (!is_empty(value))
		add_json(ret, "gives the engine its own arguments: ", value);
	value = json_get(json_get(c->conf, "build"), "options");
	if (!is_empty(value))
		add_json(ret, "gives the build its own arguments: ", value);
	if (c->workspace_mount) {
		json_object *mount = json_object_new_string(c->workspace_mount);
		mount_reason(c, "mounts as the workspace: ", mount, ret);
		json_object_put(mount);
	}
	privilege_reasons(c, c->conf, ret);
	publish_reason(json_get(c->conf, "appPort"), ret);

	struct map seen = MAP_INIT;
	cleanup_str struct str names = STR_INIT;
	env_names(c->raw, 0, &seen, &names);
	map_fini(&seen);
	env_reason(&names, ret);
	value = json_get(c->conf, "features");
	if (json_object_is_type(value, json_type_object) && json_object_object_length(value)) {
		cleanup_free char *n = xasprintf("%d", json_object_object_length(value));
		add(ret, "installs features as root in the image: ", n);
	}
}

static bool has_line(const struct strv *lines, const char *line)
{
	for (size_t i = 0; i < lines->n; i++)
		if (str_eq(lines->v[i], line))
			return true;
	return false;
}

int dev_trust_image_reasons(const struct dev_config *c, json_object *entries, struct strv *ret,
    struct err *err)
{
	struct dev_vars vars = { .workspace = c->workspace, .workspace_folder = c->workspace_folder, .id = c->id };
	json_object *substituted = dev_substitute(entries, &vars, err);
	if (!substituted)
		return -1;
	cleanup_strv struct strv own = STRV_INIT, all = STRV_INIT;
	privilege_reasons(c, c->conf, &own);
	for (size_t i = 0; i < json_object_array_length(substituted); i++)
		privilege_reasons(c, json_object_array_get_idx(substituted, i), &all);
	json_object_put(substituted);
	for (size_t i = 0; i < all.n; i++)
		if (!has_line(&own, all.v[i]) && !has_line(ret, all.v[i]))
			strv_push(ret, all.v[i]);

	struct map seen = MAP_INIT;
	cleanup_str struct str ignored = STR_INIT, names = STR_INIT;
	env_names(c->raw, 0, &seen, &ignored);
	env_names(entries, 0, &seen, &names);
	map_fini(&seen);
	env_reason(&names, ret);
	return 0;
}

/* ---- what was confirmed ---- */

/* The file: {"workspaces": {"/path": ["digest", ...]}}. */

/* What is asked about: the digest that a confirmation is remembered by, and the lines that are shown. */
struct question {
	const struct dev_config *c;
	const char *title;
	struct strv reasons;
	char digest[65];
};

static void question_fini(struct question *q)
{
	strv_fini(&q->reasons);
}

/* NUL is in no path, no line and no JSON text: the parts cannot run into each other. json also counts
 * for what did not fit into the lines. */
static void take_digest(struct question *q, const char *kind, json_object *json)
{
	cleanup_str struct str content = STR_INIT;
	str_add(&content, kind, strlen(kind) + 1);
	str_add(&content, q->c->workspace, strlen(q->c->workspace) + 1);
	str_add(&content, q->c->config_path, strlen(q->c->config_path) + 1);
	for (size_t i = 0; i < q->reasons.n; i++)
		str_add(&content, q->reasons.v[i], strlen(q->reasons.v[i]) + 1);
	if (json)
		json_stringify(&content, json);
	sha256_hex(content.s, content.len, q->digest);
}

static void ask_about_config(struct question *q, const struct dev_config *c)
{
	*q = (struct question){ .c = c, .title = "was not used on this host before, or has changed since. It" };
	q->reasons = (struct strv)STRV_INIT;
	dev_trust_reasons(c, &q->reasons);
	take_digest(q, "configuration", c->raw);
}

static bool is_store(json_object *o)
{
	return json_object_is_type(json_get(o, "workspaces"), json_type_object);
}

/* NULL without an error: there is none yet. */
static json_object *read_store(const char *path, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, FILE_BYTES_MAX, &text, err) < 0) {
		if (err->sys == ENOENT)
			err_fini(err);
		return NULL;
	}
	json_object *store = jsonc_parse(text.s, text.len, path, NULL, err);
	if (err_is(err) || is_store(store))
		return store;
	json_object_put(store);
	err_set(err, ERR_FAILED, "%s: not a list of trusted workspaces", path);
	return NULL;
}

static bool confirmed(json_object *store, const char *workspace, const char *hex)
{
	json_object *list = json_get(json_get(store, "workspaces"), workspace);
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *v = json_object_array_get_idx(list, i);
		if (json_object_is_type(v, json_type_string) && str_eq(json_object_get_string(v), hex))
			return true;
	}
	return false;
}

static bool is_known(const struct question *q)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = xdg_state("trust.json");
	json_object *store = read_store(path, &err);
	bool known = confirmed(store, q->c->workspace, q->digest);
	json_object_put(store);
	return known;
}

bool dev_trust_known(const struct dev_config *c)
{
	struct question q;
	ask_about_config(&q, c);
	bool known = is_known(&q);
	question_fini(&q);
	return known;
}

static void remember(json_object *store, const char *workspace, const char *hex)
{
	json_object *workspaces = json_get(store, "workspaces");
	json_object *old = json_get(workspaces, workspace), *list = json_object_new_array();
	size_t n = json_object_is_type(old, json_type_array) ? json_object_array_length(old) : 0;
	for (size_t i = n >= DIGESTS_MAX ? n - DIGESTS_MAX + 1 : 0; i < n; i++)
		json_object_array_add(list, json_object_get(json_object_array_get_idx(old, i)));
	json_object_array_add(list, json_object_new_string(hex));
	json_object_object_add(workspaces, workspace, list);
}

/* Under the lock. */
static int record_locked(const char *path, const char *workspace, const char *hex, struct err *err)
{
	cleanup_err struct err broken = ERR_INIT;
	json_object *store = read_store(path, &broken);
	if (err_is(&broken)) {
		cleanup_free char *aside = xasprintf("%s.corrupt", path);
		if (rename(path, aside) < 0)
			return err_sys(err, "cannot set the broken %s aside", path);
		log_warn("%s; set aside as %s, trusted repositories are asked about again", broken.msg, aside);
	}
	if (!store) {
		store = json_object_new_object();
		json_object_object_add(store, "workspaces", json_object_new_object());
	}
	int r = 0;
	if (!confirmed(store, workspace, hex)) {
		cleanup_str struct str text = STR_INIT;
		remember(store, workspace, hex);
		json_pretty(&text, store);
		r = fs_write_atomic(path, text.s, text.len, 0600, err);
	}
	json_object_put(store);
	return r;
}

static int record(const struct question *q, struct err *err)
{
	cleanup_free char *dir = xdg_state(NULL), *path = xdg_state("trust.json"), *lock = xdg_state("trust.lock");
	/* Whoever can write here decides what runs on this host. */
	if (fs_mkdir_p(dir, 0700, err) < 0 || fs_private_dir(dir, err) < 0)
		return -1;
	int fd = fs_lock(lock, LOCK_TIMEOUT_MS, err);
	if (fd < 0)
		return -1;
	int r = record_locked(path, q->c->workspace, q->digest, err);
	fs_unlock(fd);
	return r;
}

int dev_trust_record(const struct dev_config *c, struct err *err)
{
	struct question q;
	ask_about_config(&q, c);
	int r = record(&q, err);
	question_fini(&q);
	return r;
}

/* ---- asking ---- */

/* The person's terminal, or NULL. */
static FILE *terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && isatty(STDIN_FILENO))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return NULL;
	FILE *f = fdopen(fd, "r+");
	if (!f)
		close(fd);
	return f;
}

static bool ask(FILE *tty, const struct question *q)
{
	cleanup_str struct str name = STR_INIT;
	log_safe(&name, q->c->workspace, strlen(q->c->workspace), SHOWN_MAX, false);
	progress_done();
	fprintf(tty, "%s %s\n", name.s, q->title);
	for (size_t i = 0; i < q->reasons.n; i++)
		fprintf(tty, "  - %s\n", q->reasons.v[i]);
	fprintf(tty, "Trust this repository? [y/N] ");
	fflush(tty);
	char answer[16] = "";
	if (!fgets(answer, sizeof(answer), tty))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

/* remedy: for the author of a script, who cannot be asked. */
static int confirm(const struct question *q, const char *remedy, bool trust_all, struct err *err)
{
	if (is_known(q))
		return 0;
	if (trust_all)
		return record(q, err);
	FILE *tty = terminal();
	if (!tty)
		return err_set(err, ERR_FAILED,
		    "%s: not trusted on this host yet, and there is no terminal to ask on: %s", q->c->workspace, remedy);
	bool yes = ask(tty, q);
	fclose(tty);
	if (!yes)
		return err_set(err, ERR_FAILED, "%s: not trusted, nothing was done (--trust skips the question)",
		    q->c->workspace);
	return record(q, err);
}

int dev_trust_confirm(const struct dev_config *c, bool trust_all, struct err *err)
{
	struct question q;
	ask_about_config(&q, c);
	cleanup_free char *remedy = xasprintf("look at %s, then use --trust", c->config_path);
	int r = confirm(&q, remedy, trust_all, err);
	question_fini(&q);
	return r;
}

int dev_trust_confirm_image(const struct dev_config *c, json_object *entries, bool trust_all, struct err *err)
{
	struct question q = { .c = c, .title = "uses an image or features that ask for more. One of them" };
	q.reasons = (struct strv)STRV_INIT;
	int r = dev_trust_image_reasons(c, entries, &q.reasons, err);
	if (r == 0 && q.reasons.n) {
		cleanup_free char *remedy = xasprintf("its image or a feature %s%s; use --trust if it may", q.reasons.v[0],
		    q.reasons.n > 1 ? ", and more" : "");
		take_digest(&q, "image", q.reasons.n >= REASONS_MAX ? entries : NULL);
		r = confirm(&q, remedy, trust_all, err);
	}
	question_fini(&q);
	return r;
}

int dev_trust_confirm_compose(const struct dev_config *c, json_object *model, bool trust_all, struct err *err)
{
	struct question q = { .c = c, .title = "uses Docker Compose services that ask for more:" };
	cleanup_strv struct strv lines = STRV_INIT;
	q.reasons = (struct strv)STRV_INIT;
	dev_trust_compose_reasons(c, model, &lines);
	for (size_t i = 0; i < lines.n; i++)
		add(&q.reasons, "", lines.v[i]);
	int r = 0;
	if (q.reasons.n) {
		cleanup_free char *remedy = xasprintf("its compose %s%s; use --trust if it may", q.reasons.v[0],
		    q.reasons.n > 1 ? ", and more" : "");
		take_digest(&q, "compose", q.reasons.n >= REASONS_MAX ? model : NULL);
		r = confirm(&q, remedy, trust_all, err);
	}
	question_fini(&q);
	return r;
}
