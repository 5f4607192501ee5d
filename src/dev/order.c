/* Features are installed in rounds: each takes what has all its dependencies
 * installed, keeps only those of the highest priority, and sorts them. So without
 * constraints the order is alphabetical, whatever order the configuration has.
 *
 * The reference sorts with the collation of JavaScript's localeCompare. Features'
 * paths and options are ASCII in practice; collate() gives that collation's order
 * for ASCII, and bytes for the rest. */
#include "dev/order.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"

#include <stdlib.h>
#include <string.h>

/* Unicode's default order of ASCII: controls and blanks, punctuation, digits, letters. */
static const char collation[] = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

static int weight(unsigned char ch)
{
	if (ch >= 0x80)
		return 1000 + ch;
	if (ch >= 'A' && ch <= 'Z')
		ch = (unsigned char)(ch - 'A' + 'a');
	if (ch >= 'a' && ch <= 'z')
		return 500 + ch;
	const char *p = ch ? strchr(collation, ch) : NULL;
	return p ? 1 + (int)(p - collation) : 0;
}

/* Case counts only where nothing else differs; then small letters go first. */
static int collate(const char *a, const char *b)
{
	int by_case = 0;
	for (;; a++, b++) {
		if (!*a || !*b)
			return *a ? 1 : *b ? -1 : by_case;
		int d = weight((unsigned char)*a) - weight((unsigned char)*b);
		if (d)
			return d;
		if (!by_case && *a != *b)
			by_case = *a > *b ? -1 : 1;
	}
}

/* As JavaScript's typeof names them: values of different types go by that name. */
static const char *type_name(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean: return "boolean";
	case json_type_double:
	case json_type_int: return "number";
	case json_type_string: return "string";
	default: return "object";
	}
}

static int compare_text(json_object *a, json_object *b)
{
	int d = collate(type_name(a), type_name(b));
	if (d)
		return d;
	cleanup_str struct str ta = STR_INIT, tb = STR_INIT;
	json_stringify(&ta, a);
	json_stringify(&tb, b);
	d = collate(ta.s, tb.s);
	return d ? d : strcmp(ta.s, tb.s);
}

static int by_collation(const void *a, const void *b)
{
	return collate(*(char *const *)a, *(char *const *)b);
}

static void sorted_keys(json_object *object, struct strv *ret)
{
	json_object_object_foreach(object, key, value) {
		(void)value;
		strv_push(ret, key);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_collation);
}

/* Number of options, then their names, then their values. */
static int compare_options(json_object *a, json_object *b)
{
	if (!json_object_is_type(a, json_type_object) || !json_object_is_type(b, json_type_object))
		return compare_text(a, b);
	cleanup_strv struct strv ka = STRV_INIT, kb = STRV_INIT;
	sorted_keys(a, &ka);
	sorted_keys(b, &kb);
	if (ka.n != kb.n)
		return ka.n < kb.n ? -1 : 1;
	int d = 0;
	for (size_t i = 0; i < ka.n && !d; i++)
		d = collate(ka.v[i], kb.v[i]);
	for (size_t i = 0; i < ka.n && !d; i++)
		d = compare_text(json_get(a, ka.v[i]), json_get(b, kb.v[i]));
	return d;
}

/* "host/owner/repo" of "host/owner/repo/id". */
static char *namespace_of(const struct dev_source *s)
{
	return xmemdup0(s->key, (size_t)(strrchr(s->key, '/') - s->key));
}

static bool common_id(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (strv_has(b, a->v[i]))
			return true;
	return false;
}

static int compare_names(const struct dev_node *a, const struct dev_node *b)
{
	cleanup_free char *na = namespace_of(&a->source), *nb = namespace_of(&b->source);
	int d = collate(na, nb);
	if (d || common_id(&a->ids, &b->ids))
		return d;
	return collate(registry_ref_id(&a->source.oci), registry_ref_id(&b->source.oci));
}

static int compare_oci(const struct dev_node *a, const struct dev_node *b)
{
	int by_options = compare_options(a->written, b->written);
	bool same = a->digest && b->digest && str_eq(a->digest, b->digest);
	if (same && by_options == 0)
		return 0;
	int d = compare_names(a, b);
	if (!d && a->source.oci.tag && b->source.oci.tag)
		d = collate(a->source.oci.tag, b->source.oci.tag);
	if (!d)
		d = by_options;
	if (!d && a->digest && b->digest)
		d = strcmp(a->digest, b->digest);
	return d;
}

int dev_node_compare(const struct dev_node *a, const struct dev_node *b)
{
	if (a->source.kind != b->source.kind)
		return collate(a->source.ref, b->source.ref);
	if (a->source.kind == DEV_SOURCE_OCI)
		return compare_oci(a, b);
	int d = collate(a->source.key, b->source.key);
	if (!d)
		d = strcmp(a->source.key, b->source.key);
	return d ? d : compare_options(a->written, b->written);
}

bool dev_node_is(const struct dev_node *n, const struct dev_source *s)
{
	if (n->source.kind != s->kind)
		return false;
	if (str_eq(n->source.key, s->key))
		return true;
	if (s->kind != DEV_SOURCE_OCI || !strv_has(&n->ids, registry_ref_id(&s->oci)))
		return false;
	cleanup_free char *of_node = namespace_of(&n->source), *of_ref = namespace_of(s);
	return str_eq(of_node, of_ref);
}

void dev_node_fini(struct dev_node *n)
{
	dev_source_fini(&n->source);
	free(n->digest);
	strv_fini(&n->ids);
	json_object_put(n->written);
	free(n->deps);
}

void dev_node_depend(struct dev_node *n, size_t on)
{
	for (size_t i = 0; i < n->n_deps; i++)
		if (n->deps[i] == on)
			return;
	n->deps = xreallocarray(n->deps, n->n_deps + 1, sizeof(*n->deps));
	n->deps[n->n_deps++] = on;
}

static bool ready(const struct dev_node *n, const bool *installed)
{
	for (size_t i = 0; i < n->n_deps; i++)
		if (!installed[n->deps[i]])
			return false;
	return true;
}

/* Who is left when no round can begin: one line, each with the first thing it waits for. */
static int report_circle(const struct dev_node *nodes, size_t n, const bool *installed, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	for (size_t i = 0; i < n && text.len < 400; i++) {
		for (size_t k = 0; !installed[i] && k < nodes[i].n_deps; k++) {
			if (!installed[nodes[i].deps[k]]) {
				str_printf(&text, "%s\"%.100s\" after \"%.100s\"", text.len ? ", " : "", nodes[i].source.ref,
				    nodes[nodes[i].deps[k]].source.ref);
				break;
			}
		}
	}
	return err_set(err, ERR_FAILED, "features wait for each other in a circle: %s; take out one dependsOn or "
	    "installsAfter", text.s);
}

int dev_order(const struct dev_node *nodes, size_t n, size_t *ret, struct err *err)
{
	cleanup_free bool *installed = xcalloc(n ? n : 1, sizeof(*installed));
	cleanup_free bool *round = xcalloc(n ? n : 1, sizeof(*round));
	size_t done = 0;
	while (done < n) {
		size_t first = done, best = 0;
		for (size_t i = 0; i < n; i++) {
			round[i] = !installed[i] && ready(&nodes[i], installed);
			if (round[i] && nodes[i].priority > best)
				best = nodes[i].priority;
		}
		for (size_t i = 0; i < n; i++) {
			if (!round[i] || nodes[i].priority != best)
				continue;
			size_t at = done++;
			for (; at > first && dev_node_compare(&nodes[ret[at - 1]], &nodes[i]) > 0; at--)
				ret[at] = ret[at - 1];
			ret[at] = i;
		}
		if (done == first)
			return report_circle(nodes, n, installed, err);
		for (size_t i = first; i < done; i++)
			installed[ret[i]] = true;
	}
	return 0;
}
