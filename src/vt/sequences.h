/* sequences.h - every sequence that the engine knows, as a list.
 *
 * Each kind of sequence has one table, in the file that dispatches it: a list of
 * rows (an X-macro) from which both the `switch` and an array are made, so that
 * what is listed is what is understood, and the compiler refuses a row that
 * stands there twice. The array is for those who want to know what there is:
 * docs/control-sequences.md and lace-terminal(7) are held against it by a test. */
#ifndef LACE_VT_SEQUENCES_H
#define LACE_VT_SEQUENCES_H

#include <stddef.h>
#include <stdint.h>

enum vt_sequence_kind {
	VT_SEQ_C0,                           /* final */
	VT_SEQ_ESC,                          /* ESC inter final; final 0: the name of a character set */
	VT_SEQ_CHARSET,                      /* ESC ( inter final, where prefix is its size, 94 or 96 */
	VT_SEQ_CSI,                          /* CSI prefix ... inter final */
	VT_SEQ_MODE_ANSI,                    /* CSI number h, CSI number l */
	VT_SEQ_MODE_DEC,                     /* CSI ? number h, CSI ? number l */
	VT_SEQ_OSC,                          /* OSC number ; ... ST */
	VT_SEQ_DCS,                          /* DCS prefix ... inter final ... ST */
	VT_SEQ_APC,                          /* APC final ... ST */
};

struct vt_sequence {
	enum vt_sequence_kind kind;
	uint8_t prefix, inter, final;        /* bytes; 0 where there is none */
	uint16_t number;
	const char *mnemonic;
	/* Of OSC 1337: the word after the number, with its =. Of DECRQSS: the setting's name. */
	const char *key;
};

/* Row i of all tables one after the other; NULL past the last. */
const struct vt_sequence *vt_sequence_at(size_t i);

#endif
