/* states.c - what state streams leave the engine in.
 *
 *     vt_states FILE
 *
 * FILE is what states.py writes: records of one letter and numbers of 32 bits (little endian)
 *     T rows cols lines      a new terminal
 *     W n, and n bytes       program output, in one write
 *     R rows cols            resize
 *     C                      cold scrollback is compressed
 *     H                      print the state: a hash of a snapshot, which is all of it, and of
 *                            all that was answered
 * One line is printed for each H. Builds of the engine that differ must print the same. */
#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/xxh64.h"
#include "vt/snapshot.h"
#include "vt/vt.h"

static void on_reply(void *user, const char *bytes, size_t len)
{
	str_add(user, bytes, len);
}

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
	str_add(user, text, len);
}

static void on_note(void *user, const struct vt_notification *note)
{
	str_puts(user, note->body ? note->body : "");
}

static const struct vt_callbacks callbacks = {
	.reply = on_reply, .clipboard = on_clipboard, .notification = on_note,
};

static uint32_t number(FILE *f)
{
	uint8_t b[4];

	if (fread(b, 1, 4, f) != 4) {
		fprintf(stderr, "vt_states: the file ends within a record\n");
		exit(2);
	}
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static struct vt *terminal(FILE *f, struct str *answers)
{
	uint32_t rows = number(f), cols = number(f);
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = number(f),
		.term_program = "states 1", .image_bytes = 8u << 20 };

	return vt_create(&config, &callbacks, answers);
}

static void put(FILE *f, struct vt *vt)
{
	uint32_t n = number(f);
	/* Of exactly that size, so that a sanitizer sees what is read beyond it. */
	cleanup_free uint8_t *bytes = xmalloc(MAX(n, 1u));

	if (fread(bytes, 1, n, f) != n)
		exit(2);
	vt_write(vt, bytes, n);
}

static void show(const struct vt *vt, const struct str *answers)
{
	enum vt_snapshot_error error;
	size_t len;
	cleanup_free uint8_t *bytes = vt_snapshot_bytes(vt, 0, &len, &error);

	if (!bytes) {
		fprintf(stderr, "vt_states: %s\n", vt_snapshot_error_text(error));
		exit(1);
	}
	printf("%016" PRIx64 " %016" PRIx64 " %zu\n", xxh64(bytes, len), xxh64(answers->s, answers->len), len);
}

int main(int argc, char **argv)
{
	cleanup_str struct str answers = STR_INIT;
	struct vt *vt = NULL;
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	int c;

	if (!f) {
		fprintf(stderr, "usage: vt_states FILE\n");
		return 2;
	}
	while ((c = getc(f)) != EOF) {
		if (c == 'T') {
			vt_destroy(vt);
			vt = terminal(f, &answers);
		} else if (!vt) {
			fprintf(stderr, "vt_states: no terminal\n");
			return 2;
		} else if (c == 'W') {
			put(f, vt);
		} else if (c == 'R') {
			uint32_t rows = number(f), cols = number(f);

			vt_resize(vt, (uint16_t)rows, (uint16_t)cols, cols * 8, rows * 16);
		} else if (c == 'C') {
			while (vt_compact(vt))
				;
		} else if (c == 'H') {
			show(vt, &answers);
		}
	}
	vt_destroy(vt);
	fclose(f);
	return 0;
}
