#include "golden.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void fail(const char *why)
{
	fprintf(stderr, "%s: %s\n", GOLDEN_FRAMES, why);
	abort();
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t golden_hex(const char *hex, uint8_t *ret, size_t room)
{
	size_t n = 0;
	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '|')
			continue;
		int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);
		if (low < 0 || n == room)
			fail("bad hex");
		ret[n++] = (uint8_t)(high << 4 | low);
		hex++;
	}
	return n;
}

/* The notation of pack.py: hex, "text" for plain cells, - for nothing. */
static void expand(const char *s, struct golden_frame *f)
{
	size_t room = strlen(s) * 6;
	f->body = xmalloc(room);
	if (strcmp(s, "-") == 0)
		return;
	bool text = false;
	for (; *s; s++) {
		if (*s == '"') {
			text = !text;
		} else if (text) {
			const uint8_t cell[] = { 1, (uint8_t)*s, 0, 0, 0, 0 };
			memcpy(f->body + f->len, cell, sizeof(cell));
			f->len += sizeof(cell);
		} else {
			const char byte[] = { s[0], s[1], '\0' };
			f->len += golden_hex(byte, f->body + f->len, 1);
			s++;
		}
	}
}

struct golden golden_load(void)
{
	struct golden g = { 0 };
	size_t cap = 0, line_cap = 0;
	char *line = NULL;
	FILE *in = fopen(GOLDEN_FRAMES, "r");
	if (in == NULL)
		fail("cannot open");
	while (getline(&line, &line_cap, in) > 0) {
		char codecs[32];
		unsigned ident;
		int at = 0;
		if (sscanf(line, "%31s %u %n", codecs, &ident, &at) != 2)
			fail("bad line");
		line[strcspn(line, "\n")] = '\0';
		if (g.n == cap) {
			cap = cap ? cap * 2 : 256;
			g.frames = xreallocarray(g.frames, cap, sizeof(*g.frames));
		}
		struct golden_frame *f = &g.frames[g.n++];
		*f = (struct golden_frame){
			.codec_42 = strstr(codecs, "42"), .codec_44 = strstr(codecs, "44"), .ident = ident,
		};
		expand(line + at, f);
		f->body = xreallocarray(f->body, f->len, 1);
	}
	free(line);
	fclose(in);
	return g;
}

void golden_free(struct golden *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->frames[i].body);
	free(g->frames);
	*g = (struct golden){ 0 };
}
