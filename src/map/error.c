/*
 * error.c: stanza errors and SIP status codes, both ways.  RFC 7247, 7 with the
 * corrections that RFC 4320 asks for: no 408 and no challenge that we cannot
 * make; 503 would make a peer give the whole gateway up.
 */
#include "map/map.h"

enum { RETRY_LATER_S = 30 };

static const struct map_status statuses[STOX_CONDITION_COUNT] = {
	[STOX_NO_ERROR] = { .status = 500 },
	[STOX_BAD_REQUEST] = { .status = 400 },
	[STOX_CONFLICT] = { .status = 400 },
	[STOX_FEATURE_NOT_IMPLEMENTED] = { .status = 501 },
	[STOX_FORBIDDEN] = { .status = 403 },
	[STOX_GONE] = { .status = 410 },
	[STOX_INTERNAL_SERVER_ERROR] = { .status = 500 },
	[STOX_ITEM_NOT_FOUND] = { .status = 404 },
	[STOX_JID_MALFORMED] = { .status = 400 },
	[STOX_NOT_ACCEPTABLE] = { .status = 406 },
	[STOX_NOT_ALLOWED] = { .status = 403 },
	/* 401 and 407 would have to carry a challenge */
	[STOX_NOT_AUTHORIZED] = { .status = 403 },
	[STOX_POLICY_VIOLATION] = { .status = 403 },
	[STOX_RECIPIENT_UNAVAILABLE] = { .status = 480 },
	/* 302 would have to carry a Contact */
	[STOX_REDIRECT] = { .status = 480 },
	[STOX_REGISTRATION_REQUIRED] = { .status = 403 },
	[STOX_REMOTE_SERVER_NOT_FOUND] = { .status = 404 },
	[STOX_REMOTE_SERVER_TIMEOUT] = { .status = 504 },
	[STOX_RESOURCE_CONSTRAINT] = { .status = 500,
		.retry_after = RETRY_LATER_S },
	[STOX_SERVICE_UNAVAILABLE] = { .status = 480 },
	[STOX_SUBSCRIPTION_REQUIRED] = { .status = 403 },
	[STOX_UNDEFINED_CONDITION] = { .status = 400 },
	[STOX_UNEXPECTED_REQUEST] = { .status = 400 },
};

struct map_status map_error_to_sip(enum stox_condition condition)
{
	stox_require(condition >= 0 && condition < STOX_CONDITION_COUNT);
	return statuses[condition];
}

struct row {
	unsigned status;
	struct map_condition to;
};

/* By status.  What is not listed is read as x00 of its class, as a SIP client
 * does.  RFC 3261, 8.1.3.2. */
static const struct row rows[] = {
	{ 300, { STOX_REDIRECT, "modify",
		"The contact can be reached at other addresses "
		"(300 Multiple Choices)." } },
	{ 301, { STOX_GONE, "cancel",
		"The contact has moved to another address for good "
		"(301 Moved Permanently)." } },
	{ 302, { STOX_REDIRECT, "modify",
		"The contact has moved to another address for now "
		"(302 Moved Temporarily)." } },
	{ 305, { STOX_REDIRECT, "modify",
		"The contact can be reached only through another server "
		"(305 Use Proxy)." } },
	{ 380, { STOX_NOT_ACCEPTABLE, "modify",
		"The contact can be reached only in another way "
		"(380 Alternative Service)." } },
	{ 400, { STOX_BAD_REQUEST, "modify",
		"The SIP side did not understand the request "
		"(400 Bad Request)." } },
	{ 401, { STOX_NOT_AUTHORIZED, "auth",
		"The SIP side does not know this gateway "
		"(401 Unauthorized)." } },
	{ 402, { STOX_BAD_REQUEST, "modify",
		"The SIP side asks for a payment (402 Payment Required)." } },
	{ 403, { STOX_FORBIDDEN, "auth",
		"The SIP side does not allow this, or the contact has blocked "
		"you (403 Forbidden)." } },
	{ 404, { STOX_ITEM_NOT_FOUND, "cancel",
		"The contact does not exist on the SIP side "
		"(404 Not Found)." } },
	{ 405, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"The contact cannot be reached in this way "
		"(405 Method Not Allowed)." } },
	{ 406, { STOX_NOT_ACCEPTABLE, "modify",
		"The contact's client cannot use this kind of content "
		"(406 Not Acceptable)." } },
	{ 407, { STOX_REGISTRATION_REQUIRED, "auth",
		"A server on the SIP side does not know this gateway "
		"(407 Proxy Authentication Required)." } },
	{ 408, { STOX_REMOTE_SERVER_TIMEOUT, "wait",
		"The SIP side did not answer in time "
		"(408 Request Timeout)." } },
	{ 410, { STOX_GONE, "cancel",
		"The contact no longer exists on the SIP side "
		"(410 Gone)." } },
	{ 412, { STOX_BAD_REQUEST, "modify",
		"The SIP side has forgotten what was said before "
		"(412 Conditional Request Failed)." } },
	{ 413, { STOX_POLICY_VIOLATION, "modify",
		"The message is too long for the SIP side "
		"(413 Request Entity Too Large)." } },
	{ 414, { STOX_POLICY_VIOLATION, "modify",
		"The address is too long for the SIP side "
		"(414 Request-URI Too Long)." } },
	{ 415, { STOX_NOT_ACCEPTABLE, "modify",
		"The contact's client cannot show this kind of message "
		"(415 Unsupported Media Type)." } },
	{ 416, { STOX_NOT_ACCEPTABLE, "modify",
		"The SIP side does not know this kind of address "
		"(416 Unsupported URI Scheme)." } },
	{ 417, { STOX_BAD_REQUEST, "modify",
		"The SIP side does not know the priority "
		"(417 Unknown Resource-Priority)." } },
	{ 420, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"The SIP side lacks a feature that is needed "
		"(420 Bad Extension)." } },
	{ 421, { STOX_NOT_ACCEPTABLE, "modify",
		"The SIP side asks for a feature that the gateway lacks "
		"(421 Extension Required)." } },
	{ 422, { STOX_BAD_REQUEST, "modify",
		"The SIP side wants longer sessions "
		"(422 Session Interval Too Small)." } },
	{ 423, { STOX_RESOURCE_CONSTRAINT, "wait",
		"The SIP side wants to be asked less often "
		"(423 Interval Too Brief)." } },
	{ 424, { STOX_BAD_REQUEST, "modify",
		"The SIP side did not understand the location "
		"(424 Bad Location Information)." } },
	{ 425, { STOX_BAD_REQUEST, "modify",
		"The SIP side did not understand the alert "
		"(425 Bad Alert Message)." } },
	{ 428, { STOX_BAD_REQUEST, "modify",
		"The SIP side wants a signed identity "
		"(428 Use Identity Header)." } },
	{ 429, { STOX_BAD_REQUEST, "modify",
		"The SIP side wants to know who made the referral "
		"(429 Provide Referrer Identity)." } },
	{ 430, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The connection to the contact is broken "
		"(430 Flow Failed)." } },
	{ 433, { STOX_BAD_REQUEST, "modify",
		"The contact does not take anonymous requests "
		"(433 Anonymity Disallowed)." } },
	{ 436, { STOX_BAD_REQUEST, "modify",
		"The SIP side could not check the identity "
		"(436 Bad Identity Info)." } },
	{ 437, { STOX_BAD_REQUEST, "modify",
		"The SIP side does not accept the credential "
		"(437 Unsupported Credential)." } },
	{ 438, { STOX_BAD_REQUEST, "modify",
		"The SIP side does not accept the identity "
		"(438 Invalid Identity Header)." } },
	{ 439, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"A server on the SIP side lacks a feature that is needed "
		"(439 First Hop Lacks Outbound Support)." } },
	{ 440, { STOX_POLICY_VIOLATION, "modify",
		"The request would spread to too many places "
		"(440 Max-Breadth Exceeded)." } },
	{ 469, { STOX_BAD_REQUEST, "modify",
		"The contact's client does not want this information "
		"(469 Bad Info Package)." } },
	{ 470, { STOX_BAD_REQUEST, "modify",
		"The contact has not agreed to this "
		"(470 Consent Needed)." } },
	{ 480, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact is not available now "
		"(480 Temporarily Unavailable)." } },
	{ 481, { STOX_ITEM_NOT_FOUND, "cancel",
		"The conversation no longer exists on the SIP side "
		"(481 Call/Transaction Does Not Exist)." } },
	{ 482, { STOX_NOT_ACCEPTABLE, "cancel",
		"The request came back in a loop (482 Loop Detected)." } },
	{ 483, { STOX_NOT_ACCEPTABLE, "cancel",
		"The request passed too many servers "
		"(483 Too Many Hops)." } },
	{ 484, { STOX_ITEM_NOT_FOUND, "cancel",
		"The address is incomplete (484 Address Incomplete)." } },
	{ 485, { STOX_ITEM_NOT_FOUND, "cancel",
		"The address fits several contacts (485 Ambiguous)." } },
	{ 486, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact is busy (486 Busy Here)." } },
	{ 487, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The request was ended before the contact answered "
		"(487 Request Terminated)." } },
	{ 488, { STOX_NOT_ACCEPTABLE, "modify",
		"The contact's client does not accept this kind of session "
		"(488 Not Acceptable Here)." } },
	{ 489, { STOX_POLICY_VIOLATION, "cancel",
		"The SIP side does not share this information "
		"(489 Bad Event)." } },
	{ 491, { STOX_UNEXPECTED_REQUEST, "wait",
		"Another request of the same conversation is under way "
		"(491 Request Pending)." } },
	{ 493, { STOX_BAD_REQUEST, "modify",
		"The contact's client could not decrypt the message "
		"(493 Undecipherable)." } },
	{ 494, { STOX_NOT_ACCEPTABLE, "cancel",
		"The SIP side asks for an agreement on security "
		"(494 Security Agreement Required)." } },
	{ 500, { STOX_INTERNAL_SERVER_ERROR, "wait",
		"A server on the SIP side has failed "
		"(500 Server Internal Error)." } },
	{ 501, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"The SIP side cannot do this (501 Not Implemented)." } },
	{ 502, { STOX_REMOTE_SERVER_NOT_FOUND, "cancel",
		"A server on the SIP side could not reach the next one "
		"(502 Bad Gateway)." } },
	{ 503, { STOX_INTERNAL_SERVER_ERROR, "wait",
		"The SIP side is overloaded or under maintenance "
		"(503 Service Unavailable)." } },
	{ 504, { STOX_REMOTE_SERVER_TIMEOUT, "wait",
		"A server on the SIP side got no answer in time "
		"(504 Server Time-out)." } },
	{ 505, { STOX_NOT_ACCEPTABLE, "cancel",
		"The SIP side speaks another version of SIP "
		"(505 Version Not Supported)." } },
	{ 513, { STOX_POLICY_VIOLATION, "modify",
		"The message is too long for the SIP side "
		"(513 Message Too Large)." } },
	{ 555, { STOX_INTERNAL_SERVER_ERROR, "wait",
		"The SIP side cannot wake the contact's device "
		"(555 Push Notification Service Not Supported)." } },
	{ 580, { STOX_NOT_ACCEPTABLE, "wait",
		"The SIP side could not prepare the session "
		"(580 Precondition Failure)." } },
	{ 600, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact is busy everywhere (600 Busy Everywhere)." } },
	{ 603, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact has declined (603 Decline)." } },
	{ 604, { STOX_ITEM_NOT_FOUND, "cancel",
		"The contact does not exist on the SIP side "
		"(604 Does Not Exist Anywhere)." } },
	{ 606, { STOX_NOT_ACCEPTABLE, "modify",
		"The contact does not accept this kind of session "
		"(606 Not Acceptable)." } },
	{ 607, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact does not want this (607 Unwanted)." } },
	{ 608, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"A server on the contact's behalf has refused this "
		"(608 Rejected)." } },
};

/* By the first digit, for codes that are not registered. */
static const struct map_condition classes[] = {
	[3] = { STOX_REDIRECT, "modify",
		"The contact is to be looked for elsewhere, for a reason that "
		"the gateway does not know (a SIP status like "
		"300 Multiple Choices)." },
	[4] = { STOX_BAD_REQUEST, "modify",
		"The SIP side refused, for a reason that the gateway does not "
		"know (a SIP status like 400 Bad Request)." },
	[5] = { STOX_INTERNAL_SERVER_ERROR, "wait",
		"A server on the SIP side has failed, for a reason that the "
		"gateway does not know (a SIP status like "
		"500 Server Internal Error)." },
	[6] = { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact cannot be reached anywhere, for a reason that the "
		"gateway does not know (a SIP status like "
		"600 Busy Everywhere)." },
};

struct map_condition map_error_to_xmpp(unsigned status)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].status == status)
			return rows[middle].to;
		if (rows[middle].status < status)
			low = middle + 1;
		else
			high = middle;
	}
	if (status >= 300 && status < 700)
		return classes[status / 100];
	return (struct map_condition){ STOX_UNDEFINED_CONDITION, "cancel",
		"The SIP side gave an answer that makes no sense here." };
}

/* Where Lync means something else by a status, or more by a warning; 0 is any.
 * Those with a warning stand first. */
static const struct {
	unsigned status, warning;
	struct map_condition to;
} lync_rows[] = {
	{ 480, 391, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact does not want to be disturbed (480)." } },
	{ 488, 308, { STOX_NOT_ACCEPTABLE, "cancel",
		"The two sides do not agree on encryption (488)." } },
	{ 606, 309, { STOX_POLICY_VIOLATION, "modify",
		"A filter on the SIP side has blocked the message, perhaps for "
		"a link or a file in it (606)." } },
	{ 408, 0, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact's program did not answer in time "
		"(408 Request Timeout)." } },
	{ 415, 0, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"The contact's program cannot show this kind of message "
		"(415 Unsupported Media Type)." } },
	{ 481, 0, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The conversation no longer exists on the SIP side; please try "
		"again (481 Call/Transaction Does Not Exist)." } },
	{ 486, 0, { STOX_RECIPIENT_UNAVAILABLE, "wait",
		"The contact does not want to be disturbed (486 Busy Here)." } },
	{ 488, 0, { STOX_FEATURE_NOT_IMPLEMENTED, "cancel",
		"The contact's program does not take this kind of session "
		"(488 Not Acceptable Here)." } },
	{ 500, 0, { STOX_REMOTE_SERVER_TIMEOUT, "wait",
		"A server on the SIP side has failed "
		"(500 Server Internal Error)." } },
	{ 503, 0, { STOX_REMOTE_SERVER_TIMEOUT, "wait",
		"The SIP side is overloaded or under maintenance "
		"(503 Service Unavailable)." } },
	{ 603, 0, { STOX_NOT_ACCEPTABLE, "cancel",
		"The contact has declined (603 Decline)." } },
};

struct map_condition map_error_lync(unsigned status, unsigned warning)
{
	for (size_t i = 0; i < sizeof(lync_rows) / sizeof(lync_rows[0]); i++)
		if (lync_rows[i].status == status &&
			(!lync_rows[i].warning ||
				lync_rows[i].warning == warning))
			return lync_rows[i].to;
	return map_error_to_xmpp(status);
}
