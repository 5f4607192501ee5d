/* order.h - in which order features are installed (devcontainer.md 2.6). Private to dev. */
#ifndef LACE_DEV_ORDER_H
#define LACE_DEV_ORDER_H

#include "base/str.h"
#include "dev/source.h"

#include <json-c/json.h>

#include <stddef.h>

/* One feature with its options: what was written for it, so the same feature may stand here twice. */
struct dev_node {
	struct dev_source source;
	char *digest;                /* a registry's: of the manifest; else NULL */
	struct strv ids;             /* a registry's: its id now and its legacy ones */
	json_object *written;        /* options as the user wrote them; owned */
	size_t *deps;                /* nodes that must be installed before; the first n_hard by dependsOn */
	size_t n_deps, n_hard;
	size_t priority;             /* overrideFeatureInstallOrder: higher goes first */
};

void dev_node_fini(struct dev_node *n);
void dev_node_depend(struct dev_node *n, size_t on);
/* Orders as the reference does inside a round; 0: the same feature with the same options. */
int dev_node_compare(const struct dev_node *a, const struct dev_node *b);
/* Whether a reference means this feature, whatever the version: by its own name or a legacy one. */
bool dev_node_is(const struct dev_node *n, const struct dev_source *s);
/* ret holds n entries: indices into nodes in install order. ERR_FAILED names who waits for whom. */
int dev_order(const struct dev_node *nodes, size_t n, size_t *ret, struct err *err);

#endif
