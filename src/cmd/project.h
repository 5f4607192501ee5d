/* project.h - the projects of this host: the dev containers that the engine knows, by name. */
#ifndef LACE_CMD_PROJECT_H
#define LACE_CMD_PROJECT_H

#include "base/err.h"
#include "cmd/cmd.h"
#include "engine/engine.h"

struct project {
	char *name;          /* dev_project_name() of the workspace; with the folders above it where two are equal */
	char *workspace;     /* label devcontainer.local_folder */
	char *config;        /* label devcontainer.config_file, "" when it has none */
	char *id;            /* container */
	char *compose;       /* the compose project that it is a service of, "" none */
	bool alone;          /* shutdownAction says that its neighbours go on without it */
	char *state;         /* the engine's word: running, exited, created, paused ... */
	char *user;          /* remote user, as far as labels and lace's notes tell; "" unknown */
	int port;            /* host port of container port 2222; 0 none. Of a stopped one: its claim */
	int tls_port;        /* the same of 2223, where the server has a TLS domain */
	bool by_exec;        /* runs, without such a port: it is reached through the engine's exec */
	int terminals;       /* -1: not running, or not asked for */
};
struct projects { struct project *v; size_t n; };

/* All of them, sorted by name, then workspace. An unreachable engine is an error, never an empty list. */
int projects_list(struct engine *e, struct projects *ret, struct err *err);
void projects_fini(struct projects *p);
/* Counts the terminals of the running ones (one engine call each). */
void projects_count_terminals(struct engine *e, struct projects *p);

/* The project meant by name: its name, a folder (absolute, or with a "/" or "." at its start), or the beginning
 * of a container id; NULL: the one whose workspace holds the current folder, else the only one there is.
 * Several: ERR_USAGE that lists them with their folders. None: ERR_NOT_FOUND. */
const struct project *projects_find(const struct projects *p, const char *name, struct err *err);

/* project_note_remove() takes its certificates away too (tlscreds.h).
 *
 * What lace noted about a container when it prepared it (state folder); values are "" when there is no note. */
struct project_note {
	char *user;
	char *started_at;    /* State.StartedAt when the key was let in */
	char *public_key;
	char *settled;       /* which start, with which configuration, every hook has run for */
	char *server_start;  /* State.StartedAt when the terminal server was looked at: path and build (base/build.h) of it, */
	char *server_path, *server_build;
	char *machine;       /* and the machine's name (uname -m) */
};
void project_note_read(const char *id, struct project_note *ret);
int project_note_write(const char *id, const struct project_note *note, struct err *err);
/* Of a container that is gone: the note, and the host key that was pinned. */
void project_note_remove(const char *id);
void project_note_fini(struct project_note *note);

/* What most verbs begin and end with: the engine (--docker-path) and the project of the first operand. */
struct project_use {
	struct engine *engine;
	struct projects all;
	const struct project *p;     /* in all */
};
/* project_use_fini() is due after a failure too. */
int project_use_init(struct project_use *use, const struct cmd_args *args, struct err *err);
void project_use_fini(struct project_use *use);

#endif
