/* Sixel. A line of sixels is drawn into a buffer of its six rows of pixels, four columns
 * at a time: what their bits say becomes six masks through which the colour is blended
 * in, so that no branch depends on the bits. When the line ends, it is copied to where
 * it belongs in the picture.
 *
 * The picture grows by rows and, if need be, columns; nothing is allocated for what
 * the data only announce beyond the limits of the setup. */
#include "base/mem.h"
#include "vt/digits.h"
#include "vt/simd.h"
#include "vt/sixel.h"

#define LINE VT_SIXEL_LINE
#define SPARE VT_SIXEL_SPARE
#define NUMBER_MAX VT_SIXEL_NUMBER_MAX

/* ---- colours --------------------------------------------------------------------- */

static uint32_t pixel(unsigned r, unsigned g, unsigned b)
{
	return 0xff000000u | b << 16 | g << 8 | r;
}

static unsigned percent(unsigned v)
{
	return (MIN(v, 100u) * 255 + 50) / 100;
}

void vt_sixel_palette_default(struct vt_sixel_palette *palette)
{
	/* Table 2-3 of the manual as red, green, blue in percent. */
	static const uint8_t vt340[16][3] = {
		{ 0, 0, 0 }, { 20, 20, 80 }, { 80, 13, 13 }, { 20, 80, 20 },
		{ 80, 20, 80 }, { 20, 80, 80 }, { 80, 80, 20 }, { 53, 53, 53 },
		{ 26, 26, 26 }, { 33, 33, 60 }, { 60, 26, 26 }, { 33, 60, 33 },
		{ 60, 33, 60 }, { 33, 60, 60 }, { 60, 60, 33 }, { 80, 80, 80 },
	};
	static const uint8_t cube[6] = { 0, 95, 135, 175, 215, 255 };

	for (unsigned i = 0; i < VT_SIXEL_REGISTERS_MAX; i++) {
		if (i < 16)
			palette->v[i] = pixel(percent(vt340[i][0]), percent(vt340[i][1]), percent(vt340[i][2]));
		else if (i < 232)
			palette->v[i] = pixel(cube[(i - 16) / 36], cube[(i - 16) / 6 % 6], cube[(i - 16) % 6]);
		else if (i < 256)
			palette->v[i] = pixel(8 + 10 * (i - 232), 8 + 10 * (i - 232), 8 + 10 * (i - 232));
		else
			palette->v[i] = pixel(0, 0, 0);
	}
}

/* Hue in degrees from blue over red (120) and green (240), lightness and saturation in
 * percent. In whole numbers: one is 1/1,200,000 of full brightness. */
static uint32_t hls(unsigned h, unsigned l, unsigned s)
{
	h = (MIN(h, 360u) + 240) % 360;
	l = MIN(l, 100u);
	s = MIN(s, 100u);
	unsigned away = h % 120 > 60 ? h % 120 - 60 : 60 - h % 120;
	unsigned chroma = (l > 50 ? 200 - 2 * l : 2 * l) * s * 120;
	unsigned second = chroma / 60 * (60 - away), least = l * 12000 - chroma / 2;
	unsigned r = least, g = least, b = least;

	switch (h / 60) {
	case 0: r += chroma; g += second; break;
	case 1: g += chroma; r += second; break;
	case 2: g += chroma; b += second; break;
	case 3: b += chroma; g += second; break;
	case 4: b += chroma; r += second; break;
	default: r += chroma; b += second; break;
	}
	const unsigned full = 1200000;
	return pixel((r * 255 + full / 2) / full, (g * 255 + full / 2) / full, (b * 255 + full / 2) / full);
}

static void define_color(struct vt_sixel *s)
{
	const uint32_t *p = s->params;
	uint32_t *reg = &s->palette.v[p[0] % s->setup.registers];

	if (s->n > 1 && p[1] == 1)
		*reg = hls(p[2], p[3], p[4]);
	else if (s->n > 1 && p[1] == 2)
		*reg = pixel(percent(p[2]), percent(p[3]), percent(p[4]));
	s->color = *reg;
}

/* ---- the picture ------------------------------------------------------------------ */

#if VT_SIMD
/* gcc and clang make of these what the processor has. */
typedef uint32_t v4 __attribute__((vector_size(16)));

static inline v4 all4(uint32_t v)
{
	return (v4){ v, v, v, v };
}

static inline v4 load(const uint32_t *p)
{
	v4 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void store(uint32_t *p, v4 v)
{
	memcpy(p, &v, sizeof(v));
}

/* Those of four pixels that are transparent. */
static inline void fill4(uint32_t *p, v4 color)
{
	v4 have = load(p);

	store(p, have | (color & (v4)(have == 0)));
}

/* Blends the colour into four pixels of row i; each byte of `four` is a sixel. */
static inline void draw_row(uint32_t *to, unsigned i, uint32_t four, v4 color)
{
	const v4 bit = { 1u << i, 1u << (8 + i), 1u << (16 + i), 1u << (24 + i) };
	v4 have = load(to);

	store(to, have ^ ((have ^ color) & (v4)((all4(four) & bit) == bit)));
}
#else
typedef uint32_t v4;                 /* a pixel, for all four */

static inline v4 all4(uint32_t v)
{
	return v;
}

static inline void store(uint32_t *p, v4 v)
{
	for (unsigned k = 0; k < 4; k++)
		p[k] = v;
}

static inline void fill4(uint32_t *p, v4 color)
{
	for (unsigned k = 0; k < 4; k++)
		if (p[k] == 0)
			p[k] = color;
}

static inline void draw_row(uint32_t *to, unsigned i, uint32_t four, v4 color)
{
	for (unsigned k = 0; k < 4; k++)
		if (four >> (8 * k + i) & 1)
			to[k] = color;
}
#endif

/* Whether none of n pixels is transparent. */
static bool opaque(const uint32_t *p, size_t n)
{
	uint32_t rest = ~0u;
	size_t i = 0;

#if VT_SIMD
	v4 all = all4(~0u);
	for (; i + 16 <= n; i += 16)
		all &= load(p + i) & load(p + i + 4) & load(p + i + 8) & load(p + i + 12);
	rest = all[0] & all[1] & all[2] & all[3];
#endif
	for (; i < n; i++)
		rest &= p[i];
	return rest != 0;
}

/* Colours what is transparent in [from, to) of a made row, where it is to be filled. */
static void fill_row(struct vt_sixel *s, uint32_t y, uint32_t from, uint32_t to)
{
	uint32_t *row = s->pixels + (size_t)y * s->stride, x = from;

	if (!s->filling || y < s->fill_y || y - s->fill_y >= s->fill_height)
		return;
	to = MIN(to, s->fill_width);
	const v4 color = all4(s->fill);
	for (; x + 4 <= to; x += 4)
		fill4(row + x, color);
	for (; x < to; x++)
		if (row[x] == 0)
			row[x] = s->fill;
}

/* Rows up to end exist afterwards, for which there is room. */
static void make_rows(struct vt_sixel *s, uint32_t end)
{
	for (; s->rows < end; s->rows++) {
		s->opaque = 0;
		memset(s->pixels + (size_t)s->rows * s->stride, 0, s->stride * sizeof(uint32_t));
		fill_row(s, s->rows, 0, s->stride);
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
	size_t size = (size_t)stride * cap * sizeof(uint32_t);
	uint32_t *grown = stride == s->stride ? realloc(s->pixels, size) : malloc(size);
	if (!grown)
		return false;
	if (stride != s->stride) {
		for (uint32_t y = 0; y < s->rows; y++) {
			memcpy(grown + (size_t)y * stride, s->pixels + (size_t)y * s->stride, s->stride * sizeof(uint32_t));
			memset(grown + (size_t)y * stride + s->stride, 0, (stride - s->stride) * sizeof(uint32_t));
		}
		free(s->pixels);
	}
	uint32_t old = s->stride;
	s->pixels = grown;
	s->stride = stride;
	s->cap = cap;
	for (uint32_t y = 0; y < s->rows && stride != old; y++)
		fill_row(s, y, old, stride);
	return true;
}

/* How many rows there may be of such a width. */
static uint32_t rows_max(const struct vt_sixel *s, uint32_t width)
{
	return (uint32_t)MIN((size_t)s->setup.max_height, s->setup.max_pixels / MAX(width, 1u));
}

/* The usual line: new rows, square pixels. */
static void line_to_new_rows(struct vt_sixel *s, uint32_t end)
{
	const uint32_t *from = s->line;
	uint32_t n = s->line_end;

	for (; s->rows < end; s->rows++, from += s->line_cap + SPARE) {
		uint32_t *row = s->pixels + (size_t)s->rows * s->stride, whole = opaque(from, n) ? n : 0;

		memcpy(row, from, n * sizeof(*row));
		memset(row + n, 0, (s->stride - n) * sizeof(*row));
		fill_row(s, s->rows, whole, s->stride);
		s->opaque = MIN(s->opaque, whole);
	}
}

/* Any line: over rows that may be there, of pixels of any height. */
static void line_over_rows(struct vt_sixel *s, uint32_t end)
{
	make_rows(s, end);
	for (uint32_t y = s->y; y < end; y++) {
		const uint32_t *from = s->line + (size_t)((y - s->y) / s->aspect) * (s->line_cap + SPARE);
		uint32_t *row = s->pixels + (size_t)y * s->stride;

		for (uint32_t x = 0; x < s->line_end; x++)
			row[x] = from[x] ? from[x] : row[x];
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

static void line_done(struct vt_sixel *s)
{
	uint32_t columns = s->line_end;

	if (s->line_bits == 0 || s->failed)
		return;
	line_draw(s);
	for (unsigned i = 0; i < LINE; i++)
		memset(s->line + (size_t)i * (s->line_cap + SPARE), 0, (columns + SPARE) * sizeof(*s->line));
	s->line_end = 0;
	s->line_bits = 0;
}

/* ---- drawing ------------------------------------------------------------------------ */

/* Columns up to end exist in the line. */
static bool line_reach(struct vt_sixel *s, uint32_t end)
{
	if (end <= s->line_cap)
		return true;
	uint32_t cap = MIN(MAX(MAX(end, s->line_cap * 2), MAX(s->declared_width, 256u)), s->setup.max_width);
	uint32_t *grown = calloc((size_t)LINE * (cap + SPARE), sizeof(*grown));

	if (!grown) {
		s->failed = true;
		return false;
	}
	for (unsigned i = 0; i < LINE && s->line; i++)
		memcpy(grown + (size_t)i * (cap + SPARE), s->line + (size_t)i * (s->line_cap + SPARE),
		    s->line_end * sizeof(*grown));
	free(s->line);
	s->line = grown;
	s->line_cap = cap;
	return true;
}

/* Four sixels at column x < line_cap, one in each byte, the first in the lowest. */
static inline void draw4(uint32_t *line, size_t stride, uint32_t x, uint32_t four, v4 color)
{
	uint32_t *to = line + x;

	draw_row(to, 0, four, color);
	draw_row(to + stride, 1, four, color);
	draw_row(to + 2 * stride, 2, four, color);
	draw_row(to + 3 * stride, 3, four, color);
	draw_row(to + 4 * stride, 4, four, color);
	draw_row(to + 5 * stride, 5, four, color);
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
}

static void repeat(struct vt_sixel *s, unsigned sixel, uint32_t n)
{
	fill_begin(s);
	n = MIN(MAX(n, 1u), s->setup.max_width - s->x);
	if (sixel == 0 || n == 0) {
		s->x += n;
		return;
	}
	if (!line_reach(s, s->x + n))
		return;
	const v4 color = all4(s->color);
	const size_t stride = s->line_cap + SPARE;
	uint32_t x = s->x;
	s->x += n;
	s->line_end = MAX(s->line_end, s->x);
	s->line_bits |= sixel;
	if (n < 16) {
		for (; n >= 4; n -= 4, x += 4)
			draw4(s->line, stride, x, sixel * 0x01010101u, color);
		draw4(s->line, stride, x, sixel * (0x01010101u & ((1u << 8 * n) - 1)), color);
		return;
	}
	for (; sixel; sixel &= sixel - 1) {
		uint32_t *to = s->line + (size_t)__builtin_ctz(sixel) * stride + x, *last = to + n - 4;

		for (; to < last; to += 4)
			store(to, color);
		store(last, color);
	}
}

/* A run of sixels, each once; returns where it ends. */
static const uint8_t *literals(struct vt_sixel *s, const uint8_t *p, const uint8_t *end)
{
	const v4 color = all4(s->color);
	const size_t stride = s->line_cap + SPARE;
	uint32_t *const line = s->line;
	uint32_t room = s->line_cap - MIN(s->x, s->line_cap), x = s->x, bits = 0, taken = 4;
	const uint8_t *stop = end - p > room ? p + room : end;

	fill_begin(s);
	while (taken == 4 && stop - p >= 4) {
		uint32_t four;

		memcpy(&four, p, 4);
		/* A byte that is no sixel has one of these bits, and spoils only those after it. */
		four -= 0x3f3f3f3f;
		taken = (uint32_t)__builtin_ctzll((four & 0xc0c0c0c0) | 1ull << 32) / 8;
		four &= (uint32_t)((1ull << 8 * taken) - 1);
		draw4(line, stride, x, four, color);
		bits |= four;
		x += taken;
		p += taken;
	}
	s->x = x;
	bits |= bits >> 16;
	bits = (bits | bits >> 8) & 63;
	if (bits) {
		const uint8_t *last = p;

		while (last[-1] == '?')
			last--;
		s->line_end = MAX(s->line_end, x - (uint32_t)(p - last));
		s->line_bits |= bits;
	}
	/* The last few of the piece, or of the room there is, or past it. */
	for (; taken == 4 && p < end && *p >= '?' && *p <= '~'; p++)
		repeat(s, *p - (unsigned)'?', 1);
	return p;
}

/* ---- commands -------------------------------------------------------------------------- */

static void raster(struct vt_sixel *s)
{
	const uint32_t *p = s->params;
	uint32_t aspect = p[1] ? MAX((p[0] + p[1] - 1) / p[1], 1u) : s->aspect;

	if (aspect != s->aspect)
		line_done(s);
	s->aspect = aspect;
	if (p[2])
		s->declared_width = MIN(p[2], s->setup.max_width);
	if (p[3])
		s->declared_height = MIN(p[3], s->setup.max_height);
	s->x = 0;
}

/* Does the command under way; returns how often the sixel after it is drawn. */
static uint32_t command_done(struct vt_sixel *s)
{
	uint8_t command = s->command;

	s->command = 0;
	if (command == '#')
		define_color(s);
	else if (command == '"')
		raster(s);
	return command == '!' ? s->params[0] : 1;
}

static void command_begin(struct vt_sixel *s, uint8_t c)
{
	command_done(s);
	s->command = c;
	s->n = 0;
	memset(s->params, 0, sizeof(s->params));
}

static void parameter(struct vt_sixel *s, uint8_t c)
{
	if (!s->command)
		return;
	if (s->n == 0)
		s->n = 1;
	if (c == ';')
		s->n = (uint8_t)MIN(s->n + 1, 100);
	else if (s->n <= ARRAY_LEN(s->params))
		s->params[s->n - 1] = MIN(s->params[s->n - 1] * 10 + (c - '0'), NUMBER_MAX);
}

/* What most of a picture is made of: a colour, or some blanks, and sixels after it. c is
 * '#' or '!', p what follows it. Returns NULL when it is anything else, and nothing has
 * happened then. Which of the two it is cannot be foreseen, nor how many digits: no
 * branch asks for that. */
static inline const uint8_t *usual(struct vt_sixel *s, uint8_t c, const uint8_t *p, const uint8_t *end)
{
	uint16_t v;

	if (end - p < 16)
		return NULL;
	unsigned digits = vt_read_digits(p, &v), sixel = p[digits] - (unsigned)'?';
	bool count = c == '!';
	/* After a colour a count, another colour or the line's end will do as well. */
	unsigned next = p[digits] - (unsigned)'!';
	if ((digits - 1 > 3) | ((sixel >= 64) & (count | ((next > 3) & (next != '-' - '!')))) | (s->command != 0))
		return NULL;
	p += digits;
	if (count & (sixel != 0)) {
		repeat(s, sixel, v);
		return p + 1;
	}
	uint32_t color = s->palette.v[v < s->setup.registers ? v : v % s->setup.registers];
	s->color = count ? s->color : color;
	if (count)
		fill_begin(s);
	s->x = MIN(s->x + (count ? MAX(v, 1u) : 0), s->setup.max_width);
	p += count;
	return p;
}

void vt_sixel_feed(struct vt_sixel *s, const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes, *end = p + len, *next;

	while (p < end && !s->failed) {
		uint8_t c = *p;

		if (c >= '?' && c <= '~') {
			if (s->command) {
				repeat(s, c - (unsigned)'?', command_done(s));
				p++;
			} else {
				p = literals(s, p, end);
			}
			continue;
		}
		p++;
		if (c == '#' || c == '!') {
			next = usual(s, c, p, end);
			if (next) {
				p = next;
				continue;
			}
		}
		switch (c) {
		case '#':
		case '!':
		case '"':
			command_begin(s, c);
			break;
		case '$':
			command_done(s);
			s->x = 0;
			break;
		case '-':
			command_done(s);
			line_done(s);
			s->x = 0;
			s->y = MIN(s->y + LINE * s->aspect, s->setup.max_height);
			break;
		case '0' ... '9':
		case ';':
			parameter(s, c);
			break;
		default:
			break;
		}
	}
}

/* ---- beginning and end ---------------------------------------------------------------------- */

struct vt_sixel *vt_sixel_new(const struct vt_sixel_setup *setup)
{
	/* P1 0..9; above them pixels are square as well (vt340test). */
	static const uint8_t aspects[] = { 2, 2, 5, 3, 3, 2, 2, 1, 1, 1 };
	struct vt_sixel *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->setup = *setup;
	s->palette = *setup->palette;
	s->setup.palette = NULL;             /* the caller's */
	s->aspect = setup->p1 < ARRAY_LEN(aspects) ? aspects[setup->p1] : 1;
	s->color = s->palette.v[MIN(15u, setup->registers - 1)];
	s->opaque = UINT32_MAX;
	return s;
}

/* Rows one after the other without what is between them. */
static uint32_t *tight(struct vt_sixel *s)
{
	for (uint32_t y = 1; y < s->rows && s->stride != s->width; y++)
		memmove(s->pixels + (size_t)y * s->width, s->pixels + (size_t)y * s->stride,
		    s->width * sizeof(uint32_t));
	uint32_t *pixels = s->pixels, *shrunk = realloc(pixels, (size_t)s->width * s->rows * sizeof(uint32_t));
	s->pixels = NULL;
	return shrunk ? shrunk : pixels;
}

bool vt_sixel_finish(struct vt_sixel *s, struct vt_sixel_picture *ret, struct vt_sixel_palette *palette)
{
	*ret = (struct vt_sixel_picture){ 0 };
	if (s->command == '#')
		command_done(s);                 /* others mean something only to what follows */
	line_done(s);
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
	if (palette)
		*palette = s->palette;
	if (s->failed)
		return false;
	ret->last_row = s->y;
	if (s->width == 0 || s->rows == 0)
		return true;
	ret->width = s->width;
	ret->height = s->rows;
	ret->pixels = (uint8_t *)tight(s);
	ret->clear = s->opaque < s->width &&
	    !opaque((const uint32_t *)(const void *)ret->pixels, (size_t)ret->width * ret->height);
	return true;
}

void vt_sixel_free(struct vt_sixel *s)
{
	if (!s)
		return;
	free(s->line);
	free(s->pixels);
	free(s);
}
