/* push.c - what a client is told, and when.
 *
 * State, not history. Each (connection, pane) has one dirty mark and a note of
 * what was last sent; a push is the difference to now, computed only when less
 * than MUX_OUT_PUSH_MAX waits in that connection's queue. So a client that does
 * not read costs nothing and finds the newest screen when it reads again.
 *
 * When: output that follows input of that client goes at once (an echo must not
 * wait), so does output after a pause; a pane that floods is shown every
 * MUX_FRAME_MS, hidden ones less often. Nothing is pushed before the client has
 * said who it is (reference/wezterm-mux.md 4.8, 6.5).
 *
 * What happens once (bells, topology) is kept in short rings with a cursor for
 * each client; one that falls behind loses the oldest. */
#include "mux/server.h"

#include "base/mem.h"
#include "mux/lines.h"
#include "wire/modes.h"

#include <signal.h>

#define DIRTY_ROWS 256                 /* scrolled rows named one by one; beyond, one range covers them */

static char *copy(const char *s) { return s != NULL ? xstrdup(s) : NULL; }

static uint64_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; s != NULL && *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return s == NULL ? 0 : h;
}

/* ---- notices ---- */

void push_notice(struct mux *m, const struct notice *n)
{
	struct notice *slot = &m->notices[m->notice_seq++ % MUX_NOTICES_MAX];

	free(slot->text);
	free(slot->text2);
	*slot = *n;
	slot->text = copy(n->text);
	slot->text2 = copy(n->text2);
	m->changed = true;
}

static void send_notice(struct conn *c, const struct notice *n)
{
	union wire_body b = { 0 };

	switch (n->ident) {
	case WIRE_PANE_REMOVED: case WIRE_PANE_FOCUSED:
		b.pane_ref.pane_id = n->a;
		break;
	case WIRE_TAB_RESIZED:
		b.tab_ref.tab_id = n->a;
		break;
	case WIRE_TAB_ADDED_TO_WINDOW:
		b.tab_added = (struct wire_tab_added){ n->a, n->b };
		break;
	case WIRE_TAB_TITLE_CHANGED:
		b.tab_title = (struct wire_tab_title){ n->a, mux_str(n->text) };
		break;
	case WIRE_WINDOW_TITLE_CHANGED:
		b.window_title_changed = (struct wire_window_title_changed){ n->a, mux_str(n->text) };
		break;
	case WIRE_WINDOW_WORKSPACE_CHANGED:
		b.window_workspace = (struct wire_window_workspace){ n->a, mux_str(n->text) };
		break;
	case WIRE_RENAME_WORKSPACE:
		b.rename_workspace = (struct wire_rename_workspace){ mux_str(n->text), mux_str(n->text2) };
		break;
	case WIRE_LACE_PANE_EXITED:
		b.lace_pane_exited = (struct wire_lace_pane_exited){ n->a, (uint32_t)(n->b >> 32),
		    (uint32_t)n->b };
		break;
	default:
		return;
	}
	conn_send(c, 0, n->ident, &b);
}

/* The client slept through more notices than are kept: what it must know. */
static void send_lost(struct conn *c)
{
	struct mux *m = c->mux;

	if (c->shown != TREE_NONE && mux_pane(m, c->shown) == NULL)
		send_notice(c, &(struct notice){ .ident = WIRE_PANE_REMOVED, .a = c->shown });
	/* One resized tab makes wezterm list everything again. */
	uint64_t tab = m->tree.n_windows > 0 ? m->tree.windows[0]->tabs[0]->id : 0;
	send_notice(c, &(struct notice){ .ident = WIRE_TAB_RESIZED, .a = tab });
}

void push_notices(struct conn *c)
{
	struct mux *m = c->mux;

	if (!c->pushes) {
		c->notice_next = m->notice_seq;
		return;
	}
	if (m->notice_seq - c->notice_next > MUX_NOTICES_MAX && conn_queued(c) < MUX_OUT_PUSH_MAX) {
		c->notice_next = m->notice_seq;
		send_lost(c);
	}
	while (c->notice_next < m->notice_seq && conn_queued(c) < MUX_OUT_PUSH_MAX) {
		const struct notice *n = &m->notices[c->notice_next++ % MUX_NOTICES_MAX];
		if ((n->author == 0 || n->author != c->id) && (!n->lace || c->lace))
			send_notice(c, n);
	}
}

void push_tab_resized(struct mux *m, uint64_t tab, uint64_t author)
{
	m->changed = true;
	for (size_t i = 0; i < m->n_resized; i++) {
		if (m->resized[i].tab != tab)
			continue;
		if (m->resized[i].author != author)
			m->resized[i].author = 0;
		return;
	}
	m->resized = xreallocarray(m->resized, m->n_resized + 1, sizeof(*m->resized));
	m->resized[m->n_resized++] = (struct resized){ tab, author, mux_now(m) + MUX_RESIZED_MS };
}

/* ---- marks and events ---- */

void push_pane_changed(struct pane *p)
{
	struct mux *m = p->mux;

	for (size_t i = 0; i < m->n_conns; i++) {
		struct conn *c = m->conns[i];
		if (c->gone || c->eof || !c->pushes)
			continue;
		/* lace's client shows one pane and hears only of those it has named. */
		struct view *v = conn_view(c, p->id);
		if (c->lace && !v->wanted)
			continue;
		v->dirty = c->owes = true;
		m->changed = true;
	}
}

void push_event(struct pane *p, const struct pane_event *e)
{
	const struct wire_alert *a = &e->alert;

	push_pane_changed(p);
	if (p->event_ring == NULL)
		p->event_ring = xcalloc(MUX_EVENTS_MAX, sizeof(*p->event_ring));
	struct pane_event *slot = &p->event_ring[++p->event_seq % MUX_EVENTS_MAX];
	free(slot->text);
	free(slot->text2);
	*slot = *e;
	slot->seq = p->event_seq;
	/* At most two of the four texts are used by any one kind. */
	const struct wire_str *first = a->kind == WIRE_ALERT_USER_VAR ? &a->name : &a->title;
	const struct wire_str *second = a->kind == WIRE_ALERT_USER_VAR ? &a->value : &a->body;
	slot->text = xmemdup0(first->len > 0 ? first->s : "", first->len);
	slot->text2 = xmemdup0(second->len > 0 ? second->s : "", second->len);
	slot->alert.title = slot->alert.name = (struct wire_str){ slot->text, first->len };
	slot->alert.body = slot->alert.value = (struct wire_str){ slot->text2, second->len };
}

static void send_alert(struct conn *c, const struct pane *p, const struct wire_alert *a)
{
	if (a->kind == WIRE_ALERT_PROGRESS && c->codec < 44)
		return;
	conn_send(c, 0, WIRE_NOTIFY_ALERT, &(union wire_body){ .notify_alert = { p->id, *a } });
}

static void send_events(struct conn *c, struct view *v, const struct pane *p, bool first)
{
	if (first) {
		const char *name, *value;
		unsigned percent;
		uint32_t progress = (uint32_t)vt_progress(p->vt, &percent);

		for (size_t i = 0; vt_user_var(p->vt, i, &name, &value); i++)
			if (strlen(value) <= MUX_USER_VAR_BYTES)
				send_alert(c, p, &(struct wire_alert){ .kind = WIRE_ALERT_USER_VAR,
				    .name = mux_str(name), .value = mux_str(value) });
		if (progress != WIRE_PROGRESS_NONE)
			send_alert(c, p, &(struct wire_alert){ .kind = WIRE_ALERT_PROGRESS,
			    .progress = progress, .percent = (uint8_t)percent });
	}
	if (p->event_seq >= MUX_EVENTS_MAX && v->event_next <= p->event_seq - MUX_EVENTS_MAX)
		v->event_next = p->event_seq - MUX_EVENTS_MAX + 1;
	for (; v->event_next <= p->event_seq; v->event_next++) {
		const struct pane_event *e = &p->event_ring[v->event_next % MUX_EVENTS_MAX];
		uint32_t kind = e->alert.kind;
		if (e->clipboard) {
			conn_send(c, 0, WIRE_SET_CLIPBOARD, &(union wire_body){
			    .set_clipboard = { p->id, true, e->alert.body, e->selection } });
			continue;
		}
		if (first && (kind == WIRE_ALERT_USER_VAR || kind == WIRE_ALERT_PROGRESS))
			continue;          /* its newest state has just been sent */
		if (kind == WIRE_ALERT_OUTPUT_SINCE_FOCUS_LOST && c->focused == p->id)
			continue;
		send_alert(c, p, &e->alert);
	}
}

/* ---- palettes ---- */

static void send_palette(struct conn *c, const struct pane *p)
{
	struct wire_rgba colors[WIRE_PALETTE_COLORS];
	uint32_t fg = vt_palette_get(p->vt, VT_PALETTE_FG), bg = vt_palette_get(p->vt, VT_PALETTE_BG);
	struct wire_palette w = { .colors = colors, .n_colors = WIRE_PALETTE_COLORS };

	for (unsigned i = 0; i < WIRE_PALETTE_COLORS; i++)
		colors[i] = lines_rgba(vt_palette_get(p->vt, i));
	w.foreground = lines_rgba(fg);
	w.background = lines_rgba(bg);
	w.cursor_bg = w.cursor_border = lines_rgba(vt_palette_get(p->vt, VT_PALETTE_CURSOR));
	if (p->palette != NULL) {
		const struct wire_rgba *s = p->palette->special;
		w.cursor_fg = s[2];
		if (vt_palette_get(p->vt, VT_PALETTE_CURSOR) == p->palette->colors[VT_PALETTE_CURSOR]) {
			w.cursor_bg = s[3];
			w.cursor_border = s[4];
		}
		w.selection_fg = s[5];
		w.selection_bg = s[6];
		w.scrollbar_thumb = s[7];
		w.split = s[8];
	} else {
		w.cursor_fg = lines_rgba(bg);
		w.selection_fg = (struct wire_rgba){ 0, 0, 0, 0 };
		w.selection_bg = (struct wire_rgba){ 0.5f, 0.4f, 0.6f, 0.5f };
		w.scrollbar_thumb = lines_rgba(0x222222);
		w.split = lines_rgba(0x444444);
	}
	conn_send(c, 0, WIRE_SET_PALETTE, &(union wire_body){ .set_palette = { p->id, w } });
}

/* ---- one pane to one connection ---- */

/* The engine's modes are sent as they are. */
#define SAME_MODE(name) _Static_assert((uint32_t)VT_MODE_##name == (uint32_t)WIRE_MODE_##name, "docs/protocol.md 3.7")
SAME_MODE(ALT_SCREEN);
SAME_MODE(APP_CURSOR);
SAME_MODE(APP_KEYPAD);
SAME_MODE(BRACKETED_PASTE);
SAME_MODE(FOCUS_EVENTS);
SAME_MODE(MOUSE_X10);
SAME_MODE(MOUSE_NORMAL);
SAME_MODE(MOUSE_BUTTON);
SAME_MODE(MOUSE_ANY);
SAME_MODE(MOUSE_UTF8);
SAME_MODE(MOUSE_SGR);
SAME_MODE(MOUSE_URXVT);
SAME_MODE(MOUSE_PIXELS);
SAME_MODE(ALT_SCROLL);
SAME_MODE(REVERSE_VIDEO);
SAME_MODE(NEWLINE);
SAME_MODE(BACKARROW);
SAME_MODE(COLOR_SCHEME_REPORTS);

static void send_modes(struct conn *c, struct view *v, struct pane *p)
{
	uint32_t modes = vt_modes(p->vt) | (vt_format_other_keys(p->vt) ? WIRE_MODE_FORMAT_OTHER_KEYS : 0);
	uint8_t kitty = vt_kitty_flags(p->vt), other = vt_modify_other_keys(p->vt);
	uint64_t title = hash(vt_title(p->vt));

	if (v->known && v->modes == modes && v->kitty == kitty && v->other_keys == other &&
	    v->window_title_hash == title)
		return;
	v->modes = modes;
	v->kitty = kitty;
	v->other_keys = other;
	v->window_title_hash = title;
	conn_send(c, 0, WIRE_LACE_PANE_MODES, &(union wire_body){
	    .lace_pane_modes = { p->id, modes, kitty, other, mux_str(vt_title(p->vt)) } });
}

/* Adds row to an ascending list that does not have it. */
static size_t add_row(int64_t *rows, size_t n, int64_t row)
{
	size_t i = n;

	while (i > 0 && rows[i - 1] > row)
		i--;
	if (i > 0 && rows[i - 1] == row)
		return n;
	memmove(&rows[i + 1], &rows[i], (n - i) * sizeof(*rows));
	rows[i] = row;
	return n + 1;
}

/* Rows of the scrollback that the client may have kept and that are not so any more. */
static size_t dirty_ranges(const struct pane *p, uint64_t since, const struct vt_dims *d, bool all,
    struct wire_range ret[DIRTY_ROWS])
{
	int64_t rows[DIRTY_ROWS];
	size_t n, ranges = 0;

	if (d->scrollback_top >= d->physical_top)
		return 0;
	if (all) {
		ret[0] = (struct wire_range){ d->scrollback_top, d->physical_top };
		return 1;
	}
	n = vt_rows_changed(p->vt, since, d->scrollback_top, d->physical_top, rows, DIRTY_ROWS);
	if (n > DIRTY_ROWS) {
		ret[0] = (struct wire_range){ rows[0], d->physical_top };
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		if (ranges > 0 && ret[ranges - 1].end == rows[i])
			ret[ranges - 1].end++;
		else
			ret[ranges++] = (struct wire_range){ rows[i], rows[i] + 1 };
	}
	return ranges;
}

static bool same_dims(const struct vt_dims *a, const struct vt_dims *b)
{
	return a->rows == b->rows && a->cols == b->cols && a->pixel_width == b->pixel_width &&
	    a->pixel_height == b->pixel_height && a->physical_top == b->physical_top &&
	    a->scrollback_top == b->scrollback_top;
}

static void send_render(struct conn *c, struct view *v, struct pane *p)
{
	struct vt *vt = p->vt;
	struct vt_dims d = vt_dims(vt);
	struct vt_cursor cur = vt_cursor(vt);
	uint32_t modes = vt_modes(vt);
	bool mouse = (modes & VT_MODE_MOUSE_TRACKING) != 0, reverse = (modes & VT_MODE_REVERSE_VIDEO) != 0;
	const char *title = pane_title(p);
	struct wire_str cwd = pane_cwd_for(p, c->codec);
	uint64_t title_hash = hash(title), cwd_hash = hash(cwd.s), seqno = vt_seqno(vt);
	/* The other screen has numbers of its own, a resize gives new ones, a reset begins again:
	 * whatever the client keeps under those numbers is another row now. */
	bool renumbered = v->known && (((modes ^ v->modes) & VT_MODE_ALT_SCREEN) != 0 ||
	    d.cols != v->dims.cols || d.rows != v->dims.rows || d.physical_top < v->dims.physical_top ||
	    d.scrollback_top < v->dims.scrollback_top);
	bool moved = !v->known || cur.x != v->cursor.x || cur.y != v->cursor.y ||
	    cur.shape != v->cursor.shape || cur.visible != v->cursor.visible;
	int64_t rows[VT_ROWS_MAX + 3];
	struct wire_range ranges[DIRTY_ROWS];
	int64_t bottom = d.physical_top + d.rows;
	size_t n = vt_rows_changed(vt, renumbered ? 0 : v->seqno, d.physical_top, bottom, rows, VT_ROWS_MAX);
	size_t n_ranges = v->known ? dirty_ranges(p, v->seqno, &d, renumbered, ranges) : 0;

	n = MIN(n, VT_ROWS_MAX);
	if (v->known && !v->has_serial && !moved && n == 0 && n_ranges == 0 && same_dims(&d, &v->dims) &&
	    mouse == v->mouse_grabbed && reverse == v->reverse && title_hash == v->title_hash &&
	    cwd_hash == v->cwd_hash)
		return;
	/* The client asks again for the rows that the cursor left and entered unless they are here (4.5). */
	if (moved || v->has_serial)
		n = add_row(rows, n, cur.y);
	if (moved && v->known && v->cursor.y >= d.physical_top && v->cursor.y < bottom)
		n = add_row(rows, n, v->cursor.y);

	struct wire_arena arena = { 0 };
	union wire_body b = { .render_changes = {
		.pane_id = p->id, .mouse_grabbed = mouse,
		.cursor_position = pane_cursor(p),
		.dimensions = pane_dimensions(p), .dirty_lines = ranges, .n_dirty_lines = n_ranges,
		.title = mux_str(title), .has_working_dir = cwd.s != NULL,
		.working_dir = cwd.s != NULL ? cwd : WIRE_STR(""), .has_input_serial = v->has_serial,
		.input_serial = v->serial,
		.seqno = seqno } };
	lines_build(vt, &p->images, rows, n, &arena, WIRE_ARENA_MAX, &b.render_changes.bonus_lines);
	/* The GUI compares numbers, so a row that is another row now must have a higher one. */
	for (size_t i = 0; renumbered && i < b.render_changes.bonus_lines.n_lines; i++)
		b.render_changes.bonus_lines.lines[i].line.seqno = seqno;
	conn_send(c, 0, WIRE_GET_PANE_RENDER_CHANGES_RESPONSE, &b);
	wire_arena_reset(&arena);

	v->has_serial = false;
	v->seqno = seqno;
	v->cursor = cur;
	v->dims = d;
	v->mouse_grabbed = mouse;
	v->reverse = reverse;
	v->title_hash = title_hash;
	v->cwd_hash = cwd_hash;
}

static void send_view(struct conn *c, struct view *v, struct pane *p)
{
	bool first = !v->known;
	uint32_t modes = vt_modes(p->vt);

	if (c->lace) {
		uint32_t before = v->modes;
		send_modes(c, v, p);
		v->modes = before;         /* send_render compares too */
	}
	send_render(c, v, p);
	v->modes = modes;
	v->known = true;
	v->dirty = false;
	v->typed = false;
	v->pushed_at = mux_now(c->mux);
	if (v->palette_version != p->palette_version) {
		v->palette_version = p->palette_version;
		send_palette(c, p);
	}
	send_events(c, v, p, first);
}

void push_view_now(struct conn *c, struct pane *p)
{
	if (!c->pushes || c->gone || c->eof || conn_queued(c) >= MUX_OUT_PUSH_MAX)
		return;
	struct view *v = conn_view(c, p->id);
	if (v->known && !v->dirty)
		return;
	send_view(c, v, p);
}

/* ---- when ---- */

#define NEVER UINT64_MAX

static bool is_shown(const struct conn *c, const struct view *v, uint64_t now)
{
	return c->shown == v->pane || c->focused == v->pane ||
	    (v->polled_at != 0 && now - v->polled_at < MUX_WATCH_MS);
}

static uint64_t due(const struct conn *c, const struct view *v, const struct pane *p, uint64_t now)
{
	if (!v->dirty)
		return v->has_serial ? v->serial_by : NEVER;
	uint64_t at = v->typed || v->has_serial ? now :
	    v->pushed_at + (is_shown(c, v, now) ? MUX_FRAME_MS : MUX_HIDDEN_MS);
	return p->sync_until > now ? MAX(at, p->sync_until) : at;
}

static uint64_t flush_conn(struct conn *c, uint64_t now)
{
	uint64_t next = NEVER;
	bool left = false;

	push_notices(c);
	/* Twice: what the client shows goes first. */
	for (int hidden = 0; hidden < 2 && c->owes; hidden++) {
		for (size_t i = 0; i < c->n_views; i++) {
			struct view *v = &c->views[i];
			if (conn_queued(c) >= MUX_OUT_PUSH_MAX)
				return next;       /* goes on when the client reads */
			if (!v->dirty && !v->has_serial)
				continue;
			if (is_shown(c, v, now) != !hidden)
				continue;
			struct pane *p = mux_pane(c->mux, v->pane);
			uint64_t at = due(c, v, p, now);
			if (at <= now)
				send_view(c, v, p);
			else
				next = MIN(next, at);
			left |= v->dirty || v->has_serial;
		}
	}
	c->owes = left;
	return next;
}

static uint64_t expire_syncs(struct mux *m, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < m->n_panes; i++) {
		struct pane *p = m->panes[i];
		if (p->sync_until == 0)
			continue;
		if (p->sync_until > now) {
			next = MIN(next, p->sync_until);
			continue;
		}
		p->sync_until = 0;
		vt_sync_expire(p->vt);
		push_pane_changed(p);
	}
	return next;
}

/* Output often comes just before another program is in front: a command begins after its echo, a shell
 * prompts while vim's last bytes are new. Without output there is nothing to look for: no idle wakeups. */
static uint64_t reread_info(struct mux *m, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < m->n_panes; i++) {
		struct pane *p = m->panes[i];
		if (p->reread_at == 0)
			continue;
		if (p->reread_at > now) {
			next = MIN(next, p->reread_at);
			continue;
		}
		p->reread_at = p->info_at = 0;
		push_pane_changed(p);
	}
	return next;
}

/* Cold scrollback, one step a turn of the loop: keys are not kept waiting. */
static uint64_t compact_quiet(struct mux *m, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < m->n_panes; i++) {
		struct pane *p = m->panes[i];
		if (p->compact_at == 0)
			continue;
		if (p->compact_at <= now && !vt_compact(p->vt)) {
			p->compact_at = 0;
			p->compacted_top = vt_dims(p->vt).physical_top;
			pane_measure(p);
		} else {
			next = MIN(next, MAX(p->compact_at, now + 1));
		}
	}
	return next;
}

static uint64_t announce_resized(struct mux *m, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < m->n_resized;) {
		struct resized r = m->resized[i];
		if (r.at > now) {
			next = MIN(next, r.at);
			i++;
			continue;
		}
		m->resized[i] = m->resized[--m->n_resized];
		if (tree_tab(&m->tree, r.tab, NULL) != NULL)
			push_notice(m, &(struct notice){ .ident = WIRE_TAB_RESIZED, .a = r.tab,
			    .author = r.author });
	}
	return next;
}

static uint64_t kill_doomed(struct mux *m, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < m->n_doomed;) {
		if (m->doomed[i].at > now) {
			next = MIN(next, m->doomed[i].at);
			i++;
			continue;
		}
		/* Not reaped yet, so the number is still that child's. Its end removes it from the list. */
		kill(m->doomed[i].pid, SIGKILL);
		m->doomed[i++].at = NEVER;
	}
	return next;
}

static void on_timer(uv_timer_t *t) { push_flush(t->data); }

void push_flush(struct mux *m)
{
	uint64_t now = mux_now(m), next, at;

	m->changed = false;
	next = expire_syncs(m, now);
	at = reread_info(m, now);
	next = MIN(next, at);
	at = compact_quiet(m, now);
	next = MIN(next, at);
	at = announce_resized(m, now);
	next = MIN(next, at);
	at = kill_doomed(m, now);
	next = MIN(next, at);
	for (size_t i = 0; i < m->n_conns; i++) {
		struct conn *c = m->conns[i];
		if (c->gone)
			continue;
		if (c->pushes && !c->eof) {
			at = flush_conn(c, now);
			next = MIN(next, at);
		}
		conn_write(c);
	}
	if (next == NEVER)
		uv_timer_stop(&m->timer);
	else
		uv_timer_start(&m->timer, on_timer, next > now ? next - now : 1, 0);
}
