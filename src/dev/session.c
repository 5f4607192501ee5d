/* What panes need of a target, left in the container for lace-mux-server: sshd strips the environment it was
 * given, so the server reads it from a file. NUL-terminated entries: LACE_SESSION_DIR=folder,
 * LACE_SESSION_SHELL=shell, then NAME=value; a NAME without "=" is taken away. Nothing
 * is written when the file already says the same. */
#include "dev/hooks.h"

#include "base/mem.h"
#include "host/sha256.h"

#define WRITE_TIMEOUT_MS 30000

static const char script[] =
	"umask 022\n"
	"d=$2\n"
	"mkdir -p $d && chmod 0755 $d || exit 1\n"
	"umask 077\n"
	"t=$d/.session.$$\n"
	"rm -f $t && cat >$t && chown \"$1\" $t && mv -f $t $d/session\n";

static void add_entry(struct str *s, const char *entry)
{
	str_add(s, entry, strlen(entry) + 1);
}

static void write_entries(const struct dev_target *t, struct str *ret)
{
	cleanup_strv struct strv env = STRV_INIT;
	cleanup_free char *dir = xasprintf("LACE_SESSION_DIR=%s", t->dir);
	cleanup_free char *shell = xasprintf("LACE_SESSION_SHELL=%s", t->shell);
	add_entry(ret, dir);
	add_entry(ret, shell);
	dev_target_env(t, &env);
	for (size_t i = 0; i < env.n; i++)
		add_entry(ret, env.v[i]);
	for (size_t i = 0; i < t->unset.n; i++)
		add_entry(ret, t->unset.v[i]);
}

int dev_write_session(struct dev_target *t, const char *dir, struct err *err)
{
	char digest[65];
	cleanup_str struct str text = STR_INIT;
	write_entries(t, &text);
	sha256_hex(text.s, text.len, digest);
	if (str_eq(digest, t->session_digest))
		return 0;
	cleanup_free char *owner = xasprintf("%ld", t->uid);
	const char *argv[] = { "/bin/sh", "-c", script, "lace", owner, dir, NULL };
	struct engine_exec x = { .container = t->id, .user = "root", .argv = argv, .input = &text,
	    .timeout_ms = WRITE_TIMEOUT_MS };
	int code = engine_exec(t->engine, &x, err);
	if (code < 0)
		return err_wrap(err, "cannot write %s/session in the container", dir);
	if (code > 0)
		return err_set(err, ERR_FAILED, "cannot write %s/session in the container: exit code %d; is its "
		    "file system read-only?", dir, code);
	memcpy(t->session_digest, digest, sizeof(digest));
	return 0;
}
