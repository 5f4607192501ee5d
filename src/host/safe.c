/* log_safe(): nothing that passes here can move the cursor, change a mode, ask
 * the terminal for an answer or reorder what stands beside it. */
#include "host/safe.h"

#include "base/mem.h"
#include "host/log.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One well-formed code point, or 0 when p does not begin one. */
static size_t decode(const unsigned char *p, size_t len, uint32_t *ret)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t c = n == 1 ? *p : *p & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 63u);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10FFFF)) || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*ret = c;
	return n;
}

/* Invisible, or able to change how its neighbours are read. U+200D stays: emoji need it. */
static bool is_treacherous(uint32_t c)
{
	static const struct { uint32_t first, last; } range[] = {
		{ 0x80, 0x9F }, { 0xAD, 0xAD }, { 0x61C, 0x61C }, { 0x180E, 0x180E }, { 0x200B, 0x200C },
		{ 0x200E, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF },
		{ 0xFFF9, 0xFFFB }, { 0xE0000, 0xE0FFF },
	};
	for (size_t i = 0; i < ARRAY_LEN(range); i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

/* ---- secrets ---- */

static struct strv secrets;

void log_secret(const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\r\n");
		if (len)
			strv_take(&secrets, xmemdup0(p, len));
		p += len + (p[len] != '\0');
	}
}

/* The longest secret that begins here, or 0: one may begin with another. */
static size_t secret_at(const char *p, size_t left)
{
	size_t longest = 0;
	for (size_t i = 0; i < secrets.n; i++) {
		size_t len = strlen(secrets.v[i]);
		if (len <= left && len > longest && memcmp(p, secrets.v[i], len) == 0)
			longest = len;
	}
	return longest;
}

static void mask(struct str *ret, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = secret_at(text + i, len - i);
		if (n)
			str_puts(ret, "********");
		else
			str_putc(ret, text[i]);
		i += n ? n : 1;
	}
}

/* ---- text for a terminal ---- */

void log_safe(struct str *ret, const char *text, size_t len, size_t max, bool keep_nl)
{
	cleanup_str struct str masked = STR_INIT;
	if (secrets.n) {
		mask(&masked, text, len);
		text = masked.s;
		len = masked.len;
	}
	static const char ellipsis[] = "\xE2\x80\xA6";
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	size_t start = ret->len, cut = start;      /* where the ellipsis still fits */
	while (p < end) {
		char piece[16];
		uint32_t c = 0;
		size_t n = decode(p, (size_t)(end - p), &c), size;
		if (n == 0)
			size = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", *p);
		else if (c == '\n' || c == '\t')
			size = (size_t)snprintf(piece, sizeof(piece), "%c", keep_nl ? (char)c : ' ');
		else if (c < 0x20 || c == 0x7F)
			size = (size_t)snprintf(piece, sizeof(piece), "^%c", (char)(c ^ 0x40));
		else if (is_treacherous(c))
			size = (size_t)snprintf(piece, sizeof(piece), "<U+%04X>", c);
		else
			memcpy(piece, p, size = n);
		if (ret->len - start + size > max) {
			ret->len = cut;
			str_puts(ret, max >= sizeof(ellipsis) - 1 ? ellipsis : "");
			return;
		}
		str_add(ret, piece, size);
		if (ret->len - start + sizeof(ellipsis) - 1 <= max)
			cut = ret->len;
		p += n ? n : 1;
	}
}

/* The end of the sequence whose ESC is at p. */
static const char *escape_end(const char *p, const char *end)
{
	if (++p >= end)
		return end;
	char kind = *p++;
	if (kind == '[') {
		while (p < end && *p >= 0x20 && *p < 0x40)
			p++;
		return p < end && *p >= 0x40 && *p < 0x7F ? p + 1 : p;
	}
	if (kind == ']' || kind == 'P' || kind == '_' || kind == '^' || kind == 'X') {
		for (; p < end; p++) {
			if (*p == '\a')
				return p + 1;
			if (*p == '\033')
				return p + 1 < end && p[1] == '\\' ? p + 2 : p;
		}
		return end;
	}
	if (kind >= 0x20 && kind < 0x30) {      /* intermediate bytes, then the final one */
		while (p < end && *p >= 0x20 && *p < 0x30)
			p++;
		return p < end ? p + 1 : end;
	}
	return p;
}

void safe_strip_escapes(struct str *ret, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	while (p < end) {
		const char *esc = memchr(p, '\033', (size_t)(end - p));
		str_add(ret, p, (size_t)((esc ? esc : end) - p));
		if (!esc)
			return;
		p = escape_end(esc, end);
	}
}
