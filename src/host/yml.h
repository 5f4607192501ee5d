/* yml.h - YAML into json-c objects, for what `compose config` prints and the few things asked of compose files.
 *
 * The first document of the text; libyaml does the parsing. Plain scalars are null, booleans and numbers as
 * YAML 1.2's core schema has them, quoted ones strings; keys are text. Aliases are followed, merge keys ("<<") are
 * not: compose has resolved them before. */
#ifndef LACE_HOST_YML_H
#define LACE_HOST_YML_H

#include "base/err.h"

#include <json-c/json.h>
#include <stddef.h>

#define YML_BYTES_MAX (4u << 20)
#define YML_DEPTH_MAX 64
#define YML_NODES_MAX (1u << 18)        /* once aliases are followed: ten lines of them could mean millions */

/* name is used in messages ("FILE:LINE:COL: ..."). The result's owner is the caller; NULL with err unset when the
 * text holds no document. */
json_object *yml_parse(const char *text, size_t len, const char *name, struct err *err);

#endif
