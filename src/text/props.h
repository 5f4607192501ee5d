/* props.h - what the tables know of a code point, in one byte.
 *
 * Private to src/text and to the hot paths of src/vt, which cannot afford a
 * call a character. The layout is that of tools/unicode-tables.py. */
#ifndef LACE_TEXT_PROPS_H
#define LACE_TEXT_PROPS_H

#include <stdbool.h>
#include <stdint.h>

#define TEXT_BLOCK 128

/* Two code points of classes up to TEXT_BREAK_LVT never join each other. */
enum {
	TEXT_BREAK_OTHER,
	TEXT_BREAK_EXTENDED_PICTOGRAPHIC,
	TEXT_BREAK_CONSONANT,
	TEXT_BREAK_LV,
	TEXT_BREAK_LVT,
	TEXT_BREAK_PREPEND,
	TEXT_BREAK_L,
	TEXT_BREAK_V,
	TEXT_BREAK_T,
	TEXT_BREAK_REGIONAL_INDICATOR,
	TEXT_BREAK_CR,
	TEXT_BREAK_LF,
	TEXT_BREAK_CONTROL,
	TEXT_BREAK_EXTEND,
	TEXT_BREAK_EXTEND_CONJUNCT,
	TEXT_BREAK_LINKER,
	TEXT_BREAK_ZWJ,
	TEXT_BREAK_SPACINGMARK,
};

extern const uint8_t text_stage1[0x110000 / TEXT_BLOCK];
extern const uint8_t text_stage2[];

/* cp may be anything; beyond Unicode it is like an unassigned code point. */
static inline uint8_t text_props(uint32_t cp)
{
	if (cp >= 0x110000)
		return 1u << 5;
	return text_stage2[text_stage1[cp / TEXT_BLOCK] * TEXT_BLOCK + cp % TEXT_BLOCK];
}
/* Most of CJK, without a look at the tables: simple, and two cells wide. */
static inline bool text_is_han(uint32_t cp)
{
	return cp - 0x3400 < 0xa000 - 0x3400;
}
#define TEXT_PROPS_CLASS(p) ((p) & 31u)
#define TEXT_PROPS_WIDTH(p) ((p) >> 5 & 3u)
#define TEXT_PROPS_VARIES(p) ((p) >> 7)            /* takes VS15 and VS16 */
#define TEXT_PROPS_SIMPLE(p) (TEXT_PROPS_CLASS(p) <= TEXT_BREAK_LVT)

#define TEXT_VS15 0xFE0Eu
#define TEXT_VS16 0xFE0Fu

#endif
