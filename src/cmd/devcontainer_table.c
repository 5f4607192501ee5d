/* Every command of the second face, and every flag that it takes: what parses
 * them, what shows them as help, and what the tests go through. */
#include "cmd/devcontainer.h"

#define LEVELS "info debug trace"
#define PROBES "none loginInteractiveShell interactiveShell loginShell"

#define ENGINE \
	{ "docker-path", 0, FACE_STRING, .help = "the engine's command line client (default: docker)" }
#define WORKSPACE \
	{ "workspace-folder", 0, FACE_STRING, \
	    .help = "the project's folder; without it, and without a container's id or labels, the current one" }
#define CONFIG \
	{ "config", 0, FACE_STRING, .help = "devcontainer.json to use instead of the folder's own" }
#define OVERRIDE \
	{ "override-config", 0, FACE_STRING, .help = "devcontainer.json to read in place of the folder's own, which names it" }
#define GIT \
	{ "mount-workspace-git-root", 0, FACE_BOOL, .fallback = "true", .help = "mount the Git root that the folder lies in" }, \
	{ "mount-git-worktree-common-dir", 0, FACE_BOOL, \
	    .help = "mount the repository of a Git worktree too (one made with relative paths)" }
#define ID_LABEL \
	{ "id-label", 0, FACE_LIST, .form = "<name>=<value>", \
	    .help = "label that a container is found by, and gets; instead of those of folder and configuration" }
#define CONTAINER_ID \
	{ "container-id", 0, FACE_STRING, .help = "the container itself" }
#define LOG \
	{ "log-level", 0, FACE_STRING, LEVELS, "info", .help = "how much is said on standard error" }, \
	{ "log-format", 0, FACE_STRING, "text json", "text", .help = "lines, or one JSON object a line" }
#define TERMINAL \
	{ "terminal-columns", 0, FACE_NUMBER, .needs = "terminal-rows", .help = "COLUMNS of what is run in the container" }, \
	{ "terminal-rows", 0, FACE_NUMBER, .needs = "terminal-columns", .help = "LINES of what is run in the container" }
#define USER_DATA \
	{ "user-data-folder", 0, FACE_STRING, .help = "folder of this host that caches are kept in" }
#define CONTAINER_DATA \
	{ "container-data-folder", 0, FACE_STRING, .help = "folder of the container for the hooks' markers (default: ~/.devcontainer)" }, \
	{ "container-system-data-folder", 0, FACE_STRING, .help = "the same for root's (default: /var/devcontainer)" }
#define PROBE \
	{ "default-user-env-probe", 0, FACE_STRING, PROBES, "loginInteractiveShell", .help = "userEnvProbe where nothing says one" }
#define REMOTE_ENV \
	{ "remote-env", 0, FACE_LIST, .form = "<name>=[<value>]", .help = "variable for what runs in the container" }
#define SKIP_POST_CREATE \
	{ "skip-post-create", 0, FACE_BOOL, .help = "run no lifecycle command in the container" }
#define SKIP_NON_BLOCKING \
	{ "skip-non-blocking-commands", 0, FACE_BOOL, .help = "run lifecycle commands up to the one that waitFor names" }
#define PREBUILD \
	{ "prebuild", 0, FACE_BOOL, .help = "run onCreateCommand and updateContentCommand (that one again), no more" }
#define SKIP_POST_ATTACH \
	{ "skip-post-attach", 0, FACE_BOOL, .help = "do not run postAttachCommand" }
#define SECRETS \
	{ "secrets-file", 0, FACE_STRING, .help = "JSON object of variables for the lifecycle commands; shown nowhere" }
#define DOTFILES \
	{ "dotfiles-repository", 0, FACE_STRING, .help = "clone it in the container, once, and install it" }, \
	{ "dotfiles-install-command", 0, FACE_STRING, .help = "what to run in it, instead of install.sh and the like" }, \
	{ "dotfiles-target-path", 0, FACE_STRING, .fallback = "~/dotfiles", .help = "where to clone it" }
#define ADDITIONAL_FEATURES \
	{ "additional-features", 0, FACE_STRING, .help = "features to add, as JSON; those of devcontainer.json win" }
#define LOCKFILE \
	{ "no-lockfile", 0, FACE_BOOL, .help = "neither read nor write devcontainer-lock.json" }, \
	{ "frozen-lockfile", 0, FACE_BOOL, .against = "no-lockfile", .help = "fail where devcontainer-lock.json is missing or says something else" }
#define COMPOSE \
	{ "docker-compose-path", 0, FACE_STRING, .help = "docker-compose to use instead of the engine's own compose" }
#define INCLUDE \
	{ "include-configuration", 0, FACE_BOOL, .help = "add the configuration to the result" }, \
	{ "include-merged-configuration", 0, FACE_BOOL, .help = "add the merged configuration to the result" }
#define END { .name = NULL }

static const struct face_option up_options[] = {
	ENGINE, COMPOSE, WORKSPACE,
	{ "workspace-mount-consistency", 0, FACE_STRING, "consistent cached delegated", "cached",
	    .help = "of the workspace's mount; Linux knows no difference" },
	{ "gpu-availability", 0, FACE_STRING, "all detect none", "detect",
	    .help = "are there GPUs, where hostRequirements asks for one" },
	GIT, ID_LABEL, CONFIG, OVERRIDE, LOG, TERMINAL, USER_DATA, CONTAINER_DATA, PROBE,
	{ "update-remote-user-uid-default", 0, FACE_STRING, "never on off", "on",
	    .help = "updateRemoteUserUID where nothing says it; never: not even then" },
	{ "remove-existing-container", 0, FACE_BOOL, .help = "make the container anew" },
	{ "build-no-cache", 0, FACE_BOOL, .help = "build without what was built before" },
	{ "expect-existing-container", 0, FACE_BOOL, .help = "fail when there is no container yet" },
	SKIP_POST_CREATE, SKIP_NON_BLOCKING, PREBUILD, SKIP_POST_ATTACH,
	{ "mount", 0, FACE_LIST, .form = "type=<bind|volume>,source=<source>,target=<target>[,external=<true|false>]",
	    .help = "one more mount" },
	REMOTE_ENV, DOTFILES, SECRETS, ADDITIONAL_FEATURES, LOCKFILE, INCLUDE, END,
};

static const struct face_option set_up_options[] = {
	ENGINE,
	{ "container-id", 0, FACE_STRING, .required = true, .help = "the container" },
	CONFIG, LOG, TERMINAL, USER_DATA, CONTAINER_DATA, PROBE, SKIP_POST_CREATE, SKIP_NON_BLOCKING, REMOTE_ENV,
	DOTFILES, INCLUDE, END,
};

static const struct face_option build_options[] = {
	ENGINE, COMPOSE, WORKSPACE, CONFIG, LOG, USER_DATA,
	{ "no-cache", 0, FACE_BOOL, .help = "build without what was built before" },
	{ "image-name", 0, FACE_LIST, .help = "name of the result" },
	{ "label", 0, FACE_LIST, .form = "<name>=[<value>]", .help = "label of the result" },
	ADDITIONAL_FEATURES, LOCKFILE, END,
};

static const struct face_option run_user_commands_options[] = {
	ENGINE, COMPOSE, WORKSPACE, GIT, CONTAINER_ID, ID_LABEL, CONFIG, OVERRIDE, LOG, TERMINAL, USER_DATA, CONTAINER_DATA, PROBE,
	SKIP_NON_BLOCKING, PREBUILD, SKIP_POST_ATTACH, REMOTE_ENV, DOTFILES, SECRETS,
	END,
};

static const struct face_option read_configuration_options[] = {
	ENGINE, COMPOSE, WORKSPACE, GIT, CONTAINER_ID, ID_LABEL, CONFIG, OVERRIDE, LOG, TERMINAL, USER_DATA,
	{ "include-features-configuration", 0, FACE_BOOL, .help = "add what is known about the features" },
	{ "include-merged-configuration", 0, FACE_BOOL, .help = "add the merged configuration" },
	ADDITIONAL_FEATURES, END,
};

static const struct face_option exec_options[] = {
	ENGINE, COMPOSE, WORKSPACE, GIT, CONTAINER_ID, ID_LABEL, CONFIG, OVERRIDE, LOG, TERMINAL, USER_DATA, CONTAINER_DATA, PROBE,
	REMOTE_ENV, END,
};

#define OUTPUT_FORMAT \
	{ "output-format", 0, FACE_STRING, "text json", "text", .help = "a table for people, or JSON" }
#define LEVEL { "log-level", 0, FACE_STRING, "info debug trace", "info", .help = "how much is said on standard error" }
#define COLLECTION \
	{ "registry", 'r', FACE_STRING, .fallback = "ghcr.io", .help = "host of the registry" }, \
	{ "namespace", 'n', FACE_STRING, .required = true, .help = "the collection's name in it: owner/repository" }

static const struct face_option outdated_options[] = { WORKSPACE, CONFIG, LOG, TERMINAL, USER_DATA, OUTPUT_FORMAT, END };
static const struct face_option upgrade_options[] = {
	ENGINE, COMPOSE, WORKSPACE, CONFIG,
	{ "log-level", 0, FACE_STRING, "error info debug trace", "info", .help = "how much is said on standard error" },
	{ "dry-run", 0, FACE_BOOL, .help = "print the lockfile in place of writing it" },
	END,
};
static const struct face_option package_options[] = {
	{ "output-folder", 'o', FACE_STRING, .fallback = "./output", .help = "where to put the archives" },
	{ "force-clean-output-folder", 'f', FACE_BOOL, .help = "remove that folder first" },
	LEVEL, END,
};
static const struct face_option publish_options[] = { COLLECTION, LEVEL, END };
static const struct face_option info_options[] = { LEVEL, OUTPUT_FORMAT, END };
static const struct face_option metadata_options[] = { LEVEL, END };
static const struct face_option apply_options[] = {
	{ "workspace-folder", 'w', FACE_STRING, .help = "where to (default: the current folder)" },
	{ "template-id", 't', FACE_STRING, .required = true, .help = "the template: registry/owner/repository/id" },
	{ "template-args", 'a', FACE_STRING, .fallback = "{}", .help = "answers to its options, as JSON" },
	{ "features", 'f', FACE_STRING, .fallback = "[]", .help = "features to add, as JSON: [{\"id\": ..., \"options\": ...}]" },
	LEVEL,
	{ "tmp-dir", 0, FACE_STRING, .help = "folder for temporary files" },
	{ "omit-paths", 0, FACE_STRING, .fallback = "[]", .help = "files to leave out, as JSON; folders end in /" "*" },
	END,
};
static const struct face_option resolve_options[] = {
	{ "log-level", 0, FACE_STRING, "error info debug trace", "error", .help = "how much is said on standard error" },
	WORKSPACE, END,
};

static const struct face_command up = {
	.name = "up", .operands = "", .summary = "Create and run dev container",
	.options = up_options, .run = face_up, .failed = face_up_failed,
};
static const struct face_command set_up = {
	.name = "set-up", .operands = "", .summary = "Set up an existing container as a dev container",
	.options = set_up_options, .run = face_set_up, .failed = face_hooks_failed,
};
static const struct face_command build = {
	.name = "build", .operands = "[path]", .max = 1, .summary = "Build a dev container image",
	.options = build_options, .run = face_build, .failed = face_build_failed,
};
static const struct face_command run_user_commands = {
	.name = "run-user-commands", .operands = "", .summary = "Run user commands",
	.options = run_user_commands_options, .run = face_run_user_commands, .failed = face_hooks_failed,
};
static const struct face_command read_configuration = {
	.name = "read-configuration", .operands = "", .summary = "Read configuration",
	.options = read_configuration_options, .run = face_read_configuration,
};
static const struct face_command execute = {
	.name = "exec", .operands = "<cmd> [args..]", .min = 1, .max = (unsigned)-1, .takes_command = true,
	.summary = "Execute a command on a running dev container",
	.options = exec_options, .run = face_exec,
};

static const struct face_command outdated = {
	.name = "outdated", .operands = "", .summary = "Show current and available versions",
	.options = outdated_options, .run = face_outdated,
};
static const struct face_command upgrade = {
	.name = "upgrade", .operands = "", .summary = "Upgrade lockfile",
	.options = upgrade_options, .run = face_upgrade,
};
static const struct face_command features_package = {
	.name = "features package", .operands = "[target]", .max = 1, .summary = "Package Features",
	.options = package_options, .run = face_features_package,
};
static const struct face_command features_publish = {
	.name = "features publish", .operands = "[target]", .max = 1, .summary = "Package and publish Features",
	.options = publish_options, .run = face_features_publish,
};
static const struct face_command features_info = {
	.name = "features info", .operands = "<mode> <feature>", .min = 2, .max = 2,
	.summary = "Fetch metadata for a published Feature (manifest, tags, dependencies, verbose)",
	.options = info_options, .run = face_features_info,
};
static const struct face_command features_resolve = {
	.name = "features resolve-dependencies", .operands = "",
	.summary = "Read and resolve dependency graph from a configuration",
	.options = resolve_options, .run = face_features_resolve,
};
static const struct face_command templates_apply = {
	.name = "templates apply", .operands = "", .summary = "Apply a template to the project",
	.options = apply_options, .run = face_templates_apply,
};
static const struct face_command templates_metadata = {
	.name = "templates metadata", .operands = "<templateId>", .min = 1, .max = 1,
	.summary = "Fetch a published Template's metadata",
	.options = metadata_options, .run = face_templates_metadata,
};
static const struct face_command templates_publish = {
	.name = "templates publish", .operands = "[target]", .max = 1, .summary = "Package and publish templates",
	.options = publish_options, .run = face_templates_publish,
};

const struct face_command *const face_commands[] = { &up, &set_up, &build, &run_user_commands, &read_configuration,
	&outdated, &upgrade, &features_package, &features_publish, &features_info, &features_resolve,
	&templates_apply, &templates_publish, &templates_metadata, &execute, NULL };
