/* agent.c - which ssh-agent panes see (wezterm-mux.md 6.6).
 *
 * Panes have a path for life as SSH_AUTH_SOCK; it is a link that follows the client that
 * typed last, so that whoever sits in front of a pane uses his own keys, also after
 * coming back from another place. A client that comes through a proxy has the agent that
 * sshd forwarded to that proxy. */
#include "mux/server.h"

#include "base/mem.h"
#include "host/fs.h"
#include "mux/env.h"

#include <errno.h>

void agent_init(struct mux *m)
{
	cleanup_free char *dir = fs_dirname(m->opts->socket_path);

	m->agent_path = xasprintf("%s/agent.%ld", dir, (long)getpid());
}

void agent_fini(struct mux *m)
{
	unlink(m->agent_path);
	free(m->agent_path);
	m->agent_path = NULL;
}

static void point_to(struct mux *m, const struct conn *c)
{
	cleanup_free char *new = xasprintf("%s.new", m->agent_path);

	m->agent_conn = c->id;
	unlink(new);
	if (symlink(c->agent, new) != 0 || rename(new, m->agent_path) != 0)
		mux_log("panes keep the ssh-agent that they have: %s: %s", m->agent_path, strerror(errno));
}

void agent_follow(struct conn *c)
{
	if (c->agent != NULL && c->mux->agent_conn != c->id)
		point_to(c->mux, c);
}

void agent_left(const struct conn *c)
{
	struct mux *m = c->mux;
	const struct conn *next = NULL;

	if (m->agent_conn != c->id || m->agent_path == NULL)
		return;
	for (size_t i = 0; i < m->n_conns; i++) {
		const struct conn *o = m->conns[i];
		if (o != c && !o->gone && o->agent != NULL && (next == NULL || o->last_input > next->last_input))
			next = o;
	}
	m->agent_conn = 0;
	if (next != NULL)
		point_to(m, next);
}

void agent_set(struct conn *c, const char *path, size_t len)
{
	if (len == 0 || *path != '/')
		return;
	free(c->agent);
	c->agent = xmemdup0(path, len);
	if (c->mux->agent_conn == 0 || c->mux->agent_conn == c->id)
		point_to(c->mux, c);
}

void agent_of_process(struct conn *c)
{
	cleanup_str struct str data = STR_INIT;
	cleanup_strv struct strv env = STRV_INIT;

	if (!env_read_process(c->peer, geteuid(), &data))
		return;
	env_apply_login(&env, data.s, data.len);
	const char *path = env_get(&env, "SSH_AUTH_SOCK");
	if (path != NULL)
		agent_set(c, path, strlen(path));
}
