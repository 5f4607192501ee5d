/* The table: every struct of pdu.h, field by field in the order of the wire
 * (reference/wezterm-mux.md 3.3 to 3.6, docs/protocol.md for lace's own), and
 * every ident with its name and type. The macros take the struct's and the
 * member's name and let the compiler check that the member has the C type that
 * the kind needs. */
#include "wire/schema.h"

#include "base/mem.h"

#define C_U8 uint8_t
#define C_U16 uint16_t
#define C_U32 uint32_t
#define C_U64 uint64_t
#define C_I32 int32_t
#define C_I64 int64_t
#define C_BOOL bool
#define C_NZ_U8 uint8_t
#define C_RAW_U32 uint32_t
#define C_CHAR uint32_t
#define C_LINE_LEN uint32_t
#define C_COORD float
#define C_RGBA struct wire_rgba
#define C_STR struct wire_str
#define C_BYTES struct wire_str
#define C_OS_STR struct wire_str
#define C_HASH struct wire_hash
#define C_ENUM8 uint8_t
#define C_ENUM32 uint32_t

#define MEMBER(S, m) (((struct wire_##S *)NULL)->m)
/* Offset of the member; does not compile when its type is not T. */
#define AT(S, m, T) _Generic(MEMBER(S, m), T: offsetof(struct wire_##S, m))

#define FIELD(S, m, K) .name = #m, .kind = WIRE_K_##K, .at = AT(S, m, C_##K)
#define ONE(S, m, K, ...) { FIELD(S, m, K), __VA_ARGS__ }
#define OPT(S, m, K, ...) \
	{ FIELD(S, m, K), .shape = WIRE_OPT, .aux = AT(S, has_##m, bool), __VA_ARGS__ }
#define VEC(S, m, K, ...) \
	{ .name = #m, .kind = WIRE_K_##K, .shape = WIRE_VEC, .at = AT(S, m, C_##K *), \
	  .aux = AT(S, n_##m, size_t), __VA_ARGS__ }
#define ENUM(S, m, K, e, ...) { FIELD(S, m, K), .values = &e, __VA_ARGS__ }
#define TAG(S, m, K, e, ...) { FIELD(S, m, K), .values = &e, .tag = true, __VA_ARGS__ }

#define SUB_AT(S, m, t, T) .name = #m, .kind = WIRE_K_STRUCT, .type = &type_##t, .at = AT(S, m, T)
#define SUB(S, m, t, ...) { SUB_AT(S, m, t, struct wire_##t), __VA_ARGS__ }
#define OPT_SUB(S, m, t, ...) \
	{ SUB_AT(S, m, t, struct wire_##t), .shape = WIRE_OPT, .aux = AT(S, has_##m, bool), __VA_ARGS__ }
#define VEC_SUB(S, m, t, ...) \
	{ SUB_AT(S, m, t, struct wire_##t *), .shape = WIRE_VEC, .aux = AT(S, n_##m, size_t), __VA_ARGS__ }
#define BOX(S, m, t, ...) { SUB_AT(S, m, t, struct wire_##t *), .shape = WIRE_BOX, __VA_ARGS__ }
#define OPT_BOX(S, m, t, ...) { SUB_AT(S, m, t, struct wire_##t *), .shape = WIRE_OPT_BOX, __VA_ARGS__ }
/* A member that is a plain uint8_t[32]. */
#define HASH32(S, m) { .name = #m, .kind = WIRE_K_HASH, .at = AT(S, m, uint8_t *) }

#define WHEN(v) .when = UINT64_C(1) << (v)
#define WHEN2(v, w) .when = UINT64_C(1) << (v) | UINT64_C(1) << (w)
#define WHEN3(v, w, x) .when = UINT64_C(1) << (v) | UINT64_C(1) << (w) | UINT64_C(1) << (x)

#define TYPE(t, ...) \
	static const struct wire_field fields_##t[] = { __VA_ARGS__ }; \
	static const struct wire_type type_##t = { \
		sizeof(struct wire_##t), ARRAY_LEN(fields_##t), fields_##t }
#define VALUES(e, since, ...) \
	static const char *const names_##e[] = { __VA_ARGS__ }; \
	static const struct wire_enum e = { names_##e, ARRAY_LEN(names_##e), since }

/* ---- enums ---- */
VALUES(cursor_shape, 0, "Default", "BlinkingBlock", "SteadyBlock", "BlinkingUnderline", "SteadyUnderline",
    "BlinkingBar", "SteadyBar");
VALUES(cursor_visibility, 0, "Hidden", "Visible");
VALUES(domain_kind, 0, "DefaultDomain", "CurrentPaneDomain", "DomainName", "DomainId");
VALUES(split_direction, 0, "Horizontal", "Vertical");
VALUES(split_size, 0, "Cells", "Percent");
VALUES(pane_direction, 0, "Up", "Down", "Left", "Right", "Next", "Prev");
VALUES(node_kind, 0, "Empty", "Split", "Leaf");
VALUES(pattern_kind, 0, "CaseSensitiveString", "CaseInSensitiveString", "Regex");
VALUES(clipboard_selection, 0, "Clipboard", "PrimarySelection");
VALUES(erase_mode, 0, "ScrollbackOnly", "ScrollbackAndViewport");
VALUES(alert_kind, 44, "Bell", "ToastNotification", "CurrentWorkingDirectoryChanged", "IconTitleChanged",
    "WindowTitleChanged", "TabTitleChanged", "PaletteChanged", "SetUserVar", "OutputSinceFocusLost",
    "Progress");
VALUES(progress_kind, 0, "None", "Percentage", "Error", "Indeterminate");
VALUES(mouse_kind, 0, "Press", "Release", "Move");
VALUES(mouse_button, 0, "Left", "Middle", "Right", "WheelUp", "WheelDown", "WheelLeft", "WheelRight",
    "None");
VALUES(key_code, 0, "Char", "Hyper", "Super", "Meta", "Cancel", "Backspace", "Tab", "Clear", "Enter",
    "Shift", "Escape", "LeftShift", "RightShift", "Control", "LeftControl", "RightControl", "Alt",
    "LeftAlt", "RightAlt", "Menu", "LeftMenu", "RightMenu", "Pause", "CapsLock", "PageUp", "PageDown",
    "End", "Home", "LeftArrow", "RightArrow", "UpArrow", "DownArrow", "Select", "Print", "Execute",
    "PrintScreen", "Insert", "Delete", "Help", "LeftWindows", "RightWindows", "Applications", "Sleep",
    "Numpad0", "Numpad1", "Numpad2", "Numpad3", "Numpad4", "Numpad5", "Numpad6", "Numpad7", "Numpad8",
    "Numpad9", "Multiply", "Add", "Separator", "Subtract", "Decimal", "Divide", "Function", "NumLock",
    "ScrollLock", "Copy", "Cut", "Paste", "BrowserBack", "BrowserForward", "BrowserRefresh", "BrowserStop",
    "BrowserSearch", "BrowserFavorites", "BrowserHome", "VolumeMute", "VolumeDown", "VolumeUp",
    "MediaNextTrack", "MediaPrevTrack", "MediaStop", "MediaPlayPause", "ApplicationLeftArrow",
    "ApplicationRightArrow", "ApplicationUpArrow", "ApplicationDownArrow", "KeyPadHome", "KeyPadEnd",
    "KeyPadPageUp", "KeyPadPageDown", "KeyPadBegin", "InternalPasteStart", "InternalPasteEnd");
_Static_assert(ARRAY_LEN(names_key_code) == 90, "InternalPasteEnd is 89");
VALUES(color_kind, 0, "TrueColorWithPaletteFallback", "TrueColorWithDefaultFallback", "PaletteIndex",
    "Default");
VALUES(semantic_type, 0, "Output", "Input", "Prompt");
VALUES(storage_kind, 0, "V", "C");
VALUES(image_kind, 0, "EncodedFile", "EncodedLease", "Rgba8", "AnimRgba8");
VALUES(exit_kind, 0, "Status", "Signal");
VALUES(key_kind, 0, "Press", "Repeat", "Release");

/* ---- shared types (3.4) ---- */
TYPE(terminal_size, ONE(terminal_size, rows, U64), ONE(terminal_size, cols, U64),
    ONE(terminal_size, pixel_width, U64), ONE(terminal_size, pixel_height, U64),
    ONE(terminal_size, dpi, U32));
TYPE(cursor, ONE(cursor, x, U64), ONE(cursor, y, I64), ENUM(cursor, shape, ENUM8, cursor_shape),
    { .name = "visibility", .kind = WIRE_K_ENUM8, .at = AT(cursor, visible, uint8_t),
      .values = &cursor_visibility });
TYPE(dimensions, ONE(dimensions, cols, U64), ONE(dimensions, viewport_rows, U64),
    ONE(dimensions, scrollback_rows, U64), ONE(dimensions, physical_top, I64),
    ONE(dimensions, scrollback_top, I64), ONE(dimensions, dpi, U32), ONE(dimensions, pixel_width, U64),
    ONE(dimensions, pixel_height, U64), ONE(dimensions, reverse_video, BOOL));
TYPE(range, ONE(range, start, I64), ONE(range, end, I64));
TYPE(domain, TAG(domain, kind, ENUM32, domain_kind), ONE(domain, name, STR, WHEN(WIRE_DOMAIN_NAME)),
    ONE(domain, id, U64, WHEN(WIRE_DOMAIN_ID)));
TYPE(split_request, ENUM(split_request, direction, ENUM32, split_direction),
    ONE(split_request, target_is_second, BOOL), ONE(split_request, top_level, BOOL),
    TAG(split_request, size_kind, ENUM32, split_size),
    ONE(split_request, cells, U64, WHEN(WIRE_SPLIT_CELLS)),
    ONE(split_request, percent, U8, WHEN(WIRE_SPLIT_PERCENT)));
TYPE(pane_entry, ONE(pane_entry, window_id, U64), ONE(pane_entry, tab_id, U64),
    ONE(pane_entry, pane_id, U64), ONE(pane_entry, title, STR), SUB(pane_entry, size, terminal_size),
    OPT(pane_entry, working_dir, STR), ONE(pane_entry, is_active_pane, BOOL),
    ONE(pane_entry, is_zoomed_pane, BOOL), ONE(pane_entry, workspace, STR),
    SUB(pane_entry, cursor_pos, cursor), ONE(pane_entry, physical_top, I64), ONE(pane_entry, top_row, U64),
    ONE(pane_entry, left_col, U64), OPT(pane_entry, tty_name, STR));
static const struct wire_type type_pane_node; /* it holds itself */
TYPE(pane_node, TAG(pane_node, kind, ENUM32, node_kind),
    BOX(pane_node, left, pane_node, WHEN(WIRE_NODE_SPLIT)),
    BOX(pane_node, right, pane_node, WHEN(WIRE_NODE_SPLIT)),
    ENUM(pane_node, direction, ENUM32, split_direction, WHEN(WIRE_NODE_SPLIT)),
    SUB(pane_node, first, terminal_size, WHEN(WIRE_NODE_SPLIT)),
    SUB(pane_node, second, terminal_size, WHEN(WIRE_NODE_SPLIT)),
    SUB(pane_node, leaf, pane_entry, WHEN(WIRE_NODE_LEAF)));
TYPE(pattern, ENUM(pattern, kind, ENUM32, pattern_kind), ONE(pattern, text, STR));
TYPE(search_result, ONE(search_result, start_y, I64), ONE(search_result, start_x, U64),
    ONE(search_result, end_y, I64), ONE(search_result, end_x, U64), ONE(search_result, match_id, U64));
TYPE(client_id, ONE(client_id, hostname, STR), ONE(client_id, username, STR), ONE(client_id, pid, U32),
    ONE(client_id, epoch, U64), ONE(client_id, id, U64), OPT(client_id, ssh_auth_sock, STR, .since = 43));
TYPE(client_info, SUB(client_info, client_id, client_id), ONE(client_info, connected_at, I64),
    OPT(client_info, active_workspace, STR), ONE(client_info, last_input, I64),
    OPT(client_info, focused_pane_id, U64));
/* Progress is a sum type inside one, so it has a type of its own over the same struct. */
static const struct wire_field fields_progress[] = { TAG(alert, progress, ENUM32, progress_kind),
    ONE(alert, percent, U8, WHEN2(WIRE_PROGRESS_PERCENTAGE, WIRE_PROGRESS_ERROR)) };
static const struct wire_type type_progress = {
	sizeof(struct wire_alert), ARRAY_LEN(fields_progress), fields_progress };
TYPE(alert, TAG(alert, kind, ENUM32, alert_kind),
    OPT(alert, title, STR, WHEN3(WIRE_ALERT_TOAST, WIRE_ALERT_ICON_TITLE, WIRE_ALERT_TAB_TITLE)),
    ONE(alert, title, STR, WHEN(WIRE_ALERT_WINDOW_TITLE)), ONE(alert, body, STR, WHEN(WIRE_ALERT_TOAST)),
    ONE(alert, focus, BOOL, WHEN(WIRE_ALERT_TOAST)), ONE(alert, name, STR, WHEN(WIRE_ALERT_USER_VAR)),
    ONE(alert, value, STR, WHEN(WIRE_ALERT_USER_VAR)),
    { .name = "progress", .kind = WIRE_K_STRUCT, .type = &type_progress, WHEN(WIRE_ALERT_PROGRESS) });
TYPE(palette, VEC(palette, colors, RGBA, .exact = WIRE_PALETTE_COLORS), ONE(palette, foreground, RGBA),
    ONE(palette, background, RGBA), ONE(palette, cursor_fg, RGBA), ONE(palette, cursor_bg, RGBA),
    ONE(palette, cursor_border, RGBA), ONE(palette, selection_fg, RGBA), ONE(palette, selection_bg, RGBA),
    ONE(palette, scrollbar_thumb, RGBA), ONE(palette, split, RGBA));
TYPE(env_entry, ONE(env_entry, key, OS_STR), ONE(env_entry, is_from_base_env, BOOL),
    ONE(env_entry, preferred_key, OS_STR), ONE(env_entry, value, OS_STR));
TYPE(command, VEC(command, args, OS_STR), VEC_SUB(command, envs, env_entry), OPT(command, cwd, OS_STR),
    OPT(command, umask, U32, .not_windows = true), ONE(command, controlling_tty, BOOL),
    { .name = "from_windows", .kind = WIRE_K_FROM_WINDOWS, .at = AT(command, from_windows, bool) });

/* ---- keyboard and mouse (3.5) ---- */
enum { KEY_CHAR = 0, KEY_FUNCTION = 59, WHEEL_UP = 3, WHEEL_DOWN = 4 };
TYPE(key_event, TAG(key_event, code, ENUM8, key_code), ONE(key_event, value, CHAR, WHEN(KEY_CHAR)),
    ONE(key_event, value, RAW_U32, WHEN(KEY_FUNCTION)), ONE(key_event, modifiers, U16));
TYPE(mouse_event, ENUM(mouse_event, kind, ENUM8, mouse_kind), ONE(mouse_event, x, U64),
    ONE(mouse_event, y, I64), ONE(mouse_event, x_pixel_offset, I64), ONE(mouse_event, y_pixel_offset, I64),
    TAG(mouse_event, button, ENUM8, mouse_button),
    ONE(mouse_event, count, U64, WHEN(WHEEL_UP) | UINT64_C(7) << WHEEL_DOWN), /* and left, right */
    ONE(mouse_event, modifiers, U16));

/* ---- lines (3.6) ---- */
TYPE(color, TAG(color, kind, ENUM32, color_kind),
    ONE(color, rgba, RGBA, WHEN2(WIRE_COLOR_TRUE_WITH_PALETTE, WIRE_COLOR_TRUE_WITH_DEFAULT)),
    ONE(color, palette, U8, WHEN2(WIRE_COLOR_TRUE_WITH_PALETTE, WIRE_COLOR_PALETTE)));
TYPE(link_param, ONE(link_param, key, STR), ONE(link_param, value, STR));
TYPE(hyperlink, VEC_SUB(hyperlink, params, link_param), ONE(hyperlink, uri, STR),
    ONE(hyperlink, implicit, BOOL));
TYPE(fat_attrs, OPT_SUB(fat_attrs, hyperlink, hyperlink), { .name = "image", .kind = WIRE_K_NONE },
    SUB(fat_attrs, underline_color, color), SUB(fat_attrs, foreground, color),
    SUB(fat_attrs, background, color));
/* SmallColor is an enum of two, which has the bytes of an option. */
TYPE(cell_attrs, ONE(cell_attrs, attributes, U32), OPT(cell_attrs, fg, U8), OPT(cell_attrs, bg, U8),
    OPT_BOX(cell_attrs, fat, fat_attrs));
TYPE(cell, ONE(cell, text, STR), SUB(cell, attrs, cell_attrs));
TYPE(cluster, ONE(cluster, cell_width, U16), SUB(cluster, attrs, cell_attrs));
TYPE(zone, ENUM(zone, semantic_type, ENUM32, semantic_type), ONE(zone, start, U16), ONE(zone, end, U16));
TYPE(line, TAG(line, storage, ENUM32, storage_kind), VEC_SUB(line, cells, cell, WHEN(WIRE_STORAGE_V)),
    ONE(line, text, STR, WHEN(WIRE_STORAGE_C)), VEC(line, double_wide, U64, WHEN(WIRE_STORAGE_C)),
    VEC_SUB(line, clusters, cluster, WHEN(WIRE_STORAGE_C)), ONE(line, len, LINE_LEN, WHEN(WIRE_STORAGE_C)),
    OPT(line, last_cell_width, NZ_U8, WHEN(WIRE_STORAGE_C)), VEC_SUB(line, zones, zone),
    ONE(line, seqno, U64), ONE(line, bits, U16));
TYPE(indexed_line, ONE(indexed_line, row, I64), SUB(indexed_line, line, line));
TYPE(cell_coords, ONE(cell_coords, line_idx, U64), ONE(cell_coords, start, U64),
    ONE(cell_coords, end, U64));
TYPE(line_hyperlink, SUB(line_hyperlink, link, hyperlink), VEC_SUB(line_hyperlink, coords, cell_coords));
TYPE(texcoord, ONE(texcoord, x, COORD), ONE(texcoord, y, COORD));
TYPE(image_cell, ONE(image_cell, line_idx, I64), ONE(image_cell, cell_idx, U64),
    SUB(image_cell, top_left, texcoord), SUB(image_cell, bottom_right, texcoord),
    HASH32(image_cell, data_hash), ONE(image_cell, z_index, I32), ONE(image_cell, padding_left, U16),
    ONE(image_cell, padding_top, U16), ONE(image_cell, padding_right, U16),
    ONE(image_cell, padding_bottom, U16), OPT(image_cell, image_id, U32),
    OPT(image_cell, placement_id, U32));
TYPE(lines, VEC_SUB(lines, lines, indexed_line), VEC_SUB(lines, hyperlinks, line_hyperlink),
    VEC_SUB(lines, images, image_cell));
TYPE(duration, ONE(duration, secs, U64), ONE(duration, nanos, U32));
TYPE(image_data, TAG(image_data, kind, ENUM32, image_kind),
    ONE(image_data, data, BYTES, WHEN3(WIRE_IMAGE_ENCODED_FILE, WIRE_IMAGE_ENCODED_LEASE, WIRE_IMAGE_RGBA8)),
    ONE(image_data, width, U32, WHEN2(WIRE_IMAGE_RGBA8, WIRE_IMAGE_ANIM_RGBA8)),
    ONE(image_data, height, U32, WHEN2(WIRE_IMAGE_RGBA8, WIRE_IMAGE_ANIM_RGBA8)),
    ONE(image_data, data_hash, HASH, WHEN(WIRE_IMAGE_RGBA8)),
    VEC_SUB(image_data, durations, duration, WHEN(WIRE_IMAGE_ANIM_RGBA8)),
    VEC(image_data, frames, BYTES, WHEN(WIRE_IMAGE_ANIM_RGBA8)),
    VEC(image_data, hashes, HASH, WHEN(WIRE_IMAGE_ANIM_RGBA8)), ONE(image_data, hash, HASH));

/* ---- bodies (3.3) ---- */
TYPE(error_response, ONE(error_response, reason, STR));
TYPE(window_title, ONE(window_title, window_id, U64), ONE(window_title, title, STR));
TYPE(list_panes_response, VEC_SUB(list_panes_response, tabs, pane_node),
    VEC(list_panes_response, tab_titles, STR), VEC_SUB(list_panes_response, window_titles, window_title));
TYPE(spawn_response, ONE(spawn_response, tab_id, U64), ONE(spawn_response, pane_id, U64),
    ONE(spawn_response, window_id, U64), SUB(spawn_response, size, terminal_size));
TYPE(write_to_pane, ONE(write_to_pane, pane_id, U64), ONE(write_to_pane, data, BYTES));
TYPE(send_key_down, ONE(send_key_down, pane_id, U64), SUB(send_key_down, event, key_event),
    ONE(send_key_down, input_serial, U64));
TYPE(send_mouse_event, ONE(send_mouse_event, pane_id, U64), SUB(send_mouse_event, event, mouse_event));
TYPE(send_paste, ONE(send_paste, pane_id, U64), ONE(send_paste, data, STR));
TYPE(resize, ONE(resize, containing_tab_id, U64), ONE(resize, pane_id, U64),
    SUB(resize, size, terminal_size));
TYPE(set_clipboard, ONE(set_clipboard, pane_id, U64), OPT(set_clipboard, clipboard, STR),
    ENUM(set_clipboard, selection, ENUM32, clipboard_selection));
TYPE(get_lines, ONE(get_lines, pane_id, U64), VEC_SUB(get_lines, lines, range));
TYPE(get_lines_response, ONE(get_lines_response, pane_id, U64), SUB(get_lines_response, lines, lines));
TYPE(pane_ref, ONE(pane_ref, pane_id, U64));
TYPE(render_changes, ONE(render_changes, pane_id, U64), ONE(render_changes, mouse_grabbed, BOOL),
    SUB(render_changes, cursor_position, cursor), SUB(render_changes, dimensions, dimensions),
    VEC_SUB(render_changes, dirty_lines, range), ONE(render_changes, title, STR),
    OPT(render_changes, working_dir, STR), SUB(render_changes, bonus_lines, lines),
    OPT(render_changes, input_serial, U64), ONE(render_changes, seqno, U64));
TYPE(codec_version, ONE(codec_version, codec_vers, U64), ONE(codec_version, version_string, STR),
    ONE(codec_version, executable_path, STR), OPT(codec_version, config_file_path, STR));
TYPE(tls_creds, ONE(tls_creds, ca_cert_pem, STR), ONE(tls_creds, client_cert_pem, STR));
TYPE(liveness, ONE(liveness, pane_id, U64), ONE(liveness, is_alive, BOOL));
TYPE(search_request, ONE(search_request, pane_id, U64), SUB(search_request, pattern, pattern),
    SUB(search_request, range, range), OPT(search_request, limit, U32));
TYPE(search_response, VEC_SUB(search_response, results, search_result));
TYPE(set_pane_zoomed, ONE(set_pane_zoomed, containing_tab_id, U64), ONE(set_pane_zoomed, pane_id, U64),
    ONE(set_pane_zoomed, zoomed, BOOL));
TYPE(split_pane, ONE(split_pane, pane_id, U64), SUB(split_pane, split_request, split_request),
    OPT_SUB(split_pane, command, command), OPT(split_pane, command_dir, STR),
    SUB(split_pane, domain, domain), OPT(split_pane, move_pane_id, U64));
TYPE(spawn_v2, SUB(spawn_v2, domain, domain), OPT(spawn_v2, window_id, U64),
    OPT_SUB(spawn_v2, command, command), OPT(spawn_v2, command_dir, STR),
    SUB(spawn_v2, size, terminal_size), ONE(spawn_v2, workspace, STR));
TYPE(set_palette, ONE(set_palette, pane_id, U64), SUB(set_palette, palette, palette));
TYPE(notify_alert, ONE(notify_alert, pane_id, U64), SUB(notify_alert, alert, alert));
TYPE(set_client_id, SUB(set_client_id, client_id, client_id),
    ONE(set_client_id, is_proxy, BOOL, .since = 43));
TYPE(client_list, VEC_SUB(client_list, clients, client_info));
TYPE(window_workspace, ONE(window_workspace, window_id, U64), ONE(window_workspace, workspace, STR));
TYPE(get_image_cell, ONE(get_image_cell, pane_id, U64), ONE(get_image_cell, line_idx, I64),
    ONE(get_image_cell, cell_idx, U64), ONE(get_image_cell, data_hash, HASH));
TYPE(image_cell_response, ONE(image_cell_response, pane_id, U64),
    OPT_SUB(image_cell_response, data, image_data));
TYPE(move_pane, ONE(move_pane, pane_id, U64), OPT(move_pane, window_id, U64),
    { .name = "workspace_for_new_window", .kind = WIRE_K_STR, .shape = WIRE_OPT,
      .at = AT(move_pane, workspace, struct wire_str), .aux = AT(move_pane, has_workspace, bool) });
TYPE(move_pane_response, ONE(move_pane_response, tab_id, U64), ONE(move_pane_response, window_id, U64));
TYPE(pane_direction, ONE(pane_direction, pane_id, U64),
    ENUM(pane_direction, direction, ENUM32, pane_direction));
TYPE(pane_direction_response, OPT(pane_direction_response, pane_id, U64));
TYPE(renderable_dimensions, ONE(renderable_dimensions, pane_id, U64),
    SUB(renderable_dimensions, cursor_position, cursor),
    SUB(renderable_dimensions, dimensions, dimensions));
TYPE(tab_ref, ONE(tab_ref, tab_id, U64));
TYPE(tab_added, ONE(tab_added, tab_id, U64), ONE(tab_added, window_id, U64));
TYPE(tab_title, ONE(tab_title, tab_id, U64), ONE(tab_title, title, STR));
TYPE(window_title_changed, ONE(window_title_changed, window_id, U64),
    ONE(window_title_changed, title, STR));
TYPE(rename_workspace, ONE(rename_workspace, old_workspace, STR),
    ONE(rename_workspace, new_workspace, STR));
TYPE(erase_scrollback, ONE(erase_scrollback, pane_id, U64),
    ENUM(erase_scrollback, erase_mode, ENUM32, erase_mode));
TYPE(adjust_pane_size, ONE(adjust_pane_size, pane_id, U64),
    ENUM(adjust_pane_size, direction, ENUM32, pane_direction), ONE(adjust_pane_size, amount, U64));

/* ---- lace's extension (docs/protocol.md) ---- */
TYPE(lace_hello, ONE(lace_hello, version, U32), ONE(lace_hello, flags, U32));
TYPE(lace_hello_response, ONE(lace_hello_response, version, U32),
    ONE(lace_hello_response, server_version, STR), ONE(lace_hello_response, pid, U32));
TYPE(lace_pane_exited, ONE(lace_pane_exited, pane_id, U64), ENUM(lace_pane_exited, kind, ENUM32, exit_kind),
    ONE(lace_pane_exited, code, U32));
TYPE(lace_pane_modes, ONE(lace_pane_modes, pane_id, U64), ONE(lace_pane_modes, modes, U32),
    ONE(lace_pane_modes, kitty_flags, U8), ONE(lace_pane_modes, modify_other_keys, U8),
    ONE(lace_pane_modes, window_title, STR));
TYPE(lace_upgrade, ONE(lace_upgrade, path, STR));
TYPE(lace_key, ONE(lace_key, pane_id, U64), ENUM(lace_key, code, ENUM8, key_code), ONE(lace_key, value, U32),
    ONE(lace_key, modifiers, U32), ENUM(lace_key, kind, ENUM32, key_kind), ONE(lace_key, unshifted, U32),
    ONE(lace_key, shifted, U32), ONE(lace_key, base, U32), ONE(lace_key, text, STR));
TYPE(lace_set_size, ONE(lace_set_size, pane_id, U64), SUB(lace_set_size, size, terminal_size));

/* ---- idents (part 2) ---- */
#define REQUEST .request = true
#define EMPTY(n, ...) { .name = n, __VA_ARGS__ }
#define BODY(n, t, ...) { .name = n, .type = &type_##t, __VA_ARGS__ }

static const struct wire_pdu_type wezterm_pdus[] = {
	[WIRE_ERROR_RESPONSE] = BODY("ErrorResponse", error_response),
	[WIRE_PING] = EMPTY("Ping", REQUEST),
	[WIRE_PONG] = EMPTY("Pong"),
	[WIRE_LIST_PANES] = EMPTY("ListPanes", REQUEST),
	[WIRE_LIST_PANES_RESPONSE] = BODY("ListPanesResponse", list_panes_response),
	[WIRE_SPAWN_RESPONSE] = BODY("SpawnResponse", spawn_response),
	[WIRE_WRITE_TO_PANE] = BODY("WriteToPane", write_to_pane, REQUEST),
	[WIRE_UNIT_RESPONSE] = EMPTY("UnitResponse"),
	[WIRE_SEND_KEY_DOWN] = BODY("SendKeyDown", send_key_down, REQUEST),
	[WIRE_SEND_MOUSE_EVENT] = BODY("SendMouseEvent", send_mouse_event, REQUEST),
	[WIRE_SEND_PASTE] = BODY("SendPaste", send_paste, REQUEST),
	[WIRE_RESIZE] = BODY("Resize", resize, REQUEST),
	[WIRE_SET_CLIPBOARD] = BODY("SetClipboard", set_clipboard),
	[WIRE_GET_LINES] = BODY("GetLines", get_lines, REQUEST),
	[WIRE_GET_LINES_RESPONSE] = BODY("GetLinesResponse", get_lines_response),
	[WIRE_GET_PANE_RENDER_CHANGES] = BODY("GetPaneRenderChanges", pane_ref, REQUEST),
	[WIRE_GET_PANE_RENDER_CHANGES_RESPONSE] = BODY("GetPaneRenderChangesResponse", render_changes),
	[WIRE_GET_CODEC_VERSION] = EMPTY("GetCodecVersion", REQUEST),
	[WIRE_GET_CODEC_VERSION_RESPONSE] = BODY("GetCodecVersionResponse", codec_version),
	[WIRE_GET_TLS_CREDS] = EMPTY("GetTlsCreds", REQUEST),
	[WIRE_GET_TLS_CREDS_RESPONSE] = BODY("GetTlsCredsResponse", tls_creds),
	[WIRE_LIVENESS_RESPONSE] = BODY("LivenessResponse", liveness),
	[WIRE_SEARCH_SCROLLBACK_REQUEST] = BODY("SearchScrollbackRequest", search_request, REQUEST),
	[WIRE_SEARCH_SCROLLBACK_RESPONSE] = BODY("SearchScrollbackResponse", search_response),
	[WIRE_SET_PANE_ZOOMED] = BODY("SetPaneZoomed", set_pane_zoomed, REQUEST),
	[WIRE_SPLIT_PANE] = BODY("SplitPane", split_pane, REQUEST),
	[WIRE_KILL_PANE] = BODY("KillPane", pane_ref, REQUEST),
	[WIRE_SPAWN_V2] = BODY("SpawnV2", spawn_v2, REQUEST),
	[WIRE_PANE_REMOVED] = BODY("PaneRemoved", pane_ref),
	[WIRE_SET_PALETTE] = BODY("SetPalette", set_palette, REQUEST),
	[WIRE_NOTIFY_ALERT] = BODY("NotifyAlert", notify_alert),
	[WIRE_SET_CLIENT_ID] = BODY("SetClientId", set_client_id, REQUEST),
	[WIRE_GET_CLIENT_LIST] = EMPTY("GetClientList", REQUEST),
	[WIRE_GET_CLIENT_LIST_RESPONSE] = BODY("GetClientListResponse", client_list),
	[WIRE_SET_WINDOW_WORKSPACE] = BODY("SetWindowWorkspace", window_workspace, REQUEST),
	[WIRE_WINDOW_WORKSPACE_CHANGED] = BODY("WindowWorkspaceChanged", window_workspace),
	[WIRE_SET_FOCUSED_PANE] = BODY("SetFocusedPane", pane_ref, REQUEST),
	[WIRE_GET_IMAGE_CELL] = BODY("GetImageCell", get_image_cell, REQUEST),
	[WIRE_GET_IMAGE_CELL_RESPONSE] = BODY("GetImageCellResponse", image_cell_response),
	[WIRE_MOVE_PANE_TO_NEW_TAB] = BODY("MovePaneToNewTab", move_pane, REQUEST),
	[WIRE_MOVE_PANE_TO_NEW_TAB_RESPONSE] = BODY("MovePaneToNewTabResponse", move_pane_response),
	[WIRE_ACTIVATE_PANE_DIRECTION] = BODY("ActivatePaneDirection", pane_direction, REQUEST),
	[WIRE_GET_PANE_RENDERABLE_DIMENSIONS] = BODY("GetPaneRenderableDimensions", pane_ref, REQUEST),
	[WIRE_GET_PANE_RENDERABLE_DIMENSIONS_RESPONSE] =
	    BODY("GetPaneRenderableDimensionsResponse", renderable_dimensions),
	[WIRE_PANE_FOCUSED] = BODY("PaneFocused", pane_ref),
	[WIRE_TAB_RESIZED] = BODY("TabResized", tab_ref),
	[WIRE_TAB_ADDED_TO_WINDOW] = BODY("TabAddedToWindow", tab_added),
	[WIRE_TAB_TITLE_CHANGED] = BODY("TabTitleChanged", tab_title, REQUEST),
	[WIRE_WINDOW_TITLE_CHANGED] = BODY("WindowTitleChanged", window_title_changed, REQUEST),
	[WIRE_RENAME_WORKSPACE] = BODY("RenameWorkspace", rename_workspace, REQUEST),
	[WIRE_ERASE_SCROLLBACK_REQUEST] = BODY("EraseScrollbackRequest", erase_scrollback, REQUEST),
	[WIRE_GET_PANE_DIRECTION] = BODY("GetPaneDirection", pane_direction, REQUEST),
	[WIRE_GET_PANE_DIRECTION_RESPONSE] = BODY("GetPaneDirectionResponse", pane_direction_response),
	[WIRE_ADJUST_PANE_SIZE] = BODY("AdjustPaneSize", adjust_pane_size, REQUEST),
};

static const struct wire_pdu_type lace_pdus[] = {
	[WIRE_LACE_HELLO - WIRE_LACE_HELLO] = BODY("LaceHello", lace_hello, REQUEST),
	[WIRE_LACE_HELLO_RESPONSE - WIRE_LACE_HELLO] = BODY("LaceHelloResponse", lace_hello_response),
	[WIRE_LACE_PANE_EXITED - WIRE_LACE_HELLO] = BODY("LacePaneExited", lace_pane_exited),
	[WIRE_LACE_PANE_MODES - WIRE_LACE_HELLO] = BODY("LacePaneModes", lace_pane_modes),
	[WIRE_LACE_SET_SIZE - WIRE_LACE_HELLO] = BODY("LaceSetSize", lace_set_size, REQUEST),
	[WIRE_LACE_SHUTDOWN - WIRE_LACE_HELLO] = EMPTY("LaceShutdown", REQUEST),
	[WIRE_LACE_UPGRADE - WIRE_LACE_HELLO] = BODY("LaceUpgrade", lace_upgrade, REQUEST),
	[WIRE_LACE_KEY - WIRE_LACE_HELLO] = BODY("LaceKey", lace_key, REQUEST),
};

const struct wire_pdu_type *wire_pdu_type(uint32_t ident)
{
	const struct wire_pdu_type *t = NULL;
	if (ident < ARRAY_LEN(wezterm_pdus))
		t = &wezterm_pdus[ident];
	else if (ident >= WIRE_LACE_HELLO && ident - WIRE_LACE_HELLO < ARRAY_LEN(lace_pdus))
		t = &lace_pdus[ident - WIRE_LACE_HELLO];
	return t && t->name ? t : NULL;
}

const char *wire_ident_name(uint32_t ident)
{
	const struct wire_pdu_type *t = wire_pdu_type(ident);
	return t ? t->name : NULL;
}

bool wire_is_request(uint32_t ident)
{
	const struct wire_pdu_type *t = wire_pdu_type(ident);
	return t && t->request;
}

size_t wire_kind_size(const struct wire_field *f)
{
	static const uint8_t sizes[] = {
		[WIRE_K_U8] = sizeof(uint8_t), [WIRE_K_U16] = sizeof(uint16_t),
		[WIRE_K_U32] = sizeof(uint32_t), [WIRE_K_U64] = sizeof(uint64_t),
		[WIRE_K_I32] = sizeof(int32_t), [WIRE_K_I64] = sizeof(int64_t),
		[WIRE_K_BOOL] = sizeof(bool), [WIRE_K_NZ_U8] = sizeof(uint8_t),
		[WIRE_K_RAW_U32] = sizeof(uint32_t), [WIRE_K_CHAR] = sizeof(uint32_t),
		[WIRE_K_LINE_LEN] = sizeof(uint32_t), [WIRE_K_COORD] = sizeof(float),
		[WIRE_K_RGBA] = sizeof(struct wire_rgba), [WIRE_K_STR] = sizeof(struct wire_str),
		[WIRE_K_BYTES] = sizeof(struct wire_str), [WIRE_K_OS_STR] = sizeof(struct wire_str),
		[WIRE_K_HASH] = sizeof(struct wire_hash), [WIRE_K_ENUM8] = sizeof(uint8_t),
		[WIRE_K_ENUM32] = sizeof(uint32_t), [WIRE_K_FROM_WINDOWS] = sizeof(bool),
	};
	return f->kind == WIRE_K_STRUCT ? f->type->size : sizes[f->kind];
}

bool wire_enum_has(const struct wire_enum *values, uint64_t value, unsigned codec)
{
	return value < values->n && (value + 1 < values->n || codec >= values->last_since);
}
