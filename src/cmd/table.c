#include "cmd/table.h"

#include "base/mem.h"
#include "host/log.h"
#include "text/text.h"

#include <stdio.h>
#include <string.h>

enum { CELL_BYTES_MAX = 512, GAP = 2 };

void table_cell(struct table *t, const char *text)
{
	struct str s = STR_INIT;
	log_safe(&s, text, strlen(text), CELL_BYTES_MAX, false);
	strv_take(&t->cells, str_detach(&s));
}

void table_cellf(struct table *t, const char *fmt, ...)
{
	cleanup_str struct str s = STR_INIT;
	va_list ap;
	va_start(ap, fmt);
	str_vprintf(&s, fmt, ap);
	va_end(ap);
	table_cell(t, s.s);
}

static size_t width(const char *s)
{
	return text_string_width(s, strlen(s));
}

void table_print(struct table *t)
{
	size_t *widths = xcalloc(t->columns, sizeof(*widths));
	for (size_t i = 0; i < t->cells.n; i++)
		widths[i % t->columns] = MAX(widths[i % t->columns], width(t->cells.v[i]));
	for (size_t i = 0; i < t->cells.n; i++) {
		bool last = i % t->columns == t->columns - 1;
		fputs(t->cells.v[i], stdout);
		if (last)
			putchar('\n');
		else
			printf("%*s", (int)(widths[i % t->columns] - width(t->cells.v[i]) + GAP), "");
	}
	free(widths);
	strv_fini(&t->cells);
}
