/*
 * transaction.h: server and client transactions.  RFC 3261, 17; RFC 6026.
 * Only reliable transports: nothing is retransmitted, timers A, E, G do not
 * exist and D, I, J, K are 0.
 */
#ifndef SIP_TRANSACTION_H
#define SIP_TRANSACTION_H

#include "sip/peer.h"

/** What to answer. */
struct sip_reply {
	unsigned status;
	const char *reason;              /* NULL: the standard phrase */
	const char *const *headers;      /* pairs, NULL-terminated, or NULL */
	const char *to_tag;              /* when To has none; NULL: none */
	const char *content_type;        /* NULL: no body */
	struct str body;
};

enum sip_server_state {
	SIP_SERVER_IDLE,        /* holds a message, in no table */
	SIP_SERVER_TRYING,
	SIP_SERVER_PROCEEDING,  /* 1xx sent; INVITE begins here */
	SIP_SERVER_COMPLETED,   /* INVITE, 300-699 sent, ACK is owed */
	SIP_SERVER_ACCEPTED,    /* INVITE, 2xx sent.  RFC 6026, 7.1 */
	SIP_SERVER_OVER,        /* ended, but the core still reads the message */
};

struct sip_server {
	struct list node;                /* sip.free_servers */
	struct list on;                  /* connection.servers, sip.over */
	struct sip *sip;
	enum sip_server_state state;
	bool invite;
	bool tried;                      /* the first timer has run */
	bool final;                      /* the final answer is sent */
	bool acked;                      /* ACCEPTED: the ACK has come */
	uint32_t repeat_ms;              /* ACCEPTED: until the next 2xx */
	uint64_t until_ms;               /* ACCEPTED: timer L */
	uint64_t handle;                 /* the core's, until it has answered */
	struct sip_connection *connection; /* NULL: it has closed */
	struct sip_peer *peer;
	struct timer timer;
	struct buf keys;                 /* key, then the key for merging */
	size_t key_len;
	struct buf last;                 /* the answer to repeat */
	char tag[SIP_TAG_SIZE];
	struct buf block;                /* the request */
	struct sip_message message;      /* slices into block */
};

/** An idle object to parse a message into. */
struct sip_server *sip_server_take(struct sip *s);
void sip_server_put(struct sip_server *t);
/** A parsed request has come by @c; takes @t. */
void sip_server_receive(struct sip_connection *c, struct sip_server *t);
/** Answer without a transaction; takes nothing. */
void sip_server_write(struct sip_connection *c, const struct sip_message *m,
	const struct sip_reply *reply);
/** @c has closed. */
void sip_server_orphan(struct sip_connection *c);
/** Answer what is under way with 503; forget all for sip_free(). */
void sip_server_refuse_all(struct sip *s);
void sip_server_free_all(struct sip *s);

/* ---- policy.c ---- */

/**
 * May this request go up?  @peer is NULL when nobody is proven for its From.
 * True: yes.  False: *@reply says what to answer (status 0: nothing); its
 * texts live in @s until the next call.
 */
bool sip_policy_check(const struct sip_connection *c,
	const struct sip_message *m, const struct sip_peer *peer,
	struct sip_reply *reply);

/* ---- client.c ---- */

enum sip_client_state {
	SIP_CLIENT_LOCATING,    /* waits for targets */
	SIP_CLIENT_CONNECTING,  /* waits for a connection */
	SIP_CLIENT_TRYING,      /* sent */
	SIP_CLIENT_PROCEEDING,  /* 1xx came */
	SIP_CLIENT_ACCEPTED,    /* INVITE, 2xx came.  RFC 6026, 7.2 */
	SIP_CLIENT_ENDED,       /* the end is decided, the callback is due */
};

struct sip_client {
	struct list node;                /* peer.clients, or sip.free_clients */
	struct list on;                  /* connection.clients, peer.waiting */
	struct sip *sip;
	struct sip_peer *peer;
	struct sip_connection *connection;
	enum sip_client_state state;
	bool forgotten;
	bool invite;
	bool cancelled;                  /* INVITE: CANCEL has been sent */
	bool fresh;                      /* the connection was opened for us */
	uint64_t token;
	uint64_t deadline_ms;
	struct timer timer;
	struct io_task task;
	unsigned tried;                  /* slots of peer.targets */
	unsigned attempts;
	char method[32];
	char branch[SIP_BRANCH_SIZE];
	size_t branch_at, branch_len;    /* where it is in the request */
	struct buf request;
	struct buf taken;                /* ACCEPTED: To tag of the dialog */
	struct sip_failure failure;
};

/** A response has come by @c. */
void sip_client_receive(struct sip_connection *c, const struct sip_message *m);
/** @c is open and proves whom it was opened for. */
void sip_client_connected(struct sip_connection *c);
/** @c is lost: its requests try elsewhere. */
void sip_client_lost(struct sip_connection *c, const struct sip_failure *why);
/** The targets of @p are known now, or cannot be. */
void sip_client_located(struct sip_peer *p);
/** @p is no longer configured, or all ends. */
void sip_client_fail_all(struct sip_peer *p, enum sip_event event,
	const char *text);
void sip_client_free_all(struct sip *s);

/* ---- invite.c: what only INVITE has ---- */

/** ACK of a final response to @k that is no 2xx, by the connection that it came
 *  by.  RFC 3261, 17.1.1.3. */
void sip_invite_ack(struct sip_client *k, struct sip_connection *c,
	const struct sip_message *response);
/** ACK of a 2xx: a request of its own in the new dialog.  RFC 3261, 13.2.2.4.
 *  @bye: nobody wants that dialog, it ends at once. */
void sip_invite_confirm(struct sip_client *k, struct sip_connection *c,
	const struct sip_message *response, bool bye);
/** CANCEL @k, once, where it was sent.  RFC 3261, 9.1. */
void sip_invite_cancel(struct sip_client *k);

/* ---- response.c, request.c ---- */

/** Write a response to @m, which came by @stream; NULL: that is closed. */
void sip_response_write(struct sip *s, struct buf *out,
	const struct sip_message *m, const struct io_stream *stream,
	const struct sip_reply *reply);
/** Write a request into @k->request with room for a branch. */
void sip_request_write(struct sip_client *k, enum sip_transport transport,
	const struct sip_out *out);
/** Prepare what is the same in all requests, after a configuration. */
void sip_request_configure(struct sip *s);
/** Put a new branch into it. */
void sip_request_branch(struct sip_client *k);
/** The lines of a request in dialog of ours that needs no transaction: ACK, and
 *  BYE to which no answer is awaited.  As sip_request_write(). */
void sip_request_write_lone(struct sip *s, struct buf *out,
	enum sip_transport transport, const struct sip_out *what);
/** Header pairs, Content-Type, Content-Length, the blank line and the body. */
void sip_request_finish(struct sip *s, struct buf *out,
	const char *const *headers, const char *content_type, struct str body);

#endif
