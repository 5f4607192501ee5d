/* exit.c - a program has ended, or could not be started: does its pane stay, and what does it show?
 *
 * The rules are wezterm's exit_behavior, exit_behavior_messaging and clean_exit_codes, the texts those that
 * its server writes (recorded in cli-spawn; the others after mux/src/localpane.rs and pty/src/lib.rs of the
 * same version). A pane that stays has no program; KillPane ends it. */
#include "mux/exit.h"

#include "base/mem.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TRAILER "This message is shown because \033]8;;https://wezterm.org/config/lua/config/exit_behavior.html\033\\" \
	"exit_behavior\033]8;;\033\\"
#define UNCLEAN "\xe2\x9a\xa0\xef\xb8\x8f  Process \"%s\" in domain \"local\" didn't exit cleanly"

char *exit_command_line(const char *const *argv)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=/,.+:@";
	cleanup_str struct str s = STR_INIT;

	for (size_t i = 0; argv[i] != NULL && s.len < EXIT_COMMAND_MAX; i++) {
		const char *arg = argv[i];
		bool quote = *arg == '\0' || arg[strspn(arg, plain)] != '\0';

		str_puts(&s, i > 0 ? " " : "");
		str_puts(&s, quote ? "'" : "");
		for (; *arg != '\0'; arg++) {
			if (*arg == '\'')
				str_puts(&s, "'\\''");
			else
				str_putc(&s, (unsigned char)*arg < ' ' || *arg == 0x7f ? '?' : *arg);
		}
		str_puts(&s, quote ? "'" : "");
	}
	return str_detach(&s);
}

/* Shows what says how it ended; with "." where wezterm has one. */
static void show(struct pane *p, enum mux_exit why, bool clean, const char *dot)
{
	cleanup_str struct str s = STR_INIT;
	enum mux_messages how = p->mux->config->messages;
	char status[64];

	if (WIFSIGNALED(p->status) && sigdescr_np(WTERMSIG(p->status)) != NULL)
		snprintf(status, sizeof(status), "Terminated by %s%s", sigdescr_np(WTERMSIG(p->status)), dot);
	else if (WIFSIGNALED(p->status))
		snprintf(status, sizeof(status), "Terminated by Signal %d%s", WTERMSIG(p->status), dot);
	else
		snprintf(status, sizeof(status), "Exited with code %d%s", WEXITSTATUS(p->status), dot);
	if (how == MUX_MESSAGES_NONE)
		return;
	if (how == MUX_MESSAGES_TERSE) {
		str_printf(&s, "\r\n[%s]", clean ? "done" : status);
	} else {
		if (clean)
			str_printf(&s, "\r\n\xf0\x9f\x91\x8d Process \"%s\" in domain \"local\" completed.", p->command);
		else
			str_printf(&s, "\r\n" UNCLEAN "\r\n%s", p->command, status);
		if (how == MUX_MESSAGES_VERBOSE)
			str_printf(&s, "\r\n" TRAILER "=\"%s\"", why == MUX_EXIT_HOLD ? "Hold" : "CloseOnCleanExit");
	}
	vt_write(p->vt, s.s, s.len);
}

bool exit_holds(struct pane *p)
{
	const struct mux_config *c = p->mux->config;
	/* To wezterm a signal is code 1. */
	unsigned code = WIFSIGNALED(p->status) ? 1 : (unsigned)WEXITSTATUS(p->status);
	bool success = !WIFSIGNALED(p->status) && code == 0;
	bool clean = success || (c->clean_exits[code / 8] >> code % 8 & 1);

	p->held = c->exit == MUX_EXIT_HOLD || (c->exit == MUX_EXIT_CLOSE_ON_CLEAN && !clean);
	if (p->held)
		show(p, c->exit, clean, c->exit == MUX_EXIT_HOLD ? "" : ".");
	return p->held;
}

void exit_not_started(struct pane *p, const char *program, const char *path, int sys)
{
	cleanup_str struct str s = STR_INIT;
	struct stat st;

	str_printf(&s, "Unable to spawn %s because", program);
	if (strchr(program, '/') == NULL && sys == ENOENT)
		str_printf(&s, ":\r\nNo viable candidates found in PATH \"%s\"", path);
	else if (sys == ENOENT)
		str_puts(&s, " it doesn't exist on the filesystem");
	else if (sys == EACCES && stat(program, &st) == 0 && S_ISDIR(st.st_mode))
		str_puts(&s, " it is a directory");
	else if (sys == EACCES)
		str_puts(&s, " it is not executable");
	else
		str_printf(&s, " of this: %s", strerror(sys));
	vt_write(p->vt, s.s, s.len);
	p->held = true;
	p->status = 1 << 8;
	show(p, MUX_EXIT_CLOSE_ON_CLEAN, false, ".");
}
