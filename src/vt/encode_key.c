/* Keys as the bytes that a program expects, in three dialects:
 *
 *   kitty keyboard protocol    when a program pushed flags
 *   modifyOtherKeys 1 and 2    CSI 27 ; modifiers ; code ~ for what has no bytes of its own
 *   xterm's                    otherwise
 *
 * A client tells the character that was typed, with the modifiers that were
 * held, but not the layout: the key of '!' is taken to be '!'. */
#include <stdarg.h>

#include "vt/internal.h"

enum {
	KEY_CANCEL = 4, KEY_BACKSPACE = 5, KEY_TAB = 6, KEY_ENTER = 8, KEY_ESCAPE = 10, KEY_NUMPAD0 = 43,
};
enum { KITTY_DISAMBIGUATE = 1, KITTY_ALTERNATE = 4, KITTY_ALL = 8, KITTY_TEXT = 16 };

/* How a key without text is written: CSI 1;m FINAL, or CSI NUMBER;m ~. */
struct function_key {
	uint8_t code;
	uint8_t final;       /* '~' when it has a number */
	uint8_t number;
	uint16_t kitty;      /* its own number there; 0 when it is as elsewhere */
	bool cursor;         /* SS3 in application cursor mode */
};

static const struct function_key function_keys[] = {
	{ 24, '~', 5, 0, false },      /* PageUp */
	{ 25, '~', 6, 0, false },      /* PageDown */
	{ 26, 'F', 0, 0, true },       /* End */
	{ 27, 'H', 0, 0, true },       /* Home */
	{ 28, 'D', 0, 0, true },       /* arrows */
	{ 29, 'C', 0, 0, true },
	{ 30, 'A', 0, 0, true },
	{ 31, 'B', 0, 0, true },
	{ 36, '~', 2, 0, false },      /* Insert */
	{ 37, '~', 3, 0, false },      /* Delete */
	{ 38, '~', 28, 0, false },     /* Help */
	{ 19, '~', 29, 57363, false }, /* Menu */
	{ 41, '~', 29, 57363, false }, /* Applications */
	{ 79, 'D', 0, 0, true },       /* the arrows of the application keypad */
	{ 80, 'C', 0, 0, true },
	{ 81, 'A', 0, 0, true },
	{ 82, 'B', 0, 0, true },
	{ 83, 'H', 0, 57423, true },   /* keypad: Home, End, PageUp, PageDown, Begin */
	{ 84, 'F', 0, 57424, true },
	{ 85, '~', 5, 57421, false },
	{ 86, '~', 6, 57422, false },
	{ 87, 'E', 0, 57427, true },
};

/* F1 to F24; from F13 on the numbers of VT220s and of rxvt. */
static const struct { uint8_t final, number; } f_keys[24] = {
	{ 'P', 0 }, { 'Q', 0 }, { 'R', 0 }, { 'S', 0 }, { '~', 15 }, { '~', 17 }, { '~', 18 }, { '~', 19 },
	{ '~', 20 }, { '~', 21 }, { '~', 23 }, { '~', 24 }, { '~', 25 }, { '~', 26 }, { '~', 28 }, { '~', 29 },
	{ '~', 31 }, { '~', 32 }, { '~', 33 }, { '~', 34 }, { '~', 42 }, { '~', 43 }, { '~', 44 }, { '~', 45 },
};

/* Keypad keys from Numpad0 (43): the character, the SS3 final of the application keypad, kitty's number. */
static const struct { char text, final; uint16_t kitty; } keypad[16] = {
	{ '0', 'p', 57399 }, { '1', 'q', 57400 }, { '2', 'r', 57401 }, { '3', 's', 57402 }, { '4', 't', 57403 },
	{ '5', 'u', 57404 }, { '6', 'v', 57405 }, { '7', 'w', 57406 }, { '8', 'x', 57407 }, { '9', 'y', 57408 },
	{ '*', 'j', 57411 }, { '+', 'k', 57413 }, { ',', 'l', 57416 }, { '-', 'm', 57412 }, { '.', 'n', 57409 },
	{ '/', 'o', 57410 },
};

/* Keys that only the kitty protocol can name. */
static const struct { uint8_t code; uint16_t kitty; bool modifier; } kitty_only[] = {
	{ 22, 57362, false }, { 23, 57358, true }, { 35, 57361, false }, { 60, 57360, true }, { 61, 57359, true },
	{ 72, 57440, false }, { 73, 57438, false }, { 74, 57439, false }, { 75, 57435, false },
	{ 76, 57436, false },
	{ 77, 57432, false }, { 78, 57430, false },
	{ 9, 57441, true }, { 11, 57441, true }, { 12, 57447, true }, { 13, 57442, true }, { 14, 57442, true },
	{ 15, 57448, true }, { 16, 57443, true }, { 17, 57443, true }, { 18, 57449, true }, { 39, 57444, true },
	{ 40, 57450, true }, { 2, 57444, true }, { 1, 57445, true }, { 3, 57446, true },
};

struct out {
	char *s;
	size_t n;
};

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(o->s + o->n, VT_ENCODED_MAX - o->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->n += MIN((size_t)n, VT_ENCODED_MAX - 1 - o->n);
}

static void put_cp(struct out *o, uint32_t cp)
{
	char s[4];
	size_t n = text_utf8_encode(cp, s);

	memcpy(o->s + o->n, s, n);
	o->n += n;
}

/* The modifier parameter: 1 and a bit each. */
static unsigned mod_param(uint16_t mods)
{
	return 1 + (mods & VT_MOD_SHIFT ? 1 : 0) + (mods & VT_MOD_ALT ? 2 : 0) + (mods & VT_MOD_CTRL ? 4 : 0) +
	    (mods & VT_MOD_SUPER ? 8 : 0);
}

/* ---- keys without text ------------------------------------------------------------ */

static void put_function(const struct vt *vt, struct out *o, const struct function_key *k, uint16_t mods)
{
	unsigned m = mod_param(mods);
	bool kitty = vt_kitty_flags(vt) != 0;

	if (kitty && k->kitty) {
		put(o, m > 1 ? "\033[%u;%uu" : "\033[%uu", (unsigned)k->kitty, m);
	} else if (k->final == '~') {
		put(o, m > 1 ? "\033[%u;%u~" : "\033[%u~", (unsigned)k->number, m);
	} else if (m > 1) {
		put(o, "\033[1;%u%c", m, k->final);
	} else {
		bool ss3 = !kitty && k->cursor && (vt->modes & VT_MODE_APP_CURSOR);

		put(o, "\033%c%c", ss3 ? 'O' : '[', k->final);
	}
}

static void put_f_key(const struct vt *vt, struct out *o, unsigned n, uint16_t mods)
{
	bool kitty = vt_kitty_flags(vt) != 0;

	if (n < 1 || n > 24)
		return;
	struct function_key k = { .final = f_keys[n - 1].final, .number = f_keys[n - 1].number };
	if (kitty && n > 12)
		k.kitty = (uint16_t)(57376 + n - 13);
	if (kitty && n == 3) {
		/* CSI R would look like a cursor position report. */
		k.final = '~';
		k.number = 13;
	}
	if (!kitty && n <= 4 && mod_param(mods) == 1)
		put(o, "\033O%c", k.final);
	else
		put_function(vt, o, &k, mods);
}

/* ---- keys with text ------------------------------------------------------------------ */

/* The control code of Ctrl and this character, -1 when there is none. */
static int control_code(uint32_t cp)
{
	if (cp >= 'a' && cp <= 'z')
		return (int)(cp - 'a' + 1);
	if (cp >= '@' && cp <= '_')
		return (int)(cp - '@');
	switch (cp) {
	case ' ':
	case '2': return 0;
	case '3': return 0x1b;
	case '4': return 0x1c;
	case '5': return 0x1d;
	case '6': return 0x1e;
	case '7':
	case '/': return 0x1f;
	case '8':
	case '?': return 0x7f;
	default: return -1;
	}
}

/* Enter, Tab, Backspace, Escape as their code points, 0 for anything else. */
static uint32_t special_cp(uint8_t code)
{
	switch (code) {
	case KEY_BACKSPACE: return 0x7f;
	case KEY_TAB: return '\t';
	case KEY_ENTER: return '\r';
	case KEY_ESCAPE: return 0x1b;
	default: return 0;
	}
}

static void put_special(const struct vt *vt, struct out *o, uint32_t cp, uint16_t mods)
{
	if (mods & VT_MOD_ALT)
		put_cp(o, 0x1b);
	if (cp == '\t' && (mods & VT_MOD_SHIFT)) {
		o->n = 0;
		put(o, "\033[Z");
	} else if (cp == 0x7f) {
		/* DECBKM says which of the two it is; Ctrl gives the other one. */
		bool backspace = !(vt->modes & VT_MODE_BACKARROW) == !!(mods & VT_MOD_CTRL);

		put_cp(o, backspace ? 0x08 : 0x7f);
	} else {
		put_cp(o, cp);
		if (cp == '\r' && (vt->modes & VT_MODE_NEWLINE))
			put_cp(o, '\n');
	}
}

static bool is_special(uint32_t cp)
{
	return cp == 0x7f || cp == '\t' || cp == '\r' || cp == 0x1b;
}

/* Does modifyOtherKeys change this key? */
static bool other_key(const struct vt *vt, uint32_t cp, uint16_t mods)
{
	if (vt->other_keys == 0 || mods == 0)
		return false;
	if (is_special(cp)) {
		/* Level 1 leaves alone what has bytes that everyone knows. */
		if (vt->other_keys == 1)
			return cp == '\r' || (cp == '\t' && (mods & VT_MOD_CTRL));
		return true;
	}
	if (mods == VT_MOD_SHIFT)
		return vt->other_keys == 2 && cp == ' ';
	if (vt->other_keys == 2)
		return true;
	if (mods & VT_MOD_CTRL)
		return control_code(cp) < 0 || (mods & VT_MOD_SHIFT);
	return cp >= 0x80;
}

static void put_text(const struct vt *vt, struct out *o, uint32_t cp, uint16_t mods)
{
	if (other_key(vt, cp, mods)) {
		put(o, "\033[27;%u;%u~", mod_param(mods), (unsigned)cp);
		return;
	}
	if (is_special(cp)) {
		put_special(vt, o, cp, mods);
		return;
	}
	if (mods & VT_MOD_ALT)
		put_cp(o, 0x1b);
	int control = mods & VT_MOD_CTRL ? control_code(cp) : -1;
	put_cp(o, control >= 0 ? (uint32_t)control : cp);
}

/* The key's own code point under the kitty protocol: never the shifted one. */
static uint32_t kitty_base(uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		return cp + 32;
	return cp;
}

static void put_kitty(const struct vt *vt, struct out *o, uint32_t cp, uint16_t mods)
{
	uint8_t flags = vt_kitty_flags(vt);
	bool special = is_special(cp), text = !special && (mods & ~VT_MOD_SHIFT) == 0;
	unsigned m = mod_param(mods);

	if (!(flags & KITTY_ALL)) {
		if (text) {
			put_cp(o, cp);
			return;
		}
		if (mods == 0 && special && cp != 0x1b) {
			put_special(vt, o, cp, mods);
			return;
		}
		if (!(flags & KITTY_DISAMBIGUATE)) {
			put_text(vt, o, cp, mods);
			return;
		}
	}
	uint32_t base = kitty_base(cp);
	put(o, "\033[%u", (unsigned)base);
	if ((flags & KITTY_ALTERNATE) && (mods & VT_MOD_SHIFT) && base != cp)
		put(o, ":%u", (unsigned)cp);
	bool with_text = (flags & KITTY_TEXT) && (flags & KITTY_ALL) && text;
	if (m > 1 || with_text)
		put(o, m > 1 ? ";%u" : ";", m);
	if (with_text)
		put(o, ";%u", (unsigned)cp);
	put(o, "u");
}

static void put_keypad(const struct vt *vt, struct out *o, unsigned i, uint16_t mods)
{
	uint8_t flags = vt_kitty_flags(vt);

	if (flags & (KITTY_DISAMBIGUATE | KITTY_ALL)) {
		unsigned m = mod_param(mods);

		if (m == 1 && !(flags & KITTY_ALL))
			put_cp(o, (uint32_t)keypad[i].text);
		else
			put(o, m > 1 ? "\033[%u;%uu" : "\033[%uu", (unsigned)keypad[i].kitty, m);
	} else if ((vt->modes & VT_MODE_APP_KEYPAD) && mods == 0) {
		put(o, "\033O%c", keypad[i].final);
	} else {
		put_text(vt, o, (uint32_t)keypad[i].text, mods);
	}
}

static void put_kitty_only(const struct vt *vt, struct out *o, uint8_t code, uint16_t mods)
{
	uint8_t flags = vt_kitty_flags(vt);
	unsigned m = mod_param(mods);

	for (size_t i = 0; flags && i < ARRAY_LEN(kitty_only); i++) {
		if (kitty_only[i].code != code || (kitty_only[i].modifier && !(flags & KITTY_ALL)))
			continue;
		put(o, m > 1 ? "\033[%u;%uu" : "\033[%uu", (unsigned)kitty_only[i].kitty, m);
		return;
	}
}

static bool scalar(uint32_t cp)
{
	return cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);
}

size_t vt_encode_key(const struct vt *vt, const struct vt_key *key, char ret[VT_ENCODED_MAX])
{
	struct out o = { ret, 0 };
	uint16_t mods = key->mods & (VT_MOD_SHIFT | VT_MOD_ALT | VT_MOD_CTRL | VT_MOD_SUPER);
	uint32_t cp = key->code == VT_KEY_CHAR ? key->value : special_cp(key->code);

	if (key->code == VT_KEY_CHAR || cp) {
		if (!scalar(cp))
			return 0;
		/* Clients name these keys in either way. */
		if (cp == 0x08)
			cp = 0x7f;
		else if (cp == '\n')
			cp = '\r';
		if (cp >= 'a' && cp <= 'z' && (mods & VT_MOD_SHIFT))
			cp -= 32;
		if (vt_kitty_flags(vt))
			put_kitty(vt, &o, cp, mods);
		else
			put_text(vt, &o, cp, mods);
		return o.n;
	}
	if (key->code >= KEY_NUMPAD0 && key->code < KEY_NUMPAD0 + ARRAY_LEN(keypad)) {
		put_keypad(vt, &o, key->code - KEY_NUMPAD0, mods);
		return o.n;
	}
	if (key->code == VT_KEY_FUNCTION) {
		put_f_key(vt, &o, key->value, mods);
		return o.n;
	}
	if (key->code == KEY_CANCEL) {
		put_cp(&o, 0x03);
		return o.n;
	}
	for (size_t i = 0; i < ARRAY_LEN(function_keys); i++) {
		if (function_keys[i].code == key->code) {
			put_function(vt, &o, &function_keys[i], mods);
			return o.n;
		}
	}
	put_kitty_only(vt, &o, key->code, mods);
	return o.n;
}
