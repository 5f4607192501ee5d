/* Frames of the mux protocol: the first byte chooses the codec, the rest is a
 * stream. Whatever decodes must print, encode, decode again, and then encode to
 * the same bytes; and its head must say the same alone. */
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct wire_pdu *pdu, unsigned codec)
{
	struct wire_buf once = { 0 }, twice = { 0 }, text = { 0 };
	struct wire_arena arena = { 0 };
	struct wire_pdu again;
	size_t taken = 0;
	wire_print_json(pdu, codec, &text);
	if (wire_encode(pdu, codec, WIRE_COMPRESS_AUTO, &once) != WIRE_OK)
		abort();
	if (wire_decode(once.data, once.len, codec, &taken, &again, &arena) != WIRE_OK || taken != once.len)
		abort();
	if (wire_encode(&again, codec, WIRE_COMPRESS_AUTO, &twice) != WIRE_OK)
		abort();
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	wire_buf_fini(&once);
	wire_buf_fini(&twice);
	wire_buf_fini(&text);
	wire_arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	unsigned codec = WIRE_CODEC_MIN + data[0] % (WIRE_CODEC_MAX - WIRE_CODEC_MIN + 1);
	for (size_t at = 1; at < size;) {
		struct wire_arena arena = { 0 };
		struct wire_pdu pdu;
		size_t taken = 0;
		enum wire_status status = wire_decode(data + at, size - at, codec, &taken, &pdu, &arena);
		uint64_t whole, serial;
		if ((status == WIRE_OK || status == WIRE_UNKNOWN) &&
		    (wire_peek(data + at, size - at, &whole, &serial) != WIRE_OK || whole != taken || serial != pdu.serial))
			abort();
		if (status == WIRE_OK)
			check(&pdu, codec);
		wire_arena_reset(&arena);
		if (status != WIRE_OK && status != WIRE_UNKNOWN)
			break;
		at += taken;
	}
	return 0;
}
