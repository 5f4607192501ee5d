/* input.c - a state machine over what a terminal sends.
 *
 * Sequences collect in `seq` until they are whole and are then classified; text
 * between them is passed on in runs. Replies of the outer terminal are dropped:
 * we ask it for one thing (the kitty keyboard protocol), and the programs in the
 * pane get their answers from the server's terminal engine, so any other reply can
 * only be one that somebody provoked, and must not be typed into a shell.
 *
 * ESC is a key and the beginning of every sequence. One that ends a read is
 * held back for a moment (input_timeout); so are "ESC [" and its like, which
 * Alt makes. Something longer gets a second: nobody types that by hand, and cut
 * in two its rest would reach the pane as typed text. */
#include "client/input.h"

#include "base/mem.h"
#include "text/text.h"

#define ESC 0x1b
#define KEY_WAIT_MS 40
#define SEQUENCE_WAIT_MS 1000
#define PASTE_END "\033[201~"

enum { GROUND, ESCAPE, CSI, SS3, LINUX_KEY /* ESC [ [ x */, X10_MOUSE, STRING, STRING_ESC, PASTE };

void input_init(struct input *in, input_cb cb, void *user)
{
	*in = (struct input){ .cb = cb, .user = user };
	str_init(&in->seq);
	str_init(&in->paste);
}

void input_fini(struct input *in)
{
	str_fini(&in->seq);
	str_fini(&in->paste);
}

static void emit(struct input *in, enum input_kind kind, const char *bytes, size_t len)
{
	struct input_event ev = { .kind = kind, .bytes = bytes, .len = len };
	in->cb(in->user, &ev);
}

static void emit_key(struct input *in, const char *bytes, size_t len, uint32_t key, uint8_t mods,
    bool release)
{
	struct input_event ev = { .kind = INPUT_KEY, .bytes = bytes, .len = len, .key = key, .mods = mods,
		.release = release };
	in->cb(in->user, &ev);
}

/* A control character is a key with Ctrl, except the four that have keys of their own. */
static void emit_control(struct input *in, const char *bytes, size_t len, uint8_t mods)
{
	uint8_t c = (uint8_t)bytes[len - 1];
	if (c == '\r' || c == '\t' || c == ESC || c == 0x7f)
		emit_key(in, bytes, len, c, mods, false);
	else if (c == 0)
		emit_key(in, bytes, len, '@', mods | KEY_CTRL, false);
	else
		emit_key(in, bytes, len, c < 27 ? c + 'a' - 1u : c + 0x40u, mods | KEY_CTRL, false);
}

static void finish(struct input *in)
{
	in->state = GROUND;
	str_reset(&in->seq);
}

/* ---- whole control sequences ---- */

#define PARAMS_MAX 8
struct csi {
	char marker;                    /* one of <=>? or 0 */
	char intermediate;              /* the last one, or 0 */
	char final;
	unsigned param[PARAMS_MAX];     /* absent ones are 0 */
	unsigned sub[PARAMS_MAX];       /* the second part of "a:b" */
	unsigned n;
};

static struct csi parse_csi(const char *s, size_t len)
{
	struct csi c = { .final = s[len - 1], .n = 1 };
	bool in_sub = false, later_sub = false;
	for (size_t i = 2; i < len - 1; i++) {
		char ch = s[i];
		if (ch >= '0' && ch <= '9') {
			unsigned *p = in_sub ? &c.sub[c.n - 1] : &c.param[c.n - 1];
			if (!later_sub && *p < 100000000)
				*p = *p * 10 + (unsigned)(ch - '0');
		} else if (ch == ':') {
			later_sub = in_sub;
			in_sub = true;
		} else if (ch == ';') {
			in_sub = later_sub = false;
			if (c.n == PARAMS_MAX)
				break;
			c.n++;
		} else if (ch >= '<' && ch <= '?') {
			c.marker = ch;
		} else {
			c.intermediate = ch;
		}
	}
	return c;
}

/* xterm's modifier parameter; the lock keys that kitty adds mean nothing to us. */
static uint8_t mods_of(unsigned param)
{
	return param > 1 ? (uint8_t)((param - 1) & (KEY_SHIFT | KEY_ALT | KEY_CTRL | KEY_SUPER)) : 0;
}

static void emit_mouse(struct input *in, unsigned code, unsigned x, unsigned y, bool release)
{
	static const enum input_button wheel[] = { BUTTON_WHEEL_UP, BUTTON_WHEEL_DOWN, BUTTON_WHEEL_LEFT,
		BUTTON_WHEEL_RIGHT };
	static const enum input_button plain[] = { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, BUTTON_NONE };
	if (code >= 128 || x == 0 || y == 0)
		return;                         /* buttons 8 to 11: the protocol has no names for them */
	struct input_event ev = { .kind = INPUT_MOUSE, .x = x - 1, .y = y - 1 };
	ev.mods = (uint8_t)((code & 4 ? KEY_SHIFT : 0) | (code & 8 ? KEY_ALT : 0) | (code & 16 ? KEY_CTRL : 0));
	ev.button = code & 64 ? wheel[code & 3] : plain[code & 3];
	ev.mouse = release ? MOUSE_RELEASE : code & 32 ? MOUSE_MOVE : MOUSE_PRESS;
	in->cb(in->user, &ev);
}

static void emit_csi_key(struct input *in, const struct csi *c)
{
	const char *s = in->seq.s;
	size_t len = in->seq.len;
	uint32_t key = KEY_NONE;
	uint8_t mods = mods_of(c->param[1]);
	bool release = c->sub[1] == 3;
	switch (c->final) {
	case 'A': key = KEY_UP; break;
	case 'B': key = KEY_DOWN; break;
	case 'C': key = KEY_RIGHT; break;
	case 'D': key = KEY_LEFT; break;
	case 'H': key = KEY_HOME; break;
	case 'F': key = KEY_END; break;
	case '~':
		switch (c->param[0]) {
		case 1: case 7: key = KEY_HOME; break;
		case 4: case 8: key = KEY_END; break;
		case 5: key = KEY_PAGE_UP; break;
		case 6: key = KEY_PAGE_DOWN; break;
		case 27: key = c->param[2]; break;      /* modifyOtherKeys */
		default: break;
		}
		break;
	case 'u':
		key = c->param[0];
		if (key >= 57441 && key <= 57454)
			key = KEY_MODIFIER;
		else if (key >= 57358 && key <= 57360)  /* caps, scroll and num lock */
			key = KEY_MODIFIER;
		else if (mods == KEY_SHIFT)             /* the text it makes, where that is reported */
			key = c->param[2] ? c->param[2] : c->sub[0] ? c->sub[0] :
			    key >= 'a' && key <= 'z' ? key - 32 : key;
		break;
	default:
		break;
	}
	emit_key(in, s, len, key, mods, release);
}

static void csi_done(struct input *in)
{
	const char *s = in->seq.s;
	size_t len = in->seq.len;
	struct csi c = parse_csi(s, len);
	if (c.marker == '<' && (c.final == 'M' || c.final == 'm')) {
		emit_mouse(in, c.param[0], c.param[1], c.param[2], c.final == 'm');
	} else if (c.marker == '?' && c.final == 'n' && c.param[0] == 997) {
		emit(in, INPUT_COLOR_SCHEME, s, len);
	} else if (c.marker == '?' && c.final == 'u') {
		emit(in, INPUT_KITTY_FLAGS, s, len);
	} else if (c.marker || c.intermediate || strchr("cntxy", c.final)) {
		/* a reply to what nobody asked */
	} else if (c.final == '~' && c.param[0] == 200) {
		finish(in);
		in->state = PASTE;
		return;
	} else if (c.final == '~' && c.param[0] == 201) {
		/* the end of a paste that did not begin */
	} else if ((c.final == 'I' || c.final == 'O') && len == 3) {
		emit(in, INPUT_FOCUS, s, len);
	} else {
		emit_csi_key(in, &c);
	}
	finish(in);
}

static void ss3_done(struct input *in)
{
	static const struct { char final; uint32_t key; } keys[] = { { 'A', KEY_UP }, { 'B', KEY_DOWN },
		{ 'C', KEY_RIGHT }, { 'D', KEY_LEFT }, { 'H', KEY_HOME }, { 'F', KEY_END } };
	uint32_t key = KEY_NONE;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (in->seq.s[in->seq.len - 1] == keys[i].final)
			key = keys[i].key;
	emit_key(in, in->seq.s, in->seq.len, key, 0, false);
	finish(in);
}

/* ---- paste ---- */

static void paste_done(struct input *in)
{
	struct input_event ev = { .kind = INPUT_PASTE, .bytes = in->paste.s, .len = in->paste.len,
		.truncated = in->paste_truncated };
	in->cb(in->user, &ev);
	str_fini(&in->paste);                 /* it may have been large */
	in->paste_truncated = false;
	finish(in);
}

/* Takes bytes up to the end marker, which may be split over two calls: its beginning waits in seq. */
static size_t feed_paste(struct input *in, const char *bytes, size_t len)
{
	size_t i = 0;
	while (i < len) {
		if (bytes[i] == PASTE_END[in->seq.len]) {
			str_putc(&in->seq, bytes[i++]);
			if (in->seq.len == sizeof(PASTE_END) - 1) {
				paste_done(in);
				return i;
			}
			continue;
		}
		/* Not the marker: only ESC can begin one, so what was held back is text, but not this byte yet. */
		size_t n = in->seq.len;
		const char *text = in->seq.s;
		if (n == 0) {
			const char *esc = memchr(bytes + i, ESC, len - i);
			text = bytes + i;
			n = esc ? (size_t)(esc - text) : len - i;
			i += n;
		}
		if (!in->paste_truncated && in->paste.len + n <= INPUT_PASTE_MAX)
			str_add(&in->paste, text, n);
		else
			in->paste_truncated = true;
		str_reset(&in->seq);
	}
	return i;
}

/* ---- one byte ---- */

/* What has come is no sequence of ours: it goes on as it is, and this byte is looked at anew. */
static void give_up(struct input *in)
{
	emit_key(in, in->seq.s, in->seq.len, KEY_NONE, 0, false);
	finish(in);
}

/* Returns false when the byte was not taken. */
static bool escape_byte(struct input *in, uint8_t c)
{
	if (c == ESC) {
		/* Alt with a function key, on some terminals: two ESC. The first passes as the key it is. */
		emit_key(in, "\033", 1, ESC, 0, false);
		return true;
	}
	str_putc(&in->seq, (char)c);
	switch (c) {
	case '[': in->state = CSI; return true;
	case 'O': in->state = SS3; return true;
	case 'P': case 'X': case ']': case '^': case '_':
		in->state = STRING;
		in->skipped = 0;
		return true;
	default: break;
	}
	if (c < 0x20 || c == 0x7f)
		emit_control(in, in->seq.s, in->seq.len, KEY_ALT);
	else
		emit_key(in, in->seq.s, in->seq.len, c < 0x80 ? c : KEY_NONE, KEY_ALT, false);
	finish(in);
	return true;
}

static bool csi_byte(struct input *in, uint8_t c)
{
	if (c < 0x20 || c > 0x7e || in->seq.len >= INPUT_SEQUENCE_MAX) {
		give_up(in);
		return false;
	}
	str_putc(&in->seq, (char)c);
	if (in->seq.len == 3 && c == '[')
		in->state = LINUX_KEY;
	else if (in->seq.len == 3 && c == 'M')
		in->state = X10_MOUSE;
	else if (c >= 0x40)
		csi_done(in);
	return true;
}

static bool string_byte(struct input *in, uint8_t c)
{
	if (in->state == STRING_ESC) {
		if (c == '\\') {
			finish(in);
			return true;
		}
		/* The string was cut short: the ESC begins something else. */
		finish(in);
		str_putc(&in->seq, ESC);
		in->state = ESCAPE;
		return false;
	}
	if (c == ESC)
		in->state = STRING_ESC;
	else if (c == 0x07 || c == 0x18 || c == 0x1a || ++in->skipped > INPUT_STRING_MAX)
		finish(in);
	return true;
}

static bool sequence_byte(struct input *in, uint8_t c)
{
	switch (in->state) {
	case ESCAPE:
		return escape_byte(in, c);
	case CSI:
		return csi_byte(in, c);
	case SS3:
		if (c < 0x20 || c > 0x7e || in->seq.len >= INPUT_SEQUENCE_MAX) {
			give_up(in);
			return false;
		}
		str_putc(&in->seq, (char)c);
		if (c >= 0x40)
			ss3_done(in);
		return true;
	case LINUX_KEY:
		if (c < 0x20 || c > 0x7e) {
			give_up(in);
			return false;
		}
		str_putc(&in->seq, (char)c);
		emit_key(in, in->seq.s, in->seq.len, KEY_NONE, 0, false);
		finish(in);
		return true;
	case X10_MOUSE:
		/* From a terminal that does not know mode 1006. */
		str_putc(&in->seq, (char)c);
		if (in->seq.len == 6) {
			const uint8_t *b = (const uint8_t *)in->seq.s + 3;
			unsigned code = b[0] >= 32 ? b[0] - 32u : 128;
			bool release = (code & 67) == 3 && !(code & 32);
			emit_mouse(in, code, b[1] >= 32 ? b[1] - 32u : 0, b[2] >= 32 ? b[2] - 32u : 0, release);
			finish(in);
		}
		return true;
	default:
		return string_byte(in, c);
	}
}

void input_feed(struct input *in, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		if (in->state == PASTE) {
			i += feed_paste(in, bytes + i, len - i);
			continue;
		}
		uint8_t c = (uint8_t)bytes[i];
		if (in->state != GROUND) {
			i += sequence_byte(in, c);
			continue;
		}
		if (c == ESC) {
			str_putc(&in->seq, ESC);
			in->state = ESCAPE;
			i++;
			continue;
		}
		if (c < 0x20 || c == 0x7f) {
			emit_control(in, bytes + i, 1, 0);
			i++;
			continue;
		}
		size_t n = 1;
		while (i + n < len && (uint8_t)bytes[i + n] >= 0x20 && bytes[i + n] != 0x7f)
			n++;
		emit(in, INPUT_TEXT, bytes + i, n);
		i += n;
	}
}

int input_timeout(const struct input *in)
{
	if (in->state == GROUND || in->state == PASTE)
		return -1;
	return in->seq.len <= 2 && in->skipped == 0 ? KEY_WAIT_MS : SEQUENCE_WAIT_MS;
}

void input_flush(struct input *in)
{
	bool is_string = in->state == STRING || in->state == STRING_ESC;
	if (in->state == GROUND || in->state == PASTE)
		return;
	if (in->state == X10_MOUSE || (is_string && in->skipped > 0)) {
		finish(in);                     /* half a report or reply */
		return;
	}
	if (in->state == ESCAPE)
		emit_key(in, in->seq.s, in->seq.len, ESC, 0, false);
	else if (in->seq.len == 2)
		emit_key(in, in->seq.s, in->seq.len, (uint8_t)in->seq.s[1], KEY_ALT, false);
	else
		emit_key(in, in->seq.s, in->seq.len, KEY_NONE, 0, false);
	finish(in);
}
