/* SGR, both ways: parameters into the pen, the pen into parameters (DECRQSS).
 *
 * Extended colours come in two spellings: 38;2;r;g;b with semicolons, and
 * 38:2:SPACE:r:g:b with colons, where the colour space may also be left out. */
#include <stdarg.h>

#include "vt/internal.h"

static bool is_sub(const struct vt_parser *ps, unsigned i)
{
	return i < ps->n && (ps->sub >> i & 1);
}

/* Reads the colour whose introducer is parameter i; returns the last parameter that it took. */
static unsigned read_color(const struct vt_parser *ps, unsigned i, vt_color *color)
{
	const uint16_t *v = ps->params;
	unsigned n = 0;

	while (is_sub(ps, i + 1 + n))
		n++;
	if (n > 0) {
		const uint16_t *c = v + i + 1;

		if (c[0] == 5 && n >= 2 && c[1] < 256) {
			*color = VT_COLOR_PALETTE(c[1]);
		} else if (c[0] == 2 && n >= 4) {
			const uint16_t *rgb = n >= 5 ? c + 2 : c + 1;

			if (rgb[0] < 256 && rgb[1] < 256 && rgb[2] < 256)
				*color = VT_COLOR_RGB(rgb[0], rgb[1], rgb[2]);
		}
		return i + n;
	}
	if (i + 1 >= ps->n)
		return i;
	if (v[i + 1] == 5 && i + 2 < ps->n) {
		if (v[i + 2] < 256)
			*color = VT_COLOR_PALETTE(v[i + 2]);
		return i + 2;
	}
	if (v[i + 1] == 2 && i + 4 < ps->n) {
		if (v[i + 2] < 256 && v[i + 3] < 256 && v[i + 4] < 256)
			*color = VT_COLOR_RGB(v[i + 2], v[i + 3], v[i + 4]);
		return i + 4;
	}
	return ps->n;
}

static void put_field(uint32_t *attrs, uint32_t mask, unsigned shift, unsigned value)
{
	*attrs = (*attrs & ~mask) | (uint32_t)value << shift;
}

static inline void apply(const struct vt_parser *ps, unsigned first, struct vt_style *pen)
{
	uint32_t a = pen->attrs;

	for (unsigned i = first; i < ps->n || i == first; i++) {
		unsigned v = i < ps->n ? ps->params[i] : 0;

		switch (v) {
		case 0:
			a &= VT_ATTR_SEMANTIC | VT_ATTR_PROTECTED | VT_ATTR_GUARDED;
			pen->fg = pen->bg = pen->underline = VT_COLOR_DEFAULT;
			break;
		case 1: put_field(&a, VT_ATTR_INTENSITY, 0, 1); break;
		case 2: put_field(&a, VT_ATTR_INTENSITY, 0, 2); break;
		case 3: a |= VT_ATTR_ITALIC; break;
		case 4:
			if (!is_sub(ps, i + 1))
				put_field(&a, VT_ATTR_UNDERLINE, VT_ATTR_UNDERLINE_SHIFT, 1);
			else if (ps->params[i + 1] <= 5)
				put_field(&a, VT_ATTR_UNDERLINE, VT_ATTR_UNDERLINE_SHIFT, ps->params[i + 1]);
			break;
		case 5: put_field(&a, VT_ATTR_BLINK, VT_ATTR_BLINK_SHIFT, 1); break;
		case 6: put_field(&a, VT_ATTR_BLINK, VT_ATTR_BLINK_SHIFT, 2); break;
		case 7: a |= VT_ATTR_REVERSE; break;
		case 8: a |= VT_ATTR_INVISIBLE; break;
		case 9: a |= VT_ATTR_STRIKE; break;
		case 21: put_field(&a, VT_ATTR_UNDERLINE, VT_ATTR_UNDERLINE_SHIFT, 2); break;
		case 22: a &= ~(uint32_t)VT_ATTR_INTENSITY; break;
		case 23: a &= ~(uint32_t)VT_ATTR_ITALIC; break;
		case 24: a &= ~(uint32_t)VT_ATTR_UNDERLINE; break;
		case 25: a &= ~(uint32_t)VT_ATTR_BLINK; break;
		case 27: a &= ~(uint32_t)VT_ATTR_REVERSE; break;
		case 28: a &= ~(uint32_t)VT_ATTR_INVISIBLE; break;
		case 29: a &= ~(uint32_t)VT_ATTR_STRIKE; break;
		case 30 ... 37: pen->fg = VT_COLOR_PALETTE(v - 30); break;
		case 38: i = read_color(ps, i, &pen->fg); continue;
		case 39: pen->fg = VT_COLOR_DEFAULT; break;
		case 40 ... 47: pen->bg = VT_COLOR_PALETTE(v - 40); break;
		case 48: i = read_color(ps, i, &pen->bg); continue;
		case 49: pen->bg = VT_COLOR_DEFAULT; break;
		case 53: a |= VT_ATTR_OVERLINE; break;
		case 55: a &= ~(uint32_t)VT_ATTR_OVERLINE; break;
		case 58: i = read_color(ps, i, &pen->underline); continue;
		case 59: pen->underline = VT_COLOR_DEFAULT; break;
		case 73: put_field(&a, VT_ATTR_VALIGN, VT_ATTR_VALIGN_SHIFT, 1); break;
		case 74: put_field(&a, VT_ATTR_VALIGN, VT_ATTR_VALIGN_SHIFT, 2); break;
		case 75: a &= ~(uint32_t)VT_ATTR_VALIGN; break;
		case 90 ... 97: pen->fg = VT_COLOR_PALETTE(v - 90 + 8); break;
		case 100 ... 107: pen->bg = VT_COLOR_PALETTE(v - 100 + 8); break;
		default: break;
		}
		/* Subparameters that nobody asked for. */
		while (is_sub(ps, i + 1))
			i++;
	}
	pen->attrs = a;
}

void vt_sgr(struct vt *vt)
{
	vt_pen_touch(vt);
	apply(&vt->parser, 0, &vt->pen);
}

void vt_sgr_apply(const struct vt_parser *ps, unsigned first, struct vt_style *style)
{
	apply(ps, first, style);
}

/* ---- a style as parameters ------------------------------------------------------ */

struct text_out {
	char *s;
	size_t len, size;
};

static void out(struct text_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void out(struct text_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(o->s + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->len = MIN(o->len + (size_t)n, o->size - 1);
}

static void out_color(struct text_out *o, vt_color c, unsigned base, unsigned bright)
{
	unsigned v = VT_COLOR_VALUE(c);

	switch (VT_COLOR_KIND(c)) {
	case 0: break;
	case 1:
		if (v < 8 && bright)
			out(o, ";%u", base + v);
		else if (v < 16 && bright)
			out(o, ";%u", bright + v - 8);
		else
			out(o, ";%u:5:%u", base + 8, v);
		break;
	default: out(o, ";%u:2::%u:%u:%u", base + 8, v >> 16, v >> 8 & 255, v & 255); break;
	}
}

size_t vt_sgr_describe(const struct vt_style *style, char *ret, size_t size)
{
	struct text_out o = { ret, 0, size };
	uint32_t a = style->attrs;
	unsigned underline = (a & VT_ATTR_UNDERLINE) >> VT_ATTR_UNDERLINE_SHIFT;

	out(&o, "0");
	if ((a & VT_ATTR_INTENSITY) == VT_ATTR_BOLD)
		out(&o, ";1");
	if ((a & VT_ATTR_INTENSITY) == VT_ATTR_HALF)
		out(&o, ";2");
	if (a & VT_ATTR_ITALIC)
		out(&o, ";3");
	if (underline == 1)
		out(&o, ";4");
	else if (underline > 1)
		out(&o, ";4:%u", underline);
	if (a & VT_ATTR_BLINK)
		out(&o, ";%u", 4 + ((a & VT_ATTR_BLINK) >> VT_ATTR_BLINK_SHIFT));
	if (a & VT_ATTR_REVERSE)
		out(&o, ";7");
	if (a & VT_ATTR_INVISIBLE)
		out(&o, ";8");
	if (a & VT_ATTR_STRIKE)
		out(&o, ";9");
	if (a & VT_ATTR_OVERLINE)
		out(&o, ";53");
	if (a & VT_ATTR_VALIGN)
		out(&o, ";%u", 72 + ((a & VT_ATTR_VALIGN) >> VT_ATTR_VALIGN_SHIFT));
	out_color(&o, style->fg, 30, 90);
	out_color(&o, style->bg, 40, 100);
	out_color(&o, style->underline, 50, 0);
	return o.len;
}

/* ---- kept for later ------------------------------------------------------------- */

enum { KEEP_BOLD = 1, KEEP_HALF = 2, KEEP_ITALIC = 4, KEEP_UNDERLINE = 8, KEEP_BLINK = 16, KEEP_REVERSE = 32,
	KEEP_INVISIBLE = 64, KEEP_STRIKE = 128, KEEP_FG = 256, KEEP_BG = 512, KEEP_REST = 1024, KEEP_ALL = 2047 };

static unsigned keep_bit(unsigned parameter)
{
	switch (parameter) {
	case 1: return KEEP_BOLD;
	case 2: return KEEP_HALF;
	case 3: return KEEP_ITALIC;
	case 4:
	case 21: return KEEP_UNDERLINE;
	case 5: return KEEP_BLINK;
	case 7: return KEEP_REVERSE;
	case 8: return KEEP_INVISIBLE;
	case 9: return KEEP_STRIKE;
	case 30: return KEEP_FG;
	case 31: return KEEP_BG;
	default: return 0;
	}
}

void vt_sgr_push(struct vt *vt)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < vt->parser.n; i++)
		mask |= keep_bit(vt->parser.params[i]);
	/* Those beyond the limit are counted, so that their pops do not take others'. */
	if (vt->sgr_stack_n == UINT8_MAX)
		return;
	if (vt->sgr_stack_n < VT_SGR_STACK) {
		vt->sgr_stack[vt->sgr_stack_n].style = vt->pen;
		vt->sgr_stack[vt->sgr_stack_n].style.link = 0;
		vt->sgr_stack[vt->sgr_stack_n].mask = (uint16_t)(vt->parser.n ? mask : KEEP_ALL);
	}
	vt->sgr_stack_n++;
}

void vt_sgr_pop(struct vt *vt)
{
	struct vt_style *pen = &vt->pen;
	uint32_t bits = 0;

	if (vt->sgr_stack_n == 0 || --vt->sgr_stack_n >= VT_SGR_STACK)
		return;
	const struct vt_style *kept = &vt->sgr_stack[vt->sgr_stack_n].style;
	unsigned mask = vt->sgr_stack[vt->sgr_stack_n].mask;
	/* Bold and half are values of one field: what was kept of it wins where it was on. */
	unsigned now = pen->attrs & VT_ATTR_INTENSITY, was = kept->attrs & VT_ATTR_INTENSITY;
	if ((mask & KEEP_BOLD) && (now == VT_ATTR_BOLD || was == VT_ATTR_BOLD))
		now = was == VT_ATTR_BOLD ? was : 0;
	if ((mask & KEEP_HALF) && (now == VT_ATTR_HALF || was == VT_ATTR_HALF))
		now = was == VT_ATTR_HALF ? was : 0;
	bits |= mask & KEEP_ITALIC ? VT_ATTR_ITALIC : 0u;
	bits |= mask & KEEP_UNDERLINE ? VT_ATTR_UNDERLINE : 0u;
	bits |= mask & KEEP_BLINK ? VT_ATTR_BLINK : 0u;
	bits |= mask & KEEP_REVERSE ? VT_ATTR_REVERSE : 0u;
	bits |= mask & KEEP_INVISIBLE ? VT_ATTR_INVISIBLE : 0u;
	bits |= mask & KEEP_STRIKE ? VT_ATTR_STRIKE : 0u;
	bits |= mask & KEEP_REST ? VT_ATTR_OVERLINE | VT_ATTR_VALIGN : 0u;
	pen->attrs = (pen->attrs & ~(bits | VT_ATTR_INTENSITY)) | (kept->attrs & bits) | now;
	if (mask & KEEP_FG)
		pen->fg = kept->fg;
	if (mask & KEEP_BG)
		pen->bg = kept->bg;
	if (mask & KEEP_REST)
		pen->underline = kept->underline;
	vt_pen_touch(vt);
}

void vt_style_common(struct vt_style *common, const struct vt_style *style)
{
	static const uint32_t fields[] = { VT_ATTR_INTENSITY, VT_ATTR_UNDERLINE, VT_ATTR_BLINK, VT_ATTR_VALIGN };
	uint32_t differ = common->attrs ^ style->attrs;

	/* A field is the same or it is not. */
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (differ & fields[i])
			differ |= fields[i];
	common->attrs &= ~differ;
	if (common->fg != style->fg)
		common->fg = VT_COLOR_DEFAULT;
	if (common->bg != style->bg)
		common->bg = VT_COLOR_DEFAULT;
	if (common->underline != style->underline)
		common->underline = VT_COLOR_DEFAULT;
}
