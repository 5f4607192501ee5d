/* How the terminal is set, told so that it can be set so again: DECRQSS for one
 * setting, DECRQPSR and DECRSPS for the cursor with all that goes with it and for
 * the tab stops. The forms are the VT420's and VT510's. */
#include "base/str.h"
#include "vt/internal.h"

/* ---- DECRQSS ---------------------------------------------------------------- */

#define NONE UINT32_MAX

/* What the setting's control sequence ends with, its name, its one or two parameters. */
#define SETTINGS(X) \
	X("r", "DECSTBM", vt->top + 1u, vt->bottom + 1u) \
	X("s", "DECSLRM", vt->left + 1u, vt->right + 1u) \
	X("t", "DECSLPP", vt->rows, NONE) \
	X("$|", "DECSCPP", vt->cols, NONE) \
	X("*|", "DECSNLS", vt->rows, NONE) \
	X("*x", "DECSACE", vt->change_extent, NONE) \
	X(" q", "DECSCUSR", vt->shape, NONE) \
	X("\"q", "DECSCA", vt->pen.attrs & VT_ATTR_PROTECTED ? 1u : 0u, NONE) \
	X("\"p", "DECSCL", 60u + vt->level, vt->modes & VT_M_C1_8BIT ? 0u : 1u) \
	/* There is no status line. */ \
	X("$}", "DECSASD", 0u, NONE) \
	X("$~", "DECSSDT", 0u, NONE)

void vt_status_string(struct vt *vt, char *what, size_t len)
{
	char s[256];
	uint32_t a = NONE, b = NONE;

	if (__builtin_strcmp(what, "m") == 0) {
		vt_sgr_describe(&vt->pen, s, sizeof(s));
		vt_reply(vt, "\033P1$r%sm\033\\", s);
		return;
	}
#define MATCH(end, name, first, second) \
	if (__builtin_strcmp(what, end) == 0) { \
		a = first; \
		b = second; \
	}
	SETTINGS(MATCH)
	if (a == NONE)
		vt_reply(vt, "\033P0$r\033\\");
	else if (b == NONE)
		vt_reply(vt, "\033P1$r%u%s\033\\", a, what);
	else
		vt_reply(vt, "\033P1$r%u;%u%s\033\\", a, b, what);
}

#define ROW(end, name, first, second) { VT_SEQ_DCS, 0, '$', 'q', 0, name, end },
static const struct vt_sequence rows[] = { ROW("m", "SGR", 0, 0) SETTINGS(ROW) };
const struct vt_sequence_table vt_setting_table = { rows, ARRAY_LEN(rows) };

/* ---- DECRQPSR ----------------------------------------------------------------- */

/* Flags are told as characters from '@' on, so that none is a control. */
static unsigned rendition_flags(uint32_t attrs)
{
	return ((attrs & VT_ATTR_INTENSITY) == VT_ATTR_BOLD ? 1u : 0u) | (attrs & VT_ATTR_UNDERLINE ? 2u : 0u) |
	    (attrs & VT_ATTR_BLINK ? 4u : 0u) | (attrs & VT_ATTR_REVERSE ? 8u : 0u);
}

static void report_cursor(struct vt *vt)
{
	unsigned protection = vt->pen.attrs & VT_ATTR_PROTECTED ? 1 : 0, sizes = 0;
	unsigned flags = (vt->modes & VT_M_ORIGIN ? 1u : 0u) | (vt->single_shift == 2 ? 2u : 0u) |
	    (vt->single_shift == 3 ? 4u : 0u) | (vt->pos.pending ? 8u : 0u);

	for (unsigned g = 0; g < 4; g++)
		if (vt->charset[g] == VT_CHARSET_LATIN1)
			sizes |= 1u << g;
	vt_reply(vt, "\033P1$u%u;%u;1;%c;%c;%c;%u;%u;%c;%s%s%s%s\033\\", vt->pos.y + 1u, vt->pos.x + 1u,
	    (char)('@' + rendition_flags(vt->pen.attrs)), (char)('@' + protection), (char)('@' + flags), vt->gl,
	    vt->gr, (char)('@' + sizes), vt_charset_name(vt->charset[0]), vt_charset_name(vt->charset[1]),
	    vt_charset_name(vt->charset[2]), vt_charset_name(vt->charset[3]));
}

static void report_tabs(struct vt *vt)
{
	cleanup_str struct str s = STR_INIT;
	const char *slash = "";

	str_puts(&s, "\033P2$u");
	for (unsigned x = 0; x < vt->cols; x++) {
		if (!vt->tabs[x])
			continue;
		str_printf(&s, "%s%u", slash, x + 1);
		slash = "/";
	}
	str_puts(&s, "\033\\");
	vt_reply_bytes(vt, s.s, s.len);
}

void vt_report_presentation(struct vt *vt)
{
	switch (vt_param(vt, 0, 0)) {
	case 1: report_cursor(vt); break;
	case 2: report_tabs(vt); break;
	default: break;
	}
}

/* ---- DECRSPS -------------------------------------------------------------------- */

/* A number and the separator after it; false when there is none of both. */
static bool read_number(char **s, char separator, unsigned *ret)
{
	unsigned long v = strtoul(*s, s, 10);

	*ret = (unsigned)MIN(v, 65535ul);
	return v > 0 && *(*s)++ == separator;
}

/* A character of flags, none of them above max, and the semicolon. */
static bool read_flags(char **s, unsigned max, unsigned *ret)
{
	*ret = (unsigned char)(*s)[0] - (unsigned)'@';
	if (*ret > max || (*s)[1] != ';')
		return false;
	*s += 2;
	return true;
}

/* The names of four sets, one after another. */
static bool read_sets(const char *s, unsigned sizes, uint8_t ret[4])
{
	for (unsigned g = 0; g < 4; g++) {
		uint8_t inter = *s >= ' ' && *s <= '/' ? (uint8_t)*s++ : 0;

		if (!*s || !vt_charset_find(sizes >> g & 1 ? 96 : 94, inter, (uint8_t)*s++, &ret[g]))
			return false;
	}
	return *s == 0;
}

static void restore_rendition(struct vt *vt, unsigned rendition, bool protection)
{
	uint32_t a = vt->pen.attrs & ~(uint32_t)(VT_ATTR_INTENSITY | VT_ATTR_UNDERLINE | VT_ATTR_BLINK |
	    VT_ATTR_REVERSE | VT_ATTR_PROTECTED);

	a |= (rendition & 1 ? VT_ATTR_BOLD : 0u) | (rendition & 2 ? 1u << VT_ATTR_UNDERLINE_SHIFT : 0u) |
	    (rendition & 4 ? 1u << VT_ATTR_BLINK_SHIFT : 0u) | (rendition & 8 ? VT_ATTR_REVERSE : 0u) |
	    (protection ? VT_ATTR_PROTECTED : 0u);
	vt->pen.attrs = a;
	vt_pen_touch(vt);
}

/* All of it is read before any of it is believed. */
static void restore_cursor(struct vt *vt, char *s)
{
	unsigned row, column, page, rendition, protection, flags, sizes;
	uint8_t sets[4];

	if (!read_number(&s, ';', &row) || !read_number(&s, ';', &column) || !read_number(&s, ';', &page) ||
	    !read_flags(&s, 15, &rendition) || !read_flags(&s, 1, &protection) || !read_flags(&s, 15, &flags))
		return;
	if (s[0] < '0' || s[0] > '3' || s[1] != ';' || s[2] < '0' || s[2] > '3' || s[3] != ';')
		return;
	uint8_t gl = (uint8_t)(s[0] - '0'), gr = (uint8_t)(s[2] - '0');
	s += 4;
	if (!read_flags(&s, 15, &sizes) || !read_sets(s, sizes, sets))
		return;
	restore_rendition(vt, rendition, protection);
	memcpy(vt->charset, sets, sizeof(sets));
	vt->gl = gl;
	vt->gr = gr;
	vt->single_shift = flags & 2 ? 2 : flags & 4 ? 3 : 0;
	vt->modes = flags & 1 ? vt->modes | VT_M_ORIGIN : vt->modes & ~VT_M_ORIGIN;
	vt_cursor_to(vt, column - 1, row - 1);
	vt->pos.pending = (flags & 8) && vt->pos.x == vt->cols - 1;
	vt_print_update(vt);
}

static void restore_tabs(struct vt *vt, char *s)
{
	memset(vt->tabs, 0, vt->cols);
	while (*s) {
		unsigned long column = strtoul(s, &s, 10);

		if (column > 0 && column <= vt->cols)
			vt->tabs[column - 1] = 1;
		if (*s++ != '/')
			return;
	}
}

void vt_restore_presentation(struct vt *vt, char *s, size_t len)
{
	vt->changed = true;
	switch (vt_param(vt, 0, 0)) {
	case 1: restore_cursor(vt, s); break;
	case 2: restore_tabs(vt, s); break;
	default: break;
	}
}
