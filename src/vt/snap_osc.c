/* What strings leave behind, in a snapshot: titles, the folder, notifications and a
 * clipboard that are not complete, pointers, colours, what shells told. */
#include "vt/osc.h"
#include "vt/snap_io.h"

void vt_snap_texts(struct vt_snap *s, struct vt *vt)
{
	vt_snap_string(s, &vt->title, VT_TITLE_BYTES_MAX, 0);
	vt_snap_string(s, &vt->icon_title, VT_TITLE_BYTES_MAX, 0);
	vt_snap_string(s, &vt->cwd, VT_CWD_BYTES_MAX, 0);
	unsigned n = (unsigned)vt_snap_count(s, vt->title_stack_n, VT_TITLE_STACK, 2);
	for (unsigned i = 0; i < n; i++) {
		vt_snap_string(s, &vt->title_stack[i].title, VT_TITLE_BYTES_MAX, 0);
		vt_snap_string(s, &vt->title_stack[i].icon, VT_TITLE_BYTES_MAX, 0);
		if (s->reading)
			vt->title_stack_n = i + 1;
	}
}

static void palette_slot(struct vt_snap *s, struct vt_palette_saved **slot)
{
	bool used = *slot != NULL;

	SNAP_BOOL(s, used);
	if (!used)
		return;
	if (s->reading && !(*slot = vt_snap_alloc(s, 1, sizeof(**slot))))
		return;
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++) {
		SNAP_NUMBER(s, (*slot)->set[i], VT_COLOR_UNSET);
		if ((*slot)->set[i] == VT_COLOR_SET)
			SNAP_NUMBER(s, (*slot)->color[i], 0xffffff);
	}
}

/* A colour that is the default is not told; one that a program took away keeps its value
 * beneath. */
void vt_snap_palette(struct vt_snap *s, struct vt *vt)
{
	for (unsigned i = 0; i < VT_PALETTE_COUNT; i++)
		SNAP_NUMBER(s, vt->palette_default[i], 0xffffff);
	for (unsigned i = 0; i < VT_PALETTE_ALL; i++) {
		SNAP_NUMBER(s, vt->palette_set[i], VT_COLOR_UNSET);
		if (vt->palette_set[i] != VT_COLOR_ORIGINAL)
			SNAP_NUMBER(s, vt->palette[i], 0xffffff);
		else if (s->reading)
			vt->palette[i] = i < VT_PALETTE_COUNT ? vt->palette_default[i] : 0;
	}
	SNAP_NUMBER(s, vt->palette_stack_n, VT_PALETTE_STACK);
	for (unsigned i = 0; i < VT_PALETTE_STACK; i++)
		palette_slot(s, &vt->palette_stack[i]);
	/* What is popped has been pushed. */
	for (unsigned i = 0; s->reading && i < vt->palette_stack_n; i++)
		vt_snap_require(s, vt->palette_stack[i]);
}

/* ---- notifications, the clipboard, pointers, progress ----------------------------------- */

/* A name in memory of its own, as vt_clean_id() makes them. */
static void id_fields(struct vt_snap *s, char id[VT_NOTE_ID_MAX + 1])
{
	size_t len = vt_snap_count(s, s->reading ? 0 : __builtin_strlen(id), VT_NOTE_ID_MAX, 1);
	char clean[VT_NOTE_ID_MAX + 1];

	vt_snap_raw(s, id, len);
	if (!s->reading)
		return;
	id[len] = 0;
	vt_clean_id(id, clean);
	vt_snap_require(s, str_eq(id, clean));
}

/* Bytes as they came. */
static void text_so_far(struct vt_snap *s, struct str *text)
{
	size_t len = vt_snap_count(s, text->len, VT_NOTE_BYTES_MAX, 1);

	if (s->reading) {
		str_reserve(text, len);
		text->len = len;
		text->s[len] = 0;
	}
	vt_snap_raw(s, text->s, len);
}

static void note_fields(struct vt_snap *s, struct vt_note *note)
{
	id_fields(s, note->id);
	text_so_far(s, &note->title);
	text_so_far(s, &note->body);
	text_so_far(s, &note->buttons);
	vt_snap_string(s, &note->app, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	vt_snap_string(s, &note->kind, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	vt_snap_string(s, &note->icon, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	vt_snap_string(s, &note->sound, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	SNAP_SIGNED(s, note->urgency);
	SNAP_SIGNED(s, note->expire_ms);
	SNAP_NUMBER(s, note->when, VT_NOTE_INVISIBLE);
	SNAP_BOOL(s, note->unfocused);
	SNAP_BOOL(s, note->report);
	SNAP_BOOL(s, note->tell_closed);
	vt_snap_require(s, note->urgency >= -1 && note->urgency <= 2 && note->expire_ms >= -1);
}

static void notes_fields(struct vt_snap *s, struct vt *vt)
{
	unsigned n = (unsigned)vt_snap_count(s, vt->notes_n, VT_NOTES_MAX, 14);

	for (unsigned i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		if (s->reading)
			vt->notes[vt->notes_n++] = vt_note_new("");
		note_fields(s, vt->notes[i]);
	}
}

static void board_fields(struct vt_snap *s, struct vt_paste_board *board)
{
	SNAP_BOOL(s, board->open);
	SNAP_BOOL(s, board->primary);
	id_fields(s, board->id);
	/* What a write that has ended leaves behind is nobody's. */
	size_t len = vt_snap_count(s, board->open ? board->len : 0, VT_OSC_CLIPBOARD_MAX, 1);
	if (len == 0)
		return;
	vt_snap_bytes(s, (uint8_t **)(void *)&board->data, len);
	if (s->reading && board->data)
		board->len = board->cap = len;
}

static void pointer_fields(struct vt_snap *s, struct vt_pointer *pointer)
{
	SNAP_NUMBER(s, pointer->n, VT_POINTER_STACK);
	for (unsigned i = 0; i < pointer->n; i++)
		SNAP_NUMBER(s, pointer->stack[i], VT_POINTER_SHAPES);
}

/* ---- shells ------------------------------------------------------------------------------ */

/* A text that may have several lines. */
static void lines(struct vt_snap *s, char **text, size_t max, unsigned flags)
{
	vt_snap_string(s, text, max, flags | VT_SNAP_ANY_TEXT);
	if (!s->reading || !*text)
		return;
	cleanup_free char *clean = vt_clean(*text, __builtin_strlen(*text), max, VT_CLEAN_LINES, NULL);
	vt_snap_require(s, clean && str_eq(clean, *text));
}

static void shell_fields(struct vt_snap *s, struct vt_shell_state *shell)
{
	SNAP_NUMBER(s, shell->state, VT_SHELL_DONE);
	SNAP_BOOL(s, shell->has_status);
	SNAP_BOOL(s, shell->line_told);
	SNAP_SIGNED(s, shell->status);
	lines(s, &shell->line, VT_COMMAND_BYTES_MAX, VT_SNAP_NULL);
	vt_snap_string(s, &shell->aid, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	vt_snap_string(s, &shell->click, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
}

static void user_vars(struct vt_snap *s, struct vt *vt)
{
	unsigned n = (unsigned)vt_snap_count(s, vt->vars_n, VT_USER_VARS_MAX, 2);

	for (unsigned i = 0; i < n && s->error == VT_SNAPSHOT_OK; i++) {
		struct vt_user_var var = s->reading ? (struct vt_user_var){ 0 } : vt->vars[i];

		vt_snap_string(s, &var.name, VT_USER_VAR_NAME_MAX, 0);
		lines(s, &var.value, VT_OSC_USER_VAR_MAX, 0);
		if (!s->reading)
			continue;
		bool valid = s->error == VT_SNAPSHOT_OK && *var.name;
		if (!valid) {
			free(var.name);
			free(var.value);
		}
		/* A name that stands there twice would leave fewer of them than were told. */
		vt_snap_require(s, valid && vt_user_var_set(vt, var.name, var.value) && vt->vars_n == i + 1);
	}
}

static void side_fields(struct vt_snap *s, struct vt_file_side *side)
{
	SNAP_NUMBER(s, side->unit, VT_FILE_PERCENT);
	SNAP_NUMBER(s, side->n, UINT32_MAX);
}

/* A file under way, within its string or between those of its parts. */
void vt_snap_file(struct vt_snap *s, struct vt *vt)
{
	struct vt_file *file = &vt->file;

	SNAP_BOOL(s, file->open);
	if (!file->open)
		return;
	SNAP_BOOL(s, file->parts);
	SNAP_BOOL(s, file->headed);
	SNAP_BOOL(s, file->shown);
	SNAP_BOOL(s, file->stretched);
	SNAP_BOOL(s, file->stay);
	side_fields(s, &file->width);
	side_fields(s, &file->height);
	SNAP_NUMBER(s, file->size, UINT32_MAX);
	SNAP_NUMBER(s, file->base64.have, 6);
	SNAP_NUMBER(s, file->base64.bits, (1u << file->base64.have) - 1);
	SNAP_BOOL(s, file->base64.padded);
	SNAP_BOOL(s, file->base64.bad);
	vt_snap_require(s, file->base64.have % 2 == 0);
	size_t len = vt_snap_count(s, file->bytes.len, file->headed ? VT_IMAGE_BYTES_MAX : VT_OSC_FILE_HEAD_MAX, 1);
	if (s->reading)
		file->bytes.max = MIN(vt->images.bytes_max, (size_t)VT_IMAGE_BYTES_MAX);
	vt_snap_require(s, !s->reading || len <= file->bytes.max);
	if (len == 0 || s->error != VT_SNAPSHOT_OK)
		return;
	vt_snap_bytes(s, &file->bytes.v, len);
	if (s->reading && file->bytes.v)
		file->bytes.len = file->bytes.cap = len;
}

void vt_snap_osc(struct vt_snap *s, struct vt *vt)
{
	notes_fields(s, vt);
	board_fields(s, &vt->board);
	for (unsigned i = 0; i < ARRAY_LEN(vt->pointer); i++)
		pointer_fields(s, &vt->pointer[i]);
	SNAP_NUMBER(s, vt->progress, VT_PROGRESS_INDETERMINATE);
	SNAP_NUMBER(s, vt->progress_percent, 100);
	shell_fields(s, &vt->shell);
	SNAP_BOOL(s, vt->input_line);
	vt_snap_string(s, &vt->remote_host, VT_NOTE_FIELD_MAX, VT_SNAP_NULL);
	user_vars(s, vt);
}
