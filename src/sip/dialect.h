/*
 * dialect.h: how a kind of SIP peer wants to be spoken to, as data.  Where
 * standards and a kind of server differ there is a row here, with where it is
 * known from; code asks the record and never for the name of the dialect.
 */
#ifndef SIP_DIALECT_H
#define SIP_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(ID, field, option, KIND, words, simple, lync, standard, grade, source,
 *	help)
 *
 * option    of a SipDomain, which overrides the dialect for one partner
 * words     sip_dialect_words of the choice, for KIND WORD; 0 is the first
 * simple, lync  the value: BOOL 0 or 1, WORD a place in words, INT a number
 * standard  where the value for simple comes from
 * grade     how sure that for lync is: A read in a vendor's document or a
 *           specification, B seen in messages of a real server, C reported by
 *           third parties, D inferred, E remembered
 * source    where from
 */
#define SIP_DIALECT_TABLE(X) \
	X(SRV, srv, "sip_srv", WORD, sip_words_srv, 0, 1, "RFC 3263, 4.1", \
		"A", "Lync Server 2013 library, DNS summary", \
		"Which SRV records are asked for first: \"sips\" is " \
		"_sips._tcp, \"federation\" is _sipfederationtls._tcp.") \
	X(SRV_TARGET, srv_target, "sip_srv_target", BOOL, NULL, 0, 1, \
		"RFC 5922, 7.1", "B", "Cisco TAC 212383, same-domain rule", \
		"Whether a certificate may name the host that an SRV record " \
		"names instead of the domain, when that host is the domain or " \
		"stands directly in it.") \
	X(GR, gr, "sip_gr", BOOL, NULL, 1, 0, "RFC 7247, 5.2", \
		"D", "a server compares From with its partner's domains", \
		"Whether From says by which device it is (;gr=).") \
	X(RECORD_ROUTE, record_route, "sip_record_route", BOOL, NULL, 0, 1, \
		"RFC 3261, 12.1: no business of an end system", \
		"C", "RestComm sip-servlets, issue 63", \
		"Whether requests that open a dialog carry one Record-Route " \
		"with our host, without which nothing comes back in it.") \
	X(ALIAS, alias, "sip_alias", BOOL, NULL, 1, 0, "RFC 5923, 4", \
		"D", "no trace of it in what is documented", \
		"Whether the servers are told that they may send requests over " \
		"connections of ours (;alias in Via).") \
	X(NEGOTIATE, negotiate, "sip_negotiate", WORD, sip_words_negotiate, \
		0, 0, "RFC 3261, 8.2.1", \
		"D", "clients work with a peer that declines compression", \
		"The answer to NEGOTIATE, which asks for compression: a " \
		"status, or \"none\" for 200 with Compression: None.") \
	X(OPTIONS, options, "sip_options", WORD, sip_words_options, 0, 1, \
		"RFC 3261, 11.2", "D", "Test-CsFederatedPartner", \
		"What the answer to OPTIONS says: \"own\" what this gateway " \
		"takes, \"lync\" what Lync looks for.") \
	X(CONNECTIONS, connections, "sip_connections", INT, NULL, 1, 1, \
		"RFC 5923, 7", "D", "Lync itself opens up to four", \
		"How many connections to the servers carry our requests in " \
		"turn. Any number may come from them.") \
	X(POOL, pool, "sip_pool", WORD, sip_words_pool, 0, 0, \
		"RFC 3263, 4.3", "D", "edge pools behind one SRV record", \
		"Which of several servers a new connection goes to: \"order\" " \
		"always the best one that is up, \"balance\" each in turn " \
		"(DNS load balancing), \"stick\" the one that answered last. " \
		"When one fails the next is tried.") \
	X(IM, im, "sip_im", WORD, sip_words_im, 0, 1, "RFC 7572, 4", \
		"B", "messages of Lync 2013 and Skype for Business", \
		"What carries messages to them: \"page\" a MESSAGE each, " \
		"\"session\" a dialog that an INVITE opens. Both are taken " \
		"from them.") \
	X(TYPING, typing, "sip_typing", WORD, sip_words_typing, 0, 1, \
		"RFC 3994", "B", "MS-SIP, pidgin-sipe run against it", \
		"How they are told that somebody types: \"iscomposing\", " \
		"\"keyboard\" (KeyboardActivity) or \"off\".") \
	X(RECEIPTS, receipts, "sip_receipts", WORD, sip_words_receipts, 0, 1, \
		"RFC 5438", "D", "MS-CONFIM; one to one the 200 is all", \
		"How a delivery is asked for: \"imdn\" in CPIM, \"answer\" by " \
		"the 200 alone, \"report\" the same, but what comes from them " \
		"is answered 202 and reported (application/ms-imdn+xml) when " \
		"the client has it or it comes back, or \"off\".") \
	X(PRESENCE, presence, "sip_presence", WORD, sip_words_presence, 0, 1, \
		"RFC 8048, 6", "A", "MS-PRES, 1.3.3", \
		"How presence is written: \"pidf\" a tuple for each device " \
		"with RPID, \"lync\" one tuple with the activity of the RPID " \
		"drafts and the display name.") \
	X(DIALOG, dialog, "sip_dialog", WORD, sip_words_dialog, 0, 1, \
		"RFC 6665, 4.4.1", "D", "servers of the time of RFC 3265", \
		"What tells the way within a subscription of ours: the first " \
		"\"notify\", or the \"answer\" to our SUBSCRIBE too.") \
	X(PENDING, pending, "sip_pending", WORD, sip_words_pending, 0, 1, \
		"RFC 6665, 4.2.2", "D", "no client is known to show pending", \
		"What a watcher is told who is not approved yet: \"pending\", " \
		"or that its contact is \"closed\".") \
	X(UNREACHABLE, unreachable, "sip_unreachable", WORD, \
		sip_words_unreachable, 0, 1, "RFC 6665, 4.2.2", \
		"D", "reports of \"presence unknown\"", \
		"What a watcher is told when the XMPP server cannot be found: " \
		"\"end\" of the subscription, or \"closed\", and the contact " \
		"is asked again later.") \
	X(ERRORS, errors, "sip_errors", WORD, sip_words_errors, 0, 1, \
		"RFC 7247, 7", "D", "pidgin-sipe, what its codes stand for", \
		"Which table turns their statuses into errors: \"standard\" or " \
		"\"lync\".")

enum sip_choice {
#define SIP_CHOICE_ID(id, ...) SIP_CHOICE_##id,
	SIP_DIALECT_TABLE(SIP_CHOICE_ID)
#undef SIP_CHOICE_ID
	SIP_CHOICE_COUNT
};

/* The words in their order. */
enum sip_srv { SIP_SRV_SIPS, SIP_SRV_FEDERATION };
enum sip_negotiate { SIP_NEGOTIATE_405, SIP_NEGOTIATE_488, SIP_NEGOTIATE_501,
	SIP_NEGOTIATE_NONE };
enum sip_options { SIP_OPTIONS_OWN, SIP_OPTIONS_LYNC };
enum sip_pool { SIP_POOL_ORDER, SIP_POOL_BALANCE, SIP_POOL_STICK };
enum sip_im { SIP_IM_PAGE, SIP_IM_SESSION };
enum sip_typing { SIP_TYPING_ISCOMPOSING, SIP_TYPING_KEYBOARD, SIP_TYPING_OFF };
enum sip_receipts {
	SIP_RECEIPTS_IMDN,
	SIP_RECEIPTS_ANSWER,
	SIP_RECEIPTS_OFF,
	SIP_RECEIPTS_REPORT
};
enum sip_presence { SIP_PRESENCE_PIDF, SIP_PRESENCE_LYNC };
enum sip_dialog_by { SIP_DIALOG_BY_NOTIFY, SIP_DIALOG_BY_ANSWER };
enum sip_pending { SIP_PENDING_PENDING, SIP_PENDING_CLOSED };
enum sip_unreachable { SIP_UNREACHABLE_END, SIP_UNREACHABLE_CLOSED };
enum sip_errors { SIP_ERRORS_STANDARD, SIP_ERRORS_LYNC };

/* NULL-terminated */
extern const char *const sip_words_srv[], *const sip_words_negotiate[],
	*const sip_words_options[], *const sip_words_pool[],
	*const sip_words_im[], *const sip_words_typing[],
	*const sip_words_receipts[], *const sip_words_presence[],
	*const sip_words_dialog[], *const sip_words_pending[], *const sip_words_unreachable[],
	*const sip_words_errors[];

enum { SIP_CONNECTIONS_MAX = 4 };

/** The choices for a kind of SIP peer, or for one partner. */
struct sip_dialect {
	const char *name;             /* "simple", "lync" */
#define SIP_CHOICE_FIELD(id, field, ...) uint8_t field;
	SIP_DIALECT_TABLE(SIP_CHOICE_FIELD)
#undef SIP_CHOICE_FIELD
	uint32_t overridden;          /* a bit for each choice that its partner
	                               * makes itself */
};
/** "simple" and "lync"; NULL for unknown names.  Walk with an index. */
const struct sip_dialect *sip_dialect_find(const char *name);
const struct sip_dialect *sip_dialect_at(size_t index);

enum sip_choice_kind { SIP_CHOICE_BOOL, SIP_CHOICE_WORD, SIP_CHOICE_INT };
/** What is known of a choice. */
struct sip_choice_info {
	const char *option, *help;
	enum sip_choice_kind kind;
	const char *const *words;
	const char *standard, *grade, *source;
};
const struct sip_choice_info *sip_choice_info(enum sip_choice c);
unsigned sip_dialect_get(const struct sip_dialect *d, enum sip_choice c);
/** Override one choice for a partner. */
void sip_dialect_set(struct sip_dialect *d, enum sip_choice c, unsigned value);
/** "yes", "no", a word, or a number, which is written to @number. */
const char *sip_dialect_text(const struct sip_dialect *d, enum sip_choice c,
	char number[12]);
/** Has the choice @option the value @word?  Both must exist: they are ours. */
bool sip_dialect_is(const struct sip_dialect *d, const char *option,
	const char *word);
/** SRV services over TLS, the first to ask for first; NULL-terminated. */
const char *const *sip_dialect_services(const struct sip_dialect *d);

#endif
