/* text.h - UTF-8, display width and grapheme clusters.
 *
 * Shared by the engine, the wire's clustering and the client, so that they
 * agree on where a cell ends. Tables are generated from the Unicode Character
 * Database by tools/unicode-tables.py and checked in (text/tables.c). */
#ifndef LACE_TEXT_TEXT_H
#define LACE_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_REPLACEMENT 0xFFFDu

/* "16.0.0" or so: the version of the tables. */
extern const char *const text_unicode_version;

/* ---- UTF-8 ---- */

/* Streaming decoder; ill-formed input yields U+FFFD once per maximal subpart
 * (Unicode 3.9, "U+FFFD substitution of maximal subparts"). Zero it to start. */
struct text_utf8 {
	uint32_t cp;
	uint8_t need;      /* continuation bytes still wanted */
	uint8_t lo, hi;    /* bounds of the next one */
};
enum text_utf8_status {
	TEXT_UTF8_MORE,          /* byte taken, nothing complete yet */
	TEXT_UTF8_DONE,          /* byte taken, *cp is complete */
	TEXT_UTF8_BAD,           /* byte taken, *cp is U+FFFD */
	TEXT_UTF8_BAD_REPEAT,    /* *cp is U+FFFD and the byte was NOT taken: feed it again */
};
enum text_utf8_status text_utf8_feed(struct text_utf8 *u, uint8_t byte, uint32_t *cp);
/* One code point from s (len > 0 bytes); returns the bytes it took, >= 1. */
size_t text_utf8_decode(const char *s, size_t len, uint32_t *cp);
/* Returns bytes written, 1..4. cp must be a scalar value. */
size_t text_utf8_encode(uint32_t cp, char ret[4]);
bool text_utf8_valid(const char *s, size_t len);

/* ---- width ---- */

/* Cells of one code point: 0 (combining, controls), 1 or 2. Ambiguous is 1.
 *
 * East_Asian_Width, with the marks and the controls of General_Category at 0 (tools/unicode-tables.py). A test holds
 * all of them against Python's wcwidth, which does not agree on
 *   prepended marks (U+0600 ...)      ours 1, its 0: format characters that are drawn (UAX #44, Prepended_Concatenation_Mark)
 *   regional indicators               ours 2, its 1: emoji presentation (UTS #51); kitty, ghostty and wezterm have 2 as well
 *   skin tones (U+1F3FB ...)          ours 2, its 0: East_Asian_Width W; behind an emoji they are a part of it
 *   unassigned ones among the jamo    ours 1, its 0 */
unsigned text_width(uint32_t cp);
/* Cells of one grapheme cluster in UTF-8: VS16 makes an emoji 2, VS15 makes it
 * 1, otherwise the sum of its code points, at least 1 and at most 2. */
unsigned text_cluster_width(const char *s, size_t len);
/* Cells of a whole string (control characters count 0). */
size_t text_string_width(const char *s, size_t len);

/* ---- clusters (UAX #29 extended grapheme clusters) ---- */

/* Break detection one code point at a time. Zero it to start. */
struct text_break {
	uint8_t prev;      /* grapheme break class of the code point before */
	uint8_t state;     /* emoji / Indic conjunct / regional indicator state */
	bool started;
};
/* True when there is a boundary before cp. Always true for the first. */
bool text_break_before(struct text_break *b, uint32_t cp);
/* Bytes of the first cluster of s. */
size_t text_cluster_len(const char *s, size_t len);
/* ---- what wezterm's clients make of it ---- */

/* Cells of a cluster that stands alone (storage V): 1 or 2. No version of Unicode up to ours
 * takes it for more. */
unsigned text_peer_width(const char *s, size_t len);
/* Boundaries in a text (storage C), as text_break_before(). */
enum text_peer_break { TEXT_PEER_JOINS, TEXT_PEER_BREAKS, TEXT_PEER_UNSURE };
enum text_peer_break text_peer_break(struct text_break *b, uint32_t cp);

/* ---- text that cannot be misunderstood ---- */

/* ASCII, Latin, CJK, box drawing ...: two simple code points never join, so a
 * text of simple ones only has one cluster a code point (the "safe" code points
 * of wezterm-mux.md 3.6, storage C). */
bool text_is_simple(uint32_t cp);

#endif
