/* lua.c - see lua.h. Tokens are read one ahead. Outside of tables the text is not parsed into statements:
 * it is enough to know how deep in brackets and blocks a token is, and to find assignments. */
#include "host/lua.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>

/* Tokens of one character are that character. */
enum { T_END = 256, T_NAME, T_STRING, T_NUMBER, T_OPERATOR };

struct reader {
	const char *p, *end;
	unsigned line;                     /* of p */
	struct err *err;                   /* set: every token is T_END from then on */
	size_t values;
	/* the present token */
	int token;
	unsigned at;                       /* its line */
	struct str text;                   /* of a name or string */
	double number;
};

static void fail(struct reader *r, unsigned line, const char *what)
{
	if (!err_is(r->err))
		err_set(r->err, ERR_FAILED, "line %u: %s", line, what);
	r->p = r->end;
	r->token = T_END;
}

/* ---- tokens ------------------------------------------------------------------- */

static int peek(const struct reader *r, size_t n) { return (size_t)(r->end - r->p) > n ? (unsigned char)r->p[n] : -1; }

static int take(struct reader *r)
{
	int c = peek(r, 0);

	if (c >= 0)
		r->p++;
	if (c == '\n')
		r->line++;
	return c;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_letter(int c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80; }

static int hex_digit(int c)
{
	return is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* The level of a long bracket that begins here, -1 when none does. */
static int long_bracket(const struct reader *r)
{
	size_t n = 1;

	if (peek(r, 0) != '[')
		return -1;
	while (peek(r, n) == '=')
		n++;
	return peek(r, n) == '[' ? (int)n - 1 : -1;
}

static void read_long(struct reader *r, int level)
{
	unsigned begin = r->line;

	r->p += level + 2;
	if (peek(r, 0) == '\r')
		take(r);
	if (peek(r, 0) == '\n')
		take(r);
	for (;;) {
		int c = take(r), n = 0;

		if (c < 0) {
			fail(r, begin, "a long string or comment has no end");
			return;
		}
		while (c == ']' && peek(r, (size_t)n) == '=')
			n++;
		if (c == ']' && n == level && peek(r, (size_t)n) == ']') {
			r->p += n + 1;
			return;
		}
		str_putc(&r->text, (char)c);
	}
}

static void put_utf8(struct str *s, uint32_t c)
{
	if (c < 0x80) {
		str_putc(s, (char)c);
	} else if (c < 0x800) {
		str_putc(s, (char)(0xc0 | c >> 6));
		str_putc(s, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			str_putc(s, (char)(0xe0 | c >> 12));
		} else {
			str_putc(s, (char)(0xf0 | c >> 18));
			str_putc(s, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		str_putc(s, (char)(0x80 | (c >> 6 & 0x3f)));
		str_putc(s, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind the backslash. False: there is no such escape. */
static bool read_escape(struct reader *r)
{
	static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	int c = take(r);
	const char *name = c > 0 ? strchr(names, c) : NULL;
	uint32_t v = 0;

	if (name != NULL) {
		str_putc(&r->text, values[name - names]);
	} else if (c == '\\' || c == '"' || c == '\'' || c == '\n') {
		str_putc(&r->text, (char)c);
	} else if (c == 'z') {
		while (peek(r, 0) == ' ' || (peek(r, 0) >= '\t' && peek(r, 0) <= '\r'))
			take(r);
	} else if (c == 'x') {
		int hi = hex_digit(take(r)), lo = hex_digit(take(r));

		if (hi < 0 || lo < 0)
			return false;
		str_putc(&r->text, (char)(hi << 4 | lo));
	} else if (is_digit(c)) {
		v = (uint32_t)(c - '0');
		for (int i = 0; i < 2 && is_digit(peek(r, 0)); i++)
			v = v * 10 + (uint32_t)(take(r) - '0');
		str_putc(&r->text, (char)v);
		return v < 256;
	} else if (c == 'u' && take(r) == '{') {
		int d, n = 0;

		for (; (d = hex_digit(peek(r, 0))) >= 0 && v <= 0x10ffff; n++, take(r))
			v = v << 4 | (uint32_t)d;
		if (n == 0 || v > 0x10ffff || take(r) != '}')
			return false;
		put_utf8(&r->text, v);
	} else {
		return false;
	}
	return true;
}

static void read_string(struct reader *r, int quote)
{
	unsigned begin = r->line;

	for (int c; (c = take(r)) != quote;) {
		if (c < 0 || c == '\n')
			fail(r, begin, "a string has no end");
		else if (c == '\\' && !read_escape(r))
			fail(r, r->line, "a string has an escape that Lua does not know");
		else if (c != '\\')
			str_putc(&r->text, (char)c);
		if (r->token == T_END)
			return;
	}
}

/* Integers are exact, which is all that settings of a server need. */
static void read_number(struct reader *r)
{
	int base = 10, scale = 0, d;

	r->number = 0;
	if (peek(r, 0) == '0' && (peek(r, 1) | 0x20) == 'x') {
		base = 16;
		r->p += 2;
	}
	for (bool point = false;; r->p++) {
		if (peek(r, 0) == '.' && !point) {
			point = true;
			continue;
		}
		d = hex_digit(peek(r, 0));
		if (d < 0 || d >= base)
			break;
		r->number = r->number * base + d;
		scale -= point;
	}
	if ((peek(r, 0) | 0x20) == (base == 10 ? 'e' : 'p')) {
		bool minus = peek(r, 1) == '-';
		int e = 0;

		for (r->p += minus || peek(r, 1) == '+' ? 2 : 1; is_digit(peek(r, 0)); r->p++)
			e = MIN(e * 10 + peek(r, 0) - '0', 1000);
		if (base == 16)
			base = 2, scale *= 4;
		scale += minus ? -e : e;
	}
	for (scale = MAX(MIN(scale, 2000), -2000); scale != 0; scale += scale < 0 ? 1 : -1)
		r->number = scale < 0 ? r->number / base : r->number * base;
	if (is_letter(peek(r, 0)))
		fail(r, r->line, "a number is malformed");
}

static void skip_blanks(struct reader *r)
{
	for (;;) {
		int c = peek(r, 0);

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			take(r);
		} else if (c == '-' && peek(r, 1) == '-') {
			r->p += 2;
			int level = long_bracket(r);
			if (level >= 0)
				read_long(r, level);
			else
				while (peek(r, 0) >= 0 && peek(r, 0) != '\n')
					take(r);
		} else {
			return;
		}
	}
}

/* Operators between two values; "-", "<" and ">" also have other places and stand for themselves. */
static size_t operator_length(const struct reader *r)
{
	static const char *const all[] = { "...", "..", "==", "~=", "<=", ">=", "//", "<<", ">>", "::" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if ((size_t)(r->end - r->p) >= strlen(all[i]) && memcmp(r->p, all[i], strlen(all[i])) == 0)
			return strlen(all[i]);
	return peek(r, 0) > 0 && strchr("+*/%^#&~|", peek(r, 0)) != NULL ? 1 : 0;
}

static void next(struct reader *r)
{
	if (r->token == T_END)
		return;
	str_reset(&r->text);
	skip_blanks(r);
	if (r->token == T_END)
		return;
	str_reset(&r->text);
	r->at = r->line;
	int c = peek(r, 0), level = long_bracket(r);
	size_t n = operator_length(r);
	if (c < 0) {
		r->token = T_END;
	} else if (is_letter(c)) {
		r->token = T_NAME;
		while (is_letter(peek(r, 0)) || is_digit(peek(r, 0)))
			str_putc(&r->text, (char)take(r));
	} else if (is_digit(c) || (c == '.' && is_digit(peek(r, 1)))) {
		r->token = T_NUMBER;
		read_number(r);
	} else if (c == '"' || c == '\'') {
		r->token = T_STRING;
		read_string(r, take(r));
	} else if (level >= 0) {
		r->token = T_STRING;
		read_long(r, level);
	} else if (n > 0) {
		r->token = T_OPERATOR;
		r->p += n;
	} else {
		r->token = take(r);
	}
}

static bool is_name(const struct reader *r, const char *name) { return r->token == T_NAME && str_eq(r->text.s, name); }

/* How much deeper this token leads into brackets and blocks. */
static int deeper(const struct reader *r)
{
	static const char *const in[] = { "function", "if", "do", "repeat" }, *const out[] = { "end", "until" };

	if (r->token == '(' || r->token == '{' || r->token == '[')
		return 1;
	if (r->token == ')' || r->token == '}' || r->token == ']')
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		if (is_name(r, in[i]))
			return 1;
	return is_name(r, out[0]) || is_name(r, out[1]) ? -1 : 0;
}

/* ---- values ------------------------------------------------------------------- */

void lua_fini(struct lua_value *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->entries[i].key);
		lua_fini(&v->entries[i].value);
	}
	free(v->entries);
	free(v->text);
	*v = (struct lua_value){ 0 };
}

static struct lua_value *find(const struct lua_value *table, const char *key)
{
	for (size_t i = table->n; i-- > 0;)
		if (table->entries[i].key != NULL && str_eq(table->entries[i].key, key))
			return &table->entries[i].value;
	return NULL;
}

const struct lua_value *lua_get(const struct lua_value *table, const char *key) { return find(table, key); }

/* key: malloc()ed or NULL, taken. */
static struct lua_value *add(struct reader *r, struct lua_value *table, char *key)
{
	if (++r->values > LUA_VALUES_MAX)
		fail(r, r->at, "it has more values than are read");
	if ((table->n & (table->n - 1)) == 0)
		table->entries = xreallocarray(table->entries, table->n > 0 ? table->n * 2 : 1, sizeof(*table->entries));
	table->entries[table->n] = (struct lua_entry){ .key = key };
	return &table->entries[table->n++].value;
}

/* To the "," or "}" behind a value. */
static void skip_value(struct reader *r)
{
	for (int depth = 0; r->token != T_END; next(r)) {
		if (depth == 0 && (r->token == ',' || r->token == ';' || r->token == '}'))
			return;
		depth += deeper(r);
	}
}

static void read_value(struct reader *r, unsigned depth, struct lua_value *ret);

static void read_table(struct reader *r, unsigned depth, struct lua_value *ret)
{
	unsigned begin = r->at;

	ret->kind = LUA_TABLE;
	if (depth > LUA_DEPTH_MAX) {
		fail(r, begin, "tables are nested too deeply");
		return;
	}
	for (next(r); r->token != '}'; next(r)) {
		char *key = NULL;
		bool bracket = r->token == '[';
		struct lua_value name = { 0 };

		if (r->token == T_END) {
			fail(r, begin, "a table has no end");
			return;
		}
		if (bracket) {
			next(r);
			read_value(r, depth + 1, &name);
			if (name.kind == LUA_STRING && r->token == ']')
				key = xstrdup(name.text);
			lua_fini(&name);
			for (int in = 1; r->token != T_END && (in += deeper(r)) > 0;)
				next(r);
			next(r);
		} else if (r->token == T_NAME && !is_name(r, "function")) {
			key = xstrdup(r->text.s);
			unsigned line = r->at;
			if (str_eq(key, "true") || str_eq(key, "false") || str_eq(key, "nil")) {
				free(key);
				key = NULL;
			} else {
				next(r);
				if (r->token != '=') {     /* a value, and no literal */
					free(key);
					*add(r, ret, NULL) = (struct lua_value){ .kind = LUA_OTHER, .line = line };
					skip_value(r);
					if (r->token == '}')
						return;
					continue;
				}
			}
		}
		if (key != NULL || bracket) {
			if (r->token != '=')
				fail(r, r->at, "a table's key has no value");
			next(r);
		}
		struct lua_value v = { 0 };
		read_value(r, depth + 1, &v);
		*add(r, ret, key) = v;
		skip_value(r);
		if (r->token == '}')
			return;
	}
}

/* A literal and what follows it is the present token then; or LUA_OTHER, and the present token is somewhere in it. */
static void read_value(struct reader *r, unsigned depth, struct lua_value *ret)
{
	bool minus = r->token == '-';

	ret->kind = LUA_OTHER;
	ret->line = r->at;
	if (minus)
		next(r);
	if (r->token == T_NUMBER) {
		ret->kind = LUA_NUMBER;
		ret->number = minus ? -r->number : r->number;
	} else if (minus) {
		return;
	} else if (r->token == T_STRING) {
		ret->kind = LUA_STRING;
		ret->text = xmemdup0(r->text.s, r->text.len);
		ret->len = r->text.len;
	} else if (r->token == '{') {
		read_table(r, depth, ret);
	} else if (is_name(r, "true") || is_name(r, "false") || is_name(r, "nil")) {
		ret->kind = is_name(r, "true") ? LUA_TRUE : is_name(r, "false") ? LUA_FALSE : LUA_NIL;
	} else {
		return;
	}
	next(r);
	if (r->token == T_OPERATOR || r->token == '-' || r->token == '<' || r->token == '>' || is_name(r, "and") ||
	    is_name(r, "or")) {
		struct lua_value other = { .kind = LUA_OTHER, .line = ret->line };

		lua_fini(ret);
		*ret = other;
	}
}

/* ---- statements ----------------------------------------------------------------- */

/* The place of a path in the variables; what is missing is made. Where a value that is no table is on the way, that
 * one; but one that is assigned to now must be a table, a call's result, say. */
static struct lua_value *place(struct reader *r, struct lua_value *vars, const struct strv *path, bool assign)
{
	struct lua_value *at = vars;

	for (size_t i = 0; i < path->n; i++) {
		if (at->kind != LUA_TABLE) {
			if (!assign && at->kind != LUA_NIL && at->kind != LUA_OTHER)
				return at;
			struct lua_value table = { .kind = LUA_TABLE, .line = at->line };
			lua_fini(at);
			*at = table;
		}
		struct lua_value *v = find(at, path->v[i]);
		at = v != NULL ? v : add(r, at, xstrdup(path->v[i]));
	}
	return at;
}

/* The present token is the first name. Ends behind the path, or where it is none. */
static void read_path(struct reader *r, struct strv *path)
{
	strv_push(path, r->text.s);
	for (next(r); r->token == '.' || r->token == '[';) {
		bool bracket = r->token == '[';

		if (bracket && r->p < r->end) {
			struct reader ahead = *r;      /* the bracket counts when no path goes on with it */

			str_init(&ahead.text);
			next(&ahead);
			bool text = ahead.token == T_STRING;
			str_fini(&ahead.text);
			if (!text)
				return;
		}
		next(r);
		if (r->token != (bracket ? T_STRING : T_NAME))
			return;
		strv_push(path, r->text.s);
		next(r);
		if (bracket) {
			if (r->token != ']')
				return;
			next(r);
		}
	}
}

/* At a name that may begin an assignment. listed: another name stands before it. */
static void read_assignment(struct reader *r, struct lua_value *vars, bool nested, bool listed)
{
	cleanup_strv struct strv path = STRV_INIT;
	unsigned line = r->at;
	struct lua_value v = { .kind = LUA_OTHER };

	read_path(r, &path);
	if (r->token == '<') {                 /* local NAME <const> */
		next(r);
		if (is_name(r, "const") || is_name(r, "close"))
			next(r);
		if (r->token == '>')
			next(r);
	}
	if (nested) {                          /* "name = value" may be in a table's constructor */
		if (r->token == '=' && path.n > 1)
			place(r, vars, &path, false)->unclear = line;
		return;
	}
	listed |= r->token == ',';
	if (r->token != '=' && r->token != ',')
		return;
	if (!listed) {
		next(r);
		read_value(r, 0, &v);
		if (r->token == ',') {
			lua_fini(&v);
			v.kind = LUA_OTHER;
		}
	}
	v.line = line;
	v.unclear = v.kind == LUA_OTHER ? line : 0;
	struct lua_value *at = place(r, vars, &path, true);
	lua_fini(at);
	*at = v;
}

static void read_return(struct reader *r, struct lua_value *vars, struct lua_value *ret)
{
	unsigned line = r->at;

	next(r);
	if (r->token == T_NAME) {
		struct lua_value *v = find(vars, r->text.s);

		next(r);
		if (v != NULL && v->kind == LUA_TABLE && (r->token == T_END || r->token == ';')) {
			*ret = *v;
			*v = (struct lua_value){ 0 };
		}
	} else {
		read_value(r, 0, ret);
	}
	if (!err_is(r->err) && ret->kind != LUA_TABLE)
		fail(r, line, "what it returns is neither a table nor the name of one");
}

static void read_chunk(struct reader *r, struct lua_value *vars, struct lua_value *ret)
{
	int depth = 0, before = 0;

	while (r->token != T_END) {
		int d = deeper(r), token = r->token;

		if (depth == 0 && is_name(r, "return")) {
			read_return(r, vars, ret);
			return;
		}
		if (d < 0 && depth == 0) {
			fail(r, r->at, "an end without a beginning");
			return;
		}
		depth += d;
		if (d == 0 && token == T_NAME && before != '.' && before != ':' && !is_name(r, "local"))
			read_assignment(r, vars, depth > 0, before == ',');
		else
			next(r);
		before = token;
	}
	if (!err_is(r->err))
		fail(r, r->line, depth > 0 ? "a block has no end" : "it returns nothing");
}

int lua_read(const char *text, size_t len, struct lua_value *ret, struct err *err)
{
	struct reader r = { .p = text, .end = text + len, .line = 1, .err = err };
	struct lua_value vars = { .kind = LUA_TABLE };

	*ret = (struct lua_value){ 0 };
	str_init(&r.text);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	if (peek(&r, 0) == '#')
		while (peek(&r, 0) >= 0 && peek(&r, 0) != '\n')
			take(&r);
	next(&r);
	read_chunk(&r, &vars, ret);
	str_fini(&r.text);
	lua_fini(&vars);
	if (!err_is(err))
		return 0;
	lua_fini(ret);
	return -1;
}
