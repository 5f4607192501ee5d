#include "port/portfile.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#define STRING_BYTES_MAX 8192u

struct reader {
	const unsigned char *p, *end;
	const char *s;              /* the last string: in the text itself, or in unescaped */
	size_t len;
	struct str unescaped;
	long number;                /* the last number */
};

static void skip_blank(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static bool eat(struct reader *r, char c)
{
	skip_blank(r);
	if (r->p >= r->end || *r->p != (unsigned char)c)
		return false;
	r->p++;
	return true;
}

static bool eat_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* We write \u only for control characters, so others than those are not ours. */
static bool read_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (r->p >= r->end)
		return false;
	unsigned char c = *r->p++;
	const char *at = c ? strchr(from, c) : NULL;
	if (at) {
		str_putc(&r->unescaped, to[at - from]);
		return true;
	}
	if (c != 'u' || r->end - r->p < 4)
		return false;
	unsigned v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char h = *r->p++, low = h | 32;
		if (h >= '0' && h <= '9')
			v = v << 4 | (h - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (unsigned)(low - 'a' + 10);
		else
			return false;
	}
	str_putc(&r->unescaped, (char)v);
	return v > 0 && v < 0x80;
}

static const unsigned char *plain_end(const struct reader *r)
{
	const unsigned char *p = r->p;
	while (p < r->end && *p >= ' ' && *p != '"' && *p != '\\')
		p++;
	return p;
}

static bool read_string(struct reader *r)
{
	if (!eat(r, '"'))
		return false;
	const unsigned char *end = plain_end(r);
	if (end < r->end && *end == '"') {
		r->s = (const char *)r->p;
		r->len = (size_t)(end - r->p);
		r->p = end + 1;
		return r->len <= STRING_BYTES_MAX;
	}
	for (str_reset(&r->unescaped);; end = plain_end(r)) {
		str_add(&r->unescaped, r->p, (size_t)(end - r->p));
		if (end >= r->end || *end < ' ' || r->unescaped.len > STRING_BYTES_MAX)
			return false;
		r->p = end + 1;
		if (*end == '"')
			break;
		if (!read_escape(r))
			return false;
	}
	r->s = r->unescaped.s;
	r->len = r->unescaped.len;
	return true;
}

static bool is_string(const struct reader *r, const char *text)
{
	return r->len == strlen(text) && memcmp(r->s, text, r->len) == 0;
}

static bool read_number(struct reader *r)
{
	skip_blank(r);
	bool negative = r->p < r->end && *r->p == '-';
	r->p += negative;
	const unsigned char *start = r->p;
	r->number = 0;
	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - start < 9; r->p++)
		r->number = r->number * 10 + (*r->p - '0');
	if (negative)
		r->number = -r->number;
	return r->p > start;
}

static bool skip_plain(struct reader *r)
{
	skip_blank(r);
	if (r->p < r->end && *r->p == '"')
		return read_string(r);
	return eat_word(r, "true") || eat_word(r, "false") || eat_word(r, "null") || read_number(r);
}

/* Reads the next member's name; false at the object's end, and with *ok false when it is broken. */
static bool next_member(struct reader *r, bool *first, bool *ok)
{
	*ok = true;
	if (eat(r, '}'))
		return false;
	*ok = (*first || eat(r, ',')) && read_string(r) && eat(r, ':');
	*first = false;
	return *ok;
}

static void claim_fini(struct port_claim *c)
{
	free(c->workspace);
	free(c->config);
	free(c->label);
	free(c->since);
}

static bool read_claim(struct reader *r, struct port_claim *ret)
{
	bool first = true, ok = eat(r, '{');
	*ret = (struct port_claim){ .workspace = NULL };
	while (ok && next_member(r, &first, &ok)) {
		char **field = is_string(r, "workspace") ? &ret->workspace : is_string(r, "config") ? &ret->config :
		    is_string(r, "label") ? &ret->label : is_string(r, "since") ? &ret->since : NULL;
		if (field) {
			ok = !*field && read_string(r);
			if (ok)
				*field = xmemdup0(r->s, r->len);
		} else if (is_string(r, "port") || is_string(r, "movedFrom")) {
			int *number = is_string(r, "port") ? &ret->port : &ret->moved_from;
			ok = read_number(r);
			*number = (int)r->number;
		} else {
			ok = skip_plain(r);
		}
	}
	ok = ok && ret->workspace && ret->workspace[0] == '/' && ret->config && ret->label && ret->since &&
	    ret->port > 0 && ret->port <= 65535 && ret->moved_from >= 0 && ret->moved_from <= 65535;
	if (!ok)
		claim_fini(ret);
	return ok;
}

static bool read_claims(struct reader *r, struct port_claims *ret)
{
	if (!eat(r, '['))
		return false;
	if (eat(r, ']'))
		return true;
	size_t cap = 0;
	do {
		if (ret->n == cap) {
			cap = cap ? cap * 2 : 64;
			ret->v = xreallocarray(ret->v, cap, sizeof(*ret->v));
		}
		if (ret->n == PORTFILE_CLAIMS_MAX || !read_claim(r, &ret->v[ret->n]))
			return false;
		ret->n++;
	} while (eat(r, ','));
	return eat(r, ']');
}

static enum portfile_status read_file(struct reader *r, struct port_claims *ret)
{
	bool first = true, ok = eat(r, '{'), have_version = false, have_claims = false;
	while (ok && next_member(r, &first, &ok)) {
		if (is_string(r, "version")) {
			have_version = ok = read_number(r) && r->number > 0;
			/* It comes first: what follows may have any shape. */
			if (ok && r->number != PORTFILE_VERSION)
				return PORTFILE_NEWER;
		} else if (is_string(r, "claims")) {
			ok = !have_claims && read_claims(r, ret);
			have_claims = true;
		} else {
			ok = skip_plain(r);
		}
	}
	skip_blank(r);
	return ok && have_version && have_claims && r->p == r->end ? PORTFILE_OK : PORTFILE_CORRUPT;
}

enum portfile_status portfile_parse(const char *text, size_t len, struct port_claims *ret)
{
	*ret = (struct port_claims){ NULL, 0 };
	struct reader r = { (const unsigned char *)text, (const unsigned char *)text + len, "", 0, STR_INIT, 0 };
	enum portfile_status status = read_file(&r, ret);
	str_fini(&r.unescaped);
	if (status != PORTFILE_OK)
		port_claims_fini(ret);
	return status;
}

void port_claims_fini(struct port_claims *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		claim_fini(&claims->v[i]);
	free(claims->v);
	*claims = (struct port_claims){ NULL, 0 };
}

/* No printf from here on but for the odd character: a thousand claims are written at every claim. */
static void add_string(struct str *s, const char *before, const char *text)
{
	str_puts(s, before);
	for (const char *p = text; *p; p++) {
		size_t n = 0;
		while ((unsigned char)p[n] >= ' ' && p[n] != '"' && p[n] != '\\')
			n++;
		str_add(s, p, n);
		p += n;
		if (!*p)
			break;
		str_printf(s, (unsigned char)*p < ' ' ? "\\u%04x" : "\\%c", *p);
	}
}

static void add_number(struct str *s, int v)
{
	char digits[12];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	str_add(s, digits + at, sizeof(digits) - at);
}

void portfile_write(struct str *ret, const struct port_claims *claims)
{
	str_printf(ret, "{\"version\":%d,\"claims\":[", PORTFILE_VERSION);
	for (size_t i = 0; i < claims->n; i++) {
		const struct port_claim *c = &claims->v[i];
		add_string(ret, i ? ",\n{\"workspace\":\"" : "\n{\"workspace\":\"", c->workspace);
		add_string(ret, "\",\"config\":\"", c->config);
		add_string(ret, "\",\"label\":\"", c->label);
		add_string(ret, "\",\"since\":\"", c->since);
		str_puts(ret, "\",\"port\":");
		add_number(ret, c->port);
		if (c->moved_from) {
			str_puts(ret, ",\"movedFrom\":");
			add_number(ret, c->moved_from);
		}
		str_putc(ret, '}');
	}
	str_puts(ret, "\n]}\n");
}
