/* print.h - one JSON value on stdout, as every verb's --json prints it. */
#ifndef LACE_CMD_PRINT_H
#define LACE_CMD_PRINT_H

#include <json-c/json.h>

/* One line; releases the value. */
void print_json_line(json_object *value);

#endif
