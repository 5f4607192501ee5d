/* state.h - windows, tabs and panes as bytes, and back. Private to src/mux.
 *
 * Written for a successor that takes the running programs over (handover.c), and for the next
 * start after the server was ended (session.c), which has only what was seen.
 *
 * The bytes: "LACEmux\n" or "LACEses\n", format (varint), fields in the order of state_write(), XXH64 of
 * all before (8 bytes, little-endian). Numbers are LEB128, texts have their length before
 * them; each terminal is a snapshot (vt/snapshot.h). They may come from another version of this
 * program, or from a disk: they are checked, not trusted. */
#ifndef LACE_MUX_STATE_H
#define LACE_MUX_STATE_H

#include "mux/server.h"

#define STATE_DOOMED_MAX 100000

enum state_kind { STATE_HANDOVER, STATE_SESSION };

struct state {
	int listen_fd;
	uint64_t next_pane;
	struct tree tree;                  /* its panes and those below are the same */
	struct pane_handed *panes;         /* ids ascending, below next_pane */
	size_t n_panes;
	pid_t *doomed;
	size_t n_doomed;
};

int state_write(const struct mux *m, enum state_kind kind, struct str *ret, struct err *err);
/* For fuzzing: lets the reader itself meet the damage. */
#define STATE_ANY_CHECKSUM 1u
/* What it says; parts of the panes point into bytes. An error leaves nothing behind. */
int state_read(const void *bytes, size_t len, enum state_kind kind, unsigned flags, struct state *ret, struct err *err);
void state_fini(struct state *st);
/* To a mux that has none. */
void state_give_tree(struct state *st, struct mux *m);

#endif
