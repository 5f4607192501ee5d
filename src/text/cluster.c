/* Boundaries of extended grapheme clusters (UAX #29, rules GB1 to GB999), one
 * code point at a time. `state` holds what more than one code point back
 * matters for: GB9c (Indic conjuncts), GB11 (emoji ZWJ sequences) and GB12/13
 * (pairs of regional indicators). */
#include "text/props.h"
#include "text/text.h"

enum {
	STATE_EMOJI = 1,           /* Extended_Pictographic Extend* */
	STATE_EMOJI_ZWJ = 2,       /* and a ZWJ after it */
	STATE_CONJUNCT = 4,        /* Consonant [Extend Linker]* */
	STATE_CONJUNCT_LINKED = 8, /* with a Linker among them */
	STATE_ODD_INDICATOR = 16,  /* an odd number of regional indicators */
};

static bool is_extend(unsigned class)
{
	return class == TEXT_BREAK_EXTEND || class == TEXT_BREAK_EXTEND_CONJUNCT || class == TEXT_BREAK_LINKER;
}

static uint8_t next_state(uint8_t state, unsigned class)
{
	uint8_t next = 0;

	if (class == TEXT_BREAK_EXTENDED_PICTOGRAPHIC)
		return STATE_EMOJI;
	if (class == TEXT_BREAK_CONSONANT)
		return STATE_CONJUNCT;
	if (class == TEXT_BREAK_REGIONAL_INDICATOR)
		return state & STATE_ODD_INDICATOR ? 0 : STATE_ODD_INDICATOR;
	if (state & STATE_EMOJI) {
		if (is_extend(class))
			next |= STATE_EMOJI;
		else if (class == TEXT_BREAK_ZWJ)
			next |= STATE_EMOJI_ZWJ;
	}
	if (state & STATE_CONJUNCT) {
		if (class == TEXT_BREAK_LINKER)
			next |= STATE_CONJUNCT | STATE_CONJUNCT_LINKED;
		else if (class == TEXT_BREAK_EXTEND_CONJUNCT || class == TEXT_BREAK_ZWJ)
			next |= state & (STATE_CONJUNCT | STATE_CONJUNCT_LINKED);
	}
	return next;
}

static bool joins(unsigned prev, uint8_t state, unsigned class)
{
	if (prev == TEXT_BREAK_CR)
		return class == TEXT_BREAK_LF;
	if (prev == TEXT_BREAK_LF || prev == TEXT_BREAK_CONTROL)
		return false;
	switch (class) {
	case TEXT_BREAK_CR:
	case TEXT_BREAK_LF:
	case TEXT_BREAK_CONTROL:
		return false;
	case TEXT_BREAK_EXTEND:
	case TEXT_BREAK_EXTEND_CONJUNCT:
	case TEXT_BREAK_LINKER:
	case TEXT_BREAK_ZWJ:
	case TEXT_BREAK_SPACINGMARK:
		return true;
	default:
		break;
	}
	if (prev == TEXT_BREAK_PREPEND)
		return true;
	switch (class) {
	case TEXT_BREAK_L:
	case TEXT_BREAK_LV:
	case TEXT_BREAK_LVT:
		return prev == TEXT_BREAK_L;
	case TEXT_BREAK_V:
		return prev == TEXT_BREAK_L || prev == TEXT_BREAK_LV || prev == TEXT_BREAK_V;
	case TEXT_BREAK_T:
		return prev == TEXT_BREAK_LV || prev == TEXT_BREAK_V || prev == TEXT_BREAK_LVT ||
		    prev == TEXT_BREAK_T;
	case TEXT_BREAK_CONSONANT:
		return state & STATE_CONJUNCT_LINKED;
	case TEXT_BREAK_EXTENDED_PICTOGRAPHIC:
		return state & STATE_EMOJI_ZWJ;
	case TEXT_BREAK_REGIONAL_INDICATOR:
		return state & STATE_ODD_INDICATOR;
	default:
		return false;
	}
}

bool text_break_before(struct text_break *b, uint32_t cp)
{
	unsigned class = TEXT_PROPS_CLASS(text_props(cp));
	bool boundary = !b->started || !joins(b->prev, b->state, class);

	b->state = next_state(b->started ? b->state : 0, class);
	b->prev = (uint8_t)class;
	b->started = true;
	return boundary;
}

size_t text_cluster_len(const char *s, size_t len)
{
	struct text_break b = { 0 };
	size_t at = 0;

	while (at < len) {
		uint32_t cp;
		size_t n = text_utf8_decode(s + at, len - at, &cp);

		if (text_break_before(&b, cp) && at > 0)
			break;
		at += n;
	}
	return at;
}

bool text_is_simple(uint32_t cp)
{
	return TEXT_PROPS_SIMPLE(text_props(cp));
}
