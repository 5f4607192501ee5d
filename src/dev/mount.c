#include "dev/mount.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <string.h>
#include <strings.h>

/* One CSV field off *p into field. False when the quoting is broken. */
static bool csv_field(const char **p, struct str *field)
{
	const char *s = *p;
	str_reset(field);
	if (*s == '"') {
		for (s++; *s != '"' || s[1] == '"'; s++) {
			if (*s == '"')
				s++;
			if (!*s)
				return false;
			str_putc(field, *s);
		}
		s++;
		if (*s && *s != ',')
			return false;
	} else {
		size_t len = strcspn(s, ",");
		str_add(field, s, len);
		if (memchr(s, '"', len) || memchr(s, '\n', len) || memchr(s, '\r', len))
			return false;
		s += len;
	}
	*p = *s == ',' ? s + 1 : NULL;
	return true;
}

static bool one_of(const char *s, const char *a, const char *b, const char *c)
{
	return strcasecmp(s, a) == 0 || (b && strcasecmp(s, b) == 0) || (c && strcasecmp(s, c) == 0);
}

static void replace(char **p, const char *value)
{
	free(*p);
	*p = xstrdup(value);
}

static void volume_field(struct dev_mount *m, const char *name, const char *value)
{
	m->plain = false;
	if (one_of(name, "volume-opt", NULL, NULL))
		strv_push(&m->volume_options, value);
	else
		replace(&m->volume_driver, value);
}

static const char *parse_fields(const char *s, struct dev_mount *m)
{
	cleanup_str struct str field = STR_INIT;
	do {
		if (!csv_field(&s, &field))
			return "misplaced quotes";
		char *eq = strchr(field.s, '=');
		char *value = eq ? eq + 1 : field.s + field.len;
		if (eq)
			*eq = '\0';
		if (one_of(field.s, "type", NULL, NULL))
			replace(&m->type, value);
		else if (one_of(field.s, "source", "src", NULL))
			replace(&m->source, value);
		else if (one_of(field.s, "target", "dst", "destination"))
			replace(&m->target, value);
		else if (one_of(field.s, "volume-opt", "volume-driver", NULL))
			volume_field(m, field.s, value);
		else if (one_of(field.s, "readonly", "ro", NULL))
			m->readonly = !*value || one_of(value, "1", "true", NULL);
		else if (one_of(field.s, "volume-nocopy", NULL, NULL))
			m->nocopy = !*value || one_of(value, "1", "true", NULL);
		else if (one_of(field.s, "bind-propagation", NULL, NULL))
			replace(&m->propagation, value);
		else if (one_of(field.s, "tmpfs-size", NULL, NULL))
			replace(&m->tmpfs_size, value);
		else if (one_of(field.s, "tmpfs-mode", NULL, NULL))
			replace(&m->tmpfs_mode, value);
		else if (!*field.s)
			return "an empty field";
	} while (s);
	return NULL;
}

static const char *parse(json_object *value, struct dev_mount *m)
{
	if (json_object_is_type(value, json_type_string)) {
		const char *problem = parse_fields(json_object_get_string(value), m);
		if (problem)
			return problem;
	} else if (json_object_is_type(value, json_type_object)) {
		const char *type = json_str(value, "type"), *source = json_str(value, "source");
		const char *target = json_str(value, "target");
		m->type = type ? xstrdup(type) : NULL;
		m->source = source ? xstrdup(source) : NULL;
		m->target = target ? xstrdup(target) : NULL;
		m->readonly = json_flag(value, "readonly", false);
	} else {
		return "neither a string nor an object";
	}
	if (!m->target || !*m->target)
		return "no target";
	if (!m->type)
		m->type = xstrdup("volume");
	if (str_eq(m->type, "bind") && (!m->source || !*m->source))
		return "a bind mount without source";
	return NULL;
}

const char *dev_mount_parse(json_object *value, struct dev_mount *ret)
{
	*ret = (struct dev_mount){ .plain = true };
	const char *problem = parse(value, ret);
	if (problem)
		dev_mount_fini(ret);
	return problem;
}

void dev_mount_fini(struct dev_mount *m)
{
	free(m->type);
	free(m->source);
	free(m->target);
	free(m->propagation);
	free(m->tmpfs_size);
	free(m->tmpfs_mode);
	free(m->volume_driver);
	strv_fini(&m->volume_options);
	*m = (struct dev_mount){ 0 };
}

void dev_mount_field(struct str *s, const char *name, const char *value)
{
	if (s->len)
		str_putc(s, ',');
	if (!strpbrk(value, ",\"\r\n")) {
		str_printf(s, "%s=%s", name, value);
		return;
	}
	str_printf(s, "\"%s=", name);
	for (const char *p = value; *p; p++) {
		if (*p == '"')
			str_putc(s, '"');
		str_putc(s, *p);
	}
	str_putc(s, '"');
}

/* N or N-M, ports; empty is legal where optional. */
static bool port_range(const char *s, size_t len, bool optional)
{
	unsigned long part = 0, parts = 1, digits = 0, first = 0;
	if (len == 0)
		return optional;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '-' && digits && parts == 1) {
			first = part;
			parts = 2;
			part = digits = 0;
		} else if (s[i] >= '0' && s[i] <= '9' && digits < 5) {
			part = part * 10 + (unsigned long)(s[i] - '0');
			digits++;
		} else {
			return false;
		}
	}
	return digits && part <= 65535 && (parts == 1 || first <= part);
}

bool dev_publish_spec(const char *spec, bool *ret_loopback)
{
	size_t len = strcspn(spec, "/");
	if (spec[len] && !one_of(spec + len, "/tcp", "/udp", "/sctp"))
		return false;
	/* From the right: container port, host port, address. */
	const char *end = spec + len, *colon = memrchr(spec, ':', len);
	const char *container = colon ? colon + 1 : spec;
	*ret_loopback = false;
	if (!port_range(container, (size_t)(end - container), false))
		return false;
	if (!colon)
		return true;
	end = colon;
	colon = memrchr(spec, ':', (size_t)(end - spec));
	const char *host = colon ? colon + 1 : spec;
	if (!port_range(host, (size_t)(end - host), true))
		return false;
	if (!colon)
		return true;
	cleanup_free char *address = xmemdup0(spec, (size_t)(colon - spec));
	if (!*address || address[strspn(address, "0123456789abcdefABCDEF.:[]%")])
		return false;
	*ret_loopback = str_starts(address, "127.") || one_of(address, "[::1]", "::1", NULL);
	return true;
}
