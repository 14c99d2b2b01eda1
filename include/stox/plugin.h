/*
 * stox/plugin.h: the stable interface of plugins.
 *
 *     peer A -- in -->  accept > route > translate > adjust  -- out --> peer B
 *            <- reply -------------- reply <-------------- answer --
 *                          observe (read-only, may not delay)
 *
 * An exchange is four slots, each written at most once, left to right: `in`
 * (what came), `out` (what goes to the other world), `answer` (what came back)
 * and `reply` (what the sender hears).  Hooks are const data: phase, side and what they match.
 * A hook returns exactly one verdict.
 *
 * What a plugin gets is borrowed until its hook (or its continuation) returns;
 * what it gives is copied; what it registered is undone by the core.  It runs
 * on the loop thread and must not block.  It keeps no mutable statics: its
 * state is what init() returns.
 *
 * Changes of the interface: ABI 1, the first.
 */
#ifndef STOX_PLUGIN_H
#define STOX_PLUGIN_H

#include "stox/service/xml.h"
#include "stox/types.h"

#define STOX_ABI 1

/** A plugin's handle on its node: given to init(), valid until close(). */
struct stox_host;

/* ---- verdicts ------------------------------------------------------------ */

/** A struct, so that a hook that forgets to return one does not compile. */
typedef struct stox_verdict {
	int code;
} stox_verdict;

/** Why a continuation runs. */
enum stox_why {
	STOX_WAIT_WOKEN,   /* stox_wake() */
	STOX_WAIT_TIMEOUT, /* the wait's own time is over */
	STOX_WAIT_GONE,    /* the exchange ends: deadline, cancel, unload.  The
	               * verdict is ignored; free what you hold */
};
typedef stox_verdict stox_then(struct stox_exchange *x, enum stox_why why, void *arg);

/** Go on with the next hook. */
STOX_API stox_verdict stox_next(struct stox_exchange *x);
/** This phase is settled; in `translate`: out is written. */
STOX_API stox_verdict stox_done(struct stox_exchange *x);
/** `translate`: the reply is written, there is no out. */
STOX_API stox_verdict stox_answered(struct stox_exchange *x);
/** `translate`: a session now owes the reply; see service/session.h. */
STOX_API stox_verdict stox_taken(struct stox_exchange *x);
/** Refuse.  @text is a sentence for the sender, may be NULL.  One table gives
 *  the SIP status.  RFC 7247, 7. */
STOX_API stox_verdict stox_reject(struct stox_exchange *x,
	enum stox_condition condition, const char *text);
/**
 * Stop here until stox_wake() or @timeout_ms; then @then runs, exactly once,
 * on a fresh stack.  The exchange's own deadline may end the wait first.
 * Only this exchange's lane waits.
 */
STOX_API stox_verdict stox_wait(struct stox_exchange *x, unsigned timeout_ms,
	stox_then *then, void *arg, uint64_t *ret_token);
/** End a wait.  Returns 0, or -STOX_EGONE when it has ended already. */
STOX_API int stox_wake(struct stox_host *host, uint64_t token);

/* ---- hooks ----------------------------------------------------------------- */

enum stox_phase {
	STOX_ACCEPT = 1, /* may this be? */
	STOX_ROUTE,      /* where does it go? */
	STOX_TRANSLATE,  /* make `out`, or answer */
	STOX_ADJUST,     /* add to `out`; sees what sessions begin as well */
	STOX_REPLY,      /* make `reply` from `answer` */
	STOX_OBSERVE,    /* look at the finished exchange */
};

struct stox_hook {
	enum stox_phase phase;
	enum stox_side from;   /* where `in` came from; STOX_ANY: both.  What a session
	                        * begins has the side it is sent from: an
	                        * exchange towards SIP is "from" XMPP */
	const char *name;      /* stanza name or SIP method; NULL: any */
	const char *type;      /* stanza type ("get"); NULL: any */
	const char *ns;        /* namespace of a stanza's payload child; NULL: any */
	int order;             /* within the phase, small first; then the more
	                        * specific match, then load order */
	stox_verdict (*run)(void *state, struct stox_exchange *x);
};

/* ---- options ---------------------------------------------------------------- */

enum stox_option_type {
	STOX_BOOL,     /* true, false */
	STOX_INT,      /* whole number with a unit */
	STOX_STRING,   /* text */
	STOX_WORD,     /* one of `words` */
	STOX_STRINGS,  /* list of texts */
	STOX_URIS,     /* list of texts, each checked to be a URI */
};
enum stox_scope { STOX_GLOBAL = 1, STOX_DOMAIN = 2, STOX_PARTNER = 4 };

/** A plugin's option is named <plugin>_<name> in the configuration.  The manual page
 *  is made from this. */
struct stox_option {
	const char *name;
	enum stox_option_type type;
	const char *unit;             /* "s", "bytes"; NULL: none */
	const char *value;            /* default: "true", "42", "text" or, for
	                               * a list, "one, two"; NULL: none */
	int64_t min, max;             /* STOX_INT; both 0: any */
	const char *const *words;     /* STOX_WORD, NULL-terminated */
	unsigned scope;               /* where it may stand; 0: STOX_GLOBAL */
	const char *help;             /* sentences for the manual */
};

/** The value in force for an exchange (its own configuration, its SIP domain
 *  first, then the global one).  @option points into the plugin's table. */
STOX_API bool stox_option_bool(const struct stox_exchange *x,
	const struct stox_option *option);
STOX_API int64_t stox_option_int(const struct stox_exchange *x,
	const struct stox_option *option);
/** Also the word of a STOX_WORD; NULL when unset. */
STOX_API const char *stox_option_string(const struct stox_exchange *x,
	const struct stox_option *option);
/** Element @index of a list, or NULL past its end. */
STOX_API const char *stox_option_item(const struct stox_exchange *x,
	const struct stox_option *option, size_t index);

/* ---- the exchange -------------------------------------------------------------- */

STOX_API uint64_t stox_id(const struct stox_exchange *x);
STOX_API enum stox_side stox_side_from(const struct stox_exchange *x);
/** The two ends as JIDs, whatever world they live in; canonical, full when
 *  the device is known. */
STOX_API const char *stox_from(const struct stox_exchange *x);
STOX_API const char *stox_to(const struct stox_exchange *x);
/** "local@domain" of the two; the domain alone when there is no local part. */
STOX_API const char *stox_from_bare(const struct stox_exchange *x);
STOX_API const char *stox_to_bare(const struct stox_exchange *x);
STOX_API const char *stox_to_domain(const struct stox_exchange *x);
/** Is the addressee the domain itself, not a user of it? */
STOX_API bool stox_to_is_domain(const struct stox_exchange *x);
/** The domain of ours on XMPP in this exchange: the SIP domain, or the gateway at
 *  which its people are. */
STOX_API const char *stox_domain(const struct stox_exchange *x);
/** Memory that lives as long as the exchange, cleared. */
STOX_API void *stox_alloc(struct stox_exchange *x, size_t size);
STOX_API char *stox_printf(struct stox_exchange *x, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* in: immutable */

/** The stanza (namespace jabber:server), or NULL when `in` is SIP or empty. */
STOX_API const struct stox_element *stox_in_stanza(const struct stox_exchange *x);
/** The SIP method, or NULL. */
STOX_API const char *stox_in_method(const struct stox_exchange *x);
/** First SIP header of that (long) name, trimmed; NULL when absent. */
STOX_API const char *stox_in_header(const struct stox_exchange *x, const char *name);
/** Content-Type of the SIP body, or NULL; body bytes may hold anything. */
STOX_API const char *stox_in_type(const struct stox_exchange *x);
STOX_API const char *stox_in_body(const struct stox_exchange *x, size_t *ret_len);
/** Display name in From, unescaped, or NULL. */
STOX_API const char *stox_in_display(const struct stox_exchange *x);
/** When it came: microseconds since 1970, UTC. */
STOX_API uint64_t stox_in_time_us(const struct stox_exchange *x);

/* out: a draft in `translate` and `adjust`, then immutable */

/** Begin a SIP request from `from` to `to`; the addresses are mapped. */
STOX_API int stox_out_sip(struct stox_exchange *x, const char *method);
/** Add a header.  Line breaks and control characters cannot get through:
 *  they are replaced by a space. */
STOX_API int stox_out_header(struct stox_exchange *x, const char *name,
	const char *value);
STOX_API int stox_out_body(struct stox_exchange *x, const char *type,
	const void *bytes, size_t len);
/** Display name for From, UTF-8; control characters become spaces. */
STOX_API int stox_out_display(struct stox_exchange *x, const char *name);
/** Use this Call-ID, From tag and CSeq instead of fresh ones: several requests
 *  outside a dialog that belong together.  RFC 3261, 8.1.1.4. */
STOX_API int stox_out_call(struct stox_exchange *x, const char *call_id,
	const char *from_tag, uint32_t cseq);
/** A name that nobody can guess and that begins with the node's id, for
 *  Call-IDs and tags; lives in the exchange. */
STOX_API const char *stox_token(struct stox_exchange *x);
/** Begin a stanza with from, to and a fresh id; returns it to be filled. */
STOX_API struct stox_element *stox_out_stanza(struct stox_exchange *x,
	const char *name, const char *type);
/** The draft: method or stanza, NULL when it is of the other kind. */
STOX_API const char *stox_out_method(const struct stox_exchange *x);
STOX_API struct stox_element *stox_out_element(struct stox_exchange *x);

/* answer: immutable */

/** The error that the answer means, by one table for responses, stanzas and
 *  local events; STOX_NO_ERROR for success.  @ret_text (may be NULL) gets a
 *  sentence. */
STOX_API enum stox_condition stox_answer_error(const struct stox_exchange *x,
	const char **ret_text);
/** SIP status of a final response, 0 otherwise. */
STOX_API unsigned stox_answer_status(const struct stox_exchange *x);
STOX_API const char *stox_answer_header(const struct stox_exchange *x,
	const char *name);
/** The stanza that answered (IQ result, bounce), or NULL. */
STOX_API const struct stox_element *stox_answer_stanza(const struct stox_exchange *x);

/* reply: a draft in `translate` (with stox_answered()) and `reply` */

/** An XMPP reply of @type ("result"): same name and id, from and to swapped.
 *  NULL when `in` cannot be answered. */
STOX_API struct stox_element *stox_reply_stanza(struct stox_exchange *x,
	const char *type);
/** A SIP reply.  @reason NULL: the standard phrase. */
STOX_API int stox_reply_sip(struct stox_exchange *x, unsigned status,
	const char *reason);
STOX_API int stox_reply_header(struct stox_exchange *x, const char *name,
	const char *value);

/* ---- the node -------------------------------------------------------------------- */

/** Milliseconds on the clock that never jumps; seconds since 1970. */
STOX_API uint64_t stox_now_ms(struct stox_host *host);
STOX_API uint64_t stox_wall_s(struct stox_host *host);
/** A timer that runs @run(arg) once; returns a token, 0 on failure. */
STOX_API uint64_t stox_timer(struct stox_host *host, unsigned after_ms,
	void (*run)(void *arg), void *arg);
STOX_API void stox_timer_stop(struct stox_host *host, uint64_t token);
/** Run @run(arg) on a fresh stack, soon. */
STOX_API int stox_defer(struct stox_host *host, void (*run)(void *arg), void *arg);
/** Call @run when @fd is readable (1) or writable (2). */
STOX_API uint64_t stox_watch_fd(struct stox_host *host, int fd, int events,
	void (*run)(void *arg, int events), void *arg);
STOX_API void stox_unwatch_fd(struct stox_host *host, uint64_t token);
/** A log line of the plugin: @event is one word, then key=value. */
STOX_API void stox_log(struct stox_host *host, enum stox_level level,
	const struct stox_exchange *x, const char *event, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/** Name and version of the program, and the seconds it has run. */
STOX_API const char *stox_version(void);
STOX_API uint64_t stox_uptime_s(struct stox_host *host);
/** Features for disco#info, declared by all plugins, in order; NULL at the
 *  end. */
STOX_API const char *stox_feature(struct stox_host *host, size_t index);

/* ---- the descriptor ------------------------------------------------------------------ */

struct stox_plugin {
	uint32_t abi;                   /* STOX_ABI */
	uint32_t size;                  /* sizeof this struct: it can grow */
	const char *name;
	const char *summary;            /* one sentence */
	const struct stox_hook *hooks;  /* ends with phase 0; may be NULL */
	const struct stox_option *options; /* ends with name NULL; may be NULL */
	const char *const *features;    /* for disco#info, NULL-terminated */
	/* both may be NULL; init returns 0 or a negative error */
	int (*init)(struct stox_host *host, void **ret_state);
	void (*close)(void *state);
	/* kinds of sessions it keeps: service/session.h; may be NULL */
	const struct stox_session_kind *const *sessions;
};

/** Define a plugin: STOX_PLUGIN(name, "Summary.", .hooks = hooks); */
#define STOX_PLUGIN(plugin_name, plugin_summary, ...) \
	extern const struct stox_plugin stox_plugin_##plugin_name; \
	STOX_API const struct stox_plugin stox_plugin_##plugin_name = { \
		.abi = STOX_ABI, .size = sizeof(struct stox_plugin), \
		.name = #plugin_name, .summary = plugin_summary, __VA_ARGS__ }

#endif
