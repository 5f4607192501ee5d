/* The bytes of a snapshot. While writing, a section's payload is gathered until
 * its length is known; while reading, [p, end) is what is left of it. */
#include "vt/snap_io.h"

#include "vt/internal.h"

#define VARINT_MAX 10

size_t vt_snap_varint(uint8_t ret[VARINT_MAX], uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		ret[n++] = (uint8_t)(v | 0x80);
	ret[n++] = (uint8_t)v;
	return n;
}

/* ---- writing ------------------------------------------------------------------ */

static void put(struct vt_snap *s, const void *bytes, size_t len)
{
	if (s->error != VT_SNAPSHOT_OK || len == 0)
		return;
	if (len > s->cap - s->len) {
		size_t cap = MAX(MAX(s->cap * 2, s->len + len), (size_t)4096);
		uint8_t *more = realloc(s->payload, cap);

		if (!more) {
			vt_snap_fail(s, VT_SNAPSHOT_MEMORY);
			return;
		}
		s->payload = more;
		s->cap = cap;
	}
	memcpy(s->payload + s->len, bytes, len);
	s->len += len;
}

void vt_snap_out(struct vt_snap *s, const void *bytes, size_t len)
{
	if (s->error != VT_SNAPSHOT_OK || len == 0)
		return;
	xxh64_add(&s->sum, bytes, len);
	if (!s->fn(s->user, bytes, len))
		vt_snap_fail(s, VT_SNAPSHOT_OUTPUT);
}

void vt_snap_section(struct vt_snap *s, unsigned type, bool required)
{
	uint8_t head[3 * VARINT_MAX];
	size_t n = vt_snap_varint(head, type << 1 | required);

	n += vt_snap_varint(head + n, s->version);
	n += vt_snap_varint(head + n, s->len);
	vt_snap_out(s, head, n);
	vt_snap_out(s, s->payload, s->len);
	s->len = 0;
}

/* ---- both ways ------------------------------------------------------------------ */

static uint64_t get_varint(struct vt_snap *s)
{
	uint64_t v = 0;

	for (unsigned shift = 0; s->p < s->end; shift += 7) {
		uint8_t b = *s->p++;

		/* The tenth byte has room for one bit. */
		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
		if (shift == 63)
			break;
	}
	vt_snap_fail(s, s->p == s->end ? VT_SNAPSHOT_TRUNCATED : VT_SNAPSHOT_VALUE);
	return 0;
}

uint64_t vt_snap_number(struct vt_snap *s, uint64_t v, uint64_t min, uint64_t max)
{
	if (s->error != VT_SNAPSHOT_OK)
		return 0;
	if (s->reading)
		v = get_varint(s);
	if (v < min || v > max) {
		vt_snap_fail(s, VT_SNAPSHOT_VALUE);
		return 0;
	}
	if (!s->reading) {
		uint8_t bytes[VARINT_MAX];

		put(s, bytes, vt_snap_varint(bytes, v));
	}
	return v;
}

void vt_snap_room(struct vt_snap *s, uint64_t n, size_t least)
{
	if (s->reading && n > (size_t)(s->end - s->p) / least)
		vt_snap_fail(s, VT_SNAPSHOT_TRUNCATED);
}

uint64_t vt_snap_count(struct vt_snap *s, uint64_t n, uint64_t max, size_t least)
{
	n = vt_snap_number(s, n, 0, UINT64_MAX);
	if (n > max)
		vt_snap_fail(s, VT_SNAPSHOT_LIMIT);
	vt_snap_room(s, n, least);
	return s->error == VT_SNAPSHOT_OK ? n : 0;
}

void vt_snap_raw(struct vt_snap *s, void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (!s->reading) {
		put(s, bytes, len);
		return;
	}
	if (s->error == VT_SNAPSHOT_OK && len > (size_t)(s->end - s->p))
		vt_snap_fail(s, VT_SNAPSHOT_TRUNCATED);
	if (s->error != VT_SNAPSHOT_OK) {
		memset(bytes, 0, len);
		return;
	}
	memcpy(bytes, s->p, len);
	s->p += len;
}

void vt_snap_bytes(struct vt_snap *s, uint8_t **bytes, size_t len)
{
	if (s->reading) {
		*bytes = NULL;
		if (s->error == VT_SNAPSHOT_OK && len > (size_t)(s->end - s->p))
			vt_snap_fail(s, VT_SNAPSHOT_TRUNCATED);
		*bytes = vt_snap_alloc(s, len, 1);
		if (!*bytes)
			return;
	}
	vt_snap_raw(s, *bytes, len);
}

void vt_snap_string(struct vt_snap *s, char **string, size_t max, unsigned flags)
{
	bool none = !*string;

	if (flags & VT_SNAP_NULL)
		SNAP_BOOL(s, none);
	if (none && (flags & VT_SNAP_NULL)) {
		if (s->reading)
			vt_string_set(string, NULL);
		return;
	}
	size_t len = vt_snap_count(s, s->reading ? 0 : __builtin_strlen(*string), max, 1);
	if (!s->reading) {
		put(s, *string, len);
		return;
	}
	char *copy = vt_snap_alloc(s, len + 1, 1);
	if (!copy)
		return;
	vt_snap_raw(s, copy, len);
	if (memchr(copy, 0, len) || (!(flags & VT_SNAP_ANY_TEXT) && !vt_is_clean(copy, len)))
		vt_snap_fail(s, VT_SNAPSHOT_VALUE);
	vt_string_set(string, copy);
}

void *vt_snap_alloc(struct vt_snap *s, size_t n, size_t size)
{
	if (s->error != VT_SNAPSHOT_OK)
		return NULL;
	void *p = calloc(MAX(n, (size_t)1), size);
	if (!p)
		vt_snap_fail(s, VT_SNAPSHOT_MEMORY);
	return p;
}
