/* config.h - what a person's wezterm.lua and --config say to a server.
 *
 * Settings are plain values (host/lua.h); names and meanings are wezterm's (its documentation's
 * page "config"). What concerns a server and is not used, or says what cannot be,
 * is gathered as text for one warning; what concerns windows only is passed over. */
#ifndef LACE_MUX_CONFIG_H
#define LACE_MUX_CONFIG_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_LIST_MAX 256            /* entries of one list or environment */
#define CONFIG_NOTES_MAX 2048          /* bytes of the warning */
#define CONFIG_LINES_MAX 10000000      /* of scrollback */
#define CONFIG_SIZE_MAX 2000           /* initial rows or columns */

enum mux_exit { MUX_EXIT_CLOSE, MUX_EXIT_HOLD, MUX_EXIT_CLOSE_ON_CLEAN };
enum mux_messages { MUX_MESSAGES_VERBOSE, MUX_MESSAGES_BRIEF, MUX_MESSAGES_TERSE, MUX_MESSAGES_NONE };

struct mux_config {
	char *default_cwd;                 /* absolute; texts are owned and NULL when not set */
	struct strv default_prog;
	struct strv env, env_remove;       /* set_environment_variables as NAME=value, mux_env_remove */
	char *term, *workspace;
	char *socket;                      /* absolute: of the first unix domain */
	char *tls_bind;                    /* ADDRESS:PORT of the first tls_servers entry */
	bool has_lines;
	uint32_t lines;
	uint16_t rows, cols;               /* of the first window, 0 = not set */
	enum mux_exit exit;
	enum mux_messages messages;
	uint8_t clean_exits[32];           /* a bit for each status, beside 0 */
	struct str notes;                  /* "NAME (line N: why), ...; --config NAME (why)": not used */
};
#define MUX_CONFIG_INIT { .notes = STR_INIT }

/* The text of the file at path, whose settings come before what is there. A text that cannot be
 * read is a note too. */
void mux_config_read(struct mux_config *c, const char *path, const char *text, size_t len);
/* "NAME=VALUE", VALUE as in Lua. */
void mux_config_set(struct mux_config *c, const char *assignment);
void mux_config_fini(struct mux_config *c);

#endif
