/* terminfo.h - the terminfo entry that we claim to be, as tools/terminfo.py made it. Private to src/vt. */
#ifndef LACE_VT_TERMINFO_H
#define LACE_VT_TERMINFO_H

/* Name, NUL, value, NUL, and so on; an empty name at the end. A boolean's value is empty. */
extern const char vt_terminfo[];

#endif
