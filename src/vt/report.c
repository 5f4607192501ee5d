/* Answers to queries. We present ourselves as a VT525-like terminal: level 5, 132
 * columns (1), sixel (4), selective erase (6), technical characters (15), horizontal
 * scrolling (21), colour (22), rectangular editing (28), and clipboard writing (52).
 * The firmware version in DA2 is one from which vim infers SGR
 * mouse reports. */
#include <stdarg.h>

#include "base/str.h"
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
	default: vt_reply(vt, "\033[?65;1;4;6;15;21;22;28;52c"); break;
	}
}

static void report_cursor(struct vt *vt, bool dec)
{
	bool origin = vt->modes & VT_M_ORIGIN;
	unsigned y = vt->pos.y - (origin ? MIN(vt->top, vt->pos.y) : 0);
	unsigned x = vt->pos.x - (origin ? MIN(vt->left, vt->pos.x) : 0);

	vt_reply(vt, "\033[%s%u;%u%sR", dec ? "?" : "", y + 1, x + 1, dec ? ";1" : "");
}

static void report_dec(struct vt *vt, unsigned what)
{
	switch (what) {
	case 6: report_cursor(vt, true); break;
	case 15: vt_reply(vt, "\033[?13n"); break;             /* no printer */
	case 25: vt_reply(vt, "\033[?21n"); break;             /* user keys are locked */
	case 26: vt_reply(vt, "\033[?27;1;0;0n"); break;       /* a North American keyboard, ready */
	case 53:
	case 55: vt_reply(vt, "\033[?50n"); break;             /* no locator */
	case 56: vt_reply(vt, "\033[?57;0n"); break;           /* of no kind */
	case 62: vt_reply(vt, "\033[0*{"); break;              /* no room for macros */
	case 63: vt_reply(vt, "\033P%u!~0000\033\\", vt_param(vt, 1, 0)); break; /* and none are there */
	case 75: vt_reply(vt, "\033[?70n"); break;             /* no errors on the line */
	case 85: vt_reply(vt, "\033[?83n"); break;             /* one session */
	case 996: vt_report_scheme(vt); break;
	default: break;
	}
}

void vt_report_status(struct vt *vt, bool dec)
{
	unsigned what = vt_param(vt, 0, 0);

	if (dec)
		report_dec(vt, what);
	else if (what == 5)
		vt_reply(vt, "\033[0n");
	else if (what == 6)
		report_cursor(vt, false);
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

void vt_want_size(struct vt *vt, unsigned rows, unsigned cols)
{
	if (vt->cb.size_request && rows >= 1 && rows <= VT_ROWS_MAX && cols >= 1 && cols <= VT_COLS_MAX)
		vt->cb.size_request(vt->user, (uint16_t)rows, (uint16_t)cols);
}

/* The size in pixels that XTWINOPS 4 asks for, as whole cells. */
static void want_pixels(struct vt *vt)
{
	unsigned height = vt->pixel_height / vt->rows, width = vt->pixel_width / vt->cols;
	unsigned rows = vt->rows, cols = vt->cols;

	if (height == 0 || width == 0)
		return;
	if (vt_param(vt, 1, 0))
		rows = MAX(vt_param(vt, 1, 0) / height, 1u);
	if (vt_param(vt, 2, 0))
		cols = MAX(vt_param(vt, 2, 0) / width, 1u);
	vt_want_size(vt, rows, cols);
}

/* What a program set as a title could be typed back as input: test_reports only. */
static void report_title(struct vt *vt, char kind, const char *title)
{
	cleanup_str struct str s = STR_INIT;

	if (!vt->test_reports)
		return;
	str_printf(&s, "\033]%c%s\033\\", kind, title);
	vt_reply_bytes(vt, s.s, s.len);
}

/* XTWINOPS. There is no window here to be moved, raised or made an icon of; all of the
 * screen is the text area. */
void vt_window_op(struct vt *vt)
{
	unsigned rows = vt->rows, cols = vt->cols, height = vt->pixel_height, width = vt->pixel_width;
	unsigned op = vt_param(vt, 0, 0);

	switch (op) {
	case 4: want_pixels(vt); break;
	case 8: vt_want_size(vt, vt_param(vt, 1, rows), vt_param(vt, 2, cols)); break;
	case 11: vt_reply(vt, "\033[1t"); break;
	case 13: vt_reply(vt, "\033[3;0;0t"); break;
	case 14: vt_reply(vt, "\033[4;%u;%ut", height, width); break;
	case 15: vt_reply(vt, "\033[5;%u;%ut", height, width); break;
	case 16: vt_reply(vt, "\033[6;%u;%ut", height / rows, width / cols); break;
	case 18: vt_reply(vt, "\033[8;%u;%ut", rows, cols); break;
	case 19: vt_reply(vt, "\033[9;%u;%ut", rows, cols); break;
	case 20: report_title(vt, 'L', vt->icon_title); break;
	case 21: report_title(vt, 'l', vt->title); break;
	case 22:
		vt_titles_push(vt);
		vt->changed = true;
		break;
	case 23:
		vt_titles_pop(vt, vt_param(vt, 1, 0));
		vt->changed = true;
		break;
	default:
		if (op >= 24)                    /* DECSLPP */
			vt_want_size(vt, op, cols);
		break;
	}
}
