/* workspace.h - the project folder and where the container sees it (devcontainer.md 3.3). */
#ifndef LACE_DEV_WORKSPACE_H
#define LACE_DEV_WORKSPACE_H

#include "dev/config.h"

/* The git work tree that dir (absolute, links resolved) lies in, or NULL. malloc()ed. */
char *dev_git_top(const char *dir);

/* What is mounted where when the configuration does not say. *ret_mount is a --mount value. */
void dev_workspace_default(const char *workspace, bool git_root, char **ret_mount, char **ret_folder);

#endif
