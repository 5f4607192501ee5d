/* sock.h - sockets that hold a port, in each of the ways a port can be held. */
#ifndef LACE_TESTS_PORT_SOCK_H
#define LACE_TESTS_PORT_SOCK_H

#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* Binds (port 0: any) and listens when wanted; -1 when the address is not there or the port is taken. */
static inline int hold(const char *address, int port, bool listening, bool reuse)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	bool is_six = strchr(address, ':') != NULL;
	inet_pton(is_six ? AF_INET6 : AF_INET, address, is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr);
	int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd < 0)
		return -1;
	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	int rc = is_six ? bind(fd, (struct sockaddr *)&six, sizeof(six)) :
	    bind(fd, (struct sockaddr *)&four, sizeof(four));
	if (rc == 0 && (!listening || listen(fd, 8) == 0))
		return fd;
	close(fd);
	return -1;
}

static inline int port_of(int fd)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);
	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin6_port) : -1;
}
#endif
