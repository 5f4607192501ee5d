/* sandbox.h - what lace-fetch may still do once it has read its orders. */
#ifndef LACE_FETCH_SANDBOX_H
#define LACE_FETCH_SANDBOX_H

#include "base/err.h"

/* From here on, for all threads to come: no new privileges, no core, bounded file size and memory; and where the
 * kernel has Landlock, nothing but cache can be written, nothing but it and the system's libraries, certificates
 * and name service files can be read, no program run and no port listened on. Call it before threads start. */
int sandbox_enter(const char *cache, struct err *err);

#endif
