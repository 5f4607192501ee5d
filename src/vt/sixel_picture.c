/* The picture that sixel data make: a line of it is drawn as sixel.c says, and copied to
 * where it belongs when it ends.
 *
 * A pixel is a byte, the number of its colour, as long as 255 of them are enough: a
 * quarter of the memory to write, and to keep afterwards. When there are more, the
 * pixels there are become four bytes each, and the numbers begin anew; from then on they
 * hold for what of a line has not been copied yet.
 *
 * The picture grows by rows and, if need be, columns; nothing is allocated for what
 * the data only announce beyond the limits of the setup. */
#include "base/mem.h"
#include "vt/sixel.h"

#define LINE VT_SIXEL_LINE
#define SPARE VT_SIXEL_SPARE

/* The number of the colour that fills, in a picture of such: it is the first there is. */
#define FILL 1u

static size_t picture_bytes(const struct vt_sixel *s, uint32_t stride, uint32_t rows)
{
	size_t n = (size_t)stride * rows;

	return s->wide ? n * sizeof(uint32_t) : n + VT_INDEXED_COLORS * sizeof(uint32_t);
}

static uint8_t *bytes_at(const struct vt_sixel *s, uint32_t x, uint32_t y)
{
	return s->pixels + ((size_t)y * s->stride + x) * (s->wide ? sizeof(uint32_t) : 1);
}

/* Of a wide picture. */
static uint32_t *pixels_at(const struct vt_sixel *s, uint32_t x, uint32_t y)
{
	return (uint32_t *)(void *)bytes_at(s, x, y);
}

static void look_up(uint32_t *restrict to, const uint8_t *restrict from, const uint32_t *colors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = colors[from[i]];
}

void vt_indexed_unpack(uint32_t *to, const uint8_t *data, size_t pixels)
{
	uint32_t colors[VT_INDEXED_COLORS];

	memcpy(colors, data + pixels, sizeof(colors));
	look_up(to, data, colors, pixels);
}

/* ---- rows ----------------------------------------------------------------------------- */

/* Colours what is transparent in [from, to) of a made row, where it is to be filled. */
static void fill_row(struct vt_sixel *s, uint32_t y, uint32_t from, uint32_t to)
{
	if (!s->filling || y < s->fill_y || y - s->fill_y >= s->fill_height)
		return;
	to = MIN(to, s->fill_width);
	if (s->wide) {
		uint32_t *row = pixels_at(s, 0, y), color = s->fill;

		for (uint32_t x = from; x < to; x++)
			row[x] = row[x] ? row[x] : color;
	} else {
		uint8_t *row = bytes_at(s, 0, y);

		for (uint32_t x = from; x < to; x++)
			row[x] = row[x] ? row[x] : FILL;
	}
}

static void clear_row(struct vt_sixel *s, uint32_t y, uint32_t from)
{
	memset(bytes_at(s, from, y), 0, (size_t)(bytes_at(s, s->stride, y) - bytes_at(s, from, y)));
}

/* Rows up to end exist afterwards, for which there is room. */
static void make_rows(struct vt_sixel *s, uint32_t end)
{
	for (; s->rows < end; s->rows++) {
		s->opaque = 0;
		clear_row(s, s->rows, 0);
		fill_row(s, s->rows, 0, s->stride);
	}
}

/* Moves the rows there are to memory in which they are so long. */
static void move_rows(struct vt_sixel *s, uint8_t *grown, uint32_t stride)
{
	size_t pixel = s->wide ? sizeof(uint32_t) : 1;
	uint32_t had = s->stride;

	for (uint32_t y = 0; y < s->rows; y++)
		memcpy(grown + (size_t)y * stride * pixel, s->pixels + (size_t)y * had * pixel, had * pixel);
	free(s->pixels);
	s->pixels = grown;
	s->stride = stride;
	for (uint32_t y = 0; y < s->rows; y++) {
		clear_row(s, y, had);
		fill_row(s, y, had, stride);
	}
}

/* Room for so many columns and rows, which the limits allow. */
static bool reserve(struct vt_sixel *s, uint32_t width, uint32_t rows)
{
	size_t limit = s->setup.max_pixels;
	uint32_t stride = s->stride, cap = s->cap;

	if (width <= stride && rows <= cap)
		return true;
	if (width > stride) {
		uint32_t want = MAX(stride ? stride * 2 : s->declared_width, width);

		want = MIN(want, s->setup.max_width);
		stride = (size_t)want * rows <= limit ? want : width;
	}
	if (rows > cap || stride > s->stride) {
		uint32_t want = MAX(rows > cap ? cap ? cap * 2 : s->declared_height : cap, rows);

		want = MIN(want, s->setup.max_height);
		cap = (size_t)stride * want <= limit ? want : rows;
	}
	size_t bytes = picture_bytes(s, stride, cap);
	uint8_t *grown = stride == s->stride ? realloc(s->pixels, bytes) : malloc(bytes);
	if (!grown)
		return false;
	if (stride != s->stride)
		move_rows(s, grown, stride);
	s->pixels = grown;
	s->cap = cap;
	return true;
}

/* How many rows there may be of such a width. */
static uint32_t rows_max(const struct vt_sixel *s, uint32_t width)
{
	return (uint32_t)MIN((size_t)s->setup.max_height, s->setup.max_pixels / MAX(width, 1u));
}

/* ---- lines ----------------------------------------------------------------------------- */

bool vt_sixel_line_reach(struct vt_sixel *s, uint32_t end)
{
	if (end <= s->line_cap)
		return true;
	/* Somewhat more than the picture is wide: runs of columns are taken whole up to its end. */
	uint32_t cap = MIN(MAX(MAX(end, s->line_cap * 2), MAX(s->declared_width + SPARE, 256u)), s->setup.max_width);
	uint8_t *grown = calloc(VT_SIXEL_LINE_ROWS, cap + SPARE);

	if (!grown) {
		s->failed = true;
		return false;
	}
	for (unsigned i = 0; i < VT_SIXEL_LINE_ROWS && s->line; i++)
		memcpy(grown + (size_t)i * (cap + SPARE), vt_sixel_line_row(s, i), s->line_cap);
	free(s->line);
	s->line = grown;
	s->line_cap = cap;
	return true;
}

/* The usual line: new rows, square pixels. */
static void line_to_new_rows(struct vt_sixel *s, uint32_t end)
{
	uint32_t n = s->line_end;

	for (unsigned i = 0; s->rows < end; s->rows++, i++) {
		const uint8_t *from = vt_sixel_line_row(s, i), *hole = memchr(from, 0, n);
		uint32_t whole = hole ? (uint32_t)(hole - from) : n;

		if (s->wide)
			look_up(pixels_at(s, 0, s->rows), from, s->colors, n);
		else
			memcpy(bytes_at(s, 0, s->rows), from, n);
		clear_row(s, s->rows, n);
		fill_row(s, s->rows, whole, s->stride);
		s->opaque = MIN(s->opaque, whole);
	}
}

/* Any line: over rows that may be there, of pixels of any height. */
static void line_over_rows(struct vt_sixel *s, uint32_t end)
{
	make_rows(s, end);
	for (uint32_t y = s->y; y < end; y++) {
		const uint8_t *from = vt_sixel_line_row(s, (y - s->y) / s->aspect);

		if (s->wide) {
			uint32_t *row = pixels_at(s, 0, y);

			for (uint32_t x = 0; x < s->line_end; x++)
				row[x] = from[x] ? s->colors[from[x]] : row[x];
		} else {
			uint8_t *row = bytes_at(s, 0, y);

			for (uint32_t x = 0; x < s->line_end; x++)
				row[x] = from[x] ? from[x] : row[x];
		}
	}
}

/* Puts the line into the picture, down to the last row that is set and may be. */
static void line_draw(struct vt_sixel *s)
{
	uint32_t width = (uint32_t)MIN((size_t)s->line_end, s->setup.max_pixels / MAX(s->rows, s->y + 1));
	width = MAX(width, s->width);
	uint32_t limit = rows_max(s, width), bits = s->line_bits;

	if (s->y >= limit)
		return;
	uint32_t visible = (limit - s->y + s->aspect - 1) / s->aspect;
	if (visible < LINE)
		bits &= (1u << visible) - 1;
	uint32_t end = bits ? MIN(limit, s->y + (32 - (uint32_t)__builtin_clz(bits)) * s->aspect) : s->rows;
	if (!reserve(s, width, MAX(end, s->rows))) {
		s->failed = true;
		return;
	}
	s->width = width;
	s->line_end = MIN(s->line_end, width);
	if (bits)
		make_rows(s, s->y);
	if (bits && s->aspect == 1 && s->rows == s->y)
		line_to_new_rows(s, end);
	else if (bits)
		line_over_rows(s, end);
}

void vt_sixel_line_done(struct vt_sixel *s)
{
	uint32_t columns = s->line_end;

	if (s->line_bits == 0 || s->failed)
		return;
	line_draw(s);
	for (unsigned i = 0; i < LINE; i++)
		memset(vt_sixel_line_row(s, i), 0, columns);
	s->line_end = 0;
	s->line_bits = 0;
}

/* ---- colours ---------------------------------------------------------------------------- */

/* The pixels there are become four bytes each. */
static void widen(struct vt_sixel *s)
{
	size_t n = (size_t)s->stride * s->rows;
	uint32_t *wide = n > 0 ? malloc((size_t)s->stride * s->cap * sizeof(*wide)) : NULL;

	if (wide)
		look_up(wide, s->pixels, s->colors, n);
	else if (n > 0)
		s->failed = true;
	else
		s->cap = s->stride = 0;
	free(s->pixels);
	s->pixels = (uint8_t *)wide;
	s->wide = true;
	if (s->failed)
		s->cap = s->stride = s->rows = 0;
}

/* All numbers have been given: what they stand for goes to where it needs none. */
static void numbers_begin_anew(struct vt_sixel *s)
{
	vt_sixel_pass_done(s);
	vt_sixel_line_done(s);
	if (!s->wide)
		widen(s);
	s->numbers = 0;
	memset(s->number_of, 0, sizeof(s->number_of));
}

static uint8_t color_number(struct vt_sixel *s, uint32_t color)
{
	unsigned i = 1;

	while (i <= s->numbers && s->colors[i] != color)
		i++;
	if (i == VT_INDEXED_COLORS) {
		numbers_begin_anew(s);
		i = 1;
	}
	s->colors[i] = color;
	s->numbers = (uint8_t)MAX(s->numbers, i);
	return (uint8_t)i;
}

/* What is to be filled is known when the first sixel comes. */
static void fill_begin(struct vt_sixel *s)
{
	if (s->setup.p2 == 1 || s->filling)
		return;
	s->filling = true;
	s->fill = s->palette.v[0];
	s->fill_y = s->y;
	s->fill_width = s->declared_width ? s->declared_width : UINT32_MAX;
	s->fill_height = s->declared_height ? s->declared_height : UINT32_MAX;
	color_number(s, s->fill);
}

void vt_sixel_number(struct vt_sixel *s)
{
	fill_begin(s);
	s->number = color_number(s, s->palette.v[s->chosen]);
	s->number_of[s->chosen] = s->number;
}

/* ---- the end ------------------------------------------------------------------------------ */

/* Rows one after the other without what is between them. */
static uint8_t *tight(struct vt_sixel *s, size_t *ret_len)
{
	size_t bytes = (size_t)(bytes_at(s, s->width, 0) - s->pixels);

	for (uint32_t y = 1; y < s->rows && s->stride != s->width; y++)
		memmove(s->pixels + y * bytes, bytes_at(s, 0, y), bytes);
	if (!s->wide)
		memcpy(s->pixels + bytes * s->rows, s->colors, sizeof(s->colors));
	*ret_len = picture_bytes(s, s->width, s->rows);
	uint8_t *pixels = s->pixels, *shrunk = realloc(pixels, *ret_len);
	s->pixels = NULL;
	return shrunk ? shrunk : pixels;
}

/* Whether any of n pixels is transparent. */
static bool any_clear(const uint8_t *pixels, bool wide, size_t n)
{
	const uint32_t *v = (const uint32_t *)(const void *)pixels;
	uint32_t all = ~0u;

	if (!wide)
		return memchr(pixels, 0, n);
	for (size_t i = 0; i < n; i++)
		all &= v[i];
	return all == 0;
}

bool vt_sixel_picture_done(struct vt_sixel *s, struct vt_sixel_picture *ret)
{
	*ret = (struct vt_sixel_picture){ 0 };
	vt_sixel_line_done(s);
	fill_begin(s);
	if (s->filling && s->fill_width != UINT32_MAX && s->fill_height != UINT32_MAX && !s->failed) {
		uint32_t width = MAX(s->width, s->fill_width);
		uint32_t rows = MAX(s->rows, MIN(s->fill_y + s->fill_height, s->setup.max_height));

		width = (uint32_t)MIN((size_t)width, s->setup.max_pixels / MAX(s->rows, 1u));
		rows = MIN(rows, rows_max(s, width));
		if (reserve(s, width, rows)) {
			s->width = width;
			make_rows(s, rows);
		} else {
			s->failed = true;
		}
	}
	if (s->failed)
		return false;
	ret->last_row = s->y;
	if (s->width == 0 || s->rows == 0)
		return true;
	ret->width = s->width;
	ret->height = s->rows;
	ret->indexed = !s->wide;
	ret->data = tight(s, &ret->len);
	ret->clear = s->opaque < s->width && any_clear(ret->data, s->wide, (size_t)ret->width * ret->height);
	return true;
}
