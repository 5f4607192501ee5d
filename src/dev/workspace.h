/* workspace.h - the project folder and where the container sees it (devcontainer.md 3.3). */
#ifndef LACE_DEV_WORKSPACE_H
#define LACE_DEV_WORKSPACE_H

#include "dev/config.h"

/* The git work tree that dir (absolute, links resolved) lies in, or NULL. malloc()ed. */
char *dev_git_top(const char *dir);

/* What is mounted where when the configuration does not say. *ret_mount is a --mount value. */
void dev_workspace_default(const char *workspace, bool git_root, char **ret_mount, char **ret_folder);

/* The same for a git worktree whose .git file names its repository by a relative path: what they have in common stays in
 * place in the container, so that the path leads there too. *ret_common is a second --mount value. false: it is none. */
bool dev_workspace_worktree(const char *workspace, char **ret_mount, char **ret_folder, char **ret_common);

#endif
