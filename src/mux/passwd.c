#include "mux/passwd.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"

#include <stdint.h>

enum { NAME, PASSWORD, UID, GID, GECOS, HOME, SHELL, FIELDS };

bool passwd_find(const char *text, size_t len, uid_t uid, struct passwd_entry *ret)
{
	for (const char *end = text + len, *eol; text < end; text = eol + 1) {
		const char *f[FIELDS + 1];
		size_t n = 0;

		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		f[n++] = text;
		for (const char *p = text; p < eol && n <= FIELDS; p++)
			if (*p == ':')
				f[n++] = p + 1;
		if (n != FIELDS)
			continue;
		f[n] = eol + 1;

		unsigned long id = 0;
		const char *p = f[UID];
		for (; *p >= '0' && *p <= '9' && id <= UINT32_MAX; p++)
			id = id * 10 + (unsigned long)(*p - '0');
		if (p == f[UID] || *p != ':' || id != uid)
			continue;
		ret->name = xmemdup0(f[NAME], (size_t)(f[NAME + 1] - f[NAME] - 1));
		ret->home = xmemdup0(f[HOME], (size_t)(f[HOME + 1] - f[HOME] - 1));
		ret->shell = xmemdup0(f[SHELL], (size_t)(f[SHELL + 1] - f[SHELL] - 1));
		return true;
	}
	return false;
}

bool passwd_lookup(uid_t uid, struct passwd_entry *ret)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err err = ERR_INIT;

	return fs_read("/etc/passwd", PASSWD_FILE_MAX, &text, &err) == 0 &&
	    passwd_find(text.s, text.len, uid, ret);
}

void passwd_fini(struct passwd_entry *e)
{
	free(e->name);
	free(e->home);
	free(e->shell);
	*e = (struct passwd_entry){ 0 };
}
