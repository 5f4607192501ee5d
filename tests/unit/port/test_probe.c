/* P26 of the reference: what the old tool's probe took for free. */
#include "../unit.h"
#include "sock.h"

#include "port/port.h"

static void every_way_to_hold_a_port_counts(void **state)
{
	(void)state;
	static const char *const address[] = { "127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::" };
	for (size_t i = 0; i < ARRAY_LEN(address); i++) {
		for (int kind = 0; kind < 4; kind++) {
			int fd = hold(address[i], 0, kind & 1, kind & 2);
			if (fd < 0 && strchr(address[i], ':'))
				continue;       /* no IPv6 here */
			assert_true(fd >= 0);
			int port = port_of(fd);
			assert_false(port_is_free(port));
			close(fd);
			assert_true(port_is_free(port));
		}
	}
	assert_false(port_is_free(0));
	assert_false(port_is_free(65536));
}

static void a_connection_that_waits_out_its_end_does_not_count(void **state)
{
	(void)state;
	int listener = hold("127.0.0.1", 0, true, true), port = port_of(listener);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	int server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	/* The side that closes first is the one that waits: the server, so its port. */
	close(listener);
	close(server);
	char c;
	assert_int_equal(read(client, &c, 1), 0);
	close(client);
	/* The trap is there: a bare bind fails. */
	int bare = hold("127.0.0.1", port, false, false);
	assert_int_equal(bare, -1);
	assert_true(port_is_free(port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_hold_a_port_counts),
		cmocka_unit_test(a_connection_that_waits_out_its_end_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
