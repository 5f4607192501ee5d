/* Heads of image files. Each format has a function that finds the size in at most `len`
 * bytes; all of them only look, so the worst that a hostile file can have is a wrong size. */
#include "base/mem.h"
#include "vt/image_header.h"

static uint32_t le16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t le24(const uint8_t *p) { return le16(p) | (uint32_t)p[2] << 16; }
static uint32_t le32(const uint8_t *p) { return le16(p) | le16(p + 2) << 16; }
static uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t be32(const uint8_t *p) { return be16(p) << 16 | be16(p + 2); }

static bool is(const uint8_t *p, const char *what, size_t n)
{
	return memcmp(p, what, n) == 0;
}

/* The signature, then the chunk IHDR of 13 bytes (PNG specification, 5.2 and 11.2.2). */
static bool png(const uint8_t *p, size_t len, struct vt_image_header *h)
{
	if (len < 8 + 8 + 13 || !is(p, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16))
		return false;
	h->width = be32(p + 16);
	h->height = be32(p + 20);
	return true;
}

/* The logical screen (GIF89a, 18). */
static bool gif(const uint8_t *p, size_t len, struct vt_image_header *h)
{
	if (len < 13 || !(is(p, "GIF87a", 6) || is(p, "GIF89a", 6)))
		return false;
	h->width = le16(p + 6);
	h->height = le16(p + 8);
	return true;
}

/* Segments up to a frame header (ITU-T T.81, B.1 and B.2.2): FF, fill bytes FF, the marker,
 * and unless it stands alone two bytes of length that count themselves. */
static bool jpeg(const uint8_t *p, size_t len, struct vt_image_header *h)
{
	if (len < 4 || !is(p, "\xff\xd8\xff", 3))
		return false;
	for (size_t at = 2; at + 4 <= len;) {
		uint8_t marker = p[at + 1];

		if (p[at] != 0xff)
			return false;
		if (marker == 0xff) {
			at++;
			continue;
		}
		at += 2;
		if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7))
			continue;
		/* Nothing may come before the frame that ends the image or begins a scan. */
		if (marker == 0 || marker == 0xd8 || marker == 0xd9 || marker == 0xda)
			return false;
		size_t size = be16(p + at);
		bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
		if (frame) {
			if (size < 8 || len - at < 7)
				return false;
			h->height = be16(p + at + 3);
			h->width = be16(p + at + 5);
			return true;
		}
		if (size < 2 || size > len - at)
			return false;
		at += size;
	}
	return false;
}

/* RIFF, and its first chunk (RFC 9649, 2.4 to 2.7; RFC 6386, 9.1). */
static bool webp(const uint8_t *p, size_t len, struct vt_image_header *h)
{
	if (len < 30 || !is(p, "RIFF", 4) || !is(p + 8, "WEBP", 4))
		return false;
	const uint8_t *chunk = p + 20;
	if (is(p + 12, "VP8X", 4)) {
		h->width = le24(chunk + 4) + 1;
		h->height = le24(chunk + 7) + 1;
	} else if (is(p + 12, "VP8L", 4) && chunk[0] == 0x2f) {
		h->width = (le32(chunk + 1) & 0x3fff) + 1;
		h->height = (le32(chunk + 1) >> 14 & 0x3fff) + 1;
	} else if (is(p + 12, "VP8 ", 4) && !(chunk[0] & 1) && is(chunk + 3, "\x9d\x01\x2a", 3)) {
		h->width = le16(chunk + 6) & 0x3fff;
		h->height = le16(chunk + 8) & 0x3fff;
	} else {
		return false;
	}
	return true;
}

/* The file header of 14 bytes, then one of those headers that begin with their own size. The
 * height is negative when rows go from the top down. */
static bool bmp(const uint8_t *p, size_t len, struct vt_image_header *h)
{
	if (len < 26 || !is(p, "BM", 2))
		return false;
	uint32_t size = le32(p + 14);
	if (size == 12) {
		h->width = le16(p + 18);
		h->height = le16(p + 20);
		return true;
	}
	if (size < 40 || size > 124)
		return false;
	h->width = le32(p + 18);
	h->height = le32(p + 22);
	if (h->height >> 31)
		h->height = -h->height;
	return true;
}

bool vt_image_header_read(const uint8_t *data, size_t len, struct vt_image_header *ret)
{
	static const struct {
		enum vt_image_format format;
		bool (*read)(const uint8_t *p, size_t len, struct vt_image_header *h);
	} formats[] = { { VT_IMAGE_PNG, png }, { VT_IMAGE_JPEG, jpeg }, { VT_IMAGE_GIF, gif }, { VT_IMAGE_WEBP, webp },
		{ VT_IMAGE_BMP, bmp } };

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].read(data, len, ret)) {
			ret->format = formats[i].format;
			return ret->width - 1 < VT_IMAGE_SIDE_MAX && ret->height - 1 < VT_IMAGE_SIDE_MAX;
		}
	return false;
}
