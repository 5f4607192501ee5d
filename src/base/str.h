/* str.h - growable NUL-terminated string and NULL-terminated string vector.
 *
 * `struct str` doubles as the byte buffer of the host programs: it may hold
 * NUL bytes, and s[len] is always NUL. s is never NULL after STR_INIT. */
#ifndef LACE_BASE_STR_H
#define LACE_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *s;    /* owned once cap > 0 */
	size_t len; /* bytes, without the NUL */
	size_t cap;
};

extern char str_empty[1];
#define STR_INIT { str_empty, 0, 0 }

void str_init(struct str *s);
void str_fini(struct str *s);              /* releases and re-initialises */
void str_reset(struct str *s);             /* empties, keeps the memory */
void str_reserve(struct str *s, size_t more);
void str_add(struct str *s, const void *data, size_t len);
void str_puts(struct str *s, const char *text);
void str_putc(struct str *s, char c);
void str_printf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_vprintf(struct str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0), nonnull(2)));
void str_drop(struct str *s, size_t n);    /* removes n bytes at the front */
/* The text becomes the caller's (free it); s is empty afterwards. */
char *str_detach(struct str *s);
static inline void cleanup_str_p(struct str *s) { str_fini(s); }
#define cleanup_str __attribute__((cleanup(cleanup_str_p)))

/* A vector of owned strings; v is NULL-terminated whenever n > 0 or cap > 0,
 * so it can be an argv or an environment. */
struct strv {
	char **v;
	size_t n, cap;
};
#define STRV_INIT { NULL, 0, 0 }

void strv_push(struct strv *v, const char *s);            /* copies */
void strv_take(struct strv *v, char *s);                  /* takes ownership */
void strv_pushf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_push_all(struct strv *v, const char *const *list); /* NULL-terminated list, copied */
bool strv_has(const struct strv *v, const char *s);
void strv_remove(struct strv *v, size_t i);
void strv_fini(struct strv *v);
static inline void cleanup_strv_p(struct strv *v) { strv_fini(v); }
#define cleanup_strv __attribute__((cleanup(cleanup_strv_p)))

/* Environment helpers on "NAME=value" vectors. */
const char *env_get(const struct strv *env, const char *name); /* value or NULL */
void env_set(struct strv *env, const char *name, const char *value); /* replaces in place or appends */
void env_unset(struct strv *env, const char *name);

static inline bool str_eq(const char *a, const char *b) { return __builtin_strcmp(a, b) == 0; }
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

#endif
