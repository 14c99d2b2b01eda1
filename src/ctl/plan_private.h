/*
 * plan_private.h: what the sections of a plan share.
 *
 * A section is written so that it can be pasted whole: all that is not meant
 * for its reader is a comment of that reader's language.
 */
#ifndef CTL_PLAN_PRIVATE_H
#define CTL_PLAN_PRIVATE_H

#include "ctl/plan.h"

struct plan_writer {
	const struct plan *plan;
	const struct config *config; /* the plan's */
	struct buf *out;
	struct pool *pool;           /* dies with the section */
	/* who is spoken to on SIP, without those who are blocked and without
	 * discovered domains; NULL-terminated */
	const struct config_sip_domain **peers;
};

void plan_certificates(struct plan_writer *w);
void plan_ports(struct plan_writer *w);
void plan_dns(struct plan_writer *w);
void plan_lync(struct plan_writer *w);
void plan_xmpp(struct plan_writer *w);

/** Our name towards SIP; a place to fill in when there is none. */
const char *plan_host(const struct config *c);
/** Does @host stand one label below @domain?  The rule by which Lync believes
 *  SRV records.  lync.md 1.3. */
bool plan_same_domain(const char *host, const char *domain);
/** Does some SIP server find stox by DNS, as it is found itself? */
bool plan_found_by_dns(const struct plan_writer *w);
/** Is there a peer of dialect "lync", or may there be one? */
bool plan_has_lync(const struct plan_writer *w);
/** Whose servers they are: "contoso.com and fabrikam.com". */
const char *plan_peer_name(struct plan_writer *w,
	const struct config_sip_domain *d);
/** Is it known by its address?  Then no name leads there. */
bool plan_is_address(const char *domain);
/** Is some domain of ours reached server to server? */
bool plan_has_server(const struct config *c);
/** As A-labels, in @w's pool. */
const char *plan_ascii(struct plan_writer *w, const char *domain);
/** Port of "host", "host:port" or "*:port", else @port; the host goes to
 *  @host, 256 bytes. */
uint16_t plan_address(const char *text, uint16_t port, char *host);
/** "a, b and c" of a NULL-terminated list. */
const char *plan_join(struct plan_writer *w, const char *const *names);

#endif
