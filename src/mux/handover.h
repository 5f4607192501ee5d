/* handover.h - a running server's state for its successor. Private to src/mux. */
#ifndef LACE_MUX_HANDOVER_H
#define LACE_MUX_HANDOVER_H

#include "mux/server.h"

/* Has the binary at path read the state on trial. Changes nothing. */
int handover_try(struct mux *m, const char *path, struct err *err);
/* Becomes that binary. Returns only when it cannot; nothing has changed then. */
void handover_execute(struct mux *m, const char *path);
/* Fills an empty mux from fd. */
int handover_read(struct mux *m, int fd, struct err *err);

#endif
