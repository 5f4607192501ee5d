/* mergedConfiguration: what the image, its features and devcontainer.json say
 * together (devcontainer.md 1.5). Later entries are stronger; each property has
 * one of the few rules below. Entries come from labels, so every value's type is
 * looked at and what does not fit is passed over. */
#include "dev/metadata.h"

#include "base/map.h"
#include "base/mem.h"
#include "dev/mount.h"
#include "host/jsonc.h"

#include <math.h>
#include <string.h>

/* ---- going through one property of all entries ---- */

struct each { json_object *entries; const char *key; size_t i; };

/* The next entry's value of the property, or NULL at the end; null counts as absent. */
static json_object *next(struct each *e)
{
	while (e->i < json_object_array_length(e->entries)) {
		json_object *value = json_get(json_object_array_get_idx(e->entries, e->i++), e->key);
		if (value)
			return value;
	}
	return NULL;
}
#define EACH(value, entries_, key_) \
	(struct each e_ = { entries_, key_, 0 }; (value = next(&e_));)

/* What JavaScript takes for true; the reference CLI decides by it. */
static bool truthy(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_boolean:
		return json_object_get_boolean(value);
	case json_type_string:
		return json_object_get_string_len(value) > 0;
	case json_type_int:
	case json_type_double:
		return json_object_get_double(value) != 0;
	default:
		return true;
	}
}

/* Sets or, for NULL, removes. Takes the reference. */
static void put(json_object *out, const char *key, json_object *value)
{
	if (value)
		json_object_object_add(out, key, value);
	else
		json_object_object_del(out, key);
}

static json_object *none_if_empty(json_object *list)
{
	if (json_object_array_length(list))
		return list;
	json_object_put(list);
	return NULL;
}

/* The value's elements, or the value itself when it is no array. */
static size_t items(json_object *value)
{
	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 1;
}
static json_object *item(json_object *value, size_t i)
{
	return json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, i) : value;
}

/* ---- the rules ---- */

static json_object *any_true(json_object *entries, const char *key)
{
	json_object *value;
	bool any = false;
	for EACH(value, entries, key)
		any = any || truthy(value);
	return json_object_new_boolean(any);
}

static json_object *last_of_type(json_object *entries, const char *key, json_type type)
{
	json_object *value, *last = NULL;
	for EACH(value, entries, key)
		if (json_object_is_type(value, type) && (type == json_type_boolean || truthy(value)))
			last = value;
	return json_object_get(last);
}

static json_object *per_key(json_object *entries, const char *key)
{
	json_object *value, *ret = json_object_new_object();
	for EACH(value, entries, key) {
		if (!json_object_is_type(value, json_type_object))
			continue;
		json_object_object_foreach(value, name, member)
			json_object_object_add(ret, name, json_object_get(member));
	}
	return ret;
}

/* First occurrence keeps its place. */
static json_object *union_of(json_object *entries, const char *key)
{
	json_object *value, *ret = json_object_new_array();
	struct map seen = MAP_INIT;
	for EACH(value, entries, key) {
		for (size_t i = 0; i < items(value); i++) {
			json_object *v = item(value, i);
			if (json_object_is_type(v, json_type_string) && !map_set(&seen, json_object_get_string(v), v))
				json_object_array_add(ret, json_object_get(v));
		}
	}
	map_fini(&seen);
	return none_if_empty(ret);
}

/* A port n is the same as "localhost:n", and comes out as the number. */
static json_object *ports(json_object *entries)
{
	static const char local[] = "localhost:";
	json_object *value, *ret = json_object_new_array();
	struct map seen = MAP_INIT;
	for EACH(value, entries, "forwardPorts") {
		for (size_t i = 0; i < items(value); i++) {
			json_object *v = item(value, i);
			cleanup_free char *key = NULL;
			if (json_object_is_type(v, json_type_int))
				key = xasprintf("%s%lld", local, (long long)json_object_get_int64(v));
			else if (json_object_is_type(v, json_type_string))
				key = xstrdup(json_object_get_string(v));
			if (!key || map_set(&seen, key, v))
				continue;
			const char *digits = str_starts(key, local) ? key + strlen(local) : "";
			size_t n = strspn(digits, "0123456789");
			json_object_array_add(ret, n && n <= 9 && !digits[n] ?
			    json_object_new_int64(strtoll(digits, NULL, 10)) : json_object_get(v));
		}
	}
	map_fini(&seen);
	return none_if_empty(ret);
}

static json_object *collect(json_object *entries, const char *key, bool strings_only)
{
	json_object *value, *ret = json_object_new_array();
	for EACH(value, entries, key) {
		json_type type = json_object_get_type(value);
		bool fits = type == json_type_string ||
		    (!strings_only && (type == json_type_array || type == json_type_object));
		if (fits && truthy(value))
			json_object_array_add(ret, json_object_get(value));
	}
	return ret;
}

static json_object *by_namespace(json_object *entries)
{
	json_object *value, *ret = json_object_new_object();
	for EACH(value, entries, "customizations") {
		if (!json_object_is_type(value, json_type_object))
			continue;
		json_object_object_foreach(value, name, member) {
			json_object *list = json_get(ret, name);
			if (!list) {
				list = json_object_new_array();
				json_object_object_add(ret, name, list);
			}
			json_object_array_add(list, json_object_get(member));
		}
	}
	if (json_object_object_length(ret))
		return ret;
	json_object_put(ret);
	return NULL;
}

/* The last mount of a target stays, at its own late place. */
static json_object *mounts(json_object *entries)
{
	json_object *value, *all = json_object_new_array(), *ret = json_object_new_array();
	struct map last = MAP_INIT;     /* target -> its place in all, + 1 */
	for EACH(value, entries, "mounts") {
		for (size_t i = 0; i < items(value); i++) {
			json_object *v = item(value, i);
			struct dev_mount m;
			if (!v)
				continue;
			/* One that we cannot read is left to the engine, which will say what is wrong with it. */
			if (!dev_mount_parse(v, &m)) {
				map_set(&last, m.target, (void *)(json_object_array_length(all) + 1));
				dev_mount_fini(&m);
			}
			json_object_array_add(all, json_object_get(v));
		}
	}
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		json_object *v = json_object_array_get_idx(all, i);
		struct dev_mount m;
		bool stays = true;
		if (!dev_mount_parse(v, &m)) {
			stays = (size_t)map_get(&last, m.target) == i + 1;
			dev_mount_fini(&m);
		}
		if (stays)
			json_object_array_add(ret, json_object_get(v));
	}
	map_fini(&last);
	json_object_put(all);
	return none_if_empty(ret);
}

/* ---- hostRequirements: the most that anybody asks for ---- */

/* "8gb" -> bytes; 0 when it is not a size. */
static uint64_t size_of(json_object *value)
{
	if (!json_object_is_type(value, json_type_string))
		return 0;
	const char *s = json_object_get_string(value);
	uint64_t n = 0;
	size_t digits = strspn(s, "0123456789");
	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(s[i] - '0'), &n))
			return UINT64_MAX;
	if (!digits)
		return 0;
	const char *unit = s + digits;
	if (!*unit)
		return n;
	const char *which = strchr("kmgt", *unit);
	if (!which || !str_eq(unit + 1, "b"))
		return 0;
	unsigned shift = 10 * (unsigned)(which - "kmgt" + 1);
	return n > UINT64_MAX >> shift ? UINT64_MAX : n << shift;
}

static double number_of(json_object *value)
{
	json_type type = json_object_get_type(value);
	double n = type == json_type_int || type == json_type_double ? json_object_get_double(value) : 0;
	return isfinite(n) && n > 0 ? n : 0;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static json_object *new_number(double n)
{
	return n < 9e15 && n == (double)(int64_t)n ? json_object_new_int64((int64_t)n) : json_object_new_double(n);
}

struct gpu {
	int rank;       /* 0 none, 1 "optional", 2 true, 3 in detail */
	double cores;
	uint64_t memory;
};

static void raise_gpu(struct gpu *gpu, json_object *value)
{
	int rank = 0;
	if (json_object_is_type(value, json_type_object))
		rank = 3;
	else if (json_object_is_type(value, json_type_boolean))
		rank = json_object_get_boolean(value) ? 2 : 0;
	else if (json_object_is_type(value, json_type_string))
		rank = str_eq(json_object_get_string(value), "optional");
	gpu->rank = MAX(gpu->rank, rank);
	if (rank == 3) {
		gpu->cores = larger(gpu->cores, number_of(json_get(value, "cores")));
		gpu->memory = MAX(gpu->memory, size_of(json_get(value, "memory")));
	}
}

static void put_size(json_object *out, const char *key, uint64_t size)
{
	cleanup_free char *text = xasprintf("%llu", (unsigned long long)size);
	if (size)
		json_object_object_add(out, key, json_object_new_string(text));
}

static json_object *requirements(json_object *entries)
{
	json_object *value;
	double cpus = 0;
	uint64_t memory = 0, storage = 0;
	struct gpu gpu = { 0 };
	for EACH(value, entries, "hostRequirements") {
		cpus = larger(cpus, number_of(json_get(value, "cpus")));
		memory = MAX(memory, size_of(json_get(value, "memory")));
		storage = MAX(storage, size_of(json_get(value, "storage")));
		raise_gpu(&gpu, json_get(value, "gpu"));
	}
	if (cpus == 0 && !memory && !storage && !gpu.rank)
		return NULL;
	json_object *ret = json_object_new_object();
	json_object_object_add(ret, "cpus", new_number(cpus));
	put_size(ret, "memory", memory);
	put_size(ret, "storage", storage);
	if (gpu.rank == 1) {
		json_object_object_add(ret, "gpu", json_object_new_string("optional"));
	} else if (gpu.rank == 2) {
		json_object_object_add(ret, "gpu", json_object_new_boolean(1));
	} else if (gpu.rank == 3) {
		json_object *o = json_object_new_object();
		if (gpu.cores > 0)
			json_object_object_add(o, "cores", new_number(gpu.cores));
		put_size(o, "memory", gpu.memory);
		json_object_object_add(ret, "gpu", o);
	}
	return ret;
}

json_object *dev_metadata_merge(json_object *entries, json_object *conf)
{
	static const struct { const char *one, *many; } hooks[] = {
		{ "onCreateCommand", "onCreateCommands" }, { "updateContentCommand", "updateContentCommands" },
		{ "postCreateCommand", "postCreateCommands" }, { "postStartCommand", "postStartCommands" },
		{ "postAttachCommand", "postAttachCommands" },
	};
	json_object *out = json_object_new_object();
	if (json_object_is_type(conf, json_type_object)) {
		json_object_object_foreach(conf, key, value)
			json_object_object_add(out, key, json_object_get(value));
	}
	/* In the reference's order, which is the one that they are printed in. */
	put(out, "init", any_true(entries, "init"));
	put(out, "privileged", any_true(entries, "privileged"));
	put(out, "capAdd", union_of(entries, "capAdd"));
	put(out, "securityOpt", union_of(entries, "securityOpt"));
	put(out, "entrypoint", NULL);
	put(out, "entrypoints", none_if_empty(collect(entries, "entrypoint", true)));
	put(out, "mounts", mounts(entries));
	put(out, "customizations", NULL);
	put(out, "customizations", by_namespace(entries));
	for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
		put(out, hooks[i].one, NULL);
		put(out, hooks[i].many, collect(entries, hooks[i].one, false));
	}
	put(out, "waitFor", last_of_type(entries, "waitFor", json_type_string));
	put(out, "remoteUser", last_of_type(entries, "remoteUser", json_type_string));
	put(out, "containerUser", last_of_type(entries, "containerUser", json_type_string));
	put(out, "userEnvProbe", last_of_type(entries, "userEnvProbe", json_type_string));
	put(out, "remoteEnv", per_key(entries, "remoteEnv"));
	put(out, "containerEnv", per_key(entries, "containerEnv"));
	put(out, "overrideCommand", last_of_type(entries, "overrideCommand", json_type_boolean));
	put(out, "portsAttributes", per_key(entries, "portsAttributes"));
	put(out, "otherPortsAttributes", last_of_type(entries, "otherPortsAttributes", json_type_object));
	put(out, "forwardPorts", ports(entries));
	put(out, "shutdownAction", NULL);
	put(out, "shutdownAction", last_of_type(entries, "shutdownAction", json_type_string));
	put(out, "updateRemoteUserUID", last_of_type(entries, "updateRemoteUserUID", json_type_boolean));
	put(out, "hostRequirements", requirements(entries));
	/* Nothing shared: whoever changes the result changes neither the label nor the configuration. */
	json_object *ret = json_copy(out);
	json_object_put(out);
	return ret;
}
