/* The way into the second face: which command is meant, its help, and how a
 * failure ends. */
#include "cmd/devcontainer.h"

#include "base/mem.h"
#include "host/log.h"
#include "version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 36 };

static void two_columns(struct str *ret, const char *left, const char *right)
{
	if (strlen(left) + 4 > HELP_COLUMN)
		str_printf(ret, "  %s\n%*s%s\n", left, HELP_COLUMN, "", right);
	else
		str_printf(ret, "  %-*s%s\n", HELP_COLUMN - 2, left, right);
}

static void option_help(struct str *ret, const struct face_option *o)
{
	cleanup_str struct str left = STR_INIT, right = STR_INIT;
	if (o->letter)
		str_printf(&left, "-%c, ", o->letter);
	str_printf(&left, "--%s", o->name);
	str_puts(&right, o->help);
	if (o->choices)
		str_printf(&right, " [%s]", o->choices);
	if (o->fallback)
		str_printf(&right, " (default: %s)", o->fallback);
	str_printf(&right, "%s%s", o->required ? " (required)" : "", o->type == FACE_LIST ? " (may be repeated)" : "");
	two_columns(ret, left.s, right.s);
}

void face_help(const struct face_command *command, struct str *ret)
{
	if (command) {
		str_printf(ret, "devcontainer %s%s%s\n\n%s\n\nOptions:\n", command->name, *command->operands ? " " : "",
		    command->operands, command->summary);
		for (const struct face_option *o = command->options; o->name; o++)
			if (!o->hidden)
				option_help(ret, o);
	} else {
		str_puts(ret, "devcontainer <command>\n\nCommands:\n");
		for (const struct face_command *const *c = face_commands; *c; c++) {
			cleanup_str struct str left = STR_INIT;
			str_printf(&left, "devcontainer %s %s", (*c)->name, (*c)->operands);
			two_columns(ret, left.s, (*c)->summary);
		}
		str_puts(ret, "\nOptions:\n");
	}
	two_columns(ret, "--help", "Show help");
	two_columns(ret, "--version", "Show version number");
	if (command == NULL)
		str_puts(ret, "\nlace " LACE_VERSION ", with the commands of @devcontainers/cli " FACE_VERSION "\n");
}

/* Words of argv that name the command: "features info" is two. 0 when it is none. */
static int words_of(const struct face_command *c, int argc, char **argv)
{
	const char *name = c->name;
	int n = 0;
	for (; *name && n < argc; n++) {
		size_t len = strcspn(name, " ");
		if (strlen(argv[n]) != len || memcmp(argv[n], name, len) != 0)
			return 0;
		name += len + (name[len] == ' ');
	}
	return *name ? 0 : n;
}

/* Of the reference, and not here. */
static const struct face_command absent[] = {
	{ .name = "features test" }, { .name = "features generate-docs" }, { .name = "templates generate-docs" },
};

static int usage(const struct face_command *c, const char *message)
{
	cleanup_str struct str s = STR_INIT;
	face_help(c, &s);
	fprintf(stderr, "%s\n%s\n", s.s, message);
	return ERR_FAILED;          /* yargs knows no other */
}

/* --log-format, --log-level and --user-data-folder are the same for all commands that have them. */
static void set_logging(const struct face_args *args)
{
	if (face_has(args, "log-format"))
		log_format(str_eq(face_value(args, "log-format"), "json") ? LOG_JSON : LOG_TEXT,
		    !str_eq(face_value(args, "log-level"), "info"));
	if (face_has(args, "user-data-folder") && face_given(args, "user-data-folder"))
		setenv("XDG_CACHE_HOME", face_value(args, "user-data-folder"), 1);
}

static int run(const struct face_command *c, int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct face_args args;
	bool help = false;
	int code = face_parse(c, argc, argv, &args, &help, &err);
	if (code < 0) {
		code = usage(c, err.msg);
	} else if (help) {
		cleanup_str struct str s = STR_INIT;
		face_help(c, &s);
		fputs(s.s, stdout);
	} else {
		set_logging(&args);
		progress_announce_interrupt();
		code = c->run(&args, &err);
		progress_done();
		if (code < 0 && err.code == ERR_USAGE && c->failed == NULL) {
			code = usage(c, err.msg);
		} else if (code < 0) {
			log_error(&err);
			if (c->failed)
				c->failed(&args, &err);
			code = ERR_FAILED;
		}
	}
	if (fflush(stdout) != 0) {
		fprintf(stderr, "devcontainer: cannot write to standard output: %s\n", strerror(errno));
		code = ERR_FAILED;
	}
	face_args_fini(&args);
	return code;
}

int face_main(int argc, char **argv)
{
	for (int i = 1; i < argc && !str_eq(argv[i], "--"); i++) {
		if (argv[i][0] != '-' && i > 1 && str_eq(argv[1], "exec"))
			break;              /* the rest is somebody else's command line */
		if (str_eq(argv[i], "--version")) {
			puts(FACE_VERSION);
			return 0;
		}
	}
	cleanup_str struct str s = STR_INIT;
	if (argc > 1 && str_eq(argv[1], "--help")) {
		face_help(NULL, &s);
		fputs(s.s, stdout);
		return 0;
	}
	for (const struct face_command *const *c = face_commands; *c; c++) {
		int words = words_of(*c, argc - 1, argv + 1);
		if (words)
			return run(*c, argc - 1 - words, argv + 1 + words);
	}
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		if (words_of(&absent[i], argc - 1, argv + 1)) {
			fprintf(stderr, "devcontainer: \"%s\" is a command that lace does not have yet; @devcontainers/cli has it\n",
			    absent[i].name);
			return ERR_FAILED;
		}
	if (argc < 2)
		return usage(NULL, "Not enough non-option arguments: got 0, need at least 1");
	str_puts(&s, "Unknown argument: ");
	log_safe(&s, argv[1], strlen(argv[1]), 100, false);
	return usage(NULL, s.s);
}
