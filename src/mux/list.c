/* list.c - answers that describe: panes, clients, rows. */
#include "mux/request.h"

#include "base/mem.h"
#include "mux/lines.h"

static struct wire_str dup_str(struct wire_arena *a, const char *s)
{
	return wire_arena_str(a, s, strlen(s));
}

struct wire_terminal_size request_size(const struct tab *tab, struct tree_size s)
{
	return (struct wire_terminal_size){ s.rows, s.cols, (uint64_t)s.cols * tab->cell_width,
		(uint64_t)s.rows * tab->cell_height, tab->dpi };
}

struct listing {
	struct request *r;
	const struct window *w;
	const struct tab *tab;
};

static void list_leaf(const struct listing *l, const struct tree_node *n, uint32_t top, uint32_t left,
    struct wire_pane_entry *e)
{
	struct wire_arena *a = l->r->arena;
	struct pane *p = mux_pane(l->r->m, n->pane);
	struct wire_str cwd = pane_cwd_for(p, l->r->c->codec);

	*e = (struct wire_pane_entry){ .window_id = l->w->id, .tab_id = l->tab->id, .pane_id = p->id,
		.title = dup_str(a, pane_title(p)),
		.size = { p->size.rows, p->size.cols, p->pixel_width, p->pixel_height, p->dpi },
		.has_working_dir = cwd.s != NULL,
		.working_dir = cwd.s != NULL ? wire_arena_str(a, cwd.s, cwd.len) : WIRE_STR(""),
		.is_active_pane = l->tab->active == p->id, .is_zoomed_pane = l->tab->zoomed == p->id,
		.workspace = dup_str(a, l->w->workspace),
		.cursor_pos = pane_cursor(p),
		.physical_top = vt_dims(p->vt).physical_top, .top_row = top, .left_col = left,
		    .has_tty_name = true,
		.tty_name = dup_str(a, p->tty) };
}

static bool list_node(const struct listing *l, const struct tree_node *n, uint32_t top, uint32_t left,
    struct wire_pane_node *ret)
{
	if (n->child[0] == NULL) {
		ret->kind = WIRE_NODE_LEAF;
		list_leaf(l, n, top, left, &ret->leaf);
		return true;
	}
	ret->kind = WIRE_NODE_SPLIT;
	ret->direction = n->vertical ? WIRE_SPLIT_VERTICAL : WIRE_SPLIT_HORIZONTAL;
	ret->first = request_size(l->tab, n->child[0]->size);
	ret->second = request_size(l->tab, n->child[1]->size);
	ret->left = wire_arena_alloc(l->r->arena, sizeof(*ret->left));
	ret->right = wire_arena_alloc(l->r->arena, sizeof(*ret->right));
	if (ret->left == NULL || ret->right == NULL)
		return false;
	if (n->vertical) {
		return list_node(l, n->child[0], top, left, ret->left) &&
		    list_node(l, n->child[1], top + n->child[0]->size.rows + 1, left, ret->right);
	}
	return list_node(l, n->child[0], top, left, ret->left) &&
	    list_node(l, n->child[1], top, left + n->child[0]->size.cols + 1, ret->right);
}

void request_list_panes(struct request *r)
{
	const struct tree *t = &r->m->tree;
	union wire_body b = { 0 };
	struct wire_list_panes_response *l = &b.list_panes_response;
	size_t tabs = 0;

	for (size_t i = 0; i < t->n_windows; i++)
		tabs += t->windows[i]->n_tabs;
	l->tabs = wire_arena_alloc(r->arena, (tabs + 1) * sizeof(*l->tabs));
	l->tab_titles = wire_arena_alloc(r->arena, (tabs + 1) * sizeof(*l->tab_titles));
	l->window_titles = wire_arena_alloc(r->arena, (t->n_windows + 1) * sizeof(*l->window_titles));
	bool ok = l->tabs != NULL && l->tab_titles != NULL && l->window_titles != NULL;
	for (size_t i = 0; ok && i < t->n_windows; i++) {
		const struct window *w = t->windows[i];
		l->window_titles[i].window_id = w->id;
		l->window_titles[i].title = dup_str(r->arena, w->title);
		for (size_t j = 0; ok && j < w->n_tabs; j++) {
			struct listing at = { r, w, w->tabs[j] };
			ok = list_node(&at, w->tabs[j]->root, 0, 0, &l->tabs[l->n_tabs]);
			l->tab_titles[l->n_tabs++] = dup_str(r->arena, w->tabs[j]->title);
		}
	}
	if (!ok) {
		request_fail(r, "too many panes to list");
		return;
	}
	l->n_tab_titles = l->n_tabs;
	l->n_window_titles = t->n_windows;
	request_answer(r, WIRE_LIST_PANES_RESPONSE, &b);
}

void request_client_list(struct request *r)
{
	const struct mux *m = r->m;
	union wire_body b = { 0 };
	struct wire_client_list *l = &b.client_list;

	l->clients = wire_arena_alloc(r->arena, (m->n_conns + 1) * sizeof(*l->clients));
	for (size_t i = 0; l->clients != NULL && i < m->n_conns; i++) {
		const struct conn *c = m->conns[i];
		if (!c->registered || c->gone)
			continue;
		l->clients[l->n_clients++] = (struct wire_client_info){ .client_id = c->client,
			.connected_at = c->connected_at, .last_input = c->last_input,
			.has_focused_pane_id = c->focused != TREE_NONE,
			.focused_pane_id = c->focused != TREE_NONE ? c->focused : 0 };
	}
	request_answer(r, WIRE_GET_CLIENT_LIST_RESPONSE, &b);
}

/* Rows of [start, end), moved to where rows exist, as the real server does: a range that begins where there is no row
 * becomes the first ones (recorded in real-gui-attach), one that goes past the last row becomes the last ones, and one
 * more of them (cli-text). */
static size_t clamp_range(const struct wire_range *range, int64_t top, int64_t bottom, int64_t *ret_first)
{
	if (range->end <= range->start)
		return 0;
	uint64_t n = (uint64_t)range->end - (uint64_t)range->start, all = (uint64_t)(bottom - top);

	if (range->start < top || range->start >= bottom) {
		*ret_first = top;
		return (size_t)MIN(n, all);
	}
	n = MIN(n + (range->end > bottom), all);
	*ret_first = MIN(range->start, bottom - (int64_t)n);
	return (size_t)n;
}

void request_get_lines(struct request *r)
{
	const struct wire_get_lines *g = &r->b->get_lines;
	struct pane *p = request_pane(r, g->pane_id);
	union wire_body b = { .get_lines_response.pane_id = g->pane_id };
	int64_t first = 0;
	size_t total = 0;

	if (p == NULL)
		return;
	struct vt_dims d = vt_dims(p->vt);
	int64_t top = d.scrollback_top, bottom = d.physical_top + d.rows;
	/* However often the ranges name a row, no more rows than there are. */
	size_t max = (size_t)(bottom - top);
	for (size_t i = 0; i < g->n_lines && total < max; i++)
		total += clamp_range(&g->lines[i], top, bottom, &first);
	total = MIN(total, max);
	int64_t *rows = xcalloc(total + 1, sizeof(*rows));
	size_t n = 0;
	for (size_t i = 0; i < g->n_lines && n < total; i++) {
		size_t count = clamp_range(&g->lines[i], top, bottom, &first);
		for (size_t j = 0; j < count && n < total; j++)
			rows[n++] = first + (int64_t)j;
	}
	lines_build(p->vt, &p->images, rows, n, r->arena, MUX_LINES_MEMORY, &b.get_lines_response.lines);
	free(rows);
	if (r->c->pushes)
		request_interest(r, p->id);
	request_answer(r, WIRE_GET_LINES_RESPONSE, &b);
}
