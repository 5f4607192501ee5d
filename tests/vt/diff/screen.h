/* screen.h - what two engines are compared by: text, cursor and pen of a screen. */
#ifndef LACE_TESTS_VT_DIFF_SCREEN_H
#define LACE_TESTS_VT_DIFF_SCREEN_H

#include "base/str.h"
#include "vt/vt.h"

struct screen_cell {
	char text[VT_CLUSTER_BYTES_MAX + 1]; /* UTF-8; "" where nothing was printed */
	uint8_t width;                       /* 0: right half of a wide one */
	uint32_t attrs;                      /* VT_ATTR_* */
	vt_color fg, bg;
};
struct screen {
	unsigned rows, cols, x, y;
	struct screen_cell *cells;
};

void screen_init(struct screen *s, unsigned rows, unsigned cols);
void screen_fini(struct screen *s);
static inline struct screen_cell *screen_at(const struct screen *s, unsigned x, unsigned y)
{
	return &s->cells[(size_t)y * s->cols + x];
}
/* The engine's screen, with these attributes. A cell that was erased has a background only. */
void screen_read(struct screen *s, struct vt *vt, uint32_t attrs);
/* False when they differ; what first differs is said in ret. */
bool screen_same(const struct screen *a, const struct screen *b, struct str *ret);
void screen_print(const struct screen *s, const char *label);
/* Bytes as they stand in a script. */
void screen_quote(const char *s, size_t len);

#endif
