/* screen.c - one frame: the pane, the status line, and what else the terminal is told with it. */
#include "client/session.h"

#include "base/mem.h"
#include "text/text.h"
#include "wire/modes.h"

#define STATUS_MIN_ROWS 3
#define FORGET_EVERY_MS 1000
#define RANGES_MAX 64

bool session_has_status(const struct session *s)
{
	unsigned rows = 24, cols, x, y;
	tty_size(&s->tty, &rows, &cols, &x, &y);
	return rows >= STATUS_MIN_ROWS;
}

static struct tty_modes wanted_modes(const struct session *s)
{
	struct tty_modes m = { .cursor_shape = s->view->cursor_shape, .mouse = TTY_MOUSE_CLICKS };
	if (!s->opts->read_only) {
		m.app_cursor = s->modes & WIRE_MODE_APP_CURSOR;
		m.app_keypad = s->modes & WIRE_MODE_APP_KEYPAD;
		m.focus = s->modes & WIRE_MODE_FOCUS_EVENTS;
		/* Of keys that are told, the server makes what these modes want. */
		m.newline = s->modes & WIRE_MODE_NEWLINE && !session_tells_keys(s);
		m.backarrow = s->modes & WIRE_MODE_BACKARROW && !session_tells_keys(s);
		m.color_scheme = s->modes & WIRE_MODE_COLOR_SCHEME_REPORTS;
		m.kitty_flags = s->has_kitty ? s->kitty_flags : 0;
		m.modify_other_keys = s->modify_other_keys;
		m.format_other_keys = s->modes & WIRE_MODE_FORMAT_OTHER_KEYS;
		if (s->modes & WIRE_MODE_MOUSE_ANY)
			m.mouse = TTY_MOUSE_ALL;
		else if (s->modes & WIRE_MODE_MOUSE_BUTTON || (!s->extension && s->mouse_grabbed))
			m.mouse = TTY_MOUSE_DRAG;
	}
	if (s->mouse_off)
		m.mouse = TTY_MOUSE_OFF;
	return m;
}

/* "Ctrl-\" */
static const char *prefix_name(const struct session *s, char buf[8])
{
	snprintf(buf, 8, "Ctrl-%c", s->opts->prefix ? (s->opts->prefix | 0x40) : ' ');
	return buf;
}

static void scroll_status(struct session *s, struct str *ret)
{
	const struct view *v = s->view;
	const struct find *f = &s->find;

	if (f->seek) {
		str_printf(ret, "searching %s  q gives up ", f->seek < 0 ? "up" : "down");
		return;
	}
	if (f->message[0])
		str_printf(ret, "%s  ", f->message);
	str_printf(ret, "%lld rows up of %lld  ", (long long)(v->physical_top - v->top),
	    (long long)(v->physical_top - v->scrollback_top));
	str_puts(ret, f->on ? "n N next  q leaves " : "/ ? search  q leaves ");
}

/* What is typed to be searched for, with its end in sight; the cursor is there. */
static void prompt(struct session *s, size_t y, size_t end)
{
	static const struct cell style = { .width = 1, .attrs = ATTR_REVERSE };
	const char *text = s->prompt.s ? s->prompt.s : "";
	size_t left = s->prompt.len;
	size_t x = draw_text(s->draw, &s->pool, y, 0, end, s->prompt_regex ? " regex" : " ", &style);

	x = draw_text(s->draw, &s->pool, y, x, end, s->prompt_backwards ? "?" : "/", &style);
	while (left > 0 && x + text_string_width(text, left) + 1 > end) {
		size_t n = text_cluster_len(text, left);
		text += n;
		left -= n;
	}
	x = draw_text(s->draw, &s->pool, y, x, end, text, &style);
	draw_cursor(s->draw, y, x, true);
}

static void status(struct session *s, size_t y)
{
	static const struct cell style = { .width = 1, .attrs = ATTR_REVERSE };
	const struct view *v = s->view;
	size_t width = draw_cols(s->draw);
	char name[8];
	cleanup_str struct str left = STR_INIT, right = STR_INIT;

	prefix_name(s, name);
	str_printf(&left, " %s", s->opts->name);
	if (s->opts->read_only)
		str_puts(&left, " (read-only)");
	if (v->known && (v->rows != v->height || v->cols != width))
		str_printf(&left, " %zux%zu", v->cols, v->rows);
	if (s->title.len)
		str_printf(&left, "  %s", s->title.s);

	if (s->hint)
		str_printf(&right, "%s ", s->hint);
	else if (s->prefix)
		str_printf(&right, "%s ...  d detach  [ scroll  ? help ", name);
	else if (s->prompting)
		str_puts(&right, "Enter searches  Ctrl-R regex  Esc ");
	else if (v->scrolling)
		scroll_status(s, &right);
	else
		str_printf(&right, "%s d detach  %s ? help ", name, name);

	struct cell *row = draw_row(s->draw, y);
	for (size_t x = 0; x < width; x++)
		row[x] = style;
	/* The right side is what a person may need to get out: the left one gives way. Both are ASCII
	 * but for names and titles. */
	size_t at = right.len + 1 < width ? width - right.len : 0;
	if (s->prompting && at <= width / 2) {
		prompt(s, y, width);
		return;
	}
	draw_text(s->draw, &s->pool, y, at, width, right.s, &style);
	if (s->prompting)
		prompt(s, y, at - 1);
	else if (at > 1)
		draw_text(s->draw, &s->pool, y, 0, at - 1, left.s, &style);
}

/* Asks for rows that are shown and not known. */
static void fetch(struct session *s)
{
	struct wire_range ranges[RANGES_MAX];
	size_t n = view_missing(s->view, ranges, RANGES_MAX);
	if (n == 0)
		return;
	union wire_body body = { .get_lines = { .pane_id = s->pane_id, .lines = ranges, .n_lines = n } };
	view_asked(s->view, ranges, n, wire_client_send(s->wire, WIRE_GET_LINES, &body));
}

static void forget_pool(struct session *s)
{
	int64_t now = session_now_ms();
	/* A screen that overflows it all by itself is shown with gaps, not fetched for ever. */
	if (now - s->last_forget_ms < FORGET_EVERY_MS)
		return;
	s->last_forget_ms = now;
	view_forget(s->view);
	draw_resize(s->draw, draw_rows(s->draw), draw_cols(s->draw));
	pool_reset(&s->pool);
}

void session_compose(struct session *s)
{
	if (s->pool.full)
		forget_pool(s);
	if (s->kitty_flags && !s->asked_kitty) {
		s->asked_kitty = true;
		str_puts(&s->out, "\033[?u");  /* a terminal without it does not answer */
	}
	struct tty_modes modes = wanted_modes(s);
	tty_set_modes(&s->tty, &modes, &s->out);
	if (s->bell)
		str_putc(&s->out, '\a');
	if (s->retitle && s->title.len)
		str_printf(&s->out, "\033]2;%s\033\\", s->title.s);
	str_add(&s->out, s->clipboard.s, s->clipboard.len);
	str_add(&s->out, s->toast.s, s->toast.len);
	s->bell = s->retitle = false;
	str_fini(&s->clipboard);                      /* it may have been large */
	str_reset(&s->toast);

	size_t rows = draw_rows(s->draw);
	bool has_status = rows >= STATUS_MIN_ROWS;
	session_find(s);
	view_draw(s->view, s->draw, has_status ? rows - 1 : rows, &s->find);
	if (has_status)
		status(s, rows - 1);
	draw_frame(s->draw, &s->pool, &s->out);
	s->dirty = false;
	fetch(s);
}
