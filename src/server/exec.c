/* `lace-mux-server exec`: one command as a pane would run it, for `lace exec` and `lace ssh`.
 *
 * The environment is this process's (what the engine or sshd gave) under that of
 * the session file; the terminal's own variables stay as they came. */
#include "server/server.h"

#include "base/mem.h"
#include "host/fs.h"
#include "mux/env.h"
#include "mux/passwd.h"

#include <errno.h>
#include <unistd.h>

enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* No command: the person's shell, as a login shell. */
static int run_shell(const char *shell)
{
	cleanup_free char *argv0 = xasprintf("-%s", fs_basename(shell));
	execl(shell, argv0, (char *)NULL);
	fprintf(stderr, "lace-mux-server: cannot run the shell %s: %s\n", shell, strerror(errno));
	return EXIT_CANNOT_RUN;
}

static int run(char **argv)
{
	execvp(argv[0], argv);
	int code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	fprintf(stderr, "lace-mux-server: cannot run %s: %s\n", argv[0], strerror(errno));
	return code;
}

/* The folder may be gone, or the project's mount not there: then the home, as hooks do. */
static void enter(const char *dir, const char *home)
{
	if (dir && chdir(dir) == 0)
		return;
	if (home == NULL || chdir(home) != 0)
		(void)!chdir("/");
}

int server_cmd_exec(int argc, char **argv)
{
	cleanup_str struct str file = STR_INIT;
	struct strv env = STRV_INIT;
	struct env_session session = { 0 };
	struct passwd_entry user = { 0 };
	int first = argc > 1 && str_eq(argv[1], "--") ? 2 : 1;

	for (char **e = environ; *e; e++)
		strv_push(&env, *e);
	cleanup_free char *session_file = server_session_file();
	if (env_read_session(session_file, geteuid(), &file))
		env_apply_session(&env, file.s, file.len, &session);
	passwd_lookup(geteuid(), &user);
	const char *shell = session.shell ? session.shell : user.shell ? user.shell : "/bin/sh";
	env_add_user(&env, user.name, user.home, shell);
	enter(session.dir, env_get(&env, "HOME"));
	environ = env.v;
	/* env, session and user are not released: they become the new program's, or the process ends */
	return first < argc ? run(argv + first) : run_shell(shell);
}
