/* safe.h - text from outside, before it is shown: for what log.h does not do by itself. */
#ifndef LACE_HOST_SAFE_H
#define LACE_HOST_SAFE_H

#include "base/str.h"

/* Appends text without the escape sequences of a coloured log (CSI, OSC, DCS and the short
 * ones; an unfinished one at the end is dropped too). What is left still needs log_safe(). */
void safe_strip_escapes(struct str *ret, const char *text, size_t len);

#endif
