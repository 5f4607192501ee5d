/* sequences.c - lists what the engine understands, a line a sequence, for documented.py:
 * kind, prefix, intermediate, final byte (numbers), number, mnemonic, and the word that
 * tells apart those that share a number. */
#include <stdio.h>

#include "vt/sequences.h"

int main(void)
{
	static const char *const kinds[] = {
		[VT_SEQ_C0] = "C0", [VT_SEQ_ESC] = "ESC", [VT_SEQ_CHARSET] = "SET", [VT_SEQ_CSI] = "CSI", [VT_SEQ_MODE_ANSI] = "MODE",
		[VT_SEQ_MODE_DEC] = "MODE", [VT_SEQ_OSC] = "OSC", [VT_SEQ_DCS] = "DCS", [VT_SEQ_APC] = "APC",
	};
	const struct vt_sequence *s;

	for (size_t i = 0; (s = vt_sequence_at(i)); i++)
		printf("%s %u %u %u %u %s %s\n", kinds[s->kind], s->prefix, s->inter, s->final, s->number, s->mnemonic,
		    s->key ? s->key : "");
	return 0;
}
