/* jsonc.h - JSON with comments, as people write it: positions, and recovery with warnings.
 *
 * Reads into json-c objects (order of keys kept, duplicate key: last wins).
 * Accepts // and block comments, trailing, repeated and missing commas and a BOM;
 * what plain JSONC does not allow but the reference CLI forgives (devcontainer.md
 * 1.1, T030-T036) is accepted with a warning. Anything else is an error that
 * names file, line, column and what was expected; so is null alone (no object
 * could be returned for it) and \u0000 in a string. A whole number is always a
 * json_type_int, however it was written (1.0, 1e3), up to 2^53. */
#ifndef LACE_HOST_JSONC_H
#define LACE_HOST_JSONC_H

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

#define JSONC_BYTES_MAX (8u << 20)
#define JSONC_DEPTH_MAX 128

struct jsonc_pos { unsigned line, col; };       /* from 1; col counts code points; 0 = unknown */

/* name is used in messages ("FILE:LINE:COL: expected ..., found ..."). Each warning is one line
 * of the same form, appended to warnings (may be NULL). The result's owner is the caller. */
json_object *jsonc_parse(const char *text, size_t len, const char *name, struct strv *warnings,
    struct err *err);
json_object *jsonc_read_file(const char *path, struct strv *warnings, struct err *err);
/* Where a parsed value began. null has no object: unknown. */
struct jsonc_pos jsonc_pos(json_object *value);

/* JSON.stringify's bytes: no spaces, "/" not escaped, non-ASCII as is, numbers as JavaScript prints
 * them, integer-like keys first in ascending order (devcontainer.md 8.5 (4)). */
void json_stringify(struct str *ret, json_object *value);
/* Two-space indent and a final newline. */
void json_pretty(struct str *ret, json_object *value);
/* Deep copy (positions are not kept). */
json_object *json_copy(json_object *value);

/* Typed getters; NULL/fallback when absent or of another type. Strings live as long as obj. */
const char *json_str(json_object *obj, const char *key);
bool json_flag(json_object *obj, const char *key, bool fallback);
int64_t json_int(json_object *obj, const char *key, int64_t fallback);
json_object *json_get(json_object *obj, const char *key);   /* NULL when obj is not an object or lacks it */

#endif
