#include "dev/personal.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <string.h>

#define SECRETS_BYTES_MAX (1u << 20)

/* ---- secrets ---- */

int dev_secrets_read(const char *path, struct strv *ret, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, SECRETS_BYTES_MAX, &text, err) < 0)
		return err_wrap(err, "--secrets-file");
	json_object *o = jsonc_parse(text.s, text.len, path, NULL, err);
	int code = err_is(err) ? -1 : 0;
	if (code == 0 && (!json_object_is_type(o, json_type_object) || json_object_object_length(o) > DEV_SECRETS_MAX))
		code = err_set(err, ERR_FAILED, "%s: expected an object of names and values, at most %d", path, DEV_SECRETS_MAX);
	if (code == 0) {
		json_object_object_foreach(o, name, value) {
			if (!*name || strchr(name, '=') || !json_object_is_type(value, json_type_string)) {
				code = err_set(err, ERR_FAILED, "%s: the secret \"%s\" is no name with a string", path, name);
				break;
			}
			log_secret(json_object_get_string(value));
			strv_pushf(ret, "%s=%s", name, json_object_get_string(value));
		}
	}
	json_object_put(o);
	return code;
}

/* ---- dotfiles ---- */

#define NO_GIT 120

/* $1 folder of the markers, $2 repository, $3 target, $4 command. The marker is made by one run alone. */
static const char script[] =
	"mkdir -p \"$1\" && (set -C; : >\"$1/.dotfilesMarker\") 2>/dev/null || exit 0\n"
	"repo=$2 dir=$3 run=$4\n"
	"case $dir in '~') dir=$HOME ;; '~/'*) dir=$HOME/${dir#??} ;; esac\n"
	"command -v git >/dev/null || exit 120\n"
	"[ -e \"$dir\" ] || git clone --depth 1 -- \"$repo\" \"$dir\" || exit\n"
	"cd \"$dir\" || exit\n"
	"if [ -z \"$run\" ]; then\n"
	"	for f in install.sh install bootstrap.sh bootstrap script/bootstrap setup.sh setup script/setup; do\n"
	"		[ -f \"$f\" ] && { run=./$f; break; }\n"
	"	done\n"
	"elif [ -f \"./$run\" ]; then\n"
	"	run=./$run\n"
	"elif ! [ -f \"$run\" ]; then\n"
	"	echo \"no $run in $dir\" >&2; exit 126\n"
	"fi\n"
	"if [ -n \"$run\" ]; then\n"
	"	[ -x \"$run\" ] || chmod +x \"$run\" || exit\n"
	"	exec \"$run\"\n"
	"fi\n"
	"for f in .*; do\n"
	"	case $f in .|..|.git) ;; *) ln -sf \"$PWD/$f\" ~ || exit ;; esac\n"
	"done\n";

static void show(void *user, int stream, const char *data, size_t len)
{
	progress_output(data, len);
}

/* "me/dotfiles" is a name at GitHub; what has a colon, or begins as a path does, is meant as it is. */
static char *url_of(const char *repository)
{
	if (strchr(repository, ':') || *repository == '/' || *repository == '.' || *repository == '~')
		return xstrdup(repository);
	return xasprintf("https://github.com/%s.git", repository);
}

void dev_dotfiles_install(struct dev_target *t, const struct dev_dotfiles *d, const struct strv *env)
{
	if (!d->repository)
		return;
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *url = url_of(d->repository), *markers = xasprintf("%s/.devcontainer", t->home);
	const char *argv[] = { "/bin/sh", "-c", script, "lace", markers, url, d->target ? d->target : "~/dotfiles",
		d->command ? d->command : "", NULL };
	struct engine_exec x = { .container = t->id, .user = t->user, .dir = t->home, .env = env, .argv = argv,
		.output = show };
	progress_step("Installing the dotfiles of %s", d->repository);
	int code = engine_exec(t->engine, &x, &err);
	if (code == NO_GIT)
		log_warn("no dotfiles: the container has no git");
	else if (code != 0)
		log_warn("the dotfiles of %s are not installed: %s%s", d->repository, err.msg ? err.msg : "their installation "
		    "failed", log_path() ? "; see the log in .lace/logs" : "");
}
