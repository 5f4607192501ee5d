/* snap_io.h - numbers, strings and sections of a snapshot, both ways. Private to src/vt.
 *
 * One function describes the fields of a struct for writing and for reading: it
 * calls what stands below for each, in order. While reading, the field is set;
 * while writing it is not touched. The first error stays; after it everything
 * read is 0 and empty, so that loops end by themselves. Limits hold in both
 * directions: what could not be read is not written either. */
#ifndef LACE_VT_SNAP_IO_H
#define LACE_VT_SNAP_IO_H

#include "base/xxh64.h"
#include "vt/snapshot.h"

struct vt_spans;

struct vt_snap {
	bool reading;
	enum vt_snapshot_error error;
	unsigned version;              /* of the section at hand, as written */
	uint32_t index;                /* which of the sections of this type it is, from 0 */
	/* reading: what is left of the section */
	const uint8_t *p, *end;
	const struct vt_config *config;
	uint8_t *styles_live;          /* by number; once the styles have been read */
	uint32_t blocks, images;       /* sections that have been announced */
	/* writing: the payload so far */
	uint8_t *payload;
	size_t len, cap;
	vt_snapshot_fn fn;
	void *user;
	struct xxh64 sum;
};

static inline void vt_snap_fail(struct vt_snap *s, enum vt_snapshot_error error)
{
	if (s->error == VT_SNAPSHOT_OK)
		s->error = error;
}
/* While reading: what the engine relies on. */
static inline void vt_snap_require(struct vt_snap *s, bool holds)
{
	if (!holds)
		vt_snap_fail(s, VT_SNAPSHOT_VALUE);
}

/* Writes v, or reads a number; 0 after an error. */
uint64_t vt_snap_number(struct vt_snap *s, uint64_t v, uint64_t min, uint64_t max);
/* Any unsigned member, bool and enum included. */
#define SNAP_RANGE(s, member, min, max) \
	do { \
		uint64_t snap_v = vt_snap_number(s, (uint64_t)(member), min, max); \
		if ((s)->reading) \
			(member) = (__typeof__(member))snap_v; \
	} while (0)
#define SNAP_NUMBER(s, member, max) SNAP_RANGE(s, member, 0, max)
/* A signed one of at most 32 bits. */
#define SNAP_SIGNED(s, member) \
	do { \
		int64_t snap_i = (member); \
		uint64_t snap_u = vt_snap_number(s, snap_i < 0 ? (uint64_t)~snap_i << 1 | 1 : (uint64_t)snap_i << 1, 0, \
		    UINT32_MAX); \
		if ((s)->reading) \
			(member) = (__typeof__(member))((int64_t)(snap_u >> 1) ^ -(int64_t)(snap_u & 1)); \
	} while (0)
#define SNAP_BOOL(s, member) SNAP_RANGE(s, member, 0, 1)

/* A count of things that take at least `least` bytes each: 0 and an error when the
 * section cannot hold them. */
uint64_t vt_snap_count(struct vt_snap *s, uint64_t n, uint64_t max, size_t least);
/* The same for a count that is known already. */
void vt_snap_room(struct vt_snap *s, uint64_t n, size_t least);
/* len bytes as they are. */
void vt_snap_raw(struct vt_snap *s, void *bytes, size_t len);
/* len bytes in malloc()ed memory of its own; NULL after an error. */
void vt_snap_bytes(struct vt_snap *s, uint8_t **bytes, size_t len);
/* A malloc()ed string of at most max bytes; what was there before is freed. */
#define VT_SNAP_ANY_TEXT 1u    /* not only valid UTF-8 without control characters */
#define VT_SNAP_NULL 2u        /* NULL is something else than "" */
void vt_snap_string(struct vt_snap *s, char **string, size_t max, unsigned flags);
/* malloc()ed zeros for n things; NULL and an error when there is no memory. */
void *vt_snap_alloc(struct vt_snap *s, size_t n, size_t size);

/* Writing: ends a section. */
void vt_snap_section(struct vt_snap *s, unsigned type, bool required);
void vt_snap_out(struct vt_snap *s, const void *bytes, size_t len);
size_t vt_snap_varint(uint8_t ret[10], uint64_t v);

/* ---- the parts, each described in one place ---- */

void vt_snap_links(struct vt_snap *s, struct vt *vt);
void vt_snap_clusters(struct vt_snap *s, struct vt *vt);
void vt_snap_styles(struct vt_snap *s, struct vt *vt);
/* Every field of a style's attributes holds one of its values. */
bool vt_attrs_valid(uint32_t attrs);
void vt_snap_style(struct vt_snap *s, struct vt *vt, struct vt_style *style);
void vt_snap_style_number(struct vt_snap *s, struct vt *vt, uint16_t *number);

void vt_snap_texts(struct vt_snap *s, struct vt *vt);
void vt_snap_palette(struct vt_snap *s, struct vt *vt);
void vt_snap_osc(struct vt_snap *s, struct vt *vt);
void vt_snap_file(struct vt_snap *s, struct vt *vt);

void vt_snap_image_store(struct vt_snap *s, struct vt *vt);
uint32_t vt_snap_image_count(const struct vt_snap *s, const struct vt *vt);
void vt_snap_image(struct vt_snap *s, struct vt *vt);
void vt_snap_placements(struct vt_snap *s, struct vt *vt);
void vt_snap_spans(struct vt_snap *s, struct vt *vt, struct vt_spans **spans);
void vt_snap_kept_spans(struct vt_snap *s, struct vt *vt);
void vt_snap_graphics(struct vt_snap *s, struct vt *vt);

void vt_snap_sixel(struct vt_snap *s, struct vt *vt);
void vt_snap_sixel_under_way(struct vt_snap *s, struct vt *vt);

void vt_snap_screen_primary(struct vt_snap *s, struct vt *vt);
void vt_snap_screen_alternate(struct vt_snap *s, struct vt *vt);
void vt_snap_scrollback(struct vt_snap *s, struct vt *vt);
uint32_t vt_snap_blocks(const struct vt_snap *s, const struct vt *vt);
void vt_snap_block(struct vt_snap *s, struct vt *vt);

#endif
