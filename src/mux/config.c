#include "mux/config.h"

#include "base/mem.h"
#include "host/lua.h"

struct reading {
	struct mux_config *c;
	const char *origin;                /* of the notes */
	bool command_line;                 /* no lines to name, and everything is meant for us */
	bool several;                      /* a note of this origin is there, and names it */
};

static void note(struct reading *r, const char *name, const char *below, unsigned line, const char *why)
{
	struct str *s = &r->c->notes;

	if (s->len > CONFIG_NOTES_MAX) {
		if (!str_ends(s->s, ", ..."))
			str_puts(s, ", ...");
		return;
	}
	if (s->len > 0)
		str_puts(s, r->several ? ", " : "; ");
	if (!r->several)
		str_printf(s, "%s: ", r->origin);
	r->several = true;
	str_printf(s, "%s%s%s", name, below != NULL ? "." : "", below != NULL ? below : "");
	if (line > 0 && !r->command_line)
		str_printf(s, why != NULL ? " (line %u: %s)" : " (line %u)", line, why);
	else if (why != NULL)
		str_printf(s, " (%s)", why);
}

/* ---- values ------------------------------------------------------------------ */

/* A text without NULs, or NULL. */
static const char *text_of(const struct lua_value *v)
{
	return v != NULL && v->kind == LUA_STRING && strlen(v->text) == v->len ? v->text : NULL;
}

static bool integer_of(const struct lua_value *v, uint32_t min, uint32_t max, uint32_t *ret)
{
	if (v->kind != LUA_NUMBER || !(v->number >= min && v->number <= max))
		return false;
	*ret = (uint32_t)v->number;
	return *ret == v->number;
}

static void set_text(char **at, const char *text)
{
	free(*at);
	*at = xstrdup(text);
}

static bool texts_of(const struct lua_value *v, struct strv *ret)
{
	if (v->kind != LUA_TABLE || v->n > CONFIG_LIST_MAX)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->entries[i].key != NULL || text_of(&v->entries[i].value) == NULL)
			return false;
	strv_fini(ret);
	for (size_t i = 0; i < v->n; i++)
		strv_push(ret, v->entries[i].value.text);
	return true;
}

static bool one_of(const struct lua_value *v, const char *const *names, unsigned *ret)
{
	const char *text = text_of(v);

	for (unsigned i = 0; text != NULL && names[i] != NULL; i++) {
		if (str_eq(text, names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* ---- settings: each says NULL, or what it wants instead ------------------------- */

static const char *take_cwd(struct reading *r, const struct lua_value *v)
{
	const char *text = text_of(v);

	if (text == NULL || *text != '/')
		return "wants an absolute path";
	set_text(&r->c->default_cwd, text);
	return NULL;
}

static const char *take_prog(struct reading *r, const struct lua_value *v)
{
	return texts_of(v, &r->c->default_prog) ? NULL : "wants a list of at most 256 plain texts";
}

static const char *take_env(struct reading *r, const struct lua_value *v)
{
	if (v->kind != LUA_TABLE || v->n > CONFIG_LIST_MAX)
		return "wants a table of at most 256 plain texts";
	for (size_t i = 0; i < v->n; i++) {
		const char *key = v->entries[i].key;
		const struct lua_value *value = &v->entries[i].value;

		if (key == NULL || *key == '\0' || strchr(key, '=') != NULL)
			note(r, "set_environment_variables", NULL, value->line, "a name that no variable can have");
		else if (text_of(value) != NULL)
			env_set(&r->c->env, key, value->text);
		if (text_of(value) == NULL || value->unclear != 0)
			note(r, "set_environment_variables", key, value->unclear != 0 ? value->unclear : value->line, "no plain text");
	}
	return NULL;
}

static const char *take_env_remove(struct reading *r, const struct lua_value *v)
{
	return texts_of(v, &r->c->env_remove) ? NULL : "wants a list of at most 256 plain texts";
}

static const char *take_term(struct reading *r, const struct lua_value *v)
{
	if (text_of(v) == NULL || v->len == 0)
		return "wants a text";
	set_text(&r->c->term, v->text);
	return NULL;
}

static const char *take_workspace(struct reading *r, const struct lua_value *v)
{
	if (text_of(v) == NULL || v->len == 0)
		return "wants a text";
	set_text(&r->c->workspace, v->text);
	return NULL;
}

static const char *take_lines(struct reading *r, const struct lua_value *v)
{
	if (!integer_of(v, 0, CONFIG_LINES_MAX, &r->c->lines))
		return "wants a number up to 10000000";
	r->c->has_lines = true;
	return NULL;
}

static const char *take_rows(struct reading *r, const struct lua_value *v)
{
	uint32_t n;

	if (!integer_of(v, 1, CONFIG_SIZE_MAX, &n))
		return "wants a number from 1 to 2000";
	r->c->rows = (uint16_t)n;
	return NULL;
}

static const char *take_cols(struct reading *r, const struct lua_value *v)
{
	uint32_t n;

	if (!integer_of(v, 1, CONFIG_SIZE_MAX, &n))
		return "wants a number from 1 to 2000";
	r->c->cols = (uint16_t)n;
	return NULL;
}

static const char *take_exit(struct reading *r, const struct lua_value *v)
{
	static const char *const names[] = { "Close", "Hold", "CloseOnCleanExit", NULL };
	unsigned i;

	if (!one_of(v, names, &i))
		return "wants \"Close\", \"Hold\" or \"CloseOnCleanExit\"";
	r->c->exit = (enum mux_exit)i;
	return NULL;
}

static const char *take_messages(struct reading *r, const struct lua_value *v)
{
	static const char *const names[] = { "Verbose", "Brief", "Terse", "None", NULL };
	unsigned i;

	if (!one_of(v, names, &i))
		return "wants \"Verbose\", \"Brief\", \"Terse\" or \"None\"";
	r->c->messages = (enum mux_messages)i;
	return NULL;
}

static const char *take_clean_exits(struct reading *r, const struct lua_value *v)
{
	static const char wants[] = "wants a list of numbers up to 255";
	uint8_t set[sizeof(r->c->clean_exits)] = { 0 };
	uint32_t n;

	if (v->kind != LUA_TABLE)
		return wants;
	for (size_t i = 0; i < v->n; i++) {
		if (!integer_of(&v->entries[i].value, 0, 255, &n))
			return wants;
		set[n / 8] |= (uint8_t)(1 << n % 8);
	}
	memcpy(r->c->clean_exits, set, sizeof(set));
	return NULL;
}

/* The n-th entry of a list of tables, NULL when it is no table. */
static const struct lua_value *domain(const struct lua_value *v, size_t n)
{
	return v->kind == LUA_TABLE && n < v->n && v->entries[n].value.kind == LUA_TABLE ? &v->entries[n].value : NULL;
}

static const char *take_unix_domains(struct reading *r, const struct lua_value *v)
{
	if (v->kind != LUA_TABLE)
		return "wants a list of tables";
	for (size_t i = 0; i < v->n; i++) {
		const struct lua_value *d = domain(v, i);
		const struct lua_value *path = d != NULL ? lua_get(d, "socket_path") : NULL;
		const struct lua_value *skip = d != NULL ? lua_get(d, "skip_permissions_check") : NULL;

		if (d == NULL)
			note(r, "unix_domains", NULL, v->entries[i].value.line, "no plain table");
		if (path != NULL && i > 0)
			note(r, "unix_domains", "socket_path", path->line, "the server has one socket, the first domain's");
		else if (path != NULL && (text_of(path) == NULL || *path->text != '/'))
			note(r, "unix_domains", "socket_path", path->line, "wants an absolute path");
		else if (path != NULL)
			set_text(&r->c->socket, path->text);
		if (skip != NULL && skip->kind != LUA_FALSE)
			note(r, "unix_domains", "skip_permissions_check", skip->line, "they are always checked");
	}
	return NULL;
}

static const char *take_tls_servers(struct reading *r, const struct lua_value *v)
{
	if (v->kind != LUA_TABLE)
		return "wants a list of tables";
	for (size_t i = 0; i < v->n; i++) {
		const struct lua_value *d = domain(v, i);

		if (d == NULL || i > 0) {
			note(r, "tls_servers", NULL, v->entries[i].value.line, i > 0 ? "there is one listener" : "no plain table");
			continue;
		}
		for (size_t k = 0; k < d->n; k++) {
			const char *key = d->entries[k].key != NULL ? d->entries[k].key : "";
			const struct lua_value *value = &d->entries[k].value;

			if (!str_eq(key, "bind_address"))
				note(r, "tls_servers", key, value->line, "the server makes its own certificates");
			else if (text_of(value) == NULL || value->len == 0)
				note(r, "tls_servers", key, value->line, "wants \"ADDRESS:PORT\"");
			else
				set_text(&r->c->tls_bind, value->text);
		}
	}
	return NULL;
}

static const struct setting {
	const char *name;
	/* NULL: concerns a server and is not used; but for the value that says what is the case anyway. */
	const char *(*take)(struct reading *r, const struct lua_value *v);
	enum lua_kind same;
} settings[] = {
	{ "default_cwd", take_cwd, LUA_NIL }, { "default_prog", take_prog, LUA_NIL },
	{ "set_environment_variables", take_env, LUA_NIL }, { "mux_env_remove", take_env_remove, LUA_NIL },
	{ "scrollback_lines", take_lines, LUA_NIL }, { "term", take_term, LUA_NIL },
	{ "default_workspace", take_workspace, LUA_NIL }, { "initial_rows", take_rows, LUA_NIL },
	{ "initial_cols", take_cols, LUA_NIL }, { "exit_behavior", take_exit, LUA_NIL },
	{ "exit_behavior_messaging", take_messages, LUA_NIL }, { "clean_exit_codes", take_clean_exits, LUA_NIL },
	{ "unix_domains", take_unix_domains, LUA_NIL }, { "tls_servers", take_tls_servers, LUA_NIL },
	{ "daemon_options", NULL, LUA_NIL }, { "default_domain", NULL, LUA_NIL },
	{ "default_mux_server_domain", NULL, LUA_NIL }, { "default_ssh_auth_sock", NULL, LUA_NIL },
	{ "exec_domains", NULL, LUA_NIL }, { "mux_enable_ssh_agent", NULL, LUA_TRUE },
	{ "ulimit_nofile", NULL, LUA_NIL }, { "ulimit_nproc", NULL, LUA_NIL },
	{ "enable_kitty_graphics", NULL, LUA_TRUE }, { "enable_kitty_keyboard", NULL, LUA_TRUE },
	{ "enable_csi_u_key_encoding", NULL, LUA_FALSE }, { "enable_title_reporting", NULL, LUA_FALSE },
	{ "allow_download_protocols", NULL, LUA_NIL }, { "enq_answerback", NULL, LUA_NIL },
	{ "unicode_version", NULL, LUA_NIL }, { "cell_widths", NULL, LUA_NIL },
	{ "treat_east_asian_ambiguous_width_as_wide", NULL, LUA_FALSE },
	{ "normalize_output_to_unicode_nfc", NULL, LUA_FALSE }, { "bidi_enabled", NULL, LUA_FALSE },
	{ "bidi_direction", NULL, LUA_NIL }, { "alternate_buffer_wheel_scroll_speed", NULL, LUA_NIL },
	{ "canonicalize_pasted_newlines", NULL, LUA_NIL }, { "log_unknown_escape_sequences", NULL, LUA_FALSE },
	{ "periodic_stat_logging", NULL, LUA_NIL }, { "mux_output_parser_buffer_size", NULL, LUA_NIL },
	{ "mux_output_parser_coalesce_delay_ms", NULL, LUA_NIL },
};

static void apply(struct reading *r, const struct lua_value *table)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting *s = &settings[i];
		const struct lua_value *v = lua_get(table, s->name);

		if (v == NULL)
			continue;
		if (s->take == NULL) {
			if (v->unclear != 0 || v->kind != s->same)
				note(r, s->name, NULL, v->unclear != 0 ? v->unclear : v->line, NULL);
			continue;
		}
		const char *wants = v->kind == LUA_NIL || v->kind == LUA_OTHER ? NULL : s->take(r, v);
		if (wants != NULL)
			note(r, s->name, NULL, v->line, wants);
		if (v->unclear != 0)
			note(r, s->name, NULL, v->unclear, r->command_line ? "no plain value: texts want quotes" : "no plain value");
	}
}

void mux_config_read(struct mux_config *c, const char *path, const char *text, size_t len)
{
	cleanup_err struct err err = ERR_INIT;
	struct reading r = { .c = c, .origin = path };
	struct lua_value table;

	if (len > LUA_FILE_MAX)
		note(&r, "everything", NULL, 0, "over 1 MiB");
	else if (lua_read(text, len, &table, &err) != 0)
		note(&r, "everything", NULL, 0, err.msg);
	else
		apply(&r, &table);
	if (!err_is(&err) && len <= LUA_FILE_MAX)
		lua_fini(&table);
}

static bool is_setting(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (str_eq(settings[i].name, name))
			return true;
	return false;
}

void mux_config_set(struct mux_config *c, const char *assignment)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *text = xasprintf("local config = {}\nconfig.%s\nreturn config", assignment);
	struct reading r = { .c = c, .origin = "--config", .command_line = true };
	struct lua_value table;
	cleanup_free char *name = xmemdup0(assignment, strcspn(assignment, ".="));

	if (strchr(assignment, '=') == NULL || strlen(assignment) > LUA_FILE_MAX || lua_read(text, strlen(text), &table, &err) != 0) {
		note(&r, name, NULL, 0, "it is not NAME=VALUE");
		return;
	}
	if (!is_setting(name))
		note(&r, name, NULL, 0, "not a setting of a server");
	apply(&r, &table);
	lua_fini(&table);
}

void mux_config_fini(struct mux_config *c)
{
	free(c->default_cwd);
	free(c->term);
	free(c->workspace);
	free(c->socket);
	free(c->tls_bind);
	strv_fini(&c->default_prog);
	strv_fini(&c->env);
	strv_fini(&c->env_remove);
	str_fini(&c->notes);
	*c = (struct mux_config)MUX_CONFIG_INIT;
}
