/* Notifications: OSC 9 (iTerm2; ConEmu's numbered commands share it, of which the
 * progress and the folder are taken), OSC 777 (rxvt-unicode) and OSC 99 (kitty),
 * which comes in pieces, has buttons, can be closed and asks what there is. */
#include "base/str.h"
#include "vt/base64.h"
#include "vt/osc.h"

/* ---- simple ones -------------------------------------------------------------- */

static void notify(struct vt *vt, const char *title, const char *body)
{
	if (!vt->cb.notification)
		return;
	cleanup_free char *t = vt_clean_line(title, VT_NOTE_BYTES_MAX);
	cleanup_free char *b = vt_clean(body, __builtin_strlen(body), VT_NOTE_BYTES_MAX, VT_CLEAN_LINES, NULL);
	bool only_title = !*b;
	struct vt_notification note = { .id = "", .title = only_title ? "" : t, .body = only_title ? t : b,
		.app = "", .kind = "", .icon = "", .sound = "", .urgency = -1, .expire_ms = -1, .focus = true };
	if (*note.body)
		vt->cb.notification(vt->user, &note);
}

static void set_progress(struct vt *vt, enum vt_progress state, unsigned percent)
{
	vt->progress = state;
	vt->progress_percent = (uint8_t)MIN(percent, 100u);
	if (vt->cb.progress)
		vt->cb.progress(vt->user, state, vt->progress_percent);
}

/* 9;4;state;percent. */
static void progress(struct vt *vt, char *s)
{
	unsigned state = 0, percent = 0;

	if (!vt_field_number(&s, &state) || state > 4)
		return;
	bool said = *s == ';' && *++s && vt_field_number(&s, &percent);
	switch (state) {
	case 0: set_progress(vt, VT_PROGRESS_NONE, 0); break;
	case 1: set_progress(vt, VT_PROGRESS_PERCENT, percent); break;
	case 2: set_progress(vt, VT_PROGRESS_ERROR, said ? percent : vt->progress_percent); break;
	case 3: set_progress(vt, VT_PROGRESS_INDETERMINATE, 0); break;
	default: set_progress(vt, VT_PROGRESS_PERCENT, said ? percent : vt->progress_percent); break;
	}
}

void vt_progress_clear(struct vt *vt)
{
	if (vt->progress != VT_PROGRESS_NONE)
		set_progress(vt, VT_PROGRESS_NONE, 0);
}

enum vt_progress vt_progress(const struct vt *vt, unsigned *ret_percent)
{
	if (ret_percent)
		*ret_percent = vt->progress_percent;
	return vt->progress;
}

/* A number of ConEmu, 1 to 12, and nothing or a semicolon after it; else it is a message. */
void vt_osc_9(struct vt *vt, char *s, size_t len)
{
	char *p = s;
	unsigned what;

	if (!vt_field_number(&p, &what) || what == 0 || what > 12 || (*p && *p != ';')) {
		notify(vt, "", s);
		return;
	}
	vt->changed = true;
	if (what == 4 && *p) {
		progress(vt, p + 1);
	} else if (what == 9 && *p++) {
		size_t n = __builtin_strlen(p);

		if (n >= 2 && p[0] == '"' && p[n - 1] == '"') {
			p[n - 1] = 0;
			p++;
		}
		vt_cwd_path(vt, p);
	}
}

void vt_osc_777(struct vt *vt, char *s, size_t len)
{
	char *verb = vt_field(&s, ';'), *title = vt_field(&s, ';');

	if (title && str_eq(verb, "notify"))
		notify(vt, title, s ? s : "");
}

/* ---- OSC 99 ---------------------------------------------------------------------- */

void vt_clean_id(const char *s, char ret[VT_NOTE_ID_MAX + 1])
{
	size_t n = 0;

	for (; *s && n < VT_NOTE_ID_MAX; s++)
		if ((*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z') || (*s && __builtin_strchr("-_+.", *s)))
			ret[n++] = *s;
	ret[n] = 0;
}

static void note_free(struct vt_note *n)
{
	if (!n)
		return;
	str_fini(&n->title);
	str_fini(&n->body);
	str_fini(&n->buttons);
	free(n->app);
	free(n->kind);
	free(n->icon);
	free(n->sound);
	free(n);
}

void vt_notes_clear(struct vt *vt)
{
	while (vt->notes_n > 0)
		note_free(vt->notes[--vt->notes_n]);
}

/* Takes the note with this id out of those that wait for more; NULL when there is none. */
static struct vt_note *note_take(struct vt *vt, const char *id)
{
	for (unsigned i = 0; i < vt->notes_n; i++) {
		struct vt_note *n = vt->notes[i];

		if (!str_eq(n->id, id))
			continue;
		memmove(&vt->notes[i], &vt->notes[i + 1], (--vt->notes_n - i) * sizeof(n));
		return n;
	}
	return NULL;
}

static void note_keep(struct vt *vt, struct vt_note *n)
{
	if (vt->notes_n == VT_NOTES_MAX)
		note_free(note_take(vt, vt->notes[0]->id));
	vt->notes[vt->notes_n++] = n;
}

struct vt_note *vt_note_new(const char *id)
{
	struct vt_note *n = xcalloc(1, sizeof(*n));

	memcpy(n->id, id, __builtin_strlen(id) + 1);
	str_init(&n->title);
	str_init(&n->body);
	str_init(&n->buttons);
	n->urgency = n->expire_ms = -1;
	n->when = VT_NOTE_ALWAYS;
	return n;
}

static void append(struct str *to, const char *s, size_t len)
{
	str_add(to, s, MIN(len, VT_NOTE_BYTES_MAX - MIN(to->len, (size_t)VT_NOTE_BYTES_MAX)));
}

/* A value in base64; the first one said stays (of icons and kinds there may be several). */
static void decoded(char **to, const char *value)
{
	size_t len;
	cleanup_free char *s = *to ? NULL : vt_base64(value, __builtin_strlen(value), &len);

	if (s)
		*to = vt_clean(s, len, VT_NOTE_FIELD_MAX, 0, NULL);
}

static void actions(struct vt_note *n, char *list)
{
	char *item;

	while ((item = vt_field(&list, ','))) {
		bool on = *item != '-';

		item += !on;
		if (str_eq(item, "focus"))
			n->unfocused = !on;
		else if (str_eq(item, "report"))
			n->report = on;
	}
}

static void metadata(struct vt_note *n, char key, char *value)
{
	unsigned v;

	switch (key) {
	case 'a': actions(n, value); break;
	case 'c': n->tell_closed = str_eq(value, "1"); break;
	case 'f': decoded(&n->app, value); break;
	case 'n': decoded(&n->icon, value); break;
	case 's': decoded(&n->sound, value); break;
	case 't': decoded(&n->kind, value); break;
	case 'o':
		n->when = str_eq(value, "unfocused") ? VT_NOTE_UNFOCUSED :
		    str_eq(value, "invisible") ? VT_NOTE_INVISIBLE : VT_NOTE_ALWAYS;
		break;
	case 'u': n->urgency = value[0] >= '0' && value[0] <= '2' && !value[1] ? value[0] - '0' : n->urgency; break;
	case 'w': n->expire_ms = vt_field_number(&value, &v) && !*value ? (int)v : -1; break;
	default: break;
	}
}

/* Labels between U+2028. */
static size_t split_buttons(char *s, const char *ret[VT_NOTE_BUTTONS_MAX])
{
	size_t n = 0;

	while (s && n < VT_NOTE_BUTTONS_MAX) {
		char *end = __builtin_strstr(s, "\u2028");

		if (end) {
			*end = 0;
			end += 3;
		}
		if (*s)
			ret[n++] = s;
		s = end;
	}
	return n;
}

static void show(struct vt *vt, const struct vt_note *n)
{
	cleanup_free char *title = vt_clean(n->title.s, n->title.len, VT_NOTE_BYTES_MAX, 0, NULL);
	cleanup_free char *body = vt_clean(n->body.s, n->body.len, VT_NOTE_BYTES_MAX, VT_CLEAN_LINES, NULL);
	cleanup_free char *labels = vt_clean(n->buttons.s, n->buttons.len, VT_NOTE_BYTES_MAX, 0, NULL);
	const char *buttons[VT_NOTE_BUTTONS_MAX];
	/* One of the two alone is the message. */
	bool only_title = !*body;
	struct vt_notification note = {
		.id = n->id, .title = only_title ? "" : title, .body = only_title ? title : body,
		.app = n->app ? n->app : "", .kind = n->kind ? n->kind : "", .icon = n->icon ? n->icon : "",
		.sound = n->sound ? n->sound : "", .urgency = n->urgency, .expire_ms = n->expire_ms, .when = n->when,
		.focus = !n->unfocused, .report = n->report, .tell_closed = n->tell_closed,
		.buttons = buttons, .n_buttons = split_buttons(labels, buttons),
	};
	if (*note.body && vt->cb.notification)
		vt->cb.notification(vt->user, &note);
}

/* What the owner can do, as vt_config.notify says. */
static void tell(struct vt *vt, const char *id)
{
	unsigned can = vt->notify;

	vt_reply(vt, "\033]99;i=%s:p=?;%so=always%s:p=title,body,?%s%s%s%s%s%s", *id ? id : "0",
	    !(can & (VT_NOTIFY_FOCUS | VT_NOTIFY_REPORT)) ? "" : !(can & VT_NOTIFY_REPORT) ? "a=focus:" :
	    can & VT_NOTIFY_FOCUS ? "a=focus,report:" : "a=report:",
	    can & VT_NOTIFY_WHEN ? ",unfocused,invisible" : "", can & VT_NOTIFY_CLOSE ? ",close" : "",
	    can & VT_NOTIFY_BUTTONS ? ",buttons" : "", can & VT_NOTIFY_CLOSED ? ":c=1" : "",
	    can & VT_NOTIFY_URGENCY ? ":u=0,1,2" : "", can & VT_NOTIFY_EXPIRE ? ":w=1" : "", vt_osc_end(vt));
}

void vt_osc_99(struct vt *vt, char *s, size_t len)
{
	char *meta = vt_field(&s, ';'), *item;
	cleanup_free char *again = xstrdup(meta), *data = NULL;
	char id[VT_NOTE_ID_MAX + 1] = "";
	const char *payload = s ? s : "", *what = "title";
	bool done = true, encoded = false;

	while ((item = vt_field(&meta, ':'))) {
		if (!item[0] || item[1] != '=')
			continue;
		switch (item[0]) {
		case 'd': done = !str_eq(item + 2, "0"); break;
		case 'e': encoded = str_eq(item + 2, "1"); break;
		case 'i': vt_clean_id(item + 2, id); break;
		case 'p': what = item + 2; break;
		default: break;
		}
	}
	if (str_eq(what, "?")) {
		tell(vt, id);
		return;
	}
	struct vt_note *n = note_take(vt, id);
	if (str_eq(what, "close")) {
		note_free(n);
		if (*id && vt->cb.notification_close)
			vt->cb.notification_close(vt->user, id);
		return;
	}
	if (!n && !str_eq(what, "title") && !str_eq(what, "body") && !str_eq(what, "buttons") && done)
		return;
	if (!n)
		n = vt_note_new(id);
	for (meta = again; (item = vt_field(&meta, ':'));)
		if (item[0] && item[1] == '=')
			metadata(n, item[0], item + 2);
	len = __builtin_strlen(payload);
	if (encoded && !(data = vt_base64(payload, len, &len)))
		len = 0;
	if (data)
		payload = data;
	if (str_eq(what, "title"))
		append(&n->title, payload, len);
	else if (str_eq(what, "body"))
		append(&n->body, payload, len);
	else if (str_eq(what, "buttons"))
		append(&n->buttons, payload, len);
	if (!done) {
		note_keep(vt, n);
		return;
	}
	show(vt, n);
	note_free(n);
}

/* ---- back to the program ------------------------------------------------------------ */

size_t vt_encode_notification(const char *id, enum vt_note_event event, unsigned button, char ret[VT_ENCODED_MAX])
{
	char clean[VT_NOTE_ID_MAX + 1], number[12] = "";

	vt_clean_id(id, clean);
	if (event == VT_NOTE_ACTIVATED && button > 0)
		snprintf(number, sizeof(number), "%u", button);
	return (size_t)snprintf(ret, VT_ENCODED_MAX, "\033]99;i=%s%s;%s\033\\", *clean ? clean : "0",
	    event == VT_NOTE_CLOSED ? ":p=close" : "", number);
}
