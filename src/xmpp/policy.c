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

#define CLOSE XMPP_CLOSE
#define EXTERNAL XMPP_BY_EXTERNAL
#define EITHER XMPP_BY_EITHER
#define DIALBACK XMPP_BY_DIALBACK

/* tls, sasl, dialback; then no TLS, unproven, proven.  With TLS and SASL both
 * required dialback would be a way around SASL.  Where TLS is only optional
 * the operator has accepted dialback already, over TLS and without, whatever
 * is said about SASL.  SASL needs TLS: without it only dialback is left. */
static const struct row {
	enum xmpp_policy tls, sasl;
	bool dialback;
	struct xmpp_ways ways;
} oracle[] = {
	{ XMPP_REQUIRED, XMPP_REQUIRED, true, {{ CLOSE, CLOSE, EXTERNAL }} },
	{ XMPP_REQUIRED, XMPP_REQUIRED, false, {{ CLOSE, CLOSE, EXTERNAL }} },
	{ XMPP_REQUIRED, XMPP_OPTIONAL, true, {{ CLOSE, DIALBACK, EITHER }} },
	{ XMPP_REQUIRED, XMPP_OPTIONAL, false, {{ CLOSE, CLOSE, EXTERNAL }} },
	{ XMPP_REQUIRED, XMPP_OFF, true, {{ CLOSE, DIALBACK, DIALBACK }} },
	{ XMPP_REQUIRED, XMPP_OFF, false, {{ CLOSE, CLOSE, CLOSE }} },
	{ XMPP_OPTIONAL, XMPP_REQUIRED, true,
		{{ DIALBACK, DIALBACK, EITHER }} },
	{ XMPP_OPTIONAL, XMPP_REQUIRED, false, {{ CLOSE, CLOSE, EXTERNAL }} },
	{ XMPP_OPTIONAL, XMPP_OPTIONAL, true,
		{{ DIALBACK, DIALBACK, EITHER }} },
	{ XMPP_OPTIONAL, XMPP_OPTIONAL, false, {{ CLOSE, CLOSE, EXTERNAL }} },
	{ XMPP_OPTIONAL, XMPP_OFF, true, {{ DIALBACK, DIALBACK, DIALBACK }} },
	{ XMPP_OPTIONAL, XMPP_OFF, false, {{ CLOSE, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_REQUIRED, true, {{ DIALBACK, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_REQUIRED, false, {{ CLOSE, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_OPTIONAL, true, {{ DIALBACK, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_OPTIONAL, false, {{ CLOSE, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_OFF, true, {{ DIALBACK, CLOSE, CLOSE }} },
	{ XMPP_OFF, XMPP_OFF, false, {{ CLOSE, CLOSE, CLOSE }} },
};

struct xmpp_ways xmpp_ways_of(const struct xmpp_partner *p)
{
	if (!p || p->blocked)
		return (struct xmpp_ways){ { CLOSE, CLOSE, CLOSE } };
	for (size_t i = 0; i < sizeof(oracle) / sizeof(oracle[0]); i++)
		if (oracle[i].tls == p->tls && oracle[i].sasl == p->sasl &&
			oracle[i].dialback == p->dialback)
			return oracle[i].ways;
	return (struct xmpp_ways){ { CLOSE, CLOSE, CLOSE } };
}

bool xmpp_ways_none(const struct xmpp_ways *w)
{
	for (size_t i = 0; i < XMPP_CHANNEL_COUNT; i++)
		if (w->on[i] != XMPP_CLOSE)
			return false;
	return true;
}

bool xmpp_ways_tls(const struct xmpp_ways *w)
{
	return w->on[XMPP_CHANNEL_UNPROVEN] != XMPP_CLOSE ||
		w->on[XMPP_CHANNEL_PROVEN] != XMPP_CLOSE;
}

bool xmpp_ways_external(const struct xmpp_ways *w, enum xmpp_channel channel)
{
	return w->on[channel] == XMPP_BY_EXTERNAL ||
		w->on[channel] == XMPP_BY_EITHER;
}

bool xmpp_ways_dialback(const struct xmpp_ways *w, enum xmpp_channel channel)
{
	return w->on[channel] == XMPP_BY_DIALBACK ||
		w->on[channel] == XMPP_BY_EITHER;
}

bool xmpp_ways_allow(const struct xmpp_ways *w, enum xmpp_auth auth)
{
	switch (auth) {
	case XMPP_AUTH_NONE:
		return false;
	case XMPP_AUTH_EXTERNAL:
		return xmpp_ways_external(w, XMPP_CHANNEL_PROVEN);
	case XMPP_AUTH_DIALBACK:
		return xmpp_ways_dialback(w, XMPP_CHANNEL_UNPROVEN) ||
			xmpp_ways_dialback(w, XMPP_CHANNEL_PROVEN);
	case XMPP_AUTH_DIALBACK_PLAIN:
		return xmpp_ways_dialback(w, XMPP_CHANNEL_PLAIN);
	case XMPP_AUTH_SECRET:
		return true;
	}
	return false;
}
