/* UTF-8, with ill-formed input replaced by the rule of maximal subparts
 * (Unicode 3.9): the longest prefix that could have begun a valid sequence is
 * one U+FFFD, and the byte that broke it is looked at again. The bounds of the
 * second byte (table 3-7) keep out overlong forms, surrogates and what lies
 * beyond U+10FFFF at the earliest byte. */
#include "text/text.h"

/* Begins a sequence: continuation bytes wanted and bounds of the first; need 0 = no lead byte. */
static struct text_utf8 utf8_lead(uint8_t b)
{
	struct text_utf8 u = { .lo = 0x80, .hi = 0xbf };

	if (b >= 0xc2 && b <= 0xdf) {
		u.need = 1;
		u.cp = b & 0x1fu;
	} else if (b >= 0xe0 && b <= 0xef) {
		u.need = 2;
		u.cp = b & 0x0fu;
		if (b == 0xe0)
			u.lo = 0xa0;
		else if (b == 0xed)
			u.hi = 0x9f;
	} else if (b >= 0xf0 && b <= 0xf4) {
		u.need = 3;
		u.cp = b & 0x07u;
		if (b == 0xf0)
			u.lo = 0x90;
		else if (b == 0xf4)
			u.hi = 0x8f;
	}
	return u;
}

enum text_utf8_status text_utf8_feed(struct text_utf8 *u, uint8_t byte, uint32_t *cp)
{
	if (u->need == 0) {
		if (byte < 0x80) {
			*cp = byte;
			return TEXT_UTF8_DONE;
		}
		*u = utf8_lead(byte);
		if (u->need > 0)
			return TEXT_UTF8_MORE;
		*cp = TEXT_REPLACEMENT;
		return TEXT_UTF8_BAD;
	}
	if (byte < u->lo || byte > u->hi) {
		u->need = 0;
		*cp = TEXT_REPLACEMENT;
		return TEXT_UTF8_BAD_REPEAT;
	}
	u->cp = u->cp << 6 | (byte & 0x3fu);
	u->lo = 0x80;
	u->hi = 0xbf;
	if (--u->need > 0)
		return TEXT_UTF8_MORE;
	*cp = u->cp;
	return TEXT_UTF8_DONE;
}

size_t text_utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	struct text_utf8 u = { 0 };

	for (size_t i = 0; i < len; i++) {
		switch (text_utf8_feed(&u, (uint8_t)s[i], cp)) {
		case TEXT_UTF8_MORE: break;
		case TEXT_UTF8_DONE:
		case TEXT_UTF8_BAD: return i + 1;
		case TEXT_UTF8_BAD_REPEAT: return i;
		}
	}
	*cp = TEXT_REPLACEMENT;
	return len;
}

size_t text_utf8_encode(uint32_t cp, char ret[4])
{
	if (cp < 0x80) {
		ret[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		ret[0] = (char)(0xc0 | cp >> 6);
		ret[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		ret[0] = (char)(0xe0 | cp >> 12);
		ret[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | cp >> 18);
	ret[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool text_utf8_valid(const char *s, size_t len)
{
	struct text_utf8 u = { 0 };
	uint32_t cp;

	for (size_t i = 0; i < len; i++)
		if (text_utf8_feed(&u, (uint8_t)s[i], &cp) >= TEXT_UTF8_BAD)
			return false;
	return u.need == 0;
}
