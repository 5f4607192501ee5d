/* props [ROUNDS [SEED]]: what holds of any stream.
 *
 *   split     however the bytes are cut, the state is the same
 *   changed   who reads the rows that vt_rows_changed() tells has all rows as they are; and after
 *             what shows nothing it tells none
 *   reflow    narrower and back, the text is the same, and the cursor on the same character, unless
 *             that had to go to the scrollback
 *
 * A stream that breaks one of them is shown, shortened. */
#include "screen.h"
#include "stream.h"

#include "base/mem.h"
#include "vt/dump.h"
#include "vt/internal.h"

struct items {
	char **v;
	size_t *len;
	enum stream_kind *kind;
	size_t n;
	unsigned rows, cols;
	uint64_t seed;
};

static struct vt *make(unsigned rows, unsigned cols)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 100000 };

	return vt_create(&config, &none, NULL);
}

/* ---- the state as text ---------------------------------------------------------------------- */

static void add_row(struct vt *vt, int64_t index, struct str *ret)
{
	struct vt_row row;

	if (!vt_row_get(vt, index, &row)) {
		str_puts(ret, "none");
		return;
	}
	str_printf(ret, "%d %u", row.wrapped, row.line_attr);
	/* Blanks in the default style at the end are the same as none. */
	unsigned n = row.n;
	while (n > 0 && row.cells[n - 1].text == 0 && row.cells[n - 1].style == 0)
		n--;
	for (unsigned x = 0; x < n; x++) {
		const struct vt_style *style = vt_style_get(vt, row.cells[x].style);
		char text[VT_CLUSTER_BYTES_MAX];
		struct vt_link link = { "", "" };

		vt_link_get(vt, style->link, &link);
		str_printf(ret, " %u:%x:%x:%x:%x:%s:", row.cells[x].width, style->attrs, style->fg, style->bg, style->underline,
		    link.uri);
		str_add(ret, text, vt_cell_text(vt, &row.cells[x], text));
		if (row.cells[x].text == 0)
			str_putc(ret, '!');
	}
}

static bool to_str(void *user, const void *bytes, size_t len)
{
	str_add(user, bytes, len);
	return true;
}

/* All rows, the cursor, what the engine tells of itself, and the dump, which has the rest. */
static void describe(struct vt *vt, struct str *ret)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor c = vt_cursor(vt);
	struct vt_dump_config config = { 0 };

	str_printf(ret, "%ld %ld cursor %u %ld %u %d %d modes %lx kitty %u keys %u title %s\n", (long)d.scrollback_top,
	    (long)d.physical_top, c.x, (long)c.y, (unsigned)c.shape, c.visible, vt->pos.pending, (unsigned long)vt->modes,
	    vt_kitty_flags(vt), vt_modify_other_keys(vt), vt_title(vt));
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		add_row(vt, y, ret);
		str_putc(ret, '\n');
	}
	vt_dump(vt, &config, to_str, ret);
}

/* ---- split ---------------------------------------------------------------------------------------- */

static void feed(struct vt *vt, const char *s, size_t len)
{
	vt_write(vt, s, len);
}

static bool split(const struct items *items, const bool *dropped, struct str *what)
{
	cleanup_str struct str all = STR_INIT, a = STR_INIT, b = STR_INIT;
	struct stream cut = { .state = items->seed * 77 + 1 };
	struct vt *whole = make(items->rows, items->cols), *pieces = make(items->rows, items->cols);
	unsigned most = 1 + stream_random(&cut, stream_random(&cut, 2) ? 3 : 60);

	for (size_t i = 0; i < items->n; i++)
		if (!dropped[i])
			str_add(&all, items->v[i], items->len[i]);
	feed(whole, all.s, all.len);
	for (size_t at = 0; at < all.len;) {
		size_t n = 1 + stream_random(&cut, most);

		n = MIN(n, all.len - at);
		feed(pieces, all.s + at, n);
		at += n;
	}
	describe(whole, &a);
	describe(pieces, &b);
	bool same = a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
	if (!same)
		str_printf(what, "whole:\n%s\nin pieces of up to %u:\n%s", a.s, most, b.s);
	vt_destroy(whole);
	vt_destroy(pieces);
	return same;
}

/* ---- changed ----------------------------------------------------------------------------------------- */

/* What neither writes to cells nor scrolls. */
static bool shows_nothing(enum stream_kind kind)
{
	switch (kind) {
	case STREAM_BS:
	case STREAM_HT:
	case STREAM_CR:
	case STREAM_SO_SI:
	case STREAM_HTS:
	case STREAM_TBC:
	case STREAM_DECSC:
	case STREAM_DECRC:
	case STREAM_SCS_GRAPHICS:
	case STREAM_SCS_ASCII:
	case STREAM_SCS_UK:
	case STREAM_SCS_G1:
	case STREAM_CUU:
	case STREAM_CUD:
	case STREAM_CUF:
	case STREAM_CUB:
	case STREAM_CNL:
	case STREAM_CPL:
	case STREAM_CHA:
	case STREAM_CUP:
	case STREAM_HVP:
	case STREAM_HPA:
	case STREAM_VPA:
	case STREAM_HPR:
	case STREAM_VPR:
	case STREAM_CHT:
	case STREAM_CBT:
	case STREAM_DECSCA:
	case STREAM_SGR:
	case STREAM_SGR_BRIGHT:
	case STREAM_SGR_256:
	case STREAM_SGR_RGB:
	case STREAM_SGR_UNDERLINE:
	case STREAM_SGR_HALF:
	case STREAM_SGR_RESET:
	case STREAM_DECSTBM:
	case STREAM_DECSTBM_RESET:
	case STREAM_DECOM:
	case STREAM_DECAWM:
	case STREAM_IRM:
	case STREAM_LNM:
	case STREAM_DECSCNM:
	case STREAM_DECSTR:
	case STREAM_OSC_TITLE:
	case STREAM_OSC_LINK:
	case STREAM_DCS:
	case STREAM_UNKNOWN:
	case STREAM_UNKNOWN_STRING: return true;
	default: return false;
	}
}

/* Afterwards the same indexes are those of other rows, and all of them are told. */
static bool others_shown(enum stream_kind kind)
{
	return kind == STREAM_ALTBUF || kind == STREAM_ALTBUF_1047 || kind == STREAM_ALTBUF_47 || kind == STREAM_RIS;
}

/* Rows as somebody has them who asks for what has changed and reads that. */
struct copy {
	struct str *v;                   /* by stable index; empty: never told */
	size_t n;
};

static void copy_row(struct copy *copy, struct vt *vt, int64_t row)
{
	for (; copy->n <= (size_t)row; copy->n++) {
		copy->v = xreallocarray(copy->v, copy->n + 1, sizeof(*copy->v));
		copy->v[copy->n] = (struct str)STR_INIT;
	}
	str_reset(&copy->v[row]);
	add_row(vt, row, &copy->v[row]);
}

static bool changed_by_item(struct vt *vt, const struct items *items, size_t i, struct copy *copy, struct str *what)
{
	int64_t told[4096];
	uint64_t seqno = vt_seqno(vt);

	feed(vt, items->v[i], items->len[i]);
	struct vt_dims d = vt_dims(vt);
	size_t n = vt_rows_changed(vt, seqno, INT64_MIN, INT64_MAX, told, ARRAY_LEN(told));
	for (size_t k = 0; k < n; k++) {
		cleanup_str struct str row = STR_INIT;

		add_row(vt, told[k], &row);
		if ((size_t)told[k] < copy->n && !others_shown(items->kind[i]) && str_eq(copy->v[told[k]].s, row.s)) {
			str_printf(what, "after %s row %ld is told and does not differ:\n%s", stream_kind_name(items->kind[i]),
			    (long)told[k], row.s);
			return false;
		}
		copy_row(copy, vt, told[k]);
	}
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		cleanup_str struct str row = STR_INIT;

		add_row(vt, y, &row);
		if ((size_t)y < copy->n && str_eq(copy->v[y].s, row.s))
			continue;
		str_printf(what, "after %s row %ld differs and is not told:\n%s\n%s", stream_kind_name(items->kind[i]), (long)y,
		    (size_t)y < copy->n ? copy->v[y].s : "never told", row.s);
		return false;
	}
	if (n > 0 && shows_nothing(items->kind[i])) {
		str_printf(what, "%s shows nothing, and row %ld is told", stream_kind_name(items->kind[i]), (long)told[0]);
		return false;
	}
	return true;
}

static bool changed(const struct items *items, const bool *dropped, struct str *what)
{
	struct vt *vt = make(items->rows, items->cols);
	struct copy copy = { 0 };
	bool ok = true;

	for (unsigned y = 0; y < items->rows; y++)
		copy_row(&copy, vt, y);
	for (size_t i = 0; ok && i < items->n; i++)
		if (!dropped[i])
			ok = changed_by_item(vt, items, i, &copy, what);
	vt_destroy(vt);
	while (copy.n > 0)
		str_fini(&copy.v[--copy.n]);
	free(copy.v);
	return ok;
}

/* ---- reflow ------------------------------------------------------------------------------------------- */

#define NOWHERE SIZE_MAX

/* Where the lines are broken. A row that continues is as long as what was printed into it, so when
 * its end was erased, or overwritten with what is narrower, it is not broken there again. */
static void breaks(struct vt *vt, struct str *ret)
{
	struct vt_dims d = vt_dims(vt);

	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		if (vt_row_get(vt, y, &row) && row.wrapped)
			str_printf(ret, "%ld %u\n", (long)y, row.n);
	}
}

/* Logical lines, each ended by a newline, and where in them the cursor is (NOWHERE when on no
 * character, after the character when it waits at the margin). Blanks at a line's end and lines of
 * nothing at the end do not count. */
static void lines(struct vt *vt, struct str *ret, size_t *ret_cursor)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor c = vt_cursor(vt);
	size_t end = 0, line = 0;

	*ret_cursor = NOWHERE;
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		vt_row_get(vt, y, &row);
		for (unsigned x = 0; x < row.n; x++) {
			struct vt_cell cell = row.cells[x];
			char text[VT_CLUSTER_BYTES_MAX];

			/* Where a margin is it does not wait any more when the margins are gone. */
			bool margin = vt->pos.pending && vt->pos.x != d.cols - 1;

			if (y == c.y && x == c.x && cell.text != 0 && !margin)
				*ret_cursor = ret->len + (vt->pos.pending && cell.width ? vt_cell_text(vt, &cell, text) : 0);
			if (cell.width == 0)
				continue;
			str_add(ret, text, vt_cell_text(vt, &cell, text));
			if (cell.text != 0)
				end = ret->len;
		}
		if (row.wrapped)
			continue;
		while (ret->len > line && ret->len > end && ret->s[ret->len - 1] == ' ')
			ret->s[--ret->len] = 0;
		str_putc(ret, '\n');
		line = ret->len;
	}
	while (ret->len > 1 && ret->s[ret->len - 1] == '\n' && ret->s[ret->len - 2] == '\n')
		ret->s[--ret->len] = 0;
}

static bool reflow(const struct items *items, const bool *dropped, struct str *what)
{
	cleanup_str struct str before = STR_INIT, narrow = STR_INIT, after = STR_INIT, broken = STR_INIT,
	    broken_after = STR_INIT;
	struct stream size = { .state = items->seed * 99 + 1 };
	struct vt *vt = make(items->rows, items->cols);
	unsigned cols = stream_random(&size, 3) ? (items->cols + 1) / 2 : 2 + stream_random(&size, 40);
	size_t cursor, cursor_narrow, cursor_after;

	for (size_t i = 0; i < items->n; i++)
		if (!dropped[i])
			feed(vt, items->v[i], items->len[i]);
	lines(vt, &before, &cursor);
	breaks(vt, &broken);
	vt_resize(vt, (uint16_t)items->rows, (uint16_t)cols, 0, 0);
	lines(vt, &narrow, &cursor_narrow);
	/* The character may be above the screen then, and the cursor at its top. */
	bool gone = cursor_narrow != cursor && vt->pos.y == 0;
	vt_resize(vt, (uint16_t)items->rows, (uint16_t)items->cols, 0, 0);
	lines(vt, &after, &cursor_after);
	breaks(vt, &broken_after);
	gone |= !str_eq(broken.s, broken_after.s);
	bool same = str_eq(before.s, after.s) && (gone || cursor == cursor_after || cursor == NOWHERE);
	if (!same)
		str_printf(what, "%u columns, %u and back, cursor at byte %zu, %zu:\n%s--\n%s", items->cols, cols, cursor,
		    cursor_after, before.s, after.s);
	vt_destroy(vt);
	return same;
}

/* ---- runs --------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool (*holds)(const struct items *items, const bool *dropped, struct str *what);
	bool primary;                    /* of the primary screen, and lines of one width from edge to edge */
} properties[] = { { "split", split, false }, { "changed", changed, false }, { "reflow", reflow, true } };

static void explain(const struct items *items, size_t property)
{
	bool *dropped = xcalloc(items->n, sizeof(bool));
	cleanup_str struct str what = STR_INIT;

	for (bool less = true; less;) {
		less = false;
		for (size_t i = 0; i < items->n; i++) {
			cleanup_str struct str ignored = STR_INIT;

			if (dropped[i])
				continue;
			dropped[i] = true;
			if (!properties[property].holds(items, dropped, &ignored))
				less = true;
			else
				dropped[i] = false;
		}
	}
	properties[property].holds(items, dropped, &what);
	printf("  size %u %u\n  in \"", items->rows, items->cols);
	for (size_t i = 0; i < items->n; i++)
		if (!dropped[i])
			screen_quote(items->v[i], items->len[i]);
	printf("\"\n%s\n", what.s);
	free(dropped);
}

static bool run(uint64_t seed, size_t property, unsigned length)
{
	static const struct stream_rule one_width[] = { { STREAM_ALTBUF, LEFT_OUT }, { STREAM_ALTBUF_47, LEFT_OUT },
		{ STREAM_ALTBUF_1047, LEFT_OUT }, { STREAM_DECDWL, LEFT_OUT }, { STREAM_DECSLRM, LEFT_OUT } };
	bool primary = properties[property].primary;
	struct stream s;
	cleanup_str struct str what = STR_INIT;

	stream_init(&s, seed, one_width, primary ? ARRAY_LEN(one_width) : 0);
	struct items items = { .rows = s.rows, .cols = s.cols, .seed = seed, .v = xcalloc(length, sizeof(char *)),
		.len = xcalloc(length, sizeof(size_t)), .kind = xcalloc(length, sizeof(enum stream_kind)) };
	for (; items.n < length; items.n++) {
		struct str item = STR_INIT;

		items.kind[items.n] = stream_item(&s, false, 0, &item);
		items.len[items.n] = item.len;
		items.v[items.n] = str_detach(&item);
	}
	bool *dropped = xcalloc(length, sizeof(bool));
	bool holds = properties[property].holds(&items, dropped, &what);
	free(dropped);
	if (!holds) {
		printf("%s does not hold, seed %lu\n", properties[property].name, (unsigned long)seed);
		explain(&items, property);
	}
	while (items.n > 0)
		free(items.v[--items.n]);
	free(items.v);
	free(items.len);
	free(items.kind);
	return holds;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200, bad = 0;
	uint64_t first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	for (size_t p = 0; p < ARRAY_LEN(properties); p++) {
		unsigned broken = 0;

		for (unsigned i = 0; i < rounds && broken < 5; i++)
			broken += !run(first + i, p, 150);
		printf("%s: %u streams, %u break it\n", properties[p].name, rounds, broken);
		bad += broken;
	}
	return bad > 0;
}
