/* expect.c - what a script expects, held against the terminal. */
#include <ctype.h>
#include <inttypes.h>

#include "run.h"

#include "base/mem.h"
#include "text/text.h"
#include "vt/image.h"

/* ---- the screen ------------------------------------------------------------------------ */

static void row_text(struct vt *vt, int64_t index, struct str *ret)
{
	struct vt_row row;

	if (!vt_row_get(vt, index, &row)) {
		str_puts(ret, "(no such row)");
		return;
	}
	for (unsigned x = 0; x < row.n; x++) {
		char s[VT_CLUSTER_BYTES_MAX];

		if (row.cells[x].width != 0)
			str_add(ret, s, vt_cell_text(vt, &row.cells[x], s));
	}
	while (ret->len > 0 && ret->s[ret->len - 1] == ' ')
		ret->s[--ret->len] = 0;
	if (row.wrapped)
		str_puts(ret, "\n+");
}

/* An expected row, from `|text|` or `|text|+`, in the form of row_text(). */
static bool want_text(const char *line, struct str *ret)
{
	const char *end = __builtin_strrchr(line, '|');
	size_t len;

	if (line[0] != '|' || end == line)
		return false;
	len = (size_t)(end - line - 1);
	while (len > 0 && line[len] == ' ')
		len--;
	str_add(ret, line + 1, len);
	if (end[1] == '+')
		str_puts(ret, "\n+");
	return true;
}

static void show(const char *label, const struct strv *rows)
{
	printf("  %s\n", label);
	for (size_t i = 0; i < rows->n; i++) {
		const char *nl = __builtin_strchr(rows->v[i], '\n');

		printf("    |%.*s|%s\n", nl ? (int)(nl - rows->v[i]) : (int)__builtin_strlen(rows->v[i]), rows->v[i],
		    nl ? "+" : "");
	}
}

/* Which image each cell of a row shows, the topmost: 'a' is the first of the terminal. */
static void row_images(struct vt *vt, int64_t index, struct str *ret)
{
	struct vt_row_image images[VT_ROW_IMAGES_MAX];
	size_t n = vt_row_images(vt, index, images, ARRAY_LEN(images));
	unsigned cols = vt_dims(vt).cols;

	for (unsigned x = 0; x < cols; x++) {
		char c = ' ';

		for (size_t i = 0; i < n; i++) {
			struct vt_image_cell cell;

			if (x >= images[i].x && x < (unsigned)images[i].x + images[i].cells &&
			    vt_row_image_cell(&images[i], x - images[i].x, &cell))
				c = (char)('a' + (images[i].serial - 1) % 26);
		}
		str_putc(ret, c);
	}
	while (ret->len > 0 && ret->s[ret->len - 1] == ' ')
		ret->s[--ret->len] = 0;
}

/* Compares rows [from, to) with the lines that follow; with pad, rows left out are blank.
 * Returns the line after them. */
static size_t compare_rows(struct run *r, const struct strv *lines, size_t at, int64_t from, int64_t to,
    bool pad, void (*text)(struct vt *, int64_t, struct str *))
{
	struct strv want = STRV_INIT, seen = STRV_INIT;

	for (; at < lines->n && lines->v[at][0] == '|'; at++) {
		cleanup_str struct str s = STR_INIT;

		if (!want_text(lines->v[at], &s))
			run_die(r, "a row has no end");
		strv_push(&want, s.s);
	}
	for (int64_t i = from; i < to; i++) {
		cleanup_str struct str s = STR_INIT;

		text(r->vt, i, &s);
		strv_push(&seen, s.s);
	}
	while (pad && want.n < seen.n)
		strv_push(&want, "");
	bool same = want.n == seen.n;
	for (size_t i = 0; same && i < want.n; i++)
		same = str_eq(want.v[i], seen.v[i]);
	if (!same) {
		run_fail(r, "rows differ");
		show("expected", &want);
		show("seen", &seen);
	}
	strv_fini(&want);
	strv_fini(&seen);
	return at;
}

/* ---- expectations -------------------------------------------------------------------------- */

static void quote(const char *label, const char *s, size_t len)
{
	printf("  %s \"", label);
	for (size_t i = 0; i < len && i < 2000; i++) {
		if (s[i] == 0x1b)
			printf("\\e");
		else if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			printf("\\x%02x", (unsigned char)s[i]);
		else
			printf("%c", s[i]);
	}
	printf("\"\n");
}

static void expect_bytes(struct run *r, const char *what, const struct str *want, const char *seen,
    size_t len)
{
	if (want->len == len && memcmp(want->s, seen, len) == 0)
		return;
	run_fail(r, "%s differs", what);
	quote("expected", want->s, want->len);
	quote("seen    ", seen, len);
}

static void expect_number(struct run *r, const char *what, long want, long seen)
{
	if (want != seen)
		run_fail(r, "%s: expected %ld, seen %ld", what, want, seen);
}

static void ink(struct run *r, const char *p)
{
	char c[2], rgb[16];

	run_word(&p, c, sizeof(c));
	run_word(&p, rgb, sizeof(rgb));
	r->inks[c[0] & 127] = 0xff000000u | (uint32_t)strtoul(rgb, NULL, 16);
}

/* The character for a pixel: '.' when it is transparent, one of "krgybmcw" for the corners of the
 * colour cube, else that of an ink, '?' when there is none. */
static char pixel_char(const struct run *r, const uint8_t *p)
{
	uint32_t rgb = 0xff000000u | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

	if (p[3] == 0)
		return '.';
	for (char c = '!'; c < 127; c++)
		if (r->inks[(int)c] == rgb)
			return c;
	for (unsigned i = 0; i < 8; i++)
		if (rgb == (0xff000000u | (i & 1 ? 0xff0000u : 0) | (i & 2 ? 0xff00u : 0) | (i & 4 ? 0xffu : 0)))
			return "krgybmcw"[i];
	return '?';
}

/* image LETTER WIDTH HEIGHT [FORMAT], and its pixels when lines follow. Returns the line after them. */
static size_t expect_image(struct run *r, const char *p, const struct strv *lines, size_t at)
{
	static const char *const formats[] = { "rgba", "png", "jpeg", "gif", "webp", "bmp" };
	struct strv want = STRV_INIT, seen = STRV_INIT;
	struct vt_image image;
	char letter[2], format[8] = "rgba";

	run_word(&p, letter, sizeof(letter));
	long width = run_number(r, &p), height = run_number(r, &p);
	if (!run_at_end(&p))
		run_word(&p, format, sizeof(format));
	for (; at < lines->n && lines->v[at][0] == '|'; at++) {
		cleanup_str struct str s = STR_INIT;

		if (!want_text(lines->v[at], &s))
			run_die(r, "a row has no end");
		strv_push(&want, s.s);
	}
	if (!vt_image_get(r->vt, (uint64_t)(letter[0] - 'a' + 1), &image)) {
		run_fail(r, "there is no image %s", letter);
		strv_fini(&want);
		return at;
	}
	expect_number(r, "image width", width, image.width);
	expect_number(r, "image height", height, image.height);
	if (!str_eq(formats[image.format], format))
		run_fail(r, "image format: expected %s, seen %s", format, formats[image.format]);
	for (uint32_t y = 0; y < image.height && image.format == VT_IMAGE_RGBA && want.n > 0; y++) {
		cleanup_str struct str s = STR_INIT;

		for (uint32_t x = 0; x < image.width; x++)
			str_putc(&s, pixel_char(r, image.data + 4 * ((size_t)y * image.width + x)));
		strv_push(&seen, s.s);
	}
	bool same = want.n == seen.n;
	for (size_t i = 0; same && i < want.n; i++)
		same = str_eq(want.v[i], seen.v[i]);
	if (!same) {
		run_fail(r, "pixels differ");
		show("expected", &want);
		show("seen", &seen);
	}
	strv_fini(&want);
	strv_fini(&seen);
	return at;
}

static vt_color parse_color(const char *s)
{
	if (*s == '#') {
		uint32_t rgb = (uint32_t)strtoul(s + 1, NULL, 16);

		return VT_COLOR_RGB(rgb >> 16, rgb >> 8 & 255, rgb & 255);
	}
	return VT_COLOR_PALETTE(strtoul(s, NULL, 10));
}

static const struct { const char *name; uint32_t bits; unsigned shift; } style_words[] = {
	{ "plain", 0, 0 }, { "bold", VT_ATTR_BOLD, 0 }, { "half", VT_ATTR_HALF, 0 },
	{ "italic", VT_ATTR_ITALIC, 0 },
	{ "reverse", VT_ATTR_REVERSE, 0 }, { "strike", VT_ATTR_STRIKE, 0 }, { "invisible", VT_ATTR_INVISIBLE, 0 },
	{ "overline", VT_ATTR_OVERLINE, 0 }, { "protected", VT_ATTR_PROTECTED, 0 },
	{ "guarded", VT_ATTR_GUARDED, 0 },
	{ "underline=", 0, VT_ATTR_UNDERLINE_SHIFT }, { "blink=", 0, VT_ATTR_BLINK_SHIFT },
	{ "semantic=", 0, VT_ATTR_SEMANTIC_SHIFT }, { "valign=", 0, VT_ATTR_VALIGN_SHIFT },
};

static void style_word(struct run *r, const char *w, struct vt_style *style, const char **link)
{
	if (str_starts(w, "fg=")) {
		style->fg = parse_color(w + 3);
	} else if (str_starts(w, "bg=")) {
		style->bg = parse_color(w + 3);
	} else if (str_starts(w, "ul=")) {
		style->underline = parse_color(w + 3);
	} else if (str_starts(w, "link=")) {
		*link = w + 5;
	} else {
		for (size_t i = 0; i < ARRAY_LEN(style_words); i++) {
			const char *name = style_words[i].name;
			bool valued = str_ends(name, "=");

			if (valued ? !str_starts(w, name) : !str_eq(w, name))
				continue;
			uint32_t value = valued ? (uint32_t)strtoul(w + __builtin_strlen(name), NULL, 10) : 0;

			style->attrs |= style_words[i].bits | value << style_words[i].shift;
			return;
		}
		run_die(r, "an unknown style word");
	}
}

static struct vt_cell cell_at(struct run *r, long x, long y)
{
	struct vt_row row;
	int64_t index = vt_dims(r->vt).physical_top + y;

	if (vt_row_get(r->vt, index, &row) && x < row.n)
		return row.cells[x];
	return (struct vt_cell){ .width = 1 };
}

static void expect_cell(struct run *r, const char *p)
{
	cleanup_str struct str want = STR_INIT;
	long x = run_number(r, &p), y = run_number(r, &p);
	struct vt_cell cell = cell_at(r, x, y);
	char s[VT_CLUSTER_BYTES_MAX] = "~";

	run_string(r, &p, &want);
	expect_bytes(r, "the cell", &want, s, cell.width ? vt_cell_text(r->vt, &cell, s) : 1);
	if (run_at_end(&p))
		return;
	struct vt_style style = { 0 }, seen = *vt_style_get(r->vt, cell.style);
	const char *link = "";
	struct vt_link have = { "", "" };
	char w[256], link_word[256];
	while (!run_at_end(&p)) {
		run_word(&p, w, sizeof(w));
		if (str_starts(w, "link=")) {
			memcpy(link_word, w, sizeof(w));
			style_word(r, link_word, &style, &link);
		} else {
			style_word(r, w, &style, &link);
		}
	}
	vt_link_get(r->vt, seen.link, &have);
	if (style.attrs != seen.attrs || style.fg != seen.fg || style.bg != seen.bg ||
	    style.underline != seen.underline)
		run_fail(r, "style: expected attrs %x fg %x bg %x ul %x, seen attrs %x fg %x bg %x ul %x", style.attrs,
		    style.fg,
		    style.bg, style.underline, seen.attrs, seen.fg, seen.bg, seen.underline);
	if (!str_eq(link, have.uri))
		run_fail(r, "link: expected \"%s\", seen \"%s\"", link, have.uri);
}

static void expect_cursor(struct run *r, const char *p)
{
	struct vt_cursor c = vt_cursor(r->vt);
	long x = run_number(r, &p), y = run_number(r, &p);
	bool hidden = false;

	expect_number(r, "cursor column", x, c.x);
	expect_number(r, "cursor row", y, (long)(c.y - vt_dims(r->vt).physical_top));
	while (!run_at_end(&p)) {
		char w[32];

		run_word(&p, w, sizeof(w));
		if (str_eq(w, "hidden"))
			hidden = true;
		else if (str_starts(w, "shape="))
			expect_number(r, "cursor shape", strtol(w + 6, NULL, 10), (long)c.shape);
		else
			run_die(r, "an unknown word");
	}
	expect_number(r, "cursor visible", !hidden, c.visible);
}

static void expect_modes(struct run *r, const char *p)
{
	static const char *const names[] = { "alt", "appcursor", "appkeypad", "paste", "focus", "mouse9",
		"mouse1000", "mouse1002", "mouse1003", "utf8", "sgr", "urxvt", "pixels", "altscroll", "reversevideo",
		"newline", "backarrow", "scheme" };
	uint32_t want = 0;

	while (!run_at_end(&p)) {
		char w[32];
		size_t i = 0;

		run_word(&p, w, sizeof(w));
		while (i < ARRAY_LEN(names) && !str_eq(w, names[i]))
			i++;
		if (i == ARRAY_LEN(names))
			run_die(r, "an unknown mode");
		want |= 1u << i;
	}
	if (want != vt_modes(r->vt))
		run_fail(r, "modes: expected %x, seen %x", want, vt_modes(r->vt));
}

static void expect_changed(struct run *r, const char *p)
{
	cleanup_str struct str want = STR_INIT, seen = STR_INIT;
	int64_t rows[256];
	size_t n = vt_rows_changed(r->vt, r->mark, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows));

	while (!run_at_end(&p))
		str_printf(&want, " %ld", run_number(r, &p));
	for (size_t i = 0; i < n && i < ARRAY_LEN(rows); i++)
		str_printf(&seen, " %" PRId64, rows[i]);
	if (!str_eq(want.s, seen.s))
		run_fail(r, "changed rows: expected%s, seen%s", want.s, seen.s);
	struct vt_dims d = vt_dims(r->vt);
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		if (!vt_row_get(r->vt, y, &row))
			run_fail(r, "row %" PRId64 " is missing", y);
		else if (row.seqno < 1 || row.seqno > vt_seqno(r->vt))
			run_fail(r, "row %" PRId64 " has seqno %" PRIu64 ", the terminal %" PRIu64, y, row.seqno,
			    vt_seqno(r->vt));
	}
}

static void expect_event(struct run *r, const char *p)
{
	cleanup_str struct str want = STR_INIT;

	run_string(r, &p, &want);
	if (r->n_events == 0) {
		run_fail(r, "expected event \"%s\", nothing happened", want.s);
		return;
	}
	expect_bytes(r, "event", &want, r->events[0], __builtin_strlen(r->events[0]));
	free(r->events[0]);
	memmove(r->events, r->events + 1, --r->n_events * sizeof(r->events[0]));
}

/* ---- images -------------------------------------------------------------------------------------- */

#define ROW_IMAGES 64

static int64_t screen_row(struct run *r, long y)
{
	return vt_dims(r->vt).physical_top + y;
}

static void expect_shown(struct run *r, const char *p)
{
	static const char *const formats[] = { "rgba", "png", "jpeg", "gif", "webp" };
	struct vt_row_image v[ROW_IMAGES];
	cleanup_str struct str want = STR_INIT, seen = STR_INIT;
	size_t n = vt_row_images(r->vt, screen_row(r, run_number(r, &p)), v, ROW_IMAGES);

	run_string(r, &p, &want);
	for (size_t i = 0; i < n && i < ROW_IMAGES; i++) {
		struct vt_image image = { 0 };

		if (!vt_image_get(r->vt, v[i].serial, &image))
			run_fail(r, "a row shows an image that does not exist");
		str_printf(&seen, "%s%u+%u %s %ux%u at %d,%d,%d,%d", i ? "; " : "", v[i].x, v[i].cells,
		    formats[image.format], image.width, image.height, v[i].left, v[i].top, v[i].width, v[i].height);
		if (v[i].from_left > 0 || v[i].from_top > 0 || v[i].from_right < 1 || v[i].from_bottom < 1)
			str_printf(&seen, " of %g,%g,%g,%g", (double)v[i].from_left, (double)v[i].from_top,
			    (double)v[i].from_right, (double)v[i].from_bottom);
		if (v[i].z)
			str_printf(&seen, " z=%d", v[i].z);
		if (v[i].image_id)
			str_printf(&seen, " i=%u", v[i].image_id);
		if (v[i].placement_id)
			str_printf(&seen, " p=%u", v[i].placement_id);
	}
	expect_bytes(r, "images", &want, seen.s, seen.len);
}

/* Image N of row Y. */
static bool nth_image(struct run *r, const char **p, struct vt_image *ret)
{
	struct vt_row_image v[ROW_IMAGES];
	long y = run_number(r, p);
	size_t i = (size_t)run_number(r, p), n = vt_row_images(r->vt, screen_row(r, y), v, ROW_IMAGES);

	if (i < n && vt_image_get(r->vt, v[i].serial, ret))
		return true;
	run_fail(r, "there is no such image");
	return false;
}

static void expect_frames(struct run *r, const char *p)
{
	struct vt_image image;
	cleanup_str struct str want = STR_INIT, seen = STR_INIT;

	if (!nth_image(r, &p, &image))
		return;
	run_string(r, &p, &want);
	for (unsigned i = 0; i < image.frames; i++) {
		uint32_t ms = 0;

		vt_image_frame(r->vt, image.serial, i, &ms);
		str_printf(&seen, "%s%u", i ? " " : "", ms);
	}
	if (image.loops)
		str_printf(&seen, " loops %u", image.loops);
	expect_bytes(r, "frames", &want, seen.s, seen.len);
}

static void expect_frame(struct run *r, const char *p)
{
	struct vt_image image;
	cleanup_str struct str want = STR_INIT;
	uint32_t ms;

	if (!nth_image(r, &p, &image))
		return;
	const uint8_t *data = vt_image_frame(r->vt, image.serial, (unsigned)run_number(r, &p), &ms);
	run_string(r, &p, &want);
	expect_bytes(r, "the frame", &want, data ? (const char *)data : "", data ? image.len : 0);
}

static void expect_string(struct run *r, const char *what, const char *p, const char *seen)
{
	cleanup_str struct str want = STR_INIT;

	run_string(r, &p, &want);
	expect_bytes(r, what, &want, seen, __builtin_strlen(seen));
}

/* Every marked row, as number and kinds; and the same found downwards and upwards. */
static void expect_marks(struct run *r, const char *p)
{
	cleanup_str struct str want = STR_INIT, seen = STR_INIT;
	struct vt_dims d = vt_dims(r->vt);
	int64_t down = INT64_MIN, up = INT64_MAX;
	unsigned found = 0, n = 0;

	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		if (!vt_row_get(r->vt, y, &row) || !row.marks)
			continue;
		str_printf(&seen, " %" PRId64 "%s%s", y, row.marks & VT_ROW_PROMPT ? "p" : "",
		    row.marks & VT_ROW_MARK ? "m" : "");
		n++;
	}
	while (!run_at_end(&p)) {
		char w[32];

		run_word(&p, w, sizeof(w));
		str_printf(&want, " %s", w);
	}
	if (!str_eq(want.s, seen.s))
		run_fail(r, "marks: expected%s, seen%s", want.s, seen.s);
	for (; vt_mark_find(r->vt, down, 1, VT_ROW_PROMPT | VT_ROW_MARK, &down); down++)
		found++;
	expect_number(r, "marks found downwards", n, found);
	for (found = 0; vt_mark_find(r->vt, up, -1, VT_ROW_PROMPT | VT_ROW_MARK, &up); up--)
		found++;
	expect_number(r, "marks found upwards", n, found);
}

static void expect_zones(struct run *r, const char *p)
{
	cleanup_str struct str want = STR_INIT, seen = STR_INIT;
	struct vt_zone zones[64];
	size_t n = vt_zones(r->vt, INT64_MIN, INT64_MAX, zones, ARRAY_LEN(zones));

	for (size_t i = 0; i < n && i < ARRAY_LEN(zones); i++)
		str_printf(&seen, "%s%c%" PRId64 ",%u-%" PRId64 ",%u", i ? " " : "", "oip"[zones[i].kind],
		    zones[i].first_row, zones[i].first_x, zones[i].last_row, zones[i].end_x);
	run_string(r, &p, &want);
	expect_bytes(r, "zones", &want, seen.s, seen.len);
}

bool expect(struct run *r, const char *cmd, const char *p, const struct strv *lines, size_t *at)
{
	struct vt_dims d = vt_dims(r->vt);
	int64_t end = d.physical_top + d.rows;

	if (str_eq(cmd, "screen")) {
		*at = compare_rows(r, lines, *at, d.physical_top, end, true, row_text);
	} else if (str_eq(cmd, "scrollback")) {
		*at = compare_rows(r, lines, *at, d.scrollback_top, d.physical_top, false, row_text);
	} else if (str_eq(cmd, "images")) {
		*at = compare_rows(r, lines, *at, d.physical_top, end, true, row_images);
	} else if (str_eq(cmd, "scrollback-images")) {
		*at = compare_rows(r, lines, *at, d.scrollback_top, d.physical_top, false, row_images);
	} else if (str_eq(cmd, "image")) {
		*at = expect_image(r, p, lines, *at);
	} else if (str_eq(cmd, "ink")) {
		ink(r, p);
	} else if (str_eq(cmd, "cursor")) {
		expect_cursor(r, p);
	} else if (str_eq(cmd, "cell")) {
		expect_cell(r, p);
	} else if (str_eq(cmd, "width")) {
		long x = run_number(r, &p), y = run_number(r, &p);

		expect_number(r, "width", run_number(r, &p), cell_at(r, x, y).width);
	} else if (str_eq(cmd, "line")) {
		struct vt_row row = { 0 };
		long y = run_number(r, &p);

		vt_row_get(r->vt, d.physical_top + y, &row);
		expect_number(r, "line attribute", run_number(r, &p), row.line_attr);
	} else if (str_eq(cmd, "reply")) {
		cleanup_str struct str want = STR_INIT;

		run_string(r, &p, &want);
		expect_bytes(r, "reply", &want, r->reply.s, r->reply.len);
		str_reset(&r->reply);
	} else if (str_eq(cmd, "event")) {
		expect_event(r, p);
	} else if (str_eq(cmd, "no-event")) {
		if (r->n_events > 0)
			run_fail(r, "unexpected event \"%.200s\"", r->events[0]);
	} else if (str_eq(cmd, "title")) {
		expect_string(r, "title", p, vt_title(r->vt));
	} else if (str_eq(cmd, "icon")) {
		expect_string(r, "icon title", p, vt_icon_title(r->vt));
	} else if (str_eq(cmd, "cwd")) {
		expect_string(r, "cwd", p, vt_cwd(r->vt));
	} else if (str_eq(cmd, "modes")) {
		expect_modes(r, p);
	} else if (str_eq(cmd, "kitty")) {
		expect_number(r, "kitty flags", run_number(r, &p), vt_kitty_flags(r->vt));
	} else if (str_eq(cmd, "otherkeys")) {
		expect_number(r, "modifyOtherKeys", run_number(r, &p), vt_modify_other_keys(r->vt));
	} else if (str_eq(cmd, "sync")) {
		expect_number(r, "sync", run_number(r, &p), vt_sync_pending(r->vt));
	} else if (str_eq(cmd, "top")) {
		expect_number(r, "scrollback top", run_number(r, &p), (long)d.scrollback_top);
		expect_number(r, "physical top", run_number(r, &p), (long)d.physical_top);
	} else if (str_eq(cmd, "command")) {
		expect_string(r, "command line", p, vt_command(r->vt).line);
	} else if (str_eq(cmd, "aid")) {
		expect_string(r, "aid", p, vt_command(r->vt).aid);
	} else if (str_eq(cmd, "click")) {
		expect_string(r, "click", p, vt_command(r->vt).click);
	} else if (str_eq(cmd, "host")) {
		expect_string(r, "remote host", p, vt_remote_host(r->vt));
	} else if (str_eq(cmd, "vars")) {
		cleanup_str struct str seen = STR_INIT;
		const char *name, *value;

		for (size_t i = 0; vt_user_var(r->vt, i, &name, &value); i++)
			str_printf(&seen, "%s%s=%s", i ? "," : "", name, value);
		expect_string(r, "user variables", p, seen.s);
	} else if (str_eq(cmd, "marks")) {
		expect_marks(r, p);
	} else if (str_eq(cmd, "zones")) {
		expect_zones(r, p);
	} else if (str_eq(cmd, "pointer")) {
		expect_string(r, "pointer", p, vt_pointer_shape(r->vt));
	} else if (str_eq(cmd, "progress")) {
		unsigned percent;

		expect_number(r, "progress", run_number(r, &p), (long)vt_progress(r->vt, &percent));
		expect_number(r, "percent", run_number(r, &p), percent);
	} else if (str_eq(cmd, "color")) {
		long index = run_number(r, &p);
		char rgb[16];

		run_word(&p, rgb, sizeof(rgb));
		expect_number(r, "colour", strtol(rgb, NULL, 16), (long)vt_palette_get(r->vt, (unsigned)index));
	} else if (str_eq(cmd, "changed")) {
		expect_changed(r, p);
	} else if (str_eq(cmd, "shows")) {
		expect_shown(r, p);
	} else if (str_eq(cmd, "frames")) {
		expect_frames(r, p);
	} else if (str_eq(cmd, "frame")) {
		expect_frame(r, p);
	} else {
		return false;
	}
	return true;
}
