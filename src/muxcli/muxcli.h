/* muxcli.h - the verbs of `wezterm cli`, over one connection to a mux server.
 *
 * What each verb asks, and what it prints, is the real program's to the column
 * (reference/wezterm-mux.md 4.10, 5.3, and the recordings): `wezterm cli VERB` in the
 * container and `lace mux VERB` on the host are these. The caller connects. */
#ifndef LACE_MUXCLI_MUXCLI_H
#define LACE_MUXCLI_MUXCLI_H

#include "base/err.h"
#include "base/str.h"
#include "wire/client.h"

struct muxcli_verb;

/* The command line of one verb. Strings point into argv. */
struct muxcli_args {
	const struct muxcli_verb *verb;
	unsigned set;                      /* MUXCLI_* of the options given */
	uint64_t pane_id, window_id, tab_id, tab_index, move_pane_id, cells, amount;
	int64_t tab_relative, start_line, end_line;
	uint8_t percent;
	bool json;
	const char *cwd, *workspace, *domain;
	uint32_t direction;                /* WIRE_DIRECTION_* */
	char **rest;                       /* positional arguments */
	size_t n_rest;
};

/* argv[0] is the verb's name. ERR_USAGE with the text of the real program; --help: returns 1, and
 * text is what to print. */
int muxcli_parse(int argc, char **argv, struct muxcli_args *ret, struct str *text, struct err *err);
bool muxcli_is_verb(const char *name);
/* "  list    panes\n ...": for a help text. */
void muxcli_summary(struct str *text);

enum muxcli_errors {
	MUXCLI_ERRORS_WEZTERM,             /* as the real program words them, for those who look for that */
	MUXCLI_ERRORS_PLAIN,               /* what the server says */
};
struct muxcli_conn {
	struct wire_client *client;
	unsigned codec;                    /* the server's */
	enum muxcli_errors errors;
	int timeout_ms;                    /* for each answer */
	bool local;                        /* the server sees the caller's files: folders are made absolute */
};
/* Fills client and codec; the server is asked what it speaks. The other members are the caller's before. */
int muxcli_open(struct muxcli_conn *conn, int rfd, int wfd, struct err *err);
void muxcli_close(struct muxcli_conn *conn);
/* Output for stdout is appended to out, whole, also when an error follows. */
int muxcli_run(const struct muxcli_args *args, struct muxcli_conn *conn, struct str *out, struct err *err);

#endif
