/* Character sets: the four that are designated (G0 to G3), the two that are in use
 * (GL for 20..7F, GR for A0..FF), and what their codes are in Unicode.
 *
 * Text is UTF-8 unless a program asks for 8-bit text (ESC % @): then GR counts too,
 * and bytes 80..9F are C1 controls. In UTF-8 the sets in GL still act on ASCII, which
 * is how programs draw lines. */
#include "vt/internal.h"

/* What DEC's terminals show for a code that their set leaves open: a reversed
 * question mark. */
#define OPEN 0x2426

/* DEC special graphics, 5f..7e. */
static const uint16_t graphics[32] = {
	0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
	0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
	0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

/* DEC technical, 21..7e. The pieces of a large sigma (31..37) are not in Unicode. */
static const uint16_t technical[94] = {
	0x23b7, 0x250c, 0x2500, 0x2320, 0x2321, 0x2502, 0x23a1, 0x23a3, 0x23a4, 0x23a6, 0x239b, 0x239d,
	0x239e, 0x23a0, 0x23a8, 0x23ac, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN,
	OPEN, OPEN, OPEN, 0x2264, 0x2260, 0x2265, 0x222b, 0x2234, 0x221d, 0x221e, 0x00f7, 0x0394,
	0x2207, 0x03a6, 0x0393, 0x223c, 0x2243, 0x0398, 0x00d7, 0x039b, 0x21d4, 0x21d2, 0x2261, 0x03a0,
	0x03a8, OPEN, 0x03a3, OPEN, OPEN, 0x221a, 0x03a9, 0x039e, 0x03a5, 0x2282, 0x2283, 0x2229,
	0x222a, 0x2227, 0x2228, 0x00ac, 0x03b1, 0x03b2, 0x03c7, 0x03b4, 0x03b5, 0x03c6, 0x03b3, 0x03b7,
	0x03b9, 0x03b8, 0x03ba, 0x03bb, OPEN, 0x03bd, 0x2202, 0x03c0, 0x03c8, 0x03c1, 0x03c3, 0x03c4,
	OPEN, 0x0192, 0x03c9, 0x03be, 0x03c5, 0x03b6, 0x2190, 0x2191, 0x2192, 0x2193,
};

/* Size of the set, name (intermediate and final byte), set, what it is called. */
#define CHARSETS(X) \
	X(94, 0, '0', VT_CHARSET_GRAPHICS, "GRAPHICS") \
	X(94, 0, '1', VT_CHARSET_ASCII, "ALTASCII") \
	X(94, 0, '2', VT_CHARSET_GRAPHICS, "ALTGRAPHICS") \
	X(94, 0, '<', VT_CHARSET_SUPPLEMENTAL, "UPSS") \
	X(94, 0, '>', VT_CHARSET_TECHNICAL, "TECHNICAL") \
	X(94, 0, 'A', VT_CHARSET_UK, "UK") \
	X(94, 0, 'B', VT_CHARSET_ASCII, "ASCII") \
	X(94, '%', '5', VT_CHARSET_SUPPLEMENTAL, "SUPPLEMENTAL") \
	X(96, 0, 'A', VT_CHARSET_LATIN1, "LATIN1")

#define KEY(size, inter, final) ((unsigned)(size) << 16 | (unsigned)(inter) << 8 | (unsigned)(final))

bool vt_charset_find(unsigned size, uint8_t inter, uint8_t final, uint8_t *ret)
{
	switch (KEY(size, inter, final)) {
#define CASE(size, inter, final, set, name) case KEY(size, inter, final): *ret = set; return true;
	CHARSETS(CASE)
#undef CASE
	default: return false;
	}
}

const char *vt_charset_name(uint8_t set)
{
	switch (set) {
	case VT_CHARSET_GRAPHICS: return "0";
	case VT_CHARSET_UK:
	case VT_CHARSET_LATIN1: return "A";
	case VT_CHARSET_SUPPLEMENTAL: return "%5";
	case VT_CHARSET_TECHNICAL: return ">";
	default: return "B";
	}
}

/* DEC's supplemental set is an older Latin-1. */
static uint32_t supplemental(uint8_t code)
{
	switch (code) {
	case 0x24:
	case 0x26:
	case 0x2c ... 0x2f:
	case 0x34:
	case 0x38:
	case 0x3e:
	case 0x50:
	case 0x5e:
	case 0x70:
	case 0x7e: return OPEN;
	case 0x28: return 0xa4;
	case 0x57: return 0x152;
	case 0x5d: return 0x178;
	case 0x77: return 0x153;
	case 0x7d: return 0xff;
	default: return code + 0x80u;
	}
}

uint32_t vt_charset_map(uint8_t set, uint8_t code)
{
	bool ends = code == 0x20 || code == 0x7f;   /* not in a set of 94 */

	switch (set) {
	case VT_CHARSET_LATIN1: return code + 0x80u;
	case VT_CHARSET_GRAPHICS: return code >= 0x5f && code <= 0x7e ? graphics[code - 0x5f] : code;
	case VT_CHARSET_UK: return code == '#' ? 0xa3 : code;
	case VT_CHARSET_SUPPLEMENTAL: return ends ? code : supplemental(code);
	case VT_CHARSET_TECHNICAL: return ends ? code : technical[code - 0x21];
	default: return code;
	}
}

void vt_charsets_reset(struct vt *vt)
{
	vt->charset[0] = vt->charset[1] = VT_CHARSET_ASCII;
	vt->charset[2] = vt->charset[3] = VT_CHARSET_LATIN1;
	vt->gl = 0;
	vt->gr = 2;
	vt->single_shift = 0;
	vt_print_update(vt);
}

#define ROW(size, inter, final, set, name) { VT_SEQ_CHARSET, size, inter, final, 0, name, NULL },
static const struct vt_sequence rows[] = { CHARSETS(ROW) };
const struct vt_sequence_table vt_charset_table = { rows, ARRAY_LEN(rows) };
