/* Keys, from the documents: kitty's keyboard-protocol.rst (its tables "Legacy functional encoding", "C0 controls",
 * "Functional key codes" and its examples), xterm's ctlseqs, wezterm-mux.md 3.5 and what the real server was
 * recorded to send (golden gui-keys). Recordings of xterm and kitty: test_recorded.c. */
#include "../unit.h"
#include "vt/vt.h"

enum { S = VT_MOD_SHIFT, A = VT_MOD_ALT, C = VT_MOD_CTRL, W = VT_MOD_SUPER, H = VT_MOD_HYPER, M = VT_MOD_META,
	CAPS = VT_MOD_CAPS_LOCK, NUM = VT_MOD_NUM_LOCK };
enum { CANCEL = 4, BACKSPACE = 5, TAB = 6, CLEAR = 7, ENTER = 8, SHIFT_KEY = 9, ESCAPE = 10, LEFT_SHIFT = 11,
	RIGHT_CONTROL = 15, MENU = 19, LEFT_MENU = 20, CAPS_LOCK = 23, PAGE_UP = 24, END = 26, HOME = 27, LEFT = 28,
	UP = 30, SELECT = 32, PRINT_SCREEN = 35, INSERT = 36, DELETE = 37, HELP = 38, RIGHT_WINDOWS = 40,
	APPLICATIONS = 41, SLEEP = 42, KP_0 = 43, KP_4 = 47, KP_5 = 48, KP_9 = 52, KP_ADD = 54, KP_DECIMAL = 57,
	FN = VT_KEY_FUNCTION, NUM_LOCK_KEY = 60, COPY = 62, VOLUME_UP = 74, PLAY = 78, APP_UP = 81, KP_HOME = 83,
	KP_BEGIN = 87, PASTE_START = 88 };
#define REPEAT VT_KEY_REPEAT
#define RELEASE VT_KEY_RELEASE

struct key_case {
	const char *setup;           /* what the program wrote before */
	uint8_t code;
	uint32_t value;
	uint32_t mods;
	const char *want;
	size_t len;                  /* when want has a NUL inside */
	enum vt_key_kind kind;
	uint32_t unshifted, shifted, base;
	const char *text;
};

static void check(const struct key_case *c)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80 };
	struct vt *vt = vt_create(&config, &none, NULL);
	struct vt_key key = { .code = c->code, .value = c->value, .mods = c->mods, .kind = c->kind,
	    .unshifted = c->unshifted, .shifted = c->shifted, .base = c->base, .text = c->text,
	    .text_len = c->text ? strlen(c->text) : 0 };
	char out[VT_ENCODED_MAX];
	size_t len = c->len ? c->len : strlen(c->want);

	vt_write(vt, c->setup, strlen(c->setup));
	size_t n = vt_encode_key(vt, &key, out);
	if (n != len || memcmp(out, c->want, n) != 0)
		fail_msg("after \"%s\", key %u/%u mods %x kind %u: got %zu bytes \"%.*s\", want \"%s\"",
		    c->setup[0] ? c->setup + 1 : "", c->code, c->value, c->mods, c->kind, n, (int)n, out, c->want);
	vt_destroy(vt);
}

static void check_all(const struct key_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&cases[i]);
}
#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_text(void **state)
{
	static const struct key_case cases[] = {
		{ "", 0, 'a', 0, "a" }, { "", 0, 'A', S, "A" }, { "", 0, 'a', S, "A" }, { "", 0, 0xe9, 0, "\u00e9" },
		{ "", 0, 0x1f600, 0, "\U0001f600" }, { "", 0, '!', S, "!" }, { "", 0, 'a', A, "\033a" },
		{ "", 0, 'a', C, "\001" }, { "", 0, 'z', C, "\032" }, { "", 0, 'A', C | S, "\001" },
		{ "", 0, '[', C, "\033" }, { "", 0, '/', C, "\037" }, { "", 0, '?', C, "\177" },
		{ "", 0, ' ', C, "", 1 }, { "", 0, '@', C, "", 1 }, { "", 0, '2', C, "", 1 },
		{ "", 0, '1', C, "1" }, { "", 0, 'a', C | A, "\033\001" }, { "", 0, 0xe9, C, "\u00e9" },
		{ "", 0, 'a', CAPS | NUM, "a" }, { "", 0, 'A', C | CAPS, "\001" },
		{ "", 0, 'a', W, "a" }, { "", 0, 'a', H, "a" }, { "", 0, 'a', M, "\033a" },
		/* Bits of the wire that say which of two keys it was, and the leader. */
		{ "", 0, 'a', C | 1u << 8 | 1u << 5 | 1u << 12, "\001" }, { "", 0, 'a', 1u << 7, "a" },
		/* A control character is the key that makes it. */
		{ "", 0, 0x03, C, "\003" }, { "", 0, 0, 0, "", 1 }, { "", 0, 0x1f, 0, "\037" }, { "", CANCEL, 0, 0, "\003" },
		{ "", 0, 0xd800, 0, "" }, { "", 0, 0x110000, 0, "" },
		{ "", 0, 'a', 0, "a", .kind = REPEAT }, { "", 0, 'a', 0, "", .kind = RELEASE },
		/* What an input method makes of it. */
		{ "", 0, 'a', A, "\u00e5", .text = "\u00e5" }, { "", 0, 0, 0, "\u4e2d\u6587", .text = "\u4e2d\u6587" },
		{ "", 0, 'a', C, "\001", .text = "\001" }, { "", 0, 'a', C, "\001", .text = "a" },
		{ "", 0, 'a', 0, "a", .text = "\xff" },
	};
	CHECK_ALL(cases);
}

static void test_specials(void **state)
{
	static const struct key_case cases[] = {
		{ "", ENTER, 0, 0, "\r" }, { "", ENTER, 0, C, "\r" }, { "", ENTER, 0, A, "\033\r" },
		{ "", ENTER, 0, S, "\r" }, { "", ENTER, 0, C | S, "\r" }, { "", ENTER, 0, A | S, "\033\r" },
		{ "", ENTER, 0, C | A, "\033\r" }, { "", 0, '\r', 0, "\r" }, { "", 0, '\n', 0, "\r" },
		{ "\033[20h", ENTER, 0, 0, "\r\n" }, { "\033[20h", ENTER, 0, A, "\033\r\n" },
		{ "", ESCAPE, 0, 0, "\033" }, { "", ESCAPE, 0, C, "\033" }, { "", ESCAPE, 0, A, "\033\033" },
		{ "", ESCAPE, 0, S, "\033" }, { "", ESCAPE, 0, C | A, "\033\033" }, { "", 0, 0x1b, 0, "\033" },
		{ "", BACKSPACE, 0, 0, "\177" }, { "", BACKSPACE, 0, C, "\b" }, { "", BACKSPACE, 0, A, "\033\177" },
		{ "", BACKSPACE, 0, S, "\177" }, { "", BACKSPACE, 0, C | S, "\b" }, { "", BACKSPACE, 0, C | A, "\033\b" },
		{ "\033[?67h", BACKSPACE, 0, 0, "\b" }, { "\033[?67h", BACKSPACE, 0, C, "\177" },
		{ "", 0, 8, 0, "\177" }, { "", 0, 0x7f, 0, "\177" },
		{ "", TAB, 0, 0, "\t" }, { "", TAB, 0, C, "\t" }, { "", TAB, 0, A, "\033\t" }, { "", TAB, 0, S, "\033[Z" },
		{ "", TAB, 0, C | S, "\033[Z" }, { "", TAB, 0, A | S, "\033\033[Z" }, { "", TAB, 0, C | A, "\033\t" },
		{ "", 0, ' ', A, "\033 " }, { "", 0, ' ', C | S, "", 1 }, { "", 0, ' ', A | S, "\033 " },
		{ "", 0, ' ', C | A, "\033\0", 2 },
	};
	CHECK_ALL(cases);
}

/* xterm's eightBitInput (1034), metaSendsEscape (1036) and altSendsEscape (1039). */
static void test_meta(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[?1036l", 0, 'a', A, "\u00e1" }, { "\033[?1036l", 0, 'a', M, "\u00e1" },
		{ "\033[?1036l", 0, 'a', C | A, "\302\201" }, { "\033[?1036l", 0, 0xe9, A, "\u00e9" },
		{ "\033[?1036l\033[?1039h", 0, 'a', A, "\033a" }, { "\033[?1036l\033[?1039h", 0, 'a', M, "\u00e1" },
		{ "\033[?1034l", 0, 'a', A, "\033a" }, { "\033[?1034;1036l", 0, 'a', A, "a" },
		{ "\033[?1036l", TAB, 0, A | S, "\033[Z" }, { "\033[?1036l\033c", 0, 'a', A, "\033a" },
		{ "\033[?1036l", UP, 0, A, "\033[1;3A" },
	};
	CHECK_ALL(cases);
}

static void test_functions(void **state)
{
	static const struct key_case cases[] = {
		{ "", UP, 0, 0, "\033[A" }, { "\033[?1h", UP, 0, 0, "\033OA" }, { "\033[?1h", UP, 0, C, "\033[1;5A" },
		{ "\033[?1h", UP, 0, NUM, "\033OA" }, { "", LEFT, 0, A, "\033[1;3D" }, { "", HOME, 0, 0, "\033[H" },
		{ "\033[?1h", END, 0, 0, "\033OF" }, { "", INSERT, 0, 0, "\033[2~" }, { "", DELETE, 0, 0, "\033[3~" },
		{ "", DELETE, 0, S | C, "\033[3;6~" }, { "", PAGE_UP, 0, 0, "\033[5~" }, { "", UP, 0, M, "\033[1;9A" },
		{ "", UP, 0, W | S, "\033[1;10A" }, { "", UP, 0, H, "\033[A" }, { "", UP, 0, 0, "", .kind = RELEASE },
		{ "", SELECT, 0, 0, "\033[4~" }, { "", HELP, 0, 0, "\033[28~" }, { "", MENU, 0, 0, "\033[29~" },
		{ "", APPLICATIONS, 0, S, "\033[29;2~" }, { "", APP_UP, 0, 0, "\033[A" }, { "", KP_HOME, 0, S, "\033[1;2H" },
		{ "", KP_BEGIN, 0, 0, "\033[E" }, { "\033[?1h", KP_BEGIN, 0, 0, "\033OE" }, { "", CLEAR, 0, 0, "\033[E" },
		{ "", FN, 1, 0, "\033OP" }, { "\033[?1h", FN, 2, 0, "\033OQ" }, { "", FN, 1, S, "\033[1;2P" },
		{ "", FN, 3, C, "\033[1;5R" }, { "", FN, 4, 0, "\033OS" }, { "", FN, 5, 0, "\033[15~" },
		{ "", FN, 6, 0, "\033[17~" }, { "", FN, 10, 0, "\033[21~" }, { "", FN, 11, 0, "\033[23~" },
		{ "", FN, 12, A, "\033[24;3~" }, { "", FN, 13, 0, "\033[25~" }, { "", FN, 15, 0, "\033[28~" },
		{ "", FN, 17, 0, "\033[31~" }, { "", FN, 20, C, "\033[34;5~" }, { "", FN, 21, 0, "\033[42~" },
		{ "", FN, 24, 0, "\033[45~" }, { "", FN, 35, 0, "\033[56~" }, { "", FN, 0, 0, "" }, { "", FN, 36, 0, "" },
		{ "", FN, UINT32_MAX, 0, "" },
		/* Keys that nothing but kitty's protocol has a name for. */
		{ "", SHIFT_KEY, 0, S, "" }, { "", PLAY, 0, 0, "" }, { "", PRINT_SCREEN, 0, 0, "" }, { "", CAPS_LOCK, 0, 0, "" },
		{ "", COPY, 0, 0, "" }, { "", PASTE_START, 0, 0, "" }, { "", 89, 0, 0, "" }, { "", 90, 0, 0, "" },
		{ "", 255, 0, 0, "" },
	};
	CHECK_ALL(cases);
}

/* Without Num Lock the keypad is a second set of arrows: so the real server has it too (golden gui-keys). */
static void test_keypad(void **state)
{
	static const struct key_case cases[] = {
		{ "", KP_0, 0, 0, "\033[2~" }, { "", KP_0 + 1, 0, 0, "\033[F" }, { "", KP_0 + 2, 0, 0, "\033[B" },
		{ "", KP_0 + 3, 0, 0, "\033[6~" }, { "", KP_4, 0, 0, "\033[D" }, { "", KP_5, 0, 0, "\033[E" },
		{ "", KP_0 + 6, 0, 0, "\033[C" }, { "", KP_0 + 7, 0, 0, "\033[H" }, { "", KP_0 + 8, 0, 0, "\033[A" },
		{ "", KP_9, 0, 0, "\033[5~" }, { "", KP_DECIMAL, 0, 0, "\033[3~" }, { "\033[?1h", KP_4, 0, 0, "\033OD" },
		{ "\033=", KP_4, 0, 0, "\033[D" }, { "", KP_4, 0, C, "\033[1;5D" },
		{ "", KP_0, 0, NUM, "0" }, { "", KP_9, 0, NUM, "9" }, { "", KP_DECIMAL, 0, NUM, "." },
		{ "", KP_4, 0, NUM | A, "\0334" }, { "", KP_4, 0, NUM | C, "4" },
		{ "\033=", KP_0, 0, NUM, "0" }, { "\033=\033[?1035l", KP_0, 0, NUM, "\033Op" },
		{ "\033=\033[?1035l", KP_DECIMAL, 0, NUM, "\033On" },
		{ "", KP_ADD, 0, 0, "+" }, { "\033=", KP_ADD, 0, 0, "\033Ok" }, { "\033=", KP_ADD, 0, C, "\033O5k" },
		{ "\033=", KP_ADD, 0, NUM, "+" }, { "\033[?66h", 58, 0, 0, "\033Oo" }, { "\033=\033>", KP_ADD, 0, 0, "+" },
	};
	CHECK_ALL(cases);
}

static void test_other_keys(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>4;1m", 0, 'a', C, "\001" }, { "\033[>4;1m", 0, '1', C, "\033[27;5;49~" },
		{ "\033[>4;1m", 0, 'A', C | S, "\001" }, { "\033[>4;1m", 0, 'a', A, "\033a" },
		{ "\033[>4;1m", ENTER, 0, S, "\033[27;2;13~" }, { "\033[>4;1m", TAB, 0, S, "\033[Z" },
		{ "\033[>4;1m", TAB, 0, C, "\033[27;5;9~" }, { "\033[>4;1m", BACKSPACE, 0, C, "\b" },
		{ "\033[>4;1m", 0, 0xe9, C, "\033[27;5;233~" }, { "\033[>4;1m", 0, 'a', W, "\033[27;9;97~" },
		{ "\033[>4;2m", 0, 'a', C, "\033[27;5;97~" }, { "\033[>4;2m", 0, 'a', A, "\033[27;3;97~" },
		{ "\033[>4;2m", 0, 'A', S, "A" }, { "\033[>4;2m", 0, ' ', S, "\033[27;2;32~" },
		{ "\033[>4;2m", TAB, 0, S, "\033[Z" }, { "\033[>4;2m", ESCAPE, 0, 0, "\033" },
		{ "\033[>4;2m", UP, 0, C, "\033[1;5A" }, { "\033[>4;2m", 0, 'a', CAPS, "a" },
		{ "\033[>4;2m", BACKSPACE, 0, A, "\033[27;3;127~" }, { "\033[>4;2m\033[>4n", 0, 'a', C, "\001" },
		/* formatOtherKeys */
		{ "\033[>4;2m\033[>4;1f", 0, 'a', C, "\033[97;5u" }, { "\033[>4;1m\033[>4;1f", TAB, 0, C, "\033[9;5u" },
		{ "\033[>4;1f", 0, 'a', C, "\001" }, { "\033[>4;2m\033[>4;1f\033[>4f", 0, 'a', C, "\033[27;5;97~" },
		{ "\033[>4;2m\033[>4;1f\033[>f", 0, 'a', C, "\033[27;5;97~" }, { "\033[>4;1f\033c\033[>4;2m", 0, 'a', C, "\033[27;5;97~" },
	};
	CHECK_ALL(cases);
}

static void test_kitty(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>1u", 0, 'a', 0, "a" }, { "\033[>1u", 0, 'A', S, "A" }, { "\033[>1u", 0, 'a', C, "\033[97;5u" },
		{ "\033[>1u", 0, 'a', A, "\033[97;3u" }, { "\033[>1u", 0, 'A', C | S, "\033[97;6u" },
		{ "\033[>1u", 0, 'a', W, "\033[97;9u" }, { "\033[>1u", 0, 'a', H, "\033[97;17u" },
		{ "\033[>1u", 0, 'a', M, "\033[97;33u" }, { "\033[>1u", ESCAPE, 0, 0, "\033[27u" },
		{ "\033[>1u", ENTER, 0, 0, "\r" }, { "\033[>1u", TAB, 0, 0, "\t" }, { "\033[>1u", BACKSPACE, 0, 0, "\177" },
		{ "\033[>1u", ENTER, 0, C, "\033[13;5u" }, { "\033[>1u", TAB, 0, S, "\033[9;2u" },
		{ "\033[>1u", TAB, 0, C | S, "\033[9;6u" }, { "\033[>1u", BACKSPACE, 0, A, "\033[127;3u" },
		{ "\033[>1u\033[?1h", UP, 0, 0, "\033[A" }, { "\033[>1u", 0, 0x03, C, "\033[99;5u" },
		{ "\033[>1u", FN, 1, 0, "\033[P" }, { "\033[>1u", FN, 3, 0, "\033[13~" }, { "\033[>1u", FN, 3, S, "\033[13;2~" },
		{ "\033[>1u", FN, 13, 0, "\033[57376u" }, { "\033[>1u", FN, 35, 0, "\033[57398u" },
		{ "\033[>1u", FN, 2, S, "\033[1;2Q" }, { "\033[>1u", 0, '3', A | S, "\033[51;4u" },
		/* Locks are told where an escape sequence is sent anyway, and never keep text from being text. */
		{ "\033[>1u", 0, 'a', CAPS, "a" }, { "\033[>1u", 0, 'a', C | CAPS | NUM, "\033[97;197u" },
		{ "\033[>1u", ENTER, 0, NUM, "\r" }, { "\033[>1u", UP, 0, NUM, "\033[1;129A" },
		{ "\033[>9u", 0, 'A', CAPS, "\033[97;65u" },
		/* The keypad: text is text, the rest has numbers of its own. */
		{ "\033[>1u", KP_0, 0, NUM, "0" }, { "\033[>1u", KP_0, 0, NUM | C, "\033[57399;133u" },
		{ "\033[>1u", KP_0, 0, 0, "\033[57425u" }, { "\033[>1u", KP_4, 0, 0, "\033[57417u" },
		{ "\033[>1u", KP_5, 0, 0, "\033[E" }, { "\033[>1u", KP_DECIMAL, 0, C, "\033[57426;5u" },
		{ "\033[>1u", KP_ADD, 0, 0, "+" }, { "\033[>1u\033=", KP_ADD, 0, 0, "+" }, { "\033[>9u", KP_ADD, 0, 0, "\033[57413u" },
		{ "\033[>25u", KP_0, 0, NUM, "\033[57399;129;48u" }, { "\033[>2u", KP_4, 0, 0, "\033[D" },
		/* Keys that only this protocol has. */
		{ "\033[>1u", PLAY, 0, 0, "\033[57430u" }, { "\033[>1u", VOLUME_UP, 0, S, "\033[57439;2u" },
		{ "\033[>1u", PRINT_SCREEN, 0, 0, "\033[57361u" }, { "\033[>1u", APPLICATIONS, 0, 0, "\033[57363u" },
		{ "\033[>1u", SLEEP, 0, 0, "" }, { "\033[>31u", COPY, 0, 0, "" },
		{ "\033[>1u", SHIFT_KEY, 0, S, "" }, { "\033[>1u", NUM_LOCK_KEY, 0, 0, "" },
		{ "\033[>8u", LEFT_SHIFT, 0, 0, "\033[57441;2u" }, { "\033[>8u", RIGHT_CONTROL, 0, C, "\033[57448;5u" },
		{ "\033[>8u", LEFT_MENU, 0, 0, "\033[57443;3u" }, { "\033[>8u", RIGHT_WINDOWS, 0, 0, "\033[57450;9u" },
		{ "\033[>8u", 1, 0, 0, "\033[57445;17u" }, { "\033[>8u", 3, 0, 0, "\033[57446;33u" },
		{ "\033[>8u", CAPS_LOCK, 0, CAPS, "\033[57358;65u" }, { "\033[>8u", NUM_LOCK_KEY, 0, 0, "\033[57360u" },
		{ "\033[>8u", 61, 0, 0, "\033[57359u" },
		{ "\033[>10u", LEFT_SHIFT, 0, 0, "\033[57441;1:3u", .kind = RELEASE },
		{ "\033[>10u", LEFT_SHIFT, 0, S, "\033[57441;2:3u", .kind = RELEASE },
		/* All keys, and their text. */
		{ "\033[>8u", 0, 'a', 0, "\033[97u" }, { "\033[>8u", 0, 'A', S, "\033[97;2u" }, { "\033[>8u", ENTER, 0, 0, "\033[13u" },
		{ "\033[>24u", 0, 'a', 0, "\033[97;;97u" }, { "\033[>24u", 0, 'A', S, "\033[97;2;65u" },
		{ "\033[>24u", 0, 'a', C, "\033[97;5u" }, { "\033[>24u", ENTER, 0, 0, "\033[13u" },
		{ "\033[>24u", 0, 'a', 0, "\033[97;;229u", .text = "\u00e5" }, { "\033[>24u", 0, 0, 0, "\033[0;;20013:25991u", .text = "\u4e2d\u6587" },
		{ "\033[>1u", 0, 0, 0, "\u4e2d", .text = "\u4e2d" }, { "\033[>11u", 0, 0, 0, "", .text = "\u4e2d", .kind = RELEASE },
		{ "\033[>24u", 0, 'a', C, "\033[97;5u", .text = "\001" },
		{ "\033[>0u", 0, 'a', C, "\001" }, { "\033[>1u\033[<u", 0, 'a', C, "\001" }, { "\033[=5;1u", 0, 'a', C, "\033[97;5u" },
		{ "\033[>1u\033[?1049h", 0, 'a', C, "\001" }, { "\033[>1u\033[>4;2m", 0, 'a', A, "\033[97;3u" },
	};
	CHECK_ALL(cases);
}

static void test_kitty_layout(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>5u", 0, 'A', C | S, "\033[97:65;6u" }, { "\033[>5u", 0, 'a', C, "\033[97;5u" },
		/* Nobody tells the layout: it is taken to be that of a US keyboard. */
		{ "\033[>5u", 0, '+', C | S, "\033[61:43;6u" }, { "\033[>5u", 0, '+', C, "\033[43;5u" },
		{ "\033[>5u", 0, '*', C | S, "\033[43:42;6u", .unshifted = '+' },     /* German */
		{ "\033[>5u", 0, '!', C | S, "\033[49:33;6u", .unshifted = '1', .shifted = '!' },
		{ "\033[>5u", 0, 0x441, C, "\033[1089::99;5u", .base = 'c' },
		{ "\033[>5u", 0, 0x421, C | S, "\033[1089:1057:99;6u", .base = 'c' },
		{ "\033[>1u", 0, 0x421, C | S, "\033[1089;6u", .base = 'c' }, { "\033[>5u", 0, 'c', C, "\033[99;5u", .base = 'c' },
		{ "\033[>8u", 0, 0xc9, S, "\033[233;2u" }, { "\033[>8u", 0, 0x3a9, S, "\033[969;2u" },
		{ "\033[>8u", 0, 0x416, S, "\033[1078;2u" }, { "\033[>8u", 0, 0x141, S, "\033[322;2u" },
		{ "\033[>8u", 0, 0x160, S, "\033[353;2u" }, { "\033[>8u", 0, 0x17d, S, "\033[382;2u" },
		{ "\033[>8u", 0, 0x130, S, "\033[105;2u" }, { "\033[>8u", 0, 0xd7, S, "\033[215;2u" },
		{ "\033[>5u", 0, 'a', C, "", .base = 0xd800 }, { "\033[>5u", 0, 'a', C, "", .unshifted = 0x110000 },
	};
	CHECK_ALL(cases);
}

static void test_kitty_events(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>1u", 0, 'a', C, "\033[97;5u", .kind = REPEAT }, { "\033[>1u", 0, 'a', C, "", .kind = RELEASE },
		{ "\033[>3u", 0, 'a', C, "\033[97;5u" }, { "\033[>3u", 0, 'a', C, "\033[97;5:2u", .kind = REPEAT },
		{ "\033[>3u", 0, 'a', C, "\033[97;5:3u", .kind = RELEASE }, { "\033[>3u", 0, 'a', 0, "a", .kind = REPEAT },
		{ "\033[>3u", 0, 'a', 0, "\033[97;1:3u", .kind = RELEASE }, { "\033[>3u", UP, 0, 0, "\033[1;1:2A", .kind = REPEAT },
		{ "\033[>3u", UP, 0, 0, "\033[1;1:3A", .kind = RELEASE }, { "\033[>3u", DELETE, 0, S, "\033[3;2:3~", .kind = RELEASE },
		{ "\033[>3u", FN, 1, 0, "\033[1;1:3P", .kind = RELEASE }, { "\033[>3u", FN, 3, 0, "\033[13;1:3~", .kind = RELEASE },
		{ "\033[>3u", ENTER, 0, 0, "\r", .kind = REPEAT }, { "\033[>3u", ENTER, 0, 0, "", .kind = RELEASE },
		{ "\033[>3u", TAB, 0, C, "", .kind = RELEASE }, { "\033[>3u", BACKSPACE, 0, 0, "", .kind = RELEASE },
		{ "\033[>3u", ESCAPE, 0, 0, "\033[27;1:3u", .kind = RELEASE }, { "\033[>11u", ENTER, 0, 0, "\033[13;1:3u", .kind = RELEASE },
		{ "\033[>11u", 0, 'a', 0, "\033[97;1:2u", .kind = REPEAT }, { "\033[>31u", 0, 'a', 0, "\033[97;1:2;97u", .kind = REPEAT },
		{ "\033[>31u", 0, 'a', 0, "\033[97;1:3u", .kind = RELEASE }, { "\033[>31u", 0, 'A', S, "\033[97:65;2;65u" },
		/* Events alone: presses are as ever. */
		{ "\033[>2u", 0, 'a', C, "\001" }, { "\033[>2u", 0, 'a', C, "\033[97;5:2u", .kind = REPEAT },
		{ "\033[>2u", ESCAPE, 0, 0, "\033" }, { "\033[>2u", ESCAPE, 0, 0, "\033[27;1:3u", .kind = RELEASE },
		{ "\033[>2u", ENTER, 0, S, "\r" }, { "\033[>2u", 0, 'a', W, "\033[97;9u" },
	};
	CHECK_ALL(cases);
}

/* No input is too long for the buffer, and text is cut between characters. */
static void test_limits(void **state)
{
	char want[128] = "", text[200] = "";

	for (size_t i = 0; i < 160; i += 4)
		memcpy(text + i, "\U0010ffff", 4);
	memcpy(want, text, VT_KEY_TEXT_MAX);
	struct key_case c = { "", 0, 0, 0, want, .text = text };
	check(&c);
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80 };
	struct vt *vt = vt_create(&config, &none, NULL);
	struct vt_key longest = { .code = 0, .value = 0x10fffe, .mods = VT_MOD_ALL, .kind = VT_KEY_REPEAT,
	    .unshifted = 0x10fffd, .shifted = 0x10fffc, .base = 0x10fffb };
	char out[VT_ENCODED_MAX];
	vt_write(vt, "\033[>31u", 6);
	memset(text, '~', sizeof(text));
	longest.text = text;
	longest.text_len = sizeof(text);
	size_t n = vt_encode_key(vt, &longest, out);
	assert_true(n < VT_ENCODED_MAX);
	assert_int_equal(out[n - 1], 'u');
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_specials),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_keypad),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_kitty),
		cmocka_unit_test(test_kitty_layout),
		cmocka_unit_test(test_kitty_events),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
