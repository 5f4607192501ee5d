/* attach.c - the terminal client over any program, for tests: attach [OPTIONS] MARKER PROGRAM [ARG...]
 *
 * MARKER "-": none. With -s SOCKET it speaks to that socket, without a program between. Prints how it ended, after
 * the terminal was restored. */
#include "base/mem.h"
#include "client/client.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct client_options opts = { .name = "test", .in = 0, .out = 1, .prefix = CLIENT_PREFIX_DEFAULT };
	struct err err = ERR_INIT;
	struct client_result r = { 0 };
	struct strv program = STRV_INIT;
	const char *socket = NULL;
	int c;
	while ((c = getopt(argc, argv, "+nrp:k:c:d:s:")) != -1) {
		static const char *command[4] = { "sh", "-c", NULL, NULL };
		switch (c) {
		case 'n': opts.new_pane = true; break;
		case 'r': opts.read_only = true; break;
		case 'p': opts.has_pane_id = true; opts.pane_id = strtoull(optarg, NULL, 10); break;
		case 'k': opts.prefix = (uint8_t)(optarg[0] & 0x1f); break;
		case 'c': command[2] = optarg; opts.argv = command; break;
		case 'd': opts.dir = optarg; break;
		case 's': socket = optarg; break;
		default: return 2;
		}
	}
	if (!socket && argc - optind < 2)
		return 2;
	struct link *link = NULL;
	if (socket) {
		link = link_unix(socket, &err);
	} else {
		const char *nonce = str_eq(argv[optind], "-") ? NULL : argv[optind];
		strv_push_all(&program, (const char *const *)argv + optind + 1);
		link = link_program(&program, nonce, &err);
	}
	int code = 0;
	if (!link || link_wait_ready(link, 20000, &err) < 0 || client_run(link, &opts, &r, &err) < 0) {
		fprintf(stderr, "attach: %s\n", err.msg);
		code = 100 + (int)err.code;
	} else {
		static const char *const end[] = { "exited", "detached", "lost" };
		printf("[%s %d pane %llu%s%s]\n", end[r.end], r.exit_code, (unsigned long long)r.pane_id,
		    r.reason ? ": " : "", r.reason ? r.reason : "");
		code = r.end == CLIENT_EXITED ? r.exit_code : 0;
	}
	link_close(link);
	strv_fini(&program);
	free(r.reason);
	err_fini(&err);
	return code;
}
