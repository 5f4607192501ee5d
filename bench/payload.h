/* payload.h - what programs print, made from a seed: the same bytes on every machine.
 *
 * Each maker appends one piece of its kind (a line, a screen, a few sequences); the
 * benches repeat it until there is enough. Line ends are CR LF, as a pty hands them
 * to whoever reads it. */
#ifndef LACE_BENCH_PAYLOAD_H
#define LACE_BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/str.h"

/* How much of each, and how much of it at a time. */
#define PAYLOAD_BYTES (8u << 20)
#define PAYLOAD_PIECE (64u << 10)

static inline double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct payload {
	const char *name;            /* one word, for the command line */
	const char *title;
	void (*make)(struct str *);
	unsigned goal;               /* MB/s, the project's bar; 0 = none */
};
/* Ends with a NULL name. */
extern const struct payload payloads[];
const struct payload *payload_find(const char *name);
/* At least `bytes` of it, from the seed. */
void payload_fill(const struct payload *p, struct str *s, size_t bytes);

/* The seed anew, for makers that are called by hand. */
void payload_seed(void);
uint32_t payload_random(uint32_t n);         /* below n */
/* One line each: a coloured log and CJK text, both of 79 columns and more or less; and
 * 79 cells, each with a 24-bit colour of its own. */
void payload_log_line(struct str *s);
void payload_cjk_line(struct str *s);
void payload_rgb_line(struct str *s);

#endif
