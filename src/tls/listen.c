/* listen.c - the listener: each connection is shaken hands with, checked, and joined to
 * the mux server's socket. One loop; nobody waits for anybody: a client that stalls in
 * its handshake has a deadline, one with a wrong name is closed alone. */
#include "tls/address.h"
#include "tls/tls.h"

#include "base/mem.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

struct conn {
	SSL *ssl;
	int net, mux;                  /* mux: -1 during the handshake */
	int64_t deadline;              /* of the handshake */
	struct tls_pump *pump;         /* once joined */
	char peer[80];
};

struct listener {
	const struct tls_listen *opts;
	SSL_CTX *ctx;
	int fd;
	struct conn conns[TLS_CONNS_MAX];
	unsigned n;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void note(const struct conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(const struct conn *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "lace-mux-tls: %s: ", c->peer);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- who may come in ---------------------------------------------------------------- */

static bool is_name(const char *cn, const char *user)
{
	size_t len = strlen(user);

	if (strcmp(cn, user) == 0)
		return true;
	return strncmp(cn, "user:", 5) == 0 && strncmp(cn + 5, user, len) == 0 && cn[5 + len] == '/';
}

static bool check_name(const struct listener *l, const struct conn *c)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	X509_NAME *subject = cert != NULL ? X509_get_subject_name(cert) : NULL;
	int at = subject != NULL ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;
	unsigned char *cn = NULL;
	int len = at >= 0 ? ASN1_STRING_to_UTF8(&cn, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))) : -1;
	/* A NUL inside would cut the name. */
	bool ok = len > 0 && strlen((char *)cn) == (size_t)len && is_name((char *)cn, l->opts->user);

	if (!ok)
		note(c, "refused: its certificate is not made out to %s", l->opts->user);
	OPENSSL_free(cn);
	X509_free(cert);
	return ok;
}

static int join_mux(const struct listener *l)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, l->opts->socket, strlen(l->opts->socket) + 1);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && (who.uid == geteuid() || who.uid == 0))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- connections ------------------------------------------------------------------------ */

static void conn_close(struct listener *l, unsigned i)
{
	struct conn *c = &l->conns[i];

	if (c->pump != NULL)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(c->net);
	if (c->mux >= 0)
		close(c->mux);
	free(c->pump);
	l->conns[i] = l->conns[--l->n];
}

static void make_way(struct listener *l)
{
	unsigned shaking = 0, oldest = 0;

	for (unsigned i = 0; i < l->n; i++) {
		if (l->conns[i].pump != NULL)
			continue;
		if (shaking++ == 0 || l->conns[i].deadline < l->conns[oldest].deadline)
			oldest = i;
	}
	if (shaking >= TLS_HANDSHAKES_MAX) {
		note(&l->conns[oldest], "closed: too many connections are shaking hands");
		conn_close(l, oldest);
	}
}

static void conn_accept(struct listener *l)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

	if (fd < 0)
		return;
	make_way(l);
	SSL *ssl = SSL_new(l->ctx);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	SSL_set_accept_state(ssl);
	struct conn *c = &l->conns[l->n++];
	*c = (struct conn){ .ssl = ssl, .net = fd, .mux = -1, .deadline = now_ms() + TLS_HANDSHAKE_MS };
	char host[64] = "?", port[8] = "?";
	getnameinfo((struct sockaddr *)&from, len, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(c->peer, sizeof(c->peer), "%s port %s", host, port);
}

static enum progress { GOING, DONE, OVER } conn_shake(struct listener *l, struct conn *c)
{
	int rc = SSL_do_handshake(c->ssl);

	if (rc != 1) {
		int why = SSL_get_error(c->ssl, rc);

		if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
			return GOING;
		if (why == SSL_ERROR_SSL)
			note(c, "refused: %s", tls_reason());
		return OVER;
	}
	if (!check_name(l, c))
		return OVER;
	c->mux = join_mux(l);
	if (c->mux < 0) {
		note(c, "refused: no mux server of ours answers on %s", l->opts->socket);
		return OVER;
	}
	c->pump = xmalloc(sizeof(*c->pump));
	tls_pump_init(c->pump, c->ssl, c->net, c->mux, c->mux);
	return DONE;
}

/* False when the connection is over. */
static bool conn_run(struct listener *l, struct conn *c)
{
	ERR_clear_error();
	if (c->pump == NULL) {
		enum progress p = conn_shake(l, c);

		if (p != DONE)
			return p == GOING;
	}
	return tls_pump_run(c->pump);
}

/* ---- the loop --------------------------------------------------------------------------------- */

static void want(const struct conn *c, struct pollfd p[2])
{
	p[0] = (struct pollfd){ .fd = c->net, .events = SSL_want_write(c->ssl) ? POLLOUT : POLLIN };
	p[1] = (struct pollfd){ .fd = -1 };
	if (c->pump == NULL)
		return;
	short events[3];
	tls_pump_events(c->pump, events);
	p[0].events = events[0];
	p[1] = (struct pollfd){ .fd = events[1] | events[2] ? c->mux : -1, .events = events[1] | events[2] };
	if (events[0] == 0)
		p[0].fd = -1;
}

static int next_timeout(const struct listener *l)
{
	int64_t first = -1, now = now_ms();

	for (unsigned i = 0; i < l->n; i++)
		if (l->conns[i].pump == NULL && (first < 0 || l->conns[i].deadline < first))
			first = l->conns[i].deadline;
	return first < 0 ? -1 : (int)MAX(first - now, 0);
}

static void loop(struct listener *l)
{
	for (;;) {
		struct pollfd p[2 + 2 * TLS_CONNS_MAX];
		unsigned n = l->n;

		p[0] = (struct pollfd){ .fd = l->opts->lifeline, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = n < TLS_CONNS_MAX ? l->fd : -1, .events = POLLIN };
		for (unsigned i = 0; i < n; i++)
			want(&l->conns[i], p + 2 + 2 * i);
		if (poll(p, 2 + 2 * n, next_timeout(l)) < 0 && errno != EINTR)
			return;
		if (p[0].revents)
			return;
		/* From the last on: one that is closed is replaced by the last. */
		for (unsigned i = n; i-- > 0;) {
			struct conn *c = &l->conns[i];
			bool late = c->pump == NULL && now_ms() >= c->deadline;

			if (late)
				note(c, "closed: no handshake within %d s", TLS_HANDSHAKE_MS / 1000);
			if (late || ((p[2 + 2 * i].revents || p[3 + 2 * i].revents) && !conn_run(l, c)))
				conn_close(l, i);
		}
		if (p[1].revents & POLLIN)
			conn_accept(l);
	}
}

static int setup(struct listener *l, struct err *err)
{
	const struct tls_listen *o = l->opts;
	struct sockaddr_un a;

	if (strlen(o->socket) >= sizeof(a.sun_path))
		return err_set(err, ERR_USAGE, "%s is too long for a socket", o->socket);
	l->ctx = SSL_CTX_new(TLS_server_method());
	if (l->ctx == NULL)
		return err_set(err, ERR_FAILED, "cannot start TLS: %s", tls_reason());
	SSL_CTX_set_min_proto_version(l->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(l->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(l->ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_num_tickets(l->ctx, 0);
	SSL_CTX_set_session_cache_mode(l->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(l->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_CTX_use_certificate_chain_file(l->ctx, o->pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(l->ctx, o->pem, SSL_FILETYPE_PEM) != 1)
		return err_set(err, ERR_FAILED, "cannot use %s: %s", o->pem, tls_reason());
	if (SSL_CTX_load_verify_locations(l->ctx, o->ca, NULL) != 1)
		return err_set(err, ERR_FAILED, "cannot use %s: %s", o->ca, tls_reason());
	return 0;
}

static int open_port(struct listener *l, struct err *err)
{
	struct addrinfo *list;
	int on = 1;

	if (tls_address(l->opts->bind, true, NULL, &list, err) != 0)
		return -1;
	l->fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok = l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(l->fd, list->ai_addr, list->ai_addrlen) == 0 && listen(l->fd, TLS_CONNS_MAX) == 0;
	freeaddrinfo(list);
	return ok ? 0 : err_sys(err, "cannot listen on %s", l->opts->bind);
}

/* The starter waits for this line. */
static void say_ok(const struct listener *l)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	char host[64] = "?", port[8] = "?";

	getsockname(l->fd, (struct sockaddr *)&at, &len);
	getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	printf(at.ss_family == AF_INET6 ? "ok [%s]:%s\n" : "ok %s:%s\n", host, port);
	fflush(stdout);
}

int tls_listen(const struct tls_listen *opts, struct err *err)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	int rc = -1;

	l->opts = opts;
	l->fd = -1;
	if (setup(l, err) == 0 && open_port(l, err) == 0) {
		say_ok(l);
		loop(l);
		rc = 0;
	}
	while (l->n > 0)
		conn_close(l, l->n - 1);
	if (l->fd >= 0)
		close(l->fd);
	SSL_CTX_free(l->ctx);
	free(l);
	return rc;
}
