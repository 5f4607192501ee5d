/* The part that is there counts as ours only as far as its bytes lead to the right digest
 * in the end: when a resumed file turns out wrong, it is fetched once more from the start. */
#include "fetch/download.h"

#include "base/mem.h"
#include "fetch/peer.h"
#include "host/fs.h"
#include "host/sha256.h"
#include "registry/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TELL_MS = 250 };

struct part {
	const struct download *d;
	int fd;
	int64_t have, limit;
	SHA2_CTX sha;
	long long told_ms;
	bool resumed, ever_resumed;
	const char *why;             /* the sink ended it: what was wrong */
};

static void restart(struct part *p)
{
	SHA256Init(&p->sha);
	p->have = 0;
	(void)!ftruncate(p->fd, 0);
	lseek(p->fd, 0, SEEK_SET);
}

static int64_t offset(void *user)
{
	struct part *p = user;
	p->resumed |= p->have > 0;
	p->ever_resumed |= p->resumed;
	return p->have;
}

static void tell(struct part *p)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	long long now = (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (now - p->told_ms < TELL_MS)
		return;
	p->told_ms = now;
	if (p->d->size > 0)
		peer_progress("%s: %lld of %lld kB\n", p->d->name, (long long)p->have / 1024, (long long)p->d->size / 1024);
	else
		peer_progress("%s: %lld kB\n", p->d->name, (long long)p->have / 1024);
}

static int sink(void *user, long status, const char *data, size_t len)
{
	struct part *p = user;
	/* A whole answer to a question for the rest: from the start, then. libcurl hands over an answer in pieces. */
	if (status == 200 && p->resumed) {
		restart(p);
		p->resumed = false;
	}
	if (p->have + (int64_t)len > p->limit) {
		p->why = p->d->size >= 0 ? "it is larger than its manifest says" : "it is larger than is taken";
		return -1;
	}
	SHA256Update(&p->sha, (const uint8_t *)data, len);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(p->fd, data + done, len - done);
		if (n < 0 && errno != EINTR) {
			p->why = strerror(errno);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	p->have += (int64_t)len;
	tell(p);
	return 0;
}

/* What an earlier run got: hashed, so that the rest can be added. A whole file is none: it did not pass. */
static void read_up(struct part *p)
{
	char chunk[65536];
	SHA256Init(&p->sha);
	p->have = 0;
	lseek(p->fd, 0, SEEK_SET);
	for (ssize_t n; (n = read(p->fd, chunk, sizeof(chunk))) > 0 && p->have + n < p->limit;) {
		SHA256Update(&p->sha, (const uint8_t *)chunk, (size_t)n);
		p->have += n;
	}
	(void)!ftruncate(p->fd, p->have);
	lseek(p->fd, p->have, SEEK_SET);
}

static char *finish(struct part *p)
{
	uint8_t sum[32];
	cleanup_str struct str s = STR_INIT;
	SHA256Final(sum, &p->sha);
	str_puts(&s, "sha256:");
	for (size_t i = 0; i < sizeof(sum); i++)
		str_printf(&s, "%02x", sum[i]);
	return str_detach(&s);
}

static int get(struct client *c, struct part *p, struct err *err)
{
	const struct download *d = p->d;
	struct client_call q = { .host = d->host, .path = d->path, .rest = d->rest, .url = d->url, .name = d->name, .max = 65536, .sink = sink,
		.offset = offset, .user = p };
	struct http_response rs;
	int code = client_call(c, &q, &rs, err);
	if (code < 0 && p->why) {
		code = err_set(err, ERR_FAILED, "%s: %s", d->name, p->why);
		err->sys = FETCH_FAILED;
	}
	http_response_fini(&rs);
	return code;
}

static int check(struct part *p, char **ret_digest, struct err *err)
{
	const struct download *d = p->d;
	*ret_digest = finish(p);
	if (d->size >= 0 && p->have != d->size)
		err_set(err, ERR_FAILED, "%s: the registry sent %lld bytes of %lld; try again", d->name, (long long)p->have,
		    (long long)d->size);
	else if (d->digest && !str_eq(*ret_digest, d->digest))
		err_set(err, ERR_FAILED, "%s: digest mismatch: what came is %s and should be %s; it was changed on its way or in the "
		    "registry, so it is not used", d->name, *ret_digest, d->digest);
	else
		return 0;
	err->sys = FETCH_MISMATCH;
	free(*ret_digest);
	*ret_digest = NULL;
	return -1;
}

int download(struct client *c, const struct store *s, const struct download *d, char **ret_file, char **ret_digest,
    struct err *err)
{
	char hex[65];
	const char *name = d->digest ? d->digest : d->name;
	sha256_hex(name, strlen(name), hex);
	cleanup_free char *file = xasprintf("%.32s.part", hex), *path = store_path(s, CACHE_TEMP, file);
	struct part p = { .d = d, .limit = d->size >= 0 ? d->size : LAYER_BYTES_MAX };
	p.fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p.fd < 0)
		return err_sys(err, "cannot write %s", path);
	/* Without a digest there is no telling whether the rest belongs to the part that is there. */
	if (d->digest)
		read_up(&p);
	else
		restart(&p);
	int code = get(c, &p, err);
	if (code == 0)
		code = check(&p, ret_digest, err);
	if (code < 0 && p.ever_resumed && (err->sys == FETCH_MISMATCH || err->sys == FETCH_FAILED)) {
		err_fini(err);
		p.why = NULL;
		restart(&p);
		code = get(c, &p, err);
		if (code == 0)
			code = check(&p, ret_digest, err);
	}
	if (code < 0) {
		/* What only broke off is gone on with next time. */
		if (err->sys != FETCH_UNREACHABLE || !d->digest)
			unlink(path);
		close(p.fd);
		return -1;
	}
	lseek(p.fd, 0, SEEK_SET);
	*ret_file = xstrdup(path);
	return p.fd;
}
