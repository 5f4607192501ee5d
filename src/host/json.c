/* Writing JSON as JavaScript does, and reading members of a tree.
 *
 * The metadata label and the ids of a container are compared byte by byte with
 * what the reference CLI writes, so JSON.stringify and Number.prototype.toString
 * are the standard here (ECMA-262, 25.5.2 and 6.1.6.1.20), not json-c's own
 * serializer. Depth is bounded because trees come from jsonc_parse() (at most
 * JSONC_DEPTH_MAX) or from our own code. */
#include "host/jsonc.h"

#include "base/mem.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers ---- */

/* The shortest digits that read back as v, the nearest of them (v finite and > 0). The value
 * is 0.DIGITS * 10^point. Returns how many digits. */
static int shortest_digits(double v, char ret[20], int *ret_point)
{
	char text[40];
	for (int n = 1;; n++) {
		snprintf(text, sizeof(text), "%.*e", n - 1, v);
		char *e = strchr(text, 'e');
		int exp = (int)strtol(e + 1, NULL, 10);
		ret[0] = text[0];
		if (n > 1)
			memcpy(ret + 1, text + 2, (size_t)n - 1);
		ret[n] = '\0';
		/* Rounded to nearest first. At a power of two the gap above is twice the gap below, so the
		 * next one up may read back where the nearest does not. */
		for (int up = 0; up < 2; up++) {
			if (up) {
				int i = n - 1;
				while (i >= 0 && ret[i] == '9')
					ret[i--] = '0';
				if (i < 0)
					break;
				ret[i]++;
			}
			snprintf(text, sizeof(text), "%se%d", ret, exp - n + 1);
			if (strtod(text, NULL) == v || n == 17) {
				*ret_point = exp + 1;
				return n;
			}
		}
	}
}

static void add_number(struct str *s, double v)
{
	if (!isfinite(v)) {
		str_puts(s, "null");
		return;
	}
	if (v == 0) {
		str_putc(s, '0');
		return;
	}
	if (v < 0) {
		str_putc(s, '-');
		v = -v;
	}
	char d[20];
	int point, n = shortest_digits(v, d, &point);
	if (point > 21 || point <= -6) {
		str_printf(s, "%c%s%se%c%d", d[0], n > 1 ? "." : "", d + 1, point > 0 ? '+' : '-', abs(point - 1));
	} else if (point <= 0) {
		str_puts(s, "0.");
		for (int i = point; i < 0; i++)
			str_putc(s, '0');
		str_puts(s, d);
	} else {
		for (int i = 0; i < point; i++)
			str_putc(s, i < n ? d[i] : '0');
		if (n > point)
			str_printf(s, ".%s", d + point);
	}
}

/* ---- strings ---- */

/* Bytes of the sequence at p: 1..4 when it can stand as it is, 3 with *ret_unit set for a surrogate
 * in WTF-8, 0 when it is not UTF-8. */
static size_t sequence(const unsigned char *p, const unsigned char *end, unsigned *ret_unit)
{
	*ret_unit = 0;
	size_t n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;
	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F))
		return 0;
	if (*p == 0xED && p[1] >= 0xA0)
		*ret_unit = 0xD000u | (unsigned)(p[1] & 63) << 6 | (p[2] & 63u);
	return n;
}

static void add_string(struct str *s, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	str_putc(s, '"');
	while (p < end) {
		const unsigned char *run = p;
		while (p < end && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
			p++;
		str_add(s, run, (size_t)(p - run));
		if (p >= end)
			break;
		static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
		const char *at = *p ? strchr(named, *p) : NULL;
		unsigned unit;
		size_t n = sequence(p, end, &unit);
		if (at)
			str_printf(s, "\\%c", letters[at - named]);
		else if (*p < ' ')
			str_printf(s, "\\u%04x", *p);
		else if (unit)
			str_printf(s, "\\u%04x", unit);
		else if (n == 0)
			str_puts(s, "\xEF\xBF\xBD");
		else
			str_add(s, p, n);
		p += n ? n : 1;
	}
	str_putc(s, '"');
}

/* ---- trees ---- */

/* An array index in JavaScript's sense: such keys come first, in ascending order. */
static bool is_index(const char *key, uint32_t *ret)
{
	uint64_t v = 0;
	size_t n = strspn(key, "0123456789");
	if (n == 0 || n > 10 || key[n] || (key[0] == '0' && n > 1))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(key[i] - '0');
	*ret = (uint32_t)v;
	return v < UINT32_MAX;
}

struct member { const char *key; json_object *value; uint32_t index; };

static int by_index(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct member *members_in_order(json_object *object, size_t *ret_n)
{
	size_t n = (size_t)json_object_object_length(object), at = 0;
	struct member *m = xcalloc(n, sizeof(*m));
	uint32_t index;
	json_object_object_foreach(object, key, value)
		if (is_index(key, &index))
			m[at++] = (struct member){ key, value, index };
	if (at > 1)
		qsort(m, at, sizeof(*m), by_index);
	json_object_object_foreach(object, key2, value2)
		if (!is_index(key2, &index))
			m[at++] = (struct member){ key2, value2, 0 };
	*ret_n = n;
	return m;
}

struct writer { struct str *out; bool pretty; unsigned depth; };

static void newline(struct writer *w)
{
	if (w->pretty)
		str_printf(w->out, "\n%*s", (int)w->depth * 2, "");
}

static void write_value(struct writer *w, json_object *value);

static void write_array(struct writer *w, json_object *array)
{
	size_t n = json_object_array_length(array);
	str_putc(w->out, '[');
	w->depth++;
	for (size_t i = 0; i < n; i++) {
		if (i)
			str_putc(w->out, ',');
		newline(w);
		write_value(w, json_object_array_get_idx(array, i));
	}
	w->depth--;
	if (n)
		newline(w);
	str_putc(w->out, ']');
}

static void write_object(struct writer *w, json_object *object)
{
	size_t n;
	cleanup_free struct member *m = members_in_order(object, &n);
	str_putc(w->out, '{');
	w->depth++;
	for (size_t i = 0; i < n; i++) {
		if (i)
			str_putc(w->out, ',');
		newline(w);
		add_string(w->out, m[i].key, strlen(m[i].key));
		str_puts(w->out, w->pretty ? ": " : ":");
		write_value(w, m[i].value);
	}
	w->depth--;
	if (n)
		newline(w);
	str_putc(w->out, '}');
}

static void write_value(struct writer *w, json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null: str_puts(w->out, "null"); break;
	case json_type_boolean: str_puts(w->out, json_object_get_boolean(value) ? "true" : "false"); break;
	case json_type_double: add_number(w->out, json_object_get_double(value)); break;
	case json_type_int: {
		int64_t v = json_object_get_int64(value);
		if (v >= -9007199254740992 && v <= 9007199254740992)
			str_printf(w->out, "%lld", (long long)v);
		else
			add_number(w->out, (double)v);
		break;
	}
	case json_type_string:
		add_string(w->out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
		break;
	case json_type_array: write_array(w, value); break;
	case json_type_object: write_object(w, value); break;
	}
}

static void write_tree(struct str *ret, json_object *value, bool pretty)
{
	/* Digits are printed and read back: the person's decimal comma must not come in. */
	static _Thread_local locale_t c_locale;
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = c_locale ? uselocale(c_locale) : (locale_t)0;
	struct writer w = { ret, pretty, 0 };
	write_value(&w, value);
	if (before)
		uselocale(before);
}

void json_stringify(struct str *ret, json_object *value)
{
	write_tree(ret, value, false);
}

void json_pretty(struct str *ret, json_object *value)
{
	write_tree(ret, value, true);
	str_putc(ret, '\n');
}

json_object *json_copy(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean: return json_object_new_boolean(json_object_get_boolean(value));
	case json_type_double: return json_object_new_double(json_object_get_double(value));
	case json_type_int: return json_object_new_int64(json_object_get_int64(value));
	case json_type_string:
		return json_object_new_string_len(json_object_get_string(value), json_object_get_string_len(value));
	case json_type_array: {
		json_object *copy = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(value); i++)
			json_object_array_add(copy, json_copy(json_object_array_get_idx(value, i)));
		return copy;
	}
	case json_type_object: {
		json_object *copy = json_object_new_object();
		json_object_object_foreach(value, key, member)
			json_object_object_add(copy, key, json_copy(member));
		return copy;
	}
	case json_type_null: break;
	}
	return NULL;
}

/* ---- getters ---- */

json_object *json_get(json_object *obj, const char *key)
{
	json_object *value = NULL;
	if (json_object_is_type(obj, json_type_object))
		json_object_object_get_ex(obj, key, &value);
	return value;
}

const char *json_str(json_object *obj, const char *key)
{
	json_object *value = json_get(obj, key);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

bool json_flag(json_object *obj, const char *key, bool fallback)
{
	json_object *value = json_get(obj, key);
	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value) : fallback;
}

int64_t json_int(json_object *obj, const char *key, int64_t fallback)
{
	json_object *value = json_get(obj, key);
	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}
