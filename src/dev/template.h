/* template.h - dev container templates: fetched from a registry and put into a workspace (devcontainer.md 3.10). */
#ifndef LACE_DEV_TEMPLATE_H
#define LACE_DEV_TEMPLATE_H

#include "registry/registry.h"

#define TEMPLATE_FILE_MAX (16u << 20)    /* bytes of one file of a template */
#define TEMPLATE_FILES_MAX 4096u

struct dev_template {
	const char *ref;                 /* "ghcr.io/owner/templates/name:1" */
	json_object *args;               /* option -> value, or NULL */
	json_object *features;           /* [{"id":REF,"options":{...}}], or NULL */
	json_object *omit;               /* ["path", "dir/ *"] (without the blank) that are left out, or NULL */
};
/* Copies the template's files into the folder, over what is there, its options replaced by args or their defaults, and
 * adds the features to its devcontainer.json, whose comments stay; one that is named there already is left as it
 * is. ret_files: "./path" of each, sorted. */
int dev_template_apply(struct registry *r, const struct dev_template *t, const char *workspace, struct strv *ret_files,
    struct err *err);
/* The manifest's dev.containers.metadata: a new object. Without one: ERR_NOT_FOUND. */
int dev_template_metadata(struct registry *r, const char *ref, json_object **ret, struct err *err);

/* ---- its parts, for tests ---- */

/* text with each ${templateOption:NAME} replaced; what is no such variable stays. */
void dev_template_expand(const char *text, size_t len, json_object *args, json_object *options, struct str *ret);
/* JSONC text with features added; comments and layout stay. name is for messages. */
int dev_template_add_features(const char *text, size_t len, const char *name, json_object *features, struct str *ret,
    struct err *err);

#endif
