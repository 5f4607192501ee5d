/* Keys as the bytes that a program expects, in three dialects:
 *
 *   xterm's                    CSI sequences for keys without text
 *   modifyOtherKeys 1 and 2    CSI 27 ; modifiers ; code ~ for text that has no bytes of its own
 *   kitty keyboard protocol    when a program set flags (encode_kitty.c)
 *
 * The first two are those of xterm (input.c of patch 379 and what it sends;
 * tests/unit/vt/xterm_keys.h is a recording). Where xterm drops Alt from a key
 * that has another modifier, it is kept here; and text that takes nothing but
 * Shift stays text at level 2, as in foot, ghostty and wezterm. */
#include <stdarg.h>

#include "vt/encode.h"

/* Key codes of the wire (wezterm-mux.md 3.5). */
enum {
	KEY_CANCEL = 4, KEY_BACKSPACE = 5, KEY_TAB = 6, KEY_ENTER = 8, KEY_ESCAPE = 10,
	KEY_NUMPAD0 = 43, KEY_MULTIPLY = 53, KEY_DECIMAL = 57, KEY_DIVIDE = 58, KEY_CODES = 90,
};

/* By key code. Function numbers are those of DEC's VT220 keyboard, as xterm has them. */
static const struct function_key function_keys[KEY_CODES] = {
	[1] = { 0, 0, 57445, KEY_STATE, VT_MOD_HYPER },
	[2] = { 0, 0, 57444, KEY_STATE, VT_MOD_SUPER },
	[3] = { 0, 0, 57446, KEY_STATE, VT_MOD_META },
	[7] = { 'E', 1, 0, KEY_CURSOR },                     /* Clear: the keypad's 5 without Num Lock */
	[9] = { 0, 0, 57441, KEY_STATE, VT_MOD_SHIFT },
	[11] = { 0, 0, 57441, KEY_STATE, VT_MOD_SHIFT },     /* left, right */
	[12] = { 0, 0, 57447, KEY_STATE, VT_MOD_SHIFT },
	[13] = { 0, 0, 57442, KEY_STATE, VT_MOD_CTRL },
	[14] = { 0, 0, 57442, KEY_STATE, VT_MOD_CTRL },
	[15] = { 0, 0, 57448, KEY_STATE, VT_MOD_CTRL },
	[16] = { 0, 0, 57443, KEY_STATE, VT_MOD_ALT },
	[17] = { 0, 0, 57443, KEY_STATE, VT_MOD_ALT },
	[18] = { 0, 0, 57449, KEY_STATE, VT_MOD_ALT },
	[19] = { '~', 29, 57363 },                           /* Menu */
	[20] = { 0, 0, 57443, KEY_STATE, VT_MOD_ALT },       /* "left menu" is Windows' word for Alt */
	[21] = { 0, 0, 57449, KEY_STATE, VT_MOD_ALT },
	[22] = { 0, 0, 57362 },                              /* Pause */
	[23] = { 0, 0, 57358, KEY_STATE, VT_MOD_CAPS_LOCK },
	[24] = { '~', 5 },                                   /* PageUp, PageDown */
	[25] = { '~', 6 },
	[26] = { 'F', 1, 0, KEY_CURSOR },                    /* End, Home */
	[27] = { 'H', 1, 0, KEY_CURSOR },
	[28] = { 'D', 1, 0, KEY_CURSOR },                    /* arrows: left, right, up, down */
	[29] = { 'C', 1, 0, KEY_CURSOR },
	[30] = { 'A', 1, 0, KEY_CURSOR },
	[31] = { 'B', 1, 0, KEY_CURSOR },
	[32] = { '~', 4 },                                   /* Select */
	[33] = { 0, 0, 57361 },                              /* Print, PrintScreen */
	[35] = { 0, 0, 57361 },
	[36] = { '~', 2 },                                   /* Insert, Delete */
	[37] = { '~', 3 },
	[38] = { '~', 28 },                                  /* Help */
	[39] = { 0, 0, 57444, KEY_STATE, VT_MOD_SUPER },     /* Windows keys */
	[40] = { 0, 0, 57450, KEY_STATE, VT_MOD_SUPER },
	[41] = { '~', 29, 57363 },                           /* Applications is Menu too */
	[60] = { 0, 0, 57360, KEY_STATE, VT_MOD_NUM_LOCK },
	[61] = { 0, 0, 57359, KEY_STATE },                   /* ScrollLock */
	[72] = { 0, 0, 57440 },                              /* volume: mute, down, up */
	[73] = { 0, 0, 57438 },
	[74] = { 0, 0, 57439 },
	[75] = { 0, 0, 57435 },                              /* media: next, previous, stop, play/pause */
	[76] = { 0, 0, 57436 },
	[77] = { 0, 0, 57432 },
	[78] = { 0, 0, 57430 },
	[79] = { 'D', 1, 57417, KEY_CURSOR | KEY_KEYPAD },   /* arrows of the keypad */
	[80] = { 'C', 1, 57418, KEY_CURSOR | KEY_KEYPAD },
	[81] = { 'A', 1, 57419, KEY_CURSOR | KEY_KEYPAD },
	[82] = { 'B', 1, 57420, KEY_CURSOR | KEY_KEYPAD },
	[83] = { 'H', 1, 57423, KEY_CURSOR | KEY_KEYPAD },   /* keypad: Home, End, PageUp, PageDown, Begin */
	[84] = { 'F', 1, 57424, KEY_CURSOR | KEY_KEYPAD },
	[85] = { '~', 5, 57421, KEY_KEYPAD },
	[86] = { '~', 6, 57422, KEY_KEYPAD },
	[87] = { 'E', 1, 0, KEY_CURSOR },
};

/* Keypad keys from Numpad0 on, with Num Lock. */
static const struct keypad_key keypad_keys[] = {
	{ '0', 'p', 57399 }, { '1', 'q', 57400 }, { '2', 'r', 57401 }, { '3', 's', 57402 }, { '4', 't', 57403 },
	{ '5', 'u', 57404 }, { '6', 'v', 57405 }, { '7', 'w', 57406 }, { '8', 'x', 57407 }, { '9', 'y', 57408 },
	{ '*', 'j', 57411 }, { '+', 'k', 57413 }, { ',', 'l', 57416 }, { '-', 'm', 57412 }, { '.', 'n', 57409 },
	{ '/', 'o', 57410 },
};

/* What the same keys are without Num Lock: another code, or one that only they have. */
static const struct function_key keypad_insert = { '~', 2, 57425, KEY_KEYPAD };
static const struct function_key keypad_delete = { '~', 3, 57426, KEY_KEYPAD };
static const uint8_t keypad_unlocked[10] = { 0, 84, 82, 86, 79, 87, 80, 83, 81, 85 };

static const struct function_key *unlocked(uint8_t code)
{
	if (code == KEY_DECIMAL)
		return &keypad_delete;
	if (code == KEY_NUMPAD0)
		return &keypad_insert;
	return code < KEY_MULTIPLY ? &function_keys[keypad_unlocked[code - KEY_NUMPAD0]] : NULL;
}

/* F1 to F35. From F21 on xterm counts on from 42. */
static struct function_key f_key(unsigned n)
{
	static const uint8_t numbers[20] = { 'P', 'Q', 'R', 'S', 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29,
		31, 32, 33, 34 };

	if (n <= 4)
		return (struct function_key){ numbers[n - 1], 1, 0, KEY_SS3 };
	return (struct function_key){ '~', (uint8_t)(n <= 20 ? numbers[n - 1] : 42 + n - 21),
		(uint16_t)(n <= 12 ? 0 : 57376 + n - 13) };
}

/* ---- output --------------------------------------------------------------------- */

void vt_out(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(o->s + o->n, VT_ENCODED_MAX - o->n, fmt, ap);
	va_end(ap);
	size_t len = n > 0 ? MIN((size_t)n, VT_ENCODED_MAX - 1 - o->n) : 0;
	char *s = o->s + o->n;
	if (o->c1 && len >= 2 && s[0] == 0x1b) {
		s[0] = (char)(s[1] + 0x40);
		memmove(s + 1, s + 2, --len - 1);
	}
	o->n += len;
}

void vt_out_bytes(struct out *o, const char *s, size_t n)
{
	n = MIN(n, VT_ENCODED_MAX - 1 - o->n);
	memcpy(o->s + o->n, s, n);
	o->n += n;
}

void vt_out_cp(struct out *o, uint32_t cp)
{
	char s[4];

	vt_out_bytes(o, s, text_utf8_encode(cp, s));
}

/* ---- keys without text, in xterm's dialect ------------------------------------------ */

/* The modifier parameter: 1 and a bit each; 8 is Meta, which Super is to it. */
static unsigned mod_param(uint32_t mods)
{
	return 1 + (mods & VT_MOD_SHIFT ? 1 : 0) + (mods & VT_MOD_ALT ? 2 : 0) + (mods & VT_MOD_CTRL ? 4 : 0) +
	    (mods & (VT_MOD_SUPER | VT_MOD_META) ? 8 : 0);
}

static void put_function(const struct vt *vt, struct out *o, const struct function_key *k, uint32_t mods)
{
	unsigned m = mod_param(mods);

	if (k->final == 0)
		return;
	if (k->final == '~') {
		vt_out(o, m > 1 ? "\033[%u;%u~" : "\033[%u~", (unsigned)k->number, m);
	} else if (m > 1) {
		vt_out(o, "\033[1;%u%c", m, k->final);
	} else {
		bool ss3 = (k->is & KEY_SS3) || ((k->is & KEY_CURSOR) && (vt->modes & VT_MODE_APP_CURSOR));

		vt_out(o, "\033%c%c", ss3 ? 'O' : '[', k->final);
	}
}

/* ---- text, in xterm's dialect --------------------------------------------------------- */

/* What Ctrl makes of a character (the table of kitty's "Legacy ctrl mapping", with what X makes of
 * braces and the grave accent); -1 when it leaves it alone. */
static int control_code(uint32_t cp)
{
	if ((cp >= 'a' && cp <= 'z') || (cp >= '@' && cp <= '_') || (cp >= '{' && cp <= '~'))
		return (int)(cp & 0x1f);
	switch (cp) {
	case ' ': case '`': case '2': return 0;
	case '3': case '4': case '5': case '6': case '7': return (int)(cp - '3') + 0x1b;
	case '/': return 0x1f;
	case '8': case '?': return 0x7f;
	default: return -1;
	}
}

/* The byte of Enter, Tab, Escape or Backspace. DECBKM says what the latter is; Ctrl gives the other one. */
static uint32_t special_byte(const struct vt *vt, uint32_t cp, uint32_t mods)
{
	if (cp != 0x7f)
		return cp;
	return !(vt->modes & VT_MODE_BACKARROW) == !(mods & VT_MOD_CTRL) ? 0x7f : 0x08;
}

/* Does modifyOtherKeys change this key? */
static bool other_key(const struct vt *vt, uint32_t cp, uint32_t mods)
{
	bool shift = mods & VT_MOD_SHIFT, alt = mods & VT_MOD_ALT, ctrl = mods & VT_MOD_CTRL;

	if (vt->other_keys == 0 || mods == 0)
		return false;
	if (mods & ~(VT_MOD_SHIFT | VT_MOD_ALT | VT_MOD_CTRL))
		return true;
	if (vt->other_keys == 2) {
		if (cp == '\t')
			return mods != VT_MOD_SHIFT;
		if (cp == 0x7f)
			return mods != VT_MOD_CTRL;
		return mods != VT_MOD_SHIFT || is_special(cp) || cp == ' ';
	}
	/* Level 1 leaves alone what has bytes that everyone knows. */
	switch (cp) {
	case '\r': return mods != VT_MOD_ALT;
	case '\t': return ctrl && !shift;
	case 0x1b: return alt && (shift || ctrl);
	case 0x7f: return false;
	case '?': return ctrl;
	default: return ctrl && control_code(cp) < 0;
	}
}

/* One byte or a character with Alt or Meta held: ESC before it, or its eighth bit set. */
static void put_meta(const struct vt *vt, struct out *o, uint32_t cp, uint32_t mods)
{
	bool esc = ((mods & VT_MOD_ALT) && (vt->modes & (VT_M_META_ESC | VT_M_ALT_ESC))) ||
	    ((mods & VT_MOD_META) && (vt->modes & VT_M_META_ESC));

	if (esc)
		vt_out_cp(o, 0x1b);
	else if ((mods & (VT_MOD_ALT | VT_MOD_META)) && cp < 0x80 && (vt->modes & VT_M_META_8BIT))
		cp |= 0x80;
	vt_out_cp(o, cp);
}

static void put_text(const struct vt *vt, struct out *o, uint32_t cp, uint32_t mods)
{
	if (other_key(vt, cp, mods)) {
		unsigned m = mod_param(mods), c = (unsigned)special_byte(vt, cp, mods);

		if (vt->other_keys_format)
			vt_out(o, "\033[%u;%uu", c, m);
		else
			vt_out(o, "\033[27;%u;%u~", m, c);
		return;
	}
	if (cp == '\t' && (mods & VT_MOD_SHIFT)) {
		if ((mods & VT_MOD_ALT) && (vt->modes & (VT_M_META_ESC | VT_M_ALT_ESC)))
			vt_out_cp(o, 0x1b);
		vt_out(o, "\033[Z");
		return;
	}
	int control = (mods & VT_MOD_CTRL) && !is_special(cp) ? control_code(cp) : -1;
	put_meta(vt, o, control >= 0 ? (uint32_t)control : special_byte(vt, cp, mods), mods);
	if (cp == '\r' && (vt->modes & VT_MODE_NEWLINE))
		vt_out_cp(o, '\n');
}

static void put_keypad(const struct vt *vt, struct out *o, const struct keypad_key *k, uint32_t mods)
{
	bool numeric = (mods & VT_MOD_NUM_LOCK) && (vt->modes & VT_M_NUM_LOCK);
	unsigned m = mod_param(mods);

	/* Ctrl makes nothing of keypad digits, and modifyOtherKeys leaves them alone. */
	if (!(vt->modes & VT_MODE_APP_KEYPAD) || numeric)
		put_meta(vt, o, (uint32_t)k->text, mods);
	else if (m > 1)
		vt_out(o, "\033O%u%c", m, k->final);
	else
		vt_out(o, "\033O%c", k->final);
}

void vt_encode_xterm(const struct vt *vt, const struct press *p, struct out *o)
{
	if (p->kind == VT_KEY_RELEASE)
		return;
	if (p->fn)
		put_function(vt, o, p->fn, p->mods);
	else if (p->pad)
		put_keypad(vt, o, p->pad, p->mods);
	else if (p->composed)
		vt_out_bytes(o, p->text, p->text_len);
	else
		put_text(vt, o, p->cp, p->mods & ~MOD_LOCKS);
}

/* ---- from what callers say to struct press --------------------------------------------- */

/* Keys that have a code of their own and are characters all the same. */
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

static bool scalar(uint32_t cp)
{
	return cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);
}

/* Clients name some keys in more than one way. */
static void normalize(struct press *p)
{
	switch (p->cp) {
	case 0x08: p->cp = 0x7f; break;
	case '\n': p->cp = '\r'; break;
	case '\t': case '\r': case 0x1b: break;
	default:
		if (p->cp < 0x20) {
			/* A control character: the key that makes it. */
			p->cp = p->cp == 0 ? ' ' : p->cp <= 26 ? p->cp + 0x60 : p->cp + 0x40;
			p->mods |= VT_MOD_CTRL;
		}
	}
	if (p->cp >= 'a' && p->cp <= 'z' && (p->mods & VT_MOD_SHIFT))
		p->cp -= 32;
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

/* Bytes of s that are its first whole characters, at most VT_KEY_TEXT_MAX; 0 when it is no text. */
static size_t usable_text(const char *s, size_t len)
{
	size_t at = 0;

	if (!text_utf8_valid(s, len))
		return 0;
	while (at < len) {
		uint32_t cp;
		size_t n = text_utf8_decode(s + at, len - at, &cp);

		if (is_control(cp))
			return 0;
		if (at + n > VT_KEY_TEXT_MAX)
			break;
		at += n;
	}
	return at;
}

/* A key that types: p->cp and p->text, for which self has room. */
static bool press_char(struct press *p, const struct vt_key *key, char self[4])
{
	p->cp = key->code == VT_KEY_CHAR ? key->value : key->code == KEY_CANCEL ? 0x03 : special_cp(key->code);
	if (!scalar(p->cp) || !scalar(key->unshifted) || !scalar(key->shifted) || !scalar(key->base))
		return false;
	p->text_len = key->text ? usable_text(key->text, key->text_len) : 0;
	if (p->cp || p->text_len == 0)
		normalize(p);
	size_t n = text_utf8_encode(p->cp, self);
	p->composed = p->text_len > 0 && (p->text_len != n || memcmp(key->text, self, n) != 0);
	if (p->composed) {
		p->text = key->text;
	} else {
		bool types = !is_control(p->cp) && !(p->mods & ~(MOD_LOCKS | VT_MOD_SHIFT));

		p->text = self;
		p->text_len = types ? n : 0;
	}
	return true;
}

size_t vt_encode_key(const struct vt *vt, const struct vt_key *key, char ret[VT_ENCODED_MAX])
{
	struct out o = { ret, 0, vt->modes & VT_M_C1_8BIT };
	struct press p = { .mods = key->mods & VT_MOD_ALL, .kind = key->kind, .unshifted = key->unshifted,
	    .shifted = key->shifted, .base = key->base };
	struct function_key f;
	char self[4];

	if (key->code == VT_KEY_CHAR || key->code == KEY_CANCEL || special_cp(key->code)) {
		if (!press_char(&p, key, self))
			return 0;
	} else if (key->code == VT_KEY_FUNCTION) {
		if (key->value < 1 || key->value > 35)
			return 0;
		f = f_key(key->value);
		p.fn = &f;
	} else if (key->code >= KEY_NUMPAD0 && key->code <= KEY_DIVIDE) {
		if (!(p.mods & VT_MOD_NUM_LOCK))
			p.fn = unlocked(key->code);
		if (!p.fn)
			p.pad = &keypad_keys[key->code - KEY_NUMPAD0];
		if (p.pad && !(p.mods & ~(MOD_LOCKS | VT_MOD_SHIFT))) {
			p.text = &p.pad->text;
			p.text_len = 1;
		}
	} else if (key->code < KEY_CODES) {
		p.fn = &function_keys[key->code];
	} else {
		return 0;
	}
	if (vt_kitty_flags(vt) & KITTY_ESCAPES)
		vt_encode_kitty(vt, &p, &o);
	else
		vt_encode_xterm(vt, &p, &o);
	return o.n;
}
