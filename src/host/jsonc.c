/* The reader. What it takes for granted, warns about and refuses:
 *
 *   silently     comments, a trailing comma, a BOM
 *   with warning missing and repeated commas, a bare word where a value should
 *                be (NaN, undefined, True: the member is dropped, as the
 *                reference CLI does), a raw control character in a string,
 *                bytes that are not UTF-8 (they become U+FFFD)
 *   an error     everything else; also a \u0000, which no path, argument or
 *                variable could hold, and null alone (it has no object)
 *
 * Numbers are JavaScript's: doubles, kept as an integer when that says the
 * same. A lone surrogate escape is kept as its three WTF-8 bytes, so that
 * json_stringify() can write it back. */
#include "host/jsonc.h"

#include "base/mem.h"
#include "host/fs.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define VALUES_MAX (1u << 20)       /* each costs about 100 bytes */
#define WARNINGS_MAX 100u
#define NUMBER_BYTES_MAX 4096u

enum token { T_END, T_PUNCT, T_STRING, T_NUMBER, T_WORD, T_BAD };

struct parser {
	const char *name;
	const unsigned char *p, *end, *line_start;
	unsigned line;
	const unsigned char *col_at;    /* col is the column of col_at, both in line */
	unsigned col;
	/* The current token. */
	enum token token;
	const unsigned char *at, *stop;
	struct jsonc_pos pos;
	struct str text;                /* of a string, decoded */
	unsigned depth, values;
	struct strv *warnings;
	unsigned n_warnings;
	struct err *err;
};

/* ---- positions and messages ---- */

static struct jsonc_pos pos_of(struct parser *j, const unsigned char *at)
{
	if (at < j->col_at) {
		j->col_at = j->line_start;
		j->col = 1;
	}
	for (; j->col_at < at; j->col_at++)
		j->col += (*j->col_at & 0xC0) != 0x80;
	return (struct jsonc_pos){ j->line, j->col };
}

static void next_line(struct parser *j, const unsigned char *start)
{
	j->line++;
	j->line_start = j->col_at = start;
	j->col = 1;
}

static bool word_byte(unsigned char c)
{
	return c == '_' || c == '$' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* What stands there, for "found ...". */
static void describe(const struct parser *j, const unsigned char *at, struct str *ret)
{
	if (at >= j->end) {
		str_puts(ret, "the end of the file");
		return;
	}
	if (*at == '"') {
		str_puts(ret, "a string");
	} else if (*at == '\n' || *at == '\r') {
		str_puts(ret, "the end of the line");
	} else if (*at < ' ' || *at == 0x7f) {
		str_printf(ret, "the character U+%04X", *at);
	} else {
		size_t n = 1;
		if (*at >= 0x80)
			while (n < 4 && at + n < j->end && (at[n] & 0xC0) == 0x80)
				n++;
		else if (word_byte(*at))
			while (n < 20 && at + n < j->end && word_byte(at[n]))
				n++;
		str_printf(ret, "\"%.*s\"", (int)n, (const char *)at);
	}
}

static int fail_at(struct parser *j, struct jsonc_pos pos, const unsigned char *at, const char *expected)
{
	cleanup_str struct str found = STR_INIT;
	describe(j, at, &found);
	return err_set(j->err, ERR_FAILED, "%s:%u:%u: expected %s, found %s", j->name, pos.line, pos.col, expected,
	    found.s);
}

static int fail(struct parser *j, const char *expected)
{
	return fail_at(j, j->pos, j->at, expected);
}

__attribute__((format(printf, 3, 4)))
static void warn(struct parser *j, struct jsonc_pos pos, const char *fmt, ...)
{
	if (!j->warnings || j->n_warnings++ >= WARNINGS_MAX)
		return;
	struct str s = STR_INIT;
	str_printf(&s, "%s:%u:%u: ", j->name, pos.line, pos.col);
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	strv_take(j->warnings, str_detach(&s));
}

/* ---- UTF-8 ---- */

/* Length of the well-formed sequence at p, or 0; *ret_bad is then how many bytes
 * one U+FFFD stands for (the longest start of a sequence, at least one). */
static size_t utf8_len(const unsigned char *p, const unsigned char *end, size_t *ret_bad)
{
	*ret_bad = 1;
	unsigned char lo = 0x80, hi = 0xBF;
	size_t n;
	if (*p < 0x80)
		return 1;
	if (*p >= 0xC2 && *p <= 0xDF)
		n = 2;
	else if (*p >= 0xE0 && *p <= 0xEF)
		n = 3;
	else if (*p >= 0xF0 && *p <= 0xF4)
		n = 4;
	else
		return 0;
	if (*p == 0xE0)
		lo = 0xA0;
	else if (*p == 0xED)
		hi = 0x9F;
	else if (*p == 0xF0)
		lo = 0x90;
	else if (*p == 0xF4)
		hi = 0x8F;
	for (size_t i = 1; i < n; i++, lo = 0x80, hi = 0xBF) {
		if (p + i >= end || p[i] < lo || p[i] > hi) {
			*ret_bad = i;
			return 0;
		}
	}
	return n;
}

/* Also encodes surrogates (WTF-8). */
static void add_code_point(struct str *s, unsigned c)
{
	if (c < 0x80) {
		str_putc(s, (char)c);
	} else if (c < 0x800) {
		str_putc(s, (char)(0xC0 | c >> 6));
		str_putc(s, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		str_putc(s, (char)(0xE0 | c >> 12));
		str_putc(s, (char)(0x80 | (c >> 6 & 63)));
		str_putc(s, (char)(0x80 | (c & 63)));
	} else {
		str_putc(s, (char)(0xF0 | c >> 18));
		str_putc(s, (char)(0x80 | (c >> 12 & 63)));
		str_putc(s, (char)(0x80 | (c >> 6 & 63)));
		str_putc(s, (char)(0x80 | (c & 63)));
	}
}

/* ---- tokens ---- */

static int skip_blank(struct parser *j)
{
	while (j->p < j->end) {
		unsigned char c = *j->p;
		if (c == '\n' || c == '\r') {
			if (c == '\r' && j->p + 1 < j->end && j->p[1] == '\n')
				j->p++;
			next_line(j, ++j->p);
		} else if (c == ' ' || c == '\t' || c == '\v' || c == '\f') {
			j->p++;
		} else if (c == 0xC2 && j->end - j->p >= 2 && j->p[1] == 0xA0) {
			j->p += 2;              /* no-break space: pasted from a web page */
		} else if (c == 0xEF && j->end - j->p >= 3 && j->p[1] == 0xBB && j->p[2] == 0xBF) {
			j->p += 3;
			if (j->p - 3 == j->line_start)
				j->line_start = j->col_at = j->p;
		} else if (c == '/' && j->end - j->p >= 2 && j->p[1] == '/') {
			while (j->p < j->end && *j->p != '\n' && *j->p != '\r')
				j->p++;
		} else if (c == '/' && j->end - j->p >= 2 && j->p[1] == '*') {
			struct jsonc_pos start = pos_of(j, j->p);
			for (j->p += 2; j->end - j->p >= 2 && !(j->p[0] == '*' && j->p[1] == '/'); j->p++)
				if (*j->p == '\n' || (*j->p == '\r' && j->p[1] != '\n'))
					next_line(j, j->p + 1);
			if (j->end - j->p < 2)
				return err_set(j->err, ERR_FAILED, "%s:%u:%u: expected \"*/\" after this \"/*\", "
				    "found the end of the file", j->name, start.line, start.col);
			j->p += 2;
		} else {
			return 0;
		}
	}
	return 0;
}

static int hex4(const unsigned char *p, const unsigned char *end)
{
	int v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char c = p[i], low = c | 32;
		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (low - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* j->p is behind the backslash. */
static int read_escape(struct parser *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const unsigned char *at = j->p;
	if (at >= j->end)
		return fail_at(j, pos_of(j, at), at, "the end of the string");
	const char *simple = *at ? strchr(from, *at) : NULL;
	if (simple) {
		str_putc(&j->text, to[simple - from]);
		j->p++;
		return 0;
	}
	if (*at != 'u')
		return fail_at(j, pos_of(j, at), at, "one of \" \\ / b f n r t u after \"\\\"");
	int c = hex4(at + 1, j->end);
	if (c < 0)
		return fail_at(j, pos_of(j, at), at + 1, "four hexadecimal digits after \"\\u\"");
	if (c == 0)
		return err_set(j->err, ERR_FAILED, "%s:%u:%u: expected text, found \\u0000", j->name, j->line,
		    pos_of(j, at).col);
	j->p += 5;
	if (c >= 0xD800 && c <= 0xDBFF && j->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u') {
		int low = hex4(j->p + 2, j->end);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			j->p += 6;
		}
	}
	add_code_point(&j->text, (unsigned)c);
	return 0;
}

/* j->p is behind the opening quote. */
static int read_string(struct parser *j)
{
	str_reset(&j->text);
	for (;;) {
		const unsigned char *run = j->p;
		while (j->p < j->end && *j->p >= ' ' && *j->p < 0x80 && *j->p != '"' && *j->p != '\\')
			j->p++;
		str_add(&j->text, run, (size_t)(j->p - run));
		if (j->p >= j->end || *j->p == '\n' || *j->p == '\r')
			return fail_at(j, pos_of(j, j->p), j->p, "the end of the string (\")");
		if (*j->p == '"') {
			j->p++;
			return 0;
		}
		if (*j->p == '\\') {
			j->p++;
			if (read_escape(j) < 0)
				return -1;
		} else if (*j->p == 0) {
			return fail_at(j, pos_of(j, j->p), j->p, "text");
		} else if (*j->p < ' ') {
			warn(j, pos_of(j, j->p), "a control character stands in a string: write \\u%04x", *j->p);
			str_putc(&j->text, (char)*j->p++);
		} else {
			size_t bad, n = utf8_len(j->p, j->end, &bad);
			if (n == 0) {
				warn(j, pos_of(j, j->p), "not UTF-8: read as U+FFFD");
				str_puts(&j->text, "\xEF\xBF\xBD");
				j->p += bad;
			} else {
				str_add(&j->text, j->p, n);
				j->p += n;
			}
		}
	}
}

static bool digits(const unsigned char **p, const unsigned char *end)
{
	const unsigned char *start = *p;
	while (*p < end && **p >= '0' && **p <= '9')
		++*p;
	return *p > start;
}

static int read_number(struct parser *j)
{
	const unsigned char *p = j->p;
	if (*p == '-')
		p++;
	const unsigned char *int_part = p;
	bool ok = digits(&p, j->end);
	if (!ok)
		return fail_at(j, pos_of(j, p), p, "a digit");
	if (*int_part == '0' && p - int_part > 1)
		return fail_at(j, pos_of(j, int_part), int_part, "a number without a leading zero");
	if (p < j->end && *p == '.') {
		p++;
		if (!digits(&p, j->end))
			return fail_at(j, pos_of(j, p), p, "a digit");
	}
	if (p < j->end && (*p | 32) == 'e') {
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		if (!digits(&p, j->end))
			return fail_at(j, pos_of(j, p), p, "a digit");
	}
	if (p - j->p > (ptrdiff_t)NUMBER_BYTES_MAX)
		return fail(j, "a shorter number");
	j->p = p;
	return 0;
}

static int next(struct parser *j)
{
	if (skip_blank(j) < 0)
		return -1;
	j->at = j->p;
	j->pos = pos_of(j, j->p);
	int rc = 0;
	if (j->p >= j->end) {
		j->token = T_END;
	} else if (strchr("{}[]:,", *j->p) && *j->p) {
		j->token = T_PUNCT;
		j->p++;
	} else if (*j->p == '"') {
		j->token = T_STRING;
		j->p++;
		rc = read_string(j);
	} else if (word_byte(*j->p) && !(*j->p >= '0' && *j->p <= '9')) {
		j->token = T_WORD;
		while (j->p < j->end && word_byte(*j->p))
			j->p++;
	} else if (*j->p == '-' && j->end - j->p > 1 && word_byte(j->p[1]) && j->p[1] > '9') {
		j->token = T_WORD;      /* -Infinity */
		for (j->p++; j->p < j->end && word_byte(*j->p); j->p++)
			;
	} else if (*j->p == '-' || (*j->p >= '0' && *j->p <= '9')) {
		j->token = T_NUMBER;
		rc = read_number(j);
	} else {
		j->token = T_BAD;
	}
	j->stop = j->p;
	return rc;
}

static bool is_punct(const struct parser *j, char c)
{
	return j->token == T_PUNCT && *j->at == (unsigned char)c;
}

static bool is_word(const struct parser *j, const char *word)
{
	size_t n = strlen(word);
	return j->token == T_WORD && (size_t)(j->stop - j->at) == n && memcmp(j->at, word, n) == 0;
}

/* ---- values ---- */

static json_object *number_object(const struct parser *j)
{
	static _Thread_local locale_t c_locale;       /* strtod() would take the decimal comma of the person's locale */
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char text[NUMBER_BYTES_MAX + 1];
	size_t n = (size_t)(j->stop - j->at);
	memcpy(text, j->at, n);
	text[n] = '\0';
	double v = c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
	if (fabs(v) <= 9007199254740992.0 && v == (double)(int64_t)v)
		return json_object_new_int64((int64_t)v);
	return json_object_new_double(v);
}

/* The position travels in the pointer itself, line above column: no allocation for each value. */
#define HALF_BITS (sizeof(uintptr_t) * 4)
#define HALF_MAX (((uintptr_t)1 << HALF_BITS) - 1)

static void set_pos(json_object *o, struct jsonc_pos pos)
{
	uintptr_t line = MIN((uintptr_t)pos.line, HALF_MAX), col = MIN((uintptr_t)pos.col, HALF_MAX);
	json_object_set_userdata(o, (void *)(line << HALF_BITS | col), NULL);
}

struct jsonc_pos jsonc_pos(json_object *value)
{
	uintptr_t v = value ? (uintptr_t)json_object_get_userdata(value) : 0;
	return (struct jsonc_pos){ (unsigned)(v >> HALF_BITS), (unsigned)(v & HALF_MAX) };
}

/* 1 when the current token begins a value, whose object is *ret (NULL for null); it and its
 * tokens are consumed. 0 when a bare word was consumed and dropped. -1 is an error. */
static int read_value(struct parser *j, json_object **ret);

/* Eats the commas before the first element (close 0, where none should be) and behind each. */
static int read_commas(struct parser *j, char close)
{
	unsigned n = 0, allowed = close ? 1 : 0;
	while (is_punct(j, ',')) {
		if (n++ == allowed)
			warn(j, j->pos, "a comma too many");
		if (next(j) < 0)
			return -1;
	}
	if (n > 0 || !close || is_punct(j, close))
		return 0;
	if (j->token == T_END || j->token == T_BAD || (j->token == T_PUNCT && !strchr("{[", *j->at)))
		return fail(j, close == ']' ? "\",\" or \"]\"" : "\",\" or \"}\"");
	warn(j, j->pos, "a comma is missing before this");
	return 0;
}

static int read_array(struct parser *j, json_object *array)
{
	if (read_commas(j, 0) < 0)
		return -1;
	while (!is_punct(j, ']')) {
		json_object *value = NULL;
		if (j->token == T_END)
			return fail(j, "a value or \"]\"");
		int rc = read_value(j, &value);
		if (rc < 0)
			return -1;
		if (rc > 0)
			json_object_array_add(array, value);
		if (read_commas(j, ']') < 0)
			return -1;
	}
	return next(j);
}

static int read_object(struct parser *j, json_object *object)
{
	if (read_commas(j, 0) < 0)
		return -1;
	while (!is_punct(j, '}')) {
		if (j->token != T_STRING)
			return fail(j, j->token == T_END ? "a name in quotes or \"}\"" : "a name in quotes");
		cleanup_free char *key = xmemdup0(j->text.s, j->text.len);
		if (next(j) < 0)
			return -1;
		if (!is_punct(j, ':'))
			return fail(j, "\":\"");
		if (next(j) < 0)
			return -1;
		json_object *value = NULL;
		int rc = read_value(j, &value);
		if (rc < 0)
			return -1;
		if (rc > 0)
			json_object_object_add(object, key, value);
		if (read_commas(j, '}') < 0)
			return -1;
	}
	return next(j);
}

static int read_container(struct parser *j, json_object **ret)
{
	if (j->depth == JSONC_DEPTH_MAX)
		return err_set(j->err, ERR_FAILED, "%s:%u:%u: nested deeper than %d levels", j->name, j->pos.line,
		    j->pos.col, JSONC_DEPTH_MAX);
	bool is_array = is_punct(j, '[');
	json_object *o = is_array ? json_object_new_array() : json_object_new_object();
	set_pos(o, j->pos);
	j->depth++;
	if (next(j) < 0 || (is_array ? read_array(j, o) : read_object(j, o)) < 0) {
		json_object_put(o);
		return -1;
	}
	j->depth--;
	*ret = o;
	return 1;
}

static int read_value(struct parser *j, json_object **ret)
{
	if (++j->values > VALUES_MAX)
		return err_set(j->err, ERR_FAILED, "%s:%u:%u: more than %u values", j->name, j->pos.line, j->pos.col,
		    VALUES_MAX);
	if (is_punct(j, '{') || is_punct(j, '['))
		return read_container(j, ret);
	json_object *o = NULL;
	int rc = 1;
	if (j->token == T_STRING)
		o = json_object_new_string_len(j->text.s, (int)j->text.len);
	else if (j->token == T_NUMBER)
		o = number_object(j);
	else if (is_word(j, "true") || is_word(j, "false"))
		o = json_object_new_boolean(is_word(j, "true"));
	else if (j->token == T_WORD && !is_word(j, "null"))
		rc = 0;
	else if (j->token != T_WORD)
		return fail(j, "a value");
	if (rc == 0)
		warn(j, j->pos, "expected a value, found \"%.*s\": left out", (int)MIN(j->stop - j->at, 40),
		    (const char *)j->at);
	if (o)
		set_pos(o, j->pos);
	if (next(j) < 0) {
		json_object_put(o);
		return -1;
	}
	*ret = o;
	return rc;
}

json_object *jsonc_parse(const char *text, size_t len, const char *name, struct strv *warnings,
    struct err *err)
{
	if (len > JSONC_BYTES_MAX) {
		err_set(err, ERR_FAILED, "%s: larger than %u bytes", name, JSONC_BYTES_MAX);
		return NULL;
	}
	const unsigned char *start = (const unsigned char *)text;
	struct parser j = { .name = name, .p = start, .end = start + len, .line_start = start, .line = 1,
		.col_at = start, .col = 1, .text = STR_INIT, .warnings = warnings, .err = err };
	json_object *root = NULL;
	if (next(&j) == 0) {
		if (j.token == T_WORD && !is_word(&j, "true") && !is_word(&j, "false"))
			fail(&j, "a value");
		else if (read_value(&j, &root) > 0 && j.token != T_END) {
			fail(&j, "the end of the file");
			json_object_put(root);
			root = NULL;
		}
	}
	str_fini(&j.text);
	return root;
}

json_object *jsonc_read_file(const char *path, struct strv *warnings, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, JSONC_BYTES_MAX, &text, err) < 0)
		return NULL;
	return jsonc_parse(text.s, text.len, path, warnings, err);
}
