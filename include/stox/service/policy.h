/*
 * stox/service/policy.h: what the sender of an exchange may see of its addressee.
 * Whether the two may talk at all is decided before any hook runs.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_POLICY_H
#define STOX_SERVICE_POLICY_H

#include "stox/plugin.h"

/** May nobody on the other side see the addressee?  What is answered then must
 *  be what everybody hears, also about people who do not exist. */
STOX_API bool stox_policy_hidden(const struct stox_exchange *x);
/** Is the sender an outsider whom the addressee would have to approach first,
 *  and has not? */
STOX_API bool stox_policy_stranger(const struct stox_exchange *x);
/** May the sender see the addressee's presence (and subscribe to it)? */
STOX_API bool stox_policy_presence(const struct stox_exchange *x);
/** May anybody on the other side see the sender, of whom the exchange tells? */
STOX_API bool stox_policy_shows(const struct stox_exchange *x);
/** May the sender see the notes in the addressee's presence?  lync.md 1.5 */
STOX_API bool stox_policy_notes(const struct stox_exchange *x);

#endif
