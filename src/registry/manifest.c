#include "registry/manifest.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"
#include "host/sha256.h"
#include "registry/ref.h"

#include <string.h>

/* An annotation is text that holds JSON. What does not is as if it were not there: the layer has the same. */
static json_object *metadata_of(json_object *json)
{
	const char *text = json_str(json_get(json, "annotations"), MANIFEST_METADATA);
	cleanup_err struct err ignored = ERR_INIT;
	json_object *metadata = text ? jsonc_parse(text, strlen(text), MANIFEST_METADATA, NULL, &ignored) : NULL;
	if (json_object_is_type(metadata, json_type_object))
		return metadata;
	json_object_put(metadata);
	return NULL;
}

static int read_layer(json_object *json, const char *name, struct manifest *ret, struct err *err)
{
	json_object *layers = json_get(json, "layers");
	const char *config = json_str(json_get(json, "config"), "mediaType");
	if (!config || !str_eq(config, MANIFEST_CONFIG_TYPE) || !json_object_is_type(layers, json_type_array))
		return err_set(err, ERR_FAILED, "%s is not a dev container feature or template (its manifest's config has the type "
		    "\"%.100s\"); check the name", name, config ? config : "");
	json_object *layer = json_object_array_get_idx(layers, 0);
	const char *digest = json_str(layer, "digest"), *type = json_str(layer, "mediaType");
	const char *title = json_str(json_get(layer, "annotations"), "org.opencontainers.image.title");
	int64_t size = json_int(layer, "size", -1);
	if (!digest || !registry_digest_valid(digest) || !type)
		return err_set(err, ERR_FAILED, "%s: its manifest names no layer by a sha256 digest; whoever published it must "
		    "publish it again", name);
	if (size < 0 || size > LAYER_BYTES_MAX)
		return err_set(err, ERR_FAILED, "%s: its layer would have %lld bytes; at most %lld are taken", name, (long long)size,
		    (long long)LAYER_BYTES_MAX);
	ret->layer = xstrdup(digest);
	ret->layer_type = xstrdup(type);
	ret->layer_size = size;
	ret->title = title ? xstrdup(title) : NULL;
	return 0;
}

int manifest_parse(const char *text, size_t len, const char *name, struct manifest *ret, struct err *err)
{
	*ret = (struct manifest){ 0 };
	if (len > MANIFEST_BYTES_MAX)
		return err_set(err, ERR_FAILED, "%s: a manifest of %zu bytes; at most %u are taken", name, len, MANIFEST_BYTES_MAX);
	cleanup_err struct err garbled = ERR_INIT;
	json_object *json = jsonc_parse(text, len, "manifest", NULL, &garbled);
	if (!json_object_is_type(json, json_type_object)) {
		json_object_put(json);
		return err_set(err, ERR_FAILED, "%s: the registry's answer is not a manifest (%s); a proxy may have answered instead",
		    name, garbled.msg ? garbled.msg : "no JSON object");
	}
	ret->json = json;
	ret->metadata = metadata_of(json);
	if (read_layer(json, name, ret, err) == 0)
		return 0;
	manifest_fini(ret);
	return -1;
}

void manifest_fini(struct manifest *m)
{
	json_object_put(m->json);
	json_object_put(m->metadata);
	free(m->layer);
	free(m->layer_type);
	free(m->title);
	*m = (struct manifest){ 0 };
}

static json_object *descriptor(const char *type, const char *digest, int64_t size)
{
	json_object *d = json_object_new_object();
	json_object_object_add(d, "mediaType", json_object_new_string(type));
	json_object_object_add(d, "digest", json_object_new_string(digest));
	json_object_object_add(d, "size", json_object_new_int64(size));
	return d;
}

char *manifest_write(const struct manifest_layer *layer, json_object *annotations)
{
	char config[7 + 65] = "sha256:";
	sha256_hex(MANIFEST_EMPTY_CONFIG, sizeof(MANIFEST_EMPTY_CONFIG) - 1, config + 7);
	json_object *m = json_object_new_object(), *layers = json_object_new_array(), *titles = json_object_new_object();
	json_object_object_add(titles, "org.opencontainers.image.title", json_object_new_string(layer->title));
	json_object *one = descriptor(layer->type, layer->digest, layer->size);
	json_object_object_add(one, "annotations", titles);
	json_object_array_add(layers, one);
	json_object_object_add(m, "schemaVersion", json_object_new_int(2));
	json_object_object_add(m, "mediaType", json_object_new_string(MANIFEST_TYPE));
	json_object_object_add(m, "config", descriptor(MANIFEST_CONFIG_TYPE, config, sizeof(MANIFEST_EMPTY_CONFIG) - 1));
	json_object_object_add(m, "layers", layers);
	if (annotations)
		json_object_object_add(m, "annotations", json_object_get(annotations));
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, m);
	json_object_put(m);
	return str_detach(&text);
}
