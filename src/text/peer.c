/* What wezterm's clients make of text, which is not in our hands: they find
 * widths and boundaries again (wezterm-mux.md 3.6), with tables of their own
 * version of Unicode. */
#include "text/props.h"
#include "text/text.h"

unsigned text_peer_width(const char *s, size_t len)
{
	unsigned sum = 0, n = 0;
	bool wide = false, varies = false;
	uint32_t cp = 0;

	for (size_t at = 0; at < len; n++) {
		at += text_utf8_decode(s + at, len - at, &cp);
		uint8_t props = text_props(cp);

		if (n == 0)
			varies = TEXT_PROPS_VARIES(props);
		wide |= TEXT_PROPS_WIDTH(props) == 2;
		sum += TEXT_PROPS_WIDTH(props);
	}
	/* Only a base and its selector alone are looked up as such. */
	if (n == 2 && varies && (cp == TEXT_VS15 || cp == TEXT_VS16))
		return cp == TEXT_VS16 ? 2 : 1;
	return wide || sum > 1 ? 2 : 1;
}

enum text_peer_break text_peer_break(struct text_break *b, uint32_t cp)
{
	if (text_break_before(b, cp))
		return TEXT_PEER_BREAKS;
	/* GB9c came with Unicode 15.1; without it the consonant begins a cluster. */
	return TEXT_PROPS_CLASS(text_props(cp)) == TEXT_BREAK_CONSONANT ? TEXT_PEER_UNSURE : TEXT_PEER_JOINS;
}
