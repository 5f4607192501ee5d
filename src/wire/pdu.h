/* pdu.h - the PDUs of wezterm's mux protocol as C structs, codecs 42 to 45.
 *
 * Source: reference/wezterm-mux.md parts 2 and 3; one struct per PDU body, in
 * the order of its fields on the wire. src/wire/schema.c describes every struct
 * here in one table that drives encode, decode and printing.
 *
 * Conventions: a Vec<T> is a pointer and, right after it, its count; an
 * Option<T> is a bool `has_x` before x; strings are struct wire_str. Decoded
 * values live in the PDU's arena (wire.h); encoders only read. */
#ifndef LACE_WIRE_PDU_H
#define LACE_WIRE_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_str {              /* UTF-8 unless the field says bytes; decoded ones have s[len] == 0 */
	const char *s;
	size_t len;
};
#define WIRE_STR(lit) ((struct wire_str){ (lit), sizeof(lit) - 1 })

enum wire_ident {
	WIRE_ERROR_RESPONSE = 0, WIRE_PING = 1, WIRE_PONG = 2, WIRE_LIST_PANES = 3, WIRE_LIST_PANES_RESPONSE = 4,
	WIRE_SPAWN_RESPONSE = 8, WIRE_WRITE_TO_PANE = 9, WIRE_UNIT_RESPONSE = 10, WIRE_SEND_KEY_DOWN = 11,
	WIRE_SEND_MOUSE_EVENT = 12, WIRE_SEND_PASTE = 13, WIRE_RESIZE = 14, WIRE_SET_CLIPBOARD = 20,
	WIRE_GET_LINES = 22, WIRE_GET_LINES_RESPONSE = 23, WIRE_GET_PANE_RENDER_CHANGES = 24,
	WIRE_GET_PANE_RENDER_CHANGES_RESPONSE = 25, WIRE_GET_CODEC_VERSION = 26, WIRE_GET_CODEC_VERSION_RESPONSE = 27,
	WIRE_GET_TLS_CREDS = 28, WIRE_GET_TLS_CREDS_RESPONSE = 29, WIRE_LIVENESS_RESPONSE = 30,
	WIRE_SEARCH_SCROLLBACK_REQUEST = 31, WIRE_SEARCH_SCROLLBACK_RESPONSE = 32, WIRE_SET_PANE_ZOOMED = 33,
	WIRE_SPLIT_PANE = 34, WIRE_KILL_PANE = 35, WIRE_SPAWN_V2 = 36, WIRE_PANE_REMOVED = 37, WIRE_SET_PALETTE = 38,
	WIRE_NOTIFY_ALERT = 39, WIRE_SET_CLIENT_ID = 40, WIRE_GET_CLIENT_LIST = 41, WIRE_GET_CLIENT_LIST_RESPONSE = 42,
	WIRE_SET_WINDOW_WORKSPACE = 43, WIRE_WINDOW_WORKSPACE_CHANGED = 44, WIRE_SET_FOCUSED_PANE = 45,
	WIRE_GET_IMAGE_CELL = 46, WIRE_GET_IMAGE_CELL_RESPONSE = 47, WIRE_MOVE_PANE_TO_NEW_TAB = 48,
	WIRE_MOVE_PANE_TO_NEW_TAB_RESPONSE = 49, WIRE_ACTIVATE_PANE_DIRECTION = 50,
	WIRE_GET_PANE_RENDERABLE_DIMENSIONS = 51, WIRE_GET_PANE_RENDERABLE_DIMENSIONS_RESPONSE = 52,
	WIRE_PANE_FOCUSED = 53, WIRE_TAB_RESIZED = 54, WIRE_TAB_ADDED_TO_WINDOW = 55, WIRE_TAB_TITLE_CHANGED = 56,
	WIRE_WINDOW_TITLE_CHANGED = 57, WIRE_RENAME_WORKSPACE = 58, WIRE_ERASE_SCROLLBACK_REQUEST = 59,
	WIRE_GET_PANE_DIRECTION = 60, WIRE_GET_PANE_DIRECTION_RESPONSE = 61, WIRE_ADJUST_PANE_SIZE = 62,

	/* lace's private extension (docs/protocol.md): far above wezterm's numbers. A
	 * server without it answers LaceHello with an error and goes on; a server
	 * never sends these to a connection that did not send LaceHello. */
	WIRE_LACE_HELLO = 19521,          /* C->S, answered by LaceHelloResponse */
	WIRE_LACE_HELLO_RESPONSE = 19522,
	WIRE_LACE_PANE_EXITED = 19523,    /* push, before PaneRemoved */
	WIRE_LACE_PANE_MODES = 19524,     /* push: on first contact with a pane and on change, before its render push */
	WIRE_LACE_SET_SIZE = 19525,       /* C->S, UnitResponse: this client's size for a pane */
	WIRE_LACE_SHUTDOWN = 19526,       /* C->S, UnitResponse, then the server ends */
	WIRE_LACE_UPGRADE = 19527,        /* C->S, UnitResponse, then the server is that binary and connections end */
	WIRE_LACE_KEY = 19528,            /* C->S, UnitResponse: a key went down, repeats, or went up; from version 2 on */
};

/* ---- shared types (3.4) ---- */
struct wire_terminal_size { uint64_t rows, cols, pixel_width, pixel_height; uint32_t dpi; };
struct wire_cursor { uint64_t x; int64_t y; uint8_t shape, visible; }; /* enums of 3.4 */
struct wire_dimensions {
	uint64_t cols, viewport_rows, scrollback_rows;   /* scrollback_rows includes the viewport */
	int64_t physical_top, scrollback_top;
	uint32_t dpi;
	uint64_t pixel_width, pixel_height;
	bool reverse_video;
};
struct wire_range { int64_t start, end; };               /* half open */
enum { WIRE_DOMAIN_DEFAULT, WIRE_DOMAIN_CURRENT_PANE, WIRE_DOMAIN_NAME, WIRE_DOMAIN_ID };
struct wire_domain { uint32_t kind; struct wire_str name; uint64_t id; };
enum { WIRE_SPLIT_HORIZONTAL, WIRE_SPLIT_VERTICAL };
enum { WIRE_SPLIT_CELLS, WIRE_SPLIT_PERCENT };
struct wire_split_request {
	uint32_t direction; bool target_is_second, top_level;
	uint32_t size_kind; uint64_t cells; uint8_t percent;
};
enum { WIRE_DIRECTION_UP, WIRE_DIRECTION_DOWN, WIRE_DIRECTION_LEFT, WIRE_DIRECTION_RIGHT, WIRE_DIRECTION_NEXT, WIRE_DIRECTION_PREV };
struct wire_pane_entry {
	uint64_t window_id, tab_id, pane_id;
	struct wire_str title;
	struct wire_terminal_size size;
	bool has_working_dir; struct wire_str working_dir;
	bool is_active_pane, is_zoomed_pane;
	struct wire_str workspace;
	struct wire_cursor cursor_pos;
	int64_t physical_top; uint64_t top_row, left_col;
	bool has_tty_name; struct wire_str tty_name;
};
enum { WIRE_NODE_EMPTY, WIRE_NODE_SPLIT, WIRE_NODE_LEAF };
struct wire_pane_node {
	uint32_t kind;
	struct wire_pane_node *left, *right;             /* SPLIT */
	uint32_t direction; struct wire_terminal_size first, second; /* SPLIT */
	struct wire_pane_entry leaf;                     /* LEAF */
};
enum { WIRE_PATTERN_CASE_SENSITIVE, WIRE_PATTERN_CASE_INSENSITIVE, WIRE_PATTERN_REGEX };
struct wire_pattern { uint32_t kind; struct wire_str text; };
struct wire_search_result { int64_t start_y; uint64_t start_x; int64_t end_y; uint64_t end_x, match_id; };
struct wire_client_id {
	struct wire_str hostname, username; uint32_t pid; uint64_t epoch, id;
	bool has_ssh_auth_sock; struct wire_str ssh_auth_sock;      /* codec >= 43 */
};
struct wire_client_info {
	struct wire_client_id client_id; int64_t connected_at;
	bool has_active_workspace; struct wire_str active_workspace;
	int64_t last_input; bool has_focused_pane_id; uint64_t focused_pane_id;
};
enum { WIRE_ALERT_BELL, WIRE_ALERT_TOAST, WIRE_ALERT_CWD_CHANGED, WIRE_ALERT_ICON_TITLE, WIRE_ALERT_WINDOW_TITLE,
	WIRE_ALERT_TAB_TITLE, WIRE_ALERT_PALETTE_CHANGED, WIRE_ALERT_USER_VAR, WIRE_ALERT_OUTPUT_SINCE_FOCUS_LOST,
	WIRE_ALERT_PROGRESS /* codec >= 44 */ };
enum { WIRE_PROGRESS_NONE, WIRE_PROGRESS_PERCENTAGE, WIRE_PROGRESS_ERROR, WIRE_PROGRESS_INDETERMINATE };
struct wire_alert {
	uint32_t kind;
	bool has_title; struct wire_str title;   /* TOAST option, ICON_TITLE and TAB_TITLE option, WINDOW_TITLE always */
	struct wire_str body; bool focus;        /* TOAST */
	struct wire_str name, value;             /* USER_VAR */
	uint32_t progress; uint8_t percent;      /* PROGRESS */
};
struct wire_rgba { float r, g, b, a; };
#define WIRE_PALETTE_COLORS 256
struct wire_palette {
	struct wire_rgba *colors; size_t n_colors;       /* exactly 256 */
	struct wire_rgba foreground, background, cursor_fg, cursor_bg, cursor_border,
	    selection_fg, selection_bg, scrollbar_thumb, split;
};
struct wire_env_entry { struct wire_str key; bool is_from_base_env; struct wire_str preferred_key, value; };
struct wire_command {
	struct wire_str *args; size_t n_args;
	struct wire_env_entry *envs; size_t n_envs;
	bool has_cwd; struct wire_str cwd;
	bool has_umask; uint32_t umask;                  /* absent on the wire from Windows senders (3.8) */
	bool controlling_tty;
	bool from_windows;                               /* decoded: UTF-16 strings were converted */
};
struct wire_key_event { uint8_t code; uint32_t value; uint16_t modifiers; }; /* as struct vt_key */
struct wire_mouse_event {
	uint8_t kind; uint64_t x; int64_t y, x_pixel_offset, y_pixel_offset;
	uint8_t button; uint64_t count;                  /* count: payload of the wheel buttons */
	uint16_t modifiers;
};

/* ---- lines (3.6) ---- */
enum { WIRE_COLOR_TRUE_WITH_PALETTE, WIRE_COLOR_TRUE_WITH_DEFAULT, WIRE_COLOR_PALETTE, WIRE_COLOR_DEFAULT };
struct wire_color { uint32_t kind; struct wire_rgba rgba; uint8_t palette; };
struct wire_link_param { struct wire_str key, value; };
struct wire_hyperlink {
	struct wire_link_param *params; size_t n_params; struct wire_str uri; bool implicit;
};
struct wire_fat_attrs {
	bool has_hyperlink; struct wire_hyperlink hyperlink;
	/* image: Vec<ImageCell>, always empty on the wire; a non-empty one is a decode error */
	struct wire_color underline_color, foreground, background;
};
struct wire_cell_attrs {
	uint32_t attributes;
	bool has_fg; uint8_t fg; bool has_bg; uint8_t bg; /* SmallColor: Default or PaletteIndex */
	struct wire_fat_attrs *fat;                       /* NULL = None */
};
struct wire_cell { struct wire_str text; struct wire_cell_attrs attrs; };
struct wire_cluster { uint16_t cell_width; struct wire_cell_attrs attrs; };
struct wire_zone { uint32_t semantic_type; uint16_t start, end; };
enum { WIRE_STORAGE_V, WIRE_STORAGE_C };
struct wire_line {
	uint32_t storage;
	struct wire_cell *cells; size_t n_cells;          /* V */
	struct wire_str text;                             /* C from here */
	uint64_t *double_wide; size_t n_double_wide;
	struct wire_cluster *clusters; size_t n_clusters;
	uint32_t len; bool has_last_cell_width; uint8_t last_cell_width;
	struct wire_zone *zones; size_t n_zones;          /* both */
	uint64_t seqno; uint16_t bits;
};
enum { WIRE_LINE_HAS_HYPERLINK = 1 << 1, WIRE_LINE_DOUBLE_WIDTH = 1 << 4, WIRE_LINE_DOUBLE_HEIGHT_TOP = 1 << 5, WIRE_LINE_DOUBLE_HEIGHT_BOTTOM = 1 << 6 };
#define WIRE_ATTR_WRAPPED (1u << 11)                      /* on the last cell of a soft-wrapped row */
struct wire_indexed_line { int64_t row; struct wire_line line; };
struct wire_cell_coords { uint64_t line_idx; uint64_t start, end; };
struct wire_line_hyperlink { struct wire_hyperlink link; struct wire_cell_coords *coords; size_t n_coords; };
struct wire_texcoord { float x, y; };
struct wire_image_cell {
	int64_t line_idx; uint64_t cell_idx; struct wire_texcoord top_left, bottom_right; uint8_t data_hash[32];
	int32_t z_index; uint16_t padding_left, padding_top, padding_right, padding_bottom;
	bool has_image_id; uint32_t image_id; bool has_placement_id; uint32_t placement_id;
};
struct wire_lines {
	struct wire_indexed_line *lines; size_t n_lines;
	struct wire_line_hyperlink *hyperlinks; size_t n_hyperlinks;
	struct wire_image_cell *images; size_t n_images;
};
enum { WIRE_IMAGE_ENCODED_FILE, WIRE_IMAGE_ENCODED_LEASE, WIRE_IMAGE_RGBA8, WIRE_IMAGE_ANIM_RGBA8 };
struct wire_duration { uint64_t secs; uint32_t nanos; };
struct wire_hash { uint8_t b[32]; };
struct wire_image_data {
	uint32_t kind; struct wire_str data;              /* bytes; kinds 0-2 */
	uint32_t width, height; struct wire_hash data_hash; /* 2; width, height also 3 */
	struct wire_duration *durations; size_t n_durations; /* 3 */
	struct wire_str *frames; size_t n_frames; struct wire_hash *hashes; size_t n_hashes; /* 3 */
	struct wire_hash hash;
};

/* ---- bodies (3.3), one per ident; empty ones have no struct ---- */
struct wire_error_response { struct wire_str reason; };
struct wire_list_panes_response {
	struct wire_pane_node *tabs; size_t n_tabs;
	struct wire_str *tab_titles; size_t n_tab_titles;
	struct wire_window_title { uint64_t window_id; struct wire_str title; } *window_titles; size_t n_window_titles;
};
struct wire_spawn_response { uint64_t tab_id, pane_id, window_id; struct wire_terminal_size size; };
struct wire_write_to_pane { uint64_t pane_id; struct wire_str data; };         /* bytes */
struct wire_send_key_down { uint64_t pane_id; struct wire_key_event event; uint64_t input_serial; };
struct wire_send_mouse_event { uint64_t pane_id; struct wire_mouse_event event; };
struct wire_send_paste { uint64_t pane_id; struct wire_str data; };
struct wire_resize { uint64_t containing_tab_id, pane_id; struct wire_terminal_size size; };
struct wire_set_clipboard { uint64_t pane_id; bool has_clipboard; struct wire_str clipboard; uint32_t selection; };
struct wire_get_lines { uint64_t pane_id; struct wire_range *lines; size_t n_lines; };
struct wire_get_lines_response { uint64_t pane_id; struct wire_lines lines; };
struct wire_pane_ref { uint64_t pane_id; };    /* GetPaneRenderChanges, KillPane, PaneRemoved, PaneFocused, SetFocusedPane, GetPaneRenderableDimensions */
struct wire_render_changes {                   /* GetPaneRenderChangesResponse */
	uint64_t pane_id; bool mouse_grabbed;
	struct wire_cursor cursor_position; struct wire_dimensions dimensions;
	struct wire_range *dirty_lines; size_t n_dirty_lines;
	struct wire_str title; bool has_working_dir; struct wire_str working_dir;
	struct wire_lines bonus_lines; bool has_input_serial; uint64_t input_serial; uint64_t seqno;
};
struct wire_codec_version { uint64_t codec_vers; struct wire_str version_string, executable_path; bool has_config_file_path; struct wire_str config_file_path; };
struct wire_tls_creds { struct wire_str ca_cert_pem, client_cert_pem; };
struct wire_liveness { uint64_t pane_id; bool is_alive; };
struct wire_search_request { uint64_t pane_id; struct wire_pattern pattern; struct wire_range range; bool has_limit; uint32_t limit; };
struct wire_search_response { struct wire_search_result *results; size_t n_results; };
struct wire_set_pane_zoomed { uint64_t containing_tab_id, pane_id; bool zoomed; };
struct wire_split_pane {
	uint64_t pane_id; struct wire_split_request split_request; bool has_command; struct wire_command command;
	bool has_command_dir; struct wire_str command_dir; struct wire_domain domain; bool has_move_pane_id; uint64_t move_pane_id;
};
struct wire_spawn_v2 {
	struct wire_domain domain; bool has_window_id; uint64_t window_id; bool has_command; struct wire_command command;
	bool has_command_dir; struct wire_str command_dir; struct wire_terminal_size size; struct wire_str workspace;
};
struct wire_set_palette { uint64_t pane_id; struct wire_palette palette; };
struct wire_notify_alert { uint64_t pane_id; struct wire_alert alert; };
struct wire_set_client_id { struct wire_client_id client_id; bool is_proxy; /* codec >= 43 */ };
struct wire_client_list { struct wire_client_info *clients; size_t n_clients; };
struct wire_window_workspace { uint64_t window_id; struct wire_str workspace; }; /* SetWindowWorkspace, WindowWorkspaceChanged */
struct wire_get_image_cell { uint64_t pane_id; int64_t line_idx; uint64_t cell_idx; struct wire_hash data_hash; };
struct wire_image_cell_response { uint64_t pane_id; bool has_data; struct wire_image_data data; };
struct wire_move_pane { uint64_t pane_id; bool has_window_id; uint64_t window_id; bool has_workspace; struct wire_str workspace; };
struct wire_move_pane_response { uint64_t tab_id, window_id; };
struct wire_pane_direction { uint64_t pane_id; uint32_t direction; };            /* ActivatePaneDirection, GetPaneDirection */
struct wire_pane_direction_response { bool has_pane_id; uint64_t pane_id; };
struct wire_renderable_dimensions { uint64_t pane_id; struct wire_cursor cursor_position; struct wire_dimensions dimensions; };
struct wire_tab_ref { uint64_t tab_id; };                                         /* TabResized */
struct wire_tab_added { uint64_t tab_id, window_id; };
struct wire_tab_title { uint64_t tab_id; struct wire_str title; };
struct wire_window_title_changed { uint64_t window_id; struct wire_str title; };
struct wire_rename_workspace { struct wire_str old_workspace, new_workspace; };
struct wire_erase_scrollback { uint64_t pane_id; uint32_t erase_mode; };
struct wire_adjust_pane_size { uint64_t pane_id; uint32_t direction; uint64_t amount; };

/* ---- private extension ---- */
#define WIRE_LACE_VERSION 2
enum { WIRE_LACE_READ_ONLY = 1 << 0 };   /* LaceHello.flags: input and resizes of this client are refused */
struct wire_lace_hello { uint32_t version; uint32_t flags; };
struct wire_lace_hello_response { uint32_t version; struct wire_str server_version; uint32_t pid; };
enum { WIRE_EXIT_STATUS, WIRE_EXIT_SIGNAL };
struct wire_lace_pane_exited { uint64_t pane_id; uint32_t kind; uint32_t code; }; /* exit status or signal number */
struct wire_lace_pane_modes {
	uint64_t pane_id; uint32_t modes;       /* enum vt_mode bits (vt/vt.h) */
	uint8_t kitty_flags, modify_other_keys;
	struct wire_str window_title;
};
/* The pane gets this size when the client types next (or at once when no other
 * client watches it): "the size follows the client that typed last". */
struct wire_lace_set_size { uint64_t pane_id; struct wire_terminal_size size; };
struct wire_lace_upgrade { struct wire_str path; };   /* absolute */
struct wire_lace_key {                                /* as struct vt_key */
	uint64_t pane_id; uint8_t code; uint32_t value, modifiers, kind;
	uint32_t unshifted, shifted, base;
	struct wire_str text;
};

union wire_body {
	struct wire_error_response error_response;
	struct wire_list_panes_response list_panes_response;
	struct wire_spawn_response spawn_response;
	struct wire_write_to_pane write_to_pane;
	struct wire_send_key_down send_key_down;
	struct wire_send_mouse_event send_mouse_event;
	struct wire_send_paste send_paste;
	struct wire_resize resize;
	struct wire_set_clipboard set_clipboard;
	struct wire_get_lines get_lines;
	struct wire_get_lines_response get_lines_response;
	struct wire_pane_ref pane_ref;
	struct wire_render_changes render_changes;
	struct wire_codec_version codec_version;
	struct wire_tls_creds tls_creds;
	struct wire_liveness liveness;
	struct wire_search_request search_request;
	struct wire_search_response search_response;
	struct wire_set_pane_zoomed set_pane_zoomed;
	struct wire_split_pane split_pane;
	struct wire_spawn_v2 spawn_v2;
	struct wire_set_palette set_palette;
	struct wire_notify_alert notify_alert;
	struct wire_set_client_id set_client_id;
	struct wire_client_list client_list;
	struct wire_window_workspace window_workspace;
	struct wire_get_image_cell get_image_cell;
	struct wire_image_cell_response image_cell_response;
	struct wire_move_pane move_pane;
	struct wire_move_pane_response move_pane_response;
	struct wire_pane_direction pane_direction;
	struct wire_pane_direction_response pane_direction_response;
	struct wire_renderable_dimensions renderable_dimensions;
	struct wire_tab_ref tab_ref;
	struct wire_tab_added tab_added;
	struct wire_tab_title tab_title;
	struct wire_window_title_changed window_title_changed;
	struct wire_rename_workspace rename_workspace;
	struct wire_erase_scrollback erase_scrollback;
	struct wire_adjust_pane_size adjust_pane_size;
	struct wire_lace_hello lace_hello;
	struct wire_lace_hello_response lace_hello_response;
	struct wire_lace_pane_exited lace_pane_exited;
	struct wire_lace_pane_modes lace_pane_modes;
	struct wire_lace_set_size lace_set_size;
	struct wire_lace_upgrade lace_upgrade;
	struct wire_lace_key lace_key;
};

#endif
