/* run.h - what the two halves of vt_run know of each other: run.c does what a script says, expect.c compares. */
#ifndef LACE_TESTS_VT_RUN_H
#define LACE_TESTS_VT_RUN_H

#include "base/str.h"
#include "vt/vt.h"

#define EVENTS_MAX 4096

struct run {
	const char *file, *name;
	unsigned line, failures, cases;
	bool bytewise, restored, reports;     /* feed each byte alone; and go on with a copy after it */
	struct vt_config config;
	size_t fed;
	struct vt *vt;
	struct str reply;
	char *board;                     /* the text of the clipboard, or NULL */
	char *events[EVENTS_MAX];
	unsigned n_events;
	uint64_t mark;
	uint32_t inks[128];              /* 0xRRGGBB and a top byte that says "known" */
	uint32_t notify;                 /* for the next terminal */
	struct strv file_names, file_bytes;  /* what programs may have read; the bytes in hexadecimal */
};

/* Tells that an expectation does not hold, and goes on. */
void run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The script itself is wrong. */
void run_die(const struct run *r, const char *what);

/* Parts of a line, which *p is moved past. */
bool run_at_end(const char **p);
long run_number(struct run *r, const char **p);
void run_word(const char **p, char *ret, size_t size);
void run_string(struct run *r, const char **p, struct str *ret);

/* The commands that expect something. *at is the line after the command, and is moved past those that belong to
 * it. False when it is none of these commands. */
bool expect(struct run *r, const char *cmd, const char *p, const struct strv *lines, size_t *at);

#endif
