/* log.h - what a run says: the run's log file, warnings, and progress on a terminal.
 *
 * Everything shown on the person's terminal passes log_safe(): escape sequences
 * and control characters from outside never reach it. The log file is written
 * the same way, for it is read on a terminal too. For one thread. */
#ifndef LACE_HOST_LOG_H
#define LACE_HOST_LOG_H

#include "base/err.h"
#include "base/str.h"

#define LOG_BYTES_MAX (16u << 20)      /* of a log file; what comes after is counted and left out */

/* Opens the run's log file anew (an old file or link of that name is removed, not followed);
 * lines before that are kept in memory. May fail quietly. */
void log_open(const char *path);
/* The same with a file that is open already (owned from here); path is only what log_path() answers. */
void log_use_fd(int fd, const char *path);
const char *log_path(void);                             /* or NULL */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* log file only */
void log_raw(const char *data, size_t len);        /* output of a program, log file only; in whole lines */
/* One line "lace: warning: ..." on stderr and in the log. The same text is shown once a run. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "lace: MESSAGE" on stderr and in the log. */
void log_error(const struct err *err);
/* Writes out an unfinished line, closes the file, forgets which warnings were shown. */
void log_close(void);

/* How stderr is written: lines for people, or the reference dev container CLI's JSON objects, one a line. verbose: what
 * goes into the log file otherwise, programs' output included, is shown too. */
enum log_format { LOG_TEXT, LOG_JSON };
void log_format(enum log_format format, bool verbose);

/* Progress on stderr. On a terminal: one line that is rewritten, with the step
 * and the last line of its output; else: one plain line for each step (nothing
 * at all when quiet). */
void progress_set_quiet(bool quiet);
void progress_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Output of the step's program: its last line is shown, all is logged. */
void progress_output(const char *data, size_t len);
/* Shows the end of what the step's program printed (PROGRESS_SHOWN_MAX lines), for the person to see why it
 * failed; nothing when it printed nothing. Ends the step. */
void progress_show_output(void);
#define PROGRESS_SHOWN_MAX 60
/* From here on an interrupt (SIGINT, SIGTERM) wipes the line and says so before it ends the program. */
void progress_announce_interrupt(void);
void progress_done(void);                               /* clears the line; call before other output */

/* From here on this text, and each line of it, is shown and logged as ********. */
void log_secret(const char *text);

/* Appends text with control characters and escape sequences made visible ("\x1b" as "^[", bidi
 * controls and other invisible ones as "<U+202E>", bytes that are not UTF-8 as "\x9b"), at most
 * max bytes, cut with "…". Newlines and tabs become spaces unless keep_nl. */
void log_safe(struct str *ret, const char *text, size_t len, size_t max, bool keep_nl);

#endif
