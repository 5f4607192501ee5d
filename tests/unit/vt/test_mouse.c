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
	assert_int_equal(vt_encode_mouse(vt, &many, out), (VT_ENCODED_MAX - 1) / 3 * 3);
	vt_write(vt, "\033[?1h", 5);
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_DOWN, 0, 0), "\033OB\033OB\033OB");
	/* As the keys themselves would be sent. */
	vt_write(vt, "\033[>1u", 5);
	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_WHEEL_LEFT, 0, 0), "\033[D\033[D\033[D");
	vt_write(vt, "\033[<u\033[?1007l", 12);
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

/* What xterm 379 sent under Xvfb for the same events, one column a mode: 9, 1000, 1002, 1003, each with SGR;
 * and 1002 in the other encodings. NULL: not compared. */
static const struct {
	enum vt_mouse_kind kind;
	enum vt_mouse_button button;
	uint16_t x, y, mods;
	const char *x10, *normal, *drag, *any, *bytes, *utf8, *urxvt;
} recorded[] = {
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 4, 3, 0, "", "", "", "\033[<35;5;4M", "", "", "" },
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 4, 3, 0, "", "", "", "", "", "", "" },
	{ VT_MOUSE_PRESS, VT_BUTTON_LEFT, 4, 3, 0, "\033[<0;5;4M", "\033[<0;5;4M", "\033[<0;5;4M", "\033[<0;5;4M",
	    "\033[M %$", "\033[M %$", "\033[32;5;4M" },
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 5, 3, 0, "", "", "\033[<32;6;4M", "\033[<32;6;4M",
	    "\033[M@&$", "\033[M@&$", "\033[64;6;4M" },
	{ VT_MOUSE_MOVE, VT_BUTTON_LEFT, 5, 3, 0, "", "", "", "", "", "", "" },
	{ VT_MOUSE_PRESS, VT_BUTTON_RIGHT, 5, 3, 0, "\033[<2;6;4M", "\033[<2;6;4M", "\033[<2;6;4M", "\033[<2;6;4M",
	    "\033[M\"&$", "\033[M\"&$", "\033[34;6;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 5, 3, 0, "", "\033[<0;6;4m", "\033[<0;6;4m", "\033[<0;6;4m",
	    "\033[M#&$", "\033[M#&$", "\033[35;6;4M" },
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 6, 3, 0, "", "", "\033[<34;7;4M", "\033[<34;7;4M",
	    "\033[MB'$", "\033[MB'$", "\033[66;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_NONE, 6, 3, 0, "", "\033[<2;7;4m", "\033[<2;7;4m", "\033[<2;7;4m",
	    "\033[M#'$", "\033[M#'$", "\033[35;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_MIDDLE, 6, 3, 0, "\033[<1;7;4M", "\033[<1;7;4M", "\033[<1;7;4M", "\033[<1;7;4M",
	    "\033[M!'$", "\033[M!'$", "\033[33;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_MIDDLE, 6, 3, 0, "", "\033[<1;7;4m", "\033[<1;7;4m", "\033[<1;7;4m",
	    "\033[M#'$", "\033[M#'$", "\033[35;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 6, 3, 0, "", "\033[<64;7;4M", "\033[<64;7;4M", "\033[<64;7;4M",
	    "\033[M`'$", "\033[M`'$", "\033[96;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_WHEEL_DOWN, 6, 3, 0, "", "\033[<65;7;4M", "\033[<65;7;4M", "\033[<65;7;4M",
	    "\033[Ma'$", "\033[Ma'$", "\033[97;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_WHEEL_LEFT, 6, 3, 0, "", "\033[<66;7;4M", "\033[<66;7;4M", "\033[<66;7;4M",
	    "\033[Mb'$", "\033[Mb'$", "\033[98;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_WHEEL_RIGHT, 6, 3, 0, "", "\033[<67;7;4M", "\033[<67;7;4M", "\033[<67;7;4M",
	    "\033[Mc'$", "\033[Mc'$", "\033[99;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_8, 6, 3, 0, "", "\033[<128;7;4M", "\033[<128;7;4M", "\033[<128;7;4M",
	    "\033[M\240'$", "\033[M\302\240'$", "\033[160;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_8, 6, 3, 0, "", "\033[<128;7;4m", "\033[<128;7;4m", "\033[<128;7;4m",
	    "\033[M#'$", "\033[M#'$", "\033[35;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_10, 6, 3, 0, "", "\033[<130;7;4M", "\033[<130;7;4M", "\033[<130;7;4M",
	    "\033[M\242'$", "\033[M\302\242'$", "\033[162;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_10, 6, 3, 0, "", "\033[<130;7;4m", "\033[<130;7;4m", "\033[<130;7;4m",
	    "\033[M#'$", "\033[M#'$", "\033[35;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_WHEEL_UP, 6, 3, VT_MOD_CTRL, "", "\033[<80;7;4M", "\033[<80;7;4M", "\033[<80;7;4M",
	    "\033[Mp'$", "\033[Mp'$", "\033[112;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_8, 6, 3, VT_MOD_CTRL, "", "\033[<144;7;4M", "\033[<144;7;4M", "\033[<144;7;4M",
	    "\033[M\260'$", "\033[M\302\260'$", "\033[176;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_8, 6, 3, VT_MOD_CTRL, "", "\033[<144;7;4m", "\033[<144;7;4m", "\033[<144;7;4m",
	    "\033[M3'$", "\033[M3'$", "\033[51;7;4M" },
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 7, 4, VT_MOD_CTRL, "", "", "", "\033[<51;8;5M", "", "", "" },
	{ VT_MOUSE_PRESS, VT_BUTTON_LEFT, 6, 3, VT_MOD_ALT, "\033[<0;7;4M", "\033[<8;7;4M", "\033[<8;7;4M",
	    "\033[<8;7;4M", "\033[M('$", "\033[M('$", "\033[40;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 6, 3, VT_MOD_ALT, "", "\033[<8;7;4m", "\033[<8;7;4m", "\033[<8;7;4m",
	    "\033[M+'$", "\033[M+'$", "\033[43;7;4M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_LEFT, 6, 3, VT_MOD_CTRL | VT_MOD_ALT, "\033[<0;7;4M", "\033[<24;7;4M",
	    "\033[<24;7;4M", "\033[<24;7;4M", "\033[M8'$", "\033[M8'$", "\033[56;7;4M" },
	{ VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 6, 3, VT_MOD_CTRL | VT_MOD_ALT, "", "\033[<24;7;4m",
	    "\033[<24;7;4m", "\033[<24;7;4m", "\033[M;'$", "\033[M;'$", "\033[59;7;4M" },
	{ VT_MOUSE_MOVE, VT_BUTTON_NONE, 7, 4, VT_MOD_CTRL | VT_MOD_ALT, "", "", "", "\033[<59;8;5M", "", "", "" },
	/* Beyond column 223 xterm says 0 in single bytes; ctlseqs calls that a limit, and a report without a place
	 * is none: nothing is sent. */
	{ VT_MOUSE_PRESS, VT_BUTTON_LEFT, 222, 2, 0, "\033[<0;223;3M", "\033[<0;223;3M", "\033[<0;223;3M",
	    "\033[<0;223;3M", "\033[M \377#", "\033[M \303\277#", "\033[32;223;3M" },
	{ VT_MOUSE_PRESS, VT_BUTTON_LEFT, 250, 2, 0, "\033[<0;251;3M", "\033[<0;251;3M", "\033[<0;251;3M",
	    "\033[<0;251;3M", "", "\033[M \304\233#", "\033[32;251;3M" },
};

static void test_recorded(void **state)
{
	struct vt *x10 = make("\033[?9;1006h"), *normal = make("\033[?1000;1006h"), *drag = make("\033[?1002;1006h"),
	    *any = make("\033[?1003;1006h"), *bytes = make("\033[?1002h"), *utf8 = make("\033[?1002;1005h"),
	    *urxvt = make("\033[?1002;1015h"), *highlight = make("\033[?1001;1006h");

	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct vt_mouse m = at(recorded[i].kind, recorded[i].button, recorded[i].x, recorded[i].y);

		m.mods = recorded[i].mods;
		expect(x10, m, recorded[i].x10);
		expect(normal, m, recorded[i].normal);
		expect(highlight, m, recorded[i].normal);
		expect(drag, m, recorded[i].drag);
		expect(any, m, recorded[i].any);
		expect(bytes, m, recorded[i].bytes);
		expect(utf8, m, recorded[i].utf8);
		expect(urxvt, m, recorded[i].urxvt);
	}
	struct vt *all[] = { x10, normal, drag, any, bytes, utf8, urxvt, highlight };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		vt_destroy(all[i]);
}

/* The tracking modes are one variable in xterm, and so are the encodings (recorded by DECRQM of patch 379). */
static void test_exclusive(void **state)
{
	static const struct { const char *setup; uint32_t modes; } cases[] = {
		{ "\033[?1002h\033[?1000l", 0 }, { "\033[?1003h\033[?1002l", 0 }, { "\033[?1000h\033[?1002h", VT_MODE_MOUSE_BUTTON },
		{ "\033[?1000h\033[?1002h\033[?1002l", 0 }, { "\033[?1001h", VT_MODE_MOUSE_NORMAL },
		{ "\033[?1005h\033[?1006h", VT_MODE_MOUSE_SGR }, { "\033[?1005h\033[?1006h\033[?1005l", VT_MODE_MOUSE_SGR },
		{ "\033[?1006h\033[?1015h", VT_MODE_MOUSE_URXVT }, { "\033[?1016h\033[?1006l", VT_MODE_MOUSE_PIXELS },
		{ "\033[?1002;1006h\033[?1000;1002;1003;1006s\033[?1002;1006l\033[?1000;1002;1003;1006r",
		    VT_MODE_MOUSE_BUTTON | VT_MODE_MOUSE_SGR },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vt *vt = make(cases[i].setup);

		assert_int_equal(vt_modes(vt) & (VT_MODE_MOUSE_TRACKING | VT_MODE_MOUSE_FORMAT), cases[i].modes);
		vt_destroy(vt);
	}
}

/* A button that went down before the program listened, and one let go when it no longer did. */
static void test_held(void **state)
{
	struct vt *vt = make("\033[?1006h");

	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 1, 1), "");
	vt_write(vt, "\033[?1002h", 8);
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 2, 1), "\033[<32;3;2M");
	vt_write(vt, "\033[?1002l", 8);
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_LEFT, 2, 1), "");
	vt_write(vt, "\033[?1002h", 8);
	expect(vt, at(VT_MOUSE_MOVE, VT_BUTTON_NONE, 3, 1), "");
	expect(vt, at(VT_MOUSE_RELEASE, VT_BUTTON_NONE, 3, 1), "\033[<3;4;2m");
	struct vt_mouse wild = at((enum vt_mouse_kind)77, (enum vt_mouse_button)200, 65535, 65535);
	expect(vt, wild, "");
	vt_destroy(vt);
}

/* After S8C1T, CSI and SS3 are one byte; a character typed with Alt is not one. */
static void test_8bit(void **state)
{
	struct vt *vt = make("\033 G\033[?1003;1006;1004h");
	char out[VT_ENCODED_MAX];
	struct vt_key up = { .code = 30 }, bracket = { .code = 0, .value = '[', .mods = VT_MOD_ALT };

	expect(vt, at(VT_MOUSE_PRESS, VT_BUTTON_LEFT, 1, 1), "\233<0;2;2M");
	assert_int_equal(vt_encode_focus(vt, true, out), 2);
	assert_memory_equal(out, "\233I", 2);
	assert_int_equal(vt_encode_key(vt, &up, out), 2);
	assert_memory_equal(out, "\233A", 2);
	vt_write(vt, "\033[?1h", 5);
	assert_int_equal(vt_encode_key(vt, &up, out), 2);
	assert_memory_equal(out, "\217A", 2);
	assert_int_equal(vt_encode_key(vt, &bracket, out), 2);
	assert_memory_equal(out, "\033[", 2);
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

static void expect_paste(struct vt *vt, const char *text, size_t len, const char *want)
{
	size_t n;
	char *s = vt_encode_paste(vt, text, len, &n);

	assert_non_null(s);
	if (n != strlen(want) || memcmp(s, want, n) != 0)
		fail_msg("paste of \"%.*s\": got \"%s\", want \"%s\"", (int)len, text, s, want);
	free(s);
}
#define PASTE(vt, text, want) expect_paste(vt, text, sizeof(text) - 1, want)

/* Line ends as the real server has them (golden gui-paste); controls as xterm replaces those of its
 * disallowedPasteControls, here all but tab, LF and CR. */
static void test_paste(void **state)
{
	struct vt *vt = make("");

	PASTE(vt, "a\nb\r\nc\td", "a\rb\rc\td");
	PASTE(vt, "a\r\rb\n\nc\n\rd", "a\r\rb\r\rc\r\rd");
	PASTE(vt, "a\033[31m\x7f\003b", "a [31m  b");
	PASTE(vt, "nul\0inside", "nul inside");
	PASTE(vt, "evil\033[201~tail", "eviltail");
	PASTE(vt, "", "");
	vt_write(vt, "\033[?2004h", 8);
	PASTE(vt, "", "\033[200~\033[201~");
	PASTE(vt, "a\nb\r\nc", "\033[200~a\nb\nc\033[201~");
	PASTE(vt, "x\033[201~rm\n", "\033[200~xrm\n\033[201~");
	/* What is left of a marker inside a marker is no marker. */
	PASTE(vt, "x\033[2\033[201~01~y", "\033[200~x [201~y\033[201~");
	PASTE(vt, "\033\033[201~[201~", "\033[200~ [201~\033[201~");
	PASTE(vt, "\033[201~\033[201~", "\033[200~\033[201~");
	PASTE(vt, "\033[20", "\033[200~ [20\033[201~");
	/* CSI as a C1 control: in UTF-8, and as a bare byte. */
	PASTE(vt, "\u00e9\xc2\x9b" "201~", "\033[200~\u00e9\033[201~");
	PASTE(vt, "a\x9b" "201~b", "\033[200~ab\033[201~");
	PASTE(vt, "\xc2\x9b\xc2\x9b" "201~201~", "\033[200~201~\033[201~");
	PASTE(vt, "\xc2\x85" "a", "\033[200~a\033[201~");
	/* Valid UTF-8, whatever came. */
	PASTE(vt, "a\xff\xe4\xb8 b", "\033[200~a\ufffd\ufffd b\033[201~");
	PASTE(vt, "\xf0\x9f\x98\x80\xed\xa0\x80", "\033[200~\U0001f600\ufffd\ufffd\ufffd\033[201~");
	vt_destroy(vt);
}

/* The one allocation that is as large as somebody else wants it. */
static size_t refuse;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return refuse && size >= refuse ? NULL : __real_malloc(size);
}

static void test_paste_no_memory(void **state)
{
	struct vt *vt = make("");
	static char text[1 << 20];
	size_t n = 1;

	memset(text, 'a', sizeof(text));
	refuse = sizeof(text);
	assert_null(vt_encode_paste(vt, text, sizeof(text), &n));
	assert_int_equal(n, 0);
	refuse = 0;
	vt_destroy(vt);
}

static void test_paste_large(void **state)
{
	struct vt *vt = make("\033[?2004h");
	size_t len = 8u << 20, n;
	char *text = malloc(len);

	assert_non_null(text);
	for (size_t i = 0; i + 3 <= len; i += 3)
		memcpy(text + i, "\033[2", 3);
	text[len - 1] = text[len - 2] = '\377';
	char *s = vt_encode_paste(vt, text, len, &n);
	assert_non_null(s);
	assert_int_equal(n, len + 12 + 4);
	free(s);
	free(text);
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
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_exclusive),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_8bit),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_paste_large),
		cmocka_unit_test(test_paste_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
