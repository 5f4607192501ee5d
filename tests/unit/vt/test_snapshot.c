/* Snapshots: a restored terminal is the one that was written, whatever comes
 * next; damage is an error; limits hold. (tests/vt runs every script with
 * terminals restored after each byte.) */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/xxh64.h"
#include "text/text.h"
#include "vt/dump.h"
#include "vt/internal.h"
#include "vt/snapshot.h"

#include "stream.h"

static void on_reply(void *user, const char *bytes, size_t len)
{
	if (user)
		str_add(user, bytes, len);
}

static const struct vt_callbacks callbacks = { .reply = on_reply };

static const struct vt_config any_size = { .scrollback_lines = 1000, .term_program = "test 1" };

static void feed(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

static uint8_t *take(const struct vt *vt, size_t *len)
{
	enum vt_snapshot_error error;
	uint8_t *bytes = vt_snapshot_bytes(vt, 0, len, &error);

	assert_int_equal(error, VT_SNAPSHOT_OK);
	assert_non_null(bytes);
	return bytes;
}

static void same_state(const struct vt *a, const struct vt *b)
{
	size_t n, m;
	cleanup_free uint8_t *x = take(a, &n), *y = take(b, &m);

	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
}

static struct vt *copy_of(const struct vt *vt, const struct vt_config *config, void *user)
{
	struct vt_config limits = *config;
	enum vt_snapshot_error error;
	size_t len;
	cleanup_free uint8_t *bytes = take(vt, &len);

	limits.rows = limits.cols = 0;
	struct vt *copy = vt_snapshot_read(bytes, len, &limits, &callbacks, user, 0, &error);
	assert_int_equal(error, VT_SNAPSHOT_OK);
	assert_non_null(copy);
	same_state(vt, copy);
	return copy;
}

/* A picture of 3x3 pixels, as a decoder would show it. */
static void show_image(struct vt *vt, unsigned cols, unsigned rows, bool scroll)
{
	struct vt_picture picture = { .format = VT_IMAGE_RGBA, .width = 3, .height = 3, .data = xcalloc(9, 4),
		.len = 36, .clear = cols & 1 };
	struct vt_image_how how = { .cols = (uint16_t)cols, .rows = (uint16_t)rows, .scroll = scroll };

	assert_true(vt_image_show(vt, &picture, &how));
	/* Within a write it would count as one. */
	vt->seqno++;
}

/* What the owner does, the same to both. */
static void owner(struct vt *vt, unsigned what, unsigned a, unsigned b)
{
	uint32_t palette[VT_PALETTE_COUNT] = { a, b };
	struct vt_mouse mouse = { .kind = (enum vt_mouse_kind)(a % 3), .button = (enum vt_mouse_button)(b % 8),
		.count = 1, .x = (uint16_t)a, .y = (uint16_t)b };
	char out[VT_ENCODED_MAX];

	switch (what) {
	case 0: vt_resize(vt, (uint16_t)(1 + a % 12), (uint16_t)(1 + b % 30), a, b); break;
	case 1:
		while (vt_compact(vt))
			;
		break;
	case 2: vt_encode_mouse(vt, &mouse, out); break;
	case 3: vt_palette_set_default(vt, palette); break;
	case 4: vt_sync_expire(vt); break;
	case 5:
		if (a % 8 == 0)
			vt_erase_scrollback(vt, b & 1);
		break;
	case 6: show_image(vt, 1 + a % 5, 1 + b % 4, a & 64); break;
	default: break;
	}
}

static void one_stream(const struct vt_config *config, unsigned items)
{
	struct str a_reply = STR_INIT, b_reply = STR_INIT;
	struct vt *a = vt_create(config, &callbacks, &a_reply), *b = copy_of(a, config, &b_reply);

	for (unsigned i = 0; i < items; i++) {
		cleanup_str struct str s = STR_INIT;

		add_something(&s);
		if (s.len == 0)
			continue;
		/* Split anywhere; the second goes on with a copy of itself. */
		size_t at = rnd((uint32_t)s.len + 1);
		vt_write(a, s.s, at);
		vt_write(b, s.s, at);
		struct vt *next = copy_of(b, config, &b_reply);
		vt_destroy(b);
		b = next;
		vt_write(a, s.s + at, s.len - at);
		vt_write(b, s.s + at, s.len - at);
		if (rnd(30) == 0) {
			unsigned what = rnd(7), x = rnd(1000), y = rnd(1000);

			owner(a, what, x, y);
			owner(b, what, x, y);
		}
		same_state(a, b);
	}
	assert_string_equal(a_reply.s, b_reply.s);
	vt_destroy(a);
	vt_destroy(b);
	str_fini(&a_reply);
	str_fini(&b_reply);
}

static void test_goes_on_the_same(void **state)
{
	for (unsigned i = 1; i <= 60; i++) {
		seed = 0x9e3779b97f4a7c15ull * i;
		struct vt_config config = { .rows = (uint16_t)(1 + rnd(10)), .cols = (uint16_t)(1 + rnd(24)),
			.scrollback_lines = rnd(3) ? 40 : 1000, .term_program = "test 1" };

		one_stream(&config, 150);
	}
}

/* Many lines in many colours, under a bound in bytes: blocks come, are packed and
 * go, tables of styles are swept. What is dropped when must not depend on a restore. */
static void test_bounded_scrollback(void **state)
{
	struct vt_config config = { .rows = 5, .cols = 40, .scrollback_lines = 100000, .scrollback_bytes = 400000 };
	struct vt *a = vt_create(&config, &callbacks, NULL), *b = copy_of(a, &config, NULL);

	seed = 4711;
	for (unsigned i = 0; i < 60; i++) {
		cleanup_str struct str s = STR_INIT;

		for (unsigned k = 0; k < 200; k++) {
			for (unsigned c = rnd(12); c > 0; c--)
				str_printf(&s, "\033[38;2;%u;%u;%um%u ", rnd(16) * 16, rnd(16) * 16, i, rnd(1000));
			str_puts(&s, "e\u0301 \u4e2d\r\n");
		}
		vt_write(a, s.s, s.len);
		vt_write(b, s.s, s.len);
		if (i % 7 == 3) {
			owner(a, 1, 0, 0);
			owner(b, 1, 0, 0);
		}
		if (i % 10 == 9) {
			vt_resize(a, 5, (uint16_t)(38 + i % 3), 0, 0);
			vt_resize(b, 5, (uint16_t)(38 + i % 3), 0, 0);
		}
		same_state(a, b);
		struct vt *next = copy_of(b, &config, NULL);
		vt_destroy(b);
		b = next;
	}
	assert_true(vt_dims(a).scrollback_top > 0);
	vt_destroy(a);
	vt_destroy(b);
}

/* ---- damage ------------------------------------------------------------------------------- */

static const char small_input[] = "plain \033[1;38;2;1;2;3mbold\033[m e\u0301\u4e2d\033]8;id=x;http://a.b\awx\033]8;;\a\r\n"
	"two\r\nthree\r\n\033]0;t\a\033[22t\033[?1049h\033[>5u\033[2;3r\u2764\033]2;in the mid\xe4";

static bool count(void *user, const void *bytes, size_t len)
{
	*(size_t *)user += len;
	return true;
}

/* Uses everything that a stream can have set. */
static void use(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_mouse mouse = { .kind = VT_MOUSE_PRESS, .count = 1 };
	char out[VT_ENCODED_MAX];
	size_t len;

	feed(vt, "\u0301x\033[4b\t\033[3g\n");
	for (int64_t y = d.scrollback_top; y < d.physical_top + d.rows; y++) {
		struct vt_row row;

		if (!vt_row_get(vt, y, &row))
			continue;
		for (unsigned x = 0; x < row.n; x++) {
			char s[VT_CLUSTER_BYTES_MAX];
			struct vt_link link;

			vt_cell_text(vt, &row.cells[x], s);
			vt_link_get(vt, vt_style_get(vt, row.cells[x].style)->link, &link);
		}
	}
	vt_encode_mouse(vt, &mouse, out);
	struct vt_dump_config dump = { .flags = VT_DUMP_BOTH, .scrollback = 20 };
	size_t dumped = 0;
	assert_true(vt_dump(vt, &dump, count, &dumped) && dumped > 0);
	while (vt_compact(vt))
		;
	feed(vt, "\a\033\\\0338\033[23t\033[?1049l\u0301\033[<u\n\n\n");
	vt_resize(vt, 7, 5, 0, 0);
	free(take(vt, &len));
	feed(vt, "\033c");
}

static enum vt_snapshot_error try_read(const uint8_t *bytes, size_t len, unsigned flags)
{
	/* Memory of exactly this size, so that a sanitizer sees what is read beyond it. */
	cleanup_free uint8_t *copy = xmalloc(len);
	struct vt_config config = any_size;
	enum vt_snapshot_error error;

	memcpy(copy, bytes, len);
	config.rows = 100;
	struct vt *vt = vt_snapshot_read(copy, len, &config, &callbacks, NULL, flags, &error);
	assert_int_equal(vt != NULL, error == VT_SNAPSHOT_OK);
	assert_true(vt_snapshot_error_text(error)[0]);
	/* Using a large one takes a while. */
	static unsigned n;
	if (vt && (vt_dims(vt).cols < 100 || ++n % 16 == 0))
		use(vt);
	vt_destroy(vt);
	return error;
}

static struct vt *small_terminal(bool packed)
{
	struct vt_config config = { .rows = 3, .cols = 9, .scrollback_lines = 50 };
	struct vt *vt;

	if (packed)
		config.rows = 1, config.cols = 2000;
	vt = vt_create(&config, &callbacks, NULL);
	feed(vt, small_input);
	if (!packed) {
		show_image(vt, 2, 1, true);
		feed(vt, "\r\n\n");
	}
	if (packed) {
		/* A block of eight rows that is full and cold, and one after it. */
		feed(vt, "\033\\\033[?1049l");
		for (unsigned i = 0; i < 9; i++) {
			feed(vt, "\033[31m\u4e2d\033[m");
			for (unsigned k = 0; k < (i < 8 ? 1630u : 60u); k++)
				feed(vt, "e\u0301");
			feed(vt, "\r\n");
		}
		while (vt_compact(vt))
			;
		assert_true(vt->sb.blocks[vt->sb.head]->packed > 0);
	}
	return vt;
}

static void damage(bool packed)
{
	struct vt *vt = small_terminal(packed);
	size_t len, fine = 0;
	cleanup_free uint8_t *bytes = take(vt, &len);

	assert_in_range(len, 300, 2500);
	assert_int_equal(try_read(bytes, len, 0), VT_SNAPSHOT_OK);
	for (size_t i = 0; i < len; i++) {
		assert_int_not_equal(try_read(bytes, i, 0), VT_SNAPSHOT_OK);
		assert_int_not_equal(try_read(bytes, i, VT_SNAPSHOT_ANY_CHECKSUM), VT_SNAPSHOT_OK);
		for (unsigned bit = packed ? i % 5 : 0; bit < 8; bit += packed ? 5 : 1) {
			bytes[i] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(try_read(bytes, len, 0), VT_SNAPSHOT_OK);
			fine += try_read(bytes, len, VT_SNAPSHOT_ANY_CHECKSUM) == VT_SNAPSHOT_OK;
			bytes[i] ^= (uint8_t)(1u << bit);
		}
		uint8_t was = bytes[i];
		for (unsigned v = 0; v < (packed ? 1 : 4); v++) {
			bytes[i] = (uint8_t[]){ 0, 0x7f, 0x80, 0xff }[v];
			fine += try_read(bytes, len, VT_SNAPSHOT_ANY_CHECKSUM) == VT_SNAPSHOT_OK;
		}
		bytes[i] = was;
	}
	/* Another letter is as good; but far from everything is. */
	assert_true(fine > 0 && fine < len * 8);
	/* Bytes too many. */
	cleanup_free uint8_t *more = xcalloc(len + 1, 1);
	memcpy(more, bytes, len);
	assert_int_not_equal(try_read(more, len + 1, 0), VT_SNAPSHOT_OK);
	assert_int_not_equal(try_read(more, len + 1, VT_SNAPSHOT_ANY_CHECKSUM), VT_SNAPSHOT_OK);
	vt_destroy(vt);
}

static void test_damage(void **state) { damage(false); }
static void test_damage_packed(void **state) { damage(true); }

static void test_errors(void **state)
{
	struct vt *vt = small_terminal(false);
	size_t len;
	cleanup_free uint8_t *bytes = take(vt, &len);

	assert_int_equal(try_read(bytes, 0, 0), VT_SNAPSHOT_TRUNCATED);
	assert_int_equal(try_read(bytes, 10, 0), VT_SNAPSHOT_TRUNCATED);
	assert_int_equal(try_read((const uint8_t *)"something else entirely", 23, 0), VT_SNAPSHOT_FORMAT);
	bytes[len - 1] ^= 1;
	assert_int_equal(try_read(bytes, len, 0), VT_SNAPSHOT_CHECKSUM);
	assert_int_equal(try_read(bytes, len, VT_SNAPSHOT_ANY_CHECKSUM), VT_SNAPSHOT_OK);
	bytes[8] = 2;
	assert_int_equal(try_read(bytes, len, VT_SNAPSHOT_ANY_CHECKSUM), VT_SNAPSHOT_FORMAT);
	vt_destroy(vt);
}

/* ---- sections ------------------------------------------------------------------------------- */

/* The stream with `insert` before the section of this type (or in the place of its
 * head and payload), and a checksum that fits. Every head here is three bytes or four. */
static void edited(const uint8_t *bytes, size_t len, unsigned type, const char *insert, size_t n, bool replace,
    struct str *ret)
{
	size_t at = 9;

	for (;;) {
		size_t p = at;
		unsigned this_type = bytes[p++] >> 1;
		size_t length = 0;

		p++;                                 /* version */
		for (unsigned shift = 0;; shift += 7) {
			length |= (size_t)(bytes[p] & 0x7f) << shift;
			if (!(bytes[p++] & 0x80))
				break;
		}
		if (this_type == type) {
			size_t next = replace ? p + length : at;

			str_add(ret, bytes, at);
			str_add(ret, insert, n);
			str_add(ret, bytes + next, len - 8 - next);
			uint64_t sum = xxh64(ret->s, ret->len);
			str_add(ret, &sum, sizeof(sum));
			return;
		}
		assert_int_not_equal(this_type, 0);
		at = p + length;
	}
}

static enum vt_snapshot_error read_edited(unsigned type, const char *insert, size_t n, bool replace)
{
	struct vt *vt = small_terminal(false);
	cleanup_str struct str s = STR_INIT;
	size_t len;
	cleanup_free uint8_t *bytes = take(vt, &len);

	edited(bytes, len, type, insert, n, replace, &s);
	vt_destroy(vt);
	return try_read((const uint8_t *)s.s, s.len, 0);
}

static void test_sections(void **state)
{
	/* Unknown and optional: skipped, wherever it stands. Unknown and required: refused. */
	assert_int_equal(read_edited(0, "\x64\x01\x03" "abc", 6, false), VT_SNAPSHOT_OK);
	assert_int_equal(read_edited(5, "\xc8\x01\x09\x02" "ab", 6, false), VT_SNAPSHOT_SECTION);
	assert_int_equal(read_edited(0, "\x65\x01\x03" "abc", 6, false), VT_SNAPSHOT_SECTION);
	/* A section is missing; comes twice; is empty. */
	for (unsigned type = 1; type <= 18; type++) {
		char empty[] = { (char)(type << 1 | 1), 1, 0 };

		if (type != 6 && type != 11)
			assert_int_equal(read_edited(type, "", 0, true), VT_SNAPSHOT_SECTION);
		assert_int_not_equal(read_edited(type, empty, 3, true), VT_SNAPSHOT_OK);
		if (type != 6 && type != 11)
			assert_int_not_equal(read_edited(type, empty, 3, false), VT_SNAPSHOT_OK);
	}
	/* An image that nobody has announced. */
	assert_int_equal(read_edited(8, "\x0c\x01\x00", 3, false), VT_SNAPSHOT_SECTION);
	assert_int_equal(read_edited(6, "", 0, true), VT_SNAPSHOT_SECTION);
	/* One announced block of scrollback is missing. */
	assert_int_equal(read_edited(11, "", 0, true), VT_SNAPSHOT_SECTION);
	/* A later version of the mouse with a field more; the same in ours is damage. */
	assert_int_equal(read_edited(17, "\x23\x02\x04\x00\x00\x00\x07", 7, true), VT_SNAPSHOT_OK);
	assert_int_equal(read_edited(17, "\x23\x01\x04\x00\x00\x00\x07", 7, true), VT_SNAPSHOT_VALUE);
	assert_int_equal(read_edited(17, "\x23\x01\x03\x00\x00\x00", 6, true), VT_SNAPSHOT_OK);
	assert_int_equal(read_edited(17, "\x23\x01\x02\x00\x00", 5, true), VT_SNAPSHOT_TRUNCATED);
	/* A length beyond the stream. */
	assert_int_equal(read_edited(17, "\x23\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, true),
	    VT_SNAPSHOT_TRUNCATED);
	assert_int_equal(read_edited(17, "\x23\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12, true),
	    VT_SNAPSHOT_VALUE);
}

/* ---- limits --------------------------------------------------------------------------------- */

static bool refuse_after(void *user, const void *bytes, size_t len)
{
	unsigned *left = user;

	return (*left)-- > 0;
}

static void test_limits(void **state)
{
	struct vt *vt = small_terminal(false);
	enum vt_snapshot_error error;
	size_t len, len2;
	cleanup_free uint8_t *bytes = take(vt, &len);
	struct vt_config config = any_size;

	/* Writing: into a limit, and into a function that has enough at some time. */
	assert_null(vt_snapshot_bytes(vt, len - 1, &len2, &error));
	assert_int_equal(error, VT_SNAPSHOT_LIMIT);
	cleanup_free uint8_t *fits = vt_snapshot_bytes(vt, len, &len2, &error);
	assert_non_null(fits);
	for (unsigned n = 0; n < 20; n++) {
		unsigned left = n;

		assert_int_equal(vt_snapshot_write(vt, refuse_after, &left), VT_SNAPSHOT_OUTPUT);
	}
	/* Reading: sizes. */
	config.rows = 2;
	assert_null(vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error));
	assert_int_equal(error, VT_SNAPSHOT_LIMIT);
	config.rows = 3;
	config.cols = 8;
	assert_null(vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error));
	assert_int_equal(error, VT_SNAPSHOT_LIMIT);
	config.cols = 9;
	struct vt *same = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
	assert_non_null(same);
	vt_destroy(same);
	vt_destroy(vt);
}

/* A smaller scrollback keeps the newest rows, under the same numbers. */
static void test_fewer_lines(void **state)
{
	struct vt_config config = { .rows = 3, .cols = 20, .scrollback_lines = 10000 };
	struct vt *vt = vt_create(&config, &callbacks, NULL);
	enum vt_snapshot_error error;
	struct vt_row row;
	size_t len;

	for (unsigned i = 0; i < 9000; i++) {
		char s[32];

		vt_write(vt, s, (size_t)snprintf(s, sizeof(s), "line %u\r\n", i));
	}
	cleanup_free uint8_t *bytes = take(vt, &len);
	config = any_size;
	config.scrollback_lines = 100;
	struct vt *copy = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
	assert_non_null(copy);
	assert_int_equal(vt_dims(copy).physical_top, vt_dims(vt).physical_top);
	assert_int_equal(vt_dims(copy).scrollback_top, vt_dims(vt).physical_top - 100);
	assert_true(vt_row_get(copy, vt_dims(copy).scrollback_top, &row));
	assert_int_equal(row.n, 9);
	assert_false(vt_row_get(copy, vt_dims(copy).scrollback_top - 1, &row));
	vt_destroy(copy);
	/* A bound in bytes: whole blocks. */
	config.scrollback_lines = 10000;
	config.scrollback_bytes = 100000;
	copy = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
	assert_non_null(copy);
	assert_true(vt_dims(copy).scrollback_top > 0 && vt_dims(copy).scrollback_top < vt_dims(vt).physical_top);
	vt_destroy(copy);
	config.scrollback_lines = 0;
	copy = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
	assert_non_null(copy);
	assert_int_equal(vt_dims(copy).scrollback_top, vt_dims(vt).physical_top);
	feed(copy, "\n\n\n\n");
	vt_destroy(copy);
	vt_destroy(vt);
}

/* Less memory for images keeps the newest. */
static void test_fewer_images(void **state)
{
	struct vt_config config = { .rows = 9, .cols = 20, .image_bytes = 1000 };
	struct vt *vt = vt_create(&config, &callbacks, NULL);
	enum vt_snapshot_error error;
	struct vt_row_image image;
	size_t len;

	for (unsigned i = 0; i < 3; i++) {
		show_image(vt, 2, 1, false);
		feed(vt, "\r\n\n");
	}
	assert_int_equal(vt->images.bytes, 108);
	cleanup_free uint8_t *bytes = take(vt, &len);
	uint64_t mark = vt_seqno(vt);
	int64_t changed[4];
	config.image_bytes = 36 * 2;
	config.rows = 0;
	struct vt *copy = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
	assert_non_null(copy);
	assert_int_equal(copy->images.bytes, 72);
	assert_int_equal(vt_row_images(copy, 0, &image, 1), 0);
	assert_int_equal(vt_row_images(copy, 2, &image, 1), 1);
	assert_int_equal(vt_row_images(copy, 4, &image, 1), 1);
	assert_int_equal(vt_rows_changed(copy, mark, 0, 9, changed, 4), 1);
	assert_int_equal(changed[0], 0);
	/* The next one still finds the quota kept. */
	show_image(copy, 2, 1, false);
	assert_int_equal(copy->images.bytes, 72);
	vt_destroy(copy);
	vt_destroy(vt);
}

/* ---- memory that runs out ------------------------------------------------------------------- */

static bool refusing;
static unsigned large, refuse_at;    /* allocations above VT_SMALL so far; which of them fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool refuse(size_t size)
{
	return refusing && size > VT_SMALL && large++ == refuse_at;
}

void *__wrap_malloc(size_t size) { return refuse(size) ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return refuse(n * size) ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t size) { return refuse(size) ? NULL : __real_realloc(p, size); }

/* Each of its parts is large. */
static struct vt *large_terminal(void)
{
	struct vt_config config = { .rows = 60, .cols = 200, .scrollback_lines = 5000 };
	struct vt *vt = vt_create(&config, &callbacks, NULL);
	struct vt_picture picture = { .format = VT_IMAGE_RGBA, .width = 200, .height = 100, .data = xcalloc(20000, 4),
		.len = 80000 };
	struct vt_image_how how = { .cols = 3, .rows = 2 };

	assert_true(vt_image_show(vt, &picture, &how));
	for (unsigned i = 0; i < 9000; i++) {
		char s[96];

		snprintf(s, sizeof(s), "\033[38;2;%u;%u;7m%c\u0301\u0302%s", i / 200, i % 200, 'a' + (char)(i % 26), i % 4 ? "" : "\u030a");
		feed(vt, s);
	}
	feed(vt, "\033[m\r\n");
	for (unsigned i = 0; i < 5000; i++)
		feed(vt, "\033[35mline after line\033[m\r\n");
	while (vt_compact(vt))
		;
	feed(vt, "\033]52;c;");
	for (unsigned i = 0; i < 20000; i++)
		feed(vt, "YWJj");
	return vt;
}

static void test_no_memory(void **state)
{
	struct vt *vt = large_terminal(), *copy = NULL;
	struct vt_config config = { .scrollback_lines = 5000 };
	enum vt_snapshot_error error;
	uint8_t *bytes = NULL;
	size_t len;

	for (refuse_at = 0; !bytes; refuse_at++) {
		large = 0;
		refusing = true;
		bytes = vt_snapshot_bytes(vt, 0, &len, &error);
		refusing = false;
		assert_int_equal(error, bytes ? VT_SNAPSHOT_OK : VT_SNAPSHOT_MEMORY);
	}
	assert_true(refuse_at > 3);
	for (refuse_at = 0; !copy; refuse_at++) {
		large = 0;
		refusing = true;
		copy = vt_snapshot_read(bytes, len, &config, &callbacks, NULL, 0, &error);
		refusing = false;
		assert_int_equal(error, copy ? VT_SNAPSHOT_OK : VT_SNAPSHOT_MEMORY);
	}
	/* Grids, tables, the image, blocks and their packing, the string. */
	assert_true(refuse_at > 8);
	same_state(vt, copy);
	vt_destroy(vt);
	vt_destroy(copy);
	free(bytes);
}

/* What is to survive by name: rows and their numbers of change. */
static void test_numbers(void **state)
{
	struct vt_config config = { .rows = 4, .cols = 20, .scrollback_lines = 100 };
	struct vt *vt = vt_create(&config, &callbacks, NULL);

	for (unsigned i = 0; i < 30; i++)
		feed(vt, "x\r\n");
	uint64_t mark = vt_seqno(vt);
	feed(vt, "\033[2;1Hhere");
	struct vt *copy = copy_of(vt, &config, NULL);
	int64_t changed[8];
	assert_true(vt_seqno(copy) == vt_seqno(vt));
	assert_int_equal(vt_dims(copy).physical_top, 27);
	assert_int_equal(vt_dims(copy).scrollback_top, 0);
	assert_int_equal(vt_rows_changed(copy, mark, 0, 100, changed, 8), 1);
	assert_int_equal(changed[0], 28);
	vt_destroy(copy);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on_the_same), cmocka_unit_test(test_bounded_scrollback),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_damage_packed), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_sections), cmocka_unit_test(test_limits), cmocka_unit_test(test_fewer_lines), cmocka_unit_test(test_fewer_images),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
