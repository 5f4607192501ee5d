/* no_nss.c - what libuv refers to and this program never calls.
 *
 * A static program cannot use the system's name service (we read /etc/passwd ourselves,
 * mux/passwd.h); libuv's uv_os_homedir(), uv_if_indextoname() and the like would bring it in
 * all the same, with a loader and a netlink client, for 90 kB. */
#include <errno.h>
#include <net/if.h>
#include <pwd.h>

int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t size, struct passwd **ret)
{
	*ret = NULL;
	return ENOENT;
}

unsigned if_nametoindex(const char *name) { return 0; }

char *if_indextoname(unsigned index, char name[IF_NAMESIZE])
{
	errno = ENXIO;
	return NULL;
}
