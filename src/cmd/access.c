#include "cmd/access.h"
#include "cmd/inside.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/xdg.h"
#include "text/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define READY_TIMEOUT_MS (20 * 1000)

enum { USER_NAME_MAX = 255, PUBLIC_KEY_MAX = 8 * 1024, PREPARE_TIMEOUT_MS = 30 * 1000, STDERR_KEPT_MAX = 4096 };

/* Run as root in the container; $1 is the remote user, stdin our public key.
 * lace-init starts the services itself; this waits a moment for it, so that the
 * two do not make host keys at once, and then makes sure (no-new-privileges can
 * have kept lace-init from it). A container that another tool made has no status
 * of lace-init: there its sshd is waited for. Prints the host key, and which
 * terminal server there is. */
static const char prepare_script[] =
    "set -u; umask 022; lib=/usr/local/lib/lace; keys=/var/lib/lace/ssh\n"
    "mkdir -p $keys/authorized_keys\n"
    "cat > $keys/authorized_keys/.new && mv $keys/authorized_keys/.new \"$keys/authorized_keys/$1\" || exit 1\n"
    "started() {\n"
    "  if [ -e /run/lace/init.status ]; then grep -q '^ready' /run/lace/init.status; return; fi\n"
    "  read -r pid </run/lace/sshd.pid && [ \"$(cat /proc/$pid/comm)\" = sshd ]\n"
    "} 2>/dev/null\n"
    "i=0; while [ $i -lt 60 ] && ! started; do\n"
    "  i=$((i+1)); sleep 0.05 2>/dev/null || { sleep 1; i=$((i+19)); }\n"
    "done\n"
    "printf '%s\\n' \"$1\" > $lib/remote-user\n"
    "for s in $lib/services/*; do $lib/lace-init --root-service \"${s##*/}\" >&2 || failed=1; done\n"
    "if [ \"${failed:-}\" ] && grep -q '^NoNewPrivs:.*1' /proc/self/status; then\n"
    "  echo 'no-new-privileges keeps sshd from starting where the user of the container is not root;'\\\n"
    "    'drop it from securityOpt, set containerUser to root, or use --plain' >&2\n"
    "fi\n"
    "cat $keys/ssh_host_ed25519_key.pub 2>/dev/null || exit 1\n"
    DEPLOY_LOOK
    "true\n";

/* It becomes a file's name, an argument of ssh, and a word on this terminal; it may come from an image's label. */
static bool user_name_ok(const char *user)
{
	size_t len = strlen(user);
	if (len == 0 || len > USER_NAME_MAX || user[0] == '-' || user[0] == '.')
		return false;
	for (const char *p = user; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("/\\\"'$%`*?", *p))
			return false;
	return text_utf8_valid(user, len);
}

bool access_is_ours(json_object *labels)
{
	json_object *entries = dev_metadata_parse(json_str(labels, DEV_LABEL_METADATA));
	bool ours = dev_metadata_init(entries) != NULL;
	json_object_put(entries);
	return ours;
}

char *access_host_alias(const char *id)
{
	return xasprintf("lace-%.12s", id);
}

/* The last line of stderr says most. */
static void keep_stderr(void *user, int stream, const char *data, size_t len)
{
	struct str *kept = user;
	if (stream == 2 && kept->len < STDERR_KEPT_MAX)
		str_add(kept, data, len);
}

static int failure(struct str *said, int code, struct err *err)
{
	while (said->len && said->s[said->len - 1] == '\n')
		said->s[--said->len] = '\0';
	const char *last = strrchr(said->s, '\n');
	cleanup_str struct str safe = STR_INIT;
	last = last ? last + 1 : said->s;
	log_safe(&safe, last, strlen(last), STDERR_KEPT_MAX, false);
	return err_set(err, ERR_FAILED, "%s (status %d)", safe.len ? safe.s : "the key could not be put in", code);
}

static int pin(const char *id, const char *host_key, struct err *err)
{
	cleanup_free char *alias = access_host_alias(id), *path = NULL;
	return link_ssh_pin(alias, host_key, false, &path, err);
}

static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static int let_in(struct engine *e, const char *id, const char *started_at, const char *user, const struct str *public_key,
    struct project_note *note, struct err *err)
{
	cleanup_str struct str out = STR_INIT, said = STR_INIT;
	const char *const argv[] = { "/bin/sh", "-c", prepare_script, "sh", user, NULL };
	struct engine_exec x = { .container = id, .user = "root", .dir = "/", .argv = argv, .input = public_key,
		.out = &out, .output = keep_stderr, .output_user = &said, .timeout_ms = PREPARE_TIMEOUT_MS };
	int code = engine_exec(e, &x, err);
	if (code != 0) {
		if (code > 0)
			failure(&said, code, err);
		return err_wrap(err, "cannot prepare SSH in container %.12s", id);
	}
	size_t end = out.len ? strcspn(out.s, "\r\n") : 0;
	cleanup_free char *host_key = xmemdup0(out.s ? out.s : "", end);
	if (pin(id, host_key, err) != 0)
		return -1;
	const char *rest = out.s ? out.s + end : "";
	deploy_note_look(note, started_at, rest + strspn(rest, "\r\n"));
	set(&note->user, user);
	set(&note->started_at, started_at);
	set(&note->public_key, public_key->s);
	set(&note->settled, "");
	return project_note_write(id, note, err);
}

int access_prepare(struct engine *e, const char *id, const char *started_at, const char *user, struct err *err)
{
	cleanup_free char *key = NULL, *public_path = NULL, *alias = access_host_alias(id);
	cleanup_str struct str public_key = STR_INIT;
	if (!user_name_ok(user)) {
		cleanup_str struct str safe = STR_INIT;
		log_safe(&safe, user, strlen(user), USER_NAME_MAX, false);
		return err_set(err, ERR_FAILED, "\"%s\" cannot be a user's name; correct remoteUser", safe.s);
	}
	if (link_ssh_key(&key, &public_path, err) != 0 || fs_read(public_path, PUBLIC_KEY_MAX, &public_key, err) != 0)
		return -1;
	struct project_note note;
	project_note_read(id, &note);
	bool done = str_eq(note.user, user) && str_eq(note.started_at, started_at) &&
		    str_eq(note.public_key, public_key.s) && link_ssh_pinned(alias);
	int code = done ? 0 : let_in(e, id, started_at, user, &public_key, &note, err);
	project_note_fini(&note);
	return code;
}

int access_init(struct access *ret, struct engine *e, const struct project *p, struct err *err)
{
	*ret = (struct access){ 0 };
	if (!str_eq(p->state, "running"))
		return err_set(err, ERR_FAILED, "%s is not running (%s); start it with: lace up %s", p->name, p->state,
		    p->workspace);
	if (p->port == 0)
		return err_set(err, ERR_FAILED,
		    "%s publishes no SSH port (it was made with --plain, or by another tool); use lace connect %s or lace "
		    "exec %s, or make it anew with: lace up --recreate %s", p->name, p->name, p->name, p->workspace);
	json_object *inspect = engine_inspect(e, p->id, err);
	if (inspect == NULL)
		return -1;
	const char *started = json_str(json_get(inspect, "State"), "StartedAt");
	const char *image_user = json_str(json_get(inspect, "Config"), "User");
	cleanup_free char *user = xstrdup(p->user[0] ? p->user : image_user && image_user[0] ? image_user : "root");
	user[strcspn(user, ":")] = '\0';
	int bad = access_prepare(e, p->id, started ? started : "", user, err);
	json_object_put(inspect);
	if (bad)
		return -1;
	cleanup_free char *public_key = NULL;
	if (link_ssh_key(&ret->key, &public_key, err) != 0)
		return -1;
	ret->known_hosts = xdg_config("ssh/known_hosts");
	ret->alias = access_host_alias(p->id);
	ret->user = user;
	user = NULL;
	ret->ssh = (struct link_ssh){ .port = p->port, .user = ret->user, .key = ret->key,
		.known_hosts = ret->known_hosts, .host_key_alias = ret->alias };
	return 0;
}

/* ---- through the engine's exec ---- */

/* The folder of the server's socket, as our feature makes it at each start: $1 uid, $2 user. Without it, it is in the home. */
static const char runtime_script[] =
    "umask 022; mkdir -p /run/user 2>/dev/null; cd -P /run/user 2>/dev/null && [ -O . ] && [ ! -e \"$1\" ] || exit 0\n"
    "mkdir -m 700 \"$1\" && chown -h \"$1:$(id -g \"$2\" || echo \"$1\")\" \"$1\"\n";

static void make_runtime_dir(const struct dev_target *t)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *uid = xasprintf("%ld", t->uid);
	const char *const argv[] = { "/bin/sh", "-c", runtime_script, "sh", uid, t->user, NULL };
	struct engine_exec x = { .container = t->id, .user = "root", .dir = "/", .argv = argv, .timeout_ms = PREPARE_TIMEOUT_MS };
	if (engine_exec(t->engine, &x, &err) != 0)
		log_info("no /run/user/%s in the container: %s", uid, err.msg ? err.msg : "it cannot be made");
}

static int write_session(struct dev_target *t, const char *server, struct err *err)
{
	cleanup_free char *beside = fs_dirname(server);
	if (dev_write_session(t, DEV_SESSION_DIR, err) == 0)
		return 0;
	err_fini(err);
	return dev_write_session(t, beside, err);
}

static int note_user(const char *id, const char *user, struct err *err)
{
	struct project_note note;
	project_note_read(id, &note);
	set(&note.user, user);
	int code = project_note_write(id, &note, err);
	project_note_fini(&note);
	return code;
}

/* Server, socket's folder and environment of panes, as an image with our features has them. The server's path in the
 * container, malloc()ed, and the user it is for. */
static char *settle(const struct access *a, json_object *inspect, const char *started_at, char **ret_user, struct err *err)
{
	const struct project *p = a->by_exec;
	struct dev_target t;
	progress_step("Preparing %s", p->name);
	if (inside_init(&t, a->engine, p, inspect, err) != 0)
		return NULL;
	make_runtime_dir(&t);
	struct deploy d = { .engine = a->engine, .id = p->id, .started_at = started_at, .user = t.user, .name = p->name,
		.keep = a->keep_server };
	char *server = deploy_anywhere(&d, err);
	if (server == NULL) {
		err_wrap(err, "no folder of the container takes the terminal server (one that is root's and lets programs run; a "
		    "tmpfs on /tmp with \"exec\" would do)");
	} else if (write_session(&t, server, err) != 0 || note_user(p->id, t.user, err) != 0) {
		free(server);
		server = NULL;
	}
	*ret_user = xstrdup(t.user);
	dev_target_fini(&t);
	return server;
}

/* Asked anew for each connection: a container that was restarted meanwhile may have lost what was put into it. */
static int exec_argv(const struct access *a, struct strv *argv, struct err *err)
{
	const struct project *p = a->by_exec;
	json_object *inspect = engine_inspect(a->engine, p->id, err);
	if (inspect == NULL)
		return -1;
	const char *started = json_str(json_get(inspect, "State"), "StartedAt");
	struct project_note note;
	project_note_read(p->id, &note);
	cleanup_free char *user = xstrdup(note.user);
	project_note_fini(&note);
	struct deploy d = { .id = p->id, .started_at = started ? started : "", .keep = a->keep_server };
	cleanup_free char *server = user[0] ? deploy_noted(&d) : NULL;
	if (server == NULL) {
		free(user);
		user = NULL;
		server = settle(a, inspect, d.started_at, &user, err);
	}
	json_object_put(inspect);
	if (server == NULL)
		return -1;
	engine_cli(a->engine, argv);
	strv_push_all(argv, (const char *const[]){ "exec", "--interactive", "--user", user, p->id, server, NULL });
	return 0;
}

/* ---- either way ---- */

int access_open(struct access *ret, struct engine *e, const struct project *p, bool keep_server, struct err *err)
{
	if (p->by_exec) {
		*ret = (struct access){ .engine = e, .by_exec = p, .keep_server = keep_server };
		return 0;
	}
	if (access_init(ret, e, p, err) != 0)
		return -1;
	struct project_note note;
	project_note_read(p->id, &note);
	deploy_newer(&(struct deploy){ .engine = e, .id = p->id, .started_at = note.started_at, .user = ret->user,
	    .name = p->name, .keep = keep_server });
	project_note_fini(&note);
	return 0;
}

/* Tells our proxy's first byte from whatever a .bashrc prints before it. */
static int make_nonce(char ret[33], struct err *err)
{
	unsigned char raw[16];
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(err, "no random numbers");
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(ret + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

struct link *access_link(const struct access *a, struct err *err)
{
	char nonce[33];
	cleanup_strv struct strv argv = STRV_INIT;
	if (make_nonce(nonce, err) != 0)
		return NULL;
	if (a->by_exec) {
		if (exec_argv(a, &argv, err) != 0)
			return NULL;
		strv_push_all(&argv, (const char *const[]){ "proxy", "--marker", nonce, NULL });
	} else {
		link_ssh_argv(&a->ssh, &argv);
		strv_pushf(&argv, "exec " ACCESS_SERVER " proxy --marker %s", nonce);
	}
	struct link *link = link_program(&argv, nonce, err);
	if (link && link_wait_ready(link, READY_TIMEOUT_MS, err) != 0) {
		link_close(link);
		return NULL;
	}
	return link;
}

void access_fini(struct access *a)
{
	free(a->user);
	free(a->key);
	free(a->known_hosts);
	free(a->alias);
}
