#include "dev/host.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* The merge has made bytes of "4gb". */
static uint64_t bytes(json_object *wants, const char *key)
{
	const char *s = json_str(wants, key);
	return s && *s >= '0' && *s <= '9' ? strtoull(s, NULL, 10) : 0;
}

static void compare(const char *what, uint64_t wanted, uint64_t there, const char *unit, uint64_t divisor)
{
	if (wanted > there)
		log_warn("hostRequirements.%s: %.1f%s are wanted, the engine's machine has %.1f%s", what,
		    (double)wanted / (double)divisor, unit, (double)there / (double)divisor, unit);
}

/* The disk that the engine keeps its data on, where that is a folder of ours. */
static void compare_storage(json_object *wants, json_object *info)
{
	const char *root = json_str(info, "DockerRootDir");
	struct statvfs st;
	if (root && bytes(wants, "storage") && statvfs(root, &st) == 0)
		compare("storage", bytes(wants, "storage"), (uint64_t)st.f_blocks * st.f_frsize, " GB", 1u << 30);
}

static bool wants_gpu(json_object *wants)
{
	json_object *gpu = json_get(wants, "gpu");
	return gpu && !(json_object_is_type(gpu, json_type_boolean) && !json_object_get_boolean(gpu));
}

static bool detect_gpu(json_object *gpu, json_object *info)
{
	const char *word = json_object_is_type(gpu, json_type_string) ? json_object_get_string(gpu) : "";
	bool there = json_get(json_get(info, "Runtimes"), "nvidia") != NULL;
	if (!there && !str_eq(word, "optional"))
		log_warn("hostRequirements.gpu: the engine has no runtime \"nvidia\", so the container gets no GPU (\"optional\" would "
		    "say that it can do without)");
	return there;
}

int dev_host_check(struct engine *e, const struct dev_config *c, json_object *merged, bool *ret_gpu, struct err *err)
{
	json_object *wants = json_get(merged, "hostRequirements");
	bool gpu = wants_gpu(wants) && c->extra.gpu != DEV_GPU_NONE;
	*ret_gpu = gpu && c->extra.gpu == DEV_GPU_ALL;
	if (!json_object_is_type(wants, json_type_object) || json_object_object_length(wants) == 0)
		return 0;
	json_object *info = engine_info(e, err);
	if (!info)
		return -1;
	int64_t cpus = json_int(wants, "cpus", 0), there = json_int(info, "NCPU", 0);
	if (cpus > there)
		log_warn("hostRequirements.cpus: %lld are wanted, the engine's machine has %lld", (long long)cpus, (long long)there);
	int64_t memory = json_int(info, "MemTotal", 0);
	compare("memory", bytes(wants, "memory"), memory > 0 ? (uint64_t)memory : 0, " GB", 1u << 30);
	compare_storage(wants, info);
	if (gpu && !*ret_gpu)
		*ret_gpu = detect_gpu(json_get(wants, "gpu"), info);
	json_object_put(info);
	return 0;
}
