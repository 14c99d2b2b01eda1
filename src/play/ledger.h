/*
 * ledger.h: what was sent into the gateway and must come to an end, whatever
 * breaks on the way: a message crosses or its sender hears an error; an IQ is
 * answered; a SIP request gets a final response.
 */
#ifndef PLAY_LEDGER_H
#define PLAY_LEDGER_H

#include "play/stage.h"

/** A stanza or request goes in. */
void ledger_stanza(struct stage *s, const struct stox_element *e, int line);
void ledger_request(struct stage *s, struct str call_id, struct str body, int line);
/** Something came out at a peer. */
void ledger_seen_stanza(struct stage *s, const struct stox_element *e);
void ledger_seen_sip(struct stage *s, const struct sip_message *m);
/** Connections broke: a SIP client whose connection is gone has its answer by
 *  that.  RFC 3261, 17.1.4 */
void ledger_cut(struct stage *s);
/** All that went in has ended?  @dead: the node died, so that what it had not
 *  accepted may be gone. */
bool ledger_check(struct stage *s, bool dead, struct buf *why);
void ledger_free(struct stage *s);

#endif
