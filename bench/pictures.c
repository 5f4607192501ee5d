/* See pictures.h. */
#include <stdint.h>
#include <stdlib.h>

#include "pictures.h"

#include "base/mem.h"

enum { WIDTH = 800, HEIGHT = 600, COLORS = 256, RUNS_MAX = 65536 };

static uint8_t image[HEIGHT][WIDTH];
static uint8_t palette[COLORS][3];           /* percent */
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* ---- encoding -------------------------------------------------------------------------- */

/* One colour's columns [x, end) of a line of sixels. */
struct run {
	uint16_t x, end;
	uint8_t color;
	bool done;
};

static unsigned sixel_at(unsigned y, unsigned x, unsigned color)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 6 && y + i < HEIGHT; i++)
		bits |= (unsigned)(image[y + i][x] == color) << i;
	return bits;
}

static void put(struct str *s, unsigned sixel, unsigned n)
{
	if (n > 3)
		str_printf(s, "!%u%c", n, (char)('?' + sixel));
	else
		while (n-- > 0)
			str_putc(s, (char)('?' + sixel));
}

static void put_run(struct str *s, unsigned y, const struct run *r)
{
	unsigned n = 0, last = 0;

	str_printf(s, "#%u", r->color);
	for (unsigned x = r->x; x < r->end; x++, n++) {
		unsigned sixel = sixel_at(y, x, r->color);

		if (n > 0 && sixel != last) {
			put(s, last, n);
			n = 0;
		}
		last = sixel;
	}
	put(s, last, n);
}

/* The runs of all colours, by where they begin. A gap of less than ten columns stays inside. */
static unsigned find_runs(unsigned y, struct run *runs)
{
	int open[COLORS];
	unsigned n = 0;

	for (unsigned c = 0; c < COLORS; c++)
		open[c] = -1;
	for (unsigned x = 0; x < WIDTH; x++)
		for (unsigned i = 0; i < 6 && y + i < HEIGHT; i++) {
			unsigned c = image[y + i][x];

			if (open[c] < 0 || runs[open[c]].end + 10u < x) {
				open[c] = (int)n;
				runs[n++] = (struct run){ .x = (uint16_t)x, .color = (uint8_t)c };
			}
			runs[open[c]].end = (uint16_t)(x + 1);
		}
	return n;
}

static void encode(struct str *s)
{
	static struct run runs[6 * WIDTH];

	str_printf(s, "\033Pq\"1;1;%u;%u", (unsigned)WIDTH, (unsigned)HEIGHT);
	for (unsigned c = 0; c < COLORS; c++)
		str_printf(s, "#%u;2;%u;%u;%u", c, palette[c][0], palette[c][1], palette[c][2]);
	for (unsigned y = 0; y < HEIGHT; y += 6) {
		unsigned n = find_runs(y, runs);

		for (unsigned left = n, pass = 0; left > 0; pass++) {
			unsigned x = 0;

			if (pass > 0)
				str_putc(s, '$');
			for (unsigned i = 0; i < n; i++) {
				if (runs[i].done || runs[i].x < x)
					continue;
				put(s, 0, runs[i].x - x);
				put_run(s, y, &runs[i]);
				x = runs[i].end;
				runs[i].done = true;
				left--;
			}
		}
		str_putc(s, '-');
	}
	str_puts(s, "\033\\");
}

/* ---- what is on them ------------------------------------------------------------------------ */

/* Values between the points of a grid, smoothly: 0 to 255. */
static unsigned smooth(uint8_t grid[40][40], unsigned step, unsigned x, unsigned y)
{
	unsigned i = x / step, j = y / step, u = x % step * 256 / step, v = y % step * 256 / step;

	u = u * u * (768 - 2 * u) >> 16;
	v = v * v * (768 - 2 * v) >> 16;
	unsigned top = grid[j][i] * (256 - u) + grid[j][i + 1] * u;
	unsigned bottom = grid[j + 1][i] * (256 - u) + grid[j + 1][i + 1] * u;
	return (top * (256 - v) + bottom * v) >> 16;
}

/* A pixel's three values on a palette of 7x9x4, each with noise that spreads what is lost. */
static void paint_photo(void)
{
	static uint8_t grid[3][3][40][40];
	static const unsigned levels[3] = { 7, 9, 4 }, steps[3] = { 200, 67, 23 }, weight[3] = { 8, 5, 3 };

	for (unsigned i = 0; i < sizeof(grid); i++)
		((uint8_t *)grid)[i] = (uint8_t)rnd(256);
	for (unsigned c = 0; c < 252; c++) {
		palette[c][0] = (uint8_t)(c / 36 * 100 / 6);
		palette[c][1] = (uint8_t)(c / 4 % 9 * 100 / 8);
		palette[c][2] = (uint8_t)(c % 4 * 100 / 3);
	}
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++) {
			unsigned index = 0;

			for (unsigned k = 0; k < 3; k++) {
				unsigned v = 0;

				for (unsigned i = 0; i < 3; i++)
					v += smooth(grid[k][i], steps[i], x, y) * weight[i];
				v = v / 16 * (levels[k] - 1) + rnd(256);
				index = index * levels[k] + MIN(v / 256, levels[k] - 1);
			}
			image[y][x] = (uint8_t)index;
		}
}

/* Glyphs of 8x16: a few strokes, with a paler pixel here and there beside them. */
static void make_glyphs(uint8_t glyphs[64][16][8])
{
	for (unsigned g = 0; g < 64; g++) {
		memset(glyphs[g], 0, sizeof(glyphs[g]));
		for (unsigned n = 2 + rnd(3); n > 0; n--) {
			unsigned x = 1 + rnd(6), y = 3 + rnd(10), across = rnd(2), len = 3 + rnd(4);

			for (unsigned i = 0; i < len; i++)
				glyphs[g][MIN(across ? y : y + i, 13u)][MIN(across ? x + i : x, 6u)] = 3;
		}
		for (unsigned y = 1; y < 15; y++)
			for (unsigned x = 1; x < 7; x++)
				if (!glyphs[g][y][x] && rnd(5) == 0 && (glyphs[g][y][x - 1] == 3 || glyphs[g][y - 1][x] == 3))
					glyphs[g][y][x] = (uint8_t)(1 + rnd(2));
	}
}

static void rectangle(unsigned x, unsigned y, unsigned width, unsigned height, unsigned color)
{
	for (unsigned j = y; j < y + height; j++)
		memset(image[j] + x, (int)color, width);
}

/* Colour 0 is the ground, 1 + 3 * c to 3 + 3 * c a colour of text from pale to full. */
static void paint_window(void)
{
	static uint8_t glyphs[64][16][8];

	make_glyphs(glyphs);
	for (unsigned c = 0; c < COLORS; c++)
		for (unsigned k = 0; k < 3; k++)
			palette[c][k] = (uint8_t)(c == 0 ? 12 : (c - 1) % 3 * 20 + 20 + (c / 3 * 37 + k * 53) % 40);
	rectangle(0, 0, WIDTH, HEIGHT, 0);
	for (unsigned row = 0; row < 36; row++) {
		unsigned column = rnd(6) * 2, end = 10 + rnd(65);

		while (column < end) {
			unsigned color = rnd(6);

			for (unsigned n = 2 + rnd(8); n > 0 && column < 100; n--, column++) {
				unsigned g = rnd(64);

				for (unsigned y = 0; y < 16; y++)
					for (unsigned x = 0; x < 8; x++)
						if (glyphs[g][y][x])
							image[row * 16 + y][column * 8 + x] = (uint8_t)(3 * color + glyphs[g][y][x]);
			}
			column++;
		}
	}
	rectangle(0, 584, 800, 16, 20);
	rectangle(640, 40, 150, 120, 21);
	rectangle(650, 50, 130, 10, 22);
	rectangle(650, 70, 90, 10, 23);
}

void picture_photo(struct str *s)
{
	seed = 88172645463325252ull;
	paint_photo();
	encode(s);
	str_puts(s, "\r\n");
}

void picture_window(struct str *s)
{
	seed = 88172645463325252ull;
	paint_window();
	str_puts(s, "\033[H");
	encode(s);
}
