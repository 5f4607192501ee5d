/* scroll.c - scroll mode: its keys, and the line in which a search is typed.
 *
 * Keys are those of less and of tmux's vi mode. What moves down and reaches the
 * screen leaves scroll mode; G and a jump to a match stay in it. */
#include "client/session.h"

#include "base/mem.h"
#include "text/text.h"

void session_scroll_begin(struct session *s, int64_t delta)
{
	view_scroll(s->view, delta);
	if (!s->view->scrolling)
		s->hint = "there is nothing above";
}

/* ---- the search line ---- */

static void prompt_begin(struct session *s, bool backwards)
{
	s->prompting = true;
	s->prompt_backwards = backwards;
	s->prompt_regex = s->find.regex;
	str_reset(&s->prompt);
}

static void prompt_add(struct session *s, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		char utf8[4];

		i += text_utf8_decode(text + i, len - i, &cp);
		if (cp == '\r' || cp == '\n')
			break;                  /* of a paste its first line */
		size_t n = text_utf8_encode(cp, utf8);
		if (cp >= 0x20 && (cp < 0x7f || cp >= 0xa0) && s->prompt.len + n <= FIND_PATTERN_MAX)
			str_add(&s->prompt, utf8, n);
	}
}

/* Takes off the last character, or as long as what is left ends in one of a kind. */
static void prompt_rub_out(struct session *s, bool word)
{
	size_t n = s->prompt.len;

	if (word) {
		while (n > 0 && s->prompt.s[n - 1] == ' ')
			n--;
		while (n > 0 && s->prompt.s[n - 1] != ' ')
			n--;
	} else {
		while (n > 0 && ((uint8_t)s->prompt.s[--n] & 0xc0) == 0x80)
			;
	}
	s->prompt.len = n;
	if (s->prompt.s)
		s->prompt.s[n] = '\0';
}

static void prompt_enter(struct session *s)
{
	s->prompting = false;
	if (!find_begin(&s->find, s->prompt.s ? s->prompt.s : "", s->prompt_regex, s->prompt_backwards,
	    view_shown(s->view)))
		s->hint = "nothing to search for";
}

static void prompt_key(struct session *s, const struct input_event *ev)
{
	uint32_t key = ev->key;
	char utf8[4];

	if (ev->mods & (KEY_CTRL | KEY_ALT | KEY_SUPER)) {
		if (ev->mods & KEY_CTRL && key == 'u')
			str_reset(&s->prompt);
		else if (ev->mods & KEY_CTRL && key == 'w')
			prompt_rub_out(s, true);
		else if (ev->mods & KEY_CTRL && key == 'r')
			s->prompt_regex = !s->prompt_regex;
		else if (ev->mods & KEY_CTRL && key == 'h')
			key = 0x7f;
		else if (ev->mods & KEY_CTRL && (key == 'c' || key == 'g'))
			s->prompting = false;
		else if (ev->mods & KEY_CTRL && (key == 'm' || key == 'j'))
			prompt_enter(s);
		if (key != 0x7f)
			return;
	}
	switch (key) {
	case '\r':
		prompt_enter(s);
		break;
	case 0x1b:
		s->prompting = false;
		break;
	case 0x7f:
		/* One more than there is takes the prompt away. */
		if (s->prompt.len == 0)
			s->prompting = false;
		else
			prompt_rub_out(s, false);
		break;
	case KEY_UP:
		str_reset(&s->prompt);
		str_add(&s->prompt, s->find.pattern.s, s->find.pattern.len);
		s->prompt_regex = s->find.regex;
		break;
	default:
		if (key < KEY_NONE)
			prompt_add(s, utf8, text_utf8_encode(key, utf8));
	}
}

bool session_prompt_paste(struct session *s, const char *text, size_t len)
{
	if (!s->prompting)
		return false;
	prompt_add(s, text, len);
	s->dirty = true;
	return true;
}

/* ---- keys ---- */

static void again(struct session *s, bool other_way)
{
	if (!find_again(&s->find, other_way, view_shown(s->view)))
		s->hint = "there was no search yet: / searches down, ? up";
}

static void scroll_key(struct session *s, uint32_t key, uint8_t mods)
{
	int64_t page = MAX((int64_t)s->view->height - 1, (int64_t)1), all = INT64_MAX / 4;
	if (mods & KEY_CTRL) {
		static const struct { char key, as; } ctrl[] = { { 'b', 'b' }, { 'f', ' ' }, { 'c', 'q' } };
		uint32_t as = 0;
		for (size_t i = 0; i < ARRAY_LEN(ctrl); i++)
			if (key == (uint32_t)ctrl[i].key)
				as = (uint32_t)ctrl[i].as;
		if (key == 'u' || key == 'd') {
			view_scroll(s->view, key == 'u' ? -page / 2 : page / 2);
			return;
		}
		key = as ? as : key >= KEY_NONE ? key : 0;
	}
	if (s->find.seek && (key == 'q' || key == 0x1b)) {
		find_cancel(&s->find);
		s->hint = "given up";
		return;
	}
	switch (key) {
	case KEY_UP: case 'k': view_scroll(s->view, -1); break;
	case KEY_DOWN: case 'j': view_scroll(s->view, 1); break;
	case KEY_PAGE_UP: case 'b': view_scroll(s->view, -page); break;
	case KEY_PAGE_DOWN: case ' ': view_scroll(s->view, page); break;
	case KEY_HOME: case 'g': view_scroll(s->view, -all); break;
	case KEY_END: case 'G': view_scroll_bottom(s->view); break;
	case '/': prompt_begin(s, false); break;
	case '?': prompt_begin(s, true); break;
	case 'n': again(s, false); break;
	case 'N': again(s, true); break;
	case 'q': case 0x1b: case '\r': view_scroll_end(s->view); break;
	default: s->hint = "arrows, PgUp, PgDn, g, G: scroll; /, ?: search, n, N: next; q: back to the screen";
	}
}

void session_scroll_key(struct session *s, const struct input_event *ev)
{
	s->dirty = true;
	if (s->prompting)
		prompt_key(s, ev);
	else
		scroll_key(s, ev->key, ev->mods);
}

/* ---- what the server is asked ---- */

void session_find(struct session *s)
{
	struct wire_range ask;
	enum find_step step;

	if (!s->view->scrolling) {
		find_off(&s->find);
		s->prompting = false;
		return;
	}
	while ((step = find_step(&s->find, view_rows(s->view), view_shown(s->view), &ask)) == FIND_SHOW)
		view_show(s->view, s->find.current.from.row);
	if (step != FIND_ASK)
		return;
	cleanup_str struct str text = STR_INIT;
	union wire_body body = { .search_request = { .pane_id = s->pane_id,
	    .pattern = find_pattern(&s->find, &text), .range = ask, .has_limit = true, .limit = FIND_RESULTS } };
	find_asked(&s->find, ask, wire_client_send(s->wire, WIRE_SEARCH_SCROLLBACK_REQUEST, &body));
}
