/* Pictures that are too large for the limits or the memory: nothing is shown, nothing is lost, the terminal goes on. */
#include "../unit.h"
#include "base/mem.h"
#include "base/str.h"
#include "vt/image.h"

/* From here on the engine must be able to do without. */
#define LARGE (64u << 10)

static int fail_at = -1;                 /* which of the next large allocations fails; -1 = none */
static bool all_fail;
static size_t largest;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool failing(size_t n)
{
	largest = MAX(largest, n);
	return n > LARGE && (all_fail || (fail_at >= 0 && fail_at-- == 0));
}

void *__wrap_malloc(size_t n) { return failing(n) ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return failing(n * size) ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return failing(n) ? NULL : __real_realloc(p, n); }

static struct vt *make(size_t image_bytes)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 4, .cols = 10, .scrollback_lines = 100, .image_bytes = image_bytes };

	return vt_create(&config, &none, NULL);
}

static void feed(struct vt *vt, const struct str *s)
{
	for (size_t at = 0; at < s->len; at += 4096)
		vt_write(vt, s->s + at, MIN(s->len - at, (size_t)4096));
}

static bool shows(struct vt *vt)
{
	struct vt_row_image image;

	return vt_row_images(vt, vt_dims(vt).physical_top, &image, 1) > 0;
}

/* 4 bytes of base64 as often as it takes. */
static void base64(struct str *s, size_t bytes)
{
	str_puts(s, "R0lGODlhFAAoAAAA");             /* a GIF of 20x40, so far */
	for (size_t i = 12; i < bytes; i += 3)
		str_puts(s, "AAAA");
}

static void file(struct str *s, size_t bytes)
{
	str_puts(s, "\033]1337;File=inline=1;width=2;height=1;preserveAspectRatio=0:");
	base64(s, bytes);
	str_puts(s, "\a");
}

static void parts(struct str *s, size_t bytes)
{
	str_puts(s, "\033]1337;MultipartFile=inline=1;width=2;height=1;preserveAspectRatio=0\a\033]1337;FilePart=");
	base64(s, 900);
	for (size_t i = 900; i < bytes; i += 900) {
		str_puts(s, "\a\033]1337;FilePart=");
		for (unsigned k = 0; k < 300; k++)
			str_puts(s, "AAAA");
	}
	str_puts(s, "\a\033]1337;FileEnd\a");
}

/* 20 pixels high, and as many bytes as asked for. */
static void sixel(struct str *s, size_t bytes)
{
	str_puts(s, "\033P9;1q#1");
	for (unsigned i = 0; i < 3; i++)
		str_printf(s, "!%zu~-", bytes / 80);
	str_printf(s, "!%zuB\033\\", bytes / 80);
}

static void (*const kinds[])(struct str *s, size_t bytes) = { file, parts, sixel };

/* Exactly what may be kept is, one byte more is not; and no more memory than that is asked for. */
static void test_limits(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (int over = 0; over < 2; over++) {
			size_t limit = 360000;
			cleanup_str struct str s = STR_INIT;

			kinds[i](&s, limit + (over ? 1800 : 0));
			struct vt *vt = make(limit);
			largest = 0;
			feed(vt, &s);
			/* A sixel picture is cut instead. */
			assert_int_equal(shows(vt), !over || kinds[i] == sixel);
			assert_true(largest <= limit + 16384);
			vt_write(vt, "\033[Hx", 4);
			assert_int_equal(vt_cursor(vt).x, 1);
			vt_destroy(vt);
		}
}

/* Whatever large allocation fails, or all of them. */
static void test_no_memory(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		unsigned shown = 0, refused = 0;
		bool hit = true;

		for (int n = 0; hit; n++) {
			cleanup_str struct str s = STR_INIT;

			kinds[i](&s, 400000);
			struct vt *vt = make(0);
			fail_at = n;
			feed(vt, &s);
			hit = fail_at < 0;
			fail_at = -1;
			shown += shows(vt);
			refused += !shows(vt);
			vt_write(vt, "\033[2J\033[Hx", 8);
			str_reset(&s);
			kinds[i](&s, 400000);
			feed(vt, &s);
			assert_true(shows(vt));
			vt_destroy(vt);
		}
		assert_true(shown >= 1 && refused >= 1);
		cleanup_str struct str s = STR_INIT;
		struct vt *vt = make(0);
		kinds[i](&s, 400000);
		all_fail = true;
		feed(vt, &s);
		all_fail = false;
		assert_false(shows(vt));
		vt_destroy(vt);
	}
}

/* A file that never ends, and images without number. */
static void test_floods(void **state)
{
	struct vt *vt = make(1 << 20);
	cleanup_str struct str s = STR_INIT;

	str_puts(&s, "\033]1337;MultipartFile=inline=1\a");
	for (unsigned i = 0; i < 5000; i++) {
		str_puts(&s, "\033]1337;FilePart=");
		for (unsigned k = 0; k < 100; k++)
			str_puts(&s, "AAAA");
		str_puts(&s, "\a");
	}
	largest = 0;
	feed(vt, &s);
	assert_true(largest <= (1 << 20) + 16384);
	str_reset(&s);
	for (unsigned i = 0; i < 3000; i++)
		str_puts(&s, "\033P9;1q#1!200~-!200~-!200~\033\\\r\n");
	feed(vt, &s);
	assert_true(largest <= (1 << 20) + 16384);
	/* The last ones are there, the first are not. */
	struct vt_image image;
	assert_false(vt_image_get(vt, 1, &image));
	assert_true(vt_image_get(vt, 3000, &image));
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
