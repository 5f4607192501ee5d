/* in_vterm.c - for tests/vt/dump.py: what libvterm shows after some output.
 *
 *     vt_in_vterm ROWS COLS < output
 *
 * Prints lines as vt_dump_tool does, without "dump". Half intensity, overline and
 * underline colours are unknown to it. */
#include <stdbool.h>
#include <vterm.h>

#include "text/text.h"
#include "vt/vt.h"

struct cursor {
	VTermPos pos;
	bool visible;
	int shape, blink;
};

static int moved(VTermPos pos, VTermPos old, int visible, void *user)
{
	((struct cursor *)user)->pos = pos;
	return 1;
}

static int property(VTermProp prop, VTermValue *value, void *user)
{
	struct cursor *c = user;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		c->visible = value->boolean;
	else if (prop == VTERM_PROP_CURSORSHAPE)
		c->shape = value->number;
	else if (prop == VTERM_PROP_CURSORBLINK)
		c->blink = value->boolean;
	return 1;
}

static uint32_t color(const VTermColor *c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return VT_COLOR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(c))
		return VT_COLOR_PALETTE(c->indexed.idx);
	return VT_COLOR_RGB(c->rgb.red, c->rgb.green, c->rgb.blue);
}

static void put_cell(const VTermScreenCell *cell, int x, int y)
{
	char s[VTERM_MAX_CHARS_PER_CELL * 4];
	size_t n = 0;
	unsigned attrs = cell->attrs.bold | cell->attrs.underline << VT_ATTR_UNDERLINE_SHIFT |
	    cell->attrs.blink << VT_ATTR_BLINK_SHIFT | (cell->attrs.italic ? VT_ATTR_ITALIC : 0u) |
	    (cell->attrs.reverse ? VT_ATTR_REVERSE : 0u) | (cell->attrs.strike ? VT_ATTR_STRIKE : 0u);

	for (unsigned i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		n += text_utf8_encode(cell->chars[i], s + n);
	if (n == 0)
		s[n++] = ' ';
	printf("cell %d %d %d %x %x %x %.*s\n", x, y, cell->width, attrs, color(&cell->fg), color(&cell->bg), (int)n, s);
}

int main(int argc, char **argv)
{
	static char buf[1u << 20];
	static const VTermScreenCallbacks callbacks = { .movecursor = moved, .settermprop = property };
	struct cursor cursor = { .visible = true };
	size_t n;

	if (argc != 3)
		return 2;
	int rows = (int)strtol(argv[1], NULL, 10), cols = (int)strtol(argv[2], NULL, 10);
	VTerm *vterm = vterm_new(rows, cols);
	VTermScreen *screen = vterm_obtain_screen(vterm);
	vterm_set_utf8(vterm, 1);
	vterm_screen_set_callbacks(screen, &callbacks, &cursor);
	vterm_screen_enable_altscreen(screen, 1);
	vterm_screen_reset(screen, 1);
	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		vterm_input_write(vterm, buf, n);
	vterm_screen_flush_damage(screen);
	printf("cursor %d %d %d %d\n", cursor.pos.col, cursor.pos.row, cursor.shape * 2 - !!cursor.blink, cursor.visible);
	for (VTermPos pos = { 0 }; pos.row < rows; pos.row++) {
		for (pos.col = 0; pos.col < cols;) {
			VTermScreenCell cell;

			vterm_screen_get_cell(screen, pos, &cell);
			put_cell(&cell, pos.col, pos.row);
			pos.col += cell.width;
		}
	}
	vterm_free(vterm);
	return 0;
}
