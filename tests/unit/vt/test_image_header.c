/* Heads of image files. The samples were made by ImageMagick 6.9 with the sizes that stand beside them, and cut
 * after what tells the size; what is wrong with the rest is written by hand from the formats' specifications. */
#include "../unit.h"
#include "base/mem.h"
#include "vt/image_header.h"

static const struct {
	const char *what;
	enum vt_image_format format;
	uint32_t width, height;
	size_t len;
	const char *bytes;
} samples[] = {
	{ "PNG", VT_IMAGE_PNG, 13, 7, 40,
		"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x0d\x00\x00\x00\x07"
		"\x01\x03\x00\x00\x00\xe9\xbe\x55\x59\x00\x00\x00\x04\x67\x41\x4d" },
	{ "JPEG", VT_IMAGE_JPEG, 300, 5, 177,
		"\xff\xd8\xff\xe0\x00\x10\x4a\x46\x49\x46\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43"
		"\x00\x03\x02\x02\x02\x02\x02\x03\x02\x02\x02\x03\x03\x03\x03\x04\x06\x04\x04\x04\x04\x04\x08\x06"
		"\x06\x05\x06\x09\x08\x0a\x0a\x09\x08\x09\x09\x0a\x0c\x0f\x0c\x0a\x0b\x0e\x0b\x09\x09\x0d\x11\x0d"
		"\x0e\x0f\x10\x10\x11\x10\x0a\x0c\x12\x13\x12\x10\x13\x0f\x10\x10\x10\xff\xdb\x00\x43\x01\x03\x03"
		"\x03\x04\x03\x04\x08\x04\x04\x08\x10\x0b\x09\x0b\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10"
		"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10"
		"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\xff\xc0\x00\x11\x08\x00\x05\x01\x2c\x03"
		"\x01\x11\x00\x02\x11\x01\x03\x11\x01" },
	{ "progressive JPEG", VT_IMAGE_JPEG, 300, 5, 177,
		"\xff\xd8\xff\xe0\x00\x10\x4a\x46\x49\x46\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43"
		"\x00\x03\x02\x02\x02\x02\x02\x03\x02\x02\x02\x03\x03\x03\x03\x04\x06\x04\x04\x04\x04\x04\x08\x06"
		"\x06\x05\x06\x09\x08\x0a\x0a\x09\x08\x09\x09\x0a\x0c\x0f\x0c\x0a\x0b\x0e\x0b\x09\x09\x0d\x11\x0d"
		"\x0e\x0f\x10\x10\x11\x10\x0a\x0c\x12\x13\x12\x10\x13\x0f\x10\x10\x10\xff\xdb\x00\x43\x01\x03\x03"
		"\x03\x04\x03\x04\x08\x04\x04\x08\x10\x0b\x09\x0b\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10"
		"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10"
		"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\xff\xc2\x00\x11\x08\x00\x05\x01\x2c\x03"
		"\x01\x11\x00\x02\x11\x01\x03\x11\x01" },
	{ "GIF", VT_IMAGE_GIF, 17, 9, 40,
		"\x47\x49\x46\x38\x39\x61\x11\x00\x09\x00\xf0\x00\x00\xff\x00\x00\x00\x00\x00\x21\xf9\x04\x00\x00"
		"\x00\x00\x00\x2c\x00\x00\x00\x00\x11\x00\x09\x00\x00\x02\x0a\x84" },
	{ "lossy WebP", VT_IMAGE_WEBP, 33, 21, 40,
		"\x52\x49\x46\x46\x4e\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x20\x42\x00\x00\x00\x50\x03\x00\x9d"
		"\x01\x2a\x21\x00\x15\x00\x3e\x91\x46\x9e\x4b\x25\xa3\xa2\xa1\xa5" },
	{ "lossless WebP", VT_IMAGE_WEBP, 31, 20, 36,
		"\x52\x49\x46\x46\x1c\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x4c\x0f\x00\x00\x00\x2f\x1e\xc0\x04"
		"\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01\x00" },
	{ "WebP with alpha", VT_IMAGE_WEBP, 40, 30, 40,
		"\x52\x49\x46\x46\x72\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x58\x0a\x00\x00\x00\x10\x00\x00\x00"
		"\x27\x00\x00\x1d\x00\x00\x41\x4c\x50\x48\x0a\x00\x00\x00\x01\x07" },
	{ "BMP version 3", VT_IMAGE_BMP, 3, 5, 40,
		"\x42\x4d\x72\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x03\x00\x00\x00\x05\x00"
		"\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x3c\x00\x00\x00\x00\x00" },
	{ "BMP of OS/2", VT_IMAGE_BMP, 3, 5, 40,
		"\x42\x4d\x56\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x0c\x00\x00\x00\x03\x00\x05\x00\x01\x00"
		"\x18\x00\x00\x00\xff\x00\x00\xff\x00\x00\xff\x00\x00\x00\x00\x00" },
	{ "BMP version 5", VT_IMAGE_BMP, 6, 5, 40,
		"\x42\x4d\xee\x00\x00\x00\x00\x00\x00\x00\x8a\x00\x00\x00\x7c\x00\x00\x00\x06\x00\x00\x00\x05\x00"
		"\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x64\x00\x00\x00\x00\x00" },
};

/* From the heap, so that a sanitizer sees what is read past the end. */
static bool head(const void *bytes, size_t len, struct vt_image_header *ret)
{
	uint8_t *copy = xmalloc(len + (len == 0));

	memcpy(copy, bytes, len);
	bool ok = vt_image_header_read(copy, len, ret);
	free(copy);
	return ok;
}

static void test_samples(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct vt_image_header h;

		if (!head(samples[i].bytes, samples[i].len, &h))
			fail_msg("%s is not known", samples[i].what);
		assert_int_equal(h.format, samples[i].format);
		assert_int_equal(h.width, samples[i].width);
		assert_int_equal(h.height, samples[i].height);
		/* Cut off: known or not, but never something else. */
		for (size_t n = 0; n < samples[i].len; n++)
			if (head(samples[i].bytes, n, &h))
				assert_true(h.width == samples[i].width && h.height == samples[i].height);
		assert_false(head(samples[i].bytes, 12, &h));
	}
}

static void expect(const char *bytes, size_t len, uint32_t width, uint32_t height)
{
	struct vt_image_header h = { 0 };
	bool ok = head(bytes, len, &h);

	assert_int_equal(ok, width > 0);
	if (ok) {
		assert_int_equal(h.width, width);
		assert_int_equal(h.height, height);
	}
}
#define EXPECT(bytes, width, height) expect(bytes, sizeof(bytes) - 1, width, height)

static void test_jpeg(void **state)
{
#define SOF "\xff\xc0\0\x11\x08\0\x05\0\x09\x03"
	EXPECT("\xff\xd8" SOF, 9, 5);
	EXPECT("\xff\xd8\xff\xff\xff" SOF, 9, 5);                      /* fill bytes */
	EXPECT("\xff\xd8\xff\x01\xff\xd0\xff\xd7" SOF, 9, 5);          /* markers that stand alone */
	EXPECT("\xff\xd8\xff\xe1\0\x06zzzz\xff\xfe\0\x02" SOF, 9, 5);  /* segments */
	EXPECT("\xff\xd8\xff\xc4\0\x02\xff\xcc\0\x02\xff\xc8\0\x02" SOF, 9, 5); /* no frames, though between them */
	EXPECT("\xff\xd8\xff\xcf\0\x11\x08\0\x05\0\x09\x03", 9, 5);    /* the last kind of frame */
	EXPECT("\xff\xd8\xff\xe1\0\x01" SOF, 0, 0);                    /* a length that does not hold itself */
	EXPECT("\xff\xd8\xff\xe1\0\0" SOF, 0, 0);
	EXPECT("\xff\xd8\xff\xe1\xff\xff" SOF, 0, 0);                  /* past the end */
	EXPECT("\xff\xd8\xff\xe1\0\x06zzzz" "z" SOF, 0, 0);            /* no marker where there should be one */
	EXPECT("\xff\xd8\xff\xd9" SOF, 0, 0);                          /* end, scan, second start before the frame */
	EXPECT("\xff\xd8\xff\xda\0\x02" SOF, 0, 0);
	EXPECT("\xff\xd8\xff\xd8" SOF, 0, 0);
	EXPECT("\xff\xd8\xff\0" SOF, 0, 0);
	EXPECT("\xff\xd8\xff\xc0\0\x11\x08\0\0\0\x09\x03", 0, 0);      /* the number of lines comes later (DNL) */
	EXPECT("\xff\xd8\xff\xc0\0\x07\x08\0\x05\0\x09\x03", 0, 0);
	EXPECT("\xff\xd8\xff\xc0\0\x11\x08\0\x05\0", 0, 0);
}

static void test_bounds(void **state)
{
	EXPECT("GIF89a\x10\x27\x01\0\0\0\0", 10000, 1);
	EXPECT("GIF89a\x11\x27\x01\0\0\0\0", 0, 0);
	EXPECT("GIF87a\x01\0\0\0\0\0\0", 0, 0);
	EXPECT("GIF88a\x01\0\x01\0\0\0\0", 0, 0);
	EXPECT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x27\x10\0\0\x27\x10\x08\x06\0\0\0", 10000, 10000);
	EXPECT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\0\0\0\x01\x08\x06\0\0\0", 0, 0);
	EXPECT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x01\x08\x06\0\0\0", 0, 0);
	EXPECT("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0", 0, 0);
	EXPECT("\x89PNG\n\x1a\n\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0", 0, 0);
	/* height from the top down, and the one that has no opposite */
	EXPECT("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x02\0\0\0\xfd\xff\xff\xff", 2, 3);
	EXPECT("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x02\0\0\0\0\0\0\x80", 0, 0);
	EXPECT("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\xff\xff\xff\xff\x01\0\0\0", 0, 0);
	EXPECT("BM\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\x02\0\0\0\x02\0\0\0", 0, 0);
	EXPECT("RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\x27\0\0\0\0", 10000, 1);
	EXPECT("RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff", 0, 0);
	EXPECT("RIFF\x20\0\0\0WEBPVP8L\x0a\0\0\0\x2e\0\0\0\0\0\0\0\0\0", 0, 0);
	EXPECT("RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0\x01\0\0\x9d\x01\x2a\x01\0\x01\0", 0, 0);
	EXPECT("RIFF\x20\0\0\0WEBPALPH\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0", 0, 0);
	EXPECT("", 0, 0);
	EXPECT("<svg xmlns='http://www.w3.org/2000/svg' width='1'/>", 0, 0);
}

/* Bits of the samples flipped: an answer within the bounds, or none. */
static void test_damage(void **state)
{
	uint64_t seed = 88172645463325252ull;
	unsigned known = 0;

	for (unsigned round = 0; round < 50000; round++) {
		char bytes[400];
		size_t i = round % ARRAY_LEN(samples), len = samples[i].len;
		struct vt_image_header h;

		assert_true(len <= sizeof(bytes));
		memcpy(bytes, samples[i].bytes, len);
		for (unsigned flips = 0; flips < 1 + round % 5; flips++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bytes[(seed >> 32) % len] ^= (char)(1u << (seed & 7));
		}
		if (!head(bytes, len, &h))
			continue;
		known++;
		assert_in_range(h.width, 1, VT_IMAGE_SIDE_MAX);
		assert_in_range(h.height, 1, VT_IMAGE_SIDE_MAX);
	}
	assert_in_range(known, 5000, 49000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
