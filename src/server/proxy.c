/* proxy.c - a client's bytes to the server and back, over stdin and stdout.
 *
 * This is what runs at the far end of an ssh channel. */
#include "server/server.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/relay.h"
#include "link/link.h"
#include "wire/client.h"

#include <errno.h>

#define NONCE_MAX 128

static int relay(int sock)
{
	int rc = relay_run(&(struct relay){ .from = sock, .to = sock, .errors = -1 });

	close(sock);
	return rc == 0 ? 0 : 1;
}

static int connect_for(bool may_start, struct err *err)
{
	struct server_paths p = { 0 };
	int fd = -1;

	if (server_paths(&p, NULL, err) == 0) {
		fd = may_start ? server_connect_or_start(&p, err) : server_connect(&p, err);
		if (fd < 0 && !may_start && (err->sys == ENOENT || err->sys == ECONNREFUSED))
			err_set(err, ERR_NOT_FOUND,
			    "no server runs here (%s): start one without --no-auto-start", p.socket);
	}
	server_paths_fini(&p);
	return fd;
}

int server_cmd_proxy(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	const char *nonce = NULL;
	bool may_start = true;

	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--no-auto-start"))
			may_start = false;
		else if (str_eq(argv[i], "--marker") && i + 1 < argc)
			nonce = argv[++i];
		else
			return server_usage("proxy: unknown argument \"%s\"", argv[i]);
	}
	if (nonce != NULL && (strlen(nonce) > NONCE_MAX || strpbrk(nonce, "\r\n") != NULL))
		return server_usage("proxy: --marker wants one short word");
	int fd = connect_for(may_start, &err);
	if (fd < 0)
		return server_fail(&err);
	if (nonce != NULL && dprintf(STDOUT_FILENO, LINK_MARKER_PREFIX "%s\n", nonce) < 0) {
		close(fd);
		err_sys(&err, "cannot write to stdout");
		return server_fail(&err);
	}
	return relay(fd);
}

/* What `wezterm cli proxy` does since codec 43: names itself, takes one answer. */
static int say_proxy(int fd, struct err *err)
{
	char host[256] = "";
	const char *user = getenv("USER"), *agent = getenv("SSH_AUTH_SOCK");
	const struct wire_pdu *answer;

	gethostname(host, sizeof(host) - 1);
	if (user == NULL)
		user = "";
	struct wire_client *c = wire_client_create(fd, fd, WIRE_CODEC_LACE, NULL, NULL);
	union wire_body b = { .set_client_id = { .is_proxy = true, .client_id = {
	    .hostname = { host, strlen(host) }, .username = { user, strlen(user) },
	    .pid = (uint32_t)getpid(), .epoch = (uint64_t)time(NULL), .id = 1,
	    .has_ssh_auth_sock = agent != NULL,
	    .ssh_auth_sock = { agent != NULL ? agent : "", agent != NULL ? strlen(agent) : 0 } } } };
	enum wire_client_status s = wire_client_call(c, WIRE_SET_CLIENT_ID, &b, SERVER_CALL_MS, &answer);
	int rc = s == WIRE_CLIENT_OK ? 0 : err_set(err, ERR_FAILED, "the server does not answer: %s",
	    s == WIRE_CLIENT_EOF ? "it closed the connection" : wire_client_error(c));
	wire_client_destroy(c);
	return rc;
}

int server_proxy_wezterm(int fd)
{
	cleanup_err struct err err = ERR_INIT;

	if (say_proxy(fd, &err) != 0) {
		close(fd);
		return server_fail(&err);
	}
	return relay(fd);
}
