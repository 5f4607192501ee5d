/* client.h - a connection to a mux server over two file descriptors.
 *
 * Matches responses to requests by serial, hands pushes to a callback, never
 * blocks except in the calls that say so. Used by `lace connect`, `lace mux`
 * and the tests. The caller owns the descriptors and their readiness.
 * (Reads and writes descriptors it is given; it opens nothing.) */
#ifndef LACE_WIRE_CLIENT_H
#define LACE_WIRE_CLIENT_H

#include "wire/wire.h"

struct wire_client;

/* Called from wire_client_readable for each push (serial 0), and for each
 * response to wire_client_send. The PDU is valid during the call. */
typedef void (*wire_client_cb)(void *user, const struct wire_pdu *pdu);

/* Descriptors should be non-blocking; they may be the same. */
struct wire_client *wire_client_create(int rfd, int wfd, unsigned codec, wire_client_cb on_pdu, void *user);
void wire_client_destroy(struct wire_client *c);             /* does not close the descriptors */

/* Queues a request, assigns and returns its serial, and writes what it can. */
uint64_t wire_client_send(struct wire_client *c, uint32_t ident, const union wire_body *body);
bool wire_client_wants_write(const struct wire_client *c);
enum wire_client_status { WIRE_CLIENT_OK, WIRE_CLIENT_EOF, WIRE_CLIENT_ERROR };
/* Call when rfd is readable / wfd is writable. */
enum wire_client_status wire_client_readable(struct wire_client *c);
enum wire_client_status wire_client_writable(struct wire_client *c);
/* One line that says what WIRE_CLIENT_ERROR was. */
const char *wire_client_error(const struct wire_client *c);

/* Sends a request and blocks until its response or timeout_ms; pushes that come
 * meanwhile go to the callback. On WIRE_CLIENT_OK *ret lives until the next call. */
enum wire_client_status wire_client_call(struct wire_client *c, uint32_t ident, const union wire_body *body,
    int timeout_ms, const struct wire_pdu **ret);

#endif
