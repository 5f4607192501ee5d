/* view.h - what the client knows of its pane, and which part of it is shown.
 *
 * Pure: it takes PDUs and draws into a draw.h grid; what must be asked of the
 * server it only says. A pane larger than the terminal (it has the size of who
 * typed last) is cropped and follows the cursor; around a smaller one are dots. */
#ifndef LACE_CLIENT_VIEW_H
#define LACE_CLIENT_VIEW_H

#include "client/draw.h"
#include "client/find.h"
#include "client/lines.h"
#include "client/rows.h"
#include "wire/pdu.h"

struct view {
	bool known;                     /* a first push came */
	size_t rows, cols;              /* of the pane */
	int64_t physical_top, scrollback_top;
	bool reverse;                   /* the whole screen (DECSCNM) */
	int64_t cursor_y; size_t cursor_x;
	bool cursor_visible;
	uint8_t cursor_shape;
	size_t off_y, off_x;            /* the crop */
	bool scrolling;
	int64_t top;                    /* scrolling: the first row shown */
	size_t height;                  /* rows of the terminal for the pane */
	struct rows *live, *back;       /* the screen; scroll mode's window */
	struct cell line[LINE_COLS_MAX]; /* scratch */
};

struct view *view_create(void);
void view_destroy(struct view *v);
/* The pool was emptied: forgets everything that points into it. */
void view_forget(struct view *v);
void view_changes(struct view *v, struct pool *pool, const struct wire_render_changes *c);
/* A reply to GetLines; response NULL: it failed. */
void view_lines(struct view *v, struct pool *pool, uint64_t serial,
    const struct wire_get_lines_response *response);

/* Rows that are shown (or soon may be) and neither known nor asked for: up to max half-open ranges. */
size_t view_missing(struct view *v, struct wire_range *ret, size_t max);
void view_asked(struct view *v, const struct wire_range *ranges, size_t n, uint64_t serial);

/* delta < 0: towards the past. Begins scroll mode when there is a past; reaching the screen ends it. */
void view_scroll(struct view *v, int64_t delta);
void view_scroll_end(struct view *v);
/* These two stay in scroll mode: down to the screen; a row into sight. */
void view_scroll_bottom(struct view *v);
void view_show(struct view *v, int64_t row);
/* Half open: the rows there are, and those that are shown. */
struct wire_range view_rows(const struct view *v);
struct wire_range view_shown(const struct view *v);

/* Fills rows 0..height of the grid and sets the cursor. find: what is highlighted in scroll mode, or NULL. */
void view_draw(struct view *v, struct draw *d, size_t height, const struct find *find);
/* The pane's cell (row of its screen) at a place of the terminal, or with nearest the one nearest to it;
 * false when there is none (dots, scroll mode). */
bool view_cell_at(const struct view *v, unsigned x, unsigned y, bool nearest, uint64_t *ret_x,
    int64_t *ret_y);

#endif
