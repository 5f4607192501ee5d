/* unit.h - cmocka with the headers it wants before it. Include first. */
#ifndef LACE_TESTS_UNIT_H
#define LACE_TESTS_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#endif
