/* vt.h - the terminal engine: bytes in, state out.
 *
 * A pure library (base and text only): no I/O, no clock, no globals. The owner
 * feeds program output to vt_write() and reads the state; answers to queries
 * and events come back through struct vt_callbacks, called during vt_write().
 *
 * Rows are named by a stable index: 0 is the first line ever printed, a row
 * keeps its index while it exists, and scrollback_top rises as old rows are
 * dropped (reference/wezterm-mux.md 4.5). The alternate screen has a numbering
 * of its own from 0 and no scrollback. Columns count cells from 0.
 *
 * Every row carries the sequence number (seqno) of its last change; the
 * terminal's own seqno starts at 1 and rises by one with each vt_write() or
 * vt_resize() that changed anything, never backwards. */
#ifndef LACE_VT_VT_H
#define LACE_VT_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt;

/* ---- limits (each is a hard bound, whatever the input) ------------------- */
#define VT_ROWS_MAX 2000
#define VT_COLS_MAX 2000
#define VT_CLUSTER_BYTES_MAX 64      /* UTF-8 bytes of one grapheme cluster; code points that find no room are dropped */
#define VT_TITLE_BYTES_MAX 1024
#define VT_URI_BYTES_MAX 2083
#define VT_PASTE_BYTES_MAX (64u << 20)
#define VT_NOTE_BYTES_MAX 4096       /* title, body, buttons of a notification, each */
#define VT_NOTE_FIELD_MAX 256        /* name of its program, kind, icon, sound */
#define VT_NOTE_ID_MAX 64
#define VT_NOTE_BUTTONS_MAX 8
#define VT_NOTES_MAX 8               /* notifications that are not complete */
#define VT_COMMAND_BYTES_MAX 16384   /* a command line told by a shell */
#define VT_USER_VAR_NAME_MAX 256
#define VT_USER_VARS_MAX 64
#define VT_USER_VARS_BYTES_MAX (256u << 10) /* names and values together */
/* Bytes of payload of the string sequences; longer ones are swallowed to their end. */
#define VT_OSC_TITLE_MAX 4096
#define VT_OSC_COLOR_MAX 16384       /* OSC 4, 5, 10-19, 21: all colours at once fit */
#define VT_OSC_CWD_MAX 4096
#define VT_OSC_LINK_MAX 8192
#define VT_OSC_NOTE_MAX 8192
#define VT_OSC_CLIPBOARD_MAX (1u << 20) /* OSC 52; and all packets of OSC 5522, decoded */
#define VT_OSC_PACKET_MAX 65536      /* OSC 5522 */
#define VT_OSC_POINTER_MAX 1024      /* OSC 22 */
#define VT_OSC_TEXT_MAX 8192         /* OSC 66 */
#define VT_OSC_USER_VAR_MAX 65536
#define VT_OSC_SHELL_MAX 16384       /* OSC 133, 633 */
#define VT_OSC_FILE_MAX (64u << 20)  /* OSC 1337 File=, FilePart= */
#define VT_OSC_FILE_HEAD_MAX 4096    /* and what comes before the data */
#define VT_DCS_STATUS_MAX 64         /* DECRQSS */
#define VT_DCS_PRESENTATION_MAX 16384 /* DECRSPS */
#define VT_DCS_TMUX_MAX (1u << 20)   /* tmux itself takes no more */
#define VT_DCS_CAPABILITIES_MAX 4096 /* XTGETTCAP */
#define VT_SIXEL_BYTES_MAX (64u << 20)
#define VT_KITTY_GRAPHICS_BYTES_MAX (64u << 20) /* of one command; chunks are commands */
#define VT_IMAGES_BYTES_DEFAULT (64u << 20)

/* ---- cells and styles ---------------------------------------------------- */

/* A colour in one word: kind in the top byte. */
typedef uint32_t vt_color;
#define VT_COLOR_DEFAULT 0u
#define VT_COLOR_PALETTE(i) (0x01000000u | (uint32_t)(i))
#define VT_COLOR_RGB(r, g, b) \
	(0x02000000u | (uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))
#define VT_COLOR_KIND(c) ((c) >> 24)          /* 0 default, 1 palette, 2 rgb */
#define VT_COLOR_VALUE(c) ((c) & 0xffffffu)

/* Attribute bits. Bits 0-16 are laid out as on the wire (wezterm-mux.md 3.6);
 * bit 11 ("wrapped") is never set in a style: it is a property of the row. */
enum {
	VT_ATTR_BOLD = 1u << 0,             /* intensity, two bits: 0 normal 1 bold 2 half */
	VT_ATTR_HALF = 2u << 0,
	VT_ATTR_INTENSITY = 3u << 0,
	VT_ATTR_UNDERLINE_SHIFT = 2,        /* three bits: 0 none 1 single 2 double 3 curly 4 dotted 5 dashed */
	VT_ATTR_UNDERLINE = 7u << 2,
	VT_ATTR_BLINK_SHIFT = 5,            /* two bits: 0 none 1 slow 2 rapid */
	VT_ATTR_BLINK = 3u << 5,
	VT_ATTR_ITALIC = 1u << 7,
	VT_ATTR_REVERSE = 1u << 8,
	VT_ATTR_STRIKE = 1u << 9,
	VT_ATTR_INVISIBLE = 1u << 10,
	VT_ATTR_OVERLINE = 1u << 12,
	VT_ATTR_SEMANTIC_SHIFT = 13,        /* two bits: 0 output 1 input 2 prompt */
	VT_ATTR_SEMANTIC = 3u << 13,
	VT_ATTR_VALIGN_SHIFT = 15,          /* two bits: 0 base 1 super 2 sub */
	VT_ATTR_VALIGN = 3u << 15,
	/* not on the wire */
	VT_ATTR_PROTECTED = 1u << 17,       /* DECSCA: selective erase spares it */
	VT_ATTR_GUARDED = 1u << 18,         /* SPA: plain erase spares it */
	VT_ATTR_ALL = 0x7f7ffu,
};

struct vt_style {
	uint32_t attrs;
	vt_color fg, bg, underline;
	uint32_t link;                      /* hyperlink id for vt_link(), 0 = none */
	uint32_t image;                     /* image placement id, 0 = none (reserved) */
};

struct vt_cell {
	uint32_t text;                      /* 0 blank; a code point; or a cluster (see vt_cell_text) */
	uint16_t style;                     /* index for vt_style_get() */
	uint8_t width;                      /* 1, 2, or 0 for the right half of a wide cell */
	uint8_t flags;                      /* internal */
};
/* 8 bytes: a 200x50 screen is 80 kB and a row of 80 fits ten cache lines. */
_Static_assert(sizeof(struct vt_cell) == 8, "hot: one per screen cell");

#define VT_LINK_ID_MAX 256
struct vt_link {
	const char *uri;                    /* NUL-terminated UTF-8, owned by the engine */
	const char *id;                     /* the id= parameter, "" when none */
};

/* ---- creation ------------------------------------------------------------ */

struct vt_config {
	uint16_t rows, cols;                /* 1..VT_ROWS_MAX, 1..VT_COLS_MAX */
	uint32_t pixel_width, pixel_height; /* of the whole grid; 0 = unknown */
	uint32_t scrollback_lines;          /* kept rows above the screen */
	size_t scrollback_bytes;            /* and their memory; 0 = no bound but lines */
	const char *term_program;           /* XTVERSION answer: "name version"; copied */
	uint32_t notify;                    /* VT_NOTIFY_*: what to tell a program that asks */
	/* Answers that tell a program what others have printed (the screen by DECRQCRA, the
	 * titles by XTWINOPS): only for conformance suites that read the screen back. Off,
	 * because whoever gets text onto the screen could have it typed as input. */
	bool test_reports;
	size_t image_bytes;                 /* memory for images (image.h); 0 = VT_IMAGES_BYTES_DEFAULT */
};

enum vt_clipboard { VT_CLIPBOARD_CLIPBOARD, VT_CLIPBOARD_PRIMARY };
enum vt_progress { VT_PROGRESS_NONE, VT_PROGRESS_PERCENT, VT_PROGRESS_ERROR, VT_PROGRESS_INDETERMINATE };

/* What the owner can do with notifications beyond showing them (kitty's "p=?"). */
enum {
	VT_NOTIFY_FOCUS = 1u << 0,          /* a click brings the terminal to the front */
	VT_NOTIFY_REPORT = 1u << 1,         /* a click is told: vt_encode_notification() */
	VT_NOTIFY_CLOSE = 1u << 2,          /* programs can close them: callback notification_close */
	VT_NOTIFY_CLOSED = 1u << 3,         /* that it was closed is told */
	VT_NOTIFY_BUTTONS = 1u << 4,
	VT_NOTIFY_URGENCY = 1u << 5,
	VT_NOTIFY_WHEN = 1u << 6,           /* unfocused, invisible */
	VT_NOTIFY_EXPIRE = 1u << 7,
};
enum vt_note_when { VT_NOTE_ALWAYS, VT_NOTE_UNFOCUSED, VT_NOTE_INVISIBLE };
/* OSC 9, 777 and 99. Strings are never NULL; "" is what the program did not say. */
struct vt_notification {
	const char *id;                     /* a later one with the same id takes its place */
	const char *title, *body;           /* the body is never empty */
	const char *app, *kind, *icon, *sound;
	int urgency;                        /* 0 low, 1 normal, 2 critical, -1 not said */
	int expire_ms;                      /* 0: stays; -1: not said */
	enum vt_note_when when;             /* it is wanted when the terminal is ... */
	bool focus;                         /* a click brings the terminal to the front */
	bool report;                        /* ... and is told to the program */
	bool tell_closed;
	const char *const *buttons;
	size_t n_buttons;
};
/* A file that a program names instead of sending it (kitty graphics, t=f, t and s). */
enum vt_image_medium { VT_IMAGE_FILE, VT_IMAGE_TEMPORARY_FILE, VT_IMAGE_SHARED_MEMORY };
struct vt_image_file {
	enum vt_image_medium medium;
	const char *name;                   /* a path, or what shm_open() takes; any bytes but NUL */
	uint64_t offset, size;              /* of the part that is wanted; size 0 = to its end */
	size_t max;                         /* no more than that: VT_IMAGE_FILE_TOO_BIG */
};
enum vt_image_file_result { VT_IMAGE_FILE_OK, VT_IMAGE_FILE_REFUSED, VT_IMAGE_FILE_MISSING, VT_IMAGE_FILE_BAD,
	VT_IMAGE_FILE_TOO_BIG };

/* Any member may be NULL. Strings are valid during the call only; text is valid
 * UTF-8 without control characters (the clipboard, notification bodies and user
 * variables keep tabs and line ends). No callback may call back into the vt.
 * reply also comes from vt_resize() (mode 2048) and vt_palette_set_default() (2031). */
struct vt_callbacks {
	void (*reply)(void *user, const char *bytes, size_t len);  /* write this to the pty */
	void (*bell)(void *user);
	void (*title)(void *user);               /* vt_title() or vt_icon_title() changed */
	void (*cwd)(void *user);                 /* vt_cwd() changed (OSC 7) */
	void (*clipboard)(void *user, enum vt_clipboard which, const char *text, size_t len); /* OSC 52, 5522; len 0 clears */
	/* OSC 52 with a question: malloc()ed text, or NULL to say nothing. Without it programs never read. */
	char *(*clipboard_get)(void *user, enum vt_clipboard which, size_t *ret_len);
	void (*notification)(void *user, const struct vt_notification *note);
	void (*notification_close)(void *user, const char *id);                /* OSC 99 p=close */
	void (*user_var)(void *user, const char *name, const char *value);     /* OSC 1337 SetUserVar */
	void (*progress)(void *user, enum vt_progress state, unsigned percent); /* OSC 9;4 */
	void (*shell)(void *user);               /* vt_command() changed */
	void (*pointer)(void *user);             /* vt_pointer_shape() changed by a program */
	void (*palette)(void *user);             /* a program changed colours (OSC 4, 10, 11, 104 ...) */
	/* XTWINOPS 8, DECCOLM; may be ignored */
	void (*size_request)(void *user, uint16_t rows, uint16_t cols);
	/* NULL: no program may have files read. Otherwise the owner decides about each: regular files
	 * only, none of /proc, /sys and /dev; it gives malloc()ed bytes, and removes what is temporary
	 * (where its name has "tty-graphics-protocol" in it) and shared memory once it is read. */
	enum vt_image_file_result (*image_file)(void *user, const struct vt_image_file *file, uint8_t **ret,
	    size_t *ret_len);
};

/* The config is copied; callbacks must outlive the vt. Never NULL. */
struct vt *vt_create(const struct vt_config *config, const struct vt_callbacks *cb, void *user);
void vt_destroy(struct vt *vt);

/* ---- input --------------------------------------------------------------- */

/* Program output. Any bytes, split anywhere. */
void vt_write(struct vt *vt, const void *bytes, size_t len);
/* Sizes are clamped to 1..MAX. The primary screen reflows: soft-wrapped lines
 * are rejoined and rewrapped, the cursor stays on its character. */
void vt_resize(struct vt *vt, uint16_t rows, uint16_t cols, uint32_t pixel_width, uint32_t pixel_height);
/* True while a program holds the screen (synchronized output, mode 2026): the
 * owner may delay showing changes. It ends by the mode or by vt_sync_expire(). */
bool vt_sync_pending(const struct vt *vt);
void vt_sync_expire(struct vt *vt);
void vt_erase_scrollback(struct vt *vt, bool and_viewport);
/* Bytes that the bounds of scrollback and images count; and what is over these is dropped now, the oldest first
 * (the newest block of the scrollback, some 64 KiB, stays). */
struct vt_memory { size_t scrollback, images; };
struct vt_memory vt_memory(const struct vt *vt);
void vt_trim(struct vt *vt, struct vt_memory most);
void vt_reset(struct vt *vt);                /* RIS */
/* For idle moments: compresses about 64 KiB of scrollback that has grown cold
 * (some 0.1 ms) and returns true while there is more. Changes nothing that can be seen. */
bool vt_compact(struct vt *vt);

/* ---- state --------------------------------------------------------------- */

uint64_t vt_seqno(const struct vt *vt);

struct vt_dims {
	uint16_t rows, cols;
	uint32_t pixel_width, pixel_height;
	int64_t physical_top;                /* stable index of the first visible row */
	int64_t scrollback_top;              /* stable index of the oldest row kept */
};
struct vt_dims vt_dims(const struct vt *vt);

/* Values of the wire's CursorShape (wezterm-mux.md 3.4). */
enum vt_cursor_shape { VT_CURSOR_DEFAULT, VT_CURSOR_BLINK_BLOCK, VT_CURSOR_BLOCK, VT_CURSOR_BLINK_UNDERLINE,
	VT_CURSOR_UNDERLINE, VT_CURSOR_BLINK_BAR, VT_CURSOR_BAR };
struct vt_cursor {
	uint16_t x;                          /* cell, < cols (a pending wrap shows the last column) */
	int64_t y;                           /* stable row */
	enum vt_cursor_shape shape;
	bool visible;
};
struct vt_cursor vt_cursor(const struct vt *vt);

/* Modes that change what an attached terminal sends; a client mirrors them. */
enum vt_mode {
	VT_MODE_ALT_SCREEN = 1u << 0,
	VT_MODE_APP_CURSOR = 1u << 1,        /* DECCKM */
	VT_MODE_APP_KEYPAD = 1u << 2,        /* DECKPAM */
	VT_MODE_BRACKETED_PASTE = 1u << 3,
	VT_MODE_FOCUS_EVENTS = 1u << 4,      /* 1004 */
	VT_MODE_MOUSE_X10 = 1u << 5,         /* 9 */
	VT_MODE_MOUSE_NORMAL = 1u << 6,      /* 1000 */
	VT_MODE_MOUSE_BUTTON = 1u << 7,      /* 1002 */
	VT_MODE_MOUSE_ANY = 1u << 8,         /* 1003 */
	VT_MODE_MOUSE_UTF8 = 1u << 9,        /* 1005 */
	VT_MODE_MOUSE_SGR = 1u << 10,        /* 1006 */
	VT_MODE_MOUSE_URXVT = 1u << 11,      /* 1015 */
	VT_MODE_MOUSE_PIXELS = 1u << 12,     /* 1016 */
	VT_MODE_ALT_SCROLL = 1u << 13,       /* 1007; on by default */
	VT_MODE_REVERSE_VIDEO = 1u << 14,    /* DECSCNM */
	VT_MODE_NEWLINE = 1u << 15,          /* LNM */
	VT_MODE_BACKARROW = 1u << 16,        /* DECBKM */
	VT_MODE_COLOR_SCHEME_REPORTS = 1u << 17, /* 2031 */
	VT_MODE_MOUSE_TRACKING = VT_MODE_MOUSE_X10 | VT_MODE_MOUSE_NORMAL | VT_MODE_MOUSE_BUTTON |
	    VT_MODE_MOUSE_ANY,                   /* one of them at most */
	VT_MODE_MOUSE_FORMAT = VT_MODE_MOUSE_UTF8 | VT_MODE_MOUSE_SGR | VT_MODE_MOUSE_URXVT |
	    VT_MODE_MOUSE_PIXELS,                /* likewise */
};
uint32_t vt_modes(const struct vt *vt);
uint8_t vt_kitty_flags(const struct vt *vt);         /* active kitty keyboard flags, 0..31 */
uint8_t vt_modify_other_keys(const struct vt *vt);   /* 0, 1, 2 */
bool vt_format_other_keys(const struct vt *vt);      /* they are sent as CSI code ; modifiers u */

/* Valid until the next vt_write(); "" when never set. The pane title rule (icon
 * title first, golden/README.md) is the caller's. */
const char *vt_title(const struct vt *vt);           /* OSC 0, 2 */
const char *vt_icon_title(const struct vt *vt);      /* OSC 0, 1 */
const char *vt_cwd(const struct vt *vt);             /* OSC 7, an absolute URL, or "" */

/* As last told by OSC 9;4. ret_percent may be NULL. */
enum vt_progress vt_progress(const struct vt *vt, unsigned *ret_percent);
/* A CSS cursor name (OSC 22), "" for the one that the owner likes. */
const char *vt_pointer_shape(const struct vt *vt);

/* What a shell tells by OSC 133 or 633. Strings are never NULL. */
enum vt_shell { VT_SHELL_UNKNOWN, VT_SHELL_PROMPT, VT_SHELL_INPUT, VT_SHELL_RUNNING, VT_SHELL_DONE };
struct vt_command {
	enum vt_shell state;
	bool has_status;                     /* the last command has ended, and said how */
	int status;
	const char *line;                    /* of the command that runs or ran last, "" when not told */
	const char *aid, *click;             /* options of the last prompt: aid=, cl= */
};
struct vt_command vt_command(const struct vt *vt);
const char *vt_remote_host(const struct vt *vt);     /* user@host (OSC 1337), or "" */
/* The i-th user variable (OSC 1337 SetUserVar), in the order of their first setting. */
bool vt_user_var(const struct vt *vt, size_t i, const char **ret_name, const char **ret_value);

/* Marks of a row; they stay with it in the scrollback, and with its text when it is wrapped anew. */
enum { VT_ROW_PROMPT = 1u << 0,          /* a prompt begins in it */
	VT_ROW_MARK = 1u << 1 };             /* OSC 1337 SetMark */
/* The first row with any of these marks, from row `from` on upwards (step < 0) or downwards. */
bool vt_mark_find(struct vt *vt, int64_t from, int step, uint8_t marks, int64_t *ret);

/* What was printed as prompt, input or output, in one piece. */
enum vt_zone_kind { VT_ZONE_OUTPUT, VT_ZONE_INPUT, VT_ZONE_PROMPT };
struct vt_zone {
	enum vt_zone_kind kind;
	int64_t first_row, last_row;         /* stable indexes, both inside */
	uint16_t first_x, end_x;             /* its first cell, and the one after its last */
};
/* Those in rows [first, last), from top to bottom; what lies outside is cut off. Writes
 * up to max, returns how many there are. Reads every row. */
size_t vt_zones(struct vt *vt, int64_t first, int64_t last, struct vt_zone *ret, size_t max);

struct vt_row {
	const struct vt_cell *cells;         /* n of them; cells past n are blank in the default style */
	uint16_t n;
	bool wrapped;                        /* the next row continues this logical line */
	uint8_t marks;                       /* VT_ROW_* */
	uint8_t line_attr;                   /* 0 normal, 1 double width, 2 double height top, 3 bottom */
	uint64_t seqno;                      /* of its last change, >= 1 */
};
/* One row, in scrollback or on the screen. False when it does not exist. The
 * cells are valid until the next call on this vt (two rows may be held). */
bool vt_row_get(struct vt *vt, int64_t row, struct vt_row *ret);
/* Writes up to max stable indexes of rows in [first, last) whose seqno > since,
 * ascending; returns how many there are in all (may exceed max). A row of the screen that
 * shows again what it showed when it was asked about or read last has not changed, whatever was
 * written meanwhile; rows with images count as changed by any write to them. Rows that left the
 * screen before `since` are not looked at, as far as the last 64 writes tell; before
 * that, blocks of them are not. */
size_t vt_rows_changed(const struct vt *vt, uint64_t since, int64_t first, int64_t last, int64_t *ret,
    size_t max);

const struct vt_style *vt_style_get(const struct vt *vt, uint16_t style);
/* The cell's text as UTF-8 (one grapheme cluster, or " " for a blank); returns bytes. */
size_t vt_cell_text(const struct vt *vt, const struct vt_cell *cell, char ret[VT_CLUSTER_BYTES_MAX]);
bool vt_link_get(const struct vt *vt, uint32_t link, struct vt_link *ret);

/* 0xRRGGBB. index 0..255, or the specials below. Those past VT_PALETTE_COUNT have no
 * colour of their own until a program gives them one: then what is told is the
 * foreground or background that stands for them. */
enum { VT_PALETTE_FG = 256, VT_PALETTE_BG, VT_PALETTE_CURSOR, VT_PALETTE_COUNT,
	VT_PALETTE_CURSOR_TEXT = VT_PALETTE_COUNT, VT_PALETTE_HIGHLIGHT_BG, VT_PALETTE_HIGHLIGHT_FG,
	VT_PALETTE_POINTER_FG, VT_PALETTE_POINTER_BG, VT_PALETTE_TEK_FG, VT_PALETTE_TEK_BG, VT_PALETTE_TEK_CURSOR,
	VT_PALETTE_VISUAL_BELL,
	VT_PALETTE_BOLD, VT_PALETTE_UNDERLINE, VT_PALETTE_BLINK, VT_PALETTE_REVERSE, VT_PALETTE_ITALIC,
	VT_PALETTE_ALL };
uint32_t vt_palette_get(const struct vt *vt, unsigned index);
bool vt_palette_is_unset(const struct vt *vt, unsigned index);
bool vt_palette_changed(const struct vt *vt);        /* differs from the default palette */
/* What the attached client's colours are: the base for queries and resets. */
void vt_palette_set_default(struct vt *vt, const uint32_t palette[VT_PALETTE_COUNT]);

/* ---- encoding the other way ---------------------------------------------- */

/* Key codes are the wire's (termwiz) KeyCode indexes, 0 to 89 (wezterm-mux.md 3.5). Numpad0..9 and
 * Decimal are what wezterm's are: the keys as they are without Num Lock, unless mods says that it is on. */
enum { VT_KEY_CHAR = 0, VT_KEY_FUNCTION = 59 };
/* Bits 1 to 4 are the wire's; its other ones are ignored. Locks are bits of the state, not keys held. */
enum {
	VT_MOD_SHIFT = 1u << 1, VT_MOD_ALT = 1u << 2, VT_MOD_CTRL = 1u << 3, VT_MOD_SUPER = 1u << 4,
	VT_MOD_HYPER = 1u << 16, VT_MOD_META = 1u << 17, VT_MOD_CAPS_LOCK = 1u << 18, VT_MOD_NUM_LOCK = 1u << 19,
	VT_MOD_ALL = VT_MOD_SHIFT | VT_MOD_ALT | VT_MOD_CTRL | VT_MOD_SUPER | VT_MOD_HYPER | VT_MOD_META |
	    VT_MOD_CAPS_LOCK | VT_MOD_NUM_LOCK,
};
enum vt_key_kind { VT_KEY_PRESS, VT_KEY_REPEAT, VT_KEY_RELEASE };
#define VT_KEY_TEXT_MAX 48
struct vt_key {
	uint8_t code;                        /* 0..89 */
	uint32_t value;                      /* code point of VT_KEY_CHAR, n of VT_KEY_FUNCTION (F1 to F35) */
	/* VT_MOD_*, with this event's effect when the key is a modifier (a press is taken to have it). */
	uint32_t mods;
	enum vt_key_kind kind;
	/* Of a VT_KEY_CHAR, where the caller knows more than the character that was typed; else 0.
	 * unshifted and shifted are what the key types in the present layout (guessed from a US one),
	 * base what it types in the layout of a PC-101 keyboard. */
	uint32_t unshifted, shifted, base;
	/* UTF-8 that the event typed, where it is not value alone (an input method); with value 0
	 * there is text but no key. Not kept; more than VT_KEY_TEXT_MAX bytes are cut. */
	const char *text;
	size_t text_len;
};
enum vt_mouse_kind { VT_MOUSE_PRESS, VT_MOUSE_RELEASE, VT_MOUSE_MOVE };
/* Up to NONE as on the wire; the others are X's buttons 8 to 11 (back, forward ...). */
enum vt_mouse_button { VT_BUTTON_LEFT, VT_BUTTON_MIDDLE, VT_BUTTON_RIGHT, VT_BUTTON_WHEEL_UP, VT_BUTTON_WHEEL_DOWN,
	VT_BUTTON_WHEEL_LEFT, VT_BUTTON_WHEEL_RIGHT, VT_BUTTON_NONE, VT_BUTTON_8, VT_BUTTON_9, VT_BUTTON_10, VT_BUTTON_11 };
struct vt_mouse {
	enum vt_mouse_kind kind;
	enum vt_mouse_button button;
	uint32_t count;                      /* wheel steps, >= 1 */
	uint16_t x, y;                       /* cell on the screen, from 0 */
	uint32_t pixel_x, pixel_y;           /* offset inside the cell */
	uint16_t mods;
};
#define VT_ENCODED_MAX 256
/* Each returns the bytes to write to the pty (0 = nothing to send), fewer than VT_ENCODED_MAX. */
size_t vt_encode_key(const struct vt *vt, const struct vt_key *key, char ret[VT_ENCODED_MAX]);
/* In the alternate screen without tracking, a wheel becomes cursor keys x3 (mode 1007). */
size_t vt_encode_mouse(struct vt *vt, const struct vt_mouse *mouse, char ret[VT_ENCODED_MAX]);
size_t vt_encode_focus(const struct vt *vt, bool focused, char ret[VT_ENCODED_MAX]);
/* What became of a notification that asked for it; button counts from 1, 0 is none. */
enum vt_note_event { VT_NOTE_ACTIVATED, VT_NOTE_CLOSED };
size_t vt_encode_notification(const char *id, enum vt_note_event event, unsigned button,
    char ret[VT_ENCODED_MAX]);
/* malloc()ed bytes for the pty, valid UTF-8: in brackets if the mode is on; end markers inside are
 * removed, control characters but tabs become blanks (C1 ones nothing), line ends one LF each inside
 * brackets and one CR else. What is longer than VT_PASTE_BYTES_MAX is cut. NULL: no memory. */
char *vt_encode_paste(const struct vt *vt, const char *text, size_t len, size_t *ret_len);

#endif
