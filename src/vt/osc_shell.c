/* What shells say of themselves: OSC 133 (FinalTerm's marks, with the options of the
 * semantic prompts), OSC 633 (VS Code's), and some of iTerm2's OSC 1337.
 *
 * What is printed after a mark is prompt, input or output: a bit of the pen, so that it
 * goes wherever the cells go. The row in which a prompt begins gets a mark of its own,
 * as does one that SetMark is sent in; rows keep theirs in the scrollback. */
#include "base/str.h"
#include "vt/osc.h"

enum { OUTPUT, INPUT, PROMPT };

static void print_as(struct vt *vt, uint32_t semantic)
{
	vt->pen.attrs = (vt->pen.attrs & ~(uint32_t)VT_ATTR_SEMANTIC) | semantic << VT_ATTR_SEMANTIC_SHIFT;
	vt_pen_touch(vt);
	vt->input_line = false;
	vt->changed = true;
}

void vt_input_line_end(struct vt *vt)
{
	print_as(vt, OUTPUT);
}

static void mark_row(struct vt *vt, uint8_t mark)
{
	struct vt_grid_row *row = vt_row_at(vt, vt->pos.y);

	row->marks |= mark;
	vt_touch(vt, row);
}

static void tell(struct vt *vt)
{
	if (vt->cb.shell)
		vt->cb.shell(vt->user);
}

static void fresh_line(struct vt *vt)
{
	if (vt->pos.x == vt->left || vt->pos.x == 0)
		return;
	vt_carriage_return(vt);
	vt_index(vt);
}

/* ---- a command's life ----------------------------------------------------------- */

static void enter(struct vt *vt, enum vt_shell state, uint32_t semantic)
{
	print_as(vt, semantic);
	vt->shell.state = state;
}

static void prompt_begins(struct vt *vt, bool primary)
{
	enter(vt, VT_SHELL_PROMPT, PROMPT);
	if (primary)
		mark_row(vt, VT_ROW_PROMPT);
	tell(vt);
}

static void input_begins(struct vt *vt)
{
	enter(vt, VT_SHELL_INPUT, INPUT);
	tell(vt);
}

static void set_line(struct vt *vt, char *line)
{
	vt_string_set(&vt->shell.line, line);
	vt->shell.line_told = true;
}

static void output_begins(struct vt *vt)
{
	enter(vt, VT_SHELL_RUNNING, OUTPUT);
	vt->shell.has_status = false;
	/* A line told before belonged to the command before. */
	if (!vt->shell.line_told)
		vt_string_set(&vt->shell.line, NULL);
	tell(vt);
}

/* status is NULL or "" when there is none. */
static void command_ends(struct vt *vt, char *status)
{
	bool minus = status && *status == '-';
	unsigned v;

	enter(vt, VT_SHELL_DONE, OUTPUT);
	vt->shell.line_told = false;
	vt->shell.has_status = false;
	if (status) {
		status += minus;
		if (vt_field_number(&status, &v) && !*status) {
			vt->shell.has_status = true;
			vt->shell.status = minus ? -(int)v : (int)v;
		}
	}
	tell(vt);
}

void vt_shell_clear(struct vt *vt)
{
	vt_string_set(&vt->shell.line, NULL);
	vt_string_set(&vt->shell.aid, NULL);
	vt_string_set(&vt->shell.click, NULL);
	vt->shell = (struct vt_shell_state){ 0 };
	vt->input_line = false;
}

struct vt_command vt_command(const struct vt *vt)
{
	const struct vt_shell_state *s = &vt->shell;

	return (struct vt_command){ .state = s->state, .has_status = s->has_status, .status = s->status,
		.line = s->line ? s->line : "", .aid = s->aid ? s->aid : "", .click = s->click ? s->click : "" };
}

/* ---- OSC 133 ----------------------------------------------------------------------- */

/* %41 is A; or \x41, and two backslashes are one. In place. */
static void undo_escapes(char *s, char mark)
{
	char *to = s;

	while (*s) {
		const char *hex = s + (mark == '%' ? 1 : 2);

		if (*s == '\\' && mark == '\\' && s[1] == '\\') {
			*to++ = '\\';
			s += 2;
		} else if (*s == mark && (mark == '%' || s[1] == 'x') && vt_hex_value(hex[0]) >= 0 &&
		    vt_hex_value(hex[1]) >= 0) {
			*to++ = (char)(vt_hex_value(hex[0]) << 4 | vt_hex_value(hex[1]));
			s += hex + 2 - s;
		} else {
			*to++ = *s++;
		}
	}
	*to = 0;
}

static void set_command_line(struct vt *vt, char *line, char mark)
{
	undo_escapes(line, mark);
	set_line(vt, vt_clean(line, __builtin_strlen(line), VT_COMMAND_BYTES_MAX, VT_CLEAN_LINES, NULL));
}

/* What follows the letter: key=value between semicolons. */
struct options {
	char kind;                       /* k=: i initial, c and s continued, r at the right */
	char *aid, *click;
	char *line;                      /* cmdline_url= (kitty) */
	char *status;                    /* the first one of D, without a key */
};

static struct options read_options(char *s)
{
	struct options o = { .kind = 'i' };
	bool first = true;
	char *item;

	for (; (item = vt_field(&s, ';')); first = false) {
		char *value = item, *key = vt_field(&value, '=');

		if (!value) {
			if (first)
				o.status = item;
		} else if (str_eq(key, "k")) {
			o.kind = *value;
		} else if (str_eq(key, "aid")) {
			o.aid = value;
		} else if (str_eq(key, "cl")) {
			o.click = value;
		} else if (str_eq(key, "cmdline_url")) {
			o.line = value;
		}
	}
	return o;
}

static void keep_options(struct vt *vt, const struct options *o)
{
	vt_string_set(&vt->shell.aid, o->aid ? vt_clean_line(o->aid, VT_NOTE_FIELD_MAX) : NULL);
	vt_string_set(&vt->shell.click, o->click ? vt_clean_line(o->click, VT_NOTE_FIELD_MAX) : NULL);
}

/* Returns the options after the letter, NULL when something else follows it. */
static char *after_letter(char *s)
{
	static char none[1];

	if (!*s || (s[1] && s[1] != ';'))
		return NULL;
	return s[1] ? s + 2 : none;
}

void vt_osc_133(struct vt *vt, char *s, size_t len)
{
	char letter = *s, *rest = after_letter(s);

	if (!rest)
		return;
	struct options o = read_options(rest);
	switch (letter) {
	case 'A':
	case 'N':
		fresh_line(vt);
		keep_options(vt, &o);
		prompt_begins(vt, o.kind == 'i');
		break;
	case 'P':
		prompt_begins(vt, o.kind == 'i');
		break;
	case 'B':
		input_begins(vt);
		break;
	case 'I':
		input_begins(vt);
		vt->input_line = true;
		break;
	case 'C':
		if (o.line)
			set_command_line(vt, o.line, '%');
		output_begins(vt);
		break;
	case 'D':
		command_ends(vt, o.status);
		break;
	case 'L':
		fresh_line(vt);
		break;
	default:
		break;
	}
}

/* ---- OSC 633 ------------------------------------------------------------------------- */

static void property(struct vt *vt, char *s)
{
	char *value = s, *key = vt_field(&value, '=');

	if (!value || !str_eq(key, "Cwd"))
		return;
	undo_escapes(value, '\\');
	vt_cwd_path(vt, value);
}

void vt_osc_633(struct vt *vt, char *s, size_t len)
{
	char letter = *s, *rest = after_letter(s);

	if (!rest)
		return;
	switch (letter) {
	case 'A': prompt_begins(vt, true); break;
	case 'F':
	case 'H': prompt_begins(vt, false); break;  /* continued, at the right */
	case 'B':
	case 'G':
	case 'I': input_begins(vt); break;
	case 'C': output_begins(vt); break;
	case 'D': command_ends(vt, vt_field(&rest, ';')); break;
	case 'E': set_command_line(vt, vt_field(&rest, ';'), '\\'); break;
	case 'P': property(vt, rest); break;
	default: break;
	}
}

/* ---- OSC 1337 ------------------------------------------------------------------------ */

void vt_osc_mark(struct vt *vt, char *s, size_t len)
{
	mark_row(vt, VT_ROW_MARK);
}

void vt_osc_remote_host(struct vt *vt, char *s, size_t len)
{
	vt_string_set(&vt->remote_host, vt_clean_line(s, VT_NOTE_FIELD_MAX));
	vt->changed = true;
}

void vt_osc_clear_scrollback(struct vt *vt, char *s, size_t len)
{
	vt_drop_scrollback(vt);
}

/* 0 block, 1 bar, 2 underline. */
void vt_osc_cursor_shape(struct vt *vt, char *s, size_t len)
{
	static const enum vt_cursor_shape shapes[] = { VT_CURSOR_BLOCK, VT_CURSOR_BAR, VT_CURSOR_UNDERLINE };

	if (len != 1 || *s < '0' || *s > '2')
		return;
	vt->shape = shapes[*s - '0'];
	vt->changed = true;
}

void vt_osc_cell_size(struct vt *vt, char *s, size_t len)
{
	if (vt->pixel_width && vt->pixel_height)
		vt_reply(vt, "\033]1337;ReportCellSize=%u.0;%u.0;1.0%s", vt->pixel_height / vt->rows,
		    vt->pixel_width / vt->cols, vt_osc_end(vt));
}

const char *vt_remote_host(const struct vt *vt)
{
	return vt->remote_host ? vt->remote_host : "";
}

/* ---- user variables ------------------------------------------------------------------- */

static size_t var_bytes(const struct vt_user_var *v)
{
	return __builtin_strlen(v->name) + __builtin_strlen(v->value);
}

bool vt_user_var_set(struct vt *vt, char *name, char *value)
{
	struct vt_user_var fresh = { name, value }, *v = NULL;

	for (size_t i = 0; !v && i < vt->vars_n; i++)
		if (str_eq(vt->vars[i].name, name))
			v = &vt->vars[i];
	size_t bytes = vt->vars_bytes - (v ? var_bytes(v) : 0) + var_bytes(&fresh);
	if (bytes > VT_USER_VARS_BYTES_MAX || (!v && vt->vars_n == VT_USER_VARS_MAX)) {
		free(name);
		free(value);
		return false;
	}
	if (!v) {
		vt->vars = xreallocarray(vt->vars, vt->vars_n + 1, sizeof(*v));
		v = &vt->vars[vt->vars_n++];
	} else {
		free(v->name);
		free(v->value);
	}
	*v = fresh;
	vt->vars_bytes = bytes;
	vt->changed = true;
	return true;
}

void vt_osc_user_var(struct vt *vt, char *s, size_t len)
{
	char *value = s, *name = vt_field(&value, '=');

	if (!value || !*name || __builtin_strlen(name) > VT_USER_VAR_NAME_MAX)
		return;
	cleanup_free char *data = vt_base64(value, __builtin_strlen(value), &len);
	if (!data)
		return;
	char *n = vt_clean_line(name, VT_USER_VAR_NAME_MAX);
	char *v = vt_clean(data, len, VT_OSC_USER_VAR_MAX, VT_CLEAN_LINES, NULL);
	if (!*n || !v) {
		free(n);
		free(v);
	} else if (vt_user_var_set(vt, n, v) && vt->cb.user_var) {
		vt->cb.user_var(vt->user, n, v);
	}
}

bool vt_user_var(const struct vt *vt, size_t i, const char **ret_name, const char **ret_value)
{
	if (i >= vt->vars_n)
		return false;
	*ret_name = vt->vars[i].name;
	*ret_value = vt->vars[i].value;
	return true;
}

void vt_user_vars_clear(struct vt *vt)
{
	for (size_t i = 0; i < vt->vars_n; i++) {
		free(vt->vars[i].name);
		free(vt->vars[i].value);
	}
	free(vt->vars);
	vt->vars = NULL;
	vt->vars_n = vt->vars_bytes = 0;
}
