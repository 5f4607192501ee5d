/* stream.h - random streams of valid sequences, made from a seed.
 *
 * A stream is a list of items, each a whole sequence or a piece of text. What an item
 * may be is a list of kinds; who compares the engine with another one leaves out the
 * kinds in which the two are known to differ, and says why. */
#ifndef LACE_TESTS_VT_DIFF_STREAM_H
#define LACE_TESTS_VT_DIFF_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Name, weight. */
#define STREAM_KINDS(X) \
	X(ASCII, 60) X(ASCII_LONG, 8) X(WIDE, 10) X(COMBINING, 6) X(EMOJI, 4) X(LATIN, 6) \
	X(BS, 5) X(HT, 5) X(LF, 10) X(VT_FF, 2) X(CR, 10) X(SO_SI, 2) \
	X(IND, 2) X(NEL, 2) X(RI, 4) X(HTS, 2) X(TBC, 1) \
	X(DECSC, 2) X(DECRC, 2) X(SCS_GRAPHICS, 2) X(SCS_ASCII, 2) X(SCS_UK, 1) X(SCS_G1, 1) X(SS2, 1) \
	X(CUU, 4) X(CUD, 4) X(CUF, 4) X(CUB, 4) X(CNL, 2) X(CPL, 2) X(CHA, 3) X(CUP, 12) X(HVP, 1) \
	X(HPA, 1) X(VPA, 2) X(HPR, 1) X(VPR, 1) X(CHT, 1) X(CBT, 1) \
	X(ICH, 3) X(DCH, 3) X(ECH, 3) X(IL, 3) X(DL, 3) X(SU, 2) X(SD, 2) X(REP, 1) \
	X(ED, 2) X(EL, 3) X(DECSED, 1) X(DECSEL, 1) X(DECSCA, 2) \
	X(SGR, 12) X(SGR_BRIGHT, 2) X(SGR_256, 3) X(SGR_RGB, 3) X(SGR_UNDERLINE, 2) X(SGR_HALF, 1) X(SGR_RESET, 3) \
	X(DECSTBM, 3) X(DECSTBM_RESET, 1) X(DECLRMM, 1) X(DECSLRM, 2) X(DECOM, 2) X(DECAWM, 2) X(IRM, 2) X(LNM, 1) \
	X(DECSCNM, 1) X(ALTBUF, 1) X(ALTBUF_1047, 1) X(ALTBUF_47, 1) X(DECALN, 1) X(DECSTR, 1) X(RIS, 1) \
	X(DECIC, 1) X(DECDC, 1) X(SL, 1) X(SR, 1) X(DECBI, 1) X(DECFI, 1) X(DECDWL, 1) \
	X(OSC_TITLE, 1) X(OSC_LINK, 1) X(DCS, 1) X(UNKNOWN, 1) X(UNKNOWN_STRING, 1)

enum stream_kind {
	STREAM_NONE,
#define X(name, weight) STREAM_##name,
	STREAM_KINDS(X)
#undef X
	STREAM_KIND_COUNT
};
const char *stream_kind_name(enum stream_kind kind);
/* STREAM_NONE when there is none of that name. */
enum stream_kind stream_kind_find(const char *name, size_t len);

/* A known difference between the engine and another one, and how it is kept out of what
 * is compared. */
struct stream_rule {
	enum stream_kind kind;
	enum {
		LEFT_OUT,                /* never occurs */
		APART,                   /* never in one stream with `with` */
		AROUND,                  /* occurs with something before and after it, which takes the difference away */
		SETTLED,                 /* where the cursor waits at the margin, it is sent to its column before */
	} how;
	enum stream_kind with;
	const char *before, *after;
	const char *difference, *source; /* what differs, and who says that we are right */
};

struct stream {
	uint64_t state;
	unsigned rows, cols;
	bool allowed[STREAM_KIND_COUNT];
	const struct stream_rule *rules;
	size_t n_rules;
};
/* A stream for a terminal of some size, by these rules; of those that must stay apart one is
 * chosen by the seed. */
void stream_init(struct stream *s, uint64_t seed, const struct stream_rule *rules, size_t n_rules);
uint32_t stream_random(struct stream *s, uint32_t n);
/* Appends one item. waits: the cursor waits at the margin, in this column from 0. */
enum stream_kind stream_item(struct stream *s, bool waits, unsigned column, struct str *ret);

#endif
