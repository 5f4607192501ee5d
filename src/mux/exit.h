/* exit.h - panes whose program has ended, or never began. Private to src/mux. */
#ifndef LACE_MUX_EXIT_H
#define LACE_MUX_EXIT_H

#include "mux/server.h"

#define EXIT_COMMAND_MAX 1024          /* bytes of a command line that is shown, about */

/* A command line as a shell would read it, for people; malloc()ed. */
char *exit_command_line(const char *const *argv);
/* Its program ended with p->status: whether the pane stays all the same. Then it has said so on its screen. */
bool exit_holds(struct pane *p);
/* Its program could not be executed (errno sys; path: of the environment): the pane shows why, and stays. */
void exit_not_started(struct pane *p, const char *program, const char *path, int sys);

#endif
