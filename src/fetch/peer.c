#include "fetch/peer.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"
#include "registry/wire.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

struct ask {
	int64_t id;
	bool done;
	struct peer_credentials found;
};

static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ask_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static struct map asks = MAP_INIT;

/* Takes line. When lace is gone, so are we (main.c ends with stdin). */
static void send_line(json_object *line)
{
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, line);
	json_object_put(line);
	str_putc(&text, '\n');
	pthread_mutex_lock(&out_lock);
	fwrite(text.s, 1, text.len, stdout);
	fflush(stdout);
	pthread_mutex_unlock(&out_lock);
}

static void add_text(json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

void peer_result(int64_t id, json_object *result)
{
	json_object *line = json_object_new_object();
	json_object_object_add(line, "id", json_object_new_int64(id));
	json_object_object_add(line, "result", result);
	send_line(line);
}

void peer_error(int64_t id, const struct err *err)
{
	json_object *line = json_object_new_object();
	json_object_object_add(line, "id", json_object_new_int64(id));
	add_text(line, "error", err->msg ? err->msg : "unknown error");
	add_text(line, "code", fetch_codes[err->sys > 0 && err->sys < FETCH_CODES ? err->sys : FETCH_FAILED]);
	send_line(line);
}

static void say(const char *what, const char *fmt, va_list ap)
{
	cleanup_str struct str text = STR_INIT;
	str_vprintf(&text, fmt, ap);
	json_object *line = json_object_new_object();
	add_text(line, what, text.s);
	send_line(line);
}

void peer_warn(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say("warning", fmt, ap);
	va_end(ap);
}

void peer_progress(const char *fmt, ...)
{
	/* lace may be busy with something else for minutes: what it would only show is not worth a full pipe. */
	struct pollfd out = { STDOUT_FILENO, POLLOUT, 0 };
	if (poll(&out, 1, 0) != 1)
		return;
	va_list ap;
	va_start(ap, fmt);
	say("progress", fmt, ap);
	va_end(ap);
}

const struct peer_credentials *peer_credentials(const char *host)
{
	pthread_mutex_lock(&ask_lock);
	struct ask *a = map_get(&asks, host);
	if (!a) {
		a = xcalloc(1, sizeof(*a));
		a->id = (int64_t)asks.n + 1;
		map_set(&asks, host, a);
		json_object *line = json_object_new_object();
		json_object_object_add(line, "ask", json_object_new_int64(a->id));
		add_text(line, "host", host);
		send_line(line);
	}
	while (!a->done)
		pthread_cond_wait(&answered, &ask_lock);
	pthread_mutex_unlock(&ask_lock);
	return &a->found;
}

static char *copy_of(json_object *line, const char *key)
{
	const char *text = json_str(line, key);
	return text ? xstrdup(text) : NULL;
}

void peer_answer(json_object *line)
{
	int64_t id = json_int(line, "answer", 0);
	pthread_mutex_lock(&ask_lock);
	for (size_t i = 0; i < asks.n; i++) {
		struct ask *a = asks.entries[i].value;
		if (a->id != id || a->done)
			continue;
		a->found = (struct peer_credentials){ copy_of(line, "user"), copy_of(line, "secret"), copy_of(line, "identity") };
		a->done = true;
	}
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&ask_lock);
}
