/* expand.h - variables in the words of a Dockerfile and in a feature's containerEnv.
 *
 * Understood, as the engine's own builder does (Source: Dockerfile reference, "Environment replacement"):
 * $NAME, ${NAME}, ${NAME:-word}, ${NAME-word}, ${NAME:+word}, ${NAME+word}, ${NAME:?word}, ${NAME?word},
 * ${NAME#pattern}, ${NAME##pattern}, ${NAME%pattern}, ${NAME%%pattern}, ${NAME/pattern/word}, ${NAME//pattern/word},
 * nested; patterns have * and ?; quotes and the escape character. Private to dev. */
#ifndef LACE_DEV_EXPAND_H
#define LACE_DEV_EXPAND_H

#include "base/str.h"

#define DEV_EXPAND_MAX (64u << 10)   /* bytes of a result: chains of $A$A grow exponentially */
#define DEV_EXPAND_DEPTH 16          /* of ${A:-${B:-...}} */
#define DEV_EXPAND_STEPS (4u << 20)  /* of one pattern against one value */

struct dev_expand {
	const struct strv *vars;     /* "NAME=value"; may be NULL */
	char escape;                 /* '\\', or '`' by the escape directive */
	bool quoted;                 /* the text stands between double quotes already: quotes in it are text */
	bool unbound;                /* out: a variable without a value and without a default was used (as "") */
};

/* Appends the expanded text. -1: not understood, or too long, deep or laborious; what ret holds then is of no use. */
int dev_expand(struct dev_expand *x, const char *text, size_t len, struct str *ret);

#endif
