#include "registry/tags.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 18, VERSION_MAX = 128 };

/* One number without a leading zero. Returns how long it is, 0 when there is none. */
static size_t number(const char *p, long long *ret)
{
	size_t n = strspn(p, "0123456789");
	if (n == 0 || n > NUMBER_DIGITS || (*p == '0' && n > 1))
		return 0;
	*ret = strtoll(p, NULL, 10);
	return n;
}

/* Points *ret_rest at what follows X.Y.Z. */
static bool core(const char *text, long long ret[3], const char **ret_rest)
{
	for (int i = 0; i < 3; i++) {
		size_t n = number(text, &ret[i]);
		if (n == 0 || (i < 2 && text[n] != '.'))
			return false;
		text += n + (i < 2);
	}
	*ret_rest = text;
	return true;
}

bool tags_is_version(const char *text)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
	long long v[3];
	const char *rest;
	if (strlen(text) > VERSION_MAX || !core(text, v, &rest))
		return false;
	if (*rest == '-') {
		size_t n = strspn(++rest, allowed);
		if (n == 0)
			return false;
		rest += n;
	}
	if (*rest == '+') {
		size_t n = strspn(++rest, allowed);
		if (n == 0)
			return false;
		rest += n;
	}
	return *rest == '\0';
}

/* semver.org 11.4: identifiers one by one; numbers are below words. */
static int compare_pre(const char *a, const char *b)
{
	while (*a && *a != '+' && *b && *b != '+') {
		size_t na = strcspn(a, ".+"), nb = strcspn(b, ".+");
		bool da = strspn(a, "0123456789") == na, db = strspn(b, "0123456789") == nb;
		int d;
		if (da && db)
			d = na != nb ? (na < nb ? -1 : 1) : strncmp(a, b, na);
		else if (da != db)
			d = da ? -1 : 1;
		else
			d = strncmp(a, b, MIN(na, nb)) ? strncmp(a, b, MIN(na, nb)) : (na > nb) - (na < nb);
		if (d)
			return d;
		a += na + (a[na] == '.');
		b += nb + (b[nb] == '.');
	}
	return (*a && *a != '+') - (*b && *b != '+');
}

int tags_compare(const char *a, const char *b)
{
	long long va[3] = { 0 }, vb[3] = { 0 };
	const char *ra = "", *rb = "";
	core(a, va, &ra);
	core(b, vb, &rb);
	for (int i = 0; i < 3; i++)
		if (va[i] != vb[i])
			return va[i] < vb[i] ? -1 : 1;
	if (*ra != '-' || *rb != '-')            /* a prerelease is below its release */
		return (*rb == '-') - (*ra == '-');
	return compare_pre(ra + 1, rb + 1);
}

static int by_version(const void *a, const void *b)
{
	return tags_compare(*(char *const *)a, *(char *const *)b);
}

void tags_versions(const struct strv *tags, struct strv *ret)
{
	for (size_t i = 0; i < tags->n && i < TAGS_MAX; i++)
		if (tags_is_version(tags->v[i]))
			strv_push(ret, tags->v[i]);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_version);
}

/* "1.2" holds 1.2.3 and not 1.20.0. */
static bool in_group(const char *version, const char *group)
{
	size_t n = strlen(group);
	return str_eq(group, "latest") || (strncmp(version, group, n) == 0 && (version[n] == '.' || version[n] == '\0'));
}

const char *tags_newest(const struct strv *versions, const char *tag)
{
	for (size_t i = versions->n; i-- > 0;) {
		const char *v = versions->v[i];
		if (str_eq(v, tag) || (!strchr(v, '-') && in_group(v, tag)))
			return v;
	}
	return NULL;
}

void tags_to_publish(const char *version, const struct strv *existing, struct strv *ret)
{
	if (strv_has(existing, version))
		return;
	cleanup_strv struct strv versions = STRV_INIT;
	tags_versions(existing, &versions);
	long long v[3];
	const char *rest;
	if (!core(version, v, &rest))
		return;
	cleanup_free char *major = xasprintf("%lld", v[0]), *minor = xasprintf("%lld.%lld", v[0], v[1]);
	const char *const groups[] = { major, minor, "latest" };
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		const char *newest = tags_newest(&versions, groups[g]);
		if (g == 2)
			strv_push(ret, version);
		/* A prerelease is published under its own name alone. */
		if (*rest != '-' && (!newest || tags_compare(version, newest) > 0))
			strv_push(ret, groups[g]);
	}
}
