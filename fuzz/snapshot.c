/* Snapshots. The first byte says which way: a stream to be read (its checksum does
 * not count, or no damage would come further), or program output up to a point and
 * after it, where the terminal that was written and the one that was read must stay
 * the same. Whatever could be read is used, written and read again. */
#include <assert.h>

#include "vt/dump.h"
#include "vt/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_reply(void *user, const char *bytes, size_t len) { }

static const struct vt_callbacks callbacks = { .reply = on_reply };

static const struct vt_config limits = { .rows = 60, .cols = 200, .scrollback_lines = 5000,
	.scrollback_bytes = 1u << 20, .image_bytes = 1u << 20, .term_program = "fuzz 1" };

static struct vt *read_back(const uint8_t *bytes, size_t len, unsigned flags)
{
	enum vt_snapshot_error error;
	struct vt *vt = vt_snapshot_read(bytes, len, &limits, &callbacks, NULL, flags, &error);

	assert((vt != NULL) == (error == VT_SNAPSHOT_OK));
	return vt;
}

static uint8_t *written(const struct vt *vt, size_t *len)
{
	enum vt_snapshot_error error;
	uint8_t *bytes = vt_snapshot_bytes(vt, 0, len, &error);

	assert(bytes && error == VT_SNAPSHOT_OK);
	return bytes;
}

static void same(const struct vt *a, const struct vt *b)
{
	size_t n, m;
	uint8_t *x = written(a, &n), *y = written(b, &m);

	assert(n == m && memcmp(x, y, n) == 0);
	free(x);
	free(y);
}

static struct vt *copied(const struct vt *vt)
{
	size_t len;
	uint8_t *bytes = written(vt, &len);
	struct vt *copy = read_back(bytes, len, 0);

	assert(copy);
	same(vt, copy);
	free(bytes);
	return copy;
}

static void read_rows(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);

	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		bool there = vt_row_get(vt, y, &row);
		assert(there && row.n <= VT_COLS_MAX);
		for (unsigned x = 0; x < row.n; x++) {
			char s[VT_CLUSTER_BYTES_MAX];
			struct vt_link link;

			assert(vt_cell_text(vt, &row.cells[x], s) <= sizeof(s));
			vt_link_get(vt, vt_style_get(vt, row.cells[x].style)->link, &link);
		}
	}
}

static bool show(void *user, const void *bytes, size_t len)
{
	vt_write(user, bytes, len);
	return true;
}

/* What it shows, on another. */
static void dump(struct vt *vt)
{
	struct vt_dump_config how = { .flags = VT_DUMP_BOTH, .scrollback = 10 };
	struct vt_config config = limits;
	struct vt_dims d = vt_dims(vt);

	config.rows = d.rows;
	config.cols = d.cols;
	struct vt *other = vt_create(&config, &callbacks, NULL);
	vt_dump(vt, &how, show, other);
	assert(vt_dims(other).physical_top - vt_dims(other).scrollback_top <= 10);
	vt_destroy(other);
}

static void use(struct vt *vt)
{
	static const char text[] = "\xcc\x81x\033[3b\t\b\033[2@\033[P\n\033[L\033[2;3Hab\033[1;2r\n\n\033[r\033[?1049l\033[23t"
		"\033[?1049h\033[<3u\033\\\a\0338\033[!p\n\n\n\033[?1049lend";

	read_rows(vt);
	dump(vt);
	vt_write(vt, text, sizeof(text) - 1);
	while (vt_compact(vt))
		;
	vt_resize(vt, 9, 33, 100, 100);
	vt_write(vt, text, sizeof(text) - 1);
	vt_erase_scrollback(vt, true);
}

static void read_stream(const uint8_t *data, size_t size)
{
	struct vt *vt = read_back(data, size, VT_SNAPSHOT_ANY_CHECKSUM);

	if (!vt)
		return;
	struct vt *again = copied(vt);
	use(vt);
	vt_destroy(vt);
	vt_destroy(again);
}

/* The output in pieces, between them a command of one byte. */
static void goes_on(const uint8_t *data, size_t size)
{
	struct vt_config config = limits;

	config.rows = 1 + data[0] % 20;
	config.cols = 1 + data[1] % 60;
	struct vt *a = vt_create(&config, &callbacks, NULL), *b = copied(a);
	for (size_t i = 2; i < size;) {
		const uint8_t *next = memchr(data + i, 0xfe, size - i);
		size_t n = next ? (size_t)(next - data) - i : size - i;

		vt_write(a, data + i, n);
		vt_write(b, data + i, n);
		i += n + 2;
		if (i > size)
			break;
		switch (data[i - 1] % 4) {
		case 0:
			vt_resize(a, 1 + data[i - 1] / 16, 1 + data[i - 1] / 2, 0, 0);
			vt_resize(b, 1 + data[i - 1] / 16, 1 + data[i - 1] / 2, 0, 0);
			break;
		case 1:
			vt_compact(a);
			vt_compact(b);
			break;
		default: {
			struct vt *copy = copied(b);

			vt_destroy(b);
			b = copy;
			break;
		}
		}
	}
	same(a, b);
	dump(a);
	vt_destroy(a);
	vt_destroy(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	if (data[0] & 1)
		read_stream(data + 1, size - 1);
	else
		goes_on(data + 1, size - 1);
	return 0;
}
