/* keys.c - the key that opens containers, and the host keys that are pinned.
 *
 * Both live in $XDG_CONFIG_HOME/lace/ssh, a folder of mode 0700. The key has no
 * passphrase: whoever can read it can already talk to the container engine.
 * Writers hold one lock, so that two first uses at once make one key, and no
 * pin is lost. A reader needs none: files only appear or change by rename. */
#include "link/link.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/proc.h"
#include "host/xdg.h"

#include <errno.h>
#include <sys/stat.h>

#define LOCK_TIMEOUT_MS 30000
#define KEYGEN_TIMEOUT_MS 30000
#define KNOWN_HOSTS_MAX (4u << 20)
#define ALIAS_MAX 255
#define HOST_KEY_MAX 8192

static char *ssh_dir(struct err *err)
{
	cleanup_free char *top = xdg_config(NULL);
	char *dir = xdg_config("ssh");
	if (fs_mkdir_p(top, 0700, err) < 0 || fs_private_dir(dir, err) < 0) {
		free(dir);
		return NULL;
	}
	return dir;
}

static int lock_dir(const char *dir, struct err *err)
{
	cleanup_free char *path = fs_join(dir, "lock");
	return fs_lock(path, LOCK_TIMEOUT_MS, err);
}

/* ---- the key ---- */

static int keygen(const struct strv *argv, struct str *out, struct err *err)
{
	struct proc p;
	proc_init(&p);
	for (size_t i = 0; i < argv->n; i++)
		strv_push(&p.argv, argv->v[i]);
	cleanup_str struct str said = STR_INIT;
	int status = proc_capture(&p, NULL, out, &said, HOST_KEY_MAX, KEYGEN_TIMEOUT_MS, err);
	proc_fini(&p);
	if (status < 0)
		return -1;
	if (status != 0) {
		cleanup_str struct str safe = STR_INIT;
		log_safe(&safe, said.s, said.len, 200, false);
		return err_set(err, ERR_FAILED, "ssh-keygen ended with status %d: %s", status, safe.s);
	}
	return 0;
}

/* The private key comes last: where it is, its public half is too. */
static int make_key(const char *dir, const char *key, const char *public, struct err *err)
{
	cleanup_free char *tmp = xasprintf("%s/.new.%ld", dir, (long)getpid());
	cleanup_free char *tmp_public = xasprintf("%s.pub", tmp);
	unlink(tmp);                          /* of an earlier process with our pid */
	unlink(tmp_public);

	cleanup_strv struct strv argv = STRV_INIT;
	strv_push_all(&argv, (const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lace",
	    "-f", tmp, NULL });
	cleanup_str struct str out = STR_INIT;
	int r = keygen(&argv, &out, err);
	if (r == 0 && (rename(tmp_public, public) < 0 || rename(tmp, key) < 0))
		r = err_sys(err, "cannot keep it in %s", dir);
	if (r < 0) {
		unlink(tmp);
		unlink(tmp_public);
		return err_wrap(err, "cannot make the key that opens containers");
	}
	return 0;
}

static int make_public(const char *key, const char *public, struct err *err)
{
	cleanup_strv struct strv argv = STRV_INIT;
	strv_push_all(&argv, (const char *const[]){ "ssh-keygen", "-y", "-P", "", "-f", key, NULL });
	cleanup_str struct str out = STR_INIT;
	if (keygen(&argv, &out, err) < 0 || fs_write_atomic(public, out.s, out.len, 0644, err) < 0)
		return err_wrap(err, "cannot make the public half of %s", key);
	return 0;
}

/* ssh refuses a key that others can read, in several lines; this says it in one, with the remedy. */
static int check_key(const char *key, struct err *err)
{
	struct stat st;
	if (lstat(key, &st) < 0)
		return err_sys(err, "cannot use the key %s", key);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(err, ERR_FAILED, "refusing the key %s: it is not a file of yours; move it away", key);
	if (st.st_mode & 077)
		return err_set(err, ERR_FAILED, "refusing the key %s: others may use it (mode %03o); run `chmod 600 %s`",
		    key, st.st_mode & 0777u, key);
	return 0;
}

int link_ssh_key(char **ret_key, char **ret_public, struct err *err)
{
	cleanup_free char *dir = ssh_dir(err);
	if (!dir)
		return -1;
	cleanup_free char *key = fs_join(dir, "id_ed25519");
	cleanup_free char *public = fs_join(dir, "id_ed25519.pub");
	if (!fs_exists(key) || !fs_exists(public)) {
		int lock = lock_dir(dir, err);
		if (lock < 0)
			return -1;
		int r = 0;
		if (!fs_exists(key))
			r = make_key(dir, key, public, err);
		else if (!fs_exists(public))
			r = make_public(key, public, err);
		fs_unlock(lock);
		if (r < 0)
			return -1;
	}
	if (check_key(key, err) < 0)
		return -1;
	*ret_key = key;
	*ret_public = public;
	key = public = NULL;
	return 0;
}

/* ---- host keys ---- */

/* known_hosts gives * ? ! , | @ # a meaning; an alias has none of them. */
static bool alias_ok(const char *alias)
{
	size_t n = strspn(alias, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:+-");
	return n > 0 && n <= ALIAS_MAX && !alias[n] && alias[0] != '-';
}

/* "TYPE BASE64" of "TYPE BASE64 [COMMENT]", malloc()ed; NULL when it is no public key. */
static char *normal_key(const char *text)
{
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-" };
	text += strspn(text, " \t\r\n");
	size_t type = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-");
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		known |= str_starts(text, types[i]);
	if (!known || text[type] != ' ')
		return NULL;
	const char *blob = text + type + strspn(text + type, " ");
	size_t len = strspn(blob, base64);
	if (len < 32 || type + len > HOST_KEY_MAX || (blob[len] && !strchr(" \t\r\n", blob[len])))
		return NULL;
	return xasprintf("%.*s %.*s", (int)type, text, (int)len, blob);
}

/* The next line of text: *ret_len without its newline. NULL at the end. */
static const char *next_line(const char **text, size_t *ret_len)
{
	const char *line = *text;
	if (!*line)
		return NULL;
	const char *nl = strchr(line, '\n');
	*ret_len = nl ? (size_t)(nl - line) : strlen(line);
	*text = nl ? nl + 1 : line + *ret_len;
	return line;
}

static bool line_is_for(const char *line, size_t len, const char *alias)
{
	size_t n = strlen(alias);
	return len > n && memcmp(line, alias, n) == 0 && line[n] == ' ';
}

static int read_known(const char *path, struct str *ret, struct err *err)
{
	struct err e = ERR_INIT;
	if (fs_read(path, KNOWN_HOSTS_MAX, ret, &e) == 0)
		return 0;
	if (e.sys == ENOENT) {
		err_fini(&e);
		return 0;
	}
	err_fini(err);
	*err = e;
	return -1;
}

static int pin(const char *path, const char *alias, const char *key, bool replace, struct err *err)
{
	cleanup_str struct str old = STR_INIT;
	cleanup_str struct str new = STR_INIT;
	if (read_known(path, &old, err) < 0)
		return -1;
	bool same = false, other = false;
	const char *text = old.s, *line;
	size_t len;
	while ((line = next_line(&text, &len))) {
		if (!line_is_for(line, len, alias)) {
			str_add(&new, line, len);
			str_putc(&new, '\n');
			continue;
		}
		const char *k = line + strlen(alias) + 1;
		size_t k_len = len - strlen(alias) - 1;
		if (k_len == strlen(key) && memcmp(k, key, k_len) == 0)
			same = true;
		else
			other = true;
	}
	if (other && !replace)
		return err_set(err, ERR_FAILED, "the host key of %s has changed: it is not the one in %s;"
		    " if you rebuilt or replaced the container, run `ssh-keygen -R %s -f %s`", alias, path, alias, path);
	if (same && !other)
		return 0;
	str_printf(&new, "%s %s\n", alias, key);
	return fs_write_atomic(path, new.s, new.len, 0600, err);
}

int link_ssh_pin(const char *alias, const char *host_key, bool replace, char **ret_path, struct err *err)
{
	if (!alias_ok(alias))
		return err_set(err, ERR_FAILED, "cannot pin a host key: a bad alias");
	cleanup_free char *key = normal_key(host_key);
	if (!key)
		return err_set(err, ERR_FAILED, "cannot pin the host key of %s: it is not a public key; does the"
		    " container have /etc/ssh/ssh_host_ed25519_key.pub?", alias);
	cleanup_free char *dir = ssh_dir(err);
	if (!dir)
		return -1;
	cleanup_free char *path = fs_join(dir, "known_hosts");
	int lock = lock_dir(dir, err);
	if (lock < 0)
		return -1;
	int r = pin(path, alias, key, replace, err);
	fs_unlock(lock);
	if (r < 0)
		return -1;
	*ret_path = path;
	path = NULL;
	return 0;
}

int link_ssh_unpin(const char *alias, struct err *err)
{
	cleanup_free char *dir = ssh_dir(err);
	if (!dir)
		return -1;
	cleanup_free char *path = fs_join(dir, "known_hosts");
	int lock = lock_dir(dir, err);
	if (lock < 0)
		return -1;
	cleanup_str struct str old = STR_INIT, new = STR_INIT;
	int r = read_known(path, &old, err);
	const char *text = old.s, *line;
	size_t len;
	while (r == 0 && (line = next_line(&text, &len)))
		if (!line_is_for(line, len, alias))
			str_printf(&new, "%.*s\n", (int)len, line);
	if (r == 0 && new.len != old.len)
		r = fs_write_atomic(path, new.s, new.len, 0600, err);
	fs_unlock(lock);
	return r;
}

char *link_ssh_host_key(const char *alias)
{
	cleanup_free char *path = xdg_config("ssh/known_hosts");
	cleanup_str struct str known = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	if (read_known(path, &known, &ignored) < 0)
		return NULL;
	const char *text = known.s, *line;
	size_t len, skip = strlen(alias) + 1;
	while ((line = next_line(&text, &len)))
		if (line_is_for(line, len, alias))
			return xasprintf("%.*s", (int)(len - skip), line + skip);
	return NULL;
}

bool link_ssh_pinned(const char *alias)
{
	cleanup_free char *key = link_ssh_host_key(alias);
	return key != NULL;
}
