/* config.json and auth.json, what a credential helper prints, and DEVCONTAINERS_OCI_AUTH. */
#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"
#include "registry/credentials.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct credentials *c, bool found)
{
	if (found != credentials_any(c) || !c->user != !c->secret || (c->user && strpbrk(c->user, "\r\n")) ||
	    (c->identity && strpbrk(c->identity, "\r\n")))
		abort();
	credentials_fini(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "ghcr.io", "docker.io", "r.test:5000" };
	cleanup_free char *text = xmemdup0(data, size);
	cleanup_err struct err err = ERR_INIT;
	json_object *config = jsonc_parse((const char *)data, size, "fuzz", NULL, &err);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct credentials c = { 0 };
		check(&c, credentials_from_list(text, hosts[i], &c));
		if (!config)
			continue;
		check(&c, credentials_from_auths(config, hosts[i], &c));
		const char *helper = credentials_helper(config, hosts[i]);
		if (helper && (strchr(helper, '/') || !*helper))
			abort();
	}
	struct credentials c = { 0 };
	check(&c, credentials_from_helper((const char *)data, size, &c));
	json_object_put(config);
	return 0;
}
