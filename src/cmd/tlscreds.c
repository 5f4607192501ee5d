#include "cmd/tlscreds.h"

#include "base/mem.h"
#include "cmd/access.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/xdg.h"
#include "wire/client.h"

#include <string.h>

enum { ANSWER_MS = 20000, PEM_MAX = 64 << 10 };

static char *dir_of(const char *id)
{
	cleanup_free char *name = xasprintf("tls/%.12s", id);
	return xdg_config(name);
}

bool tlscreds_have(const char *id, struct tlscreds *ret)
{
	cleanup_free char *dir = dir_of(id);
	*ret = (struct tlscreds){ fs_join(dir, "ca.pem"), fs_join(dir, "client.pem") };
	if (fs_exists(ret->ca) && fs_exists(ret->client))
		return true;
	tlscreds_fini(ret);
	return false;
}

void tlscreds_fini(struct tlscreds *t)
{
	free(t->ca);
	free(t->client);
	*t = (struct tlscreds){ 0 };
}

void tlscreds_forget(const char *id)
{
	cleanup_free char *dir = dir_of(id);
	cleanup_err struct err err = ERR_INIT;
	if (fs_exists(dir) && fs_remove_tree(dir, &err) != 0)
		log_warn("%s", err.msg);
}

/* It comes from inside the container, and goes into a file that other programs read. */
static bool is_pem(const struct wire_str *s)
{
	static const char begin[] = "-----BEGIN ";
	if (s->len < sizeof(begin) || s->len > PEM_MAX || memcmp(s->s, begin, sizeof(begin) - 1) != 0)
		return false;
	for (size_t i = 0; i < s->len; i++)
		if (s->s[i] != '\n' && (s->s[i] < ' ' || s->s[i] > '~'))
			return false;
	return true;
}

static int save(const char *id, const struct wire_tls_creds *creds, struct err *err)
{
	cleanup_free char *dir = dir_of(id), *parent = fs_dirname(dir), *ca = fs_join(dir, "ca.pem"),
	    *client = fs_join(dir, "client.pem");
	if (!is_pem(&creds->ca_cert_pem) || !is_pem(&creds->client_cert_pem))
		return err_set(err, ERR_FAILED, "what it sent are no certificates");
	if (fs_mkdir_p(parent, 0700, err) != 0 || fs_private_dir(dir, err) != 0 ||
	    fs_write_atomic(ca, creds->ca_cert_pem.s, creds->ca_cert_pem.len, 0600, err) != 0)
		return -1;
	return fs_write_atomic(client, creds->client_cert_pem.s, creds->client_cert_pem.len, 0600, err);
}

static int ask(const char *id, struct link *link, struct err *err)
{
	const struct wire_pdu *pdu = NULL;
	struct wire_client *c = wire_client_create(link_read_fd(link), link_write_fd(link), WIRE_CODEC_LACE, NULL, NULL);
	int code = -1;
	if (wire_client_call(c, WIRE_GET_TLS_CREDS, NULL, ANSWER_MS, &pdu) != WIRE_CLIENT_OK) {
		err_set(err, ERR_FAILED, "the server does not answer");
	} else if (pdu->ident == WIRE_GET_TLS_CREDS_RESPONSE) {
		code = save(id, &pdu->body.tls_creds, err);
	} else {
		cleanup_str struct str why = STR_INIT;
		if (pdu->ident == WIRE_ERROR_RESPONSE)
			log_safe(&why, pdu->body.error_response.reason.s, pdu->body.error_response.reason.len, 300, false);
		err_set(err, ERR_FAILED, "%s", why.len ? why.s : "it answered something else");
	}
	wire_client_destroy(c);
	return code;
}

static int fetch(struct engine *e, const struct project *p, struct err *err)
{
	struct access a = { 0 };
	int code = access_open(&a, e, p, true, err);
	struct link *link = code == 0 ? access_link(&a, err) : NULL;
	code = link ? ask(p->id, link, err) : -1;
	link_close(link);
	access_fini(&a);
	return code;
}

void tlscreds_fetch(struct engine *e, const struct projects *p, bool again)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct project *x = &p->v[i];
		cleanup_err struct err err = ERR_INIT;
		struct tlscreds have;
		if (x->tls_port == 0 || !str_eq(x->state, "running"))
			continue;
		bool there = tlscreds_have(x->id, &have);
		if (there)
			tlscreds_fini(&have);
		if ((again || !there) && fetch(e, x, &err) != 0)
			log_warn("no certificate for the TLS domain of %s: %s", x->name, err.msg);
	}
}
