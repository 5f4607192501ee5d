/* internal.h - what the files of the verbs share. Private to src/muxcli. */
#ifndef LACE_MUXCLI_INTERNAL_H
#define LACE_MUXCLI_INTERNAL_H

#include "muxcli/muxcli.h"

/* Options; a verb takes some of them. */
enum {
	MUXCLI_PANE_ID = 1u << 0, MUXCLI_WINDOW_ID = 1u << 1, MUXCLI_TAB_ID = 1u << 2, MUXCLI_TAB_INDEX = 1u << 3,
	MUXCLI_TAB_RELATIVE = 1u << 4, MUXCLI_NO_WRAP = 1u << 5, MUXCLI_NEW_WINDOW = 1u << 6, MUXCLI_WORKSPACE = 1u << 7,
	MUXCLI_FORMAT = 1u << 8, MUXCLI_HORIZONTAL = 1u << 9, MUXCLI_LEFT = 1u << 10, MUXCLI_RIGHT = 1u << 11,
	MUXCLI_TOP = 1u << 12, MUXCLI_BOTTOM = 1u << 13, MUXCLI_TOP_LEVEL = 1u << 14, MUXCLI_CELLS = 1u << 15,
	MUXCLI_PERCENT = 1u << 16, MUXCLI_CWD = 1u << 17, MUXCLI_MOVE_PANE_ID = 1u << 18, MUXCLI_DOMAIN = 1u << 19,
	MUXCLI_NO_PASTE = 1u << 20, MUXCLI_START_LINE = 1u << 21, MUXCLI_END_LINE = 1u << 22, MUXCLI_ESCAPES = 1u << 23,
	MUXCLI_AMOUNT = 1u << 24, MUXCLI_ZOOM = 1u << 25, MUXCLI_UNZOOM = 1u << 26, MUXCLI_TOGGLE = 1u << 27,
	MUXCLI_PEM = 1u << 28,
};
#define MUXCLI_SIDES (MUXCLI_HORIZONTAL | MUXCLI_LEFT | MUXCLI_RIGHT | MUXCLI_TOP | MUXCLI_BOTTOM)

/* One run of a verb. */
struct run {
	const struct muxcli_args *a;
	struct muxcli_conn *conn;
	struct str *out;
	struct err *err;
};

enum positional { REST_NONE, REST_COMMAND, REST_TEXT, REST_DIRECTION, REST_TITLE };
struct muxcli_verb {
	const char *name;
	unsigned takes;                    /* MUXCLI_* */
	enum positional rest;
	int (*run)(struct run *r);
	const char *summary;
};
extern const struct muxcli_verb muxcli_verbs[];
extern const size_t muxcli_n_verbs;

/* Asks; the answer has this ident, or NULL with err. It lives until the next call. */
const struct wire_pdu *muxcli_call(struct run *r, uint32_t ident, const union wire_body *body, uint32_t answer);
typedef void (*muxcli_leaf_cb)(void *user, const struct wire_pane_entry *e, const struct wire_str *tab_title);
void muxcli_each_pane(const struct wire_list_panes_response *l, muxcli_leaf_cb cb, void *user);
/* The pane that is meant: --pane-id, $WEZTERM_PANE, or the focused one of the client that typed last. */
int muxcli_pane(struct run *r, uint64_t *ret);

/* list.c */
int muxcli_list(struct run *r);
int muxcli_list_clients(struct run *r);
/* text.c */
int muxcli_get_text(struct run *r);

#endif
