/* What a terminal may send: whatever it is and however it is split, the parser stays bounded, and no byte of
 * it comes out twice; what is told of a key fits a valid message. */
#include "client/input.h"
#include "client/keyevent.h"
#include "text/text.h"

static size_t out;
static volatile unsigned sum;

static void on_event(void *user, const struct input_event *ev)
{
	if (ev->kind == INPUT_MOUSE)
		return;
	if (ev->len == 0 && ev->kind != INPUT_PASTE)
		abort();
	/* Look at all of it: a sanitizer may object. */
	for (size_t i = 0; i < ev->len; i++)
		sum += (unsigned char)ev->bytes[i];
	out += ev->len;
	struct wire_lace_key k;
	char text[KEYEVENT_TEXT_MAX];
	if (keyevent_parse(ev->bytes, ev->len, &k, text) &&
	    (k.text.len > KEYEVENT_TEXT_MAX || !text_utf8_valid(k.text.s, k.text.len) || k.kind > 2))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	out = 0;
	input_init(&in, on_event, NULL);
	/* The first byte says how the rest is split. */
	size_t step = size ? data[0] % 16 + 1u : 1;
	for (size_t i = 1; i < size; i += step) {
		input_feed(&in, (const char *)data + i, i + step < size ? step : size - i);
		if (in.seq.len > INPUT_SEQUENCE_MAX)
			abort();
		if (data[0] >= 128 && input_timeout(&in) >= 0)
			input_flush(&in);
	}
	input_flush(&in);
	if (out > size)
		abort();
	input_fini(&in);
	return 0;
}
