/* A manifest is looked for in the cache when it is asked for by digest. By tag the registry
 * is asked each time, for tags move; when it is away, what the tag meant when it was last
 * seen has to do, and lace warns about it. */
#include "fetch/ops.h"

#include "base/mem.h"
#include "fetch/download.h"
#include "fetch/peer.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/sha256.h"
#include "registry/manifest.h"
#include "registry/ref.h"
#include "registry/tags.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TAGS_BYTES_MAX (4u << 20)
enum { TAG_PAGES_MAX = 50 };

struct job {
	const struct ops *o;
	const char *host, *path, *reference;
	char *name;                  /* "host/path:tag": for messages, and for the note of a tag */
	char *stale;                 /* why an older version had to do */
};

static void digest_of(const struct str *s, char ret[7 + 65])
{
	memcpy(ret, "sha256:", 7);
	sha256_hex(s->s, s->len, ret + 7);
}

static int fail(struct err *err, int code)
{
	err->sys = code;
	return -1;
}

static void add_text(json_object *o, const char *key, const char *text)
{
	if (text)
		json_object_object_add(o, key, json_object_new_string(text));
}

/* ---- manifests ---- */

static int check_answer(struct job *j, const struct http_response *rs, char digest[7 + 65], struct err *err)
{
	digest_of(&rs->body, digest);
	const char *want = registry_digest_valid(j->reference) ? j->reference : rs->digest;
	if (!want || !registry_digest_valid(want) || str_eq(want, digest))
		return 0;
	err_set(err, ERR_FAILED, "%s: digest mismatch: its manifest is %s and should be %s; it was changed on its way or in the "
	    "registry, so it is not used", j->name, digest, want);
	return fail(err, FETCH_MISMATCH);
}

static int ask_manifest(struct job *j, char digest[7 + 65], struct manifest *ret, struct err *err)
{
	cleanup_free char *rest = xasprintf("manifests/%s", j->reference);
	struct client_call q = { .host = j->host, .path = j->path, .name = j->name, .rest = rest, .accept = MANIFEST_TYPE, .max = MANIFEST_BYTES_MAX };
	struct http_response rs;
	int code = client_call(j->o->client, &q, &rs, err);
	if (code == 0)
		code = check_answer(j, &rs, digest, err);
	if (code == 0 && manifest_parse(rs.body.s, rs.body.len, j->name, ret, err) < 0)
		code = fail(err, FETCH_FAILED);
	if (code == 0) {
		code = store_write_manifest(&j->o->store, digest, &rs.body, err);
		if (code == 0 && !registry_digest_valid(j->reference))
			store_note_name(&j->o->store, j->name, digest);
		if (code < 0)
			manifest_fini(ret);
	}
	http_response_fini(&rs);
	return code;
}

static int read_manifest(struct job *j, const char *digest, struct manifest *ret)
{
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	if (store_read_manifest(&j->o->store, digest, &text, &ignored) < 0)
		return -1;
	return manifest_parse(text.s, text.len, j->name, ret, &ignored);
}

static char *day(int64_t at)
{
	char text[32] = "";
	time_t t = (time_t)at;
	struct tm tm;
	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return xstrdup(text);
}

/* What the name meant last time, when its content is whole too (or is not needed). Takes over err's reason. */
static int make_do(struct job *j, bool content, char digest[7 + 65], struct manifest *ret, struct err *err)
{
	int64_t at = 0;
	cleanup_free char *last = err->sys == FETCH_UNREACHABLE ? store_last_seen(&j->o->store, j->name, &at) : NULL;
	if (!last || read_manifest(j, last, ret) < 0)
		return -1;
	if (content && !store_has(&j->o->store, CACHE_CONTENT, ret->layer)) {
		manifest_fini(ret);
		return -1;
	}
	const char *version = json_str(ret->metadata, "version");
	cleanup_free char *when = day(at);
	peer_warn("%s; using the cached %s%s%s (%.19s, seen on %s)", err->msg, j->name, version ? ", version " : "",
	    version ? version : "", last, when);
	memcpy(digest, last, strlen(last) + 1);
	j->stale = xstrdup(err->msg);
	err_fini(err);
	return 0;
}

static int get_manifest(struct job *j, bool content, char digest[7 + 65], struct manifest *ret, struct err *err)
{
	if (registry_digest_valid(j->reference) && read_manifest(j, j->reference, ret) == 0) {
		memcpy(digest, j->reference, strlen(j->reference) + 1);
		return 0;
	}
	if (ask_manifest(j, digest, ret, err) == 0)
		return 0;
	return registry_digest_valid(j->reference) ? -1 : make_do(j, content, digest, ret, err);
}

/* ---- layers ---- */

/* Into content/, or with raw into blobs/ as it is. */
static int get_blob(const struct job *j, const char *digest, int64_t size, bool raw, struct err *err)
{
	const struct store *s = &j->o->store;
	const char *kind = raw ? CACHE_BLOBS : CACHE_CONTENT;
	if (store_has(s, kind, digest))
		return 0;
	int lock = store_lock(s, digest, err);
	if (lock < 0)
		return -1;
	int code = 0;
	if (!store_has(s, kind, digest)) {
		cleanup_free char *rest = xasprintf("blobs/%s", digest), *file = NULL, *got = NULL;
		struct download d = { j->host, j->path, rest, NULL, j->name, digest, size };
		cleanup_close int fd = download(j->o->client, s, &d, &file, &got, err);
		code = fd < 0 ? -1 : 0;
		if (code == 0 && raw) {
			cleanup_free char *to = store_path(s, CACHE_BLOBS, digest);
			code = rename(file, to) == 0 ? 0 : err_sys(err, "cannot put %s into the cache", j->name);
		} else if (code == 0) {
			code = store_unpack(s, fd, digest, j->name, err);
			unlink(file);
		}
	}
	fs_unlock(lock);
	return code;
}

static json_object *op_manifest(struct job *j, bool content, struct err *err)
{
	struct manifest m;
	char digest[7 + 65];
	if (get_manifest(j, content, digest, &m, err) < 0)
		return NULL;
	json_object *result = NULL;
	if (!content || get_blob(j, m.layer, m.layer_size, false, err) == 0) {
		result = json_object_new_object();
		add_text(result, "digest", digest);
		add_text(result, "layer", m.layer);
		add_text(result, "stale", j->stale);
	}
	manifest_fini(&m);
	return result;
}

static json_object *op_blob(const struct job *j, json_object *request, struct err *err)
{
	const char *digest = json_str(request, "digest");
	if (!digest || !registry_digest_valid(digest)) {
		err_set(err, ERR_FAILED, "%s: no digest was given", j->name);
		return NULL;
	}
	return get_blob(j, digest, json_int(request, "size", -1), true, err) == 0 ? json_object_new_object() : NULL;
}

/* ---- tarballs ---- */

static int get_tarball(const struct ops *o, const char *url, const char *want, char **ret_digest, struct err *err)
{
	int lock = store_lock(&o->store, url, err);
	if (lock < 0)
		return -1;
	struct download d = { .url = url, .name = url, .digest = want, .size = -1 };
	cleanup_free char *file = NULL;
	cleanup_close int fd = download(o->client, &o->store, &d, &file, ret_digest, err);
	int code = fd < 0 ? -1 : 0;
	if (code == 0 && !store_has(&o->store, CACHE_CONTENT, *ret_digest))
		code = store_unpack(&o->store, fd, *ret_digest, url, err);
	if (code == 0)
		store_note_name(&o->store, url, *ret_digest);
	if (file)
		unlink(file);
	fs_unlock(lock);
	return code;
}

static json_object *op_tarball(const struct ops *o, json_object *request, struct err *err)
{
	const char *url = json_str(request, "url"), *want = json_str(request, "digest");
	cleanup_free char *digest = NULL, *stale = NULL;
	if (!url) {
		err_set(err, ERR_FAILED, "no url was given");
		return NULL;
	}
	if (get_tarball(o, url, want, &digest, err) < 0) {
		int64_t at = 0;
		free(digest);
		digest = err->sys == FETCH_UNREACHABLE && !want ? store_last_seen(&o->store, url, &at) : NULL;
		if (!digest || !store_has(&o->store, CACHE_CONTENT, digest))
			return NULL;
		cleanup_free char *when = day(at);
		peer_warn("%s; using the cached %s (%.19s, fetched on %s)", err->msg, url, digest, when);
		stale = xstrdup(err->msg);
		err_fini(err);
	}
	json_object *result = json_object_new_object();
	add_text(result, "digest", digest);
	add_text(result, "stale", stale);
	return result;
}

/* ---- tags ---- */

/* RFC 8288: <address>; rel="next" */
char *ops_next_link(const char *header)
{
	for (const char *p = header; (p = strchr(p, '<'));) {
		const char *end = strchr(p, '>');
		if (!end)
			return NULL;
		size_t params = strcspn(end, ",");
		cleanup_free char *rest = xmemdup0(end, params);
		if (strstr(rest, "rel=\"next\"") || strstr(rest, "rel=next"))
			return xmemdup0(p + 1, (size_t)(end - p - 1));
		p = end + params;
	}
	return NULL;
}

static int add_tags(json_object *list, const struct job *j, const struct http_response *rs, struct err *err)
{
	json_object *page = jsonc_parse(rs->body.s, rs->body.len, "tags", NULL, err), *tags = json_get(page, "tags");
	if (!page)
		return err_wrap(err, "%s: the registry's list of tags", j->name);
	size_t n = json_object_is_type(tags, json_type_array) ? json_object_array_length(tags) : 0;
	for (size_t i = 0; i < n && json_object_array_length(list) < TAGS_MAX; i++)
		json_object_array_add(list, json_object_get(json_object_array_get_idx(tags, i)));
	json_object_put(page);
	return 0;
}

static json_object *op_tags(const struct job *j, bool may_be_unknown, struct err *err)
{
	json_object *list = json_object_new_array();
	cleanup_free char *next = NULL;
	cleanup_str struct str asked = STR_INIT;
	int code = 0;
	for (int i = 0; code == 0 && i < TAG_PAGES_MAX; i++) {
		struct client_call q = { .host = j->host, .path = j->path, .name = j->name, .rest = "tags/list", .url = next, .max = TAGS_BYTES_MAX,
			.ret_url = &asked, .may_be_unknown = may_be_unknown };
		struct http_response rs;
		code = client_call(j->o->client, &q, &rs, err);
		cleanup_free char *link = code == 0 && rs.link ? ops_next_link(rs.link) : NULL;
		if (code == 0 && rs.status != 404)
			code = add_tags(list, j, &rs, err);
		http_response_fini(&rs);
		free(next);
		next = link ? client_resolve(asked.s, link) : NULL;
		if (!next || !client_same_origin(next, asked.s))
			break;
	}
	if (code < 0) {
		json_object_put(list);
		return NULL;
	}
	json_object *result = json_object_new_object();
	json_object_object_add(result, "tags", list);
	return result;
}

/* ---- publishing ---- */

static int has_blob(const struct job *j, const char *digest, struct err *err)
{
	cleanup_free char *rest = xasprintf("blobs/%s", digest);
	struct client_call q = { .method = "HEAD", .host = j->host, .path = j->path, .name = j->name, .rest = rest, .push = true,
		.may_be_unknown = true };
	struct http_response rs;
	int code = client_call(j->o->client, &q, &rs, err);
	code = code < 0 ? -1 : rs.status != 404;
	http_response_fini(&rs);
	return code;
}

static int upload(const struct job *j, const char *digest, const void *data, size_t len, struct err *err)
{
	int there = has_blob(j, digest, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	cleanup_str struct str asked = STR_INIT;
	struct client_call begin = { .method = "POST", .host = j->host, .path = j->path, .name = j->name, .rest = "blobs/uploads/", .push = true,
		.max = TAGS_BYTES_MAX, .ret_url = &asked };
	struct http_response rs;
	int code = client_call(j->o->client, &begin, &rs, err);
	cleanup_free char *to = code == 0 && rs.location ? client_resolve(asked.s, rs.location) : NULL;
	http_response_fini(&rs);
	if (code < 0)
		return -1;
	if (!to)
		return err_set(err, ERR_FAILED, "%s: the registry names no place to upload to", j->name);
	cleanup_free char *url = xasprintf("%s%cdigest=%s", to, strchr(to, '?') ? '&' : '?', digest);
	struct client_call put = { .method = "PUT", .host = j->host, .path = j->path, .name = j->name, .rest = "blobs/uploads/", .url = url,
		.push = true, .type = "application/octet-stream", .body = data, .body_len = len, .max = TAGS_BYTES_MAX };
	code = client_call(j->o->client, &put, &rs, err);
	http_response_fini(&rs);
	return code;
}

static int put_manifest(const struct job *j, const char *tag, const char *text, struct err *err)
{
	cleanup_free char *rest = xasprintf("manifests/%s", tag);
	struct client_call q = { .method = "PUT", .host = j->host, .path = j->path, .name = j->name, .rest = rest, .push = true, .type = MANIFEST_TYPE,
		.body = text, .body_len = strlen(text), .max = TAGS_BYTES_MAX };
	struct http_response rs;
	int code = client_call(j->o->client, &q, &rs, err);
	http_response_fini(&rs);
	return code;
}

static int push(const struct job *j, json_object *request, struct err *err)
{
	const char *layer = json_str(request, "layer"), *text = json_str(request, "manifest");
	json_object *tags = json_get(request, "tags");
	if (!layer || !registry_digest_valid(layer) || !text || !json_object_is_type(tags, json_type_array))
		return err_set(err, ERR_FAILED, "%s: nothing to publish was given", j->name);
	struct str empty = { (char *)MANIFEST_EMPTY_CONFIG, sizeof(MANIFEST_EMPTY_CONFIG) - 1, 0 };
	char config[7 + 65];
	digest_of(&empty, config);
	cleanup_free char *file = store_path(&j->o->store, CACHE_BLOBS, layer);
	cleanup_str struct str data = STR_INIT;
	if (fs_read(file, (size_t)LAYER_BYTES_MAX, &data, err) < 0 || upload(j, config, empty.s, empty.len, err) < 0 ||
	    upload(j, layer, data.s, data.len, err) < 0)
		return -1;
	for (size_t i = 0; i < json_object_array_length(tags); i++)
		if (put_manifest(j, json_object_get_string(json_object_array_get_idx(tags, i)), text, err) < 0)
			return -1;
	return 0;
}

static json_object *op_push(const struct job *j, json_object *request, struct err *err)
{
	if (push(j, request, err) < 0)
		return NULL;
	const char *text = json_str(request, "manifest");
	struct str s = { (char *)text, strlen(text), 0 };
	char digest[7 + 65];
	digest_of(&s, digest);
	json_object *result = json_object_new_object();
	add_text(result, "digest", digest);
	return result;
}

/* ---- all of them ---- */

json_object *ops_run(const struct ops *o, json_object *request, struct err *err)
{
	const char *op = json_str(request, "op");
	struct job j = { .o = o, .host = json_str(request, "host"), .path = json_str(request, "path"),
		.reference = json_str(request, "reference") };
	if (op && str_eq(op, "tarball"))
		return op_tarball(o, request, err);
	json_object *result = NULL;
	bool manifest = op && str_eq(op, "manifest"), artifact = op && str_eq(op, "artifact");
	if (!op || !j.host || !j.path || !registry_host_valid(j.host) || !registry_path_valid(j.path) ||
	    ((manifest || artifact) && !j.reference)) {
		err_set(err, ERR_FAILED, "lace asked for something unknown: \"%s\"", op ? op : "");
		return NULL;
	}
	j.name = j.reference ? xasprintf("%s/%s%s%s", j.host, j.path, registry_digest_valid(j.reference) ? "@" : ":", j.reference) :
	    xasprintf("%s/%s", j.host, j.path);
	if (manifest || artifact)
		result = op_manifest(&j, artifact, err);
	else if (str_eq(op, "blob"))
		result = op_blob(&j, request, err);
	else if (str_eq(op, "tags"))
		result = op_tags(&j, json_flag(request, "mayBeUnknown", false), err);
	else if (str_eq(op, "push"))
		result = op_push(&j, request, err);
	else
		err_set(err, ERR_FAILED, "lace asked for something unknown: \"%s\"", op);
	free(j.name);
	free(j.stale);
	return result;
}
