/* The client's end of a connection. Serials count up from 1; those that wait for
 * a response stand in `waiting`. A response that nobody waits for, or a serial
 * that was never given, means that the other end is not a mux server (shell
 * noise, usually) or lost count, and ends the connection, as in wezterm.
 *
 * A frame is taken out of the input before its PDU is handed on and each PDU has
 * an arena of its own, so a callback may send requests and even make calls. */
#include "wire/client.h"

#include "wire/prim.h"

#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

struct wire_client {
	int rfd, wfd;
	unsigned codec;
	wire_client_cb on_pdu;
	void *user;

	uint64_t serial;               /* the last one given */
	uint64_t *waiting;
	size_t n_waiting, cap_waiting;

	struct wire_buf in, out;
	size_t in_pos, out_pos;        /* what went before is done with */
	bool wfd_is_socket;
	bool held;                     /* whole frames may wait in `in` behind the response of a call */
	enum wire_client_status status; /* once not OK, it stays */
	char error[160];

	uint64_t call;                 /* serial that wire_client_call waits for, or 0 */
	struct wire_pdu response;      /* of the latest call, in response_arena */
	struct wire_arena response_arena;
};

struct wire_client *wire_client_create(int rfd, int wfd, unsigned codec, wire_client_cb on_pdu, void *user)
{
	struct wire_client *c = xcalloc(1, sizeof(*c));
	*c = (struct wire_client){
		.rfd = rfd, .wfd = wfd, .codec = codec, .on_pdu = on_pdu, .user = user, .wfd_is_socket = true,
	};
	return c;
}

void wire_client_set_codec(struct wire_client *c, unsigned codec) { c->codec = codec; }

void wire_client_destroy(struct wire_client *c)
{
	if (c == NULL)
		return;
	free(c->waiting);
	wire_buf_fini(&c->in);
	wire_buf_fini(&c->out);
	wire_arena_reset(&c->response_arena);
	free(c);
}

static enum wire_client_status fail(struct wire_client *c, const char *what, const char *why)
{
	c->status = WIRE_CLIENT_ERROR;
	snprintf(c->error, sizeof(c->error), "%s: %s", what, why);
	return c->status;
}

const char *wire_client_error(const struct wire_client *c)
{
	return c->error;
}

bool wire_client_wants_write(const struct wire_client *c)
{
	return c->status == WIRE_CLIENT_OK && c->out_pos < c->out.len;
}

/* No SIGPIPE where the descriptor allows to say so. */
static ssize_t write_some(struct wire_client *c)
{
	const uint8_t *data = c->out.data + c->out_pos;
	size_t len = c->out.len - c->out_pos;
	if (c->wfd_is_socket) {
		ssize_t n = send(c->wfd, data, len, MSG_NOSIGNAL);
		if (n >= 0 || errno != ENOTSOCK)
			return n;
		c->wfd_is_socket = false;
	}
	return write(c->wfd, data, len);
}

enum wire_client_status wire_client_writable(struct wire_client *c)
{
	while (wire_client_wants_write(c)) {
		ssize_t n = write_some(c);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		/* The reading side still has what the server said before it went. */
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			c->out_pos = c->out.len;
			break;
		}
		if (n < 0)
			return fail(c, "cannot write to the server", strerror(errno));
		c->out_pos += (size_t)n;
	}
	if (c->out_pos == c->out.len || c->out_pos > READ_SIZE) {
		wire_buf_drop(&c->out, c->out_pos);
		c->out_pos = 0;
	}
	return c->status;
}

uint64_t wire_client_send(struct wire_client *c, uint32_t ident, const union wire_body *body)
{
	struct wire_pdu pdu = { .ident = ident, .serial = c->serial + 1 };
	if (body)
		pdu.body = *body;
	if (c->status != WIRE_CLIENT_OK)
		return 0;
	if (wire_encode(&pdu, c->codec, WIRE_COMPRESS_AUTO, &c->out) != WIRE_OK)
		return 0;
	if (c->n_waiting == c->cap_waiting) {
		c->cap_waiting = c->cap_waiting ? c->cap_waiting * 2 : 16;
		c->waiting = xreallocarray(c->waiting, c->cap_waiting, sizeof(*c->waiting));
	}
	c->waiting[c->n_waiting++] = ++c->serial;
	wire_client_writable(c);
	return c->serial;
}

/* Responses mostly come in the order of their requests. */
static bool stop_waiting(struct wire_client *c, uint64_t serial)
{
	for (size_t i = 0; i < c->n_waiting; i++) {
		if (c->waiting[i] != serial)
			continue;
		c->n_waiting--;
		memmove(c->waiting + i, c->waiting + i + 1, (c->n_waiting - i) * sizeof(*c->waiting));
		return true;
	}
	return false;
}

/* A push that we do not know is of no use to anybody; a response is. */
static void deliver(struct wire_client *c, enum wire_status decoded, const struct wire_pdu *pdu,
    struct wire_arena *arena)
{
	char text[64];
	if (pdu->serial > c->serial) {
		snprintf(text, sizeof(text), "serial %" PRIu64 " was never used", pdu->serial);
		fail(c, "the other end does not speak the mux protocol", text);
	} else if (pdu->serial && !stop_waiting(c, pdu->serial)) {
		snprintf(text, sizeof(text), "serial %" PRIu64 " was answered before", pdu->serial);
		fail(c, "the server lost count", text);
	} else if (pdu->serial && pdu->serial == c->call) {
		c->call = 0;
		c->response = *pdu;
		c->response_arena = *arena;
		*arena = (struct wire_arena){ 0 };
	} else if (c->on_pdu != NULL && (pdu->serial || decoded == WIRE_OK)) {
		c->on_pdu(c->user, pdu);
	}
}

/* What came behind the response of a call is held back until the caller has seen that response: a push may be about
 * something that only the response names. */
static void take_frames(struct wire_client *c)
{
	bool calling = c->call != 0;
	c->held = false;
	while (c->status == WIRE_CLIENT_OK) {
		if (calling && c->call == 0) {
			c->held = c->in_pos < c->in.len;
			break;
		}
		struct wire_pdu pdu;
		struct wire_arena arena = { 0 };
		size_t taken = 0;
		const uint8_t *data = c->in.data + c->in_pos;
		size_t len = c->in.len - c->in_pos;
		enum wire_status status = wire_decode(data, len, c->codec, &taken, &pdu, &arena);
		if (status == WIRE_MORE)
			break;
		if (status == WIRE_OK || status == WIRE_UNKNOWN) {
			c->in_pos += taken;
			deliver(c, status, &pdu, &arena);
		} else {
			fail(c, "the other end does not speak the mux protocol", wire_status_text(status));
		}
		wire_arena_reset(&arena);
	}
}

bool wire_client_pending(const struct wire_client *c)
{
	return c->status == WIRE_CLIENT_OK && c->held;
}

enum wire_client_status wire_client_readable(struct wire_client *c)
{
	if (c->status != WIRE_CLIENT_OK)
		return c->status;
	if (c->held) {
		take_frames(c);
		return c->status;
	}
	wire_buf_drop(&c->in, c->in_pos);
	c->in_pos = 0;
	wire_buf_reserve(&c->in, READ_SIZE);
	ssize_t n = read(c->rfd, c->in.data + c->in.len, READ_SIZE);
	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return c->status;
	if (n < 0 && errno != ECONNRESET)
		return fail(c, "cannot read from the server", strerror(errno));
	if (n > 0) {
		c->in.len += (size_t)n;
		take_frames(c);
		return c->status;
	}
	if (c->in.len)
		return fail(c, "the connection ended", "inside a frame");
	return c->status = WIRE_CLIENT_EOF;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until a descriptor is ready and serves it; false when the time is over. */
static bool serve(struct wire_client *c, int64_t deadline)
{
	if (c->held) {
		take_frames(c);
		return true;
	}
	struct pollfd fds[] = {
		{ .fd = c->rfd, .events = POLLIN },
		{ .fd = wire_client_wants_write(c) ? c->wfd : -1, .events = POLLOUT },
	};
	int64_t left = deadline < 0 ? -1 : MAX(deadline - now_ms(), 0);
	int n = poll(fds, ARRAY_LEN(fds), (int)MIN(left, INT32_MAX));
	if (n < 0 && errno != EINTR)
		fail(c, "cannot wait for the server", strerror(errno));
	if (n > 0 && fds[1].revents)
		wire_client_writable(c);
	if (n > 0 && fds[0].revents)
		wire_client_readable(c);
	return left != 0;       /* also when pushes come without end */
}

/* An error of this call only: the connection goes on. */
static enum wire_client_status call_failed(struct wire_client *c, uint32_t ident, const char *why)
{
	const char *name = wire_ident_name(ident);
	snprintf(c->error, sizeof(c->error), "%s: %s", name ? name : "request", why);
	return WIRE_CLIENT_ERROR;
}

enum wire_client_status wire_client_call(struct wire_client *c, uint32_t ident, const union wire_body *body,
    int timeout_ms, const struct wire_pdu **ret)
{
	if (c->status != WIRE_CLIENT_OK)
		return c->status;
	if (c->call)
		return call_failed(c, ident, "made from the callback of another call");
	uint64_t serial = wire_client_send(c, ident, body);
	if (c->status != WIRE_CLIENT_OK)
		return c->status;
	if (serial == 0)
		return call_failed(c, ident, "the request cannot be encoded");
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	wire_arena_reset(&c->response_arena);
	c->call = serial;
	bool in_time = true;
	while (c->call && c->status == WIRE_CLIENT_OK && in_time)
		in_time = serve(c, deadline);
	bool answered = c->call == 0;
	c->call = 0;
	if (answered) {
		*ret = &c->response;
		return WIRE_CLIENT_OK;
	}
	if (c->status == WIRE_CLIENT_OK)
		return call_failed(c, ident, "no answer from the server in time");
	return c->status;
}
