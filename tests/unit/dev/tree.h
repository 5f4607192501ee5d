/* tree.h - a temporary folder with files in it, for tests that read real paths. */
#ifndef LACE_TESTS_DEV_TREE_H
#define LACE_TESTS_DEV_TREE_H

#include "base/mem.h"
#include "host/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char tree_root[64];

static inline int tree_setup(void **state)
{
	char tmp[] = "/tmp/lace-dev-XXXXXX";
	if (!mkdtemp(tmp))
		return -1;
	snprintf(tree_root, sizeof(tree_root), "%s", tmp);
	return 0;
}

static inline int tree_teardown(void **state)
{
	struct err err = ERR_INIT;
	int r = fs_remove_tree(tree_root, &err);
	err_fini(&err);
	return r;
}

/* "ROOT/rest", malloc()ed. */
static inline char *tree_path(const char *rest)
{
	return xasprintf("%s/%s", tree_root, rest);
}

static inline void tree_write(const char *rest, const char *text)
{
	cleanup_free char *path = tree_path(rest), *dir = fs_dirname(path);
	struct err err = ERR_INIT;
	if (fs_mkdir_p(dir, 0755, &err) < 0 || fs_write_atomic(path, text, strlen(text), 0644, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

/* What git takes for a repository. */
static inline void tree_git(const char *rest)
{
	static const char *const parts[] = { "HEAD", "objects/x", "refs/x" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		cleanup_free char *name = xasprintf("%s/%s", rest, parts[i]);
		tree_write(name, "ref: refs/heads/main\n");
	}
}

#endif
