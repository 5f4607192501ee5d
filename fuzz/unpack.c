/* An archive from outside: whatever it holds, nothing is made beside the folder that it is unpacked into. */
#include "base/mem.h"
#include "base/str.h"
#include "fetch/unpack.h"
#include "host/fs.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char top[] = "/dev/shm/lace-fuzz-XXXXXX";

static void clean_up(void)
{
	cleanup_err struct err ignored = ERR_INIT;
	fs_remove_tree(top, &ignored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *inside;
	if (!inside) {
		if (!mkdtemp(top) || atexit(clean_up) != 0)
			abort();
		inside = fs_join(top, "a/b");
	}
	cleanup_err struct err err = ERR_INIT;
	if (size > 1 << 16 || fs_mkdir_p(inside, 0755, &err) < 0)
		return 0;
	cleanup_close int fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	unpack(fd, inside, "fuzz", &err);
	/* a has only b, and top has only a: their link counts and entries say so */
	struct stat st;
	cleanup_free char *a = fs_join(top, "a"), *stray = fs_join(top, "stray"), *stray2 = fs_join(top, "a/stray");
	if (stat(top, &st) < 0 || st.st_nlink != 3 || stat(a, &st) < 0 || st.st_nlink != 3 || fs_exists(stray) || fs_exists(stray2))
		abort();
	cleanup_err struct err ignored = ERR_INIT;
	fs_remove_tree(inside, &ignored);
	return 0;
}
