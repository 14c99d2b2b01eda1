/*
 * Where the servers of a partner are: the DNS, or a host that is configured.
 * RFC 6120, 3.2; XEP-0368; stox.md 8.1.
 */
#include "xmpp/s2s.h"

#include <stdio.h>
#include <string.h>

static const char *const services[] = {
	"_xmpps-server._tcp", "_xmpp-server._tcp", NULL
};
/* of RFC 3920, for partners that have nothing newer */
static const char *const legacy_services[] = { "_jabber._tcp", NULL };
enum { DIRECT_TLS = 0, DEFAULT_PORT = 5269 };

static void not_located(struct xmpp_out *o, enum io_locate_status status)
{
	switch (status) {
	case IO_LOCATED:
	case IO_LOCATE_NOT_FOUND:
		xmpp_out_fail(o, XMPP_STEP_DNS, STOX_REMOTE_SERVER_NOT_FOUND,
			"the domain does not exist in the DNS");
		break;
	case IO_LOCATE_NO_SERVICE:
		xmpp_out_fail(o, XMPP_STEP_DNS, STOX_REMOTE_SERVER_NOT_FOUND,
			"its DNS says that it offers no XMPP service");
		break;
	case IO_LOCATE_FAILED:
		xmpp_out_fail(o, XMPP_STEP_DNS, STOX_REMOTE_SERVER_TIMEOUT,
			"the DNS did not answer");
		break;
	}
}

static void set_targets(struct xmpp_out *o, const struct io_target *targets,
	size_t count)
{
	o->targets = base_alloc(count * sizeof(*targets));
	memcpy(o->targets, targets, count * sizeof(*targets));
	o->target_count = count;
}

static void located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count);

static void ask(struct xmpp_out *o, const char *const *which)
{
	struct io_locate_config c = {
		.domain = o->ascii,
		.services = which,
		.fallback_port = DEFAULT_PORT,
		.done = located,
		.arg = o,
	};

	o->locate = io_locate(o->s.x->env, &c);
}

/* Whoever is known by an address has no name that the DNS could know. */
static bool is_address(const struct xmpp_out *o)
{
	const char *dot = strrchr(o->ascii, '.');
	const char *last = dot ? dot + 1 : o->ascii;

	return o->ascii[0] == '[' || strspn(last, "0123456789") == strlen(last);
}

/* Only where neither of the others exists.  stox.md 8.1, 3. */
static bool ask_legacy(struct xmpp_out *o, const struct io_target *first)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(o->s.x, str_from(o->s.remote));

	if (first->service >= 0 || o->asked_legacy || is_address(o) || !p ||
		!p->legacy_srv)
		return false;
	o->asked_legacy = true;
	o->asked_direct = false;
	ask(o, legacy_services);
	return true;
}

static void located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	struct xmpp_out *o = arg;

	o->locate = NULL;
	if (status == IO_LOCATED && count && ask_legacy(o, targets))
		return;
	if (status != IO_LOCATED || count == 0) {
		not_located(o, status);
		return;
	}
	set_targets(o, targets, count);
	xmpp_out_next(o);
}

/* A configured host stands for the SRV records, and may be anywhere. */
static void use_proxy(struct xmpp_out *o, const struct xmpp_partner *p)
{
	struct io_target t = { .service = -1 };

	snprintf(t.host, sizeof(t.host), "%s", p->proxy);
	t.port = p->proxy_port ? p->proxy_port : DEFAULT_PORT;
	o->special_ok = true;
	set_targets(o, &t, 1);
	xmpp_out_next(o);
}

bool xmpp_out_is_direct(const struct xmpp_out *o, const struct io_target *t)
{
	return o->asked_direct && t->service == DIRECT_TLS;
}

void xmpp_out_locate(struct xmpp_out *o, const struct xmpp_partner *p)
{
	struct xmpp_ways ways = xmpp_ways_of(p);

	if (p->proxy) {
		use_proxy(o, p);
		return;
	}
	o->asked_direct = xmpp_ways_tls(&ways);
	/* it was configured by that name */
	o->special_ok = is_address(o);
	ask(o, o->asked_direct ? services : services + 1);
}
