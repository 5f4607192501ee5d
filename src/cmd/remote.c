#include "cmd/remote.h"

#include "base/mem.h"
#include "cmd/access.h"
#include "cmd/tlscreds.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/xdg.h"
#include "link/link.h"
#include "port/port.h"

#include <string.h>

static const char *const file_names[] = { [REMOTE_SSH] = "ssh/config", [REMOTE_WEZTERM] = "wezterm.lua" };

int remotes_init(struct remotes *ret, const struct projects *p, struct err *err)
{
	cleanup_free char *public_key = NULL;
	*ret = (struct remotes){ 0 };
	if (link_ssh_key(&ret->key, &public_key, err) != 0)
		return -1;
	ret->known_hosts = xdg_config("ssh/known_hosts");
	ret->known_addresses = xdg_config("ssh/known_addresses");
	ret->program = fs_realpath("/proc/self/exe", err);
	if (ret->program == NULL)
		return -1;
	ret->v = xcalloc(p->n, sizeof(*ret->v));
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].port == 0 && !p->v[i].by_exec)
			continue;
		struct remote *r = &ret->v[ret->n++];
		r->project = &p->v[i];
		r->alias = access_host_alias(p->v[i].id);
		r->host_key = link_ssh_host_key(r->alias);
	}
	return 0;
}

void remotes_fini(struct remotes *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].alias);
		free(r->v[i].host_key);
	}
	free(r->v);
	free(r->key);
	free(r->known_hosts);
	free(r->known_addresses);
	free(r->program);
	*r = (struct remotes){ 0 };
}

/* For a comment: one line, whatever a folder's name holds. */
static void comment(struct str *ret, const struct project *p)
{
	log_safe(ret, p->workspace, strlen(p->workspace), 1024, false);
	if (!str_eq(p->state, "running"))
		str_printf(ret, " is %s: start it with lace up", p->state);
}

/* ---- OpenSSH ---- */

static void ssh_host(const struct remotes *r, const struct remote *remote, struct str *ret)
{
	const struct project *p = remote->project;
	str_puts(ret, "\n# ");
	comment(ret, p);
	str_printf(ret, "\nHost %s.lace\n\tHostName 127.0.0.1\n\tPort %d\n", p->name, p->port);
	if (p->user[0])
		str_printf(ret, "\tUser %s\n", p->user);
	str_puts(ret, "\tIdentityFile ");
	link_ssh_quote(ret, r->key);
	str_puts(ret, "\n\tUserKnownHostsFile ");
	link_ssh_quote(ret, r->known_hosts);
	str_printf(ret, "\n\tHostKeyAlias %s\n", remote->alias);
}

void remote_ssh_config(const struct remotes *r, struct str *ret)
{
	str_puts(ret, "# Made by lace ssh-config, and anew by lace up, down and rm: changes here are lost.\n");
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].project->port)
			ssh_host(r, &r->v[i], ret);
	str_puts(ret, "\nHost *.lace\n"
	    "\tIdentitiesOnly yes\n\tPreferredAuthentications publickey\n\tStrictHostKeyChecking yes\n"
	    "\tGlobalKnownHostsFile /dev/null\n\tCheckHostIP no\n\tUpdateHostKeys no\n\tServerAliveInterval 15\n"
	    "\tProxyCommand none\n\tProxyJump none\n"
	    "\n# What is included before other hosts must not end in one of its own.\nHost *\n");
}

/* ---- wezterm ---- */

static void lua_string(struct str *ret, const char *text)
{
	str_putc(ret, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_printf(ret, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			str_printf(ret, "\\%03d", *text);
		else
			str_putc(ret, *text);
	}
	str_putc(ret, '"');
}

/* Dates: wezterm-mux.md 2.2, the days on which the codec changed. Where a later one is meant the server
 * learns it from the first attempt. */
static const char lua_functions[] =
    "-- The name of lace's server in a container that speaks this wezterm's codec from the first attempt on.\n"
    "local function remote_wezterm_path()\n"
    "  local date = tonumber((wezterm.version or \"\"):match(\"^%d%d%d%d%d%d%d%d\"))\n"
    "  if not date then\n"
    "    return \"/usr/local/bin/wezterm-44\"\n"
    "  end\n"
    "  return \"/usr/local/bin/wezterm-\" .. (date < 20240509 and 42 or date < 20250210 and 43 or 44)\n"
    "end\n"
    "\n"
    "local function ssh_domain(name, port, user)\n"
    "  return {\n"
    "    name = name,\n"
    "    remote_address = \"127.0.0.1:\" .. port,\n"
    "    username = user,\n"
    "    no_agent_auth = true,\n"
    "    multiplexing = \"WezTerm\",\n"
    "    remote_wezterm_path = remote_wezterm_path(),\n"
    "    ssh_option = { identityfile = M.key, userknownhostsfile = M.known_hosts, identitiesonly = \"yes\" },\n"
    "  }\n"
    "end\n"
    "\n"
    "local function tls_domain(name, tls)\n"
    "  return {\n"
    "    name = name,\n"
    "    remote_address = \"127.0.0.1:\" .. tls.port,\n"
    "    pem_cert = tls.client,\n"
    "    pem_private_key = tls.client,\n"
    "    pem_root_certs = { tls.ca },\n"
    "  }\n"
    "end\n"
    "\n"
    "-- opts.user: who logs in where lace knows no project (\"vscode\" when not given);\n"
    "-- opts.ports = false: no domains for ports of which lace knows no project.\n"
    "function M.apply_to_config(config, opts)\n"
    "  opts = opts or {}\n"
    "  -- Both lists have defaults that setting them would take away.\n"
    "  config.ssh_domains = config.ssh_domains or wezterm.default_ssh_domains()\n"
    "  config.unix_domains = config.unix_domains or { { name = \"unix\" } }\n"
    "  local known = {}\n"
    "  for _, project in ipairs(M.projects) do\n"
    "    if project.port then\n"
    "      known[project.port] = true\n"
    "      table.insert(config.ssh_domains, ssh_domain(\"lace:\" .. project.name, project.port, project.user))\n"
    "    end\n"
    "    if project.tls then\n"
    "      config.tls_clients = config.tls_clients or {}\n"
    "      table.insert(config.tls_clients, tls_domain(\"lace-tls:\" .. project.name, project.tls))\n"
    "    end\n"
    "    table.insert(config.unix_domains, {\n"
    "      name = \"lace-proxy:\" .. project.name,\n"
    "      proxy_command = { M.program, \"proxy\", project.name },\n"
    "    })\n"
    "  end\n"
    "  if opts.ports ~= false then\n"
    "    for port = M.first_port, M.last_port do\n"
    "      if not known[port] then\n"
    "        table.insert(config.ssh_domains, ssh_domain(\"lace:\" .. port, port, opts.user or \"vscode\"))\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "  return config\n"
    "end\n"
    "\n"
    "return M\n";

/* Once there is a certificate. */
static void lua_tls(const struct project *p, struct str *ret)
{
	struct tlscreds t;
	if (p->tls_port == 0 || !tlscreds_have(p->id, &t))
		return;
	str_printf(ret, "tls = { port = %d, ca = ", p->tls_port);
	lua_string(ret, t.ca);
	str_puts(ret, ", client = ");
	lua_string(ret, t.client);
	str_puts(ret, " }, ");
	tlscreds_fini(&t);
}

static void lua_project(const struct project *p, struct str *ret)
{
	str_puts(ret, "  -- ");
	comment(ret, p);
	str_puts(ret, "\n  { name = ");
	lua_string(ret, p->name);
	str_puts(ret, ", ");
	if (p->port)
		str_printf(ret, "port = %d, ", p->port);
	if (p->user[0]) {
		str_puts(ret, "user = ");
		lua_string(ret, p->user);
		str_puts(ret, ", ");
	}
	lua_tls(p, ret);
	str_puts(ret, "state = ");
	lua_string(ret, p->state);
	str_puts(ret, ", folder = ");
	lua_string(ret, p->workspace);
	str_puts(ret, " },\n");
}

void remote_wezterm_config(const struct remotes *r, struct str *ret)
{
	cleanup_free char *path = remote_path(REMOTE_WEZTERM);
	str_puts(ret, "-- Made by lace wezterm-config, and anew by lace up, down and rm: changes here are lost.\n"
	    "-- In wezterm.lua, before `return config`:\n--   dofile(");
	lua_string(ret, path);
	str_puts(ret, ").apply_to_config(config)\n"
	    "local wezterm = require(\"wezterm\")\nlocal M = {}\n\nM.projects = {\n");
	for (size_t i = 0; i < r->n; i++)
		lua_project(r->v[i].project, ret);
	str_puts(ret, "}\nM.program = ");
	lua_string(ret, r->program);
	str_puts(ret, "\nM.key = ");
	lua_string(ret, r->key);
	str_puts(ret, "\nM.known_hosts = ");
	lua_string(ret, r->known_addresses);
	str_printf(ret, "\nM.first_port, M.last_port = %d, %d\n\n", PORT_RANGE_FIRST, PORT_RANGE_LAST);
	str_puts(ret, lua_functions);
}

void remote_known_addresses(const struct remotes *r, struct str *ret)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct remote *remote = &r->v[i];
		if (remote->host_key == NULL || remote->project->port == 0)
			continue;
		/* Who reaches what by name may be given either family's address. */
		str_printf(ret, "[127.0.0.1]:%d,[localhost]:%d,[::1]:%d %s\n", remote->project->port, remote->project->port,
		    remote->project->port, remote->host_key);
	}
}

/* ---- the files ---- */

char *remote_path(enum remote_file file)
{
	return xdg_config(file_names[file]);
}

int remote_write(enum remote_file file, const struct projects *p, struct err *err)
{
	struct remotes r;
	cleanup_str struct str text = STR_INIT, known = STR_INIT;
	cleanup_free char *path = remote_path(file);
	int code = remotes_init(&r, p, err);
	if (code == 0 && file == REMOTE_WEZTERM) {
		remote_known_addresses(&r, &known);
		code = fs_write_atomic(r.known_addresses, known.s, known.len, 0600, err);
	}
	if (code == 0) {
		if (file == REMOTE_SSH)
			remote_ssh_config(&r, &text);
		else
			remote_wezterm_config(&r, &text);
		code = fs_write_atomic(path, text.s, text.len, 0600, err);
	}
	remotes_fini(&r);
	return code;
}

void remote_refresh(struct engine *e)
{
	struct projects p = { 0 };
	cleanup_err struct err err = ERR_INIT;
	bool listed = false;
	for (int file = 0; file < REMOTE_FILES; file++) {
		cleanup_free char *path = remote_path((enum remote_file)file);
		if (!fs_exists(path))
			continue;
		bool bad = !listed && projects_list(e, &p, &err) != 0;
		if (!bad && file == REMOTE_WEZTERM)
			tlscreds_fetch(e, &p, false);
		if (bad || remote_write((enum remote_file)file, &p, &err) != 0) {
			log_warn("%s is out of date: %s", path, err.msg);
			break;
		}
		listed = true;
	}
	projects_fini(&p);
}
