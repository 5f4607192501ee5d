/* search.c - SearchScrollbackRequest.
 *
 * A search gets some 2 ms at once, which nearly always is enough, and then as much
 * in each turn of the loop, so that panes and other clients go on meanwhile; its
 * answer comes later, by its serial. It ends when its client or its pane goes.
 *
 * What is found and how it is told are the real server's ways: of an expression
 * with groups the last one that took part is shown, match_id tells equal texts of
 * an expression apart from others, and an empty string is everywhere. */
#include "mux/request.h"

#include "base/map.h"
#include "base/mem.h"
#include "vt/search.h"

#include <inttypes.h>

#define STEP_BYTES 8192u
#define STEP_MATCHES 256u

struct search {
	uint64_t conn, pane, serial;
	struct vt_search *vt;
	struct vt_search_config config;    /* the pattern is owned */
	size_t limit;
	struct wire_search_result *v;
	size_t n, cap;
	struct map ids;                    /* hash of a text -> match_id + 1 */
	uint64_t worked;                   /* ns */
	unsigned restarts;
};

static void search_free(struct search *s)
{
	if (s->vt != NULL)
		vt_search_destroy(s->vt);
	map_fini(&s->ids);
	free((char *)(uintptr_t)s->config.pattern);
	free(s->v);
	free(s);
}

static uint64_t match_id(struct search *s, uint64_t hash)
{
	char key[24];

	snprintf(key, sizeof(key), "%" PRIx64, hash);
	uintptr_t id = (uintptr_t)map_get(&s->ids, key);
	if (id == 0) {
		id = s->ids.n + 1;
		map_set(&s->ids, key, (void *)id);
	}
	return id - 1;
}

static void add(struct search *s, const struct vt_match *m)
{
	if (s->n == s->cap) {
		s->cap = MAX(s->cap * 2, 32);
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = (struct wire_search_result){ m->first_row, m->first_col, m->last_row, m->end_col,
		(s->config.flags & VT_SEARCH_REGEX) != 0 ? match_id(s, m->hash) : 0 };
}

static bool start(struct search *s, struct vt *vt, struct vt_search_error *err)
{
	s->n = 0;
	map_fini(&s->ids);
	s->ids = (struct map)MAP_INIT;
	if (s->vt != NULL)
		vt_search_destroy(s->vt);
	s->vt = vt_search_create(vt, &s->config, err);
	return s->vt != NULL;
}

/* Works on it for a while. True: it has been answered. */
static bool work(struct search *s, struct request *r, struct pane *p)
{
	struct vt_match matches[STEP_MATCHES];
	struct vt_search_error err;
	uint64_t begin = uv_hrtime(), spent;
	enum vt_search_status status;

	do {
		size_t n = 0;

		status = VT_SEARCH_DONE;
		if (s->n < s->limit)
			status = vt_search_step(s->vt, STEP_BYTES, matches, STEP_MATCHES, &n);
		for (size_t i = 0; i < n && s->n < s->limit; i++)
			add(s, &matches[i]);
		if (status == VT_SEARCH_RENUMBERED && s->restarts++ < MUX_SEARCH_RESTARTS && start(s, p->vt, &err))
			status = VT_SEARCH_MORE;
		spent = uv_hrtime() - begin;
	} while (status == VT_SEARCH_MORE && spent < MUX_SEARCH_STEP_MS * 1000000ull);
	s->worked += spent;

	if (status == VT_SEARCH_DONE)
		request_answer(r, WIRE_SEARCH_SCROLLBACK_RESPONSE,
		    &(union wire_body){ .search_response = { s->v, s->n } });
	else if (status == VT_SEARCH_RENUMBERED)
		request_fail(r, "the screen changes too often to be searched");
	else if (status == VT_SEARCH_FAILED)
		request_fail(r, "cannot search for this: %s", vt_search_error(s->vt));
	else if (s->worked > MUX_SEARCH_MS * 1000000ull)
		request_fail(r, "cannot search for this: it takes more than %u s", MUX_SEARCH_MS / 1000);
	else
		return false;
	return true;
}

/* ---- searches that take longer ---- */

static struct conn *find_conn(const struct mux *m, uint64_t id)
{
	for (size_t i = 0; i < m->n_conns; i++)
		if (m->conns[i]->id == id)
			return m->conns[i];
	return NULL;
}

static void drop(struct mux *m, size_t i)
{
	search_free(m->searches[i]);
	memmove(&m->searches[i], &m->searches[i + 1], (--m->n_searches - i) * sizeof(*m->searches));
}

/* One of them gets its turn. */
static void on_idle(uv_idle_t *h)
{
	struct mux *m = h->data;

	/* Not before the loop has sent the last answer. */
	if (m->n_searches == 0) {
		uv_idle_stop(h);
		return;
	}
	struct search *s = m->searches[0];
	struct conn *c = find_conn(m, s->conn);
	struct pane *p = mux_pane(m, s->pane);
	struct request r = { .m = m, .c = c, .serial = s->serial };

	if (c != NULL && !c->gone && p != NULL && !work(s, &r, p)) {
		memmove(&m->searches[0], &m->searches[1], (m->n_searches - 1) * sizeof(struct search *));
		m->searches[m->n_searches - 1] = s;
		return;
	}
	drop(m, 0);
}

void search_forget_conn(struct mux *m, uint64_t conn)
{
	for (size_t i = 0; i < m->n_searches;)
		if (m->searches[i]->conn == conn)
			drop(m, i);
		else
			i++;
}

void search_forget_pane(struct mux *m, uint64_t pane)
{
	for (size_t i = 0; i < m->n_searches;) {
		struct search *s = m->searches[i];
		struct request r = { .m = m, .c = find_conn(m, s->conn), .serial = s->serial };

		if (s->pane != pane) {
			i++;
			continue;
		}
		if (r.c != NULL)
			request_fail(&r, "no such pane %llu", ull(pane));
		drop(m, i);
	}
}

static void put_off(struct mux *m, struct search *s)
{
	m->searches = xreallocarray(m->searches, m->n_searches + 1, sizeof(struct search *));
	m->searches[m->n_searches++] = s;
	uv_idle_start(&m->searcher, on_idle);
}

/* As the real server says it, where that is known (recorded in gui-search-erase); else as PCRE2 does. */
static const char *error_text(const struct vt_search_error *err)
{
	return str_eq(err->text, "missing closing parenthesis") ? "Opening parenthesis without closing parenthesis" : err->text;
}

void request_search(struct request *r)
{
	const struct wire_search_request *q = &r->b->search_request;
	struct pane *p = request_pane(r, q->pane_id);
	struct vt_search_error err;
	size_t waiting = 0;

	if (p == NULL)
		return;
	for (size_t i = 0; i < r->m->n_searches; i++)
		waiting += r->m->searches[i]->conn == r->c->id;
	if (waiting >= MUX_SEARCHES_MAX) {
		request_fail(r, "%zu searches of this client are under way already", waiting);
		return;
	}
	struct search *s = xcalloc(1, sizeof(*s));
	*s = (struct search){ .conn = r->c->id, .pane = q->pane_id, .serial = r->serial, .ids = MAP_INIT,
		.limit = q->has_limit ? MIN(q->limit, MUX_SEARCH_MAX) : MUX_SEARCH_MAX,
		.config = { .pattern = xmemdup0(q->pattern.text.s, q->pattern.text.len), .len = q->pattern.text.len,
		    .flags = VT_SEARCH_LAST_GROUP, .first = q->range.start, .end = q->range.end } };
	if (q->pattern.kind == WIRE_PATTERN_REGEX)
		s->config.flags |= VT_SEARCH_REGEX;
	else if (q->pattern.kind == WIRE_PATTERN_CASE_INSENSITIVE)
		s->config.flags |= VT_SEARCH_CASELESS;
	if (!start(s, p->vt, &err))
		request_fail(r, "Parsing error at position %zu: %s", err.offset, error_text(&err));
	else if (!work(s, r, p)) {
		put_off(r->m, s);
		return;
	}
	search_free(s);
}
