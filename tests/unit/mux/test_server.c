/* The whole server in this process, on a thread of its own, spoken to by our own client code. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "mux/mux.h"
#include "wire/client.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WAIT_MS 10000

struct fixture {
	char dir[32], path[48];
	struct mux_options opts;
	pthread_t thread;
};

struct client {
	int fd;
	struct wire_client *c;
	struct str pushes;                 /* their names, each followed by a blank */
	uint64_t input_serial, seqno;
	struct str answers;                /* to requests that were not calls: serials and names */
	struct wire_search_result found;   /* the first of the last search that was no call */
	uint64_t tab;                      /* of the pane spawned last */
	struct wire_lace_pane_exited exited;
	size_t bonus, dirty;
};

static void *run(void *arg)
{
	struct fixture *f = arg;
	cleanup_err struct err err = ERR_INIT;

	return mux_run(&f->opts, &err) == 0 ? NULL : f;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int ready[2];
	char ok[3];

	snprintf(f->dir, sizeof(f->dir), "/tmp/lace-test-mux-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/sock", f->dir);
	memcpy(a.sun_path, f->path, sizeof(f->path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 10), 0);
	assert_int_equal(pipe(ready), 0);
	f->opts = (struct mux_options){ .state_fd = -1, .pid_fd = -1, .listen_fd = fd, .socket_path = f->path, .codec = 44, .scrollback_lines = 1000,
		.ready_fd = ready[1], .version = "test", .build = "test" };
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	assert_int_equal(read(ready[0], ok, 3), 3);
	close(ready[0]);
	*state = f;
	return 0;
}

static void on_pdu(void *user, const struct wire_pdu *pdu)
{
	struct client *c = user;

	if (pdu->serial != 0) {
		str_printf(&c->answers, "%lu %s%s%s ", (unsigned long)pdu->serial, wire_ident_name(pdu->ident),
		    pdu->ident == WIRE_ERROR_RESPONSE ? ": " : "",
		    pdu->ident == WIRE_ERROR_RESPONSE ? pdu->body.error_response.reason.s : "");
		if (pdu->ident == WIRE_SEARCH_SCROLLBACK_RESPONSE && pdu->body.search_response.n_results > 0)
			c->found = pdu->body.search_response.results[0];
		return;
	}
	str_printf(&c->pushes, "%s ", wire_ident_name(pdu->ident));
	if (pdu->ident == WIRE_GET_PANE_RENDER_CHANGES_RESPONSE) {
		const struct wire_render_changes *r = &pdu->body.render_changes;
		c->input_serial = r->has_input_serial ? r->input_serial : c->input_serial;
		assert_true(r->seqno >= c->seqno);
		c->seqno = r->seqno;
		c->bonus = r->bonus_lines.n_lines;
		c->dirty = r->n_dirty_lines;
		for (size_t i = 0; i < c->bonus; i++)
			assert_true(r->bonus_lines.lines[i].line.seqno >= 1 && r->bonus_lines.lines[i].line.seqno <= r->seqno);
	}
	if (pdu->ident == WIRE_LACE_PANE_EXITED)
		c->exited = pdu->body.lace_pane_exited;
}

static void client_open(struct client *c, const struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	*c = (struct client){ .pushes = STR_INIT, .answers = STR_INIT };
	memcpy(a.sun_path, f->path, sizeof(f->path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	c->c = wire_client_create(c->fd, c->fd, 44, on_pdu, c);
}

static void client_close(struct client *c)
{
	wire_client_destroy(c->c);
	close(c->fd);
	str_fini(&c->pushes);
	str_fini(&c->answers);
}

static const struct wire_pdu *call(struct client *c, uint32_t ident, const union wire_body *b)
{
	const struct wire_pdu *answer = NULL;

	assert_int_equal(wire_client_call(c->c, ident, b, WAIT_MS, &answer), WIRE_CLIENT_OK);
	return answer;
}

static void done(struct client *c, uint32_t ident, const union wire_body *b)
{
	assert_int_equal(call(c, ident, b)->ident, WIRE_UNIT_RESPONSE);
}

static void hello(struct client *c)
{
	done(c, WIRE_SET_CLIENT_ID, &(union wire_body){ .set_client_id = { .client_id = { .hostname = WIRE_STR("h"),
	    .username = WIRE_STR("u"), .pid = 1 } } });
}

static uint64_t spawn_sized(struct client *c, const char *script, uint64_t rows, uint64_t cols)
{
	struct wire_str args[] = { WIRE_STR("sh"), WIRE_STR("-c"), { script, strlen(script) } };
	const struct wire_pdu *a = call(c, WIRE_SPAWN_V2, &(union wire_body){ .spawn_v2 = { .has_command = true,
	    .command = { .args = args, .n_args = 3, .controlling_tty = true }, .size = { rows, cols, 0, 0, 96 },
	    .workspace = WIRE_STR("default") } });

	assert_int_equal(a->ident, WIRE_SPAWN_RESPONSE);
	c->tab = a->body.spawn_response.tab_id;
	return a->body.spawn_response.pane_id;
}

static uint64_t spawn(struct client *c, const char *script) { return spawn_sized(c, script, 10, 40); }

static void wait_for(struct client *c, const struct str *in, const char *text)
{
	while (strstr(in->s, text) == NULL) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		if (!wire_client_pending(c->c))
			assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		assert_int_equal(wire_client_readable(c->c), WIRE_CLIENT_OK);
	}
}

/* Reads until a push of that name has come. */
static void wait_push(struct client *c, const char *name) { wait_for(c, &c->pushes, name); }

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct client c;
	void *failed;

	client_open(&c, f);
	done(&c, WIRE_LACE_SHUTDOWN, NULL);
	client_close(&c);
	assert_int_equal(pthread_join(f->thread, &failed), 0);
	assert_null(failed);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void no_push_before_a_name(void **state)
{
	struct client a, b;

	client_open(&a, *state);
	client_open(&b, *state);
	hello(&a);
	spawn(&a, "echo hello; exec sleep 100");
	wait_push(&a, "GetPaneRenderChangesResponse");
	assert_int_equal(a.dirty, 0);
	assert_int_equal(a.bonus, 10);
	call(&b, WIRE_PING, NULL);
	assert_string_equal(b.pushes.s, "");
	/* Asking for a pane is as good as a name. */
	call(&b, WIRE_GET_PANE_RENDER_CHANGES, &(union wire_body){ .pane_ref = { 0 } });
	assert_string_equal(b.pushes.s, "GetPaneRenderChangesResponse ");
	call(&b, WIRE_GET_PANE_RENDER_CHANGES, &(union wire_body){ .pane_ref = { 0 } });
	assert_string_equal(b.pushes.s, "GetPaneRenderChangesResponse ");
	client_close(&a);
	client_close(&b);
}

static void a_key_forces_a_push(void **state)
{
	struct client a;

	client_open(&a, *state);
	hello(&a);
	uint64_t pane = spawn(&a, "stty -echo; exec sleep 100");
	call(&a, WIRE_GET_PANE_RENDER_CHANGES, &(union wire_body){ .pane_ref = { pane } });
	done(&a, WIRE_SEND_KEY_DOWN, &(union wire_body){ .send_key_down = { pane, { 0, 'x', 0 }, 4711 } });
	while (a.input_serial != 4711) {
		str_reset(&a.pushes);
		wait_push(&a, "GetPaneRenderChangesResponse");
	}
	client_close(&a);
}

static void exit_is_told_before_removal(void **state)
{
	struct client a, b;

	client_open(&a, *state);
	client_open(&b, *state);
	assert_int_equal(call(&a, WIRE_LACE_HELLO, &(union wire_body){ .lace_hello = { 99, 0 } })->body
	    .lace_hello_response.version, WIRE_LACE_VERSION);
	hello(&b);
	uint64_t pane = spawn(&a, "echo out; exit 3");
	wait_push(&a, "PaneRemoved");
	assert_int_equal(a.exited.pane_id, pane);
	assert_int_equal(a.exited.kind, WIRE_EXIT_STATUS);
	assert_int_equal(a.exited.code, 3);
	const char *modes = strstr(a.pushes.s, "LacePaneModes"), *render = strstr(a.pushes.s, "GetPaneRenderChangesResponse");
	assert_true(modes != NULL && render != NULL && modes < render && render < strstr(a.pushes.s, "LacePaneExited"));
	assert_non_null(strstr(a.pushes.s, "LacePaneExited PaneRemoved "));
	wait_push(&b, "PaneRemoved");
	assert_null(strstr(b.pushes.s, "Lace"));
	client_close(&a);
	client_close(&b);
}

/* lace's client hears only of the panes that it has named. */
static void lace_clients_are_spared_other_panes(void **state)
{
	struct client a, b;

	client_open(&a, *state);
	client_open(&b, *state);
	hello(&a);
	call(&b, WIRE_LACE_HELLO, &(union wire_body){ .lace_hello = { 1, 0 } });
	uint64_t pane = spawn(&a, "echo hello; exec sleep 100");
	wait_push(&a, "GetPaneRenderChangesResponse");
	call(&b, WIRE_PING, NULL);
	assert_null(strstr(b.pushes.s, "GetPaneRenderChangesResponse"));
	done(&b, WIRE_LACE_SET_SIZE, &(union wire_body){ .lace_set_size = { pane, { 5, 5, 0, 0, 0 } } });
	wait_push(&b, "LacePaneModes GetPaneRenderChangesResponse");
	client_close(&a);
	client_close(&b);
}

/* A sleeper finds the newest screen, in a few pushes, however much went by. */
static void a_sleeper_gets_state_not_history(void **state)
{
	struct client a, b;
	size_t n = 0;

	client_open(&a, *state);
	client_open(&b, *state);
	hello(&a);
	hello(&b);
	uint64_t pane = spawn(&a, "read x; seq 1 300000; exec sleep 100");
	call(&b, WIRE_GET_PANE_RENDER_CHANGES, &(union wire_body){ .pane_ref = { pane } });
	done(&a, WIRE_WRITE_TO_PANE, &(union wire_body){ .write_to_pane = { pane, WIRE_STR("\r") } });
	for (int64_t top = 0; top < 299990;)
		top = call(&a, WIRE_GET_PANE_RENDERABLE_DIMENSIONS, &(union wire_body){ .pane_ref = { pane } })
		    ->body.renderable_dimensions.dimensions.physical_top;
	call(&b, WIRE_PING, NULL);
	str_reset(&b.pushes);
	call(&b, WIRE_PING, NULL);
	/* What was in the pipe is through; at most the last state is still to come. */
	for (const char *at = b.pushes.s; (at = strstr(at, "RenderChanges")) != NULL; at++)
		n++;
	assert_true(n <= 2);
	client_close(&a);
	client_close(&b);
}

/* ---- search ---- */

static union wire_body search_for(uint64_t pane, uint32_t kind, const char *pattern, int64_t first, int64_t end, int limit)
{
	return (union wire_body){ .search_request = { .pane_id = pane, .pattern = { kind, { pattern, strlen(pattern) } },
	    .range = { first, end }, .has_limit = limit >= 0, .limit = (uint32_t)limit } };
}

/* Until the pane shows its last line. */
static void wait_rows(struct client *c, uint64_t pane, int64_t cursor_row)
{
	const struct wire_pdu *a;

	do
		a = call(c, WIRE_GET_PANE_RENDERABLE_DIMENSIONS, &(union wire_body){ .pane_ref = { pane } });
	while (a->body.renderable_dimensions.cursor_position.y < cursor_row);
}

/* The conversation gui-search-erase as it was recorded: contents, patterns and answers. */
static void search_answers_as_recorded(void **state)
{
	static const struct {
		uint32_t kind;
		const char *pattern;
		int64_t first, end;
		int limit;
		size_t n;                  /* of results, of which these */
		struct wire_search_result v[6];
	} recorded[] = {
		{ WIRE_PATTERN_CASE_SENSITIVE, "error", 0, 600, -1, 2, { { 0, 38, 0, 43, 0 }, { 502, 0, 502, 5, 0 } } },
		{ WIRE_PATTERN_CASE_SENSITIVE, "33", 0, 600, -1, 16, { { 0, 61, 0, 63, 0 }, { 33, 0, 33, 2, 0 },
		    { 133, 1, 133, 3, 0 }, { 233, 1, 233, 3, 0 }, { 330, 0, 330, 2, 0 }, { 331, 0, 331, 2, 0 } } },
		{ WIRE_PATTERN_CASE_INSENSITIVE, "ERROR", 0, 600, -1, 6, { { 0, 19, 0, 24, 0 }, { 0, 38, 0, 43, 0 },
		    { 0, 55, 0, 60, 0 }, { 501, 0, 501, 5, 0 }, { 502, 0, 502, 5, 0 }, { 503, 0, 503, 5, 0 } } },
		{ WIRE_PATTERN_REGEX, "E\\w+:? (one|\\d+)", 0, 600, -1, 4, { { 0, 26, 0, 29, 0 }, { 0, 61, 0, 64, 1 },
		    { 501, 7, 501, 10, 0 }, { 503, 6, 503, 9, 1 } } },
		{ WIRE_PATTERN_REGEX, "^33$", 0, 600, -1, 1, { { 33, 0, 33, 2, 0 } } },
		{ WIRE_PATTERN_CASE_SENSITIVE, "", 0, 600, -1, 1991, { { 0, 0, 0, 0, 0 }, { 0, 1, 0, 1, 0 } } },
		{ WIRE_PATTERN_CASE_SENSITIVE, "1", 100, 120, 5, 5, { { 100, 0, 100, 1, 0 }, { 101, 0, 101, 1, 0 },
		    { 101, 2, 101, 3, 0 }, { 102, 0, 102, 1, 0 }, { 103, 0, 103, 1, 0 } } },
	};
	struct client a;
	client_open(&a, *state);
	uint64_t pane = spawn_sized(&a,
	    "echo \"\\$ seq 1 500; echo 'Error: one'; echo 'error two'; echo ERROR 333\"; seq 1 500; "
	    "echo 'Error: one'; echo 'error two'; echo ERROR 333; printf '$ '; exec sleep 100", 24, 80);

	wait_rows(&a, pane, 504);
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		union wire_body b = search_for(pane, recorded[i].kind, recorded[i].pattern, recorded[i].first,
		    recorded[i].end, recorded[i].limit);
		const struct wire_pdu *answer = call(&a, WIRE_SEARCH_SCROLLBACK_REQUEST, &b);

		assert_int_equal(answer->ident, WIRE_SEARCH_SCROLLBACK_RESPONSE);
		assert_int_equal(answer->body.search_response.n_results, recorded[i].n);
		for (size_t k = 0; k < MIN(recorded[i].n, 6); k++)
			if (k < 2 || recorded[i].n <= 6)
				assert_memory_equal(&answer->body.search_response.results[k], &recorded[i].v[k],
				    sizeof(recorded[i].v[k]));
	}
	union wire_body b = search_for(pane, WIRE_PATTERN_REGEX, "(", 0, 600, -1);
	const struct wire_pdu *answer = call(&a, WIRE_SEARCH_SCROLLBACK_REQUEST, &b);
	assert_int_equal(answer->ident, WIRE_ERROR_RESPONSE);
	assert_string_equal(answer->body.error_response.reason.s,
	    "Error: Parsing error at position 1: Opening parenthesis without closing parenthesis");
	b = search_for(7, WIRE_PATTERN_REGEX, "x", 0, 600, -1);
	answer = call(&a, WIRE_SEARCH_SCROLLBACK_REQUEST, &b);
	assert_string_equal(answer->body.error_response.reason.s, "Error: no such pane 7");
	client_close(&a);
}

#define LONG_WORD "printf %03000d 0; echo ' @'; exec sleep 100"
/* Seconds of work on that word. */
#define HARD "\\w+\\w+@"

/* A search that takes long is answered later, and others are served meanwhile. */
static void a_long_search_holds_nobody_up(void **state)
{
	struct client a, b;
	struct timespec t, now;

	client_open(&a, *state);
	client_open(&b, *state);
	uint64_t pane = spawn_sized(&a, LONG_WORD, 24, 80);
	wait_rows(&a, pane, 38);
	union wire_body hard = search_for(pane, WIRE_PATTERN_REGEX, HARD, 0, 600, -1),
	    easy = search_for(pane, WIRE_PATTERN_CASE_SENSITIVE, " @", 0, 600, -1);
	uint64_t serial = wire_client_send(a.c, WIRE_SEARCH_SCROLLBACK_REQUEST, &hard);
	clock_gettime(CLOCK_MONOTONIC, &t);
	for (int i = 0; i < 5; i++) {
		call(&a, WIRE_PING, NULL);
		call(&b, WIRE_PING, NULL);
		assert_int_equal(call(&b, WIRE_SEARCH_SCROLLBACK_REQUEST, &easy)->body.search_response.n_results, 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_string_equal(a.answers.s ? a.answers.s : "", "");
	print_message("15 answers in %ld ms\n", (now.tv_sec - t.tv_sec) * 1000 + (now.tv_nsec - t.tv_nsec) / 1000000);
	/* Its pane goes: it is told. */
	done(&b, WIRE_KILL_PANE, &(union wire_body){ .pane_ref = { pane } });
	char want[64];
	snprintf(want, sizeof(want), "%lu ErrorResponse: Error: no such pane %lu ", (unsigned long)serial,
	    (unsigned long)pane);
	wait_for(&a, &a.answers, want);
	client_close(&a);
	client_close(&b);
}

static void searches_end_with_their_client(void **state)
{
	struct client a, b;

	client_open(&a, *state);
	client_open(&b, *state);
	uint64_t pane = spawn_sized(&a, LONG_WORD, 24, 80);
	wait_rows(&a, pane, 38);
	union wire_body hard = search_for(pane, WIRE_PATTERN_REGEX, HARD, 0, 600, -1);
	/* One too many. */
	for (int i = 0; i < 9; i++)
		wire_client_send(a.c, WIRE_SEARCH_SCROLLBACK_REQUEST, &hard);
	wait_for(&a, &a.answers, "ErrorResponse: Error: 8 searches of this client are under way already ");
	client_close(&a);
	/* The server is idle again: what it works in half a second is nothing. */
	call(&b, WIRE_PING, NULL);
	clockid_t clock;
	struct timespec before, after;
	pthread_getcpuclockid(((struct fixture *)*state)->thread, &clock);
	clock_gettime(clock, &before);
	poll(NULL, 0, 500);
	clock_gettime(clock, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 100);
	client_close(&b);
}

/* Rows get other numbers while it goes on: it begins anew, and answers with the new ones. */
static void a_search_survives_a_reflow(void **state)
{
	struct client a;

	client_open(&a, *state);
	uint64_t pane = spawn_sized(&a, "printf %01200d 0; echo ' @'; echo 7@; exec sleep 100", 24, 80);
	wait_rows(&a, pane, 17);
	union wire_body hard = search_for(pane, WIRE_PATTERN_REGEX, "\\w+\\w+@|\\d@", 0, 600, -1);
	wire_client_send(a.c, WIRE_SEARCH_SCROLLBACK_REQUEST, &hard);
	done(&a, WIRE_RESIZE, &(union wire_body){ .resize = { .containing_tab_id = a.tab, .pane_id = pane,
	    .size = { 24, 40, 0, 0, 96 } } });
	wait_for(&a, &a.answers, "SearchScrollbackResponse ");
	assert_int_equal(a.found.start_y, 31);
	assert_int_equal(a.found.start_x, 0);
	assert_int_equal(a.found.end_x, 2);
	client_close(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(no_push_before_a_name), T(a_key_forces_a_push), T(exit_is_told_before_removal),
		T(lace_clients_are_spared_other_panes), T(a_sleeper_gets_state_not_history),
		T(search_answers_as_recorded), T(a_long_search_holds_nobody_up), T(searches_end_with_their_client),
		T(a_search_survives_a_reflow) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
