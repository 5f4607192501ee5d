/* Mouse events, focus changes and pastes as bytes for the program. */
#include "vt/internal.h"

enum { BUTTON_RELEASE = 3, BUTTON_MOTION = 32 };

/* The button's number on the wire, without modifiers. */
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
	case VT_BUTTON_NONE: break;
	}
	return BUTTON_RELEASE;
}

static bool is_wheel(enum vt_mouse_button b)
{
	return b >= VT_BUTTON_WHEEL_UP && b <= VT_BUTTON_WHEEL_RIGHT;
}

/* One report; 0 when the position cannot be said in this encoding. */
static size_t report(const struct vt *vt, unsigned code, bool release, unsigned x, unsigned y, char *ret, size_t size)
{
	int n;

	if (vt->modes & (VT_MODE_MOUSE_SGR | VT_MODE_MOUSE_PIXELS)) {
		n = snprintf(ret, size, "\033[<%u;%u;%u%c", code, x + 1, y + 1, release ? 'm' : 'M');
		return n > 0 && (size_t)n < size ? (size_t)n : 0;
	}
	if (release)
		code = (code & ~3u) | BUTTON_RELEASE;
	if (vt->modes & VT_MODE_MOUSE_URXVT) {
		n = snprintf(ret, size, "\033[%u;%u;%uM", code + 32, x + 1, y + 1);
		return n > 0 && (size_t)n < size ? (size_t)n : 0;
	}
	bool utf8 = vt->modes & VT_MODE_MOUSE_UTF8;
	unsigned most = utf8 ? 2015 : 223, values[3] = { code + 32, x + 33, y + 33 };
	if (x + 1 > most || y + 1 > most || size < 3 + 3 * 4)
		return 0;
	memcpy(ret, "\033[M", 3);
	size_t len = 3;
	for (unsigned i = 0; i < 3; i++) {
		if (utf8)
			len += text_utf8_encode(values[i], ret + len);
		else
			ret[len++] = (char)values[i];
	}
	return len;
}

/* The wheel in the alternate screen, when nobody tracks it: three lines a step. */
static size_t wheel_keys(const struct vt *vt, const struct vt_mouse *m, char *ret)
{
	static const char finals[] = { 'A', 'B', 'D', 'C' };
	char final = finals[m->button - VT_BUTTON_WHEEL_UP];
	size_t n = 0;

	for (uint32_t i = 0; i < MIN(m->count, 1000u) * 3 && n + 3 <= VT_ENCODED_MAX; i++) {
		ret[n++] = '\033';
		ret[n++] = vt->modes & VT_MODE_APP_CURSOR ? 'O' : '[';
		ret[n++] = final;
	}
	return n;
}

/* Is this event wanted by the mode that tracks? Keeps note of the buttons held. */
static bool wanted(struct vt *vt, const struct vt_mouse *m)
{
	uint64_t modes = vt->modes;

	if (m->kind == VT_MOUSE_PRESS && !is_wheel(m->button) && m->button != VT_BUTTON_NONE)
		vt->mouse_buttons |= (uint8_t)(1u << m->button);
	bool dragging = vt->mouse_buttons != 0;
	if (m->kind == VT_MOUSE_RELEASE)
		vt->mouse_buttons &= (uint8_t)~(m->button == VT_BUTTON_NONE ? 0xffu : 1u << m->button);
	switch (m->kind) {
	case VT_MOUSE_PRESS:
		return m->button != VT_BUTTON_NONE;
	case VT_MOUSE_RELEASE:
		return !is_wheel(m->button) && !(modes & VT_MODE_MOUSE_X10);
	case VT_MOUSE_MOVE:
		return (modes & VT_MODE_MOUSE_ANY) ||
		    ((modes & VT_MODE_MOUSE_BUTTON) && (dragging || m->button != VT_BUTTON_NONE));
	}
	return false;
}

/* The button that a movement drags. */
static enum vt_mouse_button dragged(const struct vt *vt, const struct vt_mouse *m)
{
	if (m->button != VT_BUTTON_NONE)
		return m->button;
	for (unsigned b = VT_BUTTON_LEFT; b <= VT_BUTTON_RIGHT; b++)
		if (vt->mouse_buttons & 1u << b)
			return (enum vt_mouse_button)b;
	return VT_BUTTON_NONE;
}

size_t vt_encode_mouse(struct vt *vt, const struct vt_mouse *mouse, char ret[VT_ENCODED_MAX])
{
	unsigned x = MIN(mouse->x, vt->cols - 1u), y = MIN(mouse->y, vt->rows - 1u);
	bool wheel = is_wheel(mouse->button);

	if (!(vt->modes & VT_MODE_MOUSE_TRACKING)) {
		if (!wheel || mouse->kind != VT_MOUSE_PRESS || !vt_is_alt(vt) || !(vt->modes & VT_MODE_ALT_SCROLL))
			return 0;
		return wheel_keys(vt, mouse, ret);
	}
	if (!wanted(vt, mouse))
		return 0;
	if (vt->modes & VT_MODE_MOUSE_PIXELS) {
		x = x * (vt->pixel_width / vt->cols) + MIN(mouse->pixel_x, 1000u);
		y = y * (vt->pixel_height / vt->rows) + MIN(mouse->pixel_y, 1000u);
	}
	/* A movement inside the cell last reported is none. */
	if (mouse->kind == VT_MOUSE_MOVE && vt->mouse_x == (int32_t)x && vt->mouse_y == (int32_t)y)
		return 0;
	vt->mouse_x = (int32_t)x;
	vt->mouse_y = (int32_t)y;
	enum vt_mouse_button button = mouse->kind == VT_MOUSE_MOVE ? dragged(vt, mouse) : mouse->button;
	unsigned code = button_code(button);
	if (mouse->kind == VT_MOUSE_MOVE)
		code += BUTTON_MOTION;
	if (!(vt->modes & VT_MODE_MOUSE_X10))
		code += (mouse->mods & VT_MOD_SHIFT ? 4 : 0) + (mouse->mods & VT_MOD_ALT ? 8 : 0) +
		    (mouse->mods & VT_MOD_CTRL ? 16 : 0);
	size_t n = 0;
	for (uint32_t i = 0; i < (wheel ? MAX(mouse->count, 1u) : 1); i++) {
		size_t k = report(vt, code, mouse->kind == VT_MOUSE_RELEASE, x, y, ret + n, VT_ENCODED_MAX - n);

		if (k == 0)
			break;
		n += k;
	}
	return n;
}

size_t vt_encode_focus(const struct vt *vt, bool focused, char ret[VT_ENCODED_MAX])
{
	if (!(vt->modes & VT_MODE_FOCUS_EVENTS))
		return 0;
	memcpy(ret, focused ? "\033[I" : "\033[O", 3);
	return 3;
}

char *vt_encode_paste(const struct vt *vt, const char *text, size_t len, size_t *ret_len)
{
	static const char begin[] = "\033[200~", end[] = "\033[201~";
	bool bracketed = vt->modes & VT_MODE_BRACKETED_PASTE;
	char *out = xmalloc(len + sizeof(begin) + sizeof(end));
	size_t n = 0;

	if (bracketed) {
		memcpy(out, begin, 6);
		n = 6;
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (len - i >= 6 && memcmp(text + i, end, 6) == 0) {
			i += 5;
			continue;
		}
		/* U+0080..U+009F are controls too. */
		if (c == 0xc2 && i + 1 < len && (uint8_t)text[i + 1] >= 0x80 && (uint8_t)text[i + 1] <= 0x9f) {
			i++;
			continue;
		}
		if (c == '\r' && i + 1 < len && text[i + 1] == '\n')
			continue;
		if (c == '\r' || c == '\n')
			out[n++] = bracketed ? '\n' : '\r';
		else if (c == '\t' || (c >= 0x20 && c != 0x7f))
			out[n++] = (char)c;
	}
	if (bracketed) {
		memcpy(out + n, end, 6);
		n += 6;
	}
	out[n] = 0;
	*ret_len = n;
	return out;
}
