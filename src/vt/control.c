/* C0 controls and escape sequences without parameters. */
#include "vt/internal.h"

void vt_control(struct vt *vt, uint8_t c)
{
	switch (c) {
	case 0x07:
		if (vt->cb.bell)
			vt->cb.bell(vt->user);
		return;
	case 0x08:
		vt_cursor_left(vt, 1);
		break;
	case 0x09:
		vt_tab(vt, 1);
		break;
	case 0x0a:
	case 0x0b:
	case 0x0c:
		vt_index(vt);
		if (vt->modes & VT_MODE_NEWLINE)
			vt_carriage_return(vt);
		break;
	case 0x0d:
		vt_carriage_return(vt);
		break;
	case 0x0e:
	case 0x0f:
		vt->gl = c == 0x0e;
		vt_print_update(vt);
		break;
	default:
		return;
	}
	vt->cluster = VT_CLUSTER_CLOSED;
}

static void designate(struct vt *vt, unsigned g, uint8_t set)
{
	bool graphics = set == '0' || set == '2';

	vt->charset[g] = graphics ? VT_CHARSET_GRAPHICS : set == 'A' ? VT_CHARSET_UK : VT_CHARSET_ASCII;
	vt_print_update(vt);
}

static void line_attr(struct vt *vt, uint8_t attr)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

	row->line_attr = attr;
	vt_touch(vt, row);
}

static void with_hash(struct vt *vt, uint8_t final)
{
	switch (final) {
	case '3': line_attr(vt, 2); break;
	case '4': line_attr(vt, 3); break;
	case '5': line_attr(vt, 0); break;
	case '6': line_attr(vt, 1); break;
	case '8': vt_screen_align(vt); break;
	default: break;
	}
}

static void plain(struct vt *vt, uint8_t final)
{
	switch (final) {
	case '6':                                           /* DECBI */
		if (vt->pos.x == vt->left)
			vt_scroll_right(vt, vt->left, 1);
		else
			vt_cursor_left(vt, 1);
		break;
	case '7': vt_cursor_save(vt); break;
	case '8': vt_cursor_restore(vt); break;
	case '9':                                           /* DECFI */
		if (vt->pos.x == vt->right)
			vt_scroll_left(vt, vt->left, 1);
		else
			vt_cursor_right(vt, 1);
		break;
	case '=': vt->modes |= VT_MODE_APP_KEYPAD; break;
	case '>': vt->modes &= ~(uint64_t)VT_MODE_APP_KEYPAD; break;
	case 'D': vt_index(vt); break;
	case 'E':
		vt_index(vt);
		vt_carriage_return(vt);
		break;
	case 'H': vt->tabs[vt->pos.x] = 1; break;
	case 'M': vt_reverse_index(vt); break;
	case 'N':
	case 'O':
		vt->single_shift = final == 'N' ? 2 : 3;
		vt_print_update(vt);
		break;
	case 'Z': vt_report_device(vt, 0); return;
	case 'c': vt_hard_reset(vt); break;
	case 'n':
	case 'o':
		vt->gl = final == 'n' ? 2 : 3;
		vt_print_update(vt);
		break;
	default: return;
	}
	vt->changed = true;
}

void vt_esc_dispatch(struct vt *vt, uint8_t final)
{
	const struct vt_parser *ps = &vt->parser;

	vt->cluster = VT_CLUSTER_CLOSED;
	if (ps->n_inter == 0) {
		plain(vt, final);
		return;
	}
	/* Sets with a two-byte name are the national ones: shown as ASCII. */
	uint8_t set = ps->n_inter == 1 ? final : 0;
	switch (ps->inter[0]) {
	case '#':
		if (ps->n_inter == 1)
			with_hash(vt, final);
		break;
	case '(': designate(vt, 0, set); break;
	case ')': designate(vt, 1, set); break;
	case '*': designate(vt, 2, set); break;
	case '+': designate(vt, 3, set); break;
	default: break;
	}
}
