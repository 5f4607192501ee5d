/* dump.c - for tests/vt/dump.py: what our engine shows after some output, and its dump.
 *
 *     vt_dump_tool ROWS COLS FLAGS SCROLLBACK < output
 *
 * Prints lines: "cursor X Y SHAPE VISIBLE", "cell X Y WIDTH ATTRS FG BG TEXT" (hexadecimal,
 * as in vt.h) for each cell that is not blank, "dump" and after its newline the dump. */
#include <inttypes.h>

#include "vt/dump.h"
#include "vt/vt.h"

static bool put(void *user, const void *bytes, size_t len)
{
	return fwrite(bytes, 1, len, user) == len;
}

static void put_row(struct vt *vt, int64_t index, unsigned y)
{
	struct vt_row row;

	if (!vt_row_get(vt, index, &row))
		return;
	for (unsigned x = 0; x < row.n; x++) {
		const struct vt_cell *cell = &row.cells[x];
		const struct vt_style *style = vt_style_get(vt, cell->style);
		char s[VT_CLUSTER_BYTES_MAX];
		size_t n = vt_cell_text(vt, cell, s);

		if (cell->width == 0)
			continue;
		printf("cell %u %u %u %x %x %x %.*s\n", x, y, cell->width, style->attrs, style->fg, style->bg, (int)n, s);
	}
}

int main(int argc, char **argv)
{
	struct vt_callbacks callbacks = { 0 };
	char buf[4096];
	size_t n;

	if (argc != 5)
		return 2;
	struct vt_config config = { .rows = (uint16_t)strtoul(argv[1], NULL, 10),
		.cols = (uint16_t)strtoul(argv[2], NULL, 10), .scrollback_lines = 1000 };
	struct vt_dump_config dump = { .flags = (unsigned)strtoul(argv[3], NULL, 10),
		.scrollback = (uint32_t)strtoul(argv[4], NULL, 10) };
	struct vt *vt = vt_create(&config, &callbacks, NULL);
	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		vt_write(vt, buf, n);
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor c = vt_cursor(vt);
	printf("cursor %u %" PRId64 " %u %u\n", c.x, c.y - d.physical_top, (unsigned)c.shape, c.visible);
	for (unsigned y = 0; y < d.rows; y++)
		put_row(vt, d.physical_top + y, y);
	printf("dump\n");
	bool ok = vt_dump(vt, &dump, put, stdout);
	vt_destroy(vt);
	return !ok;
}
