/* Text that came from the program and goes to callbacks or is kept: made valid,
 * freed of control characters, cut to its limit. */
#include "vt/base64.h"
#include "vt/internal.h"

/* Bytes of printable ASCII at s. */
static size_t ascii_run(const char *s, size_t len)
{
	const uint64_t ones = 0x0101010101010101ull;
	size_t n = 0;

	for (; len - n >= 8; n += 8) {
		uint64_t v;

		memcpy(&v, s + n, 8);
		if (((v - ones * 0x20) | v | (v + ones)) & ones * 0x80)
			break;
	}
	while (n < len && s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

static bool goes_on(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the character at p when it is one of several bytes, well formed (Unicode,
 * table 3-7) and no control; else 0. */
static size_t multibyte(const uint8_t *p, size_t left)
{
	uint8_t c = p[0], d = left > 1 ? p[1] : 0;

	if (c < 0xe0)
		return c >= 0xc2 && goes_on(d) && (c > 0xc2 || d >= 0xa0) ? 2 : 0;
	if (!goes_on(d) || left < 3 || !goes_on(p[2]))
		return 0;
	if (c < 0xf0)
		return (c > 0xe0 || d >= 0xa0) && (c != 0xed || d < 0xa0) ? 3 : 0;
	return left >= 4 && goes_on(p[3]) && (c > 0xf0 || d >= 0x90) && (c < 0xf4 || (c == 0xf4 && d < 0x90)) ? 4 : 0;
}

char *vt_clean(const char *s, size_t len, size_t max, unsigned flags, size_t *ret_len)
{
	/* U+FFFD may take the place of a single byte. */
	size_t room = MIN(len * 3, max) + 1, n = 0;
	char *out = room > VT_SMALL ? malloc(room) : xmalloc(room);

	for (size_t at = 0; out && at < len;) {
		size_t k = MIN(ascii_run(s + at, len - at), max - n);
		char utf8[4];
		uint32_t cp;

		memcpy(out + n, s + at, k);
		n += k;
		at += k;
		while (at < len && (k = multibyte((const uint8_t *)s + at, len - at)) != 0 && n + k <= max) {
			memcpy(out + n, s + at, k);
			n += k;
			at += k;
		}
		if (at == len || n == max)
			break;
		at += text_utf8_decode(s + at, len - at, &cp);
		if (cp < 0x20 && !((flags & VT_CLEAN_LINES) && (cp == '\t' || cp == '\n' || cp == '\r')))
			continue;
		if (cp >= 0x7f && cp <= 0x9f)
			continue;
		k = text_utf8_encode(cp, utf8);
		if (n + k > max)
			break;
		memcpy(out + n, utf8, k);
		n += k;
	}
	if (out)
		out[n] = 0;
	if (ret_len)
		*ret_len = n;
	return out;
}

bool vt_is_clean(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t n = text_utf8_decode(text + at, len - at, &cp);

		if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f))
			return false;
		/* The replacement character in its own three bytes is as good as any. */
		if (cp == TEXT_REPLACEMENT && (n != 3 || memcmp(text + at, "\xef\xbf\xbd", 3) != 0))
			return false;
		at += n;
	}
	return true;
}

void vt_string_set(char **string, char *value)
{
	free(*string);
	*string = value;
}

int vt_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *vt_base64(const char *s, size_t len, size_t *ret_len)
{
	struct vt_base64_state st = { 0 };
	char *out = malloc(VT_BASE64_ROOM(len));

	if (!out)
		return NULL;
	*ret_len = vt_base64_feed(&st, s, len, (uint8_t *)out);
	if (st.bad) {
		free(out);
		return NULL;
	}
	out[*ret_len] = 0;
	return out;
}

void vt_titles_push(struct vt *vt)
{
	if (vt->title_stack_n == VT_TITLE_STACK) {
		free(vt->title_stack[0].title);
		free(vt->title_stack[0].icon);
		memmove(vt->title_stack, vt->title_stack + 1, (VT_TITLE_STACK - 1) * sizeof(vt->title_stack[0]));
		vt->title_stack_n--;
	}
	vt->title_stack[vt->title_stack_n].title = xstrdup(vt->title);
	vt->title_stack[vt->title_stack_n++].icon = xstrdup(vt->icon_title);
}

/* which: 0 both, 1 the icon's, 2 the window's. */
void vt_titles_pop(struct vt *vt, unsigned which)
{
	if (vt->title_stack_n == 0)
		return;
	char *title = vt->title_stack[--vt->title_stack_n].title, *icon = vt->title_stack[vt->title_stack_n].icon;
	if (which != 1) {
		vt_string_set(&vt->title, title);
		title = NULL;
	}
	if (which != 2) {
		vt_string_set(&vt->icon_title, icon);
		icon = NULL;
	}
	free(title);
	free(icon);
	if (vt->cb.title)
		vt->cb.title(vt->user);
}
