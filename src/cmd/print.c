#include "cmd/print.h"

#include "host/jsonc.h"

#include <stdio.h>

void print_json_line(json_object *value)
{
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, value);
	puts(text.s);
	json_object_put(value);
}
