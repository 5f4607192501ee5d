#include "client/find.h"

#include "base/mem.h"
#include "host/log.h"
#include "text/text.h"

#include <locale.h>
#include <wctype.h>

#define CASELESS "(?i)"                 /* what makes an expression so */

void find_init(struct find *f)
{
	*f = (struct find){ .backwards = true };
	str_init(&f->pattern);
}

void find_fini(struct find *f)
{
	str_fini(&f->pattern);
	free(f->v);
}

static void forget(struct find *f)
{
	f->known = f->marked = (struct wire_range){ 0, 0 };
	f->n = 0;
	f->serial = 0;
}

static void seek(struct find *f, bool backwards, struct wire_range shown)
{
	bool visible = f->has_current && f->current.from.row >= shown.start && f->current.from.row < shown.end;

	f->seek = backwards ? -1 : 1;
	f->at = (struct find_place){ backwards ? shown.end : shown.start, backwards ? 0 : -1 };
	if (visible)
		f->at = f->current.from;
	f->origin = f->at.row;
	f->around = false;
	f->rows = FIND_ROWS_FIRST;
	f->serial = 0;                  /* whatever was asked for is for something else */
	f->message[0] = '\0';
}

bool find_begin(struct find *f, const char *pattern, bool regex, bool backwards, struct wire_range shown)
{
	if (*pattern) {
		str_reset(&f->pattern);
		str_puts(&f->pattern, pattern);
		f->regex = regex;
		f->has_current = f->dense = false;
		forget(f);
	}
	f->backwards = backwards;
	f->on = f->pattern.len > 0;
	if (f->on)
		seek(f, backwards, shown);
	return f->on;
}

bool find_again(struct find *f, bool other_way, struct wire_range shown)
{
	f->on = f->pattern.len > 0;
	if (f->on)
		seek(f, f->backwards != other_way, shown);
	return f->on;
}

void find_cancel(struct find *f)
{
	f->seek = 0;
	f->serial = 0;
}

void find_off(struct find *f)
{
	find_cancel(f);
	forget(f);
	f->on = f->has_current = false;
	f->message[0] = '\0';
}

void find_changed(struct find *f, int64_t row, bool all)
{
	if (all) {
		forget(f);
		f->has_current = false;
		return;
	}
	f->marked.end = MIN(f->marked.end, row);
	f->known.end = MIN(f->known.end, row);
	while (f->n > 0 && f->v[f->n - 1].from.row >= row)
		f->n--;
	if (f->known.end <= f->known.start)
		f->known = (struct wire_range){ 0, 0 };
	if (f->has_current && f->current.to.row >= row)
		f->has_current = false;
}

/* ---- jumps ---- */

static int compare(struct find_place a, struct find_place b)
{
	if (a.row != b.row)
		return a.row < b.row ? -1 : 1;
	return a.col < b.col ? -1 : a.col > b.col;
}

/* The first known match that begins at this place or after it (n: none). */
static size_t first_from(const struct find *f, struct find_place at)
{
	size_t lo = 0, hi = f->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare(f->v[mid].from, at) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void end_jump(struct find *f, const char *message)
{
	f->seek = 0;
	snprintf(f->message, sizeof(f->message), "%s", message);
}

/* All matches are known from where the jump has got to, up to an end of what is known. */
static bool known_here(const struct find *f)
{
	int64_t row = f->at.row - (f->seek < 0 && f->at.col == 0);

	return f->known.start <= row && row < f->known.end;
}

static const struct find_match *next_known(const struct find *f)
{
	size_t i = first_from(f, (struct find_place){ f->at.row, f->at.col + (f->seek > 0) });

	if (f->seek > 0)
		return i < f->n ? &f->v[i] : NULL;
	return i > 0 ? &f->v[i - 1] : NULL;
}

/* The jump is at an end of the pane, or once around: true when it is over. */
static bool turn(struct find *f, struct wire_range pane)
{
	bool forwards = f->seek > 0;

	if (f->at.row < pane.start)
		f->at = (struct find_place){ pane.start, forwards ? -1 : 0 };
	if (f->at.row > pane.end)
		f->at = (struct find_place){ pane.end, forwards ? -1 : 0 };
	bool at_end = forwards ? f->at.row == pane.end : f->at.row == pane.start && f->at.col == 0;
	if (f->around && (at_end || (forwards ? f->at.row > f->origin : f->at.row <= f->origin))) {
		end_jump(f, "not found");
		return true;
	}
	if (at_end) {
		f->around = true;
		f->at = (struct find_place){ forwards ? pane.start : pane.end, forwards ? -1 : 0 };
	}
	return false;
}

static bool covers(struct wire_range a, struct wire_range b)
{
	return a.start <= b.start && a.end >= b.end;
}

enum find_step find_step(struct find *f, struct wire_range pane, struct wire_range shown,
    struct wire_range *ret_ask)
{
	if (!f->on || f->serial != 0 || pane.start >= pane.end)
		return FIND_NOTHING;
	while (f->seek != 0 && !turn(f, pane)) {
		const struct find_match *m;

		if (!known_here(f)) {
			int64_t end = f->at.row + (f->at.col > 0);
			if (f->seek > 0)
				*ret_ask = (struct wire_range){ f->at.row, MIN(f->at.row + f->rows, pane.end) };
			else
				*ret_ask = (struct wire_range){ MAX(end - f->rows, pane.start), end };
			f->rows = MIN(f->rows * 2, (int64_t)FIND_ROWS_MAX);
			return FIND_ASK;
		}
		if ((m = next_known(f)) != NULL) {
			f->current = *m;
			f->has_current = true;
			end_jump(f, !f->around ? "" : f->seek > 0 ? "from the top on" : "from the bottom on");
			return FIND_SHOW;
		}
		f->at.row = f->seek > 0 ? f->known.end : f->known.start;
		f->at.col = f->seek > 0 ? -1 : 0;
	}
	if (covers(f->known, shown) || covers(f->marked, shown))
		return FIND_NOTHING;
	int64_t more = f->dense ? 0 : FIND_ROWS_AROUND;
	*ret_ask = (struct wire_range){ MAX(shown.start - more, pane.start), MIN(shown.end + more, pane.end) };
	return FIND_ASK;
}

/* ---- the wire ---- */

/* In an expression, what a backslash introduces is none. */
static bool has_capital(const char *s, size_t len, bool regex)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	bool found = false;

	for (size_t i = 0, n; i < len && !found; i += n) {
		uint32_t cp;
		n = text_utf8_decode(s + i, len - i, &cp);
		if (regex && cp == '\\' && i + 1 < len)
			n += text_utf8_decode(s + i + 1, len - i - 1, &cp);
		else
			found = utf8 ? iswupper_l((wint_t)cp, utf8) : cp >= 'A' && cp <= 'Z';
	}
	if (utf8)
		freelocale(utf8);
	return found;
}

struct wire_pattern find_pattern(struct find *f, struct str *buf)
{
	bool caseless = !has_capital(f->pattern.s, f->pattern.len, f->regex);

	str_reset(buf);
	f->prefixed = f->regex && caseless;
	if (f->prefixed)
		str_puts(buf, CASELESS);
	str_add(buf, f->pattern.s, f->pattern.len);
	return (struct wire_pattern){ .text = { buf->s, buf->len }, .kind = f->regex ? WIRE_PATTERN_REGEX :
	    caseless ? WIRE_PATTERN_CASE_INSENSITIVE : WIRE_PATTERN_CASE_SENSITIVE };
}

void find_asked(struct find *f, struct wire_range range, uint64_t serial)
{
	f->asked = range;
	f->serial = serial;
}

/* There may be more matches than the answer has: what is known all the same. */
static void cut_short(struct find *f)
{
	int64_t rows = f->known.end - f->known.start;
	int64_t last = f->n > 0 ? f->v[f->n - 1].from.row : f->known.start;

	if (f->seek == 0 && !f->dense) {
		f->dense = true;
		f->marked = (struct wire_range){ 0, 0 };
	}
	if (rows <= 1)
		return;
	if (f->seek < 0) {
		/* The last ones are wanted, and missing. */
		f->rows = rows / 2;
		f->known.end = f->known.start;
		f->n = 0;
		return;
	}
	f->known.end = MAX(last, f->known.start + 1);
	while (f->n > 0 && f->v[f->n - 1].from.row >= f->known.end)
		f->n--;
}

bool find_results(struct find *f, uint64_t serial, const struct wire_search_response *r)
{
	if (serial == 0 || serial != f->serial)
		return false;
	f->serial = 0;
	f->known = f->asked;
	f->marked = f->seek == 0 ? f->asked : (struct wire_range){ 0, 0 };
	f->n = 0;
	for (size_t i = 0; i < r->n_results; i++) {
		const struct wire_search_result *q = &r->results[i];
		struct find_match m = { { q->start_y, (int64_t)MIN(q->start_x, (uint64_t)UINT16_MAX) },
			{ q->end_y, (int64_t)MIN(q->end_x, (uint64_t)UINT16_MAX) } };

		/* The real server adds what else is in a line that begins or ends outside.
		 * And nothing is taken on trust. */
		if (q->start_y < f->asked.start || q->start_y >= f->asked.end || compare(m.from, m.to) >= 0)
			continue;
		if (f->n == FIND_RESULTS || (f->n > 0 && compare(f->v[f->n - 1].from, m.from) >= 0))
			continue;
		if (f->n == f->cap) {
			f->cap = MAX(f->cap * 2, (size_t)64);
			f->v = xreallocarray(f->v, f->cap, sizeof(*f->v));
		}
		f->v[f->n++] = m;
	}
	if (r->n_results >= FIND_RESULTS)
		cut_short(f);
	return true;
}

bool find_error(struct find *f, uint64_t serial, const char *reason, size_t len)
{
	cleanup_str struct str safe = STR_INIT;

	if (serial == 0 || serial != f->serial)
		return false;
	if (len >= 7 && memcmp(reason, "Error: ", 7) == 0) {
		reason += 7;
		len -= 7;
	}
	log_safe(&safe, reason, len, sizeof(f->message) - 1, false);
	/* What was put before the pattern does not count. */
	static const char where[] = "Parsing error at position ";
	if (str_starts(safe.s, where) && f->prefixed) {
		char *end;
		unsigned long at = strtoul(safe.s + sizeof(where) - 1, &end, 10);
		cleanup_free char *rest = xstrdup(end);

		str_reset(&safe);
		str_printf(&safe, "%s%lu%s", where, at - MIN(at, sizeof(CASELESS) - 1), rest);
	}
	find_off(f);
	snprintf(f->message, sizeof(f->message), "%s", safe.s ? safe.s : "");
	return true;
}

/* ---- highlights ---- */

static void mark(struct cell *cells, size_t n, size_t off, const struct find_match *m, int64_t row, uint32_t bg)
{
	size_t from = m->from.row < row ? 0 : (size_t)m->from.col;
	size_t to = m->to.row > row ? SIZE_MAX : (size_t)m->to.col;

	for (size_t x = MAX(from, off); x < to && x - off < n; x++) {
		cells[x - off].fg = COLOR_PALETTE(0);
		cells[x - off].bg = bg;
		cells[x - off].attrs &= ~(uint32_t)(ATTR_REVERSE | ATTR_INVISIBLE | ATTR_INTENSITY);
	}
}

void find_mark(const struct find *f, int64_t row, size_t off, struct cell *cells, size_t n)
{
	if (!f->on)
		return;
	size_t i = first_from(f, (struct find_place){ row, 0 });
	while (i > 0 && f->v[i - 1].to.row >= row)
		i--;
	for (; i < f->n && f->v[i].from.row <= row; i++)
		if (f->v[i].to.row >= row)
			mark(cells, n, off, &f->v[i], row, COLOR_PALETTE(6));
	if (f->has_current && f->current.from.row <= row && f->current.to.row >= row)
		mark(cells, n, off, &f->current, row, COLOR_PALETTE(5));
}
