/* token.h - Authorization headers for registries: Basic, and Bearer with its tokens. Private to fetch. */
#ifndef LACE_FETCH_TOKEN_H
#define LACE_FETCH_TOKEN_H

#include "fetch/client.h"

#define TOKEN_BYTES_MAX 65536u           /* of a token server's answer, and so of a token */

struct tokens;
struct tokens *tokens_create(struct http *h);
/* The header that worked last for this host and scope ("Authorization: ..."), malloc()ed, or NULL. */
char *tokens_known(struct tokens *t, const char *host, const char *scope);
/* Answers a 401: a new header, malloc()ed, kept for next time. NULL with err unset: there is nothing to try (no
 * credentials); with err set: the token server failed. url is what was asked. */
char *tokens_answer(struct tokens *t, const char *host, const char *scope, const char *url,
    const struct strv *challenges, struct err *err);

#endif
