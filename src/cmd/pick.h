/* pick.h - which project, when the name does not say: a list on the terminal that typing narrows. */
#ifndef LACE_CMD_PICK_H
#define LACE_CMD_PICK_H

#include "cmd/project.h"

/* How well a name answers what was typed, without regard to case: higher is better, 0 is not at all. All letters
 * have to come in their order; begins with it beats holds it beats scattered. "" matches everything alike. */
int pick_score(const char *name, const char *typed);
/* Shows the projects that match on the terminal (stdin and stdout), `typed` (may be NULL) in the field already; returns the
 * chosen one. NULL: the person left (ERR_FAILED), or nothing matches from the start (ERR_NOT_FOUND). */
const struct project *pick_project(const struct projects *p, const char *typed, struct err *err);

#endif
