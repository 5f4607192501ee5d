/* handover.c - the server is replaced by another binary while everything in it goes on.
 *
 * The running server writes its state (state.h) to a file in memory, has the new binary read
 * it once on trial, and only when that went well executes it in its own place: the process stays, so
 * the children are still its children, and ptys and the listening socket are inherited. Connections end; clients
 * come back. What fails before the execution leaves the old server as it was. */
#include "mux/handover.h"

#include "base/mem.h"
#include "mux/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TRIAL_MS 15000

/* ---- reading ------------------------------------------------------------------------- */

/* Descriptors are checked too: what is no pty of ours would be read from for ever. */
static bool is_open(int fd) { return fd > 2 && fcntl(fd, F_GETFD) >= 0; }

/* The state in fd, whose bytes are mapped. */
static int open_state(int fd, void **ret_map, size_t *ret_len, struct state *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return err_set(err, ERR_FAILED, "there is no state to take over");
	*ret_len = (size_t)st.st_size;
	*ret_map = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*ret_map == MAP_FAILED)
		return err_sys(err, "cannot read the state to take over");
	if (state_read(*ret_map, *ret_len, STATE_HANDOVER, 0, ret, err) == 0)
		return 0;
	munmap(*ret_map, *ret_len);
	return err_wrap(err, "the state to take over");
}

static int take_panes(struct mux *m, struct state *st, struct err *err)
{
	enum vt_snapshot_error why = VT_SNAPSHOT_OK;

	for (size_t i = 0; i < st->n_panes; i++) {
		const struct pane_handed *h = &st->panes[i];

		if (!is_open(h->fd))
			return err_set(err, ERR_FAILED, "the terminal of pane %llu was not handed over", (unsigned long long)h->id);
		if (pane_take_over(m, h, &why) == NULL)
			return err_set(err, ERR_FAILED, "the screen of pane %llu cannot be read: %s", (unsigned long long)h->id,
			    vt_snapshot_error_text(why));
	}
	for (size_t i = 0; i < st->n_doomed; i++) {
		m->doomed = xreallocarray(m->doomed, m->n_doomed + 1, sizeof(*m->doomed));
		m->doomed[m->n_doomed++] = (struct doomed){ st->doomed[i], mux_now(m) + MUX_KILL_MS };
	}
	state_give_tree(st, m);
	return 0;
}

int handover_read(struct mux *m, int fd, struct err *err)
{
	struct state st;
	void *map;
	size_t len;

	if (open_state(fd, &map, &len, &st, err) != 0)
		return -1;
	int rc = take_panes(m, &st, err);
	state_fini(&st);
	munmap(map, len);
	return rc;
}

int handover_listen_fd(int fd, struct err *err)
{
	struct state st;
	void *map;
	size_t len;

	if (open_state(fd, &map, &len, &st, err) != 0)
		return -1;
	int listen_fd = st.listen_fd;
	state_fini(&st);
	munmap(map, len);
	return is_open(listen_fd) ? listen_fd : err_set(err, ERR_FAILED, "the listening socket was not handed over");
}

/* ---- the replacement -------------------------------------------------------------------- */

static void inherit(const struct mux *m, int state, bool on)
{
	int flag = on ? 0 : FD_CLOEXEC;

	fcntl(state, F_SETFD, flag);
	fcntl(m->opts->listen_fd, F_SETFD, flag);
	for (size_t i = 0; i < m->n_panes; i++)
		fcntl(m->panes[i]->fd, F_SETFD, flag);
}

static void build_argv(const struct mux *m, int state, bool trial, struct strv *argv)
{
	strv_push(argv, "lace-mux-server");
	strv_pushf(argv, "--%s=%d", trial ? "try-take-over" : "take-over", state);
	for (size_t i = 0; m->opts->args != NULL && m->opts->args[i] != NULL; i++)
		strv_push(argv, m->opts->args[i]);
}

/* What the new binary says of the state: nothing, or one line. */
static int run_trial(const struct mux *m, const char *path, int state, struct err *err)
{
	cleanup_strv struct strv argv = STRV_INIT;
	char text[512];
	size_t len = 0;
	int out[2], status = 0;

	build_argv(m, state, true, &argv);
	if (pipe2(out, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(out[1], STDERR_FILENO);
		execv(path, argv.v);
		dprintf(STDERR_FILENO, "%s\n", strerror(errno));
		_exit(127);
	}
	close(out[1]);
	struct pollfd p = { .fd = out[0], .events = POLLIN };
	ssize_t n = 1;
	while (pid > 0 && n > 0 && len < sizeof(text) - 1 && poll(&p, 1, TRIAL_MS) > 0 &&
	    (n = read(out[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(out[0]);
	if (pid > 0 && n != 0)
		kill(pid, SIGKILL);            /* it says too much, or takes too long */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		return err_sys(err, "cannot fork");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_set(err, ERR_FAILED, "%s cannot take over: %s", path, *text ? text : "it ended without a word");
}

/* The state as of now in a memory file; its descriptor. */
static int make_state(const struct mux *m, struct err *err)
{
	cleanup_str struct str s = STR_INIT;

	if (state_write(m, STATE_HANDOVER, &s, err) != 0)
		return -1;
	int fd = memfd_create("lace-mux-state", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "no memory file for the state");
	for (size_t at = 0; at < s.len;) {
		ssize_t n = write(fd, s.s + at, s.len - at);
		if (n < 0 && errno != EINTR) {
			err_sys(err, "cannot write the state");
			close(fd);
			return -1;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	return fd;
}

int handover_try(struct mux *m, const char *path, struct err *err)
{
	cleanup_close int state = make_state(m, err);

	if (state < 0)
		return -1;
	inherit(m, state, true);
	int rc = run_trial(m, path, state, err);
	inherit(m, state, false);
	return rc;
}

void handover_execute(struct mux *m, const char *path)
{
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	cleanup_close int state = make_state(m, &err);

	if (state >= 0) {
		build_argv(m, state, false, &argv);
		inherit(m, state, true);
		execv(path, argv.v);
		err_sys(&err, "cannot execute %s", path);
		inherit(m, state, false);
	}
	mux_log("the server goes on as it is: %s", err.msg);
}
