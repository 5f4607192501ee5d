/* http.h - the answers of an engine's HTTP/1.1 API, parsed as they arrive (RFC 9112).
 *
 * A push parser without I/O: it is fed bytes in any split and hands the body on.
 * Everything about a response is bounded; what is ambiguous (two lengths, a length
 * and chunks, bare line feeds, folded headers) is refused instead of guessed. */
#ifndef LACE_ENGINE_HTTP_H
#define LACE_ENGINE_HTTP_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define HTTP_LINE_MAX 8192u          /* status line, one header, one chunk size */
#define HTTP_HEAD_MAX 65536u         /* all of them together, trailers included */
#define HTTP_INTERIM_MAX 8u          /* 1xx answers before the real one */

enum http_state {
	HTTP_STATUS, HTTP_HEADERS,
	HTTP_BODY_LENGTH, HTTP_BODY_EOF,
	HTTP_CHUNK_SIZE, HTTP_CHUNK_DATA, HTTP_CHUNK_END, HTTP_TRAILERS,
	HTTP_DONE,
};

struct http_response {
	enum http_state state;
	int status;
	bool chunked, has_length;
	bool close;                  /* the connection ends with this answer */
	bool upgraded;               /* 101: the connection is a raw stream from here on */
	uint64_t left;               /* bytes of body or chunk still to come */
	char api_version[16];        /* header Api-Version, "" without */
	struct str line;             /* the line being collected */
	size_t head_bytes;
	unsigned interim;
};

/* Takes body bytes; a return other than 0 stops the parser with err set. */
typedef int (*http_body_cb)(void *user, const char *data, size_t len, struct err *err);

void http_init(struct http_response *r);
void http_fini(struct http_response *r);
/* Parses from data; *ret_used is how much belonged to this answer (all of it unless r->state is
 * HTTP_DONE or stop_at_body was given and the head is complete). */
int http_feed(struct http_response *r, const char *data, size_t len, size_t *ret_used, bool stop_at_body,
    http_body_cb body, void *user, struct err *err);
/* The peer closed the connection: 0 when that is a proper end of this answer. */
int http_eof(struct http_response *r, struct err *err);
static inline bool http_head_done(const struct http_response *r) { return r->state >= HTTP_BODY_LENGTH; }

#endif
