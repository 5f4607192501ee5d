/* Control sequences. A sequence is its final byte with its prefix and
 * intermediate, so that `CSI ? h` and `CSI h` are two. */
#include "vt/internal.h"

#define SEQ(prefix, inter, final) ((uint32_t)(prefix) << 16 | (uint32_t)(inter) << 8 | (uint32_t)(final))

static void erase_display(struct vt *vt, bool selective)
{
	unsigned what = vt_param(vt, 0, 0), x = vt->pos.x, y = vt->pos.y;
	unsigned from = what == 0 ? y + 1u : 0, to = what == 1 ? y : vt->rows;

	if (what > 3)
		return;
	if (what == 3) {
		vt_drop_scrollback(vt);
		return;
	}
	if (what == 0)
		vt_erase_cells(vt, y, x, vt->cols, selective);
	if (what == 1)
		vt_erase_cells(vt, y, 0, x + 1, selective);
	if (!selective)
		vt_erase_rows(vt, from, to);
	else
		for (; from < to; from++)
			vt_erase_cells(vt, from, 0, vt->cols, true);
	vt->pos.pending = false;
}

static void erase_line(struct vt *vt, bool selective)
{
	unsigned what = vt_param(vt, 0, 0);

	if (what > 2)
		return;
	vt_erase_cells(vt, vt->pos.y, what == 0 ? vt->pos.x : 0u, what == 1 ? vt->pos.x + 1u : vt->cols,
	    selective);
	vt->pos.pending = false;
}

static bool in_margins(const struct vt *vt)
{
	return vt->pos.y >= vt->top && vt->pos.y <= vt->bottom && vt->pos.x >= vt->left && vt->pos.x <= vt->right;
}

static void insert_lines(struct vt *vt, bool insert)
{
	unsigned n = vt_param(vt, 0, 1);

	if (!in_margins(vt))
		return;
	if (insert)
		vt_scroll_down(vt, vt->pos.y, vt->bottom, n);
	else
		vt_scroll_up(vt, vt->pos.y, vt->bottom, n, false);
	vt_cursor_to(vt, vt->left, vt->pos.y);
}

/* Other than lines and columns, characters are inserted above and below the region too. */
static void insert_cells(struct vt *vt, bool insert)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	unsigned n = vt_param(vt, 0, 1), x = vt->pos.x;
	uint16_t style = vt_erase_id(vt);

	if (x < vt->left || x > vt->right)
		return;
	if (insert)
		vt_row_insert(row, x, n, vt->right, style);
	else
		vt_row_delete(row, x, n, vt->right, vt->cols, style);
	vt_touch(vt, row);
	vt->pos.pending = false;
}

static void scroll_region(struct vt *vt)
{
	unsigned top = vt_param(vt, 0, 1), bottom = MIN(vt_param(vt, 1, vt->rows), (unsigned)vt->rows);

	if (top >= bottom)
		return;
	vt->top = (uint16_t)(top - 1);
	vt->bottom = (uint16_t)(bottom - 1);
	vt_cursor_to_origin(vt, 0, 0);
}

/* DECSLRM when its mode is on, SCOSC otherwise. */
static void side_margins(struct vt *vt)
{
	unsigned left = vt_param(vt, 0, 1), right = MIN(vt_param(vt, 1, vt->cols), (unsigned)vt->cols);

	if (!(vt->modes & VT_M_LEFT_RIGHT)) {
		vt_cursor_save(vt);
		return;
	}
	if (left >= right)
		return;
	vt->left = (uint16_t)(left - 1);
	vt->right = (uint16_t)(right - 1);
	vt_cursor_to_origin(vt, 0, 0);
}

static void repeat(struct vt *vt)
{
	unsigned n = MIN(vt_param(vt, 0, 1), (unsigned)vt->rows * vt->cols);
	uint32_t cp = vt->last_cp;

	if (cp == 0)
		return;
	uint8_t ascii[128];
	memset(ascii, (int)(cp & 0x7f), sizeof(ascii));
	while (n > 0) {
		unsigned k = MIN(n, (unsigned)sizeof(ascii));

		if (cp < 0x80 && vt->print_fast)
			vt_print_ascii(vt, ascii, k);
		else
			for (unsigned i = 0; i < k; i++)
				vt_print(vt, cp);
		n -= k;
	}
	/* What comes next must not join the copies. */
	vt->cluster = VT_CLUSTER_CLOSED;
}

static void tab_clear(struct vt *vt)
{
	switch (vt_param(vt, 0, 0)) {
	case 0: vt->tabs[vt->pos.x] = 0; break;
	case 3: memset(vt->tabs, 0, vt->cols); break;
	default: break;
	}
}

static void set_modes(struct vt *vt, void (*set)(struct vt *, unsigned, bool), bool on)
{
	for (unsigned i = 0; i < vt->parser.n; i++)
		set(vt, vt->parser.params[i], on);
}

static void keep_modes(struct vt *vt, void (*keep)(struct vt *, unsigned))
{
	for (unsigned i = 0; i < vt->parser.n; i++)
		keep(vt, vt->parser.params[i]);
}

static void cursor_style(struct vt *vt)
{
	unsigned n = vt_param(vt, 0, 0);

	if (n <= VT_CURSOR_BAR)
		vt->shape = (enum vt_cursor_shape)n;
}

static void protect(struct vt *vt)
{
	unsigned n = vt_param(vt, 0, 0);

	vt->pen.attrs &= ~(uint32_t)VT_ATTR_PROTECTED;
	if (n == 1)
		vt->pen.attrs |= VT_ATTR_PROTECTED;
	vt_pen_touch(vt);
}

/* ---- kitty keyboard protocol: a stack of flags for each screen ------------------- */

static void kitty_push(struct vt *vt)
{
	struct vt_grid *g = vt->grid;

	if (g->kitty_n == VT_KITTY_STACK) {
		memmove(g->kitty, g->kitty + 1, VT_KITTY_STACK - 1);
		g->kitty_n--;
	}
	g->kitty[g->kitty_n++] = vt_param(vt, 0, 0) & 31;
}

static void kitty_set(struct vt *vt)
{
	struct vt_grid *g = vt->grid;
	uint8_t flags = vt_param(vt, 0, 0) & 31;

	if (g->kitty_n == 0)
		g->kitty[g->kitty_n++] = 0;
	uint8_t *now = &g->kitty[g->kitty_n - 1];
	switch (vt_param(vt, 1, 1)) {
	case 1: *now = flags; break;
	case 2: *now |= flags; break;
	case 3: *now &= (uint8_t)~flags; break;
	default: break;
	}
}

static void kitty_pop(struct vt *vt)
{
	struct vt_grid *g = vt->grid;

	g->kitty_n = (uint8_t)(g->kitty_n - MIN(vt_param(vt, 0, 1), (unsigned)g->kitty_n));
}

/* XTMODKEYS: only resource 4, modifyOtherKeys. Without parameters all are reset. */
static void modify_keys(struct vt *vt)
{
	unsigned what = vt_param(vt, 0, 0), value = vt_param(vt, 1, 0);

	if (what == 4 || vt->parser.n == 0)
		vt->other_keys = (uint8_t)MIN(value, 2u);
}

/* ------------------------------------------------------------------------------------- */

/* CSI parameters FINAL. Most of what programs send: a dense switch. */
static void plain(struct vt *vt, uint8_t final)
{
	unsigned n = vt_param(vt, 0, 1);

	vt->changed = true;
	switch (final) {
	case '@': insert_cells(vt, true); break;
	case 'A': vt_cursor_up(vt, n); break;
	case 'B':
	case 'e': vt_cursor_down(vt, n); break;
	case 'C':
	case 'a': vt_cursor_right(vt, n); break;
	case 'D': vt_cursor_left(vt, n); break;
	case 'E':
		vt_cursor_down(vt, n);
		vt_carriage_return(vt);
		break;
	case 'F':
		vt_cursor_up(vt, n);
		vt_carriage_return(vt);
		break;
	case 'G':
	case '`':
		vt_cursor_to_origin(vt, n - 1, vt->modes & VT_M_ORIGIN ? (unsigned)vt->pos.y - vt->top : vt->pos.y);
		break;
	case 'H':
	case 'f': vt_cursor_to_origin(vt, vt_param(vt, 1, 1) - 1, n - 1); break;
	case 'I': vt_tab(vt, n); break;
	case 'J': erase_display(vt, false); break;
	case 'K': erase_line(vt, false); break;
	case 'L': insert_lines(vt, true); break;
	case 'M': insert_lines(vt, false); break;
	case 'P': insert_cells(vt, false); break;
	case 'S': vt_scroll_up(vt, vt->top, vt->bottom, n, true); break;
	case 'T':
		if (vt->parser.n <= 1)              /* with five it would be highlight tracking */
			vt_scroll_down(vt, vt->top, vt->bottom, n);
		break;
	case '^': vt_scroll_down(vt, vt->top, vt->bottom, n); break;
	case 'X':
		vt_erase_cells(vt, vt->pos.y, vt->pos.x, vt->pos.x + n, false);
		vt->pos.pending = false;
		break;
	case 'Z': vt_tab_back(vt, n); break;
	case 'b': repeat(vt); break;
	case 'd':
		vt_cursor_to_origin(vt, vt->modes & VT_M_ORIGIN ? (unsigned)vt->pos.x - vt->left : vt->pos.x, n - 1);
		break;
	case 'g': tab_clear(vt); break;
	case 'h': set_modes(vt, vt_mode_ansi, true); break;
	case 'l': set_modes(vt, vt_mode_ansi, false); break;
	case 'm': vt_sgr(vt); break;
	case 'r': scroll_region(vt); break;
	case 's': side_margins(vt); break;
	case 't': vt_window_op(vt); break;
	case 'u': vt_cursor_restore(vt); break;
	default: break;
	}
}

/* Those with a prefix or an intermediate that change something. */
static void marked(struct vt *vt, uint32_t seq)
{
	unsigned n = vt_param(vt, 0, 1);

	vt->changed = true;
	switch (seq) {
	case SEQ('?', 0, 'J'): erase_display(vt, true); break;
	case SEQ('?', 0, 'K'): erase_line(vt, true); break;
	case SEQ('?', 0, 'W'):
		if (vt_param(vt, 0, 0) == 5)
			vt_tabs_default(vt, 0);
		break;
	case SEQ('?', 0, 'h'): set_modes(vt, vt_mode_dec, true); break;
	case SEQ('?', 0, 'l'): set_modes(vt, vt_mode_dec, false); break;
	case SEQ('?', 0, 's'): keep_modes(vt, vt_mode_save); break;
	case SEQ('?', 0, 'r'): keep_modes(vt, vt_mode_restore); break;
	case SEQ('>', 0, 'm'): modify_keys(vt); break;
	case SEQ('>', 0, 'n'):
		if (vt_param(vt, 0, 0) == 4)
			vt->other_keys = 0;
		break;
	case SEQ('>', 0, 'u'): kitty_push(vt); break;
	case SEQ('<', 0, 'u'): kitty_pop(vt); break;
	case SEQ('=', 0, 'u'): kitty_set(vt); break;
	case SEQ(0, '!', 'p'): vt_soft_reset(vt); break;
	case SEQ(0, ' ', 'q'): cursor_style(vt); break;
	case SEQ(0, '"', 'q'): protect(vt); break;
	case SEQ(0, ' ', '@'): vt_scroll_left(vt, vt->left, n); break;
	case SEQ(0, ' ', 'A'): vt_scroll_right(vt, vt->left, n); break;
	case SEQ(0, '\'', '}'):
		if (in_margins(vt))
			vt_scroll_right(vt, vt->pos.x, n);
		break;
	case SEQ(0, '\'', '~'):
		if (in_margins(vt))
			vt_scroll_left(vt, vt->pos.x, n);
		break;
	default: break;
	}
}

void vt_csi_dispatch(struct vt *vt, uint8_t final)
{
	const struct vt_parser *ps = &vt->parser;

	vt->cluster = VT_CLUSTER_CLOSED;
	if (ps->n_inter > 1)
		return;
	uint32_t seq = SEQ(ps->prefix, ps->n_inter ? ps->inter[0] : 0, final);
	if (seq == final && final != 'c' && final != 'n') {
		plain(vt, final);
		return;
	}
	switch (seq) {
	/* What only asks changes nothing. */
	case SEQ(0, 0, 'c'):
	case SEQ('>', 0, 'c'):
	case SEQ('=', 0, 'c'): vt_report_device(vt, ps->prefix); break;
	case SEQ(0, 0, 'n'): vt_report_status(vt, false); break;
	case SEQ('?', 0, 'n'): vt_report_status(vt, true); break;
	case SEQ(0, '$', 'p'): vt_report_mode(vt, false); break;
	case SEQ('?', '$', 'p'): vt_report_mode(vt, true); break;
	case SEQ('>', 0, 'q'): vt_reply(vt, "\033P>|%s\033\\", vt->term_program); break;
	case SEQ('?', 0, 'u'): vt_reply(vt, "\033[?%uu", vt_kitty_flags(vt)); break;
	case SEQ('?', 0, 'm'):
		if (vt_param(vt, 0, 0) == 4)
			vt_reply(vt, "\033[>4;%um", vt->other_keys);
		break;
	default: marked(vt, seq); break;
	}
}
