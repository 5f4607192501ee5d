/* check.h - dev_config_check() with its warnings handed over instead of logged. */
#ifndef LACE_DEV_CHECK_H
#define LACE_DEV_CHECK_H

#include "dev/config.h"

#define DEV_CHECK_WARNINGS_MAX 40   /* the rest is counted */

/* Dockerfile before image before Compose (devcontainer.md 1.1). */
enum dev_kind dev_config_kind(json_object *conf);

int dev_check(json_object *conf, const char *file, struct strv *warnings, struct err *err);

#endif
