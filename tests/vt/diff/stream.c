/* See stream.h. */
#include "stream.h"

#include "base/mem.h"
#include "text/text.h"

static const struct {
	const char *name;
	unsigned weight;
} kinds[] = {
	{ "NONE", 0 },
#define X(name, weight) { #name, weight },
	STREAM_KINDS(X)
#undef X
};

const char *stream_kind_name(enum stream_kind kind)
{
	return kinds[kind].name;
}

enum stream_kind stream_kind_find(const char *name, size_t len)
{
	for (unsigned k = 1; k < STREAM_KIND_COUNT; k++)
		if (__builtin_strlen(kinds[k].name) == len && memcmp(kinds[k].name, name, len) == 0)
			return k;
	return STREAM_NONE;
}

uint32_t stream_random(struct stream *s, uint32_t n)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return (uint32_t)(s->state >> 32) % n;
}

void stream_init(struct stream *s, uint64_t seed, const struct stream_rule *rules, size_t n_rules)
{
	bool without[STREAM_KIND_COUNT];

	*s = (struct stream){ .state = (seed + 1) * 0x9e3779b97f4a7c15ull, .rules = rules, .n_rules = n_rules };
	s->rows = 2 + stream_random(s, 7);
	s->cols = 4 + stream_random(s, 20);
	for (unsigned k = 1; k < STREAM_KIND_COUNT; k++) {
		s->allowed[k] = true;
		without[k] = stream_random(s, 2);
	}
	for (size_t i = 0; i < n_rules; i++) {
		if (rules[i].how == LEFT_OUT)
			s->allowed[rules[i].kind] = false;
		else if (rules[i].how == APART)
			s->allowed[without[rules[i].with] ? rules[i].with : rules[i].kind] = false;
	}
}

static void put_cp(struct str *ret, uint32_t cp)
{
	char utf8[4];

	str_add(ret, utf8, text_utf8_encode(cp, utf8));
}

/* No underscore: as special graphics it is a blank (VT510), which others do not know. */
static void ascii(struct stream *s, struct str *ret, unsigned n)
{
	while (n-- > 0) {
		char c = (char)(stream_random(s, 6) ? 'a' + stream_random(s, 26) : ' ' + stream_random(s, 95));

		str_putc(ret, c == '_' ? '-' : c);
	}
}

/* A count: missing, 0, small, now and then more than fits. */
static void count(struct stream *s, struct str *ret, unsigned size)
{
	switch (stream_random(s, 8)) {
	case 0: break;
	case 1: str_puts(ret, "0"); break;
	case 2: str_printf(ret, "%u", size + stream_random(s, 5)); break;
	default: str_printf(ret, "%u", 1 + stream_random(s, size > 6 ? 6 : size)); break;
	}
}

static void csi(struct stream *s, struct str *ret, const char *before, unsigned size, const char *final)
{
	str_printf(ret, "\033[%s", before);
	count(s, ret, size);
	str_puts(ret, final);
}

static void position(struct stream *s, struct str *ret, const char *final)
{
	str_puts(ret, "\033[");
	if (stream_random(s, 10))
		str_printf(ret, "%u;%u", stream_random(s, s->rows + 2), stream_random(s, s->cols + 2));
	str_puts(ret, final);
}

static void sgr(struct stream *s, struct str *ret)
{
	static const uint8_t codes[] = { 1, 3, 4, 5, 7, 9, 22, 23, 24, 25, 27, 29, 30, 31, 36, 37, 39, 40, 42, 47, 49 };
	unsigned n = 1 + stream_random(s, 3);

	str_puts(ret, "\033[");
	for (unsigned i = 0; i < n; i++)
		str_printf(ret, "%s%u", i ? ";" : "", codes[stream_random(s, sizeof(codes))]);
	str_puts(ret, "m");
}

/* Two numbers in order, for margins. */
static void range(struct stream *s, struct str *ret, unsigned size, const char *final)
{
	unsigned a = 1 + stream_random(s, size - 1), b = a + 1 + stream_random(s, size - a);

	str_printf(ret, "\033[%u;%u%s", a, b, final);
}

static void on_off(struct stream *s, struct str *ret, const char *mode)
{
	str_printf(ret, "\033[%s%c", mode, "hl"[stream_random(s, 2)]);
}

static void text(struct stream *s, struct str *ret, enum stream_kind kind)
{
	static const uint32_t marks[] = { 0x300, 0x301, 0x308, 0x323, 0x327 };
	static const uint32_t emoji[] = { 0x1f600, 0x1f680, 0x1f44d, 0x1f3fd, 0x200d, 0xfe0f, 0x2764, 0x1f1e9, 0x1f1ea };
	unsigned n = 1 + stream_random(s, 4);

	for (unsigned i = 0; i < n; i++)
		switch (kind) {
		case STREAM_WIDE:
			put_cp(ret, stream_random(s, 2) ? 0x4e00 + stream_random(s, 1000) : 0x3042 + stream_random(s, 40));
			break;
		case STREAM_COMBINING:
			str_putc(ret, (char)('a' + stream_random(s, 26)));
			put_cp(ret, marks[stream_random(s, ARRAY_LEN(marks))]);
			break;
		case STREAM_EMOJI: put_cp(ret, emoji[stream_random(s, ARRAY_LEN(emoji))]); break;
		default:
			put_cp(ret, stream_random(s, 2) ? 0xc0 + stream_random(s, 0x40) : 0x2500 + stream_random(s, 0x20));
			break;
		}
}

static void make(struct stream *s, struct str *ret, enum stream_kind kind)
{
	static const char *const unknown[] = { "\033[1;2y", "\033[?9999h", "\033[?5;6z", "\033[>5;1~",
		"\033[1'z", "\033%!X", "\033]9999;x\a", "\033P1;2|x\033\\" }, *const strings[] = { "\033_nothing\033\\", "\033^nothing\033\\",
		"\033Xnothing\033\\" };

	switch (kind) {
	case STREAM_ASCII: ascii(s, ret, 1 + stream_random(s, 8)); break;
	case STREAM_ASCII_LONG: ascii(s, ret, stream_random(s, 3 * s->cols)); break;
	case STREAM_WIDE:
	case STREAM_COMBINING:
	case STREAM_EMOJI:
	case STREAM_LATIN: text(s, ret, kind); break;
	case STREAM_BS: str_puts(ret, "\b"); break;
	case STREAM_HT: str_puts(ret, "\t"); break;
	case STREAM_LF: str_puts(ret, "\n"); break;
	case STREAM_VT_FF: str_putc(ret, "\v\f"[stream_random(s, 2)]); break;
	case STREAM_CR: str_puts(ret, "\r"); break;
	case STREAM_SO_SI: str_putc(ret, "\016\017"[stream_random(s, 2)]); break;
	case STREAM_IND: str_puts(ret, "\033D"); break;
	case STREAM_NEL: str_puts(ret, "\033E"); break;
	case STREAM_RI: str_puts(ret, "\033M"); break;
	case STREAM_HTS: str_puts(ret, "\033H"); break;
	case STREAM_TBC: str_puts(ret, stream_random(s, 4) ? "\033[g" : "\033[3g"); break;
	case STREAM_DECSC: str_puts(ret, "\0337"); break;
	case STREAM_DECRC: str_puts(ret, "\0338"); break;
	case STREAM_SCS_GRAPHICS: str_puts(ret, "\033(0"); break;
	case STREAM_SCS_ASCII: str_puts(ret, "\033(B"); break;
	case STREAM_SCS_UK: str_puts(ret, "\033(A"); break;
	case STREAM_SCS_G1: str_puts(ret, stream_random(s, 2) ? "\033)0" : "\033)B"); break;
	case STREAM_SS2: str_puts(ret, "\033*0\033Nq"); break;
	case STREAM_CUU: csi(s, ret, "", s->rows, "A"); break;
	case STREAM_CUD: csi(s, ret, "", s->rows, "B"); break;
	case STREAM_CUF: csi(s, ret, "", s->cols, "C"); break;
	case STREAM_CUB: csi(s, ret, "", s->cols, "D"); break;
	case STREAM_CNL: csi(s, ret, "", s->rows, "E"); break;
	case STREAM_CPL: csi(s, ret, "", s->rows, "F"); break;
	case STREAM_CHA: csi(s, ret, "", s->cols, "G"); break;
	case STREAM_CUP: position(s, ret, "H"); break;
	case STREAM_HVP: position(s, ret, "f"); break;
	case STREAM_HPA: csi(s, ret, "", s->cols, "`"); break;
	case STREAM_VPA: csi(s, ret, "", s->rows, "d"); break;
	case STREAM_HPR: csi(s, ret, "", s->cols, "a"); break;
	case STREAM_VPR: csi(s, ret, "", s->rows, "e"); break;
	case STREAM_CHT: csi(s, ret, "", 3, "I"); break;
	case STREAM_CBT: csi(s, ret, "", 3, "Z"); break;
	case STREAM_ICH: csi(s, ret, "", s->cols, "@"); break;
	case STREAM_DCH: csi(s, ret, "", s->cols, "P"); break;
	case STREAM_ECH: csi(s, ret, "", s->cols, "X"); break;
	case STREAM_IL: csi(s, ret, "", s->rows, "L"); break;
	case STREAM_DL: csi(s, ret, "", s->rows, "M"); break;
	case STREAM_SU: csi(s, ret, "", s->rows, "S"); break;
	case STREAM_SD: csi(s, ret, "", s->rows, "T"); break;
	case STREAM_REP: csi(s, ret, "", 6, "b"); break;
	case STREAM_ED: str_printf(ret, "\033[%sJ", (const char *[]){ "", "0", "1", "2" }[stream_random(s, 4)]); break;
	case STREAM_EL: str_printf(ret, "\033[%sK", (const char *[]){ "", "0", "1", "2" }[stream_random(s, 4)]); break;
	case STREAM_DECSED: str_printf(ret, "\033[?%uJ", stream_random(s, 3)); break;
	case STREAM_DECSEL: str_printf(ret, "\033[?%uK", stream_random(s, 3)); break;
	case STREAM_DECSCA: str_printf(ret, "\033[%u\"q", stream_random(s, 3)); break;
	case STREAM_SGR: sgr(s, ret); break;
	case STREAM_SGR_BRIGHT:
		str_printf(ret, "\033[%um", (stream_random(s, 2) ? 90u : 100u) + stream_random(s, 8));
		break;
	case STREAM_SGR_256:
		str_printf(ret, "\033[%u%c5%c%um", stream_random(s, 2) ? 38u : 48u, ';', ';', stream_random(s, 256));
		break;
	case STREAM_SGR_RGB:
		str_printf(ret, "\033[%u;2;%u;%u;%um", stream_random(s, 2) ? 38u : 48u, stream_random(s, 256),
		    stream_random(s, 256), stream_random(s, 256));
		break;
	case STREAM_SGR_UNDERLINE:
		str_printf(ret, "\033[%sm", (const char *[]){ "4:0", "4:1", "4:2", "4:3", "21" }[stream_random(s, 5)]);
		break;
	case STREAM_SGR_HALF:
		str_printf(ret, "\033[%um", (const unsigned[]){ 2, 6, 8, 53 }[stream_random(s, 4)]);
		break;
	case STREAM_SGR_RESET: str_puts(ret, stream_random(s, 2) ? "\033[m" : "\033[0m"); break;
	case STREAM_DECSTBM: range(s, ret, s->rows, "r"); break;
	case STREAM_DECSTBM_RESET: str_puts(ret, "\033[r"); break;
	case STREAM_DECLRMM: on_off(s, ret, "?69"); break;
	case STREAM_DECSLRM:
		str_puts(ret, "\033[?69h");
		range(s, ret, s->cols, "s");
		break;
	case STREAM_DECOM: on_off(s, ret, "?6"); break;
	case STREAM_DECAWM: on_off(s, ret, "?7"); break;
	case STREAM_IRM: on_off(s, ret, "4"); break;
	case STREAM_LNM: on_off(s, ret, "20"); break;
	case STREAM_DECSCNM: on_off(s, ret, "?5"); break;
	case STREAM_ALTBUF: on_off(s, ret, "?1049"); break;
	case STREAM_ALTBUF_1047: on_off(s, ret, "?1047"); break;
	case STREAM_ALTBUF_47: on_off(s, ret, "?47"); break;
	case STREAM_DECALN: str_puts(ret, "\033#8"); break;
	case STREAM_DECSTR: str_puts(ret, "\033[!p"); break;
	case STREAM_RIS: str_puts(ret, "\033c"); break;
	case STREAM_DECIC: csi(s, ret, "", s->cols, "'}"); break;
	case STREAM_DECDC: csi(s, ret, "", s->cols, "'~"); break;
	case STREAM_SL: csi(s, ret, "", s->cols, " @"); break;
	case STREAM_SR: csi(s, ret, "", s->cols, " A"); break;
	case STREAM_DECBI: str_puts(ret, "\0336"); break;
	case STREAM_DECFI: str_puts(ret, "\0339"); break;
	case STREAM_DECDWL: str_printf(ret, "\033#%u", 3 + stream_random(s, 4)); break;
	case STREAM_OSC_TITLE: str_printf(ret, "\033]%u;title %u\a", stream_random(s, 3), stream_random(s, 100)); break;
	case STREAM_OSC_LINK:
		str_puts(ret, stream_random(s, 2) ? "\033]8;;http://example.org/\033\\" : "\033]8;;\033\\");
		break;
	case STREAM_DCS: str_puts(ret, "\033P$qm\033\\"); break;
	case STREAM_UNKNOWN: str_puts(ret, unknown[stream_random(s, ARRAY_LEN(unknown))]); break;
	case STREAM_UNKNOWN_STRING: str_puts(ret, strings[stream_random(s, ARRAY_LEN(strings))]); break;
	case STREAM_NONE:
	case STREAM_KIND_COUNT: break;
	}
}

static enum stream_kind choose(struct stream *s)
{
	unsigned all = 0;

	for (unsigned k = 1; k < STREAM_KIND_COUNT; k++)
		all += s->allowed[k] ? kinds[k].weight : 0;
	unsigned at = stream_random(s, all);
	for (unsigned k = 1;; k++) {
		unsigned weight = s->allowed[k] ? kinds[k].weight : 0;

		if (at < weight)
			return k;
		at -= weight;
	}
}

enum stream_kind stream_item(struct stream *s, bool waits, unsigned column, struct str *ret)
{
	enum stream_kind kind = choose(s);
	const char *after = "";

	for (size_t i = 0; i < s->n_rules; i++) {
		if (s->rules[i].kind != kind)
			continue;
		if (s->rules[i].how == SETTLED && waits) {
			str_printf(ret, "\033[%uG", column + 1);
		} else if (s->rules[i].how == AROUND) {
			str_puts(ret, s->rules[i].before);
			after = s->rules[i].after;
		}
	}
	make(s, ret, kind);
	str_puts(ret, after);
	return kind;
}
