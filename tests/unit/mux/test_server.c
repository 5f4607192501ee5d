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
	f->opts = (struct mux_options){ .listen_fd = fd, .socket_path = f->path, .codec = 44, .scrollback_lines = 1000,
		.ready_fd = ready[1], .version = "test" };
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	assert_int_equal(read(ready[0], ok, 3), 3);
	close(ready[0]);
	*state = f;
	return 0;
}

static void on_pdu(void *user, const struct wire_pdu *pdu)
{
	struct client *c = user;

	if (pdu->serial != 0)
		return;
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

	*c = (struct client){ .pushes = STR_INIT };
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

static uint64_t spawn(struct client *c, const char *script)
{
	struct wire_str args[] = { WIRE_STR("sh"), WIRE_STR("-c"), { script, strlen(script) } };
	const struct wire_pdu *a = call(c, WIRE_SPAWN_V2, &(union wire_body){ .spawn_v2 = { .has_command = true,
	    .command = { .args = args, .n_args = 3, .controlling_tty = true }, .size = { 10, 40, 0, 0, 96 },
	    .workspace = WIRE_STR("default") } });

	assert_int_equal(a->ident, WIRE_SPAWN_RESPONSE);
	return a->body.spawn_response.pane_id;
}

/* Reads until a push of that name has come. */
static void wait_push(struct client *c, const char *name)
{
	while (strstr(c->pushes.s, name) == NULL) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		if (!wire_client_pending(c->c))
			assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		assert_int_equal(wire_client_readable(c->c), WIRE_CLIENT_OK);
	}
}

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(no_push_before_a_name), T(a_key_forces_a_push), T(exit_is_told_before_removal),
		T(lace_clients_are_spared_other_panes), T(a_sleeper_gets_state_not_history) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
