/* The public face: creation, resets, and reading the state. */
#include "base/xxh64.h"
#include "vt/osc.h"

static void reset_state(struct vt *vt)
{
	vt->modes = vt->saved_modes = VT_MODES_INITIAL;
	vt->pen = (struct vt_style){ 0 };
	vt->pen_id = vt->erase_id = 0;
	vt->pen_stale = vt->erase_stale = false;
	vt_charsets_reset(vt);
	vt->level = 5;
	vt->change_extent = vt->checksum = vt->sgr_stack_n = 0;
	vt_sixel_reset(vt);
	vt->shape = VT_CURSOR_DEFAULT;
	vt->other_keys = vt->other_keys_format = 0;
	vt->last_cp = 0;
	vt->cluster = VT_CLUSTER_CLOSED;
	for (unsigned i = 0; i < ARRAY_LEN(vt->grids); i++) {
		vt->grids[i].kitty_n = 0;
		vt_saved_reset(&vt->grids[i].saved);
	}
	vt_margins_reset(vt);
	vt_tabs_default(vt, 0);
	vt->pos = (struct vt_pos){ 0 };
	vt->mouse_x = vt->mouse_y = -1;
	vt->mouse_buttons = 0;
	vt_print_update(vt);
}

struct vt *vt_create(const struct vt_config *config, const struct vt_callbacks *cb, void *user)
{
	struct vt *vt = xcalloc(1, sizeof(*vt));

	if (cb)
		vt->cb = *cb;
	vt->user = user;
	const char *program = config->term_program ? config->term_program : "";
	vt->term_program = vt_clean(program, __builtin_strlen(program), 128, 0, NULL);
	vt->rows = (uint16_t)MIN(MAX(config->rows, 1), VT_ROWS_MAX);
	vt->cols = (uint16_t)MIN(MAX(config->cols, 1), VT_COLS_MAX);
	vt->notify = config->notify;
	vt->test_reports = config->test_reports;
	vt->pixel_width = config->pixel_width;
	vt->pixel_height = config->pixel_height;
	for (unsigned i = 0; i < ARRAY_LEN(vt->grids); i++)
		vt_grid_init(&vt->grids[i], vt->rows, vt->cols);
	vt->grid = &vt->grids[0];
	vt_seen_reset(vt);
	vt_sb_init(&vt->sb, config->scrollback_lines, config->scrollback_bytes);
	vt->seqno = 1;
	vt->tabs = xmalloc(vt->cols);
	vt_intern_init(vt);
	vt_images_init(vt, config->image_bytes);
	vt->title = xstrdup("");
	vt->icon_title = xstrdup("");
	vt->cwd = xstrdup("");
	vt_palette_init(vt);
	reset_state(vt);
	return vt;
}

void vt_destroy(struct vt *vt)
{
	if (!vt)
		return;
	vt_string_abandon(vt);
	for (unsigned i = 0; i < ARRAY_LEN(vt->grids); i++)
		vt_grid_fini(&vt->grids[i]);
	for (unsigned i = 0; i < ARRAY_LEN(vt->scratch); i++)
		free(vt->scratch[i].cells);
	while (vt->title_stack_n > 0) {
		free(vt->title_stack[--vt->title_stack_n].title);
		free(vt->title_stack[vt->title_stack_n].icon);
	}
	vt_palette_stack_clear(vt);
	vt_sb_fini(&vt->sb);
	vt_kitty_fini(vt);
	vt_images_fini(vt);
	vt_sixel_free(vt->sixel);
	free(vt->sixel_palette);
	vt_intern_fini(vt);
	free(vt->parser.string);
	free(vt->tabs);
	free(vt->seen);
	free(vt->title);
	free(vt->icon_title);
	free(vt->cwd);
	free(vt->board.data);
	vt_file_drop(vt);
	vt_notes_clear(vt);
	vt_shell_clear(vt);
	vt_user_vars_clear(vt);
	free(vt->remote_host);
	free(vt->term_program);
	free(vt);
}

/* Titles and the folder stay, as with the real server. */
void vt_hard_reset(struct vt *vt)
{
	bool palette = vt_palette_changed(vt), wide = vt->modes & VT_M_COLUMNS;

	vt_screen_switch(vt, false);
	reset_state(vt);
	if (wide)
		vt_want_size(vt, vt->rows, 80);
	vt_erase_rows(vt, 0, vt->rows);
	vt_drop_scrollback(vt);
	vt_images_reset(vt);
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++)
		vt_palette_reset(vt, i);
	vt_palette_stack_clear(vt);
	vt_notes_clear(vt);
	vt_progress_clear(vt);
	vt_shell_clear(vt);
	memset(vt->pointer, 0, sizeof(vt->pointer));
	vt->board.open = false;
	vt_file_drop(vt);
	if (palette && vt->cb.palette)
		vt->cb.palette(vt->user);
}

void vt_reset(struct vt *vt)
{
	vt_hard_reset(vt);
	vt->seqno++;
}

void vt_drop_scrollback(struct vt *vt)
{
	vt_sb_erase(&vt->sb);
	vt_spans_trim(vt, vt->sb.first);
	vt->changed = true;
}

/* Clears the screen but for the line with the cursor, which moves to the top: a prompt stays in sight. */
static void keep_cursor_line(struct vt *vt)
{
	unsigned y = vt->pos.y;
	if (y > 0) {
		struct vt_grid_row keep = *vt_row_at(vt, 0);

		*vt_row_at(vt, 0) = *vt_row_at(vt, y);
		*vt_row_at(vt, y) = keep;
		vt_touch(vt, vt_row_at(vt, 0));
	}
	for (unsigned i = 1; i < vt->rows; i++) {
		vt_row_clear(vt_row_at(vt, i), vt->cols, 0);
		vt_spans_drop(vt, vt_row_at(vt, i));
		vt_touch(vt, vt_row_at(vt, i));
	}
	vt_row_at(vt, 0)->wrapped = false;
	bool pending = vt->pos.pending;
	vt_cursor_to(vt, vt->pos.x, 0);
	vt->pos.pending = pending;
}

void vt_erase_scrollback(struct vt *vt, bool and_viewport)
{
	vt_drop_scrollback(vt);
	if (and_viewport)
		keep_cursor_line(vt);
	vt->seqno++;
}

struct vt_memory vt_memory(const struct vt *vt)
{
	return (struct vt_memory){ vt->sb.bytes, vt->images.bytes };
}

void vt_trim(struct vt *vt, struct vt_memory most)
{
	size_t scrollback = vt->sb.bytes_max, images = vt->images.bytes_max;

	vt->sb.bytes_max = MAX(most.scrollback, (size_t)1);
	vt->images.bytes_max = most.images;
	vt_sb_trim(&vt->sb);
	vt_spans_trim(vt, vt->sb.first);
	vt_images_make_room(vt, 0, NULL);
	vt->sb.bytes_max = scrollback;
	vt->images.bytes_max = images;
	vt->seqno++;
	vt->changed = true;
}

bool vt_compact(struct vt *vt)
{
	vt_images_compact(vt);
	return vt_sb_compact(&vt->sb);
}

bool vt_sync_pending(const struct vt *vt)
{
	return vt->modes & VT_M_SYNC;
}

void vt_sync_expire(struct vt *vt)
{
	vt->modes &= ~VT_M_SYNC;
}

/* ---- reading ---------------------------------------------------------------------- */

uint64_t vt_seqno(const struct vt *vt)
{
	return vt->seqno;
}

static int64_t screen_top(const struct vt *vt)
{
	return vt_is_alt(vt) ? 0 : vt->sb.end;
}

struct vt_dims vt_dims(const struct vt *vt)
{
	return (struct vt_dims){
		.rows = vt->rows, .cols = vt->cols,
		.pixel_width = vt->pixel_width, .pixel_height = vt->pixel_height,
		.physical_top = screen_top(vt), .scrollback_top = vt_is_alt(vt) ? 0 : vt->sb.first,
	};
}

struct vt_cursor vt_cursor(const struct vt *vt)
{
	return (struct vt_cursor){
		.x = vt->pos.x, .y = screen_top(vt) + vt->pos.y,
		.shape = vt->shape, .visible = vt->modes & VT_M_CURSOR_VISIBLE,
	};
}

uint32_t vt_modes(const struct vt *vt)
{
	return (uint32_t)vt->modes;
}

uint8_t vt_kitty_flags(const struct vt *vt)
{
	return vt->grid->kitty_n ? vt->grid->kitty[vt->grid->kitty_n - 1] : 0;
}

uint8_t vt_modify_other_keys(const struct vt *vt)
{
	return vt->other_keys;
}

bool vt_format_other_keys(const struct vt *vt)
{
	return vt->other_keys_format;
}

const char *vt_title(const struct vt *vt)
{
	return vt->title;
}

const char *vt_icon_title(const struct vt *vt)
{
	return vt->icon_title;
}

const char *vt_cwd(const struct vt *vt)
{
	return vt->cwd;
}

/* What a row shows as a number; 0 when that is not told so simply. Blanks at its end are as good
 * as none. */
static uint64_t row_hash(const struct vt *vt, const struct vt_grid_row *row)
{
	unsigned n = row->used;

	/* Images, and text that may stand for one. */
	if (row->spans || vt->images.virtuals > 0)
		return 0;
	while (n > 0 && vt_cell_word(&row->cells[n - 1]) == vt_blank_word(0))
		n--;
	const uint64_t all[] = { xxh64(row->cells, n * sizeof(*row->cells)),
		(uint64_t)row->marks << 16 | (uint64_t)row->line_attr << 8 | row->wrapped,
		vt->styles.ids.sweeps, vt->clusters.ids.sweeps, vt->links.ids.sweeps };
	uint64_t hash = xxh64(all, sizeof(all));
	return hash ? hash : 1;
}

/* What is known of row y: by its place in the ring, where a row stays while the screen scrolls; on
 * the alternate screen, where the indexes stay, by y. */
static struct vt_seen *seen_row(const struct vt *vt, unsigned y)
{
	return &vt->seen[vt_is_alt(vt) ? y : (size_t)(vt_row_at(vt, y) - vt->grid->rows)];
}

/* Since when the row has been as it is. Whatever was written since it was looked at last: when it
 * shows the same again, nothing has changed. */
static uint64_t screen_row_seqno(const struct vt *vt, unsigned y)
{
	const struct vt_grid_row *row = vt_row_at(vt, y);
	uint64_t written = MAX(row->seqno, vt->grid->floor);
	int64_t index = screen_top(vt) + y;
	struct vt_seen *seen = seen_row(vt, y);

	if (seen->index != index || seen->checked != written) {
		uint64_t hash = row_hash(vt, row);

		if (seen->index != index || hash == 0 || hash != seen->hash)
			seen->same_since = written;
		seen->index = index;
		seen->hash = hash;
		/* What is under way may go on. */
		seen->checked = written <= vt->seqno ? written : 0;
	}
	return seen->same_since;
}

void vt_row_leaves(struct vt *vt, struct vt_grid_row *row)
{
	row->seqno = screen_row_seqno(vt, 0);
}

void vt_seen_reset(struct vt *vt)
{
	vt->seen = xreallocarray(vt->seen, vt->rows, sizeof(*vt->seen));
	for (unsigned y = 0; y < vt->rows; y++)
		vt->seen[y] = (struct vt_seen){ .index = -1 };
}

static uint64_t kept_row_seqno(const struct vt *vt, const struct vt_sb_block *block, int64_t row)
{
	uint64_t seqno = vt_sb_row_seqno(block, (uint32_t)(row - block->first));
	const struct vt_kept_spans *images = vt->images.n_kept > 0 ? vt_spans_kept(vt, row) : NULL;

	if (images)
		seqno = MAX(seqno, images->seqno);
	return row < vt->switch_rows ? MAX(seqno, vt->switch_seqno) : seqno;
}

bool vt_row_get(struct vt *vt, int64_t row, struct vt_row *ret)
{
	int64_t top = screen_top(vt);

	if (row >= top && row < top + vt->rows) {
		unsigned y = (unsigned)(row - top);
		const struct vt_grid_row *r = vt_row_at(vt, y);

		*ret = (struct vt_row){ .cells = r->cells, .n = r->used, .wrapped = r->wrapped,
			.line_attr = r->line_attr, .marks = r->marks, .seqno = screen_row_seqno(vt, y) };
		return true;
	}
	struct vt_sb_block *block = vt_is_alt(vt) ? NULL : vt_sb_find(&vt->sb, row);
	if (!block)
		return false;
	struct vt_scratch *s = &vt->scratch[vt->scratch_next];
	vt->scratch_next = (vt->scratch_next + 1) % ARRAY_LEN(vt->scratch);
	struct vt_cell *cells = vt_scratch_cells(s, block->widest);
	vt_sb_block_read(vt, block, (uint32_t)(row - block->first), cells, &s->n, ret);
	ret->seqno = kept_row_seqno(vt, block, row);
	return true;
}

/* A list of rows that is cut to what the caller has room for. */
struct rows {
	int64_t *v;
	size_t n, max;
};

static void add_row(struct rows *r, int64_t row)
{
	if (r->n < r->max)
		r->v[r->n] = row;
	r->n++;
}

/* Of kept rows [row, end), none of which came since: only images can have changed. */
static void add_image_rows(const struct vt *vt, struct rows *r, uint64_t since, int64_t row, int64_t end)
{
	for (; (row = vt_spans_kept_changed(vt, since, row, end)) < end; row++)
		add_row(r, row);
}

static void add_kept_rows(const struct vt *vt, struct rows *r, uint64_t since, int64_t row, int64_t end)
{
	if (vt->switch_seqno > since)
		for (; row < MIN(end, vt->switch_rows); row++)
			add_row(r, row);
	int64_t from = MIN(MAX(vt_sb_changed_from(&vt->sb, since), row), end);
	add_image_rows(vt, r, since, row, from);
	for (row = from; row < end;) {
		const struct vt_sb_block *b = vt_sb_find(&vt->sb, row);
		int64_t stop = MIN(end, b->first + (int64_t)b->n);

		if (MAX(b->seqno, b->floor) <= since)
			add_image_rows(vt, r, since, row, stop);
		else
			for (; row < stop; row++)
				if (kept_row_seqno(vt, b, row) > since)
					add_row(r, row);
		row = stop;
	}
}

size_t vt_rows_changed(const struct vt *vt, uint64_t since, int64_t first, int64_t last, int64_t *ret,
    size_t max)
{
	struct rows r = { .v = ret, .max = max };
	int64_t top = screen_top(vt);

	if (!vt_is_alt(vt))
		add_kept_rows(vt, &r, since, MAX(first, vt->sb.first), MIN(last, vt->sb.end));
	for (int64_t row = MAX(first, top); row < MIN(last, top + vt->rows); row++)
		if (screen_row_seqno(vt, (unsigned)(row - top)) > since)
			add_row(&r, row);
	return r.n;
}
