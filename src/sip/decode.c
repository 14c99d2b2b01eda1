/*
 * decode.c: the headers that every element needs.  RFC 3261, 8.1.1 and 20.
 */
#include "sip/chars.h"
#include "sip/parse.h"
#include "stox/types.h"

#define BIT(id) (1u << (id))

/* These may stand once; two of them mean that two readers could disagree. */
static const unsigned once = BIT(SIP_H_FROM) | BIT(SIP_H_TO) |
	BIT(SIP_H_CALL_ID) | BIT(SIP_H_CSEQ) | BIT(SIP_H_MAX_FORWARDS) |
	BIT(SIP_H_CONTENT_LENGTH) | BIT(SIP_H_CONTENT_TYPE) |
	BIT(SIP_H_SUBJECT) | BIT(SIP_H_EXPIRES) | BIT(SIP_H_DATE) |
	BIT(SIP_H_EVENT) | BIT(SIP_H_SUBSCRIPTION_STATE) |
	BIT(SIP_H_RETRY_AFTER);

/* The topmost Via is decoded, the others are counted. */
static void via(struct sip_parse *ps, const struct sip_header *h)
{
	struct str list = h->value, item;
	uint64_t max = limit_get(ps->limits, LIMIT_SIP_VIA);

	if (!list.len)
		sip_parse_fault(ps, 400, "empty Via");
	while (sip_list_next(&list, &item)) {
		if (ps->m->via_count++ == 0 &&
			sip_via_parse(item, &ps->m->via) < 0) {
			ps->m->via.text = item;
			sip_parse_fault(ps, 400, "malformed Via");
		}
		if (ps->m->via_count > max) {
			sip_parse_limit(ps, LIMIT_SIP_VIA, "too many Via");
			return;
		}
		if (!item.len)
			sip_parse_fault(ps, 400, "empty element in Via");
	}
}

static void address(struct sip_parse *ps, const struct sip_header *h,
	struct sip_address *ret, const char *why)
{
	if (sip_address_parse(h->value, ret) < 0)
		sip_parse_fault(ps, 400, why);
}

static void call_id(struct sip_parse *ps, const struct sip_header *h)
{
	if (!h->value.len || !chars_all(h->value, CHAR_VISIBLE))
		sip_parse_fault(ps, 400, "malformed Call-ID");
	else
		ps->m->call_id = h->value;
}

static void cseq(struct sip_parse *ps, const struct sip_header *h)
{
	struct sip_message *m = ps->m;
	size_t n = 0;
	uint64_t number;
	struct str method;

	while (n < h->value.len && char_is(h->value.p[n], CHAR_DIGIT))
		n++;
	method = str_trim(chars_from(h->value, n));
	if (str_to_u64(chars_first(h->value, n), INT32_MAX, &number) ||
		!method.len || method.p == h->value.p + n ||
		!chars_all(method, CHAR_TOKEN)) {
		sip_parse_fault(ps, 400, "malformed CSeq");
		return;
	}
	m->cseq = (uint32_t)number;
	m->cseq_method = method;
	if (!m->is_request)
		m->method = method;
	else if (!str_eq(method, m->method))
		sip_parse_fault(ps, 400, "CSeq is of another method");
}

static void max_forwards(struct sip_parse *ps, const struct sip_header *h)
{
	uint64_t number;

	if (str_to_u64(h->value, 255, &number))
		sip_parse_fault(ps, 400, "malformed Max-Forwards");
	else
		ps->m->max_forwards = (int)number;
}

static void content_length(struct sip_parse *ps, const struct sip_header *h)
{
	uint64_t number;

	if (str_to_u64(h->value, 1ULL << 31, &number)) {
		sip_parse_fatal(ps, 400, "Content-Length is not a number");
		return;
	}
	ps->m->has_content_length = true;
	ps->m->content_length = (uint32_t)number;
}

/* A request that makes a dialog has one Contact: where the dialog lives. */
static bool one_contact(struct str method)
{
	return str_is(method, "INVITE") || str_is(method, "SUBSCRIBE") ||
	       str_is(method, "NOTIFY") || str_is(method, "REFER") ||
	       str_is(method, "UPDATE");
}

static void contact(struct sip_parse *ps, const struct sip_header *h)
{
	struct str list = h->value, item;
	struct sip_address address, *to = &ps->m->contact;
	unsigned before = ps->seen & BIT(SIP_H_CONTACT) ? 1 : 0;
	unsigned count = before;

	if (str_is(h->value, "*"))
		return;
	while (sip_list_next(&list, &item)) {
		if (count++ > 0)
			to = &address;
		if (sip_address_parse(item, to) < 0)
			sip_parse_fault(ps, 400, "malformed Contact");
	}
	if (count > 1 && !before)
		ps->m->contact.uri_text.len = 0;
	if (count > 1 && ps->m->is_request && one_contact(ps->m->method))
		sip_parse_fault(ps, 400, "more than one Contact");
}

void sip_parse_header(struct sip_parse *ps, const struct sip_header *h)
{
	struct sip_message *m = ps->m;

	if (ps->seen & once & BIT(h->id)) {
		if (h->id == SIP_H_CONTENT_LENGTH)
			sip_parse_fatal(ps, 400, "Content-Length twice");
		else
			sip_parse_fault(ps, 400, "a header twice");
		return;
	}
	switch (h->id) {
	case SIP_H_VIA:
		via(ps, h);
		break;
	case SIP_H_FROM:
		address(ps, h, &m->from, "malformed From");
		break;
	case SIP_H_TO:
		address(ps, h, &m->to, "malformed To");
		break;
	case SIP_H_CALL_ID:
		call_id(ps, h);
		break;
	case SIP_H_CSEQ:
		cseq(ps, h);
		break;
	case SIP_H_MAX_FORWARDS:
		max_forwards(ps, h);
		break;
	case SIP_H_CONTENT_LENGTH:
		content_length(ps, h);
		break;
	case SIP_H_CONTENT_TYPE:
		m->content_type = h->value;
		break;
	case SIP_H_CONTACT:
		contact(ps, h);
		break;
	case SIP_H_OTHER:
	case SIP_H_CONTENT_ENCODING:
	case SIP_H_CONTENT_LANGUAGE:
	case SIP_H_SUBJECT:
	case SIP_H_ROUTE:
	case SIP_H_RECORD_ROUTE:
	case SIP_H_REQUIRE:
	case SIP_H_PROXY_REQUIRE:
	case SIP_H_SUPPORTED:
	case SIP_H_EXPIRES:
	case SIP_H_DATE:
	case SIP_H_EVENT:
	case SIP_H_SUBSCRIPTION_STATE:
	case SIP_H_ACCEPT:
	case SIP_H_ALLOW:
	case SIP_H_RETRY_AFTER:
	case SIP_H_WARNING:
	case SIP_H_P_ASSERTED_IDENTITY:
	case SIP_H_COUNT:
		break;
	}
	ps->seen |= BIT(h->id);
}
