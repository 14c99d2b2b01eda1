/*
 * uri.h: SIP URIs.  RFC 3261, 19.1; RFC 5118, RFC 5954 for IPv6.
 * Model: no I/O.  Slices point into the text that was parsed.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/buf.h"
#include "base/str.h"

enum sip_scheme { SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL, SIP_SCHEME_IM,
	SIP_SCHEME_PRES, SIP_SCHEME_OTHER };

struct sip_uri {
	enum sip_scheme scheme;
	struct str text;       /* the whole URI */
	struct str scheme_text;
	struct str user;       /* still percent-encoded; len 0: none */
	struct str password;
	struct str host;       /* as written; IPv6 with brackets */
	uint16_t port;         /* 0: none */
	struct str params;     /* after the first ';', without it */
	struct str headers;    /* after '?', without it */
};

/** Parse a whole URI.  Returns 0 or -STOX_EINVAL.  Schemes other than sip,
 *  sips, im, pres leave only scheme and text set. */
int sip_uri_parse(struct str text, struct sip_uri *ret);
/** A parameter of @params ("a=b;c"), name ASCII-case-insensitive.  Returns
 *  false when absent; *@ret_value has .p NULL when it has no '='. */
bool sip_param(struct str params, const char *name, struct str *ret_value);
/** Take the next one off @params; false when there is none left. */
bool sip_param_next(struct str *params, struct str *ret_name,
	struct str *ret_value);
/** Percent-decode @s once onto @out.  Returns 0 or -STOX_EINVAL for a '%'
 *  without two hex digits. */
int sip_uri_decode(struct str s, struct buf *out);
/** Percent-encode onto @out for the user part, and for a parameter value. */
void sip_uri_encode_user(struct buf *out, struct str s);
void sip_uri_encode_param(struct buf *out, struct str s);
/** Same host, ignoring case and a final dot. */
bool sip_host_eq(struct str a, struct str b);

#endif
