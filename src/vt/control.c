/* C0 controls and escape sequences without parameters. */
#include "vt/internal.h"

/* ---- C0 ------------------------------------------------------------------- */

static void ring(struct vt *vt)
{
	if (vt->cb.bell)
		vt->cb.bell(vt->user);
}

static void line_feed(struct vt *vt)
{
	vt_index(vt);
	if (vt->modes & VT_MODE_NEWLINE)
		vt_carriage_return(vt);
	if (vt->input_line)
		vt_input_line_end(vt);
}

static void shift(struct vt *vt, uint8_t g)
{
	vt->gl = g;
	vt_print_update(vt);
}

/* Byte, mnemonic, whether it ends the cluster before it, what it does. */
#define C0_CONTROLS(X) \
	X(0x05, "ENQ", false, (void)0) \
	X(0x07, "BEL", false, ring(vt)) \
	X(0x08, "BS", true, vt_cursor_left(vt, 1)) \
	X(0x09, "HT", true, vt_tab(vt, 1)) \
	X(0x0a, "LF", true, line_feed(vt)) \
	X(0x0b, "VT", true, line_feed(vt)) \
	X(0x0c, "FF", true, line_feed(vt)) \
	X(0x0d, "CR", true, vt_carriage_return(vt)) \
	X(0x0e, "SO", true, shift(vt, 1)) \
	X(0x0f, "SI", true, shift(vt, 0))

void vt_control(struct vt *vt, uint8_t c)
{
#define CASE(byte, mnemonic, closes, action) \
	case byte: \
		action; \
		if (closes) \
			vt->cluster = VT_CLUSTER_CLOSED; \
		break;
	switch (c) {
	C0_CONTROLS(CASE)
	default: break;
	}
#undef CASE
}

#define ROW(byte, mnemonic, closes, action) { VT_SEQ_C0, 0, 0, byte, 0, mnemonic },
static const struct vt_sequence c0_rows[] = { C0_CONTROLS(ROW) };
#undef ROW
const struct vt_sequence_table vt_c0_table = { c0_rows, ARRAY_LEN(c0_rows) };

/* ---- ESC ------------------------------------------------------------------ */

/* Set 0 to 3 becomes the character set that the sequence names. 94-sets that are not
 * known, the national ones among them, are shown as ASCII. */
static void designate(struct vt *vt, unsigned g, unsigned size, uint8_t final)
{
	const struct vt_parser *ps = &vt->parser;
	uint8_t set = VT_CHARSET_ASCII;
	bool known = ps->n_inter <= 2 && vt_charset_find(size, ps->n_inter == 2 ? ps->inter[1] : 0, final, &set);

	if (!known && size == 96)
		return;
	vt->charset[g] = set;
	vt_print_update(vt);
}

/* SPA, EPA */
static void guard(struct vt *vt, bool on)
{
	if (on)
		vt->modes |= VT_M_GUARDED;
	vt->pen.attrs = on ? vt->pen.attrs | VT_ATTR_GUARDED : vt->pen.attrs & ~(uint32_t)VT_ATTR_GUARDED;
	vt_pen_touch(vt);
}

/* DOCS */
static void text_8bit(struct vt *vt, bool on)
{
	vt->modes = on ? vt->modes | VT_M_TEXT_8BIT : vt->modes & ~VT_M_TEXT_8BIT;
}

static bool row_in_margins(const struct vt *vt)
{
	return vt->pos.y >= vt->top && vt->pos.y <= vt->bottom;
}

/* DECBI, DECFI: the region moves when the cursor is at its edge. Outside the cursor
 * moves, as far as the screen goes (DEC STD 070). */
static void back_index(struct vt *vt)
{
	if (vt->pos.x == vt->left && row_in_margins(vt))
		vt_scroll_right(vt, vt->left, 1);
	else if (vt->pos.x > 0 && vt->pos.x != vt->left)
		vt_cursor_to(vt, vt->pos.x - 1u, vt->pos.y);
}

static void forward_index(struct vt *vt)
{
	unsigned edge = vt_line_limit(vt, vt->pos.x, vt->pos.y);

	if (vt->pos.x != edge)
		vt_cursor_to(vt, vt->pos.x + 1u, vt->pos.y);
	else if (vt->pos.x == MIN(edge, vt->right) && row_in_margins(vt))
		vt_scroll_left(vt, vt->left, 1);
}

static void next_line(struct vt *vt)
{
	vt_index(vt);
	vt_carriage_return(vt);
}

static void keypad(struct vt *vt, bool application)
{
	vt->modes = application ? vt->modes | VT_MODE_APP_KEYPAD : vt->modes & ~(uint64_t)VT_MODE_APP_KEYPAD;
}

static void single_shift(struct vt *vt, uint8_t g)
{
	vt->single_shift = g;
	vt_print_update(vt);
}

/* Intermediate, final byte (0: the name of a character set), mnemonic, whether it changes
 * the state, what it does. */
#define ESC_SEQUENCES(X) \
	X(0, '6', "DECBI", CHANGES, back_index(vt)) \
	X(0, '7', "DECSC", CHANGES, vt_cursor_save(vt)) \
	X(0, '8', "DECRC", CHANGES, vt_cursor_restore(vt)) \
	X(0, '9', "DECFI", CHANGES, forward_index(vt)) \
	X(0, '=', "DECKPAM", CHANGES, keypad(vt, true)) \
	X(0, '>', "DECKPNM", CHANGES, keypad(vt, false)) \
	X(0, 'D', "IND", CHANGES, vt_index(vt)) \
	X(0, 'E', "NEL", CHANGES, next_line(vt)) \
	X(0, 'H', "HTS", CHANGES, vt->tabs[vt->pos.x] = 1) \
	X(0, 'M', "RI", CHANGES, vt_reverse_index(vt)) \
	X(0, 'V', "SPA", CHANGES, guard(vt, true)) \
	X(0, 'W', "EPA", CHANGES, guard(vt, false)) \
	X(0, 'N', "SS2", CHANGES, single_shift(vt, 2)) \
	X(0, 'O', "SS3", CHANGES, single_shift(vt, 3)) \
	X(0, 'Z', "DECID", ASKS, vt_report_device(vt, 0)) \
	X(0, '\\', "ST", ASKS, (void)0) \
	X(0, 'c', "RIS", CHANGES, vt_hard_reset(vt)) \
	X(0, 'n', "LS2", CHANGES, shift(vt, 2)) \
	X(0, 'o', "LS3", CHANGES, shift(vt, 3)) \
	X(0, '|', "LS3R", CHANGES, vt->gr = 3) \
	X(0, '}', "LS2R", CHANGES, vt->gr = 2) \
	X(0, '~', "LS1R", CHANGES, vt->gr = 1) \
	X(' ', 'F', "S7C1T", CHANGES, vt_answer_8bit(vt, false)) \
	X(' ', 'G', "S8C1T", CHANGES, vt_answer_8bit(vt, true)) \
	X('#', '3', "DECDHL", CHANGES, vt_line_attr(vt, 2)) \
	X('#', '4', "DECDHL", CHANGES, vt_line_attr(vt, 3)) \
	X('#', '5', "DECSWL", CHANGES, vt_line_attr(vt, 0)) \
	X('#', '6', "DECDWL", CHANGES, vt_line_attr(vt, 1)) \
	X('#', '8', "DECALN", CHANGES, vt_screen_align(vt)) \
	X('%', '@', "DOCS", CHANGES, text_8bit(vt, true)) \
	X('%', 'G', "DOCS", CHANGES, text_8bit(vt, false)) \
	X('(', 0, "SCS", CHANGES, designate(vt, 0, 94, final)) \
	X(')', 0, "SCS", CHANGES, designate(vt, 1, 94, final)) \
	X('*', 0, "SCS", CHANGES, designate(vt, 2, 94, final)) \
	X('+', 0, "SCS", CHANGES, designate(vt, 3, 94, final)) \
	X('-', 0, "SCS", CHANGES, designate(vt, 1, 96, final)) \
	X('.', 0, "SCS", CHANGES, designate(vt, 2, 96, final)) \
	X('/', 0, "SCS", CHANGES, designate(vt, 3, 96, final))

#define KEY(inter, final) ((unsigned)(inter) << 8 | (unsigned)(final))

void vt_esc_dispatch(struct vt *vt, uint8_t final)
{
	const struct vt_parser *ps = &vt->parser;
	uint8_t inter = ps->n_inter ? ps->inter[0] : 0;
	bool names = inter >= '(' && inter <= '/';

	vt->cluster = VT_CLUSTER_CLOSED;
	if (ps->n_inter > 1 && !names)
		return;
	switch (KEY(inter, names ? 0 : final)) {
#define CASE(inter, final, mnemonic, changes, action) \
	case KEY(inter, final): \
		if (changes) \
			vt->changed = true; \
		action; \
		break;
	ESC_SEQUENCES(CASE)
#undef CASE
	default: break;
	}
}

#define ROW(inter, final, mnemonic, changes, action) { VT_SEQ_ESC, 0, inter, final, 0, mnemonic },
static const struct vt_sequence esc_rows[] = { ESC_SEQUENCES(ROW) };
const struct vt_sequence_table vt_esc_table = { esc_rows, ARRAY_LEN(esc_rows) };
