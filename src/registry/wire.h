/* wire.h - what `lace` and `lace-fetch` say to each other: one JSON object a line, on stdin and stdout.
 *
 * lace-fetch alone talks to registries and opens archives, and it is sandboxed: it can
 * write nothing but the cache, read no file of the person's and run no program. So what
 * needs more stays here: credentials are looked up by `lace` when lace-fetch asks.
 *
 * First line to lace-fetch, once:
 *   {"cache":"/abs","ca":["/abs/file.pem"],"timeout":20,"mirrors":{"ghcr.io":["host:port/prefix"]},"offline":false}
 * Then requests, answered in any order:
 *   {"id":1,"op":"manifest","host":H,"path":P,"reference":TAG|DIGEST}   -> {"digest":D,"stale":WHY?}
 *   {"id":1,"op":"artifact", the same}                                  -> and {"layer":D}: unpacked in the cache
 *   {"id":1,"op":"blob","host":H,"path":P,"digest":D,"size":N}          -> {}: in the cache as it is
 *   {"id":1,"op":"tarball","url":U,"digest":D?}                         -> {"digest":D,"stale":WHY?}: unpacked in the cache
 *   {"id":1,"op":"tags","host":H,"path":P}                              -> {"tags":[...]}
 *   {"id":1,"op":"push","host":H,"path":P,"layer":D,"manifest":TEXT,"tags":[...]} -> {"digest":D}
 * Answers: {"id":1,"result":{...}} or {"id":1,"error":TEXT,"code":"..."} with a code of fetch_codes.
 * Between them: {"ask":3,"host":H}, to be answered by {"answer":3,"user":U,"secret":S,"identity":I} (each may be
 * missing); {"warning":TEXT}; {"progress":TEXT}.
 * End of stdin ends lace-fetch. It trusts lace; lace takes its lines as it takes a registry's. */
#ifndef LACE_REGISTRY_WIRE_H
#define LACE_REGISTRY_WIRE_H

#define WIRE_LINE_MAX (8u << 20)         /* bytes of one line: a manifest is in it */
#define WIRE_REQUESTS_MAX 1024u          /* that wait at once */

/* In the cache folder. HEX is the digest without "sha256:". */
#define CACHE_MANIFESTS "manifests"      /* HEX: a manifest's bytes */
#define CACHE_CONTENT "content"          /* HEX/: an unpacked layer or tarball; whole when it is there */
#define CACHE_BLOBS "blobs"              /* HEX: a blob as it is (collections, what is to be pushed) */
#define CACHE_NAMES "names"              /* HEX of "host/path:tag" or of a URL: {"name","digest","at"} as last seen */
#define CACHE_TEMP "tmp"                 /* downloads that are not whole yet */

/* Why a request failed, as err->sys carries it in both programs. */
enum fetch_code {
	FETCH_FAILED = 1,
	FETCH_UNREACHABLE,       /* no connection, or it broke every time */
	FETCH_DENIED,
	FETCH_UNKNOWN,           /* the registry has no such thing */
	FETCH_MISMATCH,          /* the digest is another */
};
extern const char *const fetch_codes[];  /* names by code; [0] is "" */
enum { FETCH_CODES = 6 };

#endif
