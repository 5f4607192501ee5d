/* What a server may push: nothing of it can do more to the outer terminal than the few controls that draw.c
 * writes itself. */
#include "client/view.h"
#include "wire/wire.h"

static void check(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == 0x7f || (c < 0x20 && c != 0x1b))
			abort();
		/* C1 in UTF-8 */
		if (c == 0xc2 && i + 1 < len && (unsigned char)s[i + 1] < 0xa0)
			abort();
		if (c != 0x1b)
			continue;
		if (i + 1 >= len)
			abort();
		if (s[i + 1] == ']') {
			/* OSC 8 up to its ST */
			if (i + 3 >= len || s[i + 2] != '8' || s[i + 3] != ';')
				abort();
			for (i += 4; i < len && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7f; i++)
				;
			if (i + 1 >= len || s[i] != 0x1b || s[i + 1] != '\\')
				abort();
			i++;
		} else if (s[i + 1] == '[') {
			for (i += 2; i < len && (unsigned char)s[i] < 0x40; i++)
				;
			if (i >= len || !strchr("HGKJmhl", s[i]))
				abort();
		} else {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pool pool = POOL_INIT;
	struct wire_arena arena = { 0 };
	struct str out = STR_INIT;
	struct view *v = view_create();
	struct draw *d = draw_create(size % 2);
	draw_resize(d, 12, 40);
	/* Several bodies, each with its length before it. */
	while (size > 2) {
		size_t len = data[0] | (size_t)(data[1] & 0x7f) << 8, used;
		bool push = data[1] & 0x80;
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		union wire_body body;
		uint32_t ident = push ? WIRE_GET_PANE_RENDER_CHANGES_RESPONSE : WIRE_GET_LINES_RESPONSE;
		if (wire_decode_body(ident, data, len, WIRE_CODEC_LACE, &body, &used, &arena) == WIRE_OK) {
			struct wire_range ranges[8];
			if (push)
				view_changes(v, &pool, &body.render_changes);
			else
				view_lines(v, &pool, 1, &body.get_lines_response);
			view_scroll(v, push ? -3 : 1);
			view_draw(v, d, 11, NULL);
			view_asked(v, ranges, view_missing(v, ranges, 8), 1);
			str_reset(&out);
			draw_frame(d, &pool, &out);
			check(out.s, out.len);
		}
		wire_arena_reset(&arena);
		data += len;
		size -= len;
	}
	str_fini(&out);
	pool_reset(&pool);
	view_destroy(v);
	draw_destroy(d);
	return 0;
}
