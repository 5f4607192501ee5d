#include "dev/expand.h"

#include "base/mem.h"

#include <string.h>

struct cursor {
	const char *p, *end;
};

static int expand_text(struct dev_expand *x, struct cursor *c, bool in_braces, unsigned depth,
    struct str *ret);

static bool name_char(char ch, bool first)
{
	return ch == '_' || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (!first && ch >= '0' && ch <= '9');
}

static const char *value_of(const struct dev_expand *x, const char *name, size_t len)
{
	cleanup_free char *n = xmemdup0(name, len);
	return x->vars ? env_get(x->vars, n) : NULL;
}

/* The part after ${NAME, up to and with the closing brace. */
static int expand_operator(struct dev_expand *x, struct cursor *c, const char *value, unsigned depth,
    struct str *ret)
{
	bool empty_counts = *c->p == ':';
	if (empty_counts)
		c->p++;
	if (c->p == c->end || (*c->p != '-' && *c->p != '+') || depth >= DEV_EXPAND_DEPTH)
		return -1;
	char op = *c->p++;
	bool set = value && !(empty_counts && !*value);
	bool unbound = x->unbound;
	cleanup_str struct str word = STR_INIT;
	if (expand_text(x, c, true, depth + 1, &word) < 0 || c->p == c->end)
		return -1;
	c->p++;
	bool use_word = (op == '-') != set;
	if (!use_word)
		x->unbound = unbound;   /* what the unused word lacked does not matter */
	if (use_word)
		str_add(ret, word.s, word.len);
	else if (op == '-')
		str_puts(ret, value);
	return 0;
}

/* At the character after '$'. */
static int expand_variable(struct dev_expand *x, struct cursor *c, unsigned depth, struct str *ret)
{
	bool braces = c->p < c->end && *c->p == '{';
	const char *name = c->p + braces;
	const char *p = name;
	while (p < c->end && name_char(*p, p == name))
		p++;
	if (p == name) {
		if (braces)
			return -1;
		str_putc(ret, '$');
		return 0;
	}
	const char *value = value_of(x, name, (size_t)(p - name));
	c->p = p;
	if (braces && p == c->end)
		return -1;
	if (braces && *p != '}')
		return expand_operator(x, c, value, depth, ret);
	c->p += braces;
	if (value)
		str_puts(ret, value);
	else
		x->unbound = true;
	return 0;
}

/* Up to the end, or to the '}' that closes the variable (left unread). */
static int expand_text(struct dev_expand *x, struct cursor *c, bool in_braces, unsigned depth,
    struct str *ret)
{
	char quote = 0;
	while (c->p < c->end) {
		char ch = *c->p;
		bool soft = quote == '"' || x->quoted;
		if (in_braces && !quote && ch == '}')
			return 0;
		c->p++;
		if (quote == '\'') {
			if (ch == '\'')
				quote = 0;
			else
				str_putc(ret, ch);
		} else if (!x->quoted && (ch == '"' || (ch == '\'' && !quote))) {
			quote = quote ? 0 : ch;
		} else if (ch == x->escape && c->p < c->end) {
			/* between double quotes only these three can be escaped */
			if (soft && *c->p != '"' && *c->p != '$' && *c->p != x->escape)
				str_putc(ret, ch);
			else
				str_putc(ret, *c->p++);
		} else if (ch == '$') {
			if (expand_variable(x, c, depth, ret) < 0)
				return -1;
		} else {
			str_putc(ret, ch);
		}
		if (ret->len > DEV_EXPAND_MAX)
			return -1;
	}
	return 0;
}

int dev_expand(struct dev_expand *x, const char *text, size_t len, struct str *ret)
{
	struct cursor c = { text, text + len };
	x->unbound = false;
	return expand_text(x, &c, false, 0, ret);
}
