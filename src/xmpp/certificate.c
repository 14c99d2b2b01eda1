/*
 * What a peer's certificate is worth: the one place that decides.
 * RFC 6120, 13.7; RFC 9525; trust.md I04.
 */
#include "xmpp/certificate.h"

#include <stdio.h>
#include <string.h>

static bool fails(struct xmpp_problem *ret, enum xmpp_step step,
	const char *text, const char *detail)
{
	if (!ret)
		return false;
	ret->step = step;
	snprintf(ret->why, sizeof(ret->why), "%s%.300s", text, detail);
	return false;
}

/* What DNSSEC says goes before all authorities.  RFC 7673, RFC 7712. */
static enum io_dane_verdict ask_dane(const struct xmpp_stream *s,
	const char *ascii, const char *remote, const char **ret_why)
{
	const char *names[] = { ascii, s->dane_host, NULL };

	if (!s->remote || strcmp(s->remote, remote) != 0)
		return IO_DANE_SILENT;
	if (s->dane_ask) {
		*ret_why = "its TLSA records are being asked for";
		return IO_DANE_MISMATCH;
	}
	return io_stream_dane(s->io, s->dane, names, ret_why);
}

bool xmpp_certificate(const struct xmpp_stream *s, const char *remote,
	struct xmpp_problem *ret)
{
	const struct io_identity *id =
		s->secure ? io_stream_identity(s->io) : NULL;
	const char *why = NULL;
	char ascii[256] = "";
	bool named = io_domain_to_ascii(str_from(remote), ascii,
			     sizeof(ascii)) == 0;

	if (!id || !id->present)
		return fails(ret, XMPP_STEP_TLS_CHAIN,
			"it showed no certificate", "");
	switch (ask_dane(s, ascii, remote, &why)) {
	case IO_DANE_MATCH:
		return true;
	case IO_DANE_MISMATCH:
		return fails(ret, XMPP_STEP_DANE,
			"its certificate fails DANE: ", why);
	case IO_DANE_SILENT:
		break;
	}
	if (!id->trusted)
		return fails(ret, XMPP_STEP_TLS_CHAIN,
			"its certificate is not trusted: ",
			id->why ? id->why : "unknown reason");
	if (!named || !io_identity_names_xmpp(id, str_from(ascii)))
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
