#include "cmd/project.h"

#include "base/mem.h"
#include "cmd/access.h"
#include "cmd/tlscreds.h"
#include "dev/compose.h"
#include "dev/config.h"
#include "dev/metadata.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/xdg.h"
#include "port/port.h"

#include <string.h>

enum { NOTE_BYTES_MAX = 64 * 1024 };

static void project_fini(struct project *p)
{
	free(p->name);
	free(p->workspace);
	free(p->config);
	free(p->id);
	free(p->compose);
	free(p->state);
	free(p->user);
}

void projects_fini(struct projects *p)
{
	for (size_t i = 0; i < p->n; i++)
		project_fini(&p->v[i]);
	free(p->v);
	*p = (struct projects){ 0 };
}

/* ---- notes ----------------------------------------------------------------- */

static char *note_path(const char *id)
{
	cleanup_free char *name = xasprintf("containers/%s.json", id);
	return xdg_state(name);
}

static char *note_field(json_object *note, const char *key)
{
	const char *value = json_str(note, key);
	return xstrdup(value ? value : "");
}

void project_note_read(const char *id, struct project_note *ret)
{
	cleanup_free char *path = note_path(id);
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	json_object *o = NULL;
	if (fs_read(path, NOTE_BYTES_MAX, &text, &err) == 0)
		o = json_tokener_parse(text.s);
	ret->user = note_field(o, "user");
	ret->started_at = note_field(o, "startedAt");
	ret->public_key = note_field(o, "publicKey");
	ret->settled = note_field(o, "settled");
	ret->server_start = note_field(o, "serverStart");
	ret->server_path = note_field(o, "serverPath");
	ret->server_build = note_field(o, "serverBuild");
	ret->machine = note_field(o, "machine");
	json_object_put(o);
}

int project_note_write(const char *id, const struct project_note *note, struct err *err)
{
	cleanup_free char *path = note_path(id), *dir = fs_dirname(path);
	if (fs_mkdir_p(dir, 0700, err) != 0)
		return -1;
	json_object *o = json_object_new_object();
	json_object_object_add(o, "user", json_object_new_string(note->user));
	json_object_object_add(o, "startedAt", json_object_new_string(note->started_at));
	json_object_object_add(o, "publicKey", json_object_new_string(note->public_key));
	json_object_object_add(o, "settled", json_object_new_string(note->settled));
	json_object_object_add(o, "serverStart", json_object_new_string(note->server_start));
	json_object_object_add(o, "serverPath", json_object_new_string(note->server_path));
	json_object_object_add(o, "serverBuild", json_object_new_string(note->server_build));
	json_object_object_add(o, "machine", json_object_new_string(note->machine));
	cleanup_str struct str text = STR_INIT;
	json_pretty(&text, o);
	json_object_put(o);
	return fs_write_atomic(path, text.s, text.len, 0600, err);
}

void project_note_remove(const char *id)
{
	cleanup_free char *path = note_path(id), *alias = access_host_alias(id);
	cleanup_err struct err err = ERR_INIT;
	unlink(path);
	if (link_ssh_unpin(alias, &err) != 0)
		log_warn("%s", err.msg);
	tlscreds_forget(id);
}

void project_note_fini(struct project_note *note)
{
	free(note->user);
	free(note->started_at);
	free(note->public_key);
	free(note->settled);
	free(note->server_start);
	free(note->server_path);
	free(note->server_build);
	free(note->machine);
}

/* ---- listing ---------------------------------------------------------------- */

/* The last remoteUser, else the last containerUser, of the metadata label. */
static char *label_user(const char *label)
{
	json_object *entries = dev_metadata_parse(label);
	const char *remote = NULL, *container = NULL;
	for (size_t i = 0; i < json_object_array_length(entries); i++) {
		json_object *entry = json_object_array_get_idx(entries, i);
		const char *r = json_str(entry, "remoteUser"), *c = json_str(entry, "containerUser");
		remote = r ? r : remote;
		container = c ? c : container;
	}
	char *user = xstrdup(remote ? remote : container ? container : "");
	json_object_put(entries);
	return user;
}

/* shutdownAction: the last one counts; "stopContainer" and "none" are about the dev container alone. */
static bool label_says_alone(const char *label)
{
	json_object *entries = dev_metadata_parse(label);
	const char *last = NULL;
	for (size_t i = 0; i < json_object_array_length(entries); i++) {
		const char *action = json_str(json_object_array_get_idx(entries, i), "shutdownAction");
		last = action ? action : last;
	}
	bool alone = last && !str_eq(last, "stopCompose");
	json_object_put(entries);
	return alone;
}

static int published_port(json_object *summary, int container_port)
{
	json_object *ports = json_get(summary, "Ports");
	for (size_t i = 0; ports && i < json_object_array_length(ports); i++) {
		json_object *port = json_object_array_get_idx(ports, i);
		if (json_int(port, "PrivatePort", 0) == container_port && json_int(port, "PublicPort", 0) > 0)
			return (int)json_int(port, "PublicPort", 0);
	}
	return 0;
}

static int claimed_port(const struct port_claims *claims, const struct project *p, const char *option)
{
	for (size_t i = 0; i < claims->n; i++) {
		const struct port_claim *c = &claims->v[i];
		if (str_eq(c->workspace, p->workspace) && str_eq(c->config, p->config) &&
		    str_ends(c->label, option))
			return c->port;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct project *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);
	return by_name ? by_name : strcmp(x->workspace, y->workspace);
}

static void claims_read(struct port_claims *ret)
{
	cleanup_err struct err err = ERR_INIT;
	*ret = (struct port_claims){ 0 };
	struct port_registry *r = port_registry_open(NULL, &err);
	if (r)
		port_registry_list(r, ret, &err);
	port_registry_close(r);
}

static void project_init(struct project *p, json_object *summary, const struct port_claims *claims)
{
	json_object *labels = json_get(summary, "Labels");
	const char *workspace = json_str(labels, "devcontainer.local_folder"),
		   *config = json_str(labels, "devcontainer.config_file"), *id = json_str(summary, "Id"),
		   *state = json_str(summary, "State");
	struct project_note note;
	*p = (struct project){ .terminals = -1 };
	p->workspace = xstrdup(workspace ? workspace : "");
	p->config = xstrdup(config ? config : "");
	p->name = dev_project_name(p->workspace);
	p->id = xstrdup(id ? id : "");
	p->state = xstrdup(state ? state : "");
	const char *compose = json_str(labels, COMPOSE_LABEL_PROJECT);
	p->compose = xstrdup(compose ? compose : "");
	p->alone = label_says_alone(json_str(labels, DEV_LABEL_METADATA));
	project_note_read(p->id, &note);
	p->user = note.user[0] ? xstrdup(note.user) : label_user(json_str(labels, DEV_LABEL_METADATA));
	project_note_fini(&note);
	p->port = access_is_ours(labels) ? published_port(summary, ACCESS_SSH_PORT) : 0;
	p->tls_port = access_is_ours(labels) ? published_port(summary, TLSCREDS_PORT) : 0;
	/* In the network of another container, that one publishes: on what was claimed. */
	const char *mode = json_str(json_get(summary, "HostConfig"), "NetworkMode");
	bool running = str_eq(p->state, "running"), ours = access_is_ours(labels);
	if (p->port == 0 && (!running || (ours && mode && str_starts(mode, "container:"))))
		p->port = claimed_port(claims, p, "/" ACCESS_PORT_OPTION);
	if (p->tls_port == 0 && !running)
		p->tls_port = claimed_port(claims, p, "/" TLSCREDS_PORT_OPTION);
	p->by_exec = running && p->port == 0;
}

/* "api" in two folders is "api.work" and "api.home"; one folder's second configuration has the name of its own folder. */
static char *longer_name(const struct project *p, bool same_folder)
{
	cleanup_free char *dir = fs_dirname(same_folder ? p->config : p->workspace);
	cleanup_free char *parent = dev_project_name(dir);
	return xasprintf("%s.%s", p->name, parent);
}

static char *unmistakable_name(const struct project *p)
{
	cleanup_free char *key = xasprintf("%s\n%s", p->workspace, p->config);
	char hex[65];
	sha256_hex(key, strlen(key), hex);
	return xasprintf("%s.%.6s", p->name, hex);
}

/* Names that several have are made longer, for all of them: which came first shall not matter. p is sorted. */
static void tell_apart(struct projects *p)
{
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0, end; i < p->n; i = end) {
			for (end = i + 1; end < p->n && str_eq(p->v[end].name, p->v[i].name); end++)
				;
			if (end - i < 2)
				continue;
			bool same_folder = str_eq(p->v[i].workspace, p->v[end - 1].workspace);
			for (size_t k = i; k < end; k++) {
				char *name = again ? unmistakable_name(&p->v[k]) : longer_name(&p->v[k], same_folder);
				free(p->v[k].name);
				p->v[k].name = name;
			}
		}
		qsort(p->v, p->n, sizeof(*p->v), compare);
	}
}

int projects_list(struct engine *e, struct projects *ret, struct err *err)
{
	const char *const labels[] = { "devcontainer.local_folder", NULL };
	*ret = (struct projects){ 0 };
	json_object *list = engine_list(e, labels, true, err);
	if (list == NULL)
		return -1;
	struct port_claims claims;
	claims_read(&claims);
	size_t n = json_object_array_length(list);
	ret->v = xcalloc(n, sizeof(*ret->v));
	for (size_t i = 0; i < n; i++)
		project_init(&ret->v[ret->n++], json_object_array_get_idx(list, i), &claims);
	qsort(ret->v, ret->n, sizeof(*ret->v), compare);
	tell_apart(ret);
	port_claims_fini(&claims);
	json_object_put(list);
	return 0;
}

/* A terminal is a child of lace-mux-server (COMMAND is cut to 15 bytes by the kernel, which is exactly its length). */
static int count_terminals(json_object *top)
{
	json_object *rows = json_get(top, "Processes");
	size_t n = rows ? json_object_array_length(rows) : 0;
	int terminals = 0;
	for (size_t i = 0; i < n; i++) {
		json_object *row = json_object_array_get_idx(rows, i);
		const char *comm = json_object_get_string(json_object_array_get_idx(row, 2));
		if (comm == NULL || !str_eq(comm, "lace-mux-server"))
			continue;
		const char *pid = json_object_get_string(json_object_array_get_idx(row, 0));
		for (size_t j = 0; pid && j < n; j++) {
			json_object *child = json_object_array_get_idx(rows, j);
			const char *ppid = json_object_get_string(json_object_array_get_idx(child, 1));
			const char *name = json_object_get_string(json_object_array_get_idx(child, 2));
			/* a server that its starter has not let go of yet is no terminal, nor is the TLS listener */
			terminals += ppid && name && str_eq(ppid, pid) && !str_starts(name, "lace-mux-");
		}
	}
	return terminals;
}

void projects_count_terminals(struct engine *e, struct projects *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (!str_eq(p->v[i].state, "running"))
			continue;
		cleanup_err struct err err = ERR_INIT;
		json_object *top = engine_top(e, p->v[i].id, "-eo pid,ppid,comm", &err);
		if (top)
			p->v[i].terminals = count_terminals(top);
		json_object_put(top);
	}
}

/* ---- finding ----------------------------------------------------------------- */

static bool inside(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	return len && strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

enum match { MATCH_NAME, MATCH_SHORT_NAME, MATCH_FOLDER, MATCH_CURRENT, MATCH_ID };

static bool has_short_name(const struct project *p, const char *what)
{
	cleanup_free char *name = dev_project_name(p->workspace);
	return str_eq(name, what);
}

static bool matches(const struct project *p, enum match how, const char *what)
{
	switch (how) {
	case MATCH_NAME: return str_eq(p->name, what);
	case MATCH_SHORT_NAME: return has_short_name(p, what);
	case MATCH_FOLDER: return str_eq(p->workspace, what);
	case MATCH_CURRENT: return inside(what, p->workspace);
	case MATCH_ID: return strlen(what) >= 4 && str_starts(p->id, what);
	}
	return false;
}

/* 0 none (*ret NULL) or exactly one; -1 several, listed in err. */
static int find(const struct projects *p, enum match how, const char *what, const struct project **ret, struct err *err)
{
	cleanup_str struct str several = STR_INIT;
	size_t n = 0;
	*ret = NULL;
	for (size_t i = 0; i < p->n; i++) {
		if (!matches(&p->v[i], how, what))
			continue;
		*ret = &p->v[i];
		str_printf(&several, "%s%s (%s)", n++ ? ", " : "", p->v[i].name, p->v[i].workspace);
	}
	if (n <= 1)
		return 0;
	return err_set(err, ERR_USAGE, "\"%s\" is %zu dev containers: %s; name one of these", what, n,
	    several.s);
}

const struct project *projects_find(const struct projects *p, const char *name, struct err *err)
{
	const struct project *found = NULL;
	cleanup_err struct err ignored = ERR_INIT;
	if (name == NULL) {
		cleanup_free char *here = fs_realpath(".", &ignored);
		if (here && find(p, MATCH_CURRENT, here, &found, err) != 0)
			return NULL;
		if (found == NULL && p->n == 1)
			return &p->v[0];
		if (found)
			return found;
		cleanup_str struct str names = STR_INIT;
		for (size_t i = 0; i < p->n; i++)
			str_printf(&names, "%s%s", i ? ", " : "", p->v[i].name);
		if (p->n == 0)
			err_set(err, ERR_NOT_FOUND, "there is no dev container yet; make one with: lace up [FOLDER]");
		else
			err_set(err, ERR_USAGE, "this folder has no dev container; name one of: %s", names.s);
		return NULL;
	}
	if (strchr(name, '/') || name[0] == '.') {
		cleanup_free char *folder = fs_realpath(name, &ignored);
		if (find(p, MATCH_FOLDER, folder ? folder : name, &found, err) != 0)
			return NULL;
	} else {
		if (find(p, MATCH_NAME, name, &found, err) != 0)
			return NULL;
		if (found == NULL && find(p, MATCH_SHORT_NAME, name, &found, err) != 0)
			return NULL;
		if (found == NULL && find(p, MATCH_ID, name, &found, err) != 0)
			return NULL;
	}
	if (found == NULL)
		err_set(err, ERR_NOT_FOUND, "there is no dev container \"%s\"; `lace ls` lists them, `lace up FOLDER` makes one",
		    name);
	return found;
}

int project_use_init(struct project_use *use, const struct cmd_args *args, struct err *err)
{
	*use = (struct project_use){ .engine = engine_open(cmd_value(args, "docker-path"), err) };
	if (use->engine == NULL || projects_list(use->engine, &use->all, err) != 0)
		return -1;
	use->p = projects_find(&use->all, args->operands.n ? args->operands.v[0] : NULL, err);
	return use->p ? 0 : -1;
}

void project_use_fini(struct project_use *use)
{
	projects_fini(&use->all);
	engine_close(use->engine);
}
