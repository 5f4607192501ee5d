#include "client/cell.h"

#include "base/mem.h"
#include "text/text.h"

#include <string.h>

#define URI_BYTES_MAX 2083
#define LINK_ID_MAX 256

void pool_reset(struct pool *p)
{
	map_fini(&p->map);
	*p = (struct pool)POOL_INIT;
}

static uint32_t pool_add(struct pool *p, const char *s)
{
	uintptr_t id = (uintptr_t)map_get(&p->map, s);
	if (id)
		return (uint32_t)id;
	size_t len = strlen(s);
	if (p->map.n >= POOL_ENTRIES_MAX || p->bytes + len > POOL_BYTES_MAX) {
		p->full = true;
		return 0;
	}
	p->bytes += len;
	map_set(&p->map, s, (void *)(uintptr_t)(p->map.n + 1));
	return (uint32_t)p->map.n;
}

const char *pool_get(const struct pool *p, uint32_t id)
{
	return p->map.entries[id - 1].key;
}

/* C0, DEL, C1, and the separators that some terminals take for a newline. */
static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;
}

uint32_t pool_text(struct pool *p, const char *s, size_t len, size_t *ret_len)
{
	*ret_len = len ? 1 : 0;
	if (len == 0)
		return 0;
	/* ASCII that nothing joins, which is nearly all there is. */
	unsigned char c = (unsigned char)s[0];
	if (c < 0x80 && (len == 1 || (unsigned char)s[1] < 0x80))
		return c > 0x20 && c < 0x7f ? c : 0;

	len = text_cluster_len(s, len);
	*ret_len = len;
	uint32_t first;
	size_t first_len = text_utf8_decode(s, len, &first);
	/* A mark without a base, or a format character, would act on the cell before. */
	if (text_width(first) == 0)
		return 0;
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		i += text_utf8_decode(s + i, len - i, &cp);
		if (is_control(cp))
			return 0;
	}
	if (first_len == len || len > CLUSTER_BYTES_MAX || !text_utf8_valid(s, len))
		return first;
	char cluster[CLUSTER_BYTES_MAX + 1];
	memcpy(cluster, s, len);
	cluster[len] = '\0';
	uint32_t id = pool_add(p, cluster);
	return id ? CELL_CLUSTER | id : first;
}

uint32_t pool_link(struct pool *p, const char *uri, size_t uri_len, const char *id, size_t id_len)
{
	if (uri_len == 0 || uri_len > URI_BYTES_MAX || id_len > LINK_ID_MAX)
		return 0;
	for (size_t i = 0; i < uri_len; i++)
		if (uri[i] <= 0x20 || uri[i] >= 0x7f)
			return 0;
	/* ';' and ':' end the id in OSC 8. */
	for (size_t i = 0; i < id_len; i++)
		if (id[i] <= 0x20 || id[i] >= 0x7f || id[i] == ';' || id[i] == ':')
			return 0;
	cleanup_free char *s = xasprintf("%.*s;%.*s", (int)id_len, id, (int)uri_len, uri);
	return pool_add(p, s);
}

const char *cell_text(const struct pool *p, const struct cell *c, char buf[5])
{
	if (c->text & CELL_CLUSTER)
		return pool_get(p, c->text & ~CELL_CLUSTER);
	size_t n = text_utf8_encode(c->text ? c->text : ' ', buf);
	buf[n] = '\0';
	return buf;
}
