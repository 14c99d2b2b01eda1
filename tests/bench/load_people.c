/*
 * People who watch each other: userN of XMPP and friendN of SIP.  From SIP: the
 * users watch, and NOTIFYs become presence; from XMPP: the friends watch, and
 * presence becomes NOTIFYs.  Every change is another one than the last, so that
 * each has to be told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { WINDOW = 64 };

static void copy(char *to, struct str from)
{
	size_t n = from.len < NAME - 1 ? from.len : NAME - 1;

	memcpy(to, from.p, n);
	to[n] = '\0';
}

static void write_text(struct io_stream *s, const char *text, int n)
{
	io_write(s, (struct str){ text, (size_t)n });
}

/** The XMPP user of a pair, and the SIP user: the star is everybody's. */
static uint64_t user(const struct load *l, uint64_t i)
{
	return l->star && !l->from_sip ? 0 : i;
}

static uint64_t friend(const struct load *l, uint64_t i)
{
	return l->star && l->from_sip ? 0 : i;
}

/* ---- subscribing ----------------------------------------------------------- */

static void subscribe(struct load *l, uint64_t i)
{
	char text[1024];
	int n;

	if (l->from_sip) {
		n = snprintf(text, sizeof(text), "<presence "
			"from='user%" PRIu64 "@%s' to='friend%" PRIu64 "@%s' "
			"type='subscribe'/>", i, l->xmpp_domain, friend(l, i),
			l->sip_domain);
		write_text(l->out_xmpp, text, n);
		return;
	}
	n = snprintf(text, sizeof(text),
		"SUBSCRIBE sip:user%" PRIu64 "@%s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS localhost:%" PRIu64 ";branch=z9hG4bKs%" PRIu64
		"\r\nMax-Forwards: 70\r\n"
		"From: <sip:friend%" PRIu64 "@%s>;tag=f%" PRIu64 "\r\n"
		"To: <sip:user%" PRIu64 "@%s>\r\n"
		"Call-ID: s%" PRIu64 "@localhost\r\nCSeq: 1 SUBSCRIBE\r\n"
		"Contact: <sip:localhost:%" PRIu64 ";transport=tls>\r\n"
		"Event: presence\r\nExpires: 3600\r\n"
		"Content-Length: 0\r\n\r\n",
		user(l, i), l->xmpp_domain, l->sip_port, i, i, l->sip_domain,
		i, user(l, i), l->xmpp_domain, i, l->sip_port);
	write_text(l->out_sip, text, n);
}

void people_begin(struct load *l)
{
	l->persons = base_alloc0(l->pairs * sizeof(*l->persons));
	while (l->asked < l->pairs && l->asked < WINDOW)
		subscribe(l, l->asked++);
}

/** This one is told of for the first time: the next may come. */
static void know(struct load *l, struct person *p)
{
	p->known = true;
	if (l->asked < l->pairs)
		subscribe(l, l->asked++);
	if (++l->known < l->pairs)
		return;
	if (l->star)
		storm_begin(l);
	else
		load_go(l);
}

/* ---- changes --------------------------------------------------------------- */

/* There, away, and there again; a star is gone at times. */
enum mood { THERE, AWAY, GONE };

static enum mood mood(const struct load *l, struct person *p)
{
	return (enum mood)(p->changes++ % (l->star ? 3 : 2));
}

static void notify(struct load *l, uint64_t i, struct person *p)
{
	char body[512], text[1536];
	enum mood m = mood(l, p);
	int len = snprintf(body, sizeof(body),
		"<presence xmlns='urn:ietf:params:xml:ns:pidf' "
		"xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
		"xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
		"entity='pres:friend%" PRIu64 "@%s'>"
		"<tuple id='ID-desk'><status><basic>%s</basic></status>"
		"<note>In the office.</note></tuple>"
		"<dm:person id='p1'>%s</dm:person></presence>", friend(l, i),
		l->sip_domain, m == GONE ? "closed" : "open", m == AWAY
			? "<r:activities><r:away/></r:activities>" : "");
	int n = snprintf(text, sizeof(text),
		"NOTIFY sip:gw.example.net:%" PRIu64 ";transport=tls SIP/2.0\r\n"
		"Via: SIP/2.0/TLS localhost:%" PRIu64
		";branch=z9hG4bKn%" PRIu64 "-%u\r\nMax-Forwards: 70\r\n"
		"From: <sip:friend%" PRIu64 "@%s>;tag=%s\r\n"
		"To: <sip:user%" PRIu64 "@%s>;tag=%s\r\n"
		"Call-ID: %s\r\nCSeq: %u NOTIFY\r\n"
		"Contact: <sip:localhost:%" PRIu64 ";transport=tls>\r\n"
		"Event: presence\r\n"
		"Subscription-State: active;expires=3600\r\n"
		"Content-Type: application/pidf+xml\r\n"
		"Content-Length: %d\r\n\r\n%s",
		l->stox_sip, l->sip_port, i, p->cseq + 1, friend(l, i),
		l->sip_domain, p->here, i, l->xmpp_domain, p->there, p->call_id,
		p->cseq + 1, l->sip_port, len, body);

	p->cseq++;
	write_text(l->out_sip, text, n);
}

static void show(struct load *l, uint64_t i, struct person *p)
{
	char text[512];
	enum mood m = mood(l, p);
	int n = snprintf(text, sizeof(text), "<presence%s "
		"from='user%" PRIu64 "@%s/r' to='friend%" PRIu64 "@%s'>%s"
		"<status>In the orchard.</status></presence>",
		m == GONE ? " type='unavailable'" : "", user(l, i),
		l->xmpp_domain, i, l->sip_domain,
		m == AWAY ? "<show>away</show>" : "");

	write_text(l->out_xmpp, text, n);
}

void people_change(struct load *l, uint64_t i)
{
	if (l->from_sip)
		notify(l, i, &l->persons[i]);
	else
		show(l, i, &l->persons[i]);
}

/* ---- what comes ------------------------------------------------------------ */

static struct person *person(struct load *l, struct str number, uint64_t *ret)
{
	return l->persons && number.len &&
			str_to_u64(number, l->pairs - 1, ret) == 0
		? &l->persons[*ret] : NULL;
}

/** A watcher has heard of a change. */
static void arrived(struct load *l, struct str number)
{
	if (l->star) {
		storm_told(l);
		return;
	}
	load_arrived(l, number);
	load_free_pair(l, number);
}

static void approve(struct load *l, uint64_t i)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "<presence "
		"from='user%" PRIu64 "@%s' to='friend%" PRIu64 "@%s' "
		"type='subscribed'/>", user(l, i), l->xmpp_domain, i,
		l->sip_domain);

	write_text(l->out_xmpp, text, n);
}

/* The user is where it was; told when there is a stream to tell it on. */
void people_probed(struct load *l, struct str stanza)
{
	struct str friend = load_attribute(stanza, " from");
	struct str user = load_attribute(stanza, " to");

	buf_printf(&l->owed, "<presence from='%.*s/r' to='%.*s'>"
		"<status>In the orchard.</status></presence>", STR_FMT(user),
		STR_FMT(friend));
	if (!l->out_xmpp)
		load_dial_xmpp(l);
	people_pay(l);
}

void people_pay(struct load *l)
{
	if (!l->xmpp_ready)
		return;
	io_write(l->out_xmpp, buf_str(&l->owed));
	buf_clear(&l->owed);
}

void people_stanza(struct load *l, struct str stanza)
{
	struct str number = l->from_sip
		? load_number(load_attribute(stanza, " to"), "user")
		: load_number(load_attribute(stanza, " from"), "friend");
	struct str type = load_attribute(stanza, " type");
	uint64_t i;
	struct person *p = person(l, number, &i);

	if (!p)
		return;
	l->errors += str_is(type, "error");
	if (!l->from_sip && str_is(type, "subscribe")) {
		approve(l, i);
		show(l, i, p);
	} else if (l->from_sip &&
		(!type.len || str_is(type, "unavailable"))) {
		if (!p->known) {
			know(l, p);
			return;
		}
		arrived(l, number);
	}
}

/** The user watches: the dialog begins with this. */
static void watched(struct load *l, struct io_stream *s,
	const struct sip_message *m)
{
	char more[256];
	uint64_t i;
	struct person *p = person(l, load_number(m->from.uri_text,
		"sip:user"), &i);

	snprintf(more, sizeof(more), "Expires: 3600\r\n"
		"Contact: <sip:localhost:%" PRIu64 ";transport=tls>\r\n",
		l->sip_port);
	load_answer(s, m, more);
	if (!p)
		return;
	copy(p->call_id, m->call_id);
	copy(p->there, m->from.tag);
	copy(p->here, STR("load"));
	notify(l, i, p);
}

static void notified(struct load *l, struct io_stream *s,
	const struct sip_message *m)
{
	struct str number = load_number(m->to.uri_text, "sip:friend");
	uint64_t i;
	struct person *p = person(l, number, &i);

	load_answer(s, m, "");
	if (!p || !m->body.len)
		return;
	if (!p->known) {
		know(l, p);
		return;
	}
	arrived(l, number);
}

void people_sip(struct load *l, struct io_stream *s,
	const struct sip_message *m)
{
	if (!m->is_request)
		l->errors += m->status >= 300;
	else if (str_is(m->method, "SUBSCRIBE"))
		watched(l, s, m);
	else if (str_is(m->method, "NOTIFY"))
		notified(l, s, m);
	else
		load_answer(s, m, "");
}
