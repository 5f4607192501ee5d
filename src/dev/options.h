/* options.h - a feature's options, and the environment its install.sh gets (devcontainer.md 2.2, 2.4).
 *
 * Values go into the environment of an exec as they are: no shell reads them on the
 * way. (The reference writes NAME="value" lines that a shell sources, so quotes break
 * its build and `$` is expanded.) Private to dev. */
#ifndef LACE_DEV_OPTIONS_H
#define LACE_DEV_OPTIONS_H

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

/* What the user wrote for a feature (text or true: the option "version"; or an object), over the defaults
 * that the feature declares: a new object, option -> string. */
json_object *dev_options_resolve(json_object *feature_json, json_object *written);
/* "NAME=value" for each; of two options with one name the later wins. */
void dev_options_env(json_object *options, struct strv *ret);
/* Sets the feature's containerEnv in env (the image's environment so far), with its variables expanded
 * against it, as the reference's ENV lines are. */
int dev_options_container_env(json_object *feature_json, struct strv *env, struct err *err);

#endif
