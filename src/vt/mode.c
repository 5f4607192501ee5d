/* Modes. One table says which number is which bit, and what happens when it is
 * set or reset beyond that bit. */
#include "vt/internal.h"

static void flip(struct vt *vt, uint64_t bit, bool set)
{
	vt->modes = set ? vt->modes | bit : vt->modes & ~bit;
}

static void alternate(struct vt *vt, unsigned number, bool set)
{
	if (!(vt->modes & VT_M_ALT_ALLOWED))
		return;
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
	flip(vt, VT_M_COLUMNS, set);
	flip(vt, VT_M_LEFT_RIGHT, false);
	vt_margins_reset(vt);
	if (!(vt->modes & VT_M_NO_CLEAR_COLUMNS))
		vt_erase_rows(vt, 0, vt->rows);
	vt_cursor_to(vt, 0, 0);
	vt_want_size(vt, vt->rows, set ? 132 : 80);
}

static void origin(struct vt *vt, bool set)
{
	flip(vt, VT_M_ORIGIN, set);
	vt_cursor_to_origin(vt, 0, 0);
}

static void autowrap(struct vt *vt, bool set)
{
	flip(vt, VT_M_AUTOWRAP, set);
	if (!set)
		vt->pos.pending = false;
}

/* A cursor of the default shape is the attached terminal's own, and so is its blinking. */
static void blink(struct vt *vt, bool set)
{
	flip(vt, VT_M_CURSOR_BLINK, set);
	if (vt->shape != VT_CURSOR_DEFAULT)
		vt->shape = (enum vt_cursor_shape)(((vt->shape - 1) | 1) + !set);
}

static void allow_alternate(struct vt *vt, bool set)
{
	if (!set)
		vt_screen_switch(vt, false);
	flip(vt, VT_M_ALT_ALLOWED, set);
}

/* Of the ways to track the mouse the last one set counts, and to reset any of them ends it: xterm has one
 * variable for all. */
static void mouse(struct vt *vt, uint64_t bit, bool set)
{
	flip(vt, VT_MODE_MOUSE_TRACKING, false);
	if (set)
		flip(vt, bit, true);
	vt->mouse_x = vt->mouse_y = -1;
}

/* The last one set counts here too, but only its own number resets it. */
static void mouse_format(struct vt *vt, uint64_t bit, bool set)
{
	if (set)
		flip(vt, VT_MODE_MOUSE_FORMAT, false);
	flip(vt, bit, set);
	vt->mouse_x = vt->mouse_y = -1;
}

static void side_margins(struct vt *vt, bool set)
{
	if (vt->level < 4)
		return;
	flip(vt, VT_M_LEFT_RIGHT, set);
	if (set) {
		vt_lines_single(vt);
	} else {
		vt->left = 0;
		vt->right = (uint16_t)(vt->cols - 1);
		vt->pos.pending = vt->pos.pending && vt->pos.x == vt->right;
	}
}

static void save_cursor(struct vt *vt, bool set)
{
	if (!(vt->modes & VT_M_ALT_ALLOWED))
		return;
	if (set)
		vt_cursor_save(vt);
	else
		vt_cursor_restore(vt);
}

static void size_reports(struct vt *vt, bool set)
{
	flip(vt, VT_M_SIZE_REPORTS, set);
	if (set)
		vt_report_size(vt);
}

/* No bits: such modes cannot be changed. */
#define ALWAYS_ON (1ull << 63)
#define ALWAYS_OFF (1ull << 62)
#define SAVED 0

/* Number, mnemonic, bit, what setting or resetting does. */
#define FLIP(bit) flip(vt, bit, set)
#define NOTHING (void)0
#define ANSI_MODES(X) \
	X(1, "GATM", ALWAYS_OFF, NOTHING) \
	X(2, "KAM", VT_M_KEYBOARD_LOCK, FLIP(VT_M_KEYBOARD_LOCK)) \
	X(4, "IRM", VT_M_INSERT, FLIP(VT_M_INSERT)) \
	X(5, "SRTM", ALWAYS_OFF, NOTHING) \
	X(7, "VEM", ALWAYS_OFF, NOTHING) \
	X(10, "HEM", ALWAYS_OFF, NOTHING) \
	X(11, "PUM", ALWAYS_OFF, NOTHING) \
	X(12, "SRM", VT_M_LOCAL_ECHO_OFF, FLIP(VT_M_LOCAL_ECHO_OFF)) \
	X(13, "FEAM", ALWAYS_OFF, NOTHING) \
	X(14, "FETM", ALWAYS_OFF, NOTHING) \
	X(15, "MATM", ALWAYS_OFF, NOTHING) \
	X(16, "TTM", ALWAYS_OFF, NOTHING) \
	X(17, "SATM", ALWAYS_OFF, NOTHING) \
	X(18, "TSM", ALWAYS_OFF, NOTHING) \
	X(19, "EBM", ALWAYS_OFF, NOTHING) \
	X(20, "LNM", VT_MODE_NEWLINE, FLIP(VT_MODE_NEWLINE))

#define DEC_MODES(X) \
	X(1, "DECCKM", VT_MODE_APP_CURSOR, FLIP(VT_MODE_APP_CURSOR)) \
	X(3, "DECCOLM", VT_M_COLUMNS, columns(vt, set)) \
	X(4, "DECSCLM", VT_M_SMOOTH_SCROLL, FLIP(VT_M_SMOOTH_SCROLL)) \
	X(5, "DECSCNM", VT_MODE_REVERSE_VIDEO, FLIP(VT_MODE_REVERSE_VIDEO)) \
	X(6, "DECOM", VT_M_ORIGIN, origin(vt, set)) \
	X(7, "DECAWM", VT_M_AUTOWRAP, autowrap(vt, set)) \
	X(8, "DECARM", VT_M_AUTO_REPEAT, FLIP(VT_M_AUTO_REPEAT)) \
	X(9, "X10MOUSE", VT_MODE_MOUSE_X10, mouse(vt, VT_MODE_MOUSE_X10, set)) \
	X(12, "BLINK", VT_M_CURSOR_BLINK, blink(vt, set)) \
	X(25, "DECTCEM", VT_M_CURSOR_VISIBLE, FLIP(VT_M_CURSOR_VISIBLE)) \
	X(40, "ALLOW80TO132", VT_M_ALLOW_COLUMNS, FLIP(VT_M_ALLOW_COLUMNS)) \
	X(45, "REVERSEWRAP", VT_M_REVERSE_WRAP, FLIP(VT_M_REVERSE_WRAP)) \
	X(47, "ALTBUF", VT_MODE_ALT_SCREEN, alternate(vt, 47, set)) \
	X(66, "DECNKM", VT_MODE_APP_KEYPAD, FLIP(VT_MODE_APP_KEYPAD)) \
	X(67, "DECBKM", VT_MODE_BACKARROW, FLIP(VT_MODE_BACKARROW)) \
	X(69, "DECLRMM", VT_M_LEFT_RIGHT, side_margins(vt, set)) \
	X(80, "DECSDM", VT_M_SIXEL_DISPLAY, FLIP(VT_M_SIXEL_DISPLAY)) \
	X(95, "DECNCSM", VT_M_NO_CLEAR_COLUMNS, vt->level >= 5 ? FLIP(VT_M_NO_CLEAR_COLUMNS) : NOTHING) \
	X(1000, "MOUSE", VT_MODE_MOUSE_NORMAL, mouse(vt, VT_MODE_MOUSE_NORMAL, set)) \
	X(1001, "MOUSEHIGHLIGHT", VT_MODE_MOUSE_NORMAL, mouse(vt, VT_MODE_MOUSE_NORMAL, set)) \
	X(1002, "MOUSEBUTTON", VT_MODE_MOUSE_BUTTON, mouse(vt, VT_MODE_MOUSE_BUTTON, set)) \
	X(1003, "MOUSEANY", VT_MODE_MOUSE_ANY, mouse(vt, VT_MODE_MOUSE_ANY, set)) \
	X(1004, "FOCUS", VT_MODE_FOCUS_EVENTS, FLIP(VT_MODE_FOCUS_EVENTS)) \
	X(1005, "MOUSEUTF8", VT_MODE_MOUSE_UTF8, mouse_format(vt, VT_MODE_MOUSE_UTF8, set)) \
	X(1006, "MOUSESGR", VT_MODE_MOUSE_SGR, mouse_format(vt, VT_MODE_MOUSE_SGR, set)) \
	X(1007, "ALTSCROLL", VT_MODE_ALT_SCROLL, FLIP(VT_MODE_ALT_SCROLL)) \
	X(1015, "MOUSEURXVT", VT_MODE_MOUSE_URXVT, mouse_format(vt, VT_MODE_MOUSE_URXVT, set)) \
	X(1016, "MOUSEPIXELS", VT_MODE_MOUSE_PIXELS, mouse_format(vt, VT_MODE_MOUSE_PIXELS, set)) \
	X(1034, "METABIT", VT_M_META_8BIT, FLIP(VT_M_META_8BIT)) \
	X(1035, "NUMLOCK", VT_M_NUM_LOCK, FLIP(VT_M_NUM_LOCK)) \
	X(1036, "METAESC", VT_M_META_ESC, FLIP(VT_M_META_ESC)) \
	X(1039, "ALTESC", VT_M_ALT_ESC, FLIP(VT_M_ALT_ESC)) \
	X(1042, "BELLURGENT", VT_M_BELL_URGENT, FLIP(VT_M_BELL_URGENT)) \
	X(1045, "REVERSEWRAP2", VT_M_REVERSE_WRAP_FAR, FLIP(VT_M_REVERSE_WRAP_FAR)) \
	X(1046, "ALLOWALTBUF", VT_M_ALT_ALLOWED, allow_alternate(vt, set)) \
	X(1047, "ALTBUFCLEAR", VT_MODE_ALT_SCREEN, alternate(vt, 1047, set)) \
	X(1048, "SAVECURSOR", SAVED, save_cursor(vt, set)) \
	X(1049, "ALTBUFCURSOR", VT_MODE_ALT_SCREEN, alternate(vt, 1049, set)) \
	X(1070, "SIXELPRIVATE", VT_M_SIXEL_PRIVATE, FLIP(VT_M_SIXEL_PRIVATE)) \
	X(2004, "PASTE", VT_MODE_BRACKETED_PASTE, FLIP(VT_MODE_BRACKETED_PASTE)) \
	X(2026, "SYNC", VT_M_SYNC, FLIP(VT_M_SYNC)) \
	X(2027, "CLUSTERS", VT_M_CLUSTERS, FLIP(VT_M_CLUSTERS)) \
	X(2031, "COLORSCHEME", VT_MODE_COLOR_SCHEME_REPORTS, FLIP(VT_MODE_COLOR_SCHEME_REPORTS)) \
	X(2048, "SIZEREPORTS", VT_M_SIZE_REPORTS, size_reports(vt, set)) \
	X(8452, "SIXELRIGHT", VT_M_SIXEL_RIGHT, FLIP(VT_M_SIXEL_RIGHT))

#define BIT(number, mnemonic, bit, action) case number: return bit;
#define ACT(number, mnemonic, bit, action) case number: action; break;

static uint64_t mode_bit(unsigned number, bool dec)
{
	if (dec) {
		switch (number) {
		DEC_MODES(BIT)
		default: return 0;
		}
	}
	switch (number) {
	ANSI_MODES(BIT)
	default: return 0;
	}
}

void vt_mode_ansi(struct vt *vt, unsigned number, bool set)
{
	switch (number) {
	ANSI_MODES(ACT)
	default: break;
	}
	vt_print_update(vt);
}

void vt_mode_dec(struct vt *vt, unsigned number, bool set)
{
	switch (number) {
	DEC_MODES(ACT)
	default: break;
	}
	vt_print_update(vt);
}

enum vt_mode_state vt_mode_query(const struct vt *vt, unsigned number, bool dec)
{
	uint64_t bit = mode_bit(number, dec);

	if (bit == ALWAYS_ON || bit == ALWAYS_OFF)
		return bit == ALWAYS_ON ? VT_MODE_ALWAYS_SET : VT_MODE_ALWAYS_RESET;
	if (bit)
		return vt->modes & bit ? VT_MODE_SET : VT_MODE_RESET;
	if (dec && number == 1048)
		return vt->grid->saved.valid ? VT_MODE_SET : VT_MODE_RESET;
	return VT_MODE_UNKNOWN;
}

/* All bits of what is one variable in xterm. */
static uint64_t mode_group(unsigned number)
{
	uint64_t bit = mode_bit(number, true);

	return bit & VT_MODE_MOUSE_TRACKING ? VT_MODE_MOUSE_TRACKING :
	    bit & VT_MODE_MOUSE_FORMAT ? VT_MODE_MOUSE_FORMAT : bit;
}

void vt_mode_save(struct vt *vt, unsigned number)
{
	uint64_t bits = mode_group(number);

	vt->saved_modes = (vt->saved_modes & ~bits) | (vt->modes & bits);
}

void vt_mode_restore(struct vt *vt, unsigned number)
{
	uint64_t bit = mode_bit(number, true), bits = mode_group(number);

	if (bits != bit)
		vt->modes = (vt->modes & ~bits) | (vt->saved_modes & bits);
	else if (bit)
		vt_mode_dec(vt, number, vt->saved_modes & bit);
}

#define ANSI_ROW(number, mnemonic, bit, action) { VT_SEQ_MODE_ANSI, 0, 0, 0, number, mnemonic },
#define DEC_ROW(number, mnemonic, bit, action) { VT_SEQ_MODE_DEC, '?', 0, 0, number, mnemonic },
static const struct vt_sequence rows[] = { ANSI_MODES(ANSI_ROW) DEC_MODES(DEC_ROW) };
const struct vt_sequence_table vt_mode_table = { rows, ARRAY_LEN(rows) };
