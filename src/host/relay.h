/* relay.h - a stream on our own stdin and stdout: what a proxy command does. */
#ifndef LACE_HOST_RELAY_H
#define LACE_HOST_RELAY_H

struct relay {
	int from, to;                 /* the stream; the same descriptor for a socket */
	int errors;                   /* is polled and drained, or -1 */
	int (*drain)(void *user);     /* returns what is polled from then on */
	void *user;
};

/* Copies stdin to the stream and the stream to stdout, until the stream has ended and all of it is written, or
 * nobody reads stdout any more. The end of stdin is passed on. Neither side can block the other. Stdin and stdout
 * are not blocking meanwhile. 0; -1 with errno when it cannot wait. */
int relay_run(const struct relay *r);

#endif
