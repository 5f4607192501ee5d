/* One call of the engine's API, over a connection that is kept and, when the
 * engine let go of it meanwhile, made again.
 *
 * Paths carry a version: unversioned ones are deprecated by Docker, and a pinned one breaks on engines
 * that are older or that dropped it. So the first call is /_ping, which every engine answers unversioned
 * and with its newest version in a header (0.2 ms once a run); we use that, but none newer than we know. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define API_MAJOR 1
#define API_NEWEST 51u
#define API_OLDEST 24u
#define MESSAGE_MAX 2000u

int64_t api_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- connection ---- */

static int connect_error(const struct engine *e, int sys, struct err *err)
{
	const char *reason, *remedy;
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		reason = "the socket does not exist";
		remedy = "start the engine (systemctl start docker), or name its socket in DOCKER_HOST";
		break;
	case ECONNREFUSED:
		reason = "nothing listens on the socket";
		remedy = "start the engine (systemctl start docker)";
		break;
	case EACCES:
	case EPERM:
		reason = "permission denied";
		remedy = "join the group docker (sudo usermod -aG docker \"$USER\", then log in again)";
		break;
	case EAGAIN:
	case ETIMEDOUT:
		reason = "it does not answer";
		remedy = "restart the engine (systemctl restart docker)";
		break;
	default:
		reason = strerror(sys);
		remedy = "check the engine (systemctl status docker)";
	}
	err_set(err, ERR_ENGINE, "cannot reach the container engine at %s (%s): %s; %s", e->socket, e->origin,
	    reason, remedy);
	err->sys = sys;
	return -1;
}

static int dial(const struct engine *e, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(e->socket);
	if (len >= sizeof(addr.sun_path))
		return connect_error(e, ENAMETOOLONG, err);
	memcpy(addr.sun_path, e->socket, len + 1);
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "cannot make a socket");
	/* A full backlog blocks connect(2) on Unix sockets: this bounds it. */
	struct timeval tv = { .tv_sec = ENGINE_CONNECT_MS / 1000 };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	int rc;
	do
		rc = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return connect_error(e, errno, err);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "cannot set up a socket");
	int keep = fd;
	fd = -1;
	return keep;
}

void api_hangup(struct engine *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

/* An idle connection on which something can be read was closed (or is out of step). */
static bool still_good(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) == 0;
}

static int wait_for(int fd, short events, int timeout_ms)
{
	int64_t end = api_now_ms() + timeout_ms;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = end - api_now_ms();
		int rc = poll(&p, 1, left > 0 ? (int)left : 0);
		if (rc > 0)
			return 0;
		if (rc == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (errno != EINTR)
			return -1;
	}
}

static int send_all(int fd, const void *data, size_t len, int timeout_ms)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (wait_for(fd, POLLOUT, timeout_ms) < 0)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/* ---- one request and its answer on one connection ---- */

static int body_collect(void *user, const char *data, size_t len, struct err *err)
{
	struct str *s = user;
	if (s->len + len > ENGINE_BODY_MAX)
		return err_set(err, ERR_FAILED, "the engine's answer is larger than %u MB", ENGINE_BODY_MAX >> 20);
	str_add(s, data, len);
	return 0;
}

struct answer {
	struct http_response http;
	struct str body;
	struct str early;    /* after a head that ended in an upgrade */
	bool heard;          /* any byte came */
};

static void answer_fini(struct answer *a)
{
	http_fini(&a->http);
	str_fini(&a->body);
	str_fini(&a->early);
}

/* True when the head turned the connection into a raw stream. Engines that do not
 * upgrade answer 200 without a length and stream all the same. */
static bool is_stream(const struct http_response *r)
{
	return r->upgraded || (r->status == 200 && r->state == HTTP_BODY_EOF);
}

static int read_answer(const struct engine *e, int fd, bool upgrade, int timeout_ms, struct answer *a,
    struct err *err)
{
	char buf[65536];
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && wait_for(fd, POLLIN, timeout_ms) == 0)
			continue;
		if (n < 0 && (errno == ETIMEDOUT || errno == EAGAIN))
			return err_set(err, ERR_ENGINE, "the container engine at %s did not answer for %d seconds; "
			    "look at its log (journalctl -u docker)", e->socket, timeout_ms / 1000);
		if (n < 0)
			return err_sys(err, "lost the connection to the container engine at %s", e->socket);
		if (n == 0)
			return http_eof(&a->http, err);
		a->heard = true;
		size_t used = 0;
		if (http_feed(&a->http, buf, (size_t)n, &used, upgrade, body_collect, &a->body, err) != 0)
			return -1;
		if (upgrade && http_head_done(&a->http) && a->http.state != HTTP_DONE && !is_stream(&a->http)) {
			/* An ordinary answer after all (an error): now its body. */
			upgrade = false;
			size_t more = 0;
			if (http_feed(&a->http, buf + used, (size_t)n - used, &more, false, body_collect, &a->body,
			    err) != 0)
				return -1;
			used += more;
		}
		if (a->http.state == HTTP_DONE || (upgrade && http_head_done(&a->http))) {
			str_add(&a->early, buf + used, (size_t)n - used);
			return 0;
		}
	}
}

static int exchange(const struct engine *e, int fd, const struct api_call *c, const char *version,
    bool upgrade, struct answer *a, struct err *err)
{
	cleanup_str struct str head = STR_INIT;
	int timeout = c->timeout_ms ? c->timeout_ms : ENGINE_CALL_MS;
	str_printf(&head, "%s %s%s%s HTTP/1.1\r\nHost: engine\r\n", c->method, *version ? "/v" : "", version,
	    c->path);
	if (upgrade)
		str_puts(&head, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
	if (c->type)
		str_printf(&head, "Content-Type: %s\r\n", c->type);
	if (c->type || !str_eq(c->method, "GET"))
		str_printf(&head, "Content-Length: %zu\r\n", c->len);
	str_puts(&head, "\r\n");
	bool small = c->len < 65536;
	if (small)
		str_add(&head, c->body, c->len);
	/* An engine that refuses a large body early answers and closes: its answer is still worth reading. */
	int rc = send_all(fd, head.s, head.len, timeout);
	if (rc == 0 && !small)
		rc = send_all(fd, c->body, c->len, timeout);
	if (rc != 0 && errno != EPIPE && errno != ECONNRESET)
		return err_set(err, ERR_ENGINE, "the container engine at %s does not take our request: %s",
		    e->socket, strerror(errno));
	return read_answer(e, fd, upgrade, timeout, a, err);
}

/* Sends the call on the kept connection, or on a new one. */
static int converse(struct engine *e, const struct api_call *c, const char *version, struct answer *a,
    struct err *err)
{
	if (e->fd >= 0 && !still_good(e->fd))
		api_hangup(e);
	bool kept = e->fd >= 0;
	for (;;) {
		if (e->fd < 0 && (e->fd = dial(e, err)) < 0)
			return -1;
		*a = (struct answer){ .body = STR_INIT, .early = STR_INIT };
		http_init(&a->http);
		if (exchange(e, e->fd, c, version, false, a, err) == 0) {
			if (a->http.close || a->http.upgraded || a->early.len)
				api_hangup(e);
			return 0;
		}
		api_hangup(e);
		/* The engine closed the idle connection just as we wrote: reading may be repeated. */
		bool again = kept && !a->heard && str_eq(c->method, "GET") && err->code != ERR_ENGINE;
		answer_fini(a);
		if (!again)
			return -1;
		kept = false;
		err_fini(err);
	}
}

/* ---- version, errors ---- */

/* "1.41" -> 41; 0 when it is something else. */
static unsigned parse_version(const char *s)
{
	unsigned minor = 0;
	if (!str_starts(s, "1.") || strlen(s) < 3 || strlen(s) > 5)
		return 0;
	for (s += 2; *s; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		minor = minor * 10 + (unsigned)(*s - '0');
	}
	return minor;
}

int api_ping(struct engine *e, struct err *err)
{
	struct answer a;
	struct api_call ping = { .method = "GET", .path = "/_ping", .timeout_ms = 10000 };
	if (converse(e, &ping, "", &a, err) != 0) {
		err->code = ERR_ENGINE;
		return -1;
	}
	unsigned minor = parse_version(a.http.api_version);
	int status = a.http.status;
	answer_fini(&a);
	if (status != 200 || minor == 0)
		return err_set(err, ERR_ENGINE, "what listens at %s (%s) is no container engine: it answers its ping with "
		    "status %d; set DOCKER_HOST to the engine's socket", e->socket, e->origin, status);
	if (minor < API_OLDEST)
		return err_set(err, ERR_ENGINE, "the container engine at %s speaks API %d.%u, older than %d.%u; update it",
		    e->socket, API_MAJOR, minor, API_MAJOR, API_OLDEST);
	snprintf(e->version, sizeof(e->version), "%d.%u", API_MAJOR, MIN(minor, API_NEWEST));
	return 0;
}

static int negotiate(struct engine *e, struct err *err)
{
	return *e->version ? 0 : api_ping(e, err);
}

static json_object *parse_json(const struct str *body)
{
	if (body->len == 0 || body->len > ENGINE_BODY_MAX)
		return NULL;
	json_tokener *tok = json_tokener_new_ex(ENGINE_JSON_DEPTH);
	if (!tok)
		return NULL;
	json_object *o = json_tokener_parse_ex(tok, body->s, (int)body->len);
	json_tokener_free(tok);
	return o;
}

/* The engine's own words become the message, on one line. */
static int status_error(int status, const struct str *body, json_object *json, struct err *err)
{
	cleanup_str struct str msg = STR_INIT;
	const char *text = json_str(json, "message");
	if (!text)
		text = json_str(json, "cause");
	if (!text || !*text)
		text = body->s;
	for (; *text && msg.len < MESSAGE_MAX; text++) {
		if (*text == '\n' || *text == '\r')
			str_putc(&msg, ' ');
		else
			str_putc(&msg, *text);
	}
	while (msg.len && msg.s[msg.len - 1] == ' ')
		msg.s[--msg.len] = '\0';
	if (!msg.len)
		str_printf(&msg, "the engine answered with status %d", status);
	return err_set(err, status == 404 ? ERR_NOT_FOUND : ERR_FAILED, "%s", msg.s);
}

int api_call(struct engine *e, const struct api_call *call, json_object **ret, struct err *err)
{
	if (ret)
		*ret = NULL;
	if (negotiate(e, err) != 0)
		return -1;
	struct answer a;
	if (converse(e, call, e->version, &a, err) != 0)
		return -1;
	int status = a.http.status;
	bool failed = status >= 300 && status != 304;
	json_object *json = ret || failed ? parse_json(&a.body) : NULL;
	if (failed) {
		status_error(status, &a.body, json, err);
		status = -1;
	} else if (ret && a.body.len && !json) {
		err_set(err, ERR_FAILED, "the engine's answer is not JSON");
		status = -1;
	} else if (ret) {
		*ret = json;
		json = NULL;
	}
	json_object_put(json);
	answer_fini(&a);
	return status;
}

int api_json(struct engine *e, const char *method, const char *path, json_object *body, json_object **ret,
    struct err *err)
{
	struct api_call c = { .method = method, .path = path };
	if (body) {
		c.type = "application/json";
		c.body = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		c.len = strlen(c.body);
	}
	return api_call(e, &c, ret, err);
}

int api_upgrade(struct engine *e, const char *path, json_object *body, struct str *early, struct err *err)
{
	if (negotiate(e, err) != 0)
		return -1;
	cleanup_close int fd = dial(e, err);
	if (fd < 0)
		return -1;
	struct api_call c = { .method = "POST", .path = path, .type = "application/json" };
	c.body = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN);
	c.len = strlen(c.body);
	struct answer a = { .body = STR_INIT, .early = STR_INIT };
	http_init(&a.http);
	int rc = exchange(e, fd, &c, e->version, true, &a, err);
	if (rc == 0 && !is_stream(&a.http)) {
		json_object *json = parse_json(&a.body);
		status_error(a.http.status, &a.body, json, err);
		json_object_put(json);
		rc = -1;
	}
	if (rc == 0) {
		str_add(early, a.early.s, a.early.len);
		rc = fd;
		fd = -1;
	}
	answer_fini(&a);
	return rc;
}

/* ---- names in paths ---- */

void api_escape(struct str *ret, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
			str_putc(ret, (char)c);
		else
			str_printf(ret, "%%%02X", c);
	}
}

static bool all_in(const char *s, const char *more)
{
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr(more, *s)))
			return false;
	return true;
}

int api_check_container(const char *id, struct err *err)
{
	if (*id && *id != '.' && *id != '-' && strlen(id) <= 255 && all_in(id, "_.-"))
		return 0;
	return err_set(err, ERR_NOT_FOUND, "no container can be called \"%.100s\"", id);
}

int api_check_image(const char *ref, struct err *err)
{
	if (*ref && *ref != '/' && *ref != '-' && strlen(ref) <= 1024 && all_in(ref, "_.-/:@") && !strstr(ref, "..")
	    && !strstr(ref, "//"))
		return 0;
	return err_set(err, ERR_NOT_FOUND, "no image can be called \"%.200s\"", ref);
}
