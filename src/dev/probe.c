/* What the reference CLI asks in a dozen round trips is one script here, run as the remote user: who am I,
 * where is home, which shell, which markers stand, are the system files patched; then it turns into the
 * user's shell, which prints the environment that its start-up files make. Root patches on the way; for other
 * users the script ends early and the caller patches as root first, once in a container's life. */
#include "dev/probe.h"

#include "base/mem.h"

#include <sys/random.h>

#define SYSTEM_FOLDER "/var/devcontainer"
#define LINE_LEN_MAX 4096u
#define ENTRY_LEN_MAX (1u << 20)

const char *const probe_marker_files[PROBE_MARKERS] = {
	".onCreateCommandMarker", ".updateContentCommandMarker", ".postCreateCommandMarker",
	".postStartCommandMarker"
};

/* Appends the container's environment to /etc/environment, and turns "PATH=value" of /etc/profile into a
 * default, so that a login shell keeps the container's PATH. Each once, guarded by the reference CLI's
 * markers in $sys. */
#define PATCH \
	"mkdir -p \"$sys\" 2>/dev/null\n" \
	"if (set -C; : >\"$sys\"/.patchEtcEnvironmentMarker) 2>/dev/null; then cat >>/etc/environment; fi\n" \
	"if (set -C; : >\"$sys\"/.patchEtcProfileMarker) 2>/dev/null && [ -f /etc/profile ]; then\n" \
	"	sed -i -E 's/((^|[[:space:]])PATH=)(\"[^\"$]*\"|[^\"$;[:space:]]*)([[:space:]]*(;[^$]*)?)$/" \
	"\\1${PATH:-\\3}\\4/' /etc/profile\n" \
	"fi\n"

#define IS_PATCHED "[ -e \"$sys\"/.patchEtcEnvironmentMarker ] && " \
	"[ -e \"$sys\"/.patchEtcProfileMarker ]"

static const char patch_script[] = "sys=$1\n" PATCH IS_PATCHED "\n";

static const char probe_script[] =
	"mark=$1 user=$2 dir=$3 flags=$4 pflags=$5 chome=$6 cshell=$7 patch=$8 s0=$9\n"
	"shift 9; s1=$1 s2=$2 s3=$3 data=$4 sys=$5\n"
	"entry=$({ getent passwd \"$user\"; cat /etc/passwd; } 2>/dev/null | while IFS= read -r l; do\n"
	"	r=${l#*:}; r=${r#*:}\n"
	"	if [ \"${l%%:*}\" = \"$user\" ] || [ \"${r%%:*}\" = \"$user\" ]; then printf '%s\\n' \"$l\"; break; fi\n"
	"done)\n"
	"uid=$(id -u)\n"
	"set -f; ifs=$IFS; IFS=:; set -- $entry; IFS=$ifs; set +f\n"
	"home=$6 shell=${cshell:-$7}\n"
	"if [ -n \"$chome\" ] && { [ \"$chome\" = \"$home\" ] || [ ! -e \"$chome\" ] || [ -w \"$chome\" ]; }; then\n"
	"	home=$chome\n"
	"fi\n"
	/* Nobody's uid has the home that the engine gives it. */
	"home=${home:-${HOME:-/root}}\n"
	/* Accounts of services have a shell that only says no. */
	"case $shell in */nologin|*/false) shell=;; esac\n"
	"{ [ -n \"$shell\" ] && [ -x \"$shell\" ]; } || shell=/bin/sh\n"
	"if [ \"$uid\" = 0 ] && [ -n \"$patch\" ]; then\n" PATCH "fi\n"
	"patched=; if " IS_PATCHED "; then patched=1; fi\n"
	"printf '%s\\n' \"$mark\" \"pid=$$\" \"uid=$uid\" \"home=$home\" \"shell=$shell\" \"patched=$patched\"\n"
	"[ -d \"$dir\" ] && echo dir=1\n"
	"s=$(sha256sum /var/lib/lace/session 2>/dev/null) && printf 'session=%s\\n' \"${s%% *}\"\n"
	"data=${data:-$home/.devcontainer}\n"
	"i=0\n"
	"for s in \".onCreateCommandMarker=$s0\" \".updateContentCommandMarker=$s1\" \\\n"
	"    \".postCreateCommandMarker=$s2\" \".postStartCommandMarker=$s3\"; do\n"
	"	f=$data/${s%%=*} s=${s#*=} have= c=\n"
	"	[ -e \"$f\" ] && have=1 && IFS= read -r c <\"$f\"\n"
	"	if [ -n \"$s\" ] && [ \"$c\" != \"$s\" ] && { [ -z \"$have\" ] || [ -n \"$c\" ]; } &&\n"
	"	    mkdir -p \"$data\" && printf '%s\\n' \"$s\" >\"$f\"; then\n"
	"		have=1 c=$s\n"
	"	fi\n"
	"	[ -n \"$have\" ] && printf 'marker%s=%s\\n' $i \"$c\"\n"
	"	i=$((i + 1))\n"
	"done\n"
	"echo end\n"
	"[ -z \"$flags\" ] && exit 0\n"
	"[ -n \"$patch\" ] && [ -z \"$patched\" ] && [ \"$uid\" != 0 ] && exit 0\n"
	"case $shell in */pwsh|*/pwsh-preview) flags=$pflags;; esac\n"
	"HOME=$home; export HOME\n"
	"exec \"$shell\" $flags \"printf %s $mark; cat /proc/self/environ || env -0; printf %s $mark\" </dev/null\n";

/* ---- what is run ---- */

void probe_argv(struct strv *ret, const struct probe_question *q)
{
	static const struct { const char *mode, *sh, *pwsh; } modes[] = {
		{ "loginInteractiveShell", "-lic", "-Login -Command" }, { "loginShell", "-lc", "-Login -Command" },
		{ "interactiveShell", "-ic", "-Command" }, { "none", "", "" },
	};
	size_t m = 0;
	for (size_t i = 0; q->mode && i < ARRAY_LEN(modes); i++)
		if (str_eq(q->mode, modes[i].mode))
			m = i;
	const char *home = env_get(q->container_env, "HOME"), *shell = env_get(q->container_env, "SHELL");
	/* "user:group" is the engine's spelling; passwd knows the first half. */
	cleanup_free char *name = xmemdup0(q->user, strcspn(q->user, ":"));
	const char *const argv[] = { "/bin/sh", "-c", probe_script, "lace", q->mark, name, q->dir, modes[m].sh,
	    modes[m].pwsh, home ? home : "", shell ? shell : "", q->patch ? "1" : "", NULL };
	strv_push_all(ret, argv);
	for (size_t i = 0; i < PROBE_MARKERS; i++)
		strv_push(ret, q->stamps[i] ? q->stamps[i] : "");
	strv_push(ret, q->data_folder ? q->data_folder : "");
	strv_push(ret, q->system_folder ? q->system_folder : SYSTEM_FOLDER);
}

void probe_patch_argv(struct strv *ret, const char *system_folder)
{
	const char *const argv[] = { "/bin/sh", "-c", patch_script, "lace", system_folder ? system_folder : SYSTEM_FOLDER,
	    NULL };
	strv_push_all(ret, argv);
}

void probe_environment(const struct strv *container_env, struct str *ret)
{
	str_putc(ret, '\n');
	for (size_t i = 0; i < container_env->n; i++) {
		const char *e = container_env->v[i], *eq = strchr(e, '=');
		/* The file knows no values of several lines. Quotes need no escape: its reader drops the outer pair. */
		if (eq && !strpbrk(e, "\n\r"))
			str_printf(ret, "%.*s=\"%s\"\n", (int)(eq - e), e, eq + 1);
	}
}

void probe_mark(char ret[PROBE_MARK_LEN + 1])
{
	unsigned char raw[PROBE_MARK_LEN];
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		abort();
	for (size_t i = 0; i < PROBE_MARK_LEN; i++)
		ret[i] = (char)('a' + raw[i] % 16);
	ret[PROBE_MARK_LEN] = '\0';
}

char *probe_data_folder(const char *said, const char *home)
{
	return said && *said ? xstrdup(said) : xasprintf("%s/.devcontainer", home);
}

/* ---- what it says ---- */

static void take_number(const char *value, long *ret)
{
	char *end;
	long n = strtol(value, &end, 10);
	if (*value && !*end && n >= 0 && n < (1l << 32))
		*ret = n;
}

static void take_text(const char *value, char **ret)
{
	free(*ret);
	*ret = xstrdup(value);
}

static void take_digest(const char *value, char ret[65])
{
	if (strlen(value) == 64 && strspn(value, "0123456789abcdef") == 64)
		memcpy(ret, value, 65);
}

static void take_line(struct probe *p, char *line)
{
	char *value = strchr(line, '=');
	if (!value)
		return;
	*value++ = '\0';
	if (str_eq(line, "pid"))
		take_number(value, &p->pid);
	else if (str_eq(line, "uid"))
		take_number(value, &p->uid);
	else if (str_eq(line, "home") && *value == '/')
		take_text(value, &p->home);
	else if (str_eq(line, "shell") && *value == '/')
		take_text(value, &p->shell);
	else if (str_eq(line, "patched"))
		p->patched = *value != '\0';
	else if (str_eq(line, "dir"))
		p->dir_exists = true;
	else if (str_eq(line, "session"))
		take_digest(value, p->session_digest);
	else if (str_starts(line, "marker") && line[6] >= '0' && line[6] < '0' + PROBE_MARKERS && !line[7])
		take_text(value, &p->markers[line[6] - '0']);
}

/* Variables that say something about the probing shell, not about the environment. */
static bool is_wanted(const char *entry)
{
	static const char *const own[] = { "PWD=", "OLDPWD=", "SHLVL=", "_=" };
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_starts(entry, own[i]))
			return false;
	return *entry != '=' && strchr(entry, '=');
}

static void take_env(struct probe *p, const char *data, size_t len)
{
	for (const char *end = data + len, *nul; data < end && p->env.n < PROBE_ENV_MAX; data = nul + 1) {
		nul = memchr(data, '\0', (size_t)(end - data));
		if (!nul)
			break;
		if ((size_t)(nul - data) <= ENTRY_LEN_MAX && is_wanted(data))
			strv_push(&p->env, data);
	}
	p->has_env = p->env.n > 0;
}

void probe_parse(const char *out, size_t len, const char *mark, struct probe *ret)
{
	*ret = (struct probe){ .uid = -1, .env = STRV_INIT };
	const char *end = out + len;
	const char *p = memmem(out, len, mark, strlen(mark));
	if (!p)
		return;
	p += strlen(mark) + 1;
	while (p < end && !ret->complete) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return;
		if (nl - p <= (ptrdiff_t)LINE_LEN_MAX) {
			cleanup_free char *line = xmemdup0(p, (size_t)(nl - p));
			if (str_eq(line, "end"))
				ret->complete = ret->home && ret->shell && ret->uid >= 0;
			else
				take_line(ret, line);
			if (str_eq(line, "end") && !ret->complete)
				return;
		}
		p = nl + 1;
	}
	const char *from = p < end ? memmem(p, (size_t)(end - p), mark, strlen(mark)) : NULL;
	if (!from)
		return;
	from += strlen(mark);
	const char *to = memmem(from, (size_t)(end - from), mark, strlen(mark));
	if (to)
		take_env(ret, from, (size_t)(to - from));
}

void probe_fini(struct probe *p)
{
	free(p->home);
	free(p->shell);
	for (size_t i = 0; i < PROBE_MARKERS; i++)
		free(p->markers[i]);
	strv_fini(&p->env);
	*p = (struct probe){ .env = STRV_INIT };
}

/* ---- PATH ---- */

static void split(const char *path, struct strv *ret)
{
	while (true) {
		size_t n = strcspn(path, ":");
		if (n)
			strv_take(ret, xmemdup0(path, n));
		if (!path[n])
			return;
		path += n + 1;
	}
}

static size_t index_of(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->v[i], s))
			return i;
	return v->n;
}

char *probe_merge_path(const char *shell_path, const char *container_path, bool root)
{
	cleanup_strv struct strv path = STRV_INIT, wanted = STRV_INIT;
	split(shell_path, &path);
	split(container_path, &wanted);
	size_t at = 0; /* behind the last entry that both have */
	for (size_t i = 0; i < wanted.n; i++) {
		size_t have = index_of(&path, wanted.v[i]);
		if (have < path.n) {
			at = have + 1;
		} else if (root || !str_ends(wanted.v[i], "/sbin")) {
			strv_push(&path, wanted.v[i]);
			char *added = path.v[path.n - 1];
			memmove(path.v + at + 1, path.v + at, (path.n - 1 - at) * sizeof(*path.v));
			path.v[at++] = added;
		}
	}
	struct str s = STR_INIT;
	for (size_t i = 0; i < path.n; i++)
		str_printf(&s, "%s%s", i ? ":" : "", path.v[i]);
	return str_detach(&s);
}
