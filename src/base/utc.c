#include "base/utc.h"

#include <stdio.h>
#include <time.h>

void utc_format(unsigned long s, unsigned ms, char ret[UTC_STAMP])
{
	/* Days since 1 March of year 0 of the Gregorian calendar, whose years end with the leap day. */
	unsigned long days = s / 86400 + 719468;
	unsigned long era = days / 146097, of_era = days % 146097;
	unsigned long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned long of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned long month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	snprintf(ret, UTC_STAMP, "%04lu-%02lu-%02luT%02lu:%02lu:%02lu.%03uZ", (year + era * 400 + (month <= 2)) % 10000,
	    month % 100, day % 100, s / 3600 % 24, s / 60 % 60, s % 60, ms % 1000);
}

void utc_stamp(char ret[UTC_STAMP])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	utc_format((unsigned long)now.tv_sec, (unsigned)(now.tv_nsec / 1000000), ret);
}
