#include "fetch/store.h"

#include "base/mem.h"
#include "fetch/unpack.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/sha256.h"
#include "registry/manifest.h"
#include "registry/ref.h"
#include "registry/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NOTE_MAX = 4096, LOCK_MS = 15 * 60 * 1000, LEFT_SECONDS = 24 * 3600 };

char *store_path(const struct store *s, const char *kind, const char *digest)
{
	return xasprintf("%s/%s/%s", s->dir, kind, str_starts(digest, "sha256:") ? digest + 7 : digest);
}

bool store_has(const struct store *s, const char *kind, const char *digest)
{
	cleanup_free char *path = store_path(s, kind, digest);
	return fs_exists(path);
}

int store_read_manifest(const struct store *s, const char *digest, struct str *ret, struct err *err)
{
	cleanup_free char *path = store_path(s, CACHE_MANIFESTS, digest);
	char hex[65];
	if (fs_read(path, MANIFEST_BYTES_MAX, ret, err) < 0)
		return -1;
	sha256_hex(ret->s, ret->len, hex);
	if (str_eq(hex, digest + 7))
		return 0;
	unlink(path);
	return err_set(err, ERR_FAILED, "%s was damaged", path);
}

int store_write_manifest(const struct store *s, const char *digest, const struct str *text, struct err *err)
{
	cleanup_free char *path = store_path(s, CACHE_MANIFESTS, digest);
	return fs_write_atomic(path, text->s, text->len, 0600, err);
}

static char *name_path(const struct store *s, const char *name)
{
	char hex[65];
	sha256_hex(name, strlen(name), hex);
	return store_path(s, CACHE_NAMES, hex);
}

void store_note_name(const struct store *s, const char *name, const char *digest)
{
	cleanup_free char *path = name_path(s, name);
	cleanup_str struct str text = STR_INIT;
	json_object *note = json_object_new_object();
	json_object_object_add(note, "name", json_object_new_string(name));
	json_object_object_add(note, "digest", json_object_new_string(digest));
	json_object_object_add(note, "at", json_object_new_int64((int64_t)time(NULL)));
	json_stringify(&text, note);
	json_object_put(note);
	/* Only needed when the registry is away one day: not worth an error, nor the wait for the disk. */
	cleanup_err struct err ignored = ERR_INIT;
	fs_write_atomic(path, text.s, text.len, 0600, &ignored);
}

char *store_last_seen(const struct store *s, const char *name, int64_t *ret_at)
{
	cleanup_free char *path = name_path(s, name);
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	if (fs_read(path, NOTE_MAX, &text, &ignored) < 0)
		return NULL;
	json_object *note = jsonc_parse(text.s, text.len, path, NULL, &ignored);
	const char *of = json_str(note, "name"), *digest = json_str(note, "digest");
	char *found = of && digest && str_eq(of, name) && registry_digest_valid(digest) ? xstrdup(digest) : NULL;
	*ret_at = json_int(note, "at", 0);
	json_object_put(note);
	return found;
}

int store_lock(const struct store *s, const char *name, struct err *err)
{
	/* 256 files at most: two downloads that share one wait for each other, which costs time and nothing else. */
	char hex[65];
	sha256_hex(name, strlen(name), hex);
	cleanup_free char *file = xasprintf("lock-%.2s", hex), *path = store_path(s, CACHE_TEMP, file);
	return fs_lock(path, LOCK_MS, err);
}

int store_unpack(const struct store *s, int fd, const char *digest, const char *name, struct err *err)
{
	cleanup_free char *to = store_path(s, CACHE_CONTENT, digest), *temp = store_path(s, CACHE_TEMP, "unpack-XXXXXX");
	if (!mkdtemp(temp))
		return err_sys(err, "cannot make a folder in %s/" CACHE_TEMP, s->dir);
	int code = unpack(fd, temp, name, err);
	if (code == 0 && rename(temp, to) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		code = err_sys(err, "cannot put the content of %s into the cache", name);
	cleanup_err struct err ignored = ERR_INIT;
	fs_remove_tree(temp, &ignored);
	return code;
}

void store_sweep(const struct store *s)
{
	cleanup_free char *dir = fs_join(s->dir, CACHE_TEMP);
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;
	cleanup_err struct err ignored = ERR_INIT;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || str_starts(e->d_name, "lock-") ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_mtime > time(NULL) - LEFT_SECONDS)
			continue;
		cleanup_free char *path = fs_join(dir, e->d_name);
		fs_remove_tree(path, &ignored);
	}
	if (d)
		closedir(d);
}
