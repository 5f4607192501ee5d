/* Reading a Dockerfile goes in two steps. dockerfile_parse() turns physical lines
 * into instructions and keeps FROM, ARG, ENV and USER, unexpanded. The questions
 * (base image, user) then walk the stages from the outermost base to the target
 * and expand as they go: each value is computed once, in order, so a chain of
 * variables cannot blow up, and the size of each is bounded by dev_expand(). */
#include "dev/dockerfile.h"

#include "base/mem.h"
#include "dev/expand.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

struct reader {
	const char *p, *end;
	unsigned line;               /* the line that p is in */
	char escape;
};

static bool blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static void trim(const char **s, const char **end)
{
	while (*s < *end && (blank(**s) || **s == '\r'))
		(*s)++;
	while (*end > *s && (blank((*end)[-1]) || (*end)[-1] == '\r'))
		(*end)--;
}

/* The next physical line, without its end. */
static bool next_physical(struct reader *r, const char **ret_s, const char **ret_end)
{
	if (r->p >= r->end)
		return false;
	const char *nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	*ret_s = r->p;
	*ret_end = nl ? nl : r->end;
	r->p = nl ? nl + 1 : r->end;
	r->line++;
	return true;
}

/* "# escape=`" and its like count only before anything else stands in the file. */
static void read_directives(struct reader *r)
{
	while (r->p < r->end) {
		struct reader ahead = *r;
		const char *s, *end;
		next_physical(&ahead, &s, &end);
		trim(&s, &end);
		if (s == end || *s++ != '#')
			return;
		trim(&s, &end);
		const char *eq = memchr(s, '=', (size_t)(end - s));
		if (!eq)
			return;
		const char *key = s, *key_end = eq, *value = eq + 1;
		trim(&key, &key_end);
		trim(&value, &end);
		for (const char *k = key; k < key_end; k++)
			if (!((*k >= 'a' && *k <= 'z') || (*k >= 'A' && *k <= 'Z')))
				return;
		if (key_end - key == 6 && strncasecmp(key, "escape", 6) == 0 && end - value == 1)
			ahead.escape = *value == '`' ? '`' : '\\';
		*r = ahead;
	}
}

/* One instruction with its continuation lines joined. Comments and empty lines inside are dropped. */
static bool next_instruction(struct reader *r, struct str *ret, unsigned *ret_line)
{
	str_reset(ret);
	bool open = false;
	const char *s, *end;
	while (next_physical(r, &s, &end)) {
		const char *text = s, *text_end = end;
		trim(&text, &text_end);
		if (text == text_end || *text == '#')
			continue;
		if (!open) {
			*ret_line = r->line;
			s = text;
		}
		size_t len = (size_t)(text_end - s);
		open = s[len - 1] == r->escape && (len < 2 || s[len - 2] != r->escape);
		str_add(ret, s, len - open);
		if (!open)
			return true;
	}
	return ret->len > 0;
}

/* The next word as written, quotes and escapes and all. False at the end. */
static bool next_word(const char **p, const char *end, char escape, const char **ret_word, size_t *ret_len)
{
	while (*p < end && blank(**p))
		(*p)++;
	if (*p == end)
		return false;
	*ret_word = *p;
	char quote = 0;
	for (; *p < end && (quote || !blank(**p)); (*p)++) {
		char ch = **p;
		if (ch == escape && quote != '\'' && *p + 1 < end)
			(*p)++;
		else if (quote ? ch == quote : (ch == '"' || ch == '\''))
			quote = quote ? 0 : ch;
	}
	*ret_len = (size_t)(*p - *ret_word);
	return true;
}

/* Skips the bodies of the here-documents that an instruction opens (<<EOF, 3<<-"EOF"). One that never
 * ends is none: classic builders do not know them, and nothing must be lost by a guess. */
static void skip_heredocs(struct reader *r, const char *text, const char *end)
{
	const char *w;
	size_t n;
	while (next_word(&text, end, r->escape, &w, &n)) {
		const char *e = w + n;
		while (w < e && *w >= '0' && *w <= '9')
			w++;
		if (e - w < 3 || w[0] != '<' || w[1] != '<')
			continue;
		w += 2;
		bool tabs = *w == '-';
		w += tabs;
		if (e - w >= 2 && (*w == '"' || *w == '\'') && e[-1] == *w) {
			w++;
			e--;
		}
		if (w == e || memchr(w, '<', (size_t)(e - w)))
			continue;
		struct reader ahead = *r;
		const char *s, *line_end;
		while (next_physical(&ahead, &s, &line_end)) {
			while (tabs && s < line_end && *s == '\t')
				s++;
			if (line_end > s && line_end[-1] == '\r')
				line_end--;
			if (line_end - s == e - w && memcmp(s, w, (size_t)(e - w)) == 0) {
				*r = ahead;
				break;
			}
		}
	}
}

static void add_line(struct dockerfile_lines *lines, enum dockerfile_kind kind, const char *text, size_t len)
{
	if (lines->n == lines->cap) {
		lines->cap = lines->cap ? lines->cap * 2 : 8;
		lines->v = xreallocarray(lines->v, lines->cap, sizeof(*lines->v));
	}
	lines->v[lines->n++] = (struct dockerfile_line){ kind, xmemdup0(text, len) };
}

static int add_stage(struct dockerfile *d, const char *p, const char *end, unsigned line, const char *file,
    struct err *err)
{
	const char *w;
	size_t n;
	bool more;
	while ((more = next_word(&p, end, d->escape, &w, &n)) && n > 2 && w[0] == '-' && w[1] == '-')
		;
	if (!more)
		return err_set(err, ERR_FAILED, "%s:%u: FROM names no image; write FROM IMAGE", file, line);
	if (d->n == DOCKERFILE_STAGES_MAX)
		return err_set(err, ERR_FAILED, "%s:%u: more than %d stages", file, line, DOCKERFILE_STAGES_MAX);
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 4;
		d->stages = xreallocarray(d->stages, d->cap, sizeof(*d->stages));
	}
	struct dockerfile_stage *s = &d->stages[d->n++];
	*s = (struct dockerfile_stage){ .image = xmemdup0(w, n), .line = line };
	if (next_word(&p, end, d->escape, &w, &n) && n == 2 && strncasecmp(w, "as", 2) == 0 &&
	    next_word(&p, end, d->escape, &w, &n))
		s->name = xmemdup0(w, n);
	return 0;
}

/* Sets a variable unless there are absurdly many: env_set() is linear. */
static void set_var(struct strv *vars, const char *name, const char *value)
{
	if (vars->n < DOCKERFILE_VARS_MAX || env_get(vars, name))
		env_set(vars, name, value);
}

static void add_step(struct dockerfile *d, const char *p, const char *end, unsigned line, bool run)
{
	const char *w, *from = p;
	size_t n;
	while (next_word(&p, end, d->escape, &w, &n) && n > 2 && w[0] == '-' && w[1] == '-')
		from = p;
	while (from < end && blank(*from))
		from++;
	if (d->n_steps == d->cap_steps) {
		d->cap_steps = d->cap_steps ? d->cap_steps * 2 : 8;
		d->steps = xreallocarray(d->steps, d->cap_steps, sizeof(*d->steps));
	}
	d->steps[d->n_steps++] = (struct dockerfile_step){ xmemdup0(from, (size_t)(end - from)), line, run };
}

static bool is_name(const char *w, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(w, name, n) == 0;
}

static int add_instruction(struct dockerfile *d, struct reader *r, const struct str *text, unsigned line,
    const char *file, struct err *err)
{
	const char *end = text->s + text->len;
	size_t n = strcspn(text->s, " \t");
	n = MIN(n, text->len);
	const char *rest = text->s + n;
	while (rest < end && blank(*rest))
		rest++;
	if (is_name(text->s, n, "FROM"))
		return add_stage(d, rest, end, line, file, err);

	struct dockerfile_lines *lines = d->n ? &d->stages[d->n - 1].lines : &d->globals;
	size_t len = (size_t)(end - rest);
	if (is_name(text->s, n, "ARG"))
		add_line(lines, DOCKERFILE_ARG, rest, len);
	else if (is_name(text->s, n, "ENV") && d->n)
		add_line(lines, DOCKERFILE_ENV, rest, len);
	else if (is_name(text->s, n, "USER") && d->n)
		add_line(lines, DOCKERFILE_USER, rest, len);

	bool run = is_name(text->s, n, "RUN");
	if (run || is_name(text->s, n, "COPY") || is_name(text->s, n, "ADD")) {
		add_step(d, rest, end, line, run);
		skip_heredocs(r, rest, end);
	}
	return 0;
}

struct dockerfile *dockerfile_parse(const char *text, size_t len, const char *file, struct err *err)
{
	if (len > DOCKERFILE_BYTES_MAX) {
		err_set(err, ERR_FAILED, "%s: larger than %u bytes", file, DOCKERFILE_BYTES_MAX);
		return NULL;
	}
	struct reader r = { text, text + len, 0, '\\' };
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	read_directives(&r);

	struct dockerfile *d = xcalloc(1, sizeof(*d));
	d->escape = r.escape;
	cleanup_str struct str instruction = STR_INIT;
	unsigned line = 0;
	while (next_instruction(&r, &instruction, &line)) {
		if (add_instruction(d, &r, &instruction, line, file, err) < 0) {
			dockerfile_free(d);
			return NULL;
		}
	}
	if (d->n == 0) {
		err_set(err, ERR_FAILED, "%s: no FROM line, so there is nothing to build on; begin with FROM IMAGE", file);
		dockerfile_free(d);
		return NULL;
	}
	return d;
}

static void lines_fini(struct dockerfile_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->v[i].text);
	free(lines->v);
}

void dockerfile_free(struct dockerfile *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++) {
		free(d->stages[i].image);
		free(d->stages[i].name);
		lines_fini(&d->stages[i].lines);
	}
	for (size_t i = 0; i < d->n_steps; i++)
		free(d->steps[i].text);
	free(d->steps);
	free(d->stages);
	lines_fini(&d->globals);
	free(d);
}

/* Is a source of this COPY in the message? All words but the last are sources. */
static bool names_source(const struct dockerfile *d, const struct dockerfile_step *step, const char *said)
{
	const char *p = step->text, *end = p + strlen(p), *w, *last = NULL;
	size_t n, last_n = 0;
	while (next_word(&p, end, d->escape, &w, &n)) {
		if (last) {
			cleanup_free char *source = xmemdup0(last, last_n);
			const char *name = source;
			while (str_starts(name, "./") || *name == '/')
				name += *name == '/' ? 1 : 2;
			cleanup_free char *classic = xasprintf("stat %s:", name), *buildkit = xasprintf("\"/%s\"", name);
			if (*name && (strstr(said, classic) || strstr(said, buildkit)))
				return true;
		}
		last = w;
		last_n = n;
	}
	return false;
}

unsigned dockerfile_line_of(const struct dockerfile *d, const char *said)
{
	unsigned line = 0;
	size_t longest = 0;
	for (size_t i = 0; i < d->n_steps; i++) {
		const struct dockerfile_step *s = &d->steps[i];
		size_t len = s->run ? strlen(s->text) : 0;
		if (s->run ? len > longest && strstr(said, s->text) : !longest && names_source(d, s, said)) {
			line = s->line;
			longest = len;
		}
	}
	return line;
}

const struct dockerfile_stage *dockerfile_stage(const struct dockerfile *d, const char *target)
{
	if (!target)
		return &d->stages[d->n - 1];
	for (size_t i = d->n; i-- > 0;)
		if (d->stages[i].name && strcasecmp(d->stages[i].name, target) == 0)
			return &d->stages[i];
	size_t number = 0, digits = strspn(target, "0123456789");
	if (digits == 0 || digits > 4 || target[digits])
		return NULL;
	for (const char *p = target; *p; p++)
		number = number * 10 + (size_t)(*p - '0');
	return number < d->n ? &d->stages[number] : NULL;
}

/* ---- values ---- */

/* NULL: unbound variable, or not understood. */
static char *expand_bound(const struct dockerfile *d, const struct strv *vars, const char *text)
{
	struct dev_expand x = { .vars = vars, .escape = d->escape };
	struct str s = STR_INIT;
	if (dev_expand(&x, text, strlen(text), &s) == 0 && !x.unbound && s.len)
		return str_detach(&s);
	str_fini(&s);
	return NULL;
}

/* As the builder does in ENV and ARG: a variable without a value is empty. */
static char *expand_loose(const struct dockerfile *d, const struct strv *vars, const char *text, size_t len)
{
	struct dev_expand x = { .vars = vars, .escape = d->escape };
	struct str s = STR_INIT;
	if (dev_expand(&x, text, len, &s) == 0)
		return str_detach(&s);
	str_fini(&s);
	return xstrdup("");
}

/* ARG NAME[=default]...: the build argument, else the default, else what stood before the first FROM. */
static void apply_arg(const struct dockerfile *d, const char *text, const struct strv *build_args,
    const struct strv *globals, struct strv *scope)
{
	const char *p = text, *end = text + strlen(text), *w;
	size_t n;
	while (next_word(&p, end, d->escape, &w, &n)) {
		const char *eq = memchr(w, '=', n);
		cleanup_free char *name = xmemdup0(w, eq ? (size_t)(eq - w) : n);
		cleanup_free char *fallback = eq ? expand_loose(d, scope, eq + 1, n - (size_t)(eq + 1 - w)) : NULL;
		const char *value = build_args ? env_get(build_args, name) : NULL;
		if (!value)
			value = fallback;
		if (!value && globals)
			value = env_get(globals, name);
		if (value && *name)
			set_var(scope, name, value);
	}
}

/* ENV NAME=value... or ENV NAME text. Every value sees the variables as they were before the line. */
static void apply_env(const struct dockerfile *d, const char *text, struct strv *scope, struct strv *env)
{
	const char *p = text, *end = text + strlen(text), *w;
	size_t n;
	cleanup_strv struct strv set = STRV_INIT;
	if (!next_word(&p, end, d->escape, &w, &n))
		return;
	if (!memchr(w, '=', n)) {
		while (p < end && blank(*p))
			p++;
		cleanup_free char *name = xmemdup0(w, n);
		cleanup_free char *value = expand_loose(d, scope, p, (size_t)(end - p));
		set_var(&set, name, value);
	} else {
		do {
			const char *eq = memchr(w, '=', n);
			if (!eq || eq == w)
				continue;
			cleanup_free char *name = xmemdup0(w, (size_t)(eq - w));
			cleanup_free char *value = expand_loose(d, scope, eq + 1, n - (size_t)(eq + 1 - w));
			set_var(&set, name, value);
		} while (next_word(&p, end, d->escape, &w, &n));
	}
	for (size_t i = 0; i < set.n; i++) {
		const char *eq = strchr(set.v[i], '=');
		cleanup_free char *name = xmemdup0(set.v[i], (size_t)(eq - set.v[i]));
		set_var(scope, name, eq + 1);
		set_var(env, name, eq + 1);
	}
}

static void global_scope(const struct dockerfile *d, const struct strv *build_args, struct strv *ret)
{
	for (size_t i = 0; i < d->globals.n; i++)
		apply_arg(d, d->globals.v[i].text, build_args, NULL, ret);
}

/* The stage that a FROM means, or NULL when it means an image. An earlier stage goes first; the reference
 * also takes later ones (T132). Never the stage itself: FROM debian AS debian is the image. */
static const struct dockerfile_stage *stage_named(const struct dockerfile *d,
    const struct dockerfile_stage *from, const char *name)
{
	size_t self = (size_t)(from - d->stages);
	for (size_t k = 0; k < d->n; k++) {
		size_t i = k < self ? self - 1 - k : k;
		const struct dockerfile_stage *s = &d->stages[i];
		if (s != from && s->name && strcasecmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

/* The stages from the target outwards, and the image they rest on (NULL: unknown). Returns how many. */
static size_t stage_chain(const struct dockerfile *d, const struct strv *globals, const char *target,
    const struct dockerfile_stage **chain, char **ret_image)
{
	size_t n = 0;
	*ret_image = NULL;
	const struct dockerfile_stage *s = dockerfile_stage(d, target);
	while (s && n < d->n) {
		chain[n++] = s;
		cleanup_free char *image = expand_bound(d, globals, s->image);
		if (!image)
			return n;
		s = stage_named(d, s, image);
		if (!s) {
			*ret_image = image;
			image = NULL;
		}
	}
	return n;
}

char *dockerfile_base_image(const struct dockerfile *d, const struct strv *build_args, const char *target)
{
	cleanup_strv struct strv globals = STRV_INIT;
	global_scope(d, build_args, &globals);
	cleanup_free const struct dockerfile_stage **chain = xcalloc(d->n, sizeof(*chain));
	char *image;
	stage_chain(d, &globals, target, chain, &image);
	return image;
}

char *dockerfile_user(const struct dockerfile *d, const struct strv *build_args, const struct strv *base_env,
    const char *target)
{
	cleanup_strv struct strv globals = STRV_INIT;
	global_scope(d, build_args, &globals);
	cleanup_free const struct dockerfile_stage **chain = xcalloc(d->n, sizeof(*chain));
	cleanup_free char *image = NULL;
	size_t n = stage_chain(d, &globals, target, chain, &image);

	cleanup_strv struct strv env = STRV_INIT;
	if (base_env)
		strv_push_all(&env, (const char *const *)(base_env->n ? base_env->v : (char *[]){ NULL }));
	char *user = NULL;
	while (n-- > 0) {
		/* arguments end with their stage, ENV goes on into the next; the last assignment before USER counts */
		cleanup_strv struct strv scope = STRV_INIT;
		if (env.n)
			strv_push_all(&scope, (const char *const *)env.v);
		for (size_t i = 0; i < chain[n]->lines.n; i++) {
			const struct dockerfile_line *l = &chain[n]->lines.v[i];
			if (l->kind == DOCKERFILE_ARG) {
				apply_arg(d, l->text, build_args, &globals, &scope);
			} else if (l->kind == DOCKERFILE_ENV) {
				apply_env(d, l->text, &scope, &env);
			} else {
				free(user);
				user = expand_bound(d, &scope, l->text);
			}
		}
	}
	return user;
}
