/* conn.c - one connection: frames in, bounded queue out.
 *
 * Reading stops while the client does not take its answers; a connection that
 * breaks the protocol is closed, alone. */
#include "mux/server.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>

#define READ_CHUNK 65536u
#define READ_TURN (1u << 20)           /* read from one client before others get their turn */

static void on_ready(uv_poll_t *h, int status, int events);

static void update_events(struct conn *c)
{
	int events = 0;

	if (!c->eof && conn_queued(c) <= MUX_OUT_REQUEST_MAX)
		events |= UV_READABLE;
	if (conn_queued(c) > 0)
		events |= UV_WRITABLE;
	if (c->gone || events == c->events)
		return;
	c->events = events;
	uv_poll_start(&c->poll, events, on_ready);
}

size_t conn_queued(const struct conn *c) { return c->out.len - c->out_at; }

/* Through ssh, bytes are dearer than time; on a local socket it is the other way round. */
static enum wire_compress how_to_send(const struct conn *c, uint32_t ident, const union wire_body *b)
{
	bool big = ident == WIRE_GET_LINES_RESPONSE ? b->get_lines_response.lines.n_lines > 8 :
	    ident == WIRE_GET_PANE_RENDER_CHANGES_RESPONSE ? b->render_changes.bonus_lines.n_lines > 8 :
	    ident == WIRE_SET_PALETTE ||
	    (ident == WIRE_GET_IMAGE_CELL_RESPONSE && b->image_cell_response.data.kind >= WIRE_IMAGE_RGBA8);

	return big && conn_is_remote(c) ? WIRE_COMPRESS_AUTO : WIRE_COMPRESS_NEVER;
}

void conn_send(struct conn *c, uint64_t serial, uint32_t ident, const union wire_body *body)
{
	struct wire_pdu pdu = { .ident = ident, .serial = serial };

	if (c->gone)
		return;
	if (body != NULL)
		pdu.body = *body;
	if (c->out_at > READ_CHUNK && c->out_at > c->out.len / 2) {
		wire_buf_drop(&c->out, c->out_at);
		c->out_at = 0;
	}
	enum wire_status s = wire_encode(&pdu, c->codec, how_to_send(c, ident, &pdu.body),
	    &c->out);
	if (s != WIRE_OK) {
		mux_log("cannot encode %s for connection %llu: %s", wire_ident_name(ident),
		    (unsigned long long)c->id,
		    wire_status_text(s));
		if (serial != 0) {
			pdu = (struct wire_pdu){ WIRE_ERROR_RESPONSE, serial, { .error_response = {
			    WIRE_STR("Error: the answer is too large") } } };
			wire_encode(&pdu, c->codec, WIRE_COMPRESS_NEVER, &c->out);
		}
	}
	c->mux->changed = true;
}

void conn_write(struct conn *c)
{
	while (!c->gone && conn_queued(c) > 0) {
		ssize_t n = send(c->fd, c->out.data + c->out_at, conn_queued(c), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			conn_close(c);
			return;
		}
		c->out_at += (size_t)n;
	}
	if (c->gone)
		return;
	if (conn_queued(c) == 0) {
		if (c->out.cap > READ_CHUNK)
			wire_buf_fini(&c->out);
		c->out.len = 0;
		c->out_at = 0;
		if (c->eof) {
			conn_close(c);
			return;
		}
	}
	update_events(c);
}

static void bad_client(struct conn *c, const char *why)
{
	mux_log("connection %llu (pid %ld) closed: %s", (unsigned long long)c->id, (long)c->peer, why);
	conn_close(c);
}

static void fail(struct conn *c, uint64_t serial, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void fail(struct conn *c, uint64_t serial, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conn_send(c, serial, WIRE_ERROR_RESPONSE, &(union wire_body){ .error_response = { { text, (size_t)n } } });
}

/* A frame that is larger than we take is answered as soon as its head is there, and passed over. */
static bool refuse_large(struct conn *c, const uint8_t *data, size_t len)
{
	uint64_t size, serial;

	if (wire_peek(data, len, &size, &serial) != WIRE_OK || size <= MUX_INPUT_MAX)
		return false;
	if (serial == 0)
		bad_client(c, "a large request without a serial number");
	else
		fail(c, serial, "Error: a request of %llu bytes is too large: send at most %u at a time",
		    (unsigned long long)size, MUX_INPUT_MAX);
	c->skip = (size_t)size - len;
	return true;
}

/* Takes the whole frames that have arrived, as long as the client takes the answers. */
static void take_frames(struct conn *c)
{
	size_t at = MIN(c->skip, c->in.len);

	c->skip -= at;
	while (!c->gone && at < c->in.len && conn_queued(c) <= MUX_OUT_REQUEST_MAX) {
		struct wire_arena arena = { 0 };
		struct wire_pdu pdu;
		size_t taken = 0;
		const uint8_t *data = (const uint8_t *)c->in.s + at;
		enum wire_status s = wire_decode(data, c->in.len - at, c->codec, &taken, &pdu, &arena);
		/* Our own proxy says who it is before a codec has been agreed. */
		if (s == WIRE_OK && pdu.ident == WIRE_SET_CLIENT_ID && c->codec < 43 &&
		    wire_decode(data, c->in.len - at, WIRE_CODEC_LACE, &taken, &pdu, &arena) != WIRE_OK)
			s = wire_decode(data, c->in.len - at, c->codec, &taken, &pdu, &arena);
		if (s == WIRE_MORE) {
			wire_arena_reset(&arena);
			if (refuse_large(c, data, c->in.len - at))
				at = c->in.len;
			break;
		}
		if (s != WIRE_OK && s != WIRE_UNKNOWN) {
			bad_client(c, wire_status_text(s));
		} else if (pdu.serial == 0) {
			bad_client(c, "a request without a serial number");
		} else if (c->refused) {
			fail(c, pdu.serial, "Error: this server has %u clients, which is as many as it takes: close some",
			    MUX_CONNS_MAX);
			c->eof = true;
			at = c->in.len;
		} else {
			at += taken;
			if (s == WIRE_UNKNOWN)
				fail(c, pdu.serial, "Error: invalid PDU Invalid { ident: %lu }", (unsigned long)pdu.ident);
			else
				request_handle(c, &pdu, &arena);
		}
		wire_arena_reset(&arena);
	}
	if (c->gone)
		return;
	if (at == c->in.len && c->in.cap > READ_CHUNK * 2)
		str_fini(&c->in);
	else
		str_drop(&c->in, at);
}

static void read_frames(struct conn *c)
{
	for (size_t got = 0; got < READ_TURN && !c->gone && !c->eof && conn_queued(c) <= MUX_OUT_REQUEST_MAX;) {
		str_reserve(&c->in, c->in.len > 0 ? READ_CHUNK : 2048);
		size_t room = c->in.cap - c->in.len - 1;
		ssize_t n = recv(c->fd, c->in.s + c->in.len, room, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			c->eof = true;
			break;
		}
		c->in.len += (size_t)n;
		c->in.s[c->in.len] = '\0';
		got += (size_t)n;
		take_frames(c);
		if ((size_t)n < room)
			break;             /* that was all; poll says when there is more */
	}
}

static void on_ready(uv_poll_t *h, int status, int events)
{
	struct conn *c = h->data;

	c->mux->changed = true;            /* there may be room for pushes now */
	if (status < 0) {
		conn_close(c);
		return;
	}
	if ((events & UV_WRITABLE) != 0) {
		conn_write(c);
		if (!c->gone && !c->eof && c->in.len > 0)
			take_frames(c);    /* requests that waited for room */
	}
	if (!c->gone && !c->eof && (events & UV_READABLE) != 0)
		read_frames(c);
	if (!c->gone)
		conn_write(c);
	if (!c->gone && c->eof && conn_queued(c) == 0)
		conn_close(c);
}

struct view *conn_view(struct conn *c, uint64_t pane)
{
	size_t lo = 0, hi = c->n_views;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (c->views[mid].pane == pane)
			return &c->views[mid];
		if (c->views[mid].pane < pane)
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct pane *p = mux_pane(c->mux, pane);
	c->views = xreallocarray(c->views, c->n_views + 1, sizeof(*c->views));
	memmove(&c->views[lo + 1], &c->views[lo], (c->n_views++ - lo) * sizeof(*c->views));
	c->views[lo] = (struct view){ .pane = pane, .event_next = p != NULL ? p->event_seq + 1 : 1 };
	return &c->views[lo];
}

void conn_forget(struct conn *c, uint64_t pane)
{
	for (size_t i = 0; i < c->n_views; i++) {
		if (c->views[i].pane != pane)
			continue;
		memmove(&c->views[i], &c->views[i + 1], (--c->n_views - i) * sizeof(*c->views));
		break;
	}
	if (c->focused == pane)
		c->focused = TREE_NONE;
}

bool conn_is_remote(const struct conn *c)
{
	return c->has_proxy || c->peer_is_proxy;
}

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	close(c->fd);
	if (c->mux->deaf)
		mux_listen(c->mux);
	str_fini(&c->in);
	wire_buf_fini(&c->out);
	free((char *)(uintptr_t)c->client.hostname.s);
	free((char *)(uintptr_t)c->client.username.s);
	free((char *)(uintptr_t)c->client.ssh_auth_sock.s);
	free(c->agent);
	free(c->codec_key);
	free(c->views);
	free(c);
}

void conn_close(struct conn *c)
{
	if (c->gone)
		return;
	c->gone = true;
	c->mux->changed = true;
	uv_poll_stop(&c->poll);
}

/* Frees the closed connections. Only between two turns: others may be walking the list. */
void conn_reap(struct mux *m)
{
	for (size_t i = 0; i < m->n_conns;) {
		struct conn *c = m->conns[i];
		if (!c->gone) {
			i++;
			continue;
		}
		memmove(&m->conns[i], &m->conns[i + 1], (--m->n_conns - i) * sizeof(*m->conns));
		search_forget_conn(m, c->id);
		codec_closed(c);
		struct pane *p = c->focused != TREE_NONE ? mux_pane(m, c->focused) : NULL;
		if (p != NULL)
			pane_focus(p, false);
		mux_client_left(c);
		agent_left(c);
		uv_close((uv_handle_t *)&c->poll, on_closed);
	}
}

void conn_accept(struct mux *m)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	int fd = accept4(m->opts->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* The one who waits stays readable: looking again at once would be a busy loop. */
		mux_log("cannot accept a connection: %s", strerror(errno));
		m->deaf = true;
		uv_poll_stop(&m->listener);
	}
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
	    (who.uid != geteuid() && who.uid != 0)) {
		mux_log("a process of user %ld was turned away", (long)who.uid);
		close(fd);
		return;
	}
	if (m->n_conns >= MUX_CONNS_MAX + MUX_REFUSED_MAX || m->stopping) {
		mux_log("pid %ld was turned away: there are %zu connections", (long)who.pid, m->n_conns);
		close(fd);
		return;
	}
	bool refused = m->n_conns >= MUX_CONNS_MAX;
	conn_adopt(m, fd, who.pid)->refused = refused;
}

struct conn *conn_adopt(struct mux *m, int fd, pid_t peer)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->mux = m;
	c->id = ++m->next_conn;
	c->fd = fd;
	c->peer = peer;
	cleanup_free char *exe = peer > 0 && peer != getpid() ? mux_proc_link(peer, "exe") : NULL;
	c->peer_is_proxy = exe != NULL && m->exe != NULL && str_eq(exe, m->exe);
	str_init(&c->in);
	c->focused = c->shown = TREE_NONE;
	c->notice_next = m->notice_seq;
	c->connected_at = c->last_input = time(NULL);
	uv_poll_init(&m->loop, &c->poll, fd);
	c->poll.data = c;
	m->conns = xreallocarray(m->conns, m->n_conns + 1, sizeof(*m->conns));
	m->conns[m->n_conns++] = c;
	codec_init(c);
	if (c->peer_is_proxy)
		agent_of_process(c);
	update_events(c);
	return c;
}
