/* `lace doctor`: each check is one line, and each fault names the command that mends it. */
#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/print.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/proc.h"
#include "host/xdg.h"

#include <stdio.h>
#include <string.h>

enum { BANNER_TIMEOUT_MS = 2000, EXEC_TIMEOUT_MS = 10 * 1000, LINE_MAX_BYTES = 300 };

struct report {
	json_object *list;
	bool json;
	unsigned faults;
};

/* fix NULL: the check passed. */
static void check(struct report *r, const char *what, const char *found, const char *fix)
{
	cleanup_str struct str safe = STR_INIT;
	log_safe(&safe, found, strlen(found), LINE_MAX_BYTES, false);
	r->faults += fix != NULL;
	if (r->json) {
		json_object *o = json_object_new_object();
		json_object_object_add(o, "check", json_object_new_string(what));
		json_object_object_add(o, "ok", json_object_new_boolean(fix == NULL));
		json_object_object_add(o, "found", json_object_new_string(safe.s));
		json_object_object_add(o, "fix", fix ? json_object_new_string(fix) : NULL);
		json_object_array_add(r->list, o);
		return;
	}
	printf("%s %s: %s\n", fix ? "BAD " : "ok  ", what, safe.s);
	if (fix) {
		/* A folder's name is in it, which came from a label. */
		str_reset(&safe);
		log_safe(&safe, fix, strlen(fix), 2 * LINE_MAX_BYTES, false);
		printf("     %s\n", safe.s);
	}
}

static void check_programs(struct report *r)
{
	static const struct { const char *name, *fix; } programs[] = {
		{ "ssh", "install openssh-client" },
		{ "ssh-keygen", "install openssh-client" },
		{ "docker", "install your engine's command line client, or name it with --docker-path" },
	};
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		cleanup_free char *path = proc_which(programs[i].name);
		check(r, programs[i].name, path ? path : "not on PATH", path ? NULL : programs[i].fix);
	}
	cleanup_free char *data = xdg_data_dir(), *feature = fs_join(data, "features/mux-server/install.sh");
	check(r, "features", feature, fs_exists(feature) ? NULL : "install lace whole (make install), or set LACE_DATA_DIR");
}

/* Lines of lace-init's record that are not "N ok TEXT". */
static void check_entrypoints(struct report *r, struct engine *e, const struct project *p)
{
	cleanup_str struct str out = STR_INIT;
	cleanup_err struct err err = ERR_INIT;
	const char *const argv[] = { "cat", "/run/lace/init.status", NULL };
	struct engine_exec x = { .container = p->id, .user = "root", .argv = argv, .out = &out, .timeout_ms = EXEC_TIMEOUT_MS };
	cleanup_free char *what = xasprintf("%s: entrypoints", p->name);
	if (engine_exec(e, &x, &err) != 0) {
		check(r, what, "no record (lace-init is not this container's process 1)", NULL);
		return;
	}
	bool ready = false;
	unsigned bad = 0;
	char *save = NULL;
	for (char *line = strtok_r(out.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ready = ready || str_eq(line, "ready");
		if (strstr(line, " failed ") || strstr(line, " running ")) {
			check(r, what, line, strstr(line, " failed ")
			    ? "it ended with an error; its output is in the container's log (docker logs)"
			    : "it had not returned after 10 s, the next ones were begun without it; it should go to the background");
			bad++;
		}
	}
	if (!ready)
		check(r, what, "still being started", "wait a moment, and look again");
	else if (bad == 0)
		check(r, what, "all returned", NULL);
}

static void check_ssh(struct report *r, const struct project *p)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *what = xasprintf("%s: sshd", p->name), *alias = access_host_alias(p->id);
	if (p->port == 0) {
		check(r, what, "publishes no SSH port; lace connect and lace exec go through the engine", NULL);
		return;
	}
	cleanup_free char *fix = xasprintf("see /run/lace/sshd.log in it: lace exec %s -- cat /run/lace/sshd.log", p->name);
	bool ok = link_ssh_wait(p->port, BANNER_TIMEOUT_MS, &err) == 0;
	cleanup_free char *found = ok ? xasprintf("answers on 127.0.0.1:%d", p->port) : xstrdup(err.msg);
	check(r, what, found, ok ? NULL : fix);
	cleanup_free char *up = xasprintf("lace up %s", p->workspace), *key = xasprintf("%s: host key", p->name);
	check(r, key, link_ssh_pinned(alias) ? "pinned" : "not pinned yet", link_ssh_pinned(alias) ? NULL : up);
}

static void check_project(struct report *r, struct engine *e, const struct project *p)
{
	if (!str_eq(p->state, "running")) {
		cleanup_free char *found = xasprintf("%s", p->state);
		check(r, p->name, found, NULL);
		return;
	}
	check_entrypoints(r, e, p);
	check_ssh(r, p);
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct report r = { .json = cmd_flag(args, "json"), .list = json_object_new_array() };
	struct projects projects = { 0 };
	cleanup_err struct err engine_err = ERR_INIT;
	const struct project *only = NULL;
	int code = 0;
	check_programs(&r);
	struct engine *e = engine_open(cmd_value(args, "docker-path"), &engine_err);
	if (e && engine_ping(e, &engine_err) == 0) {
		check(&r, "engine", engine_socket(e), NULL);
		code = projects_list(e, &projects, err);
		if (code == 0 && args->operands.n) {
			only = projects_find(&projects, args->operands.v[0], err);
			code = only ? 0 : -1;
		}
		for (size_t i = 0; code == 0 && i < projects.n; i++)
			if (only == NULL || only == &projects.v[i])
				check_project(&r, e, &projects.v[i]);
	} else {
		check(&r, "engine", engine_err.msg, "start the engine, or point DOCKER_HOST at its socket");
	}
	if (r.json && code == 0)
		print_json_line(json_object_get(r.list));
	json_object_put(r.list);
	projects_fini(&projects);
	engine_close(e);
	if (code != 0)
		return code;
	return r.faults ? ERR_FAILED : 0;
}

static const struct cmd_option options[] = {
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.operands = "[NAME]",
	.max_operands = 1,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "what is wrong, and the command that mends it",
	.description = "Checks the programs lace needs, the engine, and each running project: entrypoints that failed or never\n"
	               "returned, sshd, the pinned host key. Ends with 1 when something is bad.",
	.options = options,
	.run = run,
};
