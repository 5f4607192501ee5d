/* One curl multi handle for the whole process, so that requests to the same registry
 * share a connection (HTTP/2) or take turns on few (HTTP/1.1), whichever worker they
 * are from. Workers queue a transfer, wake the loop and sleep until it is done. */
#include "fetch/http.h"

#include "base/mem.h"
#include "registry/ref.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

enum {
	HOST_CONNECTIONS = 6,        /* at once to one registry that has no HTTP/2 */
	CONNECT_SECONDS = 10,
	CHALLENGES_MAX = 8,
	WAIT_MS = 1000,
};

struct transfer {
	CURL *easy;
	struct curl_slist *headers;
	const struct http_request *rq;
	struct http_response *rs;
	size_t sent, received;
	bool stopped, too_large, stalled, done;
	curl_off_t moved;            /* bytes in either direction, and when there were fewer */
	struct timespec moved_at;
	int timeout;
	CURLcode code;
	char said[CURL_ERROR_SIZE];
	pthread_cond_t cond;
	struct transfer *next;
};

struct http {
	CURLM *multi;
	struct curl_blob ca;         /* system's and ours, or no data */
	int timeout;
	pthread_mutex_t lock;
	struct transfer *queue;
};

/* ---- libcurl's callbacks ---- */

static size_t on_body(char *data, size_t one, size_t n, void *user)
{
	struct transfer *t = user;
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->received += n;
	if (t->rq->sink && (status == 200 || status == 206)) {
		t->stopped = t->rq->sink(t->rq->user, status, data, n) != 0;
		return t->stopped ? 0 : n;
	}
	t->too_large = t->received > t->rq->max;
	if (t->too_large)
		return 0;
	str_add(&t->rs->body, data, n);
	return n;
}

static size_t on_upload(char *buffer, size_t one, size_t n, void *user)
{
	struct transfer *t = user;
	size_t take = MIN(one * n, t->rq->body_len - t->sent);
	memcpy(buffer, (const char *)t->rq->body + t->sent, take);
	t->sent += take;
	return take;
}

/* libcurl sends a body again after a lost connection that it reused. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
	struct transfer *t = user;
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->rq->body_len)
		return CURL_SEEKFUNC_FAIL;
	t->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Called about once a second: libcurl's own limit of speed is an average that takes seconds more to notice. */
static int on_progress(void *user, curl_off_t of_down, curl_off_t down, curl_off_t of_up, curl_off_t up)
{
	struct transfer *t = user;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (down + up != t->moved || t->moved_at.tv_sec == 0) {
		t->moved = down + up;
		t->moved_at = now;
	}
	t->stalled = now.tv_sec - t->moved_at.tv_sec > t->timeout;
	return t->stalled;
}

static void keep_header(struct http_response *rs, const char *name, size_t n, char *value)
{
	const struct { const char *name; char **to; } known[] = {
		{ "location", &rs->location }, { "docker-content-digest", &rs->digest }, { "retry-after", &rs->retry_after },
		{ "content-range", &rs->content_range }, { "link", &rs->link },
	};
	if (n == 16 && strncasecmp(name, "www-authenticate", n) == 0 && rs->challenges.n < CHALLENGES_MAX) {
		strv_take(&rs->challenges, value);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) == n && strncasecmp(name, known[i].name, n) == 0) {
			free(*known[i].to);
			*known[i].to = value;
			return;
		}
	}
	free(value);
}

static size_t on_header(char *data, size_t one, size_t n, void *user)
{
	struct transfer *t = user;
	char *colon = memchr(data, ':', n);
	if (!colon || n > HTTP_HEADER_MAX)
		return n;
	const char *value = colon + 1, *end = data + n;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr(" \t\r\n", end[-1]))
		end--;
	if (!memchr(value, '\0', (size_t)(end - value)))
		keep_header(t->rs, data, (size_t)(colon - data), xmemdup0(value, (size_t)(end - value)));
	return n;
}

/* ---- one transfer ---- */

static void set_body(struct transfer *t)
{
	const struct http_request *rq = t->rq;
	if (strcmp(rq->method, "HEAD") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	} else if (strcmp(rq->method, "GET") != 0) {
		curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, rq->method);
		curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)rq->body_len);
		curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_upload);
		curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
		curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
	}
}

/* "https://host:port/..." -> whether the host is this machine. */
static bool is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	if (!host)
		return false;
	cleanup_free char *name = xmemdup0(host + 3, strcspn(host + 3, "/?#"));
	return registry_host_is_loopback(name);
}

static void set_up(struct http *h, struct transfer *t)
{
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_URL, t->rq->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->said);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "lace/" LACE_VERSION);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)MIN(h->timeout, CONNECT_SECONDS));
	/* so that it looks once a second; on_progress() decides */
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)h->timeout * 2 + 10);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	if (is_loopback(t->rq->url))
		curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	if (h->ca.len)
		curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &h->ca);
	set_body(t);
}

static enum http_failure failure_of(const struct transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	switch (t->code) {
	case CURLE_OK: return HTTP_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT: return HTTP_NO_HOST;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY: return HTTP_NOT_HTTP;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR: return HTTP_TLS;
	case CURLE_WRITE_ERROR: return t->too_large ? HTTP_TOO_LARGE : t->stopped ? HTTP_STOPPED : HTTP_BROKEN;
	case CURLE_ABORTED_BY_CALLBACK:
	case CURLE_OPERATION_TIMEDOUT: {
		/* Before the connection stood: nobody is there. */
		curl_off_t ready = 0;
		curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
		return ready == 0 ? HTTP_NO_HOST : HTTP_BROKEN;
	}
	default: return HTTP_BROKEN;
	}
}

static int explain(struct transfer *t, struct err *err)
{
	t->rs->failure = failure_of(t);
	if (t->rs->failure == HTTP_OK)
		return 0;
	if (t->too_large)
		return err_set(err, ERR_FAILED, "an answer of more than %zu bytes", t->rq->max);
	if (t->stalled)
		return err_set(err, ERR_FAILED, "nothing came for %d s", t->timeout);
	return err_set(err, ERR_FAILED, "%s", *t->said ? t->said : curl_easy_strerror(t->code));
}

int http_perform(struct http *h, const struct http_request *rq, struct http_response *rs, struct err *err)
{
	*rs = (struct http_response){ .body = STR_INIT, .challenges = STRV_INIT };
	struct transfer t = { .easy = curl_easy_init(), .rq = rq, .rs = rs, .timeout = h->timeout };
	if (!t.easy)
		return err_set(err, ERR_FAILED, "libcurl gives no handle");
	for (size_t i = 0; i < rq->headers.n; i++)
		t.headers = curl_slist_append(t.headers, rq->headers.v[i]);
	t.headers = curl_slist_append(t.headers, "Expect:");
	pthread_cond_init(&t.cond, NULL);
	set_up(h, &t);

	pthread_mutex_lock(&h->lock);
	t.next = h->queue;
	h->queue = &t;
	curl_multi_wakeup(h->multi);
	while (!t.done)
		pthread_cond_wait(&t.cond, &h->lock);
	pthread_mutex_unlock(&h->lock);

	curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &rs->status);
	int code = explain(&t, err);
	curl_easy_cleanup(t.easy);
	curl_slist_free_all(t.headers);
	pthread_cond_destroy(&t.cond);
	return code;
}

void http_response_fini(struct http_response *rs)
{
	str_fini(&rs->body);
	free(rs->location);
	free(rs->digest);
	free(rs->retry_after);
	free(rs->content_range);
	free(rs->link);
	strv_fini(&rs->challenges);
	*rs = (struct http_response){ .body = STR_INIT, .challenges = STRV_INIT };
}

/* ---- the loop ---- */

static void take_queue(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	struct transfer *t = h->queue;
	h->queue = NULL;
	while (t) {
		struct transfer *next = t->next;
		curl_multi_add_handle(h->multi, t->easy);
		t = next;
	}
	pthread_mutex_unlock(&h->lock);
}

static void hand_back(struct http *h)
{
	int left;
	CURLMsg *msg;
	while ((msg = curl_multi_info_read(h->multi, &left))) {
		struct transfer *t;
		if (msg->msg != CURLMSG_DONE)
			continue;
		CURLcode code = msg->data.result;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		curl_multi_remove_handle(h->multi, msg->easy_handle);
		pthread_mutex_lock(&h->lock);
		t->code = code;
		t->done = true;
		pthread_cond_signal(&t->cond);
		pthread_mutex_unlock(&h->lock);
	}
}

static void *loop(void *user)
{
	struct http *h = user;
	for (;;) {
		int running;
		take_queue(h);
		curl_multi_perform(h->multi, &running);
		hand_back(h);
		curl_multi_poll(h->multi, NULL, 0, running ? WAIT_MS : WAIT_MS * 60, NULL);
	}
	return NULL;
}

/* libcurl's own choice of authorities, with ours behind it. */
static void join_ca(struct http *h, const char *extra)
{
	const char *system = NULL;
	CURL *probe = curl_easy_init();
	if (probe)
		curl_easy_getinfo(probe, CURLINFO_CAINFO, &system);
	struct str all = STR_INIT;
	FILE *f = system ? fopen(system, "re") : NULL;
	char chunk[65536];
	for (size_t n; f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
		str_add(&all, chunk, n);
	if (f)
		fclose(f);
	curl_easy_cleanup(probe);
	str_putc(&all, '\n');
	str_puts(&all, extra);
	h->ca = (struct curl_blob){ .len = all.len, .flags = CURL_BLOB_NOCOPY };
	h->ca.data = str_detach(&all);
}

struct http *http_create(const struct http_options *o, struct err *err)
{
	pthread_t thread;
	struct http *h = xcalloc(1, sizeof(*h));
	if (curl_global_init(CURL_GLOBAL_ALL) != 0 || !(h->multi = curl_multi_init())) {
		err_set(err, ERR_FAILED, "libcurl does not start");
		free(h);
		return NULL;
	}
	h->timeout = o->timeout;
	pthread_mutex_init(&h->lock, NULL);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
	if (o->ca_pem && *o->ca_pem)
		join_ca(h, o->ca_pem);
	if (pthread_create(&thread, NULL, loop, h) != 0) {
		err_set(err, ERR_FAILED, "cannot start a thread");
		return NULL;
	}
	pthread_detach(thread);
	return h;
}
