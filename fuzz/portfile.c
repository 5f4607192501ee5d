/* The port registry's file: any bytes are taken or refused; what was taken is
 * written and read again as the same. */
#include "port/portfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct port_claims one, two;
	if (portfile_parse((const char *)data, size, &one) != PORTFILE_OK) {
		if (one.v || one.n)
			abort();
		return 0;
	}
	struct str text = STR_INIT;
	portfile_write(&text, &one);
	if (portfile_parse(text.s, text.len, &two) != PORTFILE_OK || two.n != one.n)
		abort();
	for (size_t i = 0; i < one.n; i++) {
		const struct port_claim *a = &one.v[i], *b = &two.v[i];
		if (strcmp(a->workspace, b->workspace) || strcmp(a->config, b->config) || strcmp(a->label, b->label) ||
		    strcmp(a->since, b->since) || a->port != b->port)
			abort();
	}
	str_fini(&text);
	port_claims_fini(&one);
	port_claims_fini(&two);
	return 0;
}
