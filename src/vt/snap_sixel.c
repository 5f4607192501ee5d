/* Sixel in a snapshot: the registers that pictures share, and a picture of which only a
 * part has come. */
#include "vt/internal.h"
#include "vt/snap_io.h"

static void palette_fields(struct vt_snap *s, struct vt_sixel_palette *palette)
{
	for (unsigned i = 0; i < VT_SIXEL_REGISTERS_MAX; i++)
		SNAP_NUMBER(s, palette->v[i], UINT32_MAX);
}

void vt_snap_sixel(struct vt_snap *s, struct vt *vt)
{
	bool shared = vt->sixel_palette;

	SNAP_RANGE(s, vt->sixel_registers, 1, VT_SIXEL_REGISTERS_MAX);
	SNAP_NUMBER(s, vt->sixel_width, VT_IMAGE_SIDE_MAX);
	SNAP_NUMBER(s, vt->sixel_height, VT_IMAGE_SIDE_MAX);
	SNAP_BOOL(s, shared);
	if (s->reading && shared)
		vt->sixel_palette = vt_snap_alloc(s, 1, sizeof(*vt->sixel_palette));
	if (shared && vt->sixel_palette)
		palette_fields(s, vt->sixel_palette);
}

/* Rows of which the first `bytes` count. */
static void pixel_rows(struct vt_snap *s, uint8_t *pixels, size_t stride, size_t bytes, uint32_t rows)
{
	for (uint32_t y = 0; y < rows; y++)
		vt_snap_raw(s, pixels + y * stride, bytes);
}

static void line_fields(struct vt_snap *s, struct vt_sixel *x)
{
	SNAP_NUMBER(s, x->line_end, x->setup.max_width);
	SNAP_NUMBER(s, x->line_bits, 63);
	vt_snap_room(s, x->line_end, VT_SIXEL_LINE);
	if (s->reading && x->line_end > 0 && s->error == VT_SNAPSHOT_OK) {
		x->line = vt_snap_alloc(s, VT_SIXEL_LINE_ROWS, x->line_end + VT_SIXEL_SPARE);
		x->line_cap = x->line_end;
	}
	if (x->line && s->error == VT_SNAPSHOT_OK)
		pixel_rows(s, x->line, x->line_cap + VT_SIXEL_SPARE, x->line_end, VT_SIXEL_LINE);
}

static void picture_fields(struct vt_snap *s, struct vt_sixel *x)
{
	SNAP_BOOL(s, x->wide);
	SNAP_NUMBER(s, x->width, x->setup.max_width);
	SNAP_NUMBER(s, x->rows, x->setup.max_height);
	size_t n = (size_t)x->width * x->rows, pixel = x->wide ? sizeof(uint32_t) : 1;
	if (n > x->setup.max_pixels)
		vt_snap_fail(s, VT_SNAPSHOT_LIMIT);
	vt_snap_room(s, n, pixel);
	if (s->reading && n > 0) {
		x->pixels = vt_snap_alloc(s, x->wide ? n * pixel : VT_INDEXED_BYTES(n), 1);
		x->stride = x->width;
		x->cap = x->rows;
	}
	if (n > 0 && s->error == VT_SNAPSHOT_OK)
		pixel_rows(s, x->pixels, x->stride * pixel, x->width * pixel, x->rows);
	/* Rows without a column are none. */
	if (s->reading && n == 0)
		x->rows = 0;
}

/* not kept, vt_sixel: opaque - found again when the picture is finished
 * not kept, vt_sixel: number_of - found again by the colour
 * not kept, vt_sixel: pass_end - 0 between writes
 * not kept, vt_sixel_setup: palette - copied at the beginning */
static void decoder_fields(struct vt_snap *s, struct vt_sixel *x)
{
	struct vt_sixel_setup *setup = &x->setup;

	SNAP_NUMBER(s, setup->p1, UINT16_MAX);
	SNAP_NUMBER(s, setup->p2, UINT16_MAX);
	SNAP_RANGE(s, setup->registers, 1, VT_SIXEL_REGISTERS_MAX);
	SNAP_RANGE(s, setup->max_width, 1, VT_IMAGE_SIDE_MAX);
	SNAP_RANGE(s, setup->max_height, 1, VT_IMAGE_SIDE_MAX);
	SNAP_NUMBER(s, setup->max_pixels, VT_IMAGE_BYTES_MAX / 4);
	palette_fields(s, &x->palette);
	SNAP_BOOL(s, x->failed);
	SNAP_NUMBER(s, x->command, '#');
	SNAP_NUMBER(s, x->n, UINT8_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(x->params); i++)
		SNAP_NUMBER(s, x->params[i], VT_SIXEL_NUMBER_MAX);
	SNAP_NUMBER(s, x->chosen, setup->registers - 1);
	SNAP_NUMBER(s, x->numbers, VT_INDEXED_COLORS - 1);
	SNAP_NUMBER(s, x->number, x->numbers);
	for (unsigned i = 1; i <= x->numbers; i++)
		SNAP_NUMBER(s, x->colors[i], UINT32_MAX);
	SNAP_RANGE(s, x->aspect, 1, VT_SIXEL_NUMBER_MAX);
	SNAP_NUMBER(s, x->x, setup->max_width);
	SNAP_NUMBER(s, x->y, setup->max_height);
	SNAP_NUMBER(s, x->declared_width, setup->max_width);
	SNAP_NUMBER(s, x->declared_height, setup->max_height);
	SNAP_BOOL(s, x->filling);
	SNAP_NUMBER(s, x->fill, UINT32_MAX);
	SNAP_NUMBER(s, x->fill_y, setup->max_height);
	SNAP_NUMBER(s, x->fill_width, UINT32_MAX);
	SNAP_NUMBER(s, x->fill_height, UINT32_MAX);
	line_fields(s, x);
	picture_fields(s, x);
}

void vt_snap_sixel_under_way(struct vt_snap *s, struct vt *vt)
{
	if (s->reading)
		vt->sixel = vt_snap_alloc(s, 1, sizeof(*vt->sixel));
	if (vt->sixel)
		decoder_fields(s, vt->sixel);
}
