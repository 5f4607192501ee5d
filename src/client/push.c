/* push.c - what the server says about our pane.
 *
 * What a program in the container may do to the outer terminal is decided here:
 * set its title, ring, raise a note and fill the clipboard, each filtered,
 * bounded and not too often. Nothing of it makes the terminal answer. */
#include "client/session.h"

#include "base/mem.h"
#include "host/log.h"

#define CLIPBOARD_MAX (1u << 20)
#define TOAST_MAX 256
#define TITLE_MAX 256
#define BELL_EVERY_MS 200
#define TOAST_EVERY_MS 1000

static void base64(struct str *ret, const char *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < len ? (uint8_t)data[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			str_putc(ret, i + k > len ? '=' : digits[v >> (18 - 6 * k) & 63]);
	}
}

static void clipboard(struct session *s, const struct wire_set_clipboard *c)
{
	if (!c->has_clipboard)
		return;
	if (c->clipboard.len > CLIPBOARD_MAX) {
		s->hint = "copied text over 1 MB was not passed on";
		s->dirty = true;
		return;
	}
	str_reset(&s->clipboard);
	str_printf(&s->clipboard, "\033]52;%c;", c->selection == 1 ? 'p' : 'c');
	base64(&s->clipboard, c->clipboard.s, c->clipboard.len);
	str_puts(&s->clipboard, "\033\\");
	s->dirty = true;
}

static void alert(struct session *s, const struct wire_alert *a)
{
	int64_t now = session_now_ms();
	if (a->kind == WIRE_ALERT_BELL && now - s->last_bell_ms >= BELL_EVERY_MS) {
		s->last_bell_ms = now;
		s->bell = s->dirty = true;
	} else if (a->kind == WIRE_ALERT_TOAST && now - s->last_toast_ms >= TOAST_EVERY_MS) {
		s->last_toast_ms = now;
		str_reset(&s->toast);
		/* The name in front tells whose note it is, and keeps "4;..." from being read as progress. */
		str_puts(&s->toast, "\033]9;");
		log_safe(&s->toast, s->opts->name, strlen(s->opts->name), TOAST_MAX, false);
		str_puts(&s->toast, ": ");
		if (a->has_title) {
			log_safe(&s->toast, a->title.s, a->title.len, TOAST_MAX, false);
			str_puts(&s->toast, ": ");
		}
		log_safe(&s->toast, a->body.s, a->body.len, TOAST_MAX, false);
		str_puts(&s->toast, "\033\\");
		s->dirty = true;
	}
}

static void set_title(struct session *s, struct wire_str title)
{
	cleanup_str struct str safe = STR_INIT;
	log_safe(&safe, title.s, title.len, TITLE_MAX, false);
	if (str_eq(safe.s, s->title.s))
		return;
	str_reset(&s->title);
	str_puts(&s->title, safe.s);
	s->retitle = s->dirty = true;
}

/* What was found in rows that have changed is found no more. */
static void changed_rows(struct session *s, const struct wire_render_changes *c, bool renumbered)
{
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < c->n_dirty_lines; i++)
		first = MIN(first, c->dirty_lines[i].start);
	for (size_t i = 0; i < c->bonus_lines.n_lines; i++)
		first = MIN(first, c->bonus_lines.lines[i].row);
	find_changed(&s->find, first, renumbered);
}

static void render(struct session *s, const struct wire_render_changes *c)
{
	const struct view *v = s->view;
	size_t cols = v->cols;
	int64_t top = v->physical_top;
	view_changes(s->view, &s->pool, c);
	changed_rows(s, c, v->cols != cols || v->physical_top < top);
	s->mouse_grabbed = c->mouse_grabbed;
	/* With the extension the window's title comes with the modes, if a program set one. */
	if (!s->window_title)
		set_title(s, c->title);
	s->dirty = true;
}

static void modes(struct session *s, const struct wire_lace_pane_modes *m)
{
	s->modes = m->modes;
	s->kitty_flags = m->kitty_flags & 31;
	s->modify_other_keys = MIN(m->modify_other_keys, 2);
	s->window_title = m->window_title.len > 0;
	if (s->window_title)
		set_title(s, m->window_title);
	s->dirty = true;
}

static void dimensions(struct session *s, const struct wire_renderable_dimensions *d)
{
	struct wire_render_changes c = { .cursor_position = d->cursor_position, .dimensions = d->dimensions };
	if (!s->view->known)
		view_changes(s->view, &s->pool, &c);
	s->dirty = true;
}

void session_pdu(void *user, const struct wire_pdu *pdu)
{
	struct session *s = user;
	const union wire_body *b = &pdu->body;
	if (pdu->serial && pdu->serial >= s->last_input)
		s->unanswered = 0;
	switch (pdu->ident) {
	case WIRE_GET_PANE_RENDER_CHANGES_RESPONSE:
		if (b->render_changes.pane_id == s->pane_id)
			render(s, &b->render_changes);
		break;
	case WIRE_GET_PANE_RENDERABLE_DIMENSIONS_RESPONSE:
		if (b->renderable_dimensions.pane_id == s->pane_id)
			dimensions(s, &b->renderable_dimensions);
		break;
	case WIRE_GET_LINES_RESPONSE:
		view_lines(s->view, &s->pool, pdu->serial, &b->get_lines_response);
		s->dirty = true;
		break;
	case WIRE_SEARCH_SCROLLBACK_RESPONSE:
		s->dirty |= find_results(&s->find, pdu->serial, &b->search_response);
		break;
	case WIRE_ERROR_RESPONSE:
		if (find_error(&s->find, pdu->serial, b->error_response.reason.s, b->error_response.reason.len)) {
			s->dirty = true;
			break;
		}
		/* If it was a request for lines, they will not come. */
		view_lines(s->view, &s->pool, pdu->serial, NULL);
		break;
	case WIRE_LIVENESS_RESPONSE:
		if (b->liveness.pane_id == s->pane_id && !b->liveness.is_alive)
			session_end(s, CLIENT_EXITED, -1, NULL);
		break;
	case WIRE_PANE_REMOVED:
		if (b->pane_ref.pane_id == s->pane_id)
			session_end(s, CLIENT_EXITED, -1, NULL);
		break;
	case WIRE_NOTIFY_ALERT:
		if (b->notify_alert.pane_id == s->pane_id)
			alert(s, &b->notify_alert.alert);
		break;
	case WIRE_SET_CLIPBOARD:
		if (b->set_clipboard.pane_id == s->pane_id)
			clipboard(s, &b->set_clipboard);
		break;
	case WIRE_LACE_PANE_MODES:
		if (b->lace_pane_modes.pane_id == s->pane_id)
			modes(s, &b->lace_pane_modes);
		break;
	case WIRE_LACE_PANE_EXITED:
		if (b->lace_pane_exited.pane_id == s->pane_id)
			session_end(s, CLIENT_EXITED, (int)MIN(b->lace_pane_exited.code, 255u) +
			    (b->lace_pane_exited.kind == WIRE_EXIT_SIGNAL ? 128 : 0), NULL);
		break;
	default:
		break;                          /* other panes, tabs and windows do not concern us */
	}
}
