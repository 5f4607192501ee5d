/* intern.h - tables that give equal values one number. Private to src/vt.
 *
 * Numbers begin at 1 and stay while somebody uses them; a sweep frees those that
 * no cell, pen or scrollback block refers to. */
#ifndef LACE_VT_INTERN_H
#define LACE_VT_INTERN_H

#include "vt/vt.h"

#define VT_STYLES_MAX 65535u
#define VT_CLUSTERS_MAX (1u << 18)
#define VT_LINKS_MAX 65535u
#define VT_LINK_BYTES_ALL_MAX (16u << 20)

/* Numbers by hash; the values stand in arrays of the owner, indexed by number. */
struct vt_ids {
	uint32_t *slots;               /* numbers, open addressing; 0 = free */
	uint32_t *hash;                /* of each number */
	uint32_t *freed;
	uint32_t nslots, nfreed;
	uint32_t n;                    /* highest number ever given */
	uint32_t cap;                  /* the owner's array has room for numbers < cap */
	uint32_t limit, max;           /* sweep when limit are in use; never more than max */
	uint32_t patience;             /* refusals left before a sweep is tried again */
	uint32_t sweeps;               /* after one, numbers may stand for something else */
};

/* Member by member: styles have just been written that way, and a wider load than the
 * stores before it stalls. */
static inline bool vt_style_equal(const struct vt_style *a, const struct vt_style *b)
{
	return ((a->attrs ^ b->attrs) | (a->fg ^ b->fg) | (a->bg ^ b->bg) | (a->underline ^ b->underline) |
	    (a->link ^ b->link) | (a->image ^ b->image)) == 0;
}

struct vt_styles {
	struct vt_ids ids;
	struct vt_style *v;            /* v[0] is the default style */
};

struct vt_cluster {
	uint8_t len;
	char s[VT_CLUSTER_BYTES_MAX];
};
struct vt_clusters {
	struct vt_ids ids;
	struct vt_cluster *v;
};

struct vt_links {
	struct vt_ids ids;
	struct vt_link *v;
	size_t bytes;
};

/* For a table that is read from a snapshot. Room for numbers up to n: hash, freed
 * and slots are allocated; false when there is no memory. Once the owner's array
 * and `freed` are filled, the rehash makes the rest; live says which of [1, n] are
 * given out. */
bool vt_ids_reserve(struct vt_ids *ids, uint32_t n);
void vt_styles_rehash(struct vt_styles *t, const uint8_t *live);
void vt_clusters_rehash(struct vt_clusters *t, const uint8_t *live);
void vt_links_rehash(struct vt_links *t, const uint8_t *live);

#endif
