/* search.c - SearchScrollbackRequest for plain strings.
 *
 * Rows that continue each other are searched as one text; a match is reported
 * by the rows and cells of its first and just after its last character. Letter
 * case is ignored for ASCII only. */
#include "mux/request.h"

#include "base/mem.h"

#define LOGICAL_MAX (4u << 20)         /* bytes of one logical line; a longer one is searched in pieces */

struct place { int64_t row; uint32_t col, end; };

/* One logical line: its bytes, and where each byte stands. */
struct text {
	struct str s;
	struct place *at;
	size_t cap;
};

struct search {
	const char *needle;
	size_t len, limit;
	bool fold;
	struct wire_search_result *v;
	size_t n, cap;
};

static char fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static void add_row(struct vt *vt, const struct vt_row *row, int64_t index, struct text *t, bool lower)
{
	char text[VT_CLUSTER_BYTES_MAX];

	for (uint32_t x = 0; x < row->n; x++) {
		if (row->cells[x].width == 0 && x > 0)
			continue;
		size_t len = vt_cell_text(vt, &row->cells[x], text);
		if (t->s.len + len > t->cap) {
			t->cap = MAX(256, (t->s.len + len) * 2);
			t->at = xreallocarray(t->at, t->cap, sizeof(*t->at));
		}
		for (size_t i = 0; i < len; i++) {
			if (lower)
				text[i] = fold(text[i]);
			t->at[t->s.len + i] = (struct place){ index, x, x + row->cells[x].width };
		}
		str_add(&t->s, text, len);
	}
}

static void find(struct search *q, const struct text *t)
{
	const char *at = t->s.s, *end = t->s.s + t->s.len, *hit;

	while (q->n < q->limit && (hit = memmem(at, (size_t)(end - at), q->needle, q->len)) != NULL) {
		if (q->n == q->cap) {
			q->cap = q->cap == 0 ? 32 : q->cap * 2;
			q->v = xreallocarray(q->v, q->cap, sizeof(*q->v));
		}
		const struct place *a = &t->at[hit - t->s.s],
		    *z = &t->at[hit - t->s.s + (ptrdiff_t)q->len - 1];
		q->v[q->n++] = (struct wire_search_result){ a->row, a->col, z->row, z->end, 0 };
		at = hit + q->len;
	}
}

void request_search(struct request *r)
{
	const struct wire_search_request *s = &r->b->search_request;
	struct pane *p = request_pane(r, s->pane_id);
	cleanup_str struct str needle = STR_INIT;
	struct text t = { .s = STR_INIT };
	struct vt_row row;

	if (p == NULL)
		return;
	if (s->pattern.kind == WIRE_PATTERN_REGEX) {
		request_fail(r, "this server searches for plain strings only, not for regular expressions");
		return;
	}
	struct search q = { .fold = s->pattern.kind == WIRE_PATTERN_CASE_INSENSITIVE, .len = s->pattern.text.len,
		.limit = s->has_limit ? MIN(s->limit, MUX_SEARCH_MAX) : MUX_SEARCH_MAX };
	str_add(&needle, s->pattern.text.s, s->pattern.text.len);
	for (size_t i = 0; q.fold && i < needle.len; i++)
		needle.s[i] = fold(needle.s[i]);
	q.needle = needle.s;

	struct vt_dims d = vt_dims(p->vt);
	int64_t first = MAX(s->range.start, d.scrollback_top);
	int64_t last = MIN(s->range.end, d.physical_top + d.rows);
	for (int64_t y = first; y < last && q.len > 0 && q.n < q.limit; y++) {
		if (!vt_row_get(p->vt, y, &row))
			continue;
		bool goes_on = row.wrapped && y + 1 < last && t.s.len < LOGICAL_MAX;
		add_row(p->vt, &row, y, &t, q.fold);
		if (goes_on)
			continue;
		find(&q, &t);
		str_reset(&t.s);
	}
	request_answer(r, WIRE_SEARCH_SCROLLBACK_RESPONSE,
	    &(union wire_body){ .search_response = { q.v, q.n } });
	free(q.v);
	free(t.at);
	str_fini(&t.s);
}
