/* session.h - one attachment: the connection, the pane, the terminal. Shared by client.c and its parts. */
#ifndef LACE_CLIENT_SESSION_H
#define LACE_CLIENT_SESSION_H

#include "client/client.h"
#include "client/draw.h"
#include "client/find.h"
#include "client/input.h"
#include "client/tty.h"
#include "client/view.h"
#include "wire/client.h"

struct session {
	const struct client_options *opts;
	struct link *link;
	struct wire_client *wire;
	struct tty tty;
	struct input input;
	struct pool pool;
	struct draw *draw;
	struct view *view;

	bool extension;                 /* the server has lace's */
	uint32_t version;               /* of the extension, as agreed; 0 without it */
	uint32_t server_pid;            /* 0 unknown */
	uint64_t pane_id, tab_id;
	/* of the pane */
	uint32_t modes; uint8_t kitty_flags, modify_other_keys;   /* LacePaneModes */
	bool window_title;              /* the title is one that a program set */
	bool mouse_grabbed;             /* without the extension, all that is known */
	struct str title;

	/* of the outer terminal: whether it was asked for the kitty keyboard protocol, and has it */
	bool asked_kitty, has_kitty;

	/* of the person */
	bool prefix;                    /* the prefix key was typed */
	bool swallow_release;           /* of a key that was ours */
	bool mouse_off;                 /* the mouse was given back to the outer terminal */
	const char *hint;               /* shown until the next key; static text */
	struct find find;               /* in scroll mode */
	bool prompting, prompt_backwards, prompt_regex;   /* a search is being typed */
	struct str prompt;
	struct str typed;               /* bytes for the pane, not sent yet */
	size_t unanswered;              /* bytes sent to the pane since all were answered */
	uint64_t last_input;            /* serial of the last of them */

	/* what the terminal gets with the next frame */
	bool dirty;
	bool bell, retitle;
	struct str clipboard, toast;    /* whole sequences, each the last one only */
	int64_t last_bell_ms, last_toast_ms, last_forget_ms;
	struct str out;                 /* being written */
	size_t out_done;

	bool ended;
	enum client_end end;
	int exit_code;
	char *reason;                   /* malloc()ed */
	int signal;                     /* that ends us, 0 none */
};

int64_t session_now_ms(void);
/* The size for the pane: the terminal without the status line. */
struct wire_terminal_size session_size(const struct session *s);
bool session_has_status(const struct session *s);
void session_end(struct session *s, enum client_end end, int exit_code, const char *reason);

/* attach.c: from the first request to the chosen pane. Blocks, before the terminal is touched. */
int session_attach(struct session *s, struct err *err);
/* Tells the server our size. */
void session_send_size(struct session *s);

/* push.c: what the server says. */
void session_pdu(void *session, const struct wire_pdu *pdu);

/* keys.c: what the person does. */
void session_input(void *session, const struct input_event *ev);
void session_flush_typed(struct session *s);
/* The pane's program has asked for keys that we tell as such, so the outer terminal's encoding of them is free. */
bool session_tells_keys(const struct session *s);

/* scroll.c: scroll mode. */
void session_scroll_begin(struct session *s, int64_t delta);
void session_scroll_key(struct session *s, const struct input_event *ev);
/* False: no search is being typed. */
bool session_prompt_paste(struct session *s, const char *text, size_t len);
/* Goes on with a search: shows what was found, asks for what is not known. Before each frame. */
void session_find(struct session *s);

/* screen.c: the frame, and what goes to the terminal with it. */
void session_compose(struct session *s);

#endif
