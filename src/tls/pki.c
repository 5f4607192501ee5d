/* pki.c - a certificate authority of one person, as wezterm's server has it
 * (reference/wezterm-mux.md 6.4): elliptic keys, the server's names as alternative
 * names, the person's name as common name of server and clients. */
#include "tls/tls.h"

#include "base/mem.h"
#include "host/fs.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define LOCK_MS 10000
#define YEARS 10
#define PEM_MAX (64u << 10)

const char *tls_reason(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_last_error());

	return s != NULL ? s : "OpenSSL gives no reason";
}

static void cleanup_key_p(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static void cleanup_cert_p(X509 **c) { X509_free(*c); }
static void cleanup_bio_p(BIO **b) { BIO_free(*b); }
#define cleanup_key __attribute__((cleanup(cleanup_key_p)))
#define cleanup_cert __attribute__((cleanup(cleanup_cert_p)))
#define cleanup_bio __attribute__((cleanup(cleanup_bio_p)))

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	bool ok = e != NULL && X509_add_ext(cert, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[16];
	bool ok = RAND_bytes(bytes, sizeof(bytes)) == 1;

	bytes[0] &= 0x7f;
	BIGNUM *n = ok ? BN_bin2bn(bytes, sizeof(bytes), NULL) : NULL;
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return ok;
}

/* A certificate for key; self-signed when there is no issuer. names: subjectAltName, or NULL. */
static X509 *make_cert(EVP_PKEY *key, const char *cn, const char *names, const char *usage, X509 *issuer,
    EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();

	if (cert == NULL)
		return NULL;
	X509_NAME *subject = X509_get_subject_name(cert);
	bool ok = X509_set_version(cert, 2) == 1 && set_serial(cert) &&
	    /* A day of patience with clocks that disagree. */
	    X509_gmtime_adj(X509_getm_notBefore(cert), -86400L) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(cert), 365 * YEARS, 0, NULL) != NULL &&
	    X509_set_pubkey(cert, key) == 1 &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer) : subject) == 1;
	if (issuer == NULL)
		issuer = cert;
	bool ca = issuer == cert;
	ok = ok && add_extension(cert, issuer, NID_basic_constraints, ca ? "critical,CA:TRUE,pathlen:1" : "critical,CA:FALSE") &&
	    add_extension(cert, issuer, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
	    add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	    (usage == NULL || add_extension(cert, issuer, NID_ext_key_usage, usage)) &&
	    (names == NULL || add_extension(cert, issuer, NID_subject_alt_name, names)) &&
	    X509_sign(cert, issuer_key != NULL ? issuer_key : key, EVP_sha256()) > 0;
	if (!ok) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static bool add_pem(struct str *s, X509 *cert, EVP_PKEY *key)
{
	cleanup_bio BIO *b = BIO_new(BIO_s_mem());
	char *data;

	if (b == NULL || (cert != NULL && PEM_write_bio_X509(b, cert) != 1) ||
	    (key != NULL && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) != 1))
		return false;
	long n = BIO_get_mem_data(b, &data);
	str_add(s, data, (size_t)n);
	return true;
}

/* The names under which a client may look for the server. */
static void server_names(struct str *names)
{
	char host[256] = "";

	str_puts(names, "DNS:localhost,IP:127.0.0.1,IP:::1");
	/* A host name is not a free text, but it is somebody else's: nothing that the list's syntax reads. */
	if (gethostname(host, sizeof(host) - 1) == 0 && *host &&
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0' &&
	    !str_eq(host, "localhost"))
		str_printf(names, ",DNS:%s", host);
}

static int write_file(const char *dir, const char *name, const struct str *s, struct err *err)
{
	cleanup_free char *path = fs_join(dir, name);

	return fs_write_atomic(path, s->s, s->len, 0600, err);
}

static int make_all(const char *dir, const char *user, struct err *err)
{
	cleanup_key EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	cleanup_cert X509 *ca = NULL, *server = NULL;
	cleanup_str struct str names = STR_INIT, ca_pem = STR_INIT, ca_key_pem = STR_INIT, server_pem = STR_INIT;

	server_names(&names);
	if (ca_key != NULL && key != NULL)
		ca = make_cert(ca_key, "lace mux server", NULL, NULL, NULL, NULL);
	if (ca != NULL)
		server = make_cert(key, user, names.s, "serverAuth", ca, ca_key);
	if (server == NULL || !add_pem(&ca_pem, ca, NULL) || !add_pem(&ca_key_pem, NULL, ca_key) ||
	    !add_pem(&server_pem, server, key))
		return err_set(err, ERR_FAILED, "cannot make certificates: %s", tls_reason());
	/* server.pem is the last: with it all are there. */
	return write_file(dir, "ca.key", &ca_key_pem, err) == 0 && write_file(dir, "ca.pem", &ca_pem, err) == 0 ?
	    write_file(dir, "server.pem", &server_pem, err) : -1;
}

static BIO *read_pem(const char *dir, const char *name)
{
	cleanup_free char *path = fs_join(dir, name);
	cleanup_str struct str s = STR_INIT;
	cleanup_err struct err err = ERR_INIT;

	if (fs_read(path, PEM_MAX, &s, &err) != 0)
		return NULL;
	BIO *b = BIO_new(BIO_s_mem());
	if (b != NULL)
		BIO_write(b, s.s, (int)s.len);
	return b;
}

static X509 *read_cert(const char *dir, const char *name)
{
	cleanup_bio BIO *b = read_pem(dir, name);

	return b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
}

static EVP_PKEY *read_key(const char *dir, const char *name)
{
	cleanup_bio BIO *b = read_pem(dir, name);

	return b != NULL ? PEM_read_bio_PrivateKey(b, NULL, NULL, (void *)"") : NULL;
}

/* Whether what is there belongs together and is valid for a month more. */
static bool usable(const char *dir)
{
	cleanup_cert X509 *ca = read_cert(dir, "ca.pem"), *server = read_cert(dir, "server.pem");
	cleanup_key EVP_PKEY *ca_key = read_key(dir, "ca.key");
	time_t month = time(NULL) + 30 * 86400L;

	return ca != NULL && server != NULL && ca_key != NULL && X509_check_private_key(ca, ca_key) == 1 &&
	    X509_verify(server, ca_key) == 1 && X509_cmp_time(X509_get0_notAfter(server), &month) > 0;
}

int pki_ensure(const char *dir, const char *user, struct err *err)
{
	cleanup_free char *path = fs_join(dir, "lock");

	if (fs_private_dir(dir, err) != 0)
		return -1;
	int lock = fs_lock(path, LOCK_MS, err);
	if (lock < 0)
		return -1;
	int rc = usable(dir) ? 0 : make_all(dir, user, err);
	fs_unlock(lock);
	ERR_clear_error();
	return rc;
}

int pki_issue(const char *dir, const char *user, struct str *ret_ca, struct str *ret_client, struct err *err)
{
	if (pki_ensure(dir, user, err) != 0)
		return -1;
	cleanup_cert X509 *ca = read_cert(dir, "ca.pem"), *cert = NULL;
	cleanup_key EVP_PKEY *ca_key = read_key(dir, "ca.key"), *key = EVP_EC_gen("P-256");
	if (ca != NULL && ca_key != NULL && key != NULL) {
		/* As an octet string of any text: a comma would begin the next name. */
		cleanup_free char *names = strchr(user, ',') == NULL ? xasprintf("DNS:%s", user) : NULL;
		cert = make_cert(key, user, names, "clientAuth", ca, ca_key);
	}
	if (cert == NULL || !add_pem(ret_ca, ca, NULL) || !add_pem(ret_client, cert, key))
		return err_set(err, ERR_FAILED, "cannot make a certificate with %s/ca.key: %s", dir, tls_reason());
	return 0;
}
