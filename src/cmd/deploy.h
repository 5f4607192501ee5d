/* deploy.h - lace's terminal server in a container that is there already: a newer one in the place of an older one,
 * or one where there is none.
 *
 * Everything goes through the engine's exec. The program lies in a folder that is root's alone, is checked there
 * (size, digest, what it says of itself) before anything else runs it, and takes its name by a rename. A server that
 * runs is told to become the new program (`lace-mux-server upgrade`), with every terminal it has; when it cannot, it
 * goes on as it was. */
#ifndef LACE_CMD_DEPLOY_H
#define LACE_CMD_DEPLOY_H

#include "cmd/project.h"

#define DEPLOY_DIR "/usr/local/lib/lace"       /* where the feature puts it, and the first choice */

struct deploy {
	struct engine *engine;
	const char *id, *started_at;           /* the container, and State.StartedAt */
	const char *user;                      /* whose server it is: remoteUser */
	const char *name;                      /* of the project, for messages */
	bool keep;                             /* leave what is there as it is */
};

/* Replaces a server that is older than this lace, and upgrades the one that runs. Never a newer one. What is done is
 * said in one line on stderr, and so is what could not be: that is no error. Costs nothing when it was looked at since the
 * container's start. */
void deploy_newer(const struct deploy *d);
/* The same, and puts the server into a container that has none, in the first folder that can be written and executed
 * from. Returns its path, malloc()ed; NULL with err when there is no such folder. */
char *deploy_anywhere(const struct deploy *d, struct err *err);
/* What deploy_anywhere() would return without looking: it was there at this start of the container, and is not older than
 * this lace. NULL: look. */
char *deploy_noted(const struct deploy *d);

/* Shell text that tells which server there is: the machine's name, path and --version on three lines. It is for root;
 * nothing runs that others than root could have written. The second puts it into a container's note. */
#define DEPLOY_LOOK \
	"uname -m\n" \
	"roots() { [ ! -L \"$1\" ] && [ -O \"$1\" ] && case $(ls -ld \"$1\") in ?????w*|????????w*) false;; esac; }\n" \
	"look() {\n" \
	"  cd -P \"$1\" 2>/dev/null && roots . && roots lace-mux-server || return 1\n" \
	"  said=$(./lace-mux-server --version 2>/dev/null) || return 1\n" \
	"  printf '%s\\n' \"$1/lace-mux-server\" \"$said\"\n" \
	"}\n" \
	"for d in " DEPLOY_DIRS "; do look $d && break; done\n"
#define DEPLOY_DIRS DEPLOY_DIR " /var/lib/lace/bin /run/lace/bin /tmp/.lace-server"
void deploy_note_look(struct project_note *note, const char *started_at, const char *text);

#endif
