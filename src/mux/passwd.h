/* passwd.h - one entry of /etc/passwd, read directly.
 *
 * The static server cannot use the system's name service; users that exist only
 * there (LDAP and the like) are not found, and the environment stands in. */
#ifndef LACE_MUX_PASSWD_H
#define LACE_MUX_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PASSWD_FILE_MAX (4u << 20)

struct passwd_entry { char *name, *home, *shell; };   /* owned */

/* text is a passwd file's. False when uid is not in it. */
bool passwd_find(const char *text, size_t len, uid_t uid, struct passwd_entry *ret);
bool passwd_lookup(uid_t uid, struct passwd_entry *ret);         /* in /etc/passwd */
void passwd_fini(struct passwd_entry *e);

#endif
