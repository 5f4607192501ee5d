#include "base/str.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty[1];

void str_init(struct str *s)
{
	*s = (struct str)STR_INIT;
}

void str_fini(struct str *s)
{
	if (s->cap)
		free(s->s);
	str_init(s);
}

void str_reset(struct str *s)
{
	s->len = 0;
	if (s->cap)
		s->s[0] = '\0';
}

void str_reserve(struct str *s, size_t more)
{
	if (more >= SIZE_MAX / 2 - s->len)
		abort();
	size_t need = s->len + more + 1;
	if (need <= s->cap)
		return;
	size_t cap = s->cap ? s->cap : 32;
	while (cap < need)
		cap *= 2;
	s->s = xreallocarray(s->cap ? s->s : NULL, cap, 1);
	s->s[s->len] = '\0';
	s->cap = cap;
}

void str_add(struct str *s, const void *data, size_t len)
{
	str_reserve(s, len);
	if (len)
		memcpy(s->s + s->len, data, len);
	s->len += len;
	s->s[s->len] = '\0';
}

void str_puts(struct str *s, const char *text)
{
	str_add(s, text, strlen(text));
}

void str_putc(struct str *s, char c)
{
	str_add(s, &c, 1);
}

void str_vprintf(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		abort();
	str_reserve(s, (size_t)n);
	vsnprintf(s->s + s->len, (size_t)n + 1, fmt, again);
	va_end(again);
	s->len += (size_t)n;
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(s, fmt, ap);
	va_end(ap);
}

void str_drop(struct str *s, size_t n)
{
	if (n == 0)
		return;
	if (n > s->len)
		n = s->len;
	memmove(s->s, s->s + n, s->len - n);
	s->len -= n;
	s->s[s->len] = '\0';
}

char *str_detach(struct str *s)
{
	char *p = s->cap ? s->s : xstrdup("");
	str_init(s);
	return p;
}

void strv_take(struct strv *v, char *s)
{
	if (v->n + 2 > v->cap) {
		v->cap = v->cap ? v->cap * 2 : 8;
		v->v = xreallocarray(v->v, v->cap, sizeof(*v->v));
	}
	v->v[v->n++] = s;
	v->v[v->n] = NULL;
}

void strv_push(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void strv_pushf(struct strv *v, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	strv_take(v, str_detach(&s));
}

void strv_push_all(struct strv *v, const char *const *list)
{
	for (; *list; list++)
		strv_push(v, *list);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->v[i], s))
			return true;
	return false;
}

void strv_remove(struct strv *v, size_t i)
{
	free(v->v[i]);
	memmove(v->v + i, v->v + i + 1, (v->n - i) * sizeof(*v->v));
	v->n--;
}

void strv_fini(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv)STRV_INIT;
}

static size_t env_find(const struct strv *env, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			return i;
	return SIZE_MAX;
}

const char *env_get(const struct strv *env, const char *name)
{
	size_t i = env_find(env, name);
	return i == SIZE_MAX ? NULL : env->v[i] + strlen(name) + 1;
}

void env_set(struct strv *env, const char *name, const char *value)
{
	char *entry = xasprintf("%s=%s", name, value);
	size_t i = env_find(env, name);
	if (i == SIZE_MAX) {
		strv_take(env, entry);
		return;
	}
	free(env->v[i]);
	env->v[i] = entry;
}

void env_unset(struct strv *env, const char *name)
{
	size_t i = env_find(env, name);
	if (i != SIZE_MAX)
		strv_remove(env, i);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t a = strlen(s), b = strlen(suffix);
	return a >= b && str_eq(s + a - b, suffix);
}
