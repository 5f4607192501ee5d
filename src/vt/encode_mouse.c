/* Mouse events and focus changes as bytes for the program. What xterm (patch 379) sends for the same events is
 * what tests/unit/vt/test_mouse.c expects. */
#include "vt/encode.h"

enum { BUTTON_RELEASE = 3, BUTTON_MOTION = 32, BUTTON_MODIFIERS = 4 | 8 | 16 };

/* The button's number in a report. */
static unsigned button_code(enum vt_mouse_button b)
{
	switch (b) {
	case VT_BUTTON_LEFT: return 0;
	case VT_BUTTON_MIDDLE: return 1;
	case VT_BUTTON_RIGHT: return 2;
	case VT_BUTTON_WHEEL_UP: return 64;
	case VT_BUTTON_WHEEL_DOWN: return 65;
	case VT_BUTTON_WHEEL_LEFT: return 66;
	case VT_BUTTON_WHEEL_RIGHT: return 67;
	case VT_BUTTON_8: return 128;
	case VT_BUTTON_9: return 129;
	case VT_BUTTON_10: return 130;
	case VT_BUTTON_11: return 131;
	case VT_BUTTON_NONE: break;
	}
	return BUTTON_RELEASE;
}

static bool is_wheel(enum vt_mouse_button b)
{
	return b >= VT_BUTTON_WHEEL_UP && b <= VT_BUTTON_WHEEL_RIGHT;
}

/* The held button with the lowest number. */
static enum vt_mouse_button held(uint16_t buttons)
{
	for (unsigned b = VT_BUTTON_LEFT; b <= VT_BUTTON_11; b++)
		if (buttons & 1u << b)
			return (enum vt_mouse_button)b;
	return VT_BUTTON_NONE;
}

/* One report; false when there is no room, or the position cannot be said in this encoding. */
static bool report(const struct vt *vt, struct out *o, unsigned code, bool release, unsigned x, unsigned y)
{
	if (VT_ENCODED_MAX - o->n < 48)
		return false;
	if (vt->modes & (VT_MODE_MOUSE_SGR | VT_MODE_MOUSE_PIXELS)) {
		vt_out(o, "\033[<%u;%u;%u%c", code, x + 1, y + 1, release ? 'm' : 'M');
		return true;
	}
	if (release)
		code = (code & BUTTON_MODIFIERS) | BUTTON_RELEASE;
	if (vt->modes & VT_MODE_MOUSE_URXVT) {
		vt_out(o, "\033[%u;%u;%uM", code + 32, x + 1, y + 1);
		return true;
	}
	bool utf8 = vt->modes & VT_MODE_MOUSE_UTF8;
	unsigned most = utf8 ? 2015 : 223, values[3] = { code + 32, x + 33, y + 33 };
	if (x + 1 > most || y + 1 > most)
		return false;
	vt_out(o, "\033[M");
	for (unsigned i = 0; i < 3; i++) {
		char byte = (char)values[i];

		if (utf8)
			vt_out_cp(o, values[i]);
		else
			vt_out_bytes(o, &byte, 1);
	}
	return true;
}

/* The wheel in the alternate screen, when nobody tracks it: three lines a step. */
static void wheel_keys(const struct vt *vt, struct out *o, const struct vt_mouse *m)
{
	static const uint8_t arrows[] = { 30, 31, 28, 29 };      /* key codes: up, down, left, right */
	struct vt_key key = { .code = arrows[m->button - VT_BUTTON_WHEEL_UP] };
	char s[VT_ENCODED_MAX];
	size_t n = vt_encode_key(vt, &key, s);

	for (uint32_t i = 0; i < MIN(m->count, 1000u) * 3 && VT_ENCODED_MAX - o->n > n; i++)
		vt_out_bytes(o, s, n);
}

/* Does the mode that tracks want to know of it? */
static bool wanted(const struct vt *vt, enum vt_mouse_kind kind, enum vt_mouse_button button)
{
	switch (kind) {
	case VT_MOUSE_PRESS:
		return vt->modes & VT_MODE_MOUSE_X10 ? button <= VT_BUTTON_RIGHT : button != VT_BUTTON_NONE;
	case VT_MOUSE_RELEASE:
		return !is_wheel(button) && !(vt->modes & VT_MODE_MOUSE_X10);
	case VT_MOUSE_MOVE:
		return (vt->modes & VT_MODE_MOUSE_ANY) ||
		    ((vt->modes & VT_MODE_MOUSE_BUTTON) && button != VT_BUTTON_NONE);
	}
	return false;
}

size_t vt_encode_mouse(struct vt *vt, const struct vt_mouse *mouse, char ret[VT_ENCODED_MAX])
{
	struct out o = { ret, 0, vt->modes & VT_M_C1_8BIT };
	unsigned x = MIN(mouse->x, vt->cols - 1u), y = MIN(mouse->y, vt->rows - 1u);
	enum vt_mouse_button button = MIN(mouse->button, VT_BUTTON_11);
	bool wheel = is_wheel(button);

	/* Some callers do not say which button it is that moves or is let go. */
	if (mouse->kind != VT_MOUSE_PRESS && button == VT_BUTTON_NONE)
		button = held(vt->mouse_buttons);
	if (mouse->kind == VT_MOUSE_PRESS && !wheel && button != VT_BUTTON_NONE)
		vt->mouse_buttons |= (uint16_t)(1u << button);
	else if (mouse->kind == VT_MOUSE_RELEASE)
		vt->mouse_buttons &= (uint16_t)~(1u << button);
	if (!(vt->modes & VT_MODE_MOUSE_TRACKING)) {
		if (wheel && mouse->kind == VT_MOUSE_PRESS && vt_is_alt(vt) && (vt->modes & VT_MODE_ALT_SCROLL))
			wheel_keys(vt, &o, mouse);
		return o.n;
	}
	if (!wanted(vt, mouse->kind, button))
		return 0;
	if (vt->modes & VT_MODE_MOUSE_PIXELS) {
		x = x * (vt->pixel_width / vt->cols) + MIN(mouse->pixel_x, 1000u);
		y = y * (vt->pixel_height / vt->rows) + MIN(mouse->pixel_y, 1000u);
	}
	/* A movement inside the cell (or on the pixel) last reported is none. */
	if (mouse->kind == VT_MOUSE_MOVE && vt->mouse_x == (int32_t)x && vt->mouse_y == (int32_t)y)
		return 0;
	vt->mouse_x = (int32_t)x;
	vt->mouse_y = (int32_t)y;
	unsigned code = button_code(button);
	if (mouse->kind == VT_MOUSE_MOVE)
		code += BUTTON_MOTION;
	if (!(vt->modes & VT_MODE_MOUSE_X10))
		code += (mouse->mods & VT_MOD_SHIFT ? 4 : 0) + (mouse->mods & (VT_MOD_ALT | VT_MOD_META) ? 8 : 0) +
		    (mouse->mods & VT_MOD_CTRL ? 16 : 0);
	uint32_t steps = wheel ? MAX(mouse->count, 1u) : 1;
	while (steps-- > 0 && report(vt, &o, code, mouse->kind == VT_MOUSE_RELEASE, x, y))
		;
	return o.n;
}

size_t vt_encode_focus(const struct vt *vt, bool focused, char ret[VT_ENCODED_MAX])
{
	struct out o = { ret, 0, vt->modes & VT_M_C1_8BIT };

	if (vt->modes & VT_MODE_FOCUS_EVENTS)
		vt_out(&o, focused ? "\033[I" : "\033[O");
	return o.n;
}
