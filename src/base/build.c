#include "base/build.h"

#include <stdlib.h>
#include <string.h>

#define PARTS 3

/* "1.2.3": the numbers; what is no number is 0. */
static void release(const char *s, unsigned long ret[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		char *end;
		ret[i] = strtoul(s, &end, 10);
		s = *end == '.' ? end + 1 : end;
	}
}

int build_compare(const char *a, const char *b)
{
	unsigned long x[PARTS], y[PARTS];
	release(a, x);
	release(b, y);
	for (int i = 0; i < PARTS; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	const char *made_a = strchr(a, '('), *made_b = strchr(b, '(');
	return strcmp(made_a ? made_a : "", made_b ? made_b : "");
}
