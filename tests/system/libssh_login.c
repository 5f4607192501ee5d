/* libssh_login PORT USER KEY KNOWN_HOSTS HOST COMMAND: one command over libssh, wezterm's own SSH, which takes
 * host keys by address only. Driven by test_remote.py with nothing but values out of the generated Lua. */
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int fail(ssh_session s, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, ssh_get_error(s));
	return 1;
}

static int execute(ssh_session s, const char *command)
{
	ssh_channel c = ssh_channel_new(s);
	char buf[4096];
	int n;

	if (ssh_channel_open_session(c) != SSH_OK || ssh_channel_request_exec(c, command) != SSH_OK)
		return fail(s, "exec");
	while ((n = ssh_channel_read(c, buf, sizeof(buf), 0)) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	ssh_channel_send_eof(c);
	int status = ssh_channel_get_exit_status(c);
	ssh_channel_free(c);
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	int port = (int)strtol(argv[1], NULL, 10), off = 0;
	ssh_session s = ssh_new();
	ssh_key key = NULL;

	ssh_options_set(s, SSH_OPTIONS_HOST, argv[5]);
	ssh_options_set(s, SSH_OPTIONS_PORT, &port);
	ssh_options_set(s, SSH_OPTIONS_USER, argv[2]);
	ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, argv[4]);
	ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
	ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &off);
	if (ssh_connect(s) != SSH_OK)
		return fail(s, "connect");
	if (ssh_session_is_known_server(s) != SSH_KNOWN_HOSTS_OK)
		return fail(s, "the host key is not the pinned one");
	if (ssh_pki_import_privkey_file(argv[3], NULL, NULL, NULL, &key) != SSH_OK ||
	    ssh_userauth_publickey(s, NULL, key) != SSH_AUTH_SUCCESS)
		return fail(s, "log in");
	int status = execute(s, argv[6]);
	ssh_key_free(key);
	ssh_disconnect(s);
	ssh_free(s);
	return status;
}
