/* The clipboard: OSC 52, and kitty's OSC 5522, which writes in packets and hears how
 * it went. Only text is taken. It is never read for a program, unless the owner
 * gives the text for OSC 52 (callback clipboard_get). */
#include "base/str.h"
#include "vt/base64.h"
#include "vt/osc.h"

static void set(struct vt *vt, enum vt_clipboard which, const char *data, size_t len)
{
	cleanup_free char *text = vt_clean(data, len, VT_OSC_CLIPBOARD_MAX, VT_CLEAN_LINES, &len);

	if (text)
		vt->cb.clipboard(vt->user, which, text, len);
}

/* ---- OSC 52 --------------------------------------------------------------------- */

static void tell(struct vt *vt, char which)
{
	size_t len = 0;

	if (!vt->cb.clipboard_get)
		return;
	cleanup_free char *text = vt->cb.clipboard_get(vt->user,
	    which == 'p' ? VT_CLIPBOARD_PRIMARY : VT_CLIPBOARD_CLIPBOARD, &len);
	if (!text || len > VT_OSC_CLIPBOARD_MAX / 4 * 3)
		return;
	cleanup_free char *out = malloc(VT_BASE64_ENCODED(len) + 16);
	if (!out)
		return;
	size_t n = (size_t)snprintf(out, 16, "\033]52;%c;", which);
	n += vt_base64_encode(text, len, out + n);
	n += (size_t)snprintf(out + n, 3, "%s", vt_osc_end(vt));
	vt_reply_bytes(vt, out, n);
}

void vt_osc_52(struct vt *vt, char *s, size_t len)
{
	char *where = vt_field(&s, ';');
	bool primary = __builtin_strpbrk(where, "ps"), clipboard = !*where || __builtin_strpbrk(where, "cs");

	if (!s)
		return;
	if (s[0] == '?' && !s[1]) {
		/* The first of them that there is. */
		const char *first = __builtin_strpbrk(where, "cps");

		if (first || !*where)
			tell(vt, first && *first == 'p' ? 'p' : 'c');
		return;
	}
	if (!vt->cb.clipboard)
		return;
	cleanup_free char *data = vt_base64(s, __builtin_strlen(s), &len);
	/* What is no base64 clears the selection. */
	if (!data)
		len = 0;
	if (primary)
		set(vt, VT_CLIPBOARD_PRIMARY, data ? data : "", len);
	if (clipboard)
		set(vt, VT_CLIPBOARD_CLIPBOARD, data ? data : "", len);
}

/* iTerm2's, with a colon before the base64. */
void vt_osc_copy(struct vt *vt, char *s, size_t len)
{
	cleanup_free char *data = *s == ':' ? vt_base64(s + 1, len - 1, &len) : NULL;

	if (data && vt->cb.clipboard)
		set(vt, VT_CLIPBOARD_CLIPBOARD, data, len);
}

/* ---- OSC 5522 ---------------------------------------------------------------------- */

static void status(struct vt *vt, const char *type, const char *id, const char *what)
{
	vt_reply(vt, "\033]5522;type=%s:status=%s%s%s%s", type, what, *id ? ":id=" : "", id, vt_osc_end(vt));
}

static void give_up(struct vt *vt, const char *why)
{
	struct vt_paste_board *b = &vt->board;

	status(vt, "write", b->id, why);
	vt_string_set(&b->data, NULL);
	b->len = b->cap = 0;
	b->open = false;
}

/* A chunk of the text; 4096 bytes before encoding, says the protocol, but we do not insist. */
static void add(struct vt *vt, const char *s)
{
	struct vt_paste_board *b = &vt->board;
	size_t len;
	cleanup_free char *chunk = vt_base64(s, __builtin_strlen(s), &len);

	if (!chunk) {
		give_up(vt, "EINVAL");
		return;
	}
	if (b->len + len > VT_OSC_CLIPBOARD_MAX) {
		give_up(vt, "EIO");
		return;
	}
	if (len == 0)
		return;
	if (b->len + len > b->cap) {
		size_t cap = MAX(b->cap * 2, b->len + len);
		char *grown = realloc(b->data, cap);

		if (!grown) {
			give_up(vt, "EIO");
			return;
		}
		b->data = grown;
		b->cap = cap;
	}
	memcpy(b->data + b->len, chunk, len);
	b->len += len;
}

static bool is_text(const char *mime)
{
	size_t len;
	cleanup_free char *name = vt_base64(mime, __builtin_strlen(mime), &len);

	return name && (str_eq(name, "text/plain") || str_starts(name, "text/plain;"));
}

void vt_osc_5522(struct vt *vt, char *s, size_t len)
{
	char *meta = vt_field(&s, ';'), *item;
	const char *type = "", *mime = NULL;
	char id[VT_NOTE_ID_MAX + 1] = "";
	bool primary = false;

	while ((item = vt_field(&meta, ':'))) {
		char *value = item, *key = vt_field(&value, '=');

		if (!value)
			continue;
		if (str_eq(key, "type"))
			type = value;
		else if (str_eq(key, "mime"))
			mime = value;
		else if (str_eq(key, "loc"))
			primary = str_eq(value, "primary");
		else if (str_eq(key, "id"))
			vt_clean_id(value, id);
	}
	struct vt_paste_board *b = &vt->board;
	if (str_eq(type, "read")) {
		status(vt, "read", id, "EPERM");
	} else if (str_eq(type, "write")) {
		b->open = true;
		b->len = 0;
		b->primary = primary;
		memcpy(b->id, id, sizeof(id));
		if (!vt->cb.clipboard)
			give_up(vt, "EPERM");
	} else if (str_eq(type, "wdata") && b->open) {
		if (mime && is_text(mime)) {
			add(vt, s ? s : "");
		} else if (!mime) {
			set(vt, b->primary ? VT_CLIPBOARD_PRIMARY : VT_CLIPBOARD_CLIPBOARD, b->data ? b->data : "", b->len);
			give_up(vt, "DONE");
		}
	}
}
