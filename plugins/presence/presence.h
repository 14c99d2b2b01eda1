/*
 * presence.h: the presence of a person as both worlds can show it, and what
 * carries it: stanzas on XMPP, documents on SIP.  The files:
 *
 *   presence.c    the plugin: hooks and options
 *   admin.c       what operators see of a pair, and may do
 *   count.c       how many pairs there may be
 *   pair.c        two people and all that is remembered of them: a session
 *   watch….c      the XMPP user watches: SUBSCRIBE out, NOTIFY in
 *   grant….c      the SIP user watches: SUBSCRIBE in, NOTIFY out
 *   publish….c    what is published of an XMPP user: PUBLISH out
 *   stanza.c      presence stanzas
 *   pidf_read.c   PIDF with RPID, old and new, to a state
 *   pidf_write.c  a state to PIDF with RPID
 *   show.c        <show/> and the activities of RPID
 *   tuple.c       XMPP resources as tuple ids, priorities
 */
#ifndef PRESENCE_H
#define PRESENCE_H

#include "stox/plugin.h"
#include "stox/service/xml.h"

#define PRESENCE_TYPE "application/pidf+xml"
#define PRESENCE_NS_PIDF "urn:ietf:params:xml:ns:pidf"
#define PRESENCE_NS_DATA_MODEL "urn:ietf:params:xml:ns:pidf:data-model"
#define PRESENCE_NS_RPID "urn:ietf:params:xml:ns:pidf:rpid"
/* of the drafts, which Microsoft's servers speak; lync.md 4.2 */
#define PRESENCE_NS_RPID_OLD "urn:ietf:params:xml:ns:pidf:status:rpid-status"
#define PRESENCE_NS_CIPID "urn:ietf:params:xml:ns:pidf:cipid"

/* What a document may hold; more is left out.  stox.md 3.7. */
enum {
	PRESENCE_DOCUMENT_MAX = 65536,
	PRESENCE_DEVICES = 64,
	PRESENCE_NOTES = 8,
	PRESENCE_NOTE_MAX = 1024, /* bytes */
};
enum { PRESENCE_NO_PRIORITY = -1000 };

/* For what is big, on the stack, and written before it is read: hardened builds
 * would fill it with zeros every time. */
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define PRESENCE_SCRATCH __attribute__((uninitialized))
#endif
#endif
#ifndef PRESENCE_SCRATCH
#define PRESENCE_SCRATCH
#endif

/** Ordered: the later one wins when several are said.  stox.md 3.8. */
enum presence_show {
	PRESENCE_PLAIN,
	PRESENCE_CHAT,
	PRESENCE_AWAY,
	PRESENCE_XA,
	PRESENCE_DND,
};

struct presence_note {
	const char *lang;     /* NULL: not told */
	const char *text;
};
/** A resource on XMPP, a tuple on SIP. */
struct presence_device {
	const char *resource; /* "": nothing names it */
	bool open;
	enum presence_show show;
	int priority;         /* -128 to 127, or PRESENCE_NO_PRIORITY */
	struct presence_note notes[PRESENCE_NOTES]; /* one per language */
	size_t note_count;
	int64_t stamp_s;      /* since 1970; -1: none */
};
struct presence_state {
	const char *display;  /* the person's name, NULL */
	struct presence_device *devices;
	size_t count;
};

/* ---- show.c ---- */

/** "away"; NULL for PRESENCE_PLAIN. */
const char *presence_show_word(enum presence_show show);
/** What <show/> says; unknown words are PRESENCE_PLAIN.  RFC 6121, 4.7.2.1. */
enum presence_show presence_show_read(const char *word);
/** An activity of RPID or of Lync, of which <show/> tells a part. */
struct presence_doing {
	const char *name;
	enum presence_show show;
	const char *phrase;   /* what it is, in English; NULL: <show/> is all */
};
/** NULL for what changes nothing, and for unknown ones. */
const struct presence_doing *presence_doing_read(const char *name);
/** Which of two counts; each may be NULL. */
const struct presence_doing *presence_doing_later(
	const struct presence_doing *a, const struct presence_doing *b);
/** The activity of RPID for a show, NULL for none. */
const char *presence_activity(enum presence_show show);

/* ---- tuple.c ---- */

/** "ID-" and the resource, with what an XML ID cannot hold as _xHH_; in the
 *  exchange. */
const char *presence_tuple_id(struct stox_exchange *x, const char *resource);
/** The way back; "" for an id that is not made like that. */
const char *presence_tuple_resource(struct stox_exchange *x, const char *id);
/** PIDF's contact priority "0" to "1" and XMPP's 0 to 127.  RFC 8048, 6.1.
 *  PRESENCE_NO_PRIORITY for what is no such number; NULL for what has none. */
int presence_priority_read(const char *text);
const char *presence_priority_text(struct stox_exchange *x, int priority);

/* ---- stanza.c ---- */

/** The device of a presence that is available or not; in the exchange. */
void presence_stanza_read(struct stox_exchange *x, const char *resource,
	struct presence_device *ret);
/** The name in it (XEP-0172), or NULL. */
const char *presence_stanza_nick(const struct stox_element *e);
/** The condition of an error, "" when there is none.  RFC 6120, 8.3.3. */
const char *presence_stanza_error(const struct stox_element *e);
void presence_stanza_set_nick(struct stox_element *e, const char *name);
/** At most PRESENCE_NOTE_MAX bytes of a text, whole characters; @text itself or
 *  in the exchange. */
const char *presence_note_cut(struct stox_exchange *x, const char *text);
/** @tag, or NULL unless it is a single language tag; may be NULL. */
const char *presence_language(const char *tag);
/** Write an available device into a stanza.  @notes: its status texts too. */
void presence_stanza_write(struct stox_exchange *x, struct stox_element *e,
	const struct presence_device *d, bool notes, int64_t now_s);

/* ---- pidf_read.c ---- */

/**
 * Read a PIDF document.
 *
 * @jid  whom it must speak of, bare; a document about somebody else is refused
 * @lang of notes that do not tell theirs (Content-Language), or NULL
 * @ret  in the exchange.  Devices with the same resource are one, the most
 *       available, the newest; those that an unknown extension guards
 *       (mustUnderstand) or that have an id that came before are left out.
 *       An activity that says more than its show is a note where there is no
 *       other
 * Returns 0, or -STOX_EPROTO with a short phrase in *@why.
 * RFC 3863, RFC 4479, RFC 4480; stox.md 3.7, lync.md 4.2.
 */
int presence_pidf_read(struct stox_exchange *x, const void *body, size_t len,
	const char *jid, const char *lang, struct presence_state *ret,
	const char **why);

/* ---- pidf_write.c ---- */

/** How a kind of peer wants its documents; data, not ifs. */
struct presence_style {
	const char *scheme;   /* of entity: "pres", "sip" */
	bool one_tuple;       /* the best device only, without a name */
	bool old_rpid;        /* <activity/> of the drafts in <status/> */
	bool rpid;            /* <activities/> of RFC 4480 in a <person/> */
	bool show;            /* <show/> of XMPP in <status/>; RFC 8048, 6.1 */
	bool notes;
	bool display;         /* CIPID display-name */
};
/** Standards, and what Lync shows.  lync.md 4.2. */
extern const struct presence_style presence_style_simple, presence_style_lync;

/**
 * Write a state as one full-state document: available devices by priority,
 * or one that is closed when there is none.
 *
 * @jid    who it is, bare
 * @now_s  for devices without a time of their own
 * @ret_lang  that of all the notes in it; NULL when they have several or none
 * Returns the text, in the exchange, or NULL when @jid has no SIP address.
 */
const char *presence_pidf_write(struct stox_exchange *x,
	const struct presence_state *state, const char *jid,
	const struct presence_style *style, int64_t now_s, size_t *ret_len,
	const char **ret_lang);
/** The same, as the body of what goes out, with Content-Language. */
void presence_pidf_put(struct stox_exchange *x,
	const struct presence_state *state, const char *jid,
	const struct presence_style *style, int64_t now_s);

#endif
