/*
 * limit.h: every limit of stox in one table: its number, what happens when it
 * is reached, and how often that was.  Printed by `stoxctl limits`; a test
 * keeps doc/limits.md equal to it.
 */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

/* LIMIT(id, the id in lower case, name, default, unit, reaction) */
#define LIMIT_TABLE(LIMIT) \
	LIMIT(STANZA_UNAUTH, stanza_unauth, "stanza before authentication", 8192, "bytes", "close policy-violation") \
	LIMIT(STANZA, stanza, "stanza", 262144, "bytes", "close policy-violation") \
	LIMIT(XML_TOKEN, xml_token, "unfinished XML token", 65536, "bytes", "close policy-violation") \
	LIMIT(XML_DEPTH, xml_depth, "XML depth", 64, "levels", "close policy-violation") \
	LIMIT(XML_ATTRIBUTES, xml_attributes, "attributes and declarations of an element", 64, "", "close policy-violation") \
	LIMIT(XML_NAMES, xml_names, "different names in one XML stream", 4096, "", "renew the parser") \
	LIMIT(XMPP_SETUP, xmpp_setup, "XMPP stream set-up", 60, "s", "close connection-timeout") \
	LIMIT(XMPP_FIRST_BYTE, xmpp_first_byte, "first byte on a new connection", 10, "s", "close") \
	LIMIT(XMPP_IDLE, xmpp_idle, "idle XMPP stream", 600, "s", "close the stream politely") \
	LIMIT(XMPP_KEEPALIVE, xmpp_keepalive, "white-space keep-alive, unless the peer wants it sooner", 300, "s", "send one space") \
	LIMIT(XMPP_PING, xmpp_ping, "silence of a peer on a stream that is kept alive", 600, "s", "ping it") \
	LIMIT(XMPP_PING_TIME, xmpp_ping_time, "answer to that ping", 30, "s", "close connection-timeout") \
	LIMIT(XMPP_SHUT, xmpp_shut, "wait after a peer said host-unknown, host-gone or policy-violation", 300, "s", "tell senders at once what it said") \
	LIMIT(XMPP_OTHER_HOSTS, xmpp_other_hosts, "see-other-host followed in one attempt", 3, "", "give up, tell the sender") \
	LIMIT(XMPP_OPENING, xmpp_opening, "streams of ours in set-up", 50, "", "the others wait their turn") \
	LIMIT(XMPP_QUEUE, xmpp_queue, "stanzas waiting for a stream", 1000, "", "resource-constraint to the sender") \
	LIMIT(XMPP_QUEUE_BYTES, xmpp_queue_bytes, "bytes waiting for a stream", 1048576, "bytes", "resource-constraint to the sender") \
	LIMIT(XMPP_QUEUE_AGE, xmpp_queue_age, "age of a waiting stanza", 90, "s", "remote-server-timeout to the sender") \
	LIMIT(XMPP_SASL_TRIES, xmpp_sasl_tries, "SASL attempts on a stream", 3, "", "close policy-violation") \
	LIMIT(XMPP_STREAMS, xmpp_streams, "XMPP streams", 10000, "", "refuse the connection") \
	LIMIT(XMPP_STREAMS_PARTNER, xmpp_streams_partner, "streams of one partner", 20, "", "refuse the stream") \
	LIMIT(XMPP_PAIRS, xmpp_pairs, "domain pairs authorised on one stream", 100, "", "dialback error resource-constraint") \
	LIMIT(XMPP_UNACKED, xmpp_unacked, "stanzas sent on a stream and not acknowledged", 1000, "", "further ones wait") \
	LIMIT(XMPP_UNACKED_BYTES, xmpp_unacked_bytes, "bytes sent on a stream and not acknowledged", 1048576, "bytes", "further ones wait") \
	LIMIT(XMPP_ACK_EVERY, xmpp_ack_every, "stanzas sent in one go without asking for an acknowledgement", 50, "", "ask") \
	LIMIT(XMPP_ACK_TIME, xmpp_ack_time, "answer to the question for an acknowledgement", 30, "s", "give the connection up, resume the stream") \
	LIMIT(XMPP_UNFINISHED, xmpp_unfinished, "stanzas received on a stream and not acknowledged", 131072, "", "close resource-constraint") \
	LIMIT(XMPP_RESUMABLE, xmpp_resumable, "broken streams that may be resumed", 1000, "", "forget the oldest") \
	LIMIT(XMPP_RESUME_TIME, xmpp_resume_time, "time to resume a broken stream", 300, "s", "forget it; what is not acknowledged is lost or sent again") \
	LIMIT(XMPP_RESUME_WAIT, xmpp_resume_wait, "wait for the peer to resume a stream with stanzas of ours", 10, "s", "forget it; what is not acknowledged is lost or sent again") \
	LIMIT(DIALBACK_VERIFY, dialback_verify, "db:verify answers", 100, "/s", "close policy-violation") \
	LIMIT(DIALBACK_PENDING, dialback_pending, "dialback checks under way", 200, "", "dialback error resource-constraint") \
	LIMIT(SIP_HEADER_SECTION, sip_header_section, "SIP header section", 65536, "bytes", "400 and close") \
	LIMIT(SIP_LINE, sip_line, "SIP header line", 8192, "bytes", "400 and close") \
	LIMIT(SIP_HEADERS, sip_headers, "SIP headers", 128, "", "400 and close") \
	LIMIT(SIP_VIA, sip_via, "Via values", 70, "", "400 and close") \
	LIMIT(SIP_BODY, sip_body, "SIP body", 1048576, "bytes", "413 and close") \
	LIMIT(SIP_HEADER_TIME, sip_header_time, "time for a SIP header section", 10, "s", "close") \
	LIMIT(SIP_BODY_TIME, sip_body_time, "time for a SIP body", 30, "s", "close") \
	LIMIT(SIP_FIRST_REQUEST, sip_first_request, "first complete SIP message on a connection", 30, "s", "close") \
	LIMIT(SIP_IDLE, sip_idle, "idle SIP connection", 900, "s", "close") \
	LIMIT(SIP_KEEPALIVE, sip_keepalive, "SIP keep-alive interval", 25, "s", "send CRLF CRLF") \
	LIMIT(SIP_PINGS, sip_pings, "CRLF keep-alives of a peer", 10, "/s", "close") \
	LIMIT(SIP_TRANSACTIONS, sip_transactions, "SIP transactions", 100000, "", "503 with Retry-After") \
	LIMIT(SIP_CONNECTIONS, sip_connections, "SIP connections", 10000, "", "refuse the connection") \
	LIMIT(SIP_CONNECTIONS_SOURCE, sip_connections_source, "SIP connections of one address", 100, "", "refuse the connection") \
	LIMIT(SIP_CANDIDATES, sip_candidates, "addresses tried for one request", 8, "", "give up") \
	LIMIT(TLS_HANDSHAKES, tls_handshakes, "TLS handshakes under way", 64, "", "wait") \
	LIMIT(TLS_HANDSHAKE_TIME, tls_handshake_time, "TLS handshake", 10, "s", "close") \
	LIMIT(TLS_CHAIN, tls_chain, "certificates in a chain", 10, "", "refuse the certificate") \
	LIMIT(SEND_QUEUE, send_queue, "bytes queued towards one connection", 4194304, "bytes", "close") \
	LIMIT(WRITE_TIME, write_time, "write without progress", 30, "s", "close") \
	LIMIT(CONNECT_TIME, connect_time, "TCP connect", 10, "s", "next address") \
	LIMIT(DNS_PENDING, dns_pending, "DNS questions under way", 500, "", "resolver failure") \
	LIMIT(DANE_TIME, dane_time, "DNS answers about a peer's certificate", 5, "s", "the certificate is not proven") \
	LIMIT(DANE_PENDING, dane_pending, "incoming streams that wait for DANE", 200, "", "the certificate is not proven") \
	LIMIT(DANE_RECORDS, dane_records, "TLSA records of one peer", 32, "", "look at no more") \
	LIMIT(DANE_RECORD, dane_record, "bytes of a TLSA record", 8192, "bytes", "pass over the record") \
	LIMIT(TURN_SHARE, turn_share, "time for a stream, and for the bulk of presence, in one turn of the loop", 125, "us", "go on in the next turn") \
	LIMIT(EXCHANGES, exchanges, "exchanges under way", 100000, "", "resource-constraint or 503") \
	LIMIT(SESSIONS, sessions, "sessions in memory that are quiet", 150000, "", "leave them to the store") \
	LIMIT(CONVERSATIONS, conversations, "sessions that live in memory only", 20000, "", "resource-constraint or 503") \
	LIMIT(SESSION_PACE, session_pace, "sessions woken by their due time", 500, "/s", "wait") \
	LIMIT(SESSION_NOTES, session_notes, "sessions written later, because nobody waits for it", 1000, "/s", "wait") \
	LIMIT(SESSION_BACKLOG, session_backlog, "events of presence that wait their turn", 256, "", "read little of each stream; at 16 times that, nothing of those that send more") \
	LIMIT(SESSION_SENDING, session_sending, "requests of presence under way to one domain", 64, "", "the others wait their turn") \
	LIMIT(SESSION_QUEUED, session_queued, "bytes that wait for the stream to an XMPP domain while presence still goes there", 16384, "bytes", "presence waits its turn") \
	LIMIT(PEER_TRIES, peer_tries, "questions in a row that a domain whose presence is watched does not answer", 3, "", "its people are shown as gone; it is asked on") \
	LIMIT(PEERS_DOUBTED, peers_doubted, "domains that are asked whether they are there", 1000, "", "further ones are not asked") \
	LIMIT(ROUTE_SETS, route_sets, "route sets that SIP dialogs share in the store", 1000, "", "keep the routes with each dialog") \
	LIMIT(LANE, lane, "exchanges waiting for one pair", 100, "", "resource-constraint or 503") \
	LIMIT(EXCHANGE_X2S, exchange_x2s, "time for an exchange from XMPP", 32, "s", "remote-server-timeout") \
	LIMIT(EXCHANGE_S2X, exchange_s2x, "time for an exchange from SIP", 20, "s", "504") \
	LIMIT(MESSAGE_HOLD, message_hold, "wait for a bounce before 202", 2000, "ms", "202") \
	LIMIT(LOOP_TIME, loop_time, "time in which a message that comes back from the other side is a loop", 64, "s", "not-acceptable or 482") \
	LIMIT(LOOP_MESSAGES, loop_messages, "messages remembered to find loops", 50000, "", "forget the oldest") \
	LIMIT(MESSAGE_TEXT, message_text, "text of a page-mode message", 16384, "bytes", "policy-violation or 413") \
	LIMIT(DISCOVERED_DOMAINS, discovered_domains, "discovered domains remembered", 1000, "", "forget the oldest") \
	LIMIT(DISCOVERED_NEW, discovered_new, "first contacts with discovered domains", 10, "/s", "resource-constraint or 500") \
	LIMIT(DISCOVERED_RATE, discovered_rate, "messages from or to one discovered domain", 20, "/s", "from it: resource-constraint or 500; to it: wait") \
	LIMIT(DISCOVERED_QUEUE, discovered_queue, "exchanges that wait for their turn towards one discovered domain", 100, "", "resource-constraint or 500") \
	LIMIT(DISCOVERED_STREAMS, discovered_streams, "streams of one discovered domain", 4, "", "refuse the stream") \
	LIMIT(PAIRS_USER, pairs_user, "contacts on the other side that one user has asked for", 2000, "", "policy-violation or 403") \
	LIMIT(PAIRS_WATCHERS, pairs_watchers, "people on the other side who have asked for one user", 100000, "", "policy-violation or 403") \
	LIMIT(PAIRS_DOMAIN, pairs_domain, "contacts that the users of one domain have asked for", 1000000, "", "policy-violation or 403") \
	LIMIT(PAIRS_DISCOVERED, pairs_discovered, "the same of a discovered domain", 10000, "", "policy-violation or 403") \
	LIMIT(REFUSALS, refusals, "addresses that a domain has tried in vain", 60, "/min", "answer 5 s later") \
	LIMIT(MEMORY, memory, "memory of pools and buffers", 1073741824, "bytes", "at 80 % no new work, at 95 % idle streams close") \
	LIMIT(CONTROL_LINE, control_line, "control command", 4096, "bytes", "close") \
	LIMIT(CONFIG_STEPS, config_steps, "instructions of a configuration file", 1000000, "", "refuse the file") \
	LIMIT(FAILED_STREAMS, failed_streams, "failed streams remembered", 256, "", "forget the oldest")

enum limit_id {
#define LIMIT(id, word, name, value, unit, reaction) LIMIT_##id,
	LIMIT_TABLE(LIMIT)
#undef LIMIT
	LIMIT_COUNT
};

/** What never changes about a limit. */
struct limit_info {
	const char *id;       /* lower-case name, as in the configuration */
	const char *name;     /* in words */
	uint64_t value;       /* default */
	const char *unit;     /* "" for a plain count */
	const char *reaction; /* what happens when it is reached */
};

/** A node's limits: the numbers in force and how often each was reached. */
struct limits {
	uint64_t value[LIMIT_COUNT];
	uint64_t hits[LIMIT_COUNT];
};

const struct limit_info *limit_info(enum limit_id id);
/** Set all values to their defaults and all counters to 0. */
void limits_init(struct limits *l);
static inline uint64_t limit_get(const struct limits *l, enum limit_id id)
{
	return l->value[id];
}
/** Count that @id was reached. */
static inline void limit_hit(struct limits *l, enum limit_id id)
{
	l->hits[id]++;
}

#endif
