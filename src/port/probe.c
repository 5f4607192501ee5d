/* Whether a port can be had. Binding the two "any" addresses without
 * SO_REUSEADDR conflicts with every socket on any address of this host, also one
 * that does not listen yet; connecting, as the old tool did, sees only listeners
 * on the one address that it tries. */
#include "port/port.h"

#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static bool try_bind(int family, int port, bool reuse)
{
	cleanup_close int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;            /* no such family here: nobody can hold a port of it */
	int one = 1;
	int rc;
	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6) {
		struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	} else {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
		rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	}
	if (rc == 0 && reuse)
		rc = listen(fd, 1);
	return rc == 0 || (errno != EADDRINUSE && errno != EACCES);
}

/* Whether the kernel has a connection whose local port this is. */
static bool has_connection(const char *table, int port)
{
	FILE *f = fopen(table, "re");
	char line[512];
	bool found = false;
	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned local, state;
		/* "sl: ADDRESS:PORT ADDRESS:PORT STATE", hexadecimal; state 0A is LISTEN */
		if (sscanf(line, "%*u: %*[0-9A-F]:%4x %*[0-9A-F]:%*4x %2x", &local, &state) == 2)
			found = local == (unsigned)port && state != 0x0A;
	}
	if (f)
		fclose(f);
	return found;
}

bool port_is_free(int port)
{
	static const int family[] = { AF_INET, AF_INET6 };
	if (port < 1 || port > 65535)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(family); i++) {
		if (try_bind(family[i], port, false))
			continue;
		/* Connections of a listener that is gone are in the way of such a bind, but of no server that
		 * uses SO_REUSEADDR, as engines do. Then the port is free, if it is them and not a socket that
		 * was only bound: the kernel lists connections, but not those. */
		if (!try_bind(family[i], port, true))
			return false;
		if (!has_connection("/proc/net/tcp", port) && !has_connection("/proc/net/tcp6", port))
			return false;
	}
	return true;
}
