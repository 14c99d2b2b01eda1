/*
 * show.h: the daemon's answers for people.
 */
#ifndef STOXCTL_SHOW_H
#define STOXCTL_SHOW_H

#include <jansson.h>

void show_status(const json_t *answer);
void show_hooks(const json_t *answer);
void show_streams(const json_t *answer);
void show_limits(const json_t *answer);
void show_certs(const json_t *answer);
void show_partners(const json_t *answer);
void show_dialect(const json_t *answer);
/** Nothing to tell but that it is done. */
void show_done(const json_t *answer);

#endif
