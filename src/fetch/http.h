/* http.h - one HTTP exchange, over connections that all callers share.
 *
 * A thread of its own runs libcurl; any number of others wait for their exchanges.
 * No redirect is followed, no request repeated and no credential added here: that is
 * client.h's, which knows what an answer means. */
#ifndef LACE_FETCH_HTTP_H
#define LACE_FETCH_HTTP_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define HTTP_BODY_MAX (8u << 20)         /* of an answer that is kept in memory */
#define HTTP_HEADER_MAX 16384u           /* of one header that is kept */

struct http;
struct http_options {
	const char *ca_pem;                  /* certificates to trust besides the system's, PEM text, or NULL */
	int timeout;                         /* seconds without a byte, and for a connection to stand */
};
struct http *http_create(const struct http_options *o, struct err *err);
/* The process ends with the program: there is no way back. */

struct http_request {
	const char *method;                  /* "GET", "HEAD", "POST", "PUT" */
	const char *url;
	struct strv headers;                 /* "Name: value" */
	const void *body;                    /* of POST and PUT, or NULL */
	size_t body_len;
	size_t max;                          /* of the answer's body: what goes over ends the exchange */
	/* Takes the body of a 200 or 206 instead of response.body. Runs on another thread; not 0 ends the exchange. */
	int (*sink)(void *user, long status, const char *data, size_t len);
	void *user;
};

enum http_failure {
	HTTP_OK,
	HTTP_NO_HOST,            /* no such name, no route, refused, no answer in time: nobody is there */
	HTTP_BROKEN,             /* the connection was lost, or stalled: another try may do */
	HTTP_NOT_HTTP,           /* what came back is no HTTP */
	HTTP_TLS,                /* the certificate or the handshake is no good */
	HTTP_STOPPED,            /* the sink said so */
	HTTP_TOO_LARGE,
};
struct http_response {
	enum http_failure failure;           /* err says the rest */
	long status;
	struct str body;
	char *location, *digest, *retry_after, *content_range, *link;    /* headers, NULL when absent */
	struct strv challenges;              /* each WWW-Authenticate */
};
/* 0 once there is a whole answer, whatever its status. */
int http_perform(struct http *h, const struct http_request *rq, struct http_response *rs, struct err *err);
void http_response_fini(struct http_response *rs);

#endif
