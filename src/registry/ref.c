/* The grammar is small, so it is read by hand: a path is names of [a-z0-9] joined by
 * single '.', '_' or '-' and by slashes, a tag is one word. The whole reference is taken
 * in lower case, as the reference CLI does. */
#include "registry/ref.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

static const char lower_digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

enum { TAG_MAX = 128, PATH_LEN_MAX = 512, HOST_LEN_MAX = 253 + 6, DIGEST_HEX = 64 };

bool registry_path_valid(const char *path)
{
	if (strlen(path) > PATH_LEN_MAX)
		return false;
	for (const char *p = path;;) {
		size_t n = strspn(p, lower_digits);
		if (n == 0)
			return false;
		p += n;
		if (*p == '\0')
			return true;
		if (!strchr("/._-", *p++))
			return false;
	}
}

bool registry_tag_valid(const char *tag)
{
	size_t n = strlen(tag);
	if (n == 0 || n > TAG_MAX || !strchr(word, *tag))
		return false;
	for (const char *p = tag; *p; p++)
		if (!strchr(word, *p) && *p != '.' && *p != '-')
			return false;
	return true;
}

bool registry_digest_valid(const char *digest)
{
	return str_starts(digest, "sha256:") && strlen(digest + 7) == DIGEST_HEX &&
	       strspn(digest + 7, "0123456789abcdef") == DIGEST_HEX;
}

static size_t host_name_len(const char *host)
{
	if (*host == '[') {
		size_t n = 1 + strspn(host + 1, "0123456789abcdef:.");
		return host[n] == ']' ? n + 1 : 0;
	}
	size_t n = 0;
	while (host[n] && (strchr(lower_digits, host[n]) || (n > 0 && strchr(".-", host[n]))))
		n++;
	return n;
}

bool registry_host_valid(const char *host)
{
	size_t n = host_name_len(host);
	if (n == 0 || strlen(host) > HOST_LEN_MAX)
		return false;
	if (host[n] == '\0')
		return true;
	size_t digits = strspn(host + n + 1, "0123456789");
	return host[n] == ':' && digits > 0 && digits <= 5 && host[n + 1 + digits] == '\0';
}

bool registry_host_is_loopback(const char *host)
{
	size_t n = host_name_len(host);
	if (n == 9 && strncmp(host, "localhost", 9) == 0)
		return true;
	if (n == 5 && strncmp(host, "[::1]", 5) == 0)
		return true;
	/* 127.a.b.c and nothing like 127.example.org */
	return strncmp(host, "127.", 4) == 0 && n >= 9 && strspn(host, "0123456789.") == n;
}

/* A first segment that is a host: with a dot, with a port, or localhost. */
static size_t host_segment(const char *text)
{
	size_t n = strcspn(text, "/");
	if (text[n] != '/')
		return 0;
	cleanup_free char *host = xmemdup0(text, n);
	bool named = strchr(host, '.') || strchr(host, ':') || strcasecmp(host, "localhost") == 0;
	return named ? n : 0;
}

bool registry_ref_is(const char *text)
{
	return *text != '.' && *text != '/' && !strstr(text, "://") && host_segment(text) > 0;
}

/* The collection moved; the reference CLI rewrites its old name too (devcontainer.md 2.2). */
static char *moved(char *path)
{
	static const char before[] = "devcontainers-contrib/", after[] = "devcontainers-extra/";
	if (!str_starts(path, before))
		return path;
	char *now = xasprintf("%s%s", after, path + sizeof(before) - 1);
	free(path);
	return now;
}

static int split(char *rest, struct registry_ref *ret)
{
	char *at = strchr(rest, '@'), *slash = strrchr(rest, '/'), *colon = strchr(slash ? slash : rest, ':');
	if (at) {
		*at = '\0';
		ret->digest = xstrdup(at + 1);
	} else if (colon) {
		*colon = '\0';
		ret->tag = xstrdup(colon + 1);
	} else {
		ret->tag = xstrdup("latest");
	}
	ret->path = moved(xstrdup(rest));
	return 0;
}

int registry_ref_parse(const char *text, struct registry_ref *ret, struct err *err)
{
	*ret = (struct registry_ref)REGISTRY_REF_INIT;
	size_t len = strlen(text), host = host_segment(text);
	if (len > REGISTRY_REF_MAX)
		return err_set(err, ERR_USAGE, "a reference of %zu bytes: at most %u are taken", len, REGISTRY_REF_MAX);
	if (host == 0)
		return err_set(err, ERR_USAGE, "\"%s\" names no registry; write it as registry.example.com/owner/name:1", text);
	cleanup_free char *lower = xstrdup(text);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	ret->host = xmemdup0(lower, host);
	split(lower + host + 1, ret);
	int code = 0;
	if (!registry_host_valid(ret->host))
		code = err_set(err, ERR_USAGE, "\"%s\": \"%s\" is no registry's name; write host or host:port", text, ret->host);
	else if (!registry_path_valid(ret->path))
		code = err_set(err, ERR_USAGE, "\"%s\": \"%s\" is no path in a registry; it has small letters, digits and single "
		    "'.', '_', '-' and '/' between them, and either a tag or a digest behind it", text, ret->path);
	else if (ret->tag && !registry_tag_valid(ret->tag))
		code = err_set(err, ERR_USAGE, "\"%s\": \"%s\" is no tag; write a version such as 1 or 1.2.3", text, ret->tag);
	else if (ret->digest && !registry_digest_valid(ret->digest))
		code = err_set(err, ERR_USAGE, "\"%s\": \"%s\" is no digest; it is sha256: and 64 hexadecimal digits", text,
		    ret->digest);
	if (code != 0)
		registry_ref_fini(ret);
	return code;
}

void registry_ref_fini(struct registry_ref *r)
{
	free(r->host);
	free(r->path);
	free(r->tag);
	free(r->digest);
	*r = (struct registry_ref)REGISTRY_REF_INIT;
}

const char *registry_ref_id(const struct registry_ref *r)
{
	const char *slash = strrchr(r->path, '/');
	return slash ? slash + 1 : r->path;
}

char *registry_ref_resource(const struct registry_ref *r)
{
	return xasprintf("%s/%s", r->host, r->path);
}

char *registry_ref_text(const struct registry_ref *r)
{
	return xasprintf("%s/%s%s%s", r->host, r->path, r->digest ? "@" : ":", r->digest ? r->digest : r->tag);
}
