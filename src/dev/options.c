#include "dev/options.h"

#include "base/mem.h"
#include "dev/expand.h"
#include "dev/feature.h"
#include "host/jsonc.h"

#include <string.h>

/* malloc()ed text of a scalar; anything else as compact JSON. */
static char *text_of(json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return xstrdup(json_object_get_string(value));
	struct str s = STR_INIT;
	json_stringify(&s, value);
	return str_detach(&s);
}

static void set_text(json_object *options, const char *name, json_object *value)
{
	cleanup_free char *text = text_of(value);
	json_object_object_add(options, name, json_object_new_string(text));
}

json_object *dev_options_resolve(json_object *feature_json, json_object *written)
{
	json_object *options = json_object_new_object();
	json_object *declared = json_get(feature_json, "options");
	if (json_object_is_type(declared, json_type_object)) {
		json_object_object_foreach(declared, name, option) {
			json_object *fallback = json_get(option, "default");
			if (fallback)
				set_text(options, name, fallback);
		}
	}
	if (json_object_is_type(written, json_type_object)) {
		json_object_object_foreach(written, name, value)
			if (value)
				set_text(options, name, value);
	} else if (written && json_get(declared, "version")) {
		set_text(options, "version", written);
	}
	return options;
}

static bool word_char(char ch)
{
	return ch == '_' || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* One code unit of the reference's JavaScript becomes one '_': a character beyond the BMP two of them. */
static size_t foreign_units(unsigned char lead)
{
	if (lead >= 0x80 && lead < 0xc0)
		return 0;
	return lead >= 0xf0 ? 2 : 1;
}

char *dev_feature_env_name(const char *option)
{
	struct str s = STR_INIT;
	for (const char *p = option; *p; p++) {
		if (word_char(*p))
			str_putc(&s, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
		else
			str_add(&s, "__", foreign_units((unsigned char)*p));
	}
	size_t lead = strspn(s.s, "0123456789_");
	if (lead > 1)
		str_drop(&s, lead - 1);
	if (lead)
		s.s[0] = '_';
	return str_detach(&s);
}

void dev_options_env(json_object *options, struct strv *ret)
{
	json_object_object_foreach(options, option, value) {
		cleanup_free char *name = dev_feature_env_name(option);
		if (*name)
			env_set(ret, name, json_object_get_string(value));
	}
}

int dev_options_container_env(json_object *feature_json, struct strv *env, struct err *err)
{
	json_object *set = json_get(feature_json, "containerEnv");
	if (!json_object_is_type(set, json_type_object))
		return 0;
	json_object_object_foreach(set, name, value) {
		if (!value || !*name || strchr(name, '='))
			continue;
		cleanup_free char *text = text_of(value);
		struct dev_expand x = { .vars = env, .escape = '\\', .quoted = true };
		cleanup_str struct str expanded = STR_INIT;
		if (dev_expand(&x, text, strlen(text), &expanded) < 0)
			return err_set(err, ERR_FAILED, "containerEnv.%s \"%.200s\" cannot be expanded: only ${NAME}, "
			    "${NAME:-text} and ${NAME:+text} are understood, up to %u bytes", name, text, DEV_EXPAND_MAX);
		env_set(env, name, expanded.s);
	}
	return 0;
}
