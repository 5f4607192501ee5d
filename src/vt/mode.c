/* Modes. One table says which number is which bit; what a mode does beyond its
 * bit stands in changed(). */
#include "vt/internal.h"

static const struct {
	uint16_t number;
	bool dec;
	uint64_t bit;
} modes[] = {
	{ 2, false, VT_M_KEYBOARD_LOCK },
	{ 4, false, VT_M_INSERT },
	{ 12, false, VT_M_LOCAL_ECHO_OFF },
	{ 20, false, VT_MODE_NEWLINE },
	{ 1, true, VT_MODE_APP_CURSOR },
	{ 3, true, VT_M_COLUMNS },
	{ 4, true, VT_M_SMOOTH_SCROLL },
	{ 5, true, VT_MODE_REVERSE_VIDEO },
	{ 6, true, VT_M_ORIGIN },
	{ 7, true, VT_M_AUTOWRAP },
	{ 8, true, VT_M_AUTO_REPEAT },
	{ 9, true, VT_MODE_MOUSE_X10 },
	{ 12, true, VT_M_CURSOR_BLINK },
	{ 25, true, VT_M_CURSOR_VISIBLE },
	{ 40, true, VT_M_ALLOW_COLUMNS },
	{ 45, true, VT_M_REVERSE_WRAP },
	{ 47, true, VT_MODE_ALT_SCREEN },
	{ 66, true, VT_MODE_APP_KEYPAD },
	{ 67, true, VT_MODE_BACKARROW },
	{ 69, true, VT_M_LEFT_RIGHT },
	{ 1000, true, VT_MODE_MOUSE_NORMAL },
	{ 1002, true, VT_MODE_MOUSE_BUTTON },
	{ 1003, true, VT_MODE_MOUSE_ANY },
	{ 1004, true, VT_MODE_FOCUS_EVENTS },
	{ 1005, true, VT_MODE_MOUSE_UTF8 },
	{ 1006, true, VT_MODE_MOUSE_SGR },
	{ 1007, true, VT_MODE_ALT_SCROLL },
	{ 1015, true, VT_MODE_MOUSE_URXVT },
	{ 1016, true, VT_MODE_MOUSE_PIXELS },
	{ 1047, true, VT_MODE_ALT_SCREEN },
	{ 1049, true, VT_MODE_ALT_SCREEN },
	{ 2004, true, VT_MODE_BRACKETED_PASTE },
	{ 2026, true, VT_M_SYNC },
	{ 2031, true, VT_MODE_COLOR_SCHEME_REPORTS },
	{ 2048, true, VT_M_SIZE_REPORTS },
};

static uint64_t mode_bit(unsigned number, bool dec)
{
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (modes[i].number == number && modes[i].dec == dec)
			return modes[i].bit;
	return 0;
}

static void alternate(struct vt *vt, unsigned number, bool set)
{
	if (number == 1049 && set && !vt_is_alt(vt))
		vt_cursor_save(vt);
	if (number == 1047 && !set && vt_is_alt(vt))
		vt_erase_rows(vt, 0, vt->rows);
	vt_screen_switch(vt, set);
	if (number == 1049 && set)
		vt_erase_rows(vt, 0, vt->rows);
	else if (number == 1049)
		vt_cursor_restore(vt);
}

static void columns(struct vt *vt, bool set)
{
	if (!(vt->modes & VT_M_ALLOW_COLUMNS))
		return;
	vt_margins_reset(vt);
	vt_erase_rows(vt, 0, vt->rows);
	vt_cursor_to(vt, 0, 0);
	if (vt->cb.size_request)
		vt->cb.size_request(vt->user, vt->rows, set ? 132 : 80);
}

/* The bit has its new value. */
static void changed(struct vt *vt, unsigned number, bool set)
{
	switch (number) {
	case 3: columns(vt, set); break;
	case 6: vt_cursor_to_origin(vt, 0, 0); break;
	case 7:
		if (!set)
			vt->pos.pending = false;
		break;
	case 9:
	case 1000:
	case 1002:
	case 1003:
		vt->mouse_x = vt->mouse_y = -1;
		break;
	case 69:
		if (!set) {
			vt->left = 0;
			vt->right = (uint16_t)(vt->cols - 1);
		}
		break;
	case 2048:
		if (set)
			vt_report_size(vt);
		break;
	default: break;
	}
}

void vt_mode_ansi(struct vt *vt, unsigned number, bool set)
{
	uint64_t bit = mode_bit(number, false);

	vt->modes = set ? vt->modes | bit : vt->modes & ~bit;
	vt_print_update(vt);
}

void vt_mode_dec(struct vt *vt, unsigned number, bool set)
{
	uint64_t bit = mode_bit(number, true);

	if (number == 1048) {
		if (set)
			vt_cursor_save(vt);
		else
			vt_cursor_restore(vt);
		return;
	}
	if (bit == VT_MODE_ALT_SCREEN) {
		alternate(vt, number, set);
		return;
	}
	/* Of the ways to track the mouse the last one set counts. */
	if (set && (bit & VT_MODE_MOUSE_TRACKING))
		vt->modes &= ~(uint64_t)VT_MODE_MOUSE_TRACKING;
	vt->modes = set ? vt->modes | bit : vt->modes & ~bit;
	changed(vt, number, set);
	vt_print_update(vt);
}

enum vt_mode_state vt_mode_query(const struct vt *vt, unsigned number, bool dec)
{
	uint64_t bit = mode_bit(number, dec);

	if (bit)
		return vt->modes & bit ? VT_MODE_SET : VT_MODE_RESET;
	if (dec && number == 2027)
		return VT_MODE_ALWAYS_SET;       /* cells hold grapheme clusters */
	if (dec && number == 1048)
		return VT_MODE_SET;
	return VT_MODE_UNKNOWN;
}

void vt_mode_save(struct vt *vt, unsigned number)
{
	uint64_t bit = mode_bit(number, true);

	vt->saved_modes = (vt->saved_modes & ~bit) | (vt->modes & bit);
}

void vt_mode_restore(struct vt *vt, unsigned number)
{
	uint64_t bit = mode_bit(number, true);

	if (bit)
		vt_mode_dec(vt, number, vt->saved_modes & bit);
}
