/* tar.h - writes POSIX tar archives into memory, for the engine's archive upload.
 *
 * Reproducible: mtime 0, owner root, entries in the order given (trees sorted by name). */
#ifndef LACE_HOST_TAR_H
#define LACE_HOST_TAR_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

#define TAR_BYTES_MAX (512u << 20)

/* Names are relative, without "..", at most 255 bytes (ustar) or any length (pax header). */
int tar_add_file(struct str *tar, const char *name, mode_t mode, const void *data, size_t len,
    struct err *err);
int tar_add_dir(struct str *tar, const char *name, mode_t mode, struct err *err);
int tar_add_link(struct str *tar, const char *name, const char *target, struct err *err);
/* Adds a folder's whole content under prefix: regular files, folders and links that stay inside it. No part of
 * dir may be a link (fs_realpath). */
int tar_add_tree(struct str *tar, const char *prefix, const char *dir, struct err *err);
void tar_finish(struct str *tar);

#endif
