/* The shape of the mouse pointer (OSC 22): xterm's "set this one", and kitty's
 * stack, one a screen, with questions. Names are CSS's; some of X11's are taken. */
#include "base/str.h"
#include "vt/osc.h"

/* Number i of a stack is shapes[i - 1]; 0 is none. */
static const char *const shapes[] = {
	"alias", "cell", "copy", "crosshair", "default", "e-resize", "ew-resize", "grab", "grabbing", "help",
	"move", "n-resize", "ne-resize", "nesw-resize", "no-drop", "not-allowed", "ns-resize", "nw-resize",
	"nwse-resize", "pointer", "progress", "s-resize", "se-resize", "sw-resize", "text", "vertical-text",
	"w-resize", "wait", "zoom-in", "zoom-out",
};

static const struct { const char *x11, *css; } aliases[] = {
	{ "X_cursor", "not-allowed" }, { "arrow", "default" }, { "bottom_left_corner", "sw-resize" },
	{ "bottom_right_corner", "se-resize" }, { "bottom_side", "s-resize" }, { "circle", "not-allowed" },
	{ "cross", "crosshair" }, { "fleur", "move" }, { "hand1", "pointer" }, { "hand2", "pointer" },
	{ "left_ptr", "default" }, { "left_ptr_watch", "progress" }, { "left_side", "w-resize" },
	{ "plus", "cell" }, { "question_arrow", "help" }, { "right_side", "e-resize" },
	{ "sb_h_double_arrow", "ew-resize" }, { "sb_v_double_arrow", "ns-resize" }, { "tcross", "crosshair" },
	{ "top_left_corner", "nw-resize" }, { "top_right_corner", "ne-resize" }, { "top_side", "n-resize" },
	{ "watch", "wait" }, { "xterm", "text" },
};

_Static_assert(ARRAY_LEN(shapes) == VT_POINTER_SHAPES, "numbers in a snapshot are checked against it");

static unsigned shape_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (str_eq(name, aliases[i].x11))
			name = aliases[i].css;
	for (unsigned i = 0; i < ARRAY_LEN(shapes); i++)
		if (str_eq(name, shapes[i]))
			return i + 1;
	return 0;
}

static struct vt_pointer *stack(struct vt *vt)
{
	return &vt->pointer[vt_is_alt(vt)];
}

const char *vt_pointer_shape(const struct vt *vt)
{
	const struct vt_pointer *p = &vt->pointer[vt_is_alt(vt)];
	unsigned shape = p->n ? p->stack[p->n - 1] : 0;

	return shape ? shapes[shape - 1] : "";
}

static void push(struct vt_pointer *p, unsigned shape)
{
	if (p->n == VT_POINTER_STACK)
		memmove(p->stack, p->stack + 1, --p->n);
	p->stack[p->n++] = (uint8_t)shape;
}

static void set(struct vt_pointer *p, const char *name)
{
	unsigned shape = shape_number(name);

	if (*name && !shape)
		return;
	p->n -= p->n > 0;
	if (shape || p->n > 0)
		push(p, shape);
}

static void tell(struct vt *vt, char *names)
{
	cleanup_str struct str out = STR_INIT;
	char *name;

	str_puts(&out, "\033]22;");
	size_t head = out.len;
	while ((name = vt_field(&names, ','))) {
		if (out.len > head)
			str_putc(&out, ',');
		if (str_eq(name, "__current__"))
			str_puts(&out, *vt_pointer_shape(vt) ? vt_pointer_shape(vt) : "0");
		else if (str_eq(name, "__default__"))
			str_puts(&out, "text");
		else if (str_eq(name, "__grabbed__"))
			str_puts(&out, "default");
		else
			str_putc(&out, shape_number(name) ? '1' : '0');
	}
	str_puts(&out, vt_osc_end(vt));
	vt_reply_bytes(vt, out.s, out.len);
}

void vt_osc_pointer(struct vt *vt, char *s, size_t len)
{
	struct vt_pointer *p = stack(vt);
	const char *before = vt_pointer_shape(vt);
	char *name;

	switch (*s) {
	case '?':
		tell(vt, s + 1);
		return;
	case '>':
		s++;
		while ((name = vt_field(&s, ',')))
			if (shape_number(name))
				push(p, shape_number(name));
		break;
	case '<':
		p->n -= p->n > 0;
		break;
	default:
		set(p, *s == '=' ? s + 1 : s);
		break;
	}
	if (before == vt_pointer_shape(vt))
		return;
	vt->changed = true;
	if (vt->cb.pointer)
		vt->cb.pointer(vt->user);
}
