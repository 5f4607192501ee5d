/* spawn.c - requests that make panes or give them another place. */
#include "mux/request.h"

#include "base/mem.h"
#include "mux/env.h"
#include "mux/passwd.h"

#define DEFAULT_ROWS 24
#define DEFAULT_COLS 80

/* ---- what a new program gets ---- */

struct prepared {
	struct strv env, argv;
	struct env_session session;
	struct passwd_entry user;
	char *pane_dir;
	const char *dirs[7];               /* NULL-terminated */
	size_t n_dirs;
	const char *shell;
};

static void prepared_fini(struct prepared *p)
{
	strv_fini(&p->env);
	strv_fini(&p->argv);
	env_session_fini(&p->session);
	passwd_fini(&p->user);
	free(p->pane_dir);
}

static void add_dir(struct prepared *p, const char *dir)
{
	if (dir != NULL && *dir == '/')
		p->dirs[p->n_dirs++] = dir;
}

/* Entries of a command's environment. The whole environment of another machine stays there (4.4). */
static void add_command_env(struct strv *env, const struct wire_command *cmd, bool remote)
{
	static const char *const not_passed[] = {
		"PWD", "OLDPWD", "SHLVL", "_", "APPIMAGE", "APPDIR", "OWD", NULL };

	for (size_t i = 0; i < cmd->n_envs; i++) {
		const struct wire_env_entry *e = &cmd->envs[i];
		bool skip = e->is_from_base_env && (remote || cmd->from_windows);
		for (size_t j = 0; not_passed[j] != NULL && !skip; j++)
			skip = e->is_from_base_env && str_eq(e->key.s, not_passed[j]);
		if (!skip && env_name_ok(e->key.s) && !str_starts(e->key.s, "WEZTERM_"))
			env_set(env, e->key.s, e->value.s);
	}
}

/* The workspace that is named, or that of whoever names none. */
static const char *spawn_workspace(const struct mux *m, const struct wire_str *named)
{
	if (named != NULL && named->len > 0)
		return named->s;
	return m->config->workspace != NULL ? m->config->workspace : "default";
}

/* What a pane is made for. */
struct wanted {
	const struct conn *c;              /* who asked, or NULL */
	const struct wire_command *cmd;    /* or NULL: prog, or else the default */
	char *const *prog;
	const char *dir;                   /* or NULL */
	const struct pane *beside;         /* whose folder is taken when none is said, or NULL */
};

/* From the least to the most important (env.h); of the person's configuration, the environment is above that of a
 * client, as wezterm has it, and folder and program are for when nobody says others. */
static void prepare(struct mux *m, const struct wanted *w, struct prepared *p)
{
	cleanup_str struct str session = STR_INIT, login = STR_INIT;
	const struct mux_config *config = m->config;
	const struct wire_command *cmd = w->cmd;
	const char *file = m->opts->session_file;

	*p = (struct prepared){ .env = STRV_INIT, .argv = STRV_INIT };
	env_base((const char *const *)environ, &p->env);
	if (file != NULL && env_read_session(file, geteuid(), &session))
		env_apply_session(&p->env, session.s, session.len, &p->session);
	/* What the project's configuration says of an agent counts; else it is the typist's. */
	cleanup_free char *agent = xstrdup(env_get(&p->env, "SSH_AUTH_SOCK") != NULL ? env_get(&p->env, "SSH_AUTH_SOCK") :
	    m->agent_path);
	for (size_t i = 0; i < config->env_remove.n; i++)
		env_unset(&p->env, config->env_remove.v[i]);
	if (w->c != NULL && w->c->peer > 0 && env_read_process(w->c->peer, geteuid(), &login))
		env_apply_login(&p->env, login.s, login.len);
	env_set(&p->env, "SSH_AUTH_SOCK", agent);
	if (cmd != NULL)
		add_command_env(&p->env, cmd, conn_is_remote(w->c));
	for (size_t i = 0; i < config->env.n; i++) {
		cleanup_free char *name = xmemdup0(config->env.v[i], strcspn(config->env.v[i], "="));
		env_set(&p->env, name, strchr(config->env.v[i], '=') + 1);
	}
	bool known = passwd_lookup(geteuid(), &p->user);
	p->shell = p->session.shell != NULL && *p->session.shell == '/' ? p->session.shell :
	    known && *p->user.shell == '/' ? p->user.shell : "/bin/sh";
	if (access(p->shell, X_OK) != 0)
		p->shell = "/bin/sh";      /* an image may name a shell that it does not have */
	env_finish(&p->env, &(struct env_pane){ .user = p->user.name, .home = p->user.home, .shell = p->shell,
	    .term = config->term, .socket = m->opts->socket_path, .version = m->opts->version });

	for (size_t i = 0; cmd != NULL && i < cmd->n_args; i++)
		strv_push(&p->argv, cmd->args[i].s);
	char *const *prog = w->prog != NULL ? w->prog : config->default_prog.v;
	if (p->argv.n == 0 && prog != NULL)
		strv_push_all(&p->argv, (const char *const *)prog);
	add_dir(p, cmd != NULL && cmd->has_cwd ? cmd->cwd.s : NULL);
	add_dir(p, w->dir);
	if (w->beside != NULL)
		p->pane_dir = pane_cwd_dir(w->beside);
	add_dir(p, p->pane_dir);
	add_dir(p, p->session.dir);
	add_dir(p, config->default_cwd);
	add_dir(p, env_get(&p->env, "HOME"));
}

static struct pane *start(struct mux *m, uint64_t id, const struct wanted *w, struct tree_size size, const struct tab *cells,
    struct err *err)
{
	struct prepared p;

	prepare(m, w, &p);
	/* lace's own clients show an error themselves; others get the pane with it, as wezterm's server gives them. */
	struct pane_spawn how = { .argv = &p.argv, .env = &p.env, .shell = p.shell, .dirs = p.dirs, .size = size,
		.hold = w->c == NULL || !w->c->lace,
		.has_umask = w->cmd != NULL && w->cmd->has_umask,
		.umask = w->cmd != NULL ? (mode_t)(w->cmd->umask & 0777) : 0,
		.cell_width = cells->cell_width, .cell_height = cells->cell_height, .dpi = cells->dpi };
	struct pane *pane = pane_create(m, id, &how, err);
	prepared_fini(&p);
	return pane;
}

struct pane *spawn_own(struct mux *m, uint64_t id, const char *dir, char *const *prog, struct tree_size size,
    const struct tab *cells, struct err *err)
{
	return start(m, id, &(struct wanted){ .prog = prog, .dir = dir }, size, cells, err);
}

static struct tab *add_tab(struct mux *m, struct window *w, uint64_t pane, struct tree_size size, const struct tab *like)
{
	struct tab *tab = tree_tab_add(&m->tree, w, pane, size);

	tab->cell_width = like->cell_width;
	tab->cell_height = like->cell_height;
	tab->dpi = like->dpi;
	return tab;
}

int spawn_first_window(struct mux *m, struct err *err)
{
	const struct mux_config *c = m->config;
	struct tree_size size = { c->rows > 0 ? c->rows : DEFAULT_ROWS, c->cols > 0 ? c->cols : DEFAULT_COLS };
	const struct tab cells = { 0 };

	if (spawn_own(m, m->next_pane, m->opts->dir, m->opts->prog, size, &cells, err) == NULL)
		return -1;
	add_tab(m, tree_window_add(&m->tree, spawn_workspace(m, NULL)), m->next_pane++, size, &cells);
	return 0;
}

/* The pane that a request asks for, or NULL and it is answered. */
static struct pane *start_for(struct request *r, uint64_t id, const struct wire_command *cmd, const struct wire_str *dir,
    const struct pane *beside, struct tree_size size, const struct tab *cells)
{
	cleanup_err struct err err = ERR_INIT;
	struct pane *pane = start(r->m, id, &(struct wanted){ .c = r->c, .cmd = cmd, .dir = dir != NULL ? dir->s : NULL,
	    .beside = beside }, size, cells, &err);

	if (pane == NULL)
		request_fail(r, "%s", err.msg);
	return pane;
}

static bool room_for_pane(struct request *r)
{
	if (r->m->n_panes < MUX_PANES_MAX)
		return true;
	request_fail(r, "there are %u panes already: close some", MUX_PANES_MAX);
	return false;
}

static bool domain_ok(struct request *r, const struct wire_domain *d)
{
	if (d->kind == WIRE_DOMAIN_NAME && !str_eq(d->name.s, "local"))
		/* The real server counts its own socket, as a client knows it, among its domains. */
		request_fail(r, "resolve_spawn_tab_domain: domain name \"%s\" is invalid. "
		    "Possible names are \"local\", \"unix\".",
		    d->name.s);
	else if (d->kind == WIRE_DOMAIN_ID && d->id != 0)
		request_fail(r, "resolve_spawn_tab_domain: domain id %llu is invalid", ull(d->id));
	else
		return true;
	return false;
}

static bool command_ok(struct request *r, const struct wire_command *cmd)
{
	size_t n = 0;

	for (size_t i = 0; cmd != NULL && i < cmd->n_args; i++)
		n += cmd->args[i].len + 1;
	for (size_t i = 0; cmd != NULL && i < cmd->n_envs; i++)
		n += cmd->envs[i].key.len + cmd->envs[i].value.len + 2;
	if (n <= MUX_COMMAND_MAX)
		return true;
	request_fail(r, "a command of %zu bytes with its environment is too large: at most %u are taken", n, MUX_COMMAND_MAX);
	return false;
}

/* The author of a pane watches it, and is the one who sets its size for now. */
static void made_by(struct request *r, struct pane *p)
{
	if (!r->c->pushes)
		return;
	p->typist = r->c->id;
	request_interest(r, p->id);
}

static void answer_spawn(struct request *r, const struct tab *tab, const struct window *w, uint64_t pane,
    const struct wire_terminal_size *size)
{
	request_answer(r, WIRE_SPAWN_RESPONSE,
	    &(union wire_body){ .spawn_response = { tab->id, pane, w->id, *size } });
}

/* ---- requests ---- */

void request_spawn(struct request *r)
{
	const struct wire_spawn_v2 *s = &r->b->spawn_v2;
	const struct wire_command *cmd = s->has_command ? &s->command : NULL;
	struct mux *m = r->m;
	struct window *w = NULL;
	struct tab like = { 0 };           /* whose cell size the new tab takes */
	struct tree_size size = { DEFAULT_ROWS, DEFAULT_COLS };

	if (!domain_ok(r, &s->domain) || !command_ok(r, cmd) || !room_for_pane(r))
		return;
	if (s->has_window_id) {
		w = tree_window(&m->tree, s->window_id);
		if (w == NULL) {
			request_fail(r, "window_id %llu not found on this server", ull(s->window_id));
			return;
		}
		like = *w->tabs[w->active];
		size = tree_tab_size(w->tabs[w->active]);
	} else if (s->size.rows > 0 && s->size.cols > 0) {
		size.rows = (uint32_t)MIN(s->size.rows, TREE_CELLS_MAX);
		size.cols = (uint32_t)MIN(s->size.cols, TREE_CELLS_MAX);
		like.cell_width = (uint32_t)MIN(s->size.pixel_width / s->size.cols, 1000);
		like.cell_height = (uint32_t)MIN(s->size.pixel_height / s->size.rows, 1000);
		like.dpi = s->size.dpi;
	}

	uint64_t id = m->next_pane;
	struct pane *pane = start_for(r, id, cmd, s->has_command_dir ? &s->command_dir : NULL, NULL, size, &like);
	if (pane == NULL)
		return;
	m->next_pane++;
	if (w == NULL)
		w = tree_window_add(&m->tree, spawn_workspace(m, &s->workspace));
	struct tab *tab = add_tab(m, w, id, size, &like);
	push_notice(m, &(struct notice){ .ident = WIRE_TAB_ADDED_TO_WINDOW, .a = tab->id, .b = w->id });
	made_by(r, pane);
	struct wire_terminal_size answer = request_size(tab, tree_tab_size(tab));
	answer_spawn(r, tab, w, id, &answer);
}

/* Size of a pane as a split's answer gives it: cells only, as recorded. */
static struct wire_terminal_size split_size(const struct tab *tab, uint64_t pane)
{
	struct wire_terminal_size size = { 0 };
	size_t n;
	struct tree_leaf *v = tree_leaves(tab, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i].pane == pane)
			size = (struct wire_terminal_size){ v[i].size.rows, v[i].size.cols, 0, 0, tab->dpi };
	free(v);
	return size;
}

/* Takes a pane out of the place it has; it must be put into another. */
static void take_out(struct mux *m, uint64_t id, uint64_t author)
{
	uint64_t tab_id = tree_tab_of(&m->tree, id, NULL)->id;

	tree_remove(&m->tree, id);
	struct tab *tab = tree_tab(&m->tree, tab_id, NULL);
	if (tab != NULL)
		mux_apply_tab(m, tab, author);
}

/* Panes of a tab in their order. */
static size_t number_of_pane(const struct tab *tab, uint64_t pane)
{
	size_t n, i = 0;
	struct tree_leaf *v = tree_leaves(tab, &n);

	while (i + 1 < n && v[i].pane != pane)
		i++;
	free(v);
	return i;
}

static uint64_t pane_number(const struct tab *tab, size_t i)
{
	size_t n;
	struct tree_leaf *v = tree_leaves(tab, &n);
	uint64_t pane = v[MIN(i, n - 1)].pane;

	free(v);
	return pane;
}

void request_split(struct request *r)
{
	const struct wire_split_pane *s = &r->b->split_pane;
	const struct wire_split_request *q = &s->split_request;
	const struct wire_command *cmd = s->has_command ? &s->command : NULL;
	struct mux *m = r->m;
	struct pane *beside = mux_pane(m, s->pane_id);
	struct window *w = NULL;
	uint64_t id = s->has_move_pane_id ? s->move_pane_id : m->next_pane;
	struct tree_split how = { .vertical = q->direction == WIRE_SPLIT_VERTICAL,
	    .target_is_second = q->target_is_second,
		.top_level = q->top_level, .percent = q->size_kind == WIRE_SPLIT_PERCENT,
		.amount = q->size_kind == WIRE_SPLIT_PERCENT ? q->percent : q->cells };

	if (beside == NULL) {
		request_fail(r, "pane_id %llu invalid", ull(s->pane_id));
		return;
	}
	if (!domain_ok(r, &s->domain) || !command_ok(r, cmd) || (!s->has_move_pane_id && !room_for_pane(r)))
		return;
	/* Try the room on the tree first, so that a pane is moved or made only when it fits. */
	struct tab *tab = tree_tab_of(&m->tree, s->pane_id, &w);
	if (s->has_move_pane_id && (mux_pane(m, id) == NULL || id == s->pane_id)) {
		request_fail(r, "pane %llu not found", ull(id));
		return;
	}
	size_t active = number_of_pane(tab, tab->active);
	if (!tree_split(tab, s->pane_id, &how, TREE_PENDING)) {
		request_fail(r, "No space for split!");
		return;
	}
	struct pane *pane;
	if (s->has_move_pane_id) {
		take_out(m, id, r->c->id);
		tab = tree_tab_of(&m->tree, s->pane_id, &w);
		pane = mux_pane(m, id);
	} else {
		struct wire_terminal_size size = split_size(tab, TREE_PENDING);
		pane = start_for(r, id, cmd, s->has_command_dir ? &s->command_dir : NULL, beside,
		    (struct tree_size){ (uint32_t)size.rows, (uint32_t)size.cols }, tab);
		if (pane == NULL) {
			tree_remove(&m->tree, TREE_PENDING);
			return;
		}
		m->next_pane++;
	}
	tree_rename(tab, TREE_PENDING, id);
	/* As recorded: a new pane that comes first leaves the number of the active one in the tab's order as it is, so
	 * that its neighbour becomes active. */
	tree_activate(tab, q->target_is_second || q->top_level ? id : pane_number(tab, active));
	mux_apply_tab(m, tab, r->c->id);
	made_by(r, pane);
	struct wire_terminal_size answer = split_size(tab, id);
	answer_spawn(r, tab, w, id, &answer);
}

void request_move_to_tab(struct request *r)
{
	const struct wire_move_pane *s = &r->b->move_pane;
	struct mux *m = r->m;
	struct pane *p = mux_pane(m, s->pane_id);
	struct window *target = NULL;

	if (p == NULL) {
		request_fail(r, "pane %llu not found", ull(s->pane_id));
		return;
	}
	struct tab like = *tree_tab_of(&m->tree, p->id, NULL);
	struct tree_size size = tree_tab_size(&like);
	if (s->has_window_id) {
		target = tree_window(&m->tree, s->window_id);
		if (target == NULL) {
			request_fail(r, "window_id %llu not found on this server", ull(s->window_id));
			return;
		}
		like = *target->tabs[target->active];
		size = tree_tab_size(&like);
	}
	if (target == NULL)
		target = tree_window_add(&m->tree, spawn_workspace(m, s->has_workspace ? &s->workspace : NULL));
	/* Into its new tab before out of the old one: a window that would be empty for a moment would go. */
	struct tab *tab = add_tab(m, target, TREE_PENDING, size, &like);
	take_out(m, p->id, r->c->id);
	tree_rename(tab, TREE_PENDING, p->id);
	push_notice(m, &(struct notice){ .ident = WIRE_TAB_ADDED_TO_WINDOW, .a = tab->id, .b = target->id });
	mux_apply_tab(m, tab, r->c->id);
	request_answer(r, WIRE_MOVE_PANE_TO_NEW_TAB_RESPONSE,
	    &(union wire_body){ .move_pane_response = { tab->id, target->id } });
}
