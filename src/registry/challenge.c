/* One header holds any number of challenges, each a scheme with parameters, all of them
 * separated by commas; a word that no '=' follows begins the next challenge. */
#include "registry/challenge.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>

static const char token_chars[] =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *skip(const char *p, const char *set)
{
	return p + strspn(p, set);
}

/* A token or a quoted string behind '='. Returns where it ends, NULL when there is none. */
static const char *value_of(const char *p, struct str *ret)
{
	if (*p != '"') {
		size_t n = strcspn(p, ", \t");
		str_add(ret, p, n);
		return p + n;
	}
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		str_putc(ret, *p);
	}
	return *p == '"' ? p + 1 : NULL;
}

static void keep(char **field, const struct str *value)
{
	if (!*field)
		*field = xmemdup0(value->s, value->len);
}

void challenge_parse(struct challenge *c, const char *value)
{
	if (strlen(value) > CHALLENGE_BYTES_MAX)
		return;
	bool in_bearer = false;
	const char *p = skip(value, ", \t");
	while (*p) {
		size_t n = strspn(p, token_chars);
		if (n == 0)
			return;
		const char *name = p, *after = skip(p + n, " \t");
		if (*after != '=') {
			in_bearer = n == 6 && strncasecmp(name, "bearer", 6) == 0;
			c->bearer |= in_bearer;
			c->basic |= n == 5 && strncasecmp(name, "basic", 5) == 0;
			p = skip(after, ", \t");
			continue;
		}
		cleanup_str struct str text = STR_INIT;
		p = value_of(skip(after + 1, " \t"), &text);
		if (!p)
			return;
		if (in_bearer && n == 5 && strncasecmp(name, "realm", 5) == 0)
			keep(&c->realm, &text);
		else if (in_bearer && n == 7 && strncasecmp(name, "service", 7) == 0)
			keep(&c->service, &text);
		else if (in_bearer && n == 5 && strncasecmp(name, "scope", 5) == 0)
			keep(&c->scope, &text);
		p = skip(p, ", \t");
	}
}

void challenge_fini(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct challenge){ 0 };
}
