/* main.c - lace-fetch: registries and archives for `lace`, which starts it and speaks to it in lines
 * (registry/wire.h). One thread reads them, a few work, one runs libcurl. It ends with stdin. */
#include "base/mem.h"
#include "fetch/ops.h"
#include "fetch/peer.h"
#include "fetch/sandbox.h"
#include "host/fs.h"
#include "host/jsonc.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 8, CA_FILE_MAX = 4 << 20, TIMEOUT_DEFAULT = 20 };

static const char help[] =
    "usage: lace-fetch [--version]\n"
    "\n"
    "Fetches dev container features from registries and unpacks them into lace's cache. lace starts it and\n"
    "speaks to it on stdin and stdout; it is not needed by hand.\n";

static struct ops ops;

/* ---- the queue ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	json_object *v[WIRE_REQUESTS_MAX];
	size_t first, n;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static bool enqueue(json_object *request)
{
	pthread_mutex_lock(&queue.lock);
	bool room = queue.n < WIRE_REQUESTS_MAX;
	if (room)
		queue.v[(queue.first + queue.n++) % WIRE_REQUESTS_MAX] = request;
	pthread_cond_signal(&queue.more);
	pthread_mutex_unlock(&queue.lock);
	return room;
}

static json_object *dequeue(void)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.n == 0)
		pthread_cond_wait(&queue.more, &queue.lock);
	json_object *request = queue.v[queue.first];
	queue.first = (queue.first + 1) % WIRE_REQUESTS_MAX;
	queue.n--;
	pthread_mutex_unlock(&queue.lock);
	return request;
}

static void *work(void *user)
{
	for (;;) {
		cleanup_err struct err err = ERR_INIT;
		json_object *request = dequeue(), *result = ops_run(&ops, request, &err);
		int64_t id = json_int(request, "id", 0);
		if (result)
			peer_result(id, result);
		else
			peer_error(id, &err);
		json_object_put(request);
	}
	return user;
}

/* ---- the lines ---- */

static json_object *read_line(char **line, size_t *size, struct err *err)
{
	ssize_t n = getline(line, size, stdin);
	if (n <= 0 || (size_t)n > WIRE_LINE_MAX)
		return NULL;
	return jsonc_parse(*line, (size_t)n, "lace", NULL, err);
}

/* Authorities besides the system's, read while there is no sandbox yet. What cannot be read is said and left out. */
static char *read_ca(json_object *list)
{
	struct str pem = STR_INIT;
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		cleanup_err struct err err = ERR_INIT;
		const char *path = json_object_get_string(json_object_array_get_idx(list, i));
		if (path && fs_read(path, CA_FILE_MAX, &pem, &err) < 0)
			peer_warn("a file of certificates is left out: %s", err.msg);
		str_putc(&pem, '\n');
	}
	return n ? str_detach(&pem) : NULL;
}

static int begin(json_object *hello, struct err *err)
{
	const char *cache = json_str(hello, "cache");
	if (!cache || *cache != '/')
		return err_set(err, ERR_FAILED, "lace named no cache");
	ops.store.dir = xstrdup(cache);
	struct http_options options = { .ca_pem = read_ca(json_get(hello, "ca")),
		.timeout = (int)json_int(hello, "timeout", TIMEOUT_DEFAULT) };
	if (sandbox_enter(cache, err) < 0)
		return -1;
	struct http *http = http_create(&options, err);
	if (!http)
		return -1;
	ops.client = client_create(http, json_get(hello, "mirrors"), json_flag(hello, "offline", false));
	for (int i = 0; i < WORKERS; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, work, NULL) != 0)
			return err_set(err, ERR_FAILED, "cannot start a thread");
		pthread_detach(thread);
	}
	store_sweep(&ops.store);
	return 0;
}

static void take(json_object *line)
{
	if (json_get(line, "answer")) {
		peer_answer(line);
		json_object_put(line);
	} else if (!enqueue(line)) {
		cleanup_err struct err err = ERR_INIT;
		err_set(&err, ERR_FAILED, "more than %u requests at once", WIRE_REQUESTS_MAX);
		peer_error(json_int(line, "id", 0), &err);
		json_object_put(line);
	}
}

int main(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	if (argc > 1) {
		bool version = str_eq(argv[1], "--version");
		fputs(version ? "lace-fetch " LACE_VERSION "\n" : help, stdout);
		return version || str_eq(argv[1], "--help") ? 0 : ERR_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	char *line = NULL;
	size_t size = 0;
	json_object *hello = read_line(&line, &size, &err);
	if (!hello || begin(hello, &err) < 0) {
		fprintf(stderr, "lace-fetch: %s\n", err.msg ? err.msg : help);
		return ERR_FAILED;
	}
	for (json_object *next; (next = read_line(&line, &size, &err));)
		take(next);
	/* Threads are in the middle of something; what they have not renamed is nobody's. */
	_exit(0);
}
