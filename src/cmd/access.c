#include "cmd/access.h"

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
 * of lace-init: there its sshd is waited for. Prints the host key. */
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
    "cat $keys/ssh_host_ed25519_key.pub 2>/dev/null\n";

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

int access_prepare(struct engine *e, const char *id, const char *started_at, const char *user, struct err *err)
{
	cleanup_free char *key = NULL, *public_path = NULL, *alias = access_host_alias(id);
	cleanup_str struct str public_key = STR_INIT, host_key = STR_INIT, said = STR_INIT;
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
	project_note_fini(&note);
	if (done)
		return 0;
	const char *const argv[] = { "/bin/sh", "-c", prepare_script, "sh", user, NULL };
	struct engine_exec x = { .container = id, .user = "root", .dir = "/", .argv = argv, .input = &public_key,
		.out = &host_key, .output = keep_stderr, .output_user = &said, .timeout_ms = PREPARE_TIMEOUT_MS };
	int code = engine_exec(e, &x, err);
	if (code != 0) {
		if (code > 0)
			failure(&said, code, err);
		return err_wrap(err, "cannot prepare SSH in container %.12s", id);
	}
	while (host_key.len && (host_key.s[host_key.len - 1] == '\n' || host_key.s[host_key.len - 1] == '\r'))
		host_key.s[--host_key.len] = '\0';
	if (pin(id, host_key.s, err) != 0)
		return -1;
	struct project_note now = { (char *)user, (char *)started_at, public_key.s, (char *)"" };
	return project_note_write(id, &now, err);
}

int access_init(struct access *ret, struct engine *e, const struct project *p, struct err *err)
{
	*ret = (struct access){ 0 };
	if (!str_eq(p->state, "running"))
		return err_set(err, ERR_FAILED, "%s is not running (%s); start it with: lace up %s", p->name, p->state,
		    p->workspace);
	if (p->port == 0)
		return err_set(err, ERR_FAILED,
		    "%s publishes no SSH port (it was made with --plain, or by another tool); "
		    "use lace exec %s, or make it anew with: lace up --recreate %s", p->name, p->name, p->workspace);
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
	link_ssh_argv(&a->ssh, &argv);
	strv_pushf(&argv, "exec " ACCESS_SERVER " proxy --marker %s", nonce);
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
