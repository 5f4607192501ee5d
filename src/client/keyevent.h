/* keyevent.h - what key a terminal's bytes mean, as LaceKey tells it (docs/protocol.md 3.11).
 *
 * Understood are the kitty keyboard protocol, xterm's modifyOtherKeys in both formats, and the old encodings. Pure. */
#ifndef LACE_CLIENT_KEYEVENT_H
#define LACE_CLIENT_KEYEVENT_H

#include "wire/pdu.h"

#define KEYEVENT_TEXT_MAX 64u           /* bytes of text that one event brings */

/* The bytes of one key (input.h, INPUT_KEY) or one character. False: they name no key that can be told, or not
 * surely; pass them on as they are. ret->pane_id is left to the caller; ret->text points into text. */
bool keyevent_parse(const char *bytes, size_t len, struct wire_lace_key *ret, char text[KEYEVENT_TEXT_MAX]);
/* Whether they are a key of modifyOtherKeys: CSI 27 ; modifiers ; code ~ or CSI code ; modifiers u. */
bool keyevent_is_other(const char *bytes, size_t len);

#endif
