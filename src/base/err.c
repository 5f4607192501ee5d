#include "base/err.h"

#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void replace(struct err *err, enum err_code code, int sys, struct str *text)
{
	char *msg = str_detach(text);
	free(err->msg);
	err->msg = msg;
	err->code = code;
	err->sys = sys;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	replace(err, code, 0, &s);
	return -1;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	struct str s = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	str_printf(&s, ": %s", strerror(sys));
	replace(err, ERR_FAILED, sys, &s);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	str_printf(&s, ": %s", err->msg ? err->msg : "unknown error");
	replace(err, err->code == ERR_NONE ? ERR_FAILED : err->code, err->sys, &s);
	return -1;
}

void err_fini(struct err *err)
{
	free(err->msg);
	*err = (struct err)ERR_INIT;
}
