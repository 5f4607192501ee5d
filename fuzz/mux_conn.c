/* A whole connection: what a client sends to the server, in pieces, while another client is there that behaves.
 *
 * The server is the real one but for what it would start: the "pty" of a pane is a socket whose other end is here and
 * answers with what it gets, and no binary is run for an upgrade or for certificates. Whatever
 * comes, the answers decode, each request has one, what waits for a client is bounded, and the other client is
 * answered as before.
 *
 * The head of the input: codec, how many bytes come at a time, whether the client reads. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mux/handover.h"
#include "mux/pty.h"
#include "mux/request.h"
#include "mux/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, ECHOES = 16, ECHO_BYTES = 4096, TURNS = 4 };

/* ---- what the server would start ------------------------------------------------------- */

static int programs[ECHOES];           /* the far ends of the panes' sockets */
static size_t n_programs;

int pty_spawn(const struct pty_spawn *how, pid_t *ret_pid, char name[32], struct err *err)
{
	int pair[2];

	if (n_programs == ECHOES || how->argv[0] == NULL || *how->argv[0] == '\0')
		return err_set(err, ERR_FAILED, "cannot run it");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	programs[n_programs++] = pair[1];
	*ret_pid = INT_MAX;            /* nobody's */
	snprintf(name, 32, "/dev/pts/%zu", n_programs);
	return pair[0];
}

void pty_set_size(int fd, const struct pty_size *size) { assert(size->rows > 0 && size->cols > 0); }
pid_t pty_foreground(int fd) { return -1; }

int handover_try(struct mux *m, const char *path, struct err *err)
{
	return err_set(err, ERR_FAILED, "%s cannot take over", path);
}
void handover_execute(struct mux *m, const char *path) { abort(); }
int handover_read(struct mux *m, int fd, struct err *err) { abort(); }
int handover_listen_fd(int fd, struct err *err) { abort(); }

void tls_start(struct mux *m) { abort(); }
void tls_stop(struct mux *m) { }
bool tls_exited(struct mux *m, pid_t pid) { abort(); }
void request_tls_creds(struct request *r) { request_fail(r, "no TLS certificates"); }

static void programs_answer(void)
{
	char bytes[ECHO_BYTES];

	for (size_t i = 0; i < n_programs; i++) {
		ssize_t n = recv(programs[i], bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0 && send(programs[i], bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			continue;      /* the server has closed it, or is behind */
	}
}

/* ---- clients ------------------------------------------------------------------------------- */

struct client {
	int fd;
	struct str in;
	unsigned codec;
	uint64_t answered;                 /* serial of the last answer */
	size_t answers;
	uint32_t last;                     /* its ident */
	bool closed;
};

static struct client client_open(struct mux *m)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	conn_adopt(m, pair[1], getpid());
	return (struct client){ .fd = pair[0], .in = STR_INIT, .codec = m->opts->codec };
}

static void client_send(struct client *c, const void *bytes, size_t len)
{
	if (!c->closed && send(c->fd, bytes, len, MSG_NOSIGNAL) < 0)
		c->closed = errno != EAGAIN;
}

/* Takes what has come. */
static void client_read(struct client *c)
{
	uint8_t bytes[16384];
	size_t at = 0, taken;
	ssize_t n;

	while ((n = recv(c->fd, bytes, sizeof(bytes), 0)) > 0)
		str_add(&c->in, bytes, (size_t)n);
	c->closed |= n == 0;
	for (;;) {
		struct wire_arena arena = { 0 };
		struct wire_pdu pdu;
		enum wire_status s = wire_decode((const uint8_t *)c->in.s + at, c->in.len - at, c->codec, &taken, &pdu, &arena);

		assert(s == WIRE_OK || s == WIRE_MORE);
		if (s == WIRE_OK && pdu.serial != 0) {
			c->answered = pdu.serial;
			c->last = pdu.ident;
			c->answers++;
		}
		/* What the server said of the codec holds for what it says then. */
		if (s == WIRE_OK && pdu.ident == WIRE_GET_CODEC_VERSION_RESPONSE)
			c->codec = (unsigned)pdu.body.codec_version.codec_vers;
		if (s == WIRE_OK && pdu.ident == WIRE_LACE_HELLO_RESPONSE)
			c->codec = WIRE_CODEC_LACE;
		wire_arena_reset(&arena);
		if (s == WIRE_MORE)
			break;
		at += taken;
	}
	str_drop(&c->in, at);
}

static void client_fini(struct client *c)
{
	close(c->fd);
	str_fini(&c->in);
}

/* ---- the run -------------------------------------------------------------------------------- */

static void turn(struct mux *m, struct client *bad, bool reads)
{
	for (int i = 0; i < TURNS; i++) {
		uv_run(&m->loop, UV_RUN_NOWAIT);
		programs_answer();
		if (reads)
			client_read(bad);
	}
	for (size_t i = 0; i < m->n_conns; i++)
		assert(conn_queued(m->conns[i]) <= MUX_OUT_REQUEST_MAX + MUX_LINES_MEMORY);
}

static void ask(struct mux *m, struct client *c, uint64_t serial, uint32_t ident, const union wire_body *b,
    uint32_t answer)
{
	struct wire_pdu pdu = { .ident = ident, .serial = serial };
	struct wire_buf out = { 0 };

	if (b != NULL)
		pdu.body = *b;
	if (wire_encode(&pdu, c->codec, WIRE_COMPRESS_NEVER, &out) != WIRE_OK)
		abort();
	client_send(c, out.data, out.len);
	wire_buf_fini(&out);
	for (int i = 0; i < 1000 && c->answered < serial; i++) {
		uv_run(&m->loop, UV_RUN_NOWAIT);
		client_read(c);
	}
	assert(c->answered == serial && c->answers == serial && c->last == answer);
}

/* Requests that are whole in the stream, until something in it is no frame; and one more, of which only the head may
 * be there: it can be refused for its size. */
static size_t count_requests(const uint8_t *data, size_t size)
{
	size_t n = 1, taken;

	for (size_t at = 0; at < size; at += taken) {
		struct wire_arena arena = { 0 };
		struct wire_pdu pdu;

		taken = 0;
		wire_decode(data + at, size - at, WIRE_CODEC_LACE, &taken, &pdu, &arena);
		wire_arena_reset(&arena);
		if (taken == 0)
			break;
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "/tmp/lace-fuzz-mux-XXXXXX", path[sizeof(dir) + 8];
	cleanup_err struct err err = ERR_INIT;
	struct wire_str args[] = { WIRE_STR("sh") };

	if (size < HEAD)
		return 0;
	if (path[0] == '\0') {
		/* Links to agents are made here; nothing listens. */
		if (mkdtemp(dir) == NULL)
			abort();
		snprintf(path, sizeof(path), "%s/sock", dir);
	}
	struct mux_options opts = { .state_fd = -1, .listen_fd = -1, .ready_fd = -1, .socket_path = path,
		.codec = WIRE_CODEC_MIN + data[0] % 4, .scrollback_lines = 200, .scrollback_bytes = 1 << 20,
		.version = "fuzz", .build = "fuzz" };
	struct mux *m = xcalloc(1, sizeof(*m));
	if (mux_init(m, &opts, &err) != 0)
		abort();
	struct client good = client_open(m), bad = client_open(m);
	ask(m, &good, 1, WIRE_SPAWN_V2, &(union wire_body){ .spawn_v2 = { .has_command = true, .command = { .args = args,
	    .n_args = 1, .controlling_tty = true }, .size = { 10, 40, 400, 200, 96 }, .workspace = WIRE_STR("default") } },
	    WIRE_SPAWN_RESPONSE);
	ask(m, &good, 2, WIRE_SET_CLIENT_ID, &(union wire_body){ .set_client_id = { .client_id = { .hostname = WIRE_STR("h"),
	    .username = WIRE_STR("u"), .pid = 1 } } }, WIRE_UNIT_RESPONSE);
	static const char shown[] = "\033]0;title\aone\r\n\033[31mtwo\033[m";
	if (write(programs[0], shown, sizeof(shown) - 1) < 0)
		abort();
	bool reads = data[2] & 1;
	size_t piece = 8 + data[1] * (size_t)data[1];
	for (size_t at = HEAD; at < size; at += piece) {
		client_send(&bad, data + at, MIN(piece, size - at));
		turn(m, &bad, reads);
	}
	turn(m, &bad, true);
	assert(bad.answers <= count_requests(data + HEAD, size - HEAD));
	/* The other one has been told of whatever happened; it still gets answers. */
	client_read(&good);
	if (!m->stopping)
		ask(m, &good, 3, WIRE_PING, NULL, WIRE_PONG);
	client_fini(&bad);
	client_fini(&good);
	mux_fini(m);
	free(m);
	while (n_programs > 0)
		close(programs[--n_programs]);
	return 0;
}
