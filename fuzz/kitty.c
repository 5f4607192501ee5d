/* The kitty graphics protocol. Input is the size of a terminal, then program output in
 * which four bytes stand for more: 0xff begins a command, 0xfd ends it, 0xfc ends it with
 * a payload of four bytes, 0xfe and the byte after it change the size. A second engine
 * takes the same one byte at a time; both must show the same.
 *
 * fuzz/kitty.dict has the keys. */
#include <assert.h>
#include <math.h>

#include "base/str.h"
#include "vt/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROW_IMAGES 80

static void on_reply(void *user, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert(bytes[i] == 0x1b || (bytes[i] >= ' ' && bytes[i] < 0x7f));
	str_add(user, bytes, len);
}

/* A file of as many bytes as its name has letters, or none. */
static enum vt_image_file_result on_file(void *user, const struct vt_image_file *file, uint8_t **ret, size_t *ret_len)
{
	*ret_len = strlen(file->name);
	if (*ret_len % 5 == 0)
		return (enum vt_image_file_result)(*ret_len / 5 % 5 ? *ret_len / 5 % 5 : 1);
	*ret = malloc(*ret_len);
	assert(*ret);
	memcpy(*ret, file->name, *ret_len);
	return VT_IMAGE_FILE_OK;
}

static const struct vt_callbacks callbacks = { .reply = on_reply, .image_file = on_file };

static void check_image(struct vt *vt, const struct vt_row_image *run)
{
	struct vt_image image;
	struct vt_image_cell cell;
	bool there = vt_image_get(vt, run->serial, &image);

	assert(there && image.len > 0 && image.frames >= 1);
	assert(run->cells > 0 && run->width > 0 && run->height > 0);
	for (unsigned i = 0; i < image.frames; i++) {
		uint32_t ms;

		assert(vt_image_frame(vt, run->serial, i, &ms));
	}
	for (unsigned i = 0; i < run->cells; i++) {
		if (!vt_row_image_cell(run, i, &cell))
			continue;
		assert(cell.left >= 0 && cell.left < cell.right && cell.right <= 1.0001f);
		assert(cell.top >= 0 && cell.top < cell.bottom && cell.bottom <= 1.0001f);
		assert(cell.pad_left + cell.pad_right < run->cell_width && cell.pad_top + cell.pad_bottom < run->cell_height);
	}
}

static void check_same(struct vt *a, struct vt *b)
{
	struct vt_dims d = vt_dims(a);
	static struct vt_row_image x[ROW_IMAGES], y[ROW_IMAGES];

	assert(vt_dims(b).physical_top == d.physical_top && vt_cursor(a).x == vt_cursor(b).x);
	for (int64_t row = d.scrollback_top; row < d.physical_top + d.rows; row++) {
		size_t n = vt_row_images(a, row, x, ROW_IMAGES);

		assert(n == vt_row_images(b, row, y, ROW_IMAGES));
		for (size_t i = 0; i < n && i < ROW_IMAGES; i++) {
			struct vt_image p, q;

			assert(x[i].x + x[i].cells <= d.cols);
			check_image(a, &x[i]);
			check_image(b, &y[i]);
			assert(x[i].x == y[i].x && x[i].cells == y[i].cells && x[i].z == y[i].z && x[i].left == y[i].left &&
			    x[i].top == y[i].top && x[i].image_id == y[i].image_id && x[i].placement_id == y[i].placement_id);
			assert(vt_image_get(a, x[i].serial, &p) && vt_image_get(b, y[i].serial, &q));
			assert(p.len == q.len && p.format == q.format && memcmp(p.data, q.data, p.len) == 0);
		}
	}
}

static void feed(struct vt *whole, struct vt *bytewise, const void *bytes, size_t len)
{
	vt_write(whole, bytes, len);
	for (size_t i = 0; i < len; i++)
		vt_write(bytewise, (const char *)bytes + i, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str replies[2] = { STR_INIT, STR_INIT }, out = STR_INIT;

	if (size < 3)
		return 0;
	struct vt_config config = { .rows = 1 + data[0] % 12, .cols = 1 + data[1] % 40, .scrollback_lines = data[2] % 32,
		.image_bytes = data[2] & 0x80 ? 400 : 1 << 20 };
	struct vt *whole = vt_create(&config, &callbacks, &replies[0]);
	struct vt *bytewise = vt_create(&config, &callbacks, &replies[1]);
	for (size_t i = 3; i < size; i++) {
		switch (data[i]) {
		case 0xff: str_puts(&out, "\033_G"); break;
		case 0xfd: str_puts(&out, "\033\\"); break;
		case 0xfc: str_puts(&out, ";YWJjZA==\033\\"); break;
		case 0xfe:
			feed(whole, bytewise, out.s, out.len);
			str_reset(&out);
			if (++i == size)
				break;
			vt_resize(whole, 1 + data[i] % 8, 1 + data[i] / 8, 0, 0);
			vt_resize(bytewise, 1 + data[i] % 8, 1 + data[i] / 8, 0, 0);
			break;
		default: str_putc(&out, (char)data[i]); break;
		}
	}
	feed(whole, bytewise, out.s, out.len);
	check_same(whole, bytewise);
	assert(replies[0].len == replies[1].len && memcmp(replies[0].s, replies[1].s, replies[0].len) == 0);
	vt_destroy(whole);
	vt_destroy(bytewise);
	for (int i = 0; i < 2; i++)
		str_fini(&replies[i]);
	str_fini(&out);
	return 0;
}
