/* libyaml builds the document, with every alias resolved to the node that it means. So a document is a graph: the
 * walk that copies it bounds its depth and counts its nodes as often as they are visited. */
#include "host/yml.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/log.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct walk {
	yaml_document_t *doc;
	const char *name;
	unsigned nodes;
	struct err *err;
};

static int fail(struct walk *w, const yaml_node_t *node, const char *what)
{
	return err_set(w->err, ERR_FAILED, "%s:%zu:%zu: %s", w->name, node->start_mark.line + 1,
	    node->start_mark.column + 1, what);
}

static bool is_any(const char *s, const char *a, const char *b, const char *c)
{
	return str_eq(s, a) || str_eq(s, b) || str_eq(s, c);
}

static json_object *number(const char *s)
{
	char *end;
	size_t len = strlen(s), digits = strspn(s + (s[0] == '-' || s[0] == '+'), "0123456789");
	if (digits == 0 && s[0] != '.' && !(len > 1 && s[1] == '.'))
		return NULL;
	if (strspn(s, "0123456789+-.eE") != len)
		return NULL;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (!*end && errno == 0)
		return json_object_new_int64(n);
	double d = strtod(s, &end);
	return *end || !isfinite(d) ? NULL : json_object_new_double_s(d, s);
}

/* A plain scalar. *ret NULL stands for null. */
static void plain(const char *s, json_object **ret)
{
	*ret = NULL;
	if (!*s || str_eq(s, "~") || is_any(s, "null", "Null", "NULL"))
		return;
	if (is_any(s, "true", "True", "TRUE"))
		*ret = json_object_new_boolean(true);
	else if (is_any(s, "false", "False", "FALSE"))
		*ret = json_object_new_boolean(false);
	else
		*ret = number(s);
	if (!*ret)
		*ret = json_object_new_string(s);
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static int copy(struct walk *w, int index, unsigned depth, json_object **ret);

static int copy_members(struct walk *w, const yaml_node_t *node, unsigned depth, json_object *object)
{
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(w->doc, p->key);
		json_object *value;
		if (key->type != YAML_SCALAR_NODE)
			return fail(w, key, "a key that is no text");
		if (strlen(text_of(key)) != key->data.scalar.length)
			return fail(w, key, "a NUL character");
		if (copy(w, p->value, depth + 1, &value) < 0)
			return -1;
		json_object_object_add(object, text_of(key), value);
	}
	return 0;
}

static int copy(struct walk *w, int index, unsigned depth, json_object **ret)
{
	const yaml_node_t *node = yaml_document_get_node(w->doc, index);
	*ret = NULL;
	if (++w->nodes > YML_NODES_MAX)
		return fail(w, node, "too large");
	if (depth > YML_DEPTH_MAX)
		return fail(w, node, "nested too deep");
	int code = 0;
	switch (node->type) {
	case YAML_SCALAR_NODE:
		if (strlen(text_of(node)) != node->data.scalar.length)
			return fail(w, node, "a NUL character");
		if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
			plain(text_of(node), ret);
		else
			*ret = json_object_new_string(text_of(node));
		return 0;
	case YAML_SEQUENCE_NODE:
		*ret = json_object_new_array();
		for (yaml_node_item_t *i = node->data.sequence.items.start;
		    code == 0 && i < node->data.sequence.items.top; i++) {
			json_object *value;
			code = copy(w, *i, depth + 1, &value);
			if (code == 0)
				json_object_array_add(*ret, value);
		}
		break;
	case YAML_MAPPING_NODE:
		*ret = json_object_new_object();
		code = copy_members(w, node, depth, *ret);
		break;
	default:
		break;
	}
	if (code < 0) {
		json_object_put(*ret);
		*ret = NULL;
	}
	return code;
}

json_object *yml_parse(const char *text, size_t len, const char *name, struct err *err)
{
	json_object *ret = NULL;
	yaml_parser_t parser;
	yaml_document_t doc;
	if (len > YML_BYTES_MAX) {
		err_set(err, ERR_FAILED, "%s: larger than %u bytes", name, YML_BYTES_MAX);
		return NULL;
	}
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &doc)) {
		cleanup_str struct str problem = STR_INIT;
		const char *said = parser.problem ? parser.problem : "not YAML";
		log_safe(&problem, said, strlen(said), 200, false);
		err_set(err, ERR_FAILED, "%s:%zu:%zu: %s", name, parser.problem_mark.line + 1,
		    parser.problem_mark.column + 1, problem.s);
	} else {
		struct walk w = { .doc = &doc, .name = name, .err = err };
		if (yaml_document_get_root_node(&doc))
			copy(&w, 1, 0, &ret);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return ret;
}
