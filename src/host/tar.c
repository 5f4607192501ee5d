/* ustar headers, and a pax record where a name or a link target is too long for
 * one. The layout is POSIX.1-2017, pax, "ustar Interchange Format". */
#include "host/tar.h"

#include "base/mem.h"
#include "host/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BLOCK 512u
#define TREE_DEPTH_MAX 64
#define NAME_BYTES_MAX 4096u

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8], typeflag, linkname[100];
	char magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

static void octal(char *field, size_t width, unsigned long long value)
{
	char text[24];
	snprintf(text, sizeof(text), "%0*llo", (int)width - 1, value);
	memcpy(field, text, width - 1);
}

/* Puts the name into the two fields; false when it does not fit. */
static bool set_name(struct header *h, const char *name)
{
	size_t len = strlen(name);
	if (len <= sizeof(h->name)) {
		memcpy(h->name, name, len);
		return true;
	}
	for (size_t i = 1; i < len && i <= sizeof(h->prefix); i++) {
		if (name[i] == '/' && len - i - 1 <= sizeof(h->name) && len - i - 1 > 0) {
			memcpy(h->prefix, name, i);
			memcpy(h->name, name + i + 1, len - i - 1);
			return true;
		}
	}
	memcpy(h->name, name, sizeof(h->name));
	return false;
}

static void add_block(struct str *tar, struct header *h, char type, mode_t mode, size_t size)
{
	octal(h->mode, sizeof(h->mode), mode & 0777);
	octal(h->uid, sizeof(h->uid), 0);
	octal(h->gid, sizeof(h->gid), 0);
	octal(h->size, sizeof(h->size), size);
	octal(h->mtime, sizeof(h->mtime), 0);
	h->typeflag = type;
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->chksum, ' ', sizeof(h->chksum));
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const unsigned char *)h)[i];
	octal(h->chksum, 7, sum);
	h->chksum[6] = '\0';
	str_add(tar, h, sizeof(*h));
}

static void add_data(struct str *tar, const void *data, size_t len)
{
	static const char zeros[BLOCK];
	str_add(tar, data, len);
	str_add(tar, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void pax_record(struct str *ret, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, total = body;
	char digits[24];
	for (;;) {
		size_t with = body + (size_t)snprintf(digits, sizeof(digits), "%zu", total);
		if (with == total)
			break;
		total = with;
	}
	str_printf(ret, "%zu %s=%s\n", total, key, value);
}

static int check_name(const char *name, struct err *err)
{
	bool ok = *name != '\0' && *name != '/' && strlen(name) <= NAME_BYTES_MAX;
	for (const char *p = name; ok && *p;) {
		size_t n = strcspn(p, "/");
		ok = !(n == 2 && p[0] == '.' && p[1] == '.') && n > 0;
		p += n + (p[n] == '/');
	}
	return ok ? 0 : err_set(err, ERR_FAILED, "cannot archive \"%s\": not a relative path without \"..\"", name);
}

static int add_entry(struct str *tar, const char *name, char type, mode_t mode, const char *target,
    const void *data, size_t len, struct err *err)
{
	if (len > TAR_BYTES_MAX || tar->len + len > TAR_BYTES_MAX - 16 * BLOCK)
		return err_set(err, ERR_FAILED, "cannot archive \"%s\": the archive would be larger than %u bytes", name,
		    TAR_BYTES_MAX);
	struct header h = { .name = "" };
	cleanup_str struct str pax = STR_INIT;
	if (!set_name(&h, name))
		pax_record(&pax, "path", name);
	if (target) {
		memcpy(h.linkname, target, MIN(strlen(target), sizeof(h.linkname)));
		if (strlen(target) > sizeof(h.linkname))
			pax_record(&pax, "linkpath", target);
	}
	if (pax.len > 0) {
		struct header x = { .name = "PaxHeader" };
		add_block(tar, &x, 'x', 0644, pax.len);
		add_data(tar, pax.s, pax.len);
	}
	add_block(tar, &h, type, mode, len);
	add_data(tar, data, len);
	return 0;
}

int tar_add_file(struct str *tar, const char *name, mode_t mode, const void *data, size_t len,
    struct err *err)
{
	return check_name(name, err) < 0 ? -1 : add_entry(tar, name, '0', mode, NULL, data, len, err);
}

int tar_add_dir(struct str *tar, const char *name, mode_t mode, struct err *err)
{
	if (check_name(name, err) < 0)
		return -1;
	cleanup_free char *with_slash = xasprintf("%s%s", name, str_ends(name, "/") ? "" : "/");
	return add_entry(tar, with_slash, '5', mode, NULL, "", 0, err);
}

int tar_add_link(struct str *tar, const char *name, const char *target, struct err *err)
{
	if (*target == '\0' || strlen(target) > NAME_BYTES_MAX)
		return err_set(err, ERR_FAILED, "cannot archive the link \"%s\": bad target", name);
	return check_name(name, err) < 0 ? -1 : add_entry(tar, name, '2', 0777, target, "", 0, err);
}

/* ---- trees ---- */

struct tree { struct str *tar; struct err *err; unsigned depth; };

/* Whether a link in a folder `depth` levels below the top stays inside. "..", other than at the
 * front, is refused: behind another link it could climb further than it looks. */
static bool link_stays_inside(const char *target, unsigned depth)
{
	if (*target == '/' || *target == '\0')
		return false;
	bool front = true;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (!front || depth-- == 0)
				return false;
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			front = false;
		}
		p += n + (p[n] == '/');
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(int fd, struct strv *ret)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	if (!dir) {
		if (own >= 0)
			close(own);
		return -1;
	}
	struct dirent *e;
	while ((errno = 0, e = readdir(dir)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			strv_push(ret, e->d_name);
	int sys = errno;
	closedir(dir);
	errno = sys;
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return sys ? -1 : 0;
}

static int add_link_of_tree(struct tree *t, int dir, const char *name, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return err_sys(t->err, "cannot archive %s", path);
	target[n] = '\0';
	if (!link_stays_inside(target, t->depth))
		return err_set(t->err, ERR_FAILED, "cannot archive the link %s: it leads out of its folder, to %s", path,
		    target);
	return tar_add_link(t->tar, path, target, t->err);
}

static int add_folder(struct tree *t, int dir, const char *prefix);

static int add_member(struct tree *t, int dir, const char *name, const char *path)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(t->err, "cannot archive %s", path);
	if (S_ISLNK(st.st_mode))
		return add_link_of_tree(t, dir, name, path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(t->err, ERR_FAILED, "cannot archive %s: neither file, folder nor link", path);
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(t->err, "cannot archive %s", path);
	if (S_ISDIR(st.st_mode)) {
		if (t->depth == TREE_DEPTH_MAX)
			return err_set(t->err, ERR_FAILED, "cannot archive %s: nested deeper than %d folders", path,
			    TREE_DEPTH_MAX);
		if (tar_add_dir(t->tar, path, st.st_mode, t->err) < 0)
			return -1;
		t->depth++;
		int rc = add_folder(t, fd, path);
		t->depth--;
		return rc;
	}
	cleanup_str struct str data = STR_INIT;
	if (fs_read_fd(fd, path, TAR_BYTES_MAX, &data, t->err) < 0)
		return -1;
	return tar_add_file(t->tar, path, st.st_mode, data.s, data.len, t->err);
}

static int add_folder(struct tree *t, int dir, const char *prefix)
{
	cleanup_strv struct strv names = STRV_INIT;
	if (read_names(dir, &names) < 0)
		return err_sys(t->err, "cannot archive %s", *prefix ? prefix : "the folder");
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = *prefix ? fs_join(prefix, names.v[i]) : xstrdup(names.v[i]);
		if (add_member(t, dir, names.v[i], path) < 0)
			return -1;
	}
	return 0;
}

/* The way to the folder may lead through one that a container can write: a link that appears there after its
 * name was resolved and judged is not followed. */
static int open_without_links(const char *dir)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, dir, &how, sizeof(how));
	/* a kernel before 5.6, or a filter that does not know the call */
	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? open(dir, (int)how.flags | O_NOFOLLOW) : fd;
}

int tar_add_tree(struct str *tar, const char *prefix, const char *dir, struct err *err)
{
	cleanup_close int fd = open_without_links(dir);
	if (fd < 0)
		return err_sys(err, "cannot archive %s", dir);
	struct tree t = { tar, err, 0 };
	return add_folder(&t, fd, prefix);
}

void tar_finish(struct str *tar)
{
	static const char zeros[2 * BLOCK];
	str_add(tar, zeros, sizeof(zeros));
}
