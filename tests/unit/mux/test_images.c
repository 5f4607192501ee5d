/* Images on the wire, against the recording of the real server (golden images.json): the same
 * program output in the same terminal of 24x80 cells, 800x480 pixels. */
#include "../unit.h"

#include "base/mem.h"
#include "mux/lines.h"

#include <string.h>

#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8" \
	"suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC"
#define PNG_HASH "248b07a3d0e1e0f67d43d18065be8f74434549c0fdde6b0bfc08a7835d41909f"
#define SIXEL_HASH "9702ed55149799f1f85badf2064c43a125f96ad504e49088854f5b4140504ba9"

/* The real server takes pixels for square; here they are told to be. */
#define SQUARE "\"1;1;20;12"

struct fixture {
	struct vt *vt;
	struct wire_arena arena;
	struct wire_lines lines;
	struct images *images;
};

static const struct vt_callbacks no_callbacks;

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->vt = vt_create(&(struct vt_config){ .rows = 24, .cols = 80, .pixel_width = 800, .pixel_height = 480,
	    .scrollback_lines = 100, .term_program = "t" }, &no_callbacks, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wire_arena_reset(&f->arena);
	images_free(f->images);
	vt_destroy(f->vt);
	free(f);
	return 0;
}

static void feed(struct fixture *f, const char *bytes)
{
	vt_write(f->vt, bytes, strlen(bytes));
}

/* The screen's rows as lines. */
static void build(struct fixture *f)
{
	int64_t rows[24], top = vt_dims(f->vt).physical_top;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		rows[i] = top + i;
	wire_arena_reset(&f->arena);
	lines_build(f->vt, &f->images, rows, ARRAY_LEN(rows), &f->arena, WIRE_ARENA_MAX, &f->lines);
	assert_int_equal(f->lines.n_lines, ARRAY_LEN(rows));
}

static void unhex(const char *hex, uint8_t ret[32])
{
	for (unsigned i = 0; i < 32; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		ret[i] = (uint8_t)v;
	}
}

/* Cells of cols columns and rows rows from there on, as the recording has them. */
static size_t check_cells(struct fixture *f, size_t at, int64_t row, unsigned cols, unsigned rows, const char *hash,
    uint32_t id, uint16_t pad_bottom)
{
	uint8_t want[32];

	unhex(hash, want);
	for (unsigned y = 0; y < rows; y++)
		for (unsigned x = 0; x < cols; x++, at++) {
			const struct wire_image_cell *c = &f->lines.images[at];

			assert_true(at < f->lines.n_images);
			assert_int_equal(c->line_idx, row + y);
			assert_int_equal(c->cell_idx, x);
			assert_float_equal(c->top_left.x, (float)x / (float)cols, 1e-6);
			assert_float_equal(c->top_left.y, (float)y / (float)rows, 1e-6);
			assert_float_equal(c->bottom_right.x, (float)(x + 1) / (float)cols, 1e-6);
			assert_float_equal(c->bottom_right.y, (float)(y + 1) / (float)rows, 1e-6);
			assert_memory_equal(c->data_hash, want, 32);
			assert_int_equal(c->z_index, 0);
			assert_int_equal(c->padding_left | c->padding_top | c->padding_right, 0);
			assert_int_equal(c->padding_bottom, pad_bottom);
			assert_int_equal(c->has_image_id, id != 0);
			assert_int_equal(c->image_id, id);
			assert_false(c->has_placement_id);
		}
	return at;
}

/* The body of the answer to GetImageCell. */
static struct wire_buf answer(struct fixture *f, int64_t row, uint64_t cell, const char *hash, uint32_t codec)
{
	union wire_body b = { 0 };
	struct wire_buf out = { 0 };
	uint8_t want[32];

	unhex(hash, want);
	b.image_cell_response.has_data = images_find(&f->images, f->vt, row, cell, want, &f->arena,
	    &b.image_cell_response.data);
	assert_int_equal(wire_encode_body(WIRE_GET_IMAGE_CELL_RESPONSE, &b, codec, &out), WIRE_OK);
	return out;
}

static void as_recorded(void **state)
{
	struct fixture *f = *state;

	feed(f, "\033[5;1H\033]1337;File=inline=1;width=4;height=2:" PNG "\007\r\n"
	    "\033[8;1H\033Pq" SQUARE "#0;2;100;0;0#0!20~-!20~\033\\\r\n"
	    "\033[13;1H\033_Ga=T,f=100,i=5,c=3,r=2;" PNG "\033\\\r\n");
	build(f);
	size_t n = check_cells(f, 0, 4, 4, 2, PNG_HASH, 0, 0);
	n = check_cells(f, n, 7, 2, 1, SIXEL_HASH, 0, 8);
	/* The real server decodes PNG that came by kitty's protocol; here it stays a file. */
	n = check_cells(f, n, 12, 3, 2, PNG_HASH, 5, 0);
	assert_int_equal(n, f->lines.n_images);
	/* The client attaches them to cells that have to be there. */
	assert_int_equal(f->lines.lines[4].line.len, 4);
	assert_int_equal(f->lines.lines[13].line.len, 3);
	assert_int_equal(f->lines.lines[6].line.len, 0);
	/* The prompt came to stand where it did in the recording: after both lines of each image. */
	assert_int_equal(vt_cursor(f->vt).y, 14);

	for (uint32_t codec = 42; codec <= 45; codec++) {
		struct wire_buf body = answer(f, 4, 0, PNG_HASH, codec);
		static const uint8_t head[] = { 0x00, 0x01, 0x01, 0xa5, 0x01, 0x89, 'P', 'N', 'G' };
		uint8_t hash[32];

		unhex(PNG_HASH, hash);
		assert_int_equal(body.len, 404 / 2);
		assert_memory_equal(body.data, head, sizeof(head));
		assert_memory_equal(body.data + body.len - 32, hash, 32);
		wire_buf_fini(&body);

		body = answer(f, 7, 0, SIXEL_HASH, codec);
		static const uint8_t sixel[] = { 0x00, 0x01, 0x02, 0xc0, 0x07, 0xff, 0x00, 0x00, 0xff };
		unhex(SIXEL_HASH, hash);
		assert_int_equal(body.len, 2062 / 2);
		assert_memory_equal(body.data, sixel, sizeof(sixel));
		assert_memory_equal(body.data + body.len - 66, "\x14\x0c", 2);
		assert_memory_equal(body.data + body.len - 64, hash, 32);
		assert_memory_equal(body.data + body.len - 32, hash, 32);
		wire_buf_fini(&body);
	}
	struct wire_buf none = answer(f, 0, 0, "0000000000000000000000000000000000000000000000000000000000000000", 42);
	assert_int_equal(none.len, 2);
	assert_memory_equal(none.data, "\0\0", 2);
	wire_buf_fini(&none);
}

static void known_images_are_found_where_they_have_gone(void **state)
{
	struct fixture *f = *state;

	feed(f, "\033Pq" SQUARE "#0;2;100;0;0#0!20~-!20~\033\\");
	build(f);
	for (int i = 0; i < 60; i++)
		feed(f, "\r\n");
	struct wire_buf body = answer(f, 50, 3, SIXEL_HASH, 44);
	assert_int_equal(body.len, 2062 / 2);
	wire_buf_fini(&body);
	/* When no row is left that shows it there is no image. */
	for (int i = 0; i < 200; i++)
		feed(f, "\r\n");
	body = answer(f, 0, 0, SIXEL_HASH, 44);
	assert_int_equal(body.len, 2);
	wire_buf_fini(&body);
}

static void text_and_images_share_a_line(void **state)
{
	struct fixture *f = *state;

	feed(f, "ab\033[1;5H\033_Ga=T,i=1,p=3,z=-7,s=1,v=1,c=2,r=1,C=1;/////w==\033\\\033[2;1H"
	    "\033[1;5H\033_Ga=p,i=1,p=4,s=1,v=1,X=2,Y=3,C=1;\033\\");
	build(f);
	const struct wire_line *l = &f->lines.lines[0].line;
	assert_int_equal(l->len, 6);
	assert_memory_equal(l->text.s, "ab    ", 6);
	assert_int_equal(f->lines.n_images, 3);
	const struct wire_image_cell *c = f->lines.images;
	assert_int_equal(c[0].cell_idx, 4);
	assert_int_equal(c[1].cell_idx, 5);
	assert_int_equal(c[0].z_index, -7);
	assert_true(c[0].has_placement_id);
	assert_int_equal(c[0].placement_id, 3);
	/* One pixel, two from the left and three from the top of a cell of 10x20. */
	assert_int_equal(c[2].cell_idx, 4);
	assert_int_equal(c[2].placement_id, 4);
	assert_int_equal(c[2].padding_left, 2);
	assert_int_equal(c[2].padding_right, 7);
	assert_int_equal(c[2].padding_top, 3);
	assert_int_equal(c[2].padding_bottom, 16);
}

static void an_animation_goes_with_its_frames(void **state)
{
	struct fixture *f = *state;

	feed(f, "\033_Ga=T,i=1,s=1,v=1,q=2;YWJjZA==\033\\\033_Ga=f,i=1,s=1,v=1,X=1,z=70,q=2;MTIzNA==\033\\");
	build(f);
	assert_int_equal(f->lines.n_images, 1);
	uint8_t still[32];
	memcpy(still, f->lines.images[0].data_hash, 32);
	feed(f, "\033_Ga=a,i=1,r=1,z=1500,s=3\033\\");
	build(f);
	assert_memory_not_equal(still, f->lines.images[0].data_hash, 32);
	/* SHA-256 of "abcd1234" and the floats 1.5 and 0.07, by sha256sum(1). */
	uint8_t want[32];
	unhex("fbedf5c1fef854b0ebdb9bec895181b6d5b1ce373a029c7bea7dde16757f3d35", want);
	assert_memory_equal(f->lines.images[0].data_hash, want, 32);
	struct wire_image_data data;
	assert_true(images_find(&f->images, f->vt, 0, 0, want, &f->arena, &data));
	assert_int_equal(data.kind, WIRE_IMAGE_ANIM_RGBA8);
	assert_int_equal(data.n_frames, 2);
	assert_int_equal(data.n_durations, 2);
	assert_int_equal(data.n_hashes, 2);
	assert_int_equal(data.durations[0].secs, 1);
	assert_int_equal(data.durations[0].nanos, 500000000);
	assert_int_equal(data.durations[1].nanos, 70000000);
	assert_memory_equal(data.frames[1].s, "1234", 4);
	unhex("88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589", want);
	assert_memory_equal(data.hashes[0].b, want, 32);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(as_recorded), T(known_images_are_found_where_they_have_gone),
		T(text_and_images_share_a_line), T(an_animation_goes_with_its_frames) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
