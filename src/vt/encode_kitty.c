/* Keys in the kitty keyboard protocol (kitty's docs/keyboard-protocol.rst):
 *
 *   CSI number : shifted : base ; modifiers : event ; text u
 *
 * where number is the character that the key types alone, or one that kitty
 * gives a key without characters. Keys that xterm names keep their finals.
 *
 * A client tells the character that was typed, and seldom the layout: the key
 * of an upper case letter is its lower case one, and with Shift that of '!' is
 * the one where a US keyboard has it (as wezterm guesses too). */
#include "vt/encode.h"

/* The modifier parameter: 1 and a bit each. */
static unsigned mod_param(uint32_t mods)
{
	static const uint32_t order[] = { VT_MOD_SHIFT, VT_MOD_ALT, VT_MOD_CTRL, VT_MOD_SUPER, VT_MOD_HYPER,
		VT_MOD_META, VT_MOD_CAPS_LOCK, VT_MOD_NUM_LOCK };
	unsigned param = 1;

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		param += mods & order[i] ? 1u << i : 0;
	return param;
}

/* The lower case of the letters that stand on keyboards: Latin, Greek, Cyrillic, Armenian. */
static uint32_t lower(uint32_t cp)
{
	if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xc0 && cp <= 0xde && cp != 0xd7))
		return cp + 32;
	if ((cp >= 0x100 && cp <= 0x137 && cp != 0x130) || (cp >= 0x14a && cp <= 0x177) ||
	    (cp >= 0x460 && cp <= 0x481) || (cp >= 0x48a && cp <= 0x4bf) || (cp >= 0x4d0 && cp <= 0x52f) ||
	    (cp >= 0x1e00 && cp <= 0x1e95) || (cp >= 0x1ea0 && cp <= 0x1eff))
		return cp | 1;                       /* pairs, the upper one even */
	if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17e) || (cp >= 0x4c1 && cp <= 0x4ce))
		return cp + (cp & 1);                /* pairs, the upper one odd */
	if ((cp >= 0x391 && cp <= 0x3ab && cp != 0x3a2) || (cp >= 0x410 && cp <= 0x42f))
		return cp + 32;
	if (cp >= 0x400 && cp <= 0x40f)
		return cp + 80;
	if (cp >= 0x531 && cp <= 0x556)
		return cp + 48;
	switch (cp) {
	case 0x130: return 'i';
	case 0x178: return 0xff;
	case 0x386: return 0x3ac;
	case 0x388: case 0x389: case 0x38a: return cp + 37;
	case 0x38c: return 0x3cc;
	case 0x38e: case 0x38f: return cp + 63;
	case 0x1e9e: return 0xdf;
	default: return cp;
	}
}

/* The character that a key types without Shift. */
static uint32_t unshift(uint32_t cp, uint32_t mods)
{
	static const char shifted[] = "~!@#$%^&*()_+{}|:\"<>?", plain[] = "`1234567890-=[]\\;',./";

	if ((mods & VT_MOD_SHIFT) && cp > 0x20 && cp < 0x7f) {
		const char *at = strchr(shifted, (int)cp);

		if (at)
			return (uint32_t)plain[at - shifted];
	}
	return lower(cp);
}

/* `event` is 0 when it is not told. */
static void put_modifiers(struct out *o, unsigned mods, unsigned event)
{
	if (event)
		vt_out(o, ";%u:%u", mods, event);
	else if (mods > 1)
		vt_out(o, ";%u", mods);
}

static void put_function(const struct press *p, struct out *o, uint8_t flags, unsigned event)
{
	const struct function_key *k = p->fn;
	uint32_t mods = p->mods;
	uint16_t number = k->kitty;

	if (k->is & KEY_STATE) {
		if (!(flags & KITTY_ALL))
			return;
		if (p->kind != VT_KEY_RELEASE && !(k->mod & MOD_LOCKS))
			mods |= k->mod;
	}
	if ((k->is & KEY_KEYPAD) && !(flags & (KITTY_DISAMBIGUATE | KITTY_ALL)))
		number = 0;
	/* CSI R would be a cursor position report. */
	bool f3 = k->final == 'R';
	unsigned m = mod_param(mods);
	if (number || f3 || k->final == '~') {
		vt_out(o, "\033[%u", f3 ? 13u : number ? (unsigned)number : (unsigned)k->number);
		put_modifiers(o, m, event);
		vt_out(o, "%c", number ? 'u' : '~');
	} else if (k->final) {
		vt_out(o, m > 1 || event ? "\033[1" : "\033[");
		put_modifiers(o, m, event);
		vt_out(o, "%c", k->final);
	}
}

static void put_key(const struct press *p, struct out *o, uint8_t flags, unsigned event)
{
	unsigned m = mod_param(p->mods);
	bool text = (flags & KITTY_ALL) && (flags & KITTY_TEXT) && p->kind != VT_KEY_RELEASE && p->text_len > 0;

	if (p->pad) {
		bool own = flags & (KITTY_DISAMBIGUATE | KITTY_ALL);

		vt_out(o, "\033[%u", own ? (unsigned)p->pad->kitty : (unsigned)p->pad->text);
	} else {
		uint32_t key = p->unshifted ? p->unshifted : unshift(p->cp, p->mods);
		uint32_t shifted = p->shifted ? p->shifted : p->cp;

		vt_out(o, "\033[%u", (unsigned)key);
		if ((flags & KITTY_ALTERNATES) && p->cp && !is_special(p->cp)) {
			bool with_shifted = (p->mods & VT_MOD_SHIFT) && shifted != key;
			bool with_base = p->base && p->base != key;

			if (with_shifted)
				vt_out(o, ":%u", (unsigned)shifted);
			if (with_base)
				vt_out(o, with_shifted ? ":%u" : "::%u", (unsigned)p->base);
		}
	}
	if (text && m == 1 && !event)
		vt_out(o, ";");
	put_modifiers(o, m, event);
	for (size_t at = 0; text && at < p->text_len;) {
		uint32_t cp;
		size_t n = text_utf8_decode(p->text + at, p->text_len - at, &cp);

		vt_out(o, at == 0 ? ";%u" : ":%u", (unsigned)cp);
		at += n;
	}
	vt_out(o, "u");
}

void vt_encode_kitty(const struct vt *vt, const struct press *p, struct out *o)
{
	uint8_t flags = vt_kitty_flags(vt);
	unsigned event = (flags & KITTY_EVENTS) && p->kind != VT_KEY_PRESS ? (unsigned)p->kind + 1 : 0;
	bool typed_key = p->cp == '\r' || p->cp == '\t' || p->cp == 0x7f;

	if (p->kind == VT_KEY_RELEASE && (!event || (!p->fn && !p->pad && !p->cp)))
		return;
	if (p->fn) {
		put_function(p, o, flags, event);
		return;
	}
	if (!(flags & KITTY_ALL)) {
		/* No release, so that one can still type `reset` after a program that left the flags behind. */
		if (typed_key && p->kind == VT_KEY_RELEASE)
			return;
		if (p->text_len > 0 && p->kind != VT_KEY_RELEASE) {
			vt_out_bytes(o, p->text, p->text_len);
			return;
		}
		bool known = !(flags & KITTY_DISAMBIGUATE) && !event &&
		    !(p->mods & ~(MOD_LOCKS | VT_MOD_SHIFT | VT_MOD_ALT | VT_MOD_CTRL));
		if (known || (typed_key && !(p->mods & ~MOD_LOCKS))) {
			vt_encode_xterm(vt, p, o);
			return;
		}
	}
	put_key(p, o, flags, event);
}
