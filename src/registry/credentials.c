/* Sources, the first that has something wins: DEVCONTAINERS_OCI_AUTH, Docker's config.json
 * (a helper of this registry, the helper of all, the file itself), GITHUB_TOKEN for
 * ghcr.io, and then Podman's auth.json, which the reference CLI does not read.
 *
 * A helper is run only for a registry that has asked for credentials, and its name may
 * hold no slash: config.json says which of the programs on PATH to run, not which file. */
#include "registry/credentials.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/proc.h"
#include "host/xdg.h"

#include <string.h>
#include <strings.h>

/* Docker Hub goes by the address of its old API in every such file. */
static const char hub[] = "docker.io", hub_key[] = "https://index.docker.io/v1/";

void credentials_fini(struct credentials *c)
{
	free(c->user);
	free(c->secret);
	free(c->identity);
	*c = (struct credentials){ 0 };
}

static bool too_long(const char *text)
{
	return strlen(text) > CREDENTIALS_TEXT_MAX || strpbrk(text, "\r\n");
}

static bool take(struct credentials *ret, const char *user, const char *secret, const char *identity)
{
	bool pair = user && *user && secret && *secret;
	if ((!pair && !(identity && *identity)) || (pair && (too_long(user) || too_long(secret))) ||
	    (identity && too_long(identity)))
		return false;
	*ret = (struct credentials){ pair ? xstrdup(user) : NULL, pair ? xstrdup(secret) : NULL,
		identity && *identity ? xstrdup(identity) : NULL };
	return true;
}

bool credentials_from_list(const char *list, const char *host, struct credentials *ret)
{
	cleanup_free char *copy = xstrdup(list);
	char *rest = copy, *entry;
	while ((entry = strsep(&rest, ","))) {
		char *service = strsep(&entry, "|"), *user = strsep(&entry, "|");
		if (user && entry && strcasecmp(service, host) == 0 && take(ret, user, entry, NULL))
			return true;
	}
	return false;
}

/* ---- config.json ---- */

/* The host of a key: "https://ghcr.io/v2/" and "ghcr.io" are the same. */
static bool key_is_host(const char *key, const char *host)
{
	if (str_eq(host, hub) && str_eq(key, hub_key))
		return true;
	if (str_starts(key, "https://"))
		key += 8;
	else if (str_starts(key, "http://"))
		key += 7;
	size_t n = strcspn(key, "/");
	/* Podman's file may name one repository; what is for that alone is not for the host. */
	bool path = key[n] == '/' && key[n + 1] && !str_starts(key + n, "/v1") && !str_starts(key + n, "/v2");
	return !path && n == strlen(host) && strncasecmp(key, host, n) == 0;
}

static int digit64(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

/* "auth" is "user:secret" in base 64; malloc()ed, NULL when it is neither. */
static char *decode64(const char *text)
{
	size_t len = strlen(text);
	while (len && text[len - 1] == '=')
		len--;
	if (len > CREDENTIALS_TEXT_MAX)
		return NULL;
	cleanup_str struct str out = STR_INIT;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < len; i++) {
		int d = digit64(text[i]);
		if (d < 0)
			return NULL;
		bits = (bits << 6 | (unsigned)d) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			char c = (char)(bits >> have & 0xff);
			if (c == '\0')
				return NULL;
			str_putc(&out, c);
		}
	}
	return str_detach(&out);
}

bool credentials_from_auths(json_object *config, const char *host, struct credentials *ret)
{
	json_object *auths = json_get(config, "auths");
	if (!json_object_is_type(auths, json_type_object))
		return false;
	json_object_object_foreach(auths, key, entry) {
		if (!key_is_host(key, host))
			continue;
		const char *user = json_str(entry, "username"), *secret = json_str(entry, "password");
		const char *auth = json_str(entry, "auth");
		cleanup_free char *pair = auth ? decode64(auth) : NULL;
		char *colon = pair ? strchr(pair, ':') : NULL;
		if (colon) {
			*colon = '\0';
			user = pair;
			secret = colon + 1;
		}
		if (take(ret, user, secret, json_str(entry, "identitytoken")))
			return true;
	}
	return false;
}

const char *credentials_helper(json_object *config, const char *host)
{
	json_object *helpers = json_get(config, "credHelpers");
	const char *name = NULL;
	if (json_object_is_type(helpers, json_type_object)) {
		json_object_object_foreach(helpers, key, value)
			if (!name && key_is_host(key, host))
				name = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
	}
	if (!name)
		name = json_str(config, "credsStore");
	return name && *name && strlen(name) < 100 && !strchr(name, '/') ? name : NULL;
}

bool credentials_from_helper(const char *text, size_t len, struct credentials *ret)
{
	cleanup_err struct err ignored = ERR_INIT;
	json_object *json = jsonc_parse(text, len, "answer", NULL, &ignored);
	const char *user = json_str(json, "Username"), *secret = json_str(json, "Secret");
	/* A user of this name says that the secret is a refresh token. */
	bool token = user && str_eq(user, "<token>");
	bool found = take(ret, token ? NULL : user, token ? NULL : secret, token ? secret : NULL);
	json_object_put(json);
	return found;
}

/* ---- looking it all up ---- */

struct search {
	const char *host;
	struct credentials *ret;
	credentials_warn warn;
	void *user;
};

static void say(const struct search *s, char *line)
{
	if (s->warn)
		s->warn(s->user, line);
	free(line);
}

static bool ask_helper(const struct search *s, const char *name, const char *file)
{
	cleanup_free char *program = xasprintf("docker-credential-%s", name);
	cleanup_str struct str in = STR_INIT, out = STR_INIT, said = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	struct proc p;
	proc_init(&p);
	strv_push(&p.argv, program);
	strv_push(&p.argv, "get");
	str_puts(&in, str_eq(s->host, hub) ? hub_key : s->host);
	p.in = p.out = p.err = PROC_PIPE;
	int code = proc_capture(&p, &in, &out, &said, CREDENTIALS_FILE_MAX, CREDENTIALS_HELPER_MS, &err);
	proc_fini(&p);
	if (code == 0 && credentials_from_helper(out.s, out.len, s->ret))
		return true;
	/* "credentials not found in native keychain" is its way to say that there are none. */
	if (code < 0 || (code > 0 && !strstr(out.s, "not found")))
		say(s, xasprintf("%s, which %s names for %s, gives no credentials: %s%.200s", program, file, s->host,
		    code < 0 ? err.msg : "it said ", code < 0 ? "" : out.len ? out.s : said.s));
	return false;
}

static bool search_file(const struct search *s, const char *path)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, CREDENTIALS_FILE_MAX, &text, &err) < 0)
		return false;
	json_object *config = jsonc_parse(text.s, text.len, path, NULL, &err);
	if (!config) {
		say(s, xasprintf("%s; no credentials are taken from it", err.msg));
		return false;
	}
	const char *helper = credentials_helper(config, s->host);
	bool found = helper && ask_helper(s, helper, path);
	if (!found)
		found = credentials_from_auths(config, s->host, s->ret);
	json_object_put(config);
	return found;
}

static bool search_podman(const struct search *s)
{
	const char *named = getenv("REGISTRY_AUTH_FILE"), *run = getenv("XDG_RUNTIME_DIR");
	if (named && *named == '/')
		return search_file(s, named);
	cleanup_free char *now = run && *run == '/' ? fs_join(run, "containers/auth.json") : NULL;
	cleanup_free char *kept = fs_join(xdg_home(), ".config/containers/auth.json");
	return (now && search_file(s, now)) || search_file(s, kept);
}

void credentials_find(const char *host, struct credentials *ret, credentials_warn warn, void *user)
{
	*ret = (struct credentials){ 0 };
	struct search s = { host, ret, warn, user };
	const char *list = getenv("DEVCONTAINERS_OCI_AUTH"), *dir = getenv("DOCKER_CONFIG"), *github = getenv("GITHUB_TOKEN");
	if (list && credentials_from_list(list, host, ret))
		return;
	cleanup_free char *docker = dir && *dir == '/' ? fs_join(dir, "config.json") :
	    fs_join(xdg_home(), ".docker/config.json");
	if (search_file(&s, docker))
		return;
	if (github && str_eq(host, "ghcr.io") && take(ret, "USERNAME", github, NULL))
		return;
	search_podman(&s);
}
