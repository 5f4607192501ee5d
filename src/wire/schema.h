/* schema.h - the form of the table that describes every struct of pdu.h.
 *
 * Private to src/wire. decode.c, encode.c and json.c walk it; none of them knows
 * a PDU by name. A type is a list of fields in the order of the wire. A sum
 * type is a field marked `tag`, and after it fields whose `when` has the bits of
 * the variants that carry them; a tag rules the fields after it in its type. */
#ifndef LACE_WIRE_SCHEMA_H
#define LACE_WIRE_SCHEMA_H

#include "wire/wire.h"

enum wire_kind {
	WIRE_K_U8,           /* one raw byte; the other integers are LEB128 */
	WIRE_K_U16,
	WIRE_K_U32,
	WIRE_K_U64,
	WIRE_K_I32,
	WIRE_K_I64,
	WIRE_K_BOOL,
	WIRE_K_NZ_U8,        /* raw byte, not 0 */
	WIRE_K_RAW_U32,      /* one raw byte, held in a uint32_t */
	WIRE_K_CHAR,         /* uint32_t, a Unicode scalar value */
	WIRE_K_LINE_LEN,     /* uint32_t; a u16 on the wire before codec 45 */
	WIRE_K_COORD,        /* float, not NaN */
	WIRE_K_RGBA,
	WIRE_K_STR,          /* UTF-8 */
	WIRE_K_BYTES,
	WIRE_K_OS_STR,       /* a Unix or a Windows OsString (3.8) */
	WIRE_K_HASH,         /* 32 raw bytes */
	WIRE_K_ENUM8,        /* index below values->n, held in a uint8_t */
	WIRE_K_ENUM32,
	WIRE_K_NONE,         /* a vector that must be empty; not stored */
	WIRE_K_FROM_WINDOWS, /* nothing on the wire: the bool that tells which OsStrings came */
	WIRE_K_STRUCT,       /* fields of `type` */
};

enum wire_shape {
	WIRE_ONE,
	WIRE_OPT,            /* aux: offset of the bool has_x */
	WIRE_VEC,            /* pointer; aux: offset of its size_t count */
	WIRE_BOX,            /* pointer to one struct, counted against WIRE_DEPTH_MAX */
	WIRE_OPT_BOX,        /* the same or NULL */
};

struct wire_enum {
	const char *const *names;
	uint8_t n;
	uint8_t last_since;  /* the last variant exists from this codec on; 0 = always */
};

struct wire_type;
struct wire_field {
	const char *name;
	uint8_t kind, shape;
	uint8_t since;       /* codec that has the field; 0 = all */
	bool tag;
	bool not_windows;    /* Windows builds do not send it (3.8) */
	uint16_t at, aux;    /* offsets in the C struct */
	uint16_t exact;      /* count of a VEC; 0 = any */
	uint64_t when;       /* bits of the tag's variants; 0 = always */
	const struct wire_type *type;
	const struct wire_enum *values;
};

struct wire_type {
	uint16_t size;       /* of the C struct */
	uint16_t n;
	const struct wire_field *fields;
};

struct wire_pdu_type {
	const char *name;    /* NULL: no such ident */
	const struct wire_type *type; /* NULL: empty body */
	bool request;
};

const struct wire_pdu_type *wire_pdu_type(uint32_t ident); /* NULL when unknown */
size_t wire_kind_size(const struct wire_field *f);         /* of one C value */
/* Whether `value` is a variant that the codec has. */
bool wire_enum_has(const struct wire_enum *values, uint64_t value, unsigned codec);

/* Walks need the same three questions: is the field there, and what is its tag. */
static inline bool wire_field_present(const struct wire_field *f, unsigned codec, uint64_t tag)
{
	return codec >= f->since && (f->when == 0 || (tag < 64 && (f->when >> tag & 1)));
}

/* The value of a tag field of the struct at `base`. */
static inline uint64_t wire_field_tag(const struct wire_field *f, const uint8_t *base)
{
	return f->kind == WIRE_K_ENUM8 ? base[f->at] : *(const uint32_t *)(const void *)(base + f->at);
}

#endif
