/* Body bytes to structs: one walk over the schema. Nothing is allocated because
 * a count says so: a vector starts small and doubles as its elements decode, and
 * a count that the rest of the body cannot hold is refused at once (no element
 * is shorter than a byte). */
#include "wire/arena.h"
#include "wire/prim.h"
#include "wire/schema.h"

#include "base/mem.h"

#include <math.h>

enum { VEC_START = 4096 }; /* bytes that a vector may take before its first element decoded */

struct dec {
	struct wire_in in;
	struct wire_arena *arena;
	unsigned codec, depth;
	enum { SENDER_UNKNOWN, SENDER_UNIX, SENDER_WINDOWS } sender; /* by the first OsString (3.8) */
	enum wire_status failure;
};

static bool decode_fields(struct dec *d, const struct wire_type *type, uint8_t *base);

static bool too_large(struct dec *d)
{
	d->failure = WIRE_TOO_LARGE;
	return false;
}

/* Cells are mostly single ASCII characters: those need no memory of their own. */
#define ONE4(n) { n }, { n + 1 }, { n + 2 }, { n + 3 }
#define ONE16(n) ONE4(n), ONE4(n + 4), ONE4(n + 8), ONE4(n + 12)
static const char ascii[128][2] = {
	ONE16(0), ONE16(16), ONE16(32), ONE16(48), ONE16(64), ONE16(80), ONE16(96), ONE16(112),
};

static bool decode_bytes(struct dec *d, bool utf8, struct wire_str *ret)
{
	uint64_t len;
	const uint8_t *s;
	if (!wire_in_uleb(&d->in, WIRE_FRAME_MAX, &len) || !wire_in_raw(&d->in, len, &s))
		return false;
	if (len == 1 && *s < 0x80) {
		*ret = (struct wire_str){ ascii[*s], 1 };
		return true;
	}
	if (utf8 && !wire_utf8_valid(s, len))
		return false;
	return wire_arena_text(d->arena, s, len, ret) || too_large(d);
}

static size_t utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* UTF-16 units as LEB128; a surrogate without its partner becomes U+FFFD. */
static bool decode_utf16(struct dec *d, struct wire_str *ret)
{
	uint64_t count;
	if (!wire_in_uleb(&d->in, wire_in_left(&d->in), &count))
		return false;
	char *out = wire_arena_grow(d->arena, NULL, 0, count * 3 + 1);
	if (out == NULL)
		return too_large(d);
	size_t len = 0;
	uint64_t high = 0; /* a high surrogate that waits for its partner */
	for (uint64_t i = 0; i < count; i++) {
		uint64_t unit;
		if (!wire_in_uleb(&d->in, UINT16_MAX, &unit))
			return false;
		if (high && unit >= 0xdc00 && unit <= 0xdfff) {
			uint64_t c = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
			len += utf8_put(out + len, (uint32_t)c);
			high = 0;
			continue;
		}
		if (high)
			len += utf8_put(out + len, 0xfffd);
		high = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
		if (!high)
			len += utf8_put(out + len, wire_is_scalar((uint32_t)unit) ? (uint32_t)unit : 0xfffd);
	}
	if (high)
		len += utf8_put(out + len, 0xfffd);
	*ret = (struct wire_str){ out, len };
	return true;
}

/* A builder comes from one machine, so its strings are all of one kind. */
static bool decode_os_str(struct dec *d, struct wire_str *ret)
{
	uint64_t variant;
	if (!wire_in_uleb(&d->in, 1, &variant))
		return false;
	if (d->sender == SENDER_UNKNOWN)
		d->sender = variant ? SENDER_WINDOWS : SENDER_UNIX;
	if (d->sender != (variant ? SENDER_WINDOWS : SENDER_UNIX))
		return false;
	return variant ? decode_utf16(d, ret) : decode_bytes(d, false, ret);
}

static bool decode_u8_below(struct dec *d, uint8_t least, uint8_t most, uint8_t *ret)
{
	return wire_in_u8(&d->in, ret) && *ret >= least && *ret <= most;
}

static bool decode_bool(struct dec *d, bool *ret)
{
	uint8_t v;
	if (!decode_u8_below(d, 0, 1, &v))
		return false;
	*ret = v;
	return true;
}

static bool decode_u32(struct dec *d, uint32_t most, uint32_t *ret)
{
	uint64_t v;
	if (!wire_in_uleb(&d->in, most, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool decode_u16(struct dec *d, uint16_t *ret)
{
	uint64_t v;
	if (!wire_in_uleb(&d->in, UINT16_MAX, &v))
		return false;
	*ret = (uint16_t)v;
	return true;
}

static bool decode_i32(struct dec *d, int32_t *ret)
{
	int64_t v;
	if (!wire_in_sleb(&d->in, INT32_MIN, INT32_MAX, &v))
		return false;
	*ret = (int32_t)v;
	return true;
}

static bool decode_enum(struct dec *d, const struct wire_field *f, void *ret)
{
	uint64_t v;
	if (!wire_in_uleb(&d->in, UINT8_MAX, &v) || !wire_enum_has(f->values, v, d->codec))
		return false;
	if (f->kind == WIRE_K_ENUM8)
		*(uint8_t *)ret = (uint8_t)v;
	else
		*(uint32_t *)ret = (uint32_t)v;
	return true;
}

static bool decode_raw_u32(struct dec *d, uint32_t *ret)
{
	uint8_t v;
	if (!wire_in_u8(&d->in, &v))
		return false;
	*ret = v;
	return true;
}

static bool decode_rgba(struct dec *d, struct wire_rgba *c)
{
	return wire_in_f32(&d->in, &c->r) && wire_in_f32(&d->in, &c->g) && wire_in_f32(&d->in, &c->b) &&
	    wire_in_f32(&d->in, &c->a);
}

static bool decode_hash(struct dec *d, uint8_t *ret)
{
	const uint8_t *raw;
	if (!wire_in_raw(&d->in, sizeof(struct wire_hash), &raw))
		return false;
	memcpy(ret, raw, sizeof(struct wire_hash));
	return true;
}

static bool decode_value(struct dec *d, const struct wire_field *f, void *v)
{
	uint64_t count;
	switch ((enum wire_kind)f->kind) {
	case WIRE_K_U8:
		return wire_in_u8(&d->in, v);
	case WIRE_K_U16:
		return decode_u16(d, v);
	case WIRE_K_U32:
		return decode_u32(d, UINT32_MAX, v);
	case WIRE_K_U64:
		return wire_in_uleb(&d->in, UINT64_MAX, v);
	case WIRE_K_I32:
		return decode_i32(d, v);
	case WIRE_K_I64:
		return wire_in_sleb(&d->in, INT64_MIN, INT64_MAX, v);
	case WIRE_K_BOOL:
		return decode_bool(d, v);
	case WIRE_K_NZ_U8:
		return decode_u8_below(d, 1, UINT8_MAX, v);
	case WIRE_K_RAW_U32:
		return decode_raw_u32(d, v);
	case WIRE_K_CHAR:
		return decode_u32(d, UINT32_MAX, v) && wire_is_scalar(*(uint32_t *)v);
	case WIRE_K_LINE_LEN:
		return decode_u32(d, d->codec < 45 ? UINT16_MAX : UINT32_MAX, v);
	case WIRE_K_COORD:
		return wire_in_f32(&d->in, v) && !isnan(*(float *)v);
	case WIRE_K_RGBA:
		return decode_rgba(d, v);
	case WIRE_K_STR:
		return decode_bytes(d, true, v);
	case WIRE_K_BYTES:
		return decode_bytes(d, false, v);
	case WIRE_K_OS_STR:
		return decode_os_str(d, v);
	case WIRE_K_HASH:
		return decode_hash(d, v);
	case WIRE_K_ENUM8:
	case WIRE_K_ENUM32:
		return decode_enum(d, f, v);
	case WIRE_K_NONE:
		return wire_in_uleb(&d->in, 0, &count);
	case WIRE_K_FROM_WINDOWS:
		*(bool *)v = d->sender == SENDER_WINDOWS;
		return true;
	case WIRE_K_STRUCT:
		return decode_fields(d, f->type, v);
	}
	return false;
}

static bool decode_vec(struct dec *d, const struct wire_field *f, uint8_t *base)
{
	uint64_t count;
	if (!wire_in_uleb(&d->in, wire_in_left(&d->in), &count) || (f->exact && count != f->exact))
		return false;
	size_t size = wire_kind_size(f), cap = 0;
	uint8_t *elements = NULL;
	for (uint64_t i = 0; i < count; i++) {
		if (i == cap) {
			size_t more = MIN(count, MAX(cap * 2, MAX(VEC_START / size, 1)));
			if (more > WIRE_ARENA_MAX / size)
				return too_large(d);
			elements = wire_arena_grow(d->arena, elements, cap * size, more * size);
			if (elements == NULL)
				return too_large(d);
			cap = more;
		}
		if (!decode_value(d, f, elements + i * size))
			return false;
	}
	*(void **)(void *)(base + f->at) = elements;
	*(size_t *)(void *)(base + f->aux) = count;
	return true;
}

static bool decode_box(struct dec *d, const struct wire_field *f, uint8_t *base)
{
	if (d->depth == WIRE_DEPTH_MAX)
		return too_large(d);
	void *boxed = wire_arena_alloc(d->arena, f->type->size);
	if (boxed == NULL)
		return too_large(d);
	d->depth++;
	bool ok = decode_fields(d, f->type, boxed);
	d->depth--;
	*(void **)(void *)(base + f->at) = boxed;
	return ok;
}

static bool decode_field(struct dec *d, const struct wire_field *f, uint8_t *base)
{
	bool has;
	switch ((enum wire_shape)f->shape) {
	case WIRE_ONE:
		return decode_value(d, f, base + f->at);
	case WIRE_OPT:
		return decode_bool(d, (bool *)(base + f->aux)) &&
		    (!*(bool *)(base + f->aux) || decode_value(d, f, base + f->at));
	case WIRE_VEC:
		return decode_vec(d, f, base);
	case WIRE_BOX:
		return decode_box(d, f, base);
	case WIRE_OPT_BOX:
		return decode_bool(d, &has) && (!has || decode_box(d, f, base));
	}
	return false;
}

static bool decode_fields(struct dec *d, const struct wire_type *type, uint8_t *base)
{
	uint64_t tag = 0;
	for (size_t i = 0; i < type->n; i++) {
		const struct wire_field *f = &type->fields[i];
		if (!wire_field_present(f, d->codec, tag) || (f->not_windows && d->sender == SENDER_WINDOWS))
			continue;
		if (!decode_field(d, f, base))
			return false;
		if (f->tag)
			tag = wire_field_tag(f, base);
	}
	return true;
}

enum wire_status wire_decode_body(uint32_t ident, const uint8_t *body, size_t len, unsigned codec,
    union wire_body *ret, size_t *used, struct wire_arena *arena)
{
	static const uint8_t nothing;
	memset(ret, 0, sizeof(*ret));
	const struct wire_pdu_type *pdu = wire_pdu_type(ident);
	if (pdu == NULL)
		return WIRE_UNKNOWN;
	if (len > WIRE_FRAME_MAX)
		return WIRE_TOO_LARGE;
	struct dec d = {
		.in = { len ? body : &nothing, len, 0 }, .arena = arena, .codec = codec,
		.failure = WIRE_BAD_BODY,
	};
	if (pdu->type && !decode_fields(&d, pdu->type, (uint8_t *)ret))
		return d.failure;
	if (used)
		*used = d.in.pos;
	return WIRE_OK;
}
