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

enum {
	WINDOW = 64, NAME = 64,
	OTHER = 1000000,        /* friends of the others begin there */
	OTHER_MS = 10,          /* between their messages */
	QUIET = 500,            /* of them before the storm */
	SETTLE_MS = 6000,       /* until everybody may be told again */
	QUEUED = 65536,         /* bytes that stox has not taken yet */
};

/* One pair: the names of its dialog, and what was told last. */
struct person {
	char call_id[NAME], here[NAME], there[NAME];
	uint32_t cseq;
	bool away, known;
};

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

/** The XMPP user of a pair: the star is everybody's. */
static uint64_t user(const struct load *l, uint64_t i)
{
	return l->star ? 0 : i;
}

/* ---- subscribing ----------------------------------------------------------- */

static void subscribe(struct load *l, uint64_t i)
{
	char text[1024];
	int n;

	if (l->from_sip) {
		n = snprintf(text, sizeof(text), "<presence "
			"from='user%" PRIu64 "@example.org' "
			"to='friend%" PRIu64 "@contoso.com' "
			"type='subscribe'/>", i, i);
		write_text(l->out_xmpp, text, n);
		return;
	}
	n = snprintf(text, sizeof(text),
		"SUBSCRIBE sip:user%" PRIu64 "@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS localhost:%" PRIu64 ";branch=z9hG4bKs%" PRIu64
		"\r\nMax-Forwards: 70\r\n"
		"From: <sip:friend%" PRIu64 "@contoso.com>;tag=f%" PRIu64 "\r\n"
		"To: <sip:user%" PRIu64 "@example.org>\r\n"
		"Call-ID: s%" PRIu64 "@localhost\r\nCSeq: 1 SUBSCRIBE\r\n"
		"Contact: <sip:localhost:%" PRIu64 ";transport=tls>\r\n"
		"Event: presence\r\nExpires: 3600\r\n"
		"Content-Length: 0\r\n\r\n",
		user(l, i), l->sip_port, i, i, i, user(l, i), i, l->sip_port);
	write_text(l->out_sip, text, n);
}

void people_begin(struct load *l)
{
	l->persons = base_alloc0(l->pairs * sizeof(*l->persons));
	while (l->asked < l->pairs && l->asked < WINDOW)
		subscribe(l, l->asked++);
}

static void begin_star(struct load *l);

/** This one is told of for the first time: the next may come. */
static void know(struct load *l, struct person *p)
{
	p->known = true;
	if (l->asked < l->pairs)
		subscribe(l, l->asked++);
	if (++l->known < l->pairs)
		return;
	if (l->star)
		begin_star(l);
	else
		load_go(l);
}

/* ---- changes --------------------------------------------------------------- */

static void notify(struct load *l, uint64_t i, struct person *p)
{
	char body[512], text[1536];
	int len = snprintf(body, sizeof(body),
		"<presence xmlns='urn:ietf:params:xml:ns:pidf' "
		"xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
		"xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
		"entity='pres:friend%" PRIu64 "@contoso.com'>"
		"<tuple id='ID-desk'><status><basic>open</basic></status>"
		"<note>In the office.</note></tuple>"
		"<dm:person id='p1'>%s</dm:person></presence>", i, p->away
			? "<r:activities><r:away/></r:activities>" : "");
	int n = snprintf(text, sizeof(text),
		"NOTIFY sip:gw.example.net:%" PRIu64 ";transport=tls SIP/2.0\r\n"
		"Via: SIP/2.0/TLS localhost:%" PRIu64
		";branch=z9hG4bKn%" PRIu64 "-%u\r\nMax-Forwards: 70\r\n"
		"From: <sip:friend%" PRIu64 "@contoso.com>;tag=%s\r\n"
		"To: <sip:user%" PRIu64 "@example.org>;tag=%s\r\n"
		"Call-ID: %s\r\nCSeq: %u NOTIFY\r\n"
		"Contact: <sip:localhost:%" PRIu64 ";transport=tls>\r\n"
		"Event: presence\r\n"
		"Subscription-State: active;expires=3600\r\n"
		"Content-Type: application/pidf+xml\r\n"
		"Content-Length: %d\r\n\r\n%s",
		l->stox_sip, l->sip_port, i, p->cseq + 1, i, p->here, i,
		p->there, p->call_id, p->cseq + 1, l->sip_port, len, body);

	p->cseq++;
	p->away = !p->away;
	write_text(l->out_sip, text, n);
}

static void show(struct load *l, uint64_t i, struct person *p)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "<presence "
		"from='user%" PRIu64 "@example.org/r' "
		"to='friend%" PRIu64 "@contoso.com'>%s"
		"<status>In the orchard.</status></presence>", user(l, i), i,
		p->away ? "<show>away</show>" : "");

	p->away = !p->away;
	write_text(l->out_xmpp, text, n);
}

void people_send(struct load *l, uint64_t i)
{
	if (l->from_sip)
		notify(l, i, &l->persons[i]);
	else
		show(l, i, &l->persons[i]);
}

/* ---- a star, and others ---------------------------------------------------- */

/** The star's server has news for each watcher, and sends as fast as stox
 *  takes them. */
static void change(void *arg)
{
	struct load *l = arg;
	struct star *s = &l->of_star;

	for (; s->changed < l->pairs && io_queued(l->out_xmpp) < QUEUED;
		s->changed++)
		show(l, s->changed, &l->persons[s->changed]);
	if (s->changed < l->pairs)
		timer_start(io_timers(l->env), &s->change, 1);
}

static void pace_others(void *arg);

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t p99(uint32_t *list, uint64_t count)
{
	qsort(list, count, sizeof(*list), compare);
	return count ? list[count * 99 / 100] : 0;
}

/** Everybody knows the star: some quiet, then it changes. */
static void begin_storm(struct load *l)
{
	struct star *s = &l->of_star;

	s->first = s->sent;
	s->changed = s->told = s->before = s->during = s->begin_us = 0;
	timer_start(io_timers(l->env), &s->pace, SETTLE_MS);
}

static void begin_star(struct load *l)
{
	timer_init(&l->of_star.pace, pace_others, l);
	timer_init(&l->of_star.change, change, l);
	begin_storm(l);
}

static void end_storm(struct load *l)
{
	struct star *s = &l->of_star;

	s->results[s->storms].seconds =
		(double)(io_wall_us(l->env) - s->begin_us) / 1e6;
	s->results[s->storms].before_us = p99(s->before_us, s->before);
	s->results[s->storms].during_us = p99(s->during_us, s->during);
	if (++s->storms < STORMS)
		begin_storm(l);
	else
		load_finish(l);
}

static void told(struct load *l)
{
	if (++l->of_star.told == l->pairs)
		end_storm(l);
}

static void pace_others(void *arg)
{
	struct load *l = arg;
	struct star *s = &l->of_star;
	char text[512];
	int n;

	if (s->sent - s->first == QUIET) {
		s->begin_us = io_wall_us(l->env);
		change(l);
	}
	s->at_us[s->sent % 4096] = io_wall_us(l->env);
	n = snprintf(text, sizeof(text), "<message "
		"from='other@example.org/r' to='friend%" PRIu64
		"@contoso.com' type='chat'><body>%s</body></message>",
		OTHER + s->sent, l->body);
	s->sent++;
	write_text(l->out_other, text, n);
	timer_start(io_timers(l->env), &s->pace, OTHER_MS);
}

void people_message(struct load *l, struct str number)
{
	struct star *s = &l->of_star;
	uint64_t n;
	uint32_t us;

	if (str_to_u64(number, UINT32_MAX, &n) < 0 || n < OTHER + s->first)
		return;
	n -= OTHER;
	us = (uint32_t)(io_wall_us(l->env) - s->at_us[n % 4096]);
	if (n - s->first < QUIET)
		s->before_us[s->before++] = us;
	else if (s->during < sizeof(s->during_us) / sizeof(uint32_t))
		s->during_us[s->during++] = us;
}

void people_report(struct load *l)
{
	struct star *s = &l->of_star;

	printf("{\"prepared\": %" PRIu64 ", \"told\": %" PRIu64
	       ", \"errors\": %" PRIu64 ", \"storms\": [", l->known, s->told,
		l->errors);
	for (uint64_t i = 0; i < s->storms; i++)
		printf("%s[%.3f, %u, %u]", i ? ", " : "",
			s->results[i].seconds, s->results[i].before_us,
			s->results[i].during_us);
	printf("]}\n");
}

/* ---- what comes ------------------------------------------------------------ */

static struct person *person(struct load *l, struct str number, uint64_t *ret)
{
	return l->persons && number.len &&
			str_to_u64(number, l->pairs - 1, ret) == 0
		? &l->persons[*ret] : NULL;
}

static void approve(struct load *l, uint64_t i)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "<presence "
		"from='user%" PRIu64 "@example.org' "
		"to='friend%" PRIu64 "@contoso.com' type='subscribed'/>", user(l, i), i);

	write_text(l->out_xmpp, text, n);
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
	} else if (l->from_sip && !type.len) {
		if (!p->known) {
			know(l, p);
			return;
		}
		load_arrived(l, number);
		load_free_pair(l, number);
	}
}

/** The user watches: the dialog begins with this. */
static void watched(struct load *l, struct io_stream *s,
	const struct sip_message *m)
{
	char more[256];
	uint64_t i;
	struct person *p = person(l, load_number(m->to.uri_text,
		"sip:friend"), &i);

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
	if (l->star) {
		told(l);
		return;
	}
	load_arrived(l, number);
	load_free_pair(l, number);
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
