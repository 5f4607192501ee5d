/* keys.c - what the person does: the prefix key, the mouse, and what goes to the pane.
 *
 * Keys go as the bytes that came (WriteToPane): the outer terminal has the
 * pane's modes, so they are in the encoding that the program asked for. Where a
 * program asked for more than an outer terminal may have (the kitty keyboard
 * protocol, modifyOtherKeys), the key itself is told (LaceKey), repeats and
 * releases too, and the server encodes it. Pastes
 * and mouse events go as such, and the server encodes them: the first needs the
 * pane's paste mode, the second a place that may be shifted by the crop.
 *
 * With a real wezterm-mux-server the modes are not known. Keys are then those
 * of a terminal in its initial modes, which nearly every program takes too. */
#include "client/session.h"

#include "base/mem.h"
#include "client/keyevent.h"
#include "text/text.h"
#include "wire/modes.h"

#define QUEUE_MAX (32u << 20)           /* for a server that does not take its input */
#define WHEEL_ROWS 3

static bool refuse(struct session *s)
{
	if (s->opts->read_only)
		s->hint = "read-only: nothing is sent";
	else if (s->unanswered > QUEUE_MAX)
		s->hint = "the connection hangs; what you type is dropped";
	else
		return false;
	s->dirty = true;
	return true;
}

static void send(struct session *s, uint32_t ident, const union wire_body *body, size_t len)
{
	s->last_input = wire_client_send(s->wire, ident, body);
	s->unanswered += len;
}

void session_flush_typed(struct session *s)
{
	if (s->typed.len == 0)
		return;
	union wire_body body = { .write_to_pane = { .pane_id = s->pane_id, .data = { s->typed.s, s->typed.len } } };
	send(s, WIRE_WRITE_TO_PANE, &body, s->typed.len);
	str_reset(&s->typed);
}

static void type(struct session *s, const char *bytes, size_t len)
{
	if (!refuse(s))
		str_add(&s->typed, bytes, len);
}

/* Flags of the kitty keyboard protocol with which a key can look other than without it; and the one with which text does. */
enum { KITTY_KEYS = 1 | 2 | 8, KITTY_TEXT_TOO = 8 };

bool session_tells_keys(const struct session *s)
{
	return s->version >= 2 && (s->kitty_flags & KITTY_KEYS) != 0;
}

/* One key, or one character. */
static void type_key(struct session *s, const char *bytes, size_t len)
{
	char text[KEYEVENT_TEXT_MAX];
	union wire_body body;
	bool other = s->version >= 2 && s->modify_other_keys && keyevent_is_other(bytes, len);
	if (!(session_tells_keys(s) || other) || !keyevent_parse(bytes, len, &body.lace_key, text)) {
		type(s, bytes, len);
		return;
	}
	if (refuse(s))
		return;
	body.lace_key.pane_id = s->pane_id;
	session_flush_typed(s);
	send(s, WIRE_LACE_KEY, &body, len);
}

static void type_text(struct session *s, const char *bytes, size_t len)
{
	uint32_t cp;
	if (!session_tells_keys(s) || !(s->kitty_flags & KITTY_TEXT_TOO)) {
		type(s, bytes, len);
		return;
	}
	for (size_t n; len > 0; bytes += n, len -= n) {
		n = text_utf8_decode(bytes, len, &cp);
		type_key(s, bytes, n);
	}
}

static void paste(struct session *s, const struct input_event *ev)
{
	if (session_prompt_paste(s, ev->bytes, ev->len))
		return;
	view_scroll_end(s->view);
	if (refuse(s))
		return;
	if (ev->truncated) {
		s->hint = "the paste was longer than 16 MB: its end is missing";
		s->dirty = true;
	}
	/* The protocol wants UTF-8. */
	cleanup_str struct str valid = STR_INIT;
	for (size_t i = 0; i < ev->len;) {
		uint32_t cp;
		char utf8[4];
		i += text_utf8_decode(ev->bytes + i, ev->len - i, &cp);
		str_add(&valid, utf8, text_utf8_encode(cp, utf8));
	}
	session_flush_typed(s);
	union wire_body body = { .send_paste = { .pane_id = s->pane_id, .data = { valid.s, valid.len } } };
	send(s, WIRE_SEND_PASTE, &body, valid.len);
}

/* ---- mouse ---- */

static bool pane_tracks_mouse(const struct session *s)
{
	return s->extension ? s->modes & WIRE_MODE_MOUSE_TRACKING : s->mouse_grabbed;
}

static bool in_alternate_screen(const struct session *s)
{
	return s->extension ? s->modes & WIRE_MODE_ALT_SCREEN : s->view->physical_top == s->view->scrollback_top;
}

static void send_mouse(struct session *s, const struct input_event *ev)
{
	/* The numbers of the two enums are those of the wire. */
	_Static_assert(MOUSE_MOVE == 2 && BUTTON_WHEEL_UP == 3 && BUTTON_NONE == 7, "wezterm-mux.md 3.5");
	union wire_body body = { .send_mouse_event = { .pane_id = s->pane_id } };
	struct wire_mouse_event *m = &body.send_mouse_event.event;
	/* A button that was pressed inside may be let go outside. */
	if (!view_cell_at(s->view, ev->x, ev->y, ev->mouse != MOUSE_PRESS, &m->x, &m->y) || refuse(s))
		return;
	m->kind = (uint8_t)ev->mouse;
	m->button = (uint8_t)ev->button;
	m->count = 1;
	m->modifiers = (uint16_t)(ev->mods << 1);       /* SHIFT, ALT, CTRL, SUPER from bit 1 on */
	session_flush_typed(s);
	send(s, WIRE_SEND_MOUSE_EVENT, &body, 1);
}

static void mouse(struct session *s, const struct input_event *ev)
{
	bool up = ev->button == BUTTON_WHEEL_UP, down = ev->button == BUTTON_WHEEL_DOWN;
	if (ev->y >= s->view->height && ev->mouse == MOUSE_PRESS)
		return;                               /* the status line */
	if (s->view->scrolling) {
		if (up || down)
			view_scroll(s->view, up ? -WHEEL_ROWS : WHEEL_ROWS);
		s->dirty = true;
	} else if (pane_tracks_mouse(s) || ((up || down) && in_alternate_screen(s))) {
		/* Without tracking, the server makes arrow keys of a wheel in the alternate screen. */
		if (!s->opts->read_only)
			send_mouse(s, ev);
	} else if (up) {
		view_scroll(s->view, -WHEEL_ROWS);
		s->dirty = true;
	} else if (ev->mouse == MOUSE_PRESS && !down) {
		s->hint = "hold Shift to select text, or turn the mouse off with the prefix key and m";
		s->dirty = true;
	}
}

/* ---- keys of our own ---- */

static bool is_prefix(const struct session *s, const struct input_event *ev)
{
	uint8_t p = s->opts->prefix;
	if (ev->kind != INPUT_KEY || ev->release)
		return false;
	if (ev->len == 1 && (uint8_t)ev->bytes[0] == p)
		return true;
	uint32_t key = ev->key >= 'A' && ev->key <= 'Z' ? ev->key + 32 : ev->key;
	return (ev->mods & (KEY_CTRL | KEY_ALT | KEY_SUPER)) == KEY_CTRL &&
	    (key == (p > 0 && p < 27 ? p + 'a' - 1u : p + 0x40u) || (p == 0 && key == ' '));
}

/* The key after the prefix. */
static void command(struct session *s, uint32_t key)
{
	switch (key) {
	case 'd':
		session_end(s, CLIENT_DETACHED, 0, NULL);
		break;
	case '[':
		session_scroll_begin(s, -MAX((int64_t)s->view->height / 2, (int64_t)1));
		break;
	case 'm':
		s->mouse_off = !s->mouse_off;
		s->hint = s->mouse_off ? "mouse: the terminal's" : "mouse: ours";
		break;
	case 'l':
		draw_forget(s->draw);
		break;
	case '?':
		s->hint = "then d: detach, [: scroll back, m: mouse on/off, l: redraw, or the same again";
		break;
	case 0x1b: case 'c': case 'q':
		break;                                /* never mind */
	default:
		s->hint = "no such key after the prefix; ? shows those there are";
	}
}

static void key(struct session *s, const struct input_event *ev)
{
	if (ev->release) {
		if (!s->swallow_release && !s->view->scrolling && !s->opts->read_only)
			type_key(s, ev->bytes, ev->len);
		return;
	}
	if (ev->key == KEY_MODIFIER) {
		if (!s->prefix && !s->view->scrolling && !s->opts->read_only)
			type_key(s, ev->bytes, ev->len);
		return;
	}
	s->swallow_release = true;
	s->dirty |= s->hint != NULL;
	s->hint = NULL;
	if (s->prefix) {
		s->prefix = false;
		s->dirty = true;
		if (is_prefix(s, ev))
			type_key(s, ev->bytes, ev->len);
		else
			command(s, ev->key);
		return;
	}
	if (is_prefix(s, ev)) {
		s->prefix = s->dirty = true;
		return;
	}
	if (s->view->scrolling) {
		session_scroll_key(s, ev);
		return;
	}
	if (ev->key == KEY_PAGE_UP && ev->mods == KEY_SHIFT && !in_alternate_screen(s)) {
		session_scroll_begin(s, -MAX((int64_t)s->view->height - 1, (int64_t)1));
		s->dirty = true;
		return;
	}
	s->swallow_release = false;
	type_key(s, ev->bytes, ev->len);
}

/* Text that may hold several keys of ours before what is the pane's. */
static void text(struct session *s, const char *bytes, size_t len)
{
	while (len > 0 && (s->prefix || s->view->scrolling)) {
		uint32_t cp;
		size_t n = text_utf8_decode(bytes, len, &cp);
		struct input_event ev = { .kind = INPUT_KEY, .bytes = bytes, .len = n, .key = cp };
		key(s, &ev);
		bytes += n;
		len -= n;
	}
	if (len == 0)
		return;
	s->dirty |= s->hint != NULL;
	s->hint = NULL;
	type_text(s, bytes, len);
}

void session_input(void *user, const struct input_event *ev)
{
	struct session *s = user;
	if (s->ended)
		return;
	switch (ev->kind) {
	case INPUT_TEXT:
		text(s, ev->bytes, ev->len);
		break;
	case INPUT_KEY:
		key(s, ev);
		break;
	case INPUT_MOUSE:
		mouse(s, ev);
		break;
	case INPUT_PASTE:
		paste(s, ev);
		break;
	case INPUT_FOCUS:
		if (s->modes & WIRE_MODE_FOCUS_EVENTS && !s->opts->read_only)
			type(s, ev->bytes, ev->len);
		break;
	case INPUT_KITTY_FLAGS:
		s->has_kitty = s->asked_kitty;
		s->dirty = true;
		break;
	case INPUT_COLOR_SCHEME:
		if (s->modes & WIRE_MODE_COLOR_SCHEME_REPORTS && !s->opts->read_only)
			type(s, ev->bytes, ev->len);
		break;
	}
}
