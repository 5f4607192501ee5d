/* Styles, grapheme clusters and hyperlinks by number.
 *
 * Cells hold numbers; nobody counts references. When a table has filled up to
 * its limit, everything that can refer to it is walked and the rest is freed
 * (mark and sweep), and the limit becomes twice what is in use. A table that is
 * really full refuses: a style falls back to a coarser one, a cluster to its
 * first code point, a link to none. */
#include "vt/internal.h"

#define FIRST_LIMIT 1024u
/* A sweep that frees nothing must not be repeated at once: input decides how often we come here. */
#define PATIENCE 4096u

static uint32_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ull;
	return (uint32_t)(h >> 32);
}

static uint32_t hash_bytes(const void *data, size_t len, uint32_t seed)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ (uint64_t)len * 0x9e3779b97f4a7c15ull;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t v;

		memcpy(&v, p, 8);
		h = (h ^ v) * 0xff51afd7ed558ccdull;
		h ^= h >> 29;
	}
	if (len > 0) {
		uint64_t v = 0;

		memcpy(&v, p, len);
		h = (h ^ v) * 0xff51afd7ed558ccdull;
	}
	return mix(h);
}

/* ---- numbers by hash -------------------------------------------------------- */

static void ids_init(struct vt_ids *ids, uint32_t max)
{
	*ids = (struct vt_ids){ .limit = FIRST_LIMIT, .max = max, .nslots = 64 };
	ids->slots = xcalloc(ids->nslots, sizeof(*ids->slots));
}

static void ids_fini(struct vt_ids *ids)
{
	free(ids->slots);
	free(ids->hash);
	free(ids->freed);
}

/* Walks the numbers with this hash; *pos holds the place, 0 to start. Returns 0 at the end. */
static uint32_t ids_next(const struct vt_ids *ids, uint32_t hash, uint32_t *pos)
{
	for (;;) {
		uint32_t id = ids->slots[(hash + (*pos)++) & (ids->nslots - 1)];

		if (id == 0 || ids->hash[id] == hash)
			return id;
	}
}

static uint32_t ids_used(const struct vt_ids *ids)
{
	return ids->n - ids->nfreed;
}

static void ids_place(struct vt_ids *ids, uint32_t id)
{
	uint32_t at = ids->hash[id];

	while (ids->slots[at & (ids->nslots - 1)] != 0)
		at++;
	ids->slots[at & (ids->nslots - 1)] = id;
}

/* Should the owner sweep before it adds? */
static bool ids_want_sweep(struct vt_ids *ids)
{
	if (ids_used(ids) < ids->limit)
		return false;
	if (ids->patience > 0) {
		ids->patience--;
		return false;
	}
	return true;
}

/* A new number, or 0 when the table is full. The owner grows its array to ids->cap. */
static uint32_t ids_add(struct vt_ids *ids, uint32_t hash)
{
	uint32_t id;

	if (ids_used(ids) >= ids->max)
		return 0;
	if (ids->nfreed > 0) {
		id = ids->freed[--ids->nfreed];
	} else {
		id = ++ids->n;
		if (id >= ids->cap) {
			ids->cap = MAX(ids->cap * 2, 64u);
			ids->hash = xreallocarray(ids->hash, ids->cap, sizeof(*ids->hash));
			ids->freed = xreallocarray(ids->freed, ids->cap, sizeof(*ids->freed));
		}
	}
	ids->hash[id] = hash;
	if (ids_used(ids) * 2 > ids->nslots) {
		uint32_t *old = ids->slots, n = ids->nslots;

		ids->nslots = n * 2;
		ids->slots = xcalloc(ids->nslots, sizeof(*ids->slots));
		for (uint32_t i = 0; i < n; i++)
			if (old[i] != 0)
				ids_place(ids, old[i]);
		free(old);
	}
	ids_place(ids, id);
	return id;
}

/* Frees the numbers that are not marked; the owner drops their values. */
static void ids_sweep(struct vt_ids *ids, const uint8_t *mark)
{
	uint32_t before = ids_used(ids);

	memset(ids->slots, 0, ids->nslots * sizeof(*ids->slots));
	ids->nfreed = 0;
	ids->sweeps++;
	for (uint32_t id = ids->n; id > 0; id--) {
		if (mark[id])
			ids_place(ids, id);
		else
			ids->freed[ids->nfreed++] = id;
	}
	uint32_t used = ids_used(ids);
	ids->limit = MIN(MAX(used * 2, FIRST_LIMIT), ids->max);
	ids->patience = before - used < before / 16 ? PATIENCE : 0;
}

/* ---- who refers to what ------------------------------------------------------- */

typedef void (*mark_cells_fn)(uint8_t *mark, const struct vt_cell *cells, size_t n);

static void mark_styles(uint8_t *mark, const struct vt_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mark[cells[i].style] = 1;
}

static void mark_clusters(uint8_t *mark, const struct vt_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cells[i].text & VT_CELL_CLUSTER)
			mark[cells[i].text & ~VT_CELL_CLUSTER] = 1;
}

static void mark_all_cells(const struct vt *vt, uint8_t *mark, mark_cells_fn fn)
{
	const struct vt_grid *grids[] = { &vt->grids[0], &vt->grids[1], vt->pending_grid };

	for (size_t g = 0; g < ARRAY_LEN(grids); g++)
		for (unsigned y = 0; grids[g] && y < grids[g]->n; y++)
			fn(mark, grids[g]->rows[y].cells, grids[g]->rows[y].used);
	for (size_t i = 0; i < ARRAY_LEN(vt->scratch); i++)
		fn(mark, vt->scratch[i].cells, vt->scratch[i].n);
}

/* ---- styles ------------------------------------------------------------------- */

/* Member by member: the pen has just been written that way, and a wider load than
 * the stores before it stalls. */
static uint32_t style_hash(const struct vt_style *s)
{
	uint64_t a = (uint64_t)s->fg << 32 | s->attrs, b = (uint64_t)s->underline << 32 | s->bg;
	uint64_t c = (uint64_t)s->image << 32 | s->link;

	return mix(a * 0xff51afd7ed558ccdull ^ b * 0x9e3779b97f4a7c15ull ^ c * 0xc4ceb9fe1a85ec53ull);
}

static uint32_t style_find(const struct vt_styles *t, const struct vt_style *s, uint32_t hash)
{
	/* The value is compared at once: asking for the hash first costs one more load. */
	for (uint32_t at = hash;; at++) {
		uint32_t id = t->ids.slots[at & (t->ids.nslots - 1)];

		if (id == 0 || vt_style_equal(&t->v[id], s))
			return id;
	}
}

static void styles_sweep(struct vt *vt)
{
	struct vt_styles *t = &vt->styles;
	cleanup_free uint8_t *mark = xcalloc(VT_STYLES_MAX + 1, 1);

	mark_all_cells(vt, mark, mark_styles);
	mark[vt->pen_id] = 1;
	mark[vt->erase_id] = 1;
	ids_sweep(&t->ids, mark);
	vt_sb_forget_styles(&vt->sb);
}

static vt_color coarse(vt_color c)
{
	return VT_COLOR_KIND(c) == 2 ? c & 0xffe0e0e0u : c;
}

static uint16_t style_number(struct vt *vt, const struct vt_style *s)
{
	struct vt_styles *t = &vt->styles;
	uint32_t hash = style_hash(s), id = style_find(t, s, hash);

	if (id != 0)
		return (uint16_t)id;
	if (ids_want_sweep(&t->ids))
		styles_sweep(vt);
	uint32_t cap = t->ids.cap;
	id = ids_add(&t->ids, hash);
	if (id == 0)
		return 0;
	if (t->ids.cap != cap)
		t->v = xreallocarray(t->v, t->ids.cap, sizeof(*t->v));
	t->v[id] = *s;
	return (uint16_t)id;
}

uint16_t vt_style_id(struct vt *vt, const struct vt_style *style)
{
	static const struct vt_style none;

	if (vt_style_equal(style, &none))
		return 0;
	uint16_t id = style_number(vt, style);
	if (id == 0) {
		/* Full of styles that are all on the screen: keep what matters most. */
		struct vt_style s = *style;

		s.fg = coarse(s.fg);
		s.bg = coarse(s.bg);
		s.underline = VT_COLOR_DEFAULT;
		s.link = 0;
		id = style_number(vt, &s);
	}
	return id;
}

const struct vt_style *vt_style_get(const struct vt *vt, uint16_t style)
{
	return &vt->styles.v[style <= vt->styles.ids.n ? style : 0];
}

/* ---- clusters ------------------------------------------------------------------ */

static void clusters_sweep(struct vt *vt)
{
	struct vt_clusters *t = &vt->clusters;
	cleanup_free uint8_t *mark = xcalloc(t->ids.n + 1, 1);

	mark_all_cells(vt, mark, mark_clusters);
	ids_sweep(&t->ids, mark);
}

uint32_t vt_cluster_text(struct vt *vt, const char *s, size_t len)
{
	struct vt_clusters *t = &vt->clusters;
	uint32_t first, hash = hash_bytes(s, len, 0), id, pos = 0;

	/* Clusters of one code point are rare: they come from the scrollback alone. */
	if (len <= 4 && text_utf8_decode(s, len, &first) == len)
		return first;
	while ((id = ids_next(&t->ids, hash, &pos)) != 0)
		if (t->v[id].len == len && memcmp(t->v[id].s, s, len) == 0)
			return VT_CELL_CLUSTER | id;
	if (ids_want_sweep(&t->ids))
		clusters_sweep(vt);
	uint32_t cap = t->ids.cap;
	id = ids_add(&t->ids, hash);
	if (id == 0) {
		text_utf8_decode(s, len, &first);
		return first;
	}
	if (t->ids.cap != cap)
		t->v = xreallocarray(t->v, t->ids.cap, sizeof(*t->v));
	t->v[id].len = (uint8_t)len;
	memcpy(t->v[id].s, s, len);
	return VT_CELL_CLUSTER | id;
}

size_t vt_cell_text(const struct vt *vt, const struct vt_cell *cell, char ret[VT_CLUSTER_BYTES_MAX])
{
	if (cell->text & VT_CELL_CLUSTER) {
		const struct vt_cluster *c = &vt->clusters.v[cell->text & ~VT_CELL_CLUSTER];

		memcpy(ret, c->s, c->len);
		return c->len;
	}
	return text_utf8_encode(cell->text ? cell->text : ' ', ret);
}

/* ---- links ----------------------------------------------------------------------- */

static void links_mark_styles(uint8_t *mark, const struct vt_style *styles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		mark[styles[i].link] = 1;
}

static void link_free(struct vt_links *t, uint32_t id)
{
	if (!t->v[id].uri)
		return;
	t->bytes -= __builtin_strlen(t->v[id].uri) + __builtin_strlen(t->v[id].id);
	free((char *)t->v[id].uri);
	free((char *)t->v[id].id);
	t->v[id] = (struct vt_link){ NULL, NULL };
}

static void links_sweep(struct vt *vt)
{
	struct vt_links *t = &vt->links;
	cleanup_free uint8_t *mark = xcalloc(VT_LINKS_MAX + 1, 1);

	/* Styles that no cell uses any more must not keep their links. */
	styles_sweep(vt);
	for (uint32_t i = 0; i < vt->styles.ids.nslots; i++)
		mark[vt->styles.v[vt->styles.ids.slots[i]].link] = 1;
	for (size_t i = 0; i < vt->sb.n; i++) {
		const struct vt_sb_block *b = vt->sb.blocks[vt->sb.head + i];

		links_mark_styles(mark, b->styles, b->n_styles);
	}
	mark[vt->pen.link] = 1;
	mark[vt->grids[0].saved.pen.link] = 1;
	mark[vt->grids[1].saved.pen.link] = 1;
	for (uint32_t id = 1; id <= t->ids.n; id++)
		if (!mark[id])
			link_free(t, id);
	ids_sweep(&t->ids, mark);
}

static uint32_t link_hash(const char *uri, const char *id)
{
	return hash_bytes(uri, __builtin_strlen(uri), hash_bytes(id, __builtin_strlen(id), 0));
}

uint32_t vt_link_number(struct vt *vt, const char *uri, const char *id)
{
	struct vt_links *t = &vt->links;
	size_t uri_len = __builtin_strlen(uri), id_len = __builtin_strlen(id);
	uint32_t hash = link_hash(uri, id), n, pos = 0;

	while ((n = ids_next(&t->ids, hash, &pos)) != 0)
		if (__builtin_strcmp(t->v[n].uri, uri) == 0 && __builtin_strcmp(t->v[n].id, id) == 0)
			return n;
	bool heavy = t->bytes + uri_len + id_len > VT_LINK_BYTES_ALL_MAX;
	if (heavy && t->ids.limit > ids_used(&t->ids))
		t->ids.limit = ids_used(&t->ids);
	if (ids_want_sweep(&t->ids)) {
		links_sweep(vt);
		heavy = t->bytes + uri_len + id_len > VT_LINK_BYTES_ALL_MAX;
	}
	if (heavy)
		return 0;
	uint32_t cap = t->ids.cap;
	n = ids_add(&t->ids, hash);
	if (n == 0)
		return 0;
	if (t->ids.cap != cap)
		t->v = xreallocarray(t->v, t->ids.cap, sizeof(*t->v));
	t->v[n] = (struct vt_link){ .uri = xmemdup0(uri, uri_len), .id = xmemdup0(id, id_len) };
	t->bytes += uri_len + id_len;
	return n;
}

bool vt_link_get(const struct vt *vt, uint32_t link, struct vt_link *ret)
{
	if (link == 0 || link > vt->links.ids.n || !vt->links.v[link].uri)
		return false;
	*ret = vt->links.v[link];
	return true;
}

/* ---- tables from a snapshot ------------------------------------------------------ */

bool vt_ids_reserve(struct vt_ids *ids, uint32_t n)
{
	uint32_t cap = n > 0 ? 64 : 0, nslots = 64;

	while (cap <= n && cap > 0)
		cap *= 2;
	while (nslots < n * 2)
		nslots *= 2;
	uint32_t *slots = calloc(nslots, sizeof(*slots)), *hash = calloc(MAX(cap, 1u), sizeof(*hash)),
	    *freed = calloc(MAX(cap, 1u), sizeof(*freed));
	if (!slots || !hash || !freed) {
		free(slots);
		free(hash);
		free(freed);
		return false;
	}
	ids_fini(ids);
	ids->slots = slots;
	ids->hash = hash;
	ids->freed = freed;
	ids->nslots = nslots;
	ids->cap = cap;
	return true;
}

static void ids_rehash(struct vt_ids *ids, uint32_t id, uint32_t hash)
{
	ids->hash[id] = hash;
	ids_place(ids, id);
}

void vt_styles_rehash(struct vt_styles *t, const uint8_t *live)
{
	for (uint32_t id = 1; id <= t->ids.n; id++)
		if (live[id])
			ids_rehash(&t->ids, id, style_hash(&t->v[id]));
}

void vt_clusters_rehash(struct vt_clusters *t, const uint8_t *live)
{
	for (uint32_t id = 1; id <= t->ids.n; id++)
		if (live[id])
			ids_rehash(&t->ids, id, hash_bytes(t->v[id].s, t->v[id].len, 0));
}

void vt_links_rehash(struct vt_links *t, const uint8_t *live)
{
	for (uint32_t id = 1; id <= t->ids.n; id++)
		if (live[id])
			ids_rehash(&t->ids, id, link_hash(t->v[id].uri, t->v[id].id));
}

/* ------------------------------------------------------------------------------------- */

void vt_intern_init(struct vt *vt)
{
	ids_init(&vt->styles.ids, VT_STYLES_MAX);
	ids_init(&vt->clusters.ids, VT_CLUSTERS_MAX);
	ids_init(&vt->links.ids, VT_LINKS_MAX);
	vt->styles.v = xcalloc(1, sizeof(*vt->styles.v));
}

void vt_intern_fini(struct vt *vt)
{
	for (uint32_t id = 1; id <= vt->links.ids.n; id++)
		link_free(&vt->links, id);
	ids_fini(&vt->styles.ids);
	ids_fini(&vt->clusters.ids);
	ids_fini(&vt->links.ids);
	free(vt->styles.v);
	free(vt->clusters.v);
	free(vt->links.v);
}
