/* The state machine of a DEC terminal (ECMA-48 with the VT500's rules for what
 * is malformed), with UTF-8 in the ground state.
 *
 * Decisions where terminals differ:
 * - C0 inside a sequence is executed; CAN and SUB abandon it; ESC starts anew.
 * - A byte of 0x80 and above inside a sequence abandons it and is read as text:
 *   the stream is UTF-8, in which no raw C1 control exists. C1 controls encoded
 *   in UTF-8 (U+0080..U+009F) count as their ESC forms.
 * - Strings are payload.c's.
 * - Parameters saturate at 65535; those past VT_PARAMS_MAX are dropped. */
#include "vt/digits.h"
#include "vt/internal.h"

enum { CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

static void sequence_begin(struct vt_parser *ps, enum vt_parser_state state)
{
	ps->state = state;
	ps->prefix = 0;
	ps->n_inter = 0;
	ps->n = 0;
	ps->full = false;
	ps->sub = 0;
	ps->params[0] = 0;
}

void vt_escape_begin(struct vt *vt)
{
	sequence_begin(&vt->parser, VT_STATE_ESC);
}

/* The usual control sequence, all of it here: numbers between semicolons or colons and
 * a final byte. What is anything else, from where it begins, is left to
 * parse_params(), with the state as if it had come so far itself. */
static const uint8_t *parse_usual(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_parser *ps = &vt->parser;
	unsigned n = 0;

	if (end - p > 8 && *p >= 0x3c && *p <= 0x3f)
		ps->prefix = *p++;
	while (end - p > 8) {
		uint16_t v;
		unsigned digits = vt_read_digits(p, &v);
		uint8_t c = p[digits];

		if (digits == 8)
			break;
		if (c >= 0x40 && c <= 0x7e) {
			ps->params[n] = v;
			ps->n = (uint8_t)(n + (n > 0 || digits > 0));
			ps->state = VT_STATE_GROUND;
			vt_csi_dispatch(vt, c);
			return p + digits + 1;
		}
		if ((c != ';' && c != ':') || n == VT_PARAMS_MAX - 1)
			break;
		ps->params[n++] = v;
		ps->sub |= (uint32_t)(c == ':') << n;
		p += digits + 1;
	}
	ps->n = (uint8_t)(n ? n + 1 : 0);
	ps->params[n] = 0;
	return p;
}

/* Parameters and intermediates of CSI and DCS, up to the final byte. */
static const uint8_t *parse_params(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_parser *ps = &vt->parser;

	while (p < end) {
		uint8_t c = *p++;

		if (c >= '0' && c <= '9') {
			if (ps->n_inter > 0) {
				ps->n_inter = 3;
				continue;
			}
			if (ps->n == 0)
				ps->n = 1;
			unsigned v = ps->params[ps->n - 1] * 10u + (c - '0');
			for (; p < end && *p >= '0' && *p <= '9'; p++)
				v = MIN(v, 65535u) * 10u + (*p - '0');
			if (!ps->full)
				ps->params[ps->n - 1] = (uint16_t)MIN(v, 65535u);
		} else if (c == ';' || c == ':') {
			if (ps->n_inter > 0) {
				ps->n_inter = 3;
				continue;
			}
			if (ps->n == 0)
				ps->n = 1;
			if (ps->n == VT_PARAMS_MAX) {
				ps->full = true;
				continue;
			}
			if (c == ':')
				ps->sub |= 1u << ps->n;
			ps->params[ps->n++] = 0;
		} else if (c >= 0x40 && c <= 0x7e) {
			if (ps->state == VT_STATE_DCS_HEAD) {
				ps->dcs_final = c;
				vt_string_begin(vt, VT_STRING_DCS);
			} else {
				ps->state = VT_STATE_GROUND;
				vt_csi_dispatch(vt, c);
			}
			return p;
		} else if (c >= 0x3c && c <= 0x3f) {
			if (ps->n > 0 || ps->n_inter > 0 || ps->prefix)
				ps->n_inter = 3;         /* misplaced: no such sequence exists */
			ps->prefix = c;
		} else if (c >= 0x20 && c <= 0x2f) {
			if (ps->n_inter < 2)
				ps->inter[ps->n_inter] = c;
			if (ps->n_inter < 3)
				ps->n_inter++;
		} else if (c == ESC) {
			sequence_begin(ps, VT_STATE_ESC);
			return p;
		} else if (c == CAN || c == SUB) {
			ps->state = VT_STATE_GROUND;
			return p;
		} else if (c >= 0x80) {
			ps->state = VT_STATE_GROUND;
			return p - 1;
		} else if (c != DEL && ps->state == VT_STATE_CSI) {
			vt_control(vt, c);
		}
	}
	return p;
}

static void escape_final(struct vt *vt, uint8_t c)
{
	struct vt_parser *ps = &vt->parser;

	ps->state = VT_STATE_GROUND;
	if (ps->n_inter > 0) {
		vt_esc_dispatch(vt, c);
		return;
	}
	switch (c) {
	case '[': sequence_begin(ps, VT_STATE_CSI); break;
	case ']': vt_string_begin(vt, VT_STRING_OSC); break;
	case 'P': sequence_begin(ps, VT_STATE_DCS_HEAD); break;
	case 'X': vt_string_begin(vt, VT_STRING_SOS); break;
	case '^': vt_string_begin(vt, VT_STRING_PM); break;
	case '_': vt_string_begin(vt, VT_STRING_APC); break;
	default: vt_esc_dispatch(vt, c); break;
	}
}

static const uint8_t *parse_escape(struct vt *vt, const uint8_t *p)
{
	struct vt_parser *ps = &vt->parser;
	uint8_t c = *p++;

	if (c >= 0x20 && c <= 0x2f) {
		if (ps->n_inter < 2)
			ps->inter[ps->n_inter] = c;
		if (ps->n_inter < 3)
			ps->n_inter++;
	} else if (c >= 0x30 && c <= 0x7e) {
		escape_final(vt, c);
	} else if (c == ESC) {
		sequence_begin(ps, VT_STATE_ESC);
	} else if (c == CAN || c == SUB) {
		ps->state = VT_STATE_GROUND;
	} else if (c >= 0x80) {
		ps->state = VT_STATE_GROUND;
		return p - 1;
	} else if (c != DEL) {
		vt_control(vt, c);
	}
	return p;
}

static void text_cp(struct vt *vt, uint32_t cp)
{
	if (cp >= 0x80 && cp <= 0x9f) {
		sequence_begin(&vt->parser, VT_STATE_ESC);
		escape_final(vt, (uint8_t)(cp - 0x40));
	} else {
		vt_print(vt, cp);
	}
}

/* Text of one byte a character, after ESC % @. */
static const uint8_t *parse_8bit(struct vt *vt, const uint8_t *p)
{
	if (*p < 0xa0)
		text_cp(vt, *p);
	else
		vt_print(vt, vt_charset_map(vt->charset[vt->gr], *p & 0x7f));
	return p + 1;
}

/* Multi-byte characters in the ground state. */
static const uint8_t *parse_utf8(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_parser *ps = &vt->parser;

	if ((vt->modes & VT_M_TEXT_8BIT) && ps->utf8.need == 0)
		return parse_8bit(vt, p);
	while (p < end && ps->state == VT_STATE_GROUND && (ps->utf8.need > 0 || *p >= 0x80)) {
		uint32_t cp;

		if (ps->utf8.need == 0) {
			const uint8_t *next = vt_print_multibyte(vt, p, end);

			if (next > p) {
				p = next;
				continue;
			}
		}
		switch (text_utf8_feed(&ps->utf8, *p, &cp)) {
		case TEXT_UTF8_MORE:
			p++;
			break;
		case TEXT_UTF8_DONE:
		case TEXT_UTF8_BAD:
			p++;
			text_cp(vt, cp);
			break;
		case TEXT_UTF8_BAD_REPEAT:
			text_cp(vt, cp);
			break;
		}
	}
	return p;
}

static const uint8_t *parse_ground(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	struct vt_parser *ps = &vt->parser;
	uint8_t c = *p;

	if (ps->utf8.need > 0 || c >= 0x80)
		return parse_utf8(vt, p, end);
	if (c >= 0x20 && c != DEL)
		return vt_print_text(vt, p, end);
	p++;
	if (c != ESC) {
		if (c != DEL)
			vt_control(vt, c);
	} else if (p < end && *p == '[') {
		sequence_begin(ps, VT_STATE_CSI);
		return parse_usual(vt, p + 1, end);
	} else {
		sequence_begin(ps, VT_STATE_ESC);
	}
	return p;
}

void vt_parse(struct vt *vt, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		switch (vt->parser.state) {
		case VT_STATE_GROUND: p = parse_ground(vt, p, end); break;
		case VT_STATE_ESC: p = parse_escape(vt, p); break;
		case VT_STATE_CSI:
		case VT_STATE_DCS_HEAD: p = parse_params(vt, p, end); break;
		case VT_STATE_STRING: p = vt_string_parse(vt, p, end); break;
		}
	}
}

void vt_write(struct vt *vt, const void *bytes, size_t len)
{
	vt->changed = false;
	vt_parse(vt, bytes, (const uint8_t *)bytes + len);
	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
	if (vt->changed)
		vt->seqno++;
}
