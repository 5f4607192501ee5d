/* The palette: what the attached client shows, and what programs changed in it. */
#include "vt/internal.h"

/* 1 to 4 hexadecimal digits at *s, scaled to 8 bits; -1 when there are none. */
static int component(const char **s)
{
	unsigned v = 0, digits = 0;

	for (; digits < 4 && vt_hex_value(**s) >= 0; digits++)
		v = v << 4 | (unsigned)vt_hex_value(*(*s)++);
	if (digits == 0)
		return -1;
	return (int)(v * 255 / ((1u << 4 * digits) - 1));
}

bool vt_color_parse(const char *s, uint32_t *ret)
{
	uint32_t rgb = 0;

	if (s[0] == '#') {
		size_t digits = __builtin_strlen(s + 1) / 3;

		if (digits < 1 || digits > 4 || __builtin_strlen(s + 1) % 3 != 0)
			return false;
		for (unsigned i = 0; i < 3; i++) {
			char part[5] = { 0 };
			const char *p = part;

			/* Digits are the most significant ones: #fff is f0f0f0 to X11, but everyone means white. */
			memcpy(part, s + 1 + i * digits, digits);
			int v = component(&p);
			if (v < 0 || *p)
				return false;
			rgb = rgb << 8 | (uint32_t)v;
		}
		*ret = rgb;
		return true;
	}
	bool alpha = __builtin_strncmp(s, "rgba:", 5) == 0;
	if (!alpha && __builtin_strncmp(s, "rgb:", 4) != 0)
		return false;
	s += alpha ? 5 : 4;
	for (unsigned i = 0; i < 3; i++) {
		if (i > 0 && *s++ != '/')
			return false;
		int v = component(&s);
		if (v < 0)
			return false;
		rgb = rgb << 8 | (uint32_t)v;
	}
	if (alpha && (*s++ != '/' || component(&s) < 0))
		return false;
	if (*s)
		return false;
	*ret = rgb;
	return true;
}

void vt_palette_program(struct vt *vt, unsigned index, uint32_t rgb)
{
	vt->palette[index] = rgb;
	vt->palette_set[index] = 1;
}

void vt_palette_reset(struct vt *vt, unsigned index)
{
	vt->palette[index] = vt->palette_default[index];
	vt->palette_set[index] = 0;
}

uint32_t vt_palette_get(const struct vt *vt, unsigned index)
{
	return index < VT_PALETTE_COUNT ? vt->palette[index] : 0;
}

bool vt_palette_changed(const struct vt *vt)
{
	for (unsigned i = 0; i < VT_PALETTE_COUNT; i++)
		if (vt->palette_set[i] && vt->palette[i] != vt->palette_default[i])
			return true;
	return false;
}

bool vt_palette_dark(const struct vt *vt)
{
	uint32_t c = vt->palette[VT_PALETTE_BG];

	return (c >> 16) * 299 + (c >> 8 & 255) * 587 + (c & 255) * 114 < 128 * 1000;
}

void vt_palette_set_default(struct vt *vt, const uint32_t palette[VT_PALETTE_COUNT])
{
	bool dark = vt_palette_dark(vt);

	for (unsigned i = 0; i < VT_PALETTE_COUNT; i++) {
		vt->palette_default[i] = palette[i] & 0xffffff;
		if (!vt->palette_set[i])
			vt->palette[i] = vt->palette_default[i];
	}
	if (dark != vt_palette_dark(vt) && (vt->modes & VT_MODE_COLOR_SCHEME_REPORTS))
		vt_report_scheme(vt);
}

/* The colours of xterm: 16 named ones, a cube of 6x6x6, 24 greys. */
void vt_palette_init(struct vt *vt)
{
	static const uint32_t named[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	};
	uint32_t p[VT_PALETTE_COUNT];

	for (unsigned i = 0; i < 16; i++)
		p[i] = named[i];
	for (unsigned i = 0; i < 216; i++) {
		unsigned r = i / 36, g = i / 6 % 6, b = i % 6;

		p[16 + i] = (r ? 55 + r * 40 : 0) << 16 | (g ? 55 + g * 40 : 0) << 8 | (b ? 55 + b * 40 : 0);
	}
	for (unsigned i = 0; i < 24; i++)
		p[232 + i] = (8 + i * 10) * 0x010101u;
	p[VT_PALETTE_FG] = 0xe5e5e5;
	p[VT_PALETTE_BG] = 0x000000;
	p[VT_PALETTE_CURSOR] = 0xe5e5e5;
	memcpy(vt->palette_default, p, sizeof(p));
	memcpy(vt->palette, p, sizeof(p));
}
