/* codec.c - which codec a client is answered with (wezterm-mux.md 9.1).
 *
 * A wezterm client asks for the server's codec and does not say its own; one that differs
 * makes it close the connection at once. So, strongest first: the name that the proxy was
 * called by (`wezterm-42`); what was learnt about this peer, which is the program of a
 * local client, or the address that a proxy's ssh connection comes from; the server's
 * option. What is announced is noted, a close right after it counts as a refusal, and the
 * next attempt within a while is answered with the next candidate, codecs that somebody
 * there speaks first. Who says SetClientId confirms; refusals are forgotten after a while
 * and change what is confirmed only when one of the tries succeeds. lace's own clients
 * (which take any codec) neither confirm nor refuse. */
#include "mux/server.h"

#include "base/mem.h"
#include "host/fs.h"
#include "mux/env.h"

static const unsigned candidates[] = { 42, 45, 44, 43 };
/* Sets of codecs are bits, counted from the oldest. */
#define ALL 15u

static unsigned bit(unsigned codec) { return 1u << (codec - WIRE_CODEC_MIN); }

static const struct codec_peer *find(struct mux *m, const char *key)
{
	for (size_t i = 0; i < m->n_codec_peers; i++)
		if (str_eq(m->codec_peers[i].key, key))
			return &m->codec_peers[i];
	return NULL;
}

/* Its note, made when missing; the oldest makes way. */
static struct codec_peer *note_of(struct mux *m, const char *key)
{
	const struct codec_peer *found = find(m, key);

	if (found != NULL)
		return &m->codec_peers[found - m->codec_peers];
	if (m->n_codec_peers == MUX_CODEC_PEERS_MAX) {
		free(m->codec_peers[0].key);
		memmove(m->codec_peers, m->codec_peers + 1, --m->n_codec_peers * sizeof(*m->codec_peers));
	}
	m->codec_peers[m->n_codec_peers] = (struct codec_peer){ .key = xstrdup(key), .confirmed = 0 };
	return &m->codec_peers[m->n_codec_peers++];
}

void codec_fini(struct mux *m)
{
	for (size_t i = 0; i < m->n_codec_peers; i++)
		free(m->codec_peers[i].key);
}

/* ---- who is it ------------------------------------------------------------------- */

/* "wezterm-42" and the like; 0 when the name says nothing. */
static unsigned named_codec(const struct conn *c)
{
	char path[64], name[64] = "";
	unsigned codec;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)c->peer);
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(name, 1, sizeof(name) - 1, f) : 0;
	if (f != NULL)
		fclose(f);
	/* argv[0] ends with a NUL; one that is longer than this is no such name. */
	if (n == 0 || memchr(name, '\0', n) == NULL)
		return 0;
	const char *base = fs_basename(name), *prefix = "wezterm-";
	if (!str_starts(base, prefix) || strlen(base) != strlen(prefix) + 2)
		return 0;
	codec = (unsigned)strtoul(base + strlen(prefix), NULL, 10);
	return codec >= WIRE_CODEC_MIN && codec <= WIRE_CODEC_MAX ? codec : 0;
}

/* What the peer is remembered by. malloc()ed. */
static char *key_of(const struct conn *c)
{
	cleanup_str struct str data = STR_INIT;
	cleanup_strv struct strv env = STRV_INIT;

	if (!c->peer_is_proxy)
		return mux_proc_link(c->peer, "exe");
	if (env_read_process(c->peer, geteuid(), &data))
		env_apply_login(&env, data.s, data.len);
	const char *from = env_get(&env, "SSH_CONNECTION");
	return from != NULL ? xasprintf("ssh from %.*s", (int)strcspn(from, " "), from) : xstrdup("a proxy");
}

void codec_init(struct conn *c)
{
	unsigned named = c->peer_is_proxy ? named_codec(c) : 0;

	c->codec = named != 0 ? named : c->mux->opts->codec;
	c->codec_named = named != 0;
}

/* ---- what it is told --------------------------------------------------------------- */

/* After `tried` were refused: what somebody there speaks, the server's own, then the others. */
static unsigned next_candidate(const struct mux *m, const struct codec_peer *p, unsigned tried)
{
	const unsigned order[] = { p->spoken & ~tried, bit(m->opts->codec) & ~tried, ~tried };

	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
			if (order[k] & bit(candidates[i]))
				return candidates[i];
	return m->opts->codec;
}

static unsigned choose(const struct mux *m, const struct codec_peer *p)
{
	if (p->tried != 0 && mux_now(m) < p->tried_until)
		return next_candidate(m, p, p->tried);
	return p->confirmed != 0 ? p->confirmed : m->opts->codec;
}

char *codec_announce(struct conn *c)
{
	struct mux *m = c->mux;
	const char *version = m->opts->version;

	if (c->codec_named || c->lace)
		return xstrdup(version);
	free(c->codec_key);
	c->codec_key = key_of(c);
	if (c->codec_key == NULL)
		return xstrdup(version);
	const struct codec_peer *p = note_of(m, c->codec_key);
	c->codec = choose(m, p);
	c->codec_asked = true;
	unsigned tried = (mux_now(m) < p->tried_until ? p->tried : 0) | bit(c->codec);
	/* The client shows this text when it refuses. */
	return p->confirmed == c->codec ? xstrdup(version) :
	    xasprintf("%s (lace; connect again, and it will speak codec %u)", version, next_candidate(m, p, tried));
}

void codec_accepted(struct conn *c)
{
	if (!c->codec_asked)
		return;
	struct codec_peer *p = note_of(c->mux, c->codec_key);
	p->confirmed = c->codec;
	p->spoken |= bit(c->codec);
	p->tried = 0;
	c->codec_asked = false;
}

void codec_closed(struct conn *c)
{
	if (!c->codec_asked)
		return;
	struct codec_peer *p = note_of(c->mux, c->codec_key);
	if (mux_now(c->mux) >= p->tried_until)
		p->tried = 0;
	p->tried |= bit(c->codec);
	if (p->tried == ALL)
		p->tried = 0;
	p->tried_until = mux_now(c->mux) + MUX_CODEC_TRIES_MS;
	mux_log("%s refused codec %u; the next attempt is answered with %u", c->codec_key, c->codec, choose(c->mux, p));
	c->codec_asked = false;
}
