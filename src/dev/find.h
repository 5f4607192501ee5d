/* find.h - which devcontainer.json a project folder means (devcontainer.md 1.1). */
#ifndef LACE_DEV_FIND_H
#define LACE_DEV_FIND_H

#include "dev/config.h"

/* workspace: absolute, links resolved. The path is spelled from there, so that the id labels are the same
 * however the person got here; links below the workspace stay as they are, as the reference CLI leaves them.
 * ERR_NOT_FOUND, or ERR_USAGE when a choice is needed. malloc()ed. */
char *dev_find_config(const char *workspace, const struct dev_config_options *opts, struct err *err);

#endif
