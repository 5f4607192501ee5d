/* Images in a snapshot: first the store, an image a section; then the placements;
 * spans come with the rows that have them, those of kept rows by themselves. Who
 * uses what is counted again while reading. */
#include "vt/internal.h"
#include "vt/snap_io.h"

void vt_snap_image_store(struct vt_snap *s, struct vt *vt)
{
	struct vt_images *im = &vt->images;

	SNAP_NUMBER(s, im->serial, INT64_MAX);
	SNAP_NUMBER(s, im->placement_serial, INT64_MAX);
	SNAP_NUMBER(s, im->clock, INT64_MAX);
	SNAP_NUMBER(s, im->kept_seqno, vt->seqno);
	SNAP_BOOL(s, im->placeholders_kept);
	s->images = s->reading ? 0 : (uint32_t)im->n;
	SNAP_NUMBER(s, s->images, VT_IMAGES_MAX);
	if (!s->reading || s->images == 0)
		return;
	im->v = vt_snap_alloc(s, s->images, sizeof(struct vt_stored *));
	im->cap = s->images;
}

uint32_t vt_snap_image_count(const struct vt_snap *s, const struct vt *vt)
{
	return s->images;
}

static void picture_fields(struct vt_snap *s, struct vt_picture *picture)
{
	SNAP_NUMBER(s, picture->format, VT_IMAGE_INDEXED);
	SNAP_RANGE(s, picture->width, 1, VT_IMAGE_SIDE_MAX);
	SNAP_RANGE(s, picture->height, 1, VT_IMAGE_SIDE_MAX);
	SNAP_BOOL(s, picture->clear);
	picture->len = vt_snap_count(s, picture->len, VT_IMAGE_BYTES_MAX, 1);
	vt_snap_require(s, vt_picture_len_good(picture));
	vt_snap_bytes(s, &picture->data, picture->len);
}

static size_t frame_bytes(const struct vt_stored *image)
{
	return (size_t)image->picture.width * image->picture.height * 4;
}

static void animation_fields(struct vt_snap *s, struct vt_stored *image)
{
	size_t bytes = frame_bytes(image);
	uint32_t n = (uint32_t)vt_snap_count(s, image->n_frames, VT_IMAGE_FRAMES_MAX - 1, bytes + 1);

	SNAP_NUMBER(s, image->gap, INT32_MAX);
	SNAP_NUMBER(s, image->current, n);
	SNAP_NUMBER(s, image->loops, UINT32_MAX);
	SNAP_BOOL(s, image->runs);
	if (n == 0)
		return;
	vt_snap_require(s, image->picture.format == VT_IMAGE_RGBA);
	if (s->reading)
		image->frames = vt_snap_alloc(s, n, sizeof(*image->frames));
	for (uint32_t i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		struct vt_image_part *frame = &image->frames[i];

		SNAP_NUMBER(s, frame->gap, INT32_MAX);
		vt_snap_bytes(s, &frame->data, bytes);
		if (frame->data && s->reading)
			image->n_frames = i + 1;
	}
}

void vt_snap_image(struct vt_snap *s, struct vt *vt)
{
	struct vt_images *im = &vt->images;
	struct vt_stored *image = s->reading ? vt_snap_alloc(s, 1, sizeof(*image)) : im->v[s->index];

	if (!image)
		return;
	SNAP_RANGE(s, image->serial, 1, im->serial);
	SNAP_NUMBER(s, image->used, im->clock);
	SNAP_BOOL(s, image->screen);
	SNAP_NUMBER(s, image->id, UINT32_MAX);
	SNAP_NUMBER(s, image->number, UINT32_MAX);
	picture_fields(s, &image->picture);
	animation_fields(s, image);
	if (!s->reading)
		return;
	for (size_t i = 0; i < im->n; i++)
		vt_snap_require(s, im->v[i]->serial != image->serial);
	im->v[im->n++] = image;
	im->bytes += image->picture.len + image->n_frames * frame_bytes(image);
}

static struct vt_stored *image_find(const struct vt_images *im, uint64_t serial)
{
	for (size_t i = 0; i < im->n; i++)
		if (im->v[i]->serial == serial)
			return im->v[i];
	return NULL;
}

static void placement_fields(struct vt_snap *s, struct vt *vt, struct vt_placement *p)
{
	uint64_t image = s->reading ? 0 : p->image->serial;

	SNAP_RANGE(s, p->serial, 1, vt->images.placement_serial);
	SNAP_RANGE(s, image, 1, vt->images.serial);
	if (s->reading && !(p->image = image_find(&vt->images, image)))
		vt_snap_fail(s, VT_SNAPSHOT_VALUE);
	SNAP_NUMBER(s, p->id, UINT32_MAX);
	SNAP_SIGNED(s, p->z);
	SNAP_BOOL(s, p->bound);
	SNAP_BOOL(s, p->virt);
	SNAP_NUMBER(s, p->parent, vt->images.placement_serial);
	SNAP_SIGNED(s, p->shift_x);
	SNAP_SIGNED(s, p->shift_y);
	SNAP_BOOL(s, p->screen);
	SNAP_RANGE(s, p->cols, 1, UINT16_MAX);
	SNAP_RANGE(s, p->rows, 1, UINT16_MAX);
	SNAP_RANGE(s, p->cell_width, 1, UINT16_MAX);
	SNAP_RANGE(s, p->cell_height, 1, UINT16_MAX);
	SNAP_SIGNED(s, p->x);
	SNAP_SIGNED(s, p->y);
	SNAP_SIGNED(s, p->width);
	SNAP_SIGNED(s, p->height);
	SNAP_NUMBER(s, p->from_x, VT_IMAGE_SIDE_MAX);
	SNAP_NUMBER(s, p->from_y, VT_IMAGE_SIDE_MAX);
	SNAP_NUMBER(s, p->from_width, VT_IMAGE_SIDE_MAX);
	SNAP_NUMBER(s, p->from_height, VT_IMAGE_SIDE_MAX);
}

void vt_snap_placements(struct vt_snap *s, struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t n = vt_snap_count(s, im->n_placements, VT_PLACEMENTS_MAX, 18);

	if (s->reading && n > 0) {
		im->placements = vt_snap_alloc(s, n, sizeof(struct vt_placement *));
		im->cap_placements = n;
	}
	for (size_t i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		struct vt_placement *p = s->reading ? vt_snap_alloc(s, 1, sizeof(*p)) : im->placements[i];

		if (!p)
			return;
		placement_fields(s, vt, p);
		if (!s->reading)
			continue;
		/* They are looked for by halves. */
		vt_snap_require(s, i == 0 || im->placements[i - 1]->serial < p->serial);
		if (s->error != VT_SNAPSHOT_OK) {
			free(p);
			return;
		}
		im->placements[im->n_placements++] = p;
		p->image->placements++;
		im->virtuals += p->virt;
		im->relatives += p->parent != 0;
		p->spans = p->virt || p->parent;     /* held though no row shows it */
	}
	/* A chain of parents that goes round would never end. */
	for (size_t i = 0; s->reading && i < im->n_placements; i++)
		vt_snap_require(s, vt_placement_depth(vt, im->placements[i]) <= VT_KITTY_DEPTH_MAX &&
		    !(im->placements[i]->virt && im->placements[i]->parent));
}

/* The graphics protocol's transfer under way, and its command. */
void vt_snap_graphics(struct vt_snap *s, struct vt *vt)
{
	const struct vt_parser *ps = &vt->parser;
	bool there = vt->graphics, under_way = ps->state == VT_STATE_STRING && ps->row &&
	    ps->string_mode == VT_STRING_STREAM && ps->row->stream == &vt_kitty_stream;

	SNAP_BOOL(s, there);
	vt_snap_require(s, there || !under_way);
	if (!there)
		return;
	if (s->reading)
		vt->graphics = vt_snap_alloc(s, 1, sizeof(*vt->graphics));
	struct vt_kitty *g = vt->graphics;
	if (!g)
		return;
	SNAP_NUMBER(s, g->part, VT_KITTY_SKIP);
	SNAP_NUMBER(s, g->control_len, VT_KITTY_CONTROL_MAX - 1);
	vt_snap_raw(s, g->control, g->control_len);
	SNAP_BOOL(s, g->malformed);
	for (size_t i = 0; i < ARRAY_LEN(g->cmd.v); i++) {
		SNAP_NUMBER(s, g->cmd.v[i], UINT32_MAX);
		SNAP_NUMBER(s, g->load.v[i], UINT32_MAX);
	}
	SNAP_NUMBER(s, g->base64.bits, UINT8_MAX);
	SNAP_NUMBER(s, g->base64.have, 6);
	SNAP_BOOL(s, g->base64.padded);
	SNAP_BOOL(s, g->base64.bad);
	SNAP_BOOL(s, g->loading);
	SNAP_BOOL(s, g->too_much);
	size_t error_len = s->reading ? 0 : strnlen(g->error, sizeof(g->error));
	error_len = vt_snap_count(s, error_len, sizeof(g->error) - 1, 1);
	vt_snap_raw(s, g->error, error_len);
	if (s->reading) {
		vt_snap_require(s, g->base64.have % 2 == 0);
		for (size_t i = 0; i < error_len; i++)
			vt_snap_require(s, g->error[i] >= ' ' && g->error[i] <= '~');
		/* It finds out again what is wrong with the command, if anything is. */
		char error[VT_KITTY_ERROR_MAX];
		memcpy(error, g->error, sizeof(error));
		vt_kitty_load_limits(vt);
		memcpy(g->error, error, sizeof(error));
	}
	g->bytes.len = vt_snap_count(s, g->bytes.len, g->bytes.max, 1);
	if (g->bytes.len > 0)
		vt_snap_bytes(s, &g->bytes.v, g->bytes.len);
	if (s->reading)
		g->bytes.cap = g->bytes.len;
}

static void span_fields(struct vt_snap *s, struct vt *vt, struct vt_span *span)
{
	uint64_t serial = span->placement;

	SNAP_RANGE(s, serial, 1, vt->images.placement_serial);
	SNAP_NUMBER(s, span->x, UINT16_MAX);
	SNAP_NUMBER(s, span->cells, (unsigned)UINT16_MAX - span->x);
	SNAP_NUMBER(s, span->col, UINT16_MAX);
	SNAP_NUMBER(s, span->row, UINT16_MAX);
	if (!s->reading)
		return;
	struct vt_placement *p = vt_placement_find(vt, serial);
	vt_snap_require(s, p && span->col + span->cells <= p->cols && span->row < p->rows);
	if (s->error != VT_SNAPSHOT_OK)
		return;
	span->placement = serial;
	span->bound = p->bound;
	p->spans++;
	vt->images.spans++;
}

void vt_snap_spans(struct vt_snap *s, struct vt *vt, struct vt_spans **spans)
{
	struct vt_spans *list = *spans;
	uint16_t n = (uint16_t)vt_snap_count(s, list ? list->n : 0, VT_ROW_IMAGES_MAX, 5);

	if (n == 0)
		return;
	if (s->reading) {
		list = *spans = vt_snap_alloc(s, 1, sizeof(*list) + n * sizeof(list->v[0]));
		if (!list)
			return;
		list->cap = n;
	}
	for (uint16_t i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		span_fields(s, vt, &list->v[i]);
		list->n = (uint16_t)(s->reading ? i + 1 : list->n);
	}
	if (vt->images.spans > VT_IMAGE_SPANS_MAX)
		vt_snap_fail(s, VT_SNAPSHOT_LIMIT);
}

static void kept_fields(struct vt_snap *s, struct vt *vt, struct vt_kept_spans *kept)
{
	uint64_t row = (uint64_t)(kept->row - vt->sb.first);

	SNAP_NUMBER(s, row, (uint64_t)(vt->sb.end - vt->sb.first));
	SNAP_NUMBER(s, kept->seqno, vt->images.kept_seqno);
	vt_snap_spans(s, vt, &kept->spans);
	if (s->reading)
		kept->row = vt->sb.first + (int64_t)row;
}

void vt_snap_kept_spans(struct vt_snap *s, struct vt *vt)
{
	struct vt_images *im = &vt->images;
	size_t n = vt_snap_count(s, im->n_kept, (uint64_t)VT_STABLE_MAX, 3);

	if (s->reading && n > 0) {
		im->kept = vt_snap_alloc(s, n, sizeof(*im->kept));
		im->cap_kept = n;
	}
	for (size_t i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		struct vt_kept_spans *kept = &im->kept[im->kept_head + i];

		kept_fields(s, vt, kept);
		if (!s->reading)
			continue;
		im->n_kept++;
		vt_snap_require(s, kept->row < vt->sb.end && (i == 0 || kept[-1].row < kept->row));
	}
	/* All who could show them have been read. */
	for (size_t i = 0; s->reading && i < im->n_placements; i++)
		vt_snap_require(s, im->placements[i]->spans > 0);
}
