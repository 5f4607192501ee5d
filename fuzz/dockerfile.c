/* Any text as a Dockerfile, every stage of it asked for its base image and user; and as a feature's
 * containerEnv value. */
#include "base/mem.h"
#include "dev/dockerfile.h"
#include "dev/expand.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct dockerfile *d, const char *target, const struct strv *args,
    const struct strv *env)
{
	cleanup_free char *base = dockerfile_base_image(d, args, target);
	cleanup_free char *user = dockerfile_user(d, args, env, target);
	assert(!base || (*base && strlen(base) <= DEV_EXPAND_MAX));
	assert(!user || (*user && strlen(user) <= DEV_EXPAND_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 << 14)
		return 0;
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv args = STRV_INIT, env = STRV_INIT;
	strv_push(&args, "A=1");
	strv_push(&env, "U=base");

	struct dockerfile *d = dockerfile_parse((const char *)data, size, "Dockerfile", &err);
	assert(!d == err_is(&err));
	if (d) {
		assert(d->n > 0 && d->n <= DOCKERFILE_STAGES_MAX);
		ask(d, NULL, &args, &env);
		for (size_t i = 0; i < d->n && i < 8; i++) {
			assert(!d->stages[i].name || dockerfile_stage(d, d->stages[i].name));
			ask(d, d->stages[i].name, &args, &env);
		}
		dockerfile_free(d);
	}

	struct dev_expand x = { .vars = &env, .escape = '\\', .quoted = true };
	cleanup_str struct str out = STR_INIT;
	if (dev_expand(&x, (const char *)data, size, &out) == 0)
		assert(out.len <= DEV_EXPAND_MAX);
	return 0;
}
