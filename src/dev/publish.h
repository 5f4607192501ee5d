/* publish.h - features and templates as archives, and into registries (devcontainer.md 2.3).
 *
 * An archive is the same bytes each time it is made from the same files (no times, no
 * owners, sorted names), so publishing again what did not change is known by its digest. */
#ifndef LACE_DEV_PUBLISH_H
#define LACE_DEV_PUBLISH_H

#include "registry/registry.h"

#define DEV_PACKAGES_MAX 1024u           /* of one collection */

enum dev_collection { DEV_COLLECTION_FEATURES, DEV_COLLECTION_TEMPLATES };

struct dev_package {
	enum dev_collection kind;
	char *id, *version;
	json_object *json;           /* devcontainer-feature.json or devcontainer-template.json, with what packaging adds */
	struct str tar;              /* uncompressed */
};
/* A folder's package. It needs its JSON file with "id" (the folder's name), "version" and "name", and a feature its install.sh. */
int dev_package_make(enum dev_collection kind, const char *dir, struct dev_package *ret, struct err *err);
void dev_package_fini(struct dev_package *p);
/* All of a folder, by name: target is one of them, holds them, or has a "src" that does. ERR_NOT_FOUND: there is none. */
struct dev_packages { struct dev_package *v; size_t n; };
int dev_packages_make(enum dev_collection kind, const char *target, struct dev_packages *ret, struct err *err);
void dev_packages_fini(struct dev_packages *p);
/* "devcontainer-feature-<id>.tgz", malloc()ed. */
char *dev_package_file(const struct dev_package *p);
/* devcontainer-collection.json of these. */
#define DEV_COLLECTION_FILE "devcontainer-collection.json"
json_object *dev_collection_json(enum dev_collection kind, const struct dev_packages *p);

struct dev_published {
	struct strv tags;            /* that were written; empty: this version is published already, nothing was done */
	struct strv legacy_ids;      /* under which it was published as well */
	char *digest;                /* of the manifest, or NULL */
};
/* To host/namespace/<id>, under the tags that the tag rule gives; a feature also under its legacy ids. */
int dev_publish(struct registry *r, const struct dev_package *p, const char *host, const char *namespace,
    struct dev_published *ret, struct err *err);
void dev_published_fini(struct dev_published *p);
/* The collection's index, to host/namespace:latest. */
int dev_publish_collection(struct registry *r, enum dev_collection kind, const struct dev_packages *p, const char *host,
    const char *namespace, struct err *err);

#endif
