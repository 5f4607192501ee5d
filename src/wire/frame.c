/* Frames: len, serial, ident, body (part 1). Bit 63 of len says that the body is
 * compressed. len counts what follows it, so receivers find the body's size by
 * subtracting the sizes of serial and ident; that only works with minimal
 * LEB128, and anything else is refused. */
#include "wire/prim.h"
#include "wire/schema.h"
#include "wire/compress.h"

#define COMPRESSED (UINT64_C(1) << 63)
enum { COMPRESS_OVER = 32, HEADER_MAX = 3 * WIRE_LEB_MAX };

const char *wire_status_text(enum wire_status status)
{
	switch (status) {
	case WIRE_OK:
		return "ok";
	case WIRE_MORE:
		return "frame is not complete";
	case WIRE_BAD_FRAME:
		return "frame header is corrupt";
	case WIRE_TOO_LARGE:
		return "frame is over a size limit";
	case WIRE_BAD_BODY:
		return "body does not have the form of its type";
	case WIRE_BAD_ZSTD:
		return "compressed body is corrupt";
	case WIRE_UNKNOWN:
		return "unknown type";
	}
	return "unknown status";
}

/* A field of the head: when the data end inside it, more is to come. */
static enum wire_status read_field(struct wire_in *in, uint64_t *ret)
{
	const uint8_t *p = in->data + in->pos;
	size_t len = wire_in_left(in);

	if (wire_in_uleb_minimal(in, ret))
		return WIRE_OK;
	bool ends_inside = len < WIRE_LEB_MAX;
	for (size_t i = 0; i < len; i++)
		ends_inside = ends_inside && p[i] >= 0x80;
	return ends_inside ? WIRE_MORE : WIRE_BAD_FRAME;
}

/* The size of all that follows the first field. */
static enum wire_status read_size(struct wire_in *in, uint64_t *ret, bool *ret_compressed)
{
	enum wire_status status = read_field(in, ret);

	if (status != WIRE_OK)
		return status;
	*ret_compressed = *ret & COMPRESSED;
	*ret &= ~COMPRESSED;
	return *ret > (uint64_t)WIRE_FRAME_MAX + 2 * WIRE_LEB_MAX ? WIRE_TOO_LARGE : WIRE_OK;
}

enum wire_status wire_peek(const uint8_t *data, size_t len, uint64_t *ret_size, uint64_t *ret_serial)
{
	struct wire_in in = { data, len, 0 };
	bool compressed;
	enum wire_status status = read_size(&in, ret_size, &compressed);

	if (status != WIRE_OK)
		return status;
	*ret_size += in.pos;
	return read_field(&in, ret_serial);
}

static enum wire_status decode_compressed(uint32_t ident, const uint8_t *body, size_t len, unsigned codec,
    union wire_body *ret, struct wire_arena *arena)
{
	struct wire_buf plain = { 0 };
	enum wire_status status = wire_zstd_decode(body, len, &plain);
	if (status == WIRE_OK)
		status = wire_decode_body(ident, plain.data, plain.len, codec, ret, NULL, arena);
	wire_buf_fini(&plain);
	return status;
}

enum wire_status wire_decode(const uint8_t *data, size_t len, unsigned codec, size_t *taken,
    struct wire_pdu *ret, struct wire_arena *arena)
{
	struct wire_in in = { data, len, 0 };
	uint64_t size, serial, ident;
	bool compressed;
	enum wire_status status = read_size(&in, &size, &compressed);
	if (status != WIRE_OK)
		return status;
	if (size > wire_in_left(&in))
		return WIRE_MORE;
	in.len = in.pos + size;
	if (!wire_in_uleb_minimal(&in, &serial) || !wire_in_uleb_minimal(&in, &ident))
		return WIRE_BAD_FRAME;
	size_t body_len = wire_in_left(&in);
	if (body_len > WIRE_FRAME_MAX)
		return WIRE_TOO_LARGE;
	const uint8_t *body = in.data + in.pos;
	*taken = in.len;
	/* A larger number is as unknown as the largest that pdu->ident can hold. */
	memset(ret, 0, sizeof(*ret));
	ret->ident = ident < UINT32_MAX ? (uint32_t)ident : UINT32_MAX;
	ret->serial = serial;
	if (wire_pdu_type(ret->ident) == NULL)
		return WIRE_UNKNOWN;
	return compressed ? decode_compressed(ret->ident, body, body_len, codec, &ret->body, arena)
	                  : wire_decode_body(ret->ident, body, body_len, codec, &ret->body, NULL, arena);
}

/* The body is written behind room for the longest header, then moved up to it. */
enum wire_status wire_encode(const struct wire_pdu *pdu, unsigned codec, enum wire_compress how,
    struct wire_buf *out)
{
	size_t start = out->len, body = start + HEADER_MAX;
	wire_buf_reserve(out, HEADER_MAX);
	out->len = body;
	enum wire_status status = wire_encode_body(pdu->ident, &pdu->body, codec, out);
	if (status != WIRE_OK) {
		out->len = start;
		return status;
	}
	size_t body_len = out->len - body;
	uint64_t flag = 0;
	if (how == WIRE_COMPRESS_AUTO && body_len > COMPRESS_OVER) {
		struct wire_buf packed = { 0 };
		if (wire_zstd_encode(out->data + body, body_len, &packed)) {
			flag = COMPRESSED;
			body_len = packed.len;
			memcpy(out->data + body, packed.data, packed.len);
		}
		wire_buf_fini(&packed);
	}
	uint8_t ids[2 * WIRE_LEB_MAX];
	size_t ids_len = wire_uleb_write(ids, pdu->serial);
	ids_len += wire_uleb_write(ids + ids_len, pdu->ident);
	out->len = start;
	wire_out_uleb(out, flag | (ids_len + body_len));
	wire_out_raw(out, ids, ids_len);
	memmove(out->data + out->len, out->data + body, body_len);
	out->len += body_len;
	return WIRE_OK;
}
