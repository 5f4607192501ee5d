/* lua.h - the plain values in a Lua configuration, read without running it.
 *
 * Followed are assignments of literals that stand in no block: `local t = {...}`,
 * `t.name = "text"`, `t.a.b = 1`, `t["name"] = {...}`, `return {...}`, `return t`.
 * Literals are strings in all of Lua's forms, numbers, true, false, nil and tables
 * of them. Whatever needs the program to run (calls, operators, names, and what
 * stands in a function, a condition or a loop) is skipped, but where it is assigned is
 * kept, so that the caller can say what was not followed.
 *
 * The text is hostile: sizes and nesting are bounded, and nothing of it is executed.
 * Source: Lua 5.4 reference manual, 3.1 (lexical conventions) and 9 (syntax). */
#ifndef LACE_HOST_LUA_H
#define LACE_HOST_LUA_H

#include "base/err.h"

#include <stddef.h>

#define LUA_FILE_MAX (1u << 20)        /* bytes; the caller's to check */
#define LUA_DEPTH_MAX 32               /* tables in tables */
#define LUA_VALUES_MAX 10000           /* in one text */

enum lua_kind {
	LUA_NIL,
	LUA_OTHER,                         /* assigned, but not a literal */
	LUA_FALSE, LUA_TRUE, LUA_NUMBER, LUA_STRING, LUA_TABLE,
};

struct lua_value {
	enum lua_kind kind;
	unsigned line;                     /* where it begins, from 1 */
	unsigned unclear;                  /* line of an assignment to it that was not followed, or 0 */
	double number;
	char *text;                        /* LUA_STRING: NUL-terminated, may hold NULs */
	size_t len;
	struct lua_entry *entries;         /* LUA_TABLE, as they stand in the text; a later one of the same key counts */
	size_t n;
};
struct lua_entry {
	char *key;                         /* NULL: by position, or a key that is no string */
	struct lua_value value;
};

/* What the chunk returns, a table; -1 with "line N: reason". */
int lua_read(const char *text, size_t len, struct lua_value *ret, struct err *err);
void lua_fini(struct lua_value *v);
/* Of a table; NULL when there is none. */
const struct lua_value *lua_get(const struct lua_value *table, const char *key);

#endif
