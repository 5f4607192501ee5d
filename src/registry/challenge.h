/* challenge.h - WWW-Authenticate, as registries send it (RFC 9110 11.6.1): which scheme, and for Bearer
 * where tokens come from. */
#ifndef LACE_REGISTRY_CHALLENGE_H
#define LACE_REGISTRY_CHALLENGE_H

#include <stdbool.h>

#define CHALLENGE_BYTES_MAX 8192u        /* of one header; a longer one is no challenge */

struct challenge {
	bool basic, bearer;                  /* what is offered; bearer is taken where both are */
	char *realm, *service, *scope;       /* of Bearer; NULL when absent */
};
/* Adds one header's value to c: a registry may send several. */
void challenge_parse(struct challenge *c, const char *value);
void challenge_fini(struct challenge *c);

#endif
