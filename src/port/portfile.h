/* portfile.h - the text of the registry file (shape in port.h): private to src/port.
 *
 * A reader of its own and not host/jsonc.h: the file is read under the lock at
 * every claim, and this is ten times as fast with a thousand claims in it. */
#ifndef LACE_PORT_PORTFILE_H
#define LACE_PORT_PORTFILE_H

#include "base/str.h"
#include "port/port.h"

#define PORTFILE_BYTES_MAX (8u << 20)
#define PORTFILE_CLAIMS_MAX 65535u
#define PORTFILE_VERSION 1

enum portfile_status {
	PORTFILE_OK,
	PORTFILE_CORRUPT,     /* ret is empty */
	PORTFILE_NEWER,       /* another version than ours: not to be touched */
};
/* Members that we do not know are skipped when they are plain values. */
enum portfile_status portfile_parse(const char *text, size_t len, struct port_claims *ret);
void portfile_write(struct str *ret, const struct port_claims *claims);

#endif
