/* Images in the engine, below the protocols that bring them (those have scripts): what
 * the screen does to pictures that are content of cells, quotas, and the coordinates
 * that one cell gets. Cells are 10 x 20 pixels. */
#include "../unit.h"
#include "base/mem.h"
#include "base/str.h"
#include "vt/internal.h"

static struct vt *make(unsigned rows, unsigned cols, size_t bytes)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .pixel_width = cols * 10,
		.pixel_height = rows * 20, .scrollback_lines = 100, .image_bytes = bytes };

	return vt_create(&config, NULL, NULL);
}

static void put(struct vt *vt, const char *s) { vt_write(vt, s, strlen(s)); }

static struct vt_picture picture(unsigned width, unsigned height)
{
	return (struct vt_picture){ .format = VT_IMAGE_RGBA, .width = width, .height = height,
		.data = calloc(width, (size_t)height * 4), .len = (size_t)width * height * 4 };
}

static void show(struct vt *vt, unsigned width, unsigned height)
{
	struct vt_picture p = picture(width, height);
	struct vt_image_how how = { .scroll = true, .after = VT_IMAGE_CURSOR_LEFT };

	assert_true(vt_image_show(vt, &p, &how));
}

/* "x+cells:col,row" of each run, where col and row say which cell of the image comes first. */
static void check_row(struct vt *vt, int64_t row, const char *want)
{
	struct vt_row_image v[16];
	size_t n = vt_row_images(vt, row, v, ARRAY_LEN(v));
	cleanup_str struct str s = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_printf(&s, "%s%u+%u:%d,%d", i ? " " : "", v[i].x, v[i].cells, -v[i].left / 10, -v[i].top / 20);
	assert_string_equal(s.s, want);
}

static void test_show(void **state)
{
	struct vt *vt = make(4, 10, 0);

	put(vt, "\033[1;3H");
	show(vt, 25, 30);
	check_row(vt, 0, "2+3:0,0");
	check_row(vt, 1, "2+3:0,1");
	check_row(vt, 2, "");
	assert_int_equal(vt_cursor(vt).x, 2);
	assert_int_equal(vt_cursor(vt).y, 1);
	/* The last cell: 5 of 10 pixels across, 10 of 20 down; a pixel is 1/25 and 1/30 of the image. */
	struct vt_row_image run;
	struct vt_image_cell cell;
	assert_int_equal(vt_row_images(vt, 1, &run, 1), 1);
	assert_true(vt_row_image_cell(&run, 2, &cell));
	assert_float_equal(cell.left, 20.0 / 25, 1e-6);
	assert_float_equal(cell.right, 1, 1e-6);
	assert_float_equal(cell.top, 20.0 / 30, 1e-6);
	assert_float_equal(cell.bottom, 1, 1e-6);
	assert_int_equal(cell.pad_left, 0);
	assert_int_equal(cell.pad_right, 5);
	assert_int_equal(cell.pad_top, 0);
	assert_int_equal(cell.pad_bottom, 10);
	assert_false(vt_row_image_cell(&run, 3, &cell));
	vt_destroy(vt);
}

static void test_overwritten(void **state)
{
	struct vt *vt = make(4, 10, 0);
	struct vt_row_image run;
	struct vt_image image;

	show(vt, 60, 20);
	assert_int_equal(vt_row_images(vt, 0, &run, 1), 1);
	put(vt, "\033[1;3Hab");
	check_row(vt, 0, "0+2:0,0 4+2:4,0");
	put(vt, "\033[1;6H\033[K");
	check_row(vt, 0, "0+2:0,0 4+1:4,0");
	put(vt, "\033[2K");
	check_row(vt, 0, "");
	/* The next picture in the row finds that the one before has gone. */
	assert_true(vt_image_get(vt, run.serial, &image));
	put(vt, "\033[1;10H");
	show(vt, 10, 20);
	check_row(vt, 0, "9+1:0,0");
	assert_false(vt_image_get(vt, run.serial, &image));
	vt_destroy(vt);
}

static void test_scrolled(void **state)
{
	struct vt *vt = make(4, 10, 0);

	put(vt, "\033[3;1H");
	show(vt, 10, 80);
	assert_int_equal(vt_dims(vt).physical_top, 2);
	for (int64_t row = 2; row < 6; row++) {
		char want[16];

		snprintf(want, sizeof(want), "0+1:0,%d", (int)row - 2);
		check_row(vt, row, want);
	}
	put(vt, "\r\n\r\n");
	check_row(vt, 2, "0+1:0,0");
	check_row(vt, 3, "0+1:0,1");
	check_row(vt, 5, "0+1:0,3");
	check_row(vt, 6, "");
	/* Until the rows have gone. */
	for (int i = 0; i < 110; i++)
		put(vt, "\r\n");
	assert_int_equal(vt->images.n, 0);
	assert_int_equal(vt->images.spans, 0);
	assert_int_equal(vt->images.n_placements, 0);
	vt_destroy(vt);
}

static void test_quota(void **state)
{
	struct vt *vt = make(4, 10, 3000);
	struct vt_image_how how = { .after = VT_IMAGE_CURSOR_STAY };
	struct vt_row_image run;
	struct vt_image image;

	struct vt_picture big = picture(30, 30);
	assert_false(vt_image_show(vt, &big, &how));
	struct vt_picture odd = picture(10, 10);
	odd.len--;
	assert_false(vt_image_show(vt, &odd, &how));
	assert_int_equal(vt->images.bytes, 0);
	for (int i = 0; i < 4; i++) {
		struct vt_picture p = picture(16, 16);

		vt_cursor_to(vt, (unsigned)i * 2, 0);
		assert_true(vt_image_show(vt, &p, &how));
	}
	/* 1024 bytes each: two stay, the newest. */
	check_row(vt, 0, "4+2:0,0 6+2:0,0");
	assert_int_equal(vt->images.bytes, 2048);
	assert_int_equal(vt_row_images(vt, 0, &run, 1), 2);
	assert_true(vt_image_get(vt, run.serial, &image));
	assert_int_equal(image.width, 16);
	assert_int_equal(image.len, 1024);
	vt_destroy(vt);
}

static void test_cells_move(void **state)
{
	struct vt *vt = make(4, 20, 0);

	show(vt, 60, 20);
	put(vt, "\033[1;3H\033[2@");
	check_row(vt, 0, "0+2:0,0 4+4:2,0");
	put(vt, "\033[2P");
	check_row(vt, 0, "0+2:0,0 2+4:2,0");
	put(vt, "\033[1;2H\033[2P");
	check_row(vt, 0, "0+1:0,0 1+3:3,0");
	put(vt, "\033[4h\033[1;1Hx\033[4l");
	check_row(vt, 0, "1+1:0,0 2+3:3,0");
	/* What is pushed over the right edge has gone. */
	put(vt, "\033[16@");
	check_row(vt, 0, "17+1:0,0 18+2:3,0");
	put(vt, "\033[2J");
	check_row(vt, 0, "");
	assert_int_equal(vt->images.n, 0);
	vt_destroy(vt);
}

static void test_rows_move(void **state)
{
	struct vt *vt = make(6, 20, 0);

	put(vt, "\033[2;2H");
	show(vt, 20, 60);
	put(vt, "\033[3;1H\033[L");
	check_row(vt, 1, "1+2:0,0");
	check_row(vt, 2, "");
	check_row(vt, 3, "1+2:0,1");
	check_row(vt, 4, "1+2:0,2");
	put(vt, "\033[1;1H\033[M");
	check_row(vt, 0, "1+2:0,0");
	check_row(vt, 2, "1+2:0,1");
	/* Between side margins only those columns move. */
	put(vt, "\033[?69h\033[3;20s\033[3;3H\033[L");
	check_row(vt, 2, "1+1:0,1");
	check_row(vt, 3, "1+1:0,2 2+1:1,1");
	check_row(vt, 4, "2+1:1,2");
	put(vt, "\033[3;3H\033[M");
	check_row(vt, 2, "1+1:0,1 2+1:1,1");
	check_row(vt, 3, "1+1:0,2 2+1:1,2");
	check_row(vt, 4, "");
	put(vt, "\033[?69l\033[H\033M");
	check_row(vt, 0, "");
	check_row(vt, 1, "1+2:0,0");
	vt_destroy(vt);
}

static void test_reflow(void **state)
{
	struct vt *vt = make(6, 20, 0);
	static const char *const rows[] = { "12+8:0,0", "12+8:0,1", "" };

	put(vt, "abcdefghijkl");
	show(vt, 80, 40);
	put(vt, "\r\nxyz");
	for (int i = 0; i < 3; i++)
		check_row(vt, i, rows[i]);
	/* The rows are too long by their blanks only: nothing wraps, the image is cut. */
	vt_resize(vt, 6, 15, 150, 120);
	check_row(vt, 0, "12+3:0,0");
	check_row(vt, 1, "12+3:0,1");
	vt_resize(vt, 6, 20, 200, 120);
	for (int i = 0; i < 3; i++)
		check_row(vt, i, rows[i]);
	/* The text of the first row wraps: its end takes the image along. */
	vt_resize(vt, 6, 8, 80, 120);
	check_row(vt, 0, "");
	check_row(vt, 1, "4+4:0,0");
	vt_resize(vt, 6, 20, 200, 120);
	for (int i = 0; i < 3; i++)
		check_row(vt, i, rows[i]);
	/* In the scrollback too, and back on the screen. */
	put(vt, "\r\n\n\n\n\n\n");
	vt_resize(vt, 6, 8, 80, 120);
	vt_resize(vt, 6, 13, 130, 120);
	vt_resize(vt, 6, 20, 200, 120);
	for (int i = 0; i < 3; i++)
		check_row(vt, i, rows[i]);
	vt_resize(vt, 10, 20, 200, 200);
	assert_int_equal(vt_dims(vt).physical_top, 0);
	for (int i = 0; i < 3; i++)
		check_row(vt, i, rows[i]);
	put(vt, "\033[1;15H*");
	check_row(vt, 0, "12+2:0,0 15+5:3,0");
	vt_destroy(vt);
}

static void test_alternate(void **state)
{
	struct vt *vt = make(4, 10, 0);

	show(vt, 20, 20);
	put(vt, "\033[?1049h");
	check_row(vt, 0, "");
	put(vt, "\033[4;1H");
	show(vt, 10, 40);
	check_row(vt, 2, "0+1:0,0");
	check_row(vt, 3, "0+1:0,1");
	vt_resize(vt, 4, 5, 50, 80);
	check_row(vt, 2, "0+1:0,0");
	put(vt, "\033[?1049l");
	check_row(vt, 0, "0+2:0,0");
	put(vt, "\033[?1049h");
	check_row(vt, 2, "");
	put(vt, "\033c");
	assert_int_equal(vt->images.n, 0);
	assert_int_equal(vt->images.spans, 0);
	vt_destroy(vt);
}

static uint64_t seed = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* Text and runs of images of all rows that are kept. */
static void describe(struct vt *vt, struct str *s)
{
	struct vt_dims d = vt_dims(vt);

	str_reset(s);
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row_image v[VT_ROW_IMAGES_MAX];
		struct vt_row row;
		size_t n = vt_row_images(vt, y, v, ARRAY_LEN(v));

		assert_true(vt_row_get(vt, y, &row));
		for (unsigned x = 0; x < row.n; x++)
			str_putc(s, row.cells[x].text ? (char)row.cells[x].text : ' ');
		while (s->len > 0 && s->s[s->len - 1] == ' ')
			s->s[--s->len] = 0;
		for (size_t i = 0; i < n; i++)
			str_printf(s, "|%u+%u:%d,%d,%d", v[i].x, v[i].cells, v[i].left, v[i].top, (int)v[i].serial);
		str_putc(s, '\n');
	}
	while (s->len > 0 && s->s[s->len - 1] == '\n')
		s->s[--s->len] = 0;
}

/* However narrow it was meanwhile, what was there comes back. */
static void test_there_and_back(void **state)
{
	for (unsigned round = 0; round < 400; round++) {
		struct vt_config config = { .rows = 10, .cols = 40, .pixel_width = 400, .pixel_height = 200,
			.scrollback_lines = 5000 };
		struct vt *vt = vt_create(&config, NULL, NULL);
		cleanup_str struct str before = STR_INIT, after = STR_INIT;

		for (unsigned i = 0; i < 20; i++) {
			cleanup_str struct str s = STR_INIT;

			switch (rnd(4)) {
			case 0: show(vt, 1 + rnd(300), 1 + rnd(60)); break;
			case 1:
				str_printf(&s, "\033[%uC\033_Ga=T,q=2,C=1,s=1,v=1,c=%u,r=%u;YWJjZA==\033\\", rnd(30), 1 + rnd(20),
				    1 + rnd(4));
				break;
			case 2: str_puts(&s, "\r\n"); break;
			default:
				for (unsigned k = rnd(60); k > 0; k--)
					str_putc(&s, (char)('a' + rnd(26)));
			}
			vt_write(vt, s.s, s.len);
		}
		put(vt, "\r\n");
		describe(vt, &before);
		for (unsigned i = 1 + rnd(3); i > 0; i--)
			vt_resize(vt, 10, (uint16_t)(1 + rnd(60)), 0, 0);
		vt_resize(vt, 10, 40, 0, 0);
		describe(vt, &after);
		assert_string_equal(before.s, after.s);
		vt_destroy(vt);
	}
}

/* An image that lost to the quota leaves rows, kept ones too: they count as changed. */
static void test_changed(void **state)
{
	struct vt *vt = make(4, 10, 2000);
	int64_t rows[8];

	show(vt, 10, 40);
	put(vt, "\r\n\n\n\n");
	uint64_t before = vt_seqno(vt);
	assert_int_equal(vt_dims(vt).physical_top, 2);
	put(vt, "x");
	assert_int_equal(vt_rows_changed(vt, before, 0, 6, rows, 8), 1);
	show(vt, 10, 40);

	assert_int_equal(vt_rows_changed(vt, before, 0, 7, rows, 8), 4);
	assert_int_equal(rows[0], 0);
	assert_int_equal(rows[1], 1);
	assert_int_equal(rows[2], 5);
	assert_int_equal(rows[3], 6);
	check_row(vt, 0, "");
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_scrolled),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_cells_move),
		cmocka_unit_test(test_rows_move),
		cmocka_unit_test(test_reflow),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_alternate),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
