/* no_zstd.c - what zstd refers to and this program never comes to.
 *
 * It compresses at levels up to 3 (vt/scrollback.c, wire/compress.c), which are the "fast" and "double fast"
 * searches whatever the size (tests/size/levels.c holds that against the library). The searches of
 * higher levels would come along for 240 kB, and the formats of zstd before 1.0 for 90 kB. Should one be
 * called all the same, nothing breaks: a search finds no match, so that the block is all literals, and an old frame
 * is one that cannot be read. */
#include <stddef.h>
#include <stdint.h>

/* ---- searches ------------------------------------------------------------------------- */

/* A block's matches go to `found`; returns how many bytes after the last of them are left as they are. */
#define SEARCH(name) \
	size_t ZSTD_compressBlock_##name(void *state, void *found, uint32_t repeated[3], const void *from, size_t len); \
	size_t ZSTD_compressBlock_##name(void *state, void *found, uint32_t repeated[3], const void *from, size_t len) { return len; }

SEARCH(greedy)
SEARCH(greedy_row)
SEARCH(greedy_extDict)
SEARCH(greedy_extDict_row)
SEARCH(greedy_dictMatchState)
SEARCH(greedy_dictMatchState_row)
SEARCH(greedy_dedicatedDictSearch)
SEARCH(greedy_dedicatedDictSearch_row)
SEARCH(lazy)
SEARCH(lazy_row)
SEARCH(lazy_extDict)
SEARCH(lazy_extDict_row)
SEARCH(lazy_dictMatchState)
SEARCH(lazy_dictMatchState_row)
SEARCH(lazy_dedicatedDictSearch)
SEARCH(lazy_dedicatedDictSearch_row)
SEARCH(lazy2)
SEARCH(lazy2_row)
SEARCH(lazy2_extDict)
SEARCH(lazy2_extDict_row)
SEARCH(lazy2_dictMatchState)
SEARCH(lazy2_dictMatchState_row)
SEARCH(lazy2_dedicatedDictSearch)
SEARCH(lazy2_dedicatedDictSearch_row)
SEARCH(btlazy2)
SEARCH(btlazy2_extDict)
SEARCH(btlazy2_dictMatchState)
SEARCH(btopt)
SEARCH(btopt_extDict)
SEARCH(btopt_dictMatchState)
SEARCH(btultra)
SEARCH(btultra_extDict)
SEARCH(btultra_dictMatchState)
SEARCH(btultra2)

/* Their tables of a dictionary, of which we have none. */
uint32_t ZSTD_insertAndFindFirstIndex(void *state, const uint8_t *at);
uint32_t ZSTD_insertAndFindFirstIndex(void *state, const uint8_t *at) { return 0; }
void ZSTD_row_update(void *state, const uint8_t *at);
void ZSTD_row_update(void *state, const uint8_t *at) { }
void ZSTD_updateTree(void *state, const uint8_t *at, const uint8_t *end);
void ZSTD_updateTree(void *state, const uint8_t *at, const uint8_t *end) { }
void ZSTD_dedicatedDictSearch_lazy_loadDictionary(void *state, const uint8_t *at);
void ZSTD_dedicatedDictSearch_lazy_loadDictionary(void *state, const uint8_t *at) { }

/* ---- old formats ------------------------------------------------------------------------- */

#define FAILED ((size_t)-1)              /* an error of zstd, the general one */

struct frame_size {
	size_t compressed;
	unsigned long long bound;
};

#define FORMAT(v) \
	struct frame_size ZSTD##v##_findFrameSizeInfoLegacy(const void *from, size_t len); \
	struct frame_size ZSTD##v##_findFrameSizeInfoLegacy(const void *from, size_t len) \
	{ \
		return (struct frame_size){ FAILED, (unsigned long long)-2 }; \
	} \
	size_t ZSTD##v##_getFrameParams(void *ret, const void *from, size_t len); \
	size_t ZSTD##v##_getFrameParams(void *ret, const void *from, size_t len) { return FAILED; } \
	void *ZSTD##v##_createDCtx(void); \
	void *ZSTD##v##_createDCtx(void) { return NULL; } \
	size_t ZSTD##v##_freeDCtx(void *ctx); \
	size_t ZSTD##v##_freeDCtx(void *ctx) { return 0; } \
	size_t ZSTD##v##_decompress_usingDict(void *ctx, void *to, size_t room, const void *from, size_t len, \
	    const void *dict, size_t dict_len); \
	size_t ZSTD##v##_decompress_usingDict(void *ctx, void *to, size_t room, const void *from, size_t len, \
	    const void *dict, size_t dict_len) \
	{ \
		return FAILED; \
	} \
	void *ZBUFF##v##_createDCtx(void); \
	void *ZBUFF##v##_createDCtx(void) { return NULL; } \
	size_t ZBUFF##v##_freeDCtx(void *ctx); \
	size_t ZBUFF##v##_freeDCtx(void *ctx) { return 0; } \
	size_t ZBUFF##v##_decompressInitDictionary(void *ctx, const void *dict, size_t len); \
	size_t ZBUFF##v##_decompressInitDictionary(void *ctx, const void *dict, size_t len) { return FAILED; } \
	size_t ZBUFF##v##_decompressContinue(void *ctx, void *to, size_t *room, const void *from, size_t *len); \
	size_t ZBUFF##v##_decompressContinue(void *ctx, void *to, size_t *room, const void *from, size_t *len) { return FAILED; }

FORMAT(v05)
FORMAT(v06)
FORMAT(v07)
