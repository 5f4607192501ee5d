/* main.c - lace-mux-tls: TLS for lace-mux-server, which starts it. */
#include "tls/tls.h"

#include "base/build.h"
#include "base/mem.h"
#include "build_time.h"
#include "host/fs.h"
#include "version.h"

#include <signal.h>

static const char help[] =
    "usage: lace-mux-tls listen --bind ADDRESS:PORT --socket PATH --user NAME --pki DIR [--lifeline]\n"
    "                                     end TLS and speak to the mux server on PATH\n"
    "       lace-mux-tls listen --bind ADDRESS:PORT --socket PATH --user NAME --pem FILE --ca FILE\n"
    "                                     the same with certificates of your own\n"
    "       lace-mux-tls creds --user NAME --pki DIR\n"
    "                                     print the CA, and a certificate and key for NAME\n"
    "       lace-mux-tls connect --to ADDRESS:PORT --pem FILE --ca FILE [--expect NAME]\n"
    "                                     join stdin and stdout to a TLS domain (NAME: of its certificate)\n"
    "\n"
    "DIR holds ca.pem, ca.key and server.pem; they are made when they are missing. Clients are let in when\n"
    "their certificate is signed by the CA and made out to NAME. --lifeline: end when stdin ends.\n"
    "lace-mux-server starts this program (see --tls there); it is not needed by hand.\n";

struct options {
	const char *bind, *socket, *user, *pki, *pem, *ca, *to, *expect;
	bool lifeline;
};

static int fail(struct err *err)
{
	fprintf(stderr, "lace-mux-tls: %s\n", err->msg);
	return err->code != ERR_NONE ? (int)err->code : ERR_FAILED;
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
	const struct { const char *name, **value; } known[] = {
		{ "--bind", &o->bind }, { "--socket", &o->socket }, { "--user", &o->user }, { "--pki", &o->pki },
		{ "--pem", &o->pem }, { "--ca", &o->ca }, { "--to", &o->to }, { "--expect", &o->expect },
	};

	for (int i = 2; i < argc; i++) {
		size_t k = 0;

		if (str_eq(argv[i], "--lifeline")) {
			o->lifeline = true;
			continue;
		}
		while (k < ARRAY_LEN(known) && !str_eq(argv[i], known[k].name))
			k++;
		if (k == ARRAY_LEN(known) || i + 1 == argc)
			return err_set(err, ERR_USAGE, k == ARRAY_LEN(known) ? "unknown argument \"%s\"; see --help" :
			    "%s wants a value; see --help", argv[i]);
		*known[k].value = argv[++i];
	}
	return 0;
}

static int need(const char *value, const char *name, struct err *err)
{
	return value != NULL ? 0 : err_set(err, ERR_USAGE, "%s is missing; see --help", name);
}

static int cmd_listen(struct options *o, struct err *err)
{
	cleanup_free char *pem = NULL, *ca = NULL;

	if (need(o->bind, "--bind", err) != 0 || need(o->socket, "--socket", err) != 0 || need(o->user, "--user", err) != 0)
		return -1;
	if (o->pki != NULL) {
		if (pki_ensure(o->pki, o->user, err) != 0)
			return -1;
		if (o->pem == NULL)
			o->pem = pem = fs_join(o->pki, "server.pem");
		if (o->ca == NULL)
			o->ca = ca = fs_join(o->pki, "ca.pem");
	}
	if (need(o->pem, "--pem", err) != 0 || need(o->ca, "--ca", err) != 0)
		return -1;
	struct tls_listen l = { .bind = o->bind, .socket = o->socket, .pem = o->pem, .ca = o->ca, .user = o->user,
		.lifeline = o->lifeline ? 0 : -1 };
	return tls_listen(&l, err);
}

static int cmd_creds(const struct options *o, struct err *err)
{
	cleanup_str struct str ca = STR_INIT, client = STR_INIT;

	if (need(o->user, "--user", err) != 0 || need(o->pki, "--pki", err) != 0 ||
	    pki_issue(o->pki, o->user, &ca, &client, err) != 0)
		return -1;
	printf("%s%s", ca.s, client.s);
	return fflush(stdout) == 0 ? 0 : err_sys(err, "cannot write");
}

static int cmd_connect(const struct options *o, struct err *err)
{
	if (need(o->to, "--to", err) != 0 || need(o->pem, "--pem", err) != 0 || need(o->ca, "--ca", err) != 0)
		return -1;
	struct tls_connect c = { .to = o->to, .pem = o->pem, .ca = o->ca, .expect = o->expect };
	return tls_connect(&c, err);
}

int main(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct options o = { 0 };
	int rc;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 1 && str_eq(argv[1], "--version")) {
		puts("lace-mux-tls " LACE_BUILD);
		return 0;
	}
	if (parse(argc, argv, &o, &err) != 0)
		return fail(&err);
	if (argc > 1 && str_eq(argv[1], "listen"))
		rc = cmd_listen(&o, &err);
	else if (argc > 1 && str_eq(argv[1], "creds"))
		rc = cmd_creds(&o, &err);
	else if (argc > 1 && str_eq(argv[1], "connect"))
		rc = cmd_connect(&o, &err);
	else
		rc = err_set(&err, ERR_USAGE, "say listen, creds or connect; see --help");
	return rc != 0 ? fail(&err) : 0;
}
