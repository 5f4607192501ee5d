/* Colours by OSC: xterm's palette (4), special (5) and dynamic (10-19) ones with
 * their resets, and kitty's one sequence for all of them (21), with its stack.
 * A colour of "?" asks; the answer has the form that would set the colour. */
#include "base/str.h"
#include "vt/base64.h"
#include "vt/osc.h"

/* xterm's dynamic colours, from 10 on. */
static const uint16_t dynamic[] = {
	VT_PALETTE_FG, VT_PALETTE_BG, VT_PALETTE_CURSOR, VT_PALETTE_POINTER_FG, VT_PALETTE_POINTER_BG,
	VT_PALETTE_TEK_FG, VT_PALETTE_TEK_BG, VT_PALETTE_HIGHLIGHT_BG, VT_PALETTE_TEK_CURSOR,
	VT_PALETTE_HIGHLIGHT_FG,
};
#define SPECIALS 5

static void palette_changed(struct vt *vt)
{
	vt->changed = true;
	if (vt->cb.palette)
		vt->cb.palette(vt->user);
}

static bool asks(const char *spec)
{
	return spec[0] == '?' && !spec[1];
}

/* After `head`, which names the colour. */
static void report(struct vt *vt, const char *head, unsigned index)
{
	uint32_t c = vt_palette_get(vt, index);
	unsigned r = c >> 16, g = c >> 8 & 255, b = c & 255;

	vt_reply(vt, "\033]%s;rgb:%02x%02x/%02x%02x/%02x%02x%s", head, r, r, g, g, b, b, vt_osc_end(vt));
}

/* Sets a colour; true when it was set. */
static bool set(struct vt *vt, unsigned index, const char *spec)
{
	uint32_t rgb;

	if (!vt_color_parse(spec, &rgb))
		return false;
	vt_palette_program(vt, index, rgb);
	return true;
}

/* Number c of OSC 4: of the palette, after its end a special colour, iTerm2's -1 and
 * -2 for foreground and background. VT_PALETTE_ALL when it is none. */
static unsigned palette_index(char *field)
{
	bool minus = *field == '-';
	unsigned c;

	field += minus;
	if (!vt_field_number(&field, &c) || *field)
		return VT_PALETTE_ALL;
	if (minus)
		return c == 1 ? VT_PALETTE_FG : c == 2 ? VT_PALETTE_BG : VT_PALETTE_ALL;
	if (c < 256)
		return c;
	return c < 256 + SPECIALS ? VT_PALETTE_BOLD + c - 256 : VT_PALETTE_ALL;
}

static unsigned special_index(char *field)
{
	unsigned c;

	return vt_field_number(&field, &c) && !*field && c < SPECIALS ? VT_PALETTE_BOLD + c : VT_PALETTE_ALL;
}

/* Pairs of a number and a colour. */
static void pairs(struct vt *vt, char *s, unsigned (*index_of)(char *))
{
	bool any = false;
	char *field, *spec;

	while ((field = vt_field(&s, ';')) && (spec = vt_field(&s, ';'))) {
		unsigned index = index_of(field);
		char head[32];

		if (index == VT_PALETTE_ALL || __builtin_strlen(field) > 8)
			continue;
		if (!asks(spec)) {
			any |= set(vt, index, spec);
			continue;
		}
		snprintf(head, sizeof(head), "%u;%s", vt->parser.row->number, field);
		report(vt, head, index);
	}
	if (any)
		palette_changed(vt);
}

/* Numbers; without any, all of [from, to). */
static void reset(struct vt *vt, char *s, unsigned (*index_of)(char *), unsigned from, unsigned to)
{
	char *field;

	for (unsigned i = from; !*s && i < to; i++)
		vt_palette_reset(vt, i);
	while (*s && (field = vt_field(&s, ';'))) {
		unsigned index = index_of(field);

		if (index != VT_PALETTE_ALL)
			vt_palette_reset(vt, index);
		if (!s)
			break;
	}
	palette_changed(vt);
}

void vt_osc_palette(struct vt *vt, char *s, size_t len)
{
	pairs(vt, s, palette_index);
}

void vt_osc_special(struct vt *vt, char *s, size_t len)
{
	pairs(vt, s, special_index);
}

void vt_osc_palette_reset(struct vt *vt, char *s, size_t len)
{
	reset(vt, s, palette_index, 0, 256);
}

void vt_osc_special_reset(struct vt *vt, char *s, size_t len)
{
	reset(vt, s, special_index, VT_PALETTE_BOLD, VT_PALETTE_BOLD + SPECIALS);
}

/* Further fields are for the colours after the first. */
void vt_osc_dynamic(struct vt *vt, char *s, size_t len)
{
	unsigned osc = vt->parser.row->number;
	bool any = false;
	char *spec;

	for (; osc < 10 + ARRAY_LEN(dynamic) && (spec = vt_field(&s, ';')); osc++) {
		char head[8];

		if (!asks(spec)) {
			any |= set(vt, dynamic[osc - 10], spec);
			continue;
		}
		snprintf(head, sizeof(head), "%u", osc);
		report(vt, head, dynamic[osc - 10]);
	}
	if (any)
		palette_changed(vt);
}

void vt_osc_dynamic_reset(struct vt *vt, char *s, size_t len)
{
	vt_palette_reset(vt, dynamic[vt->parser.row->number - 110]);
	palette_changed(vt);
}

/* ---- kitty's color control ------------------------------------------------------- */

static const struct { const char *key; uint16_t index; } keys[] = {
	{ "foreground", VT_PALETTE_FG }, { "background", VT_PALETTE_BG }, { "cursor", VT_PALETTE_CURSOR },
	{ "cursor_text", VT_PALETTE_CURSOR_TEXT }, { "selection_background", VT_PALETTE_HIGHLIGHT_BG },
	{ "selection_foreground", VT_PALETTE_HIGHLIGHT_FG }, { "visual_bell", VT_PALETTE_VISUAL_BELL },
};

static unsigned key_index(const char *key)
{
	char number[4];
	char *p = number;
	unsigned c;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (__builtin_strcmp(keys[i].key, key) == 0)
			return keys[i].index;
	if (__builtin_strlen(key) >= sizeof(number))
		return VT_PALETTE_ALL;
	memcpy(number, key, __builtin_strlen(key) + 1);
	return vt_field_number(&p, &c) && !*p && c < 256 ? c : VT_PALETTE_ALL;
}

static void answer_unknown(struct str *out, const char *key)
{
	char encoded[VT_BASE64_ENCODED(64)];
	size_t n = vt_base64_encode(key, MIN(__builtin_strlen(key), 64u), encoded);

	while (n > 0 && encoded[n - 1] == '=')
		n--;
	str_printf(out, ";unknown=%.*s", (int)n, encoded);
}

/* One key: without a value it is reset, with an empty one it has no colour of its own. */
static bool control(struct vt *vt, char *field, struct str *out)
{
	char *value = field, *key = vt_field(&value, '=');
	unsigned index = key_index(key);

	if (index == VT_PALETTE_ALL) {
		answer_unknown(out, key);
		return false;
	}
	if (!value) {
		vt_palette_reset(vt, index);
		return true;
	}
	if (asks(value)) {
		uint32_t c = vt_palette_get(vt, index);

		if (vt_palette_is_unset(vt, index))
			str_printf(out, ";%s=", key);
		else
			str_printf(out, ";%s=rgb:%02x/%02x/%02x", key, c >> 16, c >> 8 & 255, c & 255);
		return false;
	}
	if (!*value) {
		if (index < VT_PALETTE_CURSOR)
			return false;
		vt_palette_unset(vt, index);
		return true;
	}
	/* An alpha channel cannot be kept. */
	return set(vt, index, vt_field(&value, '@'));
}

void vt_osc_colors(struct vt *vt, char *s, size_t len)
{
	cleanup_str struct str out = STR_INIT;
	bool any = false;
	char *field;

	str_puts(&out, "\033]21");
	size_t head = out.len;
	while ((field = vt_field(&s, ';')))
		if (*field)
			any |= control(vt, field, &out);
	if (out.len > head) {
		str_puts(&out, vt_osc_end(vt));
		vt_reply_bytes(vt, out.s, out.len);
	}
	if (any)
		palette_changed(vt);
}

void vt_osc_colors_push(struct vt *vt, char *s, size_t len)
{
	vt_palette_push(vt, 0);
}

void vt_osc_colors_pop(struct vt *vt, char *s, size_t len)
{
	vt->changed = true;
	vt_palette_pop(vt, 0);
}
