/* What may stand in devcontainer.json, as one table.
 *
 * A row is a place ("mounts[].type"; "*" is a name that the person chooses),
 * the types that are legal there and, where types do not say enough, the legal
 * words or a function that looks at the value. A wrong type is an error at its
 * line and column. What nobody knows, and what this version does not act on, is
 * one warning each: a setting is never dropped in silence.
 *
 * The check runs on the file as read, because values have positions only there.
 * A string that still contains "${" is therefore checked for its type alone.
 *
 * Source: devcontainer.md 1.2. Two deliberate tolerances, both the reference
 * CLI's: numbers and booleans as values of environment variables and build
 * arguments (they are used as text), and null for a whole property (it counts
 * as not set). */
#include "dev/check.h"

#include "base/mem.h"
#include "dev/mount.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { S = 1, B = 2, I = 4, N = 8, O = 16, A = 32, Z = 64 };     /* I: integer, N: any number, Z: null */
enum { SCALAR = S | B | N };

enum where {
	ANYWHERE,
	SINGLE,         /* image or Dockerfile: no effect with Compose */
	COMPOSE,        /* no effect without dockerComposeFile */
};

/* NULL when the value is fine, else what was expected ("an absolute path"). */
typedef const char *(*look)(json_object *value);

struct place {
	const char *path;
	unsigned types;
	const char *words;      /* legal strings, separated by spaces */
	look look;
	enum where where;
	bool free;              /* whatever is inside is somebody else's */
	bool names_env;         /* member names are names of environment variables */
};

static const char *text(json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static const char *not_empty(json_object *value)
{
	const char *s = text(value);
	return s && !*s ? "a string that is not empty" : NULL;
}

static const char *absolute(json_object *value)
{
	const char *s = text(value);
	return s && *s != '/' ? "an absolute path in the container" : NULL;
}

static const char *mount(json_object *value)
{
	/* An object's members are checked one by one, and may still be waiting for their variables. */
	if (json_object_is_type(value, json_type_object)) {
		if (!json_get(value, "target"))
			return "an object with \"type\", \"source\" and \"target\"";
		const char *type = json_str(value, "type");
		if (type && str_eq(type, "bind") && !json_get(value, "source"))
			return "a \"source\" in a bind mount";
		return NULL;
	}
	struct dev_mount m;
	if (dev_mount_parse(value, &m))
		return "a mount such as \"type=bind,source=/on/the/host,target=/in/the/container\"";
	dev_mount_fini(&m);
	return NULL;
}

static const char *workspace_mount(json_object *value)
{
	const char *s = text(value);
	return s && !*s ? NULL : mount(value);    /* "": no mount at all */
}

static const char *publish(json_object *value)
{
	bool loopback;
	const char *s = text(value);
	if (s && !dev_publish_spec(s, &loopback))
		return "a port as the engine's -p takes it, such as \"127.0.0.1:3000:3000\"";
	if (json_object_is_type(value, json_type_int) &&
	    (json_object_get_int64(value) < 1 || json_object_get_int64(value) > 65535))
		return "a port from 1 to 65535";
	return NULL;
}

static const char *forward(json_object *value)
{
	static const char expected[] = "a port from 0 to 65535 or \"host:port\"";
	const char *s = text(value);
	int64_t port = json_object_get_int64(value);
	if (s) {
		const char *colon = strrchr(s, ':');
		size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
		for (const char *p = s; colon && p < colon; p++)
			if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
				return expected;
		if (!colon || colon == s || digits == 0 || digits > 5 || colon[1 + digits])
			return expected;
		port = strtol(colon + 1, NULL, 10);
	}
	return port < 0 || port > 65535 ? expected : NULL;
}

static const char *positive(json_object *value)
{
	return json_object_get_int64(value) < 1 ? "an integer from 1" : NULL;
}

static const char *bytes(json_object *value)
{
	const char *s = text(value);
	size_t digits = strspn(s, "0123456789");
	const char *unit = s + digits;
	if (digits && (!*unit || (strchr("tgmk", *unit) && str_eq(unit + 1, "b"))))
		return NULL;
	return "a size such as \"512mb\" or \"4gb\"";
}

static const char *gpu(json_object *value)
{
	const char *s = text(value);
	return s && !str_eq(s, "optional") ? "true, false, \"optional\" or an object" : NULL;
}

#define STRINGS(name) { name, A }, { name "[]", S }
#define HOOK(name) { name, S | A | O }, { name "[]", S }, { name ".*", S | A }, { name ".*[]", S }
#define PORT(name, actions) { name, O }, { name ".label", S }, { name ".protocol", S, "http https" }, \
	{ name ".onAutoForward", S, actions }, { name ".requireLocalPort", B }, { name ".elevateIfNeeded", B }

static const struct place places[] = {
	{ "$schema", S },
	{ "name", S },
	{ "image", S, .look = not_empty },
	{ "dockerFile", S, .look = not_empty },
	{ "context", S },
	{ "build", O, .where = SINGLE },
	{ "build.dockerfile", S, .look = not_empty },
	{ "build.context", S },
	{ "build.args", O },
	{ "build.args.*", SCALAR },
	{ "build.target", S },
	{ "build.cacheFrom", S | A },
	{ "build.cacheFrom[]", S },
	STRINGS("build.options"),
	{ "features", O },
	{ "features.*", S | B | O },
	{ "features.*.*", SCALAR },
	STRINGS("overrideFeatureInstallOrder"),
	{ "customizations", O, .free = true },
	{ "forwardPorts", A },
	{ "forwardPorts[]", I | S, .look = forward },
	{ "portsAttributes", O },
	PORT("portsAttributes.*", "notify openBrowser openBrowserOnce openPreview silent ignore"),
	PORT("otherPortsAttributes", "notify openBrowser openPreview silent ignore"),
	{ "containerEnv", O, .names_env = true },
	{ "containerEnv.*", SCALAR },
	{ "remoteEnv", O, .names_env = true },
	{ "remoteEnv.*", SCALAR | Z },
	{ "containerUser", S },
	{ "remoteUser", S },
	{ "updateRemoteUserUID", B },
	{ "userEnvProbe", S, "none interactiveShell loginShell loginInteractiveShell" },
	{ "overrideCommand", B },
	{ "shutdownAction", S, "none stopContainer stopCompose" },
	{ "init", B },
	{ "privileged", B },
	STRINGS("capAdd"),
	STRINGS("securityOpt"),
	{ "mounts", A },
	{ "mounts[]", S | O, .look = mount },
	{ "mounts[].type", S, "bind volume tmpfs" },
	{ "mounts[].source", S },
	{ "mounts[].target", S, .look = not_empty },
	{ "mounts[].external", B },
	{ "secrets", O, .names_env = true },
	{ "secrets.*", O },
	{ "secrets.*.description", S },
	{ "secrets.*.documentationUrl", S },
	{ "hostRequirements", O },
	{ "hostRequirements.cpus", I, .look = positive },
	{ "hostRequirements.memory", S, .look = bytes },
	{ "hostRequirements.storage", S, .look = bytes },
	{ "hostRequirements.gpu", B | S | O, .look = gpu },
	{ "hostRequirements.gpu.cores", I, .look = positive },
	{ "hostRequirements.gpu.memory", S, .look = bytes },
	{ "appPort", I | S | A, .look = publish },
	{ "appPort[]", I | S, .look = publish },
	{ "workspaceMount", S, .look = workspace_mount, .where = SINGLE },
	{ "workspaceFolder", S, .look = absolute },
	{ "runArgs", A, .where = SINGLE },
	{ "runArgs[]", S },
	{ "dockerComposeFile", S | A },
	{ "dockerComposeFile[]", S, .look = not_empty },
	{ "service", S, .look = not_empty, .where = COMPOSE },
	{ "runServices", A, .where = COMPOSE },
	{ "runServices[]", S },
	HOOK("initializeCommand"),
	HOOK("onCreateCommand"),
	HOOK("updateContentCommand"),
	HOOK("postCreateCommand"),
	HOOK("postStartCommand"),
	HOOK("postAttachCommand"),
	{ "waitFor", S,
	    "initializeCommand onCreateCommand updateContentCommand postCreateCommand postStartCommand" },
	/* Before `customizations` existed; moved there on reading (config.c). */
	STRINGS("extensions"),
	{ "settings", O, .free = true },
	{ "devPort", I },
};

struct check {
	const char *file;
	struct strv *warnings;
	size_t more;            /* warnings beyond the limit */
	bool compose;
	struct err *err;
};

/* "FILE:LINE:COL: " as far as it is known. */
static void put_where(struct str *s, const struct check *c, json_object *value)
{
	struct jsonc_pos pos = value ? jsonc_pos(value) : (struct jsonc_pos){ 0, 0 };
	str_puts(s, c->file);
	if (pos.line)
		str_printf(s, ":%u:%u", pos.line, pos.col);
	str_puts(s, ": ");
}

__attribute__((format(printf, 3, 4)))
static void warn(struct check *c, json_object *value, const char *fmt, ...)
{
	if (c->warnings->n >= DEV_CHECK_WARNINGS_MAX) {
		c->more++;
		return;
	}
	struct str s = STR_INIT;
	va_list ap;
	put_where(&s, c, value);
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	strv_take(c->warnings, str_detach(&s));
}

static int fail(struct check *c, json_object *value, const char *name, const char *expected)
{
	cleanup_str struct str s = STR_INIT, json = STR_INIT;
	put_where(&s, c, value);
	str_printf(&s, "\"%s\": expected %s, found ", name, expected);
	json_stringify(&json, value);
	log_safe(&s, json.s, json.len, 60, false);
	return err_set(c->err, ERR_FAILED, "%s", s.s);
}

static unsigned type_of(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		return S;
	case json_type_boolean:
		return B;
	case json_type_int:
		return I | N;
	case json_type_double:
		return N;
	case json_type_object:
		return O;
	case json_type_array:
		return A;
	default:
		return Z;
	}
}

/* "a string, an array or an object" */
static void put_types(struct str *s, unsigned types)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ S, "a string" }, { B, "true or false" }, { I, "an integer" }, { N, "a number" }, { O, "an object" },
		{ A, "an array" }, { Z, "null" },
	};
	unsigned left = types;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(left & names[i].bit))
			continue;
		left &= ~names[i].bit;
		str_printf(s, "%s%s", s->len == 0 ? "" : left ? ", " : " or ", names[i].name);
	}
}

static void put_words(struct str *s, const char *words)
{
	for (const char *p = words; *p;) {
		size_t len = strcspn(p, " ");
		bool last = !p[len];
		str_printf(s, "%s\"%.*s\"", s->len == 0 ? "" : last ? " or " : ", ", (int)len, p);
		p += len + !last;
	}
}

static bool is_word(const char *words, const char *s)
{
	size_t len = strlen(s);
	for (const char *p = words; *p;) {
		size_t n = strcspn(p, " ");
		if (n == len && memcmp(p, s, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

/* A chosen name that only looks like a part of the table's own spelling matches no row. */
static bool is_plain(const char *name)
{
	return *name && !strpbrk(name, ".*[]");
}

static const struct place *find(const char *parent, const char *dot, const char *name, bool fold)
{
	cleanup_free char *path = xasprintf("%s%s%s", parent, dot, name);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (fold ? strcasecmp(places[i].path, path) == 0 : str_eq(places[i].path, path))
			return &places[i];
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot ? dot + 1 : path;
}

static int check_members(struct check *c, const char *parent, const char *shown, json_object *object);

/* One value against its row. shown is the place in the person's own words. */
static int check_value(struct check *c, const struct place *p, const char *shown, json_object *value)
{
	cleanup_str struct str expected = STR_INIT;
	if (!(type_of(value) & p->types)) {
		if (!value && !strchr(p->path, '.') && !strchr(p->path, '[')) {
			warn(c, NULL, "\"%s\" is null: it counts as not set", shown);
			return 0;
		}
		put_types(&expected, p->types);
		return fail(c, value, shown, expected.s);
	}
	const char *s = text(value);
	if (s && strlen(s) != (size_t)json_object_get_string_len(value))
		return fail(c, value, shown, "a string without NUL characters");
	bool open = s && strstr(s, "${");
	if (p->words && s && !open && !is_word(p->words, s)) {
		put_words(&expected, p->words);
		return fail(c, value, shown, expected.s);
	}
	const char *wrong = p->look && !open ? p->look(value) : NULL;
	if (wrong)
		return fail(c, value, shown, wrong);
	if (p->where == SINGLE && c->compose)
		warn(c, value, "\"%s\" has no effect with dockerComposeFile", shown);
	if (p->where == COMPOSE && !c->compose)
		warn(c, value, "\"%s\" has no effect without dockerComposeFile", shown);
	if (p->free)
		return 0;

	if (json_object_is_type(value, json_type_array)) {
		const struct place *item = find(p->path, "", "[]", false);
		for (size_t i = 0; item && i < json_object_array_length(value); i++) {
			cleanup_free char *name = xasprintf("%s[%zu]", shown, i);
			if (check_value(c, item, name, json_object_array_get_idx(value, i)) < 0)
				return -1;
		}
	} else if (json_object_is_type(value, json_type_object)) {
		if (p->names_env) {
			json_object_object_foreach(value, key, member) {
				if (!*key || strchr(key, '='))
					return fail(c, member, shown, "names of environment variables, without \"=\"");
			}
		}
		return check_members(c, p->path, shown, value);
	}
	return 0;
}

static int check_members(struct check *c, const char *parent, const char *shown, json_object *object)
{
	const char *dot = *parent ? "." : "";
	const struct place *any = find(parent, dot, "*", false);
	json_object_object_foreach(object, key, value) {
		const struct place *p = is_plain(key) ? find(parent, dot, key, false) : NULL;
		cleanup_str struct str name = STR_INIT;
		str_printf(&name, "%s%s", shown, *shown ? "." : "");
		log_safe(&name, key, strlen(key), 60, false);
		if (!p)
			p = any;
		if (!p) {
			const struct place *like = is_plain(key) ? find(parent, dot, key, true) : NULL;
			if (like)
				warn(c, value, "unknown property \"%s\": is \"%s\" meant?", name.s, last_part(like->path));
			else
				warn(c, value, "unknown property \"%s\"", name.s);
		} else if (check_value(c, p, name.s, value) < 0) {
			return -1;
		}
	}
	return 0;
}

enum dev_kind dev_config_kind(json_object *conf)
{
	if (json_str(conf, "dockerFile") || json_str(json_get(conf, "build"), "dockerfile"))
		return DEV_KIND_DOCKERFILE;
	if (json_str(conf, "image"))
		return DEV_KIND_IMAGE;
	return json_get(conf, "dockerComposeFile") ? DEV_KIND_COMPOSE : DEV_KIND_NONE;
}

int dev_check(json_object *conf, const char *file, struct strv *warnings, struct err *err)
{
	struct check c = { .file = file, .warnings = warnings, .err = err };
	if (!json_object_is_type(conf, json_type_object))
		return err_set(err, ERR_FAILED, "%s: expected a JSON object, \"{ ... }\"", file);
	c.compose = dev_config_kind(conf) == DEV_KIND_COMPOSE;
	if (check_members(&c, "", "", conf) < 0)
		return -1;
	json_object *build = json_get(conf, "build");
	if (build && !json_get(build, "dockerfile"))
		warn(&c, build, "\"build\" has no \"dockerfile\": it has no effect");
	if (c.more)
		strv_pushf(warnings, "%s: and %zu more of this kind", file, c.more);
	return 0;
}

int dev_config_check(json_object *conf, const char *file, struct err *err)
{
	cleanup_strv struct strv warnings = STRV_INIT;
	int r = dev_check(conf, file, &warnings, err);
	for (size_t i = 0; i < warnings.n; i++)
		log_warn("%s", warnings.v[i]);
	return r;
}
