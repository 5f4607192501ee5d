#include "cmd/pick.h"

#include "base/mem.h"
#include "host/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { TYPED_MAX = 128, ESCAPE_WAIT_MS = 50, SHOWN_MAX = 20, NAME_SHOWN_MAX = 40 };

struct picker {
	const struct projects *all;
	size_t *match, n, at;         /* those that match, best first; the one under the bar */
	char typed[TYPED_MAX + 1];
};

static void match(struct picker *p)
{
	p->n = 0;
	for (size_t i = 0; i < p->all->n; i++) {
		int score = pick_score(p->all->v[i].name, p->typed);
		if (score == 0)
			continue;
		/* Equal ones stay in the order of names. */
		size_t k = p->n++;
		for (; k > 0 && pick_score(p->all->v[p->match[k - 1]].name, p->typed) < score; k--)
			p->match[k] = p->match[k - 1];
		p->match[k] = i;
	}
	p->at = 0;
}

/* ---- drawing: below where the cursor is, and gone afterwards ---- */

static void draw(struct picker *p)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	size_t rows = MIN(p->n, MIN((size_t)SHOWN_MAX, size.ws_row > 3 ? size.ws_row - 2u : 1u));
	size_t first = p->at < rows ? 0 : p->at - rows + 1;
	cleanup_str struct str out = STR_INIT;
	str_puts(&out, "\r\033[J");
	for (size_t i = first; i < first + rows; i++) {
		const struct project *x = &p->all->v[p->match[i]];
		cleanup_str struct str line = STR_INIT;
		str_printf(&line, "%-20.*s %-9.9s ", NAME_SHOWN_MAX, x->name, x->state);
		log_safe(&line, x->workspace, strlen(x->workspace), 512, false);
		/* A cut in the middle of a character would be seen; the folder is what is long, and ASCII mostly. */
		str_printf(&out, "\r\n%s%.*s%s", i == p->at ? "\033[7m" : "", (int)MIN(line.len, (size_t)MAX(size.ws_col - 1, 1)),
		    line.s, i == p->at ? "\033[m" : "");
	}
	if (rows > 0)
		str_printf(&out, "\033[%zuA", rows);
	str_printf(&out, "\rconnect to: %s", p->typed);
	fwrite(out.s, 1, out.len, stdout);
	fflush(stdout);
}

static void clear(void)
{
	fputs("\r\033[J", stdout);
	fflush(stdout);
}

/* ---- keys ---- */

enum key { KEY_TEXT, KEY_UP, KEY_DOWN, KEY_ENTER, KEY_ERASE, KEY_CLEAR, KEY_LEAVE, KEY_NONE };

static int next_byte(int timeout_ms)
{
	unsigned char c;
	struct pollfd f = { .fd = STDIN_FILENO, .events = POLLIN };
	int n;
	do
		n = poll(&f, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0 && read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}

/* After ESC: an arrow, some other key that means nothing here, or the key Escape itself. */
static enum key read_escape(void)
{
	int c = next_byte(ESCAPE_WAIT_MS);
	if (c < 0)
		return KEY_LEAVE;
	if (c != '[' && c != 'O')
		return KEY_NONE;
	do
		c = next_byte(ESCAPE_WAIT_MS);
	while (c >= 0 && c < 0x40);
	return c == 'A' ? KEY_UP : c == 'B' ? KEY_DOWN : KEY_NONE;
}

static enum key read_key(char *ret)
{
	int c = next_byte(-1);
	switch (c) {
	case -1:
	case 0x03:
	case 0x04: return KEY_LEAVE;
	case '\r':
	case '\n': return KEY_ENTER;
	case 0x7f:
	case 0x08: return KEY_ERASE;
	case 0x15: return KEY_CLEAR;
	case 0x10: return KEY_UP;
	case 0x0e:
	case '\t': return KEY_DOWN;
	case 0x1b: return read_escape();
	}
	*ret = (char)c;
	/* Names are ASCII (dev_project_name). */
	return c > ' ' && c < 0x7f ? KEY_TEXT : KEY_NONE;
}

static const struct project *ask(struct picker *p)
{
	for (;;) {
		char c = 0;
		size_t len = strlen(p->typed);
		draw(p);
		switch (read_key(&c)) {
		case KEY_LEAVE: return NULL;
		case KEY_ENTER:
			if (p->n > 0)
				return &p->all->v[p->match[p->at]];
			break;
		case KEY_UP: p->at = p->n ? (p->at + p->n - 1) % p->n : 0; continue;
		case KEY_DOWN: p->at = p->n ? (p->at + 1) % p->n : 0; continue;
		case KEY_ERASE: p->typed[len ? len - 1 : 0] = '\0'; break;
		case KEY_CLEAR: p->typed[0] = '\0'; break;
		case KEY_TEXT:
			if (len < TYPED_MAX) {
				p->typed[len] = c;
				p->typed[len + 1] = '\0';
			}
			break;
		case KEY_NONE: continue;
		}
		match(p);
	}
}

const struct project *pick_project(const struct projects *all, const char *typed, struct err *err)
{
	struct picker p = { .all = all, .match = xcalloc(all->n, sizeof(*p.match)) };
	const struct project *chosen = NULL;
	struct termios saved, raw;
	snprintf(p.typed, sizeof(p.typed), "%s", typed ? typed : "");
	match(&p);
	if (p.n == 0) {
		err_set(err, ERR_NOT_FOUND, "there is no dev container \"%s\"; `lace ls` lists them, `lace up FOLDER` makes one",
		    p.typed);
	} else if (tcgetattr(STDIN_FILENO, &saved) != 0) {
		err_sys(err, "cannot ask on this terminal");
	} else {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
		chosen = ask(&p);
		clear();
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
		if (chosen == NULL)
			err_set(err, ERR_FAILED, "nothing was picked; `lace connect NAME` asks nothing");
	}
	free(p.match);
	return chosen;
}
