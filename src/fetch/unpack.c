/* libarchive reads the format; where a file goes is decided here. Each folder on the way is
 * opened on its own without following links, so that even an entry that passed the checks
 * cannot be led out by one that stood there before.
 *
 * A link may point to what comes later in the archive, so its target is judged by its text:
 * relative, first up and then down, and never above the root. */
#include "fetch/unpack.h"

#include "base/mem.h"
#include "base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BLOCK = 65536 };

struct unpacking {
	struct archive *archive;
	const char *name;
	int root;
	unsigned entries;
	int64_t bytes;
};

/* ---- where ---- */

char *unpack_path(const char *path)
{
	if (*path == '/' || strlen(path) > UNPACK_PATH_MAX)
		return NULL;
	cleanup_str struct str clean = STR_INIT;
	unsigned depth = 0;
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		bool dot = n == 1 && p[0] == '.';
		if ((n == 2 && p[0] == '.' && p[1] == '.') || (n && !dot && ++depth > UNPACK_DEPTH_MAX))
			return NULL;
		if (n && !dot) {
			if (clean.len)
				str_putc(&clean, '/');
			str_add(&clean, p, n);
		}
		p += n + (p[n] == '/');
	}
	return str_detach(&clean);
}

bool unpack_link_stays(const char *path, const char *target)
{
	if (*target == '/' || *target == '\0' || strlen(target) > UNPACK_PATH_MAX)
		return false;
	int depth = 0;
	for (const char *p = path; (p = strchr(p, '/')); p++)
		depth++;
	bool down = false;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");
		bool up = n == 2 && p[0] == '.' && p[1] == '.';
		/* Up behind a name would be up from wherever that leads, if it is a link. */
		if (up && (down || --depth < 0))
			return false;
		down |= n && !up && !(n == 1 && p[0] == '.');
		p += n + (p[n] == '/');
	}
	return true;
}

static int refuse(const struct unpacking *u, const char *path, const char *why, struct err *err)
{
	return err_set(err, ERR_FAILED, "%s: its archive is refused: \"%.200s\" %s", u->name, path, why);
}

static int refuse_sys(const struct unpacking *u, const char *path, struct err *err)
{
	return err_sys(err, "%s: cannot unpack \"%.200s\"", u->name, path);
}

/* The folder that path's last part goes into, made where it is missing. Returns a descriptor or -1 with errno. */
static int open_parent(const struct unpacking *u, const char *path, const char **ret_last)
{
	int dir = fcntl(u->root, F_DUPFD_CLOEXEC, 3);
	for (const char *slash; dir >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		cleanup_free char *part = xmemdup0(path, (size_t)(slash - path));
		if (mkdirat(dir, part, 0755) < 0 && errno != EEXIST) {
			int sys = errno;
			close(dir);
			errno = sys;
			return -1;
		}
		int next = openat(dir, part, O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC), sys = errno;
		close(dir);
		errno = sys;
		dir = next;
	}
	*ret_last = path;
	return dir;
}

/* ---- what ---- */

static int write_file(struct unpacking *u, int fd, const char *path, struct err *err)
{
	char block[READ_BLOCK];
	for (;;) {
		la_ssize_t n = archive_read_data(u->archive, block, sizeof(block));
		if (n == 0)
			return 0;
		if (n < 0)
			return err_set(err, ERR_FAILED, "%s: its archive is damaged at \"%.200s\": %s", u->name, path,
			    archive_error_string(u->archive));
		u->bytes += n;
		if (u->bytes > UNPACK_BYTES_MAX)
			return refuse(u, path, "brings it above the size that is unpacked at most", err);
		for (la_ssize_t done = 0; done < n;) {
			ssize_t w = write(fd, block + done, (size_t)(n - done));
			if (w < 0 && errno != EINTR)
				return refuse_sys(u, path, err);
			done += w > 0 ? w : 0;
		}
	}
}

/* A later entry of the same name replaces the earlier one, as tar does; a folder stays. */
static void make_room(int dir, const char *last)
{
	struct stat st;
	if (fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		unlinkat(dir, last, 0);
}

static int put_file(struct unpacking *u, struct archive_entry *e, int dir, const char *last, const char *path,
    struct err *err)
{
	mode_t mode = (archive_entry_perm(e) & 0755) | 0600;
	make_room(dir, last);
	cleanup_close int fd = openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return refuse_sys(u, path, err);
	return write_file(u, fd, path, err);
}

static int put_dir(struct unpacking *u, int dir, const char *last, const char *path, struct err *err)
{
	if (mkdirat(dir, last, 0755) == 0)
		return 0;
	struct stat st;
	if (errno == EEXIST && fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return refuse_sys(u, path, err);
}

static int put_symlink(struct unpacking *u, struct archive_entry *e, int dir, const char *last, const char *path,
    struct err *err)
{
	const char *target = archive_entry_symlink(e);
	if (!target || !unpack_link_stays(path, target))
		return refuse(u, path, "is a link that leads out of it", err);
	make_room(dir, last);
	return symlinkat(target, dir, last) == 0 ? 0 : refuse_sys(u, path, err);
}

/* Of a file that is there already, by a path without links. */
static int put_hardlink(struct unpacking *u, struct archive_entry *e, int dir, const char *last, const char *path,
    struct err *err)
{
	const char *written = archive_entry_hardlink(e), *from_last;
	cleanup_free char *from = written ? unpack_path(written) : NULL;
	if (!from || !*from)
		return refuse(u, path, "is a link that leads out of it", err);
	struct stat st;
	cleanup_close int parent = open_parent(u, from, &from_last);
	if (parent < 0 || fstatat(parent, from_last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return refuse_sys(u, path, err);
	if (!S_ISREG(st.st_mode))
		return refuse(u, path, "is a link to something that is no file", err);
	if (str_eq(from, path))
		return 0;
	make_room(dir, last);
	return linkat(parent, from_last, dir, last, 0) == 0 ? 0 : refuse_sys(u, path, err);
}

static int put_entry(struct unpacking *u, struct archive_entry *e, struct err *err)
{
	const char *written = archive_entry_pathname(e), *last;
	cleanup_free char *path = written ? unpack_path(written) : NULL;
	if (!path)
		return refuse(u, written ? written : "", "leads out of it, or is too long", err);
	if (++u->entries > UNPACK_ENTRIES_MAX)
		return refuse(u, path, "is one entry more than are unpacked at most", err);
	if (!*path)
		return 0;
	cleanup_close int dir = open_parent(u, path, &last);
	if (dir < 0)
		return errno == ELOOP || errno == ENOTDIR ? refuse(u, path, "goes through a link or a file", err) :
		    refuse_sys(u, path, err);
	if (archive_entry_hardlink(e))
		return put_hardlink(u, e, dir, last, path, err);
	switch (archive_entry_filetype(e)) {
	case AE_IFREG: return put_file(u, e, dir, last, path, err);
	case AE_IFDIR: return put_dir(u, dir, last, path, err);
	case AE_IFLNK: return put_symlink(u, e, dir, last, path, err);
	default: return refuse(u, path, "is neither file, folder nor link", err);
	}
}

static int put_all(struct unpacking *u, struct err *err)
{
	for (;;) {
		struct archive_entry *e;
		int rc = archive_read_next_header(u->archive, &e);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return err_set(err, ERR_FAILED, "%s: its archive is damaged: %s", u->name, archive_error_string(u->archive));
		if (put_entry(u, e, err) < 0)
			return -1;
	}
}

int unpack(int fd, const char *dir, const char *name, struct err *err)
{
	cleanup_close int root = open(dir, O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, "cannot open %s", dir);
	struct unpacking u = { .archive = archive_read_new(), .name = name, .root = root };
	if (!u.archive)
		return err_set(err, ERR_FAILED, "libarchive gives no reader");
	archive_read_support_format_tar(u.archive);
	archive_read_support_filter_gzip(u.archive);
	archive_read_support_filter_zstd(u.archive);
	int code;
	if (archive_read_open_fd(u.archive, fd, READ_BLOCK) != ARCHIVE_OK)
		code = err_set(err, ERR_FAILED, "%s: it is no tar archive: %s", name, archive_error_string(u.archive));
	else
		code = put_all(&u, err);
	archive_read_free(u.archive);
	return code;
}
