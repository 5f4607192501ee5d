/* build.h - which build of lace a program is, and which of two is the newer one.
 *
 * A build is called "VERSION (TIME-COMMIT)": the release, and the time (UTC, as YYYYMMDDHHMMSS) and hash of the commit
 * it was made from. Programs of one build may be told apart by nothing else. */
#ifndef LACE_BASE_BUILD_H
#define LACE_BASE_BUILD_H

#define BUILD_TEXT_MAX 128u            /* of a build's name that came from outside */

/* This program's. For whoever includes version.h and build_time.h. */
#define LACE_BUILD LACE_VERSION " (" LACE_BUILD_TIME "-" LACE_COMMIT ")"

/* Below, at or above 0 as build a is older than b, the same, or newer. By release, then by what is in the
 * parentheses; a build without them is older than one with. */
int build_compare(const char *a, const char *b);

#endif
