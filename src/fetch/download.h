/* download.h - one blob or file into the cache: hashed as it comes, resumed where it broke off. */
#ifndef LACE_FETCH_DOWNLOAD_H
#define LACE_FETCH_DOWNLOAD_H

#include "fetch/client.h"
#include "fetch/store.h"

struct download {
	const char *host, *path, *rest;      /* as struct client_call: a registry's blob */
	const char *url;                     /* or a file */
	const char *name;                    /* for messages */
	const char *digest;                  /* what it has to be, or NULL */
	int64_t size;                        /* the same, or -1 */
};
/* An open descriptor of the whole file at its begin, which is under CACHE_TEMP at *ret_file (malloc()ed; the caller
 * moves or removes it), its digest in *ret_digest (malloc()ed). Hold store_lock() of d->name. err->sys: fetch_code. */
int download(struct client *c, const struct store *s, const struct download *d, char **ret_file, char **ret_digest,
    struct err *err);

#endif
