/* ref.h - OCI references of features and templates: "ghcr.io/owner/repo/id:1", "...@sha256:<hex>".
 *
 * Source: reference/devcontainer.md 2.2, and the OCI distribution specification's
 * grammar for names, tags and digests. */
#ifndef LACE_REGISTRY_REF_H
#define LACE_REGISTRY_REF_H

#include "base/err.h"

#define REGISTRY_REF_MAX 1024u           /* bytes of one reference */

struct registry_ref {
	char *host;          /* "ghcr.io", "localhost:5000": lower case, with the port that was written */
	char *path;          /* "owner/repo/id" */
	char *tag;           /* "1" ("latest" when none is written); NULL when a digest is */
	char *digest;        /* "sha256:<64 hex>" or NULL */
};
#define REGISTRY_REF_INIT { NULL, NULL, NULL, NULL }

/* True when the text would be an OCI reference to the reference CLI: its first segment is a host. */
bool registry_ref_is(const char *text);
/* ERR_USAGE with what is wrong. ret is empty then. */
int registry_ref_parse(const char *text, struct registry_ref *ret, struct err *err);
void registry_ref_fini(struct registry_ref *r);
static inline void cleanup_registry_ref_p(struct registry_ref *r) { registry_ref_fini(r); }
#define cleanup_registry_ref __attribute__((cleanup(cleanup_registry_ref_p)))

/* The last segment; points into r->path. */
const char *registry_ref_id(const struct registry_ref *r);
/* "host/path", malloc()ed; with a version "host/path:tag" or "host/path@digest". */
char *registry_ref_resource(const struct registry_ref *r);
char *registry_ref_text(const struct registry_ref *r);

/* The grammar, for whoever builds references from parts ("owner/repo" is a path too). */
bool registry_path_valid(const char *path);
bool registry_tag_valid(const char *tag);
bool registry_digest_valid(const char *digest);
bool registry_host_valid(const char *host);
/* This machine itself: "localhost", 127.0.0.0/8 or [::1], with or without a port. Only these are spoken to in plain HTTP. */
bool registry_host_is_loopback(const char *host);

#endif
