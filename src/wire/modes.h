/* modes.h - the bits of LacePaneModes.modes (docs/protocol.md 3.7).
 *
 * The client acts on them and the server takes them from the engine, whose enum
 * vt_mode has the same numbers: src/mux, which sees both, checks that. */
#ifndef LACE_WIRE_MODES_H
#define LACE_WIRE_MODES_H

enum wire_pane_mode {
	WIRE_MODE_ALT_SCREEN = 1u << 0,
	WIRE_MODE_APP_CURSOR = 1u << 1,
	WIRE_MODE_APP_KEYPAD = 1u << 2,
	WIRE_MODE_BRACKETED_PASTE = 1u << 3,
	WIRE_MODE_FOCUS_EVENTS = 1u << 4,
	WIRE_MODE_MOUSE_X10 = 1u << 5,
	WIRE_MODE_MOUSE_NORMAL = 1u << 6,
	WIRE_MODE_MOUSE_BUTTON = 1u << 7,
	WIRE_MODE_MOUSE_ANY = 1u << 8,
	WIRE_MODE_MOUSE_UTF8 = 1u << 9,
	WIRE_MODE_MOUSE_SGR = 1u << 10,
	WIRE_MODE_MOUSE_URXVT = 1u << 11,
	WIRE_MODE_MOUSE_PIXELS = 1u << 12,
	WIRE_MODE_ALT_SCROLL = 1u << 13,
	WIRE_MODE_REVERSE_VIDEO = 1u << 14,
	WIRE_MODE_NEWLINE = 1u << 15,
	WIRE_MODE_BACKARROW = 1u << 16,
	WIRE_MODE_COLOR_SCHEME_REPORTS = 1u << 17,
	WIRE_MODE_FORMAT_OTHER_KEYS = 1u << 18,  /* no mode of the engine's, but told as one; from version 2 on */
	WIRE_MODE_MOUSE_TRACKING = WIRE_MODE_MOUSE_X10 | WIRE_MODE_MOUSE_NORMAL | WIRE_MODE_MOUSE_BUTTON |
	    WIRE_MODE_MOUSE_ANY,
};

#endif
