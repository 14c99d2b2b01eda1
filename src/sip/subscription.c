#include "sip/subscription.h"

#include "stox/types.h"

/* ---- small readers -------------------------------------------------------- */

/* delta-seconds: too large is as large as can be.  RFC 3261, 20.19. */
static bool seconds(struct str s, uint32_t *ret)
{
	uint64_t n;

	s = str_trim(s);
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	*ret = str_to_u64(s, UINT32_MAX, &n) == 0 ? (uint32_t)n : UINT32_MAX;
	return true;
}

static bool is_token(struct str s)
{
	static const char others[] = "-.!%*_+`'~";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') &&
			(c < 'a' || c > 'z') &&
			!memchr(others, c, sizeof(others) - 1))
			return false;
	}
	return s.len > 0;
}

/* A value up to its first ';', and the parameters behind it. */
static struct str head(struct str value, struct str *ret_params)
{
	struct str first = str_trim(str_cut(&value, ';'));

	*ret_params = value.p ? value : STR("");
	return first;
}

bool sip_expires(const struct sip_message *m, uint32_t *ret_s)
{
	const struct sip_header *h =
		sip_message_header(m, SIP_H_EXPIRES, NULL);

	return h && seconds(h->value, ret_s);
}

uint32_t sip_min_expires(const struct sip_message *m)
{
	const struct sip_header *h =
		sip_message_header_named(m, "Min-Expires", NULL);
	uint32_t s = 0;

	return h && seconds(h->value, &s) ? s : 0;
}

/* ---- Subscription-State --------------------------------------------------- */

static const char *const states[] = {
	[STOX_SUB_PENDING] = "pending",
	[STOX_SUB_ACTIVE] = "active",
	[STOX_SUB_TERMINATED] = "terminated",
};
static const char *const reasons[] = {
	[STOX_REASON_DEACTIVATED] = "deactivated",
	[STOX_REASON_PROBATION] = "probation",
	[STOX_REASON_REJECTED] = "rejected",
	[STOX_REASON_TIMEOUT] = "timeout",
	[STOX_REASON_GIVEUP] = "giveup",
	[STOX_REASON_NORESOURCE] = "noresource",
	[STOX_REASON_INVARIANT] = "invariant",
	[STOX_REASON_BADFILTER] = "badfilter",
};

/* Index of @word, 0 when it is not there. */
static size_t find_word(const char *const *words, size_t count, struct str word)
{
	for (size_t i = 1; i < count; i++)
		if (str_iis(word, words[i]))
			return i;
	return 0;
}

/* The first of a name counts.  False when it is broken. */
static bool take_param(struct stox_subscription *s, struct str name,
	struct str text)
{
	if (!s->has_expires && str_iis(name, "expires"))
		return s->has_expires = text.p && seconds(text, &s->expires_s);
	if (!s->has_retry_after && str_iis(name, "retry-after"))
		return s->has_retry_after =
			text.p && seconds(text, &s->retry_after_s);
	if (!s->reason && str_iis(name, "reason") && text.p)
		s->reason = (enum stox_subreason)find_word(reasons,
			sizeof reasons / sizeof *reasons, text);
	return true;
}

int sip_subscription_state_parse(struct str value,
	struct stox_subscription *ret)
{
	struct stox_subscription s = { .state = STOX_SUB_OTHER };
	struct str params, word = head(value, &params), name, text;

	if (!is_token(word))
		return -STOX_EINVAL;
	s.state = (enum stox_substate)find_word(states,
		sizeof states / sizeof *states, word);
	while (sip_param_next(&params, &name, &text))
		if (!take_param(&s, name, text))
			return -STOX_EINVAL;
	*ret = s;
	return 0;
}

const char *sip_subreason_word(enum stox_subreason reason)
{
	const char *word = reasons[reason];

	return word ? word : "";
}

void sip_subscription_state_write(struct buf *out,
	const struct stox_subscription *s)
{
	stox_require(s->state != STOX_SUB_OTHER);
	buf_add_text(out, states[s->state]);
	if (s->state != STOX_SUB_TERMINATED) {
		buf_add_text(out, ";expires=");
		buf_add_u64(out, s->expires_s);
		return;
	}
	if (s->reason != STOX_REASON_NONE) {
		buf_add_text(out, ";reason=");
		buf_add_text(out, reasons[s->reason]);
	}
	if (s->has_retry_after) {
		buf_add_text(out, ";retry-after=");
		buf_add_u64(out, s->retry_after_s);
	}
}

enum stox_resubscribe sip_subreason_follow_up(enum stox_subreason reason)
{
	switch (reason) {
	case STOX_REASON_DEACTIVATED:
	case STOX_REASON_TIMEOUT:
	case STOX_REASON_BADFILTER: /* ours has none: it was a mistake */
		return STOX_RESUBSCRIBE_NOW;
	case STOX_REASON_REJECTED:
	case STOX_REASON_NORESOURCE:
	case STOX_REASON_INVARIANT:
		return STOX_RESUBSCRIBE_NEVER;
	case STOX_REASON_PROBATION:
	case STOX_REASON_GIVEUP:
	case STOX_REASON_NONE:
		break;
	}
	return STOX_RESUBSCRIBE_LATER;
}

/* ---- as notifier ---------------------------------------------------------- */

static const struct sip_header *event_of(const struct sip_message *m)
{
	return sip_message_header(m, SIP_H_EVENT, NULL);
}

bool sip_event_is(const struct sip_message *m, const char *package)
{
	const struct sip_header *h = event_of(m);
	struct str params;

	return h && str_is(head(h->value, &params), package);
}

struct str sip_event_id(const struct sip_message *m)
{
	const struct sip_header *h = event_of(m);
	struct str params, id;

	if (!h)
		return STR("");
	(void)head(h->value, &params);
	return sip_param(params, "id", &id) && id.p ? str_trim(id) : STR("");
}

/* The range covers the type, and no "q=0" takes it out again. */
static bool range_covers(struct str range, const char *type)
{
	struct str params, q, what = head(range, &params);
	ptrdiff_t slash = str_find(str_from(type), '/');
	struct str main = { type, (size_t)slash + 1 };

	if (sip_param(params, "q", &q) && q.p) {
		q = str_trim(q);
		if (q.len && q.p[0] == '0' &&
			strspn(q.p, "0.") >= q.len)
			return false;
	}
	if (str_is(what, "*/*") || str_iis(what, type))
		return true;
	return what.len == main.len + 1 && what.p[main.len] == '*' &&
		str_istarts(what, main);
}

/* Without Accept the package's own type is meant.  RFC 6665, 4.1.2.1. */
static bool accepts(const struct sip_message *m, const char *type)
{
	const struct sip_header *h =
		sip_message_header(m, SIP_H_ACCEPT, NULL);
	struct str list, item;

	if (!h)
		return true;
	for (; h; h = sip_message_header(m, SIP_H_ACCEPT, h)) {
		list = h->value;
		while (sip_list_next(&list, &item))
			if (range_covers(item, type))
				return true;
	}
	return false;
}

unsigned sip_subscribe_check(const struct sip_message *m,
	const struct stox_event_package *package, uint32_t *ret_expires)
{
	uint32_t expires = package->expires;

	if (!sip_event_is(m, package->name))
		return 489;
	if (sip_message_header(m, SIP_H_REQUIRE, NULL))
		return 420;
	if (sip_message_header(m, SIP_H_EXPIRES, NULL) &&
		!sip_expires(m, &expires))
		return 400;
	if (!accepts(m, package->type))
		return 406;
	if (expires && expires < package->min && expires < 3600)
		return 423;
	*ret_expires = expires < package->max ? expires : package->max;
	return 0;
}

/* ---- as watcher ----------------------------------------------------------- */

enum stox_subscribe_result sip_subscribe_result(unsigned status, bool refresh)
{
	if (status >= 200 && status < 300)
		return STOX_SUBSCRIBED;
	if (status >= 300 && status < 400)
		return STOX_SUBSCRIBE_MOVED;
	switch (status) {
	case 403:
	case 489:
	case 603:
	case 406:
	case 415:
		return STOX_SUBSCRIBE_DENIED;
	case 423:
		return STOX_SUBSCRIBE_LONGER;
	/* these end a dialog: RFC 6665, 4.1.2.2.  Whoever was there once may be
	 * there again. */
	case 404:
	case 410:
	case 604:
		return refresh ? STOX_SUBSCRIBE_ANEW : STOX_SUBSCRIBE_UNKNOWN;
	case 405:
	case 416:
	case 480:
	case 481:
	case 482:
	case 483:
	case 484:
	case 485:
	case 501:
		return refresh ? STOX_SUBSCRIBE_ANEW : STOX_SUBSCRIBE_AGAIN;
	default:
		return STOX_SUBSCRIBE_AGAIN;
	}
}

uint32_t sip_refresh_after(uint32_t expires_s)
{
	uint32_t half = expires_s / 2;

	return expires_s > 60 && expires_s - 60 > half ? expires_s - 60 : half;
}
