/* Device control strings: the table at the end names them, and the application
 * program commands beside them. */
#include "vt/internal.h"

/* Synchronized output as it was before mode 2026: DCS = 1 s begins, DCS = 2 s ends. */
static void synchronize(struct vt *vt, char *s, size_t len)
{
	unsigned what = vt_param(vt, 0, 0);

	if (what == 1 || what == 2)
		vt_mode_dec(vt, 2026, what == 1);
}

/* What a program in tmux wants its terminal to have: the payload is parsed as if it had
 * come plain. A sequence that it does not end is dropped. */
static void tmux_passthrough(struct vt *vt, char *s, size_t len)
{
	struct vt_parser outer = vt->parser;

	if (len < 4 || memcmp(s, "mux;", 4) != 0 || outer.depth == VT_NESTING_MAX)
		return;
	vt->parser = (struct vt_parser){ .depth = (uint8_t)(outer.depth + 1) };
	vt_parse(vt, (const uint8_t *)s + 4, (const uint8_t *)s + len);
	vt_string_abandon(vt);
	free(vt->parser.string);
	vt->parser = outer;
}

/* Prefix, intermediate, final byte; name, bytes of payload, what is done with it. */
#define DCS_COMMANDS(X) \
	X(0, '$', 'q', "DECRQSS", VT_DCS_STATUS_MAX, .handler = vt_status_string) \
	X(0, '$', 't', "DECRSPS", VT_DCS_PRESENTATION_MAX, .handler = vt_restore_presentation) \
	X(0, 0, 'q', "DECSIXEL", VT_SIXEL_BYTES_MAX, .stream = &vt_sixel_stream) \
	X(0, '+', 'q', "XTGETTCAP", VT_DCS_CAPABILITIES_MAX, .handler = vt_capabilities_asked) \
	X(0, '+', 'p', "XTSETTCAP", VT_DCS_CAPABILITIES_MAX, .handler = NULL) \
	X(0, 0, '|', "DECUDK", VT_DCS_CAPABILITIES_MAX, .handler = NULL) \
	X('=', 0, 's', "SYNC", VT_DCS_CAPABILITIES_MAX, .handler = synchronize) \
	X(0, 0, 't', "TMUX", VT_DCS_TMUX_MAX, .raw = true, .handler = tmux_passthrough)

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
