/* remote.h - the projects for other SSH clients: OpenSSH's, and wezterm with its libssh.
 *
 * Two files in $XDG_CONFIG_HOME/lace that the person's own configuration includes
 * with one line each, and the known_hosts that the second needs: OpenSSH knows a
 * container by HostKeyAlias, libssh only by address, so there each address and
 * port has the key that its container has now, and only that. A file that exists
 * is made anew when a project comes, goes, starts or stops. */
#ifndef LACE_CMD_REMOTE_H
#define LACE_CMD_REMOTE_H

#include "cmd/project.h"

struct remote {
	const struct project *project;
	char *alias;          /* HostKeyAlias */
	char *host_key;       /* pinned, "ssh-ed25519 AAAA..."; NULL: lace has not been in it yet */
};
/* Those that have a port, published or claimed, and those that are reached through the engine (port 0: they have no
 * SSH), in the order of projects. */
struct remotes {
	struct remote *v;
	size_t n;
	char *key, *known_hosts;      /* paths; known_hosts goes by alias */
	char *known_addresses;        /* path of the one that goes by address */
	char *program;                /* this lace */
};
/* Makes lace's key when there is none yet. p must outlive ret. */
int remotes_init(struct remotes *ret, const struct projects *p, struct err *err);
void remotes_fini(struct remotes *r);

/* What the files hold. Pure: the same remotes give the same text. */
void remote_ssh_config(const struct remotes *r, struct str *ret);
void remote_wezterm_config(const struct remotes *r, struct str *ret);
void remote_known_addresses(const struct remotes *r, struct str *ret);

enum remote_file { REMOTE_SSH, REMOTE_WEZTERM, REMOTE_FILES };
/* $XDG_CONFIG_HOME/lace/ssh/config or .../wezterm.lua, malloc()ed. */
char *remote_path(enum remote_file file);
/* Writes the file, and what it needs. TLS domains are in it where there are certificates (tlscreds.h). */
int remote_write(enum remote_file file, const struct projects *p, struct err *err);
/* After a project has changed: makes those that exist anew. What goes wrong is a warning: the change is done. */
void remote_refresh(struct engine *e);

#endif
