/* input.h - bytes of the outer terminal into events.
 *
 * Keys keep their bytes: the outer terminal has the pane's modes, so what it
 * sends is what the pane's program wants. They are decoded as far as the client
 * itself needs. Pure: no I/O, no clock; bytes may be split anywhere. */
#ifndef LACE_CLIENT_INPUT_H
#define LACE_CLIENT_INPUT_H

#include "base/str.h"

#include <stdint.h>

#define INPUT_SEQUENCE_MAX 256          /* a longer one is no key; what is known of it is passed on as text */
#define INPUT_STRING_MAX (64u << 10)    /* of an OSC, DCS ... reply, which are dropped */
#define INPUT_PASTE_MAX (16u << 20)     /* the rest of a longer paste is dropped */

enum input_kind {
	INPUT_TEXT,      /* printable bytes without meaning to us */
	INPUT_KEY,
	INPUT_MOUSE,
	INPUT_PASTE,     /* a whole one, without its markers */
	INPUT_FOCUS,     /* in or out, as bytes */
	INPUT_COLOR_SCHEME, /* report of mode 2031, as bytes */
	INPUT_KITTY_FLAGS, /* answer to CSI ? u: the terminal has the kitty keyboard protocol */
};

/* Keys that have no code point. */
enum { KEY_NONE = 0x110000, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_PAGE_UP,
	KEY_PAGE_DOWN, KEY_MODIFIER /* Shift, Ctrl, Caps Lock ... alone (kitty keyboard protocol) */ };
enum { KEY_SHIFT = 1, KEY_ALT = 2, KEY_CTRL = 4, KEY_SUPER = 8 };

enum input_mouse { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_MOVE };
enum input_button { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, BUTTON_WHEEL_UP, BUTTON_WHEEL_DOWN,
	BUTTON_WHEEL_LEFT, BUTTON_WHEEL_RIGHT, BUTTON_NONE };

struct input_event {
	enum input_kind kind;
	const char *bytes; size_t len;  /* all but MOUSE: what came (PASTE: its text) */
	uint32_t key;                   /* KEY: code point, or KEY_* */
	uint8_t mods;                   /* KEY and MOUSE */
	bool release;                   /* KEY: the key went up (kitty) */
	bool truncated;                 /* PASTE: it was longer than INPUT_PASTE_MAX */
	enum input_mouse mouse;
	enum input_button button;
	unsigned x, y;                  /* MOUSE: cell from 0 */
};
/* The event's bytes are valid during the call. */
typedef void (*input_cb)(void *user, const struct input_event *ev);

struct input {
	input_cb cb;
	void *user;
	int state;                      /* of input.c */
	struct str seq;                 /* what came of an unfinished sequence */
	size_t skipped;                 /* bytes of a string that is being dropped */
	struct str paste;
	bool paste_truncated;
};

void input_init(struct input *in, input_cb cb, void *user);
void input_fini(struct input *in);
void input_feed(struct input *in, const char *bytes, size_t len);
/* How long to wait for the rest of an unfinished sequence, in ms, -1: nothing is unfinished (or a paste,
 * which ends with its marker only). After that call input_flush: what came is taken as it is. */
int input_timeout(const struct input *in);
void input_flush(struct input *in);

#endif
