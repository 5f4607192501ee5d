/* rows.h - the rows of a pane that the client knows, by stable index.
 *
 * Two windows into the pane: the live screen, and what scroll mode looks at.
 * Each is a direct-mapped table: a run of up to ROWS_WINDOW rows never collides
 * with itself, and a row that is needed no more is simply overwritten. */
#ifndef LACE_CLIENT_ROWS_H
#define LACE_CLIENT_ROWS_H

#include "client/cell.h"

#define ROWS_WINDOW 1024

struct row {
	int64_t index;                  /* stable row; -1 free */
	bool valid;                     /* cells are its content */
	uint64_t fetching;              /* serial of the GetLines that asked for it, 0 none */
	struct cell *cells;
	size_t n;
};
struct rows { struct row v[ROWS_WINDOW]; };

struct rows *rows_create(void);
void rows_destroy(struct rows *r);
void rows_clear(struct rows *r);                             /* forgets content and requests */
const struct row *rows_get(const struct rows *r, int64_t index);   /* NULL unless valid */
/* Content from a push; what was asked for the row is then out of date. cells are copied. */
void rows_set(struct rows *r, int64_t index, const struct cell *cells, size_t n);
/* The row changed on the server; a reply on its way may be older than that. */
void rows_invalidate(struct rows *r, int64_t first, int64_t end);
/* Marks a row as asked for; false when it is valid or already asked for. */
bool rows_want(struct rows *r, int64_t index);
void rows_asked(struct rows *r, int64_t first, int64_t end, uint64_t serial);
/* Content from the reply to serial; ignored when the row is not (or no more) asked for by it. */
void rows_reply(struct rows *r, int64_t index, uint64_t serial, const struct cell *cells, size_t n);
/* The request failed or left rows out: those become blank rather than asked for again at once. */
void rows_reply_end(struct rows *r, uint64_t serial);

#endif
