/* The scrollback for another width. Kept rows are not made into cells for it: their
 * text is cut and joined as it stands, with the runs of styles that go with it, and
 * where all of a row is ASCII, columns are bytes. Blocks that no wrapping touches move
 * as they are.
 *
 * The old blocks go while the new ones come, so that both are never there in full. */
#include "vt/internal.h"
#include "vt/sbrow.h"
#include "vt/simd.h"

struct rewrap {
	struct vt *vt;
	unsigned cols;
	bool joined;                     /* the old row before this one was wrapped */
	/* The row being filled: */
	unsigned n;
	uint8_t *text;
	size_t len;
	struct vt_sb_run *runs;
	struct vt_style *styles;         /* of the runs */
	unsigned n_runs;
	struct vt_spans *spans;
	uint8_t marks;                   /* VT_ROW_* */
	/* Images of the old rows, from `kept_at` on. */
	struct vt_kept_spans *kept;
	size_t kept_at, n_kept;
};

/* Where in its runs a row is being read. */
struct source {
	const struct vt_sb_block *block;
	struct vt_sb_runs runs;
	struct vt_sb_run run;            /* what is left of it */
	const struct vt_style *style;
};

/* ---- the row being filled ------------------------------------------------------- */

static void emit(struct rewrap *r, bool wrapped, uint8_t line_attr)
{
	struct vt_sb_new row = { .cells = r->n, .wrapped = wrapped, .line_attr = line_attr,
		.marks = r->marks, .seqno = vt_now(r->vt), .runs = r->runs, .n_runs = r->n_runs, .text = r->text, .len = r->len };

	vt_sb_append(&r->vt->sb, &row);
	if (r->spans)
		vt_spans_keep(r->vt, (struct vt_kept_spans){ .row = r->vt->sb.end - 1, .spans = r->spans });
	r->spans = NULL;
	r->marks = 0;
	r->n = r->n_runs = 0;
	r->len = 0;
}

/* n cells of this run are added. */
static void add_cells(struct rewrap *r, const struct source *from, unsigned n)
{
	const struct vt_style *style = from->style;

	r->n += n;
	if (r->n_runs > 0 && vt_style_equal(&r->styles[r->n_runs - 1], style)) {
		r->runs[r->n_runs - 1].cells += n;
		return;
	}
	r->styles[r->n_runs] = *style;
	r->runs[r->n_runs] = (struct vt_sb_run){ .cells = n, .index = from->run.index,
		.style = &r->styles[r->n_runs] };
	r->n_runs++;
}

/* ---- old rows ------------------------------------------------------------------- */

static void next_run(struct source *from)
{
	static const struct vt_style none;

	vt_sb_runs_next(&from->runs, &from->run);
	if (from->run.index == 0)
		from->style = &none;
	else
		from->style = from->run.index == VT_SB_OWN ? from->run.style : &from->block->styles[from->run.index - 1];
}

/* The styles of the next n cells. */
static void take_styles(struct rewrap *r, struct source *from, unsigned n)
{
	while (n > 0) {
		if (from->run.cells == 0)
			next_run(from);
		unsigned k = MIN(n, from->run.cells);

		add_cells(r, from, k);
		from->run.cells -= k;
		n -= k;
	}
}

static bool is_ascii(const uint8_t *p, size_t n)
{
	uint64_t all = 0;

#if VT_SIMD
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v;

		memcpy(&v, p, 8);
		all |= v;
	}
#endif
	for (; n > 0; p++, n--)
		all |= *p;
	return (all & 0x8080808080808080ull) == 0;
}

/* Columns that text can use. */
static unsigned usable(const struct rewrap *r, const struct vt_sb_line *line)
{
	return line->line_attr ? MAX(r->cols / 2, 1u) : r->cols;
}

/* A row of ASCII: a byte is a cell. */
static void take_ascii(struct rewrap *r, const struct vt_sb_line *line, struct source *from)
{
	unsigned content = line->cells, cols = usable(r, line);
	const uint8_t *p = line->text;

	/* Blanks at the end of a line fill the row but do not wrap. */
	while (!line->wrapped && content > 0 && p[content - 1] == 0)
		content--;
	if (r->n >= cols && content > 0)
		emit(r, true, line->line_attr);
	r->marks |= line->marks;
	for (unsigned x = 0; x < line->cells;) {
		if (r->n >= cols) {
			if (x >= content)
				break;
			emit(r, true, line->line_attr);
		}
		unsigned n = MIN((x < content ? content : line->cells) - x, cols - r->n);

		memcpy(r->text + r->len, p + x, n);
		r->len += n;
		take_styles(r, from, n);
		x += n;
	}
}

/* Cells up to the last that is not a blank. */
static unsigned content_cells(const struct vt_sb_line *line)
{
	unsigned content = 0, x = 0, width;
	size_t len;
	const char *s;

	for (const uint8_t *p = line->text; p < line->end;) {
		p = vt_sb_char(p, &s, &len, &width);
		x += width;
		if (len > 0 || width == 2)
			content = x;
	}
	return content;
}

/* A wide character that had to do with one column gets its second when there is room. What is
 * wide only as a cluster may have been printed with mode 2027 reset, and stays as it is. */
static unsigned natural_width(const char *s, size_t len)
{
	uint32_t first;

	text_utf8_decode(s, len, &first);
	return MIN(text_cluster_width(s, len), MAX(text_width(first), 1u));
}

/* A character that takes another width than it was stored with. */
static void put_other_width(struct rewrap *r, const char *s, size_t len, unsigned width)
{
	uint8_t *to = r->text + r->len;
	uint32_t cp;

	if (len > 0 && text_utf8_decode(s, len, &cp) == len && TEXT_PROPS_WIDTH(text_props(cp)) == width) {
		memcpy(to, s, len);
		r->len += len;
		return;
	}
	to[0] = VT_SB_CLUSTER;
	to[1] = (uint8_t)((width == 2 ? 0x80 : 0) | len);
	memcpy(to + 2, s, len);
	r->len += 2 + len;
}

/* Any row: character by character. */
static void take_text(struct rewrap *r, const struct vt_sb_line *line, struct source *from,
    const struct vt_spans *spans)
{
	unsigned content = line->wrapped ? line->cells : content_cells(line), cols = usable(r, line);
	const uint8_t *p = line->text;

	for (unsigned x = 0; x < content;) {
		const char *s;
		size_t len;
		unsigned had, width;
		const uint8_t *next = vt_sb_char(p, &s, &len, &had);

		width = MIN(had == 1 && *p == VT_SB_CLUSTER && len > 0 ? natural_width(s, len) : had, cols);
		if (r->n + width > cols)
			emit(r, true, line->line_attr);
		if (x == 0)
			r->marks |= line->marks;
		for (unsigned i = 0; spans && i < had; i++)
			r->spans = vt_spans_place(r->vt, r->spans, spans, x + i, r->n);
		if (width == had) {
			memcpy(r->text + r->len, p, (size_t)(next - p));
			r->len += (size_t)(next - p);
		} else {
			put_other_width(r, s, len, width);
		}
		if (from->run.cells == 0)
			next_run(from);
		from->run.cells -= had;
		add_cells(r, from, width);
		x += had;
		p = next;
	}
	if (content == 0)
		r->marks |= line->marks;
	/* Right of a row that goes on there is the row after it: what was out of sight there has gone. */
	if (spans && !line->wrapped)
		r->spans = vt_spans_place_beyond(r->vt, r->spans, spans, content, r->n);
	unsigned blanks = r->n < cols ? MIN(line->cells - content, cols - r->n) : 0;
	memset(r->text + r->len, 0, blanks);
	r->len += blanks;
	take_styles(r, from, blanks);
}

static void take_row(struct rewrap *r, const struct vt_sb_block *b, uint32_t index,
    const struct vt_spans *spans)
{
	struct vt_sb_line line;

	vt_sb_line(&r->vt->sb, b, index, &line);
	struct source from = { .block = b, .runs = vt_sb_runs(&line) };
	if (!spans && is_ascii(line.text, (size_t)(line.end - line.text)))
		take_ascii(r, &line, &from);
	else
		take_text(r, &line, &from, spans);
	r->joined = line.wrapped;
	if (!line.wrapped)
		emit(r, false, line.line_attr);
}

/* ---- the whole -------------------------------------------------------------------- */

/* Images of an old row, to be freed. Asked for in their order. */
static struct vt_spans *kept_spans(struct rewrap *r, int64_t index)
{
	if (r->kept_at == r->n_kept || r->kept[r->kept_at].row != index)
		return NULL;
	return r->kept[r->kept_at++].spans;
}

/* A block moves as it is: its rows get other indexes. */
static void move_block(struct rewrap *r, struct vt_sb_block *b)
{
	struct vt *vt = r->vt;

	for (; r->kept_at < r->n_kept && r->kept[r->kept_at].row < b->first + b->n; r->kept_at++) {
		struct vt_kept_spans kept = r->kept[r->kept_at];

		kept.row += vt->sb.end - b->first;
		vt_spans_keep(vt, kept);
	}
	vt_sb_push_block(&vt->sb, b, vt_now(vt));
}

static void take_block(struct rewrap *r, struct vt_sb_block *b, int64_t first)
{
	for (uint32_t i = (uint32_t)MAX(first - b->first, 0); i < b->n; i++) {
		struct vt_spans *spans = kept_spans(r, b->first + i);

		take_row(r, b, i, spans);
		vt_spans_free(r->vt, spans);
	}
	vt_sb_block_free(b);
}

static void begin(struct rewrap *r, struct vt *vt, unsigned cols)
{
	struct vt_images *im = &vt->images;

	*r = (struct rewrap){ .vt = vt, .cols = cols };
	r->text = xreallocarray(NULL, cols, VT_SB_CELL_MAX);
	r->runs = xreallocarray(NULL, cols, sizeof(*r->runs));
	r->styles = xreallocarray(NULL, cols, sizeof(*r->styles));
	r->kept = im->kept;
	r->kept_at = im->kept_head;
	r->n_kept = im->kept_head + im->n_kept;
	im->kept = NULL;
	im->kept_head = im->n_kept = im->cap_kept = 0;
}

static void end(struct rewrap *r)
{
	for (; r->kept_at < r->n_kept; r->kept_at++)
		vt_spans_free(r->vt, r->kept[r->kept_at].spans);
	free(r->kept);
	free(r->text);
	free(r->runs);
	free(r->styles);
}

bool vt_rewrap(struct vt *vt, struct vt_scrollback *old, unsigned cols)
{
	struct rewrap r;

	begin(&r, vt, cols);
	for (; old->n > 0; old->n--, old->head++) {
		struct vt_sb_block *b = old->blocks[old->head];

		if (!r.joined && !b->wraps && b->widest <= cols && b->first >= old->first)
			move_block(&r, b);
		else
			take_block(&r, b, old->first);
	}
	if (r.joined)
		emit(&r, true, 0);
	end(&r);
	return r.joined;
}
