/* golden.h - the recorded bodies of tests/wire/golden/frames.txt, for tests.
 *
 * golden_load ends the program when the file is missing or malformed; golden_free
 * releases what it returned. */
#ifndef LACE_TESTS_WIRE_GOLDEN_H
#define LACE_TESTS_WIRE_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct golden_frame {
	bool codec_42, codec_44;  /* recorded with these */
	uint32_t ident;
	uint8_t *body;            /* exactly len bytes, so that ASan sees an over-read */
	size_t len;
};
struct golden {
	struct golden_frame *frames;
	size_t n;
};

struct golden golden_load(void);
void golden_free(struct golden *g);

/* "0a 0B | 0c" to bytes; spaces and bars are skipped. Returns the number of bytes. */
size_t golden_hex(const char *hex, uint8_t *ret, size_t room);

#endif
