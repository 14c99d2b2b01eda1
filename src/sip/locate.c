/*
 * locate.c: where a partner's servers are: the configured front ends, or SRV
 * records in the order of its dialect.  RFC 3263, 4; rulings 3 and 5.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

bool sip_locate_is_fixed(const struct sip_peer *p)
{
	return p->partner && p->partner->front_ends &&
		p->partner->front_ends[0];
}

static uint16_t default_port(const struct sip_peer *p)
{
	return p->partner->transport == SIP_TLS ? 5061 : 5060;
}

bool sip_locate_parse(const char *text, uint16_t port, char *host, size_t size,
	uint16_t *ret_port)
{
	struct str s = str_from(text), name = s, digits = { NULL, 0 };
	uint64_t n = port;
	ptrdiff_t at = str_find(s, ':');

	if (s.len > 0 && s.p[0] == '[') {
		at = str_find(s, ']');
		if (at < 0)
			return false;
		name = (struct str){ s.p + 1, (size_t)at - 1 };
		digits = (struct str){ s.p + at + 1, s.len - (size_t)at - 1 };
	} else if (at >= 0 &&
		str_find((struct str){ s.p + at + 1, s.len - (size_t)at - 1 },
			':') < 0) {
		name.len = (size_t)at;
		digits = (struct str){ s.p + at, s.len - (size_t)at };
	}
	if (digits.len > 0) {
		if (digits.p[0] != ':')
			return false;
		digits.p++;
		digits.len--;
		if (str_to_u64(digits, 65535, &n) < 0 || n == 0)
			return false;
	}
	if (name.len == 0 || name.len >= size)
		return false;
	snprintf(host, size, "%.*s", STR_FMT(name));
	*ret_port = (uint16_t)n;
	return true;
}

bool sip_locate_ready(const struct sip_peer *p)
{
	uint64_t good_ms = p->located == IO_LOCATE_FAILED
		? SIP_UNLOCATED_MS : SIP_LOCATED_MS;

	if (sip_locate_is_fixed(p))
		return true;
	return !p->locate && p->located_ms > 0 &&
		io_now_ms(p->sip->env) - p->located_ms < good_ms;
}

/* ---- the list of targets ---- */

static bool same(const struct sip_target *t, const char *host, uint16_t port)
{
	return t->port == port && str_iis(str_from(t->host), host);
}

/* A slot that becomes somebody else is untried for everybody. */
static void forget_slot(struct sip_peer *p, size_t slot)
{
	list_each(it, tmp, &p->clients)
		container_of(it, struct sip_client, node)->tried &=
			~(1u << slot);
	list_each(at, tmp2, &p->sip->connections) {
		struct sip_connection *c =
			container_of(at, struct sip_connection, node);

		if (c->opened_for == p && c->target == slot)
			c->target = SIP_TARGETS;
	}
	p->targets[slot] = (struct sip_target){ 0 };
	if (p->stuck == slot + 1)
		p->stuck = 0;
}

/* Replace the targets; those that stay keep their slot and their history. */
static void set_targets(struct sip_peer *p, const struct io_target *list,
	size_t count)
{
	bool keep[SIP_TARGETS] = { false };
	size_t slot_of[SIP_TARGETS];

	if (count > SIP_TARGETS)
		count = SIP_TARGETS;
	for (size_t i = 0; i < count; i++) {
		slot_of[i] = SIP_TARGETS;
		for (size_t k = 0; k < SIP_TARGETS; k++) {
			if (!same(&p->targets[k], list[i].host, list[i].port))
				continue;
			slot_of[i] = k;
			keep[k] = true;
		}
	}
	for (size_t k = 0; k < SIP_TARGETS; k++)
		if (!keep[k] && p->targets[k].host[0])
			forget_slot(p, k);
	p->target_count = 0;
	for (size_t i = 0; i < count; i++) {
		size_t k = slot_of[i];

		for (size_t n = 0; k == SIP_TARGETS && n < SIP_TARGETS; n++)
			if (!p->targets[n].host[0])
				k = n;
		snprintf(p->targets[k].host, sizeof p->targets[k].host, "%s",
			list[i].host);
		p->targets[k].port = list[i].port;
		p->order[p->target_count++] = (uint8_t)k;
	}
}

void sip_locate_configure(struct sip_peer *p)
{
	struct io_target list[SIP_TARGETS];
	size_t count = 0;

	if (p->locate)
		io_locate_cancel(&p->locate);
	p->located_ms = 0;
	if (!sip_locate_is_fixed(p))
		return;
	for (size_t i = 0; p->partner->front_ends[i]; i++) {
		struct io_target *t = &list[count];

		if (count == SIP_TARGETS)
			break;
		if (sip_locate_parse(p->partner->front_ends[i],
			    default_port(p), t->host, sizeof t->host, &t->port))
			count++;
		else
			log_event(p->sip->log, STOX_LOG_ERROR, "sip", 0,
				"bad-front-end", "partner=%s value=\"%s\"",
				p->name, p->partner->front_ends[i]);
	}
	set_targets(p, list, count);
}

/* ---- DNS ---- */

static void on_located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	struct sip_peer *p = arg;
	struct sip *s = p->sip;

	p->locate = NULL;
	p->located_ms = io_now_ms(s->env);
	p->located = status;
	if (status == IO_LOCATED)
		set_targets(p, targets, count);
	else if (status != IO_LOCATE_FAILED)
		set_targets(p, NULL, 0);
	if (p->discovered && status == IO_LOCATED)
		sip_discover_located(p);
	list_each(it, tmp, &s->connections) {
		struct sip_connection *c =
			container_of(it, struct sip_connection, node);

		if (c->state == SIP_CONNECTION_PROVING)
			sip_connection_prove(c);
	}
	sip_client_located(p);
}

void sip_locate_start(struct sip_peer *p)
{
	static const char *const tcp_services[] = { "_sip._tcp", NULL };
	struct io_locate_config config = {
		.domain = p->partner->name,
		.services = p->partner->transport == SIP_TCP ? tcp_services
			: sip_dialect_services(sip_peer_dialect(p)),
		.in_order = true,
		/* nobody is called on a guess of a stranger */
		.fallback_port = p->discovered ? 0 : default_port(p),
		.done = on_located,
		.arg = p,
	};

	if (!p->locate)
		p->locate = io_locate(p->sip->env, &config);
}

/* ---- choosing ---- */

void sip_locate_answered(struct sip_peer *p, size_t slot)
{
	p->targets[slot].failed_ms = 0;
	p->stuck = (uint8_t)(slot + 1);
}

/* Where to begin.  What SRV records name is in random order by their weights
 * already.  RFC 2782. */
static size_t first_of(const struct sip_peer *p)
{
	switch ((enum sip_pool)sip_peer_dialect(p)->pool) {
	case SIP_POOL_ORDER:
		break;
	case SIP_POOL_BALANCE:
		return sip_locate_is_fixed(p) && p->target_count
			? p->turn % p->target_count : 0;
	case SIP_POOL_STICK:
		for (size_t i = 0; i < p->target_count; i++)
			if (p->order[i] + 1 == p->stuck)
				return i;
		break;
	}
	return 0;
}

int sip_locate_next(const struct sip_peer *p, unsigned tried,
	uint64_t *ret_blocked_ms)
{
	uint64_t now = io_now_ms(p->sip->env);
	size_t first = first_of(p);
	int late = -1;

	*ret_blocked_ms = 0;
	for (size_t i = 0; i < p->target_count; i++) {
		size_t slot = p->order[(first + i) % p->target_count];
		const struct sip_target *t = &p->targets[slot];

		if (tried & 1u << slot)
			continue;
		if (t->blocked_ms > now) {
			if (!*ret_blocked_ms || t->blocked_ms < *ret_blocked_ms)
				*ret_blocked_ms = t->blocked_ms;
			continue;
		}
		if (t->failed_ms <= now)
			return (int)slot;
		if (late < 0)
			late = (int)slot;
	}
	return late;
}
