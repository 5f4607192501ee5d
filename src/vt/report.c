/* Answers to queries. We present ourselves as a VT525-like terminal: level 5,
 * sixel (4), selective erase (6), horizontal scrolling (21), colour (22), and clipboard
 * writing (52). The firmware version in DA2 is one from which vim infers SGR
 * mouse reports. */
#include <stdarg.h>

#include "vt/internal.h"

void vt_answer_8bit(struct vt *vt, bool on)
{
	vt->modes = on && vt->level > 1 ? vt->modes | VT_M_C1_8BIT : vt->modes & ~VT_M_C1_8BIT;
}

/* ESC and a byte of 40..5f is one C1 control. Nothing else in an answer has an ESC. */
static void reply_8bit(struct vt *vt, const char *s, size_t len)
{
	cleanup_free char *out = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == 0x1b && i + 1 < len)
			out[n++] = (char)(s[++i] + 0x40);
		else
			out[n++] = s[i];
	}
	vt->cb.reply(vt->user, out, n);
}

void vt_reply_bytes(struct vt *vt, const char *s, size_t len)
{
	if (!vt->cb.reply)
		return;
	if (vt->modes & VT_M_C1_8BIT)
		reply_8bit(vt, s, len);
	else
		vt->cb.reply(vt->user, s, len);
}

void vt_reply(struct vt *vt, const char *fmt, ...)
{
	char s[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(s))
		vt_reply_bytes(vt, s, (size_t)n);
}

void vt_report_device(struct vt *vt, uint8_t prefix)
{
	if (vt_param(vt, 0, 0) != 0)
		return;
	switch (prefix) {
	case '>': vt_reply(vt, "\033[>1;277;0c"); break;
	case '=': vt_reply(vt, "\033P!|00000000\033\\"); break;
	default: vt_reply(vt, "\033[?65;4;6;21;22;52c"); break;
	}
}

static void report_cursor(struct vt *vt, bool dec)
{
	bool origin = vt->modes & VT_M_ORIGIN;
	unsigned y = vt->pos.y - (origin ? MIN(vt->top, vt->pos.y) : 0);
	unsigned x = vt->pos.x - (origin ? MIN(vt->left, vt->pos.x) : 0);

	vt_reply(vt, "\033[%s%u;%u%sR", dec ? "?" : "", y + 1, x + 1, dec ? ";1" : "");
}

void vt_report_status(struct vt *vt, bool dec)
{
	unsigned what = vt_param(vt, 0, 0);

	if (!dec && what == 5)
		vt_reply(vt, "\033[0n");
	else if (what == 6)
		report_cursor(vt, dec);
	else if (dec && what == 15)
		vt_reply(vt, "\033[?13n");                 /* no printer */
	else if (dec && what == 25)
		vt_reply(vt, "\033[?21n");                 /* user keys are locked */
	else if (dec && what == 26)
		vt_reply(vt, "\033[?27;1;0;0n");
	else if (dec && what == 996)
		vt_report_scheme(vt);
}

void vt_report_scheme(struct vt *vt)
{
	vt_reply(vt, "\033[?997;%un", vt_palette_dark(vt) ? 1u : 2u);
}

void vt_report_mode(struct vt *vt, bool dec)
{
	unsigned number = vt_param(vt, 0, 0);

	if (vt->level < 3)
		return;
	vt_reply(vt, "\033[%s%u;%u$y", dec ? "?" : "", number, (unsigned)vt_mode_query(vt, number, dec));
}

void vt_report_size(struct vt *vt)
{
	vt_reply(vt, "\033[48;%u;%u;%u;%ut", vt->rows, vt->cols, (unsigned)vt->pixel_height,
	    (unsigned)vt->pixel_width);
}

/* XTWINOPS. Titles are never reported: what a program set could be typed back as input. */
void vt_window_op(struct vt *vt)
{
	unsigned rows = vt->rows, cols = vt->cols, height = vt->pixel_height, width = vt->pixel_width;

	switch (vt_param(vt, 0, 0)) {
	case 8:
		rows = vt_param(vt, 1, rows);
		cols = vt_param(vt, 2, cols);
		if (vt->cb.size_request && rows <= VT_ROWS_MAX && cols <= VT_COLS_MAX)
			vt->cb.size_request(vt->user, (uint16_t)rows, (uint16_t)cols);
		break;
	case 11: vt_reply(vt, "\033[1t"); break;
	case 13: vt_reply(vt, "\033[3;0;0t"); break;
	case 14: vt_reply(vt, "\033[4;%u;%ut", height, width); break;
	case 16: vt_reply(vt, "\033[6;%u;%ut", height / rows, width / cols); break;
	case 18: vt_reply(vt, "\033[8;%u;%ut", rows, cols); break;
	case 19: vt_reply(vt, "\033[9;%u;%ut", rows, cols); break;
	case 22: vt_titles_push(vt); break;
	case 23: vt_titles_pop(vt, vt_param(vt, 1, 0)); break;
	default: break;
	}
}
