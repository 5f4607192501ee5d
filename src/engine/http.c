/* The parser is one loop: lines go to the state of the head, everything else is
 * counted bytes. A line is collected in r->line because it may arrive in pieces. */
#include "engine/http.h"

#include <strings.h>

void http_init(struct http_response *r)
{
	*r = (struct http_response){ .state = HTTP_STATUS, .line = STR_INIT };
}

void http_fini(struct http_response *r)
{
	str_fini(&r->line);
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_FAILED, "the engine's answer is not proper HTTP: %s", what);
}

static int parse_status(struct http_response *r, struct err *err)
{
	const char *s = r->line.s;
	if (!str_starts(s, "HTTP/1.") || (s[7] != '0' && s[7] != '1') || s[8] != ' ')
		return bad(err, "no status line");
	int status = 0;
	for (int i = 9; i < 12; i++) {
		if (s[i] < '0' || s[i] > '9')
			return bad(err, "no status code");
		status = status * 10 + (s[i] - '0');
	}
	if (status < 100 || (s[12] != ' ' && s[12] != '\0'))
		return bad(err, "no status code");
	r->status = status;
	r->close = s[7] == '0';
	r->state = HTTP_HEADERS;
	return 0;
}

static bool is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		    || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return n > 0;
}

static int parse_length(struct http_response *r, const char *value, struct err *err)
{
	uint64_t n = 0;
	if (!*value)
		return bad(err, "an empty Content-Length");
	for (const char *p = value; *p; p++) {
		if (*p < '0' || *p > '9' || n > (INT64_MAX - 9) / 10)
			return bad(err, "a wrong Content-Length");
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (r->has_length && r->left != n)
		return bad(err, "two different Content-Lengths");
	r->has_length = true;
	r->left = n;
	return 0;
}

/* True when a comma-separated list holds the token. */
static bool list_has(const char *list, const char *token)
{
	size_t n = strlen(token);
	while (*list) {
		list += strspn(list, " \t,");
		size_t len = strcspn(list, ",");
		size_t end = len;
		while (end && (list[end - 1] == ' ' || list[end - 1] == '\t'))
			end--;
		if (end == n && strncasecmp(list, token, n) == 0)
			return true;
		list += len;
	}
	return false;
}

static int parse_header(struct http_response *r, struct err *err)
{
	char *s = r->line.s;
	if (strlen(s) != r->line.len)
		return bad(err, "a NUL in a header");
	char *colon = strchr(s, ':');
	if (!colon || !is_token(s, (size_t)(colon - s)))
		return bad(err, "a line that is no header");
	*colon = '\0';
	char *value = colon + 1;
	value += strspn(value, " \t");
	char *end = s + r->line.len;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';

	if (strcasecmp(s, "content-length") == 0)
		return parse_length(r, value, err);
	if (strcasecmp(s, "transfer-encoding") == 0) {
		if (strcasecmp(value, "chunked") != 0)
			return bad(err, "an unknown Transfer-Encoding");
		r->chunked = true;
	} else if (strcasecmp(s, "connection") == 0) {
		if (list_has(value, "close"))
			r->close = true;
		else if (list_has(value, "keep-alive"))
			r->close = false;
	} else if (strcasecmp(s, "api-version") == 0 && strlen(value) < sizeof(r->api_version)) {
		memcpy(r->api_version, value, strlen(value) + 1);
	}
	return 0;
}

/* The empty line after the headers: how does the body end? (RFC 9112, 6.3) */
static int head_end(struct http_response *r, struct err *err)
{
	if (r->chunked && r->has_length)
		return bad(err, "both Content-Length and chunks");
	if (r->status == 101) {
		r->upgraded = true;
		r->state = HTTP_DONE;
	} else if (r->status < 200) {
		if (r->has_length || r->chunked)
			return bad(err, "an interim answer with a body");
		if (++r->interim > HTTP_INTERIM_MAX)
			return bad(err, "too many interim answers");
		r->state = HTTP_STATUS;
	} else if (r->status == 204 || r->status == 304) {
		r->state = HTTP_DONE;
	} else if (r->chunked) {
		r->state = HTTP_CHUNK_SIZE;
	} else if (!r->has_length) {
		r->close = true;
		r->state = HTTP_BODY_EOF;
	} else {
		r->state = r->left ? HTTP_BODY_LENGTH : HTTP_DONE;
	}
	return 0;
}

static int parse_chunk_size(struct http_response *r, struct err *err)
{
	uint64_t n = 0;
	const char *p = r->line.s;
	for (; *p; p++) {
		int v = *p >= '0' && *p <= '9' ? *p - '0'
		      : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
		      : *p >= 'A' && *p <= 'F' ? *p - 'A' + 10 : -1;
		if (v < 0)
			break;
		if (n >> 58)
			return bad(err, "a chunk that is too large");
		n = n << 4 | (uint64_t)v;
	}
	/* Extensions after ";" mean nothing to us. */
	if (p == r->line.s || (*p && *p != ';' && *p != ' ' && *p != '\t'))
		return bad(err, "a wrong chunk size");
	r->left = n;
	r->state = n ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
	return 0;
}

static int take_line(struct http_response *r, struct err *err)
{
	/* A chunked body may be long: its size lines are bounded one by one, the head as a whole. */
	if (r->state != HTTP_CHUNK_SIZE && r->state != HTTP_CHUNK_END) {
		r->head_bytes += r->line.len;
		if (r->head_bytes > HTTP_HEAD_MAX)
			return bad(err, "too many headers");
	}
	if (r->line.len < 2 || r->line.s[r->line.len - 2] != '\r')
		return bad(err, "a line without its end");
	r->line.len -= 2;
	r->line.s[r->line.len] = '\0';

	switch (r->state) {
	case HTTP_STATUS:
		return parse_status(r, err);
	case HTTP_HEADERS:
		return r->line.len ? parse_header(r, err) : head_end(r, err);
	case HTTP_CHUNK_SIZE:
		return parse_chunk_size(r, err);
	case HTTP_CHUNK_END:
		if (r->line.len)
			return bad(err, "a chunk longer than its size");
		r->state = HTTP_CHUNK_SIZE;
		return 0;
	default: /* trailers: nothing in them is used */
		if (!r->line.len)
			r->state = HTTP_DONE;
		return 0;
	}
}

int http_feed(struct http_response *r, const char *data, size_t len, size_t *ret_used, bool stop_at_body,
    http_body_cb body, void *user, struct err *err)
{
	size_t i = 0;
	while (i < len && r->state != HTTP_DONE && !(stop_at_body && http_head_done(r))) {
		if (r->state == HTTP_BODY_LENGTH || r->state == HTTP_BODY_EOF || r->state == HTTP_CHUNK_DATA) {
			size_t n = len - i;
			if (r->state != HTTP_BODY_EOF && n > r->left)
				n = (size_t)r->left;
			if (body && body(user, data + i, n, err) != 0)
				return -1;
			i += n;
			if (r->state == HTTP_BODY_EOF)
				continue;
			r->left -= n;
			if (!r->left)
				r->state = r->state == HTTP_CHUNK_DATA ? HTTP_CHUNK_END : HTTP_DONE;
			continue;
		}
		const char *nl = memchr(data + i, '\n', len - i);
		size_t n = nl ? (size_t)(nl - data) + 1 - i : len - i;
		if (r->line.len + n > HTTP_LINE_MAX)
			return bad(err, "a line that is too long");
		str_add(&r->line, data + i, n);
		i += n;
		if (nl) {
			if (take_line(r, err) != 0)
				return -1;
			str_reset(&r->line);
		}
	}
	*ret_used = i;
	return 0;
}

int http_eof(struct http_response *r, struct err *err)
{
	if (r->state == HTTP_BODY_EOF)
		r->state = HTTP_DONE;
	if (r->state == HTTP_DONE)
		return 0;
	return err_set(err, ERR_FAILED, "the engine closed the connection in the middle of its answer");
}
