/* modes.h - the bits of LacePaneModes.modes.
 *
 * They are those of enum vt_mode (vt/vt.h), which the client may not include: it
 * needs the numbers of the protocol, not the engine. tests/unit/client compares
 * the two. */
#ifndef LACE_CLIENT_MODES_H
#define LACE_CLIENT_MODES_H

enum pane_mode {
	MODE_ALT_SCREEN = 1u << 0,
	MODE_APP_CURSOR = 1u << 1,
	MODE_APP_KEYPAD = 1u << 2,
	MODE_BRACKETED_PASTE = 1u << 3,
	MODE_FOCUS_EVENTS = 1u << 4,
	MODE_MOUSE_X10 = 1u << 5,
	MODE_MOUSE_NORMAL = 1u << 6,
	MODE_MOUSE_BUTTON = 1u << 7,
	MODE_MOUSE_ANY = 1u << 8,
	MODE_NEWLINE = 1u << 15,
	MODE_BACKARROW = 1u << 16,
	MODE_COLOR_SCHEME_REPORTS = 1u << 17,
	MODE_MOUSE_TRACKING = MODE_MOUSE_X10 | MODE_MOUSE_NORMAL | MODE_MOUSE_BUTTON | MODE_MOUSE_ANY,
};

#endif
