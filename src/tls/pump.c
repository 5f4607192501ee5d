#include "tls/tls.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>

void tls_pump_init(struct tls_pump *p, SSL *ssl, int net, int in, int out)
{
	p->ssl = ssl;
	p->net = net;
	p->in = in;
	p->out = out;
	p->inward.from = p->inward.to = p->outward.from = p->outward.to = 0;
	p->inward.eof = p->outward.eof = p->want_write = false;
}

static bool empty(const struct tls_half *h) { return h->from == h->to; }
static bool has_room(const struct tls_half *h) { return !h->eof && h->to < sizeof(h->data); }

static void taken(struct tls_half *h, size_t n)
{
	h->from += n;
	if (empty(h))
		h->from = h->to = 0;
}

enum result { MOVED, WAIT, OVER };

static enum result tls_result(struct tls_pump *p, int rc)
{
	switch (SSL_get_error(p->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return WAIT;
	case SSL_ERROR_WANT_WRITE:
		p->want_write = true;
		return WAIT;
	default:
		return OVER;
	}
}

static enum result net_read(struct tls_pump *p)
{
	struct tls_half *h = &p->inward;
	size_t n;

	if (!has_room(h))
		return WAIT;
	int rc = SSL_read_ex(p->ssl, h->data + h->to, sizeof(h->data) - h->to, &n);
	if (rc > 0) {
		h->to += n;
		return MOVED;
	}
	if (SSL_get_error(p->ssl, rc) == SSL_ERROR_ZERO_RETURN) {
		h->eof = true;
		return WAIT;
	}
	return tls_result(p, rc);
}

static enum result net_write(struct tls_pump *p)
{
	struct tls_half *h = &p->outward;
	size_t n;

	if (empty(h))
		return WAIT;
	int rc = SSL_write_ex(p->ssl, h->data + h->from, h->to - h->from, &n);
	if (rc <= 0)
		return tls_result(p, rc);
	taken(h, n);
	return MOVED;
}

static enum result plain_result(void)
{
	return errno == EAGAIN || errno == EINTR ? WAIT : OVER;
}

static enum result plain_read(struct tls_pump *p)
{
	struct tls_half *h = &p->outward;

	if (!has_room(h))
		return WAIT;
	ssize_t n = read(p->in, h->data + h->to, sizeof(h->data) - h->to);
	if (n < 0)
		return plain_result();
	if (n == 0) {
		h->eof = true;
		return WAIT;
	}
	h->to += (size_t)n;
	return MOVED;
}

static enum result plain_write(struct tls_pump *p)
{
	struct tls_half *h = &p->inward;

	if (empty(h))
		return WAIT;
	ssize_t n = write(p->out, h->data + h->from, h->to - h->from);
	if (n < 0)
		return plain_result();
	taken(h, (size_t)n);
	return MOVED;
}

bool tls_pump_run(struct tls_pump *p)
{
	static enum result (*const steps[])(struct tls_pump *) = { net_read, plain_write, plain_read, net_write };
	bool moved;

	p->want_write = false;
	do {
		moved = false;
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			enum result r = steps[i](p);

			if (r == OVER)
				return false;
			moved |= r == MOVED;
		}
	} while (moved);
	return !(p->inward.eof && empty(&p->inward)) && !(p->outward.eof && empty(&p->outward));
}

void tls_pump_events(const struct tls_pump *p, short ret[3])
{
	ret[0] = (short)((has_room(&p->inward) ? POLLIN : 0) | (p->want_write ? POLLOUT : 0));
	ret[1] = has_room(&p->outward) ? POLLIN : 0;
	ret[2] = empty(&p->inward) ? 0 : POLLOUT;
}
