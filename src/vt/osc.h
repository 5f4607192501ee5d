/* osc.h - what the handlers of OSC share. Private to src/vt. */
#ifndef LACE_VT_OSC_H
#define LACE_VT_OSC_H

#include "base/str.h"
#include "vt/internal.h"

/* Reads a decimal number at *s and moves past it; false when there is none. */
bool vt_field_number(char **s, unsigned *ret);
/* Cuts the next field off at `sep`; NULL when there is none left. */
char *vt_field(char **s, char sep);
/* A copy in one line of clean text, at most max bytes. */
char *vt_clean_line(const char *s, size_t max);
/* How an answer ends: as the question did. */
static inline const char *vt_osc_end(const struct vt *vt) { return vt->parser.bel ? "\a" : "\033\\"; }

/* The letters that ids may have (kitty), at most VT_NOTE_ID_MAX. */
void vt_clean_id(const char *s, char ret[VT_NOTE_ID_MAX + 1]);
/* A plain path becomes the folder. */
void vt_cwd_path(struct vt *vt, const char *path);

void vt_osc_pointer(struct vt *vt, char *s, size_t len);            /* 22 */
void vt_osc_text(struct vt *vt, char *s, size_t len);               /* 66 */
void vt_osc_52(struct vt *vt, char *s, size_t len);
void vt_osc_copy(struct vt *vt, char *s, size_t len);               /* 1337 Copy= */
void vt_osc_5522(struct vt *vt, char *s, size_t len);
/* osc_file.c: 1337 */
extern const struct vt_stream vt_osc_file, vt_osc_file_part;
void vt_osc_file_begin(struct vt *vt, char *s, size_t len);
void vt_osc_file_end(struct vt *vt, char *s, size_t len);
void vt_osc_9(struct vt *vt, char *s, size_t len);
void vt_osc_777(struct vt *vt, char *s, size_t len);
void vt_osc_99(struct vt *vt, char *s, size_t len);
void vt_notes_clear(struct vt *vt);
void vt_progress_clear(struct vt *vt);

/* osc_shell.c */
void vt_osc_133(struct vt *vt, char *s, size_t len);
void vt_osc_633(struct vt *vt, char *s, size_t len);
void vt_osc_mark(struct vt *vt, char *s, size_t len);               /* 1337 */
void vt_osc_remote_host(struct vt *vt, char *s, size_t len);
void vt_osc_clear_scrollback(struct vt *vt, char *s, size_t len);
void vt_osc_cursor_shape(struct vt *vt, char *s, size_t len);
void vt_osc_cell_size(struct vt *vt, char *s, size_t len);
void vt_osc_user_var(struct vt *vt, char *s, size_t len);
/* Takes both strings; false when there is no room for them. */
bool vt_user_var_set(struct vt *vt, char *name, char *value);
void vt_shell_clear(struct vt *vt);
void vt_user_vars_clear(struct vt *vt);

/* osc_color.c */
void vt_osc_palette(struct vt *vt, char *s, size_t len);            /* 4 */
void vt_osc_special(struct vt *vt, char *s, size_t len);            /* 5 */
void vt_osc_palette_reset(struct vt *vt, char *s, size_t len);      /* 104 */
void vt_osc_special_reset(struct vt *vt, char *s, size_t len);      /* 105 */
void vt_osc_dynamic(struct vt *vt, char *s, size_t len);            /* 10-19 */
void vt_osc_dynamic_reset(struct vt *vt, char *s, size_t len);      /* 110-119 */
void vt_osc_colors(struct vt *vt, char *s, size_t len);             /* 21 */
void vt_osc_colors_push(struct vt *vt, char *s, size_t len);        /* 30001 */
void vt_osc_colors_pop(struct vt *vt, char *s, size_t len);         /* 30101 */

/* What OSC 99 has said so far of one notification. */
struct vt_note {
	char id[VT_NOTE_ID_MAX + 1];
	struct str title, body, buttons;         /* as they came */
	char *app, *kind, *icon, *sound;         /* NULL: not said */
	int urgency, expire_ms;                  /* -1: not said */
	enum vt_note_when when;
	bool unfocused, report, tell_closed;
};

struct vt_note *vt_note_new(const char *id);

#endif
