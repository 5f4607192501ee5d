/* tree.c - the geometry of splits.
 *
 * Two ways sizes flow. Top down: a split, a removed neighbour or a moved
 * divider hands a part of the tree a new size, which is shared out in
 * proportion. Bottom up: a client resizes one pane (wezterm's GUI sends one
 * Resize a pane), and every split above takes the sum of its parts; between two
 * such requests the halves may disagree across the other axis, as they do in
 * the real server. */
#include "mux/tree.h"

#include "base/mem.h"

static struct tree_node *node_leaf(uint64_t pane, struct tree_size size)
{
	struct tree_node *n = xcalloc(1, sizeof(*n));

	n->pane = pane;
	n->size = size;
	return n;
}

static bool node_is_leaf(const struct tree_node *n) { return n->child[0] == NULL; }

static void node_free(struct tree_node *n)
{
	if (n == NULL)
		return;
	node_free(n->child[0]);
	node_free(n->child[1]);
	free(n);
}

static unsigned node_depth(const struct tree_node *n)
{
	if (node_is_leaf(n))
		return 0;
	unsigned a = node_depth(n->child[0]), b = node_depth(n->child[1]);
	return 1 + MAX(a, b);
}

static struct tree_size clamp(struct tree_size s)
{
	return (struct tree_size){ MAX(1, MIN(s.rows, TREE_CELLS_MAX)), MAX(1, MIN(s.cols, TREE_CELLS_MAX)) };
}

static uint32_t along(const struct tree_size *s, bool vertical) { return vertical ? s->rows : s->cols; }

static void set_along(struct tree_size *s, bool vertical, uint32_t v)
{
	if (vertical)
		s->rows = v;
	else
		s->cols = v;
}

/* The least room that leaves every pane one cell. */
static uint32_t node_min(const struct tree_node *n, bool vertical)
{
	if (node_is_leaf(n))
		return 1;
	uint32_t a = node_min(n->child[0], vertical), b = node_min(n->child[1], vertical);
	return n->vertical == vertical ? a + 1 + b : MAX(a, b);
}

static void node_resize(struct tree_node *n, struct tree_size size)
{
	size.rows = MAX(size.rows, node_min(n, true));
	size.cols = MAX(size.cols, node_min(n, false));
	if (!node_is_leaf(n)) {
		bool v = n->vertical;
		uint32_t old0 = along(&n->child[0]->size, v), old1 = along(&n->child[1]->size, v);
		uint32_t min0 = node_min(n->child[0], v), min1 = node_min(n->child[1], v);
		uint32_t room = along(&size, v) - 1;
		uint64_t sum = (uint64_t)old0 + old1;
		uint32_t part = old0 + old1 == room ? old0 :
		    (uint32_t)(((uint64_t)room * old0 + sum / 2) / sum);

		part = MAX(min0, MIN(part, room - min1));
		struct tree_size s0 = size, s1 = size;
		set_along(&s0, v, part);
		set_along(&s1, v, room - part);
		node_resize(n->child[0], s0);
		node_resize(n->child[1], s1);
	}
	n->size = size;
}

/* Takes `by` cells away, as the real server does when a whole tab is split: cell by cell, the first part before
 * the second. The caller knows that there is room. */
static void node_shrink(struct tree_node *n, bool vertical, uint32_t by)
{
	set_along(&n->size, vertical, along(&n->size, vertical) - by);
	if (node_is_leaf(n))
		return;
	if (n->vertical != vertical) {
		node_shrink(n->child[0], vertical, by);
		node_shrink(n->child[1], vertical, by);
		return;
	}
	while (by > 0) {
		for (int i = 0; i < 2 && by > 0; i++) {
			if (along(&n->child[i]->size, vertical) <= node_min(n->child[i], vertical))
				continue;
			node_shrink(n->child[i], vertical, 1);
			by--;
		}
	}
}

/* Bottom up: a split is as long as its parts and as wide as the first. */
static void node_measure(struct tree_node *n)
{
	if (node_is_leaf(n))
		return;
	node_measure(n->child[0]);
	node_measure(n->child[1]);
	n->size = n->child[0]->size;
	set_along(&n->size, n->vertical,
	    along(&n->child[0]->size, n->vertical) + 1 + along(&n->child[1]->size, n->vertical));
}

/* Where the pointer to the pane's leaf is kept; *ret_parent its split or NULL. */
static struct tree_node **node_find(struct tree_node **at, uint64_t pane, struct tree_node *parent,
    struct tree_node **ret_parent)
{
	if (*at == NULL)
		return NULL;
	if (node_is_leaf(*at)) {
		if ((*at)->pane != pane)
			return NULL;
		if (ret_parent != NULL)
			*ret_parent = parent;
		return at;
	}
	for (int i = 0; i < 2; i++) {
		struct tree_node **r = node_find(&(*at)->child[i], pane, *at, ret_parent);
		if (r != NULL)
			return r;
	}
	return NULL;
}

static void tab_free(struct tab *tab)
{
	node_free(tab->root);
	free(tab->title);
	free(tab);
}

static void window_free(struct window *w)
{
	for (size_t i = 0; i < w->n_tabs; i++)
		tab_free(w->tabs[i]);
	free(w->tabs);
	free(w->title);
	free(w->workspace);
	free(w);
}

void tree_fini(struct tree *t)
{
	for (size_t i = 0; i < t->n_windows; i++)
		window_free(t->windows[i]);
	free(t->windows);
	*t = (struct tree){ 0 };
}

struct window *tree_window(const struct tree *t, uint64_t id)
{
	for (size_t i = 0; i < t->n_windows; i++)
		if (t->windows[i]->id == id)
			return t->windows[i];
	return NULL;
}

struct tab *tree_tab(const struct tree *t, uint64_t id, struct window **ret_window)
{
	for (size_t i = 0; i < t->n_windows; i++) {
		struct window *w = t->windows[i];
		for (size_t j = 0; j < w->n_tabs; j++) {
			if (w->tabs[j]->id != id)
				continue;
			if (ret_window != NULL)
				*ret_window = w;
			return w->tabs[j];
		}
	}
	return NULL;
}

struct tab *tree_tab_of(const struct tree *t, uint64_t pane, struct window **ret_window)
{
	for (size_t i = 0; i < t->n_windows; i++) {
		struct window *w = t->windows[i];
		for (size_t j = 0; j < w->n_tabs; j++) {
			if (node_find(&w->tabs[j]->root, pane, NULL, NULL) == NULL)
				continue;
			if (ret_window != NULL)
				*ret_window = w;
			return w->tabs[j];
		}
	}
	return NULL;
}

bool tree_set_name(char **name, const char *text, size_t len)
{
	if (len > TREE_NAME_MAX) {
		len = TREE_NAME_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	if (*name != NULL && strlen(*name) == len && memcmp(*name, text, len) == 0)
		return false;
	free(*name);
	*name = xmemdup0(text, len);
	return true;
}

struct window *tree_window_add(struct tree *t, const char *workspace)
{
	struct window *w = xcalloc(1, sizeof(*w));

	w->id = t->next_window++;
	w->title = xstrdup("");
	tree_set_name(&w->workspace, workspace, strlen(workspace));
	t->windows = xreallocarray(t->windows, t->n_windows + 1, sizeof(*t->windows));
	t->windows[t->n_windows++] = w;
	return w;
}

void tree_activate(struct tab *tab, uint64_t pane)
{
	struct tree_node **at = node_find(&tab->root, pane, NULL, NULL);

	tab->active = pane;
	if (at != NULL)
		(*at)->used = ++tab->uses;
}

struct tab *tree_tab_add(struct tree *t, struct window *w, uint64_t pane, struct tree_size size)
{
	struct tab *tab = xcalloc(1, sizeof(*tab));

	tab->id = t->next_tab++;
	tab->title = xstrdup("");
	tab->zoomed = TREE_NONE;
	tab->root = node_leaf(pane, size);
	tree_activate(tab, pane);
	w->tabs = xreallocarray(w->tabs, w->n_tabs + 1, sizeof(*w->tabs));
	w->tabs[w->n_tabs] = tab;
	w->active = w->n_tabs++;
	return tab;
}

bool tree_split(struct tab *tab, uint64_t target, const struct tree_split *how, uint64_t pane)
{
	tree_zoom(tab, TREE_NONE);
	struct tree_node **at = how->top_level ? &tab->root : node_find(&tab->root, target, NULL, NULL);
	if (at == NULL)
		return false;
	uint32_t dim = along(&(*at)->size, how->vertical);
	uint64_t want = how->percent ? (uint64_t)dim * MIN(how->amount, 100) / 100 : how->amount;
	want = MAX(want, 1);
	if (dim < 3 || want > dim - 2 || dim - 1 - want < node_min(*at, how->vertical) ||
	    node_depth(tab->root) + 1 > TREE_DEPTH_MAX)
		return false;

	struct tree_size size_new = (*at)->size;
	set_along(&size_new, how->vertical, (uint32_t)want);

	struct tree_node *split = xcalloc(1, sizeof(*split));
	split->vertical = how->vertical;
	split->size = (*at)->size;
	split->child[how->target_is_second ? 0 : 1] = *at;
	split->child[how->target_is_second ? 1 : 0] = node_leaf(pane, size_new);
	node_shrink(*at, how->vertical, (uint32_t)want + 1);
	*at = split;
	return true;
}

void tree_rename(struct tab *tab, uint64_t from, uint64_t to)
{
	struct tree_node **at = node_find(&tab->root, from, NULL, NULL);

	if (at != NULL)
		(*at)->pane = to;
	if (tab->active == from)
		tab->active = to;
}

/* The pane before this one in the tab's order, else the one behind it. */
static uint64_t pane_beside(const struct tab *tab, uint64_t pane)
{
	size_t n, i = 0;
	struct tree_leaf *v = tree_leaves(tab, &n);

	while (i + 1 < n && v[i].pane != pane)
		i++;
	uint64_t beside = v[i > 0 ? i - 1 : n > 1 ? 1 : 0].pane;
	free(v);
	return beside;
}

void tree_remove(struct tree *t, uint64_t pane)
{
	struct window *w = NULL;
	struct tab *tab = tree_tab_of(t, pane, &w);
	struct tree_node *parent = NULL;

	if (tab == NULL)
		return;
	struct tree_node **at = node_find(&tab->root, pane, NULL, &parent);
	if (tab->zoomed == pane)
		tab->zoomed = TREE_NONE;
	if (parent != NULL) {
		struct tree_node *leaf = *at;
		struct tree_node *rest = parent->child[0] == leaf ? parent->child[1] : parent->child[0];
		struct tree_size size = parent->size;
		uint64_t next = tab->active == pane ? pane_beside(tab, pane) : TREE_NONE;

		/* The split becomes its remaining part, so whoever points to it stays right. */
		free(leaf);
		*parent = *rest;
		free(rest);
		node_resize(parent, size);
		if (next != TREE_NONE)
			tree_activate(tab, next);
		return;
	}

	size_t i = 0;
	while (w->tabs[i] != tab)
		i++;
	tab_free(tab);
	memmove(&w->tabs[i], &w->tabs[i + 1], (--w->n_tabs - i) * sizeof(*w->tabs));
	if (w->active > i || w->active == w->n_tabs)
		w->active -= w->active > 0;
	if (w->n_tabs > 0)
		return;
	for (i = 0; t->windows[i] != w; i++)
		;
	window_free(w);
	memmove(&t->windows[i], &t->windows[i + 1], (--t->n_windows - i) * sizeof(*t->windows));
}

void tree_resize_pane(struct tab *tab, uint64_t pane, struct tree_size size)
{
	struct tree_node **at = node_find(&tab->root, pane, NULL, NULL);

	if (at == NULL)
		return;
	if (tab->zoomed == pane) {
		tab->zoom_size = clamp(size);
		return;
	}
	(*at)->size = clamp(size);
	node_measure(tab->root);
}

/* Depth first on the way to the pane; the innermost split that can move wins. */
static bool adjust(struct tree_node *n, uint64_t pane, bool vertical, bool back, uint64_t amount, bool *found)
{
	if (node_is_leaf(n)) {
		*found = n->pane == pane;
		return false;
	}
	for (int i = 0; i < 2 && !*found; i++)
		if (adjust(n->child[i], pane, vertical, back, amount, found))
			return true;
	if (!*found || n->vertical != vertical)
		return false;

	struct tree_node *a = n->child[0], *b = n->child[1];
	uint32_t room = along(&a->size, vertical) + along(&b->size, vertical);
	struct tree_node *shrinks = back ? a : b;
	uint32_t can = along(&shrinks->size, vertical) - node_min(shrinks, vertical);
	uint32_t by = (uint32_t)MIN(amount, can);
	if (by == 0)
		return false;
	uint32_t part = along(&a->size, vertical);
	part = back ? part - by : part + by;
	struct tree_size sa = a->size, sb = b->size;
	set_along(&sa, vertical, part);
	set_along(&sb, vertical, room - part);
	node_resize(a, sa);
	node_resize(b, sb);
	return true;
}

bool tree_adjust(struct tab *tab, uint64_t pane, enum tree_direction dir, uint64_t amount)
{
	bool found = false;

	if (dir > TREE_RIGHT || tab->zoomed != TREE_NONE)
		return false;
	return adjust(tab->root, pane, dir == TREE_UP || dir == TREE_DOWN, dir == TREE_UP || dir == TREE_LEFT,
	    amount, &found);
}

bool tree_zoom(struct tab *tab, uint64_t pane)
{
	if (tab->zoomed == pane)
		return false;
	if (pane == TREE_NONE) {
		/* The window may have changed size meanwhile. If not, every pane is as it was, even where the halves of a
		 * split disagree: so the real server does (recorded in gui-layout). */
		if (tab->zoom_size.rows != tab->root->size.rows || tab->zoom_size.cols != tab->root->size.cols)
			node_resize(tab->root, tab->zoom_size);
	} else if (tab->zoomed == TREE_NONE) {
		tab->zoom_size = clamp(tab->root->size);
	}
	tab->zoomed = pane;
	return true;
}

struct tree_size tree_tab_size(const struct tab *tab)
{
	return tab->zoomed != TREE_NONE ? tab->zoom_size : tab->root->size;
}

struct walk {
	const struct tab *tab;
	struct tree_leaf *v;
	size_t n;
};

static void walk(struct walk *w, const struct tree_node *n, uint32_t top, uint32_t left)
{
	if (node_is_leaf(n)) {
		w->v = xreallocarray(w->v, w->n + 1, sizeof(*w->v));
		w->v[w->n++] = (struct tree_leaf){ n->pane, n->used, top, left,
			w->tab->zoomed == n->pane ? w->tab->zoom_size : n->size };
		return;
	}
	walk(w, n->child[0], top, left);
	if (n->vertical)
		walk(w, n->child[1], top + n->child[0]->size.rows + 1, left);
	else
		walk(w, n->child[1], top, left + n->child[0]->size.cols + 1);
}

struct tree_leaf *tree_leaves(const struct tab *tab, size_t *ret_n)
{
	struct walk w = { .tab = tab };

	walk(&w, tab->root, 0, 0);
	*ret_n = w.n;
	return w.v;
}

/* Length that two intervals share. */
static uint32_t overlap(uint32_t a, uint32_t alen, uint32_t b, uint32_t blen)
{
	uint32_t lo = MAX(a, b), hi = MIN(a + alen, b + blen);

	return hi > lo ? hi - lo : 0;
}

uint64_t tree_neighbour(const struct tab *tab, uint64_t pane, enum tree_direction dir)
{
	struct tab plain = *tab;           /* neighbours as if nothing were zoomed */
	size_t n, self = 0;
	uint64_t best = TREE_NONE;
	uint32_t best_shared = 0;
	uint64_t best_used = 0;

	plain.zoomed = TREE_NONE;
	struct tree_leaf *v = tree_leaves(&plain, &n);
	while (self < n && v[self].pane != pane)
		self++;
	if (self == n) {
		free(v);
		return TREE_NONE;
	}
	const struct tree_leaf *me = &v[self];
	for (size_t i = 0; i < n && dir <= TREE_RIGHT; i++) {
		const struct tree_leaf *o = &v[i];
		bool touches = dir == TREE_UP ? o->top + o->size.rows + 1 == me->top :
		    dir == TREE_DOWN ? me->top + me->size.rows + 1 == o->top :
		    dir == TREE_LEFT ? o->left + o->size.cols + 1 == me->left :
		    me->left + me->size.cols + 1 == o->left;
		uint32_t shared = dir == TREE_UP || dir == TREE_DOWN ?
		    overlap(o->left, o->size.cols, me->left, me->size.cols) :
		    overlap(o->top, o->size.rows, me->top, me->size.rows);
		if (touches && shared > 0 && (best == TREE_NONE || o->used > best_used ||
		    (o->used == best_used && shared > best_shared))) {
			best_shared = shared;
			best_used = o->used;
			best = o->pane;
		}
	}
	if (dir == TREE_NEXT)
		best = v[(self + 1) % n].pane;
	else if (dir == TREE_PREV)
		best = v[(self + n - 1) % n].pane;
	free(v);
	return best;
}
