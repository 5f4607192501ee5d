/* Operating system commands: titles, colours, links, the clipboard, shell marks.
 * The tables at the end name each of them, its handler and how long it may be.
 * What is not known is ignored; what would read something back to the program
 * that it did not put there itself (the clipboard) is not answered. */
#include "base/str.h"
#include "vt/osc.h"

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

static void set_cwd(struct vt *vt, const char *url)
{
	vt->changed = true;
	vt_string_set(&vt->cwd, vt_clean_line(url, VT_CWD_BYTES_MAX));
	if (vt->cb.cwd)
		vt->cb.cwd(vt->user);
}

static void osc_cwd(struct vt *vt, char *url, size_t len)
{
	size_t scheme = 0;

	while ((url[scheme] | 32) >= 'a' && (url[scheme] | 32) <= 'z')
		scheme++;
	if (!*url || (scheme > 0 && str_starts(url + scheme, "://")))
		set_cwd(vt, url);
}

void vt_cwd_path(struct vt *vt, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	cleanup_str struct str url = STR_INIT;

	if (path[0] != '/' || __builtin_strlen(path) > VT_CWD_BYTES_MAX)
		return;
	str_puts(&url, "file://");
	for (; *path; path++) {
		uint8_t c = (uint8_t)*path;

		if (c > 0x20 && c < 0x7f && !__builtin_strchr("%?#\"<>[]\\^`{|}", c)) {
			str_putc(&url, (char)c);
		} else {
			str_putc(&url, '%');
			str_putc(&url, hex[c >> 4]);
			str_putc(&url, hex[c & 15]);
		}
	}
	set_cwd(vt, url.s);
}

static void osc_cwd_path(struct vt *vt, char *path, size_t len)
{
	vt_cwd_path(vt, path);
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
	X(8, "LINK", VT_OSC_LINK_MAX, .handler = osc_link, .empty_when_over = true) \
	X(9, "NOTIFY", VT_OSC_NOTE_MAX, .handler = vt_osc_9) \
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
	X(22, "POINTER", VT_OSC_POINTER_MAX, .handler = vt_osc_pointer) \
	X(52, "CLIPBOARD", VT_OSC_CLIPBOARD_MAX, .handler = vt_osc_52) \
	X(66, "TEXTSIZE", VT_OSC_TEXT_MAX, .handler = vt_osc_text) \
	X(99, "KITTYNOTIFY", VT_OSC_NOTE_MAX, .handler = vt_osc_99) \
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
	X(133, "PROMPTMARK", VT_OSC_SHELL_MAX, .handler = vt_osc_133) \
	X(633, "CODEMARK", VT_OSC_SHELL_MAX, .handler = vt_osc_633) \
	X(777, "RXVTNOTIFY", VT_OSC_NOTE_MAX, .handler = vt_osc_777) \
	X(5522, "KITTYCLIPBOARD", VT_OSC_PACKET_MAX, .handler = vt_osc_5522) \
	X(30001, "KITTYCOLORPUSH", VT_OSC_COLOR_MAX, .handler = vt_osc_colors_push) \
	X(30101, "KITTYCOLORPOP", VT_OSC_COLOR_MAX, .handler = vt_osc_colors_pop)

/* The same of OSC 1337, by the word that follows. */
#define OSC_1337_COMMANDS(X) \
	X("ClearScrollback", "ITERMCLEAR", VT_OSC_SHELL_MAX, .handler = vt_osc_clear_scrollback) \
	X("Copy=", "ITERMCOPY", VT_OSC_CLIPBOARD_MAX, .handler = vt_osc_copy) \
	X("CurrentDir=", "ITERMCWD", VT_OSC_CWD_MAX, .handler = osc_cwd_path) \
	X("File=", "ITERMFILE", VT_OSC_FILE_MAX, .stream = &vt_osc_file) \
	X("MultipartFile=", "ITERMFILEBEGIN", VT_OSC_FILE_HEAD_MAX, .handler = vt_osc_file_begin) \
	X("FilePart=", "ITERMFILEPART", VT_OSC_FILE_MAX, .stream = &vt_osc_file_part) \
	X("FileEnd", "ITERMFILEEND", 0, .handler = vt_osc_file_end) \
	X("CursorShape=", "ITERMCURSOR", VT_OSC_SHELL_MAX, .handler = vt_osc_cursor_shape) \
	X("RemoteHost=", "ITERMHOST", VT_OSC_SHELL_MAX, .handler = vt_osc_remote_host) \
	X("ReportCellSize", "ITERMCELL", VT_OSC_SHELL_MAX, .handler = vt_osc_cell_size) \
	X("SetMark", "ITERMMARK", VT_OSC_SHELL_MAX, .handler = vt_osc_mark) \
	X("SetUserVar=", "ITERMVAR", VT_OSC_USER_VAR_MAX, .handler = vt_osc_user_var) \
	X("StealFocus", "ITERMFOCUS", VT_OSC_SHELL_MAX, .handler = NULL)

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
