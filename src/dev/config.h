/* config.h - devcontainer.json: finding, reading, checking, substituting.
 *
 * Source: reference/devcontainer.md 1.1-1.4, 3.3. The tracked file is never
 * written. Wrong types and what this version cannot do yet are reported with
 * file, line and column: wrong types as errors, the rest as one warning each. */
#ifndef LACE_DEV_CONFIG_H
#define LACE_DEV_CONFIG_H

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

enum dev_kind { DEV_KIND_NONE, DEV_KIND_IMAGE, DEV_KIND_DOCKERFILE, DEV_KIND_COMPOSE };

/* What a command line adds to a configuration. Borrowed: it outlives the configuration. Zeroes: nothing. */
struct dev_extra {
	const struct strv *id_labels;     /* "name=value", in place of the two default ones; NULL or empty: those */
	json_object *features;            /* beside the configuration's own, which win */
	const struct strv *mounts;        /* --mount values */
	const struct strv *environment;   /* "NAME=value" of hooks and exec; remoteEnv wins */
	const char *probe;                /* userEnvProbe where nothing says one */
	const char *data_folder, *system_folder;  /* in the container, of markers: ~/.devcontainer, /var/devcontainer */
	enum { DEV_GPU_DETECT, DEV_GPU_ALL, DEV_GPU_NONE } gpu;
	enum { DEV_UID_ON, DEV_UID_OFF, DEV_UID_NEVER } uid;  /* updateRemoteUserUID where nothing says it; or never */
};

struct dev_config {
	char *workspace;            /* absolute, links resolved: value of label devcontainer.local_folder. NULL: none is
	                             * known, only a container; then there is no file either */
	char *config_path;          /* absolute: value of label devcontainer.config_file; NULL without a file */
	char *config_dir;           /* its folder: relative paths in it start here */
	enum dev_kind kind;
	json_object *raw;           /* as read, legacy keys moved; what goes into the metadata label */
	json_object *conf;          /* after the local pass (localEnv, local/containerWorkspaceFolder*) and devcontainerId */
	char *id;                   /* ${devcontainerId}, 52 characters; NULL: nobody knows it */
	char *workspace_mount;      /* a --mount value, or NULL when there is none */
	char *worktree_mount;       /* the same of a git worktree's repository, or NULL */
	char *workspace_folder;     /* absolute path in the container; NULL: nobody says */
	struct dev_extra extra;
};

struct dev_config_options {
	const char *config;         /* --config FILE, or NULL: discovery */
	const char *name;           /* which of .devcontainer/<name>/devcontainer.json when there are several, or NULL */
	const char *override;       /* FILE that is read in place of the one found, which gives labels and folders its path */
	bool any_name;              /* of the --config FILE */
	bool no_git_root;           /* mount the folder itself, not its git top level */
	bool worktree;              /* mount the repository of a git worktree too */
	bool no_id;                 /* ${devcontainerId} stays as it is */
	struct dev_extra extra;
};

/* path is the project folder as given; NULL: there is only a container, perhaps with opts->config. Several candidates and none chosen: ERR_USAGE that lists them;
 * none: ERR_NOT_FOUND. Warnings are logged with log_warn(). */
struct dev_config *dev_config_load(const char *path, const struct dev_config_options *opts, struct err *err);
void dev_config_free(struct dev_config *c);

/* Checks every known property's type; unknown ones and those in `unsupported` are warned about. */
int dev_config_check(json_object *conf, const char *file, struct err *err);

/* ---- variables (1.3) ---- */
struct dev_vars {
	const char *workspace, *workspace_folder;   /* local folder; container folder or NULL while unknown */
	const char *id;                             /* devcontainerId, or NULL: left verbatim */
	const struct strv *container_env;           /* or NULL: ${containerEnv:} left verbatim */
	const char *(*local_env)(const char *name); /* NULL: getenv */
	bool container_only;                        /* the second pass: what else stands there is text by now */
};
/* A new tree with every string value substituted once; keys are not. */
json_object *dev_substitute(json_object *value, const struct dev_vars *vars, struct err *err);
char *dev_substitute_string(const char *s, const struct dev_vars *vars, struct err *err);
/* labels: "name=value" strings in any order (1.4). malloc()ed. */
char *dev_container_id(const struct strv *labels);
/* The labels that a container of this configuration is found by. */
void dev_id_labels(const struct dev_config *c, struct strv *ret);
/* "vsc-<basename>-<sha256>" (2.7), malloc()ed. */
char *dev_image_name(const char *workspace);
/* The name lace calls a project by: the folder's basename, made safe for host names. malloc()ed. */
char *dev_project_name(const char *workspace);

#endif
