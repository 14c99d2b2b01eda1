/*
 * notify.h: what systemd wants to hear.  sd_notify(3), without its library.
 * All of it does nothing when nobody listens.
 */
#ifndef STOXD_NOTIFY_H
#define STOXD_NOTIFY_H

#include <stdbool.h>

struct io_env;

/** Is standard error the journal?  Then lines carry their level. */
bool notify_is_journal(void);
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/** Feed the watchdog from the loop, twice per its interval. */
void notify_watchdog(struct io_env *env);

#endif
