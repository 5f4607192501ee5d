/* Text that came from the program and goes to callbacks or is kept: made valid,
 * freed of control characters, cut to its limit. */
#include "vt/base64.h"
#include "vt/internal.h"

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
