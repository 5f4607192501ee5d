#include "base/map.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash(const char *key)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

/* The slot that holds key, or the free slot where it would go. */
static size_t find_slot(const struct map *m, const char *key)
{
	size_t i = hash(key) & (m->nslots - 1);
	while (m->slots[i] && strcmp(m->entries[m->slots[i] - 1].key, key) != 0)
		i = (i + 1) & (m->nslots - 1);
	return i;
}

static void rehash(struct map *m, size_t nslots)
{
	free(m->slots);
	m->slots = xcalloc(nslots, sizeof(*m->slots));
	m->nslots = nslots;
	for (size_t i = 0; i < m->n; i++)
		m->slots[find_slot(m, m->entries[i].key)] = (uint32_t)(i + 1);
}

void *map_get(const struct map *m, const char *key)
{
	if (m->n == 0)
		return NULL;
	uint32_t at = m->slots[find_slot(m, key)];
	return at ? m->entries[at - 1].value : NULL;
}

void *map_set(struct map *m, const char *key, void *value)
{
	if ((m->n + 1) * 2 > m->nslots)
		rehash(m, m->nslots ? m->nslots * 2 : 16);
	size_t slot = find_slot(m, key);
	if (m->slots[slot]) {
		struct map_entry *e = &m->entries[m->slots[slot] - 1];
		void *old = e->value;
		e->value = value;
		return old;
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 8;
		m->entries = xreallocarray(m->entries, m->cap, sizeof(*m->entries));
	}
	m->entries[m->n++] = (struct map_entry){ xstrdup(key), value };
	m->slots[slot] = (uint32_t)m->n;
	return NULL;
}

void *map_remove(struct map *m, const char *key)
{
	if (m->n == 0)
		return NULL;
	uint32_t at = m->slots[find_slot(m, key)];
	if (at == 0)
		return NULL;
	void *value = m->entries[at - 1].value;
	free(m->entries[at - 1].key);
	memmove(m->entries + at - 1, m->entries + at, (m->n - at) * sizeof(*m->entries));
	m->n--;
	rehash(m, m->nslots);
	return value;
}

void map_fini(struct map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct map)MAP_INIT;
}
