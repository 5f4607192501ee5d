/* search.h - finding text in a terminal, in small steps.
 *
 * A search owns its pattern and where it has got to; between two steps the
 * terminal may be written to. Any number of them may be under way; to end one,
 * destroy it. It must not outlive its vt.
 *
 * What is searched are logical lines: rows that continue each other are one
 * text, each cell its cluster, a blank one space. Blanks that were never printed
 * do not count at the end of a row, and a line without text is not searched (so
 * "^$" finds nothing, as with the real server). Where the oldest row kept
 * continues one that has gone, the line begins there.
 *
 * A line of more than VT_SEARCH_LINE_CELLS cells (in whole rows) is searched in
 * pieces, cut before rows whose stable index is a multiple of the rows that so
 * many cells fill. A match belongs to the piece where it begins and may reach
 * VT_SEARCH_OVERLAP_CELLS into the next one; ^ and $ are still the line's own
 * ends. Matches of one text do not overlap each other; they are what a search
 * from its left gives, whatever the direction of the search.
 *
 * Rows that change while a search is under way: rows not reached yet are found
 * as they are by then; a match in rows that have been dropped is left out; new
 * rows below are found by a search forwards, if they are in its range and it is
 * not done. After a reflow or a change between the two screens row numbers mean
 * something else: the search says so and has to be begun anew. */
#ifndef LACE_VT_SEARCH_H
#define LACE_VT_SEARCH_H

#include "vt/vt.h"

#define VT_SEARCH_PATTERN_MAX 2048u      /* bytes */
#define VT_SEARCH_LINE_CELLS 4096u       /* of a line that is searched as one text */
#define VT_SEARCH_OVERLAP_CELLS 2048u
#define VT_SEARCH_MATCHES_MAX 65536u     /* in one text; the ones after that are left out */
/* Of one attempt to match a regular expression in a text (PCRE2's limits): it then
 * takes some ms; only several quantifiers in a row on a word of thousands of letters
 * take up to 0.1 s. The longer the text, the lower is the first, in this range. */
#define VT_SEARCH_MATCH_LIMIT 25000u
#define VT_SEARCH_MATCH_LIMIT_LONG 8192u
#define VT_SEARCH_DEPTH_LIMIT 20000u
#define VT_SEARCH_HEAP_LIMIT 4096u       /* KiB */
/* Texts in which the expression may meet a limit: the rest of such a text is left out. With more the search fails. */
#define VT_SEARCH_LIMITED_MAX 20u

enum {
	VT_SEARCH_CASELESS = 1u << 0,    /* Unicode simple case folding */
	VT_SEARCH_REGEX = 1u << 1,       /* PCRE2, with Unicode properties for \w, \d and so on */
	VT_SEARCH_BACKWARDS = 1u << 2,   /* the last match comes first */
	VT_SEARCH_LAST_GROUP = 1u << 3,  /* show what the last group that took part has matched (as wezterm does) */
};

struct vt_search_config {
	const char *pattern;             /* UTF-8; an empty one matches everywhere */
	size_t len;
	unsigned flags;
	int64_t first, end;              /* matches that begin in these stable rows; to search from a
	                                  * row on, make it the first, or backwards the one before the end */
};

struct vt_match {
	int64_t first_row, last_row;     /* stable */
	uint16_t first_col, end_col;     /* cells; half open, equal when nothing was matched */
	uint64_t hash;                   /* of the text: equal texts have equal ones */
};

struct vt_search_error {
	char text[160];                  /* one line */
	size_t offset;                   /* byte of the pattern that it is about, or its length */
};

struct vt_search;

/* Copies the pattern. NULL: *ret_error says why. */
struct vt_search *vt_search_create(struct vt *vt, const struct vt_search_config *config,
    struct vt_search_error *ret_error);
void vt_search_destroy(struct vt_search *s);

enum vt_search_status {
	VT_SEARCH_MORE,                  /* call again */
	VT_SEARCH_DONE,
	VT_SEARCH_RENUMBERED,            /* the rows have other numbers now; what was found is void */
	VT_SEARCH_FAILED,                /* vt_search_error() says why */
};
/* Looks at about `budget` bytes of text (a row is some of them even when empty; an
 * expression that may work hard ends its step after each attempt) and writes up
 * to max matches, in order. Does some work whatever the budget. */
enum vt_search_status vt_search_step(struct vt_search *s, size_t budget, struct vt_match *ret, size_t max,
    size_t *ret_n);
const char *vt_search_error(const struct vt_search *s);

#endif
