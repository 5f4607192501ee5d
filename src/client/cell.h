/* cell.h - one cell of the client's screen, and the pool of texts that do not fit into one.
 *
 * Everything here has been made safe for the outer terminal: a text is one
 * grapheme cluster without control characters, a link is printable ASCII. */
#ifndef LACE_CLIENT_CELL_H
#define LACE_CLIENT_CELL_H

#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A colour in one word: kind in the top byte. */
#define COLOR_DEFAULT 0u
#define COLOR_PALETTE(i) (0x01000000u | (uint32_t)(i))
#define COLOR_RGB(rgb) (0x02000000u | (uint32_t)(rgb))
#define COLOR_KIND(c) ((c) >> 24)
#define COLOR_VALUE(c) ((c) & 0xffffffu)

/* Attribute bits as on the wire (reference/wezterm-mux.md 3.6). */
enum {
	ATTR_BOLD = 1u << 0, ATTR_HALF = 2u << 0,
	ATTR_UNDERLINE_SHIFT = 2, ATTR_UNDERLINE = 7u << 2,
	ATTR_BLINK_SLOW = 1u << 5, ATTR_BLINK_RAPID = 2u << 5,
	ATTR_ITALIC = 1u << 7, ATTR_REVERSE = 1u << 8, ATTR_STRIKE = 1u << 9, ATTR_INVISIBLE = 1u << 10,
	ATTR_OVERLINE = 1u << 12,
	ATTR_VALIGN_SHIFT = 15, ATTR_VALIGN = 3u << 15,
	ATTR_INTENSITY = 3u << 0, ATTR_BLINK = 3u << 5,
	/* what a cell keeps: neither the wrap mark nor the semantic type is drawn */
	ATTR_DRAWN = ATTR_INTENSITY | ATTR_UNDERLINE | ATTR_BLINK | ATTR_ITALIC | ATTR_REVERSE | ATTR_STRIKE |
	    ATTR_INVISIBLE | ATTR_OVERLINE | ATTR_VALIGN,
};

#define CELL_CLUSTER 0x80000000u        /* text: the rest is an id of the pool */
struct cell {
	uint32_t text;                  /* 0 blank, a code point, or a cluster */
	uint32_t width;                 /* 1, 2, or 0 for the right half of a wide one */
	uint32_t attrs, fg, bg, underline;
	uint32_t link;                  /* id of the pool, 0 none */
};
/* Cells are compared with memcmp: no padding. */
_Static_assert(sizeof(struct cell) == 7 * 4, "no padding");
#define CELL_BLANK ((struct cell){ .width = 1 })

/* Strings by number, so that equal ones have equal numbers. What a server makes
 * us keep is bounded: at the bound nothing is added and `full` is set; the
 * owner then empties the pool and everything that points into it. */
#define POOL_ENTRIES_MAX 65536u
#define POOL_BYTES_MAX (8u << 20)
#define CLUSTER_BYTES_MAX 64
struct pool {
	struct map map;
	size_t bytes;
	bool full;
};
#define POOL_INIT { MAP_INIT, 0, false }
void pool_reset(struct pool *p);
/* The text of a cell for what a server calls one: its first cluster if that is
 * fit to print, else a blank. *ret_len is how many bytes of s that cluster has (>= 1 for len >= 1). */
uint32_t pool_text(struct pool *p, const char *s, size_t len, size_t *ret_len);
/* 0 when the link is not fit to be passed on. id may be empty. */
uint32_t pool_link(struct pool *p, const char *uri, size_t uri_len, const char *id, size_t id_len);
/* "ID;URI" of a link, or a cluster's UTF-8. */
const char *pool_get(const struct pool *p, uint32_t id);
/* UTF-8 of a cell's text (never empty); buf is used for single code points. */
const char *cell_text(const struct pool *p, const struct cell *c, char buf[5]);

#endif
