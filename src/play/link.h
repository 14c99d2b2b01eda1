/*
 * link.h: one connection of a peer on the stage.
 */
#ifndef PLAY_LINK_H
#define PLAY_LINK_H

#include "play/peer.h"

struct peer_link {
	struct list node;
	struct peer *peer;
	struct io_stream *stream;
	bool accepted;            /* stox opened it */
	bool component;           /* … as a component of ours (XEP-0114) */
	char to[256];             /* XMPP: the stox domain at its other end */
	bool bidi;                /* we send on it too, though stox opened it */
	bool managed;             /* stanzas are acknowledged */
	bool open, secure, authenticated, ready;
	struct buf in;            /* SIP: bytes of unfinished messages */
	unsigned empty_lines;        /* SIP: since the last message */
	struct sip_framing framing;
	struct xml_reader *reader;
	char *id;                 /* XMPP: stream id that we gave */
};

struct peer_link *link_dial(struct peer *p, const char *to);
void link_free(struct peer_link *l);
/** Stanzas or requests may be sent from here on. */
void link_ready(struct peer_link *l);

void link_xmpp_open(struct peer_link *l);
void link_xmpp_secure(struct peer_link *l);
void link_xmpp_data(struct peer_link *l, struct str bytes);

void link_sip_open(struct peer_link *l);
void link_sip_data(struct peer_link *l, struct str bytes);

#endif
