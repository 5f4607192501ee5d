/* lines: the streams and the engine for comparisons that are not written in C.
 *
 *     lines stream SEED COUNT RULE...    the size, then each item and the screen after it
 *     lines feed ROWS COLS               items from stdin, one a line in hexadecimal; the screen after them
 *
 * RULE is KIND (left out), KIND/KIND (apart), KIND@ (settled) or KIND:HEX:HEX (around). An
 * item is a line "KIND HEX"; a screen is a line "X Y" and for each cell "HEX,WIDTH,ATTRS,FG,BG". */
#include "screen.h"
#include "stream.h"

#include "base/mem.h"
#include "vt/internal.h"

static void put_screen(struct vt *vt, unsigned rows, unsigned cols)
{
	struct screen s;

	screen_init(&s, rows, cols);
	screen_read(&s, vt, UINT32_MAX);
	printf("%u %u", s.x, s.y);
	for (size_t i = 0; i < (size_t)rows * cols; i++) {
		const struct screen_cell *c = &s.cells[i];

		printf(" ");
		for (const char *t = c->text; *t; t++)
			printf("%02x", (unsigned char)*t);
		printf(",%u,%x,%x,%x", c->width, c->attrs, c->fg, c->bg);
	}
	printf("\n");
	screen_fini(&s);
}

static struct vt *make(unsigned rows, unsigned cols)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = 20 };

	return vt_create(&config, &none, NULL);
}

static char *from_hex(const char *s, size_t len)
{
	struct str ret = STR_INIT;

	for (size_t i = 0; i + 1 < len; i += 2) {
		char hex[3] = { s[i], s[i + 1], 0 };

		str_putc(&ret, (char)strtoul(hex, NULL, 16));
	}
	return str_detach(&ret);
}

static bool read_rule(const char *s, struct stream_rule *ret)
{
	size_t n = strcspn(s, "/@:");
	const char *rest = s + n + 1;

	*ret = (struct stream_rule){ .kind = stream_kind_find(s, n), .how = LEFT_OUT };
	switch (s[n]) {
	case '/':
		ret->how = APART;
		ret->with = stream_kind_find(rest, __builtin_strlen(rest));
		return ret->kind != STREAM_NONE && ret->with != STREAM_NONE;
	case '@': ret->how = SETTLED; break;
	case ':':
		ret->how = AROUND;
		ret->before = from_hex(rest, strcspn(rest, ":"));
		rest += strcspn(rest, ":");
		ret->after = from_hex(rest + 1, *rest ? __builtin_strlen(rest + 1) : 0);
		break;
	default: break;
	}
	return ret->kind != STREAM_NONE;
}

static int stream(int argc, char **argv)
{
	uint64_t seed = strtoul(argv[0], NULL, 10);
	unsigned count = (unsigned)strtoul(argv[1], NULL, 10);
	size_t n = (size_t)(argc - 2);
	struct stream_rule *rules = xcalloc(n + 1, sizeof(*rules));
	struct stream s;

	for (size_t i = 0; i < n; i++)
		if (!read_rule(argv[2 + i], &rules[i])) {
			fprintf(stderr, "no rule: %s\n", argv[2 + i]);
			return 2;
		}
	stream_init(&s, seed, rules, n);
	struct vt *vt = make(s.rows, s.cols);
	printf("%u %u\n", s.rows, s.cols);
	while (count-- > 0) {
		cleanup_str struct str item = STR_INIT;
		enum stream_kind kind = stream_item(&s, vt->pos.pending, vt->pos.x, &item);

		vt_write(vt, item.s, item.len);
		printf("%s ", stream_kind_name(kind));
		for (size_t i = 0; i < item.len; i++)
			printf("%02x", (unsigned char)item.s[i]);
		printf("\n");
		put_screen(vt, s.rows, s.cols);
	}
	vt_destroy(vt);
	for (size_t i = 0; i < n; i++)
		if (rules[i].how == AROUND) {
			free((char *)(uintptr_t)rules[i].before);
			free((char *)(uintptr_t)rules[i].after);
		}
	free(rules);
	return 0;
}

static int feed(char **argv)
{
	unsigned rows = (unsigned)strtoul(argv[0], NULL, 10), cols = (unsigned)strtoul(argv[1], NULL, 10);
	struct vt *vt = make(rows, cols);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		size_t len = (size_t)(n - (line[n - 1] == '\n'));
		cleanup_free char *bytes = from_hex(line, len);

		vt_write(vt, bytes, len / 2);
	}
	put_screen(vt, rows, cols);
	free(line);
	vt_destroy(vt);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && str_eq(argv[1], "stream"))
		return stream(argc - 2, argv + 2);
	if (argc == 4 && str_eq(argv[1], "feed"))
		return feed(argv + 2);
	fprintf(stderr, "usage: lines stream SEED COUNT RULE... | lines feed ROWS COLS\n");
	return 2;
}
