/*
 * The XMPP server on the stage: streams with STARTTLS and EXTERNAL in both
 * directions, or the host side of a component connection.
 */
#include <stdio.h>
#include <stdlib.h>

#include "play/link.h"
#include "xmpp/deliver.h"
#include "xmpp/stanza.h"

static const char NS_TLS[] = "urn:ietf:params:xml:ns:xmpp-tls";
static const char NS_SASL[] = "urn:ietf:params:xml:ns:xmpp-sasl";
static const char NS_PING[] = "urn:xmpp:ping";
static const char NS_SM[] = "urn:xmpp:sm:3";

static void say(struct peer_link *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct peer_link *l, const char *format, ...)
{
	char text[2048];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	io_write(l->stream, (struct str){ text, (size_t)n });
}

/** Our own stream's header. */
static void say_header(struct peer_link *l)
{
	say(l, "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
	       "xmlns:stream='http://etherx.jabber.org/streams' "
	       "xmlns:db='jabber:server:dialback' from='%s' to='%s' "
	       "version='1.0'>", l->peer->domain, l->to);
}

static void say_features(struct peer_link *l, const char *features)
{
	say(l, "<stream:features>%s</stream:features>", features);
}

/** Answer a header, and go on from where the stream is. */
static void answer_header(struct peer_link *l, const struct stox_element *root)
{
	const char *from = stox_element_attr(root, "from");
	const char *to = stox_element_attr(root, "to");
	bool component = l->component;

	free(l->id);
	l->id = base_alloc(24);
	snprintf(l->id, 24, "stream%u", ++l->peer->counter);
	say(l, "<?xml version='1.0'?><stream:stream xmlns='%s' "
	       "xmlns:stream='http://etherx.jabber.org/streams' "
	       "xmlns:db='jabber:server:dialback' from='%s' to='%s' id='%s'%s>",
		component ? XMPP_NS_COMPONENT : STOX_NS_SERVER,
		component ? to : l->peer->domain,
		from ? from : "", l->id, component ? "" : " version='1.0'");
	snprintf(l->to, sizeof(l->to), "%s", component ? to : from);
	if (component)
		return;
	if (!l->secure)
		say_features(l, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
			"<required/></starttls>");
	else if (!l->authenticated)
		say(l, "<stream:features><mechanisms xmlns='%s'><mechanism>"
			"EXTERNAL</mechanism></mechanisms>%s</stream:features>",
			NS_SASL, l->peer->offers_bidi
				? "<bidi xmlns='urn:xmpp:features:bidi'/>" : "");
	else
		say_features(l, l->peer->offers_acks
			? "<sm xmlns='urn:xmpp:sm:3'/>" : "");
	if (l->authenticated)
		link_ready(l);
}

static void on_root(void *arg, const struct stox_element *root)
{
	struct peer_link *l = arg;

	if (l->accepted)
		answer_header(l, root);
}

static void starttls(struct peer_link *l)
{
	const struct io_tls_config tls = { .credentials = l->peer->credentials,
		.local_name = l->peer->ascii,
		.server_name = l->accepted ? NULL : l->to,
		.ask_certificate = true };

	io_starttls(l->stream, &tls);
}

/** Acknowledgements of what we get; the one stream that is known can be
 *  resumed.  What we send is not kept: the script does not break in between. */
static bool manage(struct peer_link *l, struct stox_element *e)
{
	if (!stox_element_is(e, NULL, NS_SM))
		return false;
	if (stox_element_is(e, "enable", NULL)) {
		l->peer->handled = 0;
		l->managed = true;
		say(l, "<enabled xmlns='%s' id='%s' resume='true'/>", NS_SM,
			l->peer->domain);
	} else if (stox_element_is(e, "resume", NULL)) {
		l->managed = true;
		say(l, "<resumed xmlns='%s' previd='%s' h='%u'/>", NS_SM,
			l->peer->domain, l->peer->handled);
	} else if (stox_element_is(e, "r", NULL) && !l->peer->no_pings) {
		say(l, "<a xmlns='%s' h='%u'/>", NS_SM, l->peer->handled);
	}
	return true;
}

/** What an accepting server does with stream-level elements. */
static bool negotiate_accepted(struct peer_link *l, struct stox_element *e)
{
	if (stox_element_is(e, "starttls", NS_TLS)) {
		say(l, "<proceed xmlns='%s'/>", NS_TLS);
		starttls(l);
	} else if (stox_element_is(e, "auth", NS_SASL)) {
		say(l, "<success xmlns='%s'/>", NS_SASL);
		l->authenticated = true;
		xml_reader_reset(l->reader);
	} else if (stox_element_is(e, "bidi", NULL)) {
		l->bidi = true;
	} else if (manage(l, e)) {
		;
	} else if (stox_element_is(e, "handshake", NULL)) {
		say(l, "<handshake/>");
		link_ready(l);
	} else {
		return false;
	}
	return true;
}

/** What a connecting server does with them. */
static bool negotiate_dialled(struct peer_link *l, struct stox_element *e)
{
	if (stox_element_is(e, "features", NULL)) {
		if (!l->secure)
			say(l, "<starttls xmlns='%s'/>", NS_TLS);
		else if (!l->authenticated)
			say(l, "<auth xmlns='%s' mechanism='EXTERNAL'>=</auth>",
				NS_SASL);
		else
			link_ready(l);
	} else if (stox_element_is(e, "proceed", NS_TLS)) {
		starttls(l);
	} else if (stox_element_is(e, "success", NS_SASL)) {
		l->authenticated = true;
		xml_reader_reset(l->reader);
		say_header(l);
	} else {
		return false;
	}
	return true;
}

static bool is_ping(const struct stox_element *e)
{
	return stox_element_child(e, "ping", NS_PING) && !stanza_is_answer(e);
}

/** Not one that is to come back behind the answers of the script. */
static bool asks_for_life(const struct stox_element *e)
{
	const char *from = stox_element_attr(e, "from");

	return from && strchr(from, '@');
}

static void answer_ping(struct peer *p, struct peer_item *item)
{
	struct stox_element *e = stanza_reply(item->pool, item->stanza,
		"result");
	const char *from = stox_element_attr(item->stanza, "from");
	const char *at = from ? strchr(from, '@') : NULL;
	struct buf out;

	buf_init(&out, 65536, NULL);
	xml_write(&out, e, STOX_NS_SERVER);
	peer_send(p, at ? at + 1 : from, buf_str(&out));
	buf_free(&out);
	peer_item_free(item);
}

static void on_element(void *arg, struct pool *pool, struct stox_element *e,
	size_t bytes)
{
	struct peer_link *l = arg;
	struct peer_item *item;

	(void)bytes;
	if (l->accepted ? negotiate_accepted(l, e) : negotiate_dialled(l, e)) {
		pool_free(&pool);
		return;
	}
	l->peer->handled += l->managed;
	xmpp_namespaces(e); /* the script knows one */
	item = pool_alloc0(pool, sizeof(*item));
	item->pool = pool;
	item->stanza = e;
	item->serial = ++l->peer->counter;
	list_append(is_ping(e) ? &l->peer->pings : &l->peer->inbox,
		&item->node);
	if (is_ping(e) && asks_for_life(e) && !l->peer->no_pings)
		answer_ping(l->peer, item);
}

static void on_end(void *arg)
{
	struct peer_link *l = arg;

	say(l, "</stream:stream>");
	io_close(l->stream);
}

static const struct xml_reader_events reader_events = { on_root, on_element,
	on_end };

void link_xmpp_open(struct peer_link *l)
{
	const struct xml_reader_config c = { .limits = &l->peer->limits,
		.events = &reader_events, .arg = l };

	l->reader = xml_reader_new(&c);
	xml_reader_set_max(l->reader, 1 << 20);
	if (!l->accepted)
		say_header(l);
}

void link_xmpp_secure(struct peer_link *l)
{
	l->secure = true;
	xml_reader_reset(l->reader);
	if (!l->accepted)
		say_header(l);
}

void link_xmpp_data(struct peer_link *l, struct str bytes)
{
	if (xml_reader_feed(l->reader, bytes) == -STOX_EPROTO)
		io_close(l->stream);
}

void peer_answer_pings(struct peer *p)
{
	if (p->no_pings)
		return;
	list_each (it, tmp, &p->pings)
		answer_ping(p, container_of(it, struct peer_item, node));
}
