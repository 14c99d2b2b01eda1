/*
 * dialog.h: what one end of a dialog has to remember, from the messages that
 * make it, and how it is kept in the store.  RFC 3261, 12.  Model: no I/O.
 *
 * Strings are owned by the pool that each function is given; a dialog that
 * changes (target refresh) leaves the old ones in that pool.  One that was
 * unpacked borrows the bytes that it was unpacked from.
 */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include "base/buf.h"
#include "base/pool.h"
#include "sip/message.h"

enum { SIP_DIALOG_ROUTES = 32 };

struct sip_dialog {
	const char *call_id;
	const char *local_tag, *remote_tag;
	const char *local, *remote;  /* URIs of From and To, ours and theirs */
	const char *target;          /* URI of the remote Contact */
	const char *const *routes;   /* "<uri>", the next hop first;
	                              * NULL-terminated */
	uint32_t local_cseq;         /* of the last request sent */
	uint32_t remote_cseq;        /* of the last request received */
	bool remote_sent;            /* remote_cseq means something */
	struct str packed;           /* the texts up to target as they were
	                              * unpacked; .p NULL: one has changed */
};

/**
 * As the server of @request: it makes a dialog when it is answered with
 * @local_tag in To.  The route set is Record-Route in its order.
 * Returns 0, or -STOX_EPROTO with a short phrase in *@why: no usable Contact,
 * too many routes.  RFC 3261, 12.1.1.
 */
int sip_dialog_accept(struct pool *pool, const struct sip_message *request,
	const char *local_tag, struct sip_dialog *ret, const char **why);

/**
 * As the client.  @d holds what was sent: call_id, local_tag, local, remote,
 * local_cseq.  @m is a response with a To tag (the route set is Record-Route
 * reversed), or the NOTIFY that comes before it (in order).
 *
 * @own_host  entries of the route set with this host are ours and left out
 *            (lync.md 2.2); may be empty
 * Returns 0, or -STOX_EPROTO as above; then @d is unchanged.
 * RFC 3261, 12.1.2; RFC 6665, 4.4.1.
 */
int sip_dialog_establish(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *m, struct str own_host, const char **why);

enum sip_dialog_fit {
	SIP_DIALOG_FITS,
	SIP_DIALOG_OLD,    /* CSeq went backwards: answer 500 */
	SIP_DIALOG_OTHER,  /* another dialog's: answer 481 */
};
/**
 * A request that may belong to @d: compare tags and Call-ID, keep its CSeq,
 * and take its Contact as the new target when its method refreshes targets
 * (INVITE, UPDATE, SUBSCRIBE, NOTIFY).  RFC 3261, 12.2.2.
 */
enum sip_dialog_fit sip_dialog_receive(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *request);

/** A 2xx to a request of ours that refreshes the target.  RFC 3261, 12.2.1.2. */
void sip_dialog_refresh(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *response);

/**
 * Where a request within @d goes: Request-URI and Route values
 * (NULL-terminated).  A first route without lr is a strict router: it becomes
 * the Request-URI and the target goes last.  RFC 3261, 12.2.1.1.
 */
void sip_dialog_route(struct pool *pool, const struct sip_dialog *d,
	const char **ret_uri, const char *const **ret_routes);

/**
 * Append @d in a compact form, without its routes, and the routes by
 * themselves: many dialogs share one route set.  The first byte is the
 * version of the form.
 */
void sip_dialog_pack(const struct sip_dialog *d, struct buf *out);
void sip_dialog_pack_routes(const struct sip_dialog *d, struct buf *out);
/** Read both.  Returns 0, or -STOX_EINVAL when they are damaged or of a
 *  version that is not known. */
int sip_dialog_unpack(struct pool *pool, struct str packed, struct str routes,
	struct sip_dialog *ret);

#endif
