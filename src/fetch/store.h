/* store.h - the content cache: named by digests, shared by all projects and by any number of runs at once.
 *
 * Everything is written under CACHE_TEMP and renamed when it is whole (wire.h names the
 * folders). What lies there is never changed again. */
#ifndef LACE_FETCH_STORE_H
#define LACE_FETCH_STORE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct store { const char *dir; };

/* "DIR/kind/hex", of "sha256:hex" or of a bare name; malloc()ed. */
char *store_path(const struct store *s, const char *kind, const char *digest);
bool store_has(const struct store *s, const char *kind, const char *digest);
/* A manifest's bytes, checked against the digest. */
int store_read_manifest(const struct store *s, const char *digest, struct str *ret, struct err *err);
int store_write_manifest(const struct store *s, const char *digest, const struct str *text, struct err *err);

/* What a name that may change (a tag, a URL) meant when it was last seen. */
void store_note_name(const struct store *s, const char *name, const char *digest);
/* malloc()ed digest or NULL; *ret_at: seconds since 1970. */
char *store_last_seen(const struct store *s, const char *name, int64_t *ret_at);

/* One download of a name at a time, among all programs: a descriptor for fs_unlock(), or -1. */
int store_lock(const struct store *s, const char *name, struct err *err);
/* Unpacks fd as the content of this digest; nothing is left of what fails. */
int store_unpack(const struct store *s, int fd, const char *digest, const char *name, struct err *err);
/* Removes what runs that were killed left behind a day ago. */
void store_sweep(const struct store *s);

#endif
