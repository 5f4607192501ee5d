/* tls.h - lace-mux-tls: TLS for the mux server, in a program of its own.
 *
 * The server opens no TCP port and links no OpenSSL. Whoever wants a TLS domain of
 * wezterm (reference/wezterm-mux.md 6.3, 6.4) has this program end TLS and speak to the
 * server's Unix socket. Everything it works on is told on its command line. */
#ifndef LACE_TLS_TLS_H
#define LACE_TLS_TLS_H

#include "base/err.h"
#include "base/str.h"

#include <openssl/ssl.h>

#define TLS_CONNS_MAX 64               /* further ones wait in the kernel */
#define TLS_HANDSHAKES_MAX 16          /* the oldest unfinished one makes way */
#define TLS_HANDSHAKE_MS 10000
#define TLS_BUFFER (64u << 10)         /* bytes kept for each direction of a connection */

/* What the last failing call of OpenSSL said, for the end of a message. */
const char *tls_reason(void);

/* ---- pki.c: certificates --------------------------------------------------------
 *
 * DIR holds ca.pem, ca.key and server.pem (certificate and key); it is made 0700. They
 * are made when they are missing or have run out, under a lock: many may ask at once. */
int pki_ensure(const char *dir, const char *user, struct err *err);
/* The CA's certificate, and a new certificate and key for `user` signed by it, as PEM. */
int pki_issue(const char *dir, const char *user, struct str *ret_ca, struct str *ret_client, struct err *err);

/* ---- serve.c ---------------------------------------------------------------------- */

struct tls_listen {
	const char *bind;              /* ADDRESS:PORT; [ADDRESS]:PORT for IPv6 */
	const char *socket;            /* the mux server's */
	const char *pem, *ca;          /* certificate with its key; who signs the clients' */
	const char *user;              /* the clients' common name: USER or user:USER/... */
	int lifeline;                  /* the listener ends when this descriptor does; -1 none */
};
/* Says "ok ADDRESS:PORT" on stdout once it listens. Returns when the lifeline ends. */
int tls_listen(const struct tls_listen *opts, struct err *err);

struct tls_connect {
	const char *to;                /* ADDRESS:PORT */
	const char *pem, *ca;          /* our certificate with its key; who signs the server's */
	const char *expect;            /* common or alternative name in place of ADDRESS, or NULL */
};
/* Joins stdin and stdout to the TLS connection until either side ends. */
int tls_connect(const struct tls_connect *opts, struct err *err);

/* ---- pump.c: one TLS connection and two plain descriptors --------------------------- */

struct tls_half {
	char data[TLS_BUFFER];
	size_t from, to;               /* what is still to be written: [from, to) */
	bool eof;                      /* its source has ended */
};

struct tls_pump {
	SSL *ssl;
	int net;                       /* ssl's socket */
	int in, out;                   /* plain side; may be one socket */
	struct tls_half inward, outward;   /* from the network, to it */
	bool want_write;               /* TLS cannot go on before the socket can be written */
};
/* The descriptors are non-blocking and stay the caller's. */
void tls_pump_init(struct tls_pump *p, SSL *ssl, int net, int in, int out);
/* Moves what can be moved. False when it is over: one side ended and all of its data was
 * delivered, or an error. */
bool tls_pump_run(struct tls_pump *p);
/* poll() events: of net, of in, of out. */
void tls_pump_events(const struct tls_pump *p, short ret[3]);

#endif
