/* mount.h - the engine's own spellings that configurations carry: `--mount` values and `-p` values.
 *
 * A mount value is one line of CSV (RFC 4180 quoting) of name=value fields. */
#ifndef LACE_DEV_MOUNT_H
#define LACE_DEV_MOUNT_H

#include "base/str.h"

#include <json-c/json.h>

struct dev_mount {
	char *type;              /* "bind", "volume" ...; "volume" when it is not said, as the engine has it */
	char *source, *target;   /* or NULL */
	bool plain;              /* no field that changes what the source means (volume options) */
	bool readonly, nocopy;
	char *propagation, *tmpfs_size, *tmpfs_mode, *volume_driver;     /* or NULL */
	struct strv volume_options;      /* NAME=value */
};
/* value: a string in mount syntax or an object {type, source, target}. NULL when all is well, else what is
 * wrong, in a few words; *ret then holds nothing. */
const char *dev_mount_parse(json_object *value, struct dev_mount *ret);
void dev_mount_fini(struct dev_mount *m);

/* Appends "name=value", with a comma before it unless first, quoted where CSV needs it. */
void dev_mount_field(struct str *s, const char *name, const char *value);

/* [ADDRESS:][HOST]:CONTAINER[/PROTOCOL] as `-p` takes it. False when it is not that. *ret_loopback: the
 * address is one that only this host reaches. */
bool dev_publish_spec(const char *spec, bool *ret_loopback);

#endif
