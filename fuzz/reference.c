/* References, and the header that a registry asks for credentials with: never more than what the grammar allows. */
#include "base/mem.h"
#include "base/str.h"
#include "registry/challenge.h"
#include "registry/ref.h"
#include "registry/tags.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xmemdup0(data, size);
	cleanup_err struct err err = ERR_INIT;
	struct registry_ref one, two;
	if (registry_ref_parse(text, &one, &err) == 0) {
		cleanup_free char *written = registry_ref_text(&one);
		if (registry_ref_parse(written, &two, &err) < 0 || !str_eq(one.host, two.host) || !str_eq(one.path, two.path) ||
		    strpbrk(written, " \"'\\<>?#%\r\n") || strstr(one.path, ".."))
			abort();
		registry_ref_fini(&one);
		registry_ref_fini(&two);
	}
	struct challenge c = { 0 };
	challenge_parse(&c, text);
	challenge_fini(&c);
	cleanup_strv struct strv none = STRV_INIT, to = STRV_INIT;
	if (tags_is_version(text)) {
		if (tags_compare(text, text) != 0)
			abort();
		tags_to_publish(text, &none, &to);
		if (to.n == 0 || !strv_has(&to, text))
			abort();
	}
	return 0;
}
