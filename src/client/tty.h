/* tty.h - the outer terminal: raw, in its alternate screen, with the pane's modes; and back.
 *
 * Whatever ends the client, the terminal gets its own state again: tty_leave()
 * in the ordinary way, a handler when the process crashes. Only what was changed
 * is changed back. One at a time in a process. */
#ifndef LACE_CLIENT_TTY_H
#define LACE_CLIENT_TTY_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>
#include <termios.h>

/* What of the outer terminal the pane decides. */
enum tty_mouse { TTY_MOUSE_OFF, TTY_MOUSE_CLICKS, TTY_MOUSE_DRAG, TTY_MOUSE_ALL };
struct tty_modes {
	bool app_cursor, app_keypad, focus, newline, backarrow, color_scheme;
	enum tty_mouse mouse;           /* always reported in SGR form (1006) */
	uint8_t kitty_flags;            /* 0..31 */
	uint8_t modify_other_keys;      /* 0..2 */
	bool format_other_keys;
	uint8_t cursor_shape;           /* DECSCUSR 0..6 */
};

struct tty {
	int in, out;                    /* in is the caller's, out is ours */
	int caller_out;
	bool out_blocks;                /* out could not be had without blocking: write little at a time */
	bool entered;
	bool kitty_pushed, shape_set;   /* ever changed: to be taken back */
	struct termios saved;
	struct tty_modes now;
};

/* Fails when in or out is not a terminal. Changes nothing yet. */
int tty_open(struct tty *t, int in, int out, struct err *err);
void tty_close(struct tty *t);          /* leaves if need be */
/* Raw input from now on; appends what prepares the screen to out. */
int tty_enter(struct tty *t, struct str *out, struct err *err);
/* Appends what makes the terminal have the modes, given those it has. */
void tty_set_modes(struct tty *t, const struct tty_modes *want, struct str *out);
/* Writes pending first (what is left of a frame), then the way back; waits up to a
 * second for a terminal that does not read. Input that was not read yet is
 * dropped: it was meant for us. */
void tty_leave(struct tty *t, const struct str *pending);
/* False when it is unknown. Pixels are 0 when unknown. */
bool tty_size(const struct tty *t, unsigned *ret_rows, unsigned *ret_cols, unsigned *ret_xpixel,
    unsigned *ret_ypixel);

#endif
