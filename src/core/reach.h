/*
 * reach.h: is a domain there, and does it know us still?  Ruling 21.
 *
 * What breaks, fails or is silent is a sign only.  If somebody is watched there,
 * or watches, the domain is asked: XMPP by a ping (XEP-0199), SIP by OPTIONS.
 *
 *     sign -> WONDERING -> ASKING -> LOST -> asked until it answers
 *                 |           |               |
 *             nobody cares   it answers      the sessions hear that it is back
 *
 * LOST is who did not answer LIMIT_PEER_TRIES times in a row: the sessions hear so.
 * They hear that a domain is back when it was lost, or its connection broke, or
 * one question failed: its servers may have forgotten what they knew.
 *
 * A connection that we close, as nobody needs it, is a sign too: the question opens
 * another one.  So a watched domain is never long without one whose end tells.
 *
 * A SIP server that answers at once may have crashed all the same: TCP ends in order
 * then, as when an idle connection is closed, and that must not make everybody ask
 * anew.  One session, of those that a dialog there counts for, is told so alone: if
 * it turns out to be forgotten (481, 412), all are.  So it is tested too when
 * somebody is forgotten without any other sign.
 *
 *     reach.c       signs, questions, verdicts
 *     reach_read.c  the reader that finds the sessions
 *     reach_forgot.c  whether a server has forgotten, though it was never away
 */
#ifndef CORE_REACH_H
#define CORE_REACH_H

#include "base/str.h"
#include "stox/service/session.h"
#include "xmpp/xmpp.h"

struct node;
struct reach;
struct stox_exchange;

enum reach_sign {
	REACH_SILENT, /* somebody there did not answer */
	REACH_FAILED, /* something could not be sent */
	REACH_CLOSED, /* it closed a connection: that may mean nothing */
	REACH_IDLE,   /* we did: its end would not be noticed any more */
	REACH_BROKEN, /* a connection broke */
};

struct reach *reach_new(struct node *n);
void reach_free(struct reach **r);
/** The node stops: no more questions. */
void reach_stop(struct reach *r);

/** A sign that @domain (canonical) may be lost. */
void reach_doubt(struct reach *r, enum stox_side side, struct str domain,
	enum reach_sign sign);
/** The same of the domain that `out` of @x went to. */
void reach_failed(struct reach *r, const struct stox_exchange *x);
/** SIP has answered @x, which may show that it has forgotten its sender. */
void reach_answered(struct reach *r, const struct stox_exchange *x);
/** A partner on SIP, by the name that the SIP side has for it (A-labels). */
void reach_partner(struct reach *r, const char *name, enum reach_sign sign);
/** The connection of @local, a component. */
void reach_component(struct reach *r, const char *local, enum xmpp_link what);
/** Something has come from there: who was doubted is asked soon. */
void reach_heard(struct reach *r, enum stox_side side, struct str domain);
/** Take the key of a session of two people apart, two bare JIDs or domains.  False
 *  when it is not such. */
bool reach_ends(struct str key, struct str *ret_xmpp, struct str *ret_sip);
/** The domain of one. */
struct str reach_domain(struct str jid);
/** What is thought of one end of two people; @key is their session's. */
enum stox_peer reach_state(struct reach *r, enum stox_side side,
	struct str key);

#endif
