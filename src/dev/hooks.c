/* Lifecycle hooks in the container (devcontainer.md 1.7). A hook that runs once has a marker file in the
 * user's home that holds the container's creation (postStart: start) time; it is written before the command
 * runs, so a failed hook is not repeated by the next `up`. Both as the reference CLI does it, because it
 * may be the next one to look. Markers that are due are queued and written by the exec of the next
 * command. */
#include "dev/command.h"
#include "dev/hooks.h"
#include "dev/personal.h"
#include "dev/probe.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/log.h"

#define HELD_MAX (4u << 20)      /* output kept of one member of a parallel hook */
#define INTERRUPTED 130

struct hook {
	const char *name, *list;
	int marker;              /* index of its marker file, or -1: runs every time */
	bool each_start;         /* the marker holds StartedAt, not Created */
};
static const struct hook hooks[] = {
	{ "onCreateCommand", "onCreateCommands", 0, false },
	{ "updateContentCommand", "updateContentCommands", 1, false },
	{ "postCreateCommand", "postCreateCommands", 2, false },
	{ "postStartCommand", "postStartCommands", 3, true },
	{ "postAttachCommand", "postAttachCommands", -1, false },
};
#define UPDATE_CONTENT 1
#define POST_CREATE 2

/* $1: the folder; then pairs of marker and content up to "--"; then the command. */
static const char wrapper[] =
	"d=$1; shift\n"
	"while [ \"$1\" != -- ]; do\n"
	"	mkdir -p \"$d\" && printf '%s\\n' \"$2\" >\"$d/$1\" || echo \"lace: cannot write $d/$1\" >&2\n"
	"	shift 2\n"
	"done\n"
	"shift\n"
	"exec \"$@\"\n";

struct runner {
	struct dev_target *t;
	struct strv env;         /* for execs: env, and the names to unset */
	struct strv due;         /* markers to write: file, content, file, content ... */
};

static void wrap(const struct runner *r, const struct strv *command, struct strv *ret)
{
	const char *const head[] = { "/bin/sh", "-c", wrapper, "lace", NULL };
	strv_push_all(ret, head);
	strv_take(ret, probe_data_folder(r->t->extra.data_folder, r->t->home));
	for (size_t i = 0; i < r->due.n; i++)
		strv_push(ret, r->due.v[i]);
	strv_push(ret, "--");
	for (size_t i = 0; i < command->n; i++)
		strv_push(ret, command->v[i]);
}

static void forget_due(struct runner *r)
{
	strv_fini(&r->due);
	r->due = (struct strv)STRV_INIT;
}

/* ---- one command ---- */

struct member {
	struct strv argv;
	struct str held;
	bool too_long;
	int code;
	struct err err;
};

struct batch {
	const struct hook *hook;
	const char *origin;
	const struct command *command;
	struct member *members;
};

static void show(void *user, int stream, const char *data, size_t len)
{
	progress_output(data, len);
}

static void hold(void *user, int stream, const char *data, size_t len)
{
	struct member *m = user;
	size_t n = MIN(len, HELD_MAX - m->held.len);
	str_add(&m->held, data, n);
	m->too_long = m->too_long || n < len;
}

static void ended(void *user, size_t i, int code, struct err *err)
{
	struct batch *b = user;
	struct member *m = &b->members[i];
	m->code = code;
	if (code < 0) {
		m->err = *err;
		*err = (struct err)ERR_INIT;
	}
	if (!b->command->parallel)
		return;
	cleanup_str struct str text = STR_INIT;
	str_printf(&text, "Running %s of %s from %s...\n", b->command->v[i].key, b->hook->name, b->origin);
	str_add(&text, m->held.s, m->held.len);
	if (m->held.len && m->held.s[m->held.len - 1] != '\n')
		str_putc(&text, '\n');
	if (m->too_long)
		str_printf(&text, "(more than %u MB: the rest is left out)\n", HELD_MAX >> 20);
	progress_output(text.s, text.len);
}

/* "bad of postCreateCommand from devcontainer.json failed.", in the reference CLI's words. */
static int failed(const struct batch *b, size_t i, struct err *err)
{
	const char *key = b->command->v[i].key;
	struct member *m = &b->members[i];
	if (m->code < 0) {
		*err = m->err;
		m->err = (struct err)ERR_INIT;
		return err_wrap(err, "%s%s%s from %s", key, b->command->parallel ? " of " : "", b->hook->name, b->origin);
	}
	cleanup_free char *line = xasprintf("exit code %d\n", m->code);
	progress_output(line, strlen(line));
	progress_show_output();
	return err_set(err, ERR_FAILED, "%s%s%s from %s failed.", key, b->command->parallel ? " of " : "",
	    b->hook->name, b->origin);
}

static int run_members(struct runner *r, struct batch *b, struct err *err)
{
	size_t n = b->command->n;
	struct engine_exec *x = xcalloc(n, sizeof(*x));
	b->members = xcalloc(n, sizeof(*b->members));
	for (size_t i = 0; i < n; i++) {
		struct member *m = &b->members[i];
		m->held = (struct str)STR_INIT;
		wrap(r, &b->command->v[i].argv, &m->argv);
		x[i] = (struct engine_exec){ .container = r->t->id, .user = r->t->user, .dir = r->t->dir, .env = &r->env,
		    .argv = (const char *const *)m->argv.v, .output = b->command->parallel ? hold : show,
		    .output_user = m };
	}
	forget_due(r);
	engine_exec_all(r->t->engine, x, n, ended, b);
	int rc = 0;
	for (size_t i = 0; i < n; i++) {
		struct member *m = &b->members[i];
		if (m->code == INTERRUPTED)
			log_info("%s was interrupted", b->hook->name);
		else if (m->code != 0 && rc == 0)
			rc = failed(b, i, err);
		strv_fini(&m->argv);
		str_fini(&m->held);
		err_fini(&m->err);
	}
	free(b->members);
	free(x);
	return rc;
}

static int run_command(struct runner *r, const struct hook *hook, const char *origin, json_object *value,
    struct err *err)
{
	struct command command;
	if (command_parse(value, &command, err) != 0)
		return err_wrap(err, "%s from %s", hook->name, origin);
	int rc = 0;
	if (command.n) {
		struct batch b = { .hook = hook, .origin = origin, .command = &command };
		progress_step("Running the %s from %s", hook->name, origin);
		rc = run_members(r, &b, err);
	}
	command_fini(&command);
	return rc;
}

/* ---- which ones, in which order ---- */

/* As the merge sees it: what it collects into the plural property. */
static bool counts(json_object *value)
{
	json_type type = json_object_get_type(value);
	return type == json_type_array || type == json_type_object
	    || (type == json_type_string && json_object_get_string_len(value) > 0);
}

/* Who the i-th command of a hook comes from: a feature, or devcontainer.json. The merged configuration does not
 * say, but its lists are in the order of the label's entries. malloc()ed. */
static char *origin_of(const struct dev_target *t, const struct hook *hook, size_t i, size_t total)
{
	size_t n = json_object_is_type(t->entries, json_type_array) ? json_object_array_length(t->entries) : 0;
	const char *feature = NULL;
	size_t found = 0;
	for (size_t k = 0; k < n; k++) {
		json_object *entry = json_object_array_get_idx(t->entries, k);
		if (!counts(json_get(entry, hook->name)))
			continue;
		if (found++ == i)
			feature = json_str(entry, "id");
	}
	return found == total && feature ? xasprintf("Feature '%s'", feature) : xstrdup("devcontainer.json");
}

static int run_hook(struct runner *r, const struct hook *hook, struct err *err)
{
	json_object *list = json_get(r->t->merged, hook->list);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		cleanup_free char *origin = origin_of(r->t, hook, i, n);
		rc = run_command(r, hook, origin, json_object_array_get_idx(list, i), err);
	}
	return rc;
}

/* Due when its marker is missing or of another creation (start). An empty one counts as done. */
static bool take_marker(struct runner *r, const struct hook *hook)
{
	if (hook->marker < 0)
		return true;
	const char *now = hook->each_start ? r->t->started_at : r->t->created;
	const char *have = r->t->markers[hook->marker];
	if (have && (!*have || str_eq(have, now)))
		return false;
	strv_push(&r->due, probe_marker_files[hook->marker]);
	strv_push(&r->due, now);
	free(r->t->markers[hook->marker]);
	r->t->markers[hook->marker] = xstrdup(now);
	return true;
}

/* Markers of hooks without commands. */
static int write_due(struct runner *r, struct err *err)
{
	if (!r->due.n)
		return 0;
	cleanup_strv struct strv nothing = STRV_INIT, argv = STRV_INIT;
	strv_push(&nothing, "true");
	wrap(r, &nothing, &argv);
	forget_due(r);
	struct engine_exec x = { .container = r->t->id, .user = r->t->user, .argv = (const char *const *)argv.v,
	    .output = show };
	return engine_exec(r->t->engine, &x, err) < 0 ? err_wrap(err, "cannot note that the hooks have run") : 0;
}

/* How many of the hooks are wanted. */
static size_t how_many(const struct dev_target *t, const struct dev_hook_options *opts)
{
	if (opts->skip_post_create)
		return 0;
	if (opts->prebuild)
		return UPDATE_CONTENT + 1;
	size_t n = ARRAY_LEN(hooks);
	if (opts->skip_non_blocking) {
		const char *wait_for = json_str(t->merged, "waitFor");
		if (!wait_for)
			wait_for = hooks[UPDATE_CONTENT].name;
		if (str_eq(wait_for, "initializeCommand"))
			return 0;
		for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
			if (str_eq(wait_for, hooks[i].name))
				n = i + 1;
	}
	return opts->skip_post_attach ? MIN(n, ARRAY_LEN(hooks) - 1) : n;
}

int dev_run_hooks(struct dev_target *t, const struct dev_hook_options *opts, struct err *err)
{
	struct runner r = { .t = t, .env = STRV_INIT, .due = STRV_INIT };
	for (size_t i = 0; i < t->env.n; i++)
		strv_push(&r.env, t->env.v[i]);
	for (size_t i = 0; i < t->unset.n; i++)
		strv_push(&r.env, t->unset.v[i]);
	for (size_t i = 0; opts->secrets && i < opts->secrets->n; i++) {
		const char *secret = opts->secrets->v[i], *eq = strchr(secret, '=');
		cleanup_free char *name = xmemdup0(secret, (size_t)(eq - secret));
		env_set(&r.env, name, eq + 1);
	}

	size_t n = how_many(t, opts);
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		bool again = opts->prebuild && i == UPDATE_CONTENT;
		if (take_marker(&r, &hooks[i]) || again)
			rc = run_hook(&r, &hooks[i], err);
		if (rc == 0 && i == POST_CREATE && opts->dotfiles)
			dev_dotfiles_install(t, opts->dotfiles, &r.env);
	}
	if (rc == 0)
		rc = write_due(&r, err);
	strv_fini(&r.env);
	strv_fini(&r.due);
	return rc;
}
