/*
 * dialback.h: server dialback, XEP-0220, with keys after XEP-0185: no state
 * is kept for keys that we give out, they are computed again when asked for.
 */
#ifndef XMPP_DIALBACK_H
#define XMPP_DIALBACK_H

#include "xmpp/stream.h"

struct xmpp_route;

/** hex(SHA-256(secret)), which is the key of the HMAC. */
void xmpp_dialback_hash(const char *secret, char out[65]);
/**
 * The key that @originating shows to @receiving on the stream @id.
 * XEP-0185, 3.  @hash is from xmpp_dialback_hash().
 */
void xmpp_dialback_key(const char hash[65], const char *receiving,
	const char *originating, const char *id, char out[65]);

/** What an authoritative server says about a key. */
enum xmpp_verdict { XMPP_VALID, XMPP_INVALID, XMPP_UNDECIDED };

/** A key that a peer has shown us, being checked with its own server. */
struct xmpp_check {
	struct list node;    /* in the stream that asks */
	struct xmpp *x;
	uint64_t in;         /* handle of the stream the key came on */
	char *local, *remote, *id, *key; /* owned */
	bool sent;
	struct timer timer;
};

/** Begin a check; xmpp_in_checked() follows unless the stream goes.  The
 *  caller has counted nothing; -STOX_ETOOBIG when too many are under way. */
int xmpp_check_start(struct xmpp_stream *in, struct xmpp_route *r,
	const char *id, const char *key);
/** End one: tell the stream, free. */
void xmpp_check_end(struct xmpp_check *c, enum xmpp_verdict verdict,
	const char *condition);
/** End all of a list as undecided. */
void xmpp_checks_fail(struct list *checks, const char *condition);
/** Free without telling anybody. */
void xmpp_check_free(struct xmpp_check *c);
/** Ask for all that were not asked for yet. */
void xmpp_checks_send(struct list *checks, struct xmpp_stream *s);
/** An answer has come on the stream of @checks.  False when nobody asked. */
bool xmpp_check_answer(struct list *checks, const struct stox_element *e);

/** Answer somebody who asks whether a key is ours. */
void xmpp_dialback_answer(struct xmpp_stream *s, const struct stox_element *e);

/** Append <db:result/> or <db:verify/> to the stream.  NULL: left out. */
struct xmpp_db {
	const char *name;      /* "result", "verify" */
	const char *from, *to, *id, *type;
	const char *key;       /* text */
	const char *condition; /* of an error */
};
void xmpp_db_write(struct xmpp_stream *s, const struct xmpp_db *db);
/** The condition inside a type='error', "" when there is none. */
const char *xmpp_db_condition(const struct stox_element *e);

#endif
