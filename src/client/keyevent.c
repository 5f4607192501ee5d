/* keyevent.c - see keyevent.h. Sources: kitty's docs/keyboard-protocol.rst; xterm ctlseqs; key codes of the wire,
 * wezterm-mux.md 3.5. */
#include "client/keyevent.h"

#include "base/mem.h"
#include "text/text.h"

#include <string.h>

/* Key codes of the wire, and modifiers (src/vt/vt.h has the same numbers). */
enum {
	CODE_CHAR = 0, CODE_BACKSPACE = 5, CODE_TAB = 6, CODE_ENTER = 8, CODE_ESCAPE = 10, CODE_NUMPAD0 = 43, CODE_DECIMAL = 57,
	CODE_FUNCTION = 59,
};
enum { MOD_SHIFT = 1u << 1, MOD_ALT = 1u << 2, MOD_CTRL = 1u << 3, MOD_NUM_LOCK = 1u << 19 };
enum { PRESS, REPEAT, RELEASE };

#define PARAMS 3
#define SUBS 16
#define NUMBER_MAX 0x10ffffu
#define F13 57376u
#define F35 57398u

struct params {
	uint32_t v[PARAMS][SUBS];       /* absent ones are 0 */
	unsigned n[PARAMS];             /* how many subparameters each has */
	unsigned count;
	char final;
};

/* CSI p:p ; p:p ; p:p FINAL, and nothing else. */
static bool parse_csi(const char *s, size_t len, struct params *p)
{
	*p = (struct params){ .count = 1 };
	if (len < 3 || s[0] != 0x1b || s[1] != '[')
		return false;
	p->final = s[len - 1];
	p->n[0] = 1;
	for (size_t i = 2; i < len - 1; i++) {
		unsigned at = p->count - 1;
		uint32_t *v = &p->v[at][p->n[at] - 1];
		if (s[i] >= '0' && s[i] <= '9') {
			*v = *v * 10 + (uint32_t)(s[i] - '0');
			if (*v > NUMBER_MAX || (*v >= 0xd800 && *v < 0xe000))
				return false;   /* no character */
		} else if (s[i] == ':' && p->n[at] < SUBS) {
			p->n[at]++;
		} else if (s[i] == ';' && p->count < PARAMS) {
			p->n[p->count++] = 1;
		} else {
			return false;
		}
	}
	return true;
}

/* The parameter is 1 and a bit each: Shift, Alt, Ctrl, Super, Hyper, Meta, Caps Lock, Num Lock. */
static uint32_t mods_of(uint32_t param)
{
	uint32_t bits = param > 1 ? param - 1 : 0;
	return (bits & 15) << 1 | (bits >> 4 & 15) << 16;
}

/* Keys by kitty's numbers; 0: it is not among the wire's codes. */
static uint8_t code_of(uint32_t number)
{
	static const uint8_t codes[] = {
		[57358 - 57358] = 23, [57359 - 57358] = 61, [57360 - 57358] = 60,       /* Caps, Scroll and Num Lock */
		[57361 - 57358] = 35, [57362 - 57358] = 22, [57363 - 57358] = 19,       /* Print Screen, Pause, Menu */
		[57410 - 57358] = 58, [57411 - 57358] = 53, [57412 - 57358] = 56, [57413 - 57358] = 54, [57416 - 57358] = 55,
		[57417 - 57358] = 79, [57418 - 57358] = 80, [57419 - 57358] = 81, [57420 - 57358] = 82,  /* keypad arrows */
		[57421 - 57358] = 85, [57422 - 57358] = 86, [57423 - 57358] = 83, [57424 - 57358] = 84,
		[57425 - 57358] = CODE_NUMPAD0, [57426 - 57358] = CODE_DECIMAL,         /* Insert, Delete */
		[57430 - 57358] = 78, [57432 - 57358] = 77, [57435 - 57358] = 75, [57436 - 57358] = 76,  /* media */
		[57438 - 57358] = 73, [57439 - 57358] = 74, [57440 - 57358] = 72,       /* volume */
		[57441 - 57358] = 11, [57442 - 57358] = 14, [57443 - 57358] = 17, [57444 - 57358] = 39,
		[57445 - 57358] = 1, [57446 - 57358] = 3,
		[57447 - 57358] = 12, [57448 - 57358] = 15, [57449 - 57358] = 18, [57450 - 57358] = 40,
	};
	if (number >= 57399 && number <= 57408)
		return (uint8_t)(CODE_NUMPAD0 + (number - 57399));
	if (number == 57409)
		return CODE_DECIMAL;
	return number >= 57358 && number - 57358 < ARRAY_LEN(codes) ? codes[number - 57358] : 0;
}

static uint8_t special(uint32_t cp)
{
	return cp == '\r' ? CODE_ENTER : cp == '\t' ? CODE_TAB : cp == 0x1b ? CODE_ESCAPE : cp == 0x7f ? CODE_BACKSPACE : 0;
}

/* CSI u: number:shifted:base ; modifiers:event ; text. */
static bool unicode_key(const struct params *p, struct wire_lace_key *k, char text[KEYEVENT_TEXT_MAX])
{
	uint32_t number = p->v[0][0];
	size_t len = 0;
	for (unsigned i = 0; p->count > 2 && i < p->n[2]; i++)
		if (p->v[2][i])
			len += text_utf8_encode(p->v[2][i], text + len);
	k->text = (struct wire_str){ text, len };
	if (number >= 57344 && number <= 63743) {
		bool digit = number >= 57399 && number <= 57409;
		if (number >= F13 && number <= F35) {
			k->code = CODE_FUNCTION;
			k->value = number - F13 + 13;
			return true;
		}
		k->code = code_of(number);
		/* Without Num Lock in the event, a digit of the keypad cannot be told from what else is on the key. */
		return k->code != 0 && (!digit || (k->modifiers & MOD_NUM_LOCK) != 0);
	}
	k->code = special(number);
	if (k->code)
		return true;
	if (number < 0x20 && number != 0)
		return false;
	k->unshifted = number;
	k->shifted = p->v[0][1];
	k->base = p->v[0][2];
	bool shift = k->modifiers & MOD_SHIFT, one = p->count > 2 && p->n[2] == 1 && p->v[2][0];
	k->value = number == 0 ? 0 : shift && k->shifted ? k->shifted : one ? p->v[2][0] :
	    shift && number >= 'a' && number <= 'z' ? number - 32 : number;
	return number != 0 || len > 0;
}

static bool tilde_key(const struct params *p, struct wire_lace_key *k)
{
	static const uint8_t codes[] = { [1] = 27, [2] = 36, [3] = 37, [4] = 26, [5] = 24, [6] = 25, [7] = 27, [8] = 26 };
	static const uint8_t f[] = { [11] = 1, [12] = 2, [13] = 3, [14] = 4, [15] = 5, [17] = 6, [18] = 7, [19] = 8, [20] = 9,
		[21] = 10, [23] = 11, [24] = 12 };
	uint32_t number = p->v[0][0];
	if (number == 27 && p->count == 3) {        /* modifyOtherKeys */
		k->value = p->v[2][0];
		k->code = special(k->value);
		return k->code != 0 || k->value >= 0x20;
	}
	if (number < ARRAY_LEN(codes) && codes[number]) {
		k->code = codes[number];
		return true;
	}
	k->code = CODE_FUNCTION;
	k->value = number < ARRAY_LEN(f) ? f[number] : 0;
	return k->value != 0;
}

/* Keys with a letter: CSI 1 ; modifiers LETTER, SS3 LETTER. */
static bool letter_key(char final, struct wire_lace_key *k)
{
	static const struct { char final; uint8_t code; } keys[] = { { 'A', 30 }, { 'B', 31 }, { 'C', 29 }, { 'D', 28 }, { 'F', 26 },
		{ 'H', 27 }, { 'E', 87 } };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].final == final)
			k->code = keys[i].code;
	if (k->code)
		return true;
	k->code = CODE_FUNCTION;
	k->value = final >= 'P' && final <= 'S' ? (uint32_t)(final - 'P' + 1) : 0;
	return k->value != 0;
}

static bool csi_key(const char *s, size_t len, struct wire_lace_key *k, char text[KEYEVENT_TEXT_MAX])
{
	struct params p;
	if (!parse_csi(s, len, &p))
		return false;
	uint32_t event = p.n[1] > 1 ? p.v[1][1] : 0;
	if (event > 3)
		return false;
	k->modifiers = mods_of(p.v[1][0]);
	k->kind = event ? event - 1 : PRESS;
	if (p.final == 'u')
		return unicode_key(&p, k, text);
	if (p.final == '~')
		return tilde_key(&p, k);
	if (p.final == 'Z') {
		k->code = CODE_TAB;
		k->modifiers |= MOD_SHIFT;
		return true;
	}
	return p.v[0][0] <= 1 && letter_key(p.final, k);
}

/* What Ctrl makes of a character cannot be undone for all: the ones on a US keyboard are meant. */
static bool control_key(uint8_t c, struct wire_lace_key *k)
{
	k->code = special(c);
	if (k->code)
		return true;
	k->modifiers |= MOD_CTRL;
	k->value = c == 0 ? ' ' : c < 27 ? c + 'a' - 1u : c + 0x40u;
	return true;
}

static bool plain_key(const char *s, size_t len, struct wire_lace_key *k)
{
	if (len == 1 && ((uint8_t)*s < 0x20 || *s == 0x7f))
		return control_key((uint8_t)*s, k);
	uint32_t cp;
	if (len == 0 || text_utf8_decode(s, len, &cp) != len || cp == 0xfffd)
		return false;
	k->value = cp;
	if (cp >= 'A' && cp <= 'Z')
		k->modifiers |= MOD_SHIFT;      /* or Caps Lock, which nobody tells */
	return true;
}

bool keyevent_parse(const char *bytes, size_t len, struct wire_lace_key *ret, char text[KEYEVENT_TEXT_MAX])
{
	*ret = (struct wire_lace_key){ .text = { text, 0 } };
	if (len < 2 || bytes[0] != 0x1b)
		return plain_key(bytes, len, ret);
	if (len == 2) {
		ret->modifiers = MOD_ALT;
		return plain_key(bytes + 1, 1, ret);
	}
	if (bytes[1] == 'O')
		return len == 3 && letter_key(bytes[2], ret);
	return csi_key(bytes, len, ret, text);
}

bool keyevent_is_other(const char *bytes, size_t len)
{
	struct params p;
	return parse_csi(bytes, len, &p) && ((p.final == '~' && p.v[0][0] == 27 && p.count == 3) || (p.final == 'u' && p.count == 2));
}
