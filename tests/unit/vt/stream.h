/* stream.h - program output in which everything occurs, from a seed. For tests. */
#ifndef LACE_TESTS_VT_STREAM_H
#define LACE_TESTS_VT_STREAM_H

#include "base/mem.h"
#include "base/str.h"

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static void add_text(struct str *s)
{
	static const char *const pieces[] = { "e\u0301", "\U0001f468\u200d", "\U0001f469", "\u2764\ufe0f", "\u2764\ufe0e",
		"\U0001f1e9", "\U0001f1ea", "\u0915\u094d\u0937", "\u0301", "\u200d", "\ufe0f", "\u4e2d", "\u3042",
		"\u00e9", "\u2500", "\xff", "\xe4\xb8", "\xf0\x9f\x98", "\u1100\u1161", "\U0001f3fd" };
	unsigned n = rnd(12);

	while (n-- > 0) {
		if (rnd(3))
			str_putc(s, (char)(' ' + rnd(95)));
		else
			str_puts(s, pieces[rnd(ARRAY_LEN(pieces))]);
	}
}

static void add_csi(struct str *s)
{
	static const char finals[] = "@ABCDEFGHIJKLMPSTXZ^`abcdefghlmnpqrstuz{|}~";
	static const unsigned modes[] = { 1, 3, 4, 5, 6, 7, 8, 9, 12, 20, 25, 40, 45, 47, 66, 69, 80, 1000, 1002, 1003, 1004,
		1006, 1007, 1016, 1047, 1048, 1049, 1070, 2004, 2026, 2027, 2031, 2048, 8452 };
	unsigned n = rnd(4);

	str_puts(s, "\033[");
	switch (rnd(6)) {
	case 0:
		str_printf(s, "?%u%c", modes[rnd(ARRAY_LEN(modes))], "hlhlrs"[rnd(6)]);
		return;
	case 1:
		str_printf(s, "38;2;%u;%u;%u;48:5:%u;%um", rnd(256), rnd(256), rnd(256), rnd(256), rnd(110));
		return;
	case 2: str_printf(s, "%c%u;%uu", "<>="[rnd(3)], rnd(32), rnd(4)); return;
	default: break;
	}
	if (rnd(8) == 0)
		str_putc(s, "?>=<"[rnd(4)]);
	for (unsigned i = 0; i < n; i++)
		str_printf(s, "%s%u", i ? (rnd(4) ? ";" : ":") : "", rnd(rnd(4) ? 12 : 200));
	if (rnd(8) == 0)
		str_putc(s, " !\"#$'*"[rnd(7)]);
	str_putc(s, finals[rnd(sizeof(finals) - 1)]);
}

/* Pictures, some of which let the second half wait, go over their declared size, share colours. */
static void add_sixel(struct str *s)
{
	str_printf(s, "\033P%u;%uq", rnd(10), rnd(3));
	if (rnd(3) == 0)
		str_printf(s, "\"%u;%u;%u;%u", 1 + rnd(3), 1 + rnd(2), rnd(40), rnd(20));
	for (unsigned n = rnd(20); n > 0; n--)
		switch (rnd(6)) {
		case 0: str_printf(s, "#%u;2;%u;%u;%u", rnd(5), rnd(101), rnd(101), rnd(101)); break;
		case 1: str_printf(s, "#%u", rnd(20)); break;
		case 2: str_printf(s, "!%u%c", rnd(60), '?' + (char)rnd(64)); break;
		case 3: str_putc(s, "$-"[rnd(2)]); break;
		default: str_putc(s, '?' + (char)rnd(64)); break;
		}
	str_puts(s, rnd(8) ? "\033\\" : "\030");
}

/* What shells and the programs in them tell. */
static void add_told(struct str *s)
{
	switch (rnd(12)) {
	case 0: str_printf(s, "\033]133;%c;aid=%u;cl=m\a", "ANPI"[rnd(4)], rnd(9)); break;
	case 1: str_printf(s, "\033]133;D;%u\a", rnd(300)); break;
	case 2: str_printf(s, "\033]633;E;make\\x0a%u\a", rnd(9)); break;
	case 3: str_puts(s, "\033]1337;SetMark\a"); break;
	case 4: str_printf(s, "\033]1337;SetUserVar=v%u=eAp5\a", rnd(5)); break;
	case 5: str_printf(s, "\033]1337;RemoteHost=me@%u\a", rnd(5)); break;
	case 6: str_printf(s, "\033]9;4;%u;%u\a", rnd(5), rnd(100)); break;
	case 7: str_printf(s, "\033]22;%s\a", rnd(2) ? ">wait" : "<"); break;
	case 8: str_printf(s, "\033]5522;type=%s\a", rnd(2) ? "write" : "wdata:mime=dGV4dC9wbGFpbg==;eHl6"); break;
	case 9: str_printf(s, "\033]21;cursor=%s;selection_background=#%06x\a", rnd(2) ? "" : "red", rnd(1u << 24)); break;
	case 10: str_printf(s, "\033[%u#%c", rnd(4), "PQ"[rnd(2)]); break;
	default: str_printf(s, "\033]99;i=%u:d=0:u=1:p=%s;text\a", rnd(4), rnd(2) ? "buttons" : "body"); break;
	}
}

static void add_string(struct str *s)
{
	static const char *const parts[] = { "\033]1337;MultipartFile=inline=1\a", "\033]1337;FilePart=R0lGODlhF\a",
		"\033]1337;FilePart=AAoAAAAAA==\a", "\033]1337;FileEnd\a" };

	switch (rnd(20)) {
	case 14:
	case 15:
	case 16:
	case 17: add_told(s); break;
	case 12: add_sixel(s); break;
	case 18: str_printf(s, "\033]1337;File=inline=1;width=%u:R0lGODlhFAAoAAAAAA==\a", rnd(30)); break;
	case 19: str_puts(s, parts[rnd(ARRAY_LEN(parts))]); break;
	case 13: str_printf(s, "\033[?%u;%u;%uS", 1 + rnd(2), 2 + rnd(2), 2 + rnd(30)); break;
	case 0: str_printf(s, "\033]8;id=%u;https://example.org/%u\a", rnd(3), rnd(20)); break;
	case 1: str_puts(s, "\033]8;;\033\\"); break;
	case 2: str_printf(s, "\033]%u;title %u\a", rnd(3), rnd(100)); break;
	case 3: str_printf(s, "\033]4;%u;rgb:12/%02x/56\a", rnd(256), rnd(256)); break;
	case 4: str_printf(s, "\033]1%u;#%06x\033\\", rnd(3), rnd(1u << 24)); break;
	case 5: str_printf(s, "\033]133;%c\a", "ABCD"[rnd(4)]); break;
	case 6: str_printf(s, "\033]7;file://host/home/%u\a", rnd(100)); break;
	case 7: str_printf(s, "\033]99;i=1:d=%u:p=%s;text\a", rnd(2), rnd(2) ? "title" : "body"); break;
	case 8: str_printf(s, "\033[2%ut", 2 + rnd(2)); break;
	case 9: str_printf(s, "\033P%s%u\033\\", rnd(2) ? "$q" : "+q", rnd(100)); break;
	case 10: str_puts(s, "\033_nothing\033\\"); break;
	default: str_printf(s, "\033]10%u\a", 4 + rnd(1)); break;
	}
}

static void add_escape(struct str *s)
{
	static const char *const escapes[] = { "7", "8", "(0", "(B", ")0", "*A", "=", ">", "D", "E", "H", "M", "N", "O",
		"n", "o", "#8", "#3", "#6", "#5", "6", "9", "c" };
	unsigned i = rnd(ARRAY_LEN(escapes));

	/* Not everything is reset all the time. */
	if (str_eq(escapes[i], "c") && rnd(20))
		return;
	str_printf(s, "\033%s", escapes[i]);
}

static void add_something(struct str *s)
{
	switch (rnd(8)) {
	case 0:
	case 1: add_csi(s); break;
	case 2: add_string(s); break;
	case 3: add_escape(s); break;
	case 4: str_putc(s, "\r\n\b\t\016\017\n\n\030"[rnd(9)]); break;
	default: add_text(s); break;
	}
}

#endif
