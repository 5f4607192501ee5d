/* map.h - hash map from string to pointer, keeping the order of insertion.
 *
 * Keys are copied; values belong to the caller. Removal keeps the order of the
 * rest. Meant for hundreds of entries, not millions. */
#ifndef LACE_BASE_MAP_H
#define LACE_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_entry {
	char *key;
	void *value;
};

struct map {
	struct map_entry *entries; /* in order of insertion */
	size_t n, cap;
	uint32_t *slots;           /* index + 1 into entries, 0 = free */
	size_t nslots;             /* power of two, or 0 */
};
#define MAP_INIT { (void *)0, 0, 0, (void *)0, 0 }

void *map_get(const struct map *m, const char *key);           /* NULL when absent */
void *map_set(struct map *m, const char *key, void *value);    /* returns the old value or NULL */
void *map_remove(struct map *m, const char *key);              /* returns the value or NULL */
void map_fini(struct map *m);                                  /* releases keys, not values */

#endif
