/* The terminal engine. Input is program output, in which 0xfe begins a command
 * of ours: a resize, an encoder, a reading of everything. A second engine takes
 * the same bytes one at a time; both must end up the same. */
#include <assert.h>
#include <inttypes.h>

#include "base/mem.h"
#include "text/text.h"
#include "vt/image.h"
#include "vt/vt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_reply(void *user, const char *bytes, size_t len)
{
	*(size_t *)user += len;
	for (size_t i = 0; i < len; i++)
		assert(bytes[i] != '\n' && bytes[i] != '\r');
}

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
	assert(text_utf8_valid(text, len));
}

static void on_note(void *user, const struct vt_notification *note)
{
	assert(text_utf8_valid(note->title, strlen(note->title)));
	assert(*note->body && text_utf8_valid(note->body, strlen(note->body)));
	assert(note->n_buttons <= VT_NOTE_BUTTONS_MAX);
	for (size_t i = 0; i < note->n_buttons; i++)
		assert(text_utf8_valid(note->buttons[i], strlen(note->buttons[i])));
}

static void on_var(void *user, const char *name, const char *value)
{
	assert(text_utf8_valid(name, strlen(name)) && text_utf8_valid(value, strlen(value)));
}

static const struct vt_callbacks callbacks = {
	.reply = on_reply, .clipboard = on_clipboard, .notification = on_note, .user_var = on_var,
};

/* What vt.h promises of every row. */
static void check_row(struct vt *vt, int64_t index, unsigned cols)
{
	struct vt_row row;
	bool ok = vt_row_get(vt, index, &row);

	assert(ok);
	assert(row.n <= cols && row.seqno >= 1 && row.seqno <= vt_seqno(vt));
	for (unsigned x = 0; x < row.n; x++) {
		char s[VT_CLUSTER_BYTES_MAX];
		struct vt_link link;
		const struct vt_style *style = vt_style_get(vt, row.cells[x].style);

		if (row.cells[x].width == 0) {
			assert(x > 0 && row.cells[x - 1].width == 2 && row.cells[x - 1].style == row.cells[x].style);
			continue;
		}
		assert(row.cells[x].width == 1 || (row.cells[x].width == 2 && x + 1 < row.n &&
		    row.cells[x + 1].width == 0));
		size_t n = vt_cell_text(vt, &row.cells[x], s);
		assert(n > 0 && n <= sizeof(s) && text_utf8_valid(s, n));
		assert(style->link == 0 || vt_link_get(vt, style->link, &link));
	}
}

static void check_images(struct vt *vt, int64_t index, unsigned cols)
{
	struct vt_row_image images[VT_ROW_IMAGES_MAX];
	size_t n = vt_row_images(vt, index, images, ARRAY_LEN(images));

	assert(n <= ARRAY_LEN(images));
	for (size_t i = 0; i < n; i++) {
		struct vt_image image;
		struct vt_image_cell cell;

		assert(images[i].cells > 0 && images[i].x + (unsigned)images[i].cells <= cols);
		assert(i == 0 || images[i - 1].z <= images[i].z);
		assert(vt_image_get(vt, images[i].serial, &image) && image.len > 0);
		if (vt_row_image_cell(&images[i], 0, &cell))
			assert(cell.left >= 0 && cell.top >= 0 && cell.left < cell.right && cell.top < cell.bottom &&
			    cell.right <= 1 && cell.bottom <= 1);
	}
}

static void check_same_images(struct vt *a, struct vt *b, int64_t index)
{
	struct vt_row_image p[VT_ROW_IMAGES_MAX], q[VT_ROW_IMAGES_MAX];
	size_t n = vt_row_images(a, index, p, ARRAY_LEN(p));

	assert(n == vt_row_images(b, index, q, ARRAY_LEN(q)));
	for (size_t i = 0; i < n; i++) {
		struct vt_image s, t;

		assert(p[i].serial == q[i].serial && p[i].x == q[i].x && p[i].cells == q[i].cells && p[i].z == q[i].z &&
		    p[i].left == q[i].left && p[i].top == q[i].top && p[i].width == q[i].width &&
		    p[i].height == q[i].height);
		assert(vt_image_get(a, p[i].serial, &s) && vt_image_get(b, p[i].serial, &t));
		assert(s.len == t.len && memcmp(s.data, t.data, s.len) == 0);
	}
}

/* Zones follow one another, each begins and ends in a row that there is. */
static void check_shell(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_command c = vt_command(vt);
	struct vt_zone zones[64];
	size_t n = vt_zones(vt, INT64_MIN, INT64_MAX, zones, 64), marked = 0, found = 0;
	const char *name, *value;
	int64_t at = INT64_MIN;

	for (size_t i = 0; i < n && i < 64; i++) {
		const struct vt_zone *z = &zones[i];

		assert(z->first_row >= d.scrollback_top && z->first_row <= z->last_row && z->last_row < d.physical_top + d.rows);
		assert(z->end_x > 0 && z->first_x < d.cols && z->end_x <= d.cols);
		assert(z->first_row < z->last_row || z->first_x < z->end_x);
		assert(i == 0 || z->first_row > z[-1].last_row ||
		    (z->first_row == z[-1].last_row && z->first_x >= z[-1].end_x));
		assert(i == 0 || z->kind != z[-1].kind || z->kind == VT_ZONE_PROMPT);
	}
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		marked += vt_row_get(vt, y, &row) && row.marks;
	}
	for (; vt_mark_find(vt, at, 1, VT_ROW_PROMPT | VT_ROW_MARK, &at); at++)
		found++;
	assert(marked == found);
	assert(text_utf8_valid(c.line, strlen(c.line)) && text_utf8_valid(c.aid, strlen(c.aid)));
	assert(text_utf8_valid(vt_remote_host(vt), strlen(vt_remote_host(vt))));
	for (size_t i = 0; vt_user_var(vt, i, &name, &value); i++)
		assert(i < VT_USER_VARS_MAX && *name && text_utf8_valid(value, strlen(value)));
}

static void check_all(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor c = vt_cursor(vt);
	struct vt_row row;
	int64_t changed[16];

	assert(d.rows >= 1 && d.cols >= 1 && d.scrollback_top <= d.physical_top);
	assert(c.x < d.cols && c.y >= d.physical_top && c.y < d.physical_top + d.rows);
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		check_row(vt, y, d.cols);
		check_images(vt, y, d.cols);
	}
	assert(!vt_row_get(vt, d.scrollback_top - 1, &row));
	assert(!vt_row_get(vt, d.physical_top + d.rows, &row));
	assert(vt_rows_changed(vt, vt_seqno(vt), d.scrollback_top, d.physical_top + d.rows, changed, 16) == 0);
	assert(vt_rows_changed(vt, 0, d.scrollback_top, d.physical_top + d.rows, changed, 16) ==
	    (size_t)(d.physical_top + d.rows - d.scrollback_top));
	assert(text_utf8_valid(vt_title(vt), strlen(vt_title(vt))));
	assert(text_utf8_valid(vt_cwd(vt), strlen(vt_cwd(vt))));
	check_shell(vt);
}

static void check_same(struct vt *a, struct vt *b)
{
	struct vt_dims d = vt_dims(a), e = vt_dims(b);
	struct vt_cursor c = vt_cursor(a), f = vt_cursor(b);

	assert(d.physical_top == e.physical_top && d.scrollback_top == e.scrollback_top);
	assert(c.x == f.x && c.y == f.y && c.shape == f.shape && c.visible == f.visible);
	assert(vt_modes(a) == vt_modes(b) && vt_kitty_flags(a) == vt_kitty_flags(b));
	assert(strcmp(vt_title(a), vt_title(b)) == 0 && strcmp(vt_cwd(a), vt_cwd(b)) == 0);
	assert(strcmp(vt_command(a).line, vt_command(b).line) == 0 && vt_command(a).state == vt_command(b).state);
	assert(strcmp(vt_pointer_shape(a), vt_pointer_shape(b)) == 0 && vt_progress(a, NULL) == vt_progress(b, NULL));
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++)
		assert(vt_palette_get(a, i) == vt_palette_get(b, i));
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row r, s;

		assert(vt_row_get(a, y, &r) && vt_row_get(b, y, &s));
		check_same_images(a, b, y);
		assert(r.n == s.n && r.wrapped == s.wrapped && r.line_attr == s.line_attr && r.marks == s.marks);
		for (unsigned x = 0; x < r.n; x++) {
			char t[VT_CLUSTER_BYTES_MAX], u[VT_CLUSTER_BYTES_MAX];
			const struct vt_style *p = vt_style_get(a, r.cells[x].style),
			    *q = vt_style_get(b, s.cells[x].style);

			assert(r.cells[x].width == s.cells[x].width);
			size_t n = vt_cell_text(a, &r.cells[x], t);
			assert(n == vt_cell_text(b, &s.cells[x], u) && memcmp(t, u, n) == 0);
			assert(p->attrs == q->attrs && p->fg == q->fg && p->bg == q->bg && p->underline == q->underline);
		}
	}
}

static void encode(struct vt *vt, const uint8_t *arg)
{
	char out[VT_ENCODED_MAX];
	struct vt_key key = { .code = arg[0] % 90, .value = (uint32_t)arg[1] << arg[2] % 16, .mods = arg[3] };
	struct vt_mouse mouse = { .kind = (enum vt_mouse_kind)(arg[0] % 3),
	    .button = (enum vt_mouse_button)(arg[1] % 8),
		.count = arg[2], .x = (uint16_t)(arg[3] * 3), .y = arg[4], .pixel_x = arg[4], .mods = arg[5] };
	size_t n;

	assert(vt_encode_key(vt, &key, out) < VT_ENCODED_MAX);
	assert(vt_encode_mouse(vt, &mouse, out) <= VT_ENCODED_MAX);
	assert(vt_encode_focus(vt, arg[0] & 1, out) <= 3);
	char *paste = vt_encode_paste(vt, (const char *)arg, 6, &n);
	assert(n <= 3 * 6 + 12);
	free(paste);
}

/* A command and its six bytes of argument. */
static void command(struct vt *vt, uint8_t what, const uint8_t *arg)
{
	static const uint32_t palette[VT_PALETTE_COUNT];
	static const uint8_t sizes[] = { 1, 2, 3, 5, 8, 10, 20, 24, 40, 80, 120, 200 };

	switch (what % 8) {
	case 0:
	case 1: vt_resize(vt, sizes[arg[0] % 8], sizes[arg[1] % sizeof(sizes)], arg[2], arg[3]); break;
	case 2: check_all(vt); break;
	case 3: encode(vt, arg); break;
	case 4: vt_erase_scrollback(vt, arg[0] & 1); break;
	case 5:
		vt_sync_expire(vt);
		while (vt_compact(vt))
			;
		break;
	case 6: vt_palette_set_default(vt, palette); break;
	default:
		if (arg[0] == 0)
			vt_reset(vt);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t replied = 0;

	if (size < 4)
		return 0;
	struct vt_config config = { .rows = 1 + data[0] % 30, .cols = 1 + data[1] % 90,
	    .scrollback_lines = data[2],
		.scrollback_bytes = data[3] % 4 == 0 ? 100000 : 0, .term_program = "fuzz 1" };
	struct vt *whole = vt_create(&config, &callbacks, &replied),
	    *bytewise = vt_create(&config, &callbacks, &replied);
	for (size_t i = 4; i < size;) {
		const uint8_t *next = memchr(data + i, 0xfe, size - i);
		size_t n = next ? (size_t)(next - data) - i : size - i;

		vt_write(whole, data + i, n);
		for (size_t k = 0; k < n; k++)
			vt_write(bytewise, data + i + k, 1);
		i += n;
		if (next && size - i >= 8) {
			command(whole, data[i + 1], data + i + 2);
			command(bytewise, data[i + 1], data + i + 2);
			i += 8;
		} else if (next) {
			break;
		}
	}
	check_all(whole);
	check_all(bytewise);
	check_same(whole, bytewise);
	vt_destroy(whole);
	vt_destroy(bytewise);
	return 0;
}
