/* XTGETTCAP: what a program may ask of our terminfo entry, by the names of terminfo,
 * by the old names of termcap for keys (which vim uses), and by a few that are no
 * part of the entry but that programs look for. */
#include "base/str.h"
#include "vt/internal.h"
#include "vt/terminfo.h"

/* As in terminfo.h. */
static const char more[] =
	"TN\0" "xterm-256color\0"
	"name\0" "xterm-256color\0"
	"Co\0" "256\0"
	"RGB\0" "8/8/8\0"
	"Tc\0" "\0"
	"Su\0" "\0"
	"Smulx\0" "\033[4:%p1%dm\0"
	"Setulc\0" "\033[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m\0"
	"setrgbf\0" "\033[38:2:%p1%d:%p2%d:%p3%dm\0"
	"setrgbb\0" "\033[48:2:%p1%d:%p2%d:%p3%dm\0"
	"Sync\0" "\033[?2026%?%p1%{1}%-%tl%eh%;\0"
	"";

/* Keys by their names in termcap(5). */
static const char termcap[] =
	"#2\0" "kHOM\0" "#3\0" "kIC\0" "#4\0" "kLFT\0" "%c\0" "kNXT\0" "%e\0" "kPRV\0" "%i\0" "kRIT\0" "*4\0" "kDC\0"
	"*7\0" "kEND\0" "@7\0" "kend\0" "@8\0" "kent\0" "F1\0" "kf11\0" "F2\0" "kf12\0" "K1\0" "ka1\0" "K2\0" "kb2\0"
	"K3\0" "ka3\0" "K4\0" "kc1\0" "K5\0" "kc3\0" "Km\0" "kmous\0" "k;\0" "kf10\0" "k1\0" "kf1\0" "k2\0" "kf2\0"
	"k3\0" "kf3\0" "k4\0" "kf4\0" "k5\0" "kf5\0" "k6\0" "kf6\0" "k7\0" "kf7\0" "k8\0" "kf8\0" "k9\0" "kf9\0"
	"kB\0" "kcbt\0" "kD\0" "kdch1\0" "kF\0" "kind\0" "kI\0" "kich1\0" "kN\0" "knp\0" "kP\0" "kpp\0" "kR\0" "kri\0"
	"kb\0" "kbs\0" "ke\0" "rmkx\0" "ks\0" "smkx\0" "kd\0" "kcud1\0" "kh\0" "khome\0" "kl\0" "kcub1\0" "kr\0" "kcuf1\0" "ku\0" "kcuu1\0"
	"";

static const char *find(const char *table, const char *name)
{
	while (*table) {
		const char *value = table + __builtin_strlen(table) + 1;

		if (str_eq(table, name))
			return value;
		table = value + __builtin_strlen(value) + 1;
	}
	return NULL;
}

static const char *capability(const char *name)
{
	const char *key = find(termcap, name), *value = find(vt_terminfo, key ? key : name);

	return value ? value : find(more, name);
}

/* One name in hexadecimal; answered one at a time, as it was asked. */
static void answer(struct vt *vt, const char *hex)
{
	cleanup_str struct str out = STR_INIT;
	char name[33];
	size_t len = __builtin_strlen(hex), n = 0;

	if (len % 2 != 0 || len / 2 >= sizeof(name))
		return;
	for (; n < len / 2; n++) {
		int hi = vt_hex_value(hex[2 * n]), lo = vt_hex_value(hex[2 * n + 1]);

		if (hi < 0 || lo < 0)
			return;
		name[n] = (char)(hi << 4 | lo);
	}
	name[n] = 0;
	const char *value = capability(name);
	str_printf(&out, "\033P%u+r%s", value ? 1u : 0u, hex);
	if (value && *value)
		str_putc(&out, '=');
	for (; value && *value; value++)
		str_printf(&out, "%02X", (unsigned char)*value);
	vt_reply(vt, "%s\033\\", out.s);
}

void vt_capabilities_asked(struct vt *vt, char *s, size_t len)
{
	while (s) {
		char *end = __builtin_strchr(s, ';');

		if (end)
			*end++ = 0;
		if (*s)
			answer(vt, s);
		s = end;
	}
}
