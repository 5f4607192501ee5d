#include "../unit.h"
#include "vt/vt.h"

static struct vt *make(const char *setup)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 300, .pixel_width = 3000, .pixel_height = 480 };
	struct vt *vt = vt_create(&config, &none, NULL);

	vt_write(vt, setup, strlen(setup));
	return vt;
}

static void expect(struct vt *vt, struct vt_mouse m, const char *want)
{
	char out[VT_ENCODED_MAX];
	size_t n = vt_encode_mouse(vt, &m, out);

	if (n != strlen(want) || memcmp(out, want, n) != 0)
		fail_msg("got %zu bytes \"%.*s\", want \"%s\"", n, (int)n, out, want);
}

static struct vt_mouse at(enum vt_mouse_kind kind, enum vt_mouse_button button, unsigned x, unsigned y)
{
	return (struct vt_mouse){ .kind = kind, .button = button, .count = 1, .x = (uint16_t)x,
	    .y = (uint16_t)y };
}

static void test_nothing(void **state)
{
	struct vt *vt = make("");

	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 0, 0), "");
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 0, 0), "");
	vt_destroy(vt);
}

static void test_alternate_scroll(void **state)
{
	struct vt *vt = make("\033[?1049h");
	struct vt_mouse many = at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_DOWN, 0, 0);
	char out[VT_ENCODED_MAX];

	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 0, 0), "\033[A\033[A\033[A");
	many.count = 4000000000u;
	assert_int_equal(vt_encode_mouse(vt, &many, out), VT_ENCODED_MAX / 3 * 3);
	vt_write(vt, "\033[?1h", 5);
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_DOWN, 0, 0), "\033OB\033OB\033OB");
	vt_write(vt, "\033[?1007l", 8);
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 0, 0), "");
	vt_destroy(vt);
}

static void test_normal(void **state)
{
	struct vt *vt = make("\033[?1000h");
	struct vt_mouse m = at(VT_MOUSE_PRESS, VT_BUTTON_RIGHT, 1, 2);

	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 0, 0), "\033[M !!");
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 0, 0), "\033[M#!!");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 3, 3), "");
	m.mods = VT_MOD_SHIFT | VT_MOD_CTRL;
	expect(vt, m, "\033[M6\"#");
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 0, 0), "\033[M`!!");
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 250, 0), "");        /* beyond what one byte says */
	vt_write(vt, "\033[?1005h", 8);
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 250, 0), "\033[M \u011b!");
	vt_destroy(vt);
}

static void test_x10(void **state)
{
	struct vt *vt = make("\033[?9h");
	struct vt_mouse m = at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 0, 0);

	m.mods = VT_MOD_SHIFT;
	expect(vt, m, "\033[M !!");
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 0, 0), "");
	vt_destroy(vt);
}

static void test_sgr(void **state)
{
	struct vt *vt = make("\033[?1002;1006h");
	struct vt_mouse m = at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_DOWN, 1, 1);

	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 5, 5), "");           /* no button is held */
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_MIDDLE, 299, 23), "\033[<1;300;24M");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 298, 23), "\033[<33;299;24M");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_MIDDLE, 298, 23), "");      /* still in that cell */
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_MIDDLE, 298, 23), "\033[<1;299;24m");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 5, 5), "");
	m.count = 3;
	expect(vt, m, "\033[<65;2;2M\033[<65;2;2M\033[<65;2;2M");
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 9999, 9999), "\033[<0;300;24M");
	vt_destroy(vt);
}

static void test_any_motion(void **state)
{
	struct vt *vt = make("\033[?1003;1006h");

	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 5, 5), "\033[<35;6;6M");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 5, 5), "");
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_LEFT, 6, 5), "\033[<32;7;6M");
	vt_destroy(vt);
}

static void test_urxvt_and_pixels(void **state)
{
	struct vt *vt = make("\033[?1000;1015h");
	struct vt_mouse m = at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 2, 1);

	expect(vt, m, "\033[32;3;2M");
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 2, 1), "\033[35;3;2M");
	vt_write(vt, "\033[?1016h", 8);
	m.pixel_x = 4;
	m.pixel_y = 7;
	expect(vt, m, "\033[<0;25;28M");                                    /* cells of 10 by 20 pixels */
	vt_destroy(vt);
}

static void test_focus(void **state)
{
	struct vt *vt = make("");
	char out[VT_ENCODED_MAX];

	assert_int_equal(vt_encode_focus(vt, true, out), 0);
	vt_write(vt, "\033[?1004h", 8);
	assert_int_equal(vt_encode_focus(vt, true, out), 3);
	assert_memory_equal(out, "\033[I", 3);
	assert_int_equal(vt_encode_focus(vt, false, out), 3);
	assert_memory_equal(out, "\033[O", 3);
	vt_destroy(vt);
}

static void expect_paste(struct vt *vt, const char *text, const char *want)
{
	size_t n;
	char *s = vt_encode_paste(vt, text, strlen(text), &n);

	assert_int_equal(n, strlen(want));
	assert_string_equal(s, want);
	free(s);
}

static void test_paste(void **state)
{
	struct vt *vt = make("");

	expect_paste(vt, "a\nb\r\nc\td", "a\rb\rc\td");
	expect_paste(vt, "a\033[31m\x7f\003b", "a[31mb");
	expect_paste(vt, "", "");
	vt_write(vt, "\033[?2004h", 8);
	expect_paste(vt, "a\nb\r\nc", "\033[200~a\nb\nc\033[201~");
	expect_paste(vt, "x\033[201~rm\n", "\033[200~xrm\n\033[201~");
	expect_paste(vt, "x\033[2\033[201~01~y", "\033[200~x[201~y\033[201~");
	expect_paste(vt, "\u00e9\xc2\x9b" "201~", "\033[200~\u00e9201~\033[201~");
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_alternate_scroll),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_x10),
		cmocka_unit_test(test_sgr),
		cmocka_unit_test(test_any_motion),
		cmocka_unit_test(test_urxvt_and_pixels),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_paste),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
