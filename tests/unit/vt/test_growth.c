/* A terminal that has run for days: a gigabyte of everything, none of it twice. What it
 * keeps of that is bounded, so the heap stops growing. (Under a sanitizer it is less, and
 * then nothing may be left behind at the end.) */
#include "../unit.h"

#include <malloc.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/text.h"
#include "vt/internal.h"

#define TOTAL (1ull << 30)
#define PART (1u << 20)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1              /* the heap is not malloc's, and all is slower */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static uint64_t seed = 88172645463325252ull;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static void words(struct str *s, unsigned n)
{
	static const char text[] = "it is a truth universally acknowledged that a single terminal in possession "
		"of a good output must be in want of a bound; however little known the feelings or views of such a ";

	for (; n > 0; n--) {
		unsigned at = rnd(sizeof(text) - 41);

		str_add(s, text + at, 10 + rnd(30));
	}
}

static void cluster(struct str *s)
{
	char utf8[4];

	str_add(s, utf8, text_utf8_encode('a' + rnd(26), utf8));
	for (unsigned n = 1 + rnd(4); n > 0; n--)
		str_add(s, utf8, text_utf8_encode(0x300 + rnd(0x70), utf8));
}

static void image(struct str *s)
{
	str_printf(s, "\033_Ga=T,f=24,s=8,v=8,i=%u,q=2;", rnd(1u << 30));
	for (unsigned i = 0; i < 256; i++)
		str_putc(s, (char)('A' + rnd(26)));
	str_puts(s, "\033\\");
}

static void string(struct str *s)
{
	uint32_t number = rnd(UINT32_MAX);

	switch (rnd(14)) {
	case 0: str_printf(s, "\033]0;title %u\a", number); break;
	case 1: str_printf(s, "\033[22t\033]2;title %u\a", number); break;
	case 2: str_printf(s, "\033]7;file:///home/%u\a", number); break;
	case 3: str_printf(s, "\033]8;id=%u;https://example.org/%u/%u\033\\", rnd(100), number, rnd(1000)); break;
	case 4: str_puts(s, "\033]8;;\033\\"); break;
	case 5: str_printf(s, "\033]1337;SetUserVar=v%u=Zm9v\a", number); break;
	case 6: str_printf(s, "\033]9;note %u\a\033]99;i=%u:d=0;part\033\\", number, number); break;
	case 7: str_printf(s, "\033]4;%u;#%06x\a\033]11;#%06x\a\033[#P", rnd(256), rnd(1u << 24), rnd(1u << 24)); break;
	case 8: str_printf(s, "\033]133;A\a$ \033]133;B\acommand %u\033]133;C\a\r\n\033]133;D;%u\a", number, rnd(9)); break;
	case 9: str_printf(s, "\033]5522;type=write:id=%u;\033\\", number); break;
	case 10: image(s); break;
	case 11: str_puts(s, "\033P0;1q\"1;1;9;6#1~~~~$-~~~\033\\"); break;
	case 12: str_printf(s, "\033[>%uu\033]22;>pointer\033\\", rnd(32)); break;
	default: str_printf(s, "\033]633;E;command\\x20%u\a", number); break;
	}
}

static void mixed(struct str *s)
{
	switch (rnd(12)) {
	case 0: str_printf(s, "\033[38;2;%u;%u;%um", rnd(256), rnd(256), rnd(256)); break;
	case 1: str_printf(s, "\033[48;2;%u;%u;%u;%um", rnd(256), rnd(256), rnd(256), rnd(10)); break;
	case 2: str_puts(s, "\033[m"); break;
	case 3: cluster(s); break;
	case 4: string(s); break;
	case 5:
		if (rnd(200) == 0)
			str_puts(s, rnd(2) ? "\033[?1049h" : "\033[?1049l");
		else
			str_printf(s, "\033[%u;%uH", 1 + rnd(24), 1 + rnd(80));
		break;
	default:
		words(s, 1 + rnd(5));
		if (rnd(2))
			str_puts(s, "\r\n");
		break;
	}
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void test_heap_is_bounded(void **state)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = 10000, .scrollback_bytes = 4u << 20,
		.image_bytes = 1u << 20 };
	const uint64_t total = SANITIZED ? TOTAL / 64 : TOTAL;
	cleanup_str struct str s = STR_INIT;
	size_t before, first = 0, second = 0;

	str_reserve(&s, PART + 4096);
	before = heap();
	struct vt *vt = vt_create(&config, &none, NULL);
	for (uint64_t fed = 0; fed < total; fed += s.len) {
		str_reset(&s);
		while (s.len < PART)
			mixed(&s);
		for (size_t at = 0; at < s.len; at += 65536)
			vt_write(vt, s.s + at, MIN(s.len - at, 65536u));
		switch (rnd(16)) {
		case 0: vt_resize(vt, (uint16_t)(20 + rnd(10)), (uint16_t)(70 + rnd(30)), 0, 0); break;
		case 1:
			while (vt_compact(vt))
				;
			break;
		default: break;
		}
		size_t now = heap() - before;
		if (fed < total / 4)
			first = MAX(first, now);
		else
			second = MAX(second, now);
	}
	if (!SANITIZED) {
		print_message("heap: %zu kB at most in the first quarter, %zu kB after it\n", first / 1000, second / 1000);
		assert_in_range(second, 0, first + first / 20);
		/* 16 MiB of links, 4 of scrollback, 1 of images, 65,535 styles; and the rest. */
		assert_in_range(second, 0, 40u << 20);
	}
	assert_in_range(vt->sb.bytes, 0, (4u << 20) + (128u << 10));
	assert_in_range(vt->images.bytes, 0, 1u << 20);
	assert_in_range(vt->styles.ids.n, 0, VT_STYLES_MAX);
	assert_in_range(vt->clusters.ids.n, 0, VT_CLUSTERS_MAX);
	assert_in_range(vt->links.ids.n, 0, VT_LINKS_MAX);
	assert_in_range(vt->links.bytes, 0, VT_LINK_BYTES_ALL_MAX);
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
