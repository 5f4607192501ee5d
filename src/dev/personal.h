/* personal.h - what a person adds to any project's container: secrets of a file, and their dotfiles.
 *
 * Source: reference/devcontainer.md 3.8, 3.9. */
#ifndef LACE_DEV_PERSONAL_H
#define LACE_DEV_PERSONAL_H

#include "dev/hooks.h"

#define DEV_SECRETS_MAX 256

/* A JSON object of names and values, appended as "NAME=value". From here on the values are shown as ******** wherever
 * this run writes (log.h). */
int dev_secrets_read(const char *path, struct strv *ret, struct err *err);

struct dev_dotfiles {
	const char *repository;      /* NULL: none. "owner/name" is GitHub's */
	const char *target;          /* NULL: ~/dotfiles */
	const char *command;         /* NULL: the first of the usual names that is there, else the files are linked */
};
/* Clones and installs them as the remote user, once in a container's life; env as for engine_exec(). A failure is a
 * warning: nobody's container waits for somebody's taste. */
void dev_dotfiles_install(struct dev_target *t, const struct dev_dotfiles *d, const struct strv *env);

#endif
