/* table.h - columns of text on stdout, as wide as their widest cell. */
#ifndef LACE_CMD_TABLE_H
#define LACE_CMD_TABLE_H

#include "base/str.h"

struct table {
	size_t columns;
	struct strv cells;     /* row by row; the first row is the heading */
};
/* Text from outside (labels, names) is shown through log_safe. */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_print(struct table *t);   /* prints and releases */

#endif
