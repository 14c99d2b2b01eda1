/*
 * stox/service/dialog.h: SIP dialogs of sessions.  A dialog is bytes that a
 * session keeps in its row and hands back; what is in them is the core's.
 * CSeq numbers of our own requests are the session's.  RFC 3261, 12.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_DIALOG_H
#define STOX_SERVICE_DIALOG_H

#include "stox/types.h"

/** Bytes of a dialog; what functions return is in the exchange. */
struct stox_dialog {
	const void *bytes;
	size_t len;           /* 0: none */
};

/**
 * We are the server: the request of @x makes a dialog when it is answered with
 * @local_tag, a stox_session_token(); see stox_reply_tag().
 * Returns 0, or -STOX_EPROTO with a reason phrase in *@why: no usable Contact,
 * too many routes.
 */
STOX_API int stox_dialog_accept(struct stox_exchange *x, const char *local_tag,
	struct stox_dialog *ret, const char **why);
/**
 * We are the client: the NOTIFY of @x makes the dialog of the SUBSCRIBE that
 * had this Call-ID and From tag.  Errors as above, and -STOX_ENOENT when it
 * belongs to something else.  RFC 6665, 4.4.1.
 */
STOX_API int stox_dialog_establish(struct stox_exchange *x, const char *call_id,
	const char *local_tag, struct stox_dialog *ret, const char **why);

/**
 * We are the client: what the 2xx to our INVITE (the core has sent its ACK) or
 * SUBSCRIBE has made, or has made of the dialog that it was sent in.
 * Returns 0, or -STOX_EPROTO when it makes none: no usable Contact, no tag; or
 * -STOX_ENOENT when the answer is no 2xx to either.
 */
STOX_API int stox_dialog_made(const struct stox_exchange *x,
	struct stox_dialog *ret);

enum stox_dialog_fit {
	STOX_DIALOG_FITS,
	STOX_DIALOG_OLD,    /* CSeq went backwards: answer 500 */
	STOX_DIALOG_OTHER,  /* another dialog's, or damaged bytes: answer 481 */
};
/** Does the request of @x belong to the dialog?  @ret is the dialog after it:
 *  its CSeq and target are kept. */
STOX_API enum stox_dialog_fit stox_dialog_receive(struct stox_exchange *x,
	struct stox_dialog dialog, struct stox_dialog *ret);

/** Does the request of @x claim to be within a dialog: has its To a tag? */
STOX_API bool stox_in_dialog(const struct stox_exchange *x);
/**
 * Is the SIP partner spoken to in this way?  @choice and @word are those of
 * `stoxctl dialect`: stox_dialect_is(x, "sip_presence", "lync").  Both must
 * exist.  Not for choices of yes and no, which are of the transport.
 */
STOX_API bool stox_dialect_is(const struct stox_exchange *x, const char *choice,
	const char *word);

/** Answer with this To tag.  After stox_reply_sip(). */
STOX_API int stox_reply_tag(struct stox_exchange *x, const char *tag);
/** A body of the reply.  After stox_reply_sip(). */
STOX_API int stox_reply_body(struct stox_exchange *x, const char *type,
	const void *bytes, size_t len);
/** The domain name by which SIP reaches us: for what has to name a machine. */
STOX_API const char *stox_own_host(const struct stox_exchange *x);
/** Our Contact in a dialog, "<sip:…>", for requests and replies that make or
 *  refresh one; in the exchange. */
STOX_API const char *stox_contact(struct stox_exchange *x);

#endif
