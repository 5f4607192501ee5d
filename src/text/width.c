#include "text/props.h"
#include "text/text.h"

unsigned text_width(uint32_t cp)
{
	return TEXT_PROPS_WIDTH(text_props(cp));
}

unsigned text_cluster_width(const char *s, size_t len)
{
	unsigned width = 0;
	uint8_t base = 0;

	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t n = text_utf8_decode(s + at, len - at, &cp);
		uint8_t props = text_props(cp);

		/* Only the selector right after a base that takes one counts. */
		if (at > 0 && TEXT_PROPS_VARIES(base)) {
			if (cp == TEXT_VS16)
				width = 2;
			else if (cp == TEXT_VS15)
				width = 1;
		}
		width += TEXT_PROPS_WIDTH(props);
		base = props;
		at += n;
	}
	return width < 1 ? 1 : width > 2 ? 2 : width;
}

size_t text_string_width(const char *s, size_t len)
{
	size_t width = 0;

	for (size_t at = 0; at < len;) {
		size_t n = text_cluster_len(s + at, len - at);
		uint32_t cp;

		text_utf8_decode(s + at, len - at, &cp);
		unsigned class = TEXT_PROPS_CLASS(text_props(cp));
		if (class < TEXT_BREAK_CR || class > TEXT_BREAK_CONTROL || text_width(cp) > 0)
			width += text_cluster_width(s + at, n);
		at += n;
	}
	return width;
}
