#include "xmpp/policy.h"

const char *xmpp_auth_name(enum xmpp_auth auth)
{
	switch (auth) {
	case XMPP_AUTH_NONE:
		return "";
	case XMPP_AUTH_EXTERNAL:
		return "EXTERNAL";
	case XMPP_AUTH_DIALBACK:
		return "dialback";
	case XMPP_AUTH_DIALBACK_PLAIN:
		return "dialback without TLS";
	case XMPP_AUTH_SECRET:
		return "secret";
	}
	return "";
}

/* With TLS and SASL both required dialback would be a way around SASL.  Where
 * TLS is only optional the operator has accepted dialback already, over TLS
 * and without, whatever is said about SASL. */
struct xmpp_ways xmpp_ways_of(const struct xmpp_partner *p)
{
	struct xmpp_ways w = { 0 };

	if (!p || p->blocked)
		return w;
	switch (p->tls) {
	case XMPP_REQUIRED:
		w.external = p->sasl != XMPP_OFF;
		w.dialback_tls = p->dialback && p->sasl != XMPP_REQUIRED;
		break;
	case XMPP_OPTIONAL:
		w.external = p->sasl != XMPP_OFF;
		w.dialback_tls = p->dialback;
		w.dialback_plain = p->dialback;
		break;
	case XMPP_OFF:
		w.dialback_plain = p->dialback;
		break;
	}
	w.tls = w.external || w.dialback_tls;
	return w;
}

bool xmpp_ways_none(const struct xmpp_ways *w)
{
	return !w->external && !w->dialback_tls && !w->dialback_plain;
}

bool xmpp_ways_dialback(const struct xmpp_ways *w, bool secure)
{
	return secure ? w->dialback_tls : w->dialback_plain;
}

bool xmpp_ways_allow(const struct xmpp_ways *w, enum xmpp_auth auth)
{
	switch (auth) {
	case XMPP_AUTH_NONE:
		return false;
	case XMPP_AUTH_EXTERNAL:
		return w->external;
	case XMPP_AUTH_DIALBACK:
		return w->dialback_tls;
	case XMPP_AUTH_DIALBACK_PLAIN:
		return w->dialback_plain;
	case XMPP_AUTH_SECRET:
		return true;
	}
	return false;
}
