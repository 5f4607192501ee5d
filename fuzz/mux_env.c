/* What the server reads of other people's text: session files, environments, /etc/passwd, a program's folder URL. */
#include "base/mem.h"
#include "mux/env.h"
#include "mux/passwd.h"
#include "mux/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only what wezterm's URL parser takes may leave (9.4, trap 12). */
static void check_url(const char *url)
{
	char *clean = pane_clean_url(url);

	if (clean != NULL) {
		if (!str_starts(clean, "file://"))
			abort();
		for (const char *c = clean; *c != '\0'; c++)
			if (*c <= ' ' || *c > '~')
				abort();
	}
	free(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strv struct strv env = STRV_INIT;
	cleanup_free char *text = xmemdup0(data, size);
	struct env_session session = { 0 };
	struct passwd_entry user = { 0 };

	env_apply_session(&env, text, size, &session);
	env_apply_login(&env, text, size);
	env_finish(&env, &(struct env_pane){ "u", "/", "/bin/sh", NULL, "s", "1" });
	for (size_t i = 0; i < env.n; i++)
		if (strchr(env.v[i], '=') == NULL || env.v[i][0] == '=')
			abort();
	if (passwd_find(text, size, 1000, &user) && strlen(user.name) + strlen(user.home) + strlen(user.shell) > size)
		abort();
	check_url(text);
	cleanup_free char *url = xasprintf("file://%s", text);
	check_url(url);
	passwd_fini(&user);
	env_session_fini(&session);
	return 0;
}
