/* session.h - what a server that is ended leaves for the next one. Private to src/mux. */
#ifndef LACE_MUX_SESSION_H
#define LACE_MUX_SESSION_H

#include "mux/server.h"

#define SESSION_MAX ((size_t)1 << 30)  /* bytes of its file */

/* Writes it; without panes there is none. What fails is logged. */
void session_save(const struct mux *m);
void session_forget(const struct mux *m);
/* Into an empty mux. A file that cannot be used is set aside, and logged. */
void session_restore(struct mux *m);

#endif
