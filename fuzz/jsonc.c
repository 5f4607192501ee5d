/* The JSONC reader: any bytes give a tree or an error; what was printed is read
 * again without a warning, to the same bytes. */
#include "host/jsonc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_positions(json_object *value)
{
	if (value && (jsonc_pos(value).line == 0 || jsonc_pos(value).col == 0))
		abort();
	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			check_positions(json_object_array_get_idx(value, i));
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)key;
			check_positions(member);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct strv warnings = STRV_INIT;
	json_object *tree = jsonc_parse((const char *)data, size, "f", &warnings, &err);
	if (!tree != err_is(&err))
		abort();
	strv_fini(&warnings);
	if (tree) {
		struct str one = STR_INIT, two = STR_INIT;
		check_positions(tree);
		json_stringify(&one, tree);
		json_object *again = jsonc_parse(one.s, one.len, "f", &warnings, &err);
		/* Only a number too large for a double prints as null, which alone is no document. */
		if (!again && strcmp(one.s, "null") != 0)
			abort();
		if (again) {
			json_stringify(&two, again);
			if (warnings.n > 0 || one.len != two.len || memcmp(one.s, two.s, one.len) != 0)
				abort();
		}
		json_object *copy = json_copy(tree);
		str_reset(&two);
		json_stringify(&two, copy);
		if (strcmp(one.s, two.s) != 0)
			abort();
		json_pretty(&two, copy);
		json_object_put(copy);
		json_object_put(again);
		json_object_put(tree);
		str_fini(&one);
		str_fini(&two);
	}
	strv_fini(&warnings);
	err_fini(&err);
	return 0;
}
