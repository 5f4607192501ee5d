/* run.c - runs the scripts of this folder; README.md says what they may say. What they expect is held against
 * the terminal in expect.c. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>

#include "run.h"

#include "base/mem.h"
#include "text/text.h"
#include "vt/image.h"
#include "vt/snapshot.h"

void run_fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	r->failures++;
	printf("%s:%u: case \"%s\"%s: ", r->file, r->line, r->name, r->restored ? " (restored)" : r->bytewise ? " (byte by byte)" : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void run_die(const struct run *r, const char *what)
{
	printf("%s:%u: %s\n", r->file, r->line, what);
	exit(2);
}

/* ---- callbacks -------------------------------------------------------------------- */

static void event(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void event(struct run *r, const char *fmt, ...)
{
	va_list ap;
	struct str s = STR_INIT;

	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	if (r->n_events == EVENTS_MAX)
		run_die(r, "too many events");
	r->events[r->n_events++] = str_detach(&s);
}

static void on_reply(void *user, const char *bytes, size_t len)
{
	str_add(&((struct run *)user)->reply, bytes, len);
}

static void on_bell(void *user) { event(user, "bell"); }
static void on_title(void *user) { event(user, "title"); }
static void on_cwd(void *user) { event(user, "cwd"); }
static void on_palette(void *user) { event(user, "palette"); }

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
	event(user, "clipboard %c %.*s", which == VT_CLIPBOARD_PRIMARY ? 'p' : 'c', (int)len, text);
}

static void on_note(void *user, const struct vt_notification *n)
{
	static const char *const when[] = { "", " unfocused", " invisible" };
	cleanup_str struct str more = STR_INIT;

	if (*n->id)
		str_printf(&more, " id=%s", n->id);
	if (*n->app || *n->kind || *n->icon || *n->sound)
		str_printf(&more, " app=%s kind=%s icon=%s sound=%s", n->app, n->kind, n->icon, n->sound);
	if (n->urgency >= 0)
		str_printf(&more, " urgency=%d", n->urgency);
	if (n->expire_ms >= 0)
		str_printf(&more, " expire=%d", n->expire_ms);
	str_printf(&more, "%s%s%s%s", when[n->when], n->focus ? "" : " nofocus", n->report ? " report" : "",
	    n->tell_closed ? " tellclosed" : "");
	for (size_t i = 0; i < n->n_buttons; i++)
		str_printf(&more, " [%s]", n->buttons[i]);
	event(user, "note %s|%s%s%s", n->title, n->body, more.len ? "|" : "", more.len ? more.s + 1 : "");
}

static void on_note_close(void *user, const char *id) { event(user, "close %s", id); }
static void on_shell(void *user)
{
	static const char *const states[] = { "unknown", "prompt", "input", "running", "done" };
	struct vt_command c = vt_command(((struct run *)user)->vt);
	char status[16] = "";

	if (c.has_status)
		snprintf(status, sizeof(status), " %d", c.status);
	event(user, "shell %s%s", states[c.state], status);
}

static void on_pointer(void *user) { event(user, "pointer %s", vt_pointer_shape(((struct run *)user)->vt)); }

/* What `board` said; NULL leaves a program that asks without an answer. */
static char *on_clipboard_get(void *user, enum vt_clipboard which, size_t *ret_len)
{
	struct run *r = user;

	if (!r->board)
		return NULL;
	*ret_len = __builtin_strlen(r->board);
	event(r, "asked %c", which == VT_CLIPBOARD_PRIMARY ? 'p' : 'c');
	return xstrdup(r->board);
}

static void on_var(void *user, const char *name, const char *value)
{
	event(user, "var %s=%s", name, value);
}

static void on_progress(void *user, enum vt_progress state, unsigned percent)
{
	event(user, "progress %d %u", (int)state, percent);
}

static void on_size(void *user, uint16_t rows, uint16_t cols)
{
	event(user, "size %u %u", rows, cols);
}

static enum vt_image_file_result on_file(void *user, const struct vt_image_file *file, uint8_t **ret,
    size_t *ret_len)
{
	static const char *const media[] = { "file", "temporary", "shared" };
	struct run *r = user;

	event(user, "file %s %s %" PRIu64 " %" PRIu64, media[file->medium], file->name, file->offset, file->size);
	if (r->file_names.n == 0)
		return VT_IMAGE_FILE_REFUSED;
	for (size_t i = 0; i < r->file_names.n; i++) {
		const char *hex = r->file_bytes.v[i];
		size_t len = __builtin_strlen(hex) / 2;

		if (!str_eq(r->file_names.v[i], file->name))
			continue;
		*ret = xmalloc(len + 1);
		for (size_t k = 0; k < len; k++) {
			char pair[3] = { hex[2 * k], hex[2 * k + 1], 0 };

			(*ret)[k] = (uint8_t)strtoul(pair, NULL, 16);
		}
		*ret_len = len;
		return VT_IMAGE_FILE_OK;
	}
	return VT_IMAGE_FILE_MISSING;
}

static const struct vt_callbacks callbacks = {
	.reply = on_reply, .bell = on_bell, .title = on_title, .cwd = on_cwd, .clipboard = on_clipboard,
	.notification = on_note, .user_var = on_var, .progress = on_progress, .palette = on_palette,
	.size_request = on_size, .image_file = on_file,
	.notification_close = on_note_close, .pointer = on_pointer, .shell = on_shell, .clipboard_get = on_clipboard_get,
};

static void fresh(struct run *r, unsigned rows, unsigned cols, unsigned lines)
{
	r->config = (struct vt_config){ .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = lines,
		.term_program = "test 1.0", .notify = r->notify,
		.test_reports = r->reports };
	r->fed = 0;
	vt_destroy(r->vt);
	r->vt = vt_create(&r->config, &callbacks, r);
	str_reset(&r->reply);
	while (r->n_events > 0)
		free(r->events[--r->n_events]);
	r->mark = vt_seqno(r->vt);
	strv_fini(&r->file_names);
	strv_fini(&r->file_bytes);
	r->file_names = r->file_bytes = (struct strv)STRV_INIT;
}

/* ---- reading lines ------------------------------------------------------------------ */

static void skip_blanks(const char **p)
{
	while (**p == ' ' || **p == '\t')
		(*p)++;
}

bool run_at_end(const char **p)
{
	skip_blanks(p);
	return **p == 0 || **p == '#';
}

long run_number(struct run *r, const char **p)
{
	char *end;

	skip_blanks(p);
	long v = strtol(*p, &end, 10);
	if (end == *p)
		run_die(r, "a number is missing");
	*p = end;
	return v;
}

void run_word(const char **p, char *ret, size_t size)
{
	size_t n = 0;

	skip_blanks(p);
	while (**p && !isspace((unsigned char)**p)) {
		if (n + 1 < size)
			ret[n++] = **p;
		(*p)++;
	}
	ret[n] = 0;
}

void run_string(struct run *r, const char **p, struct str *ret)
{
	str_reset(ret);
	skip_blanks(p);
	if (*(*p)++ != '"')
		run_die(r, "a string is missing");
	while (**p != '"') {
		char c = *(*p)++;

		if (!c)
			run_die(r, "a string has no end");
		if (c != '\\') {
			str_putc(ret, c);
			continue;
		}
		c = *(*p)++;
		switch (c) {
		case 'e': str_putc(ret, 0x1b); break;
		case 'a': str_putc(ret, '\a'); break;
		case 'b': str_putc(ret, '\b'); break;
		case 't': str_putc(ret, '\t'); break;
		case 'n': str_putc(ret, '\n'); break;
		case 'r': str_putc(ret, '\r'); break;
		case '0': str_putc(ret, 0); break;
		case '\\':
		case '"': str_putc(ret, c); break;
		case 'x': {
			char hex[3] = { (*p)[0], (*p)[0] ? (*p)[1] : (char)0, 0 };

			str_putc(ret, (char)strtoul(hex, NULL, 16));
			*p += __builtin_strlen(hex);
			break;
		}
		case 'u': {
			char utf8[4], *end;
			uint32_t cp = (uint32_t)strtoul(*p + 1, &end, 16);

			if (**p != '{' || *end != '}')
				run_die(r, "a bad \\u{}");
			str_add(ret, utf8, text_utf8_encode(cp, utf8));
			*p = end + 1;
			break;
		}
		default: run_die(r, "an unknown escape");
		}
	}
	(*p)++;
}

static void add_file(struct run *r, const char *p)
{
	cleanup_str struct str s = STR_INIT, hex = STR_INIT;
	char name[256];

	run_word(&p, name, sizeof(name));
	run_string(r, &p, &s);
	for (size_t i = 0; i < s.len; i++)
		str_printf(&hex, "%02x", (unsigned char)s.s[i]);
	strv_push(&r->file_names, name);
	strv_push(&r->file_bytes, hex.s);
}

/* ---- commands ---------------------------------------------------------------------------------- */

/* Goes on with a terminal that was read from a snapshot of this one. */
static void restore(struct run *r)
{
	enum vt_snapshot_error error;
	size_t len, again_len = 0;
	struct vt_config config = r->config;

	config.rows = config.cols = 0;
	cleanup_free uint8_t *bytes = vt_snapshot_bytes(r->vt, 0, &len, &error);
	struct vt *copy = bytes ? vt_snapshot_read(bytes, len, &config, &callbacks, r, 0, &error) : NULL;
	if (!copy) {
		run_fail(r, "snapshot: %s", vt_snapshot_error_text(error));
		return;
	}
	cleanup_free uint8_t *again = vt_snapshot_bytes(copy, 0, &again_len, &error);
	if (!again || again_len != len || memcmp(bytes, again, len) != 0)
		run_fail(r, "the snapshot of a restored terminal differs");
	vt_destroy(r->vt);
	r->vt = copy;
}

static void feed(struct run *r, const struct str *s)
{
	if (!r->bytewise) {
		vt_write(r->vt, s->s, s->len);
		return;
	}
	for (size_t i = 0; i < s->len; i++) {
		vt_write(r->vt, s->s + i, 1);
		/* Of what is long, a part will do. */
		if (r->restored && (r->fed < 1000 || r->fed % 9973 == 0))
			restore(r);
		r->fed++;
	}
}

/* Runs line `at`; returns the next. */
static size_t run_line(struct run *r, const struct strv *lines, size_t at)
{
	const char *p = lines->v[at];
	char cmd[32];
	cleanup_str struct str s = STR_INIT;
	struct vt_dims d = vt_dims(r->vt);

	r->line = (unsigned)at + 1;
	if (run_at_end(&p))
		return at + 1;
	if (r->restored)
		restore(r);
	run_word(&p, cmd, sizeof(cmd));
	if (str_eq(cmd, "size")) {
		unsigned rows = (unsigned)run_number(r, &p), cols = (unsigned)run_number(r, &p);

		fresh(r, rows, cols, run_at_end(&p) ? 100 : (unsigned)run_number(r, &p));
	} else if (str_eq(cmd, "reports")) {
		r->reports = true;
		fresh(r, d.rows, d.cols, 100);
	} else if (str_eq(cmd, "in")) {
		run_string(r, &p, &s);
		feed(r, &s);
	} else if (str_eq(cmd, "fill")) {
		long n = run_number(r, &p);

		run_string(r, &p, &s);
		while (n-- > 0)
			feed(r, &s);
	} else if (str_eq(cmd, "resize")) {
		unsigned rows = (unsigned)run_number(r, &p);

		vt_resize(r->vt, (uint16_t)rows, (uint16_t)run_number(r, &p), d.pixel_width, d.pixel_height);
	} else if (str_eq(cmd, "pixels")) {
		unsigned width = (unsigned)run_number(r, &p);

		vt_resize(r->vt, d.rows, d.cols, width, (uint32_t)run_number(r, &p));
	} else if (str_eq(cmd, "board")) {
		run_string(r, &p, &s);
		free(r->board);
		r->board = xstrdup(s.s);
	} else if (str_eq(cmd, "notify")) {
		r->notify = (uint32_t)run_number(r, &p);
		fresh(r, d.rows, d.cols, 100);
	} else if (str_eq(cmd, "mark")) {
		r->mark = vt_seqno(r->vt);
	} else if (str_eq(cmd, "file")) {
		add_file(r, p);
	} else if (str_eq(cmd, "compact")) {
		while (vt_compact(r->vt))
			;
	} else if (str_eq(cmd, "erase")) {
		vt_erase_scrollback(r->vt, !run_at_end(&p));
	} else {
		size_t next = at + 1;

		if (!expect(r, cmd, p, lines, &next))
			run_die(r, "an unknown command");
		return next;
	}
	return at + 1;
}

static void run_file(struct run *r, const struct strv *lines)
{
	for (size_t at = 0; at < lines->n;) {
		if (str_starts(lines->v[at], "case ")) {
			r->name = lines->v[at++] + 5;
			r->cases++;
			r->notify = 0;
			r->reports = false;
			free(r->board);
			r->board = NULL;
			fresh(r, 4, 10, 100);
			continue;
		}
		at = run_line(r, lines, at);
	}
}

static void read_lines(const char *path, struct strv *lines)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f) {
		perror(path);
		exit(2);
	}
	while ((n = getline(&line, &cap, f)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = 0;
		strv_push(lines, line);
	}
	free(line);
	fclose(f);
}

int main(int argc, char **argv)
{
	unsigned failures = 0;

	for (int i = 1; i < argc; i++) {
		struct strv lines = STRV_INIT;
		struct run r = { .file = argv[i], .name = "", .reply = STR_INIT };

		read_lines(argv[i], &lines);
		fresh(&r, 4, 10, 100);
		for (int pass = 0; pass < 3; pass++) {
			r.bytewise = pass > 0;
			r.restored = pass == 2;
			run_file(&r, &lines);
		}
		printf("%s: %u cases, %u failures\n", argv[i], r.cases / 3, r.failures);
		failures += r.failures + (r.cases == 0);
		vt_destroy(r.vt);
		r.vt = NULL;
		while (r.n_events > 0)
			free(r.events[--r.n_events]);
		str_fini(&r.reply);
		free(r.board);
		strv_fini(&lines);
	}
	return failures > 0;
}
