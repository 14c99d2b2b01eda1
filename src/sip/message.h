/*
 * message.h: SIP messages, parsed without copying or allocating.
 *
 * A parsed message is slices into one block that the caller owns; headers are
 * kept whole and in order, the ones every element needs are decoded.
 * RFC 3261, 7 and 25; strictness by trust.md 2.4 (S01-S09).  Model: no I/O.
 */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "base/buf.h"
#include "base/limit.h"
#include "base/str.h"
#include "sip/uri.h"

enum sip_header_id {
	SIP_H_OTHER = 0,
	SIP_H_VIA, SIP_H_FROM, SIP_H_TO, SIP_H_CALL_ID, SIP_H_CSEQ,
	SIP_H_MAX_FORWARDS, SIP_H_CONTACT, SIP_H_CONTENT_LENGTH,
	SIP_H_CONTENT_TYPE, SIP_H_CONTENT_ENCODING, SIP_H_CONTENT_LANGUAGE,
	SIP_H_SUBJECT, SIP_H_ROUTE, SIP_H_RECORD_ROUTE, SIP_H_REQUIRE,
	SIP_H_PROXY_REQUIRE, SIP_H_SUPPORTED, SIP_H_EXPIRES, SIP_H_DATE,
	SIP_H_EVENT, SIP_H_SUBSCRIPTION_STATE, SIP_H_ACCEPT, SIP_H_ALLOW,
	SIP_H_RETRY_AFTER, SIP_H_WARNING, SIP_H_P_ASSERTED_IDENTITY,
	SIP_H_COUNT
};

enum { SIP_MAX_HEADERS = 128 };

struct sip_header {
	enum sip_header_id id;
	struct str name;   /* as written */
	struct str value;  /* trimmed; folding replaced by spaces in place */
};

/** name-addr or addr-spec with parameters: From, To, Contact, Route. */
struct sip_address {
	struct str display;   /* without quotes, escapes left; len 0: none */
	struct str uri_text;
	struct sip_uri uri;
	struct str params;    /* header parameters after the first ';' */
	struct str tag;       /* of From and To; len 0: none */
};

struct sip_via {
	struct str transport;  /* "TLS" */
	struct str host;       /* sent-by */
	uint16_t port;
	struct str params;
	struct str branch;
	struct str rport;      /* .p NULL: none; len 0: to be filled in, there
	                        * or behind '='.  RFC 3581 */
	struct str received;   /* .p NULL: none */
	struct str alias;      /* .p NULL: none.  RFC 5923 */
	struct str sent_by;    /* host[:port] as written */
	struct str text;       /* the whole element */
};

struct sip_message {
	bool is_request;
	struct str method;        /* requests; for responses the CSeq method */
	struct str uri_text;      /* Request-URI */
	struct sip_uri uri;
	unsigned status;          /* responses */
	struct str reason;
	struct sip_via via;       /* topmost */
	unsigned via_count;
	struct sip_address from, to;
	struct sip_address contact; /* when the first Contact has just one;
	                        * uri_text.len 0: not so */
	struct str call_id;
	uint32_t cseq;
	struct str cseq_method;
	int max_forwards;         /* -1: absent */
	bool has_content_length;
	uint32_t content_length;
	struct str content_type;
	struct str body;
	uint8_t first[SIP_H_COUNT]; /* by id, from 1 on; 0: there is none */
	size_t header_count;
	struct sip_header headers[SIP_MAX_HEADERS];
};

/* How a message can be wrong: the status to answer, and whether the stream can
 * go on. */
struct sip_fault {
	unsigned status;    /* 400, 416, 505, …; 0: drop silently (responses) */
	const char *why;    /* short phrase */
	bool close;         /* framing is lost or limits passed: close */
	bool can_answer;    /* a request, not ACK, that has a Via: answer with those
	                     * of Via, From, To, Call-ID and CSeq that are in the
	                     * header table; any but Via may be missing */
	enum limit_id limit; /* the limit to count, or LIMIT_COUNT */
};

/**
 * Find the end of the message that begins at @bytes (leading CRLFs must be gone).
 * Returns its length, 0 when more bytes are needed, or -STOX_EPROTO with
 * *@fault filled (a length that cannot be trusted, limits).  Then parsing what
 * is there (the first header_len bytes, or all when that is 0) tells whether
 * the fault can be answered before the connection closes.
 * @state remembers how far was scanned; zero it for a new message.
 */
struct sip_framing {
	size_t scanned;       /* header section looked at so far */
	size_t header_len;    /* 0 until the blank line was found */
	size_t body_len;
	size_t line;          /* where the line being looked at begins */
	size_t length_at;     /* where the Content-Length line begins */
	unsigned lengths;     /* how many of them there are */
};
ptrdiff_t sip_message_frame(struct str bytes, struct sip_framing *state,
	const struct limits *limits, struct sip_fault *fault);

/**
 * Parse one whole framed message.  @bytes is written to where folding is
 * undone and must outlive *@ret.  Allocates nothing.  Bytes behind
 * Content-Length are not looked at; without it the body is the rest (framing a
 * stream does not get here without it).
 * Returns 0, or -STOX_EPROTO with *@fault; then *@ret holds what was readable
 * (when can_answer).
 *
 * Refused beyond the grammar: From without tag unless the topmost Via is of
 * RFC 2543 (no branch cookie); single-value headers that come twice; several
 * Contacts in a request that makes a dialog.
 */
int sip_message_parse(char *bytes, size_t len, const struct limits *limits,
	struct sip_message *ret, struct sip_fault *fault);

/** First header of that kind, or NULL.  Start after @prev when not NULL. */
const struct sip_header *sip_message_header(const struct sip_message *m,
	enum sip_header_id id, const struct sip_header *prev);
/** By name (long form), for those without an id. */
const struct sip_header *sip_message_header_named(const struct sip_message *m,
	const char *name, const struct sip_header *prev);
/** The long name of an id (as a slice too), and the id of a long or compact name. */
const char *sip_header_name(enum sip_header_id id);
struct str sip_header_text(enum sip_header_id id);
enum sip_header_id sip_header_id(struct str name);

/** Parse one name-addr / addr-spec.  Returns 0 or -STOX_EINVAL. */
int sip_address_parse(struct str value, struct sip_address *ret);
/** Parse one element of a Via.  Returns 0 or -STOX_EINVAL. */
int sip_via_parse(struct str value, struct sip_via *ret);
/** The words of a display name: escapes undone, control characters removed. */
void sip_display_text(struct buf *out, struct str display);
/** Cut the first element off a comma list, minding quotes and brackets.
 *  Returns false at the end. */
bool sip_list_next(struct str *list, struct str *ret_item);
/** Does the list contain @token (case-insensitive)?  All headers @id are searched. */
bool sip_message_has_token(const struct sip_message *m, enum sip_header_id id,
	const char *token);
/** media type without parameters compared ("text/plain"), and a parameter. */
bool sip_type_is(struct str content_type, const char *type);
bool sip_type_param(struct str content_type, const char *name, struct str *ret);

/* ---- writing: straight into a buffer ---- */

/** The standard reason phrase of a status; for an unknown one that of its class
 *  (x00), "" outside 100 to 699. */
const char *sip_reason(unsigned status);
/** "Name: value\r\n"; @value is checked: CR, LF, NUL or invalid UTF-8 make it
 *  -STOX_EINVAL and nothing is written.  Other control characters are removed,
 *  HT becomes a space. */
int sip_write_header(struct buf *out, const char *name, struct str value);
/** The same for a name and value that came in a message: nothing is checked. */
void sip_write_line(struct buf *out, struct str name, struct str value);
/** A display name as quoted string, escaped, and one space; nothing when it is
 *  empty or not UTF-8.  Control characters are removed; what is beyond 256
 *  bytes is left out. */
void sip_write_display(struct buf *out, struct str display);
/** A reason phrase of at most 128 bytes: control characters are removed. */
void sip_write_reason(struct buf *out, struct str reason);

#endif
