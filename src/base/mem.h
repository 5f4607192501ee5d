/* mem.h - allocation that cannot fail, and the scope-exit cleanup attributes.
 *
 * Out of memory ends the program (style.md): sizes that come from outside are
 * bounded by their parsers before they reach these functions. Every pointer
 * returned here is owned by the caller and released with free(). */
#ifndef LACE_BASE_MEM_H
#define LACE_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* Checks n * size for overflow. */
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Copies len bytes and adds a NUL. */
char *xmemdup0(const void *data, size_t len) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

static inline void cleanup_free_p(void *p) { free(*(void **)p); }
static inline void cleanup_close_p(int *fd) { if (*fd >= 0) close(*fd); }
/* `cleanup_free char *s = ...;`: freed when the scope ends; set to NULL to keep it. */
#define cleanup_free __attribute__((cleanup(cleanup_free_p)))
/* `cleanup_close int fd = ...;`: closed when the scope ends unless it is -1. */
#define cleanup_close __attribute__((cleanup(cleanup_close_p)))

#endif
