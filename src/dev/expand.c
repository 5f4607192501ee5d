#include "dev/expand.h"

#include "base/mem.h"

#include <string.h>

struct cursor {
	const char *p, *end;
};

static int expand_text(struct dev_expand *x, struct cursor *c, const char *stops, unsigned depth,
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

/* ---- patterns ---- */

/* ends[j]: does the pattern match the first j bytes of s? Room for len + 1. */
static void match(const char *pattern, size_t n, const char *s, size_t len, bool *ends)
{
	memset(ends, 0, len + 1);
	ends[0] = true;
	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == '*') {
			for (size_t j = 1; j <= len; j++)
				ends[j] = ends[j] || ends[j - 1];
			continue;
		}
		for (size_t j = len; j > 0; j--)
			ends[j] = ends[j - 1] && (pattern[i] == '?' || pattern[i] == s[j - 1]);
		ends[0] = false;
	}
}

/* The shortest or longest match at the start of s; len + 1 when there is none. */
static size_t match_length(const struct str *pattern, const char *s, size_t len, bool longest, bool *ends)
{
	size_t found = len + 1;
	match(pattern->s, pattern->len, s, len, ends);
	for (size_t j = 0; j <= len && (longest || found > len); j++)
		if (ends[j])
			found = j;
	return found;
}

static void reverse(const char *s, size_t len, struct str *ret)
{
	while (len > 0)
		str_putc(ret, s[--len]);
}

/* ${NAME#pattern} and ${NAME%pattern}: the end is the start of the reversed text. */
static void cut(const struct str *pattern, const char *value, size_t len, char op, bool longest, struct str *ret)
{
	cleanup_free bool *ends = xcalloc(len + 1, sizeof(*ends));
	cleanup_str struct str backwards = STR_INIT, reversed = STR_INIT;
	if (op == '#') {
		size_t n = match_length(pattern, value, len, longest, ends);
		n = n <= len ? n : 0;
		str_add(ret, value + n, len - n);
		return;
	}
	reverse(pattern->s, pattern->len, &backwards);
	reverse(value, len, &reversed);
	size_t n = match_length(&backwards, reversed.s, len, longest, ends);
	str_add(ret, value, len - (n <= len ? n : 0));
}

static void substitute(const struct str *pattern, const struct str *word, const char *value, size_t len, bool all,
    struct str *ret)
{
	cleanup_free bool *ends = xcalloc(len + 1, sizeof(*ends));
	size_t at = 0;
	for (bool go = true; at < len && go && ret->len <= DEV_EXPAND_MAX;) {
		size_t n = match_length(pattern, value + at, len - at, true, ends);
		if (n == 0 || n > len - at) {
			str_putc(ret, value[at++]);
			continue;
		}
		str_add(ret, word->s, word->len);
		at += n;
		go = all;
	}
	str_add(ret, value + at, len - at);
}

/* At the operator of ${NAME#...}, ${NAME%...} or ${NAME/...}. */
static int expand_pattern(struct dev_expand *x, struct cursor *c, const char *value, unsigned depth,
    struct str *ret)
{
	char op = *c->p++;
	bool twice = c->p < c->end && *c->p == op;
	c->p += twice;
	cleanup_str struct str pattern = STR_INIT, word = STR_INIT;
	if (expand_text(x, c, op == '/' ? "/}" : "}", depth + 1, &pattern) < 0 || c->p == c->end)
		return -1;
	if (*c->p == '/') {
		c->p++;
		if (expand_text(x, c, "}", depth + 1, &word) < 0 || c->p == c->end)
			return -1;
	}
	c->p++;
	if (!value) {
		x->unbound = true;
		return 0;
	}
	size_t len = strlen(value), steps = (pattern.len + 1) * (len + 1) * (op == '/' ? len + 1 : 1);
	if (len > DEV_EXPAND_MAX || steps > DEV_EXPAND_STEPS)
		return -1;
	if (op == '/')
		substitute(&pattern, &word, value, len, twice, ret);
	else
		cut(&pattern, value, len, op, twice, ret);
	return 0;
}

/* ---- variables ---- */

/* The part after ${NAME, up to and with the closing brace. */
static int expand_operator(struct dev_expand *x, struct cursor *c, const char *value, unsigned depth,
    struct str *ret)
{
	if (depth >= DEV_EXPAND_DEPTH)
		return -1;
	if (strchr("#%/", *c->p))
		return expand_pattern(x, c, value, depth, ret);
	bool empty_counts = *c->p == ':';
	if (empty_counts)
		c->p++;
	if (c->p == c->end || !strchr("-+?", *c->p))
		return -1;
	char op = *c->p++;
	bool set = value && !(empty_counts && !*value);
	bool unbound = x->unbound;
	cleanup_str struct str word = STR_INIT;
	if (expand_text(x, c, "}", depth + 1, &word) < 0 || c->p == c->end)
		return -1;
	c->p++;
	if (op == '?') {         /* the word is what the builder would say */
		x->unbound = unbound || !set;
		str_puts(ret, set ? value : "");
		return 0;
	}
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

/* Up to the end, or to one of stops outside quotes: the '}' that closes the variable, say (left unread). */
static int expand_text(struct dev_expand *x, struct cursor *c, const char *stops, unsigned depth,
    struct str *ret)
{
	char quote = 0;
	while (c->p < c->end) {
		char ch = *c->p;
		bool soft = quote == '"' || x->quoted;
		if (ch && !quote && strchr(stops, ch))
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
	return expand_text(x, &c, "", 0, ret);
}
