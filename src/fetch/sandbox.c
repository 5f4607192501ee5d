/* Landlock (Linux 5.13) is asked for what this kernel's version of it has. A kernel without
 * leaves the rest of this file, and the program works the same. */
#include "fetch/sandbox.h"

#include "base/mem.h"
#include "fetch/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12 (include/uapi/linux/landlock.h). */
#define FS_REFER (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define NET_BIND_TCP (1ull << 0)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)
struct ruleset { uint64_t fs, net, scoped; };

enum { MEMORY_MAX = 1 << 30, FILES_MAX = 512 };

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_FIRST ((1ull << 13) - 1)     /* every right of the first version */

/* Libraries, certificates, and what the C library looks names up in. A missing one is left out. */
static const char *const readable[] = { "/usr", "/lib", "/lib64", "/etc", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager", "/var/lib/ca-certificates", "/var/run/nscd", "/dev/urandom", "/dev/null", "/nix/store" };

static void allow(int rules, const char *path, uint64_t rights)
{
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
	if (fd >= 0 && syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 && errno == EINVAL) {
		/* a file has no rights of folders */
		rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
}

static int enter_landlock(const char *cache, struct err *err)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return 0;
	struct ruleset r = { .fs = ALL_FIRST | (version >= 2 ? FS_REFER : 0) | (version >= 3 ? FS_TRUNCATE : 0) |
	    (version >= 5 ? FS_IOCTL_DEV : 0), .net = version >= 4 ? NET_BIND_TCP : 0,
		.scoped = version >= 6 ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0 };
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	cleanup_close int rules = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (rules < 0)
		return err_sys(err, "cannot make a Landlock ruleset");
	for (size_t i = 0; i < ARRAY_LEN(readable); i++)
		allow(rules, readable[i], READ);
	allow(rules, cache, r.fs & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | FS_IOCTL_DEV));
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return err_sys(err, "cannot enter the Landlock ruleset");
	return 0;
}

static void limit(int what, rlim_t most)
{
	struct rlimit now;
	if (getrlimit(what, &now) == 0 && now.rlim_max > most)
		setrlimit(what, &(struct rlimit){ most, most });
}

int sandbox_enter(const char *cache, struct err *err)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, (rlim_t)UNPACK_BYTES_MAX);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)       /* whose shadows alone are more */
	limit(RLIMIT_DATA, MEMORY_MAX);
#endif
	limit(RLIMIT_NOFILE, FILES_MAX);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, "cannot give up privileges");
	return enter_landlock(cache, err);
}
