#include "mux/env.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

/* Belongs to the login or shell that happened to start the server. */
static const char *const one_login[] = {
	"OLDPWD", "PWD", "SHLVL", "_", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK",
	"SSH_ORIGINAL_COMMAND", "TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLUMNS", "LINES",
	"TMUX", "TMUX_PANE", "STY", "LACE_PANE", "DISPLAY", "WAYLAND_DISPLAY", NULL };

static const char *const of_login[] = { "SSH_CONNECTION", "SSH_CLIENT", "SSH_AUTH_SOCK", NULL };

void env_session_fini(struct env_session *s)
{
	free(s->dir);
	free(s->shell);
	*s = (struct env_session){ 0 };
}

/* Compares the name before '=' of entry. */
static bool is_name(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool is_one_of(const char *entry, const char *const *names)
{
	for (; *names != NULL; names++)
		if (is_name(entry, *names))
			return true;
	return false;
}

bool env_name_ok(const char *name) { return *name != '\0' && strchr(name, '=') == NULL; }

void env_base(const char *const *environ_list, struct strv *env)
{
	for (; *environ_list != NULL; environ_list++) {
		const char *e = *environ_list;
		if (strchr(e, '=') != NULL && !str_starts(e, "WEZTERM_") && !is_one_of(e, one_login))
			strv_push(env, e);
	}
}

static void set_entry(struct strv *env, const char *entry)
{
	const char *eq = strchr(entry, '=');

	if (eq == NULL) {
		env_unset(env, entry);
	} else if (eq != entry) {
		cleanup_free char *name = xmemdup0(entry, (size_t)(eq - entry));
		env_set(env, name, eq + 1);
	}
}

void env_apply_session(struct strv *env, const char *data, size_t len, struct env_session *ret)
{
	/* An unterminated end is a file that is being written: left out. */
	for (const char *end = data + len, *nul; data < end; data = nul + 1) {
		nul = memchr(data, '\0', (size_t)(end - data));
		if (nul == NULL)
			break;
		if (is_name(data, "LACE_SESSION_DIR")) {
			free(ret->dir);
			ret->dir = xstrdup(strchr(data, '=') + 1);
		} else if (is_name(data, "LACE_SESSION_SHELL")) {
			free(ret->shell);
			ret->shell = xstrdup(strchr(data, '=') + 1);
		} else if (*data != '\0') {
			set_entry(env, data);
		}
	}
}

void env_apply_login(struct strv *env, const char *data, size_t len)
{
	for (const char *end = data + len, *nul; data < end; data = nul + 1) {
		nul = memchr(data, '\0', (size_t)(end - data));
		if (nul == NULL)
			break;
		if (is_one_of(data, of_login))
			set_entry(env, data);
	}
}

static bool is_utf8(const char *locale)
{
	if (locale == NULL)
		return false;
	const char *dot = strchr(locale, '.');
	return dot != NULL && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
}

static void set_missing(struct strv *env, const char *name, const char *value)
{
	if (value != NULL && env_get(env, name) == NULL)
		env_set(env, name, value);
}

void env_add_user(struct strv *env, const char *user, const char *home, const char *shell)
{
	set_missing(env, "USER", user);
	set_missing(env, "LOGNAME", user);
	set_missing(env, "HOME", home);
	set_missing(env, "SHELL", shell);
	set_missing(env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (!is_utf8(env_get(env, "LC_ALL")) && !is_utf8(env_get(env, "LC_CTYPE")) &&
	    !is_utf8(env_get(env, "LANG")))
		env_set(env, "LANG", "C.UTF-8");
}

void env_finish(struct strv *env, const struct env_pane *p)
{
	env_add_user(env, p->user, p->home, p->shell);
	env_set(env, "TERM", p->term != NULL ? p->term : "xterm-256color");
	env_set(env, "COLORTERM", "truecolor");
	env_set(env, "TERM_PROGRAM", "lace");
	env_set(env, "TERM_PROGRAM_VERSION", p->version);
	env_set(env, "WEZTERM_UNIX_SOCKET", p->socket);
}

static bool read_all(int fd, struct str *ret)
{
	char buf[4096];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		if (ret->len + (size_t)n > ENV_FILE_MAX)
			return false;
		str_add(ret, buf, (size_t)n);
	}
}

bool env_read_session(const char *path, uid_t uid, struct str *ret)
{
	struct stat st;
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	if ((st.st_uid != 0 && st.st_uid != uid) || (st.st_mode & 022) != 0)
		return false;
	return read_all(fd, ret);
}

bool env_read_process(pid_t pid, uid_t uid, struct str *ret)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	/* A number that was given to another user's process meanwhile is not believed. */
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != uid)
		return false;
	return read_all(fd, ret);
}
