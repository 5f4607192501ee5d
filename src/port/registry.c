/* The registry: every call takes the lock, reads, changes, replaces the file.
 *
 * No fsync: after a power cut the file may be old or broken, and then the
 * engine's answers (passed in with each claim) put it right; a thousand claims
 * at once would otherwise wait for a thousand disk flushes in a row. */
#include "port/port.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/xdg.h"
#include "port/portfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK_TIMEOUT_MS 30000

struct port_registry {
	char *path, *lock_path;
	int dir;
};

/* ---- the file ---- */

struct port_registry *port_registry_open(const char *path, struct err *err)
{
	char *file = path ? xstrdup(path) : xdg_state("ports.json");
	cleanup_free char *parent = fs_dirname(file);
	int dir = fs_mkdir_p(parent, 0700, err) < 0 ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		if (!err_is(err))
			err_sys(err, "cannot open the folder %s", parent);
		free(file);
		return NULL;
	}
	struct port_registry *r = xmalloc(sizeof(*r));
	*r = (struct port_registry){ file, xasprintf("%s.lock", file), dir };
	return r;
}

void port_registry_close(struct port_registry *r)
{
	if (!r)
		return;
	close(r->dir);
	free(r->path);
	free(r->lock_path);
	free(r);
}

static void set_aside(const struct port_registry *r)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	cleanup_free char *aside = xasprintf("%s.corrupt-%s", r->path, stamp);
	if (rename(r->path, aside) == 0)
		log_warn("%s is damaged and was set aside as %s; ports are taken over from running and stopped containers",
		    r->path, fs_basename(aside));
	else
		log_warn("%s is damaged and will be replaced", r->path);
}

static int load(const struct port_registry *r, struct port_claims *ret, struct err *err)
{
	*ret = (struct port_claims){ NULL, 0 };
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err why = ERR_INIT;
	if (fs_read(r->path, PORTFILE_BYTES_MAX, &text, &why) < 0) {
		if (why.sys == ENOENT)
			return 0;
		return err_set(err, ERR_FAILED, "%s", why.msg);
	}
	switch (portfile_parse(text.s, text.len, ret)) {
	case PORTFILE_OK:
		break;
	case PORTFILE_CORRUPT:
		set_aside(r);
		break;
	case PORTFILE_NEWER:
		return err_set(err, ERR_FAILED, "%s was written by a newer lace: update this one", r->path);
	}
	return 0;
}

static int save(const struct port_registry *r, const struct port_claims *claims, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	portfile_write(&text, claims);
	if (fs_write_atomic_at(r->dir, fs_basename(r->path), text.s, text.len, 0600, FS_NO_SYNC, err) < 0)
		return err_wrap(err, "port registry");
	return 0;
}

/* ---- claims ---- */

static char *now_text(void)
{
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	return xasprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000);
}

struct request {
	const char *workspace, *config, *label;
	const struct port_published *published;
	size_t n_published;
	struct port_range range;
	const int *avoid;
	int wanted;
};

static bool avoided(const struct request *q, int port)
{
	for (const int *a = q->avoid; a && *a; a++)
		if (*a == port)
			return true;
	return false;
}

static bool in_range(const struct request *q, int port)
{
	return port >= q->range.first && port <= q->range.last;
}

static bool is_own(const struct request *q, const struct port_published *p)
{
	return p->workspace && str_eq(p->workspace, q->workspace);
}

/* Who publishes it: nobody, this workspace, or another (whose container runs or not). */
enum publisher { PUB_NOBODY, PUB_OWN, PUB_OTHER_STOPPED, PUB_OTHER_RUNNING };

static enum publisher publisher_of(const struct request *q, int port)
{
	enum publisher who = PUB_NOBODY;
	for (size_t i = 0; i < q->n_published; i++) {
		const struct port_published *p = &q->published[i];
		if (p->port != port)
			continue;
		if (is_own(q, p))
			return PUB_OWN;
		who = p->running || who == PUB_OTHER_RUNNING ? PUB_OTHER_RUNNING : PUB_OTHER_STOPPED;
	}
	return who;
}

/* Claims before `limit` only: of two that a hand-edited file gives one port, the first keeps it. */
static bool claimed_before(const struct port_claims *claims, size_t limit, int port)
{
	for (size_t i = 0; i < limit; i++)
		if (claims->v[i].port == port)
			return true;
	return false;
}

static size_t find(const struct port_claims *claims, const struct request *q)
{
	for (size_t i = 0; i < claims->n; i++) {
		const struct port_claim *c = &claims->v[i];
		if (str_eq(c->label, q->label) && str_eq(c->workspace, q->workspace) && str_eq(c->config, q->config))
			return i;
	}
	return claims->n;
}

/* The one port that this workspace publishes and nobody claimed, or 0. The one that the claim was moved away from
 * is none. */
static int published_unclaimed(const struct port_claims *claims, const struct request *q, int moved_from)
{
	int found = 0;
	for (size_t i = 0; i < q->n_published; i++) {
		int port = q->published[i].port;
		if (!is_own(q, &q->published[i]) || !in_range(q, port) || avoided(q, port) || port == found ||
		    port == moved_from || claimed_before(claims, claims->n, port))
			continue;
		if (found)
			return 0;       /* which of them was this label's, only a guess could say */
		found = port;
	}
	return found;
}

static bool may_keep(const struct port_claims *claims, size_t at, const struct request *q)
{
	int port = claims->v[at].port;
	if (avoided(q, port) || claimed_before(claims, at, port))
		return false;
	switch (publisher_of(q, port)) {
	case PUB_OWN: return true;
	case PUB_OTHER_RUNNING: return false;
	/* Who claimed first, keeps: the other one is not there now. */
	case PUB_OTHER_STOPPED:
	case PUB_NOBODY: break;
	}
	return port_is_free(port);
}

/* The first port in FIRST..LAST that nobody has, or 0. Probing costs, so it comes last. */
static int scan(const uint8_t *taken, int first, int last)
{
	for (int port = first; port <= last; port++)
		if (!(taken[port / 8] >> (port % 8) & 1) && port_is_free(port))
			return port;
	return 0;
}

static void take(uint8_t *taken, int port)
{
	if (port > 0 && port <= 65535)
		taken[port / 8] |= (uint8_t)(1u << (port % 8));
}

static int allocate(const struct port_claims *claims, const struct request *q, struct err *err)
{
	uint8_t taken[65536 / 8] = { 0 };
	size_t n_claimed = 0;
	for (size_t i = 0; i < claims->n; i++) {
		take(taken, claims->v[i].port);
		n_claimed += in_range(q, claims->v[i].port);
	}
	for (size_t i = 0; i < q->n_published; i++)
		take(taken, q->published[i].port);
	for (const int *a = q->avoid; a && *a; a++)
		take(taken, *a);
	/* The old tool's range first, so that a person's bookmarks stay near each other. */
	int port = scan(taken, MAX(q->range.first, PORT_RANGE_FIRST), MIN(q->range.last, PORT_RANGE_OLD_LAST));
	if (!port)
		port = scan(taken, q->range.first, q->range.last);
	if (!port)
		err_set(err, ERR_FAILED, "no host port is free between %d and %d (%zu claimed, the rest in use): free some "
		    "with `lace gc` or `lace rm`, or widen the range", q->range.first, q->range.last, n_claimed);
	return port ? port : -1;
}

/* What is wished for, if it is free, or any. */
static int choose(const struct port_claims *claims, const struct request *q, struct err *err)
{
	int port = q->wanted;
	if (port && in_range(q, port) && !avoided(q, port) && !claimed_before(claims, claims->n, port) &&
	    publisher_of(q, port) == PUB_NOBODY && port_is_free(port))
		return port;
	return allocate(claims, q, err);
}

/* Gives the request its port in claims; *ret_changed when the file has to be written. */
static int decide(struct port_claims *claims, const struct request *q, int *ret_moved_from, bool *ret_changed,
    struct err *err)
{
	size_t at = find(claims, q);
	bool known = at < claims->n;
	int own = known && publisher_of(q, claims->v[at].port) == PUB_OWN ? 0 :
	    published_unclaimed(claims, q, known ? claims->v[at].moved_from : 0);
	*ret_changed = false;
	if (known && !own && may_keep(claims, at, q))
		return claims->v[at].port;
	int port = own ? own : known ? allocate(claims, q, err) : choose(claims, q, err);
	if (port < 0)
		return -1;
	*ret_changed = true;
	if (known) {
		struct port_claim *c = &claims->v[at];
		*ret_moved_from = own ? 0 : c->port;
		c->port = port;
		c->moved_from = 0;
		free(c->since);
		c->since = now_text();
		return port;
	}
	claims->v = xreallocarray(claims->v, claims->n + 1, sizeof(*claims->v));
	claims->v[claims->n++] = (struct port_claim){ xstrdup(q->workspace), xstrdup(q->config),
		xstrdup(q->label), port, now_text(), 0 };
	return port;
}

int port_registry_claim(struct port_registry *r, const char *workspace, const char *config, const char *label,
    const struct port_published *published, size_t n_published, struct port_range range, const int *avoid,
    int wanted, int *ret_moved_from, struct err *err)
{
	*ret_moved_from = 0;
	if (*workspace != '/')
		return err_set(err, ERR_FAILED, "cannot claim a port for \"%s\": not an absolute path", workspace);
	if (range.first < 1 || range.last > 65535 || range.first > range.last)
		return err_set(err, ERR_USAGE, "cannot claim a port between %d and %d: not a range of ports", range.first,
		    range.last);
	const struct request q = { workspace, config, label, published, n_published, range, avoid, wanted };
	int lock = fs_lock(r->lock_path, LOCK_TIMEOUT_MS, err);
	if (lock < 0)
		return -1;
	struct port_claims claims;
	bool changed = false;
	int port = load(r, &claims, err);
	if (port == 0)
		port = decide(&claims, &q, ret_moved_from, &changed, err);
	if (port > 0 && changed && save(r, &claims, err) < 0)
		port = -1;
	fs_unlock(lock);
	port_claims_fini(&claims);
	return port;
}

/* 0, or -1 with err saying who has it. */
static int check_free(const struct port_claims *claims, const struct request *q, int port, struct err *err)
{
	for (size_t i = 0; i < claims->n; i++)
		if (claims->v[i].port == port)
			return err_set(err, ERR_FAILED, "port %d is claimed by %s; `lace ports` shows the claims", port,
			    claims->v[i].workspace);
	for (size_t i = 0; i < q->n_published; i++)
		if (q->published[i].port == port)
			return err_set(err, ERR_FAILED, "port %d is published by container %s; name another one", port,
			    q->published[i].holder);
	return port_is_free(port) ? 0 : err_set(err, ERR_FAILED, "port %d is in use by another program; name another one", port);
}

static int move(struct port_claims *claims, int from, int to, const struct request *q, struct err *err)
{
	size_t at = 0;
	while (at < claims->n && claims->v[at].port != from)
		at++;
	if (at == claims->n)
		return err_set(err, ERR_NOT_FOUND, "nobody claims port %d; `lace ports` shows the claims", from);
	if (to == 0)
		to = allocate(claims, q, err);
	else if (check_free(claims, q, to, err) != 0)
		return -1;
	if (to < 0)
		return -1;
	struct port_claim *c = &claims->v[at];
	c->moved_from = from;
	c->port = to;
	free(c->since);
	c->since = now_text();
	return to;
}

int port_registry_move(struct port_registry *r, int from, int to, const struct port_published *published,
    size_t n_published, struct port_range range, struct err *err)
{
	const struct request q = { "", "", "", published, n_published, range, NULL, 0 };
	if (to < 0 || to > 65535)
		return err_set(err, ERR_USAGE, "%d is no port; name one from 1 to 65535", to);
	int lock = fs_lock(r->lock_path, LOCK_TIMEOUT_MS, err);
	if (lock < 0)
		return -1;
	struct port_claims claims;
	int port = load(r, &claims, err);
	if (port == 0)
		port = move(&claims, from, to, &q, err);
	if (port > 0 && save(r, &claims, err) < 0)
		port = -1;
	fs_unlock(lock);
	port_claims_fini(&claims);
	return port;
}

static void drop(struct port_claims *claims, size_t i)
{
	struct port_claims one = { xmalloc(sizeof(*claims->v)), 1 };
	one.v[0] = claims->v[i];
	memmove(claims->v + i, claims->v + i + 1, (claims->n - i - 1) * sizeof(*claims->v));
	claims->n--;
	port_claims_fini(&one);
}

int port_registry_release(struct port_registry *r, const char *workspace, const char *config,
    const char *label, struct err *err)
{
	int lock = fs_lock(r->lock_path, LOCK_TIMEOUT_MS, err);
	if (lock < 0)
		return -1;
	struct port_claims claims;
	int gone = load(r, &claims, err);
	for (size_t i = 0; gone >= 0 && i < claims.n;) {
		const struct port_claim *c = &claims.v[i];
		if (str_eq(c->workspace, workspace) && (!config || str_eq(c->config, config)) &&
		    (!label || str_eq(c->label, label))) {
			drop(&claims, i);
			gone++;
		} else {
			i++;
		}
	}
	if (gone > 0 && save(r, &claims, err) < 0)
		gone = -1;
	fs_unlock(lock);
	port_claims_fini(&claims);
	return gone;
}

int port_registry_list(struct port_registry *r, struct port_claims *ret, struct err *err)
{
	*ret = (struct port_claims){ NULL, 0 };
	int lock = fs_lock(r->lock_path, LOCK_TIMEOUT_MS, err);
	if (lock < 0)
		return -1;
	int rc = load(r, ret, err);
	fs_unlock(lock);
	return rc;
}
