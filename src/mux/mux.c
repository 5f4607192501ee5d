/* mux.c - the server's loop, its life and death, and what concerns all panes. */
#include "mux/server.h"

#include "base/mem.h"
#include "base/utc.h"
#include "mux/handover.h"
#include "mux/session.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LOG_MAX (1u << 20)             /* bytes of the log file before it begins again */
#define LOG_LINE 1024

void mux_log(const char *fmt, ...)
{
	char line[LOG_LINE];
	struct stat st;
	va_list ap;

	utc_stamp(line);
	size_t n = UTC_STAMP - 1;
	line[n++] = ' ';
	va_start(ap, fmt);
	int more = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	n = MIN(n + (size_t)MAX(more, 0), sizeof(line) - 2);
	line[n++] = '\n';
	if (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LOG_MAX &&
	    ftruncate(STDERR_FILENO, 0) != 0)
		return;
	if (write(STDERR_FILENO, line, n) < 0)
		return;                    /* nowhere to say it */
}

char *mux_proc_link(pid_t pid, const char *name)
{
	char path[64], target[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	return n <= 0 ? NULL : xmemdup0(target, (size_t)n);
}

uint64_t mux_now(const struct mux *m) { return uv_now(&m->loop); }

/* ---- layout ---- */

void mux_apply_tab(struct mux *m, struct tab *tab, uint64_t author)
{
	size_t n;
	struct tree_leaf *v = tree_leaves(tab, &n);
	bool changed = false;

	for (size_t i = 0; i < n; i++) {
		struct pane *p = mux_pane(m, v[i].pane);
		if (p == NULL)
			continue;          /* its place is kept, it is not there yet */
		changed = changed || p->size.rows != v[i].size.rows || p->size.cols != v[i].size.cols;
		pane_resize(p, v[i].size, v[i].size.cols * tab->cell_width,
		    v[i].size.rows * tab->cell_height, tab->dpi);
	}
	free(v);
	if (changed)
		push_tab_resized(m, tab->id, author);
}

void mux_remove_pane(struct mux *m, struct pane *p, int status)
{
	bool signaled = WIFSIGNALED(status);
	unsigned code = (unsigned)(signaled ? WTERMSIG(status) : WEXITSTATUS(status));
	uint64_t id = p->id, tab_id = tree_tab_of(&m->tree, id, NULL)->id;

	for (size_t i = 0; i < m->n_conns; i++) {
		struct conn *c = m->conns[i];
		for (size_t j = 0; j < c->n_views; j++)
			if (c->views[j].pane == id && c->views[j].dirty)
				push_view_now(c, p);
		if (c->focused == id)
			c->focused = TREE_NONE;
		conn_forget(c, id);
	}
	push_notice(m, &(struct notice){ .ident = WIRE_LACE_PANE_EXITED, .a = id,
	    .b = (uint64_t)(signaled ? WIRE_EXIT_SIGNAL : WIRE_EXIT_STATUS) << 32 | code, .lace = true });
	push_notice(m, &(struct notice){ .ident = WIRE_PANE_REMOVED, .a = id });
	tree_remove(&m->tree, id);
	search_forget_pane(m, id);
	pane_destroy(p);
	struct tab *tab = tree_tab(&m->tree, tab_id, NULL);
	if (tab != NULL)
		mux_apply_tab(m, tab, 0);
	malloc_trim(0);                    /* a pane's scrollback may have been most of the heap */
}

void mux_focus_pane(struct mux *m, uint64_t pane, uint64_t author)
{
	struct window *w = NULL;
	struct tab *tab = tree_tab_of(&m->tree, pane, &w);

	if (tab == NULL)
		return;
	if (tab->zoomed != TREE_NONE && tab->zoomed != pane && tree_zoom(tab, TREE_NONE))
		mux_apply_tab(m, tab, author);
	bool changed = tab->active != pane || w->tabs[w->active] != tab;
	struct pane *old = tab->active != pane ? mux_pane(m, tab->active) : NULL, *new = mux_pane(m, pane);
	if (old != NULL)
		old->focus_lost = true;
	if (new != NULL)
		new->focus_lost = false;
	tree_activate(tab, pane);
	for (size_t i = 0; i < w->n_tabs; i++)
		if (w->tabs[i] == tab)
			w->active = i;
	if (changed)
		push_notice(m, &(struct notice){ .ident = WIRE_PANE_FOCUSED, .a = pane, .author = author });
}

/* ---- whose size ---- */

static bool watches(const struct conn *c, uint64_t pane, uint64_t now)
{
	if (c->gone || c->eof || !c->pushes)
		return false;
	if (c->lace)
		return c->shown == pane;
	for (size_t i = 0; i < c->n_views; i++)
		if (c->views[i].pane == pane)
			return c->views[i].polled_at != 0 && now - c->views[i].polled_at < MUX_WATCH_MS;
	return false;
}

/* The one connection that watches the pane, except not; NULL when there are none or several. */
static struct conn *only_watcher(const struct mux *m, uint64_t pane, const struct conn *except,
    bool *ret_none)
{
	struct conn *one = NULL;
	size_t n = 0;

	for (size_t i = 0; i < m->n_conns; i++) {
		if (m->conns[i] == except || !watches(m->conns[i], pane, mux_now(m)))
			continue;
		one = m->conns[i];
		n++;
	}
	*ret_none = n == 0;
	return n == 1 ? one : NULL;
}

static void apply_size(struct mux *m, struct pane *p, const struct wire_terminal_size *s, uint64_t author)
{
	struct tab *tab = tree_tab_of(&m->tree, p->id, NULL);

	if (s->pixel_width >= s->cols)
		tab->cell_width = (uint32_t)MIN(s->pixel_width / s->cols, 1000);
	if (s->pixel_height >= s->rows)
		tab->cell_height = (uint32_t)MIN(s->pixel_height / s->rows, 1000);
	if (s->dpi != 0)
		tab->dpi = s->dpi;
	tree_resize_pane(tab, p->id, (struct tree_size){ (uint32_t)MIN(s->rows, TREE_CELLS_MAX),
	    (uint32_t)MIN(s->cols, TREE_CELLS_MAX) });
	mux_apply_tab(m, tab, author);
}

void mux_client_size(struct conn *c, struct pane *p, const struct wire_terminal_size *size, bool at_once)
{
	bool alone;

	if (size->rows == 0 || size->cols == 0)
		return;
	struct view *v = conn_view(c, p->id);
	v->has_size = true;
	v->size = *size;
	only_watcher(c->mux, p->id, c, &alone);
	if (at_once || alone || p->typist == c->id)
		apply_size(c->mux, p, size, c->id);
}

void mux_client_typed(struct conn *c, struct pane *p)
{
	struct view *v = conn_view(c, p->id);

	v->typed = true;
	if (!c->pushes)
		return;                    /* `wezterm cli send-text` has no window that could have a size */
	v->wanted = true;
	v->polled_at = mux_now(c->mux);
	p->typist = c->id;
	if (c->lace)
		c->shown = p->id;
	struct wire_terminal_size size = v->size;
	if (v->has_size && (size.rows != p->size.rows || size.cols != p->size.cols))
		apply_size(c->mux, p, &size, c->id);
}

void mux_client_left(struct conn *c)
{
	struct mux *m = c->mux;
	bool none;

	for (size_t i = 0; i < c->n_views; i++) {
		struct pane *p = mux_pane(m, c->views[i].pane);
		if (p == NULL || !c->views[i].has_size)
			continue;
		if (p->typist == c->id)
			p->typist = 0;
		struct conn *one = only_watcher(m, p->id, c, &none);
		if (one == NULL)
			continue;
		struct view v = *conn_view(one, p->id);
		if (v.has_size)
			apply_size(m, p, &v.size, one->id);
	}
}

/* ---- the loop ---- */

static void on_listener(uv_poll_t *h, int status, int events) { conn_accept(h->data); }

void mux_listen(struct mux *m)
{
	m->deaf = false;
	if (!uv_is_closing((uv_handle_t *)&m->listener))
		uv_poll_start(&m->listener, UV_READABLE, on_listener);
}

static void on_child(uv_signal_t *h, int signum)
{
	struct mux *m = h->data;
	int status;
	pid_t pid;

	if (m->saves)
		return;                    /* a signal to all of the container: what it ended is still to be saved */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct pane *p = NULL;
		if (tls_exited(m, pid))
			continue;
		for (size_t i = 0; i < m->n_panes && p == NULL; i++)
			if (m->panes[i]->pid == pid)
				p = m->panes[i];
		if (p != NULL)
			pane_exited(p, status);
		for (size_t i = 0; i < m->n_doomed; i++)
			if (m->doomed[i].pid == pid)
				m->doomed[i--] = m->doomed[--m->n_doomed];
	}
}

static void on_term(uv_signal_t *h, int signum)
{
	struct mux *m = h->data;

	m->saves = true;
	mux_stop(m);
}

static void upgrade(struct mux *m)
{
	cleanup_free char *path = m->upgrade_to;

	m->upgrade_to = NULL;
	for (size_t i = 0; i < m->n_conns; i++)
		conn_write(m->conns[i]);           /* the answer */
	handover_execute(m, path);
}

static void on_check(uv_check_t *h)
{
	struct mux *m = h->data;

	m->readers_before = m->readers;
	m->readers = 0;
	if (m->changed)
		push_flush(m);
	conn_reap(m);
	if (m->upgrade_to != NULL)
		upgrade(m);
	if (m->stopping)
		uv_stop(&m->loop);
}

void mux_stop(struct mux *m)
{
	m->stopping = true;
	m->changed = true;
}

static void close_handle(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* Gives children that were hung up a moment, then ends them. */
static void end_children(struct mux *m)
{
	for (int ms = 0; m->n_doomed > 0 && ms < MUX_KILL_MS; ms += 5) {
		for (size_t i = 0; i < m->n_doomed;) {
			if (waitpid(m->doomed[i].pid, NULL, WNOHANG) == 0)
				i++;
			else
				m->doomed[i] = m->doomed[--m->n_doomed];
		}
		if (m->n_doomed > 0)
			nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	for (size_t i = 0; i < m->n_doomed; i++) {
		kill(m->doomed[i].pid, SIGKILL);
		waitpid(m->doomed[i].pid, NULL, 0);
	}
}

void mux_fini(struct mux *m)
{
	agent_fini(m);
	tls_stop(m);
	for (size_t i = 0; i < m->n_conns; i++)
		conn_close(m->conns[i]);
	conn_reap(m);
	while (m->n_panes > 0)
		pane_destroy(m->panes[0]);
	uv_walk(&m->loop, close_handle, NULL);
	uv_run(&m->loop, UV_RUN_DEFAULT);
	uv_loop_close(&m->loop);
	end_children(m);
	codec_fini(m);
	tree_fini(&m->tree);
	for (size_t i = 0; i < MUX_NOTICES_MAX; i++) {
		free(m->notices[i].text);
		free(m->notices[i].text2);
	}
	free(m->conns);
	free(m->panes);
	free(m->resized);
	free(m->doomed);
	free(m->searches);
	free(m->batch);
	free(m->exe);
}

static void shut_down(struct mux *m)
{
	/* Before anybody is told that it ended: the next server may come at once. */
	uv_poll_stop(&m->listener);
	close(m->opts->listen_fd);
	if (m->opts->pid_fd >= 0)
		close(m->opts->pid_fd);
	unlink(m->opts->socket_path);
	mux_fini(m);
	free(m);
}

static void start_signal(struct mux *m, uv_signal_t *h, uv_signal_cb cb, int signum)
{
	uv_signal_init(&m->loop, h);
	h->data = m;
	uv_signal_start(h, cb, signum);
}

static const struct mux_config no_config = MUX_CONFIG_INIT;

int mux_init(struct mux *m, const struct mux_options *opts, struct err *err)
{
	int rc = uv_loop_init(&m->loop);

	if (rc != 0)
		return err_set(err, ERR_FAILED, "cannot make the event loop: %s", uv_strerror(rc));
	m->opts = opts;
	m->config = opts->config != NULL ? opts->config : &no_config;
	m->batch = xmalloc(MUX_PTY_TURN);
	m->exe = mux_proc_link(getpid(), "exe");
	uv_idle_init(&m->loop, &m->searcher);
	m->searcher.data = m;
	agent_init(m);
	uv_timer_init(&m->loop, &m->timer);
	m->timer.data = m;
	uv_check_init(&m->loop, &m->check);
	m->check.data = m;
	uv_check_start(&m->check, on_check);
	return 0;
}

int mux_run(const struct mux_options *opts, struct err *err)
{
	struct mux *m = xcalloc(1, sizeof(*m));

	/* One thread, so one arena; and what a closed pane or a big answer used goes back to the system. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);

	if (mux_init(m, opts, err) != 0) {
		free(m);
		return -1;
	}
	start_signal(m, &m->on_child, on_child, SIGCHLD);
	start_signal(m, &m->on_term, on_term, SIGTERM);
	start_signal(m, &m->on_int, on_term, SIGINT);
	uv_poll_init(&m->loop, &m->listener, opts->listen_fd);
	m->listener.data = m;
	mux_listen(m);
	if (opts->state_fd >= 0) {
		int rc = handover_read(m, opts->state_fd, err);
		close(opts->state_fd);
		if (rc != 0) {
			shut_down(m);
			return -1;
		}
		on_child(&m->on_child, SIGCHLD);       /* who ended in between */
	} else if (opts->restore && opts->session_path != NULL) {
		session_restore(m);
	}
	if (opts->state_fd < 0 && opts->window && m->n_panes == 0 && spawn_first_window(m, err) != 0) {
		shut_down(m);
		return -1;
	}

	if (opts->ready_fd >= 0) {
		if (write(opts->ready_fd, "ok\n", 3) < 0)
			mux_log("nobody waits for the server's start");
		close(opts->ready_fd);
	}
	tls_start(m);
	uv_run(&m->loop, UV_RUN_DEFAULT);
	if (m->saves)
		session_save(m);
	else
		session_forget(m);
	shut_down(m);
	return 0;
}

int mux_try_state(const struct mux_options *opts, struct err *err)
{
	struct mux *m = xcalloc(1, sizeof(*m));
	int rc = uv_loop_init(&m->loop) == 0 ? 0 : err_set(err, ERR_FAILED, "cannot make the event loop");

	m->opts = opts;
	m->config = &no_config;
	/* The process ends after this; the panes' children are another's and must not be hung up. */
	return rc == 0 ? handover_read(m, opts->state_fd, err) : -1;
}
