/* address.h - HOST:PORT as people write it. */
#ifndef LACE_TLS_ADDRESS_H
#define LACE_TLS_ADDRESS_H

#include "base/err.h"

#include <netdb.h>

/* HOST is a numeric address or localhost. ret is the caller's (freeaddrinfo), ret_host too (free; may be NULL). */
int tls_address(const char *text, bool passive, char **ret_host, struct addrinfo **ret, struct err *err);

#endif
