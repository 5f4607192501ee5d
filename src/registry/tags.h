/* tags.h - versions as tags: which tags a version is published under, which of a list is meant.
 *
 * Source: reference/devcontainer.md 2.3 (tag rule), semver.org for precedence. */
#ifndef LACE_REGISTRY_TAGS_H
#define LACE_REGISTRY_TAGS_H

#include "base/str.h"

#define TAGS_MAX 10000u              /* of one repository that are looked at */

/* True for X.Y.Z with an optional -pre.release and +build. */
bool tags_is_version(const char *text);
/* <0, 0, >0; both are versions. Build metadata does not count. */
int tags_compare(const char *a, const char *b);
/* The tags to publish a version under, given those that exist: the version itself, and X.Y, X and latest unless a
 * higher version stands in that group. Empty when the version is published already. */
void tags_to_publish(const char *version, const struct strv *existing, struct strv *ret);
/* The versions among tags, ascending. */
void tags_versions(const struct strv *tags, struct strv *ret);
/* The highest version that a tag stands for ("1", "1.2", "1.2.3", "latest"), without prereleases unless the tag is one;
 * points into versions (as tags_versions() gives them), NULL when none is. */
const char *tags_newest(const struct strv *versions, const char *tag);

#endif
