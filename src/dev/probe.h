/* probe.h - the one script that looks at a container as the remote user, and what its output says.
 *
 * Source: reference/devcontainer.md 3.7, 3.8. The output comes from inside the
 * container and is hostile: everything in it is bounded, and what start-up files
 * print is told from our own lines by a random mark. */
#ifndef LACE_DEV_PROBE_H
#define LACE_DEV_PROBE_H

#include "base/str.h"

#define PROBE_MARKERS 4                  /* onCreate, updateContent, postCreate, postStart */
#define PROBE_POST_START 3
#define PROBE_MARK_LEN 32
#define PROBE_ENV_MAX 4096u              /* variables */

extern const char *const probe_marker_files[PROBE_MARKERS];

struct probe {
	bool complete;                   /* the first part arrived: all but env is valid */
	long pid;                        /* of the shell, in the container; 0 unknown */
	long uid;
	char *home, *shell;
	bool dir_exists;
	bool patched;                    /* /etc/environment and /etc/profile were taken care of */
	char *markers[PROBE_MARKERS];    /* first line of each marker file; NULL without the file */
	char session_digest[65];         /* SHA-256 of the session file, "" when unknown */
	bool has_env;                    /* the second part arrived too */
	struct strv env;                 /* what the shell exported; without PWD and the like */
};

struct probe_question {
	const char *mark;
	const char *user, *dir;
	const char *mode;                /* userEnvProbe; NULL: the default */
	const struct strv *container_env;
	bool patch;                      /* stop early when the patches are missing and this user cannot make them */
	const char *stamps[PROBE_MARKERS];/* contents of markers to write right now where they are due; or NULL */
	const char *data_folder, *system_folder;  /* of the markers; NULL: the usual ones */
};
/* argv for the container. Its stdin is what probe_environment() makes. */
void probe_argv(struct strv *ret, const struct probe_question *q);
/* argv of the patches alone, run as root; the same stdin. Exit code 0 when both are made. */
void probe_patch_argv(struct strv *ret, const char *system_folder);
/* Where the hooks' markers are: said (may be NULL), else below home. malloc()ed. */
char *probe_data_folder(const char *said, const char *home);
/* Lines for /etc/environment. */
void probe_environment(const struct strv *container_env, struct str *ret);
/* Random letters for the mark. */
void probe_mark(char ret[PROBE_MARK_LEN + 1]);

void probe_parse(const char *out, size_t len, const char *mark, struct probe *ret);
void probe_fini(struct probe *p);

/* The container's PATH entries that the shell's PATH lost, put back behind their predecessors; sbin folders
 * only for root. For containers whose /etc/profile could not be patched. malloc()ed. */
char *probe_merge_path(const char *shell_path, const char *container_path, bool root);

#endif
