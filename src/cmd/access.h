/* access.h - makes a running container reachable: by SSH (key in, services up, host key pinned), or where it publishes no
 * port or has no sshd of ours, through the engine's exec (deploy.h).
 *
 * All through the engine, before the first connection: no prompt and no blind
 * trust (design.md part 9). What was done is noted per container start, so that
 * doing it again costs nothing. */
#ifndef LACE_CMD_ACCESS_H
#define LACE_CMD_ACCESS_H

#include "cmd/deploy.h"
#include "cmd/project.h"
#include "link/link.h"

#define ACCESS_SSH_PORT 2222                 /* in the container, baked (design.md F7) */
#define ACCESS_PORT_OPTION "hostSshPort"     /* the option of mux-server that routes to it */
#define ACCESS_SERVER DEPLOY_DIR "/lace-mux-server"

/* By a container's labels: does it hold lace's features? (Port 2222 of any other is another sshd's, or nobody's.) */
bool access_is_ours(json_object *labels);
/* started_at is State.StartedAt of the inspect data. */
int access_prepare(struct engine *e, const char *id, const char *started_at, const char *user, struct err *err);
/* The name that the container's host key is pinned under. malloc()ed. */
char *access_host_alias(const char *id);

/* What is needed to reach a project; strings are owned. */
struct access {
	struct link_ssh ssh;
	char *user, *key, *known_hosts, *alias;
	struct engine *engine;
	const struct project *by_exec;       /* through the engine, or NULL: by SSH */
	bool keep_server;
};
/* By SSH alone. Refuses a project that is not running, or publishes no SSH port, with the remedy; prepares it when nobody
 * has. */
int access_init(struct access *ret, struct engine *e, const struct project *p, struct err *err);
/* By SSH where that is possible, else through the engine; an older terminal server is replaced unless keep_server. p and e
 * must outlive it. */
int access_open(struct access *ret, struct engine *e, const struct project *p, bool keep_server, struct err *err);
/* A connection to the container's mux server, which is started when none runs. link_close() ends it. */
struct link *access_link(const struct access *a, struct err *err);
void access_fini(struct access *a);

#endif
