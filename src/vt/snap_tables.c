/* Styles, clusters and links in a snapshot. The tables are kept with their
 * numbers and the order in which free ones are given out, so that whatever comes
 * later gets the same numbers in both terminals. Hashes are made anew. */
#include "vt/internal.h"
#include "vt/snap_io.h"

/* The numbers that are given out; *ret_live says which, [0, n]. False after an error. */
static bool ids_fields(struct vt_snap *s, struct vt_ids *ids, uint8_t **ret_live, size_t least)
{
	uint32_t n = (uint32_t)vt_snap_count(s, ids->n, ids->max, 1);
	uint32_t nfreed = (uint32_t)vt_snap_number(s, ids->nfreed, 0, n);

	SNAP_NUMBER(s, ids->limit, ids->max);
	SNAP_NUMBER(s, ids->patience, UINT32_MAX);
	vt_snap_room(s, n - nfreed, least);
	uint8_t *live = vt_snap_alloc(s, (size_t)n + 1, 1);
	*ret_live = live;
	if (s->reading && s->error == VT_SNAPSHOT_OK && !vt_ids_reserve(ids, n))
		vt_snap_fail(s, VT_SNAPSHOT_MEMORY);
	if (s->error != VT_SNAPSHOT_OK)
		return false;
	memset(live, 1, (size_t)n + 1);
	live[0] = 0;
	for (uint32_t i = 0; i < nfreed; i++) {
		SNAP_RANGE(s, ids->freed[i], 1, n);
		if (s->error != VT_SNAPSHOT_OK)
			return false;
		vt_snap_require(s, live[ids->freed[i]]);
		live[ids->freed[i]] = 0;
	}
	if (s->reading) {
		ids->n = n;
		ids->nfreed = nfreed;
	}
	return s->error == VT_SNAPSHOT_OK;
}

static void link_fields(struct vt_snap *s, struct vt_link *link)
{
	vt_snap_string(s, (char **)(uintptr_t)&link->uri, VT_URI_BYTES_MAX, 0);
	vt_snap_string(s, (char **)(uintptr_t)&link->id, VT_LINK_ID_MAX, 0);
	if (s->reading && (!link->uri || !link->id)) {
		/* Half a link would be freed as none. */
		free((char *)(uintptr_t)link->uri);
		free((char *)(uintptr_t)link->id);
		*link = (struct vt_link){ NULL, NULL };
	}
}

void vt_snap_links(struct vt_snap *s, struct vt *vt)
{
	struct vt_links *t = &vt->links;
	cleanup_free uint8_t *live = NULL;

	if (!ids_fields(s, &t->ids, &live, 2))
		return;
	if (s->reading) {
		t->v = vt_snap_alloc(s, t->ids.cap, sizeof(*t->v));
		t->bytes = 0;
		if (!t->v)
			t->ids.n = 0;
	}
	for (uint32_t id = 1; id <= t->ids.n; id++) {
		struct vt_link *link = &t->v[id];

		if (!live[id])
			continue;
		link_fields(s, link);
		if (!s->reading || !link->uri)
			continue;
		t->bytes += __builtin_strlen(link->uri) + __builtin_strlen(link->id);
		vt_snap_require(s, link->uri[0]);
	}
	if (t->bytes > VT_LINK_BYTES_ALL_MAX)
		vt_snap_fail(s, VT_SNAPSHOT_LIMIT);
	if (s->reading && s->error == VT_SNAPSHOT_OK)
		vt_links_rehash(t, live);
}

void vt_snap_clusters(struct vt_snap *s, struct vt *vt)
{
	struct vt_clusters *t = &vt->clusters;
	cleanup_free uint8_t *live = NULL;

	if (!ids_fields(s, &t->ids, &live, 2))
		return;
	if (s->reading) {
		t->v = vt_snap_alloc(s, t->ids.cap, sizeof(*t->v));
		if (!t->v)
			t->ids.n = 0;
	}
	for (uint32_t id = 1; id <= t->ids.n; id++) {
		struct vt_cluster *c = &t->v[id];

		if (!live[id])
			continue;
		SNAP_RANGE(s, c->len, 1, VT_CLUSTER_BYTES_MAX);
		vt_snap_raw(s, c->s, c->len);
		if (s->reading)
			vt_snap_require(s, vt_is_clean(c->s, c->len));
	}
	if (s->reading && s->error == VT_SNAPSHOT_OK)
		vt_clusters_rehash(t, live);
}

/* The kind below the value: a palette index then takes one byte or two. */
static void color_fields(struct vt_snap *s, vt_color *color)
{
	uint32_t c = *color, v = VT_COLOR_VALUE(c) << 2 | VT_COLOR_KIND(c);

	SNAP_NUMBER(s, v, (1u << 26) - 1);
	if (!s->reading)
		return;
	c = v >> 2;
	switch (v & 3) {
	case 0:
		vt_snap_require(s, c == 0);
		*color = VT_COLOR_DEFAULT;
		break;
	case 1:
		vt_snap_require(s, c < 256);
		*color = VT_COLOR_PALETTE(c);
		break;
	case 2: *color = VT_COLOR_RGB(c >> 16, c >> 8 & 255, c & 255); break;
	default: vt_snap_fail(s, VT_SNAPSHOT_VALUE); break;
	}
}

bool vt_attrs_valid(uint32_t a)
{
	return (a & ~VT_ATTR_ALL) == 0 && (a & VT_ATTR_INTENSITY) <= VT_ATTR_HALF &&
	    (a & VT_ATTR_UNDERLINE) >> VT_ATTR_UNDERLINE_SHIFT <= 5 &&
	    (a & VT_ATTR_BLINK) >> VT_ATTR_BLINK_SHIFT <= 2 &&
	    (a & VT_ATTR_SEMANTIC) >> VT_ATTR_SEMANTIC_SHIFT <= 2 &&
	    (a & VT_ATTR_VALIGN) >> VT_ATTR_VALIGN_SHIFT <= 2;
}

void vt_snap_style(struct vt_snap *s, struct vt *vt, struct vt_style *style)
{
	struct vt_link link;

	SNAP_NUMBER(s, style->attrs, UINT32_MAX);
	vt_snap_require(s, vt_attrs_valid(style->attrs));
	color_fields(s, &style->fg);
	color_fields(s, &style->bg);
	color_fields(s, &style->underline);
	SNAP_NUMBER(s, style->link, VT_LINKS_MAX);
	SNAP_NUMBER(s, style->image, 0);
	if (s->reading && style->link != 0)
		vt_snap_require(s, vt_link_get(vt, style->link, &link));
}

void vt_snap_styles(struct vt_snap *s, struct vt *vt)
{
	struct vt_styles *t = &vt->styles;

	if (s->reading)
		free(s->styles_live);
	s->styles_live = NULL;
	if (ids_fields(s, &t->ids, &s->styles_live, 6)) {
		if (s->reading) {
			struct vt_style *v = vt_snap_alloc(s, MAX(t->ids.cap, 1u), sizeof(*v));

			if (v) {
				free(t->v);
				t->v = v;
			} else {
				t->ids.n = 0;
			}
		}
		for (uint32_t id = 1; id <= t->ids.n; id++)
			if (s->styles_live[id])
				vt_snap_style(s, vt, &t->v[id]);
		if (s->reading && s->error == VT_SNAPSHOT_OK)
			vt_styles_rehash(t, s->styles_live);
	}
	if (!s->reading) {
		free(s->styles_live);
		s->styles_live = NULL;
	}
}

void vt_snap_style_number(struct vt_snap *s, struct vt *vt, uint16_t *number)
{
	SNAP_NUMBER(s, *number, UINT16_MAX);
	if (s->reading && *number != 0)
		vt_snap_require(s, s->styles_live && *number <= vt->styles.ids.n && s->styles_live[*number]);
	if (s->error != VT_SNAPSHOT_OK && s->reading)
		*number = 0;
}
