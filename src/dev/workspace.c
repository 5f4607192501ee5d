/* The default workspace mount: the git top level, so that the history is there
 * inside, with the project folder below it; else the folder itself.
 *
 * The top level is found as git finds it (an upward search for .git that stops
 * at a file system's border), without the price of a process. Where git would
 * also weigh whom the repository belongs to, git itself is asked. */
#include "dev/workspace.h"

#include "base/mem.h"
#include "dev/mount.h"
#include "host/fs.h"
#include "host/proc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GIT_FILE_MAX 8192
#define GIT_TIMEOUT_MS 10000

static bool has(const char *dir, const char *name)
{
	cleanup_free char *path = fs_join(dir, name);
	struct stat st;
	return lstat(path, &st) == 0;
}

/* The three that git wants to see before it believes in a repository. */
static bool is_git_dir(const char *dir)
{
	return has(dir, "HEAD") && has(dir, "objects") && has(dir, "refs");
}

/* A ".git" file names the repository: worktrees and submodules. */
static bool is_git_file(const char *folder, const char *path)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	if (fs_read(path, GIT_FILE_MAX, &text, &ignored) < 0 || !str_starts(text.s, "gitdir: "))
		return false;
	text.s[strcspn(text.s, "\r\n")] = '\0';
	cleanup_free char *target = fs_join(folder, text.s + strlen("gitdir: "));
	return has(target, "HEAD");
}

/* safe.directory: somebody else's repository counts only where the person's configuration says so. */
static bool git_agrees(const char *top)
{
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_str struct str out = STR_INIT, noise = STR_INIT;
	struct proc p;
	proc_init(&p);
	static const char *const ask[] = { "git", "rev-parse", "--show-cdup", NULL };
	strv_push_all(&p.argv, ask);
	p.dir = top;
	int status = proc_capture(&p, NULL, &out, &noise, GIT_FILE_MAX, GIT_TIMEOUT_MS, &ignored);
	proc_fini(&p);
	return status == 0;
}

char *dev_git_top(const char *dir)
{
	cleanup_free char *folder = xstrdup(dir);
	struct stat start, st;
	if (stat(folder, &start) < 0)
		return NULL;
	for (;;) {
		cleanup_free char *git = fs_join(folder, ".git");
		if (stat(folder, &st) < 0 || st.st_dev != start.st_dev)
			return NULL;
		uid_t owner = st.st_uid;
		bool found = false;
		if (stat(git, &st) == 0) {
			if (S_ISREG(st.st_mode) && !is_git_file(folder, git))
				return NULL;
			found = S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && is_git_dir(git));
		}
		if (found) {
			if ((owner != geteuid() || st.st_uid != geteuid()) && !git_agrees(folder))
				return NULL;
			return xstrdup(folder);
		}
		if (is_git_dir(folder) || str_eq(folder, "/"))
			return NULL;    /* inside a repository's own files, or nowhere */
		char *up = fs_dirname(folder);
		free(folder);
		folder = up;
	}
}

static char *bind(const char *source, const char *target)
{
	struct str mount = STR_INIT;
	str_puts(&mount, "type=bind");
	dev_mount_field(&mount, "source", source);
	dev_mount_field(&mount, "target", target);
	return str_detach(&mount);
}

void dev_workspace_default(const char *workspace, bool git_root, char **ret_mount, char **ret_folder)
{
	cleanup_free char *top = git_root ? dev_git_top(workspace) : NULL;
	const char *root = top ? top : workspace;
	const char *below = workspace + (str_eq(root, "/") ? 0 : strlen(root));   /* "" or "/sub/folder" */
	cleanup_free char *target = xasprintf("/workspaces/%s", fs_basename(root));

	*ret_mount = bind(root, target);
	*ret_folder = xasprintf("%s%s", target, str_eq(below, "/") ? "" : below);
}

/* The repository of a worktree: what ".git" names is COMMON/worktrees/NAME. malloc()ed, or NULL. */
static char *common_dir(const char *top)
{
	cleanup_free char *file = fs_join(top, ".git");
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	if (fs_read(file, GIT_FILE_MAX, &text, &ignored) < 0 || !str_starts(text.s, "gitdir: ../"))
		return NULL;
	text.s[strcspn(text.s, "\r\n")] = '\0';
	cleanup_free char *path = fs_join(top, text.s + strlen("gitdir: ")), *real = fs_realpath(path, &ignored);
	cleanup_free char *worktrees = real ? fs_dirname(real) : NULL;
	return worktrees && str_eq(fs_basename(worktrees), "worktrees") ? fs_dirname(worktrees) : NULL;
}

/* Bytes of the folder that both lie in, without the slash behind it. */
static size_t shared(const char *a, const char *b)
{
	size_t len = 0;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			len = i;
	return len;
}

bool dev_workspace_worktree(const char *workspace, char **ret_mount, char **ret_folder, char **ret_common)
{
	cleanup_free char *top = dev_git_top(workspace), *common = top ? common_dir(top) : NULL;
	if (common == NULL)
		return false;
	size_t above = shared(top, common);
	cleanup_free char *target = xasprintf("/workspaces%s", top + above), *there = xasprintf("/workspaces%s", common + above);
	*ret_mount = bind(top, target);
	*ret_folder = xasprintf("%s%s", target, workspace + strlen(top));
	*ret_common = bind(common, there);
	return true;
}
