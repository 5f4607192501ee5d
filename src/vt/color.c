/* The palette: what the attached client shows, and what programs changed in it. */
#include <strings.h>

#include "vt/color_names.h"
#include "vt/internal.h"

/* ---- spellings ---------------------------------------------------------------- */

/* 1 to 4 hexadecimal digits at *s, scaled to 8 bits; -1 when there are none. */
static int scaled(const char **s)
{
	unsigned v = 0, digits = 0;

	for (; digits < 4 && vt_hex_value(**s) >= 0; digits++)
		v = v << 4 | (unsigned)vt_hex_value(*(*s)++);
	if (digits == 0)
		return -1;
	return (int)(v * 255 / ((1u << 4 * digits) - 1));
}

/* A number as C writes it, without the hexadecimal ones and independent of the
 * locale: what is above 1 is 1, what is below 0 is 0; in 255ths. -1 when it is none. */
static int intensity(const char **s)
{
	const char *p = *s;
	bool minus = *p == '-', any = false;
	double v = 0, unit = 1;
	int exponent = 0;

	p += *p == '-' || *p == '+';
	for (bool point = false; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		any = true;
		unit /= point ? 10 : 1;
		v = point ? v + (*p - '0') * unit : v * 10 + (*p - '0');
	}
	if (!any)
		return -1;
	if ((*p | 32) == 'e') {
		bool down = *++p == '-';

		p += *p == '-' || *p == '+';
		if (*p < '0' || *p > '9')
			return -1;
		for (; *p >= '0' && *p <= '9'; p++)
			exponent = MIN(exponent * 10 + (*p - '0'), 400);
		for (; exponent > 0; exponent--)
			v = down ? v / 10 : v * 10;
	}
	*s = p;
	return minus || v <= 0 ? 0 : v >= 1 ? 255 : (int)(v * 255 + 0.5);
}

/* Three components (a fourth, of rgba:, is read and dropped) between slashes. */
static bool components(const char *s, unsigned n, int (*read)(const char **), uint32_t *ret)
{
	uint32_t rgb = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && *s++ != '/')
			return false;
		int v = read(&s);
		if (v < 0)
			return false;
		if (i < 3)
			rgb = rgb << 8 | (uint32_t)v;
	}
	*ret = rgb;
	return *s == 0;
}

/* #rgb to #rrrrggggbbbb: digits are the most significant ones, so #fff is f0f0f0. */
static bool digits(const char *s, uint32_t *ret)
{
	size_t len = __builtin_strlen(s), n = len / 3;
	uint32_t rgb = 0;

	if (len % 3 != 0 || n < 1 || n > 4)
		return false;
	for (size_t i = 0; i < len; i++) {
		int v = vt_hex_value(s[i]);

		if (v < 0)
			return false;
		if (i % n < 2)
			rgb = rgb << 4 | (uint32_t)v;
		if (n == 1)
			rgb <<= 4;
	}
	*ret = rgb;
	return true;
}

static uint32_t rgb_of(const uint8_t *rgb)
{
	return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

/* A name of X11, in any case and with blanks anywhere. */
static bool named(const char *s, uint32_t *ret)
{
	char name[sizeof(vt_color_names[0].name)];
	size_t len = 0, base;

	for (; *s; s++) {
		if (*s == ' ')
			continue;
		if (len + 1 == sizeof(name))
			return false;
		name[len++] = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;
	}
	name[len] = 0;
	for (size_t i = 0; i < vt_color_names_n; i++) {
		if (__builtin_strcmp(vt_color_names[i].name, name) == 0) {
			*ret = rgb_of(vt_color_names[i].rgb);
			return true;
		}
	}
	unsigned number = 0;
	for (base = 0; base < len && (name[base] < '0' || name[base] > '9'); base++)
		;
	for (size_t i = base; i < len; i++) {
		if (name[i] < '0' || name[i] > '9' || i - base > 2)
			return false;
		number = number * 10 + (unsigned)(name[i] - '0');
	}
	/* No leading zeros. */
	if (base == len || (name[base] == '0' && len > base + 1))
		return false;
	name[base] = 0;
	if (number <= 100 && (__builtin_strcmp(name, "gray") == 0 || __builtin_strcmp(name, "grey") == 0)) {
		*ret = (uint32_t)(number * 2.55 + 0.5) * 0x010101u;
		return true;
	}
	for (size_t i = 0; number >= 1 && number <= 4 && i < vt_color_shades_n; i++) {
		if (__builtin_strcmp(vt_color_shades[i].name, name) == 0) {
			*ret = rgb_of(vt_color_shades[i].rgb[number - 1]);
			return true;
		}
	}
	return false;
}

bool vt_color_parse(const char *s, uint32_t *ret)
{
	if (s[0] == '#')
		return digits(s + 1, ret);
	if (strncasecmp(s, "rgb:", 4) == 0)
		return components(s + 4, 3, scaled, ret);
	if (strncasecmp(s, "rgba:", 5) == 0)
		return components(s + 5, 4, scaled, ret);
	if (strncasecmp(s, "rgbi:", 5) == 0)
		return components(s + 5, 3, intensity, ret);
	return named(s, ret);
}

/* ---- the palette ------------------------------------------------------------------ */

void vt_palette_program(struct vt *vt, unsigned index, uint32_t rgb)
{
	vt->palette[index] = rgb;
	vt->palette_set[index] = VT_COLOR_SET;
}

/* The extra colours have none of their own by default. */
void vt_palette_reset(struct vt *vt, unsigned index)
{
	vt->palette[index] = index < VT_PALETTE_COUNT ? vt->palette_default[index] : 0;
	vt->palette_set[index] = index < VT_PALETTE_COUNT ? VT_COLOR_ORIGINAL : VT_COLOR_UNSET;
}

void vt_palette_unset(struct vt *vt, unsigned index)
{
	vt->palette_set[index] = VT_COLOR_UNSET;
}

uint32_t vt_palette_get(const struct vt *vt, unsigned index)
{
	if (index >= VT_PALETTE_ALL)
		return 0;
	if (vt->palette_set[index] != VT_COLOR_UNSET)
		return vt->palette[index];
	switch (index) {
	case VT_PALETTE_CURSOR_TEXT:
	case VT_PALETTE_HIGHLIGHT_FG:
	case VT_PALETTE_POINTER_BG:
	case VT_PALETTE_TEK_BG: return vt->palette[VT_PALETTE_BG];
	default: return vt->palette[VT_PALETTE_FG];
	}
}

bool vt_palette_is_unset(const struct vt *vt, unsigned index)
{
	return index >= VT_PALETTE_ALL || vt->palette_set[index] == VT_COLOR_UNSET;
}

bool vt_palette_changed(const struct vt *vt)
{
	for (unsigned i = 0; i < VT_PALETTE_COUNT; i++)
		if (vt->palette_set[i] && vt_palette_get(vt, i) != vt->palette_default[i])
			return true;
	for (unsigned i = VT_PALETTE_COUNT; i < VT_PALETTE_ALL; i++)
		if (vt->palette_set[i] == VT_COLOR_SET)
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
		if (vt->palette_set[i] == VT_COLOR_ORIGINAL)
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
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++)
		vt_palette_reset(vt, i);
}

/* ---- the stack ------------------------------------------------------------------------ */

static void palette_save(const struct vt *vt, struct vt_palette_saved **to)
{
	if (!*to)
		*to = xmalloc(sizeof(**to));
	memcpy((*to)->color, vt->palette, sizeof((*to)->color));
	memcpy((*to)->set, vt->palette_set, sizeof((*to)->set));
}

static void palette_load(struct vt *vt, const struct vt_palette_saved *from)
{
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++) {
		vt_palette_reset(vt, i);
		if (from->set[i] == VT_COLOR_SET)
			vt_palette_program(vt, i, from->color[i]);
		else if (from->set[i] == VT_COLOR_UNSET)
			vt_palette_unset(vt, i);
	}
	if (vt->cb.palette)
		vt->cb.palette(vt->user);
}

void vt_palette_push(struct vt *vt, unsigned slot)
{
	if (slot > VT_PALETTE_STACK)
		return;
	if (slot == 0) {
		if (vt->palette_stack_n == VT_PALETTE_STACK) {
			/* The oldest goes. */
			struct vt_palette_saved *oldest = vt->palette_stack[0];

			memmove(vt->palette_stack, vt->palette_stack + 1, (VT_PALETTE_STACK - 1) * sizeof(oldest));
			vt->palette_stack[VT_PALETTE_STACK - 1] = oldest;
			vt->palette_stack_n--;
		}
		slot = ++vt->palette_stack_n;
	}
	palette_save(vt, &vt->palette_stack[slot - 1]);
}

void vt_palette_pop(struct vt *vt, unsigned slot)
{
	if (slot == 0 && vt->palette_stack_n > 0) {
		slot = vt->palette_stack_n--;
		palette_load(vt, vt->palette_stack[slot - 1]);
		free(vt->palette_stack[slot - 1]);
		vt->palette_stack[slot - 1] = NULL;
	} else if (slot >= 1 && slot <= VT_PALETTE_STACK && vt->palette_stack[slot - 1]) {
		palette_load(vt, vt->palette_stack[slot - 1]);
	}
}

unsigned vt_palette_stored(const struct vt *vt)
{
	unsigned n = 0;

	for (unsigned i = 0; i < VT_PALETTE_STACK; i++)
		n += vt->palette_stack[i] != NULL;
	return n;
}

void vt_palette_stack_clear(struct vt *vt)
{
	for (unsigned i = 0; i < VT_PALETTE_STACK; i++) {
		free(vt->palette_stack[i]);
		vt->palette_stack[i] = NULL;
	}
	vt->palette_stack_n = 0;
}
