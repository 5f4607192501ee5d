#include "../unit.h"

#include "base/mem.h"
#include "client/input.h"

#include <string.h>

/* Events as text: T(...) K(bytes;key;mods) k(...) released, M(kind,button,x,y,mods) P(...) F(...) C(...).
 * Neighbouring runs of text are joined, so that splits of the input do not show. */
static struct str log_text;

static void show(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == 0x1b)
			str_puts(&log_text, "^[");
		else if ((unsigned char)s[i] < 0x20)
			str_printf(&log_text, "^%c", s[i] + 0x40);
		else
			str_putc(&log_text, s[i]);
	}
}

static void on_event(void *user, const struct input_event *ev)
{
	static const char letters[] = "TKMPFCQ";
	if (ev->kind == INPUT_TEXT && log_text.len > 2 && str_ends(log_text.s, ")") && user && *(bool *)user)
		log_text.s[--log_text.len] = '\0';
	else
		str_printf(&log_text, "%c(", ev->release ? 'k' : letters[ev->kind]);
	if (ev->kind == INPUT_MOUSE) {
		static const char *const kind[] = { "press", "release", "move" };
		str_printf(&log_text, "%s,%d,%u,%u,%u", kind[ev->mouse], (int)ev->button, ev->x, ev->y, ev->mods);
	} else {
		show(ev->bytes, ev->len);
	}
	if (ev->kind == INPUT_KEY) {
		if (ev->key >= KEY_NONE)
			str_printf(&log_text, ";#%u", ev->key - KEY_NONE);
		else if (ev->key > 0x20 && ev->key < 0x7f)
			str_printf(&log_text, ";%c", (char)ev->key);
		else
			str_printf(&log_text, ";%u", ev->key);
		str_printf(&log_text, ";%u", ev->mods);
	}
	str_puts(&log_text, ev->truncated ? "...)" : ")");
	if (user)
		*(bool *)user = ev->kind == INPUT_TEXT;
}

/* Feeds it whole, split in two at each place, and byte by byte: the same events. */
static void expect_n(const char *bytes, size_t len, const char *want)
{
	for (size_t split = 0; split <= len; split++) {
		struct input in;
		bool last_text = false;
		str_reset(&log_text);
		input_init(&in, on_event, &last_text);
		if (split == len) {
			for (size_t i = 0; i < len; i++)
				input_feed(&in, bytes + i, 1);
		} else {
			input_feed(&in, bytes, split);
			input_feed(&in, bytes + split, len - split);
		}
		assert_int_equal(input_timeout(&in), -1);
		input_fini(&in);
		assert_string_equal(log_text.s, want);
	}
}

static void expect(const char *bytes, const char *want)
{
	expect_n(bytes, strlen(bytes), want);
}

static void test_text_and_controls(void **state)
{
	expect("ls -l\r", "T(ls -l)K(^M;13;0)");
	expect("h\303\251llo \344\270\255", "T(h\303\251llo \344\270\255)");
	expect("\003\034d", "K(^C;c;4)K(^\\;\\;4)T(d)");
	expect("\t\177\b", "K(^I;9;0)K(\177;127;0)K(^H;h;4)");
	expect_n("a\0b", 3, "T(a)K(^@;@;4)T(b)");
}

static void test_keys(void **state)
{
	expect("\033[A\033OA\033[1;5A", "K(^[[A;#1;0)K(^[OA;#1;0)K(^[[1;5A;#1;4)");
	expect("\033[5~\033[6;2~\033[H\033[4~", "K(^[[5~;#7;0)K(^[[6;2~;#8;1)K(^[[H;#5;0)K(^[[4~;#6;0)");
	expect("\033[15~\033OP\033[1;2P", "K(^[[15~;#0;0)K(^[OP;#0;0)K(^[[1;2P;#0;1)");
	/* Alt */
	expect("\033x\033\r", "K(^[x;x;2)K(^[^M;13;2)");
	/* F1 of the Linux console */
	expect("\033[[A", "K(^[[[A;#0;0)");
	/* two ESC: the first is a key of its own */
	expect("\033\033[A", "K(^[;27;0)K(^[[A;#1;0)");
}

static void test_prefix_encodings(void **state)
{
	/* Ctrl-\ in the kitty protocol, and with modifyOtherKeys */
	expect("\033[92;5u\033[27;5;92~", "K(^[[92;5u;\\;4)K(^[[27;5;92~;\\;4)");
	/* press with event type, repeat, release; Num Lock on */
	expect("\033[92;5:1u\033[92;5:2u\033[92;5:3u", "K(^[[92;5:1u;\\;4)K(^[[92;5:2u;\\;4)k(^[[92;5:3u;\\;4)");
	expect("\033[92;133u", "K(^[[92;133u;\\;4)");
	/* Ctrl alone; Shift-g with the text it makes; Shift-/ with its shifted key */
	expect("\033[57442;5u", "K(^[[57442;5u;#9;4)");
	expect("\033[103;2;71u\033[47:63;2u\033[103;2u", "K(^[[103;2;71u;G;1)K(^[[47:63;2u;?;1)K(^[[103;2u;G;1)");
}

static void test_mouse(void **state)
{
	expect("\033[<0;5;6M\033[<0;5;6m", "M(press,0,4,5,0)M(release,0,4,5,0)");
	expect("\033[<64;1;1M\033[<65;1;1M\033[<66;1;1M", "M(press,3,0,0,0)M(press,4,0,0,0)M(press,5,0,0,0)");
	expect("\033[<35;10;2M\033[<34;10;2M\033[<20;300;200M",
	    "M(move,7,9,1,0)M(move,2,9,1,0)M(press,0,299,199,5)");
	/* the old form */
	expect("\033[M !!\033[M#!!", "M(press,0,0,0,0)M(release,7,0,0,0)");
	/* places that do not exist, buttons without a name */
	expect("\033[<0;0;6M\033[<128;5;5Mx", "T(x)");
	expect("\033[<99999999999999999999;1;1Mx", "T(x)");
}

static void test_paste(void **state)
{
	expect("a\033[200~one\rtwo\033[201~b", "T(a)P(one^Mtwo)T(b)");
	/* what looks like keys or like the marker's beginning is text in it */
	expect("\033[200~\034d\033[A\033[201\033\033[201~", "P(^\\d^[[A^[[201^[)");
	expect("\033[200~\033[201~x", "P()T(x)");
	expect("x\033[201~y", "T(xy)");
}

static void test_replies_are_dropped(void **state)
{
	expect("a\033[?62;22c\033[>1;10;0c\033[0n\033[8;24;80t\033[?2026;2$y\033[1xz", "T(az)");
	expect("a\033]11;rgb:0000/0000/0000\033\\b\033]52;c;aGk=\007c", "T(abc)");
	expect("a\033P>|terminal 1.0\033\\b\033_Gi=1;OK\033\\c", "T(abc)");
	/* a string that is cut short by a key */
	expect("\033]11;rgb:\033[A", "K(^[[A;#1;0)");
	/* asked for: which flags of the kitty keyboard protocol */
	expect("\033[?1u", "Q(^[[?1u)");
	/* and these were asked for by modes */
	expect("\033[I\033[O\033[?997;1n", "F(^[[I)F(^[[O)C(^[[?997;1n)");
}

static void test_not_a_sequence(void **state)
{
	/* a control character in the middle */
	expect("\033[1\003", "K(^[[1;#0;0)K(^C;c;4)");
	char longest[600];
	memset(longest, '1', sizeof(longest));
	memcpy(longest, "\033[", 2);
	struct input in;
	str_reset(&log_text);
	input_init(&in, on_event, NULL);
	input_feed(&in, longest, sizeof(longest));
	assert_int_equal(in.seq.len, 0);
	input_fini(&in);
}

static void expect_flush(const char *bytes, int timeout, const char *want)
{
	struct input in;
	str_reset(&log_text);
	input_init(&in, on_event, NULL);
	input_feed(&in, bytes, strlen(bytes));
	assert_int_equal(input_timeout(&in), timeout);
	input_flush(&in);
	assert_string_equal(log_text.s, want);
	assert_int_equal(input_timeout(&in), -1);
	/* It begins anew. */
	str_reset(&log_text);
	input_feed(&in, "\033[A", 3);
	assert_string_equal(log_text.s, "K(^[[A;#1;0)");
	input_fini(&in);
}

static void test_timeouts(void **state)
{
	expect_flush("\033", 40, "K(^[;27;0)");
	expect_flush("\033[", 40, "K(^[[;[;2)");
	expect_flush("\033O", 40, "K(^[O;O;2)");
	expect_flush("\033]", 40, "K(^[];];2)");
	expect_flush("\033[1;", 1000, "K(^[[1;;#0;0)");
	expect_flush("\033[M ", 1000, "");
	expect_flush("\033]11;rgb", 1000, "");
	/* A paste ends with its marker only. */
	struct input in;
	str_reset(&log_text);
	input_init(&in, on_event, NULL);
	input_feed(&in, "\033[200~abc\033[2", 12);
	assert_int_equal(input_timeout(&in), -1);
	input_flush(&in);
	input_feed(&in, "01~", 3);
	assert_string_equal(log_text.s, "P(abc)");
	input_fini(&in);
}

static size_t paste_len;
static bool paste_cut;
static void on_paste(void *user, const struct input_event *ev)
{
	paste_len = ev->len;
	paste_cut = ev->truncated;
}

static void test_limits(void **state)
{
	struct input in;
	char block[65536];
	memset(block, 'p', sizeof(block));
	input_init(&in, on_paste, NULL);
	input_feed(&in, "\033[200~", 6);
	for (size_t n = 0; n < INPUT_PASTE_MAX + 10 * sizeof(block); n += sizeof(block))
		input_feed(&in, block, sizeof(block));
	assert_true(in.paste.len <= INPUT_PASTE_MAX);
	input_feed(&in, "\033[201~", 6);
	assert_int_equal(paste_len, INPUT_PASTE_MAX);
	assert_true(paste_cut);
	/* A reply without end is given up. */
	input_feed(&in, "\033]", 2);
	input_feed(&in, block, sizeof(block));
	input_feed(&in, block, sizeof(block));
	assert_int_equal(input_timeout(&in), -1);
	assert_true(in.seq.len < 16);
	input_fini(&in);
}

static int end(void **state)
{
	str_fini(&log_text);
	return 0;
}

static int begin(void **state)
{
	str_init(&log_text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_controls),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_prefix_encodings),
		cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_replies_are_dropped),
		cmocka_unit_test(test_not_a_sequence),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
