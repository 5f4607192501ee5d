/* find.h - search in scroll mode: what is looked for, what was found, and where to go.
 *
 * Pure: it says which rows have to be searched (SearchScrollbackRequest) and takes
 * the answers. Known are always all matches that begin in one run of rows: those
 * around what is shown, for the highlights, or those where a jump has got to.
 * Jumps ask for more rows each time they find nothing, from one end of the pane to
 * the other and once around. */
#ifndef LACE_CLIENT_FIND_H
#define LACE_CLIENT_FIND_H

#include "base/str.h"
#include "client/cell.h"
#include "wire/pdu.h"

#define FIND_PATTERN_MAX 1024           /* bytes */
#define FIND_RESULTS 5000               /* asked for at once; fewer than the server's own limit */
#define FIND_ROWS_FIRST 1000            /* searched at once, doubled each time in vain ... */
#define FIND_ROWS_MAX 64000             /* ... up to this */
#define FIND_ROWS_AROUND 100            /* searched beyond what is shown */

struct find_place { int64_t row, col; };
struct find_match { struct find_place from, to; };      /* half open */

struct find {
	struct str pattern;             /* as it was typed */
	bool regex, backwards;
	bool prefixed;                  /* the expression that was sent has something before the pattern */
	bool on;                        /* matches are shown */
	struct wire_range known;
	struct find_match *v; size_t n, cap;    /* all that begin in there, in order */
	struct wire_range marked;       /* asked for to be highlighted: no more of it can be known */
	bool dense;                     /* there are so many matches that only what is shown is asked for */
	bool has_current;
	struct find_match current;      /* the one that was jumped to */

	int seek;                       /* a jump under way: 1 forwards, -1 backwards, 0 none */
	struct find_place at;           /* it looks for a match after or before this */
	int64_t origin;                 /* row where it began */
	bool around;                    /* it has come to an end and gone on at the other */
	int64_t rows;                   /* to be asked for next */
	uint64_t serial;                /* of the request that is not answered, 0 none */
	struct wire_range asked;
	char message[160];              /* how the last jump ended, if there is something to say */
};

void find_init(struct find *f);
void find_fini(struct find *f);
/* Begins with a pattern; an empty one is the last one again. False: there is none.
 * shown: the rows on the screen. */
bool find_begin(struct find *f, const char *pattern, bool regex, bool backwards, struct wire_range shown);
/* To the next match in the direction of the search, or the other one. False: there was no search. */
bool find_again(struct find *f, bool other_way, struct wire_range shown);
void find_cancel(struct find *f);       /* the jump, not the highlights */
void find_off(struct find *f);
/* Rows from this one on have changed; all: they have other numbers. */
void find_changed(struct find *f, int64_t row, bool all);

enum find_step { FIND_NOTHING, FIND_ASK, FIND_SHOW };
/* What is to be done: ask for matches in *ret_ask (then call find_asked), or show f->current and call again. */
enum find_step find_step(struct find *f, struct wire_range pane, struct wire_range shown,
    struct wire_range *ret_ask);
/* The pattern as the wire wants it; text is kept in *buf. Without capitals case does not count. */
struct wire_pattern find_pattern(struct find *f, struct str *buf);
void find_asked(struct find *f, struct wire_range range, uint64_t serial);
/* Answers with another serial are ignored. False: it was not ours. */
bool find_results(struct find *f, uint64_t serial, const struct wire_search_response *r);
bool find_error(struct find *f, uint64_t serial, const char *reason, size_t len);

/* Marks matches in n cells of a row, of which the first is column off. */
void find_mark(const struct find *f, int64_t row, size_t off, struct cell *cells, size_t n);

#endif
