/*
 * api_table.h: the addresses of all functions that plugins may call.
 */
#ifndef CORE_API_TABLE_H
#define CORE_API_TABLE_H

#include <stddef.h>

/** NULL-terminated; made from the installed headers. */
extern const void *const core_api_table[];

#endif
