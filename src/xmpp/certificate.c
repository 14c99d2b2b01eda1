/*
 * What a peer's certificate is worth: the one place that decides.
 * RFC 6120, 13.7; RFC 9525; trust.md I04.
 */
#include "xmpp/certificate.h"

#include <stdio.h>

static bool fails(struct xmpp_problem *ret, enum xmpp_step step,
	const char *text, const char *detail)
{
	if (!ret)
		return false;
	ret->step = step;
	snprintf(ret->why, sizeof(ret->why), "%s%.300s", text, detail);
	return false;
}

bool xmpp_certificate(const struct xmpp_stream *s, const char *remote,
	struct xmpp_problem *ret)
{
	const struct io_identity *id =
		s->secure ? io_stream_identity(s->io) : NULL;
	char ascii[256];

	if (!id || !id->present)
		return fails(ret, XMPP_STEP_TLS_CHAIN,
			"it showed no certificate", "");
	if (!id->trusted)
		return fails(ret, XMPP_STEP_TLS_CHAIN,
			"its certificate is not trusted: ",
			id->why ? id->why : "unknown reason");
	if (io_domain_to_ascii(str_from(remote), ascii, sizeof(ascii)) ||
		!io_identity_names_xmpp(id, str_from(ascii)))
		return fails(ret, XMPP_STEP_TLS_NAME,
			"its certificate does not name ", remote);
	return true;
}

enum xmpp_channel xmpp_channel(const struct xmpp_stream *s, const char *remote)
{
	if (!s->secure)
		return XMPP_CHANNEL_PLAIN;
	return remote && xmpp_certificate(s, remote, NULL)
		? XMPP_CHANNEL_PROVEN
		: XMPP_CHANNEL_UNPROVEN;
}
