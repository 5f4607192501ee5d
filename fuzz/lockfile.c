/* devcontainer-lock.json, and references as a configuration has them. */
#include "base/mem.h"
#include "dev/lockfile.h"
#include "dev/source.h"
#include "host/jsonc.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_err struct err err = ERR_INIT;
	json_object *lock = jsonc_parse((const char *)data, size, "fuzz", NULL, &err);
	json_object *features = json_get(lock, "features");
	struct dev_config c = { .workspace = (char *)"/nonexistent", .config_dir = (char *)"/nonexistent/.devcontainer" };
	if (json_object_is_type(features, json_type_object)) {
		json_object_object_foreach(features, ref, entry) {
			(void)entry;
			cleanup_err struct err why = ERR_INIT;
			const char *digest = dev_lockfile_digest(lock, ref, &why);
			if (digest && !registry_digest_valid(digest))
				abort();
			cleanup_err struct err no = ERR_INIT;
			struct dev_source s;
			if (dev_source_parse(&c, ref, &s, &no) == 0) {
				if (!s.key || s.kind == DEV_SOURCE_LOCAL)
					abort();
				dev_source_fini(&s);
			}
			cleanup_free char *id = dev_source_id(ref);
		}
	}
	json_object_put(lock);
	return 0;
}
