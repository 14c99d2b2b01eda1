/*
 * peer.h: the other servers on the stage: an XMPP server (or component host)
 * and a SIP front end.  They follow the protocols by themselves and hand what
 * arrives to the script.
 */
#ifndef PLAY_PEER_H
#define PLAY_PEER_H

#include "io/mem.h"
#include "sip/message.h"
#include "xml/xml.h"

/** Something that arrived, not yet looked at by the script. */
struct peer_item {
	struct list node;
	struct pool *pool;
	const struct stox_element *stanza; /* XMPP */
	struct sip_message *message;       /* SIP, its bytes in the pool */
	struct peer_link *link;            /* SIP: where it came from */
	uint64_t serial;
};

/** What we say to one domain of stox ("" for SIP). */
struct peer_talk {
	struct list node;
	char to[256];
	struct buf waiting;      /* what to send once a link is ready */
};

struct peer {
	struct list node;
	struct io_env *env;
	struct limits limits;
	struct log log;
	const char *domain;
	const char *ascii;       /* the same in A-labels */
	const char *shown;       /* the name in our certificate */
	const char *address;
	bool is_sip;
	bool stopped;
	bool no_pings;           /* leave pings and questions for
	                          * acknowledgements unanswered */
	/* XMPP: domains for which we host stox as a component; NULL: none */
	const char *const *hosted;
	struct io_credentials *credentials;
	struct io_listener *listener;
	struct io_listener *component_listener;
	const char *stox_address;
	uint16_t stox_port;
	struct list links;       /* connections */
	struct list inbox;       /* struct peer_item */
	struct list pings;       /* XMPP: pings to be answered later */
	struct list unanswered;  /* SIP: requests without a final answer */
	struct list talks;       /* struct peer_talk */
	unsigned counter;        /* makes ids */
	const char *documents;   /* SIP: presence documents that arrive are kept
	                          * in this folder; NULL: they are not */
	/* XMPP: on streams that stox opens */
	bool offers_bidi;        /* XEP-0288 */
	bool offers_acks;        /* XEP-0198, with resumption */
	unsigned handled;        /* stanzas on the last of these streams */
};

/** Prepare and start one.  @domain etc. are borrowed. */
void peer_open(struct peer *p, struct io_world *w);
/** Close everything; the inbox is emptied too. */
void peer_close(struct peer *p);
/** Refuse connections, break those that are there; and the opposite. */
void peer_stop(struct peer *p);
void peer_start(struct peer *p);
/** Its connections end in order; new ones are welcome. */
void peer_hang_up(struct peer *p);
/** Send bytes on an own ready connection towards stox; opened when needed. */
void peer_send(struct peer *p, const char *to_domain, struct str bytes);
/** XMPP: write raw bytes on all ready connections that stox opened. */
void peer_say(struct peer *p, struct str bytes);
/** XMPP: answer the pings that have come meanwhile. */
void peer_answer_pings(struct peer *p);
/** SIP: send bytes where @item came from. */
void peer_respond(struct peer *p, struct peer_item *item, struct str bytes);
void peer_item_free(struct peer_item *item);

#endif
