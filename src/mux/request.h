/* request.h - what the files that answer requests share. */
#ifndef LACE_MUX_REQUEST_H
#define LACE_MUX_REQUEST_H

#include "mux/server.h"

struct request {
	struct mux *m;
	struct conn *c;
	uint64_t serial;
	const union wire_body *b;
	struct wire_arena *arena;          /* lives until the answer is sent */
};

/* Each request is answered exactly once, by one of these. */
void request_answer(struct request *r, uint32_t ident, const union wire_body *body);
void request_done(struct request *r);            /* UnitResponse */
/* "Error: " and the text. */
void request_fail(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The pane, or NULL after having answered that there is none. */
struct pane *request_pane(struct request *r, uint64_t id);
/* The client shows interest in a pane: what it is told about it is urgent from now on. */
struct view *request_interest(struct request *r, uint64_t pane);

/* Cells as a size on the wire, with the tab's pixels. */
struct wire_terminal_size request_size(const struct tab *tab, struct tree_size s);
static inline unsigned long long ull(uint64_t v) { return v; }   /* for printf */

/* spawn.c */
void request_spawn(struct request *r);
void request_split(struct request *r);
void request_move_to_tab(struct request *r);
/* search.c */
void request_search(struct request *r);
/* tls.c */
void request_tls_creds(struct request *r);
/* list.c */
void request_list_panes(struct request *r);
void request_get_lines(struct request *r);
void request_client_list(struct request *r);

#endif
