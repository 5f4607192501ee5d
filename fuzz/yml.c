/* The YAML reader: any bytes give a tree or an error, never both. */
#include "host/yml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 << 14)
		return 0;
	struct err err = ERR_INIT;
	json_object *tree = yml_parse((const char *)data, size, "f", &err);
	if (tree && err_is(&err))
		abort();
	err_fini(&err);
	json_object_put(tree);
	return 0;
}
