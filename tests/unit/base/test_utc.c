#include "../unit.h"

#include "base/utc.h"

#include <time.h>

/* The C library's calendar is the other opinion. */
static void same_as_gmtime(void **state)
{
	(void)state;
	char ours[UTC_STAMP], theirs[64];
	struct tm tm;

	/* Every day from 1970 to 2400 at another second, which takes in all kinds of leap years. */
	for (long day = 0; day < 157000; day++) {
		time_t t = day * 86400 + day * 7919 % 86400;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm);
		utc_format((unsigned long)t, (unsigned)(day % 1000), ours);
		assert_memory_equal(ours, theirs, 19);
	}
	utc_format(951782399, 7, ours);
	assert_string_equal(ours, "2000-02-28T23:59:59.007Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_as_gmtime) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
