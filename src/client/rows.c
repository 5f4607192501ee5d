#include "client/rows.h"

#include "base/mem.h"

static struct row *slot(const struct rows *r, int64_t index)
{
	return (struct row *)&r->v[(uint64_t)index % ROWS_WINDOW];
}

/* The slot of a row, taken from another one if need be. */
static struct row *claim(struct rows *r, int64_t index)
{
	struct row *row = slot(r, index);
	if (row->index != index) {
		row->index = index;
		row->valid = false;
		row->fetching = 0;
	}
	return row;
}

struct rows *rows_create(void)
{
	struct rows *r = xcalloc(1, sizeof(*r));
	rows_clear(r);
	return r;
}

void rows_destroy(struct rows *r)
{
	rows_clear(r);
	free(r);
}

void rows_clear(struct rows *r)
{
	for (size_t i = 0; i < ROWS_WINDOW; i++) {
		free(r->v[i].cells);
		r->v[i] = (struct row){ .index = -1 };
	}
}

const struct row *rows_get(const struct rows *r, int64_t index)
{
	const struct row *row = slot(r, index);
	return index >= 0 && row->index == index && row->valid ? row : NULL;
}

static void fill(struct row *row, const struct cell *cells, size_t n)
{
	row->cells = xreallocarray(row->cells, MAX(n, (size_t)1), sizeof(*cells));
	if (n)
		memcpy(row->cells, cells, n * sizeof(*cells));
	row->n = n;
	row->valid = true;
	row->fetching = 0;
}

void rows_set(struct rows *r, int64_t index, const struct cell *cells, size_t n)
{
	if (index >= 0)
		fill(claim(r, index), cells, n);
}

void rows_invalidate(struct rows *r, int64_t first, int64_t end)
{
	for (size_t i = 0; i < ROWS_WINDOW; i++) {
		struct row *row = &r->v[i];
		if (row->index >= first && row->index < end) {
			row->valid = false;
			row->fetching = 0;
		}
	}
}

bool rows_want(struct rows *r, int64_t index)
{
	if (index < 0)
		return false;
	const struct row *row = claim(r, index);
	return !row->valid && !row->fetching;
}

void rows_asked(struct rows *r, int64_t first, int64_t end, uint64_t serial)
{
	for (int64_t i = first; i < end; i++)
		claim(r, i)->fetching = serial;
}

void rows_reply(struct rows *r, int64_t index, uint64_t serial, const struct cell *cells, size_t n)
{
	struct row *row = slot(r, index);
	if (index >= 0 && row->index == index && row->fetching == serial)
		fill(row, cells, n);
}

void rows_reply_end(struct rows *r, uint64_t serial)
{
	for (size_t i = 0; i < ROWS_WINDOW; i++)
		if (r->v[i].fetching == serial && r->v[i].index >= 0)
			fill(&r->v[i], NULL, 0);
}
