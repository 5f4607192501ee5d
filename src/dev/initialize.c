/* initializeCommand: the one hook that runs on the host, before anything else. Whoever calls this has asked
 * the person before (trust.h). Members of the object form write into files in memory, shown one after the
 * other. */
#include "dev/command.h"
#include "dev/hooks.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/proc.h"

#include <sys/mman.h>

#define INTERRUPTED 130
#define HELD_MAX (4u << 20)

static void show(void *user, int stream, const char *data, size_t len)
{
	progress_output(data, len);
}

static void take(struct proc *p, struct command_member *m, const struct dev_config *c)
{
	proc_init(p);
	p->argv = m->argv;
	m->argv = (struct strv)STRV_INIT;
	p->dir = c->workspace;
}

static void show_held(const char *key, int fd)
{
	cleanup_str struct str text = STR_INIT;
	str_printf(&text, "Running %s of initializeCommand from devcontainer.json...\n", key);
	char buf[65536];
	ssize_t n;
	off_t at = 0;
	while (at < (off_t)HELD_MAX && (n = pread(fd, buf, sizeof(buf), at)) > 0) {
		str_add(&text, buf, (size_t)n);
		at += n;
	}
	str_putc(&text, '\n');
	progress_output(text.s, text.len);
}

/* All are started, then all are waited for: the first one (in their order) that failed is the result. */
static int run_parallel(const struct dev_config *c, struct command *command, struct err *err)
{
	struct proc *procs = xcalloc(command->n, sizeof(*procs));
	int *fds = xcalloc(command->n, sizeof(*fds));
	int code = 0;
	for (size_t i = 0; i < command->n; i++) {
		take(&procs[i], &command->v[i], c);
		fds[i] = memfd_create("lace-initialize", MFD_CLOEXEC);
		procs[i].out = procs[i].err = fds[i] >= 0 ? fds[i] : PROC_NULL;
	}
	for (size_t i = 0; i < command->n && code == 0; i++)
		code = proc_start(&procs[i], err);
	for (size_t i = 0; i < command->n; i++) {
		if (procs[i].pid > 0) {
			struct err local = ERR_INIT;
			int status = proc_wait(&procs[i], &local);
			show_held(command->v[i].key, fds[i]);
			if (code == 0 && status != INTERRUPTED)
				code = status;
			err_fini(&local);
		}
		if (fds[i] >= 0)
			close(fds[i]);
		proc_fini(&procs[i]);
	}
	free(fds);
	free(procs);
	return code;
}

static int run_one(const struct dev_config *c, struct command *command, struct err *err)
{
	struct proc p;
	take(&p, &command->v[0], c);
	int code = proc_stream(&p, show, NULL, err);
	proc_fini(&p);
	return code;
}

int dev_run_initialize(const struct dev_config *c, struct err *err)
{
	struct command command;
	int code = 0;
	if (command_parse(json_get(c->conf, "initializeCommand"), &command, err) != 0)
		return err_wrap(err, "initializeCommand");
	if (command.n) {
		progress_step("Running the initializeCommand from devcontainer.json");
		code = command.parallel ? run_parallel(c, &command, err) : run_one(c, &command, err);
	}
	command_fini(&command);
	if (code == 0 || code == INTERRUPTED)
		return 0;
	if (err_is(err))
		return err_wrap(err, "initializeCommand");
	cleanup_free char *line = xasprintf("exit code %d\n", code);
	progress_output(line, strlen(line));
	progress_show_output();
	return err_set(err, ERR_FAILED, "The initializeCommand in the devcontainer.json failed.");
}
