/* Search: a pattern, and a terminal's content. Forwards in small steps and backwards
 * at once have to find the same, in order and inside of the terminal; then once more
 * while the terminal goes on changing. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/text.h"
#include "vt/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vt_callbacks none;

/* The head of the input: flags, columns, rows, what is done between steps, bytes of the pattern. */
enum { HEAD = 5, PATTERN_MAX = 64, FOUND_MAX = 3000, STEPS_MAX = 500 };

struct found { struct vt_match *v; size_t n; };

static void check(struct vt *vt, const struct vt_match *m)
{
	struct vt_dims d = vt_dims(vt);

	assert(m->first_row >= d.scrollback_top && m->last_row < d.physical_top + d.rows);
	assert(m->first_row <= m->last_row && m->first_col <= VT_COLS_MAX && m->end_col <= VT_COLS_MAX);
	assert(m->first_row < m->last_row || m->first_col <= m->end_col);
}

static void same(const struct vt_match *a, const struct vt_match *b)
{
	assert(a->first_row == b->first_row && a->first_col == b->first_col);
	assert(a->last_row == b->last_row && a->end_col == b->end_col && a->hash == b->hash);
}

static struct vt_search *begin(struct vt *vt, const char *pattern, size_t len, unsigned flags)
{
	struct vt_search_config config = { .pattern = pattern, .len = len, .flags = flags, .end = INT64_MAX };
	struct vt_search_error error = { "", 0 };
	struct vt_search *s = vt_search_create(vt, &config, &error);

	assert((s != NULL) == (error.text[0] == 0) && error.offset <= len);
	return s;
}

static enum vt_search_status collect(struct vt *vt, struct vt_search *s, size_t budget, size_t max,
    struct found *ret)
{
	enum vt_search_status status = VT_SEARCH_MORE;

	for (size_t n; status == VT_SEARCH_MORE && ret->n + max <= FOUND_MAX; ret->n += n) {
		status = vt_search_step(s, budget, ret->v + ret->n, max, &n);
		assert(n <= max);
		for (size_t i = 0; i < n; i++)
			check(vt, &ret->v[ret->n + i]);
	}
	return status;
}

static void both_ways(struct vt *vt, const char *pattern, size_t len, unsigned flags)
{
	struct found f = { xreallocarray(NULL, FOUND_MAX, sizeof(*f.v)), 0 },
	    b = { xreallocarray(NULL, FOUND_MAX, sizeof(*b.v)), 0 };
	struct vt_search *s = begin(vt, pattern, len, flags),
	    *t = begin(vt, pattern, len, flags | VT_SEARCH_BACKWARDS);

	assert((s != NULL) == (t != NULL));
	if (s) {
		enum vt_search_status one = collect(vt, s, 100, 3, &f), other = collect(vt, t, SIZE_MAX, FOUND_MAX, &b);

		/* Texts that are too much for the expression are counted; which one is too much depends on the way. */
		if (one == VT_SEARCH_DONE && other == VT_SEARCH_DONE) {
			assert(f.n == b.n);
			for (size_t i = 0; i < f.n; i++)
				same(&f.v[i], &b.v[b.n - 1 - i]);
		}
		vt_search_destroy(s);
		vt_search_destroy(t);
	}
	free(f.v);
	free(b.v);
}

static void while_it_changes(struct vt *vt, const char *pattern, size_t len, unsigned flags, uint8_t how,
    const char *more, size_t n_more)
{
	struct vt_search *s = begin(vt, pattern, len, flags);
	struct vt_match v[4];
	size_t n, at = 0;

	for (int i = 0; s && i < STEPS_MAX; i++) {
		enum vt_search_status status = vt_search_step(s, 1, v, ARRAY_LEN(v), &n);

		for (size_t k = 0; k < n; k++)
			assert(v[k].first_row >= vt_dims(vt).scrollback_top);
		if (status == VT_SEARCH_DONE || status == VT_SEARCH_FAILED)
			break;
		size_t len_more = MIN(n_more - at, 1u + how % 64);
		vt_write(vt, more + at, len_more);
		at += len_more;
		if (how & 0x80 && i % 8 == 7)
			vt_compact(vt);
		if (how & 0x40 && i % 32 == 31)
			vt_resize(vt, 4, (uint16_t)(2 + i % 90), 0, 0);
	}
	if (s)
		vt_search_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD)
		return 0;
	size_t len = MIN(data[4] % PATTERN_MAX, size - HEAD), rest = size - HEAD - len;
	unsigned flags = data[0] & (VT_SEARCH_CASELESS | VT_SEARCH_REGEX | VT_SEARCH_LAST_GROUP);
	struct vt_config config = { .rows = 1 + data[2] % 10, .cols = 2 + data[1] % 90, .scrollback_lines = data[2] };
	const char *pattern = (const char *)data + HEAD, *content = pattern + len;
	struct vt *vt = vt_create(&config, &none, NULL);

	/* The content often enough that there are blocks to be packed. */
	for (size_t n = 0; rest > 0 && n < (data[0] & 0x40 ? 70000 : 1); n += rest)
		vt_write(vt, content, rest);
	while (data[0] & 0x80 && vt_compact(vt))
		;
	both_ways(vt, pattern, len, flags);
	while_it_changes(vt, pattern, len, flags | (data[3] & 1 ? VT_SEARCH_BACKWARDS : 0), data[3], content, rest);
	vt_destroy(vt);
	return 0;
}
