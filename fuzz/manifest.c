/* A registry's manifest: any bytes are taken or refused; what was taken names a layer that can be asked for. */
#include "base/mem.h"
#include "base/str.h"
#include "registry/manifest.h"
#include "registry/ref.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_err struct err err = ERR_INIT;
	struct manifest m;
	if (manifest_parse((const char *)data, size, "fuzz", &m, &err) < 0) {
		if (!err_is(&err) || m.json || m.layer)
			abort();
		return 0;
	}
	if (!registry_digest_valid(m.layer) || m.layer_size < 0 || m.layer_size > LAYER_BYTES_MAX ||
	    (m.metadata && !json_object_is_type(m.metadata, json_type_object)))
		abort();
	/* What we would write of it can be read. */
	struct manifest_layer layer = { m.layer_type, m.layer, m.title ? m.title : "x", m.layer_size };
	cleanup_free char *text = manifest_write(&layer, NULL);
	struct manifest again;
	if (manifest_parse(text, strlen(text), "fuzz", &again, &err) < 0 || !str_eq(again.layer, m.layer) ||
	    again.layer_size != m.layer_size)
		abort();
	manifest_fini(&again);
	manifest_fini(&m);
	return 0;
}
