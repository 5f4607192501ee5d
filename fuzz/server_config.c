/* A person's wezterm.lua and what follows from it. */
#include "base/mem.h"
#include "host/lua.h"
#include "mux/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct lua_value *v, unsigned depth)
{
	size_t n = 1;

	if (depth > LUA_DEPTH_MAX + 1 || (v->n > 0 && v->kind != LUA_TABLE))
		abort();
	for (size_t i = 0; i < v->n; i++)
		n += count(&v->entries[i].value, depth + 1);
	return n;
}

static void check_list(const struct strv *v, bool assignments)
{
	if (v->n > CONFIG_LIST_MAX)
		abort();
	for (size_t i = 0; assignments && i < v->n; i++)
		if (strchr(v->v[i], '=') == NULL || v->v[i][0] == '=')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *text = xmemdup0(data, size);
	struct mux_config c = MUX_CONFIG_INIT;
	struct lua_value v;

	if (lua_read(text, size, &v, &err) == 0) {
		if (v.kind != LUA_TABLE || err_is(&err) || count(&v, 0) > LUA_VALUES_MAX + 1)
			abort();
		lua_fini(&v);
	} else if (!err_is(&err) || v.n > 0) {
		abort();
	}
	mux_config_read(&c, "file", text, size);
	mux_config_set(&c, text);
	check_list(&c.default_prog, false);
	check_list(&c.env, true);
	check_list(&c.env_remove, false);
	if (c.notes.len > 2 * CONFIG_NOTES_MAX && size < CONFIG_NOTES_MAX / 2)
		abort();
	if ((c.default_cwd != NULL && *c.default_cwd != '/') || (c.socket != NULL && *c.socket != '/') || c.lines > CONFIG_LINES_MAX)
		abort();
	mux_config_fini(&c);
	return 0;
}
