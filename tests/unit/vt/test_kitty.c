/* The kitty graphics protocol where scripts cannot reach: quotas and other limits, memory
 * that runs out, random commands, and PNG files against what made them. */
#include <zlib.h>

#include "../unit.h"
#include "base/mem.h"
#include "base/str.h"
#include "vt/internal.h"
#include "vt/image_png.h"

static uint64_t seed = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static struct str reply = STR_INIT;

/* Large allocations until one fails, -1 = none will; armed is for the next commands. */
static int fail_at = -1, armed = -1;

static void on_reply(void *user, const char *bytes, size_t len)
{
	str_add(&reply, bytes, len);
}

static struct vt *make(size_t bytes)
{
	static const struct vt_callbacks callbacks = { .reply = on_reply };
	struct vt_config config = { .rows = 6, .cols = 20, .scrollback_lines = 50, .image_bytes = bytes };

	str_reset(&reply);
	return vt_create(&config, &callbacks, NULL);
}

static void base64(struct str *s, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) |
		    (i + 2 < len ? bytes[i + 2] : 0);

		for (unsigned k = 0; k < 4; k++)
			str_putc(s, i + k > len ? '=' : digits[v >> (18 - 6 * k) & 63]);
	}
}

/* The code of the answer: "OK", "ENOSPC" or the like; "" for none. */
static const char *command(struct vt *vt, const char *keys, const uint8_t *payload, size_t len)
{
	static char code[16];
	cleanup_str struct str s = STR_INIT;

	str_printf(&s, "\033_G%s;", keys);
	base64(&s, payload, len);
	str_puts(&s, "\033\\");
	str_reset(&reply);
	fail_at = armed;
	vt_write(vt, s.s, s.len);
	armed = fail_at;
	fail_at = -1;
	const char *at = reply.len ? strchr(reply.s, ';') : NULL;
	snprintf(code, sizeof(code), "%.*s", at ? (int)strcspn(at + 1, ":\033") : 0, at ? at + 1 : "");
	return code;
}

/* Command "KEYS", 4x3 pixels of RGB. */
static const char *pixels(struct vt *vt, const char *fmt, unsigned i)
{
	char keys[64];
	uint8_t rgb[36];

	snprintf(keys, sizeof(keys), "f=24,s=4,v=3,%s%u", fmt, i);
	memset(rgb, (int)i, sizeof(rgb));
	return command(vt, keys, rgb, sizeof(rgb));
}

/* As in kitty's own test: what is oldest makes room for images, nothing for frames. */
static void test_quota(void **state)
{
	struct vt *vt = make(2 * 48);

	assert_string_equal(pixels(vt, "a=T,i=", 1), "OK");
	assert_string_equal(pixels(vt, "a=T,i=", 2), "OK");
	assert_int_equal(vt->images.n, 2);
	assert_string_equal(pixels(vt, "a=T,i=", 3), "OK");
	assert_int_equal(vt->images.n, 2);
	assert_int_equal(vt->images.bytes, 96);
	assert_string_equal(command(vt, "a=p,i=1", NULL, 0), "ENOENT");
	/* A frame costs other images, but not its own. */
	assert_string_equal(pixels(vt, "a=f,i=", 3), "OK");
	assert_int_equal(vt->images.n, 1);
	assert_string_equal(pixels(vt, "a=f,i=", 3), "ENOSPC");
	assert_string_equal(pixels(vt, "a=f,r=2,i=", 3), "OK");
	assert_int_equal(vt->images.bytes, 96);
	/* Images that nothing shows go before older ones that something does. */
	assert_string_equal(command(vt, "a=d,d=I,i=3", NULL, 0), "");
	assert_int_equal(vt->images.bytes, 0);
	assert_string_equal(pixels(vt, "a=T,i=", 4), "OK");
	assert_string_equal(pixels(vt, "a=t,i=", 5), "OK");
	assert_string_equal(pixels(vt, "a=t,i=", 6), "OK");
	assert_string_equal(command(vt, "a=p,i=4", NULL, 0), "OK");
	assert_string_equal(command(vt, "a=p,i=5", NULL, 0), "ENOENT");
	assert_string_equal(command(vt, "i=7,s=5,v=5", NULL, 0), "EFBIG");
	vt_destroy(vt);
}

static void test_limits(void **state)
{
	struct vt *vt = make(0);
	char keys[64];

	for (unsigned i = 1; i <= VT_IMAGES_MAX + 50; i++)
		pixels(vt, "q=2,i=", i);
	assert_int_equal(vt->images.n, VT_IMAGES_MAX);
	assert_string_equal(command(vt, "a=p,i=50", NULL, 0), "ENOENT");
	assert_string_equal(command(vt, "a=p,i=51", NULL, 0), "OK");
	for (unsigned i = 1; i <= VT_PLACEMENTS_MAX + 100; i++) {
		snprintf(keys, sizeof(keys), "\033[%u;1H", 1 + i % 6);
		vt_write(vt, keys, strlen(keys));
		command(vt, "a=p,i=51,C=1,q=2,c=1,r=1", NULL, 0);
	}
	assert_true(vt->images.n_placements <= VT_PLACEMENTS_MAX);
	/* Virtual and relative ones are not in rows, and count as well. */
	for (unsigned i = 1; i <= VT_PLACEMENTS_MAX + 100; i++) {
		snprintf(keys, sizeof(keys), "a=p,U=1,c=1,r=1,q=2,i=51,p=%u", i);
		command(vt, keys, NULL, 0);
	}
	assert_true(vt->images.n_placements <= VT_PLACEMENTS_MAX);
	for (unsigned y = 0; y < vt->rows; y++)
		assert_true(!vt_row_at(vt, y)->spans || vt_row_at(vt, y)->spans->n <= VT_ROW_IMAGES_MAX);
	vt_reset(vt);
	assert_int_equal(vt->images.spans, 0);
	assert_int_equal(vt->images.n_placements, 0);
	assert_int_equal(vt->images.virtuals + vt->images.relatives, 0);
	/* A tall image in every line of a long scrollback. */
	for (unsigned i = 0; i < 200; i++)
		pixels(vt, "a=T,c=1,r=2000,q=2,i=", 1 + i % 3);
	assert_true(vt->images.spans <= VT_IMAGE_SPANS_MAX + VT_ROWS_MAX);
	/* Control data. */
	cleanup_str struct str s = STR_INIT;
	str_puts(&s, "\033_Ga=p,i=1");
	for (unsigned i = 0; i < VT_KITTY_CONTROL_MAX; i++)
		str_puts(&s, ",i=1");
	str_puts(&s, "\033\\");
	str_reset(&reply);
	vt_write(vt, s.s, s.len);
	assert_int_equal(reply.len, 0);
	/* A payload without an end. */
	str_reset(&s);
	for (unsigned i = 0; i < 1 << 20; i++)
		str_putc(&s, 'A');
	vt_write(vt, "\033_Gf=100,i=9;", 13);
	for (unsigned i = 0; i < 100; i++)
		vt_write(vt, s.s, s.len);
	assert_true(vt->graphics->bytes.cap <= VT_IMAGE_BYTES_MAX + (1 << 16));
	vt_write(vt, "\033\\", 2);
	assert_int_equal(vt->graphics->bytes.cap, 0);
	vt_destroy(vt);
}

/* ---- memory ------------------------------------------------------------------------------- */

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);

/* What outside bytes make large; small ones may end the program. */
static bool failing(size_t n)
{
	return n > 65536 && fail_at >= 0 && fail_at-- == 0;
}

void *__wrap_malloc(size_t n) { return failing(n) ? NULL : __real_malloc(n); }
void *__wrap_realloc(void *p, size_t n) { return failing(n) ? NULL : __real_realloc(p, n); }

static void put32(uint8_t *to, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(to, &v, 4);
}

static uint8_t *chunk(uint8_t *p, const char *type, const uint8_t *data, size_t len)
{
	put32(p, (uint32_t)len);
	memcpy(p + 4, type, 4);
	if (len > 0)
		memcpy(p + 8, data, len);
	put32(p + 8 + len, (uint32_t)crc32(0, p + 4, (uInt)len + 4));
	return p + 12 + len;
}

/* Rows with their filters, compressed, as a file. */
static size_t make_png(uint8_t *to, uint32_t width, uint32_t height, uint8_t depth, uint8_t type, bool interlaced,
    const uint8_t *rows, size_t len)
{
	uint8_t head[13] = { [8] = depth, [9] = type, [12] = interlaced }, *p = to;
	uLongf n = compressBound((uLong)len);
	uint8_t *packed = xmalloc(n);
	static const uint8_t palette[] = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120 }, alpha[] = { 0, 128 };

	memcpy(p, "\x89PNG\r\n\x1a\n", 8);
	put32(head, width);
	put32(head + 4, height);
	p = chunk(p + 8, "IHDR", head, sizeof(head));
	if (type == 3) {
		p = chunk(p, "PLTE", palette, sizeof(palette));
		p = chunk(p, "tRNS", alpha, sizeof(alpha));
	}
	compress(packed, &n, rows, (uLong)len);
	/* In two pieces, the first of one byte. */
	p = chunk(p, "IDAT", packed, 1);
	p = chunk(p, "IDAT", packed + 1, n - 1);
	free(packed);
	return (size_t)(chunk(p, "IEND", NULL, 0) - to);
}

/* Whichever large allocation fails: an answer that says so or a good one. */
static void test_no_memory(void **state)
{
	enum { SIDE = 200, RGBA = SIDE * SIDE * 4 };
	static uint8_t raw[RGBA + SIDE], file[2 * RGBA], packed[2 * RGBA];
	uLongf packed_len = sizeof(packed);
	unsigned failures = 0;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)rnd(256);
	compress(packed, &packed_len, raw, RGBA);
	for (unsigned y = 0; y < SIDE; y++)
		raw[y * (SIDE * 4 + 1)] = 0;
	size_t file_len = make_png(file, SIDE, SIDE, 8, 6, false, raw, sizeof(raw));
	const struct { const char *keys; const uint8_t *payload; size_t len; } steps[] = {
		{ "a=T,i=1,s=200,v=200", raw, RGBA }, { "a=T,i=2,s=200,v=200,f=24", raw, RGBA / 4 * 3 },
		{ "a=T,i=3,s=200,v=200,o=z", packed, packed_len }, { "a=T,i=4,f=100", file, file_len },
		{ "a=f,i=4,f=100", file, file_len }, { "a=f,i=4,f=100,r=2", file, file_len },
		{ "a=c,i=4,r=1,c=2,C=1", NULL, 0 },
	};
	for (int i = 0;; i++) {
		struct vt *vt = make(0);
		bool hit;

		armed = i;
		for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
			const char *code = command(vt, steps[k].keys, steps[k].payload, steps[k].len);

			failures += strcmp(code, "ENOMEM") == 0;
			assert_true(strcmp(code, "OK") == 0 || strcmp(code, "ENOMEM") == 0 || strcmp(code, "ENOENT") == 0);
		}
		hit = armed < 0;
		armed = -1;
		vt_destroy(vt);
		if (!hit)
			break;
	}
	assert_true(failures > 10);
}

/* ---- PNG ------------------------------------------------------------------------------------ */

/* What the sample values of a pixel mean, by the standard's table of colour types. */
static void expected(uint8_t type, uint8_t depth, const unsigned *v, uint8_t to[4])
{
	static const uint8_t palette[] = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120 }, alpha[] = { 0, 128 };
	unsigned max = (1u << depth) - 1;

#define LEVEL(s) (uint8_t)(depth == 16 ? (s) >> 8 : (s) * 255 / max)
	switch (type) {
	case 0:
	case 4:
		to[0] = to[1] = to[2] = LEVEL(v[0]);
		to[3] = type == 4 ? LEVEL(v[1]) : 255;
		break;
	case 3:
		for (unsigned i = 0; i < 3; i++)
			to[i] = v[0] < 4 ? palette[3 * v[0] + i] : 0;
		to[3] = v[0] < 2 ? alpha[v[0]] : 255;
		break;
	default:
		for (unsigned i = 0; i < 3; i++)
			to[i] = LEVEL(v[i]);
		to[3] = type == 6 ? LEVEL(v[3]) : 255;
		break;
	}
}

static void put_sample(uint8_t *row, size_t i, uint8_t depth, unsigned v)
{
	if (depth == 16) {
		row[2 * i] = (uint8_t)(v >> 8);
		row[2 * i + 1] = (uint8_t)v;
	} else {
		row[i * depth / 8] |= (uint8_t)(v << (8 - depth - i * depth % 8));
	}
}

static int predict(int a, int b, int c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);

	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* One pass of a picture with random samples, each row with a random filter. Returns its end. */
static uint8_t *encode_pass(uint8_t *to, const unsigned *samples, unsigned channels, uint8_t depth, unsigned width,
    unsigned height, const unsigned *xs, const unsigned *ys, unsigned w, unsigned h)
{
	size_t n = ((size_t)w * channels * depth + 7) / 8, back = MAX(channels * depth / 8u, 1u);
	uint8_t above[1024] = { 0 }, row[1024];

	for (unsigned y = 0; y < h && w > 0; y++) {
		memset(row, 0, sizeof(row));
		for (unsigned x = 0; x < w; x++)
			for (unsigned c = 0; c < channels; c++)
				put_sample(row, x * channels + c, depth, samples[(ys[y] * width + xs[x]) * channels + c]);
		*to++ = (uint8_t)rnd(5);
		for (size_t i = 0; i < n; i++) {
			int a = i >= back ? row[i - back] : 0, b = above[i], c = i >= back ? above[i - back] : 0;
			int guess[] = { 0, a, b, (a + b) / 2, predict(a, b, c) };

			to[i] = (uint8_t)(row[i] - guess[to[-1]]);
		}
		to += n;
		memcpy(above, row, n);
	}
	return to;
}

static void check_png(uint8_t type, uint8_t depth, bool interlaced, unsigned width, unsigned height)
{
	static const uint8_t all_channels[] = { 1, 0, 3, 1, 2, 0, 4 };
	static const unsigned start_x[] = { 0, 4, 0, 2, 0, 1, 0 }, start_y[] = { 0, 0, 4, 0, 2, 0, 1 },
	    step_x[] = { 8, 8, 4, 4, 2, 2, 1 }, step_y[] = { 8, 8, 8, 4, 4, 2, 2 };
	unsigned channels = all_channels[type], samples[20 * 20 * 4], xs[20], ys[20];
	uint8_t rows[16384], file[32768], *p = rows, *out;
	uint32_t w, h;

	for (unsigned i = 0; i < width * height * channels; i++)
		samples[i] = rnd(type == 3 ? MIN(1u << depth, 4u) : 1u << depth);
	for (unsigned pass = 0; pass < (interlaced ? 7 : 1); pass++) {
		unsigned nx = 0, ny = 0;

		for (unsigned x = interlaced ? start_x[pass] : 0; x < width; x += interlaced ? step_x[pass] : 1)
			xs[nx++] = x;
		for (unsigned y = interlaced ? start_y[pass] : 0; y < height; y += interlaced ? step_y[pass] : 1)
			ys[ny++] = y;
		p = encode_pass(p, samples, channels, depth, width, height, xs, ys, nx, ny);
	}
	size_t len = make_png(file, width, height, depth, type, interlaced, rows, (size_t)(p - rows));
	assert_true(vt_png_check(file, len, &w, &h));
	assert_int_equal(w, width);
	assert_int_equal(h, height);
	assert_int_equal(vt_png_decode(file, len, &out), VT_PNG_OK);
	for (unsigned i = 0; i < width * height; i++) {
		uint8_t want[4];

		expected(type, depth, samples + i * channels, want);
		/* Of 16 bits, the nearest or the next lower are both right. */
		for (unsigned k = 0; k < 4; k++)
			if (abs(out[4 * i + k] - want[k]) > (depth == 16))
				fail_msg("type %u, %u bits, pixel %u, byte %u: %u instead of %u", type, depth, i, k, out[4 * i + k],
				    want[k]);
	}
	free(out);
	/* Damaged: an answer, whatever it is; cut: never whole. */
	for (unsigned i = 0; i < 40; i++) {
		uint8_t copy[sizeof(file)];

		memcpy(copy, file, len);
		copy[rnd((uint32_t)len)] ^= (uint8_t)(1 << rnd(8));
		out = NULL;
		if (vt_png_check(copy, len, &w, &h) && vt_png_decode(copy, len, &out) == VT_PNG_OK)
			assert_non_null(out);
		free(out);
		assert_false(vt_png_check(file, rnd((uint32_t)len - 12), &w, &h));
	}
}

static void test_png(void **state)
{
	static const uint8_t kinds[][2] = { { 0, 1 }, { 0, 2 }, { 0, 4 }, { 0, 8 }, { 0, 16 }, { 2, 8 }, { 2, 16 }, { 3, 1 },
		{ 3, 2 }, { 3, 4 }, { 3, 8 }, { 4, 8 }, { 4, 16 }, { 6, 8 }, { 6, 16 } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (unsigned size = 1; size < 20; size += 1 + rnd(4))
			for (unsigned interlaced = 0; interlaced < 2; interlaced++)
				check_png(kinds[i][0], kinds[i][1], interlaced, size, 1 + rnd(19));
	/* Combinations that are not allowed. */
	uint8_t file[256], rows[8] = { 0 }, *out;
	uint32_t w, h;
	static const uint8_t bad[][2] = { { 1, 8 }, { 5, 8 }, { 7, 8 }, { 2, 4 }, { 3, 16 }, { 0, 3 }, { 6, 1 } };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(vt_png_decode(file, make_png(file, 1, 1, bad[i][1], bad[i][0], false, rows, 8), &out),
		    VT_PNG_BAD);
	assert_false(vt_png_check(file, make_png(file, 0, 1, 8, 0, false, rows, 8), &w, &h));
	assert_false(vt_png_check(file, make_png(file, 1, 10001, 8, 0, false, rows, 8), &w, &h));
}

/* ---- random commands --------------------------------------------------------------------------- */

/* Counts are what a walk over everything gives. */
static void check_counts(struct vt *vt)
{
	const struct vt_images *im = &vt->images;
	size_t bytes = 0, spans = 0, counted = 0;

	for (size_t i = 0; i < im->n; i++)
		bytes += im->v[i]->picture.len + im->v[i]->n_frames * ((size_t)im->v[i]->picture.width *
		    im->v[i]->picture.height * 4);
	assert_int_equal(bytes, im->bytes);
	for (unsigned g = 0; g < 2; g++)
		for (unsigned y = 0; y < vt->rows; y++)
			spans += vt->grids[g].rows[y].spans ? vt->grids[g].rows[y].spans->n : 0;
	for (size_t i = 0; i < im->n_kept; i++)
		spans += im->kept[im->kept_head + i].spans ? im->kept[im->kept_head + i].spans->n : 0;
	assert_int_equal(spans, im->spans);
	for (size_t i = 0; i < im->n_placements; i++)
		counted += im->placements[i]->spans - (im->placements[i]->virt || im->placements[i]->parent);
	assert_int_equal(counted, im->spans);
}

static void test_random(void **state)
{
	static const char *const texts[] = { "\r\n", "\033M", "\033[2;4r", "\033[r", "\033[?69h\033[3;12s", "\033[?69l",
		"\033[L", "\033[M", "\033[2J", "\033[H", "\033[5;9H", "abc", "\033[@", "\033[P", "\033[?1049h", "\033[?1049l",
		"\033[38;5;2m\xf4\x8e\xbb\xae\xcc\x85\xf4\x8e\xbb\xae", "\033[3S", "\033[2T", "\033c", "\033[3J", "\033[J",
		"\033P0;1q\"1;1;20;20#1!20~-!20~\033\\" };
	static const char *const keys[] = { "a=T,s=1,v=1,", "a=p,", "a=d,d=", "a=f,s=1,v=1,", "a=a,", "a=c," };
	static const char deletes[] = "aAiInNcCfFpPqQrRxXyYzZ";
	static const char numbers[] = "iIpcrxywhXYzCUPQHVsv";

	for (unsigned round = 0; round < 300; round++) {
		struct vt *vt = make(rnd(2) ? 200 : 0);

		for (unsigned i = 0; i < 60; i++) {
			cleanup_str struct str s = STR_INIT;
			unsigned which = rnd(ARRAY_LEN(keys));

			if (rnd(2)) {
				str_puts(&s, texts[rnd(ARRAY_LEN(texts))]);
			} else {
				str_printf(&s, "\033_G%s", keys[which]);
				if (which == 2)
					str_printf(&s, "%c,", deletes[rnd(sizeof(deletes) - 1)]);
				for (unsigned k = rnd(6); k > 0; k--)
					str_printf(&s, "%c=%d,", numbers[rnd(sizeof(numbers) - 1)], (int)rnd(7) - (rnd(9) == 0));
				str_printf(&s, "i=%u;YWJjZA==\033\\", 1 + rnd(4));
			}
			vt_write(vt, s.s, s.len);
			if (rnd(20) == 0)
				vt_resize(vt, (uint16_t)(1 + rnd(8)), (uint16_t)(1 + rnd(30)), 0, 0);
			check_counts(vt);
		}
		vt_destroy(vt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quota), cmocka_unit_test(test_limits), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_png), cmocka_unit_test(test_random),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	str_fini(&reply);
	return failed;
}
