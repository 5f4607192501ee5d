#include "cmd/pick.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

enum { SCATTERED = 1000, HOLDS = 100 * 1000, BEGINS = 200 * 1000, EQUAL = 300 * 1000 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Letters that stand together are worth more than those with gaps between. */
static int scattered(const char *name, const char *typed)
{
	int gaps = 0;
	for (bool inside = false; *typed; name++) {
		if (*name == '\0')
			return 0;
		if (lower(*name) == lower(*typed)) {
			typed++;
			inside = true;
		} else {
			gaps += inside;
		}
	}
	return MAX(SCATTERED - gaps, 1);
}

int pick_score(const char *name, const char *typed)
{
	int longer = (int)MIN(strlen(name), (size_t)999);
	if (*typed == '\0')
		return 1;
	if (strcasecmp(name, typed) == 0)
		return EQUAL;
	if (strncasecmp(name, typed, strlen(typed)) == 0)
		return BEGINS - longer;
	if (strcasestr(name, typed))
		return HOLDS - longer;
	return scattered(name, typed);
}
