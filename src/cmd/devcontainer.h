/* devcontainer.h - the second face of `lace`: the reference dev container CLI's commands, flags, results and exit codes.
 *
 * Called as `devcontainer`, or as `lace devcontainer`. What scripts see (stdout, exit codes) is as @devcontainers/cli
 * FACE_VERSION has it; stderr is ours. The work is done by the same rooms as for `lace` itself: nothing here but
 * command lines and results. Source: reference/devcontainer.md 3.1, 3.2, 3.10; docs/differences.md lists where it
 * differs on purpose. */
#ifndef LACE_CMD_DEVCONTAINER_H
#define LACE_CMD_DEVCONTAINER_H

#include "base/err.h"
#include "dev/feature.h"
#include "engine/engine.h"

#define FACE_VERSION "0.89.0"        /* what `--version` answers: scripts ask before they use a flag */

/* ---- command lines ---- */
enum face_type {
	FACE_BOOL,           /* --x, --x=false, --x false */
	FACE_STRING,         /* once */
	FACE_LIST,           /* may be repeated */
	FACE_NUMBER,
};
struct face_option {
	const char *name;            /* without "--"; its camel case spelling is understood too */
	char letter;                 /* or 0 */
	enum face_type type;
	const char *choices;         /* legal values, separated by blanks, or NULL */
	const char *fallback;        /* value when it is not given, or NULL */
	const char *needs;           /* another option that has to be there too, or NULL */
	const char *against;         /* an option that may not be there too, or NULL */
	const char *form;            /* a value's form in words; face_form() knows what it means. Or NULL */
	bool hidden, required;
	const char *help;
};

struct face_args;
struct face_command {
	const char *name;            /* "up"; "features info" */
	const char *operands;        /* as shown: "[path]" */
	unsigned min, max;           /* how many */
	bool takes_command;          /* the first operand ends the options: it and the rest are `operands` */
	const char *summary;
	const struct face_option *options;   /* ends with a NULL name; --help and --version are implied */
	/* stdout is its own. Returns the exit code, or -1 with err set. */
	int (*run)(struct face_args *args, struct err *err);
	/* Prints the result of a failure (err) on stdout, or NULL: nothing goes there. */
	void (*failed)(const struct face_args *args, const struct err *err);
};
struct face_args {
	const struct face_command *command;
	struct strv *values;         /* parallel to command->options */
	struct strv operands;
	/* Out, for the result of a failure: */
	char *container;             /* the one that it is about, or NULL */
	bool described;              /* the message is the description too: configuration, hooks */
};
extern const struct face_command *const face_commands[];     /* NULL-terminated, in the order of help */

/* argv: what follows the command's name. On a usage error err is ERR_USAGE, in the reference's words where they name
 * the argument. */
int face_parse(const struct face_command *command, int argc, char **argv, struct face_args *ret, bool *ret_help,
    struct err *err);
void face_args_fini(struct face_args *args);
/* They assert that the command has the option. */
bool face_flag(const struct face_args *args, const char *name);
bool face_given(const struct face_args *args, const char *name);
const char *face_value(const struct face_args *args, const char *name);        /* NULL without value and default */
const struct strv *face_values(const struct face_args *args, const char *name);
bool face_has(const struct face_args *args, const char *name);                 /* does the command know the option? */

/* The whole of it: argv[0] is the program ("devcontainer"). Returns the exit code. */
int face_main(int argc, char **argv);
void face_help(const struct face_command *command, struct str *ret);           /* NULL: the list of commands */

/* ---- what several commands share (devcontainer_shared.c) ---- */
struct face_use {
	struct engine *engine;
	struct dev_config *config;   /* without a file when only a container was named */
	json_object *features;       /* --additional-features */
	json_object *inspect;        /* of the container, where one was looked for and is there */
	struct strv environment;     /* --remote-env, and what --terminal-* say */
};
/* The engine (--docker-path), and the configuration that --workspace-folder, --config, --override-config, --id-label ...
 * mean. face_use_fini() is due after a failure too. */
int face_use_init(struct face_use *use, struct face_args *args, struct err *err);
/* The container of --container-id, or of the labels; NULL in use->inspect when there is none (0 all the same). */
int face_use_container(struct face_use *use, const struct face_args *args, struct err *err);
/* Reads the configuration again, with ${devcontainerId} as it is: nobody has given one yet. */
int face_use_without_id(struct face_use *use, const struct face_args *args, struct err *err);
void face_use_fini(struct face_use *use);

/* A configuration, or a merged one, as it is printed: with configFilePath behind what the file says. New object. */
json_object *face_merged(const struct face_args *args, const struct dev_config *c, json_object *merged);
json_object *face_configuration(const struct face_args *args, const struct dev_config *c, json_object *conf);
/* --no-lockfile, --frozen-lockfile. */
enum dev_lock face_lock(const struct face_args *args);
/* {"outcome":"error",...}; description: what failed, in the reference's words, where the message does not say it. */
void face_print_error(const struct face_args *args, const struct err *err, const char *description);

/* ---- commands, one file each ---- */
int face_up(struct face_args *args, struct err *err);
int face_set_up(struct face_args *args, struct err *err);
int face_build(struct face_args *args, struct err *err);
int face_run_user_commands(struct face_args *args, struct err *err);
int face_read_configuration(struct face_args *args, struct err *err);
int face_exec(struct face_args *args, struct err *err);
int face_outdated(struct face_args *args, struct err *err);
int face_upgrade(struct face_args *args, struct err *err);
int face_features_info(struct face_args *args, struct err *err);
int face_features_resolve(struct face_args *args, struct err *err);
int face_features_package(struct face_args *args, struct err *err);
int face_features_publish(struct face_args *args, struct err *err);
int face_templates_apply(struct face_args *args, struct err *err);
int face_templates_metadata(struct face_args *args, struct err *err);
int face_templates_publish(struct face_args *args, struct err *err);
void face_up_failed(const struct face_args *args, const struct err *err);
void face_build_failed(const struct face_args *args, const struct err *err);
void face_hooks_failed(const struct face_args *args, const struct err *err);

#endif
