/* Pastes as bytes for the program.
 *
 * What is pasted may come from anywhere, so nothing in it may act: an end marker
 * is taken out, in whatever form, and a control character becomes a blank, as
 * xterm has it for those of disallowedPasteControls. Since no ESC and no C1
 * control is left, nothing that remains can make a marker either. */
#include "vt/internal.h"

/* Bytes of an end marker of bracketed paste at s: CSI 201 ~, where CSI is ESC [, U+009B or a bare byte 9b. */
static size_t end_marker(const char *s, size_t len)
{
	static const char *const forms[] = { "\033[201~", "\302\233201~", "\233201~" };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t n = strlen(forms[i]);

		if (len >= n && memcmp(s, forms[i], n) == 0)
			return n;
	}
	return 0;
}

char *vt_encode_paste(const struct vt *vt, const char *text, size_t len, size_t *ret_len)
{
	static const char begin[] = "\033[200~", end[] = "\033[201~";
	bool bracketed = vt->modes & VT_MODE_BRACKETED_PASTE;

	len = MIN(len, (size_t)VT_PASTE_BYTES_MAX);
	*ret_len = 0;
	/* A byte that is no UTF-8 becomes the three of U+FFFD. */
	char *out = malloc(len * (text_utf8_valid(text, len) ? 1 : 3) + sizeof(begin) + sizeof(end));
	if (!out)
		return NULL;
	size_t n = 0;
	if (bracketed) {
		memcpy(out, begin, 6);
		n = 6;
	}
	for (size_t i = 0; i < len;) {
		uint8_t c = (uint8_t)text[i];
		uint32_t cp;
		size_t marker;

		if (c >= 0x20 && c < 0x7f) {
			out[n++] = (char)c;
			i++;
		} else if ((c == 0x1b || c >= 0x80) && (marker = end_marker(text + i, len - i)) > 0) {
			i += marker;
		} else if (c >= 0x80) {
			i += text_utf8_decode(text + i, len - i, &cp);
			if (cp >= 0xa0)
				n += text_utf8_encode(cp, out + n);
		} else if (c == '\r' || c == '\n') {
			out[n++] = bracketed ? '\n' : '\r';
			i += c == '\r' && i + 1 < len && text[i + 1] == '\n' ? 2 : 1;
		} else {
			out[n++] = c == '\t' ? '\t' : ' ';
			i++;
		}
	}
	if (bracketed) {
		memcpy(out + n, end, 6);
		n += 6;
	}
	out[n] = 0;
	*ret_len = n;
	return out;
}
