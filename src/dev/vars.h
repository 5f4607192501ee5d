/* vars.h - substitution that can say where in a file it failed. */
#ifndef LACE_DEV_VARS_H
#define LACE_DEV_VARS_H

#include "dev/config.h"

/* All values of one tree together: a small file full of ${localWorkspaceFolder} could else fill the memory. */
#define DEV_SUBSTITUTED_MAX (64u << 20)

/* As dev_substitute(); value comes from jsonc_read_file(file), and errors begin with FILE:LINE:COL. */
json_object *dev_substitute_file(json_object *value, const struct dev_vars *vars, const char *file,
    struct err *err);

#endif
