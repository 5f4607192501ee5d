/* The keys, the pins and the command line, against the system's real sshd on a
 * free port of 127.0.0.1, with a hostile ssh configuration in $HOME. */
#include "../unit.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/proc.h"
#include "link/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char top[] = "/tmp/lace-ssh-XXXXXX";
static int port;
static struct proc sshd;
static char *user;

static char *in_top(const char *name)
{
	return fs_join(top, name);
}

static void write_file(const char *name, const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = in_top(name);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &err), 0);
}

static char *read_file(const char *path)
{
	cleanup_err struct err err = ERR_INIT;
	struct str s = STR_INIT;
	assert_int_equal(fs_read(path, 1 << 20, &s, &err), 0);
	return str_detach(&s);
}

static int free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void run(const char *const *list)
{
	struct proc p;
	cleanup_err struct err err = ERR_INIT;
	proc_init(&p);
	strv_push_all(&p.argv, list);
	assert_int_equal(proc_start(&p, &err), 0);
	assert_int_equal(proc_wait(&p, &err), 0);
	proc_fini(&p);
}

static int setup(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	assert_non_null(mkdtemp(top));
	user = xstrdup(getpwuid(geteuid())->pw_name);
	cleanup_free char *config = in_top("config");
	cleanup_free char *home = in_top("home");
	cleanup_free char *dot_ssh = in_top("home/.ssh");
	setenv("XDG_CONFIG_HOME", config, 1);
	setenv("HOME", home, 1);
	assert_int_equal(fs_mkdir_p(dot_ssh, 0700, &err), 0);
	/* ssh takes the home of passwd, not $HOME, for ~/.ssh/config: hence -F in test_hostile_config. */
	write_file("home/.ssh/config", "Host *\n RemoteCommand /bin/false\n RequestTTY force\n NoSuchOption yes\n");
	write_file("home/.bashrc", "echo this .bashrc talks\n");

	char *host_key = in_top("host_key");
	run((const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key, NULL });
	char *key, *public;
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	cleanup_free char *authorized = read_file(public);
	write_file("authorized_keys", authorized);
	port = free_port();
	cleanup_free char *conf = xasprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\n"
	    "AuthorizedKeysFile %s/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n"
	    "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
	    "PermitRootLogin prohibit-password\nSetEnv HOME=%s/home\nLogLevel ERROR\n", port, host_key, top, top);
	write_file("sshd_config", conf);
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	proc_init(&sshd);
	cleanup_free char *conf_path = in_top("sshd_config");
	strv_push_all(&sshd.argv, (const char *const[]){ "/usr/sbin/sshd", "-D", "-e", "-f", conf_path, NULL });
	assert_int_equal(proc_start(&sshd, &err), 0);
	assert_int_equal(link_ssh_wait(port, 10000, &err), 0);
	free(host_key);
	free(key);
	free(public);
	return 0;
}

static int teardown(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	kill(sshd.pid, SIGTERM);
	proc_wait(&sshd, &err);
	proc_fini(&sshd);
	free(user);
	return fs_remove_tree(top, &err);
}

/* The link of `ssh command`, or the error of waiting for it. */
static struct link *connect_to(const char *alias, const char *key, const char *known_hosts,
    const char *command, struct err *err)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct link_ssh s = { .port = port, .user = user, .key = key, .known_hosts = known_hosts,
		.host_key_alias = alias };
	link_ssh_argv(&s, &argv);
	strv_push(&argv, command);
	struct link *l = link_program(&argv, "abc", err);
	assert_non_null(l);
	if (link_wait_ready(l, 20000, err) == 0)
		return l;
	link_close(l);
	return NULL;
}

#define PROXY "printf '\\036lace-mux-proxy abc\\n'; exec cat"

static char *host_public(void)
{
	cleanup_free char *path = in_top("host_key.pub");
	return read_file(path);
}

static void test_round_trip(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *key = NULL, *public = NULL, *known = NULL, *host_key = host_public();
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	assert_false(link_ssh_pinned("round"));
	assert_int_equal(link_ssh_pin("round", host_key, false, &known, &err), 0);
	assert_true(link_ssh_pinned("round"));
	struct link *l = connect_to("round", key, known, "echo noise; " PROXY, &err);
	if (!l)
		fail_msg("%s", err.msg);
	assert_int_equal(write(link_write_fd(l), "abc", 3), 3);
	char buf[4] = "";
	size_t have = 0;
	while (have < 3) {
		ssize_t n = read(link_read_fd(l), buf + have, 3 - have);
		if (n > 0)
			have += (size_t)n;
		else
			assert_true(n < 0 && errno == EAGAIN);
	}
	assert_string_equal(buf, "abc");
	link_close(l);
}

static void test_unpinned_and_wrong_host_key(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *key = NULL, *public = NULL, *known = NULL, *own = NULL;
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	own = read_file(public);
	/* Our own public key stands in for somebody else's host key. */
	assert_int_equal(link_ssh_pin("other", own, false, &known, &err), 0);
	assert_null(connect_to("other", key, known, PROXY, &err));
	assert_non_null(strstr(err.msg, "Host key verification failed."));
	err_fini(&err);
	assert_null(connect_to("never-pinned", key, known, PROXY, &err));
	assert_non_null(strstr(err.msg, "Host key verification failed."));
	cleanup_free char *after = read_file(known);
	assert_null(strstr(after, "never-pinned"));
}

static void test_wrong_key(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *known = NULL, *host_key = host_public(), *stranger = in_top("stranger");
	run((const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger, NULL });
	assert_int_equal(link_ssh_pin("wrong-key", host_key, false, &known, &err), 0);
	assert_null(connect_to("wrong-key", stranger, known, PROXY, &err));
	assert_non_null(strstr(err.msg, "Permission denied"));
}

static void test_path_with_spaces(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *key = NULL, *public = NULL, *known = NULL, *host_key = host_public();
	cleanup_free char *dir = in_top("a \"b\" 50%h c");
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	assert_int_equal(link_ssh_pin("spaces", host_key, false, &known, &err), 0);
	assert_int_equal(fs_mkdir_p(dir, 0700, &err), 0);
	cleanup_free char *key2 = fs_join(dir, "key"), *known2 = fs_join(dir, "known");
	assert_int_equal(rename(key, key2), 0);
	assert_int_equal(link(known, known2), 0);
	struct link *l = connect_to("spaces", key2, known2, PROXY, &err);
	assert_int_equal(rename(key2, key), 0);
	if (!l)
		fail_msg("%s", err.msg);
	link_close(l);
}

/* Our options alone, without -F, in front of a configuration that does all it can: what a person's own
 * ~/.ssh/config would be to us. With -F /dev/null it is never read; this shows that it would matter. */
static void test_hostile_config(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_free char *key = NULL, *public = NULL, *known = NULL, *host_key = host_public();
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	assert_int_equal(link_ssh_pin("hostile", host_key, false, &known, &err), 0);
	struct link_ssh s = { .port = port, .user = user, .key = key, .known_hosts = known,
		.host_key_alias = "hostile" };
	link_ssh_argv(&s, &argv);
	assert_string_equal(argv.v[1], "-F");
	assert_string_equal(argv.v[2], "/dev/null");
	strv_push(&argv, PROXY);
	free(argv.v[2]);
	argv.v[2] = in_top("home/.ssh/config");
	struct link *l = link_program(&argv, "abc", &err);
	assert_int_equal(link_wait_ready(l, 20000, &err), -1);
	assert_non_null(strstr(err.msg, "bad configuration options"));
	link_close(l);
	err_fini(&err);

	/* A Match exec that would run something, and ways to lead the connection elsewhere. */
	cleanup_free char *ran = in_top("ran");
	cleanup_free char *conf = xasprintf("Match exec \"touch %s\"\nHost *\n ProxyJump elsewhere.invalid\n"
	    " IdentityFile /nonexistent\n", ran);
	write_file("home/.ssh/config", conf);
	l = connect_to("hostile", key, known, PROXY, &err);
	assert_non_null(l);
	link_close(l);
	assert_false(fs_exists(ran));
}

static void test_agent_is_not_used(void **state)
{
	/* An agent that never answers would hang a connection that asks it. */
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *key = NULL, *public = NULL, *known = NULL, *host_key = host_public();
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	assert_int_equal(link_ssh_pin("agent", host_key, false, &known, &err), 0);
	setenv("SSH_AUTH_SOCK", top, 1);
	struct link *l = connect_to("agent", key, known, PROXY, &err);
	unsetenv("SSH_AUTH_SOCK");
	assert_non_null(l);
	link_close(l);
}

static void test_key(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *key = NULL, *public = NULL, *dir = in_top("config/lace/ssh");
	struct stat st;
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* The public half is made again, the same. */
	cleanup_free char *first = read_file(public);
	assert_int_equal(unlink(public), 0);
	free(key);
	free(public);
	assert_int_equal(link_ssh_key(&key, &public, &err), 0);
	cleanup_free char *again = read_file(public);
	assert_memory_equal(first, again, strlen("ssh-ed25519 ") + 68);

	assert_int_equal(chmod(key, 0644), 0);
	cleanup_free char *loose_key = NULL, *loose_public = NULL;
	assert_int_equal(link_ssh_key(&loose_key, &loose_public, &err), -1);
	assert_non_null(strstr(err.msg, "chmod 600"));
	assert_int_equal(chmod(key, 0600), 0);
	err_fini(&err);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(link_ssh_key(&loose_key, &loose_public, &err), -1);
	assert_int_equal(chmod(dir, 0700), 0);
}

static void test_first_uses_at_once(void **state)
{
	cleanup_free char *fresh = in_top("fresh"), *old = xstrdup(getenv("XDG_CONFIG_HOME"));
	setenv("XDG_CONFIG_HOME", fresh, 1);
	pid_t pid[8];
	for (int i = 0; i < 8; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			struct err err = ERR_INIT;
			char *key, *public, *known, alias[16];
			snprintf(alias, sizeof(alias), "c%d", i);
			char host_key[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAx";
			host_key[strlen(host_key) - 1] = (char)('a' + i);
			_exit(link_ssh_key(&key, &public, &err) || link_ssh_pin(alias, host_key, false, &known, &err));
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	/* One key, whose halves belong together; eight pins; nothing left over. */
	cleanup_free char *key = in_top("fresh/lace/ssh/id_ed25519");
	cleanup_free char *public = in_top("fresh/lace/ssh/id_ed25519.pub");
	struct proc p;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	proc_init(&p);
	strv_push_all(&p.argv, (const char *const[]){ "ssh-keygen", "-y", "-f", key, NULL });
	assert_int_equal(proc_capture(&p, NULL, &out, NULL, 4096, -1, &err), 0);
	proc_fini(&p);
	cleanup_free char *stored = read_file(public);
	assert_memory_equal(out.s, stored, strlen("ssh-ed25519 ") + 68);
	for (int i = 0; i < 8; i++) {
		char alias[16];
		snprintf(alias, sizeof(alias), "c%d", i);
		assert_true(link_ssh_pinned(alias));
	}
	cleanup_free char *left = in_top("fresh/lace/ssh/.new");
	assert_false(fs_exists(left));
	setenv("XDG_CONFIG_HOME", old, 1);
}

static void test_pin(void **state)
{
#define KEY_OF(c) "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" c
	static const char a[] = KEY_OF("a") " root@x\n", b[] = KEY_OF("b");
	cleanup_err struct err err = ERR_INIT;
	char *path = NULL;
	assert_int_equal(link_ssh_pin("p1", a, false, &path, &err), 0);
	free(path);
	assert_int_equal(link_ssh_pin("p1", a, false, &path, &err), 0);
	free(path);
	assert_int_equal(link_ssh_pin("p12", b, false, &path, &err), 0);
	cleanup_free char *before = read_file(path);
	free(path);

	assert_int_equal(link_ssh_pin("p1", b, false, &path, &err), -1);
	assert_non_null(strstr(err.msg, "the host key of p1 has changed"));
	err_fini(&err);
	cleanup_free char *known = in_top("config/lace/ssh/known_hosts");
	cleanup_free char *after = read_file(known);
	assert_string_equal(before, after);

	assert_int_equal(link_ssh_pin("p1", b, true, &path, &err), 0);
	free(path);
	cleanup_free char *replaced = read_file(known);
	assert_non_null(strstr(replaced, "p12 ssh-ed25519"));
	assert_non_null(strstr(replaced, "\np1 " KEY_OF("b") "\n"));
	assert_null(strstr(replaced, "AAAAAAa\n"));

	static const char *const bad_alias[] = { "", "a b", "*", "a,b", "!x", "@cert", "#c", "a\nb", "-x", "a?b",
		"|1|x" };
	for (size_t i = 0; i < ARRAY_LEN(bad_alias); i++)
		assert_int_equal(link_ssh_pin(bad_alias[i], a, true, &path, &err), -1);
	static const char *const bad_key[] = { "", "ssh-ed25519", "ssh-ed25519 short",
		"x AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAA",
		"cat: /etc/ssh/ssh_host_ed25519_key.pub: No such file or directory",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAA$(x)" };
	for (size_t i = 0; i < ARRAY_LEN(bad_key); i++)
		assert_int_equal(link_ssh_pin("p2", bad_key[i], true, &path, &err), -1);
	assert_false(link_ssh_pinned("p2"));
}

static void test_wait(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	assert_int_equal(link_ssh_wait(free_port(), 50, &err), -1);
	assert_non_null(strstr(err.msg, "nothing listens there"));
	err_fini(&err);

	/* Something that is not sshd. */
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(listen(server, 8), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			int fd = accept(server, NULL, NULL);
			char big[5000];
			memset(big, 'H', sizeof(big));
			(void)!write(fd, big, sizeof(big));
			close(fd);
		}
	}
	int r = link_ssh_wait(ntohs(a.sin_port), 100, &err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(r, -1);
	assert_non_null(strstr(err.msg, "something else than sshd answers: HHH"));
	err_fini(&err);

	/* Accepted by the kernel's queue, never answered: as a hung container. */
	assert_int_equal(link_ssh_wait(ntohs(a.sin_port), 100, &err), -1);
	assert_non_null(strstr(err.msg, "sends nothing"));
	close(server);
}

int main(void)
{
	if (access("/usr/sbin/sshd", X_OK) < 0) {
		print_message("[  SKIPPED ] no /usr/sbin/sshd here\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_unpinned_and_wrong_host_key),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_path_with_spaces),
		cmocka_unit_test(test_hostile_config),
		cmocka_unit_test(test_agent_is_not_used),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_first_uses_at_once),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_wait),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
