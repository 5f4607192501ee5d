/* tmp.h - a folder of its own for each test, removed at the end. */
#ifndef LACE_TESTS_HOST_TMP_H
#define LACE_TESTS_HOST_TMP_H

#include "base/mem.h"
#include "host/fs.h"

#include <stdlib.h>

static inline int tmp_setup(void **state)
{
	const char *root = getenv("TMPDIR");
	char *dir = xasprintf("%s/lace-test-XXXXXX", root ? root : "/tmp");
	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static inline int tmp_teardown(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	int rc = fs_remove_tree(*state, &err);
	free(*state);
	return rc;
}

#define tmp_test(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)
#endif
