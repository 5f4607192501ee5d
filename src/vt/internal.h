/* internal.h - the structures and seams inside the engine. Private to src/vt.
 *
 *   parser.c      bytes -> printable runs, controls, sequences
 *   payload.c     strings: what they are, where they end, how much is kept
 *   print.c       characters -> cells; clusters
 *   control.c     C0 and ESC;  csi.c CSI;  sgr.c SGR;  mode.c modes;  charset.c character sets
 *   rect.c        rectangular areas;  status.c how it is set, told and restored
 *   sequences.c   the tables of all these, for listing
 *   osc*.c        OSC, tables in osc.c;  dcs.c DCS;  color.c the palette;  report.c answers
 *   screen.c      cursor, scrolling, erasing, the two screens
 *   row.c         one row of cells
 *   scrollback.c  rows above the screen, as compact text
 *   zones.c       prompts, input and output, found again
 *   resize.c      reflow of the screen;  rewrap.c of the scrollback
 *   search.c      finding text
 *   intern.c      styles, links and clusters by number
 *   encode_*.c    the other way: keys, mouse, focus, paste
 *   base64.c      what strings carry, in pieces;  bytes.c bounded buffers, zlib
 *   image.c       the store of images;  placement.c where they stand;
 *   spans.c       what rows have of them;  placeholder.c text that shows them
 *   kitty*.c      the kitty graphics protocol;  image_png.c files of that kind
 *   snapshot.c, snap_*.c  all of it as bytes, and back. Whoever adds a member to a
 *                 struct below adds it there too (tests/layout/test_snapshot.py)
 *
 * Rows and columns count from 0 here; y is a screen row unless it is called a
 * stable index. */
#ifndef LACE_VT_INTERNAL_H
#define LACE_VT_INTERNAL_H

#include "base/mem.h"
#include "text/text.h"
#include "vt/base64.h"
#include "vt/bytes.h"
#include "vt/cells.h"
#include "vt/intern.h"
#include "vt/kitty.h"
#include "vt/placement.h"
#include "vt/scrollback.h"
#include "vt/sixel.h"
#include "vt/sequences.h"
#include "vt/vt.h"

#define VT_KITTY_STACK 8
#define VT_TITLE_STACK 10
#define VT_SGR_STACK 10
#define VT_PALETTE_STACK 10       /* XTPUSHCOLORS has slots 1 to 10 */
#define VT_POINTER_STACK 16
#define VT_POINTER_SHAPES 30      /* that have a name */
#define VT_PARAMS_MAX 32
#define VT_NESTING_MAX 4            /* tmux in tmux in ... */
#define VT_CWD_BYTES_MAX 4096
#define VT_STABLE_MAX ((int64_t)1 << 62)   /* no terminal lives to see so many rows */

/* Modes that are the engine's own business, above those of enum vt_mode. */
#define VT_M_AUTOWRAP (1ull << 32)
#define VT_M_ORIGIN (1ull << 33)
#define VT_M_INSERT (1ull << 34)
#define VT_M_CURSOR_VISIBLE (1ull << 35)
#define VT_M_CURSOR_BLINK (1ull << 36)
#define VT_M_LEFT_RIGHT (1ull << 37)       /* DECLRMM */
#define VT_M_REVERSE_WRAP (1ull << 38)
#define VT_M_SYNC (1ull << 39)
#define VT_M_COLUMNS (1ull << 40)          /* DECCOLM */
#define VT_M_ALLOW_COLUMNS (1ull << 41)    /* 40 */
#define VT_M_KEYBOARD_LOCK (1ull << 42)    /* KAM: kept, not obeyed */
#define VT_M_LOCAL_ECHO_OFF (1ull << 43)   /* SRM: kept, not obeyed */
#define VT_M_SIZE_REPORTS (1ull << 44)     /* 2048 */
#define VT_M_SMOOTH_SCROLL (1ull << 45)    /* DECSCLM: kept, not obeyed */
#define VT_M_AUTO_REPEAT (1ull << 46)      /* DECARM: kept, not obeyed */
#define VT_M_META_8BIT (1ull << 47)        /* 1034, eightBitInput */
#define VT_M_NUM_LOCK (1ull << 48)         /* 1035: Num Lock overrules the application keypad */
#define VT_M_META_ESC (1ull << 49)         /* 1036, metaSendsEscape */
#define VT_M_ALT_ESC (1ull << 50)          /* 1039, altSendsEscape */
#define VT_M_NO_CLEAR_COLUMNS (1ull << 51) /* DECNCSM */
#define VT_M_REVERSE_WRAP_FAR (1ull << 52) /* 1045 */
#define VT_M_ALT_ALLOWED (1ull << 53)      /* 1046 */
#define VT_M_BELL_URGENT (1ull << 54)      /* 1042: kept, not obeyed */
#define VT_M_C1_8BIT (1ull << 55)          /* S8C1T: answers have C1 controls of one byte */
#define VT_M_TEXT_8BIT (1ull << 56)        /* ESC % @: text is not UTF-8 */
#define VT_M_SIXEL_DISPLAY (1ull << 58)    /* DECSDM: at the top left, without scrolling */
#define VT_M_SIXEL_PRIVATE (1ull << 59)    /* 1070: colour registers are new for each picture */
#define VT_M_SIXEL_RIGHT (1ull << 60)      /* 8452: the cursor goes to the right of a picture */
#define VT_M_DOUBLE (1ull << 62)           /* some row may be of double width */
#define VT_M_GUARDED (1ull << 57)          /* some cell may be VT_ATTR_GUARDED */
#define VT_M_CLUSTERS (1ull << 61)         /* 2027 */
#define VT_MODES_INITIAL \
	(VT_M_CLUSTERS | VT_M_SIXEL_PRIVATE | VT_M_META_8BIT | VT_M_NUM_LOCK | VT_M_META_ESC | VT_M_ALT_ALLOWED | VT_MODE_ALT_SCROLL | VT_M_AUTOWRAP | \
	    VT_M_CURSOR_VISIBLE | VT_M_LOCAL_ECHO_OFF | VT_M_AUTO_REPEAT)

enum vt_charset { VT_CHARSET_ASCII, VT_CHARSET_GRAPHICS, VT_CHARSET_UK, VT_CHARSET_LATIN1,
	VT_CHARSET_SUPPLEMENTAL, VT_CHARSET_TECHNICAL,
	VT_CHARSET_LAST = VT_CHARSET_TECHNICAL };

struct vt_pos {
	uint16_t x, y;
	bool pending;                    /* the last column is written, the next character wraps */
};

/* What DECSC keeps. */
struct vt_saved {
	struct vt_pos pos;
	struct vt_style pen;
	uint8_t charset[4], gl, gr, single_shift;
	bool origin;
	bool valid;                      /* by DECSC; otherwise this is what DECRC resets to */
};

struct vt_grid_row {
	struct vt_cell *cells;           /* room for all columns */
	uint64_t seqno;
	uint16_t used;                   /* cells past it are blank in the default style, and not initialised */
	bool wrapped;
	uint8_t line_attr;
	uint8_t marks;                   /* VT_ROW_* */
	struct vt_spans *spans;          /* images; NULL in nearly all rows */
};

/* What somebody who asked last saw in a row of the screen. */
struct vt_seen {
	int64_t index;                   /* of which row, by stable index */
	uint64_t hash;                   /* what it showed; 0 = nothing is known */
	uint64_t checked;                /* as of this change */
	uint64_t same_since;             /* and it has shown that since this one */
};

/* One screen. The rows are a ring, so that scrolling the whole of it moves nothing. */
struct vt_grid {
	struct vt_grid_row *rows;
	struct vt_cell *cells;           /* memory of all rows */
	uint16_t n, head;
	uint64_t floor;                  /* no row counts as older than this */
	struct vt_saved saved;
	uint8_t kitty[VT_KITTY_STACK];   /* keyboard flags; the last one is active */
	uint8_t kitty_n;
};

enum vt_parser_state {
	VT_STATE_GROUND, VT_STATE_ESC, VT_STATE_CSI, VT_STATE_DCS_HEAD, VT_STATE_STRING,
	VT_STATE_LAST = VT_STATE_STRING,
};

enum vt_string_kind { VT_STRING_OSC, VT_STRING_DCS, VT_STRING_APC, VT_STRING_PM, VT_STRING_SOS };
enum vt_string_mode {
	VT_STRING_HEAD, VT_STRING_KEY,   /* not known yet what it is */
	VT_STRING_COLLECT,               /* for the row's handler */
	VT_STRING_STREAM,                /* the row's stream takes it */
	VT_STRING_SWALLOW,
};

struct vt_parser {
	enum vt_parser_state state;
	uint8_t prefix;                  /* one of < = > ? or 0 */
	uint8_t inter[2], n_inter;       /* n_inter may exceed 2: such sequences do not exist */
	uint8_t n;                       /* parameters; those past the limit are dropped */
	bool full;
	uint32_t sub;                    /* bit i: parameter i was introduced by a colon */
	uint16_t params[VT_PARAMS_MAX];  /* saturated; a missing one is 0 */
	uint8_t dcs_final;
	struct text_utf8 utf8;
	/* The string under way: */
	enum vt_string_kind kind;
	enum vt_string_mode string_mode;
	uint8_t string_half;             /* ESC or C2, whose next byte decides */
	uint8_t depth;                   /* of passthroughs that this parser is in */
	bool bel;                        /* BEL ended it; answers end the same way */
	const struct vt_string_row *row;
	char key[24];                    /* of OSC 1337, with its = */
	uint8_t key_len;
	char *string;                    /* what is collected, NUL-terminated for the handler */
	size_t string_len, string_cap;   /* len counts what a stream took as well */
};

struct vt_scratch {
	struct vt_cell *cells;
	uint16_t n, cap;
};

/* Room for n cells (at least one). */
static inline struct vt_cell *vt_scratch_cells(struct vt_scratch *s, unsigned n)
{
	s->n = 0;
	if (s->cap < n || !s->cells) {
		s->cap = (uint16_t)MAX(n, 1u);
		s->cells = xreallocarray(s->cells, s->cap, sizeof(*s->cells));
	}
	return s->cells;
}

enum vt_cluster_state {
	VT_CLUSTER_CLOSED,               /* something else came after the last character */
	VT_CLUSTER_SIMPLE,               /* it is last_cp, a simple code point */
	VT_CLUSTER_OPEN,                 /* brk knows it */
};

/* As OSC 133 and 633 tell it; strings may be NULL. */
struct vt_shell_state {
	enum vt_shell state;
	bool has_status, line_told;      /* line is the next command's, or the running one's */
	int status;
	char *line, *aid, *click;
};

struct vt_user_var {
	char *name, *value;
};

/* A file by OSC 1337 of which not all has come. */
enum vt_file_unit { VT_FILE_AUTO, VT_FILE_CELLS, VT_FILE_PIXELS, VT_FILE_PERCENT };
struct vt_file_side {
	enum vt_file_unit unit;
	uint32_t n;
};
struct vt_file {
	bool open;                       /* there is one, and it is good so far */
	bool parts;                      /* by MultipartFile= */
	bool headed;                     /* its arguments are known */
	bool shown, stretched, stay;     /* inline=1, preserveAspectRatio=0, doNotMoveCursor=1 */
	struct vt_file_side width, height;
	uint32_t size;                   /* bytes it must not exceed; 0 = not said */
	struct vt_base64_state base64;
	struct vt_bytes bytes;           /* before it is headed, its arguments */
};

/* A write to the clipboard in packets, between its first and its last. */
struct vt_paste_board {
	bool open, primary;
	char id[VT_NOTE_ID_MAX + 1];
	char *data;
	size_t len, cap;
};

struct vt_pointer {
	uint8_t stack[VT_POINTER_STACK], n;
};

struct vt {
	struct vt_callbacks cb;
	void *user;
	char *term_program;

	uint16_t rows, cols;
	uint32_t pixel_width, pixel_height;
	struct vt_grid grids[2];         /* primary, alternate */
	struct vt_grid *grid;            /* the active one */
	struct vt_grid *pending_grid;    /* being filled by a resize, else NULL */
	struct vt_scrollback sb;
	struct vt_scratch scratch[2];    /* decoded scrollback rows handed out last */
	struct vt_seen *seen;            /* of the screen's rows (vt.c); costs nothing while nobody asks */
	unsigned scratch_next;
	/* Stable indexes below this have shown rows of the other screen since; they
	 * count as changed at switch_seqno. */
	int64_t switch_rows;
	uint64_t switch_seqno;
	uint32_t numbering;              /* a reflow gave the rows other stable indexes */

	uint64_t seqno;
	bool changed;                    /* by the write under way */

	struct vt_pos pos;
	uint16_t top, bottom, left, right;   /* margins, inclusive */
	uint64_t modes, saved_modes;     /* the latter by XTSAVE */
	uint8_t charset[4], gl, gr, single_shift;
	uint8_t level;                   /* DECSCL: 1 to 5 */
	bool print_fast;                 /* ASCII goes to cells as it is */
	enum vt_cursor_shape shape;
	uint8_t *tabs;                   /* one byte a column */
	uint8_t other_keys;              /* modifyOtherKeys */
	uint8_t other_keys_format;       /* formatOtherKeys: 1 is CSI u */

	uint8_t change_extent;           /* DECSACE: 2 is rectangles */
	uint8_t checksum;                /* XTCHECKSUM */
	bool test_reports;               /* vt_config */

	struct vt_style pen;
	struct { struct vt_style style; uint16_t mask; } sgr_stack[VT_SGR_STACK];
	uint8_t sgr_stack_n;             /* may exceed VT_SGR_STACK: those were not kept */
	uint16_t pen_id, erase_id;
	bool pen_stale, erase_stale;     /* the ids are not of the pen as it is */

	enum vt_cluster_state cluster;
	uint16_t cluster_x;              /* column of the last character */
	uint32_t last_cp;                /* for REP and joining; 0 = none */
	/* Of the cluster when it is open: */
	struct text_break brk;
	char cluster_s[VT_CLUSTER_BYTES_MAX];
	uint8_t cluster_len;
	uint8_t cluster_cells;           /* its width, not yet limited to 1 and 2 */
	uint8_t cluster_last;            /* properties of its last code point */

	struct vt_parser parser;
	struct vt_styles styles;
	struct vt_clusters clusters;
	struct vt_links links;
	struct vt_images images;
	struct vt_sixel *sixel;          /* the one under way */
	struct vt_sixel_palette *sixel_palette; /* registers as pictures left them, NULL: as at first */
	uint16_t sixel_registers;        /* by XTSMGRAPHICS */
	uint16_t sixel_width, sixel_height; /* likewise; 0: not limited further */
	struct vt_kitty *graphics;       /* NULL until a program uses the protocol */

	char *title, *icon_title, *cwd;  /* never NULL */
	struct { char *title, *icon; } title_stack[VT_TITLE_STACK];
	unsigned title_stack_n;
	uint32_t notify;                 /* VT_NOTIFY_* */
	struct vt_note *notes[VT_NOTES_MAX]; /* OSC 99 notifications that are not complete, oldest first */
	unsigned notes_n;
	struct vt_paste_board board;     /* OSC 5522 */
	struct vt_file file;
	struct vt_pointer pointer[2];    /* OSC 22; primary, alternate */
	struct vt_shell_state shell;
	bool input_line;                 /* what is printed is input until the line ends (OSC 133 I) */
	char *remote_host;               /* or NULL */
	struct vt_user_var *vars;
	size_t vars_n, vars_bytes;
	enum vt_progress progress;
	uint8_t progress_percent;
	uint32_t palette_default[VT_PALETTE_COUNT];
	uint32_t palette[VT_PALETTE_ALL];
	uint8_t palette_set[VT_PALETTE_ALL]; /* enum vt_color_set */
	struct vt_palette_saved *palette_stack[VT_PALETTE_STACK]; /* NULL: nothing stored */
	unsigned palette_stack_n;        /* pushed */

	/* The mouse as last reported. */
	int32_t mouse_x, mouse_y;
	uint16_t mouse_buttons;          /* held, bit = enum vt_mouse_button */
};

/* ---- cells and rows ------------------------------------------------------ */

#define VT_CELL_CLUSTER 0x80000000u    /* text is the number of a cluster */
#define VT_CELL_FLAGS VT_CELL_IMAGE    /* the flags there are */

static inline struct vt_cell vt_cell_make(uint32_t text, uint16_t style, uint8_t width)
{
	return (struct vt_cell){ .text = text, .style = style, .width = width };
}

static inline struct vt_grid_row *vt_grid_row(const struct vt_grid *g, unsigned y)
{
	unsigned i = g->head + y;

	return &g->rows[i >= g->n ? i - g->n : i];
}

static inline struct vt_grid_row *vt_row_at(const struct vt *vt, unsigned y)
{
	return vt_grid_row(vt->grid, y);
}

static inline bool vt_is_alt(const struct vt *vt) { return vt->grid == &vt->grids[1]; }
/* The seqno that this write's changes carry. */
static inline uint64_t vt_now(const struct vt *vt) { return vt->seqno + 1; }
/* The top row, which somebody has seen, leaves the screen for the scrollback: it takes along since when
 * it has been as it is. */
void vt_row_leaves(struct vt *vt, struct vt_grid_row *row);
/* Nobody has seen any row: their number or what their indexes mean has changed. */
void vt_seen_reset(struct vt *vt);

static inline void vt_touch(struct vt *vt, struct vt_grid_row *row)
{
	row->seqno = vt_now(vt);
	vt->changed = true;
}

/* Columns of a row that can be used: half of them when it is of double width. Columns
 * past them stay blank. */
static inline unsigned vt_row_cols(const struct vt *vt, const struct vt_grid_row *row)
{
	return row->line_attr ? MAX(vt->cols / 2u, 1u) : vt->cols;
}
/* The last column that text at column x of row y goes to, never left of x. */
static inline unsigned vt_line_limit(const struct vt *vt, unsigned x, unsigned y)
{
	if (__builtin_expect((vt->modes & VT_M_DOUBLE) != 0, 0) && vt_row_at(vt, y)->line_attr)
		return MAX(vt_row_cols(vt, vt_row_at(vt, y)) - 1, x);
	return x <= vt->right ? vt->right : vt->cols - 1u;
}

/* Blanks [from, to) and makes used cover it. */
void vt_row_fill(struct vt_grid_row *row, unsigned from, unsigned to, uint16_t style);
/* Cells up to x exist (blank) afterwards. */
static inline void vt_row_reach(struct vt_grid_row *row, unsigned x)
{
	if (row->used < x)
		vt_row_fill(row, row->used, x, 0);
}
/* No wide character straddles the left edge of column x afterwards. */
void vt_row_split(struct vt_grid_row *row, unsigned x);
/* Ready for cells to be written to [x, end). */
static inline void vt_row_open(struct vt_grid_row *row, unsigned x, unsigned end)
{
	if (x < row->used) {
		if (row->cells[x].width == 0)
			vt_row_split(row, x);
		if (end < row->used && row->cells[end].width == 0)
			vt_row_split(row, end);
	} else {
		vt_row_reach(row, x);
	}
}
void vt_row_erase(struct vt_grid_row *row, unsigned from, unsigned to, unsigned cols, uint16_t style);
/* Shift the cells of [x, right] by n; what is free becomes blank. */
void vt_row_insert(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned right,
    uint16_t style);
void vt_row_delete(struct vt *vt, struct vt_grid_row *row, unsigned x, unsigned n, unsigned right,
    unsigned cols, uint16_t style);
void vt_row_clear(struct vt_grid_row *row, unsigned cols, uint16_t style);

/* ---- intern.c: by number -------------------------------------------------- */

uint16_t vt_style_id(struct vt *vt, const struct vt_style *style);
/* The pen has changed. */
static inline void vt_pen_touch(struct vt *vt) { vt->pen_stale = vt->erase_stale = true; }
static inline uint16_t vt_pen_id(struct vt *vt)
{
	if (vt->pen_stale)
		vt->pen_id = vt_style_id(vt, &vt->pen);
	vt->pen_stale = false;
	return vt->pen_id;
}
/* The style of erased cells: the pen's background alone. */
static inline uint16_t vt_erase_id(struct vt *vt)
{
	struct vt_style erase = { .bg = vt->pen.bg };

	if (vt->erase_stale)
		vt->erase_id = vt->pen.bg ? vt_style_id(vt, &erase) : 0;
	vt->erase_stale = false;
	return vt->erase_id;
}
/* The text of a cell for this cluster; its first code point when there is no room. */
uint32_t vt_cluster_text(struct vt *vt, const char *s, size_t len);
uint32_t vt_link_number(struct vt *vt, const char *uri, const char *id);
void vt_intern_init(struct vt *vt);
void vt_intern_fini(struct vt *vt);

/* ---- print.c -------------------------------------------------------------- */

void vt_print_ascii(struct vt *vt, const uint8_t *s, size_t n);
/* The printable ASCII at p, where there is some; returns where it ends. */
const uint8_t *vt_print_text(struct vt *vt, const uint8_t *p, const uint8_t *end);
void vt_print(struct vt *vt, uint32_t cp);
/* Well-formed characters of several bytes, but for C1 controls; returns where they end. */
const uint8_t *vt_print_multibyte(struct vt *vt, const uint8_t *p, const uint8_t *end);
/* One cluster in a cell of 1 or 2 columns, whatever its natural width. */
void vt_print_cell(struct vt *vt, const char *s, size_t len, unsigned width);
/* Wraps when the line has not room for n cells; without autowrap the cursor moves back. */
void vt_print_room(struct vt *vt, unsigned n);
/* After a change of modes or character sets. */
void vt_print_update(struct vt *vt);

/* ---- screen.c ------------------------------------------------------------- */

void vt_grid_init(struct vt_grid *grid, uint16_t rows, uint16_t cols);
void vt_grid_fini(struct vt_grid *grid);
void vt_cursor_to(struct vt *vt, unsigned x, unsigned y);           /* absolute, clamped */
void vt_cursor_to_origin(struct vt *vt, unsigned x, unsigned y);    /* as origin mode wants it */
/* After the rows have moved under it: it stays in what can be used of its row. */
void vt_cursor_clamp(struct vt *vt);
void vt_cursor_up(struct vt *vt, unsigned n);
void vt_cursor_down(struct vt *vt, unsigned n);
void vt_cursor_left(struct vt *vt, unsigned n);
void vt_cursor_right(struct vt *vt, unsigned n);
void vt_cursor_save(struct vt *vt);
void vt_cursor_restore(struct vt *vt);
void vt_index(struct vt *vt);
void vt_reverse_index(struct vt *vt);
void vt_carriage_return(struct vt *vt);
void vt_tab(struct vt *vt, unsigned n);
void vt_tab_back(struct vt *vt, unsigned n);
void vt_tabs_default(struct vt *vt, unsigned from);
/* n rows of the region; lines that leave the top of the primary screen are kept when keep is set. */
void vt_scroll_up(struct vt *vt, unsigned top, unsigned bottom, unsigned n, bool keep);
void vt_scroll_down(struct vt *vt, unsigned top, unsigned bottom, unsigned n);
void vt_scroll_left(struct vt *vt, unsigned x, unsigned n);         /* SL, DECDC: all rows of the region */
void vt_scroll_right(struct vt *vt, unsigned x, unsigned n);
void vt_erase_rows(struct vt *vt, unsigned from, unsigned to);      /* [from, to) */
/* keep: attributes that save a cell from it. */
void vt_erase_cells(struct vt *vt, unsigned y, unsigned from, unsigned to, uint32_t keep);
void vt_margins_reset(struct vt *vt);
void vt_screen_switch(struct vt *vt, bool alt);
void vt_line_attr(struct vt *vt, uint8_t attr);                     /* DECSWL, DECDWL, DECDHL */
void vt_lines_single(struct vt *vt);                                /* all rows of the screen */
void vt_screen_align(struct vt *vt);                                /* DECALN */
void vt_saved_reset(struct vt_saved *saved);
void vt_soft_reset(struct vt *vt);
void vt_hard_reset(struct vt *vt);                                  /* vt_reset() inside a write */
void vt_drop_scrollback(struct vt *vt);

/* ---- rewrap.c ------------------------------------------------------------- */

/* Moves all rows of the old scrollback to vt->sb, which is empty, for this many columns,
 * their images with them. True when the last line goes on in the screen. */
bool vt_rewrap(struct vt *vt, struct vt_scrollback *old, unsigned cols);

/* ---- sequences ------------------------------------------------------------ */

/* In the tables: whether a sequence changes the state, or only asks for it. */
#define ASKS false
#define CHANGES true

struct vt_sequence_table {
	const struct vt_sequence *rows;
	size_t n;
};
extern const struct vt_sequence_table vt_c0_table, vt_esc_table, vt_charset_table, vt_csi_table, vt_mode_table, vt_osc_table,
    vt_dcs_table, vt_setting_table,
    vt_apc_table;

void vt_input_line_end(struct vt *vt);                              /* osc_shell.c: at LF while vt->input_line */
void vt_control(struct vt *vt, uint8_t c);                          /* C0 */
void vt_esc_dispatch(struct vt *vt, uint8_t final);                 /* parser.inter says the rest */
void vt_csi_dispatch(struct vt *vt, uint8_t final);
void vt_sgr(struct vt *vt);
/* Parameters from `first` on. */
void vt_sgr_apply(const struct vt_parser *ps, unsigned first, struct vt_style *style);
/* A style as SGR parameters, without the final m. */
size_t vt_sgr_describe(const struct vt_style *style, char *ret, size_t size);
void vt_sgr_push(struct vt *vt);
void vt_sgr_pop(struct vt *vt);
/* Takes from *common what the style does not have. */
void vt_style_common(struct vt_style *common, const struct vt_style *style);
void vt_mode_ansi(struct vt *vt, unsigned number, bool set);
void vt_mode_dec(struct vt *vt, unsigned number, bool set);
enum vt_mode_state { VT_MODE_UNKNOWN, VT_MODE_SET, VT_MODE_RESET, VT_MODE_ALWAYS_SET, VT_MODE_ALWAYS_RESET };
enum vt_mode_state vt_mode_query(const struct vt *vt, unsigned number, bool dec);
void vt_mode_save(struct vt *vt, unsigned number);
void vt_mode_restore(struct vt *vt, unsigned number);
/* Parameter i, or the default when it is missing or 0. */
static inline unsigned vt_param(const struct vt *vt, unsigned i, unsigned missing)
{
	return i < vt->parser.n && vt->parser.params[i] ? vt->parser.params[i] : missing;
}

/* ---- payload.c: strings ---------------------------------------------------- */

struct vt_snap;
/* Takes a payload as it comes, in pieces of any size, none of them empty. The
 * parameters of a DCS stand in vt->parser for begin(). */
struct vt_stream {
	bool (*begin)(struct vt *vt);    /* false: swallow it */
	void (*data)(struct vt *vt, const uint8_t *s, size_t len);
	/* complete: the string was ended as it should be; otherwise it was broken off or
	 * exceeds the row's limit. Comes once for each begin() that returned true. */
	void (*end)(struct vt *vt, bool complete);
	/* Describes what begin() and data() have made of it so far, for a snapshot in both
	 * directions (snap_io.h); before reading, begin() has not been called. NULL when
	 * nothing is kept between pieces. */
	void (*snapshot)(struct vt_snap *s, struct vt *vt);
};

/* One string sequence. Without handler and stream it is known, and swallowed. */
struct vt_string_row {
	uint16_t number;                 /* of an OSC */
	const char *key;                 /* of OSC 1337: the word after it, with its = */
	char prefix, inter, final;       /* of a DCS; of an APC its first byte is final */
	bool raw;                        /* control characters belong to the payload, ESC ESC is an ESC of it */
	bool empty_when_over;            /* over the limit it is as if nothing were in it, not as if it had not come */
	uint32_t limit;                  /* bytes of payload, without the head; one of VT_..._MAX */
	/* s may be written to and ends with a NUL at len. vt->parser.bel says how to end an answer. */
	void (*handler)(struct vt *vt, char *s, size_t len);
	const struct vt_stream *stream;  /* instead of a handler */
};

/* NULL when there is none. */
const struct vt_string_row *vt_osc_find(unsigned number);
const struct vt_string_row *vt_osc_1337_find(const char *key, size_t len);
const struct vt_string_row *vt_dcs_find(uint8_t prefix, uint8_t inter, uint8_t final);
const struct vt_string_row *vt_apc_find(char first);

void vt_string_begin(struct vt *vt, enum vt_string_kind kind);
/* dcs_sixel.c */
extern const struct vt_stream vt_sixel_stream;
void vt_sixel_reset(struct vt *vt);
void vt_file_drop(struct vt *vt);                                   /* osc_file.c */
void vt_graphics_attributes(struct vt *vt);                         /* XTSMGRAPHICS */

const uint8_t *vt_string_parse(struct vt *vt, const uint8_t *p, const uint8_t *end);
void vt_string_abandon(struct vt *vt);
void vt_parse(struct vt *vt, const uint8_t *p, const uint8_t *end); /* parser.c */
void vt_escape_begin(struct vt *vt);                                /* parser.c: as after ESC */

/* ---- rect.c ------------------------------------------------------------------- */

void vt_rect_copy(struct vt *vt);                                   /* DECCRA */
void vt_rect_fill(struct vt *vt);                                   /* DECFRA */
void vt_rect_erase(struct vt *vt);                                  /* DECERA */
void vt_rect_erase_selective(struct vt *vt);                        /* DECSERA */
void vt_rect_change(struct vt *vt, bool reverse);                   /* DECCARA, DECRARA */
void vt_rect_report(struct vt *vt);                                 /* XTREPORTSGR */
void vt_rect_checksum(struct vt *vt);                               /* DECRQCRA */

/* ---- status.c ----------------------------------------------------------------- */

void vt_capabilities_asked(struct vt *vt, char *s, size_t len);     /* xtgettcap.c */
void vt_status_string(struct vt *vt, char *what, size_t len);       /* DECRQSS */
void vt_report_presentation(struct vt *vt);                         /* DECRQPSR */
void vt_restore_presentation(struct vt *vt, char *s, size_t len);   /* DECRSPS */

/* ---- charset.c -------------------------------------------------------------- */

/* The set of that size (94 or 96) and name; false when there is none. */
bool vt_charset_find(unsigned size, uint8_t inter, uint8_t final, uint8_t *ret);
const char *vt_charset_name(uint8_t set);
/* code is 20..7f, in GR without its high bit. */
uint32_t vt_charset_map(uint8_t set, uint8_t code);
void vt_charsets_reset(struct vt *vt);

/* ---- report.c -------------------------------------------------------------- */

void vt_reply(struct vt *vt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vt_reply_bytes(struct vt *vt, const char *s, size_t len);      /* for what may be long */
void vt_answer_8bit(struct vt *vt, bool on);                        /* S8C1T, S7C1T */
void vt_report_device(struct vt *vt, uint8_t prefix);
void vt_report_status(struct vt *vt, bool dec);
void vt_report_mode(struct vt *vt, bool dec);
void vt_report_size(struct vt *vt);                                 /* mode 2048 */
void vt_report_scheme(struct vt *vt);
void vt_window_op(struct vt *vt);
void vt_want_size(struct vt *vt, unsigned rows, unsigned cols);     /* asks the owner, within limits */

/* ---- strings ---------------------------------------------------------------- */

#define VT_CLEAN_LINES 1u   /* keep tab, newline and carriage return */
#define VT_SMALL 65536u     /* allocations up to this do not fail, those above are allowed to */
/* A copy that is valid UTF-8 without control characters, cut at max bytes. NULL when
 * there is no memory and max is VT_SMALL or more. */
char *vt_clean(const char *s, size_t len, size_t max, unsigned flags, size_t *ret_len);
/* Valid UTF-8 without control characters? */
bool vt_is_clean(const char *text, size_t len);
void vt_string_set(char **string, char *value);
int vt_hex_value(char c);                                           /* -1 when it is no digit */
/* malloc()ed, with a NUL after it; NULL when it is not base64 (base64.h) or memory is short. */
char *vt_base64(const char *s, size_t len, size_t *ret_len);
void vt_titles_push(struct vt *vt);
void vt_titles_pop(struct vt *vt, unsigned which);

/* ---- color.c ---------------------------------------------------------------- */

enum vt_color_set {
	VT_COLOR_ORIGINAL,               /* the default */
	VT_COLOR_SET,                    /* by a program */
	VT_COLOR_UNSET,                  /* none of its own */
};
/* What programs set; what they did not is the default at the time of the pop. */
struct vt_palette_saved {
	uint32_t color[VT_PALETTE_ALL];
	uint8_t set[VT_PALETTE_ALL];
};
/* 0xRRGGBB from what XParseColor takes ("rgb:", "#", "rgbi:", names) and "rgba:". */
bool vt_color_parse(const char *s, uint32_t *ret);
void vt_palette_program(struct vt *vt, unsigned index, uint32_t rgb);
void vt_palette_unset(struct vt *vt, unsigned index);
void vt_palette_reset(struct vt *vt, unsigned index);
void vt_palette_init(struct vt *vt);
bool vt_palette_dark(const struct vt *vt);
/* slot 0 is the top of the stack, 1 to VT_PALETTE_STACK a place in it. */
void vt_palette_push(struct vt *vt, unsigned slot);
void vt_palette_pop(struct vt *vt, unsigned slot);
unsigned vt_palette_stored(const struct vt *vt);
void vt_palette_stack_clear(struct vt *vt);

#endif
