/* state.c - see state.h. */
#include "mux/state.h"

#include "base/mem.h"
#include "base/xxh64.h"

#define MAGIC_LEN 8
#define FORMAT 2                       /* since 2: held panes, folders; 1 is read too */
#define STATE_MAX ((size_t)4 << 30)
#define TEXT_MAX (1u << 20)
#define SUM 8

static const char magic[][MAGIC_LEN + 1] = { [STATE_HANDOVER] = "LACEmux\n", [STATE_SESSION] = "LACEses\n" };

/* ---- writing ----------------------------------------------------------------------- */

static void put(struct str *s, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		str_putc(s, (char)(v | 0x80));
	str_putc(s, (char)v);
}

static void put_bytes(struct str *s, const void *data, size_t len)
{
	put(s, len);
	str_add(s, data, len);
}

static void put_text(struct str *s, const char *text) { put_bytes(s, text, strlen(text)); }

static void put_node(struct str *s, const struct tree_node *n)
{
	bool leaf = n->child[0] == NULL;

	put(s, leaf ? 0 : n->vertical ? 2 : 1);
	put(s, n->size.rows);
	put(s, n->size.cols);
	if (leaf) {
		put(s, n->pane);
		put(s, n->used);
	} else {
		put_node(s, n->child[0]);
		put_node(s, n->child[1]);
	}
}

static void put_tab(struct str *s, const struct tab *t)
{
	put(s, t->id);
	put_text(s, t->title);
	put(s, t->cell_width);
	put(s, t->cell_height);
	put(s, t->dpi);
	put(s, t->active);
	put(s, t->uses);
	put(s, t->zoomed);
	put(s, t->zoom_size.rows);
	put(s, t->zoom_size.cols);
	put_node(s, t->root);
}

static void put_window(struct str *s, const struct window *w)
{
	put(s, w->id);
	put_text(s, w->title);
	put_text(s, w->workspace);
	put(s, w->active);
	put(s, w->n_tabs);
	for (size_t i = 0; i < w->n_tabs; i++)
		put_tab(s, w->tabs[i]);
}

/* A session goes on with other programs: of a pane it has what is seen, and where its program was. One whose screen cannot
 * be written is in it without. */
static int put_pane(struct str *s, const struct pane *p, enum state_kind kind, struct err *err)
{
	bool session = kind == STATE_SESSION;
	cleanup_free char *dir = session ? pane_cwd_dir(p) : NULL;
	enum vt_snapshot_error why;
	size_t len;

	while (vt_compact(p->vt))              /* a third of the size */
		;
	uint8_t *snapshot = vt_snapshot_bytes(p->vt, 0, &len, &why);

	if (snapshot == NULL && !session)
		return err_set(err, ERR_FAILED, "the screen of pane %llu cannot be written: %s", (unsigned long long)p->id,
		    vt_snapshot_error_text(why));
	put(s, p->id);
	put(s, session ? 0 : (uint64_t)p->fd);
	put(s, session ? 0 : (uint64_t)p->pid);
	put_text(s, session ? "" : p->tty);
	put(s, p->size.rows);
	put(s, p->size.cols);
	put(s, p->pixel_width);
	put(s, p->pixel_height);
	put(s, p->dpi);
	put_text(s, p->window_title);
	put_text(s, p->icon_title);
	put(s, p->held);
	put(s, (uint64_t)p->status);
	put_text(s, p->command);
	put_text(s, dir != NULL ? dir : "");
	put_bytes(s, p->in.s + p->in_at, session ? 0 : p->in.len - p->in_at);
	put(s, p->palette_version);
	put_bytes(s, p->palette, p->palette != NULL ? sizeof(*p->palette) : 0);
	put_bytes(s, snapshot, snapshot != NULL ? len : 0);
	free(snapshot);
	return 0;
}

int state_write(const struct mux *m, enum state_kind kind, struct str *s, struct err *err)
{
	str_puts(s, magic[kind]);
	put(s, FORMAT);
	put(s, (uint64_t)m->opts->listen_fd);
	put(s, m->next_pane);
	put(s, m->tree.next_window);
	put(s, m->tree.next_tab);
	put(s, m->tree.n_windows);
	for (size_t i = 0; i < m->tree.n_windows; i++)
		put_window(s, m->tree.windows[i]);
	put(s, m->n_panes);
	for (size_t i = 0; i < m->n_panes; i++)
		if (put_pane(s, m->panes[i], kind, err) != 0)
			return -1;
	put(s, kind == STATE_HANDOVER ? m->n_doomed : 0);
	for (size_t i = 0; kind == STATE_HANDOVER && i < m->n_doomed; i++)
		put(s, (uint64_t)m->doomed[i].pid);
	uint64_t sum = xxh64(s->s, s->len);
	for (unsigned i = 0; i < SUM; i++)
		str_putc(s, (char)(sum >> 8 * i));
	return s->len <= STATE_MAX ? 0 : err_set(err, ERR_FAILED, "the state is over %zu GiB", STATE_MAX >> 30);
}

/* ---- reading ------------------------------------------------------------------------- */

struct reader {
	const uint8_t *p, *end;
	uint64_t format;
	size_t leaves;                     /* so far */
	bool bad;
};

static uint64_t get(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t b = *r->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

static uint64_t get_max(struct reader *r, uint64_t max)
{
	uint64_t v = get(r);

	if (v <= max)
		return v;
	r->bad = true;
	return 0;
}

static const uint8_t *get_bytes(struct reader *r, size_t max, size_t *ret_len)
{
	const uint8_t *at;

	*ret_len = (size_t)get_max(r, MIN(max, (size_t)(r->end - r->p)));
	at = r->p;
	r->p += *ret_len;
	return at;
}

/* malloc()ed. */
static char *get_text(struct reader *r)
{
	size_t len;
	const uint8_t *s = get_bytes(r, TEXT_MAX, &len);

	return xmemdup0(s, len);
}

static struct tree_size get_size(struct reader *r)
{
	uint32_t rows = (uint32_t)get_max(r, TREE_CELLS_MAX);

	return (struct tree_size){ rows, (uint32_t)get_max(r, TREE_CELLS_MAX) };
}

static struct tree_node *get_node(struct reader *r, unsigned depth)
{
	uint64_t kind = get_max(r, depth > TREE_DEPTH_MAX + 1 ? 0 : 2);
	struct tree_node *n = xcalloc(1, sizeof(*n));

	n->size = get_size(r);
	n->vertical = kind == 2;
	r->bad |= n->size.rows == 0 || n->size.cols == 0;
	if (kind == 0 || r->bad) {
		r->bad |= ++r->leaves > MUX_PANES_MAX;
		n->pane = get(r);
		n->used = get(r);
		return n;
	}
	n->child[0] = get_node(r, depth + 1);
	n->child[1] = get_node(r, depth + 1);
	return n;
}

static struct tab *get_tab(struct reader *r)
{
	struct tab *t = xcalloc(1, sizeof(*t));

	t->id = get(r);
	t->title = get_text(r);
	t->cell_width = (uint32_t)get_max(r, UINT32_MAX);
	t->cell_height = (uint32_t)get_max(r, UINT32_MAX);
	t->dpi = (uint32_t)get_max(r, UINT32_MAX);
	t->active = get(r);
	t->uses = get(r);
	t->zoomed = get(r);
	t->zoom_size = get_size(r);
	t->root = get_node(r, 0);
	return t;
}

static void get_window(struct reader *r, struct tree *t)
{
	struct window *w = xcalloc(1, sizeof(*w));

	w->id = get(r);
	w->title = get_text(r);
	w->workspace = get_text(r);
	w->active = (size_t)get(r);
	size_t n = (size_t)get_max(r, MUX_PANES_MAX);
	w->tabs = xcalloc(n + 1, sizeof(*w->tabs));
	while (w->n_tabs < n && !r->bad)
		w->tabs[w->n_tabs++] = get_tab(r);
	r->bad |= w->n_tabs == 0 || w->active >= w->n_tabs || w->id >= t->next_window || tree_window(t, w->id) != NULL;
	for (size_t i = 0; i < w->n_tabs; i++) {
		r->bad |= w->tabs[i]->id >= t->next_tab || tree_tab(t, w->tabs[i]->id, NULL) != NULL;
		for (size_t k = 0; k < i; k++)
			r->bad |= w->tabs[k]->id == w->tabs[i]->id;
	}
	t->windows = xreallocarray(t->windows, t->n_windows + 1, sizeof(*t->windows));
	t->windows[t->n_windows++] = w;
}

static void get_pane(struct reader *r, struct state *st)
{
	struct pane_handed *h = &st->panes[st->n_panes++];
	size_t len;

	*h = (struct pane_handed){ .id = get(r) };
	h->fd = (int)get_max(r, INT32_MAX);
	h->pid = (pid_t)get_max(r, INT32_MAX);
	h->tty = get_text(r);
	h->size = get_size(r);
	h->pixel_width = (uint32_t)get_max(r, UINT32_MAX);
	h->pixel_height = (uint32_t)get_max(r, UINT32_MAX);
	h->dpi = (uint32_t)get_max(r, UINT32_MAX);
	h->window_title = get_text(r);
	h->icon_title = get_text(r);
	h->held = r->format >= 2 && get_max(r, 1) == 1;
	h->status = r->format >= 2 ? (int)get_max(r, UINT16_MAX) : 0;
	h->command = r->format >= 2 ? get_text(r) : xstrdup("");
	h->dir = r->format >= 2 ? get_text(r) : xstrdup("");
	h->in = (const char *)get_bytes(r, MUX_PTY_QUEUE_MAX, &h->in_len);
	h->palette_version = get(r);
	h->palette = get_bytes(r, sizeof(*((struct pane *)0)->palette), &h->palette_len);
	h->snapshot = get_bytes(r, STATE_MAX, &len);
	h->snapshot_len = len;
	/* Ids only grow, so a pane is found by halving. */
	r->bad |= st->n_panes > 1 && h[-1].id >= h->id;
	r->bad |= h->id >= st->next_pane || h->size.rows == 0 || h->size.cols == 0;
}

static bool has_pane(const struct state *st, uint64_t id)
{
	for (size_t i = 0; i < st->n_panes; i++)
		if (st->panes[i].id == id)
			return true;
	return false;
}

/* Each pane in one place, and no place without one. */
static bool all_panes_there(const struct state *st)
{
	cleanup_free uint64_t *seen = xcalloc(st->n_panes + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; i < st->tree.n_windows; i++) {
		for (size_t k = 0; k < st->tree.windows[i]->n_tabs; k++) {
			const struct tab *tab = st->tree.windows[i]->tabs[k];
			size_t leaves;
			struct tree_leaf *v = tree_leaves(tab, &leaves);
			bool active = false, zoomed = tab->zoomed == TREE_NONE, ok = n + leaves <= st->n_panes;

			for (size_t j = 0; ok && j < leaves; j++) {
				for (size_t l = 0; l < n; l++)
					ok &= seen[l] != v[j].pane;
				ok &= has_pane(st, v[j].pane);
				active |= v[j].pane == tab->active;
				zoomed |= v[j].pane == tab->zoomed;
				seen[n++] = v[j].pane;
			}
			free(v);
			if (!ok || !active || !zoomed)
				return false;
		}
	}
	return n == st->n_panes;
}

static bool read_all(struct reader *r, struct state *st)
{
	st->listen_fd = (int)get_max(r, INT32_MAX);
	st->next_pane = get(r);
	st->tree.next_window = get(r);
	st->tree.next_tab = get(r);
	size_t n = (size_t)get_max(r, MUX_PANES_MAX);
	for (size_t i = 0; i < n && !r->bad; i++)
		get_window(r, &st->tree);
	n = (size_t)get_max(r, MUX_PANES_MAX);
	st->panes = xcalloc(n + 1, sizeof(*st->panes));
	for (size_t i = 0; i < n && !r->bad; i++)
		get_pane(r, st);
	n = (size_t)get_max(r, STATE_DOOMED_MAX);
	for (size_t i = 0; i < n && !r->bad; i++) {
		st->doomed = xreallocarray(st->doomed, st->n_doomed + 1, sizeof(*st->doomed));
		st->doomed[st->n_doomed++] = (pid_t)get_max(r, INT32_MAX);
	}
	return !r->bad && r->p == r->end && all_panes_there(st);
}

int state_read(const void *bytes, size_t len, enum state_kind kind, unsigned flags, struct state *ret, struct err *err)
{
	const uint8_t *p = bytes;
	uint64_t sum = 0;

	*ret = (struct state){ 0 };
	if (len < MAGIC_LEN + SUM || len > STATE_MAX || memcmp(p, magic[kind], MAGIC_LEN) != 0)
		return err_set(err, ERR_FAILED, "it is none");
	struct reader r = { .p = p + MAGIC_LEN, .end = p + len - SUM };
	for (unsigned i = 0; i < SUM; i++)
		sum |= (uint64_t)r.end[i] << 8 * i;
	if (xxh64(p, len - SUM) != sum && (flags & STATE_ANY_CHECKSUM) == 0)
		return err_set(err, ERR_FAILED, "it is damaged (its checksum is wrong)");
	r.format = get(&r);
	if (r.bad || r.format < 1 || r.format > FORMAT)
		return err_set(err, ERR_FAILED, "this version does not know its format");
	if (read_all(&r, ret))
		return 0;
	state_fini(ret);
	return err_set(err, ERR_FAILED, "it is damaged");
}

void state_fini(struct state *st)
{
	for (size_t i = 0; i < st->n_panes; i++) {
		free(st->panes[i].tty);
		free(st->panes[i].window_title);
		free(st->panes[i].icon_title);
		free(st->panes[i].command);
		free(st->panes[i].dir);
	}
	free(st->panes);
	free(st->doomed);
	tree_fini(&st->tree);
	*st = (struct state){ 0 };
}

void state_give_tree(struct state *st, struct mux *m)
{
	m->next_pane = st->next_pane;
	m->tree = st->tree;
	st->tree = (struct tree){ 0 };
}
