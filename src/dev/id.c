/* The names that tie a container, its volumes and its images to a project. All
 * but the last are byte-compatible with the reference CLI, so that both find
 * each other's (devcontainer.md 1.4, 2.7). */
#include "dev/config.h"

#include "base/map.h"
#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/sha256.h"

#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 52        /* 256 bits, five a digit */
#define PROJECT_NAME_MAX 63 /* a label of a host name */

/* JavaScript sorts by UTF-16 code units. UTF-8 bytes sort the same way, except that the surrogates of
 * characters above U+FFFF come before U+E000..U+FFFF: lift the lead bytes of those over F0..F4. */
static int utf16_order(const void *a, const void *b)
{
	const unsigned char *x = *(unsigned char *const *)a, *y = *(unsigned char *const *)b;
	while (*x && *x == *y) {
		x++;
		y++;
	}
	int cx = *x == 0xee || *x == 0xef ? *x + 0x10 : *x;
	int cy = *y == 0xee || *y == 0xef ? *y + 0x10 : *y;
	return cx - cy;
}

static void put_json_string(struct str *out, const char *s)
{
	json_object *o = json_object_new_string(s);
	json_stringify(out, o);
	json_object_put(o);
}

char *dev_container_id(const struct strv *labels)
{
	struct map values = MAP_INIT;
	cleanup_strv struct strv names = STRV_INIT;
	for (size_t i = 0; i < labels->n; i++) {
		const char *eq = strchrnul(labels->v[i], '=');
		char *name = xmemdup0(labels->v[i], (size_t)(eq - labels->v[i]));
		/* A name given twice: the last value counts. */
		if (map_set(&values, name, (void *)(eq + (*eq == '='))))
			free(name);
		else
			strv_take(&names, name);
	}
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), utf16_order);
	cleanup_str struct str json = STR_INIT;
	str_putc(&json, '{');
	for (size_t i = 0; i < names.n; i++) {
		if (i)
			str_putc(&json, ',');
		put_json_string(&json, names.v[i]);
		str_putc(&json, ':');
		put_json_string(&json, map_get(&values, names.v[i]));
	}
	str_putc(&json, '}');
	map_fini(&values);

	uint8_t digest[32];
	sha256(json.s, json.len, digest);
	/* Digits from the right: 52 * 5 = 260 bits, so the leftmost digit holds one bit only. */
	char id[ID_DIGITS + 1];
	id[ID_DIGITS] = '\0';
	unsigned bits = 0, n = 0;
	for (int i = ID_DIGITS - 1, byte = 31; i >= 0; i--) {
		if (n < 5 && byte >= 0) {
			bits |= (unsigned)digest[byte--] << n;
			n += 8;
		}
		id[i] = "0123456789abcdefghijklmnopqrstuv"[bits & 31];
		bits >>= 5;
		n = n < 5 ? 0 : n - 5;
	}
	return xstrdup(id);
}

void dev_id_labels(const struct dev_config *c, struct strv *ret)
{
	const struct strv *own = c->extra.id_labels;
	for (size_t i = 0; own && i < own->n; i++)
		strv_push(ret, own->v[i]);
	if (own && own->n)
		return;
	if (c->workspace)
		strv_pushf(ret, "devcontainer.local_folder=%s", c->workspace);
	if (c->config_path)
		strv_pushf(ret, "devcontainer.config_file=%s", c->config_path);
}

/* How much of a run of separators is legal inside an image name: a dot, one or two underscores, or dashes. */
static size_t legal_separator(const char *run, size_t len)
{
	if (run[0] == '.')
		return 1;
	if (run[0] == '_')
		return len > 1 && run[1] == '_' ? 2 : 1;
	return strspn(run, "-");
}

/* Lower-cased, illegal characters dropped, illegal runs of separators cut to their legal beginning. */
static char *image_name(const char *name)
{
	cleanup_str struct str kept = STR_INIT;
	for (const char *p = name; *p; p++) {
		char ch = *p;
		if (ch >= 'A' && ch <= 'Z')
			ch += 'a' - 'A';
		else if (str_starts(p, "\xe2\x84\xaa"))   /* KELVIN SIGN: its lower case is an ASCII letter */
			ch = 'k';
		else if (str_starts(p, "\xc4\xb0"))       /* I WITH DOT ABOVE: "i" and a combining dot */
			ch = 'i';
		if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || (ch && strchr("._-", ch)))
			str_putc(&kept, ch);
	}
	struct str out = STR_INIT;
	for (const char *p = kept.s; *p;) {
		size_t run = strspn(p, "._-");
		if (run == 0) {
			str_putc(&out, *p++);
			continue;
		}
		str_add(&out, p, legal_separator(p, run));
		p += run;
	}
	return str_detach(&out);
}

char *dev_image_name(const char *workspace)
{
	char hex[65];
	sha256_hex(workspace, strlen(workspace), hex);
	cleanup_free char *name = xasprintf("vsc-%s-%s", fs_basename(workspace), hex);
	return image_name(name);
}

char *dev_project_name(const char *workspace)
{
	cleanup_str struct str out = STR_INIT;
	for (const char *p = fs_basename(workspace); *p && out.len < PROJECT_NAME_MAX; p++) {
		char ch = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
		if (!letter && !strchr("._-", ch))
			ch = '-';
		/* Host names begin with a letter or digit; the bytes of a foreign character are one dash. */
		if (letter || (out.len && (ch != '-' || out.s[out.len - 1] != '-')))
			str_putc(&out, ch);
	}
	while (out.len && strchr("._-", out.s[out.len - 1]))
		out.s[--out.len] = '\0';
	return out.len ? str_detach(&out) : xstrdup("project");
}
