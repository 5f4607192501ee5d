/* banned.h - makes the unsafe calls of libc a compile error (after git's list).
 *
 * Force-included into every translation unit by the build. */
#ifndef LACE_BASE_BANNED_H
#define LACE_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LACE_BANNED(f) sorry_##f##_is_banned
#undef strcpy
#define strcpy(a, b) LACE_BANNED(strcpy)
#undef strcat
#define strcat(a, b) LACE_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, c) LACE_BANNED(strncpy)
#undef strncat
#define strncat(a, b, c) LACE_BANNED(strncat)
#undef strtok
#define strtok(a, b) LACE_BANNED(strtok)
#undef sprintf
#define sprintf(...) LACE_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) LACE_BANNED(vsprintf)
#undef atoi
#define atoi(a) LACE_BANNED(atoi)
#undef atol
#define atol(a) LACE_BANNED(atol)
#undef gmtime
#define gmtime(a) LACE_BANNED(gmtime)
#undef localtime
#define localtime(a) LACE_BANNED(localtime)
#undef ctime
#define ctime(a) LACE_BANNED(ctime)
#undef asctime
#define asctime(a) LACE_BANNED(asctime)

#endif
