/* server.h - the server object and what its files share.
 *
 * One loop, one thread. A connection (conn.c) reads frames and hands them to
 * request.c; panes (pane.c) own a terminal engine and a pty (pty.c); push.c
 * decides what a connection is told and when. Nothing here blocks on a client:
 * what a client gets is computed when its socket can take it, so one that does
 * not read costs one dirty mark a pane. Objects keep ids of each other, never
 * pointers, across turns of the loop. */
#ifndef LACE_MUX_SERVER_H
#define LACE_MUX_SERVER_H

#include <uv.h>
#undef MIN                             /* <sys/param.h>, which uv.h brings, has its own */
#undef MAX

#include "base/mem.h"
#include "base/str.h"
#include "mux/mux.h"
#include "mux/tree.h"
#include "vt/snapshot.h"
#include "vt/vt.h"
#include "wire/wire.h"

#include <sys/types.h>

/* ---- limits ---- */
#define MUX_CONNS_MAX 256
#define MUX_REFUSED_MAX 16             /* more of them, who are told so */
#define MUX_PANES_MAX 512
#define MUX_SCROLLBACK_ALL ((size_t)512 << 20) /* of all panes: beyond, the one that has most loses its oldest */
#define MUX_IMAGES_ALL ((size_t)512 << 20)     /* likewise */
#define MUX_COMMAND_MAX (1u << 20)     /* bytes of a command with its environment */
#define MUX_INPUT_MAX (16u << 20)      /* one frame */
#define MUX_OUT_PUSH_MAX (256u << 10)  /* no push is computed while more than this waits */
#define MUX_OUT_REQUEST_MAX (1u << 20) /* no request is read while more than this waits */
#define MUX_LINES_MEMORY (24u << 20)   /* of one GetLines answer; the rest must be asked for again */
#define MUX_PTY_QUEUE_MAX (16u << 20)  /* input that a program has not read yet */
#define MUX_REPLY_QUEUE_MAX (64u << 10) /* over this, answers to queries are dropped */
#define MUX_PTY_TURN (16u << 10)       /* read from all ptys in a turn of the loop, each of those that */
#define MUX_PTY_TURN_MIN (4u << 10)    /* have something getting its share, but no less than this */
#define MUX_SEARCH_MAX 10000           /* results */
#define MUX_SEARCHES_MAX 8             /* of one connection that take longer than one step */
#define MUX_SEARCH_RESTARTS 8          /* because the rows were numbered anew */
#define MUX_EVENTS_MAX 64              /* kept for each pane */
#define MUX_NOTICES_MAX 512            /* kept for all connections */
#define MUX_USER_VAR_BYTES 4096        /* longer ones are not pushed */

/* ---- times, ms ---- */
#define MUX_FRAME_MS 4                 /* between two pushes of a flooded pane to one client */
#define MUX_HIDDEN_MS 100              /* the same for a pane that the client does not show */
#define MUX_ECHO_MS 2                  /* how long the push that a key forces waits for its echo */
#define MUX_SYNC_MS 150                /* the longest a program may hold the screen (mode 2026) */
#define MUX_COMPACT_MS 2000            /* a pane that was quiet for so long has its scrollback compressed ... */
#define MUX_COMPACT_ROWS 500           /* ... if so many rows came since; else no timer is set at all */
#define MUX_RESIZED_MS 50              /* TabResized is gathered this long */
#define MUX_WATCH_MS 65000             /* a polling client polls what it shows every 30 s at least */
#define MUX_CODEC_PEERS_MAX 64         /* peers whose codec is remembered */
#define MUX_CODEC_TRIES_MS 300000      /* how long a refused codec is not announced again */
#define MUX_TLS_ASKS_MAX 8             /* certificates being made at a time */
#define MUX_KILL_MS 2000               /* from SIGHUP to SIGKILL */
#define MUX_SEARCH_STEP_MS 2u          /* of one search, in a turn of the loop */
#define MUX_SEARCH_MS 10000u           /* of one search, in all */
#define MUX_INFO_MS 500                /* age of a cached program name and folder */

struct mux;

/* ---- panes ------------------------------------------------------------- */

/* Something that happened once. Kept in a short ring, so that a client which
 * does not read loses the oldest ones and costs nothing. */
struct pane_event {
	uint64_t seq;                      /* 1, 2, ... in each pane */
	bool clipboard;                    /* else alert */
	uint32_t selection;
	struct wire_alert alert;           /* strings point into text */
	char *text, *text2;
};

struct pane_palette { uint32_t colors[VT_PALETTE_COUNT]; struct wire_rgba special[9]; };

struct pane {
	struct mux *mux;
	uint64_t id;
	struct vt *vt;
	uv_poll_t poll;
	int events;                        /* that poll waits for; 0 = stopped */
	int fd;                            /* pty master */
	pid_t pid;                         /* 0 once reaped */
	int status;                        /* of waitpid, once reaped */
	bool held;                         /* it has no program any more and stays all the same (exit.c) */
	char *command;                     /* its command line, for people */
	char tty[32];
	struct str in;                     /* not yet written to the pty */
	size_t in_at;
	struct tree_size size;
	uint32_t pixel_width, pixel_height, dpi;

	uint64_t typist;                   /* connection that typed last, 0 = none */
	unsigned focused_by;               /* connections that focus this pane */
	bool focus_lost;                   /* and no output since */
	uint64_t sync_until;               /* program holds the screen until then, 0 = no */
	uint64_t compact_at;               /* when its scrollback is compressed, 0 = nothing worth it */
	int64_t compacted_top;             /* physical_top when it last was */
	struct vt_memory memory;           /* when it was last measured; part of the mux's */

	char *window_title, *icon_title;   /* last seen, to tell which changed */
	uint64_t palette_version;
	struct images *images;             /* digests of what its terminal shows (images.h) */
	struct pane_palette *palette;      /* of the last client that sent one, or NULL */
	struct pane_event *event_ring;     /* MUX_EVENTS_MAX, made on first use */
	uint64_t event_seq;                /* of the newest */

	uint64_t info_at;                  /* when the two below were read, 0 = never */
	uint64_t reread_at;                /* when they are read once more after output, 0 = not */
	char *program, *cwd_url;
	bool cwd_found;                    /* the folder of its program, not what that said it is (OSC 7) */
};

/* Starts argv in a new pane of the given size. Returns it (owned by the mux) or NULL. */
struct pane_spawn {
	const struct strv *argv;           /* empty: the login shell */
	const struct strv *env;            /* whole; the pane adds its ids */
	const char *shell;                 /* the login shell's path */
	const char *const *dirs;           /* NULL-terminated: the first that can be entered */
	bool hold;                         /* a program that cannot be executed leaves a pane that says why */
	bool has_umask;
	mode_t umask;
	struct tree_size size;
	uint32_t cell_width, cell_height, dpi;
};
struct pane *pane_create(struct mux *m, uint64_t id, const struct pane_spawn *how, struct err *err);
/* A pane of another server, as it was written (state.h). */
struct pane_handed {
	uint64_t id;
	int fd;                            /* the pane's from here, when it was made */
	pid_t pid;
	bool held;                         /* pid is 0 then */
	int status;
	char *tty, *window_title, *icon_title, *command;
	char *dir;                         /* of its program, or "" */
	const char *in;
	size_t in_len;
	struct tree_size size;
	uint32_t pixel_width, pixel_height, dpi;
	uint64_t palette_version;
	const void *palette, *snapshot;
	size_t palette_len, snapshot_len;
};
/* A pane that no client asked for (spawn.c): prog, or the default program; in dir, or the default folder. */
struct pane *spawn_own(struct mux *m, uint64_t id, const char *dir, char *const *prog, struct tree_size size,
    const struct tab *cells, struct err *err);
/* The window that the options ask for. */
int spawn_first_window(struct mux *m, struct err *err);
/* Its running program goes on in it. */
struct pane *pane_take_over(struct mux *m, const struct pane_handed *h, enum vt_snapshot_error *ret_error);
/* What was seen in it becomes the history of this one, whose program has just begun. */
void pane_set_history(struct pane *p, const struct pane_handed *h);
/* Closes the pty (which hangs up) and frees the pane; a child that is left is hung up, later killed. */
void pane_destroy(struct pane *p);
struct pane *mux_pane(const struct mux *m, uint64_t id);         /* or NULL */
/* Queues bytes for the program. False when its queue is full. */
bool pane_input(struct pane *p, const char *bytes, size_t len);
/* Says whether anything changed. */
bool pane_resize(struct pane *p, struct tree_size size, uint32_t pixel_width, uint32_t pixel_height,
    uint32_t dpi);
void pane_focus(struct pane *p, bool focused);
/* Its scrollback or images have become more or less: keeps all panes below their bounds. */
void pane_measure(struct pane *p);
/* The child has ended: reads what is left, tells the clients and removes the pane, if it does not stay. */
void pane_exited(struct pane *p, int status);
/* Both valid until the next call for this pane. cwd: an absolute URL or NULL. */
const char *pane_title(struct pane *p);
const char *pane_cwd_url(struct pane *p);
/* The same as that codec's own server writes it: at the end of a folder that the pane was found in, 42 has no slash. */
struct wire_str pane_cwd_for(struct pane *p, unsigned codec);
struct wire_cursor pane_cursor(const struct pane *p);
struct wire_dimensions pane_dimensions(const struct pane *p);
/* The folder of the pane's program, malloc()ed, or NULL. */
char *pane_cwd_dir(const struct pane *p);
/* Makes a URL safe for wezterm's strict parser: malloc()ed, or NULL when it is no file URL. */
char *pane_clean_url(const char *url);

/* ---- connections ------------------------------------------------------- */

/* What a connection knows of a pane. */
struct view {
	uint64_t pane;
	bool known;                        /* has had a first push */
	bool dirty;                        /* the pane may differ from what was sent */
	bool wanted;                       /* lace: the client has named this pane */
	bool typed;                        /* input since the last push: its echo does not wait */
	bool has_serial;
	uint64_t serial, serial_by;        /* input_serial to echo, at the latest by this time */
	uint64_t pushed_at;                /* time of the last push */
	uint64_t polled_at;                /* time of the last request that shows interest, 0 = none */
	bool has_size;
	struct wire_terminal_size size;    /* this client's, for "the size follows the typist" */
	uint64_t event_next;               /* first event not sent */
	/* as sent */
	uint64_t seqno, palette_version;
	struct vt_cursor cursor;
	struct vt_dims dims;
	bool mouse_grabbed, reverse;
	uint64_t title_hash, cwd_hash;
	uint32_t modes;
	uint8_t kitty, other_keys;
	uint64_t window_title_hash;
};

struct conn {
	struct mux *mux;
	uint64_t id;                       /* from 1 */
	int fd;
	uv_poll_t poll;
	int events;
	pid_t peer;                        /* of SO_PEERCRED */
	bool peer_is_proxy;                /* that process is our own program: `lace-mux-server proxy` */
	struct str in;
	size_t skip;                       /* so much of a frame that was refused is still to come */
	struct wire_buf out;
	size_t out_at;
	bool gone;                         /* closed, to be freed at the end of the turn */
	bool refused;                      /* one too many: its first request is answered with that */
	bool eof;                          /* the client sends no more; closed once out is empty */
	bool pushes;                       /* may be told things (wezterm-mux.md 4.8, 6.5) */
	bool lace, read_only;              /* after LaceHello */
	bool has_proxy, registered;
	uint32_t proxy_pid;
	unsigned codec;                    /* spoken on it */
	bool codec_named, codec_asked;     /* by the proxy's name; announced, and nothing came since (codec.c) */
	char *codec_key;
	struct wire_client_id client;      /* strings owned */
	char *agent;                       /* its ssh-agent's socket, or NULL */
	int64_t connected_at, last_input;  /* Unix seconds */
	uint64_t focused;                  /* pane or TREE_NONE */
	uint64_t shown;                    /* lace: the pane it shows, or TREE_NONE */
	uint64_t notice_next;
	bool owes;                         /* some view may be dirty, or have a serial to echo */
	struct view *views;                /* sorted by pane */
	size_t n_views;
};

void conn_accept(struct mux *m);
/* A connected, non-blocking socket (owned from here) becomes a connection of that process. */
struct conn *conn_adopt(struct mux *m, int fd, pid_t peer);
/* Ends it; it is freed by conn_reap at the end of the turn. */
void conn_close(struct conn *c);
void conn_reap(struct mux *m);
/* Appends one PDU; serial 0 is a push. */
void conn_send(struct conn *c, uint64_t serial, uint32_t ident, const union wire_body *body);
size_t conn_queued(const struct conn *c);
/* Writes what the socket takes now; waits for the rest. */
void conn_write(struct conn *c);
/* Made when missing. Valid until the next one is made. */
struct view *conn_view(struct conn *c, uint64_t pane);
void conn_forget(struct conn *c, uint64_t pane);
/* Comes through a proxy: whatever its client says of its environment is another machine's. */
bool conn_is_remote(const struct conn *c);

/* Decides and answers one request. */
void request_handle(struct conn *c, const struct wire_pdu *pdu, struct wire_arena *arena);

/* ---- searches (search.c) ---- */

struct search;
/* Those of a connection end without an answer, those of a pane with an error. */
void search_forget_conn(struct mux *m, uint64_t conn);
void search_forget_pane(struct mux *m, uint64_t pane);

/* ---- pushes (push.c) --------------------------------------------------- */

/* A change of the topology, for every connection: kept in a ring. */
struct notice {
	uint32_t ident;                    /* of the PDU */
	uint64_t a, b;                     /* its ids */
	char *text, *text2;
	uint64_t author;                   /* connection that is not told, 0 = none */
	bool lace;                         /* only for connections that said LaceHello */
};
/* Copies the texts (may be NULL). */
void push_notice(struct mux *m, const struct notice *n);
void push_event(struct pane *p, const struct pane_event *e);      /* copies alert's texts */
void push_pane_changed(struct pane *p);          /* marks it for every connection */
/* Sends what is due on every connection; arms the timer for the rest. End of each turn. */
void push_flush(struct mux *m);
/* Sends this pane's state now, if it differs: before an answer, before an end. */
void push_view_now(struct conn *c, struct pane *p);
void push_notices(struct conn *c);
/* A tab has new sizes: told to all but the author, soon. */
void push_tab_resized(struct mux *m, uint64_t tab, uint64_t author);

/* ---- the server -------------------------------------------------------- */

struct resized { uint64_t tab, author, at; };
struct doomed { pid_t pid; uint64_t at; };       /* hung up; killed at that time */

/* What is known of a peer's codec. */
struct codec_peer {
	char *key;
	unsigned confirmed;                /* the last one; 0: nothing yet */
	unsigned spoken, tried;            /* sets: confirmed ever; refused, until tried_until (mux_now) */
	uint64_t tried_until;
};

struct mux {
	const struct mux_options *opts;
	const struct mux_config *config;   /* never NULL */
	uv_loop_t loop;
	uv_poll_t listener;
	uv_signal_t on_child, on_term, on_int;
	uv_timer_t timer;
	uv_check_t check;
	char *exe;
	struct tree tree;
	struct pane **panes;               /* sorted by id */
	size_t n_panes;
	struct conn **conns;
	size_t n_conns;
	uint64_t next_pane, next_conn;
	struct notice notices[MUX_NOTICES_MAX];
	uint64_t notice_seq;               /* of the next one */
	struct resized *resized;
	size_t n_resized;
	struct doomed *doomed;
	size_t n_doomed;
	struct search **searches;          /* that are not answered yet; the first has the next turn */
	size_t n_searches;
	uv_idle_t searcher;                /* keeps the loop turning for them */
	struct codec_peer codec_peers[MUX_CODEC_PEERS_MAX];
	size_t n_codec_peers;
	char *agent_path;                  /* SSH_AUTH_SOCK of panes */
	uint64_t agent_conn;               /* whose agent it is, 0 = nobody's */
	pid_t tls_pid;                     /* the TLS listener, 0 = none */
	int tls_line;                      /* it ends when this is closed */
	struct tls_ask *tls_asks[MUX_TLS_ASKS_MAX];
	size_t n_tls_asks;
	bool changed;                      /* something may have to be sent this turn */
	bool stopping;
	bool saves;                        /* ... because of a signal */
	char *upgrade_to;                  /* the binary that takes over at the end of this turn, or NULL */
	bool deaf;                         /* out of descriptors: not accepting until one is closed */
	uint8_t *batch;                    /* MUX_PTY_TURN bytes, for reading */
	struct vt_memory memory;           /* of all panes */
	size_t readers, readers_before;    /* panes that had output in this turn of the loop, and in the last one */
};

/* The server without its listener, signals and TLS domain, in m's zeroed storage: what mux_run() begins with and ends
 * with. */
int mux_init(struct mux *m, const struct mux_options *opts, struct err *err);
void mux_fini(struct mux *m);
/* The target of /proc/PID/NAME, malloc()ed, or NULL. */
char *mux_proc_link(pid_t pid, const char *name);
static inline struct wire_str mux_str(const char *s) { return (struct wire_str){ s, strlen(s) }; }
uint64_t mux_now(const struct mux *m);           /* ms, monotonic, of this turn */
void mux_stop(struct mux *m);
/* Waits for connections (again). Called whenever a descriptor was closed. */
void mux_listen(struct mux *m);
/* Gives every pane of the tab the size that the tree says; tells the others. */
void mux_apply_tab(struct mux *m, struct tab *tab, uint64_t author);
/* Takes the pane out of the tree and tells everybody; then destroys it. status: of its program, as waitpid() has it. */
void mux_remove_pane(struct mux *m, struct pane *p, int status);
/* Makes this pane active; tells the others. author 0: nobody. */
void mux_focus_pane(struct mux *m, uint64_t pane, uint64_t author);
/* "The size follows the client that typed last." */
void mux_client_size(struct conn *c, struct pane *p, const struct wire_terminal_size *size, bool at_once);
void mux_client_typed(struct conn *c, struct pane *p);
void mux_client_left(struct conn *c);
/* ---- codecs (codec.c) ---- */
void codec_init(struct conn *c);
/* Decides c->codec for an answer to GetCodecVersion; the version text to tell, malloc()ed. */
char *codec_announce(struct conn *c);
void codec_accepted(struct conn *c);
/* When nothing came after the announcement, it was refused. */
void codec_closed(struct conn *c);
void codec_fini(struct mux *m);

/* ---- ssh-agents (agent.c) ---- */
void agent_init(struct mux *m);
void agent_fini(struct mux *m);
/* This connection's person typed. */
void agent_follow(struct conn *c);
void agent_left(const struct conn *c);
/* What the connection is told, or its peer's environment says, to be its agent. */
void agent_set(struct conn *c, const char *path, size_t len);
void agent_of_process(struct conn *c);

/* Starts the TLS listener when one is wanted and none runs (tls.c). */
void tls_start(struct mux *m);
bool tls_exited(struct mux *m, pid_t pid);       /* true when it was that */
void tls_stop(struct mux *m);
void mux_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
