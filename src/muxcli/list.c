/* list.c - panes and clients, as tables and as JSON, to the column what the real program
 * prints (reference/wezterm-mux.md 5.3). Control characters of titles are left out of tables. */
#include "muxcli/internal.h"

#include "base/mem.h"
#include "text/text.h"

#include <time.h>

/* ---- tables -------------------------------------------------------------------- */

#define COLUMNS_MAX 8

struct table {
	const char *const *heads;
	unsigned right;                    /* bit i: column i is aligned to the right */
	unsigned n;
	struct strv cells;
};

static void cell(struct table *t, const char *s, size_t len)
{
	cleanup_str struct str clean = STR_INIT;

	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t n = text_utf8_decode(s + at, len - at, &cp);

		if (cp >= 0x20 && (cp < 0x7f || cp > 0x9f))
			str_add(&clean, s + at, n);
		at += n;
	}
	strv_push(&t->cells, clean.s);
}

static void cell_text(struct table *t, const struct wire_str *s) { cell(t, s->s, s->len); }

static void cell_number(struct table *t, uint64_t n)
{
	char s[24];

	cell(t, s, (size_t)snprintf(s, sizeof(s), "%llu", (unsigned long long)n));
}

static void add_row(struct str *out, const struct table *t, const size_t widths[COLUMNS_MAX], const char *const *row)
{
	for (unsigned i = 0; i < t->n; i++) {
		int pad = (int)(widths[i] - text_string_width(row[i], strlen(row[i])));

		if (t->right >> i & 1)
			str_printf(out, "%s%*s%s", i ? " " : "", pad, "", row[i]);
		else
			str_printf(out, "%s%s%*s", i ? " " : "", row[i], pad, "");
	}
	str_putc(out, '\n');
}

static void table_print(struct table *t, struct str *out)
{
	size_t widths[COLUMNS_MAX];

	for (unsigned i = 0; i < t->n; i++)
		widths[i] = strlen(t->heads[i]);
	for (size_t k = 0; k < t->cells.n; k++)
		widths[k % t->n] = MAX(widths[k % t->n], text_string_width(t->cells.v[k], strlen(t->cells.v[k])));
	add_row(out, t, widths, t->heads);
	for (size_t k = 0; k < t->cells.n; k += t->n)
		add_row(out, t, widths, (const char *const *)t->cells.v + k);
	strv_fini(&t->cells);
}

/* ---- JSON ----------------------------------------------------------------------- */

static void json_string(struct str *out, const struct wire_str *s)
{
	static const char short_ones[] = "btn\0fr";    /* from \b on */

	str_putc(out, '"');
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->s[i];

		if (c == '"' || c == '\\')
			str_printf(out, "\\%c", c);
		else if (c >= 8 && c <= 13 && c != 11)
			str_printf(out, "\\%c", short_ones[c - 8]);
		else if (c < 0x20 || c == 0x7f)
			str_printf(out, "\\u%04x", c);
		else
			str_putc(out, (char)c);
	}
	str_putc(out, '"');
}

static void json_begin(struct str *out, size_t index)
{
	str_puts(out, index ? ",\n  {" : "\n  {");
}

static void json_end(struct str *out, size_t n)
{
	str_puts(out, n ? "\n]" : "]");
}

static void key(struct str *out, const char *name)
{
	str_printf(out, "%s\n    \"%s\": ", out->s[out->len - 1] == '{' ? "" : ",", name);
}

static void key_number(struct str *out, const char *name, long long n)
{
	key(out, name);
	str_printf(out, "%lld", n);
}

static void key_string(struct str *out, const char *name, const struct wire_str *s)
{
	key(out, name);
	json_string(out, s);
}

static void key_bool(struct str *out, const char *name, bool b)
{
	key(out, name);
	str_puts(out, b ? "true" : "false");
}

/* ---- panes ---------------------------------------------------------------------------- */

struct panes {
	struct run *r;
	struct table table;
	const struct wire_list_panes_response *l;
	size_t n;
};

static const struct wire_str *working_dir(const struct wire_pane_entry *e)
{
	static const struct wire_str none = { "", 0 };

	return e->has_working_dir ? &e->working_dir : &none;
}

static void pane_row(void *user, const struct wire_pane_entry *e, const struct wire_str *tab_title)
{
	struct table *t = &((struct panes *)user)->table;
	char size[48];

	cell_number(t, e->window_id);
	cell_number(t, e->tab_id);
	cell_number(t, e->pane_id);
	cell_text(t, &e->workspace);
	cell(t, size, (size_t)snprintf(size, sizeof(size), "%llux%llu", (unsigned long long)e->size.cols,
	    (unsigned long long)e->size.rows));
	cell_text(t, &e->title);
	cell_text(t, working_dir(e));
}

static void pane_json(void *user, const struct wire_pane_entry *e, const struct wire_str *tab_title)
{
	static const char *const shapes[] = { "Default", "BlinkingBlock", "SteadyBlock", "BlinkingUnderline",
		"SteadyUnderline", "BlinkingBar", "SteadyBar" };
	struct panes *p = user;
	struct str *out = p->r->out;
	const struct wire_str *window_title = &WIRE_STR("");

	for (size_t i = 0; i < p->l->n_window_titles; i++)
		if (p->l->window_titles[i].window_id == e->window_id)
			window_title = &p->l->window_titles[i].title;
	json_begin(out, p->n++);
	key_number(out, "window_id", (long long)e->window_id);
	key_number(out, "tab_id", (long long)e->tab_id);
	key_number(out, "pane_id", (long long)e->pane_id);
	key_string(out, "workspace", &e->workspace);
	key(out, "size");
	str_printf(out, "{\n      \"rows\": %llu,\n      \"cols\": %llu,\n      \"pixel_width\": %llu,\n"
	    "      \"pixel_height\": %llu,\n      \"dpi\": %lu\n    }", (unsigned long long)e->size.rows,
	    (unsigned long long)e->size.cols, (unsigned long long)e->size.pixel_width,
	    (unsigned long long)e->size.pixel_height, (unsigned long)e->size.dpi);
	key_string(out, "title", &e->title);
	key_string(out, "cwd", working_dir(e));
	key_number(out, "cursor_x", (long long)e->cursor_pos.x);
	key_number(out, "cursor_y", e->cursor_pos.y - e->physical_top);
	key_string(out, "cursor_shape", &(struct wire_str){ shapes[e->cursor_pos.shape < ARRAY_LEN(shapes) ?
	    e->cursor_pos.shape : 0], strlen(shapes[e->cursor_pos.shape < ARRAY_LEN(shapes) ? e->cursor_pos.shape : 0]) });
	key_string(out, "cursor_visibility", e->cursor_pos.visible ? &WIRE_STR("Visible") : &WIRE_STR("Hidden"));
	key_number(out, "left_col", (long long)e->left_col);
	key_number(out, "top_row", (long long)e->top_row);
	key_string(out, "tab_title", tab_title);
	key_string(out, "window_title", window_title);
	key_bool(out, "is_active", e->is_active_pane);
	key_bool(out, "is_zoomed", e->is_zoomed_pane);
	key(out, "tty_name");
	if (e->has_tty_name)
		json_string(out, &e->tty_name);
	else
		str_puts(out, "null");
	str_puts(out, "\n  }");
}

int muxcli_list(struct run *r)
{
	static const char *const heads[] = { "WINID", "TABID", "PANEID", "WORKSPACE", "SIZE", "TITLE", "CWD" };
	const struct wire_pdu *a = muxcli_call(r, WIRE_LIST_PANES, NULL, WIRE_LIST_PANES_RESPONSE);

	if (a == NULL)
		return -1;
	struct panes p = { .r = r, .l = &a->body.list_panes_response,
		.table = { .heads = heads, .n = ARRAY_LEN(heads), .right = 7, .cells = STRV_INIT } };
	if (r->a->json)
		str_putc(r->out, '[');
	muxcli_each_pane(p.l, r->a->json ? pane_json : pane_row, &p);
	if (r->a->json)
		json_end(r->out, p.n);
	else
		table_print(&p.table, r->out);
	return 0;
}

/* ---- clients --------------------------------------------------------------------------- */

/* A duration in words: "1h2m3s", milliseconds only below a minute. */
static void cell_duration(struct table *t, int64_t ms)
{
	static const struct { const char *unit; int64_t ms; } units[] = { { "day", 86400000 }, { "h", 3600000 },
		{ "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
	cleanup_str struct str s = STR_INIT;

	if (ms >= 60000)
		ms -= ms % 1000;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t n = ms / units[i].ms;

		if (n > 0)
			str_printf(&s, "%lld%s%s", (long long)n, units[i].unit, i == 0 && n > 1 ? "s" : "");
		ms %= units[i].ms;
	}
	cell(t, s.len ? s.s : "0s", s.len ? s.len : 2);
}

static void key_duration(struct str *out, const char *name, int64_t ms)
{
	key(out, name);
	str_printf(out, "{\n      \"secs\": %lld,\n      \"nanos\": %lld\n    }", (long long)(ms / 1000),
	    (long long)(ms % 1000 * 1000000));
}

static void client_json(struct str *out, size_t index, const struct wire_client_info *c, int64_t now, bool agent)
{
	json_begin(out, index);
	key_string(out, "username", &c->client_id.username);
	key_string(out, "hostname", &c->client_id.hostname);
	key_number(out, "pid", c->client_id.pid);
	key_duration(out, "connection_elapsed", MAX(now - c->connected_at * 1000, 0));
	key_duration(out, "idle_time", MAX(now - c->last_input * 1000, 0));
	key_string(out, "workspace", c->has_active_workspace ? &c->active_workspace : &WIRE_STR(""));
	key(out, "focused_pane_id");
	if (c->has_focused_pane_id)
		str_printf(out, "%llu", (unsigned long long)c->focused_pane_id);
	else
		str_puts(out, "null");
	if (agent) {
		key(out, "ssh_auth_sock");
		if (c->client_id.has_ssh_auth_sock)
			json_string(out, &c->client_id.ssh_auth_sock);
		else
			str_puts(out, "null");
	}
	str_puts(out, "\n  }");
}

static void client_row(struct table *t, const struct wire_client_info *c, int64_t now, bool agent)
{
	static const struct wire_str none = { "", 0 };

	cell_text(t, &c->client_id.username);
	cell_text(t, &c->client_id.hostname);
	cell_number(t, c->client_id.pid);
	cell_duration(t, MAX(now - c->connected_at * 1000, 0));
	cell_duration(t, MAX(now - c->last_input * 1000, 0));
	cell_text(t, c->has_active_workspace ? &c->active_workspace : &none);
	if (c->has_focused_pane_id)
		cell_number(t, c->focused_pane_id);
	else
		cell_text(t, &none);
	if (agent)
		cell_text(t, c->client_id.has_ssh_auth_sock ? &c->client_id.ssh_auth_sock : &none);
}

int muxcli_list_clients(struct run *r)
{
	static const char *const heads[] = { "USER", "HOST", "PID", "CONNECTED", "IDLE", "WORKSPACE", "FOCUS", "SSH_AUTH_SOCK" };
	const struct wire_pdu *a = muxcli_call(r, WIRE_GET_CLIENT_LIST, NULL, WIRE_GET_CLIENT_LIST_RESPONSE);
	/* Older servers do not tell. */
	bool agent = r->conn->codec >= 43;
	struct table t = { .heads = heads, .n = ARRAY_LEN(heads) - !agent, .right = 1u << 2 | 1u << 6, .cells = STRV_INIT };
	struct timespec ts;

	if (a == NULL)
		return -1;
	clock_gettime(CLOCK_REALTIME, &ts);
	int64_t now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	const struct wire_client_list *l = &a->body.client_list;
	if (r->a->json)
		str_putc(r->out, '[');
	for (size_t i = 0; i < l->n_clients; i++) {
		if (r->a->json)
			client_json(r->out, i, &l->clients[i], now, agent);
		else
			client_row(&t, &l->clients[i], now, agent);
	}
	if (r->a->json)
		json_end(r->out, l->n_clients);
	else
		table_print(&t, r->out);
	return 0;
}
