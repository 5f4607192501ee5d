/* Snapshots: the order of the sections, and the fields of struct vt itself.
 * Screens and scrollback stand in snap_screen.c, interned values in snap_tables.c,
 * images in snap_images.c, texts and colours in snap_osc.c.
 *
 * tests/layout/test_snapshot.py reads these files: each member of the structs that
 * make up a terminal is either named in the function that describes it, or here:
 *
 * not kept, vt: cb user term_program notify test_reports - the owner's
 * not kept, vt: pending_grid changed - nothing of a write or a resize under way
 * not kept, vt: scratch scratch_next - rows handed out to the owner
 * not kept, vt: print_fast - follows from the rest
 * not kept, vt_grid: rows cells n head - the memory; n is the terminal's
 * not kept, vt_grid_row: cells - the memory
 * not kept, vt: seen - of when the owner asked last
 * not kept, vt: vars_bytes - counted anew
 * not kept, vt_parser: string_cap - the memory
 * not kept, vt_parser: depth - 0 between writes
 * not kept, vt_parser: bel - for the handler of a string that has just ended
 * not kept, vt_paste_board: cap - the memory
 * not kept, vt_stored: placements doomed - counted anew; a mark of one operation
 * not kept, vt_placement: spans dead outside - counted anew; marks of one operation
 * not kept, vt_kitty: expected - follows from the command
 * not kept, vt_spans: cap - the memory
 * not kept, vt_images: cap bytes bytes_max spans relatives virtuals cap_placements kept_head cap_kept - counted; the memory
 * not kept, vt_images: unpacked unpacked_serial - handed out to the owner
 * not kept, vt_scrollback: blocks head n cap bytes end - follow from the blocks
 * not kept, vt_scrollback: lines_max bytes_max - the owner's
 * not kept, vt_scrollback: unpacked unpacked_rows unpacked_serial - the block read last
 * not kept, vt_scrollback: text runs text_cap found - the memory of pushing; a hint
 * not kept, vt_scrollback: serial - given anew, with the blocks
 * not kept, vt_scrollback: arrivals next_arrival arrived arrivals_from - only save time
 * not kept, vt_sb_block: first serial latest - follow from the order
 * not kept, vt_ids: slots hash nslots cap max sweeps - made anew
 * not kept, vt_links: bytes - counted anew */
#include "vt/internal.h"
#include "vt/snap_io.h"

#define FORMAT 1
static const char magic[8] = "LACEvt\r\n";
#define CHECKSUM_BYTES 8u

const char *vt_snapshot_error_text(enum vt_snapshot_error error)
{
	switch (error) {
	case VT_SNAPSHOT_OK: return "no error";
	case VT_SNAPSHOT_TRUNCATED: return "it ends too early";
	case VT_SNAPSHOT_FORMAT: return "it is no snapshot of a format that is known";
	case VT_SNAPSHOT_CHECKSUM: return "its checksum is wrong";
	case VT_SNAPSHOT_SECTION: return "a section is missing, out of order or unknown";
	case VT_SNAPSHOT_VALUE: return "a value cannot be";
	case VT_SNAPSHOT_LIMIT: return "it is larger than the limits allow";
	case VT_SNAPSHOT_MEMORY: return "there is no memory for it";
	case VT_SNAPSHOT_OUTPUT: return "it could not be written";
	}
	return "unknown error";
}

/* ---- the terminal ------------------------------------------------------------------- */

/* A grid whose size came from outside: plain calloc(), whose zeros cost nothing until they are written. */
static void grid_alloc(struct vt_snap *s, struct vt *vt, struct vt_grid *grid)
{
	struct vt_grid_row *rows = vt_snap_alloc(s, vt->rows, sizeof(*rows));
	struct vt_cell *cells = vt_snap_alloc(s, (size_t)vt->rows * vt->cols, sizeof(*cells));

	if (!rows || !cells) {
		free(rows);
		free(cells);
		return;
	}
	vt_grid_fini(grid);
	*grid = (struct vt_grid){ .rows = rows, .cells = cells, .n = vt->rows };
	for (unsigned y = 0; y < vt->rows; y++) {
		rows[y].cells = cells + (size_t)y * vt->cols;
		rows[y].seqno = 1;
	}
}

static void tabs_fields(struct vt_snap *s, struct vt *vt)
{
	if (s->reading) {
		uint8_t *tabs = vt_snap_alloc(s, vt->cols, 1);

		if (!tabs)
			return;
		free(vt->tabs);
		vt->tabs = tabs;
	}
	for (unsigned x = 0; x < vt->cols; x += 8) {
		uint8_t bits = 0;

		for (unsigned i = 0; i < 8 && x + i < vt->cols; i++)
			bits |= (uint8_t)(vt->tabs[x + i] << i);
		vt_snap_raw(s, &bits, 1);
		for (unsigned i = 0; s->reading && i < 8 && x + i < vt->cols; i++)
			vt->tabs[x + i] = bits >> i & 1;
	}
}

/* Sizes come first: everything else is checked against them. */
static void size_fields(struct vt_snap *s, struct vt *vt)
{
	uint16_t rows = vt->rows, cols = vt->cols;
	bool alternate = vt_is_alt(vt);

	SNAP_RANGE(s, rows, 1, VT_ROWS_MAX);
	SNAP_RANGE(s, cols, 1, VT_COLS_MAX);
	SNAP_NUMBER(s, vt->pixel_width, UINT32_MAX);
	SNAP_NUMBER(s, vt->pixel_height, UINT32_MAX);
	SNAP_RANGE(s, vt->seqno, 1, (uint64_t)INT64_MAX);
	SNAP_BOOL(s, alternate);
	SNAP_NUMBER(s, vt->switch_rows, VT_STABLE_MAX);
	SNAP_NUMBER(s, vt->switch_seqno, vt->seqno);
	SNAP_NUMBER(s, vt->numbering, UINT32_MAX);
	if (!s->reading || s->error != VT_SNAPSHOT_OK) {
		tabs_fields(s, vt);
		return;
	}
	if ((s->config->rows && rows > s->config->rows) || (s->config->cols && cols > s->config->cols)) {
		vt_snap_fail(s, VT_SNAPSHOT_LIMIT);
		return;
	}
	/* Before the size counts, there is memory for it. */
	vt->rows = rows;
	vt_seen_reset(vt);
	vt->cols = cols;
	vt->grid = &vt->grids[alternate];
	grid_alloc(s, vt, &vt->grids[0]);
	grid_alloc(s, vt, &vt->grids[1]);
	tabs_fields(s, vt);
}

static void cluster_fields(struct vt_snap *s, struct vt *vt)
{
	SNAP_NUMBER(s, vt->cluster, VT_CLUSTER_OPEN);
	SNAP_NUMBER(s, vt->cluster_x, UINT16_MAX);
	SNAP_NUMBER(s, vt->last_cp, 0x10ffff);
	SNAP_NUMBER(s, vt->brk.prev, UINT8_MAX);
	SNAP_NUMBER(s, vt->brk.state, UINT8_MAX);
	SNAP_BOOL(s, vt->brk.started);
	SNAP_NUMBER(s, vt->cluster_len, VT_CLUSTER_BYTES_MAX);
	vt_snap_raw(s, vt->cluster_s, vt->cluster_len);
	SNAP_NUMBER(s, vt->cluster_cells, UINT8_MAX);
	SNAP_NUMBER(s, vt->cluster_last, UINT8_MAX);
	if (!s->reading)
		return;
	vt_snap_require(s, vt->last_cp == 0 || vt->last_cp >= 0x20);
	vt_snap_require(s, vt->last_cp < 0xd800 || vt->last_cp > 0xdfff);
	vt_snap_require(s, vt_is_clean(vt->cluster_s, vt->cluster_len));
}

static void state_fields(struct vt_snap *s, struct vt *vt)
{
	SNAP_NUMBER(s, vt->pos.x, vt->cols - 1u);
	SNAP_NUMBER(s, vt->pos.y, vt->rows - 1u);
	SNAP_BOOL(s, vt->pos.pending);
	SNAP_NUMBER(s, vt->top, vt->rows - 1u);
	SNAP_RANGE(s, vt->bottom, vt->top, vt->rows - 1u);
	SNAP_NUMBER(s, vt->left, vt->cols - 1u);
	SNAP_RANGE(s, vt->right, vt->left, vt->cols - 1u);
	SNAP_NUMBER(s, vt->modes, UINT64_MAX);
	SNAP_NUMBER(s, vt->saved_modes, UINT64_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(vt->charset); i++)
		SNAP_NUMBER(s, vt->charset[i], VT_CHARSET_LAST);
	SNAP_NUMBER(s, vt->gl, 3);
	SNAP_NUMBER(s, vt->gr, 3);
	SNAP_NUMBER(s, vt->single_shift, 3);
	SNAP_RANGE(s, vt->level, 1, 5);
	SNAP_NUMBER(s, vt->change_extent, 2);
	SNAP_NUMBER(s, vt->checksum, 63);
	SNAP_NUMBER(s, vt->sgr_stack_n, UINT8_MAX);
	for (unsigned i = 0; i < MIN(vt->sgr_stack_n, VT_SGR_STACK); i++) {
		vt_snap_style(s, vt, &vt->sgr_stack[i].style);
		SNAP_NUMBER(s, vt->sgr_stack[i].mask, UINT16_MAX);
	}
	SNAP_NUMBER(s, vt->shape, VT_CURSOR_BAR);
	SNAP_NUMBER(s, vt->other_keys, 2);
	SNAP_NUMBER(s, vt->other_keys_format, 1);
	vt_snap_style(s, vt, &vt->pen);
	vt_snap_style_number(s, vt, &vt->pen_id);
	vt_snap_style_number(s, vt, &vt->erase_id);
	SNAP_BOOL(s, vt->pen_stale);
	SNAP_BOOL(s, vt->erase_stale);
	cluster_fields(s, vt);
	if (!s->reading)
		return;
	vt_snap_require(s, !(vt->modes & VT_MODE_ALT_SCREEN) == !vt_is_alt(vt));
	/* A character that can still grow stands where we say. */
	const struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);
	if (vt->cluster != VT_CLUSTER_CLOSED)
		vt_snap_require(s, vt->cluster_x < row->used && row->cells[vt->cluster_x].width != 0);
	vt_print_update(vt);
}

/* A character of which the first bytes have come: the bounds of the next byte keep
 * the whole within Unicode (text/utf8.c). */
static void utf8_fields(struct vt_snap *s, struct text_utf8 *u)
{
	SNAP_NUMBER(s, u->need, 3);
	if (u->need == 0) {
		if (s->reading)
			*u = (struct text_utf8){ 0 };
		return;
	}
	SNAP_NUMBER(s, u->cp, 0x10ffff);
	SNAP_RANGE(s, u->lo, 0x80, 0xbf);
	SNAP_RANGE(s, u->hi, 0x80, 0xbf);
	if (!s->reading)
		return;
	uint32_t least = u->cp << 6 | (u->lo & 0x3fu), most = u->cp << 6 | (u->hi & 0x3fu);
	for (unsigned i = 1; i < u->need; i++) {
		least <<= 6;
		most = most << 6 | 0x3f;
	}
	vt_snap_require(s, u->cp <= 0x10ffffu >> 6 * u->need && u->lo <= u->hi && least >= 0x80 && most < 0x110000);
	vt_snap_require(s, most < 0xd800 || least > 0xdfff);
}

/* The row of the string under way: it is found again by the string's head. */
static void string_row(struct vt_snap *s, struct vt_parser *ps)
{
	bool known = ps->row != NULL;
	char first = known ? ps->row->final : 0;

	SNAP_BOOL(s, known);
	if (known && ps->kind == VT_STRING_APC)
		vt_snap_raw(s, &first, 1);
	if (!s->reading || !known)
		return;
	switch (ps->kind) {
	case VT_STRING_OSC:
		ps->row = ps->params[0] == 1337 ? vt_osc_1337_find(ps->key, ps->key_len) : vt_osc_find(ps->params[0]);
		break;
	case VT_STRING_DCS: ps->row = vt_dcs_find(ps->prefix, ps->n_inter ? ps->inter[0] : 0, ps->dcs_final); break;
	case VT_STRING_APC: ps->row = vt_apc_find(first); break;
	default: break;
	}
	vt_snap_require(s, ps->row);
}

static void collected(struct vt_snap *s, struct vt_parser *ps)
{
	size_t len = vt_snap_count(s, ps->string_len, ps->row->limit, 1);

	if (s->reading) {
		ps->string = vt_snap_alloc(s, len + 1, 1);
		if (!ps->string)
			return;
		ps->string_cap = len + 1;
		ps->string_len = len;
	}
	vt_snap_raw(s, ps->string, len);
}

static void string_fields(struct vt_snap *s, struct vt *vt)
{
	struct vt_parser *ps = &vt->parser;

	SNAP_NUMBER(s, ps->kind, VT_STRING_SOS);
	SNAP_NUMBER(s, ps->string_mode, VT_STRING_SWALLOW);
	SNAP_NUMBER(s, ps->string_half, 0xc2);
	/* Of other strings it is what an earlier one has left. */
	if (ps->kind == VT_STRING_OSC) {
		SNAP_NUMBER(s, ps->key_len, sizeof(ps->key));
		vt_snap_raw(s, ps->key, ps->key_len);
	}
	string_row(s, ps);
	if (s->error != VT_SNAPSHOT_OK)
		return;
	switch (ps->string_mode) {
	case VT_STRING_HEAD:
		vt_snap_require(s, ps->kind == VT_STRING_OSC || ps->kind == VT_STRING_APC);
		break;
	case VT_STRING_KEY:
		vt_snap_require(s, ps->kind == VT_STRING_OSC && ps->key_len < sizeof(ps->key));
		break;
	case VT_STRING_COLLECT:
		vt_snap_require(s, ps->row && ps->row->handler);
		if (s->error == VT_SNAPSHOT_OK)
			collected(s, ps);
		break;
	case VT_STRING_STREAM:
		vt_snap_require(s, ps->row && ps->row->stream);
		if (s->error != VT_SNAPSHOT_OK)
			break;
		SNAP_NUMBER(s, ps->string_len, ps->row->limit);
		if (ps->row->stream->snapshot)
			ps->row->stream->snapshot(s, vt);
		break;
	case VT_STRING_SWALLOW: break;
	}
}

static void parser_fields(struct vt_snap *s, struct vt *vt)
{
	struct vt_parser *ps = &vt->parser;
	enum vt_parser_state state = ps->state;

	SNAP_NUMBER(s, state, VT_STATE_LAST);
	SNAP_NUMBER(s, ps->prefix, '?');
	SNAP_NUMBER(s, ps->n_inter, 3);
	for (unsigned i = 0; i < ARRAY_LEN(ps->inter); i++)
		SNAP_NUMBER(s, ps->inter[i], 0x2f);
	SNAP_NUMBER(s, ps->n, VT_PARAMS_MAX);
	SNAP_BOOL(s, ps->full);
	SNAP_NUMBER(s, ps->sub, UINT32_MAX);
	for (unsigned i = 0; i < ps->n; i++)
		SNAP_NUMBER(s, ps->params[i], UINT16_MAX);
	SNAP_NUMBER(s, ps->dcs_final, 0x7e);
	utf8_fields(s, &ps->utf8);
	vt_snap_require(s, ps->utf8.need == 0 || state == VT_STATE_GROUND);
	if (state == VT_STATE_STRING)
		string_fields(s, vt);
	/* Only now: a stream that could not be read is not to be ended. */
	if (s->reading && s->error == VT_SNAPSHOT_OK)
		ps->state = state;
}

static void mouse_fields(struct vt_snap *s, struct vt *vt)
{
	/* -1 is nowhere. */
	uint32_t x = (uint32_t)vt->mouse_x + 1, y = (uint32_t)vt->mouse_y + 1;

	SNAP_NUMBER(s, x, INT32_MAX);
	SNAP_NUMBER(s, y, INT32_MAX);
	SNAP_NUMBER(s, vt->mouse_buttons, (2u << VT_BUTTON_11) - 1);
	if (s->reading) {
		vt->mouse_x = (int32_t)x - 1;
		vt->mouse_y = (int32_t)y - 1;
	}
}

/* ---- sections ------------------------------------------------------------------------- */

/* In the order of the stream. A number is never used again for something else. */
static const struct section {
	uint8_t type, version;
	bool always;         /* in every snapshot, once; else as many as `count` says, and a reader may do without */
	uint32_t (*count)(const struct vt_snap *s, const struct vt *vt);
	void (*fields)(struct vt_snap *s, struct vt *vt);
} sections[] = {
	{ 1, 1, true, NULL, size_fields },
	{ 2, 1, true, NULL, vt_snap_links },
	{ 3, 1, true, NULL, vt_snap_clusters },
	{ 4, 1, true, NULL, vt_snap_styles },
	{ 5, 1, true, NULL, vt_snap_image_store },
	{ 6, 1, false, vt_snap_image_count, vt_snap_image },
	{ 7, 1, true, NULL, vt_snap_placements },
	{ 8, 1, true, NULL, vt_snap_screen_primary },
	{ 9, 1, true, NULL, vt_snap_screen_alternate },
	{ 10, 1, true, NULL, vt_snap_scrollback },
	{ 11, 1, false, vt_snap_blocks, vt_snap_block },
	{ 12, 1, true, NULL, vt_snap_kept_spans },
	{ 13, 1, true, NULL, state_fields },
	{ 14, 1, true, NULL, parser_fields },
	{ 15, 1, true, NULL, vt_snap_texts },
	{ 16, 1, true, NULL, vt_snap_palette },
	{ 17, 1, true, NULL, mouse_fields },
	{ 18, 1, true, NULL, vt_snap_osc },
	{ 19, 1, true, NULL, vt_snap_sixel },
	{ 20, 1, true, NULL, vt_snap_graphics },
	{ 21, 1, true, NULL, vt_snap_file },
};

static uint32_t section_count(const struct vt_snap *s, const struct vt *vt, const struct section *sec)
{
	return sec->always ? 1 : sec->count(s, vt);
}

enum vt_snapshot_error vt_snapshot_write(const struct vt *vt, vt_snapshot_fn fn, void *user)
{
	struct vt_snap s = { .fn = fn, .user = user };
	/* What describes the fields for reading too must be able to set them. */
	struct vt *same = (struct vt *)(uintptr_t)vt;
	uint8_t head[sizeof(magic) + 10];

	xxh64_init(&s.sum);
	memcpy(head, magic, sizeof(magic));
	vt_snap_out(&s, head, sizeof(magic) + vt_snap_varint(head + sizeof(magic), FORMAT));
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct section *sec = &sections[i];
		uint32_t n = section_count(&s, vt, sec);

		s.version = sec->version;
		for (s.index = 0; s.index < n && s.error == VT_SNAPSHOT_OK; s.index++) {
			sec->fields(&s, same);
			vt_snap_section(&s, sec->type, sec->always);
		}
	}
	s.version = 0;
	vt_snap_section(&s, 0, true);
	uint64_t sum = xxh64_value(&s.sum);
	vt_snap_out(&s, &sum, sizeof(sum));
	free(s.payload);
	return s.error;
}

struct growing {
	uint8_t *bytes;
	size_t len, cap, limit;
	enum vt_snapshot_error error;
};

static bool grow(void *user, const void *bytes, size_t len)
{
	struct growing *g = user;

	if (g->limit > 0 && len > g->limit - g->len) {
		g->error = VT_SNAPSHOT_LIMIT;
		return false;
	}
	if (len > g->cap - g->len) {
		size_t cap = MAX(g->cap * 2, g->len + len);
		uint8_t *more = realloc(g->bytes, cap);

		if (!more) {
			g->error = VT_SNAPSHOT_MEMORY;
			return false;
		}
		g->bytes = more;
		g->cap = cap;
	}
	memcpy(g->bytes + g->len, bytes, len);
	g->len += len;
	return true;
}

uint8_t *vt_snapshot_bytes(const struct vt *vt, size_t limit, size_t *ret_len,
    enum vt_snapshot_error *ret_error)
{
	struct growing g = { .limit = limit };

	*ret_error = vt_snapshot_write(vt, grow, &g);
	if (*ret_error == VT_SNAPSHOT_OUTPUT)
		*ret_error = g.error;
	if (*ret_error != VT_SNAPSHOT_OK) {
		free(g.bytes);
		return NULL;
	}
	*ret_len = g.len;
	return g.bytes;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The head of the next section of [s->p, end); its payload is then [s->p, s->end). */
static unsigned section_head(struct vt_snap *s, const uint8_t *end, bool *required)
{
	s->end = end;
	unsigned type = (unsigned)vt_snap_number(s, 0, 0, UINT32_MAX);
	s->version = (unsigned)vt_snap_number(s, 0, 0, UINT32_MAX);
	size_t len = vt_snap_count(s, 0, UINT64_MAX, 1);
	s->end = s->p + len;
	*required = type & 1;
	return type >> 1;
}

static void read_section(struct vt_snap *s, struct vt *vt, const struct section *sec)
{
	if (s->index >= section_count(s, vt, sec)) {
		vt_snap_fail(s, VT_SNAPSHOT_SECTION);
		return;
	}
	sec->fields(s, vt);
	/* Fields that a later version has added are no business of ours. */
	if (s->version <= sec->version)
		vt_snap_require(s, s->p == s->end);
	s->index++;
}

static void read_sections(struct vt_snap *s, struct vt *vt, const uint8_t *end)
{
	const struct section *sec = sections, *last = sections + ARRAY_LEN(sections);
	unsigned type = 1;

	while (type != 0 && s->error == VT_SNAPSHOT_OK) {
		bool required;

		type = section_head(s, end, &required);
		/* The sections before it are now complete. */
		for (; sec < last && (type == 0 || sec->type < type) && s->error == VT_SNAPSHOT_OK; sec++) {
			if (s->index < section_count(s, vt, sec))
				vt_snap_fail(s, VT_SNAPSHOT_SECTION);
			s->index = 0;
		}
		if (s->error != VT_SNAPSHOT_OK)
			return;
		if (sec < last && sec->type == type)
			read_section(s, vt, sec);
		else if (type != 0 && (required || type <= sections[ARRAY_LEN(sections) - 1].type))
			vt_snap_fail(s, VT_SNAPSHOT_SECTION);
		s->p = s->end;
	}
	if (s->p != end)
		vt_snap_fail(s, VT_SNAPSHOT_SECTION);
}

/* Checks the head and the checksum; the sections are then [s->p, *ret_end). */
static void open_stream(struct vt_snap *s, const uint8_t *bytes, size_t len, bool any_sum, const uint8_t **ret_end)
{
	uint64_t sum;

	if (memcmp(bytes, magic, MIN(len, sizeof(magic))) != 0) {
		vt_snap_fail(s, VT_SNAPSHOT_FORMAT);
		return;
	}
	if (len < sizeof(magic) + CHECKSUM_BYTES) {
		vt_snap_fail(s, VT_SNAPSHOT_TRUNCATED);
		return;
	}
	*ret_end = bytes + len - CHECKSUM_BYTES;
	s->p = bytes + sizeof(magic);
	s->end = *ret_end;
	if (vt_snap_number(s, 0, 0, UINT32_MAX) != FORMAT)
		vt_snap_fail(s, VT_SNAPSHOT_FORMAT);
	memcpy(&sum, *ret_end, sizeof(sum));
	if (!any_sum && sum != xxh64(bytes, len - CHECKSUM_BYTES))
		vt_snap_fail(s, VT_SNAPSHOT_CHECKSUM);
}

/* What this owner's limits have no room for goes, the oldest first. */
static void keep_bounds(struct vt *vt)
{
	vt_sb_trim(&vt->sb);
	vt_spans_trim(vt, vt->sb.first);
	vt->changed = false;
	vt_images_make_room(vt, 0, NULL);
	/* Rows that showed what is gone are others now. */
	vt->seqno += vt->changed;
}

struct vt *vt_snapshot_read(const void *bytes, size_t len, const struct vt_config *config,
    const struct vt_callbacks *cb, void *user, unsigned flags, enum vt_snapshot_error *ret_error)
{
	struct vt_snap s = { .reading = true, .config = config };
	struct vt_config small = *config;
	const uint8_t *end = NULL;

	*ret_error = VT_SNAPSHOT_OK;
	open_stream(&s, bytes, len, flags & VT_SNAPSHOT_ANY_CHECKSUM, &end);
	if (s.error != VT_SNAPSHOT_OK) {
		*ret_error = s.error;
		return NULL;
	}
	small.rows = small.cols = 1;
	struct vt *vt = vt_create(&small, cb, user);
	read_sections(&s, vt, end);
	free(s.styles_live);
	*ret_error = s.error;
	if (s.error == VT_SNAPSHOT_OK) {
		keep_bounds(vt);
		return vt;
	}
	vt_destroy(vt);
	return NULL;
}
