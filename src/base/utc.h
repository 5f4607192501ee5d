/* utc.h - the time of day in UTC, without the C library's time zones (50 kB in a static program). */
#ifndef LACE_BASE_UTC_H
#define LACE_BASE_UTC_H

#define UTC_STAMP 25   /* bytes of "2026-11-21T13:41:05.123Z" with its NUL */

/* Seconds since 1970, up to the year 9999. */
void utc_format(unsigned long s, unsigned ms, char ret[UTC_STAMP]);
/* Now. */
void utc_stamp(char ret[UTC_STAMP]);

#endif
