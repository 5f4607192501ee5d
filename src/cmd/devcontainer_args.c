/* The reference CLI's command lines, as scripts write them: "--flag value",
 * "--flag=value", "--flagName", booleans with or without "true"/"false",
 * repeated flags. What is not in a command's table is an error. Where the
 * reference makes something silently wrong of a command line (a flag without its
 * value, a folder given twice), this says so instead. */
#include "cmd/devcontainer.h"

#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static size_t count(const struct face_command *c)
{
	size_t n = 0;
	while (c->options[n].name)
		n++;
	return n;
}

/* Is word (len bytes) the name, or its camel case spelling? */
static bool names(const char *name, const char *word, size_t len)
{
	const char *end = word + len;
	if (strlen(name) == len && memcmp(name, word, len) == 0)
		return true;
	for (; *name && word < end; name++, word++) {
		if (*name == '-' && name[1])
			name++;
		else if (*name != *word)
			return false;
		else
			continue;
		if (toupper((unsigned char)*name) != *word)
			return false;
	}
	return !*name && word == end;
}

static size_t find(const struct face_command *c, const char *word, size_t len)
{
	size_t i = 0;
	while (c->options[i].name && !names(c->options[i].name, word, len))
		i++;
	return i;
}

static size_t find_letter(const struct face_command *c, char letter)
{
	size_t i = 0;
	while (c->options[i].name && c->options[i].letter != letter)
		i++;
	return i;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	for (const char *p = choices; *p;) {
		size_t n = strcspn(p, " ");
		if (n == len && memcmp(p, value, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

/* What "form" says in words. */
static bool has_form(const char *form, const char *value)
{
	const char *eq = strchr(value + (*value != '\0'), '=');
	if (str_eq(form, "<name>=<value>"))
		return eq && eq[1];
	if (str_eq(form, "<name>=[<value>]"))
		return eq != NULL;
	assert(str_starts(form, "type="));
	if (!str_starts(value, "type=bind,source=") && !str_starts(value, "type=volume,source="))
		return false;
	const char *source = strchr(value + strlen("type="), '=') + 1, *target = strstr(source, ",target=");
	if (target == NULL || target == source || memchr(source, ',', (size_t)(target - source)))
		return false;
	target += strlen(",target=");
	size_t len = strcspn(target, ",");
	const char *rest = target + len;
	return len && (!*rest || str_eq(rest, ",external=true") || str_eq(rest, ",external=false"));
}

static int check_value(const struct face_option *o, const char *value, struct err *err)
{
	if (o->choices && !is_choice(o->choices, value))
		return err_set(err, ERR_USAGE, "Invalid values: Argument: %s, Given: \"%s\", Choices: %s", o->name, value,
		    o->choices);
	if (o->type == FACE_NUMBER && (!*value || value[strspn(value, "0123456789")] || strlen(value) > 9))
		return err_set(err, ERR_USAGE, "Invalid values: Argument: %s, Given: \"%s\", it has to be a number", o->name,
		    value);
	if (o->form && !has_form(o->form, value))
		return err_set(err, ERR_USAGE, "Unmatched argument format: %s must match %s", o->name, o->form);
	return 0;
}

static int set(struct face_args *args, size_t at, const char *value, struct err *err)
{
	const struct face_option *o = &args->command->options[at];
	struct strv *values = &args->values[at];
	if (check_value(o, value, err) != 0)
		return -1;
	if (values->n && o->type == FACE_STRING && !o->choices)
		return err_set(err, ERR_USAGE, "--%s is given twice", o->name);
	if (o->type != FACE_LIST)
		strv_fini(values);
	strv_push(values, value);
	return 0;
}

/* A boolean takes the next word only when it is "true" or "false". */
static int set_flag(struct face_args *args, size_t at, const char *value, int argc, char **argv, int *i, struct err *err)
{
	const char *next = *i + 1 < argc ? argv[*i + 1] : "";
	if (value == NULL && (str_eq(next, "true") || str_eq(next, "false")))
		value = argv[++*i];
	if (value && !str_eq(value, "true") && !str_eq(value, "false"))
		return err_set(err, ERR_USAGE, "--%s is true or false, not \"%s\"", args->command->options[at].name, value);
	return set(args, at, value ? value : "true", err);
}

static int parse_option(struct face_args *args, int argc, char **argv, int *i, struct err *err)
{
	const struct face_command *c = args->command;
	const char *word = argv[*i], *value = NULL;
	size_t at;
	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");
		value = word[2 + len] ? word + 2 + len + 1 : NULL;
		at = find(c, word + 2, len);
	} else {
		at = find_letter(c, word[1]);
		if (word[2])
			value = word + 2 + (word[2] == '=');
	}
	const struct face_option *o = &c->options[at];
	if (o->name == NULL)
		return err_set(err, ERR_USAGE, "Unknown argument: %.*s", (int)strcspn(word + 1 + (word[1] == '-'), "="),
		    word + 1 + (word[1] == '-'));
	if (o->type == FACE_BOOL)
		return set_flag(args, at, value, argc, argv, i, err);
	if (value == NULL) {
		if (*i + 1 >= argc || (argv[*i + 1][0] == '-' && argv[*i + 1][1]))
			return err_set(err, ERR_USAGE, "Not enough arguments following: %s", o->name);
		value = argv[++*i];
	}
	return set(args, at, value, err);
}

static int check_all(const struct face_args *args, struct err *err)
{
	const struct face_command *c = args->command;
	for (size_t i = 0; c->options[i].name; i++) {
		const struct face_option *o = &c->options[i];
		if (o->required && !args->values[i].n)
			return err_set(err, ERR_USAGE, "Missing required argument: %s", o->name);
		if (o->against && args->values[i].n && face_flag(args, o->name) && face_flag(args, o->against))
			return err_set(err, ERR_USAGE, "--%s and --%s are mutually exclusive.", o->against, o->name);
		if (o->needs && args->values[i].n && !face_given(args, o->needs))
			return err_set(err, ERR_USAGE, "Implications failed: %s -> %s", o->name, o->needs);
	}
	if (args->operands.n < c->min)
		return err_set(err, ERR_USAGE, "Not enough non-option arguments: got %zu, need at least %u", args->operands.n,
		    c->min);
	return 0;
}

int face_parse(const struct face_command *command, int argc, char **argv, struct face_args *ret, bool *ret_help,
    struct err *err)
{
	*ret = (struct face_args){ .command = command };
	*ret_help = false;
	ret->values = xcalloc(count(command) + 1, sizeof(*ret->values));
	bool options = true;
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (options && str_eq(word, "--")) {
			options = false;
		} else if (options && str_eq(word, "--help")) {
			*ret_help = true;
			return 0;
		} else if (options && word[0] == '-' && word[1]) {
			if (parse_option(ret, argc, argv, &i, err) != 0)
				return -1;
		} else {
			if (ret->operands.n >= command->max)
				return err_set(err, ERR_USAGE, "Unknown argument: %s", word);
			strv_push(&ret->operands, word);
			options = options && !command->takes_command;
		}
	}
	return check_all(ret, err);
}

void face_args_fini(struct face_args *args)
{
	for (size_t i = 0; args->values && i < count(args->command); i++)
		strv_fini(&args->values[i]);
	free(args->values);
	strv_fini(&args->operands);
	free(args->container);
}

bool face_has(const struct face_args *args, const char *name)
{
	return args->command->options[find(args->command, name, strlen(name))].name != NULL;
}

const struct strv *face_values(const struct face_args *args, const char *name)
{
	size_t at = find(args->command, name, strlen(name));
	assert(args->command->options[at].name);
	return &args->values[at];
}

bool face_given(const struct face_args *args, const char *name)
{
	return face_values(args, name)->n > 0;
}

const char *face_value(const struct face_args *args, const char *name)
{
	const struct strv *values = face_values(args, name);
	const struct face_option *o = &args->command->options[values - args->values];
	return values->n ? values->v[values->n - 1] : o->fallback;
}

bool face_flag(const struct face_args *args, const char *name)
{
	const char *value = face_value(args, name);
	return value && str_eq(value, "true");
}
