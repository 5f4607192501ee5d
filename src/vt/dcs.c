/* Device control strings: the table at the end names them, and the application
 * program commands beside them. Here is XTGETTCAP (what is this capability?). */
#include "vt/internal.h"

static const struct {
	const char *name, *value;
} capabilities[] = {
	{ "TN", "xterm-256color" },
	{ "name", "xterm-256color" },
	{ "Co", "256" },
	{ "colors", "256" },
	{ "RGB", "8/8/8" },
	{ "Tc", "" },
	{ "Su", "" },
	{ "XT", "" },
	{ "bce", "" },
	{ "am", "" },
	{ "Smulx", "\\E[4:%p1%dm" },
	{ "Setulc", "\\E[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m" },
	{ "setrgbf", "\\E[38:2:%p1%d:%p2%d:%p3%dm" },
	{ "setrgbb", "\\E[48:2:%p1%d:%p2%d:%p3%dm" },
	{ "Ss", "\\E[%p1%d q" },
	{ "Se", "\\E[2 q" },
	{ "Ms", "\\E]52;%p1%s;%p2%s\\E\\\\" },
	{ "Sync", "\\E[?2026%?%p1%{1}%-%tl%eh%;" },
};

static void to_hex(const char *s, char *ret, size_t size)
{
	size_t n = 0;

	for (; *s && n + 3 <= size; s++, n += 2)
		snprintf(ret + n, 3, "%02X", (unsigned char)*s);
	ret[n] = 0;
}

/* One name in hexadecimal; answered one at a time, as it was asked. */
static void capability(struct vt *vt, const char *hex)
{
	char name[33];
	size_t len = __builtin_strlen(hex), n = 0;

	if (len % 2 != 0 || len / 2 >= sizeof(name))
		return;
	for (; n < len / 2; n++) {
		int hi = vt_hex_value(hex[2 * n]), lo = vt_hex_value(hex[2 * n + 1]);

		if (hi < 0 || lo < 0)
			return;
		name[n] = (char)(hi << 4 | lo);
	}
	name[n] = 0;
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++) {
		char value[300];

		if (__builtin_strcmp(capabilities[i].name, name) != 0)
			continue;
		to_hex(capabilities[i].value, value, sizeof(value));
		vt_reply(vt, "\033P1+r%s%s%s\033\\", hex, *value ? "=" : "", value);
		return;
	}
	vt_reply(vt, "\033P0+r%s\033\\", hex);
}

static void capabilities_asked(struct vt *vt, char *s, size_t len)
{
	while (s) {
		char *end = __builtin_strchr(s, ';');

		if (end)
			*end++ = 0;
		if (*s)
			capability(vt, s);
		s = end;
	}
}

/* Prefix, intermediate, final byte; name, bytes of payload, what is done with it. */
#define DCS_COMMANDS(X) \
	X(0, '$', 'q', "DECRQSS", VT_DCS_STATUS_MAX, .handler = vt_status_string) \
	X(0, '$', 't', "DECRSPS", VT_DCS_PRESENTATION_MAX, .handler = vt_restore_presentation) \
	X(0, 0, 'q', "DECSIXEL", VT_SIXEL_BYTES_MAX, .stream = &vt_sixel_stream) \
	X(0, '+', 'q', "XTGETTCAP", VT_DCS_CAPABILITIES_MAX, .handler = capabilities_asked)

#define ROW(prefix_, inter_, final_, name, limit_, ...) \
	{ .prefix = prefix_, .inter = inter_, .final = final_, .limit = limit_, __VA_ARGS__ },
static const struct vt_string_row dcss[] = { DCS_COMMANDS(ROW) };

#define LISTED(prefix, inter, final, name, limit, ...) { VT_SEQ_DCS, prefix, inter, final, 0, name, NULL },
static const struct vt_sequence listed[] = { DCS_COMMANDS(LISTED) };
const struct vt_sequence_table vt_dcs_table = { listed, ARRAY_LEN(listed) };

const struct vt_string_row *vt_dcs_find(uint8_t prefix, uint8_t inter, uint8_t final)
{
	for (size_t i = 0; i < ARRAY_LEN(dcss); i++)
		if (dcss[i].final == final && dcss[i].inter == inter && dcss[i].prefix == prefix)
			return &dcss[i];
	return NULL;
}

/* ---- application program commands ------------------------------------------------------ */

/* First byte, name, bytes of payload, what is done with it. */
#define APC_COMMANDS(X) \
	X('G', "KITTYGRAPHICS", VT_KITTY_GRAPHICS_BYTES_MAX, .stream = &vt_kitty_stream)

#define APC_ROW(final_, name, limit_, ...) { .final = final_, .limit = limit_, __VA_ARGS__ },
static const struct vt_string_row apcs[] = { APC_COMMANDS(APC_ROW) };

#define APC_LISTED(final, name, limit, ...) { VT_SEQ_APC, 0, 0, final, 0, name, NULL },
static const struct vt_sequence apcs_listed[] = { APC_COMMANDS(APC_LISTED) };
const struct vt_sequence_table vt_apc_table = { apcs_listed, ARRAY_LEN(apcs_listed) };

const struct vt_string_row *vt_apc_find(char first)
{
	for (size_t i = 0; i < ARRAY_LEN(apcs); i++)
		if (apcs[i].final == first)
			return &apcs[i];
	return NULL;
}
