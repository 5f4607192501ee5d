/* The metadata label of an image that anybody made: read, merged, written again. */
#include "base/mem.h"
#include "dev/metadata.h"
#include "host/jsonc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *label = xmemdup0(data, size);
	json_object *entries = dev_metadata_parse(label);
	json_object *merged = dev_metadata_merge(entries, NULL);
	/* Merging the result's own mounts and lists once more must hold as well: it is what a re-used image does. */
	json_object *again = json_object_new_array();
	json_object_array_add(again, json_object_get(merged));
	json_object_put(dev_metadata_merge(again, merged));
	json_object_put(again);
	json_object_put(merged);

	/* Reading what was written gives the same text. */
	cleanup_str struct str first = STR_INIT, second = STR_INIT;
	json_stringify(&first, entries);
	json_object *back = dev_metadata_parse(first.s);
	json_stringify(&second, back);
	if (first.len <= DEV_LABEL_BYTES_MAX && !str_eq(first.s, second.s))
		abort();
	json_object_put(back);
	json_object_put(entries);
	return 0;
}
