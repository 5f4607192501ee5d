#include "engine/internal.h"

#include "base/mem.h"

struct engine *engine_open(const char *docker_path, struct err *err)
{
	char *path = NULL, *origin = NULL;
	if (context_socket(&path, &origin, err) != 0)
		return NULL;
	struct engine *e = xcalloc(1, sizeof(*e));
	e->program = xstrdup(docker_path && *docker_path ? docker_path : "docker");
	e->socket = path;
	e->origin = origin;
	e->fd = -1;
	return e;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	api_hangup(e);
	free(e->program);
	free(e->socket);
	free(e->origin);
	free(e);
}

const char *engine_socket(const struct engine *e)
{
	return e->socket;
}

int engine_ping(struct engine *e, struct err *err)
{
	return api_ping(e, err);
}
