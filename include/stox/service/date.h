/*
 * stox/service/date.h: points in time as the two worlds write them.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_DATE_H
#define STOX_SERVICE_DATE_H

#include "stox/types.h"

enum { STOX_DATE_SIZE = 64 };

/** Read RFC 3339 (XEP-0082, PIDF) or RFC 1123 (SIP's Date).  Returns seconds
 *  since 1970, UTC, or -1 when it is neither, or before that or after 9999. */
STOX_API int64_t stox_date_read(const char *text);
/** "2026-01-02T03:04:05Z": XEP-0082, RFC 3339.  Returns @out. */
STOX_API const char *stox_date_stamp(char out[STOX_DATE_SIZE], int64_t seconds);
/** "Fri, 02 Jan 2026 03:04:05 GMT": RFC 3261, 20.17.  Returns @out. */
STOX_API const char *stox_date_sip(char out[STOX_DATE_SIZE], int64_t seconds);

#endif
