/* session.c - a server that is ended by a signal saves what was seen in it, and the next one can begin with that:
 * the same windows, tabs, splits, titles and ids, in each pane what it showed as history, and a new default program in
 * the folder of the old one.
 *
 * One file (state.h), written beside and renamed, 0600 in a folder of the user's own. It stays until the next
 * one is written, or the server is told to stop. */
#include "mux/session.h"

#include "base/mem.h"
#include "host/fs.h"
#include "mux/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int save(const struct mux *m, struct err *err)
{
	cleanup_free char *dir = fs_dirname(m->opts->session_path);
	cleanup_str struct str s = STR_INIT;

	if (fs_mkdir_p(dir, 0700, err) != 0 || fs_private_dir(dir, err) != 0 || state_write(m, STATE_SESSION, &s, err) != 0)
		return -1;
	if (s.len > SESSION_MAX)
		return err_set(err, ERR_FAILED, "it is over %zu MiB", SESSION_MAX >> 20);
	return fs_write_atomic(m->opts->session_path, s.s, s.len, 0600, err);
}

void session_save(const struct mux *m)
{
	cleanup_err struct err err = ERR_INIT;

	if (m->n_panes == 0)
		session_forget(m);
	else if (m->opts->session_path != NULL && save(m, &err) != 0)
		mux_log("the session is not saved: %s", err.msg);
}

void session_forget(const struct mux *m)
{
	if (m->opts->session_path != NULL && unlink(m->opts->session_path) != 0 && errno != ENOENT)
		mux_log("cannot remove %s: %s", m->opts->session_path, strerror(errno));
}

/* A pane that cannot be made leaves its place to its neighbours. */
static void restore_pane(struct mux *m, const struct pane_handed *h)
{
	cleanup_err struct err err = ERR_INIT;
	const struct tab cells = *tree_tab_of(&m->tree, h->id, NULL);
	struct pane *p = spawn_own(m, h->id, h->dir, NULL, h->size, &cells, &err);

	if (p == NULL) {
		mux_log("pane %llu of the saved session is left out: %s", (unsigned long long)h->id, err.msg);
		tree_remove(&m->tree, h->id);
		return;
	}
	pane_set_history(p, h);
}

static int read_file(int fd, struct mux *m, struct err *err)
{
	struct stat st;
	struct state state;

	if (fstat(fd, &st) != 0)
		return err_sys(err, "it cannot be looked at");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return err_set(err, ERR_FAILED, "others may read or write it");
	if (st.st_size == 0 || (uintmax_t)st.st_size > SESSION_MAX)
		return err_set(err, ERR_FAILED, "it is empty, or over %zu MiB", SESSION_MAX >> 20);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, "it cannot be read");
	int rc = state_read(map, (size_t)st.st_size, STATE_SESSION, 0, &state, err);
	if (rc == 0) {
		state_give_tree(&state, m);
		for (size_t i = 0; i < state.n_panes; i++)
			restore_pane(m, &state.panes[i]);
		state_fini(&state);
	}
	munmap(map, (size_t)st.st_size);
	return rc;
}

void session_restore(struct mux *m)
{
	cleanup_err struct err err = ERR_INIT;
	const char *path = m->opts->session_path;
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 ? err_sys(&err, "it cannot be opened") == 0 : read_file(fd, m, &err) == 0)
		return;
	cleanup_free char *aside = xasprintf("%s.damaged", path);
	mux_log("warning: the saved session %s is not restored: %s; it is %s now", path, err.msg,
	    rename(path, aside) == 0 ? aside : "where it was");
}
