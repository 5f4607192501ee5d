/* A PDU as one line of JSON, for people who debug: ident, name and serial, then
 * the fields under their wire names. Enums print as the variant's name, bytes as
 * hex, colours as [r,g,b,a]; a field that its variant or codec lacks is absent. */
#include "wire/prim.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <math.h>

struct printer {
	struct wire_buf *out;
	unsigned codec, depth;
};

static void put(struct printer *p, const char *text)
{
	wire_out_raw(p->out, text, strlen(text));
}

static void put_hex(struct printer *p, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	put(p, "\"");
	for (size_t i = 0; i < len; i++) {
		wire_out_u8(p->out, (uint8_t)digits[data[i] >> 4]);
		wire_out_u8(p->out, (uint8_t)digits[data[i] & 15]);
	}
	put(p, "\"");
}

/* Bytes over 0x7f stay: PDU text is UTF-8. DEL and C0 are escaped, so that the
 * output can go to a terminal. */
static void put_string(struct printer *p, const char *s, size_t len)
{
	put(p, "\"");
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];
		char escaped[8] = { '\\', (char)c };
		if (c < 0x20 || c == 0x7f)
			snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			put(p, escaped);
		else
			wire_out_u8(p->out, c);
	}
	put(p, "\"");
}

static void put_unsigned(struct printer *p, uint64_t v)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRIu64, v);
	put(p, text);
}

static void put_signed(struct printer *p, int64_t v)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, v);
	put(p, text);
}

/* JSON has no NaN and knows one decimal point, whatever the locale says. */
static void put_float(struct printer *p, float v)
{
	char text[48] = "null";
	if (isfinite(v))
		snprintf(text, sizeof(text), "%.9g", (double)v);
	for (char *c = text; *c; c++)
		if (*c == ',')
			*c = '.';
	put(p, text);
}

static void put_rgba(struct printer *p, const struct wire_rgba *c)
{
	const float parts[] = { c->r, c->g, c->b, c->a };
	for (size_t i = 0; i < 4; i++) {
		put(p, i ? "," : "[");
		put_float(p, parts[i]);
	}
	put(p, "]");
}

static void put_enum(struct printer *p, const struct wire_field *f, uint64_t v)
{
	if (v < f->values->n)
		put_string(p, f->values->names[v], strlen(f->values->names[v]));
	else
		put_unsigned(p, v);
}

static void put_struct(struct printer *p, const struct wire_type *type, const uint8_t *base);

static void put_value(struct printer *p, const struct wire_field *f, const void *v)
{
	const struct wire_str *s = v;
	switch ((enum wire_kind)f->kind) {
	case WIRE_K_U8:
	case WIRE_K_NZ_U8:
		put_unsigned(p, *(const uint8_t *)v);
		break;
	case WIRE_K_U16:
		put_unsigned(p, *(const uint16_t *)v);
		break;
	case WIRE_K_U32:
	case WIRE_K_RAW_U32:
	case WIRE_K_CHAR:
	case WIRE_K_LINE_LEN:
		put_unsigned(p, *(const uint32_t *)v);
		break;
	case WIRE_K_U64:
		put_unsigned(p, *(const uint64_t *)v);
		break;
	case WIRE_K_I32:
		put_signed(p, *(const int32_t *)v);
		break;
	case WIRE_K_I64:
		put_signed(p, *(const int64_t *)v);
		break;
	case WIRE_K_BOOL:
	case WIRE_K_FROM_WINDOWS:
		put(p, *(const bool *)v ? "true" : "false");
		break;
	case WIRE_K_COORD:
		put_float(p, *(const float *)v);
		break;
	case WIRE_K_RGBA:
		put_rgba(p, v);
		break;
	case WIRE_K_STR:
		put_string(p, s->s, s->len);
		break;
	case WIRE_K_OS_STR:
		if (wire_utf8_valid((const uint8_t *)s->s, s->len)) {
			put_string(p, s->s, s->len);
			break;
		}
		/* fall through */
	case WIRE_K_BYTES:
		put_hex(p, (const uint8_t *)s->s, s->len);
		break;
	case WIRE_K_HASH:
		put_hex(p, v, sizeof(struct wire_hash));
		break;
	case WIRE_K_ENUM8:
		put_enum(p, f, *(const uint8_t *)v);
		break;
	case WIRE_K_ENUM32:
		put_enum(p, f, *(const uint32_t *)v);
		break;
	case WIRE_K_NONE:
		put(p, "[]");
		break;
	case WIRE_K_STRUCT:
		put(p, "{");
		put_struct(p, f->type, v);
		put(p, "}");
		break;
	}
}

static void put_vec(struct printer *p, const struct wire_field *f, const uint8_t *base)
{
	const uint8_t *elements = *(const uint8_t *const *)(const void *)(base + f->at);
	size_t count = *(const size_t *)(const void *)(base + f->aux), size = wire_kind_size(f);
	put(p, "[");
	for (size_t i = 0; i < count; i++) {
		put(p, i ? "," : "");
		put_value(p, f, elements + i * size);
	}
	put(p, "]");
}

static void put_field(struct printer *p, const struct wire_field *f, const uint8_t *base)
{
	const uint8_t *boxed;
	switch ((enum wire_shape)f->shape) {
	case WIRE_ONE:
		put_value(p, f, base + f->at);
		break;
	case WIRE_OPT:
		if (*(const bool *)(base + f->aux))
			put_value(p, f, base + f->at);
		else
			put(p, "null");
		break;
	case WIRE_VEC:
		put_vec(p, f, base);
		break;
	case WIRE_BOX:
	case WIRE_OPT_BOX:
		boxed = *(const uint8_t *const *)(const void *)(base + f->at);
		if (boxed == NULL || p->depth == WIRE_DEPTH_MAX) {
			put(p, "null");
			break;
		}
		p->depth++;
		put_value(p, f, boxed);
		p->depth--;
		break;
	}
}

/* The members without the braces, so that a body's stand beside ident and name. */
static void put_struct(struct printer *p, const struct wire_type *type, const uint8_t *base)
{
	uint64_t tag = 0;
	bool first = true;
	for (size_t i = 0; i < type->n; i++) {
		const struct wire_field *f = &type->fields[i];
		if (!wire_field_present(f, p->codec, tag))
			continue;
		put(p, first ? "" : ",");
		first = false;
		put_string(p, f->name, strlen(f->name));
		put(p, ":");
		put_field(p, f, base);
		if (f->tag)
			tag = wire_field_tag(f, base);
	}
}

void wire_print_json(const struct wire_pdu *pdu, unsigned codec, struct wire_buf *out)
{
	struct printer p = { .out = out, .codec = codec };
	const struct wire_pdu_type *type = wire_pdu_type(pdu->ident);
	put(&p, "{\"ident\":");
	put_unsigned(&p, pdu->ident);
	put(&p, ",\"name\":");
	if (type)
		put_string(&p, type->name, strlen(type->name));
	else
		put(&p, "null");
	put(&p, ",\"serial\":");
	put_unsigned(&p, pdu->serial);
	if (type && type->type) {
		put(&p, ",");
		put_struct(&p, type->type, (const uint8_t *)&pdu->body);
	}
	put(&p, "}");
}
