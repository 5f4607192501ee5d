/* Structs to body bytes: the same walk over the schema as decode.c. What a peer
 * would refuse (and end the connection for) is refused here: an enum out of
 * range, text that is not UTF-8, a missing box, a variant that the codec lacks. */
#include "wire/prim.h"
#include "wire/schema.h"

#include <math.h>

struct enc {
	struct wire_buf *out;
	unsigned codec, depth;
};

static bool encode_fields(struct enc *e, const struct wire_type *type, const uint8_t *base);

static bool encode_bytes(struct enc *e, const struct wire_str *s)
{
	wire_out_uleb(e->out, s->len);
	wire_out_raw(e->out, s->s, s->len);
	return true;
}

static bool encode_enum(struct enc *e, const struct wire_field *f, uint64_t v)
{
	if (!wire_enum_has(f->values, v, e->codec))
		return false;
	wire_out_uleb(e->out, v);
	return true;
}

static bool encode_uleb(struct enc *e, uint64_t v, uint64_t most)
{
	wire_out_uleb(e->out, v);
	return v <= most;
}

static bool encode_value(struct enc *e, const struct wire_field *f, const void *v)
{
	const struct wire_rgba *c = v;
	const struct wire_str *s = v;
	switch ((enum wire_kind)f->kind) {
	case WIRE_K_U8:
	case WIRE_K_NZ_U8:
		wire_out_u8(e->out, *(const uint8_t *)v);
		return f->kind == WIRE_K_U8 || *(const uint8_t *)v != 0;
	case WIRE_K_BOOL:
		wire_out_u8(e->out, *(const bool *)v);
		return true;
	case WIRE_K_RAW_U32:
		wire_out_u8(e->out, (uint8_t)*(const uint32_t *)v);
		return *(const uint32_t *)v <= UINT8_MAX;
	case WIRE_K_U16:
		return encode_uleb(e, *(const uint16_t *)v, UINT16_MAX);
	case WIRE_K_U32:
		return encode_uleb(e, *(const uint32_t *)v, UINT32_MAX);
	case WIRE_K_U64:
		return encode_uleb(e, *(const uint64_t *)v, UINT64_MAX);
	case WIRE_K_CHAR:
		return encode_uleb(e, *(const uint32_t *)v, 0x10ffff) && wire_is_scalar(*(const uint32_t *)v);
	case WIRE_K_LINE_LEN:
		return encode_uleb(e, *(const uint32_t *)v, e->codec < 45 ? UINT16_MAX : UINT32_MAX);
	case WIRE_K_I32:
		wire_out_sleb(e->out, *(const int32_t *)v);
		return true;
	case WIRE_K_I64:
		wire_out_sleb(e->out, *(const int64_t *)v);
		return true;
	case WIRE_K_COORD:
		wire_out_f32(e->out, v);
		return !isnan(*(const float *)v);
	case WIRE_K_RGBA:
		wire_out_f32(e->out, &c->r);
		wire_out_f32(e->out, &c->g);
		wire_out_f32(e->out, &c->b);
		wire_out_f32(e->out, &c->a);
		return true;
	case WIRE_K_STR:
		return wire_utf8_valid((const uint8_t *)s->s, s->len) && encode_bytes(e, s);
	case WIRE_K_BYTES:
		return encode_bytes(e, s);
	case WIRE_K_OS_STR:
		wire_out_u8(e->out, 0); /* we are a Unix build, wherever the text came from */
		return encode_bytes(e, s);
	case WIRE_K_HASH:
		wire_out_raw(e->out, v, sizeof(struct wire_hash));
		return true;
	case WIRE_K_ENUM8:
		return encode_enum(e, f, *(const uint8_t *)v);
	case WIRE_K_ENUM32:
		return encode_enum(e, f, *(const uint32_t *)v);
	case WIRE_K_NONE:
		wire_out_uleb(e->out, 0);
		return true;
	case WIRE_K_FROM_WINDOWS:
		return true;
	case WIRE_K_STRUCT:
		return encode_fields(e, f->type, v);
	}
	return false;
}

static bool encode_vec(struct enc *e, const struct wire_field *f, const uint8_t *base)
{
	const uint8_t *elements = *(const uint8_t *const *)(const void *)(base + f->at);
	size_t count = *(const size_t *)(const void *)(base + f->aux), size = wire_kind_size(f);
	if (f->exact && count != f->exact)
		return false;
	wire_out_uleb(e->out, count);
	for (size_t i = 0; i < count; i++)
		if (!encode_value(e, f, elements + i * size))
			return false;
	return true;
}

static bool encode_box(struct enc *e, const struct wire_field *f, const uint8_t *boxed)
{
	if (boxed == NULL || e->depth == WIRE_DEPTH_MAX)
		return false;
	e->depth++;
	bool ok = encode_fields(e, f->type, boxed);
	e->depth--;
	return ok;
}

static bool encode_field(struct enc *e, const struct wire_field *f, const uint8_t *base)
{
	const uint8_t *boxed;
	switch ((enum wire_shape)f->shape) {
	case WIRE_ONE:
		return encode_value(e, f, base + f->at);
	case WIRE_OPT:
		wire_out_u8(e->out, *(const bool *)(base + f->aux));
		return !*(const bool *)(base + f->aux) || encode_value(e, f, base + f->at);
	case WIRE_VEC:
		return encode_vec(e, f, base);
	case WIRE_BOX:
	case WIRE_OPT_BOX:
		boxed = *(const uint8_t *const *)(const void *)(base + f->at);
		if (f->shape == WIRE_OPT_BOX)
			wire_out_u8(e->out, boxed != NULL);
		return (f->shape == WIRE_OPT_BOX && boxed == NULL) || encode_box(e, f, boxed);
	}
	return false;
}

static bool encode_fields(struct enc *e, const struct wire_type *type, const uint8_t *base)
{
	uint64_t tag = 0;
	for (size_t i = 0; i < type->n; i++) {
		const struct wire_field *f = &type->fields[i];
		if (!wire_field_present(f, e->codec, tag))
			continue;
		if (!encode_field(e, f, base))
			return false;
		if (f->tag)
			tag = wire_field_tag(f, base);
	}
	return true;
}

enum wire_status wire_encode_body(uint32_t ident, const union wire_body *body, unsigned codec,
    struct wire_buf *out)
{
	const struct wire_pdu_type *pdu = wire_pdu_type(ident);
	if (pdu == NULL)
		return WIRE_BAD_BODY;
	size_t start = out->len;
	struct enc e = { .out = out, .codec = codec };
	bool ok = pdu->type == NULL || encode_fields(&e, pdu->type, (const uint8_t *)body);
	if (!ok || out->len - start > WIRE_FRAME_MAX) {
		out->len = start;
		return WIRE_BAD_BODY;
	}
	return WIRE_OK;
}
