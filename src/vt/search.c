/* Finding text. See search.h for what is found.
 *
 * The rows of one block of the scrollback (or some of the screen) are made into
 * plain text at a time: logical lines with a newline after each, which no cell
 * can hold. A string is then looked for in all of it at once, a regular
 * expression in one line after another. Cells are never decoded for that: rows
 * above the screen are stored as UTF-8, and only a row with more than ASCII in it
 * needs a note of how wide each character is. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "vt/internal.h"
#include "vt/sbrow.h"
#include "vt/search.h"
#include "vt/simd.h"

#define CHUNK_BYTES (64u << 10)
#define CHUNK_ROWS 4096u
#define ROW_COST 8u                      /* of a row in a step's budget, beside its text */
#define MATCH_COST 64u
/* Backtracking in a text, times its length: what a match limit stands for. */
#define WORK_MAX (1u << 21)
/* The same for machine code, which goes back in a nanosecond or two. */
#define JIT_WAYS_MAX (1u << 23)
/* A larger compiled expression is interpreted: to make machine code of it would take longer than a step may. */
#define JIT_CODE_MAX 4096u

/* Where the text of a row begins, until that of the next one. */
struct text_row {
	int64_t row;
	uint32_t start;
	bool ascii;                      /* a byte is a cell; else widths[] says */
};

/* What is matched as one: a logical line, or a piece of a long one. */
struct text {
	uint32_t start, end;             /* in s->text */
	uint32_t from, to;               /* matches begin in [from, to) */
	uint32_t rows, n_rows;           /* in s->rows */
	bool line_start, line_end;
};

struct vt_search {
	struct vt *vt;
	unsigned flags;
	char *pattern;
	size_t len;
	pcre2_code *code;                /* NULL: a plain string */
	pcre2_match_data *data;
	pcre2_match_context *context;
	size_t jit_max;                  /* a longer text is interpreted */
	uint64_t numbering;              /* of the rows, when the search began */
	int64_t first, end;
	int64_t next;                    /* forwards: where the next text begins; backwards: where the last one did */
	bool interpreted;                /* the last attempt: nobody knows how long it took */
	unsigned limited;
	bool no_memory;
	char error[sizeof(((struct vt_search_error *)0)->text)];

	const struct vt_sb_block *block; /* the last one used, while texts are collected */
	char *text;
	uint8_t *widths;                 /* cells of the character that begins here, 0 inside of one */
	size_t text_len, text_cap, widths_cap;
	struct text_row *rows;
	size_t n_rows, cap_rows;
	struct text *texts;
	size_t n_texts, cap_texts;
	size_t current;                  /* text that is being searched ... */
	size_t at;                       /* ... from here on */
	size_t last_end;                 /* of the match before, or SIZE_MAX */
	size_t in_text;                  /* matches in the current text */
	struct vt_match *found;          /* in all texts up to here */
	size_t n_found, cap_found, given;
};

/* ---- rows ------------------------------------------------------------------ */

static uint64_t numbering(const struct vt *vt)
{
	return (uint64_t)vt->numbering << 1 | vt_is_alt(vt);
}

static int64_t oldest_row(const struct vt *vt) { return vt_is_alt(vt) ? 0 : vt->sb.first; }
static int64_t screen_row(const struct vt *vt) { return vt_is_alt(vt) ? 0 : vt->sb.end; }
static int64_t rows_end(const struct vt *vt) { return screen_row(vt) + vt->rows; }

/* Of a row above the screen. */
static const struct vt_sb_block *block_of(struct vt_search *s, int64_t row)
{
	if (!s->block || row < s->block->first || row >= s->block->first + (int64_t)s->block->n)
		s->block = vt_sb_find(&s->vt->sb, row);
	return s->block;
}

static bool wraps(struct vt_search *s, int64_t row)
{
	struct vt *vt = s->vt;

	if (row >= screen_row(vt))
		return row + 1 < rows_end(vt) && vt_row_at(vt, (unsigned)(row - screen_row(vt)))->wrapped;
	const struct vt_sb_block *b = block_of(s, row);
	return b->wraps && vt_sb_text(&vt->sb, b, (uint32_t)(row - b->first)).wrapped;
}

static bool begins_line(struct vt_search *s, int64_t row)
{
	return row <= oldest_row(s->vt) || !wraps(s, row - 1);
}

/* The text that row is in: matches begin in rows [first, next), and [begin, end) is looked at. */
struct extent {
	int64_t first, next, begin, end;
	bool line_start, line_end;
};

static struct extent extent_of(struct vt_search *s, int64_t row)
{
	const int64_t piece = MAX(VT_SEARCH_LINE_CELLS / s->vt->cols, 2u);
	/* A row that wraps may be a cell short. */
	const int64_t overlap = VT_SEARCH_OVERLAP_CELLS / MAX(s->vt->cols - 1u, 1u) + 1;
	int64_t first = row, next = row + 1;

	while (row - first < piece && !begins_line(s, first))
		first--;
	bool whole = begins_line(s, first);
	while (next - row <= piece && wraps(s, next - 1))
		next++;
	bool ends = !wraps(s, next - 1);
	if (whole && ends && next - first <= piece)
		return (struct extent){ first, next, first, next, true, true };
	struct extent e = { .first = MAX(first, row / piece * piece), .next = MIN(next, (row / piece + 1) * piece) };
	e.line_start = whole && e.first == first;
	e.begin = e.first - !e.line_start;
	for (e.end = e.next; e.end - e.next < overlap && wraps(s, e.end - 1); e.end++)
		;
	e.line_end = !wraps(s, e.end - 1);
	return e;
}

/* ---- text ------------------------------------------------------------------ */

/* Room for n members. False: there is no memory, which ends the search. */
static bool room(struct vt_search *s, void *array, size_t *cap, size_t n, size_t size)
{
	void *old, *to;

	if (n <= *cap)
		return true;
	memcpy(&old, array, sizeof(old));
	n = MAX(MAX(n, *cap * 2), 64);
	to = reallocarray(old, n, size);
	if (!to) {
		snprintf(s->error, sizeof(s->error), "out of memory");
		s->no_memory = true;
		return false;
	}
	memcpy(array, &to, sizeof(to));
	*cap = n;
	return true;
}

static bool text_room(struct vt_search *s, size_t n)
{
	return room(s, &s->text, &s->text_cap, s->text_len + n, 1) &&
	    room(s, &s->widths, &s->widths_cap, s->text_len + n, 1);
}

static void put_char(struct vt_search *s, const char *utf8, size_t len, unsigned width)
{
	memcpy(s->text + s->text_len, len ? utf8 : " ", len ? len : 1);
	memset(s->widths + s->text_len, 0, len);
	s->widths[s->text_len] = (uint8_t)width;
	s->text_len += len ? len : 1;
}

/* Copies ASCII, blanks as spaces; false when there is something else. */
static bool copy_ascii(char *to, const uint8_t *p, size_t n)
{
	size_t i = 0;

#if VT_SSE2
	const __m128i zero = _mm_setzero_si128(), space = _mm_set1_epi8(' ');
	for (; i + 16 <= n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));

		if (_mm_movemask_epi8(v))
			return false;
		v = _mm_or_si128(v, _mm_and_si128(_mm_cmpeq_epi8(v, zero), space));
		_mm_storeu_si128((__m128i *)(void *)(to + i), v);
	}
#endif
	for (; i < n; i++) {
		if (p[i] >= 0x80)
			return false;
		to[i] = p[i] ? (char)p[i] : ' ';
	}
	return true;
}

static bool put_kept_row(struct vt_search *s, int64_t row)
{
	const struct vt_sb_block *b = block_of(s, row);
	struct vt_sb_text t = vt_sb_text(&s->vt->sb, b, (uint32_t)(row - b->first));
	const uint8_t *p = t.s, *end = t.s + t.len;

	/* No stored character ends with a zero but the blank. */
	while (end > p && end[-1] == 0)
		end--;
	if (p == end)
		return true;
	if (!text_room(s, t.len))
		return false;
	if (copy_ascii(s->text + s->text_len, p, (size_t)(end - p))) {
		s->text_len += (size_t)(end - p);
		return true;
	}
	while (p < end) {
		const char *utf8;
		size_t len;
		unsigned width;

		p = vt_sb_char(p, &utf8, &len, &width);
		put_char(s, utf8, len, width);
	}
	return false;
}

static void put_screen_row(struct vt_search *s, unsigned y)
{
	const struct vt_grid_row *row = vt_row_at(s->vt, y);
	unsigned n = row->used;

	while (n > 0 && row->cells[n - 1].text == 0 && row->cells[n - 1].width == 1)
		n--;
	for (unsigned x = 0; x < n; x++) {
		const struct vt_cell *cell = &row->cells[x];
		char utf8[VT_CLUSTER_BYTES_MAX];

		if (cell->width == 0)
			continue;
		if (!text_room(s, sizeof(utf8)))
			return;
		put_char(s, utf8, cell->text ? vt_cell_text(s->vt, cell, utf8) : 0, cell->width);
	}
}

static void add_text(struct vt_search *s, const struct extent *e)
{
	struct text t = { .start = (uint32_t)s->text_len, .rows = (uint32_t)s->n_rows, .line_start = e->line_start,
		.line_end = e->line_end };
	int64_t screen = screen_row(s->vt);

	for (int64_t row = e->begin; row < e->end; row++) {
		struct text_row r = { .row = row, .start = (uint32_t)s->text_len };

		if (row == e->first)
			t.from = r.start;
		if (row == e->next)
			t.to = r.start;
		if (row < screen)
			r.ascii = put_kept_row(s, row);
		else
			put_screen_row(s, (unsigned)(row - screen));
		if (!room(s, &s->rows, &s->cap_rows, s->n_rows + 1, sizeof(*s->rows)))
			return;
		s->rows[s->n_rows++] = r;
	}
	t.end = (uint32_t)s->text_len;
	t.n_rows = (uint32_t)s->n_rows - t.rows;
	if (t.end == t.start) {
		s->n_rows = t.rows;
		return;
	}
	if (e->next == e->end)
		t.to = t.end + 1;
	if (!text_room(s, 1) || !room(s, &s->texts, &s->cap_texts, s->n_texts + 1, sizeof(*s->texts)))
		return;
	s->text[s->text_len++] = '\n';
	s->texts[s->n_texts++] = t;
}

static void begin_text(struct vt_search *s, size_t i)
{
	s->current = i;
	s->at = i < s->n_texts ? s->texts[i].from : s->text_len;
	s->last_end = SIZE_MAX;
	s->in_text = 0;
}

/* Rows from here on are better left to the next time: they are in another block, which may have to be unpacked. */
static bool new_block(const struct vt_search *s, int64_t row)
{
	return s->block && (row == s->block->first || row == s->block->first + (int64_t)s->block->n);
}

/* Collects the texts that come next; false when there are none left. *ret_cost is what it took. */
static bool collect(struct vt_search *s, size_t *ret_cost)
{
	int64_t top = MAX(s->first, oldest_row(s->vt)), bottom = MIN(s->end, rows_end(s->vt));
	bool backwards = s->flags & VT_SEARCH_BACKWARDS;
	int64_t row = backwards ? MIN(s->next, bottom) : MAX(s->next, top), from, done = bottom;

	s->block = NULL;
	s->text_len = s->n_rows = s->n_texts = s->n_found = s->given = 0;
	if (backwards ? row <= top : row >= bottom)
		return false;
	if (backwards) {
		/* First how far it goes, then the texts from there on: they are searched from their left. */
		int64_t most = MAX(VT_SEARCH_LINE_CELLS / s->vt->cols, 1u);

		done = row;
		do
			row = extent_of(s, row - 1).first;
		while (row > top && done - row < most && !new_block(s, row));
	}
	for (from = row; row < done && (backwards || (row - from < CHUNK_ROWS && s->text_len < CHUNK_BYTES));) {
		struct extent e = extent_of(s, row);

		add_text(s, &e);
		row = e.next;
		if (!backwards && new_block(s, row))
			break;
	}
	s->next = backwards ? from : row;
	*ret_cost = s->text_len + (size_t)(row - from) * ROW_COST;
	begin_text(s, 0);
	return true;
}

/* ---- places ----------------------------------------------------------------- */

static const struct text_row *row_at(const struct vt_search *s, const struct text *t, size_t at)
{
	size_t lo = t->rows, hi = t->rows + t->n_rows;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->rows[mid].start <= at)
			lo = mid;
		else
			hi = mid;
	}
	return &s->rows[lo];
}

/* Cells of the row left of a byte; in the middle of a cell that cell counts. */
static uint16_t cells_before(const struct vt_search *s, const struct text_row *r, size_t at)
{
	size_t n = at - r->start;

	if (!r->ascii) {
		n = 0;
		for (size_t i = r->start; i < at; i++)
			n += s->widths[i];
	}
	return (uint16_t)n;
}

static struct vt_match match_at(const struct vt_search *s, const struct text *t, size_t from, size_t to)
{
	const struct text_row *r = row_at(s, t, from), *last = to > from ? row_at(s, t, to - 1) : r;
	struct vt_match m = { .first_row = r->row, .last_row = last->row, .hash = 0xcbf29ce484222325u };
	size_t cell = from;

	while (!r->ascii && cell > r->start && cell < t->end && s->widths[cell] == 0)
		cell--;
	m.first_col = cells_before(s, r, cell);
	m.end_col = to > from ? cells_before(s, last, to) : m.first_col;
	for (size_t i = from; i < to; i++)
		m.hash = (m.hash ^ (uint8_t)s->text[i]) * 0x100000001b3u;
	return m;
}

static void add_match(struct vt_search *s, const struct text *t, size_t from, size_t to)
{
	struct vt_match m = match_at(s, t, from, to);

	if (m.first_row < s->first || m.first_row >= s->end)
		return;
	if (room(s, &s->found, &s->cap_found, s->n_found + 1, sizeof(*s->found)))
		s->found[s->n_found++] = m;
}

/* ---- matching ----------------------------------------------------------------- */

static size_t next_char(const struct vt_search *s, size_t at)
{
	do
		at++;
	while (at < s->text_len && ((uint8_t)s->text[at] & 0xc0) == 0x80);
	return at;
}

enum found { FOUND_NOTHING, FOUND, FOUND_LIMIT, FOUND_ERROR };

static void pcre_error(char *ret, size_t size, int code)
{
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)ret, size) == PCRE2_ERROR_BADDATA)
		snprintf(ret, size, "error %d of PCRE2", code);
}

static int run(struct vt_search *s, const struct text *t, uint32_t limit, uint32_t options)
{
	bool regex = s->flags & VT_SEARCH_REGEX;
	size_t from = regex ? t->start : s->at, to = regex ? t->end : s->text_len;

	pcre2_set_match_limit(s->context, limit);
	return pcre2_match(s->code, (PCRE2_SPTR)s->text + from, to - from, s->at - from, options | PCRE2_NO_UTF_CHECK,
	    s->data, s->context);
}

static enum found result(struct vt_search *s, size_t start, int n, size_t *ret_from, size_t *ret_to)
{
	if (n > 0) {
		const size_t *v = pcre2_get_ovector_pointer(s->data);

		*ret_from = start + v[0];
		*ret_to = start + MAX(v[1], v[0]);
		return FOUND;
	}
	if (n == PCRE2_ERROR_NOMATCH)
		return FOUND_NOTHING;
	pcre_error(s->error, sizeof(s->error), n);
	return n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_DEPTHLIMIT || n == PCRE2_ERROR_HEAPLIMIT ?
	    FOUND_LIMIT : FOUND_ERROR;
}

/* A match of the regular expression in a text. It is looked for at so many places at a time
 * that a pattern which tries all of the rest from each of them stays within the limit. */
static enum found match(struct vt_search *s, const struct text *t, size_t *ret_from, size_t *ret_to)
{
	size_t len = t->end - t->start;
	uint32_t limit = MIN(MAX(WORK_MAX / (uint32_t)len, VT_SEARCH_MATCH_LIMIT_LONG), VT_SEARCH_MATCH_LIMIT);
	uint32_t options = (t->line_start ? 0 : PCRE2_NOTBOL) | (t->line_end ? 0 : PCRE2_NOTEOL);
	size_t last = s->at + MAX(limit / len, 1) - 1;
	int n = PCRE2_ERROR_MATCHLIMIT;

	*ret_from = last < t->end ? next_char(s, last) : t->end + 1;
	pcre2_set_offset_limit(s->context, last < t->end ? last - t->start : PCRE2_UNSET);
	if (len <= s->jit_max)
		n = run(s, t, VT_SEARCH_MATCH_LIMIT_LONG, options);
	/* The limits are those of the interpreter: machine code counts otherwise, and has a small stack. */
	s->interpreted = n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_JIT_STACKLIMIT;
	if (s->interpreted)
		n = run(s, t, limit, options | PCRE2_NO_JIT);
	return result(s, t->start, n, ret_from, ret_to);
}

/* The next match. FOUND_NOTHING: none before *ret_from. */
static enum found find(struct vt_search *s, const struct text *t, size_t *ret_from, size_t *ret_to)
{
	*ret_from = s->text_len;
	if (!s->code) {
		const char *hit = memmem(s->text + s->at, s->text_len - s->at, s->pattern, s->len);

		if (!hit)
			return FOUND_NOTHING;
		*ret_from = (size_t)(hit - s->text);
		*ret_to = *ret_from + s->len;
		return FOUND;
	}
	if (!(s->flags & VT_SEARCH_REGEX))
		return result(s, s->at, run(s, t, UINT32_MAX, 0), ret_from, ret_to);
	return match(s, t, ret_from, ret_to);
}

/* What of a match is shown. */
static void choose_group(const struct vt_search *s, const struct text *t, size_t *from, size_t *to)
{
	const size_t *v = pcre2_get_ovector_pointer(s->data);

	for (uint32_t i = pcre2_get_ovector_count(s->data); i-- > 1;) {
		if (v[2 * i] == PCRE2_UNSET)
			continue;
		*from = t->start + v[2 * i];
		*to = t->start + v[2 * i + 1];
		return;
	}
}

/* The next match is from here to there; notes where to go on. */
static void take(struct vt_search *s, const struct text *t, size_t from, size_t to)
{
	/* Nothing is not found where something has just ended. */
	bool again = from == to && from == s->last_end;

	s->at = from == to ? next_char(s, MAX(to, s->at)) : MAX(to, s->at);
	s->last_end = to;
	if (!again) {
		s->in_text++;
		if (s->flags & VT_SEARCH_LAST_GROUP && s->code)
			choose_group(s, t, &from, &to);
		add_match(s, t, from, to);
	}
	if (s->at > t->end)
		begin_text(s, s->current + 1);
}

enum scan { SCAN_DONE, SCAN_MORE, SCAN_FAILED };

/* Searches the texts that were collected, for as long as the budget lasts. */
static enum scan scan(struct vt_search *s, size_t *budget)
{
	while (s->current < s->n_texts) {
		const struct text *t = &s->texts[s->current];
		size_t from, to;

		if (*budget == 0)
			return SCAN_MORE;
		enum found f = find(s, t, &from, &to);
		if (f == FOUND_LIMIT) {
			*budget = 0;
			if (s->limited++ >= VT_SEARCH_LIMITED_MAX)
				return SCAN_FAILED;
			begin_text(s, s->current + 1);
			continue;
		}
		if (f == FOUND_ERROR)
			return SCAN_FAILED;
		*budget -= s->interpreted ? *budget : MIN(*budget, MATCH_COST + MAX(from, s->at) - s->at);
		/* A string may be in a later text. */
		if (from > t->end) {
			size_t i = s->current;

			while (i < s->n_texts && from > s->texts[i].end)
				i++;
			begin_text(s, i);
			if (f == FOUND_NOTHING || from < s->texts[i].from)
				continue;
			t = &s->texts[i];
		}
		if (from >= t->to || s->in_text >= VT_SEARCH_MATCHES_MAX)
			begin_text(s, s->current + 1);
		else if (f == FOUND_NOTHING)
			s->at = from;
		else
			take(s, t, from, to);
	}
	return SCAN_DONE;
}

/* ---- a search ----------------------------------------------------------------- */

/* Repetitions in an expression that leave a choice, or more than there are. */
static unsigned quantifiers(const char *p, size_t len)
{
	unsigned n = 0;

	/* What follows a character is looked at: a pattern ends with a NUL. */
	for (const char *end = p + len; p < end; p++) {
		size_t digits = strspn(p + 1, "0123456789");

		if (*p == '\\')
			p++;
		else if (*p == '(' && p[1] == '?' && p[2] && strchr(":=!<>|imsx", p[2]))
			p++;
		else if (*p == '{' && p[1 + digits] == '}')
			p += 1 + digits;
		else if (*p && strchr("*+?{", *p))
			n++;
	}
	return n;
}

/* Machine code does not count how often it goes back within a run of characters, so its time is
 * bounded by the length of the text only: with q quantifiers there are (n+q+1 over q+1) ways to take
 * n characters. Returns the longest text for which they are few. */
static size_t jit_max(unsigned q)
{
	size_t n = 0;

	for (size_t step = 1u << 20; step > 0; step /= 2) {
		double ways = 1;

		for (unsigned k = 1; k <= q + 1 && ways <= JIT_WAYS_MAX; k++)
			ways *= (double)(n + step + k) / k;
		if (ways <= JIT_WAYS_MAX)
			n += step;
	}
	return n;
}

static bool compile(struct vt_search *s, struct vt_search_error *ret_error)
{
	uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | (s->flags & VT_SEARCH_CASELESS ? PCRE2_CASELESS : 0);
	int error;
	size_t offset, size;

	if (s->flags & VT_SEARCH_REGEX)
		options |= PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT;
	else
		options |= PCRE2_LITERAL;
	s->code = pcre2_compile((PCRE2_SPTR)s->pattern, s->len, options, &error, &offset, NULL);
	if (!s->code) {
		pcre_error(ret_error->text, sizeof(ret_error->text), error);
		ret_error->offset = MIN(offset, s->len);
		return false;
	}
	pcre2_pattern_info(s->code, PCRE2_INFO_SIZE, &size);
	/* Where memory cannot be made executable it is interpreted. */
	if (size <= JIT_CODE_MAX && pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE) == 0)
		s->jit_max = jit_max(quantifiers(s->pattern, s->len));
	s->data = pcre2_match_data_create_from_pattern(s->code, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->data || !s->context)
		abort();
	pcre2_set_depth_limit(s->context, VT_SEARCH_DEPTH_LIMIT);
	pcre2_set_heap_limit(s->context, VT_SEARCH_HEAP_LIMIT);
	return true;
}

struct vt_search *vt_search_create(struct vt *vt, const struct vt_search_config *config,
    struct vt_search_error *ret_error)
{
	*ret_error = (struct vt_search_error){ .offset = config->len };
	if (config->len > VT_SEARCH_PATTERN_MAX) {
		snprintf(ret_error->text, sizeof(ret_error->text), "the pattern is longer than %u bytes",
		    VT_SEARCH_PATTERN_MAX);
		return NULL;
	}
	if (!text_utf8_valid(config->pattern, config->len)) {
		snprintf(ret_error->text, sizeof(ret_error->text), "the pattern is not UTF-8");
		return NULL;
	}
	struct vt_search *s = xcalloc(1, sizeof(*s));
	*s = (struct vt_search){ .vt = vt, .flags = config->flags, .len = config->len, .numbering = numbering(vt),
		.first = config->first, .end = config->end };
	s->next = config->flags & VT_SEARCH_BACKWARDS ? INT64_MAX : INT64_MIN;
	s->pattern = xmemdup0(config->pattern, config->len);
	/* No cell holds a newline, and between two lines there is one. */
	if (!(config->flags & VT_SEARCH_REGEX) && memchr(config->pattern, '\n', config->len))
		s->end = s->first;
	if (config->flags & (VT_SEARCH_CASELESS | VT_SEARCH_REGEX) && config->len > 0 && !compile(s, ret_error)) {
		vt_search_destroy(s);
		return NULL;
	}
	return s;
}

void vt_search_destroy(struct vt_search *s)
{
	pcre2_code_free(s->code);
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	free(s->pattern);
	free(s->text);
	free(s->widths);
	free(s->rows);
	free(s->texts);
	free(s->found);
	free(s);
}

static size_t give(struct vt_search *s, struct vt_match *ret, size_t max)
{
	int64_t oldest = oldest_row(s->vt);
	size_t n = 0;

	for (; s->given < s->n_found && n < max; s->given++) {
		const struct vt_match *m =
		    &s->found[s->flags & VT_SEARCH_BACKWARDS ? s->n_found - 1 - s->given : s->given];

		if (m->first_row >= oldest)
			ret[n++] = *m;
	}
	return n;
}

enum vt_search_status vt_search_step(struct vt_search *s, size_t budget, struct vt_match *ret, size_t max,
    size_t *ret_n)
{
	*ret_n = 0;
	if (s->numbering != numbering(s->vt))
		return VT_SEARCH_RENUMBERED;
	for (budget = MAX(budget, 1); ;) {
		enum scan done = scan(s, &budget);

		if (done == SCAN_FAILED || s->no_memory)
			return VT_SEARCH_FAILED;
		if (done == SCAN_DONE) {
			*ret_n += give(s, ret + *ret_n, max - *ret_n);
			if (s->given < s->n_found)
				return VT_SEARCH_MORE;
		}
		if (budget == 0)
			return VT_SEARCH_MORE;
		size_t cost;
		if (!collect(s, &cost))
			return VT_SEARCH_DONE;
		budget -= MIN(budget, cost);
	}
}

const char *vt_search_error(const struct vt_search *s)
{
	return s->error;
}
