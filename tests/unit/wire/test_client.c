/* The client against a server that the test plays over a socketpair. */
#include "../unit.h"

#include "wire/client.h"
#include "wire/prim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct rig {
	int ours, theirs;             /* ours: the server's end */
	struct wire_client *client;
	struct wire_buf in;           /* what the server has read */
	struct wire_arena arena;
	size_t n;                     /* PDUs that came to the callback */
	struct { uint32_t ident; uint64_t serial, pane_id; } got[64];
	bool answer_bells;            /* the callback sends a ListPanes for each alert */
};

static void on_pdu(void *user, const struct wire_pdu *pdu)
{
	struct rig *r = user;
	assert_true(r->n < 64);
	r->got[r->n].ident = pdu->ident;
	r->got[r->n].serial = pdu->serial;
	r->got[r->n++].pane_id = pdu->body.pane_ref.pane_id;
	if (r->answer_bells && pdu->ident == WIRE_NOTIFY_ALERT)
		assert_true(wire_client_send(r->client, WIRE_LIST_PANES, NULL) > 0);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	int fds[2];
	if (r == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	r->ours = fds[0];
	r->theirs = fds[1];
	fcntl(r->theirs, F_SETFL, O_NONBLOCK);
	r->client = wire_client_create(r->theirs, r->theirs, 44, on_pdu, r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	wire_client_destroy(r->client);
	wire_buf_fini(&r->in);
	wire_arena_reset(&r->arena);
	close(r->theirs);
	if (r->ours >= 0)
		close(r->ours);
	free(r);
	return 0;
}

/* The server's next request; blocks until it is whole. */
static struct wire_pdu receive(struct rig *r)
{
	struct wire_pdu pdu;
	size_t taken;
	enum wire_status status;
	wire_arena_reset(&r->arena);
	while ((status = wire_decode(r->in.data, r->in.len, 44, &taken, &pdu, &r->arena)) == WIRE_MORE) {
		uint8_t bytes[4096];
		ssize_t n = read(r->ours, bytes, sizeof(bytes));
		assert_true(n > 0);
		wire_out_raw(&r->in, bytes, (size_t)n);
	}
	assert_int_equal(status, WIRE_OK);
	wire_buf_drop(&r->in, taken);
	return pdu;
}

static void say_raw(struct rig *r, const void *data, size_t len)
{
	assert_int_equal(write(r->ours, data, len), len);
}

static void say(struct rig *r, uint64_t serial, uint32_t ident, uint64_t pane_id)
{
	struct wire_pdu pdu = { .ident = ident, .serial = serial, .body.pane_ref = { pane_id } };
	struct wire_buf out = { 0 };
	assert_int_equal(wire_encode(&pdu, 44, WIRE_COMPRESS_AUTO, &out), WIRE_OK);
	say_raw(r, out.data, out.len);
	wire_buf_fini(&out);
}

static void test_send(void **state)
{
	struct rig *r = *state;
	union wire_body paste = { .send_paste = { 3, WIRE_STR("hello") } };
	assert_int_equal(wire_client_send(r->client, WIRE_PING, NULL), 1);
	assert_int_equal(wire_client_send(r->client, WIRE_SEND_PASTE, &paste), 2);
	assert_false(wire_client_wants_write(r->client));
	struct wire_pdu pdu = receive(r);
	assert_true(pdu.ident == WIRE_PING && pdu.serial == 1);
	pdu = receive(r);
	assert_true(pdu.ident == WIRE_SEND_PASTE && pdu.serial == 2);
	assert_string_equal(pdu.body.send_paste.data.s, "hello");

	/* Out of order, with a push between, and a request out of the callback. */
	r->answer_bells = true;
	say(r, 2, WIRE_UNIT_RESPONSE, 0);
	say(r, 0, WIRE_NOTIFY_ALERT, 5);
	say(r, 1, WIRE_PONG, 0);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_int_equal(r->n, 3);
	assert_true(r->got[0].ident == WIRE_UNIT_RESPONSE && r->got[0].serial == 2);
	assert_true(r->got[1].ident == WIRE_NOTIFY_ALERT && r->got[1].serial == 0 && r->got[1].pane_id == 5);
	assert_true(r->got[2].ident == WIRE_PONG && r->got[2].serial == 1);
	pdu = receive(r);
	assert_true(pdu.ident == WIRE_LIST_PANES && pdu.serial == 3);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK); /* nothing there */
}

static void test_unencodable(void **state)
{
	struct rig *r = *state;
	union wire_body bad = { .send_paste = { 3, WIRE_STR("\xff") } };
	const struct wire_pdu *response;
	assert_int_equal(wire_client_send(r->client, WIRE_SEND_PASTE, &bad), 0);
	assert_int_equal(wire_client_call(r->client, WIRE_SEND_PASTE, &bad, 10, &response), WIRE_CLIENT_ERROR);
	assert_int_equal(wire_client_send(r->client, WIRE_PING, NULL), 1); /* no serial was lost */
}

static void test_split(void **state)
{
	struct rig *r = *state;
	static const uint8_t frames[] = { 3, 0, WIRE_PANE_FOCUSED, 9, 3, 0, WIRE_PANE_REMOVED, 4 };
	for (size_t i = 0; i < sizeof(frames); i++) {
		say_raw(r, &frames[i], 1);
		assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
		assert_int_equal(r->n, (i + 1) / 4);
	}
	assert_true(r->got[0].pane_id == 9 && r->got[1].pane_id == 4);
}

static void test_unknown(void **state)
{
	struct rig *r = *state;
	wire_client_send(r->client, WIRE_PING, NULL);
	say_raw(r, "\x03\x00\xc8\x01", 4); /* a push that nobody knows is dropped */
	say_raw(r, "\x03\x01\xc8\x01", 4); /* an answer is an answer */
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_int_equal(r->n, 1);
	assert_true(r->got[0].ident == 200 && r->got[0].serial == 1);
}

static void expect_error(struct rig *r, const char *text)
{
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_ERROR);
	if (strstr(wire_client_error(r->client), text) == NULL)
		fail_msg("error is: %s", wire_client_error(r->client));
	/* It stays. */
	const struct wire_pdu *response;
	assert_int_equal(wire_client_send(r->client, WIRE_PING, NULL), 0);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_ERROR);
	assert_int_equal(wire_client_writable(r->client), WIRE_CLIENT_ERROR);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 1000, &response), WIRE_CLIENT_ERROR);
}

static void test_serial_of_the_future(void **state)
{
	struct rig *r = *state;
	wire_client_send(r->client, WIRE_PING, NULL);
	say(r, 2, WIRE_PONG, 0);
	expect_error(r, "serial 2 was never used");
}

static void test_answered_twice(void **state)
{
	struct rig *r = *state;
	wire_client_send(r->client, WIRE_PING, NULL);
	say(r, 1, WIRE_PONG, 0);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	say(r, 1, WIRE_PONG, 0);
	expect_error(r, "serial 1 was answered before");
}

static void test_noise(void **state)
{
	struct rig *r = *state;
	static const char noise[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff Welcome to the shell";
	say_raw(r, noise, sizeof(noise));
	expect_error(r, "does not speak the mux protocol");
}

static void test_end(void **state)
{
	struct rig *r = *state;
	say(r, 0, WIRE_PANE_REMOVED, 1);
	close(r->ours);
	r->ours = -1;
	/* To write into the closed end is no signal and no error: the reading side tells. */
	wire_client_send(r->client, WIRE_PING, NULL);
	assert_false(wire_client_wants_write(r->client));
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_int_equal(r->n, 1);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_EOF);
	const struct wire_pdu *response;
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 1000, &response), WIRE_CLIENT_EOF);
}

static void test_end_inside(void **state)
{
	struct rig *r = *state;
	say_raw(r, "\x03\x00\x25", 3);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	close(r->ours);
	r->ours = -1;
	expect_error(r, "inside a frame");
}

/* More than the socket takes: it waits, then goes on where it was. */
static void test_backlog(void **state)
{
	struct rig *r = *state;
	char text[60000];
	uint32_t x = 7;
	for (size_t i = 0; i < sizeof(text); i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)(x >> 24);
	}
	union wire_body body = { .write_to_pane = { 0, { text, sizeof(text) } } };
	uint64_t sent = 0;
	while (!wire_client_wants_write(r->client) || sent < 20)
		sent = wire_client_send(r->client, WIRE_WRITE_TO_PANE, &body);
	for (uint64_t serial = 1; serial <= sent; serial++) {
		/* The server reads only what is there, so the client has to be asked again. */
		struct wire_pdu pdu;
		size_t taken;
		wire_arena_reset(&r->arena);
		while (wire_decode(r->in.data, r->in.len, 44, &taken, &pdu, &r->arena) == WIRE_MORE) {
			static uint8_t bytes[65536];
			ssize_t n = recv(r->ours, bytes, sizeof(bytes), MSG_DONTWAIT);
			if (n < 0)
				assert_int_equal(errno, EAGAIN);
			else
				wire_out_raw(&r->in, bytes, (size_t)n);
			assert_int_equal(wire_client_writable(r->client), WIRE_CLIENT_OK);
		}
		wire_buf_drop(&r->in, taken);
		assert_int_equal(pdu.serial, serial);
		assert_int_equal(pdu.body.write_to_pane.data.len, sizeof(text));
		assert_memory_equal(pdu.body.write_to_pane.data.s, text, sizeof(text));
	}
	assert_false(wire_client_wants_write(r->client));
}

/* A server process that waits for two requests and then answers. */
static pid_t serve(struct rig *r)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	struct wire_pdu first = receive(r), second = receive(r);
	say(r, 0, WIRE_TAB_RESIZED, 11);
	say(r, first.serial, WIRE_UNIT_RESPONSE, 0);
	say(r, second.serial, WIRE_GET_PANE_DIRECTION_RESPONSE, 0);
	say(r, 0, WIRE_PANE_FOCUSED, 12);
	_exit(second.ident == WIRE_GET_PANE_DIRECTION ? 0 : 1);
}

static void test_call(void **state)
{
	struct rig *r = *state;
	pid_t pid = serve(r);
	union wire_body body = { .pane_direction = { 7, WIRE_DIRECTION_LEFT } };
	const struct wire_pdu *response = NULL;
	assert_int_equal(wire_client_send(r->client, WIRE_KILL_PANE, &body), 1);
	assert_int_equal(wire_client_call(r->client, WIRE_GET_PANE_DIRECTION, &body, 60000, &response),
	    WIRE_CLIENT_OK);
	assert_true(response->ident == WIRE_GET_PANE_DIRECTION_RESPONSE && response->serial == 2);
	assert_false(response->body.pane_direction_response.has_pane_id);
	assert_int_equal(r->n, 2);
	assert_true(r->got[0].ident == WIRE_TAB_RESIZED && r->got[0].pane_id == 11);
	assert_true(r->got[1].ident == WIRE_UNIT_RESPONSE && r->got[1].serial == 1);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_true(r->n == 3 && r->got[2].ident == WIRE_PANE_FOCUSED && r->got[2].pane_id == 12);
}

/* A push that arrived in one piece with the response is not seen before the response is. */
static void test_held(void **state)
{
	struct rig *r = *state;
	const struct wire_pdu *response;
	say(r, 1, WIRE_PONG, 0);
	say(r, 0, WIRE_PANE_FOCUSED, 12);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 1000, &response), WIRE_CLIENT_OK);
	assert_int_equal(r->n, 0);
	assert_true(wire_client_pending(r->client));
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_true(r->n == 1 && r->got[0].ident == WIRE_PANE_FOCUSED);
	assert_false(wire_client_pending(r->client));
	/* the next call takes what is held as well */
	say(r, 2, WIRE_PONG, 0);
	say(r, 0, WIRE_PANE_FOCUSED, 13);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 1000, &response), WIRE_CLIENT_OK);
	say(r, 3, WIRE_PONG, 0);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 1000, &response), WIRE_CLIENT_OK);
	assert_true(r->n == 2 && r->got[1].pane_id == 13);
}

/* A call that nobody answers ends in time; its late answer goes to the callback. */
static void test_timeout(void **state)
{
	struct rig *r = *state;
	const struct wire_pdu *response;
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 20, &response), WIRE_CLIENT_ERROR);
	assert_string_equal(wire_client_error(r->client), "Ping: no answer from the server in time");
	say(r, 1, WIRE_PONG, 0);
	assert_int_equal(wire_client_readable(r->client), WIRE_CLIENT_OK);
	assert_true(r->n == 1 && r->got[0].ident == WIRE_PONG);
	/* An answer that is there already needs no time at all. */
	say(r, 2, WIRE_PONG, 0);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 0, &response), WIRE_CLIENT_OK);
	assert_true(response->serial == 2);
}

/* Two pipes, as over SSH. */
static void push_again(void *user, const struct wire_pdu *pdu)
{
	say(user, 0, WIRE_PANE_REMOVED, 1);
}

/* A server that talks all the time and never answers does not hold the call. */
static void test_flood(void **state)
{
	struct rig *r = *state;
	const struct wire_pdu *answer;
	wire_client_destroy(r->client);
	r->client = wire_client_create(r->theirs, r->theirs, 44, push_again, r);
	say(r, 0, WIRE_PANE_REMOVED, 1);
	alarm(30);
	assert_int_equal(wire_client_call(r->client, WIRE_PING, NULL, 50, &answer), WIRE_CLIENT_ERROR);
	alarm(0);
}

static void test_pipes(void **state)
{
	struct rig *r = *state;
	int up[2], down[2];
	assert_int_equal(pipe2(up, O_CLOEXEC | O_NONBLOCK) | pipe2(down, O_CLOEXEC | O_NONBLOCK), 0);
	struct wire_client *c = wire_client_create(down[0], up[1], 44, on_pdu, r);
	uint8_t bytes[16];
	assert_int_equal(wire_client_send(c, WIRE_PING, NULL), 1);
	assert_int_equal(read(up[0], bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, "\x02\x01\x01", 3);
	assert_int_equal(write(down[1], "\x02\x01\x02", 3), 3);
	assert_int_equal(wire_client_readable(c), WIRE_CLIENT_OK);
	assert_true(r->n == 1 && r->got[0].ident == WIRE_PONG);
	close(down[1]);
	assert_int_equal(wire_client_readable(c), WIRE_CLIENT_EOF);
	wire_client_destroy(c);
	close(down[0]);
	close(up[0]);
	close(up[1]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_send), T(test_unencodable), T(test_split), T(test_unknown), T(test_serial_of_the_future),
		T(test_answered_twice), T(test_noise), T(test_end), T(test_end_inside), T(test_backlog), T(test_call), T(test_held),
		T(test_timeout), T(test_flood), T(test_pipes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
