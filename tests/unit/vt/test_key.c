#include "../unit.h"
#include "vt/vt.h"

enum { S = VT_MOD_SHIFT, A = VT_MOD_ALT, C = VT_MOD_CTRL, W = VT_MOD_SUPER };
enum { BACKSPACE = 5, TAB = 6, ENTER = 8, ESCAPE = 10, PAGE_UP = 24, END = 26, HOME = 27, LEFT = 28, UP = 30,
    DELETE = 37,
	KP_0 = 43, KP_ADD = 54, FN = VT_KEY_FUNCTION, APP_UP = 81, KP_BEGIN = 87 };

struct key_case {
	const char *setup;           /* what the program wrote before */
	uint8_t code;
	uint32_t value;
	uint16_t mods;
	const char *want;
	size_t len;                  /* when want has a NUL inside */
};

static void check(const struct key_case *c)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80 };
	struct vt *vt = vt_create(&config, &none, NULL);
	struct vt_key key = { .code = c->code, .value = c->value, .mods = c->mods };
	char out[VT_ENCODED_MAX];
	size_t len = c->len ? c->len : strlen(c->want);

	vt_write(vt, c->setup, strlen(c->setup));
	size_t n = vt_encode_key(vt, &key, out);
	if (n != len || memcmp(out, c->want, n) != 0)
		fail_msg("after \"%s\", key %u/%u mods %x: got %zu bytes \"%.*s\", want \"%s\"",
		    c->setup[0] ? c->setup + 1 : "",
		    c->code, c->value, c->mods, n, (int)n, out, c->want);
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
		{ "", 0, 'a', 0, "a", 0 }, { "", 0, 'A', S, "A", 0 }, { "", 0, 'a', S, "A", 0 },
		{ "", 0, 0xe9, 0, "\u00e9", 0 },
		{ "", 0, 0x1f600, 0, "\U0001f600", 0 }, { "", 0, '!', S, "!", 0 }, { "", 0, 'a', A, "\033a", 0 },
		{ "", 0, 'a', C, "\001", 0 }, { "", 0, 'z', C, "\032", 0 }, { "", 0, 'A', C | S, "\001", 0 },
		{ "", 0, '[', C, "\033", 0 }, { "", 0, '/', C, "\037", 0 }, { "", 0, '?', C, "\177", 0 },
		{ "", 0, ' ', C, "", 1 }, { "", 0, '@', C, "", 1 }, { "", 0, '2', C, "", 1 },
		{ "", 0, '1', C, "1", 0 },
		{ "", 0, 'a', C | A, "\033\001", 0 }, { "", 0, 0xd800, 0, "", 0 }, { "", 0, 0x110000, 0, "", 0 },
	};
	CHECK_ALL(cases);
}

static void test_specials(void **state)
{
	static const struct key_case cases[] = {
		{ "", ENTER, 0, 0, "\r", 0 }, { "", 0, '\r', 0, "\r", 0 }, { "", 0, '\n', 0, "\r", 0 },
		{ "\033[20h", ENTER, 0, 0, "\r\n", 0 },
		{ "", ENTER, 0, A, "\033\r", 0 }, { "", TAB, 0, 0, "\t", 0 }, { "", TAB, 0, S, "\033[Z", 0 },
		{ "", TAB, 0, A, "\033\t", 0 },
		{ "", ESCAPE, 0, 0, "\033", 0 }, { "", ESCAPE, 0, A, "\033\033", 0 },
		{ "", BACKSPACE, 0, 0, "\177", 0 },
		{ "", BACKSPACE, 0, C, "\b", 0 }, { "", BACKSPACE, 0, A, "\033\177", 0 },
		{ "\033[?67h", BACKSPACE, 0, 0, "\b", 0 },
		{ "\033[?67h", BACKSPACE, 0, C, "\177", 0 }, { "", 0, 8, 0, "\177", 0 },
		{ "", 0, 0x7f, 0, "\177", 0 },
	};
	CHECK_ALL(cases);
}

static void test_functions(void **state)
{
	static const struct key_case cases[] = {
		{ "", UP, 0, 0, "\033[A", 0 }, { "\033[?1h", UP, 0, 0, "\033OA", 0 },
		{ "\033[?1h", UP, 0, C, "\033[1;5A", 0 },
		{ "", LEFT, 0, A, "\033[1;3D", 0 }, { "", HOME, 0, 0, "\033[H", 0 },
		{ "\033[?1h", END, 0, 0, "\033OF", 0 },
		{ "", DELETE, 0, 0, "\033[3~", 0 }, { "", DELETE, 0, S | C, "\033[3;6~", 0 },
		{ "", PAGE_UP, 0, 0, "\033[5~", 0 },
		{ "", FN, 1, 0, "\033OP", 0 }, { "", FN, 1, S, "\033[1;2P", 0 }, { "", FN, 5, 0, "\033[15~", 0 },
		{ "", FN, 12, A, "\033[24;3~", 0 }, { "", FN, 13, 0, "\033[25~", 0 },
		{ "", FN, 20, 0, "\033[34~", 0 },
		{ "", FN, 0, 0, "", 0 }, { "", FN, 25, 0, "", 0 }, { "", APP_UP, 0, 0, "\033[A", 0 },
		{ "", KP_0, 0, 0, "0", 0 }, { "\033=", KP_0, 0, 0, "\033Op", 0 },
		{ "\033=", KP_ADD, 0, 0, "\033Ok", 0 },
		{ "\033=", KP_ADD, 0, C, "+", 0 }, { "", KP_BEGIN, 0, 0, "\033[E", 0 },
		{ "", 9, 0, S, "", 0 }, { "", 78, 0, 0, "", 0 }, { "", 89, 0, 0, "", 0 },
	};
	CHECK_ALL(cases);
}

static void test_other_keys(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>4;1m", 0, 'a', C, "\001", 0 }, { "\033[>4;1m", 0, '1', C, "\033[27;5;49~", 0 },
		{ "\033[>4;1m", 0, 'A', C | S, "\033[27;6;65~", 0 }, { "\033[>4;1m", 0, 'a', A, "\033a", 0 },
		{ "\033[>4;1m", ENTER, 0, S, "\033[27;2;13~", 0 }, { "\033[>4;1m", TAB, 0, S, "\033[Z", 0 },
		{ "\033[>4;1m", TAB, 0, C, "\033[27;5;9~", 0 }, { "\033[>4;1m", BACKSPACE, 0, C, "\b", 0 },
		{ "\033[>4;2m", 0, 'a', C, "\033[27;5;97~", 0 }, { "\033[>4;2m", 0, 'a', A, "\033[27;3;97~", 0 },
		{ "\033[>4;2m", 0, 'A', S, "A", 0 }, { "\033[>4;2m", 0, ' ', S, "\033[27;2;32~", 0 },
		{ "\033[>4;2m", TAB, 0, S, "\033[27;2;9~", 0 }, { "\033[>4;2m", ESCAPE, 0, 0, "\033", 0 },
		{ "\033[>4;2m", UP, 0, C, "\033[1;5A", 0 },
	};
	CHECK_ALL(cases);
}

static void test_kitty(void **state)
{
	static const struct key_case cases[] = {
		{ "\033[>1u", 0, 'a', 0, "a", 0 }, { "\033[>1u", 0, 'A', S, "A", 0 },
		{ "\033[>1u", 0, 'a', C, "\033[97;5u", 0 },
		{ "\033[>1u", 0, 'a', A, "\033[97;3u", 0 }, { "\033[>1u", 0, 'A', C | S, "\033[97;6u", 0 },
		{ "\033[>1u", 0, 'a', W, "\033[97;9u", 0 }, { "\033[>1u", ESCAPE, 0, 0, "\033[27u", 0 },
		{ "\033[>1u", ENTER, 0, 0, "\r", 0 }, { "\033[>1u", TAB, 0, 0, "\t", 0 },
		{ "\033[>1u", BACKSPACE, 0, 0, "\177", 0 },
		{ "\033[>1u", ENTER, 0, C, "\033[13;5u", 0 }, { "\033[>1u", TAB, 0, S, "\033[9;2u", 0 },
		{ "\033[>1u", BACKSPACE, 0, A, "\033[127;3u", 0 }, { "\033[>1u\033[?1h", UP, 0, 0, "\033[A", 0 },
		{ "\033[>1u", FN, 1, 0, "\033[P", 0 }, { "\033[>1u", FN, 3, 0, "\033[13~", 0 },
		{ "\033[>1u", FN, 13, 0, "\033[57376u", 0 },
		{ "\033[>1u", FN, 2, S, "\033[1;2Q", 0 }, { "\033[>1u", KP_0, 0, 0, "0", 0 },
		{ "\033[>1u", KP_0, 0, C, "\033[57399;5u", 0 },
		{ "\033[>1u", 9, 0, S, "", 0 }, { "\033[>1u", 78, 0, 0, "\033[57430u", 0 },
		{ "\033[>5u", 0, 'A', C | S, "\033[97:65;6u", 0 },
		{ "\033[>8u", 0, 'a', 0, "\033[97u", 0 }, { "\033[>8u", 0, 'A', S, "\033[97;2u", 0 },
		{ "\033[>8u", ENTER, 0, 0, "\033[13u", 0 }, { "\033[>8u", 11, 0, S, "\033[57441;2u", 0 },
		{ "\033[>24u", 0, 'a', 0, "\033[97;;97u", 0 }, { "\033[>24u", 0, 'A', S, "\033[97;2;65u", 0 },
		{ "\033[>24u", 0, 'a', C, "\033[97;5u", 0 }, { "\033[>2u", 0, 'a', C, "\001", 0 },
	};
	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_specials),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_kitty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
