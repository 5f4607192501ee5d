#include "tls/address.h"

#include "base/mem.h"

#include <string.h>

int tls_address(const char *text, bool passive, char **ret_host, struct addrinfo **ret, struct err *err)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;
	const char *host = text;
	/* A static program looks no names up: that would load libraries of the system it runs on. */
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST | (passive ? AI_PASSIVE : 0) };

	if (colon == NULL || len == 0 || colon[1] == '\0')
		return err_set(err, ERR_USAGE, "\"%s\" is no address: write ADDRESS:PORT, or [ADDRESS]:PORT for IPv6", text);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	cleanup_free char *name = xmemdup0(host, len);
	int rc = getaddrinfo(strcmp(name, "localhost") == 0 ? "127.0.0.1" : name, colon + 1, &hints, ret);
	if (rc != 0)
		return err_set(err, ERR_USAGE, "%s: %s; write a numeric address or localhost", text, gai_strerror(rc));
	if (ret_host != NULL) {
		*ret_host = name;
		name = NULL;
	}
	return 0;
}
