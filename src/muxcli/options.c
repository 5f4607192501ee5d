/* options.c - the command line of a verb. Wrong ones are told in the words of the real
 * program, whose parser prints "error: ..." and ends with 2. */
#include "muxcli/internal.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

enum kind { FLAG, NUMBER, SIGNED, BYTE, STRING, FORMAT };

static const struct option {
	const char *name, *value;
	unsigned bit;
	enum kind kind;
	size_t at;
	const char *help;
} options[] = {
#define AT(member) offsetof(struct muxcli_args, member)
	{ "pane-id", "PANE_ID", MUXCLI_PANE_ID, NUMBER, AT(pane_id), "the pane; $WEZTERM_PANE, or the focused one" },
	{ "window-id", "WINDOW_ID", MUXCLI_WINDOW_ID, NUMBER, AT(window_id), "the window" },
	{ "tab-id", "TAB_ID", MUXCLI_TAB_ID, NUMBER, AT(tab_id), "the tab" },
	{ "tab-index", "TAB_INDEX", MUXCLI_TAB_INDEX, NUMBER, AT(tab_index), "the tab with this number in its window, from 0" },
	{ "tab-relative", "TAB_RELATIVE", MUXCLI_TAB_RELATIVE, SIGNED, AT(tab_relative), "so many tabs to the right; negative: left" },
	{ "no-wrap", NULL, MUXCLI_NO_WRAP, FLAG, 0, "stop at the first and the last tab" },
	{ "new-window", NULL, MUXCLI_NEW_WINDOW, FLAG, 0, "in a new window" },
	{ "workspace", "WORKSPACE", MUXCLI_WORKSPACE, STRING, AT(workspace), "the workspace" },
	{ "format", "FORMAT", MUXCLI_FORMAT, FORMAT, AT(json), "table or json" },
	{ "horizontal", NULL, MUXCLI_HORIZONTAL, FLAG, 0, "the same as --right" },
	{ "left", NULL, MUXCLI_LEFT, FLAG, 0, "the new pane is on the left" },
	{ "right", NULL, MUXCLI_RIGHT, FLAG, 0, "the new pane is on the right" },
	{ "top", NULL, MUXCLI_TOP, FLAG, 0, "the new pane is above" },
	{ "bottom", NULL, MUXCLI_BOTTOM, FLAG, 0, "the new pane is below; without any of these, too" },
	{ "top-level", NULL, MUXCLI_TOP_LEVEL, FLAG, 0, "split the whole tab" },
	{ "cells", "CELLS", MUXCLI_CELLS, NUMBER, AT(cells), "rows or columns of the new pane" },
	{ "percent", "PERCENT", MUXCLI_PERCENT, BYTE, AT(percent), "the same as a part of the space; 50" },
	{ "cwd", "CWD", MUXCLI_CWD, STRING, AT(cwd), "the folder to start in" },
	{ "move-pane-id", "MOVE_PANE_ID", MUXCLI_MOVE_PANE_ID, NUMBER, AT(move_pane_id), "move this pane here instead of starting a program" },
	{ "domain-name", "DOMAIN_NAME", MUXCLI_DOMAIN, STRING, AT(domain), "the domain" },
	{ "no-paste", NULL, MUXCLI_NO_PASTE, FLAG, 0, "as keys, not as a paste" },
	{ "start-line", "START_LINE", MUXCLI_START_LINE, SIGNED, AT(start_line), "0 is the first line of the screen, negative ones are scrollback" },
	{ "end-line", "END_LINE", MUXCLI_END_LINE, SIGNED, AT(end_line), "the last line, counted in the same way" },
	{ "escapes", NULL, MUXCLI_ESCAPES, FLAG, 0, "with the escape sequences of colours and styles" },
	{ "amount", "AMOUNT", MUXCLI_AMOUNT, NUMBER, AT(amount), "cells; 1" },
	{ "zoom", NULL, MUXCLI_ZOOM, FLAG, 0, "fill the tab with it; the default" },
	{ "unzoom", NULL, MUXCLI_UNZOOM, FLAG, 0, "back to its place" },
	{ "toggle", NULL, MUXCLI_TOGGLE, FLAG, 0, "the other of the two" },
	{ "pem", NULL, MUXCLI_PEM, FLAG, 0, "as PEM" },
#undef AT
};

/* Of each of these groups one at most. */
static const unsigned exclusive[] = {
	MUXCLI_SIDES, MUXCLI_CELLS | MUXCLI_PERCENT, MUXCLI_ZOOM | MUXCLI_UNZOOM | MUXCLI_TOGGLE,
	MUXCLI_TAB_ID | MUXCLI_TAB_INDEX | MUXCLI_TAB_RELATIVE, MUXCLI_WINDOW_ID | MUXCLI_NEW_WINDOW,
};

static const char *const directions[] = { "Up", "Down", "Left", "Right", "Next", "Prev" };

static int usage(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int usage(struct err *err, const char *fmt, ...)
{
	cleanup_str struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	return err_set(err, ERR_USAGE, "%s", s.s);
}

static bool to_number(const char *s, bool negative, uint64_t max, int64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)s[*s == '-' && negative]))
		return false;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	*ret = v;
	return *end == '\0' && errno == 0 && (negative || (uint64_t)v <= max);
}

static int set_value(const struct option *o, const char *v, struct muxcli_args *a, struct err *err)
{
	void *at = (char *)a + o->at;
	int64_t n = 0;
	bool ok = true;

	switch (o->kind) {
	case FLAG: break;
	case NUMBER:
		ok = to_number(v, false, INT64_MAX, &n);
		*(uint64_t *)at = (uint64_t)n;
		break;
	case SIGNED:
		ok = to_number(v, true, 0, &n);
		*(int64_t *)at = n;
		break;
	case BYTE:
		ok = to_number(v, false, 255, &n);
		*(uint8_t *)at = (uint8_t)n;
		break;
	case STRING: *(const char **)at = v; break;
	case FORMAT:
		if (strcasecmp(v, "json") != 0 && strcasecmp(v, "table") != 0)
			return usage(err, "invalid value '%s' for '--format <FORMAT>': unknown output format", v);
		*(bool *)at = strcasecmp(v, "json") == 0;
		break;
	}
	return ok ? 0 : usage(err, "invalid value '%s' for '--%s <%s>': not a number that it takes", v, o->name, o->value);
}

/* One argument that begins with --; *i moves past its value. */
static int option(int argc, char **argv, int *i, struct muxcli_args *a, struct err *err)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
	const struct option *o = NULL;

	for (size_t k = 0; k < ARRAY_LEN(options); k++)
		if ((a->verb->takes & options[k].bit) != 0 && strlen(options[k].name) == len &&
		    memcmp(options[k].name, name, len) == 0)
			o = &options[k];
	if (o == NULL)
		return usage(err, "unexpected argument '--%.*s' found", (int)MIN(len, 200), name);
	if ((a->set & o->bit) != 0)
		return usage(err, "the argument '--%s' cannot be used multiple times", o->name);
	for (size_t k = 0; k < ARRAY_LEN(exclusive); k++)
		if ((exclusive[k] & o->bit) != 0 && (exclusive[k] & a->set) != 0)
			return usage(err, "the argument '--%s' cannot be used with another of its kind", o->name);
	a->set |= o->bit;
	if (o->kind == FLAG)
		return eq == NULL ? 0 : usage(err, "unexpected value for '--%s' found", o->name);
	if (eq == NULL && *i + 1 == argc)
		return usage(err, "a value is required for '--%s <%s>' but none was supplied", o->name, o->value);
	return set_value(o, eq != NULL ? eq + 1 : argv[++*i], a, err);
}

static void help(const struct muxcli_verb *v, struct str *text)
{
	static const char *const rest[] = { "", " [--] [PROGRAM [ARG...]]", " [TEXT]", " DIRECTION", " TITLE" };

	str_printf(text, "%s\n\nusage: %s [OPTIONS]%s\n", v->summary, v->name, rest[v->rest]);
	for (size_t k = 0; k < ARRAY_LEN(options); k++) {
		cleanup_free char *name = xasprintf("--%s%s%s", options[k].name, options[k].value ? " " : "",
		    options[k].value ? options[k].value : "");
		if ((v->takes & options[k].bit) != 0)
			str_printf(text, "  %-30s %s\n", name, options[k].help);
	}
}

void muxcli_summary(struct str *text)
{
	for (size_t i = 0; i < muxcli_n_verbs; i++)
		str_printf(text, "  %-24s %s\n", muxcli_verbs[i].name, muxcli_verbs[i].summary);
}

static int positional(struct muxcli_args *a, struct err *err)
{
	static const size_t max[] = { [REST_NONE] = 0, [REST_COMMAND] = SIZE_MAX, [REST_TEXT] = 1, [REST_DIRECTION] = 1, [REST_TITLE] = 1 };

	if (a->n_rest > max[a->verb->rest])
		return usage(err, "unexpected argument '%s' found", a->rest[max[a->verb->rest]]);
	if (a->n_rest == 0 && (a->verb->rest == REST_DIRECTION || a->verb->rest == REST_TITLE))
		return usage(err, "the following required arguments were not provided: <%s>",
		    a->verb->rest == REST_TITLE ? "TITLE" : "DIRECTION");
	if (a->verb->rest != REST_DIRECTION)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
		if (strcasecmp(a->rest[0], directions[i]) == 0) {
			a->direction = (uint32_t)i;
			return 0;
		}
	}
	return usage(err, "invalid direction %s, possible values are [\"Up\", \"Down\", \"Left\", \"Right\", \"Next\", \"Prev\"]",
	    a->rest[0]);
}

static const struct muxcli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < muxcli_n_verbs; i++)
		if (str_eq(muxcli_verbs[i].name, name))
			return &muxcli_verbs[i];
	return NULL;
}

bool muxcli_is_verb(const char *name) { return find_verb(name) != NULL; }

int muxcli_parse(int argc, char **argv, struct muxcli_args *ret, struct str *text, struct err *err)
{
	int i = 1;

	*ret = (struct muxcli_args){ .percent = 50, .amount = 1 };
	ret->verb = argc > 0 ? find_verb(argv[0]) : NULL;
	if (ret->verb == NULL)
		return usage(err, "unrecognized subcommand '%s'", argc > 0 ? argv[0] : "");
	/* Positional arguments are gathered at the front of argv: what stood there has been read. */
	ret->rest = argv + 1;
	for (bool options_end = false; i < argc; i++) {
		bool is_option = !options_end && strncmp(argv[i], "--", 2) == 0;

		if (!options_end && (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))) {
			help(ret->verb, text);
			return 1;
		}
		if (is_option && argv[i][2] != '\0') {
			if (option(argc, argv, &i, ret, err) != 0)
				return -1;
			continue;
		}
		/* A command's options are its own. */
		options_end |= is_option || ret->verb->rest == REST_COMMAND;
		if (!is_option)
			ret->rest[ret->n_rest++] = argv[i];
	}
	return positional(ret, err);
}
