/* connect.c - the other way round: a TLS domain as a program whose stdin and stdout are
 * the stream, for `lace connect` (link_program). */
#include "tls/address.h"
#include "tls/tls.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

static int open_net(const struct tls_connect *o, char **ret_host, struct err *err)
{
	struct addrinfo *list;
	int fd = -1, on = 1;

	if (tls_address(o->to, false, ret_host, &list, err) != 0)
		return -1;
	for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			continue;
		err_sys(err, "cannot connect to %s", o->to);
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int shake(SSL *ssl, const struct tls_connect *o, const char *host, struct err *err)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	const char *name = o->expect != NULL ? o->expect : host;

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1 && X509_VERIFY_PARAM_set1_host(param, name, 0) != 1)
		return err_set(err, ERR_FAILED, "cannot look for \"%s\" in a certificate", name);
	ERR_clear_error();
	if (SSL_connect(ssl) == 1)
		return 0;
	long why = SSL_get_verify_result(ssl);
	return err_set(err, ERR_FAILED, "%s: %s", o->to,
	    why != X509_V_OK ? X509_verify_cert_error_string(why) : tls_reason());
}

static void pump(SSL *ssl, int net)
{
	struct tls_pump *p = xmalloc(sizeof(*p));

	fcntl(net, F_SETFL, fcntl(net, F_GETFL) | O_NONBLOCK);
	for (int fd = 0; fd <= 1; fd++)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	tls_pump_init(p, ssl, net, 0, 1);
	while (tls_pump_run(p)) {
		short e[3];

		tls_pump_events(p, e);
		struct pollfd fds[3] = { { e[0] ? net : -1, e[0], 0 }, { e[1] ? 0 : -1, e[1], 0 }, { e[2] ? 1 : -1, e[2], 0 } };
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
	}
	SSL_shutdown(ssl);
	free(p);
}

int tls_connect(const struct tls_connect *o, struct err *err)
{
	cleanup_free char *host = NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;
	int rc = -1, net = -1;

	if (ctx == NULL) {
		err_set(err, ERR_FAILED, "cannot start TLS: %s", tls_reason());
	} else if (SSL_CTX_load_verify_locations(ctx, o->ca, NULL) != 1) {
		err_set(err, ERR_FAILED, "cannot use %s: %s", o->ca, tls_reason());
	} else if (SSL_CTX_use_certificate_chain_file(ctx, o->pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, o->pem, SSL_FILETYPE_PEM) != 1) {
		err_set(err, ERR_FAILED, "cannot use %s: %s", o->pem, tls_reason());
	} else if ((net = open_net(o, &host, err)) >= 0) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
		SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		ssl = SSL_new(ctx);
		if (ssl == NULL || SSL_set_fd(ssl, net) != 1)
			err_set(err, ERR_FAILED, "cannot start TLS: %s", tls_reason());
		else if ((rc = shake(ssl, o, host, err)) == 0)
			pump(ssl, net);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	if (net >= 0)
		close(net);
	return rc;
}
