/* encode.h - what the encoders have in common. Private to src/vt.
 *
 *   encode_key.c     struct vt_key -> struct press; xterm's dialect
 *   encode_kitty.c   the kitty keyboard protocol
 *   encode_mouse.c   the mouse, and focus */
#ifndef LACE_VT_ENCODE_H
#define LACE_VT_ENCODE_H

#include "vt/internal.h"

/* Flags of the kitty keyboard protocol. */
enum { KITTY_DISAMBIGUATE = 1, KITTY_EVENTS = 2, KITTY_ALTERNATES = 4, KITTY_ALL = 8, KITTY_TEXT = 16 };
/* Those with which a key can look other than without the protocol. */
enum { KITTY_ESCAPES = KITTY_DISAMBIGUATE | KITTY_EVENTS | KITTY_ALL };

enum { MOD_LOCKS = VT_MOD_CAPS_LOCK | VT_MOD_NUM_LOCK };

/* A key without a character of its own, and how the dialects name it. */
struct function_key {
	uint8_t final;       /* CSI 1 ; mods FINAL, or CSI NUMBER ; mods ~; 0: xterm has no name for it */
	uint8_t number;
	uint16_t kitty;      /* CSI KITTY ; mods u; 0: as xterm */
	enum {
		KEY_CURSOR = 1,     /* SS3 FINAL in application cursor mode */
		KEY_SS3 = 2,        /* SS3 FINAL always, when no modifier is held */
		KEY_KEYPAD = 4,     /* the twin of a key elsewhere: its own number only when disambiguating */
		KEY_STATE = 8,      /* a modifier or a lock */
	} is;
	uint32_t mod;        /* the modifier that it is */
};

/* A keypad key with a character. */
struct keypad_key {
	char text, final;    /* the latter after SS3, in application keypad mode */
	uint16_t kitty;
};

/* A key event in a form that no longer depends on who sent it: one of fn, pad, and cp with text. */
struct press {
	const struct function_key *fn;
	const struct keypad_key *pad;
	uint32_t cp;                         /* as typed, Shift applied; 0: text without a key */
	uint32_t mods;                       /* VT_MOD_*, none of the positional ones */
	enum vt_key_kind kind;
	uint32_t unshifted, shifted, base;   /* as in struct vt_key */
	const char *text;                    /* what it types, not NUL-terminated */
	size_t text_len;                     /* 0: nothing */
	bool composed;                       /* the text is not just cp */
};

struct out {
	char *s;             /* VT_ENCODED_MAX */
	size_t n;
	bool c1;             /* S8C1T: CSI and SS3 are one byte */
};

/* A sequence, or a part of one. */
void vt_out(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as they are. */
void vt_out_bytes(struct out *o, const char *s, size_t n);
void vt_out_cp(struct out *o, uint32_t cp);

/* Enter, Tab, Escape and Backspace: characters that are names of keys rather than text. */
static inline bool is_special(uint32_t cp)
{
	return cp == 0x7f || cp == '\t' || cp == '\r' || cp == 0x1b;
}

void vt_encode_xterm(const struct vt *vt, const struct press *p, struct out *o);
void vt_encode_kitty(const struct vt *vt, const struct press *p, struct out *o);

#endif
