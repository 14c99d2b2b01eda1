/*
 * stox/types.h: the words that every part of stox and every plugin share.
 * Opaque types and enums only; no function lives here.
 */
#ifndef STOX_TYPES_H
#define STOX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marks what a plugin may call; everything else is hidden in the daemon. */
#define STOX_API __attribute__((visibility("default")))

/** Results are 0, a count, or one of these negated. */
enum stox_error {
	STOX_EINVAL = 1, /* the caller's mistake: a bad argument or state */
	STOX_ENOENT,     /* no such thing */
	STOX_EEXIST,     /* it is there already */
	STOX_EGONE,      /* it was there and has ended */
	STOX_ETOOBIG,    /* a limit was reached */
	STOX_ENOMEM,     /* the memory budget is spent */
	STOX_EPROTO,     /* what the peer said is not in the protocol */
	STOX_EPERM,      /* policy forbids it */
	STOX_ENOROUTE,   /* nobody serves that domain */
	STOX_EIO,        /* the system failed: disk, socket, library */
	STOX_ETIME,      /* it took too long */
	STOX_ENOTSUP,    /* a feature that this build or peer lacks */
};

/** The two worlds.  A domain lives on exactly one of them. */
enum stox_side { STOX_ANY = 0, STOX_XMPP, STOX_SIP };

/** The stanza error conditions.  RFC 6120, 8.3.3. */
enum stox_condition {
	STOX_NO_ERROR = 0,
	STOX_BAD_REQUEST,
	STOX_CONFLICT,
	STOX_FEATURE_NOT_IMPLEMENTED,
	STOX_FORBIDDEN,
	STOX_GONE,
	STOX_INTERNAL_SERVER_ERROR,
	STOX_ITEM_NOT_FOUND,
	STOX_JID_MALFORMED,
	STOX_NOT_ACCEPTABLE,
	STOX_NOT_ALLOWED,
	STOX_NOT_AUTHORIZED,
	STOX_POLICY_VIOLATION,
	STOX_RECIPIENT_UNAVAILABLE,
	STOX_REDIRECT,
	STOX_REGISTRATION_REQUIRED,
	STOX_REMOTE_SERVER_NOT_FOUND,
	STOX_REMOTE_SERVER_TIMEOUT,
	STOX_RESOURCE_CONSTRAINT,
	STOX_SERVICE_UNAVAILABLE,
	STOX_SUBSCRIPTION_REQUIRED,
	STOX_UNDEFINED_CONDITION,
	STOX_UNEXPECTED_REQUEST,
	STOX_CONDITION_COUNT
};

/** How urgently a log line speaks; the numbers are syslog's. */
enum stox_level {
	STOX_LOG_ERROR = 3,
	STOX_LOG_WARN = 4,
	STOX_LOG_INFO = 6,
	STOX_LOG_DEBUG = 7,
};

struct stox_element;  /* one XML element and its children */
struct stox_exchange; /* one request crossing, answered or begun here */
struct stox_plugin;   /* a plugin's descriptor, see plugin.h */

#endif
