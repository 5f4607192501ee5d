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
 * response to wire_client_send. The PDU is valid during the call. A push of an
 * unknown ident is dropped; a response of one is handed on with an empty body.
 * The callback may send and call, but not destroy the client. NULL: of no interest (the real server pushes also to
 * who only asked something). */
typedef void (*wire_client_cb)(void *user, const struct wire_pdu *pdu);

/* Descriptors should be non-blocking; they may be the same. on_pdu may be NULL: only calls are answered. */
struct wire_client *wire_client_create(int rfd, int wfd, unsigned codec, wire_client_cb on_pdu, void *user);
/* From the next frame on, both ways: for a server that has said what it speaks. */
void wire_client_set_codec(struct wire_client *c, unsigned codec);
void wire_client_destroy(struct wire_client *c);             /* does not close the descriptors */

/* Queues a request, assigns and returns its serial, and writes what it can. Body
 * may be NULL for an empty one. 0: it cannot be encoded, or the connection is over. */
uint64_t wire_client_send(struct wire_client *c, uint32_t ident, const union wire_body *body);
bool wire_client_wants_write(const struct wire_client *c);
enum wire_client_status { WIRE_CLIENT_OK, WIRE_CLIENT_EOF, WIRE_CLIENT_ERROR };
/* Frames that came behind the response of a call wait for wire_client_readable: no poll will tell of them. */
bool wire_client_pending(const struct wire_client *c);
/* Call when rfd is readable or wire_client_pending / wfd is writable. */
enum wire_client_status wire_client_readable(struct wire_client *c);
enum wire_client_status wire_client_writable(struct wire_client *c);
/* One line that says what WIRE_CLIENT_ERROR was. */
const char *wire_client_error(const struct wire_client *c);

/* Sends a request and blocks until its response or timeout_ms (-1: no limit);
 * whatever else arrives before it goes to the callback, which must not make
 * calls itself then; what comes behind it is held (wire_client_pending), so that
 * a push about something that the response names is not seen before it. On WIRE_CLIENT_OK *ret lives
 * until the next call. A timeout is WIRE_CLIENT_ERROR, but the connection goes
 * on; a response that comes later goes to the callback. */
enum wire_client_status wire_client_call(struct wire_client *c, uint32_t ident, const union wire_body *body,
    int timeout_ms, const struct wire_pdu **ret);

#endif
