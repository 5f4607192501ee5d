/* One request, as far as it has to go: to the mirrors first and then to the registry
 * itself; again with credentials when it asks for them; along redirects, which get the
 * credentials only where they stay at the same scheme, host and port; and again after a
 * pause when the connection broke or the registry was busy.
 *
 * This machine's own registries (localhost, 127.0.0.1) are tried in plain HTTP first, and
 * by TLS when the answer says that they want that. All others are spoken to by TLS alone.
 *
 * A host that nobody answers at is not asked a second time in one run: ten features of
 * a registry that is down cost one wait and not ten. */
#include "fetch/client.h"

#include "base/map.h"
#include "base/mem.h"
#include "fetch/peer.h"
#include "fetch/token.h"
#include "host/jsonc.h"
#include "registry/ref.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { FIRST_PAUSE_MS = 300, ERROR_TEXT_MAX = 300 };

struct place {
	bool tls;                    /* a registry of this machine that wants TLS */
	char *down;                  /* why nobody answers there, or NULL */
};

struct client {
	struct http *http;
	struct tokens *tokens;
	json_object *mirrors;
	bool offline;
	pthread_mutex_t lock;
	struct map places;           /* by host */
};

struct client *client_create(struct http *h, json_object *mirrors, bool offline)
{
	struct client *c = xcalloc(1, sizeof(*c));
	c->http = h;
	c->tokens = tokens_create(h);
	c->mirrors = json_object_get(mirrors);
	c->offline = offline;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

struct http *client_http(struct client *c)
{
	return c->http;
}

/* ---- addresses ---- */

static char *part(CURLU *u, CURLUPart what)
{
	char *text = NULL, *copy;
	if (curl_url_get(u, what, &text, what == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != CURLUE_OK)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

/* "https://host:443" of a URL, malloc()ed; NULL for what is no http(s) address or has a user in it. */
static char *origin(const char *url)
{
	CURLU *u = curl_url();
	char *all = NULL;
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		cleanup_free char *scheme = part(u, CURLUPART_SCHEME), *host = part(u, CURLUPART_HOST), *port = part(u, CURLUPART_PORT),
		    *user = part(u, CURLUPART_USER), *password = part(u, CURLUPART_PASSWORD);
		if (scheme && host && port && !user && !password && (str_eq(scheme, "https") || str_eq(scheme, "http")))
			all = xasprintf("%s://%s:%s", scheme, host, port);
	}
	curl_url_cleanup(u);
	return all;
}

bool client_same_origin(const char *a, const char *b)
{
	cleanup_free char *oa = origin(a), *ob = origin(b);
	return oa && ob && str_eq(oa, ob);
}

bool client_url_safe(const char *from, const char *to)
{
	cleanup_free char *of = origin(from), *ot = origin(to);
	if (!of || !ot)
		return false;
	bool here = registry_host_is_loopback(strstr(of, "://") + 3), there = registry_host_is_loopback(strstr(ot, "://") + 3);
	return there ? here : str_starts(ot, "https://");
}

char *client_resolve(const char *url, const char *location)
{
	CURLU *u = curl_url();
	char *to = NULL;
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK && curl_url_set(u, CURLUPART_URL, location, 0) == CURLUE_OK)
		to = part(u, CURLUPART_URL);
	curl_url_cleanup(u);
	if (to && !client_url_safe(url, to)) {
		free(to);
		to = NULL;
	}
	return to;
}

static struct place *place_of(struct client *c, const char *host)
{
	struct place *p = map_get(&c->places, host);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		map_set(&c->places, host, p);
	}
	return p;
}

static bool wants_tls(struct client *c, const char *host)
{
	if (!registry_host_is_loopback(host))
		return true;
	pthread_mutex_lock(&c->lock);
	bool tls = place_of(c, host)->tls;
	pthread_mutex_unlock(&c->lock);
	return tls;
}

static void note_tls(struct client *c, const char *host)
{
	pthread_mutex_lock(&c->lock);
	place_of(c, host)->tls = true;
	pthread_mutex_unlock(&c->lock);
}

static int check_down(struct client *c, const char *host, struct err *err)
{
	pthread_mutex_lock(&c->lock);
	const char *down = c->offline ? "LACE_OFFLINE is set" : place_of(c, host)->down;
	int code = 0;
	if (down) {
		code = err_set(err, ERR_FAILED, "%s cannot be reached: %s", host, down);
		err->sys = FETCH_UNREACHABLE;
	}
	pthread_mutex_unlock(&c->lock);
	return code;
}

static void note_down(struct client *c, const char *host, const char *why)
{
	pthread_mutex_lock(&c->lock);
	struct place *p = place_of(c, host);
	if (!p->down)
		p->down = xstrdup(why);
	pthread_mutex_unlock(&c->lock);
}

/* ---- one try ---- */

/* Where a request goes: a registry or a mirror of it. */
struct target {
	const char *host;
	char *path;                  /* the repository's, a mirror's prefix before it */
};

struct attempt {
	struct client *client;
	const struct client_call *call;
	const struct target *target;
	char *url;
	char *auth;                  /* header, or NULL */
	bool sent_auth;
};

/* Docker Hub's registry has another name than its references. */
static const char *registry_host(const struct target *t)
{
	return str_eq(t->host, "docker.io") ? "registry-1.docker.io" : t->host;
}

static char *first_url(struct attempt *a)
{
	const struct client_call *q = a->call;
	if (q->url)
		return xstrdup(q->url);
	return xasprintf("%s://%s/v2/%s/%s", wants_tls(a->client, a->target->host) ? "https" : "http", registry_host(a->target),
	    a->target->path, q->rest);
}

/* Credentials are for the registry alone: not for where it redirects to, nor for where it wants an upload. */
static bool is_registry(const struct attempt *a, const char *url)
{
	cleanup_free char *own = xasprintf("%s://%s/", str_starts(url, "https:") ? "https" : "http", registry_host(a->target));
	return client_same_origin(own, url) && client_same_origin(a->url, url);
}

static void add_headers(const struct attempt *a, const char *url, struct strv *headers)
{
	const struct client_call *q = a->call;
	int64_t have = q->offset ? q->offset(q->user) : 0;
	if (a->auth && is_registry(a, url))
		strv_push(headers, a->auth);
	if (q->accept)
		strv_pushf(headers, "Accept: %s", q->accept);
	if (q->type)
		strv_pushf(headers, "Content-Type: %s", q->type);
	if (have > 0)
		strv_pushf(headers, "Range: bytes=%lld-", (long long)have);
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* a->url and where it leads to. */
static int follow(struct attempt *a, struct http_response *rs, struct err *err)
{
	const struct client_call *q = a->call;
	const char *method = q->method ? q->method : "GET";
	bool may = str_eq(method, "GET") || str_eq(method, "HEAD");
	cleanup_free char *url = xstrdup(a->url);
	for (int i = 0;; i++) {
		cleanup_strv struct strv headers = STRV_INIT;
		add_headers(a, url, &headers);
		struct http_request rq = { .method = method, .url = url, .headers = headers, .body = q->body, .body_len = q->body_len,
			.max = q->max, .sink = q->sink, .user = q->user };
		if (http_perform(a->client->http, &rq, rs, err) < 0)
			return -1;
		if (!is_redirect(rs->status) || !may || !rs->location)
			break;
		char *next = i < CLIENT_REDIRECTS_MAX ? client_resolve(url, rs->location) : NULL;
		if (!next) {
			rs->failure = HTTP_STOPPED;
			return err_set(err, ERR_FAILED, i < CLIENT_REDIRECTS_MAX ? "it redirects to \"%.200s\", which is not followed" :
			    "it redirects for ever, at last to \"%.200s\"", rs->location);
		}
		free(url);
		url = next;
		http_response_fini(rs);
	}
	if (q->ret_url) {
		str_reset(q->ret_url);
		str_puts(q->ret_url, url);
	}
	return 0;
}

static bool asks_who(const struct http_response *rs)
{
	return rs->status == 401 || (rs->status == 403 && rs->challenges.n);
}

/* With the credentials that it takes: those that worked before, then those that a challenge leads to. */
static int authorized(struct attempt *a, struct http_response *rs, struct err *err)
{
	const struct client_call *q = a->call;
	if (!q->host)
		return follow(a, rs, err);
	cleanup_free char *scope = xasprintf("repository:%s:pull%s", a->target->path, q->push ? ",push" : "");
	a->auth = tokens_known(a->client->tokens, a->target->host, scope);
	for (int i = 0; i < 2; i++) {
		a->sent_auth = a->auth != NULL;
		if (follow(a, rs, err) < 0)
			return -1;
		if (!asks_who(rs) || i == 1)
			break;
		char *header = tokens_answer(a->client->tokens, a->target->host, scope, a->url, &rs->challenges, err);
		if (!header)
			return err_is(err) ? (rs->failure = HTTP_STOPPED, -1) : 0;
		free(a->auth);
		a->auth = header;
		http_response_fini(rs);
	}
	return 0;
}

/* Go's servers say so with 400, others close the connection or answer by TLS's alert. */
static bool is_tls_port(const struct http_response *rs, int code)
{
	return code == 0 ? rs->status == 400 : rs->failure == HTTP_NOT_HTTP || rs->failure == HTTP_BROKEN;
}

static int try_once(struct client *c, const struct client_call *q, const struct target *t, struct http_response *rs,
    bool *ret_sent_auth, struct err *err)
{
	struct attempt a = { .client = c, .call = q, .target = t };
	a.url = first_url(&a);
	int code = authorized(&a, rs, err);
	if (q->host && !q->url && str_starts(a.url, "http://") && is_tls_port(rs, code)) {
		struct attempt b = { .client = c, .call = q, .target = t, .url = xasprintf("https%s", a.url + 4) };
		struct http_response other;
		cleanup_err struct err failed = ERR_INIT;
		int by_tls = authorized(&b, &other, &failed);
		if (by_tls == 0 || (other.failure == HTTP_TLS && strstr(failed.msg, "certificate"))) {
			note_tls(c, t->host);
			http_response_fini(rs);
			*rs = other;
			err_fini(err);
			if (by_tls < 0)
				err_set(err, ERR_FAILED, "%s", failed.msg);
			code = by_tls;
			a.sent_auth = b.sent_auth;
		} else {
			http_response_fini(&other);
		}
		free(b.url);
		free(b.auth);
	}
	*ret_sent_auth = a.sent_auth;
	free(a.url);
	free(a.auth);
	return code;
}

/* ---- again, and when not ---- */

static bool busy(long status)
{
	return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

/* Milliseconds until the next try: what the registry asks for, or longer each time. */
static long pause_ms(const struct http_response *rs, int tries)
{
	long ms = FIRST_PAUSE_MS << tries;
	if (rs->retry_after) {
		char *end;
		long seconds = strtol(rs->retry_after, &end, 10);
		if (*end)
			seconds = (long)(curl_getdate(rs->retry_after, NULL) - time(NULL));
		if (seconds > 0)
			ms = MIN(seconds, CLIENT_RETRY_AFTER_MAX) * 1000;
	}
	return ms;
}

static int try_until(struct client *c, const struct client_call *q, const struct target *t, struct http_response *rs,
    bool *ret_sent_auth, struct err *err)
{
	for (int tries = 0;; tries++) {
		int code = try_once(c, q, t, rs, ret_sent_auth, err);
		bool again = code == 0 ? busy(rs->status) : rs->failure == HTTP_BROKEN;
		if (!again || tries + 1 == CLIENT_TRIES)
			return code;
		long ms = pause_ms(rs, tries);
		peer_progress("%s: %s; trying again\n", t->host, code == 0 ? "it is busy" : err->msg);
		http_response_fini(rs);
		err_fini(err);
		nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
	}
}

/* What the registry says in its error's body (OCI distribution: errors[].message). */
static char *said(const struct http_response *rs)
{
	cleanup_err struct err ignored = ERR_INIT;
	json_object *json = jsonc_parse(rs->body.s, rs->body.len, "answer", NULL, &ignored);
	json_object *list = json_get(json, "errors");
	const char *text = json_object_is_type(list, json_type_array) ? json_str(json_object_array_get_idx(list, 0), "message") : NULL;
	char *copy = text ? xasprintf(" (\"%.*s\")", ERROR_TEXT_MAX, text) : xstrdup("");
	json_object_put(json);
	return copy;
}

static int no_answer(struct client *c, const char *host, const struct http_response *rs, struct err *err)
{
	cleanup_free char *why = xstrdup(err->msg);
	if (rs->failure == HTTP_NO_HOST) {
		note_down(c, host, why);
		err_set(err, ERR_FAILED, "%s cannot be reached: %s", host, why);
		err->sys = FETCH_UNREACHABLE;
	} else if (rs->failure == HTTP_BROKEN) {
		err_set(err, ERR_FAILED, "%s cannot be reached: the connection broke %d times, at last: %s", host, CLIENT_TRIES, why);
		err->sys = FETCH_UNREACHABLE;
	} else if (rs->failure == HTTP_TLS) {
		err_set(err, ERR_FAILED, "%s cannot be trusted: %s; for a registry with certificates of its own, name their authority's "
		    "file in LACE_CA_FILE", host, why);
		err->sys = FETCH_FAILED;
	} else {
		err_set(err, ERR_FAILED, "%s: %s", host, why);
		err->sys = FETCH_FAILED;
	}
	return -1;
}

static int bad_status(const char *host, const char *thing, bool sent_auth, const struct http_response *rs, struct err *err)
{
	cleanup_free char *text = said(rs);
	if (rs->status == 401 || rs->status == 403) {
		err_set(err, ERR_FAILED, "the registry %s refuses %s%s%s; %s: docker login %s", host, thing, sent_auth ? " to these credentials" : "",
		    text, sent_auth ? "use others" : "log in", host);
		err->sys = FETCH_DENIED;
	} else if (rs->status == 404) {
		err_set(err, ERR_NOT_FOUND, "the registry %s has no %s%s; check its name and version", host, thing, text);
		err->sys = FETCH_UNKNOWN;
	} else {
		err_set(err, ERR_FAILED, "%s answers %ld for %s%s%s", host, rs->status, thing, text, busy(rs->status) ?
		    "; try again later" : "");
		err->sys = busy(rs->status) ? FETCH_UNREACHABLE : FETCH_FAILED;
	}
	return -1;
}

static int call_target(struct client *c, const struct client_call *q, const struct target *t, struct http_response *rs,
    struct err *err)
{
	bool sent_auth = false;
	if (check_down(c, t->host, err) < 0)
		return -1;
	if (try_until(c, q, t, rs, &sent_auth, err) < 0)
		return no_answer(c, t->host, rs, err);
	if ((rs->status >= 200 && rs->status < 300) || (rs->status == 404 && q->may_be_unknown))
		return 0;
	return bad_status(t->host, q->name, sent_auth, rs, err);
}

/* ---- mirrors ---- */

static int call_mirrors(struct client *c, const struct client_call *q, struct http_response *rs)
{
	json_object *list = q->host && !q->push && !q->url ? json_get(c->mirrors, q->host) : NULL;
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *mirror = json_object_get_string(json_object_array_get_idx(list, i));
		size_t host = strcspn(mirror, "/");
		cleanup_free char *name = xmemdup0(mirror, host);
		struct target t = { name, xasprintf("%s%s%s", mirror + host + (mirror[host] == '/'), mirror[host] ? "/" : "", q->path) };
		cleanup_err struct err err = ERR_INIT;
		int code = registry_host_valid(name) && registry_path_valid(t.path) ? call_target(c, q, &t, rs, &err) :
		    err_set(&err, ERR_FAILED, "\"%s\" is no mirror; write host:port/prefix in settings.json", mirror);
		free(t.path);
		if (code == 0 && rs->status != 404)
			return 0;
		if (code == 0 || err.sys == FETCH_UNKNOWN)
			peer_progress("the mirror %s does not have %s\n", mirror, q->path);
		else
			peer_warn("%s; asking %s itself", err.msg, q->host);
		http_response_fini(rs);
	}
	return -1;
}

int client_call(struct client *c, const struct client_call *q, struct http_response *rs, struct err *err)
{
	*rs = (struct http_response){ .body = STR_INIT, .challenges = STRV_INIT };
	if (call_mirrors(c, q, rs) == 0)
		return 0;
	cleanup_free char *from = q->host ? NULL : origin(q->url), *path = q->path ? xstrdup(q->path) : NULL;
	if (!q->host && !from) {
		err_set(err, ERR_FAILED, "\"%.200s\" is no address that is fetched from; write https://...", q->url);
		err->sys = FETCH_FAILED;
		return -1;
	}
	struct target t = { q->host ? q->host : strstr(from, "://") + 3, path };
	return call_target(c, q, &t, rs, err);
}
