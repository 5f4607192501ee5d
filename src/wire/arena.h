/* arena.h - what the decoder needs of an arena beyond wire.h. Private to src/wire.
 *
 * Both fail (NULL, false) only over WIRE_ARENA_MAX. */
#ifndef LACE_WIRE_ARENA_H
#define LACE_WIRE_ARENA_H

#include "wire/wire.h"

/* size >= old_size; the new part is zeroed. In place when old is the latest
 * allocation, so a vector that grows alone never moves. */
void *wire_arena_grow(struct wire_arena *a, void *old, size_t old_size, size_t size);
/* Unaligned, so that short texts stand close together. */
bool wire_arena_text(struct wire_arena *a, const uint8_t *s, size_t len, struct wire_str *ret);

#endif
