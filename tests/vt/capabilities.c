/* capabilities.c - asks the engine for each name on standard input (XTGETTCAP), and
 * writes its answer: a blank, = and the value in hexadecimal, or nothing for a boolean;
 * "no" for a name that it does not know. terminfo.py holds that against infocmp. */
#include "base/mem.h"
#include "base/str.h"
#include "vt/vt.h"

static void on_reply(void *user, const char *bytes, size_t len)
{
	str_add(user, bytes, len);
}

int main(void)
{
	static const struct vt_callbacks cb = { .reply = on_reply };
	struct vt_config config = { .rows = 1, .cols = 1 };
	struct str reply = STR_INIT;
	struct vt *vt = vt_create(&config, &cb, &reply);
	char name[64];

	while (scanf("%63s", name) == 1) {
		cleanup_str struct str ask = STR_INIT;

		str_puts(&ask, "\033P+q");
		for (const char *p = name; *p; p++)
			str_printf(&ask, "%02x", (unsigned char)*p);
		str_puts(&ask, "\033\\");
		str_reset(&reply);
		vt_write(vt, ask.s, ask.len);
		/* The answer repeats the name as it was asked, between an introducer and an end of its own. */
		size_t head = ask.len - 2 + 1;
		bool known = str_starts(reply.s, "\033P1+r");
		if (reply.len < head + 2 || !(known || str_starts(reply.s, "\033P0+r")))
			return 1;
		printf("%s %.*s\n", name, known ? (int)(reply.len - 2 - head) : 2, known ? reply.s + head : "no");
	}
	vt_destroy(vt);
	str_fini(&reply);
	return 0;
}
