/*
 * connection.h: one transport connection: its life, its time-outs, its bytes.
 */
#ifndef SIP_CONNECTION_H
#define SIP_CONNECTION_H

#include "sip/self.h"

enum sip_connection_state {
	SIP_CONNECTION_OPENING,  /* TCP and TLS */
	SIP_CONNECTION_PROVING,  /* a DNS answer decides who this is */
	SIP_CONNECTION_OPEN,
	SIP_CONNECTION_CLOSING,  /* io_close() was called; on_close follows */
};

struct sip_connection {
	struct list node;         /* sip.connections, oldest first */
	struct sip *sip;
	struct io_stream *stream;
	enum sip_connection_state state;
	enum sip_transport transport;
	bool outbound;
	bool alias;               /* inbound: the peer lets us send here */
	bool own_close;           /* we decided to close: not a failure */
	const char *lost_why;     /* why we gave it up, if that is a failure */
	struct sip_source *source; /* inbound */
	struct sip_peer *opened_for; /* outbound; NULL once that is gone */
	size_t target;            /* slot of opened_for */
	char host[256];           /* outbound: whom we called */
	uint16_t port;
	uint64_t blocked_ms;      /* 503 Retry-After: no requests until then */

	struct sip_link *links;   /* owned array */
	size_t link_count;
	struct list clients;      /* our requests on it, or waiting for it */
	struct list servers;      /* their requests that came by it */

	/* framing.c */
	struct buf in;            /* an unfinished message */
	struct sip_framing framing;
	unsigned crlf;            /* pairs seen at this message border */
	uint64_t begun_ms;        /* its first byte came, 0: there is none */
	uint64_t body_ms;         /* its blank line, 0: not yet */
	uint64_t pings_ms;        /* the second in which */
	unsigned pings;           /* so many pings came */

	struct timer timer;       /* may fire early; sip_connection_watch() */
	uint64_t due_ms;          /* of it, 0: not running */
	struct timer ping;        /* keep-alive */
	bool pinged;              /* a pong is owed */
	uint64_t opened_ms, active_ms;
	uint64_t in_count, out_count;
};

/** Take an accepted stream; @source is left when the connection ends. */
void sip_connection_accept(struct sip *s, struct io_stream *stream,
	enum sip_transport transport, struct sip_source *source);
/** Connect to target slot @target of @peer. */
struct sip_connection *sip_connection_open(struct sip_peer *peer,
	size_t target);
/** Judge who is there; opens, waits for DNS, or closes. */
void sip_connection_prove(struct sip_connection *c);
/** Send bytes: one message. */
int sip_connection_write(struct sip_connection *c, struct str bytes);
/** Send what is queued and close; @why goes to the log. */
void sip_connection_close(struct sip_connection *c, const char *why);
/** Close at once, dropping what is queued. */
void sip_connection_drop(struct sip_connection *c);
/** Forget everything at once, for sip_free(). */
void sip_connection_free(struct sip_connection *c);
/** May carry our requests to @peer now (and by RFC 5923, unless @any)? */
bool sip_connection_serves(const struct sip_connection *c,
	const struct sip_peer *peer, bool any);
bool sip_connection_proves(const struct sip_connection *c,
	const struct sip_peer *peer);
/** The other end has shown life: a message, a ping, a pong. */
void sip_connection_alive(struct sip_connection *c);
/** Make sure that the timer fires when the next deadline is reached. */
void sip_connection_watch(struct sip_connection *c);
/** "fe.contoso.com:5061", or the address of who called us; into @out. */
const char *sip_connection_name(const struct sip_connection *c, char *out,
	size_t size);

/* ---- framing.c ---- */

void sip_framing_receive(struct sip_connection *c, struct str bytes);

#endif
