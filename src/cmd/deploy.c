#include "cmd/deploy.h"

#include "base/build.h"
#include "base/mem.h"
#include "build_time.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/xdg.h"
#include "version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOK_TIMEOUT_MS = 20 * 1000,
	PUT_TIMEOUT_MS = 60 * 1000,
	UPGRADE_TIMEOUT_MS = 30 * 1000,
	MACHINE_MAX = 32,             /* of a machine's name */
	SAID_MAX = 4096,              /* what is kept of a program's messages */
	SHOWN_MAX = 300,
	PROGRAM_MAX = 64 << 20,       /* bytes of a program of ours */
};

static const char look_script[] = "umask 022\n" DEPLOY_LOOK;

/* $1 name, $2 its size, $3 its digest, $4 how its --version begins; the program on stdin. Prints where it is then. A folder
 * that does not let its files run is told only by trying: the next one gets a copy. */
static const char put_script[] =
    "umask 022; name=$1 size=$2 sum=$3 says=$4 got= why='no folder'\n"
    "roots() { [ ! -L \"$1\" ] && [ -O \"$1\" ] && case $(ls -ld \"$1\") in ?????w*|????????w*) false;; esac; }\n"
    "fill() { if [ \"$got\" ]; then cat \"$got\"; else cat; fi >\"$t\"; }\n"
    "for d in ${5:-" DEPLOY_DIRS "}; do\n"
    "  why=$(mkdir -p \"$d\" 2>&1) && cd -P \"$d\" && roots . || { why=${why:-$d belongs to others than root}; continue; }\n"
    "  t=$d/.$name.$$\n"
    "  why=$(fill 2>&1) || { rm -f \"$t\" 2>/dev/null; continue; }\n"
    "  if [ \"$(wc -c <\"$t\")\" -ne \"$size\" ] || { command -v sha256sum >/dev/null 2>&1 &&\n"
    "      [ \"$(sha256sum <\"$t\" | cut -c1-64)\" != \"$sum\" ]; }; then\n"
    "    why=\"it arrived damaged in $d; is there room?\"; rm -f \"$t\"; break\n"
    "  fi\n"
    "  chmod 755 \"$t\"\n"
    "  case $(\"$t\" --version 2>&1) in\n"
    "  \"$says\"*)\n"
    "    why=$(mv -f \"$t\" \"$d/$name\" 2>&1) || { rm -f \"$t\"; break; }\n"
    "    [ -z \"$got\" ] || rm -f \"$got\"\n"
    "    echo \"$d/$name\"; exit 0;;\n"
    "  esac\n"
    "  why=\"$d does not let programs run, or this is another build\"\n"
    "  [ -z \"$got\" ] || rm -f \"$got\"\n"
    "  got=$t\n"
    "done\n"
    "[ -z \"$got\" ] || rm -f \"$got\"\n"
    "printf '%s\\n' \"$why\" >&2; exit 1\n";

/* ---- what is there ---- */

static char *line_of(const char **text)
{
	size_t len = strcspn(*text, "\r\n");
	char *line = xmemdup0(*text, len);
	*text += len;
	*text += strspn(*text, "\r\n");
	return line;
}

static bool is_machine(const char *s)
{
	return *s && strlen(s) <= MACHINE_MAX && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

/* One of the folders we put it in, nothing else that a container might say. */
static bool is_our_path(const char *path)
{
	cleanup_free char *dirs = xstrdup(DEPLOY_DIRS);
	char *save = NULL;
	for (char *d = strtok_r(dirs, " ", &save); d; d = strtok_r(NULL, " ", &save)) {
		cleanup_free char *ours = xasprintf("%s/lace-mux-server", d);
		if (str_eq(path, ours))
			return true;
	}
	return false;
}

/* "lace-mux-server BUILD, Unicode ..." */
static char *build_of(const char *said)
{
	static const char begin[] = "lace-mux-server ";
	const char *build = str_starts(said, begin) ? said + sizeof(begin) - 1 : "";
	cleanup_str struct str safe = STR_INIT;
	log_safe(&safe, build, strcspn(build, ","), BUILD_TEXT_MAX, false);
	return xstrdup(safe.len ? safe.s : "");
}

void deploy_note_look(struct project_note *note, const char *started_at, const char *text)
{
	cleanup_free char *machine = line_of(&text), *path = line_of(&text), *said = line_of(&text);
	free(note->server_start);
	free(note->server_path);
	free(note->server_build);
	free(note->machine);
	note->server_start = xstrdup(started_at);
	note->machine = xstrdup(is_machine(machine) ? machine : "");
	note->server_path = xstrdup(is_our_path(path) ? path : "");
	note->server_build = note->server_path[0] ? build_of(said) : xstrdup("");
}

/* Output as one safe line. */
static void one_line(const struct str *said, struct str *ret)
{
	size_t len = said->len;
	while (len && (said->s[len - 1] == '\n' || said->s[len - 1] == '\r'))
		len--;
	size_t from = len;
	while (from && said->s[from - 1] != '\n')
		from--;
	log_safe(ret, said->s ? said->s + from : "", len - from, SHOWN_MAX, false);
}

static void keep_stderr(void *user, int stream, const char *data, size_t len)
{
	struct str *kept = user;
	if (stream == 2)
		str_add(kept, data, MIN(len, SAID_MAX - MIN(kept->len, (size_t)SAID_MAX)));
}

/* Runs argv; what it printed is in out. A failure's reason is what it said last. */
static int run(const struct deploy *d, const char *user, const char *const *argv, const struct str *input, int timeout_ms,
    struct str *out, struct err *err)
{
	cleanup_str struct str said = STR_INIT, why = STR_INIT;
	struct engine_exec x = { .container = d->id, .user = user, .dir = "/", .argv = argv, .input = input, .out = out,
		.output = keep_stderr, .output_user = &said, .timeout_ms = timeout_ms };
	int code = engine_exec(d->engine, &x, err);
	if (code <= 0)
		return code;
	one_line(&said, &why);
	return err_set(err, ERR_FAILED, "%s (status %d)", why.len ? why.s : "no reason given", code);
}

static int look(const struct deploy *d, struct project_note *note, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", look_script, NULL };
	cleanup_str struct str out = STR_INIT;
	if (run(d, "root", argv, NULL, LOOK_TIMEOUT_MS, &out, err) != 0 && out.len == 0)
		return -1;
	err_fini(err);
	deploy_note_look(note, d->started_at, out.s ? out.s : "");
	if (note->machine[0] == '\0')
		return err_set(err, ERR_FAILED, "its uname does not name a machine");
	return 0;
}

/* ---- putting ours there ---- */

static int put(const struct deploy *d, const char *program, const char *machine, const char *dir, struct str *ret_path,
    struct err *err)
{
	cleanup_free char *data = xdg_data_dir();
	cleanup_free char *file = xasprintf("%s/features/mux-server/bin/%s-%s", data, program, machine);
	cleanup_str struct str bytes = STR_INIT;
	char sum[65];
	if (fs_read(file, PROGRAM_MAX, &bytes, err) != 0)
		return err->sys == ENOENT ? err_set(err, ERR_FAILED, "this build of lace has no %s for %s", program, machine) : -1;
	sha256_hex(bytes.s, bytes.len, sum);
	cleanup_free char *size = xasprintf("%zu", bytes.len), *says = xasprintf("%s %s", program, LACE_BUILD);
	const char *const argv[] = { "/bin/sh", "-c", put_script, "sh", program, size, sum, says, dir, NULL };
	str_reset(ret_path);
	return run(d, "root", argv, &bytes, PUT_TIMEOUT_MS, ret_path, err);
}

/* In every place where the old one is, the listener of a TLS domain goes with it. */
static int replace(const struct deploy *d, const struct project_note *note, struct str *path, struct err *err)
{
	if (note->server_path[0] == '\0')
		return put(d, "lace-mux-server", note->machine, NULL, path, err);
	cleanup_free char *dir = fs_dirname(note->server_path), *tls = fs_join(dir, "lace-mux-tls");
	const char *const there[] = { "test", "-f", tls, NULL };
	cleanup_err struct err none = ERR_INIT;
	if (run(d, "root", there, NULL, LOOK_TIMEOUT_MS, NULL, &none) == 0 &&
	    put(d, "lace-mux-tls", note->machine, dir, path, err) != 0)
		return -1;
	return put(d, "lace-mux-server", note->machine, dir, path, err);
}

static void take_path(struct project_note *note, const struct str *printed)
{
	const char *text = printed->s;
	cleanup_free char *path = line_of(&text);
	free(note->server_path);
	free(note->server_build);
	note->server_path = xstrdup(is_our_path(path) ? path : "");
	note->server_build = xstrdup(LACE_BUILD);
}

static void say(const struct deploy *d, const char *text)
{
	log_info("%s: %s", d->name, text);
	progress_done();
	fprintf(stderr, "%s: %s\n", d->name, text);
}

/* The one that runs, if one does, becomes the one that is there. replaced: the build whose file was replaced, or NULL. */
static int upgrade(const struct deploy *d, const char *path, const char *replaced, struct err *err)
{
	const char *const argv[] = { path, "upgrade", "--if-older", NULL };
	cleanup_str struct str out = STR_INIT, line = STR_INIT;
	if (run(d, d->user, argv, NULL, UPGRADE_TIMEOUT_MS, &out, err) != 0)
		return -1;
	one_line(&out, &line);
	cleanup_free char *text = line.len ? xasprintf("terminal server %s", line.s) :
	    replaced ? xasprintf("terminal server %s replaced by %s; none was running", replaced, LACE_BUILD) : NULL;
	if (text)
		say(d, text);
	return 0;
}

/* ---- all of it ---- */

/* Leaves in note what is there then. anywhere: also where there is none. */
static int ensure(const struct deploy *d, struct project_note *note, bool anywhere, struct err *err)
{
	cleanup_str struct str path = STR_INIT;
	cleanup_free char *old = xstrdup(note->server_build);
	bool none = note->server_path[0] == '\0';
	if (none && !anywhere)
		return 0;
	int order = none ? -1 : build_compare(old, LACE_BUILD);
	if (order > 0)
		log_warn("the terminal server in %s (%s) is newer than this lace (%s): it stays", d->name, old, LACE_BUILD);
	if (order > 0 || (d->keep && !none))
		return 0;
	if (order < 0) {
		progress_step("Putting the terminal server into %s", d->name);
		if (replace(d, note, &path, err) != 0)
			return -1;
		take_path(note, &path);
	}
	return none ? 0 : upgrade(d, note->server_path, order < 0 ? old : NULL, err);
}

static void explain(const struct deploy *d, const struct project_note *note, struct err *err)
{
	bool read_only = err->msg && strstr(err->msg, "ead-only file system");
	log_warn("the terminal server in %s stays %s: %s%s", d->name, note->server_build[0] ? note->server_build : "as it is",
	    err->msg, read_only ? "; a container made anew has this one: lace up --recreate" : "");
	err_fini(err);
}

/* Whether the container was looked at since its start, and nothing is to be done. */
static bool is_done(const struct deploy *d, const struct project_note *note)
{
	return str_eq(note->server_start, d->started_at) && build_compare(note->server_build, LACE_BUILD) == 0;
}

static void write_note(const struct deploy *d, struct project_note *note, bool done)
{
	cleanup_err struct err err = ERR_INIT;
	if (!done)
		note->server_start[0] = '\0'; /* look again next time */
	if (project_note_write(d->id, note, &err) != 0)
		log_info("%s", err.msg);
}

void deploy_newer(const struct deploy *d)
{
	cleanup_err struct err err = ERR_INIT;
	struct project_note note;
	project_note_read(d->id, &note);
	if (!d->keep && !is_done(d, &note)) {
		bool looked = str_eq(note.server_start, d->started_at) || look(d, &note, &err) == 0;
		bool done = looked && ensure(d, &note, false, &err) == 0;
		if (!done)
			explain(d, &note, &err);
		write_note(d, &note, done);
	}
	project_note_fini(&note);
}

char *deploy_noted(const struct deploy *d)
{
	struct project_note note;
	project_note_read(d->id, &note);
	bool usable = note.server_path[0] && str_eq(note.server_start, d->started_at) &&
	    (d->keep || build_compare(note.server_build, LACE_BUILD) >= 0);
	char *path = usable ? xstrdup(note.server_path) : NULL;
	project_note_fini(&note);
	return path;
}

char *deploy_anywhere(const struct deploy *d, struct err *err)
{
	struct project_note note;
	project_note_read(d->id, &note);
	bool done = look(d, &note, err) == 0 && ensure(d, &note, true, err) == 0;
	if (!done && note.server_path[0])
		explain(d, &note, err);        /* an older one does as well */
	char *path = note.server_path[0] ? xstrdup(note.server_path) : NULL;
	if (path)
		write_note(d, &note, done);
	else if (!err_is(err))
		err_set(err, ERR_FAILED, "it was put nowhere that is known");
	project_note_fini(&note);
	return path;
}
