/* What a container prints when it is looked at. The mark is known to the fuzzer: a container cannot guess it,
 * but nothing may break even if it did. */
#include "dev/probe.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe p;
	probe_parse((const char *)data, size, "mark", &p);
	assert(!p.complete || (p.home && p.shell && *p.home == '/' && *p.shell == '/' && p.uid >= 0));
	assert(p.complete || !p.has_env);
	assert(p.env.n <= PROBE_ENV_MAX);
	for (size_t i = 0; i < p.env.n; i++)
		assert(p.env.v[i][0] != '=' && strchr(p.env.v[i], '='));
	assert(p.session_digest[0] == '\0' || strlen(p.session_digest) == 64);
	probe_fini(&p);
	return 0;
}
