/* Sixel data: colours, and where which sixel goes. What becomes of them is the business of
 * sixel_picture.c.
 *
 * Columns drawn between two ends of a line ("$", "-") only go to the right, so a pass over the
 * line is first noted: a byte for the sixel of each column, one for its colour. That takes one
 * store of each for a run of columns, whatever stands in them, and reads nothing back. When the
 * pass ends, it is drawn into the line sixteen columns at a time, through masks made of the
 * sixels' bits, so that no branch depends on these.
 *
 * A colour in line and picture is a byte, the number that it got when it was first drawn with;
 * what a register means later does not change that. */
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

static void choose(struct vt_sixel *s, unsigned i)
{
	s->chosen = (uint16_t)i;
	s->number = s->number_of[i];
}

static void set_register(struct vt_sixel *s, unsigned i, uint32_t color)
{
	s->palette.v[i] = color;
	s->number_of[i] = 0;
}

static void define_color(struct vt_sixel *s)
{
	const uint32_t *p = s->params;
	unsigned i = p[0] % s->setup.registers;

	if (s->n > 1 && p[1] == 1)
		set_register(s, i, hls(p[2], p[3], p[4]));
	else if (s->n > 1 && p[1] == 2)
		set_register(s, i, pixel(percent(p[2]), percent(p[3]), percent(p[4])));
	choose(s, i);
}

/* ---- passes over a line ------------------------------------------------------------ */

enum { SIXELS = LINE, NUMBERS };         /* rows of the line beside those of pixels */

/* Draws the columns [x, x + STEP) of the pass, and returns their sixels' bits together. */
#if VT_SIMD
/* gcc and clang make of these what the processor has. */
typedef uint8_t v16 __attribute__((vector_size(16)));
#define STEP 16u

static inline v16 all16(unsigned v)
{
	return (v16){ 0 } + (uint8_t)v;
}

static inline v16 load(const uint8_t *p)
{
	v16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void store(uint8_t *p, v16 v)
{
	memcpy(p, &v, sizeof(v));
}

static inline uint64_t draw(uint8_t *to, size_t stride)
{
	const v16 sixels = load(to + SIXELS * stride), numbers = load(to + NUMBERS * stride);
	uint64_t bits[2];

	memcpy(bits, &sixels, sizeof(bits));
	if ((bits[0] | bits[1]) == 0)
		return 0;
	for (unsigned i = 0; i < LINE; i++, to += stride) {
		const v16 bit = all16(1u << i), have = load(to);

		store(to, have ^ ((have ^ numbers) & (v16)((sixels & bit) == bit)));
	}
	return bits[0] | bits[1];
}
#else
#define STEP 1u

static uint64_t draw(uint8_t *to, size_t stride)
{
	const uint8_t sixel = to[SIXELS * stride], number = to[NUMBERS * stride];

	for (unsigned i = 0; i < LINE; i++)
		if (sixel >> i & 1)
			to[i * stride] = number;
	return sixel;
}
#endif

void vt_sixel_pass_done(struct vt_sixel *s)
{
	uint32_t last = 0;
	uint64_t all = 0;

	if (s->pass_end == 0)
		return;
	uint8_t *sixels = vt_sixel_line_row(s, SIXELS);
	for (uint32_t x = 0; x < s->pass_end; x += STEP) {
		uint64_t bits = draw(s->line + x, s->line_cap + SPARE);

		all |= bits;
		last = bits ? x : last;
	}
	if (all) {
		for (last += STEP; sixels[last - 1] == 0; last--)
			;
		s->line_end = MAX(s->line_end, last);
		all |= all >> 32;
		all |= all >> 16;
		s->line_bits |= (all | all >> 8) & 63;
	}
	memset(sixels, 0, s->pass_end);
	s->pass_end = 0;
}

/* n times a sixel. */
static void repeat(struct vt_sixel *s, unsigned sixel, uint32_t n)
{
	if (!s->number)
		vt_sixel_number(s);
	n = MIN(MAX(n, 1u), s->setup.max_width - s->x);
	if (sixel != 0 && n > 0) {
		/* So much more than is needed that what follows need not ask. */
		if (!vt_sixel_line_reach(s, MIN(s->x + n + SPARE, s->setup.max_width)))
			return;
		memset(vt_sixel_line_row(s, SIXELS) + s->x, (int)sixel, n);
		memset(vt_sixel_line_row(s, NUMBERS) + s->x, s->number, n);
		s->pass_end = s->x + n;
	}
	s->x += n;
}

#if VT_SIMD
static const uint8_t lanes[32] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };

/* What most of a picture is made of, as far as it goes on like that: sixels, each once or
 * counted, and colours that are chosen. Returns where it stops: at anything else, where
 * there is something to do first (room, a colour's first use), or near the end. What is
 * noted in sixels past the columns meant is 0. */
static const uint8_t *usual(struct vt_sixel *s, const uint8_t *p, const uint8_t *end)
{
	uint8_t *const sixels = vt_sixel_line_row(s, SIXELS), *const numbers = vt_sixel_line_row(s, NUMBERS);
	const uint32_t cap = s->line_cap;
	uint32_t x = s->x, drawn = s->pass_end;
	v16 number = all16(s->number);

	while (end - p >= 16 && s->number && x + SPARE <= cap) {
		const uint8_t c = *p;

		if (c - (unsigned)'?' < 64) {
			uint64_t v, bad;

			memcpy(&v, p, sizeof(v));
			/* A byte that is no sixel has one of these bits, and spoils only those after it. */
			v -= 0x3f3f3f3f3f3f3f3full;
			bad = v & 0xc0c0c0c0c0c0c0c0ull;
			unsigned taken = 8;
			if (bad) {
				taken = (unsigned)__builtin_ctzll(bad) / 8;
				v &= (1ull << 8 * taken) - 1;
			}
			memcpy(sixels + x, &v, sizeof(v));
			memcpy(numbers + x, &number, sizeof(v));
			p += taken;
			x += taken;
			drawn = x;
			continue;
		}
		uint16_t v;
		unsigned digits = vt_read_digits(p + 1, &v), next = p[1 + digits], sixel = next - (unsigned)'?';

		if (digits - 1 > 3)
			break;
		if (c == '!') {
			uint32_t n = MAX(v, 1u);

			if (sixel >= 64 || n > cap - x)
				break;
			if (sixel) {
				uint8_t *to = sixels + x, *by = numbers + x;
				const v16 all = all16(sixel);

				drawn = x + n;
				for (; n > 16; n -= 16, to += 16, by += 16) {
					store(to, all);
					store(by, number);
				}
				store(to, all & load(lanes + 16 - n));
				store(by, number);
				n = 0;
				x = drawn;
			}
			x += n;
			p += digits + 2;
		} else if (c == '#') {
			/* What follows must not belong to the number. */
			if (sixel >= 64 && next - (unsigned)'!' > 3 && next != '-')
				break;
			choose(s, v < s->setup.registers ? v : v % s->setup.registers);
			number = all16(s->number);
			p += digits + 1;
		} else {
			break;
		}
	}
	s->x = x;
	s->pass_end = drawn;
	return p;
}
#else
static const uint8_t *usual(struct vt_sixel *s, const uint8_t *p, const uint8_t *end)
{
	return p;
}
#endif

/* ---- commands -------------------------------------------------------------------------- */

static void raster(struct vt_sixel *s)
{
	const uint32_t *p = s->params;
	uint32_t aspect = p[1] ? MAX((p[0] + p[1] - 1) / p[1], 1u) : s->aspect;

	vt_sixel_pass_done(s);
	if (aspect != s->aspect)
		vt_sixel_line_done(s);
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

void vt_sixel_feed(struct vt_sixel *s, const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes, *end = p + len;

	while (p < end && !s->failed) {
		if (!s->command && s->line)
			p = usual(s, p, end);
		if (p == end)
			break;
		uint8_t c = *p++;

		switch (c) {
		case '?' ... '~':
			repeat(s, c - (unsigned)'?', command_done(s));
			break;
		case '#':
		case '!':
		case '"':
			command_begin(s, c);
			break;
		case '$':
			command_done(s);
			vt_sixel_pass_done(s);
			s->x = 0;
			break;
		case '-':
			command_done(s);
			vt_sixel_pass_done(s);
			vt_sixel_line_done(s);
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
	vt_sixel_pass_done(s);
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
	s->chosen = (uint16_t)MIN(15u, setup->registers - 1);
	s->opaque = UINT32_MAX;
	return s;
}

bool vt_sixel_finish(struct vt_sixel *s, struct vt_sixel_picture *ret, struct vt_sixel_palette *palette)
{
	if (s->command == '#')
		command_done(s);                 /* others mean something only to what follows */
	bool ok = vt_sixel_picture_done(s, ret);
	if (palette)
		*palette = s->palette;
	return ok;
}

void vt_sixel_free(struct vt_sixel *s)
{
	if (!s)
		return;
	free(s->line);
	free(s->pixels);
	free(s);
}
