/* Strings: OSC, DCS, APC, PM and SOS, from their head to their end.
 *
 * What a string is, its head says: the number of an OSC (and, of OSC 1337, the
 * word after it), parameters and final byte of a DCS, the first byte of an APC.
 * The head finds a row of a table (osc.c, dcs.c), and the row says how many
 * bytes of payload are taken and whether they are collected or handed on as
 * they come. What has no row, and what grows over its limit, is swallowed to
 * its end without being kept.
 *
 * Decisions where terminals differ:
 * - A string ends at ESC \, at U+009C in UTF-8 (its bytes are C2 9C; a bare 9C is
 *   part of a character, unless text is of 8 bits), an OSC also at BEL. CAN, SUB, and ESC with another byte
 *   after it drop it, as in xterm; that ESC begins a sequence.
 * - Other control characters are not part of the payload, unless the row is raw. */
#include "vt/internal.h"
#include "vt/simd.h"


enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, C2 = 0xc2, ST = 0x9c };

/* Buffers above this are not kept for the next string. */
#define KEEP_BYTES 16384u

/* The first byte below 0x20, or C2, in [p, end). */
static const uint8_t *plain_end(const uint8_t *p, const uint8_t *end)
{
#if VT_SSE2
	const __m128i top = _mm_set1_epi8(0x1f), c2 = _mm_set1_epi8((char)C2);

	for (; end - p >= 64; p += 64) {
		const __m128i *in = (const __m128i *)(const void *)p;
		__m128i any = _mm_setzero_si128();

		for (int i = 0; i < 4; i++) {
			__m128i v = _mm_loadu_si128(in + i);
			__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, top), v);

			any = _mm_or_si128(any, _mm_or_si128(low, _mm_cmpeq_epi8(v, c2)));
		}
		if (_mm_movemask_epi8(any) != 0)
			break;
	}
#endif
#if VT_SIMD
	const uint64_t ones = 0x0101010101010101ull;
	for (; end - p >= 8; p += 8) {
		uint64_t v, x;

		memcpy(&v, p, 8);
		x = v ^ ones * C2;
		/* A high bit for each byte below 0x20 and each zero of x. */
		if ((((v - ones * 0x20) & ~v) | ((x - ones) & ~x)) & ones * 0x80)
			break;
	}
#endif
	while (p < end && *p >= 0x20 && *p != C2)
		p++;
	return p;
}

/* ---- what it is --------------------------------------------------------------- */

static void choose(struct vt *vt, const struct vt_string_row *row)
{
	struct vt_parser *ps = &vt->parser;

	ps->row = row;
	ps->string_len = 0;
	ps->string_mode = VT_STRING_SWALLOW;
	if (!row)
		return;
	if (row->stream) {
		vt->cluster = VT_CLUSTER_CLOSED;
		if (row->stream->begin(vt))
			ps->string_mode = VT_STRING_STREAM;
	} else if (row->handler) {
		ps->string_mode = VT_STRING_COLLECT;
	}
}

static void osc_numbered(struct vt *vt)
{
	struct vt_parser *ps = &vt->parser;

	if (ps->n == 0)
		choose(vt, NULL);                /* no digit */
	else if (ps->params[0] == 1337)
		ps->string_mode = VT_STRING_KEY;
	else
		choose(vt, vt_osc_find(ps->params[0]));
}

/* One byte of the head; c is 0 when the string ends. */
static void head_byte(struct vt *vt, uint8_t c)
{
	struct vt_parser *ps = &vt->parser;

	if (ps->string_mode == VT_STRING_KEY) {
		if (c)
			ps->key[ps->key_len++] = (char)c;
		if (!c || c == '=' || ps->key_len == sizeof(ps->key))
			choose(vt, vt_osc_1337_find(ps->key, ps->key_len));
	} else if (ps->kind == VT_STRING_APC) {
		choose(vt, c ? vt_apc_find((char)c) : NULL);
	} else if (c >= '0' && c <= '9') {
		ps->params[0] = (uint16_t)MIN(ps->params[0] * 10u + (c - '0'), 65535u);
		ps->n = 1;
	} else if (c == ';' || c == 0) {
		osc_numbered(vt);
	} else {
		choose(vt, NULL);
	}
}

static bool in_head(const struct vt_parser *ps)
{
	return ps->string_mode <= VT_STRING_KEY;
}

/* ---- taking it ------------------------------------------------------------------- */

static void overflow(struct vt *vt)
{
	struct vt_parser *ps = &vt->parser;

	if (ps->string_mode == VT_STRING_STREAM)
		ps->row->stream->end(vt, false);
	ps->string_mode = VT_STRING_SWALLOW;
}

static void take(struct vt *vt, const uint8_t *p, size_t len)
{
	struct vt_parser *ps = &vt->parser;

	for (; len > 0 && in_head(ps); len--)
		head_byte(vt, *p++);
	if (len == 0 || ps->string_mode == VT_STRING_SWALLOW)
		return;
	if (len > ps->row->limit - ps->string_len) {
		overflow(vt);
		return;
	}
	if (ps->string_mode == VT_STRING_STREAM) {
		ps->string_len += len;
		ps->row->stream->data(vt, p, len);
		return;
	}
	if (ps->string_len + len + 1 > ps->string_cap) {
		size_t cap = MAX(MAX(ps->string_cap * 2, ps->string_len + len + 1), 256u);
		char *grown = realloc(ps->string, cap);

		if (!grown) {
			overflow(vt);
			return;
		}
		ps->string = grown;
		ps->string_cap = cap;
	}
	memcpy(ps->string + ps->string_len, p, len);
	ps->string_len += len;
}

static void release(struct vt_parser *ps)
{
	if (ps->string_cap <= KEEP_BYTES)
		return;
	free(ps->string);
	ps->string = NULL;
	ps->string_cap = 0;
}

static void finish(struct vt *vt, bool bel)
{
	struct vt_parser *ps = &vt->parser;

	ps->state = VT_STATE_GROUND;
	ps->bel = bel;
	while (in_head(ps))
		head_byte(vt, 0);
	if (ps->string_mode == VT_STRING_STREAM) {
		ps->row->stream->end(vt, true);
	} else if (ps->string_mode == VT_STRING_COLLECT) {
		char none[1] = "", *s = ps->string_len ? ps->string : none;

		s[ps->string_len] = 0;
		vt->cluster = VT_CLUSTER_CLOSED;
		ps->row->handler(vt, s, ps->string_len);
		release(ps);
	} else if (ps->row && ps->row->empty_when_over) {
		char none[1] = "";

		ps->row->handler(vt, none, 0);
	}
}

void vt_string_abandon(struct vt *vt)
{
	struct vt_parser *ps = &vt->parser;

	if (ps->state != VT_STATE_STRING)
		return;
	ps->state = VT_STATE_GROUND;
	if (ps->string_mode == VT_STRING_STREAM)
		ps->row->stream->end(vt, false);
	release(ps);
}

void vt_string_begin(struct vt *vt, enum vt_string_kind kind)
{
	struct vt_parser *ps = &vt->parser;

	ps->state = VT_STATE_STRING;
	ps->kind = kind;
	ps->string_half = 0;
	ps->string_len = 0;
	ps->string_mode = VT_STRING_HEAD;
	ps->row = NULL;
	if (kind == VT_STRING_DCS) {
		bool known = ps->n_inter <= 1;

		choose(vt, known ? vt_dcs_find(ps->prefix, ps->n_inter ? ps->inter[0] : 0, ps->dcs_final) : NULL);
	} else if (kind == VT_STRING_OSC) {
		ps->n = 0;
		ps->params[0] = 0;
		ps->key_len = 0;
	} else if (kind != VT_STRING_APC) {
		choose(vt, NULL);
	}
}

/* The byte after ESC or C2. */
static const uint8_t *second_half(struct vt *vt, const uint8_t *p)
{
	struct vt_parser *ps = &vt->parser;
	uint8_t half = ps->string_half;

	ps->string_half = 0;
	if (*p == (half == ESC ? '\\' : ST)) {
		finish(vt, false);
		return p + 1;
	}
	if (half == ESC && *p == ESC && ps->row && ps->row->raw) {
		take(vt, p, 1);
		return p + 1;
	}
	if (half == ESC) {
		vt_string_abandon(vt);
		vt_escape_begin(vt);
	} else {
		take(vt, &half, 1);
	}
	return p;
}

const uint8_t *vt_string_parse(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_parser *ps = &vt->parser;

	if (ps->string_half)
		return second_half(vt, p);
	if (vt->modes & VT_M_TEXT_8BIT) {
		const uint8_t *st = memchr(p, ST, (size_t)(end - p));

		if (st == p) {
			finish(vt, false);
			return p + 1;
		}
		end = st ? st : end;
	}
	const uint8_t *start = p;
	for (;;) {
		p = plain_end(p, end);
		if (p == end)
			break;
		uint8_t c = *p;
		/* Not ours to stop at: a character that begins with C2, a control of a raw string. */
		if (c == C2 ? p + 1 < end && p[1] != ST :
		    c != ESC && c != CAN && c != SUB && ps->row && ps->row->raw)
			p++;
		else
			break;
	}
	if (p > start)
		take(vt, start, (size_t)(p - start));
	if (p == end)
		return p;
	switch (*p) {
	case CAN:
	case SUB:
		vt_string_abandon(vt);
		break;
	case ESC:
	case C2:
		ps->string_half = *p;
		break;
	case BEL:
		if (ps->kind == VT_STRING_OSC)
			finish(vt, true);
		break;
	default:
		break;
	}
	return p + 1;
}
