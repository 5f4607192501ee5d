/* Keys, mouse events, focus and pastes from bytes, to programs in whatever mode: what is sent is bounded and well
 * formed, and a paste cannot end itself.
 *
 * The first byte is a length; so much is written to the terminal as a program would. Then come records: a letter and
 * what it needs. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "text/text.h"
#include "vt/vt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vt_callbacks none;

static uint32_t number(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* 17 bytes, then the text. */
static size_t key(const struct vt *vt, const uint8_t *p, size_t len)
{
	char out[VT_ENCODED_MAX], again[VT_ENCODED_MAX];

	if (len < 17)
		return len;
	size_t text = p[16] < len - 17 ? p[16] : len - 17;
	struct vt_key k = { .code = p[0], .value = number(p + 1), .mods = number(p + 4), .kind = p[7] % 3,
	    .unshifted = p[7] & 4 ? number(p + 8) : 0, .shifted = p[7] & 8 ? number(p + 11) : 0,
	    .base = p[7] & 16 ? p[14] : 0, .text = p[7] & 32 ? (const char *)p + 17 : NULL, .text_len = text };
	size_t n = vt_encode_key(vt, &k, out);

	assert(n < VT_ENCODED_MAX);
	if (k.kind == VT_KEY_RELEASE && !(vt_kitty_flags(vt) & 2))
		assert(n == 0);
	/* Bits that only say which of two keys it was change nothing. */
	k.mods ^= 0xffe0;
	assert(vt_encode_key(vt, &k, again) == n && memcmp(out, again, n) == 0);
	return 17 + text;
}

static size_t mouse(struct vt *vt, const uint8_t *p, size_t len)
{
	char out[VT_ENCODED_MAX];

	if (len < 12)
		return len;
	struct vt_mouse m = { .kind = (enum vt_mouse_kind)(p[0] % 4), .button = (enum vt_mouse_button)(p[1] % 16),
	    .count = number(p + 2), .x = (uint16_t)number(p + 5), .y = p[7], .pixel_x = number(p + 8), .pixel_y = p[10],
	    .mods = p[11] };
	size_t n = vt_encode_mouse(vt, &m, out);
	assert(n < VT_ENCODED_MAX);
	/* A report of a movement is not repeated. */
	if (n > 0 && m.kind == VT_MOUSE_MOVE)
		assert(vt_encode_mouse(vt, &m, out) == 0);
	assert(vt_encode_focus(vt, p[0] & 1, out) <= 3);
	return 12;
}

static void paste(const struct vt *vt, const uint8_t *p, size_t len)
{
	size_t n;
	char *s = vt_encode_paste(vt, (const char *)p, len, &n);
	bool bracketed = vt_modes(vt) & VT_MODE_BRACKETED_PASTE;

	assert(s && n <= 3 * len + 12 && s[n] == 0 && text_utf8_valid(s, n));
	if (bracketed)
		assert(n >= 12 && memcmp(s, "\033[200~", 6) == 0 && memcmp(s + n - 6, "\033[201~", 6) == 0);
	for (size_t i = bracketed ? 6 : 0; i < n - (bracketed ? 6 : 0); i++) {
		uint8_t c = (uint8_t)s[i];

		assert((c >= 0x20 && c != 0x7f) || c == '\t' || c == (bracketed ? '\n' : '\r'));
		assert(!(c == 0xc2 && (uint8_t)s[i + 1] < 0xa0));
	}
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct vt_config config = { .rows = 5, .cols = 250, .pixel_width = 2500, .pixel_height = 100 };
	struct vt *vt = vt_create(&config, &none, NULL);
	size_t setup = data[0] < size - 1 ? data[0] : size - 1;

	vt_write(vt, data + 1, setup);
	data += 1 + setup;
	size -= 1 + setup;
	while (size > 0) {
		uint8_t what = *data++;
		size_t n = --size;

		switch (what % 4) {
		case 0:
		case 1: n = key(vt, data, size); break;
		case 2: n = mouse(vt, data, size); break;
		default: paste(vt, data, size); break;
		}
		data += n;
		size -= n;
	}
	vt_destroy(vt);
	return 0;
}
