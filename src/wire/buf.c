/* Growable output (wire_buf) and the arena of a decoded PDU. */
#include "wire/arena.h"
#include "wire/prim.h"

#include "base/mem.h"

void wire_buf_fini(struct wire_buf *b)
{
	free(b->data);
	*b = (struct wire_buf){ 0 };
}

void wire_buf_drop(struct wire_buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	b->len -= n;
	if (b->len && n)
		memmove(b->data, b->data + n, b->len);
}

void wire_buf_reserve(struct wire_buf *b, size_t more)
{
	if (more <= b->cap - b->len)
		return;
	if (more > SIZE_MAX / 2 - b->len)
		abort();
	size_t cap = b->cap ? b->cap : 256;
	while (cap - b->len < more)
		cap *= 2;
	b->data = xreallocarray(b->data, cap, 1);
	b->cap = cap;
}

struct wire_arena_block {
	struct wire_arena_block *next;
	size_t size, used;
	_Alignas(max_align_t) uint8_t data[];
};

enum { BLOCK_MIN = 4 << 10, BLOCK_MAX = 1 << 20 };

static void *take(struct wire_arena_block *b, size_t align, size_t size)
{
	if (b == NULL)
		return NULL;
	size_t at = (b->used + align - 1) & ~(align - 1);
	if (at > b->size || size > b->size - at)
		return NULL;
	b->used = at + size;
	return b->data + at;
}

/* Blocks double, so that small PDUs cost one small block and large ones few. */
static void *arena_take(struct wire_arena *a, size_t align, size_t size)
{
	void *p = take(a->head, align, size);
	if (p)
		return p;
	if (size > WIRE_ARENA_MAX)
		return NULL;
	size_t want = a->head ? MIN(a->head->size * 2, (size_t)BLOCK_MAX) : BLOCK_MIN;
	want = MAX(want, size);
	if (want > WIRE_ARENA_MAX - a->total)
		want = size;
	if (want > WIRE_ARENA_MAX - a->total)
		return NULL;
	struct wire_arena_block *b = xmalloc(sizeof(*b) + want);
	*b = (struct wire_arena_block){ .next = a->head, .size = want };
	a->head = b;
	a->total += want;
	return take(b, align, size);
}

void *wire_arena_alloc(struct wire_arena *a, size_t size)
{
	void *p = arena_take(a, _Alignof(max_align_t), size);
	return p ? memset(p, 0, size) : NULL;
}

void *wire_arena_grow(struct wire_arena *a, void *old, size_t old_size, size_t size)
{
	struct wire_arena_block *b = a->head;
	bool latest = old && b && (uint8_t *)old + old_size == b->data + b->used;
	if (latest && size - old_size <= b->size - b->used) {
		memset(b->data + b->used, 0, size - old_size);
		b->used += size - old_size;
		return old;
	}
	uint8_t *p = arena_take(a, _Alignof(max_align_t), size);
	if (p == NULL)
		return NULL;
	if (old_size)
		memcpy(p, old, old_size);
	memset(p + old_size, 0, size - old_size);
	return p;
}

bool wire_arena_text(struct wire_arena *a, const uint8_t *s, size_t len, struct wire_str *ret)
{
	char *p = arena_take(a, 1, len + 1);
	if (p == NULL)
		return false;
	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	*ret = (struct wire_str){ p, len };
	return true;
}

struct wire_str wire_arena_str(struct wire_arena *a, const char *s, size_t len)
{
	struct wire_str str = { NULL, 0 };
	wire_arena_text(a, (const uint8_t *)s, len, &str);
	return str;
}

void wire_arena_reset(struct wire_arena *a)
{
	for (struct wire_arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct wire_arena){ 0 };
}
