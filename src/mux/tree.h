/* tree.h - windows, tabs and splits: who is where and how big. No I/O.
 *
 * A tab is a binary tree: leaves are panes, inner nodes are splits whose two
 * parts are separated by one cell. Sizes are cells; pixel sizes follow from the
 * tab's cell size. Windows, tabs and panes are named by ids that are never
 * reused; pointers returned here are valid until the next change of the tree.
 * Source of the geometry: the recordings cli-split, cli-focus and gui-layout
 * (reference/wezterm-mux.md 4.4). */
#ifndef LACE_MUX_TREE_H
#define LACE_MUX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 32              /* nesting of splits; the wire allows 64 */
#define TREE_CELLS_MAX 2000            /* rows or columns (VT_ROWS_MAX, VT_COLS_MAX) */
#define TREE_NAME_MAX 1024             /* bytes of a title or workspace name */
#define TREE_NONE UINT64_MAX           /* no pane */
#define TREE_PENDING (UINT64_MAX - 1)  /* a place that is kept for a pane still to come */

struct tree_size { uint32_t rows, cols; };

struct tree_node {
	struct tree_node *child[2];        /* both NULL: a leaf */
	bool vertical;                     /* child[1] is below, else to the right */
	uint64_t pane;                     /* of a leaf */
	uint64_t used;                     /* of a leaf: when it became active last, in the tab's own count */
	struct tree_size size;
};

struct tab {
	uint64_t id;
	char *title;
	struct tree_node *root;
	uint32_t cell_width, cell_height;  /* pixels, 0 = unknown */
	uint32_t dpi;
	uint64_t active;                   /* pane; set by tree_activate */
	uint64_t uses;
	uint64_t zoomed;                   /* pane or TREE_NONE */
	struct tree_size zoom_size;        /* of the whole tab while zoomed */
};

struct window {
	uint64_t id;
	char *title, *workspace;
	struct tab **tabs;
	size_t n_tabs, active;             /* active: index into tabs */
};

struct tree {
	struct window **windows;
	size_t n_windows;
	uint64_t next_window, next_tab;
};

void tree_fini(struct tree *t);

struct window *tree_window(const struct tree *t, uint64_t id);
/* ret_window may be NULL. */
struct tab *tree_tab(const struct tree *t, uint64_t id, struct window **ret_window);
struct tab *tree_tab_of(const struct tree *t, uint64_t pane, struct window **ret_window);

struct window *tree_window_add(struct tree *t, const char *workspace);
/* The new tab becomes its window's active one and holds one pane. */
struct tab *tree_tab_add(struct tree *t, struct window *w, uint64_t pane, struct tree_size size);
/* True when the text changed. Names are cut at TREE_NAME_MAX. */
bool tree_set_name(char **name, const char *text, size_t len);

enum tree_direction { TREE_UP, TREE_DOWN, TREE_LEFT, TREE_RIGHT, TREE_NEXT, TREE_PREV }; /* wire's values */

struct tree_split {
	bool vertical, target_is_second, top_level, percent;
	uint64_t amount;                   /* cells or percent of the new part */
};
/* Unzooms, then puts pane beside target. False when there is no room for it. */
bool tree_split(struct tab *tab, uint64_t target, const struct tree_split *how, uint64_t pane);
/* Puts another pane in from's place; TREE_PENDING stands for one that is still to come. */
void tree_rename(struct tab *tab, uint64_t from, uint64_t to);
/* The pane becomes the active one of its tab. */
void tree_activate(struct tab *tab, uint64_t pane);
/* Takes the pane out; its neighbour takes the room; an empty tab and an empty window go too. */
void tree_remove(struct tree *t, uint64_t pane);
/* One pane gets a size; the splits above it follow, bottom up. While that pane is zoomed: the tab's size. */
void tree_resize_pane(struct tab *tab, uint64_t pane, struct tree_size size);
/* Moves the nearest divider of that axis by amount cells. False when there is none or it cannot move. */
bool tree_adjust(struct tab *tab, uint64_t pane, enum tree_direction dir, uint64_t amount);
/* TREE_NONE when there is no pane on that side. Up..Right are geometric, and of several neighbours the one that was
 * active last; Next and Prev go round. */
uint64_t tree_neighbour(const struct tab *tab, uint64_t pane, enum tree_direction dir);
/* pane TREE_NONE unzooms. True when something changed. */
bool tree_zoom(struct tab *tab, uint64_t pane);

struct tree_leaf {
	uint64_t pane, used;
	uint32_t top, left;
	struct tree_size size;             /* what the pane has: the whole tab when zoomed */
};
/* Leaves from left to right and top to bottom; free() the array. */
struct tree_leaf *tree_leaves(const struct tab *tab, size_t *ret_n);
struct tree_size tree_tab_size(const struct tab *tab);

#endif
