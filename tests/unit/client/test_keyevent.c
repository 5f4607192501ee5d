/* Keys through keyevent_parse() and the engine's encoder: what a terminal with certain flags sends is what a program with
 * the same flags gets. The sequences are those of kitty's docs/keyboard-protocol.rst and of xterm's ctlseqs. */
#include "../unit.h"

#include "base/mem.h"
#include "client/keyevent.h"
#include "vt/vt.h"

#include <stdio.h>
#include <string.h>

static struct vt *vt;

static int setup(void **state)
{
	static const struct vt_config config = { .rows = 4, .cols = 20 };
	static const struct vt_callbacks none;
	vt = vt_create(&config, &none, NULL);
	return 0;
}

static int teardown(void **state)
{
	vt_destroy(vt);
	return 0;
}

static void mode(const char *sequence)
{
	vt_write(vt, sequence, strlen(sequence));
}

static void expect(const char *in, const char *out)
{
	struct wire_lace_key k;
	char text[KEYEVENT_TEXT_MAX], bytes[VT_ENCODED_MAX];
	if (!keyevent_parse(in, strlen(in), &k, text)) {
		if (out)
			fail_msg("not understood: %s", in + 1);
		return;
	}
	if (!out)
		fail_msg("understood: %s", in + 1);
	struct vt_key key = { k.code, k.value, k.modifiers, (enum vt_key_kind)k.kind, k.unshifted, k.shifted, k.base,
		k.text.s, k.text.len };
	size_t n = vt_encode_key(vt, &key, bytes);
	if (n != strlen(out) || memcmp(bytes, out, n) != 0)
		fail_msg("%s: expected %s, got %.*s", in[0] == 27 ? in + 1 : in, out[0] == 27 ? out + 1 : out, (int)n, bytes);
}

static void same(const char *s) { expect(s, s); }

static void test_kitty_flags(void **state)
{
	static const char *const always[] = { "\033[A", "\033[1;5B", "\033[1;2H", "\033[F", "\033[5~", "\033[6;3~", "\033[2~", "\033[3;5~",
		"\033[P", "\033[1;5Q", "\033[15~", "\033[24;2~", "\033[13;2~" };
	static const char *const ambiguous[] = { "\033[97;5u", "\033[105;5u", "\033[27u", "\033[97;3u", "\033[32;5u", "\033[97;6u",
		"\033[57376u", "\033[57417;5u" };
	static const char *const events[] = { "\033[97;5:2u", "\033[97;5:3u", "\033[1;1:3A", "\033[5;2:2~", "\033[57376;1:3u" };
	static const char *const alternates[] = { "\033[97:65;6u", "\033[1089::99;5u", "\033[49:33;6u" };
	static const char *const all[] = { "\033[97u", "\033[13u", "\033[9u", "\033[127u", "\033[57399;129u", "\033[97;2u" };
	static const char *const all_text[] = { "\033[97;;97u", "\033[97;2;65u", "\033[0;;233u" };

	for (unsigned flags = 1; flags < 32; flags++) {
		cleanup_free char *set = xasprintf("\033[=%u;1u", flags);
		mode(set);
		for (size_t i = 0; i < ARRAY_LEN(always) && (flags & 9); i++)
			same(always[i]);
		for (size_t i = 0; i < ARRAY_LEN(ambiguous) && (flags & 9) && !(flags & 4); i++)
			same(ambiguous[i]);
		for (size_t i = 0; i < ARRAY_LEN(events) && (flags & 2) && (flags & 9) && !(flags & 4); i++)
			same(events[i]);
		for (size_t i = 0; i < ARRAY_LEN(alternates) && (flags & 4) && (flags & 9); i++)
			same(alternates[i]);
		for (size_t i = 0; i < ARRAY_LEN(all) && (flags & 8) && !(flags & (4 | 16)); i++)
			same(all[i]);
		for (size_t i = 0; i < ARRAY_LEN(all_text) && (flags & 8) && (flags & 16) && !(flags & 4); i++)
			same(all_text[i]);
	}
	/* A modifier's own events, a lock's */
	mode("\033[=10;1u");
	same("\033[57441;2u");
	same("\033[57442;1:3u");
	/* What was not asked for is not sent */
	mode("\033[=1;1u");
	expect("\033[97;5:3u", "");
	expect("\033[57441;2u", "");
}

/* An outer terminal without the protocol: what its bytes say, and no more. */
static void test_old_encodings(void **state)
{
	mode("\033[=8;1u");
	expect("a", "\033[97u");
	expect("A", "\033[97;2u");
	mode("\033[=1;1u");
	expect("\003", "\033[99;5u");
	expect("\033x", "\033[120;3u");
	expect("\033\r", "\033[13;3u");
	expect("\033OA", "\033[A");
	expect("\033OP", "\033[P");
	expect("\033[Z", "\033[9;2u");
	expect("\r", "\r");
	expect("\177", "\177");
	expect("\033", "\033[27u");
	expect("\033[27;6;105~", "\033[105;6u");
}

static void test_other_keys(void **state)
{
	mode("\033[=0;1u\033[>4;2m");
	same("\033[27;5;105~");
	expect("\033[105;5u", "\033[27;5;105~");
	mode("\033[>4;1f");
	expect("\033[27;5;105~", "\033[105;5u");
	same("\033[105;5u");
	assert_true(vt_format_other_keys(vt));
	assert_true(keyevent_is_other("\033[27;5;105~", 11));
	assert_true(keyevent_is_other("\033[105;5u", 8));
	assert_false(keyevent_is_other("\033[1;5A", 6));
	assert_false(keyevent_is_other("\005", 1));
}

static void test_nothing_sure(void **state)
{
	static const char *const not_keys[] = { "\033[57414u", "\033[57399u", "\033[97;5:4u", "\033[?1u", "\033[99999999u", "\033[55296u",
		"\033Oj", "\033[[A", "\033[29~", "\033[97;5;1;1u", "\033[2;5A", "\033[1;5", "ab", "\xff", "\033[u" };
	for (size_t i = 0; i < ARRAY_LEN(not_keys); i++)
		expect(not_keys[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kitty_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_sure, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
