/* The sixel decoder alone. Expected pictures are written by hand from the VT330/VT340 manual (chapter 14) and
 * from what was measured on a VT340 (github.com/hackerb9/vt340test, folder j4james); random data are held against
 * the plainest decoder there is. */
#include "../unit.h"
#include "base/mem.h"
#include "vt/sixel.h"

static struct vt_sixel_palette palette;
static uint64_t seed = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static struct vt_sixel_setup usual(unsigned p1, unsigned p2)
{
	return (struct vt_sixel_setup){ .p1 = p1, .p2 = p2, .registers = 1024, .max_width = 10000, .max_height = 10000,
		.max_pixels = 16 << 20, .palette = &palette };
}

/* Pieces of 1 to `piece` bytes, of random length; 0 = all at once. */
static bool decode(const struct vt_sixel_setup *setup, const char *data, size_t len, size_t piece,
    struct vt_sixel_picture *ret)
{
	struct vt_sixel *s = vt_sixel_new(setup);

	assert_non_null(s);
	for (size_t at = 0; at < len;) {
		/* from the heap, so that a sanitizer sees what is read past the end */
		size_t n = piece ? 1 + rnd((uint32_t)piece) : len;
		n = MIN(n, len - at);
		char *copy = xmalloc(n);

		memcpy(copy, data + at, n);
		vt_sixel_feed(s, (const uint8_t *)copy, n);
		free(copy);
		at += n;
	}
	bool ok = vt_sixel_finish(s, ret, NULL);
	vt_sixel_free(s);
	if (ret->indexed) {
		size_t n = (size_t)ret->width * ret->height;
		uint32_t *pixels = xmalloc(n * 4);

		assert_int_equal(ret->len, VT_INDEXED_BYTES(n));
		vt_indexed_unpack(pixels, ret->data, n);
		free(ret->data);
		ret->data = (uint8_t *)pixels;
	} else {
		assert_int_equal(ret->len, (size_t)ret->width * ret->height * 4);
	}
	return ok;
}

/* Register 1 is 'r', 2 'g', 3 'b', 0 'k' in the tests that say so. */
#define COLORS "#0;2;0;0;0#1;2;100;0;0#2;2;0;100;0#3;2;0;0;100"

static char letter(const uint8_t *p)
{
	static const struct { uint32_t rgba; char c; } known[] = { { 0, '.' }, { 0xff000000, 'k' }, { 0xff0000ff, 'r' },
		{ 0xff00ff00, 'g' }, { 0xffff0000, 'b' }, { 0xffffffff, 'w' } };
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].rgba == v)
			return known[i].c;
	return '?';
}

/* rows: one string, rows separated by '/'. */
static void expect_setup(const struct vt_sixel_setup *setup, const char *data, const char *rows)
{
	char seen[4096];

	for (size_t piece = 0; piece < 4; piece++) {
		struct vt_sixel_picture pic;
		size_t n = 0;

		assert_true(decode(setup, data, strlen(data), piece, &pic));
		bool clear = false;
		for (uint32_t y = 0; y < pic.height; y++) {
			if (y > 0)
				seen[n++] = '/';
			for (uint32_t x = 0; x < pic.width; x++) {
				assert_true(n + 2 < sizeof(seen));
				seen[n] = letter(pic.data + 4 * ((size_t)y * pic.width + x));
				clear |= seen[n++] == '.';
			}
		}
		seen[n] = 0;
		if (strcmp(seen, rows) != 0)
			fail_msg("%s\n expected %s\n     seen %s", data, rows, seen);
		assert_int_equal(pic.clear, clear);
		free(pic.data);
	}
}

static void expect(unsigned p1, unsigned p2, const char *data, const char *rows)
{
	struct vt_sixel_setup setup = usual(p1, p2);

	expect_setup(&setup, data, rows);
}

static void test_bits(void **state)
{
	/* "?" is no pixel, "~" all six, the lowest bit is the top one */
	expect(9, 1, COLORS "#1~", "r/r/r/r/r/r");
	expect(9, 1, COLORS "#1@", "r");
	expect(9, 1, COLORS "#1A", "./r");
	expect(9, 1, COLORS "#1C", "././r");
	expect(9, 1, COLORS "#1G", "./././r");
	expect(9, 1, COLORS "#1O", "././././r");
	expect(9, 1, COLORS "#1_", "./././././r");
	expect(9, 1, COLORS "#1?", "");
	expect(9, 1, COLORS "#1@A@A@A@A@", "r.r.r.r.r/.r.r.r.r.");
	expect(9, 1, "", "");
	/* the manual's example, "HI" in 14 columns and 7 rows */
	expect(9, 1, "#0;2;0;0;0#1;2;100;0;0#2;2;0;100;0\n#1~~@@vv@@~~@@~~$\n#2??}}GG}}??}}?" "?-\n#1!14@\n",
	    "rrrrrrrrrrrrrr/rrggrrggrrggrr/rrggrrggrrggrr/rrggggggrrggrr/rrggrrggrrggrr/rrggrrggrrggrr/rrrrrrrrrrrrrr");
}

static void test_lines(void **state)
{
	expect(9, 1, COLORS "#1@@@$#2?@", "rgr");
	expect(9, 1, COLORS "#1@-#2?@", "r./../../../../../.g");
	expect(9, 1, COLORS "#1@--#2@", "r/./././././././././././g");
	/* line ends at the end and in front */
	expect(9, 1, COLORS "#1@--", "r");
	expect(9, 1, COLORS "-#1@$", "././././././r");
	/* more than the first room for columns and rows */
	struct vt_sixel_setup setup = usual(9, 1);
	struct vt_sixel_picture pic;
	const char *wide = COLORS "@-#1!3000~-#2!2999?~-#3@";
	assert_true(decode(&setup, wide, strlen(wide), 0, &pic));
	assert_int_equal(pic.width, 3000);
	assert_int_equal(pic.height, 19);
	assert_int_equal(letter(pic.data + 4 * (3000 * 6 + 2999)), 'r');
	assert_int_equal(letter(pic.data + 4 * (3000 * 12 + 2999)), 'g');
	assert_int_equal(letter(pic.data + 4 * (3000 * 12 + 2998)), '.');
	assert_int_equal(letter(pic.data + 4 * (3000 * 18)), 'b');
	assert_int_equal(pic.last_row, 18);
	free(pic.data);
}

/* vt340test: j4james/repeat_introducer.sh, unexpected.sh */
static void test_repeat(void **state)
{
	expect(9, 1, COLORS "#1!4@", "rrrr");
	expect(9, 1, COLORS "#1!@!0@#2@", "rrg");              /* none and 0 are 1 */
	expect(9, 1, COLORS "!10#1@#2@", "rg");                 /* a command in between: not repeated */
	expect(9, 1, COLORS "!10!3#1@!2#2@", "rg");
	expect(9, 1, COLORS "#1!3?@", "...r");
	expect(9, 1, COLORS "#1!20@$!17?#2!3@", "rrrrrrrrrrrrrrrrrggg");
	expect(9, 1, COLORS "#1!1 0\x01@#2@", "rrrrrrrrrrg");   /* what means nothing is ignored, in numbers as well */
	expect(9, 1, COLORS "#1@%&'()*+,./:<=>@#2@", "rrg");
	expect(9, 1, COLORS "# 2 @#\r1\n@", "gr");
	expect(9, 1, COLORS "#1!3;9@#2@", "rrrg");
	expect(9, 1, COLORS "#1@123;4@", "rr");                 /* numbers of nothing */
	expect(9, 1, COLORS "#1@\x80\xff@", "rr");
}

static void test_colors(void **state)
{
	struct vt_sixel_setup setup = usual(9, 1);

	/* a definition selects as well (VT340) */
	expect(9, 1, "#5;2;100;0;0@#6;2;0;100;0@#5@", "rgr");
	expect(9, 1, "#5;2;100@#6;2;;100@#7;2@", "rgk");        /* missing ones are 0 */
	expect(9, 1, "#5;2;100;0;0;3;4;5@", "r");
	expect(9, 1, "#5;2;9000;0;0@", "r");                    /* more than 100 is 100 */
	expect(9, 1, "#5;2;100;0;0#5;3;1;1;1@#5;9@", "rr");     /* unknown coordinates */
	expect(9, 1, "#;2;100;0;0@#@", "rr");
	/* what was drawn keeps its colour */
	expect(9, 1, "#1;2;100;0;0@#1;2;0;100;0@", "rg");
	/* hue: 0 blue, 120 red, 240 green */
	expect(9, 1, "#1;1;0;50;100@#1;1;120;50;100@#1;1;240;50;100@#1;1;360;50;100@#1;1;9;100;9@#1;1;9;0;100@", "brgbwk");
	/* with less registers: modulo */
	setup.registers = 4;
	expect_setup(&setup, COLORS "#5@#6@#4@#1023@", "rgkb");
	/* without any command: register 15, or the last there is */
	expect_setup(&setup, "#3;2;0;0;100#0$" , "");
	setup.registers = 2;
	expect_setup(&setup, "#1;2;100;0;0#0;2;0;0;0#3@", "r");
}

/* The manual gives the default colours of the VT340 both ways (table 2-3): HLS here, RGB in the decoder. */
static void test_default_palette(void **state)
{
	static const uint16_t hls[16][3] = { { 0, 0, 0 }, { 0, 50, 60 }, { 120, 46, 72 }, { 240, 50, 60 }, { 60, 50, 60 },
		{ 300, 50, 60 }, { 180, 50, 60 }, { 0, 53, 0 }, { 0, 26, 0 }, { 0, 46, 29 }, { 120, 43, 39 }, { 240, 46, 29 },
		{ 60, 46, 29 }, { 300, 46, 29 }, { 180, 46, 29 }, { 0, 80, 0 } };
	struct vt_sixel_setup setup = usual(9, 1);

	for (unsigned i = 0; i < 16; i++) {
		struct vt_sixel_picture pic;
		char data[100];
		int n = snprintf(data, sizeof(data), "#%u@#100;1;%u;%u;%u@", i, hls[i][0], hls[i][1], hls[i][2]);

		assert_true(decode(&setup, data, (size_t)n, 0, &pic));
		assert_int_equal(pic.width, 2);
		for (unsigned k = 0; k < 3; k++)
			assert_in_range(pic.data[4 + k] + 3, pic.data[k], pic.data[k] + 6);
		free(pic.data);
	}
	/* 16-255 as xterm numbers colours */
	assert_int_equal(palette.v[16], 0xff000000);
	assert_int_equal(palette.v[196], 0xff0000ff);
	assert_int_equal(palette.v[110], 0xffd7af87);
	assert_int_equal(palette.v[231], 0xffffffff);
	assert_int_equal(palette.v[232], 0xff080808);
	assert_int_equal(palette.v[255], 0xffeeeeee);
	assert_int_equal(palette.v[256], 0xff000000);
	/* no colour chosen: 15 */
	struct vt_sixel_picture pic;
	assert_true(decode(&setup, "@", 1, 0, &pic));
	assert_memory_equal(pic.data, "\xcc\xcc\xcc\xff", 4);
	free(pic.data);
}

/* vt340test: j4james/macro_aspect_ratio.sh, raster_aspect_ratio.sh */
static void test_aspect(void **state)
{
	static const struct { unsigned p1, rows; } macros[] = { { 0, 2 }, { 1, 2 }, { 2, 5 }, { 3, 3 }, { 4, 3 }, { 5, 2 },
		{ 6, 2 }, { 7, 1 }, { 8, 1 }, { 9, 1 }, { 10, 1 }, { 65535, 1 } };
	static const struct { const char *raster; unsigned rows; } rasters[] = { { "", 5 }, { "0;0", 5 }, { "0;1", 1 },
		{ "1;3", 1 }, { "3;2", 2 }, { "7;4", 2 }, { "37;4", 10 }, { "1;1", 1 }, { "22;1", 22 }, { "7", 5 }, { ";1", 1 } };
	struct vt_sixel_picture pic;
	char data[100];

	for (size_t i = 0; i < ARRAY_LEN(macros); i++) {
		struct vt_sixel_setup setup = usual(macros[i].p1, 1);

		assert_true(decode(&setup, "~-@", 3, 0, &pic));
		assert_int_equal(pic.height, 7 * macros[i].rows);
		assert_int_equal(pic.last_row, 6 * macros[i].rows);
		free(pic.data);
	}
	for (size_t i = 0; i < ARRAY_LEN(rasters); i++) {
		struct vt_sixel_setup setup = usual(2, 1);
		int n = snprintf(data, sizeof(data), "\"%s~-@", rasters[i].raster);

		assert_true(decode(&setup, data, (size_t)n, 0, &pic));
		assert_int_equal(pic.height, 7 * rasters[i].rows);
		free(pic.data);
	}
	expect(0, 1, COLORS "#1A#2@", ".g/.g/r./r.");
	/* changed on the way; the raster command also returns to the left (measured on a VT330) */
	expect(9, 1, COLORS "#1@\"2;1#2A", "r/./g/g");
	expect(9, 1, COLORS "#1~\"2;1#2A-#3@", "r/r/g/g/r/r/././././././b/b");
	expect(0, 1, COLORS "\"2;1#1A\"1;1#2@C", "g./../rg/r.");
}

/* vt340test: j4james/background_select.sh, raster_dimensions.sh */
static void test_background(void **state)
{
	expect(9, 1, COLORS "\"1;1;3;2#1@", "r");               /* P2 = 1: declared sizes mean nothing */
	expect(9, 0, COLORS "\"1;1;3;2#1@", "rkk/kkk");
	expect(9, 2, COLORS "\"1;1;3;2#1@", "rkk/kkk");
	expect(9, 0, COLORS "\"1;1;3;2#", "kkk/kkk");           /* any command makes the raster count */
	expect(9, 0, COLORS "\"1;1;3;2", "");                   /* the end of the data does not */
	expect(9, 0, COLORS "\"1;1;2;4\"1;1;4;2\"1;1;3;3?", "kkk/kkk/kkk");
	expect(9, 0, COLORS "\"1;1;1;3\"1;1;3?", "kkk/kkk/kkk"); /* a missing one is kept */
	expect(9, 0, COLORS "\"1;1;3;1\"1;1;;3?", "kkk/kkk/kkk");
	expect(9, 0, COLORS "\"1;1;2;1#1!3B", "rrr/rrr");       /* the picture may be larger, and is clear there */
	expect(9, 0, COLORS "\"1;1;2;1#1A!2?B", "kk.r/r..r");
	/* sizes are of the result, pixels may be taller */
	expect(9, 0, COLORS "\"2;1;2;3#1@", "rk/rk/kk");
	/* filled from where the first sixel is */
	expect(9, 0, COLORS "\"1;1;2;2-?-#1@", "../../../../../../kk/kk/../../../../r.");
	/* register 0 as it is then */
	expect(9, 0, "#1;2;100;0;0#0;2;0;0;100\"1;1;2;2#1@#0;2;0;100;0?", "rb/bb");
	/* nothing declared: the picture's own rectangle */
	expect(9, 0, COLORS "#1A!3?A-#2@", "kkkkk/rkkkr/kkkkk/kkkkk/kkkkk/kkkkk/gkkkk");
	expect(9, 0, COLORS "#1@-#2!9@", "rkkkkkkkk/kkkkkkkkk/kkkkkkkkk/kkkkkkkkk/kkkkkkkkk/kkkkkkkkk/ggggggggg");
	expect(9, 0, COLORS "\"1;1;3#1A", "k/r");
}

static void test_last_row(void **state)
{
	/* vt340test: j4james/cursor_position.sh: the top of the last line of sixels, drawn or not */
	static const struct { unsigned p1; const char *data; unsigned row; } cases[] = { { 9, "", 0 }, { 9, "~", 0 },
		{ 9, "~-", 6 }, { 9, "---", 18 }, { 0, "~-~-", 24 }, { 2, "~-~", 30 }, { 9, "\"3;1~-~", 18 }, { 9, "\"3;1-", 18 } };
	struct vt_sixel_picture pic;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct vt_sixel_setup setup = usual(cases[i].p1, 1);

		assert_true(decode(&setup, cases[i].data, strlen(cases[i].data), 0, &pic));
		assert_int_equal(pic.last_row, cases[i].row);
		free(pic.data);
	}
}

static void test_limits(void **state)
{
	struct vt_sixel_setup setup = usual(9, 1);
	struct vt_sixel_picture pic;

	setup.max_width = 5;
	setup.max_height = 8;
	expect_setup(&setup, COLORS "#1!9@$#2!3?!65535@$@-#1~-#2~-#3~", "grrgg/...../...../...../...../...../r..../r....");
	expect_setup(&setup, COLORS "#1@@@@@@@@@@@@", "rrrrr");
	expect_setup(&setup, COLORS "#1@!3?@@@@$#2@", "g...r");
	setup.p2 = 0;
	expect_setup(&setup, COLORS "\"1;1;65535;65535#1@",
	    "rkkkk/kkkkk/kkkkk/kkkkk/kkkkk/kkkkk/kkkkk/kkkkk");
	setup.p2 = 1;
	setup.max_pixels = 10;
	expect_setup(&setup, COLORS "#1~-~", "r/r/r/r/r/r/r/r");   /* eight of ten, as high as may be */
	expect_setup(&setup, COLORS "#1!3~", "rrr/rrr/rrr");
	expect_setup(&setup, COLORS "#1@-#2!5@", "r/./././././g");
	setup.max_height = 1000;
	expect_setup(&setup, COLORS "#1!2~-~", "rr/rr/rr/rr/rr");
	/* Numbers that would overflow, heights as well. */
	setup = usual(9, 0);
	const char *huge = "\"99999999999999999999;1;99999999999999999999;99999999999999999999~-~-~";
	assert_true(decode(&setup, huge, strlen(huge), 0, &pic));
	assert_int_equal(pic.width, (16 << 20) / 10000);
	assert_int_equal(pic.height, 10000);
	assert_int_equal(pic.last_row, 10000);
	free(pic.data);
	const char *many = "#1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34@";
	char *longer = xmalloc(100000);
	memset(longer, ';', 100000);
	longer[0] = '#';
	assert_true(decode(&setup, many, strlen(many), 0, &pic));
	free(pic.data);
	assert_true(decode(&setup, longer, 100000, 0, &pic));
	free(pic.data);
	free(longer);
}

/* ---- random data against the plainest decoder ------------------------------------------- */

struct plain {
	uint32_t *pixels;                    /* setup.max_width columns, setup.max_height rows */
	const struct vt_sixel_setup *setup;
	uint32_t reg[VT_SIXEL_REGISTERS_MAX], color, width, height, x, y, aspect;
	uint32_t dw, dh, fill, fx, fy, fw, fh;
	bool filled;
};

static void plain_begin_fill(struct plain *d)
{
	if (d->setup->p2 == 1 || d->filled)
		return;
	d->filled = true;
	d->fill = d->reg[0];
	d->fy = d->y;
	d->fw = d->dw ? d->dw : UINT32_MAX;
	d->fh = d->dh ? d->dh : UINT32_MAX;
}

static void plain_sixel(struct plain *d, unsigned bits, unsigned n)
{
	plain_begin_fill(d);
	for (; n > 0; n--, d->x++)
		for (unsigned i = 0; i < 6 * d->aspect; i++) {
			uint32_t y = d->y + i;

			if (!(bits >> (i / d->aspect) & 1) || d->x >= d->setup->max_width || d->y >= d->setup->max_height)
				continue;
			d->width = MAX(d->width, d->x + 1);
			if (y >= d->setup->max_height)
				continue;
			d->pixels[(size_t)y * d->setup->max_width + d->x] = d->color;
			d->height = MAX(d->height, y + 1);
		}
}

/* One command or sixel at p; returns what follows it. */
static const char *plain_step(struct plain *d, const char *p, unsigned repeat)
{
	unsigned v[8] = { 0 }, n = 0;
	char c = *p++;

	if (c >= '?' && c <= '~') {
		plain_sixel(d, (unsigned)(c - '?'), repeat);
		return p;
	}
	for (; (*p >= '0' && *p <= '9') || *p == ';'; p++)
		if (*p == ';')
			n++;
		else if (n < 8)
			v[n] = v[n] * 10 + (unsigned)(*p - '0');
	if (c == '#') {
		uint32_t *reg = &d->reg[v[0] % d->setup->registers];

		if (n > 0 && v[1] == 2)
			*reg = 0xff000000 | (v[4] * 255 + 50) / 100 << 16 | (v[3] * 255 + 50) / 100 << 8 | (v[2] * 255 + 50) / 100;
		d->color = *reg;
	} else if (c == '!') {
		return *p >= '?' && *p <= '~' ? plain_step(d, p, MAX(v[0], 1u)) : p;
	} else if (c == '"' && *p) {
		if (v[1])
			d->aspect = MAX((v[0] + v[1] - 1) / v[1], 1u);
		d->dw = v[2] ? MIN(v[2], d->setup->max_width) : d->dw;
		d->dh = v[3] ? MIN(v[3], d->setup->max_height) : d->dh;
		d->x = 0;
	} else if (c == '$' || c == '-') {
		d->x = 0;
		d->y += c == '-' ? 6 * d->aspect : 0;
	}
	return p;
}

static void plain_decode(struct plain *d, const char *data)
{
	memcpy(d->reg, palette.v, sizeof(d->reg));
	d->color = d->reg[MIN(15u, d->setup->registers - 1)];
	d->aspect = d->setup->p1 >= 7 ? 1 : d->setup->p1 == 2 ? 5 : d->setup->p1 == 3 || d->setup->p1 == 4 ? 3 : 2;
	d->pixels = xcalloc((size_t)d->setup->max_width * d->setup->max_height, 4);
	while (*data)
		data = plain_step(d, data, 1);
	plain_begin_fill(d);
	if (d->filled && d->fw != UINT32_MAX && d->fh != UINT32_MAX) {
		d->width = MAX(d->width, d->fw);
		d->height = MAX(d->height, MIN(d->fy + d->fh, d->setup->max_height));
	}
	for (uint32_t y = d->fy; d->filled && y < d->height && y - d->fy < d->fh; y++)
		for (uint32_t x = 0; x < d->width && x < d->fw; x++)
			if (!d->pixels[(size_t)y * d->setup->max_width + x])
				d->pixels[(size_t)y * d->setup->max_width + x] = d->fill;
}

static size_t random_data(char *s, size_t max, unsigned colors)
{
	size_t n = 0, len = rnd((uint32_t)max - 40);
	bool tall = rnd(4) == 0;

	while (n < len) {
		switch (rnd(12)) {
		case 0: n += (size_t)snprintf(s + n, 40, "#%u", rnd(colors)); break;
		case 1: n += (size_t)snprintf(s + n, 40, "#%u;2;%u;%u;%u", rnd(colors), rnd(101), rnd(101), rnd(101)); break;
		case 2: n += (size_t)snprintf(s + n, 40, "!%u%c", rnd(rnd(2) ? 12 : 90), '?' + (char)rnd(64)); break;
		case 3: s[n++] = '$'; break;
		case 4: s[n++] = '-'; break;
		case 5: n += (size_t)snprintf(s + n, 40, "!%u?", rnd(40)); break;
		case 6:
			if (rnd(tall ? 4 : 40) == 0)
				n += (size_t)snprintf(s + n, 40, "\"%u;%u;%u;%u", rnd(8), rnd(3), rnd(80), rnd(80));
			break;
		default:
			for (unsigned k = rnd(14); k > 0; k--)
				s[n++] = (char)('?' + (rnd(3) ? 1u << rnd(6) : rnd(64)));
		}
	}
	s[n] = 0;
	return n;
}

static void test_random(void **state)
{
	static char data[40000];
	unsigned wide = 0;

	for (unsigned round = 0; round < 3000; round++) {
		struct vt_sixel_setup setup = usual(rnd(10), rnd(3));
		struct vt_sixel_picture pic;

		/* some with more colours than a byte can number, or just as many */
		unsigned colors = round % 100 == 5 ? 200 + rnd(rnd(2) ? 80 : 900) : 20;
		setup.registers = 1 + rnd(colors);
		setup.max_width = 20 + rnd(rnd(2) ? 60 : 400);
		setup.max_height = 20 + rnd(200);
		struct plain d = { .setup = &setup };
		size_t len = random_data(data, colors > 20 ? sizeof(data) : round % 10 ? 300 : 4000, colors);
		plain_decode(&d, data);
		assert_true(decode(&setup, data, len, round % 4 * 7, &pic));
		wide += !pic.indexed && pic.data;
		bool empty = d.width == 0 || d.height == 0, clear = false;
		if (pic.width != (empty ? 0 : d.width) || pic.height != (empty ? 0 : d.height))
			fail_msg("P1 %u P2 %u, %u x %u registers %u: size %u x %u, seen %u x %u: %s", setup.p1, setup.p2,
			    setup.max_width, setup.max_height, setup.registers, d.width, d.height, pic.width, pic.height, data);
		for (uint32_t y = 0; y < pic.height; y++)
			for (uint32_t x = 0; x < pic.width; x++) {
				uint32_t want = d.pixels[(size_t)y * setup.max_width + x], seen;

				memcpy(&seen, pic.data + 4 * ((size_t)y * pic.width + x), 4);
				clear |= want == 0;
				if (seen == want)
					continue;
				printf("P1 %u P2 %u, %u x %u registers %u: %s\n", setup.p1, setup.p2, setup.max_width,
				    setup.max_height, setup.registers, data);
				fail_msg("round %u: at %u,%u %08x, seen %08x", round, x, y, want, seen);
			}
		assert_int_equal(pic.clear, clear);
		assert_int_equal(pic.last_row, MIN(d.y, setup.max_height));
		free(d.pixels);
		free(pic.data);
	}
	assert_in_range(wide, 5, 30);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int fail_at = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool failing(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

void *__wrap_malloc(size_t n) { return failing() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return failing() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return failing() ? NULL : __real_realloc(p, n); }

/* Whichever allocation fails: an empty answer or a good picture, and nothing is lost. */
static void test_no_memory(void **state)
{
	static const char data[] = "\"1;1;30;3#1~-!300~-~~~!900?~-!2000~----~";
	struct vt_sixel_setup setup = usual(9, 0);
	unsigned failures = 0;

	for (int i = 0;; i++) {
		struct vt_sixel_picture pic = { 0 };

		fail_at = i;
		struct vt_sixel *s = vt_sixel_new(&setup);
		if (s)
			vt_sixel_feed(s, (const uint8_t *)data, strlen(data));
		bool ok = s && vt_sixel_finish(s, &pic, NULL), hit = fail_at < 0;
		fail_at = -1;
		vt_sixel_free(s);
		failures += !ok;
		assert_true(ok || (!pic.data && pic.width == 0));
		assert_true(!ok || (pic.width == 2000 && pic.height == 48));
		free(pic.data);
		if (!hit)
			break;
	}
	assert_true(failures > 5);
}

static int setup_palette(void **state)
{
	vt_sixel_palette_default(&palette);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_default_palette),
		cmocka_unit_test(test_aspect),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_last_row),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup_palette, NULL);
}
