/*
 * jid.h: XMPP addresses.  RFC 7622 syntax, prepared with stringprep as the
 * servers we face do it (nodeprep, nameprep, resourceprep), with an ASCII fast
 * path.  Part of the XMPP model: no I/O.
 */
#ifndef XMPP_JID_H
#define XMPP_JID_H

#include "base/pool.h"
#include "base/str.h"

/** A prepared address.  All slices point into @full. */
struct jid {
	const char *full;     /* canonical, NUL-terminated */
	size_t full_len;
	size_t bare_len;      /* full without "/resource" */
	struct str local;     /* len 0: none */
	struct str domain;    /* U-labels, lower case, never empty */
	struct str resource;  /* len 0: none */
};

/**
 * Parse and prepare @text into @pool.
 * Returns 0, or -STOX_EINVAL (*@ret untouched).
 */
int jid_parse(struct pool *pool, struct str text, struct jid *ret);
/** Make one from parts (@local and @resource may be empty); each is prepared. */
int jid_make(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret);
/** The same of a @domain that has been prepared, as those of the configuration
 *  and of other addresses are. */
int jid_make_at(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret);
/** "local@domain" as a slice of full. */
static inline struct str jid_bare(const struct jid *j)
{
	return (struct str){ j->full, j->bare_len };
}
/** Same address without the resource, in @pool. */
struct jid jid_to_bare(struct pool *pool, const struct jid *j);
bool jid_eq(const struct jid *a, const struct jid *b);
bool jid_bare_eq(const struct jid *a, const struct jid *b);

/**
 * Prepare one part into @out (1024 bytes always suffice), NUL-terminated.
 * Returns its length, > 0, or -STOX_EINVAL.
 * A domain goes through UTS 46, non-transitional, not nameprep: A-labels become
 * U-labels, one final dot goes, IPv6 literals get their shortest spelling.
 */
ptrdiff_t jid_prepare_local(struct str in, char *out, size_t size);
ptrdiff_t jid_prepare_domain(struct str in, char *out, size_t size);
ptrdiff_t jid_prepare_resource(struct str in, char *out, size_t size);
/** Would PRECIS (RFC 8265 UsernameCaseMapped) give the same localpart as
 *  nodeprep?  Asked, after jid_escape(), for addresses that we mint from SIP
 *  users: it also refuses width variants that would become an escape. */
bool jid_local_is_safe(struct str local);

/** ASCII in which only letters may change, by their case, when it is prepared,
 *  and that means the same when it is escaped. */
bool jid_local_is_plain(struct str local);

/** XEP-0106.  Escape all ten; result in @pool; NULL when it would begin or end with \20.
 *  Unescape is one left-to-right pass. */
const char *jid_escape(struct pool *pool, struct str text);
const char *jid_unescape(struct pool *pool, struct str local);

#endif
