/* trust.h - a repository is shown and confirmed once per content (design.md part 9).
 *
 * What is asked about: what the configuration runs on the host, mounts from it,
 * publishes, and which privileges it wants. Confirmed digests stand in
 * $XDG_STATE_HOME/lace/trust.json. */
#ifndef LACE_DEV_TRUST_H
#define LACE_DEV_TRUST_H

#include "dev/config.h"

/* What makes this configuration worth asking about, one plain line each (host paths and commands are shown
 * through log_safe). Always at least one line. */
void dev_trust_reasons(const struct dev_config *c, struct strv *ret);
bool dev_trust_known(const struct dev_config *c);
int dev_trust_record(const struct dev_config *c, struct err *err);
/* Known: 0. trust_all: records, 0. Otherwise asks on the terminal; without one, or when the answer is no:
 * ERR_FAILED that names --trust. */
int dev_trust_confirm(const struct dev_config *c, bool trust_all, struct err *err);

/* What the metadata entries of image and features (raw, with or without the configuration's own) ask for beyond
 * the configuration: privileges, mounts from the host, its environment. May be no line. */
int dev_trust_image_reasons(const struct dev_config *c, json_object *entries, struct strv *ret, struct err *err);
/* The same question about those; 0 without one when there are none. Before a container is created. */
int dev_trust_confirm_image(const struct dev_config *c, json_object *entries, bool trust_all, struct err *err);

/* And about what the services of a compose project want (model: what `compose config` printed). */
void dev_trust_compose_reasons(const struct dev_config *c, json_object *model, struct strv *ret);
int dev_trust_confirm_compose(const struct dev_config *c, json_object *model, bool trust_all, struct err *err);

/* Whether a path of this host is the workspace or in it, links followed. */
bool dev_trust_inside(const struct dev_config *c, const char *path);

#endif
