/* Operating system commands: titles, colours, links, the clipboard, shell marks.
 * The tables at the end name each of them, its handler and how long it may be.
 * What is not known is ignored; what would read something back to the program
 * that it did not put there itself (the clipboard) is not answered. */
#include "vt/osc.h"

#define NOTE_BYTES_MAX 1024

bool vt_field_number(char **s, unsigned *ret)
{
	unsigned v = 0;
	char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++)
		v = MIN(v * 10 + (unsigned)(*p - '0'), 100000u);
	*ret = v;
	bool any = p > *s;
	*s = p;
	return any;
}

char *vt_field(char **s, char sep)
{
	char *field = *s;

	if (!field)
		return NULL;
	char *end = __builtin_strchr(field, sep);
	if (end)
		*end++ = 0;
	*s = end;
	return field;
}

char *vt_clean_line(const char *s, size_t max)
{
	return vt_clean(s, __builtin_strlen(s), max, 0, NULL);
}

/* ---- titles, folder ------------------------------------------------------------- */

static void osc_title(struct vt *vt, char *text, size_t len)
{
	unsigned which = vt->parser.row->number;

	vt->changed = true;
	if (which != 2)
		vt_string_set(&vt->icon_title, vt_clean_line(text, VT_TITLE_BYTES_MAX));
	if (which != 1)
		vt_string_set(&vt->title, vt_clean_line(text, VT_TITLE_BYTES_MAX));
	if (vt->cb.title)
		vt->cb.title(vt->user);
}

static void osc_cwd(struct vt *vt, char *url, size_t len)
{
	size_t scheme = 0;

	vt->changed = true;
	while ((url[scheme] | 32) >= 'a' && (url[scheme] | 32) <= 'z')
		scheme++;
	if (*url && (scheme == 0 || __builtin_strncmp(url + scheme, "://", 3) != 0))
		return;
	vt_string_set(&vt->cwd, vt_clean_line(url, VT_CWD_BYTES_MAX));
	if (vt->cb.cwd)
		vt->cb.cwd(vt->user);
}

/* A plain path (OSC 1337 CurrentDir) as a URL. */
static void osc_cwd_path(struct vt *vt, char *path, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 7;

	if (path[0] != '/')
		return;
	cleanup_free char *url = xmalloc(n + len * 3 + 1);
	memcpy(url, "file://", n);
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)path[i];

		if (c > 0x20 && c < 0x7f && !__builtin_strchr("%?#\"<>[]\\^`{|}", c)) {
			url[n++] = (char)c;
		} else {
			url[n++] = '%';
			url[n++] = hex[c >> 4];
			url[n++] = hex[c & 15];
		}
	}
	url[n] = 0;
	osc_cwd(vt, url, n);
}

/* ---- links ------------------------------------------------------------------------------ */

static void osc_link(struct vt *vt, char *s, size_t len)
{
	char *params = vt_field(&s, ';'), *param;
	const char *id = "";

	vt->pen.link = 0;
	vt_pen_touch(vt);
	if (!s || !*s || __builtin_strlen(s) > VT_URI_BYTES_MAX)
		return;
	while ((param = vt_field(&params, ':')))
		if (__builtin_strncmp(param, "id=", 3) == 0)
			id = param + 3;
	cleanup_free char *uri = vt_clean_line(s, VT_URI_BYTES_MAX), *clean_id = vt_clean_line(id, VT_LINK_ID_MAX);
	if (*uri)
		vt->pen.link = vt_link_number(vt, uri, clean_id);
}

/* ---- clipboard, notifications --------------------------------------------------------------- */

static void osc_clipboard(struct vt *vt, char *s, size_t len)
{
	char *which = vt_field(&s, ';');
	size_t clean_len;

	if (!s || *s == '?' || !vt->cb.clipboard)
		return;
	cleanup_free char *data = vt_base64(s, __builtin_strlen(s), &len);
	if (!data)
		return;
	cleanup_free char *text = vt_clean(data, len, VT_OSC_CLIPBOARD_MAX, VT_CLEAN_LINES, &clean_len);
	if (!text)
		return;
	bool primary = __builtin_strchr(which, 'p') || __builtin_strchr(which, 's');
	if (primary)
		vt->cb.clipboard(vt->user, VT_CLIPBOARD_PRIMARY, text, clean_len);
	if (!primary || __builtin_strchr(which, 'c') || __builtin_strchr(which, 's'))
		vt->cb.clipboard(vt->user, VT_CLIPBOARD_CLIPBOARD, text, clean_len);
}

static void notify(struct vt *vt, const char *title, const char *body)
{
	if (!vt->cb.notification)
		return;
	cleanup_free char *t = title ? vt_clean_line(title, NOTE_BYTES_MAX) : NULL;
	cleanup_free char *b = vt_clean(body, __builtin_strlen(body), NOTE_BYTES_MAX, VT_CLEAN_LINES, NULL);
	vt->cb.notification(vt->user, t, b);
}

/* OSC 9: a notification, but 9;4 is progress; ConEmu's other numbers are no business of ours. */
static void osc_9(struct vt *vt, char *s, size_t len)
{
	char *p = s;
	unsigned what, state = 0, percent = 0;

	if (!vt_field_number(&p, &what) || what == 0 || what > 12 || (*p && *p != ';')) {
		notify(vt, NULL, s);
		return;
	}
	if (what != 4 || *p != ';' || !vt->cb.progress)
		return;
	p++;
	vt_field_number(&p, &state);
	if (*p == ';') {
		p++;
		vt_field_number(&p, &percent);
	}
	percent = MIN(percent, 100u);
	switch (state) {
	case 0: vt->cb.progress(vt->user, VT_PROGRESS_NONE, 0); break;
	case 1:
	case 4: vt->cb.progress(vt->user, VT_PROGRESS_PERCENT, percent); break;
	case 2: vt->cb.progress(vt->user, VT_PROGRESS_ERROR, percent); break;
	case 3: vt->cb.progress(vt->user, VT_PROGRESS_INDETERMINATE, 0); break;
	default: break;
	}
}

static void osc_777(struct vt *vt, char *s, size_t len)
{
	char *verb = vt_field(&s, ';'), *title = vt_field(&s, ';');

	if (title && __builtin_strcmp(verb, "notify") == 0)
		notify(vt, title, s ? s : "");
}

static void note_append(char **to, const char *text, size_t len)
{
	size_t have = *to ? __builtin_strlen(*to) : 0;

	len = MIN(len, NOTE_BYTES_MAX - MIN(have, (size_t)NOTE_BYTES_MAX));
	*to = xreallocarray(*to, have + len + 1, 1);
	memcpy(*to + have, text, len);
	(*to)[have + len] = 0;
}

/* kitty's notifications: key=value:...;payload, in several pieces until one says d=1 (or does not say d). */
static void osc_99(struct vt *vt, char *s, size_t len)
{
	char *meta = vt_field(&s, ';'), *item;
	bool done = true, encoded = false, title = true, body = false;

	len = s ? __builtin_strlen(s) : 0;
	while ((item = vt_field(&meta, ':'))) {
		if (__builtin_strcmp(item, "d=0") == 0)
			done = false;
		else if (__builtin_strcmp(item, "e=1") == 0)
			encoded = true;
		else if (__builtin_strncmp(item, "p=", 2) == 0) {
			title = __builtin_strcmp(item, "p=title") == 0;
			body = __builtin_strcmp(item, "p=body") == 0;
		}
	}
	cleanup_free char *data = encoded && s ? vt_base64(s, len, &len) : NULL;
	if (s && (!encoded || data) && (title || body))
		note_append(title ? &vt->note_title : &vt->note_body, data ? data : s, len);
	if (!done)
		return;
	if (vt->note_body && *vt->note_body)
		notify(vt, vt->note_title, vt->note_body);
	else if (vt->note_title && *vt->note_title)
		notify(vt, NULL, vt->note_title);
	vt_string_set(&vt->note_title, NULL);
	vt_string_set(&vt->note_body, NULL);
}

/* ---- shells --------------------------------------------------------------------------------------- */

/* OSC 133, the prompt marks of FinalTerm: what is printed next is prompt, input or output. */
static void osc_133(struct vt *vt, char *s, size_t len)
{
	uint32_t semantic;

	switch (s[0]) {
	case 'A':
	case 'P':
	case 'N': semantic = 2; break;
	case 'B':
	case 'I': semantic = 1; break;
	case 'C':
	case 'D': semantic = 0; break;
	default: return;
	}
	vt->pen.attrs = (vt->pen.attrs & ~(uint32_t)VT_ATTR_SEMANTIC) | semantic << VT_ATTR_SEMANTIC_SHIFT;
	vt_pen_touch(vt);
}

static void osc_user_var(struct vt *vt, char *s, size_t len)
{
	char *value = s, *name = vt_field(&value, '=');

	if (!value || !vt->cb.user_var)
		return;
	cleanup_free char *data = vt_base64(value, __builtin_strlen(value), &len);
	if (!data)
		return;
	cleanup_free char *n = vt_clean_line(name, VT_TITLE_BYTES_MAX);
	cleanup_free char *v = vt_clean(data, len, VT_OSC_USER_VAR_MAX, VT_CLEAN_LINES, NULL);
	if (*n && v)
		vt->cb.user_var(vt->user, n, v);
}

/* ---- the tables ------------------------------------------------------------------------------------ */

/* Number, name, bytes of payload, what is done with it. By number. */
#define OSC_COMMANDS(X) \
	X(0, "TITLES", VT_OSC_TITLE_MAX, .handler = osc_title) \
	X(1, "ICONTITLE", VT_OSC_TITLE_MAX, .handler = osc_title) \
	X(2, "TITLE", VT_OSC_TITLE_MAX, .handler = osc_title) \
	X(4, "PALETTE", VT_OSC_COLOR_MAX, .handler = vt_osc_palette) \
	X(5, "SPECIALCOLOR", VT_OSC_COLOR_MAX, .handler = vt_osc_special) \
	X(6, "SPECIALENABLE", VT_OSC_COLOR_MAX, .handler = NULL) \
	X(7, "CWD", VT_OSC_CWD_MAX, .handler = osc_cwd) \
	X(8, "LINK", VT_OSC_LINK_MAX, .handler = osc_link) \
	X(9, "NOTIFY", VT_OSC_NOTE_MAX, .handler = osc_9) \
	X(10, "FOREGROUND", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(11, "BACKGROUND", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(12, "CURSORCOLOR", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(13, "POINTERFG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(14, "POINTERBG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(15, "TEKFG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(16, "TEKBG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(17, "HIGHLIGHTBG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(18, "TEKCURSOR", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(19, "HIGHLIGHTFG", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic) \
	X(21, "KITTYCOLORS", VT_OSC_COLOR_MAX, .handler = vt_osc_colors) \
	X(52, "CLIPBOARD", VT_OSC_CLIPBOARD_MAX, .handler = osc_clipboard) \
	X(99, "KITTYNOTIFY", VT_OSC_NOTE_MAX, .handler = osc_99) \
	X(104, "PALETTERESET", VT_OSC_COLOR_MAX, .handler = vt_osc_palette_reset) \
	X(105, "SPECIALRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_special_reset) \
	X(106, "SPECIALENABLE", VT_OSC_COLOR_MAX, .handler = NULL) \
	X(110, "FOREGROUNDRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(111, "BACKGROUNDRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(112, "CURSORCOLORRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(113, "POINTERFGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(114, "POINTERBGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(115, "TEKFGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(116, "TEKBGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(117, "HIGHLIGHTBGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(118, "TEKCURSORRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(119, "HIGHLIGHTFGRESET", VT_OSC_COLOR_MAX, .handler = vt_osc_dynamic_reset) \
	X(133, "PROMPTMARK", VT_OSC_SHELL_MAX, .handler = osc_133) \
	X(777, "RXVTNOTIFY", VT_OSC_NOTE_MAX, .handler = osc_777) \
	X(30001, "KITTYCOLORPUSH", VT_OSC_COLOR_MAX, .handler = vt_osc_colors_push) \
	X(30101, "KITTYCOLORPOP", VT_OSC_COLOR_MAX, .handler = vt_osc_colors_pop)

/* The same of OSC 1337, by the word that follows. */
#define OSC_1337_COMMANDS(X) \
	X("CurrentDir=", "ITERMCWD", VT_OSC_CWD_MAX, .handler = osc_cwd_path) \
	X("SetUserVar=", "ITERMVAR", VT_OSC_USER_VAR_MAX, .handler = osc_user_var)

#define ROW(number_, name, limit_, ...) { .number = number_, .limit = limit_, __VA_ARGS__ },
static const struct vt_string_row oscs[] = { OSC_COMMANDS(ROW) };
#define ROW_1337(key_, name, limit_, ...) { .number = 1337, .key = key_, .limit = limit_, __VA_ARGS__ },
static const struct vt_string_row oscs_1337[] = { OSC_1337_COMMANDS(ROW_1337) };

#define LISTED(number, name, limit, ...) { VT_SEQ_OSC, 0, 0, 0, number, name, NULL },
#define LISTED_1337(key, name, limit, ...) { VT_SEQ_OSC, 0, 0, 0, 1337, name, key },
static const struct vt_sequence listed[] = { OSC_COMMANDS(LISTED) OSC_1337_COMMANDS(LISTED_1337) };
const struct vt_sequence_table vt_osc_table = { listed, ARRAY_LEN(listed) };

const struct vt_string_row *vt_osc_find(unsigned number)
{
	size_t lo = 0, hi = ARRAY_LEN(oscs);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (oscs[mid].number == number)
			return &oscs[mid];
		if (oscs[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct vt_string_row *vt_osc_1337_find(const char *key, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(oscs_1337); i++)
		if (__builtin_strlen(oscs_1337[i].key) == len && memcmp(oscs_1337[i].key, key, len) == 0)
			return &oscs_1337[i];
	return NULL;
}
