/* handover.c - the server is replaced by another binary while everything in it goes on.
 *
 * The running server writes its state (windows, tabs, panes, each with the snapshot of its
 * terminal) to a file in memory, has the new binary read it once on trial, and only when
 * that went well executes it in its own place: the process stays, so the children are still
 * its children, and ptys and the listening socket are inherited. Connections end; clients
 * come back. What fails before the execution leaves the old server as it was.
 *
 * The state: "LACEmux\n", format (varint), fields in the order of write_state(), XXH64 of
 * all before (8 bytes, little-endian). Numbers are LEB128, texts have their length before
 * them. It comes from another version of this program: it is checked, not trusted. */
#include "mux/handover.h"

#include "base/mem.h"
#include "base/xxh64.h"
#include "vt/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MAGIC "LACEmux\n"
#define FORMAT 2                       /* since 2: held panes; 1 is read too */
#define STATE_MAX ((size_t)4 << 30)
#define TEXT_MAX (1u << 20)
#define TRIAL_MS 15000
#define SUM 8

/* ---- writing ----------------------------------------------------------------------- */

static void put(struct str *s, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		str_putc(s, (char)(v | 0x80));
	str_putc(s, (char)v);
}

static void put_bytes(struct str *s, const void *data, size_t len)
{
	put(s, len);
	str_add(s, data, len);
}

static void put_text(struct str *s, const char *text) { put_bytes(s, text, strlen(text)); }

static void put_node(struct str *s, const struct tree_node *n)
{
	bool leaf = n->child[0] == NULL;

	put(s, leaf ? 0 : n->vertical ? 2 : 1);
	put(s, n->size.rows);
	put(s, n->size.cols);
	if (leaf) {
		put(s, n->pane);
		put(s, n->used);
	} else {
		put_node(s, n->child[0]);
		put_node(s, n->child[1]);
	}
}

static void put_tab(struct str *s, const struct tab *t)
{
	put(s, t->id);
	put_text(s, t->title);
	put(s, t->cell_width);
	put(s, t->cell_height);
	put(s, t->dpi);
	put(s, t->active);
	put(s, t->uses);
	put(s, t->zoomed);
	put(s, t->zoom_size.rows);
	put(s, t->zoom_size.cols);
	put_node(s, t->root);
}

static void put_window(struct str *s, const struct window *w)
{
	put(s, w->id);
	put_text(s, w->title);
	put_text(s, w->workspace);
	put(s, w->active);
	put(s, w->n_tabs);
	for (size_t i = 0; i < w->n_tabs; i++)
		put_tab(s, w->tabs[i]);
}

static int put_pane(struct str *s, const struct pane *p, struct err *err)
{
	enum vt_snapshot_error why;
	size_t len;

	while (vt_compact(p->vt))              /* a third of the size */
		;
	uint8_t *snapshot = vt_snapshot_bytes(p->vt, 0, &len, &why);

	if (snapshot == NULL)
		return err_set(err, ERR_FAILED, "the screen of pane %llu cannot be written: %s", (unsigned long long)p->id,
		    vt_snapshot_error_text(why));
	put(s, p->id);
	put(s, (uint64_t)p->fd);
	put(s, (uint64_t)p->pid);
	put_text(s, p->tty);
	put(s, p->size.rows);
	put(s, p->size.cols);
	put(s, p->pixel_width);
	put(s, p->pixel_height);
	put(s, p->dpi);
	put_text(s, p->window_title);
	put_text(s, p->icon_title);
	put(s, p->held);
	put(s, (uint64_t)p->status);
	put_text(s, p->command);
	put_bytes(s, p->in.s + p->in_at, p->in.len - p->in_at);
	put(s, p->palette_version);
	put_bytes(s, p->palette, p->palette != NULL ? sizeof(*p->palette) : 0);
	put_bytes(s, snapshot, len);
	free(snapshot);
	return 0;
}

static int write_state(const struct mux *m, struct str *s, struct err *err)
{
	str_puts(s, MAGIC);
	put(s, FORMAT);
	put(s, (uint64_t)m->opts->listen_fd);
	put(s, m->next_pane);
	put(s, m->tree.next_window);
	put(s, m->tree.next_tab);
	put(s, m->tree.n_windows);
	for (size_t i = 0; i < m->tree.n_windows; i++)
		put_window(s, m->tree.windows[i]);
	put(s, m->n_panes);
	for (size_t i = 0; i < m->n_panes; i++)
		if (put_pane(s, m->panes[i], err) != 0)
			return -1;
	put(s, m->n_doomed);
	for (size_t i = 0; i < m->n_doomed; i++)
		put(s, (uint64_t)m->doomed[i].pid);
	uint64_t sum = xxh64(s->s, s->len);
	for (unsigned i = 0; i < SUM; i++)
		str_putc(s, (char)(sum >> 8 * i));
	return s->len <= STATE_MAX ? 0 : err_set(err, ERR_FAILED, "the state is over %zu GiB", STATE_MAX >> 30);
}

/* ---- reading ------------------------------------------------------------------------- */

struct reader {
	const uint8_t *p, *end;
	uint64_t format;
	bool bad;
};

static uint64_t get(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t b = *r->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

static uint64_t get_max(struct reader *r, uint64_t max)
{
	uint64_t v = get(r);

	if (v <= max)
		return v;
	r->bad = true;
	return 0;
}

static const uint8_t *get_bytes(struct reader *r, size_t max, size_t *ret_len)
{
	const uint8_t *at;

	*ret_len = (size_t)get_max(r, MIN(max, (size_t)(r->end - r->p)));
	at = r->p;
	r->p += *ret_len;
	return at;
}

/* malloc()ed. */
static char *get_text(struct reader *r)
{
	size_t len;
	const uint8_t *s = get_bytes(r, TEXT_MAX, &len);

	return xmemdup0(s, len);
}

static struct tree_size get_size(struct reader *r)
{
	uint32_t rows = (uint32_t)get_max(r, TREE_CELLS_MAX);

	return (struct tree_size){ rows, (uint32_t)get_max(r, TREE_CELLS_MAX) };
}

static struct tree_node *get_node(struct reader *r, unsigned depth)
{
	uint64_t kind = get_max(r, depth > TREE_DEPTH_MAX + 1 ? 0 : 2);
	struct tree_node *n = xcalloc(1, sizeof(*n));

	n->size = get_size(r);
	n->vertical = kind == 2;
	if (kind == 0 || r->bad) {
		n->pane = get(r);
		n->used = get(r);
		return n;
	}
	n->child[0] = get_node(r, depth + 1);
	n->child[1] = get_node(r, depth + 1);
	return n;
}

static struct tab *get_tab(struct reader *r)
{
	struct tab *t = xcalloc(1, sizeof(*t));

	t->id = get(r);
	t->title = get_text(r);
	t->cell_width = (uint32_t)get_max(r, UINT32_MAX);
	t->cell_height = (uint32_t)get_max(r, UINT32_MAX);
	t->dpi = (uint32_t)get_max(r, UINT32_MAX);
	t->active = get(r);
	t->uses = get(r);
	t->zoomed = get(r);
	t->zoom_size = get_size(r);
	t->root = get_node(r, 0);
	return t;
}

static void get_window(struct reader *r, struct tree *t)
{
	struct window *w = xcalloc(1, sizeof(*w));

	w->id = get(r);
	w->title = get_text(r);
	w->workspace = get_text(r);
	w->active = (size_t)get(r);
	size_t n = (size_t)get_max(r, MUX_PANES_MAX);
	w->tabs = xcalloc(n + 1, sizeof(*w->tabs));
	while (w->n_tabs < n && !r->bad)
		w->tabs[w->n_tabs++] = get_tab(r);
	r->bad |= w->n_tabs == 0 || w->active >= w->n_tabs;
	t->windows = xreallocarray(t->windows, t->n_windows + 1, sizeof(*t->windows));
	t->windows[t->n_windows++] = w;
}

/* Descriptors and children are checked too: what is no pty of ours would be read from for ever. */
static bool is_open(int fd) { return fd > 2 && fcntl(fd, F_GETFD) >= 0; }

static int get_pane(struct reader *r, struct mux *m, struct err *err)
{
	struct pane_handed h = { 0 };
	enum vt_snapshot_error why = VT_SNAPSHOT_OK;
	size_t len;

	h.id = get(r);
	h.fd = (int)get_max(r, INT32_MAX);
	h.pid = (pid_t)get_max(r, INT32_MAX);
	cleanup_free char *tty = get_text(r), *window_title = NULL, *icon_title = NULL, *command = NULL;
	h.tty = tty;
	h.size = get_size(r);
	h.pixel_width = (uint32_t)get_max(r, UINT32_MAX);
	h.pixel_height = (uint32_t)get_max(r, UINT32_MAX);
	h.dpi = (uint32_t)get_max(r, UINT32_MAX);
	h.window_title = window_title = get_text(r);
	h.icon_title = icon_title = get_text(r);
	if (r->format >= 2) {
		h.held = get_max(r, 1) == 1;
		h.status = (int)get_max(r, UINT16_MAX);
		command = get_text(r);
	}
	h.command = command != NULL ? command : "";
	h.in = (const char *)get_bytes(r, MUX_PTY_QUEUE_MAX, &h.in_len);
	h.palette_version = get(r);
	h.palette = get_bytes(r, sizeof(*((struct pane *)0)->palette), &h.palette_len);
	h.snapshot = get_bytes(r, STATE_MAX, &len);
	h.snapshot_len = len;
	if (r->bad || !is_open(h.fd) || mux_pane(m, h.id) != NULL ||
	    (m->n_panes > 0 && m->panes[m->n_panes - 1]->id > h.id))
		return err_set(err, ERR_FAILED, "the state of a pane is damaged");
	struct pane *p = pane_take_over(m, &h, &why);
	return p != NULL ? 0 : err_set(err, ERR_FAILED, "the screen of pane %llu cannot be read: %s",
	    (unsigned long long)h.id, vt_snapshot_error_text(why));
}

static bool all_panes_there(const struct mux *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->tree.n_windows; i++) {
		for (size_t k = 0; k < m->tree.windows[i]->n_tabs; k++) {
			size_t leaves;
			struct tree_leaf *v = tree_leaves(m->tree.windows[i]->tabs[k], &leaves);
			bool active = false, ok = true;

			for (size_t j = 0; j < leaves; j++) {
				ok &= mux_pane(m, v[j].pane) != NULL;
				active |= v[j].pane == m->tree.windows[i]->tabs[k]->active;
			}
			free(v);
			if (!ok || !active)
				return false;
			n += leaves;
		}
	}
	return n == m->n_panes;
}

static int read_state(struct mux *m, struct reader *r, struct err *err)
{
	get(r);                            /* the listening socket, see handover_listen_fd() */
	m->next_pane = get(r);
	m->tree.next_window = get(r);
	m->tree.next_tab = get(r);
	size_t n = (size_t)get_max(r, MUX_PANES_MAX);
	for (size_t i = 0; i < n && !r->bad; i++)
		get_window(r, &m->tree);
	if (r->bad)
		return err_set(err, ERR_FAILED, "the state of the windows is damaged");
	n = (size_t)get_max(r, MUX_PANES_MAX);
	for (size_t i = 0; i < n; i++)
		if (get_pane(r, m, err) != 0)
			return -1;
	n = (size_t)get_max(r, 100000);
	for (size_t i = 0; i < n && !r->bad; i++) {
		m->doomed = xreallocarray(m->doomed, m->n_doomed + 1, sizeof(*m->doomed));
		m->doomed[m->n_doomed++] = (struct doomed){ (pid_t)get_max(r, INT32_MAX), mux_now(m) + MUX_KILL_MS };
	}
	if (r->bad || r->p != r->end || !all_panes_there(m))
		return err_set(err, ERR_FAILED, "the state is damaged");
	return 0;
}

/* The bytes of fd, mapped; the reader stands behind magic and format. */
static int open_state(int fd, void **ret_map, size_t *ret_len, struct reader *ret, struct err *err)
{
	struct stat st;
	uint64_t sum = 0;

	if (fstat(fd, &st) != 0 || st.st_size < (off_t)(sizeof(MAGIC) + SUM) || (uint64_t)st.st_size > STATE_MAX)
		return err_set(err, ERR_FAILED, "there is no state to take over");
	*ret_len = (size_t)st.st_size;
	*ret_map = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*ret_map == MAP_FAILED)
		return err_sys(err, "cannot read the state to take over");
	const uint8_t *p = *ret_map;
	*ret = (struct reader){ .p = p + sizeof(MAGIC) - 1, .end = p + *ret_len - SUM };
	for (unsigned i = 0; i < SUM; i++)
		sum |= (uint64_t)ret->end[i] << 8 * i;
	if (memcmp(p, MAGIC, sizeof(MAGIC) - 1) == 0 && xxh64(p, *ret_len - SUM) == sum) {
		ret->format = get(ret);
		if (!ret->bad && ret->format >= 1 && ret->format <= FORMAT)
			return 0;
	}
	munmap(*ret_map, *ret_len);
	return err_set(err, ERR_FAILED, "the state to take over is damaged, or of a version that this one does not know");
}

int handover_read(struct mux *m, int fd, struct err *err)
{
	struct reader r;
	void *map;
	size_t len;

	if (open_state(fd, &map, &len, &r, err) != 0)
		return -1;
	int rc = read_state(m, &r, err);
	munmap(map, len);
	return rc;
}

int handover_listen_fd(int fd, struct err *err)
{
	struct reader r;
	void *map;
	size_t len;

	if (open_state(fd, &map, &len, &r, err) != 0)
		return -1;
	int listen_fd = (int)get_max(&r, INT32_MAX);
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

	if (write_state(m, &s, err) != 0)
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
