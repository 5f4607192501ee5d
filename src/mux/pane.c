/* pane.c - one pane: a terminal engine fed by a pty.
 *
 * The pty is read whenever it has bytes, whatever the clients do: state lives
 * in the engine and clients are told the newest of it. It is read until it is
 * empty, or has had its share of this turn of the loop: a pane that floods keeps
 * neither another pane waiting nor a key. */
#include "mux/server.h"

#include "base/mem.h"
#include "mux/exit.h"
#include "mux/images.h"
#include "mux/pty.h"
#include "text/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <strings.h>
#include <sys/wait.h>

/* ---- what the engine says ---- */

static void on_reply(void *user, const char *bytes, size_t len)
{
	struct pane *p = user;

	if (p->in.len - p->in_at + len <= MUX_REPLY_QUEUE_MAX)
		pane_input(p, bytes, len);
}

static void push_alert(struct pane *p, const struct wire_alert *a)
{
	push_event(p, &(struct pane_event){ .alert = *a });
}

static void on_bell(void *user)
{
	push_alert(user, &(struct wire_alert){ .kind = WIRE_ALERT_BELL });
}

/* The window's title follows the pane that is in front in it. */
static void window_title(struct pane *p, const char *title)
{
	struct window *w = NULL;
	struct tab *tab = tree_tab_of(&p->mux->tree, p->id, &w);

	if (tab == NULL || tab->active != p->id || w->tabs[w->active] != tab)
		return;
	if (tree_set_name(&w->title, title, strlen(title)))
		push_notice(p->mux, &(struct notice){ .ident = WIRE_WINDOW_TITLE_CHANGED, .a = w->id,
		    .text = w->title });
}

static void on_title(void *user)
{
	struct pane *p = user;
	const char *title = vt_title(p->vt), *icon = vt_icon_title(p->vt);

	if (tree_set_name(&p->window_title, title, strlen(title))) {
		window_title(p, p->window_title);
		push_alert(p, &(struct wire_alert){ .kind = WIRE_ALERT_WINDOW_TITLE,
		    .title = mux_str(p->window_title) });
	}
	if (tree_set_name(&p->icon_title, icon, strlen(icon)))
		push_alert(p, &(struct wire_alert){ .kind = WIRE_ALERT_ICON_TITLE, .has_title = *icon != '\0',
		    .title = mux_str(p->icon_title) });
}

static void on_cwd(void *user)
{
	struct pane *p = user;

	p->info_at = 0;
	push_alert(p, &(struct wire_alert){ .kind = WIRE_ALERT_CWD_CHANGED });
}

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
	push_event(user, &(struct pane_event){ .clipboard = true, .selection = which == VT_CLIPBOARD_PRIMARY,
	    .alert.body = { text, len } });
}

static void on_notification(void *user, const struct vt_notification *note)
{
	push_alert(user, &(struct wire_alert){ .kind = WIRE_ALERT_TOAST, .has_title = *note->title != '\0',
	    .title = mux_str(note->title), .body = mux_str(note->body), .focus = note->focus });
}

static void on_user_var(void *user, const char *name, const char *value)
{
	if (strlen(value) <= MUX_USER_VAR_BYTES)
		push_alert(user, &(struct wire_alert){ .kind = WIRE_ALERT_USER_VAR, .name = mux_str(name),
		    .value = mux_str(value) });
}

static void on_progress(void *user, enum vt_progress state, unsigned percent)
{
	push_alert(user, &(struct wire_alert){ .kind = WIRE_ALERT_PROGRESS, .progress = (uint32_t)state,
	    .percent = (uint8_t)percent });
}

static void on_palette(void *user)
{
	struct pane *p = user;

	p->palette_version++;
	push_pane_changed(p);
}

static const struct vt_callbacks callbacks = { .reply = on_reply, .bell = on_bell, .title = on_title,
	.cwd = on_cwd, .clipboard = on_clipboard, .notification = on_notification, .user_var = on_user_var,
	.progress = on_progress, .palette = on_palette };

/* ---- bytes ---- */

static void on_pty(uv_poll_t *h, int status, int events);

static void want_events(struct pane *p, int events)
{
	if (p->events == events)
		return;
	p->events = events;
	if (events == 0)
		uv_poll_stop(&p->poll);
	else
		uv_poll_start(&p->poll, events, on_pty);
}

static void write_input(struct pane *p)
{
	while (p->in_at < p->in.len) {
		ssize_t n = write(p->fd, p->in.s + p->in_at, p->in.len - p->in_at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		p->in_at += (size_t)n;
	}
	bool blocked = p->in_at < p->in.len;
	if (blocked && errno != EAGAIN)
		p->in_at = p->in.len;      /* nobody has the terminal open: as if it were read */
	if (p->in_at == p->in.len) {
		if (p->in.cap > 65536)
			str_fini(&p->in);
		else
			str_reset(&p->in);
		p->in_at = 0;
		blocked = false;
	}
	/* Input may mean that somebody opens the terminal again after a hang-up. */
	want_events(p, UV_READABLE | (blocked ? UV_WRITABLE : 0));
}

bool pane_input(struct pane *p, const char *bytes, size_t len)
{
	if (p->held)
		return true;               /* nobody reads it */
	if (p->in.len - p->in_at + len > MUX_PTY_QUEUE_MAX)
		return false;
	if (p->in_at > 65536 && p->in_at > p->in.len / 2) {
		str_drop(&p->in, p->in_at);
		p->in_at = 0;
	}
	bool waiting = p->in_at < p->in.len;
	str_add(&p->in, bytes, len);
	if (!waiting)
		write_input(p);
	return true;
}

/* The pane that has most of it. */
static struct pane *richest(const struct mux *m, bool images)
{
	struct pane *most = m->panes[0];

	for (size_t i = 1; i < m->n_panes; i++) {
		const struct vt_memory *a = &m->panes[i]->memory, *b = &most->memory;
		if (images ? a->images > b->images : a->scrollback > b->scrollback)
			most = m->panes[i];
	}
	return most;
}

static void measure(struct pane *p)
{
	struct vt_memory now = vt_memory(p->vt);

	p->mux->memory.scrollback += now.scrollback - p->memory.scrollback;
	p->mux->memory.images += now.images - p->memory.images;
	p->memory = now;
}

void pane_measure(struct pane *p)
{
	struct mux *m = p->mux;
	size_t scrollback = m->opts->scrollback_all > 0 ? m->opts->scrollback_all : MUX_SCROLLBACK_ALL;
	size_t images = m->opts->images_all > 0 ? m->opts->images_all : MUX_IMAGES_ALL;

	measure(p);
	while (m->memory.scrollback > scrollback || m->memory.images > images) {
		bool pictures = m->memory.scrollback <= scrollback;
		size_t before = pictures ? m->memory.images : m->memory.scrollback;
		struct pane *q = richest(m, pictures);
		struct vt_memory most = q->memory;

		if (pictures)
			most.images -= MIN(most.images, before - images);
		else
			most.scrollback -= MIN(most.scrollback, before - scrollback);
		vt_trim(q->vt, most);
		measure(q);
		push_pane_changed(q);
		if ((pictures ? m->memory.images : m->memory.scrollback) >= before)
			break;             /* all that is left is what each pane keeps */
	}
}

static void output_seen(struct pane *p)
{
	if (p->focus_lost) {
		p->focus_lost = false;
		push_alert(p, &(struct wire_alert){ .kind = WIRE_ALERT_OUTPUT_SINCE_FOCUS_LOST });
	}
	if (!vt_sync_pending(p->vt))
		p->sync_until = 0;
	else if (p->sync_until == 0)
		p->sync_until = mux_now(p->mux) + MUX_SYNC_MS;
	if (p->reread_at == 0)
		p->reread_at = mux_now(p->mux) + MUX_INFO_MS;
	push_pane_changed(p);
}

/* Returns false when the pty has nobody on the other side any more. Each read is parsed before the next:
 * the kernel, which hands over a page at a time, fills the next one meanwhile. */
static bool read_pty(struct pane *p)
{
	uint8_t *batch = p->mux->batch;
	size_t share = MAX(MUX_PTY_TURN / MAX(p->mux->readers_before, (size_t)1), (size_t)MUX_PTY_TURN_MIN), len = 0;
	bool open = true;

	p->mux->readers++;
	while (len < share) {
		ssize_t n = read(p->fd, batch, share - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			open = n < 0 && errno == EAGAIN;
			break;
		}
		vt_write(p->vt, batch, (size_t)n);
		len += (size_t)n;
	}
	if (len > 0) {
		output_seen(p);
		pane_measure(p);
		if (vt_dims(p->vt).physical_top - p->compacted_top >= MUX_COMPACT_ROWS)
			p->compact_at = mux_now(p->mux) + MUX_COMPACT_MS;
	}
	return open;
}

static void on_pty(uv_poll_t *h, int status, int events)
{
	struct pane *p = h->data;

	if ((events & UV_WRITABLE) != 0)
		write_input(p);
	if (((events & UV_READABLE) != 0 || status < 0) && !read_pty(p))
		want_events(p, 0);         /* the child's end follows, or somebody opens it again */
}

void pane_exited(struct pane *p, int status)
{
	p->pid = 0;
	p->status = status;
	/* What the program wrote last is still in the pty; a child that outlives it may write for ever. */
	for (int i = 0; i < 16; i++) {
		uint64_t before = vt_seqno(p->vt);
		if (!read_pty(p) || vt_seqno(p->vt) == before)
			break;
	}
	if (exit_holds(p))
		push_pane_changed(p);
	else
		mux_remove_pane(p->mux, p, status);
}

/* ---- life ---- */

struct pane *mux_pane(const struct mux *m, uint64_t id)
{
	size_t lo = 0, hi = m->n_panes;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (m->panes[mid]->id == id)
			return m->panes[mid];
		if (m->panes[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static struct pty_size pty_size_of(struct tree_size s, uint32_t pixel_width, uint32_t pixel_height)
{
	return (struct pty_size){ (uint16_t)MIN(s.rows, UINT16_MAX), (uint16_t)MIN(s.cols, UINT16_MAX),
		(uint16_t)MIN(pixel_width, UINT16_MAX), (uint16_t)MIN(pixel_height, UINT16_MAX) };
}

/* What panes have in common; the text that it points to, malloc()ed. */
static char *vt_config_of(const struct mux *m, struct vt_config *ret)
{
	char *name = xasprintf("lace %s", m->opts->version);

	*ret = (struct vt_config){ .scrollback_lines = m->opts->scrollback_lines,
		.scrollback_bytes = m->opts->scrollback_bytes, .term_program = name, .notify = VT_NOTIFY_FOCUS };
	return name;
}

static struct pane *pane_new(struct mux *m, uint64_t id, int fd, pid_t pid, const char *tty)
{
	struct pane *p = xcalloc(1, sizeof(*p));

	p->mux = m;
	p->id = id;
	p->fd = fd;
	p->pid = pid;
	snprintf(p->tty, sizeof(p->tty), "%s", tty);
	str_init(&p->in);
	return p;
}

/* Everything of it is there: its output is read from now on. */
static void pane_begin(struct pane *p)
{
	struct mux *m = p->mux;

	uv_poll_init(&m->loop, &p->poll, p->fd);
	p->poll.data = p;
	want_events(p, UV_READABLE | (p->in.len > 0 ? UV_WRITABLE : 0));
	m->panes = xreallocarray(m->panes, m->n_panes + 1, sizeof(*m->panes));
	m->panes[m->n_panes++] = p;        /* ids only grow, so it stays sorted */
}

struct pane *pane_create(struct mux *m, uint64_t id, const struct pane_spawn *how, struct err *err)
{
	cleanup_strv struct strv env = STRV_INIT, argv = STRV_INIT;
	char number[24];
	pid_t pid;
	char tty[32];
	uint32_t pw = how->size.cols * how->cell_width, ph = how->size.rows * how->cell_height;

	strv_push_all(&env, (const char *const *)how->env->v);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
	env_set(&env, "WEZTERM_PANE", number);
	env_set(&env, "LACE_PANE", number);
	struct pty_spawn sp = { .env = env.v, .dirs = how->dirs, .has_umask = how->has_umask,
	    .umask = how->umask,
		.size = pty_size_of(how->size, pw, ph), .keep = how->hold };
	if (how->argv->n == 0) {
		const char *slash = strrchr(how->shell, '/');
		strv_pushf(&argv, "-%s", slash != NULL ? slash + 1 : how->shell);
		sp.file = how->shell;
	} else {
		strv_push_all(&argv, (const char *const *)how->argv->v);
	}
	sp.argv = (const char *const *)argv.v;
	const char *program = sp.file != NULL ? sp.file : argv.v[0];
	int fd = pty_spawn(&sp, &pid, tty, err);
	if (fd < 0)
		return NULL;

	struct vt_config config;
	cleanup_free char *name = vt_config_of(m, &config);
	config.rows = sp.size.rows;
	config.cols = sp.size.cols;
	config.pixel_width = pw;
	config.pixel_height = ph;
	struct pane *p = pane_new(m, id, fd, pid, tty);
	p->size = how->size;
	p->pixel_width = pw;
	p->pixel_height = ph;
	p->dpi = how->dpi;
	p->window_title = xstrdup("");
	p->icon_title = xstrdup("");
	p->vt = vt_create(&config, &callbacks, p);
	p->command = exit_command_line(sp.file != NULL ? (const char *const[]){ sp.file, NULL } : sp.argv);
	if (pid == 0) {
		const char *path = env_get(&env, "PATH");

		p->program = xstrdup("wezterm");       /* what wezterm calls a pane without title and program */
		exit_not_started(p, program, path != NULL ? path : "", err->sys);
		err_fini(err);
	}
	pane_begin(p);
	return p;
}

struct pane *pane_take_over(struct mux *m, const struct pane_handed *h, enum vt_snapshot_error *ret_error)
{
	struct vt_config config;
	cleanup_free char *name = vt_config_of(m, &config);
	struct pane *p = pane_new(m, h->id, h->fd, h->pid, h->tty);

	p->vt = vt_snapshot_read(h->snapshot, h->snapshot_len, &config, &callbacks, p, 0, ret_error);
	if (p->vt == NULL) {
		free(p);
		return NULL;
	}
	fcntl(p->fd, F_SETFD, FD_CLOEXEC);
	str_add(&p->in, h->in, h->in_len);
	p->size = h->size;
	p->pixel_width = h->pixel_width;
	p->pixel_height = h->pixel_height;
	p->dpi = h->dpi;
	p->window_title = xstrdup(h->window_title);
	p->icon_title = xstrdup(h->icon_title);
	p->command = xstrdup(h->command);
	p->held = h->held;
	p->status = h->status;
	p->palette_version = h->palette_version;
	if (h->palette_len == sizeof(*p->palette)) {
		p->palette = xmalloc(sizeof(*p->palette));
		memcpy(p->palette, h->palette, sizeof(*p->palette));
	}
	pane_begin(p);
	pane_measure(p);
	return p;
}

/* The lowest row of the screen that shows something, from 1; 0 when none does. */
static unsigned last_row(struct vt *vt)
{
	struct vt_dims d = vt_dims(vt);
	struct vt_row row;

	for (unsigned y = d.rows; y > 0; y--)
		for (uint16_t x = 0; vt_row_get(vt, d.physical_top + y - 1, &row) && x < row.n; x++)
			if (row.cells[x].text != 0 && row.cells[x].text != ' ')
				return y;
	return 0;
}

void pane_set_history(struct pane *p, const struct pane_handed *h)
{
	/* What programs have asked of a terminal that is another's now. CAN ends a sequence that was under way. */
	static const char plain[] = "\030\033\\\033[!p\033[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004;2026;2031;2048;5l"
	    "\033[?1007h\033[20l\033>\033]104\007\033]110\007\033]111\007\033]112\007\033]22;\007\033]8;;\007\033]9;4;0\007\033]7;\007\033[m";
	struct vt_config config;
	cleanup_free char *name = vt_config_of(p->mux, &config);
	enum vt_snapshot_error why;
	struct vt *vt = vt_snapshot_read(h->snapshot, h->snapshot_len, &config, &callbacks, p, 0, &why);

	if (vt == NULL)
		return;                    /* it begins with nothing */
	vt_destroy(p->vt);
	p->vt = vt;
	tree_set_name(&p->window_title, h->window_title, strlen(h->window_title));
	tree_set_name(&p->icon_title, h->icon_title, strlen(h->icon_title));
	if ((vt_modes(vt) & VT_MODE_ALT_SCREEN) != 0)
		vt_write(vt, "\030\033\\\033[?1049l", 11);
	vt_write(vt, plain, sizeof(plain) - 1);
	vt_resize(vt, (uint16_t)p->size.rows, (uint16_t)p->size.cols, p->pixel_width, p->pixel_height);
	/* The new program goes on below what is there. */
	char below[32];
	unsigned y = last_row(vt);
	int n = y > 0 ? snprintf(below, sizeof(below), "\033[%uH\r\n\033[J", y) : snprintf(below, sizeof(below), "\033[H");
	vt_write(vt, below, (size_t)n);
	str_reset(&p->in);                     /* answers to questions that nobody asks any more */
	p->in_at = 0;
}

static void on_closed(uv_handle_t *h)
{
	struct pane *p = h->data;

	close(p->fd);
	if (p->mux->deaf)
		mux_listen(p->mux);
	free(p);
}

void pane_destroy(struct pane *p)
{
	struct mux *m = p->mux;
	size_t i = 0;

	while (m->panes[i] != p)
		i++;
	memmove(&m->panes[i], &m->panes[i + 1], (--m->n_panes - i) * sizeof(*m->panes));
	if (p->pid > 0) {
		kill(p->pid, SIGHUP);
		m->doomed = xreallocarray(m->doomed, m->n_doomed + 1, sizeof(*m->doomed));
		m->doomed[m->n_doomed++] = (struct doomed){ p->pid, mux_now(m) + MUX_KILL_MS };
		m->changed = true;
	}
	m->memory.scrollback -= p->memory.scrollback;
	m->memory.images -= p->memory.images;
	vt_destroy(p->vt);
	str_fini(&p->in);
	free(p->window_title);
	free(p->icon_title);
	free(p->command);
	free(p->palette);
	images_free(p->images);
	for (i = 0; p->event_ring != NULL && i < MUX_EVENTS_MAX; i++) {
		free(p->event_ring[i].text);
		free(p->event_ring[i].text2);
	}
	free(p->event_ring);
	free(p->program);
	free(p->cwd_url);
	uv_close((uv_handle_t *)&p->poll, on_closed);
}

bool pane_resize(struct pane *p, struct tree_size size, uint32_t pixel_width, uint32_t pixel_height,
    uint32_t dpi)
{
	if (p->size.rows == size.rows && p->size.cols == size.cols && p->pixel_width == pixel_width &&
	    p->pixel_height == pixel_height && p->dpi == dpi)
		return false;
	p->size = size;
	p->pixel_width = pixel_width;
	p->pixel_height = pixel_height;
	p->dpi = dpi;
	struct pty_size s = pty_size_of(size, pixel_width, pixel_height);
	vt_resize(p->vt, s.rows, s.cols, pixel_width, pixel_height);
	pty_set_size(p->fd, &s);
	push_pane_changed(p);
	return true;
}

void pane_focus(struct pane *p, bool focused)
{
	char bytes[VT_ENCODED_MAX];
	unsigned before = p->focused_by;

	p->focused_by += focused ? 1u : p->focused_by > 0 ? -1u : 0u;
	if ((before > 0) == (p->focused_by > 0))
		return;
	p->focus_lost = p->focused_by == 0;
	size_t n = vt_encode_focus(p->vt, focused, bytes);
	if (n > 0)
		pane_input(p, bytes, n);
}

/* ---- what clients are told ---- */

struct wire_cursor pane_cursor(const struct pane *p)
{
	struct vt_cursor c = vt_cursor(p->vt);

	return (struct wire_cursor){ c.x, c.y, (uint8_t)c.shape, c.visible };
}

struct wire_dimensions pane_dimensions(const struct pane *p)
{
	struct vt_dims d = vt_dims(p->vt);

	return (struct wire_dimensions){ d.cols, d.rows,
	    (uint64_t)(d.physical_top + d.rows - d.scrollback_top),
		d.physical_top, d.scrollback_top, p->dpi, d.pixel_width, d.pixel_height,
		(vt_modes(p->vt) & VT_MODE_REVERSE_VIDEO) != 0 };
}

static pid_t front(const struct pane *p)
{
	pid_t pid = pty_foreground(p->fd);

	return pid > 0 ? pid : p->pid;
}

char *pane_cwd_dir(const struct pane *p)
{
	pid_t pid = front(p);

	return pid > 0 ? mux_proc_link(pid, "cwd") : NULL;
}

static bool plain_in_url(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("\"#<>?`{}\\^|", c) == NULL;
}

static void add_escaped(struct str *url, const char *s)
{
	for (; *s != '\0'; s++) {
		if (plain_in_url((unsigned char)*s))
			str_putc(url, *s);
		else
			str_printf(url, "%%%02X", (unsigned char)*s);
	}
}

/* A host that wezterm's URL parser takes: letters, digits, dots and dashes, and not what it would
 * read as an IPv4 number (a container's host name can be all digits). */
static bool host_ok(const char *host, size_t len)
{
	size_t label = 0;
	bool digits = true;

	for (size_t i = 0; i < len; i++) {
		char c = host[i];
		bool digit = c >= '0' && c <= '9';
		if (c == '.') {
			label = i + 1;
			digits = true;
			continue;
		}
		if (!digit && c != '-' && c != '_' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
		digits = digits && digit;
	}
	return len > 0 && len < 254 && !digits && strncasecmp(host + label, "0x", 2) != 0 &&
	    strncasecmp(host + label, "xn--", 4) != 0;
}

char *pane_clean_url(const char *url)
{
	cleanup_str struct str out = STR_INIT;

	if (!str_starts(url, "file://"))
		return NULL;
	const char *host = url + strlen("file://"), *path = strchr(host, '/');
	if (path == NULL)
		return NULL;
	str_puts(&out, "file://");
	if (host_ok(host, (size_t)(path - host)))
		str_add(&out, host, (size_t)(path - host));
	add_escaped(&out, path);
	return str_detach(&out);
}

static void refresh_info(struct pane *p)
{
	uint64_t now = mux_now(p->mux);

	if (p->info_at != 0 && now - p->info_at < MUX_INFO_MS)
		return;
	p->info_at = now;
	pid_t pid = front(p);
	cleanup_free char *exe = pid > 0 ? mux_proc_link(pid, "exe") : NULL;
	if (exe != NULL) {
		/* "/usr/bin/vim (deleted)" after an upgrade of it. */
		if (str_ends(exe, " (deleted)"))
			exe[strlen(exe) - strlen(" (deleted)")] = '\0';
		const char *slash = strrchr(exe, '/');
		const char *name = slash != NULL ? slash + 1 : exe;
		if (text_utf8_valid(name, strlen(name)))
			tree_set_name(&p->program, name, strlen(name));
	}
	char *url = *vt_cwd(p->vt) != '\0' ? pane_clean_url(vt_cwd(p->vt)) : NULL;
	bool found = url == NULL;
	if (found) {
		cleanup_free char *dir = pid > 0 ? mux_proc_link(pid, "cwd") : NULL;
		if (dir != NULL && *dir == '/') {
			cleanup_str struct str s = STR_INIT;
			str_puts(&s, "file://");
			/* Percent signs of a folder's name are escaped, those of a URL are not. */
			for (const char *c = dir; *c != '\0'; c++) {
				char one[2] = { *c, '\0' };
				if (*c == '%')
					str_puts(&s, "%25");
				else
					add_escaped(&s, one);
			}
			if (s.s[s.len - 1] != '/')
				str_putc(&s, '/');
			url = str_detach(&s);
		}
	}
	if (url != NULL) {
		free(p->cwd_url);
		p->cwd_url = url;
		p->cwd_found = found;
	}
}

/* The icon title once one was set, then the window title , else the program in front. */
const char *pane_title(struct pane *p)
{
	const char *t = vt_icon_title(p->vt);

	if (*t == '\0')
		t = vt_title(p->vt);
	if (*t != '\0')
		return t;
	refresh_info(p);
	return p->program != NULL ? p->program : "";
}

const char *pane_cwd_url(struct pane *p)
{
	refresh_info(p);
	return p->cwd_url;
}

struct wire_str pane_cwd_for(struct pane *p, unsigned codec)
{
	const char *url = pane_cwd_url(p);
	size_t len = url != NULL ? strlen(url) : 0;

	if (codec < 43 && p->cwd_found && len > strlen("file:///"))
		len--;
	return (struct wire_str){ url, len };
}
