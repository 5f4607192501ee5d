/* Which port a claim gets. The numbers of lace.md 8.2 stand beside the cases. Each test works in a small
 * range of its own that was free when it began. */
#include "../unit.h"
#include "../host/tmp.h"
#include "sock.h"

#include "host/jsonc.h"
#include "port/port.h"

#include <dirent.h>
#include <sys/stat.h>

struct fixture {
	char *dir, *file;
	struct port_registry *r;
	struct port_range range;        /* four ports */
	int wanted;
};

/* Four free ports in a row, outside of the kernel's own range for clients. */
static struct port_range free_range(void)
{
	for (int first = 20000; first < 22000; first += 4) {
		int last = first;
		while (last < first + 4 && port_is_free(last))
			last++;
		if (last == first + 4)
			return (struct port_range){ first, first + 3 };
	}
	fail_msg("no four free ports in a row");
	return (struct port_range){ 0, 0 };
}

static int setup(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	struct fixture *f = xcalloc(1, sizeof(*f));
	if (tmp_setup((void **)&f->dir) < 0)
		return -1;
	f->file = fs_join(f->dir, "state/ports.json");
	f->range = free_range();
	f->r = port_registry_open(f->file, &err);
	*state = f;
	return f->r ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	port_registry_close(f->r);
	free(f->file);
	void *dir = f->dir;
	free(f);
	return tmp_teardown(&dir);
}

/* The claim's port, less the first of the range; -1 when it failed. *ret_moved as the registry says. */
static int claim_with(struct fixture *f, const char *workspace, const char *label,
    const struct port_published *pub, size_t n, const int *avoid, int *ret_moved, struct err *err)
{
	int port = port_registry_claim(f->r, workspace, "/c.json", label, pub, n, f->range, avoid, f->wanted, ret_moved, err);
	return port < 0 ? -1 : port - f->range.first;
}

static int claim(struct fixture *f, const char *workspace, const char *label,
    const struct port_published *pub, size_t n)
{
	cleanup_err struct err err = ERR_INIT;
	int moved;
	int got = claim_with(f, workspace, label, pub, n, NULL, &moved, &err);
	if (got < 0)
		fail_msg("%s", err.msg);
	return got;
}

static void claims_are_kept_and_never_shared(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
	assert_int_equal(claim(f, "/a", "y/p", NULL, 0), 1);    /* two labels of one run */
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 2);    /* another project, nothing listening yet */
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
	/* Another program's run sees the same. */
	cleanup_err struct err err = ERR_INIT;
	struct port_registry *mine = f->r;
	f->r = port_registry_open(f->file, &err);
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 2);
	struct port_claims list;
	assert_int_equal(port_registry_list(f->r, &list, &err), 0);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.v[2].workspace, "/b");
	assert_string_equal(list.v[2].config, "/c.json");
	assert_string_equal(list.v[2].label, "x/p");
	assert_int_equal(list.v[2].port, f->range.first + 2);
	assert_int_equal(strlen(list.v[2].since), strlen("2026-01-31T12:00:00.000Z"));
	port_claims_fini(&list);
	port_registry_close(f->r);
	f->r = mine;
}

static void released_ports_come_back(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	claim(f, "/a", "x/p", NULL, 0);
	claim(f, "/a", "y/p", NULL, 0);
	claim(f, "/b", "x/p", NULL, 0);
	assert_int_equal(port_registry_release(f->r, "/a", "/other", NULL, &err), 0);
	assert_int_equal(port_registry_release(f->r, "/a", "/c.json", "x/p", &err), 1);
	assert_int_equal(claim(f, "/z", "x/p", NULL, 0), 0);
	assert_int_equal(port_registry_release(f->r, "/a", NULL, NULL, &err), 1);
	assert_int_equal(port_registry_release(f->r, "/a", NULL, NULL, &err), 0);
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 2);
}

static void a_busy_port_is_passed_over_and_left(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int moved, holder = hold("127.0.0.1", f->range.first, true, false);
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 1);
	int second = hold("127.0.0.1", f->range.first + 1, true, false);
	assert_int_equal(claim_with(f, "/a", "x/p", NULL, 0, NULL, &moved, &err), 2);
	assert_int_equal(moved, f->range.first + 1);
	close(second);
	close(holder);
	/* It stays where it went. */
	assert_int_equal(claim_with(f, "/a", "x/p", NULL, 0, NULL, &moved, &err), 2);
	assert_int_equal(moved, 0);
}

static void our_own_container_is_no_conflict(void **state)
{
	struct fixture *f = *state;     /* P20 */
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
	int holder = hold("127.0.0.1", f->range.first, true, false);
	const struct port_published own = { f->range.first, "/a", "a", true };
	assert_int_equal(claim(f, "/a", "x/p", &own, 1), 0);
	/* Stopped, and the port lost to somebody: the start will say so; the claim stays. */
	const struct port_published stopped = { f->range.first, "/a", "a", false };
	assert_int_equal(claim(f, "/a", "x/p", &stopped, 1), 0);
	close(holder);
}

static void others_containers_count_even_stopped(void **state)
{
	struct fixture *f = *state;     /* P28 */
	const struct port_published other[] = { { f->range.first, "/b", "b", false },
		{ f->range.first + 1, "", "db", true } };
	assert_int_equal(claim(f, "/a", "x/p", other, 2), 2);
	/* One that runs takes a claimed port away; one that is stopped does not. */
	const struct port_published stopped = { f->range.first + 2, "/b", "b", false };
	assert_int_equal(claim(f, "/a", "x/p", &stopped, 1), 2);
	const struct port_published running = { f->range.first + 2, "/b", "b", true };
	assert_int_equal(claim(f, "/a", "x/p", &running, 1), 0);
}

static void what_is_published_wins(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int moved;
	struct port_published own[] = { { f->range.first + 3, "/a", "a", true }, { 1234, "/a", "a", true },
		{ f->range.first + 2, "/a", "a", true } };
	/* A container from before the registry, or from the old tool. */
	assert_int_equal(claim(f, "/a", "x/p", own, 2), 3);
	/* A claim elsewhere follows it, and that is not a move. */
	assert_int_equal(claim(f, "/b", "x/p", own, 2), 0);
	own[0].workspace = "/b";
	own[0].port = f->range.first + 1;
	assert_int_equal(claim_with(f, "/b", "x/p", own, 1, NULL, &moved, &err), 1);
	assert_int_equal(moved, 0);
	/* Two candidates: no guess. */
	assert_int_equal(port_registry_release(f->r, "/a", NULL, NULL, &err), 1);
	own[0].workspace = "/a";
	own[0].port = f->range.first + 3;
	assert_int_equal(claim(f, "/a", "x/p", own, 3), 0);
}

static void a_moved_claim_does_not_follow_its_container_back(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int first = f->range.first;
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 1);
	const struct port_published pub[] = { { first, "/a", "old", true }, { first + 3, "", "other", false } };
	assert_int_equal(port_registry_move(f->r, first, 0, pub, 2, f->range, &err), first + 2);
	/* the container that publishes the old port is still there */
	assert_int_equal(claim(f, "/a", "x/p", pub, 2), 2);
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 2);
	assert_int_equal(port_registry_move(f->r, first + 2, first + 4, NULL, 0, f->range, &err), first + 4);
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 4);
	/* to one that somebody has, or from one that nobody has */
	assert_int_equal(port_registry_move(f->r, first + 4, first + 1, NULL, 0, f->range, &err), -1);
	assert_non_null(strstr(err.msg, "/b"));
	err_fini(&err);
	assert_int_equal(port_registry_move(f->r, first + 4, first + 3, pub, 2, f->range, &err), -1);
	assert_non_null(strstr(err.msg, "other"));
	err_fini(&err);
	assert_int_equal(port_registry_move(f->r, first, 0, NULL, 0, f->range, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 4);
}

static void avoided_ports_are_left(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int moved;
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
	const int avoid[] = { f->range.first, f->range.first + 1, 0 };
	assert_int_equal(claim_with(f, "/a", "x/p", NULL, 0, avoid, &moved, &err), 2);
	assert_int_equal(moved, f->range.first);
	const struct port_published own = { f->range.first + 1, "/b", "b", true };
	assert_int_equal(claim_with(f, "/b", "x/p", &own, 1, avoid, &moved, &err), 3);
}

static void a_full_range_says_what_to_do(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int moved;
	claim(f, "/a", "1/p", NULL, 0);
	claim(f, "/a", "2/p", NULL, 0);
	claim(f, "/a", "3/p", NULL, 0);
	int holder = hold("127.0.0.1", f->range.last, true, false);
	assert_int_equal(claim_with(f, "/a", "4/p", NULL, 0, NULL, &moved, &err), -1);
	cleanup_free char *want = xasprintf("no host port is free between %d and %d (3 claimed, the rest in use): "
	    "free some with `lace gc` or `lace rm`, or widen the range", f->range.first, f->range.last);
	assert_string_equal(err.msg, want);
	close(holder);
	assert_int_equal(claim(f, "/a", "4/p", NULL, 0), 3);
}

static void the_old_range_is_used_up_first(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	int moved;
	const struct port_range wide = { PORT_RANGE_FIRST - 5, PORT_RANGE_OLD_LAST + 5 };
	int port = port_registry_claim(f->r, "/a", "/c", "x/p", NULL, 0, wide, NULL, 0, &moved, &err);
	assert_in_range(port, PORT_RANGE_FIRST, PORT_RANGE_OLD_LAST);
	assert_int_equal(port_registry_claim(f->r, "a", "/c", "x/p", NULL, 0, wide, NULL, 0, &moved, &err), -1);
	const struct port_range wrong = { 5, 4 };
	assert_int_equal(port_registry_claim(f->r, "/a", "/c", "y/p", NULL, 0, wrong, NULL, 0, &moved, &err), -1);
}

static void write_file(struct fixture *f, const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	assert_int_equal(fs_write_atomic(f->file, text, strlen(text), 0600, &err), 0);
}

static void a_damaged_file_is_set_aside(void **state)
{
	struct fixture *f = *state;     /* P24 */
	cleanup_err struct err err = ERR_INIT;
	claim(f, "/a", "x/p", NULL, 0);
	write_file(f, "{\"version\":1,\"claims\":[{");
	const struct port_published seen[] = { { f->range.first, "/b", "b", false },
		{ f->range.first + 1, "/a", "a", true } };
	assert_int_equal(claim(f, "/c", "x/p", seen, 2), 2);    /* published ports stay theirs */
	assert_int_equal(claim(f, "/a", "x/p", seen, 2), 1);    /* and come back to their workspace */
	assert_int_equal(claim(f, "/b", "x/p", seen, 2), 0);
	cleanup_free char *state_dir = fs_dirname(f->file);
	DIR *dir = opendir(state_dir);
	struct dirent *e;
	int found = 0;
	while ((e = readdir(dir))) {
		if (!str_starts(e->d_name, "ports.json.corrupt-"))
			continue;
		cleanup_free char *path = fs_join(state_dir, e->d_name);
		cleanup_str struct str text = STR_INIT;
		assert_int_equal(fs_read(path, 1000, &text, &err), 0);
		assert_string_equal(text.s, "{\"version\":1,\"claims\":[{");
		found++;
	}
	closedir(dir);
	assert_int_equal(found, 1);
}

static void a_newer_file_is_not_touched(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	int moved;
	write_file(f, "{\"version\":2,\"ports\":{}}");
	assert_int_equal(claim_with(f, "/a", "x/p", NULL, 0, NULL, &moved, &err), -1);
	assert_non_null(strstr(err.msg, "newer lace"));
	assert_int_equal(fs_read(f->file, 1000, &text, &err), 0);
	assert_string_equal(text.s, "{\"version\":2,\"ports\":{}}");
}

static void one_port_twice_in_the_file_is_mended(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *text = xasprintf("{\"version\":1,\"claims\":["
	    "{\"workspace\":\"/a\",\"config\":\"/c.json\",\"label\":\"x/p\",\"port\":%d,\"since\":\"\"},"
	    "{\"workspace\":\"/b\",\"config\":\"/c.json\",\"label\":\"x/p\",\"port\":%d,\"since\":\"\"}]}",
	    f->range.first, f->range.first);
	write_file(f, text);
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 1);
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 0);
}

static void assignments_are_written_for_the_workspace(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	struct port_claim list[] = {
		{ (char[]){ "/w" }, (char[]){ "/c" }, (char[]){ "sshd/hostSshPort" }, 22425,
		    (char[]){ "2026-01-31T12:00:00.000Z" } },
		{ (char[]){ "/w" }, (char[]){ "/c" }, (char[]){ "x/p" }, 22426, (char[]){ "2026-01-31T12:00:01.000Z" } },
	};
	const struct port_claims claims = { list, 2 };
	cleanup_free char *path = fs_join(f->dir, ".lace/port-assignments.json");
	assert_int_equal(port_write_assignments(f->dir, &claims, &err), 0);
	assert_int_equal(fs_read(path, 10000, &text, &err), 0);
	assert_string_equal(text.s, "{\n  \"assignments\": {\n    \"sshd/hostSshPort\": {\n"
	    "      \"label\": \"sshd/hostSshPort\",\n"
	    "      \"port\": 22425,\n      \"assignedAt\": \"2026-01-31T12:00:00.000Z\"\n    },\n    \"x/p\": {\n"
	    "      \"label\": \"x/p\",\n      \"port\": 22426,\n      \"assignedAt\": \"2026-01-31T12:00:01.000Z\"\n"
	    "    }\n  }\n}\n");
	/* A link planted there is replaced, not followed. */
	cleanup_free char *victim = fs_join(f->dir, "victim");
	assert_int_equal(fs_write_atomic(victim, "v", 1, 0600, &err), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("../victim", path), 0);
	assert_int_equal(port_write_assignments(f->dir, &claims, &err), 0);
	str_reset(&text);
	assert_int_equal(fs_read(victim, 10, &text, &err), 0);
	assert_string_equal(text.s, "v");
}

static void the_old_tools_file_is_taken_over(void **state)
{
	struct fixture *f = *state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *dir = fs_join(f->dir, ".lace"), *path = fs_join(dir, "port-assignments.json");
	assert_int_equal(port_read_assignment(f->dir, "mux-server/hostSshPort"), 0);
	assert_int_equal(fs_mkdir_p(dir, 0755, &err), 0);
	static const char old[] = "{\"assignments\":{\"wezterm-server/hostSshPort\":{\"label\":\"wezterm-server/hostSshPort\","
	    "\"port\":22431},\"a/p\":{\"port\":22432},\"b/p\":{\"port\":22433},\"c/q\":{\"port\":70000},\"d/r\":7}}";
	assert_int_equal(fs_write_atomic(path, old, strlen(old), 0644, &err), 0);
	assert_int_equal(port_read_assignment(f->dir, "mux-server/hostSshPort"), 22431);
	assert_int_equal(port_read_assignment(f->dir, "b/p"), 22433);
	assert_int_equal(port_read_assignment(f->dir, "x/p"), 0);     /* two have such an option */
	assert_int_equal(port_read_assignment(f->dir, "c/q"), 0);
	assert_int_equal(port_read_assignment(f->dir, "d/r"), 0);
	static const char *const broken[] = { "", "{", "[]", "{\"assignments\":[22431]}", "{\"assignments\":{\"x/p\":{\"port\":\"1\"}}}" };
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		assert_int_equal(fs_write_atomic(path, broken[i], strlen(broken[i]), 0644, &err), 0);
		assert_int_equal(port_read_assignment(f->dir, "x/p"), 0);
	}
	/* a pipe does not hold us, a link is not followed */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(port_read_assignment(f->dir, "x/p"), 0);
}

static void a_wish_is_granted_when_nobody_has_it(void **state)
{
	struct fixture *f = *state;
	int first = f->range.first;
	f->wanted = first + 2;
	assert_int_equal(claim(f, "/a", "x/p", NULL, 0), 2);
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 0);          /* /a has it */
	f->wanted = first + 3;
	const struct port_published pub = { first + 3, "/z", "z", false };
	assert_int_equal(claim(f, "/c", "x/p", &pub, 1), 1);
	/* who has a port already, keeps it */
	assert_int_equal(claim(f, "/b", "x/p", NULL, 0), 0);
	cleanup_err struct err err = ERR_INIT;
	assert_int_equal(port_registry_release(f->r, "/a", NULL, NULL, &err), 1);
	int holder = hold("127.0.0.1", first + 3, true, false);
	assert_int_equal(claim(f, "/d", "x/p", NULL, 0), 2);
	close(holder);
	f->wanted = f->range.last + 1;
	assert_int_equal(claim(f, "/e", "x/p", NULL, 0), 3);
}

#define registry_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		registry_test(claims_are_kept_and_never_shared),
		registry_test(released_ports_come_back),
		registry_test(a_busy_port_is_passed_over_and_left),
		registry_test(our_own_container_is_no_conflict),
		registry_test(others_containers_count_even_stopped),
		registry_test(what_is_published_wins),
		registry_test(a_moved_claim_does_not_follow_its_container_back),
		registry_test(avoided_ports_are_left),
		registry_test(a_full_range_says_what_to_do),
		registry_test(the_old_range_is_used_up_first),
		registry_test(a_damaged_file_is_set_aside),
		registry_test(a_newer_file_is_not_touched),
		registry_test(one_port_twice_in_the_file_is_mended),
		registry_test(the_old_tools_file_is_taken_over),
		registry_test(a_wish_is_granted_when_nobody_has_it),
		registry_test(assignments_are_written_for_the_workspace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
