/*
 * watch.h: what the files of the watching half share.
 *
 *     watch.c          what the XMPP user does, and time
 *     watch_notify.c   what the SIP side tells
 *     watch_answer.c   what became of a SUBSCRIBE
 *     watch_dialog.c   the dialog: asked for, lost, left
 *     watch_act.c      what the row asks for
 *     watch_peer.c     servers that are lost, and come back
 */
#ifndef PRESENCE_WATCH_H
#define PRESENCE_WATCH_H

#include "flow.h"

enum {
	WATCH_CACHE_S = 60,    /* a state that is younger answers a probe alone */
	WATCH_LOST_TRIES = 2,  /* refreshes that fail in a row: the peer is lost */
};

/** There is no dialog. */
void watch_leave_dialog(struct pair_watch *w);
/** Ask for a new one, now or later. */
void watch_ask(struct pair *p);
void watch_ask_later(struct pair *p, uint64_t after_s);
/** Nothing is known of the SIP user any more: it is shown as gone.  Ruling 21. */
void watch_lose(struct pair *p);
/** It failed once more; again after @after_s, 0: by the back-off. */
void watch_fail(struct pair *p, uint64_t after_s);
/** The SIP user may not be seen any more, and is as one who does not answer. */
void watch_block(struct pair *p);
/** End the dialog, if there is one. */
void watch_leave(struct pair *p);
/** What was shown is taken back. */
void watch_drop_devices(struct pair_watch *w);
/** The SIP side says that all is as it was told last. */
void watch_confirm(struct pair *p);
/** Is the XMPP user shown anybody?  What was told "unavailable" is remembered
 *  until the next refresh: should that get lost, it is told again. */
bool watch_shows(const struct pair_watch *w);
/** Forget that. */
void watch_forget_gone(struct pair_watch *w);
/** The authorisation is over, and the XMPP user hears so. */
void watch_end(struct pair *p);

#endif
