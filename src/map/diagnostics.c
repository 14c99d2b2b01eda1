/*
 * diagnostics.c: what Microsoft's servers tell of a failure, in words.
 * ms-diagnostics and ms-diagnostics-public; lync.md 2.8.
 */
#include "map/map.h"
#include "sip/message.h"

/* By id.  Without words for the user those of the status do: what would help
 * is for the administrators then. */
static const struct map_diagnosis rows[] = {
	{ 1000, STOX_NO_ERROR, NULL,
		"the last step of a sign-in failed at their server; it is not "
		"about this gateway" },
	{ 1001, STOX_FORBIDDEN,
		"The contact is not allowed to talk to people of public "
		"services; only the administrators over there can change that",
		"their user may not use public providers; they have to grant "
		"EnablePublicCloudAccess" },
	{ 1002, STOX_FORBIDDEN,
		"The contact is not allowed to talk to people of other "
		"organisations; only the administrators over there can change "
		"that",
		"their user may not federate; they have to grant "
		"EnableFederationAccess" },
	{ 1003, STOX_ITEM_NOT_FOUND,
		"The contact does not exist on the SIP side",
		"there is no such user at their server" },
	{ 1004, STOX_RECIPIENT_UNAVAILABLE,
		"The conversation was interrupted on the SIP side; please try "
		"again",
		"their servers have changed, so the route set of the dialog is "
		"no longer valid; a new dialog is needed" },
	{ 1005, STOX_REMOTE_SERVER_NOT_FOUND,
		"The SIP side does not know the way to your domain; its "
		"administrators have to set it up",
		"they have no static route and no allowed domain for ours" },
	{ 1006, STOX_REMOTE_SERVER_TIMEOUT,
		"The connection to the contact's program broke; please try "
		"again",
		"an error on the connection to their client" },
	{ 1007, STOX_REMOTE_SERVER_TIMEOUT,
		"The SIP side cannot deliver this at the moment; please try "
		"again later",
		"their server cannot route at the moment" },
	{ 1008, STOX_NO_ERROR, NULL,
		"they cannot resolve the SRV record of our domain: check "
		"_sipfederationtls._tcp" },
	{ 1009, STOX_NO_ERROR, NULL,
		"the SRV record of our domain names a host outside of it: the "
		"target has to stand directly in the domain, or they have to "
		"name our host as an allowed partner server" },
	{ 1010, STOX_NO_ERROR, NULL,
		"they and the next server do not trust each other's "
		"certificates: compare tls-target and PeerServer with the "
		"names in the certificate, and look at its authority" },
	{ 1011, STOX_NO_ERROR, NULL,
		"a server further on failed without a reason; look at the logs "
		"one server further" },
	{ 1012, STOX_FORBIDDEN,
		"The contact is not allowed to talk to people outside; only "
		"the administrators over there can change that",
		"a policy of theirs keeps the user from talking to people "
		"outside" },
	{ 1013, STOX_NO_ERROR, NULL,
		"the clocks of two machines differ too much; check the time on "
		"both sides" },
	{ 1014, STOX_NO_ERROR, NULL,
		"they cannot resolve the address (A record) of a host: check "
		"the DNS entry of our host" },
	{ 1017, STOX_NO_ERROR, NULL,
		"their domain is split between two installations (hybrid), and "
		"the two domains cannot be combined; our domain must not be in "
		"a shared address space" },
	{ 1027, STOX_FEATURE_NOT_IMPLEMENTED,
		"The SIP side does not let this kind of message through to "
		"other organisations",
		"their edge does not let this method or content through to "
		"federated partners" },
	{ 1034, STOX_NO_ERROR, NULL,
		"the error came from a federated partner that told no more: it "
		"may be from this gateway, so look at the log before this" },
	{ 1047, STOX_NO_ERROR, NULL,
		"TLS with a federated partner failed: check the chain of the "
		"certificate and the versions of TLS (tls_min)" },
	{ 2000, STOX_NO_ERROR, NULL,
		"their server no longer knows the watcher that was "
		"acknowledged; nothing is to be done" },
	{ 2001, STOX_NO_ERROR, NULL,
		"the contact that was changed is in no list of theirs" },
	{ 2002, STOX_NO_ERROR, NULL,
		"the group that was changed is in no list of theirs" },
	{ 2004, STOX_FORBIDDEN,
		"You may not see when the contact is available",
		"the watcher is not authorised by their user" },
	{ 2005, STOX_NO_ERROR, NULL,
		"they do not know the user in From" },
	{ 2006, STOX_NO_ERROR, NULL,
		"a limit of containers is reached at their server" },
	{ 2007, STOX_NO_ERROR, NULL,
		"a limit of members of a container is reached at their server" },
	{ 2008, STOX_NO_ERROR, NULL,
		"a limit of contacts is reached at their server" },
	{ 2009, STOX_NO_ERROR, NULL,
		"a limit of groups is reached at their server" },
	{ 2010, STOX_NO_ERROR, NULL,
		"a limit of categories is reached at their server" },
	{ 2011, STOX_NO_ERROR, NULL,
		"a limit of published categories is reached at their server" },
	{ 2012, STOX_NO_ERROR, NULL,
		"a limit of category subscriptions is reached at their server" },
	{ 2013, STOX_NO_ERROR, NULL,
		"their server wants msrtc-event-categories, which only its own "
		"clients speak: the request went to a home server instead of an "
		"edge" },
	{ 2014, STOX_NO_ERROR, NULL,
		"their server has forgotten the subscription; a new one is made" },
	{ 2016, STOX_NO_ERROR, NULL,
		"their server wants a new subscription; it is made" },
	{ 2165, STOX_NO_ERROR, NULL,
		"the contact list of their user has moved to Exchange; it is "
		"not about this gateway" },
	{ 4005, STOX_ITEM_NOT_FOUND,
		"The contact's account is not enabled on the SIP side",
		"the user is not enabled at their server" },
	{ 4006, STOX_ITEM_NOT_FOUND,
		"The contact does not exist on the SIP side",
		"the user is in another pool than the one that was asked" },
	{ 4007, STOX_ITEM_NOT_FOUND,
		"The contact does not exist on the SIP side",
		"their server does not know the resource that was asked for" },
	{ 4010, STOX_NO_ERROR, NULL,
		"the id of an endpoint (epid) is missing; it is about their "
		"client" },
	{ 4011, STOX_NO_ERROR, NULL,
		"an endpoint id (epid) is not there; it is about their client" },
	{ 4012, STOX_NO_ERROR, NULL,
		"an endpoint id (epid) is too long; it is about their client" },
	{ 4141, STOX_ITEM_NOT_FOUND,
		"The contact's account is disabled on the SIP side",
		"the user is disabled at their server" },
	{ 7008, STOX_NO_ERROR, NULL,
		"a conferencing server did not understand a description of a "
		"session (SDP)" },
	{ 10003, STOX_NO_ERROR, NULL,
		"a mediation server passes on the failure of a proxy; the "
		"status tells more" },
	{ 13004, STOX_NO_ERROR, NULL,
		"the request is being passed to the programs where the user is "
		"signed in" },
	{ 24083, STOX_RECIPIENT_UNAVAILABLE,
		"The conversation has ended on the SIP side; please try again",
		"a message came outside of its dialog, which has ended there; "
		"a new one is needed" },
	{ 52017, STOX_NO_ERROR, NULL,
		"the two sides do not agree on the encryption of media" },
};

const struct map_diagnosis *map_diagnosis_at(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct map_diagnosis *map_diagnosis(unsigned id)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].id == id)
			return &rows[middle];
		if (rows[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Without its quotes; escapes stay as they are. */
static struct str field(struct str params, const char *name)
{
	struct str value = { NULL, 0 };

	if (!sip_param(params, name, &value) || !value.p)
		return STR("");
	if (value.len >= 2 && value.p[0] == '"' &&
		value.p[value.len - 1] == '"')
		return (struct str){ value.p + 1, value.len - 2 };
	return value;
}

int map_diagnostics_read(struct str item, struct map_diagnostics *ret)
{
	struct str params = item, digits = str_trim(str_cut(&params, ';'));
	uint64_t id;

	if (str_to_u64(digits, UINT32_MAX, &id) < 0)
		return -STOX_EINVAL;
	if (!params.p)
		params = STR("");
	*ret = (struct map_diagnostics){
		.id = (unsigned)id,
		.reason = field(params, "reason"),
		.source = field(params, "source"),
		.error_type = field(params, "ErrorType"),
		.target = field(params, "tls-target"),
		.peer = field(params, "PeerServer"),
		.domain = field(params, "Domain"),
		.hresult = field(params, "HRESULT"),
	};
	return 0;
}
