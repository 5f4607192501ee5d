/* Turns of the server's loop, one by one: what each pane gets of one, and what all panes may keep. The programs in the panes
 * are sockets that the test writes to, so nothing here depends on time. */
#include "../unit.h"

#include "base/str.h"
#include "mux/handover.h"
#include "mux/pty.h"
#include "mux/server.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PANES 6

static int programs[PANES];
static size_t n_programs;

int pty_spawn(const struct pty_spawn *how, pid_t *ret_pid, char name[32], struct err *err)
{
	int pair[2];

	assert_true(n_programs < PANES);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	programs[n_programs++] = pair[1];
	*ret_pid = INT_MAX;            /* nobody's */
	snprintf(name, 32, "/dev/pts/%zu", n_programs);
	return pair[0];
}

void pty_set_size(int fd, const struct pty_size *size) { assert_true(size->rows > 0 && size->cols > 0); }
pid_t pty_foreground(int fd) { return -1; }

struct fixture {
	struct mux_options opts;
	struct mux *m;
	int client;
	uint64_t serial;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	cleanup_err struct err err = ERR_INIT;
	int pair[2];

	f->opts = (struct mux_options){ .state_fd = -1, .listen_fd = -1, .ready_fd = -1, .socket_path = "/nonexistent/sock",
		.codec = 44, .scrollback_lines = 100000, .scrollback_bytes = 16 << 20, .scrollback_all = 1 << 20,
		.images_all = 500000, .version = "test", .build = "test" };
	f->m = xcalloc(1, sizeof(*f->m));
	assert_int_equal(mux_init(f->m, &f->opts, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	f->client = pair[0];
	conn_adopt(f->m, pair[1], getpid());
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->client);
	mux_fini(f->m);
	while (n_programs > 0)
		close(programs[--n_programs]);
	free(f->m);
	free(f);
	return 0;
}

static void turn(struct fixture *f) { uv_run(&f->m->loop, UV_RUN_NOWAIT); }

static void request(struct fixture *f, uint32_t ident, const union wire_body *b)
{
	struct wire_pdu pdu = { .ident = ident, .serial = ++f->serial };
	struct wire_buf out = { 0 };

	if (b != NULL)
		pdu.body = *b;
	assert_int_equal(wire_encode(&pdu, 44, WIRE_COMPRESS_NEVER, &out), WIRE_OK);
	assert_int_equal(send(f->client, out.data, out.len, 0), out.len);
	wire_buf_fini(&out);
}

/* The ident of the answer, if it has come. */
static uint32_t answer(struct fixture *f)
{
	uint8_t bytes[65536];
	struct wire_arena arena = { 0 };
	struct wire_pdu pdu = { .ident = UINT32_MAX };
	ssize_t n = recv(f->client, bytes, sizeof(bytes), 0);
	size_t taken;

	if (n <= 0)
		return UINT32_MAX;
	assert_int_equal(wire_decode(bytes, (size_t)n, 44, &taken, &pdu, &arena), WIRE_OK);
	assert_int_equal(pdu.serial, f->serial);
	wire_arena_reset(&arena);
	return pdu.ident;
}

static void open_panes(struct fixture *f)
{
	struct wire_str args[] = { WIRE_STR("sh") };

	for (size_t i = 0; i < PANES; i++) {
		request(f, WIRE_SPAWN_V2, &(union wire_body){ .spawn_v2 = { .has_command = true,
		    .command = { .args = args, .n_args = 1, .controlling_tty = true }, .size = { 10, 80, 0, 0, 96 },
		    .workspace = WIRE_STR("default") } });
		turn(f);
		assert_int_equal(answer(f), WIRE_SPAWN_RESPONSE);
	}
}

/* What the pane has not read yet. */
static size_t waiting(size_t pane)
{
	int n = 0;

	assert_int_equal(ioctl(programs[pane], SIOCOUTQ, &n), 0);
	return (size_t)n;
}

/* As much as goes in: the program floods. */
static void flood(size_t pane)
{
	char lines[4096];

	memset(lines, 'x', sizeof(lines));
	for (size_t i = 79; i < sizeof(lines); i += 80)
		memcpy(lines + i - 1, "\r\n", 2);
	while (send(programs[pane], lines, sizeof(lines), 0) > 0)
		;
}

/* What each pane has been given of this turn. */
static void shares(struct fixture *f, size_t first, size_t n, int64_t ret[PANES])
{
	for (size_t i = first; i < first + n; i++) {
		flood(i);
		ret[i] = vt_dims(f->m->panes[i]->vt).physical_top;
	}
	turn(f);
	for (size_t i = first; i < first + n; i++)
		ret[i] = (vt_dims(f->m->panes[i]->vt).physical_top - ret[i]) * 80;
}

static void test_panes_that_flood_share_each_turn(void **state)
{
	struct fixture *f = *state;
	int64_t got[PANES];

	open_panes(f);
	shares(f, 0, PANES, got);          /* the first turn does not know yet how many they are */
	for (int i = 0; i < 20; i++) {
		shares(f, 0, PANES, got);
		for (size_t k = 0; k < PANES; k++)
			assert_in_range(got[k], 1, MUX_PTY_TURN_MIN + 80);
	}
	/* What is left is read in the next turns. */
	for (int i = 0; i < 1000; i++)
		turn(f);
	for (size_t k = 0; k < PANES; k++)
		assert_int_equal(waiting(k), 0);
}

static void test_a_flood_keeps_no_request_and_no_pane_waiting(void **state)
{
	struct fixture *f = *state;
	int64_t got[PANES];

	open_panes(f);
	for (int i = 0; i < 20; i++) {
		/* Whatever comes first in the turn: the key is written and its echo read in the next one at the latest. */
		request(f, WIRE_WRITE_TO_PANE, &(union wire_body){ .write_to_pane = { PANES - 1, WIRE_STR("k") } });
		shares(f, 0, PANES - 1, got);
		assert_int_equal(answer(f), WIRE_UNIT_RESPONSE);
		char key;
		assert_int_equal(recv(programs[PANES - 1], &key, 1, 0), 1);
		assert_int_equal(send(programs[PANES - 1], &key, 1, 0), 1);
		uint64_t before = vt_seqno(f->m->panes[PANES - 1]->vt);
		shares(f, 0, PANES - 1, got);
		assert_true(vt_seqno(f->m->panes[PANES - 1]->vt) > before);
		assert_int_equal(waiting(PANES - 1), 0);
	}
}

static void test_scrollback_of_all_panes_is_bounded(void **state)
{
	struct fixture *f = *state;
	int64_t got[PANES];
	size_t block = 128 << 10, sum = 0;     /* a pane keeps the block that it writes to */

	open_panes(f);
	/* One pane has a little, and one floods: that one loses. */
	for (int i = 0; i < 60; i++)
		assert_true(send(programs[1], "a line\r\n", 8, 0) == 8);
	turn(f);
	int64_t top = vt_dims(f->m->panes[1]->vt).scrollback_top;
	for (int i = 0; i < 3000; i++)
		shares(f, 0, 1, got);
	assert_true(f->m->memory.scrollback <= f->opts.scrollback_all + block);
	assert_true(vt_dims(f->m->panes[0]->vt).scrollback_top > 0);
	assert_int_equal(vt_dims(f->m->panes[1]->vt).scrollback_top, top);
	/* Then all do. */
	for (int i = 0; i < 1000; i++)
		shares(f, 0, PANES, got);
	assert_true(f->m->memory.scrollback <= f->opts.scrollback_all + PANES * block);
	for (size_t i = 0; i < PANES; i++) {
		sum += vt_memory(f->m->panes[i]->vt).scrollback;
		assert_true(vt_memory(f->m->panes[i]->vt).scrollback > 0);
	}
	assert_int_equal(sum, f->m->memory.scrollback);
	request(f, WIRE_KILL_PANE, &(union wire_body){ .pane_ref = { 0 } });
	turn(f);
	assert_true(f->m->memory.scrollback < sum);
}

/* Kitty graphics, 200x200 RGB: 160,000 bytes once it is kept as RGBA. */
static void picture(struct fixture *f, size_t pane, unsigned id)
{
	cleanup_str struct str s = STR_INIT;

	for (unsigned left = 200 * 200 * 4; left > 0;) {
		unsigned n = left < 4096 ? left : 4096;
		left -= n;
		str_printf(&s, left + n == 200 * 200 * 4 ? "\033_Ga=T,q=2,i=%u,f=24,s=200,v=200,m=1;" : "\033_Gm=%u;",
		    left + n == 200 * 200 * 4 ? id : left > 0);
		for (unsigned i = 0; i < n; i++)
			str_putc(&s, 'A');
		str_puts(&s, "\033\\");
	}
	for (size_t at = 0; at < s.len;) {
		ssize_t n = send(programs[pane], s.s + at, s.len - at, 0);
		at += n > 0 ? (size_t)n : 0;
		turn(f);
	}
	while (waiting(pane) > 0)
		turn(f);
}

static void test_images_of_all_panes_are_bounded(void **state)
{
	struct fixture *f = *state;

	open_panes(f);
	picture(f, 0, 1);
	assert_in_range(f->m->memory.images, 160000, 200000);
	for (unsigned i = 0; i < 4; i++) {
		picture(f, 1, 10 + i);
		assert_in_range(f->m->memory.images, 160000, f->opts.images_all);
	}
	assert_in_range(f->m->panes[0]->memory.images, 160000, 200000);   /* the one that has most pays */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_panes_that_flood_share_each_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_flood_keeps_no_request_and_no_pane_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scrollback_of_all_panes_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_images_of_all_panes_are_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
