/* request.c - one table from ident to handler; the short handlers.
 *
 * Texts of errors are those of the real server, as recorded. */
#include "mux/handover.h"
#include "mux/request.h"

#include "base/mem.h"
#include "mux/images.h"
#include "vt/vt.h"

#include <signal.h>
#include <stdarg.h>

void request_answer(struct request *r, uint32_t ident, const union wire_body *body)
{
	/* What the request itself caused is told first, as the real server does. */
	push_notices(r->c);
	conn_send(r->c, r->serial, ident, body);
}

void request_done(struct request *r) { request_answer(r, WIRE_UNIT_RESPONSE, NULL); }

void request_fail(struct request *r, const char *fmt, ...)
{
	cleanup_str struct str s = STR_INIT;
	va_list ap;

	str_puts(&s, "Error: ");
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	conn_send(r->c, r->serial, WIRE_ERROR_RESPONSE,
	    &(union wire_body){ .error_response = { { s.s, s.len } } });
}

struct pane *request_pane(struct request *r, uint64_t id)
{
	struct pane *p = mux_pane(r->m, id);

	if (p == NULL)
		request_fail(r, "no such pane %llu", ull(id));
	return p;
}

struct view *request_interest(struct request *r, uint64_t pane)
{
	struct view *v = conn_view(r->c, pane);

	v->polled_at = mux_now(r->m);
	v->wanted = true;
	if (r->c->lace) {
		r->c->shown = pane;
		v->dirty = v->dirty || !v->known;
		r->c->owes = true;
		r->m->changed = true;
	}
	return v;
}

static void enable_pushes(struct conn *c)
{
	if (c->pushes)
		return;
	c->pushes = true;
	c->notice_next = c->mux->notice_seq;
}

/* ---- connection ---- */

static void ping(struct request *r) { conn_send(r->c, r->serial, WIRE_PONG, NULL); }

static void codec_version(struct request *r)
{
	const char *exe = r->m->exe != NULL ? r->m->exe : "lace-mux-server";

	cleanup_free char *version = codec_announce(r->c);
	conn_send(r->c, r->serial, WIRE_GET_CODEC_VERSION_RESPONSE, &(union wire_body){ .codec_version = {
	    .codec_vers = r->c->codec, .version_string = mux_str(version),
	    .executable_path = mux_str(exe) } });
}

static struct wire_str keep(const char *s, size_t len)
{
	/* s[len] can be read: strings of the wire end with a NUL. */
	len = MIN(len, TREE_NAME_MAX);
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return (struct wire_str){ xmemdup0(s, len), len };
}

static void set_client_id(struct request *r)
{
	const struct wire_client_id *id = &r->b->set_client_id.client_id;
	struct conn *c = r->c;

	if (r->b->set_client_id.is_proxy) {
		if (!c->has_proxy)
			c->proxy_pid = id->pid;
		if (!c->has_proxy && id->has_ssh_auth_sock)
			agent_set(c, id->ssh_auth_sock.s, id->ssh_auth_sock.len);
		c->has_proxy = true;
		/* Nothing may come before this answer: the proxy takes one PDU, whatever it is (4.10). */
		conn_send(c, r->serial, WIRE_UNIT_RESPONSE, NULL);
		return;
	}
	free((char *)(uintptr_t)c->client.hostname.s);
	free((char *)(uintptr_t)c->client.username.s);
	free((char *)(uintptr_t)c->client.ssh_auth_sock.s);
	c->client = *id;
	cleanup_free char *host = c->has_proxy ?
	    xasprintf("%s (via proxy pid %lu)", id->hostname.s, (unsigned long)c->proxy_pid) :
	    xstrdup(id->hostname.s);
	if (c->codec != r->m->opts->codec) {
		char *with = xasprintf("%s [codec %u]", host, c->codec);
		free(host);
		host = with;
	}
	c->client.hostname = keep(host, strlen(host));
	c->client.username = keep(id->username.s, id->username.len);
	if (id->has_ssh_auth_sock)
		c->client.ssh_auth_sock = keep(id->ssh_auth_sock.s, id->ssh_auth_sock.len);
	/* A path on the client's machine is none here: then the proxy's counts. */
	if (id->has_ssh_auth_sock && !conn_is_remote(c))
		agent_set(c, id->ssh_auth_sock.s, id->ssh_auth_sock.len);
	if (conn_is_remote(c)) {
		free((char *)(uintptr_t)c->client.ssh_auth_sock.s);
		c->client.has_ssh_auth_sock = c->agent != NULL;
		c->client.ssh_auth_sock = keep(c->agent != NULL ? c->agent : "", c->agent != NULL ? strlen(c->agent) : 0);
	}
	c->registered = true;
	codec_accepted(c);
	request_done(r);
	enable_pushes(c);
}

static void lace_hello(struct request *r)
{
	struct conn *c = r->c;

	c->lace = true;
	c->codec = WIRE_CODEC_LACE;
	c->read_only = (r->b->lace_hello.flags & WIRE_LACE_READ_ONLY) != 0;
	conn_send(c, r->serial, WIRE_LACE_HELLO_RESPONSE, &(union wire_body){ .lace_hello_response = {
	    MAX(1, MIN(r->b->lace_hello.version, WIRE_LACE_VERSION)), mux_str(r->m->opts->build),
	    (uint32_t)getpid() } });
	enable_pushes(c);
}

static void lace_shutdown(struct request *r)
{
	request_done(r);
	mux_stop(r->m);
}

/* ---- input ---- */

static void send_input(struct request *r, struct pane *p, const char *bytes, size_t len)
{
	if (len > 0 && !pane_input(p, bytes, len))
		request_fail(r, "pane %llu does not read its input: %u bytes wait already", ull(p->id),
		    MUX_PTY_QUEUE_MAX);
	else
		request_done(r);
}

static void write_to_pane(struct request *r)
{
	const struct wire_write_to_pane *w = &r->b->write_to_pane;
	struct pane *p = request_pane(r, w->pane_id);

	if (p == NULL)
		return;
	mux_client_typed(r->c, p);
	send_input(r, p, w->data.s, w->data.len);
}

static void send_paste(struct request *r)
{
	const struct wire_send_paste *w = &r->b->send_paste;
	struct pane *p = request_pane(r, w->pane_id);
	size_t len;

	if (p == NULL)
		return;
	mux_client_typed(r->c, p);
	cleanup_free char *bytes = vt_encode_paste(p->vt, w->data.s, w->data.len, &len);
	if (bytes)
		send_input(r, p, bytes, len);
	else
		request_fail(r, "the paste needs more memory than there is");
}

static void send_key_down(struct request *r)
{
	const struct wire_send_key_down *w = &r->b->send_key_down;
	struct pane *p = request_pane(r, w->pane_id);
	char bytes[VT_ENCODED_MAX];

	if (p == NULL)
		return;
	enable_pushes(r->c);
	mux_client_typed(r->c, p);
	/* The push that answers the key waits a moment for the echo, so that one push carries both. */
	struct view *v = request_interest(r, p->id);
	v->has_serial = r->c->owes = true;
	v->serial = w->input_serial;
	v->serial_by = mux_now(r->m) + MUX_ECHO_MS;
	struct vt_key key = { w->event.code, w->event.value, w->event.modifiers };
	send_input(r, p, bytes, vt_encode_key(p->vt, &key, bytes));
}

/* From lace's own client: with repeats and releases, which a program may have asked for (kitty keyboard protocol). */
static void lace_key(struct request *r)
{
	const struct wire_lace_key *w = &r->b->lace_key;
	struct pane *p = request_pane(r, w->pane_id);
	char bytes[VT_ENCODED_MAX];

	if (p == NULL)
		return;
	mux_client_typed(r->c, p);
	request_interest(r, p->id)->typed = true;
	struct vt_key key = { .code = w->code, .value = w->value, .mods = w->modifiers, .kind = (enum vt_key_kind)w->kind,
		.unshifted = w->unshifted, .shifted = w->shifted, .base = w->base, .text = w->text.s, .text_len = w->text.len };
	send_input(r, p, bytes, vt_encode_key(p->vt, &key, bytes));
}

static void send_mouse_event(struct request *r)
{
	const struct wire_mouse_event *e = &r->b->send_mouse_event.event;
	struct pane *p = request_pane(r, r->b->send_mouse_event.pane_id);
	char bytes[VT_ENCODED_MAX];

	if (p == NULL)
		return;
	if (e->kind == VT_MOUSE_PRESS)
		mux_client_typed(r->c, p);
	struct vt_dims d = vt_dims(p->vt);
	struct vt_mouse mouse = {
		.kind = (enum vt_mouse_kind)e->kind, .button = (enum vt_mouse_button)e->button,
		.count = (uint32_t)MAX(1, MIN(e->count, 100)), .mods = e->modifiers,
		.x = (uint16_t)MIN(e->x, d.cols - 1u), .y = (uint16_t)MAX(0, MIN(e->y, d.rows - 1)),
		.pixel_x = (uint32_t)MAX(0, MIN(e->x_pixel_offset, 10000)),
		.pixel_y = (uint32_t)MAX(0, MIN(e->y_pixel_offset, 10000)) };
	request_interest(r, p->id)->typed = true;
	send_input(r, p, bytes, vt_encode_mouse(p->vt, &mouse, bytes));
}

/* ---- sizes and layout ---- */

static void resize(struct request *r)
{
	struct pane *p = request_pane(r, r->b->resize.pane_id);

	if (p == NULL)
		return;
	enable_pushes(r->c);
	request_interest(r, p->id);
	mux_client_size(r->c, p, &r->b->resize.size, true);
	request_done(r);
}

static void lace_set_size(struct request *r)
{
	struct pane *p = request_pane(r, r->b->lace_set_size.pane_id);

	if (p == NULL)
		return;
	request_interest(r, p->id);
	if (r->c->read_only) {
		request_fail(r, "this client is read-only");
		return;
	}
	mux_client_size(r->c, p, &r->b->lace_set_size.size, false);
	request_done(r);
}

static void set_pane_zoomed(struct request *r)
{
	const struct wire_set_pane_zoomed *z = &r->b->set_pane_zoomed;
	struct pane *p = request_pane(r, z->pane_id);

	if (p == NULL)
		return;
	struct tab *tab = tree_tab_of(&r->m->tree, p->id, NULL);
	if (z->zoomed)
		mux_focus_pane(r->m, p->id, r->c->id);
	if (tree_zoom(tab, z->zoomed ? p->id : TREE_NONE))
		mux_apply_tab(r->m, tab, r->c->id);
	request_done(r);
}

static void adjust_pane_size(struct request *r)
{
	const struct wire_adjust_pane_size *a = &r->b->adjust_pane_size;
	struct tab *tab = tree_tab_of(&r->m->tree, a->pane_id, NULL);

	if (tab == NULL) {
		request_fail(r, "pane_id %llu invalid", ull(a->pane_id));
		return;
	}
	if (tree_adjust(tab, tab->active, (enum tree_direction)a->direction, a->amount))
		mux_apply_tab(r->m, tab, r->c->id);
	request_done(r);
}

static void activate_direction(struct request *r)
{
	const struct wire_pane_direction *d = &r->b->pane_direction;

	if (request_pane(r, d->pane_id) == NULL)
		return;
	struct tab *tab = tree_tab_of(&r->m->tree, d->pane_id, NULL);
	/* As recorded: the pane names its tab, and the tab's active pane is where one starts from. */
	uint64_t to = tree_neighbour(tab, tab->active, (enum tree_direction)d->direction);
	if (to != TREE_NONE)
		mux_focus_pane(r->m, to, r->c->id);
	request_done(r);
}

static void get_direction(struct request *r)
{
	const struct wire_pane_direction *d = &r->b->pane_direction;

	if (request_pane(r, d->pane_id) == NULL)
		return;
	struct tab *tab = tree_tab_of(&r->m->tree, d->pane_id, NULL);
	uint64_t to = tree_neighbour(tab, tab->active, (enum tree_direction)d->direction);
	request_answer(r, WIRE_GET_PANE_DIRECTION_RESPONSE,
	    &(union wire_body){ .pane_direction_response = { to != TREE_NONE, to != TREE_NONE ? to : 0 } });
}

static void set_focused_pane(struct request *r)
{
	uint64_t id = r->b->pane_ref.pane_id;
	struct pane *p = mux_pane(r->m, id), *old = NULL;
	struct conn *c = r->c;

	if (p == NULL) {
		request_fail(r, "pane %llu not found", ull(id));
		return;
	}
	/* A command line that only switches panes does not itself look at one. */
	if (c->pushes && c->focused != id) {
		if (c->focused != TREE_NONE)
			old = mux_pane(r->m, c->focused);
		c->focused = id;
		if (old != NULL)
			pane_focus(old, false);
		pane_focus(p, true);
	}
	if (c->pushes)
		request_interest(r, id);
	mux_focus_pane(r->m, id, c->id);
	request_done(r);
}

static void kill_pane(struct request *r)
{
	struct pane *p = request_pane(r, r->b->pane_ref.pane_id);

	if (p == NULL)
		return;
	mux_remove_pane(r->m, p, p->held ? p->status : SIGHUP);
	request_done(r);
}

/* ---- state of a pane ---- */

static void render_changes(struct request *r)
{
	uint64_t id = r->b->pane_ref.pane_id;
	struct pane *p = mux_pane(r->m, id);

	enable_pushes(r->c);
	if (p != NULL) {
		request_interest(r, id);
		push_view_now(r->c, p);
	}
	request_answer(r, WIRE_LIVENESS_RESPONSE, &(union wire_body){ .liveness = { id, p != NULL } });
}

static void renderable_dimensions(struct request *r)
{
	struct pane *p = request_pane(r, r->b->pane_ref.pane_id);

	if (p == NULL)
		return;
	request_answer(r, WIRE_GET_PANE_RENDERABLE_DIMENSIONS_RESPONSE,
	    &(union wire_body){ .renderable_dimensions = {
	    .pane_id = p->id, .cursor_position = pane_cursor(p), .dimensions = pane_dimensions(p) } });
}

static uint32_t color_of(const struct wire_rgba *c)
{
	uint32_t v = 0;
	const float part[3] = { c->r, c->g, c->b };

	for (int i = 0; i < 3; i++)        /* the comparison also turns a NaN into 0 */
		v = v << 8 | (part[i] > 0.0f ? (uint32_t)(MIN(part[i], 1.0f) * 255.0f + 0.5f) : 0);
	return v;
}

static void set_palette(struct request *r)
{
	const struct wire_palette *w = &r->b->set_palette.palette;
	struct pane *p = request_pane(r, r->b->set_palette.pane_id);

	if (p == NULL)
		return;
	enable_pushes(r->c);
	if (p->palette == NULL)
		p->palette = xcalloc(1, sizeof(*p->palette));
	struct pane_palette *pal = p->palette;
	for (size_t i = 0; i < WIRE_PALETTE_COLORS && i < w->n_colors; i++)
		pal->colors[i] = color_of(&w->colors[i]);
	pal->colors[VT_PALETTE_FG] = color_of(&w->foreground);
	pal->colors[VT_PALETTE_BG] = color_of(&w->background);
	pal->colors[VT_PALETTE_CURSOR] = color_of(&w->cursor_bg);
	memcpy(pal->special, (const struct wire_rgba[]){ w->foreground, w->background, w->cursor_fg,
	    w->cursor_bg, w->cursor_border, w->selection_fg, w->selection_bg, w->scrollbar_thumb, w->split },
	    sizeof(pal->special));
	vt_palette_set_default(p->vt, pal->colors);
	/* A GUI sends it for each pane when it attaches: it is shown the screen with the answer, as by the real server. */
	struct view *v = conn_view(r->c, p->id);
	if (!v->known && !r->c->lace) {
		v->dirty = true;
		r->m->changed = true;
	}
	request_done(r);
}

static void erase_scrollback(struct request *r)
{
	struct pane *p = request_pane(r, r->b->erase_scrollback.pane_id);

	if (p == NULL)
		return;
	vt_erase_scrollback(p->vt, r->b->erase_scrollback.erase_mode == 1);
	pane_measure(p);
	push_pane_changed(p);
	request_done(r);
}

static void get_image_cell(struct request *r)
{
	struct pane *p = request_pane(r, r->b->get_image_cell.pane_id);

	if (p == NULL)
		return;
	union wire_body b = { .image_cell_response.pane_id = p->id };
	b.image_cell_response.has_data = images_find(&p->images, p->vt, r->b->get_image_cell.line_idx,
	    r->b->get_image_cell.cell_idx, r->b->get_image_cell.data_hash.b, r->arena,
	    &b.image_cell_response.data);
	request_answer(r, WIRE_GET_IMAGE_CELL_RESPONSE, &b);
}

/* ---- names ---- */

static void tab_title(struct request *r)
{
	const struct wire_tab_title *t = &r->b->tab_title;
	struct tab *tab = tree_tab(&r->m->tree, t->tab_id, NULL);

	if (tab == NULL) {
		request_fail(r, "no such tab %llu", ull(t->tab_id));
		return;
	}
	if (tree_set_name(&tab->title, t->title.s, t->title.len))
		push_notice(r->m, &(struct notice){ .ident = WIRE_TAB_TITLE_CHANGED, .a = tab->id,
		    .text = tab->title });
	request_done(r);
}

static void window_title(struct request *r)
{
	const struct wire_window_title_changed *t = &r->b->window_title_changed;
	struct window *w = tree_window(&r->m->tree, t->window_id);

	if (w == NULL) {
		request_fail(r, "no such window %llu", ull(t->window_id));
		return;
	}
	if (tree_set_name(&w->title, t->title.s, t->title.len))
		push_notice(r->m, &(struct notice){ .ident = WIRE_WINDOW_TITLE_CHANGED, .a = w->id,
		    .text = w->title });
	request_done(r);
}

static void set_workspace(struct mux *m, struct window *w, const char *name, size_t len)
{
	if (tree_set_name(&w->workspace, name, len))
		push_notice(m, &(struct notice){ .ident = WIRE_WINDOW_WORKSPACE_CHANGED, .a = w->id,
		    .text = w->workspace });
}

static void window_workspace(struct request *r)
{
	const struct wire_window_workspace *w = &r->b->window_workspace;
	struct window *win = tree_window(&r->m->tree, w->window_id);

	if (win == NULL) {
		request_fail(r, "window %llu is invalid", ull(w->window_id));
		return;
	}
	set_workspace(r->m, win, w->workspace.s, w->workspace.len);
	request_done(r);
}

static void rename_workspace(struct request *r)
{
	const struct wire_rename_workspace *w = &r->b->rename_workspace;
	struct tree *t = &r->m->tree;
	char *old = NULL, *name = NULL;

	tree_set_name(&old, w->old_workspace.s, w->old_workspace.len);
	tree_set_name(&name, w->new_workspace.s, w->new_workspace.len);
	push_notice(r->m, &(struct notice){ .ident = WIRE_RENAME_WORKSPACE, .text = old, .text2 = name });
	for (size_t i = 0; i < t->n_windows; i++)
		if (str_eq(t->windows[i]->workspace, old))
			set_workspace(r->m, t->windows[i], name, strlen(name));
	free(old);
	free(name);
	request_done(r);
}

/* Answered before the old server is gone, and only when the new one can take over. */
static void lace_upgrade(struct request *r)
{
	cleanup_err struct err err = ERR_INIT;
	struct mux *m = r->m;
	const char *path = r->b->lace_upgrade.path.s;

	if (m->upgrade_to != NULL) {
		request_fail(r, "an upgrade is under way");
	} else if (*path != '/') {
		request_fail(r, "an upgrade wants the absolute path of a binary");
	} else if (handover_try(m, path, &err) != 0) {
		request_fail(r, "%s", err.msg);
	} else {
		m->upgrade_to = xstrdup(path);
		m->changed = true;
		request_done(r);
	}
}

/* ---- dispatch ---- */

enum { INPUT = 1, CHANGES = 2 };       /* the client's user did it; not for read-only clients */

static const struct handler {
	uint32_t ident;
	unsigned flags;
	void (*handle)(struct request *r);
} handlers[] = {
	{ WIRE_PING, 0, ping },
	{ WIRE_LIST_PANES, 0, request_list_panes },
	{ WIRE_WRITE_TO_PANE, INPUT | CHANGES, write_to_pane },
	{ WIRE_SEND_KEY_DOWN, INPUT | CHANGES, send_key_down },
	{ WIRE_SEND_MOUSE_EVENT, INPUT | CHANGES, send_mouse_event },
	{ WIRE_SEND_PASTE, INPUT | CHANGES, send_paste },
	{ WIRE_RESIZE, INPUT | CHANGES, resize },
	{ WIRE_GET_LINES, 0, request_get_lines },
	{ WIRE_GET_PANE_RENDER_CHANGES, 0, render_changes },
	{ WIRE_GET_CODEC_VERSION, 0, codec_version },
	{ WIRE_GET_TLS_CREDS, 0, request_tls_creds },
	{ WIRE_SEARCH_SCROLLBACK_REQUEST, 0, request_search },
	{ WIRE_SET_PANE_ZOOMED, INPUT | CHANGES, set_pane_zoomed },
	{ WIRE_SPLIT_PANE, CHANGES, request_split },
	{ WIRE_KILL_PANE, CHANGES, kill_pane },
	{ WIRE_SPAWN_V2, INPUT | CHANGES, request_spawn },
	{ WIRE_SET_PALETTE, CHANGES, set_palette },
	{ WIRE_SET_CLIENT_ID, 0, set_client_id },
	{ WIRE_GET_CLIENT_LIST, 0, request_client_list },
	{ WIRE_SET_WINDOW_WORKSPACE, CHANGES, window_workspace },
	{ WIRE_SET_FOCUSED_PANE, CHANGES, set_focused_pane },
	{ WIRE_GET_IMAGE_CELL, 0, get_image_cell },
	{ WIRE_MOVE_PANE_TO_NEW_TAB, CHANGES, request_move_to_tab },
	{ WIRE_ACTIVATE_PANE_DIRECTION, CHANGES, activate_direction },
	{ WIRE_GET_PANE_RENDERABLE_DIMENSIONS, 0, renderable_dimensions },
	{ WIRE_TAB_TITLE_CHANGED, CHANGES, tab_title },
	{ WIRE_WINDOW_TITLE_CHANGED, CHANGES, window_title },
	{ WIRE_RENAME_WORKSPACE, CHANGES, rename_workspace },
	{ WIRE_ERASE_SCROLLBACK_REQUEST, CHANGES, erase_scrollback },
	{ WIRE_GET_PANE_DIRECTION, 0, get_direction },
	{ WIRE_ADJUST_PANE_SIZE, CHANGES, adjust_pane_size },
	{ WIRE_LACE_HELLO, 0, lace_hello },
	{ WIRE_LACE_SET_SIZE, 0, lace_set_size },
	{ WIRE_LACE_SHUTDOWN, CHANGES, lace_shutdown },
	{ WIRE_LACE_UPGRADE, CHANGES, lace_upgrade },
	{ WIRE_LACE_KEY, INPUT | CHANGES, lace_key },
};

void request_handle(struct conn *c, const struct wire_pdu *pdu, struct wire_arena *arena)
{
	struct request r = { c->mux, c, pdu->serial, &pdu->body, arena };
	const struct handler *h = NULL;

	for (size_t i = 0; i < ARRAY_LEN(handlers) && h == NULL; i++)
		if (handlers[i].ident == pdu->ident)
			h = &handlers[i];
	if (h == NULL) {
		const char *name = wire_ident_name(pdu->ident);
		if (pdu->ident == WIRE_PANE_REMOVED || pdu->ident == WIRE_PANE_FOCUSED)
			request_fail(&r, "expected a request, got %s(%s { pane_id: %llu })", name, name,
			    ull(pdu->body.pane_ref.pane_id));
		else
			request_fail(&r, "expected a request, got %s(%s)", name, name);
		return;
	}
	if (c->read_only && (h->flags & CHANGES) != 0) {
		request_fail(&r, "this client is read-only");
		return;
	}
	if ((h->flags & INPUT) != 0) {
		c->last_input = time(NULL);
		agent_follow(c);
	}
	if (pdu->ident != WIRE_GET_CODEC_VERSION && pdu->ident != WIRE_SET_CLIENT_ID)
		c->codec_asked = false;
	h->handle(&r);
}
