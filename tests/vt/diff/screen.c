/* See screen.h. */
#include "screen.h"

#include "base/mem.h"

void screen_init(struct screen *s, unsigned rows, unsigned cols)
{
	*s = (struct screen){ .rows = rows, .cols = cols };
	s->cells = xcalloc((size_t)rows * cols, sizeof(*s->cells));
}

void screen_fini(struct screen *s)
{
	free(s->cells);
	s->cells = NULL;
}

void screen_read(struct screen *s, struct vt *vt, uint32_t attrs)
{
	struct vt_cursor cursor = vt_cursor(vt);
	int64_t top = vt_dims(vt).physical_top;

	s->x = cursor.x;
	s->y = (unsigned)(cursor.y - top);
	for (unsigned y = 0; y < s->rows; y++) {
		struct vt_row row;

		vt_row_get(vt, top + y, &row);
		for (unsigned x = 0; x < s->cols; x++) {
			struct screen_cell *c = screen_at(s, x, y);
			struct vt_cell cell = x < row.n ? row.cells[x] : (struct vt_cell){ .width = 1 };
			const struct vt_style *style = vt_style_get(vt, cell.style);

			*c = (struct screen_cell){ .width = cell.width, .bg = style->bg };
			if (cell.text == 0 && cell.width == 1)
				continue;
			c->attrs = style->attrs & attrs;
			c->fg = style->fg;
			if (cell.width > 0)
				c->text[vt_cell_text(vt, &cell, c->text)] = 0;
		}
	}
}

bool screen_same(const struct screen *a, const struct screen *b, struct str *ret)
{
	if (a->x != b->x || a->y != b->y) {
		str_printf(ret, "cursor %u,%u and %u,%u", a->x, a->y, b->x, b->y);
		return false;
	}
	for (unsigned y = 0; y < a->rows; y++)
		for (unsigned x = 0; x < a->cols; x++) {
			const struct screen_cell *p = screen_at(a, x, y), *q = screen_at(b, x, y);

			if (p->width != q->width || !str_eq(p->text, q->text)) {
				str_printf(ret, "cell %u,%u: \"%s\" of %u, \"%s\" of %u", x, y, p->text, p->width, q->text, q->width);
				return false;
			}
			if (p->attrs != q->attrs || p->fg != q->fg || p->bg != q->bg) {
				str_printf(ret, "cell %u,%u: attrs %x fg %x bg %x, attrs %x fg %x bg %x", x, y, p->attrs, p->fg, p->bg,
				    q->attrs, q->fg, q->bg);
				return false;
			}
		}
	return true;
}

void screen_print(const struct screen *s, const char *label)
{
	printf("  %s, cursor %u,%u\n", label, s->x, s->y);
	for (unsigned y = 0; y < s->rows; y++) {
		printf("    |");
		for (unsigned x = 0; x < s->cols; x++) {
			const struct screen_cell *c = screen_at(s, x, y);

			if (c->width > 0)
				printf("%s", *c->text ? c->text : " ");
		}
		printf("|\n");
	}
}

void screen_quote(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == 0x1b)
			printf("\\e");
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else if (c == '\\' || c == '"')
			printf("\\%c", c);
		else
			printf("%c", c);
	}
}
