/* A compose project as lace sees it: its files, its name, what `config` makes of them, and the commands that
 * are run. The override is written by compose_override.c. */
#include "dev/compose.h"

#include "base/mem.h"
#include "host/dotlace.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/xdg.h"
#include "host/yml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOTENV_BYTES_MAX (1u << 20)
/* The reference CLI knows its own override by this beginning, and goes on with the file of an existing container. */
#define OVERRIDE_NAME "docker-compose.devcontainer.containerFeatures-lace.yml"

/* ---- the files ---- */

/* Without "." and "..", links not looked at. path is absolute. */
static char *normal(const char *path)
{
	struct str s = STR_INIT;
	for (const char *p = path; *p;) {
		while (*p == '/')
			p++;
		size_t len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			while (s.len && s.s[s.len - 1] != '/')
				s.len--;
			if (s.len)
				s.len--;
			if (s.cap)
				s.s[s.len] = '\0';
		} else if (len && !(len == 1 && *p == '.')) {
			str_putc(&s, '/');
			str_add(&s, p, len);
		}
		p += len;
	}
	if (!s.len)
		str_putc(&s, '/');
	return str_detach(&s);
}

static void add_file(struct dev_compose *dc, const char *folder, const char *name)
{
	cleanup_free char *path = fs_join(folder, name);
	strv_take(&dc->files, normal(path));
}

/* NAME=value of a .env file, the rest of the line without blanks around it; NULL when it is not there or empty.
 * malloc()ed. */
static char *dotenv_value(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = text; p && *p; p = strchr(p, '\n'), p += p != NULL) {
		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		p += len + 1;
		p += strspn(p, " \t");
		size_t n = strcspn(p, "\r\n");
		while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
			n--;
		return n ? xmemdup0(p, n) : NULL;
	}
	return NULL;
}

/* The workspace's .env; NULL when there is none. */
static char *read_dotenv(const struct dev_config *c, struct err *err)
{
	cleanup_free char *path = fs_join(c->workspace, ".env");
	cleanup_str struct str text = STR_INIT;
	if (fs_is_dir(path))
		return NULL;
	if (fs_read(path, DOTENV_BYTES_MAX, &text, err) == 0)
		return str_detach(&text);
	if (err->sys == ENOENT)
		err_fini(err);
	return NULL;
}

static void default_files(struct dev_compose *dc, const char *dotenv)
{
	const char *workspace = dc->config->workspace, *env = getenv("COMPOSE_FILE");
	const char *separator = getenv("COMPOSE_PATH_SEPARATOR");
	cleanup_free char *said = env && *env ? xstrdup(env) : dotenv ? dotenv_value(dotenv, "COMPOSE_FILE") : NULL;
	if (said) {
		size_t skip = separator && *separator ? strlen(separator) : 1;
		for (char *p = said, *end; p; p = end) {
			end = strstr(p, separator && *separator ? separator : ":");
			if (end) {
				*end = '\0';
				end += skip;
			}
			if (*p)
				add_file(dc, workspace, p);
		}
		return;
	}
	static const char *const names[] = { "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml" };
	static const char *const more[] = { "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml",
		"docker-compose.override.yaml" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		cleanup_free char *path = fs_join(workspace, names[i]);
		if (!fs_exists(path))
			continue;
		add_file(dc, workspace, names[i]);
		for (size_t k = 0; k < ARRAY_LEN(more); k++) {
			cleanup_free char *override = fs_join(workspace, more[k]);
			if (fs_exists(override)) {
				add_file(dc, workspace, more[k]);
				return;
			}
		}
		return;
	}
}

static int find_files(struct dev_compose *dc, const char *dotenv, struct err *err)
{
	const struct dev_config *c = dc->config;
	json_object *said = json_get(c->conf, "dockerComposeFile");
	size_t n = json_object_is_type(said, json_type_array) ? json_object_array_length(said) : 0;
	if (json_object_is_type(said, json_type_string))
		add_file(dc, c->config_dir, json_object_get_string(said));
	for (size_t i = 0; i < n; i++)
		add_file(dc, c->config_dir, json_object_get_string(json_object_array_get_idx(said, i)));
	if (dc->files.n == 0) {
		default_files(dc, dotenv);
		if (dotenv)
			dc->env_file = fs_join(c->workspace, ".env");
	}
	if (dc->files.n == 0)
		return err_set(err, ERR_NOT_FOUND, "%s: \"dockerComposeFile\" is empty, and there is no docker-compose.yml in %s",
		    c->config_path, c->workspace);
	for (size_t i = 0; i < dc->files.n; i++)
		if (!fs_exists(dc->files.v[i]))
			return err_set(err, ERR_NOT_FOUND, "%s: \"dockerComposeFile\" names %s, which does not exist", c->config_path,
			    dc->files.v[i]);
	return 0;
}

/* ---- the project's name ---- */

/* Lower case; what compose forbids is dropped. NULL when nothing is left. */
static char *cleaned(const char *name)
{
	struct str s = STR_INIT;
	for (const char *p = name; *p; p++) {
		char ch = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;
		if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_')
			str_putc(&s, ch);
	}
	return s.len ? str_detach(&s) : NULL;
}

char *dev_compose_project_name(const char *workspace, const char *env, const char *dotenv, const char *name,
    const char *first)
{
	char *ret = env ? cleaned(env) : NULL;
	cleanup_free char *line = dotenv ? dotenv_value(dotenv, "COMPOSE_PROJECT_NAME") : NULL;
	if (!ret && line)
		ret = cleaned(line);
	if (!ret && name)
		ret = cleaned(name);
	if (ret)
		return ret;
	cleanup_free char *dir = fs_dirname(first), *own = fs_join(workspace, ".devcontainer");
	cleanup_free char *both = xasprintf("%s_devcontainer", fs_basename(workspace));
	ret = cleaned(str_eq(dir, own) ? both : fs_basename(dir));
	return ret ? ret : xstrdup("devcontainer");
}

/* compose 2 always prints a name, made from the folder's when no file has one: ".devcontainer" gives
 * "devcontainer", which counts only where a file says it. */
static bool a_file_names_it(const struct dev_compose *dc)
{
	for (size_t i = dc->files.n; i-- > 0;) {
		cleanup_str struct str text = STR_INIT;
		cleanup_err struct err ignored = ERR_INIT;
		if (fs_read(dc->files.v[i], YML_BYTES_MAX, &text, &ignored) < 0)
			continue;
		json_object *file = yml_parse(text.s, text.len, dc->files.v[i], &ignored);
		bool named = json_get(file, "name") != NULL;
		json_object_put(file);
		if (named)
			return true;
	}
	return false;
}

/* ---- commands ---- */

static void begin(const struct dev_compose *dc, struct strv *args)
{
	if (dc->project) {
		strv_push(args, "--project-name");
		strv_push(args, dc->project);
	}
	for (size_t i = 0; i < dc->files.n; i++) {
		strv_push(args, "-f");
		strv_push(args, dc->files.v[i]);
	}
	if (dc->env_file) {
		strv_push(args, "--env-file");
		strv_push(args, dc->env_file);
	}
}

/* The service's own profiles: without them, compose 1 and 2 start only what has none. */
static void add_profiles(const struct dev_compose *dc, struct strv *args)
{
	json_object *profiles = json_get(dc->service, "profiles");
	size_t n = json_object_is_type(profiles, json_type_array) ? json_object_array_length(profiles) : 0;
	for (size_t i = 0; i < n; i++) {
		strv_push(args, "--profile");
		strv_push(args, json_object_get_string(json_object_array_get_idx(profiles, i)));
	}
}

/* runServices and the dev container's; nothing at all means every service. */
static void add_services(const struct dev_compose *dc, struct strv *args)
{
	json_object *services = json_get(dc->config->conf, "runServices");
	size_t n = json_object_is_type(services, json_type_array) ? json_object_array_length(services) : 0, first = args->n;
	for (size_t i = 0; i < n; i++)
		strv_push(args, json_object_get_string(json_object_array_get_idx(services, i)));
	for (size_t i = first; n && i < args->n; i++)
		if (str_eq(args->v[i], dc->service_name))
			return;
	if (n)
		strv_push(args, dc->service_name);
}

static int read_model(struct dev_compose *dc, struct err *err)
{
	cleanup_strv struct strv args = STRV_INIT;
	cleanup_str struct str out = STR_INIT;
	begin(dc, &args);
	if (engine_compose_since(dc->program, 2, 0)) {
		strv_push(&args, "--profile");
		strv_push(&args, "*");
	}
	strv_push(&args, "config");
	if (engine_compose_run(dc->program, dc->config->workspace, &args, false, &out, err) < 0)
		return err_wrap(err, "cannot read %s", dc->files.v[0]);
	dc->model = yml_parse(out.s, out.len, "compose config", err);
	if (err_is(err))
		return -1;
	return 0;
}

static int find_service(struct dev_compose *dc, struct err *err)
{
	const char *path = dc->config->config_path;
	dc->service_name = json_str(dc->config->conf, "service");
	if (!dc->service_name)
		return err_set(err, ERR_FAILED, "%s: \"service\" is missing: name the service of %s that is the dev container",
		    path, dc->files.v[0]);
	json_object *services = json_get(dc->model, "services");
	dc->service = json_get(services, dc->service_name);
	if (dc->service)
		return 0;
	cleanup_str struct str names = STR_INIT;
	if (json_object_is_type(services, json_type_object)) {
		json_object_object_foreach(services, name, value) {
			(void)value;
			str_printf(&names, "%s%s", names.len ? ", " : "", name);
		}
	}
	return err_set(err, ERR_FAILED, "%s: Service '%s' configured in devcontainer.json not found in Docker Compose "
	    "configuration (it has: %s)", path, dc->service_name, names.len ? names.s : "none");
}

static int open_project(struct dev_compose *dc, const char *program, struct err *err)
{
	cleanup_free char *dotenv = read_dotenv(dc->config, err);
	if (err_is(err) || find_files(dc, dotenv, err) < 0)
		return -1;
	dc->program = engine_compose_open(dc->engine, program, err);
	if (!dc->program)
		return -1;
	/* What ours was tried with; the rest is believed, and said. */
	const char *version = engine_compose_version(dc->program);
	if (!str_starts(version, "1.29.") && !str_starts(version, "2.32."))
		log_info("Docker Compose %s: lace is tested with 1.29 and 2.32", version);
	if (read_model(dc, err) < 0 || find_service(dc, err) < 0)
		return -1;
	const char *name = json_str(dc->model, "name");
	if (name && str_eq(name, "devcontainer") && !a_file_names_it(dc))
		name = NULL;
	dc->project = dev_compose_project_name(dc->config->workspace, getenv("COMPOSE_PROJECT_NAME"), dotenv, name,
	    dc->files.v[0]);
	return 0;
}

struct dev_compose *dev_compose_open(struct engine *e, const struct dev_config *c, const char *program,
    struct err *err)
{
	struct dev_compose *dc = xcalloc(1, sizeof(*dc));
	dc->engine = e;
	dc->config = c;
	if (open_project(dc, program, err) == 0)
		return dc;
	dev_compose_close(dc);
	return NULL;
}

void dev_compose_close(struct dev_compose *dc)
{
	if (!dc)
		return;
	engine_compose_close(dc->program);
	strv_fini(&dc->files);
	free(dc->env_file);
	free(dc->project);
	json_object_put(dc->model);
	free(dc);
}

/* ---- the service ---- */

json_object *dev_compose_find(struct dev_compose *dc, struct err *err)
{
	cleanup_free char *project = xasprintf(COMPOSE_LABEL_PROJECT "=%s", dc->project);
	cleanup_free char *service = xasprintf(COMPOSE_LABEL_SERVICE "=%s", dc->service_name);
	const char *const labels[] = { project, service, NULL };
	json_object *list = engine_list(dc->engine, labels, true, err), *found = NULL;
	for (size_t i = 0; list && !found && i < json_object_array_length(list); i++) {
		json_object *c = json_object_array_get_idx(list, i);
		const char *state = json_str(c, "State"), *once = json_str(json_get(c, "Labels"), "com.docker.compose.oneoff");
		if (!(state && str_eq(state, "removing")) && !(once && strcasecmp(once, "true") == 0))
			found = json_object_get(c);
	}
	json_object_put(list);
	return found;
}

bool dev_compose_builds(const struct dev_compose *dc)
{
	return json_get(dc->service, "build") != NULL;
}

char *dev_compose_image(const struct dev_compose *dc)
{
	const char *image = json_str(dc->service, "image");
	if (image)
		return xstrdup(image);
	return xasprintf("%s%s%s", dc->project, engine_compose_since(dc->program, 2, 8) ? "-" : "_", dc->service_name);
}

const char *dev_compose_user(const struct dev_compose *dc)
{
	json_object *user = json_get(dc->service, "user");
	const char *text = user ? json_object_get_string(user) : NULL;
	return text && *text ? text : NULL;
}

bool dev_compose_can_publish(const struct dev_compose *dc)
{
	const char *mode = json_str(dc->service, "network_mode");
	return !mode || str_eq(mode, "bridge") || str_starts(mode, "service:");
}

int dev_compose_build(struct dev_compose *dc, bool no_cache, struct err *err)
{
	cleanup_strv struct strv args = STRV_INIT;
	begin(dc, &args);
	add_profiles(dc, &args);
	strv_push(&args, "build");
	if (no_cache)
		strv_push(&args, "--no-cache");
	add_services(dc, &args);
	progress_step("Building the services of %s", dc->project);
	if (engine_compose_run(dc->program, dc->config->workspace, &args, true, NULL, err) == 0)
		return 0;
	progress_show_output();
	cleanup_free char *reason = xstrdup(err->msg);
	return err_set(err, err->code, "cannot build the services of %s: %s%s%s", dc->files.v[0], reason,
	    log_path() ? "; its output is in " : "", log_path() ? log_path() : "");
}

/* ---- up ---- */

/* Compose reads the override from the state folder: the workspace's .lace can be written from inside a
 * container, and gets a copy for people. */
static char *write_override(const struct dev_compose *dc, json_object *override, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	json_pretty(&text, override);
	char hex[65];
	sha256_hex(dc->config->config_path, strlen(dc->config->config_path), hex);
	cleanup_free char *name = xasprintf("compose/%.20s", hex), *dir = xdg_state(name);
	char *path = fs_join(dir, OVERRIDE_NAME);
	cleanup_err struct err unseen = ERR_INIT;
	if (dotlace_write(dc->config->workspace, "docker-compose.lace.yml", text.s, text.len, &unseen) < 0)
		log_info("%s", unseen.msg);
	if (fs_mkdir_p(dir, 0700, err) == 0 && fs_write_atomic(path, text.s, text.len, 0600, err) == 0)
		return path;
	free(path);
	return NULL;
}

static int up(struct dev_compose *dc, const char *override, bool as_they_are, struct err *err)
{
	cleanup_strv struct strv args = STRV_INIT;
	begin(dc, &args);
	if (override) {
		strv_push(&args, "-f");
		strv_push(&args, override);
	}
	add_profiles(dc, &args);
	strv_push(&args, "up");
	strv_push(&args, "-d");
	if (as_they_are)
		strv_push(&args, "--no-recreate");
	add_services(dc, &args);
	progress_step("Starting the services of %s", dc->project);
	return engine_compose_run(dc->program, dc->config->workspace, &args, true, NULL, err);
}

char *dev_compose_up(struct dev_compose *dc, json_object *override, struct err *err)
{
	cleanup_free char *path = write_override(dc, override, err);
	if (!path || up(dc, path, false, err) < 0)
		return NULL;
	json_object *found = dev_compose_find(dc, err);
	const char *id = json_str(found, "Id");
	char *ret = id ? xstrdup(id) : NULL;
	json_object_put(found);
	if (!ret && !err_is(err))
		err_set(err, ERR_FAILED, "compose started the project %s, but its service \"%s\" has no container (scale: 0?)",
		    dc->project, dc->service_name);
	return ret;
}

int dev_compose_start(struct dev_compose *dc, struct err *err)
{
	return up(dc, NULL, true, err);
}
