/* Control sequences. A sequence is its final byte with its prefix and
 * intermediate, so that `CSI ? h` and `CSI h` are two. */
#include "vt/internal.h"

#define SEQ(prefix, inter, final) ((uint32_t)(prefix) << 16 | (uint32_t)(inter) << 8 | (uint32_t)(final))

/* What erasing spares. */
static uint32_t spared(const struct vt *vt, bool selective)
{
	return selective ? VT_ATTR_PROTECTED : vt->modes & VT_M_GUARDED ? VT_ATTR_GUARDED : 0u;
}

static void erase_display(struct vt *vt, bool selective)
{
	uint32_t keep = spared(vt, selective);
	unsigned what = vt_param(vt, 0, 0), x = vt->pos.x, y = vt->pos.y;
	unsigned from = what == 0 ? y + 1u : 0, to = what == 1 ? y : vt->rows;

	if (what > 3)
		return;
	if (what == 3) {
		vt_drop_scrollback(vt);
		return;
	}
	if (what == 0)
		vt_erase_cells(vt, y, x, vt->cols, keep);
	if (what == 1)
		vt_erase_cells(vt, y, 0, x + 1, keep);
	if (keep == 0)
		vt_erase_rows(vt, from, to);
	else
		for (; from < to; from++)
			vt_erase_cells(vt, from, 0, vt->cols, keep);
	vt->pos.pending = false;
}

static void erase_line(struct vt *vt, bool selective)
{
	unsigned what = vt_param(vt, 0, 0);

	if (what > 2)
		return;
	vt_erase_cells(vt, vt->pos.y, what == 0 ? vt->pos.x : 0u, what == 1 ? vt->pos.x + 1u : vt->cols,
	    spared(vt, selective));
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
	unsigned n = vt_param(vt, 0, 1), x = vt->pos.x, last = MIN(vt->right, vt_row_cols(vt, row) - 1);
	uint16_t style = vt_erase_id(vt);

	if (x < vt->left || x > vt->right)
		return;
	if (insert)
		vt_row_insert(vt, row, x, n, last, style);
	else
		vt_row_delete(vt, row, x, n, last, vt->cols, style);
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

/* Its buffer is not to be in the frame of all the others. */
static __attribute__((noinline)) void repeat(struct vt *vt)
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

	if (n > VT_CURSOR_BAR)
		return;
	vt->shape = (enum vt_cursor_shape)n;
	vt->modes = n & 1 ? vt->modes | VT_M_CURSOR_BLINK : vt->modes & ~VT_M_CURSOR_BLINK;
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

/* ---- the table ----------------------------------------------------------------- */

static void next_line(struct vt *vt, unsigned n)
{
	vt_cursor_down(vt, n);
	vt_carriage_return(vt);
}

static void previous_line(struct vt *vt, unsigned n)
{
	vt_cursor_up(vt, n);
	vt_carriage_return(vt);
}

static void to_column(struct vt *vt, unsigned n)
{
	vt_cursor_to_origin(vt, n - 1, vt->modes & VT_M_ORIGIN ? (unsigned)vt->pos.y - vt->top : vt->pos.y);
}

static void to_row(struct vt *vt, unsigned n)
{
	vt_cursor_to_origin(vt, vt->modes & VT_M_ORIGIN ? (unsigned)vt->pos.x - vt->left : vt->pos.x, n - 1);
}

/* HPR and VPR only know the margins that origin mode gives them. */
static void move_by(struct vt *vt, unsigned x, unsigned y)
{
	bool origin = vt->modes & VT_M_ORIGIN;

	vt_cursor_to_origin(vt, vt->pos.x + x - (origin ? vt->left : 0u), vt->pos.y + y - (origin ? vt->top : 0u));
}

/* DECSCL. As DEC STD 070 and xterm have it, a soft reset goes with it. */
static void conformance(struct vt *vt)
{
	unsigned level = vt_param(vt, 0, 0), c1 = vt_param(vt, 1, 0);

	if (level < 61 || level > 65 || c1 > 2)
		return;
	vt_soft_reset(vt);
	vt->level = (uint8_t)(level - 60);
	vt_answer_8bit(vt, c1 != 1);
}

/* With five parameters it would be highlight tracking. */
static void scroll_down(struct vt *vt, unsigned n)
{
	if (vt->parser.n <= 1)
		vt_scroll_down(vt, vt->top, vt->bottom, n);
}

static void tabs_every_8(struct vt *vt)
{
	if (vt_param(vt, 0, 0) == 5)
		vt_tabs_default(vt, 0);
}

static void reset_keys(struct vt *vt)
{
	if (vt_param(vt, 0, 0) == 4)
		vt->other_keys = 0;
}

static void report_keys(struct vt *vt)
{
	if (vt_param(vt, 0, 0) == 4)
		vt_reply(vt, "\033[>4;%um", vt->other_keys);
}

/* XTFMTKEYS: only resource 4, formatOtherKeys. Without parameters all are reset. */
static void format_keys(struct vt *vt)
{
	if (vt_param(vt, 0, 0) == 4 || vt->parser.n == 0)
		vt->other_keys_format = vt_param(vt, 1, 0) != 0;
}

static void report_format(struct vt *vt)
{
	if (vt_param(vt, 0, 0) == 4)
		vt_reply(vt, "\033[>4;%uf", vt->other_keys_format);
}

static void insert_columns(struct vt *vt, unsigned n)
{
	if (in_margins(vt))
		vt_scroll_right(vt, vt->pos.x, n);
}

static void delete_columns(struct vt *vt, unsigned n)
{
	if (in_margins(vt))
		vt_scroll_left(vt, vt->pos.x, n);
}

static void erase_cells(struct vt *vt, unsigned n)
{
	vt_erase_cells(vt, vt->pos.y, vt->pos.x, vt->pos.x + n, spared(vt, false));
	vt->pos.pending = false;
}

/* Places in the palette stack; 0, or none at all, is its top. */
static void for_slots(struct vt *vt, void (*action)(struct vt *, unsigned))
{
	for (unsigned i = 0; i < MAX(vt->parser.n, 1u); i++)
		action(vt, vt_param(vt, i, 0));
}

static void change_extent(struct vt *vt)
{
	unsigned n = vt_param(vt, 0, 0);

	if (n <= 2)
		vt->change_extent = (uint8_t)n;
}

/* DECSCPP, DECSNLS: no more than a wish. 0 is the default. */
static void want_columns(struct vt *vt)
{
	unsigned n = vt_param(vt, 0, 80);

	if (n == 80 || n == 132)
		vt_want_size(vt, vt->rows, n);
}

static void want_rows(struct vt *vt)
{
	vt_want_size(vt, vt_param(vt, 0, 24), vt->cols);
}

/* Prefix, intermediate, final byte; mnemonic; what it does. n is the first parameter,
 * 1 when it is missing or 0. The first list is what nearly all programs send. */
#define CSI_PLAIN(X) \
	X(0, 0, '@', "ICH", CHANGES, insert_cells(vt, true)) \
	X(0, 0, 'A', "CUU", CHANGES, vt_cursor_up(vt, n)) \
	X(0, 0, 'B', "CUD", CHANGES, vt_cursor_down(vt, n)) \
	X(0, 0, 'C', "CUF", CHANGES, vt_cursor_right(vt, n)) \
	X(0, 0, 'D', "CUB", CHANGES, vt_cursor_left(vt, n)) \
	X(0, 0, 'E', "CNL", CHANGES, next_line(vt, n)) \
	X(0, 0, 'F', "CPL", CHANGES, previous_line(vt, n)) \
	X(0, 0, 'G', "CHA", CHANGES, to_column(vt, n)) \
	X(0, 0, 'H', "CUP", CHANGES, vt_cursor_to_origin(vt, vt_param(vt, 1, 1) - 1, n - 1)) \
	X(0, 0, 'I', "CHT", CHANGES, vt_tab(vt, n)) \
	X(0, 0, 'J', "ED", CHANGES, erase_display(vt, false)) \
	X(0, 0, 'K', "EL", CHANGES, erase_line(vt, false)) \
	X(0, 0, 'L', "IL", CHANGES, insert_lines(vt, true)) \
	X(0, 0, 'M', "DL", CHANGES, insert_lines(vt, false)) \
	X(0, 0, 'P', "DCH", CHANGES, insert_cells(vt, false)) \
	X(0, 0, 'S', "SU", CHANGES, vt_scroll_up(vt, vt->top, vt->bottom, n, true)) \
	X(0, 0, 'T', "SD", CHANGES, scroll_down(vt, n)) \
	X(0, 0, 'X', "ECH", CHANGES, erase_cells(vt, n)) \
	X(0, 0, 'Z', "CBT", CHANGES, vt_tab_back(vt, n)) \
	X(0, 0, '^', "SD", CHANGES, vt_scroll_down(vt, vt->top, vt->bottom, n)) \
	X(0, 0, '`', "HPA", CHANGES, to_column(vt, n)) \
	X(0, 0, 'a', "HPR", CHANGES, move_by(vt, n, 0)) \
	X(0, 0, 'b', "REP", CHANGES, repeat(vt)) \
	X(0, 0, 'c', "DA1", ASKS, vt_report_device(vt, 0)) \
	X(0, 0, 'd', "VPA", CHANGES, to_row(vt, n)) \
	X(0, 0, 'e', "VPR", CHANGES, move_by(vt, 0, n)) \
	X(0, 0, 'f', "HVP", CHANGES, vt_cursor_to_origin(vt, vt_param(vt, 1, 1) - 1, n - 1)) \
	X(0, 0, 'g', "TBC", CHANGES, tab_clear(vt)) \
	X(0, 0, 'h', "SM", CHANGES, set_modes(vt, vt_mode_ansi, true)) \
	X(0, 0, 'l', "RM", CHANGES, set_modes(vt, vt_mode_ansi, false)) \
	X(0, 0, 'm', "SGR", CHANGES, vt_sgr(vt)) \
	X(0, 0, 'n', "DSR", ASKS, vt_report_status(vt, false)) \
	X(0, 0, 'r', "DECSTBM", CHANGES, scroll_region(vt)) \
	X(0, 0, 's', "SCOSC", CHANGES, side_margins(vt)) \
	X(0, 0, 't', "XTWINOPS", ASKS, vt_window_op(vt)) \
	X(0, 0, 'u', "SCORC", CHANGES, vt_cursor_restore(vt))

#define CSI_MARKED(X) \
	X('?', 0, 'J', "DECSED", CHANGES, erase_display(vt, true)) \
	X('?', 0, 'K', "DECSEL", CHANGES, erase_line(vt, true)) \
	X('?', 0, 'S', "XTSMGRAPHICS", ASKS, vt_graphics_attributes(vt)) \
	X('?', 0, 'W', "DECST8C", CHANGES, tabs_every_8(vt)) \
	X('?', 0, 'h', "DECSET", CHANGES, set_modes(vt, vt_mode_dec, true)) \
	X('?', 0, 'l', "DECRST", CHANGES, set_modes(vt, vt_mode_dec, false)) \
	X('?', 0, 's', "XTSAVE", CHANGES, keep_modes(vt, vt_mode_save)) \
	X('?', 0, 'r', "XTRESTORE", CHANGES, keep_modes(vt, vt_mode_restore)) \
	X('?', 0, 'g', "XTQFMTKEYS", ASKS, report_format(vt)) \
	X('?', 0, 'm', "XTQMODKEYS", ASKS, report_keys(vt)) \
	X('?', 0, 'n', "DECDSR", ASKS, vt_report_status(vt, true)) \
	X('>', 0, 'c', "DA2", ASKS, vt_report_device(vt, '>')) \
	X('=', 0, 'c', "DA3", ASKS, vt_report_device(vt, '=')) \
	X('>', 0, 'q', "XTVERSION", ASKS, vt_reply(vt, "\033P>|%s\033\\", vt->term_program)) \
	X('>', 0, 'f', "XTFMTKEYS", CHANGES, format_keys(vt)) \
	X('>', 0, 'm', "XTMODKEYS", CHANGES, modify_keys(vt)) \
	X('>', 0, 'n', "XTMODKEYS", CHANGES, reset_keys(vt)) \
	X('>', 0, 'u', "KITTYPUSH", CHANGES, kitty_push(vt)) \
	X('<', 0, 'u', "KITTYPOP", CHANGES, kitty_pop(vt)) \
	X('=', 0, 'u', "KITTYSET", CHANGES, kitty_set(vt)) \
	X('?', 0, 'u', "KITTYQUERY", ASKS, vt_reply(vt, "\033[?%uu", vt_kitty_flags(vt))) \
	X(0, '!', 'p', "DECSTR", CHANGES, vt_soft_reset(vt)) \
	X(0, '$', 'p', "RQM", ASKS, vt_report_mode(vt, false)) \
	X('?', '$', 'p', "DECRQM", ASKS, vt_report_mode(vt, true)) \
	X(0, '"', 'p', "DECSCL", CHANGES, conformance(vt)) \
	X(0, ' ', 'q', "DECSCUSR", CHANGES, cursor_style(vt)) \
	X(0, '"', 'q', "DECSCA", CHANGES, protect(vt)) \
	X(0, ' ', '@', "SL", CHANGES, vt_scroll_left(vt, vt->left, n)) \
	X(0, ' ', 'A', "SR", CHANGES, vt_scroll_right(vt, vt->left, n)) \
	X(0, '\'', '}', "DECIC", CHANGES, insert_columns(vt, n)) \
	X(0, '\'', '~', "DECDC", CHANGES, delete_columns(vt, n)) \
	X(0, '$', 'r', "DECCARA", CHANGES, vt_rect_change(vt, false)) \
	X(0, '$', 't', "DECRARA", CHANGES, vt_rect_change(vt, true)) \
	X(0, '$', 'v', "DECCRA", CHANGES, vt_rect_copy(vt)) \
	X(0, '$', 'x', "DECFRA", CHANGES, vt_rect_fill(vt)) \
	X(0, '$', 'z', "DECERA", CHANGES, vt_rect_erase(vt)) \
	X(0, '$', '{', "DECSERA", CHANGES, vt_rect_erase_selective(vt)) \
	X(0, '*', 'x', "DECSACE", CHANGES, change_extent(vt)) \
	X(0, '*', 'y', "DECRQCRA", ASKS, vt_rect_checksum(vt)) \
	X(0, '#', 'y', "XTCHECKSUM", CHANGES, vt->checksum = (uint8_t)(vt_param(vt, 0, 0) & 63)) \
	X(0, '$', 'w', "DECRQPSR", ASKS, vt_report_presentation(vt)) \
	X(0, '$', '|', "DECSCPP", CHANGES, want_columns(vt)) \
	X(0, '*', '|', "DECSNLS", CHANGES, want_rows(vt)) \
	X(0, '#', '{', "XTPUSHSGR", CHANGES, vt_sgr_push(vt)) \
	X(0, '#', 'p', "XTPUSHSGR", CHANGES, vt_sgr_push(vt)) \
	X(0, '#', '}', "XTPOPSGR", CHANGES, vt_sgr_pop(vt)) \
	X(0, '#', 'q', "XTPOPSGR", CHANGES, vt_sgr_pop(vt)) \
	X(0, '#', '|', "XTREPORTSGR", ASKS, vt_rect_report(vt)) \
	X(0, '#', 'P', "XTPUSHCOLORS", CHANGES, for_slots(vt, vt_palette_push)) \
	X(0, '#', 'Q', "XTPOPCOLORS", CHANGES, for_slots(vt, vt_palette_pop)) \
	X(0, '#', 'R', "XTREPORTCOLORS", ASKS, \
	    vt_reply(vt, "\033[%u;%u#Q", vt->palette_stack_n, vt_palette_stored(vt)))

#define CASE(prefix, inter, final, mnemonic, changes, action) \
	case SEQ(prefix, inter, final): \
		if (changes) \
			vt->changed = true; \
		action; \
		break;

static void marked(struct vt *vt, uint32_t seq)
{
	unsigned n = vt_param(vt, 0, 1);

	switch (seq) {
	CSI_MARKED(CASE)
	default: break;
	}
}

void vt_csi_dispatch(struct vt *vt, uint8_t final)
{
	const struct vt_parser *ps = &vt->parser;
	unsigned n = vt_param(vt, 0, 1);

	vt->cluster = VT_CLUSTER_CLOSED;
	if (ps->prefix | ps->n_inter) {
		if (ps->n_inter <= 1)
			marked(vt, SEQ(ps->prefix, ps->n_inter ? ps->inter[0] : 0, final));
		return;
	}
	/* A dense switch of its own. */
	switch (final) {
	CSI_PLAIN(CASE)
	default: break;
	}
}

#define ROW(prefix, inter, final, mnemonic, changes, action) \
	{ VT_SEQ_CSI, prefix, inter, final, 0, mnemonic },
static const struct vt_sequence rows[] = { CSI_PLAIN(ROW) CSI_MARKED(ROW) };
const struct vt_sequence_table vt_csi_table = { rows, ARRAY_LEN(rows) };
