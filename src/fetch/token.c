/* A registry that wants to know who we are answers 401 and says how (challenge.h). Basic:
 * the credentials themselves. Bearer: a token from its token server, for which the
 * credentials are, or a refresh token; who has neither gets an anonymous one.
 *
 * Credentials go to the token server that the registry names, by https only (or to this
 * machine), and never along a redirect. */
#include "fetch/token.h"

#include "base/map.h"
#include "base/mem.h"
#include "fetch/peer.h"
#include "host/jsonc.h"
#include "registry/challenge.h"
#include "registry/ref.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

struct tokens {
	struct http *http;
	pthread_mutex_t lock;
	struct map headers;          /* "host scope" -> header */
};

struct tokens *tokens_create(struct http *h)
{
	struct tokens *t = xcalloc(1, sizeof(*t));
	t->http = h;
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

char *tokens_known(struct tokens *t, const char *host, const char *scope)
{
	cleanup_free char *key = xasprintf("%s %s", host, scope);
	pthread_mutex_lock(&t->lock);
	const char *header = map_get(&t->headers, key);
	char *copy = header ? xstrdup(header) : NULL;
	pthread_mutex_unlock(&t->lock);
	return copy;
}

static char *keep(struct tokens *t, const char *host, const char *scope, char *header)
{
	cleanup_free char *key = xasprintf("%s %s", host, scope);
	pthread_mutex_lock(&t->lock);
	free(map_set(&t->headers, key, xstrdup(header)));
	pthread_mutex_unlock(&t->lock);
	return header;
}

static char *basic_header(const struct peer_credentials *c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	cleanup_free char *pair = xasprintf("%s:%s", c->user, c->secret);
	cleanup_str struct str s = STR_INIT;
	str_puts(&s, "Authorization: Basic ");
	for (size_t i = 0, n = strlen(pair); i < n; i += 3) {
		unsigned have = (unsigned)MIN(n - i, 3), v = 0;
		for (unsigned k = 0; k < 3; k++)
			v = v << 8 | (k < have ? (unsigned char)pair[i + k] : 0);
		for (unsigned k = 0; k < 4; k++)
			str_putc(&s, k <= have ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
	return str_detach(&s);
}

static void add_field(struct str *s, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	char *escaped = curl_easy_escape(NULL, value, (int)strlen(value));
	str_printf(s, "%s%s=%s", s->len ? "&" : "", name, escaped ? escaped : "");
	curl_free(escaped);
}

/* What a token server answered; malloc()ed header or NULL. */
static char *bearer_header(const struct http_response *rs)
{
	cleanup_err struct err ignored = ERR_INIT;
	json_object *json = jsonc_parse(rs->body.s, rs->body.len, "token", NULL, &ignored);
	const char *token = json_str(json, "token");
	if (!token || !*token)
		token = json_str(json, "access_token");
	bool good = token && *token && !strpbrk(token, "\r\n");
	char *header = good ? xasprintf("Authorization: Bearer %s", token) : NULL;
	json_object_put(json);
	return header;
}

struct token_request {
	const char *realm, *scope;
	const struct challenge *challenge;
	const struct peer_credentials *who;          /* NULL: anonymous */
};

/* One question to the token server. *ret_status is 0 when there was no answer. */
static char *ask_server(struct tokens *t, const struct token_request *q, long *ret_status, struct err *err)
{
	cleanup_str struct str fields = STR_INIT;
	cleanup_strv struct strv headers = STRV_INIT;
	bool refresh = q->who && q->who->identity;
	if (refresh) {
		add_field(&fields, "grant_type", "refresh_token");
		add_field(&fields, "client_id", "devcontainer");
	}
	add_field(&fields, "service", q->challenge->service);
	add_field(&fields, "scope", q->scope);
	if (refresh) {
		add_field(&fields, "refresh_token", q->who->identity);
		strv_push(&headers, "Content-Type: application/x-www-form-urlencoded");
	} else if (q->who) {
		strv_take(&headers, basic_header(q->who));
	}
	cleanup_free char *url = refresh || !fields.len ? xstrdup(q->realm) :
	    xasprintf("%s%c%s", q->realm, strchr(q->realm, '?') ? '&' : '?', fields.s);
	struct http_request rq = { .method = refresh ? "POST" : "GET", .url = url, .headers = headers,
		.body = refresh ? fields.s : NULL, .body_len = refresh ? fields.len : 0, .max = TOKEN_BYTES_MAX };
	struct http_response rs;
	char *header = NULL;
	*ret_status = 0;
	if (http_perform(t->http, &rq, &rs, err) == 0) {
		*ret_status = rs.status;
		if (rs.status == 200)
			header = bearer_header(&rs);
		if (!header)
			err_set(err, ERR_FAILED, "the token server %.200s answered %ld%s", q->realm, rs.status,
			    rs.status == 200 ? " without a token" : "");
	}
	http_response_fini(&rs);
	return header;
}

static char *bearer(struct tokens *t, const char *host, const char *scope, const char *url,
    const struct challenge *c, struct err *err)
{
	if (!c->realm || !client_url_safe(url, c->realm)) {
		err_set(err, ERR_FAILED, "%s names a token server that cannot be trusted with credentials: \"%.200s\"; it has to be "
		    "an https address", host, c->realm ? c->realm : "");
		return NULL;
	}
	const struct peer_credentials *who = peer_credentials(host);
	struct token_request q = { c->realm, c->scope && *c->scope ? c->scope : scope, c,
		who->user || who->identity ? who : NULL };
	long status;
	char *header = ask_server(t, &q, &status, err);
	if (!header && q.who && (status == 401 || status == 403)) {
		peer_warn("the credentials for %s are refused by its token server; going on without; renew them with: docker login %s",
		    host, host);
		err_fini(err);
		q.who = NULL;
		header = ask_server(t, &q, &status, err);
	}
	/* Nobody without a token: that is an answer and not a failure of the token server. */
	if (!header && (status == 401 || status == 403))
		err_fini(err);
	return header;
}

char *tokens_answer(struct tokens *t, const char *host, const char *scope, const char *url,
    const struct strv *challenges, struct err *err)
{
	struct challenge c = { 0 };
	for (size_t i = 0; i < challenges->n; i++)
		challenge_parse(&c, challenges->v[i]);
	char *header = NULL;
	if (c.bearer) {
		header = bearer(t, host, scope, url, &c, err);
	} else if (c.basic) {
		const struct peer_credentials *who = peer_credentials(host);
		header = who->user ? basic_header(who) : NULL;
	}
	challenge_fini(&c);
	return header ? keep(t, host, scope, header) : NULL;
}
