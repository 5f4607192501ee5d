/* The caller's end of lace-fetch. Answers are kept by id until somebody asks for them;
 * lace-fetch's questions are answered whenever we read.
 *
 * What the cache can answer without the network (a digest whose manifest and content
 * are there) never starts lace-fetch. The cache is this person's own folder, 0700; a
 * manifest is checked against its digest all the same each time it is read. */
#include "registry/registry.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/proc.h"
#include "host/sha256.h"
#include "host/xdg.h"
#include "registry/credentials.h"
#include "registry/manifest.h"
#include "registry/wire.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

const char *const fetch_codes[] = { "", "failed", "unreachable", "denied", "unknown", "mismatch" };

enum { TIMEOUT_DEFAULT = 20, TIMEOUT_MAX = 600, SETTINGS_MAX = 1 << 20 };

struct request {
	char *name;                  /* for messages: the reference or URL */
	char *digest;                /* when it was asked for by digest, or after the answer */
	bool content, tarball;
	bool known;                  /* the cache has it all */
	bool sharable;               /* by whoever asks for the same again */
	json_object *answer;         /* the whole line, once it came */
};

struct registry {
	char *cache;
	json_object *hello;
	struct proc child;
	bool running;
	struct str in;               /* what was read and is not a whole line yet */
	struct request *v;           /* a ticket is an index + 1 */
	size_t n;
	struct strv hosts;           /* that were asked about: no others get credentials */
};

/* ---- opening ---- */

/* A list of strings, or one: appended to ret. */
static void add_strings(json_object *ret, json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		json_object_array_add(ret, json_object_get(value));
	size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
	for (size_t i = 0; i < n; i++)
		if (json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
			json_object_array_add(ret, json_object_get(json_object_array_get_idx(value, i)));
}

static void add_environment_ca(json_object *ret)
{
	/* The reference CLI takes its extra authorities from Node's variable. */
	static const char *const names[] = { "LACE_CA_FILE", "NODE_EXTRA_CA_CERTS" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *path = getenv(names[i]);
		if (path && *path == '/')
			json_object_array_add(ret, json_object_new_string(path));
	}
}

static json_object *read_settings(struct err *err)
{
	cleanup_free char *path = xdg_config("settings.json");
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err unread = ERR_INIT;
	if (fs_read(path, SETTINGS_MAX, &text, &unread) < 0) {
		if (unread.sys == ENOENT)
			return json_object_new_object();
		err_set(err, ERR_FAILED, "%s", unread.msg);
		return NULL;
	}
	json_object *settings = jsonc_parse(text.s, text.len, path, NULL, err);
	if (settings && !json_object_is_type(settings, json_type_object)) {
		json_object_put(settings);
		err_set(err, ERR_FAILED, "%s: expected an object", path);
		return NULL;
	}
	return settings;
}

static json_object *hello(const char *cache, struct err *err)
{
	json_object *settings = read_settings(err);
	if (!settings)
		return NULL;
	json_object *ours = json_get(settings, "registry"), *h = json_object_new_object(), *ca = json_object_new_array();
	add_strings(ca, json_get(ours, "caFiles"));
	add_environment_ca(ca);
	const char *limit = getenv("LACE_REGISTRY_TIMEOUT");
	int64_t timeout = limit ? strtol(limit, NULL, 10) : json_int(ours, "timeout", TIMEOUT_DEFAULT);
	if (timeout < 1 || timeout > TIMEOUT_MAX)
		timeout = TIMEOUT_DEFAULT;
	json_object *mirrors = json_object_new_object(), *written = json_get(ours, "mirrors");
	if (json_object_is_type(written, json_type_object)) {
		json_object_object_foreach(written, host, value) {
			json_object *list = json_object_new_array();
			add_strings(list, value);
			json_object_object_add(mirrors, host, list);
		}
	}
	json_object_object_add(h, "cache", json_object_new_string(cache));
	json_object_object_add(h, "ca", ca);
	json_object_object_add(h, "timeout", json_object_new_int64(timeout));
	json_object_object_add(h, "mirrors", mirrors);
	json_object_object_add(h, "offline", json_object_new_boolean(getenv("LACE_OFFLINE") != NULL));
	json_object_put(settings);
	return h;
}

struct registry *registry_open(void)
{
	struct registry *r = xcalloc(1, sizeof(*r));
	r->cache = xdg_cache("registry");
	r->in = (struct str)STR_INIT;
	r->hosts = (struct strv)STRV_INIT;
	return r;
}

/* Folders and settings: needed once something is not in the cache. */
static int prepare(struct registry *r, struct err *err)
{
	if (r->hello)
		return 0;
	cleanup_free char *top = xdg_cache(NULL);
	static const char *const folders[] = { CACHE_MANIFESTS, CACHE_CONTENT, CACHE_BLOBS, CACHE_NAMES, CACHE_TEMP };
	if (fs_mkdir_p(top, 0700, err) < 0 || fs_private_dir(r->cache, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		cleanup_free char *path = fs_join(r->cache, folders[i]);
		if (fs_mkdir_p(path, 0700, err) < 0)
			return -1;
	}
	return (r->hello = hello(r->cache, err)) ? 0 : -1;
}

const char *registry_cache_dir(const struct registry *r)
{
	return r->cache;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	if (r->running) {
		/* What is whole is in the cache already; a download that is not goes on from there next time. */
		kill(r->child.pid, SIGTERM);
		cleanup_err struct err ignored = ERR_INIT;
		proc_wait(&r->child, &ignored);
		proc_fini(&r->child);
	}
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].name);
		free(r->v[i].digest);
		json_object_put(r->v[i].answer);
	}
	free(r->v);
	free(r->cache);
	json_object_put(r->hello);
	str_fini(&r->in);
	strv_fini(&r->hosts);
	free(r);
}

/* ---- lace-fetch ---- */

/* Beside lace, in the build tree's folder for it, or where it is installed. malloc()ed or NULL. */
static char *find_program(void)
{
	const char *named = getenv("LACE_FETCH");
	if (named && *named == '/')
		return xstrdup(named);
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	cleanup_free char *dir = fs_dirname(exe);
	static const char *const places[] = { "lace-fetch", "../fetch/lace-fetch", "../libexec/lace/lace-fetch", "src/fetch/lace-fetch",
		LACE_LIBEXEC "/lace-fetch" };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *path = fs_join(dir, places[i]);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int send_line(struct registry *r, json_object *line, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, line);
	str_putc(&text, '\n');
	for (size_t done = 0; done < text.len;) {
		ssize_t n = write(r->child.in, text.s + done, text.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_FAILED, "lace-fetch ended by itself");
		done += (size_t)n;
	}
	return 0;
}

static int start(struct registry *r, struct err *err)
{
	if (r->running)
		return 0;
	if (prepare(r, err) < 0)
		return -1;
	char *program = find_program();
	if (!program)
		return err_set(err, ERR_FAILED, "lace-fetch is not where it was installed, and without it nothing can be fetched from "
		    "registries; install lace again");
	proc_init(&r->child);
	strv_take(&r->child.argv, program);
	r->child.in = r->child.out = PROC_PIPE;
	/* Not in our process group: an interrupt from the keyboard is ours to handle. */
	r->child.new_session = true;
	if (proc_start(&r->child, err) < 0) {
		proc_fini(&r->child);
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	r->running = true;
	return send_line(r, r->hello, err);
}

static void warn_line(void *user, const char *line)
{
	(void)user;
	log_warn("%s", line);
}

static void add_text(json_object *o, const char *key, const char *value)
{
	if (value)
		json_object_object_add(o, key, json_object_new_string(value));
}

static int answer_ask(struct registry *r, json_object *line, struct err *err)
{
	const char *host = json_str(line, "host");
	struct credentials c = { 0 };
	if (host && strv_has(&r->hosts, host))
		credentials_find(host, &c, warn_line, NULL);
	json_object *o = json_object_new_object();
	json_object_object_add(o, "answer", json_object_new_int64(json_int(line, "ask", 0)));
	add_text(o, "user", c.user);
	add_text(o, "secret", c.secret);
	add_text(o, "identity", c.identity);
	int code = send_line(r, o, err);
	json_object_put(o);
	credentials_fini(&c);
	return code;
}

static int take_line(struct registry *r, const char *text, size_t len, struct err *err)
{
	json_object *line = jsonc_parse(text, len, "lace-fetch", NULL, err);
	if (!line)
		return -1;
	int64_t id = json_int(line, "id", 0);
	const char *warning = json_str(line, "warning"), *progress = json_str(line, "progress");
	int code = 0;
	if (json_get(line, "ask"))
		code = answer_ask(r, line, err);
	else if (warning)
		log_warn("%s", warning);
	else if (progress)
		progress_output(progress, strlen(progress));
	else if (id > 0 && (uint64_t)id <= r->n && !r->v[id - 1].answer)
		r->v[id - 1].answer = json_object_get(line);
	json_object_put(line);
	return code;
}

/* Reads what is there, waiting for at least a byte. */
static int read_some(struct registry *r, struct err *err)
{
	char chunk[65536];
	ssize_t n = read(r->child.out, chunk, sizeof(chunk));
	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0)
		return err_set(err, ERR_FAILED, "lace-fetch ended by itself");
	str_add(&r->in, chunk, (size_t)n);
	char *nl;
	while ((nl = memchr(r->in.s, '\n', r->in.len))) {
		size_t len = (size_t)(nl - r->in.s);
		int code = take_line(r, r->in.s, len, err);
		str_drop(&r->in, len + 1);
		if (code < 0)
			return -1;
	}
	if (r->in.len > WIRE_LINE_MAX)
		return err_set(err, ERR_FAILED, "lace-fetch said more than %u bytes in one line", WIRE_LINE_MAX);
	return 0;
}

static int wait_for(struct registry *r, const struct request *q, struct err *err)
{
	while (!q->answer)
		if (read_some(r, err) < 0)
			return -1;
	return 0;
}

/* ---- requests ---- */

/* The same question was asked before: its ticket, or 0. */
static unsigned asked_before(const struct registry *r, const char *name, bool content)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].sharable && r->v[i].content == content && str_eq(r->v[i].name, name))
			return (unsigned)i + 1;
	return 0;
}

/* Takes name. */
static unsigned add_request(struct registry *r, char *name)
{
	r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n] = (struct request){ .name = name };
	return (unsigned)++r->n;
}

static json_object *request(unsigned id, const char *op, const struct registry_ref *ref)
{
	json_object *o = json_object_new_object();
	json_object_object_add(o, "id", json_object_new_int64(id));
	add_text(o, "op", op);
	if (ref) {
		add_text(o, "host", ref->host);
		add_text(o, "path", ref->path);
	}
	return o;
}

static void fail_request(struct request *q, const char *message)
{
	q->answer = json_object_new_object();
	add_text(q->answer, "error", message);
	add_text(q->answer, "code", fetch_codes[FETCH_FAILED]);
}

static void allow_host(struct registry *r, const char *host)
{
	cleanup_err struct err later = ERR_INIT;         /* post() meets it too */
	if (!strv_has(&r->hosts, host))
		strv_push(&r->hosts, host);
	if (prepare(r, &later) < 0)
		return;
	/* a mirror is asked in its name, and has credentials of its own */
	json_object *list = json_get(json_get(r->hello, "mirrors"), host);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *mirror = json_object_get_string(json_object_array_get_idx(list, i));
		cleanup_free char *its = xmemdup0(mirror, strcspn(mirror, "/"));
		if (!strv_has(&r->hosts, its))
			strv_push(&r->hosts, its);
	}
}

/* Sends and owns o. What cannot be sent is this request's failure. */
static void post(struct registry *r, unsigned ticket, json_object *o)
{
	cleanup_err struct err err = ERR_INIT;
	if (start(r, &err) < 0 || send_line(r, o, &err) < 0)
		fail_request(&r->v[ticket - 1], err.msg);
	json_object_put(o);
}

static char *cache_path(const struct registry *r, const char *kind, const char *digest)
{
	return xasprintf("%s/%s/%s", r->cache, kind, str_starts(digest, "sha256:") ? digest + 7 : digest);
}

static bool have_content(const struct registry *r, const char *digest)
{
	cleanup_free char *dir = cache_path(r, CACHE_CONTENT, digest);
	return fs_is_dir(dir);
}

/* The manifest of this digest from the cache; -1 when it is not there or not what it says. */
static int cached_manifest(const struct registry *r, const char *digest, const char *name, struct manifest *ret,
    struct err *err)
{
	cleanup_free char *path = cache_path(r, CACHE_MANIFESTS, digest);
	cleanup_str struct str text = STR_INIT;
	char hex[65];
	if (fs_read(path, MANIFEST_BYTES_MAX, &text, err) < 0)
		return -1;
	sha256_hex(text.s, text.len, hex);
	if (!str_eq(hex, digest + 7))
		return err_set(err, ERR_FAILED, "%s in the cache is not what its name says; remove it", path);
	return manifest_parse(text.s, text.len, name, ret, err);
}

static bool all_cached(const struct registry *r, const struct registry_ref *ref, bool content)
{
	cleanup_err struct err ignored = ERR_INIT;
	struct manifest m;
	if (!ref->digest || cached_manifest(r, ref->digest, ref->path, &m, &ignored) < 0)
		return false;
	bool all = !content || have_content(r, m.layer);
	manifest_fini(&m);
	return all;
}

unsigned registry_begin(struct registry *r, const struct registry_ref *ref, bool content)
{
	cleanup_free char *name = registry_ref_text(ref);
	unsigned ticket = asked_before(r, name, content);
	if (ticket)
		return ticket;
	ticket = add_request(r, xstrdup(name));
	struct request *q = &r->v[ticket - 1];
	q->content = content;
	q->sharable = true;
	if (ref->digest)
		q->digest = xstrdup(ref->digest);
	if (all_cached(r, ref, content)) {
		q->known = true;
		return ticket;
	}
	allow_host(r, ref->host);
	json_object *o = request(ticket, content ? "artifact" : "manifest", ref);
	add_text(o, "reference", ref->digest ? ref->digest : ref->tag);
	post(r, ticket, o);
	return ticket;
}

unsigned registry_begin_tarball(struct registry *r, const char *url, const char *digest)
{
	unsigned ticket = asked_before(r, url, true);
	if (ticket)
		return ticket;
	ticket = add_request(r, xstrdup(url));
	struct request *q = &r->v[ticket - 1];
	q->content = q->tarball = q->sharable = true;
	if (digest && have_content(r, digest)) {
		q->digest = xstrdup(digest);
		q->known = true;
		return ticket;
	}
	json_object *o = request(ticket, "tarball", NULL);
	add_text(o, "url", url);
	add_text(o, "digest", digest);
	post(r, ticket, o);
	return ticket;
}

/* ---- answers ---- */

static int error_of(json_object *answer, struct err *err)
{
	const char *text = json_str(answer, "error"), *name = json_str(answer, "code");
	int code = FETCH_FAILED;
	for (int i = 1; name && i < FETCH_CODES; i++)
		if (str_eq(name, fetch_codes[i]))
			code = i;
	err_set(err, code == FETCH_UNKNOWN ? ERR_NOT_FOUND : ERR_FAILED, "%s", text ? text : "lace-fetch gave no answer");
	err->sys = code;
	return -1;
}

/* The result object, which lives as long as the request. */
static json_object *result_of(struct registry *r, unsigned ticket, struct err *err)
{
	struct request *q = &r->v[ticket - 1];
	if (wait_for(r, q, err) < 0)
		return NULL;
	json_object *result = json_get(q->answer, "result");
	if (!result)
		error_of(q->answer, err);
	return result;
}

int registry_end(struct registry *r, unsigned ticket, struct registry_artifact *ret, struct err *err)
{
	*ret = (struct registry_artifact){ 0 };
	struct request *q = &r->v[ticket - 1];
	if (!q->known) {
		json_object *result = result_of(r, ticket, err);
		const char *digest = json_str(result, "digest");
		if (!result)
			return -1;
		if (!digest || !registry_digest_valid(digest))
			return err_set(err, ERR_FAILED, "%s: lace-fetch gave no digest", q->name);
		if (!q->digest)
			q->digest = xstrdup(digest);
		q->known = true;
	}
	ret->digest = xstrdup(q->digest);
	if (q->tarball) {
		ret->layer = xstrdup(q->digest);
	} else {
		struct manifest m;
		if (cached_manifest(r, q->digest, q->name, &m, err) < 0)
			return -1;
		ret->manifest = json_object_get(m.json);
		ret->metadata = json_object_get(m.metadata);
		ret->layer = xstrdup(m.layer);
		manifest_fini(&m);
	}
	if (q->content)
		ret->dir = cache_path(r, CACHE_CONTENT, ret->layer);
	return 0;
}

void registry_artifact_fini(struct registry_artifact *a)
{
	free(a->digest);
	json_object_put(a->manifest);
	json_object_put(a->metadata);
	free(a->layer);
	free(a->dir);
	*a = (struct registry_artifact){ 0 };
}

int registry_tags(struct registry *r, const struct registry_ref *ref, struct strv *ret, struct err *err)
{
	unsigned ticket = add_request(r, registry_ref_resource(ref));
	allow_host(r, ref->host);
	post(r, ticket, request(ticket, "tags", ref));
	json_object *result = result_of(r, ticket, err), *tags = json_get(result, "tags");
	if (!result)
		return -1;
	size_t n = json_object_is_type(tags, json_type_array) ? json_object_array_length(tags) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
		if (tag && registry_tag_valid(tag))
			strv_push(ret, tag);
	}
	return 0;
}

int registry_blob(struct registry *r, const struct registry_ref *ref, const char *digest, int64_t size, size_t max,
    struct str *ret, struct err *err)
{
	cleanup_free char *path = cache_path(r, CACHE_BLOBS, digest);
	unsigned ticket = add_request(r, registry_ref_resource(ref));
	allow_host(r, ref->host);
	json_object *o = request(ticket, "blob", ref);
	add_text(o, "digest", digest);
	json_object_object_add(o, "size", json_object_new_int64(size));
	post(r, ticket, o);
	return result_of(r, ticket, err) && fs_read(path, max, ret, err) == 0 ? 0 : -1;
}

int registry_push(struct registry *r, const struct registry_ref *ref, const struct registry_push *what,
    const struct strv *tags, char **ret_digest, struct err *err)
{
	char digest[7 + 65] = "sha256:";
	sha256_hex(what->layer->s, what->layer->len, digest + 7);
	cleanup_free char *file = cache_path(r, CACHE_BLOBS, digest);
	if (prepare(r, err) < 0 || fs_write_atomic(file, what->layer->s, what->layer->len, 0600, err) < 0)
		return -1;
	struct manifest_layer layer = { what->layer_type, digest, what->title, (int64_t)what->layer->len };
	cleanup_free char *manifest = manifest_write(&layer, what->annotations);
	unsigned ticket = add_request(r, registry_ref_resource(ref));
	allow_host(r, ref->host);
	json_object *o = request(ticket, "push", ref), *list = json_object_new_array();
	for (size_t i = 0; i < tags->n; i++)
		json_object_array_add(list, json_object_new_string(tags->v[i]));
	add_text(o, "layer", digest);
	add_text(o, "manifest", manifest);
	json_object_object_add(o, "tags", list);
	post(r, ticket, o);
	json_object *result = result_of(r, ticket, err);
	unlink(file);
	const char *pushed = json_str(result, "digest");
	if (!pushed)
		return result ? err_set(err, ERR_FAILED, "%s: lace-fetch gave no digest", r->v[ticket - 1].name) : -1;
	*ret_digest = xstrdup(pushed);
	return 0;
}
