/* mux.c - what bench/mux.py has done inside of panes, around them and on the server's socket.
 *
 *     bench_mux blast CONTROL RESULT           in a pane: writes payloads, see blast()
 *     bench_mux lines N                        in a pane: N lines of log, then nothing more
 *     bench_mux flood                          in a pane: log for ever
 *     bench_mux bare PROGRAM [ARG...]          a pty that is read as fast as it can be, and by nobody else
 *     bench_mux until TEXT PROGRAM [ARG...]    ms until a program on a terminal of 50x200 shows the text
 *     bench_mux keys N PROGRAM [ARG...]        us from each of N keys to what comes back
 *     bench_mux frames SOCKET PANE N           us from connect() to the pane's whole screen, N times
 *     bench_mux typing SOCKET PANE N           us from each of N keys to its push, over the socket
 *
 * A program that is given runs on a pty of its own, 80x24 unless it says otherwise. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "payload.h"
#include "wire/client.h"

#define READ_SIZE (64u << 10)
#define PIECE (64u << 10)
#define QUIET_MS 4                     /* after a key: nothing more belongs to it */
#define WAIT_MS 20000

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_mux: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(int fd, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, data + at, MIN(len - at, (size_t)PIECE));
		if (n < 0 && errno != EINTR)
			die("write");
		at += n > 0 ? (size_t)n : 0;
	}
}

/* ---- in a pane -------------------------------------------------------------------- */

static void make_raw(void)
{
	struct termios t;

	if (tcgetattr(0, &t) != 0)
		die("a terminal");
	cfmakeraw(&t);
	tcsetattr(0, TCSANOW, &t);
}

/* "NAME BYTES" on the pipe CONTROL: so much of that payload is written, then the terminal is asked for its
 * status; the seconds until it has answered, which it does when it has understood all before, go to RESULT. */
static int blast(const char *control, const char *result)
{
	FILE *in = fopen(control, "r+");       /* so that it does not end when a writer does */
	int out = open(result, O_RDWR | O_CLOEXEC);
	char name[32], line[64];
	unsigned long bytes;

	if (in == NULL || out < 0)
		die(control);
	make_raw();
	while (fscanf(in, "%31s %lu", name, &bytes) == 2) {
		cleanup_str struct str s = STR_INIT;
		const struct payload *p = payload_find(name);
		char c = 0;

		if (p == NULL)
			die(name);
		payload_fill(p, &s, bytes);
		str_puts(&s, "\033[5n");
		double begin = seconds();
		write_all(1, s.s, s.len);
		while (c != 'n' && read(0, &c, 1) == 1)
			;
		int n = snprintf(line, sizeof(line), "%zu %.6f\n", s.len, seconds() - begin);
		if (write(out, line, (size_t)n) < 0)
			die(result);
	}
	return 0;
}

static void log_lines(unsigned long n)
{
	cleanup_str struct str s = STR_INIT;

	payload_seed();
	for (unsigned long i = 0; i < n; i++)
		payload_log_line(&s);
	write_all(1, s.s, s.len);
}

static int lines(unsigned long n)
{
	make_raw();
	log_lines(n);
	while (pause() < 0)
		;
	return 0;
}

static int flood(void)
{
	make_raw();
	while (tcgetpgrp(1) >= 0)
		log_lines(10000);
	return 0;
}

/* ---- around a program ---------------------------------------------------------------- */

static pid_t child;

static int start(char **argv, unsigned short rows, unsigned short cols)
{
	int master;

	child = forkpty(&master, NULL, NULL, &(struct winsize){ .ws_row = rows, .ws_col = cols });
	if (child < 0)
		die("forkpty");
	if (child == 0) {
		execvp(argv[0], argv);
		die(argv[0]);
	}
	return master;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Nobody but this reads; the one question that is asked is answered. */
static int bare(char **argv)
{
	static char buffer[READ_SIZE + 4];
	int fd = start(argv, 24, 80);
	size_t kept = 0;                       /* of the last read, in front of the next */

	for (;;) {
		ssize_t n = read(fd, buffer + kept, READ_SIZE);
		if (n <= 0)
			return 0;
		size_t len = kept + (size_t)n;
		if (len >= 4 && memcmp(buffer + len - 4, "\033[5n", 4) == 0)
			write_all(fd, "\033[0n", 4);
		kept = MIN(len, (size_t)3);
		memmove(buffer, buffer + len - kept, kept);
	}
}

static void end_child(void)
{
	kill(child, SIGHUP);
	waitpid(child, NULL, 0);
}

static int until(const char *text, char **argv)
{
	cleanup_str struct str seen = STR_INIT;
	static char buffer[READ_SIZE];
	double begin = seconds();
	int fd = start(argv, 51, 200);         /* the last row may be a client's own */

	while (readable(fd, WAIT_MS)) {
		ssize_t n = read(fd, buffer, sizeof(buffer));
		if (n <= 0)
			break;
		str_add(&seen, buffer, (size_t)n);
		if (memmem(seen.s, seen.len, text, strlen(text)) != NULL) {
			printf("%.3f\n", (seconds() - begin) * 1e3);
			end_child();
			return 0;
		}
	}
	fprintf(stderr, "bench_mux: %s did not show \"%s\"\n", argv[0], text);
	end_child();
	return 1;
}

static void drain(int fd, int quiet_ms)
{
	static char buffer[READ_SIZE];

	while (readable(fd, quiet_ms) && read(fd, buffer, sizeof(buffer)) > 0)
		;
}

static int keys(unsigned long n, char **argv)
{
	int fd = start(argv, 24, 80);

	drain(fd, 700);
	for (unsigned long i = 0; i < n; i++) {
		char key = (char)('a' + i % 26);
		if (i % 60 == 59) {            /* a line that the kernel edits has an end */
			write_all(fd, "\r", 1);
			drain(fd, 50);
		}
		double begin = seconds();
		write_all(fd, &key, 1);
		if (!readable(fd, WAIT_MS)) {
			fprintf(stderr, "bench_mux: a key was not echoed\n");
			return 1;
		}
		printf("%.1f\n", (seconds() - begin) * 1e6);
		drain(fd, QUIET_MS);
	}
	end_child();
	return 0;
}

/* ---- on the socket ------------------------------------------------------------------------ */

struct client {
	struct wire_client *c;
	int fd;
	uint64_t pane;
	size_t rows;                           /* that came with the last push */
	uint64_t x;                            /* where the cursor was */
	unsigned pushes;
};

static void on_pdu(void *user, const struct wire_pdu *pdu)
{
	struct client *c = user;
	const struct wire_render_changes *r = &pdu->body.render_changes;

	if (pdu->ident != WIRE_GET_PANE_RENDER_CHANGES_RESPONSE || r->pane_id != c->pane)
		return;
	c->rows = r->bonus_lines.n_lines;
	c->x = r->cursor_position.x;
	c->pushes++;
}

static const struct wire_pdu *call(struct client *c, uint32_t ident, const union wire_body *b)
{
	const struct wire_pdu *answer;

	if (wire_client_call(c->c, ident, b, WAIT_MS, &answer) != WIRE_CLIENT_OK ||
	    answer->ident == WIRE_ERROR_RESPONSE) {
		fprintf(stderr, "bench_mux: the server did not answer %s\n", wire_ident_name(ident));
		exit(1);
	}
	return answer;
}

/* What a GUI does until it shows the pane. */
static void attach(struct client *c, const char *path, uint64_t pane)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	*c = (struct client){ .pane = pane, .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (strlen(path) >= sizeof(a.sun_path))
		die(path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK) != 0)
		die(path);
	c->c = wire_client_create(c->fd, c->fd, WIRE_CODEC_LACE, on_pdu, c);
	call(c, WIRE_GET_CODEC_VERSION, NULL);
	call(c, WIRE_SET_CLIENT_ID, &(union wire_body){ .set_client_id = { .client_id = {
	    .hostname = WIRE_STR("bench"), .username = WIRE_STR("bench"), .pid = 1 } } });
	call(c, WIRE_LIST_PANES, NULL);
	/* The push comes before the answer. */
	call(c, WIRE_GET_PANE_RENDER_CHANGES, &(union wire_body){ .pane_ref = { pane } });
}

static void detach(struct client *c)
{
	wire_client_destroy(c->c);
	close(c->fd);
}

static int frames(const char *path, uint64_t pane, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		struct client c;
		double begin = seconds();

		attach(&c, path, pane);
		double took = seconds() - begin;
		if (c.rows < 50) {
			fprintf(stderr, "bench_mux: the first push had %zu rows\n", c.rows);
			return 1;
		}
		printf("%.1f\n", took * 1e6);
		detach(&c);
	}
	return 0;
}

/* The next push of the pane; false when none comes in time, whatever is told of others. */
static bool next_push(struct client *c, int ms)
{
	double end = seconds() + ms / 1e3;

	for (unsigned had = c->pushes; c->pushes == had;) {
		double left = end - seconds();
		if (left < 0 || (!wire_client_pending(c->c) && !readable(c->fd, (int)(left * 1e3) + 1)))
			return false;
		if (wire_client_readable(c->c) != WIRE_CLIENT_OK)
			return false;
	}
	return true;
}

static void type(struct client *c, const char *key)
{
	wire_client_send(c->c, WIRE_WRITE_TO_PANE, &(union wire_body){ .write_to_pane = { c->pane, { key, 1 } } });
}

static int typing(const char *path, uint64_t pane, unsigned long n)
{
	struct client c;

	attach(&c, path, pane);
	while (next_push(&c, 700))
		;
	for (unsigned long i = 0; i < n; i++) {
		if (i % 60 == 59) {
			type(&c, "\r");
			while (next_push(&c, 50))
				;
		}
		uint64_t x = c.x;
		double begin = seconds();
		type(&c, "x");
		while (c.x == x)
			if (!next_push(&c, WAIT_MS)) {
				fprintf(stderr, "bench_mux: a key was not echoed\n");
				return 1;
			}
		printf("%.1f\n", (seconds() - begin) * 1e6);
		while (next_push(&c, QUIET_MS))
			;
	}
	detach(&c);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (str_eq(verb, "blast") && argc == 4)
		return blast(argv[2], argv[3]);
	if (str_eq(verb, "lines") && argc == 3)
		return lines(n);
	if (str_eq(verb, "flood") && argc == 2)
		return flood();
	if (str_eq(verb, "bare") && argc > 2)
		return bare(argv + 2);
	if (str_eq(verb, "until") && argc > 3)
		return until(argv[2], argv + 3);
	if (str_eq(verb, "keys") && argc > 3)
		return keys(n, argv + 3);
	if (str_eq(verb, "frames") && argc == 5)
		return frames(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	if (str_eq(verb, "typing") && argc == 5)
		return typing(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	fprintf(stderr, "bench_mux: what? see the top of bench/mux.c\n");
	return 2;
}
